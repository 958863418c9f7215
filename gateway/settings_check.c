/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the configuration: origins, networks, accounts, keys; and
 * whether the parts fit together. Owns
 * nothing. Refuses with a sentence for each mistake. Called by settings.c.
 */
#include "settings_int.h"

#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>

#include "core/password.h"
#include "core/place.h"
#include "store/dsn.h"
#include "web/path.h"

#include "base/banned.h"

void
gh_settings_complain(struct gh_complaints *complaints, struct gh_text where,
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
        gh_settings_complain(complaints, entry->where,
                             "origins must be 1 to %d addresses",
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
            gh_settings_complain(complaints, entry->where,
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
        gh_settings_complain(complaints, entry->where,
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
            gh_settings_complain(
                complaints, entry->where,
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
            gh_settings_complain(complaints, entry->where,
                                 "there is no group \"%.*s\"",
                                 GH_TEXT_ARG(entry->group));
        else
            entry->gid = group->gr_gid;
    }
    if (count_parts(rest) > GH_MAX_PEERS) {
        gh_settings_complain(complaints, entry->where,
                             "peers must be at most %d accounts", GH_MAX_PEERS);
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
            gh_settings_complain(complaints, entry->where,
                                 "peers: there is no account \"%.*s\"",
                                 GH_TEXT_ARG(part));
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
        gh_settings_complain(
            complaints, entry->where,
            "socket must be an absolute path; FastCGI over TCP is not "
            "offered, because its peer cannot be checked");
    check_accounts(entry, complaints);
    status = check_origins(settings, entry, complaints);
    if (status == GH_OK)
        status = check_proxies(settings, entry, complaints);
    return status;
}

bool
gh_settings_is_canonical(struct gh_settings *settings, struct gh_text path)
{
    struct gh_target target;

    return gh_target_parse(&settings->arena, path, 1024, &target) == GH_OK &&
           gh_text_equal(target.path, path) && target.query.len == 0 &&
           target.traits == 0;
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
        gh_settings_complain(
            complaints, file,
            "cookie_name must begin with __Host- and hold only letters, "
            "digits, - and _");
    if (gateway->base_path.at != NULL &&
        (!gh_settings_is_canonical(settings, gateway->base_path) ||
         !gh_text_all(segment, GH_CLASS_UNRESERVED)))
        gh_settings_complain(complaints, file,
                             "base_path must be one segment such as /auth");
    if (settings->n_entries == 0)
        gh_settings_complain(
            complaints, file,
            "there is no [entry NAME]; at least one is needed");
}

/* A connection string that would be refused at the start is refused here. */
static void
check_dsn(const char *key_z, struct gh_text dsn,
          struct gh_complaints *complaints)
{
    char words[400];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    struct gh_arena arena;
    struct gh_dsn parsed;

    gh_arena_init(&arena, 64 * 1024);
    if (gh_dsn_parse(&arena, dsn, false, &why, &parsed) != GH_OK)
        gh_settings_complain(complaints, gh_text_of_z(complaints->file_z),
                             "[database] %s: %.*s", key_z,
                             GH_TEXT_ARG(gh_buf_text(&why)));
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
    check_dsn("dsn", settings->database.dsn, complaints);
    if (settings->database.listen_dsn.len > 0)
        check_dsn("listen_dsn", settings->database.listen_dsn, complaints);
    if (settings->keys.file.len == 0)
        gh_settings_complain(
            complaints, file,
            "[keys] file is needed with a database; gatehousectl key "
            "generate makes one");
    else if (gh_keys_read(settings->keys.file.at, &why, &settings->ring) !=
             GH_OK)
        gh_settings_complain(complaints, file, "[keys] file: %.*s",
                             GH_TEXT_ARG(gh_buf_text(&why)));
}

/* What is missing at the start is said at the start. */
static enum gh_status
check_place(const struct gh_settings *settings,
            struct gh_complaints *complaints)
{
    const struct gh_place_files files = {settings->place.country,
                                         settings->place.asn};
    struct gh_text file = gh_text_of_z(complaints->file_z);
    char words[4200];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    struct gh_places *places = NULL;
    enum gh_status status;

    if ((files.country.len > 0 && files.country.at[0] != '/') ||
        (files.asn.len > 0 && files.asn.at[0] != '/')) {
        gh_settings_complain(complaints, file,
                             "[place] needs absolute paths of its files");
        return GH_OK;
    }
    status = gh_places_open(&files, &why, &places);
    if (status == GH_MALFORMED)
        gh_settings_complain(complaints, file, "[place] %.*s",
                             GH_TEXT_ARG(gh_buf_text(&why)));
    gh_places_release(places);
    return gh_is_fault(status) ? status : GH_OK;
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
        gh_settings_complain(
            complaints, file,
            "[password] memory and passes are too weak together");
    if (settings->session.idle > settings->session.absolute)
        gh_settings_complain(complaints, file,
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
    status = check_place(settings, complaints);
    for (size_t i = 0; i < settings->n_entries && status == GH_OK; i++)
        status = check_entry(settings, &settings->entries[i], complaints);
    if (status == GH_OK)
        status = gh_settings_make_mounts(settings, complaints);
    if (status == GH_OK)
        status = gh_settings_load_pages(settings, complaints);
    if (status != GH_OK)
        return status;
    return complaints->n == 0 ? GH_OK : GH_MALFORMED;
}
