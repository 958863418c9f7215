/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of gateway/params. The input is a PARAMS stream, and the
 * content of a GET_VALUES record. Properties: what decodes lies inside the
 * stream, has sane names and values, and encodes to records whose content
 * decodes to the same pairs; the announced size is enough; an answer to
 * GET_VALUES is short whatever was asked.
 */
#include "params.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "record.h"

#include "base/banned.h"

enum {
    MAX_PAIRS = 64,
    MAX_STREAM = 512 * 1024,
    MAX_ANSWER = 8 + 3 * 40, /* header, three names and numbers */
};

/* Names are visible ASCII without "=", values have no NUL; both inside. */
static void
check_pair(struct gh_text stream, const struct gh_field *pair)
{
    gh_assert(pair->name.len > 0);
    gh_assert(pair->name.at >= stream.at &&
              pair->name.at + pair->name.len <= stream.at + stream.len);
    gh_assert(pair->value.at == pair->name.at + pair->name.len);
    gh_assert(pair->value.at + pair->value.len <= stream.at + stream.len);
    for (size_t i = 0; i < pair->name.len; i++)
        gh_assert(pair->name.at[i] > 0x20 && pair->name.at[i] < 0x7f &&
                  pair->name.at[i] != '=');
    gh_assert(pair->value.len == 0 ||
              memchr(pair->value.at, '\0', pair->value.len) == NULL);
}

/* The content of the PARAMS records of one encoded request. */
static struct gh_text
params_of(struct gh_text bytes, char *memory)
{
    struct gh_buf stream = gh_buf_over(memory, MAX_STREAM);
    const unsigned char *b = (const unsigned char *)bytes.at;
    size_t at = 16; /* BEGIN_REQUEST */

    gh_assert(bytes.len >= 24 && b[1] == GH_RECORD_BEGIN_REQUEST && b[5] == 8);
    while (at + 8 <= bytes.len) {
        size_t len = (size_t)b[at + 4] * 256 + b[at + 5];

        gh_assert(b[at] == 1 && b[at + 1] == GH_RECORD_PARAMS);
        gh_assert(b[at + 2] * 256 + b[at + 3] == 513 && b[at + 6] == 0);
        gh_assert(len <= bytes.len - at - 8);
        /* Only the last record is empty. */
        gh_assert((len == 0) == (at + 8 == bytes.len));
        gh_buf_checked(&stream,
                       gh_text_first(gh_text_from(bytes, at + 8), len));
        at += 8 + len;
    }
    gh_assert(at == bytes.len && !stream.is_failed);
    return gh_buf_text(&stream);
}

static void
check_round_trip(const struct gh_fields *pairs)
{
    static char memory[MAX_STREAM];
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields again = {.at = slots, .cap = MAX_PAIRS};
    size_t size = gh_params_size(pairs);
    char *encoded = malloc(size);
    struct gh_buf buf = gh_buf_over(encoded, size);

    gh_assert(encoded != NULL);
    gh_params_encode(&buf, 513, pairs);
    gh_assert(!buf.is_failed);
    gh_assert(gh_params_decode(params_of(gh_buf_text(&buf), memory), &again) ==
              GH_OK);
    gh_assert(again.n == pairs->n);
    for (size_t i = 0; i < pairs->n; i++) {
        gh_assert(gh_text_equal(pairs->at[i].name, again.at[i].name));
        gh_assert(gh_text_equal(pairs->at[i].value, again.at[i].value));
    }
    free(encoded);
}

static void
check_answer(struct gh_text asked)
{
    char memory[MAX_ANSWER];
    struct gh_buf buf = gh_buf_over(memory, sizeof(memory));

    gh_params_answer_values(&buf, asked, 1000000);
    gh_assert(!buf.is_failed && buf.len >= 8);
    gh_assert(memory[1] == GH_RECORD_GET_VALUES_RESULT);
    gh_assert((size_t)(unsigned char)memory[5] == buf.len - 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text stream = fuzz_text(data, size);
    struct gh_field slots[MAX_PAIRS];
    struct gh_fields pairs = {.at = slots, .cap = MAX_PAIRS};
    enum gh_status status;

    if (size > MAX_STREAM / 2)
        return 0;
    status = gh_params_decode(stream, &pairs);
    gh_assert(status == GH_OK || status == GH_MALFORMED || status == GH_LIMIT);
    for (size_t i = 0; i < pairs.n; i++)
        check_pair(stream, &pairs.at[i]);
    if (status == GH_OK)
        check_round_trip(&pairs);
    check_answer(stream);
    return 0;
}
