/* SPDX-License-Identifier: Apache-2.0
 *
 * Field lists: filling, finding, joining, scrubbing, and the names behind CGI
 * variables. Owns nothing: the array lives in the caller's arena, the texts
 * wherever they were. Limits a list to the room it was given. Called by
 * parse, forward and the back-end client. Which names may cross is in rule.c.
 */
#include "web/fields.h"

#include <string.h>

#include "base/banned.h"

enum {
    MAX_NOMINATED = 64, /* members of Connection that are heeded */
};

enum gh_status
gh_fields_init(struct gh_arena *arena, size_t cap, struct gh_fields *out)
{
    struct gh_field *at = gh_arena_array(arena, cap, sizeof(*at));

    if (at == NULL)
        return GH_FAULT_MEMORY;
    *out = (struct gh_fields){.at = at, .cap = cap};
    return GH_OK;
}

enum gh_status
gh_fields_add(struct gh_fields *fields, struct gh_text name,
              struct gh_text value)
{
    if (fields->n == fields->cap)
        return GH_LIMIT;
    fields->at[fields->n++] = (struct gh_field){.name = name, .value = value};
    return GH_OK;
}

const struct gh_field *
gh_fields_find(const struct gh_fields *fields, struct gh_text name)
{
    for (size_t i = 0; i < fields->n; i++) {
        if (gh_text_equal_nocase(fields->at[i].name, name))
            return &fields->at[i];
    }
    return NULL;
}

size_t
gh_fields_count(const struct gh_fields *fields, struct gh_text name)
{
    size_t n = 0;

    for (size_t i = 0; i < fields->n; i++) {
        if (gh_text_equal_nocase(fields->at[i].name, name))
            n++;
    }
    return n;
}

/* Bytes of all values of that name with separators between them. */
static size_t
joined_len(const struct gh_fields *fields, struct gh_text name,
           struct gh_text separator)
{
    size_t len = 0;
    size_t n = 0;

    for (size_t i = 0; i < fields->n; i++) {
        if (!gh_text_equal_nocase(fields->at[i].name, name))
            continue;
        len += fields->at[i].value.len + (n == 0 ? 0 : separator.len);
        n++;
    }
    return len;
}

/* Copies text to at; the place behind it. */
static char *
put(char *at, struct gh_text text)
{
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    return at + text.len;
}

enum gh_status
gh_fields_join(struct gh_arena *arena, const struct gh_fields *fields,
               struct gh_text name, struct gh_text separator,
               struct gh_text *out)
{
    size_t len = joined_len(fields, name, separator);
    char *begin;
    char *at;

    if (len == 0) {
        *out = (struct gh_text){0};
        return GH_OK;
    }
    begin = gh_arena_new(arena, len);
    if (begin == NULL)
        return GH_FAULT_MEMORY;

    at = begin;
    for (size_t i = 0, n = 0; i < fields->n; i++) {
        if (!gh_text_equal_nocase(fields->at[i].name, name))
            continue;
        if (n++ > 0)
            at = put(at, separator);
        at = put(at, fields->at[i].value);
    }
    *out = (struct gh_text){.at = begin, .len = len};
    return GH_OK;
}

/* Position of the comma that ends the first member of list, or its length. A
 * comma inside a quoted string ends nothing. */
static size_t
member_len(struct gh_text list)
{
    bool is_quoted = false;

    for (size_t i = 0; i < list.len; i++) {
        char c = list.at[i];

        if (c == '"')
            is_quoted = !is_quoted;
        else if (c == '\\' && is_quoted)
            i++;
        else if (c == ',' && !is_quoted)
            return i;
    }
    return list.len;
}

/* Takes the next member that is not empty off *rest, without parameters and
 * white space. False when there is none. */
static bool
next_member(struct gh_text *rest, struct gh_text *out)
{
    while (rest->len > 0) {
        size_t end = member_len(*rest);
        struct gh_text whole = gh_text_first(*rest, end);
        struct gh_text member =
            gh_text_trim(gh_text_first(whole, gh_text_find(whole, ';')));

        *rest = gh_text_from(*rest, end + 1);
        if (member.len > 0) {
            *out = member;
            return true;
        }
    }
    return false;
}

bool
gh_list_has(struct gh_text list, struct gh_text member)
{
    struct gh_text one;

    while (next_member(&list, &one)) {
        if (gh_text_equal_nocase(one, member))
            return true;
    }
    return false;
}

static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

enum gh_status
gh_field_of_variable(struct gh_arena *arena, struct gh_text variable,
                     struct gh_text *out)
{
    const unsigned letters = GH_CLASS_ALPHA | GH_CLASS_DIGIT;
    struct gh_text rest;
    bool is_first = true; /* of its word */
    char *at;

    if (!gh_text_starts(variable, GH_TEXT("HTTP_")))
        return GH_NONE;
    rest = gh_text_from(variable, 5);
    if (rest.len == 0)
        return GH_MALFORMED;
    at = gh_arena_new(arena, rest.len);
    if (at == NULL)
        return GH_FAULT_MEMORY;

    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.at[i];

        if (c != '_' && !gh_class_has((unsigned char)c, letters))
            return GH_MALFORMED;
        at[i] = c == '_' ? '-' : is_first ? upper(c) : gh_lower(c);
        is_first = c == '_';
    }
    *out = (struct gh_text){.at = at, .len = rest.len};
    return GH_OK;
}

/* Names that the Connection fields nominate, at most MAX_NOMINATED: a longer
 * list costs only its sender, since nothing of ours can be nominated. */
static size_t
gather_nominated(const struct gh_fields *fields,
                 struct gh_text out[MAX_NOMINATED])
{
    size_t n = 0;

    for (size_t i = 0; i < fields->n; i++) {
        struct gh_text rest = fields->at[i].value;

        if (!gh_text_equal_nocase(fields->at[i].name, GH_TEXT("connection")))
            continue;
        while (n < MAX_NOMINATED && next_member(&rest, &out[n]))
            n++;
    }
    return n;
}

static bool
is_among(const struct gh_text *names, size_t n, struct gh_text name)
{
    for (size_t i = 0; i < n; i++) {
        if (gh_text_equal_nocase(names[i], name))
            return true;
    }
    return false;
}

size_t
gh_fields_scrub(struct gh_fields *fields,
                enum gh_field_rule (*rule)(struct gh_text name))
{
    struct gh_text nominated[MAX_NOMINATED];
    size_t n_nominated = gather_nominated(fields, nominated);
    size_t n_identity = 0;
    size_t n = 0;

    for (size_t i = 0; i < fields->n; i++) {
        struct gh_field field = fields->at[i];
        enum gh_field_rule why = rule(field.name);

        if (why == GH_FIELD_IDENTITY)
            n_identity++;
        if (why == GH_FIELD_PASSES &&
            !is_among(nominated, n_nominated, field.name))
            fields->at[n++] = field;
    }
    fields->n = n;
    return n_identity;
}
