/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_login and its insides: every branch of signing in,
 * against PostgreSQL by script and real hashing. What is refused looks the
 * same and asks the same; tokens and passwords are in no parameter; what
 * breaks is a fault and never a "no".
 */
#include "act.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "check.h"
#include "config.h"
#include "core/csrf.h"
#include "core/session.h"
#include "signing.h"

#include "base/banned.h"

#define FAILED "Sign-in failed. Check the user name and the password."
#define TOO_OLD "This page was open for too long. Please sign in again."

enum {
    FORM_MAX = 4096, /* bytes of a form made here */
    REASON = 2,      /* parameter of sign_in_fail */
    N_SUCCEED = 4,   /* columns of sign_in_succeed */
    N_RESERVE = GH_RESERVE_CREDENTIAL_VERSION + 1,
};

static const struct fake_value made[N_SUCCEED] = {
    {FAKE_NUMBER, {0}, 1}, {0}, {0}, {FAKE_NUMBER, {0}, 0}};

/* The statements of a sign-in, and what they give when all is well. */
#define RESERVE(columns)                                                       \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_reserve, .row = (columns),                    \
        .n_columns = N_RESERVE                                                 \
    }
#define SUCCEED                                                                \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_succeed, .row = made, .n_columns = N_SUCCEED  \
    }
#define FAIL                                                                   \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_fail                                          \
    }
#define EVENT                                                                  \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }
#define REHASH                                                                 \
    {                                                                          \
        .stmt = &gh_stmt_password_rehash                                       \
    }

/* What is sent, and by what kind of browser. Zeroed: alice's good form. */
struct attempt {
    const char *username_z; /* encoded; NULL: alice */
    const char *password_z; /* encoded; NULL: hers */
    const char *more_z;     /* behind the form: "&return_to=%2Fx" */
    const char *token_z;    /* NULL: the right one */
    const char *purpose_z;  /* of the token; NULL: login */
    const char *session_z;  /* the browser's session cookie, or NULL */
    struct gh_text device;  /* the browser's device marker, or empty */
    int64_t pre_ago_s;      /* how old the page is */
    bool has_no_pre;        /* the state before sign-in is not sent */
    bool has_no_room;       /* for hashes that wait */
    const char *header_z;   /* a parameter to set to value_z ... */
    const char *value_z;    /* ... or to drop when this is NULL */
};

/* Lays the attempt on a new desk. */
static struct desk *
lay(const struct attempt *attempt, const struct fake_step *steps, size_t n)
{
    static char form[FORM_MAX];
    static char cookies[512];
    struct desk *desk = signing_begin(steps, n, attempt->has_no_room ? 0 : 4);
    struct gh_text pre = signing_pre(attempt->pre_ago_s);
    struct gh_text token = signing_token(
        gh_text_of_z(attempt->purpose_z == NULL ? "login" : attempt->purpose_z),
        pre);
    const char *name_z = attempt->username_z;
    const char *password_z = attempt->password_z;
    int len;

    if (attempt->token_z != NULL)
        token = gh_text_of_z(attempt->token_z);
    len = snprintf(form, sizeof(form), "username=%s&password=%s&csrf=%.*s%s",
                   name_z == NULL ? "alice" : name_z,
                   password_z == NULL ? SIGNING_PASSWORD : password_z,
                   GH_TEXT_ARG(token),
                   attempt->more_z == NULL ? "" : attempt->more_z);
    snprintf(cookies, sizeof(cookies), "a=b%s%.*s%s%s%s%.*s",
             attempt->has_no_pre ? "" : "; __Host-pre=",
             attempt->has_no_pre ? 0 : (int)pre.len, pre.at,
             attempt->session_z == NULL ? "" : "; __Host-id=",
             attempt->session_z == NULL ? "" : attempt->session_z,
             attempt->device.len == 0 ? "" : "; __Host-device=",
             GH_TEXT_ARG(attempt->device));
    signing_post(desk, "/auth/login", cookies,
                 (struct gh_text){form, (size_t)len});
    if (attempt->header_z != NULL && attempt->value_z == NULL)
        desk_drop(desk, attempt->header_z);
    else if (attempt->header_z != NULL)
        desk_set(desk, attempt->header_z, gh_text_of_z(attempt->value_z));
    return desk;
}

/* Makes the attempt; the desk with its outcome. */
static struct desk *
try(const struct attempt *attempt, const struct fake_step *steps, size_t n)
{
    struct desk *desk = lay(attempt, steps, n);

    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static struct gh_text
bytes_of(const void *at, size_t n)
{
    return (struct gh_text){.at = at, .len = n};
}

/* The parameter's bytes as a number, big endian. */
static int64_t
number(size_t i, size_t k)
{
    struct gh_text bytes = fake_database_bytes(i, k);
    uint64_t value = 0;

    for (size_t at = 0; at < bytes.len; at++)
        value = value << 8 | (unsigned char)bytes.at[at];
    return (int64_t)value;
}

static bool
body_has(const struct desk *desk, struct gh_text part)
{
    return config_contains(signing_reply(desk)->body, part);
}

/* --- the way in ---------------------------------------------------------- */

static void
good_password_leads_in_with_three_cookies(void)
{
    const struct attempt attempt = {.more_z = "&return_to=%2Faccount%2Fx%3Fa"};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");
    struct gh_text marker = signing_cookie(desk, "__Host-device");
    char line[200];
    int len;

    check_number(303, signing_reply(desk)->status);
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
    check_status(GH_OK,
                 gh_device_check(signing_keys(), GH_TEXT("alice"), marker));
    signing_end(desk);
}

static void
guess_is_counted_under_name_and_network_before_it_is_checked(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));

    check_text(GH_TEXT("alice"), fake_database_bytes(0, 0));
    check_number(GH_DIGEST_LEN, fake_database_bytes(0, 1).len);
    check(!fake_database_param(0, 2).is_set);
    check(fake_database_param(0, 3).is_set);
    check(fake_database_param(0, 4).is_set);
    check(!config_contains(fake_database_bytes(0, 1), GH_TEXT("alice")));
    signing_end(desk);
}

static void
session_is_made_of_the_token_that_the_browser_gets(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
    const struct gh_session_row row = {.account_id = SIGNING_ID,
                                       .token_hash = fake_database_bytes(1, 5),
                                       .reference = fake_database_bytes(1, 6),
                                       .level = GH_LEVEL_PASSWORD};
    unsigned char hash[GH_DIGEST_LEN];
    bool is_bound = false;

    check_status(GH_OK,
                 gh_session_hash(signing_keys(), 0,
                                 signing_cookie(desk, "__Host-id"), hash));
    check_text(bytes_of(hash, sizeof(hash)), row.token_hash);
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
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
    const struct gh_context *context = &desk->exchange->context;
    const struct gh_param idle = gh_param_interval(600000);
    const struct gh_param absolute = gh_param_interval(7200000);

    check_number(SIGNING_ID, number(1, 0));
    check_number(SIGNING_VERSION, number(1, 1));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(1, 2));
    check(!fake_database_param(1, 3).is_set);
    check_text(fake_database_bytes(0, 4), fake_database_bytes(1, 4));
    check(!fake_database_param(1, 8).is_set);
    check_text(fake_database_bytes(0, 3), fake_database_bytes(1, 9));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 10));
    check_text(GH_TEXT("public"), fake_database_bytes(1, 11));
    check_text(bytes_of(context->id_bytes, 16), fake_database_bytes(1, 12));
    check_text(GH_TEXT("node-1"), fake_database_bytes(1, 13));
    check_text(gh_param_bytes(&idle), fake_database_bytes(1, 14));
    check_text(gh_param_bytes(&absolute), fake_database_bytes(1, 15));
    check_number(3, number(1, 16));
    signing_end(desk);
}

static void
token_and_password_are_in_no_parameter_and_on_no_page(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");
    unsigned char bytes[32];

    check(token.len > 0 && !fake_database_holds(token));
    check_status(GH_OK, gh_base64url_parse(token, bytes, sizeof(bytes)));
    check(!fake_database_holds(bytes_of(bytes, sizeof(bytes))));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    check(fake_database_holds(GH_TEXT("alice")));
    check(!body_has(desk, token));
    signing_end(desk);
}

static void
every_sign_in_has_a_token_of_its_own(void)
{
    const struct attempt attempt = {0};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    char tokens[2][GH_TOKEN_LEN] = {{0}};

    for (size_t i = 0; i < 2; i++) {
        struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
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
        RESERVE(signing_reserve_row()),
        SUCCEED,
    };
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));
    struct gh_text token = signing_cookie(desk, "__Host-id");

    check_number(303, signing_reply(desk)->status);
    check_text(fake_database_bytes(1, 0), fake_database_bytes(3, 8));
    check(!gh_text_equal(token, gh_text_of_z(attempt.session_z)));
    signing_end(desk);
}

static void
names_are_compared_in_their_one_form(void)
{
    const struct attempt typed = {.username_z = "AL%49CE"};
    const struct attempt plain = {0};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&typed, steps, GH_COUNT(steps));
    char key[GH_DIGEST_LEN] = {0};

    check_text(GH_TEXT("alice"), fake_database_bytes(0, 0));
    if (check_number(sizeof(key), fake_database_bytes(0, 1).len))
        memcpy(key, fake_database_bytes(0, 1).at, sizeof(key));
    signing_end(desk);
    desk = try(&plain, steps, GH_COUNT(steps));
    check_text(bytes_of(key, sizeof(key)), fake_database_bytes(0, 1));
    signing_end(desk);
}

/* Whether an attempt with a device marker for account has a lane of its own. */
static bool
has_device_lane(struct gh_text account)
{
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    char marker[GH_DEVICE_LEN];
    struct gh_buf buf = gh_buf_over(marker, sizeof(marker));
    struct attempt attempt = {0};
    struct desk *desk;
    bool has_lane;

    check_status(GH_OK, gh_device_make(signing_keys(), account, &buf));
    attempt.device = gh_buf_text(&buf);
    desk = try(&attempt, steps, GH_COUNT(steps));
    has_lane = fake_database_param(0, 2).is_set;
    check(fake_database_param(1, 3).is_set == has_lane);
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
    struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk;

    steps[0].n_waits = 2;
    steps[1].n_waits = 1;
    desk = try(&attempt, steps, GH_COUNT(steps));
    check_number(303, signing_reply(desk)->status);
    signing_end(desk);
}

static void
return_to_that_leads_away_leads_to_the_front_page(void)
{
    const struct attempt attempt = {
        .more_z = "&return_to=https%3A%2F%2Fevil.example%2F"};
    const struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED};
    struct desk *desk = try(&attempt, steps, GH_COUNT(steps));

    check(signing_has_line(desk, GH_TEXT("Location: /")));
    signing_end(desk);
}

/* --- no way in ----------------------------------------------------------- */

/* Copies the page without the parts that differ each time: the token, and
 * the name that was typed. */
static struct gh_text
plain_page(const struct desk *desk, const char *username_z, char *at,
           size_t size)
{
    struct gh_text body = signing_reply(desk)->body;
    struct gh_text name = gh_text_of_z(username_z);
    struct gh_buf out = gh_buf_over(at, size);

    while (body.len > 0 && !out.is_failed) {
        struct gh_text csrf = GH_TEXT("name=\"csrf\" value=\"");

        if (gh_text_starts(body, csrf)) {
            body = gh_text_from(body, csrf.len + GH_CSRF_LEN);
        } else if (name.len > 0 && gh_text_starts(body, name)) {
            body = gh_text_from(body, name.len);
        } else {
            gh_buf_checked(&out, gh_text_first(body, 1));
            body = gh_text_from(body, 1);
        }
    }
    check(!out.is_failed);
    return gh_buf_text(&out);
}

/* Fails to sign in: the form again, 401, no session; compares with the page
 * of the first failure. */
static void
check_failure(const struct attempt *attempt, const struct fake_step *steps,
              size_t n, const char *reason_z)
{
    static char first[16384];
    static size_t first_len;
    char page[16384];
    const char *name_z =
        attempt->username_z == NULL ? "alice" : attempt->username_z;
    struct desk *desk = try(attempt, steps, n);
    struct gh_text text = plain_page(desk, name_z, page, sizeof(page));

    check_number(401, signing_reply(desk)->status);
    check(body_has(desk, GH_TEXT(FAILED)));
    check(!body_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    check(signing_cookie(desk, "__Host-device").at == NULL);
    check_text(gh_text_of_z(reason_z), fake_database_bytes(n - 1, REASON));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(n - 1, 0));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    if (first_len == 0) {
        memcpy(first, text.at, text.len);
        first_len = text.len;
    }
    check_text(bytes_of(first, first_len), text);
    signing_end(desk);
}

/* The columns of a name that no account has. */
static struct fake_value *
nobody_row(void)
{
    struct fake_value *row = signing_reserve_row();

    memset(&row[GH_RESERVE_ACCOUNT_ID], 0,
           (N_RESERVE - GH_RESERVE_ACCOUNT_ID) * sizeof(row[0]));
    return row;
}

/* The columns of alice's account in another state. */
static struct fake_value *
state_row(struct gh_text state)
{
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_STATUS].text = state;
    return row;
}

static void
four_kinds_of_failure_look_and_ask_the_same(void)
{
    const struct attempt wrong = {.password_z = "correct-horse-battery-8"};
    const struct attempt unknown = {.username_z = "mallory"};
    const struct attempt right = {0};
    struct fake_step steps[] = {RESERVE(signing_reserve_row()), FAIL};

    check_failure(&wrong, steps, GH_COUNT(steps), "wrong");
    steps[0].row = nobody_row();
    check_failure(&unknown, steps, GH_COUNT(steps), "unknown");
    check_failure(&right, steps, GH_COUNT(steps), "unknown");
    steps[0].row = state_row(GH_TEXT("disabled"));
    check_failure(&right, steps, GH_COUNT(steps), "disabled");
    check_failure(&wrong, steps, GH_COUNT(steps), "disabled");
    steps[0].row = state_row(GH_TEXT("locked"));
    check_failure(&right, steps, GH_COUNT(steps), "locked");
    check_failure(&wrong, steps, GH_COUNT(steps), "locked");
}

static void
state_that_is_not_known_does_not_lead_in(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {RESERVE(state_row(GH_TEXT("pending"))), FAIL};
    struct fake_value *row;

    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    row = signing_reserve_row();
    row[GH_RESERVE_STATUS] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
failure_names_the_account_when_there_is_one(void)
{
    const struct attempt wrong = {.password_z = "x"};
    struct fake_step steps[] = {RESERVE(signing_reserve_row()), FAIL};
    struct desk *desk = try(&wrong, steps, GH_COUNT(steps));

    check_number(SIGNING_ID, number(1, 1));
    check_number(0, number(1, 3));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 5));
    check_text(GH_TEXT("node-1"), fake_database_bytes(1, 8));
    signing_end(desk);
    steps[0].row = nobody_row();
    desk = try(&wrong, steps, GH_COUNT(steps));
    check(!fake_database_param(1, 1).is_set);
    signing_end(desk);
}

/* A reservation that is refused, for the reason in the database's words; the
 * desk has no room for hashes, so that none can be asked for. */
static struct desk *
refused(const char *refusal_z, bool is_first)
{
    const struct attempt right = {.has_no_room = true};
    static struct fake_step steps[2];
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    row[GH_RESERVE_IS_FIRST_REFUSAL].number = is_first;
    row[GH_RESERVE_REFUSAL] =
        (struct fake_value){FAKE_TEXT, gh_text_of_z(refusal_z), 0};
    steps[0] = (struct fake_step)RESERVE(row);
    steps[1] = (struct fake_step)FAIL;
    return try(&right, steps, GH_COUNT(steps));
}

static void
guess_over_the_limit_is_not_checked_and_looks_like_a_wrong_one(void)
{
    const struct attempt wrong = {.password_z = "x"};
    struct fake_step steps[] = {RESERVE(signing_reserve_row()), FAIL};
    char page[16384];
    char other[16384];
    struct desk *desk = refused("account", false);
    struct gh_text text = plain_page(desk, "alice", page, sizeof(page));

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT("throttled"), fake_database_bytes(1, REASON));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
    steps[0].row = signing_reserve_row();
    desk = try(&wrong, steps, GH_COUNT(steps));
    check_text(text, plain_page(desk, "alice", other, sizeof(other)));
    signing_end(desk);
}

static void
lane_that_is_closed_looks_like_a_wrong_password(void)
{
    struct desk *desk = refused("closed", true);

    check_number(401, signing_reply(desk)->status);
    check(body_has(desk, GH_TEXT(FAILED)));
    check_number(1, number(1, 3));
    signing_end(desk);
}

static void
network_over_the_limit_is_told_to_come_back_later(void)
{
    struct desk *desk = refused("source", true);

    check_number(429, signing_reply(desk)->status);
    check(body_has(desk, GH_TEXT(FAILED)));
    check(config_contains(signing_reply(desk)->head, GH_TEXT("Retry-After: ")));
    check_number(1, number(1, 3));
    signing_end(desk);
}

static void
password_that_nobody_of_us_stored_opens_nothing(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {RESERVE(row), EVENT, FAIL};

    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    row = signing_reserve_row();
    row[GH_RESERVE_CREDENTIAL_MAC].text =
        GH_TEXT("0123456789abcdef0123456789abcdef");
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    /* Moved to alice from another account. */
    row = signing_reserve_row();
    row[GH_RESERVE_ACCOUNT_ID].number = SIGNING_ID + 1;
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
password_that_nobody_of_us_stored_is_recorded(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {RESERVE(row), EVENT, FAIL};
    struct desk *desk;

    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    desk = try(&right, steps, GH_COUNT(steps));
    check_text(GH_TEXT("crypt_decrypt_fail"), fake_database_bytes(1, 0));
    check_text(GH_TEXT("/auth/login"), fake_database_bytes(1, 7));
    signing_end(desk);
}

static void
account_without_a_password_is_a_wrong_one_and_no_event(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {RESERVE(row), FAIL};

    row[GH_RESERVE_PASSWORD_HASH] = (struct fake_value){0};
    row[GH_RESERVE_PEPPER_ID] = (struct fake_value){0};
    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    row[GH_RESERVE_CREDENTIAL_VERSION] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
account_that_changes_while_it_is_checked_does_not_lead_in(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {RESERVE(signing_reserve_row()), SUCCEED, FAIL};

    steps[1].status = GH_CONFLICT;
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
name_or_password_that_cannot_be_one_goes_the_same_way(void)
{
    const struct attempt name = {.username_z = "no%20name"};
    const struct attempt password = {.password_z = "a%00b"};
    struct fake_step steps[] = {RESERVE(nobody_row()), FAIL};
    struct desk *desk = try(&name, steps, GH_COUNT(steps));

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT(""), fake_database_bytes(0, 0));
    signing_end(desk);
    desk = try(&password, steps, GH_COUNT(steps));
    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT(""), fake_database_bytes(0, 0));
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
    desk = lay(attempt, steps, n);
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
    struct fake_step steps[] = {RESERVE(row), SUCCEED};
    struct fake_step failing[] = {RESERVE(row), FAIL};
    struct fake_step unbound[] = {RESERVE(row), EVENT};
    struct fake_step event[] = {EVENT};

    check_breaks(&right, steps, 1);
    steps[0] = (struct fake_step)RESERVE(row);
    check_breaks(&right, steps, 2);
    check_breaks(&wrong, failing, 2);
    check_breaks(&foreign, event, 1);
    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    check_breaks(&right, unbound, 2);
}

static void
refusal_that_no_function_has_is_a_fault(void)
{
    const struct attempt right = {0};
    const struct attempt wrong = {.password_z = "x"};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {RESERVE(row), SUCCEED};
    struct fake_step failing[] = {RESERVE(row), FAIL};

    check_status(GH_FAULT_DB, broken(&right, steps, 1, GH_NONE, false));
    check_status(GH_FAULT_DB, broken(&right, steps, 1, GH_MALFORMED, false));
    steps[0] = (struct fake_step)RESERVE(row);
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
    struct fake_step steps[] = {RESERVE(row)};

    row[GH_RESERVE_IS_ALLOWED] = (struct fake_value){0};
    check(gh_is_fault(broken(&right, steps, 1, GH_OK, false)));
    row = signing_reserve_row();
    row[GH_RESERVE_IS_FIRST_REFUSAL] = (struct fake_value){0};
    check(gh_is_fault(broken(&right, steps, 1, GH_OK, false)));
}

static void
queue_that_is_full_is_busy_and_not_a_failure(void)
{
    const struct attempt right = {.has_no_room = true};
    struct fake_step steps[] = {RESERVE(signing_reserve_row())};
    struct desk *desk = try(&right, steps, GH_COUNT(steps));

    check_number(503, signing_reply(desk)->status);
    check(config_contains(signing_reply(desk)->head, GH_TEXT("Retry-After: ")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
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
    row[GH_RESERVE_CREDENTIAL_MAC].text = bytes_of(mac, sizeof(mac));
    return row;
}

static void
hash_under_an_older_key_is_made_anew(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {RESERVE(old_row()), SUCCEED, REHASH};
    struct desk *desk = try(&right, steps, GH_COUNT(steps));
    const struct gh_credential credential = {.account_id = SIGNING_ID,
                                             .phc = fake_database_bytes(2, 2),
                                             .pepper_kid =
                                                 fake_database_bytes(2, 3)};
    bool is_bound = false;
    bool is_match = false;

    check_number(303, signing_reply(desk)->status);
    check_number(GH_TOKEN_LEN, signing_cookie(desk, "__Host-id").len);
    check_number(SIGNING_ID, number(2, 0));
    check_number(SIGNING_VERSION, number(2, 1));
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
    struct fake_step steps[] = {RESERVE(old_row()), SUCCEED, REHASH};

    for (size_t i = 0; i < 3; i++) {
        struct desk *desk;

        steps[2].asked = i == 0 ? GH_FAULT_DB : GH_OK;
        steps[2].status = i == 1 ? GH_FAULT_DB : GH_CONFLICT;
        desk = try(&right, steps, GH_COUNT(steps));
        check_number(303, signing_reply(desk)->status);
        check_number(GH_TOKEN_LEN, signing_cookie(desk, "__Host-id").len);
        signing_end(desk);
    }
}

static void
wrong_password_under_an_older_key_makes_no_new_hash(void)
{
    const struct attempt wrong = {.password_z = "x"};
    struct fake_step steps[] = {RESERVE(old_row()), FAIL};

    check_failure(&wrong, steps, GH_COUNT(steps), "wrong");
}

/* --- the form ------------------------------------------------------------ */

/* Refused before anything is counted: one event, this status, no cookie. */
static void
check_refused(const struct attempt *attempt, unsigned status,
              const char *event_z)
{
    const struct fake_step steps[] = {EVENT};
    size_t n = event_z == NULL ? 0 : 1;
    struct desk *desk = try(attempt, steps, n);

    check_number(status, signing_reply(desk)->status);
    check(signing_cookie(desk, "__Host-id").at == NULL);
    check(signing_cookie(desk, "__Host-device").at == NULL);
    check(!body_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    if (n > 0) {
        check_text(gh_text_of_z(event_z), fake_database_bytes(0, 0));
        check_text(GH_TEXT("denied"), fake_database_bytes(0, 1));
        check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    }
    signing_end(desk);
}

static void
form_of_another_type_or_length_is_refused(void)
{
    const struct attempt type = {.header_z = "CONTENT_TYPE",
                                 .value_z = "text/plain"};
    const struct attempt none = {.header_z = "CONTENT_TYPE"};
    const struct attempt stream = {.header_z = "CONTENT_LENGTH", .value_z = ""};

    check_refused(&type, 415, NULL);
    check_refused(&none, 415, NULL);
    check_refused(&stream, 411, NULL);
}

static void
form_that_is_too_large_is_refused(void)
{
    static char large[16 * 1024 + 1];
    struct desk *desk = signing_begin(NULL, 0, 4);

    memset(large, 'x', sizeof(large));
    signing_post(desk, "/auth/login", NULL,
                 (struct gh_text){large, sizeof(large)});
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(413, signing_reply(desk)->status);
    signing_end(desk);
}

static void
form_that_is_not_as_declared_is_refused_and_recorded(void)
{
    static const char *const more[] = {
        "&username=bob",
        "&password=x",
        "&csrf=x",
        "&return_to=a&"
        "return_to=b",
        "&unknown=1",
        "&",
        "&return_to=%",
        "&return_to=%zz",
        "&return_to=%c3(",
    };
    static const char *const names[] = {"a%00b", "a%0ab", "a%7f", "%c3%28"};

    for (size_t i = 0; i < GH_COUNT(more); i++) {
        const struct attempt attempt = {.more_z = more[i]};

        check_refused(&attempt, 400, "input_validation_fail");
    }
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        const struct attempt attempt = {.username_z = names[i]};

        check_refused(&attempt, 400, "input_validation_fail");
    }
}

static void
form_without_its_token_is_refused_and_recorded(void)
{
    const struct attempt none = {.token_z = ""};
    const struct attempt other = {.purpose_z = "logout"};
    const struct attempt foreign = {.header_z = "HTTP_SEC_FETCH_SITE",
                                    .value_z = "cross-site"};
    const struct attempt silent = {.header_z = "HTTP_SEC_FETCH_SITE"};

    check_refused(&none, 403, "malicious_csrf");
    check_refused(&other, 403, "malicious_csrf");
    check_refused(&foreign, 403, "malicious_csrf");
    check_refused(&silent, 403, "malicious_csrf");
}

static void
form_without_the_state_it_was_shown_with_is_refused(void)
{
    const struct attempt foreign = {.has_no_pre = true,
                                    .header_z = "HTTP_SEC_FETCH_SITE",
                                    .value_z = "cross-site"};
    const struct attempt own = {.has_no_pre = true};

    check_refused(&foreign, 403, "malicious_csrf");
    /* Of our own origin it is merely too old: CSRF-015. */
    check_refused(&own, 403, NULL);
}

static void
form_that_is_too_old_is_shown_again_with_the_name(void)
{
    const struct attempt attempt = {.pre_ago_s = GH_PRE_LIFE_S + 5,
                                    .more_z = "&return_to=%2Faccount%2Fx"};
    struct desk *desk = try(&attempt, NULL, 0);
    struct gh_text pre = signing_cookie(desk, "__Host-pre");

    check_number(200, signing_reply(desk)->status);
    check(body_has(desk, GH_TEXT(TOO_OLD)));
    check(body_has(desk, GH_TEXT("value=\"alice\"")));
    check(body_has(desk, GH_TEXT("value=\"/account/x\"")));
    check(!body_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    check_status(GH_OK, gh_pre_check(signing_keys(), (int64_t)time(NULL), pre));
    signing_end(desk);
}

/* Shows the form at a target. */
static struct desk *
show(const char *target_z)
{
    struct desk *desk = signing_begin(NULL, 0, 4);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    return desk;
}

static void
form_is_shown_with_the_way_back_and_the_reason(void)
{
    struct desk *desk = show("/auth/login?return_to=%2Fx%3Fa%3Db&reason=idle");

    check(body_has(desk, GH_TEXT("name=\"return_to\" value=\"/x?a=b\"")));
    check(body_has(desk, GH_TEXT("nothing happened for a while")));
    check(!body_has(desk, GH_TEXT("role=\"alert\"")));
    signing_end(desk);
}

static void
query_that_is_not_as_declared_is_not_looked_at(void)
{
    static const char *const queries[] = {
        "/auth/login?return_to=%2Fx&password=hunter2",
        "/auth/login?return_to=%2Fx&return_to=%2Fy",
        "/auth/login?username=mallory&return_to=%2Fx",
        "/auth/login?return_to=%2Fx&reason=no+token",
        "/auth/login?",
    };

    for (size_t i = 0; i < GH_COUNT(queries); i++) {
        struct desk *desk = show(queries[i]);

        check(body_has(desk, GH_TEXT("name=\"return_to\" value=\"/\"")));
        check(!body_has(desk, GH_TEXT("hunter2")));
        check(!body_has(desk, GH_TEXT("mallory")));
        signing_end(desk);
    }
}

static void
way_back_that_leads_away_is_the_front_page(void)
{
    static const char *const queries[] = {
        "/auth/login?return_to=https%3A%2F%2Fevil.example%2F",
        "/auth/login?return_to=%2F%2Fevil.example%2F",
        "/auth/login?return_to=%2F%5Cevil.example",
        "/auth/login?return_to=%2Fauth%2Flogout",
    };

    for (size_t i = 0; i < GH_COUNT(queries); i++) {
        struct desk *desk = show(queries[i]);

        check(body_has(desk, GH_TEXT("name=\"return_to\" value=\"/\"")));
        signing_end(desk);
    }
}

const struct check_case act_login_cases[] = {
    CHECK_CASE(good_password_leads_in_with_three_cookies),
    CHECK_CASE(guess_is_counted_under_name_and_network_before_it_is_checked),
    CHECK_CASE(session_is_made_of_the_token_that_the_browser_gets),
    CHECK_CASE(session_is_made_for_the_account_that_was_checked),
    CHECK_CASE(token_and_password_are_in_no_parameter_and_on_no_page),
    CHECK_CASE(every_sign_in_has_a_token_of_its_own),
    CHECK_CASE(session_that_the_browser_had_is_replaced),
    CHECK_CASE(names_are_compared_in_their_one_form),
    CHECK_CASE(device_marker_counts_for_its_own_account_only),
    CHECK_CASE(answers_that_take_time_are_waited_for),
    CHECK_CASE(return_to_that_leads_away_leads_to_the_front_page),
    CHECK_CASE(four_kinds_of_failure_look_and_ask_the_same),
    CHECK_CASE(state_that_is_not_known_does_not_lead_in),
    CHECK_CASE(failure_names_the_account_when_there_is_one),
    CHECK_CASE(guess_over_the_limit_is_not_checked_and_looks_like_a_wrong_one),
    CHECK_CASE(lane_that_is_closed_looks_like_a_wrong_password),
    CHECK_CASE(network_over_the_limit_is_told_to_come_back_later),
    CHECK_CASE(password_that_nobody_of_us_stored_opens_nothing),
    CHECK_CASE(password_that_nobody_of_us_stored_is_recorded),
    CHECK_CASE(account_without_a_password_is_a_wrong_one_and_no_event),
    CHECK_CASE(account_that_changes_while_it_is_checked_does_not_lead_in),
    CHECK_CASE(name_or_password_that_cannot_be_one_goes_the_same_way),
    CHECK_CASE(database_that_breaks_at_any_statement_is_a_fault_and_never_a_no),
    CHECK_CASE(refusal_that_no_function_has_is_a_fault),
    CHECK_CASE(reservation_without_a_row_is_a_fault),
    CHECK_CASE(reservation_with_a_null_where_none_may_be_is_a_fault),
    CHECK_CASE(queue_that_is_full_is_busy_and_not_a_failure),
    CHECK_CASE(hash_under_an_older_key_is_made_anew),
    CHECK_CASE(hash_that_cannot_be_made_anew_keeps_nobody_out),
    CHECK_CASE(wrong_password_under_an_older_key_makes_no_new_hash),
    CHECK_CASE(form_of_another_type_or_length_is_refused),
    CHECK_CASE(form_that_is_too_large_is_refused),
    CHECK_CASE(form_that_is_not_as_declared_is_refused_and_recorded),
    CHECK_CASE(form_without_its_token_is_refused_and_recorded),
    CHECK_CASE(form_without_the_state_it_was_shown_with_is_refused),
    CHECK_CASE(form_that_is_too_old_is_shown_again_with_the_name),
    CHECK_CASE(form_is_shown_with_the_way_back_and_the_reason),
    CHECK_CASE(query_that_is_not_as_declared_is_not_looked_at),
    CHECK_CASE(way_back_that_leads_away_is_the_front_page),
    {0},
};
