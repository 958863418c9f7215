/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/web/local: the REDIR payloads, and what may pass.
 */
#include "web/local.h"

#include "check.h"

#include "base/banned.h"

extern const struct check_case local_cases[];

/* What becomes of raw; valid until the arena in it is done. */
static void
leads_to(struct gh_text raw, struct gh_text expected)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text out = {0};

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_local_parse(&arena, raw, GH_TEXT("/auth"), &out));
    check_text(expected, out);
}

static void
own_paths_pass_in_canonical_form(void)
{
    leads_to(GH_TEXT("/"), GH_TEXT("/"));
    leads_to(GH_TEXT("/app/"), GH_TEXT("/app/"));
    leads_to(GH_TEXT("/app/x?a=1&b=%2F"), GH_TEXT("/app/x?a=1&b=%2F"));
    leads_to(GH_TEXT("/%61pp/../app/y"), GH_TEXT("/app/y"));
    leads_to(GH_TEXT("/app/?x=//evil.example"),
             GH_TEXT("/app/?x=//evil.example"));
    leads_to(GH_TEXT("/auth/account"), GH_TEXT("/auth/account"));
    leads_to(GH_TEXT("/auth/logins"), GH_TEXT("/auth/logins"));
}

static void
redir_017_fragments_are_cut_off(void)
{
    leads_to(GH_TEXT("/app/#@evil.example"), GH_TEXT("/app/"));
    leads_to(GH_TEXT("#/app/"), GH_TEXT("/"));
}

static void
redir_001_other_hosts_lead_home(void)
{
    static const char *const payloads[] = {
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/.//evil.example",
        "/./\\evil.example",
        "/app/..//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/ /evil.example",
        "/%09/evil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:[::ffff:216.58.214.206]",
        "app/x",
        "../x",
        "./x",
        "?x",
        "",
        "/../x",
        "/\xe2\x80\xa9/evil.example",
        "/app/%00//evil.example",
    };

    for (size_t i = 0; i < GH_COUNT(payloads); i++)
        leads_to(gh_text_of_z(payloads[i]), GH_TEXT("/"));
    leads_to(GH_TEXT("/app/\0//evil.example"), GH_TEXT("/"));
}

static void
redir_021_circles_lead_home(void)
{
    leads_to(GH_TEXT("/auth/login"), GH_TEXT("/"));
    leads_to(GH_TEXT("/auth/login?return_to=/auth/login"), GH_TEXT("/"));
    leads_to(GH_TEXT("/auth/%6cogin"), GH_TEXT("/"));
    leads_to(GH_TEXT("/auth/logout"), GH_TEXT("/"));
    leads_to(GH_TEXT("/auth/logged-out"), GH_TEXT("/"));
    leads_to(GH_TEXT("/auth/login/x"), GH_TEXT("/"));
}

static void
what_is_too_long_leads_home(void)
{
    char raw[GH_LOCAL_MAX + 1];

    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = i == 0 ? '/' : 'a';
    leads_to((struct gh_text){.at = raw, .len = GH_LOCAL_MAX},
             (struct gh_text){.at = raw, .len = GH_LOCAL_MAX});
    leads_to((struct gh_text){.at = raw, .len = GH_LOCAL_MAX + 1},
             GH_TEXT("/"));
}

const struct check_case local_cases[] = {
    CHECK_CASE(own_paths_pass_in_canonical_form),
    CHECK_CASE(redir_017_fragments_are_cut_off),
    CHECK_CASE(redir_001_other_hosts_lead_home),
    CHECK_CASE(redir_021_circles_lead_home),
    CHECK_CASE(what_is_too_long_leads_home),
    {0},
};
