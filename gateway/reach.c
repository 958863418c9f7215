/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs of back ends into addresses. Owns nothing; looks no name up itself.
 * Refuses schemes other than http, relative sockets and paths behind a host.
 * Called by settings and mounts, and by the relay for redirects.
 */
#include "reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "web/host.h"

#include "base/banned.h"

/* "/path/of.sock", short enough for a socket's address. */
static bool
is_socket_path(struct gh_text path)
{
    struct sockaddr_un un;

    return gh_text_starts(path, GH_TEXT("/")) &&
           path.len < sizeof(un.sun_path) &&
           gh_text_find(path, '\0') == path.len;
}

/* The host's name without the brackets of an IPv6 address. */
static enum gh_status
copy_host(struct gh_text name, struct gh_backend_url *out)
{
    if (gh_text_starts(name, GH_TEXT("[")))
        name = gh_text_first(gh_text_from(name, 1), name.len - 2);
    if (name.len >= sizeof(out->host_z))
        return GH_MALFORMED;
    memcpy(out->host_z, name.at, name.len);
    return GH_OK;
}

enum gh_status
gh_backend_url_parse(struct gh_arena *arena, struct gh_text url,
                     struct gh_backend_url *out)
{
    const struct gh_text unix_prefix = GH_TEXT("http://unix:");
    struct gh_backend_url parsed = {0};
    struct gh_origin origin;
    enum gh_status status;

    if (gh_text_starts(url, unix_prefix)) {
        parsed.path = gh_text_from(url, unix_prefix.len);
        if (!is_socket_path(parsed.path))
            return GH_MALFORMED;
        *out = parsed;
        return GH_OK;
    }
    status = gh_origin_parse(arena, url, &origin);
    if (status == GH_OK && !gh_text_equal(origin.scheme, GH_TEXT("http")))
        status = GH_MALFORMED;
    if (status == GH_OK)
        status = copy_host(origin.host.name, &parsed);
    if (status != GH_OK)
        return status;
    parsed.port = origin.host.port;
    parsed.authority = origin.authority;
    *out = parsed;
    return GH_OK;
}

/* Room for one address more, with whatever is in it; NULL when there is
 * none. */
static struct gh_backend_address *
next_address(struct gh_reach *reach)
{
    if (reach->n_addresses == GH_MAX_ADDRESSES)
        return NULL;
    return &reach->addresses[reach->n_addresses];
}

static enum gh_status
add_socket(struct gh_reach *reach, const struct gh_backend_url *url)
{
    struct gh_backend_address *address = next_address(reach);

    if (address == NULL)
        return GH_LIMIT;
    memset(&address->addr, 0, sizeof(address->addr));
    address->addr.local.sun_family = AF_UNIX;
    memcpy(address->addr.local.sun_path, url->path.at, url->path.len);
    address->url = url->place;
    address->len = (socklen_t)sizeof(address->addr.local);
    reach->n_addresses++;
    return GH_OK;
}

enum gh_status
gh_reach_add_found(struct gh_reach *reach, const struct gh_backend_url *url,
                   const char *numeric_z)
{
    struct gh_backend_address *address = next_address(reach);
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(url->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(url->port)};

    if (address == NULL)
        return GH_LIMIT;
    if (inet_pton(AF_INET, numeric_z, &v4.sin_addr) == 1) {
        memcpy(&address->addr.inet, &v4, sizeof(v4));
        address->len = (socklen_t)sizeof(v4);
    } else if (inet_pton(AF_INET6, numeric_z, &v6.sin6_addr) == 1) {
        memcpy(&address->addr.inet, &v6, sizeof(v6));
        address->len = (socklen_t)sizeof(v6);
    } else {
        return GH_MALFORMED;
    }
    address->url = url->place;
    reach->n_addresses++;
    return GH_OK;
}

enum gh_status
gh_reach_add(struct gh_reach *reach, const struct gh_backend_url *url)
{
    enum gh_status status;

    if (url->path.len > 0)
        return add_socket(reach, url);
    status = gh_reach_add_found(reach, url, url->host_z);
    return status == GH_MALFORMED ? GH_NONE : status;
}

enum gh_status
gh_reach_fill(struct gh_arena *scratch, struct gh_reach *reach)
{
    struct gh_text urls = {.at = reach->urls, .len = reach->urls_len};
    enum gh_status worst = GH_OK;
    struct gh_text text;
    unsigned place = 0;

    for (; urls.len > 0 && gh_text_cut(&urls, ' ', &text); place++) {
        struct gh_backend_url url;
        enum gh_status status = gh_backend_url_parse(scratch, text, &url);

        url.place = place;
        if (status == GH_OK)
            status = gh_reach_add(reach, &url);
        if (gh_is_fault(status))
            return status;
        if (status != GH_OK && worst != GH_MALFORMED)
            worst = status == GH_NONE ? GH_NONE : GH_MALFORMED;
    }
    return worst;
}

bool
gh_reach_is_same(const struct gh_reach *a, const struct gh_reach *b)
{
    if (a->n_addresses != b->n_addresses || a->connections != b->connections ||
        a->keep != b->keep || a->urls_len != b->urls_len ||
        memcmp(a->urls, b->urls, a->urls_len) != 0)
        return false;
    for (size_t i = 0; i < a->n_addresses; i++) {
        const struct gh_backend_address *one = &a->addresses[i];

        if (one->len != b->addresses[i].len ||
            memcmp(&one->addr, &b->addresses[i].addr, one->len) != 0)
            return false;
    }
    return true;
}

bool
gh_reach_is_own(const struct gh_reach *reach, struct gh_text value,
                struct gh_text *rest)
{
    struct gh_text urls = {.at = reach->urls, .len = reach->urls_len};
    struct gh_text url;

    while (gh_text_cut(&urls, ' ', &url)) {
        struct gh_text behind = gh_text_from(value, url.len);

        if (url.len == 0 || gh_text_starts(url, GH_TEXT("http://unix:")) ||
            !gh_text_starts_nocase(value, url))
            continue;
        if (behind.len > 0 && behind.at[0] != '/' && behind.at[0] != '?')
            continue;
        *rest = behind;
        return true;
    }
    return false;
}
