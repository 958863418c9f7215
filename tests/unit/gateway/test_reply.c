/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/reply: our own answers carry the protective header fields
 * whatever their status, have the length they announce, and nothing from
 * outside comes into them unescaped.
 */
#include "reply.h"

#include "check.h"
#include "config.h"
#include "desk.h"
#include "message.h"

#include "base/banned.h"

/* Field lines that every answer of ours has, RESP-001 and G6. */
static const struct gh_text always[] = {
    GH_TEXT_INIT("\r\nCache-Control: no-store\r\n"),
    GH_TEXT_INIT("\r\nContent-Security-Policy: default-src 'none'; style-src "
                 "'self'; img-src 'self'; form-action 'self'; frame-ancestors "
                 "'none'; base-uri 'none'; object-src 'none'\r\n"),
    GH_TEXT_INIT("\r\nX-Content-Type-Options: nosniff\r\n"),
    GH_TEXT_INIT("\r\nReferrer-Policy: same-origin\r\n"),
    GH_TEXT_INIT("\r\nCross-Origin-Opener-Policy: same-origin\r\n"),
    GH_TEXT_INIT("\r\nCross-Origin-Resource-Policy: same-origin\r\n"),
    GH_TEXT_INIT("\r\nPermissions-Policy: camera=(), microphone=(), "
                 "geolocation=(), payment=(), usb=()\r\n"),
    GH_TEXT_INIT("\r\nX-Frame-Options: DENY\r\n"),
    GH_TEXT_INIT("\r\nVary: Cookie\r\n"),
    GH_TEXT_INIT("; charset=utf-8\r\n"),
    GH_TEXT_INIT("\r\nStrict-Transport-Security: max-age=63072000; "
                 "includeSubDomains\r\n"),
};

static const unsigned statuses[] = {
    400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 418,
    421, 426, 429, 431, 500, 501, 502, 503, 504, 599,
};

/* A message on a desk; the request is zeroed but for the method. */
static struct gh_reply
message(struct desk *desk, unsigned status)
{
    struct gh_reply reply = {0};

    desk->exchange->request.method = GH_TEXT("GET");
    check_status(GH_OK,
                 gh_reply_message(&desk->exchange->context,
                                  &desk->exchange->request, status, &reply));
    check_number(status, reply.status);
    return reply;
}

static bool
has_length(const struct gh_reply *reply, size_t len)
{
    char words[64];
    struct gh_buf buf = gh_buf_over(words, sizeof(words));

    gh_buf_lit(&buf, "\r\nContent-Length: ");
    gh_buf_number(&buf, len);
    gh_buf_lit(&buf, "\r\n");
    return config_contains(reply->head, gh_buf_text(&buf));
}

/* One line after the other, one empty line at the end, no stray CR or LF. */
static bool
is_well_formed(struct gh_text head)
{
    struct gh_text rest = head;
    struct gh_text line;
    size_t n_empty = 0;

    if (!gh_text_ends(head, GH_TEXT("\r\n\r\n")))
        return false;
    while (gh_text_cut(&rest, '\n', &line)) {
        if (line.len == 0)
            continue; /* behind the last LF */
        if (!gh_text_ends(line, GH_TEXT("\r")))
            return false;
        line = gh_text_first(line, line.len - 1);
        n_empty += line.len == 0 ? 1 : 0;
        if (!gh_text_all(line, GH_CLASS_FIELD))
            return false;
    }
    return n_empty == 1;
}

static void
RESP_001_every_status_has_the_protective_fields(void)
{
    for (size_t i = 0; i < GH_COUNT(statuses); i++) {
        struct desk *desk = desk_begin(NULL);
        struct gh_reply reply = message(desk, statuses[i]);
        char words[64];
        struct gh_buf start = gh_buf_over(words, sizeof(words));

        gh_buf_lit(&start, "Status: ");
        gh_buf_number(&start, statuses[i]);
        gh_buf_lit(&start, " ");
        check(gh_text_starts(reply.head, gh_buf_text(&start)));
        check(is_well_formed(reply.head));
        check(has_length(&reply, reply.body.len));
        for (size_t k = 0; k < GH_COUNT(always); k++)
            check(config_contains(reply.head, always[k]));
        check(config_contains(reply.head, gh_reason_of(statuses[i])));
        desk_end(desk);
    }
}

static void
exchange_id_is_in_the_head_and_on_the_page(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_reply reply = message(desk, 404);
    struct gh_text id = gh_text_of_z(desk->exchange->context.id);

    check_number(32, id.len);
    check(config_contains(reply.head, GH_TEXT("\r\nX-Request-Id: ")));
    check(config_contains(reply.head, id));
    check(config_contains(reply.body, id));
    check(config_contains(reply.body, GH_TEXT("/auth/static/style.css")));
    check(config_contains(reply.body, gh_message_of(404)->heading));
    desk_end(desk);
}

static void
HEAD_has_the_length_of_a_body_that_it_does_not_get(void)
{
    struct desk *desk = desk_begin(NULL);
    size_t len = message(desk, 404).body.len;
    struct gh_reply reply;

    desk->exchange->request.is_head = true;
    reply = message(desk, 404);
    check_number(0, reply.body.len);
    check(has_length(&reply, len));
    desk_end(desk);
}

static void
RESP_011_scripts_get_JSON(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_reply reply;
    char words[128];
    struct gh_buf expected = gh_buf_over(words, sizeof(words));

    desk->exchange->request.wants_json = true;
    reply = message(desk, 404);
    check(config_contains(
        reply.head,
        GH_TEXT("\r\nContent-Type: application/json; charset=utf-8\r\n")));
    gh_buf_lit(&expected, "{\"status\":404,\"reason\":\"Not Found\","
                          "\"exchange\":\"");
    gh_buf_checked(&expected, gh_text_of_z(desk->exchange->context.id));
    gh_buf_lit(&expected, "\"}\n");
    check_text(gh_buf_text(&expected), reply.body);
    desk_end(desk);
}

static void
sign_in_is_asked_in_the_form_of_the_request(void)
{
    struct desk *desk = desk_begin(NULL);

    check(config_contains(message(desk, 401).body,
                          GH_TEXT("\"reason\":\"sign_in\"")));
    desk->exchange->request.is_navigation = true;
    check(config_contains(message(desk, 401).body, GH_TEXT("<html")));
    desk_end(desk);
}

static void
HOST_005_what_stands_in_the_host_is_escaped(void)
{
    const struct gh_origin evil = {.host.name = GH_TEXT("<script>\"&'")};
    struct desk *desk = desk_begin(NULL);
    struct gh_reply reply;

    desk->exchange->request.origin = &evil;
    desk->worker.site->settings->layout =
        GH_TEXT("<p title=\"{{host}}\">{{host}}</p>");
    reply = message(desk, 404);
    check(!config_contains(reply.body, GH_TEXT("<script>")));
    check(
        config_contains(reply.body, GH_TEXT("&lt;script&gt;&quot;&amp;&#39;")));
    desk_end(desk);
}

static void
retry_after_and_allow_stand_where_they_belong(void)
{
    for (size_t i = 0; i < GH_COUNT(statuses); i++) {
        struct desk *desk = desk_begin(NULL);
        struct gh_reply reply = message(desk, statuses[i]);
        unsigned status = statuses[i];

        check(config_contains(reply.head, GH_TEXT("\r\nRetry-After: ")) ==
              (status == 503 || status == 429));
        check(config_contains(reply.head, GH_TEXT("\r\nAllow: ")) ==
              (status == 405));
        desk_end(desk);
    }
}

static void
hsts_is_left_to_the_web_server_when_told_so(void)
{
    struct desk *desk = desk_begin("[gateway]\nhsts = off");

    check(!config_contains(message(desk, 404).head, GH_TEXT("Strict-")));
    desk_end(desk);
}

static void
style_sheet_is_served_with_the_same_fields(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_reply reply = {0};

    check_status(GH_OK, gh_reply_style(&desk->exchange->context,
                                       &desk->exchange->request, &reply));
    check_number(200, reply.status);
    check_text(desk->worker.site->settings->style, reply.body);
    check(has_length(&reply, reply.body.len));
    check(config_contains(
        reply.head, GH_TEXT("\r\nContent-Type: text/css; charset=utf-8")));
    for (size_t k = 0; k < GH_COUNT(always); k++)
        check(config_contains(reply.head, always[k]));
    desk_end(desk);
}

static void
moment_is_told_by_any_clock(void)
{
    static const struct {
        int64_t offset_s;
        const char *text_z;
    } table[] = {
        {0, "2026-11-23 08:41:07 UTC"},
        {3600, "2026-11-23 09:41:07 UTC+1"},
        {50400, "2026-11-23 22:41:07 UTC+14"},
        {-34200, "2026-11-22 23:11:07 UTC-9:30"},
        {300, "2026-11-23 08:46:07 UTC+0:05"},
        {-59, "2026-11-23 08:40:08 UTC"},
    };
    char at[GH_MOMENT_MAX];

    for (size_t i = 0; i < GH_COUNT(table); i++)
        check_text(gh_text_of_z(table[i].text_z),
                   gh_moment(1795423267000000, table[i].offset_s, at));
    check_number(0, gh_moment(0, 3600, at).len);
}

static void
page_looks_as_the_person_has_chosen(void)
{
    static const struct {
        enum gh_appearance appearance;
        const char *root_z;
    } table[] = {
        {GH_APPEARANCE_DEVICE, "<html lang=\"en\">"},
        {GH_APPEARANCE_LIGHT, "<html lang=\"en\" class=\"light\">"},
        {GH_APPEARANCE_DARK, "<html lang=\"en\" class=\"dark\">"},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct desk *desk = desk_begin(NULL);

        desk->exchange->context.appearance = table[i].appearance;
        check(config_contains(message(desk, 404).body,
                              gh_text_of_z(table[i].root_z)));
        desk_end(desk);
    }
}

static void
KILL_013_without_memory_it_is_a_fault(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_reply reply = {.status = 7};

    desk->exchange->arena.cap = 100;
    check_status(GH_FAULT_MEMORY,
                 gh_reply_message(&desk->exchange->context,
                                  &desk->exchange->request, 404, &reply));
    check_number(7, reply.status);
    desk_end(desk);
}

const struct check_case reply_cases[] = {
    CHECK_CASE(RESP_001_every_status_has_the_protective_fields),
    CHECK_CASE(exchange_id_is_in_the_head_and_on_the_page),
    CHECK_CASE(HEAD_has_the_length_of_a_body_that_it_does_not_get),
    CHECK_CASE(RESP_011_scripts_get_JSON),
    CHECK_CASE(sign_in_is_asked_in_the_form_of_the_request),
    CHECK_CASE(HOST_005_what_stands_in_the_host_is_escaped),
    CHECK_CASE(retry_after_and_allow_stand_where_they_belong),
    CHECK_CASE(hsts_is_left_to_the_web_server_when_told_so),
    CHECK_CASE(style_sheet_is_served_with_the_same_fields),
    CHECK_CASE(moment_is_told_by_any_clock),
    CHECK_CASE(page_looks_as_the_person_has_chosen),
    CHECK_CASE(KILL_013_without_memory_it_is_a_fault),
    {0},
};
