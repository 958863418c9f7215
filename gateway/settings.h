/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration: what the file says, checked and made ready to use. One
 * table in settings_table.c says which keys exist; parsing, -T, the sample
 * file and the manual page all follow it. A struct gh_settings is built
 * whole, then only read; loops and exchanges share it by reference count.
 */
#ifndef GH_GATEWAY_SETTINGS_H
#define GH_GATEWAY_SETTINGS_H

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"
#include "core/keys.h"
#include "mounts.h"
#include "web/cookie.h"
#include "web/host.h"

enum {
    GH_MAX_ENTRIES = 8,                          /* sections [entry NAME] */
    GH_MAX_APPLICATIONS = GH_RULES_APPLICATIONS, /* [application NAME] */
    GH_MAX_ORIGINS = 64,                         /* of one entry */
    GH_MAX_PEERS = 16,    /* accounts of one entry's peers */
    GH_MAX_NETWORKS = 64, /* of one entry's trusted_proxies */
};

/* What to do with a path trait that applications read differently. */
enum gh_trait_rule {
    GH_TRAIT_REFUSE = 0, /* 400 */
    GH_TRAIT_KEEP,       /* handed on as it is */
};

/* What an entry is for. */
enum gh_entry_kind {
    GH_ENTRY_PUBLIC = 0, /* people and their applications */
    GH_ENTRY_OPERATIONS, /* health and metrics, for machines of the house */
};

/* [gateway]: the process. */
struct gh_settings_gateway {
    uint64_t workers;           /* loops; 0 = one a core */
    struct gh_text user;        /* account to become when started as root */
    struct gh_text base_path;   /* of our own pages, "/auth" */
    struct gh_text cookie_name; /* of the session cookie */
    struct gh_text pages;       /* folder with own templates; empty: built in */
    uint64_t hsts;              /* 1: Strict-Transport-Security on our pages */
    uint64_t log_level;         /* enum gh_log_level */
    uint64_t access_log;        /* 1: one line an exchange */
};

/* [entry NAME]: one FastCGI socket. */
struct gh_settings_entry {
    struct gh_text where;        /* "file:line" of its first key */
    struct gh_text name;         /* from the section */
    uint64_t kind;               /* enum gh_entry_kind */
    struct gh_text socket;       /* path, at most 107 bytes */
    uint64_t mode;               /* of the socket file */
    struct gh_text group;        /* of the socket file; empty: the process's */
    struct gh_text peers_text;   /* as written */
    struct gh_text origins_text; /* as written */
    struct gh_text proxies_text; /* as written */
    uid_t peers[GH_MAX_PEERS];   /* who may connect */
    size_t n_peers;              /* 0: whoever the mode lets in */
    gid_t gid;                   /* of group; (gid_t)-1 when it is empty */
    struct gh_origin *origins;   /* the only accepted hosts */
    size_t n_origins;            /* at least 1 */
    struct gh_network *proxies;  /* whose X-Forwarded-For is believed */
    size_t n_proxies;            /* 0: nobody's */
};

/* [limits]: bytes and counts. */
struct gh_settings_limits {
    uint64_t connections;   /* FastCGI connections of the process */
    uint64_t params;        /* bytes of FCGI_PARAMS of one request */
    uint64_t fields;        /* header fields of one request */
    uint64_t field;         /* bytes of one field value */
    uint64_t path;          /* bytes of the path as sent */
    uint64_t body;          /* bytes of one request body */
    uint64_t answer_head;   /* bytes of an application's response head */
    uint64_t answer_fields; /* field lines of it */
};

/* [database]: where accounts and sessions are. */
struct gh_settings_database {
    struct gh_text dsn;        /* of the gateway's role; empty: no sign-in */
    struct gh_text admin_dsn;  /* of gatehousectl; empty: ask for one */
    struct gh_text listen_dsn; /* to be told of changes; empty: dsn */
    uint64_t listen;           /* 1: be told of changes */
    uint64_t connections;      /* of each worker */
    uint64_t connect;          /* milliseconds to connect to one host */
    uint64_t query;            /* milliseconds for one statement */
    uint64_t maintain;         /* milliseconds between upkeeps; 0: none */
};

/* [keys]: what never goes into the database. */
struct gh_settings_keys {
    struct gh_text file; /* the key ring; empty only without a database */
};

/* [password]: what a guess costs. */
struct gh_settings_password {
    uint64_t memory;      /* bytes of Argon2id */
    uint64_t passes;      /* over them */
    uint64_t threads;     /* hashes at once */
    uint64_t queue;       /* hashes that may wait; beyond it 503 */
    uint64_t fail_delay;  /* milliseconds before a failure is answered */
    uint64_t fail_jitter; /* and at random up to so many more */
};

/* [session]: how long one lasts; milliseconds. */
struct gh_settings_session {
    uint64_t idle;        /* without a request */
    uint64_t absolute;    /* whatever happens */
    uint64_t per_account; /* at once; the oldest ends for a new one */
    uint64_t renew;       /* ms that a token is used; 0: the session long */
    uint64_t overlap;     /* ms that it is good beside the one that follows */
    uint64_t freshness;   /* ms that what was found is used; 0: not at all */
    uint64_t cache;       /* sessions that are remembered; 0: none is */
};

/* [place]: where clients are. */
struct gh_settings_place {
    struct gh_text country; /* file of countries; empty: none is known */
    struct gh_text asn;     /* likewise, of autonomous systems */
    uint64_t travel;        /* milliseconds; 0: travel is not judged */
};

/* [timeouts]: milliseconds. */
struct gh_settings_timeouts {
    uint64_t params;     /* from the first byte to the end of FCGI_PARAMS */
    uint64_t body;       /* silence of the client inside a body */
    uint64_t connect;    /* to an application */
    uint64_t first_byte; /* of an application's answer */
    uint64_t silence;    /* inside an application's answer */
    uint64_t send;       /* the web server does not read our answer */
    uint64_t idle;       /* a kept connection without a request */
    uint64_t drain;      /* after SIGTERM, for running exchanges */
};

/* Who may reach an application of the configuration. */
enum gh_access {
    GH_ACCESS_NOBODY = 0, /* everybody is refused */
    GH_ACCESS_PUBLIC,     /* everybody */
    GH_ACCESS_ACCOUNT,    /* whoever is signed in: nobody without a database */
};

/* [application NAME]: one back end, of a gateway without a database. */
struct gh_settings_application {
    struct gh_text where;   /* "file:line" of its first key */
    struct gh_text name;    /* from the section */
    struct gh_text host;    /* empty: every host */
    struct gh_text path;    /* canonical prefix */
    struct gh_text backend; /* as written: http://host:port or http://unix:… */
    uint64_t access;        /* enum gh_access */
    uint64_t connections;   /* at once; beyond it 503 */
    uint64_t keep;          /* idle connections kept a loop */
    uint64_t encoded_slash;      /* enum gh_trait_rule */
    uint64_t semicolon;          /* enum gh_trait_rule */
    uint64_t empty_segments;     /* enum gh_trait_rule */
    uint64_t pass_authorization; /* 1: the client's Authorization goes on */
};

/* The whole configuration. */
struct gh_settings {
    atomic_uint n_refs;    /* holders; the last one frees */
    struct gh_arena arena; /* everything below lives here */
    struct gh_settings_gateway gateway;
    struct gh_settings_limits limits;
    struct gh_settings_timeouts timeouts;
    struct gh_settings_database database;
    struct gh_settings_keys keys;
    struct gh_settings_password password;
    struct gh_settings_session session;
    struct gh_settings_place place;
    struct gh_settings_entry entries[GH_MAX_ENTRIES]; /* in file order */
    size_t n_entries;                                 /* at least 1 */
    struct gh_settings_application *applications;     /* in file order */
    size_t n_applications;                            /* may be 0 */
    struct gh_mounts *mounts;       /* the same as a policy; NULL with a
                                       database, which has its own */
    struct gh_keys *ring;           /* the keys; NULL without a database */
    struct gh_cookie_names cookies; /* which names are ours */
    struct gh_text layout;          /* template of all messages */
    struct gh_text login;           /* template of the sign-in form */
    struct gh_text logout;       /* template of the question before sign-out */
    struct gh_text logged_out;   /* template of the page after it */
    struct gh_text account;      /* template of the page about oneself */
    struct gh_text not_me;       /* template of "this was not me" */
    struct gh_text session_page; /* template of how long a session lasts */
    struct gh_text new_password; /* template of the form for a new password */
    struct gh_text preferences;  /* template of the form for those */
    struct gh_text help;         /* template of the page about safe use */
    struct gh_text style;        /* style sheet */
};

/* Reads file and, beside it, conf.d/ *.conf in order. Every mistake is written
 * to errors as "file:line: what", with a "hint:" line where there is one; for
 * what is missing or does not fit together the line is that of the section's
 * first key.
 * GH_MALFORMED when there was any; GH_FAULT_MEMORY. Host names of back ends
 * are looked up now. */
GH_MUST_CHECK enum gh_status gh_settings_read(const char *file, FILE *errors,
                                              struct gh_settings **out);

/* One holder more, and one less. */
void gh_settings_hold(struct gh_settings *settings);
void gh_settings_release(struct gh_settings *settings);

/* Writes the effective configuration, secrets masked. */
void gh_settings_print(const struct gh_settings *settings, FILE *out);

/* Writes the commented sample file. */
void gh_settings_print_sample(FILE *out);

/* Writes the settings section of gatehouse.conf(5), in mdoc. */
void gh_settings_print_manual(FILE *out);

#endif
