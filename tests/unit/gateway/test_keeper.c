/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/keeper, with PostgreSQL by script: a version is read once
 * and handed out, one that cannot be used is left alone until there is
 * another, faults are rested from, a wish is seen to at once, and clocks that
 * differ are said.
 */
#include "keeper.h"

#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "followed.h"
#include "keeping.h"
#include "resolve.h"

#include "base/banned.h"

/* --- policies ------------------------------------------------------------- */

#define SOCKET "http://unix:/s"

static const struct fake_value seven[ROWS][COLUMNS] =
    ROWS_OF(7, "forward", SOCKET);
static const struct fake_value eight[ROWS][COLUMNS] =
    ROWS_OF(8, "verdict", SOCKET);
static const struct fake_value bad_seven[ROWS][COLUMNS] =
    ROWS_OF(7, "teleport", SOCKET);
static const struct fake_value nine[ROWS][COLUMNS] =
    ROWS_OF(9, "forward", SOCKET);
static const struct fake_value zero[ROWS][COLUMNS] =
    ROWS_OF(0, "forward", SOCKET);
static const struct fake_value named[ROWS][COLUMNS] =
    ROWS_OF(7, "forward", "http://a.example:80");
static const struct fake_value renamed[ROWS][COLUMNS] =
    ROWS_OF(8, "forward", "http://b.example:80");

/* --- what is asked and handed out ----------------------------------------- */

static void
version_is_read_once_and_handed_out(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven), STATE(7),
                                      STATE(7), STATE(8),      POLICY(eight),
                                      SILENCE};
    const struct mark marks[] = {{2, 1, NULL}, {5, 1, NULL}, {7, 2, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(now.ms[0] < 200);
    check(now.ms[1] >= 600);
    check_number(7, now.versions[0]);
    check_number(2, now.asked[0]);
    check_number(8, now.versions[1]);
    check_number(6, now.asked[1]);
    check_number(1, now.n_applications);
    check_number(1, now.last->reaches[0].n_addresses);
    check_number(GH_CARRY_VERDICT,
                 gh_rules_application(now.last->rules, 0)->carrying);
    keeping_end();
}

static void
version_that_was_read_counts_and_not_the_one_that_was_told(void)
{
    const struct fake_step steps[] = {STATE(8), POLICY(nine), STATE(9),
                                      SILENCE};
    const struct mark marks[] = {{4, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(9, now.versions[0]);
    keeping_end();
}

static void
clock_is_the_databases(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven), SILENCE};
    const struct mark marks[] = {{3, 1, NULL}};
    int64_t ahead_us;

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    ahead_us =
        gh_gateway_now_us(&now.desk->gateway) - DATABASE_S * INT64_C(1000000);
    check(ahead_us > 100000 && ahead_us < KEEPING_MS * INT64_C(1000));
    keeping_end();
}

/* What the clock of this machine will say in so many milliseconds. */
static int64_t
in_ms(int64_t ms)
{
    return gh_clock_us(CLOCK_REALTIME) + ms * 1000;
}

/* All that was logged; nothing more is. */
static struct gh_text
logged(void)
{
    static char bytes[16 * 1024];
    ssize_t n;

    check(!gh_log_flush(now.desk->worker.log));
    n = read(now.pipe[0], bytes, sizeof(bytes));
    now.desk->gateway.sink.fd = -1;
    now.is_heard = false;
    close(now.pipe[0]);
    close(now.pipe[1]);
    return (struct gh_text){bytes, n > 0 ? (size_t)n : 0};
}

/* How often a text has these words. */
static size_t
count(struct gh_text text, struct gh_text words)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += gh_text_starts(gh_text_from(text, i), words) ? 1 : 0;
    return n;
}

static void
clocks_that_differ_are_said_once_and_so_that_they_agree_again(void)
{
    const int64_t day = 86400000;
    /* A quarter of a second lies between two of them, or more. In between, by
     * 1700 and by -1200 and what has passed, nothing changes. A day later, or
     * earlier, by the database's clock, the policy is read anew. */
    const struct fake_step steps[] = {STATE_AT(in_ms(300), 7),
                                      POLICY(seven),
                                      STATE_AT(in_ms(1700), 7),
                                      STATE_AT(in_ms(-day), 7),
                                      POLICY(seven),
                                      STATE_AT(in_ms(-1200), 7),
                                      STATE_AT(in_ms(-day), 7),
                                      STATE_AT(in_ms(1800), 7),
                                      POLICY(seven),
                                      STATE_AT(in_ms(60000), 7),
                                      STATE_AT(in_ms(60000), 7),
                                      STATE_AT(in_ms(day - 5000), 7),
                                      STATE_AT(in_ms(day + 3000), 7),
                                      POLICY(seven),
                                      SILENCE};
    const struct mark marks[] = {{15, 4, NULL}};
    struct gh_text log;

    now.is_heard = true;
    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(now.asked[1] == 5 && now.asked[2] == 9 && now.asked[3] == 14);
    log = logged();
    check_number(2, count(log, GH_TEXT("level=warning event=clock_differs ")));
    check_number(1, count(log, GH_TEXT("clock_differs ahead_ms=86400")));
    check_number(1, count(log, GH_TEXT("clock_differs behind_ms=5")));
    check_number(1, count(log, GH_TEXT("level=info event=clock_agrees ")));
    check(atomic_load(&now.desk->gateway.counters.clock_apart_us) < -40000000);
    keeping_end();
}

static void
version_that_cannot_be_used_is_not_read_again(void)
{
    const struct fake_step steps[] = {
        STATE(7), POLICY(bad_seven), STATE(7), STATE(7),
        STATE(8), POLICY(eight),     SILENCE};
    const struct mark marks[] = {{7, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(8, now.versions[0]);
    check_number(6, now.asked[0]);
    keeping_end();
}

/* Nor one of which a value is none that a gateway can have. */
static void
version_that_cannot_be_told_is_not_read_again(void)
{
    struct fake_value endless[ROWS][COLUMNS];
    const struct fake_step steps[] = {STATE(7), POLICY(endless), STATE(7),
                                      STATE(7), STATE(8),        POLICY(eight),
                                      SILENCE};
    const struct mark marks[] = {{7, 1, NULL}};

    memcpy(endless, seven, sizeof(endless));
    endless[ROWS - 1][GH_POLICY_UNTIL] =
        (struct fake_value){FAKE_ENDLESS, {0}, 0};
    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(8, now.versions[0]);
    check_number(6, now.asked[0]);
    keeping_end();
}

static void
policy_before_stays_when_the_next_cannot_be_used(void)
{
    const struct fake_step steps[] = {STATE(8), POLICY(eight),
                                      STATE(7), POLICY(bad_seven),
                                      STATE(7), SILENCE};
    const struct mark marks[] = {{6, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(8, gh_rules_version(now.last->rules));
    keeping_end();
}

static void
faults_are_rested_from(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_follow, .asked = GH_FAULT_DB},
        {.stmt = &gh_stmt_follow, .status = GH_FAULT_DB},
        STATE(7),
        {.stmt = &gh_stmt_policy_read, .asked = GH_FAULT_DB},
        STATE(7),
        {.stmt = &gh_stmt_policy_read, .status = GH_FAULT_DB},
        STATE(7),
        POLICY(seven),
        SILENCE};
    const struct mark marks[] = {{7, 0, NULL}, {9, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    /* Four rests: not long while there is no policy, but no rush either. */
    check(now.ms[0] >= 60);
    check_number(8, now.asked[0]);
    keeping_end();
}

static void
answer_without_a_policy_is_asked_for_again(void)
{
    const struct fake_step steps[] = {
        STATE(7),
        {.stmt = &gh_stmt_policy_read, .n_columns = COLUMNS},
        STATE(7),
        POLICY(seven),
        SILENCE};
    const struct mark marks[] = {{5, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(7, now.versions[0]);
    keeping_end();
}

static void
empty_state_permits_nothing(void)
{
    const struct fake_step steps[] = {STATE(7),  POLICY(seven), NO_POLICY,
                                      NO_POLICY, STATE(7),      POLICY(seven),
                                      SILENCE};
    const struct mark marks[] = {{7, 3, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(0, now.versions[1]);
    check_number(3, now.asked[1]);
    check_number(7, now.versions[2]);
    check_number(6, now.asked[2]);
    check_number(1, now.n_applications);
    keeping_end();
}

static void
version_0_is_a_version(void)
{
    const struct fake_step steps[] = {STATE(0), POLICY(zero), STATE(0),
                                      SILENCE};
    const struct mark marks[] = {{4, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(1, now.n_applications);
    keeping_end();
}

/* --- changes -------------------------------------------------------------- */

/* Whether what was asked for at the very beginning still holds. */
static bool
holds(int64_t session_id, int64_t account_id)
{
    return gh_fresh_holds(now.fresh, 0, session_id, account_id);
}

static void
changes_spoil_what_they_name(void)
{
    static const int64_t kinds[] = {GH_FRESH_SESSION, GH_FRESH_ACCOUNT};
    static const int64_t ids[] = {31, 7};
    const struct fake_step steps[] = {
        STATE(7), POLICY(seven),
        CHANGES(NUMBER(7), 1, BYTES(kinds), BYTES(ids)), SILENCE};
    const struct mark marks[] = {{4, 1, NULL}};
    int64_t version = 0;

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(!holds(31, 1) && !holds(1, 7));
    check(holds(1, 1) && holds(7, 31));
    check(gh_fresh_is_on(now.fresh, 0, 1, &version));
    check_number(7, version);
    check(!gh_fresh_is_on(now.fresh, gh_fresh_clock() + 1, 0, &version));
    /* It asks for what came after the snapshot before. */
    check(!fake_database_param(0, 0).is_set);
    check_text(GH_TEXT("9:9:"), fake_database_bytes(2, 0));
    keeping_end();
}

static void
changes_that_are_not_all_spoil_everything(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven),
                                      CHANGES(NUMBER(7), 0, {0}, {0}), SILENCE};
    const struct mark marks[] = {{4, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(!holds(1, 1));
    check(gh_fresh_holds(now.fresh, gh_fresh_moment(now.fresh), 1, 1));
    keeping_end();
}

static void
answer_that_cannot_be_read_extends_nothing(void)
{
    static const int64_t kinds[] = {GH_FRESH_SESSION, GH_FRESH_ACCOUNT};
    const struct fake_step steps[] = {CHANGES(NUMBER(7), 1, BYTES(kinds), {0}),
                                      SILENCE};
    const struct mark marks[] = {{2, 0, NULL}};
    int64_t version;

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(!gh_fresh_is_on(now.fresh, 0, 1, &version));
    keeping_end();
}

static void
give_hints(struct gh_keeper *keeper)
{
    (void)keeper;
    for (int i = 0; i < 1000; i++)
        fake_database_hint();
}

static void
hint_has_it_asked_at_once(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven), STATE(7),
                                      SILENCE};
    const struct mark marks[] = {
        {2, 1, give_hints}, {3, 1, NULL}, {4, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(now.ms[1] < 200);
    /* A thousand hints are one. */
    check(now.ms[2] >= 200);
    keeping_end();
}

/* --- wishes --------------------------------------------------------------- */

static void
want_what_is_there_and_what_is_not(struct gh_keeper *keeper)
{
    gh_keeper_want(&now.desk->gateway, 7);
    gh_keeper_look(keeper);
    check_number(2, fake_database_asked());
    gh_keeper_want(&now.desk->gateway, 8);
    gh_keeper_look(keeper);
    check_number(3, fake_database_asked());
    /* One question at a time. */
    gh_keeper_look(keeper);
    check_number(3, fake_database_asked());
}

static void
wish_is_asked_for_at_once_unless_it_is_fulfilled(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven), STATE(8),
                                      POLICY(eight), SILENCE};
    const struct mark marks[] = {
        {2, 1, want_what_is_there_and_what_is_not}, {4, 2, NULL}, {5, 2, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(now.ms[1] < 200);
    check(now.ms[2] >= 200);
    gh_keeper_want(&now.desk->gateway, 3);
    check_number(8, atomic_load(&now.desk->gateway.policy_wanted));
    keeping_end();
}

static void
policy_is_read_again_when_that_is_asked_for(void)
{
    const struct fake_step steps[] = {STATE(7),      POLICY(seven), STATE(7),
                                      POLICY(seven), STATE(7),      SILENCE};
    const struct mark marks[] = {
        {2, 1, gh_keeper_again}, {4, 2, NULL}, {6, 2, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(now.ms[1] < 200);
    keeping_end();
}

static void
refused_version_is_read_again_when_that_is_asked_for(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(bad_seven), STATE(7),
                                      POLICY(seven), SILENCE};
    const struct mark marks[] = {{2, 0, gh_keeper_again}, {5, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    keeping_end();
}

/* --- names ---------------------------------------------------------------- */

static void
names_are_looked_up_once_a_policy_is_there(void)
{
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}, .n_waits = 3}};
    const struct fake_step steps[] = {STATE(7), POLICY(named), SILENCE};
    const struct mark marks[] = {{2, 2, NULL}, {3, 2, NULL}};

    fake_resolve_play(names, GH_COUNT(names));
    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(7, now.versions[0]);
    check_number(7, now.versions[1]);
    check_number(1, now.last->reaches[0].n_addresses);
    keeping_end();
    fake_resolve_end();
}

static void
newer_policy_waits_for_no_name(void)
{
    /* Found only when the policy that has it is over. */
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}, .n_waits = 40}};
    const struct fake_step steps[] = {STATE(7),      POLICY(named), STATE(8),
                                      POLICY(eight), STATE(8),      SILENCE};
    const struct mark marks[] = {{4, 2, NULL}, {6, 2, NULL}};

    fake_resolve_play(names, GH_COUNT(names));
    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(0, fake_resolve_ended());
    check_number(8, now.versions[1]);
    check_number(AF_UNIX, now.last->reaches[0].addresses[0].addr.any.sa_family);
    keeping_end();
    fake_resolve_end();
}

static void
names_of_a_newer_policy_follow_at_once(void)
{
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}, .n_waits = 40},
        {.host_z = "b.example", .found_z = {"192.0.2.2"}}};
    const struct fake_step steps[] = {STATE(7),        POLICY(named), STATE(8),
                                      POLICY(renamed), STATE(8),      SILENCE};
    const struct mark marks[] = {{4, 2, NULL}, {6, 3, NULL}};

    fake_resolve_play(names, GH_COUNT(names));
    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check_number(8, now.versions[2]);
    check_number(1, now.last->reaches[0].n_addresses);
    keeping_end();
    fake_resolve_end();
}

static void
keeper_may_be_freed_with_a_question_under_way(void)
{
    const struct fake_step steps[] = {
        STATE(7), {.stmt = &gh_stmt_policy_read, .n_waits = FAKE_NEVER}};
    const struct mark marks[] = {{2, 0, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    keeping_end();
    gh_keeper_free(NULL);
}

const struct check_case keeper_cases[] = {
    CHECK_CASE(version_is_read_once_and_handed_out),
    CHECK_CASE(version_that_was_read_counts_and_not_the_one_that_was_told),
    CHECK_CASE(clock_is_the_databases),
    CHECK_CASE(clocks_that_differ_are_said_once_and_so_that_they_agree_again),
    CHECK_CASE(version_that_cannot_be_used_is_not_read_again),
    CHECK_CASE(version_that_cannot_be_told_is_not_read_again),
    CHECK_CASE(policy_before_stays_when_the_next_cannot_be_used),
    CHECK_CASE(faults_are_rested_from),
    CHECK_CASE(answer_without_a_policy_is_asked_for_again),
    CHECK_CASE(empty_state_permits_nothing),
    CHECK_CASE(version_0_is_a_version),
    CHECK_CASE(changes_spoil_what_they_name),
    CHECK_CASE(changes_that_are_not_all_spoil_everything),
    CHECK_CASE(answer_that_cannot_be_read_extends_nothing),
    CHECK_CASE(hint_has_it_asked_at_once),
    CHECK_CASE(wish_is_asked_for_at_once_unless_it_is_fulfilled),
    CHECK_CASE(policy_is_read_again_when_that_is_asked_for),
    CHECK_CASE(refused_version_is_read_again_when_that_is_asked_for),
    CHECK_CASE(names_are_looked_up_once_a_policy_is_there),
    CHECK_CASE(newer_policy_waits_for_no_name),
    CHECK_CASE(names_of_a_newer_policy_follow_at_once),
    CHECK_CASE(keeper_may_be_freed_with_a_question_under_way),
    {0},
};
