/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers on their way back: sizes around every boundary, many at once, and
 * applications that are down, silent or break off. What broke after its head
 * had gone must never look complete: no END_REQUEST.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* Asks for uri; the HTTP status, 0 when there was no END_REQUEST. */
static int
ask(const char *uri_z, struct answer *out)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    ask_get(&request, 1, false, uri_z);
    return rig_ask(rig(), &request, out) ? answer_status(out) : 0;
}

/* Lets the application answer so, once it is asked. */
static void
script(struct gh_text text, size_t hold_at)
{
    app_reset(rig()->app);
    app_answers(rig()->app,
                (struct app_script){.answer = text, .hold_at = hold_at});
}

static void
answers_of_every_size_arrive_whole(void)
{
    static const size_t sizes[] = {
        1,     7,     8,     255,   256,   4095,  4096,   8183,   8184,
        8185,  8191,  8192,  8193,  16383, 16384, 32767,  32768,  65526,
        65527, 65528, 65535, 65536, 65537, 99999, 131072, 262144, 1048577};

    app_reset(rig()->app);
    for (size_t i = 0; i < GH_COUNT(sizes); i++) {
        GH_CLEAN(answer_done) struct answer answer;

        app_floods(rig()->app, sizes[i]);
        check_number(200, ask("/app/", &answer));
        check_number(sizes[i], answer_body(&answer).len);
        check_number(1, answer.n_ends);
        check_number(0, answer.n_strange);
    }
    check_serving();
}

static void
large_answers_follow_each_other_on_one_connection(void)
{
    enum {
        SIZE = 3000000
    };
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    app_floods(rig()->app, SIZE);
    ask_get(&request, 1, true, "/app/");
    for (int i = 0; i < 5; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_send(&peer, bytes_text(&request)));
        check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
        check_number(SIZE, answer_body(&answer).len);
    }
    check_serving();
}

static void
answer_without_a_body_is_ended(void)
{
    GH_CLEAN(answer_done) struct answer answer;

    script(GH_TEXT("HTTP/1.1 204 No Content\r\n\r\n"), APP_NEVER_HOLDS);
    check_number(204, ask("/app/", &answer));
    check_number(0, answer_body(&answer).len);
    check_serving();
}

static void
sixty_exchanges_at_once_get_each_their_answer(void)
{
    enum {
        N = 60
    };
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    struct peer peers[N];

    app_reset(rig()->app);
    app_holds(rig()->app);
    ask_get(&request, 1, false, "/app/");
    for (size_t i = 0; i < N; i++) {
        peers[i] = peer_open(rig()->socket);
        check(peer_send(&peers[i], bytes_text(&request)));
    }
    check(app_gets_requests(rig()->app, N, RIG_SLACK_MS));
    check_number(404, rig_get(rig(), "/nowhere"));
    app_lets_go(rig()->app);
    for (size_t i = 0; i < N; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        check(peer_answer(&peers[i], 1, &answer, RIG_SLACK_MS));
        check_text(GH_TEXT("hello"), answer_body(&answer));
        peer_close(&peers[i]);
    }
    check_serving();
}

static void
application_that_is_down_is_answered_502(void)
{
    GH_CLEAN(answer_done) struct answer answer;

    check_number(502, ask("/down/", &answer));
    check_number(1, answer.n_ends);
    check_serving();
}

static void
application_that_never_answers_is_answered_504(void)
{
    GH_CLEAN(answer_done) struct answer answer;
    long long since = now_ms();

    app_reset(rig()->app);
    app_holds(rig()->app);
    check_number(504, ask("/app/", &answer));
    check(now_ms() - since >= RIG_FIRST_BYTE_MS * 3 / 4);
    check_number(1, answer.n_ends);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_serving();
}

static void
application_that_hangs_up_is_answered_502(void)
{
    GH_CLEAN(answer_done) struct answer answer;

    script(GH_TEXT(""), APP_NEVER_HOLDS);
    check_number(502, ask("/app/", &answer));
    check(app_requests(rig()->app) <= 2);
    check_serving();
}

static void
post_is_never_sent_twice(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};

    check_serving(); /* so that a kept connection is there to be lost */
    script(GH_TEXT(""), APP_NEVER_HOLDS);
    ask_post(&request, "/app/pay", GH_TEXT("100"), "3");
    for (int i = 0; i < 3; i++) {
        GH_CLEAN(answer_done) struct answer answer;

        check(rig_ask(rig(), &request, &answer));
        check_number(502, answer_status(&answer));
    }
    check_number(3, app_requests(rig()->app));
    check_serving();
}

/* True when the exchange ended in a close without END_REQUEST. */
static bool
is_cut_off(struct answer *answer)
{
    return ask("/app/", answer) == 0 && answer->n_ends == 0 &&
           answer->is_closed;
}

/* The application sends the text and closes. */
static void
script_and_close(struct gh_text text)
{
    app_reset(rig()->app);
    app_answers(rig()->app, (struct app_script){.answer = text,
                                                .hold_at = APP_NEVER_HOLDS,
                                                .hangs_up = true});
}

static void
answer_that_breaks_off_never_looks_complete(void)
{
    static const struct gh_text heads[] = {
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "5\r\nhello\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "5\r\nhello\r\nzz\r\n"),
    };

    for (size_t i = 0; i < GH_COUNT(heads); i++) {
        GH_CLEAN(answer_done) struct answer answer;

        script_and_close(heads[i]);
        check(is_cut_off(&answer));
    }
    check_serving();
}

static void
answer_that_ends_with_its_connection_is_whole(void)
{
    GH_CLEAN(answer_done) struct answer answer;

    script_and_close(GH_TEXT("HTTP/1.1 200 OK\r\n\r\nhello"));
    check_number(200, ask("/app/", &answer));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    check_number(1, answer.n_ends);
    check_serving();
}

static void
head_that_breaks_off_is_answered_502(void)
{
    GH_CLEAN(answer_done) struct answer answer;

    script_and_close(GH_TEXT("HTTP/1.1 200 OK\r\nContent-Le"));
    check_number(502, ask("/app/", &answer));
    check_number(1, answer.n_ends);
    check_serving();
}

static void
silence_inside_an_answer_is_ended_by_the_deadline(void)
{
    GH_CLEAN(answer_done) struct answer answer;
    struct gh_text text =
        GH_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhellohello");
    long long since = now_ms();

    script(text, text.len - 5);
    check(is_cut_off(&answer));
    check(now_ms() - since >= RIG_SILENCE_MS * 3 / 4);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_serving();
}

static void
answer_in_two_parts_within_the_deadline_is_whole(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = peer_open(rig()->socket);
    struct gh_text text =
        GH_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhellohello");

    script(text, text.len - 5);
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&peer, bytes_text(&request)));
    check(!peer_answer(&peer, 1, &answer, RIG_SILENCE_MS / 2));
    /* What has come is not kept back. */
    check_text(GH_TEXT("hello"), answer_body(&answer));
    app_lets_go(rig()->app);
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_text(GH_TEXT("hellohello"), answer_body(&answer));
    check_serving();
}

const struct check_case answer_cases[] = {
    CHECK_CASE(answers_of_every_size_arrive_whole),
    CHECK_CASE(large_answers_follow_each_other_on_one_connection),
    CHECK_CASE(answer_without_a_body_is_ended),
    CHECK_CASE(sixty_exchanges_at_once_get_each_their_answer),
    CHECK_CASE(application_that_is_down_is_answered_502),
    CHECK_CASE(application_that_never_answers_is_answered_504),
    CHECK_CASE(application_that_hangs_up_is_answered_502),
    CHECK_CASE(post_is_never_sent_twice),
    CHECK_CASE(answer_that_breaks_off_never_looks_complete),
    CHECK_CASE(answer_that_ends_with_its_connection_is_whole),
    CHECK_CASE(head_that_breaks_off_is_answered_502),
    CHECK_CASE(silence_inside_an_answer_is_ended_by_the_deadline),
    CHECK_CASE(answer_in_two_parts_within_the_deadline_is_whole),
    {NULL, NULL},
};
