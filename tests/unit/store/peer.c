/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted server. Owns its sockets and its folder. Limits one exchange
 * of messages to 64 KiB. Called by the tests of lib/store.
 */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

enum {
    PATIENCE_MS = 5000,
};

static int64_t
clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
socket_path(const struct peer *peer, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(out->sun_path, sizeof(out->sun_path), "%s/.s.PGSQL.5432",
             peer->folder_z);
}

void
peer_listen(struct peer *peer)
{
    struct sockaddr_un address;

    socket_path(peer, &address);
    unlink(address.sun_path);
    peer->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(peer->listen_fd, (struct sockaddr *)&address, sizeof(address)) ==
              0 &&
          listen(peer->listen_fd, 8) == 0);
}

void
peer_deafen(struct peer *peer)
{
    struct sockaddr_un address;

    socket_path(peer, &address);
    unlink(address.sun_path);
    if (peer->listen_fd >= 0)
        close(peer->listen_fd);
    peer->listen_fd = -1;
}

void
peer_open(struct peer *peer)
{
    memset(peer, 0, sizeof(*peer));
    peer->fd = -1;
    peer->listen_fd = -1;
    snprintf(peer->folder_z, sizeof(peer->folder_z),
             "/tmp/gatehouse-peer.XXXXXX");
    check(mkdtemp(peer->folder_z) != NULL);
    snprintf(peer->dsn_z, sizeof(peer->dsn_z),
             "host=%s port=5432 dbname=d user=u", peer->folder_z);
    peer_listen(peer);
}

void
peer_drop(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    peer->is_started = false;
    peer->n_in = 0;
    peer->n_out = 0;
}

void
peer_close(struct peer *peer)
{
    peer_drop(peer);
    peer_deafen(peer);
    rmdir(peer->folder_z);
}

struct gh_db *
peer_db(const struct peer *peer, void (*more)(struct gh_db_settings *))
{
    struct gh_db_settings settings = {.dsn = gh_text_of_z(peer->dsn_z),
                                      .application_name = GH_TEXT("test"),
                                      .connect_ms = 2000,
                                      .query_ms = 2000,
                                      .max_queries = 4};
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    struct gh_db *db = NULL;

    if (more != NULL)
        more(&settings);
    check_status(GH_OK, gh_db_new(&settings, &why, &db));
    return db;
}

/* One turn: what is due, then what is ready within ms. */
static void
turn(struct gh_db *db, int ms)
{
    struct gh_db_wants wants;
    struct pollfd poller = {0};

    gh_db_on_time(db, clock_ms());
    wants = gh_db_wants(db);
    poller.fd = wants.fd;
    poller.events = (short)((wants.events & GH_DB_READ ? POLLIN : 0) |
                            (wants.events & GH_DB_WRITE ? POLLOUT : 0));
    if (poll(&poller, 1, ms) > 0)
        gh_db_on_ready(db, wants.events);
}

void
peer_drive(struct gh_db *db, int ms)
{
    int64_t until = clock_ms() + ms;

    do
        turn(db, 1);
    while (clock_ms() < until);
}

static bool
is_readable(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};

    return poll(&poller, 1, 0) > 0;
}

bool
peer_accept(struct peer *peer, struct gh_db *db)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    peer_drop(peer);
    while (!is_readable(peer->listen_fd)) {
        if (!check(clock_ms() < until))
            return false;
        turn(db, 1);
    }
    peer->fd = accept(peer->listen_fd, NULL, NULL);
    return check(peer->fd >= 0);
}

/* Waits until n bytes have come; false after a failed check. */
static bool
need(struct peer *peer, struct gh_db *db, size_t n)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    while (peer->n_in < n) {
        ssize_t got;

        if (!check(clock_ms() < until))
            return false;
        turn(db, 1);
        got = recv(peer->fd, peer->in + peer->n_in,
                   sizeof(peer->in) - peer->n_in, MSG_DONTWAIT);
        if (got == 0)
            return check(got > 0);
        if (got > 0)
            peer->n_in += (size_t)got;
    }
    return true;
}

static size_t
int4_at(const unsigned char *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 |
           at[3];
}

static void
take_off(struct peer *peer, size_t n)
{
    if (n <= sizeof(peer->taken) - peer->n_taken) {
        memcpy(peer->taken + peer->n_taken, peer->in, n);
        peer->n_taken += n;
    }
    memmove(peer->in, peer->in + n, peer->n_in - n);
    peer->n_in -= n;
}

struct gh_text
peer_take(struct peer *peer, struct gh_db *db, char *at, size_t cap)
{
    size_t n = 0;

    peer->n_taken = 0;
    while (n < cap && need(peer, db, 5) &&
           need(peer, db, 1 + int4_at(peer->in + 1))) {
        at[n++] = (char)peer->in[0];
        take_off(peer, 1 + int4_at(peer->in + 1));
        if (at[n - 1] == 'S' || at[n - 1] == 'Q' || at[n - 1] == 'X')
            break;
    }
    return (struct gh_text){.at = at, .len = n};
}

bool
peer_took(const struct peer *peer, struct gh_text bytes)
{
    return memmem(peer->taken, peer->n_taken, bytes.at, bytes.len) != NULL;
}

void
peer_put(struct peer *peer, char type, const void *body, size_t n)
{
    unsigned char *at = peer->out + peer->n_out;
    size_t len = n + 4;

    gh_assert(peer->n_out + len + 1 <= sizeof(peer->out));
    at[0] = (unsigned char)type;
    for (size_t i = 0; i < 4; i++)
        at[1 + i] = (unsigned char)(len >> (24 - 8 * i));
    if (n > 0)
        memcpy(at + 5, body, n);
    peer->n_out += len + 1;
}

/* Appends a number of n bytes to a body. */
static size_t
number(unsigned char *at, size_t len, uint64_t value, size_t n)
{
    for (size_t i = n; i > 0; i--)
        at[len++] = (unsigned char)(value >> (8 * (i - 1)));
    return len;
}

void
peer_put_columns(struct peer *peer, const unsigned *oids, size_t n,
                 bool is_binary)
{
    unsigned char body[2048];
    size_t len = number(body, 0, n, 2);

    for (size_t i = 0; i < n; i++) {
        body[len++] = 'c';
        body[len++] = (unsigned char)('0' + i % 10);
        body[len++] = '\0';
        len = number(body, len, 0, 6); /* no table */
        len = number(body, len, oids[i], 4);
        len = number(body, len, 0xffff, 2);     /* length varies */
        len = number(body, len, 0xffffffff, 4); /* no modifier */
        len = number(body, len, is_binary, 2);
    }
    peer_put(peer, 'T', body, len);
}

void
peer_put_row(struct peer *peer, const struct gh_text *values, size_t n)
{
    unsigned char body[8192];
    size_t len = number(body, 0, n, 2);

    for (size_t i = 0; i < n; i++) {
        if (values[i].at == NULL) {
            len = number(body, len, 0xffffffff, 4);
            continue;
        }
        len = number(body, len, values[i].len, 4);
        memcpy(body + len, values[i].at, values[i].len);
        len += values[i].len;
    }
    peer_put(peer, 'D', body, len);
}

void
peer_put_error(struct peer *peer, const char *sqlstate_z, const char *words_z)
{
    char body[256];
    int len =
        snprintf(body, sizeof(body), "SERROR%cVERROR%cC%s%cM%s%cHtry%cP7%c%c",
                 0, 0, sqlstate_z, 0, words_z, 0, 0, 0, 0);

    peer_put(peer, 'E', body, (size_t)len);
}

void
peer_send(struct peer *peer)
{
    check_number((long long)peer->n_out,
                 send(peer->fd, peer->out, peer->n_out, MSG_NOSIGNAL));
    peer->n_out = 0;
}

static void
put_status(struct peer *peer, const char *name_z, const char *value_z)
{
    char body[128];
    int len = snprintf(body, sizeof(body), "%s%c%s%c", name_z, 0, value_z, 0);

    peer_put(peer, 'S', body, (size_t)len);
}

void
peer_let_in(struct peer *peer, struct gh_db *db, const char *version_z,
            bool is_standby)
{
    static const unsigned char key[8] = {0, 0, 0, 1, 0, 0, 0, 2};

    if (!need(peer, db, 8) || !need(peer, db, int4_at(peer->in)))
        return;
    check_number(196608, (long long)int4_at(peer->in + 4));
    take_off(peer, int4_at(peer->in));
    peer_put(peer, 'R', "\0\0\0", 4);
    put_status(peer, "server_version", version_z);
    put_status(peer, "client_encoding", "UTF8");
    put_status(peer, "standard_conforming_strings", "on");
    put_status(peer, "in_hot_standby", is_standby ? "on" : "off");
    put_status(peer, "default_transaction_read_only", "off");
    peer_put(peer, 'K', key, sizeof(key));
    peer_put(peer, 'Z', "I", 1);
    peer_send(peer);
}

void
peer_welcome(struct peer *peer, struct gh_db *db)
{
    if (!peer_accept(peer, db))
        return;
    peer_let_in(peer, db, "15.20", false);
    peer_await(db, GH_DB_UP);
}

void
peer_answer(struct peer *peer, bool was_prepared, unsigned oid,
            struct gh_text value)
{
    if (was_prepared)
        peer_put(peer, '1', NULL, 0);
    peer_put(peer, '2', NULL, 0);
    peer_put_columns(peer, &oid, 1, true);
    peer_put_row(peer, &value, 1);
    peer_put(peer, 'C', "SELECT 1", 9);
    peer_put(peer, 'Z', "I", 1);
}

enum gh_status
peer_wait(struct gh_db *db, const struct gh_query *query,
          const struct gh_rows **rows)
{
    int64_t until = clock_ms() + PATIENCE_MS;
    enum gh_status status;

    while ((status = gh_db_result(query, rows)) == GH_WAIT &&
           check(clock_ms() < until))
        turn(db, 1);
    return status;
}

bool
peer_await(struct gh_db *db, enum gh_db_state state)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    while (gh_db_state(db) != state) {
        if (!check(clock_ms() < until))
            return false;
        turn(db, 1);
    }
    return true;
}
