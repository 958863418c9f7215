/* SPDX-License-Identifier: Apache-2.0
 *
 * One value of the configuration: from its text and back. Owns nothing.
 * Refuses what is outside the table's bounds. Called by the settings module.
 */
#include "settings_int.h"

#include <inttypes.h>

#include "base/banned.h"

/* A unit of sizes or durations. */
struct unit {
    struct gh_text suffix; /* behind the digits */
    uint64_t factor;       /* of the unit kept */
};

static const struct unit size_units[] = {
    {GH_TEXT_INIT("G"), 1024ULL * 1024 * 1024},
    {GH_TEXT_INIT("M"), 1024ULL * 1024},
    {GH_TEXT_INIT("K"), 1024ULL},
    {GH_TEXT_INIT(""), 1},
};

static const struct unit duration_units[] = {
    {GH_TEXT_INIT("ms"), 1},
    {GH_TEXT_INIT("h"), 3600000},
    {GH_TEXT_INIT("m"), 60000},
    {GH_TEXT_INIT("s"), 1000},
};

static void *
place_of(void *base, size_t offset)
{
    return (char *)base + offset;
}

/* A number with the largest unit that divides it. */
static void
write_units(uint64_t value, const struct unit *units, size_t n,
            struct gh_buf *out)
{
    const struct unit *best = NULL;

    for (size_t i = 0; i < n; i++) {
        if (value % units[i].factor == 0 &&
            (best == NULL || units[i].factor > best->factor) && value > 0)
            best = &units[i];
    }
    gh_buf_number(out, best == NULL ? 0 : value / best->factor);
    if (best != NULL)
        gh_buf_checked(out, best->suffix);
    else if (units == duration_units)
        gh_buf_lit(out, "s");
}

/* A number of the setting as people write it. */
static void
write_number(const struct gh_setting *setting, uint64_t value,
             struct gh_buf *out)
{
    if (setting->type == GH_TYPE_DURATION)
        write_units(value, duration_units, GH_COUNT(duration_units), out);
    else if (setting->type == GH_TYPE_SIZE)
        write_units(value, size_units, GH_COUNT(size_units), out);
    else
        gh_buf_number(out, value);
}

void
gh_setting_bounds(const struct gh_setting *setting, struct gh_buf *out)
{
    gh_buf_lit(out, "from ");
    write_number(setting, setting->min, out);
    gh_buf_lit(out, " to ");
    write_number(setting, setting->max, out);
}

/* What a value outside its bounds must be, into why. */
static void
explain_bounds(const struct gh_setting *setting, struct gh_buf *why)
{
    if (setting->type == GH_TYPE_MODE) {
        gh_buf_lit(why, "must not let everybody in: at most 0770");
        return;
    }
    gh_buf_lit(why, "must be ");
    gh_setting_bounds(setting, why);
}

/* Digits and one of n units; GH_MALFORMED without explanation. */
static enum gh_status
parse_units(struct gh_text value, const struct unit *units, size_t n,
            uint64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        struct gh_text digits =
            gh_text_first(value, value.len - units[i].suffix.len);
        uint64_t number;

        if (!gh_text_ends(value, units[i].suffix) ||
            gh_text_number(digits, UINT64_MAX, &number) != GH_OK)
            continue;
        if (__builtin_mul_overflow(number, units[i].factor, out))
            return GH_MALFORMED;
        return GH_OK;
    }
    return GH_MALFORMED;
}

/* An octal number such as 0660. */
static enum gh_status
parse_mode(struct gh_text value, uint64_t *out)
{
    uint64_t mode = 0;

    if (value.len == 0 || value.len > 5)
        return GH_MALFORMED;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '7')
            return GH_MALFORMED;
        mode = mode * 8 + (uint64_t)(value.at[i] - '0');
    }
    *out = mode;
    return GH_OK;
}

/* The place of value in a list of words. */
static enum gh_status
parse_word(const char *words_z, struct gh_text value, uint64_t *out)
{
    struct gh_text rest = gh_text_of_z(words_z);
    struct gh_text word;

    for (uint64_t i = 0; gh_text_cut(&rest, ' ', &word); i++) {
        if (gh_text_equal(word, value)) {
            *out = i;
            return GH_OK;
        }
    }
    return GH_MALFORMED;
}

/* Any numeric type; says in why what it expects when it refuses. */
static enum gh_status
parse_number(const struct gh_setting *setting, struct gh_text value,
             uint64_t *out, struct gh_buf *why)
{
    enum gh_status status = GH_MALFORMED;

    switch (setting->type) {
    case GH_TYPE_TEXT:
    case GH_TYPE_SECRET:
        break;
    case GH_TYPE_NUMBER:
        gh_buf_lit(why, "is not a whole number");
        status = gh_text_number(value, UINT64_MAX, out);
        if (status == GH_LIMIT) {
            *out = UINT64_MAX;
            status = GH_OK;
        }
        break;
    case GH_TYPE_SIZE:
        gh_buf_lit(why, "is not a size such as 512, 64K, 10M or 1G");
        status = parse_units(value, size_units, GH_COUNT(size_units), out);
        break;
    case GH_TYPE_DURATION:
        gh_buf_lit(why, "is not a duration such as 500ms, 10s, 5m or 1h");
        status =
            parse_units(value, duration_units, GH_COUNT(duration_units), out);
        break;
    case GH_TYPE_MODE:
        gh_buf_lit(why, "is not an octal mode such as 0660");
        status = parse_mode(value, out);
        break;
    case GH_TYPE_WORD:
        gh_buf_lit(why, "is not one of: ");
        gh_buf_checked(why, gh_text_of_z(setting->words_z));
        return parse_word(setting->words_z, value, out);
    }
    if (status != GH_OK)
        return GH_MALFORMED;
    if (*out >= setting->min && *out <= setting->max)
        return GH_OK;
    why->len = 0;
    explain_bounds(setting, why);
    return GH_MALFORMED;
}

enum gh_status
gh_setting_parse(const struct gh_setting *setting, struct gh_arena *arena,
                 struct gh_text value, void *base, struct gh_buf *why)
{
    uint64_t number;

    if (setting->type == GH_TYPE_TEXT || setting->type == GH_TYPE_SECRET) {
        if (value.len < setting->min || value.len > setting->max) {
            gh_buf_lit(why, "must have from ");
            gh_buf_number(why, setting->min);
            gh_buf_lit(why, " to ");
            gh_buf_number(why, setting->max);
            gh_buf_lit(why, " characters");
            return GH_MALFORMED;
        }
        return gh_arena_copy(arena, value, place_of(base, setting->offset));
    }
    if (parse_number(setting, value, &number, why) != GH_OK)
        return GH_MALFORMED;
    *(uint64_t *)place_of(base, setting->offset) = number;
    return GH_OK;
}

static void
print_number(const struct gh_setting *setting, uint64_t value, FILE *out)
{
    char at[32];
    struct gh_buf text = gh_buf_over(at, sizeof(at));

    write_number(setting, value, &text);
    fprintf(out, "%.*s", GH_TEXT_ARG(gh_buf_text(&text)));
}

/* The word at that place of the list. */
static void
print_word(const char *words_z, uint64_t place, FILE *out)
{
    struct gh_text rest = gh_text_of_z(words_z);
    struct gh_text word = {0};

    for (uint64_t i = 0; i <= place && gh_text_cut(&rest, ' ', &word); i++)
        continue;
    fprintf(out, "%.*s", GH_TEXT_ARG(word));
}

void
gh_setting_print(const struct gh_setting *setting, const void *base, FILE *out)
{
    const void *at = (const char *)base + setting->offset;
    const struct gh_text *text = at;
    const uint64_t *number = at;

    switch (setting->type) {
    case GH_TYPE_TEXT:
        fprintf(out, "%.*s", GH_TEXT_ARG(*text));
        break;
    case GH_TYPE_SECRET:
        fputs(text->len > 0 ? "(not shown)" : "", out);
        break;
    case GH_TYPE_NUMBER:
    case GH_TYPE_SIZE:
    case GH_TYPE_DURATION:
        print_number(setting, *number, out);
        break;
    case GH_TYPE_MODE:
        fprintf(out, "%04" PRIo64, *number);
        break;
    case GH_TYPE_WORD:
        print_word(setting->words_z, *number, out);
        break;
    }
}
