/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection strings through libpq's own reader. Owns nothing; what libpq
 * allocates is given back before the call ends. Refuses what its header says.
 * Called by store/db.
 *
 * libpq would try several hosts by itself, but PQconnectPoll() knows no
 * deadline and waits for a host that swallows packets for ever, so hosts are
 * split here and each gets an attempt of its own.
 */
#include "store/dsn.h"

#include <arpa/inet.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/banned.h"

static void
free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

static const char *
value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val == NULL ? "" : options->val;
    }
    return "";
}

/* What was given, else the default of the environment or of libpq. */
static const char *
effective(const PQconninfoOption *given, const PQconninfoOption *defaults,
          const char *keyword)
{
    const char *value = value_of(given, keyword);

    return value[0] != '\0' ? value : value_of(defaults, keyword);
}

static enum gh_status
copy_z(struct gh_arena *arena, struct gh_text text, const char **out)
{
    struct gh_text copy;

    if (gh_arena_copy(arena, text, &copy) != GH_OK)
        return GH_FAULT_MEMORY;
    *out = copy.at;
    return GH_OK;
}

/* --- options ------------------------------------------------------------- */

static bool
is_ours(const char *keyword)
{
    static const char *const ours[] = {
        "host",    "hostaddr",        "port",
        "service", "connect_timeout", "client_encoding"};

    for (size_t i = 0; i < GH_COUNT(ours); i++) {
        if (strcmp(keyword, ours[i]) == 0)
            return true;
    }
    return false;
}

static enum gh_status
add_option(struct gh_arena *arena, struct gh_dsn *dsn, const char *keyword,
           const char *value)
{
    enum gh_status status;

    gh_assert(dsn->n_options < GH_DSN_OPTIONS_MAX);
    status =
        copy_z(arena, gh_text_of_z(keyword), &dsn->keywords[dsn->n_options]);
    if (status == GH_OK)
        status =
            copy_z(arena, gh_text_of_z(value), &dsn->values[dsn->n_options]);
    if (status == GH_OK)
        dsn->n_options++;
    return status;
}

/* Where libpq's default is not ours. GSSAPI asks the network, blocks, and is
 * tried before TLS; and a standby is of no use to anybody who writes. */
static const char *
own_default(const char *keyword)
{
    if (strcmp(keyword, "gssencmode") == 0)
        return "disable";
    if (strcmp(keyword, "target_session_attrs") == 0)
        return "read-write";
    return NULL;
}

/* Everything that goes to every host. */
static enum gh_status
take_options(struct gh_arena *arena, const PQconninfoOption *given,
             const PQconninfoOption *defaults, struct gh_dsn *dsn)
{
    enum gh_status status = add_option(arena, dsn, "client_encoding", "UTF8");

    for (; defaults->keyword != NULL && status == GH_OK; defaults++) {
        const char *keyword = defaults->keyword;
        const char *value = effective(given, defaults, keyword);

        if (value_of(given, keyword)[0] == '\0' && own_default(keyword) != NULL)
            value = own_default(keyword);
        if (value[0] != '\0' && !is_ours(keyword))
            status = add_option(arena, dsn, keyword, value);
    }
    return status;
}

/* --- hosts --------------------------------------------------------------- */

static bool
is_numeric(const char *text_z)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, text_z, bytes) == 1 ||
           inet_pton(AF_INET6, text_z, bytes) == 1;
}

static size_t
count_parts(const char *list_z)
{
    size_t n = 1;

    for (; *list_z != '\0'; list_z++)
        n += *list_z == ',';
    return n;
}

/* One host of the three lists, which the caller cut. */
static enum gh_status
take_host(struct gh_arena *arena, struct gh_text name, struct gh_text address,
          struct gh_text port, struct gh_dsn_host *out)
{
    enum gh_status status = copy_z(arena, name, &out->name_z);

    if (status == GH_OK)
        status = copy_z(arena, port, &out->port_z);
    out->is_local = address.len == 0 &&
                    (name.len == 0 || name.at[0] == '/' || name.at[0] == '@');
    out->address_z = NULL;
    if (status != GH_OK || out->is_local)
        return status;
    if (address.len > 0)
        return copy_z(arena, address, &out->address_z);
    if (is_numeric(out->name_z))
        out->address_z = out->name_z;
    return GH_OK;
}

/* The lists, as libpq reads them: as many addresses as names when there are
 * both, and as many ports, or one for all. */
static enum gh_status
take_hosts(struct gh_arena *arena, const PQconninfoOption *given,
           const PQconninfoOption *defaults, struct gh_dsn *dsn)
{
    const char *names_z = effective(given, defaults, "host");
    const char *addresses_z = effective(given, defaults, "hostaddr");
    const char *ports_z = effective(given, defaults, "port");
    struct gh_text names = gh_text_of_z(names_z);
    struct gh_text addresses = gh_text_of_z(addresses_z);
    struct gh_text ports = gh_text_of_z(ports_z);
    size_t n = count_parts(addresses.len > 0 ? addresses_z : names_z);
    size_t n_ports = count_parts(ports_z);
    struct gh_text port = ports;

    if (n > GH_DSN_HOSTS_MAX || (n_ports != 1 && n_ports != n) ||
        (names.len > 0 && count_parts(names_z) != n))
        return GH_MALFORMED;
    for (dsn->n_hosts = 0; dsn->n_hosts < n; dsn->n_hosts++) {
        struct gh_text name = {0};
        struct gh_text address = {0};
        enum gh_status status;

        gh_text_cut(&names, ',', &name);
        gh_text_cut(&addresses, ',', &address);
        if (n_ports > 1)
            gh_text_cut(&ports, ',', &port);
        status =
            take_host(arena, name, address, port, &dsn->hosts[dsn->n_hosts]);
        if (status != GH_OK)
            return status;
    }
    return GH_OK;
}

/* --- the whole ----------------------------------------------------------- */

static bool
has_network(const struct gh_dsn *dsn)
{
    for (size_t i = 0; i < dsn->n_hosts; i++) {
        if (!dsn->hosts[i].is_local)
            return true;
    }
    return false;
}

static enum gh_status
take_all(struct gh_arena *arena, const PQconninfoOption *given,
         struct gh_buf *why, struct gh_dsn *dsn)
{
    PQconninfoOption *defaults GH_CLEAN(free_options) = PQconndefaults();
    enum gh_status status;

    if (defaults == NULL)
        return GH_FAULT_MEMORY;
    if (value_of(given, "service")[0] != '\0') {
        gh_buf_lit(why, "names a service; write its settings out instead");
        return GH_MALFORMED;
    }
    status = take_hosts(arena, given, defaults, dsn);
    if (status == GH_MALFORMED)
        gh_buf_lit(why, "lists of hosts, addresses and ports do not fit "
                        "together, or there are more than 8 hosts");
    if (status == GH_OK)
        status = take_options(arena, given, defaults, dsn);
    return status;
}

static bool
is_verified(const struct gh_dsn *dsn)
{
    for (size_t i = 0; i < dsn->n_options; i++) {
        if (strcmp(dsn->keywords[i], "sslmode") == 0)
            return strcmp(dsn->values[i], "verify-full") == 0;
    }
    return false;
}

enum gh_status
gh_dsn_parse(struct gh_arena *arena, struct gh_text text,
             bool is_insecure_allowed, struct gh_buf *why, struct gh_dsn *out)
{
    PQconninfoOption *given GH_CLEAN(free_options) = NULL;
    struct gh_dsn dsn = {0};
    const char *text_z;
    enum gh_status status = copy_z(arena, text, &text_z);

    if (status != GH_OK)
        return status;
    /* libpq's own words may repeat a piece of a password. */
    if (memchr(text_z, '\0', text.len) == NULL && text.len > 0)
        given = PQconninfoParse(text_z, NULL);
    if (given == NULL) {
        gh_buf_lit(why, "is not a connection string that libpq understands");
        return GH_MALFORMED;
    }
    status = take_all(arena, given, why, &dsn);
    if (status != GH_OK)
        return status;
    if (has_network(&dsn) && !is_verified(&dsn) && !is_insecure_allowed) {
        gh_buf_lit(why, "reaches PostgreSQL over TCP without "
                        "sslmode=verify-full");
        return GH_MALFORMED;
    }
    *out = dsn;
    return GH_OK;
}
