/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel without random bytes, on command: a double of getrandom(), put in
 * its place at link time. Owns one flag. Only what is linked into the program
 * is affected.
 */
#ifndef GH_TESTS_FAKE_RANDOM_H
#define GH_TESTS_FAKE_RANDOM_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on there are none (ENOSYS), or there are again. */
void fake_random_fail(bool is_failing);

/* What the linker puts in its place, and the real one. */
ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);
ssize_t __real_getrandom(void *out, size_t n, unsigned flags);

#endif
