/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of a request on its way through: filled by the front as it
 * arrives, taken by whoever sends or parses it. At most 32 KiB wait here;
 * when they do, the front stops reading (back-pressure). Lives in the
 * exchange.
 */
#ifndef GH_GATEWAY_BODY_H
#define GH_GATEWAY_BODY_H

#include "base/arena.h"

enum {
    GH_BODY_BUFFER = 32 * 1024, /* bytes that may wait */
};

/* A body. Zeroed memory is one of which nothing has arrived. */
struct gh_body {
    char *at;        /* GH_BODY_BUFFER bytes in the arena; NULL until needed */
    size_t begin;    /* first byte that was not taken */
    size_t end;      /* behind the last byte that has arrived */
    uint64_t n_come; /* bytes that arrived in all */
    bool is_ended;   /* nothing more will come */
    bool is_broken;  /* it ended before its end: peer gone or aborted */
};

/* How many bytes gh_body_add() would accept now. */
size_t gh_body_room(const struct gh_body *body);

/* Appends bytes, at most gh_body_room() of them. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_body_add(struct gh_body *body, struct gh_arena *arena, struct gh_text bytes);

/* What has arrived and was not taken; valid until the next call. */
struct gh_text gh_body_waiting(const struct gh_body *body);

/* The body of a request that says how long it is, once it is there: of more
 * than that nobody asked. Lives as what is waiting. */
static inline struct gh_text
gh_body_whole(const struct gh_body *body, uint64_t length)
{
    struct gh_text waiting = gh_body_waiting(body);

    return gh_text_first(waiting,
                         length < waiting.len ? (size_t)length : waiting.len);
}

/* Takes the first n bytes of what is waiting. */
void gh_body_take(struct gh_body *body, size_t n);

#endif
