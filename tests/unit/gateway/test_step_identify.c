/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/step_identify: who a token belongs to, by script. A token
 * is asked for under every key of the ring; a dead session's use is recorded;
 * rows of others count as none; and what cannot be had is unknown, never
 * nobody.
 */
#include "step.h"

#include <string.h>

#include "check.h"
#include "core/session.h"
#include "estate.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN

static const struct gh_text token = GH_TEXT_INIT(SIGNING_TOKEN);

/* Identifies who brings these cookies (NULL: none); the desk. */
static struct desk *
know(const char *cookies_z, const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    /* Whatever was there must not shine through. */
    desk->exchange->principal = (struct gh_principal){
        .kind = GH_PRINCIPAL_ACCOUNT, .account = GH_TEXT("mallory")};
    if (cookies_z != NULL)
        desk_set(desk, "HTTP_COOKIE", gh_text_of_z(cookies_z));
    (void)signing_know(desk);
    return desk;
}

/* Nobody, for a reason, and nothing else is said. */
static void
check_nobody(struct desk *desk, enum gh_nobody why)
{
    const struct gh_principal *principal = &desk->exchange->principal;

    check_number(GH_PRINCIPAL_NOBODY, principal->kind);
    check_number(why, principal->nobody);
    check_number(0, principal->account.len + principal->reference.len +
                        principal->email.len + principal->display_name.len);
    check_number(0, principal->session_id);
    check_number(0, principal->level);
    signing_end(desk);
}

static void
check_unknown(struct desk *desk)
{
    check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
    check_number(0, desk->exchange->principal.account.len);
    signing_end(desk);
}

static void
request_without_a_token_is_nobodys_and_asks_nothing(void)
{
    check_nobody(know(NULL, NULL, 0), GH_NOBODY_NO_TOKEN);
    check_nobody(know("__Host-id=", NULL, 0), GH_NOBODY_NO_TOKEN);
    check_nobody(know("__host-id=" SIGNING_TOKEN, NULL, 0), GH_NOBODY_NO_TOKEN);
}

static void
token_of_another_form_is_nobodys_and_asks_nothing(void)
{
    static const char *const cookies[] = {
        COOKIE "A",
        "__Host-id=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
        "__Host-id=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
        "__Host-id=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH=",
        "__Host-id='; drop table session; --",
        "__Host-id=x",
    };

    for (size_t i = 0; i < GH_COUNT(cookies); i++)
        check_nobody(know(cookies[i], NULL, 0), GH_NOBODY_STRANGE);
}

static void
nobody_is_known_without_a_database_or_keys(void)
{
    struct desk *desk = signing_begin(NULL, 0, 1);

    desk->worker.database = NULL;
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    check_nobody(desk, GH_NOBODY_NO_TOKEN);
    desk = signing_begin(NULL, 0, 1);
    gh_keys_free(desk->worker.site->settings->ring);
    desk->worker.site->settings->ring = NULL;
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    check_nobody(desk, GH_NOBODY_NO_TOKEN);
}

/* A live session of alice. */
static void
check_alice(struct desk *desk)
{
    const struct gh_principal *principal = &desk->exchange->principal;

    check_number(GH_PRINCIPAL_ACCOUNT, principal->kind);
    check_text(GH_TEXT("alice"), principal->account);
    check_text(GH_TEXT("Alice \"A\" <Example>"), principal->display_name);
    check_text(GH_TEXT("alice@example.org"), principal->email);
    check_text(GH_TEXT(SIGNING_REFERENCE), principal->reference);
    check_number(31, principal->session_id);
    check_number(GH_LEVEL_PASSWORD, principal->level);
    check_number(GH_DEVICE_KNOWN, principal->browser);
    check_number(86400, principal->browser_s);
    check_number(590, principal->idle_left_s);
    check_number(7100, principal->absolute_left_s);
    check_number(SIGNING_ID, principal->account_id);
    check_number(SIGNING_PREVIOUS_US, principal->previous_at_us);
    check_text(GH_TEXT("2001:db8::9"), principal->previous_client);
    check_number(4, principal->failures_before);
    signing_end(desk);
}

static void
token_of_a_live_session_is_its_accounts(void)
{
    struct fake_step steps[] = {SIGNING_FOUND(signing_find_row(token, 0))};
    struct desk *desk = know(COOKIE, steps, GH_COUNT(steps));
    unsigned char hash[GH_DIGEST_LEN];

    signing_hash(token, 0, hash);
    check(memcmp(hash, fake_database_bytes(0, 0).at, sizeof(hash)) == 0);
    check(!fake_database_holds(token));
    check_alice(desk);
    steps[0].n_waits = 3;
    check_alice(know(COOKIE, steps, GH_COUNT(steps)));
}

static void
token_is_asked_for_under_every_key_the_current_one_first(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find},
        SIGNING_FOUND(signing_find_row(token, 1))};
    struct desk *desk = know(COOKIE, steps, GH_COUNT(steps));
    unsigned char hash[GH_DIGEST_LEN];

    signing_hash(token, 1, hash);
    check(memcmp(hash, fake_database_bytes(1, 0).at, sizeof(hash)) == 0);
    check_alice(desk);
}

static void
token_that_never_was_is_nobodys(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_session_find},
                                      {.stmt = &gh_stmt_session_find}};

    check_nobody(know(COOKIE, steps, GH_COUNT(steps)), GH_NOBODY_STRANGE);
}

static void
email_and_names_that_are_not_there_are_empty(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_EMAIL] = (struct fake_value){0};
    row[GH_FIND_DISPLAY_NAME] = (struct fake_value){0};
    row[GH_FIND_DEVICE_KNOWN] = (struct fake_value){0};
    desk = know(COOKIE, steps, GH_COUNT(steps));
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check_number(0, desk->exchange->principal.email.len);
    check_number(0, desk->exchange->principal.display_name.len);
    check_number(GH_DEVICE_NEW, desk->exchange->principal.browser);
    signing_end(desk);
}

static void
first_sign_in_has_none_before_it(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_PREVIOUS_AT] = (struct fake_value){0};
    row[GH_FIND_PREVIOUS_CLIENT] = (struct fake_value){0};
    desk = know(COOKIE, steps, GH_COUNT(steps));
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check_number(0, desk->exchange->principal.previous_at_us);
    check_number(0, desk->exchange->principal.previous_client.len);
    check_number(4, desk->exchange->principal.failures_before);
    signing_end(desk);
}

static void
who_has_chosen_nothing_has_what_everybody_has(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(token, 0))};
    struct desk *desk = know(COOKIE, steps, GH_COUNT(steps));
    const struct gh_preference *has = &desk->exchange->principal.preference;

    check_number(0, has->time_zone.len);
    check_number(GH_APPEARANCE_DEVICE, has->appearance);
    check_number(GH_WARN_MINUTES, has->warn_minutes);
    check_number(0, has->utc_offset_s);
    signing_end(desk);
}

static void
preferences_come_with_the_session(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    const struct gh_preference *has;
    struct desk *desk;

    row[GH_FIND_TIME_ZONE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("Asia/Kathmandu"), 0};
    row[GH_FIND_UTC_OFFSET] = (struct fake_value){FAKE_NUMBER, {0}, 20700};
    row[GH_FIND_PREVIOUS_OFFSET] = (struct fake_value){FAKE_NUMBER, {0}, -60};
    row[GH_FIND_APPEARANCE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("dark"), 0};
    row[GH_FIND_WARN_MINUTES] = (struct fake_value){FAKE_NUMBER, {0}, 0};
    desk = know(COOKIE, steps, GH_COUNT(steps));
    has = &desk->exchange->principal.preference;
    check_text(GH_TEXT("Asia/Kathmandu"), has->time_zone);
    check_number(20700, has->utc_offset_s);
    check_number(-60, desk->exchange->principal.previous_offset_s);
    check_number(GH_APPEARANCE_DARK, has->appearance);
    check_number(GH_APPEARANCE_DARK, desk->exchange->context.appearance);
    check_number(0, has->warn_minutes);
    signing_end(desk);
}

/* A session in a state of the database's words: its use is recorded, and
 * nobody is known for that reason. */
static void
check_dead(const char *state_z, enum gh_nobody why)
{
    struct fake_value *row = signing_find_row(token, 1);
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find},
        SIGNING_FOUND(row),
        {.stmt = &gh_stmt_session_dead_use, .n_waits = 1}};
    struct desk *desk;

    row[GH_FIND_STATE].text = gh_text_of_z(state_z);
    desk = know(COOKIE, steps, GH_COUNT(steps));
    check_text(fake_database_bytes(1, 0), fake_database_bytes(2, 0));
    check(fake_database_param(2, 1).is_set);
    check_text(GH_TEXT("public"), fake_database_bytes(2, 3));
    check_text(GH_TEXT("node-1"), fake_database_bytes(2, 5));
    check_nobody(desk, why);
}

static void
session_that_is_over_is_nobodys_and_its_use_is_recorded(void)
{
    check_dead("idle", GH_NOBODY_IDLE);
    check_dead("absolute", GH_NOBODY_ABSOLUTE);
    check_dead("logout", GH_NOBODY_SIGNED_OUT);
    check_dead("disabled", GH_NOBODY_ACCOUNT);
    check_dead("reused", GH_NOBODY_REUSED);
    check_dead("revoked", GH_NOBODY_REVOKED);
    check_dead("replaced", GH_NOBODY_REVOKED);
    check_dead("limit", GH_NOBODY_REVOKED);
    check_dead("rights_changed", GH_NOBODY_RIGHTS);
    check_dead("failover", GH_NOBODY_FAILOVER);
    check_dead("moved", GH_NOBODY_MOVED);
    check_dead("of tomorrow", GH_NOBODY_REVOKED);
    check_dead("", GH_NOBODY_REVOKED);
}

/* A row that was changed behind our backs: nobody, and one event. */
static void
check_tampered(const struct fake_value *row)
{
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      {.stmt = &gh_stmt_event_write}};
    struct desk *desk = know(COOKIE, steps, GH_COUNT(steps));

    check_text(GH_TEXT("crypt_decrypt_fail"), fake_database_bytes(1, 0));
    check_nobody(desk, GH_NOBODY_STRANGE);
}

static void
row_that_no_gateway_wrote_is_nobodys_and_an_event(void)
{
    struct fake_value *row = signing_find_row(token, 0);

    row[GH_FIND_BINDING] = (struct fake_value){0};
    check_tampered(row);
    row = signing_find_row(token, 0);
    row[GH_FIND_BINDING].text = GH_TEXT("0123456789abcdef0123456789abcdef");
    check_tampered(row);
    row = signing_find_row(token, 0);
    row[GH_FIND_BINDING].text.len--;
    check_tampered(row);
}

static void
row_that_was_moved_is_nobodys_and_an_event(void)
{
    struct fake_value *row = signing_find_row(token, 0);

    row[GH_FIND_ACCOUNT_ID].number++;
    check_tampered(row);
    row = signing_find_row(token, 0);
    row[GH_FIND_LEVEL].number++;
    check_tampered(row);
    row = signing_find_row(token, 0);
    row[GH_FIND_REFERENCE].text = GH_TEXT("0123456789abcdef");
    check_tampered(row);
    /* Under this key the row is another one. */
    check_tampered(signing_find_row(token, 1));
}

/* The last step breaks in each way: the principal is unknown. */
static void
check_breaks(struct fake_step *steps, size_t n)
{
    static const enum gh_status answers[] = {GH_FAULT_DB, GH_NONE, GH_CONFLICT,
                                             GH_MALFORMED, GH_STOP};
    struct fake_step *last = &steps[n - 1];

    last->asked = GH_FAULT_DB;
    check_unknown(know(COOKIE, steps, n));
    last->asked = GH_FAULT_MEMORY;
    check_unknown(know(COOKIE, steps, n));
    last->asked = GH_OK;
    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        last->status = answers[i];
        check_unknown(know(COOKIE, steps, n));
    }
}

/* What session_renew says. */
#define RENEWED(state)                                                         \
    {                                                                          \
        .stmt = &gh_stmt_session_renew, .n_columns = 1, .n_waits = 1,          \
        .row = (const struct fake_value[])                                     \
        {                                                                      \
            {                                                                  \
                FAKE_TEXT, GH_TEXT_INIT(state), 0                              \
            }                                                                  \
        }                                                                      \
    }

static void
token_that_was_offered_becomes_the_current_one_when_it_comes(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row), RENEWED("live")};
    const struct fake_step dead[] = {SIGNING_FOUND(row), RENEWED("logout")};
    struct fake_step broken[] = {SIGNING_FOUND(row), RENEWED("live")};
    struct desk *desk;

    row[GH_FIND_TOKEN_USE].text = GH_TEXT("next");
    row[GH_FIND_TOKEN_AGE].number = 1000;
    desk = know(COOKIE, steps, GH_COUNT(steps));
    check(!desk->exchange->principal.is_renewal_due);
    check_text(fake_database_bytes(0, 0), fake_database_bytes(1, 0));
    check_alice(desk);
    check_nobody(know(COOKIE, dead, GH_COUNT(dead)), GH_NOBODY_SIGNED_OUT);
    check_breaks(broken, GH_COUNT(broken));
}

static void
token_is_due_when_it_is_old_and_the_current_one(void)
{
    static const struct {
        int64_t age_s;
        const char *use_z;
        bool is_due;
    } rows[] = {{899, "current", false},
                {900, "current", true},
                {5000, "current", true},
                {5000, "previous", false}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct fake_value *row = signing_find_row(token, 0);
        const struct fake_step steps[] = {SIGNING_FOUND(row)};
        struct desk *desk;

        row[GH_FIND_TOKEN_AGE].number = rows[i].age_s;
        row[GH_FIND_TOKEN_USE].text = gh_text_of_z(rows[i].use_z);
        row[GH_FIND_TOKEN_UNTIL] =
            (struct fake_value){FAKE_TIME, {0}, SIGNING_NOW_US + 1000};
        desk = know(COOKIE, steps, GH_COUNT(steps));
        check_number(rows[i].is_due, desk->exchange->principal.is_renewal_due);
        check_number(2, desk->exchange->principal.generation);
        check_alice(desk);
    }
}

static void
what_cannot_be_had_is_unknown_and_never_nobody(void)
{
    struct fake_step first[] = {{.stmt = &gh_stmt_session_find}};
    struct fake_step second[] = {{.stmt = &gh_stmt_session_find},
                                 {.stmt = &gh_stmt_session_find}};

    check_breaks(first, GH_COUNT(first));
    check_breaks(second, GH_COUNT(second));
}

static void
what_cannot_be_recorded_is_unknown_too(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    struct fake_step dead[] = {SIGNING_FOUND(row),
                               {.stmt = &gh_stmt_session_dead_use}};
    struct fake_step event[] = {SIGNING_FOUND(row),
                                {.stmt = &gh_stmt_event_write}};

    row[GH_FIND_STATE].text = GH_TEXT("idle");
    check_breaks(dead, GH_COUNT(dead));
    row = signing_find_row(token, 0);
    row[GH_FIND_BINDING] = (struct fake_value){0};
    check_breaks(event, GH_COUNT(event));
}

static void
row_with_a_null_where_none_may_be_is_unknown(void)
{
    static const size_t columns[] = {
        GH_FIND_STATE,         GH_FIND_REFERENCE, GH_FIND_ACCOUNT_ID,
        GH_FIND_SESSION_ID,    GH_FIND_LEVEL,     GH_FIND_IDLE_LEFT,
        GH_FIND_ABSOLUTE_LEFT, GH_FIND_ROLE_IDS,  GH_FIND_POLICY_VERSION,
        GH_FIND_NOW,           GH_FIND_TOKEN_USE, GH_FIND_TOKEN_AGE,
        GH_FIND_GENERATION,    GH_FIND_IS_OFFERED};

    for (size_t i = 0; i < GH_COUNT(columns); i++) {
        struct fake_value *row = signing_find_row(token, 0);
        const struct fake_step steps[] = {SIGNING_FOUND(row)};

        row[columns[i]] = (struct fake_value){0};
        check_unknown(know(COOKIE, steps, GH_COUNT(steps)));
    }
}

static void
account_brings_its_roles_and_the_time(void)
{
    static const int64_t roles[] = {9, 4};
    const struct gh_text ids = {(const char *)roles, sizeof(roles)};
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    const struct gh_principal *principal;
    struct desk *desk;

    row[GH_FIND_ROLE_IDS] = (struct fake_value){FAKE_NUMBERS, ids, 0};
    desk = know(COOKIE, steps, GH_COUNT(steps));
    principal = &desk->exchange->principal;
    check_number(GH_PRINCIPAL_ACCOUNT, principal->kind);
    check_number(2, principal->held.n);
    check(principal->held.role_ids[0] == 9 && principal->held.role_ids[1] == 4);
    check_number(row[GH_FIND_NOW].number, principal->now_us);
    check(principal->roles.words != NULL);
    check(desk->exchange->context.estate == desk->worker.estate);
    signing_end(desk);
}

/* Has the worker decide by an empty policy of that version. */
static void
rule(struct desk *desk, int64_t version)
{
    struct gh_rules *rules = gh_rules_new(version);

    if (check(rules != NULL))
        desk_rule(desk, rules);
}

/* Who asks for a target, when the session was found under that version of the
 * policy and the worker has version 1, or none; the database is away. */
static struct desk *
know_under(int64_t version, const char *target_z, bool has_policy,
           const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    if (!has_policy) {
        gh_estate_release(desk->worker.estate);
        desk->worker.estate = NULL;
    }
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (version > 0)
        desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    return desk;
}

static void
account_under_a_policy_that_does_not_come_is_unknown(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_POLICY_VERSION].number = 2;
    desk = know_under(2, "/account/x", true, steps, 1);
    check_number(0, desk->exchange->principal.account_id);
    check_number(0, desk->exchange->principal.held.n);
    /* What everybody may is still known. */
    check(desk->exchange->context.estate != NULL);
    check(desk->exchange->principal.roles.words != NULL);
    check_unknown(desk);
    desk = know_under(2, "/account/x", false, steps, 1);
    check(desk->exchange->context.estate == NULL);
    check_unknown(desk);
    row[GH_FIND_POLICY_VERSION].number = 1;
    desk = know_under(1, "/account/x", true, steps, 1);
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    signing_end(desk);
}

/* Rows of versions 1 and 2, under a policy of version 2. */
static void
session_found_under_an_older_policy_is_found_anew(void)
{
    struct fake_value older[GH_FIND_COLUMNS];
    struct fake_value *newer = signing_find_row(token, 0);
    const struct fake_step steps[] = {
        SIGNING_FOUND(older), SIGNING_FOUND(newer), SIGNING_FOUND(older),
        SIGNING_FOUND(older), SIGNING_FOUND(older), SIGNING_FOUND(older)};
    struct desk *desk;

    memcpy(older, newer, sizeof(older));
    newer[GH_FIND_POLICY_VERSION].number = 2;
    newer[GH_FIND_WITHHELD_IDS].kind = FAKE_NUMBERS;
    desk = signing_begin(steps, 2, 1);
    rule(desk, 2);
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check(desk->exchange->principal.held.is_outgrown);
    check_number(2, desk->exchange->principal.policy_version);
    signing_end(desk);

    /* A database that does not know of it is not believed for ever. */
    desk = signing_begin(steps + 2, 4, 1);
    rule(desk, 2);
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    (void)signing_know(desk);
    check_unknown(desk);
}

static void
nobody_is_judged_by_the_policy_that_is_there(void)
{
    check_nobody(know_under(0, "/account/x", true, NULL, 0),
                 GH_NOBODY_NO_TOKEN);
    check_unknown(know_under(0, "/account/x", false, NULL, 0));
}

static void
our_own_pages_need_no_policy(void)
{
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_POLICY_VERSION].number = 99;
    desk = know_under(99, "/auth/session", false, steps, 1);
    check_number(GH_PRINCIPAL_ACCOUNT, desk->exchange->principal.kind);
    check_number(0, atomic_load(&desk->gateway.policy_wanted));
    signing_end(desk);
}

const struct check_case step_identify_cases[] = {
    CHECK_CASE(request_without_a_token_is_nobodys_and_asks_nothing),
    CHECK_CASE(token_of_another_form_is_nobodys_and_asks_nothing),
    CHECK_CASE(nobody_is_known_without_a_database_or_keys),
    CHECK_CASE(token_of_a_live_session_is_its_accounts),
    CHECK_CASE(token_is_asked_for_under_every_key_the_current_one_first),
    CHECK_CASE(token_that_never_was_is_nobodys),
    CHECK_CASE(email_and_names_that_are_not_there_are_empty),
    CHECK_CASE(who_has_chosen_nothing_has_what_everybody_has),
    CHECK_CASE(preferences_come_with_the_session),
    CHECK_CASE(first_sign_in_has_none_before_it),
    CHECK_CASE(session_that_is_over_is_nobodys_and_its_use_is_recorded),
    CHECK_CASE(row_that_no_gateway_wrote_is_nobodys_and_an_event),
    CHECK_CASE(row_that_was_moved_is_nobodys_and_an_event),
    CHECK_CASE(token_that_was_offered_becomes_the_current_one_when_it_comes),
    CHECK_CASE(token_is_due_when_it_is_old_and_the_current_one),
    CHECK_CASE(what_cannot_be_had_is_unknown_and_never_nobody),
    CHECK_CASE(what_cannot_be_recorded_is_unknown_too),
    CHECK_CASE(row_with_a_null_where_none_may_be_is_unknown),
    CHECK_CASE(account_brings_its_roles_and_the_time),
    CHECK_CASE(account_under_a_policy_that_does_not_come_is_unknown),
    CHECK_CASE(session_found_under_an_older_policy_is_found_anew),
    CHECK_CASE(nobody_is_judged_by_the_policy_that_is_there),
    CHECK_CASE(our_own_pages_need_no_policy),
    {0},
};
