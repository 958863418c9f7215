/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/settings_check: what follows from the values, and values
 * that do not go together.
 */
#include "settings_int.h"

#include "check.h"
#include "config.h"

#include "base/banned.h"

/* A configuration out of pieces; a NULL piece is an ordinary one. */
struct pieces {
    const char *gateway_z;     /* lines of [gateway] */
    const char *origins_z;     /* value */
    const char *entry_z;       /* more lines of the entry */
    const char *path_z;        /* of the application */
    const char *backend_z;     /* of the application */
    const char *application_z; /* more lines of it, or more sections */
};

static const char *
text_or(const char *text_z, const char *otherwise_z)
{
    return text_z == NULL ? otherwise_z : text_z;
}

static enum gh_status
read_pieces(const struct pieces *pieces, struct gh_settings **out)
{
    char text[8192];
    int n = snprintf(
        text, sizeof(text),
        "[gateway]\n%s\n[entry public]\norigins = %s\n%s\n%s\n"
        "[application one]\naccess = public\npath = %s\nbackend = %s\n%s\n",
        text_or(pieces->gateway_z, ""),
        text_or(pieces->origins_z, "https://localhost"),
        text_or(pieces->entry_z, ""),
        pieces->entry_z != NULL &&
                gh_text_starts(gh_text_of_z(pieces->entry_z), GH_TEXT("socket"))
            ? ""
            : "socket = @/s",
        text_or(pieces->path_z, "/one/"),
        text_or(pieces->backend_z, "http://127.0.0.1:9"),
        text_or(pieces->application_z, ""));

    *out = NULL;
    return config_read((struct gh_text){text, (size_t)n}, out);
}

static void
check_refused(const struct pieces *pieces, struct gh_text words)
{
    struct gh_settings *settings;

    check_status(GH_MALFORMED, read_pieces(pieces, &settings));
    if (!config_contains(config_complaints(), words))
        check_text(words, config_complaints());
    gh_settings_release(settings);
}

static void
check_accepted(const struct pieces *pieces)
{
    struct gh_settings *settings;

    check_status(GH_OK, read_pieces(pieces, &settings));
    check_text(GH_TEXT(""), config_complaints());
    gh_settings_release(settings);
}

static void
CONF_001_FastCGI_over_TCP_is_refused(void)
{
    static const char *const sockets[] = {
        "socket = 0.0.0.0:9000", "socket = :9000",
        "socket = tcp://127.0.0.1:9000", "socket = run/public.sock"};

    for (size_t i = 0; i < GH_COUNT(sockets); i++)
        check_refused(&(struct pieces){.entry_z = sockets[i]},
                      GH_TEXT("socket must be an absolute path; FastCGI over "
                              "TCP is not offered"));
}

static void
origins_must_be_https_and_nothing_behind(void)
{
    static const char *const bad[] = {
        "http://localhost",           "localhost",
        "https://localhost/",         "https://user@localhost",
        "https://localhost, ftp://x", "https://localhost,",
        "https://*.localhost",        "https://",
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.origins_z = bad[i]},
                      GH_TEXT("is not of the form https://host"));
    check_accepted(
        &(struct pieces){.origins_z = "https://LOCALHOST:8443 ,https://[::1]"});
}

static void
too_many_origins_are_refused(void)
{
    char many[2048];
    struct gh_buf buf = gh_buf_over(many, sizeof(many) - 1);

    for (uint64_t i = 0; i <= GH_MAX_ORIGINS; i++) {
        gh_buf_lit(&buf, "https://h");
        gh_buf_number(&buf, i);
        if (i < GH_MAX_ORIGINS)
            gh_buf_lit(&buf, ",");
    }
    many[buf.len] = '\0';
    check_refused(&(struct pieces){.origins_z = many},
                  GH_TEXT("origins must be 1 to 64 addresses"));
}

static void
application_path_must_be_canonical(void)
{
    static const char *const bad[] = {
        "one", "/a/../b", "/%61", "/a?b", "/a#b", "/a b", "/a%2fb", "/a\\b",
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.path_z = bad[i]},
                      GH_TEXT("path must be a canonical path"));
    check_accepted(&(struct pieces){.path_z = "/"});
    check_accepted(&(struct pieces){.path_z = "/a"});
}

/* @ and %40 are the same to a web server, and not to RFC 3986. */
static void
path_with_two_spellings_is_refused(void)
{
    static const char *const bad[] = {"/%40a/", "/a%2Bb", "/a+b", "/a,b",
                                      "/a:b"};

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.path_z = bad[i]},
                      GH_TEXT("others have more than one spelling"));
    check_accepted(&(struct pieces){.path_z = "/a-b_c.d~/%C3%A9/"});
}

static void
application_inside_base_path_is_refused(void)
{
    static const char *const inside[] = {"/auth", "/auth/", "/auth/static"};

    for (size_t i = 0; i < GH_COUNT(inside); i++)
        check_refused(&(struct pieces){.path_z = inside[i]},
                      GH_TEXT("path lies in base_path"));
    check_accepted(&(struct pieces){.path_z = "/authors/"});
    check_refused(
        &(struct pieces){.gateway_z = "base_path = /own", .path_z = "/own/"},
        GH_TEXT("path lies in base_path"));
}

static void
two_applications_at_one_place_are_refused(void)
{
    check_refused(
        &(struct pieces){.application_z =
                             "[application two]\npath = /one/\n"
                             "backend = http://127.0.0.1:9\naccess = public"},
        GH_TEXT("another application has the same host and path"));
    check_accepted(&(struct pieces){.application_z =
                                        "[application two]\npath = /one/\n"
                                        "host = localhost\naccess = public\n"
                                        "backend = http://127.0.0.1:9"});
}

static void
application_host_must_be_served(void)
{
    check_refused(&(struct pieces){.application_z = "host = other.example"},
                  GH_TEXT("host \"other.example\" is in no entry's origins"));
    check_accepted(&(struct pieces){.application_z = "host = localhost"});
}

static void
backends_must_be_http_or_a_unix_socket(void)
{
    static const char *const bad[] = {
        "https://127.0.0.1:9",  "127.0.0.1:9",
        "http://127.0.0.1:9/x", "http://",
        "unix:/x.sock",         "http://127.0.0.1:99999",
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.backend_z = bad[i]},
                      GH_TEXT("backend must be http://host:port or "));
    check_refused(&(struct pieces){.backend_z = "http://unix:x.sock"},
                  GH_TEXT("http://unix:/path/of.sock, the path absolute"));
    check_refused(&(struct pieces){.backend_z = "http://unix:"},
                  GH_TEXT("http://unix:/path/of.sock, the path absolute"));
}

static void
backend_addresses_are_looked_up(void)
{
    const struct gh_reach *reach;
    struct gh_settings *settings;
    struct gh_text urls;

    check_status(GH_OK,
                 read_pieces(&(struct pieces){.backend_z = "http://[::1]:8080"},
                             &settings));
    if (settings == NULL)
        return;
    reach = &settings->mounts->reaches[0];
    check_number(1, reach->n_addresses);
    check_number(AF_INET6, reach->addresses[0].addr.any.sa_family);
    urls = (struct gh_text){reach->urls, reach->urls_len};
    check_text(GH_TEXT("http://[::1]:8080"), urls);
    gh_settings_release(settings);
}

static void
accounts_and_groups_must_exist(void)
{
    struct gh_settings *settings;

    check_refused(&(struct pieces){.entry_z = "group = no-such-group"},
                  GH_TEXT("there is no group \"no-such-group\""));
    check_refused(&(struct pieces){.entry_z = "peers = root, no-such-account"},
                  GH_TEXT("peers: there is no account \"no-such-account\""));
    check_refused(&(struct pieces){.entry_z = "peers = root,"},
                  GH_TEXT("peers: there is no account \"\""));
    check_status(GH_OK, read_pieces(&(struct pieces){.entry_z = "peers = root\n"
                                                                "group = root"},
                                    &settings));
    if (settings == NULL)
        return;
    check_number(1, settings->entries[0].n_peers);
    check_number(0, settings->entries[0].peers[0]);
    check_number(0, settings->entries[0].gid);
    gh_settings_release(settings);
}

static void
XFF_003_trusted_proxies_must_be_networks(void)
{
    struct gh_settings *settings;

    check_refused(&(struct pieces){.entry_z = "trusted_proxies = 10.1.0.0/8"},
                  GH_TEXT("\"10.1.0.0/8\" is not a network"));
    check_refused(&(struct pieces){.entry_z = "trusted_proxies = localhost"},
                  GH_TEXT("\"localhost\" is not a network"));
    check_status(GH_OK,
                 read_pieces(&(struct pieces){.entry_z = "trusted_proxies = "
                                                         "10.0.0.0/8, ::1"},
                             &settings));
    if (settings == NULL)
        return;
    check_number(2, settings->entries[0].n_proxies);
    gh_settings_release(settings);
}

static void
base_path_must_be_one_canonical_segment(void)
{
    static const char *const bad[] = {
        "base_path = auth", "base_path = /auth/", "base_path = //",
        "base_path = /..",  "base_path = /a/b",   "base_path = /a%41",
        "base_path = /a b", "base_path = /a?b",
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.gateway_z = bad[i]},
                      GH_TEXT("base_path must be one segment"));
    check_accepted(&(struct pieces){.gateway_z = "base_path = /-"});
}

static void
cookie_name_must_be_bound_to_the_host(void)
{
    static const char *const bad[] = {
        "cookie_name = __Secure-id", "cookie_name = sessionid",
        "cookie_name = __host-id1",  "cookie_name = __Host-i;d",
        "cookie_name = __Host-i d",
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check_refused(&(struct pieces){.gateway_z = bad[i]},
                      GH_TEXT("cookie_name must begin with __Host-"));
    check_accepted(&(struct pieces){.gateway_z = "cookie_name = __Host-a_B-1"});
}

const struct check_case settings_check_cases[] = {
    CHECK_CASE(CONF_001_FastCGI_over_TCP_is_refused),
    CHECK_CASE(origins_must_be_https_and_nothing_behind),
    CHECK_CASE(too_many_origins_are_refused),
    CHECK_CASE(application_path_must_be_canonical),
    CHECK_CASE(path_with_two_spellings_is_refused),
    CHECK_CASE(application_inside_base_path_is_refused),
    CHECK_CASE(two_applications_at_one_place_are_refused),
    CHECK_CASE(application_host_must_be_served),
    CHECK_CASE(backends_must_be_http_or_a_unix_socket),
    CHECK_CASE(backend_addresses_are_looked_up),
    CHECK_CASE(accounts_and_groups_must_exist),
    CHECK_CASE(XFF_003_trusted_proxies_must_be_networks),
    CHECK_CASE(base_path_must_be_one_canonical_segment),
    CHECK_CASE(cookie_name_must_be_bound_to_the_host),
    {0},
};
