/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_page: our own addresses, and the way to the sign-in
 * form for people and for scripts.
 */
#include "act.h"

#include "check.h"
#include "config.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN
#define DELETED                                                                \
    "Set-Cookie: __Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; "         \
    "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

/* Shows the way to somebody who is nobody for that reason. */
static struct desk *
turn_away(const char *target_z, enum gh_nobody why, bool is_person)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_exchange *x = desk->exchange;
    const struct gh_principal principal = {.nobody = why};

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_SEC_FETCH_MODE",
             gh_text_of_z(is_person ? "navigate" : "cors"));
    if (why != GH_NOBODY_NO_TOKEN)
        desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    check_number(0, desk_parse(desk));
    check_status(
        GH_OK, act_sign_in(&x->context, &x->request, &principal, &x->outcome));
    return desk;
}

/* A person is sent there, and forgets a cookie that is dead, but for one that
 * the next session needs. */
static void
check_sent(const char *target_z, enum gh_nobody why, struct gh_text location)
{
    struct desk *desk = turn_away(target_z, why, true);

    check_number(303, signing_reply(desk)->status);
    if (!signing_has_line(desk, location))
        check_text(location, signing_reply(desk)->head);
    check(signing_has_line(desk, GH_TEXT(DELETED)) ==
          (why != GH_NOBODY_NO_TOKEN && why != GH_NOBODY_RIGHTS &&
           why != GH_NOBODY_FAILOVER));
    signing_end(desk);
}

static void
people_are_sent_to_the_form_with_way_back_and_reason(void)
{
    check_sent("/account/x?a=b", GH_NOBODY_NO_TOKEN,
               GH_TEXT("Location: /auth/login?return_to="
                       "%2Faccount%2Fx%3Fa%3Db"));
    check_sent("/account/", GH_NOBODY_IDLE,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=idle"));
    check_sent("/account/", GH_NOBODY_ABSOLUTE,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=expired"));
    check_sent("/account/", GH_NOBODY_STRANGE,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=unknown"));
    check_sent("/account/", GH_NOBODY_ACCOUNT,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=account"));
    check_sent("/account/", GH_NOBODY_RIGHTS,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=permissions"));
    check_sent("/account/", GH_NOBODY_FAILOVER,
               GH_TEXT("Location: /auth/login?return_to=%2Faccount%2F"
                       "&reason=server_moved"));
}

/* Shows the way to alice, who signed in too long ago. */
static struct desk *
ask_once_more(bool is_person)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_exchange *x = desk->exchange;
    const struct gh_principal alice = {.kind = GH_PRINCIPAL_ACCOUNT,
                                       .account = GH_TEXT("alice")};

    desk_set(desk, "REQUEST_URI", GH_TEXT("/account/x"));
    desk_set(desk, "HTTP_SEC_FETCH_MODE",
             gh_text_of_z(is_person ? "navigate" : "cors"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    check_number(0, desk_parse(desk));
    check_status(GH_OK,
                 act_sign_in(&x->context, &x->request, &alice, &x->outcome));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    return desk;
}

static void
who_signed_in_long_ago_stays_signed_in_and_confirms(void)
{
    struct desk *desk = ask_once_more(true);

    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/login?return_to="
                                         "%2Faccount%2Fx&reason=confirm")));
    signing_end(desk);
    desk = ask_once_more(false);
    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"status\":401,\"reason\":\"confirm\",\"login\":"
                       "\"/auth/login?return_to=%2Faccount%2Fx"
                       "&reason=confirm\"}\n"),
               signing_reply(desk)->body);
    signing_end(desk);
}

static void
scripts_are_told_in_json_and_keep_their_cookie(void)
{
    struct desk *desk = turn_away("/account/x?a=%22", GH_NOBODY_IDLE, false);

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"status\":401,\"reason\":\"idle\",\"login\":"
                       "\"/auth/login?return_to=%2Faccount%2Fx%3Fa%3D%2522"
                       "&reason=idle\"}\n"),
               signing_reply(desk)->body);
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
    desk = turn_away("/account/x", GH_NOBODY_NO_TOKEN, false);
    check_text(GH_TEXT("{\"status\":401,\"reason\":\"sign_in\",\"login\":"
                       "\"/auth/login?return_to=%2Faccount%2Fx\"}\n"),
               signing_reply(desk)->body);
    signing_end(desk);
}

static void
where_nobody_can_sign_in_there_is_no_way(void)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_exchange *x = desk->exchange;
    const struct gh_principal principal = {0};

    desk->worker.database = NULL;
    desk_set(desk, "REQUEST_URI", GH_TEXT("/account/x"));
    check_number(0, desk_parse(desk));
    check_status(
        GH_OK, act_sign_in(&x->context, &x->request, &principal, &x->outcome));
    check_number(401, signing_reply(desk)->status);
    check(!config_contains(signing_reply(desk)->head, GH_TEXT("Location:")));
    signing_end(desk);
}

/* The status that a request for one of our addresses gets. */
static unsigned
status_of(const char *method_z, const char *target_z, bool has_database)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    unsigned status;

    if (!has_database)
        desk->worker.database = NULL;
    desk_set(desk, "REQUEST_METHOD", gh_text_of_z(method_z));
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    status = signing_reply(desk)->status;
    signing_end(desk);
    return status;
}

static void
our_addresses_are_exactly_these(void)
{
    static const char *const there[] = {"/auth/login", "/auth/logout",
                                        "/auth/logged-out", "/auth/session",
                                        "/auth/static/style.css"};
    static const char *const others[] = {
        "/auth/",       "/auth",           "/auth/login/",  "/auth/LOGIN",
        "/auth/loginx", "/auth/session/x", "/auth/static/", "/auth/x"};

    for (size_t i = 0; i < GH_COUNT(there); i++) {
        check_number(200, status_of("GET", there[i], true));
        check_number(200, status_of("HEAD", there[i], true));
        check_number(405, status_of("PUT", there[i], true));
        check_number(405, status_of("OPTIONS", there[i], true));
    }
    for (size_t i = 0; i < GH_COUNT(others); i++) {
        check_number(404, status_of("GET", others[i], true));
        check_number(404, status_of("POST", others[i], true));
    }
}

static void
forms_go_where_forms_are(void)
{
    check_number(405, status_of("POST", "/auth/logged-out", true));
    check_number(405, status_of("POST", "/auth/static/style.css", true));
    check_number(415, status_of("POST", "/auth/login", true));
}

static void
where_nobody_can_sign_in_only_the_style_is_there(void)
{
    check_number(200, status_of("GET", "/auth/static/style.css", false));
    check_number(404, status_of("GET", "/auth/login", false));
    check_number(404, status_of("POST", "/auth/login", false));
    check_number(404, status_of("GET", "/auth/logout", false));
    check_number(404, status_of("POST", "/auth/logout", false));
    check_number(404, status_of("GET", "/auth/logged-out", false));
    check_number(404, status_of("GET", "/auth/session", false));
}

const struct check_case act_page_cases[] = {
    CHECK_CASE(people_are_sent_to_the_form_with_way_back_and_reason),
    CHECK_CASE(who_signed_in_long_ago_stays_signed_in_and_confirms),
    CHECK_CASE(scripts_are_told_in_json_and_keep_their_cookie),
    CHECK_CASE(where_nobody_can_sign_in_there_is_no_way),
    CHECK_CASE(our_addresses_are_exactly_these),
    CHECK_CASE(forms_go_where_forms_are),
    CHECK_CASE(where_nobody_can_sign_in_only_the_style_is_there),
    {0},
};
