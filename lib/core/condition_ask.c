/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a condition holds. Owns nothing; cannot fail. Looks at what the
 * question brings, and at what the database told of its clocks; whatever else
 * would be needed is not known. Called by rules and policy.
 */
#include "core/condition_int.h"

#include "base/clock.h"

#include "base/banned.h"

enum {
    MONDAY = 3, /* of the days from 1970-01-01, a Thursday */
};

/* What a wall clock shows. */
struct civil {
    int64_t day; /* since 1970-01-01 */
    int64_t s;   /* of that day */
};

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
    local_s = now_us / GH_SECOND_US - (now_us % GH_SECOND_US < 0 ? 1 : 0) +
              zone->turns[i - 1].offset_s;
    out->day = local_s / GH_DAY_S - (local_s % GH_DAY_S < 0 ? 1 : 0);
    out->s = local_s - out->day * GH_DAY_S;
    return true;
}

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
is_listed(const struct gh_term *term, int64_t number)
{
    for (size_t i = 0; i < term->n_list; i++) {
        if (term->numbers[i] == number)
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

/* Whether they have signed in lately. */
static enum gh_holds
ask_age(const struct gh_term *term,
        const struct gh_circumstances *circumstances)
{
    if (circumstances->now_us == 0 || circumstances->authenticated_us == 0)
        return GH_HOLDS_UNKNOWN;
    return yes_or_no(circumstances->now_us - circumstances->authenticated_us <=
                     term->limit * GH_SECOND_US);
}

/* Whether the client's country, or its system, is one of the list; 0: neither
 * is known. */
static enum gh_holds
ask_location(const struct gh_term *term, int64_t number)
{
    return number == 0 ? GH_HOLDS_UNKNOWN : yes_or_no(is_listed(term, number));
}

/* Whether they have signed in at that level. */
static enum gh_holds
ask_level(const struct gh_term *term, int level)
{
    return level == 0 ? GH_HOLDS_UNKNOWN : yes_or_no(level >= term->limit);
}

/* Whether they have in a browser that was known for so long by then. */
static enum gh_holds
ask_device(const struct gh_term *term,
           const struct gh_circumstances *circumstances)
{
    switch (circumstances->device) {
    case GH_DEVICE_UNTOLD:
        return GH_HOLDS_UNKNOWN;
    case GH_DEVICE_NEW:
        return GH_HOLDS_NO;
    case GH_DEVICE_KNOWN:
        return yes_or_no(circumstances->device_s >= term->limit);
    }
    return GH_HOLDS_UNKNOWN;
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
    case GH_CONDITION_AGE:
        return ask_age(term, circumstances);
    case GH_CONDITION_COUNTRY:
        return ask_location(term,
                            gh_country_number(circumstances->location.country));
    case GH_CONDITION_ASN:
        return ask_location(term, circumstances->location.asn);
    case GH_CONDITION_LEVEL:
        return ask_level(term, circumstances->level);
    case GH_CONDITION_DEVICE:
        return ask_device(term, circumstances);
    case GH_CONDITION_HOURS:
    case GH_CONDITION_DATES:
        if (!look_at_clock(&conditions->zones[term->zone],
                           circumstances->now_us, &now))
            return GH_HOLDS_UNKNOWN;
        return yes_or_no(term->row.kind == GH_CONDITION_HOURS
                             ? are_hours(&term->row, now)
                             : is_listed(term, now.day));
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
