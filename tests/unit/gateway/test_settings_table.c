/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/settings_table, walked row by row: names, texts, defaults
 * and bounds. A row that is added is tested without another line here.
 */
#include "settings_int.h"

#include <stdio.h>

#include "check.h"

#include "base/banned.h"

enum {
    BASE_MAX = 16 * 1024, /* bytes; larger than any section's struct */
};

/* A value that a section's struct could lie in. */
static _Alignas(max_align_t) char base[BASE_MAX];
static struct gh_arena arena;

/* Parses text as the row says; why it is refused goes to words. */
static enum gh_status
parse(const struct gh_setting *row, const char *text_z, struct gh_buf *why)
{
    static char words[400];

    *why = gh_buf_over(words, sizeof(words));
    return gh_setting_parse(row, &arena, gh_text_of_z(text_z), base, why);
}

static uint64_t
number_of(const struct gh_setting *row)
{
    return *(const uint64_t *)(const void *)(base + row->offset);
}

static bool
is_number(const struct gh_setting *row)
{
    return row->type == GH_TYPE_NUMBER || row->type == GH_TYPE_SIZE ||
           row->type == GH_TYPE_DURATION || row->type == GH_TYPE_MODE;
}

/* A number as the row's type writes it, in the unit kept. */
static const char *
spell(const struct gh_setting *row, uint64_t value)
{
    static char text[40];

    snprintf(text, sizeof(text), row->type == GH_TYPE_MODE ? "%llo" : "%llu%s",
             (unsigned long long)value,
             row->type == GH_TYPE_DURATION ? "ms" : "");
    return text;
}

static void
every_row_has_a_name_a_text_and_a_section(void)
{
    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *row = &gh_setting_table[i];

        check(row->section < GH_N_SECTIONS);
        check(gh_text_of_z(row->key_z).len > 1);
        check(gh_text_ends(gh_text_of_z(row->text_z), GH_TEXT(".")));
        check(row->offset + sizeof(struct gh_text) <= BASE_MAX);
        check((row->words_z != NULL) == (row->type == GH_TYPE_WORD));
    }
    for (size_t i = 0; i < GH_N_SECTIONS; i++)
        check(gh_section_table[i].name_z != NULL &&
              gh_section_table[i].text_z != NULL);
}

static void
no_key_stands_twice_in_a_section(void)
{
    for (size_t i = 0; i < gh_n_settings; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct gh_setting *a = &gh_setting_table[i];
            const struct gh_setting *b = &gh_setting_table[k];

            check(
                a->section != b->section ||
                !gh_text_equal(gh_text_of_z(a->key_z), gh_text_of_z(b->key_z)));
            check(a->section != b->section || a->offset != b->offset);
        }
    }
}

static void
every_default_and_every_sample_can_be_parsed(void)
{
    struct gh_buf why;

    gh_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *row = &gh_setting_table[i];

        check(row->default_z != NULL || row->sample_z != NULL);
        if (row->default_z != NULL)
            check_status(GH_OK, parse(row, row->default_z, &why));
        if (row->sample_z != NULL)
            check_status(GH_OK, parse(row, row->sample_z, &why));
    }
    gh_arena_done(&arena);
}

static void
bounds_hold_for_every_number(void)
{
    struct gh_buf why;

    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *row = &gh_setting_table[i];

        if (!is_number(row))
            continue;
        check(row->min < row->max);
        check_status(GH_OK, parse(row, spell(row, row->min), &why));
        check_number(row->min, number_of(row));
        check_status(GH_OK, parse(row, spell(row, row->max), &why));
        check_number(row->max, number_of(row));
        check_status(GH_MALFORMED, parse(row, spell(row, row->max + 1), &why));
        check(why.len > 0 && !why.is_failed);
        if (row->min > 0)
            check_status(GH_MALFORMED,
                         parse(row, spell(row, row->min - 1), &why));
        check_number(row->max, number_of(row));
    }
}

static void
nonsense_is_refused_by_every_number(void)
{
    static const char *const nonsense[] = {
        "",
        "x",
        "-1",
        "+1",
        " 1",
        "1 ",
        "0x10",
        "1e3",
        "1.5",
        "K",
        "ms",
        "1Q",
        "1KK",
        "1kb",
        "99999999999999999999999999",
        "18446744073709551616",
        "18446744073709551615G",
        "18446744073709551615h",
    };
    struct gh_buf why;

    for (size_t i = 0; i < gh_n_settings; i++) {
        if (!is_number(&gh_setting_table[i]))
            continue;
        for (size_t k = 0; k < GH_COUNT(nonsense); k++) {
            check_status(GH_MALFORMED,
                         parse(&gh_setting_table[i], nonsense[k], &why));
            check(why.len > 0 && !why.is_failed);
        }
    }
}

static void
words_are_taken_exactly_and_kept_by_their_place(void)
{
    struct gh_buf why;

    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *row = &gh_setting_table[i];
        struct gh_text rest = gh_text_of_z(row->words_z);
        struct gh_text word;

        if (row->type != GH_TYPE_WORD)
            continue;
        for (uint64_t place = 0; gh_text_cut(&rest, ' ', &word); place++) {
            why = (struct gh_buf){0};
            check_status(GH_OK,
                         gh_setting_parse(row, &arena, word, base, &why));
            check_number(place, number_of(row));
        }
        check_status(GH_MALFORMED, parse(row, "", &why));
        check_status(GH_MALFORMED, parse(row, "neither", &why));
        check(gh_text_starts(gh_buf_text(&why), GH_TEXT("is not one of: ")));
    }
}

static void
texts_are_held_to_their_length(void)
{
    static char text[8192];
    struct gh_buf why = {0};

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = 't';
    gh_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *row = &gh_setting_table[i];
        struct gh_text value = {text, row->max};

        if (row->type != GH_TYPE_TEXT || !check(row->max < sizeof(text)))
            continue;
        check_status(GH_OK, gh_setting_parse(row, &arena, value, base, &why));
        value.len++;
        check_status(GH_MALFORMED,
                     gh_setting_parse(row, &arena, value, base, &why));
        if (row->min > 0)
            check_status(GH_MALFORMED, parse(row, "", &why));
    }
    gh_arena_done(&arena);
}

const struct check_case settings_table_cases[] = {
    CHECK_CASE(every_row_has_a_name_a_text_and_a_section),
    CHECK_CASE(no_key_stands_twice_in_a_section),
    CHECK_CASE(every_default_and_every_sample_can_be_parsed),
    CHECK_CASE(bounds_hold_for_every_number),
    CHECK_CASE(nonsense_is_refused_by_every_number),
    CHECK_CASE(words_are_taken_exactly_and_kept_by_their_place),
    CHECK_CASE(texts_are_held_to_their_length),
    {0},
};
