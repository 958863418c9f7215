/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an application's sockets are: its URLs as addresses to connect to, in
 * the order in which they are tried, and how many requests it takes. A plain
 * value. Called by settings, by mounts and by the back-end client.
 */
#ifndef GH_GATEWAY_REACH_H
#define GH_GATEWAY_REACH_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/arena.h"

enum {
    GH_MAX_ADDRESSES = 8,     /* of one application */
    GH_MAX_BACKENDS = 1040,   /* bytes of its URLs */
    GH_BACKEND_HOST_MAX = 256 /* bytes of a host's name, its NUL included */
};

/* One socket to connect to. */
struct gh_backend_address {
    unsigned url;  /* which of its application's URLs it is of, from 0 */
    socklen_t len; /* of addr */
    /* The address, in the shape that its family needs. */
    union {
        struct sockaddr any;          /* to read the family */
        struct sockaddr_storage inet; /* AF_INET, AF_INET6 */
        struct sockaddr_un local;     /* AF_UNIX */
    } addr;
};

/* How one application is reached. Zeroed memory is one without an address. */
struct gh_reach {
    struct gh_backend_address addresses[GH_MAX_ADDRESSES]; /* tried in order */
    size_t n_addresses;         /* 0: nobody knows where it is */
    unsigned connections;       /* requests at once, over all loops */
    unsigned keep;              /* idle connections kept, a loop */
    char urls[GH_MAX_BACKENDS]; /* as written, one space between */
    size_t urls_len;            /* bytes of it */
};

/* What one URL of a back end says. */
struct gh_backend_url {
    struct gh_text path;              /* of a unix socket; else empty */
    char host_z[GH_BACKEND_HOST_MAX]; /* name or numeric, without brackets */
    uint16_t port;                    /* in the order of this machine */
    struct gh_text authority;         /* host:port, as written */
    unsigned place;                   /* among its application's, from 0 */
};

/* http://host:port or http://unix:/path/of.sock; the texts live in arena, and
 * the place is 0, for the caller to set where there are more. GH_MALFORMED for
 * anything else; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_backend_url_parse(struct gh_arena *arena,
                                                  struct gh_text url,
                                                  struct gh_backend_url *out);

/* Adds the address of a unix socket or of a numeric host. GH_NONE: the host
 * is a name, which has to be looked up; GH_LIMIT: there are enough. */
GH_MUST_CHECK enum gh_status gh_reach_add(struct gh_reach *reach,
                                          const struct gh_backend_url *url);

/* Adds a numeric address that was found for the URL's name. GH_MALFORMED: it
 * is none; GH_LIMIT. */
GH_MUST_CHECK enum gh_status
gh_reach_add_found(struct gh_reach *reach, const struct gh_backend_url *url,
                   const char *numeric_z);

/* Adds what needs no lookup of all its URLs, in their order. GH_NONE: a host
 * is a name; GH_MALFORMED: a URL is none; both leave that one out.
 * GH_FAULT_MEMORY. scratch is for the call only. */
GH_MUST_CHECK enum gh_status gh_reach_fill(struct gh_arena *scratch,
                                           struct gh_reach *reach);

/* True when two are the same in everything, so that connections that were made
 * for one will do for the other. */
bool gh_reach_is_same(const struct gh_reach *a, const struct gh_reach *b);

/* True when value begins with the address of one of its URLs, as an
 * application writes it that does not know its public one; *rest is then the
 * path behind. */
bool gh_reach_is_own(const struct gh_reach *reach, struct gh_text value,
                     struct gh_text *rest);

#endif
