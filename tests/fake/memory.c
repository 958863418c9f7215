/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out on command. Owns the counters; one thread only. Called
 * by whatever is linked with --wrap, and by the test that gives the command.
 */
#include "memory.h"

#include <stdlib.h>

#include "base/banned.h"

/* Allocations until one fails (0: none does), and whether that lasts. */
static unsigned countdown;
static bool lasts;
static unsigned n_failed;

void
fake_memory_fail(unsigned n, bool is_lasting)
{
    countdown = n;
    lasts = is_lasting;
    n_failed = 0;
}

unsigned
fake_memory_failed(void)
{
    return n_failed;
}

/* True when this allocation is to fail. */
static bool
fails(void)
{
    if (countdown == 0)
        return false;
    if (countdown > 1) {
        countdown--;
        return false;
    }
    if (!lasts)
        countdown = 0;
    n_failed++;
    return true;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}
