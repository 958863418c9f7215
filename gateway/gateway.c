/* SPDX-License-Identifier: Apache-2.0
 *
 * Sites and exchange ids. Owns the sites it makes. Called by the edge, when a
 * request begins and ends, and by the workers at reload.
 */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"

#include "base/banned.h"

enum {
    ID_BYTES = 16, /* of an exchange id */
};

enum gh_status
gh_site_new(struct gh_settings *settings, struct gh_site **out)
{
    struct gh_site *site = calloc(1, sizeof(*site));

    if (site == NULL)
        return GH_FAULT_MEMORY;
    site->settings = settings;
    site->n_users = 1;
    *out = site;
    return GH_OK;
}

void
gh_site_hold(struct gh_site *site)
{
    site->n_users++;
}

void
gh_site_release(struct gh_site *site)
{
    if (site == NULL || --site->n_users > 0)
        return;
    gh_settings_release(site->settings);
    free(site);
}

/* Makes random bytes a UUID of version 7 (RFC 9562): it begins with the
 * milliseconds since 1970, by which its access record is found. */
static void
put_time(unsigned char bytes[16])
{
    uint64_t ms = (uint64_t)gh_clock_us(CLOCK_REALTIME) / 1000;

    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(ms >> (40 - 8 * i) & 0xff);
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f));
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));
}

enum gh_status
gh_worker_id(struct gh_worker *worker, unsigned char bytes[16], char id[33])
{
    struct gh_buf buf = gh_buf_over(id, 32);

    if (worker->n_ids < ID_BYTES) {
        enum gh_status status = gh_random(worker->ids, sizeof(worker->ids));

        if (status != GH_OK)
            return status;
        worker->n_ids = sizeof(worker->ids);
    }
    worker->n_ids -= ID_BYTES;
    memcpy(bytes, worker->ids + worker->n_ids, ID_BYTES);
    put_time(bytes);
    gh_buf_hex(&buf, bytes, ID_BYTES);
    id[32] = '\0';
    return GH_OK;
}
