/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens and states of sessions. Owns nothing. Refuses tokens that are not 32
 * bytes in canonical base64url before anything is asked. Called by identify
 * and the acts.
 */
#include "core/session.h"

#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    TOKEN_BYTES = 32, /* of randomness */
};

/* A state in the database's words. */
struct state {
    struct gh_text word;   /* what session_find returns */
    enum gh_nobody nobody; /* what it means */
};

static const struct state states[] = {
    {GH_TEXT_INIT("live"), GH_NOBODY_NO_TOKEN},
    {GH_TEXT_INIT("idle"), GH_NOBODY_IDLE},
    {GH_TEXT_INIT("absolute"), GH_NOBODY_ABSOLUTE},
    {GH_TEXT_INIT("logout"), GH_NOBODY_SIGNED_OUT},
    {GH_TEXT_INIT("disabled"), GH_NOBODY_ACCOUNT},
    {GH_TEXT_INIT("revoked"), GH_NOBODY_REVOKED},
    {GH_TEXT_INIT("replaced"), GH_NOBODY_REVOKED},
    {GH_TEXT_INIT("limit"), GH_NOBODY_REVOKED},
    {GH_TEXT_INIT("reused"), GH_NOBODY_REUSED},
    {GH_TEXT_INIT("rights_changed"), GH_NOBODY_RIGHTS},
    {GH_TEXT_INIT("failover"), GH_NOBODY_FAILOVER},
    {GH_TEXT_INIT("moved"), GH_NOBODY_MOVED},
};

/* The MAC of a token's bytes, for a host, under the key of that id. */
static enum gh_status
hash_bytes(const struct gh_keys *keys, struct gh_text kid, struct gh_text host,
           const unsigned char bytes[TOKEN_BYTES],
           unsigned char out[GH_DIGEST_LEN])
{
    const struct gh_text parts[] = {
        GH_TEXT("token"),
        {.at = (const char *)bytes, .len = TOKEN_BYTES},
        host};

    return gh_keys_mac(keys, GH_KEY_SESSION, kid, parts, GH_COUNT(parts), out);
}

/* Hash, text and binding of a token's bytes, for a session with out's
 * reference. */
static enum gh_status
dress(const struct gh_keys *keys, struct gh_text host,
      const unsigned char bytes[TOKEN_BYTES], int64_t account_id, int level,
      struct gh_new_session *out)
{
    const struct gh_text current = {0};
    struct gh_buf token = gh_buf_over(out->token, sizeof(out->token));
    enum gh_status status =
        hash_bytes(keys, current, host, bytes, out->token_hash);

    if (status != GH_OK)
        return status;
    gh_base64url_write(&token, bytes, TOKEN_BYTES);

    const struct gh_session_row row = {
        .account_id = account_id,
        .token_hash = {.at = (const char *)out->token_hash,
                       .len = sizeof(out->token_hash)},
        .reference = {.at = (const char *)out->reference,
                      .len = sizeof(out->reference)},
        .level = level};

    return gh_session_mac(keys, &row, out->binding);
}

enum gh_status
gh_session_make(const struct gh_keys *keys, struct gh_text host,
                int64_t account_id, int level, struct gh_new_session *out)
{
    unsigned char bytes[TOKEN_BYTES];
    enum gh_status status = gh_random(bytes, sizeof(bytes));

    if (status == GH_OK)
        status = gh_random(out->reference, sizeof(out->reference));
    if (status == GH_OK)
        status = dress(keys, host, bytes, account_id, level, out);
    gh_secret_wipe(bytes, sizeof(bytes));
    return status;
}

enum gh_status
gh_session_succeed(const struct gh_keys *keys, struct gh_text token,
                   const struct gh_succession *of, struct gh_new_session *out)
{
    const struct gh_text current = {0};
    unsigned char bytes[TOKEN_BYTES];
    unsigned char next[GH_DIGEST_LEN];
    char digits[20];
    struct gh_buf generation = gh_buf_over(digits, sizeof(digits));
    enum gh_status status;

    if (gh_base64url_parse(token, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    gh_buf_number(&generation, (uint64_t)of->generation);
    const struct gh_text parts[] = {
        GH_TEXT("successor"),
        {.at = (const char *)bytes, .len = sizeof(bytes)},
        {.at = (const char *)of->reference, .len = sizeof(of->reference)},
        gh_buf_text(&generation)};

    status = gh_keys_mac(keys, GH_KEY_SESSION, current, parts, GH_COUNT(parts),
                         next);
    memcpy(out->reference, of->reference, sizeof(out->reference));
    if (status == GH_OK)
        status = dress(keys, of->host, next, of->account_id, of->level, out);
    gh_secret_wipe(bytes, sizeof(bytes));
    gh_secret_wipe(next, sizeof(next));
    return status;
}

enum gh_status
gh_session_hash(const struct gh_keys *keys, size_t i, struct gh_text host,
                struct gh_text token, unsigned char out[GH_DIGEST_LEN])
{
    unsigned char bytes[TOKEN_BYTES];
    struct gh_key_info info;
    enum gh_status status = GH_NONE;

    if (gh_base64url_parse(token, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    for (size_t k = 0; gh_keys_at(keys, k, &info); k++) {
        if (info.name != GH_KEY_SESSION)
            continue;
        if (i-- == 0) {
            status = hash_bytes(keys, info.kid, host, bytes, out);
            break;
        }
    }
    gh_secret_wipe(bytes, sizeof(bytes));
    return status;
}

void
gh_reference_read(struct gh_text hex, unsigned char out[GH_REFERENCE_LEN])
{
    for (size_t i = 0; i < GH_REFERENCE_LEN && 2 * i + 1 < hex.len; i++)
        out[i] = (unsigned char)(gh_hex_digit(hex.at[2 * i]) << 4 |
                                 gh_hex_digit(hex.at[2 * i + 1]));
}

enum gh_status
gh_reference_write(struct gh_arena *arena, struct gh_text reference,
                   struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(arena, 2 * reference.len, &buf);

    if (status != GH_OK)
        return status;
    gh_buf_hex(&buf, reference.at, reference.len);
    *out = gh_buf_text(&buf);
    return GH_OK;
}

enum gh_nobody
gh_session_nobody(struct gh_text state)
{
    for (size_t i = 0; i < GH_COUNT(states); i++) {
        if (gh_text_equal(state, states[i].word))
            return states[i].nobody;
    }
    return GH_NOBODY_REVOKED;
}

struct gh_text
gh_nobody_word(enum gh_nobody nobody)
{
    switch (nobody) {
    case GH_NOBODY_NO_TOKEN:
        return GH_TEXT("sign_in");
    case GH_NOBODY_STRANGE:
        return GH_TEXT("unknown");
    case GH_NOBODY_IDLE:
        return GH_TEXT("idle");
    case GH_NOBODY_ABSOLUTE:
        return GH_TEXT("expired");
    case GH_NOBODY_SIGNED_OUT:
        return GH_TEXT("signed_out");
    case GH_NOBODY_REVOKED:
        return GH_TEXT("ended");
    case GH_NOBODY_ACCOUNT:
        return GH_TEXT("account");
    case GH_NOBODY_REUSED:
        return GH_TEXT("reused");
    case GH_NOBODY_RIGHTS:
        return GH_TEXT("permissions");
    case GH_NOBODY_FAILOVER:
        return GH_TEXT("server_moved");
    case GH_NOBODY_MOVED:
        return GH_TEXT("moved");
    }
    return GH_TEXT("sign_in");
}
