/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/session: tokens, their hashes under one ring and the next,
 * and states that mean nobody.
 */
#include "core/session.h"

#include <string.h>

#include "check.h"
#include "core/keys_int.h"

#include "base/banned.h"

extern const struct check_case session_cases[];

#define A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define B "__________________________________________8"
#define OTHERS                                                                 \
    "binding b1 2026-11-23 " A "\ncsrf c1 2026-11-23 " A                       \
    "\ndevice d1 2026-11-23 " A "\npepper p1 2026-11-23 " A                    \
    "\nlog l1 2026-11-23 " A "\ndata a1 2026-11-23 " A "\n"
#define OLD "gatehouse-keys 1\nsession s1 2026-11-23 " A "\n" OTHERS
#define ROTATED                                                                \
    "gatehouse-keys 1\nsession s2 2026-11-23 " B "\nsession s1 2026-11-23 " A  \
    "\n" OTHERS

static struct gh_keys *
ring(struct gh_text bytes)
{
    struct gh_keys *keys = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_keys_parse(bytes, &why, &keys));
    return keys;
}

static struct gh_text
token_of(const struct gh_new_session *session)
{
    return (struct gh_text){.at = session->token, .len = GH_TOKEN_LEN};
}

static void
a_token_leads_back_to_its_hash(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    struct gh_new_session session;
    unsigned char hash[GH_DIGEST_LEN];

    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &session));
    check(gh_text_all(token_of(&session), GH_CLASS_BASE64URL));
    check_status(GH_OK, gh_session_hash(keys, 0, GH_TEXT("a.example"),
                                        token_of(&session), hash));
    check(memcmp(hash, session.token_hash, sizeof(hash)) == 0);
    check_status(GH_NONE, gh_session_hash(keys, 1, GH_TEXT("a.example"),
                                          token_of(&session), hash));
}

/* The token that follows A in that ring, for a succession. */
static struct gh_new_session
follow(struct gh_text bytes, const struct gh_succession *of)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(bytes);
    struct gh_new_session next = {0};

    check_status(GH_OK, gh_session_succeed(keys, GH_TEXT(A), of, &next));
    return next;
}

static void
fix_010_whoever_asks_gets_the_same_token_to_follow(void)
{
    const struct gh_succession of = {.host = GH_TEXT("a.example"),
                                     .reference = "sixteen bytes!!",
                                     .account_id = 7,
                                     .level = GH_LEVEL_PASSWORD,
                                     .generation = 3};
    struct gh_new_session one = follow(GH_TEXT(OLD), &of);
    struct gh_new_session same = follow(GH_TEXT(OLD), &of);
    struct gh_succession other = of;
    struct gh_new_session two;
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    const struct gh_session_row row = {
        .account_id = 7,
        .token_hash = {(const char *)one.token_hash, sizeof(one.token_hash)},
        .reference = {(const char *)of.reference, sizeof(of.reference)},
        .level = GH_LEVEL_PASSWORD};
    unsigned char hash[GH_DIGEST_LEN];
    bool is_bound = false;

    check_text(token_of(&one), token_of(&same));
    check(!gh_text_equal(token_of(&one), GH_TEXT(A)));
    check_status(GH_OK, gh_session_hash(keys, 0, GH_TEXT("a.example"),
                                        token_of(&one), hash));
    check(memcmp(hash, one.token_hash, sizeof(hash)) == 0);
    check_status(GH_OK,
                 gh_session_is_bound(keys, &row,
                                     (struct gh_text){(const char *)one.binding,
                                                      sizeof(one.binding)},
                                     &is_bound));
    check(is_bound);
    other.generation = 4;
    two = follow(GH_TEXT(OLD), &other);
    check(!gh_text_equal(token_of(&one), token_of(&two)));
    other = of;
    other.reference[15] ^= 1;
    two = follow(GH_TEXT(OLD), &other);
    check(!gh_text_equal(token_of(&one), token_of(&two)));
    two = follow(GH_TEXT(ROTATED), &of);
    check(!gh_text_equal(token_of(&one), token_of(&two)));
    check_status(GH_MALFORMED,
                 gh_session_succeed(keys, GH_TEXT("x"), &of, &two));
}

static void
token_is_for_one_host(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    struct gh_new_session session;
    unsigned char hash[GH_DIGEST_LEN];

    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &session));
    check_status(GH_OK, gh_session_hash(keys, 0, GH_TEXT("a.example"),
                                        token_of(&session), hash));
    check(memcmp(hash, session.token_hash, sizeof(hash)) == 0);
    check_status(GH_OK, gh_session_hash(keys, 0, GH_TEXT("b.example"),
                                        token_of(&session), hash));
    check(memcmp(hash, session.token_hash, sizeof(hash)) != 0);
}

static void
cookie_033_the_hash_is_not_the_token(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    GH_CLEAN(gh_keys_free_at) struct gh_keys *later = ring(GH_TEXT(ROTATED));
    struct gh_new_session session;
    unsigned char hash[GH_DIGEST_LEN];

    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &session));
    /* Under another key it is another hash; the older key still finds it. */
    check_status(GH_OK, gh_session_hash(later, 0, GH_TEXT("a.example"),
                                        token_of(&session), hash));
    check(memcmp(hash, session.token_hash, sizeof(hash)) != 0);
    check_status(GH_OK, gh_session_hash(later, 1, GH_TEXT("a.example"),
                                        token_of(&session), hash));
    check(memcmp(hash, session.token_hash, sizeof(hash)) == 0);
}

static void
cookie_031_no_two_sessions_share_anything(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    struct gh_new_session a;
    struct gh_new_session b;

    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &a));
    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &b));
    check(memcmp(a.token, b.token, sizeof(a.token)) != 0);
    check(memcmp(a.reference, b.reference, sizeof(a.reference)) != 0);
    check(memcmp(a.binding, b.binding, sizeof(a.binding)) != 0);
}

static void
the_binding_is_the_accounts_own(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    struct gh_new_session made;
    bool is_bound = false;

    check_status(GH_OK, gh_session_make(keys, GH_TEXT("a.example"), 7,
                                        GH_LEVEL_PASSWORD, &made));
    struct gh_session_row row = {
        .account_id = 7,
        .token_hash = {(const char *)made.token_hash, GH_DIGEST_LEN},
        .reference = {(const char *)made.reference, GH_REFERENCE_LEN},
        .level = GH_LEVEL_PASSWORD};
    struct gh_text mac = {(const char *)made.binding, GH_DIGEST_LEN};

    check_status(GH_OK, gh_session_is_bound(keys, &row, mac, &is_bound));
    check(is_bound);
    row.account_id = 8;
    check_status(GH_OK, gh_session_is_bound(keys, &row, mac, &is_bound));
    check(!is_bound);
}

static void
cookie_019_tokens_in_another_form_are_refused(void)
{
    GH_CLEAN(gh_keys_free_at) struct gh_keys *keys = ring(GH_TEXT(OLD));
    unsigned char hash[GH_DIGEST_LEN];
    static const char *const wrong[] = {
        "",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+",
        "\"AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "%41AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
    };

    for (size_t i = 0; i < GH_COUNT(wrong); i++)
        check_status(GH_MALFORMED,
                     gh_session_hash(keys, 0, GH_TEXT("a.example"),
                                     gh_text_of_z(wrong[i]), hash));
}

static void
only_live_is_somebody(void)
{
    check_number(GH_NOBODY_NO_TOKEN, gh_session_nobody(GH_TEXT("live")));
    check_number(GH_NOBODY_IDLE, gh_session_nobody(GH_TEXT("idle")));
    check_number(GH_NOBODY_ABSOLUTE, gh_session_nobody(GH_TEXT("absolute")));
    check_number(GH_NOBODY_SIGNED_OUT, gh_session_nobody(GH_TEXT("logout")));
    check_number(GH_NOBODY_ACCOUNT, gh_session_nobody(GH_TEXT("disabled")));
    check_number(GH_NOBODY_REUSED, gh_session_nobody(GH_TEXT("reused")));
    check_number(GH_NOBODY_FAILOVER, gh_session_nobody(GH_TEXT("failover")));
    check_number(GH_NOBODY_MOVED, gh_session_nobody(GH_TEXT("moved")));
    check_number(GH_NOBODY_RIGHTS,
                 gh_session_nobody(GH_TEXT("rights_changed")));
    check_number(GH_NOBODY_REVOKED, gh_session_nobody(GH_TEXT("")));
    check_number(GH_NOBODY_REVOKED, gh_session_nobody(GH_TEXT("LIVE")));
}

const struct check_case session_cases[] = {
    CHECK_CASE(a_token_leads_back_to_its_hash),
    CHECK_CASE(fix_010_whoever_asks_gets_the_same_token_to_follow),
    CHECK_CASE(token_is_for_one_host),
    CHECK_CASE(cookie_033_the_hash_is_not_the_token),
    CHECK_CASE(cookie_031_no_two_sessions_share_anything),
    CHECK_CASE(the_binding_is_the_accounts_own),
    CHECK_CASE(cookie_019_tokens_in_another_form_are_refused),
    CHECK_CASE(only_live_is_somebody),
    {0},
};
