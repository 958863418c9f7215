/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl role: roles, who has them and what they may do. Owns constants
 * only: each command is one SQL function; grant and revoke are three, of
 * which the option chooses. Its table is read by command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* --- grant and revoke ------------------------------------------------------
 */

/* What a role is given to, or is given. */
#define TARGETS                                                                \
    (OPTION_BIT(ACCOUNT) | OPTION_BIT(PERMISSION) | OPTION_BIT(INHERITS))
#define TIMES (OPTION_BIT(FROM) | OPTION_BIT(UNTIL) | OPTION_BIT(CONDITION))
#define WHY (OPTION_BIT(REASON) | OPTION_BIT(CONFIRM))

/* One of them. */
struct way {
    enum ctl_option target; /* which */
    ctl_options refuses;    /* options that mean nothing with it */
    struct ctl_call call;   /* what is done */
};

enum {
    WAYS = 3,
};

static const struct way grant_ways[WAYS] = {
    {OPTION_ACCOUNT,
     0,
     {.stmt = &gh_stmt_role_grant_account,
      .values = {ROW_FIRST,
                 {VALUE_ACCOUNT, OPTION_ACCOUNT},
                 ROW_TEXT(FROM),
                 ROW_TEXT(UNTIL),
                 ROW_TEXT(REASON),
                 ROW_ACTOR,
                 ROW_CONFIRM,
                 ROW_TEXT(CONDITION)}}},
    {OPTION_PERMISSION,
     0,
     {.stmt = &gh_stmt_role_grant_permission,
      .values = {ROW_FIRST,
                 {VALUE_APPLICATION, OPTION_PERMISSION},
                 {VALUE_PERMISSION, OPTION_PERMISSION},
                 ROW_TEXT(FROM),
                 ROW_TEXT(UNTIL),
                 ROW_TEXT(REASON),
                 ROW_ACTOR,
                 ROW_CONFIRM,
                 ROW_TEXT(CONDITION)}}},
    {OPTION_INHERITS,
     TIMES,
     {.stmt = &gh_stmt_role_inherit,
      .values = {ROW_FIRST, ROW_TEXT(INHERITS), ROW_TEXT(REASON), ROW_ACTOR,
                 ROW_CONFIRM}}},
};

static const struct way revoke_ways[WAYS] = {
    {OPTION_ACCOUNT,
     0,
     {.stmt = &gh_stmt_role_revoke_account,
      .values = {ROW_FIRST,
                 {VALUE_ACCOUNT, OPTION_ACCOUNT},
                 ROW_TEXT(REASON),
                 ROW_ACTOR,
                 ROW_CONFIRM}}},
    {OPTION_PERMISSION,
     0,
     {.stmt = &gh_stmt_role_revoke_permission,
      .values = {ROW_FIRST,
                 {VALUE_APPLICATION, OPTION_PERMISSION},
                 {VALUE_PERMISSION, OPTION_PERMISSION},
                 ROW_TEXT(REASON),
                 ROW_ACTOR,
                 ROW_CONFIRM}}},
    {OPTION_INHERITS,
     0,
     {.stmt = &gh_stmt_role_disinherit,
      .values = {ROW_FIRST, ROW_TEXT(INHERITS), ROW_TEXT(REASON), ROW_ACTOR,
                 ROW_CONFIRM}}},
};

/* The one way that was chosen; NULL after a sentence. */
static const struct way *
choose(const struct ctl *ctl, const struct way *ways)
{
    const struct way *chosen = NULL;
    size_t n = 0;

    for (size_t i = 0; i < WAYS; i++) {
        if (!ctl_has(ctl, ways[i].target))
            continue;
        chosen = &ways[i];
        n++;
    }
    if (n != 1) {
        ctl_say("one of --account NAME, --permission APP/NAME and --inherits "
                "ROLE is needed, and only one");
        return NULL;
    }
    if ((option_given(&ctl->line) & chosen->refuses) != 0) {
        ctl_say("--%s has neither --from, --until nor --condition: a role "
                "inherits until that is revoked",
                option_text(chosen->target)->name_z);
        return NULL;
    }
    return chosen;
}

static int
run_way(struct ctl *ctl, const struct way *ways)
{
    const struct way *way = choose(ctl, ways);

    return way != NULL ? call_run(ctl, &way->call) : CTL_USAGE;
}

static int
grant(struct ctl *ctl)
{
    return run_way(ctl, grant_ways);
}

static int
revoke(struct ctl *ctl)
{
    return run_way(ctl, revoke_ways);
}

const struct ctl_command role_commands[] = {
    {.verb_z = "add",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(MEANING) | OPTION_BIT(ADMINISTRATIVE),
     .help_z = "make a role",
     .call = {.stmt = &gh_stmt_role_add,
              .values = {ROW_FIRST,
                         ROW_TEXT(MEANING),
                         {VALUE_FLAG, OPTION_ADMINISTRATIVE},
                         ROW_ACTOR}}},
    {.verb_z = "list",
     .help_z = "show all roles",
     .call = {.stmt = &gh_stmt_role_list, .answer = ANSWER_TABLE}},
    {.verb_z = "members",
     ROW_WORD("NAME"),
     .help_z = "show who has it, and through which role",
     .call = {.stmt = &gh_stmt_role_members,
              .values = {ROW_FIRST},
              .answer = ANSWER_TABLE}},
    {.verb_z = "grant",
     ROW_WORD("ROLE"),
     .takes = TARGETS | TIMES | WHY,
     .help_z = "give it to an account, or a right to it",
     .run = grant},
    {.verb_z = "revoke",
     ROW_WORD("ROLE"),
     .takes = TARGETS | WHY,
     .help_z = "end such a grant",
     .run = revoke},
    {.verb_z = "exclude",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .needs = OPTION_BIT(OTHER),
     .help_z = "let nobody have both it and another one",
     .call = {.stmt = &gh_stmt_role_exclude,
              .values = {ROW_FIRST, ROW_TEXT(OTHER), ROW_TEXT(REASON),
                         ROW_ACTOR}}},
    {.verb_z = "unexclude",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .needs = OPTION_BIT(OTHER),
     .help_z = "let somebody have both again",
     .call = {.stmt = &gh_stmt_role_unexclude,
              .values = {ROW_FIRST, ROW_TEXT(OTHER), ROW_TEXT(REASON),
                         ROW_ACTOR}}},
    {.verb_z = "remove",
     ROW_WORD("NAME"),
     .takes = WHY,
     .help_z = "remove it, with its grants",
     .call = {.stmt = &gh_stmt_role_remove,
              .values = {ROW_FIRST, ROW_TEXT(REASON), ROW_ACTOR, ROW_CONFIRM}}},
    {0},
};
