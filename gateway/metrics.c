/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting and writing metrics. Owns the table of what is written; the
 * numbers are the gateway's. Loops add without order between them: a reader
 * may see a duration before its status. Called by finish, by the sign-in act
 * and by the operations act.
 */
#include "metrics.h"

#include <stdlib.h>

#include "fresh.h"
#include "version.h"

#include "base/banned.h"

/* Where the classes of durations end, in milliseconds and as they are
 * written, in seconds. */
static const struct {
    int64_t ms;
    struct gh_text label;
} spans[GH_N_SPANS] = {
    {5, GH_TEXT_INIT("0.005")},        {10, GH_TEXT_INIT("0.01")},
    {25, GH_TEXT_INIT("0.025")},       {100, GH_TEXT_INIT("0.1")},
    {250, GH_TEXT_INIT("0.25")},       {1000, GH_TEXT_INIT("1")},
    {2500, GH_TEXT_INIT("2.5")},       {10000, GH_TEXT_INIT("10")},
    {INT64_MAX, GH_TEXT_INIT("+Inf")},
};

static const struct gh_text verdicts[GH_N_VERDICTS] = {
    [GH_DENY] = GH_TEXT_INIT("deny"),
    [GH_PERMIT] = GH_TEXT_INIT("permit"),
    [GH_SIGN_IN] = GH_TEXT_INIT("sign_in"),
    [GH_STEP_UP] = GH_TEXT_INIT("step_up"),
    [GH_UNSURE] = GH_TEXT_INIT("unsure"),
};

static const struct gh_text sign_ins[GH_N_SIGN_INS] = {
    [GH_SIGN_IN_FAILURE] = GH_TEXT_INIT("failure"),
    [GH_SIGN_IN_SUCCESS] = GH_TEXT_INIT("success"),
    [GH_SIGN_IN_LIMITED] = GH_TEXT_INIT("limited"),
    [GH_SIGN_IN_REFUSED] = GH_TEXT_INIT("refused"),
    [GH_SIGN_IN_BUSY] = GH_TEXT_INIT("busy"),
};

static void
add(atomic_ullong *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
read_counter(atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void
gh_metrics_count(const struct gh_exchange *x)
{
    const struct gh_worker *worker = x->context.worker;
    struct gh_counters *counters = &worker->gateway->counters;
    int64_t ms = gh_loop_now(worker->loop) - x->began_ms;
    size_t span = 0;

    while (ms > spans[span].ms)
        span++;
    add(&counters->spans[span], 1);
    add(&counters->span_ms, (uint64_t)ms);
    if (x->receipt.status >= 100 && x->receipt.status < 600)
        add(&counters->statuses[x->receipt.status - 100], 1);
    /* A stop comes before the decision: nothing was decided then. */
    if (x->stop.status == 0)
        add(&counters->verdicts[x->decision.verdict], 1);
    if (x->principal.is_outage && x->decision.verdict == GH_PERMIT)
        add(&counters->outage, 1);
}

void
gh_metrics_sign_in(struct gh_gateway *gateway, enum gh_sign_in how)
{
    add(&gateway->counters.sign_ins[how], 1);
}

/* "# HELP …" and "# TYPE …" of one metric. */
static void
put_head(struct gh_buf *out, struct gh_text name, struct gh_text type,
         struct gh_text help)
{
    gh_buf_lit(out, "# HELP gatehouse_");
    gh_buf_checked(out, name);
    gh_buf_lit(out, " ");
    gh_buf_checked(out, help);
    gh_buf_lit(out, "\n# TYPE gatehouse_");
    gh_buf_checked(out, name);
    gh_buf_lit(out, " ");
    gh_buf_checked(out, type);
    gh_buf_lit(out, "\n");
}

/* A metric that is one number. */
static void
put_one(struct gh_buf *out, struct gh_text name, uint64_t value)
{
    gh_buf_lit(out, "gatehouse_");
    gh_buf_checked(out, name);
    gh_buf_lit(out, " ");
    gh_buf_number(out, value);
    gh_buf_lit(out, "\n");
}

static void
put_verdicts(struct gh_buf *out, struct gh_counters *counters)
{
    put_head(out, GH_TEXT("decisions_total"), GH_TEXT("counter"),
             GH_TEXT("Requests by what was decided."));
    for (size_t i = 0; i < GH_N_VERDICTS; i++) {
        gh_buf_lit(out, "gatehouse_decisions_total{decision=\"");
        gh_buf_checked(out, verdicts[i]);
        gh_buf_lit(out, "\"} ");
        gh_buf_number(out, read_counter(&counters->verdicts[i]));
        gh_buf_lit(out, "\n");
    }
}

/* Only statuses that were ever answered. */
static void
put_statuses(struct gh_buf *out, struct gh_counters *counters)
{
    put_head(out, GH_TEXT("responses_total"), GH_TEXT("counter"),
             GH_TEXT("Answers by their HTTP status."));
    for (size_t i = 0; i < GH_COUNT(counters->statuses); i++) {
        uint64_t n = read_counter(&counters->statuses[i]);

        if (n == 0)
            continue;
        gh_buf_lit(out, "gatehouse_responses_total{code=\"");
        gh_buf_number(out, i + 100);
        gh_buf_lit(out, "\"} ");
        gh_buf_number(out, n);
        gh_buf_lit(out, "\n");
    }
}

/* Seconds with three places. */
static void
put_seconds(struct gh_buf *out, uint64_t ms)
{
    gh_buf_number(out, ms / 1000);
    gh_buf_lit(out, ".");
    for (uint64_t unit = 100; unit > 0; unit /= 10)
        gh_buf_number(out, ms / unit % 10);
    gh_buf_lit(out, "\n");
}

/* Classes include the ones below them, as Prometheus wants it. */
static void
put_spans(struct gh_buf *out, struct gh_counters *counters)
{
    uint64_t n = 0;

    put_head(out, GH_TEXT("request_duration_seconds"), GH_TEXT("histogram"),
             GH_TEXT("From the first byte of a request to the last of its "
                     "answer."));
    for (size_t i = 0; i < GH_N_SPANS; i++) {
        n += read_counter(&counters->spans[i]);
        gh_buf_lit(out, "gatehouse_request_duration_seconds_bucket{le=\"");
        gh_buf_checked(out, spans[i].label);
        gh_buf_lit(out, "\"} ");
        gh_buf_number(out, n);
        gh_buf_lit(out, "\n");
    }
    gh_buf_lit(out, "gatehouse_request_duration_seconds_sum ");
    put_seconds(out, read_counter(&counters->span_ms));
    put_one(out, GH_TEXT("request_duration_seconds_count"), n);
}

static void
put_sign_ins(struct gh_buf *out, struct gh_counters *counters)
{
    put_head(out, GH_TEXT("authn_total"), GH_TEXT("counter"),
             GH_TEXT("Attempts to sign in by how they ended."));
    for (size_t i = 0; i < GH_N_SIGN_INS; i++) {
        gh_buf_lit(out, "gatehouse_authn_total{method=\"password\",result=\"");
        gh_buf_checked(out, sign_ins[i]);
        gh_buf_lit(out, "\"} ");
        gh_buf_number(out, read_counter(&counters->sign_ins[i]));
        gh_buf_lit(out, "\n");
    }
}

/* A metric that is a time. */
static void
put_time(struct gh_buf *out, struct gh_text name, uint64_t ms)
{
    gh_buf_lit(out, "gatehouse_");
    gh_buf_checked(out, name);
    gh_buf_lit(out, " ");
    put_seconds(out, ms);
}

/* How far our clock is ahead of the database's; behind it, less than 0. */
static void
put_offset(struct gh_buf *out, int64_t offset_us)
{
    put_head(out, GH_TEXT("clock_offset_seconds"), GH_TEXT("gauge"),
             GH_TEXT("How far the clock here is ahead of PostgreSQL's."));
    gh_buf_lit(out, "gatehouse_clock_offset_seconds ");
    if (offset_us <= -1000)
        gh_buf_lit(out, "-");
    put_seconds(out, (uint64_t)llabs(offset_us) / 1000);
}

/* How long statements take, since when the policy is known, and what time it
 * is there. */
static void
put_times(struct gh_buf *out, struct gh_counters *counters)
{
    int64_t heard_us =
        atomic_load_explicit(&counters->heard_us, memory_order_relaxed);

    put_head(out, GH_TEXT("db_query_seconds"), GH_TEXT("summary"),
             GH_TEXT("From asking PostgreSQL to taking its answer."));
    put_time(out, GH_TEXT("db_query_seconds_sum"),
             read_counter(&counters->answered_us) / 1000);
    put_one(out, GH_TEXT("db_query_seconds_count"),
            read_counter(&counters->answered));
    if (heard_us == 0)
        return;
    put_head(out, GH_TEXT("policy_age_seconds"), GH_TEXT("gauge"),
             GH_TEXT("Since PostgreSQL was asked last for changes, of those "
                     "times that it answered."));
    put_time(out, GH_TEXT("policy_age_seconds"),
             (uint64_t)(gh_fresh_clock() - heard_us) / 1000);
    put_offset(out, atomic_load_explicit(&counters->clock_apart_us,
                                         memory_order_relaxed));
}

/* One number and what it means. */
struct number {
    struct gh_text name; /* without gatehouse_ */
    struct gh_text type; /* counter or gauge */
    struct gh_text help; /* one sentence */
    uint64_t value;      /* now */
};

static void
put_numbers(struct gh_buf *out, const struct number *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_head(out, numbers[i].name, numbers[i].type, numbers[i].help);
        put_one(out, numbers[i].name, numbers[i].value);
    }
}

/* What waits in the process. */
static void
put_queues(struct gh_buf *out, struct gh_gateway *gateway)
{
    struct gh_counters *counters = &gateway->counters;
    size_t n_hashing = 0;
    size_t n_places = 0;

    if (gateway->hashing != NULL)
        gh_hashing_count(gateway->hashing, &n_hashing, &n_places);
    const struct number numbers[] = {
        {GH_TEXT("audit_queue_depth"), GH_TEXT("gauge"),
         GH_TEXT("Access records that wait to be written."),
         read_counter(&counters->n_access)},
        {GH_TEXT("audit_dropped_total"), GH_TEXT("counter"),
         GH_TEXT("Access records that were lost for want of room."),
         read_counter(&counters->access_lost)},
        {GH_TEXT("session_place_changes_total"), GH_TEXT("counter"),
         GH_TEXT("Sessions that were used from another network or browser."),
         read_counter(&counters->places)},
        {GH_TEXT("sessions_moved_total"), GH_TEXT("counter"),
         GH_TEXT("Sessions that ended because they were used from elsewhere."),
         read_counter(&counters->moved)},
        {GH_TEXT("sessions_over_limit_total"), GH_TEXT("counter"),
         GH_TEXT("Sessions that ended because their account had too many."),
         read_counter(&counters->over)},
        {GH_TEXT("pwhash_queue"), GH_TEXT("gauge"),
         GH_TEXT("Sign-ins whose password is checked, or waits for it."),
         n_hashing},
        {GH_TEXT("pwhash_queue_limit"), GH_TEXT("gauge"),
         GH_TEXT("How many of them there can be; more are answered 503."),
         n_places},
        {GH_TEXT("db_queries"), GH_TEXT("gauge"),
         GH_TEXT("Statements that PostgreSQL has not answered yet."),
         read_counter(&counters->n_asked)},
        {GH_TEXT("db_connections_up"), GH_TEXT("gauge"),
         GH_TEXT("Connections to PostgreSQL that can be asked."),
         atomic_load_explicit(&counters->n_database_up, memory_order_relaxed)},
    };

    put_numbers(out, numbers, GH_COUNT(numbers));
}

/* What the last upkeep found; nothing while there was none. */
static void
put_findings(struct gh_buf *out, struct gh_counters *counters)
{
    uint64_t live = read_counter(&counters->sessions_live);
    uint64_t off = read_counter(&counters->guards_off);
    const struct number numbers[] = {
        {GH_TEXT("sessions_active"), GH_TEXT("gauge"),
         GH_TEXT("Sessions of all gateways, as of the last upkeep."), live - 1},
        {GH_TEXT("guards_off"), GH_TEXT("gauge"),
         GH_TEXT("Guards of the database that were off then."), off - 1},
    };

    put_numbers(out, &numbers[0], live > 0);
    put_numbers(out, &numbers[1], off > 0);
}

/* How old what is known of places is; nothing when nothing is. */
static void
put_places(struct gh_buf *out, struct gh_counters *counters)
{
    const struct number numbers[] = {
        {GH_TEXT("places_timestamp_seconds"), GH_TEXT("gauge"),
         GH_TEXT("When the older database of places was made, since 1970."),
         read_counter(&counters->places_made_s)},
    };

    put_numbers(out, numbers, numbers[0].value > 0);
}

static void
put_process(struct gh_buf *out, struct gh_gateway *gateway)
{
    const struct number numbers[] = {
        {GH_TEXT("faults_total"), GH_TEXT("counter"),
         GH_TEXT("Requests answered 503 because something broke here."),
         read_counter(&gateway->counters.faults)},
        {GH_TEXT("outage_permits_total"), GH_TEXT("counter"),
         GH_TEXT("Requests let in by memory while PostgreSQL was away."),
         read_counter(&gateway->counters.outage)},
        {GH_TEXT("connections"), GH_TEXT("gauge"),
         GH_TEXT("Connections from web servers."),
         atomic_load_explicit(&gateway->n_connections, memory_order_relaxed)},
        {GH_TEXT("policy_version"), GH_TEXT("gauge"),
         GH_TEXT("Version of the policy that decides; 0: none was read."),
         (uint64_t)atomic_load_explicit(&gateway->policy_version,
                                        memory_order_relaxed)},
        {GH_TEXT("workers"), GH_TEXT("gauge"), GH_TEXT("Event loops."),
         gateway->n_workers},
    };

    put_numbers(out, numbers, GH_COUNT(numbers));
}

void
gh_metrics_write(struct gh_gateway *gateway, struct gh_buf *out)
{
    struct gh_counters *counters = &gateway->counters;

    put_head(out, GH_TEXT("build_info"), GH_TEXT("gauge"),
             GH_TEXT("The version, as a label."));
    gh_buf_lit(out, "gatehouse_build_info{version=\"" GH_VERSION "\"} 1\n");
    put_verdicts(out, counters);
    put_statuses(out, counters);
    put_spans(out, counters);
    put_sign_ins(out, counters);
    put_times(out, counters);
    put_process(out, gateway);
    put_queues(out, gateway);
    put_findings(out, counters);
    put_places(out, counters);
}
