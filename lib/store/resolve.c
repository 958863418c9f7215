/* SPDX-License-Identifier: Apache-2.0
 *
 * Lookups by getaddrinfo_a(). Owns what the C library returns until it is
 * copied. Limits a name to its first 4 addresses. Called by store/db.
 *
 * Why not at the time of configuration: a managed database moves by changing
 * its name's address, and a gateway that had to be reloaded for it would stay
 * away after every failover.
 */
#include "store/resolve.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/banned.h"

enum gh_status
gh_resolve_begin(struct gh_resolve *resolve, const char *host_z)
{
    struct gaicb *list[] = {&resolve->request};
    int result;

    if (resolve->is_running)
        return GH_OK;
    memset(resolve, 0, sizeof(*resolve));
    resolve->hints.ai_socktype = SOCK_STREAM;
    resolve->request.ar_name = host_z;
    resolve->request.ar_request = &resolve->hints;
    result = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (result != 0)
        return result == EAI_MEMORY ? GH_FAULT_MEMORY : GH_FAULT_IO;
    resolve->is_running = true;
    return GH_OK;
}

/* Copies the addresses out as numbers. */
static void
copy_found(const struct addrinfo *found, struct gh_resolved *out)
{
    out->n = 0;
    for (; found != NULL && out->n < GH_RESOLVE_MAX; found = found->ai_next) {
        if (getnameinfo(found->ai_addr, found->ai_addrlen, out->at_z[out->n],
                        GH_RESOLVE_TEXT, NULL, 0, NI_NUMERICHOST) == 0)
            out->n++;
    }
}

enum gh_status
gh_resolve_poll(struct gh_resolve *resolve, struct gh_resolved *out)
{
    int result;

    gh_assert(resolve->is_running);
    result = gai_error(&resolve->request);
    if (result == EAI_INPROGRESS)
        return GH_WAIT;
    resolve->is_running = false;
    if (result != 0)
        return GH_NONE;
    copy_found(resolve->request.ar_result, out);
    freeaddrinfo(resolve->request.ar_result);
    return out->n > 0 ? GH_OK : GH_NONE;
}

void
gh_resolve_done(struct gh_resolve *resolve)
{
    const struct gaicb *list[] = {&resolve->request};
    struct gh_resolved ignored;
    enum gh_status status = GH_WAIT;

    if (!resolve->is_running)
        return;
    if (gai_cancel(&resolve->request) == EAI_CANCELED) {
        resolve->is_running = false;
        return;
    }
    while (status == GH_WAIT) {
        (void)gai_suspend(list, 1, NULL);
        status = gh_resolve_poll(resolve, &ignored);
    }
}
