/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target shares: the entry that libFuzzer and replay.c call,
 * and small ways to take an input apart. Targets state properties with
 * gh_assert(), which is active in every build. Owns nothing.
 */
#ifndef GH_TESTS_FUZZ_H
#define GH_TESTS_FUZZ_H

#include "base/text.h"

/* One input; always returns 0. Everything made during the call is given back
 * before it returns. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as text; valid during the call. */
static inline struct gh_text
fuzz_text(const uint8_t *data, size_t size)
{
    return (struct gh_text){.at = (const char *)data, .len = size};
}

/* True when part occurs in whole, without case. For properties that must not
 * lean on the code under test. */
static inline bool
fuzz_contains_nocase(struct gh_text whole, struct gh_text part)
{
    for (size_t i = 0; i + part.len <= whole.len; i++) {
        if (gh_text_starts_nocase(gh_text_from(whole, i), part))
            return true;
    }
    return false;
}

#endif
