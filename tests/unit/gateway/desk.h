/* SPDX-License-Identifier: Apache-2.0
 *
 * One exchange on a desk: a context, a configuration and parameters, so that
 * a single step or act can be called by hand. Owns everything it makes until
 * desk_end(). There is one desk; nothing runs on its loop.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_DESK_H
#define GH_TESTS_UNIT_GATEWAY_DESK_H

#include "exchange.h"

/* What lies on it. */
struct desk {
    struct gh_gateway gateway;    /* the process */
    struct gh_worker worker;      /* the loop */
    struct gh_exchange *exchange; /* begun at the first entry */
    struct gh_field params[1200]; /* of its input */
};

/* A new desk with the configuration of plays (config_text()) and the default
 * parameters of a GET for /public/x; settings_z as there, or NULL. */
struct desk *desk_begin(const char *settings_z);

/* Takes everything down. */
void desk_end(struct desk *desk);

/* Gives a parameter another value, or adds it; NULL takes it away. */
void desk_set(struct desk *desk, const char *name_z, struct gh_text value);
void desk_drop(struct desk *desk, const char *name_z);

/* Adds a parameter behind those that are there, of the same name or not. */
void desk_add(struct desk *desk, struct gh_text name, struct gh_text value);

/* Runs step_parse() once; the HTTP status it refuses with, 0 when it does
 * not, 1 when it waits. */
unsigned desk_parse(struct desk *desk);

/* Has all applications keep paths that can be read in different ways. */
void desk_keep_paths(struct desk *desk);

/* Makes rules the worker's policy in the place of the configuration's: seals
 * and releases them. */
void desk_rule(struct desk *desk, struct gh_rules *rules);

/* Decides what was parsed, for the principal on the desk with the roles that
 * its ids imply, by the worker's policy. */
enum gh_verdict desk_decide(struct desk *desk);

/* The value of a field of the parsed request; at is NULL without one. */
struct gh_text desk_field(const struct desk *desk, struct gh_text name);

#endif
