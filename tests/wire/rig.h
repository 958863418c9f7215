/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig: one private gateway process with its configuration, socket, log and
 * scripted application in a fresh folder under /tmp, all gone at the end. At
 * its end the gateway must stop on SIGTERM with status 0 and no sanitizer may
 * have said a word. Started as root, the gateway becomes an unprivileged
 * account. The short deadlines are stated here, because tests reckon with
 * them.
 */
#ifndef GH_TESTS_WIRE_RIG_H
#define GH_TESTS_WIRE_RIG_H

#include "app.h"
#include "client.h"
#include "process.h"

#include "check.h"

/* Deadlines of the rig's gateway, in milliseconds. */
enum {
    RIG_PARAMS_MS = 800,
    RIG_BODY_MS = 400,
    RIG_FIRST_BYTE_MS = 1400,
    RIG_SILENCE_MS = 500,
    RIG_SEND_MS = 500,
    RIG_IDLE_MS = 400,
    RIG_DRAIN_MS = 1000,
    RIG_SLACK_MS = 3000, /* more than any loaded machine needs */
};

/* Group of the socket when the tests run as root: that of "nobody". */
#define RIG_GROUP "nogroup"

/* What differs from the ordinary rig; the zero value is the ordinary one. */
struct rig_plan {
    const char *limits_z;  /* lines added to [limits], or NULL */
    const char *idle_z;    /* idle timeout, or NULL for RIG_IDLE_MS */
    const char *params_z;  /* params timeout, or NULL for RIG_PARAMS_MS */
    const char *peers_z;   /* accounts, or NULL for this one */
    const char *mode_z;    /* mode of the socket, or NULL for 0660 */
    const char *workers_z; /* loops, or NULL for 2 */
    bool is_activated;     /* the socket is passed as systemd does */
};

/* Lives until rig_free(). */
struct rig {
    char dir[64];           /* its folder */
    char socket[96];        /* the entry's FastCGI socket */
    char config[96];        /* the configuration */
    char log[96];           /* the gateway's standard error */
    struct rig_plan plan;   /* as it was asked for */
    struct process gateway; /* the process under test */
    bool has_died;          /* one was replaced after its death */
    struct app *app;        /* at /app/; nobody is at /down/ */
};

/* Starts one and waits until it answers; NULL, and words on stderr,
 * when it does not. */
struct rig *rig_new(const struct rig_plan *plan);

/* Starts the program with rig->config and rig->log as rig->gateway, and does
 * not wait. For tests that start a second one in a copy of a rig. */
bool rig_start(struct rig *rig);

/* Stops the gateway, looks at its end and its log, and removes the folder.
 * False, and words on stderr, when anything was wrong. NULL is false. */
bool rig_free(struct rig *rig);

/* Writes the configuration again, with a line more in [gateway]. */
void rig_configure(const struct rig *rig, const char *line_z);

/* True when the gateway lives and answers a plain request on a new
 * connection. The application must be in its ordinary state. */
bool rig_serves(struct rig *rig);

/* Opens a connection, sends the request and reads the answer of id 1 within
 * five seconds; true when END_REQUEST came. */
bool rig_ask(const struct rig *rig, const struct bytes *request,
             struct answer *out);

/* The same for a GET; the HTTP status, 0 without a whole answer. */
int rig_get(const struct rig *rig, const char *uri_z);

/* Resident memory in KiB that a test may see grow in a bounded case: more
 * under a sanitizer, whose bookkeeping is not the gateway's. */
long rig_growth_kib(long plain_kib);

/* --- the program's shared rig --------------------------------------------- */

/* The one that rig_main() made; every test of a program uses it. */
struct rig *rig(void);

/* Sends the request on a connection of its own and checks that it was
 * refused: END_REQUEST with a status from 400 to 499 (exactly `status` unless
 * that is 0), or a close without a word (unless a status is demanded); and
 * that no byte reached the application since app_reset(). */
void check_refused(const struct bytes *request, int status);

/* The end of every test: resets the application, and checks that the same
 * process is alive and answers. */
void check_serving(void);

/* Starts the shared rig, runs the suites, ends the rig: the exit status. */
int rig_main(const char *program, const struct check_suite *suites, size_t n);

#endif
