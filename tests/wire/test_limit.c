/* SPDX-License-Identifier: Apache-2.0
 *
 * Many connections at once, each test with a gateway of its own: half-sent
 * ones cost nothing, the limit holds, and at the limit an idle connection
 * gives way while busy ones make new ones wait.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* Half a request on each of n connections: BEGIN_REQUEST and a part of the
 * parameters. */
static void
open_half(const struct rig *own, struct peer *peers, size_t n)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    ask_begin(&request, 1, ROLE_RESPONDER, true);
    rec(&request, REC_PARAMS, 1, GH_TEXT("\x01\x01Nv\x01"));
    for (size_t i = 0; i < n; i++) {
        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], bytes_text(&request)));
    }
}

static void
close_all(struct peer *peers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        peer_close(&peers[i]);
}

static void
five_hundred_half_sent_connections_delay_nobody(void)
{
    enum {
        N = 500
    };
    struct rig *own = rig_new(&(struct rig_plan){.params_z = "30s"});
    struct peer peers[N];
    int n_open;
    long before;
    long long since;

    if (!check(own != NULL))
        return;
    check(rig_serves(own));
    before = process_kib(&own->gateway, "VmRSS");
    open_half(own, peers, N);
    for (int i = 0; i < 10; i++) {
        since = now_ms();
        check(rig_serves(own));
        check(now_ms() - since < 1000);
    }
    n_open = process_descriptors(&own->gateway); /* -1 without root */
    check(n_open == -1 || n_open >= N);
    check(process_kib(&own->gateway, "VmRSS") - before <
          rig_growth_kib(N * 16));
    close_all(peers, N);
    check(rig_serves(own));
    check(rig_free(own));
}

/* Requests and kept connections of a test. */
enum {
    LIMIT = 16
};

static const struct rig_plan narrow = {
    .limits_z = "connections = 16", .params_z = "30s", .idle_z = "30s"};

/* A whole GET on each of n new connections. */
static void
open_asking(const struct rig *own, struct peer *peers, size_t n)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    ask_get(&request, 1, false, "/app/");
    for (size_t i = 0; i < n; i++) {
        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], bytes_text(&request)));
    }
}

/* How many of the peers are answered 200. */
static size_t
count_answered(struct peer *peers, size_t n)
{
    size_t n_answered = 0;

    for (size_t i = 0; i < n; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        if (peer_answer(&peers[i], 1, &answer, RIG_SLACK_MS))
            n_answered += answer_status(&answer) == 200;
    }
    return n_answered;
}

static void
busy_connections_at_the_limit_make_new_ones_wait(void)
{
    struct rig *own = rig_new(&narrow);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    struct peer late;
    struct peer peers[LIMIT];

    if (!check(own != NULL))
        return;
    app_holds(own->app);
    open_asking(own, peers, LIMIT);
    check(app_gets_requests(own->app, LIMIT, RIG_SLACK_MS));
    open_asking(own, &late, 1);
    check(!peer_answer(&late, 1, &answer, 200));
    check(!late.is_closed);
    check_number(LIMIT, app_requests(own->app));
    app_lets_go(own->app);
    check_number(LIMIT, count_answered(peers, LIMIT));
    check_number(1, count_answered(&late, 1));
    close_all(peers, LIMIT);
    peer_close(&late);
    app_reset(own->app);
    check(rig_serves(own));
    check(rig_free(own));
}

/* A request that has come but was not read yet is no idle connection. */
static void
burst_over_the_limit_is_answered_to_the_last(void)
{
    enum {
        N = 3 * LIMIT
    };
    struct rig *own = rig_new(&narrow);
    struct peer peers[N];

    if (!check(own != NULL))
        return;
    for (int i = 0; i < 5; i++) {
        open_asking(own, peers, N);
        check_number(N, count_answered(peers, N));
        close_all(peers, N);
    }
    check(rig_serves(own));
    check(rig_free(own));
}

static void
idle_connections_at_the_limit_give_way(void)
{
    struct rig *own = rig_new(&narrow);
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    struct peer peers[LIMIT];

    if (!check(own != NULL))
        return;
    ask_get(&request, 1, true, "/app/");
    for (size_t i = 0; i < LIMIT; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], bytes_text(&request)));
        check(peer_answer(&peers[i], 1, &answer, RIG_SLACK_MS));
    }
    for (int i = 0; i < 4; i++)
        check(rig_serves(own));
    check(process_descriptors(&own->gateway) < LIMIT + 40);
    close_all(peers, LIMIT);
    check(rig_serves(own));
    check(rig_free(own));
}

/* Connections whose first record is not even complete do not hold the door
 * against others. */
static void
half_sent_headers_at_the_limit_give_way(void)
{
    struct rig *own = rig_new(&narrow);
    struct peer peers[LIMIT];

    if (!check(own != NULL))
        return;
    for (size_t i = 0; i < LIMIT; i++) {
        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], GH_TEXT("\x01\x01\x00")));
    }
    for (int i = 0; i < 4; i++)
        check(rig_serves(own));
    close_all(peers, LIMIT);
    check(rig_free(own));
}

static void
many_more_connections_than_the_limit_are_survived(void)
{
    enum {
        N = 50
    }; /* within the listener's backlog */
    struct rig *own = rig_new(&narrow);
    struct peer peers[N];

    if (!check(own != NULL))
        return;
    open_half(own, peers, N);
    check(process_descriptors(&own->gateway) < LIMIT + 40);
    close_all(peers, N);
    check(rig_serves(own));
    check(rig_free(own));
}

const struct check_case limit_cases[] = {
    CHECK_CASE(five_hundred_half_sent_connections_delay_nobody),
    CHECK_CASE(busy_connections_at_the_limit_make_new_ones_wait),
    CHECK_CASE(burst_over_the_limit_is_answered_to_the_last),
    CHECK_CASE(idle_connections_at_the_limit_give_way),
    CHECK_CASE(half_sent_headers_at_the_limit_give_way),
    CHECK_CASE(many_more_connections_than_the_limit_are_survived),
    {NULL, NULL},
};
