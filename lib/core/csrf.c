/* SPDX-License-Identifier: Apache-2.0
 *
 * State before sign-in, form tokens, device markers. Owns nothing. Refuses
 * anything that is not in its one canonical form before a MAC is computed.
 * Called by the acts that show and take forms.
 */
#include "core/csrf.h"

#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    RANDOM_LEN = 8, /* of a state before sign-in */
    TIME_LEN = 8,   /* of it */
    MAC_LEN = 16,   /* of it, and of a device marker: 128 bits */
    PRE_BYTES = RANDOM_LEN + TIME_LEN + MAC_LEN,
    MARK_LEN = 16, /* random part of a device marker */
    DEVICE_BYTES = MARK_LEN + MAC_LEN,
    PAD_LEN = GH_DIGEST_LEN,
    CSRF_BYTES = 2 * PAD_LEN,
};

static struct gh_text
bytes_text(const unsigned char *bytes, size_t n)
{
    return (struct gh_text){.at = (const char *)bytes, .len = n};
}

/* Whether the first n bytes of expected are a MAC over the parts, under any
 * key of that name. */
static enum gh_status
check_mac(const struct gh_keys *keys, enum gh_key_name name,
          const struct gh_text parts[3], struct gh_text expected)
{
    struct gh_key_info info;

    for (size_t i = 0; gh_keys_at(keys, i, &info); i++) {
        unsigned char mac[GH_DIGEST_LEN];
        enum gh_status status;

        if (info.name != name)
            continue;
        status = gh_keys_mac(keys, name, info.kid, parts, 3, mac);
        if (status != GH_OK)
            return status;
        if (gh_secret_equal(mac, expected.at, expected.len))
            return GH_OK;
    }
    return GH_MALFORMED;
}

/* What a state before sign-in is a MAC over. */
static void
pre_parts(const unsigned char bytes[PRE_BYTES], struct gh_text parts[3])
{
    parts[0] = GH_TEXT("pre");
    parts[1] = bytes_text(bytes, RANDOM_LEN);
    parts[2] = bytes_text(bytes + RANDOM_LEN, TIME_LEN);
}

enum gh_status
gh_pre_make(const struct gh_keys *keys, int64_t now_s, struct gh_buf *out)
{
    const struct gh_text current = {0};
    unsigned char bytes[PRE_BYTES];
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_text parts[3];
    enum gh_status status = gh_random(bytes, RANDOM_LEN);

    if (status != GH_OK)
        return status;
    for (int i = 0; i < TIME_LEN; i++)
        bytes[RANDOM_LEN + i] =
            (unsigned char)((uint64_t)now_s >> (8 * (TIME_LEN - 1 - i)) & 0xff);
    pre_parts(bytes, parts);
    status = gh_keys_mac(keys, GH_KEY_CSRF, current, parts, 3, mac);
    if (status != GH_OK)
        return status;
    memcpy(bytes + RANDOM_LEN + TIME_LEN, mac, MAC_LEN);
    gh_base64url_write(out, bytes, sizeof(bytes));
    return GH_OK;
}

enum gh_status
gh_pre_check(const struct gh_keys *keys, int64_t now_s, struct gh_text value)
{
    unsigned char bytes[PRE_BYTES];
    struct gh_text parts[3];
    uint64_t made_s = 0;
    enum gh_status status;

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    pre_parts(bytes, parts);
    status = check_mac(keys, GH_KEY_CSRF, parts,
                       bytes_text(bytes + RANDOM_LEN + TIME_LEN, MAC_LEN));
    if (status != GH_OK)
        return status;
    for (int i = 0; i < TIME_LEN; i++)
        made_s = made_s << 8 | bytes[RANDOM_LEN + i];
    /* The time is ours, behind a MAC; a clock that was set back makes a state
     * look young, which costs nothing. */
    return now_s - (int64_t)made_s > GH_PRE_LIFE_S ? GH_EXPIRED : GH_OK;
}

enum gh_status
gh_csrf_make(const struct gh_keys *keys, struct gh_text purpose,
             struct gh_text subject, struct gh_buf *out)
{
    const struct gh_text parts[3] = {GH_TEXT("csrf"), purpose, subject};
    const struct gh_text current = {0};
    unsigned char bytes[CSRF_BYTES];
    unsigned char mac[GH_DIGEST_LEN];
    enum gh_status status = gh_random(bytes, PAD_LEN);

    if (status == GH_OK)
        status = gh_keys_mac(keys, GH_KEY_CSRF, current, parts, 3, mac);
    if (status != GH_OK)
        return status;
    for (int i = 0; i < PAD_LEN; i++)
        bytes[PAD_LEN + i] = bytes[i] ^ mac[i];
    gh_base64url_write(out, bytes, sizeof(bytes));
    return GH_OK;
}

enum gh_status
gh_csrf_check(const struct gh_keys *keys, struct gh_text purpose,
              struct gh_text subject, struct gh_text token)
{
    const struct gh_text parts[3] = {GH_TEXT("csrf"), purpose, subject};
    unsigned char bytes[CSRF_BYTES];
    unsigned char mac[PAD_LEN];

    if (gh_base64url_parse(token, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    for (int i = 0; i < PAD_LEN; i++)
        mac[i] = bytes[i] ^ bytes[PAD_LEN + i];
    return check_mac(keys, GH_KEY_CSRF, parts, bytes_text(mac, sizeof(mac)));
}

enum gh_status
gh_device_make(const struct gh_keys *keys, struct gh_text account,
               struct gh_buf *out)
{
    const struct gh_text current = {0};
    unsigned char bytes[DEVICE_BYTES] = {0};
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_text parts[3] = {GH_TEXT("device"), account,
                               bytes_text(bytes, MARK_LEN)};
    enum gh_status status = gh_random(bytes, MARK_LEN);

    if (status == GH_OK)
        status = gh_keys_mac(keys, GH_KEY_DEVICE, current, parts, 3, mac);
    if (status != GH_OK)
        return status;
    memcpy(bytes + MARK_LEN, mac, MAC_LEN);
    gh_base64url_write(out, bytes, sizeof(bytes));
    return GH_OK;
}

enum gh_status
gh_device_check(const struct gh_keys *keys, struct gh_text account,
                struct gh_text value)
{
    unsigned char bytes[DEVICE_BYTES] = {0};
    struct gh_text parts[3] = {GH_TEXT("device"), account,
                               bytes_text(bytes, MARK_LEN)};

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    return check_mac(keys, GH_KEY_DEVICE, parts,
                     bytes_text(bytes + MARK_LEN, MAC_LEN));
}
