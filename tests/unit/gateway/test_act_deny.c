/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_deny: who is denied is told so, once it is in the
 * trail, once.
 */
#include "act.h"

#include "check.h"
#include "config.h"
#include "signing.h"
#include "step.h"

#include "base/banned.h"

extern const struct check_case act_deny_cases[];

static const struct gh_principal alice = {.kind = GH_PRINCIPAL_ACCOUNT,
                                          .account_id = SIGNING_ID,
                                          .account = GH_TEXT_INIT("alice"),
                                          .reference =
                                              GH_TEXT_INIT(SIGNING_REFERENCE)};

/* Denies somebody a page, as a person or a script; the act's result. */
static enum gh_status
deny_to(struct desk *desk, const struct gh_principal *principal, bool is_script)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status = GH_WAIT;

    desk_set(desk, "REQUEST_URI", GH_TEXT("/nobody/x?y=1"));
    desk_set(desk, "HTTP_SEC_FETCH_MODE",
             is_script ? GH_TEXT("cors") : GH_TEXT("navigate"));
    check_number(0, desk_parse(desk));
    x->principal = *principal;
    check_number(GH_DENY, desk_decide(desk));
    while (status == GH_WAIT)
        status = step_act(&x->context, x, &x->outcome);
    return status;
}

static enum gh_status
deny(struct desk *desk, bool is_script)
{
    return deny_to(desk, &alice, is_script);
}

static void
person_is_told_where_as_whom_and_how_to_go_on(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_event_write, .n_waits = 2}};
    struct desk *desk = signing_begin(steps, 1, 0);

    check_status(GH_OK, deny(desk, false));
    check_number(403, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("You do not have access to this page")));
    check(signing_has(desk, GH_TEXT("<bdi>nobody</bdi>")));
    check(signing_has(desk, GH_TEXT("<bdi>alice</bdi>")));
    check(signing_has(desk, gh_text_of_z(desk->exchange->context.id)));
    check(signing_has(desk, GH_TEXT("href=\"/auth/login?return_to="
                                    "%2Fnobody%2Fx%3Fy%3D1\"")));
    signing_end(desk);
}

static void
script_is_told_in_json(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = signing_begin(steps, 1, 0);

    check_status(GH_OK, deny(desk, true));
    check_number(403, signing_reply(desk)->status);
    check(gh_text_starts(signing_reply(desk)->body,
                         GH_TEXT("{\"status\":403,\"reason\":\"denied\","
                                 "\"application\":\"nobody\","
                                 "\"account\":\"alice\",\"exchange\":\"")));
    signing_end(desk);
}

/* What session_offer says. */
static struct fake_step
offer(bool is_kept)
{
    static struct fake_value answers[2];

    answers[is_kept] = (struct fake_value){FAKE_BOOL, {0}, is_kept};
    return (struct fake_step){.stmt = &gh_stmt_session_offer,
                              .n_columns = 1,
                              .n_waits = 1,
                              .row = &answers[is_kept]};
}

/* Alice, to whom more was given since her token. */
static struct gh_principal
outgrown(void)
{
    struct gh_principal principal = alice;

    principal.held.is_outgrown = true;
    principal.is_renewal_due = true;
    return principal;
}

static void
outgrown_token_leads_back_with_the_one_that_follows(void)
{
    const struct fake_step steps[] = {offer(true)};
    const struct gh_principal principal = outgrown();

    for (int is_script = 0; is_script < 2; is_script++) {
        struct desk *desk = signing_begin(steps, 1, 0);

        desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
        check_status(GH_OK, deny_to(desk, &principal, is_script != 0));
        check_number(307, signing_reply(desk)->status);
        check(config_contains(signing_reply(desk)->head,
                              GH_TEXT("\r\nLocation: https://localhost:8443/"
                                      "nobody/x?y=1\r\n")));
        check(config_contains(signing_reply(desk)->head,
                              GH_TEXT("\r\nSet-Cookie: __Host-id=")));
        signing_end(desk);
    }
}

/* Who was offered the next one before and does not take it. */
static void
denial_that_leads_back_once_more_is_in_the_trail(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_event_write, .n_waits = 1}, offer(true)};
    static const char *const asks[] = {NULL, "verdict"};
    struct gh_principal principal = outgrown();

    principal.is_offered = true;
    for (size_t i = 0; i < GH_COUNT(asks); i++) {
        const struct fake_step turned[] = {steps[1], steps[0]};
        struct desk *desk = signing_begin(i == 0 ? steps : turned, 2, 0);

        desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
        if (asks[i] != NULL)
            desk_set(desk, "GATEHOUSE_ASK", gh_text_of_z(asks[i]));
        check_status(GH_OK, deny_to(desk, &principal, false));
        check_number(i == 0 ? 307 : 403, signing_reply(desk)->status);
        check_text(GH_TEXT("authz_fail"), fake_database_bytes(i, 0));
        signing_end(desk);
    }
}

static void
outgrown_token_that_none_follows_yet_is_denied(void)
{
    const struct fake_step steps[] = {
        offer(false), {.stmt = &gh_stmt_event_write, .n_waits = 2}};
    struct gh_principal principal = outgrown();
    struct desk *desk = signing_begin(steps, 2, 0);

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    check_status(GH_OK, deny_to(desk, &principal, false));
    check_number(403, signing_reply(desk)->status);
    check(!config_contains(signing_reply(desk)->head, GH_TEXT("Set-Cookie")));
    signing_end(desk);
    /* The one before is not followed by another one. */
    principal.is_renewal_due = false;
    desk = signing_begin(steps + 1, 1, 0);
    check_status(GH_OK, deny_to(desk, &principal, false));
    check_number(403, signing_reply(desk)->status);
    signing_end(desk);
}

static void
trail_has_who_where_and_why(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = signing_begin(steps, 1, 0);

    check_status(GH_OK, deny(desk, false));
    check_text(GH_TEXT("authz_fail"), fake_database_bytes(0, 0));
    check_text(GH_TEXT("denied"), fake_database_bytes(0, 1));
    check(fake_database_param(0, 2).is_set);
    check_text(GH_TEXT("alice"), fake_database_bytes(0, 3));
    check_number(16, fake_database_bytes(0, 4).len);
    check_text(GH_TEXT("nobody"), fake_database_bytes(0, 6));
    check_text(GH_TEXT("/nobody/x"), fake_database_bytes(0, 7));
    check_text(GH_TEXT("no rule"), fake_database_bytes(0, 10));
    signing_end(desk);
}

static void
denial_that_cannot_be_recorded_is_a_fault(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_event_write, .status = GH_FAULT_DB}};
    struct desk *desk = signing_begin(steps, 1, 0);

    check_status(GH_FAULT_DB, deny(desk, false));
    signing_end(desk);
}

static void
what_is_not_there_is_no_event(void)
{
    static const struct {
        const char *target_z;
        unsigned status;
    } table[] = {{"/nothing", 404}, {"/public/a;b", 400}};

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct desk *desk = signing_begin(NULL, 0, 0);
        struct gh_exchange *x = desk->exchange;

        desk_set(desk, "REQUEST_URI", gh_text_of_z(table[i].target_z));
        check_number(0, desk_parse(desk));
        check_number(GH_DENY, desk_decide(desk));
        check_status(GH_OK, act_deny(&x->context, x, &x->outcome));
        check_number(table[i].status, signing_reply(desk)->status);
        signing_end(desk);
    }
}

static void
stranger_is_denied_without_a_name(void)
{
    const struct gh_principal nobody = {0};
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = signing_begin(steps, 1, 0);

    check_status(GH_OK, deny_to(desk, &nobody, true));
    check_number(403, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("\"account\":\"\"")));
    for (size_t k = 2; k <= 4; k++)
        check(!fake_database_param(0, k).is_set);
    signing_end(desk);
    desk = signing_begin(steps, 1, 0);
    check_status(GH_OK, deny_to(desk, &nobody, false));
    check(!signing_has(desk, GH_TEXT("Signed in as")));
    signing_end(desk);
}

static void
markup_in_a_name_stays_text(void)
{
    struct gh_principal principal = alice;
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = signing_begin(steps, 1, 0);

    principal.account = GH_TEXT("<b>\"a");
    check_status(GH_OK, deny_to(desk, &principal, false));
    check(signing_has(desk, GH_TEXT("&lt;b&gt;&quot;a")));
    signing_end(desk);
    desk = signing_begin(steps, 1, 0);
    check_status(GH_OK, deny_to(desk, &principal, true));
    check(signing_has(desk, GH_TEXT("\\\"a\"")));
    signing_end(desk);
}

static void
denial_is_recorded_once_however_often_the_act_runs(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = signing_begin(steps, 1, 0);
    struct gh_exchange *x = desk->exchange;

    check_status(GH_OK, deny(desk, false));
    check_status(GH_OK, act_deny(&x->context, x, &x->outcome));
    check_number(403, signing_reply(desk)->status);
    signing_end(desk);
}

/* What the web server that asked was told is in the trail already. */
static void
denial_that_was_told_before_is_no_news(void)
{
    struct desk *desk = signing_begin(NULL, 0, 0);

    desk_set(desk, "GATEHOUSE_ASK", GH_TEXT("refusal"));
    check_status(GH_OK, deny(desk, false));
    check_number(403, signing_reply(desk)->status);
    signing_end(desk);
}

static void
verdict_that_denies_is_in_the_trail_once(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_event_write, .n_waits = 1}};
    struct desk *desk = signing_begin(steps, 1, 0);
    struct gh_exchange *x = desk->exchange;
    enum gh_status status = GH_WAIT;

    desk_set(desk, "GATEHOUSE_ASK", GH_TEXT("verdict"));
    desk_set(desk, "REQUEST_URI", GH_TEXT("/nobody/x"));
    check_number(0, desk_parse(desk));
    x->principal = alice;
    check_number(GH_DENY, desk_decide(desk));
    while (status == GH_WAIT)
        status = act_verdict(&x->context, x, &x->outcome);
    check_status(GH_OK, status);
    check_number(403, signing_reply(desk)->status);
    check_text(GH_TEXT("authz_fail"), fake_database_bytes(0, 0));
    check_text(GH_TEXT("alice"), fake_database_bytes(0, 3));
    check_text(GH_TEXT("nobody"), fake_database_bytes(0, 6));
    check_status(GH_OK, act_verdict(&x->context, x, &x->outcome));
    signing_end(desk);
}

const struct check_case act_deny_cases[] = {
    CHECK_CASE(person_is_told_where_as_whom_and_how_to_go_on),
    CHECK_CASE(script_is_told_in_json),
    CHECK_CASE(outgrown_token_leads_back_with_the_one_that_follows),
    CHECK_CASE(denial_that_leads_back_once_more_is_in_the_trail),
    CHECK_CASE(outgrown_token_that_none_follows_yet_is_denied),
    CHECK_CASE(trail_has_who_where_and_why),
    CHECK_CASE(denial_that_cannot_be_recorded_is_a_fault),
    CHECK_CASE(what_is_not_there_is_no_event),
    CHECK_CASE(stranger_is_denied_without_a_name),
    CHECK_CASE(markup_in_a_name_stays_text),
    CHECK_CASE(denial_is_recorded_once_however_often_the_act_runs),
    CHECK_CASE(denial_that_was_told_before_is_no_news),
    CHECK_CASE(verdict_that_denies_is_in_the_trail_once),
    {0},
};
