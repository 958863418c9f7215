/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of web/cookie: ours are read exactly, hidden in every spelling that
 * some parser takes for ours, and never set by applications. Attack cases are
 * named by their ids. Each test owns its arena.
 */
#include "web/cookie.h"

#include "check.h"

#include "base/banned.h"

static const struct gh_cookie_names names = {.session =
                                                 GH_TEXT_INIT("__Host-id")};

/* A name that shares no beginning with the fixed ones. */
static const struct gh_cookie_names own_names = {
    .session = GH_TEXT_INIT("__Http-session")};

static void
names_of_ours_are_recognised_without_case(void)
{
    check(gh_cookie_is_ours(&names, GH_TEXT("__Host-id")));
    check(gh_cookie_is_ours(&names, GH_TEXT("__host-ID")));
    check(gh_cookie_is_ours(&names, GH_TEXT("__HOST-PRE")));
    check(gh_cookie_is_ours(&names, GH_TEXT("__Host-device")));
    check(gh_cookie_is_ours(&names, GH_TEXT("__Host-keep")));
    check(gh_cookie_is_ours(&names, GH_TEXT("__Host-identity")));
    check(gh_cookie_is_ours(&own_names, GH_TEXT("__HTTP-Session")));
    check(gh_cookie_is_ours(&own_names, GH_TEXT("__Host-id")));
}

static void
names_of_others_are_not_ours(void)
{
    const struct gh_cookie_names none = {.session = {0}};

    check(!gh_cookie_is_ours(&names, GH_TEXT("")));
    check(!gh_cookie_is_ours(&none, GH_TEXT("")));
    check(!gh_cookie_is_ours(&names, GH_TEXT("__Host-")));
    check(!gh_cookie_is_ours(&names, GH_TEXT("__Host-csrf")));
    check(!gh_cookie_is_ours(&names, GH_TEXT("_Host-id")));
    check(!gh_cookie_is_ours(&names, GH_TEXT("x__Host-id")));
    check(!gh_cookie_is_ours(&own_names, GH_TEXT("__Http-session2")));
}

/* What gh_cookie_find() says about the session cookie. */
static void
check_find(struct gh_text header, enum gh_status status, struct gh_text value)
{
    struct gh_text out = GH_TEXT("untouched");

    check_status(status, gh_cookie_find(header, names.session, &out));
    check_text(status == GH_OK ? value : GH_TEXT("untouched"), out);
}

static void
value_is_found_among_others(void)
{
    check_find(GH_TEXT("__Host-id=S"), GH_OK, GH_TEXT("S"));
    check_find(GH_TEXT("a=1; __Host-id=S; b=2"), GH_OK, GH_TEXT("S"));
    check_find(GH_TEXT("a=1;__Host-id=S;b=2"), GH_OK, GH_TEXT("S"));
    check_find(GH_TEXT("__Host-id=a=b=c"), GH_OK, GH_TEXT("a=b=c"));
    check_find(GH_TEXT("__Host-id="), GH_OK, GH_TEXT(""));
    check_find(GH_TEXT("a=1; b=2"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT(""), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("; ;=;"), GH_NONE, GH_TEXT(""));
}

static void
cookie_005_two_of_one_name_are_a_conflict(void)
{
    check_find(GH_TEXT("__Host-id=S; __Host-id=A"), GH_CONFLICT, GH_TEXT(""));
    check_find(GH_TEXT("__Host-id=A; b=2; __Host-id=S"), GH_CONFLICT,
               GH_TEXT(""));
    check_find(GH_TEXT("__Host-id=S; __Host-id=S"), GH_CONFLICT, GH_TEXT(""));
    check_find(GH_TEXT("__Host-id=; __Host-id=S"), GH_CONFLICT, GH_TEXT(""));
}

static void
cookie_007_name_is_compared_with_case(void)
{
    check_find(GH_TEXT("__host-id=S"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("__HOST-ID=S"), GH_NONE, GH_TEXT(""));
}

static void
cookie_009_unicode_space_is_part_of_the_name(void)
{
    check_find(GH_TEXT("\xe2\x80\x80__Host-id=S"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("\xc2\xa0__Host-id=S"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("\xc2\x85__Host-id=S"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("\xa0__Host-id=S"), GH_NONE, GH_TEXT(""));
}

static void
cookie_011_commas_and_version_have_no_meaning(void)
{
    check_find(GH_TEXT("$Version=1,__Host-id=\"S\""), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("a=1, __Host-id=S"), GH_NONE, GH_TEXT(""));
}

static void
cookie_013_quotes_are_part_of_the_value(void)
{
    check_find(GH_TEXT("__Host-id=\"S\""), GH_OK, GH_TEXT("\"S\""));
    check_find(GH_TEXT("a=\"x; __Host-id=S; y\""), GH_OK, GH_TEXT("S"));
}

static void
cookie_015_nameless_cookie_is_not_ours(void)
{
    check_find(GH_TEXT("=__Host-id=S"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("__Host-id"), GH_NONE, GH_TEXT(""));
    check_find(GH_TEXT("__Host-id =S"), GH_NONE, GH_TEXT(""));
}

static void
cookie_017_nothing_is_decoded(void)
{
    check_find(GH_TEXT("__Host-id=%41"), GH_OK, GH_TEXT("%41"));
    check_find(GH_TEXT("__Host%2Did=S"), GH_NONE, GH_TEXT(""));
}

static void
cookie_021_control_bytes_are_not_skipped(void)
{
    check_find(GH_TEXT("__Host-id=S\0"), GH_OK, GH_TEXT("S\0"));
    check_find(GH_TEXT("__Host-id=\x01S"), GH_OK, GH_TEXT("\x01S"));
    check_find(GH_TEXT("\0__Host-id=S"), GH_NONE, GH_TEXT(""));
}

/* What is left of header for an application where ours are called so. */
static void
check_strip_of(const struct gh_cookie_names *ours, struct gh_text header,
               struct gh_text left)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text out = GH_TEXT("untouched");

    gh_arena_init(&arena, 256 * 1024);
    check_status(GH_OK, gh_cookie_strip(&arena, ours, header, &out));
    check_text(left, out);
}

static void
check_strip(struct gh_text header, struct gh_text left)
{
    check_strip_of(&names, header, left);
}

static void
cookie_003_nothing_is_left_of_ours_alone(void)
{
    check_strip(GH_TEXT("__Host-id=S"), GH_TEXT(""));
    check_strip(GH_TEXT("__Host-id=S; __Host-pre=x; __host-DEVICE=y"),
                GH_TEXT(""));
    check_strip(GH_TEXT(""), GH_TEXT(""));
    check_strip(GH_TEXT(" ; ;;"), GH_TEXT(""));
}

static void
other_pairs_stay_unchanged_and_in_order(void)
{
    check_strip(GH_TEXT("b=2; a=1; b=2"), GH_TEXT("b=2; a=1; b=2"));
    check_strip(GH_TEXT("a=1;b;=c;d==\"e \" ; f=%3B"),
                GH_TEXT("a=1; b; =c; d==\"e \"; f=%3B"));
    check_strip(GH_TEXT("a=1; __Host-id=S; b=2"), GH_TEXT("a=1; b=2"));
    check_strip(GH_TEXT("a=\xc3\xbc\xff"), GH_TEXT("a=\xc3\xbc\xff"));
    check_strip(GH_TEXT("a=__Host-id"), GH_TEXT("a=__Host-id"));
    check_strip(GH_TEXT("__Secure-x=1"), GH_TEXT("__Secure-x=1"));
}

static void
odd_spellings_of_ours_are_hidden(void)
{
    static const struct gh_text odd[] = {
        GH_TEXT_INIT("__host-id=S"),
        GH_TEXT_INIT("__Host-id =S"),
        GH_TEXT_INIT("__Host-id\t=S"),
        GH_TEXT_INIT("__Host-id"),
        GH_TEXT_INIT("=__Host-id=S"),
        GH_TEXT_INIT("= = __Host-id=S"),
        GH_TEXT_INIT("\"__Host-id\"=S"),
        GH_TEXT_INIT("\xe2\x80\x80__Host-id=S"),
        GH_TEXT_INIT("\xc2\xa0__Host-id=S"),
        GH_TEXT_INIT("\xa0__Host-id=S"),
        GH_TEXT_INIT("\0__Host-id=S"),
        GH_TEXT_INIT("$Version=1,__Host-id=\"S\""),
        GH_TEXT_INIT("$Version=1, __Host-id=\"S\""),
        GH_TEXT_INIT("a=1 __Host-id=S"),
        GH_TEXT_INIT("a=1\t__Host-id=S"),
        GH_TEXT_INIT("__Host-id2=S"),
    };

    for (size_t i = 0; i < GH_COUNT(odd); i++)
        check_strip(odd[i], GH_TEXT(""));
    check_strip(GH_TEXT("a=\"x; __Host-id=S; y\""), GH_TEXT("a=\"x; y\""));
}

static void
session_cookie_of_another_name_is_hidden_too(void)
{
    check_strip_of(&own_names, GH_TEXT("a=1; __Http-session=S; b=2"),
                   GH_TEXT("a=1; b=2"));
    check_strip_of(&own_names, GH_TEXT("\"__http-SESSION\"=S"), GH_TEXT(""));
    check_strip_of(&own_names, GH_TEXT("__Http-session\xc2\xa0=S"),
                   GH_TEXT(""));
    check_strip_of(&own_names, GH_TEXT("__Http-session2=S"),
                   GH_TEXT("__Http-session2=S"));
}

static void
cookie_027_huge_cookie_beside_ours_stays_whole(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    static char header[60000];
    struct gh_text out;
    const struct gh_text head = GH_TEXT("__Host-id=S;a=");

    for (size_t i = 0; i < sizeof(header); i++)
        header[i] = i < head.len ? head.at[i] : 'A';
    gh_arena_init(&arena, 256 * 1024);
    check_status(GH_OK, gh_cookie_strip(&arena, &names,
                                        (struct gh_text){header, 60000}, &out));
    check_number(60000 - 12, out.len);
}

static void
stripping_without_memory_is_a_fault(void)
{
    struct gh_text out = GH_TEXT("untouched");
    struct gh_arena arena;

    gh_arena_init(&arena, 0);
    check_status(GH_FAULT_MEMORY,
                 gh_cookie_strip(&arena, &names, GH_TEXT("a=1"), &out));
    check_text(GH_TEXT("untouched"), out);
}

static void
back_021_application_cannot_set_ours(void)
{
    static const struct gh_text bad[] = {
        GH_TEXT_INIT("__Host-id=x"),
        GH_TEXT_INIT("__Host-id=x; Path=/; Secure"),
        GH_TEXT_INIT("__HOST-ID=x"),
        GH_TEXT_INIT("  __Host-id = x"),
        GH_TEXT_INIT("__Host-pre=x"),
        GH_TEXT_INIT("__Host-device=x"),
        GH_TEXT_INIT("__Host-keep=; Max-Age=0"),
        GH_TEXT_INIT("=__Host-id=x"),
        GH_TEXT_INIT("==__Host-id=x"),
        GH_TEXT_INIT("__Host-id"),
        GH_TEXT_INIT("__Host-id; Path=/"),
        GH_TEXT_INIT("\x01__Host-id=x"),
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++)
        check(gh_cookie_sets_ours(&names, bad[i]));
    check(gh_cookie_sets_ours(&own_names, GH_TEXT("__http-session=x")));
}

static void
application_can_set_its_own(void)
{
    check(!gh_cookie_sets_ours(&names, GH_TEXT("app=1; Path=/app/")));
    check(!gh_cookie_sets_ours(&names, GH_TEXT("app=1; __Host-id=x")));
    check(!gh_cookie_sets_ours(&names, GH_TEXT("app=__Host-id")));
    check(!gh_cookie_sets_ours(
        &names, GH_TEXT("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT")));
    check(!gh_cookie_sets_ours(&names, GH_TEXT("")));
}

/* What gh_cookie_write() appends; empty when it failed. */
static struct gh_text
written(char at[256], struct gh_text value, uint64_t max_age_s)
{
    struct gh_buf buf = gh_buf_over(at, 256);

    gh_cookie_write(&buf, GH_TEXT("__Host-id"), value, max_age_s);
    return buf.is_failed ? (struct gh_text){0} : gh_buf_text(&buf);
}

static void
cookie_034_every_cookie_has_every_attribute(void)
{
    char at[256];

    check_text(GH_TEXT("Set-Cookie: __Host-id=abc; Path=/; Secure; HttpOnly; "
                       "SameSite=Lax\r\n"),
               written(at, GH_TEXT("abc"), 0));
    check_text(GH_TEXT("Set-Cookie: __Host-id=abc; Path=/; Secure; HttpOnly; "
                       "SameSite=Lax; Max-Age=600\r\n"),
               written(at, GH_TEXT("abc"), 600));
}

static void
logout_012_deleting_repeats_the_attributes(void)
{
    char at[256];

    check_text(GH_TEXT("Set-Cookie: __Host-id=; Path=/; Secure; HttpOnly; "
                       "SameSite=Lax; Max-Age=0; "
                       "Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
               written(at, GH_TEXT(""), 600));
}

static void
values_that_could_break_out_are_refused(void)
{
    char at[256];

    check_text((struct gh_text){0}, written(at, GH_TEXT("a; Domain=x"), 0));
    check_text((struct gh_text){0}, written(at, GH_TEXT("a\r\nX: y"), 0));
    check_text((struct gh_text){0}, written(at, GH_TEXT("a="), 0));
}

extern const struct check_case cookie_cases[];

const struct check_case cookie_cases[] = {
    CHECK_CASE(names_of_ours_are_recognised_without_case),
    CHECK_CASE(names_of_others_are_not_ours),
    CHECK_CASE(value_is_found_among_others),
    CHECK_CASE(cookie_003_nothing_is_left_of_ours_alone),
    CHECK_CASE(cookie_005_two_of_one_name_are_a_conflict),
    CHECK_CASE(cookie_007_name_is_compared_with_case),
    CHECK_CASE(cookie_009_unicode_space_is_part_of_the_name),
    CHECK_CASE(cookie_011_commas_and_version_have_no_meaning),
    CHECK_CASE(cookie_013_quotes_are_part_of_the_value),
    CHECK_CASE(cookie_015_nameless_cookie_is_not_ours),
    CHECK_CASE(cookie_017_nothing_is_decoded),
    CHECK_CASE(cookie_021_control_bytes_are_not_skipped),
    CHECK_CASE(other_pairs_stay_unchanged_and_in_order),
    CHECK_CASE(odd_spellings_of_ours_are_hidden),
    CHECK_CASE(session_cookie_of_another_name_is_hidden_too),
    CHECK_CASE(cookie_027_huge_cookie_beside_ours_stays_whole),
    CHECK_CASE(stripping_without_memory_is_a_fault),
    CHECK_CASE(back_021_application_cannot_set_ours),
    CHECK_CASE(application_can_set_its_own),
    CHECK_CASE(cookie_034_every_cookie_has_every_attribute),
    CHECK_CASE(logout_012_deleting_repeats_the_attributes),
    CHECK_CASE(values_that_could_break_out_are_refused),
    {NULL, NULL},
};
