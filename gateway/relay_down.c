/* SPDX-License-Identifier: Apache-2.0
 *
 * The way down: the application's answer to the web server. Owns nothing.
 * Our head carries the application's fields without those that are hop by
 * hop, that command the web server, or that would set a cookie of ours.
 * Content is passed on from the connection's input, without a copy of ours in
 * between; while the web server takes nothing, nothing is read. Called by
 * relay.c.
 */
#include "relay_int.h"

#include "fresh.h"
#include "message.h"
#include "web/cookie.h"

#include "base/banned.h"

enum {
    HEAD_EXTRA = 256, /* bytes of our head besides the fields */
};

static void
put_field(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_header(buf, name);
    gh_buf_lit(buf, ": ");
    gh_buf_header(buf, value);
    gh_buf_lit(buf, "\r\n");
}

/* An application that does not know its public address redirects to the one
 * it listens on; that is mended. What it says of other hosts is its own. */
static void
put_location(struct gh_buf *buf, const struct gh_relay *relay,
             struct gh_text value)
{
    struct gh_text rest;

    if (!gh_reach_is_own(&relay->outcome->backend->reach, value, &rest)) {
        put_field(buf, GH_TEXT("Location"), value);
        return;
    }
    gh_buf_lit(buf, "Location: ");
    gh_buf_header(buf, relay->request->origin->text);
    gh_buf_header(buf, rest);
    gh_buf_lit(buf, "\r\n");
}

static void
put_answer_field(struct gh_buf *buf, const struct gh_relay *relay,
                 const struct gh_field *field)
{
    const struct gh_cookie_names *names = &relay->context->settings->cookies;

    if (gh_text_equal_nocase(field->name, GH_TEXT("Set-Cookie")) &&
        gh_cookie_sets_ours(names, field->value))
        return;
    if (gh_text_equal_nocase(field->name, GH_TEXT("Location")))
        put_location(buf, relay, field->value);
    else
        put_field(buf, field->name, field->value);
}

/* The length that the web server may announce. A 204 has none (RFC 9110
 * 8.6); answers to HEAD and 304 announce what would have come. */
static void
put_length(struct gh_buf *buf, const struct gh_answer_head *answer)
{
    if (!answer->has_length || answer->status == 204)
        return;
    gh_buf_lit(buf, "Content-Length: ");
    gh_buf_number(buf, answer->declared);
    gh_buf_lit(buf, "\r\n");
}

/* Whether a word stands anywhere in a list of directives. */
static bool
has_word(struct gh_text list, struct gh_text word)
{
    while (list.len >= word.len) {
        if (gh_text_starts_nocase(list, word))
            return true;
        list = gh_text_from(list, 1);
    }
    return false;
}

/* Whether the answer has a field, with one of two words in it where those are
 * given. */
static bool
says(const struct gh_answer_head *answer, struct gh_text name,
     struct gh_text word, struct gh_text other)
{
    for (size_t i = 0; i < answer->fields.n; i++) {
        const struct gh_field *field = &answer->fields.at[i];

        if (gh_text_equal_nocase(field->name, name) &&
            (has_word(field->value, word) || has_word(field->value, other)))
            return true;
    }
    return false;
}

/* True when caches on the way are told to keep the answer for others (RFC 9111
 * 5.2.2, RFC 9213): it is not the place for somebody's cookie. */
static bool
is_for_others(const struct gh_answer_head *answer)
{
    const struct gh_text any = {0};

    return says(answer, GH_TEXT("Cache-Control"), GH_TEXT("public"),
                GH_TEXT("s-maxage")) ||
           says(answer, GH_TEXT("CDN-Cache-Control"), any, any) ||
           says(answer, GH_TEXT("Surrogate-Control"), any, any);
}

/* Whether the browser may have a later cookie by now than ours: the session was
 * renewed, replaced or ended while the application was at work, and putting an
 * old token back would sign its owner out (RACE-009). */
static bool
is_late(const struct gh_relay *relay)
{
    const struct gh_context *context = relay->context;
    const struct gh_principal *of = relay->outcome->cookie_of;

    return !gh_fresh_holds(context->worker->gateway->fresh, context->asked_at,
                           of->session_id, of->account_id);
}

/* Our own cookie for the browser, if there is one. The line was made by
 * gh_cookie_write(). Caches that were told nothing, or only for how long, are
 * told that the answer is for one person. */
static void
put_cookie(struct gh_buf *buf, const struct gh_relay *relay)
{
    if (relay->outcome->cookie.len == 0 || is_for_others(&relay->answer) ||
        is_late(relay))
        return;
    gh_buf_checked(buf, relay->outcome->cookie);
    if (!says(&relay->answer, GH_TEXT("Cache-Control"), GH_TEXT("private"),
              GH_TEXT("no-store")))
        gh_buf_lit(buf, "Cache-Control: private\r\n");
}

enum gh_status
gh_relay_head(struct gh_relay *relay)
{
    struct gh_answer_head *answer = &relay->answer;
    size_t size = HEAD_EXTRA + relay->outcome->cookie.len;
    struct gh_buf buf;
    enum gh_status status;

    (void)gh_fields_scrub(&answer->fields, gh_field_rule_response);
    for (size_t i = 0; i < answer->fields.n; i++)
        size += answer->fields.at[i].name.len + answer->fields.at[i].value.len +
                4 + relay->request->origin->text.len;
    status = gh_buf_in(relay->context->arena, size, &buf);
    if (status != GH_OK)
        return status;

    /* Status comes first: lighttpd drops what stands before it. */
    gh_buf_lit(&buf, "Status: ");
    gh_buf_number(&buf, answer->status);
    gh_buf_lit(&buf, " ");
    gh_buf_header(&buf, gh_reason_of(answer->status));
    gh_buf_lit(&buf, "\r\n");
    put_length(&buf, answer);
    for (size_t i = 0; i < answer->fields.n; i++)
        put_answer_field(&buf, relay, &answer->fields.at[i]);
    put_field(&buf, GH_TEXT("X-Request-Id"), gh_text_of_z(relay->context->id));
    put_cookie(&buf, relay);
    gh_buf_lit(&buf, "\r\n");
    if (buf.is_failed)
        return gh_fault_note(relay->context, GH_FAULT_BUG,
                             "answer's head does not fit", 0);
    relay->down.out = gh_buf_text(&buf);
    relay->down.out_is_head = true;
    return GH_OK;
}

/* Writes out as far as the web server takes it. GH_OK: all of it; GH_WAIT;
 * GH_CLOSED. */
static enum gh_status
write_out(struct gh_relay *relay, struct gh_receipt *receipt)
{
    struct gh_relay_down *down = &relay->down;
    struct gh_front *front = relay->front;

    while (down->out.len > 0) {
        struct gh_text now = gh_text_first(down->out, front->ops->room(front));

        if (now.len == 0)
            return GH_WAIT;
        if (front->ops->write(front, now) != GH_OK)
            return GH_CLOSED;
        relay->has_moved = true;
        down->is_unflushed = true;
        if (!down->out_is_head)
            receipt->n_out += now.len;
        down->out = gh_text_from(down->out, now.len);
    }
    down->out_is_head = false;
    gh_backend_consume(relay->context->link, down->out_used);
    down->out_used = 0;
    return GH_OK;
}

/* Content of a body that ends with the connection, or with its length. */
static void
take_plain(struct gh_relay *relay, struct gh_text input)
{
    struct gh_relay_down *down = &relay->down;

    if (relay->answer.body == GH_BODY_LENGTH) {
        if (input.len > down->left)
            input = gh_text_first(input, (size_t)down->left);
        down->left -= input.len;
        down->is_last = down->left == 0;
    }
    down->out = input;
    down->out_used = input.len;
}

/* Content of a chunked body. */
static enum gh_status
take_chunked(struct gh_relay *relay, struct gh_text input)
{
    struct gh_relay_down *down = &relay->down;
    size_t used = 0;
    enum gh_status status =
        gh_chunked_decode(&down->chunked, input, &down->out, &used);

    if (status != GH_OK && status != GH_NONE)
        return GH_MALFORMED;
    if (status == GH_NONE) {
        down->is_last = true;
        down->out = (struct gh_text){0};
    }
    down->out_used = used;
    return GH_OK;
}

/* The next piece to write, from what is at hand. GH_WAIT: nothing is. */
static enum gh_status
next_out(struct gh_relay *relay)
{
    struct gh_text input = gh_backend_input(relay->context->link);

    switch (relay->answer.body) {
    case GH_BODY_NONE:
        relay->down.is_last = true;
        return GH_OK;
    case GH_BODY_LENGTH:
    case GH_BODY_CLOSE:
        if (input.len == 0)
            return GH_WAIT;
        take_plain(relay, input);
        return GH_OK;
    case GH_BODY_CHUNKED:
        break;
    }
    return input.len == 0 ? GH_WAIT : take_chunked(relay, input);
}

/* Reads more from the application, if it has anything. */
static enum gh_status
read_more(struct gh_relay *relay)
{
    if (gh_backend_resume(relay->context->link) != GH_OK)
        return GH_CLOSED;
    if (!relay->context->link->is_ready)
        return GH_WAIT;
    return gh_backend_receive(relay->context->link);
}

/* Nothing more is at hand: what was written goes out before we wait. */
static enum gh_down_result
go_hungry(struct gh_relay *relay)
{
    struct gh_front *front = relay->front;

    if (relay->down.is_unflushed && front->ops->flush(front) != GH_OK)
        return GH_DOWN_CLOSED;
    relay->down.is_unflushed = false;
    return GH_DOWN_HUNGRY;
}

enum gh_down_result
gh_relay_down(struct gh_relay *relay, struct gh_receipt *receipt)
{
    struct gh_relay_down *down = &relay->down;

    for (;;) {
        enum gh_status status = write_out(relay, receipt);

        if (status == GH_WAIT) {
            gh_backend_pause(relay->context->link);
            return GH_DOWN_BLOCKED;
        }
        if (status != GH_OK)
            return GH_DOWN_CLOSED;
        if (down->is_last)
            return GH_DOWN_COMPLETE;

        status = next_out(relay);
        if (status == GH_WAIT)
            status = read_more(relay);
        if (status == GH_OK) {
            relay->has_moved = true;
            continue;
        }
        if (status == GH_WAIT)
            return go_hungry(relay);
        if (status == GH_NONE && relay->answer.body == GH_BODY_CLOSE)
            return GH_DOWN_COMPLETE;
        return GH_DOWN_BROKEN;
    }
}
