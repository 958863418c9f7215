/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/db against a scripted server: preparing, pipelining, what
 * errors mean, waiting. Each test owns its server and its connection.
 */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "peer.h"

#include "base/banned.h"

enum {
    INT4 = 23,
};

#define TWO GH_TEXT("\0\0\0\2")

/* A statement without parameters, and one with. */
static const struct gh_stmt plain = {.name_z = "plain", .sql_z = "select 1"};
static const struct gh_stmt named = {.name_z = "named",
                                     .sql_z = "select $1",
                                     .n_params = 1,
                                     .types = {GH_SQL_TEXT}};

static struct gh_query *
send_plain(struct gh_db *db)
{
    struct gh_query *query = NULL;

    check_status(GH_OK, gh_db_send(db, &plain, NULL, NULL, &query));
    return query;
}

static void
check_messages(struct peer *peer, struct gh_db *db, const char *expected_z)
{
    char at[32];

    check_text(gh_text_of_z(expected_z), peer_take(peer, db, at, sizeof(at)));
}

/* The result is one integer, two. */
static void
check_two(struct gh_db *db, struct gh_query *query)
{
    const struct gh_rows *rows = NULL;
    int64_t value = 0;

    if (check_status(GH_OK, peer_wait(db, query, &rows))) {
        check_number(1, rows->n);
        check_status(GH_OK, gh_row_int8(rows, 0, 0, &value));
        check_number(2, value);
    }
    gh_query_give_back(query);
}

static void
a_statement_is_prepared_once_and_pipelined(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *a;
    struct gh_query *b;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    a = send_plain(db);
    b = send_plain(db);
    check_messages(&peer, db, "PBDES");
    check_messages(&peer, db, "BDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_answer(&peer, false, INT4, TWO);
    peer_send(&peer);
    check_two(db, a);
    check_two(db, b);
    gh_db_free(db);
    peer_close(&peer);
}

/* Notifications heard. */
static unsigned n_heard;

static void
hear(void *ctx)
{
    check(ctx == &n_heard);
    n_heard++;
}

static void
greet(struct gh_db_settings *settings)
{
    static const struct gh_stmt *const greeting[] = {&plain, &plain};

    settings->greeting = greeting;
    settings->n_greeting = GH_COUNT(greeting);
    settings->heard = (struct gh_db_waiter){.fn = hear, .ctx = &n_heard};
}

static void
a_connection_greets_whenever_it_comes_up_and_hears(void)
{
    static const char notification[] = "\0\0\0\7channel\0";
    struct peer peer;
    struct gh_db *db;

    n_heard = 0;
    peer_open(&peer);
    db = peer_db(&peer, greet);
    for (unsigned i = 1; i <= 2; i++) {
        peer_welcome(&peer, db);
        check_messages(&peer, db, "PBDES");
        check_messages(&peer, db, "BDES");
        peer_answer(&peer, true, INT4, TWO);
        peer_answer(&peer, false, INT4, TWO);
        /* Two at once are one. */
        peer_put(&peer, 'A', notification, sizeof(notification));
        peer_put(&peer, 'A', notification, sizeof(notification));
        peer_send(&peer);
        for (int k = 0; k < 500 && n_heard < 2 * i - 1; k++)
            peer_drive(db, 10);
        check_number(2 * i - 1, n_heard);
        peer_put(&peer, 'A', notification, sizeof(notification));
        peer_send(&peer);
        for (int k = 0; k < 500 && n_heard < 2 * i; k++)
            peer_drive(db, 10);
        check_number(2 * i, n_heard);
        peer_drop(&peer);
    }
    gh_db_free(db);
    peer_close(&peer);
}

static void
an_error_of_one_statement_does_not_touch_the_next(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *a;
    struct gh_query *b;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    a = send_plain(db);
    b = send_plain(db);
    check_messages(&peer, db, "PBDES");
    check_messages(&peer, db, "BDES");
    peer_put(&peer, '1', NULL, 0);
    peer_put_error(&peer, "22012", "division by\nzero");
    peer_put(&peer, 'Z', "I", 1);
    peer_answer(&peer, false, INT4, TWO);
    peer_send(&peer);
    check_status(GH_FAULT_DB, peer_wait(db, a, &rows));
    check_text(GH_TEXT("22012"), gh_text_of_z(gh_query_error(a)->sqlstate_z));
    check_text(GH_TEXT("division by zero"),
               gh_text_of_z(gh_query_error(a)->words_z));
    check_text(GH_TEXT("try"), gh_text_of_z(gh_query_error(a)->hint_z));
    check_number(7, gh_query_error(a)->position);
    gh_query_give_back(a);
    check_two(db, b);
    gh_db_free(db);
    peer_close(&peer);
}

static void
a_statement_that_cannot_be_prepared_is_prepared_again(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_put_error(&peer, "42883", "no such function");
    peer_put(&peer, 'Z', "I", 1);
    peer_send(&peer);
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    gh_query_give_back(query);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_send(&peer);
    check_two(db, query);
    gh_db_free(db);
    peer_close(&peer);
}

static void
sqlstates_of_ours_are_answers_and_others_are_faults(void)
{
    static const struct {
        const char *sqlstate_z; /* raised */
        enum gh_status status;  /* expected */
    } states[] = {{"GH001", GH_NONE},      {"GH002", GH_CONFLICT},
                  {"GH003", GH_MALFORMED}, {"GH004", GH_STOP},
                  {"GH005", GH_FAULT_DB},  {"42501", GH_FAULT_DB},
                  {"57014", GH_FAULT_DB}};
    struct peer peer;
    struct gh_db *db;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    for (size_t i = 0; i < GH_COUNT(states); i++) {
        struct gh_query *query = send_plain(db);

        check_messages(&peer, db, i == 0 ? "PBDES" : "BDES");
        if (i == 0)
            peer_put(&peer, '1', NULL, 0);
        peer_put_error(&peer, states[i].sqlstate_z, "words");
        peer_put(&peer, 'Z', "I", 1);
        peer_send(&peer);
        check_status(states[i].status, peer_wait(db, query, &rows));
        gh_query_give_back(query);
    }
    check_number(GH_DB_UP, gh_db_state(db));
    gh_db_free(db);
    peer_close(&peer);
}

static void
hurry(struct gh_db_settings *settings)
{
    settings->query_ms = 60;
    settings->connect_ms = 60;
}

static void
a_server_that_does_not_answer_costs_the_connection(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, hurry);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    check_text(GH_TEXT("the server does not answer in time"),
               gh_text_of_z(gh_query_error(query)->words_z));
    check(gh_query_error(query)->is_lost);
    check(gh_db_state(db) != GH_DB_UP);
    gh_query_give_back(query);
    gh_db_free(db);
    peer_close(&peer);
}

/* What was never sent was not done. */
static void
what_waits_for_a_connection_is_not_lost(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, hurry);
    query = send_plain(db);
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    check(!gh_query_error(query)->is_lost);
    gh_query_give_back(query);
    gh_db_free(db);
    peer_close(&peer);
}

/* It was us who had no time to look. */
static void
an_answer_that_has_come_counts_when_it_is_late(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_answer(&peer, false, INT4, TWO);
    peer_send(&peer);
    gh_db_on_time(db, gh_db_wants(db).due_ms + 1);
    check(gh_db_state(db) == GH_DB_UP);
    check_two(db, query);
    gh_db_free(db);
    peer_close(&peer);
}

static void
a_server_that_says_more_than_was_asked_is_left(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_put(&peer, '1', NULL, 0);
    peer_put(&peer, '2', NULL, 0);
    peer_put(&peer, 'H', "\0\0", 3); /* copy out */
    peer_send(&peer);
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    gh_query_give_back(query);
    gh_db_free(db);
    peer_close(&peer);
}

static void
the_queue_has_an_end(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *queries[5] = {NULL};

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    for (size_t i = 0; i < 4; i++)
        queries[i] = send_plain(db);
    check_status(GH_LIMIT, gh_db_send(db, &plain, NULL, NULL, &queries[4]));
    gh_query_give_back(queries[0]);
    queries[0] = send_plain(db);
    for (size_t i = 0; i < 4; i++)
        gh_query_give_back(queries[i]);
    gh_query_give_back(NULL);
    gh_db_free(db);
    peer_close(&peer);
}

static void
parameters_that_do_not_fit_are_refused_before_they_are_sent(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query = NULL;
    const struct gh_param nul = gh_param_text(GH_TEXT("a\0b"));
    const struct gh_param latin = gh_param_text(GH_TEXT("\xe9"));
    const struct gh_param other = gh_param_bytea(GH_TEXT("a"));

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    check_status(GH_MALFORMED, gh_db_send(db, &named, &nul, NULL, &query));
    check_status(GH_MALFORMED, gh_db_send(db, &named, &latin, NULL, &query));
    check_status(GH_FAULT_BUG, gh_db_send(db, &named, &other, NULL, &query));
    check(query == NULL);
    gh_db_free(db);
    peer_close(&peer);
}

static void
count(void *ctx)
{
    *(int *)ctx += 1;
}

static void
the_waiter_is_told_once_and_never_after_giving_back(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *a = NULL;
    struct gh_query *b = NULL;
    struct gh_query *c;
    int told_a = 0;
    int told_b = 0;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    check_status(GH_OK, gh_db_send(db, &plain, NULL,
                                   &(struct gh_db_waiter){count, &told_a}, &a));
    check_status(GH_OK, gh_db_send(db, &plain, NULL,
                                   &(struct gh_db_waiter){count, &told_b}, &b));
    c = send_plain(db);
    gh_query_give_back(b);
    check_messages(&peer, db, "PBDES");
    check_messages(&peer, db, "BDES");
    check_messages(&peer, db, "BDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_answer(&peer, false, INT4, GH_TEXT("\0\0\0\7"));
    peer_answer(&peer, false, INT4, TWO);
    peer_send(&peer);
    check_two(db, c);
    check_number(1, told_a);
    check_number(0, told_b);
    check_two(db, a);
    gh_db_free(db);
    peer_close(&peer);
}

static void
script(struct gh_db_settings *settings)
{
    settings->is_script = true;
}

static void
scripts_and_statements_take_turns(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *a = NULL;
    struct gh_query *b;
    struct gh_query *none = NULL;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, script);
    peer_welcome(&peer, db);
    check_status(GH_OK, gh_db_script(db, "begin; select 2", &a));
    b = send_plain(db);
    check_messages(&peer, db, "Q");
    peer_put(&peer, 'C', "BEGIN", 6);
    peer_put(&peer, 'C', "SELECT 1", 9);
    peer_put(&peer, 'Z', "T", 1);
    peer_send(&peer);
    check_status(GH_OK, peer_wait(db, a, &rows));
    check_number(0, rows->n);
    gh_query_give_back(a);
    check_messages(&peer, db, "PBDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_send(&peer);
    check_two(db, b);
    gh_db_free(db);

    db = peer_db(&peer, NULL);
    check_status(GH_FAULT_BUG, gh_db_script(db, "select 1", &none));
    gh_db_free(db);
    peer_close(&peer);
}

static void
unprepared(struct gh_db_settings *settings)
{
    settings->is_unprepared = true;
}

static void
behind_a_pooler_nothing_is_prepared_by_name(void)
{
    struct peer peer;
    struct gh_db *db;

    peer_open(&peer);
    db = peer_db(&peer, unprepared);
    peer_welcome(&peer, db);
    for (int i = 0; i < 2; i++) {
        struct gh_query *query = send_plain(db);

        check_messages(&peer, db, "PBDES");
        peer_answer(&peer, true, INT4, TWO);
        peer_send(&peer);
        check_two(db, query);
    }
    gh_db_free(db);
    peer_close(&peer);
}

static void
a_program_without_a_loop_may_wait(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_send(&peer);
    check_status(GH_OK, gh_db_wait(db, query, &rows));
    gh_query_give_back(query);
    peer_close(&peer);
    gh_db_free(db);

    /* And is told in time when there is nobody. */
    db = peer_db(&peer, hurry);
    query = send_plain(db);
    check_status(GH_FAULT_DB, gh_db_wait(db, query, &rows));
    gh_query_give_back(query);
    gh_db_free(db);
}

const struct check_case db_cases[] = {
    CHECK_CASE(a_statement_is_prepared_once_and_pipelined),
    CHECK_CASE(a_connection_greets_whenever_it_comes_up_and_hears),
    CHECK_CASE(an_error_of_one_statement_does_not_touch_the_next),
    CHECK_CASE(a_statement_that_cannot_be_prepared_is_prepared_again),
    CHECK_CASE(sqlstates_of_ours_are_answers_and_others_are_faults),
    CHECK_CASE(a_server_that_does_not_answer_costs_the_connection),
    CHECK_CASE(what_waits_for_a_connection_is_not_lost),
    CHECK_CASE(an_answer_that_has_come_counts_when_it_is_late),
    CHECK_CASE(a_server_that_says_more_than_was_asked_is_left),
    CHECK_CASE(the_queue_has_an_end),
    CHECK_CASE(parameters_that_do_not_fit_are_refused_before_they_are_sent),
    CHECK_CASE(the_waiter_is_told_once_and_never_after_giving_back),
    CHECK_CASE(scripts_and_statements_take_turns),
    CHECK_CASE(behind_a_pooler_nothing_is_prepared_by_name),
    CHECK_CASE(a_program_without_a_loop_may_wait),
    {0},
};
