/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/dsn: hosts, options, what is refused and what is never
 * repeated. Each test owns its arena.
 */
#include "store/dsn.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "base/banned.h"

struct reading {
    struct gh_arena arena; /* of the result */
    struct gh_dsn dsn;     /* the result */
    char why_z[300];       /* or why not */
};

static enum gh_status
read_dsn(struct reading *out, const char *text_z, bool is_insecure_allowed)
{
    struct gh_buf why = gh_buf_over(out->why_z, sizeof(out->why_z) - 1);
    enum gh_status status;

    memset(&out->dsn, 0, sizeof(out->dsn));
    gh_arena_init(&out->arena, 65536);
    status = gh_dsn_parse(&out->arena, gh_text_of_z(text_z),
                          is_insecure_allowed, &why, &out->dsn);
    out->why_z[why.len] = '\0';
    return status;
}

static const char *
option(const struct gh_dsn *dsn, const char *keyword)
{
    for (size_t i = 0; i < dsn->n_options; i++) {
        if (strcmp(dsn->keywords[i], keyword) == 0)
            return dsn->values[i];
    }
    return "";
}

static void
check_host(const struct gh_dsn_host *host, const char *name_z,
           const char *address_z, const char *port_z)
{
    check_text(gh_text_of_z(name_z), gh_text_of_z(host->name_z));
    check_text(gh_text_of_z(address_z), gh_text_of_z(host->address_z));
    check_text(gh_text_of_z(port_z), gh_text_of_z(host->port_z));
}

static void
hosts_are_taken_apart(void)
{
    struct reading got;

    check_status(GH_OK,
                 read_dsn(&got,
                          "postgresql://u:p@a.example:5433,192.0.2.1:5434,"
                          "[2001:db8::1]:5435/d?sslmode=verify-full",
                          false));
    check_number(3, got.dsn.n_hosts);
    check_host(&got.dsn.hosts[0], "a.example", "", "5433");
    check_host(&got.dsn.hosts[1], "192.0.2.1", "192.0.2.1", "5434");
    check_host(&got.dsn.hosts[2], "2001:db8::1", "2001:db8::1", "5435");
    check(!got.dsn.hosts[0].is_local);
    check_text(GH_TEXT("u"), gh_text_of_z(option(&got.dsn, "user")));
    check_text(GH_TEXT("p"), gh_text_of_z(option(&got.dsn, "password")));
    check_text(GH_TEXT("d"), gh_text_of_z(option(&got.dsn, "dbname")));
    check_text(GH_TEXT(""), gh_text_of_z(option(&got.dsn, "host")));
    gh_arena_done(&got.arena);
}

static void
addresses_ports_and_sockets_go_together(void)
{
    struct reading got;

    check_status(GH_OK, read_dsn(&got,
                                 "host=a,b hostaddr=192.0.2.1,192.0.2.2 "
                                 "port=5433 sslmode=verify-full",
                                 false));
    check_number(2, got.dsn.n_hosts);
    check_host(&got.dsn.hosts[0], "a", "192.0.2.1", "5433");
    check_host(&got.dsn.hosts[1], "b", "192.0.2.2", "5433");
    gh_arena_done(&got.arena);

    check_status(GH_OK, read_dsn(&got, "host=/run/postgresql dbname=d", false));
    check(got.dsn.hosts[0].is_local);
    gh_arena_done(&got.arena);

    check_status(GH_OK, read_dsn(&got, "postgresql:///d", false));
    check_number(1, got.dsn.n_hosts);
    check(got.dsn.hosts[0].is_local);
    gh_arena_done(&got.arena);
}

static void
our_defaults_are_not_those_of_libpq(void)
{
    struct reading got;

    check_status(GH_OK, read_dsn(&got, "host=/run/postgresql", false));
    check_text(GH_TEXT("disable"),
               gh_text_of_z(option(&got.dsn, "gssencmode")));
    check_text(GH_TEXT("read-write"),
               gh_text_of_z(option(&got.dsn, "target_session_attrs")));
    check_text(GH_TEXT("UTF8"),
               gh_text_of_z(option(&got.dsn, "client_encoding")));
    gh_arena_done(&got.arena);
    check_status(GH_OK, read_dsn(&got,
                                 "host=/x target_session_attrs=any "
                                 "client_encoding=LATIN1",
                                 false));
    check_text(GH_TEXT("any"),
               gh_text_of_z(option(&got.dsn, "target_session_attrs")));
    check_text(GH_TEXT("UTF8"),
               gh_text_of_z(option(&got.dsn, "client_encoding")));
    gh_arena_done(&got.arena);
}

static void
conf_007_tcp_without_verify_full_is_refused(void)
{
    static const char *const refused[] = {
        "host=db.example sslmode=prefer",
        "host=db.example sslmode=require",
        "host=db.example sslmode=verify-ca",
        "host=db.example sslmode=disable",
        "host=db.example",
        "host=127.0.0.1",
        "hostaddr=192.0.2.1",
        "host=/run/postgresql,db.example",
        "postgresql://u@db.example/d",
        "postgresql://u@db.example/d?sslmode=require",
    };
    struct reading got;

    for (size_t i = 0; i < GH_COUNT(refused); i++) {
        check_status(GH_MALFORMED, read_dsn(&got, refused[i], false));
        check(strstr(got.why_z, "verify-full") != NULL);
        gh_arena_done(&got.arena);
        check_status(GH_OK, read_dsn(&got, refused[i], true));
        gh_arena_done(&got.arena);
    }
}

static void
conf_007_the_environment_counts_too(void)
{
    struct reading got;

    setenv("PGHOST", "db.example", 1);
    check_status(GH_MALFORMED, read_dsn(&got, "dbname=d", false));
    gh_arena_done(&got.arena);
    setenv("PGSSLMODE", "verify-full", 1);
    check_status(GH_OK, read_dsn(&got, "dbname=d", false));
    gh_arena_done(&got.arena);
    unsetenv("PGHOST");
    check_status(GH_MALFORMED,
                 read_dsn(&got, "host=db.example sslmode=require", false));
    gh_arena_done(&got.arena);
    unsetenv("PGSSLMODE");
}

static void
strings_that_are_none_are_refused_without_repeating_them(void)
{
    static const char *const refused[] = {
        "",
        "password=geheim secret",
        "postgresql://u:geheim@[::1",
        "nonsense=geheim",
        "service=geheim",
        "host=a,b hostaddr=192.0.2.1 sslmode=verify-full",
        "host=a,b,c port=1,2 sslmode=verify-full",
        "host=a,b,c,d,e,f,g,h,i sslmode=verify-full",
    };
    struct reading got;

    for (size_t i = 0; i < GH_COUNT(refused); i++) {
        check_status(GH_MALFORMED, read_dsn(&got, refused[i], false));
        check(got.why_z[0] != '\0');
        check(strstr(got.why_z, "geheim") == NULL);
        check(strstr(got.why_z, "secret") == NULL);
        gh_arena_done(&got.arena);
    }
}

const struct check_case dsn_cases[] = {
    CHECK_CASE(hosts_are_taken_apart),
    CHECK_CASE(addresses_ports_and_sockets_go_together),
    CHECK_CASE(our_defaults_are_not_those_of_libpq),
    CHECK_CASE(conf_007_tcp_without_verify_full_is_refused),
    CHECK_CASE(conf_007_the_environment_counts_too),
    CHECK_CASE(strings_that_are_none_are_refused_without_repeating_them),
    {0},
};
