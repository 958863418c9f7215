/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of an HTTP/1.1 response. Owns nothing; the fields live in the
 * caller's arena. Refuses whatever could make two parsers disagree about
 * where the body ends. Limits bytes, field lines and interim heads. Called by
 * the back-end client.
 *
 * The parser keeps no state between calls: while a head is incomplete, each
 * call walks its lines from the start, and reads fields only when all is
 * there. That walk is one memchr() a line over at most max_head bytes and
 * max_fields lines, and a head usually arrives whole, so remembering a place
 * would cost more than it saves.
 */
#include "web/answer.h"

#include <string.h>

#include "base/banned.h"

enum {
    MAX_INTERIM = 10, /* 1xx heads in front of the final one */
    VERSION_LEN = 8,  /* of "HTTP/1.1" */
    STATUS_END = 12,  /* of "HTTP/1.1 200" */
};

/* Where the final head lies. */
struct outline {
    size_t begin;       /* its first byte */
    size_t end;         /* behind its empty line */
    size_t n_fields;    /* field lines of all heads so far */
    unsigned n_interim; /* 1xx heads in front of it */
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

/* Takes the next line off *head, without its CRLF. */
static struct gh_text
cut_line(struct gh_text *head)
{
    size_t end = gh_text_find(*head, '\n');
    struct gh_text line = gh_text_first(*head, end - 1);

    *head = gh_text_from(*head, end + 1);
    return line;
}

/* The fixed part of the status line that head begins with, RFC 9112 4. The
 * space in front of a missing reason may be missing too. */
static enum gh_status
read_code(struct gh_text head, unsigned *code, bool *is_old)
{
    struct gh_text digits = gh_text_first(gh_text_from(head, VERSION_LEN), 4);
    uint64_t value;

    *is_old = gh_text_starts(head, GH_TEXT("HTTP/1.0"));
    if (!*is_old && !gh_text_starts(head, GH_TEXT("HTTP/1.1")))
        return GH_MALFORMED;
    if (digits.len != 4 || digits.at[0] != ' ' ||
        gh_text_number(gh_text_from(digits, 1), 599, &value) != GH_OK ||
        value < 100)
        return GH_MALFORMED;
    if (head.at[STATUS_END] != ' ' && head.at[STATUS_END] != '\r')
        return GH_MALFORMED;
    *code = (unsigned)value;
    return GH_OK;
}

/* False as soon as bytes cannot become the start of an answer. */
static bool
may_begin(struct gh_text bytes)
{
    return gh_text_starts(GH_TEXT("HTTP/1."), gh_text_first(bytes, 7));
}

/* Walks the lines of the head at outline->end to its own. GH_WAIT,
 * GH_MALFORMED, GH_LIMIT. */
static enum gh_status
walk_head(struct gh_text bytes, size_t max_fields, struct outline *outline)
{
    struct gh_text rest = gh_text_from(bytes, outline->end);
    enum gh_status status;
    size_t len = 0;

    if (!may_begin(rest))
        return GH_MALFORMED;
    outline->begin = outline->end;
    status = find_line(rest, &len);
    while (status == GH_OK && len != 2) {
        outline->end += len;
        rest = gh_text_from(rest, len);
        status = find_line(rest, &len);
        if (status == GH_OK && len != 2 && outline->n_fields++ == max_fields)
            return GH_LIMIT;
    }
    outline->end += len;
    return status;
}

/* Finds the final head behind any 1xx ones, of which 101 is refused: nobody
 * asked for another protocol. GH_WAIT, GH_MALFORMED, GH_LIMIT. */
static enum gh_status
find_final(struct gh_text bytes, const struct gh_answer_limits *limits,
           struct outline *out)
{
    struct gh_text room = gh_text_first(bytes, limits->max_head);
    struct outline outline = {0};
    unsigned code;
    bool is_old;

    for (;;) {
        enum gh_status status = walk_head(room, limits->max_fields, &outline);

        if (status == GH_WAIT && bytes.len >= limits->max_head)
            return GH_LIMIT;
        if (status == GH_OK)
            status =
                read_code(gh_text_from(bytes, outline.begin), &code, &is_old);
        if (status != GH_OK)
            return status;
        if (code >= 200)
            break;
        if (code == 101)
            return GH_MALFORMED;
        if (++outline.n_interim > MAX_INTERIM)
            return GH_LIMIT;
    }
    *out = outline;
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

/* Reads the head at the start of *text and takes it off: the reason is
 * checked and dropped, the fields go to `fields` unless that is NULL. */
static enum gh_status
read_head(struct gh_text *text, struct gh_fields *fields,
          struct framing *framing)
{
    struct gh_text line = cut_line(text);

    if (!gh_text_all(gh_text_from(line, STATUS_END), GH_CLASS_FIELD))
        return GH_MALFORMED;
    for (line = cut_line(text); line.len > 0; line = cut_line(text)) {
        struct gh_field field;
        enum gh_status status = read_field(line, &field);

        if (status == GH_OK)
            status = note_framing(&field, framing);
        if (status == GH_OK && fields != NULL)
            status = gh_fields_add(fields, field.name, field.value);
        if (status != GH_OK)
            return status;
    }
    return framing->n_lengths + framing->n_codings > 1 ? GH_MALFORMED : GH_OK;
}

/* Checks the 1xx heads in front of the final one. They cannot announce a body
 * (RFC 9110 15.2). */
static enum gh_status
check_interim(struct gh_text bytes, const struct outline *outline)
{
    struct gh_text text = gh_text_first(bytes, outline->begin);

    for (unsigned i = 0; i < outline->n_interim; i++) {
        struct framing framing = {0};
        enum gh_status status = read_head(&text, NULL, &framing);

        if (status != GH_OK)
            return status;
        if (framing.n_lengths + framing.n_codings > 0)
            return GH_MALFORMED;
    }
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
 * connection doubtful. An answer that announces a body and must have none, to
 * HEAD, 204 or 304, may well send it: it would be the answer to the next
 * request, which may be somebody else's. */
static bool
ends_connection(const struct gh_answer_head *head,
                const struct framing *framing, bool is_old)
{
    bool is_doubtful = head->body == GH_BODY_NONE &&
                       (framing->n_codings > 0 || framing->length > 0);

    return is_old || framing->is_closing || is_doubtful ||
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

/* Copies the final head into arena, and reads it there. */
static enum gh_status
keep_final(struct gh_arena *arena, struct gh_text bytes,
           const struct outline *outline, struct gh_fields *out,
           struct framing *framing)
{
    struct gh_text text =
        gh_text_from(gh_text_first(bytes, outline->end), outline->begin);
    enum gh_status status = gh_fields_init(arena, outline->n_fields, out);

    if (status == GH_OK)
        status = gh_arena_copy(arena, text, &text);
    if (status == GH_OK)
        status = read_head(&text, out, framing);
    return status;
}

enum gh_status
gh_answer_parse(struct gh_arena *arena, struct gh_text bytes, bool is_head,
                const struct gh_answer_limits *limits,
                struct gh_answer_head *out, size_t *used)
{
    struct gh_answer_head head = {0};
    struct framing framing = {0};
    struct outline outline;
    bool is_old;
    enum gh_status status = find_final(bytes, limits, &outline);

    if (status == GH_OK)
        status = check_interim(bytes, &outline);
    if (status == GH_OK)
        status = read_code(gh_text_from(bytes, outline.begin), &head.status,
                           &is_old);
    if (status == GH_OK)
        status = keep_final(arena, bytes, &outline, &head.fields, &framing);
    if (status != GH_OK)
        return status;
    if (is_old && framing.n_codings > 0)
        return GH_MALFORMED;

    settle(&head, is_head, is_old, &framing);
    *out = head;
    *used = outline.end;
    return GH_OK;
}
