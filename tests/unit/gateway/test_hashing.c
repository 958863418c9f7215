/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/hashing with real threads and real hashes: results come
 * back on the loop, the queue has an end, and a job may be abandoned, or the
 * pool stopped, at any moment.
 */
#include "hashing.h"

#include "check.h"
#include "signing.h"

#include "base/banned.h"

enum {
    N_JOBS = 6,
    GUARD_MS = 30000, /* by which everything must be over */
};

static const struct gh_password_cost cheap = {.memory_kib = 12288, .passes = 3};

/* Somebody who waits for a hash. */
struct waiter {
    struct gh_task task;          /* posted when it is there */
    struct gh_hashing *place;     /* borrowed for the job */
    struct gh_hash_job *job;      /* until its result was taken */
    struct gh_hash_result result; /* once it was taken */
    bool is_done;                 /* the task was run */
};

static struct {
    struct desk *desk;             /* with one hashing thread */
    struct gh_deadline guard;      /* against hanging */
    bool is_late;                  /* it passed */
    struct waiter waiters[N_JOBS]; /* those who wait */
    size_t n_left;                 /* tasks until the loop stops */
    struct gh_password_cost cost;  /* of orders */
    struct gh_text new_password;   /* of orders */
    size_t one_more;               /* to submit when they are over, or 0 */
} now;

static void run(struct gh_task *task);

static void
stuck(struct gh_deadline *deadline)
{
    (void)deadline;
    now.is_late = true;
    gh_loop_stop(now.desk->worker.loop);
}

static void
begin(size_t queue)
{
    now.desk = signing_begin(NULL, 0, queue);
    now.guard = (struct gh_deadline){.on_late = stuck};
    now.is_late = false;
    now.n_left = now.one_more = 0;
    now.cost = cheap;
    for (size_t i = 0; i < N_JOBS; i++)
        now.waiters[i] = (struct waiter){.task = {.run = run}};
}

static void
end(void)
{
    check_number(0, fake_database_asked());
    signing_end(now.desk);
}

/* Borrows a place and submits the i-th job: alice's stored string (empty:
 * none) and a guess. */
static enum gh_status
submit(size_t i, struct gh_text phc, struct gh_text password)
{
    const struct gh_hash_order order = {.settings =
                                            now.desk->worker.site->settings,
                                        .cost = now.cost,
                                        .phc = phc,
                                        .pepper_kid = GH_TEXT("p2"),
                                        .password = password,
                                        .new_password = now.new_password};
    enum gh_status status =
        gh_hashing_borrow(now.desk->gateway.hashing, &now.waiters[i].place);

    if (status != GH_OK)
        return status;
    return gh_hashing_submit(now.desk->gateway.hashing, &order,
                             &now.desk->worker.hashed, &now.waiters[i].task,
                             &now.waiters[i].job);
}

static void
run(struct gh_task *task)
{
    struct waiter *waiter = GH_CONTAINER(task, struct waiter, task);

    check(!waiter->is_done);
    check_status(GH_OK, gh_hashing_result(waiter->job, &waiter->result));
    waiter->is_done = true;
    gh_hashing_give_back(&waiter->place);
    if (--now.n_left > 0)
        return;
    if (now.one_more == 0) {
        gh_loop_stop(now.desk->worker.loop);
        return;
    }
    check_status(GH_OK, submit(now.one_more, GH_TEXT(""), GH_TEXT("x")));
    now.one_more = 0;
    now.n_left = 1;
}

static struct gh_text
stored(void)
{
    return signing_reserve_row()[GH_RESERVE_PASSWORD_HASH].text;
}

/* Runs the loop, which can be done once, until n tasks were run. */
static void
await(size_t n)
{
    now.n_left = n;
    gh_deadline_set(now.desk->worker.loop, &now.guard, GUARD_MS);
    gh_loop_run(now.desk->worker.loop);
    gh_deadline_clear(&now.guard);
    check(!now.is_late);
}

/* One job's result. */
static struct gh_hash_result
hash(struct gh_text phc, struct gh_text password)
{
    begin(1);
    if (check_status(GH_OK, submit(0, phc, password)))
        await(1);
    end();
    return now.waiters[0].result;
}

static void
right_password_matches_and_others_do_not(void)
{
    struct gh_hash_result result = hash(stored(), GH_TEXT(SIGNING_PASSWORD));

    check_status(GH_OK, result.status);
    check(result.is_match);
    check_number(0, gh_text_of_z(result.rehashed_z).len);
    result = hash(stored(), GH_TEXT("correct-horse-battery-8"));
    check_status(GH_OK, result.status);
    check(!result.is_match);
}

/* What is made of alice's stored string at a cost of today. */
static bool
is_made_anew(struct gh_text password)
{
    begin(1);
    now.cost.passes++;
    if (check_status(GH_OK, submit(0, stored(), password)))
        await(1);
    end();
    return gh_text_starts(gh_text_of_z(now.waiters[0].result.rehashed_z),
                          GH_TEXT("$argon2id$v=19$m=12288,t=4,"));
}

static void
right_password_alone_is_hashed_anew_at_the_cost_of_today(void)
{
    check(is_made_anew(GH_TEXT(SIGNING_PASSWORD)));
    check(!is_made_anew(GH_TEXT("another")));
    check_number(0, gh_text_of_z(now.waiters[0].result.rehashed_z).len);
}

static void
job_without_a_usable_hash_never_matches(void)
{
    static const char *const bad[] = {
        "", "x", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$2y$10$abcdefghijklmnopqrstuv"};

    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        struct gh_hash_result result =
            hash(gh_text_of_z(bad[i]), GH_TEXT(SIGNING_PASSWORD));

        check_status(GH_OK, result.status);
        check(!result.is_match);
        check_number(0, gh_text_of_z(result.rehashed_z).len);
    }
}

static void
result_is_not_there_before_the_task_is_posted(void)
{
    struct gh_hash_result result;

    begin(1);
    check_status(GH_OK, submit(0, GH_TEXT(""), GH_TEXT("x")));
    check_status(GH_WAIT, gh_hashing_result(now.waiters[0].job, &result));
    await(1);
    check(now.waiters[0].is_done);
    end();
}

static void
new_password_is_hashed_when_the_old_one_is_right(void)
{
    struct gh_hash_result result;
    bool matches = false;

    now.new_password = GH_TEXT("a-brand-new-phrase-77");
    result = hash(stored(), GH_TEXT(SIGNING_PASSWORD));
    check(result.is_match);
    check_status(GH_OK, gh_password_verify(
                            signing_keys(), gh_text_of_z(result.rehashed_z),
                            gh_keys_current(signing_keys(), GH_KEY_PEPPER),
                            now.new_password, &matches));
    check(matches);
    result = hash(stored(), GH_TEXT("wrong"));
    check(!result.is_match && result.rehashed_z[0] == '\0');
    now.new_password = (struct gh_text){0};
}

static void
texts_of_an_order_are_copied(void)
{
    char password[] = SIGNING_PASSWORD;
    const struct gh_text text = {password, sizeof(password) - 1};

    begin(1);
    check_status(GH_OK, submit(0, stored(), text));
    for (size_t i = 0; i < text.len; i++)
        password[i] = 'x';
    await(1);
    check(now.waiters[0].result.is_match);
    end();
}

static void
every_job_gets_its_own_result(void)
{
    begin(N_JOBS);
    for (size_t i = 0; i < N_JOBS; i++)
        check_status(GH_OK, submit(i, stored(),
                                   i % 2 == 0 ? GH_TEXT(SIGNING_PASSWORD)
                                              : GH_TEXT("another")));
    await(N_JOBS);
    for (size_t i = 0; i < N_JOBS; i++)
        check(now.waiters[i].result.is_match == (i % 2 == 0));
    end();
}

static void
queue_has_an_end_and_gives_room_again(void)
{
    size_t n = 0;

    begin(2);
    /* One at work, two that wait. */
    while (n < N_JOBS && submit(n, GH_TEXT(""), GH_TEXT("x")) == GH_OK)
        n++;
    check_number(3, n);
    check(now.waiters[n].job == NULL);
    now.one_more = n;
    await(n);
    check(now.waiters[n].is_done);
    end();
}

static void
queue_without_room_takes_nothing(void)
{
    begin(0);
    check_status(GH_LIMIT, submit(0, GH_TEXT(""), GH_TEXT("x")));
    check(now.waiters[0].job == NULL);
    end();
}

static void
place_is_there_until_it_is_given_back(void)
{
    struct gh_hashing *places[3] = {NULL};
    struct gh_hashing *none = NULL;
    size_t n_borrowed = 9;
    size_t n_places = 9;

    begin(2);
    gh_hashing_count(now.desk->gateway.hashing, &n_borrowed, &n_places);
    check_number(0, n_borrowed);
    check_number(3, n_places);
    for (size_t i = 0; i < GH_COUNT(places); i++)
        check_status(GH_OK,
                     gh_hashing_borrow(now.desk->gateway.hashing, &places[i]));
    gh_hashing_count(now.desk->gateway.hashing, &n_borrowed, &n_places);
    check_number(3, n_borrowed);
    check_status(GH_LIMIT, submit(0, GH_TEXT(""), GH_TEXT("x")));
    gh_hashing_give_back(&none);
    gh_hashing_give_back(&places[1]);
    check(places[1] == NULL);
    gh_hashing_give_back(&places[1]);
    check_status(GH_OK, submit(0, GH_TEXT(""), GH_TEXT("x")));
    check_status(GH_LIMIT, submit(1, GH_TEXT(""), GH_TEXT("x")));
    await(1);
    check_status(GH_OK, submit(1, GH_TEXT(""), GH_TEXT("x")));
    gh_hashing_abandon(now.waiters[1].job);
    end();
}

static void
job_that_is_abandoned_is_never_heard_of_again(void)
{
    begin(4);
    for (size_t i = 0; i < 4; i++)
        check_status(GH_OK, submit(i, GH_TEXT(""), GH_TEXT("x")));
    /* One at work, perhaps, and one that waits. */
    gh_hashing_abandon(now.waiters[0].job);
    gh_hashing_abandon(now.waiters[2].job);
    gh_hashing_abandon(NULL);
    await(2);
    check(!now.waiters[0].is_done && !now.waiters[2].is_done);
    check(now.waiters[1].is_done && now.waiters[3].is_done);
    end();
}

static void
job_that_is_abandoned_in_the_queue_leaves_its_place(void)
{
    size_t n = 0;

    begin(1);
    while (n < N_JOBS && submit(n, GH_TEXT(""), GH_TEXT("x")) == GH_OK)
        n++;
    /* The last one waits; the one that was refused comes in its place. */
    gh_hashing_abandon(now.waiters[n - 1].job);
    gh_hashing_give_back(&now.waiters[n - 1].place);
    check_status(GH_OK, submit(n, GH_TEXT(""), GH_TEXT("x")));
    await(n);
    check(!now.waiters[n - 1].is_done && now.waiters[n].is_done);
    end();
}

/* Takes note of the task and leaves the result where it is. */
static void
only_stop(struct gh_task *task)
{
    (void)task;
    gh_loop_stop(now.desk->worker.loop);
}

static void
job_may_be_abandoned_when_it_is_finished(void)
{
    begin(1);
    now.waiters[0].task.run = only_stop;
    check_status(GH_OK, submit(0, GH_TEXT(""), GH_TEXT("x")));
    await(1);
    gh_hashing_abandon(now.waiters[0].job);
    end();
}

static void
job_keeps_the_keys_that_it_needs(void)
{
    struct gh_settings *settings;

    begin(2);
    settings = now.desk->worker.site->settings;
    check_number(1, atomic_load(&settings->n_refs));
    check_status(GH_OK, submit(0, stored(), GH_TEXT(SIGNING_PASSWORD)));
    check_status(GH_OK, submit(1, stored(), GH_TEXT(SIGNING_PASSWORD)));
    check_number(3, atomic_load(&settings->n_refs));
    gh_hashing_abandon(now.waiters[1].job);
    await(1);
    check(now.waiters[0].result.is_match);
    gh_hashing_stop(now.desk->gateway.hashing);
    gh_hashing_collect(now.desk->gateway.hashing, &now.desk->worker.hashed);
    check_number(1, atomic_load(&settings->n_refs));
    end();
}

static void
pool_may_be_stopped_with_work_queued_and_under_way(void)
{
    begin(N_JOBS);
    for (size_t i = 0; i < N_JOBS; i++)
        check_status(GH_OK, submit(i, GH_TEXT(""), GH_TEXT("x")));
    for (size_t i = 0; i < N_JOBS; i++)
        gh_hashing_abandon(now.waiters[i].job);
    end();
    for (size_t i = 0; i < N_JOBS; i++)
        check(!now.waiters[i].is_done);
}

static void
pool_of_many_threads_starts_and_ends(void)
{
    struct gh_hashing *hashing = NULL;

    if (!check_status(GH_OK, gh_hashing_new(8, 8, &hashing)))
        return;
    gh_hashing_stop(hashing);
    gh_hashing_stop(hashing);
    gh_hashing_free(hashing);
    gh_hashing_free(NULL);
}

const struct check_case hashing_cases[] = {
    CHECK_CASE(right_password_matches_and_others_do_not),
    CHECK_CASE(right_password_alone_is_hashed_anew_at_the_cost_of_today),
    CHECK_CASE(job_without_a_usable_hash_never_matches),
    CHECK_CASE(result_is_not_there_before_the_task_is_posted),
    CHECK_CASE(new_password_is_hashed_when_the_old_one_is_right),
    CHECK_CASE(texts_of_an_order_are_copied),
    CHECK_CASE(every_job_gets_its_own_result),
    CHECK_CASE(queue_has_an_end_and_gives_room_again),
    CHECK_CASE(queue_without_room_takes_nothing),
    CHECK_CASE(place_is_there_until_it_is_given_back),
    CHECK_CASE(job_that_is_abandoned_is_never_heard_of_again),
    CHECK_CASE(job_that_is_abandoned_in_the_queue_leaves_its_place),
    CHECK_CASE(job_may_be_abandoned_when_it_is_finished),
    CHECK_CASE(job_keeps_the_keys_that_it_needs),
    CHECK_CASE(pool_may_be_stopped_with_work_queued_and_under_way),
    CHECK_CASE(pool_of_many_threads_starts_and_ends),
    {0},
};
