/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock of the database's upkeep. Owns one question at a time. Limits
 * nothing itself: the function has its own batch sizes, and several gateways
 * that call it at once do not wait for each other. What it found about guards
 * is logged, so that a copy leaves the database. Called by workers.
 */
#include "upkeep.h"

#include <string.h>

#include "database.h"
#include "settings.h"

#include "base/banned.h"

enum {
    SCRATCH_MAX = 64 * 1024, /* bytes of one answer's texts */
};

/* Has the deadline running, as the present configuration says; a reload
 * counts from the next round, or within a minute when there is none. */
static void
wait_for_next(struct gh_upkeep *upkeep)
{
    const struct gh_worker *worker = upkeep->context.worker;
    uint64_t every = worker->site->settings->database.maintain;

    gh_deadline_set(worker->loop, &upkeep->deadline,
                    every > 0 ? (int64_t)every : 60 * 1000);
}

/* Logs which guards are off now, or on again, when there are any. */
static void
say_guards(struct gh_upkeep *upkeep, const struct gh_rows *rows, size_t column)
{
    bool is_off = column == GH_MAINTAIN_OFF_NOW;
    struct gh_text guards;
    struct gh_log_line line;

    if (gh_row_text(upkeep->context.arena, rows, 0, column, &guards) != GH_OK)
        return;
    gh_log_begin(&line, upkeep->context.worker->log,
                 is_off ? GH_LOG_ERROR : GH_LOG_WARNING,
                 is_off ? "sys_monitor_disabled" : "sys_monitor_enabled");
    gh_log_text(&line, "guards", guards);
    gh_log_end(&line);
}

/* Keeps a number for the metrics; a round in which another gateway was at it
 * has none. */
static void
keep_number(const struct gh_rows *rows, size_t column, atomic_ullong *out)
{
    int64_t value;

    if (gh_row_int8(rows, 0, column, &value) == GH_OK)
        atomic_store_explicit(out, (uint64_t)value + 1, memory_order_relaxed);
}

/* What the upkeep found. */
static void
take_findings(struct gh_upkeep *upkeep, const struct gh_rows *rows)
{
    struct gh_counters *counters = &upkeep->context.worker->gateway->counters;

    keep_number(rows, GH_MAINTAIN_SESSIONS_LIVE, &counters->sessions_live);
    keep_number(rows, GH_MAINTAIN_GUARDS_OFF, &counters->guards_off);
    say_guards(upkeep, rows, GH_MAINTAIN_OFF_NOW);
    say_guards(upkeep, rows, GH_MAINTAIN_ON_AGAIN);
}

/* An answer that could not be had is in the log; the next round tries again. */
static void
on_answer(struct gh_task *task)
{
    struct gh_upkeep *upkeep = GH_CONTAINER(task, struct gh_upkeep, task);
    const struct gh_rows *rows;
    enum gh_status status;

    if (upkeep->context.query == NULL)
        return;
    status = gh_database_answer(&upkeep->context, &rows);
    if (status == GH_WAIT)
        return;
    if (status == GH_OK)
        take_findings(upkeep, rows);
    gh_database_done(&upkeep->context);
    gh_arena_reset(&upkeep->scratch);
    wait_for_next(upkeep);
}

static void
on_time(struct gh_deadline *deadline)
{
    struct gh_upkeep *upkeep =
        GH_CONTAINER(deadline, struct gh_upkeep, deadline);
    const struct gh_worker *worker = upkeep->context.worker;
    const struct gh_param node =
        gh_param_text(gh_text_of_z(worker->gateway->node));

    upkeep->context.fault = (struct gh_fault){0};
    if (worker->site->settings->database.maintain == 0 ||
        gh_database_ask(&upkeep->context, &gh_stmt_maintain, &node, 1) != GH_OK)
        wait_for_next(upkeep);
}

void
gh_upkeep_start(struct gh_upkeep *upkeep, struct gh_worker *worker)
{
    gh_arena_init(&upkeep->scratch, SCRATCH_MAX);
    upkeep->context.worker = worker;
    upkeep->context.arena = &upkeep->scratch;
    upkeep->context.task = &upkeep->task;
    memset(upkeep->context.id, '0', sizeof(upkeep->context.id) - 1);
    upkeep->task.run = on_answer;
    upkeep->deadline.on_late = on_time;
    /* At once: a guard may have been switched off while no gateway ran. */
    if (worker->database != NULL)
        gh_deadline_set(worker->loop, &upkeep->deadline, 0);
}

void
gh_upkeep_stop(struct gh_upkeep *upkeep)
{
    gh_database_done(&upkeep->context);
    gh_deadline_clear(&upkeep->deadline);
    gh_link_leave(&upkeep->task.link);
    gh_arena_done(&upkeep->scratch);
}
