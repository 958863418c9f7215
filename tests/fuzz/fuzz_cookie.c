/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/cookie. The first byte chooses the session cookie's name,
 * the rest is a Cookie and a Set-Cookie field value. Properties: nothing of
 * ours is left after stripping, stripping twice changes nothing, pairs without
 * a trace of ours stay as they are and in order, finding agrees with a count
 * made another way, and no plain Set-Cookie of ours gets by.
 */
#include "web/cookie.h"

#include "fuzz.h"

#include "base/banned.h"

static const struct gh_text session_names[] = {
    GH_TEXT_INIT("__Host-id"),
    GH_TEXT_INIT("__Http-session"),
};

static const struct gh_text fixed[] = {
    GH_TEXT_INIT("__Host-id"),
    GH_TEXT_INIT("__Host-pre"),
    GH_TEXT_INIT("__Host-device"),
    GH_TEXT_INIT("__Host-keep"),
};

/* True when text begins with a name of ours that ends as a name does. */
static bool
begins_with_ours(struct gh_text text, struct gh_text session)
{
    struct gh_text rest;

    for (size_t i = 0; i < GH_COUNT(fixed); i++) {
        if (gh_text_starts_nocase(text, fixed[i]))
            return true;
    }
    if (!gh_text_starts_nocase(text, session))
        return false;
    rest = gh_text_trim(gh_text_from(text, session.len));
    return rest.len == 0 || rest.at[0] == '=' || rest.at[0] == ';';
}

/* No place where any parser lets a cookie begin has a name of ours. */
static void
assert_nothing_of_ours(struct gh_text header, struct gh_text session)
{
    bool may_begin = true;

    for (size_t i = 0; i < header.len; i++) {
        unsigned char c = (unsigned char)header.at[i];

        if (may_begin)
            gh_assert(!begins_with_ours(gh_text_from(header, i), session));
        if (c == ';' || c == ',' || c == ' ' || c == '\t')
            may_begin = true;
        else if (gh_class_has(c, GH_CLASS_TOKEN))
            may_begin = false;
    }
}

/* True when nothing in pair could be meant as ours. */
static bool
is_innocent(struct gh_text pair, struct gh_text session)
{
    return pair.len > 0 && !fuzz_contains_nocase(pair, session) &&
           !fuzz_contains_nocase(pair, GH_TEXT("__Host-"));
}

/* Every pair of kept is the next pair of header, but for ones that may have
 * been taken out. */
static void
assert_others_are_kept(struct gh_text header, struct gh_text kept,
                       struct gh_text session)
{
    struct gh_text next = {0};
    struct gh_text pair;
    bool has_next = kept.len > 0 && gh_text_cut(&kept, ';', &next);

    while (gh_text_cut(&header, ';', &pair)) {
        pair = gh_text_trim(pair);
        if (has_next && pair.len > 0 && gh_text_equal(gh_text_trim(next), pair))
            has_next = gh_text_cut(&kept, ';', &next);
        else
            gh_assert(!is_innocent(pair, session));
    }
    gh_assert(!has_next);
}

static void
check_strip(struct gh_text header, const struct gh_cookie_names *names)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text once;
    struct gh_text twice;
    struct gh_text value;

    gh_arena_init(&arena, 4 * header.len + 64 * 1024);
    gh_assert(gh_cookie_strip(&arena, names, header, &once) == GH_OK);
    gh_assert(gh_cookie_strip(&arena, names, once, &twice) == GH_OK);
    gh_assert(gh_text_equal(once, twice));
    assert_nothing_of_ours(once, names->session);
    assert_others_are_kept(header, once, names->session);
    gh_assert(gh_cookie_find(once, names->session, &value) == GH_NONE);
    for (size_t i = 0; i < GH_COUNT(fixed); i++)
        gh_assert(gh_cookie_find(once, fixed[i], &value) == GH_NONE);
}

/* Finding gives what counting pairs that begin with "name=" gives. */
static void
check_find(struct gh_text header, struct gh_text name)
{
    struct gh_text rest = header;
    struct gh_text found = {0};
    struct gh_text value;
    struct gh_text pair;
    enum gh_status status;
    size_t n = 0;

    while (gh_text_cut(&rest, ';', &pair)) {
        struct gh_text behind;

        pair = gh_text_trim(pair);
        behind = gh_text_from(pair, name.len);
        if (!gh_text_starts(pair, name) || behind.len == 0 ||
            behind.at[0] != '=')
            continue;
        found = gh_text_from(behind, 1);
        n++;
    }
    status = gh_cookie_find(header, name, &value);
    gh_assert(status == (n == 0 ? GH_NONE : n == 1 ? GH_OK : GH_CONFLICT));
    gh_assert(n != 1 || gh_text_equal(value, found));
}

static void
check_set(struct gh_text set_cookie, const struct gh_cookie_names *names)
{
    bool sets = gh_cookie_sets_ours(names, set_cookie);

    if (begins_with_ours(gh_text_trim(set_cookie), names->session))
        gh_assert(sets);
    if (sets)
        gh_assert(!is_innocent(set_cookie, names->session));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text header = gh_text_from(fuzz_text(data, size), 1);
    const struct gh_cookie_names names = {
        .session = session_names[size > 0 ? data[0] % 2 : 0]};

    check_strip(header, &names);
    check_find(header, names.session);
    check_set(header, &names);
    return 0;
}
