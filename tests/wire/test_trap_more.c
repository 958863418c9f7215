/* SPDX-License-Identifier: Apache-2.0
 *
 * The traps of libfcgi, continued: 9 to 15. See test_trap.c.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* 9: FCGI_GET_VALUES alone is not answered; other management records leak. */

static void
trap_09_get_values_alone_are_answered_at_once(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes names = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    pair(&names, "FCGI_MPXS_CONNS", "");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    check(peer_send(&peer, bytes_text(&request)));
    if (check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS))) {
        check_number(REC_GET_VALUES_RESULT, record.type);
        check_number(0, record.id);
        check_text(GH_TEXT("\x0f\x01"
                           "FCGI_MPXS_CONNS0"),
                   record.content);
    }
    check_serving();
}

static void
trap_09_unknown_management_type_is_named_in_the_answer(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    rec(&request, 99, 0, GH_TEXT("whatever"));
    check(peer_send(&peer, bytes_text(&request)));
    if (check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS))) {
        check_number(REC_UNKNOWN_TYPE, record.type);
        check_number(0, record.id);
        check_text(GH_TEXT("\x63\0\0\0\0\0\0\0"), record.content);
    }
    check_serving();
}

/* Sends n management records and reads their answers, 20 at a time (a peer
 * that sends many more without reading may be cut off) and 500 a connection
 * (they do not keep it from being idle). */
static void
talk_management(unsigned type, int n)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};
    struct record record;

    for (int i = 0; i < 20; i++)
        rec(&request, type, 0, GH_TEXT("\x0e\0FCGI_MAX_CONNS"));
    for (int i = 0; i < n; i++) {
        if (i % 500 == 0) {
            peer_close(&peer);
            peer = peer_open(rig()->socket);
        }
        if (i % 20 == 0)
            check(peer_send(&peer, bytes_text(&request)));
        if (!check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS)))
            return;
    }
}

static void
trap_09_ten_thousand_management_records_leak_nothing(void)
{
    long before;

    talk_management(REC_GET_VALUES, 1000);
    talk_management(77, 1000);
    before = process_kib(&rig()->gateway, "VmRSS");
    talk_management(REC_GET_VALUES, 4000);
    talk_management(77, 4000);
    check(process_kib(&rig()->gateway, "VmRSS") - before < rig_growth_kib(256));
    check_serving();
}

static void
trap_09_unread_management_answers_are_bounded(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long before = process_kib(&rig()->gateway, "VmRSS");

    for (int i = 0; i < 300000; i++)
        rec(&request, 77, 0, GH_TEXT(""));
    /* Refusing to read on and closing are both right. */
    (void)peer_send_some(&peer, bytes_text(&request), 200);
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(2048));
    check_serving();
}

/* 10: an unknown role is dropped without a word. */

/* lighttpd takes an END_REQUEST without a Status for an authorizer's yes. */
static void
check_said_no(const struct answer *answer)
{
    check_number(503, answer_status(answer));
    check(gh_text_starts(bytes_text(&answer->out), GH_TEXT("Status: 503 ")));
    check(gh_text_ends(bytes_text(&answer->out), GH_TEXT("\r\n\r\n")));
}

static void
trap_10_unknown_role_is_said_to_be_unknown(void)
{
    static const unsigned roles[] = {0, ROLE_FILTER, 4, 99, 65535};

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(roles); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(answer_done) struct answer answer;

        ask_begin(&request, 1, roles[i], false);
        check(rig_ask(rig(), &request, &answer));
        check_number(END_UNKNOWN_ROLE, answer.protocol_status);
        check_said_no(&answer);
    }
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
trap_10_params_of_an_unknown_role_are_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};

    app_reset(rig()->app);
    pairs_default(&pairs, "GET", "/app/filter");
    ask_begin(&request, 1, ROLE_FILTER, true);
    ask_params(&request, 1, &pairs);
    ask_stdin(&request, 1, GH_TEXT(""));
    ask_get(&request, 2, true, "/app/good");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    check_number(END_UNKNOWN_ROLE, first.protocol_status);
    check(peer_answer(&peer, 2, &second, RIG_SLACK_MS));
    check_number(200, answer_status(&second));
    check_number(1, app_requests(rig()->app));
    check_serving();
}

/* What an authorizer says about a POST whose body never comes. */
static unsigned
authorized(const char *uri_z)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    pairs_default(&pairs, "POST", uri_z);
    ask_begin(&request, 1, ROLE_AUTHORIZER, false);
    ask_params(&request, 1, &pairs);
    check(rig_ask(rig(), &request, &answer));
    check_number(END_COMPLETE, answer.protocol_status);
    check(gh_text_starts(bytes_text(&answer.out), GH_TEXT("Status: ")));
    return (unsigned)answer_status(&answer);
}

static void
trap_10_authorizer_is_answered_at_the_end_of_its_parameters(void)
{
    app_reset(rig()->app);
    check_number(200, authorized("/app/"));
    check_number(404, authorized("/nothing/"));
    check_number(400, authorized("/app/%61"));
    check_number(0, app_received(rig()->app));
    check_serving();
}

/* An end without an answer would be a yes: to a request that is taken back,
 * before its parameters are complete and after, and to a second one. */
static void
trap_10_authorizer_is_never_ended_without_an_answer(void)
{
    for (int is_complete = 0; is_complete < 2; is_complete++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
        GH_CLEAN(answer_done) struct answer answer;

        pairs_default(&pairs, "GET", "/nothing/");
        ask_begin(&request, 1, ROLE_AUTHORIZER, true);
        if (is_complete)
            ask_params(&request, 1, &pairs);
        rec(&request, REC_ABORT, 1, GH_TEXT(""));
        check(!rig_ask(rig(), &request, &answer));
        check_number(0, answer.n_ends);
        check(answer.is_closed);
    }
    check_serving();
}

static void
trap_10_authorizer_beside_another_request_is_told_no(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    ask_begin(&request, 1, ROLE_RESPONDER, true);
    ask_begin(&request, 2, ROLE_AUTHORIZER, true);
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 2, &answer, RIG_SLACK_MS));
    check_number(END_CANT_MPX, answer.protocol_status);
    check_said_no(&answer);
    check_serving();
}

/* 11: names and values are not looked at. */

static void
trap_11_bytes_that_cannot_be_in_a_name_are_refused(void)
{
    static const struct gh_text names[] = {
        GH_TEXT_INIT("HTTP_X=REMOTE_USER"),
        GH_TEXT_INIT("HTTP_X\0Y"),
        GH_TEXT_INIT("\0"),
        GH_TEXT_INIT("HTTP_X\nY"),
        GH_TEXT_INIT("HTTP_X\rY"),
        GH_TEXT_INIT("HTTP_X\x7fY"),
        GH_TEXT_INIT("="),
        GH_TEXT_INIT("HTTP_X\tY"),
    };

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        ask_with(&request, "/app/", names[i], GH_TEXT("evil"));
        check_refused(&request, 0);
    }
    check_serving();
}

static void
trap_11_bytes_that_cannot_be_in_a_field_are_refused(void)
{
    static const struct gh_text values[] = {
        GH_TEXT_INIT("safe\0evil"),      GH_TEXT_INIT("safe\r\nX-Evil: 1"),
        GH_TEXT_INIT("safe\nX-Evil: 1"), GH_TEXT_INIT("safe\x01"),
        GH_TEXT_INIT("safe\x7f"),
    };

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(values); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        ask_with(&request, "/app/", GH_TEXT("HTTP_X_VALUE"), values[i]);
        check_refused(&request, 400);
    }
    check_serving();
}

/* 12: signals in the middle of a read drop the connection. */

static void
trap_12_signals_amid_a_request_disturb_nothing(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    struct gh_text text;

    ask_get(&request, 1, false, "/app/");
    text = bytes_text(&request);
    check(peer_send(&peer, gh_text_first(text, 30)));
    kill(rig()->gateway.pid, SIGHUP);
    kill(rig()->gateway.pid, SIGPIPE);
    kill(rig()->gateway.pid, SIGCHLD);
    check_serving();
    check(peer_send(&peer, gh_text_from(text, 30)));
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_number(200, answer_status(&answer));
    check_serving();
}

/* 14: the application status of one request is reported for the next. */

static void
trap_14_application_status_is_zero_for_every_request(void)
{
    static const char *const uris[] = {"/app/", "/nowhere", "/app/%2e%zz",
                                       "/auth/none", "/app/last"};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    for (size_t i = 0; i < GH_COUNT(uris); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        ask_get(&request, 1, true, uris[i]);
        check(peer_send(&peer, bytes_text(&request)));
        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_number(0, answer.app_status);
        check_number(END_COMPLETE, answer.protocol_status);
        check_number(1, answer.n_ends);
    }
    check_serving();
}

/* 15: a peer that is gone when the answer is written. */

/* The gateway's descriptors are back at what they were. */
static bool
has_few_descriptors(void *limit)
{
    return process_descriptors(&rig()->gateway) <= *(const int *)limit;
}

static void
trap_15_peers_gone_before_their_answer_cost_nothing(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    int limit;

    check_serving();
    limit = process_descriptors(&rig()->gateway) + 8;
    app_floods(rig()->app, 200000);
    ask_get(&request, 1, false, "/app/");
    for (int i = 0; i < 100; i++) {
        struct peer peer = peer_open(rig()->socket);

        check(peer_send(&peer, bytes_text(&request)));
        peer_close(&peer);
    }
    check(wait_until(has_few_descriptors, &limit, RIG_SLACK_MS));
    check_serving();
}

const struct check_case trap_more_cases[] = {
    CHECK_CASE(trap_09_get_values_alone_are_answered_at_once),
    CHECK_CASE(trap_09_unknown_management_type_is_named_in_the_answer),
    CHECK_CASE(trap_09_ten_thousand_management_records_leak_nothing),
    CHECK_CASE(trap_09_unread_management_answers_are_bounded),
    CHECK_CASE(trap_10_unknown_role_is_said_to_be_unknown),
    CHECK_CASE(trap_10_params_of_an_unknown_role_are_ignored),
    CHECK_CASE(trap_10_authorizer_is_answered_at_the_end_of_its_parameters),
    CHECK_CASE(trap_10_authorizer_is_never_ended_without_an_answer),
    CHECK_CASE(trap_10_authorizer_beside_another_request_is_told_no),
    CHECK_CASE(trap_11_bytes_that_cannot_be_in_a_name_are_refused),
    CHECK_CASE(trap_11_bytes_that_cannot_be_in_a_field_are_refused),
    CHECK_CASE(trap_12_signals_amid_a_request_disturb_nothing),
    CHECK_CASE(trap_14_application_status_is_zero_for_every_request),
    CHECK_CASE(trap_15_peers_gone_before_their_answer_cost_nothing),
    {NULL, NULL},
};
