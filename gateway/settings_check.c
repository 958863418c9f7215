/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the configuration: origins, networks, accounts, back-end
 * addresses and the mount table; and whether the parts fit together. Owns
 * nothing. Refuses with a sentence for each mistake. Called by settings.c.
 */
#include "settings_int.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>

#include "core/password.h"
#include "store/dsn.h"
#include "web/path.h"

#include "base/banned.h"

/* One complaint: "file:line: sentence". */
GH_PRINTF(3, 4)
static void
complain(struct gh_complaints *complaints, struct gh_text where,
         const char *format_z, ...)
{
    va_list args;

    fprintf(complaints->out, "%.*s: ", GH_TEXT_ARG(where));
    va_start(args, format_z);
    vfprintf(complaints->out, format_z, args);
    va_end(args);
    fputc('\n', complaints->out);
    complaints->n++;
}

/* Number of comma-separated parts; an empty list has none. */
static size_t
count_parts(struct gh_text list)
{
    size_t n = gh_text_trim(list).len > 0 ? 1 : 0;

    for (size_t i = 0; i < list.len; i++)
        n += list.at[i] == ',' ? 1 : 0;
    return n;
}

/* Takes the next trimmed part off a comma-separated list. */
static bool
next_part(struct gh_text *rest, struct gh_text *out)
{
    if (!gh_text_cut(rest, ',', out))
        return false;
    *out = gh_text_trim(*out);
    return true;
}

static enum gh_status
check_origins(struct gh_settings *settings, struct gh_settings_entry *entry,
              struct gh_complaints *complaints)
{
    struct gh_text rest = entry->origins_text;
    size_t n = count_parts(rest);
    struct gh_text part;

    if (rest.at == NULL)
        return GH_OK;
    if (n == 0 || n > GH_MAX_ORIGINS) {
        complain(complaints, entry->where, "origins must be 1 to %d addresses",
                 GH_MAX_ORIGINS);
        return GH_OK;
    }
    entry->origins =
        gh_arena_array(&settings->arena, n, sizeof(*entry->origins));
    if (entry->origins == NULL)
        return GH_FAULT_MEMORY;
    while (next_part(&rest, &part)) {
        enum gh_status status = gh_origin_parse(
            &settings->arena, part, &entry->origins[entry->n_origins]);

        if (gh_is_fault(status))
            return status;
        if (status != GH_OK ||
            (entry->kind != GH_ENTRY_OPERATIONS &&
             !gh_text_equal(entry->origins[entry->n_origins].scheme,
                            GH_TEXT("https"))))
            complain(complaints, entry->where,
                     "origin \"%.*s\" is not of the form "
                     "https://host or https://host:port",
                     GH_TEXT_ARG(part));
        else
            entry->n_origins++;
    }
    return GH_OK;
}

static enum gh_status
check_proxies(struct gh_settings *settings, struct gh_settings_entry *entry,
              struct gh_complaints *complaints)
{
    struct gh_text rest = entry->proxies_text;
    size_t n = count_parts(rest);
    struct gh_text part;

    if (n == 0)
        return GH_OK;
    if (n > GH_MAX_NETWORKS) {
        complain(complaints, entry->where,
                 "trusted_proxies must be at most %d networks",
                 GH_MAX_NETWORKS);
        return GH_OK;
    }
    entry->proxies =
        gh_arena_array(&settings->arena, n, sizeof(*entry->proxies));
    if (entry->proxies == NULL)
        return GH_FAULT_MEMORY;
    while (next_part(&rest, &part)) {
        if (gh_network_parse(part, &entry->proxies[entry->n_proxies]) == GH_OK)
            entry->n_proxies++;
        else
            complain(complaints, entry->where,
                     "trusted_proxies: \"%.*s\" is not a network such as "
                     "10.0.0.0/8",
                     GH_TEXT_ARG(part));
    }
    return GH_OK;
}

/* Looks up the accounts of peers and the group of the socket. */
static void
check_accounts(struct gh_settings_entry *entry,
               struct gh_complaints *complaints)
{
    struct gh_text rest = entry->peers_text;
    struct gh_text part;
    char name[65];

    entry->gid = (gid_t)-1;
    if (entry->group.len > 0) {
        const struct group *group = getgrnam(entry->group.at);

        if (group == NULL)
            complain(complaints, entry->where, "there is no group \"%.*s\"",
                     GH_TEXT_ARG(entry->group));
        else
            entry->gid = group->gr_gid;
    }
    if (count_parts(rest) > GH_MAX_PEERS) {
        complain(complaints, entry->where, "peers must be at most %d accounts",
                 GH_MAX_PEERS);
        return;
    }
    while (entry->peers_text.len > 0 && next_part(&rest, &part)) {
        const struct passwd *account = NULL;

        if (part.len > 0 && part.len < sizeof(name)) {
            memcpy(name, part.at, part.len);
            name[part.len] = '\0';
            account = getpwnam(name);
        }
        if (account == NULL)
            complain(complaints, entry->where,
                     "peers: there is no account \"%.*s\"", GH_TEXT_ARG(part));
        else
            entry->peers[entry->n_peers++] = account->pw_uid;
    }
}

static enum gh_status
check_entry(struct gh_settings *settings, struct gh_settings_entry *entry,
            struct gh_complaints *complaints)
{
    enum gh_status status;

    if (entry->socket.len > 0 && entry->socket.at[0] != '/')
        complain(complaints, entry->where,
                 "socket must be an absolute path; FastCGI over TCP is not "
                 "offered, because its peer cannot be checked");
    check_accounts(entry, complaints);
    status = check_origins(settings, entry, complaints);
    if (status == GH_OK)
        status = check_proxies(settings, entry, complaints);
    return status;
}

/* http://unix:/path/of.sock */
static bool
take_unix(struct gh_settings_application *one, struct gh_text path)
{
    struct gh_backend_address *address = &one->addresses[0];
    struct sockaddr_un *un = &address->addr.local;

    if (path.len == 0 || path.at[0] != '/' || path.len >= sizeof(un->sun_path))
        return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.at, path.len);
    address->len = (socklen_t)sizeof(*un);
    one->n_addresses = 1;
    return true;
}

/* Looks up host and port; keeps the first few addresses. */
static bool
look_up(struct gh_settings_application *one, const struct gh_origin *origin)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct gh_text host = origin->host.name;
    struct addrinfo *list;
    char name[256];
    char port[8];

    if (gh_text_starts(host, GH_TEXT("[")))
        host = gh_text_first(gh_text_from(host, 1), host.len - 2);
    if (host.len >= sizeof(name))
        return false;
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    snprintf(port, sizeof(port), "%u", (unsigned)origin->host.port);
    if (getaddrinfo(name, port, &hints, &list) != 0)
        return false;
    for (struct addrinfo *at = list;
         at != NULL && one->n_addresses < GH_MAX_ADDRESSES; at = at->ai_next) {
        struct gh_backend_address *address =
            &one->addresses[one->n_addresses++];

        memcpy(&address->addr.inet, at->ai_addr, at->ai_addrlen);
        address->len = at->ai_addrlen;
    }
    freeaddrinfo(list);
    return one->n_addresses > 0;
}

static enum gh_status
check_backend(struct gh_settings *settings, struct gh_settings_application *one,
              struct gh_complaints *complaints)
{
    const struct gh_text unix_prefix = GH_TEXT("http://unix:");
    struct gh_origin origin;
    enum gh_status status;

    if (one->backend.at == NULL)
        return GH_OK;
    if (gh_text_starts(one->backend, unix_prefix)) {
        if (!take_unix(one, gh_text_from(one->backend, unix_prefix.len)))
            complain(complaints, one->where,
                     "backend: the socket's path must be absolute and at "
                     "most 107 bytes");
        return GH_OK;
    }
    status = gh_origin_parse(&settings->arena, one->backend, &origin);
    if (gh_is_fault(status))
        return status;
    if (status != GH_OK || !gh_text_equal(origin.scheme, GH_TEXT("http"))) {
        complain(complaints, one->where,
                 "backend must be http://host:port or "
                 "http://unix:/path/of.sock");
        return GH_OK;
    }
    one->authority = origin.authority;
    if (!look_up(one, &origin))
        complain(complaints, one->where,
                 "backend: the host \"%.*s\" cannot be looked up",
                 GH_TEXT_ARG(origin.host.name));
    return GH_OK;
}

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

/* True for a path that is already in the one form that is decided on. */
static bool
is_canonical(struct gh_settings *settings, struct gh_text path)
{
    struct gh_target target;

    return gh_target_parse(&settings->arena, path, 1024, &target) == GH_OK &&
           gh_text_equal(target.path, path) && target.query.len == 0 &&
           target.traits == 0;
}

static void
check_mount(struct gh_settings *settings, struct gh_settings_application *one,
            struct gh_complaints *complaints)
{
    if (one->path.at != NULL && !is_canonical(settings, one->path))
        complain(complaints, one->where,
                 "path must be a canonical path such as /app/");
    if (one->host.len > 0 && !is_served(settings, one->host))
        complain(complaints, one->where,
                 "host \"%.*s\" is in no entry's origins",
                 GH_TEXT_ARG(one->host));
    if (gh_application_covers(settings->gateway.base_path, one->path))
        complain(complaints, one->where,
                 "path lies in base_path, which is the gateway's own");
}

/* The table that core looks applications up in, in the settings' order. */
static enum gh_status
make_mounts(struct gh_settings *settings, struct gh_complaints *complaints)
{
    size_t n = settings->n_applications;
    struct gh_application *mounts =
        gh_arena_array(&settings->arena, n, sizeof(*mounts));

    if (mounts == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct gh_settings_application *one = &settings->applications[i];

        mounts[i] =
            (struct gh_application){.name = one->name,
                                    .host = one->host,
                                    .path = one->path,
                                    .access = (enum gh_access)one->access};
        for (size_t k = 0; k < i; k++) {
            if (gh_text_equal(mounts[k].host, one->host) &&
                gh_text_equal(mounts[k].path, one->path))
                complain(complaints, one->where,
                         "\"%.*s\" has the same host and path",
                         GH_TEXT_ARG(mounts[k].name));
        }
    }
    settings->mounts = (struct gh_applications){.at = mounts, .n = n};
    return GH_OK;
}

static void
check_gateway(struct gh_settings *settings, struct gh_complaints *complaints)
{
    const struct gh_settings_gateway *gateway = &settings->gateway;
    struct gh_text file = gh_text_of_z(complaints->file_z);
    struct gh_text segment = gh_text_from(gateway->base_path, 1);

    if (gateway->cookie_name.at != NULL &&
        (!gh_text_starts(gateway->cookie_name, GH_TEXT("__Host-")) ||
         !gh_text_all(gateway->cookie_name, GH_CLASS_BASE64URL)))
        complain(complaints, file,
                 "cookie_name must begin with __Host- and hold only letters, "
                 "digits, - and _");
    if (gateway->base_path.at != NULL &&
        (!is_canonical(settings, gateway->base_path) ||
         !gh_text_all(segment, GH_CLASS_UNRESERVED)))
        complain(complaints, file,
                 "base_path must be one segment such as /auth");
    if (settings->n_entries == 0)
        complain(complaints, file,
                 "there is no [entry NAME]; at least one is needed");
}

/* A connection string that would be refused at the start is refused here. */
static void
check_dsn(struct gh_text dsn, struct gh_complaints *complaints)
{
    char words[400];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    struct gh_arena arena;
    struct gh_dsn parsed;

    gh_arena_init(&arena, 64 * 1024);
    if (gh_dsn_parse(&arena, dsn, false, &why, &parsed) != GH_OK)
        complain(complaints, gh_text_of_z(complaints->file_z),
                 "[database] dsn: %.*s", GH_TEXT_ARG(gh_buf_text(&why)));
    gh_arena_done(&arena);
}

/* Reads the key ring, which is needed as soon as there is a database. */
static void
check_keys(struct gh_settings *settings, struct gh_complaints *complaints)
{
    struct gh_text file = gh_text_of_z(complaints->file_z);
    char words[400];
    struct gh_buf why = gh_buf_over(words, sizeof(words));

    if (settings->database.dsn.len == 0)
        return;
    check_dsn(settings->database.dsn, complaints);
    if (settings->keys.file.len == 0)
        complain(complaints, file,
                 "[keys] file is needed with a database; gatehousectl key "
                 "generate makes one");
    else if (gh_keys_read(settings->keys.file.at, &why, &settings->ring) !=
             GH_OK)
        complain(complaints, file, "[keys] file: %.*s",
                 GH_TEXT_ARG(gh_buf_text(&why)));
}

static void
check_sign_in(const struct gh_settings *settings,
              struct gh_complaints *complaints)
{
    struct gh_text file = gh_text_of_z(complaints->file_z);
    const struct gh_password_cost cost = {
        .memory_kib = settings->password.memory / 1024,
        .passes = (unsigned)settings->password.passes};

    if (!gh_password_cost_is_fit(&cost))
        complain(complaints, file,
                 "[password] memory and passes are too weak together");
    if (settings->session.idle > settings->session.absolute)
        complain(complaints, file,
                 "[session] idle must not be longer than absolute");
}

enum gh_status
gh_settings_check(struct gh_settings *settings,
                  struct gh_complaints *complaints)
{
    enum gh_status status = GH_OK;

    check_gateway(settings, complaints);
    check_sign_in(settings, complaints);
    check_keys(settings, complaints);
    settings->cookies.session = settings->gateway.cookie_name;
    for (size_t i = 0; i < settings->n_entries && status == GH_OK; i++)
        status = check_entry(settings, &settings->entries[i], complaints);
    for (size_t i = 0; i < settings->n_applications && status == GH_OK; i++) {
        struct gh_settings_application *one = &settings->applications[i];

        status = check_backend(settings, one, complaints);
        check_mount(settings, one, complaints);
    }
    if (status == GH_OK)
        status = make_mounts(settings, complaints);
    if (status == GH_OK)
        status = gh_settings_load_pages(settings, complaints);
    if (status != GH_OK)
        return status;
    return complaints->n == 0 ? GH_OK : GH_MALFORMED;
}
