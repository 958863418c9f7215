/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/web/data: addresses of session data, and media types.
 */
#include "web/data.h"

#include "check.h"

#include "base/banned.h"

#define NAME_16 "abcdefgh.j_l-n0p"
#define NAME_64 NAME_16 NAME_16 NAME_16 NAME_16

static void
takes(struct gh_text rest, struct gh_text query, const char *application_z,
      const char *key_z, bool is_account)
{
    struct gh_data_address address = {.is_account = !is_account};

    check_status(GH_OK, gh_data_parse(rest, query, &address));
    check_text(gh_text_of_z(application_z), address.application);
    check_text(gh_text_of_z(key_z), address.key);
    check(address.is_account == is_account);
}

static void
application_and_key_are_taken(void)
{
    takes(GH_TEXT("app/theme"), GH_TEXT(""), "app", "theme", false);
    takes(GH_TEXT("app/theme"), GH_TEXT("?scope=session"), "app", "theme",
          false);
    takes(GH_TEXT("app/theme"), GH_TEXT("?scope=account"), "app", "theme",
          true);
    takes(GH_TEXT("0/9"), GH_TEXT(""), "0", "9", false);
    takes(GH_TEXT(NAME_64 "/" NAME_64), GH_TEXT(""), NAME_64, NAME_64, false);
}

static void
everything_else_is_refused(void)
{
    static const struct gh_text refused[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("app"),
        GH_TEXT_INIT("app/"),
        GH_TEXT_INIT("/theme"),
        GH_TEXT_INIT("/"),
        GH_TEXT_INIT("app/theme/"),
        GH_TEXT_INIT("app/a/b"),
        GH_TEXT_INIT("app//b"),
        GH_TEXT_INIT("App/theme"),
        GH_TEXT_INIT("app/Theme"),
        GH_TEXT_INIT("app/.x"),
        GH_TEXT_INIT("app/-x"),
        GH_TEXT_INIT("app/_x"),
        GH_TEXT_INIT("app/a b"),
        GH_TEXT_INIT("app/a%20b"),
        GH_TEXT_INIT("app/a\nb"),
        GH_TEXT_INIT("app/a\0b"),
        GH_TEXT_INIT("app/\xc3\xa4"),
        GH_TEXT_INIT("app/a@b"),
        GH_TEXT_INIT("a:b/c"),
        GH_TEXT_INIT("app/x" NAME_64),
    };
    static const struct gh_text queries[] = {
        GH_TEXT_INIT("?"),
        GH_TEXT_INIT("?scope="),
        GH_TEXT_INIT("?scope=Account"),
        GH_TEXT_INIT("?scope=account&"),
        GH_TEXT_INIT("?scope=account&scope=session"),
        GH_TEXT_INIT("?SCOPE=account"),
        GH_TEXT_INIT("?scope=%61ccount"),
        GH_TEXT_INIT("?x=1"),
    };
    struct gh_data_address address = {.key = GH_TEXT("untouched")};

    for (size_t i = 0; i < GH_COUNT(refused); i++)
        check_status(GH_MALFORMED,
                     gh_data_parse(refused[i], GH_TEXT(""), &address));
    for (size_t i = 0; i < GH_COUNT(queries); i++)
        check_status(GH_MALFORMED,
                     gh_data_parse(GH_TEXT("app/theme"), queries[i], &address));
    check_text(GH_TEXT("untouched"), address.key);
}

static void
media_types_have_one_spelling(void)
{
    static const struct {
        struct gh_text value; /* of a Content-Type */
        const char *type_z;   /* what it is; NULL: none that is taken */
    } values[] = {
        {GH_TEXT_INIT("application/json"), "application/json"},
        {GH_TEXT_INIT("Application/JSON"), "application/json"},
        {GH_TEXT_INIT("application/json;charset=utf-8"), "application/json"},
        {GH_TEXT_INIT("application/json ; charset=UTF-8"), "application/json"},
        {GH_TEXT_INIT("text/plain;charset=UTF-8"), "text/plain"},
        {GH_TEXT_INIT("text/plain"), "text/plain"},
        {GH_TEXT_INIT("application/octet-stream"), "application/octet-stream"},
        {GH_TEXT_INIT("application/octet-stream;charset=utf-8"), NULL},
        {GH_TEXT_INIT("application/json;"), NULL},
        {GH_TEXT_INIT("application/json;charset=utf-16"), NULL},
        {GH_TEXT_INIT("application/json;charset=utf-8;x=y"), NULL},
        {GH_TEXT_INIT("application/json, text/html"), NULL},
        {GH_TEXT_INIT("text/plain;charset=latin1"), NULL},
        {GH_TEXT_INIT("text/html"), NULL},
        {GH_TEXT_INIT("image/svg+xml"), NULL},
        {GH_TEXT_INIT("multipart/form-data; boundary=x"), NULL},
        {GH_TEXT_INIT("application/x-www-form-urlencoded"), NULL},
        {GH_TEXT_INIT(""), NULL},
    };

    for (size_t i = 0; i < GH_COUNT(values); i++) {
        struct gh_text type = {0};
        enum gh_status expected = values[i].type_z == NULL ? GH_NONE : GH_OK;

        check_status(expected, gh_data_type(values[i].value, &type));
        check_text(gh_text_of_z(values[i].type_z), type);
    }
}

const struct check_case data_cases[] = {
    CHECK_CASE(application_and_key_are_taken),
    CHECK_CASE(everything_else_is_refused),
    CHECK_CASE(media_types_have_one_spelling),
    {0},
};
