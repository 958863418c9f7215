/* SPDX-License-Identifier: Apache-2.0
 *
 * What is shared: the process (struct gh_gateway), one loop's share of it
 * (struct gh_worker), and one loop's hold on a configuration (struct
 * gh_site). Everything that lives as long as the program is reached from
 * here; there is no other global state.
 */
#ifndef GH_GATEWAY_GATEWAY_H
#define GH_GATEWAY_GATEWAY_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "core/place.h"
#include "hashing.h"
#include "log.h"
#include "loop.h"
#include "mounts.h"
#include "settings.h"

struct gh_cache;
struct gh_database;
struct gh_estate;
struct gh_fresh;
struct gh_journal;

/* How an attempt to sign in ended. */
enum gh_sign_in {
    GH_SIGN_IN_FAILURE = 0, /* wrong, unknown, disabled: all alike */
    GH_SIGN_IN_SUCCESS,     /* a session began */
    GH_SIGN_IN_LIMITED,     /* too many guesses: not checked */
    GH_SIGN_IN_REFUSED,     /* the form was malformed, or none of ours */
    GH_SIGN_IN_BUSY,        /* no room to check one more password */
    GH_N_SIGN_INS,
};

enum {
    GH_N_VERDICTS = 5, /* values of enum gh_verdict */
    GH_N_SPANS = 9,    /* classes of durations; the last has no end */
};

/* Numbers for the whole process, written by all loops. */
struct gh_counters {
    atomic_ullong exchanges; /* finished, whatever the answer */
    atomic_ullong refused;   /* of them, by the edge's checker */
    atomic_ullong faults;    /* of them, 503 because something broke */
    atomic_ullong verdicts[GH_N_VERDICTS]; /* decisions, by their verdict */
    atomic_ullong statuses[500];           /* answers, by status minus 100 */
    atomic_ullong spans[GH_N_SPANS];       /* exchanges, by duration */
    atomic_ullong span_ms;                 /* milliseconds of all of them */
    atomic_ullong sign_ins[GH_N_SIGN_INS]; /* attempts, by their end */
    atomic_ullong access_lost;   /* access records that found no room */
    atomic_ullong places;        /* sessions used from a new place */
    atomic_ullong outage;        /* requests permitted without the database */
    atomic_ullong moved;         /* sessions that ended by that */
    atomic_ullong over;          /* sessions that ended: too many of one */
    atomic_ullong n_access;      /* access records that wait */
    atomic_uint n_database_up;   /* connections that are up now */
    atomic_ullong n_asked;       /* statements that are not answered yet */
    atomic_ullong answered;      /* statements that are, or were given up */
    atomic_ullong answered_us;   /* microseconds that they took */
    atomic_llong heard_us;       /* gh_fresh_clock() of the last question about
                                    changes that was answered; 0: none was */
    atomic_llong clock_apart_us; /* our wall clock without the database's, as
                                    that answer showed */
    atomic_ullong places_made_s; /* when the database of places was made, since
                                    1970; 0: there is none */
    atomic_ullong sessions_live; /* as the last upkeep found, and 1; 0: not
                                    known */
    atomic_ullong guards_off;    /* likewise */
};

/* What all loops know of the keeper's looks at the database (look.h). */
struct gh_looks {
    atomic_bool is_on;     /* it looks as soon as somebody wants it to */
    atomic_bool is_wanted; /* somebody waits for one that was not begun yet */
    atomic_llong over_us;  /* whoever came before this instant of
                              gh_fresh_clock() waits no longer */
};

/* What the main thread knows of the databases of places (locate.h). */
struct gh_locate {
    struct stat seen[2];       /* the files as they were looked at last */
    struct gh_places *current; /* opened last; NULL: nothing is */
    bool is_told;              /* that they cannot be looked at now */
};

/* The process. Program lifetime. */
struct gh_gateway {
    struct gh_log_sink sink;           /* standard error */
    struct gh_counters counters;       /* for the log and for metrics */
    atomic_uint n_connections;         /* of all loops, from web servers */
    atomic_uint n_kept;                /* of them, that served more than once */
    size_t n_workers;                  /* loops */
    struct gh_hashing *hashing;        /* NULL when nobody can sign in */
    char node[65];                     /* this host, for the audit trail */
    atomic_uint n_busy[GH_BUSY_SLOTS]; /* requests that applications are
                                          working on, by mounts' slots */
    atomic_llong clock_us;       /* the database's time without CLOCK_BOOTTIME;
                                    0: not known yet */
    atomic_llong policy_version; /* of the policy that is handed out; 0: none */
    atomic_llong policy_wanted;  /* the newest version somebody waits for */
    atomic_llong policy_refused; /* the newest version that cannot be used; 0:
                                    none was */
    struct gh_looks looks;       /* at the database, by the keeper */
    struct gh_locate locate;     /* databases of places; the main thread's */
    struct gh_loop *keeper_loop; /* where the policy is kept; NULL: nowhere */
    struct gh_fresh *fresh;      /* how far memory is believed; NULL: not */
    struct gh_cache *cache;      /* sessions that were found; NULL: none is
                                    remembered */
};

/* One loop and what belongs to it alone. Program lifetime. */
struct gh_worker {
    struct gh_gateway *gateway;    /* the process */
    struct gh_loop *loop;          /* its event loop */
    struct gh_log *log;            /* its log */
    struct gh_site *site;          /* the configuration for new requests */
    struct gh_estate *estate;      /* the policy for new requests; NULL: none
                                      is known yet */
    struct gh_places *places;      /* where clients are; NULL: not known */
    struct gh_link policy_waiters; /* exchanges that wait for a newer one */
    struct gh_link look_waiters;   /* and those that wait for a look */
    atomic_bool is_look_awaited;   /* there may be some of these */
    struct gh_database *database;  /* NULL when there is none */
    struct gh_journal *journal;    /* what is written later; NULL likewise */
    struct gh_hashed hashed;       /* passwords that were checked */
    unsigned char ids[1024];       /* random bytes for exchange ids */
    size_t n_ids;                  /* of them not used yet */
};

/* One loop's hold on a configuration. Lives until the last exchange that uses
 * it is over. */
struct gh_site {
    struct gh_settings *settings; /* shared between loops */
    unsigned n_users;             /* exchanges, plus 1 while current */
};

/* A site for settings; takes over one reference to them.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_site_new(struct gh_settings *settings,
                                         struct gh_site **out);

/* One user more, and one less. */
void gh_site_hold(struct gh_site *site);
void gh_site_release(struct gh_site *site);

/* The id of a new exchange: the time, then random bits, 16 bytes in all, and
 * the same as 32 lower-case hex digits and a NUL. GH_FAULT_CRYPTO when the
 * system has no random bytes. */
GH_MUST_CHECK enum gh_status gh_worker_id(struct gh_worker *worker,
                                          unsigned char bytes[16], char id[33]);

#endif
