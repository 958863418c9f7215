/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/estate: which policy an exchange is decided with, how long
 * it waits for a newer one, and which connections outlive a change.
 */
#include "estate.h"

#include "backend.h"
#include "check.h"
#include "desk.h"

#include "base/banned.h"

extern const struct check_case estate_cases[];

/* A policy of that version, with one application at a port. */
static struct gh_mounts *
policy(int64_t version, const char *url_z, const struct gh_mounts *before)
{
    struct gh_rules *rules = gh_rules_new(version);
    const struct gh_application one = {.id = 1,
                                       .name = GH_TEXT("one"),
                                       .path = GH_TEXT("/"),
                                       .backends = gh_text_of_z(url_z)};
    struct gh_mounts *mounts;

    check_status(GH_OK, gh_rules_add_application(rules, &one));
    check_status(GH_OK, gh_rules_seal(rules));
    mounts = gh_mounts_new(rules, before);
    gh_rules_release(rules);
    return mounts;
}

/* Makes a policy the current one of the desk. */
static void
install(struct desk *desk, int64_t version, const char *url_z)
{
    const struct gh_estate *current = desk->worker.estate;
    struct gh_mounts *mounts =
        policy(version, url_z, current == NULL ? NULL : current->mounts);

    check_status(GH_OK, gh_estate_install(&desk->worker, mounts, true));
    gh_mounts_release(mounts);
}

/* The exchange's task ran: the loop has done what it was to do. */
static void
run(struct gh_task *task)
{
    gh_loop_stop(
        GH_CONTAINER(task, struct gh_exchange, task)->context.worker->loop);
}

/* A desk that has a database, which is up or not, and nothing to close. */
static struct desk *
begin(bool is_up)
{
    struct desk *desk = desk_begin(NULL);

    desk->worker.database = (void *)desk;
    atomic_store(&desk->gateway.counters.n_database_up, is_up ? 1 : 0);
    return desk;
}

static void
end(struct desk *desk)
{
    desk->worker.database = NULL;
    desk_end(desk);
}

static void
policy_that_is_new_enough_is_taken_at_once(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(context, 5));
    check_number(5, gh_rules_version(gh_context_rules(context)));
    check_number(2, context->estate->n_users);
    end(desk);
}

static void
exchange_keeps_the_policy_that_it_has(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(context, 0));
    install(desk, 6, "http://127.0.0.1:2");
    check_number(5, gh_rules_version(gh_context_rules(context)));
    check_number(1, context->estate->n_users);
    check(desk->worker.estate != context->estate);
    end(desk);
}

static void
newer_policy_is_waited_for(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_WAIT, gh_estate_await(context, 7));
    check(gh_link_is_in(&context->waiting));
    check(gh_link_is_in(&desk->exchange->deadline.link));
    check_number(7, atomic_load(&desk->gateway.policy_wanted));
    install(desk, 6, "http://127.0.0.1:1");
    check(gh_link_is_in(&desk->exchange->task.link));
    check_status(GH_WAIT, gh_estate_await(context, 7));
    install(desk, 7, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(context, 7));
    check(!gh_link_is_in(&context->waiting));
    check(!gh_link_is_in(&desk->exchange->deadline.link));
    end(desk);
}

static void
wait_has_an_end(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_WAIT, gh_estate_await(context, 7));
    context->is_late = true;
    check_status(GH_NONE, gh_estate_await(context, 7));
    check(!gh_link_is_in(&context->waiting));
    check(!context->is_late);
    check_number(5, gh_rules_version(gh_context_rules(context)));
    end(desk);
}

static void
policy_that_comes_at_the_last_moment_is_in_time(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_estate_await(context, 7));
    install(desk, 7, "http://127.0.0.1:1");
    context->is_late = true;
    check_status(GH_OK, gh_estate_await(context, 7));
    check(!context->is_late);
    check_number(7, gh_rules_version(gh_context_rules(context)));
    end(desk);
}

static void
nobody_waits_longer_than_for_a_statement(void)
{
    struct desk *desk = begin(true);
    struct gh_loop *loop = desk->worker.loop;
    int64_t began_ms = gh_loop_now(loop);

    desk->worker.site->settings->database.query = 50;
    desk->exchange->task.run = run;
    check_status(GH_WAIT, gh_estate_await(&desk->exchange->context, 7));
    gh_loop_run(loop);
    check(desk->exchange->context.is_late);
    check(gh_loop_now(loop) - began_ms >= 50);
    check_status(GH_NONE, gh_estate_await(&desk->exchange->context, 7));
    end(desk);
}

enum {
    POLICIES_MAX = 200 * 1000, /* that come while one is waited for */
};

/* The exchange's task ran: what came is too old, and the next one is there. */
static void
go_on_waiting(struct gh_task *task)
{
    struct gh_exchange *exchange = GH_CONTAINER(task, struct gh_exchange, task);
    struct gh_worker *worker = exchange->context.worker;
    int64_t version = gh_rules_version(worker->estate->mounts->rules);

    if (version < POLICIES_MAX &&
        gh_estate_await(&exchange->context, POLICIES_MAX + 1) == GH_WAIT)
        install(GH_CONTAINER(worker, struct desk, worker), version + 1,
                "http://127.0.0.1:1");
    else
        gh_loop_stop(worker->loop);
}

static void
policies_that_are_too_old_do_not_prolong_the_wait(void)
{
    struct desk *desk = begin(true);
    struct gh_loop *loop = desk->worker.loop;
    int64_t began_ms = gh_loop_now(loop);
    const struct gh_rules *rules;

    install(desk, 1, "http://127.0.0.1:1");
    desk->worker.site->settings->database.query = 50;
    desk->exchange->task.run = go_on_waiting;
    gh_loop_post(loop, &desk->exchange->task);
    gh_loop_run(loop);
    rules = gh_context_rules(&desk->exchange->context);
    if (check(rules != NULL)) {
        check(gh_rules_version(rules) >= 2);
        check(gh_rules_version(rules) < POLICIES_MAX);
    }
    check(gh_loop_now(loop) - began_ms >= 50);
    end(desk);
}

static void
every_exchange_that_waits_goes_on(void)
{
    struct desk *desk = begin(true);
    struct gh_exchange *other = gh_exchange_new(run);

    gh_exchange_begin(other, &desk->worker, desk->exchange->context.entry);
    check_status(GH_WAIT, gh_estate_await(&desk->exchange->context, 7));
    check_status(GH_WAIT, gh_estate_await(&other->context, 6));
    check_number(7, atomic_load(&desk->gateway.policy_wanted));
    install(desk, 6, "http://127.0.0.1:1");
    check(gh_link_is_in(&desk->exchange->task.link));
    check(gh_link_is_in(&other->task.link));
    check(gh_list_is_empty(&desk->worker.policy_waiters));
    check_status(GH_OK, gh_estate_await(&other->context, 6));
    check_status(GH_WAIT, gh_estate_await(&desk->exchange->context, 7));
    gh_exchange_end(other);
    gh_exchange_free(other);
    end(desk);
}

static void
without_a_database_the_policy_that_is_there_is_held(void)
{
    struct desk *desk = begin(false);
    struct gh_context *context = &desk->exchange->context;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_NONE, gh_estate_await(context, 7));
    check_number(5, gh_rules_version(gh_context_rules(context)));
    check(!gh_link_is_in(&desk->exchange->deadline.link));
    check_number(0, atomic_load(&desk->gateway.policy_wanted));
    end(desk);
    desk = begin(true);
    desk->worker.database = NULL;
    check_status(GH_NONE, gh_estate_await(&desk->exchange->context, 7));
    end(desk);
}

static void
database_that_goes_down_ends_the_waiting(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_estate_await(context, 7));
    atomic_store(&desk->gateway.counters.n_database_up, 0);
    check_status(GH_NONE, gh_estate_await(context, 7));
    check(!gh_link_is_in(&context->waiting));
    end(desk);
}

static void
first_policy_is_waited_for_too(void)
{
    struct desk *desk = begin(true);
    struct gh_context *context = &desk->exchange->context;

    gh_estate_release(desk->worker.estate);
    desk->worker.estate = NULL;
    check_status(GH_WAIT, gh_estate_await(context, 0));
    install(desk, 1, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(context, 0));
    check_number(1, gh_rules_version(gh_context_rules(context)));
    end(desk);
}

static void
without_a_database_nothing_is_waited_for(void)
{
    struct desk *desk = begin(false);
    struct gh_context *context = &desk->exchange->context;

    gh_estate_release(desk->worker.estate);
    desk->worker.estate = NULL;
    check_status(GH_NONE, gh_estate_await(context, 1));
    check(gh_context_rules(context) == NULL);
    end(desk);
}

static void
exchange_that_leaves_waits_no_longer(void)
{
    struct desk *desk = begin(true);

    check_status(GH_WAIT, gh_estate_await(&desk->exchange->context, 99));
    gh_exchange_end(desk->exchange);
    check(gh_list_is_empty(&desk->worker.policy_waiters));
    end(desk);
}

static void
connections_are_kept_where_nothing_moved(void)
{
    struct desk *desk = begin(true);
    const struct gh_backend *pool;

    install(desk, 5, "http://127.0.0.1:1");
    pool = desk->worker.estate->pools[0];
    install(desk, 6, "http://127.0.0.1:1");
    check(pool == desk->worker.estate->pools[0]);
    check_number(1, pool->n_users);
    install(desk, 7, "http://127.0.0.1:2");
    check_number(1, desk->worker.estate->pools[0]->n_users);
    check(!gh_backend_is_for(desk->worker.estate->pools[0],
                             &(struct gh_reach){0}));
    end(desk);
}

static void
connections_are_not_kept_when_that_is_not_wanted(void)
{
    struct desk *desk = begin(true);
    struct gh_mounts *mounts;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(&desk->exchange->context, 5));
    mounts = desk->worker.estate->mounts;
    desk->worker.site->settings->limits.answer_head = 4096;
    check_status(GH_OK, gh_estate_install(&desk->worker, mounts, false));
    check(desk->worker.estate->pools[0] !=
          desk->exchange->context.estate->pools[0]);
    check_number(1, desk->exchange->context.estate->pools[0]->n_users);
    check_number(4096, desk->worker.estate->pools[0]->max_input);
    /* What is borrowed counts for both. */
    check(desk->worker.estate->pools[0]->n_busy ==
          desk->exchange->context.estate->pools[0]->n_busy);
    end(desk);
}

static void
connections_are_not_handed_to_another_application(void)
{
    struct desk *desk = begin(true);
    struct gh_rules *rules = gh_rules_new(6);
    const struct gh_application other = {.id = 2,
                                         .name = GH_TEXT("two"),
                                         .path = GH_TEXT("/"),
                                         .backends =
                                             GH_TEXT("http://127.0.0.1:1")};
    struct gh_mounts *mounts;

    install(desk, 5, "http://127.0.0.1:1");
    check_status(GH_OK, gh_estate_await(&desk->exchange->context, 5));
    check_status(GH_OK, gh_rules_add_application(rules, &other));
    check_status(GH_OK, gh_rules_seal(rules));
    mounts = gh_mounts_new(rules, desk->worker.estate->mounts);
    check_status(GH_OK, gh_estate_install(&desk->worker, mounts, true));
    check(desk->worker.estate->pools[0] !=
          desk->exchange->context.estate->pools[0]);
    check(desk->worker.estate->pools[0]->n_busy !=
          desk->exchange->context.estate->pools[0]->n_busy);
    gh_mounts_release(mounts);
    gh_rules_release(rules);
    end(desk);
}

static void
estate_lives_until_its_last_exchange_is_over(void)
{
    struct desk *desk = begin(true);
    struct gh_mounts *mounts;

    install(desk, 5, "http://127.0.0.1:1");
    mounts = desk->worker.estate->mounts;
    gh_mounts_hold(mounts);
    check_status(GH_OK, gh_estate_await(&desk->exchange->context, 5));
    install(desk, 6, "http://127.0.0.1:1");
    check_number(2, atomic_load(&mounts->n_refs));
    gh_exchange_end(desk->exchange);
    check_number(1, atomic_load(&mounts->n_refs));
    gh_mounts_release(mounts);
    gh_estate_release(NULL);
    end(desk);
}

const struct check_case estate_cases[] = {
    CHECK_CASE(policy_that_is_new_enough_is_taken_at_once),
    CHECK_CASE(exchange_keeps_the_policy_that_it_has),
    CHECK_CASE(newer_policy_is_waited_for),
    CHECK_CASE(wait_has_an_end),
    CHECK_CASE(policy_that_comes_at_the_last_moment_is_in_time),
    CHECK_CASE(nobody_waits_longer_than_for_a_statement),
    CHECK_CASE(policies_that_are_too_old_do_not_prolong_the_wait),
    CHECK_CASE(every_exchange_that_waits_goes_on),
    CHECK_CASE(without_a_database_the_policy_that_is_there_is_held),
    CHECK_CASE(database_that_goes_down_ends_the_waiting),
    CHECK_CASE(first_policy_is_waited_for_too),
    CHECK_CASE(without_a_database_nothing_is_waited_for),
    CHECK_CASE(exchange_that_leaves_waits_no_longer),
    CHECK_CASE(connections_are_kept_where_nothing_moved),
    CHECK_CASE(connections_are_not_kept_when_that_is_not_wanted),
    CHECK_CASE(connections_are_not_handed_to_another_application),
    CHECK_CASE(estate_lives_until_its_last_exchange_is_over),
    {0},
};
