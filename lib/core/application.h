/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications: what is mounted where, and who may reach it. A table that is
 * built whole and then only read. Where an application lives and how traffic
 * is carried to it is the gateway's business. Called by parse and decide.
 */
#ifndef GH_CORE_APPLICATION_H
#define GH_CORE_APPLICATION_H

#include "base/text.h"

/* Who may reach an application. The zero value admits nobody. */
enum gh_access {
    GH_ACCESS_NOBODY = 0, /* not decided: everybody is refused */
    GH_ACCESS_PUBLIC,     /* everybody, signed in or not */
    GH_ACCESS_ACCOUNT,    /* whoever is signed in */
};

/* One application. A plain value; texts live as long as the table. */
struct gh_application {
    struct gh_text name;   /* as in the log and in the audit trail */
    struct gh_text host;   /* lower case, no port; empty: every host */
    struct gh_text path;   /* canonical prefix, by whole segments */
    enum gh_access access; /* who may reach it */
};

/* All applications of one configuration, in no order. */
struct gh_applications {
    const struct gh_application *at; /* the first */
    size_t n;                        /* how many */
};

/* True when path is prefix or lies below it by whole segments: "/app" and
 * "/app/" cover "/app/x" and not "/apple"; "/app/" does not cover "/app". */
bool gh_application_covers(struct gh_text prefix, struct gh_text path);

/* The application that serves a canonical path on a host: the one with the
 * longest matching prefix; among equals one that names the host wins over one
 * that serves every host. NULL when there is none. */
const struct gh_application *
gh_application_find(const struct gh_applications *applications,
                    struct gh_text host, struct gh_text path);

#endif
