/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/data. The input is what is behind "/data/" in a path,
 * with its query behind the first "?", and a Content-Type as a whole.
 * Properties: what is taken is two names of their grammar with one "/"
 * between, and nothing else; the scope is that of the query; a media type is
 * one of three, whatever it was written like.
 */
#include "web/data.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

static void
assert_name(struct gh_text name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

    gh_assert(name.len >= 1 && name.len <= 64);
    for (size_t i = 0; i < name.len; i++)
        gh_assert(memchr(allowed, name.at[i], sizeof(allowed) - 1) != NULL);
    gh_assert(memchr("._-", name.at[0], 3) == NULL);
}

static void
check_address(struct gh_text raw)
{
    struct gh_text rest = gh_text_first(raw, gh_text_find(raw, '?'));
    struct gh_text query = gh_text_from(raw, rest.len);
    struct gh_data_address address;

    if (gh_data_parse(rest, query, &address) != GH_OK)
        return;
    assert_name(address.application);
    assert_name(address.key);
    gh_assert(address.application.at == rest.at);
    gh_assert(address.application.len + 1 + address.key.len == rest.len);
    gh_assert(rest.at[address.application.len] == '/');
    gh_assert(address.is_account ==
              (query.len == 14 && memcmp(query.at, "?scope=account", 14) == 0));
    gh_assert(address.is_account || query.len == 0 ||
              (query.len == 14 && memcmp(query.at, "?scope=session", 14) == 0));
}

static void
check_type(struct gh_text raw)
{
    struct gh_text type;

    if (gh_data_type(raw, &type) != GH_OK)
        return;
    gh_assert(gh_text_equal(type, GH_TEXT("application/json")) ||
              gh_text_equal(type, GH_TEXT("text/plain")) ||
              gh_text_equal(type, GH_TEXT("application/octet-stream")));
    gh_assert(fuzz_contains_nocase(raw, type));
    gh_assert(!fuzz_contains_nocase(raw, GH_TEXT("html")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_address(fuzz_text(data, size));
    check_type(fuzz_text(data, size));
    return 0;
}
