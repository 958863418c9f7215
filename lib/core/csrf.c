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
    RANDOM_LEN = 8, /* of a state before sign-in, and of a device marker */
    TIME_LEN = 8,   /* of them */
    MAC_LEN = 16,   /* of them: 128 bits */
    PRE_BYTES = RANDOM_LEN + TIME_LEN + MAC_LEN,
    DEVICE_BYTES = RANDOM_LEN + TIME_LEN + MAC_LEN,
    PAD_LEN = GH_DIGEST_LEN,
    CSRF_BYTES = 2 * PAD_LEN,
};

static struct gh_text
bytes_text(const unsigned char *bytes, size_t n)
{
    return (struct gh_text){.at = (const char *)bytes, .len = n};
}

/* Puts a time behind the random part, most significant byte first. */
static void
write_time(unsigned char *bytes, int64_t time)
{
    for (int i = 0; i < TIME_LEN; i++)
        bytes[RANDOM_LEN + i] =
            (unsigned char)((uint64_t)time >> (8 * (TIME_LEN - 1 - i)) & 0xff);
}

/* The time behind the random part. */
static int64_t
read_time(const unsigned char *bytes)
{
    uint64_t time = 0;

    for (int i = 0; i < TIME_LEN; i++)
        time = time << 8 | bytes[RANDOM_LEN + i];
    return (int64_t)time;
}

/* Whether expected is the beginning of a MAC over n parts, under any key of
 * that name. */
static enum gh_status
check_mac(const struct gh_keys *keys, enum gh_key_name name,
          const struct gh_text *parts, size_t n, struct gh_text expected)
{
    struct gh_key_info info;

    for (size_t i = 0; gh_keys_at(keys, i, &info); i++) {
        unsigned char mac[GH_DIGEST_LEN];
        enum gh_status status;

        if (info.name != name)
            continue;
        status = gh_keys_mac(keys, name, info.kid, parts, n, mac);
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
    write_time(bytes, now_s);
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
    enum gh_status status;

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    pre_parts(bytes, parts);
    status = check_mac(keys, GH_KEY_CSRF, parts, GH_COUNT(parts),
                       bytes_text(bytes + RANDOM_LEN + TIME_LEN, MAC_LEN));
    if (status != GH_OK)
        return status;
    /* The time is ours, behind a MAC; a clock that was set back makes a state
     * look young, which costs nothing. */
    return now_s - read_time(bytes) > GH_PRE_LIFE_S ? GH_EXPIRED : GH_OK;
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
    return check_mac(keys, GH_KEY_CSRF, parts, GH_COUNT(parts),
                     bytes_text(mac, sizeof(mac)));
}

/* What a device marker is a MAC over. Markers of before they had a time were
 * MACs over three parts, so that none of them can be taken for one with a
 * time. */
static void
device_parts(const unsigned char bytes[DEVICE_BYTES], struct gh_text account,
             struct gh_text parts[4])
{
    parts[0] = GH_TEXT("device");
    parts[1] = account;
    parts[2] = bytes_text(bytes, RANDOM_LEN);
    parts[3] = bytes_text(bytes + RANDOM_LEN, TIME_LEN);
}

enum gh_status
gh_device_make(const struct gh_keys *keys, struct gh_text account,
               int64_t at_us, struct gh_buf *out)
{
    const struct gh_text current = {0};
    unsigned char bytes[DEVICE_BYTES];
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_text parts[4];
    enum gh_status status = gh_random(bytes, RANDOM_LEN);

    if (status != GH_OK)
        return status;
    write_time(bytes, at_us);
    device_parts(bytes, account, parts);
    status =
        gh_keys_mac(keys, GH_KEY_DEVICE, current, parts, GH_COUNT(parts), mac);
    if (status != GH_OK)
        return status;
    memcpy(bytes + RANDOM_LEN + TIME_LEN, mac, MAC_LEN);
    gh_base64url_write(out, bytes, sizeof(bytes));
    return GH_OK;
}

enum gh_status
gh_device_check(const struct gh_keys *keys, struct gh_text account,
                struct gh_text value, int64_t *at_us)
{
    unsigned char bytes[DEVICE_BYTES];
    struct gh_text parts[4];
    enum gh_status status;

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    device_parts(bytes, account, parts);
    status = check_mac(keys, GH_KEY_DEVICE, parts, GH_COUNT(parts),
                       bytes_text(bytes + RANDOM_LEN + TIME_LEN, MAC_LEN));
    if (status == GH_OK)
        *at_us = read_time(bytes);
    return status;
}
