/* SPDX-License-Identifier: Apache-2.0
 *
 * Values into PostgreSQL's binary form (its src/backend/utils/adt, the *recv
 * functions). Owns nothing. Refuses arrays over 10,000 elements or 1 MiB.
 * Called by core and gatehousectl.
 */
#include "store/param.h"

#include <string.h>

#include "base/buf.h"

#include "base/banned.h"

enum {
    MAX_ELEMENTS = 10000,
    MAX_ARRAY = 1024 * 1024, /* bytes of one array */
    ARRAY_HEAD = 20,         /* dimensions, flags, type, length, first */
    INET_V4 = 2,             /* PGSQL_AF_INET */
    INET_V6 = 3,             /* PGSQL_AF_INET6 */
};

/* PostgreSQL counts from 2000-01-01. */
#define EPOCH_US INT64_C(946684800000000)

#define REPLACEMENT GH_TEXT("\xef\xbf\xbd")

/* A type and the array of it. */
static const struct {
    unsigned oid; /* of the type, in pg_type */
    int array;    /* enum gh_sql of its array, or -1 */
} types[] = {
    [GH_SQL_BOOL] = {16, GH_SQL_BOOL_ARRAY},
    [GH_SQL_INT4] = {23, GH_SQL_INT4_ARRAY},
    [GH_SQL_INT8] = {20, GH_SQL_INT8_ARRAY},
    [GH_SQL_TEXT] = {25, GH_SQL_TEXT_ARRAY},
    [GH_SQL_BYTEA] = {17, GH_SQL_BYTEA_ARRAY},
    [GH_SQL_INET] = {869, GH_SQL_INET_ARRAY},
    [GH_SQL_TIMESTAMPTZ] = {1184, GH_SQL_TIMESTAMPTZ_ARRAY},
    [GH_SQL_INTERVAL] = {1186, -1},
    [GH_SQL_UUID] = {2950, GH_SQL_UUID_ARRAY},
    [GH_SQL_JSONB] = {3802, -1},
    [GH_SQL_BOOL_ARRAY] = {1000, -1},
    [GH_SQL_INT4_ARRAY] = {1007, -1},
    [GH_SQL_INT8_ARRAY] = {1016, -1},
    [GH_SQL_TEXT_ARRAY] = {1009, -1},
    [GH_SQL_BYTEA_ARRAY] = {1001, -1},
    [GH_SQL_INET_ARRAY] = {1041, -1},
    [GH_SQL_TIMESTAMPTZ_ARRAY] = {1185, -1},
    [GH_SQL_UUID_ARRAY] = {2951, -1},
};

unsigned
gh_sql_oid(enum gh_sql type)
{
    return types[type].oid;
}

/* Appends n bytes of value, most significant first. */
static void
put(struct gh_param *param, uint64_t value, size_t n)
{
    gh_assert(param->own_len + n <= sizeof(param->own));
    for (size_t i = n; i > 0; i--)
        param->own[param->own_len++] = (unsigned char)(value >> (8 * (i - 1)));
}

/* A value of fixed length, still empty. */
static struct gh_param
fixed(enum gh_sql type)
{
    return (struct gh_param){.type = type, .is_set = true, .is_own = true};
}

/* A value that points elsewhere. */
static struct gh_param
pointing(enum gh_sql type, struct gh_text bytes)
{
    return (struct gh_param){.type = type, .is_set = true, .bytes = bytes};
}

struct gh_param
gh_param_null(enum gh_sql type)
{
    return (struct gh_param){.type = type};
}

struct gh_param
gh_param_bool(bool value)
{
    struct gh_param param = fixed(GH_SQL_BOOL);

    put(&param, value, 1);
    return param;
}

struct gh_param
gh_param_int4(int32_t value)
{
    struct gh_param param = fixed(GH_SQL_INT4);

    put(&param, (uint32_t)value, 4);
    return param;
}

struct gh_param
gh_param_int8(int64_t value)
{
    struct gh_param param = fixed(GH_SQL_INT8);

    put(&param, (uint64_t)value, 8);
    return param;
}

struct gh_param
gh_param_text(struct gh_text text)
{
    return pointing(GH_SQL_TEXT, text);
}

enum gh_status
gh_param_clean_text(struct gh_arena *arena, struct gh_text text, size_t max,
                    struct gh_param *out)
{
    char *at = gh_arena_new(arena, max + 1);
    size_t len = 0;

    if (at == NULL)
        return GH_FAULT_MEMORY;
    while (text.len > 0) {
        size_t used = gh_utf8_first(text);
        struct gh_text piece = gh_text_first(text, used);

        if (used == 0 || text.at[0] == '\0') {
            used = 1;
            piece = REPLACEMENT;
        }
        if (piece.len > max - len)
            break;
        memcpy(at + len, piece.at, piece.len);
        len += piece.len;
        text = gh_text_from(text, used);
    }
    *out = gh_param_text((struct gh_text){.at = at, .len = len});
    return GH_OK;
}

struct gh_param
gh_param_bytea(struct gh_text bytes)
{
    return pointing(GH_SQL_BYTEA, bytes);
}

struct gh_param
gh_param_inet(const unsigned char *bytes, size_t n)
{
    struct gh_param param = fixed(GH_SQL_INET);

    gh_assert(n == 4 || n == 16);
    put(&param, n == 4 ? INET_V4 : INET_V6, 1);
    put(&param, n * 8, 1); /* bits of the network: a host */
    put(&param, 0, 1);     /* not a cidr */
    put(&param, n, 1);
    for (size_t i = 0; i < n; i++)
        put(&param, bytes[i], 1);
    return param;
}

struct gh_param
gh_param_timestamptz(int64_t unix_us)
{
    struct gh_param param = fixed(GH_SQL_TIMESTAMPTZ);

    put(&param, (uint64_t)(unix_us - EPOCH_US), 8);
    return param;
}

struct gh_param
gh_param_interval(int64_t ms)
{
    struct gh_param param = fixed(GH_SQL_INTERVAL);

    put(&param, (uint64_t)(ms * 1000), 8);
    put(&param, 0, 8); /* no days, no months */
    return param;
}

struct gh_param
gh_param_uuid(const unsigned char bytes[16])
{
    struct gh_param param = fixed(GH_SQL_UUID);

    for (size_t i = 0; i < 16; i++)
        put(&param, bytes[i], 1);
    return param;
}

struct gh_param
gh_param_jsonb(struct gh_text json)
{
    return pointing(GH_SQL_JSONB, json);
}

struct gh_text
gh_param_bytes(const struct gh_param *param)
{
    if (param->is_own)
        return (struct gh_text){.at = (const char *)param->own,
                                .len = param->own_len};
    return param->bytes;
}

bool
gh_param_is_fit(const struct gh_param *param)
{
    struct gh_text bytes = gh_param_bytes(param);

    if (!param->is_set ||
        (param->type != GH_SQL_TEXT && param->type != GH_SQL_JSONB))
        return true;
    return gh_text_is_utf8(bytes) && gh_text_find(bytes, '\0') == bytes.len;
}

/* --- arrays -------------------------------------------------------------- */

/* Appends a big-endian number of 4 bytes. */
static void
put_int4(struct gh_buf *buf, uint32_t value)
{
    const char bytes[4] = {(char)(value >> 24), (char)(value >> 16),
                           (char)(value >> 8), (char)value};

    /* Wire format, read by its length and never as text. */
    gh_buf_checked(buf, (struct gh_text){.at = bytes, .len = sizeof(bytes)});
}

/* Bytes of the whole array. GH_LIMIT, GH_MALFORMED. */
static enum gh_status
measure(const struct gh_param *items, size_t n, size_t *out)
{
    size_t size = ARRAY_HEAD;

    if (n > MAX_ELEMENTS)
        return GH_LIMIT;
    for (size_t i = 0; i < n; i++) {
        size_t len = items[i].is_set ? gh_param_bytes(&items[i]).len : 0;

        if (len > MAX_ARRAY || size + len + 4 > MAX_ARRAY)
            return GH_LIMIT;
        if (!gh_param_is_fit(&items[i]))
            return GH_MALFORMED;
        size += len + 4;
    }
    *out = size;
    return GH_OK;
}

static void
put_head(struct gh_buf *buf, enum gh_sql element, size_t n)
{
    if (n == 0) {
        put_int4(buf, 0); /* no dimension at all */
        put_int4(buf, 0);
        put_int4(buf, gh_sql_oid(element));
        return;
    }
    put_int4(buf, 1); /* one dimension */
    put_int4(buf, 1); /* there may be nulls */
    put_int4(buf, gh_sql_oid(element));
    put_int4(buf, (uint32_t)n);
    put_int4(buf, 1); /* counted from 1 */
}

enum gh_status
gh_param_array(struct gh_arena *arena, enum gh_sql element,
               const struct gh_param *items, size_t n, struct gh_param *out)
{
    struct gh_buf buf = {0};
    size_t size = 0;
    enum gh_status status;

    gh_assert(types[element].array >= 0);
    status = measure(items, n, &size);
    if (status == GH_OK)
        status = gh_buf_in(arena, size, &buf);
    if (status != GH_OK)
        return status;
    put_head(&buf, element, n);
    for (size_t i = 0; i < n; i++) {
        struct gh_text bytes = gh_param_bytes(&items[i]);

        gh_assert(items[i].type == element);
        if (!items[i].is_set) {
            put_int4(&buf, UINT32_MAX); /* -1: null */
            continue;
        }
        put_int4(&buf, (uint32_t)bytes.len);
        gh_buf_checked(&buf, bytes); /* wire format as well */
    }
    gh_assert(!buf.is_failed);
    *out = pointing((enum gh_sql)types[element].array, gh_buf_text(&buf));
    return GH_OK;
}
