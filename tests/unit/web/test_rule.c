/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of names that may not cross: samples of each kind under several
 * spellings, names that must pass, and a walk over every row. Attack ids are
 * those of the groups HDR, XFF, HOST, SMUG and BACK.
 */
#include "web/rule_int.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

/* A name and the rule it must have. */
struct expected {
    const char *name_z;      /* as sent */
    enum gh_field_rule rule; /* what must come out */
};

static void
check_rules(enum gh_field_rule (*rule)(struct gh_text), size_t n,
            const struct expected *rows)
{
    for (size_t i = 0; i < n; i++) {
        if (!check_number(rows[i].rule, rule(gh_text_of_z(rows[i].name_z))))
            check_text(GH_TEXT("(the rule of)"), gh_text_of_z(rows[i].name_z));
    }
}

static void
no_client_can_say_who_it_is(void)
{
    static const struct expected rows[] = {
        {"Remote-User", GH_FIELD_IDENTITY},
        {"Remote-Name", GH_FIELD_IDENTITY},
        {"Remote-Email", GH_FIELD_IDENTITY},
        {"Remote-Groups", GH_FIELD_IDENTITY},
        {"REMOTE_USER", GH_FIELD_IDENTITY},
        {"remote.user", GH_FIELD_IDENTITY},
        {"Remote~User", GH_FIELD_IDENTITY},
        {"Remote!User", GH_FIELD_IDENTITY},
        {"rEMOTE-uSER", GH_FIELD_IDENTITY},
        {"Remote-Sub", GH_FIELD_IDENTITY},
        {"X-Gatehouse-Session", GH_FIELD_IDENTITY},
        {"X-Gatehouse-Level", GH_FIELD_IDENTITY},
        {"X-Gatehouse-Assertion", GH_FIELD_IDENTITY},
        {"X_Gatehouse_User", GH_FIELD_IDENTITY}, /* HDR-003 */
        {"X.Gatehouse.User", GH_FIELD_IDENTITY}, /* HDR-005 */
        {"x_gatehouse-anything", GH_FIELD_IDENTITY},
        {"X-Gatehouse-", GH_FIELD_IDENTITY},
        {"X-Forwarded-User", GH_FIELD_IDENTITY},
        {"X-Forwarded-Groups", GH_FIELD_IDENTITY},
        {"X-Forwarded-Email", GH_FIELD_IDENTITY},
        {"X-Forwarded-Preferred-Username", GH_FIELD_IDENTITY},
        {"X-Forwarded-Access-Token", GH_FIELD_IDENTITY},
        {"X-Auth-Request-User", GH_FIELD_IDENTITY},
        {"X-Auth-Request-Access-Token", GH_FIELD_IDENTITY},
        {"Auth-User", GH_FIELD_IDENTITY},
        {"Auth-Groups", GH_FIELD_IDENTITY},
        {"X-authentik-username", GH_FIELD_IDENTITY},
        {"X-Pomerium-Jwt-Assertion", GH_FIELD_IDENTITY},
        {"X-WEBAUTH-USER", GH_FIELD_IDENTITY},
        {"X-Vouch-User", GH_FIELD_IDENTITY},
        {"OIDC_CLAIM_sub", GH_FIELD_IDENTITY},
        {"OIDC_access_token", GH_FIELD_IDENTITY},
        {"Lm-Remote-User", GH_FIELD_IDENTITY},
        {"Shib-Session-ID", GH_FIELD_IDENTITY},
        {"Tailscale-User-Login", GH_FIELD_IDENTITY},
        {"Cf-Access-Jwt-Assertion", GH_FIELD_IDENTITY},
        {"X-Remote-User", GH_FIELD_IDENTITY},
        {"X-Remote-Extra-Scopes", GH_FIELD_IDENTITY},
        {"X-SSL-Client-S-DN", GH_FIELD_IDENTITY},
        {"Client-Cert", GH_FIELD_IDENTITY},
        {"X-Amzn-Oidc-Data", GH_FIELD_IDENTITY},
    };

    check_rules(gh_field_rule_request, GH_COUNT(rows), rows);
}

static void
no_client_can_say_where_it_is_or_what_it_means(void)
{
    static const struct expected rows[] = {
        {"Forwarded", GH_FIELD_FORWARDED},
        {"X-Forwarded-For", GH_FIELD_FORWARDED},
        {"X-Forwarded-Proto", GH_FIELD_FORWARDED}, /* XFF-009 */
        {"X-Forwarded-Host", GH_FIELD_FORWARDED},  /* HOST-007 */
        {"X-Forwarded-Ssl", GH_FIELD_FORWARDED},
        {"X-Forwarded-Uri", GH_FIELD_FORWARDED},
        {"x_forwarded_for", GH_FIELD_FORWARDED},
        {"Front-End-Https", GH_FIELD_FORWARDED},
        {"X-Real-IP", GH_FIELD_FORWARDED},
        {"True-Client-IP", GH_FIELD_FORWARDED},
        {"X-Client-IP", GH_FIELD_FORWARDED},
        {"X-Cluster-Client-Ip", GH_FIELD_FORWARDED},
        {"Client-IP", GH_FIELD_FORWARDED},
        {"CF-Connecting-IP", GH_FIELD_FORWARDED},
        {"X-Original-Forwarded-For", GH_FIELD_FORWARDED},
        {"X-Original-Host", GH_FIELD_FORWARDED},
        {"X-Host", GH_FIELD_FORWARDED},
        {"X-Scheme", GH_FIELD_FORWARDED},
        {"Remote-Addr", GH_FIELD_FORWARDED},
        {"X-Envoy-External-Address", GH_FIELD_FORWARDED},
        {"X-Original-URL", GH_FIELD_REWRITE}, /* HDR-021 */
        {"X-Rewrite-URL", GH_FIELD_REWRITE},
        {"X-Original-Uri", GH_FIELD_REWRITE},
        {"X-Original-Method", GH_FIELD_REWRITE},
        {"X-HTTP-Method", GH_FIELD_REWRITE},
        {"X-HTTP-Method-Override", GH_FIELD_REWRITE},
        {"X_HTTP_METHOD_OVERRIDE", GH_FIELD_REWRITE},
        {"X-Method-Override", GH_FIELD_REWRITE},
        {"X-Middleware-Subrequest", GH_FIELD_REWRITE},
        {"Proxy", GH_FIELD_REWRITE},
        {"X-Sendfile-Type", GH_FIELD_COMMAND},
        {"X-Accel-Mapping", GH_FIELD_COMMAND},
    };

    check_rules(gh_field_rule_request, GH_COUNT(rows), rows);
}

static void
what_belongs_to_one_connection_stays_on_it(void)
{
    static const struct expected requests[] = {
        {"Authorization", GH_FIELD_CREDENTIAL}, /* HDR-019 */
        {"Proxy-Authorization", GH_FIELD_CREDENTIAL},
        {"Connection", GH_FIELD_HOP},
        {"Keep-Alive", GH_FIELD_HOP},
        {"Proxy-Connection", GH_FIELD_HOP},
        {"Proxy-Anything", GH_FIELD_HOP},
        {"TE", GH_FIELD_HOP}, /* SMUG-017 */
        {"Trailer", GH_FIELD_HOP},
        {"Trailers", GH_FIELD_HOP},
        {"Upgrade", GH_FIELD_HOP},
        {"HTTP2-Settings", GH_FIELD_HOP},
        {"Expect", GH_FIELD_HOP},
        {"Content-Length", GH_FIELD_FRAMING},
        {"Content_Length", GH_FIELD_FRAMING}, /* SMUG-009 */
        {"Transfer_Encoding", GH_FIELD_FRAMING},
        {"Host", GH_FIELD_OURS},
        {"Cookie", GH_FIELD_OURS},
        {"Content_Type", GH_FIELD_OURS},
        {"X-Request-Id", GH_FIELD_OURS}, /* HDR-031 */
    };
    static const struct expected responses[] = {
        {"Connection", GH_FIELD_HOP}, /* BACK-025 */
        {"Keep-Alive", GH_FIELD_HOP},
        {"Proxy-Authenticate", GH_FIELD_HOP},
        {"Trailer", GH_FIELD_HOP},
        {"Upgrade", GH_FIELD_HOP},
        {"Content-Length", GH_FIELD_FRAMING},
        {"Transfer-Encoding", GH_FIELD_FRAMING},
        {"Remote-User", GH_FIELD_IDENTITY},
        {"X-Gatehouse-User", GH_FIELD_IDENTITY},
        {"X-Request-Id", GH_FIELD_OURS},
    };

    check_rules(gh_field_rule_request, GH_COUNT(requests), requests);
    check_rules(gh_field_rule_response, GH_COUNT(responses), responses);
}

static void
no_application_commands_the_web_server(void)
{
    static const struct expected rows[] = {
        {"Status", GH_FIELD_COMMAND},
        {"X-Accel-Redirect", GH_FIELD_COMMAND}, /* BACK-023 */
        {"X-Accel-Expires", GH_FIELD_COMMAND},
        {"X-Accel-Buffering", GH_FIELD_COMMAND},
        {"X-Accel-Limit-Rate", GH_FIELD_COMMAND},
        {"X-Accel-Charset", GH_FIELD_COMMAND},
        {"x_accel_redirect", GH_FIELD_COMMAND},
        {"X-Sendfile", GH_FIELD_COMMAND},
        {"X-Sendfile2", GH_FIELD_COMMAND},
        {"X-LIGHTTPD-send-file", GH_FIELD_COMMAND},
        {"X-LIGHTTPD-KBytes-per-second", GH_FIELD_COMMAND},
        {"Variable-REMOTE_USER", GH_FIELD_COMMAND},
        {"X-Reproxy-URL", GH_FIELD_COMMAND},
    };

    check_rules(gh_field_rule_response, GH_COUNT(rows), rows);
}

static void
ordinary_names_pass(void)
{
    static const char *const requests[] = {
        "Accept",
        "Accept-Encoding",
        "Content-Encoding",
        "If-None-Match",
        "Origin",
        "Range",
        "Referer",
        "Sec-Fetch-Mode",
        "User-Agent",
        "Upgrade-Insecure-Requests",
        "X-Requested-With",
        "X-CSRF-Token",
        "X-Auth-Token",
        "X-User-Id",
        "X-Api-Key",
        "Via",
        "Traceparent",
        "X-Correlation-Id",
        "Cookies",
        "Hosts",
        "Tea",
        "Remote",
        "X-Gatehouse",
        "-",
        "_",
        "",
    };
    static const char *const responses[] = {
        "Content-Type",
        "Date",
        "ETag",
        "Location",
        "Server",
        "Set-Cookie",
        "Vary",
        "WWW-Authenticate",
        "X-Powered-By",
        "Cache-Control",
        "Statuses",
        "Proxy-Status",
        "Content-Disposition",
        "X-Custom",
    };

    for (size_t i = 0; i < GH_COUNT(requests); i++)
        check_number(GH_FIELD_PASSES,
                     gh_field_rule_request(gh_text_of_z(requests[i])));
    for (size_t i = 0; i < GH_COUNT(responses); i++)
        check_number(GH_FIELD_PASSES,
                     gh_field_rule_response(gh_text_of_z(responses[i])));
}

/* Every row is folded, behind its predecessor, and says something. */
static void
check_rows(const struct gh_rule_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gh_text name = rows[i].name;

        check(name.len > 0 && name.len <= 64);
        check(rows[i].rule != GH_FIELD_PASSES);
        for (size_t k = 0; k < name.len; k++)
            check(name.at[k] == '-' ||
                  (name.at[k] >= '0' && name.at[k] <= '9') ||
                  (name.at[k] >= 'a' && name.at[k] <= 'z'));
        /* The texts are literals, so strcmp() may look for their NUL. */
        if (i > 0 && !check(strcmp(rows[i - 1].name.at, name.at) < 0))
            check_text(GH_TEXT("(in order)"), name);
        if (i > 0 && !check(!gh_text_starts(name, rows[i - 1].name)))
            check_text(GH_TEXT("(begins with its predecessor)"), name);
    }
}

/* The rule holds for the row's name as it is, in upper case with "_", and
 * with "." or "~" for "-"; a prefix also for what it begins. */
static void
check_spellings(const struct gh_rule_row *row, bool is_prefix,
                enum gh_field_rule (*rule)(struct gh_text))
{
    static const char separators[] = "-_.~";

    for (size_t s = 0; s < sizeof(separators) - 1; s++) {
        char at[80];
        size_t len = row->name.len;

        for (size_t i = 0; i < len; i++) {
            char c = row->name.at[i];

            if (c == '-')
                at[i] = separators[s];
            else
                at[i] = c >= 'a' && s % 2 == 1 ? (char)(c - 32) : c;
        }
        if (is_prefix)
            at[len++] = 'q';
        check_number(row->rule, rule((struct gh_text){.at = at, .len = len}));
    }
}

static void
check_table(const struct gh_rule_table *table,
            enum gh_field_rule (*rule)(struct gh_text))
{
    check_rows(table->prefixes, table->n_prefixes);
    for (size_t i = 0; i < table->n_prefixes; i++)
        check_spellings(&table->prefixes[i], true, rule);
    for (size_t i = 0; i < table->n_names; i++)
        check_spellings(&table->names[i], false, rule);

    /* A whole name under a prefix is there to say something else. */
    for (size_t i = 0; i < table->n_names; i++) {
        for (size_t k = 0; k < table->n_prefixes; k++) {
            const struct gh_rule_row *name = &table->names[i];
            const struct gh_rule_row *prefix = &table->prefixes[k];

            if (gh_text_starts(name->name, prefix->name) &&
                !check(name->rule != prefix->rule))
                check_text(prefix->name, name->name);
        }
        if (i > 0)
            check(strcmp(table->names[i - 1].name.at, table->names[i].name.at) <
                  0);
    }
}

static void
the_tables_are_sorted_and_every_spelling_is_found(void)
{
    check_table(&gh_rule_request, gh_field_rule_request);
    check_table(&gh_rule_response, gh_field_rule_response);
}

static void
long_names_are_compared_as_far_as_it_matters(void)
{
    char at[5000];
    struct gh_text name = {.at = at, .len = sizeof(at)};

    memset(at, 'a', sizeof(at));
    check_number(GH_FIELD_PASSES, gh_field_rule_request(name));
    memcpy(at, "X_Gatehouse_", 12);
    check_number(GH_FIELD_IDENTITY, gh_field_rule_request(name));
}

const struct check_case rule_cases[] = {
    CHECK_CASE(no_client_can_say_who_it_is),
    CHECK_CASE(no_client_can_say_where_it_is_or_what_it_means),
    CHECK_CASE(what_belongs_to_one_connection_stays_on_it),
    CHECK_CASE(no_application_commands_the_web_server),
    CHECK_CASE(ordinary_names_pass),
    CHECK_CASE(the_tables_are_sorted_and_every_spelling_is_found),
    CHECK_CASE(long_names_are_compared_as_far_as_it_matters),
    {0},
};
