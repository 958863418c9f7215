/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets: taken from systemd where it passes one of the entry's
 * name, else made. And the few words that systemd is told. Called by main.
 */
#ifndef GH_GATEWAY_SOCKET_H
#define GH_GATEWAY_SOCKET_H

#include "settings.h"

/* The listening sockets of all entries, in their order. */
struct gh_sockets {
    int fds[GH_MAX_ENTRIES];      /* -1 when not open */
    bool is_made[GH_MAX_ENTRIES]; /* by us: its file goes with it */
    size_t n;                     /* how many */
};

/* Opens them all, with mode and group as configured. A file that is in the
 * way is removed only if it is a socket that nobody listens on. GH_FAULT_IO
 * after a sentence on standard error. */
GH_MUST_CHECK enum gh_status gh_sockets_open(const struct gh_settings *settings,
                                             struct gh_sockets *out);

/* Closes them; removes the files of those that were made here. */
void gh_sockets_close(struct gh_sockets *sockets,
                      const struct gh_settings *settings);

/* Sends one message of sd_notify(3) when a supervisor wants to hear it. */
void gh_notify(const char *message_z);

#endif
