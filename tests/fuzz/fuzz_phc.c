/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of the reader of PHC strings in core/password. The input is the
 * string of a credential row. Properties: what is accepted is short, within
 * the bounds, and is exactly what is written from the costs that were read,
 * its salt and its tag; what is refused leaves the result alone.
 */
#include <stdio.h>
#include <string.h>

#include "core/password_int.h"
#include "fuzz.h"

#include "base/banned.h"

/* The part of text behind its n-th "$", counted from 1. */
static struct gh_text
behind(struct gh_text text, size_t n)
{
    for (; n > 0; n--)
        text = gh_text_from(text, gh_text_find(text, '$') + 1);
    return text;
}

static void
assert_written(struct gh_text phc, const struct gh_phc *costs)
{
    char again_z[GH_PASSWORD_MAX + 64];
    struct gh_text rest = behind(phc, 4); /* salt$tag */
    int len = snprintf(again_z, sizeof(again_z),
                       "$argon2id$v=19$m=%llu,t=%llu,p=%llu$%.*s",
                       (unsigned long long)costs->memory_kib,
                       (unsigned long long)costs->passes,
                       (unsigned long long)costs->lanes, GH_TEXT_ARG(rest));

    gh_assert(len > 0 && (size_t)len == phc.len);
    gh_assert(memcmp(again_z, phc.at, phc.len) == 0);
}

static void
assert_alphabet(struct gh_text part)
{
    gh_assert(part.len >= 11 && part.len <= 86);
    gh_assert(part.len % 4 != 1);
    for (size_t i = 0; i < part.len; i++)
        gh_assert(gh_class_has((unsigned char)part.at[i],
                               GH_CLASS_DIGIT | GH_CLASS_ALPHA) ||
                  part.at[i] == '+' || part.at[i] == '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text phc = fuzz_text(data, size);
    struct gh_phc costs = {.memory_kib = 1};
    struct gh_text rest;
    struct gh_text salt;

    if (gh_phc_parse(phc, &costs) != GH_OK) {
        gh_assert(costs.memory_kib == 1); /* written only when it is good */
        return 0;
    }
    gh_assert(phc.len < GH_PASSWORD_MAX);
    gh_assert(memchr(phc.at, '\0', phc.len) == NULL);
    gh_assert(costs.memory_kib <= 1048576 &&
              costs.memory_kib >= 8 * costs.lanes);
    gh_assert(costs.passes >= 1 && costs.passes <= 20);
    gh_assert(costs.lanes >= 1 && costs.lanes <= 16);
    assert_written(phc, &costs);
    rest = behind(phc, 4);
    gh_assert(gh_text_cut(&rest, '$', &salt));
    assert_alphabet(salt);
    assert_alphabet(rest);
    return 0;
}
