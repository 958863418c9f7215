/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig: what is set up around one gateway process and taken down again.
 * Owns the folder, the process and the application. The program under test is
 * named by GATEHOUSE in the environment, or by the build.
 */
#include "rig.h"

#include <dirent.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

/* How long a gateway may take to start: sanitizers are slow. */
enum {
    START_MS = 15000
};

/* The rig of the program. */
static struct rig *shared;

/* The account that a gateway started as root becomes. */
static const char account[] = "nobody";

static const char *
program(void)
{
    const char *path_z = getenv("GATEHOUSE");

    return path_z != NULL ? path_z : WIRE_GATEHOUSE;
}

/* The account of this process, which the gateway shall admit. */
static const char *
own_name(void)
{
    const struct passwd *entry = getpwuid(getuid());

    return entry != NULL ? entry->pw_name : "";
}

static const char *
either(const char *value_z, const char *otherwise_z)
{
    return value_z != NULL ? value_z : otherwise_z;
}

static void
write_gateway(const struct rig *rig, FILE *file, const char *line_z)
{
    const struct rig_plan *plan = &rig->plan;

    fprintf(file, "[gateway]\nworkers = %s\n", either(plan->workers_z, "2"));
    if (geteuid() == 0)
        fprintf(file, "user = %s\n", account);
    fprintf(file, "%s\n", line_z);
    fprintf(file, "[entry wire]\nkind = public\nsocket = %s\n", rig->socket);
    fprintf(file, "mode = %s\n", either(plan->mode_z, "0660"));
    if (geteuid() == 0)
        fprintf(file, "group = %s\n", RIG_GROUP);
    fprintf(file, "peers = %s\n", either(plan->peers_z, own_name()));
    fprintf(file, "origins = https://wire.test\n");
}

static void
write_rest(const struct rig *rig, FILE *file)
{
    const struct rig_plan *plan = &rig->plan;
    char idle[32];
    char params[32];

    snprintf(idle, sizeof(idle), "%dms", RIG_IDLE_MS);
    snprintf(params, sizeof(params), "%dms", RIG_PARAMS_MS);
    fprintf(file, "[limits]\n%s\n[timeouts]\n", either(plan->limits_z, ""));
    fprintf(file, "params = %s\nidle = %s\n", either(plan->params_z, params),
            either(plan->idle_z, idle));
    fprintf(file, "body = %dms\nconnect = 500ms\n", RIG_BODY_MS);
    fprintf(file, "first_byte = %dms\nsilence = %dms\n", RIG_FIRST_BYTE_MS,
            RIG_SILENCE_MS);
    fprintf(file, "send = %dms\ndrain = %dms\n", RIG_SEND_MS, RIG_DRAIN_MS);
    fprintf(file, "[application app]\npath = /app/\naccess = public\n");
    fprintf(file, "backend = http://unix:%s/app.sock\n", rig->dir);
    fprintf(file, "[application down]\npath = /down/\naccess = public\n");
    fprintf(file, "backend = http://unix:%s/nobody.sock\n", rig->dir);
}

void
rig_configure(const struct rig *rig, const char *line_z)
{
    FILE *file = fopen(rig->config, "w");

    gh_assert(file != NULL);
    write_gateway(rig, file, line_z);
    write_rest(rig, file);
    fclose(file);
    gh_assert(chmod(rig->config, 0644) == 0);
}

/* A fresh folder that the gateway's account may write. */
static void
make_folder(struct rig *rig)
{
    const struct passwd *entry = getpwnam(account);

    snprintf(rig->dir, sizeof(rig->dir), "/tmp/ghw.XXXXXX");
    gh_assert(mkdtemp(rig->dir) != NULL);
    if (geteuid() == 0 && entry != NULL)
        gh_assert(chown(rig->dir, entry->pw_uid, entry->pw_gid) == 0);
    gh_assert(chmod(rig->dir, 0755) == 0);
    snprintf(rig->socket, sizeof(rig->socket), "%s/gh.sock", rig->dir);
    snprintf(rig->config, sizeof(rig->config), "%s/gatehouse.conf", rig->dir);
    snprintf(rig->log, sizeof(rig->log), "%s/log", rig->dir);
}

/* Listens where the gateway would, as systemd does for a .socket unit. */
static int
listen_for(const struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, rig->socket, strlen(rig->socket));
    gh_assert(bind(fd, (const void *)&address, sizeof(address)) == 0);
    gh_assert(chmod(rig->socket, 0660) == 0);
    gh_assert(listen(fd, 64) == 0);
    return fd;
}

/* Starts through a shell, because LISTEN_PID must be the gateway's own pid:
 * exec keeps the shell's. */
static bool
start_activated(struct rig *rig)
{
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char script[] = "LISTEN_FDS=1 LISTEN_FDNAMES=wire LISTEN_PID=$$"
                    " exec \"$0\" -c \"$1\"";
    char *path_z = strdup(program());
    char *argv[] = {shell, option, script, path_z, rig->config, NULL};
    int fd = listen_for(rig);
    bool is_started = process_start(&rig->gateway, argv, rig->log, fd);

    close(fd);
    free(path_z);
    return is_started;
}

bool
rig_start(struct rig *rig)
{
    char option[] = "-c";
    char *path_z = strdup(program());
    char *argv[] = {path_z, option, rig->config, NULL};
    bool is_started = process_start(&rig->gateway, argv, rig->log, -1);

    free(path_z);
    return is_started;
}

/* Prints the gateway's log. */
static void
show_log(const struct rig *rig)
{
    FILE *file = fopen(rig->log, "r");
    char line[1024];

    if (file == NULL)
        return;
    fprintf(stderr, "--- %s\n", rig->log);
    while (fgets(line, sizeof(line), file) != NULL)
        fputs(line, stderr);
    fclose(file);
}

static void
remove_folder(const struct rig *rig)
{
    DIR *dir = opendir(rig->dir);

    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    rmdir(rig->dir);
}

/* Frees all, whatever state it is in. */
static void
tear_down(struct rig *rig)
{
    process_kill(&rig->gateway);
    app_free(rig->app);
    if (getenv("WIRE_KEEP") == NULL)
        remove_folder(rig);
    free(rig);
}

bool
rig_ask(const struct rig *rig, const struct bytes *request, struct answer *out)
{
    struct peer peer = peer_open(rig->socket);
    bool has_ended;

    *out = (struct answer){.n_ends = 0};
    if (peer.fd < 0)
        return false;
    /* A refusal may come before all was sent: the answer counts. */
    (void)peer_send(&peer, bytes_text(request));
    has_ended = peer_answer(&peer, 1, out, 5000);
    peer_close(&peer);
    return has_ended;
}

int
rig_get(const struct rig *rig, const char *uri_z)
{
    struct bytes request = {.len = 0};
    struct answer answer;
    int status = 0;

    ask_get(&request, 1, false, uri_z);
    if (rig_ask(rig, &request, &answer))
        status = answer_status(&answer);
    bytes_done(&request);
    answer_done(&answer);
    return status;
}

/* It answers, or has ended: a socket that accepts is not enough, because the
 * backlog accepts before the gateway is ready for signals. */
static bool
is_up(void *what)
{
    struct rig *rig = what;

    return rig_get(rig, "/nowhere") != 0 || !process_is_alive(&rig->gateway);
}

/* What the sanitizer keeps of freed memory would look like a leak. */
static void
limit_quarantine(void)
{
    const char *set_z = getenv("ASAN_OPTIONS");
    char options[512];

    snprintf(options, sizeof(options), "%s%squarantine_size_mb=1",
             either(set_z, ""), set_z != NULL ? ":" : "");
    if (set_z == NULL || strstr(set_z, "quarantine_size_mb") == NULL)
        setenv("ASAN_OPTIONS", options, 1);
}

struct rig *
rig_new(const struct rig_plan *plan)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    char app_path[112];
    bool is_started;

    gh_assert(rig != NULL);
    if (plan != NULL)
        rig->plan = *plan;
    limit_quarantine();
    make_folder(rig);
    rig_configure(rig, "");
    snprintf(app_path, sizeof(app_path), "%s/app.sock", rig->dir);
    rig->app = app_new(app_path);
    is_started = rig->plan.is_activated ? start_activated(rig) : rig_start(rig);
    if (is_started && wait_until(is_up, rig, START_MS) &&
        process_is_alive(&rig->gateway))
        return rig;

    fprintf(stderr, "%s did not start\n", program());
    show_log(rig);
    tear_down(rig);
    return NULL;
}

/* True when the line is a complaint of a sanitizer, of the assertion or of the
 * C library. */
static bool
is_complaint(const char *line)
{
    static const char *const words[] = {
        "Sanitizer", "runtime error:",   "stack smashing", "free(): ",
        "corrupted", "terminate called", "malloc(): "};

    for (size_t i = 0; i < GH_COUNT(words); i++) {
        if (strstr(line, words[i]) != NULL)
            return true;
    }
    return false;
}

/* True when the gateway's log holds a complaint; it is shown from there on. */
static bool
log_is_bad(const struct rig *rig)
{
    FILE *file = fopen(rig->log, "r");
    char line[4096];
    bool is_bad = false;

    if (file == NULL)
        return true;
    while (fgets(line, sizeof(line), file) != NULL) {
        is_bad = is_bad || is_complaint(line);
        if (is_bad)
            fputs(line, stderr);
    }
    fclose(file);
    return is_bad;
}

bool
rig_free(struct rig *rig)
{
    bool is_good;

    if (rig == NULL)
        return false;
    is_good = !rig->has_died;
    if (process_is_alive(&rig->gateway))
        kill(rig->gateway.pid, SIGTERM);
    if (!process_ends(&rig->gateway, RIG_DRAIN_MS + 10000)) {
        fprintf(stderr, "the gateway did not stop on SIGTERM\n");
        is_good = false;
    } else if (rig->gateway.status != 0) {
        fprintf(stderr, "the gateway ended with wait status 0x%x\n",
                (unsigned)rig->gateway.status);
        is_good = false;
    }
    if (log_is_bad(rig)) {
        fprintf(stderr, "the gateway's log has a report\n");
        is_good = false;
    }
    if (!is_good)
        show_log(rig);
    tear_down(rig);
    return is_good;
}

bool
rig_serves(struct rig *rig)
{
    return process_is_alive(&rig->gateway) && rig_get(rig, "/app/ping") == 200;
}

long
rig_growth_kib(long plain_kib)
{
    return WIRE_IS_SANITIZED ? plain_kib * 4 + 16384 : plain_kib;
}

struct rig *
rig(void)
{
    return shared;
}

void
check_refused(const struct bytes *request, int status)
{
    GH_CLEAN(answer_done) struct answer answer;
    bool has_ended = rig_ask(shared, request, &answer);
    int got = answer_status(&answer);

    if (status != 0)
        check_number(status, got);
    else if (answer.out.len > 0)
        check(got >= 400 && got <= 499);
    check(has_ended || answer.is_closed);
    check_number(0, answer.n_strange);
    check_number(0, app_received(shared->app));
}

/* Shows how the gateway died, and starts another, so that the tests that
 * follow speak for themselves. The run has failed all the same. */
static void
replace_dead(struct rig *rig)
{
    fprintf(stderr, "the gateway died with wait status 0x%x\n",
            (unsigned)rig->gateway.status);
    show_log(rig);
    rig->has_died = true;
    if (rig_start(rig))
        check(wait_until(is_up, rig, START_MS));
}

void
check_serving(void)
{
    app_reset(shared->app);
    check(rig_serves(shared));
    if (!process_is_alive(&shared->gateway))
        replace_dead(shared);
}

int
rig_main(const char *name, const struct check_suite *suites, size_t n)
{
    int status;

    shared = rig_new(NULL);
    if (shared == NULL)
        return 1;
    status = check_run(name, suites, n);
    return rig_free(shared) ? status : 1;
}
