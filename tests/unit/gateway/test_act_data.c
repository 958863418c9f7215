/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_data: values come back as they were stored, what is
 * stored is sealed, who may not learns nothing, other sites change nothing,
 * and a value that does not open is told and not empty.
 */
#include "act.h"

#include <string.h>

#include "check.h"
#include "config.h"
#include "core/rules_int.h"
#include "core/vault.h"
#include "ruling.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN
#define OWN "Refere\0\377EnceRef\0"
#define CARRIED "Carried-Referen\1"
#define VALUE "{\"theme\":\"dark\"}"

enum {
    SESSION_ID = 31, /* of the row that signing_find_row() makes */
};

/* What is asked of the act. */
struct order {
    const char *method_z;          /* NULL: GET */
    const char *target_z;          /* NULL: the session's theme */
    const char *header_z;          /* parameter to change, or NULL */
    const char *value_z;           /* to this; NULL: drop it */
    struct gh_text body;           /* of a PUT */
    const struct fake_step *steps; /* behind session_find */
    size_t n;                      /* of them, 4 at most */
    bool is_stranger;              /* the person may do nothing there */
    bool is_elsewhere;             /* another entry serves the application */
    unsigned idle_s;               /* its zone's limit; 0: none */
    enum gh_status expected;       /* of the act */
};

/* The roles of the person: a user, or none at all. */
static void
give_role(struct fake_value *row, const struct order *order)
{
    static const int64_t user = RULING_USER;

    if (!order->is_stranger)
        row[GH_FIND_ROLE_IDS].text =
            (struct gh_text){(const char *)&user, sizeof(user)};
}

/* Runs the act for an order, signed in as alice. */
static struct desk *
run(const struct order *order)
{
    static struct fake_step steps[5];
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    struct gh_rules *rules = ruling_new("/app/");
    struct desk *desk;

    give_role(row, order);
    ruling_add(rules, 1, RULING_USER, "/deep/down", "POST");
    if (order->is_elsewhere)
        rules->applications[0].entries = GH_TEXT("admin");
    rules->applications[0].idle_s = order->idle_s;
    memset(steps, 0, sizeof(steps));
    steps[0] = (struct fake_step)SIGNING_FOUND(row);
    if (order->n > 0)
        memcpy(steps + 1, order->steps, order->n * sizeof(steps[0]));
    desk = signing_begin(steps, order->n + 1, 1);
    desk_rule(desk, rules);
    signing_post(desk,
                 order->target_z == NULL ? "/auth/data/app/theme"
                                         : order->target_z,
                 COOKIE, order->body);
    desk_set(desk, "REQUEST_METHOD",
             gh_text_of_z(order->method_z == NULL ? "GET" : order->method_z));
    desk_set(desk, "CONTENT_TYPE", GH_TEXT("application/json"));
    if (order->header_z != NULL && order->value_z != NULL)
        desk_set(desk, order->header_z, gh_text_of_z(order->value_z));
    else if (order->header_z != NULL)
        desk_drop(desk, order->header_z);
    if (signing_know(desk))
        check_status(order->expected, signing_act(desk));
    return desk;
}

/* Runs it and checks how it ends: a status, and a part of the body. */
static void
ends(const struct order *order, unsigned status, const char *part_z)
{
    struct desk *desk = run(order);

    check_number(status, signing_reply(desk)->status);
    check(signing_has(desk, gh_text_of_z(part_z)));
    check(signing_has_line(
        desk, GH_TEXT("Content-Type: application/json; charset=utf-8")));
    check(signing_has_line(desk, GH_TEXT("Cache-Control: no-store")));
    check_number(order->n + 1, fake_database_asked());
    signing_end(desk);
}

/* --- rows ----------------------------------------------------------------- */

/* alice's theme as the database has it. */
struct stored {
    struct fake_value row[GH_DATA_SEALED + 1]; /* its columns */
    struct gh_arena arena;                     /* what they point to */
};

static void
done(struct stored *stored)
{
    gh_arena_done(&stored->arena);
}

/* VALUE, sealed for a reference; the account's own when that is empty. */
static void
seal(struct stored *stored, struct gh_text reference)
{
    const struct gh_place place = {.is_account = reference.len == 0,
                                   .account_id = SIGNING_ID,
                                   .reference = reference,
                                   .application_id = 1,
                                   .key = GH_TEXT("theme"),
                                   .media_type = GH_TEXT("application/json")};
    struct gh_sealed sealed = {.kid = {0}};

    *stored = (struct stored){.row = {{0}}};
    gh_arena_init(&stored->arena, 1 << 20);
    check_status(GH_OK, gh_vault_seal(&stored->arena, signing_keys(), &place,
                                      GH_TEXT(VALUE), &sealed));
    if (!place.is_account)
        stored->row[GH_DATA_REFERENCE] =
            (struct fake_value){FAKE_BYTEA, reference, 0};
    stored->row[GH_DATA_MEDIA_TYPE] =
        (struct fake_value){FAKE_TEXT, place.media_type, 0};
    stored->row[GH_DATA_KEY_ID] = (struct fake_value){FAKE_TEXT, sealed.kid, 0};
    stored->row[GH_DATA_NONCE] =
        (struct fake_value){FAKE_BYTEA, sealed.nonce, 0};
    stored->row[GH_DATA_SEALED] =
        (struct fake_value){FAKE_BYTEA, sealed.bytes, 0};
}

#define GIVES(columns)                                                         \
    {                                                                          \
        .stmt = &gh_stmt_data_get, .row = (columns),                           \
        .n_columns = GH_DATA_SEALED + 1                                        \
    }
#define PUTS(columns)                                                          \
    {                                                                          \
        .stmt = &gh_stmt_data_put, .row = (columns), .n_columns = 2            \
    }
#define DELETES(columns)                                                       \
    {                                                                          \
        .stmt = &gh_stmt_data_delete, .row = (columns), .n_columns = 1         \
    }
#define EVENT                                                                  \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }

/* --- giving --------------------------------------------------------------- */

static void
stored_value_is_given_and_cannot_run(void)
{
    struct stored stored GH_CLEAN(done);
    struct desk *desk;

    seal(&stored, GH_TEXT(OWN));
    const struct fake_step steps[] = {GIVES(stored.row)};

    desk = run(&(struct order){.steps = steps, .n = GH_COUNT(steps)});
    check_number(200, signing_reply(desk)->status);
    check_text(GH_TEXT(VALUE), signing_reply(desk)->body);
    check(signing_has_line(desk, GH_TEXT("Content-Type: application/json")));
    check(signing_has_line(desk, GH_TEXT("X-Content-Type-Options: nosniff")));
    check(signing_has_line(desk, GH_TEXT("Cache-Control: no-store")));
    check(signing_has_line(desk, GH_TEXT("Content-Disposition: attachment")));
    check(config_contains(signing_reply(desk)->head,
                          GH_TEXT("object-src 'none'; sandbox\r\n")));
    check_number(SESSION_ID, fake_database_bytes(1, 0).at[7]);
    check_number(SIGNING_ID, fake_database_bytes(1, 1).at[7]);
    check_text(GH_TEXT("theme"), fake_database_bytes(1, 4));
    signing_end(desk);
}

static void
values_of_accounts_and_of_sessions_before_open(void)
{
    static const struct {
        struct gh_text reference; /* that it is sealed for */
        const char *target_z;     /* asked for */
    } values[] = {
        {GH_TEXT_INIT(""), "/auth/data/app/theme?scope=account"},
        {GH_TEXT_INIT(CARRIED), "/auth/data/app/theme?scope=session"},
    };

    for (size_t i = 0; i < GH_COUNT(values); i++) {
        struct stored stored GH_CLEAN(done);
        struct desk *desk;

        seal(&stored, values[i].reference);
        const struct fake_step steps[] = {GIVES(stored.row)};

        desk = run(&(struct order){.target_z = values[i].target_z,
                                   .steps = steps,
                                   .n = GH_COUNT(steps)});
        check_number(200, signing_reply(desk)->status);
        check_text(GH_TEXT(VALUE), signing_reply(desk)->body);
        signing_end(desk);
    }
}

static void
no_value_and_no_session_are_told_apart(void)
{
    const struct fake_value empty[GH_DATA_SEALED + 1] = {
        [GH_DATA_REFERENCE] = {FAKE_BYTEA, GH_TEXT_INIT(OWN), 0}};
    const struct fake_step none[] = {GIVES(empty)};
    const struct fake_step over[] = {{.stmt = &gh_stmt_data_get}};
    const struct fake_value odd[GH_DATA_SEALED + 1] = {
        [GH_DATA_REFERENCE] = {FAKE_BYTEA, GH_TEXT_INIT("short"), 0}};
    const struct fake_step lost[] = {
        {.stmt = &gh_stmt_data_get, .status = GH_FAULT_DB}};
    const struct fake_value foreign[GH_DATA_SEALED + 1] = {
        [GH_DATA_REFERENCE] = {FAKE_BYTEA, GH_TEXT_INIT(OWN), 0},
        [GH_DATA_MEDIA_TYPE] = {FAKE_TEXT, GH_TEXT_INIT("text/ html"), 0}};
    const struct fake_step strange[] = {GIVES(odd)};
    const struct fake_step typed[] = {GIVES(foreign)};
    struct desk *desk;

    ends(&(struct order){.steps = none, .n = 1}, 404, "\"no_value\"");
    ends(&(struct order){.steps = over, .n = 1}, 401, "\"ended\"");
    desk = run(&(struct order){.steps = lost, .n = 1, .expected = GH_FAULT_DB});
    signing_end(desk);
    desk =
        run(&(struct order){.steps = strange, .n = 1, .expected = GH_FAULT_DB});
    signing_end(desk);
    desk =
        run(&(struct order){.steps = typed, .n = 1, .expected = GH_FAULT_DB});
    signing_end(desk);
}

/* A row that does not open: one event, 503, and nothing of it. */
static void
check_broken(struct stored *stored, const char *words_z)
{
    const struct fake_step steps[] = {GIVES(stored->row), EVENT};
    struct desk *desk = run(&(struct order){.steps = steps, .n = 2});

    check_number(503, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("\"unreadable\"")));
    check(!signing_has(desk, GH_TEXT("dark")));
    check_text(GH_TEXT("crypt_decrypt_fail"), fake_database_bytes(2, 0));
    check_text(GH_TEXT("alice"), fake_database_bytes(2, 3));
    check_text(gh_text_of_z(words_z), fake_database_bytes(2, 10));
    signing_end(desk);
}

static void
value_that_does_not_open_is_told_and_is_a_fault(void)
{
    struct stored stored GH_CLEAN(done);
    struct stored moved GH_CLEAN(done);

    seal(&stored, GH_TEXT(OWN));
    seal(&moved, GH_TEXT(CARRIED));
    moved.row[GH_DATA_REFERENCE] = stored.row[GH_DATA_REFERENCE];
    check_broken(&moved, "session data");
    stored.row[GH_DATA_MEDIA_TYPE].text = GH_TEXT("text/plain");
    check_broken(&stored, "session data");
    stored.row[GH_DATA_KEY_ID].text = GH_TEXT("gone");
    check_broken(&stored, "session data, key not in ring");
}

/* --- storing -------------------------------------------------------------- */

/* Opens what the i-th statement stored. */
static void
check_stored(size_t i, struct gh_text reference)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    const struct gh_place place = {.is_account = reference.len == 0,
                                   .account_id = SIGNING_ID,
                                   .reference = reference,
                                   .application_id = 1,
                                   .key = GH_TEXT("theme"),
                                   .media_type = GH_TEXT("application/json")};
    const struct gh_sealed sealed = {.kid = fake_database_bytes(i, 7),
                                     .nonce = fake_database_bytes(i, 8),
                                     .bytes = fake_database_bytes(i, 9)};
    struct gh_text value = {0};

    gh_arena_init(&arena, 1 << 20);
    check_text(reference, fake_database_bytes(i, 5));
    check_text(place.media_type, fake_database_bytes(i, 6));
    check_status(
        GH_OK, gh_vault_open(&arena, signing_keys(), &place, &sealed, &value));
    check_text(GH_TEXT(VALUE), value);
}

static void
what_is_stored_is_sealed(void)
{
    static const struct fake_value stored[] = {
        {FAKE_TEXT, GH_TEXT_INIT("stored"), 0},
        {FAKE_BYTEA, GH_TEXT_INIT(OWN), 0}};
    const struct fake_step steps[] = {PUTS(stored)};
    struct order order = {.method_z = "PUT",
                          .body = GH_TEXT(VALUE),
                          .steps = steps,
                          .n = GH_COUNT(steps)};
    struct desk *desk = run(&order);

    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("{\"is_stored\":true}")));
    check(!fake_database_holds(GH_TEXT("dark")));
    check_stored(1, GH_TEXT(OWN));
    signing_end(desk);
    order.target_z = "/auth/data/app/theme?scope=account";
    desk = run(&order);
    check(signing_has(desk, GH_TEXT("{\"is_stored\":true}")));
    check_stored(1, GH_TEXT(""));
    signing_end(desk);
}

static void
value_is_sealed_again_for_data_that_were_carried(void)
{
    static const struct fake_value elsewhere[] = {
        {FAKE_TEXT, GH_TEXT_INIT("elsewhere"), 0},
        {FAKE_BYTEA, GH_TEXT_INIT(CARRIED), 0}};
    static const struct fake_value stored[] = {
        {FAKE_TEXT, GH_TEXT_INIT("stored"), 0},
        {FAKE_BYTEA, GH_TEXT_INIT(CARRIED), 0}};
    const struct fake_step steps[] = {PUTS(elsewhere), PUTS(stored)};
    const struct fake_step never[] = {PUTS(elsewhere), PUTS(elsewhere)};
    struct order order = {.method_z = "PUT",
                          .body = GH_TEXT(VALUE),
                          .steps = steps,
                          .n = GH_COUNT(steps)};
    struct desk *desk = run(&order);

    check(signing_has(desk, GH_TEXT("{\"is_stored\":true}")));
    check_stored(2, GH_TEXT(CARRIED));
    signing_end(desk);
    order.steps = never;
    order.expected = GH_FAULT_DB;
    signing_end(run(&order));
}

static void
limits_are_told(void)
{
    static const struct fake_value keys[] = {
        {FAKE_TEXT, GH_TEXT_INIT("keys"), 0}, {FAKE_NULL, {0}, 0}};
    static const struct fake_value full[] = {
        {FAKE_TEXT, GH_TEXT_INIT("full"), 0}, {FAKE_NULL, {0}, 0}};
    const struct fake_step over_keys[] = {PUTS(keys)};
    const struct fake_step over_bytes[] = {PUTS(full)};
    const struct fake_step ended[] = {{.stmt = &gh_stmt_data_put}};

    ends(&(struct order){.method_z = "PUT",
                         .body = GH_TEXT(VALUE),
                         .steps = over_keys,
                         .n = 1},
         409, "\"too_many_keys\"");
    ends(&(struct order){.method_z = "PUT",
                         .body = GH_TEXT(VALUE),
                         .steps = over_bytes,
                         .n = 1},
         409, "\"full\"");
    ends(
        &(struct order){
            .method_z = "PUT", .body = GH_TEXT(VALUE), .steps = ended, .n = 1},
        401, "\"ended\"");
}

static void
size_of_a_value_is_limited_to_the_byte(void)
{
    static char at[GH_VAULT_VALUE_MAX + 1];
    static const struct fake_value stored[] = {
        {FAKE_TEXT, GH_TEXT_INIT("stored"), 0}, {FAKE_NULL, {0}, 0}};
    const struct fake_step steps[] = {PUTS(stored)};

    ends(&(struct order){.method_z = "PUT",
                         .body = {at, GH_VAULT_VALUE_MAX},
                         .steps = steps,
                         .n = 1},
         200, "\"is_stored\"");
    ends(&(struct order){.method_z = "PUT",
                         .body = {at, GH_VAULT_VALUE_MAX + 1}},
         413, "\"too_large\"");
}

/* --- deleting ------------------------------------------------------------- */

static void
deleting_says_whether_there_was_one(void)
{
    static const struct fake_value was[] = {{FAKE_BOOL, {0}, 1}};
    static const struct fake_value was_not[] = {{FAKE_BOOL, {0}, 0}};
    static const struct fake_value over[] = {{FAKE_NULL, {0}, 0}};
    const struct fake_step first[] = {DELETES(was)};
    const struct fake_step second[] = {DELETES(was_not)};
    const struct fake_step third[] = {DELETES(over)};

    ends(&(struct order){.method_z = "DELETE", .steps = first, .n = 1}, 200,
         "{\"is_deleted\":true}");
    ends(&(struct order){.method_z = "DELETE", .steps = second, .n = 1}, 200,
         "{\"is_deleted\":false}");
    ends(&(struct order){.method_z = "DELETE", .steps = third, .n = 1}, 401,
         "\"ended\"");
}

/* --- who may not ---------------------------------------------------------- */

static void
other_sites_change_nothing(void)
{
    static const struct {
        const char *header_z; /* changed */
        const char *value_z;  /* NULL: dropped */
    } proofs[] = {
        {"HTTP_SEC_FETCH_SITE", "cross-site"},
        {"HTTP_SEC_FETCH_SITE", "same-site"},
        {"HTTP_SEC_FETCH_SITE", "none"},
        {"HTTP_SEC_FETCH_SITE", NULL},
        {"HTTP_ORIGIN", "https://evil.example"},
    };
    static const char *const methods[] = {"PUT", "DELETE"};
    const struct fake_step steps[] = {EVENT};

    for (size_t i = 0; i < GH_COUNT(proofs) * GH_COUNT(methods); i++) {
        const struct order order = {.method_z = methods[i % 2],
                                    .header_z = proofs[i / 2].header_z,
                                    .value_z = proofs[i / 2].value_z,
                                    .body = GH_TEXT(VALUE),
                                    .steps = steps,
                                    .n = 1};
        struct desk *desk = run(&order);

        check_number(403, signing_reply(desk)->status);
        check(signing_has(desk, GH_TEXT("\"origin\"")));
        check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
        signing_end(desk);
    }
}

static void
who_may_do_nothing_there_does_not_learn_that_it_exists(void)
{
    const struct fake_step steps[] = {EVENT};
    struct gh_text bodies[3];
    struct order order = {.steps = steps, .n = 1};

    for (size_t i = 0; i < GH_COUNT(bodies); i++) {
        struct desk *desk;

        order.is_stranger = i == 0;
        order.is_elsewhere = i == 1;
        order.target_z = i < 2 ? NULL : "/auth/data/other/theme";
        desk = run(&order);
        check_number(404, signing_reply(desk)->status);
        check(signing_has(desk, GH_TEXT("\"no_application\"")));
        check_text(GH_TEXT("authz_fail"), fake_database_bytes(1, 0));
        bodies[i].len = signing_reply(desk)->body.len;
        signing_end(desk);
    }
    check_number(bodies[0].len, bodies[1].len);
    check_number(bodies[0].len, bodies[2].len);
}

static void
addresses_and_methods_are_checked_first(void)
{
    ends(&(struct order){.target_z = "/auth/data/app/"}, 400, "\"address\"");
    ends(&(struct order){.target_z = "/auth/data/app/x?scope=other"}, 400,
         "\"address\"");
    ends(&(struct order){.method_z = "POST", .body = GH_TEXT(VALUE)}, 405,
         "\"method\"");
    ends(&(struct order){.method_z = "PUT",
                         .body = GH_TEXT(VALUE),
                         .header_z = "CONTENT_TYPE",
                         .value_z = "text/html"},
         415, "\"content_type\"");
    ends(&(struct order){.method_z = "PUT",
                         .body = GH_TEXT(VALUE),
                         .header_z = "CONTENT_LENGTH",
                         .value_z = ""},
         411, "\"length\"");
}

static void
nobody_signs_in_first(void)
{
    struct desk *desk = signing_begin(NULL, 0, 1);

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/data/app/theme"));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(401, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("\"login\":\"/auth/login")));
    signing_end(desk);
}

static void
what_cannot_be_known_is_no_answer(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};
    struct desk *desk = signing_begin(steps, 1, 1);

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/data/app/theme"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(503, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("\"unavailable\"")));
    signing_end(desk);
}

/* Her session may be idle for 600 seconds. */
static void
session_is_shortened_before_anything_is_given_away(void)
{
    static struct fake_value states[] = {
        {FAKE_TEXT, GH_TEXT_INIT("live"), 0},
        {FAKE_TEXT, GH_TEXT_INIT("confirm"), 0},
        {FAKE_TEXT, GH_TEXT_INIT("idle"), 0}};
    static const char *const parts[] = {"\"ended\"", "\"confirm\"", "\"idle\""};

    for (size_t i = 0; i < GH_COUNT(states); i++) {
        const struct fake_step steps[] = {{.stmt = &gh_stmt_session_shorten,
                                           .row = &states[i],
                                           .n_columns = 1,
                                           .n_waits = 2},
                                          {.stmt = &gh_stmt_data_get}};

        ends(
            &(struct order){.steps = steps, .n = i == 0 ? 2 : 1, .idle_s = 300},
            401, parts[i]);
    }
}

const struct check_case act_data_cases[] = {
    CHECK_CASE(stored_value_is_given_and_cannot_run),
    CHECK_CASE(values_of_accounts_and_of_sessions_before_open),
    CHECK_CASE(no_value_and_no_session_are_told_apart),
    CHECK_CASE(value_that_does_not_open_is_told_and_is_a_fault),
    CHECK_CASE(what_is_stored_is_sealed),
    CHECK_CASE(value_is_sealed_again_for_data_that_were_carried),
    CHECK_CASE(limits_are_told),
    CHECK_CASE(size_of_a_value_is_limited_to_the_byte),
    CHECK_CASE(deleting_says_whether_there_was_one),
    CHECK_CASE(other_sites_change_nothing),
    CHECK_CASE(who_may_do_nothing_there_does_not_learn_that_it_exists),
    CHECK_CASE(addresses_and_methods_are_checked_first),
    CHECK_CASE(nobody_signs_in_first),
    CHECK_CASE(session_is_shortened_before_anything_is_given_away),
    CHECK_CASE(what_cannot_be_known_is_no_answer),
    {0},
};
