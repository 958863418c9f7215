/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/gateway: exchange ids, and sites that live until their
 * last user lets go.
 */
#include "gateway.h"

#include <string.h>
#include <time.h>

#include "check.h"
#include "desk.h"

#include "base/banned.h"

enum {
    N_IDS = 500, /* several refills of the random bytes */
};

static void
ids_are_16_bytes_in_hex_and_never_the_same(void)
{
    static char ids[N_IDS][33];
    struct gh_worker worker = {0};
    unsigned char bytes[16];
    size_t n_same = 0;

    for (size_t i = 0; i < N_IDS; i++) {
        char hex[32];
        struct gh_buf buf = gh_buf_over(hex, sizeof(hex));

        check_status(GH_OK, gh_worker_id(&worker, bytes, ids[i]));
        gh_buf_hex(&buf, bytes, sizeof(bytes));
        check_text(gh_buf_text(&buf), gh_text_of_z(ids[i]));
        for (size_t k = 0; k < i; k++)
            n_same += memcmp(ids[i], ids[k], 32) == 0 ? 1 : 0;
    }
    check_number(0, n_same);
}

static void
an_id_begins_with_its_time(void)
{
    struct gh_worker worker = {0};
    unsigned char bytes[16];
    char id[33];
    uint64_t ms = 0;
    struct timespec before, after;

    /* Not time(): its clock is some milliseconds behind this one. */
    clock_gettime(CLOCK_REALTIME, &before);
    check_status(GH_OK, gh_worker_id(&worker, bytes, id));
    clock_gettime(CLOCK_REALTIME, &after);
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | bytes[i];
    check((time_t)(ms / 1000) >= before.tv_sec &&
          (time_t)(ms / 1000) <= after.tv_sec);
    check_number(7, bytes[6] >> 4);
    check_number(2, bytes[8] >> 6);
}

static void
site_lives_until_its_last_exchange_is_over(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_site *site = desk->worker.site;
    struct gh_settings *settings = site->settings;

    /* What a reload does: the worker lets go, the exchange still holds. */
    gh_settings_hold(settings);
    check_number(2, site->n_users);
    gh_site_release(site);
    check_number(1, site->n_users);
    check_number(2, atomic_load(&settings->n_refs));
    desk->worker.site = NULL;
    gh_exchange_end(desk->exchange);
    check_number(1, atomic_load(&settings->n_refs));
    gh_settings_release(settings);
    desk_end(desk);
}

const struct check_case gateway_cases[] = {
    CHECK_CASE(ids_are_16_bytes_in_hex_and_never_the_same),
    CHECK_CASE(an_id_begins_with_its_time),
    CHECK_CASE(site_lives_until_its_last_exchange_is_over),
    {0},
};
