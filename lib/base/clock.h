/* SPDX-License-Identifier: Apache-2.0
 *
 * The clocks of the machine as one number, and how many of its unit a second
 * has. Owns nothing. Every file may include it; which clock a part goes by is
 * said where it asks.
 */
#ifndef GH_BASE_CLOCK_H
#define GH_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds in a second; 64 bits wide, so that products are, too. */
#define GH_SECOND_US INT64_C(1000000)

/* What that clock shows, microseconds since its beginning (1970 for
 * CLOCK_REALTIME). The clocks that Linux always has: it cannot fail. */
int64_t gh_clock_us(clockid_t clock);

#endif
