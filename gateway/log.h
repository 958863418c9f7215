/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators' log: key=value lines on standard error. It may be lost, it
 * never blocks, and its volume is bounded: a log that nobody reads drops
 * lines and counts them. Not the audit trail. Each loop has a log of its own;
 * all of them write to one sink.
 */
#ifndef GH_GATEWAY_LOG_H
#define GH_GATEWAY_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* How much a line matters. */
enum gh_log_level {
    GH_LOG_ERROR = 0, /* somebody must act */
    GH_LOG_WARNING,   /* somebody should look */
    GH_LOG_INFO,      /* what happened */
    GH_LOG_DEBUG,     /* how it happened */
};

/* Where all lines go; one a process, set up before threads exist. */
struct gh_log_sink {
    int fd;              /* written to, never closed here */
    atomic_flag is_busy; /* one log writes at a time */
    atomic_int level;    /* lines above it are not made; changed by reloads */
};

/* Lines of one thread on their way to the sink. */
struct gh_log;

/* A new log for the calling thread. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_log_new(struct gh_log_sink *sink,
                                        struct gh_log **out);

/* Writes what can be written without waiting, then frees; NULL is fine. */
void gh_log_free(struct gh_log *log);

/* Writes as much as the sink takes without waiting; the rest stays. Returns
 * true when lines are left, so that the owner calls again soon. */
bool gh_log_flush(struct gh_log *log);

/* One line being made; lives on the stack between begin and end. */
struct gh_log_line {
    struct gh_log *log; /* NULL: below the level, everything is a no-op */
    struct gh_buf buf;  /* over bytes */
    char bytes[4096];   /* the line; what does not fit is cut */
};

/* Starts a line: time, level, event (a fixed lower_case word). */
void gh_log_begin(struct gh_log_line *line, struct gh_log *log,
                  enum gh_log_level level, const char *event_z);

/* Adds key=value; at most 512 bytes of value are kept. */
void gh_log_text(struct gh_log_line *line, const char *key_z,
                 struct gh_text value);
void gh_log_number(struct gh_log_line *line, const char *key_z, uint64_t value);

/* Queues the line; when the queue is full it is dropped and counted. */
void gh_log_end(struct gh_log_line *line);

/* A whole line with one text, for the rare ones. */
void gh_log_say(struct gh_log *log, enum gh_log_level level,
                const char *event_z, const char *text_z);

#endif
