/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookie and Set-Cookie field values. Owns nothing; results point into the
 * caller's text or into the arena given. Called by parse and by the back-end
 * client.
 *
 * Reading and hiding are strict in opposite directions. What we read as ours
 * must be spelled exactly: no other white space, quotes or case. What we hide
 * is whatever some application's parser is known to take for ours: RFC 2109
 * parsers cut at commas, Python's at blanks, others strip quotes, "=" or
 * Unicode white space in front of a name (ATTACKS COOKIE-009 to 015). A pair
 * that is hidden for its looks costs an application one odd cookie; one that is
 * not shows it a token.
 */
#include "web/cookie.h"

#include "base/buf.h"

#include "base/banned.h"

const struct gh_text gh_cookie_pre = GH_TEXT_INIT("__Host-pre");
const struct gh_text gh_cookie_device = GH_TEXT_INIT("__Host-device");

/* Beginnings of the names that are ours whatever the settings say. */
static const struct gh_text prefixes[] = {
    GH_TEXT_INIT("__Host-id"),
    GH_TEXT_INIT("__Host-pre"),
    GH_TEXT_INIT("__Host-device"),
    GH_TEXT_INIT("__Host-keep"),
};

bool
gh_cookie_is_ours(const struct gh_cookie_names *names, struct gh_text name)
{
    for (size_t i = 0; i < GH_COUNT(prefixes); i++) {
        if (gh_text_starts_nocase(name, prefixes[i]))
            return true;
    }
    return names->session.len > 0 && gh_text_equal_nocase(name, names->session);
}

/* Without the bytes at both ends that cannot be part of a name. */
static struct gh_text
bare_name(struct gh_text text)
{
    while (text.len > 0 &&
           !gh_class_has((unsigned char)text.at[0], GH_CLASS_TOKEN))
        text = gh_text_from(text, 1);
    while (text.len > 0 &&
           !gh_class_has((unsigned char)text.at[text.len - 1], GH_CLASS_TOKEN))
        text.len--;
    return text;
}

/* The name some parser would find in front of a pair's value. Nameless pairs
 * count as names: a browser sends the nameless cookie "n=v" as "n=v". */
static struct gh_text
loose_name(struct gh_text pair)
{
    pair = bare_name(pair);
    return bare_name(gh_text_first(pair, gh_text_find(pair, '=')));
}

/* True for what lenient parsers take for the end of a pair besides ";". */
static bool
is_loose_end(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

/* True when any reading of pair gives a name of ours. */
static bool
looks_ours(const struct gh_cookie_names *names, struct gh_text pair)
{
    while (pair.len > 0) {
        size_t end = 0;

        while (end < pair.len && !is_loose_end(pair.at[end]))
            end++;
        if (gh_cookie_is_ours(names, loose_name(gh_text_first(pair, end))))
            return true;
        pair = gh_text_from(pair, end + 1);
    }
    return false;
}

enum gh_status
gh_cookie_find(struct gh_text header, struct gh_text name, struct gh_text *out)
{
    struct gh_text found = {0};
    struct gh_text pair;

    while (gh_text_cut(&header, ';', &pair)) {
        size_t end;

        pair = gh_text_trim(pair);
        end = gh_text_find(pair, '=');
        if (end == pair.len || !gh_text_equal(gh_text_first(pair, end), name))
            continue;
        if (found.at != NULL)
            return GH_CONFLICT;
        found = (struct gh_text){.at = pair.at + end + 1,
                                 .len = pair.len - end - 1};
    }
    if (found.at == NULL)
        return GH_NONE;
    *out = found;
    return GH_OK;
}

/* Bytes that the pairs of header need when joined with "; ". */
static size_t
joined_len(struct gh_text header)
{
    size_t len = header.len;

    for (size_t i = 0; i < header.len; i++) {
        if (header.at[i] == ';')
            len++;
    }
    return len;
}

enum gh_status
gh_cookie_strip(struct gh_arena *arena, const struct gh_cookie_names *names,
                struct gh_text header, struct gh_text *out)
{
    struct gh_buf kept = {0};
    struct gh_text pair;
    enum gh_status status;

    status = gh_buf_in(arena, joined_len(header), &kept);
    if (status != GH_OK)
        return status;

    while (gh_text_cut(&header, ';', &pair)) {
        pair = gh_text_trim(pair);
        if (pair.len == 0 || looks_ours(names, pair))
            continue;
        if (kept.len > 0)
            gh_buf_lit(&kept, "; ");
        /* Part of a field value that parse has checked. */
        gh_buf_checked(&kept, pair);
    }
    gh_assert(!kept.is_failed);
    *out = gh_buf_text(&kept);
    return GH_OK;
}

bool
gh_cookie_sets_ours(const struct gh_cookie_names *names,
                    struct gh_text set_cookie)
{
    return looks_ours(names,
                      gh_text_first(set_cookie, gh_text_find(set_cookie, ';')));
}

void
gh_cookie_write(struct gh_buf *buf, struct gh_text name, struct gh_text value,
                uint64_t max_age_s)
{
    if (!gh_text_all(value, GH_CLASS_BASE64URL)) {
        buf->is_failed = true;
        return;
    }
    gh_buf_lit(buf, "Set-Cookie: ");
    gh_buf_header(buf, name);
    gh_buf_lit(buf, "=");
    gh_buf_header(buf, value);
    gh_buf_lit(buf, "; Path=/; Secure; HttpOnly; SameSite=Lax");
    if (value.len == 0) {
        gh_buf_lit(buf, "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    } else if (max_age_s > 0) {
        gh_buf_lit(buf, "; Max-Age=");
        gh_buf_number(buf, max_age_s);
    }
    gh_buf_lit(buf, "\r\n");
}
