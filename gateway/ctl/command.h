/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands as tables: one table a noun, in its cmd_NOUN.c, one row a verb.
 * Finding, help and the check of options follow from the rows. Owns nothing.
 * Called by main.c; the tables are read here only.
 */
#ifndef GH_GATEWAY_CTL_COMMAND_H
#define GH_GATEWAY_CTL_COMMAND_H

#include "ctl/call.h"

/* One command; constant. A table ends with a row without help. */
struct ctl_command {
    const char *verb_z;          /* second word; "" in a noun without verbs */
    const char *words_z;         /* the words behind it, as usage shows them */
    unsigned least;              /* of those words */
    unsigned most;               /* at most 2 */
    ctl_options needs;           /* options that must be given */
    ctl_options takes;           /* options that may be given */
    ctl_options changes;         /* of those: one at least must be */
    const char *help_z;          /* what it does, in a few words */
    int (*run)(struct ctl *ctl); /* the exit status; NULL: it is call */
    struct ctl_call call;        /* one statement, when there is no run */
};

/* Parts of rows: one word of that name; and parameters from it, from an
 * option, from who uses the tool. */
#define ROW_WORD(name) .words_z = name, .least = 1, .most = 1
#define ROW_FIRST                                                              \
    {                                                                          \
        VALUE_TEXT, WORD_FIRST                                                 \
    }
#define ROW_TEXT(name)                                                         \
    {                                                                          \
        VALUE_TEXT, OPTION_##name                                              \
    }
#define ROW_ACTOR                                                              \
    {                                                                          \
        VALUE_ACTOR, WORD_FIRST                                                \
    }
#define ROW_CONFIRM                                                            \
    {                                                                          \
        VALUE_NUMBER, OPTION_CONFIRM                                           \
    }

/* The tables. */
extern const struct ctl_command app_commands[];
extern const struct ctl_command audit_commands[];
extern const struct ctl_command db_commands[];
extern const struct ctl_command explain_commands[];
extern const struct ctl_command key_commands[];
extern const struct ctl_command permission_commands[];
extern const struct ctl_command policy_commands[];
extern const struct ctl_command review_commands[];
extern const struct ctl_command role_commands[];
extern const struct ctl_command session_commands[];
extern const struct ctl_command user_commands[];
extern const struct ctl_command condition_commands[];
extern const struct ctl_command zone_commands[];

/* One noun and its table; constant. */
struct ctl_noun {
    const char *noun_z;                 /* first word */
    const struct ctl_command *commands; /* its table */
};

/* All of them, in the order of the help; the last has no noun. */
extern const struct ctl_noun command_nouns[];

/* The command of a line whose words and options fit it, its words put where
 * commands read them. NULL after a sentence that says what to write. */
const struct ctl_command *command_find(struct ctl *ctl);

/* Runs it: the exit status. */
int command_run(struct ctl *ctl, const struct ctl_command *command);

/* Help for what the words of the line name: a command, a noun, or all. */
void command_help(const struct ctl_line *line);

#endif
