/* SPDX-License-Identifier: Apache-2.0
 *
 * Building conditions. Owns memory of the snapshot's arena. Refuses what is
 * malformed, unknown, part of itself or over the ceilings: a policy that cannot
 * be read whole is not used. Called by rules and rules_read.
 */
#include "core/condition_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    OFFSET_MAX_S = 24 * 60 * 60,  /* of a time zone, either way */
    DAY_MAX = 4000000,            /* since 1970, either way: PostgreSQL's end
                                     is about there */
    AGE_MAX_S = 24 * 60 * 60,     /* of a sign-in */
    LEVEL_MAX = 3,                /* of a sign-in */
    KNOWN_MAX_S = 365 * GH_DAY_S, /* of a browser */
};

void
gh_conditions_init(struct gh_conditions *conditions, struct gh_arena *arena)
{
    *conditions = (struct gh_conditions){.arena = arena};
}

/* --- time zones ----------------------------------------------------------- */

static enum gh_status
find_zone(const struct gh_conditions *conditions, struct gh_text name,
          uint32_t *out)
{
    for (size_t i = 0; i < conditions->n_zones; i++) {
        if (gh_text_equal(conditions->zones[i].name, name)) {
            *out = (uint32_t)i;
            return GH_OK;
        }
    }
    return GH_MALFORMED;
}

/* The zone that is being added to: the last one, or one more. */
static enum gh_status
take_zone(struct gh_conditions *conditions, struct gh_text name,
          struct gh_zone **out)
{
    size_t n = conditions->n_zones;
    struct gh_zone *zones = conditions->zones;
    uint32_t i;

    if (find_zone(conditions, name, &i) == GH_OK) {
        *out = &zones[i];
        return i + 1 == n ? GH_OK : GH_MALFORMED;
    }
    zones = gh_arena_grow(conditions->arena, zones, n, &conditions->cap_zones,
                          sizeof(*zones));
    if (zones == NULL)
        return GH_FAULT_MEMORY;
    conditions->zones = zones;
    zones[n] = (struct gh_zone){0};
    conditions->n_zones++;
    *out = &zones[n];
    return gh_arena_copy(conditions->arena, name, &zones[n].name);
}

enum gh_status
gh_conditions_add_turn(struct gh_conditions *conditions, struct gh_text name,
                       int64_t at_us, bool is_known, int64_t offset_s)
{
    struct gh_zone *zone;
    struct gh_turn *turns;
    enum gh_status status;

    if (conditions->n_turns == GH_ZONE_TURNS)
        return GH_LIMIT;
    if (offset_s < -OFFSET_MAX_S || offset_s > OFFSET_MAX_S ||
        conditions->n_terms > 0)
        return GH_MALFORMED;
    status = take_zone(conditions, name, &zone);
    if (status != GH_OK)
        return status;
    if (zone->n_turns > 0 && at_us <= zone->turns[zone->n_turns - 1].at_us)
        return GH_MALFORMED;
    turns = gh_arena_grow(conditions->arena, zone->turns, zone->n_turns,
                          &zone->cap_turns, sizeof(*turns));
    if (turns == NULL)
        return GH_FAULT_MEMORY;
    zone->turns = turns;
    turns[zone->n_turns++] = (struct gh_turn){
        .at_us = at_us, .offset_s = offset_s, .is_known = is_known};
    conditions->n_turns++;
    return GH_OK;
}

/* --- building ------------------------------------------------------------- */

static size_t
count_words(struct gh_text list)
{
    size_t n = list.len > 0 ? 1 : 0;

    for (size_t i = 0; i < list.len; i++)
        n += list.at[i] == ' ' ? 1 : 0;
    return n;
}

static enum gh_status
read_networks(struct gh_conditions *conditions, struct gh_term *term)
{
    struct gh_text rest = term->row.list;
    struct gh_text word;

    term->networks = gh_arena_array(conditions->arena, term->n_list,
                                    sizeof(*term->networks));
    if (term->networks == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < term->n_list && gh_text_cut(&rest, ' ', &word);
         i++) {
        if (gh_network_parse(word, &term->networks[i]) != GH_OK)
            return GH_MALFORMED;
    }
    return GH_OK;
}

/* One word of a list as a number: a day, a country, or a system. */
static enum gh_status
read_number(enum gh_condition_kind kind, struct gh_text word, int64_t *out)
{
    char country[GH_COUNTRY_LEN];
    uint64_t number = 0;
    enum gh_status status;

    if (kind == GH_CONDITION_COUNTRY) {
        status = gh_country_parse(word, country);
        if (status == GH_OK)
            *out = gh_country_number(country);
        return status;
    }
    status = gh_text_number(
        word, kind == GH_CONDITION_DATES ? DAY_MAX : UINT32_MAX, &number);
    /* No system has the number 0: that would be one that is not known. */
    if (status == GH_OK && kind == GH_CONDITION_ASN && number == 0)
        return GH_MALFORMED;
    *out = (int64_t)number;
    return status;
}

static enum gh_status
read_numbers(struct gh_conditions *conditions, struct gh_term *term)
{
    struct gh_text rest = term->row.list;
    struct gh_text word;

    term->numbers =
        gh_arena_array(conditions->arena, term->n_list, sizeof(*term->numbers));
    if (term->numbers == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < term->n_list && gh_text_cut(&rest, ' ', &word);
         i++) {
        if (read_number(term->row.kind, word, &term->numbers[i]) != GH_OK ||
            (i > 0 && term->numbers[i] <= term->numbers[i - 1]))
            return GH_MALFORMED;
    }
    return GH_OK;
}

/* A list that is one number. */
static enum gh_status
read_limit(struct gh_term *term, uint64_t least, uint64_t most)
{
    uint64_t limit = 0;

    if (gh_text_number(term->row.list, most, &limit) != GH_OK || limit < least)
        return GH_MALFORMED;
    term->limit = (int64_t)limit;
    return GH_OK;
}

static enum gh_status
read_age(struct gh_conditions *conditions, struct gh_term *term)
{
    enum gh_status status = read_limit(term, 0, AGE_MAX_S);

    if (status == GH_OK)
        conditions->asks_age = true;
    return status;
}

static enum gh_status
read_list(struct gh_conditions *conditions, struct gh_term *term)
{
    term->n_list = count_words(term->row.list);
    if (term->n_list == 0)
        return GH_MALFORMED;
    if (term->n_list > GH_CONDITION_LIST)
        return GH_LIMIT;
    return term->row.kind == GH_CONDITION_NETWORK
               ? read_networks(conditions, term)
               : read_numbers(conditions, term);
}

static bool
are_hours_good(const struct gh_condition *row)
{
    return row->days > 0 && row->days <= GH_DAYS_ALL && row->begins_s >= 0 &&
           row->begins_s < GH_DAY_S && row->ends_s >= 0 &&
           row->ends_s <= GH_DAY_S && row->begins_s != row->ends_s &&
           row->first_day >= -DAY_MAX && row->last_day <= DAY_MAX;
}

/* Reads what the kind of a condition needs. */
static enum gh_status
read_term(struct gh_conditions *conditions, struct gh_term *term)
{
    enum gh_status status;

    switch (term->row.kind) {
    case GH_CONDITION_ALL:
    case GH_CONDITION_ANY:
    case GH_CONDITION_NONE:
        return GH_OK;
    case GH_CONDITION_NETWORK:
        return read_list(conditions, term);
    case GH_CONDITION_COUNTRY:
    case GH_CONDITION_ASN:
        conditions->asks_location = true;
        return read_list(conditions, term);
    case GH_CONDITION_AGE:
        return read_age(conditions, term);
    case GH_CONDITION_LEVEL:
        return read_limit(term, 1, LEVEL_MAX);
    case GH_CONDITION_DEVICE:
        return read_limit(term, 0, KNOWN_MAX_S);
    case GH_CONDITION_DATES:
        status = find_zone(conditions, term->row.time_zone, &term->zone);
        return status == GH_OK ? read_list(conditions, term) : status;
    case GH_CONDITION_HOURS:
        return are_hours_good(&term->row)
                   ? find_zone(conditions, term->row.time_zone, &term->zone)
                   : GH_MALFORMED;
    }
    return GH_MALFORMED;
}

/* Room for one more; the first one is number 1. */
static enum gh_status
grow(struct gh_conditions *conditions)
{
    struct gh_term *terms;

    if (conditions->n_terms > GH_CONDITIONS)
        return GH_LIMIT;
    terms =
        gh_arena_grow(conditions->arena, conditions->terms, conditions->n_terms,
                      &conditions->cap_terms, sizeof(*terms));
    if (terms == NULL)
        return GH_FAULT_MEMORY;
    conditions->terms = terms;
    if (conditions->n_terms == 0)
        terms[conditions->n_terms++] = (struct gh_term){0};
    return GH_OK;
}

enum gh_status
gh_conditions_add(struct gh_conditions *conditions,
                  const struct gh_condition *condition)
{
    struct gh_term term = {.row = *condition};
    struct gh_text *texts[] = {&term.row.name, &term.row.meaning,
                               &term.row.time_zone, &term.row.list};
    enum gh_status status = grow(conditions);

    if (status != GH_OK)
        return status;
    if (condition->id <= conditions->terms[conditions->n_terms - 1].row.id)
        return GH_MALFORMED;
    for (size_t i = 0; i < GH_COUNT(texts) && status == GH_OK; i++)
        status = gh_arena_copy(conditions->arena, *texts[i], texts[i]);
    if (status == GH_OK)
        status = read_term(conditions, &term);
    if (status == GH_OK)
        conditions->terms[conditions->n_terms++] = term;
    return status;
}

static int
compare_term(const void *key, const void *element)
{
    const struct gh_term *term = element;
    int64_t id = *(const int64_t *)key;

    return (id > term->row.id) - (id < term->row.id);
}

uint32_t
gh_conditions_find(const struct gh_conditions *conditions, int64_t id)
{
    const struct gh_term *term = NULL;

    if (conditions->n_terms > 1 && id > 0)
        term = bsearch(&id, conditions->terms + 1, conditions->n_terms - 1,
                       sizeof(*term), compare_term);
    return term == NULL ? 0 : (uint32_t)(term - conditions->terms);
}

enum gh_status
gh_conditions_add_part(struct gh_conditions *conditions, int64_t id,
                       int64_t part_id)
{
    uint32_t number = gh_conditions_find(conditions, id);
    uint32_t part = gh_conditions_find(conditions, part_id);
    struct gh_term *term;
    uint32_t *parts;

    if (number == 0 || part == 0 ||
        conditions->terms[number].row.kind > GH_CONDITION_NONE)
        return GH_MALFORMED;
    term = &conditions->terms[number];
    parts = gh_arena_grow(conditions->arena, term->parts, term->n_parts,
                          &term->cap_parts, sizeof(*parts));
    if (parts == NULL)
        return GH_FAULT_MEMORY;
    term->parts = parts;
    parts[term->n_parts++] = part;
    return GH_OK;
}

/* Counts what one answer looks at. No deeper than GH_CONDITION_DEPTH, so one
 * that is a part of itself is found. */
static enum gh_status
count_looks(struct gh_conditions *conditions, uint32_t number, unsigned depth)
{
    struct gh_term *term = &conditions->terms[number];
    unsigned looks = 1;

    if (depth > GH_CONDITION_DEPTH)
        return GH_LIMIT;
    for (size_t i = 0; i < term->n_parts; i++) {
        enum gh_status status =
            count_looks(conditions, term->parts[i], depth + 1);

        if (status != GH_OK)
            return status;
        looks += conditions->terms[term->parts[i]].looks;
        if (looks > GH_CONDITION_LOOKS)
            return GH_LIMIT;
    }
    term->looks = looks;
    return GH_OK;
}

enum gh_status
gh_conditions_seal(struct gh_conditions *conditions)
{
    enum gh_status status = GH_OK;

    for (uint32_t i = 1; i < conditions->n_terms && status == GH_OK; i++)
        status = count_looks(conditions, i, 1);
    return status;
}
