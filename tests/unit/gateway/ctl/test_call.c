/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of ctl/call: what was written becomes parameters, or is refused
 * before anybody is asked.
 */
#include "ctl/call.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

extern const struct check_case call_cases[];

/* One parameter made of up to two values of one option. An exit status. */
static int
make(struct ctl *ctl, enum ctl_kind kind, enum ctl_option of,
     const char *const *words, struct gh_param *out)
{
    const struct ctl_value value = {kind, of};
    struct ctl_values *place = &ctl->line.places[of];

    memset(place, 0, sizeof(*place));
    for (; words != NULL && words[place->n] != NULL; place->n++)
        place->at_z[place->n] = words[place->n];
    return call_param(ctl, &value, GH_SQL_TEXT, out);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
begin(struct ctl *ctl)
{
    memset(ctl, 0, sizeof(*ctl));
    gh_arena_init(&ctl->arena, 65536);
}

static void
what_was_not_given_is_null(void)
{
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE, make(&ctl, VALUE_TEXT, OPTION_HOST, NULL, &param));
    check(!param.is_set);
    check_number(CTL_DONE, make(&ctl, VALUE_LIST, OPTION_HOST, NULL, &param));
    check(!param.is_set);
    check_number(CTL_DONE, make(&ctl, VALUE_FLAG, OPTION_HOST, NULL, &param));
    check(param.is_set && param.own[0] == 0);
    check_number(CTL_DONE, make(&ctl, VALUE_ACTOR, OPTION_HOST, NULL, &param));
    check(param.is_set && gh_param_bytes(&param).len > 0);
    gh_arena_done(&ctl.arena);
}

static void
an_empty_text_is_no_null(void)
{
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE,
                 make(&ctl, VALUE_TEXT, OPTION_HOST, WORDS(""), &param));
    check(param.is_set);
    check_number(0, gh_param_bytes(&param).len);
    gh_arena_done(&ctl.arena);
}

static void
an_account_is_changed_to_its_one_form(void)
{
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE, make(&ctl, VALUE_ACCOUNT, OPTION_ACCOUNT,
                                WORDS("Alice"), &param));
    check_text(GH_TEXT("alice"), gh_param_bytes(&param));
    check_number(CTL_USAGE, make(&ctl, VALUE_ACCOUNT, OPTION_ACCOUNT,
                                 WORDS("al ice"), &param));
    gh_arena_done(&ctl.arena);
}

static void
a_permission_has_two_halves(void)
{
    static const char *const wrong[] = {"shop", "/read",       "shop/",
                                        "",     "shop/a/read", "/"};
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE, make(&ctl, VALUE_APPLICATION, OPTION_PERMISSION,
                                WORDS("shop/orders:read"), &param));
    check_text(GH_TEXT("shop"), gh_param_bytes(&param));
    check_number(CTL_DONE, make(&ctl, VALUE_PERMISSION, OPTION_PERMISSION,
                                WORDS("shop/orders:read"), &param));
    check_text(GH_TEXT("orders:read"), gh_param_bytes(&param));
    for (size_t i = 0; i < GH_COUNT(wrong); i++)
        check_number(CTL_USAGE, make(&ctl, VALUE_PERMISSION, OPTION_PERMISSION,
                                     WORDS(wrong[i]), &param));
    gh_arena_done(&ctl.arena);
}

static void
a_number_is_one(void)
{
    static const char *const wrong[] = {"", "-1", "1e3", "2147483648", "many"};
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE,
                 make(&ctl, VALUE_NUMBER, OPTION_LINES, WORDS("50"), &param));
    check_number(GH_SQL_INT4, param.type);
    for (size_t i = 0; i < GH_COUNT(wrong); i++)
        check_number(CTL_USAGE, make(&ctl, VALUE_NUMBER, OPTION_LINES,
                                     WORDS(wrong[i]), &param));
    gh_arena_done(&ctl.arena);
}

/* The number of elements of an array as it travels (its head is 20 bytes). */
static int
count(const struct gh_param *array)
{
    struct gh_text bytes = gh_param_bytes(array);

    return bytes.len < 20 ? 0 : bytes.at[15];
}

static void
a_list_is_cut_at_commas_and_options_add_up(void)
{
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE, make(&ctl, VALUE_LIST, OPTION_METHODS,
                                WORDS("GET, HEAD", "POST"), &param));
    check_number(GH_SQL_TEXT_ARRAY, param.type);
    check_number(3, count(&param));
    check_text(GH_TEXT("GET"),
               gh_text_first(gh_text_from(gh_param_bytes(&param), 24), 3));
    check_text(GH_TEXT("HEAD"),
               gh_text_first(gh_text_from(gh_param_bytes(&param), 31), 4));
    check_number(CTL_USAGE,
                 make(&ctl, VALUE_LIST, OPTION_METHODS, WORDS("\xff"), &param));
    gh_arena_done(&ctl.arena);
}

static void
a_file_is_what_is_in_it(void)
{
    char path_z[] = "/tmp/gatehouse-call.XXXXXX";
    int file = mkstemp(path_z);
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    gh_arena_init(&ctl.arena, 64 * 1024 * 1024);
    check_number(5, write(file, "role\n", 5));
    check_number(CTL_DONE,
                 make(&ctl, VALUE_FILE, WORD_FIRST, WORDS(path_z), &param));
    check_text(GH_TEXT("role\n"), gh_param_bytes(&param));
    check_number(1, write(file, "", 1));
    check_number(CTL_FAILED,
                 make(&ctl, VALUE_FILE, WORD_FIRST, WORDS(path_z), &param));
    check_number(0, ftruncate(file, 16 * 1024 * 1024 + 1));
    check_number(CTL_FAILED,
                 make(&ctl, VALUE_FILE, WORD_FIRST, WORDS(path_z), &param));
    check_number(0, unlink(path_z));
    check_number(CTL_NOT_FOUND,
                 make(&ctl, VALUE_FILE, WORD_FIRST, WORDS(path_z), &param));
    close(file);
    gh_arena_done(&ctl.arena);
}

static void
one_empty_option_is_the_empty_list(void)
{
    struct ctl ctl;
    struct gh_param param;

    begin(&ctl);
    check_number(CTL_DONE, make(&ctl, VALUE_EACH, OPTION_BACKEND,
                                WORDS("http://a:1", "http://b:1,2"), &param));
    check_number(2, count(&param));
    check_number(CTL_DONE,
                 make(&ctl, VALUE_EACH, OPTION_BACKEND, WORDS(""), &param));
    check(param.is_set);
    check_number(0, count(&param));
    gh_arena_done(&ctl.arena);
}

static void
the_first_mistake_of_a_call_ends_it(void)
{
    static const struct ctl_call call = {
        .stmt = &gh_stmt_role_revoke_account,
        .values = {{VALUE_TEXT, WORD_FIRST},
                   {VALUE_ACCOUNT, OPTION_ACCOUNT},
                   {VALUE_TEXT, OPTION_REASON},
                   {VALUE_ACTOR, WORD_FIRST}}};
    struct gh_param params[CTL_PARAMS_MAX];
    struct ctl ctl;

    begin(&ctl);
    ctl.line.places[WORD_FIRST] = (struct ctl_values){1, {"staff"}};
    ctl.line.places[OPTION_ACCOUNT] = (struct ctl_values){1, {"Bob"}};
    check_number(CTL_DONE, call_params(&ctl, &call, params));
    check_text(GH_TEXT("staff"), gh_param_bytes(&params[0]));
    check_text(GH_TEXT("bob"), gh_param_bytes(&params[1]));
    check(!params[2].is_set);
    ctl.line.places[OPTION_ACCOUNT] = (struct ctl_values){1, {"?"}};
    check_number(CTL_USAGE, call_params(&ctl, &call, params));
    gh_arena_done(&ctl.arena);
}

const struct check_case call_cases[] = {
    CHECK_CASE(what_was_not_given_is_null),
    CHECK_CASE(an_empty_text_is_no_null),
    CHECK_CASE(an_account_is_changed_to_its_one_form),
    CHECK_CASE(a_permission_has_two_halves),
    CHECK_CASE(a_number_is_one),
    CHECK_CASE(a_list_is_cut_at_commas_and_options_add_up),
    CHECK_CASE(a_file_is_what_is_in_it),
    CHECK_CASE(one_empty_option_is_the_empty_list),
    CHECK_CASE(the_first_mistake_of_a_call_ends_it),
    {0},
};
