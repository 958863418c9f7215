/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/password: strings made by the reference implementation of
 * argon2, bounds of stored strings, peppers, rehashing. Hashes at the least
 * cost that the product allows. Each test owns its ring.
 */
#include "core/password.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "check.h"
#include "core/keys_int.h"
#include "core/password_int.h"

#include "base/banned.h"

#define SECRET_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "__________________________________________8"
#define OTHERS                                                                 \
    "session s1 2026-11-23 " SECRET_A "\nbinding b1 2026-11-23 " SECRET_A      \
    "\ncsrf c1 2026-11-23 " SECRET_A "\ndevice d1 2026-11-23 " SECRET_A        \
    "\nlog l1 2026-11-23 " SECRET_A "\npepper p1 2026-11-23 " SECRET_A         \
    "\ndata a1 2026-11-23 " SECRET_A "\n"
#define OLD "gatehouse-keys 1\n" OTHERS
#define ROTATED "gatehouse-keys 1\npepper p2 2026-11-23 " SECRET_B "\n" OTHERS

static const struct gh_password_cost cheap = {.memory_kib = 12288, .passes = 3};

/* Made by libargon2 from HMAC-SHA-256(SECRET_A, length and password). */
static const char alice_z[] =
    "$argon2id$v=19$m=12288,t=3,p=1$Z2F0ZWhvdXNlLXNhbHQtMQ$"
    "zH9lZucrYNFZize6fFFrgM5gTE87lBstvk5aWg1XyXg";
static const char lanes_z[] =
    "$argon2id$v=19$m=8192,t=2,p=4$Z2F0ZWhvdXNlLXNhbHQtMQ$xPIgTyIsMR3l+"
    "wApKV0EjZ5zye4zW+DEuHH0ITN6kZk";

static struct gh_keys *
ring(struct gh_text bytes)
{
    struct gh_keys *keys = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_secret_setup());
    check_status(GH_OK, gh_keys_parse(bytes, &why, &keys));
    return keys;
}

static bool
matches(const struct gh_keys *keys, const char *phc_z, struct gh_text password)
{
    bool is_match = false;

    check_status(GH_OK, gh_password_verify(keys, gh_text_of_z(phc_z),
                                           GH_TEXT("p1"), password, &is_match));
    return is_match;
}

static void
strings_of_the_reference_implementation_verify(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));

    if (keys == NULL)
        return;
    check(matches(keys, alice_z, GH_TEXT("correct-horse-battery-9")));
    check(!matches(keys, alice_z, GH_TEXT("correct-horse-battery-8")));
    check(!matches(keys, alice_z, GH_TEXT("correct-horse-battery-9 ")));
    check(!matches(keys, alice_z, GH_TEXT("correct-horse-battery-9\0tail")));
    check(matches(keys, lanes_z, GH_TEXT("correct-horse-battery-9")));
}

static void
what_is_hashed_verifies_and_differs_each_time(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    char a_z[GH_PASSWORD_MAX];
    char b_z[GH_PASSWORD_MAX];

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_password_hash(keys, &cheap, GH_TEXT("pass"), a_z));
    check_status(GH_OK, gh_password_hash(keys, &cheap, GH_TEXT("pass"), b_z));
    check(gh_text_starts(gh_text_of_z(a_z),
                         GH_TEXT("$argon2id$v=19$m=12288,t=3,p=1$")));
    check(!gh_text_equal(gh_text_of_z(a_z), gh_text_of_z(b_z)));
    check(matches(keys, a_z, GH_TEXT("pass")));
    check(!matches(keys, a_z, GH_TEXT("Pass")));
    check(!gh_password_needs_rehash(&cheap, gh_text_of_z(a_z), GH_TEXT("p1"),
                                    keys));
}

static void
login_021_a_password_is_not_cut_at_72_bytes(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    char hash_z[GH_PASSWORD_MAX];
    char long_at[256];

    if (keys == NULL)
        return;
    memset(long_at, 'z', sizeof(long_at));
    check_status(GH_OK,
                 gh_password_hash(keys, &cheap,
                                  (struct gh_text){.at = long_at, .len = 256},
                                  hash_z));
    check(matches(keys, hash_z, (struct gh_text){.at = long_at, .len = 256}));
    check(!matches(keys, hash_z, (struct gh_text){.at = long_at, .len = 72}));
    check(!matches(keys, hash_z, (struct gh_text){.at = long_at, .len = 255}));
}

static void
a_string_is_worth_nothing_without_its_pepper(void)
{
    struct gh_keys *rotated GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(ROTATED));
    const struct gh_text password = GH_TEXT("correct-horse-battery-9");
    bool is_match = false;

    if (rotated == NULL)
        return;
    check(matches(rotated, alice_z, password));
    check_status(GH_OK, gh_password_verify(rotated, gh_text_of_z(alice_z),
                                           GH_TEXT("p2"), password, &is_match));
    check(!is_match);
    check_status(GH_NONE,
                 gh_password_verify(rotated, gh_text_of_z(alice_z),
                                    GH_TEXT("p9"), password, &is_match));
    /* No id must not mean the current one. */
    check_status(GH_NONE, gh_password_verify(rotated, gh_text_of_z(alice_z),
                                             GH_TEXT(""), password, &is_match));
    check(!is_match);
}

#define SALT "$AAAAAAAAAAAAAAAAAAAAAA"
#define TAG "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
sqli_013_stored_strings_out_of_bounds_are_refused(void)
{
    static const char *const refused[] = {
        "",
        "x",
        "$argon2id$",
        "$argon2i$v=19$m=65536,t=3,p=1" SALT TAG,
        "$argon2d$v=19$m=65536,t=3,p=1" SALT TAG,
        "$argon2id$v=16$m=65536,t=3,p=1" SALT TAG,
        "$argon2id$m=65536,t=3,p=1" SALT TAG,
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=1048577,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=4294967296,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=18446744073709551617,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=65536,t=21,p=1" SALT TAG,
        "$argon2id$v=19$m=65536,t=0,p=1" SALT TAG,
        "$argon2id$v=19$m=65536,t=3,p=17" SALT TAG,
        "$argon2id$v=19$m=65536,t=3,p=0" SALT TAG,
        "$argon2id$v=19$m=7,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=31,t=3,p=4" SALT TAG,
        "$argon2id$v=19$m=065536,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=+65536,t=3,p=1" SALT TAG,
        "$argon2id$v=19$m=65536,t=-3,p=1" SALT TAG,
        "$argon2id$v=19$t=3,m=65536,p=1" SALT TAG,
        "$argon2id$v=19$m=65536,t=3,p=1,keyid=x" SALT TAG,
        "$argon2id$v=19$m=65536,t=3,p=1$" TAG,
        "$argon2id$v=19$m=65536,t=3,p=1$AAAA" TAG,
        "$argon2id$v=19$m=65536,t=3,p=1" SALT,
        "$argon2id$v=19$m=65536,t=3,p=1" SALT "$",
        "$argon2id$v=19$m=65536,t=3,p=1" SALT "$AAAA",
        "$argon2id$v=19$m=65536,t=3,p=1" SALT TAG "$",
        "$argon2id$v=19$m=65536,t=3,p=1" SALT TAG " ",
        "$argon2id$v=19$m=65536,t=3,p=1" SALT TAG "=",
        "$argon2id$v=19$m=65536,t=3,p=1$AAAA\301AAAAAAAAAAAAAAAAA" TAG,
        "$argon2id$v=19$m=65536,t=3,p=1$-AAAAAAAAAAAAAAAAAAAAA" TAG,
        "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAB" TAG,
    };
    struct gh_phc costs;

    check_status(GH_OK, gh_phc_parse(GH_TEXT("$argon2id$v=19$m=1048576,t=20,"
                                             "p=16" SALT TAG),
                                     &costs));
    check_number(1048576, costs.memory_kib);
    check_number(20, costs.passes);
    check_number(16, costs.lanes);
    for (size_t i = 0; i < GH_COUNT(refused); i++) {
        if (!check_status(GH_MALFORMED,
                          gh_phc_parse(gh_text_of_z(refused[i]), &costs)))
            puts(refused[i]);
    }
    check_status(
        GH_MALFORMED,
        gh_phc_parse(GH_TEXT("$argon2id$v=19$m=65536,t=3,p=1" SALT TAG "\0"),
                     &costs));
}

static void
a_malformed_string_is_no_match_and_no_fault(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));
    char long_at[600];
    bool is_match = false;

    if (keys == NULL)
        return;
    memset(long_at, 'A', sizeof(long_at));
    memcpy(long_at, alice_z, sizeof(alice_z) - 1);
    check_status(GH_MALFORMED,
                 gh_password_verify(keys,
                                    (struct gh_text){.at = long_at, .len = 512},
                                    GH_TEXT("p1"), GH_TEXT("x"), &is_match));
    check_status(GH_MALFORMED,
                 gh_password_verify(keys, GH_TEXT("*"), GH_TEXT("p1"),
                                    GH_TEXT("x"), &is_match));
    check(!is_match);
}

static void
other_costs_and_peppers_want_a_rehash(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(ROTATED));
    const struct gh_password_cost same = {.memory_kib = 65536, .passes = 3};
    const struct gh_password_cost more = {.memory_kib = 65536, .passes = 4};
    const struct gh_text made =
        GH_TEXT("$argon2id$v=19$m=65536,t=3,p=1" SALT TAG);

    if (keys == NULL)
        return;
    check(!gh_password_needs_rehash(&same, made, GH_TEXT("p2"), keys));
    check(gh_password_needs_rehash(&same, made, GH_TEXT("p1"), keys));
    check(gh_password_needs_rehash(&more, made, GH_TEXT("p2"), keys));
    check(gh_password_needs_rehash(&cheap, made, GH_TEXT("p2"), keys));
    check(gh_password_needs_rehash(
        &same, GH_TEXT("$argon2id$v=19$m=65536,t=3,p=4" SALT TAG),
        GH_TEXT("p2"), keys));
    check(gh_password_needs_rehash(&same, GH_TEXT("x"), GH_TEXT("p2"), keys));
}

static void
the_dummy_does_the_work_and_says_nothing(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(OLD));

    if (keys == NULL)
        return;
    check_status(GH_OK, gh_password_dummy(keys, &cheap, GH_TEXT("guess")));
    check_status(GH_OK, gh_password_dummy(keys, &cheap, GH_TEXT("")));
}

static void
weak_and_absurd_costs_are_not_fit(void)
{
    static const struct {
        struct gh_password_cost cost; /* asked */
        bool is_fit;                  /* answered */
    } costs[] = {
        {{65536, 3}, true},   {{47104, 1}, true},    {{47103, 1}, false},
        {{19456, 2}, true},   {{19455, 2}, false},   {{12288, 3}, true},
        {{12287, 20}, false}, {{1048576, 20}, true}, {{1048577, 1}, false},
        {{65536, 21}, false}, {{65536, 0}, false},   {{0, 0}, false},
    };

    for (size_t i = 0; i < GH_COUNT(costs); i++)
        check(gh_password_cost_is_fit(&costs[i].cost) == costs[i].is_fit);
}

const struct check_case password_cases[] = {
    CHECK_CASE(strings_of_the_reference_implementation_verify),
    CHECK_CASE(what_is_hashed_verifies_and_differs_each_time),
    CHECK_CASE(login_021_a_password_is_not_cut_at_72_bytes),
    CHECK_CASE(a_string_is_worth_nothing_without_its_pepper),
    CHECK_CASE(sqli_013_stored_strings_out_of_bounds_are_refused),
    CHECK_CASE(a_malformed_string_is_no_match_and_no_fault),
    CHECK_CASE(other_costs_and_peppers_want_a_rehash),
    CHECK_CASE(the_dummy_does_the_work_and_says_nothing),
    CHECK_CASE(weak_and_absurd_costs_are_not_fit),
    {0},
};
