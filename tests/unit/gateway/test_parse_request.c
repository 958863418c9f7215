/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/parse_request: whether the address is ours, which cookies
 * are ours, which fields may go on, and who seems to ask; and the waiting for
 * a body, which is the last thing that parse does.
 */
#include "parse_int.h"

#include "body.h"
#include "check.h"
#include "desk.h"

#include "base/banned.h"

/* True when the parsed request still has a field of that name. */
static bool
passes(const char *variable_z, struct gh_text name)
{
    struct desk *desk = desk_begin(NULL);
    bool is_there;

    desk_set(desk, variable_z, GH_TEXT("forged"));
    check_number(0, desk_parse(desk));
    is_there = desk_field(desk, name).at != NULL;
    for (size_t i = 0; i < desk->exchange->request.fields.n; i++)
        is_there |= gh_text_equal(desk->exchange->request.fields.at[i].value,
                                  GH_TEXT("forged"));
    desk_end(desk);
    return is_there;
}

static void
HDR_003_identity_is_scrubbed_under_every_spelling(void)
{
    static const char *const variables[] = {
        "HTTP_REMOTE_USER",
        "HTTP_Remote_User",
        "HTTP_remote_user",
        "HTTP_REMOTE_NAME",
        "HTTP_REMOTE_EMAIL",
        "HTTP_REMOTE_GROUPS",
        "HTTP_X_GATEHOUSE_SESSION",
        "HTTP_X_GATEHOUSE_LEVEL",
        "HTTP_X_GATEHOUSE_ASSERTION",
        "HTTP_X_GATEHOUSE_ANYTHING",
        "HTTP_X_FORWARDED_USER",
        "HTTP_X_REMOTE_USER",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_FORWARDED",
        "HTTP_X_REAL_IP",
        "HTTP_X_ORIGINAL_URL",
        "HTTP_X_HTTP_METHOD_OVERRIDE",
        "HTTP_PROXY",
        "HTTP_CONNECTION",
        "HTTP_KEEP_ALIVE",
        "HTTP_TRANSFER_ENCODING",
        "HTTP_X_REQUEST_ID",
        "HTTP_AUTHORIZATION",
        "HTTP_TE",
        "HTTP_UPGRADE",
        "HTTP_CONTENT_LENGTH",
        "HTTP_Content_Length",
    };

    for (size_t i = 0; i < GH_COUNT(variables); i++)
        check(!passes(variables[i], GH_TEXT("Remote-User")));
    check(passes("HTTP_ACCEPT_LANGUAGE", GH_TEXT("Accept-Language")));
}

static void
HDR_023_identity_as_another_parameter_is_no_field(void)
{
    check(!passes("REMOTE_USER", GH_TEXT("Remote-User")));
    check(!passes("AUTH_TYPE", GH_TEXT("Auth-Type")));
    check(!passes("http_remote_user", GH_TEXT("Remote-User")));
    check(!passes("Http_Remote_User", GH_TEXT("Remote-User")));
}

static void
HDR_015_connection_cannot_name_what_is_ours(void)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "HTTP_CONNECTION", GH_TEXT("X-Named, Remote-User, Accept"));
    desk_set(desk, "HTTP_X_NAMED", GH_TEXT("v"));
    check_number(0, desk_parse(desk));
    check(desk_field(desk, GH_TEXT("X-Named")).at == NULL);
    desk_end(desk);
}

static void
HDR_019_authorization_is_kept_apart(void)
{
    struct desk *desk = desk_begin("authorization = pass");

    desk_set(desk, "HTTP_AUTHORIZATION", GH_TEXT("Basic YTpi"));
    check_number(0, desk_parse(desk));
    check_text(GH_TEXT("Basic YTpi"), desk->exchange->request.authorization);
    check(desk_field(desk, GH_TEXT("Authorization")).at == NULL);
    desk_end(desk);

    desk = desk_begin("authorization = pass");
    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/static/style.css"));
    desk_set(desk, "HTTP_AUTHORIZATION", GH_TEXT("Basic YTpi"));
    check_number(0, desk_parse(desk));
    check(desk->exchange->request.is_ours);
    check(desk_field(desk, GH_TEXT("Authorization")).at == NULL);
    desk_end(desk);
}

/* Parses with a Cookie field; the desk is the caller's to end. */
static struct desk *
with_cookie(struct gh_text cookie, unsigned status)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "HTTP_COOKIE", cookie);
    check_number(status, desk_parse(desk));
    return desk;
}

static void
our_cookies_are_taken_and_the_others_go_on(void)
{
    struct desk *desk =
        with_cookie(GH_TEXT("a=1; __Host-id=token; __Host-pre=x; b=2"), 0);

    check_text(GH_TEXT("token"), desk->exchange->request.token);
    check_text(GH_TEXT("a=1; b=2"), desk->exchange->request.cookies);
    check(desk_field(desk, GH_TEXT("Cookie")).at == NULL);
    desk_end(desk);
    desk = with_cookie(GH_TEXT("__Host-id=token"), 0);
    check_number(0, desk->exchange->request.cookies.len);
    desk_end(desk);
}

static void
session_cookie_given_twice_is_refused(void)
{
    struct desk *desk = with_cookie(GH_TEXT("__Host-id=a; __Host-id=a"), 400);

    desk_end(desk);
    desk = desk_begin(NULL);
    desk_add(desk, GH_TEXT("HTTP_COOKIE"), GH_TEXT("__Host-id=a"));
    desk_add(desk, GH_TEXT("HTTP_Cookie"), GH_TEXT("__Host-id=b"));
    check_number(400, desk_parse(desk));
    desk_end(desk);
}

static void
METH_011_websocket_gets_501_and_other_upgrades_are_declined(void)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "HTTP_UPGRADE", GH_TEXT("h2c, WebSocket"));
    check_number(501, desk_parse(desk));
    desk_end(desk);
    desk = desk_begin(NULL);
    desk_set(desk, "HTTP_UPGRADE", GH_TEXT("h2c"));
    check_number(0, desk_parse(desk));
    check(desk_field(desk, GH_TEXT("Upgrade")).at == NULL);
    desk_end(desk);
}

static void
content_type_goes_on_from_its_own_parameter(void)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "CONTENT_TYPE", GH_TEXT(" text/plain "));
    desk_set(desk, "HTTP_CONTENT_TYPE", GH_TEXT("forged"));
    check_number(0, desk_parse(desk));
    check_text(GH_TEXT("text/plain"),
               desk_field(desk, GH_TEXT("Content-Type")));
    check_number(1, gh_fields_count(&desk->exchange->request.fields,
                                    GH_TEXT("Content-Type")));
    desk_end(desk);
    desk = desk_begin(NULL);
    desk_set(desk, "CONTENT_TYPE", GH_TEXT("a\r\nX: y"));
    check_number(400, desk_parse(desk));
    desk_end(desk);
}

/* Parses a target on an entry of a kind. */
static unsigned
parse_target(enum gh_entry_kind kind, struct gh_text target)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_settings_entry entry = *desk->exchange->context.entry;
    unsigned status;

    entry.kind = (uint64_t)kind;
    desk->exchange->context.entry = &entry;
    desk_set(desk, "REQUEST_URI", target);
    status = desk_parse(desk);
    if (status == 0)
        check_text(target, desk->exchange->request.target.path);
    desk_end(desk);
    return status;
}

static void
PATH_007_odd_spellings_of_our_own_addresses_are_refused(void)
{
    static const char *const targets[] = {"/auth/a;b", "/auth/a%2Fb",
                                          "/auth//a", "/auth/login;x"};

    for (size_t i = 0; i < GH_COUNT(targets); i++)
        check_number(400,
                     parse_target(GH_ENTRY_PUBLIC, gh_text_of_z(targets[i])));
    /* Whether an application keeps them is decided later. */
    check_number(0, parse_target(GH_ENTRY_PUBLIC, GH_TEXT("/public/a;b")));
}

static void
what_is_not_ours_is_not_on_an_entry_for_operations(void)
{
    check_number(404, parse_target(GH_ENTRY_OPERATIONS, GH_TEXT("/")));
    check_number(404, parse_target(GH_ENTRY_OPERATIONS, GH_TEXT("/public/x")));
    check_number(404, parse_target(GH_ENTRY_OPERATIONS, GH_TEXT("/authx")));
    check_number(0, parse_target(GH_ENTRY_OPERATIONS, GH_TEXT("/auth/x")));
}

static void
our_own_is_ours_whatever_is_mounted(void)
{
    struct desk *desk = desk_begin("[application all]\npath = /\n"
                                   "access = public\nbackend = http://unix:/x");

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/x"));
    check_number(0, desk_parse(desk));
    check(desk->exchange->request.is_ours);
    check_number(GH_PERMIT, desk_decide(desk));
    check(desk->exchange->decision.application == NULL);
    desk_end(desk);
}

static void
RESP_011_people_and_scripts_are_told_apart(void)
{
    static const struct {
        const char *mode_z, *accept_z, *with_z;
        bool is_navigation, wants_json;
    } rows[] = {
        {"navigate", NULL, NULL, true, false},
        {"navigate", "application/json", NULL, true, false},
        {"cors", "text/html", NULL, false, true},
        {"no-cors", NULL, NULL, false, true},
        {NULL, "text/html,*/*;q=0.8", NULL, true, false},
        {NULL, "text/html", "XMLHttpRequest", false, true},
        {NULL, "application/json", NULL, false, true},
        {NULL, "application/json, text/html", NULL, true, false},
        {NULL, "*/*", NULL, false, false},
        {NULL, NULL, NULL, false, false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = desk_begin(NULL);

        if (rows[i].mode_z != NULL)
            desk_set(desk, "HTTP_SEC_FETCH_MODE", gh_text_of_z(rows[i].mode_z));
        if (rows[i].accept_z != NULL)
            desk_set(desk, "HTTP_ACCEPT", gh_text_of_z(rows[i].accept_z));
        if (rows[i].with_z != NULL)
            desk_set(desk, "HTTP_X_REQUESTED_WITH",
                     gh_text_of_z(rows[i].with_z));
        check_number(0, desk_parse(desk));
        check(desk->exchange->request.is_navigation == rows[i].is_navigation);
        check(desk->exchange->request.wants_json == rows[i].wants_json);
        desk_end(desk);
    }
}

/* A desk whose request has a body of that length; NULL: of unknown length. */
static struct desk *
with_body(const char *length_z)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "REQUEST_METHOD", GH_TEXT("POST"));
    if (length_z == NULL)
        desk_drop(desk, "CONTENT_LENGTH");
    else
        desk_set(desk, "CONTENT_LENGTH", gh_text_of_z(length_z));
    check_number(1, desk_parse(desk));
    check(gh_link_is_in(&desk->exchange->deadline.link));
    return desk;
}

static void
come(struct desk *desk, struct gh_text bytes)
{
    check_status(GH_OK, gh_body_add(&desk->exchange->body,
                                    &desk->exchange->arena, bytes));
}

static void
small_body_is_waited_for_and_a_large_one_is_not(void)
{
    struct desk *desk = with_body("5");

    come(desk, GH_TEXT("hell"));
    check_number(1, desk_parse(desk));
    come(desk, GH_TEXT("o"));
    check_number(0, desk_parse(desk));
    desk_end(desk);
    desk = with_body("32769");
    come(desk, GH_TEXT("h"));
    check_number(0, desk_parse(desk));
    check_number(32769, desk->exchange->request.length);
    desk_end(desk);
}

static void
SMUG_005_short_body_gets_400(void)
{
    struct desk *desk = with_body("5");

    come(desk, GH_TEXT("hell"));
    desk->exchange->body.is_ended = true;
    check_number(400, desk_parse(desk));
    desk_end(desk);
}

static void
SMUG_007_body_of_unknown_length_is_a_stream_or_none(void)
{
    struct desk *desk = with_body(NULL);

    desk->exchange->body.is_ended = true;
    check_number(0, desk_parse(desk));
    check_number(GH_REQUEST_NO_BODY, desk->exchange->request.body);
    desk_end(desk);
    desk = with_body(NULL);
    come(desk, GH_TEXT("x"));
    check_number(0, desk_parse(desk));
    check_number(GH_REQUEST_STREAM, desk->exchange->request.body);
    desk_end(desk);
    desk = with_body(NULL);
    desk->exchange->body.is_ended = desk->exchange->body.is_broken = true;
    check_number(400, desk_parse(desk));
    desk_end(desk);
}

static void
body_that_does_not_come_gets_408(void)
{
    struct desk *desk = with_body("5");

    desk->exchange->context.is_late = true;
    check_number(408, desk_parse(desk));
    desk_end(desk);
}

const struct check_case parse_request_cases[] = {
    CHECK_CASE(HDR_003_identity_is_scrubbed_under_every_spelling),
    CHECK_CASE(HDR_023_identity_as_another_parameter_is_no_field),
    CHECK_CASE(HDR_015_connection_cannot_name_what_is_ours),
    CHECK_CASE(HDR_019_authorization_is_kept_apart),
    CHECK_CASE(our_cookies_are_taken_and_the_others_go_on),
    CHECK_CASE(session_cookie_given_twice_is_refused),
    CHECK_CASE(METH_011_websocket_gets_501_and_other_upgrades_are_declined),
    CHECK_CASE(content_type_goes_on_from_its_own_parameter),
    CHECK_CASE(PATH_007_odd_spellings_of_our_own_addresses_are_refused),
    CHECK_CASE(what_is_not_ours_is_not_on_an_entry_for_operations),
    CHECK_CASE(our_own_is_ours_whatever_is_mounted),
    CHECK_CASE(RESP_011_people_and_scripts_are_told_apart),
    CHECK_CASE(small_body_is_waited_for_and_a_large_one_is_not),
    CHECK_CASE(SMUG_005_short_body_gets_400),
    CHECK_CASE(SMUG_007_body_of_unknown_length_is_a_stream_or_none),
    CHECK_CASE(body_that_does_not_come_gets_408),
    {0},
};
