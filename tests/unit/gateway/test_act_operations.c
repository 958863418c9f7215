/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_operations and gateway/metrics: what an entry for
 * operations answers, and what no other entry does.
 */
#include "act.h"

#include "check.h"
#include "config.h"
#include "metrics.h"
#include "signing.h"
#include "step.h"

#include "base/banned.h"

/* The entry of the desk, for operations. */
static struct gh_settings_entry operations;

/* A desk whose request came in at an entry of that kind. */
static struct desk *
arrive(enum gh_entry_kind kind, const char *target_z)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_context *context = &desk->exchange->context;

    operations = *context->entry;
    operations.kind = (uint64_t)kind;
    context->entry = &operations;
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    return desk;
}

/* The status that it gets; the desk is still there. */
static unsigned
answer(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    unsigned refused = desk_parse(desk);

    if (refused != 0)
        return refused;
    check_number(GH_PERMIT, desk_decide(desk));
    check_status(GH_OK, step_act(&x->context, x, &x->outcome));
    return signing_reply(desk)->status;
}

static unsigned
status_of(enum gh_entry_kind kind, const char *method_z, const char *target_z)
{
    struct desk *desk = arrive(kind, target_z);
    unsigned status;

    desk_set(desk, "REQUEST_METHOD", gh_text_of_z(method_z));
    status = answer(desk);
    signing_end(desk);
    return status;
}

static const char *const addresses[] = {"/auth/health/live",
                                        "/auth/health/ready", "/auth/metrics"};

static void
only_entries_for_operations_tell_how_it_is(void)
{
    for (size_t i = 0; i < GH_COUNT(addresses); i++)
        check_number(404, status_of(GH_ENTRY_PUBLIC, "GET", addresses[i]));
}

static void
operations_take_nothing_but_GET_and_HEAD(void)
{
    check_number(200, status_of(GH_ENTRY_OPERATIONS, "GET", addresses[0]));
    check_number(200, status_of(GH_ENTRY_OPERATIONS, "HEAD", addresses[2]));
    for (size_t i = 0; i < GH_COUNT(addresses); i++)
        check_number(405, status_of(GH_ENTRY_OPERATIONS, "POST", addresses[i]));
}

static void
operations_serve_no_person_and_no_application(void)
{
    static const char *const others[] = {
        "/public/x",    "/account/x",        "/auth/login",
        "/auth/logout", "/auth/session",     "/auth/static/style.css",
        "/auth/",       "/auth/metrics/",    "/auth/health",
        "/metrics",     "/auth/health/live/"};

    for (size_t i = 0; i < GH_COUNT(others); i++)
        check_number(404, status_of(GH_ENTRY_OPERATIONS, "GET", others[i]));
}

static void
operations_need_no_TLS_and_read_no_cookie(void)
{
    struct desk *desk = arrive(GH_ENTRY_OPERATIONS, addresses[0]);

    desk_drop(desk, "HTTPS");
    desk_set(desk, "HTTP_COOKIE",
             GH_TEXT("__Host-id=" SIGNING_TOKEN "; __Host-id=x"));
    check_number(200, answer(desk));
    check(desk->exchange->request.token.len == 0);
    check_text(GH_TEXT("{\"live\":true}\n"), signing_reply(desk)->body);
    signing_end(desk);
}

/* What /health/ready says while so many connections are up. */
static void
check_ready(bool has_database, unsigned n_up, unsigned status,
            struct gh_text body)
{
    struct desk *desk = arrive(GH_ENTRY_OPERATIONS, addresses[1]);

    if (!has_database)
        desk->worker.database = NULL;
    atomic_store(&desk->gateway.counters.n_database_up, n_up);
    check_number(status, answer(desk));
    check_text(body, signing_reply(desk)->body);
    signing_end(desk);
}

static void
ready_is_who_can_know_people(void)
{
    check_ready(true, 1, 200,
                GH_TEXT("{\"ready\":true,\"database\":\"up\"}\n"));
    check_ready(true, 0, 503,
                GH_TEXT("{\"ready\":false,\"database\":\"down\"}\n"));
    check_ready(false, 0, 200,
                GH_TEXT("{\"ready\":true,\"database\":\"none\"}\n"));
}

/* True when the metrics have exactly that line. */
static bool
has_line(struct gh_text metrics, const char *line_z)
{
    struct gh_text line = gh_text_of_z(line_z);

    for (size_t i = 0; i + line.len < metrics.len; i++) {
        if ((i == 0 || metrics.at[i - 1] == '\n') &&
            gh_text_starts(gh_text_from(metrics, i), line) &&
            metrics.at[i + line.len] == '\n')
            return true;
    }
    return false;
}

/* Counts one exchange that took so long and was answered so. */
static void
count_one(struct desk *desk, int64_t ms, unsigned status,
          enum gh_verdict verdict, unsigned stop)
{
    struct gh_exchange *x = desk->exchange;

    x->began_ms = gh_loop_now(desk->worker.loop) - ms;
    x->receipt.status = status;
    x->decision.verdict = verdict;
    x->stop.status = stop;
    gh_metrics_count(x);
    x->stop.status = 0;
}

static void
metrics_count_what_happened(void)
{
    static const char *const lines[] = {
        "gatehouse_decisions_total{decision=\"permit\"} 2",
        "gatehouse_decisions_total{decision=\"sign_in\"} 1",
        "gatehouse_decisions_total{decision=\"deny\"} 0",
        "gatehouse_responses_total{code=\"200\"} 2",
        "gatehouse_responses_total{code=\"303\"} 1",
        "gatehouse_responses_total{code=\"400\"} 1",
        "gatehouse_request_duration_seconds_bucket{le=\"0.005\"} 2",
        "gatehouse_request_duration_seconds_bucket{le=\"0.01\"} 3",
        "gatehouse_request_duration_seconds_bucket{le=\"10\"} 3",
        "gatehouse_request_duration_seconds_bucket{le=\"+Inf\"} 4",
        "gatehouse_request_duration_seconds_sum 20.013",
        "gatehouse_request_duration_seconds_count 4",
        "gatehouse_authn_total{method=\"password\",result=\"success\"} 0",
        "gatehouse_authn_total{method=\"password\",result=\"limited\"} 2",
        "gatehouse_authn_total{method=\"password\",result=\"busy\"} 1",
        "gatehouse_db_query_seconds_sum 1.250",
        "gatehouse_db_query_seconds_count 7",
        "gatehouse_db_queries 4",
        "gatehouse_audit_queue_depth 5",
        "gatehouse_pwhash_queue 1",
        "gatehouse_pwhash_queue_limit 1",
        "gatehouse_sessions_active 11",
        "gatehouse_guards_off 0",
        "gatehouse_places_timestamp_seconds 1767225600",
        "gatehouse_audit_dropped_total 0",
        "gatehouse_session_place_changes_total 0",
        "gatehouse_sessions_moved_total 0",
        "gatehouse_outage_permits_total 0",
        "gatehouse_sessions_over_limit_total 0",
        "gatehouse_db_connections_up 3",
        "gatehouse_policy_version 17",
        "# TYPE gatehouse_request_duration_seconds histogram"};
    struct desk *desk = arrive(GH_ENTRY_OPERATIONS, addresses[2]);
    struct gh_text metrics;

    count_one(desk, 5, 200, GH_PERMIT, 0);
    count_one(desk, 6, 200, GH_PERMIT, 0);
    count_one(desk, 20000, 303, GH_SIGN_IN, 0);
    count_one(desk, 2, 400, GH_DENY, 400);
    atomic_store(&desk->gateway.counters.n_database_up, 3);
    atomic_store(&desk->gateway.policy_version, 17);
    gh_metrics_sign_in(&desk->gateway, GH_SIGN_IN_LIMITED);
    gh_metrics_sign_in(&desk->gateway, GH_SIGN_IN_LIMITED);
    gh_metrics_sign_in(&desk->gateway, GH_SIGN_IN_BUSY);
    atomic_store(&desk->gateway.counters.answered, 7);
    atomic_store(&desk->gateway.counters.answered_us, 1250000);
    atomic_store(&desk->gateway.counters.n_asked, 4);
    atomic_store(&desk->gateway.counters.n_access, 5);
    atomic_store(&desk->gateway.counters.sessions_live, 12);
    atomic_store(&desk->gateway.counters.guards_off, 1);
    atomic_store(&desk->gateway.counters.places_made_s, 1767225600);
    check_number(200, answer(desk));
    metrics = signing_reply(desk)->body;
    for (size_t i = 0; i < GH_COUNT(lines); i++) {
        if (!has_line(metrics, lines[i]))
            check_text(gh_text_of_z(lines[i]), metrics);
    }
    check(!config_contains(metrics, GH_TEXT("code=\"404\"")));
    signing_end(desk);
}

static void
metrics_are_silent_of_what_is_not_known(void)
{
    struct desk *desk = arrive(GH_ENTRY_OPERATIONS, addresses[2]);

    check_number(200, answer(desk));
    check(!signing_has(desk, GH_TEXT("gatehouse_sessions_active")));
    check(!signing_has(desk, GH_TEXT("gatehouse_guards_off")));
    check(!signing_has(desk, GH_TEXT("gatehouse_places_timestamp")));
    check(!signing_has(desk, GH_TEXT("gatehouse_policy_age_seconds")));
    check(!signing_has(desk, GH_TEXT("gatehouse_clock_offset_seconds")));
    signing_end(desk);
    desk = arrive(GH_ENTRY_OPERATIONS, addresses[2]);
    atomic_store(&desk->gateway.counters.heard_us, 1);
    check_number(200, answer(desk));
    check(signing_has(desk, GH_TEXT("\ngatehouse_policy_age_seconds ")));
    signing_end(desk);
}

static void
clock_may_be_ahead_or_behind(void)
{
    static const struct {
        int64_t offset_us;
        struct gh_text line;
    } rows[] = {
        {0, GH_TEXT_INIT("\ngatehouse_clock_offset_seconds 0.000\n")},
        {86400012345, GH_TEXT_INIT("_offset_seconds 86400.012\n")},
        {-300000001, GH_TEXT_INIT("_offset_seconds -300.000\n")},
        {-999, GH_TEXT_INIT("_offset_seconds 0.000\n")},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk *desk = arrive(GH_ENTRY_OPERATIONS, addresses[2]);

        atomic_store(&desk->gateway.counters.heard_us, 1);
        atomic_store(&desk->gateway.counters.clock_apart_us, rows[i].offset_us);
        check_number(200, answer(desk));
        check(signing_has(desk, rows[i].line));
        signing_end(desk);
    }
}

const struct check_case act_operations_cases[] = {
    CHECK_CASE(only_entries_for_operations_tell_how_it_is),
    CHECK_CASE(operations_take_nothing_but_GET_and_HEAD),
    CHECK_CASE(operations_serve_no_person_and_no_application),
    CHECK_CASE(operations_need_no_TLS_and_read_no_cookie),
    CHECK_CASE(ready_is_who_can_know_people),
    CHECK_CASE(metrics_count_what_happened),
    CHECK_CASE(metrics_are_silent_of_what_is_not_known),
    CHECK_CASE(clock_may_be_ahead_or_behind),
    {0},
};
