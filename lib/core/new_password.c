/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges new passwords. Owns nothing; the password and its copies are in the
 * caller's arena, which wipes them. Refuses what is guessed first: the whole
 * password on the list, or nothing in it but names and digits. Called by the
 * password act and by gatehousectl.
 *
 * Only whole passwords are compared: a word of the list inside a longer
 * password is what passphrases are made of (NIST SP 800-63B 3.1.1.2).
 */
#include "core/new_password.h"

#include "base/precis.h"
#include "core/blocklist.h"

#include "base/banned.h"

enum {
    NAME_MIN = 3, /* letters that a name must have to count */
};

/* Everybody's names, besides those of the account. */
static const struct gh_text own_names[] = {
    GH_TEXT_INIT("gatehouse"),
    GH_TEXT_INIT("password"),
};

/* The longest name that text begins with; empty for none. */
static struct gh_text
find_name(struct gh_text text, const struct gh_text *names, size_t n)
{
    struct gh_text found = {0};

    for (size_t i = 0; i < n; i++) {
        if (names[i].len >= NAME_MIN && names[i].len > found.len &&
            gh_text_starts(text, names[i]))
            found = names[i];
    }
    return found;
}

/* True when a text is names, digits and signs, and a name at least. */
static bool
is_only_names(struct gh_text text, const struct gh_text *names, size_t n)
{
    bool has_name = false;

    while (text.len > 0) {
        struct gh_text name = find_name(text, names, n);
        unsigned char c = (unsigned char)text.at[0];

        if (name.len > 0)
            has_name = true;
        else if (c >= 0x80 || gh_class_has(c, GH_CLASS_ALPHA))
            return false;
        text = gh_text_from(text, name.len > 0 ? name.len : 1);
    }
    return has_name;
}

/* All names in lower case; those that are not UTF-8 are left out. */
static enum gh_status
lower_names(struct gh_arena *arena, const struct gh_new_password_case *of,
            struct gh_text **out)
{
    struct gh_text *names = gh_arena_array(
        arena, of->n_names + GH_COUNT(own_names), sizeof(*names));
    enum gh_status status = GH_OK;

    if (names == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < GH_COUNT(own_names); i++)
        names[i] = own_names[i];
    for (size_t i = 0; i < of->n_names && status == GH_OK; i++) {
        if (gh_text_is_utf8(of->names[i]))
            status = gh_precis_lower(arena, of->names[i],
                                     &names[i + GH_COUNT(own_names)]);
    }
    *out = names;
    return status;
}

/* Whether one that has the right length is guessed first. */
static enum gh_status
judge_content(struct gh_arena *arena, const struct gh_new_password_case *of,
              struct gh_text password, enum gh_new_password *verdict)
{
    struct gh_text lower;
    struct gh_text *names;
    enum gh_status status = gh_precis_lower(arena, password, &lower);

    if (status == GH_OK)
        status = lower_names(arena, of, &names);
    if (status != GH_OK)
        return status;
    *verdict = GH_NEW_PASSWORD_FIT;
    if (gh_blocklist_has(lower))
        *verdict = GH_NEW_PASSWORD_COMMON;
    else if (is_only_names(lower, names, of->n_names + GH_COUNT(own_names)))
        *verdict = GH_NEW_PASSWORD_NAMES;
    return GH_OK;
}

enum gh_status
gh_new_password_judge(struct gh_arena *arena,
                      const struct gh_new_password_case *of,
                      enum gh_new_password *verdict, struct gh_text *out)
{
    struct gh_text password;
    enum gh_status status = gh_precis_password(arena, of->typed, &password);

    if (gh_is_fault(status))
        return status;
    *verdict = GH_NEW_PASSWORD_UNFIT;
    if (status == GH_LIMIT)
        *verdict = GH_NEW_PASSWORD_LONG;
    if (status != GH_OK)
        return GH_OK;
    if (gh_precis_points(password) < GH_PASSWORD_POINTS_MIN) {
        *verdict = GH_NEW_PASSWORD_SHORT;
        return GH_OK;
    }
    status = judge_content(arena, of, password, verdict);
    if (status == GH_OK && *verdict == GH_NEW_PASSWORD_FIT)
        *out = password;
    return status;
}
