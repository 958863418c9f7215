/* SPDX-License-Identifier: Apache-2.0
 *
 * Children of a test program. Owns nothing between calls but the child
 * itself, which process_kill() ends. Every wait is bounded.
 */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

long long
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
wait_until(bool (*holds)(void *what), void *what, int ms)
{
    long long until = now_ms() + ms;

    while (!holds(what)) {
        if (now_ms() >= until)
            return false;
        poll(NULL, 0, 2);
    }
    return true;
}

bool
process_start(struct process *process, char *const argv[], const char *log_z,
              int pass_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int failed;

    *process = (struct process){.pid = 0};
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_z,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (pass_fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, pass_fd, 3);
    failed = posix_spawn(&process->pid, argv[0], &actions, &attributes, argv,
                         environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0)
        process->pid = 0;
    return failed == 0;
}

bool
process_is_alive(struct process *process)
{
    if (process->pid == 0 || process->is_over)
        return false;
    if (waitpid(process->pid, &process->status, WNOHANG) == process->pid)
        process->is_over = true;
    return !process->is_over;
}

static bool
is_over(void *process)
{
    return !process_is_alive(process);
}

bool
process_ends(struct process *process, int ms)
{
    return wait_until(is_over, process, ms);
}

void
process_kill(struct process *process)
{
    if (!process_is_alive(process))
        return;
    kill(process->pid, SIGKILL);
    waitpid(process->pid, &process->status, 0);
    process->is_over = true;
}

long
process_kib(const struct process *process, const char *name_z)
{
    char path[64];
    char line[256];
    size_t len = strlen(name_z);
    long kib = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
    file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (kib < 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name_z, len) == 0 && line[len] == ':')
            kib = strtol(line + len + 1, NULL, 10);
    }
    fclose(file);
    return kib;
}

int
process_descriptors(const struct process *process)
{
    char path[64];
    int n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)process->pid);
    dir = opendir(path);
    if (dir == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}
