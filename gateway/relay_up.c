/* SPDX-License-Identifier: Apache-2.0
 *
 * The way up: request head and body to the application. Owns nothing. A body
 * with a length is sent as it is and never a byte longer; one without is
 * framed in chunks of what has arrived. Called by relay.c.
 */
#include "relay_int.h"

#include "base/banned.h"

/* Chunk framing: CRLF of the chunk before, then the new chunk's size; or the
 * end of the body. */
static void
make_frame(struct gh_relay_up *up, size_t piece)
{
    struct gh_buf buf = gh_buf_over(up->frame, sizeof(up->frame));
    static const char digits[] = "0123456789abcdef";
    int shift = 28;

    if (up->has_chunk)
        gh_buf_lit(&buf, "\r\n");
    gh_assert(piece <= UINT32_MAX);
    while (shift > 0 && (piece >> shift) == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        gh_buf_checked(
            &buf,
            (struct gh_text){.at = &digits[(piece >> shift) & 15], .len = 1});
    gh_buf_lit(&buf, "\r\n");
    if (piece == 0)
        gh_buf_lit(&buf, "\r\n");
    gh_assert(!buf.is_failed);
    up->frame_len = buf.len;
    up->frame_sent = 0;
    up->piece = piece;
    up->is_last = piece == 0;
    up->has_chunk = true;
}

/* Decides how much of what is waiting goes next. GH_WAIT: nothing is there;
 * GH_NONE: everything went. */
static enum gh_status
next_piece(struct gh_relay *relay, size_t waiting)
{
    struct gh_relay_up *up = &relay->up;
    const struct gh_body *body = relay->body;

    if (up->piece > 0 || up->frame_sent < up->frame_len)
        return GH_OK;
    switch (relay->request->body) {
    case GH_REQUEST_NO_BODY:
        return GH_NONE;
    case GH_REQUEST_LENGTH:
        if (up->left == 0)
            return GH_NONE;
        up->piece = waiting < up->left ? waiting : (size_t)up->left;
        if (up->piece > 0)
            return GH_OK;
        return body->is_ended ? GH_MALFORMED : GH_WAIT;
    case GH_REQUEST_STREAM:
        break;
    }
    if (up->is_last)
        return GH_NONE;
    if (body->is_broken)
        return GH_MALFORMED;
    if (waiting == 0 && !body->is_ended)
        return GH_WAIT;
    if (body->n_come > relay->context->settings->limits.body)
        return GH_LIMIT;
    make_frame(up, waiting);
    return GH_OK;
}

/* Takes n bytes off the parts in their order. */
static void
account(struct gh_relay *relay, size_t n)
{
    struct gh_relay_up *up = &relay->up;
    size_t head = relay->outcome->forward_head.len - up->head_sent;
    size_t frame = up->frame_len - up->frame_sent;

    if (n == 0)
        return;
    relay->has_moved = true;
    if (n < head)
        head = n;
    up->head_sent += head;
    n -= head;
    if (n < frame)
        frame = n;
    up->frame_sent += frame;
    n -= frame;
    up->piece -= n;
    if (relay->request->body == GH_REQUEST_LENGTH)
        up->left -= n;
    gh_body_take(relay->body, n);
    if (n > 0)
        relay->front->ops->more(relay->front);
}

/* A read-only text as a part for sendmsg(), which does not write to it. */
static struct iovec
part(struct gh_text text)
{
    union {
        const char *in;
        void *out;
    } at = {.in = text.at};

    return (struct iovec){.iov_base = at.out, .iov_len = text.len};
}

/* Sends one round: the rest of the head, of the frame and of the piece. */
static enum gh_status
send_round(struct gh_relay *relay)
{
    struct gh_relay_up *up = &relay->up;
    struct gh_text frame = {.at = up->frame, .len = up->frame_len};
    struct gh_text piece =
        gh_text_first(gh_body_waiting(relay->body), up->piece);
    const struct iovec parts[] = {
        part(gh_text_from(relay->outcome->forward_head, up->head_sent)),
        part(gh_text_from(frame, up->frame_sent)),
        part(piece),
    };
    size_t sent = 0;
    enum gh_status status =
        gh_backend_send(relay->context->link, parts, GH_COUNT(parts), &sent);

    account(relay, sent);
    return status;
}

enum gh_status
gh_relay_up(struct gh_relay *relay)
{
    struct gh_relay_up *up = &relay->up;

    while (up->state != GH_UP_DONE && up->state != GH_UP_DEAD) {
        size_t waiting = gh_body_waiting(relay->body).len;
        enum gh_status status = next_piece(relay, waiting);
        bool has_head = up->head_sent < relay->outcome->forward_head.len;

        if (status == GH_MALFORMED || status == GH_LIMIT)
            return status;
        if (status == GH_WAIT && !has_head) {
            up->state = GH_UP_HUNGRY;
            return GH_OK;
        }
        if (status == GH_NONE && !has_head) {
            up->state = GH_UP_DONE;
            return GH_OK;
        }
        status = send_round(relay);
        if (status == GH_WAIT) {
            up->state = GH_UP_BLOCKED;
            return GH_OK;
        }
        if (status == GH_CLOSED)
            up->state = GH_UP_DEAD;
    }
    return GH_OK;
}
