/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage of the keeper's suites. See the header.
 */
#include "keeping.h"

#include <fcntl.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

enum {
    LOOK_MS = 2, /* between looks at the marks */
};

struct keeping now;

static void
hear(void *ctx, struct gh_mounts *mounts)
{
    check(ctx == &now);
    if (!check(now.n_heard < MAX_HEARD))
        return;
    now.asked[now.n_heard] = fake_database_asked();
    now.versions[now.n_heard++] = gh_rules_version(mounts->rules);
    now.n_applications = mounts->n;
    gh_mounts_hold(mounts);
    gh_mounts_release(now.last);
    now.last = mounts;
}

static void
hear_look(void *ctx)
{
    check(ctx == &now);
    now.n_looks++;
}

static void
look(struct gh_deadline *deadline)
{
    struct gh_loop *loop = now.desk->worker.loop;
    const struct mark *mark = &now.marks[now.at];
    int64_t ms = gh_loop_now(loop) - now.began_ms;

    if (fake_database_asked() >= mark->n_asked &&
        now.n_heard >= mark->n_heard) {
        now.ms[now.at++] = ms;
        now.began_ms = gh_loop_now(loop);
        if (mark->fn != NULL)
            mark->fn(now.keeper);
    }
    if (now.at == now.n_marks || ms > KEEPING_MS)
        gh_loop_stop(loop);
    else
        gh_deadline_set(loop, deadline, LOOK_MS);
}

void
keeping_play(const struct fake_step *steps, size_t n, const struct mark *marks,
             size_t n_marks)
{
    const struct gh_keeper_listener listener = {hear, hear_look, &now};
    struct gh_loop *loop;

    now.n_heard = now.n_applications = now.n_looks = now.at = 0;
    now.marks = marks;
    now.n_marks = n_marks;
    now.desk = signing_begin(steps, n, 0);
    loop = now.desk->worker.loop;
    if (now.is_heard) {
        check(pipe2(now.pipe, O_CLOEXEC | O_NONBLOCK) == 0);
        now.desk->gateway.sink.fd = now.pipe[1];
        atomic_store(&now.desk->gateway.sink.level, GH_LOG_INFO);
    }
    check_status(GH_OK, gh_fresh_new(&now.fresh));
    now.desk->gateway.fresh = now.fresh;
    check_number(0, gh_gateway_now_us(&now.desk->gateway));
    check_status(GH_OK,
                 gh_keeper_new(&now.desk->worker, &listener, &now.keeper));
    check(now.desk->gateway.keeper_loop == loop);
    now.look = (struct gh_deadline){.on_late = look};
    now.began_ms = gh_loop_now(loop);
    gh_deadline_set(loop, &now.look, 0);
    gh_loop_run(loop);
    check_number(n_marks, now.at);
    check_number(marks[n_marks - 1].n_heard, now.n_heard);
    check_number(n, fake_database_asked());
}

void
keeping_end(void)
{
    gh_keeper_free(now.keeper);
    gh_mounts_release(now.last);
    now.last = NULL;
    gh_fresh_free(now.fresh);
    signing_end(now.desk);
}
