/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges travel between two sign-ins. Owns nothing. A country is all that is
 * known of a place, so distance is not: what is told is that the country is
 * another one. Nobody is refused by it; grants that hold in some countries
 * only do that. Called by the act of signing in.
 */
#include "travel.h"

#include <string.h>

#include "base/clock.h"
#include "event.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    DETAIL_MAX = 128, /* bytes of what the event tells */
    US_PER_MS = 1000,
};

/* Where the sign-in before came from. GH_NONE: there was none, or that is not
 * known. */
static enum gh_status
read_before(struct gh_context *context, const struct gh_rows *rows,
            struct gh_location *from, int64_t *at_us)
{
    struct gh_address address;
    struct gh_text client;
    enum gh_status status =
        gh_row_time(rows, 0, GH_SUCCEED_LAST_SIGN_IN_AT, at_us);

    if (status == GH_OK)
        status = gh_row_inet(context->arena, rows, 0,
                             GH_SUCCEED_LAST_SIGN_IN_CLIENT, &client);
    if (status != GH_OK)
        return status;
    if (gh_address_parse(client, &address) != GH_OK)
        return GH_FAULT_BUG;
    *from = gh_places_find(context->worker->places, &address);
    return GH_OK;
}

static bool
is_known(const struct gh_location *location)
{
    return gh_location_country(location).len > 0;
}

enum gh_status
gh_travel_find(struct gh_context *context, const struct gh_request *request,
               const struct gh_rows *rows, struct gh_travel *out)
{
    const struct gh_address whence = gh_request_whence(request);
    int64_t limit_us = (int64_t)context->settings->place.travel * US_PER_MS;
    int64_t before_us;
    int64_t now_us;
    enum gh_status status;

    if (limit_us == 0 || context->worker->places == NULL)
        return GH_NONE;
    status = read_before(context, rows, &out->from, &before_us);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_SUCCEED_BEGAN_AT, &now_us);
    if (status != GH_OK)
        return status;
    out->to = gh_places_find(context->worker->places, &whence);
    out->us = now_us - before_us;
    if (out->us >= limit_us || !is_known(&out->from) || !is_known(&out->to) ||
        memcmp(out->from.country, out->to.country, GH_COUNTRY_LEN) == 0)
        return GH_NONE;
    return GH_OK;
}

enum gh_status
gh_travel_ask(struct gh_context *context, const struct gh_request *request,
              const struct gh_principal *principal,
              const struct gh_travel *travel)
{
    struct gh_audit_event event = {.event_z = "authn_impossible_travel",
                                   .principal = principal,
                                   .is_success = true};
    struct gh_buf detail;
    enum gh_status status = gh_buf_in(context->arena, DETAIL_MAX, &detail);

    if (status != GH_OK)
        return status;
    gh_buf_lit(&detail, "{\"from\":\"");
    gh_buf_json(&detail, gh_location_country(&travel->from));
    gh_buf_lit(&detail, "\",\"to\":\"");
    gh_buf_json(&detail, gh_location_country(&travel->to));
    gh_buf_lit(&detail, "\",\"seconds\":");
    gh_buf_number(&detail,
                  travel->us < 0 ? 0 : (uint64_t)(travel->us / GH_SECOND_US));
    gh_buf_lit(&detail, "}");
    gh_assert(!detail.is_failed);
    event.detail = gh_buf_text(&detail);
    return gh_event_ask(context, request, &event);
}
