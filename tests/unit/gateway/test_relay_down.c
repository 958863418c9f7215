/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/relay_down: what of an application's answer comes through,
 * the same however its bytes arrive and however little the web server takes.
 * Whole exchanges against the scripted application (play.h).
 */
#include "relay_int.h"

#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "check.h"
#include "config.h"
#include "estate.h"
#include "play.h"

#include "base/banned.h"

/* Field lines of an answer without X-Request-Id, which differs. */
static void
check_same(struct gh_text head, struct gh_text body,
           const struct play_answer *answer)
{
    check(answer->is_done && !answer->is_cut);
    check(gh_text_starts(answer->head, head));
    check_text(body, answer->body);
    check_number(body.len, answer->n_out);
}

/* The answer in two pieces, split at every place, and by single bytes; then
 * whole to web servers that take little. */
static void
check_every_split(struct gh_text bytes, struct gh_text head,
                  struct gh_text body, enum app_end end)
{
    const struct play_ask ask = {0};

    for (size_t first = 0; first < bytes.len; first++) {
        const struct app_script script = {
            .answer = bytes, .first = first, .end = end};

        check_same(head, body, play_one(&ask, &script));
    }
    for (size_t piece = 1; piece < 4; piece++) {
        const struct app_script script = {
            .answer = bytes, .piece = piece, .end = end};

        check_same(head, body, play_one(&ask, &script));
    }
    for (size_t room = 1; room < 200; room = room * 2 + 1) {
        const struct app_script script = {.answer = bytes, .end = end};
        const struct play_ask slow = {.room = room};

        check_same(head, body, play_one(&slow, &script));
    }
}

static void
FCGI_003_answer_with_a_length_is_the_same_in_any_pieces(void)
{
    check_every_split(GH_TEXT("HTTP/1.1 201 Made\r\nContent-Length: 5\r\n"
                              "X-A: b\r\n\r\nhello"),
                      GH_TEXT("Status: 201 Created\r\nContent-Length: 5\r\n"
                              "X-A: b\r\nX-Request-Id: "),
                      GH_TEXT("hello"), APP_KEEPS);
}

static void
BACK_031_chunked_answer_is_the_same_in_any_pieces(void)
{
    check_every_split(
        GH_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3;e=x\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: evil\r\n\r\n"),
        GH_TEXT("Status: 200 OK\r\nX-Request-Id: "), GH_TEXT("abcde"),
        APP_KEEPS);
}

static void
BACK_035_answer_that_ends_with_the_connection_is_the_same(void)
{
    check_every_split(GH_TEXT("HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhello"),
                      GH_TEXT("Status: 200 OK\r\nX-A: b\r\nX-Request-Id: "),
                      GH_TEXT("hello"), APP_CLOSES);
}

static void
interim_answers_do_not_come_through(void)
{
    check_every_split(GH_TEXT("HTTP/1.1 100 Continue\r\n\r\n"
                              "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                      GH_TEXT("Status: 200 OK\r\nContent-Length: 2\r\n"
                              "X-Request-Id: "),
                      GH_TEXT("ok"), APP_KEEPS);
}

static void
BACK_019_answers_without_a_body_end_with_their_head(void)
{
    static const struct {
        const char *method_z;
        struct gh_text answer;
        struct gh_text head;
    } rows[] = {
        {"HEAD",
         GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
         GH_TEXT_INIT("Status: 200 OK\r\nContent-Length: 1234\r\n")},
        {"HEAD",
         GH_TEXT_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
         GH_TEXT_INIT("Status: 200 OK\r\nX-Request-Id: ")},
        {"GET", GH_TEXT_INIT("HTTP/1.1 204 No Content\r\n\r\n"),
         GH_TEXT_INIT("Status: 204 No Content\r\nX-Request-Id: ")},
        {"GET",
         GH_TEXT_INIT("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n"
                      "Content-Length: 99\r\n\r\n"),
         GH_TEXT_INIT("Status: 304 Not Modified\r\nContent-Length: 99\r\n"
                      "ETag: \"a\"\r\n")},
        {"GET", GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
         GH_TEXT_INIT("Status: 200 OK\r\nContent-Length: 0\r\n")},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct play_ask ask = {.method_z = rows[i].method_z};
        const struct app_script script = {.answer = rows[i].answer,
                                          .end = APP_HANGS};

        check_same(rows[i].head, (struct gh_text){0}, play_one(&ask, &script));
    }
}

static void
BACK_019_body_behind_a_HEAD_answer_does_not_come_through(void)
{
    const struct app_script script = {
        .answer =
            GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")};
    const struct play_ask asks[2] = {{.method_z = "HEAD"}, {0}};
    const struct play play = {
        .scripts = &script, .n_scripts = 1, .asks = asks, .n_asks = 2};

    play_run(&play);
    check_number(0, play_answer(0)->body.len);
    check_text(GH_TEXT("hello"), play_answer(1)->body);
    check_number(2, app_n_connections());
}

/* One answer with these field lines; what came through. */
static const struct play_answer *
with_fields(struct gh_text lines)
{
    static char memory[8192];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));
    struct app_script script = {0};
    const struct play_ask ask = {0};

    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\n");
    gh_buf_checked(&buf, lines);
    gh_buf_lit(&buf, "Content-Length: 0\r\n\r\n");
    script.answer = gh_buf_text(&buf);
    return play_one(&ask, &script);
}

static void
BACK_023_commands_to_the_web_server_do_not_come_through(void)
{
    const struct play_answer *answer = with_fields(
        GH_TEXT("X-Accel-Redirect: /secret\r\nX-Accel-Buffering: no\r\n"
                "X-Sendfile: /etc/passwd\r\nX-LIGHTTPD-send-file: /x\r\n"
                "X_Accel_Redirect: /secret\r\nStatus: 500 Oops\r\n"
                "Variable-REMOTE_USER: evil\r\nX-Ok: yes\r\n"));

    check_number(200, answer->status);
    check(gh_text_starts(answer->head, GH_TEXT("Status: 200 OK\r\n")));
    check(play_has_line(answer, GH_TEXT("X-Ok: yes")));
    check(!config_contains(answer->head, GH_TEXT("ccel")));
    check(!config_contains(answer->head, GH_TEXT("endfile")));
    check(!config_contains(answer->head, GH_TEXT("send-file")));
    check(!config_contains(answer->head, GH_TEXT("Oops")));
    check(!config_contains(answer->head, GH_TEXT("Variable")));
}

static void
BACK_025_hop_by_hop_fields_do_not_come_through(void)
{
    const struct play_answer *answer =
        with_fields(GH_TEXT("Connection: keep-alive, X-Named\r\n"
                            "Keep-Alive: timeout=5\r\nX-Named: a\r\n"
                            "Upgrade: h2c\r\nX-Request-Id: theirs\r\n"));

    check_number(200, answer->status);
    check(!config_contains(answer->head, GH_TEXT("Connection")));
    check(!config_contains(answer->head, GH_TEXT("Keep-Alive")));
    check(!config_contains(answer->head, GH_TEXT("X-Named")));
    check(!config_contains(answer->head, GH_TEXT("Upgrade")));
    check(!config_contains(answer->head, GH_TEXT("theirs")));
}

static void
BACK_021_cookies_of_ours_cannot_be_set_by_an_application(void)
{
    const struct play_answer *answer =
        with_fields(GH_TEXT("Set-Cookie: __Host-id=evil; Path=/; Secure\r\n"
                            "set-cookie: __host-PRE=evil\r\n"
                            "Set-Cookie: theirs=1; Path=/public\r\n"));

    check_number(200, answer->status);
    check(!config_contains(answer->head, GH_TEXT("evil")));
    check(play_has_line(answer, GH_TEXT("Set-Cookie: theirs=1; Path=/public")));
}

static void
BACK_007_reason_of_the_application_is_not_passed_on(void)
{
    const struct app_script script = {
        .answer = GH_TEXT_INIT("HTTP/1.1 404 <b>Evil</b>\r\n"
                               "Content-Length: 0\r\n\r\n")};
    const struct play_answer *answer = play_one(&(struct play_ask){0}, &script);

    check_number(404, answer->status);
    check(gh_text_starts(answer->head, GH_TEXT("Status: 404 Not Found\r\n")));
}

/* The application's address, as far as its Location fields know. */
static void
name_backend(struct gh_worker *worker)
{
    struct gh_reach *reach = &worker->estate->pools[2]->reach;
    struct gh_buf urls = gh_buf_over(reach->urls, sizeof(reach->urls));

    gh_buf_lit(&urls, "http://127.0.0.1:9001");
    reach->urls_len = urls.len;
}

static void
BACK_029_redirects_to_the_internal_address_are_mended(void)
{
    static const struct {
        struct gh_text said, passed;
    } rows[] = {
        {GH_TEXT_INIT("http://127.0.0.1:9001/a?b"),
         GH_TEXT_INIT("https://localhost:8443/a?b")},
        {GH_TEXT_INIT("HTTP://127.0.0.1:9001"),
         GH_TEXT_INIT("https://localhost:8443")},
        {GH_TEXT_INIT("http://127.0.0.1:9001?x"),
         GH_TEXT_INIT("https://localhost:8443?x")},
        {GH_TEXT_INIT("http://127.0.0.1:90011/a"),
         GH_TEXT_INIT("http://127.0.0.1:90011/a")},
        {GH_TEXT_INIT("http://127.0.0.1:9001@evil.example/"),
         GH_TEXT_INIT("http://127.0.0.1:9001@evil.example/")},
        {GH_TEXT_INIT("https://127.0.0.1:9001/a"),
         GH_TEXT_INIT("https://127.0.0.1:9001/a")},
        {GH_TEXT_INIT("/relative"), GH_TEXT_INIT("/relative")},
        {GH_TEXT_INIT("https://other.example/"),
         GH_TEXT_INIT("https://other.example/")},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        char answer[256];
        char line[128];
        const struct play_ask ask = {0};
        const struct app_script script = {
            .answer = {answer, (size_t)snprintf(answer, sizeof(answer),
                                                "HTTP/1.1 302 Found\r\n"
                                                "Location: %s\r\n"
                                                "Content-Length: 0\r\n\r\n",
                                                rows[i].said.at)}};
        const struct play play = {.scripts = &script,
                                  .n_scripts = 1,
                                  .asks = &ask,
                                  .n_asks = 1,
                                  .on_ready = name_backend};
        int n = snprintf(line, sizeof(line), "Location: %s", rows[i].passed.at);

        play_run(&play);
        check(play_has_line(play_answer(0), (struct gh_text){line, (size_t)n}));
    }
}

static void
broken_chunks_cut_the_answer(void)
{
    static const struct gh_text bodies[] = {
        GH_TEXT_INIT("3\r\nabcX"),          GH_TEXT_INIT("3\r\nabc\r\nzz\r\n"),
        GH_TEXT_INIT("3\r\nabc\r\n-1\r\n"), GH_TEXT_INIT("3\r\nabc\r\n"),
        GH_TEXT_INIT("3\r\nabc\r\n0\r\n"),
    };
    char memory[256];

    for (size_t i = 0; i < GH_COUNT(bodies); i++) {
        struct gh_buf buf = gh_buf_over(memory, sizeof(memory));
        struct app_script script = {.end = APP_CLOSES};
        const struct play_answer *answer;

        gh_buf_lit(&buf,
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        gh_buf_checked(&buf, bodies[i]);
        script.answer = gh_buf_text(&buf);
        answer = play_one(&(struct play_ask){0}, &script);
        check(answer->is_done && answer->is_cut);
        check_text(GH_TEXT("abc"), answer->body);
    }
}

static void
SIZE_007_large_answer_is_passed_on_as_fast_as_it_is_taken(void)
{
    static char bytes[1024 * 1024];
    struct gh_buf buf = gh_buf_over(bytes, sizeof(bytes));
    const struct play_ask ask = {.room = 20000};
    struct app_script script = {0};
    const struct play_answer *answer;
    size_t head;

    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    head = buf.len;
    for (size_t i = 0; i < 1000000; i++)
        bytes[head + i] = (char)('a' + (char)(i % 25));
    script.answer = (struct gh_text){bytes, head + 1000000};
    answer = play_one(&ask, &script);
    check(!answer->is_cut);
    check_number(1000000, answer->n_out);
    check(gh_text_equal(gh_text_from(script.answer, head), answer->body));
}

static void
what_was_written_is_flushed_before_waiting(void)
{
    const struct gh_text bytes =
        GH_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const struct app_script script = {.answer = bytes, .first = bytes.len - 2};
    const struct play_answer *answer = play_one(&(struct play_ask){0}, &script);

    check_text(GH_TEXT("hello"), answer->body);
    check_number(1, answer->n_flushes);
}

const struct check_case relay_down_cases[] = {
    CHECK_CASE(FCGI_003_answer_with_a_length_is_the_same_in_any_pieces),
    CHECK_CASE(BACK_031_chunked_answer_is_the_same_in_any_pieces),
    CHECK_CASE(BACK_035_answer_that_ends_with_the_connection_is_the_same),
    CHECK_CASE(interim_answers_do_not_come_through),
    CHECK_CASE(BACK_019_answers_without_a_body_end_with_their_head),
    CHECK_CASE(BACK_019_body_behind_a_HEAD_answer_does_not_come_through),
    CHECK_CASE(BACK_023_commands_to_the_web_server_do_not_come_through),
    CHECK_CASE(BACK_025_hop_by_hop_fields_do_not_come_through),
    CHECK_CASE(BACK_021_cookies_of_ours_cannot_be_set_by_an_application),
    CHECK_CASE(BACK_007_reason_of_the_application_is_not_passed_on),
    CHECK_CASE(BACK_029_redirects_to_the_internal_address_are_mended),
    CHECK_CASE(broken_chunks_cut_the_answer),
    CHECK_CASE(SIZE_007_large_answer_is_passed_on_as_fast_as_it_is_taken),
    CHECK_CASE(what_was_written_is_flushed_before_waiting),
    {0},
};
