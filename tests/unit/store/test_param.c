/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/param: values in the form in which they travel, text from
 * outside, arrays. Each test owns what it makes.
 */
#include "store/param.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

static void
check_bytes(struct gh_text expected, struct gh_param param)
{
    check(param.is_set);
    check_text(expected, gh_param_bytes(&param));
}

static void
values_travel_in_binary(void)
{
    static const unsigned char v4[4] = {192, 0, 2, 1};
    static const unsigned char v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

    check_bytes(GH_TEXT("\1"), gh_param_bool(true));
    check_bytes(GH_TEXT("\0"), gh_param_bool(false));
    check_bytes(GH_TEXT("\xff\xff\xff\xfe"), gh_param_int4(-2));
    check_bytes(GH_TEXT("\0\0\0\0\0\0\1\0"), gh_param_int8(256));
    check_bytes(GH_TEXT("a\0b"), gh_param_bytea(GH_TEXT("a\0b")));
    check_bytes(GH_TEXT("a"), gh_param_text(GH_TEXT("a")));
    check_bytes(GH_TEXT("{}"), gh_param_jsonb(GH_TEXT("{}")));
    check_bytes(GH_TEXT("\2\x20\0\4\xc0\0\2\1"), gh_param_inet(v4, 4));
    check_bytes(GH_TEXT("\3\x80\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
                gh_param_inet(v6, 16));
    check_bytes(GH_TEXT("\0\0\0\0\0\0\0\1"),
                gh_param_timestamptz(946684800000001));
    check_bytes(GH_TEXT("\0\0\0\0\0\x0f\x42\x40\0\0\0\0\0\0\0\0"),
                gh_param_interval(1000));
    check_bytes((struct gh_text){.at = (const char *)v6, .len = 16},
                gh_param_uuid(v6));
    check(!gh_param_null(GH_SQL_TEXT).is_set);
}

static void
text_from_outside_is_made_fit(void)
{
    static const struct {
        struct gh_text raw;   /* as it came */
        size_t max;           /* bytes wanted */
        struct gh_text clean; /* as it is sent */
    } texts[] = {
        {GH_TEXT_INIT("plain"), 10, GH_TEXT_INIT("plain")},
        {GH_TEXT_INIT("a\0b"), 10,
         GH_TEXT_INIT("a\xef\xbf\xbd"
                      "b")},
        {GH_TEXT_INIT("a\xe9"), 10, GH_TEXT_INIT("a\xef\xbf\xbd")},
        {GH_TEXT_INIT("\xc3\xa9\xc3\xa9"), 3, GH_TEXT_INIT("\xc3\xa9")},
        {GH_TEXT_INIT("abc"), 2, GH_TEXT_INIT("ab")},
        {GH_TEXT_INIT("\xff"), 2, GH_TEXT_INIT("")},
        {GH_TEXT_INIT(""), 0, GH_TEXT_INIT("")},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, 65536);
    for (size_t i = 0; i < GH_COUNT(texts); i++) {
        struct gh_param param;

        check_status(GH_OK, gh_param_clean_text(&arena, texts[i].raw,
                                                texts[i].max, &param));
        check_bytes(texts[i].clean, param);
        check(gh_param_is_fit(&param));
    }
    gh_arena_done(&arena);
}

static void
only_text_can_be_unfit(void)
{
    const struct gh_param unfit = gh_param_text(GH_TEXT("a\0"));
    const struct gh_param bytes = gh_param_bytea(GH_TEXT("a\0\xff"));
    const struct gh_param json = gh_param_jsonb(GH_TEXT("\xff"));
    const struct gh_param null = gh_param_null(GH_SQL_TEXT);

    check(!gh_param_is_fit(&unfit));
    check(!gh_param_is_fit(&json));
    check(gh_param_is_fit(&bytes));
    check(gh_param_is_fit(&null));
}

static void
arrays_have_their_head_and_nulls(void)
{
    const struct gh_param items[] = {gh_param_text(GH_TEXT("ab")),
                                     gh_param_null(GH_SQL_TEXT),
                                     gh_param_text(GH_TEXT(""))};
    struct gh_param param;
    struct gh_arena arena;

    gh_arena_init(&arena, 65536);
    check_status(GH_OK, gh_param_array(&arena, GH_SQL_TEXT, items,
                                       GH_COUNT(items), &param));
    check_number(GH_SQL_TEXT_ARRAY, param.type);
    check_bytes(GH_TEXT("\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\3\0\0\0\1"
                        "\0\0\0\2"
                        "ab"
                        "\xff\xff\xff\xff\0\0\0\0"),
                param);
    check_status(GH_OK, gh_param_array(&arena, GH_SQL_INT8, NULL, 0, &param));
    check_bytes(GH_TEXT("\0\0\0\0\0\0\0\0\0\0\0\x14"), param);
    gh_arena_done(&arena);
}

static void
arrays_have_limits(void)
{
    static struct gh_param items[10001];
    char big[70000] = {0};
    struct gh_param param;
    struct gh_arena arena;

    gh_arena_init(&arena, 4194304);
    for (size_t i = 0; i < GH_COUNT(items); i++)
        items[i] = gh_param_int4(1);
    check_status(GH_OK,
                 gh_param_array(&arena, GH_SQL_INT4, items, 10000, &param));
    check_status(GH_LIMIT,
                 gh_param_array(&arena, GH_SQL_INT4, items, 10001, &param));
    for (size_t i = 0; i < 15; i++)
        items[i] =
            gh_param_bytea((struct gh_text){.at = big, .len = sizeof(big)});
    check_status(GH_LIMIT,
                 gh_param_array(&arena, GH_SQL_BYTEA, items, 15, &param));
    items[0] = gh_param_text(GH_TEXT("\xff"));
    check_status(GH_MALFORMED,
                 gh_param_array(&arena, GH_SQL_TEXT, items, 1, &param));
    gh_arena_done(&arena);
    gh_arena_init(&arena, 0);
    items[0] = gh_param_int4(1);
    check_status(GH_FAULT_MEMORY,
                 gh_param_array(&arena, GH_SQL_INT4, items, 1, &param));
    gh_arena_done(&arena);
}

static void
types_have_the_numbers_of_pg_type(void)
{
    check_number(16, gh_sql_oid(GH_SQL_BOOL));
    check_number(25, gh_sql_oid(GH_SQL_TEXT));
    check_number(1001, gh_sql_oid(GH_SQL_BYTEA_ARRAY));
    check_number(2951, gh_sql_oid(GH_SQL_UUID_ARRAY));
}

const struct check_case param_cases[] = {
    CHECK_CASE(values_travel_in_binary),
    CHECK_CASE(text_from_outside_is_made_fit),
    CHECK_CASE(only_text_can_be_unfit),
    CHECK_CASE(arrays_have_their_head_and_nulls),
    CHECK_CASE(arrays_have_limits),
    CHECK_CASE(types_have_the_numbers_of_pg_type),
    {0},
};
