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
    RANDOM_LEN = 8, /* of a state before sign-in; of a device marker the first
                       half, the other one is since when */
    SINCE_LEN = 4,  /* of that */
    SINCE_AT = RANDOM_LEN - SINCE_LEN,
    TIME_LEN = 8, /* of both */
    MAC_LEN = 16, /* of both: 128 bits */
    PRE_BYTES = RANDOM_LEN + TIME_LEN + MAC_LEN,
    DEVICE_BYTES = RANDOM_LEN + TIME_LEN + MAC_LEN,
    DEVICE_PARTS = 5, /* that the MAC of one is over */
    PAD_LEN = GH_DIGEST_LEN,
    CSRF_BYTES = 2 * PAD_LEN,
};

static struct gh_text
bytes_text(const unsigned char *bytes, size_t n)
{
    return (struct gh_text){.at = (const char *)bytes, .len = n};
}

/* Writes a number in len bytes, most significant byte first. */
static void
write_number(unsigned char *at, int len, uint64_t number)
{
    for (int i = 0; i < len; i++)
        at[i] = (unsigned char)(number >> (8 * (len - 1 - i)) & 0xff);
}

static uint64_t
read_number(const unsigned char *at, int len)
{
    uint64_t number = 0;

    for (int i = 0; i < len; i++)
        number = number << 8 | at[i];
    return number;
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
    write_number(bytes + RANDOM_LEN, TIME_LEN, (uint64_t)now_s);
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
    int64_t made_s;

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    pre_parts(bytes, parts);
    status = check_mac(keys, GH_KEY_CSRF, parts, GH_COUNT(parts),
                       bytes_text(bytes + RANDOM_LEN + TIME_LEN, MAC_LEN));
    if (status != GH_OK)
        return status;
    /* The time is ours, behind a MAC; a clock that was set back makes a state
     * look young, which costs nothing. */
    made_s = (int64_t)read_number(bytes + RANDOM_LEN, TIME_LEN);
    return now_s - made_s > GH_PRE_LIFE_S ? GH_EXPIRED : GH_OK;
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

/* What a device marker is a MAC over. Markers of before were MACs over three
 * parts, then over four, so that none of them can be taken for one that says
 * since when. */
static void
device_parts(const unsigned char bytes[DEVICE_BYTES], struct gh_text account,
             struct gh_text parts[DEVICE_PARTS])
{
    parts[0] = GH_TEXT("device");
    parts[1] = account;
    parts[2] = bytes_text(bytes, SINCE_AT);
    parts[3] = bytes_text(bytes + SINCE_AT, SINCE_LEN);
    parts[4] = bytes_text(bytes + RANDOM_LEN, TIME_LEN);
}

enum gh_status
gh_device_make(const struct gh_keys *keys, struct gh_text account,
               const struct gh_marker *marker, struct gh_buf *out)
{
    const struct gh_text current = {0};
    unsigned char bytes[DEVICE_BYTES];
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_text parts[DEVICE_PARTS];
    enum gh_status status = gh_random(bytes, SINCE_AT);

    if (status != GH_OK)
        return status;
    write_number(bytes + SINCE_AT, SINCE_LEN, marker->since_s);
    write_number(bytes + RANDOM_LEN, TIME_LEN, (uint64_t)marker->at_us);
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
                struct gh_text value, struct gh_marker *out)
{
    unsigned char bytes[DEVICE_BYTES];
    struct gh_text parts[DEVICE_PARTS];
    enum gh_status status;

    if (gh_base64url_parse(value, bytes, sizeof(bytes)) != GH_OK)
        return GH_MALFORMED;
    device_parts(bytes, account, parts);
    status = check_mac(keys, GH_KEY_DEVICE, parts, GH_COUNT(parts),
                       bytes_text(bytes + RANDOM_LEN + TIME_LEN, MAC_LEN));
    if (status == GH_OK)
        *out = (struct gh_marker){
            .at_us = (int64_t)read_number(bytes + RANDOM_LEN, TIME_LEN),
            .since_s = (uint32_t)read_number(bytes + SINCE_AT, SINCE_LEN)};
    return status;
}
