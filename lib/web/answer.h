/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application answers: the head of an HTTP/1.1 response, parsed
 * strictly (RFC 9112). It is fed with whatever has arrived and says when it
 * has enough; the chunked coding of the body is in chunked.h. Pure. Called by
 * the back-end client only.
 *
 * Strict means: HTTP/1.1 or 1.0, CRLF line ends, no folding, no bare CR, LF or
 * NUL, no space before the colon, one Content-Length, and Transfer-Encoding
 * only as exactly "chunked" on HTTP/1.1 and without the former. An application
 * that needs leniency needs mending; two parsers that disagree about where a
 * body ends are an attack.
 */
#ifndef GH_WEB_ANSWER_H
#define GH_WEB_ANSWER_H

#include "web/chunked.h"
#include "web/fields.h"

/* How the body's end is known. */
enum gh_body_kind {
    GH_BODY_NONE,    /* HEAD, 204, 304, or Content-Length: 0 */
    GH_BODY_LENGTH,  /* Content-Length bytes */
    GH_BODY_CHUNKED, /* until the last chunk and its trailers */
    GH_BODY_CLOSE,   /* until the application closes */
};

/* A parsed head. A plain value; fields and their texts live in the arena
 * given to the parser. */
struct gh_answer_head {
    unsigned status;         /* 200 to 599; 1xx never comes out of the parser */
    struct gh_fields fields; /* as sent, nothing scrubbed yet */
    enum gh_body_kind body;  /* how the end is known */
    uint64_t length;         /* of the body, when body is GH_BODY_LENGTH */
    bool is_keepable;        /* the connection may serve another request, once
                                the body is complete and nothing follows it */
    bool has_length;         /* a Content-Length field was there */
    uint64_t declared;       /* its value (HEAD and 304 declare without body) */
};

/* Ceilings for one head. */
struct gh_answer_limits {
    size_t max_head;   /* bytes of it with 1xx heads and the empty line */
    size_t max_fields; /* field lines, those of 1xx heads included */
};

/* Parses the head at the start of bytes. is_head: the request was HEAD.
 * GH_OK: *used bytes belong to the head; 1xx heads in front of it are skipped
 * and counted into *used (101 is GH_MALFORMED: nothing asked for it).
 * GH_WAIT: not complete yet, call again with more from the same beginning;
 * nothing was taken from arena. GH_MALFORMED: at once for a wrong beginning, a
 * bare LF and a wrong status, for the rest when the final head is complete.
 * GH_LIMIT: as soon as it is certain; also for more than ten 1xx heads.
 * GH_FAULT_MEMORY. Names and values are copied into arena. */
GH_MUST_CHECK enum gh_status
gh_answer_parse(struct gh_arena *arena, struct gh_text bytes, bool is_head,
                const struct gh_answer_limits *limits,
                struct gh_answer_head *out, size_t *used);

#endif
