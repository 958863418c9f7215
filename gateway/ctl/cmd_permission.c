/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl permission: which methods on which paths of an application.
 * Owns constants only: each command is one SQL function. Its table is read by
 * command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

const struct ctl_command permission_commands[] = {
    {.verb_z = "add",
     ROW_WORD("APP/NAME"),
     .needs = OPTION_BIT(PATTERN) | OPTION_BIT(METHODS),
     .takes = OPTION_BIT(ACTIVITY),
     .help_z = "name methods on paths of an application",
     .call = {.stmt = &gh_stmt_permission_add,
              .values = {{VALUE_APPLICATION, WORD_FIRST},
                         {VALUE_PERMISSION, WORD_FIRST},
                         ROW_TEXT(PATTERN),
                         {VALUE_LIST, OPTION_METHODS},
                         ROW_ACTOR,
                         ROW_TEXT(ACTIVITY)}}},
    {.verb_z = "list",
     .words_z = "[APP]",
     .most = 1,
     .help_z = "show permissions, and who has them",
     .call = {.stmt = &gh_stmt_permission_list,
              .values = {ROW_FIRST},
              .answer = ANSWER_TABLE}},
    {.verb_z = "change",
     ROW_WORD("APP/NAME"),
     .needs = OPTION_BIT(ACTIVITY),
     .help_z = "say what its paths are",
     .call = {.stmt = &gh_stmt_permission_change,
              .values = {{VALUE_APPLICATION, WORD_FIRST},
                         {VALUE_PERMISSION, WORD_FIRST},
                         ROW_TEXT(ACTIVITY),
                         ROW_ACTOR}}},
    {.verb_z = "remove",
     ROW_WORD("APP/NAME"),
     .takes = OPTION_BIT(REASON) | OPTION_BIT(CONFIRM),
     .help_z = "remove one, with its grants",
     .call = {.stmt = &gh_stmt_permission_remove,
              .values = {{VALUE_APPLICATION, WORD_FIRST},
                         {VALUE_PERMISSION, WORD_FIRST},
                         ROW_TEXT(REASON),
                         ROW_ACTOR,
                         ROW_CONFIRM}}},
    {0},
};
