/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy snapshot: applications, roles, and which role may do what where, as
 * they stood in the database at one version. Built whole, checked, sealed,
 * then only read, by any number of threads; a change makes a new one. Called
 * by policy, by what builds it, and by the gateway to find what is mounted.
 */
#ifndef GH_CORE_RULES_H
#define GH_CORE_RULES_H

#include "base/buf.h"
#include "core/application.h"
#include "core/condition.h"

/* Ceilings of one snapshot. */
enum {
    GH_RULES_APPLICATIONS = 1000, /* mounts */
    GH_RULES_ROLES = 4096,
    GH_RULES_GRANTS = 200000,
    GH_PATTERN_SEGMENTS = 64, /* of one pattern */
};

/* A snapshot. Lives until its last holder releases it. */
struct gh_rules;

/* What a role is when no row makes it: held without being granted. */
enum gh_builtin {
    GH_ROLE_GRANTED = 0,   /* nobody has it without a grant */
    GH_ROLE_ANONYMOUS,     /* everybody has it, signed in or not */
    GH_ROLE_AUTHENTICATED, /* whoever is signed in has it */
};

/* A permission given to a role: the rule that decides. A plain value; texts
 * live as long as the snapshot. */
struct gh_grant {
    int64_t id;             /* of its row; 0 from a configuration */
    int64_t application_id; /* where it holds */
    int64_t role_id;        /* whose it is */
    struct gh_text name;    /* of the permission: "application/permission" */
    struct gh_text pattern; /* relative to the application's path */
    uint64_t methods;       /* core/method */
    int64_t from_us;        /* holds from then on, microseconds since 1970 */
    int64_t until_us;       /* and no longer from then on */
    int64_t condition_id;   /* and when that holds; 0: whenever */
    uint32_t role;          /* index of the role; rules' own */
    uint32_t condition;     /* its number; rules' own */
    uint32_t next;          /* at the same node; rules' own */
};

/* Roles that an account was given, by the numbers of their rows. A plain
 * value; the arrays live where they were made. Of an outgrown token: what it is
 * for, though more was given since. */
struct gh_held {
    const int64_t *role_ids;      /* which */
    const int64_t *condition_ids; /* as many: when each holds, 0: whenever;
                                     NULL: all of them whenever */
    size_t n;                     /* how many */
    bool is_outgrown;             /* these are all roles, with what they
                                     implied: what they imply now is more */
    const int64_t *withheld_ids;  /* … and so are these rules of theirs, by
                                     rising id */
    size_t n_withheld;            /* how many */
};

/* A set of roles, as one bit a role; the words live where they were made. The
 * zero value is the empty set. */
struct gh_role_set {
    const uint64_t *words; /* NULL when there are none */
};

/* --- building -------------------------------------------------------------
 * Rows of one kind come in the order of their ids, applications and roles
 * before what refers to them. Texts are copied. GH_MALFORMED: out of order,
 * unknown, or not in its form; GH_LIMIT; GH_CONFLICT: two applications at one
 * place; GH_FAULT_MEMORY. After any of them the snapshot is only to be
 * released.
 */

/* An empty snapshot of a version of the policy, with one holder. NULL without
 * memory. */
struct gh_rules *gh_rules_new(int64_t version);

/* One holder more, and one less; the last one frees. From any thread. NULL is
 * fine for less. */
void gh_rules_hold(struct gh_rules *rules);
void gh_rules_release(struct gh_rules *rules);

/* What is mounted where. */
GH_MUST_CHECK enum gh_status
gh_rules_add_application(struct gh_rules *rules,
                         const struct gh_application *application);
/* A role, by its name. */
GH_MUST_CHECK enum gh_status gh_rules_add_role(struct gh_rules *rules,
                                               int64_t id, struct gh_text name,
                                               enum gh_builtin builtin);

/* Whoever has role_id also has implied_id. Of the transitive closure; in any
 * order. All roles are known by now. */
GH_MUST_CHECK enum gh_status gh_rules_add_implied(struct gh_rules *rules,
                                                  int64_t role_id,
                                                  int64_t implied_id);

/* The conditions, to add to: all of them before the first grant. */
struct gh_conditions *gh_rules_conditions(struct gh_rules *rules);

/* In any order; name is the permission's alone. */
GH_MUST_CHECK enum gh_status gh_rules_add_grant(struct gh_rules *rules,
                                                const struct gh_grant *grant);

/* In any order; requests to paths of the pattern, which is relative to the
 * application's path, are no activity. */
GH_MUST_CHECK enum gh_status gh_rules_ignore(struct gh_rules *rules,
                                             int64_t application_id,
                                             struct gh_text pattern);

/* Makes the rest of it; nothing is added any more. */
GH_MUST_CHECK enum gh_status gh_rules_seal(struct gh_rules *rules);

/* --- reading -------------------------------------------------------------- */

/* The version of the policy that it is. */
int64_t gh_rules_version(const struct gh_rules *rules);

/* How many applications there are, and the i-th of them. */
size_t gh_rules_n_applications(const struct gh_rules *rules);
const struct gh_application *gh_rules_application(const struct gh_rules *rules,
                                                  size_t i);

/* The application that serves a canonical path on a host: the one with the
 * longest matching prefix; among equals one that names the host wins over one
 * that serves every host. NULL when there is none. *place is its number. */
const struct gh_application *gh_rules_find(const struct gh_rules *rules,
                                           struct gh_text host,
                                           struct gh_text path, size_t *place);

/* Whether some condition of it asks where the client is. */
bool gh_rules_asks_location(const struct gh_rules *rules);

/* The roles that somebody who was given those has in these circumstances,
 * with all that they imply; of nobody when there are none and is_signed_in is
 * false. Roles and conditions that the snapshot does not know are left out.
 * Lives in arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_rules_roles(struct gh_arena *arena, const struct gh_rules *rules,
               bool is_signed_in, const struct gh_held *held,
               const struct gh_circumstances *circumstances,
               struct gh_role_set *out);

/* The names of a set's roles, oldest first, commas between, the built-in ones
 * left out; in arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_rules_names(struct gh_arena *arena,
                                            const struct gh_rules *rules,
                                            struct gh_role_set set,
                                            struct gh_text *out);

/* Name of the role that a grant gives to. */
struct gh_text gh_rules_role_name(const struct gh_rules *rules,
                                  const struct gh_grant *grant);

#endif
