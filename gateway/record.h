/* SPDX-License-Identifier: Apache-2.0
 *
 * FastCGI records (FastCGI 1.0, 3.3): a reader that is fed with whatever has
 * arrived, down to single bytes, and a writer for the few records that we
 * send ourselves. Pure; holds eight bytes of state a connection. Called by
 * the edge.
 */
#ifndef GH_GATEWAY_RECORD_H
#define GH_GATEWAY_RECORD_H

#include "base/buf.h"

/* Record types, FastCGI 1.0, 8. */
enum gh_record_type {
    GH_RECORD_BEGIN_REQUEST = 1,
    GH_RECORD_ABORT_REQUEST = 2,
    GH_RECORD_END_REQUEST = 3,
    GH_RECORD_PARAMS = 4,
    GH_RECORD_STDIN = 5,
    GH_RECORD_STDOUT = 6,
    GH_RECORD_GET_VALUES = 9,
    GH_RECORD_GET_VALUES_RESULT = 10,
    GH_RECORD_UNKNOWN_TYPE = 11,
};

/* protocolStatus of END_REQUEST. */
enum gh_protocol_status {
    GH_PROTOCOL_COMPLETE = 0,
    GH_PROTOCOL_CANT_MPX = 1,
    GH_PROTOCOL_OVERLOADED = 2,
    GH_PROTOCOL_UNKNOWN_ROLE = 3,
};

enum {
    GH_RECORD_HEADER_LEN = 8, /* bytes */
    GH_RECORD_VERSION = 1,    /* the only one there is */
    GH_ROLE_RESPONDER = 1,    /* answers a request */
    GH_ROLE_AUTHORIZER = 2,   /* says yes or no to one */
    GH_FLAG_KEEP_CONN = 1,    /* of BEGIN_REQUEST */
};

/* What the reader found. */
enum gh_record_event {
    GH_RECORD_HEADER,  /* a header is complete: type, id and len are known */
    GH_RECORD_CONTENT, /* a piece of the record's content */
    GH_RECORD_END,     /* the record's content is complete */
};

/* The reader. Zeroed memory stands before the first record. */
struct gh_record_reader {
    unsigned char header[GH_RECORD_HEADER_LEN]; /* as far as it has come */
    unsigned n_header;                          /* bytes of it */
    bool is_announced;                          /* the header was reported */
    unsigned type;                              /* of the current record */
    unsigned id;      /* request id, 0 for management */
    unsigned len;     /* bytes of content */
    unsigned left;    /* content bytes to come */
    unsigned padding; /* padding bytes to come */
};

/* Takes the next event off the front of *bytes. *content is the piece of a
 * GH_RECORD_CONTENT event, at most max bytes. GH_NONE: all bytes are used up.
 * GH_WAIT: content is there, but max is 0. GH_MALFORMED: wrong version. */
GH_MUST_CHECK enum gh_status gh_record_next(struct gh_record_reader *reader,
                                            struct gh_text *bytes, size_t max,
                                            enum gh_record_event *event,
                                            struct gh_text *content);

/* True before the first byte of a record. */
bool gh_record_is_between(const struct gh_record_reader *reader);

/* Appends a record header for len bytes of content and no padding. */
void gh_record_put_header(struct gh_buf *buf, enum gh_record_type type,
                          unsigned id, size_t len);

/* Appends an END_REQUEST record. */
void gh_record_put_end(struct gh_buf *buf, unsigned id,
                       enum gh_protocol_status status);

/* Appends an UNKNOWN_TYPE record for a management record of that type. */
void gh_record_put_unknown_type(struct gh_buf *buf, unsigned type);

#endif
