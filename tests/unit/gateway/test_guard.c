/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/guard: every pair of what a browser may say of where a
 * form comes from, with a good token and with bad ones. A request passes only
 * with a token for this very form and with word that it comes from here.
 */
#include "guard.h"

#include "check.h"
#include "core/csrf.h"
#include "signing.h"

#include "base/banned.h"

#define OWN "https://localhost:8443"

static const struct gh_text subject = GH_TEXT_INIT(SIGNING_REFERENCE);

/* What the browser says; NULL: nothing. */
struct says {
    const char *site_z;    /* Sec-Fetch-Site */
    const char *origin_z;  /* Origin */
    const char *referer_z; /* Referer */
};

static void
set(struct desk *desk, const char *name_z, const char *value_z)
{
    if (value_z != NULL)
        desk_set(desk, name_z, gh_text_of_z(value_z));
}

/* A desk with a parsed request of a browser that says so. */
static struct desk *
browser(const struct says *says)
{
    struct desk *desk = signing_begin(NULL, 0, 0);

    set(desk, "HTTP_SEC_FETCH_SITE", says->site_z);
    set(desk, "HTTP_ORIGIN", says->origin_z);
    set(desk, "HTTP_REFERER", says->referer_z);
    check_number(0, desk_parse(desk));
    return desk;
}

static enum gh_status
judge(struct desk *desk, struct gh_text token)
{
    const struct gh_guard guard = {
        .purpose = GH_TEXT("logout"), .subject = subject, .token = token};

    return gh_guard_form(&desk->exchange->context, &desk->exchange->request,
                         &guard);
}

/* Whether a good token passes with these words, and that a bad one does not
 * in any case. */
static bool
passes(const char *site_z, const char *origin_z, const char *referer_z)
{
    const struct says says = {site_z, origin_z, referer_z};
    struct desk *desk = browser(&says);
    enum gh_status status =
        judge(desk, signing_token(GH_TEXT("logout"), subject));

    check(status == GH_OK || status == GH_MALFORMED);
    check((status == GH_OK) ==
          gh_guard_is_same_origin(&desk->exchange->request));
    check_status(GH_MALFORMED, judge(desk, GH_TEXT("")));
    check_status(GH_MALFORMED,
                 judge(desk, signing_token(GH_TEXT("login"), subject)));
    check_status(GH_MALFORMED,
                 judge(desk, signing_token(GH_TEXT("logout"),
                                           GH_TEXT("another subject"))));
    signing_end(desk);
    return status == GH_OK;
}

static void
form_that_says_nothing_of_its_origin_is_refused(void)
{
    check(!passes(NULL, NULL, NULL));
    check(!passes("", "", ""));
}

static void
fetch_metadata_decides_when_it_is_there(void)
{
    static const char *const sites[] = {"cross-site",
                                        "same-site",
                                        "none",
                                        "Same-Origin",
                                        "same-origin,",
                                        "same-origin, cross-site",
                                        "x"};

    check(passes("same-origin", NULL, NULL));
    check(passes("same-origin", OWN, OWN "/auth/logout"));
    for (size_t i = 0; i < GH_COUNT(sites); i++) {
        check(!passes(sites[i], NULL, NULL));
        check(!passes(sites[i], OWN, OWN "/auth/logout"));
    }
}

/* CSRF-007 and CSRF-011: with and without fetch metadata. */
static void
origin_that_is_not_ours_is_refused(void)
{
    static const char *const origins[] = {
        "https://localhost:8443.evil.example",
        "http://localhost:8443",
        "https://localhost:8444",
        "https://localhost",
        "https://localhost:8443@evil.example",
        "https://LOCALHOST:8443",
        "https://localhost.:8443",
        "https://localhost:8443/",
        "https://localhost:8443, https://evil.example",
        "https://evil.example, https://localhost:8443",
        "https://[::1]",
        "https://evil.example",
        "NULL",
    };

    for (size_t i = 0; i < GH_COUNT(origins); i++) {
        check(!passes(NULL, origins[i], NULL));
        check(!passes(NULL, origins[i], OWN "/x"));
        check(!passes("same-origin", origins[i], NULL));
    }
    check(passes(NULL, OWN, NULL));
    check(passes(NULL, OWN, "https://evil.example/"));
}

/* CSRF-021: a page below no-referrer sends Origin: null. */
static void
null_origin_counts_only_beside_fetch_metadata(void)
{
    check(passes("same-origin", "null", NULL));
    check(!passes("cross-site", "null", NULL));
    check(!passes(NULL, "null", NULL));
    check(!passes(NULL, "null", OWN "/x"));
}

static void
referer_counts_when_nothing_else_is_said(void)
{
    static const char *const referers[] = {
        "https://evil.example/" OWN "/",
        OWN,
        OWN ".evil.example/",
        OWN "@evil.example/",
        "https://localhost:84430/",
        "http://localhost:8443/x",
        "https://localhost/x",
        "/auth/login",
        "x",
    };

    check(passes(NULL, NULL, OWN "/auth/login?return_to=%2F"));
    check(passes(NULL, NULL, OWN "/"));
    for (size_t i = 0; i < GH_COUNT(referers); i++)
        check(!passes(NULL, NULL, referers[i]));
}

static void
origin_is_that_of_the_host_that_was_asked(void)
{
    const struct says says = {NULL, OWN, NULL};
    struct desk *desk = signing_begin(NULL, 0, 0);

    desk_set(desk, "HTTP_HOST", GH_TEXT("[::1]"));
    desk_set(desk, "HTTP_ORIGIN", gh_text_of_z(says.origin_z));
    check_number(0, desk_parse(desk));
    check_status(GH_MALFORMED,
                 judge(desk, signing_token(GH_TEXT("logout"), subject)));
    signing_end(desk);
}

static void
token_with_one_character_changed_or_missing_is_refused(void)
{
    const struct says says = {"same-origin", NULL, NULL};
    struct desk *desk = browser(&says);
    char at[GH_CSRF_LEN];
    struct gh_text good = signing_token(GH_TEXT("logout"), subject);

    for (size_t i = 0; i < GH_CSRF_LEN; i++)
        at[i] = good.at[i];
    for (size_t i = 0; i < GH_CSRF_LEN; i++) {
        at[i] = good.at[i] == 'A' ? 'B' : 'A';
        check_status(GH_MALFORMED,
                     judge(desk, (struct gh_text){at, GH_CSRF_LEN}));
        at[i] = good.at[i];
        check_status(GH_MALFORMED, judge(desk, gh_text_first(good, i)));
    }
    check_status(GH_OK, judge(desk, (struct gh_text){at, GH_CSRF_LEN}));
    signing_end(desk);
}

/* Whether the word of a browser is enough for a script, which has no token. */
static bool
proves(const char *site_z, const char *origin_z, const char *referer_z)
{
    const struct says says = {site_z, origin_z, referer_z};
    struct desk *desk = browser(&says);
    bool is_proof = gh_guard_is_own_script(&desk->exchange->request);

    signing_end(desk);
    return is_proof;
}

static void
script_needs_more_than_a_referer(void)
{
    check(proves("same-origin", NULL, NULL));
    check(proves("same-origin", OWN, NULL));
    check(proves(NULL, OWN, NULL));
    check(!proves(NULL, NULL, OWN "/app/"));
    check(!proves("", "", OWN "/app/"));
    check(!proves(NULL, NULL, NULL));
    check(!proves("same-site", OWN, OWN "/app/"));
    check(!proves("cross-site", NULL, NULL));
    check(!proves("same-origin", "https://evil.example", NULL));
    check(!proves(NULL, "https://evil.example", OWN "/app/"));
    check(!proves(NULL, "null", OWN "/app/"));
}

const struct check_case guard_cases[] = {
    CHECK_CASE(form_that_says_nothing_of_its_origin_is_refused),
    CHECK_CASE(fetch_metadata_decides_when_it_is_there),
    CHECK_CASE(origin_that_is_not_ours_is_refused),
    CHECK_CASE(null_origin_counts_only_beside_fetch_metadata),
    CHECK_CASE(referer_counts_when_nothing_else_is_said),
    CHECK_CASE(origin_is_that_of_the_host_that_was_asked),
    CHECK_CASE(token_with_one_character_changed_or_missing_is_refused),
    CHECK_CASE(script_needs_more_than_a_referer),
    {0},
};
