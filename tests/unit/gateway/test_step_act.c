/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_act with step_identify, step_decide and step_record
 * around it: zeroed cards refuse, and every verdict has its act.
 */
#include "step.h"

#include "backend.h"
#include "check.h"
#include "desk.h"

#include "base/banned.h"

/* Acts on the cards that lie on the desk. */
static const struct gh_outcome *
act(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;

    check_status(GH_OK, step_act(&x->context, x, &x->outcome));
    return &x->outcome;
}

static void
zeroed_cards_refuse(void)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_outcome *outcome = act(desk);

    check_number(GH_OUTCOME_REPLY, outcome->kind);
    check_number(404, outcome->reply.status);
    check(outcome->reply.head.len > 0);
    desk_end(desk);
}

static void
zeroed_request_and_principal_are_denied(void)
{
    const struct gh_request request = {0};
    const struct gh_principal principal = {0};
    struct gh_decision decision = {.verdict = GH_PERMIT};

    check_status(GH_OK, step_decide(&request, &principal, &decision));
    check_number(GH_DENY, decision.verdict);
}

/* The outcome for a parsed request and a verdict. */
static void
check_verdict(enum gh_verdict verdict, enum gh_outcome_kind kind,
              unsigned status)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_outcome *outcome;

    check_number(0, desk_parse(desk));
    desk->exchange->decision.verdict = verdict;
    outcome = act(desk);
    check_number(kind, outcome->kind);
    check_number(status, outcome->reply.status);
    check((outcome->backend != NULL) == (kind == GH_OUTCOME_FORWARD));
    check((outcome->forward_head.len > 0) == (kind == GH_OUTCOME_FORWARD));
    desk_end(desk);
}

static void
every_verdict_has_its_act(void)
{
    check_verdict(GH_PERMIT, GH_OUTCOME_FORWARD, 0);
    check_verdict(GH_DENY, GH_OUTCOME_REPLY, 403);
    check_verdict(GH_SIGN_IN, GH_OUTCOME_REPLY, 401);
    check_verdict(GH_UNSURE, GH_OUTCOME_REPLY, 503);
}

static void
verdict_that_does_not_exist_refuses(void)
{
    check_verdict((enum gh_verdict)7, GH_OUTCOME_REPLY, 403);
}

static void
stop_wins_over_every_verdict(void)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_outcome *outcome;

    check_number(0, desk_parse(desk));
    desk->exchange->decision.verdict = GH_PERMIT;
    desk->exchange->stop = (struct gh_stop){.status = 503, .why_z = "fault"};
    outcome = act(desk);
    check_number(GH_OUTCOME_REPLY, outcome->kind);
    check_number(503, outcome->reply.status);
    desk_end(desk);
}

static void
nobody_is_identified_whatever_the_cookie_says(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=anything"));
    check_number(0, desk_parse(desk));
    x->principal.kind = GH_PRINCIPAL_ACCOUNT;
    check_status(GH_OK, step_identify(&x->context, &x->request, &x->principal));
    check_number(GH_PRINCIPAL_NOBODY, x->principal.kind);
    check_number(0, x->principal.account.len);
    desk_end(desk);
}

static void
record_gives_a_receipt_that_remembers_why(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;

    x->stop.why_z = "because";
    check_status(GH_OK, step_record(&x->context, x, &x->receipt));
    check(x->receipt.is_recorded);
    check_text(GH_TEXT("because"), gh_text_of_z(x->receipt.why_z));
    check_number(0, x->receipt.status);
    desk_end(desk);
}

/* What is decided about a target with the access of its application. */
static enum gh_verdict
decide(struct gh_text target)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;
    enum gh_verdict verdict;

    desk_set(desk, "REQUEST_URI", target);
    (void)desk_parse(desk);
    check_status(GH_OK, step_decide(&x->request, &x->principal, &x->decision));
    verdict = x->decision.verdict;
    desk_end(desk);
    return verdict;
}

static void
decision_follows_the_access_of_the_application(void)
{
    check_number(GH_PERMIT, decide(GH_TEXT("/public/x")));
    check_number(GH_SIGN_IN, decide(GH_TEXT("/account/x")));
    check_number(GH_DENY, decide(GH_TEXT("/nobody/x")));
    check_number(GH_DENY, decide(GH_TEXT("/nothing")));
    check_number(GH_PERMIT, decide(GH_TEXT("/auth/anything")));
}

const struct check_case step_act_cases[] = {
    CHECK_CASE(zeroed_cards_refuse),
    CHECK_CASE(zeroed_request_and_principal_are_denied),
    CHECK_CASE(every_verdict_has_its_act),
    CHECK_CASE(verdict_that_does_not_exist_refuses),
    CHECK_CASE(stop_wins_over_every_verdict),
    CHECK_CASE(nobody_is_identified_whatever_the_cookie_says),
    CHECK_CASE(record_gives_a_receipt_that_remembers_why),
    CHECK_CASE(decision_follows_the_access_of_the_application),
    {0},
};
