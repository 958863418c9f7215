/* SPDX-License-Identifier: Apache-2.0
 *
 * Who asks, from memory: a session that was found in the database a while ago
 * and of which nothing has changed there since. What is not sure is asked for;
 * who wants something of a strict application waits for an answer to a question
 * that was asked after the request came (look.h). While the database
 * cannot be had, applications that say so go on with what is remembered.
 * Called by identify, by the act of signing out, and by the journal.
 */
#ifndef GH_GATEWAY_RECALL_H
#define GH_GATEWAY_RECALL_H

#include "cards.h"
#include "context.h"
#include "core/session.h"

/* The principal of the request's token, as session_find would find it now; its
 * texts live in the exchange's arena. GH_WAIT: it waits for a look. GH_NONE:
 * the database has to be asked. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_recall(struct gh_context *context,
                                       const struct gh_request *request,
                                       struct gh_principal *out);

/* The same for who could not be asked for: the database is away, and the
 * application goes on without it for a while. GH_NONE: not this one, not this
 * session, or no longer. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_recall_outage(struct gh_context *context,
                                              const struct gh_request *request,
                                              struct gh_principal *out);

/* The session of a token ends here, whatever the database knows: what is
 * remembered of it is not believed any more. */
void gh_recall_end(struct gh_context *context,
                   const struct gh_request *request);

/* Remembers a live session that session_find found for context->token_hash,
 * when it fits; found->remembered says where. row has its reference; until_us
 * is when what it may, or how good its token is, changes by itself, renew_us
 * when its token is due to be renewed or offered again; INT64_MAX: never. */
void gh_remember(const struct gh_context *context,
                 const struct gh_session_row *row, struct gh_principal *found,
                 int64_t until_us, int64_t renew_us);

/* True when the activity of a session is to be told now: it is not remembered,
 * or that was not told lately. What was found in its place since then is the
 * same session, or one that is told a little later. */
bool gh_recall_is_news(const struct gh_gateway *gateway,
                       const struct gh_principal *principal);

#endif
