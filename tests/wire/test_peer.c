/* SPDX-License-Identifier: Apache-2.0
 *
 * Peers that abort, vanish or stop reading: the application hears of it at
 * once, memory stays bounded, and everybody else is served.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* Asks for /app/ on a new connection and waits until the application has the
 * request. */
static struct peer
ask_app(bool keep)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    struct peer peer = peer_open(rig()->socket);
    size_t n = app_requests(rig()->app);

    ask_get(&request, 1, keep, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(app_gets_requests(rig()->app, n + 1, RIG_SLACK_MS));
    return peer;
}

static bool
send_abort(struct peer *peer)
{
    GH_CLEAN(bytes_done) struct bytes bytes = {.len = 0};

    rec(&bytes, REC_ABORT, 1, GH_TEXT(""));
    return peer_send(peer, bytes_text(&bytes));
}

static void
fcgi_031_abort_while_the_application_is_slow_ends_at_once(void)
{
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    app_reset(rig()->app);
    app_holds(rig()->app);
    peer = ask_app(false);
    check(send_abort(&peer));
    check(peer_answer(&peer, 1, &answer, 1000));
    check_number(END_COMPLETE, answer.protocol_status);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check(peer_sees_close(&peer, 1000));
    check_serving();
}

static void
fcgi_031_abort_keeps_a_kept_connection_usable(void)
{
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    app_reset(rig()->app);
    app_holds(rig()->app);
    peer = ask_app(true);
    check(send_abort(&peer));
    check(peer_answer(&peer, 1, &first, 1000));
    check(app_sees_aborts(rig()->app, 1, 1000));
    app_reset(rig()->app);
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &second, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&second));
    check_serving();
}

static void
fcgi_031_abort_amid_the_answer_ends_it(void)
{
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    app_reset(rig()->app);
    app_floods(rig()->app, (size_t)1 << 30);
    peer = ask_app(false);
    check(send_abort(&peer));
    check(peer_drains(&peer, NULL, RIG_SLACK_MS));
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_serving();
}

static void
fcgi_031_abort_of_what_has_ended_is_ignored(void)
{
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    app_reset(rig()->app);
    peer = ask_app(true);
    check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    rec(&request, REC_ABORT, 1, GH_TEXT(""));
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &second, RIG_SLACK_MS));
    check_number(200, answer_status(&second));
    check_serving();
}

static void
fcgi_031_two_aborts_give_one_end(void)
{
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};
    unsigned n_ends = 0;

    app_reset(rig()->app);
    app_holds(rig()->app);
    peer = ask_app(true);
    check(send_abort(&peer));
    check(send_abort(&peer));
    check(peer_answer(&peer, 1, &first, 1000));
    check(peer_drains(&peer, &n_ends, RIG_IDLE_MS + RIG_SLACK_MS));
    check_number(0, n_ends);
    check_serving();
}

/* The gateway has not more descriptors than the limit. */
static bool
has_few_descriptors(void *limit)
{
    return process_descriptors(&rig()->gateway) <= *(const int *)limit;
}

static void
fcgi_033_peers_lost_inside_params_leave_nothing_behind(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    int limit;

    check_serving();
    app_reset(rig()->app);
    limit = process_descriptors(&rig()->gateway) + 4;
    ask_get(&request, 1, false, "/app/");
    for (size_t i = 1; i < 300; i++) {
        struct gh_text text = bytes_text(&request);
        struct peer peer = peer_open(rig()->socket);

        check(peer_send(&peer, gh_text_first(text, i % (text.len - 20))));
        peer_close(&peer);
    }
    check(wait_until(has_few_descriptors, &limit, RIG_SLACK_MS));
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
fcgi_033_peer_lost_while_the_application_is_slow_ends_the_exchange(void)
{
    struct peer peer;

    app_reset(rig()->app);
    app_holds(rig()->app);
    peer = ask_app(false);
    peer_close(&peer);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_serving();
}

static void
fcgi_033_peer_lost_amid_the_answer_ends_the_exchange(void)
{
    struct record record;
    struct peer peer;

    app_reset(rig()->app);
    app_floods(rig()->app, (size_t)1 << 30);
    peer = ask_app(false);
    for (int i = 0; i < 10; i++)
        check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS));
    peer_close(&peer);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_serving();
}

static void
fcgi_033_many_peers_lost_at_every_phase_leave_nothing_behind(void)
{
    int limit;

    check_serving();
    app_reset(rig()->app);
    limit = process_descriptors(&rig()->gateway) + 8;
    app_floods(rig()->app, (size_t)1 << 30);
    for (int i = 0; i < 100; i++) {
        struct peer peer = ask_app(i % 2 == 0);

        peer_close(&peer);
    }
    check(app_sees_aborts(rig()->app, 100, RIG_SLACK_MS));
    check(wait_until(has_few_descriptors, &limit, RIG_SLACK_MS));
    check_serving();
}

static void
peer_that_stops_reading_is_cut_off(void)
{
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};
    long before = process_kib(&rig()->gateway, "VmRSS");
    unsigned n_ends = 0;

    app_reset(rig()->app);
    app_floods(rig()->app, (size_t)64 << 20);
    peer = ask_app(false);
    check_number(404, rig_get(rig(), "/nowhere"));
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(2048));
    check(app_sees_aborts(rig()->app, 1, RIG_SEND_MS + RIG_SLACK_MS));
    check_number(404, rig_get(rig(), "/nowhere"));
    /* What it then reads never looks complete. */
    check(peer_drains(&peer, &n_ends, RIG_SLACK_MS));
    check_number(0, n_ends);
    check_serving();
}

static void
twenty_peers_that_stop_reading_cost_bounded_memory(void)
{
    struct peer peers[20];
    long before = process_kib(&rig()->gateway, "VmRSS");

    app_reset(rig()->app);
    app_floods(rig()->app, (size_t)64 << 20);
    for (size_t i = 0; i < GH_COUNT(peers); i++)
        peers[i] = ask_app(false);
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(20 * 256));
    check(app_sees_aborts(rig()->app, 20, RIG_SEND_MS + RIG_SLACK_MS));
    for (size_t i = 0; i < GH_COUNT(peers); i++)
        peer_close(&peers[i]);
    check_serving();
}

static void
peer_that_reads_in_sips_gets_every_byte(void)
{
    enum {
        SIZE = 2 << 20
    };
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    app_reset(rig()->app);
    app_floods(rig()->app, SIZE);
    peer = ask_app(false);
    check(peer_sip(&peer, SIZE, 1000));
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_number(SIZE, answer_body(&answer).len);
    check_number(0, answer.n_strange);
    check_serving();
}

const struct check_case peer_cases[] = {
    CHECK_CASE(fcgi_031_abort_while_the_application_is_slow_ends_at_once),
    CHECK_CASE(fcgi_031_abort_keeps_a_kept_connection_usable),
    CHECK_CASE(fcgi_031_abort_amid_the_answer_ends_it),
    CHECK_CASE(fcgi_031_abort_of_what_has_ended_is_ignored),
    CHECK_CASE(fcgi_031_two_aborts_give_one_end),
    CHECK_CASE(fcgi_033_peers_lost_inside_params_leave_nothing_behind),
    CHECK_CASE(
        fcgi_033_peer_lost_while_the_application_is_slow_ends_the_exchange),
    CHECK_CASE(fcgi_033_peer_lost_amid_the_answer_ends_the_exchange),
    CHECK_CASE(fcgi_033_many_peers_lost_at_every_phase_leave_nothing_behind),
    CHECK_CASE(peer_that_stops_reading_is_cut_off),
    CHECK_CASE(twenty_peers_that_stop_reading_cost_bounded_memory),
    CHECK_CASE(peer_that_reads_in_sips_gets_every_byte),
    {NULL, NULL},
};
