/* SPDX-License-Identifier: Apache-2.0
 *
 * FastCGI pairs, decoded and encoded. Owns nothing. libfcgi trusts lengths
 * and bytes that it should not (CVE-2025-23016, and more that have no
 * number), so it is shown only what was decoded here and encoded again.
 * Called by the edge and by the fuzz target.
 */
#include "params.h"

#include <string.h>

#include "record.h"

#include "base/banned.h"

enum {
    RECORD_MAX = 65528, /* content bytes of one record we write */
    PAIR_MAX = 8,       /* length bytes of one pair */
};

/* Takes a length of one or four bytes off the front of rest. */
static bool
take_length(struct gh_text *rest, size_t *out)
{
    unsigned char b[4];

    if (rest->len == 0)
        return false;
    b[0] = (unsigned char)rest->at[0];
    if (b[0] < 0x80) {
        *out = b[0];
        *rest = gh_text_from(*rest, 1);
        return true;
    }
    if (rest->len < sizeof(b))
        return false;
    memcpy(b, rest->at, sizeof(b));
    *out = (size_t)(b[0] & 0x7f) << 24 | (size_t)b[1] << 16 |
           (size_t)b[2] << 8 | b[3];
    *rest = gh_text_from(*rest, sizeof(b));
    return true;
}

/* Takes n bytes off the front of rest. */
static bool
take_bytes(struct gh_text *rest, size_t n, struct gh_text *out)
{
    if (n > rest->len)
        return false;
    *out = gh_text_first(*rest, n);
    *rest = gh_text_from(*rest, n);
    return true;
}

/* True for a name that can stand in front of a "=". */
static bool
is_name(struct gh_text name)
{
    return name.len > 0 && gh_text_all(name, GH_CLASS_VISIBLE) &&
           gh_text_find(name, '=') == name.len;
}

/* Takes one checked pair off the front of stream. GH_MALFORMED. */
static enum gh_status
take_pair(struct gh_text *stream, struct gh_field *out)
{
    size_t name_len;
    size_t value_len;

    if (!take_length(stream, &name_len) || !take_length(stream, &value_len) ||
        !take_bytes(stream, name_len, &out->name) ||
        !take_bytes(stream, value_len, &out->value))
        return GH_MALFORMED;
    if (!is_name(out->name) || gh_text_find(out->value, '\0') != out->value.len)
        return GH_MALFORMED;
    return GH_OK;
}

enum gh_status
gh_params_decode(struct gh_text stream, struct gh_fields *out)
{
    while (stream.len > 0) {
        struct gh_field pair;

        if (take_pair(&stream, &pair) != GH_OK)
            return GH_MALFORMED;
        if (pair.value.len > 0 &&
            gh_fields_add(out, pair.name, pair.value) != GH_OK)
            return GH_LIMIT;
    }
    return GH_OK;
}

size_t
gh_params_size(const struct gh_fields *params)
{
    size_t size = 0;

    for (size_t i = 0; i < params->n; i++)
        size += params->at[i].name.len + params->at[i].value.len + PAIR_MAX;
    /* BEGIN with its body, a header for every record, the empty record. */
    return size + (size / RECORD_MAX + 4) * GH_RECORD_HEADER_LEN;
}

static void
put_length(struct gh_buf *buf, size_t len)
{
    const unsigned char four[4] = {
        (unsigned char)(0x80 | (len >> 24 & 0x7f)),
        (unsigned char)(len >> 16 & 0xff),
        (unsigned char)(len >> 8 & 0xff),
        (unsigned char)(len & 0xff),
    };
    size_t n = len < 0x80 ? 1 : sizeof(four);

    gh_buf_checked(buf,
                   (struct gh_text){.at = (const char *)four + sizeof(four) - n,
                                    .len = n});
}

static void
put_pair(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    put_length(buf, name.len);
    put_length(buf, value.len);
    gh_buf_checked(buf, name);
    gh_buf_checked(buf, value);
}

/* The pairs from *at on that fit into one record, and that record. */
static void
put_record(struct gh_buf *buf, unsigned id, const struct gh_fields *params,
           size_t *at)
{
    size_t header = buf->len;
    size_t start = header + GH_RECORD_HEADER_LEN;
    struct gh_buf again;

    gh_record_put_header(buf, GH_RECORD_PARAMS, id, 0);
    for (; *at < params->n; (*at)++) {
        const struct gh_field *pair = &params->at[*at];
        size_t size = pair->name.len + pair->value.len + PAIR_MAX;

        if (buf->len > start && buf->len - start + size > RECORD_MAX)
            break;
        put_pair(buf, pair->name, pair->value);
    }
    if (buf->is_failed)
        return;
    again = gh_buf_over(buf->at + header, GH_RECORD_HEADER_LEN);
    gh_record_put_header(&again, GH_RECORD_PARAMS, id, buf->len - start);
}

void
gh_params_encode(struct gh_buf *buf, unsigned id,
                 const struct gh_fields *params)
{
    const char begin[8] = {0, GH_ROLE_RESPONDER, GH_FLAG_KEEP_CONN};
    size_t at = 0;

    gh_record_put_header(buf, GH_RECORD_BEGIN_REQUEST, id, sizeof(begin));
    gh_buf_checked(buf, (struct gh_text){.at = begin, .len = sizeof(begin)});
    while (at < params->n && !buf->is_failed)
        put_record(buf, id, params, &at);
    gh_record_put_header(buf, GH_RECORD_PARAMS, id, 0);
}

/* Values that can be asked for, FastCGI 1.0, 4.1. */
static const struct {
    struct gh_text name; /* as asked */
    bool is_limit;       /* answered with the number of connections, or "0" */
} known_values[] = {
    {GH_TEXT_INIT("FCGI_MAX_CONNS"), true},
    {GH_TEXT_INIT("FCGI_MAX_REQS"), true},
    {GH_TEXT_INIT("FCGI_MPXS_CONNS"), false},
};

/* True when a name is among the pairs that decode. */
static bool
is_asked(struct gh_text asked, struct gh_text name)
{
    struct gh_field pair;

    while (asked.len > 0 && take_pair(&asked, &pair) == GH_OK) {
        if (gh_text_equal(pair.name, name))
            return true;
    }
    return false;
}

void
gh_params_answer_values(struct gh_buf *buf, struct gh_text asked,
                        size_t max_connections)
{
    char pairs[128];
    struct gh_buf out = gh_buf_over(pairs, sizeof(pairs));
    char digits[24];
    struct gh_buf number = gh_buf_over(digits, sizeof(digits));

    gh_buf_number(&number, max_connections);
    for (size_t i = 0; i < GH_COUNT(known_values); i++) {
        if (is_asked(asked, known_values[i].name))
            put_pair(&out, known_values[i].name,
                     known_values[i].is_limit ? gh_buf_text(&number)
                                              : GH_TEXT("0"));
    }
    gh_record_put_header(buf, GH_RECORD_GET_VALUES_RESULT, 0, out.len);
    gh_buf_checked(buf, gh_buf_text(&out));
}
