/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted application. Owns one listening socket and up to MAX_LINKS
 * connections, all static: it never takes memory, so that a test which makes
 * allocations fail hits the gateway alone. Called by play.c.
 *
 * Pieces are PAUSE turns of the loop apart: the gateway is woken by the first
 * before the second is written.
 */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"

#include "base/banned.h"

enum {
    MAX_LINKS = 32,
    MAX_REQUESTS = 32,
    MAX_BYTES = 4 * 1024 * 1024,
    PAUSE = 3, /* turns between two pieces */
};

/* One connection. */
struct app_link {
    struct gh_watch watch;
    struct gh_task task;             /* writes the next piece */
    int pause;                       /* turns until then */
    const struct app_script *script; /* NULL: reading */
    size_t written;                  /* bytes of its answer */
    size_t request;                  /* place of the current request */
    bool has_request;                /* bytes of one have come */
    size_t read_from;                /* where its bytes start */
};

/* The one application. */
static struct {
    struct gh_loop *loop;
    struct gh_watch door; /* the listening socket */
    const struct app_script *scripts;
    size_t n_scripts;
    struct app_link links[MAX_LINKS];
    size_t n_links;
    struct gh_text requests[MAX_REQUESTS];
    size_t n_requests;
    char folder[64];
    char bytes[MAX_BYTES]; /* all requests, one behind the other */
    size_t n_bytes;
} app;

size_t
app_n_requests(void)
{
    return app.n_requests;
}

struct gh_text
app_request(size_t i)
{
    return i < app.n_requests ? app.requests[i] : (struct gh_text){0};
}

size_t
app_n_connections(void)
{
    return app.n_links;
}

static void
close_watch(struct gh_watch *watch)
{
    if (watch->fd < 0)
        return;
    gh_loop_forget(app.loop, watch);
    close(watch->fd);
    watch->fd = -1;
}

/* Position of part in text, or text.len. */
static size_t
position(struct gh_text text, struct gh_text part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (gh_text_starts(gh_text_from(text, i), part))
            return i;
    }
    return text.len;
}

/* True when the request that starts text is complete. */
static bool
is_complete(struct gh_text text, bool is_head_enough)
{
    const struct gh_text field = GH_TEXT("\r\nContent-Length: ");
    size_t end = position(text, GH_TEXT("\r\n\r\n"));
    struct gh_text head = gh_text_first(text, end);
    struct gh_text body = gh_text_from(text, end + 4);
    size_t at = position(head, field);

    if (end == text.len)
        return false;
    if (is_head_enough)
        return true;
    if (position(head, GH_TEXT("Transfer-Encoding: chunked")) < head.len)
        return gh_text_ends(body, GH_TEXT("\r\n0\r\n\r\n")) ||
               gh_text_equal(body, GH_TEXT("0\r\n\r\n"));
    if (at == head.len)
        return true;
    at += field.len;
    return body.len >= strtoul(head.at + at, NULL, 10);
}

static const struct app_script *
script_for(size_t request)
{
    return &app.scripts[request < app.n_scripts ? request : app.n_scripts - 1];
}

static void
start_request(struct app_link *link)
{
    if (link->has_request || app.n_requests == MAX_REQUESTS)
        return;
    link->has_request = true;
    link->request = app.n_requests++;
    link->read_from = app.n_bytes;
}

static void
start_answer(struct app_link *link)
{
    link->script = script_for(link->request);
    link->written = 0;
    link->pause = 0;
    gh_loop_post(app.loop, &link->task);
}

/* Reads nothing; answers all the same when the script has an answer. */
static void
stay_deaf(struct app_link *link, unsigned events)
{
    bool is_new = link->script == NULL;

    gh_loop_interest(app.loop, &link->watch, 0);
    if (is_new)
        start_request(link);
    if ((events & GH_EVENT_HANGUP) != 0)
        close_watch(&link->watch);
    else if (is_new && script_for(link->request)->answer.len > 0)
        start_answer(link);
}

/* Bytes of the current request have come; answers when that is enough. */
static void
take_bytes(struct app_link *link, size_t n)
{
    if (link->script == NULL)
        start_request(link);
    app.n_bytes += n;
    app.requests[link->request] = (struct gh_text){
        app.bytes + link->read_from, app.n_bytes - link->read_from};
    if (link->script == NULL &&
        is_complete(app.requests[link->request],
                    script_for(link->request)->is_early))
        start_answer(link);
}

static void
on_bytes(struct gh_watch *watch, unsigned events)
{
    struct app_link *link = GH_CONTAINER(watch, struct app_link, watch);
    ssize_t n;

    if (script_for(link->has_request ? link->request : app.n_requests)
            ->is_deaf) {
        stay_deaf(link, events);
        return;
    }
    n = recv(watch->fd, app.bytes + app.n_bytes, MAX_BYTES - app.n_bytes,
             MSG_DONTWAIT);
    if (n > 0) {
        take_bytes(link, (size_t)n);
        return;
    }
    close_watch(watch);
    gh_link_leave(&link->task.link);
}

static void
finish_answer(struct app_link *link)
{
    switch (link->script->end) {
    case APP_KEEPS:
        link->script = NULL;
        link->has_request = false;
        return;
    case APP_CLOSES:
        close_watch(&link->watch);
        return;
    case APP_HANGS:
        return;
    }
}

/* What is written next. */
static struct gh_text
next_piece(const struct app_link *link)
{
    const struct app_script *script = link->script;
    struct gh_text left = gh_text_from(script->answer, link->written);
    size_t want = script->piece;

    if (link->written == 0 && script->first > 0)
        want = script->first;
    return want == 0 ? left : gh_text_first(left, want);
}

static void
write_piece(struct gh_task *task)
{
    struct app_link *link = GH_CONTAINER(task, struct app_link, task);
    struct gh_text piece = next_piece(link);
    ssize_t n;

    if (link->pause-- > 0) {
        gh_loop_post(app.loop, task);
        return;
    }
    n = send(link->watch.fd, piece.at, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        link->written += (size_t)n;
    link->pause = PAUSE;
    if (link->written < link->script->answer.len && link->watch.fd >= 0)
        gh_loop_post(app.loop, task);
    else
        finish_answer(link);
}

static void
on_caller(struct gh_watch *watch, unsigned events)
{
    struct app_link *link = &app.links[app.n_links];
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)events;
    if (fd < 0 || !check(app.n_links < MAX_LINKS))
        return;
    *link = (struct app_link){.watch = {.fd = fd, .on_event = on_bytes},
                              .task.run = write_piece};
    app.n_links++;
    check_status(GH_OK, gh_loop_watch(app.loop, &link->watch, GH_EVENT_READ));
}

/* The socket's path, in a folder of its own. */
static bool
choose_path(struct gh_reach *reach)
{
    struct gh_backend_address *address = &reach->addresses[0];
    struct sockaddr_un *un = &address->addr.local;

    snprintf(app.folder, sizeof(app.folder), "/tmp/gatehouse-app-XXXXXX");
    if (mkdtemp(app.folder) == NULL)
        return false;
    *address = (struct gh_backend_address){.len = (socklen_t)sizeof(*un)};
    un->sun_family = AF_UNIX;
    snprintf(un->sun_path, sizeof(un->sun_path), "%s/sock", app.folder);
    reach->n_addresses = 1;
    return true;
}

bool
app_begin(struct gh_loop *loop, const struct app_script *scripts, size_t n,
          struct gh_reach *reach)
{
    app.loop = loop;
    app.scripts = scripts;
    app.n_scripts = n;
    app.n_links = app.n_requests = app.n_bytes = 0;
    app.door = (struct gh_watch){.on_event = on_caller};
    app.door.fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return choose_path(reach) &&
           bind(app.door.fd, &reach->addresses[0].addr.any,
                reach->addresses[0].len) == 0 &&
           listen(app.door.fd, 64) == 0 &&
           gh_loop_watch(loop, &app.door, GH_EVENT_READ) == GH_OK;
}

void
app_stop_listening(void)
{
    char path[80];

    close_watch(&app.door);
    snprintf(path, sizeof(path), "%s/sock", app.folder);
    unlink(path);
    rmdir(app.folder);
}

void
app_end(void)
{
    for (size_t i = 0; i < app.n_links; i++) {
        close_watch(&app.links[i].watch);
        gh_link_leave(&app.links[i].task.link);
    }
    app_stop_listening();
}
