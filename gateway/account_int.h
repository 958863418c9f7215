/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the acts about one's own account, as their files share it:
 * act_account.c, act_password.c, act_preference.c and act_session.c (what is
 * asked when), account_page.c (the page), account_words.c (what happened, in
 * words). Not for anybody else.
 */
#ifndef GH_GATEWAY_ACCOUNT_INT_H
#define GH_GATEWAY_ACCOUNT_INT_H

#include "exchange.h"
#include "guard.h"
#include "store/param.h"
#include "store/row.h"

/* The form that ends sessions. */
extern const struct gh_own_form gh_account_form;

/* What happened to an account, in the words of the audit trail. */
struct gh_account_event {
    struct gh_text event;  /* of gatehouse_audit.event_type */
    struct gh_text reason; /* empty: none */
    struct gh_text cause;  /* why a session was ended; empty: not said */
};

/* The same in a person's words; static memory, never empty. */
struct gh_text gh_account_words(const struct gh_account_event *event);

/* What the person is told of what they just did, for the code in the address;
 * empty for codes that are not ours. Static memory. */
struct gh_text gh_account_notice(struct gh_text code);

/* The page, from the rows of account_read. GH_FAULT_MEMORY, GH_FAULT_CRYPTO,
 * GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_account_page(struct gh_context *context,
                                             const struct gh_exchange *so_far,
                                             const struct gh_rows *rows,
                                             struct gh_text notice,
                                             struct gh_reply *out);

enum {
    GH_SESSION_LEFT_MAX = 48, /* bytes of a duration in words */
};

/* How long a session lasts still when nothing happens, in words: "4 minutes",
 * "2 hours 5 minutes"; never more than it does. The bytes are in at. */
struct gh_text gh_session_left(const struct gh_principal *principal,
                               char at[GH_SESSION_LEFT_MAX]);

/* What is answered to who is not known to be signed in: 503, or the way to the
 * sign-in form. */
GH_MUST_CHECK enum gh_status
gh_account_turn_away(struct gh_context *context,
                     const struct gh_exchange *so_far, struct gh_outcome *out);

/* 303 to a page of ours, below base_path. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_account_lead_on(struct gh_context *context, const struct gh_exchange *so_far,
                   struct gh_text path, struct gh_outcome *out);

/* The reference of the session that asks, as a parameter. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_account_reference(struct gh_context *context,
                     const struct gh_exchange *so_far, struct gh_param *out);

/* The value of the one input that the address may have; empty when there is
 * none, or anything else. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_account_query(struct gh_context *context,
                                              const struct gh_request *request,
                                              const struct gh_form_input *input,
                                              struct gh_text *out);

#endif
