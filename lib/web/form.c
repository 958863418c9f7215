/* SPDX-License-Identifier: Apache-2.0
 *
 * Form bodies against a table of declared inputs (WHATWG URL, section 5).
 * Owns nothing; values live in the arena given. Refuses everything that is
 * not declared: unknown names, repetitions, bytes of the wrong kind, lengths
 * over the declared one. Called by the acts that take forms.
 *
 * Decoding happens once, here, and the kind is checked on the decoded bytes:
 * nobody behind this file sees a triplet. A repeated input is refused instead
 * of taking the first or the last, which is how two readers of one form come
 * to disagree (ATTACKS LOGIN-009).
 */
#include "web/form.h"

#include "base/banned.h"

/* The byte at the start of text, decoded, and how many bytes it took; 0 when
 * it is a "%" without two hexadecimal digits. */
static size_t
decode_byte(struct gh_text text, char *out)
{
    int high;
    int low;

    if (text.at[0] != '%') {
        *out = text.at[0] == '+' ? ' ' : text.at[0];
        return 1;
    }
    if (text.len < 3)
        return 0;
    high = gh_hex_digit(text.at[1]);
    low = gh_hex_digit(text.at[2]);
    if (high < 0 || low < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

/* Decodes raw into arena, with a NUL behind it that is not counted.
 * GH_MALFORMED: a bad triplet. */
static enum gh_status
decode(struct gh_arena *arena, struct gh_text raw, struct gh_text *out)
{
    char *at = gh_arena_new(arena, raw.len + 1);
    size_t len = 0;

    if (at == NULL)
        return GH_FAULT_MEMORY;
    while (raw.len > 0) {
        size_t used = decode_byte(raw, &at[len]);

        if (used == 0)
            return GH_MALFORMED;
        len++;
        raw = gh_text_from(raw, used);
    }
    at[len] = '\0';
    *out = (struct gh_text){.at = at, .len = len};
    return GH_OK;
}

/* UTF-8 without control characters. */
static bool
is_clean_text(struct gh_text value)
{
    while (value.len > 0) {
        size_t len = gh_utf8_first(value);

        if (len == 0 || gh_text_is_control(value))
            return false;
        value = gh_text_from(value, len);
    }
    return true;
}

static bool
is_of_kind(struct gh_text value, enum gh_input_kind kind)
{
    switch (kind) {
    case GH_INPUT_TEXT:
        return is_clean_text(value);
    case GH_INPUT_SECRET:
        return gh_text_is_utf8(value);
    case GH_INPUT_TOKEN:
        return gh_text_all(value, GH_CLASS_BASE64URL);
    }
    return false;
}

/* Decodes raw and holds it against its declaration. */
static enum gh_status
take_value(struct gh_arena *arena, struct gh_text raw,
           const struct gh_form_input *input, struct gh_text *out)
{
    struct gh_text value;
    enum gh_status status;

    /* No decoding makes this one short enough: spend no memory on it. */
    if (raw.len / 3 > input->max_len)
        return GH_LIMIT;
    status = decode(arena, raw, &value);
    if (status != GH_OK)
        return status;
    if (value.len > input->max_len)
        return GH_LIMIT;
    if (!is_of_kind(value, input->kind))
        return GH_MALFORMED;
    *out = value;
    return GH_OK;
}

/* The declared input of that name; n when there is none. */
static size_t
find_input(const struct gh_form_input *inputs, size_t n, struct gh_text name)
{
    size_t i = 0;

    while (i < n && !gh_text_equal(inputs[i].name, name))
        i++;
    return i;
}

/* One "name=value"; without "=" the value is empty (WHATWG URL 5.1). */
static enum gh_status
take_pair(struct gh_arena *arena, struct gh_text pair,
          const struct gh_form_input *inputs, size_t n, struct gh_text *values)
{
    size_t end = gh_text_find(pair, '=');
    struct gh_text name;
    enum gh_status status;
    size_t i;

    status = decode(arena, gh_text_first(pair, end), &name);
    if (status != GH_OK)
        return status;
    i = find_input(inputs, n, name);
    if (i == n || values[i].at != NULL)
        return GH_MALFORMED;
    return take_value(arena, gh_text_from(pair, end + 1), &inputs[i],
                      &values[i]);
}

/* GH_MALFORMED when a required input did not come. */
static enum gh_status
check_required(const struct gh_form_input *inputs, size_t n,
               const struct gh_text *values)
{
    for (size_t i = 0; i < n; i++) {
        if (inputs[i].is_required && values[i].at == NULL)
            return GH_MALFORMED;
    }
    return GH_OK;
}

enum gh_status
gh_form_parse(struct gh_arena *arena, struct gh_text body,
              const struct gh_form_input *inputs, size_t n,
              struct gh_text *values)
{
    struct gh_text rest = body.len > 0 ? body : (struct gh_text){0};
    struct gh_text pair;
    size_t n_pairs = 0;

    for (size_t i = 0; i < n; i++)
        values[i] = (struct gh_text){0};
    while (gh_text_cut(&rest, '&', &pair)) {
        enum gh_status status;

        if (++n_pairs > GH_FORM_MAX_PAIRS)
            return GH_LIMIT;
        status = take_pair(arena, pair, inputs, n, values);
        if (status != GH_OK)
            return status;
    }
    return check_required(inputs, n, values);
}

bool
gh_form_is_type(struct gh_text content_type)
{
    size_t end = gh_text_find(content_type, ';');
    struct gh_text type = gh_text_trim(gh_text_first(content_type, end));
    struct gh_text parameter =
        gh_text_trim(gh_text_from(content_type, end + 1));

    if (!gh_text_equal_nocase(type,
                              GH_TEXT("application/x-www-form-urlencoded")))
        return false;
    if (end == content_type.len)
        return true;
    /* RFC 9110 5.6.6: the quoted form says the same. */
    return gh_text_equal_nocase(parameter, GH_TEXT("charset=utf-8")) ||
           gh_text_equal_nocase(parameter, GH_TEXT("charset=\"utf-8\""));
}
