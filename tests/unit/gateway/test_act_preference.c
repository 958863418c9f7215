/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_preference: the form shows what the person has, only a
 * form that this session was shown changes it, and what was typed is kept when
 * it cannot be had.
 */
#include "act.h"

#include <stdio.h>

#include "check.h"
#include "kept.h"
#include "signing.h"

#include "base/banned.h"

#define PAGE "/auth/account/preferences"
#define COOKIE "__Host-id=" SIGNING_TOKEN
#define FOUND SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))

enum {
    PARAM_SESSION, /* of account_prefer */
    PARAM_TIME_ZONE,
    PARAM_APPEARANCE,
    PARAM_WARN_MINUTES,
};

/* Opens the page, with that session found. */
static struct desk *
open_page(const char *target_z, struct fake_value *row)
{
    static struct fake_step steps[1];
    struct desk *desk;

    steps[0] = (struct fake_step)SIGNING_FOUND(row);
    desk = signing_begin(steps, 1, 1);
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", GH_TEXT("navigate"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    return desk;
}

/* A form with the token of a purpose, and more. */
static struct gh_text
form_with(const char *purpose_z, const char *more_z)
{
    static char at[512];
    struct gh_text token =
        signing_token(gh_text_of_z(purpose_z), GH_TEXT(SIGNING_REFERENCE));
    int len =
        snprintf(at, sizeof(at), "csrf=%.*s%s", GH_TEXT_ARG(token), more_z);

    return (struct gh_text){at, (size_t)len};
}

/* Sends the form of this page; the desk with its outcome. */
static struct desk *
save(const char *more_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    signing_post(desk, PAGE, COOKIE, form_with("preferences", more_z));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

/* What account_prefer says. */
static struct fake_step
prefer(bool is_live)
{
    static struct fake_value row[1];

    row[0] = (struct fake_value){FAKE_BOOL, {0}, is_live};
    return (struct fake_step){
        .stmt = &gh_stmt_account_prefer, .row = row, .n_columns = 1};
}

static void
page_shows_what_everybody_has(void)
{
    struct desk *desk =
        open_page(PAGE, signing_find_row(GH_TEXT(SIGNING_TOKEN), 0));

    check(signing_has(desk, GH_TEXT("type=\"text\" value=\"UTC\"")));
    check(signing_has(desk, GH_TEXT("value=\"device\" checked")));
    check(signing_has(desk, GH_TEXT("value=\"5\" checked")));
    check(!signing_has(desk, GH_TEXT("value=\"dark\" checked")));
    check(!signing_has(desk, GH_TEXT("class=\"notice\"")));
    check(!signing_has(desk, GH_TEXT("aria-invalid")));
    signing_end(desk);
}

static void
page_shows_what_the_person_has(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    struct desk *desk;

    row[GH_FIND_TIME_ZONE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("Europe/Berlin"), 0};
    row[GH_FIND_APPEARANCE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("dark"), 0};
    row[GH_FIND_WARN_MINUTES] = (struct fake_value){FAKE_NUMBER, {0}, 0};
    desk = open_page(PAGE "?done=saved", row);
    check(signing_has(desk, GH_TEXT("<html lang=\"en\" class=\"dark\">")));
    check(signing_has(desk, GH_TEXT("type=\"text\" value=\"Europe/Berlin\"")));
    check(signing_has(desk, GH_TEXT("value=\"dark\" checked")));
    check(signing_has(desk, GH_TEXT("value=\"0\" checked")));
    check(!signing_has(desk, GH_TEXT("value=\"device\" checked")));
    check(!signing_has(desk, GH_TEXT("value=\"5\" checked")));
    check(signing_has(desk, GH_TEXT("role=\"status\">Saved.")));
    signing_end(desk);
}

static void
choice_is_kept_before_anybody_is_told(void)
{
    struct fake_step steps[] = {FOUND, prefer(true)};
    struct desk *desk;

    steps[1].n_waits = 2;
    desk = save("&time_zone=+europe%2Fberlin+&appearance=dark&warning=0", steps,
                2);
    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: " PAGE "?done=saved")));
    check_number(16, fake_database_bytes(1, PARAM_SESSION).len);
    check_text(GH_TEXT("europe/berlin"),
               fake_database_bytes(1, PARAM_TIME_ZONE));
    check_text(GH_TEXT("dark"), fake_database_bytes(1, PARAM_APPEARANCE));
    check(fake_database_param(1, PARAM_WARN_MINUTES).is_set);
    signing_end(desk);
}

static void
what_everybody_has_is_null(void)
{
    const struct fake_step steps[] = {FOUND, prefer(true)};
    struct desk *desk =
        save("&time_zone=&appearance=device&warning=5", steps, 2);

    check_number(303, signing_reply(desk)->status);
    for (size_t i = PARAM_TIME_ZONE; i <= PARAM_WARN_MINUTES; i++)
        check(!fake_database_param(1, i).is_set);
    signing_end(desk);
}

/* Identifies her at an application; steps are all that may be asked. */
static void
pass_by(const struct fake_step *steps, size_t n)
{
    struct desk *desk = kept_set_out("/account/x", steps, n);

    (void)signing_know(desk);
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    signing_end(desk);
}

static void
what_is_remembered_of_the_account_is_asked_for_anew(void)
{
    const struct fake_step found[] = {FOUND};
    const struct fake_step saves[] = {FOUND, prefer(true)};
    struct desk *desk;

    kept_begin();
    pass_by(found, 1);
    pass_by(NULL, 0);
    desk = kept_set_out(PAGE, saves, 2);
    signing_post(
        desk, PAGE, COOKIE,
        form_with("preferences", "&time_zone=&appearance=dark&warning=5"));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(303, signing_reply(desk)->status);
    signing_end(desk);
    pass_by(found, 1);
    kept_end();
}

static void
zone_that_is_none_is_said_and_kept(void)
{
    struct fake_step steps[] = {FOUND, prefer(true)};
    struct desk *desk;

    steps[1].status = GH_MALFORMED;
    desk = save("&time_zone=Europe%2F%3CBonn%3E&appearance=light&warning=10",
                steps, 2);
    check_number(422, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("There is no time zone of that name.")));
    check(signing_has(desk, GH_TEXT("value=\"Europe/&lt;Bonn&gt;\"")));
    check(signing_has(desk, GH_TEXT("aria-invalid=\"true\"")));
    check(signing_has(desk, GH_TEXT("value=\"light\" checked")));
    check(signing_has(desk, GH_TEXT("value=\"10\" checked")));
    check(signing_has(desk, GH_TEXT("name=\"csrf\" value=\"")));
    signing_end(desk);
}

static void
what_is_not_offered_is_not_asked_for(void)
{
    static const char *const strange[] = {
        "&time_zone=Mars&appearance=pink&warning=5",
        "&time_zone=Mars&appearance=light&warning=3",
        "&time_zone=Mars&appearance=&warning=",
    };

    for (size_t i = 0; i < GH_COUNT(strange); i++) {
        const struct fake_step steps[] = {FOUND};
        struct desk *desk = save(strange[i], steps, 1);

        check_number(422, signing_reply(desk)->status);
        check(signing_has(desk, GH_TEXT("ways that are offered")));
        check(signing_has(desk, GH_TEXT("value=\"Mars\"")));
        check(!signing_has(desk, GH_TEXT("aria-invalid")));
        signing_end(desk);
    }
}

static void
form_of_another_page_changes_nothing(void)
{
    static const struct {
        const char *purpose_z, *more_z;
    } table[] = {
        {"password", "&time_zone=UTC&appearance=dark&warning=5"},
        {"preferences", "&time_zone=UTC&appearance=dark"},
        {"preferences", "&time_zone=UTC&appearance=dark&warning=5&x=1"},
        {"preferences", ""},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        const struct fake_step steps[] = {FOUND,
                                          {.stmt = &gh_stmt_event_write}};
        struct desk *desk = signing_begin(steps, 2, 1);

        signing_post(desk, PAGE, COOKIE,
                     form_with(table[i].purpose_z, table[i].more_z));
        if (signing_know(desk))
            check_status(GH_OK, signing_act(desk));
        check_number(403, signing_reply(desk)->status);
        check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
        signing_end(desk);
    }
}

static void
session_that_ended_meanwhile_is_asked_who_it_is(void)
{
    const struct fake_step steps[] = {FOUND, prefer(false)};
    struct desk *desk =
        save("&time_zone=UTC&appearance=dark&warning=5", steps, 2);

    check(signing_has_line(desk, GH_TEXT("Location: " PAGE)));
    signing_end(desk);
}

static void
fault_is_no_answer(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct fake_step steps[] = {FOUND, prefer(true)};
        struct desk *desk;

        steps[1].asked = i == 0 ? GH_FAULT_DB : GH_OK;
        steps[1].status = GH_FAULT_DB;
        desk = signing_begin(steps, 2, 1);
        signing_post(
            desk, PAGE, COOKIE,
            form_with("preferences", "&time_zone=&appearance=dark&warning=5"));
        if (signing_know(desk))
            check_status(GH_FAULT_DB, signing_act(desk));
        signing_end(desk);
    }
}

const struct check_case act_preference_cases[] = {
    CHECK_CASE(page_shows_what_everybody_has),
    CHECK_CASE(page_shows_what_the_person_has),
    CHECK_CASE(choice_is_kept_before_anybody_is_told),
    CHECK_CASE(what_everybody_has_is_null),
    CHECK_CASE(what_is_remembered_of_the_account_is_asked_for_anew),
    CHECK_CASE(zone_that_is_none_is_said_and_kept),
    CHECK_CASE(what_is_not_offered_is_not_asked_for),
    CHECK_CASE(form_of_another_page_changes_nothing),
    CHECK_CASE(session_that_ended_meanwhile_is_asked_who_it_is),
    CHECK_CASE(fault_is_no_answer),
    {0},
};
