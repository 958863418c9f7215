/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/answer. The input is what an application sends, behind
 * one byte that says whether the request was HEAD. Properties: however the
 * bytes arrive, the result is the same and, once there, final; names are
 * tokens and values hold no control character; the framing is one of those
 * that no two parsers disagree about.
 */
#include "web/answer.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

static const struct gh_answer_limits limits = {
    .max_head = 512,
    .max_fields = 8,
};

/* What one call came to. */
struct result {
    enum gh_status status;      /* of the call */
    struct gh_answer_head head; /* when that is GH_OK */
    size_t used;                /* likewise */
};

static struct result
parse(struct gh_arena *arena, struct gh_text bytes, bool is_head)
{
    struct result result = {0};

    result.status = gh_answer_parse(arena, bytes, is_head, &limits,
                                    &result.head, &result.used);
    return result;
}

static bool
is_same(const struct result *a, const struct result *b)
{
    if (a->status != b->status || a->used != b->used)
        return false;
    if (a->head.status != b->head.status || a->head.body != b->head.body ||
        a->head.length != b->head.length ||
        a->head.is_keepable != b->head.is_keepable ||
        a->head.fields.n != b->head.fields.n)
        return false;
    for (size_t i = 0; i < a->head.fields.n; i++) {
        if (!gh_text_equal(a->head.fields.at[i].name,
                           b->head.fields.at[i].name) ||
            !gh_text_equal(a->head.fields.at[i].value,
                           b->head.fields.at[i].value))
            return false;
    }
    return true;
}

static void
assert_field(const struct gh_field *field)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={} \t";

    gh_assert(field->name.len > 0);
    for (size_t i = 0; i < field->name.len; i++) {
        char c = field->name.at[i];

        gh_assert(c > 0x20 && c < 0x7f);
        gh_assert(memchr(separators, c, sizeof(separators) - 1) == NULL);
    }
    for (size_t i = 0; i < field->value.len; i++) {
        unsigned char c = (unsigned char)field->value.at[i];

        gh_assert((c >= 0x20 || c == '\t') && c != 0x7f);
    }
    gh_assert(gh_text_equal(field->value, gh_text_trim(field->value)));
}

static void
assert_framing(const struct gh_answer_head *head, bool is_head)
{
    struct gh_text length = GH_TEXT("content-length");
    struct gh_text coding = GH_TEXT("transfer-encoding");
    size_t n_lengths = gh_fields_count(&head->fields, length);
    size_t n_codings = gh_fields_count(&head->fields, coding);
    bool is_bodiless = is_head || head->status == 204 || head->status == 304;

    gh_assert(n_lengths + n_codings <= 1);
    gh_assert(head->has_length == (n_lengths == 1));
    gh_assert(!is_bodiless || head->body == GH_BODY_NONE);
    gh_assert(head->body != GH_BODY_CHUNKED || n_codings == 1);
    gh_assert((head->body == GH_BODY_LENGTH) == (head->length > 0));
    gh_assert(head->length == 0 || head->length == head->declared);
    gh_assert(head->body != GH_BODY_CLOSE || !head->is_keepable);
    gh_assert(is_bodiless || n_lengths + n_codings > 0 ||
              head->body == GH_BODY_CLOSE);
    if (n_codings == 1)
        gh_assert(gh_text_equal_nocase(
            gh_fields_find(&head->fields, coding)->value, GH_TEXT("chunked")));
}

/* The last head in text, which ends with one. */
static struct gh_text
final_of(struct gh_text text)
{
    struct gh_text end = GH_TEXT("\r\n\r\n");
    size_t begin = text.len - end.len;

    while (begin > 0 && !gh_text_ends(gh_text_first(text, begin), end))
        begin--;
    return gh_text_from(text, begin);
}

static void
assert_head(const struct result *result, struct gh_text bytes, bool is_head)
{
    struct gh_text head = gh_text_first(bytes, result->used);

    gh_assert(result->used <= bytes.len && result->used <= limits.max_head);
    gh_assert(gh_text_starts(head, GH_TEXT("HTTP/1.")));
    gh_assert(gh_text_ends(head, GH_TEXT("\r\n\r\n")));
    if (result->head.body == GH_BODY_CHUNKED || result->head.is_keepable)
        gh_assert(gh_text_starts(final_of(head), GH_TEXT("HTTP/1.1 ")));
    gh_assert(result->head.status >= 200 && result->head.status <= 599);
    gh_assert(result->head.fields.n <= limits.max_fields);
    for (size_t i = 0; i < result->head.fields.n; i++)
        assert_field(&result->head.fields.at[i]);
    assert_framing(&result->head, is_head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena = {0};
    struct gh_text bytes = fuzz_text(data, size);
    struct result last = {.status = GH_WAIT};
    bool is_head;

    if (size == 0)
        return 0;
    is_head = (data[0] & 1) != 0;
    bytes = gh_text_from(bytes, 1);
    /* A little more than the limit: what lies behind it changes nothing. */
    bytes = gh_text_first(bytes, limits.max_head + 64);

    gh_arena_init(&arena, 64 * 1024 * 1024);
    for (size_t len = 0; len <= bytes.len; len++) {
        struct result next = parse(&arena, gh_text_first(bytes, len), is_head);

        gh_assert(!gh_is_fault(next.status));
        gh_assert(last.status == GH_WAIT || is_same(&last, &next));
        gh_assert(next.status != GH_WAIT || len < limits.max_head);
        last = next;
    }
    if (last.status == GH_OK)
        assert_head(&last, bytes, is_head);
    return 0;
}
