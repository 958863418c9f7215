/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/precis: the examples of RFC 8265 and what our rules add. Each
 * test owns what it makes.
 */
#include "base/precis.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

/* A text and what it becomes; NULL when it is refused. */
struct example {
    const char *raw_z;      /* as typed */
    const char *enforced_z; /* its one form */
};

static void
check_account(struct gh_text raw, const char *expected_z)
{
    struct gh_arena arena;
    struct gh_text out = GH_TEXT("untouched");

    gh_arena_init(&arena, 65536);
    if (expected_z == NULL) {
        check_status(GH_MALFORMED, gh_precis_account(&arena, raw, &out));
        check_text(GH_TEXT("untouched"), out);
    } else {
        check_status(GH_OK, gh_precis_account(&arena, raw, &out));
        check_text(gh_text_of_z(expected_z), out);
    }
    gh_arena_done(&arena);
}

static void
check_password(struct gh_text raw, enum gh_status expected,
               struct gh_text expected_text)
{
    struct gh_arena arena;
    struct gh_text out = GH_TEXT("untouched");

    gh_arena_init(&arena, 131072);
    check_status(expected, gh_precis_password(&arena, raw, &out));
    check_text(expected == GH_OK ? expected_text : GH_TEXT("untouched"), out);
    gh_arena_done(&arena);
}

static void
names_become_lower_case_and_ordinary_width(void)
{
    static const struct example examples[] = {
        {"juliet@example.com", "juliet@example.com"},
        {"Alice", "alice"},
        {"BOB.SMITH+x_y-z@E", "bob.smith+x_y-z@e"},
        {"\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x93", "ab3"}, /* wide Ab3 */
        {"\xef\xbc\xa1lice", "alice"},
        {"0", "0"},
        {("a\xef\xbc\xa0"
          "b"),
         "a@b"}, /* wide @ */
    };

    for (size_t i = 0; i < GH_COUNT(examples); i++)
        check_account(gh_text_of_z(examples[i].raw_z), examples[i].enforced_z);
}

static void
names_outside_the_pattern_are_refused(void)
{
    static const char *const refused[] = {
        "",
        " alice",
        "alice ",
        "al ice",
        ".alice",
        "-alice",
        "_a",
        "@a",
        "+a",
        "alice/bob",
        "alice\\",
        "alice'--",
        "alice%00",
        ("fu\xc3\x9f"
         "ball"),       /* RFC 8265: valid there, not here */
        "\xcf\x80",     /* pi */
        "\xc9\x91lice", /* latin alpha */
        "\xd0\xb0lice", /* cyrillic a */
        ("\xe2\x84\xaa"
         "elvin"),         /* KELVIN SIGN lower-cases to k */
        "\xe2\x85\xa0",    /* ROMAN NUMERAL ONE: compatibility */
        "hen\xe2\x85\xa3", /* RFC 8265 example: henryIV */
        "\xe2\x99\x9a",    /* BLACK CHESS KING */
        ("a\xe2\x80\x8b"
         "b"),           /* ZERO WIDTH SPACE */
        "a\xcc\x81",     /* combining acute */
        "\xef\xbd\xb1",  /* half-width katakana */
        "a\xe3\x80\x80", /* IDEOGRAPHIC SPACE: wide space */
        "a\xff",
        "a\xc0\xaf",
        "a\xed\xa0\x80",
    };

    for (size_t i = 0; i < GH_COUNT(refused); i++)
        check_account(gh_text_of_z(refused[i]), NULL);
    check_account(GH_TEXT("alice\0"), NULL);
    check_account(GH_TEXT("al\0ice"), NULL);
    check_account((struct gh_text){0}, NULL);
}

static void
names_have_64_characters_at_most(void)
{
    char at[3 * 65];

    memset(at, 'a', sizeof(at));
    check_account((struct gh_text){.at = at, .len = 65}, NULL);
    at[64] = '\0';
    check_account((struct gh_text){.at = at, .len = 64}, at);
}

static void
passwords_of_the_rfc_are_enforced(void)
{
    static const struct example examples[] = {
        {"correct horse battery staple", "correct horse battery staple"},
        {"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
        {"\xcf\x80\xc3\x9f\xc3\xa5", "\xcf\x80\xc3\x9f\xc3\xa5"},
        {"Jack of \xe2\x99\xa6s", "Jack of \xe2\x99\xa6s"},
        {"foo\xe1\x9a\x80"
         "bar",
         "foo bar"}, /* OGHAM SPACE MARK */
    };

    for (size_t i = 0; i < GH_COUNT(examples); i++)
        check_password(gh_text_of_z(examples[i].raw_z), GH_OK,
                       gh_text_of_z(examples[i].enforced_z));
    check_password(GH_TEXT(""), GH_MALFORMED, GH_TEXT(""));
    check_password(GH_TEXT("my cat is a \x09"
                           "by"),
                   GH_MALFORMED, GH_TEXT(""));
}

static void
composed_and_decomposed_are_one_password(void)
{
    check_password(GH_TEXT("\xc3\xa9t\xc3\xa9"), GH_OK,
                   GH_TEXT("\xc3\xa9t\xc3\xa9"));
    check_password(GH_TEXT("e\xcc\x81te\xcc\x81"), GH_OK,
                   GH_TEXT("\xc3\xa9t\xc3\xa9"));
    check_password(GH_TEXT("\xe2\x84\xab"), GH_OK, GH_TEXT("\xc3\x85"));
    /* Marks in another order are the same text. */
    check_password(GH_TEXT("q\xcc\x87\xcc\xa3"), GH_OK,
                   GH_TEXT("q\xcc\xa3\xcc\x87"));
    check_password(GH_TEXT("\xe1\x84"), GH_MALFORMED, GH_TEXT(""));
}

static void
login_023_compatibility_forms_stay_what_they_are(void)
{
    static const char *const kept[] = {
        "\xef\xac\x81", /* LATIN SMALL LIGATURE FI */
        "\xef\xbc\xa1", /* wide A */
        "x\xc2\xb2",    /* SUPERSCRIPT TWO */
        "\xe2\x91\xa0", /* CIRCLED DIGIT ONE */
        "AbC",
        " both ends ",
        "\xf0\x9f\x94\x91", /* KEY */
        ("a\xe2\x80\x8d"
         "b"),        /* ZERO WIDTH JOINER */
        "l\xc2\xb7l", /* MIDDLE DOT */
    };

    for (size_t i = 0; i < GH_COUNT(kept); i++)
        check_password(gh_text_of_z(kept[i]), GH_OK, gh_text_of_z(kept[i]));
}

static void
every_space_is_an_ordinary_one(void)
{
    check_password(GH_TEXT("a\xc2\xa0"
                           "b\xe3\x80\x80"
                           "c\xe2\x80\x80"
                           "d"),
                   GH_OK, GH_TEXT("a b c d"));
}

static void
characters_that_cannot_be_seen_are_refused(void)
{
    static const char *const refused[] = {
        "a\x01",
        "a\x7f",
        "a\xc2\x85",
        "a\r\nb",
        "a\x1b[A",
        "a\xe2\x80\xa8",     /* LINE SEPARATOR */
        "a\xc2\xad",         /* SOFT HYPHEN */
        "a\xef\xb8\x8f",     /* VARIATION SELECTOR-16 */
        "a\xcd\x8f",         /* COMBINING GRAPHEME JOINER */
        "a\xe3\x85\xa4",     /* HANGUL FILLER */
        "a\xe2\x80\x8b",     /* ZERO WIDTH SPACE */
        "a\xe2\x80\xae",     /* RIGHT-TO-LEFT OVERRIDE */
        "a\xef\xbb\xbf",     /* BYTE ORDER MARK */
        "a\xef\xbf\xbf",     /* noncharacter */
        "a\xf4\x8f\xbf\xbf", /* noncharacter */
        "a\xee\x80\x80",     /* private use */
        "a\xcd\xb8",         /* unassigned */
        "a\xe1\x84\x80",     /* conjoining jamo */
        "a\xed\xa0\x80",     /* surrogate */
        "a\xc0\xaf",         /* overlong */
        "a\xff",
    };

    for (size_t i = 0; i < GH_COUNT(refused); i++)
        check_password(gh_text_of_z(refused[i]), GH_MALFORMED, GH_TEXT(""));
}

static void
login_017_nul_in_a_password_is_refused(void)
{
    check_password(GH_TEXT("secret\0"), GH_MALFORMED, GH_TEXT(""));
    check_password(GH_TEXT("\0"), GH_MALFORMED, GH_TEXT(""));
    check_password(GH_TEXT("sec\0ret"), GH_MALFORMED, GH_TEXT(""));
}

/* n times piece. */
static struct gh_text
repeat(char *at, const char *piece_z, size_t n)
{
    size_t len = strlen(piece_z);

    for (size_t i = 0; i < n; i++)
        memcpy(at + i * len, piece_z, len);
    return (struct gh_text){.at = at, .len = n * len};
}

static void
long_passwords_are_refused_not_cut(void)
{
    char at[6000];
    struct gh_text longest = repeat(at, "x", 256);

    check_password(longest, GH_OK, longest);
    check_password(repeat(at, "x", 257), GH_LIMIT, GH_TEXT(""));
    longest = repeat(at, "\xf0\x9f\x94\x91", 256); /* 1,024 bytes */
    check_password(longest, GH_OK, longest);
    check_password(repeat(at, "\xf0\x9f\x94\x91", 257), GH_LIMIT, GH_TEXT(""));
    check_password(repeat(at, "x", 5000), GH_LIMIT, GH_TEXT(""));
}

static void
the_limit_counts_the_composed_form(void)
{
    char raw[3 * 257];
    char composed[2 * 257];

    check_password(repeat(raw, "e\xcc\x81", 256), GH_OK,
                   repeat(composed, "\xc3\xa9", 256));
    check_password(repeat(raw, "e\xcc\x81", 257), GH_LIMIT, GH_TEXT(""));
}

static void
text_that_grows_in_nfc_is_whole(void)
{
    /* U+1D160 becomes three code points and 12 bytes. */
    check_password(GH_TEXT("\xf0\x9d\x85\xa0"), GH_OK,
                   GH_TEXT("\xf0\x9d\x85\x98\xf0\x9d\x85\xa5"
                           "\xf0\x9d\x85\xae"));
}

static void
an_arena_too_small_is_a_fault(void)
{
    struct gh_arena arena;
    struct gh_text out;
    char at[256];

    gh_arena_init(&arena, 0);
    check_status(GH_FAULT_MEMORY,
                 gh_precis_password(&arena, repeat(at, "x", 9), &out));
    check_status(GH_FAULT_MEMORY,
                 gh_precis_account(&arena, GH_TEXT("alice"), &out));
    gh_arena_done(&arena);
}

static void
lower_case_is_letter_by_letter(void)
{
    struct gh_arena arena;
    struct gh_text out = {0};

    gh_arena_init(&arena, 65536);
    check_status(GH_OK,
                 gh_precis_lower(&arena,
                                 GH_TEXT("Aa1 \xc3\x84\xce\xa9\xf0\x9f\xa6"
                                         "\x8a\0Z"),
                                 &out));
    check_text(GH_TEXT("aa1 \xc3\xa4\xcf\x89\xf0\x9f\xa6\x8a\0z"), out);
    /* U+0130 is the one that grows: two bytes become one, and a dot of two. */
    check_status(GH_OK, gh_precis_lower(&arena, GH_TEXT("\xc4\xb0"), &out));
    check(gh_text_is_utf8(out) && out.len > 0);
    check_status(GH_OK, gh_precis_lower(&arena, GH_TEXT(""), &out));
    check_number(0, out.len);
    gh_arena_done(&arena);
}

static void
points_are_counted_not_bytes(void)
{
    check_number(0, gh_precis_points(GH_TEXT("")));
    check_number(3, gh_precis_points(GH_TEXT("a\xc3\xbc\xf0\x9f\xa6\x8a")));
}

const struct check_case precis_cases[] = {
    CHECK_CASE(lower_case_is_letter_by_letter),
    CHECK_CASE(points_are_counted_not_bytes),
    CHECK_CASE(names_become_lower_case_and_ordinary_width),
    CHECK_CASE(names_outside_the_pattern_are_refused),
    CHECK_CASE(names_have_64_characters_at_most),
    CHECK_CASE(passwords_of_the_rfc_are_enforced),
    CHECK_CASE(composed_and_decomposed_are_one_password),
    CHECK_CASE(login_023_compatibility_forms_stay_what_they_are),
    CHECK_CASE(every_space_is_an_ordinary_one),
    CHECK_CASE(characters_that_cannot_be_seen_are_refused),
    CHECK_CASE(login_017_nul_in_a_password_is_refused),
    CHECK_CASE(long_passwords_are_refused_not_cut),
    CHECK_CASE(the_limit_counts_the_composed_form),
    CHECK_CASE(text_that_grows_in_nfc_is_whole),
    CHECK_CASE(an_arena_too_small_is_a_fault),
    {0},
};
