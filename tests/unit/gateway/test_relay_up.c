/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/relay_up: bodies on their way to the application: framing,
 * back-pressure, bodies that break off, stop or grow too large. Whole
 * exchanges against the scripted application (play.h).
 */
#include "relay_int.h"

#include <string.h>

#include "check.h"
#include "config.h"
#include "play.h"

#include "base/banned.h"

static const struct app_script hello = {
    .answer =
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")};

/* Body of the i-th request that the application saw. */
static struct gh_text
body_seen(size_t i)
{
    struct gh_text rest = app_request(i);

    while (rest.len > 0 && !gh_text_starts(rest, GH_TEXT("\r\n\r\n")))
        rest = gh_text_from(rest, 1);
    return gh_text_from(rest, 4);
}

/* A megabyte of changing bytes. */
static struct gh_text
large_body(void)
{
    static char bytes[1024 * 1024];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)('a' + (char)(i % 25));
    return (struct gh_text){bytes, sizeof(bytes)};
}

static void
body_with_a_length_arrives_byte_by_byte(void)
{
    const struct gh_text whole = GH_TEXT("name=value&more=\0\r\n\xff");

    for (size_t step = 1; step <= whole.len; step++) {
        const struct play_ask ask = {.method_z = "POST",
                                     .body = whole,
                                     .has_length = true,
                                     .body_step = step};

        check_number(200, play_one(&ask, &hello)->status);
        check_text(whole, body_seen(0));
        check(config_contains(app_request(0),
                              GH_TEXT("\r\nContent-Length: 20\r\n")));
        check(!config_contains(app_request(0), GH_TEXT("Transfer-Encoding")));
    }
}

static void
body_without_a_length_is_framed_in_chunks(void)
{
    const struct play_ask ask = {.method_z = "POST",
                                 .body = GH_TEXT("hello, application"),
                                 .body_step = 7};

    check_number(200, play_one(&ask, &hello)->status);
    check(config_contains(app_request(0),
                          GH_TEXT("\r\nTransfer-Encoding: chunked\r\n")));
    check(!config_contains(app_request(0), GH_TEXT("Content-Length")));
    check_text(
        GH_TEXT("7\r\nhello, \r\n7\r\napplica\r\n4\r\ntion\r\n0\r\n\r\n"),
        body_seen(0));
}

static void
no_body_has_no_framing(void)
{
    check_number(200, play_one(&(struct play_ask){0}, &hello)->status);
    check(!config_contains(app_request(0), GH_TEXT("Transfer-Encoding")));
    check(!config_contains(app_request(0), GH_TEXT("Content-Length")));
    check_number(0, body_seen(0).len);
}

static void
SIZE_007_large_body_streams_through_a_small_buffer(void)
{
    const struct gh_text whole = large_body();
    const struct play_ask ask = {
        .method_z = "PUT", .body = whole, .has_length = true};
    const struct play_answer *answer = play_one(&ask, &hello);

    check_number(200, answer->status);
    check(gh_text_equal(whole, body_seen(0)));
    check_number(whole.len, answer->n_in);
    check(answer->most_waiting <= GH_BODY_BUFFER);
}

static void
large_body_without_a_length_streams_too(void)
{
    const struct gh_text whole = large_body();
    const struct play_ask ask = {.method_z = "PUT", .body = whole};
    const struct play_answer *answer = play_one(&ask, &hello);
    struct gh_chunked chunked = {0};
    struct gh_text rest;
    size_t n = 0;

    check_number(200, answer->status);
    for (rest = body_seen(0); rest.len > 0;) {
        struct gh_text content = {0};
        size_t used = 0;
        enum gh_status status =
            gh_chunked_decode(&chunked, rest, &content, &used);

        check(gh_text_starts(gh_text_from(whole, n), content));
        n += content.len;
        rest = gh_text_from(rest, used);
        if (status != GH_OK)
            break;
    }
    check_number(whole.len, n);
    check_number(0, rest.len);
}

static void
short_small_body_is_never_heard_of(void)
{
    const struct play_ask ask = {.method_z = "POST",
                                 .params_z = "CONTENT_LENGTH=20",
                                 .body = GH_TEXT("too short")};
    const struct play_answer *answer = play_one(&ask, &hello);

    check_number(400, answer->status);
    check_number(0, app_n_connections());
}

static void
SMUG_005_bytes_behind_the_length_are_not_sent(void)
{
    const struct play_ask ask = {.method_z = "POST",
                                 .params_z = "CONTENT_LENGTH=5",
                                 .body = GH_TEXT("helloGET /evil")};

    check_number(200, play_one(&ask, &hello)->status);
    check_text(GH_TEXT("hello"), body_seen(0));
}

/* A body that announces more than it has and is too large to be collected. */
static struct play_ask
long_ask(void)
{
    return (struct play_ask){.method_z = "POST",
                             .params_z = "CONTENT_LENGTH=2000000",
                             .body = large_body()};
}

static void
long_body_that_breaks_off_gives_400_and_closes(void)
{
    struct play_ask ask = long_ask();

    ask.is_body_broken = true;
    check_number(400, play_one(&ask, &hello)->status);
    check_number(1, app_n_connections());
    check(body_seen(0).len <= large_body().len);
}

static void
stream_that_breaks_off_is_not_ended_for_the_application(void)
{
    const struct play_ask ask = {.method_z = "POST",
                                 .body = GH_TEXT("half"),
                                 .body_step = 2,
                                 .is_body_broken = true};

    check_number(400, play_one(&ask, &hello)->status);
    check(!config_contains(body_seen(0), GH_TEXT("0\r\n\r\n")));
}

static void
SIZE_001_stream_over_the_limit_gives_413(void)
{
    const struct play_ask ask = {.method_z = "POST", .body = large_body()};
    const struct play play = {.settings_z = "[limits]\nbody = 100K",
                              .scripts = &hello,
                              .n_scripts = 1,
                              .asks = &ask,
                              .n_asks = 1};

    play_run(&play);
    check_number(413, play_answer(0)->status);
    check(!config_contains(body_seen(0), GH_TEXT("\r\n0\r\n\r\n")));
}

/* One ask with short waits for the body and for the application. */
static const struct play_answer *
play_short(const struct play_ask *ask, const struct app_script *script)
{
    const struct play play = {
        .timeouts_z = "body = 60ms\nsilence = 60ms\nfirst_byte = 60ms",
        .scripts = script,
        .n_scripts = 1,
        .asks = ask,
        .n_asks = 1};

    play_run(&play);
    return play_answer(0);
}

static void
body_that_stops_gives_408(void)
{
    struct play_ask small = {.method_z = "POST",
                             .params_z = "CONTENT_LENGTH=20",
                             .body = GH_TEXT("half"),
                             .is_body_stuck = true};
    struct play_ask large = long_ask();
    struct play_ask nothing = {.is_body_stuck = true};

    check_number(408, play_short(&small, &hello)->status);
    check_number(0, app_n_connections());
    large.is_body_stuck = true;
    check_number(408, play_short(&large, &hello)->status);
    check_number(1, app_n_connections());
    check_number(408, play_short(&nothing, &hello)->status);
    check_number(0, app_n_connections());
}

static void
application_that_does_not_read_gives_504(void)
{
    const struct app_script deaf = {.is_deaf = true, .end = APP_HANGS};
    const struct play_ask ask = {
        .method_z = "POST", .body = large_body(), .has_length = true};
    const struct play_answer *answer = play_short(&ask, &deaf);

    check_number(504, answer->status);
    check(answer->most_waiting <= GH_BODY_BUFFER);
}

static void
early_answer_comes_through_before_the_body_is_read(void)
{
    const struct app_script early = {.answer = hello.answer, .is_early = true};
    const struct play_ask ask = {
        .method_z = "POST", .body = large_body(), .has_length = true};
    const struct play_answer *answer = play_one(&ask, &early);

    check(!answer->is_cut);
    check_text(GH_TEXT("hello"), answer->body);
}

static void
early_answer_of_an_application_that_closes_comes_through(void)
{
    const struct app_script early = {
        .answer = hello.answer, .is_early = true, .end = APP_CLOSES};
    const struct play_ask ask = {
        .method_z = "POST", .body = GH_TEXT("0123456789"), .has_length = true};

    check_text(GH_TEXT("hello"), play_one(&ask, &early)->body);
}

/* An application that does not read a body takes it for the next request. */
static void
SMUG_006_connection_that_carried_a_body_is_not_used_again(void)
{
    static const char *const methods[] = {"GET", "POST", "DELETE"};

    for (size_t i = 0; i < 2 * GH_COUNT(methods); i++) {
        const struct play_ask asks[2] = {
            {.method_z = methods[i / 2],
             .body = GH_TEXT("GET /x HTTP/1.1\r\nRemote-User: bob\r\n\r\n"),
             .has_length = i % 2 == 0},
            {0}};
        const struct play play = {
            .scripts = &hello, .n_scripts = 1, .asks = asks, .n_asks = 2};

        play_run(&play);
        check_text(GH_TEXT("hello"), play_answer(1)->body);
        check_number(2, app_n_connections());
        check(config_contains(app_request(0),
                              GH_TEXT("\r\nConnection: close\r\n")));
        check(!config_contains(app_request(1), GH_TEXT("\r\nConnection:")));
    }
}

/* An application that answers a megabyte while it does not read, and a web
 * server that takes little: both directions are blocked at once. */
static void
both_directions_blocked_at_once_come_free_again(void)
{
    static char answer[256 * 1024];
    struct gh_buf buf = gh_buf_over(answer, sizeof(answer));
    struct app_script early = {.is_early = true};
    const struct play_ask ask = {.method_z = "POST",
                                 .body = large_body(),
                                 .has_length = true,
                                 .room = 4096};
    const struct play_answer *seen;

    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
    memset(answer + buf.len, 'x', 200000);
    early.answer = (struct gh_text){answer, buf.len + 200000};
    seen = play_one(&ask, &early);
    check(seen->is_done && !seen->is_cut);
    check_number(200000, seen->body.len);
}

/* The application answers without reading and closes, while the body is
 * blocked and the web server takes nothing: nobody can do anything until the
 * deadline, so nobody may be woken for it over and over. */
static void
hang_up_while_both_directions_are_blocked_costs_no_time(void)
{
    static char answer[100 * 1024];
    struct gh_buf buf = gh_buf_over(answer, sizeof(answer));
    struct app_script deaf = {
        .is_deaf = true, .piece = 5000, .end = APP_CLOSES};
    const struct play_ask ask = {.method_z = "POST",
                                 .body = large_body(),
                                 .has_length = true,
                                 .room = 40,
                                 .takes_no_more = true};
    const struct play play = {.timeouts_z = "send = 300ms",
                              .scripts = &deaf,
                              .n_scripts = 1,
                              .asks = &ask,
                              .n_asks = 1};

    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    memset(answer + buf.len, 'x', 100000);
    deaf.answer = (struct gh_text){answer, buf.len + 100000};
    play_run(&play);
    check(play_answer(0)->is_done && play_answer(0)->is_cut);
    check(play_answer(0)->n_asked < 500);
}

const struct check_case relay_up_cases[] = {
    CHECK_CASE(SMUG_006_connection_that_carried_a_body_is_not_used_again),
    CHECK_CASE(body_with_a_length_arrives_byte_by_byte),
    CHECK_CASE(body_without_a_length_is_framed_in_chunks),
    CHECK_CASE(no_body_has_no_framing),
    CHECK_CASE(SIZE_007_large_body_streams_through_a_small_buffer),
    CHECK_CASE(large_body_without_a_length_streams_too),
    CHECK_CASE(short_small_body_is_never_heard_of),
    CHECK_CASE(SMUG_005_bytes_behind_the_length_are_not_sent),
    CHECK_CASE(long_body_that_breaks_off_gives_400_and_closes),
    CHECK_CASE(stream_that_breaks_off_is_not_ended_for_the_application),
    CHECK_CASE(SIZE_001_stream_over_the_limit_gives_413),
    CHECK_CASE(body_that_stops_gives_408),
    CHECK_CASE(application_that_does_not_read_gives_504),
    CHECK_CASE(early_answer_comes_through_before_the_body_is_read),
    CHECK_CASE(early_answer_of_an_application_that_closes_comes_through),
    CHECK_CASE(both_directions_blocked_at_once_come_free_again),
    CHECK_CASE(hang_up_while_both_directions_are_blocked_costs_no_time),
    {0},
};
