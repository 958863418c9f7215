/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the cache and the principal. Owns nothing. An entry is used while
 * the database has answered the follower within the freshness bound, nothing
 * it told spoils the entry, and no instant has passed at which the session, or
 * what it may, could be another: what seems over is asked for, never refused
 * from memory. Who asks for a strict application waits for an answer that was
 * asked for later than the request came. When the database cannot be had, an
 * entry is used for an application that goes on without it, for as long as that
 * says and as nothing is known against it.
 * Called by identify, the act of signing out and the journal.
 */
#include "recall.h"

#include <string.h>

#include "base/clock.h"
#include "cache.h"
#include "estate.h"
#include "fresh.h"
#include "keeper.h"
#include "look.h"

#include "base/banned.h"

enum {
    SEEN_EVERY_S = 15, /* how often activity is told; a quarter of the least
                          idle limit, which is a minute */
};

/* Seconds of a rising clock, for the cache. */
static uint32_t
seconds(int64_t boot_us)
{
    return (uint32_t)(boot_us / GH_SECOND_US);
}

/* The next text of an entry's bytes. */
static struct gh_text
take(const struct gh_cached *entry, size_t *at, size_t n)
{
    struct gh_text text = {(const char *)entry->bytes + *at, n};

    *at += n;
    return text;
}

/* The next n numbers of an entry's bytes. */
static enum gh_status
take_ids(struct gh_arena *arena, const struct gh_cached *entry, size_t *at,
         size_t n, const int64_t **out)
{
    int64_t *ids = gh_arena_array(arena, n + 1, sizeof(*ids));
    uint32_t id;

    if (ids == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++, *at += sizeof(id)) {
        memcpy(&id, entry->bytes + *at, sizeof(id));
        ids[i] = id;
    }
    *out = ids;
    return GH_OK;
}

static enum gh_status
take_roles(struct gh_arena *arena, const struct gh_cached *entry, size_t *at,
           struct gh_held *out)
{
    enum gh_status status =
        take_ids(arena, entry, at, entry->n_roles, &out->role_ids);

    out->n = entry->n_roles;
    if (status == GH_OK && entry->n_conditions > 0)
        status = take_ids(arena, entry, at, entry->n_conditions,
                          &out->condition_ids);
    return status;
}

/* The entry, which lives in the arena, as a principal at that instant. */
static enum gh_status
become(struct gh_context *context, const struct gh_cached *entry,
       int64_t now_us, struct gh_principal *out)
{
    size_t at = 0;
    struct gh_buf reference;
    enum gh_status status =
        gh_buf_in(context->arena, 2 * sizeof(entry->reference), &reference);

    if (status != GH_OK)
        return status;
    gh_buf_hex(&reference, entry->reference, sizeof(entry->reference));
    *out = (struct gh_principal){
        .kind = GH_PRINCIPAL_ACCOUNT,
        .reference = gh_buf_text(&reference),
        .session_id = entry->session_id,
        .account_id = entry->account_id,
        .network = entry->network,
        .now_us = now_us,
        .level = (int)entry->level,
        .browser =
            entry->browser_s == UINT32_MAX ? GH_DEVICE_NEW : GH_DEVICE_KNOWN,
        .browser_s = entry->browser_s == UINT32_MAX ? 0 : entry->browser_s,
        .preference.appearance = (enum gh_appearance)entry->appearance,
        .authenticated_us = entry->authenticated_us,
        .idle_s = (int64_t)entry->idle_s,
        .idle_left_s = (entry->idle_until_us - now_us) / GH_SECOND_US,
        .absolute_left_s = (entry->absolute_until_us - now_us) / GH_SECOND_US,
    };
    status = take_roles(context->arena, entry, &at, &out->held);
    out->account = take(entry, &at, entry->n_account);
    out->display_name = take(entry, &at, entry->n_display_name);
    out->email = take(entry, &at, entry->n_email);
    out->device = take(entry, &at, entry->n_device);
    return status;
}

/* The application that the request is for, in the policy that will decide;
 * NULL: none. */
static const struct gh_application *
find_application(const struct gh_context *context,
                 const struct gh_request *request)
{
    const struct gh_estate *estate = context->worker->estate;

    return estate == NULL
               ? NULL
               : gh_request_application(request, estate->mounts->rules);
}

/* Whether the policy that will decide is the one that the entry was found
 * under: what a newer one gives may not be for its token. */
static bool
is_known(const struct gh_context *context, const struct gh_cached *entry)
{
    const struct gh_estate *estate = context->worker->estate;

    return estate != NULL &&
           gh_rules_version(estate->mounts->rules) == entry->policy_version;
}

/* When an entry is looked at, and under which policy. */
struct look {
    int64_t boot_us;        /* by gh_fresh_clock() */
    int64_t now_us;         /* by the database's clock; 0: not known */
    int64_t policy_version; /* as the database told last */
    bool is_outage;         /* it cannot be asked */
};

/* Whether it may be used now; 0 is no instant, but a clock that is not known.
 * With the policy anything may have changed: under a newer one it is asked for
 * again. A new token is a reason to ask, but none to refuse. */
static bool
is_good(const struct gh_fresh *fresh, const struct gh_cached *entry,
        const struct look *look)
{
    return entry->policy_version >= look->policy_version && look->now_us > 0 &&
           look->now_us < entry->idle_until_us &&
           look->now_us < entry->absolute_until_us &&
           look->now_us < entry->rights_until_us &&
           (look->is_outage || seconds(look->now_us) < entry->renew_at_s) &&
           gh_fresh_holds(fresh, entry->moment, entry->session_id,
                          entry->account_id);
}

/* The entry of the token under one of the ring's keys. */
static enum gh_status
find(struct gh_context *context, const struct gh_request *request,
     uint32_t now_s, struct gh_cached *entry, size_t *slot)
{
    unsigned char hash[GH_DIGEST_LEN];
    enum gh_status status = GH_OK;

    for (size_t i = 0; status == GH_OK; i++) {
        status =
            gh_session_hash(context->settings->ring, i,
                            request->origin->host.name, request->token, hash);
        if (status == GH_OK && gh_cache_find(context->worker->gateway->cache,
                                             hash, now_s, entry, slot))
            return GH_OK;
    }
    return GH_NONE;
}

/* The principal of the token, if its entry is good at a look. */
static enum gh_status
recall(struct gh_context *context, const struct gh_request *request,
       const struct look *look, struct gh_principal *out)
{
    struct gh_cached *entry = gh_arena_new(context->arena, sizeof(*entry));
    size_t slot;
    enum gh_status status;

    if (entry == NULL)
        return GH_FAULT_MEMORY;
    status = find(context, request, seconds(look->boot_us), entry, &slot);
    if (status != GH_OK ||
        !is_good(context->worker->gateway->fresh, entry, look) ||
        !is_known(context, entry))
        return GH_NONE;
    status = become(context, entry, look->now_us, out);
    out->policy_version = entry->policy_version;
    out->remembered = slot + 1;
    out->is_outage = look->is_outage;
    return status;
}

/* How long an answer of the database is good for who wants that application
 * (NULL: none), microseconds; 0: only what was asked after the request came is
 * good enough. */
static int64_t
bound_of(const struct gh_context *context,
         const struct gh_application *application)
{
    if (application != NULL && application->is_strict)
        return 0;
    return 1000 * (int64_t)context->settings->session.freshness;
}

/* Whether anything is remembered of the token, for what is worth a wait. */
static bool
is_remembered(struct gh_context *context, const struct gh_request *request)
{
    struct gh_cached *entry = gh_arena_new(context->arena, sizeof(*entry));
    size_t slot;

    return entry != NULL && find(context, request, seconds(gh_fresh_clock()),
                                 entry, &slot) == GH_OK;
}

enum gh_status
gh_recall(struct gh_context *context, const struct gh_request *request,
          struct gh_principal *out)
{
    struct gh_gateway *gateway = context->worker->gateway;
    int64_t bound_us = bound_of(context, find_application(context, request));
    struct look look = {.boot_us = gh_fresh_clock(),
                        .now_us = gh_gateway_now_us(gateway)};

    if (gateway->cache == NULL)
        return GH_NONE;
    if (context->came_us == 0)
        context->came_us = look.boot_us;
    if (gh_fresh_is_on(gateway->fresh,
                       bound_us > 0 ? look.boot_us : context->came_us, bound_us,
                       &look.policy_version)) {
        gh_look_leave(context);
        return recall(context, request, &look, out);
    }
    if (bound_us > 0 || !is_remembered(context, request)) {
        gh_look_leave(context);
        return GH_NONE;
    }
    return gh_look_await(context);
}

enum gh_status
gh_recall_outage(struct gh_context *context, const struct gh_request *request,
                 struct gh_principal *out)
{
    struct gh_gateway *gateway = context->worker->gateway;
    const struct gh_application *application =
        find_application(context, request);
    int64_t bound_us = bound_of(context, application);
    struct look look = {.boot_us = gh_fresh_clock(),
                        .now_us = gh_gateway_now_us(gateway),
                        .is_outage = true};
    int64_t version;

    /* Where each request is to be sure, memory alone is never enough; and
     * within the bound what it does not say stays a question. */
    if (gateway->cache == NULL || application == NULL || bound_us == 0 ||
        gh_fresh_is_on(gateway->fresh, look.boot_us, bound_us, &version) ||
        !gh_fresh_is_on(gateway->fresh, look.boot_us,
                        (int64_t)application->outage_s * GH_SECOND_US,
                        &look.policy_version))
        return GH_NONE;
    return recall(context, request, &look, out);
}

void
gh_recall_end(struct gh_context *context, const struct gh_request *request)
{
    struct gh_gateway *gateway = context->worker->gateway;
    struct gh_cached entry;
    size_t slot;

    if (gateway->cache != NULL &&
        find(context, request, seconds(gh_fresh_clock()), &entry, &slot) ==
            GH_OK)
        gh_fresh_spoil(gateway->fresh, GH_FRESH_SESSION, entry.session_id);
}

/* Puts text behind what is there; false when it does not fit. */
static bool
put(struct gh_cached *entry, size_t *at, struct gh_text text, uint16_t *n)
{
    if (text.len > sizeof(entry->bytes) - *at)
        return false;
    if (text.len > 0)
        memcpy(entry->bytes + *at, text.at, text.len);
    *at += text.len;
    *n = (uint16_t)text.len;
    return true;
}

static bool
put_ids(struct gh_cached *entry, size_t *at, const int64_t *ids, size_t n)
{
    if (n > (sizeof(entry->bytes) - *at) / sizeof(uint32_t))
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = (uint32_t)ids[i];

        if (ids[i] < 0 || id != ids[i])
            return false;
        memcpy(entry->bytes + *at, &id, sizeof(id));
        *at += sizeof(id);
    }
    return true;
}

static bool
put_roles(struct gh_cached *entry, size_t *at, const struct gh_held *held)
{
    size_t n_conditions = held->condition_ids == NULL ? 0 : held->n;

    if (!put_ids(entry, at, held->role_ids, held->n) ||
        !put_ids(entry, at, held->condition_ids, n_conditions))
        return false;
    entry->n_roles = (uint16_t)held->n;
    entry->n_conditions = (uint16_t)n_conditions;
    return true;
}

/* For how long the browser of a session had been known, as an entry has it. */
static uint32_t
browser_seconds(const struct gh_principal *found)
{
    return found->browser == GH_DEVICE_KNOWN && found->browser_s >= 0 &&
                   found->browser_s < UINT32_MAX
               ? (uint32_t)found->browser_s
               : UINT32_MAX;
}

void
gh_remember(const struct gh_context *context, const struct gh_session_row *row,
            struct gh_principal *found, int64_t until_us, int64_t renew_us)
{
    struct gh_gateway *gateway = context->worker->gateway;
    /* Seconds were rounded up: the last one is asked for. */
    struct gh_cached entry = {
        .session_id = found->session_id,
        .account_id = found->account_id,
        .moment = context->asked_at,
        .policy_version = found->policy_version,
        .network = found->network,
        .idle_until_us =
            found->now_us + (found->idle_left_s - 1) * GH_SECOND_US,
        .absolute_until_us =
            found->now_us + (found->absolute_left_s - 1) * GH_SECOND_US,
        .authenticated_us = found->authenticated_us,
        .rights_until_us = until_us,
        .renew_at_s = renew_us / GH_SECOND_US < UINT32_MAX ? seconds(renew_us)
                                                           : UINT32_MAX,
        .idle_s = (uint32_t)found->idle_s,
        .browser_s = browser_seconds(found),
        .level = (uint16_t)found->level,
        .appearance = (uint16_t)found->preference.appearance,
    };
    size_t at = 0;
    size_t slot;

    if (row->reference.len != sizeof(entry.reference))
        return;
    memcpy(entry.token_hash, context->token_hash.at, sizeof(entry.token_hash));
    memcpy(entry.reference, row->reference.at, sizeof(entry.reference));
    if (put_roles(&entry, &at, &found->held) &&
        put(&entry, &at, found->account, &entry.n_account) &&
        put(&entry, &at, found->display_name, &entry.n_display_name) &&
        put(&entry, &at, found->email, &entry.n_email) &&
        put(&entry, &at, found->device, &entry.n_device) &&
        gh_cache_put(gateway->cache, &entry, seconds(gh_fresh_clock()), &slot))
        found->remembered = slot + 1;
}

bool
gh_recall_is_news(const struct gh_gateway *gateway,
                  const struct gh_principal *principal)
{
    return principal->remembered == 0 ||
           gh_cache_is_due(gateway->cache, principal->remembered - 1,
                           seconds(gh_fresh_clock()), SEEN_EVERY_S);
}
