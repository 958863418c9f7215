/* SPDX-License-Identifier: Apache-2.0
 *
 * How far what was learnt from the database may still be believed. A follower
 * (the keeper) hears what changed there and spoils it; whoever asked before
 * has learnt it too early. Everything older than the last answer in time is
 * not believed at all. Any thread, without locks.
 *
 * What is learnt carries the moment at which it was asked for. A change spoils
 * a place, chosen by what changed: what was asked for before that moment does
 * not hold. Two things may share a place; then one of them is asked for once
 * more than needed. So nothing has to be searched, and nothing is missed by a
 * question that is under way.
 */
#ifndef GH_GATEWAY_FRESH_H
#define GH_GATEWAY_FRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

struct gh_fresh;

/* What can be spoilt; the numbers are those of gatehouse.follow(). */
enum gh_fresh_kind {
    GH_FRESH_EVERYTHING = 0, /* its id is 0 */
    GH_FRESH_SESSION = 1,    /* a session_id */
    GH_FRESH_ACCOUNT = 2,    /* an account_id */
};

/* Believes nothing yet. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_fresh_new(struct gh_fresh **out);

/* NULL is fine. */
void gh_fresh_free(struct gh_fresh *fresh);

/* Microseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps. */
int64_t gh_fresh_clock(void);

/* The present moment, for a question that is about to be sent. NULL is fine:
 * 0. */
uint64_t gh_fresh_moment(const struct gh_fresh *fresh);

/* It changed, and the database has said so; of another kind than these,
 * everything. NULL is fine. */
void gh_fresh_spoil(struct gh_fresh *fresh, enum gh_fresh_kind kind,
                    int64_t id);

/* All that the database changed until this instant of gh_fresh_clock(), when it
 * was asked, has been spoilt, and this is the version of the policy that it
 * had. */
void gh_fresh_extend(struct gh_fresh *fresh, int64_t policy_version,
                     int64_t at_us);

/* Whether what is learnt may be believed at this instant of gh_fresh_clock()
 * by somebody for whom an answer is good for_us long, counted from its
 * question; and then under which version of the policy, or a later one. With 0:
 * whether one was asked for after that instant. */
bool gh_fresh_is_on(const struct gh_fresh *fresh, int64_t at_us, int64_t for_us,
                    int64_t *policy_version);

/* Whether what was asked for at a moment, of this session and this account,
 * still holds; only while gh_fresh_is_on(). */
bool gh_fresh_holds(const struct gh_fresh *fresh, uint64_t moment,
                    int64_t session_id, int64_t account_id);

#endif
