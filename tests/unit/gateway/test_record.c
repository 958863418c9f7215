/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/record: the reader gives the same events however the bytes
 * arrive, and the writer's records read back. Each test writes what it sees
 * as one line of words: "H5:1:3 [abc] E" is a STDIN header for id 1 with three
 * bytes of content, the content, and the end.
 */
#include "record.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

/* What was seen. Content pieces that follow each other run together. */
struct transcript {
    char memory[4096];
    struct gh_buf buf;     /* over memory */
    bool is_in_content;    /* a bracket is open */
    enum gh_status status; /* of the last call */
};

static void
write_event(struct transcript *seen, const struct gh_record_reader *reader,
            enum gh_record_event event, struct gh_text content)
{
    if (event == GH_RECORD_CONTENT) {
        if (!seen->is_in_content)
            gh_buf_lit(&seen->buf, "[");
        seen->is_in_content = true;
        gh_buf_checked(&seen->buf, content);
        return;
    }
    if (seen->is_in_content)
        gh_buf_lit(&seen->buf, "] ");
    seen->is_in_content = false;
    if (event == GH_RECORD_END) {
        gh_buf_lit(&seen->buf, "E ");
        return;
    }
    gh_buf_lit(&seen->buf, "H");
    gh_buf_number(&seen->buf, reader->type);
    gh_buf_lit(&seen->buf, ":");
    gh_buf_number(&seen->buf, reader->id);
    gh_buf_lit(&seen->buf, ":");
    gh_buf_number(&seen->buf, reader->len);
    gh_buf_lit(&seen->buf, " ");
}

/* Feeds one piece until it is used up or refused. */
static void
feed(struct gh_record_reader *reader, struct gh_text piece, size_t max,
     struct transcript *seen)
{
    enum gh_record_event event;
    struct gh_text content;

    while ((seen->status =
                gh_record_next(reader, &piece, max, &event, &content)) == GH_OK)
        write_event(seen, reader, event, content);
    if (seen->status == GH_NONE)
        check_number(0, piece.len);
}

/* Reads bytes in pieces of that length. */
static struct gh_text
read_pieces(struct gh_text bytes, size_t piece_len, size_t max,
            struct transcript *seen)
{
    struct gh_record_reader reader = {0};

    *seen = (struct transcript){.status = GH_NONE};
    seen->buf = gh_buf_over(seen->memory, sizeof(seen->memory));
    while (bytes.len > 0 && seen->status == GH_NONE) {
        feed(&reader, gh_text_first(bytes, piece_len), max, seen);
        bytes = gh_text_from(bytes, piece_len);
    }
    return gh_buf_text(&seen->buf);
}

/* A stream of four records: with padding, empty, empty with padding, plain. */
static const struct gh_text stream =
    GH_TEXT_INIT("\x01\x04\x01\x02\x00\x03\x05\xff"
                 "abc"
                 "GET /"
                 "\x01\x05\x00\x01\x00\x00\x00\x00"
                 "\x01\x02\xff\xff\x00\x00\x02\x00zz"
                 "\x01\x2a\x00\x00\x00\x05\x00\x00hello");
static const struct gh_text stream_said =
    GH_TEXT_INIT("H4:258:3 [abc] E H5:1:0 E H2:65535:0 E H42:0:5 [hello] E ");

static void
FCGI_003_any_split_gives_the_same_events(void)
{
    struct transcript seen;

    for (size_t n = 1; n <= stream.len; n++) {
        check_text(stream_said, read_pieces(stream, n, SIZE_MAX, &seen));
        check_status(GH_NONE, seen.status);
    }
}

static void
content_comes_in_pieces_of_at_most_max(void)
{
    struct transcript seen;

    for (size_t max = 1; max < 8; max++)
        check_text(stream_said, read_pieces(stream, 64, max, &seen));
}

static void
FCGI_025_reserved_bytes_and_padding_content_are_ignored(void)
{
    char bytes[8 + 1 + 255 + 8];
    struct transcript seen;

    /* The padding is made of headers that would be records. */
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = "\x01\x01\x00\x07\x00\x00\x00\x00"[i % 8];
    memcpy(bytes, "\x01\x04\x00\x01\x00\x01\xff\xffx", 9);
    memcpy(bytes + sizeof(bytes) - 8, "\x01\x05\x00\x01\x00\x00\x00\xff", 8);
    for (size_t n = 1; n <= sizeof(bytes); n++)
        check_text(
            GH_TEXT("H4:1:1 [x] E H5:1:0 E "),
            read_pieces((struct gh_text){.at = bytes, .len = sizeof(bytes)}, n,
                        SIZE_MAX, &seen));
}

static void
FCGI_005_every_version_but_one_is_refused(void)
{
    char header[] = "\x01\x01\x00\x01\x00\x00\x00\x00";
    struct transcript seen;

    for (unsigned version = 0; version < 256; version++) {
        header[0] = (char)version;
        read_pieces((struct gh_text){.at = header, .len = 8}, 8, SIZE_MAX,
                    &seen);
        check_status(version == 1 ? GH_NONE : GH_MALFORMED, seen.status);
    }
}

static void
FCGI_007_words_of_http_are_refused(void)
{
    struct transcript seen;

    read_pieces(GH_TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 1, SIZE_MAX,
                &seen);
    check_status(GH_MALFORMED, seen.status);
}

static void
wrong_version_is_refused_in_the_second_record_too(void)
{
    struct transcript seen;

    read_pieces(GH_TEXT("\x01\x05\x00\x01\x00\x01\x02\x00"
                        "app"
                        "\x02\x05\x00\x01\x00\x00\x00\x00"),
                3, SIZE_MAX, &seen);
    check_status(GH_MALFORMED, seen.status);
    check_text(GH_TEXT("H5:1:1 [a] E "), gh_buf_text(&seen.buf));
}

static void
without_room_content_waits_and_nothing_is_lost(void)
{
    struct gh_record_reader reader = {0};
    struct gh_text bytes = GH_TEXT("\x01\x05\x00\x01\x00\x03\x00\x00xyz");
    enum gh_record_event event;
    struct gh_text content;

    check_status(GH_OK, gh_record_next(&reader, &bytes, 0, &event, &content));
    check_number(GH_RECORD_HEADER, event);
    for (int i = 0; i < 3; i++)
        check_status(GH_WAIT,
                     gh_record_next(&reader, &bytes, 0, &event, &content));
    check_number(3, bytes.len);
    check_status(GH_OK, gh_record_next(&reader, &bytes, 2, &event, &content));
    check_text(GH_TEXT("xy"), content);
    check_status(GH_OK, gh_record_next(&reader, &bytes, 2, &event, &content));
    check_text(GH_TEXT("z"), content);
}

static void
empty_record_needs_no_room_and_no_more_bytes(void)
{
    struct gh_record_reader reader = {0};
    struct gh_text bytes = GH_TEXT("\x01\x05\x00\x01\x00\x00\x03\x00");
    enum gh_record_event event;
    struct gh_text content;

    check_status(GH_OK, gh_record_next(&reader, &bytes, 0, &event, &content));
    check_number(GH_RECORD_HEADER, event);
    check_status(GH_OK, gh_record_next(&reader, &bytes, 0, &event, &content));
    check_number(GH_RECORD_END, event);
    check_status(GH_NONE, gh_record_next(&reader, &bytes, 0, &event, &content));
}

static void
reader_is_between_records_only_when_padding_is_over(void)
{
    struct gh_record_reader reader = {0};
    struct transcript seen = {0};

    seen.buf = gh_buf_over(seen.memory, sizeof(seen.memory));
    check(gh_record_is_between(&reader));
    feed(&reader, GH_TEXT("\x01"), SIZE_MAX, &seen);
    check(!gh_record_is_between(&reader));
    feed(&reader, GH_TEXT("\x05\x00\x01\x00\x01\x02\x00"), SIZE_MAX, &seen);
    check(!gh_record_is_between(&reader));
    feed(&reader, GH_TEXT("cp"), SIZE_MAX, &seen);
    check(!gh_record_is_between(&reader));
    feed(&reader, GH_TEXT("p"), SIZE_MAX, &seen);
    check(gh_record_is_between(&reader));
}

static void
largest_record_is_read_to_its_end(void)
{
    static char bytes[8 + UINT16_MAX + 255];
    struct gh_record_reader reader = {0};
    struct gh_text rest = {.at = bytes, .len = sizeof(bytes)};
    enum gh_record_event event = GH_RECORD_HEADER;
    struct gh_text content;
    size_t total = 0;

    memcpy(bytes, "\x01\x05\x00\x01\xff\xff\xff\x00", 8);
    while (gh_record_next(&reader, &rest, 1000, &event, &content) == GH_OK)
        total += content.len;
    check_number(UINT16_MAX, total);
    check_number(GH_RECORD_END, event);
    check(gh_record_is_between(&reader));
}

static void
records_that_are_written_read_back(void)
{
    char memory[64];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));
    struct transcript seen;

    gh_record_put_end(&buf, 0x1234, GH_PROTOCOL_UNKNOWN_ROLE);
    check_text(GH_TEXT("\x01\x03\x12\x34\x00\x08\x00\x00"
                       "\x00\x00\x00\x00\x03\x00\x00\x00"),
               gh_buf_text(&buf));
    buf.len = 0;
    gh_record_put_unknown_type(&buf, 42);
    check_text(GH_TEXT("\x01\x0b\x00\x00\x00\x08\x00\x00"
                       "\x2a\x00\x00\x00\x00\x00\x00\x00"),
               gh_buf_text(&buf));
    buf.len = 0;
    gh_record_put_header(&buf, GH_RECORD_STDIN, 65535, UINT16_MAX);
    check_text(GH_TEXT("H5:65535:65535 "),
               read_pieces(gh_buf_text(&buf), 8, SIZE_MAX, &seen));
}

static void
writer_without_room_writes_no_half_record(void)
{
    char memory[10];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_record_put_end(&buf, 1, GH_PROTOCOL_COMPLETE);
    check(buf.is_failed);
}

const struct check_case record_cases[] = {
    CHECK_CASE(FCGI_003_any_split_gives_the_same_events),
    CHECK_CASE(content_comes_in_pieces_of_at_most_max),
    CHECK_CASE(FCGI_025_reserved_bytes_and_padding_content_are_ignored),
    CHECK_CASE(FCGI_005_every_version_but_one_is_refused),
    CHECK_CASE(FCGI_007_words_of_http_are_refused),
    CHECK_CASE(wrong_version_is_refused_in_the_second_record_too),
    CHECK_CASE(without_room_content_waits_and_nothing_is_lost),
    CHECK_CASE(empty_record_needs_no_room_and_no_more_bytes),
    CHECK_CASE(reader_is_between_records_only_when_padding_is_over),
    CHECK_CASE(largest_record_is_read_to_its_end),
    CHECK_CASE(records_that_are_written_read_back),
    CHECK_CASE(writer_without_room_writes_no_half_record),
    {0},
};
