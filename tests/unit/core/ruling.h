/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies for tests: built with few words, and asked with fewer. Snapshots
 * are the caller's to release. Also lines of the tables in tests/data, which
 * SQL is tested against as well.
 */
#ifndef GH_TESTS_UNIT_CORE_RULING_H
#define GH_TESTS_UNIT_CORE_RULING_H

#include "core/policy.h"

/* Ids of the roles of every policy here, and sizes. */
enum {
    RULING_ANONYMOUS = 1, /* everybody's */
    RULING_AUTHENTICATED,
    RULING_USER,
    RULING_ADMIN,
    RULING_N_ROLES = RULING_ADMIN,
    RULING_FIELDS = 5, /* of one line of a table, at most */
};

/* A policy with those roles and one application, "app" at path. */
struct gh_rules *ruling_new(const char *path_z);

/* A grant of methods on a pattern to a role, without an end. */
struct gh_grant ruling_grant(int64_t id, int64_t role_id, const char *pattern_z,
                             const char *methods_z);

/* Adds one that has to be taken. */
void ruling_add(struct gh_rules *rules, int64_t id, int64_t role_id,
                const char *pattern_z, const char *methods_z);

/* A principal of that kind with at most one role (0: none). */
struct gh_principal ruling_principal(const struct gh_rules *rules,
                                     struct gh_arena *arena,
                                     enum gh_principal_kind kind,
                                     int64_t role_id);

/* A grant to a role of whatever is asked for, which holds in 10.0.0.0/8. */
void ruling_add_office(struct gh_rules *rules, int64_t id, int64_t role_id);

/* What is decided about GET / of the application, asked for by a client at
 * that address (NULL: not known), a second after 1970. */
struct gh_decision ruling_decide_from(const struct gh_rules *rules,
                                      const struct gh_principal *principal,
                                      const char *client_z);

/* What is decided about a method and a path of the application, now_us after
 * 1970. */
struct gh_decision ruling_decide(const struct gh_rules *rules,
                                 const struct gh_principal *principal,
                                 const char *method_z, struct gh_text path,
                                 int64_t now_us);

/* Calls fn for each line of a file in tests/data, with its n fields by tabs,
 * those that are missing empty; how many lines there were. */
size_t ruling_each_line(const char *file_z,
                        void (*fn)(void *ctx,
                                   const struct gh_text fields[RULING_FIELDS],
                                   size_t n),
                        void *ctx);

#endif
