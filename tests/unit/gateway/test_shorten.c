/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/shorten, by way of the acts that let a request through, with
 * PostgreSQL by script: which sessions may be idle for less time from then on,
 * and who signs in before.
 */
#include "shorten.h"

#include "check.h"
#include "core/rules_int.h"
#include "estate.h"
#include "mounts.h"
#include "signing.h"
#include "step.h"

#include "base/banned.h"

extern const struct check_case shorten_cases[];

/* How a web server asks. */
enum way {
    WAY_FORWARD,    /* it hands on the request */
    WAY_VERDICT,    /* it asks for a verdict */
    WAY_AUTHORIZER, /* it asks an authorizer */
};

/* Alice, who may be idle for 600 seconds, is permitted what she asks for, of a
 * zone that lets sessions be idle for idle_s seconds. */
static struct desk *
permit_at(const char *target_z, const struct fake_step *steps, size_t n,
          unsigned idle_s, enum way way)
{
    struct desk *desk = signing_begin(steps, n, 1);
    struct gh_rules *rules = desk->worker.estate->mounts->rules;

    for (size_t i = 0; i < rules->n_applications; i++)
        rules->applications[i].idle_s = idle_s;
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    if (way == WAY_VERDICT)
        desk_set(desk, "GATEHOUSE_ASK", GH_TEXT("verdict"));
    desk->exchange->input.is_authorizer = way == WAY_AUTHORIZER;
    check(signing_know(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    return desk;
}

static struct desk *
permit(const struct fake_step *steps, size_t n, unsigned idle_s, enum way way)
{
    return permit_at("/account/x", steps, n, idle_s, way);
}

/* Acts until it is done. */
static enum gh_status
act(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status;

    do
        status = step_act(&x->context, x, &x->outcome);
    while (status == GH_WAIT);
    return status;
}

/* What the database says; NULL: it cannot be had. */
static struct fake_step
says(const char *state_z)
{
    static struct fake_value state;

    if (state_z == NULL)
        return (struct fake_step){.stmt = &gh_stmt_session_shorten,
                                  .status = GH_FAULT_DB};
    state = (struct fake_value){FAKE_TEXT, gh_text_of_z(state_z), 0};
    return (struct fake_step){.stmt = &gh_stmt_session_shorten,
                              .row = &state,
                              .n_columns = 1,
                              .n_waits = 1};
}

static void
session_that_may_be_idle_for_longer_is_shortened_and_goes_on(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
        says("live")};
    struct desk *desk = permit(steps, 2, 300, WAY_FORWARD);

    check_status(GH_OK, act(desk));
    check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
    check_text(GH_TEXT("\0\0\0\0\0\0\0\x1f"), fake_database_bytes(1, 0));
    /* Once an exchange, however often the act runs. */
    check_status(GH_OK, act(desk));
    signing_end(desk);
}

static void
session_that_is_short_enough_is_not_asked_about(void)
{
    static const unsigned limits[] = {0, 600, 3600};

    for (size_t i = 0; i < GH_COUNT(limits); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
        struct desk *desk = permit(steps, 1, limits[i], WAY_FORWARD);

        check_status(GH_OK, act(desk));
        check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
        signing_end(desk);
    }
}

/* The status of an answer to a script when the database says that, whichever
 * way is asked. */
static void
check_refusal(const char *state_z, const char *reason_z)
{
    static const enum way ways[] = {WAY_FORWARD, WAY_VERDICT, WAY_AUTHORIZER};

    for (size_t i = 0; i < GH_COUNT(ways); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            says(state_z)};
        struct desk *desk = permit(steps, 2, 300, ways[i]);

        check_status(GH_OK, act(desk));
        check_number(GH_OUTCOME_REPLY, desk->exchange->outcome.kind);
        check_number(401, signing_reply(desk)->status);
        check(ways[i] == WAY_VERDICT ||
              signing_has(desk, gh_text_of_z(reason_z)));
        signing_end(desk);
    }
}

static void
who_signed_in_longer_ago_confirms_first(void)
{
    check_refusal("confirm", "\"confirm\"");
}

static void
session_that_is_over_meanwhile_lets_nobody_in(void)
{
    check_refusal("idle", "\"idle\"");
    check_refusal("revoked", "\"ended\"");
    check_refusal("no such word", "\"ended\"");
}

static void
session_that_cannot_be_shortened_does_not_go_on(void)
{
    static const enum way ways[] = {WAY_FORWARD, WAY_VERDICT, WAY_AUTHORIZER};

    for (size_t i = 0; i < GH_COUNT(ways); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            says(NULL)};
        struct desk *desk = permit(steps, 2, 300, ways[i]);

        check_status(GH_FAULT_DB, act(desk));
        check_number(0, desk->exchange->outcome.forward_head.len);
        check_number(0, signing_reply(desk)->status);
        signing_end(desk);
    }
}

static void
web_server_is_told_yes_once_it_is_shortened(void)
{
    static const enum way ways[] = {WAY_VERDICT, WAY_AUTHORIZER};

    for (size_t i = 0; i < GH_COUNT(ways); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            says("live")};
        struct desk *desk = permit(steps, 2, 300, ways[i]);

        check_status(GH_OK, act(desk));
        check_number(200, signing_reply(desk)->status);
        signing_end(desk);
    }
}

static void
what_everybody_may_shortens_nothing(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
    struct desk *desk = permit_at("/public/x", steps, 1, 300, WAY_FORWARD);

    check_status(GH_OK, act(desk));
    check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
    signing_end(desk);
}

static void
nobody_has_no_session_to_shorten(void)
{
    struct desk *desk = signing_begin(NULL, 0, 1);
    struct gh_rules *rules = desk->worker.estate->mounts->rules;

    for (size_t i = 0; i < rules->n_applications; i++)
        rules->applications[i].idle_s = 300;
    check(signing_know(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    check_status(GH_OK, act(desk));
    check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
    signing_end(desk);
}

const struct check_case shorten_cases[] = {
    CHECK_CASE(session_that_may_be_idle_for_longer_is_shortened_and_goes_on),
    CHECK_CASE(session_that_is_short_enough_is_not_asked_about),
    CHECK_CASE(who_signed_in_longer_ago_confirms_first),
    CHECK_CASE(session_that_is_over_meanwhile_lets_nobody_in),
    CHECK_CASE(session_that_cannot_be_shortened_does_not_go_on),
    CHECK_CASE(web_server_is_told_yes_once_it_is_shortened),
    CHECK_CASE(what_everybody_may_shortens_nothing),
    CHECK_CASE(nobody_has_no_session_to_shorten),
    {0},
};
