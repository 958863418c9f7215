/* SPDX-License-Identifier: Apache-2.0
 *
 * All memory of one exchange: blocks that only grow, with a hard ceiling, and
 * one reset that wipes whatever was used (login forms pass through here). The
 * first block is kept for the next exchange, so an ordinary request allocates
 * nothing. An arena belongs to one thread.
 */
#ifndef GH_BASE_ARENA_H
#define GH_BASE_ARENA_H

#include "base/text.h"

struct gh_arena_block;

/* Embedded in its owner; zeroed memory plus gh_arena_init() is usable. */
struct gh_arena {
    struct gh_arena_block *first; /* kept over resets; NULL until needed */
    struct gh_arena_block *last;  /* the block that is being filled */
    size_t held;                  /* bytes of all blocks */
    size_t cap;                   /* ceiling for held, in bytes */
};

/* An empty arena that will never hold more than cap bytes. */
void gh_arena_init(struct gh_arena *arena, size_t cap);

/* Gives all memory back. Takes a zeroed arena. */
void gh_arena_done(struct gh_arena *arena);

/* Wipes what was used and keeps only the first block. */
void gh_arena_reset(struct gh_arena *arena);

/* Zeroed memory for any type, alive until the reset; NULL when the ceiling or
 * the system's memory is reached. */
GH_MUST_CHECK void *gh_arena_new(struct gh_arena *arena, size_t size);

/* n elements of size bytes each, zeroed; NULL also when n * size overflows. */
GH_MUST_CHECK void *gh_arena_array(struct gh_arena *arena, size_t n,
                                   size_t size);

/* An array that grows: as it is while n is below *cap, else the n elements in
 * one of twice the room, whose rest is zeroed; NULL when that cannot be had,
 * and then *cap stays. What was returned before stays valid until the reset. */
GH_MUST_CHECK void *gh_arena_grow(struct gh_arena *arena, void *array, size_t n,
                                  size_t *cap, size_t size);

/* A copy of text, followed by a NUL that its len does not count.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_arena_copy(struct gh_arena *arena, struct gh_text text, struct gh_text *out);

#endif
