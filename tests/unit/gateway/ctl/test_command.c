/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of ctl/command: the tables hold together, and a command line finds
 * its command or is refused.
 */
#include "ctl/command.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

extern const struct check_case command_cases[];

/* --- the tables ------------------------------------------------------------
 */

/* The type of the parameter that a kind of value makes. */
static enum gh_sql
type_of(enum ctl_kind kind)
{
    switch (kind) {
    case VALUE_ACTOR:
    case VALUE_TEXT:
    case VALUE_ACCOUNT:
    case VALUE_APPLICATION:
    case VALUE_PERMISSION:
    case VALUE_FILE:
        return GH_SQL_TEXT;
    case VALUE_NUMBER:
        return GH_SQL_INT4;
    case VALUE_FLAG:
        return GH_SQL_BOOL;
    case VALUE_LIST:
    case VALUE_EACH:
        return GH_SQL_TEXT_ARRAY;
    }
    return GH_SQL_JSONB;
}

/* A call fits its statement, and reads only what its command takes. */
static void
check_call(const struct ctl_command *command)
{
    const struct ctl_call *call = &command->call;

    if (!check(call->stmt != NULL))
        return;
    check(call->stmt->is_shown == (call->answer != ANSWER_NONE));
    for (size_t i = 0; i < call->stmt->n_params; i++) {
        const struct ctl_value *value = &call->values[i];
        bool is_option = value->of < CTL_N_OPTIONS;

        check(call->stmt->types[i] == type_of(value->kind));
        check(!is_option ||
              ((command->needs | command->takes) >> (unsigned)value->of & 1) ==
                  1);
        check(value->of != WORD_FIRST || value->kind == VALUE_ACTOR ||
              command->most >= 1);
    }
}

static void
every_command_has_what_it_needs(void)
{
    for (const struct ctl_noun *noun = command_nouns; noun->noun_z != NULL;
         noun++) {
        for (const struct ctl_command *one = noun->commands;
             one->help_z != NULL; one++) {
            check(one->verb_z != NULL);
            check(one->least <= one->most && one->most <= 2);
            check((one->most > 0) == (one->words_z != NULL));
            check_number(0, one->needs & one->takes);
            check_number(0, (one->needs | one->takes) & OPTIONS_GENERAL);
            check_number(0, one->changes & ~one->takes);
            if (one->run == NULL)
                check_call(one);
        }
    }
}

static void
every_option_is_one_of_some_command(void)
{
    ctl_options used = OPTIONS_GENERAL;

    for (const struct ctl_noun *noun = command_nouns; noun->noun_z != NULL;
         noun++) {
        for (const struct ctl_command *one = noun->commands;
             one->help_z != NULL; one++)
            used |= one->needs | one->takes;
    }
    check(used == OPTION_SET(CTL_N_OPTIONS) - 1);
}

/* --- finding ---------------------------------------------------------------
 */

/* The command of up to four words, with options given. */
static const struct ctl_command *
find(struct ctl *ctl, ctl_options options, const char *const *words)
{
    struct ctl_line *line = &ctl->line;

    memset(ctl, 0, sizeof(*ctl));
    for (; words[line->n_words] != NULL; line->n_words++)
        line->words_z[line->n_words] = words[line->n_words];
    for (unsigned i = 0; i < CTL_N_OPTIONS; i++)
        line->places[i] =
            (struct ctl_values){options >> i & 1, {options >> i & 1 ? "x" : 0}};
    return command_find(ctl);
}

#define FIND(ctl, options, ...)                                                \
    find(ctl, options, (const char *const[]){__VA_ARGS__, NULL})

static void
a_command_is_found_by_its_words(void)
{
    const struct ctl_command *command;
    struct ctl ctl;

    command = FIND(&ctl, 0, "role", "members", "staff");
    if (check(command != NULL))
        check(strcmp("members", command->verb_z) == 0);
    check(strcmp("staff", ctl_value_z(&ctl, WORD_FIRST)) == 0);
    check(!ctl_has(&ctl, WORD_SECOND));
    check(FIND(&ctl, 0, "permission", "list") != NULL);
    check(!ctl_has(&ctl, WORD_FIRST));
}

static void
a_noun_without_verbs_takes_its_words_at_once(void)
{
    struct ctl ctl;

    check(FIND(&ctl, 0, "explain", "GET", "/x") != NULL);
    check(strcmp("GET", ctl_value_z(&ctl, WORD_FIRST)) == 0);
    check(strcmp("/x", ctl_value_z(&ctl, WORD_SECOND)) == 0);
    check(FIND(&ctl, 0, "explain", "GET") == NULL);
    check(FIND(&ctl, 0, "explain") == NULL);
}

static void
what_is_no_command_is_refused(void)
{
    struct ctl ctl;

    check(find(&ctl, 0, (const char *const[]){NULL}) == NULL);
    check(FIND(&ctl, 0, "rolle", "list") == NULL);
    check(FIND(&ctl, 0, "role") == NULL);
    check(FIND(&ctl, 0, "role", "ad", "x") == NULL);
    check(FIND(&ctl, 0, "role", "add") == NULL);
    check(FIND(&ctl, 0, "role", "add", "x", "y") == NULL);
    check(FIND(&ctl, 0, "role", "list", "x") == NULL);
}

static void
options_are_those_of_the_command(void)
{
    struct ctl ctl;

    check(FIND(&ctl, OPTION_BIT(REASON), "role", "list") == NULL);
    check(FIND(&ctl, OPTION_BIT(DSN) | OPTION_BIT(SQL), "role", "list") !=
          NULL);
    check(FIND(&ctl, 0, "app", "add", "shop") == NULL);
    check(FIND(&ctl, OPTION_BIT(PATH), "app", "add", "shop") != NULL);
    check(FIND(&ctl, OPTION_BIT(PATTERN), "permission", "add", "a/b") == NULL);
}

static void
a_change_without_anything_to_change_is_refused(void)
{
    struct ctl ctl;

    check(FIND(&ctl, 0, "app", "change", "shop") == NULL);
    check(FIND(&ctl, OPTION_BIT(CONFIRM), "app", "change", "shop") == NULL);
    check(FIND(&ctl, OPTION_BIT(KEEP), "app", "change", "shop") != NULL);
    check(FIND(&ctl, 0, "zone", "change", "open") == NULL);
    check(FIND(&ctl, OPTION_BIT(STRICT), "zone", "change", "open") != NULL);
}

const struct check_case command_cases[] = {
    CHECK_CASE(every_command_has_what_it_needs),
    CHECK_CASE(every_option_is_one_of_some_command),
    CHECK_CASE(a_command_is_found_by_its_words),
    CHECK_CASE(a_noun_without_verbs_takes_its_words_at_once),
    CHECK_CASE(what_is_no_command_is_refused),
    CHECK_CASE(options_are_those_of_the_command),
    CHECK_CASE(a_change_without_anything_to_change_is_refused),
    {0},
};
