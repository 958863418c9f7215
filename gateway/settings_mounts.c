/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications of a gateway without a database: sections of the configuration
 * as a policy of two rules, "everybody may" and nothing. Owns nothing. Refuses
 * such sections beside a database, which has applications of its own: there is
 * one place for them. Called by settings_check.c.
 */
#include "settings_int.h"

#include <netdb.h>
#include <string.h>

#include "core/method.h"

#include "base/banned.h"

/* Ids of the only roles. */
enum {
    ROLE_EVERYBODY = 1, /* signed in or not */
    ROLE_SIGNED_IN,     /* nobody here, but they are shown the way */
};

/* True when some origin of some entry has that host. */
static bool
is_served(const struct gh_settings *settings, struct gh_text host)
{
    for (size_t i = 0; i < settings->n_entries; i++) {
        const struct gh_settings_entry *entry = &settings->entries[i];

        for (size_t k = 0; k < entry->n_origins; k++) {
            if (gh_text_equal(entry->origins[k].host.name, host))
                return true;
        }
    }
    return false;
}

/* Whether a canonical path has no other spelling that a web server takes for
 * the same: RFC 3986 keeps @ and %40 apart, which servers do not. */
static bool
is_plain(struct gh_text path)
{
    static const char *const triplets[] = {"%21", "%24", "%26", "%27", "%28",
                                           "%29", "%2A", "%2B", "%2C", "%3A",
                                           "%3B", "%3D", "%40"};

    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] != '/' && path.at[i] != '%' &&
            !gh_class_has((unsigned char)path.at[i], GH_CLASS_UNRESERVED))
            return false;
    }
    for (size_t i = 0; i < GH_COUNT(triplets); i++) {
        for (size_t k = 0; k + 3 <= path.len; k++) {
            if (gh_text_starts(gh_text_from(path, k),
                               gh_text_of_z(triplets[i])))
                return false;
        }
    }
    return true;
}

static void
check_mount(struct gh_settings *settings,
            const struct gh_settings_application *one,
            struct gh_complaints *complaints)
{
    if (one->path.at != NULL && !gh_settings_is_canonical(settings, one->path))
        gh_settings_complain(complaints, one->where,
                             "path must be a canonical path such as /app/");
    else if (!is_plain(one->path))
        gh_settings_complain(complaints, one->where,
                             "path must be of letters, digits, - . _ ~ and /; "
                             "others have more than one spelling");
    if (one->host.len > 0 && !is_served(settings, one->host))
        gh_settings_complain(complaints, one->where,
                             "host \"%.*s\" is in no entry's origins",
                             GH_TEXT_ARG(one->host));
    if (gh_application_covers(settings->gateway.base_path, one->path))
        gh_settings_complain(
            complaints, one->where,
            "path lies in base_path, which is the gateway's own");
}

/* Has the name looked up now; its addresses are tried in order. */
static bool
look_up(struct gh_reach *reach, const struct gh_backend_url *url)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    size_t before = reach->n_addresses;

    if (getaddrinfo(url->host_z, NULL, &hints, &list) != 0)
        return false;
    for (struct addrinfo *at = list; at != NULL; at = at->ai_next) {
        char numeric_z[NI_MAXHOST];

        if (getnameinfo(at->ai_addr, at->ai_addrlen, numeric_z,
                        sizeof(numeric_z), NULL, 0, NI_NUMERICHOST) != 0 ||
            gh_reach_add_found(reach, url, numeric_z) == GH_LIMIT)
            break;
    }
    freeaddrinfo(list);
    return reach->n_addresses > before;
}

/* Finds the one back end of an application. */
static enum gh_status
check_backend(struct gh_settings *settings,
              const struct gh_settings_application *one, struct gh_reach *reach,
              struct gh_complaints *complaints)
{
    struct gh_backend_url url;
    enum gh_status status;

    if (one->backend.at == NULL)
        return GH_OK;
    status = gh_backend_url_parse(&settings->arena, one->backend, &url);
    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        gh_settings_complain(complaints, one->where,
                             "backend must be http://host:port or "
                             "http://unix:/path/of.sock, the path absolute "
                             "and at most 107 bytes");
    else if (gh_reach_add(reach, &url) != GH_OK && !look_up(reach, &url))
        gh_settings_complain(complaints, one->where,
                             "backend: the host \"%s\" cannot be looked up",
                             url.host_z);
    return GH_OK;
}

/* The section as the policy has it. */
static struct gh_application
application_of(const struct gh_settings_application *one, size_t place)
{
    return (struct gh_application){
        .id = (int64_t)place + 1,
        .name = one->name,
        .host = one->host,
        .path = one->path,
        .backends = one->backend,
        .connections = (unsigned)one->connections,
        .keep = (unsigned)one->keep,
        .keeps_encoded_slash = one->encoded_slash == GH_TRAIT_KEEP,
        .keeps_semicolon = one->semicolon == GH_TRAIT_KEEP,
        .keeps_empty_segments = one->empty_segments == GH_TRAIT_KEEP,
        .passes_authorization = one->pass_authorization != 0};
}

/* Adds an application, and the rule that lets everybody in, or whoever is
 * signed in. */
static enum gh_status
add_application(struct gh_settings *settings, struct gh_rules *rules,
                size_t place, struct gh_complaints *complaints)
{
    const struct gh_settings_application *one = &settings->applications[place];
    const struct gh_application application = application_of(one, place);
    const struct gh_grant grant = {.id = application.id,
                                   .application_id = application.id,
                                   .role_id = one->access == GH_ACCESS_PUBLIC
                                                  ? ROLE_EVERYBODY
                                                  : ROLE_SIGNED_IN,
                                   .name = GH_TEXT("all"),
                                   .pattern = GH_TEXT("/**"),
                                   .methods = GH_METHODS_ALL,
                                   .from_us = INT64_MIN,
                                   .until_us = INT64_MAX};
    enum gh_status status = gh_rules_add_application(rules, &application);

    if (status == GH_CONFLICT)
        gh_settings_complain(complaints, one->where,
                             "another application has the same host and path");
    if (status != GH_OK || one->access == GH_ACCESS_NOBODY)
        return status;
    return gh_rules_add_grant(rules, &grant);
}

/* The rules of all applications. GH_CONFLICT after a complaint. */
static enum gh_status
make_rules(struct gh_settings *settings, struct gh_rules *rules,
           struct gh_complaints *complaints)
{
    enum gh_status status = gh_rules_add_role(
        rules, ROLE_EVERYBODY, GH_TEXT("anonymous"), GH_ROLE_ANONYMOUS);

    if (status == GH_OK)
        status =
            gh_rules_add_role(rules, ROLE_SIGNED_IN, GH_TEXT("authenticated"),
                              GH_ROLE_AUTHENTICATED);
    for (size_t i = 0; i < settings->n_applications && status == GH_OK; i++)
        status = add_application(settings, rules, i, complaints);
    return status == GH_OK ? gh_rules_seal(rules) : status;
}

/* Rules and addresses of applications that are in order. */
static enum gh_status
make_mounts(struct gh_settings *settings, const struct gh_reach *reaches,
            struct gh_complaints *complaints)
{
    struct gh_rules *rules = gh_rules_new(1);
    enum gh_status status;

    if (rules == NULL)
        return GH_FAULT_MEMORY;
    status = make_rules(settings, rules, complaints);
    if (status == GH_OK) {
        settings->mounts = gh_mounts_new(rules, NULL);
        if (settings->mounts == NULL)
            status = GH_FAULT_MEMORY;
    }
    gh_rules_release(rules);
    for (size_t i = 0; i < settings->n_applications && status == GH_OK; i++) {
        struct gh_reach *reach = &settings->mounts->reaches[i];

        memcpy(reach->addresses, reaches[i].addresses,
               sizeof(reach->addresses));
        reach->n_addresses = reaches[i].n_addresses;
    }
    return status == GH_CONFLICT ? GH_OK : status;
}

enum gh_status
gh_settings_make_mounts(struct gh_settings *settings,
                        struct gh_complaints *complaints)
{
    struct gh_reach *reaches = gh_arena_array(
        &settings->arena, settings->n_applications, sizeof(*reaches));
    enum gh_status status = GH_OK;

    if (settings->database.dsn.len > 0) {
        if (settings->n_applications > 0)
            gh_settings_complain(
                complaints, settings->applications[0].where,
                "applications are in the database where there is one; add "
                "them with gatehousectl app add");
        return GH_OK;
    }
    if (reaches == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < settings->n_applications && status == GH_OK; i++) {
        const struct gh_settings_application *one = &settings->applications[i];

        status = check_backend(settings, one, &reaches[i], complaints);
        check_mount(settings, one, complaints);
    }
    if (status == GH_OK && complaints->n == 0)
        status = make_mounts(settings, reaches, complaints);
    return status;
}
