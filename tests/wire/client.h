/* SPDX-License-Identifier: Apache-2.0
 *
 * A raw FastCGI client: writes any record byte for byte, right or wrong, and
 * reads records strictly with a deadline. It knows nothing of libfcgi, so the
 * two can disagree. One struct peer is one connection of a web server. Only
 * the wire tests use it.
 */
#ifndef GH_TESTS_WIRE_CLIENT_H
#define GH_TESTS_WIRE_CLIENT_H

#include "bytes.h"

/* Record types, FastCGI 1.0 section 8. */
enum {
    REC_BEGIN = 1,
    REC_ABORT = 2,
    REC_END = 3,
    REC_PARAMS = 4,
    REC_STDIN = 5,
    REC_STDOUT = 6,
    REC_STDERR = 7,
    REC_DATA = 8,
    REC_GET_VALUES = 9,
    REC_GET_VALUES_RESULT = 10,
    REC_UNKNOWN_TYPE = 11,
};

/* Roles, and the protocol status of END_REQUEST. */
enum {
    ROLE_RESPONDER = 1,
    ROLE_AUTHORIZER = 2,
    ROLE_FILTER = 3,
};
enum {
    END_COMPLETE = 0,
    END_CANT_MPX = 1,
    END_OVERLOADED = 2,
    END_UNKNOWN_ROLE = 3,
};

/* One record, as written or as read. */
struct record {
    unsigned version;       /* 1 when right */
    unsigned type;          /* REC_* or anything up to 255 */
    unsigned id;            /* request id; 0 is management */
    unsigned reserved;      /* the last byte of the header */
    struct gh_text content; /* read: valid until the next read */
    struct gh_text padding; /* at most 255 bytes */
};

/* --- writing ------------------------------------------------------------ */

/* Appends a proper record without padding. Content of more than 65535 bytes
 * is split into several records. */
void rec(struct bytes *out, unsigned type, unsigned id, struct gh_text content);

/* Appends a record exactly as described. */
void rec_odd(struct bytes *out, struct record record);

/* Appends a name-value pair; lengths over 127 take four bytes. */
void pair(struct bytes *out, const char *name_z, const char *value_z);

/* The same for texts that may hold any byte. */
void pair_text(struct bytes *out, struct gh_text name, struct gh_text value);

/* Appends one length in four bytes, whatever its value. */
void length_long(struct bytes *out, uint32_t value);

/* Appends the default parameters of a request as pairs, without a record. */
void pairs_default(struct bytes *out, const char *method_z, const char *uri_z);

/* Appends BEGIN_REQUEST. */
void ask_begin(struct bytes *out, unsigned id, unsigned role, bool keep);

/* Appends the pairs as PARAMS records, and the empty one that ends them. */
void ask_params(struct bytes *out, unsigned id, const struct bytes *pairs);

/* Appends body as STDIN records, and the empty one that ends them. */
void ask_stdin(struct bytes *out, unsigned id, struct gh_text body);

/* Appends a whole GET. */
void ask_get(struct bytes *out, unsigned id, bool keep, const char *uri_z);

/* Appends a whole POST to uri; length is what CONTENT_LENGTH claims, or NULL
 * for none. */
void ask_post(struct bytes *out, const char *uri_z, struct gh_text body,
              const char *length_z);

/* Appends a whole GET with one parameter more: name and value as they are. */
void ask_with(struct bytes *out, const char *uri_z, struct gh_text name,
              struct gh_text value);

/* --- talking ------------------------------------------------------------ */

/* One connection; closed by peer_close(). */
struct peer {
    int fd;          /* -1 when it could not connect or was closed */
    bool is_closed;  /* the other side closed or reset it */
    struct bytes in; /* bytes read and not yet dropped */
    size_t taken;    /* of them, those of the record read last */
};

/* What a read gave. */
enum got {
    GOT_RECORD,  /* a whole record */
    GOT_CLOSE,   /* the other side closed between records */
    GOT_NOTHING, /* the deadline passed */
    GOT_GARBAGE, /* a broken record, or a close inside one */
};

/* Everything that came for one request. Freed by answer_done(). */
struct answer {
    struct bytes out;         /* STDOUT, joined */
    struct bytes err;         /* STDERR, joined */
    unsigned n_ends;          /* END_REQUEST records for the id */
    unsigned app_status;      /* of the last END_REQUEST */
    unsigned protocol_status; /* of the last END_REQUEST */
    unsigned n_strange;       /* other ids or types, or broken records */
    bool is_closed;           /* the connection ended while waiting */
};

/* Connects to a unix socket; fd is -1 on failure, errno tells why. */
struct peer peer_open(const char *path_z);

/* Closes it; takes closed ones too. */
void peer_close(struct peer *peer);

/* Says that nothing more will be sent. */
void peer_half_close(struct peer *peer);

/* Sends everything in one piece. False when the other side is gone, or took
 * nothing for five seconds. */
bool peer_send(struct peer *peer, struct gh_text text);

/* Sends in pieces of step bytes, one write each, pace_ms apart. */
bool peer_send_slowly(struct peer *peer, struct gh_text text, size_t step,
                      int pace_ms);

/* Sends until everything has gone or nothing more went for ms; the bytes that
 * went. */
size_t peer_send_some(struct peer *peer, struct gh_text text, int ms);

/* Reads n bytes into peer->in in pieces of at most step bytes, resting for a
 * millisecond after every hundredth. False when they do not come. */
bool peer_sip(struct peer *peer, size_t n, size_t step);

/* Reads one record within ms. */
enum got peer_read(struct peer *peer, struct record *out, int ms);

/* Reads until END_REQUEST of id, a close, or ms are over; adds to *out.
 * True when END_REQUEST came. */
bool peer_answer(struct peer *peer, unsigned id, struct answer *out, int ms);

/* True when the other side closes within ms without another record. */
bool peer_sees_close(struct peer *peer, int ms);

/* True when the other side closes within ms; records before it are dropped
 * but counted by type: n_ends counts END_REQUEST. May be NULL. */
bool peer_drains(struct peer *peer, unsigned *n_ends, int ms);

/* --- answers ------------------------------------------------------------ */

/* The HTTP status: of the Status field, 200 without one, 0 when the head has
 * no end. */
int answer_status(const struct answer *answer);

/* What follows the head; empty when the head has no end. */
struct gh_text answer_body(const struct answer *answer);

/* Frees what it holds. */
void answer_done(struct answer *answer);

#endif
