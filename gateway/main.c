/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehouse(8): options, start, signals, end. Owns the process. Privileges
 * fall in one visible list (fall()) before the first request is read. Refuses
 * to run as root without an account to become.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/secret.h"
#include "check_db.h"
#include "fcgi.h"
#include "locate.h"
#include "version.h"
#include "workers.h"

#include "base/banned.h"

/* Exit statuses, of which systemd knows the larger ones (sysexits.h). */
enum {
    EXIT_RUNTIME = 1,
    EXIT_USAGE = 2,
    EXIT_DATABASE = 69,
    EXIT_PERMISSION = 77,
    EXIT_CONFIGURATION = 78,
};

static const char default_file[] = "/etc/gatehouse/gatehouse.conf";

/* What the command line asks for. */
enum task {
    TASK_RUN,
    TASK_CHECK,
    TASK_CHECK_DB,
    TASK_PRINT,
    TASK_SAMPLE,
    TASK_MANUAL,
    TASK_VERSION,
    TASK_HELP,
    TASK_USAGE,
};

static const char usage_text[] =
    "usage: gatehouse [-c FILE] [-t [--check-db] | -T]\n"
    "       gatehouse --sample | --manual | --version | --help\n"
    "\n"
    "  -c, --config FILE  read FILE instead of %s\n"
    "  -t, --check        check the configuration and exit\n"
    "      --check-db     the same, and ask the database\n"
    "  -T, --print        print the configuration in effect and exit\n"
    "      --sample       print a commented sample configuration\n"
    "      --manual       print the settings section of gatehouse.conf(5)\n"
    "      --version      print the version\n"
    "      --help         print this text\n"
    "\n"
    "SIGHUP reads the configuration again; SIGTERM ends running exchanges and\n"
    "stops. See gatehouse(8) and gatehouse.conf(5).\n";

static enum task
read_options(int argc, char **argv, const char **file)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 't'},
        {"check-db", no_argument, NULL, 'd'},
        {"print", no_argument, NULL, 'T'},
        {"sample", no_argument, NULL, 's'},
        {"manual", no_argument, NULL, 'm'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    static const struct {
        int option;     /* as getopt_long() returns it */
        enum task task; /* what it asks for */
    } tasks[] = {{'t', TASK_CHECK},  {'d', TASK_CHECK_DB}, {'T', TASK_PRINT},
                 {'s', TASK_SAMPLE}, {'m', TASK_MANUAL},   {'v', TASK_VERSION},
                 {'h', TASK_HELP}};
    enum task task = TASK_RUN;
    int option;

    while ((option = getopt_long(argc, argv, "c:tT", options, NULL)) != -1) {
        if (option == '?')
            return TASK_USAGE;
        if (option == 'c')
            *file = optarg;
        for (size_t i = 0; i < GH_COUNT(tasks); i++) {
            /* -t asks for no more than --check-db does. */
            if (tasks[i].option == option &&
                !(option == 't' && task == TASK_CHECK_DB))
                task = tasks[i].task;
        }
    }
    return optind < argc ? TASK_USAGE : task;
}

/* The signals that main waits for; blocked in every thread. */
static sigset_t
our_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    return set;
}

/* Looks up the account to become; NULL after a sentence. */
static const struct passwd *
find_user(const struct gh_settings *settings)
{
    const struct passwd *user = getpwnam(settings->gateway.user.at);

    if (user == NULL || user->pw_uid == 0) {
        fprintf(stderr,
                "gatehouse: [gateway] user \"%.*s\" is not an account that "
                "can be used\n",
                GH_TEXT_ARG(settings->gateway.user));
        return NULL;
    }
    return user;
}

/* Everything that is given up, in order, once the sockets are open. */
static bool
fall(const struct gh_settings *settings)
{
    const struct rlimit none = {0, 0};
    const struct passwd *user;

    if (geteuid() == 0) {
        if (settings->gateway.user.len == 0) {
            fputs("gatehouse: refuses to run as root\n"
                  "hint: set user in section [gateway], or start it as the "
                  "account it is to run as\n",
                  stderr);
            return false;
        }
        user = find_user(settings);
        if (user == NULL)
            return false;
        if (initgroups(user->pw_name, user->pw_gid) != 0 ||
            setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
            setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
            perror("gatehouse: cannot become the account it is to run as");
            return false;
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0) {
        perror("gatehouse: cannot give up privileges");
        return false;
    }
    return true;
}

/* libfcgi takes and gives back blocks of 8 KiB for every request; with the
 * allocator's fast bins each of them makes it tidy up first. */
static void
tune_allocator(void)
{
    (void)mallopt(M_MXFAST, 0);
}

/* As many descriptors as the system allows: a connection costs up to two. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* True when two entries have the same socket. */
static bool
is_same_entry(const struct gh_settings_entry *a,
              const struct gh_settings_entry *b)
{
    return gh_text_equal(a->socket, b->socket) &&
           gh_text_equal(a->name, b->name) && a->kind == b->kind &&
           a->mode == b->mode && a->gid == b->gid;
}

static bool
is_same_database(const struct gh_settings_database *a,
                 const struct gh_settings_database *b)
{
    return gh_text_equal(a->dsn, b->dsn) &&
           gh_text_equal(a->listen_dsn, b->listen_dsn) &&
           a->listen == b->listen && a->connections == b->connections &&
           a->connect == b->connect && a->query == b->query;
}

/* True when what is opened once, at start, is the same in two configurations:
 * sockets, which need privileges that are gone by now, the database, memory
 * and the threads. */
static bool
has_same_ground(const struct gh_settings *a, const struct gh_settings *b)
{
    if (a->n_entries != b->n_entries ||
        !is_same_database(&a->database, &b->database) ||
        a->gateway.workers != b->gateway.workers ||
        a->session.cache != b->session.cache ||
        a->password.threads != b->password.threads ||
        a->password.queue != b->password.queue)
        return false;
    for (size_t i = 0; i < a->n_entries; i++) {
        if (!is_same_entry(&a->entries[i], &b->entries[i]))
            return false;
    }
    return true;
}

/* SIGHUP: reads the configuration again; the old one stays on any mistake. */
static void
reload(const char *file, struct gh_gateway *gateway, struct gh_workers *workers,
       struct gh_log *log, struct gh_settings **current)
{
    struct gh_settings *settings;

    if (gh_settings_read(file, stderr, &settings) != GH_OK) {
        gh_log_say(log, GH_LOG_ERROR, "config_rejected",
                   "the configuration has mistakes; the old one stays");
        return;
    }
    if (!has_same_ground(*current, settings)) {
        gh_log_say(
            log, GH_LOG_ERROR, "config_rejected",
            "an entry's socket, workers, [database], cache, threads or queue "
            "differ, which needs a restart; the old configuration stays");
        gh_settings_release(settings);
        return;
    }
    atomic_store(&gateway->sink.level, (int)settings->gateway.log_level);
    gh_workers_reload(workers, settings);
    gh_settings_release(*current);
    *current = settings;
    gh_log_say(log, GH_LOG_INFO, "config_reloaded", file);
}

/* Tells systemd, as Type=notify-reload wants it. */
static void
notify_reloading(void)
{
    char message[64];

    snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)gh_clock_us(CLOCK_MONOTONIC));
    gh_notify(message);
}

/* Waits for signals until one says that it is enough; in between, looks
 * whether there are new databases of places. */
static void
wait_for_signals(const char *file, struct gh_gateway *gateway,
                 struct gh_workers *workers, struct gh_log *log,
                 struct gh_settings **current)
{
    const struct timespec while_waiting = {.tv_sec = GH_LOCATE_S};
    const sigset_t set = our_signals();
    int signal = 0;

    while (signal != SIGTERM && signal != SIGINT) {
        signal = sigtimedwait(&set, NULL, &while_waiting);
        if (signal == SIGHUP) {
            notify_reloading();
            reload(file, gateway, workers, log, current);
        }
        if (gh_locate_look(gateway, *current, log))
            gh_workers_relocate(workers, gateway->locate.current);
        (void)gh_log_flush(log);
        if (signal == SIGHUP)
            gh_notify("READY=1");
    }
}

/* Runs until it is told to stop; the exit status. */
static int
serve(const char *file, struct gh_gateway *gateway, struct gh_log *log,
      struct gh_settings **settings, struct gh_sockets *sockets)
{
    struct gh_workers *workers;

    (void)gh_locate_look(gateway, *settings, log);
    if (gh_workers_start(gateway, *settings, sockets, gateway->locate.current,
                         &workers) != GH_OK) {
        gh_locate_done(&gateway->locate);
        fputs("gatehouse: cannot start; the line above says why, or memory, "
              "threads or descriptors are short\n",
              stderr);
        return EXIT_RUNTIME;
    }
    gh_log_say(log, GH_LOG_INFO, "sys_startup", "gatehouse " GH_VERSION);
    (void)gh_log_flush(log);
    gh_notify("READY=1");

    wait_for_signals(file, gateway, workers, log, settings);

    gh_notify("STOPPING=1");
    gh_workers_drain(workers);
    /* At once, so that web servers turn to another gateway meanwhile. */
    gh_sockets_close(sockets, *settings);
    gh_workers_stop(workers);
    gh_locate_done(&gateway->locate);
    gh_log_say(log, GH_LOG_INFO, "sys_shutdown", "ended as asked");
    return EXIT_SUCCESS;
}

/* Opens, falls, serves, closes. */
static int
run(const char *file, struct gh_settings **settings)
{
    struct gh_gateway gateway = {
        .sink = {.fd = STDERR_FILENO, .is_busy = ATOMIC_FLAG_INIT}};
    const sigset_t set = our_signals();
    struct gh_sockets sockets;
    struct gh_log *log = NULL;
    int status = EXIT_PERMISSION;

    atomic_store(&gateway.sink.level, (int)(*settings)->gateway.log_level);
    if (gh_secret_setup() != GH_OK) {
        fputs("gatehouse: the system gives no random bytes\n", stderr);
        return EXIT_RUNTIME;
    }
    if (gethostname(gateway.node, sizeof(gateway.node) - 1) != 0)
        return EXIT_RUNTIME;
    if (gh_fcgi_setup() != GH_OK || gh_log_new(&gateway.sink, &log) != GH_OK)
        return EXIT_RUNTIME;
    /* After FCGX_Init(), which installs a handler of its own for SIGPIPE. */
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise_descriptors();
    tune_allocator();
    if (gh_sockets_open(*settings, &sockets) != GH_OK) {
        gh_log_free(log);
        return EXIT_RUNTIME;
    }
    if (fall(*settings))
        status = serve(file, &gateway, log, settings, &sockets);
    gh_sockets_close(&sockets, *settings);
    gh_log_free(log);
    return status;
}

/* Asks the database; the exit status. */
static int
check_database(const struct gh_settings *settings)
{
    enum gh_status status = gh_check_db(settings);

    if (status == GH_OK || status == GH_NONE)
        return EXIT_SUCCESS;
    return status == GH_FAULT_DB ? EXIT_DATABASE : EXIT_CONFIGURATION;
}

/* Reads the configuration and does what is asked with it. */
static int
with_settings(enum task task, const char *file)
{
    struct gh_settings *settings;
    int status = EXIT_SUCCESS;

    gh_conf_setup();
    if (gh_settings_read(file, stderr, &settings) != GH_OK)
        return EXIT_CONFIGURATION;
    if (task == TASK_RUN)
        status = run(file, &settings);
    if (task == TASK_PRINT)
        gh_settings_print(settings, stdout);
    if (task == TASK_CHECK || task == TASK_CHECK_DB)
        printf("%s: the configuration is in order\n", file);
    if (task == TASK_CHECK_DB)
        status = check_database(settings);
    gh_settings_release(settings);
    return status;
}

int
main(int argc, char **argv)
{
    const char *file = default_file;

    enum task task = read_options(argc, argv, &file);

    switch (task) {
    case TASK_RUN:
    case TASK_CHECK:
    case TASK_CHECK_DB:
    case TASK_PRINT:
        return with_settings(task, file);
    case TASK_SAMPLE:
        gh_settings_print_sample(stdout);
        return EXIT_SUCCESS;
    case TASK_MANUAL:
        gh_settings_print_manual(stdout);
        return EXIT_SUCCESS;
    case TASK_VERSION:
        puts("gatehouse " GH_VERSION);
        return EXIT_SUCCESS;
    case TASK_HELP:
        printf(usage_text, default_file);
        return EXIT_SUCCESS;
    case TASK_USAGE:
        break;
    }
    fprintf(stderr, usage_text, default_file);
    return EXIT_USAGE;
}
