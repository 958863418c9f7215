/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of gateway/record. The input is what a web server sends.
 * Properties: whole, byte by byte, in pieces and with little room the events
 * are the same, and the same as a plain walk over the bytes says; nothing is
 * read past the end, nothing is lost, and only a wrong version is refused.
 */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_INPUT = 8192,
    MAX_NOTES = 8 * MAX_INPUT,
};

/* Everything that was reported, as bytes. Call lifetime, static for size. */
struct notes {
    enum gh_status status; /* of the last call */
    size_t len;
    char at[MAX_NOTES];
};

static void
note(struct notes *notes, const void *bytes, size_t n)
{
    gh_assert(notes->len + n <= MAX_NOTES);
    if (n > 0)
        memcpy(notes->at + notes->len, bytes, n);
    notes->len += n;
}

static void
note_header(struct notes *notes, unsigned type, unsigned id, unsigned len)
{
    const unsigned numbers[] = {type, id, len};

    note(notes, "H", 1);
    note(notes, numbers, sizeof(numbers));
}

static void
note_event(struct notes *notes, const struct gh_record_reader *reader,
           enum gh_record_event event, struct gh_text content)
{
    switch (event) {
    case GH_RECORD_HEADER:
        note_header(notes, reader->type, reader->id, reader->len);
        return;
    case GH_RECORD_CONTENT:
        note(notes, content.at, content.len);
        return;
    case GH_RECORD_END:
        note(notes, "E", 1);
        return;
    }
    gh_assert(false);
}

/* Reads one piece, which lies in memory of exactly its size. */
static void
read_piece(struct gh_record_reader *reader, struct gh_text piece, size_t max,
           struct notes *notes)
{
    char *copy = malloc(piece.len + 1);
    struct gh_text rest = {copy + 1, piece.len};
    enum gh_record_event event;
    struct gh_text content;

    gh_assert(copy != NULL);
    memcpy(copy + 1, piece.at, piece.len);
    while ((notes->status = gh_record_next(reader, &rest, max, &event,
                                           &content)) == GH_OK) {
        gh_assert(content.len <= max);
        gh_assert(content.len == 0 ||
                  (content.at > copy && content.at + content.len == rest.at));
        note_event(notes, reader, event, content);
    }
    gh_assert(notes->status != GH_NONE || rest.len == 0);
    free(copy);
}

static void
read_all(struct gh_text bytes, size_t piece_len, size_t max,
         struct notes *notes)
{
    struct gh_record_reader reader = {0};

    notes->status = GH_NONE;
    notes->len = 0;
    while (bytes.len > 0 && notes->status == GH_NONE) {
        read_piece(&reader, gh_text_first(bytes, piece_len), max, notes);
        bytes = gh_text_from(bytes, piece_len);
    }
}

/* The same from a walk that shares nothing with the reader. */
static void
walk(struct gh_text bytes, struct notes *notes)
{
    const unsigned char *b = (const unsigned char *)bytes.at;
    size_t at = 0;

    notes->status = GH_NONE;
    notes->len = 0;
    while (bytes.len - at >= 8) {
        size_t len = (size_t)b[at + 4] * 256 + b[at + 5];
        size_t left = bytes.len - at - 8;
        size_t whole = len + b[at + 6];

        if (b[at] != 1) {
            notes->status = GH_MALFORMED;
            return;
        }
        note_header(notes, b[at + 1], (unsigned)b[at + 2] * 256 + b[at + 3],
                    (unsigned)len);
        note(notes, b + at + 8, len < left ? len : left);
        if (left < len)
            return;
        note(notes, "E", 1);
        if (left < whole)
            return;
        at += 8 + whole;
    }
}

static void
check_same(const struct notes *a, const struct notes *b)
{
    gh_assert(a->status == b->status);
    gh_assert(a->len == b->len && memcmp(a->at, b->at, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {MAX_INPUT, 1, 2, 3, 7, 8, 9, 64};
    static const size_t rooms[] = {SIZE_MAX, 1, 5};
    struct gh_text bytes = gh_text_first(fuzz_text(data, size), MAX_INPUT);
    static struct notes expected;
    static struct notes seen;

    walk(bytes, &expected);
    for (size_t i = 0; i < GH_COUNT(pieces); i++) {
        for (size_t k = 0; k < GH_COUNT(rooms); k++) {
            read_all(bytes, pieces[i], rooms[k], &seen);
            check_same(&expected, &seen);
        }
    }
    return 0;
}
