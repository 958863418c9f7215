/* SPDX-License-Identifier: Apache-2.0
 *
 * The acts: what can become of a request. Each prepares an outcome and sends
 * nothing to the web server. Those that change our data ask one SQL function
 * and wait for it; they are called again until they are done. Chosen by
 * step_act.
 */
#ifndef GH_GATEWAY_ACT_H
#define GH_GATEWAY_ACT_H

#include "exchange.h"

/* Refuses with a message. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_refuse(struct gh_context *context,
                                        const struct gh_request *request,
                                        unsigned status,
                                        struct gh_outcome *out);

/* Says no to what the rules deny, once it is in the trail. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_deny(struct gh_context *context,
                                      const struct gh_exchange *so_far,
                                      struct gh_outcome *out);

/* Says what would become of the request, to a web server that carries it
 * itself and then asks for the refusal. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_verdict(struct gh_context *context,
                                         const struct gh_exchange *so_far,
                                         struct gh_outcome *out);

/* Says yes to a web server that asked in the role of an authorizer; what is
 * not a yes is refused as anywhere. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_authorize(struct gh_context *context,
                                           const struct gh_exchange *so_far,
                                           struct gh_outcome *out);

/* Shows the way to the sign-in form: 303 for people, 401 for scripts. Who is
 * signed in confirms there that it is them, and stays signed in until then. */
GH_MUST_CHECK enum gh_status act_sign_in(struct gh_context *context,
                                         const struct gh_request *request,
                                         const struct gh_principal *principal,
                                         struct gh_outcome *out);

/* Offers the browser the token that follows its own, when that is old or
 * outgrown: writes the line that sets it, to go with the answer; empty when
 * there is nothing to offer, or it could not be kept. Once it has said so it
 * may be called again. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_renew(struct gh_context *context,
                                       const struct gh_exchange *so_far,
                                       struct gh_text *cookie);

/* Has who brings an outgrown token ask for the same once more, with the one
 * that follows. GH_NONE: it is not outgrown, or none follows it yet. GH_WAIT.
 */
GH_MUST_CHECK enum gh_status act_lead_back(struct gh_context *context,
                                           const struct gh_exchange *so_far,
                                           struct gh_outcome *out);

/* Has the same asked for once more, as it was. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_again(struct gh_context *context,
                                       const struct gh_request *request,
                                       struct gh_outcome *out);

/* Serves one of the gateway's own addresses under base_path. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_own(struct gh_context *context,
                                     const struct gh_exchange *so_far,
                                     struct gh_outcome *out);

/* Serves health and metrics, on entries that are for operations. */
GH_MUST_CHECK enum gh_status act_operations(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_outcome *out);

/* Shows the sign-in form; with their name to who is to confirm that it is them.
 */
GH_MUST_CHECK enum gh_status
act_login_form(struct gh_context *context, const struct gh_request *request,
               const struct gh_principal *principal, struct gh_outcome *out);

/* Takes the sign-in form; before is who the browser was. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_login(struct gh_context *context,
                                       const struct gh_request *request,
                                       const struct gh_principal *before,
                                       const struct gh_body *body,
                                       struct gh_outcome *out);

/* Records what a sign-in has counted whose answer nobody waits for any more.
 * GH_WAIT: to be called again when the exchange's task runs; GH_OK: nothing
 * is left to record. */
GH_MUST_CHECK enum gh_status act_login_leave(struct gh_context *context,
                                             const struct gh_request *request);

/* Asks whether to sign out. */
GH_MUST_CHECK enum gh_status
act_logout_form(struct gh_context *context, const struct gh_request *request,
                const struct gh_principal *principal, struct gh_outcome *out);

/* Signs out. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_logout(struct gh_context *context,
                                        const struct gh_exchange *so_far,
                                        struct gh_outcome *out);

/* Says that one is signed out; to who is not, the way to sign out. */
GH_MUST_CHECK enum gh_status
act_logged_out(struct gh_context *context, const struct gh_request *request,
               const struct gh_principal *principal, struct gh_outcome *out);

/* Tells who is signed in, and for how long: scripts in JSON, people on a page.
 */
GH_MUST_CHECK enum gh_status act_session(struct gh_context *context,
                                         const struct gh_exchange *so_far,
                                         struct gh_outcome *out);

/* Keeps the session of somebody alive who says that they are there. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_session_stay(struct gh_context *context,
                                              const struct gh_exchange *so_far,
                                              struct gh_outcome *out);

/* Keeps small values of an application's scripts: gives, stores, deletes one.
 * GH_WAIT. */
GH_MUST_CHECK enum gh_status act_data(struct gh_context *context,
                                      const struct gh_exchange *so_far,
                                      struct gh_outcome *out);

/* Tells the person who they are signed in as, of the sign-in before, where
 * they are signed in besides, and what happened lately. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_account(struct gh_context *context,
                                         const struct gh_exchange *so_far,
                                         struct gh_outcome *out);

/* Ends another session of the person's, or all others. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_account_end(struct gh_context *context,
                                             const struct gh_exchange *so_far,
                                             struct gh_outcome *out);

/* Says what will be done when something was not the person. */
GH_MUST_CHECK enum gh_status act_not_me_form(struct gh_context *context,
                                             const struct gh_exchange *so_far,
                                             struct gh_outcome *out);

/* Does it: ends all other sessions, reports it, and leads on to a new
 * password. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_not_me(struct gh_context *context,
                                        const struct gh_exchange *so_far,
                                        struct gh_outcome *out);

/* Shows the form for a new password. */
GH_MUST_CHECK enum gh_status act_password_form(struct gh_context *context,
                                               const struct gh_exchange *so_far,
                                               struct gh_outcome *out);

/* Takes it: counts and checks the old password as a sign-in does, and sets the
 * new one. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_password(struct gh_context *context,
                                          const struct gh_exchange *so_far,
                                          struct gh_outcome *out);

/* Shows what the person has chosen about our pages, and among what. */
GH_MUST_CHECK enum gh_status
act_preference_form(struct gh_context *context,
                    const struct gh_exchange *so_far, struct gh_outcome *out);

/* Keeps another choice. GH_WAIT. */
GH_MUST_CHECK enum gh_status act_preference(struct gh_context *context,
                                            const struct gh_exchange *so_far,
                                            struct gh_outcome *out);

/* Prepares what the application will be sent: the request line and header
 * fields, identity included. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_forward(struct gh_context *context,
                                         const struct gh_request *request,
                                         const struct gh_principal *principal,
                                         const struct gh_decision *decision,
                                         struct gh_outcome *out);

#endif
