/* SPDX-License-Identifier: Apache-2.0
 *
 * The desk where people sign in. Owns static keys, made once, and what the
 * last desk had. One hash is made for alice at the least cost that a
 * configuration may have. Called by the suites of unit_gateway_database.
 */
#include "signing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "check.h"
#include "config.h"
#include "core/csrf.h"
#include "core/keys_int.h"
#include "core/session.h"
#include "hashing.h"
#include "step.h"

#include "base/banned.h"

#define SECRET_NEW "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_OLD "__________________________________________8"
#define KEY(name, kid, secret) name " " kid " 2026-11-23 " secret "\n"
#define OLD_KEYS                                                               \
    KEY("session", "s1", SECRET_OLD)                                           \
    KEY("binding", "b1", SECRET_OLD) KEY("pepper", "p1", SECRET_OLD)
#define OTHER_KEYS                                                             \
    KEY("csrf", "c1", SECRET_NEW)                                              \
    KEY("device", "d1", SECRET_NEW)                                            \
    KEY("log", "l1", SECRET_NEW) KEY("data", "a1", SECRET_NEW)
#define NEW_KEYS                                                               \
    KEY("session", "s2", SECRET_NEW)                                           \
    KEY("binding", "b2", SECRET_NEW) KEY("pepper", "p2", SECRET_NEW)

enum {
    GUARD_MS = 20000, /* by which a hash must be there, sanitizers included */
};

static const struct gh_password_cost cost = {.memory_kib = 12288, .passes = 3};

static struct {
    struct desk *desk;        /* the one in use */
    enum gh_status status;    /* of its act */
    struct gh_deadline guard; /* against hanging */
    struct gh_hashing *place; /* the only one, when there is to be none */
} now;

static struct gh_keys *
parse(struct gh_text bytes)
{
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    struct gh_keys *keys = NULL;

    check_status(GH_OK, gh_secret_setup());
    check_status(GH_OK, gh_keys_parse(bytes, &why, &keys));
    return keys;
}

static struct gh_keys *
both_keys(void)
{
    return parse(GH_TEXT("gatehouse-keys 1\n" NEW_KEYS OLD_KEYS OTHER_KEYS));
}

const struct gh_keys *
signing_keys(void)
{
    static struct gh_keys *keys;

    if (keys == NULL)
        keys = both_keys();
    return keys;
}

struct gh_keys *
signing_old_keys(void)
{
    return parse(GH_TEXT("gatehouse-keys 1\n" OLD_KEYS OTHER_KEYS));
}

/* The exchange's task: acts, as the pipeline would; a loop runs once. */
static void
act(struct gh_task *task)
{
    struct gh_exchange *x = GH_CONTAINER(task, struct gh_exchange, task);

    now.status = act_own(&x->context, x, &x->outcome);
    /* It waits for exactly one thing. */
    if (now.status == GH_WAIT &&
        check_number(1, (x->context.job != NULL) + (x->context.query != NULL) +
                            gh_link_is_in(&x->deadline.link)))
        return;
    gh_loop_stop(now.desk->worker.loop);
}

static void
stuck(struct gh_deadline *deadline)
{
    (void)deadline;
    check_status(GH_OK, now.status);
    gh_loop_stop(now.desk->worker.loop);
}

struct desk *
signing_begin(const struct fake_step *steps, size_t n, size_t queue)
{
    struct desk *desk = desk_begin("[password]\nmemory = 12M\npasses = 3\n"
                                   "fail_delay = 0s\nfail_jitter = 0s\n"
                                   "[session]\nidle = 10m\nabsolute = 2h\n"
                                   "per_account = 3\n");

    now.desk = desk;
    now.status = GH_WAIT;
    now.guard = (struct gh_deadline){.on_late = stuck};
    fake_database_play(steps, n);
    desk->worker.site->settings->ring = both_keys();
    desk->worker.database = fake_database();
    snprintf(desk->gateway.node, sizeof(desk->gateway.node), "node-1");
    check_status(GH_OK, gh_hashing_new(1, queue, &desk->gateway.hashing));
    now.place = NULL;
    if (queue == 0)
        check_status(GH_OK,
                     gh_hashing_borrow(desk->gateway.hashing, &now.place));
    desk->exchange->task.run = act;
    return desk;
}

void
signing_end(struct desk *desk)
{
    fake_database_end();
    gh_hashing_give_back(&now.place);
    gh_deadline_clear(&now.guard);
    desk_end(desk);
}

struct fake_value *
signing_reserve_row(void)
{
    static char phc_z[GH_PASSWORD_MAX];
    static unsigned char mac[GH_DIGEST_LEN];
    static struct fake_value row[GH_RESERVE_CREDENTIAL_VERSION + 1];
    struct gh_credential credential = {.account_id = SIGNING_ID,
                                       .pepper_kid = GH_TEXT("p2")};

    if (phc_z[0] == '\0')
        check_status(GH_OK, gh_password_hash(signing_keys(), &cost,
                                             GH_TEXT(SIGNING_PASSWORD), phc_z));
    credential.phc = gh_text_of_z(phc_z);
    check_status(GH_OK, gh_credential_mac(signing_keys(), &credential, mac));
    memset(row, 0, sizeof(row));
    row[GH_RESERVE_IS_ALLOWED] = (struct fake_value){FAKE_BOOL, {0}, 1};
    row[GH_RESERVE_RETRY_AFTER] = (struct fake_value){FAKE_NUMBER, {0}, 0};
    row[GH_RESERVE_IS_FIRST_REFUSAL] = (struct fake_value){FAKE_BOOL, {0}, 0};
    row[GH_RESERVE_ACCOUNT_ID] =
        (struct fake_value){FAKE_NUMBER, {0}, SIGNING_ID};
    row[GH_RESERVE_ACCOUNT_NAME] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("alice"), 0};
    row[GH_RESERVE_STATUS] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("active"), 0};
    row[GH_RESERVE_PASSWORD_HASH] =
        (struct fake_value){FAKE_TEXT, credential.phc, 0};
    row[GH_RESERVE_PEPPER_ID] =
        (struct fake_value){FAKE_TEXT, credential.pepper_kid, 0};
    row[GH_RESERVE_CREDENTIAL_MAC] =
        (struct fake_value){FAKE_BYTEA, {(const char *)mac, sizeof(mac)}, 0};
    row[GH_RESERVE_CREDENTIAL_VERSION] =
        (struct fake_value){FAKE_NUMBER, {0}, SIGNING_VERSION};
    return row;
}

void
signing_hash(struct gh_text token, size_t i, unsigned char hash[GH_DIGEST_LEN])
{
    check_status(GH_OK, gh_session_hash(signing_keys(), i, GH_TEXT("localhost"),
                                        token, hash));
}

struct fake_value *
signing_find_row(struct gh_text token, size_t i)
{
    static const char reference[] = "Refere\0\377EnceRef";
    static unsigned char hash[GH_DIGEST_LEN];
    static unsigned char mac[GH_DIGEST_LEN];
    static struct fake_value row[GH_FIND_COLUMNS];
    const struct gh_session_row session = {
        .account_id = SIGNING_ID,
        .token_hash = {(const char *)hash, sizeof(hash)},
        .reference = {reference, sizeof(reference)},
        .level = GH_LEVEL_PASSWORD};
    const struct fake_value time = {FAKE_NULL, {0}, 0};

    signing_hash(token, i, hash);
    check_status(GH_OK, gh_session_mac(signing_keys(), &session, mac));
    row[GH_FIND_SESSION_ID] = (struct fake_value){FAKE_NUMBER, {0}, 31};
    row[GH_FIND_REFERENCE] =
        (struct fake_value){FAKE_BYTEA, session.reference, 0};
    row[GH_FIND_BINDING] =
        (struct fake_value){FAKE_BYTEA, {(const char *)mac, sizeof(mac)}, 0};
    row[GH_FIND_ACCOUNT_ID] = (struct fake_value){FAKE_NUMBER, {0}, SIGNING_ID};
    row[GH_FIND_ACCOUNT_NAME] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("alice"), 0};
    row[GH_FIND_DISPLAY_NAME] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("Alice \"A\" <Example>"), 0};
    row[GH_FIND_EMAIL] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("alice@example.org"), 0};
    row[GH_FIND_STATE] = (struct fake_value){FAKE_TEXT, GH_TEXT("live"), 0};
    row[GH_FIND_CREATED_AT] = time;
    row[GH_FIND_AUTHENTICATED_AT] =
        (struct fake_value){FAKE_TIME, {0}, SIGNING_AUTHENTICATED_US};
    row[GH_FIND_LAST_SEEN_AT] = time;
    row[GH_FIND_IDLE_LEFT] = (struct fake_value){FAKE_NUMBER, {0}, 590};
    row[GH_FIND_ABSOLUTE_LEFT] = (struct fake_value){FAKE_NUMBER, {0}, 7100};
    row[GH_FIND_LEVEL] =
        (struct fake_value){FAKE_NUMBER, {0}, GH_LEVEL_PASSWORD};
    row[GH_FIND_PREVIOUS_AT] =
        (struct fake_value){FAKE_TIME, {0}, SIGNING_PREVIOUS_US};
    row[GH_FIND_PREVIOUS_CLIENT] =
        (struct fake_value){FAKE_INET, GH_TEXT("2001:db8::9"), 0};
    row[GH_FIND_FAILURES_BEFORE] = (struct fake_value){FAKE_NUMBER, {0}, 4};
    row[GH_FIND_ROLE_IDS] = (struct fake_value){FAKE_NUMBERS, {0}, 0};
    row[GH_FIND_POLICY_VERSION] = (struct fake_value){FAKE_NUMBER, {0}, 1};
    row[GH_FIND_NOW] = (struct fake_value){FAKE_TIME, {0}, SIGNING_NOW_US};
    row[GH_FIND_TOKEN_USE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("current"), 0};
    row[GH_FIND_TOKEN_AGE] = (struct fake_value){FAKE_NUMBER, {0}, 30};
    row[GH_FIND_TOKEN_UNTIL] = (struct fake_value){FAKE_NULL, {0}, 0};
    row[GH_FIND_GENERATION] = (struct fake_value){FAKE_NUMBER, {0}, 2};
    row[GH_FIND_IS_OFFERED] = (struct fake_value){FAKE_BOOL, {0}, 0};
    row[GH_FIND_RIGHTS_UNTIL] = time;
    row[GH_FIND_CLIENT] =
        (struct fake_value){FAKE_INET, GH_TEXT("192.0.2.99"), 0};
    row[GH_FIND_USER_AGENT] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("Firefox"), 0};
    row[GH_FIND_CONDITION_IDS] = (struct fake_value){FAKE_NULL, {0}, 0};
    /* She has chosen nothing. */
    for (size_t k = GH_FIND_TIME_ZONE; k <= GH_FIND_WARN_MINUTES; k++)
        row[k] = (struct fake_value){FAKE_NULL, {0}, 0};
    row[GH_FIND_WITHHELD_IDS] = (struct fake_value){FAKE_NULL, {0}, 0};
    row[GH_FIND_IDLE] = (struct fake_value){FAKE_NUMBER, {0}, 600};
    row[GH_FIND_DEVICE_KNOWN] = (struct fake_value){FAKE_NUMBER, {0}, 86400};
    return row;
}

struct gh_text
signing_pre(int64_t ago_s)
{
    static char at[GH_PRE_LEN];
    struct gh_buf pre = gh_buf_over(at, sizeof(at));

    check_status(
        GH_OK, gh_pre_make(signing_keys(), (int64_t)time(NULL) - ago_s, &pre));
    return gh_buf_text(&pre);
}

struct gh_text
signing_token(struct gh_text purpose, struct gh_text subject)
{
    static char at[GH_CSRF_LEN];
    struct gh_buf token = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_csrf_make(signing_keys(), purpose, subject, &token));
    return gh_buf_text(&token);
}

void
signing_post(struct desk *desk, const char *target_z, const char *cookies_z,
             struct gh_text form)
{
    struct gh_exchange *x = desk->exchange;
    static char length[24];
    int n = snprintf(length, sizeof(length), "%zu", form.len);

    desk_set(desk, "REQUEST_METHOD", GH_TEXT("POST"));
    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "CONTENT_TYPE",
             GH_TEXT("application/x-www-form-urlencoded"));
    desk_set(desk, "CONTENT_LENGTH", (struct gh_text){length, (size_t)n});
    desk_set(desk, "HTTP_SEC_FETCH_SITE", GH_TEXT("same-origin"));
    desk_set(desk, "HTTP_USER_AGENT", GH_TEXT("Firefox"));
    if (cookies_z != NULL)
        desk_set(desk, "HTTP_COOKIE", gh_text_of_z(cookies_z));
    if (form.len > 0)
        check_status(GH_OK, gh_body_add(&x->body, x->context.arena, form));
    x->body.is_ended = true;
}

bool
signing_know(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status = GH_WAIT;

    if (!check_number(0, desk_parse(desk)))
        return false;
    while (status == GH_WAIT)
        status = step_identify(&x->context, &x->request, &x->principal);
    check_status(GH_OK, status);
    return true;
}

enum gh_status
signing_act(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;

    gh_loop_post(desk->worker.loop, &x->task);
    gh_deadline_set(desk->worker.loop, &now.guard, GUARD_MS);
    gh_loop_run(desk->worker.loop);
    gh_deadline_clear(&now.guard);
    return now.status;
}

const struct gh_reply *
signing_reply(const struct desk *desk)
{
    check_number(GH_OUTCOME_REPLY, desk->exchange->outcome.kind);
    return &desk->exchange->outcome.reply;
}

bool
signing_has(const struct desk *desk, struct gh_text part)
{
    return config_contains(signing_reply(desk)->body, part);
}

bool
signing_has_line(const struct desk *desk, struct gh_text line)
{
    struct gh_text rest = desk->exchange->outcome.reply.head;
    struct gh_text one;

    while (gh_text_cut(&rest, '\n', &one)) {
        if (one.len == line.len + 1 && gh_text_starts(one, line))
            return true;
    }
    return false;
}

struct gh_text
signing_cookie(const struct desk *desk, const char *name_z)
{
    struct gh_text rest = desk->exchange->outcome.reply.head;
    struct gh_text line;

    while (gh_text_cut(&rest, '\n', &line)) {
        struct gh_text name;

        if (!gh_text_starts(line, GH_TEXT("Set-Cookie: ")))
            continue;
        line = gh_text_from(line, sizeof("Set-Cookie: ") - 1);
        if (gh_text_cut(&line, '=', &name) &&
            gh_text_equal(name, gh_text_of_z(name_z)))
            return gh_text_first(line, gh_text_find(line, ';'));
    }
    return (struct gh_text){0};
}
