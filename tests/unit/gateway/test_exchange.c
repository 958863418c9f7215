/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/exchange: an exchange that ended can begin again and
 * remembers nothing; its one line in the log; the first fault is the one.
 */
#include "exchange.h"
#include "finish.h"

#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "desk.h"

#include "base/banned.h"

static void
ended_exchange_remembers_nothing(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;
    const struct gh_settings_entry *entry = x->context.entry;

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=secret"));
    check_number(0, desk_parse(desk));
    check_number(2, desk->worker.site->n_users);
    gh_loop_post(desk->worker.loop, &x->task);
    gh_deadline_set(desk->worker.loop, &x->deadline, 1000);
    gh_exchange_end(x);

    check_number(1, desk->worker.site->n_users);
    check(!gh_link_is_in(&x->task.link) && !gh_link_is_in(&x->deadline.link));
    check(!x->request.is_parsed);
    check_number(0, x->request.token.len);
    check_number(0, x->request.fields.n);
    check_number(GH_STEP_PARSE, x->next);
    check(x->task.run != NULL && x->deadline.on_late != NULL);
    gh_exchange_begin(x, &desk->worker, entry);
    check_number(2, desk->worker.site->n_users);
    desk_end(desk);
}

static void
exchange_that_never_began_can_be_ended_and_freed(void)
{
    struct gh_exchange *x = gh_exchange_new(NULL);

    if (!check(x != NULL))
        return;
    gh_exchange_end(x);
    gh_exchange_free(x);
    gh_exchange_free(NULL);
}

static void
first_fault_is_kept(void)
{
    struct gh_context context = {0};

    check_status(GH_FAULT_IO, gh_fault_note(&context, GH_FAULT_IO, "first", 5));
    check_status(GH_FAULT_BUG,
                 gh_fault_note(&context, GH_FAULT_BUG, "second", 6));
    check_status(GH_FAULT_IO, context.fault.status);
    check_text(GH_TEXT("first"), gh_text_of_z(context.fault.what_z));
    check_number(5, context.fault.error);
}

static void
missed_deadline_runs_the_exchange_late(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;

    x->deadline.on_late(&x->deadline);
    check(x->context.is_late);
    check(gh_link_is_in(&x->task.link));
    desk_end(desk);
}

/* The line of an exchange that has been parsed, from a log over a pipe. */
static struct gh_text
line_of(struct desk *desk, int fds[2])
{
    static char line[4096];
    ssize_t n;

    if (!check(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0))
        return (struct gh_text){0};
    desk->gateway.sink.fd = fds[1];
    atomic_store(&desk->gateway.sink.level, GH_LOG_INFO);
    gh_finish(desk->exchange);
    (void)gh_log_flush(desk->worker.log);
    n = read(fds[0], line, sizeof(line));
    close(fds[0]);
    close(fds[1]);
    desk->gateway.sink.fd = -1;
    return (struct gh_text){line, n < 0 ? 0 : (size_t)n};
}

static void
line_says_who_asked_for_what_and_what_became_of_it(void)
{
    struct desk *desk = desk_begin(NULL);
    struct gh_exchange *x = desk->exchange;
    struct gh_text line;
    int fds[2];

    desk_set(desk, "REQUEST_URI", GH_TEXT("/public/a%20b?secret=1"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=token"));
    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    x->receipt = (struct gh_receipt){
        .status = 502, .n_out = 77, .is_cut = true, .why_z = "some reason"};
    line = line_of(desk, fds);
    check(config_contains(line, GH_TEXT(" event=exchange exchange=")));
    check(config_contains(line, gh_text_of_z(x->context.id)));
    check(config_contains(line, GH_TEXT(" client=192.0.2.7 method=GET "
                                        "host=localhost:8443 "
                                        "path=/public/a%20b "
                                        "application=public rule=public/all "
                                        "status=502 "
                                        "bytes_in=0 bytes_out=77 ")));
    check(config_contains(line, GH_TEXT(" cut=yes reason=\"some reason\"\n")));
    /* G5: neither the query nor the cookie. */
    check(!config_contains(line, GH_TEXT("secret")));
    check(!config_contains(line, GH_TEXT("token")));
    desk_end(desk);
}

static void
line_is_left_out_when_told_so(void)
{
    struct desk *desk = desk_begin("[gateway]\naccess_log = off");
    int fds[2];

    check_number(0, line_of(desk, fds).len);
    desk_end(desk);
}

const struct check_case exchange_cases[] = {
    CHECK_CASE(ended_exchange_remembers_nothing),
    CHECK_CASE(exchange_that_never_began_can_be_ended_and_freed),
    CHECK_CASE(first_fault_is_kept),
    CHECK_CASE(missed_deadline_runs_the_exchange_late),
    CHECK_CASE(line_says_who_asked_for_what_and_what_became_of_it),
    CHECK_CASE(line_is_left_out_when_told_so),
    {0},
};
