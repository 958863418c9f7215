/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl condition: when grants hold. Owns constants only: each command
 * is one SQL function. Its table is read by command.c.
 */
#include "ctl/command.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* Of hours and dates. */
#define CLOCK                                                                  \
    (OPTION_BIT(HOURS) | OPTION_BIT(DAYS) | OPTION_BIT(DATES) |                \
     OPTION_BIT(TIME_ZONE) | OPTION_BIT(FROM) | OPTION_BIT(UNTIL))
#define SETS (OPTION_BIT(ALL) | OPTION_BIT(ANY) | OPTION_BIT(NONE))
#define OTHER                                                                  \
    (OPTION_BIT(NETWORKS) | OPTION_BIT(COUNTRY) | OPTION_BIT(ASN) |            \
     OPTION_BIT(AGE) | OPTION_BIT(LEVEL) | OPTION_BIT(DEVICE_KNOWN) |          \
     OPTION_BIT(MEANING))
#define CHANGES (CLOCK | OTHER | OPTION_BIT(PARTS))

const struct ctl_command condition_commands[] = {
    {.verb_z = "add",
     ROW_WORD("NAME"),
     .takes = CLOCK | SETS | OTHER,
     .help_z = "name hours, networks, countries …, or others together",
     .call = {.stmt = &gh_stmt_condition_add,
              .values = {ROW_FIRST,
                         ROW_TEXT(HOURS),
                         ROW_TEXT(DAYS),
                         {VALUE_LIST, OPTION_DATES},
                         {VALUE_LIST, OPTION_NETWORKS},
                         {VALUE_LIST, OPTION_ALL},
                         {VALUE_LIST, OPTION_ANY},
                         {VALUE_LIST, OPTION_NONE},
                         ROW_TEXT(TIME_ZONE),
                         ROW_TEXT(FROM),
                         ROW_TEXT(UNTIL),
                         ROW_TEXT(MEANING),
                         ROW_ACTOR,
                         ROW_TEXT(AGE),
                         {VALUE_LIST, OPTION_COUNTRY},
                         {VALUE_LIST, OPTION_ASN},
                         ROW_TEXT(LEVEL),
                         ROW_TEXT(DEVICE_KNOWN)}}},
    {.verb_z = "list",
     .help_z = "show all conditions, and whether they hold",
     .call = {.stmt = &gh_stmt_condition_list, .answer = ANSWER_TABLE}},
    {.verb_z = "change",
     ROW_WORD("NAME"),
     .takes = CHANGES,
     .changes = CHANGES,
     .help_z = "change what one asks for, wherever it is used",
     .call = {.stmt = &gh_stmt_condition_change,
              .values = {ROW_FIRST,
                         ROW_TEXT(HOURS),
                         ROW_TEXT(DAYS),
                         {VALUE_LIST, OPTION_DATES},
                         {VALUE_LIST, OPTION_NETWORKS},
                         {VALUE_LIST, OPTION_PARTS},
                         ROW_TEXT(TIME_ZONE),
                         ROW_TEXT(FROM),
                         ROW_TEXT(UNTIL),
                         ROW_TEXT(MEANING),
                         ROW_ACTOR,
                         ROW_TEXT(AGE),
                         {VALUE_LIST, OPTION_COUNTRY},
                         {VALUE_LIST, OPTION_ASN},
                         ROW_TEXT(LEVEL),
                         ROW_TEXT(DEVICE_KNOWN)}}},
    {.verb_z = "remove",
     ROW_WORD("NAME"),
     .help_z = "remove one that was never used",
     .call = {.stmt = &gh_stmt_condition_remove,
              .values = {ROW_FIRST, ROW_ACTOR}}},
    {0},
};
