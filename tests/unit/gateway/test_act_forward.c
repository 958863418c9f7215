/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_forward: what an application is sent. The head is
 * compared byte by byte, because an application's parser reads every byte.
 */
#include "act.h"

#include <string.h>

#include "backend.h"
#include "check.h"
#include "config.h"
#include "desk.h"
#include "estate.h"

#include "base/banned.h"

/* Identity fields as nobody's request has them. */
#define EMPTY_IDENTITY                                                         \
    "Remote-User: \r\nRemote-Name: \r\nRemote-Email: \r\nRemote-Groups: \r\n"  \
    "X-Gatehouse-Session: \r\nX-Gatehouse-Level: \r\n"                         \
    "X-Gatehouse-Assertion: \r\n"

static const struct gh_principal nobody = {0};

static enum gh_status
act(struct gh_exchange *x)
{
    return act_forward(&x->context, &x->request, &nobody, &x->decision,
                       &x->outcome);
}

/* The head for the request on the desk, once it is parsed. */
static struct gh_text
forward(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;

    check_number(GH_PERMIT, desk_decide(desk));
    check_status(GH_OK, act(x));
    check_number(GH_OUTCOME_FORWARD, x->outcome.kind);
    check(x->outcome.backend == x->context.estate->pools[2]);
    return x->outcome.forward_head;
}

static void
head_is_exactly_what_was_decided_on(void)
{
    struct desk *desk = desk_begin(NULL);
    char words[1024];
    struct gh_buf expected = gh_buf_over(words, sizeof(words));

    desk_set(desk, "REQUEST_URI", GH_TEXT("/public/%7eu/./a%2db?x=%2e%2E&y"));
    desk_set(desk, "HTTP_ACCEPT", GH_TEXT("*/*"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT("a=1; __Host-id=secret"));
    check_number(0, desk_parse(desk));
    gh_buf_lit(&expected, "GET /public/~u/a-b?x=%2e%2E&y HTTP/1.1\r\n"
                          "Host: localhost:8443\r\nAccept: */*\r\n"
                          "Cookie: a=1\r\n" EMPTY_IDENTITY "X-Request-Id: ");
    gh_buf_checked(&expected, gh_text_of_z(desk->exchange->context.id));
    gh_buf_lit(&expected, "\r\nX-Forwarded-For: 192.0.2.7\r\n"
                          "X-Forwarded-Proto: https\r\n"
                          "X-Forwarded-Host: localhost:8443\r\n\r\n");
    check_text(gh_buf_text(&expected), forward(desk));
    desk_end(desk);
}

static void
HDR_029_identity_is_written_empty_and_once(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_text head;

    desk_set(desk, "HTTP_REMOTE_USER", GH_TEXT("mallory"));
    desk_set(desk, "HTTP_X_GATEHOUSE_ASSERTION", GH_TEXT("mallory"));
    check_number(0, desk_parse(desk));
    head = forward(desk);
    check(config_contains(head, GH_TEXT("\r\n" EMPTY_IDENTITY)));
    check(!config_contains(head, GH_TEXT("mallory")));
    desk_end(desk);
}

static void
HDR_019_authorization_goes_on_only_where_it_is_wanted(void)
{
    struct desk *desk = desk_begin("authorization = pass");

    desk_set(desk, "HTTP_AUTHORIZATION", GH_TEXT("Basic YTpi"));
    check_number(0, desk_parse(desk));
    check(config_contains(forward(desk),
                          GH_TEXT("\r\nAuthorization: Basic YTpi\r\n")));
    desk_end(desk);
    desk = desk_begin(NULL);
    desk_set(desk, "HTTP_AUTHORIZATION", GH_TEXT("Basic YTpi"));
    check_number(0, desk_parse(desk));
    check(!config_contains(forward(desk), GH_TEXT("Authorization")));
    check(!config_contains(forward(desk), GH_TEXT("YTpi")));
    desk_end(desk);
}

static void
XFF_011_client_is_named_once_and_by_us(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_text head;

    desk_set(desk, "REMOTE_ADDR", GH_TEXT("::ffff:192.0.2.9"));
    desk_set(desk, "HTTP_X_FORWARDED_FOR", GH_TEXT("6.6.6.6"));
    desk_set(desk, "HTTP_X_REAL_IP", GH_TEXT("6.6.6.6"));
    check_number(0, desk_parse(desk));
    head = forward(desk);
    check(config_contains(head, GH_TEXT("\r\nX-Forwarded-For: 192.0.2.9\r\n")));
    check(!config_contains(head, GH_TEXT("6.6.6.6")));
    desk_end(desk);
}

static void
framing_is_ours(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_request *request = &desk->exchange->request;
    struct gh_text head;

    check_number(0, desk_parse(desk));
    request->body = GH_REQUEST_LENGTH;
    request->length = UINT64_MAX;
    head = forward(desk);
    check(config_contains(
        head, GH_TEXT("\r\nContent-Length: 18446744073709551615\r\n")));
    check(!config_contains(head, GH_TEXT("Transfer-Encoding")));
    request->body = GH_REQUEST_STREAM;
    head = forward(desk);
    check(config_contains(head, GH_TEXT("\r\nTransfer-Encoding: chunked\r\n")));
    check(!config_contains(head, GH_TEXT("Content-Length")));
    desk_end(desk);
}

static void
largest_request_still_fits(void)
{
    static char value[16 * 1024];
    struct desk *desk = desk_begin(NULL);
    struct gh_text head;

    memset(value, 'v', sizeof(value));
    for (int i = 0; i < 4; i++)
        desk_add(desk, GH_TEXT("HTTP_X_LONG"),
                 (struct gh_text){value, sizeof(value)});
    for (int i = 0; i < 90; i++)
        desk_add(desk, GH_TEXT("HTTP_X"), GH_TEXT("v"));
    desk_set(desk, "HTTP_HOST", GH_TEXT("[::1]"));
    desk_set(desk, "REMOTE_ADDR",
             GH_TEXT("2001:db8:1111:2222:3333:4444:5555:6666"));
    check_number(0, desk_parse(desk));
    head = forward(desk);
    check(gh_text_ends(head, GH_TEXT("\r\nX-Forwarded-Host: [::1]\r\n\r\n")));
    desk_end(desk);
}

static void
HDR_025_what_cannot_be_written_is_a_fault_and_no_half_head(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;

    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    check_status(GH_OK, gh_fields_add(&x->request.fields, GH_TEXT("X"),
                                      GH_TEXT("a\r\nRemote-User: root")));
    check_status(GH_FAULT_BUG, act(x));
    check_number(GH_OUTCOME_REPLY, x->outcome.kind);
    check_number(0, x->outcome.forward_head.len);
    check_status(GH_FAULT_BUG, x->context.fault.status);
    check(x->context.fault.what_z != NULL);
    desk_end(desk);
}

static void
KILL_013_without_memory_it_is_a_fault(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;

    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    x->arena.cap = 100;
    /* The block at hand may still have room for one head. */
    while (act(x) == GH_OK)
        x->outcome = (struct gh_outcome){0};
    check_number(GH_OUTCOME_REPLY, x->outcome.kind);
    check_number(0, x->outcome.forward_head.len);
    desk_end(desk);
}

const struct check_case act_forward_cases[] = {
    CHECK_CASE(head_is_exactly_what_was_decided_on),
    CHECK_CASE(HDR_029_identity_is_written_empty_and_once),
    CHECK_CASE(HDR_019_authorization_goes_on_only_where_it_is_wanted),
    CHECK_CASE(XFF_011_client_is_named_once_and_by_us),
    CHECK_CASE(framing_is_ours),
    CHECK_CASE(largest_request_still_fits),
    CHECK_CASE(HDR_025_what_cannot_be_written_is_a_fault_and_no_half_head),
    CHECK_CASE(KILL_013_without_memory_it_is_a_fault),
    {0},
};
