/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies for tests, and the tables of tests/data. Owns nothing.
 */
#include "ruling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/method.h"

#include "base/banned.h"

struct gh_rules *
ruling_new(const char *path_z)
{
    const struct gh_application application = {
        .id = 1, .name = GH_TEXT("app"), .path = gh_text_of_z(path_z)};
    struct gh_rules *rules = gh_rules_new(1);

    check_status(GH_OK, gh_rules_add_application(rules, &application));
    check_status(GH_OK,
                 gh_rules_add_role(rules, RULING_ANONYMOUS,
                                   GH_TEXT("anonymous"), GH_ROLE_ANONYMOUS));
    check_status(GH_OK, gh_rules_add_role(rules, RULING_AUTHENTICATED,
                                          GH_TEXT("authenticated"),
                                          GH_ROLE_AUTHENTICATED));
    check_status(GH_OK, gh_rules_add_role(rules, RULING_USER, GH_TEXT("user"),
                                          GH_ROLE_GRANTED));
    check_status(GH_OK, gh_rules_add_role(rules, RULING_ADMIN, GH_TEXT("admin"),
                                          GH_ROLE_GRANTED));
    return rules;
}

struct gh_grant
ruling_grant(int64_t id, int64_t role_id, const char *pattern_z,
             const char *methods_z)
{
    struct gh_grant grant = {.id = id,
                             .application_id = 1,
                             .role_id = role_id,
                             .name = GH_TEXT("rule"),
                             .pattern = gh_text_of_z(pattern_z),
                             .from_us = INT64_MIN,
                             .until_us = INT64_MAX};

    check_status(GH_OK,
                 gh_methods_parse(gh_text_of_z(methods_z), &grant.methods));
    return grant;
}

void
ruling_add(struct gh_rules *rules, int64_t id, int64_t role_id,
           const char *pattern_z, const char *methods_z)
{
    const struct gh_grant grant =
        ruling_grant(id, role_id, pattern_z, methods_z);

    check_status(GH_OK, gh_rules_add_grant(rules, &grant));
}

struct gh_principal
ruling_principal(const struct gh_rules *rules, struct gh_arena *arena,
                 enum gh_principal_kind kind, int64_t role_id)
{
    const struct gh_held held = {.role_ids = &role_id,
                                 .n = role_id == 0 ? 0 : 1};
    struct gh_principal principal = {.kind = kind};

    check_status(
        GH_OK, gh_rules_roles(arena, rules, kind == GH_PRINCIPAL_ACCOUNT, &held,
                              &(struct gh_circumstances){0}, &principal.roles));
    return principal;
}

void
ruling_add_office(struct gh_rules *rules, int64_t id, int64_t role_id)
{
    const struct gh_condition office = {.id = 1,
                                        .kind = GH_CONDITION_NETWORK,
                                        .name = GH_TEXT("office"),
                                        .meaning = GH_TEXT("in the office"),
                                        .list = GH_TEXT("10.0.0.0/8")};
    struct gh_conditions *conditions = gh_rules_conditions(rules);
    struct gh_grant grant = ruling_grant(id, role_id, "/**", "*");

    if (gh_conditions_find(conditions, office.id) == 0)
        check_status(GH_OK, gh_conditions_add(conditions, &office));
    grant.condition_id = office.id;
    check_status(GH_OK, gh_rules_add_grant(rules, &grant));
}

struct gh_decision
ruling_decide_from(const struct gh_rules *rules,
                   const struct gh_principal *principal, const char *client_z)
{
    struct gh_question question = {.application =
                                       gh_rules_application(rules, 0),
                                   .path = GH_TEXT("/"),
                                   .method = GH_TEXT("GET"),
                                   .circumstances = {.now_us = 1000000}};

    if (client_z != NULL)
        check_status(GH_OK, gh_address_parse(gh_text_of_z(client_z),
                                             &question.circumstances.client));
    return gh_policy_decide(rules, principal, &question);
}

struct gh_decision
ruling_decide(const struct gh_rules *rules,
              const struct gh_principal *principal, const char *method_z,
              struct gh_text path, int64_t now_us)
{
    const struct gh_question question = {.application =
                                             gh_rules_application(rules, 0),
                                         .path = path,
                                         .method = gh_text_of_z(method_z),
                                         .circumstances = {.now_us = now_us}};

    return gh_policy_decide(rules, principal, &question);
}

size_t
ruling_each_line(const char *file_z,
                 void (*fn)(void *ctx,
                            const struct gh_text fields[RULING_FIELDS],
                            size_t n),
                 void *ctx)
{
    const char *folder = getenv("GH_TEST_DIR");
    char path[512];
    char line[4096];
    size_t n_lines = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/../../data/%s",
             folder == NULL ? "." : folder, file_z);
    file = fopen(path, "re");
    if (!check(file != NULL))
        return 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        struct gh_text rest = {.at = line, .len = strcspn(line, "\n")};
        struct gh_text fields[RULING_FIELDS] = {{0}};
        size_t n = 0;

        if (line[0] == '#' || rest.len == 0)
            continue;
        while (n < RULING_FIELDS && gh_text_cut(&rest, '\t', &fields[n]))
            n++;
        fn(ctx, fields, n);
        n_lines++;
    }
    fclose(file);
    return n_lines;
}
