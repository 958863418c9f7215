/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application answers: the head of an HTTP/1.1 response, parsed
 * strictly (RFC 9112), and the chunked coding of its body. Both are fed with
 * whatever has arrived and say when they have enough. Pure. Called by the
 * back-end client only.
 *
 * Strict means: CRLF line ends, no folding, no bare CR, LF or NUL, no space
 * before the colon, one Content-Length, and Transfer-Encoding only as exactly
 * "chunked" on HTTP/1.1. An application that needs leniency needs mending;
 * two parsers that disagree about where a body ends are an attack.
 */
#ifndef GH_WEB_ANSWER_H
#define GH_WEB_ANSWER_H

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
    bool is_keepable;        /* the connection may serve another request */
    bool has_length;         /* a Content-Length field was there */
    uint64_t declared;       /* its value (HEAD and 304 declare without body) */
};

/* Ceilings for one head. */
struct gh_answer_limits {
    size_t max_head;   /* bytes up to and with the empty line */
    size_t max_fields; /* field lines */
};

/* Parses the head at the start of bytes. is_head: the request was HEAD.
 * GH_OK: *used bytes belong to the head; 1xx heads in front of it are skipped
 * and counted into *used (101 is GH_MALFORMED: nothing asked for it).
 * GH_WAIT: not complete yet, call again with more. GH_MALFORMED, GH_LIMIT,
 * GH_FAULT_MEMORY. Names and values are copied into arena. */
GH_MUST_CHECK enum gh_status
gh_answer_parse(struct gh_arena *arena, struct gh_text bytes, bool is_head,
                const struct gh_answer_limits *limits,
                struct gh_answer_head *out, size_t *used);

/* Decoder of the chunked coding; zeroed memory is the start of a body. */
struct gh_chunked {
    int state;          /* where in the grammar the next byte falls */
    uint64_t left;      /* content bytes left in the current chunk */
    unsigned n_digits;  /* of the current chunk size */
    size_t n_skipped;   /* bytes of extension or trailers seen */
};

/* Decodes the next piece of bytes. On GH_OK *used bytes were consumed and
 * *content (a slice of bytes, perhaps empty) is body content; call again with
 * the rest. GH_NONE: the body is complete, *used bytes were consumed by its
 * end; trailers were dropped. GH_MALFORMED: sizes over 2^63, more than 16
 * digits, white space, bare CR or LF, missing CRLF after a chunk. GH_LIMIT:
 * extensions over 256 bytes or trailers over 8 KiB. */
GH_MUST_CHECK enum gh_status gh_chunked_decode(struct gh_chunked *chunked,
                                               struct gh_text bytes,
                                               struct gh_text *content,
                                               size_t *used);

#endif
