/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_act with step_identify and step_record around it:
 * zeroed cards refuse, and every verdict has its act.
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
    check_number(403, outcome->reply.status);
    check(outcome->reply.head.len > 0);
    desk_end(desk);
}

/* The outcome for a parsed request and a verdict. */
static void
check_verdict(enum gh_verdict verdict, enum gh_outcome_kind kind,
              unsigned status)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_outcome *outcome;

    check_number(0, desk_parse(desk));
    (void)desk_decide(desk);
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
    check_verdict(GH_STEP_UP, GH_OUTCOME_REPLY, 401);
    check_verdict(GH_UNSURE, GH_OUTCOME_REPLY, 503);
}

/* What the status is of a request for target that is decided and acted on. */
static unsigned
status_of(const char *target_z)
{
    struct desk *desk = desk_begin("semicolon = keep");
    unsigned status;

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    check_number(0, desk_parse(desk));
    (void)desk_decide(desk);
    status = act(desk)->kind == GH_OUTCOME_FORWARD
                 ? 0
                 : desk->exchange->outcome.reply.status;
    desk_end(desk);
    return status;
}

static void
what_the_rules_say_is_carried_out(void)
{
    check_number(0, status_of("/public/x"));
    check_number(0, status_of("/public/a;b"));
    check_number(401, status_of("/account/x"));
    check_number(403, status_of("/nobody/x"));
    check_number(404, status_of("/nothing"));
    check_number(404, status_of("/"));
    check_number(404, status_of("/authx"));
    check_number(400, status_of("/account/a;b"));
    check_number(400, status_of("/public//a"));
    check_number(400, status_of("/a;b"));
}

static void
application_that_the_web_server_carries_is_not_forwarded_to(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_application carried;

    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    carried = *desk->exchange->decision.application;
    carried.carrying = GH_CARRY_VERDICT;
    desk->exchange->decision.application = &carried;
    check_number(GH_OUTCOME_REPLY, act(desk)->kind);
    check_number(404, desk->exchange->outcome.reply.status);
    desk_end(desk);
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

    x->stop = (struct gh_stop){.status = 400, .why_z = "because"};
    check_status(GH_OK, step_record(&x->context, x, &x->receipt));
    check(x->receipt.is_recorded);
    check_text(GH_TEXT("because"), gh_text_of_z(x->receipt.why_z));
    check_number(0, x->receipt.status);
    desk_end(desk);
}

const struct check_case step_act_cases[] = {
    CHECK_CASE(zeroed_cards_refuse),
    CHECK_CASE(every_verdict_has_its_act),
    CHECK_CASE(what_the_rules_say_is_carried_out),
    CHECK_CASE(application_that_the_web_server_carries_is_not_forwarded_to),
    CHECK_CASE(verdict_that_does_not_exist_refuses),
    CHECK_CASE(stop_wins_over_every_verdict),
    CHECK_CASE(nobody_is_identified_whatever_the_cookie_says),
    CHECK_CASE(record_gives_a_receipt_that_remembers_why),
    {0},
};
