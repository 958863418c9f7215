/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting, asking and ending a plain libfcgi responder. Owns its folder and
 * process.
 */
#include "specimen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

/* True when /proc says that somebody listens on the path: the file alone is
 * there before listen(). */
static bool
is_listening(void *socket_z)
{
    FILE *file = fopen("/proc/net/unix", "r");
    char line[512];
    bool is_found = false;

    if (file == NULL)
        return false;
    while (!is_found && fgets(line, sizeof(line), file) != NULL)
        is_found = strstr(line, socket_z) != NULL &&
                   strstr(line, " 00010000 ") != NULL;
    fclose(file);
    return is_found;
}

struct specimen
specimen_start(void)
{
    const char *named_z = getenv("WIRE_PLAIN");
    char *program_z = strdup(named_z != NULL ? named_z : WIRE_PLAIN_PROGRAM);
    struct specimen s = {.dir = "/tmp/ghp.XXXXXX"};
    char *argv[] = {program_z, s.socket, NULL};

    gh_assert(mkdtemp(s.dir) != NULL);
    snprintf(s.socket, sizeof(s.socket), "%s/s", s.dir);
    snprintf(s.log, sizeof(s.log), "%s/log", s.dir);
    check(process_start(&s.process, argv, s.log, -1));
    check(wait_until(is_listening, s.socket, ANSWER_MS));
    free(program_z);
    return s;
}

void
specimen_end(struct specimen *s)
{
    process_kill(&s->process);
    unlink(s->socket);
    unlink(s->log);
    rmdir(s->dir);
}

bool
specimen_has_aborted(struct specimen *s)
{
    return process_ends(&s->process, ANSWER_MS) &&
           WIFSIGNALED(s->process.status) &&
           WTERMSIG(s->process.status) == SIGABRT;
}

bool
specimen_answers(const struct specimen *s, const struct bytes *request,
                 struct answer *out)
{
    struct peer peer = peer_open(s->socket);
    bool has_ended;

    *out = (struct answer){.n_ends = 0};
    has_ended = peer.fd >= 0 && peer_send(&peer, bytes_text(request)) &&
                peer_answer(&peer, 1, out, ANSWER_MS);
    peer_close(&peer);
    return has_ended;
}

bool
specimen_is_stalled(const struct specimen *s, struct peer *peer)
{
    struct bytes request = {.len = 0};
    struct answer answer = {.n_ends = 0};
    bool is_answered;

    ask_get(&request, 1, false, "/");
    *peer = peer_open(s->socket);
    is_answered = peer_send(peer, bytes_text(&request)) &&
                  peer_answer(peer, 1, &answer, STALL_MS);
    bytes_done(&request);
    answer_done(&answer);
    return !is_answered;
}
