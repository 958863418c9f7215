/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/trie: steps are found where they were made and nowhere
 * else, also when there are many, and memory that ends is a fault.
 */
#include "core/trie.h"

#include <stdio.h>

#include "check.h"

#include "base/banned.h"

extern const struct check_case trie_cases[];

enum {
    MANY = 5000, /* steps of the large trie */
    SMALL = 900, /* bytes in which no trie fits */
};

static uint32_t
step(struct gh_trie *trie, uint32_t node, const char *segment_z)
{
    struct gh_text segment = {0};
    uint32_t out = 0;

    check_status(GH_OK,
                 gh_arena_copy(trie->arena, gh_text_of_z(segment_z), &segment));
    check_status(GH_OK, gh_trie_step(trie, node, segment, &out));
    return out;
}

static void
step_is_found_below_its_node_only(void)
{
    struct gh_arena arena;
    struct gh_trie trie;
    uint32_t one = 0;
    uint32_t two = 0;
    uint32_t a;

    gh_arena_init(&arena, 1 << 20);
    gh_trie_init(&trie, &arena);
    check_number(0, gh_trie_find(&trie, 1, GH_TEXT("a")));
    check_status(GH_OK, gh_trie_root(&trie, &one));
    check_status(GH_OK, gh_trie_root(&trie, &two));
    a = step(&trie, one, "a");
    check(a != 0 && a != one && a != two);
    check_number(a, step(&trie, one, "a"));
    check_number(a, gh_trie_find(&trie, one, GH_TEXT("a")));
    check_number(0, gh_trie_find(&trie, two, GH_TEXT("a")));
    check_number(0, gh_trie_find(&trie, a, GH_TEXT("a")));
    check_number(0, gh_trie_find(&trie, one, GH_TEXT("")));
    check(step(&trie, one, "") != a);
    gh_arena_done(&arena);
}

static void
star_is_no_segment_of_that_name(void)
{
    struct gh_arena arena;
    struct gh_trie trie;
    uint32_t root = 0;
    uint32_t any = 0;
    uint32_t again = 0;

    gh_arena_init(&arena, 1 << 20);
    gh_trie_init(&trie, &arena);
    check_status(GH_OK, gh_trie_root(&trie, &root));
    check_status(GH_OK, gh_trie_any(&trie, root, &any));
    check_status(GH_OK, gh_trie_any(&trie, root, &again));
    check_number(any, again);
    check_number(any, trie.nodes[root].any);
    check_number(0, gh_trie_find(&trie, root, GH_TEXT("*")));
    gh_arena_done(&arena);
}

static void
many_steps_are_all_found(void)
{
    static uint32_t made[MANY];
    struct gh_arena arena;
    struct gh_trie trie;
    uint32_t root = 0;
    char name[16];
    size_t n_found = 0;

    gh_arena_init(&arena, 16 << 20);
    gh_trie_init(&trie, &arena);
    check_status(GH_OK, gh_trie_root(&trie, &root));
    for (size_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "s%zu", i / 2);
        made[i] = step(&trie, i % 2 == 0 ? root : made[0], name);
    }
    for (size_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "s%zu", i / 2);
        n_found += gh_trie_find(&trie, i % 2 == 0 ? root : made[0],
                                gh_text_of_z(name)) == made[i];
    }
    check_number(MANY, n_found);
    check_number(0, gh_trie_find(&trie, root, GH_TEXT("s9999")));
    gh_arena_done(&arena);
}

static void
without_memory_it_is_a_fault(void)
{
    struct gh_arena arena;
    struct gh_trie trie;
    uint32_t root = 0;

    gh_arena_init(&arena, SMALL);
    gh_trie_init(&trie, &arena);
    check_status(GH_FAULT_MEMORY, gh_trie_root(&trie, &root));
    gh_arena_done(&arena);
}

const struct check_case trie_cases[] = {
    CHECK_CASE(step_is_found_below_its_node_only),
    CHECK_CASE(star_is_no_segment_of_that_name),
    CHECK_CASE(many_steps_are_all_found),
    CHECK_CASE(without_memory_it_is_a_fault),
    {0},
};
