/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of our own, made in the exchange's arena. Owns nothing. Limits a
 * page to what its template and values need, and both are bounded. Called by
 * acts and respond.
 */
#include "reply.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "message.h"
#include "web/page.h"

#include "base/banned.h"

enum {
    HEAD_MAX = 2 * 1024, /* bytes of our own head */
    JSON_MAX = 256,      /* bytes of a message for scripts */
    RETRY_AFTER_S = 5,   /* what an overloaded or broken gateway asks for */
    COMMON_VALUES = 5,   /* that every page has */
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
};

const struct gh_text gh_reply_names[] = {
    GH_TEXT_INIT("title"),       GH_TEXT_INIT("heading"),
    GH_TEXT_INIT("text"),        GH_TEXT_INIT("hint"),
    GH_TEXT_INIT("status"),      GH_TEXT_INIT("reason"),
    GH_TEXT_INIT("time"),        GH_TEXT_INIT("host"),
    GH_TEXT_INIT("again"),       GH_TEXT_INIT("back"),
    GH_TEXT_INIT("style"),       GH_TEXT_INIT("exchange"),
    GH_TEXT_INIT("alert"),       GH_TEXT_INIT("notice"),
    GH_TEXT_INIT("action"),      GH_TEXT_INIT("csrf"),
    GH_TEXT_INIT("return_to"),   GH_TEXT_INIT("username"),
    GH_TEXT_INIT("name"),        GH_TEXT_INIT("previous"),
    GH_TEXT_INIT("client"),      GH_TEXT_INIT("failures"),
    GH_TEXT_INIT("application"), GH_TEXT_INIT("help"),
    GH_TEXT_INIT("account"),     GH_TEXT_INIT("password"),
    GH_TEXT_INIT("not_me"),      GH_TEXT_INIT("others"),
    GH_TEXT_INIT("sessions"),    GH_TEXT_INIT("session"),
    GH_TEXT_INIT("device"),      GH_TEXT_INIT("began"),
    GH_TEXT_INIT("seen"),        GH_TEXT_INIT("own"),
    GH_TEXT_INIT("activity"),    GH_TEXT_INIT("what"),
    GH_TEXT_INIT("when"),        GH_TEXT_INIT("current"),
    GH_TEXT_INIT("timing"),      GH_TEXT_INIT("left"),
    GH_TEXT_INIT("full"),        GH_TEXT_INIT("watch"),
    GH_TEXT_INIT("appearance"),  GH_TEXT_INIT("preferences"),
    GH_TEXT_INIT("time_zone"),   GH_TEXT_INIT("appearances"),
    GH_TEXT_INIT("warnings"),    GH_TEXT_INIT("warning"),
    GH_TEXT_INIT("word"),        GH_TEXT_INIT("words"),
    GH_TEXT_INIT("chosen"),      GH_TEXT_INIT("wrong"),
};
const size_t gh_n_reply_names = GH_COUNT(gh_reply_names);

/* "+1", "-3:30"; nothing for none. Seconds, which old clocks had, are left
 * out. */
static void
put_offset(struct gh_buf *buf, int64_t offset_s)
{
    uint64_t ahead = (uint64_t)(offset_s < 0 ? -offset_s : offset_s);
    uint64_t minutes = ahead % HOUR_S / MINUTE_S;

    if (ahead < MINUTE_S)
        return;
    if (offset_s < 0)
        gh_buf_lit(buf, "-");
    else
        gh_buf_lit(buf, "+");
    gh_buf_number(buf, ahead / HOUR_S);
    if (minutes == 0)
        return;
    if (minutes < 10)
        gh_buf_lit(buf, ":0");
    else
        gh_buf_lit(buf, ":");
    gh_buf_number(buf, minutes);
}

struct gh_text
gh_moment(int64_t at_us, int64_t utc_offset_s, char at[GH_MOMENT_MAX])
{
    time_t seconds = (time_t)(at_us / GH_SECOND_US + utc_offset_s);
    struct gh_buf buf = gh_buf_over(at, GH_MOMENT_MAX);
    struct tm shown;

    if (at_us == 0 || gmtime_r(&seconds, &shown) == NULL)
        return (struct gh_text){0};
    buf.len = strftime(at, GH_MOMENT_MAX, "%Y-%m-%d %H:%M:%S UTC", &shown);
    put_offset(&buf, utc_offset_s);
    gh_assert(!buf.is_failed);
    return gh_buf_text(&buf);
}

/* The class of a page's root, which the style sheet knows; empty: as the
 * device says. */
static struct gh_text
appearance_class(enum gh_appearance appearance)
{
    if (appearance == GH_APPEARANCE_DEVICE)
        return (struct gh_text){0};
    return gh_choice_of(&gh_appearances, appearance)->word;
}

/* What an answer of ours is made of. */
struct answer {
    unsigned status;        /* HTTP status */
    struct gh_text type;    /* media type */
    struct gh_text fields;  /* further field lines, each with its CRLF */
    struct gh_text body;    /* left out for HEAD, but counted */
    bool is_foreign;        /* not written by us: it must not run */
    unsigned retry_after_s; /* with 503 and 429; 0: RETRY_AFTER_S */
};

/* The head that every answer of ours has. OWASP ASVS 5.0 V3.4;
 * Referrer-Policy is not no-referrer, because that makes browsers send
 * "Origin: null" with our own forms. */
static void
put_head(struct gh_buf *buf, const struct gh_context *context,
         const struct answer *answer)
{
    unsigned status = answer->status;

    gh_buf_lit(buf, "Status: ");
    gh_buf_number(buf, status);
    gh_buf_lit(buf, " ");
    gh_buf_header(buf, gh_reason_of(status));
    gh_buf_lit(buf, "\r\nContent-Type: ");
    gh_buf_header(buf, answer->type);
    gh_buf_lit(buf, "\r\nContent-Length: ");
    gh_buf_number(buf, answer->body.len);
    gh_buf_lit(buf, "\r\nX-Request-Id: ");
    gh_buf_header(buf, gh_text_of_z(context->id));
    gh_buf_lit(
        buf,
        "\r\nCache-Control: no-store"
        "\r\nContent-Security-Policy: default-src 'none'; style-src 'self'; "
        "img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; object-src 'none'");
    if (answer->is_foreign)
        gh_buf_lit(buf, "; sandbox\r\nContent-Disposition: attachment");
    gh_buf_lit(
        buf,
        "\r\nX-Content-Type-Options: nosniff"
        "\r\nReferrer-Policy: same-origin"
        "\r\nCross-Origin-Opener-Policy: same-origin"
        "\r\nCross-Origin-Resource-Policy: same-origin"
        "\r\nPermissions-Policy: camera=(), microphone=(), geolocation=(), "
        "payment=(), usb=()"
        "\r\nX-Frame-Options: DENY"
        "\r\nVary: Cookie\r\n");
    if (context->settings->gateway.hsts)
        gh_buf_lit(buf, "Strict-Transport-Security: max-age=63072000; "
                        "includeSubDomains\r\n");
    if (status == 503 || status == 429) {
        gh_buf_lit(buf, "Retry-After: ");
        gh_buf_number(buf, answer->retry_after_s > 0 ? answer->retry_after_s
                                                     : RETRY_AFTER_S);
        gh_buf_lit(buf, "\r\n");
    }
    if (status == 405) {
        gh_buf_lit(buf, "Allow: ");
        gh_buf_header(buf, context->allowed.len > 0
                               ? context->allowed
                               : GH_TEXT("GET, HEAD, POST, PUT, PATCH, "
                                         "DELETE, OPTIONS"));
        gh_buf_lit(buf, "\r\n");
    }
    /* Made of literals, checked cookies and local paths by the acts. */
    gh_buf_checked(buf, answer->fields);
    gh_buf_lit(buf, "\r\n");
}

/* Puts head and body together; HEAD gets no body but its length. */
static enum gh_status
finish(struct gh_context *context, const struct gh_request *request,
       const struct answer *answer, struct gh_reply *out)
{
    struct gh_buf head;
    enum gh_status made =
        gh_buf_in(context->arena, HEAD_MAX + answer->fields.len, &head);

    if (made != GH_OK)
        return made;
    put_head(&head, context, answer);
    gh_assert(!head.is_failed);
    *out =
        (struct gh_reply){.status = answer->status, .head = gh_buf_text(&head)};
    if (!request->is_head)
        out->body = answer->body;
    return GH_OK;
}

/* {"status":404,"reason":"…","exchange":"…"} for scripts. */
static void
put_json(struct gh_buf *buf, const struct gh_context *context, unsigned status)
{
    gh_buf_lit(buf, "{\"status\":");
    gh_buf_number(buf, status);
    gh_buf_lit(buf, ",\"reason\":\"");
    if (status == 401)
        gh_buf_lit(buf, "sign_in");
    else
        gh_buf_json(buf, gh_reason_of(status));
    gh_buf_lit(buf, "\",\"exchange\":\"");
    gh_buf_json(buf, gh_text_of_z(context->id));
    gh_buf_lit(buf, "\"}\n");
}

/* True when "Try again" makes sense: the same request may be repeated. */
static bool
can_repeat(const struct gh_request *request)
{
    return request->is_head || gh_text_equal(request->method, GH_TEXT("GET"));
}

struct gh_text
gh_own_path(const struct gh_context *context, struct gh_text rest,
            char at[GH_OWN_PATH_MAX])
{
    struct gh_buf buf = gh_buf_over(at, GH_OWN_PATH_MAX);

    /* base_path was checked when the configuration was read; the literals
     * behind it are ours. */
    gh_buf_checked(&buf, context->settings->gateway.base_path);
    gh_buf_checked(&buf, rest);
    gh_assert(!buf.is_failed);
    return gh_buf_text(&buf);
}

enum gh_status
gh_reply_page(struct gh_context *context, const struct gh_request *request,
              const struct gh_reply_page *page, struct gh_reply *out)
{
    struct gh_page_value values[GH_REPLY_VALUES + COMMON_VALUES];
    char now[GH_MOMENT_MAX];
    char style_at[GH_OWN_PATH_MAX];
    char help_at[GH_OWN_PATH_MAX];
    struct gh_buf buf;
    size_t n = page->n_values;
    size_t room;
    enum gh_status made;

    gh_assert(n <= GH_REPLY_VALUES);
    memcpy(values, page->values, n * sizeof(values[0]));
    values[n++] = (struct gh_page_value){
        GH_TEXT("style"),
        gh_own_path(context, GH_TEXT("/static/style.css"), style_at)};
    values[n++] = (struct gh_page_value){
        GH_TEXT("help"), gh_own_path(context, GH_TEXT("/help"), help_at)};
    values[n++] = (struct gh_page_value){
        GH_TEXT("time"), gh_moment(gh_clock_us(CLOCK_REALTIME), 0, now)};
    values[n++] = (struct gh_page_value){GH_TEXT("appearance"),
                                         appearance_class(context->appearance)};
    if (request->origin != NULL)
        values[n++] =
            (struct gh_page_value){GH_TEXT("host"), request->origin->host.name};
    const struct gh_page_data data = {.values = values,
                                      .n_values = n,
                                      .lists = page->lists,
                                      .n_lists = page->n_lists};

    if (gh_page_room(page->layout, &data, &room) != GH_OK)
        return gh_fault_note(context, GH_FAULT_BUG, "page does not render", 0);
    made = gh_buf_in(context->arena, room, &buf);
    if (made != GH_OK)
        return made;
    if (gh_page_render(page->layout, &data, &buf) != GH_OK)
        return gh_fault_note(context, GH_FAULT_BUG, "page does not render", 0);
    return finish(context, request,
                  &(struct answer){.status = page->status,
                                   .type = GH_TEXT("text/html; charset=utf-8"),
                                   .fields = page->fields,
                                   .body = gh_buf_text(&buf),
                                   .retry_after_s = page->retry_after_s},
                  out);
}

/* The page of a message. */
static enum gh_status
message_page(struct gh_context *context, const struct gh_request *request,
             unsigned status, struct gh_reply *out)
{
    const struct gh_message *message = gh_message_of(status);
    bool is_again = message->is_worth_again && can_repeat(request);
    char number[8];
    struct gh_buf digits = gh_buf_over(number, sizeof(number));

    gh_buf_number(&digits, status);
    const struct gh_page_value values[] = {
        {GH_TEXT("title"), message->title},
        {GH_TEXT("heading"), message->heading},
        {GH_TEXT("text"), message->text},
        {GH_TEXT("hint"), message->hint},
        {GH_TEXT("status"), gh_buf_text(&digits)},
        {GH_TEXT("reason"), gh_reason_of(status)},
        {GH_TEXT("exchange"), gh_text_of_z(context->id)},
        {GH_TEXT("again"), is_again ? GH_TEXT("yes") : (struct gh_text){0}},
    };

    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = status,
                                .layout = context->settings->layout,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        out);
}

enum gh_status
gh_reply_json(struct gh_context *context, const struct gh_request *request,
              unsigned status, struct gh_text body, struct gh_reply *out)
{
    return finish(
        context, request,
        &(struct answer){.status = status,
                         .type = GH_TEXT("application/json; charset=utf-8"),
                         .body = body},
        out);
}

enum gh_status
gh_reply_message(struct gh_context *context, const struct gh_request *request,
                 unsigned status, struct gh_reply *out)
{
    bool is_json =
        request->wants_json || (status == 401 && !request->is_navigation);
    struct gh_buf buf;
    enum gh_status made;

    if (!is_json)
        return message_page(context, request, status, out);
    made = gh_buf_in(context->arena, JSON_MAX, &buf);
    if (made != GH_OK)
        return made;
    put_json(&buf, context, status);
    return gh_reply_json(context, request, status, gh_buf_text(&buf), out);
}

/* Leads on. */
static enum gh_status
lead(struct gh_context *context, const struct gh_request *request,
     const struct answer *how, struct gh_text location, struct gh_reply *out)
{
    struct gh_buf buf;
    enum gh_status made =
        gh_buf_in(context->arena, how->fields.len + location.len + 32, &buf);

    if (made != GH_OK)
        return made;
    /* Cookies come from the one writer of cookies. */
    gh_buf_checked(&buf, how->fields);
    gh_buf_lit(&buf, "Location: ");
    gh_buf_header(&buf, location);
    gh_buf_lit(&buf, "\r\n");
    gh_assert(!buf.is_failed);
    return finish(context, request,
                  &(struct answer){.status = how->status,
                                   .type = GH_TEXT("text/html; charset=utf-8"),
                                   .fields = gh_buf_text(&buf)},
                  out);
}

enum gh_status
gh_reply_see_other(struct gh_context *context, const struct gh_request *request,
                   struct gh_text location, struct gh_text fields,
                   struct gh_reply *out)
{
    return lead(context, request,
                &(struct answer){.status = 303, .fields = fields}, location,
                out);
}

enum gh_status
gh_reply_again(struct gh_context *context, const struct gh_request *request,
               struct gh_text location, struct gh_text fields,
               struct gh_reply *out)
{
    return lead(context, request,
                &(struct answer){.status = 307, .fields = fields}, location,
                out);
}

enum gh_status
gh_reply_found(struct gh_context *context, const struct gh_request *request,
               struct gh_text location, struct gh_reply *out)
{
    return lead(context, request, &(struct answer){.status = 302}, location,
                out);
}

enum gh_status
gh_reply_plain(struct gh_context *context, const struct gh_request *request,
               unsigned status, struct gh_text body, struct gh_reply *out)
{
    return finish(context, request,
                  &(struct answer){.status = status,
                                   .type = GH_TEXT("text/plain; version=0.0.4; "
                                                   "charset=utf-8"),
                                   .body = body},
                  out);
}

enum gh_status
gh_reply_stored(struct gh_context *context, const struct gh_request *request,
                struct gh_text type, struct gh_text body, struct gh_reply *out)
{
    return finish(
        context, request,
        &(struct answer){
            .status = 200, .type = type, .body = body, .is_foreign = true},
        out);
}

enum gh_status
gh_reply_style(struct gh_context *context, const struct gh_request *request,
               struct gh_reply *out)
{
    return finish(context, request,
                  &(struct answer){.status = 200,
                                   .type = GH_TEXT("text/css; charset=utf-8"),
                                   .body = context->settings->style},
                  out);
}

/* No page of ours: what is protective there would only be copied on. */
enum gh_status
gh_reply_verdict(struct gh_context *context, unsigned status,
                 struct gh_text fields, struct gh_reply *out)
{
    struct gh_buf head;
    enum gh_status made = gh_buf_in(context->arena, 128 + fields.len, &head);

    if (made != GH_OK)
        return made;
    gh_buf_lit(&head, "Status: ");
    gh_buf_number(&head, status);
    gh_buf_lit(&head, " ");
    gh_buf_checked(&head, gh_reason_of(status));
    gh_buf_lit(&head, "\r\nCache-Control: no-store\r\n");
    /* Each line was written by gh_identity_write(). */
    gh_buf_checked(&head, fields);
    gh_buf_lit(&head, "\r\n");
    gh_assert(!head.is_failed);
    *out = (struct gh_reply){.status = status, .head = gh_buf_text(&head)};
    return GH_OK;
}
