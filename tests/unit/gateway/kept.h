/* SPDX-License-Identifier: Apache-2.0
 *
 * What a gateway remembers, for longer than one desk: freshness, cache and the
 * database's clock. Owns them between kept_begin() and kept_end(). Called by
 * the suites about what is remembered.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_KEPT_H
#define GH_TESTS_UNIT_GATEWAY_KEPT_H

#include "signing.h"

/* Of the session that is remembered. */
#define KEPT_COOKIE "__Host-id=" SIGNING_TOKEN

/* What outlives the desks of one test. */
struct kept {
    struct gh_fresh *fresh; /* how far it is believed */
    struct gh_cache *cache; /* what was found */
    int64_t ahead_us; /* the database's clock is so much later than at first */
    bool is_timeless; /* it is not known */
};

/* There is one. */
extern struct kept kept;

/* Nothing is remembered, and the database has just been heard, for an hour. */
void kept_begin(void);

/* Frees it. */
void kept_end(void);

/* A desk where the owner of SIGNING_TOKEN asks for a target; steps are all that
 * may be asked. */
struct desk *kept_set_out(const char *target_z, const struct fake_step *steps,
                          size_t n);

#endif
