/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/preference: each choice is found by its word and by its value,
 * and nothing else is a choice.
 */
#include "core/preference.h"

#include "check.h"

#include "base/banned.h"

static void
check_found(const struct gh_choices *among)
{
    for (size_t i = 0; i < among->n; i++) {
        const struct gh_choice *choice = &among->at[i];

        check(gh_choice_find(among, choice->word) == choice);
        check(gh_choice_of(among, choice->value) == choice);
        check(choice->words.len > 0);
    }
}

static void
choice_is_found_by_word_and_by_value(void)
{
    check_number(3, gh_appearances.n);
    check_number(4, gh_warnings.n);
    check_found(&gh_appearances);
    check_found(&gh_warnings);
}

static void
word_of_nothing_is_no_choice(void)
{
    static const char *const strange[] = {"", "Dark", "dark ", "3", "05", "-2"};

    for (size_t i = 0; i < GH_COUNT(strange); i++) {
        struct gh_text word = gh_text_of_z(strange[i]);

        check(gh_choice_find(&gh_appearances, word) == NULL);
        check(gh_choice_find(&gh_warnings, word) == NULL);
    }
}

static void
value_of_nothing_is_the_first_choice(void)
{
    check_text(GH_TEXT("device"), gh_choice_of(&gh_appearances, 77)->word);
    check_text(GH_TEXT("0"), gh_choice_of(&gh_warnings, 3)->word);
}

static void
who_has_not_chosen_is_warned_as_one_can_choose(void)
{
    check_text(GH_TEXT("5"), gh_choice_of(&gh_warnings, GH_WARN_MINUTES)->word);
}

const struct check_case preference_cases[] = {
    CHECK_CASE(choice_is_found_by_word_and_by_value),
    CHECK_CASE(word_of_nothing_is_no_choice),
    CHECK_CASE(value_of_nothing_is_the_first_choice),
    CHECK_CASE(who_has_not_chosen_is_warned_as_one_can_choose),
    {0},
};
