/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_record with PostgreSQL by script: what is in the trail
 * before an application hears of it, and that nothing is sent without that.
 */
#include "step.h"

#include "check.h"
#include "core/rules_int.h"
#include "estate.h"
#include "mounts.h"
#include "signing.h"

#include "base/banned.h"

extern const struct check_case step_record_cases[];

/* Of alice, or of nobody. */
static const char alice_z[] = "__Host-id=" SIGNING_TOKEN;

/* A request that was decided and acted on, for an application of a zone that
 * has requests recorded before. */
static struct desk *
act(const char *cookie_z, const char *target_z, const char *ask_z,
    const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);
    struct gh_rules *rules = desk->worker.estate->mounts->rules;
    struct gh_exchange *x = desk->exchange;

    for (size_t i = 0; i < rules->n_applications; i++)
        rules->applications[i].begins_recorded = true;
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (ask_z != NULL)
        desk_set(desk, "GATEHOUSE_ASK", gh_text_of_z(ask_z));
    if (cookie_z != NULL)
        desk_set(desk, "HTTP_COOKIE", gh_text_of_z(cookie_z));
    check(signing_know(desk));
    (void)desk_decide(desk);
    check_status(GH_OK, step_act(&x->context, x, &x->outcome));
    return desk;
}

/* Records until it is done. */
static enum gh_status
record(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status = step_record(&x->context, x, &x->receipt);

    while (status == GH_WAIT) {
        check(!x->receipt.is_recorded);
        status = step_record(&x->context, x, &x->receipt);
    }
    return status;
}

static void
request_is_in_the_trail_before_it_is_sent(void)
{
    static const char *const asks[] = {NULL, "verdict"};

    for (size_t i = 0; i < GH_COUNT(asks); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            {.stmt = &gh_stmt_event_write, .n_waits = 1}};
        struct desk *desk = act(alice_z, "/account/x", asks[i], steps, 2);

        check_status(GH_OK, record(desk));
        check(desk->exchange->receipt.is_recorded);
        check_text(GH_TEXT("access_begun"), fake_database_bytes(1, 0));
        check_text(GH_TEXT("success"), fake_database_bytes(1, 1));
        check_text(GH_TEXT("alice"), fake_database_bytes(1, 3));
        check_text(GH_TEXT("account"), fake_database_bytes(1, 6));
        check_text(GH_TEXT("/account/x"), fake_database_bytes(1, 7));
        check(fake_database_param(1, 9).is_set);
        check(!fake_database_param(1, 10).is_set);
        /* Each one is written, however many there are. */
        check(!fake_database_param(1, 15).is_set);
        signing_end(desk);
    }
}

static void
what_cannot_be_recorded_is_not_sent(void)
{
    const struct fake_step lost = {.stmt = &gh_stmt_event_write,
                                   .status = GH_FAULT_DB};
    const struct fake_step away = {.stmt = &gh_stmt_event_write,
                                   .asked = GH_FAULT_DB};
    const struct fake_step *const ends[] = {&lost, &away};

    for (size_t i = 0; i < GH_COUNT(ends); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            *ends[i]};
        struct desk *desk = act(alice_z, "/account/x", NULL, steps, 2);

        check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
        check(gh_is_fault(record(desk)));
        check(!desk->exchange->receipt.is_recorded);
        signing_end(desk);
    }
}

static void
what_no_application_hears_of_is_recorded_after(void)
{
    static const struct {
        const char *target_z, *ask_z;
    } asks[] = {
        {"/auth/help", NULL}, {"/nothing", NULL}, {"/nothing", "verdict"}};

    for (size_t i = 0; i < GH_COUNT(asks); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
        struct desk *desk =
            act(alice_z, asks[i].target_z, asks[i].ask_z, steps, 1);

        check_number(GH_OUTCOME_REPLY, desk->exchange->outcome.kind);
        check_status(GH_OK, record(desk));
        check(desk->exchange->receipt.is_recorded);
        signing_end(desk);
    }
}

static void
what_everybody_may_is_recorded_after(void)
{
    static const char *const cookies[] = {NULL, alice_z};

    for (size_t i = 0; i < GH_COUNT(cookies); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
        struct desk *desk = act(cookies[i], "/public/x", NULL, steps, i);

        check_number(GH_OUTCOME_FORWARD, desk->exchange->outcome.kind);
        check_status(GH_OK, record(desk));
        check(desk->exchange->receipt.is_recorded);
        signing_end(desk);
    }
}

const struct check_case step_record_cases[] = {
    CHECK_CASE(request_is_in_the_trail_before_it_is_sent),
    CHECK_CASE(what_cannot_be_recorded_is_not_sent),
    CHECK_CASE(what_no_application_hears_of_is_recorded_after),
    CHECK_CASE(what_everybody_may_is_recorded_after),
    {0},
};
