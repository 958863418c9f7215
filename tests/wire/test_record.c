/* SPDX-License-Identifier: Apache-2.0
 *
 * Malformed FastCGI straight to the socket: the cases FCGI-001 to FCGI-039 of
 * the attack list by number, as far as they are about single records, and
 * their neighbours. Each ends with a plain request to the same process.
 */
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "rig.h"

#include "base/banned.h"

/* Sends the bytes; true when the connection is closed at once, without a
 * record and without a byte to the application. */
static bool
is_closed_on(struct gh_text text)
{
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    bool is_closed;

    app_reset(rig()->app);
    is_closed =
        peer_send(&peer, text) && peer_sees_close(&peer, RIG_PARAMS_MS / 2);
    return is_closed && app_received(rig()->app) == 0;
}

static void
fcgi_001_one_byte_and_a_close_is_survived(void)
{
    for (int i = 0; i < 100; i++) {
        struct peer peer = peer_open(rig()->socket);

        check(peer_send(&peer, GH_TEXT("\x01")));
        peer_close(&peer);
    }
    check_serving();
}

static void
fcgi_003_request_byte_by_byte_is_answered(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

    ask_get(&request, 1, false, "/app/");
    check(peer_send_slowly(&peer, bytes_text(&request), 1, 1));
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_number(200, answer_status(&answer));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    check_number(0, answer.n_strange);
    check_serving();
}

static void
fcgi_003_request_in_pieces_of_every_size_is_answered(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    ask_post(&request, "/app/", GH_TEXT("twelve bytes"), "12");
    for (size_t step = 2; step < 40; step++) {
        GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_send_slowly(&peer, bytes_text(&request), step, 0));
        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_text(GH_TEXT("hello"), answer_body(&answer));
    }
    check_serving();
}

static void
fcgi_005_wrong_version_closes(void)
{
    static const unsigned versions[] = {0, 2, 255};

    for (size_t i = 0; i < GH_COUNT(versions); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        struct record record = {.version = versions[i],
                                .type = REC_BEGIN,
                                .id = 1,
                                .content = GH_TEXT("\0\1\0\0\0\0\0\0")};

        rec_odd(&request, record);
        check(is_closed_on(bytes_text(&request)));
    }
    check_serving();
}

static void
fcgi_007_http_on_the_socket_closes(void)
{
    check(is_closed_on(GH_TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
    check(is_closed_on(GH_TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")));
    check(is_closed_on(GH_TEXT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03")));
    check_serving();
}

static void
fcgi_011_begin_of_a_wrong_length_closes(void)
{
    static const struct gh_text bodies[] = {
        GH_TEXT_INIT("\0\1\0\0\0\0\0"),
        GH_TEXT_INIT("\0\1\0\0\0\0\0\0\0"),
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("\0\1\0\0\0\0\0\0\1\1\0\1\0\0\0\0"),
    };

    for (size_t i = 0; i < GH_COUNT(bodies); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

        rec(&request, REC_BEGIN, 1, bodies[i]);
        check(is_closed_on(bytes_text(&request)));
    }
    check_serving();
}

static void
fcgi_013_records_for_an_id_that_never_began_are_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    rec(&request, REC_PARAMS, 7, GH_TEXT("\x01\x01Nv"));
    rec(&request, REC_STDIN, 7, GH_TEXT("body"));
    rec(&request, REC_ABORT, 7, GH_TEXT(""));
    rec(&request, REC_DATA, 7, GH_TEXT("data"));
    ask_get(&request, 1, false, "/app/");
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    check_number(0, answer.n_strange);
    check_serving();
}

static void
fcgi_015_second_begin_is_told_not_to_multiplex(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes evil = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes last = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};

    app_reset(rig()->app);
    pairs_default(&pairs, "GET", "/app/first");
    pair(&evil, "HTTP_X_CROSS", "crosstalk");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_begin(&request, 2, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, bytes_text(&pairs));
    rec(&request, REC_PARAMS, 2, bytes_text(&evil));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 2, &second, RIG_SLACK_MS));
    check_number(END_CANT_MPX, second.protocol_status);
    check_number(503, answer_status(&second));
    request.len = 0;
    rec(&request, REC_PARAMS, 1, GH_TEXT(""));
    rec(&request, REC_PARAMS, 2, GH_TEXT(""));
    rec(&request, REC_STDIN, 2, GH_TEXT(""));
    ask_stdin(&request, 1, GH_TEXT(""));
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    check_number(200, answer_status(&first));
    app_last(rig()->app, &last);
    check(!text_has(bytes_text(&last), "crosstalk"));
    check_number(1, app_requests(rig()->app));
    check_serving();
}

static void
fcgi_015_begin_amid_a_running_exchange_is_told_the_same(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    GH_CLEAN(answer_done) struct answer second = {.n_ends = 0};
    GH_CLEAN(answer_done) struct answer first = {.n_ends = 0};

    app_reset(rig()->app);
    app_holds(rig()->app);
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(app_gets_requests(rig()->app, 1, RIG_SLACK_MS));
    request.len = 0;
    ask_get(&request, 2, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(peer_answer(&peer, 2, &second, 1000));
    check_number(END_CANT_MPX, second.protocol_status);
    app_lets_go(rig()->app);
    check(peer_answer(&peer, 1, &first, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&first));
    check_number(1, app_requests(rig()->app));
    check_serving();
}

static void
fcgi_017_params_after_their_end_are_never_used(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", "4");
    ask_begin(&request, 1, ROLE_RESPONDER, true);
    ask_params(&request, 1, &pairs);
    rec(&request, REC_PARAMS, 1,
        GH_TEXT("\x0b\x04"
                "HTTP_COOKIEa=bc"));
    check(is_closed_on(bytes_text(&request)));
    check_serving();
}

static void
fcgi_019_name_longer_than_the_stream_is_refused(void)
{
    static const struct gh_text contents[] = {
        GH_TEXT_INIT("\x7f\x00"
                     "abc"),
        GH_TEXT_INIT("\x01\x7f"
                     "abc"),
        GH_TEXT_INIT("\x05"),
        GH_TEXT_INIT("\x80\x00\x00"),
        GH_TEXT_INIT("\x01"
                     "\x80\x00\x01\x00"
                     "N"),
    };

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(contents); i++) {
        GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
        GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

        pairs_default(&pairs, "GET", "/app/");
        bytes_text_add(&pairs, contents[i]);
        ask_begin(&request, 1, ROLE_RESPONDER, false);
        ask_params(&request, 1, &pairs);
        ask_stdin(&request, 1, GH_TEXT(""));
        check_refused(&request, 0);
    }
    check_serving();
}

/* Sends the default parameters and one more in the given bytes, split at
 * `cut` into two records; true when the application saw X-Name: v. */
static bool
is_understood(struct gh_text more, size_t cut)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes last = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;
    struct gh_text text;
    struct gh_text value = GH_TEXT("");

    app_reset(rig()->app);
    bytes_text_add(&pairs, more);
    pairs_default(&pairs, "GET", "/app/");
    text = bytes_text(&pairs);
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    rec(&request, REC_PARAMS, 1, gh_text_first(text, cut));
    rec(&request, REC_PARAMS, 1, gh_text_from(text, cut));
    rec(&request, REC_PARAMS, 1, GH_TEXT(""));
    ask_stdin(&request, 1, GH_TEXT(""));
    rig_ask(rig(), &request, &answer);
    app_last(rig()->app, &last);
    http_field(bytes_text(&last), "X-Name", &value);
    return gh_text_equal(value, GH_TEXT("v"));
}

static void
fcgi_021_long_form_of_a_short_length_is_understood(void)
{
    check(is_understood(GH_TEXT("\x80\x00\x00\x0b\x01HTTP_X_NAMEv"), 40));
    check(is_understood(GH_TEXT("\x0b\x80\x00\x00\x01HTTP_X_NAMEv"), 40));
    check_serving();
}

static void
fcgi_023_pair_split_at_every_byte_is_understood(void)
{
    static const struct gh_text more =
        GH_TEXT_INIT("\x80\x00\x00\x0b\x80\x00\x00\x01HTTP_X_NAMEv");

    for (size_t cut = 1; cut <= more.len; cut++)
        check(is_understood(more, cut));
    check_serving();
}

static void
fcgi_025_reserved_bytes_and_padding_are_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pad = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;
    struct record record = {.version = 1, .id = 1, .reserved = 0xff};

    pairs_default(&pairs, "GET", "/app/");
    bytes_z(&pad, "GET /admin/");
    bytes_fill(&pad, 1, 255 - pad.len);
    record.padding = bytes_text(&pad);
    record.type = REC_BEGIN;
    record.content = GH_TEXT("\0\1\0\xff\xff\xff\xff\xff");
    rec_odd(&request, record);
    record.type = REC_PARAMS;
    record.content = bytes_text(&pairs);
    rec_odd(&request, record);
    record.content = GH_TEXT("");
    rec_odd(&request, record);
    record.type = REC_STDIN;
    rec_odd(&request, record);
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    check_serving();
}

static void
fcgi_025_unknown_flags_of_begin_are_ignored(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    pairs_default(&pairs, "GET", "/app/");
    rec(&request, REC_BEGIN, 1, GH_TEXT("\0\1\xfe\0\0\0\0\0"));
    ask_params(&request, 1, &pairs);
    ask_stdin(&request, 1, GH_TEXT(""));
    check(rig_ask(rig(), &request, &answer));
    check_number(200, answer_status(&answer));
    check_serving();
}

const struct check_case record_cases[] = {
    CHECK_CASE(fcgi_001_one_byte_and_a_close_is_survived),
    CHECK_CASE(fcgi_003_request_byte_by_byte_is_answered),
    CHECK_CASE(fcgi_003_request_in_pieces_of_every_size_is_answered),
    CHECK_CASE(fcgi_005_wrong_version_closes),
    CHECK_CASE(fcgi_007_http_on_the_socket_closes),
    CHECK_CASE(fcgi_011_begin_of_a_wrong_length_closes),
    CHECK_CASE(fcgi_013_records_for_an_id_that_never_began_are_ignored),
    CHECK_CASE(fcgi_015_second_begin_is_told_not_to_multiplex),
    CHECK_CASE(fcgi_015_begin_amid_a_running_exchange_is_told_the_same),
    CHECK_CASE(fcgi_017_params_after_their_end_are_never_used),
    CHECK_CASE(fcgi_019_name_longer_than_the_stream_is_refused),
    CHECK_CASE(fcgi_021_long_form_of_a_short_length_is_understood),
    CHECK_CASE(fcgi_023_pair_split_at_every_byte_is_understood),
    CHECK_CASE(fcgi_025_reserved_bytes_and_padding_are_ignored),
    CHECK_CASE(fcgi_025_unknown_flags_of_begin_are_ignored),
    {NULL, NULL},
};
