/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths by segments, as a tree: a step down is one segment of text, or "*",
 * which is any segment that is not empty. What stands at a node is the
 * caller's: a number and a mark for what ends there, and the same for what
 * covers everything below it. Built once, then only read. Pure; lives in the
 * caller's arena. Called by rules.
 */
#ifndef GH_CORE_TRIE_H
#define GH_CORE_TRIE_H

#include "base/arena.h"

/* One node. A plain value. */
struct gh_trie_node {
    uint32_t parent;        /* the node above; 0 for a root */
    uint32_t any;           /* the step "*"; 0: none */
    uint32_t here;          /* the caller's: what ends here; 0: nothing */
    uint32_t below;         /* the caller's: what covers this and all below */
    bool has_mark;          /* the caller's: on what ends here */
    bool has_mark_below;    /* the caller's: on this and all below */
    struct gh_text segment; /* the step that leads here */
};

/* The tree, or several. Embedded in its owner. */
struct gh_trie {
    struct gh_arena *arena;     /* everything below lives here */
    struct gh_trie_node *nodes; /* by number; 0 is none */
    uint32_t n_nodes;           /* numbers given, with 0 */
    uint32_t cap_nodes;         /* room for nodes */
    uint32_t *slots;            /* steps by hash: numbers of nodes */
    uint32_t n_slots;           /* a power of two, at least twice the steps */
    uint32_t n_steps;           /* in slots */
};

/* An empty trie whose memory is arena's. */
void gh_trie_init(struct gh_trie *trie, struct gh_arena *arena);

/* A new root. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_trie_root(struct gh_trie *trie, uint32_t *out);

/* The node one step down, made when it is new; segment lives as long as the
 * trie. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_trie_step(struct gh_trie *trie, uint32_t node,
                                          struct gh_text segment,
                                          uint32_t *out);

/* The same for "*". GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_trie_any(struct gh_trie *trie, uint32_t node,
                                         uint32_t *out);

/* The node one step down, or 0. */
uint32_t gh_trie_find(const struct gh_trie *trie, uint32_t node,
                      struct gh_text segment);

#endif
