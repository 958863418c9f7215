/* SPDX-License-Identifier: Apache-2.0
 *
 * Which field names may cross the gateway: two constant tables, one for each
 * direction, and the search in them. Owns nothing, holds no state. Called
 * through fields.h by parse, forward and the back-end client.
 *
 * Listed is every name by which a product in wide use lets a server say who a
 * person is, where a request came from, or which other URL or method is
 * meant: an application behind Gatehouse may believe any of them, since the
 * server it was written for would have removed what a client sent. Names that
 * clients send with good reason (X-Auth-Token, X-User-Id, Via, X-Requested-
 * With) pass. X-Request-Id is ours in both directions: the exchange id takes
 * its place. Date and Server of an application pass.
 *
 * Rows are folded names in byte order. A name that has no row of its own has
 * the rule of the prefix it begins with; no prefix begins with another.
 */
#include "web/rule_int.h"

#include <string.h>

#include "base/banned.h"

enum {
    MAX_FOLDED = 64, /* no row is longer */
};

#define ROW(text, kind)                                                        \
    {                                                                          \
        .name = GH_TEXT_INIT(text), .rule = GH_FIELD_##kind                    \
    }

/* What a client sends: whole names. */
static const struct gh_rule_row request_names[] = {
    ROW("auth-email", IDENTITY), /* LemonLDAP::NG; Auth-* preset */
    ROW("auth-groups", IDENTITY),
    ROW("auth-level", IDENTITY),
    ROW("auth-mail", IDENTITY),
    ROW("auth-name", IDENTITY),
    ROW("auth-roles", IDENTITY),
    ROW("auth-type", IDENTITY), /* CGI */
    ROW("auth-user", IDENTITY),
    ROW("authorization", CREDENTIAL),
    ROW("cf-connecting-ip", FORWARDED), /* Cloudflare */
    ROW("cf-connecting-ipv6", FORWARDED),
    ROW("cf-ipcountry", FORWARDED),
    ROW("cf-pseudo-ipv4", FORWARDED),
    ROW("cf-visitor", FORWARDED),
    ROW("cf-worker", FORWARDED),
    ROW("client-cert", IDENTITY), /* RFC 9440 */
    ROW("client-cert-chain", IDENTITY),
    ROW("client-ip", FORWARDED),
    ROW("cluster-client-ip", FORWARDED),
    ROW("connection", HOP),
    ROW("content-length", FRAMING),
    ROW("content-type", OURS), /* from CONTENT_TYPE */
    ROW("cookie", OURS),
    ROW("cookie2", OURS),
    ROW("display-name", IDENTITY), /* LemonLDAP::NG */
    ROW("expect", HOP),            /* answered by the web server */
    ROW("fastly-client-ip", FORWARDED),
    ROW("fastly-ssl", FORWARDED),
    ROW("fly-client-ip", FORWARDED),
    ROW("forwarded", FORWARDED),       /* RFC 7239 */
    ROW("front-end-https", FORWARDED), /* Exchange */
    ROW("gap-auth", IDENTITY),         /* oauth2-proxy */
    ROW("gap-signature", IDENTITY),
    ROW("host", OURS),
    ROW("http2-settings", HOP),
    ROW("iv-creds", IDENTITY), /* WebSEAL */
    ROW("iv-groups", IDENTITY),
    ROW("iv-user", IDENTITY),
    ROW("keep-alive", HOP),
    ROW("proxy", REWRITE), /* HTTP_PROXY: CVE-2016-5385 */
    ROW("proxy-authorization", CREDENTIAL),
    ROW("remote-addr", FORWARDED),
    ROW("remote-host", FORWARDED),
    ROW("remote-ip", FORWARDED),
    ROW("remote-port", FORWARDED),
    ROW("sm-user", IDENTITY), /* SiteMinder */
    ROW("te", HOP),
    ROW("trailer", HOP),
    ROW("trailers", HOP),
    ROW("transfer-encoding", FRAMING),
    ROW("true-client-ip", FORWARDED), /* Akamai */
    ROW("upgrade", HOP),
    ROW("x-anonymous-consumer", IDENTITY),      /* Kong */
    ROW("x-apigateway-api-userinfo", IDENTITY), /* API Gateway, Endpoints */
    ROW("x-appengine-user-email", IDENTITY),    /* App Engine */
    ROW("x-appengine-user-id", IDENTITY),
    ROW("x-appengine-user-is-admin", IDENTITY),
    ROW("x-appengine-user-nickname", IDENTITY),
    ROW("x-arr-clientcert", IDENTITY), /* Azure */
    ROW("x-arr-ssl", FORWARDED),       /* Azure */
    ROW("x-auth-email", IDENTITY),
    ROW("x-auth-groups", IDENTITY),
    ROW("x-auth-name", IDENTITY),
    ROW("x-auth-roles", IDENTITY),
    ROW("x-auth-user", IDENTITY),
    ROW("x-auth-username", IDENTITY),
    ROW("x-azure-clientip", FORWARDED),
    ROW("x-azure-socketip", FORWARDED),
    ROW("x-client-cert", IDENTITY),
    ROW("x-client-dn", IDENTITY),
    ROW("x-client-host", FORWARDED),
    ROW("x-client-ip", FORWARDED),
    ROW("x-client-port", FORWARDED),
    ROW("x-client-proto", FORWARDED),
    ROW("x-client-verify", IDENTITY),
    ROW("x-clientip", FORWARDED),
    ROW("x-cluster-client-ip", FORWARDED),
    ROW("x-coming-from", FORWARDED),
    ROW("x-custom-ip-authorization", FORWARDED),
    ROW("x-email", IDENTITY),
    ROW("x-endpoint-api-userinfo", IDENTITY),
    ROW("x-envoy-original-path", REWRITE),
    ROW("x-forwarded-access-token", IDENTITY), /* oauth2-proxy */
    ROW("x-forwarded-client-cert", IDENTITY),  /* Envoy */
    ROW("x-forwarded-email", IDENTITY),
    ROW("x-forwarded-groups", IDENTITY),
    ROW("x-forwarded-name", IDENTITY),
    ROW("x-forwarded-preferred-username", IDENTITY),
    ROW("x-forwarded-roles", IDENTITY),
    ROW("x-forwarded-user", IDENTITY),
    ROW("x-groups", IDENTITY),
    ROW("x-host", FORWARDED),
    ROW("x-https", FORWARDED),
    ROW("x-id-token", IDENTITY),      /* APISIX */
    ROW("x-jwt-assertion", IDENTITY), /* WSO2 */
    ROW("x-matched-path", REWRITE),   /* Next.js */
    ROW("x-method", REWRITE),
    ROW("x-method-override", REWRITE),
    ROW("x-original-method", REWRITE),
    ROW("x-original-uri", REWRITE),
    ROW("x-original-url", REWRITE),
    ROW("x-originating-ip", FORWARDED),
    ROW("x-override-url", REWRITE),
    ROW("x-proto", FORWARDED),
    ROW("x-proxyuser-ip", FORWARDED),
    ROW("x-remote-addr", FORWARDED),
    ROW("x-remote-host", FORWARDED),
    ROW("x-remote-ip", FORWARDED),
    ROW("x-remote-port", FORWARDED),
    ROW("x-request-id", OURS),
    ROW("x-roles", IDENTITY),
    ROW("x-scheme", FORWARDED),
    ROW("x-scope-orgid", IDENTITY), /* Loki, Mimir */
    ROW("x-script-name", REWRITE),
    ROW("x-sendfile-type", COMMAND), /* Rack: CVE-2025-61780 */
    ROW("x-server-name", FORWARDED),
    ROW("x-server-port", FORWARDED),
    ROW("x-ssl", FORWARDED),
    ROW("x-true-client-ip", FORWARDED),
    ROW("x-url-scheme", FORWARDED),
    ROW("x-user", IDENTITY), /* Oathkeeper */
    ROW("x-user-email", IDENTITY),
    ROW("x-user-groups", IDENTITY),
    ROW("x-user-name", IDENTITY),
    ROW("x-user-roles", IDENTITY),
    ROW("x-userinfo", IDENTITY),
    ROW("x-username", IDENTITY),
};

/* What a client sends: beginnings. */
static const struct gh_rule_row request_prefixes[] = {
    ROW("cf-access-", IDENTITY), /* Cloudflare Access */
    ROW("forwarded-", FORWARDED),
    ROW("gatehouse-", IDENTITY),
    ROW("impersonate-", IDENTITY), /* Kubernetes */
    ROW("lm-remote-", IDENTITY),   /* LemonLDAP::NG */
    ROW("oidc-", IDENTITY),        /* mod_auth_openidc */
    ROW("proxy-", HOP),
    ROW("remote-", IDENTITY), /* Authelia, Tinyauth; CGI */
    ROW("shib-", IDENTITY),   /* Shibboleth */
    ROW("ssl-client-", IDENTITY),
    ROW("tailscale-", IDENTITY),
    ROW("teleport-", IDENTITY),
    ROW("wl-proxy-", FORWARDED),   /* WebLogic */
    ROW("x-accel-", COMMAND),      /* Rack: X-Accel-Mapping */
    ROW("x-amzn-oidc-", IDENTITY), /* AWS ALB */
    ROW("x-appengine-", FORWARDED),
    ROW("x-auth-request-", IDENTITY),  /* oauth2-proxy */
    ROW("x-authenticated-", IDENTITY), /* Kong */
    ROW("x-authentik-", IDENTITY),
    ROW("x-consumer-", IDENTITY), /* Kong */
    ROW("x-credential-", IDENTITY),
    ROW("x-envoy-", FORWARDED),
    ROW("x-forward", FORWARDED), /* X-Forwarded-*, X-Forward-For */
    ROW("x-gatehouse-", IDENTITY),
    ROW("x-goog-authenticated-", IDENTITY), /* Google IAP */
    ROW("x-goog-iap-", IDENTITY),
    ROW("x-http-", REWRITE),   /* X-HTTP-Method-Override */
    ROW("x-invoke-", REWRITE), /* Next.js */
    ROW("x-lighttpd-", COMMAND),
    ROW("x-middleware-", REWRITE),          /* Next.js: CVE-2025-29927 */
    ROW("x-ms-client-principal", IDENTITY), /* Azure */
    ROW("x-ms-token-", IDENTITY),
    ROW("x-original-", FORWARDED), /* ASP.NET, ingress-nginx */
    ROW("x-pomerium-", IDENTITY),
    ROW("x-real-", FORWARDED),
    ROW("x-remote-", IDENTITY), /* Kubernetes */
    ROW("x-rewrite-", REWRITE),
    ROW("x-sandstorm-", IDENTITY),
    ROW("x-ssl-", IDENTITY),
    ROW("x-tinyauth-", IDENTITY),
    ROW("x-tls-client-", IDENTITY),
    ROW("x-vouch-", IDENTITY),
    ROW("x-webauth-", IDENTITY), /* Grafana */
};

/* What an application answers: whole names. */
static const struct gh_rule_row response_names[] = {
    ROW("alt-svc", HOP), /* would name another server for our host */
    ROW("connection", HOP),
    ROW("content-length", FRAMING),
    ROW("http2-settings", HOP),
    ROW("keep-alive", HOP),
    ROW("nel", HOP), /* would have all of our host's errors told to others */
    ROW("proxy-authenticate", HOP),
    ROW("proxy-authentication-info", HOP),
    ROW("proxy-authorization", HOP),
    ROW("proxy-connection", HOP),
    ROW("remote-email", IDENTITY),
    ROW("remote-groups", IDENTITY),
    ROW("remote-name", IDENTITY),
    ROW("remote-user", IDENTITY),
    ROW("report-to", HOP),
    ROW("script-control", COMMAND),     /* CGI */
    ROW("service-worker-allowed", HOP), /* would take our pages over, too */
    ROW("status", COMMAND),             /* CGI */
    ROW("te", HOP),
    ROW("trailer", HOP),
    ROW("trailers", HOP),
    ROW("transfer-encoding", FRAMING),
    ROW("upgrade", HOP),
    ROW("x-request-id", OURS),
    ROW("x-send-tempfile", COMMAND),
};

/* What an application answers: beginnings. */
static const struct gh_rule_row response_prefixes[] = {
    ROW("gatehouse-", IDENTITY),
    ROW("lm-remote-", IDENTITY), /* LemonLDAP::NG */
    ROW("variable-", COMMAND),   /* FastCGI authorizer */
    ROW("x-accel-", COMMAND),    /* nginx */
    ROW("x-auth-request-", IDENTITY),
    ROW("x-gatehouse-", IDENTITY),
    ROW("x-lighttpd-", COMMAND), /* lighttpd */
    ROW("x-litespeed-", COMMAND),
    ROW("x-reproxy-", COMMAND), /* Perlbal, H2O */
    ROW("x-sendfile", COMMAND), /* lighttpd, Apache */
};

const struct gh_rule_table gh_rule_request = {
    .names = request_names,
    .n_names = GH_COUNT(request_names),
    .prefixes = request_prefixes,
    .n_prefixes = GH_COUNT(request_prefixes),
};

const struct gh_rule_table gh_rule_response = {
    .names = response_names,
    .n_names = GH_COUNT(response_names),
    .prefixes = response_prefixes,
    .n_prefixes = GH_COUNT(response_prefixes),
};

/* Byte order, a text before what it begins; neither is empty. Most rows differ
 * in the first byte, and this runs a dozen times for every field. */
static int
compare(struct gh_text a, struct gh_text b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = a.at[0] - b.at[0];

    if (order == 0)
        order = memcmp(a.at, b.at, len);
    if (order == 0)
        order = (a.len > b.len) - (a.len < b.len);
    return order;
}

/* The last of n rows that does not come after name, or NULL. */
static const struct gh_rule_row *
last_up_to(const struct gh_rule_row *rows, size_t n, struct gh_text name)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;

        if (compare(rows[middle].name, name) <= 0)
            low = middle + 1;
        else
            n = middle;
    }
    return low == 0 ? NULL : &rows[low - 1];
}

/* A letter in lower case, a digit as it is, "-" for anything else. Written out
 * here because it runs for every byte of every name. */
static char
fold_byte(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

/* Folded, cut to the length that can still matter: one byte more than the
 * longest row, so that a longer name is equal to none. */
static struct gh_text
fold(struct gh_text name, char at[MAX_FOLDED + 1])
{
    name = gh_text_first(name, MAX_FOLDED + 1);
    for (size_t i = 0; i < name.len; i++)
        at[i] = fold_byte(name.at[i]);
    return (struct gh_text){.at = at, .len = name.len};
}

static enum gh_field_rule
find(const struct gh_rule_table *table, struct gh_text name)
{
    char at[MAX_FOLDED + 1];
    struct gh_text folded = fold(name, at);
    const struct gh_rule_row *row;

    if (folded.len == 0)
        return GH_FIELD_PASSES;
    row = last_up_to(table->names, table->n_names, folded);
    if (row != NULL && gh_text_equal(row->name, folded))
        return row->rule;

    /* A prefix of the name comes before it, and since no prefix begins with
     * another, none lies between the two. */
    row = last_up_to(table->prefixes, table->n_prefixes, folded);
    if (row != NULL && gh_text_starts(folded, row->name))
        return row->rule;
    return GH_FIELD_PASSES;
}

enum gh_field_rule
gh_field_rule_request(struct gh_text name)
{
    return find(&gh_rule_request, name);
}

enum gh_field_rule
gh_field_rule_response(struct gh_text name)
{
    return find(&gh_rule_response, name);
}
