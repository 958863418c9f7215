/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out on command: a double of malloc(), calloc() and
 * realloc(), put in their place at link time (-Wl,--wrap). Owns two counters.
 * Only what is linked into the program is affected, never the C library or
 * the sanitizers.
 */
#ifndef GH_TESTS_FAKE_MEMORY_H
#define GH_TESTS_FAKE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Lets the n-th allocation from now on fail, counted from 1, and with
 * is_lasting every one after it; 0 lets all succeed. */
void fake_memory_fail(unsigned n, bool is_lasting);

/* Allocations that were made to fail since then. */
unsigned fake_memory_failed(void);

/* What the linker puts in the place of the three, and the three. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);

#endif
