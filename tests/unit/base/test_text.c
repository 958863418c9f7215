/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/text: slices, comparing, cutting, classes, numbers, UTF-8.
 * Each test owns what it makes.
 */
#include "base/text.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

static void
text_of_null_is_empty(void)
{
    struct gh_text text = gh_text_of_z(NULL);

    check_number(0, text.len);
    check_text(GH_TEXT("abc"), gh_text_of_z("abc"));
}

static void
texts_are_equal_by_bytes_and_length(void)
{
    check(gh_text_equal(GH_TEXT("a\0b"), GH_TEXT("a\0b")));
    check(!gh_text_equal(GH_TEXT("a\0b"), GH_TEXT("a\0c")));
    check(!gh_text_equal(GH_TEXT("a"), GH_TEXT("a\0")));
    check(!gh_text_equal(GH_TEXT("a"), GH_TEXT("A")));
    check(gh_text_equal((struct gh_text){0}, GH_TEXT("")));
}

static void
case_is_ignored_for_ascii_letters_only(void)
{
    check(gh_text_equal_nocase(GH_TEXT("Host-ID"), GH_TEXT("hOST-id")));
    check(!gh_text_equal_nocase(GH_TEXT("["), GH_TEXT("{")));
    check(!gh_text_equal_nocase(GH_TEXT("@"), GH_TEXT("`")));
    check(!gh_text_equal_nocase(GH_TEXT("\xc3\x84"), GH_TEXT("\xc3\xa4")));
    check(!gh_text_equal_nocase(GH_TEXT("ab"), GH_TEXT("abc")));
}

static void
beginnings_and_ends_are_recognised(void)
{
    check(gh_text_starts(GH_TEXT("/app/x"), GH_TEXT("/app")));
    check(gh_text_starts(GH_TEXT("/app"), GH_TEXT("")));
    check(!gh_text_starts(GH_TEXT("/ap"), GH_TEXT("/app")));
    check(!gh_text_starts(GH_TEXT("/APP"), GH_TEXT("/app")));
    check(gh_text_starts_nocase(GH_TEXT("__HOST-id"), GH_TEXT("__Host-")));
    check(gh_text_ends(GH_TEXT("a.conf"), GH_TEXT(".conf")));
    check(!gh_text_ends(GH_TEXT("conf"), GH_TEXT(".conf")));
    check(gh_text_ends((struct gh_text){0}, GH_TEXT("")));
}

static void
find_gives_the_length_when_there_is_none(void)
{
    check_number(1, gh_text_find(GH_TEXT("a=b=c"), '='));
    check_number(3, gh_text_find(GH_TEXT("abc"), '='));
    check_number(0, gh_text_find((struct gh_text){0}, '='));
    check_number(1, gh_text_find(GH_TEXT("a\0b"), '\0'));
}

static void
parts_past_the_end_are_empty(void)
{
    check_text(GH_TEXT("bc"), gh_text_from(GH_TEXT("abc"), 1));
    check_number(0, gh_text_from(GH_TEXT("abc"), 3).len);
    check_number(0, gh_text_from(GH_TEXT("abc"), 99).len);
    check_text(GH_TEXT("ab"), gh_text_first(GH_TEXT("abc"), 2));
    check_text(GH_TEXT("abc"), gh_text_first(GH_TEXT("abc"), 99));
}

static void
trim_takes_blanks_and_tabs_only(void)
{
    check_text(GH_TEXT("a b"), gh_text_trim(GH_TEXT(" \t a b\t ")));
    check_text(GH_TEXT("\na\r"), gh_text_trim(GH_TEXT(" \na\r ")));
    check_text(GH_TEXT("\xc2\xa0x"), gh_text_trim(GH_TEXT("\xc2\xa0x")));
    check_number(0, gh_text_trim(GH_TEXT(" \t")).len);
}

static void
cut_gives_every_part_also_empty_ones(void)
{
    struct gh_text rest = GH_TEXT("a,,b");
    struct gh_text part;

    check(gh_text_cut(&rest, ',', &part));
    check_text(GH_TEXT("a"), part);
    check(gh_text_cut(&rest, ',', &part));
    check_text(GH_TEXT(""), part);
    check(gh_text_cut(&rest, ',', &part));
    check_text(GH_TEXT("b"), part);
    check(!gh_text_cut(&rest, ',', &part));
}

static void
cut_gives_the_empty_part_behind_the_last_separator(void)
{
    struct gh_text rest = GH_TEXT("a,");
    struct gh_text empty = GH_TEXT("");
    struct gh_text part;

    check(gh_text_cut(&rest, ',', &part));
    check(gh_text_cut(&rest, ',', &part));
    check_text(GH_TEXT(""), part);
    check(!gh_text_cut(&rest, ',', &part));
    check(gh_text_cut(&empty, ',', &part));
    check(!gh_text_cut(&empty, ',', &part));
}

static void
numbers_are_digits_and_nothing_else(void)
{
    static const char *const bad[] = {"",   "-1",  "+1", " 1",  "1 ",
                                      "1a", "0x1", "1,", "1.0", "\xd9\xa1"};
    uint64_t value = 7;

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_status(GH_MALFORMED,
                     gh_text_number(gh_text_of_z(bad[i]), 100, &value));
    check_status(GH_MALFORMED, gh_text_number(GH_TEXT("1\0"), 100, &value));
    check_number(7, value);
    check_status(GH_OK, gh_text_number(GH_TEXT("0042"), 100, &value));
    check_number(42, value);
}

static void
numbers_over_the_ceiling_are_refused(void)
{
    uint64_t value = 7;

    check_status(GH_OK, gh_text_number(GH_TEXT("100"), 100, &value));
    check_status(GH_LIMIT, gh_text_number(GH_TEXT("101"), 100, &value));
    check_status(GH_OK, gh_text_number(GH_TEXT("18446744073709551615"),
                                       UINT64_MAX, &value));
    check(value == UINT64_MAX);
    check_status(GH_LIMIT, gh_text_number(GH_TEXT("18446744073709551616"),
                                          UINT64_MAX, &value));
    check_status(GH_LIMIT, gh_text_number(GH_TEXT("99999999999999999999999999"),
                                          UINT64_MAX, &value));
}

/* True when exactly the bytes of members are in mask. */
static bool
class_is(unsigned mask, const char *members)
{
    for (unsigned c = 1; c < 256; c++) {
        bool is_member = strchr(members, (int)c) != NULL;

        if (gh_class_has((unsigned char)c, mask) != is_member)
            return false;
    }
    return !gh_class_has(0, mask);
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static void
classes_hold_what_their_rfc_lists(void)
{
    check(class_is(GH_CLASS_DIGIT, DIGITS));
    check(class_is(GH_CLASS_ALPHA, LETTERS));
    check(class_is(GH_CLASS_UPPER, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    check(class_is(GH_CLASS_HEX, DIGITS "ABCDEFabcdef"));
    check(class_is(GH_CLASS_TOKEN, DIGITS LETTERS "!#$%&'*+-.^_`|~"));
    check(class_is(GH_CLASS_UNRESERVED, DIGITS LETTERS "-._~"));
    check(class_is(GH_CLASS_PCHAR, DIGITS LETTERS "-._~!$&'()*+,;=:@"));
    check(class_is(GH_CLASS_BASE64URL, DIGITS LETTERS "-_"));
}

static void
field_and_visible_classes_are_ranges(void)
{
    for (unsigned c = 0; c < 256; c++) {
        bool is_visible = c > 0x20 && c < 0x7f;
        bool is_field = is_visible || c == ' ' || c == '\t' || c >= 0x80;

        check(gh_class_has((unsigned char)c, GH_CLASS_VISIBLE) == is_visible);
        check(gh_class_has((unsigned char)c, GH_CLASS_FIELD) == is_field);
    }
}

static void
empty_text_is_all_of_any_class(void)
{
    check(gh_text_all((struct gh_text){0}, GH_CLASS_DIGIT));
    check(gh_text_all(GH_TEXT("09"), GH_CLASS_DIGIT));
    check(!gh_text_all(GH_TEXT("0\0"), GH_CLASS_DIGIT));
}

static void
hexadecimal_digits_have_values(void)
{
    check_number(0, gh_hex_digit('0'));
    check_number(9, gh_hex_digit('9'));
    check_number(10, gh_hex_digit('a'));
    check_number(15, gh_hex_digit('F'));
    check_number(-1, gh_hex_digit('g'));
    check_number(-1, gh_hex_digit('\0'));
    check_number(-1, gh_hex_digit('/'));
    check_number(-1, gh_hex_digit(':'));
}

static void
utf8_of_every_length_is_read(void)
{
    check_number(1, gh_utf8_first(GH_TEXT("a")));
    check_number(1, gh_utf8_first(GH_TEXT("\0")));
    check_number(2, gh_utf8_first(GH_TEXT("\xc2\x80x")));
    check_number(3, gh_utf8_first(GH_TEXT("\xe2\x82\xac")));
    check_number(4, gh_utf8_first(GH_TEXT("\xf0\x9f\x9a\xaa")));
    check_number(4, gh_utf8_first(GH_TEXT("\xf4\x8f\xbf\xbf")));
    check_number(0, gh_utf8_first(GH_TEXT("")));
}

static void
ill_formed_utf8_is_refused(void)
{
    static const char *const bad[] = {
        "\x80",             /* a stray byte */
        "\xc0\xaf",         /* "/" in two bytes */
        "\xc1\xa1",         /* "a" in two bytes */
        "\xe0\x80\xaf",     /* "/" in three */
        "\xf0\x80\x80\xaf", /* "/" in four */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3",             /* cut off */
        "\xe2\x82",         /* cut off */
        "\xe2\x28\xa1",     /* ASCII in the middle */
        "\xe2\x82\x28",     /* ASCII at the end */
        "\xf0\x9f\x9a\xc3", /* a lead byte at the end */
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        check_number(0, gh_utf8_first(gh_text_of_z(bad[i])));
        check(!gh_text_is_utf8(gh_text_of_z(bad[i])));
    }
    check(!gh_text_is_utf8(GH_TEXT("abc\xff")));
    check(gh_text_is_utf8(GH_TEXT("T\xc3\xbcr \xf0\x9f\x9a\xaa")));
    check(gh_text_is_utf8(GH_TEXT("")));
}

static void
control_characters_are_c0_delete_and_c1(void)
{
    check(gh_text_is_control(GH_TEXT("\0")));
    check(gh_text_is_control(GH_TEXT("\x1f")));
    check(gh_text_is_control(GH_TEXT("\x7f")));
    check(gh_text_is_control(GH_TEXT("\xc2\x80")));
    check(gh_text_is_control(GH_TEXT("\xc2\x9f")));
    check(!gh_text_is_control(GH_TEXT("\xc2\xa0")));
    check(!gh_text_is_control(GH_TEXT(" ")));
    check(!gh_text_is_control(GH_TEXT("a\0")));
    check(!gh_text_is_control(GH_TEXT("")));
}

extern const struct check_case text_cases[];

const struct check_case text_cases[] = {
    CHECK_CASE(text_of_null_is_empty),
    CHECK_CASE(texts_are_equal_by_bytes_and_length),
    CHECK_CASE(case_is_ignored_for_ascii_letters_only),
    CHECK_CASE(beginnings_and_ends_are_recognised),
    CHECK_CASE(find_gives_the_length_when_there_is_none),
    CHECK_CASE(parts_past_the_end_are_empty),
    CHECK_CASE(trim_takes_blanks_and_tabs_only),
    CHECK_CASE(cut_gives_every_part_also_empty_ones),
    CHECK_CASE(cut_gives_the_empty_part_behind_the_last_separator),
    CHECK_CASE(numbers_are_digits_and_nothing_else),
    CHECK_CASE(numbers_over_the_ceiling_are_refused),
    CHECK_CASE(classes_hold_what_their_rfc_lists),
    CHECK_CASE(field_and_visible_classes_are_ranges),
    CHECK_CASE(empty_text_is_all_of_any_class),
    CHECK_CASE(hexadecimal_digits_have_values),
    CHECK_CASE(utf8_of_every_length_is_read),
    CHECK_CASE(ill_formed_utf8_is_refused),
    CHECK_CASE(control_characters_are_c0_delete_and_c1),
    {NULL, NULL},
};
