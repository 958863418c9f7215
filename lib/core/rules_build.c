/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a policy snapshot. Owns the snapshot's memory: one arena. Refuses
 * what is out of order, unknown, malformed or over the ceilings of rules.h: a
 * policy that cannot be read whole is not used at all. Called by rules_read
 * and by the gateway, for applications of its configuration.
 */
#include "core/rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules_int.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 256 * 1024 * 1024, /* of one snapshot */
};

struct gh_rules *
gh_rules_new(int64_t version)
{
    struct gh_rules *rules;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    rules = gh_arena_new(&arena, sizeof(*rules));
    if (rules == NULL)
        return NULL;
    atomic_init(&rules->n_refs, 1);
    rules->version = version;
    rules->arena = arena;
    gh_trie_init(&rules->trie, &rules->arena);
    gh_conditions_init(&rules->conditions, &rules->arena);
    if (gh_trie_root(&rules->trie, &rules->hosts) != GH_OK) {
        gh_rules_release(rules);
        return NULL;
    }
    return rules;
}

void
gh_rules_hold(struct gh_rules *rules)
{
    atomic_fetch_add_explicit(&rules->n_refs, 1, memory_order_relaxed);
}

void
gh_rules_release(struct gh_rules *rules)
{
    struct gh_arena arena;

    if (rules == NULL ||
        atomic_fetch_sub_explicit(&rules->n_refs, 1, memory_order_acq_rel) > 1)
        return;
    /* It lives in its own arena. */
    arena = rules->arena;
    gh_arena_done(&arena);
}

/* --- applications ----------------------------------------------------------
 */

/* The node of a mount: the host, then the prefix by segments. */
static enum gh_status
step_to_mount(struct gh_rules *rules, const struct gh_application *one,
              uint32_t *out)
{
    struct gh_text rest = gh_text_from(one->path, 1);
    struct gh_text segment;
    uint32_t node;
    enum gh_status status =
        gh_trie_step(&rules->trie, rules->hosts, one->host, &node);

    if (gh_text_ends(rest, GH_TEXT("/")))
        rest.len--;
    while (status == GH_OK && rest.len > 0 && gh_text_cut(&rest, '/', &segment))
        status = gh_trie_step(&rules->trie, node, segment, &node);
    if (status == GH_OK)
        *out = node;
    return status;
}

/* Puts the application that was added last where its path says. "/app" ends
 * at a node, "/app/" covers what is below it. */
static enum gh_status
mount(struct gh_rules *rules, const struct gh_application *one)
{
    uint32_t node;
    uint32_t *place;
    enum gh_status status = step_to_mount(rules, one, &node);

    if (status != GH_OK)
        return status;
    place = gh_text_ends(one->path, GH_TEXT("/"))
                ? &rules->trie.nodes[node].below
                : &rules->trie.nodes[node].here;
    if (*place != 0)
        return GH_CONFLICT;
    *place = (uint32_t)rules->n_applications;
    return GH_OK;
}

static enum gh_status
copy_texts(struct gh_rules *rules, struct gh_application *one)
{
    struct gh_text *texts[] = {&one->name, &one->host, &one->path,
                               &one->backends, &one->entries};
    enum gh_status status = GH_OK;

    for (size_t i = 0; i < GH_COUNT(texts) && status == GH_OK; i++)
        status = gh_arena_copy(&rules->arena, *texts[i], texts[i]);
    return status;
}

enum gh_status
gh_rules_add_application(struct gh_rules *rules,
                         const struct gh_application *application)
{
    struct gh_application *all;
    struct gh_application *one;
    enum gh_status status;

    if (rules->n_applications == GH_RULES_APPLICATIONS)
        return GH_LIMIT;
    if (!gh_text_starts(application->path, GH_TEXT("/")) ||
        (rules->n_applications > 0 &&
         application->id <= rules->applications[rules->n_applications - 1].id))
        return GH_MALFORMED;
    all =
        gh_arena_grow(&rules->arena, rules->applications, rules->n_applications,
                      &rules->cap_applications, sizeof(*all));
    if (all == NULL)
        return GH_FAULT_MEMORY;
    rules->applications = all;
    one = &all[rules->n_applications];
    *one = *application;
    status = copy_texts(rules, one);
    if (status == GH_OK)
        status = gh_trie_root(&rules->trie, &one->patterns);
    if (status != GH_OK)
        return status;
    rules->n_applications++;
    return mount(rules, one);
}

static int
compare_application(const void *key, const void *element)
{
    const struct gh_application *one = element;
    int64_t id = *(const int64_t *)key;

    return (id > one->id) - (id < one->id);
}

static const struct gh_application *
application_of(const struct gh_rules *rules, int64_t id)
{
    if (rules->n_applications == 0)
        return NULL;
    return bsearch(&id, rules->applications, rules->n_applications,
                   sizeof(*rules->applications), compare_application);
}

/* --- roles -----------------------------------------------------------------
 */

enum gh_status
gh_rules_add_role(struct gh_rules *rules, int64_t id, struct gh_text name,
                  enum gh_builtin builtin)
{
    struct gh_role *all;
    struct gh_role *one;

    if (rules->n_roles == GH_RULES_ROLES)
        return GH_LIMIT;
    if (rules->n_words > 0 ||
        (rules->n_roles > 0 && id <= rules->roles[rules->n_roles - 1].id))
        return GH_MALFORMED;
    all = gh_arena_grow(&rules->arena, rules->roles, rules->n_roles,
                        &rules->cap_roles, sizeof(*all));
    if (all == NULL)
        return GH_FAULT_MEMORY;
    rules->roles = all;
    one = &all[rules->n_roles++];
    *one = (struct gh_role){.id = id, .builtin = builtin};
    return gh_arena_copy(&rules->arena, name, &one->name);
}

/* Once all roles are known: each implies itself. */
static enum gh_status
make_sets(struct gh_rules *rules)
{
    if (rules->n_words > 0)
        return GH_OK;
    rules->n_words = rules->n_roles / 64 + 1;
    for (size_t i = 0; i < rules->n_roles; i++) {
        uint64_t *words =
            gh_arena_array(&rules->arena, rules->n_words, sizeof(*words));

        if (words == NULL)
            return GH_FAULT_MEMORY;
        words[i / 64] |= UINT64_C(1) << (i % 64);
        rules->roles[i].implies = words;
    }
    return GH_OK;
}

enum gh_status
gh_rules_add_implied(struct gh_rules *rules, int64_t role_id,
                     int64_t implied_id)
{
    const struct gh_role *role = gh_rules_role(rules, role_id);
    const struct gh_role *implied = gh_rules_role(rules, implied_id);
    enum gh_status status = make_sets(rules);
    size_t i;

    if (status != GH_OK)
        return status;
    if (role == NULL || implied == NULL)
        return GH_MALFORMED;
    i = (size_t)(implied - rules->roles);
    role->implies[i / 64] |= UINT64_C(1) << (i % 64);
    return GH_OK;
}

struct gh_conditions *
gh_rules_conditions(struct gh_rules *rules)
{
    return &rules->conditions;
}

/* --- grants ----------------------------------------------------------------
 */

/* The node of a pattern, and whether it ends in "**". */
static enum gh_status
step_to_pattern(struct gh_rules *rules, uint32_t root, struct gh_text pattern,
                uint32_t *out, bool *is_below)
{
    struct gh_text rest = gh_text_from(pattern, 1);
    struct gh_text segment;
    uint32_t node = root;
    enum gh_status status = GH_OK;
    size_t n = 0;

    *is_below = false;
    if (!gh_text_starts(pattern, GH_TEXT("/")))
        return GH_MALFORMED;
    do {
        bool is_last = gh_text_find(rest, '/') == rest.len;

        segment = gh_text_first(rest, gh_text_find(rest, '/'));
        rest = gh_text_from(rest, segment.len + 1);
        if (++n > GH_PATTERN_SEGMENTS)
            return GH_LIMIT;
        *is_below = gh_text_equal(segment, GH_TEXT("**"));
        if (*is_below)
            status = is_last ? GH_OK : GH_MALFORMED;
        else if (gh_text_equal(segment, GH_TEXT("*")))
            status = gh_trie_any(&rules->trie, node, &node);
        else if (gh_text_find(segment, '*') < segment.len)
            status = GH_MALFORMED;
        else
            status = gh_trie_step(&rules->trie, node, segment, &node);
        if (is_last)
            break;
    } while (status == GH_OK);
    if (status == GH_OK)
        *out = node;
    return status;
}

/* "application/permission", as the log and the trail name the rule. */
static enum gh_status
write_name(struct gh_rules *rules, const struct gh_application *application,
           struct gh_grant *grant)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(
        &rules->arena, application->name.len + grant->name.len + 1, &buf);

    if (status != GH_OK)
        return status;
    gh_buf_checked(&buf, application->name);
    gh_buf_lit(&buf, "/");
    gh_buf_checked(&buf, grant->name);
    grant->name = gh_buf_text(&buf);
    return buf.is_failed ? GH_FAULT_BUG : GH_OK;
}

/* Room for a grant; the first one is number 1. */
static enum gh_status
grow_grants(struct gh_rules *rules)
{
    struct gh_grant *all;

    if (rules->n_grants > GH_RULES_GRANTS)
        return GH_LIMIT;
    all = gh_arena_grow(&rules->arena, rules->grants, rules->n_grants,
                        &rules->cap_grants, sizeof(*all));
    if (all == NULL)
        return GH_FAULT_MEMORY;
    rules->grants = all;
    if (rules->n_grants == 0)
        rules->n_grants = 1;
    return GH_OK;
}

enum gh_status
gh_rules_add_grant(struct gh_rules *rules, const struct gh_grant *grant)
{
    const struct gh_application *application =
        application_of(rules, grant->application_id);
    const struct gh_role *role = gh_rules_role(rules, grant->role_id);
    struct gh_grant one = *grant;
    bool is_below;
    uint32_t node;
    uint32_t *head;
    enum gh_status status = grow_grants(rules);

    if (status != GH_OK)
        return status;
    one.condition = gh_conditions_find(&rules->conditions, grant->condition_id);
    if (application == NULL || role == NULL ||
        (grant->condition_id != 0 && one.condition == 0))
        return GH_MALFORMED;
    status = gh_arena_copy(&rules->arena, grant->pattern, &one.pattern);
    if (status == GH_OK)
        status = step_to_pattern(rules, application->patterns, one.pattern,
                                 &node, &is_below);
    if (status == GH_OK)
        status = write_name(rules, application, &one);
    if (status != GH_OK)
        return status;
    head = is_below ? &rules->trie.nodes[node].below
                    : &rules->trie.nodes[node].here;
    one.role = (uint32_t)(role - rules->roles);
    one.next = *head;
    *head = (uint32_t)rules->n_grants;
    rules->grants[rules->n_grants++] = one;
    return GH_OK;
}

enum gh_status
gh_rules_ignore(struct gh_rules *rules, int64_t application_id,
                struct gh_text pattern)
{
    const struct gh_application *application =
        application_of(rules, application_id);
    struct gh_trie_node *at;
    bool is_below;
    uint32_t node;
    enum gh_status status;

    if (application == NULL)
        return GH_MALFORMED;
    status = gh_arena_copy(&rules->arena, pattern, &pattern);
    if (status == GH_OK)
        status = step_to_pattern(rules, application->patterns, pattern, &node,
                                 &is_below);
    if (status != GH_OK)
        return status;
    at = &rules->trie.nodes[node];
    if (is_below)
        at->has_mark_below = true;
    else
        at->has_mark = true;
    return GH_OK;
}

/* --- sealing ---------------------------------------------------------------
 */

static void
add_set(uint64_t *to, const uint64_t *from, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        to[i] |= from[i];
}

/* The conditions of the zones, which came after the applications. */
static enum gh_status
find_conditions(struct gh_rules *rules)
{
    for (size_t i = 0; i < rules->n_applications; i++) {
        struct gh_application *one = &rules->applications[i];

        one->condition =
            gh_conditions_find(&rules->conditions, one->condition_id);
        if (one->condition_id != 0 && one->condition == 0)
            return GH_MALFORMED;
    }
    return GH_OK;
}

enum gh_status
gh_rules_seal(struct gh_rules *rules)
{
    enum gh_status status = make_sets(rules);

    if (status == GH_OK)
        status = gh_conditions_seal(&rules->conditions);
    if (status == GH_OK)
        status = find_conditions(rules);
    if (status != GH_OK)
        return status;
    rules->everybodys = gh_arena_array(&rules->arena, rules->n_words,
                                       sizeof(*rules->everybodys));
    rules->signed_in = gh_arena_array(&rules->arena, rules->n_words,
                                      sizeof(*rules->signed_in));
    if (rules->everybodys == NULL || rules->signed_in == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < rules->n_roles; i++) {
        const struct gh_role *role = &rules->roles[i];

        if (role->builtin == GH_ROLE_GRANTED)
            continue;
        add_set(rules->signed_in, role->implies, rules->n_words);
        if (role->builtin == GH_ROLE_ANONYMOUS)
            add_set(rules->everybodys, role->implies, rules->n_words);
    }
    return GH_OK;
}
