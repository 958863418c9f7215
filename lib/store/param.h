/* SPDX-License-Identifier: Apache-2.0
 *
 * Values for the parameters of a statement, in the form in which they travel:
 * PostgreSQL's binary one, so that nothing is quoted, escaped or rounded.
 * Owns nothing. Limits one array to 10,000 elements. Core builds parameters;
 * store/db sends them.
 */
#ifndef GH_STORE_PARAM_H
#define GH_STORE_PARAM_H

#include "base/arena.h"

/* The types that our functions take. Each has an array of it. */
enum gh_sql {
    GH_SQL_BOOL,
    GH_SQL_INT4,
    GH_SQL_INT8,
    GH_SQL_TEXT,
    GH_SQL_BYTEA,
    GH_SQL_INET,
    GH_SQL_TIMESTAMPTZ,
    GH_SQL_INTERVAL,
    GH_SQL_UUID,
    GH_SQL_JSONB,
    GH_SQL_BOOL_ARRAY,
    GH_SQL_INT4_ARRAY,
    GH_SQL_INT8_ARRAY,
    GH_SQL_TEXT_ARRAY,
    GH_SQL_BYTEA_ARRAY,
    GH_SQL_INET_ARRAY,
    GH_SQL_TIMESTAMPTZ_ARRAY,
    GH_SQL_UUID_ARRAY,
};

/* One value: a plain value, copied freely. What bytes points to must live
 * until the value is sent or put into an array. The zero value is SQL's null,
 * as a boolean. */
struct gh_param {
    enum gh_sql type;      /* which type it is */
    bool is_set;           /* false: null */
    bool is_own;           /* the bytes are in own */
    struct gh_text bytes;  /* as they travel, unless is_own */
    unsigned char own[20]; /* values of fixed length */
    size_t own_len;        /* of own */
};

/* Null of any type. */
struct gh_param gh_param_null(enum gh_sql type);

/* Values of fixed length. */
struct gh_param gh_param_bool(bool value);
struct gh_param gh_param_int4(int32_t value);
struct gh_param gh_param_int8(int64_t value);

/* Text. It must be UTF-8 without NUL, or gh_db_send() refuses it: what came
 * from outside goes through gh_param_clean_text() or a parser first. */
struct gh_param gh_param_text(struct gh_text text);

/* Text from outside made fit: what is not UTF-8, and NUL, becomes U+FFFD, and
 * what is over max bytes is cut before a character. GH_FAULT_MEMORY. The
 * value points into arena. */
GH_MUST_CHECK enum gh_status gh_param_clean_text(struct gh_arena *arena,
                                                 struct gh_text text,
                                                 size_t max,
                                                 struct gh_param *out);

/* Bytes of any kind. */
struct gh_param gh_param_bytea(struct gh_text bytes);

/* An address of n bytes, 4 or 16, as a host (/32, /128). */
struct gh_param gh_param_inet(const unsigned char *bytes, size_t n);

/* Microseconds since 1970-01-01 00:00 UTC. */
struct gh_param gh_param_timestamptz(int64_t unix_us);

/* A duration in milliseconds. */
struct gh_param gh_param_interval(int64_t ms);

/* The 16 bytes of a UUID. */
struct gh_param gh_param_uuid(const unsigned char bytes[16]);

/* JSON as text, from gh_buf_json(). */
struct gh_param gh_param_jsonb(struct gh_text json);

/* An array of n values of one type, nulls included; element says which, also
 * when n is 0. JSON, durations and arrays have none. GH_LIMIT over 10,000
 * elements or 1 MiB, GH_MALFORMED for a text that is not fit,
 * GH_FAULT_MEMORY. The value points into arena. */
GH_MUST_CHECK enum gh_status gh_param_array(struct gh_arena *arena,
                                            enum gh_sql element,
                                            const struct gh_param *items,
                                            size_t n, struct gh_param *out);

/* The bytes as they travel; valid as long as the value and what it points
 * to. */
struct gh_text gh_param_bytes(const struct gh_param *param);

/* False for a text that PostgreSQL would refuse: not UTF-8, or with a NUL. */
bool gh_param_is_fit(const struct gh_param *param);

/* PostgreSQL's number of a type; these numbers are part of its protocol. */
unsigned gh_sql_oid(enum gh_sql type);

#endif
