/* SPDX-License-Identifier: Apache-2.0
 *
 * A FastCGI responder that does nothing but answer 1 KiB, built on libfcgi in
 * its best form: an epoll loop per core, FCGX_Accept_r only on connections
 * that are readable, connections kept, no thread per connection. Owns one
 * unix socket. It trusts its peer, has no limits and no deadlines: a yardstick
 * for tests/bench/run, never a server. Started as `bench_responder SOCKET
 * LOOPS`; ends on SIGTERM.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/banned.h"

enum {
    LOOPS_MAX = 16,
    EVENTS_MAX = 64,
    BACKLOG = 511,
    BODY_BYTES = 1024,
};

/* One loop; lives as long as the program. */
struct loop {
    int epoll;           /* descriptor of the loop's epoll set */
    int listener;        /* shared by all loops */
    FCGX_Request parked; /* stands for the listener among the events */
    pthread_t thread;
    char answer[BODY_BYTES + 128]; /* head and body, NUL-terminated */
};

/* Takes one connection; the others stay for the other loops. */
static void
take(struct loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = accept4(loop->listener, NULL, NULL, SOCK_CLOEXEC);
    FCGX_Request *request;

    if (fd < 0)
        return;
    request = calloc(1, sizeof(*request));
    if (request == NULL || FCGX_InitRequest(request, -1, 0) != 0) {
        free(request);
        close(fd);
        return;
    }

    /* FCGX_Accept_r accepts by itself only when it has no connection, and
     * lingers up to 2 s on close unless the connection is detached. */
    request->ipcFd = fd;
    request->keepConnection = 1;
    request->detached = 1;
    event.data.ptr = request;
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        free(request);
    }
}

/* Answers one request. An unread end of STDIN would be taken for a protocol
 * error by the next accept, hence the drain. */
static void
answer(struct loop *loop, FCGX_Request *request)
{
    char body[4096];

    if (FCGX_Accept_r(request) < 0) {
        free(request);
        return;
    }
    while (FCGX_GetStr(body, sizeof(body), request->in) > 0)
        continue;
    FCGX_PutS(loop->answer, request->out);
    FCGX_Finish_r(request);
    if (request->ipcFd < 0) {
        free(request);
        return;
    }
    request->detached = 1;
}

/* A loop's thread: never returns. */
static void *
run(void *arg)
{
    struct loop *loop = arg;
    struct epoll_event events[EVENTS_MAX];

    for (;;) {
        int n = epoll_wait(loop->epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < n; i++) {
            FCGX_Request *request = events[i].data.ptr;

            if (request == &loop->parked)
                take(loop);
            else
                answer(loop, request);
        }
    }
    return NULL;
}

/* A non-blocking listening socket at path that everyone may connect to. */
static int
listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
        return -1;
    return fd;
}

/* Makes the loop's epoll set and answer, and starts its thread. */
static int
start(struct loop *loop, int listener)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
                                .data.ptr = &loop->parked};
    int head = snprintf(loop->answer, sizeof(loop->answer),
                        "Status: 200\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %d\r\n\r\n",
                        BODY_BYTES);

    memset(loop->answer + head, 'x', BODY_BYTES);
    loop->answer[head + BODY_BYTES] = '\0';
    loop->listener = listener;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        return -1;
    return pthread_create(&loop->thread, NULL, run, loop) == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
    static struct loop loops[LOOPS_MAX];
    long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    int listener;

    if (n < 1 || n > LOOPS_MAX) {
        fprintf(stderr, "usage: bench_responder SOCKET LOOPS\n");
        return 2;
    }

    /* FCGX_Init replaces handlers, so ours come after it. */
    if (FCGX_Init() != 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    listener = listen_at(argv[1]);
    if (listener < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    for (long i = 0; i < n; i++) {
        if (start(&loops[i], listener) < 0)
            return 1;
    }
    pthread_join(loops[0].thread, NULL);
    return 0;
}
