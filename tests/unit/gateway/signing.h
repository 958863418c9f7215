/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk where people sign in: a key ring, the scripted PostgreSQL of
 * tests/fake, one hashing thread, and alice with her password. Owns all of it
 * between signing_begin() and signing_end(). Forms are posted as the browser
 * that was shown the page would post them, unless told otherwise. Called by
 * the suites of unit_gateway_database.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_SIGNING_H
#define GH_TESTS_UNIT_GATEWAY_SIGNING_H

#include "act.h"
#include "core/keys.h"
#include "desk.h"
#include "postgres.h"

enum {
    SIGNING_ID = 7,       /* of alice's account */
    SIGNING_VERSION = 11, /* of her password */
};

#define SIGNING_PASSWORD "correct-horse-battery-9"
#define SIGNING_TOKEN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SIGNING_PREVIOUS_US 1795423267000000
#define SIGNING_NOW_US 1795430000000000
#define SIGNING_AUTHENTICATED_US 1795429990000000
#define SIGNING_REFERENCE "52656665726500ff456e636552656600"

/* A script's statement that session_find answers with such columns. */
#define SIGNING_FOUND(columns)                                                 \
    {                                                                          \
        .stmt = &gh_stmt_session_find, .row = (columns),                       \
        .n_columns = GH_FIND_COLUMNS                                           \
    }

/* The ring of every desk here: two keys of session, binding and pepper. */
const struct gh_keys *signing_keys(void);

/* A ring of one's own from the lines behind "gatehouse-keys 1": all names
 * under the secret of the second keys of signing_keys(). */
struct gh_keys *signing_old_keys(void);

/* A desk with a script for PostgreSQL, and room for so many hashes that wait
 * (0: none is taken at all). */
struct desk *signing_begin(const struct fake_step *steps, size_t n,
                           size_t queue);

/* Checks that the script is over and takes everything down. */
void signing_end(struct desk *desk);

/* The columns of sign_in_reserve for alice, with her password as it was
 * stored at the cost of the desk and bound under the current key; valid until
 * the next call. */
struct fake_value *signing_reserve_row(void);

/* The stored form of a token under the i-th key of the ring. */
void signing_hash(struct gh_text token, size_t i,
                  unsigned char hash[GH_DIGEST_LEN]);

/* The columns of session_find for a live session of alice with that token
 * under the i-th session key, bound under the current key; valid until the
 * next call. */
struct fake_value *signing_find_row(struct gh_text token, size_t i);

/* A new state before sign-in, now or some seconds ago, and a token for a form
 * of a purpose and subject; each valid until its next call. */
struct gh_text signing_pre(int64_t ago_s);
struct gh_text signing_token(struct gh_text purpose, struct gh_text subject);

/* Lays a POST of a form on the desk: the right type and length,
 * Sec-Fetch-Site: same-origin, and the cookies (NULL: none). */
void signing_post(struct desk *desk, const char *target_z,
                  const char *cookies_z, struct gh_text form);

/* Parses, and identifies until that is done. False when parse refuses. */
bool signing_know(struct desk *desk);

/* Runs act_own() until it is done, hashing included; its result. */
enum gh_status signing_act(struct desk *desk);

/* What came of it. */
const struct gh_reply *signing_reply(const struct desk *desk);

/* True when the reply's body has that part. */
bool signing_has(const struct desk *desk, struct gh_text part);

/* True when the reply's head has that line. */
bool signing_has_line(const struct desk *desk, struct gh_text line);

/* The value that a Set-Cookie line gives to a name; at is NULL without one. */
struct gh_text signing_cookie(const struct desk *desk, const char *name_z);

#endif
