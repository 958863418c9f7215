/* SPDX-License-Identifier: Apache-2.0
 *
 * Following the database. Owns what is being read; holds the snapshot of the
 * policy that was handed out last. Limits: one question at a time, each with
 * the deadline of every statement. Called by workers; wanted by identify on
 * any loop.
 */
#include "keeper.h"

#include <string.h>

#include "base/clock.h"
#include "core/rules_read.h"
#include "database.h"
#include "fresh.h"
#include "look.h"
#include "lookup.h"

#include "base/banned.h"

enum {
    POLL_MS = 250,                  /* from an answer to the next question */
    SOON_MS = 20,                   /* the same while there is no policy yet */
    HINT_MS = 5,                    /* the same when it gave a hint meanwhile */
    LOOKUP_MS = 10,                 /* between looks at a name's lookup */
    NAMES_MS = 60 * 1000,           /* from one round of lookups to the next */
    SCRATCH_MAX = 64 * 1024 * 1024, /* bytes of one answer's texts */
    HOME_MAX = 64 * 1024,           /* bytes of itself */
    SNAPSHOT_MAX = 16 * 1024, /* bytes of a snapshot's text: 700 transactions
                                 under way; of more, all is asked anew */
    JITTER_US = 1000 * 1000, /* so much ahead the clock is held, not set back */
    APART_US = 2000 * 1000,  /* further apart, the clocks are said to differ */
    NEAR_US = 1000 * 1000,   /* nearer than this, to agree again */
};

static const int64_t DAY_US = 24 * 60 * 60 * GH_SECOND_US;

/* What was asked. */
enum asked {
    ASKED_NOTHING = 0,
    ASKED_CHANGES, /* what changed, and which policy there is */
    ASKED_POLICY,  /* all of the policy */
};

struct gh_keeper {
    struct gh_arena home;               /* where it stands itself */
    struct gh_context context;          /* to ask the database with */
    struct gh_arena scratch;            /* of one answer */
    struct gh_task task;                /* an answer is there */
    struct gh_deadline deadline;        /* it is time to ask again */
    struct gh_deadline names;           /* it is time to look at names */
    struct gh_keeper_listener listener; /* hears of new ones */
    enum asked asked;                   /* what is under way */
    bool is_hinted;                     /* something changed since */
    struct gh_mounts *current;          /* handed out last; NULL: none was */
    int64_t refused;         /* a version that cannot be used; -1: none */
    unsigned n_wishes;       /* to read anew, though the version is the same */
    unsigned n_heeded;       /* of them, before the last reading began that was
                                carried through */
    unsigned n_heeding;      /* of them, before the reading under way began */
    struct gh_lookup lookup; /* of names */
    int64_t asked_us;        /* when what is under way was asked */
    int64_t heard_us;        /* the database's time in its last answer */
    int64_t read_us;         /* likewise, when the policy was asked for last */
    bool is_apart;           /* our clock and the database's differ, as was
                                said */
    size_t n_snapshot;       /* bytes of it; 0: none was seen yet */
    char snapshot[SNAPSHOT_MAX]; /* up to which changes are known */
};

/* --- the database's clock ---------------------------------------------------
 */

/* The answer left the database before it is here, so this never runs ahead of
 * the database; nor back, for what an answer took longer than the one before.
 */
static void
set_clock(struct gh_keeper *keeper, int64_t database_us)
{
    atomic_llong *clock_us = &keeper->context.worker->gateway->clock_us;
    int64_t before = atomic_load_explicit(clock_us, memory_order_relaxed);
    int64_t now = database_us - gh_fresh_clock();

    if (now < before && before - now < JITTER_US)
        return;
    atomic_store_explicit(clock_us, now, memory_order_relaxed);
}

/* Says once that the clocks differ, and by how much, and once that they agree
 * again. */
static void
say_clock(struct gh_keeper *keeper, bool is_apart, int64_t offset_us)
{
    struct gh_log_line line;

    if (keeper->is_apart == is_apart)
        return;
    keeper->is_apart = is_apart;
    gh_log_begin(&line, keeper->context.worker->log,
                 is_apart ? GH_LOG_WARNING : GH_LOG_INFO,
                 is_apart ? "clock_differs" : "clock_agrees");
    if (offset_us < 0)
        gh_log_number(&line, "behind_ms", (uint64_t)(-offset_us / 1000));
    else
        gh_log_number(&line, "ahead_ms", (uint64_t)(offset_us / 1000));
    gh_log_end(&line);
}

/* Compares our own clock with the database's, for operators: nothing is
 * decided by it (CLOCK-001). The database looked at its clock somewhere
 * between the question and its answer; what an answer that took long leaves
 * open changes nothing. */
static void
compare_clocks(struct gh_keeper *keeper, int64_t database_us)
{
    struct gh_counters *counters = &keeper->context.worker->gateway->counters;
    int64_t taken_us = gh_fresh_clock() - keeper->asked_us;
    int64_t most_us = gh_clock_us(CLOCK_REALTIME) - database_us;
    int64_t least_us = most_us - taken_us;
    int64_t offset_us = most_us - taken_us / 2;
    atomic_store_explicit(&counters->clock_apart_us, offset_us,
                          memory_order_relaxed);
    if (least_us > APART_US || most_us < -APART_US)
        say_clock(keeper, true, offset_us);
    else if (least_us > -NEAR_US && most_us < NEAR_US)
        say_clock(keeper, false, offset_us);
}

int64_t
gh_gateway_now_us(struct gh_gateway *gateway)
{
    int64_t ahead_us =
        atomic_load_explicit(&gateway->clock_us, memory_order_relaxed);

    return ahead_us == 0 ? 0 : ahead_us + gh_fresh_clock();
}

/* --- handing out ------------------------------------------------------------
 */

/* Hands a snapshot to all loops and takes over the caller's hold on it. */
static void
hand_out(struct gh_keeper *keeper, struct gh_mounts *mounts)
{
    gh_mounts_release(keeper->current);
    keeper->current = mounts;
    atomic_store_explicit(&keeper->context.worker->gateway->policy_version,
                          gh_rules_version(mounts->rules),
                          memory_order_relaxed);
    keeper->listener.on_policy(keeper->listener.ctx, mounts);
}

/* A name is being looked up, or it is time for the next round. A lookup that
 * has begun cannot be ended without waiting for it, so it goes on when there
 * is a newer policy; what it finds is dropped, and the next round begins. */
static void
on_names(struct gh_deadline *deadline)
{
    struct gh_keeper *keeper = GH_CONTAINER(deadline, struct gh_keeper, names);
    struct gh_loop *loop = keeper->context.worker->loop;
    struct gh_mounts *moved = NULL;
    enum gh_status status = GH_OK;
    bool is_old;

    if (keeper->lookup.mounts == NULL)
        status = gh_lookup_begin(&keeper->lookup, keeper->current);
    is_old = status == GH_OK && keeper->lookup.mounts != keeper->current;
    if (status == GH_OK)
        status = gh_lookup_go_on(&keeper->lookup, &moved);
    if (moved != NULL && !is_old)
        hand_out(keeper, moved);
    else
        gh_mounts_release(moved);
    if (status == GH_WAIT)
        gh_deadline_set(loop, &keeper->names, LOOKUP_MS);
    else
        gh_deadline_set(loop, &keeper->names, is_old ? 0 : NAMES_MS);
}

/* A policy that cannot be used: which row is to blame. */
static void
say_rejected(struct gh_keeper *keeper, enum gh_status status,
             const struct gh_rules_bad *bad)
{
    struct gh_log_line line;

    gh_log_begin(&line, keeper->context.worker->log, GH_LOG_ERROR,
                 "policy_rejected");
    gh_log_text(&line, "relation", gh_text_of_z(bad->relation_z));
    gh_log_number(&line, "row", (uint64_t)bad->id);
    gh_log_text(&line, "why", gh_text_of_z(gh_status_word(status)));
    gh_log_end(&line);
}

/* A new policy is there. Its texts and addresses that need no lookup are at
 * hand at once; names follow. */
static enum gh_status
hand_out_rules(struct gh_keeper *keeper, struct gh_rules *rules)
{
    struct gh_mounts *mounts = gh_mounts_new(rules, keeper->current);
    struct gh_log_line line;

    if (mounts == NULL)
        return GH_FAULT_MEMORY;
    hand_out(keeper, mounts);
    keeper->n_heeded = keeper->n_heeding;
    keeper->refused = -1;
    gh_log_begin(&line, keeper->context.worker->log, GH_LOG_INFO,
                 "policy_loaded");
    gh_log_number(&line, "version", (uint64_t)gh_rules_version(rules));
    gh_log_end(&line);
    gh_deadline_set(keeper->context.worker->loop, &keeper->names, 0);
    return GH_OK;
}

/* --- asking -----------------------------------------------------------------
 */

/* Asks again in a while; at once when somebody waits for that. */
static void
rest(struct gh_keeper *keeper)
{
    int64_t ms = keeper->current == NULL ? SOON_MS : POLL_MS;

    if (keeper->is_hinted)
        ms = HINT_MS;
    if (gh_look_is_wanted(keeper->context.worker->gateway))
        ms = 0;
    keeper->asked = ASKED_NOTHING;
    gh_deadline_set(keeper->context.worker->loop, &keeper->deadline, ms);
}

/* Nobody is to wait for a look: it failed, or something else comes first. */
static void
stop_looks(struct gh_keeper *keeper)
{
    gh_look_stop(keeper->context.worker->gateway);
    keeper->listener.on_look(keeper->listener.ctx);
}

/* There was no answer, or none that makes sense. */
static void
fail(struct gh_keeper *keeper)
{
    stop_looks(keeper);
    rest(keeper);
}

static void
ask(struct gh_keeper *keeper, enum asked what)
{
    struct gh_param since =
        gh_param_text((struct gh_text){keeper->snapshot, keeper->n_snapshot});
    enum gh_status status;

    since.is_set = keeper->n_snapshot > 0;
    keeper->asked = what;
    keeper->context.fault = (struct gh_fault){0};
    gh_deadline_clear(&keeper->deadline);
    if (what == ASKED_POLICY) {
        stop_looks(keeper);
        keeper->n_heeding = keeper->n_wishes;
        keeper->read_us = keeper->heard_us;
        status =
            gh_database_ask(&keeper->context, &gh_stmt_policy_read, NULL, 0);
    } else {
        keeper->is_hinted = false;
        gh_look_begin(keeper->context.worker->gateway);
        keeper->asked_us = gh_fresh_clock();
        status = gh_database_ask(&keeper->context, &gh_stmt_follow, &since, 1);
    }
    if (status != GH_OK)
        fail(keeper);
}

/* Once a day, by the database's clock, it is read anew, also when that clock
 * was set back by so much: the clocks of its conditions are known for some
 * time around that only, and the database's idea of them may have changed. */
static void
wish_daily(struct gh_keeper *keeper)
{
    int64_t passed_us = keeper->heard_us - keeper->read_us;

    if (passed_us > -DAY_US && passed_us < DAY_US)
        return;
    keeper->read_us = keeper->heard_us;
    keeper->n_wishes++;
}

/* True when there is nothing new in that version. */
static bool
is_known(const struct gh_keeper *keeper, int64_t version)
{
    if (keeper->n_heeded != keeper->n_wishes)
        return false;
    return version == keeper->refused ||
           (keeper->current != NULL &&
            gh_rules_version(keeper->current->rules) == version);
}

/* There is no policy at all, which permits nothing: somebody emptied its
 * table. */
static void
hand_out_nothing(struct gh_keeper *keeper)
{
    struct gh_rules *rules = NULL;

    if (!is_known(keeper, 0))
        rules = gh_rules_new(0);
    if (rules != NULL && gh_rules_seal(rules) == GH_OK)
        (void)hand_out_rules(keeper, rules);
    gh_rules_release(rules);
}

/* Spoils what the rows say. */
static enum gh_status
spoil(struct gh_keeper *keeper, const struct gh_rows *rows)
{
    struct gh_fresh *fresh = keeper->context.worker->gateway->fresh;
    const int64_t *kinds, *ids;
    size_t n_kinds = 0;
    size_t n_ids = 0;
    bool is_complete = false;
    enum gh_status status =
        gh_row_bool(rows, 0, GH_FOLLOW_IS_COMPLETE, &is_complete);

    if (status == GH_OK)
        status = gh_row_int8s(&keeper->scratch, rows, 0, GH_FOLLOW_RELATIONS,
                              &kinds, &n_kinds);
    if (status == GH_OK)
        status = gh_row_int8s(&keeper->scratch, rows, 0, GH_FOLLOW_ROW_IDS,
                              &ids, &n_ids);
    if (status != GH_OK || n_kinds != n_ids)
        return GH_FAULT_DB;
    if (!is_complete)
        gh_fresh_spoil(fresh, GH_FRESH_EVERYTHING, 0);
    for (size_t i = 0; i < n_ids; i++)
        gh_fresh_spoil(fresh, (enum gh_fresh_kind)kinds[i], ids[i]);
    return GH_OK;
}

/* Keeps up to where changes are known now; too long a text is none. */
static enum gh_status
keep_snapshot(struct gh_keeper *keeper, const struct gh_rows *rows)
{
    struct gh_text snapshot;
    enum gh_status status =
        gh_row_text(&keeper->scratch, rows, 0, GH_FOLLOW_SNAPSHOT, &snapshot);

    if (status != GH_OK)
        return GH_FAULT_DB;
    keeper->n_snapshot = 0;
    if (snapshot.len <= sizeof(keeper->snapshot)) {
        memcpy(keeper->snapshot, snapshot.at, snapshot.len);
        keeper->n_snapshot = snapshot.len;
    }
    return GH_OK;
}

/* Believes what is remembered for a while longer. version 0: no policy. */
static enum gh_status
extend(struct gh_keeper *keeper, const struct gh_rows *rows, int64_t version)
{
    const struct gh_worker *worker = keeper->context.worker;
    int64_t now_us = 0;
    enum gh_status status = spoil(keeper, rows);

    if (status == GH_OK)
        status = keep_snapshot(keeper, rows);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_FOLLOW_NOW, &now_us);
    if (status != GH_OK)
        return status;
    keeper->heard_us = now_us;
    set_clock(keeper, now_us);
    compare_clocks(keeper, now_us);
    gh_fresh_extend(worker->gateway->fresh, version, keeper->asked_us);
    atomic_store_explicit(&worker->gateway->counters.heard_us, keeper->asked_us,
                          memory_order_relaxed);
    return GH_OK;
}

/* What changed, and which policy there is. */
static void
take_changes(struct gh_keeper *keeper, const struct gh_rows *rows)
{
    int64_t version = 0;
    enum gh_status has_policy =
        gh_row_int8(rows, 0, GH_FOLLOW_POLICY_VERSION, &version);
    enum gh_status status = has_policy;

    if (status == GH_OK || status == GH_NONE)
        status = extend(keeper, rows, version);
    gh_database_done(&keeper->context);
    gh_arena_reset(&keeper->scratch);
    wish_daily(keeper);
    if (status != GH_OK) {
        fail(keeper);
        return;
    }
    if (has_policy == GH_OK && !is_known(keeper, version)) {
        ask(keeper, ASKED_POLICY);
        return;
    }
    if (has_policy == GH_NONE)
        hand_out_nothing(keeper);
    gh_look_end(keeper->context.worker->gateway, keeper->asked_us);
    keeper->listener.on_look(keeper->listener.ctx);
    rest(keeper);
}

/* The whole policy. */
static void
take_policy(struct gh_keeper *keeper, const struct gh_rows *rows)
{
    struct gh_rules *rules = NULL;
    /* There may be no row at all, when somebody empties the table now. */
    struct gh_rules_bad bad = {.relation_z = "state"};
    int64_t version = 0;
    enum gh_status status = gh_row_int8(rows, 0, GH_POLICY_ID, &version);

    if (status == GH_OK)
        status = gh_rules_read(&keeper->scratch, rows, &bad, &rules);
    gh_database_done(&keeper->context);
    gh_arena_reset(&keeper->scratch);
    if (status == GH_OK)
        status = hand_out_rules(keeper, rules);
    else
        say_rejected(keeper, status, &bad);
    gh_rules_release(rules);
    /* What could not be had is asked for again; what cannot be read is not. */
    if (status == GH_FAULT_BUG || (status != GH_OK && !gh_is_fault(status))) {
        keeper->n_heeded = keeper->n_heeding;
        keeper->refused = version;
        atomic_store(&keeper->context.worker->gateway->policy_refused, version);
    }
    rest(keeper);
}

static void
on_answer(struct gh_task *task)
{
    struct gh_keeper *keeper = GH_CONTAINER(task, struct gh_keeper, task);
    const struct gh_rows *rows;
    enum gh_status status;

    if (keeper->context.query == NULL)
        return;
    status = gh_database_answer(&keeper->context, &rows);
    if (status == GH_WAIT)
        return;
    if (status != GH_OK)
        fail(keeper);
    else if (keeper->asked == ASKED_CHANGES)
        take_changes(keeper, rows);
    else
        take_policy(keeper, rows);
}

/* The database says that something changed: it is asked soon, but no more
 * often for any number of hints. */
static void
on_hint(void *ctx)
{
    struct gh_keeper *keeper = ctx;

    if (!keeper->is_hinted && keeper->asked == ASKED_NOTHING)
        gh_deadline_set(
            keeper->context.worker->loop, &keeper->deadline,
            gh_fresh_clock() - keeper->asked_us > 1000 * HINT_MS ? 0 : HINT_MS);
    keeper->is_hinted = true;
}

static void
on_time(struct gh_deadline *deadline)
{
    ask(GH_CONTAINER(deadline, struct gh_keeper, deadline), ASKED_CHANGES);
}

void
gh_keeper_want(struct gh_gateway *gateway, int64_t version)
{
    long long wanted = atomic_load(&gateway->policy_wanted);

    while (wanted < version && !atomic_compare_exchange_weak(
                                   &gateway->policy_wanted, &wanted, version))
        continue;
    if (gateway->keeper_loop != NULL)
        gh_loop_wake(gateway->keeper_loop);
}

void
gh_keeper_look(struct gh_keeper *keeper)
{
    int64_t wanted =
        atomic_load(&keeper->context.worker->gateway->policy_wanted);

    if (keeper->asked != ASKED_NOTHING)
        return;
    if (gh_look_is_wanted(keeper->context.worker->gateway) ||
        keeper->current == NULL ||
        gh_rules_version(keeper->current->rules) < wanted)
        ask(keeper, ASKED_CHANGES);
}

void
gh_keeper_again(struct gh_keeper *keeper)
{
    keeper->n_wishes++;
    if (keeper->asked == ASKED_NOTHING)
        ask(keeper, ASKED_CHANGES);
}

enum gh_status
gh_keeper_new(struct gh_worker *worker,
              const struct gh_keeper_listener *listener, struct gh_keeper **out)
{
    struct gh_keeper *keeper;
    struct gh_arena home;
    enum gh_status status = GH_OK;

    gh_arena_init(&home, HOME_MAX);
    keeper = gh_arena_new(&home, sizeof(*keeper));
    if (keeper == NULL)
        return GH_FAULT_MEMORY;
    keeper->home = home;
    gh_arena_init(&keeper->scratch, SCRATCH_MAX);
    keeper->context.worker = worker;
    keeper->context.arena = &keeper->scratch;
    keeper->context.task = &keeper->task;
    memset(keeper->context.id, '0', sizeof(keeper->context.id) - 1);
    keeper->listener = *listener;
    keeper->refused = -1;
    keeper->task.run = on_answer;
    keeper->deadline.on_late = on_time;
    keeper->names.on_late = on_names;
    worker->gateway->keeper_loop = worker->loop;
    gh_deadline_set(worker->loop, &keeper->deadline, 0);
    if (worker->site->settings->database.listen)
        status = gh_database_listen(worker->database, on_hint, keeper);
    if (status != GH_OK) {
        gh_keeper_free(keeper);
        return status;
    }
    *out = keeper;
    return GH_OK;
}

void
gh_keeper_free(struct gh_keeper *keeper)
{
    struct gh_arena home;

    if (keeper == NULL)
        return;
    gh_database_done(&keeper->context);
    gh_deadline_clear(&keeper->deadline);
    gh_deadline_clear(&keeper->names);
    gh_link_leave(&keeper->task.link);
    gh_lookup_done(&keeper->lookup);
    gh_mounts_release(keeper->current);
    gh_arena_done(&keeper->scratch);
    home = keeper->home;
    gh_arena_done(&home);
}
