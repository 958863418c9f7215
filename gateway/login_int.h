/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the acts that check a password, as their files share it:
 * act_login.c and act_password.c (what is asked when), login_form.c (what the
 * sign-in form says, and how a guess is counted), login_guess.c (counting and
 * checking), login_fail.c (how failures are recorded and answered). Not for
 * anybody else.
 */
#ifndef GH_GATEWAY_LOGIN_INT_H
#define GH_GATEWAY_LOGIN_INT_H

#include "core/session.h"
#include "event.h"
#include "exchange.h"
#include "login_page.h"
#include "store/row.h"
#include "travel.h"
#include "visit.h"

/* How far a sign-in has come. */
enum gh_login_phase {
    GH_LOGIN_BEGIN = 0, /* nothing was asked yet */
    GH_LOGIN_RESERVE,   /* the guess is being counted */
    GH_LOGIN_UNBOUND,   /* a stored password of others is being recorded */
    GH_LOGIN_HASH,      /* the password is being checked */
    GH_LOGIN_SUCCEED,   /* the session is being made */
    GH_LOGIN_TRAVEL,    /* where they signed in before is being recorded */
    GH_LOGIN_REHASH,    /* a stronger hash is being stored */
    GH_LOGIN_FAIL,      /* the failure is being recorded */
    GH_LOGIN_DELAY,     /* it is, and its answer waits */
    GH_LOGIN_REFUSE,    /* a refusal of the form is being recorded */
};

/* What a sign-in, or a change of password, keeps between the runs of its act.
 * In the exchange's arena, which is wiped: passwords and tokens pass through
 * here. */
struct gh_login {
    enum gh_login_phase phase;    /* what it waits for */
    int64_t began_ms;             /* when the form was there, on the loop's
                                     clock */
    struct gh_text host;          /* that was asked */
    struct gh_text username;      /* as typed */
    struct gh_text name;          /* in its one form; empty: cannot be one */
    struct gh_text password;      /* in its one form, or as typed */
    struct gh_text return_to;     /* judged */
    struct gh_visit visit;        /* for the audit rows */
    struct gh_param name_key;     /* MAC of the name */
    struct gh_param device_key;   /* MAC of the device marker, or null */
    struct gh_param device_at;    /* when that was made, or null */
    struct gh_param device_since; /* since when it knows the browser, or null */
    struct gh_param sources;      /* MACs of the client's networks */
    bool is_allowed;              /* the guess may be checked */
    bool is_source;               /* too many guesses from this network */
    unsigned retry_after_s;       /* then: when there is one again */
    bool is_unbound;              /* a password is stored that nobody of us
                                     wrote */
    unsigned refused;             /* status to refuse with, once recorded */
    struct gh_text failure;       /* sign_in_fail's word for the refusal */
    bool is_first_refusal;        /* a limit was just reached */
    struct gh_param account_id;   /* null: no such account */
    int64_t account;              /* the same as a number */
    int64_t version;              /* of the credential that is checked */
    struct gh_text status;        /* of the account */
    struct gh_text phc;           /* stored password; empty: none that counts */
    struct gh_text pepper_id;     /* below it */
    struct gh_new_session session; /* about to begin */
    int64_t began_us;              /* when it began, by the database's clock */
    int64_t since_us;              /* since when the browser is known, by it */
    struct gh_text rehashed;       /* a stronger hash to store; empty: none */
    struct gh_travel travel;       /* from the sign-in before, too fast */
    bool is_again;                 /* the guess was checked twice */
    bool is_malformed;             /* no form of ours: only counted */
    struct gh_text new_password;   /* to take its place, in its one form; empty:
                                      this is a sign-in */
    struct gh_param own;           /* then: reference of the session */
    struct gh_text alert;          /* then: why the new one is refused */
};

/* Takes the form apart into login, and its token into *csrf. GH_MALFORMED,
 * GH_LIMIT: it is none of ours; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_login_read_form(struct gh_context *context,
                                                struct gh_text form,
                                                struct gh_login *login,
                                                struct gh_text *csrf);

/* Brings name and password into the one form in which they are compared, and
 * computes the keys of the lanes that the guess is counted in. What has no
 * such form cannot match, and goes the same way all the same.
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_prepare(struct gh_context *context,
                                              const struct gh_request *request,
                                              struct gh_login *login);

/* The state of a guess, made at the first run; NULL without memory. */
struct gh_login *gh_login_of(struct gh_context *context);

/* Asks whether the guess may be checked, which counts it. GH_FAULT_DB,
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_login_ask_reserve(struct gh_context *context);

/* The reservation was taken: has the password checked, on a thread of its own,
 * or the refusal recorded. GH_WAIT, GH_FAULT_DB, GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_check(struct gh_context *context,
                                            const struct gh_request *request);

/* It is recorded that a stored password is not ours: on with the check, which
 * fails. Likewise. */
GH_MUST_CHECK enum gh_status gh_login_after_unbound(struct gh_context *context);

/* The password was checked: has the failure recorded; or a session made, which
 * ask has stored. login->rehashed is a new hash then, or empty. GH_WAIT,
 * GH_FAULT_DB, GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_after_hash(
    struct gh_context *context,
    enum gh_status (*ask)(struct gh_context *context, struct gh_login *login));

/* The MAC that binds login->rehashed to the account, and the pepper below it.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_bind(struct gh_context *context,
                                           struct gh_text *pepper_kid,
                                           unsigned char mac[GH_DIGEST_LEN]);

/* Takes the row of sign_in_succeed, when it has come. *is_travel: they came too
 * fast from where they signed in before. GH_WAIT; GH_CONFLICT: the account
 * changed meanwhile; GH_FAULT_DB, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_login_take_session(struct gh_context *context,
                      const struct gh_request *request, bool *is_travel);

/* Has that recorded. GH_WAIT, GH_FAULT_DB, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_login_ask_travel(struct gh_context *context,
                    const struct gh_request *request);

/* The cookie lines of a session that has just begun. GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_cookies(struct gh_context *context,
                                              struct gh_text *out);

/* Has a refusal of the form recorded, to be answered with a status by
 * gh_login_after_refuse(). GH_WAIT, GH_FAULT_DB, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_login_ask_refuse(struct gh_context *context,
                    const struct gh_request *request,
                    const struct gh_audit_event *event, unsigned refused);

/* It is recorded. GH_OK: answer with login->refused; GH_WAIT, GH_FAULT_DB. */
GH_MUST_CHECK enum gh_status gh_login_after_refuse(struct gh_context *context);

/* Takes the row of sign_in_reserve, when it has come. A stored password that
 * was not written by Gatehouse for this account counts as none. GH_WAIT,
 * GH_FAULT_DB, GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_take_guess(struct gh_context *context);

/* Has a failure recorded, for a reason of sign_in_fail; as one of the sign-in
 * or of the change of password, whichever it is. GH_WAIT;
 * GH_FAULT_DB, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_login_ask_fail(struct gh_context *context,
                                               struct gh_text reason);

/* The failure is recorded, and [password] fail_delay is over; by the loop's
 * deadline, so that nothing but the exchange waits. GH_OK: now it is answered,
 * always with the same words. GH_WAIT, GH_FAULT_DB, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_after_fail(struct gh_context *context);

/* The delay is over: as gh_login_after_fail(). GH_WAIT: not yet. */
GH_MUST_CHECK enum gh_status gh_login_after_delay(struct gh_context *context);

/* The status that a failure is answered with: 429 when its network has too
 * many, else the usual one. */
unsigned gh_login_fail_status(const struct gh_context *context, unsigned usual);

/* The form again, with the name as it was typed; page has the rest.
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_login_again(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_login_page page,
                                            struct gh_outcome *out);

#endif
