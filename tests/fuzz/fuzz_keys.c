/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of core/keys. The input is a key file. Properties: a ring that
 * is accepted has a key of each name, as many keys as the file has lines
 * behind the first, ids and dates of their grammar, one current key a name,
 * and MACs under every id; what is refused says why in visible ASCII, and no
 * secret of the file is among the words.
 */
#include "core/keys.h"

#include <string.h>

#include "core/keys_int.h"
#include "fuzz.h"

#include "base/banned.h"

static size_t
count_lines(struct gh_text bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i++)
        n += bytes.at[i] == '\n';
    if (bytes.len > 0 && bytes.at[bytes.len - 1] != '\n')
        n++;
    return n;
}

static void
assert_key(const struct gh_keys *keys, const struct gh_key_info *info)
{
    unsigned char mac[GH_DIGEST_LEN];

    gh_assert(info->kid.len >= 1 && info->kid.len <= GH_KEY_KID_MAX);
    for (size_t i = 0; i < info->kid.len; i++)
        gh_assert(strchr("abcdefghijklmnopqrstuvwxyz0123456789",
                         info->kid.at[i]) != NULL);
    gh_assert(info->created.len == 10);
    gh_assert(gh_text_all(info->created, GH_CLASS_DIGIT | GH_CLASS_UNRESERVED));
    gh_assert(gh_keys_mac(keys, info->name, info->kid, NULL, 0, mac) == GH_OK);
}

static void
assert_ring(const struct gh_keys *keys, struct gh_text bytes)
{
    size_t n_current[GH_KEY_NAMES] = {0};
    struct gh_key_info info;
    size_t n = 0;

    for (; gh_keys_at(keys, n, &info); n++) {
        assert_key(keys, &info);
        n_current[info.name] += info.is_current;
    }
    gh_assert(n + 1 == count_lines(bytes));
    for (size_t i = 0; i < GH_KEY_NAMES; i++) {
        gh_assert(n_current[i] == 1);
        gh_assert(gh_keys_current(keys, (enum gh_key_name)i).len > 0);
    }
}

/* No run of 43 characters of a secret's alphabet is ever repeated. */
static void
assert_words(struct gh_text why)
{
    size_t run = 0;

    gh_assert(why.len > 0);
    for (size_t i = 0; i < why.len; i++) {
        unsigned char c = (unsigned char)why.at[i];

        gh_assert(c == ' ' || gh_class_has(c, GH_CLASS_VISIBLE));
        run = gh_class_has(c, GH_CLASS_BASE64URL) ? run + 1 : 0;
        gh_assert(run < 43);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text bytes = fuzz_text(data, size);
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = NULL;
    char at[256];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    enum gh_status status = gh_keys_parse(bytes, &why, &keys);

    gh_assert(status == GH_OK || status == GH_MALFORMED);
    gh_assert((status == GH_OK) == (keys != NULL));
    gh_assert(!why.is_failed);
    if (status == GH_OK)
        assert_ring(keys, bytes);
    else
        assert_words(gh_buf_text(&why));
    return 0;
}
