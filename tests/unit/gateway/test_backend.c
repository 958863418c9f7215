/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/backend by hand: an application that is a listening socket,
 * and a loop that does not run, so that it has heard of nothing when a
 * connection is borrowed. How connections serve requests: test_relay*.c.
 */
#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

/* A pool, and the application's side of one connection. */
struct scene {
    char folder[32];            /* of the socket */
    struct gh_reach reach;      /* where it is */
    struct gh_loop *loop;       /* never run */
    struct gh_backend *backend; /* the pool */
    atomic_uint n_busy;         /* borrowed */
    struct gh_task task;        /* of the borrower */
    int door;                   /* listens */
    int peer;                   /* the connection that was accepted last */
};

static struct gh_backend_link *
borrow(struct scene *scene, bool may_reuse)
{
    struct gh_backend_link *link = NULL;

    check_status(GH_OK, gh_backend_borrow(scene->backend, may_reuse,
                                          &scene->task, &link));
    return link;
}

/* A pool with one idle connection. */
static void
begin(struct scene *scene)
{
    struct gh_backend_address *address = &scene->reach.addresses[0];
    struct sockaddr_un *un = &address->addr.local;

    *scene = (struct scene){.folder = "/tmp/gh-backend-XXXXXX",
                            .reach.connections = 8,
                            .reach.keep = 8,
                            .reach.n_addresses = 1};
    check(mkdtemp(scene->folder) != NULL);
    *address = (struct gh_backend_address){.len = (socklen_t)sizeof(*un)};
    un->sun_family = AF_UNIX;
    snprintf(un->sun_path, sizeof(un->sun_path), "%s/sock", scene->folder);
    scene->door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check_number(0, bind(scene->door, &address->addr.any, address->len));
    check_number(0, listen(scene->door, 8));
    check_status(GH_OK, gh_loop_new(NULL, NULL, &scene->loop));
    scene->backend = gh_backend_new(scene->loop, &scene->reach, &scene->n_busy,
                                    GH_BACKEND_INPUT);
    gh_backend_give_back(borrow(scene, true), true);
    scene->peer = accept(scene->door, NULL, NULL);
    check_number(1, scene->backend->n_idle);
}

static void
end(struct scene *scene)
{
    gh_backend_release(scene->backend);
    gh_loop_free(scene->loop);
    close(scene->peer);
    close(scene->door);
    unlink(scene->reach.addresses[0].addr.local.sun_path);
    check_number(0, rmdir(scene->folder));
}

static void
idle_connection_is_borrowed_again(void)
{
    struct scene scene;
    struct gh_backend_link *link;

    begin(&scene);
    link = borrow(&scene, true);
    check(link->is_reused);
    check_number(0, scene.backend->n_idle);
    gh_backend_give_back(link, true);
    link = borrow(&scene, false);
    check(!link->is_reused);
    gh_backend_give_back(link, false);
    end(&scene);
}

/* What came while nobody asked would be the answer to whoever asks next. */
static void
connection_with_bytes_that_nobody_asked_for_is_closed(void)
{
    struct scene scene;
    struct gh_backend_link *link;
    char byte;

    begin(&scene);
    check_number(8, send(scene.peer, "HTTP/1.1", 8, MSG_NOSIGNAL));
    link = borrow(&scene, true);
    check(!link->is_reused);
    check_number(0, scene.backend->n_idle);
    check(recv(scene.peer, &byte, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
    gh_backend_give_back(link, false);
    end(&scene);
}

static void
connection_that_has_ended_is_closed(void)
{
    struct scene scene;
    struct gh_backend_link *link;

    begin(&scene);
    check_number(0, shutdown(scene.peer, SHUT_WR));
    link = borrow(&scene, true);
    check(!link->is_reused);
    check_number(0, scene.backend->n_idle);
    gh_backend_give_back(link, false);
    end(&scene);
}

const struct check_case backend_cases[] = {
    CHECK_CASE(idle_connection_is_borrowed_again),
    CHECK_CASE(connection_with_bytes_that_nobody_asked_for_is_closed),
    CHECK_CASE(connection_that_has_ended_is_closed),
    {0},
};
