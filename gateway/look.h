/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for the keeper's next look at the database. Who must not be served by
 * anything older than the request need not ask the database alone: a look that
 * was sent after the request came tells of all that was committed before it
 * came, and one look serves everybody who waits for it. So what is strict costs
 * the database one question after the other, however many requests there are.
 * Each loop has a list of those that wait; the keeper knows only whether
 * somebody does.
 */
#ifndef GH_GATEWAY_LOOK_H
#define GH_GATEWAY_LOOK_H

#include "context.h"

/* Waits until a look is answered that was sent after context->came_us.
 * GH_WAIT: the exchange's task is posted when one is over, or its deadline is.
 * GH_NONE: none will be in time: the keeper does something else, or the look
 * failed; the exchange may ask itself. */
GH_MUST_CHECK enum gh_status gh_look_await(struct gh_context *context);

/* It waits for no look any more, if it did. */
void gh_look_leave(struct gh_context *context);

/* The loop was woken: who waited long enough goes on. */
void gh_look_collect(struct gh_worker *worker);

/* For the keeper. Whether somebody waits for a look that was not begun yet. */
bool gh_look_is_wanted(const struct gh_gateway *gateway);

/* A look is about to be sent: whoever wants one from now on wants the next. */
void gh_look_begin(struct gh_gateway *gateway);

/* The look that was sent at this instant of gh_fresh_clock() is answered, and
 * the next one is sent as soon as somebody wants one. */
void gh_look_end(struct gh_gateway *gateway, int64_t sent_us);

/* It failed, or the keeper is busy otherwise: nobody is to wait for it until
 * the next gh_look_end(). */
void gh_look_stop(struct gh_gateway *gateway);

/* After either of these: whether this loop is to be woken. */
bool gh_look_is_awaited(struct gh_worker *worker);

#endif
