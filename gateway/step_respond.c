/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 6: sends the answer, and closes the receipt. Owns what struct
 * gh_responding keeps between runs. An application that fails before it has
 * begun is replaced by a message of ours. Called by the pipeline until the
 * answer is complete or broken off.
 */
#include "step.h"

#include "finish.h"
#include "relay.h"
#include "reply.h"

#include "base/banned.h"

/* Prepares to write a reply of our own. */
static void
begin_reply(struct gh_exchange *x, const struct gh_reply *reply)
{
    x->responding.left[0] = reply->head;
    x->responding.left[1] = reply->body;
    x->receipt.status = reply->status;
    x->receipt.n_out = reply->body.len;
    /* Nothing to say is not an answer: the connection is closed instead. */
    x->receipt.is_cut = reply->head.len == 0;
    gh_deadline_set(x->context.worker->loop, &x->deadline,
                    (int64_t)x->context.settings->timeouts.send);
}

/* Writes what is left of a reply. */
static enum gh_status
write_reply(struct gh_exchange *x)
{
    struct gh_front *front = x->front;

    for (size_t i = 0; i < GH_COUNT(x->responding.left); i++) {
        struct gh_text *left = &x->responding.left[i];

        while (left->len > 0) {
            struct gh_text now = gh_text_first(*left, front->ops->room(front));

            if (now.len == 0 && !x->context.is_late)
                return GH_WAIT;
            if (now.len == 0 || front->ops->write(front, now) != GH_OK) {
                x->receipt.is_cut = true;
                return GH_OK;
            }
            *left = gh_text_from(*left, now.len);
        }
    }
    return GH_OK;
}

/* A message in place of what cannot be had. */
static enum gh_status
begin_message(struct gh_exchange *x, unsigned status, const char *why_z)
{
    enum gh_status made = gh_reply_message(&x->context, &x->request, status,
                                           &x->responding.reply);

    x->responding.relay = NULL;
    x->receipt.why_z = why_z;
    x->context.is_late = false;
    if (made != GH_OK)
        x->responding.reply = (struct gh_reply){.status = status};
    begin_reply(x, &x->responding.reply);
    return write_reply(x);
}

/* True for what would let a request in that nobody has permitted: to who asked
 * in the role of an authorizer 2xx is a yes, so an application's answer can be
 * none. Nothing makes such an outcome; this is the wall behind it. */
static bool
is_false_yes(const struct gh_exchange *x)
{
    const struct gh_outcome *outcome = &x->outcome;

    if (!x->request.is_authorizer)
        return false;
    return outcome->kind != GH_OUTCOME_REPLY ||
           (outcome->reply.status < 300 &&
            (x->decision.verdict != GH_PERMIT || x->stop.status != 0));
}

/* The first run: chooses between our own answer and the application's. */
static enum gh_status
begin(struct gh_exchange *x)
{
    x->responding.is_begun = true;
    x->context.is_late = false;
    if (!x->receipt.is_recorded)
        return begin_message(x, 503, "not recorded");
    if (is_false_yes(x))
        return begin_message(x, 503, "a yes that nobody said");
    if (x->outcome.kind == GH_OUTCOME_REPLY) {
        /* act itself may have failed. */
        if (x->outcome.reply.head.len == 0)
            return begin_message(
                x, 503, x->stop.why_z == NULL ? "no outcome" : x->stop.why_z);
        begin_reply(x, &x->outcome.reply);
        return GH_OK;
    }
    x->responding.relay =
        gh_relay_new(&x->context, &x->request, &x->outcome, &x->body, x->front);
    if (x->responding.relay == NULL)
        return begin_message(x, 503, "no memory");
    return GH_OK;
}

/* One run of the exchange with the application. */
static enum gh_status
run_relay(struct gh_exchange *x)
{
    struct gh_stop stop = {0};
    enum gh_status status =
        gh_relay_run(x->responding.relay, &x->receipt, &stop);

    if (status == GH_STOP)
        return begin_message(x, stop.status, stop.why_z);
    if (gh_is_fault(status))
        return begin_message(x, 503, gh_status_word(status));
    return status;
}

enum gh_status
step_respond(struct gh_exchange *x)
{
    enum gh_status status = GH_OK;

    if (!x->responding.is_begun)
        status = begin(x);
    if (status == GH_OK && x->responding.relay != NULL)
        status = run_relay(x);
    else if (status == GH_OK)
        status = write_reply(x);
    if (status == GH_WAIT)
        return GH_WAIT;

    x->receipt.n_in = x->body.n_come;
    gh_finish(x);
    return GH_OK;
}
