/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiler attributes and the assertion, under names that say what they are
 * for. Owns nothing. Refuses nothing by itself. Every file may include it.
 */
#ifndef GH_BASE_ATTR_H
#define GH_BASE_ATTR_H

#include <stddef.h>

/* The result says whether the call worked: ignoring it is a bug. */
#define GH_MUST_CHECK __attribute__((warn_unused_result))

/* Calls fn with the variable's address when it leaves scope. Destructors
 * take half-built objects and zeroed memory. */
#define GH_CLEAN(fn) __attribute__((cleanup(fn)))

/* printf-like checking: position of the format and of the first argument. */
#define GH_PRINTF(at, first) __attribute__((format(printf, at, first)))

/* Number of elements of an array (not of a pointer). */
#define GH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of `type` that holds `member` at address `ptr`. */
#define GH_CONTAINER(ptr, type, member)                                        \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Marks a case that continues into the next one on purpose. */
#define GH_FALLTHROUGH __attribute__((fallthrough))

/* Says where and what, then ends the process; its supervisor replaces it.
 * Active in release builds: a wrong decision is worse than a lost request. */
_Noreturn void gh_assert_failed(const char *what, const char *file, int line);

#define gh_assert(condition)                                                   \
    ((condition) ? (void)0 : gh_assert_failed(#condition, __FILE__, __LINE__))

#endif
