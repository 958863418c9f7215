/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/event: what an audit event says of the request behind it.
 */
#include "event.h"

#include <string.h>

#include "check.h"
#include "signing.h"

#include "base/banned.h"

/* Asks for an event about a request for target. */
static struct desk *
ask(struct gh_text target, const struct fake_step *steps, enum gh_status status)
{
    static const struct gh_audit_event event = {.event_z = "malicious_csrf",
                                                .reason_z = "a form"};
    struct desk *desk = signing_begin(steps, 1, 0);
    struct gh_context *context = &desk->exchange->context;

    desk_set(desk, "REQUEST_URI", target);
    check_number(0, desk_parse(desk));
    check_status(status,
                 gh_event_ask(context, &desk->exchange->request, &event));
    return desk;
}

static void
event_says_what_was_denied_to_whom_and_where(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk = ask(GH_TEXT("/public/x?secret"), steps, GH_OK);
    static const size_t nulls[] = {2, 3, 4, 6, 9, 14};

    check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(0, 0));
    check_text(GH_TEXT("denied"), fake_database_bytes(0, 1));
    check(fake_database_param(0, 5).is_set);
    check_text(GH_TEXT("/public/x"), fake_database_bytes(0, 7));
    check_text(GH_TEXT("GET"), fake_database_bytes(0, 8));
    check_text(GH_TEXT("a form"), fake_database_bytes(0, 10));
    check_text(GH_TEXT("public"), fake_database_bytes(0, 11));
    check_number(16, fake_database_bytes(0, 12).len);
    check_text(GH_TEXT("node-1"), fake_database_bytes(0, 13));
    /* What a stranger can cause again and again is counted by network. */
    check(fake_database_param(0, 15).is_set);
    for (size_t i = 0; i < GH_COUNT(nulls); i++)
        check(!fake_database_param(0, nulls[i]).is_set);
    gh_database_done(&desk->exchange->context);
    signing_end(desk);
}

static void
path_is_kept_to_1024_bytes(void)
{
    static char path[3000];
    const struct fake_step steps[] = {{.stmt = &gh_stmt_event_write}};
    struct desk *desk;

    memset(path, 'x', sizeof(path));
    memcpy(path, "/public/", 8);
    desk = ask((struct gh_text){path, sizeof(path)}, steps, GH_OK);
    check_number(1024, fake_database_bytes(0, 7).len);
    gh_database_done(&desk->exchange->context);
    signing_end(desk);
}

static void
event_that_cannot_be_asked_is_a_fault(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_event_write, .asked = GH_FAULT_DB}};

    signing_end(ask(GH_TEXT("/public/x"), steps, GH_FAULT_DB));
}

const struct check_case event_cases[] = {
    CHECK_CASE(event_says_what_was_denied_to_whom_and_where),
    CHECK_CASE(path_is_kept_to_1024_bytes),
    CHECK_CASE(event_that_cannot_be_asked_is_a_fault),
    {0},
};
