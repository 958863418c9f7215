/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/database's connections on a loop: a server on the same
 * loop lets them in, or does not, and hangs up. libpq closes its sockets by
 * itself; another thread may have their numbers by then, so the loop must
 * never be told of one again. Every call of epoll_ctl() is looked at.
 */
#include "database.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "context.h"
#include "fresh.h"
#include "loop.h"
#include "settings.h"

#include "base/banned.h"

enum {
    GUARD_MS = 5000, /* after which a test has failed */
    N_LINKS = 2,     /* connections of the worker */
    N_ROUNDS = 6,    /* clients that the server sees */
};

/* What a server says to a client that it trusts: who it is, and ready. */
static const char welcome[] = "R\0\0\0\010\0\0\0\0"
                              "S\0\0\0\030server_version\00015.0\0"
                              "S\0\0\0\027in_hot_standby\0off\0"
                              "S\0\0\0\046default_transaction_read_only\0off\0"
                              "Z\0\0\0\005I";

/* The worker under test, and the server. Static: handlers find it. */
static struct {
    struct gh_loop *loop;
    struct gh_settings settings;
    struct gh_site site;
    struct gh_gateway gateway;
    struct gh_worker worker;
    char folder_z[64];
    char dsn_z[128];
    struct gh_watch listener;
    struct gh_watch clients[N_ROUNDS];
    struct gh_deadline ends[N_ROUNDS]; /* when the server hangs up */
    bool is_known[N_ROUNDS];           /* welcomed; refused from then on */
    struct gh_deadline guard;
    size_t n_accepted;
    size_t n_welcomed;
    size_t n_refused;  /* calls that named a descriptor not watched */
    bool is_welcoming; /* the server lets in */
    bool is_staying;   /* and does not hang up */
    bool is_guarded_out;
    const char *sqlstate_z; /* with which it refuses statements; NULL: it does
                               not answer them */
    struct gh_context context; /* of a statement */
    struct gh_task task;       /* it is done */
    enum gh_status answered;   /* with this */
} stage;

int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);

/* In the place of epoll_ctl(). */
int
__wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    int result = __real_epoll_ctl(epfd, op, fd, event);

    if (result != 0)
        stage.n_refused++;
    return result;
}

static void
guard_out(struct gh_deadline *deadline)
{
    (void)deadline;
    stage.is_guarded_out = true;
    gh_loop_stop(stage.loop);
}

static void
woken(void *ctx)
{
    (void)ctx;
}

static void
hang_up(size_t i)
{
    gh_loop_forget(stage.loop, &stage.clients[i]);
    close(stage.clients[i].fd);
    stage.clients[i].fd = -1;
    if (i + 1 == N_ROUNDS)
        gh_loop_stop(stage.loop);
}

static void
on_end(struct gh_deadline *deadline)
{
    hang_up((size_t)(deadline - stage.ends));
}

/* Refuses what was asked. */
static void
refuse(size_t i)
{
    char bytes[64] = "E";
    /* Behind the type and four bytes of length; each text with its NUL. */
    int n = snprintf(bytes + 5, sizeof(bytes) - 5, "SERROR%cC%s%cMno%c", 0,
                     stage.sqlstate_z, 0, 0) +
            1;

    bytes[4] = (char)(n + 4);
    memcpy(bytes + 5 + n, "Z\0\0\0\005I", 6);
    check(send(stage.clients[i].fd, bytes, (size_t)n + 11, 0) == n + 11);
}

/* A client has sent something, its startup message first of all. What it asks
 * is refused, or not answered. */
static void
on_client(struct gh_watch *watch, unsigned events)
{
    size_t i = (size_t)(watch - stage.clients);
    bool is_asking = gh_link_is_in(&stage.ends[i].link);
    char bytes[1024];

    (void)events;
    if (recv(watch->fd, bytes, sizeof(bytes), 0) <= 0 || !stage.is_welcoming ||
        is_asking) {
        gh_deadline_clear(&stage.ends[i]);
        hang_up(i);
        return;
    }
    if (stage.is_known[i]) {
        refuse(i);
        return;
    }
    stage.is_known[i] = stage.sqlstate_z != NULL;
    stage.n_welcomed++;
    check(send(watch->fd, welcome, sizeof(welcome) - 1, 0) ==
          (ssize_t)sizeof(welcome) - 1);
    if (!stage.is_staying)
        gh_deadline_set(stage.loop, &stage.ends[i], 20);
}

static void
on_connect(struct gh_watch *watch, unsigned events)
{
    struct gh_watch *client = &stage.clients[stage.n_accepted];
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (stage.n_accepted == N_ROUNDS) {
        close(fd);
        return;
    }
    *client = (struct gh_watch){.fd = fd, .on_event = on_client};
    stage.ends[stage.n_accepted++].on_late = on_end;
    check_status(GH_OK, gh_loop_watch(stage.loop, client, GH_EVENT_READ));
}

/* A server in a folder of its own, on the loop. */
static void
listen_there(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(stage.folder_z, sizeof(stage.folder_z),
             "/tmp/gatehouse-links.XXXXXX");
    check(mkdtemp(stage.folder_z) != NULL);
    snprintf(stage.dsn_z, sizeof(stage.dsn_z), "host=%s user=u dbname=d",
             stage.folder_z);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432",
             stage.folder_z);
    stage.listener = (struct gh_watch){
        .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
        .on_event = on_connect};
    check(bind(stage.listener.fd, (struct sockaddr *)&address,
               sizeof(address)) == 0 &&
          listen(stage.listener.fd, 8) == 0);
    check_status(GH_OK,
                 gh_loop_watch(stage.loop, &stage.listener, GH_EVENT_READ));
}

static void
begin(bool is_welcoming)
{
    memset(&stage, 0, sizeof(stage));
    stage.is_welcoming = is_welcoming;
    stage.guard.on_late = guard_out;
    check_status(GH_OK, gh_loop_new(woken, NULL, &stage.loop));
    listen_there();
    stage.settings.database =
        (struct gh_settings_database){.dsn = gh_text_of_z(stage.dsn_z),
                                      .connections = N_LINKS,
                                      .connect = 2000,
                                      .query = 2000};
    stage.site.settings = &stage.settings;
    stage.worker.gateway = &stage.gateway;
    stage.worker.loop = stage.loop;
    stage.worker.site = &stage.site;
    check_status(GH_OK, gh_database_new(&stage.worker, &stage.worker.database));
    stage.n_refused = 0;
}

/* Runs until the server has hung up often enough, and takes all down. */
static void
finish(void)
{
    char path[128];

    gh_deadline_set(stage.loop, &stage.guard, GUARD_MS);
    gh_loop_run(stage.loop);
    check(!stage.is_guarded_out);
    gh_database_free(stage.worker.database);
    check_number(0, stage.n_refused);
    check_number(0, atomic_load(&stage.gateway.counters.n_database_up));
    check_number(0, atomic_load(&stage.gateway.counters.n_asked));
    gh_deadline_clear(&stage.guard);
    for (size_t i = 0; i < stage.n_accepted; i++) {
        gh_deadline_clear(&stage.ends[i]);
        if (stage.clients[i].fd >= 0)
            close(stage.clients[i].fd);
    }
    close(stage.listener.fd);
    gh_loop_free(stage.loop);
    snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", stage.folder_z);
    unlink(path);
    rmdir(stage.folder_z);
}

/* Descriptors of this process. */
static size_t
count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    if (!check(folder != NULL))
        return 0;
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

static void
socket_of_a_lost_connection_is_not_named_again(void)
{
    size_t n_open = count_open();

    begin(true);
    finish();
    check_number(N_ROUNDS, stage.n_welcomed);
    check_number(n_open, count_open());
}

static void
socket_of_a_failed_attempt_is_not_named_again(void)
{
    size_t n_open = count_open();

    begin(false);
    finish();
    check_number(0, stage.n_welcomed);
    check_number(n_open, count_open());
}

static void
stop_late(struct gh_deadline *deadline)
{
    (void)deadline;
    gh_loop_stop(stage.loop);
}

static void
connections_that_are_up_are_closed_in_the_end(void)
{
    struct gh_deadline soon = {.on_late = stop_late};
    size_t n_open = count_open();

    begin(true);
    stage.is_staying = true;
    gh_deadline_set(stage.loop, &soon, 200);
    finish();
    check_number(N_LINKS, stage.n_welcomed);
    check_number(n_open, count_open());
}

static void
take_answer(struct gh_task *task)
{
    const struct gh_rows *rows;

    (void)task;
    stage.answered = gh_database_answer(&stage.context, &rows);
    gh_loop_stop(stage.loop);
}

/* Asks, and is refused with that SQLSTATE, or (NULL) not answered; whether what
 * was known before is still believed. */
static bool
is_believed_after(const struct gh_stmt *stmt, const char *sqlstate_z)
{
    struct gh_param params[GH_STMT_PARAMS_MAX];
    struct gh_fresh *fresh = NULL;
    uint64_t before;
    bool is_believed;

    for (size_t i = 0; i < stmt->n_params; i++)
        params[i] = gh_param_null(stmt->types[i]);
    begin(true);
    stage.sqlstate_z = sqlstate_z;
    stage.is_staying = sqlstate_z != NULL;
    stage.gateway.sink.fd = -1;
    check_status(GH_OK, gh_log_new(&stage.gateway.sink, &stage.worker.log));
    check_status(GH_OK, gh_fresh_new(&fresh));
    stage.gateway.fresh = fresh;
    stage.task.run = take_answer;
    stage.context.worker = &stage.worker;
    stage.context.task = &stage.task;
    before = gh_fresh_moment(fresh);
    check(gh_fresh_holds(fresh, before, 1, 1));
    check_status(GH_OK,
                 gh_database_ask(&stage.context, stmt, params, stmt->n_params));
    finish();
    check_status(GH_FAULT_DB, stage.answered);
    is_believed = gh_fresh_holds(fresh, before, 1, 1);
    gh_fresh_free(fresh);
    gh_log_free(stage.worker.log);
    return is_believed;
}

static void
PGX_009_what_a_lost_statement_may_have_ended_is_not_believed(void)
{
    check(!is_believed_after(&gh_stmt_session_end, NULL));
    check(!is_believed_after(&gh_stmt_session_moved, NULL));
    check(is_believed_after(&gh_stmt_session_find, NULL));
    check(is_believed_after(&gh_stmt_follow, NULL));
}

static void
database_that_refuses_is_there(void)
{
    static const struct {
        const char *sqlstate_z;
        bool is_away;
    } answers[] = {{NULL, true},     {"57P01", true},  {"08006", true},
                   {"42501", false}, {"57014", false}, {"40001", false}};

    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        /* What it said, it did: nothing else is in doubt. */
        check(is_believed_after(&gh_stmt_session_end, answers[i].sqlstate_z) ==
              (answers[i].sqlstate_z != NULL));
        check(stage.context.is_away == answers[i].is_away);
    }
}

const struct check_case database_cases[] = {
    CHECK_CASE(socket_of_a_lost_connection_is_not_named_again),
    CHECK_CASE(socket_of_a_failed_attempt_is_not_named_again),
    CHECK_CASE(connections_that_are_up_are_closed_in_the_end),
    CHECK_CASE(PGX_009_what_a_lost_statement_may_have_ended_is_not_believed),
    CHECK_CASE(database_that_refuses_is_there),
    {0},
};
