/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-256-GCM on OpenSSL. Owns the fetched cipher; each call has a context of
 * its own, whose keys OpenSSL wipes when it is freed. Refuses what is over the
 * limit. What was decrypted before the tag was looked at never leaves: it is
 * wiped when the tag is wrong. Called by core/vault.
 */
#include "core/aead.h"

#include <openssl/evp.h>

#include "base/secret.h"

#include "base/banned.h"

struct gh_aead {
    EVP_CIPHER *gcm; /* fetched */
};

static void
free_ctx(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

static const unsigned char *
bytes(struct gh_text text)
{
    return (const unsigned char *)text.at;
}

enum gh_status
gh_aead_new(struct gh_arena *arena, struct gh_aead **out)
{
    struct gh_aead *aead = gh_arena_new(arena, sizeof(*aead));

    if (aead == NULL)
        return GH_FAULT_MEMORY;
    aead->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (aead->gcm == NULL ||
        EVP_CIPHER_get_key_length(aead->gcm) != GH_AEAD_KEY_LEN ||
        EVP_CIPHER_get_iv_length(aead->gcm) != GH_AEAD_NONCE_LEN) {
        gh_aead_free(aead);
        return GH_FAULT_CRYPTO;
    }
    *out = aead;
    return GH_OK;
}

void
gh_aead_free(struct gh_aead *aead)
{
    if (aead != NULL)
        EVP_CIPHER_free(aead->gcm);
}

/* Key, nonce and associated data into a context: all but the text. NULL when
 * OpenSSL refuses. */
static EVP_CIPHER_CTX *
begin(const struct gh_aead *aead, const struct gh_aead_seal *seal,
      bool is_sealing)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    if (ctx != NULL &&
        EVP_CipherInit_ex2(ctx, aead->gcm, seal->key, seal->nonce, is_sealing,
                           NULL) == 1 &&
        (seal->associated.len == 0 ||
         EVP_CipherUpdate(ctx, NULL, &n, bytes(seal->associated),
                          (int)seal->associated.len) == 1))
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

/* The text through the context, as many bytes as it has. */
static bool
run(EVP_CIPHER_CTX *ctx, struct gh_text text, unsigned char *out)
{
    int n = 0;

    return text.len == 0 ||
           (EVP_CipherUpdate(ctx, out, &n, bytes(text), (int)text.len) == 1 &&
            (size_t)n == text.len);
}

enum gh_status
gh_aead_seal(const struct gh_aead *aead, const struct gh_aead_seal *seal,
             struct gh_text plain, unsigned char *out)
{
    EVP_CIPHER_CTX *ctx GH_CLEAN(free_ctx) = NULL;
    int n;

    if (plain.len > GH_AEAD_MAX || seal->associated.len > GH_AEAD_MAX)
        return GH_LIMIT;
    ctx = begin(aead, seal, true);
    if (ctx == NULL || !run(ctx, plain, out) ||
        EVP_CipherFinal_ex(ctx, out + plain.len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GH_AEAD_TAG_LEN,
                            out + plain.len) != 1)
        return GH_FAULT_CRYPTO;
    return GH_OK;
}

enum gh_status
gh_aead_open(const struct gh_aead *aead, const struct gh_aead_seal *seal,
             struct gh_text sealed, unsigned char *out)
{
    EVP_CIPHER_CTX *ctx GH_CLEAN(free_ctx) = NULL;
    unsigned char tag[GH_AEAD_TAG_LEN];
    struct gh_text text;
    int n;

    if (sealed.len > GH_AEAD_MAX || seal->associated.len > GH_AEAD_MAX)
        return GH_LIMIT;
    if (sealed.len < GH_AEAD_TAG_LEN)
        return GH_MALFORMED;
    text = gh_text_first(sealed, sealed.len - GH_AEAD_TAG_LEN);
    for (size_t i = 0; i < sizeof(tag); i++)
        tag[i] = (unsigned char)sealed.at[text.len + i];
    ctx = begin(aead, seal, false);
    if (ctx == NULL || !run(ctx, text, out) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GH_AEAD_TAG_LEN, tag) !=
            1) {
        gh_secret_wipe(out, text.len);
        return GH_FAULT_CRYPTO;
    }
    if (EVP_CipherFinal_ex(ctx, out + text.len, &n) == 1)
        return GH_OK;
    gh_secret_wipe(out, text.len);
    return GH_MALFORMED;
}
