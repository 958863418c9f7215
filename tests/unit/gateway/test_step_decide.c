/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_decide: what is decided without a policy, about our
 * own pages, about what is mounted nowhere, and about spellings that an
 * application might read differently. The rules themselves are tested in
 * core.
 */
#include "step.h"

#include "check.h"
#include "core/rules_int.h"
#include "desk.h"
#include "estate.h"

#include "base/banned.h"

/* The decision about a target, which parse lets through. */
static const struct gh_decision *
decide(struct desk *desk, const char *target_z)
{
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    check_number(0, desk_parse(desk));
    (void)desk_decide(desk);
    return &desk->exchange->decision;
}

/* Checks the decision about a target, with settings lines for the application
 * "public". */
static void
check_decided(const char *settings_z, const char *target_z,
              enum gh_verdict verdict, enum gh_reason reason)
{
    struct desk *desk = desk_begin(settings_z);
    const struct gh_decision *decision = decide(desk, target_z);

    check_number(verdict, decision->verdict);
    check_number(reason, decision->reason);
    check((decision->grant != NULL) == (reason == GH_REASON_RULE));
    /* An odd spelling is refused wherever it is. */
    check(reason == GH_REASON_AMBIGUOUS ||
          (decision->application == NULL) == (reason == GH_REASON_NOT_MOUNTED ||
                                              reason == GH_REASON_OWN_PAGE));
    desk_end(desk);
}

static void
decision_follows_the_access_of_the_application(void)
{
    check_decided(NULL, "/public/x", GH_PERMIT, GH_REASON_RULE);
    check_decided(NULL, "/account/x", GH_SIGN_IN, GH_REASON_NOBODY);
    check_decided(NULL, "/nobody/x", GH_DENY, GH_REASON_NO_RULE);
    check_decided(NULL, "/nothing", GH_DENY, GH_REASON_NOT_MOUNTED);
    check_decided(NULL, "/", GH_DENY, GH_REASON_NOT_MOUNTED);
    check_decided(NULL, "/authx", GH_DENY, GH_REASON_NOT_MOUNTED);
    check_decided(NULL, "/auth/anything", GH_PERMIT, GH_REASON_OWN_PAGE);
}

static void
application_is_named_with_its_place(void)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_decision *decision = decide(desk, "/public/x");

    check_text(GH_TEXT("public"), decision->application->name);
    check_number(2, decision->place);
    check_text(GH_TEXT("public/all"), decision->grant->name);
    desk_end(desk);
    desk = desk_begin(NULL);
    decision = decide(desk, "/nobody/x");
    check_text(GH_TEXT("nobody"), decision->application->name);
    check_number(1, decision->place);
    desk_end(desk);
    desk = desk_begin(NULL);
    decision = decide(desk, "/public/a;b");
    check_text(GH_TEXT("public"), decision->application->name);
    check_number(2, decision->place);
    desk_end(desk);
}

static void
PATH_007_ambiguous_spellings_go_on_only_where_they_are_kept(void)
{
    static const struct {
        const char *keep_z, *target_z;
    } rows[] = {
        {"encoded_slash = keep", "/public/a%2Fb"},
        {"semicolon = keep", "/public/a;b"},
        {"empty_segments = keep", "/public//a"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        for (size_t k = 0; k < GH_COUNT(rows); k++)
            check_decided(rows[i].keep_z, rows[k].target_z,
                          i == k ? GH_PERMIT : GH_DENY,
                          i == k ? GH_REASON_RULE : GH_REASON_AMBIGUOUS);
    }
    check_decided("semicolon = keep", "/account/a;b", GH_DENY,
                  GH_REASON_AMBIGUOUS);
    check_decided("semicolon = keep", "/a;b", GH_DENY, GH_REASON_AMBIGUOUS);
}

/* Not even a place below it, or another application that covers it, is there.
 */
static void
application_is_there_only_through_the_entries_of_its_zone(void)
{
    static const struct {
        const char *entries_z;
        enum gh_reason reason;
    } rows[] = {
        {"", GH_REASON_RULE},
        {"admin public", GH_REASON_RULE},
        {"admin", GH_REASON_NOT_MOUNTED},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = desk_begin("semicolon = keep");
        struct gh_rules *rules = desk->worker.estate->mounts->rules;
        const struct gh_decision *decision;

        rules->applications[2].entries = gh_text_of_z(rows[i].entries_z);
        decision = decide(desk, "/public/a;b");
        check_number(rows[i].reason, decision->reason);
        check((decision->application == NULL) ==
              (rows[i].reason == GH_REASON_NOT_MOUNTED));
        desk_end(desk);
    }
}

static void
nothing_is_decided_without_a_policy_but_our_own_pages(void)
{
    static const struct {
        const char *target_z;
        enum gh_verdict verdict;
    } rows[] = {
        {"/public/x", GH_UNSURE},
        {"/nothing", GH_UNSURE},
        {"/public/a;b", GH_UNSURE},
        {"/auth/x", GH_PERMIT},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = desk_begin(NULL);
        struct gh_exchange *x = desk->exchange;

        desk_set(desk, "REQUEST_URI", gh_text_of_z(rows[i].target_z));
        check_number(0, desk_parse(desk));
        x->principal.kind = GH_PRINCIPAL_ACCOUNT;
        check_status(
            GH_OK, step_decide(NULL, &x->request, &x->principal, &x->decision));
        check_number(rows[i].verdict, x->decision.verdict);
        check(x->decision.application == NULL);
        desk_end(desk);
    }
}

static void
zeroed_request_and_principal_are_not_permitted(void)
{
    const struct gh_request request = {0};
    const struct gh_principal principal = {0};
    struct gh_decision decision = {.verdict = GH_PERMIT};

    check_status(GH_OK, step_decide(NULL, &request, &principal, &decision));
    check_number(GH_UNSURE, decision.verdict);
}

static void
what_is_known_of_who_asks_is_decided_with(void)
{
    const struct gh_request request = {.client = {.family = 4}};
    const struct gh_principal principal = {.now_us = 1,
                                           .authenticated_us = 2,
                                           .location = {.asn = 3},
                                           .level = 4,
                                           .browser = GH_DEVICE_KNOWN,
                                           .browser_s = 5};
    const struct gh_circumstances asked =
        gh_circumstances_of(&request, &principal);

    check_number(1, asked.now_us);
    check_number(2, asked.authenticated_us);
    check_number(3, asked.location.asn);
    check_number(4, asked.client.family);
    check_number(4, asked.level);
    check_number(GH_DEVICE_KNOWN, asked.device);
    check_number(5, asked.device_s);
}

const struct check_case step_decide_cases[] = {
    CHECK_CASE(decision_follows_the_access_of_the_application),
    CHECK_CASE(application_is_named_with_its_place),
    CHECK_CASE(PATH_007_ambiguous_spellings_go_on_only_where_they_are_kept),
    CHECK_CASE(application_is_there_only_through_the_entries_of_its_zone),
    CHECK_CASE(nothing_is_decided_without_a_policy_but_our_own_pages),
    CHECK_CASE(zeroed_request_and_principal_are_not_permitted),
    CHECK_CASE(what_is_known_of_who_asks_is_decided_with),
    {0},
};
