/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of web/form: only what is declared comes in, once, decoded once, of
 * its kind and length. Attack cases are named by their ids. Each test owns
 * its arena.
 */
#include "web/form.h"

#include <string.h>

#include "base/buf.h"
#include "check.h"

#include "base/banned.h"

/* A form like the sign-in form. */
static const struct gh_form_input inputs[] = {
    {GH_TEXT_INIT("username"), GH_INPUT_TEXT, 64, true},
    {GH_TEXT_INIT("password"), GH_INPUT_SECRET, 1024, true},
    {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, 64, false},
    {GH_TEXT_INIT("return_to"), GH_INPUT_TEXT, 2048, false},
};

enum {
    USERNAME,
    PASSWORD,
    CSRF,
    RETURN_TO,
    N_INPUTS,
};

/* One parse, with the memory its values live in. */
struct parsed {
    struct gh_arena arena;
    struct gh_text values[N_INPUTS];
    enum gh_status status;
};

static void
done(struct parsed *parsed)
{
    gh_arena_done(&parsed->arena);
}

static void
parse(struct parsed *parsed, struct gh_text body)
{
    gh_arena_done(&parsed->arena);
    gh_arena_init(&parsed->arena, 128 * 1024);
    parsed->status =
        gh_form_parse(&parsed->arena, body, inputs, N_INPUTS, parsed->values);
}

/* Parses body, which must give that status. */
static void
check_parse(struct gh_text body, enum gh_status status)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, body);
    check_status(status, parsed.status);
}

static void
values_come_in_the_order_of_the_table(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, GH_TEXT("csrf=Ab-_9&return_to=%2Fapp%2F%3Fx%3D1&"
                           "password=a+b%2Bc&username=alice"));
    check_status(GH_OK, parsed.status);
    check_text(GH_TEXT("alice"), parsed.values[USERNAME]);
    check_text(GH_TEXT("a b+c"), parsed.values[PASSWORD]);
    check_text(GH_TEXT("Ab-_9"), parsed.values[CSRF]);
    check_text(GH_TEXT("/app/?x=1"), parsed.values[RETURN_TO]);
    check_number('\0', parsed.values[USERNAME].at[5]);
}

static void
missing_and_empty_are_different(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, GH_TEXT("username=&password=&return_to"));
    check_status(GH_OK, parsed.status);
    check(parsed.values[USERNAME].at != NULL);
    check_number(0, parsed.values[USERNAME].len);
    check(parsed.values[CSRF].at == NULL);
    check(parsed.values[RETURN_TO].at != NULL);
}

static void
required_input_that_is_missing_is_refused(void)
{
    check_parse(GH_TEXT("username=alice&csrf=x"), GH_MALFORMED);
    check_parse(GH_TEXT("password=x"), GH_MALFORMED);
    check_parse(GH_TEXT(""), GH_MALFORMED);
}

static void
empty_body_fits_a_form_that_requires_nothing(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    gh_arena_init(&parsed.arena, 128 * 1024);
    check_status(GH_OK, gh_form_parse(&parsed.arena, GH_TEXT(""), &inputs[CSRF],
                                      1, parsed.values));
    check(parsed.values[0].at == NULL);
}

static void
undeclared_input_is_refused(void)
{
    check_parse(GH_TEXT("username=a&password=b&_method=DELETE"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=b&"), GH_MALFORMED);
    check_parse(GH_TEXT("&username=a&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=b&=x"), GH_MALFORMED);
    check_parse(GH_TEXT("Username=a&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username%00=a&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username[]=a&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a;password=b"), GH_MALFORMED);
}

static void
login_009_repeated_input_is_refused(void)
{
    check_parse(GH_TEXT("username=alice&password=a&password=b"), GH_MALFORMED);
    check_parse(GH_TEXT("username=alice&password=a&pass%77ord=a"),
                GH_MALFORMED);
    check_parse(GH_TEXT("username=&password=a&username=alice"), GH_MALFORMED);
}

static void
login_017_nul_in_a_secret_is_kept_and_counted(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, GH_TEXT("username=alice&password=horse%00tail"));
    check_status(GH_OK, parsed.status);
    check_text(GH_TEXT("horse\0tail"), parsed.values[PASSWORD]);
}

static void
login_019_blanks_at_the_ends_are_kept(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, GH_TEXT("username=+alice+&password=%20horse%20"));
    check_status(GH_OK, parsed.status);
    check_text(GH_TEXT(" alice "), parsed.values[USERNAME]);
    check_text(GH_TEXT(" horse "), parsed.values[PASSWORD]);
}

static void
line_breaks_and_controls_in_text_are_refused(void)
{
    check_parse(GH_TEXT("username=alice%0d%0aevent&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=alice%00&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=%1b[31m&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=%7f&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=%c2%85&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a\nb&password=x"), GH_MALFORMED);
}

static void
bad_triplets_are_refused(void)
{
    check_parse(GH_TEXT("username=%u0061lice&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a%&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a%4&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a%4g&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=%+1"), GH_MALFORMED);
    check_parse(GH_TEXT("user%name=a&password=x"), GH_MALFORMED);
    /* A digit behind the end of the body does not complete the last one. */
    check_parse(gh_text_first(GH_TEXT("username=a&password=%41"), 22),
                GH_MALFORMED);
}

static void
bytes_that_are_not_utf8_are_refused(void)
{
    check_parse(GH_TEXT("username=%c1%a1lice&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=alice&password=%ff"), GH_MALFORMED);
    check_parse(GH_TEXT("username=alice&password=%ed%a0%80"), GH_MALFORMED);
    check_parse(GH_TEXT("username=%c3&password=x"), GH_MALFORMED);
    check_parse(GH_TEXT("username=Jos\xc3\xa9&password=%f0%9f%9a%aa"), GH_OK);
    check_parse(GH_TEXT("username=a&password=%ef%bf%bf%f4%8f%bf%bf"), GH_OK);
}

static void
decoding_happens_once(void)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};

    parse(&parsed, GH_TEXT("username=%2541&password=%25n%26csrf%3Dx"));
    check_status(GH_OK, parsed.status);
    check_text(GH_TEXT("%41"), parsed.values[USERNAME]);
    check_text(GH_TEXT("%n&csrf=x"), parsed.values[PASSWORD]);
    check(parsed.values[CSRF].at == NULL);
}

static void
token_has_its_alphabet_only(void)
{
    check_parse(GH_TEXT("username=a&password=b&csrf=Az09-_"), GH_OK);
    check_parse(GH_TEXT("username=a&password=b&csrf=a%2Bb"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=b&csrf=a+b"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=b&csrf=ab%3D"), GH_MALFORMED);
    check_parse(GH_TEXT("username=a&password=b&csrf=a%00"), GH_MALFORMED);
}

/* "username=" and len letters, each written as one triplet or as itself. */
static enum gh_status
parse_length(size_t len, bool is_encoded)
{
    GH_CLEAN(done) struct parsed parsed = {.status = GH_FAULT_BUG};
    char body[1024];
    struct gh_buf buf = gh_buf_over(body, sizeof(body));

    gh_buf_lit(&buf, "password=x&username=");
    for (size_t i = 0; i < len; i++) {
        if (is_encoded)
            gh_buf_lit(&buf, "%61");
        else
            gh_buf_lit(&buf, "a");
    }
    parse(&parsed, gh_buf_text(&buf));
    return parsed.status;
}

static void
length_is_counted_once_decoded(void)
{
    check_status(GH_OK, parse_length(64, false));
    check_status(GH_OK, parse_length(64, true));
    check_status(GH_LIMIT, parse_length(65, false));
    check_status(GH_LIMIT, parse_length(65, true));
    check_status(GH_LIMIT, parse_length(300, true));
}

static void
pairs_over_the_ceiling_are_refused(void)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_form_input many[GH_FORM_MAX_PAIRS + 1];
    struct gh_text values[GH_FORM_MAX_PAIRS + 1];
    const struct gh_text body =
        GH_TEXT("a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u");

    for (size_t i = 0; i < GH_COUNT(many); i++)
        many[i] = (struct gh_form_input){
            .name = gh_text_first(gh_text_from(body, 2 * i), 1)};
    gh_arena_init(&arena, 64 * 1024);
    check_status(GH_LIMIT,
                 gh_form_parse(&arena, body, many, GH_COUNT(many), values));
    check_status(GH_OK, gh_form_parse(&arena, gh_text_first(body, 39), many,
                                      GH_COUNT(many), values));
}

static void
parsing_without_memory_is_a_fault(void)
{
    struct gh_text values[N_INPUTS];
    struct gh_arena arena;

    gh_arena_init(&arena, 0);
    check_status(GH_FAULT_MEMORY,
                 gh_form_parse(&arena, GH_TEXT("username=a&password=b"), inputs,
                               N_INPUTS, values));
}

static void
login_013_only_urlencoded_is_a_form(void)
{
#define FORM "application/x-www-form-urlencoded"
    check(gh_form_is_type(GH_TEXT(FORM)));
    check(gh_form_is_type(GH_TEXT("Application/X-WWW-Form-URLencoded")));
    check(gh_form_is_type(GH_TEXT(FORM ";charset=utf-8")));
    check(gh_form_is_type(GH_TEXT(FORM " ; charset=\"UTF-8\"")));
    check(!gh_form_is_type(GH_TEXT("")));
    check(!gh_form_is_type(GH_TEXT("text/plain")));
    check(!gh_form_is_type(GH_TEXT("multipart/form-data; boundary=x")));
    check(!gh_form_is_type(GH_TEXT(FORM "x")));
    check(!gh_form_is_type(GH_TEXT(FORM ";")));
    check(!gh_form_is_type(GH_TEXT(FORM "; charset=utf-7")));
    check(!gh_form_is_type(GH_TEXT(FORM "; charset=utf-8; x=y")));
    check(!gh_form_is_type(GH_TEXT(FORM ", text/plain")));
#undef FORM
}

extern const struct check_case form_cases[];

const struct check_case form_cases[] = {
    CHECK_CASE(values_come_in_the_order_of_the_table),
    CHECK_CASE(missing_and_empty_are_different),
    CHECK_CASE(required_input_that_is_missing_is_refused),
    CHECK_CASE(empty_body_fits_a_form_that_requires_nothing),
    CHECK_CASE(undeclared_input_is_refused),
    CHECK_CASE(login_009_repeated_input_is_refused),
    CHECK_CASE(login_013_only_urlencoded_is_a_form),
    CHECK_CASE(login_017_nul_in_a_secret_is_kept_and_counted),
    CHECK_CASE(login_019_blanks_at_the_ends_are_kept),
    CHECK_CASE(line_breaks_and_controls_in_text_are_refused),
    CHECK_CASE(bad_triplets_are_refused),
    CHECK_CASE(bytes_that_are_not_utf8_are_refused),
    CHECK_CASE(decoding_happens_once),
    CHECK_CASE(token_has_its_alphabet_only),
    CHECK_CASE(length_is_counted_once_decoded),
    CHECK_CASE(pairs_over_the_ceiling_are_refused),
    CHECK_CASE(parsing_without_memory_is_a_fault),
    {NULL, NULL},
};
