/* SPDX-License-Identifier: Apache-2.0
 *
 * An application: what is mounted where, and how its traffic is carried. A
 * plain value, part of a policy snapshot (rules.h). Where its back end's
 * sockets are is the gateway's business. Called by rules, policy and the
 * gateway.
 */
#ifndef GH_CORE_APPLICATION_H
#define GH_CORE_APPLICATION_H

#include "base/text.h"

/* Who carries the traffic of an application. */
enum gh_carrying {
    GH_CARRY_FORWARD = 0, /* the gateway: it is the client of the back end */
    GH_CARRY_VERDICT,     /* the web server, which asks the gateway first */
};

/* Under which names an application is told who asks. */
enum gh_preset {
    GH_PRESET_REMOTE = 0,     /* Remote-User, … */
    GH_PRESET_X_REMOTE,       /* X-Remote-User, … */
    GH_PRESET_X_FORWARDED,    /* X-Forwarded-User, … */
    GH_PRESET_X_AUTH_REQUEST, /* X-Auth-Request-User, … */
    GH_PRESET_AUTH,           /* Auth-User, … */
    GH_N_PRESETS,
};

/* One application. Texts live as long as the snapshot. */
struct gh_application {
    int64_t id;              /* of its row; 0 from a configuration */
    struct gh_text name;     /* as in the log and in the audit trail */
    struct gh_text host;     /* lower case, no port; empty: every host */
    struct gh_text path;     /* canonical prefix, by whole segments */
    struct gh_text backends; /* URLs, tried in order; one space between */
    struct gh_text entries;  /* that serve it, one space between; empty: all */
    enum gh_carrying carrying; /* who carries its traffic */
    unsigned connections;      /* requests that it is given at once */
    unsigned keep;             /* idle connections kept, a loop */
    bool keeps_encoded_slash;  /* "%2F" in a path is handed on */
    bool keeps_semicolon;      /* ";" in a path is handed on */
    bool keeps_empty_segments; /* "//" in a path is handed on */
    bool passes_authorization; /* the client's Authorization is handed on */
    bool is_strict;            /* what is remembered is used only after an
                                  answer that was asked for later than the
                                  request came */
    bool ends_moved;           /* a session that comes from elsewhere ends */
    unsigned outage_s;         /* from the database's last answer on, so long
                                  whoever is remembered may go on without */
    enum gh_preset identity;   /* under which names it is told who asks */
    unsigned idle_s;           /* so long a session may be idle that was used
                                  here; 0: as long as any */
    bool begins_recorded;      /* a request is in the trail before it is sent */
    int64_t condition_id;      /* of its zone: no rule permits while that does
                                  not hold; 0: whenever */
    uint32_t condition;        /* its number; rules' own */
    uint32_t patterns;         /* root of its patterns; rules' own */
};

/* True when path is prefix or lies below it by whole segments: "/app" and
 * "/app/" cover "/app/x" and not "/apple"; "/app/" does not cover "/app". */
bool gh_application_covers(struct gh_text prefix, struct gh_text path);

/* Whether the application can be reached through the entry of that name: its
 * zone names that one, or none. */
bool gh_application_is_served(const struct gh_application *application,
                              struct gh_text entry);

/* The rest of a path that the prefix covers, beginning with "/": what the
 * patterns of the application are about. "/app/x" under "/app" or "/app/" is
 * "/x"; "/app" under "/app" is "/". */
struct gh_text gh_application_rest(struct gh_text prefix, struct gh_text path);

#endif
