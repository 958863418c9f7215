/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/csrf: what was made is accepted, and nothing that differs in
 * a character, a purpose, a subject, an account or an age.
 */
#include "core/csrf.h"

#include <string.h>

#include "base/secret.h"
#include "check.h"
#include "core/keys_int.h"

#include "base/banned.h"

extern const struct check_case csrf_cases[];

#define A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define B "__________________________________________8"
#define OTHERS                                                                 \
    "session s1 2026-11-23 " A "\nbinding b1 2026-11-23 " A                    \
    "\npepper p1 2026-11-23 " A "\nlog l1 2026-11-23 " A                       \
    "\ndata a1 2026-11-23 " A "\n"
#define OLD                                                                    \
    "gatehouse-keys 1\ncsrf c1 2026-11-23 " A "\ndevice d1 2026-11-23 " A      \
    "\n" OTHERS
#define ROTATED                                                                \
    "gatehouse-keys 1\ncsrf c2 2026-11-23 " B "\ncsrf c1 2026-11-23 " A        \
    "\ndevice d2 2026-11-23 " B "\ndevice d1 2026-11-23 " A "\n" OTHERS
#define OTHER                                                                  \
    "gatehouse-keys 1\ncsrf c1 2026-11-23 " B "\ndevice d1 2026-11-23 " B      \
    "\n" OTHERS

enum {
    NOW_S = 1795000000,   /* some moment */
    SINCE_S = 1790000007, /* an earlier one */
};

#define AT_US INT64_C(1795000000123456) /* a moment in that second */

static struct gh_keys *
ring(struct gh_text bytes)
{
    struct gh_keys *keys = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_keys_parse(bytes, &why, &keys));
    return keys;
}

/* A new state before sign-in, at NOW_S. */
static struct gh_text
new_pre(const struct gh_keys *keys, char at[GH_PRE_LEN])
{
    struct gh_buf buf = gh_buf_over(at, GH_PRE_LEN);

    check_status(GH_OK, gh_pre_make(keys, NOW_S, &buf));
    check(!buf.is_failed);
    return gh_buf_text(&buf);
}

static struct gh_text
new_token(const struct gh_keys *keys, char at[GH_CSRF_LEN])
{
    struct gh_buf buf = gh_buf_over(at, GH_CSRF_LEN);

    check_status(GH_OK,
                 gh_csrf_make(keys, GH_TEXT("login"), GH_TEXT("me"), &buf));
    check(!buf.is_failed);
    return gh_buf_text(&buf);
}

static struct gh_text
new_marker(const struct gh_keys *keys, char at[GH_DEVICE_LEN])
{
    const struct gh_marker marker = {.at_us = AT_US, .since_s = SINCE_S};
    struct gh_buf buf = gh_buf_over(at, GH_DEVICE_LEN);

    check_status(GH_OK, gh_device_make(keys, GH_TEXT("alice"), &marker, &buf));
    check(!buf.is_failed);
    return gh_buf_text(&buf);
}

static void
state_is_good_for_ten_minutes(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    char at[GH_PRE_LEN];
    struct gh_text pre = new_pre(keys, at);

    check_number(GH_PRE_LEN, pre.len);
    check_status(GH_OK, gh_pre_check(keys, NOW_S, pre));
    check_status(GH_OK, gh_pre_check(keys, NOW_S + GH_PRE_LIFE_S, pre));
    check_status(GH_EXPIRED,
                 gh_pre_check(keys, NOW_S + GH_PRE_LIFE_S + 1, pre));
}

static void
state_of_another_ring_is_none(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *later = ring(GH_TEXT(ROTATED));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *other = ring(GH_TEXT(OTHER));
    char at[GH_PRE_LEN];
    struct gh_text pre = new_pre(keys, at);

    check_status(GH_OK, gh_pre_check(later, NOW_S, pre));
    check_status(GH_MALFORMED, gh_pre_check(other, NOW_S, pre));
}

static void
two_states_and_two_tokens_are_never_the_same(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    char a[GH_CSRF_LEN];
    char b[GH_CSRF_LEN];

    check(!gh_text_equal(new_pre(keys, a), new_pre(keys, b)));
    check(!gh_text_equal(new_token(keys, a), new_token(keys, b)));
    check(!gh_text_equal(new_marker(keys, a), new_marker(keys, b)));
}

static void
token_fits_its_purpose_and_subject_only(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    char at[GH_CSRF_LEN];
    struct gh_text token = new_token(keys, at);

    check_number(GH_CSRF_LEN, token.len);
    check_status(GH_OK,
                 gh_csrf_check(keys, GH_TEXT("login"), GH_TEXT("me"), token));
    check_status(GH_MALFORMED,
                 gh_csrf_check(keys, GH_TEXT("logout"), GH_TEXT("me"), token));
    check_status(GH_MALFORMED,
                 gh_csrf_check(keys, GH_TEXT("login"), GH_TEXT("you"), token));
    /* Parts are counted, not glued. */
    check_status(GH_MALFORMED,
                 gh_csrf_check(keys, GH_TEXT("loginm"), GH_TEXT("e"), token));
}

static void
csrf_005_changed_tokens_are_refused(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    char at[GH_CSRF_LEN + 1];
    struct gh_text token = new_token(keys, at);

    check_status(GH_MALFORMED,
                 gh_csrf_check(keys, GH_TEXT("login"), GH_TEXT("me"),
                               gh_text_first(token, GH_CSRF_LEN - 1)));
    at[GH_CSRF_LEN] = 'A';
    check_status(GH_MALFORMED,
                 gh_csrf_check(keys, GH_TEXT("login"), GH_TEXT("me"),
                               (struct gh_text){at, GH_CSRF_LEN + 1}));
    check_status(GH_MALFORMED, gh_csrf_check(keys, GH_TEXT("login"),
                                             GH_TEXT("me"), GH_TEXT("")));
    for (size_t i = 0; i < GH_CSRF_LEN; i++) {
        char was = at[i];

        at[i] = was == 'A' ? 'B' : 'A';
        check_status(GH_MALFORMED, gh_csrf_check(keys, GH_TEXT("login"),
                                                 GH_TEXT("me"), token));
        at[i] = was;
    }
}

static void
tokens_outlive_a_rotation_of_the_key(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *later = ring(GH_TEXT(ROTATED));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *other = ring(GH_TEXT(OTHER));
    char at[GH_CSRF_LEN];
    struct gh_text token = new_token(keys, at);

    check_status(GH_OK,
                 gh_csrf_check(later, GH_TEXT("login"), GH_TEXT("me"), token));
    check_status(GH_MALFORMED,
                 gh_csrf_check(other, GH_TEXT("login"), GH_TEXT("me"), token));
}

static void
marker_is_bound_to_its_account(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *other = ring(GH_TEXT(OTHER));
    char at[GH_DEVICE_LEN];
    struct gh_text marker = new_marker(keys, at);
    struct gh_marker says = {.at_us = 7, .since_s = 8};

    check_status(GH_MALFORMED,
                 gh_device_check(keys, GH_TEXT("bob"), marker, &says));
    check_status(GH_MALFORMED,
                 gh_device_check(other, GH_TEXT("alice"), marker, &says));
    check_status(GH_MALFORMED,
                 gh_device_check(keys, GH_TEXT("alice"), GH_TEXT(""), &says));
    check_number(7, says.at_us);
    check_number(8, says.since_s);
    check_status(GH_OK, gh_device_check(keys, GH_TEXT("alice"), marker, &says));
}

static void
marker_outlives_a_rotation_of_the_key_and_tells_its_times(void)
{
    static const struct gh_marker table[] = {
        {AT_US, SINCE_S},
        {0, 0},
        {1, 1},
        {-1, 0x01020304},
        {INT64_MAX, UINT32_MAX},
        {INT64_MIN, 0x80000000},
    };
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *later = ring(GH_TEXT(ROTATED));

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        char at[GH_DEVICE_LEN];
        struct gh_buf buf = gh_buf_over(at, sizeof(at));
        struct gh_marker says = {.at_us = 7};

        check_status(GH_OK,
                     gh_device_make(keys, GH_TEXT("alice"), &table[i], &buf));
        check_status(GH_OK, gh_device_check(later, GH_TEXT("alice"),
                                            gh_buf_text(&buf), &says));
        check_number(table[i].at_us, says.at_us);
        check_number(table[i].since_s, says.since_s);
    }
}

static void
marker_that_was_changed_is_none(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    char at[GH_DEVICE_LEN];
    struct gh_text marker = new_marker(keys, at);
    struct gh_marker says;

    for (size_t i = 0; i < GH_DEVICE_LEN; i++) {
        char was = at[i];

        at[i] = was == 'A' ? 'B' : 'A';
        check_status(GH_MALFORMED,
                     gh_device_check(keys, GH_TEXT("alice"), marker, &says));
        at[i] = was;
    }
}

/* Whether a marker with a MAC over these parts, which are of its first 16
 * bytes, is one. */
static void
check_former(const struct gh_text *parts, size_t n)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    unsigned char bytes[32];
    unsigned char mac[GH_DIGEST_LEN];
    char at[GH_DEVICE_LEN];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));
    struct gh_marker says;

    memcpy(bytes, parts[2].at, 16);
    check_status(GH_OK, gh_keys_mac(keys, GH_KEY_DEVICE, (struct gh_text){0},
                                    parts, n, mac));
    memcpy(bytes + 16, mac, 16);
    gh_base64url_write(&buf, bytes, sizeof(bytes));
    check_status(GH_MALFORMED, gh_device_check(keys, GH_TEXT("alice"),
                                               gh_buf_text(&buf), &says));
}

/* They were 16 random bytes, or 8 and a time, and a MAC over so many parts. */
static void
markers_that_did_not_say_since_when_are_none(void)
{
    static const char bytes_z[] = "sixteen random b";
    const struct gh_text first[] = {
        GH_TEXT("device"), GH_TEXT("alice"), {bytes_z, 16}};
    const struct gh_text second[] = {
        GH_TEXT("device"), GH_TEXT("alice"), {bytes_z, 8}, {bytes_z + 8, 8}};

    check_former(first, GH_COUNT(first));
    check_former(second, GH_COUNT(second));
}

const struct check_case csrf_cases[] = {
    CHECK_CASE(state_is_good_for_ten_minutes),
    CHECK_CASE(state_of_another_ring_is_none),
    CHECK_CASE(two_states_and_two_tokens_are_never_the_same),
    CHECK_CASE(token_fits_its_purpose_and_subject_only),
    CHECK_CASE(csrf_005_changed_tokens_are_refused),
    CHECK_CASE(tokens_outlive_a_rotation_of_the_key),
    CHECK_CASE(marker_is_bound_to_its_account),
    CHECK_CASE(marker_outlives_a_rotation_of_the_key_and_tells_its_times),
    CHECK_CASE(marker_that_was_changed_is_none),
    CHECK_CASE(markers_that_did_not_say_since_when_are_none),
    {0},
};
