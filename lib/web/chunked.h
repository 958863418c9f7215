/* SPDX-License-Identifier: Apache-2.0
 *
 * The chunked coding of a response body (RFC 9112 7.1), decoded without
 * copying, in whatever pieces it arrives. Strict; extensions and trailers are
 * dropped. Pure. Called by the back-end client only.
 */
#ifndef GH_WEB_CHUNKED_H
#define GH_WEB_CHUNKED_H

#include "base/text.h"

/* Decoder of one body; zeroed memory is its start. Embedded in its owner. */
struct gh_chunked {
    int state;         /* where in the grammar the next byte falls */
    uint64_t left;     /* content bytes left in the current chunk */
    unsigned n_digits; /* of the current chunk size */
    size_t n_skipped;  /* bytes of extensions or trailers seen */
};

/* Decodes the next piece of bytes. On GH_OK *used bytes were consumed and
 * *content (a slice of bytes, perhaps empty) is body content; call again with
 * the rest. GH_NONE: the body is complete, *used bytes were consumed by its
 * end; trailers were dropped. GH_MALFORMED: sizes of 2^63 and over, more than
 * 16 digits, white space around a size, control characters, bare CR or LF, no
 * CRLF after a chunk. GH_LIMIT: extensions of one chunk over 256 bytes, or
 * trailers over 8 KiB. After these two the decoder is of no more use. */
GH_MUST_CHECK enum gh_status gh_chunked_decode(struct gh_chunked *chunked,
                                               struct gh_text bytes,
                                               struct gh_text *content,
                                               size_t *used);

#endif
