/* SPDX-License-Identifier: Apache-2.0
 *
 * The chunked coding. Every case is decoded whole and in pieces of every size
 * up to its length; the result must be the same. Attack ids are those of the
 * group BACK.
 */
#include "web/chunked.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    MAX_CONTENT = 64 * 1024,
};

/* What decoding came to. */
struct result {
    enum gh_status status;     /* GH_OK: the body is not complete */
    size_t used;               /* bytes consumed */
    size_t len;                /* bytes of content */
    char content[MAX_CONTENT]; /* all pieces */
};

/* Decodes one piece completely. Returns false when nothing more can come. */
static bool
decode_piece(struct gh_chunked *chunked, struct gh_text piece,
             struct result *out)
{
    while (piece.len > 0) {
        struct gh_text content = {0};
        size_t used = 0;

        out->status = gh_chunked_decode(chunked, piece, &content, &used);
        if (out->status != GH_OK && out->status != GH_NONE)
            return false;
        if (content.len > 0)
            memcpy(out->content + out->len, content.at, content.len);
        out->len += content.len;
        out->used += used;
        if (out->status == GH_NONE || !check(used > 0))
            return false;
        piece = gh_text_from(piece, used);
    }
    return true;
}

static void
decode(struct gh_text bytes, size_t piece_len, struct result *out)
{
    struct gh_chunked chunked = {0};

    out->status = GH_OK;
    out->used = 0;
    out->len = 0;
    while (bytes.len > 0 &&
           decode_piece(&chunked, gh_text_first(bytes, piece_len), out))
        bytes = gh_text_from(bytes, piece_len);
}

/* Decodes in pieces of 1, 2, 3, ... bytes. */
static void
check_decoded(struct gh_text bytes, enum gh_status status,
              struct gh_text content, size_t n_left)
{
    static struct result result;

    for (size_t piece = 1; piece <= bytes.len; piece++) {
        struct gh_text got = {.at = result.content};

        decode(bytes, piece, &result);
        if (!check_status(status, result.status))
            check_text(GH_TEXT("(the status of)"), bytes);
        if (status == GH_MALFORMED || status == GH_LIMIT)
            continue;
        got.len = result.len;
        check_text(content, got);
        check_number(bytes.len - n_left, result.used);
    }
}

static void
content_comes_out_without_its_coding(void)
{
    static const struct {
        struct gh_text bytes;
        struct gh_text content;
        size_t n_left; /* bytes behind the body */
    } rows[] = {
        {GH_TEXT_INIT("0\r\n\r\n"), GH_TEXT_INIT(""), 0},
        {GH_TEXT_INIT("5\r\nhello\r\n0\r\n\r\n"), GH_TEXT_INIT("hello"), 0},
        {GH_TEXT_INIT("5\r\nhello\r\n1\r\n \r\n00005\r\nworld\r\n00\r\n\r\n"),
         GH_TEXT_INIT("hello world"), 0},
        {GH_TEXT_INIT("b\r\nhello world\r\n0\r\n\r\n"),
         GH_TEXT_INIT("hello world"), 0},
        {GH_TEXT_INIT("B;a=\"b c\";d\r\nhello world\r\n0;e\r\n\r\n"),
         GH_TEXT_INIT("hello world"), 0},
        {GH_TEXT_INIT("4\r\n\r\n\0\n\r\n0\r\n\r\n"), GH_TEXT_INIT("\r\n\0\n"),
         0},
        {GH_TEXT_INIT("0000000000000001\r\nx\r\n0000000000000000\r\n\r\n"),
         GH_TEXT_INIT("x"), 0},
        /* BACK-031: trailers are dropped. */
        {GH_TEXT_INIT("1\r\nx\r\n0\r\nSet-Cookie: a=b\r\nRemote-User: bob\r\n"
                      "\r\n"),
         GH_TEXT_INIT("x"), 0},
        {GH_TEXT_INIT("1\r\nx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"),
         GH_TEXT_INIT("x"), 17},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_decoded(rows[i].bytes, GH_NONE, rows[i].content, rows[i].n_left);
}

static void
an_incomplete_body_is_never_complete(void)
{
    static const struct gh_text whole =
        GH_TEXT_INIT("5;a\r\nhello\r\n0\r\nA: b\r\n\r\n");
    static struct result result;

    for (size_t len = 0; len < whole.len; len++) {
        decode(gh_text_first(whole, len), len + 1, &result);
        check_status(GH_OK, result.status);
        check_number(len, result.used);
    }
}

static void
what_breaks_the_grammar_is_refused(void)
{
    static const struct gh_text rows[] = {
        GH_TEXT_INIT("\r\n0\r\n\r\n"),
        GH_TEXT_INIT("x\r\n"),
        GH_TEXT_INIT(" 5\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5 \r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5 ;a\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\t\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("+5\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("-1\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("0x5\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT(";a\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\rhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\r\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5;a\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5;a\rb\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5;a\0\r\nhello\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\r\nhello0\r\n\r\n"),
        GH_TEXT_INIT("5\r\nhello\n0\r\n\r\n"),
        GH_TEXT_INIT("5\r\nhello\r0\r\n\r\n"),
        GH_TEXT_INIT("5\r\nhello!\r\n0\r\n\r\n"),
        GH_TEXT_INIT("5\r\nhell\r\n0\r\n\r\n"),
        GH_TEXT_INIT("0\r\nA: b\n\r\n"),
        GH_TEXT_INIT("0\r\nA: b\rc\r\n\r\n"),
        GH_TEXT_INIT("0\r\nA: \0\r\n\r\n"),
        GH_TEXT_INIT("0\r\n\n"),
        GH_TEXT_INIT("0\r\n\r\r"),
        GH_TEXT_INIT("8000000000000000\r\n"),
        GH_TEXT_INIT("ffffffffffffffff\r\n"),
        GH_TEXT_INIT("10000000000000005\r\n"),
        GH_TEXT_INIT("00000000000000005\r\nhello\r\n"),
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_decoded(rows[i], GH_MALFORMED, GH_TEXT(""), 0);
}

static void
the_largest_size_is_taken(void)
{
    struct gh_chunked chunked = {0};
    struct gh_text bytes = GH_TEXT("7fffffffffffffff\r\nab");
    struct gh_text content = {0};
    size_t used = 0;

    check_status(GH_OK, gh_chunked_decode(&chunked, bytes, &content, &used));
    check_text(GH_TEXT("ab"), content);
    check_number(bytes.len, used);
    check_number(INT64_MAX - 2, chunked.left);
}

/* What a text with n bytes of filling behind front comes to. */
static enum gh_status
filled(const char *front_z, size_t n, const char *back_z)
{
    static char at[MAX_CONTENT];
    static struct result result;
    size_t len = strlen(front_z);

    memcpy(at, front_z, len);
    memset(at + len, 'a', n);
    len += n;
    memcpy(at + len, back_z, strlen(back_z));
    len += strlen(back_z);
    decode((struct gh_text){.at = at, .len = len}, len, &result);
    return result.status;
}

static void
what_is_dropped_has_limits(void)
{
    check_status(GH_NONE, filled("0;", 255, "\r\n\r\n"));
    check_status(GH_LIMIT, filled("0;", 256, "\r\n\r\n"));
    /* Each chunk has its own extensions. */
    check_status(GH_NONE, filled("1;bbb\r\nx\r\n0;", 255, "\r\n\r\n"));
    check_status(GH_NONE, filled("0\r\n", 8192, "\r\n\r\n"));
    check_status(GH_LIMIT, filled("0\r\n", 8193, "\r\n\r\n"));
    check_status(GH_LIMIT, filled("0\r\nA: b\r\n", 8190, "\r\n\r\n"));
    /* Extensions do not count against trailers. */
    check_status(GH_NONE, filled("0;ext\r\n", 8192, "\r\n\r\n"));
}

static void
a_complete_body_stays_complete(void)
{
    struct gh_chunked chunked = {0};
    struct gh_text content = {0};
    size_t used = 0;

    check_status(GH_NONE, gh_chunked_decode(&chunked, GH_TEXT("0\r\n\r\n"),
                                            &content, &used));
    check_status(GH_NONE, gh_chunked_decode(&chunked, GH_TEXT("5\r\nhello"),
                                            &content, &used));
    check_number(0, used);
    check_number(0, content.len);
}

const struct check_case chunked_cases[] = {
    CHECK_CASE(content_comes_out_without_its_coding),
    CHECK_CASE(an_incomplete_body_is_never_complete),
    CHECK_CASE(what_breaks_the_grammar_is_refused),
    CHECK_CASE(the_largest_size_is_taken),
    CHECK_CASE(what_is_dropped_has_limits),
    CHECK_CASE(a_complete_body_stays_complete),
    {0},
};
