/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/vault: a value sealed elsewhere opens here, every part of its
 * place is bound, and keys are changed without losing what older ones sealed.
 * Each test owns its ring and its arena.
 */
#include "core/vault.h"

#include <string.h>

#include "check.h"
#include "core/keys_int.h"

#include "base/banned.h"

#define SECRET_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "__________________________________________8"
#define OTHERS                                                                 \
    "binding b1 2026-11-23 " SECRET_A "\ncsrf c1 2026-11-23 " SECRET_A         \
    "\ndevice d1 2026-11-23 " SECRET_A "\npepper p1 2026-11-23 " SECRET_A      \
    "\nlog l1 2026-11-23 " SECRET_A "\nsession s1 2026-11-23 " SECRET_A "\n"
#define OLD "gatehouse-keys 1\ndata d1 2026-11-23 " SECRET_A "\n" OTHERS
#define ROTATED                                                                \
    "gatehouse-keys 1\ndata d2 2026-11-23 " SECRET_B                           \
    "\ndata d1 2026-11-23 " SECRET_A "\n" OTHERS
#define REPLACED "gatehouse-keys 1\ndata d2 2026-11-23 " SECRET_B "\n" OTHERS

#define REFERENCE                                                              \
    "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
#define VALUE "{\"theme\":\"dark\"}"

/* VALUE sealed with Python's hmac and cryptography after the format in vault.h:
 * key d1, a nonce of twelve bytes 0x33. */
#define SESSION_VECTOR                                                         \
    "\xed\x3c\x6b\x0a\xff\xac\xfe\x24\xbb\x2e\xe2\xd3\xed\xae\x41\x03"         \
    "\xc5\x33\x16\x6a\xb5\x74\xf2\xab\x1a\x36\x7e\xe7\x46\xf1\x32\x7f"
#define ACCOUNT_VECTOR                                                         \
    "\xed\x3c\x6b\x0a\xff\xac\xfe\x24\xbb\x2e\xe2\xd3\xed\xae\x41\x03"         \
    "\x5c\x52\x48\xdc\xba\x7f\xac\x4a\xd6\xcc\xff\x0c\x34\xee\x9d\x50"

static const struct gh_place session = {.account_id = 42,
                                        .reference = GH_TEXT_INIT(REFERENCE),
                                        .application_id = 7,
                                        .key = GH_TEXT_INIT("theme"),
                                        .media_type =
                                            GH_TEXT_INIT("application/json")};
static const struct gh_place account = {.is_account = true,
                                        .account_id = 42,
                                        .application_id = 7,
                                        .key = GH_TEXT_INIT("theme"),
                                        .media_type =
                                            GH_TEXT_INIT("application/json")};

/* A ring and the memory of a test. */
struct bench {
    struct gh_arena arena;    /* of what is made */
    struct gh_keys *keys;     /* the ring */
    struct gh_sealed sealed;  /* VALUE in its place */
    unsigned char nonce[12];  /* its bytes, to be changed */
    unsigned char bytes[64];  /* likewise */
    char kid[GH_KEY_KID_MAX]; /* likewise */
};

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
end(struct bench *bench)
{
    gh_keys_free(bench->keys);
    gh_arena_done(&bench->arena);
}

/* VALUE sealed for a place, in memory that can be changed. */
static void
begin(struct bench *bench, struct gh_text bytes, const struct gh_place *place)
{
    struct gh_sealed *sealed = &bench->sealed;

    *bench = (struct bench){.keys = ring(bytes)};
    gh_arena_init(&bench->arena, 4 << 20);
    check_status(GH_OK, gh_vault_seal(&bench->arena, bench->keys, place,
                                      GH_TEXT(VALUE), sealed));
    check_number(sizeof(bench->nonce), sealed->nonce.len);
    check_number(sizeof(VALUE) - 1 + GH_AEAD_TAG_LEN, sealed->bytes.len);
    memcpy(bench->nonce, sealed->nonce.at, sealed->nonce.len);
    memcpy(bench->bytes, sealed->bytes.at, sealed->bytes.len);
    memcpy(bench->kid, sealed->kid.at, sealed->kid.len);
    sealed->nonce.at = (const char *)bench->nonce;
    sealed->bytes.at = (const char *)bench->bytes;
    sealed->kid.at = bench->kid;
}

/* Opens what lies on the bench for a place. */
static enum gh_status
open_for(struct bench *bench, const struct gh_place *place)
{
    struct gh_text value = {0};
    enum gh_status status = gh_vault_open(&bench->arena, bench->keys, place,
                                          &bench->sealed, &value);

    check_text(status == GH_OK ? GH_TEXT(VALUE) : GH_TEXT(""), value);
    return status;
}

static void
value_that_was_sealed_elsewhere_opens(void)
{
    static const char in_session[] = SESSION_VECTOR;
    static const char in_account[] = ACCOUNT_VECTOR;
    struct bench bench GH_CLEAN(end);

    begin(&bench, GH_TEXT(OLD), &session);
    memset(bench.nonce, 0x33, sizeof(bench.nonce));
    memcpy(bench.bytes, in_session, sizeof(in_session) - 1);
    check_status(GH_OK, open_for(&bench, &session));
    memcpy(bench.bytes, in_account, sizeof(in_account) - 1);
    check_status(GH_OK, open_for(&bench, &account));
    check_status(GH_MALFORMED, open_for(&bench, &session));
}

static void
value_opens_only_in_its_place(void)
{
    struct bench bench GH_CLEAN(end);
    struct gh_place other = session;

    begin(&bench, GH_TEXT(OLD), &session);
    check_status(GH_OK, open_for(&bench, &session));
    check_status(GH_MALFORMED, open_for(&bench, &account));
    other.account_id = 43;
    check_status(GH_MALFORMED, open_for(&bench, &other));
    other = session;
    other.application_id = 8;
    check_status(GH_MALFORMED, open_for(&bench, &other));
    other = session;
    other.key = GH_TEXT("themes");
    check_status(GH_MALFORMED, open_for(&bench, &other));
    other = session;
    other.media_type = GH_TEXT("text/plain");
    check_status(GH_MALFORMED, open_for(&bench, &other));
    /* One character of a name more is one of another less nowhere. */
    other = session;
    other.application_id = 71;
    check_status(GH_MALFORMED, open_for(&bench, &other));
}

static void
no_bit_of_the_reference_can_be_changed(void)
{
    unsigned char reference[GH_VAULT_REFERENCE_LEN];
    struct gh_place other = session;
    struct bench bench GH_CLEAN(end);

    begin(&bench, GH_TEXT(OLD), &session);
    other.reference = (struct gh_text){(char *)reference, sizeof(reference)};
    for (size_t bit = 0; bit < 8 * sizeof(reference); bit++) {
        memcpy(reference, session.reference.at, sizeof(reference));
        reference[bit / 8] ^= (unsigned char)(1 << bit % 8);
        check_status(GH_MALFORMED, open_for(&bench, &other));
    }
}

/* Every bit of some bytes of the row, one at a time. */
static void
flip_all(struct bench *bench, unsigned char *bytes, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        unsigned char mask = (unsigned char)(1 << bit % 8);

        bytes[bit / 8] ^= mask;
        check_status(GH_MALFORMED, open_for(bench, &session));
        bytes[bit / 8] ^= mask;
    }
    check_status(GH_OK, open_for(bench, &session));
}

static void
no_bit_of_a_row_can_be_changed(void)
{
    struct bench bench GH_CLEAN(end);

    begin(&bench, GH_TEXT(OLD), &session);
    flip_all(&bench, bench.nonce, bench.sealed.nonce.len);
    flip_all(&bench, bench.bytes, bench.sealed.bytes.len);
    bench.sealed.nonce.len--;
    check_status(GH_MALFORMED, open_for(&bench, &session));
    bench.sealed.nonce.len++;
    bench.sealed.bytes.len = GH_AEAD_TAG_LEN - 1;
    check_status(GH_MALFORMED, open_for(&bench, &session));
}

static void
no_bit_of_the_key_id_can_be_changed(void)
{
    struct bench bench GH_CLEAN(end);
    size_t len;

    begin(&bench, GH_TEXT(ROTATED), &session);
    len = bench.sealed.kid.len;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        enum gh_status status;

        bench.kid[bit / 8] = (char)(bench.kid[bit / 8] ^ 1 << bit % 8);
        status = open_for(&bench, &session);
        /* No such key, or the other one of the ring. */
        check(status == GH_NONE || status == GH_MALFORMED);
        bench.kid[bit / 8] = (char)(bench.kid[bit / 8] ^ 1 << bit % 8);
    }
    check_status(GH_OK, open_for(&bench, &session));
    memcpy(bench.kid, "d1", 2);
    check_status(GH_MALFORMED, open_for(&bench, &session));
    bench.sealed.kid.len = 0;
    check_status(GH_NONE, open_for(&bench, &session));
}

static void
older_keys_open_and_the_newest_seals(void)
{
    struct bench bench GH_CLEAN(end);
    struct gh_sealed newer = {.kid = {0}};

    begin(&bench, GH_TEXT(OLD), &session);
    check_text(GH_TEXT("d1"), bench.sealed.kid);
    gh_keys_free(bench.keys);
    bench.keys = ring(GH_TEXT(ROTATED));
    check_status(GH_OK, open_for(&bench, &session));
    check_status(GH_OK, gh_vault_seal(&bench.arena, bench.keys, &session,
                                      GH_TEXT(VALUE), &newer));
    check_text(GH_TEXT("d2"), newer.kid);
    /* Once the older key is gone, what it sealed is not empty but lost. */
    gh_keys_free(bench.keys);
    bench.keys = ring(GH_TEXT(REPLACED));
    check_status(GH_NONE, open_for(&bench, &session));
}

static void
same_value_never_looks_the_same(void)
{
    struct bench bench GH_CLEAN(end);
    struct gh_sealed again = {.kid = {0}};

    begin(&bench, GH_TEXT(OLD), &session);
    check_status(GH_OK, gh_vault_seal(&bench.arena, bench.keys, &session,
                                      GH_TEXT(VALUE), &again));
    check(!gh_text_equal(bench.sealed.nonce, again.nonce));
    check(!gh_text_equal(bench.sealed.bytes, again.bytes));
}

static void
values_up_to_the_limit_go_through(void)
{
    static char at[GH_VAULT_VALUE_MAX + 1];
    struct bench bench GH_CLEAN(end);
    struct gh_text value = {at, GH_VAULT_VALUE_MAX};
    struct gh_text out = {0};
    struct gh_sealed sealed = {.kid = {0}};

    begin(&bench, GH_TEXT(OLD), &account);
    check_status(GH_OK, gh_vault_seal(&bench.arena, bench.keys, &account, value,
                                      &sealed));
    check_status(GH_OK, gh_vault_open(&bench.arena, bench.keys, &account,
                                      &sealed, &out));
    check(gh_text_equal(value, out));
    check_status(GH_OK, gh_vault_seal(&bench.arena, bench.keys, &account,
                                      GH_TEXT(""), &sealed));
    check_status(GH_OK, gh_vault_open(&bench.arena, bench.keys, &account,
                                      &sealed, &out));
    check_number(0, out.len);
    value.len++;
    check_status(GH_LIMIT, gh_vault_seal(&bench.arena, bench.keys, &account,
                                         value, &sealed));
}

const struct check_case vault_cases[] = {
    CHECK_CASE(value_that_was_sealed_elsewhere_opens),
    CHECK_CASE(value_opens_only_in_its_place),
    CHECK_CASE(no_bit_of_the_reference_can_be_changed),
    CHECK_CASE(no_bit_of_a_row_can_be_changed),
    CHECK_CASE(no_bit_of_the_key_id_can_be_changed),
    CHECK_CASE(older_keys_open_and_the_newest_seals),
    CHECK_CASE(same_value_never_looks_the_same),
    CHECK_CASE(values_up_to_the_limit_go_through),
    {0},
};
