/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request ends. Owns nothing, refuses nothing: trailers and chunk
 * extensions, which the gateway never sends, are not understood.
 */
#include "http.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

size_t
http_head_len(struct gh_text in)
{
    const char *end = in.len > 0 ? memmem(in.at, in.len, "\r\n\r\n", 4) : NULL;

    return end != NULL ? (size_t)(end - in.at) + 4 : 0;
}

bool
http_field(struct gh_text in, const char *name_z, struct gh_text *out)
{
    struct gh_text head = gh_text_first(in, http_head_len(in));
    struct gh_text name = gh_text_of_z(name_z);
    struct gh_text line;

    while (gh_text_cut(&head, '\n', &line)) {
        if (line.len > name.len && line.at[name.len] == ':' &&
            gh_text_starts_nocase(line, name)) {
            line = gh_text_from(line, name.len + 1);
            *out = gh_text_trim(gh_text_first(line, gh_text_find(line, '\r')));
            return true;
        }
    }
    return false;
}

/* Walks the chunks of body, appending their data to *data unless it is NULL;
 * the length of the whole chunked body, or 0 when its end is not there. */
static size_t
walk_chunks(struct gh_text body, struct bytes *data)
{
    size_t at = 0;

    for (;;) {
        struct gh_text rest = gh_text_from(body, at);
        size_t line = gh_text_find(rest, '\n');
        size_t size;

        if (line == rest.len)
            return 0;
        size = strtoul(rest.at, NULL, 16);
        at += line + 1;
        if (body.len < at + size + 2)
            return 0;
        if (data != NULL)
            bytes_add(data, body.at + at, size);
        at += size + 2;
        if (size == 0)
            return at;
    }
}

size_t
http_request_len(struct gh_text in)
{
    size_t head = http_head_len(in);
    struct gh_text value;
    size_t body = 0;

    if (head == 0)
        return 0;
    if (http_field(in, "transfer-encoding", &value)) {
        body = walk_chunks(gh_text_from(in, head), NULL);
        return body == 0 ? 0 : head + body;
    }
    if (http_field(in, "content-length", &value))
        body = strtoul(value.at, NULL, 10);
    return in.len >= head + body ? head + body : 0;
}

void
http_body(struct gh_text request, struct bytes *out)
{
    struct gh_text body = gh_text_from(request, http_head_len(request));
    struct gh_text value;

    if (http_field(request, "transfer-encoding", &value))
        walk_chunks(body, out);
    else
        bytes_text_add(out, body);
}
