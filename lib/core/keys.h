/* SPDX-License-Identifier: Apache-2.0
 *
 * The key ring: the secrets that are never in PostgreSQL, so that a copy of
 * the database, or its owner, can neither make a session nor test a password.
 * Read from one file (gatehousectl key generate), held in wiped memory. The
 * ring only changes by reading another one; threads may share it. There is no
 * function that gives a secret back: callers get MACs. Called by identify,
 * act, core/password and gatehousectl.
 *
 * The file: "gatehouse-keys 1", then one key a line, "NAME KID CREATED
 * SECRET", single spaces, at least one of each name. Of several keys of one
 * name the first is current; the others still verify.
 */
#ifndef GH_CORE_KEYS_H
#define GH_CORE_KEYS_H

#include "base/buf.h"
#include "base/digest.h"

/* What a key is for. Each purpose has keys of its own. */
enum gh_key_name {
    GH_KEY_SESSION, /* stored form of session tokens */
    GH_KEY_BINDING, /* credential and session rows to their account */
    GH_KEY_CSRF,    /* form tokens and the state before sign-in */
    GH_KEY_DEVICE,  /* device cookies */
    GH_KEY_PEPPER,  /* passwords, before they are hashed */
    GH_KEY_LOG,     /* names of unknown accounts, in throttle and audit */
    GH_KEY_DATA,    /* session data: keys of accounts (core/vault.h) */
};

enum {
    GH_KEY_NAMES = 7,            /* members of enum gh_key_name */
    GH_KEY_LEN = 32,             /* bytes of a secret */
    GH_KEY_KID_MAX = 16,         /* characters of a key id */
    GH_KEYS_MAX = 64,            /* keys of one ring */
    GH_KEY_PARTS_MAX = 8,        /* parts of one MAC */
    GH_KEY_FILE_MAX = 64 * 1024, /* bytes of a file */
};

struct gh_aead;

/* A ring. Lives as long as the program, or until it is read anew. */
struct gh_keys;

/* What may be shown of a key. The texts live as long as the ring. */
struct gh_key_info {
    enum gh_key_name name;  /* what it is for */
    struct gh_text kid;     /* its id, [a-z0-9]{1,16} */
    struct gh_text created; /* YYYY-MM-DD */
    bool is_current;        /* new MACs are made with it */
};

/* Reads the ring from a file that nobody but its owner can read (0400, 0600)
 * or its owner and one group (0440), owned by root or by this account.
 * GH_MALFORMED, GH_FAULT_IO: why has one sentence, without a secret;
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_keys_read(const char *file, struct gh_buf *why,
                                          struct gh_keys **out);

/* Wipes and frees; NULL is fine. */
void gh_keys_free(struct gh_keys *keys);

/* The same for GH_CLEAN. */
void gh_keys_free_at(struct gh_keys **keys);

/* Appends a new file: one random key of each name, created on the given date
 * (YYYY-MM-DD). The caller wipes what the buffer holds. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_keys_write_new(struct gh_text created,
                                               struct gh_buf *out);

/* Appends the file whose bytes are given with one more key, random and created
 * on that date: the current one of its name from then on; the older ones of
 * the name stay behind it. The file may lack that name, or others. The caller
 * wipes what both hold. GH_MALFORMED, with why as above; GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_keys_write_rotated(struct gh_text bytes,
                                                   enum gh_key_name name,
                                                   struct gh_text created,
                                                   struct gh_buf *why,
                                                   struct gh_buf *out);

/* Appends the bytes of a file that gh_keys_read() would look into. The caller
 * wipes them. GH_MALFORMED, GH_FAULT_IO: why has one sentence. */
GH_MUST_CHECK enum gh_status gh_keys_load(const char *file, struct gh_buf *why,
                                          struct gh_buf *out);

/* HMAC-SHA-256 over the parts, GH_KEY_PARTS_MAX at most, each behind its
 * length as 8 bytes, big endian; under the key kid of that name, or the
 * current one when kid is empty. GH_NONE when the ring has no such key;
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_keys_mac(const struct gh_keys *keys,
                                         enum gh_key_name name,
                                         struct gh_text kid,
                                         const struct gh_text *parts, size_t n,
                                         unsigned char out[GH_DIGEST_LEN]);

/* The cipher that goes with the ring; lives as long. */
const struct gh_aead *gh_keys_aead(const struct gh_keys *keys);

/* The id of the current key; lives as long as the ring. */
struct gh_text gh_keys_current(const struct gh_keys *keys,
                               enum gh_key_name name);

/* The i-th key of the file, from 0; false behind the last. For lists, and for
 * who tries the older keys of a name in turn. */
bool gh_keys_at(const struct gh_keys *keys, size_t i, struct gh_key_info *out);

/* "session", "binding" …; static memory. */
const char *gh_key_name_word(enum gh_key_name name);

/* The name that has this word. False when there is none. */
bool gh_key_name_find(struct gh_text word, enum gh_key_name *out);

#endif
