/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of ctl/option: command lines taken apart, and those that are refused.
 */
#include "ctl/option.h"

#include <string.h>

#include "check.h"
#include "ctl/ctl.h"

#include "base/banned.h"

extern const struct check_case option_cases[];

/* Reads the words up to NULL. */
static int
read_words(char *const *words, struct ctl_line *line)
{
    char *argv[CTL_VALUES_MAX * 3] = {(char[]){"gatehousectl"}};
    int n = 1;

    for (; words[n - 1] != NULL; n++)
        argv[n] = words[n - 1];
    return option_read(n, argv, line);
}

#define READ(line, ...) read_words((char *const[]){__VA_ARGS__, NULL}, line)
#define W(literal) ((char[]){literal})

static void
options_stand_anywhere_between_words(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("--reason"), W("x y"), W("role"),
                                W("--administrative"), W("add"), W("staff")));
    check_number(3, line.n_words);
    check(strcmp("staff", line.words_z[2]) == 0);
    check(strcmp("x y", option_value_z(&line, OPTION_REASON)) == 0);
    check(option_is_given(&line, OPTION_ADMINISTRATIVE));
    check_number(OPTION_BIT(REASON) | OPTION_BIT(ADMINISTRATIVE),
                 option_given(&line));
    check(option_value_z(&line, OPTION_PATH) == NULL);
}

static void
a_value_may_stand_behind_an_equals_sign(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("--reason=a=b"), W("--host=")));
    check(strcmp("a=b", option_value_z(&line, OPTION_REASON)) == 0);
    check(strcmp("", option_value_z(&line, OPTION_HOST)) == 0);
}

static void
a_value_may_look_like_an_option(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("--reason"), W("--host")));
    check(strcmp("--host", option_value_z(&line, OPTION_REASON)) == 0);
}

static void
the_configuration_has_a_letter(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("-c"), W("file")));
    check(strcmp("file", option_value_z(&line, OPTION_CONFIG)) == 0);
    check_number(CTL_DONE, READ(&line, W("-cfile")));
    check(strcmp("file", option_value_z(&line, OPTION_CONFIG)) == 0);
    check_number(CTL_USAGE, READ(&line, W("-c")));
    check_number(CTL_USAGE, READ(&line, W("-x")));
}

static void
two_dashes_end_the_options(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("--"), W("--host"), W("-")));
    check_number(2, line.n_words);
    check_number(0, option_given(&line));
}

static void
an_option_that_is_none_is_refused(void)
{
    struct ctl_line line;

    check_number(CTL_USAGE, READ(&line, W("--nonsense")));
    check_number(CTL_USAGE, READ(&line, W("--password"), W("secret")));
}

static void
an_abbreviation_is_refused(void)
{
    struct ctl_line line;

    check_number(CTL_USAGE, READ(&line, W("--administrativ")));
    check_number(CTL_USAGE, READ(&line, W("--rea"), W("x")));
}

static void
a_missing_value_and_one_too_many_are_refused(void)
{
    struct ctl_line line;

    check_number(CTL_USAGE, READ(&line, W("--reason")));
    check_number(CTL_USAGE, READ(&line, W("--no-password=yes")));
    check_number(CTL_USAGE, READ(&line, W("--host=a"), W("--host=b")));
}

static void
some_options_may_be_repeated_up_to_a_bound(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("--backend=a"), W("--backend=b"),
                                W("--backend=c"), W("--backend=d")));
    check_number(4, line.places[OPTION_BACKEND].n);
    check(strcmp("d", line.places[OPTION_BACKEND].at_z[3]) == 0);
    check_number(CTL_USAGE,
                 READ(&line, W("--backend=a"), W("--backend=b"),
                      W("--backend=c"), W("--backend=d"), W("--backend=e")));
}

static void
too_many_words_are_refused(void)
{
    struct ctl_line line;

    check_number(CTL_DONE, READ(&line, W("1"), W("2"), W("3"), W("4"), W("5"),
                                W("6"), W("7"), W("8")));
    check_number(CTL_USAGE, READ(&line, W("1"), W("2"), W("3"), W("4"), W("5"),
                                 W("6"), W("7"), W("8"), W("9")));
}

static void
every_option_is_described(void)
{
    for (unsigned i = 0; i < CTL_N_OPTIONS; i++) {
        const struct ctl_option_text *text = option_text((enum ctl_option)i);

        check(text->name_z != NULL && text->help_z != NULL);
        check(text->most >= 1 && text->most <= CTL_VALUES_MAX);
    }
}

const struct check_case option_cases[] = {
    CHECK_CASE(options_stand_anywhere_between_words),
    CHECK_CASE(a_value_may_stand_behind_an_equals_sign),
    CHECK_CASE(a_value_may_look_like_an_option),
    CHECK_CASE(the_configuration_has_a_letter),
    CHECK_CASE(two_dashes_end_the_options),
    CHECK_CASE(an_option_that_is_none_is_refused),
    CHECK_CASE(an_abbreviation_is_refused),
    CHECK_CASE(a_missing_value_and_one_too_many_are_refused),
    CHECK_CASE(some_options_may_be_repeated_up_to_a_bound),
    CHECK_CASE(too_many_words_are_refused),
    CHECK_CASE(every_option_is_described),
    {0},
};
