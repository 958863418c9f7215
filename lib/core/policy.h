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

/* The principal card, written by identify. A plain value; texts live as long
 * as the exchange. */
struct gh_principal {
    enum gh_principal_kind kind; /* nobody, somebody, or not to be known */
    struct gh_text account;      /* name; empty unless kind is ACCOUNT */
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
