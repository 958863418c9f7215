/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a connection: the end of each request, kept and not kept,
 * pipelined requests, half-closed and idle ones.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* Sends a GET and reads its answer on an open connection. */
static int
get_on(struct peer *peer, bool keep, const char *uri_z)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    ask_get(&request, 1, keep, uri_z);
    if (!peer_send(peer, bytes_text(&request)) ||
        !peer_answer(peer, 1, &answer, RIG_SLACK_MS))
        return 0;
    if (answer.n_strange > 0 || answer.protocol_status != END_COMPLETE)
        return -1;
    return answer_status(&answer);
}

/* With a gateway of its own, whose idle time cannot be what closes. */
static void
connection_that_is_not_kept_is_ended_once_and_closed(void)
{
    static const char *const uris[] = {"/app/", "/nowhere", "/auth/none"};
    struct rig *own = rig_new(&(struct rig_plan){.idle_z = "30s"});

    if (!check(own != NULL))
        return;
    for (size_t i = 0; i < GH_COUNT(uris); i++) {
        GH_CLEAN(peer_close) struct peer peer = peer_open(own->socket);

        check(get_on(&peer, false, uris[i]) > 0);
        check(peer_sees_close(&peer, RIG_SLACK_MS));
    }
    check(rig_free(own));
    check_serving();
}

static void
connection_that_is_kept_serves_the_next_request(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    check_number(200, get_on(&peer, true, "/app/1"));
    check_number(404, get_on(&peer, true, "/nowhere"));
    check_number(200, get_on(&peer, true, "/app/2"));
    check_number(200, get_on(&peer, false, "/app/3"));
    check(peer_sees_close(&peer, 1000));
    check_serving();
}

static void
connection_that_is_kept_sends_nothing_after_the_end(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    check_number(200, get_on(&peer, true, "/app/"));
    check_number(GOT_NOTHING, peer_read(&peer, &record, RIG_IDLE_MS / 4));
    check_serving();
}

static void
fcgi_035_thousand_requests_on_one_connection_cost_no_memory(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long before = 0;

    for (int i = 0; i < 1000; i++) {
        if (i == 200)
            before = process_kib(&rig()->gateway, "VmRSS");
        if (!check_number(200, get_on(&peer, true, "/app/")))
            break;
    }
    check(before > 0);
    check(process_kib(&rig()->gateway, "VmRSS") - before < rig_growth_kib(256));
    check_serving();
}

static void
pipelined_requests_are_served_in_order(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    for (int i = 0; i < 20; i++)
        ask_get(&request, 1, true, i % 3 == 0 ? "/nowhere" : "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    for (int i = 0; i < 20; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_number(i % 3 == 0 ? 404 : 200, answer_status(&answer));
        check_number(0, answer.n_strange);
    }
    check_number(13, app_requests(rig()->app));
    check_serving();
}

/* Appends a kept POST of the body. */
static void
post_kept(struct bytes *out, struct gh_text body, const char *length_z)
{
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", length_z);
    ask_begin(out, 1, ROLE_RESPONDER, true);
    ask_params(out, 1, &pairs);
    ask_stdin(out, 1, body);
}

static void
pipelined_bodies_stay_with_their_requests(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    post_kept(&request, GH_TEXT("first"), "5");
    post_kept(&request, GH_TEXT("second one"), "10");
    check(peer_send(&peer, bytes_text(&request)));
    for (int i = 0; i < 2; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_number(200, answer_status(&answer));
    }
    check_number(2, app_requests(rig()->app));
    app_last_body(rig()->app, &body);
    check_text(GH_TEXT("second one"), bytes_text(&body));
    check_serving();
}

static void
pipelined_request_waits_while_the_first_is_slow(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    app_reset(rig()->app);
    app_holds(rig()->app);
    ask_get(&request, 1, true, "/app/slow");
    ask_get(&request, 1, true, "/nowhere");
    check(peer_send(&peer, bytes_text(&request)));
    check(app_gets_requests(rig()->app, 1, RIG_SLACK_MS));
    check_number(GOT_NOTHING, peer_read(&peer, &record, 100));
    app_lets_go(rig()->app);
    for (int i = 0; i < 2; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_number(i == 0 ? 200 : 404, answer_status(&answer));
    }
    check_serving();
}

static void
half_closed_peer_still_gets_its_answer(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    ask_get(&request, 1, true, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    peer_half_close(&peer);
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    check(peer_sees_close(&peer, 1000));
    check_serving();
}

static void
half_closed_peer_waits_for_a_slow_application(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    app_reset(rig()->app);
    app_holds(rig()->app);
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    peer_half_close(&peer);
    check(app_gets_requests(rig()->app, 1, RIG_SLACK_MS));
    check(!peer_answer(&peer, 1, &answer, 200));
    app_lets_go(rig()->app);
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    check_serving();
}

static void
idle_kept_connection_is_closed_after_its_time(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long long since;

    check_number(200, get_on(&peer, true, "/app/"));
    since = now_ms();
    check(peer_sees_close(&peer, RIG_IDLE_MS + RIG_SLACK_MS));
    check(now_ms() - since >= RIG_IDLE_MS * 3 / 4);
    check_serving();
}

static void
trap_06_silent_peer_stalls_nobody_and_is_closed(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    check_serving();
    check_serving();
    check(peer_sees_close(&peer, RIG_IDLE_MS + RIG_PARAMS_MS + RIG_SLACK_MS));
    check_serving();
}

static void
silence_inside_params_is_ended_by_the_deadline(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long long since = now_ms();

    app_reset(rig()->app);
    ask_begin(&request, 1, ROLE_RESPONDER, true);
    rec(&request, REC_PARAMS, 1, GH_TEXT("\x01\x01Nv"));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_drains(&peer, NULL, RIG_PARAMS_MS + RIG_SLACK_MS));
    check(now_ms() - since >= RIG_PARAMS_MS / 2);
    check_number(0, app_received(rig()->app));
    check_serving();
}

/* Each byte comes soon enough, all of them never do. */
static void
trickling_params_do_not_move_the_deadline(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long long since = now_ms();

    app_reset(rig()->app);
    ask_get(&request, 1, false, "/app/");
    check(!peer_send_slowly(&peer, bytes_text(&request), 1, 20));
    check(now_ms() - since < RIG_PARAMS_MS + RIG_SLACK_MS);
    check_number(0, app_received(rig()->app));
    check_serving();
}

const struct check_case connection_cases[] = {
    CHECK_CASE(connection_that_is_not_kept_is_ended_once_and_closed),
    CHECK_CASE(connection_that_is_kept_serves_the_next_request),
    CHECK_CASE(connection_that_is_kept_sends_nothing_after_the_end),
    CHECK_CASE(fcgi_035_thousand_requests_on_one_connection_cost_no_memory),
    CHECK_CASE(pipelined_requests_are_served_in_order),
    CHECK_CASE(pipelined_bodies_stay_with_their_requests),
    CHECK_CASE(pipelined_request_waits_while_the_first_is_slow),
    CHECK_CASE(half_closed_peer_still_gets_its_answer),
    CHECK_CASE(half_closed_peer_waits_for_a_slow_application),
    CHECK_CASE(idle_kept_connection_is_closed_after_its_time),
    CHECK_CASE(trap_06_silent_peer_stalls_nobody_and_is_closed),
    CHECK_CASE(silence_inside_params_is_ended_by_the_deadline),
    CHECK_CASE(trickling_params_do_not_move_the_deadline),
    {NULL, NULL},
};
