/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_respond: nothing leaves that was not recorded, a
 * fault in any step before it becomes a whole 503, and without memory even
 * for that the connection is cut. The front writes into memory.
 */
#include "step.h"

#include <string.h>

#include "check.h"
#include "config.h"
#include "desk.h"
#include "pipeline.h"

#include "base/banned.h"

/* A web server that takes everything. */
static struct {
    struct gh_front front;
    char bytes[64 * 1024];
    size_t len;
    size_t room; /* bytes it still takes */
} web;

static size_t
take_room(struct gh_front *front)
{
    (void)front;
    return web.room;
}

static enum gh_status
take_bytes(struct gh_front *front, struct gh_text bytes)
{
    (void)front;
    if (!check(bytes.len <= web.room &&
               web.len + bytes.len <= sizeof(web.bytes)))
        return GH_CLOSED;
    memcpy(web.bytes + web.len, bytes.at, bytes.len);
    web.len += bytes.len;
    web.room -= bytes.len;
    return GH_OK;
}

static enum gh_status
take_all(struct gh_front *front)
{
    (void)front;
    return GH_OK;
}

static void
take_note(struct gh_front *front)
{
    (void)front;
}

static const struct gh_front_ops front_ops = {
    .room = take_room,
    .write = take_bytes,
    .flush = take_all,
    .more = take_note,
};

/* A desk whose exchange answers into memory. */
static struct desk *
begin(void)
{
    struct desk *desk = desk_begin(NULL);

    web.front.ops = &front_ops;
    web.len = 0;
    web.room = SIZE_MAX;
    desk->exchange->front = &web.front;
    return desk;
}

/* What was written. */
static struct gh_text
written(void)
{
    return (struct gh_text){web.bytes, web.len};
}

/* A whole answer of that status. */
static void
check_whole(const struct desk *desk, unsigned status, struct gh_text start)
{
    const struct gh_receipt *receipt = &desk->exchange->receipt;

    check_number(status, receipt->status);
    check(!receipt->is_cut);
    check(receipt->why_z != NULL);
    check(gh_text_starts(written(), start));
    check(config_contains(written(), GH_TEXT("\r\n\r\n")));
    check(gh_text_ends(written(), GH_TEXT("\n")));
}

#define START_503 GH_TEXT("Status: 503 Service Unavailable\r\n")

static void
what_is_not_recorded_is_not_sent(void)
{
    struct desk *desk = begin();
    struct gh_exchange *x = desk->exchange;

    x->outcome.kind = GH_OUTCOME_FORWARD;
    check_status(GH_OK, step_respond(x));
    check_whole(desk, 503, START_503);
    desk_end(desk);
}

static void
outcome_that_says_nothing_becomes_503(void)
{
    struct desk *desk = begin();

    desk->exchange->receipt.is_recorded = true;
    check_status(GH_OK, step_respond(desk->exchange));
    check_whole(desk, 503, START_503);
    desk_end(desk);
}

/* Whether an authorizer's web server is told 200. */
static bool
lets_in(enum gh_outcome_kind kind, enum gh_verdict verdict, unsigned stop)
{
    struct desk *desk = begin();
    struct gh_exchange *x = desk->exchange;
    bool is_in;

    x->request.is_authorizer = true;
    x->receipt.is_recorded = true;
    x->outcome.kind = kind;
    x->outcome.reply = (struct gh_reply){
        .status = 200, .head = GH_TEXT("Status: 200\r\n\r\n")};
    x->decision.verdict = verdict;
    x->stop.status = stop;
    check_status(GH_OK, step_respond(x));
    is_in = gh_text_starts(written(), GH_TEXT("Status: 200"));
    if (!is_in)
        check_whole(desk, 503, START_503);
    desk_end(desk);
    return is_in;
}

static void
yes_of_an_authorizer_needs_a_permit(void)
{
    check(lets_in(GH_OUTCOME_REPLY, GH_PERMIT, 0));
    check(!lets_in(GH_OUTCOME_REPLY, GH_DENY, 0));
    check(!lets_in(GH_OUTCOME_REPLY, GH_SIGN_IN, 0));
    check(!lets_in(GH_OUTCOME_REPLY, GH_UNSURE, 0));
    check(!lets_in(GH_OUTCOME_REPLY, GH_PERMIT, 503));
    check(!lets_in(GH_OUTCOME_FORWARD, GH_PERMIT, 0));
}

static void
fault_in_parse_becomes_503(void)
{
    struct desk *desk = begin();

    /* A list for that many fields does not fit, a page does. */
    while (desk->exchange->input.params.n < 1200)
        desk_add(desk, GH_TEXT("OTHER"), GH_TEXT("v"));
    desk->exchange->arena.cap = 36 * 1024;
    gh_pipeline_run(desk->exchange);
    check_number(GH_STEP_DONE, desk->exchange->next);
    check_whole(desk, 503, START_503);
    check_number(1, atomic_load(&desk->gateway.counters.faults));
    desk_end(desk);
}

static void
fault_in_act_becomes_503(void)
{
    struct desk *desk = begin();
    struct gh_exchange *x = desk->exchange;

    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_fields_add(&x->request.fields, GH_TEXT("X"),
                                      GH_TEXT("a\r\nb")));
    check_number(GH_PERMIT, desk_decide(desk));
    x->next = GH_STEP_ACT;
    gh_pipeline_run(x);
    check_number(GH_STEP_DONE, x->next);
    check_whole(desk, 503, START_503);
    check(!config_contains(written(), GH_TEXT("HTTP/1.1")));
    check_number(1, atomic_load(&desk->gateway.counters.faults));
    desk_end(desk);
}

static void
KILL_013_without_memory_for_an_answer_the_connection_is_cut(void)
{
    struct desk *desk = begin();

    desk->exchange->arena.cap = 0;
    gh_pipeline_run(desk->exchange);
    check_number(GH_STEP_DONE, desk->exchange->next);
    check(desk->exchange->receipt.is_cut);
    check_number(0, web.len);
    desk_end(desk);
}

static void
reply_waits_for_room_and_goes_on_where_it_was(void)
{
    struct desk *desk = begin();
    struct gh_exchange *x = desk->exchange;
    unsigned n_waits = 0;

    desk_set(desk, "REQUEST_URI", GH_TEXT("/nothing"));
    web.room = 0;
    for (gh_pipeline_run(x); x->next != GH_STEP_DONE; gh_pipeline_run(x)) {
        check_number(GH_STEP_RESPOND, x->next);
        web.room = 100;
        n_waits++;
    }
    check(n_waits > 10);
    check_whole(desk, 404, GH_TEXT("Status: 404 Not Found\r\n"));
    desk_end(desk);
}

static void
late_web_server_is_cut_off(void)
{
    struct desk *desk = begin();
    struct gh_exchange *x = desk->exchange;

    desk_set(desk, "REQUEST_URI", GH_TEXT("/nothing"));
    web.room = 10;
    gh_pipeline_run(x);
    check_number(GH_STEP_RESPOND, x->next);
    check(gh_link_is_in(&x->deadline.link));
    x->context.is_late = true;
    gh_pipeline_run(x);
    check_number(GH_STEP_DONE, x->next);
    check(x->receipt.is_cut);
    check_number(10, web.len);
    desk_end(desk);
}

const struct check_case step_respond_cases[] = {
    CHECK_CASE(what_is_not_recorded_is_not_sent),
    CHECK_CASE(outcome_that_says_nothing_becomes_503),
    CHECK_CASE(yes_of_an_authorizer_needs_a_permit),
    CHECK_CASE(fault_in_parse_becomes_503),
    CHECK_CASE(fault_in_act_becomes_503),
    CHECK_CASE(KILL_013_without_memory_for_an_answer_the_connection_is_cut),
    CHECK_CASE(reply_waits_for_room_and_goes_on_where_it_was),
    CHECK_CASE(late_web_server_is_cut_off),
    {0},
};
