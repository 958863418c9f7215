/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing and opening session data. Owns nothing: the account's key stands on
 * the stack and is wiped. The ring gives no secret away, so that key is a MAC
 * of the ring's; it also leaves 2^32 random nonces to each account and not to
 * all of them together. Called by the act of session data.
 */
#include "core/vault.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    LINE_MAX_LEN = 320, /* bytes of the associated data: two numbers, 32 digits
                           and three short names */
    NUMBER_MAX = 24,    /* characters of a decimal int64_t and its NUL */
};

/* A key that is wiped when it leaves scope. */
struct account_key {
    unsigned char at[GH_DIGEST_LEN]; /* the key */
};

static void
wipe_key(struct account_key *key)
{
    gh_secret_wipe(key, sizeof(*key));
}

/* The decimal digits of a number. */
static struct gh_text
number(int64_t value, char at[NUMBER_MAX])
{
    snprintf(at, NUMBER_MAX, "%" PRId64, value);
    return gh_text_of_z(at);
}

/* One word of the associated data. Checked by who made the place. */
static void
put_word(struct gh_buf *line, struct gh_text word)
{
    gh_assert(gh_text_all(word, GH_CLASS_VISIBLE) && word.len > 0);
    gh_buf_lit(line, " ");
    gh_buf_checked(line, word);
}

/* The associated data: the place as one line. */
static struct gh_text
write_line(const struct gh_place *place, struct gh_text kid,
           char at[LINE_MAX_LEN])
{
    struct gh_buf line = gh_buf_over(at, LINE_MAX_LEN);
    char digits[NUMBER_MAX];

    gh_buf_lit(&line, "gatehouse-data 1");
    put_word(&line,
             place->is_account ? GH_TEXT("account") : GH_TEXT("session"));
    put_word(&line, number(place->account_id, digits));
    gh_buf_lit(&line, " ");
    if (place->is_account) {
        gh_buf_lit(&line, "-");
    } else {
        gh_assert(place->reference.len == GH_VAULT_REFERENCE_LEN);
        gh_buf_hex(&line, place->reference.at, place->reference.len);
    }
    put_word(&line, number(place->application_id, digits));
    put_word(&line, place->key);
    put_word(&line, place->media_type);
    put_word(&line, kid);
    gh_assert(!line.is_failed);
    return gh_buf_text(&line);
}

/* The account's key under the ring's key of that id. GH_NONE. */
static enum gh_status
make_key(const struct gh_keys *keys, struct gh_text kid, int64_t account_id,
         struct account_key *out)
{
    char digits[NUMBER_MAX];
    const struct gh_text parts[] = {GH_TEXT("data"),
                                    number(account_id, digits)};

    return gh_keys_mac(keys, GH_KEY_DATA, kid, parts, GH_COUNT(parts), out->at);
}

enum gh_status
gh_vault_seal(struct gh_arena *arena, const struct gh_keys *keys,
              const struct gh_place *place, struct gh_text value,
              struct gh_sealed *out)
{
    struct account_key key GH_CLEAN(wipe_key) = {{0}};
    struct gh_text kid = gh_keys_current(keys, GH_KEY_DATA);
    size_t len = value.len + GH_AEAD_TAG_LEN;
    char line[LINE_MAX_LEN];
    unsigned char *made;
    enum gh_status status;

    if (value.len > GH_VAULT_VALUE_MAX)
        return GH_LIMIT;
    made = gh_arena_new(arena, GH_AEAD_NONCE_LEN + len);
    if (made == NULL)
        return GH_FAULT_MEMORY;
    status = gh_random(made, GH_AEAD_NONCE_LEN);
    if (status == GH_OK)
        status = make_key(keys, kid, place->account_id, &key);
    if (status != GH_OK)
        return status == GH_NONE ? GH_FAULT_BUG : status;
    const struct gh_aead_seal seal = {.key = key.at,
                                      .nonce = made,
                                      .associated =
                                          write_line(place, kid, line)};

    status = gh_aead_seal(gh_keys_aead(keys), &seal, value,
                          made + GH_AEAD_NONCE_LEN);
    if (status != GH_OK)
        return status;
    *out = (struct gh_sealed){
        .kid = kid,
        .nonce = {(const char *)made, GH_AEAD_NONCE_LEN},
        .bytes = {(const char *)made + GH_AEAD_NONCE_LEN, len}};
    return GH_OK;
}

enum gh_status
gh_vault_open(struct gh_arena *arena, const struct gh_keys *keys,
              const struct gh_place *place, const struct gh_sealed *sealed,
              struct gh_text *out)
{
    struct account_key key GH_CLEAN(wipe_key) = {{0}};
    char line[LINE_MAX_LEN];
    unsigned char *made;
    enum gh_status status;

    /* An empty id would mean the current key. */
    if (sealed->kid.len == 0 || sealed->kid.len > GH_KEY_KID_MAX)
        return GH_NONE;
    if (sealed->nonce.len != GH_AEAD_NONCE_LEN ||
        sealed->bytes.len < GH_AEAD_TAG_LEN ||
        sealed->bytes.len > GH_VAULT_VALUE_MAX + GH_AEAD_TAG_LEN)
        return GH_MALFORMED;
    status = make_key(keys, sealed->kid, place->account_id, &key);
    if (status != GH_OK)
        return status;
    made = gh_arena_new(arena, sealed->bytes.len);
    if (made == NULL)
        return GH_FAULT_MEMORY;
    const struct gh_aead_seal seal = {
        .key = key.at,
        .nonce = (const unsigned char *)sealed->nonce.at,
        .associated = write_line(place, sealed->kid, line)};

    status = gh_aead_open(gh_keys_aead(keys), &seal, sealed->bytes, made);
    if (status == GH_OK)
        *out = (struct gh_text){(const char *)made,
                                sealed->bytes.len - GH_AEAD_TAG_LEN};
    return status;
}
