/* SPDX-License-Identifier: Apache-2.0
 *
 * Field lists, the names behind CGI variables, and scrubbing. Attack ids are
 * those of the groups HDR, SMUG and BACK.
 */
#include "web/fields.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 1024 * 1024,
    N_FIELDS = 200,
};

/* A list of name, value, name, value, ... that ends in NULL. */
static struct gh_fields
list(struct gh_arena *arena, const char *const *texts)
{
    struct gh_fields fields = {0};

    check_status(GH_OK, gh_fields_init(arena, N_FIELDS, &fields));
    for (; *texts != NULL; texts += 2)
        check_status(GH_OK, gh_fields_add(&fields, gh_text_of_z(texts[0]),
                                          gh_text_of_z(texts[1])));
    return fields;
}

static void
a_list_holds_what_it_was_given_and_no_more(void)
{
    struct gh_fields fields = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    check_status(GH_OK, gh_fields_init(&arena, 2, &fields));
    check(gh_fields_find(&fields, GH_TEXT("a")) == NULL);
    check_status(GH_OK, gh_fields_add(&fields, GH_TEXT("A"), GH_TEXT("1")));
    check_status(GH_OK, gh_fields_add(&fields, GH_TEXT("b"), GH_TEXT("2")));
    check_status(GH_LIMIT, gh_fields_add(&fields, GH_TEXT("c"), GH_TEXT("3")));
    check_number(2, fields.n);
    check_text(GH_TEXT("1"), gh_fields_find(&fields, GH_TEXT("a"))->value);
    check_text(GH_TEXT("2"), gh_fields_find(&fields, GH_TEXT("B"))->value);
    gh_arena_done(&arena);

    gh_arena_init(&arena, 16);
    check_status(GH_FAULT_MEMORY, gh_fields_init(&arena, 2, &fields));
    check_status(GH_FAULT_MEMORY, gh_fields_init(&arena, SIZE_MAX, &fields));
    gh_arena_done(&arena);
}

static void
fields_of_one_name_are_counted_joined_and_removed_together(void)
{
    static const char *const texts[] = {"Accept", "a",      "X", "1", "accept",
                                        "b",      "ACCEPT", "",  NULL};
    struct gh_text joined = {0};
    struct gh_fields fields;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    fields = list(&arena, texts);
    check_number(3, gh_fields_count(&fields, GH_TEXT("aCCept")));
    check_number(0, gh_fields_count(&fields, GH_TEXT("Accept-")));
    check_status(GH_OK, gh_fields_join(&arena, &fields, GH_TEXT("accept"),
                                       GH_TEXT(", "), &joined));
    check_text(GH_TEXT("a, b, "), joined);
    check_status(GH_OK, gh_fields_join(&arena, &fields, GH_TEXT("absent"),
                                       GH_TEXT(", "), &joined));
    check_text(GH_TEXT(""), joined);
    gh_arena_done(&arena);
}

static void
list_members_are_found_without_case_and_parameters(void)
{
    struct gh_text list = GH_TEXT("gzip;q=1, ,\tClose , x=\"a, te\" ,br");

    check(gh_list_has(list, GH_TEXT("close")));
    check(gh_list_has(list, GH_TEXT("GZIP")));
    check(gh_list_has(list, GH_TEXT("br")));
    check(!gh_list_has(list, GH_TEXT("te")));
    check(!gh_list_has(list, GH_TEXT("te\"")));
    check(!gh_list_has(list, GH_TEXT("q=1")));
    check(!gh_list_has(list, GH_TEXT("clos")));
    check(!gh_list_has(list, GH_TEXT("")));
    check(!gh_list_has(GH_TEXT(""), GH_TEXT("")));
    check(gh_list_has(GH_TEXT("\"\\\", a\", b"), GH_TEXT("b")));
    check(!gh_list_has(GH_TEXT("\"\\\", a\", b"), GH_TEXT("a\"")));
    check(!gh_list_has(GH_TEXT("\"open, b"), GH_TEXT("b")));
}

static void
variables_become_field_names(void)
{
    static const struct {
        const char *variable;
        enum gh_status status;
        const char *name;
    } rows[] = {
        {"HTTP_ACCEPT_LANGUAGE", GH_OK, "Accept-Language"},
        {"HTTP_HOST", GH_OK, "Host"},
        {"HTTP_X_2FA_ID", GH_OK, "X-2fa-Id"},
        {"HTTP_x_Gatehouse_User", GH_OK, "X-Gatehouse-User"}, /* HDR-023 */
        {"HTTP__A_", GH_OK, "-A-"},
        {"HTTP_", GH_MALFORMED, ""}, /* SMUG-011 */
        {"HTTP_X Y", GH_MALFORMED, ""},
        {"HTTP_X: Y", GH_MALFORMED, ""},
        {"HTTP_X\r\nEVIL", GH_MALFORMED, ""},
        {"HTTP_X-Y", GH_MALFORMED, ""},
        {"HTTP_X\x80", GH_MALFORMED, ""},
        {"http_x_gatehouse_user", GH_NONE, ""}, /* HDR-023 */
        {"HTTP", GH_NONE, ""},
        {"", GH_NONE, ""},
        {"CONTENT_LENGTH", GH_NONE, ""},
        {"HTTPS", GH_NONE, ""},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_text name = {0};

        check_status(rows[i].status,
                     gh_field_of_variable(
                         &arena, gh_text_of_z(rows[i].variable), &name));
        check_text(gh_text_of_z(rows[i].name), name);
    }
    check_status(GH_MALFORMED,
                 gh_field_of_variable(&arena, GH_TEXT("HTTP_X\0Y"),
                                      &(struct gh_text){0}));
    gh_arena_done(&arena);

    gh_arena_init(&arena, 16);
    check_status(
        GH_FAULT_MEMORY,
        gh_field_of_variable(&arena, GH_TEXT("HTTP_X"), &(struct gh_text){0}));
    gh_arena_done(&arena);
}

/* The names that are left, joined with a space. */
static void
check_left(const char *expected_z, const struct gh_fields *fields)
{
    char at[512];
    struct gh_text left = {.at = at};
    size_t len = 0;

    for (size_t i = 0; i < fields->n; i++) {
        if (len > 0)
            at[len++] = ' ';
        memcpy(at + len, fields->at[i].name.at, fields->at[i].name.len);
        len += fields->at[i].name.len;
    }
    left.len = len;
    check_text(gh_text_of_z(expected_z), left);
}

static void
scrubbing_leaves_what_may_cross(void)
{
    static const char *const request[] = {"Accept",
                                          "a",
                                          "remote_user",
                                          "bob",
                                          "X-A",
                                          "1",
                                          "X.Gatehouse.User",
                                          "carol",
                                          "Host",
                                          "h",
                                          "X-Forwarded-For",
                                          "10.1.1.1",
                                          "Accept",
                                          "b",
                                          NULL};
    static const char *const response[] = {
        "Date",        "d", "X-Accel-Redirect", "/secret", "Set-Cookie", "a=b",
        "Remote-User", "x", "Server",           "s",       NULL};
    struct gh_fields fields;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    fields = list(&arena, request);
    check_number(2, gh_fields_scrub(&fields, gh_field_rule_request));
    check_left("Accept X-A Accept", &fields);
    fields = list(&arena, response);
    check_number(1, gh_fields_scrub(&fields, gh_field_rule_response));
    check_left("Date Set-Cookie Server", &fields);
    gh_arena_done(&arena);
}

static void
connection_nominates_only_what_would_pass(void)
{
    /* HDR-015, BACK-025 */
    static const char *const texts[] = {
        "X-Secret",    "1",   "Connection", "close, x-secret;q=1",
        "X-Other",     "2",   "connection", "Remote-User, Cookie, X-Third",
        "X-Third",     "3",   "X-Secret",   "4",
        "Remote-User", "bob", NULL};
    struct gh_fields fields;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    fields = list(&arena, texts);
    check_number(1, gh_fields_scrub(&fields, gh_field_rule_request));
    check_left("X-Other", &fields);
    fields = list(&arena, texts);
    check_number(1, gh_fields_scrub(&fields, gh_field_rule_response));
    check_left("X-Other", &fields);
    gh_arena_done(&arena);
}

static void
a_long_connection_field_is_cut_off(void)
{
    char value[16 * 1024];
    const char *const texts[] = {"Connection", value, "X-A", "1", NULL};
    struct gh_fields fields;
    struct gh_arena arena;

    for (size_t i = 0; i + 2 < sizeof(value); i += 2)
        memcpy(value + i, "b,", 2);
    memcpy(value + sizeof(value) - 6, ",X-A\0", 6);
    gh_arena_init(&arena, ARENA_CAP);
    fields = list(&arena, texts);
    check_number(0, gh_fields_scrub(&fields, gh_field_rule_request));
    check_left("X-A", &fields);
    gh_arena_done(&arena);
}

const struct check_case fields_cases[] = {
    CHECK_CASE(a_list_holds_what_it_was_given_and_no_more),
    CHECK_CASE(fields_of_one_name_are_counted_joined_and_removed_together),
    CHECK_CASE(list_members_are_found_without_case_and_parameters),
    CHECK_CASE(variables_become_field_names),
    CHECK_CASE(scrubbing_leaves_what_may_cross),
    CHECK_CASE(connection_nominates_only_what_would_pass),
    CHECK_CASE(a_long_connection_field_is_cut_off),
    {0},
};
