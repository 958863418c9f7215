/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of segments. All steps of all nodes stand in one hash table, so
 * that a step costs the same however many there are. Owns nothing beside the
 * arena's memory. Limits: 2^31 nodes, the arena's ceiling. Called by rules.
 */
#include "core/trie.h"

#include <string.h>

#include "base/banned.h"

enum {
    FIRST_NODES = 64, /* room at first */
    FIRST_SLOTS = 256,
};

/* FNV-1a over the step's parent and bytes. Keys are administrators' words,
 * and what clients send is only looked up, so nobody can make them collide. */
static uint32_t
hash_step(uint32_t node, struct gh_text segment)
{
    uint32_t hash = 2166136261U ^ (node * 2654435761U);

    for (size_t i = 0; i < segment.len; i++) {
        hash ^= (unsigned char)segment.at[i];
        hash *= 16777619U;
    }
    return hash ^ (hash >> 15);
}

/* The slot of a step, or the free one where it belongs. */
static uint32_t *
slot_of(const struct gh_trie *trie, uint32_t node, struct gh_text segment)
{
    uint32_t at = hash_step(node, segment);

    for (;; at++) {
        uint32_t *slot = &trie->slots[at & (trie->n_slots - 1)];
        const struct gh_trie_node *step = &trie->nodes[*slot];

        if (*slot == 0 ||
            (step->parent == node && gh_text_equal(step->segment, segment)))
            return slot;
    }
}

void
gh_trie_init(struct gh_trie *trie, struct gh_arena *arena)
{
    *trie = (struct gh_trie){.arena = arena};
}

/* Room for one node more. */
static enum gh_status
grow_nodes(struct gh_trie *trie)
{
    uint32_t cap = trie->cap_nodes == 0 ? FIRST_NODES : trie->cap_nodes * 2;
    struct gh_trie_node *nodes;

    if (trie->n_nodes < trie->cap_nodes)
        return GH_OK;
    if (cap < trie->cap_nodes)
        return GH_FAULT_MEMORY;
    nodes = gh_arena_array(trie->arena, cap, sizeof(*nodes));
    if (nodes == NULL)
        return GH_FAULT_MEMORY;
    if (trie->n_nodes > 0)
        memcpy(nodes, trie->nodes, trie->n_nodes * sizeof(*nodes));
    else
        trie->n_nodes = 1; /* number 0 is no node */
    trie->nodes = nodes;
    trie->cap_nodes = cap;
    return GH_OK;
}

/* Room for one step more, so that half of the slots stay free. */
static enum gh_status
grow_slots(struct gh_trie *trie)
{
    const uint32_t *old = trie->slots;
    uint32_t n_old = trie->n_slots;

    if (2 * (trie->n_steps + 1) <= n_old)
        return GH_OK;
    trie->n_slots = n_old == 0 ? FIRST_SLOTS : n_old * 2;
    trie->slots =
        gh_arena_array(trie->arena, trie->n_slots, sizeof(*trie->slots));
    if (trie->slots == NULL)
        return GH_FAULT_MEMORY;
    for (uint32_t i = 0; i < n_old; i++) {
        const struct gh_trie_node *node = &trie->nodes[old[i]];

        if (old[i] != 0)
            *slot_of(trie, node->parent, node->segment) = old[i];
    }
    return GH_OK;
}

static enum gh_status
new_node(struct gh_trie *trie, uint32_t parent, struct gh_text segment,
         uint32_t *out)
{
    enum gh_status status = grow_nodes(trie);

    if (status != GH_OK)
        return status;
    trie->nodes[trie->n_nodes] =
        (struct gh_trie_node){.parent = parent, .segment = segment};
    *out = trie->n_nodes++;
    return GH_OK;
}

enum gh_status
gh_trie_root(struct gh_trie *trie, uint32_t *out)
{
    return new_node(trie, 0, (struct gh_text){0}, out);
}

enum gh_status
gh_trie_step(struct gh_trie *trie, uint32_t node, struct gh_text segment,
             uint32_t *out)
{
    uint32_t *slot;
    uint32_t number;
    enum gh_status status = grow_slots(trie);

    if (status != GH_OK)
        return status;
    slot = slot_of(trie, node, segment);
    if (*slot != 0) {
        *out = *slot;
        return GH_OK;
    }
    status = new_node(trie, node, segment, &number);
    if (status != GH_OK)
        return status;
    *slot = number;
    trie->n_steps++;
    *out = number;
    return GH_OK;
}

enum gh_status
gh_trie_any(struct gh_trie *trie, uint32_t node, uint32_t *out)
{
    uint32_t number = trie->nodes[node].any;
    enum gh_status status = GH_OK;

    if (number == 0)
        status = new_node(trie, node, GH_TEXT("*"), &number);
    if (status != GH_OK)
        return status;
    trie->nodes[node].any = number;
    *out = number;
    return GH_OK;
}

uint32_t
gh_trie_find(const struct gh_trie *trie, uint32_t node, struct gh_text segment)
{
    return trie->n_steps == 0 ? 0 : *slot_of(trie, node, segment);
}
