/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/binding: MACs computed elsewhere, and every part that is
 * bound, changed. Each test owns its ring.
 */
#include "core/binding.h"

#include <string.h>

#include "check.h"
#include "core/keys_int.h"

#include "base/banned.h"

#define SECRET_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "__________________________________________8"
#define OTHERS                                                                 \
    "session s1 2026-11-23 " SECRET_A "\ncsrf c1 2026-11-23 " SECRET_A         \
    "\ndevice d1 2026-11-23 " SECRET_A "\npepper p1 2026-11-23 " SECRET_A      \
    "\nlog l1 2026-11-23 " SECRET_A "\ndata a1 2026-11-23 " SECRET_A "\n"
#define OLD "gatehouse-keys 1\nbinding b1 2026-11-23 " SECRET_A "\n" OTHERS
#define ROTATED                                                                \
    "gatehouse-keys 1\nbinding b2 2026-11-23 " SECRET_B                        \
    "\nbinding b1 2026-11-23 " SECRET_A "\n" OTHERS
#define REPLACED "gatehouse-keys 1\nbinding b2 2026-11-23 " SECRET_B "\n" OTHERS

#define HASH "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"

static const struct gh_credential credential = {
    .account_id = 42,
    .phc = GH_TEXT_INIT("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$dGFn"),
    .pepper_kid = GH_TEXT_INIT("p1")};
static const struct gh_session_row session = {
    .account_id = -7,
    .token_hash = GH_TEXT_INIT(HASH HASH),
    .reference =
        GH_TEXT_INIT("\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
                     "\x22\x22"),
    .level = 1};

static struct gh_keys *
ring(struct gh_text bytes)
{
    struct gh_keys *keys = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_keys_parse(bytes, &why, &keys));
    return keys;
}

static void
check_hex(const char *expected_z, const unsigned char *mac)
{
    char at[2 * GH_DIGEST_LEN];
    struct gh_buf hex = gh_buf_over(at, sizeof(at));

    gh_buf_hex(&hex, mac, GH_DIGEST_LEN);
    check_text(gh_text_of_z(expected_z), gh_buf_text(&hex));
}

static struct gh_text
text_of(const unsigned char *mac)
{
    return (struct gh_text){.at = (const char *)mac, .len = GH_DIGEST_LEN};
}

static bool
is_credential(const struct gh_keys *keys, struct gh_credential row,
              const unsigned char *mac)
{
    bool is_bound = false;

    check_status(GH_OK,
                 gh_credential_is_bound(keys, &row, text_of(mac), &is_bound));
    return is_bound;
}

static bool
is_session(const struct gh_keys *keys, struct gh_session_row row,
           const unsigned char *mac)
{
    bool is_bound = false;

    check_status(GH_OK,
                 gh_session_is_bound(keys, &row, text_of(mac), &is_bound));
    return is_bound;
}

static void
bindings_are_what_others_compute(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    unsigned char mac[GH_DIGEST_LEN];

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_credential_mac(keys, &credential, mac));
    check_hex(
        "98cb0683341c1142a12cea9accd5bef4f57f90dccf5638f09edc1a1c553e613b",
        mac);
    check_status(GH_OK, gh_session_mac(keys, &session, mac));
    check_hex(
        "f520b2ab8e884b243ce7889e0e98952519b2ed2d8677e382111b3f9238bff349",
        mac);
}

static void
a_credential_moved_or_edited_is_not_bound(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_credential row = credential;

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_credential_mac(keys, &row, mac));
    check(is_credential(keys, row, mac));
    row.account_id = 43;
    check(!is_credential(keys, row, mac));
    row = credential;
    row.phc = GH_TEXT("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$dGFo");
    check(!is_credential(keys, row, mac));
    row = credential;
    row.pepper_kid = GH_TEXT("p2");
    check(!is_credential(keys, row, mac));
    mac[31] ^= 1;
    check(!is_credential(keys, credential, mac));
}

static void
a_session_moved_or_edited_is_not_bound(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_session_row row = session;

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_session_mac(keys, &row, mac));
    check(is_session(keys, row, mac));
    row.account_id = 7;
    check(!is_session(keys, row, mac));
    row = session;
    row.level = 2;
    check(!is_session(keys, row, mac));
    row = session;
    row.token_hash = session.reference;
    check(!is_session(keys, row, mac));
    row = session;
    row.reference = session.token_hash;
    check(!is_session(keys, row, mac));
}

static void
a_rotated_key_still_verifies_until_it_is_gone(void)
{
    struct gh_keys *old GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    struct gh_keys *rotated GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(ROTATED));
    struct gh_keys *replaced GH_CLEAN(gh_keys_free_at) =
        ring(GH_TEXT(REPLACED));
    unsigned char mac[GH_DIGEST_LEN];

    if (old == NULL || rotated == NULL || replaced == NULL)
        return;
    check_status(GH_OK, gh_credential_mac(old, &credential, mac));
    check(is_credential(rotated, credential, mac));
    check(!is_credential(replaced, credential, mac));
    check_status(GH_OK, gh_credential_mac(rotated, &credential, mac));
    check(!is_credential(old, credential, mac));
    check(is_credential(replaced, credential, mac));
}

static void
a_mac_of_another_length_is_none(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    unsigned char mac[GH_DIGEST_LEN];
    bool is_bound = true;

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_credential_mac(keys, &credential, mac));
    check_status(GH_OK, gh_credential_is_bound(keys, &credential,
                                               gh_text_first(text_of(mac), 31),
                                               &is_bound));
    check(!is_bound);
    check_status(GH_OK, gh_credential_is_bound(keys, &credential, GH_TEXT(""),
                                               &is_bound));
    check(!is_bound);
}

const struct check_case binding_cases[] = {
    CHECK_CASE(bindings_are_what_others_compute),
    CHECK_CASE(a_credential_moved_or_edited_is_not_bound),
    CHECK_CASE(a_session_moved_or_edited_is_not_bound),
    CHECK_CASE(a_rotated_key_still_verifies_until_it_is_gone),
    CHECK_CASE(a_mac_of_another_length_is_none),
    {0},
};
