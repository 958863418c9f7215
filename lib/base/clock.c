/* SPDX-License-Identifier: Apache-2.0
 *
 * Clocks. Owns nothing. Called by whoever wants to know what time it is.
 */
#include "base/clock.h"

#include "base/banned.h"

int64_t
gh_clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * GH_SECOND_US + now.tv_nsec / 1000;
}
