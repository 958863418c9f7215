/* SPDX-License-Identifier: Apache-2.0
 *
 * The binding to libfcgi. Owns one pipe a loop. Limits a request to what the
 * pipe holds. Called by the edge.
 *
 * libfcgi blocks, has no limits, and can be crashed or fooled by a peer, so
 * it never reads from one: FCGX_Accept_r reads a request that we encoded
 * ourselves (ipcFd is the pipe), and only then ipcFd becomes the connection,
 * for writing. It touches fields that fcgiapp.h asks to leave alone; their
 * meaning is the same from 2.4.0 to 2.4.7, and the wire tests would notice.
 * See decisions/0002.
 */
#include "fcgi.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/banned.h"

struct gh_fcgi {
    int in;  /* written by us */
    int out; /* read by libfcgi */
};

struct gh_fcgi_request {
    FCGX_Request fcgx;
};

enum gh_status
gh_fcgi_setup(void)
{
    return FCGX_Init() == 0 ? GH_OK : GH_FAULT_IO;
}

void
gh_fcgi_free(struct gh_fcgi *fcgi)
{
    if (fcgi == NULL)
        return;
    if (fcgi->in >= 0)
        close(fcgi->in);
    if (fcgi->out >= 0)
        close(fcgi->out);
    free(fcgi);
}

enum gh_status
gh_fcgi_new(size_t max_bytes, struct gh_fcgi **out)
{
    struct gh_fcgi *fcgi = malloc(sizeof(*fcgi));
    int ends[2];

    if (fcgi == NULL)
        return GH_FAULT_MEMORY;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(fcgi);
        return GH_FAULT_IO;
    }
    fcgi->out = ends[0];
    fcgi->in = ends[1];
    /* The pipe holds whole pages of what is written; one page of slack. */
    if (max_bytes > INT_MAX / 2 ||
        fcntl(fcgi->in, F_SETPIPE_SZ, (int)max_bytes + 4096) < 0) {
        gh_fcgi_free(fcgi);
        return GH_FAULT_IO;
    }
    *out = fcgi;
    return GH_OK;
}

struct gh_fcgi_request *
gh_fcgi_request_new(void)
{
    struct gh_fcgi_request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    if (FCGX_InitRequest(&request->fcgx, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        free(request);
        return NULL;
    }
    request->fcgx.ipcFd = -1;
    return request;
}

void
gh_fcgi_request_free(struct gh_fcgi_request *request)
{
    if (request == NULL)
        return;
    gh_fcgi_drop(request);
    free(request);
}

/* Copies libfcgi's "NAME=value" strings, the role that it adds first left
 * out. Names hold no "=": the decoder saw to that. */
static enum gh_status
copy_params(const FCGX_Request *fcgx, struct gh_arena *arena,
            struct gh_fields *out)
{
    for (char **at = fcgx->envp + 1; *at != NULL; at++) {
        struct gh_text pair;
        enum gh_status status = gh_arena_copy(arena, gh_text_of_z(*at), &pair);
        size_t equals;

        if (status != GH_OK)
            return status;
        equals = gh_text_find(pair, '=');
        if (gh_fields_add(out, gh_text_first(pair, equals),
                          (struct gh_text){.at = pair.at + equals + 1,
                                           .len = pair.len - equals - 1}) !=
            GH_OK)
            return GH_FAULT_BUG;
    }
    return GH_OK;
}

enum gh_status
gh_fcgi_accept(struct gh_fcgi *fcgi, struct gh_fcgi_request *request,
               struct gh_text clean, int fd, struct gh_arena *arena,
               struct gh_fields *out)
{
    FCGX_Request *fcgx = &request->fcgx;
    enum gh_status status;

    if (write(fcgi->in, clean.at, clean.len) != (ssize_t)clean.len)
        return GH_FAULT_IO;
    fcgx->ipcFd = fcgi->out;
    fcgx->listen_sock = -1;
    /* Kept, so that libfcgi closes neither the pipe nor the connection. */
    fcgx->keepConnection = 1;
    fcgx->appStatus = 0;
    /* An error here means that the encoder and libfcgi disagree; it has then
     * closed the pipe, and nothing on this loop could be trusted any more. */
    gh_assert(FCGX_Accept_r(fcgx) == 0 && FCGX_GetError(fcgx->in) == 0);
    fcgx->ipcFd = fd;
    status = copy_params(fcgx, arena, out);
    if (status != GH_OK)
        gh_fcgi_drop(request);
    return status;
}

enum gh_status
gh_fcgi_write(struct gh_fcgi_request *request, struct gh_text bytes)
{
    while (bytes.len > 0) {
        struct gh_text now = gh_text_first(bytes, INT_MAX);

        if (FCGX_PutStr(now.at, (int)now.len, request->fcgx.out) !=
            (int)now.len)
            return GH_CLOSED;
        bytes = gh_text_from(bytes, now.len);
    }
    return GH_OK;
}

enum gh_status
gh_fcgi_flush(struct gh_fcgi_request *request)
{
    return FCGX_FFlush(request->fcgx.out) == 0 ? GH_OK : GH_CLOSED;
}

enum gh_status
gh_fcgi_finish(struct gh_fcgi_request *request)
{
    FCGX_Request *fcgx = &request->fcgx;
    int failed;

    /* err before out, or libfcgi writes twice. */
    failed = FCGX_FClose(fcgx->err);
    failed |= FCGX_FClose(fcgx->out);
    gh_fcgi_drop(request);
    return failed == 0 ? GH_OK : GH_CLOSED;
}

void
gh_fcgi_drop(struct gh_fcgi_request *request)
{
    FCGX_Free(&request->fcgx, 0);
    request->fcgx.ipcFd = -1;
}
