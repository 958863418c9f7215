/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: a buffer of 64 KiB a thread, emptied into one descriptor. Owns the
 * buffer. Limits a value to 512 bytes, a line to 4 KiB and what waits to the
 * buffer; what does not fit is dropped and reported in the next line that
 * does. Called by every floor of the gateway; lib never logs.
 *
 * Why poll() before write(): standard error is often a pipe or a socket whose
 * reader may hang, and a loop must not hang with it. A descriptor that polls
 * writable takes PIPE_BUF bytes without blocking as long as nobody else
 * writes, which is_busy sees to inside this process.
 */
#include "log.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    QUEUE_SIZE = 64 * 1024, /* bytes that may wait a thread */
    VALUE_MAX = 512,        /* bytes kept of one value */
};

struct gh_log {
    struct gh_log_sink *sink; /* where the lines go */
    uint64_t n_dropped;       /* lines lost since the last report */
    size_t len;               /* bytes waiting */
    char queue[QUEUE_SIZE];   /* whole lines, oldest first */
};

enum gh_status
gh_log_new(struct gh_log_sink *sink, struct gh_log **out)
{
    struct gh_log *log = malloc(sizeof(*log));

    if (log == NULL)
        return GH_FAULT_MEMORY;
    log->sink = sink;
    log->n_dropped = 0;
    log->len = 0;
    *out = log;
    return GH_OK;
}

void
gh_log_free(struct gh_log *log)
{
    if (log == NULL)
        return;
    gh_log_flush(log);
    free(log);
}

/* One write that does not block; bytes written, 0 when it would. */
static size_t
write_some(int fd, const char *bytes, size_t len)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    ssize_t n;

    if (len > PIPE_BUF)
        len = PIPE_BUF;
    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
        return 0;
    n = write(fd, bytes, len);
    return n < 0 ? 0 : (size_t)n;
}

bool
gh_log_flush(struct gh_log *log)
{
    size_t done = 0;

    if (log->len == 0)
        return false;
    if (atomic_flag_test_and_set_explicit(&log->sink->is_busy,
                                          memory_order_acquire))
        return true;
    while (done < log->len) {
        size_t n =
            write_some(log->sink->fd, log->queue + done, log->len - done);

        if (n == 0)
            break;
        done += n;
    }
    atomic_flag_clear_explicit(&log->sink->is_busy, memory_order_release);

    memmove(log->queue, log->queue + done, log->len - done);
    log->len -= done;
    return log->len > 0;
}

/* Appends a whole line to the queue, or false. */
static bool
enqueue(struct gh_log *log, struct gh_text line)
{
    if (QUEUE_SIZE - log->len < line.len)
        (void)gh_log_flush(log);
    if (QUEUE_SIZE - log->len < line.len)
        return false;
    memcpy(log->queue + log->len, line.at, line.len);
    log->len += line.len;
    return true;
}

static const char *
level_word(enum gh_log_level level)
{
    switch (level) {
    case GH_LOG_ERROR:
        return "error";
    case GH_LOG_WARNING:
        return "warning";
    case GH_LOG_INFO:
        return "info";
    case GH_LOG_DEBUG:
        return "debug";
    }
    return "error";
}

/* The last `width` decimal digits of value, with zeros in front. */
static void
put_digits(char *at, int width, int value)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* "2026-03-01T12:00:00.123Z", UTC. Written by hand: strftime() takes longer
 * than the rest of the line. */
static struct gh_text
stamp(char at[32])
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    memcpy(at, "0000-00-00T00:00:00.000Z", 24);
    put_digits(at, 4, utc.tm_year + 1900);
    put_digits(at + 5, 2, utc.tm_mon + 1);
    put_digits(at + 8, 2, utc.tm_mday);
    put_digits(at + 11, 2, utc.tm_hour);
    put_digits(at + 14, 2, utc.tm_min);
    put_digits(at + 17, 2, utc.tm_sec);
    put_digits(at + 20, 3, (int)(now.tv_nsec / 1000000));
    return (struct gh_text){.at = at, .len = 24};
}

void
gh_log_begin(struct gh_log_line *line, struct gh_log *log,
             enum gh_log_level level, const char *event_z)
{
    char time[32];

    line->log = NULL;
    if ((int)level >
        atomic_load_explicit(&log->sink->level, memory_order_relaxed))
        return;
    line->log = log;
    line->buf = gh_buf_over(line->bytes, sizeof(line->bytes) - 1);
    gh_buf_lit(&line->buf, "time=");
    gh_buf_checked(&line->buf, stamp(time));
    gh_log_text(line, "level", gh_text_of_z(level_word(level)));
    gh_log_text(line, "event", gh_text_of_z(event_z));
}

/* " key=", key being a literal of ours. */
static void
put_key(struct gh_log_line *line, const char *key_z)
{
    gh_buf_lit(&line->buf, " ");
    gh_buf_checked(&line->buf, gh_text_of_z(key_z));
    gh_buf_lit(&line->buf, "=");
}

void
gh_log_text(struct gh_log_line *line, const char *key_z, struct gh_text value)
{
    if (line->log == NULL)
        return;
    put_key(line, key_z);
    gh_buf_log(&line->buf, gh_text_first(value, VALUE_MAX));
}

void
gh_log_number(struct gh_log_line *line, const char *key_z, uint64_t value)
{
    if (line->log == NULL)
        return;
    put_key(line, key_z);
    gh_buf_number(&line->buf, value);
}

void
gh_log_end(struct gh_log_line *line)
{
    struct gh_log *log = line->log;

    if (log == NULL)
        return;
    if (log->n_dropped > 0) {
        put_key(line, "dropped_before");
        gh_buf_number(&line->buf, log->n_dropped);
    }
    /* cap leaves one byte free, so the newline fits even after a cut. */
    line->bytes[line->buf.len] = '\n';
    if (!enqueue(log,
                 (struct gh_text){.at = line->bytes, .len = line->buf.len + 1}))
        log->n_dropped++;
    else if (!line->buf.is_failed)
        log->n_dropped = 0;
}

void
gh_log_say(struct gh_log *log, enum gh_log_level level, const char *event_z,
           const char *text_z)
{
    struct gh_log_line line;

    gh_log_begin(&line, log, level, event_z);
    gh_log_text(&line, "text", gh_text_of_z(text_z));
    gh_log_end(&line);
}
