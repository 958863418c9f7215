/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal. Owns two fixed tables a worker. Limits: 1,024 sessions and
 * 1,024 accesses that wait, 512 bytes kept of a path. Called when an exchange
 * is over, and by workers.
 */
#include "journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "core/session.h"
#include "database.h"
#include "keeper.h"
#include "recall.h"
#include "store/stmt.h"
#include "web/agent.h"

#include "base/banned.h"

enum {
    FLUSH_MS = 1000,             /* how long a note waits at most */
    SEEN_MAX = 1024,             /* sessions that wait */
    ACCESS_MAX = 1024,           /* accesses that wait */
    BATCH = 256,                 /* rows of one statement; so many go at once */
    RESOURCE_MAX = 512,          /* bytes kept of a path */
    WORD_MAX = GH_AGENT_MAX,     /* bytes kept of names and methods */
    ACCESS_COLUMNS = 19,         /* of access_write; then who, and how many */
    ARENA_MAX = 4 * 1024 * 1024, /* bytes of one statement's parameters */
};

/* A session that was seen. */
struct seen {
    int64_t session_id; /* which */
    int64_t at_us;      /* when last, microseconds since 1970 */
};

/* A text of bounded length. */
struct word {
    char at[WORD_MAX]; /* the bytes */
    size_t len;        /* how many */
};

/* One access. */
struct access {
    int64_t at_us;               /* when it ended */
    int64_t account_id;          /* who */
    unsigned char session[16];   /* the session's reference */
    struct gh_address client;    /* from where */
    struct gh_location location; /* where that is, as it was judged by */
    struct word device;          /* with which browser, in words */
    struct word application;     /* what */
    struct word method;          /* how */
    char resource[RESOURCE_MAX]; /* the path */
    size_t resource_len;         /* bytes of it */
    struct word entry;           /* through which entry */
    unsigned char exchange[16];  /* the exchange's id */
    int32_t status;              /* what was answered */
    const char *reason_z;        /* what went wrong; NULL: nothing */
    int64_t bytes_in;            /* of the request's body */
    int64_t bytes_out;           /* of the answer's */
    int32_t ms;                  /* how long it took */
    int64_t grant_id;            /* the rule that permitted it; 0: none */
};

/* What is under way. */
enum sending {
    SENDING_NOTHING = 0,
    SENDING_SEEN,
    SENDING_ACCESS,
};

struct gh_journal {
    struct gh_context context;        /* to ask the database with */
    struct gh_arena arena;            /* of one statement */
    struct gh_task task;              /* an answer is there */
    struct gh_deadline deadline;      /* a second is over */
    enum sending sending;             /* the statement under way */
    enum sending failed;              /* what was not taken last: the other
                                         one goes first */
    size_t n_sent;                    /* rows of it, from the front */
    size_t n_seen;                    /* rows that wait */
    size_t n_access;                  /* rows that wait */
    uint64_t n_dropped;               /* accesses lost since the last report */
    unsigned char writer[16];         /* who writes them: a random number */
    bool has_writer;                  /* that was drawn: before the first */
    int64_t n_done;                   /* accesses that wait no longer: sent
                                         again, a batch is known by them */
    struct seen seen[SEEN_MAX];       /* in no order, one a session */
    struct access access[ACCESS_MAX]; /* in order */
};

/* When something happens now: by the database's clock, as everything else in
 * its tables (CLOCK-007); by ours only as long as it was never heard. */
static int64_t
clock_us(const struct gh_exchange *x)
{
    int64_t now_us = gh_gateway_now_us(x->context.worker->gateway);

    return now_us != 0 ? now_us : gh_clock_us(CLOCK_REALTIME);
}

bool
gh_journal_is_empty(const struct gh_journal *journal)
{
    return journal == NULL || (journal->n_seen == 0 && journal->n_access == 0);
}

/* Has the deadline running while anything waits. */
static void
wait_a_second(struct gh_journal *journal)
{
    if (!gh_journal_is_empty(journal) && journal->sending == SENDING_NOTHING &&
        !gh_link_is_in(&journal->deadline.link))
        gh_deadline_set(journal->context.worker->loop, &journal->deadline,
                        FLUSH_MS);
}

static int
by_id(const void *a, const void *b)
{
    const struct seen *left = a;
    const struct seen *right = b;

    return (left->session_id > right->session_id) -
           (left->session_id < right->session_id);
}

/* Sends the sessions that were seen, in the order of their ids, so that two
 * gateways never wait for each other's rows. */
static enum gh_status
send_seen(struct gh_journal *journal)
{
    struct gh_param *ids =
        gh_arena_array(&journal->arena, SEEN_MAX, sizeof(*ids));
    struct gh_param *times =
        gh_arena_array(&journal->arena, SEEN_MAX, sizeof(*times));
    struct gh_param params[2];
    enum gh_status status;

    if (ids == NULL || times == NULL)
        return GH_FAULT_MEMORY;
    qsort(journal->seen, journal->n_seen, sizeof(journal->seen[0]), by_id);
    for (size_t i = 0; i < journal->n_seen; i++) {
        ids[i] = gh_param_int8(journal->seen[i].session_id);
        times[i] = gh_param_timestamptz(journal->seen[i].at_us);
    }
    status = gh_param_array(&journal->arena, GH_SQL_INT8, ids, journal->n_seen,
                            &params[0]);
    if (status == GH_OK)
        status = gh_param_array(&journal->arena, GH_SQL_TIMESTAMPTZ, times,
                                journal->n_seen, &params[1]);
    if (status == GH_OK)
        status = gh_database_ask(&journal->context, &gh_stmt_session_seen,
                                 params, GH_COUNT(params));
    journal->n_sent = journal->n_seen;
    return status;
}

static struct gh_param
word_param(const struct word *word)
{
    return gh_param_text((struct gh_text){.at = word->at, .len = word->len});
}

static struct gh_param
bytes_param(const unsigned char *bytes, size_t n)
{
    return gh_param_bytea(
        (struct gh_text){.at = (const char *)bytes, .len = n});
}

/* One access in the order of access_write's parameters. */
static void
access_params(const struct gh_journal *journal, const struct access *one,
              struct gh_param out[ACCESS_COLUMNS])
{
    const struct gh_param row[ACCESS_COLUMNS] = {
        gh_param_timestamptz(one->at_us),
        gh_param_int8(one->account_id),
        bytes_param(one->session, sizeof(one->session)),
        gh_param_inet(one->client.bytes, one->client.family == 4 ? 4 : 16),
        word_param(&one->application),
        word_param(&one->method),
        gh_param_text((struct gh_text){one->resource, one->resource_len}),
        gh_param_int4(one->status),
        one->reason_z == NULL ? gh_param_null(GH_SQL_TEXT)
                              : gh_param_text(gh_text_of_z(one->reason_z)),
        word_param(&one->entry),
        gh_param_uuid(one->exchange),
        gh_param_text(gh_text_of_z(journal->context.worker->gateway->node)),
        gh_param_int8(one->bytes_in),
        gh_param_int8(one->bytes_out),
        gh_param_int4(one->ms),
        one->grant_id == 0 ? gh_param_null(GH_SQL_INT8)
                           : gh_param_int8(one->grant_id),
        word_param(&one->device),
        one->location.country[0] == '\0'
            ? gh_param_null(GH_SQL_TEXT)
            : gh_param_text(gh_location_country(&one->location)),
        one->location.asn == 0 ? gh_param_null(GH_SQL_INT8)
                               : gh_param_int8(one->location.asn)};

    memcpy(out, row, sizeof(row));
}

/* Draws who writes, once. What waits is kept until there are random bytes. */
static enum gh_status
need_writer(struct gh_journal *journal)
{
    enum gh_status status = GH_OK;

    if (!journal->has_writer)
        status = gh_random(journal->writer, sizeof(journal->writer));
    journal->has_writer = status == GH_OK;
    return status;
}

/* Sends the oldest accesses. */
static enum gh_status
send_access(struct gh_journal *journal)
{
    static const enum gh_sql types[ACCESS_COLUMNS] = {
        GH_SQL_TIMESTAMPTZ, GH_SQL_INT8, GH_SQL_BYTEA, GH_SQL_INET, GH_SQL_TEXT,
        GH_SQL_TEXT,        GH_SQL_TEXT, GH_SQL_INT4,  GH_SQL_TEXT, GH_SQL_TEXT,
        GH_SQL_UUID,        GH_SQL_TEXT, GH_SQL_INT8,  GH_SQL_INT8, GH_SQL_INT4,
        GH_SQL_INT8,        GH_SQL_TEXT, GH_SQL_TEXT,  GH_SQL_INT8};
    size_t n = journal->n_access < BATCH ? journal->n_access : BATCH;
    struct gh_param *cells =
        gh_arena_array(&journal->arena, ACCESS_COLUMNS * BATCH, sizeof(*cells));
    struct gh_param params[ACCESS_COLUMNS + 2];
    struct gh_param row[ACCESS_COLUMNS];
    enum gh_status status = need_writer(journal);

    if (cells == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++) {
        access_params(journal, &journal->access[i], row);
        for (size_t k = 0; k < GH_COUNT(row); k++)
            cells[k * BATCH + i] = row[k];
    }
    for (size_t k = 0; k < ACCESS_COLUMNS && status == GH_OK; k++)
        status = gh_param_array(&journal->arena, types[k], &cells[k * BATCH], n,
                                &params[k]);
    params[ACCESS_COLUMNS] = gh_param_uuid(journal->writer);
    params[ACCESS_COLUMNS + 1] = gh_param_int8(journal->n_done);
    if (status == GH_OK)
        status = gh_database_ask(&journal->context, &gh_stmt_access_write,
                                 params, GH_COUNT(params));
    journal->n_sent = n;
    return status;
}

/* Sends the next statement, if anything waits. */
static void
send_next(struct gh_journal *journal)
{
    enum gh_status status = GH_OK;

    gh_arena_reset(&journal->arena);
    journal->context.fault = (struct gh_fault){0};
    if (journal->n_seen > 0 &&
        (journal->failed != SENDING_SEEN || journal->n_access == 0)) {
        journal->sending = SENDING_SEEN;
        status = send_seen(journal);
    } else if (journal->n_access > 0) {
        journal->sending = SENDING_ACCESS;
        status = send_access(journal);
    }
    if (status == GH_OK)
        return;
    journal->sending = SENDING_NOTHING;
    wait_a_second(journal);
}

/* Says once how much was lost, when there is somebody to listen again. */
static void
report_dropped(struct gh_journal *journal)
{
    struct gh_log_line line;

    if (journal->n_dropped == 0)
        return;
    gh_log_begin(&line, journal->context.worker->log, GH_LOG_ERROR,
                 "access_records_dropped");
    gh_log_number(&line, "count", journal->n_dropped);
    gh_log_end(&line);
    journal->n_dropped = 0;
}

/* So many more, or less, access records wait in the process. */
static void
count_access(struct gh_journal *journal, int64_t n)
{
    /* Unsigned numbers wrap around: adding -n takes n away. */
    atomic_fetch_add_explicit(
        &journal->context.worker->gateway->counters.n_access, (uint64_t)n,
        memory_order_relaxed);
}

/* What was sent is written: it waits no longer. */
static void
forget_sent(struct gh_journal *journal)
{
    size_t n = journal->n_sent;

    if (journal->sending == SENDING_SEEN) {
        journal->n_seen -= n;
        memmove(journal->seen, journal->seen + n,
                journal->n_seen * sizeof(journal->seen[0]));
    } else {
        journal->n_access -= n;
        journal->n_done += (int64_t)n;
        count_access(journal, -(int64_t)n);
        memmove(journal->access, journal->access + n,
                journal->n_access * sizeof(journal->access[0]));
    }
}

/* Counts what the database found in what was written. */
static void
count_places(struct gh_journal *journal, const struct gh_rows *rows)
{
    int64_t n_places = 0;

    if (journal->sending == SENDING_ACCESS && rows->n == 1 &&
        gh_row_int8(rows, 0, GH_ACCESS_PLACES, &n_places) == GH_OK)
        atomic_fetch_add_explicit(
            &journal->context.worker->gateway->counters.places,
            (uint64_t)n_places, memory_order_relaxed);
}

/* Whether what waits goes at once, now that this was sent. Accesses that came
 * meanwhile wait for more of them: a row costs the database half as much among
 * many. */
static bool
goes_at_once(const struct gh_journal *journal, enum sending sent)
{
    return sent == SENDING_SEEN ? journal->n_access > 0
                                : journal->n_access >= BATCH;
}

static void
on_answer(struct gh_task *task)
{
    struct gh_journal *journal = GH_CONTAINER(task, struct gh_journal, task);
    enum sending sent = journal->sending;
    const struct gh_rows *rows;
    enum gh_status status;

    if (journal->context.query == NULL)
        return;
    status = gh_database_answer(&journal->context, &rows);
    if (status == GH_WAIT)
        return;
    if (status == GH_OK)
        count_places(journal, rows);
    gh_database_done(&journal->context);
    /* A statement that the function itself refuses would be refused again. */
    if (status == GH_OK || !gh_is_fault(status)) {
        forget_sent(journal);
        report_dropped(journal);
    }
    journal->failed = status == GH_OK ? SENDING_NOTHING : sent;
    journal->sending = SENDING_NOTHING;
    if (status == GH_OK && goes_at_once(journal, sent))
        send_next(journal);
    else
        wait_a_second(journal);
}

static void
on_second(struct gh_deadline *deadline)
{
    struct gh_journal *journal =
        GH_CONTAINER(deadline, struct gh_journal, deadline);

    if (journal->sending == SENDING_NOTHING)
        send_next(journal);
}

/* Notes that a session was seen. While its statement is under way the table
 * only grows at its end; a session in it is seen again soon enough. */
static void
note_seen(struct gh_journal *journal, const struct gh_exchange *x)
{
    int64_t session_id = x->principal.session_id;

    for (size_t i = 0; i < journal->n_seen; i++) {
        if (journal->seen[i].session_id == session_id) {
            journal->seen[i].at_us = clock_us(x);
            return;
        }
    }
    /* A full table means that the database is away; a session that is not
     * noted ends a little early, which is the safe side. */
    if (journal->n_seen < SEEN_MAX)
        journal->seen[journal->n_seen++] =
            (struct seen){.session_id = session_id, .at_us = clock_us(x)};
}

static void
keep_word(struct word *word, struct gh_text text)
{
    text = gh_text_first(text, sizeof(word->at));
    if (text.len > 0)
        memcpy(word->at, text.at, text.len);
    word->len = text.len;
}

static void
keep_device(struct word *word, const struct gh_request *request)
{
    const struct gh_field *agent =
        gh_fields_find(&request->fields, GH_TEXT("User-Agent"));
    struct gh_buf buf = gh_buf_over(word->at, sizeof(word->at));

    gh_agent_write(&buf, agent == NULL ? (struct gh_text){0} : agent->value);
    word->len = buf.len;
}

/* True for who was let in by memory alone. */
static bool
is_from_outage(const struct gh_exchange *x)
{
    return x->principal.is_outage && x->decision.verdict == GH_PERMIT;
}

/* Notes who accessed what. */
static void
note_access(struct gh_journal *journal, const struct gh_exchange *x)
{
    const struct gh_request *request = &x->request;
    struct gh_text path = gh_text_first(request->target.path, RESOURCE_MAX);
    struct access *one = &journal->access[journal->n_access];

    if (journal->n_access == ACCESS_MAX) {
        journal->n_dropped++;
        atomic_fetch_add_explicit(
            &x->context.worker->gateway->counters.access_lost, 1,
            memory_order_relaxed);
        return;
    }
    *one = (struct access){
        .at_us = clock_us(x),
        .account_id = x->principal.account_id,
        .client = request->client,
        .location = x->principal.location,
        .resource_len = path.len,
        .status = (int32_t)x->receipt.status,
        .reason_z = is_from_outage(x) ? "outage" : x->receipt.why_z,
        .bytes_in = (int64_t)x->body.n_come,
        .bytes_out = (int64_t)x->receipt.n_out,
        .ms = (int32_t)(gh_loop_now(x->context.worker->loop) - x->began_ms)};
    gh_reference_read(x->principal.reference, one->session);
    keep_word(&one->application, x->decision.application->name);
    /* One that would permit, but for its condition, was not used. */
    if (x->decision.verdict == GH_PERMIT && x->decision.grant != NULL)
        one->grant_id = x->decision.grant->id;
    keep_word(&one->method, request->method);
    keep_word(&one->entry, x->context.entry->name);
    keep_device(&one->device, request);
    memcpy(one->exchange, x->context.id_bytes, sizeof(one->exchange));
    /* A canonical path is ASCII, so it can be cut anywhere. */
    memcpy(one->resource, path.at, path.len);
    journal->n_access++;
    count_access(journal, 1);
}

void
gh_journal_note(struct gh_journal *journal, const struct gh_exchange *exchange)
{
    const struct gh_principal *principal = &exchange->principal;

    if (journal == NULL || principal->kind != GH_PRINCIPAL_ACCOUNT ||
        exchange->decision.application == NULL)
        return;
    if (exchange->decision.is_activity &&
        gh_recall_is_news(journal->context.worker->gateway, principal))
        note_seen(journal, exchange);
    note_access(journal, exchange);
    /* At the instant only: what the database did not take waits its second. */
    if (journal->sending == SENDING_NOTHING &&
        (journal->n_access == BATCH || journal->n_seen == BATCH)) {
        gh_deadline_clear(&journal->deadline);
        send_next(journal);
    }
    wait_a_second(journal);
}

enum gh_status
gh_journal_new(struct gh_worker *worker, struct gh_journal **out)
{
    struct gh_journal *journal = calloc(1, sizeof(*journal));

    if (journal == NULL)
        return GH_FAULT_MEMORY;
    gh_arena_init(&journal->arena, ARENA_MAX);
    journal->context.worker = worker;
    journal->context.arena = &journal->arena;
    journal->context.task = &journal->task;
    memset(journal->context.id, '0', sizeof(journal->context.id) - 1);
    journal->task.run = on_answer;
    journal->deadline.on_late = on_second;
    *out = journal;
    return GH_OK;
}

void
gh_journal_free(struct gh_journal *journal)
{
    if (journal == NULL)
        return;
    gh_database_done(&journal->context);
    count_access(journal, -(int64_t)journal->n_access);
    journal->n_dropped += journal->n_access;
    report_dropped(journal);
    gh_deadline_clear(&journal->deadline);
    gh_link_leave(&journal->task.link);
    gh_arena_done(&journal->arena);
    free(journal);
}
