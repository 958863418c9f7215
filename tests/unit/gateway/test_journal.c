/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/journal: what is noted is written a second later, once, in
 * the order that keeps gateways from waiting for each other; while the
 * database is away it is kept; and there is an end to how much.
 */
#include "journal.h"

#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fresh.h"
#include "signing.h"

#include "base/banned.h"

enum {
    LOOK_MS = 10,
    GUARD_MS = 15000, /* by which everything must be written */
    HEAD = 20,        /* bytes of an array's head */
    ROOM = 1024,      /* accesses that may wait */
    BATCH = 256,      /* of them in one statement */
};

static struct {
    struct desk *desk;
    struct gh_journal *journal;
    struct gh_deadline look; /* whether it is over */
    int64_t began_ms;        /* when the loop was run */
} now;

static void
look(struct gh_deadline *deadline)
{
    struct gh_loop *loop = now.desk->worker.loop;

    if (gh_journal_is_empty(now.journal) ||
        gh_loop_now(loop) - now.began_ms > GUARD_MS)
        gh_loop_stop(loop);
    else
        gh_deadline_set(loop, deadline, LOOK_MS);
}

/* A journal, and alice's request for /account/x on the desk. */
static void
begin(const struct fake_step *steps, size_t n)
{
    struct gh_principal *principal;

    now.desk = signing_begin(steps, n, 0);
    desk_set(now.desk, "REQUEST_URI", GH_TEXT("/account/x?secret"));
    check_number(0, desk_parse(now.desk));
    principal = &now.desk->exchange->principal;
    principal->kind = GH_PRINCIPAL_ACCOUNT;
    principal->account_id = SIGNING_ID;
    principal->session_id = 31;
    principal->reference = GH_TEXT(SIGNING_REFERENCE);
    check_number(GH_PERMIT, desk_decide(now.desk));
    now.desk->exchange->receipt.status = 200;
    check_status(GH_OK, gh_journal_new(&now.desk->worker, &now.journal));
}

static void
end(void)
{
    gh_deadline_clear(&now.look);
    gh_journal_free(now.journal);
    signing_end(now.desk);
}

static void
note(int64_t session_id)
{
    now.desk->exchange->principal.session_id = session_id;
    gh_journal_note(now.journal, now.desk->exchange);
}

/* Runs the loop until all is written; the milliseconds that took. */
static int64_t
await(void)
{
    struct gh_loop *loop = now.desk->worker.loop;

    now.look = (struct gh_deadline){.on_late = look};
    now.began_ms = gh_loop_now(loop);
    gh_deadline_set(loop, &now.look, LOOK_MS);
    gh_loop_run(loop);
    check(gh_journal_is_empty(now.journal));
    return gh_loop_now(loop) - now.began_ms;
}

/* Values of `size` bytes in an array parameter. */
static size_t
count(size_t i, size_t k, size_t size)
{
    struct gh_text bytes = fake_database_bytes(i, k);

    check_number(0, (bytes.len - HEAD) % (4 + size));
    return (bytes.len - HEAD) / (4 + size);
}

/* The last byte of the at-th bigint of an array parameter. */
static int
low_byte(size_t i, size_t k, size_t at)
{
    struct gh_text bytes = fake_database_bytes(i, k);

    return (unsigned char)bytes.at[HEAD + at * 12 + 11];
}

/* How many accesses the i-th statement says were done before it. */
static int64_t
done_before(size_t i)
{
    struct gh_text bytes =
        fake_database_bytes(i, gh_stmt_access_write.n_params - 1);
    uint64_t n = 0;

    check_number(8, bytes.len);
    for (size_t at = 0; at < bytes.len; at++)
        n = n << 8 | (unsigned char)bytes.at[at];
    return (int64_t)n;
}

static void
what_nobody_did_and_our_own_pages_are_not_noted(void)
{
    begin(NULL, 0);
    now.desk->exchange->principal.kind = GH_PRINCIPAL_NOBODY;
    gh_journal_note(now.journal, now.desk->exchange);
    now.desk->exchange->principal.kind = GH_PRINCIPAL_UNKNOWN;
    gh_journal_note(now.journal, now.desk->exchange);
    now.desk->exchange->principal.kind = GH_PRINCIPAL_ACCOUNT;
    now.desk->exchange->decision.application = NULL;
    gh_journal_note(now.journal, now.desk->exchange);
    gh_journal_note(NULL, now.desk->exchange);
    check(gh_journal_is_empty(now.journal));
    check(gh_journal_is_empty(NULL));
    end();
}

/* A rule that would permit, but for its condition, is not one that was used. */
static void
rule_of_a_denied_access_is_not_noted(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_access_write}};
    struct gh_decision *decision;
    const struct gh_grant *grant;
    struct gh_text bytes;

    begin(steps, GH_COUNT(steps));
    decision = &now.desk->exchange->decision;
    decision->is_activity = false;
    grant = decision->grant;
    if (!check(grant != NULL))
        return;
    note(1);
    decision->verdict = GH_DENY;
    decision->reason = GH_REASON_CONDITION;
    note(1);
    await();
    /* Two values: a number, and a null without bytes (length -1). */
    bytes = fake_database_bytes(0, 15);
    check_number(HEAD + 12 + 4, bytes.len);
    check(memcmp(bytes.at + bytes.len - 4, "\xff\xff\xff\xff", 4) == 0);
    end();
}

/* Whom memory let in is told so, also when the application failed then; who
 * was denied is told why that was. */
static void
access_from_memory_in_an_outage_is_noted_as_one(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_access_write}};
    struct gh_exchange *x;
    struct gh_text bytes;

    begin(steps, GH_COUNT(steps));
    x = now.desk->exchange;
    x->decision.is_activity = false;
    x->decision.verdict = GH_PERMIT;
    x->principal.is_outage = true;
    x->receipt.why_z = "no answer";
    note(1);
    x->decision.verdict = GH_DENY;
    note(1);
    await();
    bytes = fake_database_bytes(0, 8);
    if (check_number(HEAD + 4 + 6 + 4 + 9, bytes.len)) {
        check(memcmp(bytes.at + HEAD + 4, "outage", 6) == 0);
        check(memcmp(bytes.at + HEAD + 14, "no answer", 9) == 0);
    }
    end();
}

/* Where the client is, as it was judged by; null when that is not known. */
static void
place_of_an_access_is_noted(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_access_write}};
    struct gh_principal *principal;
    struct gh_text bytes;

    begin(steps, GH_COUNT(steps));
    now.desk->exchange->decision.is_activity = false;
    principal = &now.desk->exchange->principal;
    principal->location = (struct gh_location){{'D', 'E'}, 77};
    note(1);
    principal->location = (struct gh_location){.asn = 0};
    note(1);
    await();
    bytes = fake_database_bytes(0, 17);
    if (check_number(HEAD + 4 + 2 + 4, bytes.len))
        check(memcmp(bytes.at + HEAD + 4, "DE\xff\xff\xff\xff", 6) == 0);
    bytes = fake_database_bytes(0, 18);
    check_number(HEAD + 12 + 4, bytes.len);
    check_number(77, low_byte(0, 18, 0));
    end();
}

static void
what_is_no_activity_keeps_no_session_alive(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_access_write}};

    begin(steps, GH_COUNT(steps));
    now.desk->exchange->decision.is_activity = false;
    note(9);
    (void)await();
    check_number(1, count(0, 0, 8));
    end();
}

/* Seconds since 1970 of the first instant of an array parameter. */
static int64_t
first_instant_s(size_t i, size_t k)
{
    const int64_t epoch_s = 946684800; /* PostgreSQL's: 2000-01-01 */
    struct gh_text bytes = fake_database_bytes(i, k);
    uint64_t us = 0;

    for (size_t at = 0; at < 8; at++)
        us = us << 8 | (unsigned char)bytes.at[HEAD + 4 + at];
    return (int64_t)us / 1000000 + epoch_s;
}

/* CLOCK-007 */
static void
instants_are_the_databases_however_wrong_our_clock_is(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_session_seen},
                                      {.stmt = &gh_stmt_access_write}};
    const int64_t database_s = 4000000000;

    begin(steps, GH_COUNT(steps));
    atomic_store(&now.desk->gateway.clock_us,
                 database_s * 1000000 - gh_fresh_clock());
    note(9);
    (void)await();
    check((first_instant_s(0, 1) - database_s) / 60 == 0);
    check((first_instant_s(1, 0) - database_s) / 60 == 0);
    end();
}

static void
sessions_and_accesses_are_written_after_a_second(void)
{
    const struct fake_value found[] = {
        [GH_ACCESS_WRITTEN] = {FAKE_NUMBER, {0}, 4},
        [GH_ACCESS_PLACES] = {FAKE_NUMBER, {0}, 2}};
    const struct fake_step steps[] = {{.stmt = &gh_stmt_session_seen},
                                      {.stmt = &gh_stmt_access_write,
                                       .n_waits = 1,
                                       .row = found,
                                       .n_columns = GH_COUNT(found)}};
    int64_t ms;

    begin(steps, GH_COUNT(steps));
    note(9);
    note(3);
    note(9);
    note(5);
    check_number(4, atomic_load(&now.desk->gateway.counters.n_access));
    ms = await();
    check(ms >= 900);
    check_number(0, atomic_load(&now.desk->gateway.counters.n_access));
    /* Each session once, by its id. */
    check_number(3, count(0, 0, 8));
    check_number(3, low_byte(0, 0, 0));
    check_number(5, low_byte(0, 0, 1));
    check_number(9, low_byte(0, 0, 2));
    check_number(3, count(0, 1, 8));
    /* Each access, as it was. */
    check_number(4, count(1, 0, 8));
    check_number(4, count(1, 1, 8));
    check_number(SIGNING_ID, low_byte(1, 1, 3));
    check_number(4, count(1, 2, 16));
    check_number(4, count(1, 6, sizeof("/account/x") - 1));
    check_number(4, count(1, 16, sizeof("A browser without a name") - 1));
    check_number(2, atomic_load(&now.desk->gateway.counters.places));
    check(fake_database_holds(GH_TEXT("/account/x")));
    check(!fake_database_holds(GH_TEXT("secret")));
    end();
}

static void
what_could_not_be_written_is_kept(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_seen, .asked = GH_FAULT_DB},
        {.stmt = &gh_stmt_session_seen},
        {.stmt = &gh_stmt_access_write, .status = GH_FAULT_DB},
        {.stmt = &gh_stmt_access_write}};

    begin(steps, GH_COUNT(steps));
    note(1);
    note(2);
    await();
    check_text(fake_database_bytes(0, 0), fake_database_bytes(1, 0));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(1, 1));
    for (size_t k = 0; k < gh_stmt_access_write.n_params; k++)
        check_text(fake_database_bytes(2, k), fake_database_bytes(3, k));
    check_number(0, done_before(3));
    end();
}

static void
what_fails_lets_the_other_go_first(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_seen, .status = GH_FAULT_DB},
        {.stmt = &gh_stmt_access_write, .status = GH_FAULT_DB},
        {.stmt = &gh_stmt_session_seen, .status = GH_FAULT_DB},
        {.stmt = &gh_stmt_access_write},
        {.stmt = &gh_stmt_session_seen}};

    begin(steps, GH_COUNT(steps));
    note(1);
    await();
    end();
}

static bool
holds(struct gh_text text, struct gh_text words)
{
    for (size_t i = 0; i < text.len; i++) {
        if (gh_text_starts(gh_text_from(text, i), words))
            return true;
    }
    return false;
}

static void
what_waits_at_the_end_is_told(void)
{
    char bytes[1024];
    struct gh_text line = {.at = bytes};
    ssize_t n;
    int ends[2];

    begin(NULL, 0);
    if (!check(pipe(ends) == 0))
        return;
    now.desk->gateway.sink.fd = ends[1];
    note(1);
    note(2);
    gh_journal_free(now.journal);
    now.journal = NULL;
    check(!gh_log_flush(now.desk->worker.log));
    n = read(ends[0], bytes, sizeof(bytes));
    line.len = n > 0 ? (size_t)n : 0;
    check(holds(line, GH_TEXT("access_records_dropped")));
    check(holds(line, GH_TEXT("count=2")));
    now.desk->gateway.sink.fd = -1;
    close(ends[0]);
    close(ends[1]);
    end();
}

static void
what_the_database_refuses_is_not_sent_again(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_seen},
        {.stmt = &gh_stmt_access_write, .status = GH_MALFORMED}};

    begin(steps, GH_COUNT(steps));
    note(1);
    await();
    end();
}

static void
what_is_over_the_limit_is_dropped_and_the_rest_written(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_seen}, {.stmt = &gh_stmt_session_seen},
        {.stmt = &gh_stmt_access_write}, {.stmt = &gh_stmt_access_write},
        {.stmt = &gh_stmt_access_write}, {.stmt = &gh_stmt_access_write}};

    begin(steps, GH_COUNT(steps));
    for (size_t i = 0; i < ROOM + 3; i++)
        note((int64_t)i);
    /* A batch that is full waits for no second. */
    check(await() < 900);
    check_number(BATCH, count(0, 0, 8));
    check_number(ROOM - BATCH, count(1, 0, 8));
    for (size_t i = 0; i < ROOM / BATCH; i++) {
        check_number(BATCH, count(2 + i, 1, 8));
        check_number((int64_t)i * BATCH, done_before(2 + i));
    }
    end();
}

static void
accesses_that_come_while_others_are_written_wait_for_more(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_access_write, .n_waits = 1},
        {.stmt = &gh_stmt_access_write}};

    begin(steps, GH_COUNT(steps));
    now.desk->exchange->decision.is_activity = false;
    for (size_t i = 0; i < BATCH + 1; i++)
        note(1);
    check_number(1, fake_database_asked());
    check(await() >= 900);
    check_number(BATCH, count(0, 1, 8));
    check_number(1, count(1, 1, 8));
    end();
}

static void
journal_may_be_freed_with_a_statement_under_way(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_seen, .n_waits = FAKE_NEVER}};

    begin(steps, GH_COUNT(steps));
    note(1);
    now.look = (struct gh_deadline){.on_late = look};
    now.began_ms = gh_loop_now(now.desk->worker.loop) + 1100 - GUARD_MS;
    gh_deadline_set(now.desk->worker.loop, &now.look, 1050);
    gh_loop_run(now.desk->worker.loop);
    check_number(1, fake_database_asked());
    end();
}

const struct check_case journal_cases[] = {
    CHECK_CASE(what_nobody_did_and_our_own_pages_are_not_noted),
    CHECK_CASE(rule_of_a_denied_access_is_not_noted),
    CHECK_CASE(access_from_memory_in_an_outage_is_noted_as_one),
    CHECK_CASE(place_of_an_access_is_noted),
    CHECK_CASE(what_is_no_activity_keeps_no_session_alive),
    CHECK_CASE(instants_are_the_databases_however_wrong_our_clock_is),
    CHECK_CASE(sessions_and_accesses_are_written_after_a_second),
    CHECK_CASE(what_could_not_be_written_is_kept),
    CHECK_CASE(what_fails_lets_the_other_go_first),
    CHECK_CASE(what_waits_at_the_end_is_told),
    CHECK_CASE(what_the_database_refuses_is_not_sent_again),
    CHECK_CASE(what_is_over_the_limit_is_dropped_and_the_rest_written),
    CHECK_CASE(accesses_that_come_while_others_are_written_wait_for_more),
    CHECK_CASE(journal_may_be_freed_with_a_statement_under_way),
    {0},
};
