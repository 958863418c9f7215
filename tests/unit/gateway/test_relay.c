/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/relay: phases, waits and what becomes of an application
 * that is absent, slow, silent or breaks off. Whole exchanges against the
 * scripted application (play.h); deadlines are real and short.
 */
#include "relay.h"

#include "check.h"
#include "play.h"

#include "base/banned.h"

#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static const struct app_script hello = {.answer = GH_TEXT_INIT(OK_5)};

/* Short deadlines for all waits. */
static const char short_z[] =
    "connect = 60ms\nfirst_byte = 60ms\nsilence = 60ms\nbody = 60ms\n"
    "send = 60ms";

/* Plays one ask with short deadlines. */
static const struct play_answer *
play_short(const struct play_ask *ask, const struct app_script *script)
{
    const struct play play = {.timeouts_z = short_z,
                              .scripts = script,
                              .n_scripts = 1,
                              .asks = ask,
                              .n_asks = 1};

    play_run(&play);
    return play_answer(0);
}

/* An answer of ours in place of the application's. */
static void
check_replaced(const struct play_answer *answer, unsigned status)
{
    check(answer->is_done && !answer->is_cut);
    check_number(status, answer->status);
    check(play_has_line(answer, GH_TEXT("Cache-Control: no-store")));
    check_number(answer->body.len, answer->n_out);
}

static void
BACK_001_application_that_is_not_there_gives_502(void)
{
    const struct play_ask ask = {.stops_app_before = true};

    check_replaced(play_one(&ask, &hello), 502);
}

/* Somebody else has the one request that the application may be given. */
static void
keep_busy(struct gh_worker *worker)
{
    atomic_fetch_add(&worker->gateway->n_busy[2], 1);
}

static void
let_go(struct gh_worker *worker)
{
    atomic_fetch_sub(&worker->gateway->n_busy[2], 1);
}

static void
application_that_has_enough_to_do_gives_503_with_retry_after(void)
{
    const struct play_ask ask = {0};
    struct play play = {.settings_z = "connections = 1",
                        .scripts = &hello,
                        .n_scripts = 1,
                        .asks = &ask,
                        .n_asks = 1};

    play_run(&play);
    check_number(200, play_answer(0)->status);
    play.on_ready = keep_busy;
    play.on_over = let_go;
    play_run(&play);
    check_replaced(play_answer(0), 503);
    check(play_has_line(play_answer(0), GH_TEXT("Retry-After: 5")));
    check_number(0, app_n_connections());
}

static void
BACK_033_silent_application_gives_504_in_its_time(void)
{
    const struct app_script silent = {.end = APP_HANGS};
    const struct play_answer *answer =
        play_short(&(struct play_ask){0}, &silent);

    check_replaced(answer, 504);
    check(answer->ms >= 60 && answer->ms < 5000);
}

static void
BACK_003_close_without_a_byte_gives_502(void)
{
    const struct app_script closes = {.end = APP_CLOSES};
    const struct app_script resets = {
        .answer = GH_TEXT_INIT("H"), .end = APP_CLOSES, .is_deaf = true};

    check_replaced(play_one(&(struct play_ask){0}, &closes), 502);
    check_replaced(play_one(&(struct play_ask){0}, &resets), 502);
}

static void
BACK_003_close_inside_the_head_gives_502(void)
{
    const struct gh_text whole = GH_TEXT(OK_5);

    for (size_t len = 1; len < whole.len - 5; len += 3) {
        const struct app_script cut = {.answer = gh_text_first(whole, len),
                                       .end = APP_CLOSES};

        check_replaced(play_one(&(struct play_ask){0}, &cut), 502);
    }
}

static void
BACK_015_short_body_cuts_the_answer(void)
{
    const struct gh_text whole = GH_TEXT(OK_5);

    for (size_t len = whole.len - 5; len < whole.len; len++) {
        const struct app_script cut = {.answer = gh_text_first(whole, len),
                                       .end = APP_CLOSES};
        const struct play_answer *answer =
            play_one(&(struct play_ask){0}, &cut);

        check(answer->is_done && answer->is_cut);
        check_number(200, answer->status);
        check_text(gh_text_first(GH_TEXT("hello"), len + 5 - whole.len),
                   answer->body);
    }
}

static void
application_that_falls_silent_in_its_answer_is_cut(void)
{
    const struct app_script half = {
        .answer =
            GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        .end = APP_HANGS};
    const struct play_answer *answer = play_short(&(struct play_ask){0}, &half);

    check(answer->is_done && answer->is_cut);
    check_text(GH_TEXT("half"), answer->body);
    check(answer->n_flushes > 0);
    check(answer->ms >= 60);
}

static void
BACK_004_nonsense_gives_502(void)
{
    static const struct gh_text answers[] = {
        GH_TEXT_INIT("hello"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\n\nx"),
        GH_TEXT_INIT("HTTP/2 200\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 101 Switching\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                     "Content-Length: 2\r\n\r\nx"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
    };

    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        const struct app_script script = {.answer = answers[i],
                                          .end = APP_CLOSES};

        check_replaced(play_one(&(struct play_ask){0}, &script), 502);
    }
}

static void
answer_head_over_the_limit_gives_502(void)
{
    static char answer[40 * 1024];
    const struct app_script script = {.answer = {answer, sizeof(answer)},
                                      .end = APP_HANGS};
    const struct play_ask ask = {0};
    struct gh_buf buf = gh_buf_over(answer, sizeof(answer));

    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\n");
    while (!buf.is_failed)
        gh_buf_lit(&buf,
                   "X-Long: 0123456789012345678901234567890123456789\r\n");
    check_replaced(play_one(&ask, &script), 502);
}

/* Asks twice; the second time over whatever was kept. */
static void
play_twice(const struct play_ask *second, const struct app_script scripts[3])
{
    struct play_ask asks[2] = {{0}, *second};
    const struct play play = {
        .scripts = scripts, .n_scripts = 3, .asks = asks, .n_asks = 2};

    play_run(&play);
    check_number(200, play_answer(0)->status);
}

static void
kept_connection_serves_the_next_request(void)
{
    const struct app_script scripts[3] = {hello, hello, hello};

    play_twice(&(struct play_ask){0}, scripts);
    check_number(200, play_answer(1)->status);
    check_number(1, app_n_connections());
    check_number(2, app_n_requests());
}

static void
idempotent_request_is_repeated_when_a_kept_connection_was_stale(void)
{
    const struct app_script scripts[3] = {hello, {.end = APP_CLOSES}, hello};

    play_twice(&(struct play_ask){0}, scripts);
    check_number(200, play_answer(1)->status);
    check_text(GH_TEXT("hello"), play_answer(1)->body);
    check_number(2, app_n_connections());
    check_number(3, app_n_requests());
    check(gh_text_starts(app_request(2), GH_TEXT("GET /public/x")));
}

static void
request_is_repeated_once_and_no_more(void)
{
    const struct app_script scripts[3] = {
        hello, {.end = APP_CLOSES}, {.end = APP_CLOSES}};

    play_twice(&(struct play_ask){0}, scripts);
    check_replaced(play_answer(1), 502);
    check_number(3, app_n_requests());
}

static void
request_is_not_repeated_once_a_byte_of_the_answer_came(void)
{
    const struct app_script scripts[3] = {
        hello, {.answer = GH_TEXT_INIT("HTTP"), .end = APP_CLOSES}, hello};

    play_twice(&(struct play_ask){0}, scripts);
    check_replaced(play_answer(1), 502);
    check_number(2, app_n_requests());
}

static void
POST_is_neither_repeated_nor_sent_over_a_kept_connection(void)
{
    const struct app_script scripts[3] = {hello, {.end = APP_CLOSES}, hello};

    play_twice(&(struct play_ask){.method_z = "POST", .has_length = true},
               scripts);
    check_replaced(play_answer(1), 502);
    check_number(2, app_n_connections());
    check_number(2, app_n_requests());
}

static void
PUT_with_a_body_is_not_repeated(void)
{
    const struct app_script scripts[3] = {hello, {.end = APP_CLOSES}, hello};

    play_twice(&(struct play_ask){.method_z = "PUT",
                                  .body = GH_TEXT("content"),
                                  .has_length = true},
               scripts);
    check_replaced(play_answer(1), 502);
    check_number(2, app_n_requests());
}

static void
BACK_017_bytes_behind_an_answer_end_the_connection(void)
{
    const struct app_script scripts[3] = {
        {.answer = GH_TEXT_INIT(OK_5 "HTTP/1.1 200 OK\r\n"
                                     "Content-Length: 4\r\n\r\nevil")},
        hello,
        hello};

    play_twice(&(struct play_ask){0}, scripts);
    check_text(GH_TEXT("hello"), play_answer(0)->body);
    check_text(GH_TEXT("hello"), play_answer(1)->body);
    check_number(2, app_n_connections());
}

static void
BACK_035_connection_close_and_HTTP_1_0_are_not_kept(void)
{
    static const struct gh_text answers[] = {
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                     "Content-Length: 5\r\n\r\nhello"),
        GH_TEXT_INIT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    };

    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        const struct app_script scripts[3] = {{.answer = answers[i]}, hello};

        play_twice(&(struct play_ask){0}, scripts);
        check_text(GH_TEXT("hello"), play_answer(1)->body);
        check_number(2, app_n_connections());
    }
}

static void
keep_of_zero_keeps_nothing(void)
{
    const struct play_ask asks[2] = {{0}, {0}};
    const struct play play = {.settings_z = "keep = 0",
                              .scripts = &hello,
                              .n_scripts = 1,
                              .asks = asks,
                              .n_asks = 2};

    play_run(&play);
    check_text(GH_TEXT("hello"), play_answer(1)->body);
    check_number(2, app_n_connections());
}

static void
web_server_that_stops_reading_an_answer_is_cut_off(void)
{
    const struct play_ask ask = {.room = 40, .takes_no_more = true};
    const struct play_answer *answer = play_short(&ask, &hello);

    check(answer->is_done && answer->is_cut);
    check_number(40, answer->bytes.len);
    check(answer->ms >= 60);
}

static void
web_server_that_is_gone_ends_the_answer(void)
{
    const struct play_ask ask = {.gone_after = 10};
    const struct play_answer *answer = play_one(&ask, &hello);

    check(answer->is_done && answer->is_cut);
}

const struct check_case relay_cases[] = {
    CHECK_CASE(BACK_001_application_that_is_not_there_gives_502),
    CHECK_CASE(application_that_has_enough_to_do_gives_503_with_retry_after),
    CHECK_CASE(BACK_033_silent_application_gives_504_in_its_time),
    CHECK_CASE(BACK_003_close_without_a_byte_gives_502),
    CHECK_CASE(BACK_003_close_inside_the_head_gives_502),
    CHECK_CASE(BACK_015_short_body_cuts_the_answer),
    CHECK_CASE(application_that_falls_silent_in_its_answer_is_cut),
    CHECK_CASE(BACK_004_nonsense_gives_502),
    CHECK_CASE(answer_head_over_the_limit_gives_502),
    CHECK_CASE(kept_connection_serves_the_next_request),
    CHECK_CASE(idempotent_request_is_repeated_when_a_kept_connection_was_stale),
    CHECK_CASE(request_is_repeated_once_and_no_more),
    CHECK_CASE(request_is_not_repeated_once_a_byte_of_the_answer_came),
    CHECK_CASE(POST_is_neither_repeated_nor_sent_over_a_kept_connection),
    CHECK_CASE(PUT_with_a_body_is_not_repeated),
    CHECK_CASE(BACK_017_bytes_behind_an_answer_end_the_connection),
    CHECK_CASE(BACK_035_connection_close_and_HTTP_1_0_are_not_kept),
    CHECK_CASE(keep_of_zero_keeps_nothing),
    CHECK_CASE(web_server_that_stops_reading_an_answer_is_cut_off),
    CHECK_CASE(web_server_that_is_gone_ends_the_answer),
    {0},
};
