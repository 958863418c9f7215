/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads of responses. Every case is also fed byte by byte, which must not
 * change its result. Attack ids are those of the group BACK.
 */
#include "web/answer.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 4 * 1024 * 1024,
};

static const struct gh_answer_limits usual = {
    .max_head = 64 * 1024,
    .max_fields = 200,
};

/* Parses more and more of bytes until the answer is not GH_WAIT; that must be
 * what the whole text gives. */
static enum gh_status
parse(struct gh_arena *arena, struct gh_text bytes, bool is_head,
      struct gh_answer_head *out, size_t *used)
{
    struct gh_answer_head grown;
    size_t grown_used = 0;
    enum gh_status status = GH_WAIT;
    enum gh_status whole =
        gh_answer_parse(arena, bytes, is_head, &usual, out, used);

    for (size_t len = 0; len <= bytes.len && status == GH_WAIT; len++)
        status = gh_answer_parse(arena, gh_text_first(bytes, len), is_head,
                                 &usual, &grown, &grown_used);
    check_status(whole, status);
    if (status == GH_OK && whole == GH_OK) {
        check_number(*used, grown_used);
        check_number(out->fields.n, grown.fields.n);
    }
    return whole;
}

static void
check_heads(enum gh_status expected, const struct gh_text *rows, size_t n)
{
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < n; i++) {
        struct gh_answer_head head = {.status = 77};
        size_t used = 77;

        if (!check_status(expected,
                          parse(&arena, rows[i], false, &head, &used)))
            check_text(GH_TEXT("(the status of)"), rows[i]);
        if (expected != GH_OK)
            check(head.status == 77 && used == 77);
    }
    gh_arena_done(&arena);
}

static void
an_ordinary_head_is_read(void)
{
    char bytes[] = "HTTP/1.1 404 Not Found\r\n"
                   "Content-Type: text/html\r\n"
                   "X-Empty:\r\n"
                   "x-space: \t a  b\t \r\n"
                   "Content-Length: 5\r\n"
                   "\r\n"
                   "hello";
    struct gh_answer_head head = {0};
    size_t used = 0;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    check_status(GH_OK,
                 parse(&arena, gh_text_of_z(bytes), false, &head, &used));
    check_number(sizeof(bytes) - 1 - 5, used);
    /* Names and values are copies. */
    memset(bytes, '!', sizeof(bytes));
    check_number(404, head.status);
    check_number(4, head.fields.n);
    check_text(GH_TEXT("Content-Type"), head.fields.at[0].name);
    check_text(GH_TEXT("text/html"), head.fields.at[0].value);
    check_text(GH_TEXT("X-Empty"), head.fields.at[1].name);
    check_text(GH_TEXT(""), head.fields.at[1].value);
    check_text(GH_TEXT("a  b"), head.fields.at[2].value);
    check_number(GH_BODY_LENGTH, head.body);
    check_number(5, head.length);
    check_number(5, head.declared);
    check(head.has_length);
    check(head.is_keepable);
    gh_arena_done(&arena);
}

/* What the framing of a head must come out as. */
struct framed {
    const char *head_z;     /* without the last CRLF */
    bool is_head;           /* the request was HEAD */
    enum gh_body_kind body; /* expected */
    uint64_t declared;      /* expected; 0 also for none */
    bool is_keepable;       /* expected */
};

static void
check_framed(const struct framed *rows, size_t n)
{
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < n; i++) {
        struct gh_answer_head head = {0};
        struct gh_text text;
        char at[256];
        size_t len = strlen(rows[i].head_z);
        size_t used;
        bool is_length = rows[i].body == GH_BODY_LENGTH;

        memcpy(at, rows[i].head_z, len);
        memcpy(at + len, "\r\n", 2);
        text = (struct gh_text){.at = at, .len = len + 2};
        if (!check_status(GH_OK,
                          parse(&arena, text, rows[i].is_head, &head, &used)))
            check_text(GH_TEXT("(a head)"), text);
        if (!check_number(rows[i].body, head.body))
            check_text(GH_TEXT("(the body of)"), text);
        check_number(rows[i].declared, head.declared);
        check_number(is_length ? rows[i].declared : 0, head.length);
        check_number(rows[i].is_keepable, head.is_keepable);
    }
    gh_arena_done(&arena);
}

static void
the_end_of_the_body_is_known(void)
{
    static const struct framed rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", false, GH_BODY_LENGTH, 5,
         true},
        {"HTTP/1.1 200 OK\r\ncontent-length:0005 \r\n", false, GH_BODY_LENGTH,
         5, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n", false,
         GH_BODY_LENGTH, INT64_MAX, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", false, GH_BODY_NONE, 0,
         true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", false,
         GH_BODY_CHUNKED, 0, true},
        {"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING:CHUNKED\r\n", false,
         GH_BODY_CHUNKED, 0, true},
        {"HTTP/1.1 200 OK\r\n", false, GH_BODY_CLOSE, 0, false},
        /* BACK-019 */
        {"HTTP/1.1 204 No Content\r\n", false, GH_BODY_NONE, 0, true},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n", false,
         GH_BODY_NONE, 5, false},
        {"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n", false,
         GH_BODY_NONE, 0, false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", false,
         GH_BODY_NONE, 5, false},
        {"HTTP/1.1 304 Not Modified\r\n", false, GH_BODY_NONE, 0, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", true, GH_BODY_NONE, 5,
         false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", true,
         GH_BODY_NONE, 0, false},
        {"HTTP/1.1 200 OK\r\n", true, GH_BODY_NONE, 0, true},
        {"HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n", false, GH_BODY_LENGTH,
         2, true},
    };

    check_framed(rows, GH_COUNT(rows));
}

static void
a_connection_is_kept_only_when_nothing_speaks_against_it(void)
{
    static const struct framed rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n", false,
         GH_BODY_LENGTH, 5, false},
        {"HTTP/1.1 200 OK\r\nConnection: X-A, Close\r\nContent-Length: 5\r\n",
         false, GH_BODY_LENGTH, 5, false},
        {"HTTP/1.1 200 OK\r\nConnection: a\r\nConnection: close\r\n"
         "Content-Length: 5\r\nConnection: keep-alive\r\n",
         false, GH_BODY_LENGTH, 5, false},
        {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n",
         false, GH_BODY_LENGTH, 5, true},
        /* BACK-035 */
        {"HTTP/1.0 200 OK\r\n", false, GH_BODY_CLOSE, 0, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n", false, GH_BODY_LENGTH, 5,
         false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n",
         false, GH_BODY_LENGTH, 5, false},
    };

    check_framed(rows, GH_COUNT(rows));
}

static void
status_lines_are_read_strictly(void)
{
    static const struct gh_text refused[] = {
        GH_TEXT_INIT("Content-Type: text/html\r\n\r\nx"), /* BACK-005 */
        GH_TEXT_INIT("\r\n\r\n"),
        GH_TEXT_INIT("\r\nHTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("<html>"),
        GH_TEXT_INIT("HTTP/0.9 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/2 200\r\n\r\n"),
        GH_TEXT_INIT("HTTP/2.0 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.2 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.10 200 OK\r\n\r\n"),
        GH_TEXT_INIT("http/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT(" HTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 99 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 099 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 000 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 600 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 999 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 2000 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 20 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 2x0 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 +20 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1  200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1\t200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200\tOK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 \r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 20\r\n\r\n"),
        /* BACK-007 */
        GH_TEXT_INIT("HTTP/1.1 200 OK\0 evil\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\x7f\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\rX: y\r\n\r\n"),
    };
    static const struct gh_text accepted[] = {
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 \r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 599 H\xc3\xb6\t x\r\n\r\n"),
    };

    check_heads(GH_MALFORMED, refused, GH_COUNT(refused));
    check_heads(GH_OK, accepted, GH_COUNT(accepted));
}

#define HEAD(fields) GH_TEXT_INIT("HTTP/1.1 200 OK\r\n" fields "\r\n\r\n")

static void
field_lines_are_read_strictly(void)
{
    static const struct gh_text refused[] = {
        /* BACK-009 */
        HEAD("X-A: 1\rSet-Cookie: a=b"),
        HEAD("X-A: 1\nSet-Cookie: a=b"),
        HEAD("X-A: 1\0"),
        HEAD("X-A: 1\x01"),
        HEAD("X-A: 1\x7f"),
        HEAD("X-A: 1\r"),
        HEAD("X-A: 1\r\n folded"),
        HEAD("X-A: 1\r\n\tfolded"),
        HEAD(" X-A: 1"),
        HEAD("X-A : 1"),
        HEAD("X-A\t: 1"),
        HEAD("X A: 1"),
        HEAD(": 1"),
        HEAD("X-A"),
        HEAD("X-A\0: 1"),
        HEAD("X\x80: 1"),
        HEAD("X(A): 1"),
        HEAD("HTTP/1.1 200 OK"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\n\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\nA: b\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\nA: b\r\n\n"),
        GH_TEXT_INIT("HTTP/1.1 200 OK\r\n\n"),
    };
    static const struct gh_text accepted[] = {
        HEAD("X-A: \x80\xff"),
        HEAD("!#$%&'*+-.^_`|~09azAZ: 1"),
        HEAD("X-A:::"),
    };

    check_heads(GH_MALFORMED, refused, GH_COUNT(refused));
    check_heads(GH_OK, accepted, GH_COUNT(accepted));
}

static void
doubtful_framing_is_refused(void)
{
    static const struct gh_text refused[] = {
        /* BACK-011 */
        HEAD("Content-Length: 5\r\nContent-Length: 6"),
        HEAD("Content-Length: 5\r\ncontent-length: 5"),
        HEAD("Content-Length: 5, 6"),
        HEAD("Content-Length: 5, 5"),
        HEAD("Content-Length: +5"),
        HEAD("Content-Length: -1"),
        HEAD("Content-Length: 0x5"),
        HEAD("Content-Length: 5_0"),
        HEAD("Content-Length: 5 0"),
        HEAD("Content-Length: 5."),
        HEAD("Content-Length:"),
        HEAD("Content-Length: 9223372036854775808"),
        HEAD("Content-Length: 18446744073709551616"),
        HEAD("Content-Length: 18446744073709551621"),
        /* BACK-013 */
        HEAD("Transfer-Encoding: gzip, chunked"),
        HEAD("Transfer-Encoding: chunked, chunked"),
        HEAD("Transfer-Encoding: ,chunked"),
        HEAD("Transfer-Encoding: chunked,"),
        HEAD("Transfer-Encoding: chunked;a=b"),
        HEAD("Transfer-Encoding: \"chunked\""),
        HEAD("Transfer-Encoding: identity"),
        HEAD("Transfer-Encoding: xchunked"),
        HEAD("Transfer-Encoding:\x0b"
             "chunked"),
        HEAD("Transfer-Encoding:"),
        HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        HEAD("Transfer-Encoding: chunked\r\nContent-Length: 5"),
        HEAD("Content-Length: 5\r\nTransfer-Encoding: chunked"),
        GH_TEXT_INIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    };

    check_heads(GH_MALFORMED, refused, GH_COUNT(refused));
}

static void
interim_heads_are_skipped(void)
{
    static const struct gh_text bytes =
        GH_TEXT_INIT("HTTP/1.1 100 Continue\r\n\r\n"
                     "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    /* 101 is refused at once, the others when the final head is there. */
    static const struct gh_text refused[] = {
        GH_TEXT_INIT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 Continue\r\n\r\nx"),
        GH_TEXT_INIT("HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n"
                     "HTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "HTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 C\r\nX A: 1\r\n\r\n"
                     "HTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 C\0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        GH_TEXT_INIT("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 101 S\r\n\r\n"),
    };
    struct gh_answer_head head = {0};
    size_t used = 0;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    check_status(GH_OK, parse(&arena, bytes, false, &head, &used));
    check_number(200, head.status);
    check_number(1, head.fields.n);
    check_number(bytes.len - 1, used);
    gh_arena_done(&arena);
    check_heads(GH_MALFORMED, refused, GH_COUNT(refused));
}

/* n interim heads and a final one. */
static enum gh_status
after_interim(size_t n)
{
    static const char interim[] = "HTTP/1.1 100 \r\n\r\n";
    static const char final[] = "HTTP/1.1 204 \r\n\r\n";
    const size_t size = sizeof(interim) - 1;
    char at[16 * sizeof(interim)];
    struct gh_answer_head head;
    size_t used;
    struct gh_arena arena;
    enum gh_status status;

    for (size_t i = 0; i <= n; i++)
        memcpy(at + i * size, i < n ? interim : final, size);
    gh_arena_init(&arena, ARENA_CAP);
    status = parse(&arena, (struct gh_text){.at = at, .len = (n + 1) * size},
                   false, &head, &used);
    gh_arena_done(&arena);
    return status;
}

static void
there_are_at_most_ten_interim_heads(void)
{
    check_status(GH_OK, after_interim(10));
    check_status(GH_LIMIT, after_interim(11));
}

/* The result for a text under limits of its own. */
static enum gh_status
limited(struct gh_text bytes, size_t max_head, size_t max_fields)
{
    struct gh_answer_limits limits = {.max_head = max_head,
                                      .max_fields = max_fields};
    struct gh_answer_head head;
    size_t used;
    struct gh_arena arena;
    enum gh_status status;

    gh_arena_init(&arena, ARENA_CAP);
    status = gh_answer_parse(&arena, bytes, false, &limits, &head, &used);
    gh_arena_done(&arena);
    return status;
}

static void
heads_have_limits(void)
{
    struct gh_text two = GH_TEXT("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n");
    struct gh_text interim = GH_TEXT("HTTP/1.1 100 \r\nA: 1\r\n\r\n"
                                     "HTTP/1.1 200 \r\nB: 2\r\n\r\n");

    check_status(GH_OK, limited(two, two.len, 2));
    check_status(GH_LIMIT, limited(two, two.len - 1, 2));
    check_status(GH_LIMIT, limited(two, two.len, 1));
    check_status(GH_OK, limited(GH_TEXT("HTTP/1.1 200 \r\n\r\n"), 100, 0));
    /* Known before the end has come. */
    check_status(GH_LIMIT, limited(gh_text_first(two, two.len - 2), 100, 1));
    check_status(GH_WAIT, limited(gh_text_first(two, two.len - 1), 100, 2));
    check_status(GH_LIMIT, limited(gh_text_first(two, 20), 20, 2));
    check_status(GH_WAIT, limited(gh_text_first(two, 19), 20, 2));
    /* 1xx heads count. */
    check_status(GH_OK, limited(interim, interim.len, 2));
    check_status(GH_LIMIT, limited(interim, interim.len - 1, 2));
    check_status(GH_LIMIT, limited(interim, interim.len, 1));
}

static void
an_exhausted_arena_is_a_fault(void)
{
    struct gh_answer_head head;
    size_t used;
    struct gh_arena arena;

    gh_arena_init(&arena, 16);
    check_status(GH_FAULT_MEMORY,
                 gh_answer_parse(&arena, GH_TEXT("HTTP/1.1 200 \r\n\r\n"),
                                 false, &usual, &head, &used));
    gh_arena_done(&arena);
}

const struct check_case answer_cases[] = {
    CHECK_CASE(an_ordinary_head_is_read),
    CHECK_CASE(the_end_of_the_body_is_known),
    CHECK_CASE(a_connection_is_kept_only_when_nothing_speaks_against_it),
    CHECK_CASE(status_lines_are_read_strictly),
    CHECK_CASE(field_lines_are_read_strictly),
    CHECK_CASE(doubtful_framing_is_refused),
    CHECK_CASE(interim_heads_are_skipped),
    CHECK_CASE(there_are_at_most_ten_interim_heads),
    CHECK_CASE(heads_have_limits),
    CHECK_CASE(an_exhausted_arena_is_a_fault),
    {0},
};
