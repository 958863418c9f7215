/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a policy snapshot: what is mounted where, and who has which roles.
 * Owns nothing; never changes the snapshot. Called by policy and the gateway.
 */
#include "core/rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules_int.h"

#include "base/banned.h"

int64_t
gh_rules_version(const struct gh_rules *rules)
{
    return rules->version;
}

size_t
gh_rules_n_applications(const struct gh_rules *rules)
{
    return rules->n_applications;
}

const struct gh_application *
gh_rules_application(const struct gh_rules *rules, size_t i)
{
    return &rules->applications[i];
}

/* Walks from the root of one host down the path as far as mounts go; the
 * number of the deepest one, or 0. */
static uint32_t
deepest_mount(const struct gh_rules *rules, struct gh_text host,
              struct gh_text path)
{
    uint32_t node = gh_trie_find(&rules->trie, rules->hosts, host);
    struct gh_text rest = gh_text_from(path, 1);
    struct gh_text segment;
    uint32_t best = 0;

    while (node != 0) {
        const struct gh_trie_node *here = &rules->trie.nodes[node];

        /* "/app/" covers what has a "/" behind "app"; the root always has. */
        if (here->below != 0)
            best = here->below;
        if (!gh_text_cut(&rest, '/', &segment))
            break;
        node = gh_trie_find(&rules->trie, node, segment);
        if (node != 0 && rules->trie.nodes[node].here != 0)
            best = rules->trie.nodes[node].here;
        if (rest.at == NULL)
            break;
    }
    return best;
}

const struct gh_application *
gh_rules_find(const struct gh_rules *rules, struct gh_text host,
              struct gh_text path, size_t *place)
{
    const struct gh_application *all = rules->applications;
    uint32_t named;
    uint32_t any;

    if (!gh_text_starts(path, GH_TEXT("/")))
        return NULL;
    named = deepest_mount(rules, host, path);
    any = deepest_mount(rules, (struct gh_text){0}, path);
    if (named == 0 && any == 0)
        return NULL;
    if (named == 0 ||
        (any != 0 && all[any - 1].path.len > all[named - 1].path.len))
        named = any;
    *place = named - 1;
    return &all[named - 1];
}

bool
gh_rules_asks_location(const struct gh_rules *rules)
{
    return rules->conditions.asks_location;
}

static int
compare_role(const void *key, const void *element)
{
    const struct gh_role *role = element;
    int64_t id = *(const int64_t *)key;

    return (id > role->id) - (id < role->id);
}

const struct gh_role *
gh_rules_role(const struct gh_rules *rules, int64_t id)
{
    if (rules->n_roles == 0)
        return NULL;
    return bsearch(&id, rules->roles, rules->n_roles, sizeof(*rules->roles),
                   compare_role);
}

bool
gh_rules_is_held(const struct gh_rules *rules, const struct gh_held *held,
                 size_t i, const struct gh_circumstances *circumstances)
{
    int64_t id = held->condition_ids == NULL ? 0 : held->condition_ids[i];
    uint32_t number = gh_conditions_find(&rules->conditions, id);

    if (id != 0 && number == 0)
        return false;
    return gh_condition_holds(&rules->conditions, number, circumstances) ==
           GH_HOLDS_YES;
}

/* Puts the role of that index into a set. */
static void
add_role(uint64_t *words, uint32_t role)
{
    words[role / 64] |= UINT64_C(1) << (role % 64);
}

enum gh_status
gh_rules_roles(struct gh_arena *arena, const struct gh_rules *rules,
               bool is_signed_in, const struct gh_held *held,
               const struct gh_circumstances *circumstances,
               struct gh_role_set *out)
{
    uint64_t *words;

    if (held->n == 0) {
        out->words = is_signed_in ? rules->signed_in : rules->everybodys;
        return GH_OK;
    }
    words = gh_arena_array(arena, rules->n_words, sizeof(*words));
    if (words == NULL)
        return GH_FAULT_MEMORY;
    memcpy(words, is_signed_in ? rules->signed_in : rules->everybodys,
           rules->n_words * sizeof(*words));
    for (size_t i = 0; i < held->n; i++) {
        const struct gh_role *role = gh_rules_role(rules, held->role_ids[i]);

        if (role == NULL || !gh_rules_is_held(rules, held, i, circumstances))
            continue;
        if (held->is_outgrown)
            add_role(words, (uint32_t)(role - rules->roles));
        for (size_t k = 0; !held->is_outgrown && k < rules->n_words; k++)
            words[k] |= role->implies[k];
    }
    out->words = words;
    return GH_OK;
}

/* True for a role of the set that applications are told of. */
static bool
is_told(const struct gh_rules *rules, struct gh_role_set set, uint32_t i)
{
    return rules->roles[i].builtin == GH_ROLE_GRANTED &&
           gh_role_set_has(set, i);
}

enum gh_status
gh_rules_names(struct gh_arena *arena, const struct gh_rules *rules,
               struct gh_role_set set, struct gh_text *out)
{
    struct gh_buf buf;
    size_t size = 0;
    enum gh_status status;

    for (uint32_t i = 0; i < rules->n_roles; i++)
        size += is_told(rules, set, i) ? rules->roles[i].name.len + 1 : 0;
    status = gh_buf_in(arena, size, &buf);
    if (status != GH_OK)
        return status;
    for (uint32_t i = 0; i < rules->n_roles; i++) {
        if (!is_told(rules, set, i))
            continue;
        if (buf.len > 0)
            gh_buf_lit(&buf, ",");
        /* The database keeps role names to [a-z0-9._@+-]. */
        gh_buf_checked(&buf, rules->roles[i].name);
    }
    *out = gh_buf_text(&buf);
    return GH_OK;
}

struct gh_text
gh_rules_role_name(const struct gh_rules *rules, const struct gh_grant *grant)
{
    return rules->roles[grant->role].name;
}
