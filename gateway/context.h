/* SPDX-License-Identifier: Apache-2.0
 *
 * What every step and act may use besides the cards: the loop and its
 * belongings, the configuration, memory, and what is under way elsewhere for
 * this exchange. And the fault, described once. Exchange lifetime.
 */
#ifndef GH_GATEWAY_CONTEXT_H
#define GH_GATEWAY_CONTEXT_H

#include "core/policy.h"
#include "gateway.h"

struct gh_backend_link;
struct gh_datum;
struct gh_estate;
struct gh_hash_job;
struct gh_hashing;
struct gh_login;
struct gh_new_session;
struct gh_query;

/* A fault, described once, where it arose. */
struct gh_fault {
    enum gh_status status; /* which kind */
    const char *what_z;    /* what failed; static memory */
    int error;             /* errno, or 0 */
};

/* What every step may use besides the cards. */
struct gh_context {
    struct gh_worker *worker;              /* loop, log, random ids */
    struct gh_site *site;                  /* configuration; held */
    const struct gh_settings *settings;    /* the site's */
    const struct gh_settings_entry *entry; /* where the request came in */
    struct gh_arena *arena;       /* for everything that lives as long */
    struct gh_task *task;         /* runs the pipeline again */
    struct gh_deadline *deadline; /* runs it again, with is_late set */
    bool is_late;                 /* the deadline passed since the last run */
    struct gh_estate *estate;     /* policy and pools, held; NULL: not yet */
    struct gh_link waiting;       /* in a list of the worker's, while it waits
                                     for a newer policy, or for a look */
    int64_t came_us;              /* when it was first asked who asks, by
                                     gh_fresh_clock(); 0: not yet */
    bool is_identified;           /* who asks is known, or cannot be */
    unsigned n_anew;              /* how often it was found out once more, as
                                     the policy had changed meanwhile */
    struct gh_backend_link *link; /* borrowed by the relay; NULL: none */
    struct gh_query *query;       /* asked of the database; NULL: none */
    int64_t query_us;             /* when, by gh_fresh_clock() */
    bool is_harmless;             /* it casts no doubt on sessions if lost */
    bool is_away;                 /* the last question found no database */
    size_t n_tried;               /* session keys that identify has tried */
    struct gh_text token_hash;    /* of the token, as the database knows it */
    uint64_t asked_at;            /* moment of that question (fresh) */
    enum gh_nobody dead;          /* why the token is nobody's, while that is
                                     being recorded */
    struct gh_hashing *place;     /* where a place is borrowed; NULL: none */
    struct gh_hash_job *job;      /* a password being checked; NULL: none */
    struct gh_login *login;       /* what the sign-in act keeps, in the arena */
    bool is_renewing;            /* identify has a token made the current one */
    bool is_moving;              /* a session that moved is being ended */
    bool is_shortening;          /* act has how long it may be idle shortened */
    bool is_shortened;           /* that is done, and the request may go on */
    bool is_beginning;           /* record has the request recorded */
    struct gh_new_session *next; /* that act offers; NULL: none */
    bool is_offer_over;          /* whether it is kept is known */
    bool is_next_kept;           /* it is: the browser may have it */
    struct gh_datum *datum;      /* what the act of session data keeps, in the
                                    arena */
    struct gh_text allowed;      /* methods of the page, when act refuses one;
                                    empty: whatever is offered at all */
    bool is_refused;             /* act has a refusal recorded */
    unsigned refusal;            /* status to refuse with once that is
                                    recorded; 0: none */
    unsigned char id_bytes[16];  /* the exchange's id */
    char id[33];                 /* the same in 32 hex digits */
    struct gh_fault fault;       /* the first one, if any */

    enum gh_appearance appearance; /* of pages, as who asks has chosen */
};

/* Notes a fault, unless one is noted already, and returns its status. */
enum gh_status gh_fault_note(struct gh_context *context, enum gh_status status,
                             const char *what_z, int error);

#endif
