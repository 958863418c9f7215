/* SPDX-License-Identifier: Apache-2.0
 *
 * Malformed FastCGI, continued: FCGI-027 to FCGI-039 and neighbours. See
 * test_record.c; aborts and vanished peers are in test_peer.c, the socket's
 * mode (FCGI-037) in test_socket.c.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* After the bytes, an ordinary request on the same connection is answered;
 * records of the bytes' own answers are skipped. */
static bool
is_ignored(const struct bytes *before)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    bytes_text_add(&request, bytes_text(before));
    ask_get(&request, 1, false, "/app/");
    return rig_ask(rig(), &request, &answer) && answer_status(&answer) == 200 &&
           answer.n_ends == 1;
}

static void
fcgi_027_values_in_get_values_change_nothing(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes names = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(bytes_done) struct bytes first = {.len = 0};
    struct record record;

    pair(&names, "FCGI_MAX_CONNS", "99");
    pair(&names, "FCGI_NO_SUCH_NAME", "1");
    rec(&request, REC_GET_VALUES, 0, bytes_text(&names));
    for (int i = 0; i < 2; i++) {
        check(peer_send(&peer, bytes_text(&request)));
        if (!check_number(GOT_RECORD, peer_read(&peer, &record, RIG_SLACK_MS)))
            break;
        check_number(REC_GET_VALUES_RESULT, record.type);
        check(!text_has(record.content, "FCGI_NO_SUCH_NAME"));
        check(!text_has(record.content, "FCGI_MAX_CONNS99"));
        if (i == 0)
            bytes_text_add(&first, record.content);
        check_text(bytes_text(&first), record.content);
    }
    check_serving();
}

static void
fcgi_027_get_values_with_an_id_are_survived(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    rec(&request, REC_GET_VALUES, 1, GH_TEXT("\x0e\0FCGI_MAX_CONNS"));
    check(peer_send(&peer, bytes_text(&request)));
    peer_read(&peer, &record, 100);
    check_serving();
}

static void
fcgi_027_get_values_cut_off_are_survived(void)
{
    static const struct gh_text contents[] = {
        GH_TEXT_INIT("\x0e\0FCGI_MAX"),
        GH_TEXT_INIT("\x0e"),
        GH_TEXT_INIT("\xff\xff\xff\xff\xff\xff\xff\xff"),
        GH_TEXT_INIT("\x80"),
        GH_TEXT_INIT(""),
    };

    for (size_t i = 0; i < GH_COUNT(contents); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
        struct record record;

        rec(&request, REC_GET_VALUES, 0, contents[i]);
        check(peer_send(&peer, bytes_text(&request)));
        check(peer_read(&peer, &record, RIG_SLACK_MS) != GOT_NOTHING);
    }
    check_serving();
}

static void
fcgi_029_unknown_application_type_is_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    rec(&request, 42, 1, GH_TEXT(""));
    rec(&request, 255, 1, GH_TEXT("some content"));
    rec(&request, 0, 1, GH_TEXT("some content"));
    check(is_ignored(&request));
    check_serving();
}

static void
fcgi_029_types_that_only_we_may_send_are_ignored(void)
{
    static const unsigned types[] = {REC_END, REC_STDOUT, REC_STDERR, REC_DATA};

    for (size_t i = 0; i < GH_COUNT(types); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        rec(&request, types[i], 1, GH_TEXT("\0\0\0\0\0\0\0\0"));
        check(is_ignored(&request));
    }
    check_serving();
}

static void
fcgi_029_unknown_type_amid_a_request_is_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    app_reset(rig()->app);
    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", "8");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, 42, 1, GH_TEXT("x"));
    ask_params(&request, 1, &pairs);
    rec(&request, REC_STDIN, 1, GH_TEXT("four"));
    rec(&request, 42, 1, GH_TEXT("evil"));
    rec(&request, REC_DATA, 1, GH_TEXT("evil"));
    rec(&request, REC_STDIN, 3, GH_TEXT("evil"));
    ask_stdin(&request, 1, GH_TEXT("more"));
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    app_last_body(rig()->app, &body);
    check_text(GH_TEXT("fourmore"), bytes_text(&body));
    check_serving();
}

static void
fcgi_039_duplicates_of_names_that_matter_are_refused(void)
{
    static const char *const names[][2] = {
        {"REQUEST_URI", "/app/other"},
        {"REQUEST_URI", "/app/"},
        {"REMOTE_ADDR", "10.0.0.1"},
        {"HTTPS", "on"},
        {"HTTPS", "off"},
        {"REQUEST_METHOD", "POST"},
        {"HTTP_HOST", "evil.test"},
        {"REMOTE_ADDR", "127.0.0.1"},
        {"REQUEST_METHOD", "GET"},
        {"HTTP_HOST", "wire.test"},
    };

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        ask_with(&request, "/app/", gh_text_of_z(names[i][0]),
                 gh_text_of_z(names[i][1]));
        check_refused(&request, 400);
    }
    check_serving();
}

static void
fcgi_039_two_content_lengths_are_refused(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    app_reset(rig()->app);
    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", "4");
    pair(&pairs, "CONTENT_LENGTH", "5");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    ask_stdin(&request, 1, GH_TEXT("bodyx"));
    check_refused(&request, 400);
    check_serving();
}

static void
fcgi_039_malformed_content_lengths_are_refused(void)
{
    static const char *const values[] = {"-1",  "+4",  "4 ",
                                         "0x4", "4,4", "4\t5",
                                         "abc", "4.0", "18446744073709551620"};

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(values); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        ask_post(&request, "/app/", GH_TEXT("body"), values[i]);
        check_refused(&request, 0);
    }
    check_serving();
}

static void
request_id_zero_is_never_a_request(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct record record;

    app_reset(rig()->app);
    ask_get(&request, 0, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    peer_read(&peer, &record, 200);
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
highest_request_id_is_answered_under_its_number(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    ask_get(&request, 65535, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 65535, &answer, RIG_SLACK_MS));
    check_number(200, answer_status(&answer));
    check_number(0, answer.n_strange);
    check_serving();
}

static void
second_begin_of_the_same_id_amid_its_input_never_reaches_an_application(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    pairs_default(&pairs, "GET", "/app/");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, bytes_text(&pairs));
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    ask_stdin(&request, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_drains(&peer, NULL, RIG_PARAMS_MS + RIG_SLACK_MS));
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
record_of_a_foreign_type_with_the_largest_content_is_skipped(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes junk = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pad = {.len = 0};
    struct record record = {.version = 1, .type = 42, .id = 1};

    bytes_fill(&junk, 1, 65535);
    bytes_fill(&pad, 1, 255);
    record.content = bytes_text(&junk);
    record.padding = bytes_text(&pad);
    for (int i = 0; i < 20; i++)
        rec_odd(&request, record);
    check(is_ignored(&request));
    check_serving();
}

static void
parameters_in_records_of_one_byte_are_understood(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    pairs_default(&pairs, "GET", "/app/");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    for (size_t i = 0; i < pairs.len; i++)
        rec(&request, REC_PARAMS, 1,
            gh_text_first(gh_text_from(bytes_text(&pairs), i), 1));
    rec(&request, REC_PARAMS, 1, GH_TEXT(""));
    ask_stdin(&request, 1, GH_TEXT(""));
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    check_serving();
}

const struct check_case record_more_cases[] = {
    CHECK_CASE(fcgi_027_values_in_get_values_change_nothing),
    CHECK_CASE(fcgi_027_get_values_with_an_id_are_survived),
    CHECK_CASE(fcgi_027_get_values_cut_off_are_survived),
    CHECK_CASE(fcgi_029_unknown_application_type_is_ignored),
    CHECK_CASE(fcgi_029_types_that_only_we_may_send_are_ignored),
    CHECK_CASE(fcgi_029_unknown_type_amid_a_request_is_ignored),
    CHECK_CASE(fcgi_039_duplicates_of_names_that_matter_are_refused),
    CHECK_CASE(fcgi_039_two_content_lengths_are_refused),
    CHECK_CASE(fcgi_039_malformed_content_lengths_are_refused),
    CHECK_CASE(request_id_zero_is_never_a_request),
    CHECK_CASE(highest_request_id_is_answered_under_its_number),
    CHECK_CASE(
        second_begin_of_the_same_id_amid_its_input_never_reaches_an_application),
    CHECK_CASE(record_of_a_foreign_type_with_the_largest_content_is_skipped),
    CHECK_CASE(parameters_in_records_of_one_byte_are_understood),
    {NULL, NULL},
};
