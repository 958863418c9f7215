/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: the token that only the browser has, the hash of it that only the
 * database has, and what a session's state means. Owns nothing. Called by
 * identify and by the acts that begin and end a session.
 */
#ifndef GH_CORE_SESSION_H
#define GH_CORE_SESSION_H

#include "core/binding.h"
#include "core/policy.h"

enum {
    GH_TOKEN_LEN = 43,     /* characters of a token: 32 bytes in base64url */
    GH_REFERENCE_LEN = 16, /* bytes of a reference */
    GH_LEVEL_PASSWORD = 1, /* authentication level: a password alone */
};

/* A session about to begin. Holds a secret: wiped by its owner's arena. */
struct gh_new_session {
    char token[GH_TOKEN_LEN];                  /* for the cookie, no NUL */
    unsigned char token_hash[GH_DIGEST_LEN];   /* for the database */
    unsigned char reference[GH_REFERENCE_LEN]; /* harmless name */
    unsigned char binding[GH_DIGEST_LEN];      /* ties the row to the account */
};

/* What of a session is needed for the token that follows. */
struct gh_succession {
    struct gh_text host;                       /* that the token is for */
    unsigned char reference[GH_REFERENCE_LEN]; /* of the session */
    int64_t account_id;                        /* whose it is */
    int level;                                 /* authentication level */
    int64_t generation;                        /* of the token so far, from 0 */
};

/* Makes a token, its hash for a host, a reference and the binding for an
 * account. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_session_make(const struct gh_keys *keys,
                                             struct gh_text host,
                                             int64_t account_id, int level,
                                             struct gh_new_session *out);

/* The token that follows one of a session: the same for whoever asks, on any
 * gateway, so that nobody has to keep it; an HMAC of the token, the reference
 * and the generation under the current session key. With its hash and binding
 * as for a new session. GH_MALFORMED when the token is not in its one canonical
 * form; GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_session_succeed(const struct gh_keys *keys,
                                                struct gh_text token,
                                                const struct gh_succession *of,
                                                struct gh_new_session *out);

/* The stored form of a token: HMAC-SHA-256 of it and of the host that it is
 * for, so that it is nothing on another one (a browser keeps __Host- cookies
 * apart; others need not), under the session key that is the i-th of its name
 * in the ring, 0 being the current one. GH_MALFORMED when the token is not in
 * its one canonical form; GH_NONE when there are fewer keys; GH_FAULT_CRYPTO.
 */
GH_MUST_CHECK enum gh_status gh_session_hash(const struct gh_keys *keys,
                                             size_t i, struct gh_text host,
                                             struct gh_text token,
                                             unsigned char out[GH_DIGEST_LEN]);

/* The bytes behind a reference in 32 hexadecimal digits. */
void gh_reference_read(struct gh_text hex, unsigned char out[GH_REFERENCE_LEN]);

/* A reference in hexadecimal, as applications and the log know it; its text
 * lives in the arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reference_write(struct gh_arena *arena,
                                                struct gh_text reference,
                                                struct gh_text *out);

/* Why a session in this state is nobody's, from the word that session_find
 * returns; GH_NOBODY_NO_TOKEN stands for "live". Unknown words count as
 * revoked. */
enum gh_nobody gh_session_nobody(struct gh_text state);

/* The fixed word for a reason, as it stands in addresses and answers. Static
 * memory. */
struct gh_text gh_nobody_word(enum gh_nobody nobody);

#endif
