/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies: what the web server sends as STDIN against what CONTENT_LENGTH
 * claims, and what of it an application may ever see. Bodies of up to 32 KiB
 * are collected first, larger ones stream.
 */
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "rig.h"

#include "base/banned.h"

/* More than is collected before the application hears of it. */
enum {
    STREAMED = 100000
};

/* Posts body with the claimed length to /app/; the HTTP status. */
static int
post(struct gh_text body, const char *length_z)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer;

    app_reset(rig()->app);
    ask_post(&request, "/app/", body, length_z);
    rig_ask(rig(), &request, &answer);
    return answer_status(&answer);
}

/* True when the last whole request of the application has this body. */
static bool
app_got(struct gh_text body)
{
    GH_CLEAN(bytes_done) struct bytes got = {.len = 0};

    app_last_body(rig()->app, &got);
    return app_requests(rig()->app) == 1 &&
           gh_text_equal(bytes_text(&got), body);
}

static void
body_of_its_claimed_length_arrives_whole(void)
{
    check_number(200, post(GH_TEXT("body"), "4"));
    check(app_got(GH_TEXT("body")));
    check_serving();
}

static void
body_of_a_mebibyte_arrives_whole(void)
{
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};

    for (unsigned i = 0; i < 1024 * 1024; i++)
        bytes_byte(&body, i * 31 + (i >> 8));
    check_number(200, post(bytes_text(&body), "1048576"));
    check(app_got(bytes_text(&body)));
    check_serving();
}

static void
short_body_never_reaches_an_application(void)
{
    static const char *const lengths[] = {"5", "1000", "32768"};

    for (size_t i = 0; i < GH_COUNT(lengths); i++) {
        check_number(400, post(GH_TEXT("body"), lengths[i]));
        check_number(0, app_received(rig()->app));
    }
    check_number(400, post(GH_TEXT(""), "1"));
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
short_streamed_body_is_never_a_whole_request(void)
{
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};

    bytes_fill(&body, 'b', STREAMED);
    check(post(bytes_text(&body), "200000") != 200);
    check_number(0, app_requests(rig()->app));
    check_serving();
}

static void
long_body_is_cut_at_its_claimed_length_or_refused(void)
{
    int status = post(GH_TEXT("bodyGET /evil HTTP/1.1\r\n\r\n"), "4");

    if (status == 400)
        check_number(0, app_received(rig()->app));
    else if (check_number(200, status))
        check(app_got(GH_TEXT("body")));
    check_serving();
}

static void
long_streamed_body_is_cut_at_its_claimed_length_or_refused(void)
{
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};
    int status;

    bytes_fill(&body, 'b', STREAMED);
    status = post(bytes_text(&body), "50000");
    if (status == 200)
        check(app_got(gh_text_first(bytes_text(&body), 50000)));
    else
        check_number(0, app_requests(rig()->app));
    check_serving();
}

static void
body_where_none_was_claimed_is_not_forwarded_as_a_request(void)
{
    post(GH_TEXT("GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"), "0");
    check(app_requests(rig()->app) <= 1);
    check_number(0, app_aborted(rig()->app));
    check_serving();
}

static void
body_without_a_length_is_forwarded_in_chunks(void)
{
    GH_CLEAN(bytes_done) struct bytes last = {.len = 0};
    struct gh_text value;

    check_number(200, post(GH_TEXT("no length"), NULL));
    check(app_got(GH_TEXT("no length")));
    app_last(rig()->app, &last);
    check(!http_field(bytes_text(&last), "content-length", &value));
    if (check(http_field(bytes_text(&last), "transfer-encoding", &value)))
        check_text(GH_TEXT("chunked"), value);
    check_serving();
}

static void
large_body_without_a_length_is_forwarded_in_chunks(void)
{
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};

    bytes_fill(&body, 'b', STREAMED);
    check_number(200, post(bytes_text(&body), NULL));
    check(app_got(bytes_text(&body)));
    check_serving();
}

static void
empty_content_length_is_none(void)
{
    check_number(200, post(GH_TEXT(""), ""));
    check(app_got(GH_TEXT("")));
    check_serving();
}

static void
body_over_the_limit_is_refused_before_it_comes(void)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};

    app_reset(rig()->app);
    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", "1073741825");
    ask_begin(&request, 1, ROLE_RESPONDER, false);
    ask_params(&request, 1, &pairs);
    check_refused(&request, 413);
    check_serving();
}

/* Sends the head of a POST of 1000 bytes and a part of its body. */
static struct peer
begin_post(const char *length_z, size_t n)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes pairs = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes part = {.len = 0};
    struct peer peer = peer_open(rig()->socket);

    app_reset(rig()->app);
    pairs_default(&pairs, "POST", "/app/");
    pair(&pairs, "CONTENT_LENGTH", length_z);
    bytes_fill(&part, 'b', n);
    ask_begin(&request, 1, ROLE_RESPONDER, true);
    ask_params(&request, 1, &pairs);
    rec(&request, REC_STDIN, 1, bytes_text(&part));
    check(peer_send(&peer, bytes_text(&request)));
    return peer;
}

static void
silence_inside_a_body_is_ended_by_the_deadline(void)
{
    GH_CLEAN(peer_close) struct peer peer = begin_post("1000", 10);
    long long since = now_ms();

    check(peer_drains(&peer, NULL, RIG_BODY_MS + RIG_IDLE_MS + RIG_SLACK_MS));
    check(now_ms() - since >= RIG_BODY_MS / 2);
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
silence_inside_a_streamed_body_ends_both_sides(void)
{
    GH_CLEAN(peer_close) struct peer peer = begin_post("200000", STREAMED);

    check(app_sees_aborts(rig()->app, 1, RIG_BODY_MS + RIG_SLACK_MS));
    check(peer_drains(&peer, NULL, RIG_IDLE_MS + RIG_SLACK_MS));
    check_number(0, app_requests(rig()->app));
    check_serving();
}

static void
peer_lost_inside_a_body_leaves_the_application_alone(void)
{
    for (int i = 0; i < 100; i++) {
        struct peer peer = begin_post("1000", 999);

        peer_close(&peer);
    }
    check_number(0, app_received(rig()->app));
    check_serving();
}

static void
peer_lost_inside_a_streamed_body_is_seen_by_the_application(void)
{
    struct peer peer = begin_post("200000", STREAMED);

    check(app_gets_bytes(rig()->app, STREAMED / 2, RIG_SLACK_MS));
    peer_close(&peer);
    check(app_sees_aborts(rig()->app, 1, 1000));
    check_number(0, app_requests(rig()->app));
    check_serving();
}

static void
application_that_does_not_read_holds_the_peer_back(void)
{
    GH_CLEAN(bytes_done) struct bytes body = {.len = 0};
    GH_CLEAN(bytes_done) struct bytes records = {.len = 0};
    long before = process_kib(&rig()->gateway, "VmRSS");
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    bytes_fill(&body, 'b', 32 * 1024 * 1024 - 1);
    ask_stdin(&records, 1, bytes_text(&body));
    peer = begin_post("33554432", 1);
    app_reads(rig()->app, false);
    check(peer_send_some(&peer, bytes_text(&records), 200) < 8 * 1024 * 1024);
    check(process_kib(&rig()->gateway, "VmRSS") - before <
          rig_growth_kib(2048));
    /* It is not waited for for ever, either. */
    check(peer_drains(&peer, NULL,
                      RIG_FIRST_BYTE_MS + RIG_SILENCE_MS + RIG_SLACK_MS));
    check_serving();
}

const struct check_case body_cases[] = {
    CHECK_CASE(body_of_its_claimed_length_arrives_whole),
    CHECK_CASE(body_of_a_mebibyte_arrives_whole),
    CHECK_CASE(short_body_never_reaches_an_application),
    CHECK_CASE(short_streamed_body_is_never_a_whole_request),
    CHECK_CASE(long_body_is_cut_at_its_claimed_length_or_refused),
    CHECK_CASE(long_streamed_body_is_cut_at_its_claimed_length_or_refused),
    CHECK_CASE(body_where_none_was_claimed_is_not_forwarded_as_a_request),
    CHECK_CASE(body_without_a_length_is_forwarded_in_chunks),
    CHECK_CASE(large_body_without_a_length_is_forwarded_in_chunks),
    CHECK_CASE(empty_content_length_is_none),
    CHECK_CASE(body_over_the_limit_is_refused_before_it_comes),
    CHECK_CASE(silence_inside_a_body_is_ended_by_the_deadline),
    CHECK_CASE(silence_inside_a_streamed_body_ends_both_sides),
    CHECK_CASE(peer_lost_inside_a_body_leaves_the_application_alone),
    CHECK_CASE(peer_lost_inside_a_streamed_body_is_seen_by_the_application),
    CHECK_CASE(application_that_does_not_read_holds_the_peer_back),
    {NULL, NULL},
};
