/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds of lookups. Owns the addresses found until they go into a snapshot.
 * Limits: one lookup at a time, 4 addresses a name, 8 an application. Called
 * by the keeper of the policy.
 */
#include "lookup.h"

#include "base/banned.h"

enum {
    SCRATCH_MAX = 16 * 1024,      /* bytes to parse a URL in */
    FOUND_MAX = 16 * 1024 * 1024, /* bytes of all addresses */
};

/* Turns to an application. */
static void
turn_to(struct gh_lookup *lookup, size_t place)
{
    struct gh_reach *reach = &lookup->reaches[place];

    lookup->place = place;
    lookup->n_urls = 0;
    if (place == lookup->mounts->n)
        return;
    *reach = gh_reach_of(gh_rules_application(lookup->mounts->rules, place));
    lookup->urls = (struct gh_text){.at = reach->urls, .len = reach->urls_len};
    if (reach->urls_len == 0)
        lookup->urls.at = NULL;
}

enum gh_status
gh_lookup_begin(struct gh_lookup *lookup, struct gh_mounts *mounts)
{
    gh_assert(lookup->mounts == NULL);
    *lookup = (struct gh_lookup){.mounts = mounts};
    gh_arena_init(&lookup->found, FOUND_MAX);
    gh_arena_init(&lookup->arena, SCRATCH_MAX);
    lookup->reaches =
        gh_arena_array(&lookup->found, mounts->n, sizeof(*lookup->reaches));
    if (lookup->reaches == NULL) {
        lookup->mounts = NULL;
        return GH_FAULT_MEMORY;
    }
    gh_mounts_hold(mounts);
    turn_to(lookup, 0);
    return GH_OK;
}

void
gh_lookup_done(struct gh_lookup *lookup)
{
    if (lookup->mounts == NULL)
        return;
    gh_resolve_done(&lookup->resolve);
    gh_arena_done(&lookup->arena);
    gh_arena_done(&lookup->found);
    gh_mounts_release(lookup->mounts);
    *lookup = (struct gh_lookup){0};
}

/* The addresses that the name under way had until now. */
static void
keep_known(struct gh_lookup *lookup)
{
    const struct gh_reach *known = &lookup->mounts->reaches[lookup->place];
    struct gh_reach *reach = &lookup->reaches[lookup->place];

    for (size_t i = 0; i < known->n_addresses; i++) {
        if (known->addresses[i].url == lookup->url.place &&
            reach->n_addresses < GH_MAX_ADDRESSES)
            reach->addresses[reach->n_addresses++] = known->addresses[i];
    }
}

/* What came of the name that was looked up. */
static enum gh_status
take_found(struct gh_lookup *lookup)
{
    struct gh_reach *reach = &lookup->reaches[lookup->place];
    size_t n_others = reach->n_addresses;
    struct gh_resolved found;
    enum gh_status status = gh_resolve_poll(&lookup->resolve, &found);

    if (status == GH_WAIT)
        return GH_WAIT;
    for (size_t i = 0; status == GH_OK && i < found.n; i++) {
        /* A link-local address with its zone is left out. */
        if (gh_reach_add_found(reach, &lookup->url, found.at_z[i]) == GH_LIMIT)
            break;
    }
    if (reach->n_addresses == n_others)
        keep_known(lookup);
    return GH_OK;
}

/* Takes the next URL of the application. */
static enum gh_status
take_url(struct gh_lookup *lookup, struct gh_text text)
{
    struct gh_reach *reach = &lookup->reaches[lookup->place];
    enum gh_status status;

    gh_arena_reset(&lookup->arena);
    status = gh_backend_url_parse(&lookup->arena, text, &lookup->url);
    lookup->url.place = lookup->n_urls++;
    if (status == GH_OK)
        status = gh_reach_add(reach, &lookup->url);
    if (gh_is_fault(status))
        return status;
    if (status != GH_NONE)
        return GH_OK;
    lookup->n_names++;
    return gh_resolve_begin(&lookup->resolve, lookup->url.host_z);
}

/* The snapshot with what was found, or NULL when nothing is new. */
static enum gh_status
conclude(struct gh_lookup *lookup, struct gh_mounts **out)
{
    const struct gh_mounts *mounts = lookup->mounts;
    size_t i = 0;

    *out = NULL;
    while (i < mounts->n &&
           gh_reach_is_same(&lookup->reaches[i], &mounts->reaches[i]))
        i++;
    if (i == mounts->n)
        return GH_OK;
    *out = gh_mounts_at(mounts, lookup->reaches);
    return *out == NULL ? GH_FAULT_MEMORY : GH_OK;
}

enum gh_status
gh_lookup_go_on(struct gh_lookup *lookup, struct gh_mounts **out)
{
    enum gh_status status = GH_OK;
    struct gh_text text;

    while (status == GH_OK && lookup->place < lookup->mounts->n) {
        if (lookup->resolve.is_running)
            status = take_found(lookup);
        else if (gh_text_cut(&lookup->urls, ' ', &text))
            status = take_url(lookup, text);
        else
            turn_to(lookup, lookup->place + 1);
    }
    if (status == GH_OK)
        status = conclude(lookup, out);
    if (status != GH_WAIT)
        gh_lookup_done(lookup);
    return status;
}
