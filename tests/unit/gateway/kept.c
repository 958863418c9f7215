/* SPDX-License-Identifier: Apache-2.0
 *
 * What outlives the desks of one test. See the header.
 */
#include "kept.h"

#include "cache.h"
#include "check.h"
#include "fresh.h"

#include "base/banned.h"

#define HOUR_US INT64_C(3600000000)

struct kept kept;

void
kept_begin(void)
{
    check_status(GH_OK, gh_fresh_new(&kept.fresh));
    check_status(GH_OK, gh_cache_new(100, &kept.cache));
    gh_fresh_extend(kept.fresh, 1, gh_fresh_clock() + HOUR_US);
    kept.ahead_us = 0;
    kept.is_timeless = false;
}

void
kept_end(void)
{
    gh_cache_free(kept.cache);
    gh_fresh_free(kept.fresh);
}

struct desk *
kept_set_out(const char *target_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    desk->gateway.fresh = kept.fresh;
    desk->gateway.cache = kept.cache;
    atomic_store(&desk->gateway.clock_us,
                 kept.is_timeless
                     ? 0
                     : SIGNING_NOW_US + kept.ahead_us - gh_fresh_clock());
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(KEPT_COOKIE));
    return desk;
}
