/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets on libsodium and getrandom(2). Owns nothing; what passes through a
 * buffer of ours is wiped. Limits one decoded value to 1,024 bytes. Called by
 * core and the gateway.
 *
 * Why getrandom() and not libsodium's generator: one call less that can be
 * replaced by a hook, and what the kernel gives needs no state of ours that a
 * fork() would copy.
 */
#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/random.h>

#include "base/banned.h"

enum {
    PIECE = 48,        /* bytes encoded at once; a multiple of three */
    MAX_PARSED = 1024, /* bytes of one decoded value */
};

enum gh_status
gh_random(void *out, size_t n)
{
    unsigned char *at = out;
    size_t done = 0;

    while (done < n) {
        ssize_t got = getrandom(at + done, n - done, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            sodium_memzero(out, n);
            return GH_FAULT_CRYPTO;
        }
        done += (size_t)got;
    }
    return GH_OK;
}

enum gh_status
gh_secret_setup(void)
{
    unsigned char byte;
    /* libsodium would look for /dev/urandom, and abort without it. */
    enum gh_status status = gh_random(&byte, sizeof(byte));

    if (status == GH_OK && sodium_init() < 0)
        status = GH_FAULT_CRYPTO;
    return status;
}

bool
gh_secret_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void
gh_secret_wipe(void *at, size_t n)
{
    if (n > 0)
        sodium_memzero(at, n);
}

void
gh_base64url_write(struct gh_buf *buf, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    char piece[GH_BASE64URL_LEN(PIECE) + 1];

    while (n > 0) {
        size_t some = n < PIECE ? n : PIECE;

        sodium_bin2base64(piece, sizeof(piece), at, some,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        gh_buf_checked(buf, gh_text_of_z(piece));
        at += some;
        n -= some;
    }
    sodium_memzero(piece, sizeof(piece));
}

/* True when a byte has its highest bit. libsodium 1.0.18 takes some of those
 * for letters, which would be a second spelling. */
static bool
has_high_byte(struct gh_text text)
{
    unsigned char all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.at[i];
    return all >= 0x80;
}

enum gh_status
gh_base64url_parse(struct gh_text text, void *out, size_t n)
{
    unsigned char bytes[MAX_PARSED];
    const char *end = NULL;
    size_t len = 0;
    int result;

    gh_assert(n > 0 && n <= sizeof(bytes));
    if (text.len != GH_BASE64URL_LEN(n) || has_high_byte(text))
        return GH_MALFORMED;
    /* libsodium refuses bits behind the last byte, which would make four
     * spellings of one token. */
    result = sodium_base642bin(bytes, n, text.at, text.len, NULL, &len, &end,
                               sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (result == 0 && len == n && end == text.at + text.len)
        memcpy(out, bytes, n);
    else
        result = -1;
    sodium_memzero(bytes, n);
    return result == 0 ? GH_OK : GH_MALFORMED;
}
