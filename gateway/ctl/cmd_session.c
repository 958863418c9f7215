/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl session: who is signed in, and ending that. Owns constants
 * only: each command is one of two SQL functions. Its table is read by
 * command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

static int
list(struct ctl *ctl)
{
    static const struct ctl_call of_all = {.stmt = &gh_stmt_sessions_live,
                                           .answer = ANSWER_TABLE};
    static const struct ctl_call of_one = {
        .stmt = &gh_stmt_session_list,
        .values = {{VALUE_ACCOUNT, WORD_FIRST}},
        .answer = ANSWER_TABLE};

    return call_run(ctl, ctl_has(ctl, WORD_FIRST) ? &of_one : &of_all);
}

static int
revoke(struct ctl *ctl)
{
    static const struct ctl_call one = {.stmt = &gh_stmt_session_revoke,
                                        .values = {ROW_FIRST, ROW_ACTOR},
                                        .answer = ANSWER_RECORD};
    static const struct ctl_call all = {
        .stmt = &gh_stmt_sessions_end,
        .values = {{VALUE_ACCOUNT, OPTION_ACCOUNT}, ROW_ACTOR},
        .answer = ANSWER_RECORD};
    bool has_account = ctl_has(ctl, OPTION_ACCOUNT);

    if (ctl_has(ctl, WORD_FIRST) == has_account) {
        ctl_say("either the reference of one session, or --account NAME for "
                "all of an account");
        ctl_hint("gatehousectl session list shows references");
        return CTL_USAGE;
    }
    return call_run(ctl, has_account ? &all : &one);
}

const struct ctl_command session_commands[] = {
    {.verb_z = "list",
     .words_z = "[ACCOUNT]",
     .most = 1,
     .help_z = "show live sessions, or all of an account",
     .run = list},
    {.verb_z = "revoke",
     .words_z = "[REFERENCE]",
     .most = 1,
     .takes = OPTION_BIT(ACCOUNT),
     .help_z = "end one, or all of an account",
     .run = revoke},
    {0},
};
