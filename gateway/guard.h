/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a form was sent by a page of ours (OWASP Cross-Site Request Forgery
 * Prevention). One judge for every form. Called by the acts that take forms.
 */
#ifndef GH_GATEWAY_GUARD_H
#define GH_GATEWAY_GUARD_H

#include "exchange.h"
#include "web/form.h"

/* What a form claims. */
struct gh_guard {
    struct gh_text purpose; /* of the form: "login" */
    struct gh_text subject; /* the state before sign-in, or the reference */
    struct gh_text token;   /* from the form */
};

/* True when the browser says that a page of this very origin sent the
 * request. */
bool gh_guard_is_same_origin(const struct gh_request *request);

/* The same for a script, which has no form token: Sec-Fetch-Site or Origin must
 * be there and say so; a Referer alone does not do. Without such a proof a
 * browser never sends PUT or DELETE for another site: it asks first, and is
 * not answered. */
bool gh_guard_is_own_script(const struct gh_request *request);

/* GH_OK: ours. GH_MALFORMED: it is not: the token does not fit, or the
 * browser says that another site sent it, or nothing says where it came from.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_guard_form(struct gh_context *context,
                                           const struct gh_request *request,
                                           const struct gh_guard *guard);

/* A form for who is signed in; static memory. */
struct gh_own_form {
    struct gh_text purpose;             /* of its token */
    const struct gh_form_input *inputs; /* the first is the token */
    size_t n; /* how many, GH_FORM_MAX_PAIRS at most */
};

/* Reads a form that somebody who is signed in sent, into one value for each
 * input. GH_MALFORMED: it is not a form that this session was shown, or has
 * other inputs. GH_FAULT_CRYPTO, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_guard_own_form(struct gh_context *context,
                                               const struct gh_exchange *so_far,
                                               const struct gh_own_form *form,
                                               struct gh_text *values);

#endif
