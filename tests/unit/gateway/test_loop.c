/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/loop: deadlines, tasks and events, and what handlers may do
 * to each other. Every test makes a loop, gives it something to do and runs
 * it until its own code stops it; a guard ends a loop that nothing stops.
 */
#include "loop.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

enum {
    GUARD_MS = 5000, /* after which a test has failed */
};

/* What the handlers of a test share. Static: handlers find it without help.
 * They write into `said` what happened, one letter each. */
static struct {
    struct gh_loop *loop;
    char said[64];
    size_t n_said;
    struct gh_deadline guard;
    struct gh_deadline a, b;
    struct gh_task first, second;
    struct gh_watch left, right;
    bool is_guarded_out;
} stage;

static void
say(char letter)
{
    if (stage.n_said < sizeof(stage.said))
        stage.said[stage.n_said++] = letter;
}

static struct gh_text
said(void)
{
    return (struct gh_text){stage.said, stage.n_said};
}

static void
guard_out(struct gh_deadline *deadline)
{
    (void)deadline;
    stage.is_guarded_out = true;
    gh_loop_stop(stage.loop);
}

static void
woken(void *ctx)
{
    check(ctx == &stage);
    say('w');
    gh_loop_stop(stage.loop);
}

static void
begin(void)
{
    stage.loop = NULL;
    stage.n_said = 0;
    stage.is_guarded_out = false;
    stage.guard = (struct gh_deadline){.on_late = guard_out};
    stage.a = stage.b = (struct gh_deadline){0};
    stage.first = stage.second = (struct gh_task){0};
    stage.left = stage.right = (struct gh_watch){.fd = -1};
    check_status(GH_OK, gh_loop_new(woken, &stage, &stage.loop));
}

/* Runs the loop and takes everything down. */
static void
finish(void)
{
    gh_deadline_set(stage.loop, &stage.guard, GUARD_MS);
    gh_loop_run(stage.loop);
    check(!stage.is_guarded_out);
    gh_deadline_clear(&stage.guard);
    gh_deadline_clear(&stage.a);
    gh_deadline_clear(&stage.b);
    gh_link_leave(&stage.first.link);
    gh_link_leave(&stage.second.link);
    gh_loop_free(stage.loop);
    if (stage.left.fd >= 0)
        close(stage.left.fd);
    if (stage.right.fd >= 0)
        close(stage.right.fd);
}

static void
stop_late(struct gh_deadline *deadline)
{
    say(deadline == &stage.a ? 'a' : 'b');
    gh_loop_stop(stage.loop);
}

static void
deadline_is_met_not_before_its_time(void)
{
    int64_t start;

    begin();
    start = gh_loop_now(stage.loop);
    stage.a.on_late = stop_late;
    gh_deadline_set(stage.loop, &stage.a, 30);
    gh_loop_run(stage.loop);
    check_text(GH_TEXT("a"), said());
    check(gh_loop_now(stage.loop) - start >= 30);
    finish();
}

static void
deadline_that_was_cleared_is_not_called(void)
{
    begin();
    stage.a.on_late = stage.b.on_late = stop_late;
    gh_deadline_set(stage.loop, &stage.a, 10);
    gh_deadline_set(stage.loop, &stage.b, 40);
    gh_deadline_clear(&stage.a);
    gh_deadline_clear(&stage.a);
    finish();
    check_text(GH_TEXT("b"), said());
}

static void
deadline_set_again_counts_anew(void)
{
    begin();
    stage.a.on_late = stage.b.on_late = stop_late;
    gh_deadline_set(stage.loop, &stage.a, 10);
    gh_deadline_set(stage.loop, &stage.b, 40);
    gh_deadline_set(stage.loop, &stage.a, 10000);
    finish();
    check_text(GH_TEXT("b"), said());
}

static void
clear_the_other(struct gh_deadline *deadline)
{
    say(deadline == &stage.a ? 'a' : 'b');
    gh_deadline_clear(deadline == &stage.a ? &stage.b : &stage.a);
    gh_loop_stop(stage.loop);
}

static void
handler_may_clear_another_that_is_due_too(void)
{
    begin();
    stage.a.on_late = stage.b.on_late = clear_the_other;
    gh_deadline_set(stage.loop, &stage.a, 10);
    gh_deadline_set(stage.loop, &stage.b, 10);
    finish();
    check_number(1, stage.n_said);
}

static void
set_itself_again(struct gh_deadline *deadline)
{
    say('a');
    if (stage.n_said == 3)
        gh_loop_stop(stage.loop);
    else
        gh_deadline_set(stage.loop, deadline, 1);
}

static void
handler_may_set_its_own_deadline_again(void)
{
    begin();
    stage.a.on_late = set_itself_again;
    gh_deadline_set(stage.loop, &stage.a, 1);
    finish();
    check_text(GH_TEXT("aaa"), said());
}

static void
set_itself_at_once(struct gh_deadline *deadline)
{
    say('a');
    if (stage.n_said < 3)
        gh_deadline_set(stage.loop, deadline, 0);
    else
        gh_loop_stop(stage.loop);
}

static void
deadline_without_delay_is_met_once_more(void)
{
    begin();
    stage.a.on_late = set_itself_at_once;
    gh_deadline_set(stage.loop, &stage.a, 0);
    finish();
    check_text(GH_TEXT("aaa"), said());
}

static void
replace_the_other(struct gh_deadline *deadline)
{
    (void)deadline;
    say('a');
    gh_deadline_set(stage.loop, &stage.b, 20);
}

static void
handler_may_bring_another_deadline_forward(void)
{
    begin();
    stage.a.on_late = replace_the_other;
    stage.b.on_late = stop_late;
    gh_deadline_set(stage.loop, &stage.b, 60000);
    gh_deadline_set(stage.loop, &stage.a, 10);
    finish();
    check_text(GH_TEXT("ab"), said());
}

static void
run_second(struct gh_task *task)
{
    (void)task;
    say('2');
    gh_loop_stop(stage.loop);
}

static void
run_first(struct gh_task *task)
{
    say('1');
    if (stage.n_said < 3)
        gh_loop_post(stage.loop, task);
    else
        gh_loop_post(stage.loop, &stage.second);
}

static void
task_may_post_itself_and_others(void)
{
    begin();
    stage.first.run = run_first;
    stage.second.run = run_second;
    gh_loop_post(stage.loop, &stage.first);
    finish();
    check_text(GH_TEXT("1112"), said());
}

static void
say_and_stop(struct gh_task *task)
{
    (void)task;
    say('1');
    gh_loop_stop(stage.loop);
}

static void
task_posted_twice_runs_once(void)
{
    begin();
    stage.first.run = say_and_stop;
    gh_loop_post(stage.loop, &stage.first);
    gh_loop_post(stage.loop, &stage.first);
    finish();
    check_text(GH_TEXT("1"), said());
}

static void
take_second_back(struct gh_task *task)
{
    (void)task;
    say('1');
    gh_link_leave(&stage.second.link);
    gh_loop_stop(stage.loop);
}

static void
task_taken_back_by_the_one_before_it_does_not_run(void)
{
    begin();
    stage.first.run = take_second_back;
    stage.second.run = run_second;
    gh_loop_post(stage.loop, &stage.first);
    gh_loop_post(stage.loop, &stage.second);
    finish();
    check_text(GH_TEXT("1"), said());
}

static void
post_for_ever(struct gh_task *task)
{
    gh_loop_post(stage.loop, task);
}

static void
tasks_that_never_end_do_not_starve_deadlines(void)
{
    begin();
    stage.first.run = post_for_ever;
    stage.a.on_late = stop_late;
    gh_loop_post(stage.loop, &stage.first);
    gh_deadline_set(stage.loop, &stage.a, 20);
    finish();
    check_text(GH_TEXT("a"), said());
}

/* A connected pair as stage.left and stage.right. */
static void
make_pair(void)
{
    int fds[2] = {-1, -1};

    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                     fds) == 0);
    stage.left.fd = fds[0];
    stage.right.fd = fds[1];
}

/* The first that is called forgets the other. */
static void
forget_the_other(struct gh_watch *watch, unsigned events)
{
    check((events & GH_EVENT_READ) != 0);
    say('e');
    gh_loop_forget(stage.loop,
                   watch == &stage.left ? &stage.right : &stage.left);
    gh_loop_forget(stage.loop, watch);
    gh_deadline_set(stage.loop, &stage.a, 20);
}

static void
events_of_a_forgotten_watch_are_not_delivered(void)
{
    begin();
    make_pair();
    stage.left.on_event = stage.right.on_event = forget_the_other;
    stage.a.on_late = stop_late;
    check(send(stage.left.fd, "x", 1, 0) == 1);
    check(send(stage.right.fd, "x", 1, 0) == 1);
    check_status(GH_OK, gh_loop_watch(stage.loop, &stage.left, GH_EVENT_READ));
    check_status(GH_OK, gh_loop_watch(stage.loop, &stage.right, GH_EVENT_READ));
    finish();
    check_text(GH_TEXT("ea"), said());
}

static void
note_hangup(struct gh_watch *watch, unsigned events)
{
    check((events & GH_EVENT_HANGUP) != 0);
    check((events & (GH_EVENT_READ | GH_EVENT_WRITE)) != 0);
    say('h');
    gh_loop_forget(stage.loop, watch);
    gh_loop_stop(stage.loop);
}

static void
hang_up_is_reported_to_who_wants_nothing(void)
{
    begin();
    make_pair();
    stage.left.on_event = note_hangup;
    check_status(GH_OK, gh_loop_watch(stage.loop, &stage.left, 0));
    close(stage.right.fd);
    stage.right.fd = -1;
    finish();
    check_text(GH_TEXT("h"), said());
}

static void
note_event(struct gh_watch *watch, unsigned events)
{
    say((events & GH_EVENT_WRITE) != 0 ? 'W' : 'R');
    if (stage.n_said == 1) {
        gh_loop_interest(stage.loop, watch, GH_EVENT_READ);
        gh_loop_interest(stage.loop, watch, GH_EVENT_READ);
        check(send(stage.right.fd, "x", 1, 0) == 1);
        return;
    }
    gh_loop_forget(stage.loop, watch);
    gh_loop_stop(stage.loop);
}

/* Writes down what it was called with, and is over. */
static void
note_and_close(struct gh_watch *watch, unsigned events)
{
    say((events & GH_EVENT_WRITE) != 0 ? 'W' : 'R');
    gh_loop_close(stage.loop, watch);
    gh_loop_stop(stage.loop);
}

static void
note_hangup_only(struct gh_watch *watch, unsigned events)
{
    (void)watch;
    say(events == GH_EVENT_HANGUP ? 'h' : '?');
    gh_loop_stop(stage.loop);
}

static void
interest_can_change_from_writing_to_reading(void)
{
    begin();
    make_pair();
    stage.left.on_event = note_event;
    check_status(GH_OK, gh_loop_watch(stage.loop, &stage.left, GH_EVENT_WRITE));
    finish();
    check_text(GH_TEXT("WR"), said());
}

/* Watches left late, with a byte there already, and asks for the time. */
static void
begin_late(void)
{
    begin();
    make_pair();
    stage.left.on_event = note_and_close;
    stage.a.on_late = stop_late;
    check(send(stage.right.fd, "x", 1, 0) == 1);
    gh_loop_watch_late(stage.loop, &stage.left, GH_EVENT_READ);
}

static void
what_is_watched_late_is_watched_in_the_end(void)
{
    int64_t start;

    begin_late();
    start = gh_loop_now(stage.loop);
    gh_loop_run(stage.loop);
    check_text(GH_TEXT("R"), said());
    check(gh_loop_now(stage.loop) - start >= GH_LATE_MS);
    finish();
}

static void
what_is_closed_before_is_never_watched(void)
{
    begin_late();
    gh_loop_close(stage.loop, &stage.left);
    check_number(-1, stage.left.fd);
    gh_deadline_set(stage.loop, &stage.a, 2 * GH_LATE_MS);
    finish();
    check_text(GH_TEXT("a"), said());
}

static void
what_is_forgotten_before_is_never_watched(void)
{
    begin_late();
    gh_loop_forget(stage.loop, &stage.left);
    gh_deadline_set(stage.loop, &stage.a, 2 * GH_LATE_MS);
    finish();
    check_text(GH_TEXT("a"), said());
}

static void
whoever_hurries_is_watched_at_once(void)
{
    begin_late();
    gh_loop_hurry(stage.loop, &stage.left);
    gh_deadline_set(stage.loop, &stage.a, 1);
    finish();
    /* First of the two; on a busy machine both are due at once. */
    check(gh_text_starts(said(), GH_TEXT("R")));
    begin_late();
    gh_loop_interest(stage.loop, &stage.left, GH_EVENT_WRITE);
    gh_deadline_set(stage.loop, &stage.a, 1);
    finish();
    check(gh_text_starts(said(), GH_TEXT("W")));
}

static void
interest_may_end_before_it_is_watched(void)
{
    begin_late();
    gh_loop_interest(stage.loop, &stage.left, 0);
    gh_deadline_set(stage.loop, &stage.a, 2 * GH_LATE_MS);
    finish();
    check_text(GH_TEXT("a"), said());
}

static void
what_cannot_be_watched_late_is_told_that_it_is_over(void)
{
    begin();
    stage.left.on_event = note_hangup_only;
    gh_loop_watch_late(stage.loop, &stage.left, GH_EVENT_READ);
    finish();
    check_text(GH_TEXT("h"), said());
}

static void
watching_nothing_is_a_fault_and_forgetting_nothing_is_none(void)
{
    begin();
    check_status(GH_FAULT_IO,
                 gh_loop_watch(stage.loop, &stage.left, GH_EVENT_READ));
    gh_loop_forget(stage.loop, &stage.left);
    gh_loop_wake(stage.loop);
    finish();
    gh_loop_free(NULL);
}

static void *
wake_from_outside(void *loop)
{
    gh_loop_wake(loop);
    return NULL;
}

static void
another_thread_can_wake_the_loop(void)
{
    pthread_t thread;

    begin();
    check(pthread_create(&thread, NULL, wake_from_outside, stage.loop) == 0);
    finish();
    pthread_join(thread, NULL);
    check_text(GH_TEXT("w"), said());
}

static void
many_wake_ups_at_once_are_one(void)
{
    begin();
    for (int i = 0; i < 1000; i++)
        gh_loop_wake(stage.loop);
    finish();
    check_text(GH_TEXT("w"), said());
}

const struct check_case loop_cases[] = {
    CHECK_CASE(deadline_is_met_not_before_its_time),
    CHECK_CASE(deadline_that_was_cleared_is_not_called),
    CHECK_CASE(deadline_set_again_counts_anew),
    CHECK_CASE(handler_may_clear_another_that_is_due_too),
    CHECK_CASE(handler_may_set_its_own_deadline_again),
    CHECK_CASE(deadline_without_delay_is_met_once_more),
    CHECK_CASE(handler_may_bring_another_deadline_forward),
    CHECK_CASE(task_may_post_itself_and_others),
    CHECK_CASE(task_posted_twice_runs_once),
    CHECK_CASE(task_taken_back_by_the_one_before_it_does_not_run),
    CHECK_CASE(tasks_that_never_end_do_not_starve_deadlines),
    CHECK_CASE(events_of_a_forgotten_watch_are_not_delivered),
    CHECK_CASE(hang_up_is_reported_to_who_wants_nothing),
    CHECK_CASE(interest_can_change_from_writing_to_reading),
    CHECK_CASE(what_is_watched_late_is_watched_in_the_end),
    CHECK_CASE(what_is_closed_before_is_never_watched),
    CHECK_CASE(what_is_forgotten_before_is_never_watched),
    CHECK_CASE(whoever_hurries_is_watched_at_once),
    CHECK_CASE(interest_may_end_before_it_is_watched),
    CHECK_CASE(what_cannot_be_watched_late_is_told_that_it_is_over),
    CHECK_CASE(watching_nothing_is_a_fault_and_forgetting_nothing_is_none),
    CHECK_CASE(another_thread_can_wake_the_loop),
    CHECK_CASE(many_wake_ups_at_once_are_one),
    {0},
};
