/* SPDX-License-Identifier: Apache-2.0
 *
 * The exchange with an application. Borrows a connection until the answer is
 * complete. Limits every wait: connect, first byte, silence, the
 * client's silence inside its body, and the web server not reading. Called
 * by respond.
 *
 * Three phases: connecting; waiting for the head of the answer while the
 * request goes out; passing content on. In the last two the request's body is
 * still being sent when there is any left, so an application may answer
 * before it has read everything.
 *
 * Once a byte has gone to the web server there is no way back to an error
 * page: the answer is broken off, which the web server passes on by closing.
 */
#include "relay.h"

#include "relay_int.h"

#include "base/banned.h"

/* Waits for what, and for how long at most. The clock starts anew only when
 * something moved since, so that a spurious wake-up extends nothing. */
static enum gh_status
wait_for(struct gh_relay *relay, enum gh_relay_wait what, uint64_t ms)
{
    if (relay->waits_for != what || relay->has_moved)
        gh_deadline_set(relay->context->worker->loop, relay->context->deadline,
                        (int64_t)ms);
    relay->waits_for = what;
    relay->has_moved = false;
    return GH_WAIT;
}

/* Gives up before anything was sent to the web server. */
static enum gh_status
give_up(struct gh_relay *relay, unsigned status, const char *why_z,
        struct gh_stop *stop)
{
    gh_relay_abandon(relay);
    *stop = (struct gh_stop){.status = status, .why_z = why_z};
    return GH_STOP;
}

/* Breaks the answer off. */
static enum gh_status
cut(struct gh_relay *relay, const char *why_z, struct gh_receipt *receipt)
{
    gh_relay_abandon(relay);
    receipt->is_cut = true;
    receipt->why_z = why_z;
    return GH_OK;
}

struct gh_relay *
gh_relay_new(struct gh_context *context, const struct gh_request *request,
             const struct gh_outcome *outcome, struct gh_body *body,
             struct gh_front *front)
{
    struct gh_relay *relay = gh_arena_new(context->arena, sizeof(*relay));

    if (relay == NULL)
        return NULL;
    relay->context = context;
    relay->request = request;
    relay->outcome = outcome;
    relay->body = body;
    relay->front = front;
    relay->up.left = request->length;
    return relay;
}

void
gh_relay_abandon(struct gh_relay *relay)
{
    if (relay == NULL)
        return;
    gh_backend_give_back(relay->context->link, false);
    relay->context->link = NULL;
}

/* A used connection may be dead without our knowing. Over one goes only what
 * can be sent again without harm and is still at hand. */
static bool
is_repeatable(const struct gh_relay *relay)
{
    return relay->request->is_idempotent &&
           relay->request->body == GH_REQUEST_NO_BODY && !relay->is_retried;
}

static enum gh_status
connect_phase(struct gh_relay *relay, struct gh_stop *stop)
{
    uint64_t ms = relay->context->settings->timeouts.connect;
    enum gh_status status = GH_OK;

    if (relay->context->link == NULL)
        status =
            gh_backend_borrow(relay->outcome->backend, is_repeatable(relay),
                              relay->context->task, &relay->context->link);
    if (status == GH_OK)
        status = gh_backend_connected(relay->context->link);
    if (status == GH_WAIT)
        return wait_for(relay, GH_RELAY_CONNECT, ms);
    if (status == GH_LIMIT)
        return give_up(relay, 503, "application has enough to do", stop);
    if (status == GH_CLOSED)
        return give_up(relay, 502, "application is not there", stop);
    if (status == GH_OK)
        relay->phase = GH_RELAY_HEAD;
    return status;
}

/* The application closed without a byte of an answer. */
static enum gh_status
no_answer(struct gh_relay *relay, struct gh_stop *stop)
{
    if (relay->context->link->is_reused && is_repeatable(relay) &&
        gh_backend_input(relay->context->link).len == 0) {
        gh_relay_abandon(relay);
        relay->is_retried = true;
        relay->up = (struct gh_relay_up){0};
        relay->phase = GH_RELAY_CONNECTING;
        return GH_OK;
    }
    return give_up(relay, 502, "application closed without an answer", stop);
}

/* Which wait it is while the head has not come: our own sending comes first,
 * because an application that is still reading owes no answer. */
static enum gh_status
wait_for_head(struct gh_relay *relay)
{
    const struct gh_settings_timeouts *timeouts =
        &relay->context->settings->timeouts;

    switch (relay->up.state) {
    case GH_UP_BLOCKED:
        return wait_for(relay, GH_RELAY_TAKE, timeouts->silence);
    case GH_UP_HUNGRY:
        return wait_for(relay, GH_RELAY_BODY, timeouts->body);
    case GH_UP_GOING:
    case GH_UP_DONE:
    case GH_UP_DEAD:
        break;
    }
    return wait_for(relay, GH_RELAY_FIRST_BYTE, timeouts->first_byte);
}

/* The head is here: prepares ours. */
static enum gh_status
begin_content(struct gh_relay *relay, size_t used)
{
    enum gh_status status = gh_relay_head(relay);

    if (status != GH_OK)
        return status;
    gh_backend_consume(relay->context->link, used);
    relay->down.left = relay->answer.length;
    relay->phase = GH_RELAY_CONTENT;
    return GH_OK;
}

static enum gh_status
head_phase(struct gh_relay *relay, struct gh_stop *stop)
{
    const struct gh_settings_limits *limits = &relay->context->settings->limits;
    const struct gh_answer_limits answer_limits = {
        .max_head = limits->answer_head, .max_fields = limits->answer_fields};
    enum gh_status status = gh_relay_up(relay);
    size_t used;

    if (status == GH_MALFORMED)
        return give_up(relay, 400, "body broke off", stop);
    if (status == GH_LIMIT)
        return give_up(relay, 413, "body too large", stop);
    if (status != GH_OK)
        return status;
    if (!relay->context->link->is_ready)
        return wait_for_head(relay);

    status = gh_backend_receive(relay->context->link);
    if (status == GH_NONE || status == GH_CLOSED)
        return no_answer(relay, stop);
    if (status == GH_WAIT)
        return wait_for_head(relay);
    /* A head that drips does not buy time: all of it is the first byte. */
    if (status == GH_OK) {
        status = gh_answer_parse(
            relay->context->arena, gh_backend_input(relay->context->link),
            relay->request->is_head, &answer_limits, &relay->answer, &used);
    }
    if (status == GH_OK)
        return begin_content(relay, used);
    if (status == GH_WAIT)
        return wait_for_head(relay);
    if (gh_is_fault(status))
        return status;
    return give_up(relay, 502, "answer cannot be understood", stop);
}

/* Everything is passed on: the connection goes back. Not one that carried a
 * body: an application that did not read it would take it for the next
 * request, which is the client's own words then, identity and all. See
 * decisions/0023. */
static enum gh_status
finish(struct gh_relay *relay)
{
    bool is_clean = relay->answer.is_keepable &&
                    relay->request->body == GH_REQUEST_NO_BODY &&
                    relay->up.state == GH_UP_DONE &&
                    relay->answer.body != GH_BODY_CLOSE;

    gh_backend_give_back(relay->context->link, is_clean);
    relay->context->link = NULL;
    return GH_OK;
}

static enum gh_status
content_phase(struct gh_relay *relay, struct gh_receipt *receipt)
{
    const struct gh_settings_timeouts *timeouts =
        &relay->context->settings->timeouts;
    enum gh_status status = gh_relay_up(relay);

    if (status != GH_OK)
        return cut(relay, "body broke off", receipt);
    receipt->status = relay->answer.status;
    switch (gh_relay_down(relay, receipt)) {
    case GH_DOWN_COMPLETE:
        return finish(relay);
    case GH_DOWN_HUNGRY:
        return wait_for(relay, GH_RELAY_SILENCE, timeouts->silence);
    case GH_DOWN_BLOCKED:
        return wait_for(relay, GH_RELAY_SEND, timeouts->send);
    case GH_DOWN_BROKEN:
        return cut(relay, "answer broke off", receipt);
    case GH_DOWN_CLOSED:
        break;
    }
    return cut(relay, "web server is gone", receipt);
}

/* An address that swallows what is sent to it is no reason to give up while
 * there is another one, which has as long. */
static bool
goes_on_elsewhere(struct gh_relay *relay)
{
    if (relay->phase != GH_RELAY_CONNECTING || relay->context->link == NULL ||
        gh_backend_next(relay->context->link) != GH_OK)
        return false;
    relay->context->is_late = false;
    relay->has_moved = true;
    return true;
}

/* A deadline has passed: what that means depends on what was waited for. */
static enum gh_status
late(struct gh_relay *relay, struct gh_receipt *receipt, struct gh_stop *stop)
{
    relay->context->is_late = false;
    if (relay->phase == GH_RELAY_CONTENT)
        return cut(relay,
                   relay->waits_for == GH_RELAY_SEND
                       ? "web server does not read"
                       : "application fell silent",
                   receipt);
    if (relay->waits_for == GH_RELAY_BODY)
        return give_up(relay, 408, "body too slow", stop);
    return give_up(relay, 504, "application is too slow", stop);
}

enum gh_status
gh_relay_run(struct gh_relay *relay, struct gh_receipt *receipt,
             struct gh_stop *stop)
{
    enum gh_status status = GH_OK;

    if (relay->context->is_late && !goes_on_elsewhere(relay))
        return late(relay, receipt, stop);
    /* At most one retry leads back from the head phase to connecting. */
    while (status == GH_OK && relay->phase != GH_RELAY_CONTENT) {
        if (relay->phase == GH_RELAY_CONNECTING)
            status = connect_phase(relay, stop);
        else
            status = head_phase(relay, stop);
    }
    if (status == GH_OK)
        status = content_phase(relay, receipt);
    if (gh_is_fault(status))
        gh_relay_abandon(relay);
    return status;
}
