/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping the policy. Owns what is being read; holds the snapshot that was
 * handed out last. Limits: one question at a time, each with the deadline of
 * every statement. Called by workers; wanted by identify on any loop.
 */
#include "keeper.h"

#include <string.h>
#include <time.h>

#include "core/rules_read.h"
#include "database.h"
#include "lookup.h"

#include "base/banned.h"

enum {
    POLL_MS = 250,                  /* from an answer to the next question */
    SOON_MS = 20,                   /* the same while there is no policy yet */
    LOOKUP_MS = 10,                 /* between looks at a name's lookup */
    NAMES_MS = 60 * 1000,           /* from one round of lookups to the next */
    SCRATCH_MAX = 64 * 1024 * 1024, /* bytes of one answer's texts */
    HOME_MAX = 64 * 1024,           /* bytes of itself */
};

/* What was asked. */
enum asked {
    ASKED_NOTHING = 0,
    ASKED_STATE,  /* which version there is */
    ASKED_POLICY, /* all of it */
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
    struct gh_mounts *current;          /* handed out last; NULL: none was */
    int64_t refused;         /* a version that cannot be used; -1: none */
    unsigned n_wishes;       /* to read anew, though the version is the same */
    unsigned n_heeded;       /* of them, before the last reading began that was
                                carried through */
    unsigned n_heeding;      /* of them, before the reading under way began */
    struct gh_lookup lookup; /* of names */
};

/* --- the database's clock ---------------------------------------------------
 */

/* CLOCK_BOOTTIME goes on while the machine sleeps. */
static int64_t
boottime_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The answer left the database before it is here, so this never runs ahead of
 * the database. */
static void
set_clock(struct gh_keeper *keeper, int64_t database_us)
{
    atomic_store_explicit(&keeper->context.worker->gateway->clock_us,
                          database_us - boottime_us(), memory_order_relaxed);
}

int64_t
gh_gateway_now_us(struct gh_gateway *gateway)
{
    int64_t ahead_us =
        atomic_load_explicit(&gateway->clock_us, memory_order_relaxed);

    return ahead_us == 0 ? 0 : ahead_us + boottime_us();
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
    keeper->listener.fn(keeper->listener.ctx, mounts);
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

/* Asks again in a while. */
static void
rest(struct gh_keeper *keeper)
{
    keeper->asked = ASKED_NOTHING;
    gh_deadline_set(keeper->context.worker->loop, &keeper->deadline,
                    keeper->current == NULL ? SOON_MS : POLL_MS);
}

static void
ask(struct gh_keeper *keeper, enum asked what)
{
    const struct gh_stmt *stmt =
        what == ASKED_POLICY ? &gh_stmt_policy_read : &gh_stmt_policy_state;

    keeper->asked = what;
    keeper->n_heeding = keeper->n_wishes;
    keeper->context.fault = (struct gh_fault){0};
    gh_deadline_clear(&keeper->deadline);
    if (gh_database_ask(&keeper->context, stmt, NULL, 0) != GH_OK)
        rest(keeper);
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
    rest(keeper);
}

/* Version and time. */
static void
take_state(struct gh_keeper *keeper, const struct gh_rows *rows)
{
    int64_t version = 0;
    int64_t now_us = 0;
    enum gh_status status;

    if (rows->n == 0) {
        gh_database_done(&keeper->context);
        hand_out_nothing(keeper);
        return;
    }
    status = gh_row_int8(rows, 0, GH_STATE_VERSION, &version);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_STATE_NOW, &now_us);
    gh_database_done(&keeper->context);
    if (status == GH_OK)
        set_clock(keeper, now_us);
    if (status == GH_OK && !is_known(keeper, version))
        ask(keeper, ASKED_POLICY);
    else
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
    if (status != GH_OK && !gh_is_fault(status)) {
        keeper->n_heeded = keeper->n_heeding;
        keeper->refused = version;
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
        rest(keeper);
    else if (keeper->asked == ASKED_STATE)
        take_state(keeper, rows);
    else
        take_policy(keeper, rows);
}

static void
on_time(struct gh_deadline *deadline)
{
    ask(GH_CONTAINER(deadline, struct gh_keeper, deadline), ASKED_STATE);
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
    if (keeper->current == NULL ||
        gh_rules_version(keeper->current->rules) < wanted)
        ask(keeper, ASKED_STATE);
}

void
gh_keeper_again(struct gh_keeper *keeper)
{
    keeper->n_wishes++;
    if (keeper->asked == ASKED_NOTHING)
        ask(keeper, ASKED_STATE);
}

enum gh_status
gh_keeper_new(struct gh_worker *worker,
              const struct gh_keeper_listener *listener, struct gh_keeper **out)
{
    struct gh_keeper *keeper;
    struct gh_arena home;

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
