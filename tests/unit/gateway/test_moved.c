/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/moved, by way of identify with PostgreSQL by script: which
 * sessions end because they are used from elsewhere, and which do not.
 */
#include "moved.h"

#include "cache.h"
#include "check.h"
#include "core/rules_int.h"
#include "estate.h"
#include "fresh.h"
#include "mounts.h"
#include "signing.h"
#include "step.h"

#include "base/banned.h"

extern const struct check_case moved_cases[];

#define COOKIE "__Host-id=" SIGNING_TOKEN

/* A request of alice, who signed in from 192.0.2.99 with Firefox. */
struct visit {
    const char *target_z;
    const char *client_z;
    const char *agent_z;
    const char *reason_z; /* why her session ends; NULL: it does not */
};

/* Lays it on a desk where the zone of /account/ ends what moved. */
static struct desk *
lay(const struct visit *visit, const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);
    struct gh_rules *rules = desk->worker.estate->mounts->rules;

    for (size_t i = 0; i < rules->n_applications; i++)
        rules->applications[i].ends_moved =
            gh_text_equal(rules->applications[i].path, GH_TEXT("/account/"));
    desk_set(desk, "REQUEST_URI", gh_text_of_z(visit->target_z));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    desk_set(desk, "REMOTE_ADDR", gh_text_of_z(visit->client_z));
    desk_set(desk, "HTTP_USER_AGENT", gh_text_of_z(visit->agent_z));
    return desk;
}

/* What the database says of the end; NULL: it cannot be had. */
static struct fake_step
ends(const char *state_z)
{
    static struct fake_value state;

    if (state_z == NULL)
        return (struct fake_step){.stmt = &gh_stmt_session_moved,
                                  .status = GH_FAULT_DB};
    state = (struct fake_value){FAKE_TEXT, gh_text_of_z(state_z), 0};
    return (struct fake_step){.stmt = &gh_stmt_session_moved,
                              .row = &state,
                              .n_columns = 1,
                              .n_waits = 1};
}

static void
session_ends_where_it_must_not_move(void)
{
    static const struct visit visits[] = {
        {"/account/x", "192.0.2.7", "Firefox", NULL},
        {"/account/x", "192.0.3.7", "Firefox", "network"},
        {"/account/x", "192.0.2.7", "curl/7", "device"},
        {"/account/x", "192.0.2.7", "", "device"},
        {"/account/x", "2001:db8::1", "curl/7", "both"},
        {"/account/x", "2001:db8::1", "Firefox", "network"},
        /* Another application, of a zone that only tells; our own page. */
        {"/public/x", "192.0.3.7", "curl/7", NULL},
        {"/auth/session", "192.0.3.7", "curl/7", NULL},
    };

    for (size_t i = 0; i < GH_COUNT(visits); i++) {
        const struct fake_step steps[] = {
            SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
            ends("moved")};
        bool is_ended = visits[i].reason_z != NULL;
        struct desk *desk = lay(&visits[i], steps, is_ended ? 2 : 1);
        const struct gh_principal *principal = &desk->exchange->principal;

        (void)signing_know(desk);
        check_number(is_ended ? GH_PRINCIPAL_NOBODY : GH_PRINCIPAL_ACCOUNT,
                     principal->kind);
        check_number(is_ended ? GH_NOBODY_MOVED : GH_NOBODY_NO_TOKEN,
                     principal->nobody);
        check_number(is_ended ? 1 : 0,
                     atomic_load(&desk->gateway.counters.moved));
        if (is_ended) {
            check_text(gh_text_of_z(visits[i].reason_z),
                       fake_database_bytes(1, 1));
            check_number(GH_SIGN_IN, desk_decide(desk));
        }
        signing_end(desk);
    }
}

static void
application_that_is_not_there_ends_nothing(void)
{
    static const struct visit visit = {"/account/x", "192.0.3.7", "curl/7",
                                       NULL};
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
    struct desk *desk = lay(&visit, steps, 1);
    struct gh_rules *rules = desk->worker.estate->mounts->rules;

    for (size_t i = 0; i < rules->n_applications; i++)
        rules->applications[i].entries = GH_TEXT("admin");
    (void)signing_know(desk);
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check_number(0, atomic_load(&desk->gateway.counters.moved));
    signing_end(desk);
}

static void
session_that_was_over_before_says_why(void)
{
    static const struct visit visit = {"/account/x", "192.0.3.7", "Firefox",
                                       NULL};
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
        ends("logout")};
    struct desk *desk = lay(&visit, steps, 2);

    (void)signing_know(desk);
    check_number(GH_PRINCIPAL_NOBODY, desk->exchange->principal.kind);
    check_number(GH_NOBODY_SIGNED_OUT, desk->exchange->principal.nobody);
    check_number(0, atomic_load(&desk->gateway.counters.moved));
    signing_end(desk);
}

static void
end_that_could_not_be_made_lets_nobody_in(void)
{
    static const struct visit visit = {"/account/x", "192.0.3.7", "Firefox",
                                       NULL};
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)), ends(NULL)};
    struct desk *desk = lay(&visit, steps, 2);

    (void)signing_know(desk);
    check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
    check_number(GH_UNSURE, desk_decide(desk));
    signing_end(desk);
}

static void
sign_in_from_nowhere_is_elsewhere(void)
{
    static const struct visit visit = {"/account/x", "192.0.2.7", "Firefox",
                                       NULL};
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row), ends("moved")};
    struct desk *desk;

    row[GH_FIND_CLIENT] = (struct fake_value){FAKE_NULL, {0}, 0};
    desk = lay(&visit, steps, 2);
    (void)signing_know(desk);
    check_number(GH_NOBODY_MOVED, desk->exchange->principal.nobody);
    signing_end(desk);
}

static void
remembered_session_ends_too_and_is_forgotten(void)
{
    static const struct visit home = {"/account/x", "192.0.2.7", "Firefox",
                                      NULL};
    static const struct visit away = {"/account/x", "192.0.3.7", "Firefox",
                                      "network"};
    const struct fake_step find =
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0));
    const struct fake_step end = ends("moved");
    const struct {
        const struct visit *visit;
        const struct fake_step *step;
        enum gh_principal_kind kind;
    } turns[] = {{&home, &find, GH_PRINCIPAL_ACCOUNT},
                 {&home, NULL, GH_PRINCIPAL_ACCOUNT},
                 {&away, &end, GH_PRINCIPAL_NOBODY},
                 {&home, &find, GH_PRINCIPAL_ACCOUNT}};
    struct gh_fresh *fresh = NULL;
    struct gh_cache *cache = NULL;

    check_status(GH_OK, gh_fresh_new(&fresh));
    check_status(GH_OK, gh_cache_new(100, &cache));
    gh_fresh_extend(fresh, 1, gh_fresh_clock() + INT64_C(3600000000));
    for (size_t i = 0; i < GH_COUNT(turns); i++) {
        struct desk *desk =
            lay(turns[i].visit, turns[i].step, turns[i].step == NULL ? 0 : 1);

        desk->gateway.fresh = fresh;
        desk->gateway.cache = cache;
        atomic_store(&desk->gateway.clock_us,
                     SIGNING_NOW_US - gh_fresh_clock());
        (void)signing_know(desk);
        check_number(turns[i].kind, desk->exchange->principal.kind);
        signing_end(desk);
    }
    gh_cache_free(cache);
    gh_fresh_free(fresh);
}

const struct check_case moved_cases[] = {
    CHECK_CASE(session_ends_where_it_must_not_move),
    CHECK_CASE(application_that_is_not_there_ends_nothing),
    CHECK_CASE(session_that_was_over_before_says_why),
    CHECK_CASE(end_that_could_not_be_made_lets_nobody_in),
    CHECK_CASE(sign_in_from_nowhere_is_elsewhere),
    CHECK_CASE(remembered_session_ends_too_and_is_forgotten),
    {0},
};
