/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/fields and its rules. The input is lines of "name:value".
 * Properties: after scrubbing no name is left that folds to one that only we
 * may send, nothing else is changed or put in another order, a name's rule
 * does not depend on its spelling, lists and joined values are what a second
 * reading of them says.
 */
#include "web/fields.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_FIELDS = 32,
    MAX_NAME = 80,
};

/* A folded name, made without the code under test. */
struct folded {
    char at[MAX_NAME];
    size_t len;
};

static struct gh_text
fold(struct gh_text name, struct folded *out)
{
    out->len = 0;
    for (size_t i = 0; i < name.len && i < MAX_NAME; i++) {
        char c = name.at[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            c = '-';
        out->at[out->len++] = c;
    }
    return (struct gh_text){.at = out->at, .len = out->len};
}

static void
assert_absent(struct gh_text name, const char *const *names_z,
              const char *const *prefixes_z)
{
    struct folded memory;
    struct gh_text folded = fold(name, &memory);

    for (; *names_z != NULL; names_z++)
        gh_assert(name.len > MAX_NAME ||
                  !gh_text_equal(folded, gh_text_of_z(*names_z)));
    for (; *prefixes_z != NULL; prefixes_z++)
        gh_assert(!gh_text_starts(folded, gh_text_of_z(*prefixes_z)));
}

static void
assert_clean_request(struct gh_text name)
{
    static const char *const names[] = {
        "remote-user",    "remote-name",   "remote-email", "remote-groups",
        "host",           "cookie",        "connection",   "transfer-encoding",
        "content-length", "authorization", "upgrade",      "te",
        "x-original-url", "x-rewrite-url", "forwarded",    "x-real-ip",
        "x-request-id",   "proxy",         "auth-user",    NULL,
    };
    static const char *const prefixes[] = {
        "x-gatehouse-", "x-forwarded-",  "x-auth-request-",
        "oidc-",        "x-http-method", NULL,
    };

    assert_absent(name, names, prefixes);
}

static void
assert_clean_response(struct gh_text name)
{
    static const char *const names[] = {
        "status",      "connection", "transfer-encoding", "content-length",
        "remote-user", "upgrade",    "x-request-id",      NULL,
    };
    static const char *const prefixes[] = {
        "x-accel-",  "x-sendfile",   "x-lighttpd-",
        "variable-", "x-gatehouse-", NULL,
    };

    assert_absent(name, names, prefixes);
}

/* Scrubs a copy of all. What is left is a part of it in the same order. */
static void
check_scrub(struct gh_arena *arena, const struct gh_fields *all,
            enum gh_field_rule (*rule)(struct gh_text),
            void (*assert_clean)(struct gh_text))
{
    struct gh_fields left = *all;
    size_t k = 0;

    left.at = gh_arena_array(arena, MAX_FIELDS, sizeof(*left.at));
    gh_assert(left.at != NULL);
    memcpy(left.at, all->at, all->n * sizeof(*left.at));
    gh_assert(gh_fields_scrub(&left, rule) <= all->n - left.n);

    for (size_t i = 0; i < left.n; i++) {
        while (k < all->n && all->at[k].name.at != left.at[i].name.at)
            k++;
        gh_assert(k < all->n);
        gh_assert(all->at[k].value.at == left.at[i].value.at);
        gh_assert(all->at[k].value.len == left.at[i].value.len);
        assert_clean(left.at[i].name);
    }
    k = left.n;
    gh_assert(gh_fields_scrub(&left, rule) == 0 && left.n == k);
}

/* The rule of a name is that of its folded spelling. */
static void
check_spelling(struct gh_text name)
{
    struct folded memory;
    struct gh_text folded = fold(name, &memory);

    gh_assert(gh_field_rule_request(name) == gh_field_rule_request(folded));
    gh_assert(gh_field_rule_response(name) == gh_field_rule_response(folded));
}

/* HTTP_ and the name as a CGI variable: accepted only as letters, digits and
 * "_", and then it is the same name. */
static void
check_variable(struct gh_arena *arena, struct gh_text name)
{
    char variable[5 + MAX_NAME] = "HTTP_";
    struct folded before;
    struct folded after;
    struct gh_text text = {.at = variable};
    struct gh_text out;

    name = gh_text_first(name, MAX_NAME);
    memcpy(variable + 5, name.at, name.len);
    text.len = 5 + name.len;
    if (gh_field_of_variable(arena, text, &out) != GH_OK)
        return;
    gh_assert(name.len > 0 && out.len == name.len);
    gh_assert(gh_text_equal(fold(name, &before), fold(out, &after)));
    for (size_t i = 0; i < out.len; i++)
        gh_assert(gh_class_has((unsigned char)out.at[i], GH_CLASS_TOKEN) &&
                  out.at[i] != '_');
}

/* Membership again, for lists without quotes. */
static void
check_list(struct gh_text list)
{
    struct gh_text rest = list;
    struct gh_text part;
    bool has_close = false;

    if (gh_text_find(list, '"') < list.len)
        return;
    while (gh_text_cut(&rest, ',', &part)) {
        part = gh_text_trim(gh_text_first(part, gh_text_find(part, ';')));
        has_close |= gh_text_equal_nocase(part, GH_TEXT("CLOSE"));
        gh_assert(part.len == 0 || gh_list_has(list, part));
    }
    gh_assert(gh_list_has(list, GH_TEXT("close")) == has_close);
}

/* A name's values joined are as long as they should be. */
static void
check_name(struct gh_arena *arena, const struct gh_fields *fields,
           struct gh_text name)
{
    struct gh_text separator = GH_TEXT(", ");
    struct gh_text joined;
    size_t n = gh_fields_count(fields, name);
    size_t len = 0;

    gh_assert(n > 0 && gh_fields_find(fields, name) != NULL);
    gh_assert(gh_fields_join(arena, fields, name, separator, &joined) == GH_OK);
    for (size_t i = 0; i < fields->n; i++) {
        if (gh_text_equal_nocase(fields->at[i].name, name))
            len += fields->at[i].value.len;
    }
    gh_assert(joined.len == len + (n - 1) * separator.len);
}

static void
read_lines(struct gh_text text, struct gh_fields *out)
{
    struct gh_text line;

    while (gh_text_cut(&text, '\n', &line)) {
        size_t colon = gh_text_find(line, ':');
        struct gh_text value = gh_text_trim(gh_text_from(line, colon + 1));

        if (colon == 0 || colon == line.len)
            continue;
        if (gh_fields_add(out, gh_text_first(line, colon), value) != GH_OK)
            return;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_fields fields;

    gh_arena_init(&arena, 64 * size + 1024 * 1024);
    gh_assert(gh_fields_init(&arena, MAX_FIELDS, &fields) == GH_OK);
    read_lines(fuzz_text(data, size), &fields);

    for (size_t i = 0; i < fields.n; i++) {
        check_spelling(fields.at[i].name);
        check_variable(&arena, fields.at[i].name);
        check_list(fields.at[i].value);
        check_name(&arena, &fields, fields.at[i].name);
    }
    check_scrub(&arena, &fields, gh_field_rule_request, assert_clean_request);
    check_scrub(&arena, &fields, gh_field_rule_response, assert_clean_response);
    return 0;
}
