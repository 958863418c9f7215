/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted application: one thread, poll, non-blocking sockets. Owns its
 * socket, connections and what they received. It never blocks but in poll, so
 * one held answer does not hold another.
 */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http.h"
#include "process.h"

#include "base/banned.h"

enum {
    CONNECTIONS = 128
};

/* One connection of the gateway. */
struct line {
    int fd;            /* -1: free */
    struct bytes in;   /* of the request now being received */
    bool is_answering; /* a whole request came; no more is read */
    struct bytes out;  /* the script's answer */
    size_t sent;       /* bytes of out that have gone */
    size_t hold_at;    /* as in the script */
    size_t flood;      /* bytes "x" still to send after out */
    bool hangs_up;     /* close after that */
};

struct app {
    pthread_t thread;
    pthread_mutex_t lock;           /* over everything below */
    int listener;                   /* the socket */
    int wake;                       /* eventfd: something changed */
    bool is_over;                   /* the thread shall end */
    bool has_let_go;                /* nothing waits at hold_at */
    bool reads;                     /* receives at all */
    struct line lines[CONNECTIONS]; /* connections */
    struct bytes script;            /* answer of the script */
    size_t hold_at;                 /* of the script */
    size_t flood;                   /* of the script */
    bool hangs_up;                  /* of the script */
    struct bytes last;              /* last whole request */
    size_t n_requests;              /* whole requests */
    size_t n_received;              /* bytes */
    size_t n_aborted;               /* see app_aborted() */
    char x[65536];                  /* what floods are made of */
};

/* --- connections, with the lock held ------------------------------------ */

static void
hang_up(struct line *line)
{
    close(line->fd);
    bytes_done(&line->in);
    bytes_done(&line->out);
    *line = (struct line){.fd = -1};
}

/* The other side is gone: an abort unless the connection was idle. */
static void
lost(struct app *app, struct line *line)
{
    if (line->is_answering || line->in.len > 0)
        app->n_aborted++;
    hang_up(line);
}

/* A whole request may have come: starts its answer. */
static void
begin_answer(struct app *app, struct line *line)
{
    size_t len = http_request_len(bytes_text(&line->in));

    if (len == 0)
        return;
    app->last.len = 0;
    bytes_add(&app->last, line->in.at, len);
    app->n_requests++;
    bytes_drop(&line->in, len);
    line->is_answering = true;
    line->out.len = 0;
    bytes_text_add(&line->out, bytes_text(&app->script));
    line->sent = 0;
    line->hold_at = app->hold_at;
    line->flood = app->flood;
    line->hangs_up = app->hangs_up;
}

/* Bytes of the script's answer that may go now. */
static size_t
sendable(const struct app *app, const struct line *line)
{
    size_t end = line->out.len;

    if (!app->has_let_go && line->hold_at < end)
        end = line->hold_at;
    return end > line->sent ? end - line->sent : 0;
}

static bool
is_held(const struct app *app, const struct line *line)
{
    return line->is_answering && !app->has_let_go &&
           line->hold_at <= line->sent;
}

static bool
wants_to_write(const struct app *app, const struct line *line)
{
    return line->is_answering && !is_held(app, line);
}

/* Sends the next piece; ends the answer when all has gone. */
static void
send_some(struct app *app, struct line *line)
{
    size_t n = sendable(app, line);
    ssize_t sent = 0;

    if (n > 0)
        sent = send(line->fd, line->out.at + line->sent, n, MSG_NOSIGNAL);
    else if (line->flood > 0)
        sent = send(line->fd, app->x,
                    line->flood < sizeof(app->x) ? line->flood : sizeof(app->x),
                    MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        lost(app, line);
        return;
    }
    if (n == 0 && sent > 0)
        line->flood -= (size_t)sent;
    if (n > 0 && sent > 0)
        line->sent += (size_t)sent;
    if (line->sent < line->out.len || line->flood > 0)
        return;
    if (line->out.len == 0 || line->hangs_up)
        hang_up(line);
    else
        line->is_answering = false;
}

/* Reads what there is. */
static void
receive_some(struct app *app, struct line *line)
{
    char chunk[65536];
    ssize_t n = recv(line->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n > 0) {
        app->n_received += (size_t)n;
        bytes_add(&line->in, chunk, (size_t)n);
        if (!line->is_answering)
            begin_answer(app, line);
    } else if (n == 0 || errno != EAGAIN) {
        lost(app, line);
    }
}

static void
take_in(struct app *app)
{
    int fd = accept4(app->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    for (size_t i = 0; fd >= 0 && i < CONNECTIONS; i++) {
        if (app->lines[i].fd < 0) {
            app->lines[i].fd = fd;
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

/* --- the thread --------------------------------------------------------- */

/* Fills in what to wait for; the lines come after the two fixed entries. */
static void
plan(const struct app *app, struct pollfd *polls)
{
    polls[0] = (struct pollfd){.fd = app->wake, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = app->listener, .events = POLLIN};
    for (size_t i = 0; i < CONNECTIONS; i++) {
        const struct line *line = &app->lines[i];
        int events = app->reads ? POLLIN : 0;

        if (wants_to_write(app, line))
            events |= POLLOUT;
        polls[i + 2] = (struct pollfd){.fd = line->fd, .events = (short)events};
    }
}

static void
handle(struct app *app, const struct pollfd *polls)
{
    uint64_t count;

    if (polls[0].revents != 0 && read(app->wake, &count, sizeof(count)) < 0)
        return;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct line *line = &app->lines[i];
        int events = polls[i + 2].revents;

        if (line->fd < 0 || line->fd != polls[i + 2].fd)
            continue;
        if (events & (POLLIN | POLLHUP | POLLERR))
            receive_some(app, line);
        if (line->fd >= 0 && wants_to_write(app, line) && (events & POLLOUT))
            send_some(app, line);
    }
    if (polls[1].revents != 0)
        take_in(app);
}

static void *
run(void *arg)
{
    struct app *app = arg;
    struct pollfd polls[CONNECTIONS + 2];

    pthread_mutex_lock(&app->lock);
    while (!app->is_over) {
        plan(app, polls);
        pthread_mutex_unlock(&app->lock);
        poll(polls, GH_COUNT(polls), -1);
        pthread_mutex_lock(&app->lock);
        handle(app, polls);
    }
    pthread_mutex_unlock(&app->lock);
    return NULL;
}

/* --- for the test ------------------------------------------------------- */

/* Lets the thread see a change. */
static void
wake(struct app *app)
{
    uint64_t one = 1;

    gh_assert(write(app->wake, &one, sizeof(one)) == sizeof(one));
}

static int
listen_on(const char *path_z)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    gh_assert(fd >= 0 && strlen(path_z) < sizeof(address.sun_path));
    memcpy(address.sun_path, path_z, strlen(path_z));
    gh_assert(bind(fd, (const void *)&address, sizeof(address)) == 0);
    gh_assert(chmod(path_z, 0666) == 0);
    gh_assert(listen(fd, 128) == 0);
    return fd;
}

struct app *
app_new(const char *path_z)
{
    struct app *app = calloc(1, sizeof(*app));

    gh_assert(app != NULL);
    app->listener = listen_on(path_z);
    app->wake = eventfd(0, EFD_CLOEXEC);
    gh_assert(app->wake >= 0);
    pthread_mutex_init(&app->lock, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        app->lines[i].fd = -1;
    memset(app->x, 'x', sizeof(app->x));
    app_reset(app);
    gh_assert(pthread_create(&app->thread, NULL, run, app) == 0);
    return app;
}

void
app_free(struct app *app)
{
    if (app == NULL)
        return;
    pthread_mutex_lock(&app->lock);
    app->is_over = true;
    wake(app);
    pthread_mutex_unlock(&app->lock);
    pthread_join(app->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (app->lines[i].fd >= 0)
            hang_up(&app->lines[i]);
    }
    close(app->listener);
    close(app->wake);
    bytes_done(&app->script);
    bytes_done(&app->last);
    pthread_mutex_destroy(&app->lock);
    free(app);
}

void
app_answers(struct app *app, struct app_script script)
{
    pthread_mutex_lock(&app->lock);
    app->script.len = 0;
    bytes_text_add(&app->script, script.answer);
    app->hold_at = script.hold_at;
    app->flood = script.flood;
    app->hangs_up = script.hangs_up;
    app->has_let_go = false;
    wake(app);
    pthread_mutex_unlock(&app->lock);
}

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

void
app_reset(struct app *app)
{
    app_answers(app, (struct app_script){.answer = GH_TEXT(HELLO),
                                         .hold_at = APP_NEVER_HOLDS});
    pthread_mutex_lock(&app->lock);
    app->reads = true;
    app->last.len = 0;
    app->n_requests = 0;
    app->n_received = 0;
    app->n_aborted = 0;
    wake(app);
    pthread_mutex_unlock(&app->lock);
}

void
app_holds(struct app *app)
{
    app_answers(app, (struct app_script){.answer = GH_TEXT(HELLO)});
}

void
app_floods(struct app *app, size_t n)
{
    struct bytes head = {.len = 0};

    bytes_print(&head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
    app_answers(app, (struct app_script){.answer = bytes_text(&head),
                                         .hold_at = APP_NEVER_HOLDS,
                                         .flood = n});
    bytes_done(&head);
}

void
app_lets_go(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    app->has_let_go = true;
    wake(app);
    pthread_mutex_unlock(&app->lock);
}

void
app_reads(struct app *app, bool reads)
{
    pthread_mutex_lock(&app->lock);
    app->reads = reads;
    wake(app);
    pthread_mutex_unlock(&app->lock);
}

/* Reads one of the counters. */
static size_t
counter(struct app *app, const size_t *which)
{
    size_t n;

    pthread_mutex_lock(&app->lock);
    n = *which;
    pthread_mutex_unlock(&app->lock);
    return n;
}

size_t
app_requests(struct app *app)
{
    return counter(app, &app->n_requests);
}

size_t
app_received(struct app *app)
{
    return counter(app, &app->n_received);
}

size_t
app_aborted(struct app *app)
{
    return counter(app, &app->n_aborted);
}

/* A counter and what it should reach. */
struct target {
    struct app *app;     /* whose */
    const size_t *which; /* counter */
    size_t n;            /* at least */
};

static bool
is_reached(void *what)
{
    const struct target *target = what;

    return counter(target->app, target->which) >= target->n;
}

bool
app_gets_bytes(struct app *app, size_t n, int ms)
{
    struct target target = {.app = app, .which = &app->n_received, .n = n};

    return wait_until(is_reached, &target, ms);
}

bool
app_gets_requests(struct app *app, size_t n, int ms)
{
    struct target target = {.app = app, .which = &app->n_requests, .n = n};

    return wait_until(is_reached, &target, ms);
}

bool
app_sees_aborts(struct app *app, size_t n, int ms)
{
    struct target target = {.app = app, .which = &app->n_aborted, .n = n};

    return wait_until(is_reached, &target, ms);
}

void
app_last(struct app *app, struct bytes *out)
{
    pthread_mutex_lock(&app->lock);
    out->len = 0;
    bytes_text_add(out, bytes_text(&app->last));
    pthread_mutex_unlock(&app->lock);
}

void
app_last_body(struct app *app, struct bytes *out)
{
    struct bytes last = {.len = 0};

    app_last(app, &last);
    out->len = 0;
    http_body(bytes_text(&last), out);
    bytes_done(&last);
}
