/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical request target: what is accepted and how it comes out, what
 * is refused, and that a canonical path stays as it is. Attack ids are those
 * of the groups PATH and FCGI.
 */
#include "web/path.h"

#include "check.h"

#include "base/banned.h"

enum {
    SLASH = GH_PATH_ENCODED_SLASH,
    SEMICOLON = GH_PATH_SEMICOLON,
    EMPTY = GH_PATH_EMPTY_SEGMENT,
    MAX_PATH = 4096,
};

static enum gh_status
parse(struct gh_arena *arena, struct gh_text raw, struct gh_target *out)
{
    return gh_target_parse(arena, raw, MAX_PATH, out);
}

/* An accepted target and what becomes of it. */
struct pair {
    struct gh_text raw;   /* as sent */
    struct gh_text path;  /* canonical */
    struct gh_text query; /* with "?" */
    unsigned traits;      /* enum gh_path_trait, or-ed */
};

#define PAIR(raw, path, query, traits)                                         \
    {                                                                          \
        GH_TEXT_INIT(raw), GH_TEXT_INIT(path), GH_TEXT_INIT(query), traits     \
    }

static void
check_pairs(const struct pair *pairs, size_t n)
{
    struct gh_arena arena;

    gh_arena_init(&arena, 1024 * 1024);
    for (size_t i = 0; i < n; i++) {
        struct gh_target target = {0};

        check_status(GH_OK, parse(&arena, pairs[i].raw, &target));
        check_text(pairs[i].path, target.path);
        check_text(pairs[i].query, target.query);
        check_number(pairs[i].traits, target.traits);
        /* What has been made canonical is not changed again. */
        check_status(GH_OK, parse(&arena, target.path, &target));
        check_text(pairs[i].path, target.path);
    }
    gh_arena_done(&arena);
}

static void
check_refused(const struct gh_text *raw, size_t n)
{
    struct gh_arena arena;

    gh_arena_init(&arena, 1024 * 1024);
    for (size_t i = 0; i < n; i++) {
        struct gh_target target = {.traits = 77};

        if (!check_status(GH_MALFORMED, parse(&arena, raw[i], &target)))
            check_text(GH_TEXT("(a refusal)"), raw[i]);
        check_number(77, target.traits);
    }
    gh_arena_done(&arena);
}

static void
ordinary_targets_come_out_as_they_went_in(void)
{
    static const struct pair pairs[] = {
        PAIR("/", "/", "", 0),
        PAIR("/app/x", "/app/x", "", 0),
        PAIR("/app/x/", "/app/x/", "", 0),
        PAIR("/app?a=1&b=%2e%2E/../x", "/app", "?a=1&b=%2e%2E/../x", 0),
        PAIR("/app?", "/app", "?", 0),
        PAIR("/a?b?c", "/a", "?b?c", 0),
        PAIR("/?<>\"\\^`{|}", "/", "?<>\"\\^`{|}", 0),
        PAIR("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,=", "", 0),
        PAIR("/.well-known/x", "/.well-known/x", "", 0),
        PAIR("/a/...", "/a/...", "", 0),
        PAIR("/a..b/.c/d.", "/a..b/.c/d.", "", 0),
        PAIR("/ADMIN/", "/ADMIN/", "", 0),
    };

    check_pairs(pairs, GH_COUNT(pairs));
}

static void
unreserved_triplets_are_decoded_and_others_upper_case(void)
{
    static const struct pair pairs[] = {
        PAIR("/%41dmin/", "/Admin/", "", 0), /* PATH-015 */
        PAIR("/%7euser", "/~user", "", 0),
        PAIR("/%2D%2e%5F%7E", "/-._~", "", 0),
        PAIR("/%c3%a4", "/%C3%A4", "", 0),
        PAIR("/%e2%82%ac/%f0%9f%98%80", "/%E2%82%AC/%F0%9F%98%80", "", 0),
        PAIR("/%20%22%3c%7b", "/%20%22%3C%7B", "", 0),
        PAIR("/%3a%40%3F%23", "/%3A%40%3F%23", "", 0),
        PAIR("/100%25", "/100%25", "", 0),
        PAIR("/%25x/%25/1%25%20", "/%25x/%25/1%25%20", "", 0),
        PAIR("/a[1]|^", "/a%5B1%5D%7C%5E", "", 0),
        PAIR("/%5b%7c", "/%5B%7C", "", 0),
        PAIR("/[[]]||^^?abcdef", "/%5B%5B%5D%5D%7C%7C%5E%5E", "?abcdef", 0),
    };

    check_pairs(pairs, GH_COUNT(pairs));
}

static void
dot_segments_are_removed(void)
{
    static const struct pair pairs[] = {
        PAIR("/app/../admin/", "/admin/", "", 0), /* PATH-005 */
        PAIR("/./admin/", "/admin/", "", 0),
        PAIR("/admin/./", "/admin/", "", 0),
        PAIR("/admin/.", "/admin/", "", 0),
        PAIR("/app/./../admin/", "/admin/", "", 0),
        PAIR("/a/..", "/", "", 0),
        PAIR("/a/b/..", "/a/", "", 0),
        PAIR("/a/b/../", "/a/", "", 0),
        PAIR("/a/b/../..", "/", "", 0),
        PAIR("/a/b/c/./../../g", "/a/g", "", 0), /* RFC 3986 5.2.4 */
        PAIR("/.", "/", "", 0),
        PAIR("/./.", "/", "", 0),
        PAIR("/public/%2e%2e/admin/", "/admin/", "", 0),
        PAIR("/public/.%2E/admin/%2e", "/admin/", "", 0),
        PAIR("/x/../?a", "/", "?a", 0),
    };

    check_pairs(pairs, GH_COUNT(pairs));
}

static void
what_applications_read_differently_is_marked(void)
{
    static const struct pair pairs[] = {
        PAIR("/a%2fb", "/a%2Fb", "", SLASH), /* PATH-007 */
        PAIR("/%2fadmin/", "/%2Fadmin/", "", SLASH),
        PAIR("/a%2F..b", "/a%2F..b", "", SLASH),
        PAIR("/a;b=1/c", "/a;b=1/c", "", SEMICOLON),
        PAIR("/admin%3b/", "/admin%3B/", "", SEMICOLON), /* PATH-011 */
        PAIR("/;..x", "/;..x", "", SEMICOLON),
        PAIR("//admin", "//admin", "", EMPTY),
        PAIR("/a//b", "/a//b", "", EMPTY),
        PAIR("/a//", "/a//", "", EMPTY),
        PAIR("/a//../b", "/a/b", "", EMPTY),
        PAIR("/a/.//b", "/a//b", "", EMPTY),
        PAIR("/a;b%2F//", "/a;b%2F//", "", SLASH | SEMICOLON | EMPTY),
        PAIR("/a?b=//;%2F", "/a", "?b=//;%2F", 0),
    };

    check_pairs(pairs, GH_COUNT(pairs));
}

static void
two_readings_of_one_path_are_refused(void)
{
    static const struct gh_text raw[] = {
        /* PATH-007, PATH-011: dot segments behind a separator. */
        GH_TEXT_INIT("/public/..%2fadmin/"),
        GH_TEXT_INIT("/public%2f..%2fadmin%2f"),
        GH_TEXT_INIT("/app%2F..%2Fadmin"),
        GH_TEXT_INIT("/a%2f."),
        GH_TEXT_INIT("/a/.%2fb"),
        GH_TEXT_INIT("/public/..;/admin/"),
        GH_TEXT_INIT("/public/..;x=1/admin/"),
        GH_TEXT_INIT("/public/..%3b/admin/"),
        GH_TEXT_INIT("/public/.%2e%3B/admin/"),
        GH_TEXT_INIT("/a/;.."),
        GH_TEXT_INIT("/a/.;"),
        GH_TEXT_INIT("/a/x%2F..;y/b"),
        /* PATH-009, PATH-019: double encoding, however it is spelt. */
        GH_TEXT_INIT("/public/%252e%252e/admin/"),
        GH_TEXT_INIT("/public/..%252fadmin"),
        GH_TEXT_INIT("/%2561dmin/"),
        GH_TEXT_INIT("/%25%36%31dmin/"),
        GH_TEXT_INIT("/%256%31dmin/"),
        GH_TEXT_INIT("/%25252F"),
        GH_TEXT_INIT("/%%32%35"),
        /* PATH-031: above the root. */
        GH_TEXT_INIT("/.."),
        GH_TEXT_INIT("/../admin/"),
        GH_TEXT_INIT("/%2e%2e/admin/"),
        GH_TEXT_INIT("/../../../../admin/"),
        GH_TEXT_INIT("/a/../../b"),
        GH_TEXT_INIT("/./.."),
    };

    check_refused(raw, GH_COUNT(raw));
}

static void
bytes_outside_the_grammar_are_refused(void)
{
    static const struct gh_text raw[] = {
        GH_TEXT_INIT(""), /* PATH-025 */
        GH_TEXT_INIT("admin/"),
        GH_TEXT_INIT("*"),
        GH_TEXT_INIT("?a"),
        GH_TEXT_INIT("https://gw.test/admin/"), /* PATH-023 */
        GH_TEXT_INIT("/a b"),                   /* PATH-029 */
        GH_TEXT_INIT("/app/\xff\xfe"),
        GH_TEXT_INIT("/\xc3\xa4"),
        GH_TEXT_INIT("/a\0b"),
        GH_TEXT_INIT("/a\r\nX: y"),
        GH_TEXT_INIT("/a\tb"),
        GH_TEXT_INIT("/a\x7f"),
        GH_TEXT_INIT("/public/#/../admin/"), /* PATH-021 */
        GH_TEXT_INIT("/a?b#c"),
        GH_TEXT_INIT("/a?b c"),
        GH_TEXT_INIT("/a?\x80"),
        GH_TEXT_INIT("/a?b\n"),
        GH_TEXT_INIT("/a?\0"),
        GH_TEXT_INIT("/public\\..\\admin"),
        GH_TEXT_INIT("/a%5cb"),
        GH_TEXT_INIT("/a%5Cb"),
        GH_TEXT_INIT("/\"<>"),
        GH_TEXT_INIT("/`"),
        GH_TEXT_INIT("/{a}"),
        GH_TEXT_INIT("/a%"),
        GH_TEXT_INIT("/a%4"),
        GH_TEXT_INIT("/a%4g"),
        GH_TEXT_INIT("/a%g4"),
        GH_TEXT_INIT("/a%/4"),
        GH_TEXT_INIT("/%u0061dmin/"), /* PATH-019 */
    };

    check_refused(raw, GH_COUNT(raw));
}

static void
control_characters_are_refused_in_triplets_too(void)
{
    static const char digits[] = "0123456789abcdef";
    static const struct gh_text raw[] = {
        GH_TEXT_INIT("/admin%7f"), GH_TEXT_INIT("/admin%7F/"),
        GH_TEXT_INIT("/%c2%80"),   GH_TEXT_INIT("/%c2%85"),
        GH_TEXT_INIT("/%c2%9f"),
    };

    for (unsigned i = 0; i < 0x20; i++) {
        char at[] = "/admin%00/";
        struct gh_text text = {.at = at, .len = sizeof(at) - 1};

        at[7] = digits[i >> 4];
        at[8] = digits[i & 15];
        check_refused(&text, 1); /* PATH-013 */
    }
    check_refused(raw, GH_COUNT(raw));
}

static void
triplets_must_spell_utf8(void)
{
    static const struct gh_text raw[] = {
        GH_TEXT_INIT("/public/%c0%ae%c0%ae/admin/"), /* PATH-017 */
        GH_TEXT_INIT("/public/%c0%af../admin"),
        GH_TEXT_INIT("/%e0%80%afadmin"),
        GH_TEXT_INIT("/%c1%bf"),
        GH_TEXT_INIT("/%e0%9f%bf"),
        GH_TEXT_INIT("/%f0%8f%bf%bf"),
        GH_TEXT_INIT("/%ed%a0%80"), /* a surrogate */
        GH_TEXT_INIT("/%f4%90%80%80"),
        GH_TEXT_INIT("/%f5%80%80%80"),
        GH_TEXT_INIT("/%ff"),
        GH_TEXT_INIT("/%80"),
        GH_TEXT_INIT("/%bf"),
        GH_TEXT_INIT("/%c3"),
        GH_TEXT_INIT("/%c3/"),
        GH_TEXT_INIT("/%c3a"),
        GH_TEXT_INIT("/%c3%41"),
        GH_TEXT_INIT("/%c3%c3%a4"),
        GH_TEXT_INIT("/%c3?%a4"),
        GH_TEXT_INIT("/%e2%82"),
        GH_TEXT_INIT("/%e2%82%"),
        GH_TEXT_INIT("/%f0%9f%98/%80"),
    };
    static const struct pair pairs[] = {
        PAIR("/%c2%a0", "/%C2%A0", "", 0),
        PAIR("/%df%bf", "/%DF%BF", "", 0),
        PAIR("/%e0%a0%80", "/%E0%A0%80", "", 0),
        PAIR("/%ed%9f%bf%ee%80%80", "/%ED%9F%BF%EE%80%80", "", 0),
        PAIR("/%f0%90%80%80", "/%F0%90%80%80", "", 0),
        PAIR("/%f4%8f%bf%bf", "/%F4%8F%BF%BF", "", 0),
    };

    check_refused(raw, GH_COUNT(raw));
    check_pairs(pairs, GH_COUNT(pairs));
}

static void
a_path_over_its_limit_is_refused_and_a_query_has_none(void)
{
    struct gh_target target = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 1024 * 1024);
    check_status(GH_OK,
                 gh_target_parse(&arena, GH_TEXT("/abc?defghi"), 4, &target));
    check_status(GH_LIMIT,
                 gh_target_parse(&arena, GH_TEXT("/abcd"), 4, &target));
    /* As sent: what would be short once decoded is too long too. */
    check_status(GH_LIMIT,
                 gh_target_parse(&arena, GH_TEXT("/%41%42"), 4, &target));
    gh_arena_done(&arena);
}

static void
an_exhausted_arena_is_a_fault(void)
{
    struct gh_target target = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 16);
    check_status(GH_FAULT_MEMORY, parse(&arena, GH_TEXT("/abc"), &target));
    gh_arena_done(&arena);
}

static void
a_target_outlives_the_bytes_it_was_read_from(void)
{
    char raw[] = "/a/b?c";
    struct gh_target target = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 1024 * 1024);
    check_status(GH_OK, parse(&arena, gh_text_of_z(raw), &target));
    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = '!';
    check_text(GH_TEXT("/a/b"), target.path);
    check_text(GH_TEXT("?c"), target.query);
    gh_arena_done(&arena);
}

const struct check_case path_cases[] = {
    CHECK_CASE(ordinary_targets_come_out_as_they_went_in),
    CHECK_CASE(unreserved_triplets_are_decoded_and_others_upper_case),
    CHECK_CASE(dot_segments_are_removed),
    CHECK_CASE(what_applications_read_differently_is_marked),
    CHECK_CASE(two_readings_of_one_path_are_refused),
    CHECK_CASE(bytes_outside_the_grammar_are_refused),
    CHECK_CASE(control_characters_are_refused_in_triplets_too),
    CHECK_CASE(triplets_must_spell_utf8),
    CHECK_CASE(a_path_over_its_limit_is_refused_and_a_query_has_none),
    CHECK_CASE(an_exhausted_arena_is_a_fault),
    CHECK_CASE(a_target_outlives_the_bytes_it_was_read_from),
    {0},
};
