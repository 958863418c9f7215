/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision: walks the patterns of one application down the path and looks
 * for rules of the roles that the principal has. Rules only permit; what none
 * permits is denied. Owns nothing; cannot fail. Called by decide, once a
 * request.
 */
#include "core/policy.h"

#include "core/method.h"
#include "core/rules_int.h"

#include "base/banned.h"

/* One walk. */
struct search {
    const struct gh_rules *rules; /* the snapshot */
    struct gh_role_set roles;     /* of the principal */
    uint64_t method;              /* asked for */
    int64_t now_us;               /* when */
    const struct gh_grant *found; /* the oldest rule that permits */
    bool is_possible;             /* some role would do */
    bool is_ignored;              /* some pattern says: no activity */
};

/* Looks at the rules of one node. */
static void
look_at(struct search *search, uint32_t first)
{
    for (uint32_t i = first; i != 0; i = search->rules->grants[i].next) {
        const struct gh_grant *grant = &search->rules->grants[i];

        if ((grant->methods & search->method) == 0 ||
            search->now_us < grant->from_us ||
            search->now_us >= grant->until_us)
            continue;
        search->is_possible = true;
        if (gh_role_set_has(search->roles, grant->role) &&
            (search->found == NULL || grant->id < search->found->id))
            search->found = grant;
    }
}

/* Goes down from a node; rest is what is left of the path, with at NULL when
 * nothing is. Comes to each node at most once, and no deeper than patterns
 * are long. */
static void
descend(struct search *search, uint32_t number, struct gh_text rest)
{
    const struct gh_trie *trie = &search->rules->trie;
    const struct gh_trie_node *node = &trie->nodes[number];
    struct gh_text segment;
    uint32_t next;

    look_at(search, node->below);
    search->is_ignored |= node->has_mark_below;
    if (!gh_text_cut(&rest, '/', &segment)) {
        look_at(search, node->here);
        search->is_ignored |= node->has_mark;
        return;
    }
    next = gh_trie_find(trie, number, segment);
    if (next != 0)
        descend(search, next, rest);
    if (node->any != 0 && segment.len > 0)
        descend(search, node->any, rest);
}

/* What becomes of a request that no rule permits. */
static void
refuse(const struct gh_principal *principal, bool is_possible,
       struct gh_decision *out)
{
    out->reason = is_possible ? GH_REASON_NO_ROLE : GH_REASON_NO_RULE;
    switch (principal->kind) {
    case GH_PRINCIPAL_NOBODY:
        /* Whose rights changed signs in again, and is told why. */
        if (!is_possible && principal->nobody != GH_NOBODY_RIGHTS)
            break;
        out->verdict = GH_SIGN_IN;
        out->reason = GH_REASON_NOBODY;
        break;
    case GH_PRINCIPAL_ACCOUNT:
        break;
    case GH_PRINCIPAL_UNKNOWN:
        out->verdict = GH_UNSURE;
        out->reason = GH_REASON_UNKNOWN;
        break;
    }
}

struct gh_decision
gh_policy_decide(const struct gh_rules *rules,
                 const struct gh_principal *principal,
                 const struct gh_question *question)
{
    const struct gh_application *application = question->application;
    struct gh_decision decision = {.application = application};
    struct search search = {.rules = rules,
                            .roles = principal->roles,
                            .method = gh_method_bit(question->method),
                            .now_us = question->now_us};
    struct gh_text rest =
        gh_application_rest(application->path, question->path);

    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        search.roles.words = rules->everybodys;
    /* Behind the first "/" there always is a segment, if an empty one. */
    rest = (struct gh_text){.at = rest.at + 1, .len = rest.len - 1};
    descend(&search, application->patterns, rest);
    decision.is_activity = !search.is_ignored;
    if (search.found != NULL) {
        decision.verdict = GH_PERMIT;
        decision.reason = GH_REASON_RULE;
        decision.grant = search.found;
    } else {
        refuse(principal, search.is_possible, &decision);
    }
    return decision;
}

bool
gh_policy_reaches(const struct gh_rules *rules, struct gh_role_set roles,
                  const struct gh_application *application, int64_t now_us)
{
    /* Number 0 is none. */
    for (size_t i = 1; i < rules->n_grants; i++) {
        const struct gh_grant *grant = &rules->grants[i];

        if (grant->application_id == application->id &&
            now_us >= grant->from_us && now_us < grant->until_us &&
            gh_role_set_has(roles, grant->role))
            return true;
    }
    return false;
}

struct gh_text
gh_reason_word(enum gh_reason reason)
{
    switch (reason) {
    case GH_REASON_NO_RULE:
        return GH_TEXT("no rule");
    case GH_REASON_NO_ROLE:
        return GH_TEXT("no role");
    case GH_REASON_NOT_MOUNTED:
        return GH_TEXT("not mounted");
    case GH_REASON_AMBIGUOUS:
        return GH_TEXT("ambiguous path");
    case GH_REASON_RULE:
        return GH_TEXT("rule");
    case GH_REASON_OWN_PAGE:
        return GH_TEXT("own page");
    case GH_REASON_NOBODY:
        return GH_TEXT("sign in");
    case GH_REASON_UNKNOWN:
        return GH_TEXT("unknown");
    }
    return GH_TEXT("unknown");
}
