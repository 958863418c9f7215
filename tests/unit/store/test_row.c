/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/row: every type in the form in which a server sends it, and
 * rows that are not what was asked for. Each test owns its server.
 */
#include "store/row.h"

#include <string.h>

#include "check.h"
#include "peer.h"

#include "base/banned.h"

static const struct gh_stmt plain = {.name_z = "plain", .sql_z = "select 1"};

/* A server that answered one row, and the reader's memory. */
struct stage {
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;
    struct gh_arena arena;
};

static void
play(struct stage *stage, const unsigned *oids, const struct gh_text *values,
     size_t n, bool is_binary)
{
    static const struct gh_rows none = {0};
    char at[16];

    gh_arena_init(&stage->arena, 65536);
    peer_open(&stage->peer);
    stage->query = NULL;
    stage->rows = &none;
    stage->db = peer_db(&stage->peer, NULL);
    peer_welcome(&stage->peer, stage->db);
    check_status(GH_OK,
                 gh_db_send(stage->db, &plain, NULL, NULL, &stage->query));
    peer_take(&stage->peer, stage->db, at, sizeof(at));
    peer_put(&stage->peer, '1', NULL, 0);
    peer_put(&stage->peer, '2', NULL, 0);
    peer_put_columns(&stage->peer, oids, n, is_binary);
    peer_put_row(&stage->peer, values, n);
    peer_put(&stage->peer, 'C', "SELECT 1", 9);
    peer_put(&stage->peer, 'Z', "I", 1);
    peer_send(&stage->peer);
    check_status(GH_OK, peer_wait(stage->db, stage->query, &stage->rows));
}

static void
end(struct stage *stage)
{
    gh_query_give_back(stage->query);
    gh_db_free(stage->db);
    peer_close(&stage->peer);
    gh_arena_done(&stage->arena);
}

static void
check_int8(const struct stage *stage, size_t column, int64_t expected)
{
    int64_t value = 0;

    check_status(GH_OK, gh_row_int8(stage->rows, 0, column, &value));
    check_number(expected, value);
}

static void
numbers_of_every_width_are_read(void)
{
    static const unsigned oids[] = {21, 23, 20, 23, 20, 21};
    const struct gh_text values[] = {
        GH_TEXT("\x80\x00"),
        GH_TEXT("\x7f\xff\xff\xff"),
        GH_TEXT("\x7f\xff\xff\xff\xff\xff\xff\xff"),
        GH_TEXT("\xff\xff\xff\xff"),
        GH_TEXT("\x80\x00\x00\x00\x00\x00\x00\x00"),
        GH_TEXT("\x00\x01"),
    };
    struct stage stage;

    play(&stage, oids, values, GH_COUNT(values), true);
    check_int8(&stage, 0, -32768);
    check_int8(&stage, 1, 2147483647);
    check_int8(&stage, 2, INT64_MAX);
    check_int8(&stage, 3, -1);
    check_int8(&stage, 4, INT64_MIN);
    check_int8(&stage, 5, 1);
    end(&stage);
}

static void
text_and_bytes_are_copied(void)
{
    static const unsigned oids[] = {25, 17, 1043, 19, 17};
    const struct gh_text values[] = {GH_TEXT("alice"), GH_TEXT("\0\xff"),
                                     GH_TEXT(""), GH_TEXT("name"), GH_TEXT("")};
    struct stage stage;
    struct gh_text text[5] = {{0}};

    play(&stage, oids, values, GH_COUNT(values), true);
    for (size_t i = 0; i < 5; i++)
        check_status(
            GH_OK, i == 1 || i == 4
                       ? gh_row_bytea(&stage.arena, stage.rows, 0, i, &text[i])
                       : gh_row_text(&stage.arena, stage.rows, 0, i, &text[i]));
    gh_query_give_back(stage.query);
    stage.query = NULL;
    for (size_t i = 0; i < 5; i++)
        check_text(values[i], text[i]);
    end(&stage);
}

static void
addresses_times_and_truth_are_read(void)
{
    static const unsigned oids[] = {869, 869, 1184, 1184, 1184, 16, 16};
    const struct gh_text values[] = {
        GH_TEXT("\x02\x20\x00\x04\xc0\x00\x02\x01"),
        GH_TEXT("\x03\x40\x00\x10\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00"
                "\x00\x00\x00\x00\x01"),
        GH_TEXT("\x00\x00\x00\x00\x00\x00\x00\x01"),
        GH_TEXT("\x7f\xff\xff\xff\xff\xff\xff\xff"),
        GH_TEXT("\x80\x00\x00\x00\x00\x00\x00\x00"),
        GH_TEXT("\x01"),
        GH_TEXT("\x00"),
    };
    struct stage stage;
    struct gh_text text = {0};
    int64_t unix_us = 0;
    bool truth = false;

    play(&stage, oids, values, GH_COUNT(values), true);
    check_status(GH_OK, gh_row_inet(&stage.arena, stage.rows, 0, 0, &text));
    check_text(GH_TEXT("192.0.2.1"), text);
    check_status(GH_OK, gh_row_inet(&stage.arena, stage.rows, 0, 1, &text));
    check_text(GH_TEXT("2001:db8::1"), text);
    check_status(GH_OK, gh_row_time(stage.rows, 0, 2, &unix_us));
    check_number(946684800000001, unix_us);
    check_status(GH_FAULT_BUG, gh_row_time(stage.rows, 0, 3, &unix_us));
    check_status(GH_FAULT_BUG, gh_row_time(stage.rows, 0, 4, &unix_us));
    check_number(946684800000001, unix_us);
    check_status(GH_OK, gh_row_bool(stage.rows, 0, 5, &truth));
    check(truth);
    check_status(GH_OK, gh_row_bool(stage.rows, 0, 6, &truth));
    check(!truth);
    end(&stage);
}

static void
null_is_none_for_every_type(void)
{
    static const unsigned oids[] = {25, 17, 869, 20, 16, 1184};
    static const struct gh_text values[6] = {{0}};
    struct stage stage;
    struct gh_text text = GH_TEXT("kept");
    int64_t number = 7;
    bool truth = true;

    play(&stage, oids, values, GH_COUNT(oids), true);
    check_status(GH_NONE, gh_row_text(&stage.arena, stage.rows, 0, 0, &text));
    check_status(GH_NONE, gh_row_bytea(&stage.arena, stage.rows, 0, 1, &text));
    check_status(GH_NONE, gh_row_inet(&stage.arena, stage.rows, 0, 2, &text));
    check_status(GH_NONE, gh_row_int8(stage.rows, 0, 3, &number));
    check_status(GH_NONE, gh_row_bool(stage.rows, 0, 4, &truth));
    check_status(GH_NONE, gh_row_time(stage.rows, 0, 5, &number));
    check_text(GH_TEXT("kept"), text);
    check_number(7, number);
    check(truth);
    check(gh_row_is_null(stage.rows, 0, 0));
    end(&stage);
}

static void
what_is_not_as_expected_is_a_bug(void)
{
    static const unsigned oids[] = {25, 20, 16};
    const struct gh_text values[] = {GH_TEXT("12345678"), GH_TEXT("\1\2\3\4"),
                                     GH_TEXT("\1\1")};
    struct stage stage;
    struct gh_text text = {0};
    int64_t number = 0;
    bool truth = false;

    play(&stage, oids, values, GH_COUNT(values), true);
    check_status(GH_FAULT_BUG, gh_row_int8(stage.rows, 0, 0, &number));
    check_status(GH_FAULT_BUG, gh_row_int8(stage.rows, 0, 1, &number));
    check_status(GH_FAULT_BUG, gh_row_bool(stage.rows, 0, 2, &truth));
    check_status(GH_FAULT_BUG, gh_row_time(stage.rows, 0, 0, &number));
    check_status(GH_FAULT_BUG,
                 gh_row_bytea(&stage.arena, stage.rows, 0, 0, &text));
    check_status(GH_FAULT_BUG,
                 gh_row_text(&stage.arena, stage.rows, 0, 1, &text));
    check_status(GH_FAULT_BUG,
                 gh_row_inet(&stage.arena, stage.rows, 0, 0, &text));
    check_status(GH_FAULT_BUG, gh_row_int8(stage.rows, 1, 0, &number));
    check_status(GH_FAULT_BUG, gh_row_int8(stage.rows, 0, 3, &number));
    check(gh_row_is_null(stage.rows, 1, 0));
    check(gh_row_is_null(stage.rows, 0, 3));
    check(!gh_row_is_null(stage.rows, 0, 2));
    end(&stage);
}

static void
shown_values_are_text_of_any_type(void)
{
    static const unsigned oids[] = {20, 1184, 16};
    const struct gh_text values[] = {GH_TEXT("42"), GH_TEXT("2026-11-23 09:00"),
                                     GH_TEXT("t")};
    struct stage stage;
    struct gh_text text = {0};
    int64_t number = 0;

    play(&stage, oids, values, GH_COUNT(values), false);
    for (size_t i = 0; i < GH_COUNT(values); i++) {
        check_status(GH_OK, gh_row_text(&stage.arena, stage.rows, 0, i, &text));
        check_text(values[i], text);
    }
    check_status(GH_FAULT_BUG, gh_row_int8(stage.rows, 0, 0, &number));
    check_text(GH_TEXT("c1"), gh_row_column(stage.rows, 1));
    check_text(GH_TEXT(""), gh_row_column(stage.rows, 3));
    check_number(GH_COLUMN_NUMBER, gh_row_kind(stage.rows, 0));
    check_number(GH_COLUMN_TEXT, gh_row_kind(stage.rows, 1));
    check_number(GH_COLUMN_BOOL, gh_row_kind(stage.rows, 2));
    check_number(GH_COLUMN_TEXT, gh_row_kind(stage.rows, 3));
    end(&stage);
}

/* What stands before the elements of an array of n bigints. */
#define ARRAY_OF(n) "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0" n "\0\0\0\1"
#define ELEMENT(n) "\0\0\0\x08\0\0\0\0\0\0\0" n

static void
arrays_of_numbers_are_read(void)
{
    static const unsigned oids[] = {1016, 1016, 1016, 1016};
    const struct gh_text values[] = {
        GH_TEXT("\0\0\0\0\0\0\0\0\0\0\0\x14"),
        GH_TEXT(ARRAY_OF("\1") "\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xfe"),
        GH_TEXT(ARRAY_OF("\3") ELEMENT("\1") ELEMENT("\2") ELEMENT("\x7f")),
        {0}};
    const int64_t *at = NULL;
    struct stage stage;
    size_t n = 99;

    play(&stage, oids, values, GH_COUNT(values), true);
    check_status(GH_OK, gh_row_int8s(&stage.arena, stage.rows, 0, 0, &at, &n));
    check(at == NULL && n == 0);
    check_status(GH_OK, gh_row_int8s(&stage.arena, stage.rows, 0, 1, &at, &n));
    check(n == 1 && at[0] == -2);
    check_status(GH_OK, gh_row_int8s(&stage.arena, stage.rows, 0, 2, &at, &n));
    check(n == 3 && at[0] == 1 && at[1] == 2 && at[2] == 127);
    check_status(GH_NONE,
                 gh_row_int8s(&stage.arena, stage.rows, 0, 3, &at, &n));
    check_number(3, n);
    end(&stage);
}

static void
arrays_that_are_none_are_a_bug(void)
{
    static const struct gh_text values[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("\0\0\0\0\0\0\0\0\0\0\0"),
        /* Elements of another type, or with nulls among them. */
        GH_TEXT_INIT("\0\0\0\0\0\0\0\0\0\0\0\x17"),
        GH_TEXT_INIT("\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\1\0\0\0\1"
                     "\xff\xff\xff\xff"),
        GH_TEXT_INIT(
            "\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\1\0\0\0\1" ELEMENT("\1")),
        /* Two dimensions, and what only says so. */
        GH_TEXT_INIT(
            "\0\0\0\2\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1" ELEMENT("\1")),
        GH_TEXT_INIT("\0\0\0\2\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1"
                     "\0\0\0\1\0\0\0\1" ELEMENT("\1")),
        /* More, or fewer, than it says; and an element that is too short. */
        GH_TEXT_INIT(ARRAY_OF("\2") ELEMENT("\1")),
        GH_TEXT_INIT(ARRAY_OF("\1") ELEMENT("\1") ELEMENT("\2")),
        GH_TEXT_INIT(ARRAY_OF("\1") ELEMENT("\1") "\0"),
        GH_TEXT_INIT(ARRAY_OF("\1") "\0\0\0\4\0\0\0\1\0\0\0\0"),
        GH_TEXT_INIT("\0\0\0\1\0\0\0\0\0\0\0\x14\xff\xff\xff\xff\0\0\0\1"),
    };

    for (size_t i = 0; i < GH_COUNT(values); i++) {
        static const unsigned oids[] = {1016, 20};
        const struct gh_text row[] = {values[i], GH_TEXT("12345678")};
        const int64_t *at = NULL;
        struct stage stage;
        size_t n = 99;

        play(&stage, oids, row, GH_COUNT(row), true);
        check_status(GH_FAULT_BUG,
                     gh_row_int8s(&stage.arena, stage.rows, 0, 0, &at, &n));
        check_status(GH_FAULT_BUG,
                     gh_row_int8s(&stage.arena, stage.rows, 0, 1, &at, &n));
        check(at == NULL && n == 99);
        end(&stage);
    }
}

const struct check_case row_cases[] = {
    CHECK_CASE(arrays_of_numbers_are_read),
    CHECK_CASE(arrays_that_are_none_are_a_bug),
    CHECK_CASE(numbers_of_every_width_are_read),
    CHECK_CASE(text_and_bytes_are_copied),
    CHECK_CASE(addresses_times_and_truth_are_read),
    CHECK_CASE(null_is_none_for_every_type),
    CHECK_CASE(what_is_not_as_expected_is_a_bug),
    CHECK_CASE(shown_values_are_text_of_any_type),
    {0},
};
