/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl zone: what holds for all applications of one sensitivity. Owns
 * nothing. Its table is read by command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* What `zone change` changes. */
#define CHANGES                                                                \
    (OPTION_BIT(STRICT) | OPTION_BIT(MOVED) | OPTION_BIT(ENTRIES) |            \
     OPTION_BIT(CONDITION) | OPTION_BIT(IDLE) | OPTION_BIT(RECORD))

const struct ctl_command zone_commands[] = {
    {.verb_z = "list",
     .help_z = "show all zones",
     .call = {.stmt = &gh_stmt_zone_list, .answer = ANSWER_TABLE}},
    {.verb_z = "change",
     ROW_WORD("NAME"),
     .takes = CHANGES,
     .changes = CHANGES,
     .help_z = "change what holds in one",
     .call = {.stmt = &gh_stmt_zone_change,
              .values = {ROW_FIRST,
                         ROW_ACTOR,
                         ROW_TEXT(STRICT),
                         ROW_TEXT(MOVED),
                         {VALUE_LIST, OPTION_ENTRIES},
                         ROW_TEXT(CONDITION),
                         ROW_TEXT(IDLE),
                         ROW_TEXT(RECORD)}}},
    {0},
};
