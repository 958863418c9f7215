/* SPDX-License-Identifier: Apache-2.0
 *
 * A keeper with PostgreSQL by script, run until what is awaited has happened.
 * Owns all of it between keeping_play() and keeping_end(). Called by the
 * suites of the keeper and of looks.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_KEEPING_H
#define GH_TESTS_UNIT_GATEWAY_KEEPING_H

#include "fresh.h"
#include "keeper.h"
#include "mounts.h"
#include "signing.h"

enum {
    KEEPING_MS = 10000, /* by which everything must have happened */
    MAX_HEARD = 8,      /* policies handed out */
    MAX_MARKS = 4,      /* of one test */
};

/* Something that happens soon after so many statements were asked and so many
 * policies handed out; on a busy machine more may have been by then. */
struct mark {
    size_t n_asked;                       /* that many statements */
    size_t n_heard;                       /* and policies */
    void (*fn)(struct gh_keeper *keeper); /* NULL: nothing */
};

/* What happened. */
struct keeping {
    struct desk *desk;
    struct gh_keeper *keeper;
    struct gh_deadline look;     /* whether the next mark is reached */
    const struct mark *marks;    /* in their order */
    size_t n_marks;              /* how many */
    size_t at;                   /* the next one */
    int64_t began_ms;            /* when the one before was reached */
    int64_t ms[MAX_MARKS];       /* how long each took */
    int64_t versions[MAX_HEARD]; /* handed out */
    size_t asked[MAX_HEARD];     /* statements asked until then */
    size_t n_applications;       /* of the last one */
    size_t n_heard;              /* how many */
    size_t n_looks;              /* that were over */
    struct gh_mounts *last;      /* held */
    struct gh_fresh *fresh;      /* what is believed */
    bool is_heard;               /* what is logged goes into the pipe */
    int pipe[2];                 /* its reading and its writing end */
};

/* There is one. is_heard may be set before it plays. */
extern struct keeping now;

/* A keeper with a script, run until the last mark is reached. */
void keeping_play(const struct fake_step *steps, size_t n,
                  const struct mark *marks, size_t n_marks);

/* Takes everything down. */
void keeping_end(void);

#endif
