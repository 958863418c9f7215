/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections to one application, on one loop: borrowed for one exchange,
 * given back to a pool when both sides allow it. Non-blocking; what HTTP says
 * over them is the relay's business. Readiness is reported by posting the
 * borrower's task.
 */
#ifndef GH_GATEWAY_BACKEND_H
#define GH_GATEWAY_BACKEND_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "loop.h"
#include "reach.h"

enum {
    GH_BACKEND_INPUT = 16 * 1024, /* bytes read ahead from an application */
};

/* The pool for one application. Lives until its last estate is over. */
struct gh_backend {
    struct gh_loop *loop;  /* its loop */
    struct gh_reach reach; /* where the application is */
    unsigned n_users;      /* estates that hold it */
    size_t max_input;      /* largest response head, bytes */
    struct gh_link idle;   /* connections nobody uses, oldest first */
    size_t n_idle;         /* how many */
    atomic_uint *n_busy;   /* borrowed, on all loops */
};

/* One connection. Belongs to its borrower, or to the pool. */
struct gh_backend_link {
    struct gh_link link;         /* in the pool's idle list */
    struct gh_watch watch;       /* the socket */
    struct gh_deadline deadline; /* of an idle connection */
    struct gh_backend *backend;  /* the pool */
    struct gh_task *task;        /* of the borrower; NULL when idle */
    size_t address;              /* which of the addresses is being tried */
    bool is_reused;              /* served a request before */
    bool is_connected;           /* the handshake is over */
    bool is_ready;               /* an event came since the last attempt */
    unsigned wanted;             /* events that are waited for */
    bool is_paused;              /* of them, READ is not: back-pressure */
    bool is_watched;             /* the loop knows the socket */
    char *input;                 /* what was read and not consumed */
    size_t input_cap;            /* bytes of its memory */
    size_t begin;                /* first byte not consumed */
    size_t end;                  /* behind the last byte read */
};

/* An empty pool with one user. n_busy counts what is borrowed and outlives
 * it; max_input is the largest response head in bytes. NULL without memory. */
struct gh_backend *gh_backend_new(struct gh_loop *loop,
                                  const struct gh_reach *reach,
                                  atomic_uint *n_busy, size_t max_input);

/* True when the pool's connections lead where reach says. */
bool gh_backend_is_for(const struct gh_backend *backend,
                       const struct gh_reach *reach);

/* One user more, and one less; the last one closes the idle connections, when
 * nothing is borrowed any more. NULL is fine for less. */
void gh_backend_hold(struct gh_backend *backend);
void gh_backend_release(struct gh_backend *backend);

/* Borrows a connection: an idle one when may_reuse, else a new one that is
 * being made. task is posted whenever something can be tried again. GH_LIMIT:
 * the application has all the requests it may be given, or accepts no more
 * callers; GH_CLOSED: nobody
 * listens at any of its addresses; GH_FAULT_MEMORY, GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_backend_borrow(struct gh_backend *backend,
                                               bool may_reuse,
                                               struct gh_task *task,
                                               struct gh_backend_link **out);

/* Gives a connection back. is_clean: the answer was read to its end and both
 * sides keep the connection; anything else closes it. NULL is fine. */
void gh_backend_give_back(struct gh_backend_link *link, bool is_clean);

/* The address that it connects to does not answer in time: tries the next one.
 * GH_OK; GH_CLOSED: there is none; GH_LIMIT, GH_FAULT_IO as for borrowing. */
GH_MUST_CHECK enum gh_status gh_backend_next(struct gh_backend_link *link);

/* GH_OK once connected; GH_WAIT; GH_CLOSED when no address accepts. */
GH_MUST_CHECK enum gh_status gh_backend_connected(struct gh_backend_link *link);

/* Writes the n parts, of which *sent bytes went before; adds what went now.
 * GH_OK: all of it. GH_WAIT: the rest later. GH_CLOSED. */
GH_MUST_CHECK enum gh_status gh_backend_send(struct gh_backend_link *link,
                                             const struct iovec *parts,
                                             size_t n, size_t *sent);

/* Reads what has arrived, once. GH_OK: something came; GH_WAIT: nothing yet;
 * GH_NONE: the application has closed in order; GH_CLOSED: it has not;
 * GH_LIMIT: the input is full. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_backend_receive(struct gh_backend_link *link);

/* What was received and not consumed; valid until the next call. */
struct gh_text gh_backend_input(const struct gh_backend_link *link);

/* Drops the first n bytes of the input. */
void gh_backend_consume(struct gh_backend_link *link, size_t n);

/* Stops and starts reporting what happens: while the web server takes
 * nothing, nothing is read (back-pressure). GH_FAULT_IO. */
void gh_backend_pause(struct gh_backend_link *link);
GH_MUST_CHECK enum gh_status gh_backend_resume(struct gh_backend_link *link);

#endif
