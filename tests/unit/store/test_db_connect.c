/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/db_connect against a scripted server: hosts, deadlines,
 * reconnecting. Each test owns its server and its connection.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "peer.h"
#include "store/db_int.h"

#include "base/banned.h"

enum {
    INT4 = 23,
    LONG_AGO_MS = 0,  /* when a connection came up that is no new one */
    FAR_MS = 1000000, /* ahead, so that it stays one */
    N_PAUSES = 20,    /* between attempts, looked at */
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
hurry(struct gh_db_settings *settings)
{
    settings->query_ms = 60;
    settings->connect_ms = 60;
}

static void
statements_sent_before_the_connection_wait_for_it(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query = NULL;
    char at[3] = "abc";
    const struct gh_param param =
        gh_param_text((struct gh_text){.at = at, .len = 3});

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    check_status(GH_OK, gh_db_send(db, &named, &param, NULL, &query));
    memset(at, 0, sizeof(at)); /* the value was copied */
    peer_welcome(&peer, db);
    check_messages(&peer, db, "PBDES");
    check(peer_took(&peer, GH_TEXT("\0\0\0\3abc")));
    peer_answer(&peer, true, INT4, TWO);
    peer_send(&peer);
    check_two(db, query);
    gh_db_free(db);
    peer_close(&peer);
}

static void
a_server_that_lets_nobody_in_is_given_up_in_time(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, hurry);
    query = send_plain(db);
    peer_accept(&peer, db); /* and silence */
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    gh_query_give_back(query);
    check(peer_await(db, GH_DB_DOWN));
    check_text(GH_TEXT("the host does not answer in time"),
               gh_text_of_z(gh_db_trouble(db)->words_z));
    gh_db_free(db);
    peer_close(&peer);
}

static void
while_the_database_is_away_statements_fail_at_once(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query = NULL;

    peer_open(&peer);
    peer_deafen(&peer);
    db = peer_db(&peer, NULL);
    gh_db_on_time(db, 0);
    check(peer_await(db, GH_DB_DOWN));
    check_status(GH_FAULT_DB, gh_db_send(db, &plain, NULL, NULL, &query));
    check(query == NULL);
    check(gh_db_trouble(db)->words_z[0] != '\0');
    check_number(-1, gh_db_wants(db).fd);

    /* It comes back without being told. */
    peer_listen(&peer);
    peer_welcome(&peer, db);
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_answer(&peer, true, INT4, TWO);
    peer_send(&peer);
    check_two(db, query);
    gh_db_free(db);
    peer_close(&peer);
}

static void
a_broken_connection_fails_what_was_sent(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *query;
    const struct gh_rows *rows;
    unsigned serial;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    serial = gh_db_wants(db).serial;
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    peer_drop(&peer);
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    check_text(GH_TEXT(""), gh_text_of_z(gh_query_error(query)->sqlstate_z));
    check(gh_query_error(query)->words_z[0] != '\0');
    gh_query_give_back(query);
    peer_welcome(&peer, db);
    check(gh_db_wants(db).serial != serial);
    /* What was prepared is gone with the connection. */
    query = send_plain(db);
    check_messages(&peer, db, "PBDES");
    gh_query_give_back(query);
    gh_db_free(db);
    peer_close(&peer);
}

/* The server answers one statement as a standby does. */
static void
be_read_only(struct peer *peer, struct gh_db *db)
{
    struct gh_query *query = send_plain(db);
    const struct gh_rows *rows;

    check_messages(peer, db, "PBDES");
    peer_put(peer, '1', NULL, 0);
    peer_put_error(peer, "25006", "read-only transaction");
    peer_put(peer, 'Z', "I", 1);
    peer_send(peer);
    check_status(GH_FAULT_DB, peer_wait(db, query, &rows));
    gh_query_give_back(query);
}

static void
a_server_that_became_a_standby_is_left(void)
{
    struct peer peer;
    struct gh_db *db;
    struct gh_query *b;
    const struct gh_rows *rows;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    db->up_since_ms = LONG_AGO_MS;
    be_read_only(&peer, db);
    check(gh_db_state(db) != GH_DB_UP);

    /* The next one goes to a new connection, which waits for a primary. */
    b = send_plain(db);
    peer_accept(&peer, db);
    peer_let_in(&peer, db, "15.20", true);
    peer_await(db, GH_DB_DOWN);
    check_status(GH_FAULT_DB, peer_wait(db, b, &rows));
    gh_query_give_back(b);
    peer_welcome(&peer, db);
    gh_db_free(db);
    peer_close(&peer);
}

static void
PGX_005_a_connection_that_was_short_is_not_made_again_at_once(void)
{
    struct peer peer;
    struct gh_db *db;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    db->up_since_ms = gh_db_clock() + FAR_MS;
    be_read_only(&peer, db);
    check_number(GH_DB_DOWN, gh_db_state(db));
    gh_db_on_time(db, gh_db_wants(db).due_ms);
    peer_welcome(&peer, db);
    db->up_since_ms = gh_db_clock() + FAR_MS;
    peer_drop(&peer);
    check(peer_await(db, GH_DB_DOWN));
    gh_db_free(db);
    peer_close(&peer);
}

/* Time is not waited for here, but told. */
static void
PGX_005_pauses_double_up_to_two_seconds_and_half_of_them_is_chance(void)
{
    struct peer peer;
    struct gh_db *db;
    int64_t now_ms = gh_db_clock();
    int64_t most_ms = 100;
    int64_t last_ms = 0;
    size_t n_same = 0;

    peer_open(&peer);
    peer_deafen(&peer);
    db = peer_db(&peer, NULL);
    for (size_t i = 0; i < N_PAUSES; i++) {
        int64_t ms;

        gh_db_on_time(db, now_ms);
        check_number(GH_DB_DOWN, gh_db_state(db));
        ms = gh_db_wants(db).due_ms - now_ms;
        check(ms > most_ms / 2 && ms <= most_ms);
        n_same += ms == last_ms;
        last_ms = ms;
        now_ms += ms;
        most_ms = most_ms < 1000 ? 2 * most_ms : 2000;
    }
    check(n_same < N_PAUSES / 2);
    gh_db_free(db);
    peer_close(&peer);
}

static void
old_servers_are_refused(void)
{
    struct peer peer;
    struct gh_db *db;

    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_accept(&peer, db);
    peer_let_in(&peer, db, "14.11", false);
    peer_await(db, GH_DB_DOWN);
    check_text(GH_TEXT("the server is older than PostgreSQL 15"),
               gh_text_of_z(gh_db_trouble(db)->words_z));
    gh_db_free(db);
    peer_close(&peer);
}

static void
the_next_host_is_tried_when_one_does_not_answer(void)
{
    struct peer silent;
    struct peer good;
    struct gh_db *db;

    peer_open(&silent);
    peer_open(&good);
    snprintf(good.dsn_z, sizeof(good.dsn_z),
             "host=/nowhere,%s,%s port=5432 user=u", silent.folder_z,
             good.folder_z);
    db = peer_db(&good, hurry);
    peer_welcome(&good, db);
    check_number(GH_DB_UP, gh_db_state(db));
    check(peer_accept(&silent, db)); /* it had its turn */
    gh_db_free(db);
    peer_close(&silent);
    peer_close(&good);
}

static void
insecure(struct gh_db_settings *settings)
{
    /* Nobody listens on port 1, and no label has 64 characters. */
    settings->dsn = GH_TEXT("host=localhost,"
                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa port=1 user=u");
    settings->is_insecure_allowed = true;
}

static void
names_are_looked_up_without_waiting(void)
{
    struct peer peer;
    struct gh_db *db;

    peer_open(&peer);
    db = peer_db(&peer, insecure);
    gh_db_on_time(db, 0);
    check_number(GH_DB_CONNECTING, gh_db_state(db));
    check_number(-1, gh_db_wants(db).fd);
    peer_await(db, GH_DB_DOWN);
    check(gh_db_trouble(db)->words_z[0] != '\0');
    gh_db_free(db);
    peer_close(&peer);
}

const struct check_case db_connect_cases[] = {
    CHECK_CASE(statements_sent_before_the_connection_wait_for_it),
    CHECK_CASE(a_server_that_lets_nobody_in_is_given_up_in_time),
    CHECK_CASE(while_the_database_is_away_statements_fail_at_once),
    CHECK_CASE(a_broken_connection_fails_what_was_sent),
    CHECK_CASE(a_server_that_became_a_standby_is_left),
    CHECK_CASE(PGX_005_a_connection_that_was_short_is_not_made_again_at_once),
    CHECK_CASE(
        PGX_005_pauses_double_up_to_two_seconds_and_half_of_them_is_chance),
    CHECK_CASE(old_servers_are_refused),
    CHECK_CASE(the_next_host_is_tried_when_one_does_not_answer),
    CHECK_CASE(names_are_looked_up_without_waiting),
    {0},
};
