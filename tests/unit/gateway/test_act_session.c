/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_session: what scripts are told of who is signed in.
 */
#include "act.h"

#include "check.h"
#include "config.h"
#include "signing.h"

#include "base/banned.h"

/* Opens a page of ours, with that found under the token. */
static struct desk *
open_page(const char *target_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", GH_TEXT("navigate"));
    if (n > 0)
        desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static struct desk *
ask(const struct fake_step *steps, size_t n)
{
    return open_page("/auth/session", steps, n);
}

static void
who_is_signed_in_is_told_in_json(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
    struct desk *desk = ask(steps, GH_COUNT(steps));

    check_number(200, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"is_signed_in\":true,\"account\":\"alice\","
                       "\"name\":\"Alice \\\"A\\\" <Example>\","
                       "\"session\":\"" SIGNING_REFERENCE "\",\"level\":1,"
                       "\"idle_left\":590,\"absolute_left\":7100}\n"),
               signing_reply(desk)->body);
    check(config_contains(signing_reply(desk)->head,
                          GH_TEXT("Cache-Control: no-store")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
nobody_is_told_in_the_same_form(void)
{
    struct desk *desk = ask(NULL, 0);

    check_number(200, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"is_signed_in\":false}\n"),
               signing_reply(desk)->body);
    signing_end(desk);
}

static void
time_that_is_over_is_zero(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_IDLE_LEFT].number = -3;
    desk = ask(steps, GH_COUNT(steps));
    check(config_contains(signing_reply(desk)->body,
                          GH_TEXT("\"idle_left\":0,")));
    signing_end(desk);
}

static void
what_cannot_be_had_is_no_answer(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};
    struct desk *desk = ask(steps, GH_COUNT(steps));

    check_number(503, signing_reply(desk)->status);
    check(!config_contains(signing_reply(desk)->body, GH_TEXT("is_signed_in")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

const struct check_case act_session_cases[] = {
    CHECK_CASE(who_is_signed_in_is_told_in_json),
    CHECK_CASE(nobody_is_told_in_the_same_form),
    CHECK_CASE(time_that_is_over_is_zero),
    CHECK_CASE(what_cannot_be_had_is_no_answer),
    {0},
};
