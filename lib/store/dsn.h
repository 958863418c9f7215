/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection string taken apart: what goes to every host, and the hosts.
 * Defaults of the environment (PGUSER, PGPASSFILE …) are part of the result,
 * so what is checked is what is used. Refuses TCP without sslmode=verify-full
 * (CONF-007), service files, more than 8 hosts. Holds a password perhaps:
 * lives in an arena that is wiped, and has no printer. Called by store/db.
 */
#ifndef GH_STORE_DSN_H
#define GH_STORE_DSN_H

#include "base/buf.h"

enum {
    GH_DSN_HOSTS_MAX = 8,    /* hosts of one connection string */
    GH_DSN_OPTIONS_MAX = 64, /* settings that libpq knows, and ours */
};

/* One host to try. All lives in the arena. */
struct gh_dsn_host {
    const char *name_z;    /* name, or folder of a socket; "" is libpq's own */
    const char *address_z; /* numeric; NULL: look the name up */
    const char *port_z;    /* or "" */
    bool is_local;         /* a unix socket */
};

/* A whole connection string. */
struct gh_dsn {
    size_t n_hosts;                             /* at least 1 */
    struct gh_dsn_host hosts[GH_DSN_HOSTS_MAX]; /* in the order to try */
    size_t n_options;                           /* of the two below */
    const char *keywords[GH_DSN_OPTIONS_MAX];   /* without host and port */
    const char *values[GH_DSN_OPTIONS_MAX];     /* may be secret */
};

/* Reads text, a connection URI or "keyword=value" pairs as libpq takes them.
 * TCP in clear text, or with a certificate that is not checked, only when
 * is_insecure_allowed. GH_MALFORMED with one sentence in why, which repeats
 * nothing that could be a password; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_dsn_parse(struct gh_arena *arena, struct gh_text text,
             bool is_insecure_allowed, struct gh_buf *why, struct gh_dsn *out);

#endif
