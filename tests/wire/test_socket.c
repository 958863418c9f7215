/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket: its mode, who may connect, what systemd passes, and what the
 * gateway refuses to do where FCGX_OpenSocket unlinks and exits (trap 13).
 * Tests that need another account to connect run only as root.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"

#include "base/banned.h"

/* What a stranger's attempt gave: exit statuses of the child. */
enum {
    STRANGER_SERVED = 10, /* answered 200 */
    STRANGER_CLOSED,      /* connected, then closed without a record */
    STRANGER_DENIED,      /* connect: EACCES */
    STRANGER_OTHER,
};

/* In the child: connects as another account and tells what came of it. */
static int
be_stranger(const struct rig *own, gid_t group)
{
    const struct passwd *entry = getpwnam("daemon");
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    if (entry == NULL || setgroups(0, NULL) != 0 || setgid(group) != 0 ||
        setuid(entry->pw_uid) != 0)
        return STRANGER_OTHER;
    peer = peer_open(own->socket);
    if (peer.fd < 0)
        return errno == EACCES ? STRANGER_DENIED : STRANGER_OTHER;
    ask_get(&request, 1, false, "/app/");
    (void)peer_send(&peer, bytes_text(&request));
    if (peer_answer(&peer, 1, &answer, RIG_SLACK_MS))
        return answer_status(&answer) == 200 ? STRANGER_SERVED : STRANGER_OTHER;
    return answer.is_closed && answer.out.len == 0 ? STRANGER_CLOSED
                                                   : STRANGER_OTHER;
}

/* Lets the account "daemon" try with the given group. */
static int
stranger(const struct rig *own, gid_t group)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(be_stranger(own, group));
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return STRANGER_OTHER;
    return WEXITSTATUS(status);
}

static gid_t
group_of(const char *name_z)
{
    const struct group *entry = getgrnam(name_z);

    return entry != NULL ? entry->gr_gid : 0;
}

static void
fcgi_037_socket_has_its_mode_and_group(void)
{
    struct rig *own = rig_new(&(struct rig_plan){.mode_z = "0620"});
    struct stat st;

    if (!check(own != NULL))
        return;
    check(stat(own->socket, &st) == 0);
    check(S_ISSOCK(st.st_mode));
    check_number(0620, st.st_mode & 07777);
    if (geteuid() == 0)
        check_number(group_of(RIG_GROUP), st.st_gid);
    check(rig_free(own));
}

static void
fcgi_037_account_outside_the_group_is_denied_by_the_mode(void)
{
    struct rig *own = rig_new(&(struct rig_plan){.peers_z = ""});

    if (!check(own != NULL))
        return;
    if (geteuid() == 0)
        check_number(STRANGER_DENIED, stranger(own, group_of("daemon")));
    check(rig_serves(own));
    check(rig_free(own));
}

static void
fcgi_037_account_that_is_no_peer_is_refused(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    if (geteuid() == 0) {
        for (int i = 0; i < 5; i++)
            check_number(STRANGER_CLOSED, stranger(own, group_of(RIG_GROUP)));
        check_number(0, app_received(own->app));
    }
    check(rig_serves(own));
    check(rig_free(own));
}

static void
fcgi_037_listed_peers_are_served(void)
{
    struct rig *own;

    if (geteuid() != 0)
        return;
    own = rig_new(&(struct rig_plan){.peers_z = "daemon, root"});
    if (!check(own != NULL))
        return;
    check_number(STRANGER_SERVED, stranger(own, group_of(RIG_GROUP)));
    check(rig_serves(own));
    check(rig_free(own));
}

static void
fcgi_037_without_a_list_the_mode_decides(void)
{
    struct rig *own = rig_new(&(struct rig_plan){.peers_z = ""});

    if (!check(own != NULL))
        return;
    if (geteuid() == 0)
        check_number(STRANGER_SERVED, stranger(own, group_of(RIG_GROUP)));
    check(rig_serves(own));
    check(rig_free(own));
}

static void
socket_that_systemd_passes_is_used(void)
{
    struct rig *own = rig_new(&(struct rig_plan){.is_activated = true});
    struct stat before;
    struct stat after;

    if (!check(own != NULL))
        return;
    check(stat(own->socket, &before) == 0);
    for (int i = 0; i < 5; i++)
        check(rig_serves(own));
    check(stat(own->socket, &after) == 0);
    check_number(before.st_ino, after.st_ino);
    if (geteuid() == 0)
        check_number(0, after.st_uid);
    check(rig_free(own));
}

static void
socket_that_systemd_passes_outlives_the_gateway(void)
{
    struct rig *own = rig_new(&(struct rig_plan){.is_activated = true});
    struct stat st;

    if (!check(own != NULL))
        return;
    check(rig_serves(own));
    kill(own->gateway.pid, SIGTERM);
    check(process_ends(&own->gateway, RIG_SLACK_MS));
    check(stat(own->socket, &st) == 0);
    check(rig_free(own));
}

static void
trap_13_second_gateway_does_not_steal_the_socket(void)
{
    struct rig *own = rig_new(NULL);
    struct rig second;

    if (!check(own != NULL))
        return;
    second = *own;
    check(rig_start(&second));
    check(process_ends(&second.gateway, 10000));
    check(second.gateway.status != 0);
    process_kill(&second.gateway);
    check(rig_serves(own));
    check(rig_free(own));
}

static bool
serves(void *own)
{
    return rig_get(own, "/app/") == 200;
}

static void
trap_13_stale_socket_is_replaced(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    process_kill(&own->gateway);
    check(rig_start(own));
    check(wait_until(serves, own, 15000));
    check(rig_free(own));
}

static void
trap_13_file_in_the_place_of_the_socket_is_left_alone(void)
{
    struct rig *own = rig_new(NULL);
    struct rig second;
    struct stat st;
    FILE *file;

    if (!check(own != NULL))
        return;
    second = *own;
    snprintf(second.socket, sizeof(second.socket), "%s/precious", own->dir);
    snprintf(second.config, sizeof(second.config), "%s/second", own->dir);
    file = fopen(second.socket, "w");
    check(file != NULL && fputs("precious", file) >= 0 && fclose(file) == 0);
    rig_configure(&second, "");
    check(rig_start(&second));
    check(process_ends(&second.gateway, 10000));
    check(WIFEXITED(second.gateway.status) &&
          WEXITSTATUS(second.gateway.status) != 0);
    process_kill(&second.gateway);
    check(stat(second.socket, &st) == 0 && S_ISREG(st.st_mode));
    check_number(8, st.st_size);
    check(rig_serves(own));
    check(rig_free(own));
}

const struct check_case socket_cases[] = {
    CHECK_CASE(fcgi_037_socket_has_its_mode_and_group),
    CHECK_CASE(fcgi_037_account_outside_the_group_is_denied_by_the_mode),
    CHECK_CASE(fcgi_037_account_that_is_no_peer_is_refused),
    CHECK_CASE(fcgi_037_listed_peers_are_served),
    CHECK_CASE(fcgi_037_without_a_list_the_mode_decides),
    CHECK_CASE(socket_that_systemd_passes_is_used),
    CHECK_CASE(socket_that_systemd_passes_outlives_the_gateway),
    CHECK_CASE(trap_13_second_gateway_does_not_steal_the_socket),
    CHECK_CASE(trap_13_stale_socket_is_replaced),
    CHECK_CASE(trap_13_file_in_the_place_of_the_socket_is_left_alone),
    {NULL, NULL},
};
