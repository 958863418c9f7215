/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl app: applications, what is mounted where. Owns the connection
 * of its call. Adding one for a role is three SQL functions in one
 * transaction: all of it is there, or nothing. Its table is read by
 * command.c.
 */
#include "ctl/command.h"
#include "ctl/link.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* --- add -------------------------------------------------------------------
 */

static const struct ctl_call add_call = {
    .stmt = &gh_stmt_application_add,
    .values = {ROW_FIRST,
               ROW_TEXT(HOST),
               ROW_TEXT(PATH),
               {VALUE_EACH, OPTION_BACKEND},
               ROW_TEXT(CARRYING),
               ROW_TEXT(ZONE),
               ROW_ACTOR,
               ROW_TEXT(IDENTITY),
               ROW_TEXT(ON_OUTAGE)}};

/* The permission "all": every method on every path of it. */
static int
add_all(struct ctl *ctl, struct gh_db *db, struct gh_text name)
{
    const struct gh_param every = gh_param_text(GH_TEXT("*"));
    struct gh_param params[] = {
        gh_param_text(name),           gh_param_text(GH_TEXT("all")),
        gh_param_text(GH_TEXT("/**")), gh_param_null(GH_SQL_TEXT_ARRAY),
        gh_param_text(link_actor()),   gh_param_null(GH_SQL_TEXT)};

    if (gh_param_array(&ctl->arena, GH_SQL_TEXT, &every, 1, &params[3]) !=
        GH_OK) {
        ctl_say("out of memory");
        return CTL_FAILED;
    }
    return link_do(db, &gh_stmt_permission_add, params);
}

static int
grant_all(struct ctl *ctl, struct gh_db *db, struct gh_text role,
          struct gh_text name)
{
    const struct ctl_value confirm = ROW_CONFIRM;
    struct gh_param params[] = {
        gh_param_text(role),           gh_param_text(name),
        gh_param_text(GH_TEXT("all")), gh_param_null(GH_SQL_TEXT),
        gh_param_null(GH_SQL_TEXT),    gh_param_null(GH_SQL_TEXT),
        gh_param_text(link_actor()),   gh_param_null(GH_SQL_INT4),
        gh_param_null(GH_SQL_TEXT)};
    int status = call_param(ctl, &confirm, GH_SQL_INT4, &params[7]);

    if (status != CTL_DONE)
        return status;
    return link_do(db, &gh_stmt_role_grant_permission, params);
}

static int
add_for_role(struct ctl *ctl, const char *name_z, const char *role_z)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_text name = gh_text_of_z(name_z);
    int status = call_connect(ctl, &db);

    if (status == CTL_DONE)
        status = link_script(db, "begin", NULL);
    if (status == CTL_DONE)
        status = call_on(ctl, db, &add_call);
    if (status == CTL_DONE)
        status = add_all(ctl, db, name);
    if (status == CTL_DONE)
        status = grant_all(ctl, db, gh_text_of_z(role_z), name);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    if (status != CTL_DONE)
        return status;
    ctl_tell(ctl, "application %s is mounted at %s", name_z,
             ctl_value_z(ctl, OPTION_PATH));
    ctl_tell(ctl, "permission %s/all is every method on /**", name_z);
    ctl_tell(ctl, "role %s has permission %s/all", role_z, name_z);
    return CTL_DONE;
}

static int
add(struct ctl *ctl)
{
    const char *name_z = ctl_value_z(ctl, WORD_FIRST);
    const char *role_z = ctl_value_z(ctl, OPTION_FOR);
    int status;

    if (role_z != NULL)
        return add_for_role(ctl, name_z, role_z);
    status = call_run(ctl, &add_call);
    if (status != CTL_DONE)
        return status;
    ctl_tell(ctl, "application %s is mounted at %s; nobody may reach it yet",
             name_z, ctl_value_z(ctl, OPTION_PATH));
    return CTL_DONE;
}

/* --- the table -------------------------------------------------------------
 */

/* What `app change` changes. */
#define CHANGES                                                                \
    (OPTION_BIT(HOST) | OPTION_BIT(PATH) | OPTION_BIT(BACKEND) |               \
     OPTION_BIT(CARRYING) | OPTION_BIT(ZONE) | OPTION_BIT(CONNECTIONS) |       \
     OPTION_BIT(KEEP) | OPTION_BIT(ENCODED_SLASH) | OPTION_BIT(SEMICOLON) |    \
     OPTION_BIT(EMPTY_SEGMENTS) | OPTION_BIT(AUTHORIZATION_FIELD) |            \
     OPTION_BIT(SHARES_HOST_BECAUSE) | OPTION_BIT(IDENTITY) |                  \
     OPTION_BIT(ON_OUTAGE))

const struct ctl_command app_commands[] = {
    {.verb_z = "add",
     ROW_WORD("NAME"),
     .needs = OPTION_BIT(PATH),
     .takes = OPTION_BIT(HOST) | OPTION_BIT(BACKEND) | OPTION_BIT(CARRYING) |
              OPTION_BIT(ZONE) | OPTION_BIT(IDENTITY) | OPTION_BIT(ON_OUTAGE) |
              OPTION_BIT(FOR) | OPTION_BIT(CONFIRM),
     .help_z = "mount an application",
     .run = add},
    {.verb_z = "list",
     .help_z = "show all applications",
     .call = {.stmt = &gh_stmt_application_list, .answer = ANSWER_TABLE}},
    {.verb_z = "show",
     ROW_WORD("NAME"),
     .help_z = "show one application",
     .call = {.stmt = &gh_stmt_application_show,
              .values = {ROW_FIRST},
              .answer = ANSWER_RECORD}},
    {.verb_z = "change",
     ROW_WORD("NAME"),
     .takes = CHANGES | OPTION_BIT(CONFIRM),
     .changes = CHANGES,
     .help_z = "change where and how it is mounted",
     .call = {.stmt = &gh_stmt_application_change,
              .values = {ROW_FIRST,
                         ROW_TEXT(HOST),
                         ROW_TEXT(PATH),
                         {VALUE_EACH, OPTION_BACKEND},
                         ROW_TEXT(CARRYING),
                         ROW_TEXT(ZONE),
                         {VALUE_NUMBER, OPTION_CONNECTIONS},
                         {VALUE_NUMBER, OPTION_KEEP},
                         ROW_TEXT(ENCODED_SLASH),
                         ROW_TEXT(SEMICOLON),
                         ROW_TEXT(EMPTY_SEGMENTS),
                         ROW_TEXT(AUTHORIZATION_FIELD),
                         ROW_TEXT(SHARES_HOST_BECAUSE),
                         ROW_ACTOR,
                         ROW_TEXT(IDENTITY),
                         ROW_CONFIRM,
                         ROW_TEXT(ON_OUTAGE)}}},
    {.verb_z = "remove",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON) | OPTION_BIT(CONFIRM),
     .help_z = "unmount it, with its permissions",
     .call = {.stmt = &gh_stmt_application_remove,
              .values = {ROW_FIRST, ROW_TEXT(REASON), ROW_ACTOR, ROW_CONFIRM}}},
    {0},
};
