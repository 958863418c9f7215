/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_verdict and gateway/identity: what a web server that
 * carries the traffic itself is told, and under which names applications are
 * told who asks.
 */
#include "act.h"

#include "check.h"
#include "config.h"
#include "desk.h"
#include "estate.h"
#include "identity.h"
#include "step.h"

#include "base/banned.h"

extern const struct check_case act_verdict_cases[];

static const struct gh_principal alice = {
    .kind = GH_PRINCIPAL_ACCOUNT,
    .account = GH_TEXT_INIT("alice"),
    .display_name = GH_TEXT_INIT("Al\xc3\xac"
                                 "ce"),
    .email = GH_TEXT_INIT("a@example.org"),
    .reference = GH_TEXT_INIT("00112233445566778899aabbccddeeff"),
    .level = 1};

/* A desk on which a web server asks. */
static struct desk *
ask(const char *target_z)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "GATEHOUSE_ASK", GH_TEXT("verdict"));
    return desk;
}

/* The status that the web server is told. */
static unsigned
told(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;

    check_status(GH_OK, step_act(&x->context, x, &x->outcome));
    check_number(GH_OUTCOME_REPLY, x->outcome.kind);
    check_number(0, x->outcome.reply.body.len);
    return x->outcome.reply.status;
}

static bool
says(const struct desk *desk, const char *line_z)
{
    return config_contains(desk->exchange->outcome.reply.head,
                           gh_text_of_z(line_z));
}

static void
permit_tells_who_asks(void)
{
    struct desk *desk = ask("/public/x");

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("a=1; __Host-id=x; b=2"));
    check_number(0, desk_parse(desk));
    desk->exchange->principal = alice;
    check_number(GH_PERMIT, desk_decide(desk));
    check_number(200, told(desk));
    check(says(desk, "Status: 200 OK\r\n"));
    check(says(desk, "\r\nRemote-User: alice\r\nRemote-Name: Al%C3%ACce\r\n"));
    check(says(desk, "\r\nRemote-Email: a@example.org\r\n"));
    check(says(desk, "\r\nRemote-Groups: \r\n"));
    check(says(desk, "\r\nX-Gatehouse-Session: 00112233445566778899aabbcc"));
    check(says(desk, "\r\nX-Gatehouse-Cookies: a=1; b=2\r\n"));
    check(says(desk, "\r\nX-Request-Id: "));
    check(says(desk, "\r\nCache-Control: no-store\r\n"));
    check(!says(desk, "__Host-id"));
    desk_end(desk);
}

static void
nobody_is_told_with_empty_fields(void)
{
    struct desk *desk = ask("/public/x");

    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    check_number(200, told(desk));
    check(says(desk, "\r\nRemote-User: \r\nRemote-Name: \r\n"));
    check(says(desk, "\r\nX-Gatehouse-Level: \r\n"));
    desk_end(desk);
}

/* The status for a target that nobody may have as they are. */
static unsigned
status_of(const char *target_z)
{
    struct desk *desk = ask(target_z);
    unsigned status;

    check_number(0, desk_parse(desk));
    (void)desk_decide(desk);
    status = told(desk);
    check(!says(desk, "Location") && !says(desk, "Remote-User"));
    desk_end(desk);
    return status;
}

static void
what_is_not_permitted_is_401_or_403(void)
{
    check_number(401, status_of("/account/x"));
    check_number(403, status_of("/nobody/x"));
    check_number(403, status_of("/nothing"));
    check_number(403, status_of("/public/a;b"));
}

static void
stops_are_403_and_faults_503(void)
{
    static const struct {
        unsigned stop, told;
    } table[] = {{400, 403}, {404, 403}, {405, 403}, {413, 403}, {421, 403},
                 {426, 403}, {431, 403}, {503, 503}, {500, 503}};

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct desk *desk = ask("/public/x");

        check_number(0, desk_parse(desk));
        desk->exchange->stop.status = table[i].stop;
        check_number(table[i].told, told(desk));
        desk_end(desk);
    }
}

static void
unsure_is_503(void)
{
    struct desk *desk = ask("/public/x");

    check_number(0, desk_parse(desk));
    desk->exchange->decision.verdict = GH_UNSURE;
    check_number(503, told(desk));
    desk_end(desk);
}

/* What parse refuses an ask with. */
static unsigned
refused(const char *target_z, const char *ask_z)
{
    struct desk *desk = ask(target_z);
    unsigned status;

    desk_set(desk, "GATEHOUSE_ASK", gh_text_of_z(ask_z));
    status = desk_parse(desk);
    desk_end(desk);
    return status;
}

static void
only_what_is_sent_as_it_is_decided_on_is_asked_for(void)
{
    check_number(0, refused("/public/x?a=%2e", "verdict"));
    check_number(403, refused("/public/./x", "verdict"));
    check_number(403, refused("/public/%78", "verdict"));
    check_number(403, refused("/public/%2F%2f", "verdict"));
    check_number(403, refused("/auth/login", "verdict"));
    check_number(403, refused("/auth", "verdict"));
    check_number(400, refused("/public/x", "Verdict"));
    check_number(400, refused("/public/x", ""));
}

static void
body_stays_with_the_web_server(void)
{
    struct desk *desk = ask("/public/x");

    desk_set(desk, "REQUEST_METHOD", GH_TEXT("POST"));
    desk_set(desk, "CONTENT_LENGTH", GH_TEXT("70000"));
    desk_set(desk, "HTTP_UPGRADE", GH_TEXT("websocket"));
    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    check_number(200, told(desk));
    desk_end(desk);
}

/* The same question in the role of an authorizer. */
static struct desk *
authorize(const char *target_z)
{
    struct desk *desk = desk_begin(NULL);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk->exchange->input.is_authorizer = true;
    return desk;
}

static void
yes_of_an_authorizer_hands_on_variables(void)
{
    struct desk *desk = authorize("/public/x");

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("a=1; __Host-id=x; b=2"));
    desk_set(desk, "REQUEST_METHOD", GH_TEXT("POST"));
    desk_drop(desk, "CONTENT_LENGTH");
    check_number(0, desk_parse(desk));
    desk->exchange->principal = alice;
    check_number(GH_PERMIT, desk_decide(desk));
    check_number(200, told(desk));
    check(gh_text_starts(desk->exchange->outcome.reply.head,
                         GH_TEXT("Status: 200 OK\r\n")));
    check(says(desk, "\r\nVariable-REMOTE_USER: alice\r\n"));
    check(says(desk, "\r\nVariable-REMOTE_NAME: Al%C3%ACce\r\n"));
    check(says(desk, "\r\nVariable-REMOTE_EMAIL: a@example.org\r\n"));
    check(says(desk, "\r\nVariable-REMOTE_GROUPS: \r\n"));
    check(says(desk, "\r\nVariable-GATEHOUSE_SESSION: 00112233445566778899"));
    check(says(desk, "\r\nVariable-GATEHOUSE_LEVEL: 1\r\n"));
    check(says(desk, "\r\nVariable-GATEHOUSE_ASSERTION: \r\n"));
    check(says(desk, "\r\nVariable-GATEHOUSE_EXCHANGE: "));
    check(says(desk, "\r\nVariable-GATEHOUSE_COOKIES: a=1; b=2\r\n"));
    check(!says(desk, "HTTP_"));
    check(!says(desk, "Remote-User"));
    check(!says(desk, "Set-Cookie"));
    desk_end(desk);
}

/* What an authorizer's client is answered, as nobody: always with Status
 * first, since lighttpd drops every field that comes before it. */
static unsigned
answered(const char *target_z, unsigned stop)
{
    struct desk *desk = authorize(target_z);
    struct gh_exchange *x = desk->exchange;
    unsigned refused = desk_parse(desk);

    x->stop.status = refused == 0 ? stop : refused;
    if (refused == 0)
        (void)desk_decide(desk);
    check_status(GH_OK, step_act(&x->context, x, &x->outcome));
    check_number(GH_OUTCOME_REPLY, x->outcome.kind);
    check(gh_text_starts(x->outcome.reply.head, GH_TEXT("Status: ")));
    check(gh_text_ends(x->outcome.reply.head, GH_TEXT("\r\n\r\n")));
    check((x->outcome.reply.status == 200) == says(desk, "Variable-"));
    stop = x->outcome.reply.status;
    desk_end(desk);
    return stop;
}

static void
refusal_of_an_authorizer_is_the_clients_answer(void)
{
    check_number(200, answered("/public/x", 0));
    check_number(401, answered("/account/x", 0));
    check_number(403, answered("/nobody/x", 0));
    check_number(404, answered("/nothing", 0));
    check_number(400, answered("/public/a;b", 0));
    check_number(400, answered("/public/./x", 0));
    check_number(400, answered("/public/%78", 0));
    check_number(400, answered("/auth/login", 0));
    check_number(400, answered("/auth/static/style.css", 0));
    check_number(503, answered("/public/x", 503));
    check_number(431, answered("/public/x", 431));
}

/* What an authorizer answers to a request with that variable. */
static unsigned
answer_to(const char *name_z, const char *settings_z)
{
    struct desk *desk = desk_begin(settings_z);
    unsigned status;

    desk->exchange->input.is_authorizer = true;
    desk_set(desk, name_z, GH_TEXT("127.0.0.9"));
    status = desk_parse(desk);
    desk_end(desk);
    return status;
}

/* lighttpd would hand them to the application just so. */
static void
HDR_003_authorizer_refuses_what_it_cannot_take_out(void)
{
    const char *with_proxy_z = "[entry public]\n"
                               "trusted_proxies = 192.0.2.0/24";

    check_number(400, answer_to("HTTP_REMOTE_USER", NULL));
    check_number(400, answer_to("HTTP_X_FORWARDED_USER", NULL));
    check_number(400, answer_to("HTTP_X_GATEHOUSE_SESSION", NULL));
    check_number(400, answer_to("HTTP_X_ORIGINAL_URL", NULL));
    check_number(400, answer_to("HTTP_X_HTTP_METHOD_OVERRIDE", NULL));
    check_number(400, answer_to("HTTP_X_ACCEL_MAPPING", NULL));
    check_number(400, answer_to("HTTP_X_REAL_IP", NULL));
    check_number(400, answer_to("HTTP_X_FORWARDED_FOR", NULL));
    check_number(0, answer_to("HTTP_X_REQUEST_ID", NULL));
    check_number(0, answer_to("HTTP_X_REQUESTED_WITH", NULL));
    check_number(0, answer_to("HTTP_AUTHORIZATION", NULL));
    check_number(400, answer_to("GATEHOUSE_ASK", NULL));
    check_number(0, answer_to("HTTP_X_FORWARDED_FOR", with_proxy_z));
    check_number(400, answer_to("HTTP_REMOTE_USER", with_proxy_z));
}

/* The names of the fields for one preset. */
static void
check_names(enum gh_preset preset, const char *user_z, const char *groups_z)
{
    struct desk *desk = ask("/public/x");
    struct gh_context *context = &desk->exchange->context;
    struct gh_identity identity;
    struct gh_buf buf;

    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    check_status(GH_OK, gh_identity_of(context, &alice, &identity));
    check_status(GH_OK, gh_buf_in(context->arena, identity.size, &buf));
    gh_identity_write(&buf, &identity, preset);
    check(!buf.is_failed);
    check(gh_text_starts(gh_buf_text(&buf), gh_text_of_z(user_z)));
    check(config_contains(gh_buf_text(&buf), gh_text_of_z(groups_z)));
    check(config_contains(gh_buf_text(&buf),
                          GH_TEXT("\r\nX-Gatehouse-Level: 1\r\n")));
    desk_end(desk);
}

static void
presets_rename_the_fields(void)
{
    check_names(GH_PRESET_REMOTE, "Remote-User: alice\r\n",
                "\r\nRemote-Groups: \r\n");
    check_names(GH_PRESET_X_REMOTE, "X-Remote-User: alice\r\n",
                "\r\nX-Remote-Groups: \r\n");
    check_names(GH_PRESET_X_FORWARDED, "X-Forwarded-User: alice\r\n",
                "\r\nX-Forwarded-Groups: \r\n");
    check_names(GH_PRESET_X_AUTH_REQUEST, "X-Auth-Request-User: alice\r\n",
                "\r\nX-Auth-Request-Groups: \r\n");
    check_names(GH_PRESET_AUTH, "Auth-User: alice\r\n",
                "\r\nAuth-Groups: \r\n");
}

static void
path_that_a_web_server_reads_in_another_way_is_refused(void)
{
    static const struct {
        const char *path_z;
        enum gh_verdict verdict; /* the application keeps everything */
    } table[] = {
        {"/public/a%2Fx", GH_DENY},
        {"/public//x", GH_DENY},
        {"/public/a;b", GH_PERMIT},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct desk *desk = ask(table[i].path_z);
        struct gh_request *request = &desk->exchange->request;

        desk_keep_paths(desk);
        check_number(0, desk_parse(desk));
        check_number(table[i].verdict, desk_decide(desk));
        /* What we forward ourselves goes where we have decided. */
        request->is_verdict = false;
        check_number(GH_PERMIT, desk_decide(desk));
        desk_end(desk);
    }
}

const struct check_case act_verdict_cases[] = {
    CHECK_CASE(path_that_a_web_server_reads_in_another_way_is_refused),
    CHECK_CASE(permit_tells_who_asks),
    CHECK_CASE(nobody_is_told_with_empty_fields),
    CHECK_CASE(what_is_not_permitted_is_401_or_403),
    CHECK_CASE(stops_are_403_and_faults_503),
    CHECK_CASE(unsure_is_503),
    CHECK_CASE(only_what_is_sent_as_it_is_decided_on_is_asked_for),
    CHECK_CASE(body_stays_with_the_web_server),
    CHECK_CASE(yes_of_an_authorizer_hands_on_variables),
    CHECK_CASE(refusal_of_an_authorizer_is_the_clients_answer),
    CHECK_CASE(HDR_003_authorizer_refuses_what_it_cannot_take_out),
    CHECK_CASE(presets_rename_the_fields),
    {0},
};
