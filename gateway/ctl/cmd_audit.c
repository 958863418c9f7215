/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl audit: reading the trail. Owns constants only: each command is
 * one SQL function. Limits what is shown to 20 rows of the tail and 100 of a
 * search, unless more are asked for. Its table is read by command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* Runs a call with so many rows unless --lines says how many. */
static int
run_limited(struct ctl *ctl, const struct ctl_call *call, const char *lines_z)
{
    struct ctl_values *lines = &ctl->line.places[OPTION_LINES];

    if (lines->n == 0)
        lines->at_z[lines->n++] = lines_z;
    return call_run(ctl, call);
}

static int
tail(struct ctl *ctl)
{
    static const struct ctl_call call = {
        .stmt = &gh_stmt_audit_tail,
        .values = {{VALUE_NUMBER, OPTION_LINES}},
        .answer = ANSWER_TABLE};

    return run_limited(ctl, &call, "20");
}

static int
search(struct ctl *ctl)
{
    /* An account that is gone still has rows, so its name is no account's
     * any more: text. */
    static const struct ctl_call call = {
        .stmt = &gh_stmt_audit_search,
        .values = {ROW_TEXT(ACCOUNT),
                   ROW_TEXT(EVENT),
                   ROW_TEXT(CLIENT),
                   ROW_TEXT(APPLICATION),
                   ROW_TEXT(EXCHANGE),
                   ROW_TEXT(FROM),
                   ROW_TEXT(UNTIL),
                   {VALUE_NUMBER, OPTION_LINES}},
        .answer = ANSWER_TABLE};

    return run_limited(ctl, &call, "100");
}

const struct ctl_command audit_commands[] = {
    {.verb_z = "tail",
     .takes = OPTION_BIT(LINES),
     .help_z = "show the newest events, the newest last",
     .run = tail},
    {.verb_z = "search",
     .takes = OPTION_BIT(ACCOUNT) | OPTION_BIT(EVENT) | OPTION_BIT(CLIENT) |
              OPTION_BIT(APPLICATION) | OPTION_BIT(EXCHANGE) |
              OPTION_BIT(FROM) | OPTION_BIT(UNTIL) | OPTION_BIT(LINES),
     .help_z = "show events that fit all that is given",
     .run = search},
    {0},
};
