/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision: walks the patterns of one application down the path and looks
 * for rules of the roles that the principal has, whose conditions hold. Rules
 * only permit; what none permits is denied. Owns nothing; cannot fail. Called
 * by decide, once a request.
 */
#include "core/policy.h"

#include <stdlib.h>

#include "core/method.h"
#include "core/rules_int.h"

#include "base/banned.h"

/* One walk. */
struct search {
    const struct gh_rules *rules;             /* the snapshot */
    const struct gh_application *application; /* where */
    struct gh_role_set roles;                 /* of the principal */
    const struct gh_held *held; /* by which it has them; NULL: by no token */
    uint64_t method;            /* asked for */
    bool is_unsure;             /* who asks, so conditions do not count */
    const struct gh_circumstances *circumstances; /* when and from where */
    const struct gh_grant *found;   /* the oldest rule that permits */
    const struct gh_grant *blocked; /* … that would, but for its condition */
    bool is_possible;               /* some role would do, some time */
    bool is_open;                   /* some role would do now */
    bool is_public;                 /* everybody's does, whenever */
    bool is_ignored;                /* some pattern says: no activity */
};

static bool
is_in_time(const struct gh_grant *grant, int64_t now_us)
{
    return now_us >= grant->from_us && now_us < grant->until_us;
}

static void
keep_oldest(const struct gh_grant **kept, const struct gh_grant *grant)
{
    if (*kept == NULL || grant->id < (*kept)->id)
        *kept = grant;
}

/* What stands in the way of a rule: its own condition, or that of the zone it
 * is in; *condition is the number of the one to tell of. */
static enum gh_holds
rule_holds(const struct gh_rules *rules,
           const struct gh_application *application,
           const struct gh_grant *grant,
           const struct gh_circumstances *circumstances, uint32_t *condition)
{
    enum gh_holds own =
        gh_condition_holds(&rules->conditions, grant->condition, circumstances);
    enum gh_holds zones = gh_condition_holds(
        &rules->conditions, application->condition, circumstances);
    bool is_own =
        grant->condition != 0 && (own != GH_HOLDS_YES || zones == GH_HOLDS_YES);

    *condition = is_own ? grant->condition : application->condition;
    return own < zones ? own : zones;
}

static int
compare_id(const void *key, const void *element)
{
    int64_t id = *(const int64_t *)key;
    int64_t other = *(const int64_t *)element;

    return (id > other) - (id < other);
}

/* Whether the token is older than the rule. */
static bool
is_withheld(const struct gh_held *held, const struct gh_grant *grant)
{
    return held != NULL && held->n_withheld > 0 &&
           bsearch(&grant->id, held->withheld_ids, held->n_withheld,
                   sizeof(grant->id), compare_id) != NULL;
}

/* A rule about this path, method and time: whose is it, and when? */
static void
look_closer(struct search *search, const struct gh_grant *grant)
{
    uint32_t condition;
    enum gh_holds holds = rule_holds(search->rules, search->application, grant,
                                     search->circumstances, &condition);

    search->is_possible = true;
    search->is_open = search->is_open || holds != GH_HOLDS_NO;
    search->is_public =
        search->is_public ||
        (holds == GH_HOLDS_YES && condition == 0 &&
         gh_role_set_has((struct gh_role_set){search->rules->everybodys},
                         grant->role));
    if (!gh_role_set_has(search->roles, grant->role) ||
        is_withheld(search->held, grant))
        return;
    if (holds == GH_HOLDS_YES && !(search->is_unsure && condition != 0))
        keep_oldest(&search->found, grant);
    else
        keep_oldest(&search->blocked, grant);
}

/* Looks at the rules of one node. */
static void
look_at(struct search *search, uint32_t first)
{
    for (uint32_t i = first; i != 0; i = search->rules->grants[i].next) {
        const struct gh_grant *grant = &search->rules->grants[i];

        if ((grant->methods & search->method) == 0 ||
            !is_in_time(grant, search->circumstances->now_us))
            continue;
        look_closer(search, grant);
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

/* Why nothing permits what somebody asks for who is signed in, or who would
 * gain nothing by it. */
static void
say_why(const struct search *search, struct gh_decision *out)
{
    out->reason = search->is_possible ? GH_REASON_NO_ROLE : GH_REASON_NO_RULE;
    if (search->blocked == NULL)
        return;
    out->reason = GH_REASON_CONDITION;
    out->grant = search->blocked;
    rule_holds(search->rules, search->application, search->blocked,
               search->circumstances, &out->condition);
}

/* Whether a role would do that the account was given under a condition which
 * does not hold now: then that is why. */
static void
look_at_withheld(const struct gh_principal *principal, struct search *search,
                 struct gh_text rest, struct gh_decision *out)
{
    const struct gh_conditions *conditions = &search->rules->conditions;
    const struct gh_held *held = &principal->held;

    for (size_t i = 0; held->condition_ids != NULL && i < held->n; i++) {
        uint32_t number =
            gh_conditions_find(conditions, held->condition_ids[i]);
        const struct gh_role *role =
            gh_rules_role(search->rules, held->role_ids[i]);

        if (number == 0 || role == NULL ||
            gh_condition_holds(conditions, number, search->circumstances) ==
                GH_HOLDS_YES)
            continue;
        search->roles.words = role->implies;
        descend(search, out->application->patterns, rest);
        if (search->found == NULL)
            continue;
        out->reason = GH_REASON_CONDITION;
        out->grant = search->found;
        out->condition = number;
        return;
    }
}

/* The condition of which to tell who is to sign in once more: that of the
 * rule, or else of the first role that has the rule's and that they will have
 * then. */
static uint32_t
find_stale(const struct gh_principal *principal, const struct gh_rules *rules,
           const struct gh_application *application,
           const struct gh_grant *grant, const struct gh_circumstances *now,
           const struct gh_circumstances *anew)
{
    const struct gh_held *held = &principal->held;
    uint32_t condition;

    if (rule_holds(rules, application, grant, now, &condition) != GH_HOLDS_YES)
        return condition;
    for (size_t i = 0; i < held->n; i++) {
        const struct gh_role *role = gh_rules_role(rules, held->role_ids[i]);
        struct gh_role_set set = {role == NULL ? NULL : role->implies};

        if (gh_role_set_has(set, grant->role) &&
            !gh_rules_is_held(rules, held, i, now) &&
            gh_rules_is_held(rules, held, i, anew))
            return gh_conditions_find(&rules->conditions,
                                      held->condition_ids[i]);
    }
    return 0;
}

/* Whether it would be permitted, had they signed in just now: then that is what
 * to do. What they have may be less then, too: a condition can ask that it is
 * long ago. */
static void
look_anew(const struct gh_principal *principal, const struct search *now,
          struct gh_text rest, struct gh_decision *out)
{
    const struct gh_rules *rules = now->rules;
    const struct gh_held *held = &principal->held;
    struct gh_circumstances circumstances = *now->circumstances;
    struct search search = {.rules = rules,
                            .application = now->application,
                            .method = now->method,
                            .roles = {rules->signed_in},
                            .circumstances = &circumstances};

    circumstances.authenticated_us = circumstances.now_us;
    descend(&search, out->application->patterns, rest);
    for (size_t i = 0; i < held->n; i++) {
        const struct gh_role *role = gh_rules_role(rules, held->role_ids[i]);

        if (role == NULL || !gh_rules_is_held(rules, held, i, &circumstances))
            continue;
        search.roles.words = role->implies;
        descend(&search, out->application->patterns, rest);
    }
    if (search.found == NULL)
        return;
    out->verdict = GH_STEP_UP;
    out->reason = GH_REASON_AGE;
    out->grant = search.found;
    out->condition =
        find_stale(principal, rules, now->application, search.found,
                   now->circumstances, &circumstances);
}

/* What becomes of a request that no rule permits. */
static void
refuse(const struct gh_principal *principal, const struct search *search,
       struct gh_decision *out)
{
    say_why(search, out);
    switch (principal->kind) {
    case GH_PRINCIPAL_NOBODY:
        /* Whose rights changed signs in again, and is told why. */
        if (!search->is_open && principal->nobody != GH_NOBODY_RIGHTS)
            break;
        out->grant = NULL;
        out->condition = 0;
        out->verdict = GH_SIGN_IN;
        out->reason = GH_REASON_NOBODY;
        break;
    case GH_PRINCIPAL_ACCOUNT:
        break;
    case GH_PRINCIPAL_UNKNOWN:
        out->grant = NULL;
        out->condition = 0;
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
                            .application = application,
                            .roles = principal->roles,
                            .held = &principal->held,
                            .method = gh_method_bit(question->method),
                            .is_unsure =
                                principal->kind == GH_PRINCIPAL_UNKNOWN,
                            .circumstances = &question->circumstances};
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
        decision.obliging = search.is_public ? NULL : application;
    } else {
        refuse(principal, &search, &decision);
        /* What would do is asked again with a token that is for it all. */
        if (principal->held.is_outgrown)
            return decision;
        if (decision.reason == GH_REASON_NO_ROLE)
            look_at_withheld(principal, &search, rest, &decision);
        if (search.is_possible && rules->conditions.asks_age &&
            principal->kind == GH_PRINCIPAL_ACCOUNT)
            look_anew(principal, &search, rest, &decision);
    }
    return decision;
}

bool
gh_policy_reaches(const struct gh_rules *rules, const struct gh_held *held,
                  struct gh_role_set roles,
                  const struct gh_application *application,
                  const struct gh_circumstances *circumstances)
{
    /* Number 0 is none. */
    for (size_t i = 1; i < rules->n_grants; i++) {
        const struct gh_grant *grant = &rules->grants[i];
        uint32_t condition;

        if (grant->application_id == application->id &&
            is_in_time(grant, circumstances->now_us) &&
            gh_role_set_has(roles, grant->role) && !is_withheld(held, grant) &&
            rule_holds(rules, application, grant, circumstances, &condition) ==
                GH_HOLDS_YES)
            return true;
    }
    return false;
}

struct gh_text
gh_policy_condition(const struct gh_rules *rules,
                    const struct gh_decision *decision)
{
    if (decision->condition == 0)
        return (struct gh_text){0};
    return gh_condition_name(&rules->conditions, decision->condition);
}

struct gh_text
gh_policy_meaning(const struct gh_rules *rules,
                  const struct gh_decision *decision)
{
    if (decision->condition == 0)
        return (struct gh_text){0};
    return gh_condition_meaning(&rules->conditions, decision->condition);
}

struct gh_text
gh_reason_word(enum gh_reason reason)
{
    switch (reason) {
    case GH_REASON_NO_RULE:
        return GH_TEXT("no rule");
    case GH_REASON_NO_ROLE:
        return GH_TEXT("no role");
    case GH_REASON_CONDITION:
        return GH_TEXT("condition");
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
    case GH_REASON_AGE:
        return GH_TEXT("sign in again");
    case GH_REASON_UNKNOWN:
        return GH_TEXT("unknown");
    }
    return GH_TEXT("unknown");
}
