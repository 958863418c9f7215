/* SPDX-License-Identifier: Apache-2.0
 *
 * Unix sockets to listen on, and sd_notify(3) and sd_listen_fds(3) without
 * libsystemd: two documented, stable protocols of a few lines, against a
 * library that brings five others. Owns the descriptors it opens. Called by
 * main.
 */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    BACKLOG = 4096,      /* callers that may wait; the kernel's own limit
                            (net.core.somaxconn) may be lower */
    FIRST_PASSED_FD = 3, /* where systemd's descriptors begin */
};

/* Fills in the address; the path was checked to fit. */
static struct sockaddr_un
address_of(const struct gh_settings_entry *entry)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    gh_assert(entry->socket.len < sizeof(address.sun_path));
    memcpy(address.sun_path, entry->socket.at, entry->socket.len);
    return address;
}

/* True when somebody answers at the address. */
static bool
is_in_use(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answers = false;

    if (fd < 0)
        return true;
    answers =
        connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
        errno == EAGAIN;
    close(fd);
    return answers;
}

/* Removes what a dead process left behind; false, and errno, when something
 * else or a living one is there, or nobody can tell. */
static bool
clear_path(const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(status.st_mode) || is_in_use(address)) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(address->sun_path) == 0;
}

static enum gh_status
complain(const struct gh_settings_entry *entry, const char *what_z)
{
    bool is_folder = errno == ENOENT || errno == EACCES;

    fprintf(stderr, "gatehouse: [entry %.*s]: %s %.*s: %s\n",
            GH_TEXT_ARG(entry->name), what_z, GH_TEXT_ARG(entry->socket),
            strerror(errno));
    if (is_folder)
        fputs("hint: its folder must be there and be the gateway's: install "
              "-d -o gatehouse -m 0755 /run/gatehouse\n",
              stderr);
    return GH_FAULT_IO;
}

/* Binds and listens; the file gets its mode before anybody can connect. */
static enum gh_status
make_socket(const struct gh_settings_entry *entry, int *out)
{
    struct sockaddr_un address = address_of(entry);
    int fd;

    if (!clear_path(&address))
        return complain(entry, "cannot listen at");
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return complain(entry, "cannot make a socket for");
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        (entry->gid != (gid_t)-1 &&
         chown(address.sun_path, (uid_t)-1, entry->gid) != 0) ||
        chmod(address.sun_path, (mode_t)entry->mode) != 0 ||
        listen(fd, BACKLOG) != 0) {
        close(fd);
        return complain(entry, "cannot listen at");
    }
    *out = fd;
    return GH_OK;
}

/* A decimal number in an environment variable, or 0. */
static uint64_t
number_in(const char *name_z)
{
    uint64_t number = 0;

    if (gh_text_number(gh_text_of_z(getenv(name_z)), INT32_MAX, &number) !=
        GH_OK)
        return 0;
    return number;
}

/* The descriptor that systemd passes for the entry, or -1. */
static int
passed_socket(const struct gh_settings_entry *entry)
{
    struct gh_text names = gh_text_of_z(getenv("LISTEN_FDNAMES"));
    uint64_t n = number_in("LISTEN_FDS");
    struct gh_text name;

    if (number_in("LISTEN_PID") != (uint64_t)getpid())
        return -1;
    for (uint64_t i = 0; i < n && gh_text_cut(&names, ':', &name); i++) {
        int fd = FIRST_PASSED_FD + (int)i;

        if (gh_text_equal(name, entry->name) &&
            fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
            fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
            return fd;
    }
    return -1;
}

enum gh_status
gh_sockets_open(const struct gh_settings *settings, struct gh_sockets *out)
{
    *out = (struct gh_sockets){.n = settings->n_entries};
    for (size_t i = 0; i < out->n; i++)
        out->fds[i] = -1;
    for (size_t i = 0; i < out->n; i++) {
        const struct gh_settings_entry *entry = &settings->entries[i];
        enum gh_status status;

        out->fds[i] = passed_socket(entry);
        if (out->fds[i] >= 0)
            continue;
        status = make_socket(entry, &out->fds[i]);
        if (status != GH_OK) {
            gh_sockets_close(out, settings);
            return status;
        }
        out->is_made[i] = true;
    }
    return GH_OK;
}

void
gh_sockets_close(struct gh_sockets *sockets, const struct gh_settings *settings)
{
    for (size_t i = 0; i < sockets->n; i++) {
        struct sockaddr_un address = address_of(&settings->entries[i]);

        if (sockets->fds[i] < 0)
            continue;
        close(sockets->fds[i]);
        sockets->fds[i] = -1;
        if (sockets->is_made[i])
            (void)unlink(address.sun_path);
    }
}

void
gh_notify(const char *message_z)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct gh_text path = gh_text_of_z(getenv("NOTIFY_SOCKET"));
    int fd;

    if (path.len < 2 || path.len >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path.at, path.len);
    /* "@name" is an abstract address: the first byte is a NUL. */
    if (path.at[0] == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)sendto(
        fd, message_z, strlen(message_z), MSG_NOSIGNAL,
        (const struct sockaddr *)&address,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len));
    close(fd);
}
