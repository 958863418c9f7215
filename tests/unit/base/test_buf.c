/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/buf: the size that is never passed, the failure that stays,
 * and what each door lets through. Each test owns its memory.
 */
#include "base/buf.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

#define REPLACED "\xef\xbf\xbd"

/* One door of the buffer. */
typedef void door_fn(struct gh_buf *buf, struct gh_text text);

/* What a door makes of a value. */
struct door_case {
    struct gh_text in;  /* the value */
    struct gh_text out; /* what is written */
};

/* Sends each case through door and compares. */
static void
check_door(door_fn *door, const struct door_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char memory[256];
        struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

        door(&buf, cases[i].in);
        check(!buf.is_failed);
        check_text(cases[i].out, gh_buf_text(&buf));
    }
}

/* Sends in through door into every size up to what it needs: what is written
 * is a beginning of the whole, and only the last size is no failure. */
static void
check_sizes(door_fn *door, struct gh_text in)
{
    char whole[256];
    struct gh_buf full = gh_buf_over(whole, sizeof(whole));

    door(&full, in);
    for (size_t cap = 0; cap <= full.len; cap++) {
        char memory[257];
        struct gh_buf buf = gh_buf_over(memory, cap);

        memset(memory, 0x55, sizeof(memory));
        door(&buf, in);
        check(buf.is_failed == (cap < full.len));
        check_number(0x55, memory[cap]);
        check(gh_text_starts(gh_buf_text(&full), gh_buf_text(&buf)));
    }
}

static void
literals_are_appended(void)
{
    char memory[8];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_buf_lit(&buf, "abc");
    gh_buf_lit(&buf, "");
    gh_buf_checked(&buf, GH_TEXT("defgh"));
    check(!buf.is_failed);
    check_text(GH_TEXT("abcdefgh"), gh_buf_text(&buf));
}

static void
what_does_not_fit_is_not_written_at_all(void)
{
    char memory[9] = "........";
    struct gh_buf buf = gh_buf_over(memory, 4);

    gh_buf_lit(&buf, "abc");
    gh_buf_lit(&buf, "de");
    check(buf.is_failed);
    check_text(GH_TEXT("abc"), gh_buf_text(&buf));
    check_text(GH_TEXT("abc....."), gh_text_of_z(memory));
}

static void
failure_stays(void)
{
    char memory[4];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_buf_lit(&buf, "abcde");
    gh_buf_lit(&buf, "a");
    gh_buf_number(&buf, 1);
    check(buf.is_failed);
    check_number(0, buf.len);
}

static void
buffer_in_an_arena_has_its_size(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_buf buf = {0};

    gh_arena_init(&arena, 64 * 1024);
    check_status(GH_OK, gh_buf_in(&arena, 5, &buf));
    gh_buf_lit(&buf, "12345");
    check(!buf.is_failed);
    gh_buf_lit(&buf, "6");
    check(buf.is_failed);
    check_status(GH_FAULT_MEMORY, gh_buf_in(&arena, 64 * 1024, &buf));
    check_number(5, buf.cap);
}

static void
html_has_no_markup(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("plain"), GH_TEXT_INIT("plain")},
        {GH_TEXT_INIT("<b a=\"1\" c='2'>&amp;"),
         GH_TEXT_INIT("&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;")},
        {GH_TEXT_INIT("T\xc3\xbcr \xf0\x9f\x9a\xaa"),
         GH_TEXT_INIT("T\xc3\xbcr \xf0\x9f\x9a\xaa")},
        {GH_TEXT_INIT(""), GH_TEXT_INIT("")},
    };

    check_door(gh_buf_html, cases, GH_COUNT(cases));
}

static void
html_replaces_controls_and_bad_utf8(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("a\0b\x1b\x7f"),
         GH_TEXT_INIT("a" REPLACED "b" REPLACED REPLACED)},
        {GH_TEXT_INIT("a\r\nb\tc"),
         GH_TEXT_INIT("a" REPLACED REPLACED "b" REPLACED "c")},
        {GH_TEXT_INIT("\xc2\x85"), GH_TEXT_INIT(REPLACED)},
        {GH_TEXT_INIT("\xc3<"), GH_TEXT_INIT(REPLACED "&lt;")},
        {GH_TEXT_INIT("\xc0\xbc"), GH_TEXT_INIT(REPLACED REPLACED)},
        {GH_TEXT_INIT("\xe2\x82"), GH_TEXT_INIT(REPLACED REPLACED)},
        {GH_TEXT_INIT("\xed\xa0\x80"),
         GH_TEXT_INIT(REPLACED REPLACED REPLACED)},
    };

    check_door(gh_buf_html, cases, GH_COUNT(cases));
}

static void
header_takes_field_bytes_only(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("a b\t\x80\xff~"), GH_TEXT_INIT("a b\t\x80\xff~")},
        {GH_TEXT_INIT(""), GH_TEXT_INIT("")},
    };
    static const struct gh_text bad[] = {
        GH_TEXT_INIT("a\rb"), GH_TEXT_INIT("a\nb"), GH_TEXT_INIT("a\0"),
        GH_TEXT_INIT("\x1b"), GH_TEXT_INIT("\x7f"),
    };

    check_door(gh_buf_header, cases, GH_COUNT(cases));
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        char memory[16];
        struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

        gh_buf_header(&buf, bad[i]);
        check(buf.is_failed);
        check_number(0, buf.len);
    }
}

static void
url_encodes_all_but_unreserved(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("aZ09-._~"), GH_TEXT_INIT("aZ09-._~")},
        {GH_TEXT_INIT("/a b?c=d&e#%"),
         GH_TEXT_INIT("%2Fa%20b%3Fc%3Dd%26e%23%25")},
        {GH_TEXT_INIT("\0\xc3\xbc\xff"), GH_TEXT_INIT("%00%C3%BC%FF")},
    };

    check_door(gh_buf_url, cases, GH_COUNT(cases));
}

static void
json_is_the_inside_of_a_string(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("a\"b\\c/"), GH_TEXT_INIT("a\\\"b\\\\c/")},
        {GH_TEXT_INIT("\0\n\x1f\x7f"),
         GH_TEXT_INIT("\\u0000\\u000a\\u001f\x7f")},
        {GH_TEXT_INIT("\xf0\x9f\x9a\xaa"), GH_TEXT_INIT("\xf0\x9f\x9a\xaa")},
        {GH_TEXT_INIT("\xff\"\xe2\x82"),
         GH_TEXT_INIT(REPLACED "\\\"" REPLACED REPLACED)},
    };

    check_door(gh_buf_json, cases, GH_COUNT(cases));
}

static void
log_value_is_one_word_or_quoted(void)
{
    static const struct door_case cases[] = {
        {GH_TEXT_INIT("/a?b#\\'c"), GH_TEXT_INIT("/a?b#\\'c")},
        {GH_TEXT_INIT("-"), GH_TEXT_INIT("-")},
        {GH_TEXT_INIT("a b"), GH_TEXT_INIT("\"a b\"")},
        {GH_TEXT_INIT("a=b"), GH_TEXT_INIT("\"a=b\"")},
        {GH_TEXT_INIT("say \"x\\\""), GH_TEXT_INIT("\"say \\\"x\\\\\\\"\"")},
        {GH_TEXT_INIT("a\r\nb\0\x1b[0m\t"),
         GH_TEXT_INIT("\"a\\x0d\\x0ab\\x00\\x1b[0m\\x09\"")},
        {GH_TEXT_INIT("\xc3\xbc"), GH_TEXT_INIT("\"\\xc3\\xbc\"")},
    };

    check_door(gh_buf_log, cases, GH_COUNT(cases));
}

static void
no_door_passes_the_size(void)
{
    const struct gh_text all =
        GH_TEXT("a <&>\"'=\\%\x80\xff \0\r\n\xc3\xbc\xf0\x9f\x9a\xaa~");

    check_sizes(gh_buf_html, all);
    check_sizes(gh_buf_url, all);
    check_sizes(gh_buf_json, all);
    check_sizes(gh_buf_log, all);
    check_sizes(gh_buf_header, GH_TEXT("some value"));
    check_sizes(gh_buf_checked, GH_TEXT("some value"));
}

static void
numbers_are_decimal(void)
{
    char memory[64];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_buf_number(&buf, 0);
    gh_buf_lit(&buf, " ");
    gh_buf_number(&buf, 1090);
    gh_buf_lit(&buf, " ");
    gh_buf_number(&buf, UINT64_MAX);
    check_text(GH_TEXT("0 1090 18446744073709551615"), gh_buf_text(&buf));
}

static void
bytes_are_hexadecimal_in_lower_case(void)
{
    char memory[6];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_buf_hex(&buf, "\x00\xaf\x9e", 3);
    check_text(GH_TEXT("00af9e"), gh_buf_text(&buf));
    gh_buf_hex(&buf, "\x00", 1);
    check(buf.is_failed);
}

static void
identity_values_are_ascii_and_one_line(void)
{
    char at[64];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));

    gh_buf_identity(&buf, GH_TEXT("J\xc3\xbcrgen 100%\r\nX: y,z"));
    check_text(GH_TEXT("J%C3%BCrgen 100%25%0D%0AX: y,z"), gh_buf_text(&buf));
    check(!buf.is_failed);
}

extern const struct check_case buf_cases[];

const struct check_case buf_cases[] = {
    CHECK_CASE(literals_are_appended),
    CHECK_CASE(what_does_not_fit_is_not_written_at_all),
    CHECK_CASE(failure_stays),
    CHECK_CASE(buffer_in_an_arena_has_its_size),
    CHECK_CASE(html_has_no_markup),
    CHECK_CASE(html_replaces_controls_and_bad_utf8),
    CHECK_CASE(header_takes_field_bytes_only),
    CHECK_CASE(url_encodes_all_but_unreserved),
    CHECK_CASE(json_is_the_inside_of_a_string),
    CHECK_CASE(log_value_is_one_word_or_quoted),
    CHECK_CASE(no_door_passes_the_size),
    CHECK_CASE(numbers_are_decimal),
    CHECK_CASE(bytes_are_hexadecimal_in_lower_case),
    CHECK_CASE(identity_values_are_ascii_and_one_line),
    {NULL, NULL},
};
