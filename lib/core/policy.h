/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision: may this principal have this application? Pure: no I/O, no
 * clock, no log. The zero value of every type here refuses. Called by decide.
 */
#ifndef GH_CORE_POLICY_H
#define GH_CORE_POLICY_H

#include "core/application.h"

/* Who a request comes from. The zero value is nobody. */
enum gh_principal_kind {
    GH_PRINCIPAL_NOBODY = 0, /* not signed in */
    GH_PRINCIPAL_ACCOUNT,    /* signed in */
    GH_PRINCIPAL_UNKNOWN,    /* the truth could not be had */
};

/* Why a request that brought a token is nobody's all the same. */
enum gh_nobody {
    GH_NOBODY_NO_TOKEN = 0, /* it brought none */
    GH_NOBODY_STRANGE,      /* a token that never was one of ours */
    GH_NOBODY_IDLE,         /* the session ended without a request for long */
    GH_NOBODY_ABSOLUTE,     /* the session reached its full length */
    GH_NOBODY_SIGNED_OUT,   /* the person signed out */
    GH_NOBODY_REVOKED,      /* it was ended by somebody else, or replaced */
    GH_NOBODY_ACCOUNT,      /* the account may not sign in any more */
};

/* The principal card, written by identify. A plain value; texts live as long
 * as the exchange. All but kind and nobody are empty unless it is an
 * account. */
struct gh_principal {
    enum gh_principal_kind kind; /* nobody, somebody, or not to be known */
    enum gh_nobody nobody;       /* why nobody */
    struct gh_text account;      /* name */
    struct gh_text display_name; /* as people write it; may be empty */
    struct gh_text email;        /* may be empty */
    struct gh_text reference;    /* of the session, 32 hex digits: harmless */
    int64_t session_id;          /* of the session's row */
    int64_t account_id;          /* of the account\'s row */
    int level;                   /* authentication level */
    int64_t idle_left_s;         /* until the session ends without a request */
    int64_t absolute_left_s;     /* until it ends in any case */
    int64_t previous_at_us;      /* sign-in before this one; 0: none */
    struct gh_text previous_client; /* from where that came */
    int64_t failures_before;        /* failed attempts in between */
};

/* What is to happen. The zero value denies. */
enum gh_verdict {
    GH_DENY = 0, /* refused */
    GH_PERMIT,   /* allowed */
    GH_SIGN_IN,  /* would be allowed to somebody who is signed in */
    GH_UNSURE,   /* cannot be decided now: the principal is unknown */
};

/* The decision card, written by decide. A plain value. */
struct gh_decision {
    enum gh_verdict verdict; /* what is to happen */
    struct gh_text rule;     /* which rule decided; static memory */
};

/* Decides. application may be NULL: nothing is mounted there, deny. For an
 * unknown principal only what is public is permitted. */
struct gh_decision gh_policy_decide(const struct gh_principal *principal,
                                    const struct gh_application *application);

#endif
