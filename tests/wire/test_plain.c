/* SPDX-License-Identifier: Apache-2.0
 *
 * The traps are real: the bytes that must not hurt the gateway kill, stall or
 * fool a plain libfcgi 2.4.2 responder. Each test starts a specimen of its
 * own. A test that turns red here means that the library was repaired, and
 * that its trap may be written out of the list. Not shown, because they are
 * slow or depend on chance: the 2 s that a silent peer or an unclosed one
 * costs an accept (6, second half), memory kept after huge parameters (5,
 * second half), threads (12) and the exit() of FCGX_OpenSocket (13).
 */
#include <signal.h>

#include "specimen.h"

#include "check.h"

#include "base/banned.h"

/* The ordinary request is answered in the ordinary way. */
static void
plain_libfcgi_answers_a_proper_request(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct answer answer;

    ask_post(&request, "/x?y=1", GH_TEXT("body"), "4");
    check(specimen_answers(&s, &request, &answer));
    check_number(200, answer_status(&answer));
    check(bytes_have(&answer.out, "REQUEST_URI=/x?y=1\n"));
    check(bytes_have(&answer.out, "body=4\n"));
    check_number(1, answer.n_ends);
    check_number(0, answer.n_strange);
    check(process_is_alive(&s.process));
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_dies_of_four_values_in_get_values(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes names = {.len = 0};
    struct answer answer;

    for (int i = 0; i < 4; i++)
        pair(&names, "FCGI_MPXS_CONNS", "");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    ask_get(&request, 1, false, "/");
    check(!specimen_answers(&s, &request, &answer));
    check(specimen_has_aborted(&s));
    bytes_done(&names);
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_dies_of_lengths_whose_sum_overflows(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct answer answer;

    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, GH_TEXT("\xff\xff\xff\xfe\xff\xff\xff\xfe"));
    check(!specimen_answers(&s, &request, &answer));
    check(specimen_has_aborted(&s));
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_serves_params_that_never_ended(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes pairs = {.len = 0};
    struct peer peer = peer_open(s.socket);
    struct answer answer = {.n_ends = 0};

    pair(&pairs, "REQUEST_URI", "/half");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, bytes_text(&pairs));
    check(peer_send(&peer, bytes_text(&request)));
    peer_half_close(&peer);
    peer_answer(&peer, 1, &answer, ANSWER_MS);
    check(bytes_have(&answer.out, "REQUEST_URI=/half\n"));
    peer_close(&peer);
    bytes_done(&request);
    bytes_done(&pairs);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_loses_the_params_behind_an_early_stdin(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes early = {.len = 0};
    struct bytes late = {.len = 0};
    struct answer answer;

    pair(&early, "REQUEST_URI", "/early");
    pair(&late, "HTTPS", "on");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, bytes_text(&early));
    ask_stdin(&request, 1, GH_TEXT(""));
    ask_params(&request, 1, &late);
    specimen_answers(&s, &request, &answer);
    check(bytes_have(&answer.out, "REQUEST_URI=/early\n"));
    check(!bytes_have(&answer.out, "HTTPS=on"));
    bytes_done(&request);
    bytes_done(&early);
    bytes_done(&late);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_loses_the_request_after_an_unread_body(void)
{
    struct specimen s = specimen_start();
    struct bytes head = {.len = 0};
    struct bytes rest = {.len = 0};
    struct bytes pairs = {.len = 0};
    struct peer peer = peer_open(s.socket);
    struct answer answer = {.n_ends = 0};

    pairs_default(&pairs, "POST", "/unread");
    ask_begin(&head, 1, ROLE_RESPONDER, true);
    ask_params(&head, 1, &pairs);
    ask_stdin(&rest, 1, GH_TEXT("body"));
    ask_get(&rest, 1, true, "/second");
    check(peer_send(&peer, bytes_text(&head)));
    check(peer_answer(&peer, 1, &answer, ANSWER_MS));
    check(peer_send(&peer, bytes_text(&rest)));
    check(!peer_answer(&peer, 1, &answer, ANSWER_MS));
    check(answer.is_closed);
    peer_close(&peer);
    bytes_done(&head);
    bytes_done(&rest);
    bytes_done(&pairs);
    answer_done(&answer);
    specimen_end(&s);
}

/* What of its address space is more than 1 GiB. */
static bool
is_huge(void *process)
{
    return process_kib(process, "VmSize") > 1024 * 1024;
}

static void
plain_libfcgi_reserves_what_a_length_claims(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct peer peer = peer_open(s.socket);

    check(!is_huge(&s.process));
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, GH_TEXT("\xc0\x00\x00\x00\x01N"));
    check(peer_send(&peer, bytes_text(&request)));
    check(wait_until(is_huge, &s.process, ANSWER_MS));
    peer_close(&peer);
    bytes_done(&request);
    specimen_end(&s);
}

static void
plain_libfcgi_serves_nobody_while_a_record_is_half_sent(void)
{
    struct specimen s = specimen_start();
    struct peer half = peer_open(s.socket);
    struct peer other;

    check(peer_send(&half, GH_TEXT("\x01\x01\x00\x01")));
    check(specimen_is_stalled(&s, &other));
    peer_close(&half);
    peer_close(&other);
    specimen_end(&s);
}

static void
plain_libfcgi_serves_nobody_while_a_kept_connection_is_idle(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct peer kept = peer_open(s.socket);
    struct answer answer = {.n_ends = 0};
    struct peer other;

    ask_get(&request, 1, true, "/");
    check(peer_send(&kept, bytes_text(&request)));
    check(peer_answer(&kept, 1, &answer, ANSWER_MS));
    check(specimen_is_stalled(&s, &other));
    peer_close(&kept);
    peer_close(&other);
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_does_not_see_an_abort_while_it_works(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct peer peer = peer_open(s.socket);
    struct answer answer = {.n_ends = 0};

    ask_get(&request, 1, false, "/slow");
    rec(&request, REC_ABORT, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&request)));
    check(!peer_answer(&peer, 1, &answer, STALL_MS));
    check(!answer.is_closed);
    peer_close(&peer);
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_takes_an_aborted_body_for_a_short_one(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes pairs = {.len = 0};
    struct answer answer;

    pairs_default(&pairs, "POST", "/x");
    pair(&pairs, "CONTENT_LENGTH", "1000");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    rec(&request, REC_STDIN, 1, GH_TEXT("pay 100"));
    rec(&request, REC_ABORT, 1, GH_TEXT(""));
    specimen_answers(&s, &request, &answer);
    check_number(200, answer_status(&answer));
    check(bytes_have(&answer.out, "body=7\n"));
    bytes_done(&request);
    bytes_done(&pairs);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_drops_the_record_after_an_empty_foreign_one(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes first = {.len = 0};
    struct bytes second = {.len = 0};
    struct answer answer;

    pair(&first, "REQUEST_URI", "/dropped");
    pair(&second, "HTTPS", "on");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 7, GH_TEXT(""));
    rec(&request, REC_PARAMS, 1, bytes_text(&first));
    ask_params(&request, 1, &second);
    ask_stdin(&request, 1, GH_TEXT(""));
    check(specimen_answers(&s, &request, &answer));
    check(!bytes_have(&answer.out, "/dropped"));
    check(bytes_have(&answer.out, "HTTPS=on\n"));
    bytes_done(&request);
    bytes_done(&first);
    bytes_done(&second);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_leaves_get_values_alone_unanswered(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct bytes names = {.len = 0};
    struct peer peer = peer_open(s.socket);
    struct record record;

    pair(&names, "FCGI_MPXS_CONNS", "");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    check(peer_send(&peer, bytes_text(&request)));
    check_number(GOT_NOTHING, peer_read(&peer, &record, STALL_MS));
    peer_close(&peer);
    bytes_done(&names);
    bytes_done(&request);
    specimen_end(&s);
}

static void
plain_libfcgi_closes_on_an_unknown_role_without_a_word(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct peer peer = peer_open(s.socket);

    ask_begin(&request, 1, 99, false);
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_sees_close(&peer, ANSWER_MS));
    peer_close(&peer);
    bytes_done(&request);
    specimen_end(&s);
}

static void
plain_libfcgi_moves_the_boundary_of_a_name_with_an_equals_sign(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct answer answer;

    ask_with(&request, "/", GH_TEXT("HTTP_X=REMOTE_USER"), GH_TEXT("evil"));
    check(specimen_answers(&s, &request, &answer));
    check(bytes_have(&answer.out, "\nHTTP_X=REMOTE_USER=evil\n"));
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_cuts_a_value_at_its_nul(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct answer answer;

    ask_with(&request, "/", GH_TEXT("HTTP_X"), GH_TEXT("safe\0evil"));
    check(specimen_answers(&s, &request, &answer));
    check(bytes_have(&answer.out, "\nHTTP_X=safe\n"));
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

static void
plain_libfcgi_keeps_both_of_two_equal_names(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct answer answer;

    ask_with(&request, "/", GH_TEXT("REMOTE_ADDR"), GH_TEXT("10.0.0.1"));
    check(specimen_answers(&s, &request, &answer));
    check(bytes_have(&answer.out, "REMOTE_ADDR=127.0.0.1\n"));
    check(bytes_have(&answer.out, "REMOTE_ADDR=10.0.0.1\n"));
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

/* SIGTERM only sets a flag, and the read that waits is begun again. */
static void
plain_libfcgi_does_not_stop_while_a_record_is_half_sent(void)
{
    struct specimen s = specimen_start();
    struct peer half = peer_open(s.socket);

    check(peer_send(&half, GH_TEXT("\x01\x01\x00\x01")));
    check_number(GOT_NOTHING, peer_read(&half, &(struct record){.id = 0}, 100));
    kill(s.process.pid, SIGTERM);
    check(!process_ends(&s.process, STALL_MS));
    peer_close(&half);
    specimen_end(&s);
}

static void
plain_libfcgi_reports_the_status_of_the_request_before(void)
{
    struct specimen s = specimen_start();
    struct bytes request = {.len = 0};
    struct peer peer = peer_open(s.socket);
    struct answer answer = {.n_ends = 0};

    ask_get(&request, 1, true, "/exit7");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &answer, ANSWER_MS));
    request.len = 0;
    ask_get(&request, 1, true, "/harmless");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &answer, ANSWER_MS));
    check_number(7, answer.app_status);
    peer_close(&peer);
    bytes_done(&request);
    answer_done(&answer);
    specimen_end(&s);
}

const struct check_case plain_cases[] = {
    CHECK_CASE(plain_libfcgi_answers_a_proper_request),
    CHECK_CASE(plain_libfcgi_dies_of_four_values_in_get_values),
    CHECK_CASE(plain_libfcgi_dies_of_lengths_whose_sum_overflows),
    CHECK_CASE(plain_libfcgi_serves_params_that_never_ended),
    CHECK_CASE(plain_libfcgi_loses_the_params_behind_an_early_stdin),
    CHECK_CASE(plain_libfcgi_loses_the_request_after_an_unread_body),
    CHECK_CASE(plain_libfcgi_reserves_what_a_length_claims),
    CHECK_CASE(plain_libfcgi_serves_nobody_while_a_record_is_half_sent),
    CHECK_CASE(plain_libfcgi_serves_nobody_while_a_kept_connection_is_idle),
    CHECK_CASE(plain_libfcgi_does_not_see_an_abort_while_it_works),
    CHECK_CASE(plain_libfcgi_takes_an_aborted_body_for_a_short_one),
    CHECK_CASE(plain_libfcgi_drops_the_record_after_an_empty_foreign_one),
    CHECK_CASE(plain_libfcgi_leaves_get_values_alone_unanswered),
    CHECK_CASE(plain_libfcgi_closes_on_an_unknown_role_without_a_word),
    CHECK_CASE(plain_libfcgi_moves_the_boundary_of_a_name_with_an_equals_sign),
    CHECK_CASE(plain_libfcgi_cuts_a_value_at_its_nul),
    CHECK_CASE(plain_libfcgi_keeps_both_of_two_equal_names),
    CHECK_CASE(plain_libfcgi_does_not_stop_while_a_record_is_half_sent),
    CHECK_CASE(plain_libfcgi_reports_the_status_of_the_request_before),
    {NULL, NULL},
};
