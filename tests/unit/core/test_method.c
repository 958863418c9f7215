/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/method: sets of methods, and what no list has.
 */
#include "core/method.h"

#include "check.h"

#include "base/banned.h"

extern const struct check_case method_cases[];

/* The set of a list, or 0 when it is refused. */
static uint64_t
set_of(const char *list_z)
{
    uint64_t set = 0;
    enum gh_status status = gh_methods_parse(gh_text_of_z(list_z), &set);

    check(status == GH_OK || status == GH_MALFORMED);
    return status == GH_OK ? set : 0;
}

static void
list_is_the_set_of_its_methods(void)
{
    uint64_t get = gh_method_bit(GH_TEXT("GET"));
    uint64_t post = gh_method_bit(GH_TEXT("POST"));

    check(get != post && (get & (get - 1)) == 0);
    check_number((long long)get, (long long)set_of("GET"));
    check_number((long long)(get | post), (long long)set_of("POST,GET"));
    check_number((long long)get, (long long)set_of("GET,GET"));
    check(set_of("VERSION-CONTROL,UPDATEREDIRECTREF,PURGE") != 0);
}

static void
star_is_every_method_and_more(void)
{
    check(set_of("*") == GH_METHODS_ALL);
    check((gh_method_bit(GH_TEXT("BREW")) & set_of("*")) != 0);
}

static void
method_on_no_list_is_in_no_list(void)
{
    uint64_t brew = gh_method_bit(GH_TEXT("BREW"));

    check_number((long long)brew, (long long)gh_method_bit(GH_TEXT("get")));
    check((brew & set_of("GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS")) == 0);
    check((brew & gh_method_bit(GH_TEXT("PROPFIND"))) == 0);
}

static void
what_is_no_list_is_refused(void)
{
    static const char *const lists[] = {"",     ",",     "GET,",   ",GET",
                                        "get",  "GET ",  "*,GET",  "GET,*",
                                        "BREW", "TRACE", "CONNECT"};

    uint64_t set = 7;

    for (size_t i = 0; i < GH_COUNT(lists); i++)
        check_number(0, (long long)set_of(lists[i]));
    check_status(GH_MALFORMED, gh_methods_parse(GH_TEXT(""), &set));
    check_status(GH_MALFORMED, gh_methods_parse((struct gh_text){0}, &set));
    check_number(7, set);
}

const struct check_case method_cases[] = {
    CHECK_CASE(list_is_the_set_of_its_methods),
    CHECK_CASE(star_is_every_method_and_more),
    CHECK_CASE(method_on_no_list_is_in_no_list),
    CHECK_CASE(what_is_no_list_is_refused),
    {0},
};
