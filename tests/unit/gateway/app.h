/* SPDX-License-Identifier: Apache-2.0
 *
 * A scripted application on the test's own loop: it listens on a unix socket
 * whose file is gone as soon as the test is over, keeps every byte that it
 * was sent, and answers as the script says, in pieces that the gateway is
 * sure to read one by one. Owns its sockets. Called by play.c; the scripts
 * come from tests.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_APP_H
#define GH_TESTS_UNIT_GATEWAY_APP_H

#include "loop.h"
#include "reach.h"

/* What happens once the answer is written. */
enum app_end {
    APP_KEEPS = 0, /* the connection is kept for the next request */
    APP_CLOSES,    /* it is closed */
    APP_HANGS,     /* nothing more, and no request is read any more */
};

/* How one request is answered. */
struct app_script {
    struct gh_text answer; /* bytes, head and all */
    size_t first;          /* of them in the first piece; 0: no such piece */
    size_t piece;          /* in each further piece; 0: all the rest */
    enum app_end end;      /* what then */
    bool is_early;         /* answers when the head has come */
    bool is_deaf;          /* reads nothing: answers when called */
};

/* Listens at a path, to which the addresses of reach are set. The n scripts
 * serve the requests in their order; the last one serves all that follow. */
bool app_begin(struct gh_loop *loop, const struct app_script *scripts, size_t n,
               struct gh_reach *reach);

/* Closes everything. */
void app_end(void);

/* Stops accepting, as an application that was shut down. */
void app_stop_listening(void);

/* How many requests have arrived (begun), and the bytes of each. */
size_t app_n_requests(void);
struct gh_text app_request(size_t i);

/* How many connections were made. */
size_t app_n_connections(void);

#endif
