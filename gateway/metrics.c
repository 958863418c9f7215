/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting and writing metrics. Owns the table of what is written; the
 * numbers are the gateway's. Loops add without order between them: a reader
 * may see a duration before its status. Called by finish and by the
 * operations act.
 */
#include "metrics.h"

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
    [GH_UNSURE] = GH_TEXT_INIT("unsure"),
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

void
gh_metrics_write(struct gh_gateway *gateway, struct gh_buf *out)
{
    struct gh_counters *counters = &gateway->counters;
    const struct {
        struct gh_text name;
        struct gh_text type;
        struct gh_text help;
        uint64_t value;
    } numbers[] = {
        {GH_TEXT("faults_total"), GH_TEXT("counter"),
         GH_TEXT("Requests answered 503 because something broke here."),
         read_counter(&counters->faults)},
        {GH_TEXT("audit_dropped_total"), GH_TEXT("counter"),
         GH_TEXT("Access records that were lost for want of room."),
         read_counter(&counters->access_lost)},
        {GH_TEXT("connections"), GH_TEXT("gauge"),
         GH_TEXT("Connections from web servers."),
         atomic_load_explicit(&gateway->n_connections, memory_order_relaxed)},
        {GH_TEXT("db_connections_up"), GH_TEXT("gauge"),
         GH_TEXT("Connections to PostgreSQL that can be asked."),
         atomic_load_explicit(&counters->n_database_up, memory_order_relaxed)},
        {GH_TEXT("policy_version"), GH_TEXT("gauge"),
         GH_TEXT("Version of the policy that decides; 0: none was read."),
         (uint64_t)atomic_load_explicit(&gateway->policy_version,
                                        memory_order_relaxed)},
        {GH_TEXT("workers"), GH_TEXT("gauge"), GH_TEXT("Event loops."),
         gateway->n_workers},
    };

    put_head(out, GH_TEXT("build_info"), GH_TEXT("gauge"),
             GH_TEXT("The version, as a label."));
    gh_buf_lit(out, "gatehouse_build_info{version=\"" GH_VERSION "\"} 1\n");
    put_verdicts(out, counters);
    put_statuses(out, counters);
    put_spans(out, counters);
    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        put_head(out, numbers[i].name, numbers[i].type, numbers[i].help);
        put_one(out, numbers[i].name, numbers[i].value);
    }
}
