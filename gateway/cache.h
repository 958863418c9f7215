/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that were found in the database, by the hash of their token: a
 * fixed number of slots of one size, shared by all loops. Readers wait for
 * nobody, writers only step back before each other. It knows nothing of what
 * may be believed (fresh) or how an entry becomes a principal (recall). Any
 * thread.
 */
#ifndef GH_GATEWAY_CACHE_H
#define GH_GATEWAY_CACHE_H

#include "base/digest.h"

enum {
    GH_CACHED_BYTES = 356, /* of texts and roles in one entry */
};

/* One session. A plain value; bytes holds role_ids, four bytes each, then the
 * ids of their conditions likewise, if any of them has one, then the texts. */
struct gh_cached {
    unsigned char token_hash[GH_DIGEST_LEN]; /* whose it is */
    unsigned char reference[16];             /* of the session */
    int64_t session_id;                      /* of its row */
    int64_t account_id;                      /* of its row */
    uint64_t moment;                         /* when it was asked for (fresh) */
    int64_t policy_version;                  /* that it was found under */
    uint64_t network;                        /* of its sign-in */
    int64_t idle_until_us;                   /* ask again then: database time */
    int64_t absolute_until_us;               /* likewise */
    int64_t rights_until_us;              /* likewise; so long it may the same,
                                             and its token is as good */
    int64_t authenticated_us;             /* when they proved who they are */
    uint32_t renew_at_s;                  /* when its token is due for the next;
                                             seconds of that clock */
    uint32_t idle_s;                      /* for so long it may be idle */
    uint32_t browser_s;                   /* for so long its browser had been
                                             known; UINT32_MAX: it was not */
    uint16_t level;                       /* authentication level */
    uint16_t appearance;                  /* of pages: enum gh_appearance */
    uint16_t n_roles;                     /* granted */
    uint16_t n_conditions;                /* as many, or 0: none has one */
    uint16_t n_account;                   /* bytes of the account's name */
    uint16_t n_display_name;              /* bytes of that */
    uint16_t n_email;                     /* bytes of that */
    uint16_t n_device;                    /* bytes of that */
    unsigned char bytes[GH_CACHED_BYTES]; /* the rest */
};

struct gh_cache;

/* Room for about so many sessions; memory that is not used yet is not taken.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_cache_new(size_t n_sessions,
                                          struct gh_cache **out);

/* NULL is fine. */
void gh_cache_free(struct gh_cache *cache);

/* The session of a token, copied, and the number of its slot. now_s is any
 * rising clock, seconds: it was found then. NULL is fine: there is none. */
bool gh_cache_find(struct gh_cache *cache,
                   const unsigned char token_hash[GH_DIGEST_LEN],
                   uint32_t now_s, struct gh_cached *out, size_t *slot);

/* Remembers a session, in the place of what was known of it, of nothing, or of
 * the one that was least recently found, and gives the number of its slot; its
 * use was not told yet. False: somebody else writes there at this moment, or
 * there is no cache. */
bool gh_cache_put(struct gh_cache *cache, const struct gh_cached *entry,
                  uint32_t now_s, size_t *slot);

/* True the first time, then once in every_s seconds: the use of what is in
 * that slot is to be told. */
bool gh_cache_is_due(struct gh_cache *cache, size_t slot, uint32_t now_s,
                     uint32_t every_s);

#endif
