/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_renew: an old token is offered the one that follows,
 * once that is kept; whatever goes wrong, the request goes on without.
 */
#include "act.h"

#include "check.h"
#include "core/session.h"
#include "database.h"
#include "event.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN

/* What session_offer says. */
#define OFFER(is_kept)                                                         \
    {                                                                          \
        .stmt = &gh_stmt_session_offer, .n_columns = 1, .n_waits = 2,          \
        .row = (const struct fake_value[])                                     \
        {                                                                      \
            {                                                                  \
                FAKE_BOOL, {0}, is_kept                                        \
            }                                                                  \
        }                                                                      \
    }

/* Alice, whose token is so old. */
static struct fake_value *
aged(int64_t age_s)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);

    row[GH_FIND_TOKEN_AGE].number = age_s;
    return row;
}

/* Knows who asks, and runs the act to its end; the line. */
static struct gh_text
renew(struct desk *desk)
{
    struct gh_text cookie = GH_TEXT("not written");
    enum gh_status status = GH_WAIT;

    desk_set(desk, "REQUEST_URI", GH_TEXT("/account/x"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    for (int i = 0; i < 9 && status == GH_WAIT; i++)
        status = act_renew(&desk->exchange->context, desk->exchange, &cookie);
    check_status(GH_OK, status);
    return cookie;
}

static void
young_token_is_left_alone(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(aged(30))};
    struct desk *desk = signing_begin(steps, GH_COUNT(steps), 1);

    check_number(0, renew(desk).len);
    signing_end(desk);
}

static void
old_token_is_offered_the_one_that_follows(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(aged(1000)), OFFER(1)};
    struct desk *desk = signing_begin(steps, GH_COUNT(steps), 1);
    struct gh_succession of = {.host = GH_TEXT("localhost"),
                               .account_id = SIGNING_ID,
                               .level = GH_LEVEL_PASSWORD,
                               .generation = 2};
    struct gh_new_session next = {0};
    const struct gh_text hash = {(const char *)next.token_hash,
                                 sizeof(next.token_hash)};
    const struct gh_text mac = {(const char *)next.binding,
                                sizeof(next.binding)};
    struct gh_text line = renew(desk);
    struct gh_text value;

    gh_reference_read(GH_TEXT(SIGNING_REFERENCE), of.reference);
    check_status(GH_OK, gh_session_succeed(signing_keys(),
                                           GH_TEXT(SIGNING_TOKEN), &of, &next));
    value = (struct gh_text){next.token, GH_TOKEN_LEN};
    check(gh_text_starts(line, GH_TEXT("Set-Cookie: __Host-id=")));
    check_text(value, gh_text_first(gh_text_from(line, 22), GH_TOKEN_LEN));
    check_text(hash, fake_database_bytes(1, 2));
    check_text(mac, fake_database_bytes(1, 3));
    check_text(fake_database_bytes(0, 0), fake_database_bytes(1, 0));
    check(!fake_database_holds(value));
    signing_end(desk);
}

static void
what_is_not_kept_is_not_offered(void)
{
    const struct fake_step no[] = {SIGNING_FOUND(aged(1000)), OFFER(0)};
    const struct fake_step failing[] = {
        SIGNING_FOUND(aged(1000)),
        {.stmt = &gh_stmt_session_offer, .status = GH_FAULT_DB}};
    const struct fake_step away[] = {
        SIGNING_FOUND(aged(1000)),
        {.stmt = &gh_stmt_session_offer, .asked = GH_FAULT_DB}};
    const struct fake_step *const scripts[] = {no, failing, away};

    for (size_t i = 0; i < GH_COUNT(scripts); i++) {
        struct desk *desk = signing_begin(scripts[i], 2, 1);

        check_number(0, renew(desk).len);
        signing_end(desk);
    }
}

/* Whoever refuses may have more to ask. */
static void
once_it_is_known_it_is_said_again(void)
{
    const struct fake_step kept[] = {SIGNING_FOUND(aged(1000)), OFFER(1)};
    const struct fake_step no[] = {SIGNING_FOUND(aged(1000)), OFFER(0)};
    const struct fake_step away[] = {
        SIGNING_FOUND(aged(1000)),
        {.stmt = &gh_stmt_session_offer, .asked = GH_FAULT_DB}};
    const struct fake_step *const scripts[] = {kept, no, away};

    for (size_t i = 0; i < GH_COUNT(scripts); i++) {
        struct desk *desk = signing_begin(scripts[i], 2, 1);
        struct gh_text first = renew(desk);
        struct gh_text then = GH_TEXT("not written");

        check_status(
            GH_OK, act_renew(&desk->exchange->context, desk->exchange, &then));
        check_text(first, then);
        signing_end(desk);
    }
}

/* Neither then, nor when there is memory again and something else under way. */
static void
without_memory_nothing_is_offered(void)
{
    static const struct gh_audit_event event = {.event_z = "authz_fail"};
    const struct fake_step steps[] = {
        SIGNING_FOUND(aged(1000)),
        {.stmt = &gh_stmt_event_write, .n_waits = 1}};
    struct desk *desk = signing_begin(steps, 2, 1);
    struct gh_context *context = &desk->exchange->context;
    struct gh_arena *arena = context->arena;
    struct gh_arena none;
    struct gh_text cookie = GH_TEXT("not written");

    desk_set(desk, "REQUEST_URI", GH_TEXT("/account/x"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    gh_arena_init(&none, 0);
    context->arena = &none;
    check_status(GH_OK, act_renew(context, desk->exchange, &cookie));
    check_number(0, cookie.len);
    context->arena = arena;
    gh_arena_done(&none);
    check_status(GH_OK,
                 gh_event_ask(context, &desk->exchange->request, &event));
    check_status(GH_OK, act_renew(context, desk->exchange, &cookie));
    check_number(0, cookie.len);
    gh_database_done(context);
    signing_end(desk);
}

const struct check_case act_renew_cases[] = {
    CHECK_CASE(young_token_is_left_alone),
    CHECK_CASE(old_token_is_offered_the_one_that_follows),
    CHECK_CASE(what_is_not_kept_is_not_offered),
    CHECK_CASE(without_memory_nothing_is_offered),
    CHECK_CASE(once_it_is_known_it_is_said_again),
    {0},
};
