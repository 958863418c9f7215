/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing FastCGI records. Owns nothing. Refuses any version but
 * 1; everything else about a record is judged by the edge, which knows what
 * may come when. Called by the edge and by the fuzz target.
 */
#include "record.h"

#include <string.h>

#include "base/banned.h"

/* Drops the first n bytes. */
static void
skip(struct gh_text *bytes, size_t n)
{
    bytes->at += n;
    bytes->len -= n;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Collects the header; true when it is complete. */
static bool
take_header(struct gh_record_reader *reader, struct gh_text *bytes)
{
    size_t n = smaller(GH_RECORD_HEADER_LEN - reader->n_header, bytes->len);

    if (n > 0)
        memcpy(reader->header + reader->n_header, bytes->at, n);
    skip(bytes, n);
    reader->n_header += (unsigned)n;
    return reader->n_header == GH_RECORD_HEADER_LEN;
}

static void
read_header(struct gh_record_reader *reader)
{
    const unsigned char *h = reader->header;

    reader->type = h[1];
    reader->id = (unsigned)h[2] << 8 | h[3];
    reader->len = (unsigned)h[4] << 8 | h[5];
    reader->left = reader->len;
    reader->padding = h[6];
}

/* Skips padding; then the next record may begin. */
static void
skip_padding(struct gh_record_reader *reader, struct gh_text *bytes)
{
    size_t n = smaller(reader->padding, bytes->len);

    skip(bytes, n);
    reader->padding -= (unsigned)n;
}

bool
gh_record_is_between(const struct gh_record_reader *reader)
{
    return reader->n_header == 0 && reader->padding == 0;
}

enum gh_status
gh_record_next(struct gh_record_reader *reader, struct gh_text *bytes,
               size_t max, enum gh_record_event *event, struct gh_text *content)
{
    size_t n;

    *content = (struct gh_text){0};
    if (reader->n_header == 0)
        skip_padding(reader, bytes);
    if (!reader->is_announced) {
        if (bytes->len == 0 || !take_header(reader, bytes))
            return GH_NONE;
        if (reader->header[0] != GH_RECORD_VERSION)
            return GH_MALFORMED;
        read_header(reader);
        reader->is_announced = true;
        *event = GH_RECORD_HEADER;
        return GH_OK;
    }
    if (reader->left == 0) {
        reader->n_header = 0;
        reader->is_announced = false;
        *event = GH_RECORD_END;
        return GH_OK;
    }
    if (bytes->len == 0)
        return GH_NONE;
    n = smaller(smaller(reader->left, bytes->len), max);
    if (n == 0)
        return GH_WAIT;
    *content = gh_text_first(*bytes, n);
    skip(bytes, n);
    reader->left -= (unsigned)n;
    *event = GH_RECORD_CONTENT;
    return GH_OK;
}

/* Appends bytes of ours. */
static void
put(struct gh_buf *buf, const unsigned char *bytes, size_t n)
{
    gh_buf_checked(buf, (struct gh_text){.at = (const char *)bytes, .len = n});
}

void
gh_record_put_header(struct gh_buf *buf, enum gh_record_type type, unsigned id,
                     size_t len)
{
    const unsigned char header[GH_RECORD_HEADER_LEN] = {
        GH_RECORD_VERSION,
        (unsigned char)type,
        (unsigned char)(id >> 8 & 0xff),
        (unsigned char)(id & 0xff),
        (unsigned char)(len >> 8 & 0xff),
        (unsigned char)(len & 0xff),
    };

    gh_assert(len <= UINT16_MAX);
    put(buf, header, sizeof(header));
}

void
gh_record_put_end(struct gh_buf *buf, unsigned id,
                  enum gh_protocol_status status)
{
    const unsigned char body[8] = {[4] = (unsigned char)status};

    gh_record_put_header(buf, GH_RECORD_END_REQUEST, id, sizeof(body));
    put(buf, body, sizeof(body));
}

void
gh_record_put_unknown_type(struct gh_buf *buf, unsigned type)
{
    const unsigned char body[8] = {(unsigned char)type};

    gh_record_put_header(buf, GH_RECORD_UNKNOWN_TYPE, 0, sizeof(body));
    put(buf, body, sizeof(body));
}
