/* SPDX-License-Identifier: Apache-2.0
 *
 * KILL-013: whole exchanges while the n-th allocation fails, for n from 1
 * until none does; once with memory back at once, once with memory gone for
 * the rest of the exchange. Whatever fails, the process lives, nothing leaks
 * (LeakSanitizer looks), a refused request stays refused, and an answer is
 * complete, or cut, or a 503. A configuration is read, and a policy taken
 * over, whole or not at all. Uses the double tests/fake/memory.c.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config.h"
#include "desk.h"
#include "estate.h"
#include "lookup.h"
#include "memory.h"
#include "play.h"

#include "base/banned.h"

enum {
    MAX_ALLOCATIONS = 2000, /* more than any play makes */
};

/* Which allocation the running play is to miss. */
static unsigned target;
static bool is_lasting;
static unsigned n_missed;

static void
arm(struct gh_worker *worker)
{
    (void)worker;
    fake_memory_fail(target, is_lasting);
}

static void
disarm(struct gh_worker *worker)
{
    (void)worker;
    n_missed = fake_memory_failed();
    fake_memory_fail(0, false);
}

/* What an answer may be. Without a failure: the status. With one: the same, or
 * 503, or broken off, or none at all because there was no exchange. */
static void
check_answer(const struct play_answer *answer, unsigned missed, unsigned status)
{
    if (missed == 0)
        check(answer->is_done && !answer->is_cut);
    if (!answer->is_done || answer->is_cut)
        return;
    if (missed == 0 || answer->status != 503)
        check_number(status, answer->status);
    check(gh_text_starts(answer->head, GH_TEXT("Status: ")));
    check_number(answer->body.len, answer->n_out);
}

/* Plays until no allocation is left that could fail. look() judges. */
static void
exhaust(struct play *play, void (*look)(unsigned missed))
{
    play->on_ready = arm;
    play->on_over = disarm;
    for (int lasting = 0; lasting < 2; lasting++) {
        is_lasting = lasting == 1;
        n_missed = 1;
        for (target = 1; n_missed > 0 && target < MAX_ALLOCATIONS; target++) {
            if (!play_run(play))
                return;
            look(n_missed);
        }
        check(target > 3 && target < MAX_ALLOCATIONS);
    }
}

static const struct app_script hello = {
    .answer = GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                           "X-Field: value\r\n\r\nhello"),
    .first = 30};

static void
look_permitted(unsigned missed)
{
    for (size_t i = 0; i < 2; i++) {
        check_answer(play_answer(i), missed, 200);
        if (play_answer(i)->status == 200 && !play_answer(i)->is_cut)
            check_text(GH_TEXT("hello"), play_answer(i)->body);
    }
}

static void
permitted_requests_survive_any_failing_allocation(void)
{
    const struct play_ask asks[] = {
        {.params_z = "HTTP_COOKIE=a=1; __Host-id=x\nHTTP_ACCEPT=*/*\n"
                     "HTTP_X_FORWARDED_FOR=1.2.3.4"},
        {.method_z = "POST",
         .body = GH_TEXT("a body of a few bytes"),
         .has_length = true},
    };
    struct play play = {
        .scripts = &hello, .n_scripts = 1, .asks = asks, .n_asks = 2};

    exhaust(&play, look_permitted);
}

static const unsigned refusals[] = {404, 401, 403, 400, 405, 431};

static void
look_refused(unsigned missed)
{
    check_number(0, app_n_connections());
    for (size_t i = 0; i < GH_COUNT(refusals); i++)
        check_answer(play_answer(i), missed, refusals[i]);
}

static void
refused_requests_stay_refused(void)
{
    static char long_field[20 * 1024] = "HTTP_X=";
    const struct play_ask asks[] = {
        {.target_z = "/nothing"},
        {.target_z = "/account/x"},
        {.target_z = "/nobody/x"},
        {.params_z = "HTTP_COOKIE=__Host-id=a; __Host-id=b"},
        {.method_z = "TRACE"},
        {.params_z = long_field},
    };
    struct play play = {.scripts = &hello,
                        .n_scripts = 1,
                        .asks = asks,
                        .n_asks = GH_COUNT(asks)};

    memset(long_field + 7, 'v', sizeof(long_field) - 8);
    exhaust(&play, look_refused);
}

/* An ask that did not reach the application leaves its script to the next. */
static void
look_streamed(unsigned missed)
{
    static const unsigned statuses[] = {200, 502, 200};

    for (size_t i = 0; i < GH_COUNT(statuses); i++) {
        const struct play_answer *answer = play_answer(i);

        if (missed > 0 && (answer->status == 200 || answer->status == 502))
            check_answer(answer, missed, answer->status);
        else
            check_answer(answer, missed, statuses[i]);
    }
}

static void
streams_and_broken_applications_survive_too(void)
{
    static char large[100 * 1024];
    static char fields[40 * 1024];
    struct gh_buf buf = gh_buf_over(fields, sizeof(fields) - 2);
    struct app_script scripts[] = {
        {.is_early = true, .end = APP_HANGS},
        {.answer = GH_TEXT_INIT("nonsense"), .end = APP_CLOSES},
        {.answer = GH_TEXT_INIT("HTTP/1.1 200 OK\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n0\r\n\r\n"),
         .piece = 20},
    };
    const struct play_ask asks[] = {
        {.method_z = "POST",
         .body = {large, sizeof(large)},
         .body_step = 9000,
         .room = 3000},
        {0},
        {0},
    };
    struct play play = {
        .scripts = scripts, .n_scripts = 3, .asks = asks, .n_asks = 3};

    /* A head that makes the input grow. */
    gh_buf_lit(&buf, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    while (buf.len < 25000)
        gh_buf_lit(&buf, "X-Long: 01234567890123456789012345678901234567890123"
                         "456789012345678901234567890123456789012345678901234"
                         "567890123456789012345678901234567890123456789\r\n");
    gh_buf_lit(&buf, "\r\n");
    scripts[0].answer = gh_buf_text(&buf);
    memset(large, 'l', sizeof(large));
    exhaust(&play, look_streamed);
}

static void
configuration_is_read_whole_or_not_at_all(void)
{
    for (unsigned n = 1; n < MAX_ALLOCATIONS; n++) {
        struct gh_settings *settings = NULL;
        enum gh_status status;

        fake_memory_fail(n, n % 2 == 0);
        status = config_read(config_text(NULL, NULL), &settings);
        n_missed = fake_memory_failed();
        fake_memory_fail(0, false);
        check((status == GH_OK) == (settings != NULL));
        check(n_missed == 0 || status != GH_OK);
        gh_settings_release(settings);
        if (n_missed == 0)
            break;
    }
    check_number(0, n_missed);
}

/* Rules of version 2: one application, which everybody may use. */
static enum gh_status
make_rules(struct gh_rules *rules)
{
    static const struct gh_application one = {
        .id = 1,
        .name = GH_TEXT_INIT("app"),
        .path = GH_TEXT_INIT("/app/"),
        .backends = GH_TEXT_INIT("http://192.0.2.1:80 http://unix:/run/s")};
    static const struct gh_grant grant = {.id = 1,
                                          .application_id = 1,
                                          .role_id = 1,
                                          .name = GH_TEXT_INIT("all"),
                                          .pattern = GH_TEXT_INIT("/*/a/**"),
                                          .methods = UINT64_MAX,
                                          .until_us = INT64_MAX};
    enum gh_status status = gh_rules_add_application(rules, &one);

    if (status == GH_OK)
        status = gh_rules_add_role(rules, 1, GH_TEXT("anonymous"),
                                   GH_ROLE_ANONYMOUS);
    if (status == GH_OK)
        status = gh_rules_add_grant(rules, &grant);
    return status == GH_OK ? gh_rules_seal(rules) : status;
}

/* Looks the application up, which has moved; *out is NULL without memory. */
static enum gh_status
look_up(struct gh_mounts *mounts, struct gh_mounts **out)
{
    struct gh_lookup lookup = {0};
    enum gh_status status;

    mounts->reaches[0].n_addresses = 0;
    status = gh_lookup_begin(&lookup, mounts);
    if (status == GH_OK)
        status = gh_lookup_go_on(&lookup, out);
    return status;
}

/* From rules to what a worker decides with. */
static enum gh_status
take_over(struct gh_worker *worker)
{
    struct gh_rules *rules = gh_rules_new(2);
    struct gh_mounts *mounts = NULL;
    struct gh_mounts *moved = NULL;
    enum gh_status status = rules == NULL ? GH_FAULT_MEMORY : make_rules(rules);

    if (status == GH_OK) {
        mounts = gh_mounts_new(rules, worker->estate->mounts);
        status = mounts == NULL ? GH_FAULT_MEMORY : look_up(mounts, &moved);
    }
    if (status == GH_OK)
        status = gh_estate_install(worker, moved, true);
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
    gh_rules_release(rules);
    return status;
}

static void
policy_is_taken_over_whole_or_not_at_all(void)
{
    for (int lasting = 0; lasting < 2; lasting++) {
        struct desk *desk = desk_begin(NULL);
        struct gh_estate *before = desk->worker.estate;
        unsigned n = 0;

        do {
            enum gh_status status;

            fake_memory_fail(++n, lasting == 1);
            status = take_over(&desk->worker);
            n_missed = fake_memory_failed();
            fake_memory_fail(0, false);
            check_status(n_missed > 0 ? GH_FAULT_MEMORY : GH_OK, status);
            check((desk->worker.estate == before) == (n_missed > 0));
        } while (n_missed > 0 && n < MAX_ALLOCATIONS);
        check(n > 5 && n < MAX_ALLOCATIONS);
        check_number(2, gh_rules_version(desk->worker.estate->mounts->rules));
        check_number(2, desk->worker.estate->mounts->reaches[0].n_addresses);
        check_number(1, atomic_load(&desk->worker.estate->mounts->n_refs));
        desk_end(desk);
    }
}

static const struct check_case failing_cases[] = {
    CHECK_CASE(permitted_requests_survive_any_failing_allocation),
    CHECK_CASE(refused_requests_stay_refused),
    CHECK_CASE(streams_and_broken_applications_survive_too),
    CHECK_CASE(configuration_is_read_whole_or_not_at_all),
    CHECK_CASE(policy_is_taken_over_whole_or_not_at_all),
    {0},
};

int
main(void)
{
    const struct check_suite suites[] = {{"failing", failing_cases}};

    return check_run("unit_gateway_failing", suites, GH_COUNT(suites));
}
