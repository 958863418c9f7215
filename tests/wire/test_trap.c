/* SPDX-License-Identifier: Apache-2.0
 *
 * What kills, stalls or fools plain libfcgi does nothing to the gateway: one
 * group of tests for each of the library's fifteen known traps that a peer
 * can reach (test_plain.c shows that they are real). Trap 13, about the
 * socket, is in test_socket.c. Every test ends with a plain request to the
 * same process.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* 1: names in FCGI_GET_VALUES overflow a buffer on the stack. */

static void
trap_01_four_equal_names_in_get_values_are_answered(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes names = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    for (int i = 0; i < 4; i++)
        pair(&names, "FCGI_MPXS_CONNS", "");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    check(peer_send(&peer, bytes_text(&request)));
    if (check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS)))
        check_number(REC_GET_VALUES_RESULT, record.type);
    check_serving();
}

static void
trap_01_get_values_full_of_names_are_survived(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes names = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    while (names.len < 65000)
        pair(&names, "FCGI_MAX_CONNS", "");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    peer_send(&peer, bytes_text(&request));
    check(peer_read(&peer, &record, RIG_SLACK_MS) != GOT_NOTHING);
    check_serving();
}

/* 2: two lengths whose sum overflows. */

static void
trap_02_lengths_whose_sum_overflows_are_refused(void)
{
    static const uint32_t lengths[][2] = {
        {0x7ffffffe, 0x7ffffffe}, {0x7fffffff, 0x7fffffff},
        {0x7fffffff, 1},          {0, 0x7fffffff},
        {0x40000000, 0x40000000}, {0x7fffffff, 0x7ffffff7},
    };

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(lengths); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

        length_long(&pairs, lengths[i][0]);
        length_long(&pairs, lengths[i][1]);
        bytes_z(&pairs, "NAMEvalue");
        ask_begin(&request, 1, ROLE_RESPONDER, false);
        ask_params(&request, 1, &pairs);
        check_refused(&request, 0);
    }
    check_serving();
}

/* 3: PARAMS that are cut off count as a whole request. */

/* BEGIN and all default parameters, whose end is missing. */
static void
unended(struct bytes *out, bool keep)
{
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "GET", "/app/cut");
    ask_begin(out, 1, ROLE_RESPONDER, keep);
    rec(out, REC_PARAMS, 1, bytes_text(&pairs));
}

static void
trap_03_params_cut_off_by_a_half_close_are_no_request(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    unended(&request, false);
    check(peer_send(&peer, bytes_text(&request)));
    peer_half_close(&peer);
    check(peer_sees_close(&peer, RIG_SLACK_MS));
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
trap_03_stdin_amid_params_closes_the_connection(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    unended(&request, true);
    ask_stdin(&request, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_sees_close(&peer, RIG_PARAMS_MS / 2));
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
trap_03_abort_amid_params_is_no_request(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    app_reset(rig()->app);
    unended(&request, true);
    rec(&request, REC_ABORT, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &answer, RIG_PARAMS_MS / 2));
    check_number(0, answer.out.len);
    check_number(0, app_received(rig()->app));
    request.len = 0;
    ask_get(&request, 1, false, "/app/next");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_number(200, answer_status(&answer));
    check_serving();
}

static void
trap_03_foreign_record_amid_params_loses_nothing(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes more = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes last = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    app_reset(rig()->app);
    pair(&more, "HTTP_X_LAST", "whole");
    unended(&request, false);
    rec(&request, REC_PARAMS, 9, GH_TEXT("\x01\x01Nv"));
    ask_params(&request, 1, &more);
    ask_stdin(&request, 1, GH_TEXT(""));
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    app_last(rig()->app, &last);
    check(text_has(bytes_text(&last), "whole"));
    check_serving();
}

/* 4: a body that nobody read breaks the next request on the connection. */

static void
trap_04_unread_body_leaves_the_next_request_whole(void)
{
    GH_CLEAN(bytes_done) struct bytes head = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes rest = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};

    pairs_default(&pairs, "POST", "/nowhere");
    pair(&pairs, "CONTENT_LENGTH", "100000");
    ask_begin(&head, 1, ROLE_RESPONDER, true);
    ask_params(&head, 1, &pairs);
    bytes_fill(&rest, 'b', 100000);
    check(peer_send(&peer, bytes_text(&head)));
    head.len = 0;
    ask_stdin(&head, 1, bytes_text(&rest));
    ask_get(&head, 1, true, "/app/second");
    check(peer_send(&peer, bytes_text(&head)));
    check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    check_number(404, answer_status(&first));
    check(peer_answer(&peer, 1, &second, RIG_SLACK_MS));
    check_number(200, answer_status(&second));
    check_serving();
}

static void
trap_04_late_end_of_stdin_leaves_the_next_request_whole(void)
{
    GH_CLEAN(bytes_done) struct bytes bytes = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};

    pairs_default(&pairs, "GET", "/nowhere");
    ask_begin(&bytes, 1, ROLE_RESPONDER, true);
    ask_params(&bytes, 1, &pairs);
    check(peer_send(&peer, bytes_text(&bytes)));
    peer_answer(&peer, 1, &first, 100);
    bytes.len = 0;
    ask_stdin(&bytes, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&bytes)));
    if (first.n_ends == 0)
        check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    bytes.len = 0;
    ask_get(&bytes, 1, true, "/app/second");
    check(peer_send(&peer, bytes_text(&bytes)));
    check(peer_answer(&peer, 1, &second, RIG_SLACK_MS));
    check_number(200, answer_status(&second));
    check_serving();
}

/* 5: parameters without a ceiling, lengths that reserve memory. */

static void
trap_05_a_hundred_thousand_parameters_cost_no_memory(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    long before;

    check_serving();
    before = process_kib(&rig()->gateway, "VmRSS");
    app_reset(rig()->app);
    pairs_default(&pairs, "GET", "/app/");
    for (int i = 0; i < 100000; i++)
        pair(&pairs, "HTTP_X_MANY", "0123456789");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    check_refused(&request, 0);
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(2048));
    check_serving();
}

/* What never ends is not kept, either. */
static void
trap_05_endless_parameters_cost_no_memory(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long before;

    check_serving();
    before = process_kib(&rig()->gateway, "VmRSS");
    for (int i = 0; i < 500000; i++)
        pair(&pairs, "HTTP_X_MANY", "0123456789");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, bytes_text(&pairs));
    (void)peer_send_some(&peer, bytes_text(&request), 200);
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(1024));
    check_serving();
}

static void
trap_05_too_many_parameters_are_answered_431(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    app_reset(rig()->app);
    pairs_default(&pairs, "GET", "/app/");
    for (int i = 0; i < 101; i++) {
        char name[32];

        snprintf(name, sizeof(name), "HTTP_X_N%d", i);
        pair(&pairs, name, "v");
    }
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    ask_stdin(&request, 1, GH_TEXT(""));
    check_refused(&request, 431);
    check_serving();
}

static void
trap_05_too_large_parameters_are_answered_431(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes value = {.len = 0};

    app_reset(rig()->app);
    bytes_fill(&value, 'v', 64 * 1024);
    ask_with(&request, "/app/", GH_TEXT("HTTP_X_LARGE"), bytes_text(&value));
    check_refused(&request, 431);
    check_serving();
}

static void
trap_05_claimed_lengths_reserve_no_memory(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long before = process_kib(&rig()->gateway, "VmSize");
    struct record record;

    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, GH_TEXT("\xc0\x00\x00\x00\x01N"));
    check(peer_send(&peer, bytes_text(&request)));
    peer_read(&peer, &record, 200);
    check(process_kib(&rig()->gateway, "VmSize") - before < 512 * 1024);
    check_serving();
}

/* 6: half-sent records and silent peers stall everybody. */

static void
trap_06_half_sent_record_stalls_nobody_and_ends(void)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    long long since = now_ms();

    check(peer_send(&peer, GH_TEXT("\x01\x01\x00\x01")));
    check_serving();
    check_serving();
    check(peer_sees_close(&peer, RIG_PARAMS_MS + RIG_SLACK_MS));
    check(now_ms() - since >= RIG_PARAMS_MS / 2);
    check_serving();
}

static void
trap_06_peer_that_keeps_its_end_open_stalls_nobody(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    long long since;

    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    since = now_ms();
    for (int i = 0; i < 8; i++)
        check_serving();
    check(now_ms() - since < 1500);
    check(peer_sees_close(&peer, 500));
}

/* 7: an abort is never seen, and makes a short body look whole. */

static void
trap_07_aborted_body_never_looks_like_a_short_one(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    app_reset(rig()->app);
    pairs_default(&pairs, "POST", "/app/pay");
    pair(&pairs, "CONTENT_LENGTH", "1000");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    rec(&request, REC_STDIN, 1, GH_TEXT("pay 100"));
    rec(&request, REC_ABORT, 1, GH_TEXT(""));
    check(rig_ask(rig(), &request, &answer));
    check_number(0, answer.out.len);
    check_number(0, app_received(rig()->app));
    check_serving();
}

/* 8: an empty record of a foreign id makes the next record vanish. */

static void
trap_08_empty_foreign_record_drops_nothing(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    pairs_default(&pairs, "GET", "/app/whole");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 7, GH_TEXT(""));
    ask_params(&request, 1, &pairs);
    rec(&request, REC_STDIN, 7, GH_TEXT(""));
    ask_stdin(&request, 1, GH_TEXT(""));
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    check_number(1, answer.n_ends);
    check_serving();
}

const struct check_case trap_cases[] = {
    CHECK_CASE(trap_01_four_equal_names_in_get_values_are_answered),
    CHECK_CASE(trap_01_get_values_full_of_names_are_survived),
    CHECK_CASE(trap_02_lengths_whose_sum_overflows_are_refused),
    CHECK_CASE(trap_03_params_cut_off_by_a_half_close_are_no_request),
    CHECK_CASE(trap_03_stdin_amid_params_closes_the_connection),
    CHECK_CASE(trap_03_abort_amid_params_is_no_request),
    CHECK_CASE(trap_03_foreign_record_amid_params_loses_nothing),
    CHECK_CASE(trap_04_unread_body_leaves_the_next_request_whole),
    CHECK_CASE(trap_04_late_end_of_stdin_leaves_the_next_request_whole),
    CHECK_CASE(trap_05_a_hundred_thousand_parameters_cost_no_memory),
    CHECK_CASE(trap_05_endless_parameters_cost_no_memory),
    CHECK_CASE(trap_05_too_many_parameters_are_answered_431),
    CHECK_CASE(trap_05_too_large_parameters_are_answered_431),
    CHECK_CASE(trap_05_claimed_lengths_reserve_no_memory),
    CHECK_CASE(trap_06_half_sent_record_stalls_nobody_and_ends),
    CHECK_CASE(trap_06_peer_that_keeps_its_end_open_stalls_nobody),
    CHECK_CASE(trap_07_aborted_body_never_looks_like_a_short_one),
    CHECK_CASE(trap_08_empty_foreign_record_drops_nothing),
    {NULL, NULL},
};
