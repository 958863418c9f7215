/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision: may this principal do this here, now? Pure: no I/O, no clock,
 * no log, no memory. The zero value of every type here refuses. Called by
 * decide.
 */
#ifndef GH_CORE_POLICY_H
#define GH_CORE_POLICY_H

#include "core/preference.h"
#include "core/rules.h"

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
    GH_NOBODY_REUSED,       /* a token came that had been replaced long ago */
    GH_NOBODY_RIGHTS,       /* its rights have changed since it began */
    GH_NOBODY_FAILOVER,     /* another server of the database took over */
    GH_NOBODY_MOVED,        /* it came from elsewhere, where it must not */
};

/* The principal card, written by identify. A plain value; texts live as long
 * as the exchange. All but kind, nobody and roles are empty unless it is an
 * account. */
struct gh_principal {
    enum gh_principal_kind kind; /* nobody, somebody, or not to be known */
    enum gh_nobody nobody;       /* why nobody */
    struct gh_text account;      /* name */
    struct gh_text display_name; /* as people write it; may be empty */
    struct gh_text email;        /* may be empty */
    struct gh_text reference;    /* of the session, 32 hex digits: harmless */
    uint64_t network;            /* of the sign-in: gh_address_network() */
    struct gh_text device;       /* of the sign-in, in words */
    int64_t session_id;          /* of the session's row */
    int64_t account_id;          /* of the account's row */
    struct gh_held held;         /* roles that it was given */
    int64_t policy_version;      /* the oldest that may decide; 0: any */
    size_t remembered;           /* where, from 1; 0: not (gateway/recall) */
    bool is_outage;              /* from memory, the database being away */
    bool is_renewal_due; /* its token is old: offer the one that follows */
    int64_t generation;  /* of its token, from 0 */
    int64_t now_us;      /* the time to decide for, microseconds */
    struct gh_location location; /* where the client is; known only to a policy
                                    that asks for it */
    struct gh_role_set roles;    /* held now, with all that they imply */
    int level;                   /* authentication level */
    enum gh_device browser;      /* whether it was known at the sign-in */
    int64_t browser_s;           /* of a known one: for so long, seconds */
    int64_t authenticated_us;    /* when they last proved who they are, by the
                                    database's clock */
    bool is_offered;             /* the token that follows was offered before */
    int64_t idle_s;              /* how long the session may be idle */
    int64_t idle_left_s;         /* until the session ends without a request */
    int64_t absolute_left_s;     /* until it ends in any case */
    int64_t previous_at_us;      /* sign-in before this one; 0: none */
    int64_t previous_offset_s; /* how far the person's clocks were ahead of UTC
                                  then */
    struct gh_text previous_client;  /* from where that came */
    int64_t failures_before;         /* failed attempts in between */
    struct gh_preference preference; /* of pages; all but the appearance is for
                                        own pages only */
};

/* What is to happen. The zero value denies. */
enum gh_verdict {
    GH_DENY = 0, /* refused */
    GH_PERMIT,   /* allowed */
    GH_SIGN_IN,  /* somebody may: who asks signs in first */
    GH_STEP_UP,  /* they may: once they have proved again who they are */
    GH_UNSURE,   /* cannot be decided now: too little is known */
};

/* Why. Each verdict has its own. */
enum gh_reason {
    GH_REASON_NO_RULE = 0, /* deny: nobody may do that there */
    GH_REASON_NO_ROLE,     /* deny: somebody may, with a role that is missing */
    GH_REASON_CONDITION,   /* deny: they may, but not now, or not from there */
    GH_REASON_NOT_MOUNTED, /* deny: no application is there */
    GH_REASON_AMBIGUOUS,   /* deny: the application might read another path */
    GH_REASON_RULE,        /* permit: by a rule */
    GH_REASON_OWN_PAGE,    /* permit: the gateway's own page */
    GH_REASON_NOBODY,      /* sign in: nobody is signed in */
    GH_REASON_AGE,         /* step up: they signed in too long ago */
    GH_REASON_UNKNOWN,     /* unsure: the principal or the policy is unknown */
};

/* What is asked. Texts need to live for the call only. */
struct gh_question {
    const struct gh_application *application; /* where; of the same snapshot */
    struct gh_text path;   /* the whole canonical path, which it covers */
    struct gh_text method; /* as it was sent */
    struct gh_circumstances circumstances; /* when, from where, … */
};

/* The decision card, written by decide. A plain value; what it points to
 * lives as long as the snapshot. */
struct gh_decision {
    enum gh_verdict verdict;                  /* what is to happen */
    enum gh_reason reason;                    /* why */
    const struct gh_application *application; /* where; NULL: nowhere */
    size_t place;                             /* its number in the snapshot */
    const struct gh_grant *grant; /* the rule that permits, or would, were it
                                     not for a condition; else NULL */
    uint32_t condition; /* number of that one, of the rule or of the role that
                           it is about; 0: none */
    const struct gh_application *obliging; /* whose zone may ask for more than
                                 this; NULL: nobody is let in, or everybody
                                 is, whoever they are and whenever */
    bool is_activity; /* it keeps the session alive, whatever the verdict */
};

/* Decides. Of several rules that permit, the oldest (smallest id) is named; to
 * step up, of those that would permit it to the same account that signs in now.
 * No activity is what one matching pattern ignores, whatever others do.
 * An unknown principal is permitted what everybody is whenever, and else
 * unsure. */
struct gh_decision gh_policy_decide(const struct gh_rules *rules,
                                    const struct gh_principal *principal,
                                    const struct gh_question *question);

/* Whether a principal of these roles, which it has by held, may do anything at
 * all in an application in these circumstances: one grant of one of them holds
 * there. One step for each grant of the snapshot, and for an outgrown token a
 * binary search in each. */
bool gh_policy_reaches(const struct gh_rules *rules, const struct gh_held *held,
                       struct gh_role_set roles,
                       const struct gh_application *application,
                       const struct gh_circumstances *circumstances);

/* Name of the condition for which a decision refuses, and what it means in
 * people's words; empty when it does not. Live as long as the snapshot. */
struct gh_text gh_policy_condition(const struct gh_rules *rules,
                                   const struct gh_decision *decision);
struct gh_text gh_policy_meaning(const struct gh_rules *rules,
                                 const struct gh_decision *decision);

/* The reason in one or two lower-case words, as in the log and the trail;
 * static memory. */
struct gh_text gh_reason_word(enum gh_reason reason);

#endif
