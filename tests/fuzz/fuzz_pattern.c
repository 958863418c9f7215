/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of the patterns of core/rules and of their matching in
 * core/policy. The input is patterns, one a line, and on the last line what
 * is left of a path inside the application. Properties: a pattern is taken
 * when it has the form of the contract, and refused for the right reason when
 * not; the path is permitted when some pattern matches it, compared segment by
 * segment by numbers, and by the oldest of them; where the application is
 * mounted makes no difference.
 */
#include "core/policy.h"

#include <string.h>

#include "core/method.h"
#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_PATH = 4096,   /* bytes of a path */
    MAX_PATTERNS = 16, /* of one input */
    ROLE = 1,          /* everybody's */
};

/* --- the oracle ------------------------------------------------------------
 */

/* How many segments stand behind the first slash. */
static size_t
count_segments(struct gh_text text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == '/' ? 1 : 0;
    return n;
}

/* The i-th segment, from 0. */
static struct gh_text
segment_of(struct gh_text text, size_t i)
{
    size_t begin = 0;
    size_t end;

    for (size_t n = 0; n <= i; begin++)
        n += text.at[begin] == '/' ? 1 : 0;
    for (end = begin; end < text.len && text.at[end] != '/'; end++)
        continue;
    return (struct gh_text){.at = text.at + begin, .len = end - begin};
}

/* What the contract says of a pattern. */
static enum gh_status
form_of(struct gh_text pattern)
{
    size_t n = count_segments(pattern);

    if (pattern.len == 0 || pattern.at[0] != '/')
        return GH_MALFORMED;
    for (size_t i = 0; i < n; i++) {
        struct gh_text one = segment_of(pattern, i);
        bool has_star = one.len > 0 && memchr(one.at, '*', one.len) != NULL;

        if (i == GH_PATTERN_SEGMENTS)
            return GH_LIMIT;
        if (has_star && one.len > (i + 1 == n ? 2 : 1))
            return GH_MALFORMED;
        if (has_star && one.len == 2 && one.at[0] != one.at[1])
            return GH_MALFORMED;
    }
    return GH_OK;
}

/* Whether a pattern of that form matches the rest of a path. */
static bool
matches(struct gh_text pattern, struct gh_text rest)
{
    size_t n = count_segments(pattern);
    size_t n_rest = count_segments(rest);
    bool is_open = gh_text_ends(pattern, GH_TEXT("/**"));

    if (is_open ? n_rest < --n : n_rest != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct gh_text wanted = segment_of(pattern, i);
        struct gh_text one = segment_of(rest, i);
        bool is_any = wanted.len == 1 && wanted.at[0] == '*';

        if (is_any
                ? one.len == 0
                : one.len != wanted.len ||
                      (one.len > 0 && memcmp(one.at, wanted.at, one.len) != 0))
            return false;
    }
    return true;
}

/* --- what is tested --------------------------------------------------------
 */

/* A policy of one application, to which patterns are added. */
static struct gh_rules *
mount(struct gh_text path)
{
    struct gh_rules *rules = gh_rules_new(1);
    const struct gh_application application = {
        .id = 1, .name = GH_TEXT("app"), .path = path};

    gh_assert(rules != NULL);
    gh_assert(gh_rules_add_application(rules, &application) == GH_OK);
    gh_assert(gh_rules_add_role(rules, ROLE, GH_TEXT("anonymous"),
                                GH_ROLE_ANONYMOUS) == GH_OK);
    return rules;
}

/* Adds patterns; the number of the first that matches, from 1, or 0. Each
 * stands in for one that is older than those before it. */
static int64_t
add_patterns(struct gh_rules *rules, struct gh_text patterns,
             struct gh_text rest)
{
    struct gh_text pattern;
    int64_t id = MAX_PATTERNS;
    int64_t oldest = 0;

    while (id > 0 && gh_text_cut(&patterns, '\n', &pattern)) {
        const struct gh_grant grant = {.id = id--,
                                       .application_id = 1,
                                       .role_id = ROLE,
                                       .name = GH_TEXT("rule"),
                                       .pattern = pattern,
                                       .methods = GH_METHODS_ALL,
                                       .until_us = INT64_MAX};
        enum gh_status form = form_of(pattern);

        gh_assert(gh_rules_add_grant(rules, &grant) == form);
        if (form == GH_OK && matches(pattern, rest))
            oldest = grant.id;
    }
    return oldest;
}

/* Decides for a mount and the path below it. */
static void
check_mount(struct gh_text prefix, struct gh_text path, struct gh_text patterns,
            struct gh_text rest)
{
    const struct gh_principal nobody = {0};
    struct gh_rules *rules = mount(prefix);
    int64_t oldest = add_patterns(rules, patterns, rest);
    struct gh_question question = {.path = path, .method = GH_TEXT("GET")};
    struct gh_decision decision;
    size_t place = 0;

    gh_assert(gh_rules_seal(rules) == GH_OK);
    question.application =
        gh_rules_find(rules, GH_TEXT("any.example"), path, &place);
    gh_assert(question.application == gh_rules_application(rules, 0));
    decision = gh_policy_decide(rules, &nobody, &question);
    gh_assert((decision.verdict == GH_PERMIT) == (oldest != 0));
    gh_assert((decision.grant != NULL) == (oldest != 0));
    gh_assert(oldest == 0 || decision.grant->id == oldest);
    gh_rules_release(rules);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char at[MAX_PATH + 4];
    struct gh_text input = fuzz_text(data, size);
    struct gh_text patterns = {0};
    struct gh_text path = {.at = at};
    size_t cut = size;

    while (cut > 0 && input.at[cut - 1] != '\n')
        cut--;
    if (size - cut == 0 || size - cut > MAX_PATH || input.at[cut] != '/')
        return 0;
    if (cut > 0)
        patterns = gh_text_first(input, cut - 1);
    input = gh_text_from(input, cut);
    memcpy(at, "/app", 4);
    memcpy(at + 4, input.at, input.len);
    path.len = input.len + 4;

    check_mount(GH_TEXT("/app"), path, patterns, input);
    check_mount(GH_TEXT("/app/"), path, patterns, input);
    check_mount(GH_TEXT("/"), input, patterns, input);
    if (input.len == 1)
        check_mount(GH_TEXT("/app"), gh_text_first(path, 4), patterns, input);
    return 0;
}
