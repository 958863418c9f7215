/* SPDX-License-Identifier: Apache-2.0
 *
 * The sign-in form as a page. Called by the sign-in act, which shows it first
 * and again after whatever went wrong.
 */
#ifndef GH_GATEWAY_LOGIN_PAGE_H
#define GH_GATEWAY_LOGIN_PAGE_H

#include "cards.h"
#include "context.h"

/* What the form shows this time. */
struct gh_login_page {
    unsigned status;          /* HTTP status */
    unsigned retry_after_s;   /* with 429, when to come back */
    struct gh_text alert;     /* what went wrong; empty: nothing */
    struct gh_text notice;    /* why one has to sign in; empty: no reason */
    struct gh_text username;  /* as it was typed; empty: not yet */
    struct gh_text return_to; /* judged by gh_local_parse() */
};

/* The code of the reason when somebody who is signed in has to prove once more
 * that it is them. */
extern const struct gh_text gh_login_confirm;

/* Makes the page, with a fresh token, and a new state before sign-in when the
 * request brought no good one. GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_page(struct gh_context *context,
                                           const struct gh_request *request,
                                           const struct gh_login_page *page,
                                           struct gh_reply *out);

/* Why somebody has to sign in, in words, for the code in the address; empty
 * for codes that are not ours. */
struct gh_text gh_login_notice(struct gh_text code);

/* The address of the form, with where to go afterwards and the code of the
 * reason (empty: none). GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_login_address(struct gh_context *context,
                                              struct gh_text return_to,
                                              struct gh_text code,
                                              struct gh_text *out);

/* The same, to come back to what the request asks for. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_login_address_of(struct gh_context *context,
                    const struct gh_request *request, struct gh_text code,
                    struct gh_text *out);

/* Seconds since 1970, for the state before sign-in. */
int64_t gh_wall_clock_s(void);

#endif
