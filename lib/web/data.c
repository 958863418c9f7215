/* SPDX-License-Identifier: Apache-2.0
 *
 * Parsing addresses of session data and their media types. Owns the table of
 * those types, which the database has as well. Refuses whatever is not exactly
 * of the form. Called by the act of session data.
 */
#include "web/data.h"

#include "base/banned.h"

/* One media type. None of them runs in a browser. */
struct type {
    struct gh_text name; /* lower case */
    bool has_charset;    /* charset=utf-8 may be said */
};

static const struct type types[] = {
    {GH_TEXT_INIT("application/json"), true},
    {GH_TEXT_INIT("text/plain"), true},
    {GH_TEXT_INIT("application/octet-stream"), false},
};

/* [a-z0-9][a-z0-9._-]{0,63} */
static bool
is_name(struct gh_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool is_mark = c == '.' || c == '_' || c == '-';

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (is_mark && i > 0)))
            return false;
    }
    return text.len >= 1 && text.len <= GH_DATA_NAME_MAX;
}

/* Which scope a query means. */
static enum gh_status
take_scope(struct gh_text query, bool *is_account)
{
    *is_account = gh_text_equal(query, GH_TEXT("?scope=account"));
    if (query.len == 0 || *is_account ||
        gh_text_equal(query, GH_TEXT("?scope=session")))
        return GH_OK;
    return GH_MALFORMED;
}

enum gh_status
gh_data_parse(struct gh_text rest, struct gh_text query,
              struct gh_data_address *out)
{
    struct gh_data_address found = {.is_account = false};

    if (!gh_text_cut(&rest, '/', &found.application) || rest.at == NULL ||
        !is_name(found.application) || !is_name(rest) ||
        take_scope(query, &found.is_account) != GH_OK)
        return GH_MALFORMED;
    found.key = rest;
    *out = found;
    return GH_OK;
}

enum gh_status
gh_data_type(struct gh_text content_type, struct gh_text *out)
{
    struct gh_text name =
        gh_text_first(content_type, gh_text_find(content_type, ';'));
    struct gh_text parameter = gh_text_from(content_type, name.len + 1);
    bool is_utf8 =
        gh_text_equal_nocase(gh_text_trim(parameter), GH_TEXT("charset=utf-8"));

    for (size_t i = 0; i < GH_COUNT(types); i++) {
        if (!gh_text_equal_nocase(gh_text_trim(name), types[i].name))
            continue;
        if (name.len < content_type.len && !(is_utf8 && types[i].has_charset))
            return GH_NONE;
        *out = types[i].name;
        return GH_OK;
    }
    return GH_NONE;
}
