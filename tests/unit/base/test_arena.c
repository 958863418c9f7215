/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/arena: the ceiling, zeroed and aligned memory, the reset that
 * wipes. Each test owns its arena.
 */
#include "base/arena.h"

#include <malloc.h>
#include <stdalign.h>
#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    CAP = 256 * 1024, /* of the arenas here */
};

static void
new_arena_holds_nothing(void)
{
    struct gh_arena arena;

    gh_arena_init(&arena, CAP);
    check_number(0, arena.held);
    gh_arena_reset(&arena);
    gh_arena_done(&arena);
    check_number(CAP, arena.cap);
}

static void
memory_is_zeroed_and_aligned(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;

    /* What malloc() gives is not zero by chance. */
    mallopt(M_PERTURB, 0x55);
    gh_arena_init(&arena, CAP);
    for (size_t size = 1; size < 70; size++) {
        char *at = gh_arena_new(&arena, size);

        if (!check(at != NULL))
            return;
        check_number(0, (uintptr_t)at % alignof(max_align_t));
        for (size_t i = 0; i < size; i++)
            check_number(0, at[i]);
        memset(at, 0xff, size);
    }
}

static void
pieces_do_not_overlap(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    unsigned char *at[100];

    gh_arena_init(&arena, CAP);
    for (unsigned i = 0; i < GH_COUNT(at); i++) {
        at[i] = gh_arena_new(&arena, 1000);
        if (!check(at[i] != NULL))
            return;
        memset(at[i], (int)i, 1000);
    }
    for (unsigned i = 0; i < GH_COUNT(at); i++) {
        check_number(i, at[i][0]);
        check_number(i, at[i][999]);
    }
}

static void
ceiling_is_never_passed(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    size_t n = 0;

    gh_arena_init(&arena, CAP);
    while (n < 10000 && gh_arena_new(&arena, 100) != NULL) {
        check(arena.held <= CAP);
        n++;
    }
    check(n > 2000 && n < CAP / 100);
    check(gh_arena_new(&arena, 64 * 1024) == NULL);
}

static void
piece_over_the_ceiling_is_refused_and_the_rest_stays_usable(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;

    gh_arena_init(&arena, CAP);
    check(gh_arena_new(&arena, CAP) == NULL);
    check(gh_arena_new(&arena, CAP / 2) != NULL);
    check(gh_arena_new(&arena, 10) != NULL);
}

static void
sizes_that_overflow_are_refused(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text out = GH_TEXT("untouched");

    gh_arena_init(&arena, SIZE_MAX);
    check(gh_arena_new(&arena, SIZE_MAX) == NULL);
    check(gh_arena_new(&arena, SIZE_MAX - 32) == NULL);
    check(gh_arena_array(&arena, SIZE_MAX / 2, 3) == NULL);
    check_status(GH_FAULT_MEMORY,
                 gh_arena_copy(&arena, (struct gh_text){"x", SIZE_MAX}, &out));
    check_text(GH_TEXT("untouched"), out);
}

static void
array_has_room_for_all_elements(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    uint64_t *at;

    gh_arena_init(&arena, CAP);
    at = gh_arena_array(&arena, 1000, sizeof(*at));
    if (!check(at != NULL))
        return;
    for (size_t i = 0; i < 1000; i++) {
        check_number(0, at[i]);
        at[i] = UINT64_MAX;
    }
}

static void
array_grows_with_what_it_has(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    uint64_t *at = NULL;
    size_t cap = 0;

    gh_arena_init(&arena, CAP);
    for (size_t i = 0; i < 100; i++) {
        uint64_t *grown = gh_arena_grow(&arena, at, i, &cap, sizeof(*at));

        if (!check(grown != NULL && i < cap))
            return;
        check(grown == at || i == 0 || i == 16 || i == 32 || i == 64);
        at = grown;
        at[i] = i;
    }
    for (size_t i = 0; i < 100; i++)
        check_number(i, at[i]);
    check_number(128, cap);
    arena.cap = arena.held;
    check(gh_arena_grow(&arena, at, 128, &cap, 4096) == NULL);
    check_number(128, cap);
}

static void
copy_ends_in_a_nul_that_is_not_counted(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text out;

    gh_arena_init(&arena, CAP);
    check_status(GH_OK, gh_arena_copy(&arena, GH_TEXT("a\0b"), &out));
    check_text(GH_TEXT("a\0b"), out);
    check_number(0, out.at[3]);
    check_status(GH_OK, gh_arena_copy(&arena, (struct gh_text){0}, &out));
    check_number(0, out.len);
    check(out.at != NULL && out.at[0] == '\0');
}

static void
reset_wipes_what_was_used(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text secret;

    gh_arena_init(&arena, CAP);
    check_status(GH_OK,
                 gh_arena_copy(&arena, GH_TEXT("correct-horse"), &secret));
    gh_arena_reset(&arena);
    /* The first block is kept, so its bytes may still be looked at. */
    for (size_t i = 0; i < secret.len; i++)
        check_number(0, secret.at[i]);
}

static void
reset_keeps_the_first_block_only(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    void *first;
    size_t held;

    gh_arena_init(&arena, CAP);
    first = gh_arena_new(&arena, 10);
    held = arena.held;
    for (int i = 0; i < 100; i++)
        check(gh_arena_new(&arena, 1000) != NULL);
    check(arena.held > held);
    gh_arena_reset(&arena);
    check_number(held, arena.held);
    check(gh_arena_new(&arena, 10) == first);
}

static void
first_block_of_unusual_size_is_not_kept(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;

    gh_arena_init(&arena, CAP);
    check(gh_arena_new(&arena, CAP / 2) != NULL);
    gh_arena_reset(&arena);
    check_number(0, arena.held);
    check(gh_arena_new(&arena, CAP / 2) != NULL);
}

extern const struct check_case arena_cases[];

const struct check_case arena_cases[] = {
    CHECK_CASE(new_arena_holds_nothing),
    CHECK_CASE(memory_is_zeroed_and_aligned),
    CHECK_CASE(pieces_do_not_overlap),
    CHECK_CASE(ceiling_is_never_passed),
    CHECK_CASE(piece_over_the_ceiling_is_refused_and_the_rest_stays_usable),
    CHECK_CASE(sizes_that_overflow_are_refused),
    CHECK_CASE(array_has_room_for_all_elements),
    CHECK_CASE(array_grows_with_what_it_has),
    CHECK_CASE(copy_ends_in_a_nul_that_is_not_counted),
    CHECK_CASE(reset_wipes_what_was_used),
    CHECK_CASE(reset_keeps_the_first_block_only),
    CHECK_CASE(first_block_of_unusual_size_is_not_kept),
    {NULL, NULL},
};
