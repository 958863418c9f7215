/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/form. The input is a form body and a Content-Type.
 * Properties: what comes in is of its declared kind and length, what is
 * required is there, nothing is written past what was declared, and the values
 * encoded anew and parsed again are the same values.
 */
#include "web/form.h"

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

#include "base/banned.h"

static const struct gh_form_input inputs[] = {
    {GH_TEXT_INIT("a"), GH_INPUT_TEXT, 16, true},
    {GH_TEXT_INIT("password"), GH_INPUT_SECRET, 64, false},
    {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, 8, false},
    {GH_TEXT_INIT("return_to"), GH_INPUT_TEXT, 32, false},
};

enum {
    N_INPUTS = GH_COUNT(inputs),
    BODY_SIZE = 4096, /* for the values encoded anew */
};

/* Printable, or no ASCII at all: checked byte by byte, beside the UTF-8. */
static bool
has_control(struct gh_text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];

        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

static bool
is_token(struct gh_text value)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t i = 0; i < value.len; i++) {
        if (memchr(alphabet, value.at[i], sizeof(alphabet) - 1) == NULL)
            return false;
    }
    return true;
}

static void
assert_kind(struct gh_text value, enum gh_input_kind kind)
{
    switch (kind) {
    case GH_INPUT_TEXT:
        gh_assert(gh_text_is_utf8(value) && !has_control(value));
        break;
    case GH_INPUT_SECRET:
        gh_assert(gh_text_is_utf8(value));
        break;
    case GH_INPUT_TOKEN:
        gh_assert(is_token(value));
        break;
    }
}

/* The values as a body, written by the one door for URLs. */
static struct gh_text
encode(const struct gh_text *values, struct gh_buf *body)
{
    for (size_t i = 0; i < N_INPUTS; i++) {
        if (values[i].at == NULL)
            continue;
        if (body->len > 0)
            gh_buf_lit(body, "&");
        gh_buf_url(body, inputs[i].name);
        gh_buf_lit(body, "=");
        gh_buf_url(body, values[i]);
    }
    gh_assert(!body->is_failed);
    return gh_buf_text(body);
}

static void
assert_round_trip(struct gh_arena *arena, const struct gh_text *values)
{
    struct gh_text again[N_INPUTS];
    char memory[BODY_SIZE];
    struct gh_buf body = gh_buf_over(memory, sizeof(memory));

    gh_assert(gh_form_parse(arena, encode(values, &body), inputs, N_INPUTS,
                            again) == GH_OK);
    for (size_t i = 0; i < N_INPUTS; i++) {
        gh_assert((values[i].at == NULL) == (again[i].at == NULL));
        gh_assert(gh_text_equal(values[i], again[i]));
    }
}

static void
check_body(struct gh_text body)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text values[N_INPUTS + 1];
    const struct gh_text guard = GH_TEXT("guard");
    enum gh_status status;

    values[N_INPUTS] = guard;
    gh_arena_init(&arena, 8 * body.len + 128 * 1024);
    status = gh_form_parse(&arena, body, inputs, N_INPUTS, values);
    gh_assert(values[N_INPUTS].at == guard.at);
    gh_assert(status == GH_OK || status == GH_MALFORMED || status == GH_LIMIT);
    if (status != GH_OK)
        return;

    for (size_t i = 0; i < N_INPUTS; i++) {
        gh_assert(values[i].len <= inputs[i].max_len);
        gh_assert(values[i].at != NULL || !inputs[i].is_required);
        assert_kind(values[i], inputs[i].kind);
    }
    assert_round_trip(&arena, values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text text = fuzz_text(data, size);

    check_body(text);
    if (gh_form_is_type(text))
        gh_assert(fuzz_contains_nocase(
            text, GH_TEXT("application/x-www-form-urlencoded")));
    return 0;
}
