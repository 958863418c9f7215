/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the edge, as its files share it: edge.c (sockets and lists),
 * connection.c (records), connection_answer.c (a connection's life),
 * connection_front.c (what is written). Not for anybody else.
 */
#ifndef GH_GATEWAY_EDGE_INT_H
#define GH_GATEWAY_EDGE_INT_H

#include "edge.h"
#include "exchange.h"
#include "fcgi.h"
#include "record.h"

enum {
    GH_EDGE_SCRATCH = 64 * 1024, /* bytes read at once */
    GH_EDGE_SMALL = 512,         /* bytes of BEGIN and management content */
    GH_EDGE_SPARE = 64,          /* exchanges kept for the next requests */
    GH_EDGE_PARAMS = 1200,       /* parameters that a request may have: the
                                    highest limits.fields and then some */
};

/* One listening socket on this loop. */
struct gh_listener {
    struct gh_watch watch;    /* the socket; forgotten while paused */
    struct gh_deadline again; /* when a pause ends */
    struct gh_edge *edge;     /* whose it is */
    size_t entry;             /* its place in the settings */
    bool is_paused;           /* not accepting for a while */
};

/* The edge of one loop. Program lifetime. */
struct gh_edge {
    struct gh_worker *worker;      /* the loop's context */
    struct gh_fcgi *fcgi;          /* libfcgi's pipe */
    struct gh_listener *listeners; /* one for each entry */
    size_t n_listeners;            /* how many */
    struct gh_link idle;           /* connections without a request, the
                                      longest idle first */
    struct gh_link busy;           /* the others */
    struct gh_link left;           /* exchanges that outlive their
                                      connection */
    size_t n_connections;          /* in idle and busy */
    size_t n_kept;                 /* of them, that the web server keeps */
    size_t send_budget;            /* bytes that an empty socket takes */
    bool is_draining;              /* nothing new */
    struct gh_fields decoded;      /* parameters of one request, on their
                                      way to libfcgi */
    char *clean;                   /* the same, encoded again */
    size_t clean_cap;              /* bytes of it */
    struct gh_exchange *spare[GH_EDGE_SPARE]; /* exchanges to be used again */
    size_t n_spare;                           /* how many */
    char scratch[GH_EDGE_SCRATCH];            /* what was just read */
};

/* Where the request on a connection stands. */
enum gh_connection_state {
    GH_CONNECTION_IDLE = 0, /* none */
    GH_CONNECTION_PARAMS,   /* BEGIN came, parameters are coming */
    GH_CONNECTION_INPUT,    /* the body is coming; the exchange runs */
    GH_CONNECTION_FULL,     /* all came; the exchange runs */
    GH_CONNECTION_CUT,      /* the answer broke off: closed in a moment */
};

/* One connection of a web server. Lives until either side closes. */
struct gh_connection {
    struct gh_front front;           /* the exchange's way out */
    struct gh_edge *edge;            /* whose it is */
    struct gh_watch watch;           /* the socket */
    struct gh_deadline deadline;     /* idle, or slow parameters */
    struct gh_link link;             /* in the edge's idle or busy list */
    struct gh_task task;             /* goes on with held bytes */
    size_t entry;                    /* which entry it came in at */
    enum gh_connection_state state;  /* of the request */
    struct gh_record_reader reader;  /* where in a record we are */
    unsigned id;                     /* of the request */
    bool is_kept;                    /* the web server keeps the connection */
    bool is_authorizer;              /* role 2: no end without an answer */
    bool is_half_closed;             /* the web server sends no more */
    bool is_deferred;                /* reader's header is not yet handled */
    bool is_refused;                 /* over a limit: PARAMS are dropped */
    char small[GH_EDGE_SMALL];       /* content of a short record */
    size_t n_small;                  /* bytes of it */
    char *params;                    /* PARAMS so far; malloc'ed */
    size_t n_params;                 /* bytes of them */
    size_t params_cap;               /* bytes of their memory */
    char *held;                      /* read, and to be handled later */
    size_t n_held;                   /* bytes of it */
    size_t budget;                   /* bytes that the socket still takes */
    struct gh_exchange *exchange;    /* the request; NULL when idle */
    struct gh_fcgi_request *request; /* libfcgi's side; kept for the next */
    bool is_slow;                    /* the deadline is for parameters */
    bool is_over;                    /* answered for the last time */
    bool has_served;                 /* counted as kept */
    int64_t idle_since_ms;           /* on the loop\'s clock */
};

/* A connection for an accepted socket, in the idle list. NULL when it cannot
 * be had; the socket is the caller's then. */
struct gh_connection *gh_connection_new(struct gh_edge *edge, int fd,
                                        size_t entry);

/* Reads once, never more than a waiting body can take; may close it. */
void gh_connection_read(struct gh_connection *connection);

/* Nobody waits for the exchange's answer any more. True: something of it must
 * be recorded still, and it is the edge's until that is done; false: it is
 * over, and the caller's. */
bool gh_edge_adopt(struct gh_edge *edge, struct gh_exchange *exchange);

/* Ends the exchange, closes the socket, frees everything. */
void gh_connection_close(struct gh_connection *connection);

/* Begins the exchange for complete parameters. refused: 0, or the status to
 * refuse with. GH_CLOSED: the connection is of no use. */
GH_MUST_CHECK enum gh_status
gh_connection_begin(struct gh_connection *connection, unsigned refused,
                    const char *why_z);

/* The web server takes the request back: it is ended at once. GH_CLOSED: the
 * connection is of no more use. */
GH_MUST_CHECK enum gh_status
gh_connection_abort(struct gh_connection *connection);

/* Sends a record of ours. GH_CLOSED: the socket does not take it. */
GH_MUST_CHECK enum gh_status
gh_connection_send(struct gh_connection *connection,
                   const struct gh_buf *record);

/* Handles bytes that arrived. GH_CLOSED: the connection must be closed. */
GH_MUST_CHECK enum gh_status
gh_connection_feed(struct gh_connection *connection, struct gh_text bytes);

/* The front border of a connection. */
extern const struct gh_front_ops gh_connection_front;

#endif
