/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/new_password: lengths in code points, the list, names, and
 * nothing else. Each test owns its arena.
 */
#include "core/new_password.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

static const struct gh_text names[] = {
    GH_TEXT_INIT("alice"),       GH_TEXT_INIT("Alice \xc3\x84xample"),
    GH_TEXT_INIT("a@b.example"), GH_TEXT_INIT(""),
    GH_TEXT_INIT("al"),          GH_TEXT_INIT("\xff"),
    GH_TEXT_INIT("localhost"),
};

static void
check_verdict(struct gh_text typed, enum gh_new_password expected,
              struct gh_text form)
{
    const struct gh_new_password_case of = {
        .typed = typed, .names = names, .n_names = GH_COUNT(names)};
    enum gh_new_password verdict = GH_NEW_PASSWORD_UNFIT;
    struct gh_text out = GH_TEXT("untouched");
    struct gh_arena arena;

    gh_arena_init(&arena, 131072);
    check_status(GH_OK, gh_new_password_judge(&arena, &of, &verdict, &out));
    if (!check_number(expected, verdict))
        check_text(GH_TEXT("the verdict above"), typed);
    check_text(expected == GH_NEW_PASSWORD_FIT ? form : GH_TEXT("untouched"),
               out);
    gh_arena_done(&arena);
}

static void
check_fit(struct gh_text typed)
{
    check_verdict(typed, GH_NEW_PASSWORD_FIT, typed);
}

static void
check_refused(struct gh_text typed, enum gh_new_password expected)
{
    check_verdict(typed, expected, (struct gh_text){0});
}

/* n times the same bytes. */
static struct gh_text
times(const char *unit_z, size_t n)
{
    static char at[4096];
    size_t len = strlen(unit_z);

    for (size_t i = 0; i < n; i++)
        memcpy(at + i * len, unit_z, len);
    return (struct gh_text){at, n * len};
}

static void
nothing_is_asked_for_but_length(void)
{
    check_fit(GH_TEXT("plain lower case words"));
    check_fit(GH_TEXT("blue tree of may"));
    check_fit(times("\xf0\x9f\xa6\x8a", 15));
    check_fit(GH_TEXT(" leading and trailing "));
    check_fit(GH_TEXT("8472 9160 2385 1"));
}

static void
characters_are_counted_not_bytes(void)
{
    check_refused(times("\xf0\x9f\xa6\x8a", 14), GH_NEW_PASSWORD_SHORT);
    check_refused(GH_TEXT("blue tree of m"), GH_NEW_PASSWORD_SHORT);
    check_fit(times("\xc3\xbc", 256));
    check_refused(times("\xc3\xbc", 257), GH_NEW_PASSWORD_LONG);
    check_refused(times("\xf0\x9f\xa6\x8a", 257), GH_NEW_PASSWORD_LONG);
}

static void
what_cannot_be_typed_again_is_refused(void)
{
    check_refused(GH_TEXT(""), GH_NEW_PASSWORD_UNFIT);
    check_refused(GH_TEXT("with a\tcontrol character"), GH_NEW_PASSWORD_UNFIT);
    check_refused(GH_TEXT("with a \0 in the middle"), GH_NEW_PASSWORD_UNFIT);
    check_refused(GH_TEXT("not UTF-8 at its end \xff"), GH_NEW_PASSWORD_UNFIT);
}

static void
it_comes_in_its_one_form(void)
{
    check_verdict(GH_TEXT("spaces\xc2\xa0of\xe3\x80\x80many kinds"),
                  GH_NEW_PASSWORD_FIT, GH_TEXT("spaces of many kinds"));
    check_verdict(GH_TEXT("decomposed a\xcc\x88 letter"), GH_NEW_PASSWORD_FIT,
                  GH_TEXT("decomposed \xc3\xa4 letter"));
}

static void
guessed_first_is_refused_in_any_case(void)
{
    check_refused(GH_TEXT("passwordpassword"), GH_NEW_PASSWORD_COMMON);
    check_refused(GH_TEXT("PassWordPassWord"), GH_NEW_PASSWORD_COMMON);
    check_refused(GH_TEXT("Correct\xc2\xa0Horse battery staple"),
                  GH_NEW_PASSWORD_COMMON);
    /* A word of the list in something longer is none of it. */
    check_fit(GH_TEXT("passwordpassword of mine"));
}

static void
names_alone_are_refused(void)
{
    check_refused(GH_TEXT("alice-alice-alice"), GH_NEW_PASSWORD_NAMES);
    check_refused(GH_TEXT("ALICE1234567890!"), GH_NEW_PASSWORD_NAMES);
    check_refused(GH_TEXT("Alice \xc3\xa4xample 1"), GH_NEW_PASSWORD_NAMES);
    check_refused(GH_TEXT("a@b.example2026!"), GH_NEW_PASSWORD_NAMES);
    check_refused(GH_TEXT("alice@localhost"), GH_NEW_PASSWORD_NAMES);
    check_refused(GH_TEXT("gatehouse-password-1"), GH_NEW_PASSWORD_NAMES);
    check_fit(GH_TEXT("password of alice"));
}

const struct check_case new_password_cases[] = {
    CHECK_CASE(nothing_is_asked_for_but_length),
    CHECK_CASE(characters_are_counted_not_bytes),
    CHECK_CASE(what_cannot_be_typed_again_is_refused),
    CHECK_CASE(it_comes_in_its_one_form),
    CHECK_CASE(guessed_first_is_refused_in_any_case),
    CHECK_CASE(names_alone_are_refused),
    {0},
};
