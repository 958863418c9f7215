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

/* The PARAMS stream being written: pairs may span records. */
struct stream {
    struct gh_buf *buf; /* where it goes */
    unsigned id;        /* request id */
    size_t header;      /* where the current record begins */
};

static void
begin_record(struct stream *stream)
{
    stream->header = stream->buf->len;
    gh_record_put_header(stream->buf, GH_RECORD_PARAMS, stream->id, 0);
}

/* Bytes of content in the current record. */
static size_t
record_len(const struct stream *stream)
{
    return stream->buf->len - stream->header - GH_RECORD_HEADER_LEN;
}

/* Writes the length of the current record into its header. */
static void
end_record(struct stream *stream)
{
    struct gh_buf again =
        gh_buf_over(stream->buf->at + stream->header, GH_RECORD_HEADER_LEN);

    if (!stream->buf->is_failed)
        gh_record_put_header(&again, GH_RECORD_PARAMS, stream->id,
                             record_len(stream));
}

/* Appends to the stream, with a new record wherever one is full. */
static void
put_bytes(struct stream *stream, struct gh_text bytes)
{
    while (bytes.len > 0 && !stream->buf->is_failed) {
        struct gh_text now =
            gh_text_first(bytes, RECORD_MAX - record_len(stream));

        if (now.len == 0) {
            end_record(stream);
            begin_record(stream);
            continue;
        }
        gh_buf_checked(stream->buf, now);
        bytes = gh_text_from(bytes, now.len);
    }
}

/* Length bytes of a name or value; at holds four. */
static struct gh_text
length_bytes(size_t len, char at[4])
{
    at[0] = (char)(0x80 | (len >> 24 & 0x7f));
    at[1] = (char)(len >> 16 & 0xff);
    at[2] = (char)(len >> 8 & 0xff);
    at[3] = (char)(len & 0xff);
    return len < 0x80 ? (struct gh_text){.at = at + 3, .len = 1}
                      : (struct gh_text){.at = at, .len = 4};
}

void
gh_params_encode(struct gh_buf *buf, unsigned id,
                 const struct gh_fields *params)
{
    const char begin[8] = {0, GH_ROLE_RESPONDER, GH_FLAG_KEEP_CONN};
    struct stream stream = {.buf = buf, .id = id};
    char four[4];

    gh_record_put_header(buf, GH_RECORD_BEGIN_REQUEST, id, sizeof(begin));
    gh_buf_checked(buf, (struct gh_text){.at = begin, .len = sizeof(begin)});
    if (params->n > 0)
        begin_record(&stream);
    for (size_t i = 0; i < params->n; i++) {
        put_bytes(&stream, length_bytes(params->at[i].name.len, four));
        put_bytes(&stream, length_bytes(params->at[i].value.len, four));
        put_bytes(&stream, params->at[i].name);
        put_bytes(&stream, params->at[i].value);
    }
    if (params->n > 0)
        end_record(&stream);
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
        struct gh_text name = known_values[i].name;
        struct gh_text value =
            known_values[i].is_limit ? gh_buf_text(&number) : GH_TEXT("0");
        char lengths[2] = {(char)name.len, (char)value.len};

        if (!is_asked(asked, name))
            continue;
        gh_buf_checked(&out, (struct gh_text){.at = lengths, .len = 2});
        gh_buf_checked(&out, name);
        gh_buf_checked(&out, value);
    }
    gh_record_put_header(buf, GH_RECORD_GET_VALUES_RESULT, 0, out.len);
    gh_buf_checked(buf, gh_buf_text(&out));
}
