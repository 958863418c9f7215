/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/recall, by way of identify with PostgreSQL by script: a
 * session that was found is used again without a question while nothing
 * speaks against it, and is asked for in every other case.
 */
#include "recall.h"

#include <string.h>

#include "cache.h"
#include "check.h"
#include "fresh.h"
#include "kept.h"
#include "look.h"
#include "signing.h"
#include "step.h"

#include "base/banned.h"

#define HOUR_US INT64_C(3600000000)

/* Identifies who asks there. */
static struct desk *
know(const char *target_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = kept_set_out(target_z, steps, n);

    (void)signing_know(desk);
    return desk;
}

/* Alice's row under the ring's first key, with two roles, of which one holds
 * under a condition. */
static struct fake_value *
alice(void)
{
    static const int64_t roles[] = {9, 4};
    static const int64_t conditions[] = {0, 7};
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);

    row[GH_FIND_ROLE_IDS] = (struct fake_value){
        FAKE_NUMBERS, {(const char *)roles, sizeof(roles)}, 0};
    row[GH_FIND_CONDITION_IDS] = (struct fake_value){
        FAKE_NUMBERS, {(const char *)conditions, sizeof(conditions)}, 0};
    row[GH_FIND_APPEARANCE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("dark"), 0};
    return row;
}

/* Asks the database for it. */
static void
ask(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(alice())};
    struct desk *desk = know("/account/x", steps, 1);

    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check(desk->exchange->principal.remembered > 0);
    signing_end(desk);
}

/* Uses it again; nothing may be asked. */
static struct desk *
recall(void)
{
    return know("/account/x", NULL, 0);
}

static void
session_that_was_found_is_used_again(void)
{
    const struct gh_principal *principal;
    struct desk *desk;

    kept_begin();
    ask();
    kept.ahead_us = 60 * 1000000;
    gh_fresh_extend(kept.fresh, 1, gh_fresh_clock() + HOUR_US);
    desk = recall();
    principal = &desk->exchange->principal;
    check_number(GH_PRINCIPAL_ACCOUNT, principal->kind);
    check_text(GH_TEXT("alice"), principal->account);
    check_text(GH_TEXT("Alice \"A\" <Example>"), principal->display_name);
    check_text(GH_TEXT("alice@example.org"), principal->email);
    check_text(GH_TEXT(SIGNING_REFERENCE), principal->reference);
    check_number(31, principal->session_id);
    check_number(SIGNING_ID, principal->account_id);
    check_number(GH_LEVEL_PASSWORD, principal->level);
    check_number(GH_DEVICE_KNOWN, principal->browser);
    check_number(86400, principal->browser_s);
    check_number(GH_APPEARANCE_DARK, desk->exchange->context.appearance);
    check_number(SIGNING_AUTHENTICATED_US, principal->authenticated_us);
    check_number(2, principal->held.n);
    check(principal->held.role_ids[0] == 9 && principal->held.role_ids[1] == 4);
    if (check(principal->held.condition_ids != NULL))
        check(principal->held.condition_ids[0] == 0 &&
              principal->held.condition_ids[1] == 7);
    check_number(1, principal->policy_version);
    check(principal->now_us >= SIGNING_NOW_US + 60 * 1000000);
    check(principal->idle_left_s <= 530 && principal->idle_left_s > 500);
    check(principal->absolute_left_s <= 7040);
    check(principal->remembered > 0);
    signing_end(desk);
    kept_end();
}

static void
what_is_not_there_is_remembered_so(void)
{
    struct fake_value *row = alice();
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    const struct gh_principal *principal;
    struct desk *desk;

    kept_begin();
    row[GH_FIND_CONDITION_IDS] = (struct fake_value){FAKE_NULL, {0}, 0};
    row[GH_FIND_DEVICE_KNOWN] = row[GH_FIND_CONDITION_IDS];
    signing_end(know("/account/x", steps, 1));
    desk = recall();
    principal = &desk->exchange->principal;
    check_number(GH_PRINCIPAL_ACCOUNT, principal->kind);
    check_text(GH_TEXT("alice"), principal->account);
    check_number(2, principal->held.n);
    check(principal->held.condition_ids == NULL);
    check_number(GH_DEVICE_NEW, principal->browser);
    signing_end(desk);
    kept_end();
}

static void
our_own_pages_always_ask(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(alice())};

    kept_begin();
    ask();
    signing_end(know("/auth/session", steps, 1));
    kept_end();
}

/* The loop's policy is of that version, and its application is strict or not.
 */
static void
rule(struct desk *desk, int64_t version, bool is_strict)
{
    const struct gh_application account = {
        .id = 1,
        .name = GH_TEXT("account"),
        .path = GH_TEXT("/account/"),
        .backends = GH_TEXT("http://unix:/none.sock"),
        .connections = 1,
        .is_strict = is_strict};
    struct gh_rules *rules = gh_rules_new(version);

    if (!check(rules != NULL))
        return;
    check_status(GH_OK, gh_rules_add_application(rules, &account));
    desk_rule(desk, rules);
}

/* Identifies under such a policy; the database, which has it if it is newer,
 * must be asked, or must not. */
static void
use(const char *target_z, int64_t version, bool is_strict, bool is_asked)
{
    struct fake_value *row = alice();
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk = kept_set_out(target_z, steps, is_asked ? 1 : 0);

    if (version > row[GH_FIND_POLICY_VERSION].number)
        row[GH_FIND_POLICY_VERSION].number = version;
    rule(desk, version, is_strict);
    (void)signing_know(desk);
    check(desk->exchange->principal.kind != GH_PRINCIPAL_NOBODY);
    signing_end(desk);
}

static void
strict_application_has_it_asked_for(void)
{
    kept_begin();
    ask();
    use("/account/x", 1, false, false);
    /* Somewhere else it is still used. */
    use("/elsewhere", 1, true, false);
    gh_fresh_extend(kept.fresh, 1, gh_fresh_clock());
    use("/account/x", 1, true, true);
    use("/account/x", 1, true, true);
    kept_end();
}

/* Somebody comes to the strict application, while the keeper looks. */
static struct desk *
come(const struct fake_step *steps, size_t n)
{
    struct desk *desk = kept_set_out("/account/x", steps, n);

    gh_fresh_extend(kept.fresh, 1, gh_fresh_clock());
    rule(desk, 1, true);
    desk->gateway.keeper_loop = desk->worker.loop;
    gh_look_end(&desk->gateway, gh_fresh_clock());
    check_number(0, desk_parse(desk));
    return desk;
}

static enum gh_status
step(struct gh_exchange *x)
{
    return step_identify(&x->context, &x->request, &x->principal);
}

/* Goes on until somebody is known. */
static void
finish(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status = GH_WAIT;

    while (status == GH_WAIT)
        status = step(x);
    check_status(GH_OK, status);
    check_number(GH_PRINCIPAL_ACCOUNT, x->principal.kind);
    signing_end(desk);
}

/* The same, who waits for a look. */
static struct desk *
wait_for_a_look(const struct fake_step *steps, size_t n)
{
    struct desk *desk = come(steps, n);

    check_status(GH_WAIT, step(desk->exchange));
    check(gh_link_is_in(&desk->exchange->context.waiting));
    return desk;
}

/* The keeper's look after that. */
static void
look(struct desk *desk)
{
    int64_t sent_us = desk->exchange->context.came_us + 1;

    gh_fresh_extend(kept.fresh, 1, sent_us);
    gh_look_end(&desk->gateway, sent_us);
    gh_look_collect(&desk->worker);
    check(gh_link_is_in(&desk->exchange->task.link));
    finish(desk);
}

static void
look_that_was_sent_later_is_as_good_as_asking(void)
{
    kept_begin();
    ask();
    look(wait_for_a_look(NULL, 0));
    kept_end();
}

static void
look_that_tells_of_a_change_has_it_asked_for(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(alice())};
    struct desk *desk;

    kept_begin();
    ask();
    desk = wait_for_a_look(steps, 1);
    gh_fresh_spoil(kept.fresh, GH_FRESH_SESSION, 31);
    look(desk);
    kept_end();
}

static void
whoever_is_not_remembered_waits_for_no_look(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(alice())};
    struct desk *desk;

    kept_begin();
    desk = come(steps, 1);
    check_status(GH_WAIT, step(desk->exchange));
    if (check(!gh_link_is_in(&desk->exchange->context.waiting)))
        finish(desk);
    kept_end();
}

static void
policy_older_than_the_session_s_does_not_say_what_is_strict(void)
{
    kept_begin();
    ask();
    use("/account/x", 0, false, true);
    kept_end();
}

static void
what_a_newer_policy_gives_may_not_be_for_the_token(void)
{
    kept_begin();
    ask();
    use("/account/x", 2, false, true);
    use("/account/x", 2, false, false);
    kept_end();
}

static void
nothing_is_used_beyond_the_bound(void)
{
    kept_begin();
    ask();
    gh_fresh_extend(kept.fresh, 1, gh_fresh_clock() - HOUR_US);
    ask();
    kept_end();
}

static void
change_has_it_asked_for_again(void)
{
    static const struct {
        enum gh_fresh_kind kind;
        int64_t id;
    } changes[] = {{GH_FRESH_SESSION, 31},
                   {GH_FRESH_ACCOUNT, SIGNING_ID},
                   {GH_FRESH_EVERYTHING, 0}};

    kept_begin();
    for (size_t i = 0; i < GH_COUNT(changes); i++) {
        ask();
        signing_end(recall());
        gh_fresh_spoil(kept.fresh, changes[i].kind, changes[i].id);
    }
    ask();
    kept_end();
}

static void
change_while_it_is_asked_for_has_it_asked_for_again(void)
{
    const struct fake_step late = {.stmt = &gh_stmt_session_find,
                                   .row = alice(),
                                   .n_columns = GH_FIND_COLUMNS,
                                   .n_waits = 2};
    struct desk *desk;

    kept_begin();
    desk = signing_begin(&late, 1, 1);
    desk->gateway.fresh = kept.fresh;
    desk->gateway.cache = kept.cache;
    desk_set(desk, "REQUEST_URI", GH_TEXT("/account/x"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(KEPT_COOKIE));
    check_number(0, desk_parse(desk));
    check_status(GH_WAIT, step_identify(&desk->exchange->context,
                                        &desk->exchange->request,
                                        &desk->exchange->principal));
    gh_fresh_spoil(kept.fresh, GH_FRESH_SESSION, 31);
    while (step_identify(&desk->exchange->context, &desk->exchange->request,
                         &desk->exchange->principal) == GH_WAIT)
        continue;
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    signing_end(desk);
    ask();
    kept_end();
}

/* A token that was replaced long ago ends the session under all its tokens. */
static void
token_that_ends_the_session_has_it_asked_for_again(void)
{
    struct fake_value *row = alice();
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      {.stmt = &gh_stmt_session_dead_use}};
    struct desk *desk;

    kept_begin();
    ask();
    signing_end(recall());
    row = alice();
    row[GH_FIND_STATE] = (struct fake_value){FAKE_TEXT, GH_TEXT("reused"), 0};
    desk = know("/auth/session", steps, GH_COUNT(steps));
    check_number(GH_PRINCIPAL_NOBODY, desk->exchange->principal.kind);
    check_number(GH_NOBODY_REUSED, desk->exchange->principal.nobody);
    signing_end(desk);
    ask();
    kept_end();
}

static void
what_seems_over_is_asked_for(void)
{
    static const int64_t ahead_s[] = {589, 7099};

    for (size_t i = 0; i < GH_COUNT(ahead_s); i++) {
        struct fake_value *row = alice();
        const struct fake_step steps[] = {SIGNING_FOUND(row)};

        kept_begin();
        if (i == 1)
            row[GH_FIND_IDLE_LEFT].number = 100000;
        /* Renewal is far away. */
        row[GH_FIND_TOKEN_AGE].number = -100000;
        signing_end(know("/account/x", steps, 1));
        kept.ahead_us = (ahead_s[i] - 2) * 1000000;
        signing_end(recall());
        kept.ahead_us = ahead_s[i] * 1000000;
        ask();
        kept_end();
    }
}

static void
rights_that_end_by_themselves_are_asked_for(void)
{
    struct fake_value *row = alice();
    const struct fake_step steps[] = {SIGNING_FOUND(row)};

    kept_begin();
    row[GH_FIND_RIGHTS_UNTIL] =
        (struct fake_value){FAKE_TIME, {0}, SIGNING_NOW_US + 60 * 1000000};
    signing_end(know("/account/x", steps, 1));
    kept.ahead_us = 50 * 1000000;
    signing_end(recall());
    kept.ahead_us = 60 * 1000000;
    ask();
    kept_end();
}

static void
nothing_is_used_while_the_time_is_not_known(void)
{
    kept_begin();
    ask();
    kept.is_timeless = true;
    ask();
    kept.is_timeless = false;
    signing_end(recall());
    kept_end();
}

static void
newer_policy_has_it_asked_for_again(void)
{
    kept_begin();
    ask();
    signing_end(recall());
    gh_fresh_extend(kept.fresh, 2, gh_fresh_clock() + HOUR_US);
    ask();
    kept_end();
}

/* Puts the entry again, as if that had been so many seconds ago, and told
 * then. */
static void
put_back(uint32_t ago_s)
{
    uint32_t now_s = (uint32_t)(gh_fresh_clock() / 1000000);
    unsigned char hash[GH_DIGEST_LEN];
    struct gh_cached entry;
    size_t slot;

    check_status(GH_OK, gh_session_hash(signing_keys(), 0, GH_TEXT("localhost"),
                                        GH_TEXT(SIGNING_TOKEN), hash));
    if (check(gh_cache_find(kept.cache, hash, now_s, &entry, &slot)) &&
        check(gh_cache_put(kept.cache, &entry, now_s - ago_s, &slot)))
        check(gh_cache_is_due(kept.cache, slot, now_s - ago_s, 1));
}

/* Whether an exchange of the session that is remembered would tell of its
 * activity. */
static bool
is_news(void)
{
    struct desk *desk = recall();
    bool is_news =
        gh_recall_is_news(&desk->gateway, &desk->exchange->principal);

    signing_end(desk);
    return is_news;
}

static void
activity_is_told_once_in_a_while(void)
{
    const struct gh_principal unknown = {.kind = GH_PRINCIPAL_ACCOUNT};

    kept_begin();
    ask();
    /* Nobody told of the question itself. */
    check(is_news());
    check(!is_news());
    put_back(1);
    check(!is_news());
    put_back(15);
    check(is_news());
    check(!is_news());
    check(gh_recall_is_news(NULL, &unknown));
    kept_end();
}

static void
what_does_not_fit_is_asked_for_each_time(void)
{
    static const int64_t large[] = {INT64_C(1) << 32};
    static int64_t many[200];
    static const char wide[500] = "";
    struct fake_value *row;

    for (size_t i = 0; i < GH_COUNT(many); i++)
        many[i] = (int64_t)i + 1;
    const struct {
        size_t column;
        struct fake_value value;
    } rows[] = {
        {GH_FIND_ROLE_IDS,
         {FAKE_NUMBERS, {(const char *)large, sizeof(large)}, 0}},
        {GH_FIND_ROLE_IDS,
         {FAKE_NUMBERS, {(const char *)many, sizeof(many)}, 0}},
        {GH_FIND_DISPLAY_NAME, {FAKE_TEXT, {wide, sizeof(wide)}, 0}},
        {GH_FIND_EMAIL, {FAKE_TEXT, {wide, sizeof(wide)}, 0}},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        kept_begin();
        for (int k = 0; k < 2; k++) {
            row = alice();
            row[GH_FIND_CONDITION_IDS] = (struct fake_value){FAKE_NULL, {0}, 0};
            row[rows[i].column] = rows[i].value;
            const struct fake_step steps[] = {SIGNING_FOUND(row)};
            struct desk *desk = know("/account/x", steps, 1);

            check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
            signing_end(desk);
        }
        kept_end();
    }
}

static void
session_under_an_older_key_is_used_again_too(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 1);
    const struct fake_step steps[] = {{.stmt = &gh_stmt_session_find},
                                      SIGNING_FOUND(row)};

    kept_begin();
    signing_end(know("/account/x", steps, 2));
    signing_end(recall());
    kept_end();
}

static void
row_of_nobody_is_not_remembered(void)
{
    static const char *const states[] = {"idle", "logout", "disabled"};

    for (size_t i = 0; i < GH_COUNT(states); i++) {
        struct fake_value *row = alice();
        const struct fake_step steps[] = {SIGNING_FOUND(row),
                                          {.stmt = &gh_stmt_session_dead_use}};

        kept_begin();
        row[GH_FIND_STATE].text = gh_text_of_z(states[i]);
        for (int k = 0; k < 2; k++) {
            struct desk *desk = know("/account/x", steps, 2);

            check_number(GH_PRINCIPAL_NOBODY, desk->exchange->principal.kind);
            signing_end(desk);
        }
        kept_end();
    }
}

const struct check_case recall_cases[] = {
    CHECK_CASE(session_that_was_found_is_used_again),
    CHECK_CASE(what_is_not_there_is_remembered_so),
    CHECK_CASE(our_own_pages_always_ask),
    CHECK_CASE(strict_application_has_it_asked_for),
    CHECK_CASE(look_that_was_sent_later_is_as_good_as_asking),
    CHECK_CASE(look_that_tells_of_a_change_has_it_asked_for),
    CHECK_CASE(whoever_is_not_remembered_waits_for_no_look),
    CHECK_CASE(policy_older_than_the_session_s_does_not_say_what_is_strict),
    CHECK_CASE(what_a_newer_policy_gives_may_not_be_for_the_token),
    CHECK_CASE(nothing_is_used_beyond_the_bound),
    CHECK_CASE(change_has_it_asked_for_again),
    CHECK_CASE(change_while_it_is_asked_for_has_it_asked_for_again),
    CHECK_CASE(token_that_ends_the_session_has_it_asked_for_again),
    CHECK_CASE(what_seems_over_is_asked_for),
    CHECK_CASE(rights_that_end_by_themselves_are_asked_for),
    CHECK_CASE(nothing_is_used_while_the_time_is_not_known),
    CHECK_CASE(newer_policy_has_it_asked_for_again),
    CHECK_CASE(activity_is_told_once_in_a_while),
    CHECK_CASE(what_does_not_fit_is_asked_for_each_time),
    CHECK_CASE(session_under_an_older_key_is_used_again_too),
    CHECK_CASE(row_of_nobody_is_not_remembered),
    {0},
};
