/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of an HTTP/1.1 response. Owns nothing; the fields live in the
 * caller's arena. Refuses whatever could make two parsers disagree about
 * where the body ends. Limits bytes, field lines and interim heads. Called by
 * the back-end client.
 *
 * The parser keeps no state between calls: while a head is incomplete, each
 * call walks its lines from the start. That walk is one memchr() a line over
 * at most max_head bytes and max_fields lines, and a head usually arrives
 * whole, so remembering a place would cost more than it saves.
 */
#include "web/answer.h"

#include <string.h>

#include "base/banned.h"

enum {
    MAX_INTERIM = 10, /* 1xx heads in front of the final one */
    VERSION_LEN = 8,  /* of "HTTP/1.1" */
    STATUS_END = 12,  /* of "HTTP/1.1 200" */
};

/* Where one head lies. */
struct extent {
    size_t len;     /* with the empty line */
    size_t n_lines; /* without the status line and the empty line */
};

/* What the fields say about the body and the connection. */
struct framing {
    unsigned n_lengths; /* Content-Length fields */
    unsigned n_codings; /* Transfer-Encoding fields */
    uint64_t length;    /* the value of the former */
    bool is_closing;    /* Connection: close */
};

/* Length of the line at the start of bytes with its CRLF. GH_WAIT;
 * GH_MALFORMED: it ends in a bare LF, which would otherwise be waited on
 * until the deadline. */
static enum gh_status
find_line(struct gh_text bytes, size_t *out)
{
    size_t end = gh_text_find(bytes, '\n');

    if (end == bytes.len)
        return GH_WAIT;
    if (end == 0 || bytes.at[end - 1] != '\r')
        return GH_MALFORMED;
    *out = end + 1;
    return GH_OK;
}

/* Finds the end of the head at the start of bytes. GH_WAIT, GH_MALFORMED,
 * GH_LIMIT. */
static enum gh_status
find_head(struct gh_text bytes, size_t max_fields, struct extent *out)
{
    struct extent extent = {0};
    size_t n_lines = 0;
    size_t len = 0;

    while (len != 2) {
        enum gh_status status = find_line(bytes, &len);

        if (status != GH_OK)
            return status;
        /* The status line and the empty line are not fields. */
        if (len != 2 && n_lines++ > max_fields)
            return GH_LIMIT;
        extent.len += len;
        bytes = gh_text_from(bytes, len);
    }
    if (n_lines == 0)
        return GH_MALFORMED;
    extent.n_lines = n_lines - 1;
    *out = extent;
    return GH_OK;
}

/* False as soon as bytes cannot become the start of an answer. */
static bool
may_begin(struct gh_text bytes)
{
    return gh_text_starts(GH_TEXT("HTTP/1."), gh_text_first(bytes, 7));
}

/* Takes the next line off *head, without its CRLF. */
static struct gh_text
cut_line(struct gh_text *head)
{
    size_t end = gh_text_find(*head, '\n');
    struct gh_text line = gh_text_first(*head, end - 1);

    *head = gh_text_from(*head, end + 1);
    return line;
}

/* status-line of RFC 9112 4, except that the space in front of a missing
 * reason may be missing too; the reason is checked and dropped. */
static enum gh_status
read_status_line(struct gh_text line, unsigned *status, bool *is_old)
{
    struct gh_text digits = gh_text_first(gh_text_from(line, VERSION_LEN), 4);
    uint64_t value;

    *is_old = gh_text_starts(line, GH_TEXT("HTTP/1.0"));
    if (!*is_old && !gh_text_starts(line, GH_TEXT("HTTP/1.1")))
        return GH_MALFORMED;
    if (digits.len != 4 || digits.at[0] != ' ' ||
        gh_text_number(gh_text_from(digits, 1), 599, &value) != GH_OK ||
        value < 100)
        return GH_MALFORMED;
    if (line.len > STATUS_END && line.at[STATUS_END] != ' ')
        return GH_MALFORMED;
    if (!gh_text_all(gh_text_from(line, STATUS_END), GH_CLASS_FIELD))
        return GH_MALFORMED;
    *status = (unsigned)value;
    return GH_OK;
}

/* field-line of RFC 9112 5. A folded line begins with white space and a
 * space before the colon ends the name: neither is a token. */
static enum gh_status
read_field(struct gh_text line, struct gh_field *out)
{
    size_t colon = gh_text_find(line, ':');
    struct gh_text name = gh_text_first(line, colon);
    struct gh_text value = gh_text_trim(gh_text_from(line, colon + 1));

    if (colon == 0 || colon == line.len || !gh_text_all(name, GH_CLASS_TOKEN) ||
        !gh_text_all(value, GH_CLASS_FIELD))
        return GH_MALFORMED;
    *out = (struct gh_field){.name = name, .value = value};
    return GH_OK;
}

/* Notes what one field says. Numbers are decimal digits only, so "+5",
 * "5, 5", "0x5" and "" are refused. */
static enum gh_status
note_framing(const struct gh_field *field, struct framing *framing)
{
    if (gh_text_equal_nocase(field->name, GH_TEXT("content-length"))) {
        framing->n_lengths++;
        if (gh_text_number(field->value, INT64_MAX, &framing->length) != GH_OK)
            return GH_MALFORMED;
    } else if (gh_text_equal_nocase(field->name,
                                    GH_TEXT("transfer-encoding"))) {
        framing->n_codings++;
        if (!gh_text_equal_nocase(field->value, GH_TEXT("chunked")))
            return GH_MALFORMED;
    } else if (gh_text_equal_nocase(field->name, GH_TEXT("connection"))) {
        framing->is_closing |= gh_list_has(field->value, GH_TEXT("close"));
    }
    return GH_OK;
}

/* Reads the n field lines of head into fields, or only checks them when
 * fields is NULL. */
static enum gh_status
read_fields(struct gh_text head, size_t n, struct gh_fields *fields,
            struct framing *framing)
{
    for (size_t i = 0; i < n; i++) {
        struct gh_field field;
        enum gh_status status = read_field(cut_line(&head), &field);

        if (status == GH_OK)
            status = note_framing(&field, framing);
        if (status == GH_OK && fields != NULL)
            status = gh_fields_add(fields, field.name, field.value);
        if (status != GH_OK)
            return status;
    }
    if (framing->n_lengths + framing->n_codings > 1)
        return GH_MALFORMED;
    return GH_OK;
}

/* Checks a 1xx head that will be skipped. It cannot announce a body (RFC 9110
 * 15.2), and nobody asked for another protocol. */
static enum gh_status
check_interim(struct gh_text head, size_t n_lines, unsigned code)
{
    struct framing framing = {0};
    enum gh_status status = read_fields(head, n_lines, NULL, &framing);

    if (status != GH_OK)
        return status;
    if (code == 101 || framing.n_lengths + framing.n_codings > 0)
        return GH_MALFORMED;
    return GH_OK;
}

/* RFC 9112 6.3, with everything doubtful refused before. */
static enum gh_body_kind
body_kind(unsigned code, bool is_head, const struct framing *framing)
{
    if (is_head || code == 204 || code == 304)
        return GH_BODY_NONE;
    if (framing->n_codings > 0)
        return GH_BODY_CHUNKED;
    if (framing->n_lengths == 0)
        return GH_BODY_CLOSE;
    return framing->length > 0 ? GH_BODY_LENGTH : GH_BODY_NONE;
}

/* True when something about the answer makes a further one on the same
 * connection doubtful. A 204 that announces a body may well send it. */
static bool
ends_connection(const struct gh_answer_head *head,
                const struct framing *framing, bool is_old)
{
    bool is_lying =
        head->status == 204 && (framing->n_codings > 0 || framing->length > 0);

    return is_old || framing->is_closing || is_lying ||
           head->body == GH_BODY_CLOSE;
}

/* Fills in what the framing says. */
static void
settle(struct gh_answer_head *head, bool is_head, bool is_old,
       const struct framing *framing)
{
    head->body = body_kind(head->status, is_head, framing);
    head->has_length = framing->n_lengths > 0;
    head->declared = framing->length;
    head->length = head->body == GH_BODY_LENGTH ? framing->length : 0;
    head->is_keepable = !ends_connection(head, framing, is_old);
}

/* Copies the n_lines field lines that text begins with into arena, and reads
 * them there. */
static enum gh_status
keep_fields(struct gh_arena *arena, struct gh_text text, size_t n_lines,
            struct gh_fields *out, struct framing *framing)
{
    enum gh_status status = gh_fields_init(arena, n_lines, out);

    if (status == GH_OK)
        status = gh_arena_copy(arena, text, &text);
    if (status == GH_OK)
        status = read_fields(text, n_lines, out, framing);
    return status;
}

/* The next head in bytes. GH_WAIT becomes GH_LIMIT when there is no room for
 * the rest of it. */
static enum gh_status
next_head(struct gh_text bytes, size_t begin,
          const struct gh_answer_limits *limits, struct extent *out)
{
    struct gh_text room = gh_text_first(bytes, limits->max_head);
    struct gh_text rest = gh_text_from(room, begin);
    enum gh_status status;

    if (!may_begin(rest))
        return GH_MALFORMED;
    status = find_head(rest, limits->max_fields, out);
    if (status == GH_WAIT && bytes.len >= limits->max_head)
        return GH_LIMIT;
    return status;
}

enum gh_status
gh_answer_parse(struct gh_arena *arena, struct gh_text bytes, bool is_head,
                const struct gh_answer_limits *limits,
                struct gh_answer_head *out, size_t *used)
{
    struct gh_answer_head head = {0};
    struct framing framing = {0};
    struct extent extent = {0};
    struct gh_text text;
    size_t begin = 0;
    unsigned n_interim = 0;
    bool is_old;
    enum gh_status status;

    for (;;) {
        status = next_head(bytes, begin, limits, &extent);
        if (status != GH_OK)
            return status;
        text = gh_text_first(gh_text_from(bytes, begin), extent.len);
        begin += extent.len;
        status = read_status_line(cut_line(&text), &head.status, &is_old);
        if (status != GH_OK)
            return status;
        if (head.status >= 200)
            break;
        if (++n_interim > MAX_INTERIM)
            return GH_LIMIT;
        status = check_interim(text, extent.n_lines, head.status);
        if (status != GH_OK)
            return status;
    }

    status = keep_fields(arena, text, extent.n_lines, &head.fields, &framing);
    if (status != GH_OK)
        return status;
    if (is_old && framing.n_codings > 0)
        return GH_MALFORMED;
    settle(&head, is_head, is_old, &framing);
    *out = head;
    *used = begin;
    return GH_OK;
}
