/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/params: what decodes, what is refused, that encoding gives
 * a stream which decodes to the same pairs, and that answers to GET_VALUES
 * stay small.
 */
#include "params.h"

#include <string.h>

#include "check.h"
#include "record.h"

#include "base/banned.h"

enum {
    MAX_PAIRS = 8,
    MAX_BYTES = 1024 * 1024,
};

static enum gh_status
decode(struct gh_text stream, struct gh_field slots[MAX_PAIRS],
       struct gh_fields *out)
{
    *out = (struct gh_fields){.at = slots, .cap = MAX_PAIRS};
    return gh_params_decode(stream, out);
}

static void
check_refused(struct gh_text stream, enum gh_status expected)
{
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs;

    check_status(expected, decode(stream, slots, &pairs));
}

static void
pairs_decode_in_their_order(void)
{
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs;

    check_status(GH_OK, decode(GH_TEXT("\x01\x02"
                                       "Abc"
                                       "\x02\x01"
                                       "Def"),
                               slots, &pairs));
    check_number(2, pairs.n);
    check_text(GH_TEXT("A"), slots[0].name);
    check_text(GH_TEXT("bc"), slots[0].value);
    check_text(GH_TEXT("De"), slots[1].name);
    check_text(GH_TEXT("f"), slots[1].value);
}

static void
pairs_without_a_value_are_checked_and_left_out(void)
{
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs;

    check_status(GH_OK, decode(GH_TEXT("\x01\x00"
                                       "A"
                                       "\x01\x01"
                                       "Bv"
                                       "\x01\x00"
                                       "C"),
                               slots, &pairs));
    check_number(1, pairs.n);
    check_text(GH_TEXT("B"), slots[0].name);
    check_refused(GH_TEXT("\x01\x00="), GH_MALFORMED);
    check_refused(GH_TEXT("\x00\x00"), GH_MALFORMED);
}

static void
empty_stream_has_no_pairs(void)
{
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs;

    check_status(GH_OK, decode(GH_TEXT(""), slots, &pairs));
    check_number(0, pairs.n);
}

static void
FCGI_019_length_beyond_the_stream_is_refused(void)
{
    check_refused(GH_TEXT("\x7f\x00"
                          "abc"),
                  GH_MALFORMED);
    check_refused(GH_TEXT("\x01\x04"
                          "Nabc"),
                  GH_MALFORMED);
    check_refused(GH_TEXT("\x01"), GH_MALFORMED);
    check_refused(GH_TEXT("\x80\x00\x00"), GH_MALFORMED);
    check_refused(GH_TEXT("\x01\x80\x00\x00"), GH_MALFORMED);
}

static void
FCGI_019_largest_lengths_are_refused_without_overflow(void)
{
    /* CVE-2025-23016: the sum of both wraps in 32 bits. */
    check_refused(GH_TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"
                          "abc"),
                  GH_MALFORMED);
    check_refused(GH_TEXT("\xff\xff\xff\xff\x01"
                          "abc"),
                  GH_MALFORMED);
    check_refused(GH_TEXT("\x01\xff\xff\xff\xff"
                          "abc"),
                  GH_MALFORMED);
    check_refused(GH_TEXT("\x7f\xff\xff\xff\x7f\xff\xff\xff"
                          "abc"),
                  GH_MALFORMED);
}

static void
FCGI_021_long_form_of_a_small_length_is_accepted(void)
{
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs;

    check_status(GH_OK, decode(GH_TEXT("\x80\x00\x00\x04\x01"
                                       "NAMEv"),
                               slots, &pairs));
    check_number(1, pairs.n);
    check_text(GH_TEXT("NAME"), slots[0].name);
    check_text(GH_TEXT("v"), slots[0].value);
}

static void
names_that_are_no_names_are_refused(void)
{
    char stream[] = "\x03\x01"
                    "AxBv";

    check_refused(GH_TEXT("\x00\x01"
                          "v"),
                  GH_MALFORMED);
    for (unsigned c = 0; c < 256; c++) {
        stream[3] = (char)c;
        check_refused((struct gh_text){.at = stream, .len = 6},
                      c > 0x20 && c < 0x7f && c != '=' ? GH_OK : GH_MALFORMED);
    }
}

static void
NUL_in_a_value_is_refused_and_no_other_byte(void)
{
    char stream[] = "\x01\x03"
                    "Naxb";

    for (unsigned c = 0; c < 256; c++) {
        stream[4] = (char)c;
        check_refused((struct gh_text){.at = stream, .len = 6},
                      c == 0 ? GH_MALFORMED : GH_OK);
    }
}

static void
more_pairs_than_there_is_room_for_are_over_the_limit(void)
{
    char stream[4 * (MAX_PAIRS + 1)];

    for (size_t i = 0; i < sizeof(stream); i++)
        stream[i] = "\x01\x01Nv"[i % 4];
    check_refused((struct gh_text){.at = stream, .len = sizeof(stream) - 4},
                  GH_OK);
    check_refused((struct gh_text){.at = stream, .len = sizeof(stream)},
                  GH_LIMIT);
}

/* Collects the content of the PARAMS records of one request; checks the
 * records around them. */
static struct gh_text
params_of(struct gh_text bytes, char *memory)
{
    struct gh_record_reader reader = {0};
    struct gh_buf stream = gh_buf_over(memory, MAX_BYTES);
    enum gh_record_event event = GH_RECORD_END;
    struct gh_text content;
    bool is_ended = false;

    while (gh_record_next(&reader, &bytes, SIZE_MAX, &event, &content) ==
           GH_OK) {
        check_number(7, reader.id);
        if (event == GH_RECORD_CONTENT && reader.type == GH_RECORD_PARAMS)
            gh_buf_checked(&stream, content);
        if (event == GH_RECORD_CONTENT &&
            reader.type == GH_RECORD_BEGIN_REQUEST)
            check_text(GH_TEXT("\x00\x01\x01\x00\x00\x00\x00\x00"), content);
        is_ended = reader.type == GH_RECORD_PARAMS && reader.len == 0;
    }
    check(is_ended && gh_record_is_between(&reader));
    return gh_buf_text(&stream);
}

/* Encodes, reads the records, decodes, compares. */
static void
check_round_trip(const struct gh_fields *pairs)
{
    static char encoded[MAX_BYTES];
    static char stream[MAX_BYTES];
    size_t size = gh_params_size(pairs);
    struct gh_buf buf = gh_buf_over(encoded, size);
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields again;

    if (!check(size <= sizeof(encoded)))
        return;
    gh_params_encode(&buf, 7, pairs);
    check(!buf.is_failed);
    check_status(GH_OK,
                 decode(params_of(gh_buf_text(&buf), stream), slots, &again));
    if (!check_number(pairs->n, again.n))
        return;
    for (size_t i = 0; i < pairs->n; i++) {
        check_text(pairs->at[i].name, again.at[i].name);
        check_text(pairs->at[i].value, again.at[i].value);
    }
}

static void
encoded_request_decodes_to_the_same_pairs(void)
{
    struct gh_field slots[] = {
        {GH_TEXT_INIT("REQUEST_METHOD"), GH_TEXT_INIT("GET")},
        {GH_TEXT_INIT("DOT"), GH_TEXT_INIT(".")},
        {GH_TEXT_INIT("HTTP_X"), GH_TEXT_INIT("a\x01=\xff\r\nb")},
        {GH_TEXT_INIT("HTTP_X"), GH_TEXT_INIT("again")},
    };
    struct gh_fields pairs = {.at = slots, .n = 4, .cap = 4};

    check_round_trip(&pairs);
    pairs.n = 0;
    check_round_trip(&pairs);
}

static void
SIZE_005_values_of_any_length_survive_encoding(void)
{
    static char long_value[200 * 1024];
    static const size_t lengths[] = {
        1,     126,   127,   128,   129,   65514,   65528,
        65530, 65535, 65536, 65537, 70000, 0x1ffff, sizeof(long_value)};

    memset(long_value, 'v', sizeof(long_value));
    for (size_t i = 0; i < GH_COUNT(lengths); i++) {
        struct gh_text value = {.at = long_value, .len = lengths[i]};
        struct gh_field slots[] = {
            {GH_TEXT_INIT("A"), value},
            {GH_TEXT_INIT("SHORT"), GH_TEXT_INIT("s")},
        };
        struct gh_fields pairs = {.at = slots, .n = 2, .cap = 2};

        check_round_trip(&pairs);
    }
}

static void
many_pairs_are_spread_over_several_records(void)
{
    static char long_value[30 * 1024];
    struct gh_text value = {.at = long_value, .len = sizeof(long_value)};
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs = {.at = slots, .n = MAX_PAIRS, .cap = MAX_PAIRS};

    memset(long_value, 'w', sizeof(long_value));
    for (size_t i = 0; i < MAX_PAIRS; i++)
        slots[i] = (struct gh_field){GH_TEXT("NAME"), value};
    check_round_trip(&pairs);
}

/* The whole GET_VALUES_RESULT for a question. */
static struct gh_text
answer(struct gh_text asked, struct gh_buf *buf)
{
    gh_params_answer_values(buf, asked, 4096);
    check(!buf->is_failed);
    return gh_buf_text(buf);
}

#define ASK_MPXS                                                               \
    "\x0f\x00"                                                                 \
    "FCGI_MPXS_CONNS"

static void
FCGI_027_value_asked_for_four_times_is_answered_once(void)
{
    char memory[256];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    check_text(GH_TEXT("\x01\x0a\x00\x00\x00\x12\x00\x00"
                       "\x0f\x01"
                       "FCGI_MPXS_CONNS"
                       "0"),
               answer(GH_TEXT(ASK_MPXS ASK_MPXS ASK_MPXS ASK_MPXS), &buf));
}

static void
every_known_value_is_answered_and_unknown_ones_are_not(void)
{
    char memory[256];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    check_text(GH_TEXT("\x01\x0a\x00\x00\x00\x39\x00\x00"
                       "\x0e\x04"
                       "FCGI_MAX_CONNS4096"
                       "\x0d\x04"
                       "FCGI_MAX_REQS4096"
                       "\x0f\x01"
                       "FCGI_MPXS_CONNS0"),
               answer(GH_TEXT("\x0d\x00"
                              "FCGI_MAX_REQS"
                              "\x05\x00"
                              "OTHER" ASK_MPXS "\x0e\x02"
                              "FCGI_MAX_CONNS99"),
                      &buf));
}

static void
question_that_does_not_decode_asks_for_nothing(void)
{
    char memory[256];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));
    struct gh_text nothing = GH_TEXT("\x01\x0a\x00\x00\x00\x00\x00\x00");

    check_text(nothing, answer(GH_TEXT("\xff"), &buf));
    buf.len = 0;
    check_text(nothing, answer(GH_TEXT(""), &buf));
}

const struct check_case params_cases[] = {
    CHECK_CASE(pairs_decode_in_their_order),
    CHECK_CASE(pairs_without_a_value_are_checked_and_left_out),
    CHECK_CASE(empty_stream_has_no_pairs),
    CHECK_CASE(FCGI_019_length_beyond_the_stream_is_refused),
    CHECK_CASE(FCGI_019_largest_lengths_are_refused_without_overflow),
    CHECK_CASE(FCGI_021_long_form_of_a_small_length_is_accepted),
    CHECK_CASE(names_that_are_no_names_are_refused),
    CHECK_CASE(NUL_in_a_value_is_refused_and_no_other_byte),
    CHECK_CASE(more_pairs_than_there_is_room_for_are_over_the_limit),
    CHECK_CASE(encoded_request_decodes_to_the_same_pairs),
    CHECK_CASE(SIZE_005_values_of_any_length_survive_encoding),
    CHECK_CASE(many_pairs_are_spread_over_several_records),
    CHECK_CASE(FCGI_027_value_asked_for_four_times_is_answered_once),
    CHECK_CASE(every_known_value_is_answered_and_unknown_ones_are_not),
    CHECK_CASE(question_that_does_not_decode_asks_for_nothing),
    {0},
};
