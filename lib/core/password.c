/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing and verifying on libsodium. Owns nothing; MACs of passwords and
 * strings are wiped. Refuses strings whose verification would cost more than
 * 1 GiB or 20 passes: a row is input, and one edited row must not stop the
 * gateway. Called by the hashing threads and by gatehousectl.
 *
 * Why the HMAC comes first and is not argon2's own secret input: libsodium
 * does not offer that input, and 32 bytes of fixed length also mean that no
 * password is too long for the hash or cut by it.
 */
#include "core/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "core/password_int.h"

#include "base/banned.h"

enum {
    MAX_MEMORY_KIB = 1024 * 1024,
    MAX_PASSES = 20,
    MAX_LANES = 16,
    MAX_SALT = 48,
    MAX_TAG = 64,
};

bool
gh_password_cost_is_fit(const struct gh_password_cost *cost)
{
    static const struct gh_password_cost least[] = {
        {47104, 1}, {19456, 2}, {12288, 3}};

    if (cost->memory_kib > MAX_MEMORY_KIB || cost->passes > MAX_PASSES)
        return false;
    for (size_t i = 0; i < GH_COUNT(least); i++) {
        if (cost->memory_kib >= least[i].memory_kib &&
            cost->passes >= least[i].passes)
            return true;
    }
    return false;
}

/* --- PHC strings --------------------------------------------------------- */

/* Takes "<letter>=<number>" up to sep off *rest. */
static bool
take_number(struct gh_text *rest, const char *name_z, char sep, uint64_t *out)
{
    struct gh_text part;
    struct gh_text name = gh_text_of_z(name_z);

    if (!gh_text_cut(rest, sep, &part) || !gh_text_starts(part, name))
        return false;
    part = gh_text_from(part, name.len);
    if (part.len > 1 && part.at[0] == '0')
        return false;
    return gh_text_number(part, MAX_MEMORY_KIB, out) == GH_OK;
}

/* Letters, digits, "+" and "/": libsodium 1.0.18 takes some bytes over 0x7f
 * for letters. */
static bool
is_alphabet(struct gh_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c != '+' && c != '/' &&
            !gh_class_has((unsigned char)c, GH_CLASS_ALPHA | GH_CLASS_DIGIT))
            return false;
    }
    return true;
}

/* Canonical base64 without padding of least to most bytes. */
static bool
is_base64(struct gh_text text, size_t least, size_t most)
{
    unsigned char bytes[MAX_TAG];
    const char *end = NULL;
    size_t len = 0;
    bool is_good = false;

    if (text.len > 0 && text.len <= GH_BASE64URL_LEN(most) && is_alphabet(text))
        is_good = sodium_base642bin(
                      bytes, sizeof(bytes), text.at, text.len, NULL, &len, &end,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
                  end == text.at + text.len;
    gh_secret_wipe(bytes, sizeof(bytes));
    return is_good && len >= least && len <= most;
}

enum gh_status
gh_phc_parse(struct gh_text phc, struct gh_phc *out)
{
    const struct gh_text opening = GH_TEXT("$argon2id$v=19$");
    struct gh_phc made;
    struct gh_text salt;

    if (phc.len >= GH_PASSWORD_MAX || !gh_text_starts(phc, opening))
        return GH_MALFORMED;
    phc = gh_text_from(phc, opening.len);
    if (!take_number(&phc, "m=", ',', &made.memory_kib) ||
        !take_number(&phc, "t=", ',', &made.passes) ||
        !take_number(&phc, "p=", '$', &made.lanes) ||
        !gh_text_cut(&phc, '$', &salt))
        return GH_MALFORMED;
    if (made.passes < 1 || made.passes > MAX_PASSES || made.lanes < 1 ||
        made.lanes > MAX_LANES || made.memory_kib < 8 * made.lanes)
        return GH_MALFORMED;
    if (!is_base64(salt, 8, MAX_SALT) || !is_base64(phc, 16, MAX_TAG))
        return GH_MALFORMED;
    *out = made;
    return GH_OK;
}

/* --- hashing ------------------------------------------------------------- */

static void
wipe_mac(unsigned char (*mac)[GH_DIGEST_LEN])
{
    gh_secret_wipe(*mac, sizeof(*mac));
}

static void
wipe_string(char (*string)[GH_PASSWORD_MAX])
{
    gh_secret_wipe(*string, sizeof(*string));
}

enum gh_status
gh_password_hash(const struct gh_keys *keys,
                 const struct gh_password_cost *cost, struct gh_text password,
                 char out_z[GH_PASSWORD_MAX])
{
    unsigned char mac[GH_DIGEST_LEN] GH_CLEAN(wipe_mac);
    enum gh_status status;

    gh_assert(gh_password_cost_is_fit(cost));
    status = gh_keys_mac(keys, GH_KEY_PEPPER, GH_TEXT(""), &password, 1, mac);
    if (status != GH_OK)
        return status == GH_NONE ? GH_FAULT_BUG : status;

    memset(out_z, 0, GH_PASSWORD_MAX);
    /* libsodium fails here only when it cannot have the memory. */
    if (crypto_pwhash_str_alg(out_z, (const char *)mac, sizeof(mac),
                              cost->passes, cost->memory_kib * 1024,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return GH_FAULT_MEMORY;
    return GH_OK;
}

/* Whether a string that gh_phc_parse() took matches. libsodium sets EINVAL for
 * "no match" and anything else for "could not". GH_FAULT_MEMORY. */
static enum gh_status
compare(const char string_z[GH_PASSWORD_MAX],
        const unsigned char mac[GH_DIGEST_LEN], bool *matches)
{
    int result;

    errno = 0;
    result = crypto_pwhash_argon2id_str_verify(string_z, (const char *)mac,
                                               GH_DIGEST_LEN);
    if (result != 0 && errno != EINVAL)
        return GH_FAULT_MEMORY;
    *matches = result == 0;
    return GH_OK;
}

enum gh_status
gh_password_verify(const struct gh_keys *keys, struct gh_text phc,
                   struct gh_text pepper_kid, struct gh_text password,
                   bool *matches)
{
    unsigned char mac[GH_DIGEST_LEN] GH_CLEAN(wipe_mac);
    char string_z[GH_PASSWORD_MAX] GH_CLEAN(wipe_string) = {0};
    struct gh_phc costs;
    enum gh_status status = gh_phc_parse(phc, &costs);

    if (status != GH_OK)
        return status;
    /* An empty id would mean the current key; a row must name its own. */
    if (pepper_kid.len == 0)
        return GH_NONE;
    status = gh_keys_mac(keys, GH_KEY_PEPPER, pepper_kid, &password, 1, mac);
    if (status != GH_OK)
        return status;
    memcpy(string_z, phc.at, phc.len);
    return compare(string_z, mac, matches);
}

enum gh_status
gh_password_dummy(const struct gh_keys *keys,
                  const struct gh_password_cost *cost, struct gh_text password)
{
    char phc_z[GH_PASSWORD_MAX];
    bool matches;
    int len;

    /* Salt and tag of the usual sizes; no password has this tag. */
    len = snprintf(phc_z, sizeof(phc_z),
                   "$argon2id$v=19$m=%llu,t=%u,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                   (unsigned long long)cost->memory_kib, cost->passes);
    gh_assert(len > 0 && (size_t)len < sizeof(phc_z));
    return gh_password_verify(keys, gh_text_of_z(phc_z),
                              gh_keys_current(keys, GH_KEY_PEPPER), password,
                              &matches);
}

bool
gh_password_needs_rehash(const struct gh_password_cost *cost,
                         struct gh_text phc, struct gh_text pepper_kid,
                         const struct gh_keys *keys)
{
    struct gh_phc made;

    return gh_phc_parse(phc, &made) != GH_OK ||
           made.memory_kib != cost->memory_kib || made.passes != cost->passes ||
           made.lanes != 1 ||
           !gh_text_equal(pepper_kid, gh_keys_current(keys, GH_KEY_PEPPER));
}
