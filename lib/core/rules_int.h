/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a policy snapshot, for the files that build it, read it and
 * decide on it. Not for anybody else.
 */
#ifndef GH_CORE_RULES_INT_H
#define GH_CORE_RULES_INT_H

#include <stdatomic.h>

#include "core/rules.h"
#include "core/trie.h"

/* A role. */
struct gh_role {
    int64_t id;              /* of its row */
    struct gh_text name;     /* as applications are told */
    enum gh_builtin builtin; /* whether it is held without a grant */
    uint64_t *implies;       /* itself and what it implies; bits by index */
};

/* A snapshot; stands in its own arena. */
struct gh_rules {
    atomic_uint n_refs;                  /* holders */
    struct gh_arena arena;               /* of everything */
    int64_t version;                     /* of the policy */
    struct gh_application *applications; /* by id */
    size_t n_applications;               /* how many */
    size_t cap_applications;             /* room for so many */
    struct gh_role *roles;               /* by id; their index is their bit */
    size_t n_roles;                      /* how many */
    size_t cap_roles;                    /* room for so many */
    size_t n_words;                      /* of a set of roles */
    uint64_t *everybodys;                /* the set of who is not signed in */
    uint64_t *signed_in;                 /* the least set of who is */
    struct gh_grant *grants;             /* number 0 is none */
    size_t n_grants;                     /* with number 0 */
    size_t cap_grants;                   /* room for so many */
    struct gh_conditions conditions;     /* when grants hold */
    struct gh_trie trie; /* of hosts and mounts, and of patterns */
    uint32_t hosts;      /* root: a step is a host, then come its mounts */
};

/* The role of that id; NULL when there is none. */
const struct gh_role *gh_rules_role(const struct gh_rules *rules, int64_t id);

/* Whether the i-th role that an account was given holds in these
 * circumstances. */
bool gh_rules_is_held(const struct gh_rules *rules, const struct gh_held *held,
                      size_t i, const struct gh_circumstances *circumstances);

/* True when the set has the role of that index. */
static inline bool
gh_role_set_has(struct gh_role_set set, uint32_t role)
{
    return set.words != NULL && (set.words[role / 64] >> (role % 64) & 1) != 0;
}

#endif
