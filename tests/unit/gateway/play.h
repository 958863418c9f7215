/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole exchanges in one process: a real loop, worker, site and pipeline
 * between a web server that is played here (struct gh_front_ops writing into
 * memory) and the scripted application of app.h. One play is a row of asks,
 * one after the other. Owns everything it makes until play_run() returns;
 * the answers stay readable until the next play.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_PLAY_H
#define GH_TESTS_UNIT_GATEWAY_PLAY_H

#include "app.h"
#include "exchange.h"

/* One request of the web server. Zeroed: GET /public/x without a body, and a
 * web server that takes everything at once. */
struct play_ask {
    const char *method_z;  /* NULL: GET */
    const char *target_z;  /* NULL: /public/x */
    const char *params_z;  /* more parameters, "NAME=value" a line */
    struct gh_text body;   /* its bytes */
    bool has_length;       /* CONTENT_LENGTH says how many they are */
    size_t body_step;      /* bytes that come at once; 0: what fits */
    bool is_body_broken;   /* the peer goes away instead of ending the body */
    bool is_body_stuck;    /* the body never ends */
    size_t room;           /* bytes taken at once; 0: all */
    bool takes_no_more;    /* takes `room` bytes and then nothing */
    size_t gone_after;     /* the web server is gone after so many; 0: never */
    bool is_abandoned;     /* ended from outside as soon as it waits */
    bool stops_app_before; /* the application stops listening first */
};

/* What became of it. */
struct play_answer {
    bool is_done;         /* the exchange came to its end by itself */
    bool is_cut;          /* the answer broke off */
    unsigned status;      /* that the receipt names */
    struct gh_text bytes; /* head and body as the web server got them */
    struct gh_text head;  /* up to the empty line */
    struct gh_text body;  /* behind it */
    uint64_t n_in, n_out; /* of the receipt */
    size_t most_waiting;  /* most bytes of the body that ever waited */
    unsigned n_flushes;   /* calls of flush */
    unsigned n_asked;     /* calls of room: one or more for each run */
    int64_t ms;           /* how long it took */
};

/* A row of exchanges. */
struct play {
    const char *settings_z; /* lines for the end of the configuration, which
                               ends in [application public] */
    const char *timeouts_z; /* lines for [timeouts] */
    const struct app_script *scripts; /* the application */
    size_t n_scripts;                 /* at least 1 */
    const struct play_ask *asks;      /* the web server */
    size_t n_asks;                    /* how many */
    /* Called when all is set up; may be NULL. The application is the third of
     * the policy. */
    void (*on_ready)(struct gh_worker *worker);
    /* Called before it is taken down; may be NULL. */
    void (*on_over)(struct gh_worker *worker);
};

/* Plays. False when the play itself could not be set up or got stuck. */
bool play_run(const struct play *play);

/* The answer to the i-th ask. */
const struct play_answer *play_answer(size_t i);

/* A play of one ask and one script; its answer. */
const struct play_answer *play_one(const struct play_ask *ask,
                                   const struct app_script *script);

/* True when the answer's head has that line. */
bool play_has_line(const struct play_answer *answer, struct gh_text line);

#endif
