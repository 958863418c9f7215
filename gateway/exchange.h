/* SPDX-License-Identifier: Apache-2.0
 *
 * One request and its answer, from socket to socket: the arena, the cards and
 * the place in the pipeline. Made by the edge when a request begins, run by
 * its task whenever something happened, taken apart when it is over. Exchange
 * lifetime; belongs to one loop.
 */
#ifndef GH_GATEWAY_EXCHANGE_H
#define GH_GATEWAY_EXCHANGE_H

#include "body.h"
#include "cards.h"
#include "context.h"
#include "front.h"

/* The steps, in their order. */
enum gh_step {
    GH_STEP_PARSE = 0,
    GH_STEP_IDENTIFY,
    GH_STEP_DECIDE,
    GH_STEP_ACT,
    GH_STEP_RECORD,
    GH_STEP_RESPOND,
    GH_STEP_DONE,
};

struct gh_relay;

/* What respond keeps between its runs. */
struct gh_responding {
    struct gh_text left[2]; /* of a reply: not written yet */
    bool is_begun;          /* the first run is over */
    struct gh_relay *relay; /* of a forwarded exchange, in the arena */
    struct gh_reply reply;  /* that takes the application's place */
};

/* One request and its answer. Exchange lifetime, one loop. */
struct gh_exchange {
    struct gh_context context;     /* shared by all steps */
    struct gh_arena arena;         /* all its memory; reset at its end */
    struct gh_task task;           /* runs the pipeline */
    struct gh_deadline deadline;   /* by which something must happen */
    struct gh_front *front;        /* where the answer goes */
    struct gh_body body;           /* what arrives */
    int64_t began_ms;              /* on the loop's clock */
    enum gh_step next;             /* the step to run next */
    struct gh_link link;           /* in the edge's list, once it is left */
    bool is_left;                  /* nobody waits for the answer any more */
    struct gh_stop stop;           /* why it ends early; written by pipeline */
    struct gh_input input;         /* card 0: from the edge */
    struct gh_request request;     /* card 1 */
    struct gh_principal principal; /* card 2 */
    struct gh_decision decision;   /* card 3 */
    struct gh_outcome outcome;     /* card 4 */
    struct gh_receipt receipt;     /* cards 5 and 6 */
    struct gh_responding responding;               /* respond's own */
    void (*on_done)(struct gh_exchange *exchange); /* the edge's */
};

/* A new, empty exchange, whose task calls run (gh_pipeline_task()). NULL
 * without memory. */
struct gh_exchange *gh_exchange_new(void (*run)(struct gh_task *task));

/* Prepares an exchange for a request that came in at entry: holds the
 * worker's site, takes an id, remembers the time. Without random bytes the id
 * is all zeros, and that fault is noted for the first step. */
void gh_exchange_begin(struct gh_exchange *exchange, struct gh_worker *worker,
                       const struct gh_settings_entry *entry);

/* Ends a request, however far it came: stops what is under way, wipes the
 * arena, gives the site back. The exchange can begin again. */
void gh_exchange_end(struct gh_exchange *exchange);

/* Frees an ended exchange; NULL is fine. */
void gh_exchange_free(struct gh_exchange *exchange);

#endif
