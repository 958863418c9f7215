/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/recall while the database is away, by way of identify with
 * PostgreSQL by script: who is remembered goes on where the application says
 * so, for as long as it says so, and not when anything speaks against it.
 */
#include "recall.h"

#include "base/clock.h"
#include "check.h"
#include "fresh.h"
#include "kept.h"
#include "metrics.h"
#include "step.h"

#include "base/banned.h"

#define OUTAGE_S 300

/* What outlives the desks of one test, besides what is kept. */
static struct {
    struct gh_application application; /* where everybody asks */
    bool is_sure;                      /* freshness is 0 */
} there;

/* The database answered last so many seconds ago, under that version. */
static void
hear(int64_t version, int64_t ago_s)
{
    gh_fresh_extend(kept.fresh, version,
                    gh_fresh_clock() - ago_s * GH_SECOND_US);
}

/* Identifies who asks there; steps are all that may be asked. */
static struct desk *
know(const char *target_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = kept_set_out(target_z, steps, n);
    struct gh_rules *rules = gh_rules_new(1);

    if (there.is_sure)
        desk->worker.site->settings->session.freshness = 0;
    if (check(rules != NULL)) {
        check_status(GH_OK,
                     gh_rules_add_application(rules, &there.application));
        desk_rule(desk, rules);
    }
    (void)signing_know(desk);
    return desk;
}

/* Remembers alice's row, whose database was last heard ago_s seconds ago. */
static void
begin(struct fake_value *row, int64_t ago_s)
{
    const struct fake_step steps[] = {SIGNING_FOUND(row)};

    kept_begin();
    there.application =
        (struct gh_application){.id = 1,
                                .name = GH_TEXT("account"),
                                .path = GH_TEXT("/account/"),
                                .backends = GH_TEXT("http://unix:/none.sock"),
                                .connections = 1,
                                .outage_s = OUTAGE_S};
    hear(1, ago_s);
    signing_end(know("/account/x", steps, 1));
}

static struct fake_value *
alice(void)
{
    return signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
}

/* What becomes of a request there while the database is away. */
static enum gh_principal_kind
ask_at(const char *target_z)
{
    static const struct fake_step gone[] = {
        {.stmt = &gh_stmt_session_find, .asked = GH_FAULT_DB, .is_gone = true}};
    struct desk *desk = know(target_z, gone, 1);
    const struct gh_principal *principal = &desk->exchange->principal;
    enum gh_principal_kind kind = principal->kind;

    check(principal->is_outage == (kind == GH_PRINCIPAL_ACCOUNT));
    signing_end(desk);
    return kind;
}

static bool
goes_on(void)
{
    return ask_at("/account/x") == GH_PRINCIPAL_ACCOUNT;
}

static void
only_who_is_let_in_is_counted(void)
{
    static const struct fake_step gone[] = {
        {.stmt = &gh_stmt_session_find, .asked = GH_FAULT_DB, .is_gone = true}};
    struct desk *desk;

    begin(alice(), 2);
    desk = know("/account/x", gone, 1);
    desk->exchange->decision.verdict = GH_DENY;
    gh_metrics_count(desk->exchange);
    check_number(0, atomic_load(&desk->gateway.counters.outage));
    desk->exchange->decision.verdict = GH_PERMIT;
    gh_metrics_count(desk->exchange);
    check_number(1, atomic_load(&desk->gateway.counters.outage));
    signing_end(desk);
    kept_end();
}

static void
who_is_remembered_goes_on_for_as_long_as_is_said(void)
{
    begin(alice(), 2);
    check(goes_on());
    hear(1, OUTAGE_S - 2);
    check(goes_on());
    hear(1, OUTAGE_S);
    check(!goes_on());
    there.application.outage_s = 2 * OUTAGE_S;
    check(goes_on());
    there.application.outage_s = 0;
    check(!goes_on());
    kept_end();
}

static void
strict_application_and_our_own_pages_do_not_go_on(void)
{
    begin(alice(), 2);
    there.application.is_strict = true;
    check(!goes_on());
    there.application.is_strict = false;
    check_number(GH_PRINCIPAL_UNKNOWN, ask_at("/elsewhere"));
    check(goes_on());
    /* Also where the application is mounted around them. */
    there.application.path = GH_TEXT("/");
    check_number(GH_PRINCIPAL_ACCOUNT, ask_at("/elsewhere"));
    check_number(GH_PRINCIPAL_UNKNOWN, ask_at("/auth/session"));
    kept_end();
}

static void
where_each_request_is_to_be_sure_nobody_goes_on(void)
{
    begin(alice(), 2);
    there.is_sure = true;
    check(!goes_on());
    there.is_sure = false;
    check(goes_on());
    kept_end();
}

static void
nobody_goes_on_before_the_database_was_heard(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(alice())};

    begin(alice(), 2);
    gh_fresh_free(kept.fresh);
    check_status(GH_OK, gh_fresh_new(&kept.fresh));
    signing_end(know("/account/x", steps, 1));
    check(!goes_on());
    kept_end();
}

static void
what_changed_here_does_not_go_on(void)
{
    static const struct {
        enum gh_fresh_kind kind;
        int64_t id;
    } changes[] = {{GH_FRESH_SESSION, 31},
                   {GH_FRESH_ACCOUNT, SIGNING_ID},
                   {GH_FRESH_EVERYTHING, 0}};

    for (size_t i = 0; i < GH_COUNT(changes); i++) {
        begin(alice(), 2);
        check(goes_on());
        gh_fresh_spoil(kept.fresh, changes[i].kind, changes[i].id);
        check(!goes_on());
        kept_end();
    }
    begin(alice(), 2);
    hear(2, 2);
    check(!goes_on());
    kept_end();
}

static void
nobody_goes_on_beyond_the_limits_of_a_session(void)
{
    static const int64_t limits_s[] = {589, 7099, 60};

    for (size_t i = 0; i < GH_COUNT(limits_s); i++) {
        struct fake_value *row = alice();

        if (i == 1)
            row[GH_FIND_IDLE_LEFT].number = 100000;
        if (i == 2)
            row[GH_FIND_RIGHTS_UNTIL] = (struct fake_value){
                FAKE_TIME, {0}, SIGNING_NOW_US + 60 * GH_SECOND_US};
        begin(row, 2);
        kept.ahead_us = (limits_s[i] - 2) * GH_SECOND_US;
        check(goes_on());
        kept.ahead_us = limits_s[i] * GH_SECOND_US;
        check(!goes_on());
        kept_end();
    }
}

/* When a new token is due, the old one is still good. */
static void
token_that_is_old_goes_on_and_one_that_was_replaced_does_not(void)
{
    struct fake_value *row = alice();

    row[GH_FIND_TOKEN_AGE].number = 100000;
    begin(row, 2);
    check(goes_on());
    kept_end();
    row = alice();
    row[GH_FIND_TOKEN_USE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("previous"), 0};
    row[GH_FIND_TOKEN_UNTIL] =
        (struct fake_value){FAKE_TIME, {0}, SIGNING_NOW_US + 10 * GH_SECOND_US};
    begin(row, 2);
    kept.ahead_us = 9 * GH_SECOND_US;
    check(goes_on());
    kept.ahead_us = 10 * GH_SECOND_US;
    check(!goes_on());
    kept_end();
}

/* It may less than its roles, and so is not remembered. */
static void
outgrown_token_does_not_go_on(void)
{
    struct fake_value *row = alice();

    row[GH_FIND_WITHHELD_IDS].kind = FAKE_NUMBERS;
    begin(row, 2);
    check(!goes_on());
    kept_end();
}

/* What a database says that is there is no outage, nor is one silence within
 * the bound. */
static void
refusal_and_the_bound_are_no_outage(void)
{
    static const struct fake_step refused[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_CONFLICT}};
    static const struct fake_step failed[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};
    const struct fake_step *const steps[] = {refused, failed};
    struct fake_value *row;

    begin(alice(), 2);
    for (size_t i = 0; i < GH_COUNT(steps); i++) {
        struct desk *desk = know("/account/x", steps[i], 1);

        check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
        signing_end(desk);
    }
    check(goes_on());
    kept_end();
    /* A token that is due is asked for. */
    row = alice();
    row[GH_FIND_TOKEN_AGE].number = 100000;
    begin(row, 0);
    check(!goes_on());
    hear(1, 2);
    check(goes_on());
    kept_end();
}

/* Asks, is answered that, and then there is no database; the session is over
 * by what was answered. */
static void
check_over(const struct fake_step *answer, const struct gh_stmt *next)
{
    const struct fake_step steps[] = {
        *answer, {.stmt = next, .asked = GH_FAULT_DB, .is_gone = true}};
    struct desk *desk = know("/account/x", steps, GH_COUNT(steps));

    check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
    signing_end(desk);
    check(!goes_on());
    kept_end();
}

static void
end_that_could_not_be_recorded_is_an_end(void)
{
    const struct fake_step none = {.stmt = &gh_stmt_session_find};
    struct fake_step found;
    struct fake_value *row;

    begin(alice(), 2);
    row = alice();
    row[GH_FIND_STATE].text = GH_TEXT("revoked");
    found = (struct fake_step)SIGNING_FOUND(row);
    check_over(&found, &gh_stmt_session_dead_use);
    begin(alice(), 2);
    row = alice();
    row[GH_FIND_BINDING].text = GH_TEXT("of somebody else");
    found = (struct fake_step)SIGNING_FOUND(row);
    check_over(&found, &gh_stmt_event_write);
    /* Deleted by hand, or it has the ring's other key. */
    begin(alice(), 2);
    check_over(&none, &gh_stmt_session_find);
}

static void
session_that_must_not_move_ends_here(void)
{
    static const struct fake_step gone[] = {
        {.stmt = &gh_stmt_session_find, .asked = GH_FAULT_DB, .is_gone = true},
        {.stmt = &gh_stmt_session_moved,
         .asked = GH_FAULT_DB,
         .is_gone = true}};
    struct fake_value *row = alice();
    struct desk *desk;

    row[GH_FIND_CLIENT] = (struct fake_value){FAKE_NULL, {0}, 0};
    begin(row, 2);
    check(goes_on());
    there.application.ends_moved = true;
    desk = know("/account/x", gone, GH_COUNT(gone));
    check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
    signing_end(desk);
    there.application.ends_moved = false;
    check(!goes_on());
    kept_end();
}

/* A sign-out that PostgreSQL cannot be told of, by a page of that site. */
static void
sign_out(const char *site_z)
{
    static const struct fake_step gone[] = {
        {.stmt = &gh_stmt_session_find, .asked = GH_FAULT_DB, .is_gone = true}};
    struct desk *desk = signing_begin(gone, 1, 1);

    desk->gateway.fresh = kept.fresh;
    desk->gateway.cache = kept.cache;
    signing_post(desk, "/auth/logout", KEPT_COOKIE, GH_TEXT("csrf=x"));
    desk_set(desk, "HTTP_SEC_FETCH_SITE", gh_text_of_z(site_z));
    (void)signing_know(desk);
    check_status(GH_OK, signing_act(desk));
    check_number(503, signing_reply(desk)->status);
    signing_end(desk);
}

static void
who_signs_out_is_out_here(void)
{
    begin(alice(), 2);
    sign_out("cross-site");
    check(goes_on());
    sign_out("same-origin");
    check(!goes_on());
    /* A token that nobody knows ends nothing. */
    sign_out("same-origin");
    kept_end();
}

const struct check_case outage_cases[] = {
    CHECK_CASE(only_who_is_let_in_is_counted),
    CHECK_CASE(who_is_remembered_goes_on_for_as_long_as_is_said),
    CHECK_CASE(strict_application_and_our_own_pages_do_not_go_on),
    CHECK_CASE(where_each_request_is_to_be_sure_nobody_goes_on),
    CHECK_CASE(nobody_goes_on_before_the_database_was_heard),
    CHECK_CASE(what_changed_here_does_not_go_on),
    CHECK_CASE(nobody_goes_on_beyond_the_limits_of_a_session),
    CHECK_CASE(token_that_is_old_goes_on_and_one_that_was_replaced_does_not),
    CHECK_CASE(outgrown_token_does_not_go_on),
    CHECK_CASE(refusal_and_the_bound_are_no_outage),
    CHECK_CASE(end_that_could_not_be_recorded_is_an_end),
    CHECK_CASE(session_that_must_not_move_ends_here),
    CHECK_CASE(who_signs_out_is_out_here),
    {0},
};
