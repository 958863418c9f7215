/* SPDX-License-Identifier: Apache-2.0
 *
 * A specimen: one process of the plain libfcgi responder, on a socket in a
 * folder of its own. Only the tests of wire_plain use it.
 */
#ifndef GH_TESTS_WIRE_SPECIMEN_H
#define GH_TESTS_WIRE_SPECIMEN_H

#include "client.h"
#include "process.h"

/* How long a specimen is watched to show that it does not answer, and how
 * long its answer is waited for. */
enum {
    STALL_MS = 300,
    ANSWER_MS = 3000,
};

/* One plain libfcgi process. */
struct specimen {
    char dir[64];           /* its folder */
    char socket[96];        /* its socket */
    char log[96];           /* its standard error */
    struct process process; /* itself */
};

/* Starts one that listens; WIRE_PLAIN in the environment names another
 * program. Ended by specimen_end(). */
struct specimen specimen_start(void);

/* Kills it and removes its folder. */
void specimen_end(struct specimen *s);

/* True when it is ended by SIGABRT in time. */
bool specimen_has_aborted(struct specimen *s);

/* Sends the request on a connection of its own and reads the answer of id 1
 * into *out; true when END_REQUEST came. */
bool specimen_answers(const struct specimen *s, const struct bytes *request,
                      struct answer *out);

/* True when it does not answer a plain request now; *peer is the connection
 * that waits, for the caller to close. */
bool specimen_is_stalled(const struct specimen *s, struct peer *peer);

#endif
