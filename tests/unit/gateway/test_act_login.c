/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_login: the way in, against PostgreSQL by script and
 * real hashing. Tokens and passwords are in no parameter, and what breaks is
 * a fault and never a "no". Failures: test_login_guess.c; forms:
 * test_login_form.c.
 */
#include "act.h"

#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "base/secret.h"
#include "check.h"
#include "config.h"
#include "core/csrf.h"
#include "core/session.h"
#include "fresh.h"

#include "base/banned.h"

/* Parameters of sign_in_succeed. */
enum {
    PARAM_DEVICE_AT = 18,
    PARAM_DEVICE_SINCE,
};

/* 2000-01-01, from where PostgreSQL counts, in microseconds since 1970. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* How many attempts were counted as having ended so. */
static uint64_t
ended(struct desk *desk, enum gh_sign_in how)
{
    return atomic_load(&desk->gateway.counters.sign_ins[how]);
}

static void
good_password_leads_in_with_three_cookies(void)
{
    const struct attempt attempt = {.more_z = "&return_to=%2Faccount%2Fx%3Fa"};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");
    struct gh_text marker = signing_cookie(desk, "__Host-device");
    char line[200];
    struct gh_marker says = {.at_us = 0};
    int len;

    check_number(303, signing_reply(desk)->status);
    check_number(1, ended(desk, GH_SIGN_IN_SUCCESS));
    check(signing_has_line(desk, GH_TEXT("Location: /account/x?a")));
    check_number(GH_TOKEN_LEN, token.len);
    len = snprintf(line, sizeof(line),
                   "Set-Cookie: __Host-id=%.*s; Path=/; Secure; HttpOnly; "
                   "SameSite=Lax",
                   GH_TEXT_ARG(token));
    check(signing_has_line(desk, (struct gh_text){line, (size_t)len}));
    check(signing_has_line(
        desk, GH_TEXT("Set-Cookie: __Host-pre=; Path=/; Secure; HttpOnly; "
                      "SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 "
                      "00:00:00 GMT")));
    len = snprintf(line, sizeof(line),
                   "Set-Cookie: __Host-device=%.*s; Path=/; Secure; HttpOnly; "
                   "SameSite=Lax; Max-Age=15552000",
                   GH_TEXT_ARG(marker));
    check(signing_has_line(desk, (struct gh_text){line, (size_t)len}));
    check_status(GH_OK, gh_device_check(signing_keys(), GH_TEXT("alice"),
                                        marker, &says));
    check_number(ATTEMPT_BEGAN_US, says.at_us);
    check_number(ATTEMPT_SINCE_US / 1000000, says.since_s);
    signing_end(desk);
}

static void
guess_is_counted_under_name_and_network_before_it_is_checked(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));

    check_text(GH_TEXT("alice"), fake_database_bytes(0, 0));
    check_number(GH_DIGEST_LEN, fake_database_bytes(0, 1).len);
    check(!fake_database_param(0, 2).is_set);
    check(!fake_database_param(0, 3).is_set);
    check(fake_database_param(0, 4).is_set);
    check(fake_database_param(0, 5).is_set);
    check(!config_contains(fake_database_bytes(0, 1), GH_TEXT("alice")));
    signing_end(desk);
}

static void
session_is_made_of_the_token_that_the_browser_gets(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    const struct gh_session_row row = {.account_id = SIGNING_ID,
                                       .token_hash = fake_database_bytes(1, 5),
                                       .reference = fake_database_bytes(1, 6),
                                       .level = GH_LEVEL_PASSWORD};
    unsigned char hash[GH_DIGEST_LEN];
    bool is_bound = false;

    check_status(GH_OK,
                 gh_session_hash(signing_keys(), 0, GH_TEXT("localhost"),
                                 signing_cookie(desk, "__Host-id"), hash));
    check_text(attempt_bytes(hash, sizeof(hash)), row.token_hash);
    check_number(GH_REFERENCE_LEN, row.reference.len);
    check_status(GH_OK,
                 gh_session_is_bound(signing_keys(), &row,
                                     fake_database_bytes(1, 7), &is_bound));
    check(is_bound);
    signing_end(desk);
}

static void
session_is_made_for_the_account_that_was_checked(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    const struct gh_context *context = &desk->exchange->context;
    const struct gh_param idle = gh_param_interval(600000);
    const struct gh_param absolute = gh_param_interval(7200000);

    check_number(SIGNING_ID, attempt_number(1, 0));
    check_number(SIGNING_VERSION, attempt_number(1, 1));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(1, 2));
    check(!fake_database_param(1, 3).is_set);
    check_text(fake_database_bytes(0, 5), fake_database_bytes(1, 4));
    check(!fake_database_param(1, 8).is_set);
    check_text(fake_database_bytes(0, 4), fake_database_bytes(1, 9));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 10));
    check_text(GH_TEXT("public"), fake_database_bytes(1, 11));
    check_text(attempt_bytes(context->id_bytes, 16),
               fake_database_bytes(1, 12));
    check_text(GH_TEXT("node-1"), fake_database_bytes(1, 13));
    check_text(gh_param_bytes(&idle), fake_database_bytes(1, 14));
    check_text(gh_param_bytes(&absolute), fake_database_bytes(1, 15));
    check_number(3, attempt_number(1, 16));
    signing_end(desk);
}

static void
token_and_password_are_in_no_parameter_and_on_no_page(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");
    unsigned char bytes[32];

    check(token.len > 0 && !fake_database_holds(token));
    check_status(GH_OK, gh_base64url_parse(token, bytes, sizeof(bytes)));
    check(!fake_database_holds(attempt_bytes(bytes, sizeof(bytes))));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    check(fake_database_holds(GH_TEXT("alice")));
    check(!signing_has(desk, token));
    signing_end(desk);
}

static void
every_sign_in_has_a_token_of_its_own(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    char tokens[2][GH_TOKEN_LEN] = {{0}};

    for (size_t i = 0; i < 2; i++) {
        struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
        struct gh_text token = signing_cookie(desk, "__Host-id");

        if (check_number(GH_TOKEN_LEN, token.len))
            memcpy(tokens[i], token.at, GH_TOKEN_LEN);
        signing_end(desk);
    }
    check(memcmp(tokens[0], tokens[1], GH_TOKEN_LEN) != 0);
}

static void
session_that_the_browser_had_is_replaced(void)
{
    const struct attempt attempt = {
        .session_z = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"};
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find},
        {.stmt = &gh_stmt_session_find},
        ATTEMPT_RESERVE(signing_reserve_row()),
        ATTEMPT_SUCCEED,
    };
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");

    check_number(303, signing_reply(desk)->status);
    check_text(fake_database_bytes(1, 0), fake_database_bytes(3, 8));
    check(!gh_text_equal(token, gh_text_of_z(attempt.session_z)));
    signing_end(desk);
}

static void
session_of_another_account_is_forgotten_at_once(void)
{
    const struct attempt attempt = {.session_z = SIGNING_TOKEN};
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct gh_fresh *fresh = NULL;
    struct desk *desk = attempt_lay(&attempt, steps, GH_COUNT(steps));
    int64_t session_id;

    check_status(GH_OK, gh_fresh_new(&fresh));
    desk->gateway.fresh = fresh;
    if (check(signing_know(desk)))
        check_status(GH_OK, signing_act(desk));
    check_number(303, signing_reply(desk)->status);
    session_id = desk->exchange->principal.session_id;
    check(session_id > 0);
    /* Whatever account it was of. */
    check(!gh_fresh_holds(fresh, 0, session_id, 1000));
    check(gh_fresh_holds(fresh, 0, session_id + 1, 1000));
    check(!gh_fresh_holds(fresh, 0, session_id + 1, SIGNING_ID));
    signing_end(desk);
    gh_fresh_free(fresh);
}

static void
names_are_compared_in_their_one_form(void)
{
    const struct attempt typed = {.username_z = "AL%49CE"};
    const struct attempt plain = {0};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&typed, steps, GH_COUNT(steps));
    char key[GH_DIGEST_LEN] = {0};

    check_text(GH_TEXT("alice"), fake_database_bytes(0, 0));
    if (check_number(sizeof(key), fake_database_bytes(0, 1).len))
        memcpy(key, fake_database_bytes(0, 1).at, sizeof(key));
    signing_end(desk);
    desk = attempt_try(&plain, steps, GH_COUNT(steps));
    check_text(attempt_bytes(key, sizeof(key)), fake_database_bytes(0, 1));
    signing_end(desk);
}

/* Whether an attempt with a device marker for account has a lane of its own. */
static bool
has_device_lane(struct gh_text account)
{
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    const struct gh_marker marker = {.at_us = ATTEMPT_BEGAN_US,
                                     .since_s = 1793000000};
    char at[GH_DEVICE_LEN];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));
    struct attempt attempt = {0};
    struct desk *desk;
    bool has_lane;

    check_status(GH_OK, gh_device_make(signing_keys(), account, &marker, &buf));
    attempt.device = gh_buf_text(&buf);
    desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    has_lane = fake_database_param(0, 2).is_set;
    check(fake_database_param(0, 3).is_set == has_lane);
    if (has_lane)
        check_number(ATTEMPT_BEGAN_US - POSTGRES_EPOCH_US,
                     attempt_number(0, 3));
    check(fake_database_param(1, 3).is_set == has_lane);
    /* Whether it counts is said when the session begins. */
    for (size_t k = PARAM_DEVICE_AT; k <= PARAM_DEVICE_SINCE; k++)
        check(fake_database_param(1, k).is_set == has_lane);
    if (has_lane) {
        check_number(ATTEMPT_BEGAN_US - POSTGRES_EPOCH_US,
                     attempt_number(1, PARAM_DEVICE_AT));
        check_number(INT64_C(1793000000000000) - POSTGRES_EPOCH_US,
                     attempt_number(1, PARAM_DEVICE_SINCE));
    }
    check(!fake_database_holds(attempt.device));
    signing_end(desk);
    return has_lane;
}

static void
device_marker_counts_for_its_own_account_only(void)
{
    check(has_device_lane(GH_TEXT("alice")));
    check(!has_device_lane(GH_TEXT("bob")));
}

static void
answers_that_take_time_are_waited_for(void)
{
    const struct attempt attempt = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_SUCCEED};
    struct desk *desk;

    steps[0].n_waits = 2;
    steps[1].n_waits = 1;
    desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    check_number(303, signing_reply(desk)->status);
    signing_end(desk);
}

static void
return_to_that_leads_away_leads_to_the_front_page(void)
{
    const struct attempt attempt = {
        .more_z = "&return_to=https%3A%2F%2Fevil.example%2F"};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    struct desk *desk = attempt_try(&attempt, steps, GH_COUNT(steps));

    check(signing_has_line(desk, GH_TEXT("Location: /")));
    signing_end(desk);
}

/* --- what breaks --------------------------------------------------------- */

/* Attempts, with one of the steps asked or answered with this status; the
 * status of the act. Nobody is let in. */
static enum gh_status
broken(const struct attempt *attempt, struct fake_step *steps, size_t n,
       enum gh_status status, bool is_asking)
{
    struct fake_step *last = &steps[n - 1];
    struct desk *desk;
    enum gh_status result = GH_OK;

    last->asked = is_asking ? status : GH_OK;
    last->status = is_asking ? GH_OK : status;
    desk = attempt_lay(attempt, steps, n);
    if (signing_know(desk))
        result = signing_act(desk);
    check_number(0, desk->exchange->outcome.reply.status);
    check_number(0, desk->exchange->outcome.reply.head.len);
    signing_end(desk);
    return result;
}

/* The last of the steps breaks in each way. */
static void
check_breaks(const struct attempt *attempt, struct fake_step *steps, size_t n)
{
    check_status(GH_FAULT_DB, broken(attempt, steps, n, GH_FAULT_DB, true));
    check_status(GH_FAULT_MEMORY,
                 broken(attempt, steps, n, GH_FAULT_MEMORY, true));
    check_status(GH_FAULT_DB, broken(attempt, steps, n, GH_FAULT_DB, false));
}

static void
database_that_breaks_at_any_statement_is_a_fault_and_never_a_no(void)
{
    const struct attempt right = {0};
    const struct attempt wrong = {.password_z = "x"};
    const struct attempt foreign = {.token_z = "x"};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_SUCCEED};
    struct fake_step failing[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct fake_step unbound[] = {ATTEMPT_RESERVE(row), ATTEMPT_EVENT};
    struct fake_step event[] = {ATTEMPT_EVENT};

    check_breaks(&right, steps, 1);
    steps[0] = (struct fake_step)ATTEMPT_RESERVE(row);
    check_breaks(&right, steps, 2);
    check_breaks(&wrong, failing, 2);
    check_breaks(&foreign, event, 1);
    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    check_breaks(&right, unbound, 2);
}

static void
session_that_does_not_say_when_it_began_is_a_fault(void)
{
    static const struct fake_value made[ATTEMPT_N_SUCCEED] = {{0}};
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_SUCCEED};

    steps[1].row = made;
    check_status(GH_FAULT_DB, broken(&right, steps, 2, GH_OK, false));
}

static void
refusal_that_no_function_has_is_a_fault(void)
{
    const struct attempt right = {0};
    const struct attempt wrong = {.password_z = "x"};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_SUCCEED};
    struct fake_step failing[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};

    check_status(GH_FAULT_DB, broken(&right, steps, 1, GH_NONE, false));
    check_status(GH_FAULT_DB, broken(&right, steps, 1, GH_MALFORMED, false));
    steps[0] = (struct fake_step)ATTEMPT_RESERVE(row);
    check_status(GH_FAULT_DB, broken(&right, steps, 2, GH_NONE, false));
    check_status(GH_FAULT_DB, broken(&wrong, failing, 2, GH_CONFLICT, false));
}

static void
reservation_without_a_row_is_a_fault(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {{.stmt = &gh_stmt_sign_in_reserve}};

    check(gh_is_fault(broken(&right, steps, 1, GH_OK, false)));
}

static void
reservation_with_a_null_where_none_may_be_is_a_fault(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row)};

    row[GH_RESERVE_IS_ALLOWED] = (struct fake_value){0};
    check(gh_is_fault(broken(&right, steps, 1, GH_OK, false)));
    row = signing_reserve_row();
    row[GH_RESERVE_IS_FIRST_REFUSAL] = (struct fake_value){0};
    check(gh_is_fault(broken(&right, steps, 1, GH_OK, false)));
}

static void
queue_that_is_full_is_busy_and_costs_no_guess(void)
{
    const struct attempt right = {.has_no_room = true};
    struct desk *desk = attempt_try(&right, NULL, 0);

    check_number(503, signing_reply(desk)->status);
    check_number(1, ended(desk, GH_SIGN_IN_BUSY));
    check(config_contains(signing_reply(desk)->head, GH_TEXT("Retry-After: ")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
place_for_a_hash_is_given_back_however_it_ends(void)
{
    const struct attempt right = {0};
    const struct attempt wrong = {.password_z = "x"};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_SUCCEED};
    const struct fake_step failing[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                        ATTEMPT_FAIL};
    struct desk *desk = attempt_try(&right, steps, GH_COUNT(steps));

    check(desk->exchange->context.place == NULL);
    signing_end(desk);
    desk = attempt_try(&wrong, failing, GH_COUNT(failing));
    check(desk->exchange->context.place == NULL);
    check_number(1, ended(desk, GH_SIGN_IN_FAILURE));
    check_number(0, ended(desk, GH_SIGN_IN_SUCCESS));
    signing_end(desk);
}

/* --- hashes of yesterday ------------------------------------------------- */

/* alice's password as it was stored under the older pepper, bound by the
 * older key. */
static struct fake_value *
old_row(void)
{
    static char phc_z[GH_PASSWORD_MAX];
    static unsigned char mac[GH_DIGEST_LEN];
    const struct gh_password_cost cost = {.memory_kib = 12288, .passes = 3};
    struct gh_keys *keys = signing_old_keys();
    struct fake_value *row = signing_reserve_row();
    struct gh_credential credential = {.account_id = SIGNING_ID,
                                       .pepper_kid = GH_TEXT("p1")};

    if (phc_z[0] == '\0')
        check_status(GH_OK, gh_password_hash(keys, &cost,
                                             GH_TEXT(SIGNING_PASSWORD), phc_z));
    credential.phc = gh_text_of_z(phc_z);
    check_status(GH_OK, gh_credential_mac(keys, &credential, mac));
    gh_keys_free(keys);
    row[GH_RESERVE_PASSWORD_HASH].text = credential.phc;
    row[GH_RESERVE_PEPPER_ID].text = credential.pepper_kid;
    row[GH_RESERVE_CREDENTIAL_MAC].text = attempt_bytes(mac, sizeof(mac));
    return row;
}

static void
hash_under_an_older_key_is_made_anew(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(old_row()), ATTEMPT_SUCCEED,
                                ATTEMPT_REHASH};
    struct desk *desk = attempt_try(&right, steps, GH_COUNT(steps));
    const struct gh_credential credential = {.account_id = SIGNING_ID,
                                             .phc = fake_database_bytes(2, 2),
                                             .pepper_kid =
                                                 fake_database_bytes(2, 3)};
    bool is_bound = false;
    bool is_match = false;

    check_number(303, signing_reply(desk)->status);
    check_number(GH_TOKEN_LEN, signing_cookie(desk, "__Host-id").len);
    check_number(SIGNING_ID, attempt_number(2, 0));
    check_number(SIGNING_VERSION, attempt_number(2, 1));
    check_text(GH_TEXT("p2"), credential.pepper_kid);
    check_status(GH_OK,
                 gh_credential_is_bound(signing_keys(), &credential,
                                        fake_database_bytes(2, 4), &is_bound));
    check(is_bound);
    check_status(GH_OK,
                 gh_password_verify(signing_keys(), credential.phc,
                                    credential.pepper_kid,
                                    GH_TEXT(SIGNING_PASSWORD), &is_match));
    check(is_match);
    signing_end(desk);
}

static void
hash_that_cannot_be_made_anew_keeps_nobody_out(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(old_row()), ATTEMPT_SUCCEED,
                                ATTEMPT_REHASH};

    for (size_t i = 0; i < 3; i++) {
        struct desk *desk;

        steps[2].asked = i == 0 ? GH_FAULT_DB : GH_OK;
        steps[2].status = i == 1 ? GH_FAULT_DB : GH_CONFLICT;
        desk = attempt_try(&right, steps, GH_COUNT(steps));
        check_number(303, signing_reply(desk)->status);
        check_number(GH_TOKEN_LEN, signing_cookie(desk, "__Host-id").len);
        signing_end(desk);
    }
}

static void
wrong_password_under_an_older_key_makes_no_new_hash(void)
{
    const struct attempt wrong = {.password_z = "x"};
    const struct fake_step steps[] = {ATTEMPT_RESERVE(old_row()), ATTEMPT_FAIL};
    struct desk *desk = attempt_try(&wrong, steps, GH_COUNT(steps));

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT("wrong"), fake_database_bytes(1, 2));
    signing_end(desk);
}

const struct check_case act_login_cases[] = {
    CHECK_CASE(good_password_leads_in_with_three_cookies),
    CHECK_CASE(guess_is_counted_under_name_and_network_before_it_is_checked),
    CHECK_CASE(session_is_made_of_the_token_that_the_browser_gets),
    CHECK_CASE(session_is_made_for_the_account_that_was_checked),
    CHECK_CASE(token_and_password_are_in_no_parameter_and_on_no_page),
    CHECK_CASE(every_sign_in_has_a_token_of_its_own),
    CHECK_CASE(session_that_the_browser_had_is_replaced),
    CHECK_CASE(session_of_another_account_is_forgotten_at_once),
    CHECK_CASE(names_are_compared_in_their_one_form),
    CHECK_CASE(device_marker_counts_for_its_own_account_only),
    CHECK_CASE(answers_that_take_time_are_waited_for),
    CHECK_CASE(return_to_that_leads_away_leads_to_the_front_page),
    CHECK_CASE(database_that_breaks_at_any_statement_is_a_fault_and_never_a_no),
    CHECK_CASE(session_that_does_not_say_when_it_began_is_a_fault),
    CHECK_CASE(refusal_that_no_function_has_is_a_fault),
    CHECK_CASE(reservation_without_a_row_is_a_fault),
    CHECK_CASE(reservation_with_a_null_where_none_may_be_is_a_fault),
    CHECK_CASE(queue_that_is_full_is_busy_and_costs_no_guess),
    CHECK_CASE(place_for_a_hash_is_given_back_however_it_ends),
    CHECK_CASE(hash_under_an_older_key_is_made_anew),
    CHECK_CASE(hash_that_cannot_be_made_anew_keeps_nobody_out),
    CHECK_CASE(wrong_password_under_an_older_key_makes_no_new_hash),
    {0},
};
