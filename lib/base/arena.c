/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena: a list of malloc'ed blocks. Owns the blocks. Limits their sum to
 * the ceiling given at init. Called by every floor; the only place besides
 * the borders where exchange memory comes from malloc.
 *
 * Why not a pool a size class: an exchange lives for microseconds to minutes
 * and dies whole, so the only useful operations are "more" and "all gone".
 * The price is that nothing can be given back early; a parser that would
 * need that works in a gh_buf of its own.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    BLOCK_SIZE = 16 * 1024, /* bytes of an ordinary block, header included */
    FIRST_ROOM = 16,        /* elements of an array that grows */
};

struct gh_arena_block {
    struct gh_arena_block *next; /* older to newer */
    size_t size;                 /* bytes behind this header */
    size_t used;                 /* of them given out */
    alignas(max_align_t) char bytes[];
};

void
gh_arena_init(struct gh_arena *arena, size_t cap)
{
    *arena = (struct gh_arena){.cap = cap};
}

/* Frees the list from block on; what it held is wiped first. */
static void
free_from(struct gh_arena_block *block)
{
    while (block != NULL) {
        struct gh_arena_block *next = block->next;

        explicit_bzero(block->bytes, block->used);
        free(block);
        block = next;
    }
}

void
gh_arena_done(struct gh_arena *arena)
{
    free_from(arena->first);
    *arena = (struct gh_arena){.cap = arena->cap};
}

void
gh_arena_reset(struct gh_arena *arena)
{
    struct gh_arena_block *first = arena->first;

    if (first == NULL)
        return;
    /* A first block of unusual size is not worth keeping. */
    if (first->size > BLOCK_SIZE) {
        gh_arena_done(arena);
        return;
    }
    free_from(first->next);
    explicit_bzero(first->bytes, first->used);
    first->next = NULL;
    first->used = 0;
    arena->last = first;
    arena->held = sizeof(*first) + first->size;
}

/* A new last block with room for at least size bytes, or NULL. */
static struct gh_arena_block *
add_block(struct gh_arena *arena, size_t size)
{
    struct gh_arena_block *block;
    size_t room = BLOCK_SIZE - sizeof(*block);
    size_t whole;
    size_t held;

    if (size > room)
        room = size;
    if (__builtin_add_overflow(room, sizeof(*block), &whole) ||
        __builtin_add_overflow(arena->held, whole, &held) || held > arena->cap)
        return NULL;
    block = malloc(whole);
    if (block == NULL)
        return NULL;

    *block = (struct gh_arena_block){.size = room};
    if (arena->first == NULL)
        arena->first = block;
    else
        arena->last->next = block;
    arena->last = block;
    arena->held = held;
    return block;
}

void *
gh_arena_new(struct gh_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct gh_arena_block *block = arena->last;
    char *at;

    if (__builtin_add_overflow(size, align - 1, &size))
        return NULL;
    size &= ~(align - 1);
    if (block == NULL || block->size - block->used < size)
        block = add_block(arena, size);
    if (block == NULL)
        return NULL;

    at = block->bytes + block->used;
    block->used += size;
    memset(at, 0, size);
    return at;
}

void *
gh_arena_array(struct gh_arena *arena, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total))
        return NULL;
    return gh_arena_new(arena, total);
}

void *
gh_arena_grow(struct gh_arena *arena, void *array, size_t n, size_t *cap,
              size_t size)
{
    size_t more = *cap == 0 ? FIRST_ROOM : *cap * 2;
    void *grown;

    if (n < *cap)
        return array;
    grown = gh_arena_array(arena, more, size);
    if (grown == NULL)
        return NULL;
    if (n > 0)
        memcpy(grown, array, n * size);
    *cap = more;
    return grown;
}

enum gh_status
gh_arena_copy(struct gh_arena *arena, struct gh_text text, struct gh_text *out)
{
    size_t size;
    char *at;

    if (__builtin_add_overflow(text.len, 1, &size))
        return GH_FAULT_MEMORY;
    at = gh_arena_new(arena, size);
    if (at == NULL)
        return GH_FAULT_MEMORY;
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    *out = (struct gh_text){.at = at, .len = text.len};
    return GH_OK;
}
