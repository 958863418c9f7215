/* SPDX-License-Identifier: Apache-2.0
 *
 * The raw FastCGI client: connections and answers. The records are written in
 * client_write.c. Owns one descriptor and one buffer a peer. Every wait has a
 * deadline; SIGPIPE is never raised.
 */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process.h"

#include "base/banned.h"

/* How long a sender waits for room. */
enum {
    SEND_MS = 5000
};

struct peer
peer_open(const char *path_z)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct peer peer = {.fd = -1};

    gh_assert(strlen(path_z) < sizeof(address.sun_path));
    memcpy(address.sun_path, path_z, strlen(path_z));
    peer.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gh_assert(peer.fd >= 0);
    if (connect(peer.fd, (const void *)&address, sizeof(address)) != 0) {
        int why = errno;

        peer_close(&peer);
        peer.is_closed = true;
        errno = why;
        return peer;
    }
    fcntl(peer.fd, F_SETFL, O_NONBLOCK);
    return peer;
}

void
peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    bytes_done(&peer->in);
}

void
peer_half_close(struct peer *peer)
{
    shutdown(peer->fd, SHUT_WR);
}

/* Waits for events on the connection; false when ms are over. */
static bool
ready(const struct peer *peer, short events, long long until)
{
    struct pollfd poll_fd = {.fd = peer->fd, .events = events};
    long long left = until - now_ms();

    return poll(&poll_fd, 1, left > 0 ? (int)left : 0) > 0;
}

bool
peer_send(struct peer *peer, struct gh_text text)
{
    long long until = now_ms() + SEND_MS;

    while (text.len > 0) {
        ssize_t n = send(peer->fd, text.at, text.len, MSG_NOSIGNAL);

        if (n > 0) {
            text = gh_text_from(text, (size_t)n);
            until = now_ms() + SEND_MS;
            continue;
        }
        if (errno != EAGAIN || !ready(peer, POLLOUT, until))
            return false;
    }
    return true;
}

bool
peer_send_slowly(struct peer *peer, struct gh_text text, size_t step,
                 int pace_ms)
{
    while (text.len > 0) {
        if (!peer_send(peer, gh_text_first(text, step)))
            return false;
        text = gh_text_from(text, step);
        if (pace_ms > 0)
            poll(NULL, 0, pace_ms);
    }
    return true;
}

size_t
peer_send_some(struct peer *peer, struct gh_text text, int ms)
{
    size_t sent = 0;

    while (sent < text.len) {
        ssize_t n =
            send(peer->fd, text.at + sent, text.len - sent, MSG_NOSIGNAL);

        if (n > 0)
            sent += (size_t)n;
        else if (errno != EAGAIN || !ready(peer, POLLOUT, now_ms() + ms))
            break;
    }
    return sent;
}

bool
peer_sip(struct peer *peer, size_t n, size_t step)
{
    char chunk[4096];
    size_t want = peer->in.len + n;

    gh_assert(step <= sizeof(chunk));
    for (size_t i = 1; peer->in.len < want; i++) {
        ssize_t got = recv(peer->fd, chunk, step, 0);

        if (got > 0)
            bytes_add(&peer->in, chunk, (size_t)got);
        else if (got == 0 || !ready(peer, POLLIN, now_ms() + SEND_MS))
            return false;
        if (i % 100 == 0)
            poll(NULL, 0, 1);
    }
    return true;
}

/* Reads what there is. False on a close or a reset. */
static bool
fill(struct peer *peer)
{
    char chunk[65536];
    ssize_t n = recv(peer->fd, chunk, sizeof(chunk), 0);

    if (n > 0)
        bytes_add(&peer->in, chunk, (size_t)n);
    else if (n == 0 || errno != EAGAIN)
        peer->is_closed = true;
    return !peer->is_closed;
}

static unsigned
byte_at(const struct peer *peer, size_t i)
{
    return (unsigned char)peer->in.at[i];
}

/* Length of the record that the buffer begins with; 0 when it is cut off. */
static size_t
whole_record(const struct peer *peer)
{
    size_t len;

    if (peer->in.len < 8)
        return 0;
    len = 8 + (size_t)(byte_at(peer, 4) << 8 | byte_at(peer, 5)) +
          byte_at(peer, 6);
    return peer->in.len >= len ? len : 0;
}

/* Takes the record of the last read out of the buffer only now, so that its
 * content stayed valid until here. */
static void
forget(struct peer *peer, size_t *taken)
{
    bytes_drop(&peer->in, *taken);
    *taken = 0;
}

/* Puts the first record of the buffer into *out. */
static void
parse_record(const struct peer *peer, struct record *out)
{
    size_t len = byte_at(peer, 4) << 8 | byte_at(peer, 5);

    *out = (struct record){
        .version = byte_at(peer, 0),
        .type = byte_at(peer, 1),
        .id = byte_at(peer, 2) << 8 | byte_at(peer, 3),
        .reserved = byte_at(peer, 7),
        .content = {.at = peer->in.at + 8, .len = len},
        .padding = {.at = peer->in.at + 8 + len, .len = byte_at(peer, 6)},
    };
}

enum got
peer_read(struct peer *peer, struct record *out, int ms)
{
    long long until = now_ms() + ms;

    forget(peer, &peer->taken);
    while ((peer->taken = whole_record(peer)) == 0) {
        if (peer->is_closed)
            return peer->in.len == 0 ? GOT_CLOSE : GOT_GARBAGE;
        if (!ready(peer, POLLIN, until))
            return GOT_NOTHING;
        fill(peer);
    }
    parse_record(peer, out);
    return out->version == 1 ? GOT_RECORD : GOT_GARBAGE;
}

/* Keeps the statuses of an END_REQUEST record. */
static void
take_end(struct answer *out, struct gh_text content)
{
    const unsigned char *body = (const void *)content.at;

    out->n_ends++;
    if (content.len != 8) {
        out->n_strange++;
        return;
    }
    out->app_status = (unsigned)body[0] << 24 | (unsigned)body[1] << 16 |
                      (unsigned)body[2] << 8 | body[3];
    out->protocol_status = body[4];
}

/* Adds one record to the answer of request id. */
static void
take(struct answer *out, unsigned id, const struct record *record)
{
    if (record->id != id)
        out->n_strange++;
    else if (record->type == REC_STDOUT)
        bytes_text_add(&out->out, record->content);
    else if (record->type == REC_STDERR)
        bytes_text_add(&out->err, record->content);
    else if (record->type == REC_END)
        take_end(out, record->content);
    else
        out->n_strange++;
}

bool
peer_answer(struct peer *peer, unsigned id, struct answer *out, int ms)
{
    long long until = now_ms() + ms;
    unsigned before = out->n_ends;
    struct record record;

    while (out->n_ends == before) {
        long long left = until - now_ms();
        enum got got = peer_read(peer, &record, left > 0 ? (int)left : 0);

        if (got == GOT_GARBAGE)
            out->n_strange++;
        out->is_closed = peer->is_closed && got != GOT_RECORD;
        if (got != GOT_RECORD)
            return false;
        take(out, id, &record);
    }
    return true;
}

bool
peer_sees_close(struct peer *peer, int ms)
{
    struct record record;

    return peer_read(peer, &record, ms) == GOT_CLOSE;
}

bool
peer_drains(struct peer *peer, unsigned *n_ends, int ms)
{
    long long until = now_ms() + ms;
    struct record record;
    enum got got;

    do {
        long long left = until - now_ms();

        got = peer_read(peer, &record, left > 0 ? (int)left : 0);
        if (got == GOT_RECORD && record.type == REC_END && n_ends != NULL)
            (*n_ends)++;
    } while (got == GOT_RECORD);
    return got == GOT_CLOSE || (got == GOT_GARBAGE && peer->is_closed);
}

/* Where the body begins, or 0. */
static size_t
head_len(const struct answer *answer)
{
    struct gh_text text = bytes_text(&answer->out);
    const char *end;

    if (text.len == 0)
        return 0;
    end = memmem(text.at, text.len, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - text.at) + 4 : 0;
}

int
answer_status(const struct answer *answer)
{
    struct gh_text rest = {.at = answer->out.at, .len = head_len(answer)};
    struct gh_text line;

    if (rest.len == 0)
        return 0;
    while (gh_text_cut(&rest, '\n', &line)) {
        if (gh_text_starts_nocase(line, GH_TEXT("status:")))
            return (int)strtol(line.at + 7, NULL, 10);
    }
    return 200;
}

struct gh_text
answer_body(const struct answer *answer)
{
    size_t len = head_len(answer);

    if (len == 0)
        return GH_TEXT("");
    return gh_text_from(bytes_text(&answer->out), len);
}

void
answer_done(struct answer *answer)
{
    bytes_done(&answer->out);
    bytes_done(&answer->err);
    *answer = (struct answer){.n_ends = 0};
}
