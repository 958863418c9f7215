/* SPDX-License-Identifier: Apache-2.0
 *
 * The raw FastCGI client: records and requests as bytes. Owns nothing; writes
 * what it is told, right or wrong. The default request is the one that every
 * case of the attack list begins with.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

/* The most content one record holds. */
enum {
    CONTENT_MAX = 65535
};

void
rec_odd(struct bytes *out, struct record record)
{
    gh_assert(record.content.len <= CONTENT_MAX && record.padding.len <= 255);
    bytes_byte(out, record.version);
    bytes_byte(out, record.type);
    bytes_byte(out, record.id >> 8);
    bytes_byte(out, record.id);
    bytes_byte(out, (unsigned)record.content.len >> 8);
    bytes_byte(out, (unsigned)record.content.len);
    bytes_byte(out, (unsigned)record.padding.len);
    bytes_byte(out, record.reserved);
    bytes_text_add(out, record.content);
    bytes_text_add(out, record.padding);
}

void
rec(struct bytes *out, unsigned type, unsigned id, struct gh_text content)
{
    do {
        struct gh_text part = gh_text_first(content, CONTENT_MAX);

        rec_odd(out,
                (struct record){
                    .version = 1, .type = type, .id = id, .content = part});
        content = gh_text_from(content, part.len);
    } while (content.len > 0);
}

void
length_long(struct bytes *out, uint32_t value)
{
    bytes_byte(out, 0x80 | (value >> 24));
    bytes_byte(out, value >> 16);
    bytes_byte(out, value >> 8);
    bytes_byte(out, value);
}

static void
length(struct bytes *out, size_t value)
{
    if (value > 127)
        length_long(out, (uint32_t)value);
    else
        bytes_byte(out, (unsigned)value);
}

void
pair_text(struct bytes *out, struct gh_text name, struct gh_text value)
{
    length(out, name.len);
    length(out, value.len);
    bytes_text_add(out, name);
    bytes_text_add(out, value);
}

void
pair(struct bytes *out, const char *name_z, const char *value_z)
{
    pair_text(out, gh_text_of_z(name_z), gh_text_of_z(value_z));
}

void
pairs_default(struct bytes *out, const char *method_z, const char *uri_z)
{
    struct gh_text path = gh_text_of_z(uri_z);
    struct gh_text query = path;

    path = gh_text_first(path, gh_text_find(path, '?'));
    query = gh_text_from(query, path.len + 1);
    pair(out, "REQUEST_METHOD", method_z);
    pair(out, "REQUEST_URI", uri_z);
    pair_text(out, GH_TEXT("SCRIPT_NAME"), path);
    pair_text(out, GH_TEXT("QUERY_STRING"), query);
    pair(out, "SERVER_PROTOCOL", "HTTP/1.1");
    pair(out, "REMOTE_ADDR", "127.0.0.1");
    pair(out, "HTTPS", "on");
    pair(out, "SERVER_NAME", "wire.test");
    pair(out, "HTTP_HOST", "wire.test");
}

void
ask_begin(struct bytes *out, unsigned id, unsigned role, bool keep)
{
    char body[8] = {(char)(role >> 8), (char)role, keep ? 1 : 0};

    rec(out, REC_BEGIN, id, (struct gh_text){.at = body, .len = sizeof(body)});
}

void
ask_params(struct bytes *out, unsigned id, const struct bytes *pairs)
{
    if (pairs->len > 0)
        rec(out, REC_PARAMS, id, bytes_text(pairs));
    rec(out, REC_PARAMS, id, GH_TEXT(""));
}

void
ask_stdin(struct bytes *out, unsigned id, struct gh_text body)
{
    if (body.len > 0)
        rec(out, REC_STDIN, id, body);
    rec(out, REC_STDIN, id, GH_TEXT(""));
}

void
ask_get(struct bytes *out, unsigned id, bool keep, const char *uri_z)
{
    struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "GET", uri_z);
    ask_begin(out, id, ROLE_RESPONDER, keep);
    ask_params(out, id, &pairs);
    ask_stdin(out, id, GH_TEXT(""));
    bytes_done(&pairs);
}

void
ask_post(struct bytes *out, const char *uri_z, struct gh_text body,
         const char *length_z)
{
    struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "POST", uri_z);
    pair(&pairs, "CONTENT_TYPE", "text/plain");
    if (length_z != NULL)
        pair(&pairs, "CONTENT_LENGTH", length_z);
    ask_begin(out, 1, ROLE_RESPONDER, false);
    ask_params(out, 1, &pairs);
    ask_stdin(out, 1, body);
    bytes_done(&pairs);
}

void
ask_with(struct bytes *out, const char *uri_z, struct gh_text name,
         struct gh_text value)
{
    struct bytes pairs = {.len = 0};

    pairs_default(&pairs, "GET", uri_z);
    pair_text(&pairs, name, value);
    ask_begin(out, 1, ROLE_RESPONDER, false);
    ask_params(out, 1, &pairs);
    ask_stdin(out, 1, GH_TEXT(""));
    bytes_done(&pairs);
}
