/* SPDX-License-Identifier: Apache-2.0
 *
 * Building conditions, and whether one holds. Owns memory of the snapshot's
 * arena. Refuses what is malformed, unknown, part of itself or over the
 * ceilings: a policy that cannot be read whole is not used. Called by rules,
 * rules_read and policy.
 */
#include "core/condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    SECOND_US = 1000000,
    OFFSET_MAX_S = 24 * 60 * 60, /* of a time zone, either way */
    DAY_MAX = 4000000,           /* since 1970, either way: PostgreSQL's end
                                    is about there */
    MONDAY = 3,                  /* of the days from 1970-01-01, a Thursday */
};

/* A time zone's clocks from one instant to the next. */
struct turn {
    int64_t at_us;    /* from then on */
    int64_t offset_s; /* ahead of UTC */
    bool is_known;    /* false: the database has not said */
};

struct gh_zone {
    struct gh_text name; /* IANA's */
    struct turn *turns;  /* by their instants */
    size_t n_turns;      /* how many */
    size_t cap_turns;    /* room for so many */
};

/* A condition, as it is asked. */
struct gh_term {
    struct gh_condition row;     /* as it was added, copied */
    uint32_t zone;               /* index of its time zone */
    struct gh_network *networks; /* of its list */
    int64_t *dates;              /* of its list, rising */
    size_t n_list;               /* of either */
    uint32_t *parts;             /* numbers */
    size_t n_parts;              /* how many */
    size_t cap_parts;            /* room for so many */
    unsigned looks;              /* for one answer; 0: not counted yet */
};

/* What a wall clock shows. */
struct civil {
    int64_t day; /* since 1970-01-01 */
    int64_t s;   /* of that day */
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
    struct turn *turns;
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
    turns[zone->n_turns++] = (struct turn){
        .at_us = at_us, .offset_s = offset_s, .is_known = is_known};
    conditions->n_turns++;
    return GH_OK;
}

/* What the clocks of a zone show; false when that is not known. */
static bool
look_at_clock(const struct gh_zone *zone, int64_t now_us, struct civil *out)
{
    size_t i = zone->n_turns;
    int64_t local_s;

    while (i > 0 && zone->turns[i - 1].at_us > now_us)
        i--;
    if (now_us == 0 || i == 0 || !zone->turns[i - 1].is_known)
        return false;
    /* Rounded down, also before 1970. */
    local_s = now_us / SECOND_US - (now_us % SECOND_US < 0 ? 1 : 0) +
              zone->turns[i - 1].offset_s;
    out->day = local_s / GH_DAY_S - (local_s % GH_DAY_S < 0 ? 1 : 0);
    out->s = local_s - out->day * GH_DAY_S;
    return true;
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

static enum gh_status
read_dates(struct gh_conditions *conditions, struct gh_term *term)
{
    struct gh_text rest = term->row.list;
    struct gh_text word;
    uint64_t day;

    term->dates =
        gh_arena_array(conditions->arena, term->n_list, sizeof(*term->dates));
    if (term->dates == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < term->n_list && gh_text_cut(&rest, ' ', &word);
         i++) {
        if (gh_text_number(word, DAY_MAX, &day) != GH_OK ||
            (i > 0 && (int64_t)day <= term->dates[i - 1]))
            return GH_MALFORMED;
        term->dates[i] = (int64_t)day;
    }
    return GH_OK;
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
               : read_dates(conditions, term);
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

/* --- asking --------------------------------------------------------------- */

/* Whether the hours begin on that day. */
static bool
begins_on(const struct gh_condition *row, int64_t day)
{
    /* Never negative: the remainder of a day before 1970 is. */
    int64_t weekday = ((day + MONDAY) % 7 + 7) % 7;

    return day >= row->first_day && day <= row->last_day &&
           (row->days >> weekday & 1) != 0;
}

/* By what the clock shows: hours that it jumps over are not there, and those
 * that it shows twice are there twice. */
static bool
are_hours(const struct gh_condition *row, struct civil now)
{
    if (row->begins_s < row->ends_s)
        return begins_on(row, now.day) && now.s >= row->begins_s &&
               now.s < row->ends_s;
    return (begins_on(row, now.day) && now.s >= row->begins_s) ||
           (begins_on(row, now.day - 1) && now.s < row->ends_s);
}

static bool
is_date(const struct gh_term *term, struct civil now)
{
    for (size_t i = 0; i < term->n_list; i++) {
        if (term->dates[i] == now.day)
            return true;
    }
    return false;
}

static bool
is_inside(const struct gh_term *term, const struct gh_address *client)
{
    for (size_t i = 0; i < term->n_list; i++) {
        if (gh_network_has(&term->networks[i], client))
            return true;
    }
    return false;
}

static enum gh_holds
yes_or_no(bool holds)
{
    return holds ? GH_HOLDS_YES : GH_HOLDS_NO;
}

/* The least and the most that any part is. */
static void
ask_parts(const struct gh_conditions *conditions, const struct gh_term *term,
          const struct gh_circumstances *circumstances, enum gh_holds *least,
          enum gh_holds *most)
{
    *least = GH_HOLDS_YES;
    *most = GH_HOLDS_NO;
    for (size_t i = 0; i < term->n_parts; i++) {
        enum gh_holds holds =
            gh_condition_holds(conditions, term->parts[i], circumstances);

        *least = holds < *least ? holds : *least;
        *most = holds > *most ? holds : *most;
    }
}

static enum gh_holds
ask_set(const struct gh_conditions *conditions, const struct gh_term *term,
        const struct gh_circumstances *circumstances)
{
    enum gh_holds least;
    enum gh_holds most;

    if (term->n_parts == 0)
        return GH_HOLDS_NO;
    ask_parts(conditions, term, circumstances, &least, &most);
    if (term->row.kind == GH_CONDITION_ALL)
        return least;
    if (term->row.kind == GH_CONDITION_ANY)
        return most;
    /* The other way round: unknown stays what it is. */
    return (enum gh_holds)(GH_HOLDS_YES - most);
}

enum gh_holds
gh_condition_holds(const struct gh_conditions *conditions, uint32_t number,
                   const struct gh_circumstances *circumstances)
{
    const struct gh_term *term;
    struct civil now;

    if (number == 0)
        return GH_HOLDS_YES;
    term = &conditions->terms[number];
    switch (term->row.kind) {
    case GH_CONDITION_ALL:
    case GH_CONDITION_ANY:
    case GH_CONDITION_NONE:
        return ask_set(conditions, term, circumstances);
    case GH_CONDITION_NETWORK:
        if (circumstances->client.family == 0)
            return GH_HOLDS_UNKNOWN;
        return yes_or_no(is_inside(term, &circumstances->client));
    case GH_CONDITION_HOURS:
    case GH_CONDITION_DATES:
        if (!look_at_clock(&conditions->zones[term->zone],
                           circumstances->now_us, &now))
            return GH_HOLDS_UNKNOWN;
        return yes_or_no(term->row.kind == GH_CONDITION_HOURS
                             ? are_hours(&term->row, now)
                             : is_date(term, now));
    }
    return GH_HOLDS_NO;
}

struct gh_text
gh_condition_name(const struct gh_conditions *conditions, uint32_t number)
{
    return conditions->terms[number].row.name;
}

struct gh_text
gh_condition_meaning(const struct gh_conditions *conditions, uint32_t number)
{
    return conditions->terms[number].row.meaning;
}
