/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_parse: what of a web server's parameters becomes a
 * request, and what is refused with which status. Each row is one change to
 * an ordinary GET.
 */
#include "step.h"

#include <string.h>

#include "check.h"
#include "desk.h"

#include "base/banned.h"

/* Parses the ordinary request with one parameter changed. */
static unsigned
parse_with(const char *name_z, struct gh_text value)
{
    struct desk *desk = desk_begin(NULL);
    unsigned status;

    desk_set(desk, name_z, value);
    status = desk_parse(desk);
    desk_end(desk);
    return status;
}

/* The same without the parameter. */
static unsigned
parse_without(const char *name_z)
{
    struct desk *desk = desk_begin(NULL);
    unsigned status;

    desk_drop(desk, name_z);
    status = desk_parse(desk);
    desk_end(desk);
    return status;
}

static void
ordinary_request_is_understood(void)
{
    struct desk *desk = desk_begin(NULL);
    const struct gh_request *request = &desk->exchange->request;

    desk_set(desk, "REQUEST_URI", GH_TEXT("/public/a%2db/../x?q=/../"));
    check_number(0, desk_parse(desk));
    check(request->is_parsed);
    check_text(GH_TEXT("GET"), request->method);
    check(request->is_idempotent && !request->is_head);
    check_text(GH_TEXT("/public/x"), request->target.path);
    check_text(GH_TEXT("?q=/../"), request->target.query);
    check_text(GH_TEXT("localhost:8443"), request->authority);
    check_text(GH_TEXT("192.0.2.7"), request->client_text);
    check_number(GH_REQUEST_NO_BODY, request->body);
    desk_end(desk);
}

static void
FCGI_039_parameters_that_matter_must_not_come_twice(void)
{
    static const struct {
        const char *name_z;
        struct gh_text value;
    } rows[] = {
        {"REQUEST_METHOD", GH_TEXT_INIT("GET")},
        {"REQUEST_URI", GH_TEXT_INIT("/public/x")},
        {"REMOTE_ADDR", GH_TEXT_INIT("192.0.2.7")},
        {"HTTPS", GH_TEXT_INIT("on")},
        {"HTTP_HOST", GH_TEXT_INIT("localhost:8443")},
        {"CONTENT_LENGTH", GH_TEXT_INIT("0")},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = desk_begin(NULL);

        desk_add(desk, gh_text_of_z(rows[i].name_z), rows[i].value);
        check_number(400, desk_parse(desk));
        desk_end(desk);
    }
}

static void
fields_that_say_who_must_not_come_twice(void)
{
    static const struct gh_text names[] = {
        GH_TEXT_INIT("HTTP_AUTHORIZATION"),
        GH_TEXT_INIT("HTTP_ORIGIN"),
        GH_TEXT_INIT("HTTP_SEC_FETCH_SITE"),
        GH_TEXT_INIT("HTTP_SEC_FETCH_MODE"),
        GH_TEXT_INIT("HTTP_UPGRADE"),
        GH_TEXT_INIT("HTTP_RANGE"),
    };

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        struct desk *desk = desk_begin(NULL);

        desk_add(desk, names[i], GH_TEXT("a"));
        desk_add(desk, names[i], GH_TEXT("a"));
        check_number(400, desk_parse(desk));
        desk_end(desk);
    }
}

static void
METH_005_methods_are_upper_case_tokens(void)
{
    static const struct {
        struct gh_text method;
        unsigned status;
    } rows[] = {
        {GH_TEXT_INIT("GET"), 0},
        {GH_TEXT_INIT("POST"), 0},
        {GH_TEXT_INIT("M-SEARCH"), 0},
        {GH_TEXT_INIT("PROPFIND"), 0},
        {GH_TEXT_INIT("X"), 0},
        {GH_TEXT_INIT("get"), 400},
        {GH_TEXT_INIT("Get"), 400},
        {GH_TEXT_INIT(" GET"), 400},
        {GH_TEXT_INIT("GET "), 400},
        {GH_TEXT_INIT("GE\tT"), 400},
        {GH_TEXT_INIT("GET\r\n"), 400},
        {GH_TEXT_INIT("-GET"), 400},
        {GH_TEXT_INIT("G_T"), 400},
        {GH_TEXT_INIT("GET1"), 400},
        {GH_TEXT_INIT("TRACE"), 405},
        {GH_TEXT_INIT("CONNECT"), 405},
        {GH_TEXT_INIT("AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDD"), 0},
        {GH_TEXT_INIT("AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDD"), 400},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_number(rows[i].status,
                     parse_with("REQUEST_METHOD", rows[i].method));
    check_number(400, parse_without("REQUEST_METHOD"));
}

static void
only_harmless_methods_may_be_sent_again(void)
{
    static const struct {
        struct gh_text method;
        bool is_idempotent;
    } rows[] = {
        {GH_TEXT_INIT("GET"), true},     {GH_TEXT_INIT("HEAD"), true},
        {GH_TEXT_INIT("PUT"), true},     {GH_TEXT_INIT("DELETE"), true},
        {GH_TEXT_INIT("OPTIONS"), true}, {GH_TEXT_INIT("POST"), false},
        {GH_TEXT_INIT("PATCH"), false},  {GH_TEXT_INIT("LOCK"), false},
        {GH_TEXT_INIT("X"), false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = desk_begin(NULL);

        desk_set(desk, "REQUEST_METHOD", rows[i].method);
        check_number(0, desk_parse(desk));
        check(desk->exchange->request.is_idempotent == rows[i].is_idempotent);
        check(desk->exchange->request.is_head ==
              gh_text_equal(rows[i].method, GH_TEXT("HEAD")));
        desk_end(desk);
    }
}

static void
HOST_001_only_the_origins_of_the_entry_are_served(void)
{
    static const struct {
        struct gh_text host;
        unsigned status;
    } rows[] = {
        {GH_TEXT_INIT("localhost:8443"), 0},
        {GH_TEXT_INIT("LOCALHOST:8443"), 0},
        {GH_TEXT_INIT("[::1]"), 0},
        {GH_TEXT_INIT("[::1]:443"), 0},
        {GH_TEXT_INIT("localhost"), 421},
        {GH_TEXT_INIT("localhost:8444"), 421},
        {GH_TEXT_INIT("evil.example"), 421},
        {GH_TEXT_INIT("localhost:8443.evil.example"), 400},
        {GH_TEXT_INIT("user@localhost:8443"), 400},
        {GH_TEXT_INIT("localhost:08443"), 400},
        {GH_TEXT_INIT("localhost:8443, evil.example"), 400},
        {GH_TEXT_INIT("localhost:8443/"), 400},
        {GH_TEXT_INIT("local host:8443"), 400},
        {GH_TEXT_INIT("localhost.:8443"), 400},
        {GH_TEXT_INIT("\"><script>"), 400},
        {GH_TEXT_INIT(""), 400},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_number(rows[i].status, parse_with("HTTP_HOST", rows[i].host));
    check_number(400, parse_without("HTTP_HOST"));
}

static void
request_that_is_not_over_TLS_gets_426(void)
{
    check_number(426, parse_without("HTTPS"));
    check_number(426, parse_with("HTTPS", GH_TEXT("off")));
    check_number(426, parse_with("HTTPS", GH_TEXT("ON")));
    check_number(426, parse_with("HTTPS", GH_TEXT("")));
}

static void
PATH_targets_that_are_ambiguous_are_refused(void)
{
    static const struct gh_text targets[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("public/x"),
        GH_TEXT_INIT("*"),
        GH_TEXT_INIT("http://localhost/public/"),
        GH_TEXT_INIT("/../x"),
        GH_TEXT_INIT("/public/%00"),
        GH_TEXT_INIT("/public/%"),
        GH_TEXT_INIT("/public/%2"),
        GH_TEXT_INIT("/public/%252e"),
        GH_TEXT_INIT("/public/a\\b"),
        GH_TEXT_INIT("/public/%5c"),
        GH_TEXT_INIT("/public/ x"),
        GH_TEXT_INIT("/public/\xc3\xa4"),
        GH_TEXT_INIT("/public/%c0%af"),
        GH_TEXT_INIT("/public/%u0041"),
        GH_TEXT_INIT("/public/%0a"),
        GH_TEXT_INIT("/auth/a%2fb"),
        GH_TEXT_INIT("/auth/login;b"),
        GH_TEXT_INIT("/auth/a%3Bb"),
        GH_TEXT_INIT("/auth//login"),
        GH_TEXT_INIT("/public/x#y"),
    };

    for (size_t i = 0; i < GH_COUNT(targets); i++)
        check_number(400, parse_with("REQUEST_URI", targets[i]));
    check_number(400, parse_without("REQUEST_URI"));
}

static void
path_over_the_limit_gets_414(void)
{
    static char target[5000] = "/public/";

    memset(target + 8, 'a', sizeof(target) - 8);
    check_number(0, parse_with("REQUEST_URI", (struct gh_text){target, 4096}));
    check_number(414,
                 parse_with("REQUEST_URI", (struct gh_text){target, 4097}));
}

static void
SMUG_003_content_length_is_a_number_within_the_limit(void)
{
    static const struct {
        struct gh_text length;
        unsigned status;
    } rows[] = {
        {GH_TEXT_INIT("0"), 0},
        {GH_TEXT_INIT("1"), 1},
        {GH_TEXT_INIT("1073741824"), 1},
        {GH_TEXT_INIT("1073741825"), 413},
        {GH_TEXT_INIT("99999999999999999999999"), 413},
        {GH_TEXT_INIT("+1"), 400},
        {GH_TEXT_INIT("-1"), 400},
        {GH_TEXT_INIT("1 "), 400},
        {GH_TEXT_INIT("0x10"), 400},
        {GH_TEXT_INIT("1,1"), 400},
        {GH_TEXT_INIT("1\r\n"), 400},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_number(rows[i].status,
                     parse_with("CONTENT_LENGTH", rows[i].length));
}

static void
client_address_must_be_one(void)
{
    static const struct gh_text bad[] = {
        GH_TEXT_INIT(""),         GH_TEXT_INIT("localhost"),
        GH_TEXT_INIT("1.2.3"),    GH_TEXT_INIT("1.2.3.4:80"),
        GH_TEXT_INIT("[::1]"),    GH_TEXT_INIT("1.2.3.4, 5.6.7.8"),
        GH_TEXT_INIT("1.2.3.04"),
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_number(400, parse_with("REMOTE_ADDR", bad[i]));
    check_number(400, parse_without("REMOTE_ADDR"));
    check_number(0, parse_with("REMOTE_ADDR", GH_TEXT("2001:db8::1")));
}

static void
fields_over_the_limits_get_431(void)
{
    static char value[17 * 1024];
    struct desk *desk;

    memset(value, 'v', sizeof(value));
    check_number(0, parse_with("HTTP_X", (struct gh_text){value, 16 * 1024}));
    check_number(431,
                 parse_with("HTTP_X", (struct gh_text){value, 16 * 1024 + 1}));
    for (size_t n = 100; n <= 101; n++) {
        desk = desk_begin(NULL);
        for (size_t i = 0; i < n; i++)
            desk_add(desk, GH_TEXT("HTTP_X_MANY"), GH_TEXT("v"));
        desk_set(desk, "CONTENT_TYPE", GH_TEXT("text/plain"));
        check_number(n == 100 ? 0 : 431, desk_parse(desk));
        desk_end(desk);
    }
}

static void
HDR_009_control_bytes_in_a_field_are_refused(void)
{
    char value[] = "axb";

    for (unsigned c = 0; c < 256; c++) {
        bool is_fine = c == '\t' || (c >= 0x20 && c != 0x7f);

        value[1] = (char)c;
        check_number(is_fine ? 0 : 400,
                     parse_with("HTTP_X", (struct gh_text){value, 3}));
    }
}

static void
SMUG_011_bytes_in_a_field_name_are_refused(void)
{
    check_number(400, parse_with("HTTP_X:Y", GH_TEXT("v")));
    check_number(400, parse_with("HTTP_X-Y", GH_TEXT("v")));
    check_number(400, parse_with("HTTP_X.Y", GH_TEXT("v")));
    check_number(400, parse_with("HTTP_", GH_TEXT("v")));
    check_number(0, parse_with("HTTP_X_Y", GH_TEXT("v")));
    check_number(0, parse_with("OTHER:X", GH_TEXT("v")));
}

static void
what_the_edge_refused_stays_refused(void)
{
    struct desk *desk = desk_begin(NULL);

    desk->exchange->input.refused = 431;
    desk->exchange->input.why_z = "test";
    check_number(431, desk_parse(desk));
    check(!desk->exchange->request.is_parsed);
    desk_end(desk);
}

static void
XFF_forwarded_for_is_believed_from_listed_proxies_only(void)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "HTTP_X_FORWARDED_FOR", GH_TEXT("203.0.113.9"));
    check_number(0, desk_parse(desk));
    check_text(GH_TEXT("192.0.2.7"), desk->exchange->request.client_text);
    desk_end(desk);

    desk = desk_begin("[entry public]\ntrusted_proxies = 192.0.2.0/24");
    desk_set(desk, "HTTP_X_FORWARDED_FOR", GH_TEXT("1.1.1.1, 203.0.113.9"));
    check_number(0, desk_parse(desk));
    check_text(GH_TEXT("203.0.113.9"), desk->exchange->request.client_text);
    check(desk_field(desk, GH_TEXT("X-Forwarded-For")).at == NULL);
    desk_end(desk);
}

/* A desk where three bytes of a body are waited for. */
static struct desk *
await_body(void)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "REQUEST_METHOD", GH_TEXT("POST"));
    desk_set(desk, "CONTENT_LENGTH", GH_TEXT("3"));
    check_number(1, desk_parse(desk));
    check(gh_link_is_in(&desk->exchange->deadline.link));
    return desk;
}

static void
body_that_does_not_come_in_time_gets_408(void)
{
    struct desk *desk = await_body();

    desk->exchange->context.is_late = true;
    check_number(408, desk_parse(desk));
    desk_end(desk);
}

static void
time_for_the_body_is_over_with_the_body(void)
{
    struct desk *desk = await_body();
    struct gh_exchange *x = desk->exchange;

    check_status(GH_OK,
                 gh_body_add(&x->body, x->context.arena, GH_TEXT("abc")));
    /* It came at the last moment. */
    x->context.is_late = true;
    check_number(0, desk_parse(desk));
    check(!gh_link_is_in(&x->deadline.link));
    check(!x->context.is_late);
    desk_end(desk);
}

const struct check_case step_parse_cases[] = {
    CHECK_CASE(ordinary_request_is_understood),
    CHECK_CASE(FCGI_039_parameters_that_matter_must_not_come_twice),
    CHECK_CASE(fields_that_say_who_must_not_come_twice),
    CHECK_CASE(METH_005_methods_are_upper_case_tokens),
    CHECK_CASE(only_harmless_methods_may_be_sent_again),
    CHECK_CASE(HOST_001_only_the_origins_of_the_entry_are_served),
    CHECK_CASE(request_that_is_not_over_TLS_gets_426),
    CHECK_CASE(PATH_targets_that_are_ambiguous_are_refused),
    CHECK_CASE(path_over_the_limit_gets_414),
    CHECK_CASE(SMUG_003_content_length_is_a_number_within_the_limit),
    CHECK_CASE(client_address_must_be_one),
    CHECK_CASE(fields_over_the_limits_get_431),
    CHECK_CASE(HDR_009_control_bytes_in_a_field_are_refused),
    CHECK_CASE(SMUG_011_bytes_in_a_field_name_are_refused),
    CHECK_CASE(what_the_edge_refused_stays_refused),
    CHECK_CASE(body_that_does_not_come_in_time_gets_408),
    CHECK_CASE(time_for_the_body_is_over_with_the_body),
    CHECK_CASE(XFF_forwarded_for_is_believed_from_listed_proxies_only),
    {0},
};
