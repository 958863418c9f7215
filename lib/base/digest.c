/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests on OpenSSL. Owns the fetched SHA-256 and a template of an HMAC over
 * it, which is copied for each call: setting up the copy looks nothing up.
 * Refuses nothing. Called by core/keys and by whoever checks files.
 */
#include "base/digest.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/banned.h"

struct gh_digest {
    EVP_MD *sha256;         /* fetched */
    EVP_MAC_CTX *hmac_made; /* HMAC with SHA-256 and no key; only copied */
};

static void
free_md_ctx(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static void
free_mac_ctx(EVP_MAC_CTX **ctx)
{
    EVP_MAC_CTX_free(*ctx);
}

/* The template: an HMAC that knows its hash. NULL when OpenSSL has none. */
static EVP_MAC_CTX *
make_hmac(void)
{
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

enum gh_status
gh_digest_new(struct gh_digest **out)
{
    struct gh_digest *digest = calloc(1, sizeof(*digest));

    if (digest == NULL)
        return GH_FAULT_MEMORY;
    digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest->hmac_made = make_hmac();
    if (digest->sha256 == NULL || digest->hmac_made == NULL) {
        gh_digest_free(digest);
        return GH_FAULT_CRYPTO;
    }
    *out = digest;
    return GH_OK;
}

void
gh_digest_free(struct gh_digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_free(digest->sha256);
    EVP_MAC_CTX_free(digest->hmac_made);
    free(digest);
}

void
gh_digest_free_at(struct gh_digest **digest)
{
    gh_digest_free(*digest);
}

enum gh_status
gh_digest_sha256(const struct gh_digest *digest, const struct gh_text *parts,
                 size_t n, unsigned char out[GH_DIGEST_LEN])
{
    EVP_MD_CTX *ctx GH_CLEAN(free_md_ctx) = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_DigestInit_ex2(ctx, digest->sha256, NULL) != 1)
        return GH_FAULT_CRYPTO;
    for (size_t i = 0; i < n; i++) {
        if (EVP_DigestUpdate(ctx, parts[i].at, parts[i].len) != 1)
            return GH_FAULT_CRYPTO;
    }
    return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? GH_OK : GH_FAULT_CRYPTO;
}

enum gh_status
gh_digest_hmac(const struct gh_digest *digest, struct gh_text key,
               const struct gh_text *parts, size_t n,
               unsigned char out[GH_DIGEST_LEN])
{
    EVP_MAC_CTX *ctx GH_CLEAN(free_mac_ctx) =
        EVP_MAC_CTX_dup(digest->hmac_made);
    size_t len = 0;

    gh_assert(key.len > 0);
    if (ctx == NULL ||
        EVP_MAC_init(ctx, (const unsigned char *)key.at, key.len, NULL) != 1)
        return GH_FAULT_CRYPTO;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len > 0 &&
            EVP_MAC_update(ctx, (const unsigned char *)parts[i].at,
                           parts[i].len) != 1)
            return GH_FAULT_CRYPTO;
    }
    if (EVP_MAC_final(ctx, out, &len, GH_DIGEST_LEN) != 1 ||
        len != GH_DIGEST_LEN)
        return GH_FAULT_CRYPTO;
    return GH_OK;
}
