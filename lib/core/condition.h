/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions: when a grant holds. Part of a policy snapshot (rules.h): built
 * with it, sealed with it, then only read. Pure: when and from where somebody
 * asks comes with the question, and so do the time zones, whose offsets the
 * database tells. What cannot be known is neither yes nor no (Kleene's logic,
 * as SQL has it): it is no permit, and its negation is none either. Called by
 * rules, rules_read and policy.
 */
#ifndef GH_CORE_CONDITION_H
#define GH_CORE_CONDITION_H

#include "base/address.h"
#include "base/arena.h"
#include "core/place.h"

/* Ceilings of one snapshot, and of one condition with all its parts. */
enum {
    GH_CONDITIONS = 10000,
    GH_CONDITION_DEPTH = 8,     /* sets in sets */
    GH_CONDITION_LOOKS = 256,   /* parts looked at for one answer */
    GH_CONDITION_LIST = 1000,   /* words in the list of one */
    GH_ZONE_TURNS = 100000,     /* of all time zones */
    GH_DAY_S = 24 * 60 * 60,    /* of a day without a change of the clock */
    GH_DAYS_ALL = (1 << 7) - 1, /* of the week, a bit each, Monday first */
};

/* Whether a condition holds. The zero value refuses; in the order of what
 * permits less. */
enum gh_holds {
    GH_HOLDS_NO = 0,
    GH_HOLDS_UNKNOWN, /* what it asks for is not known */
    GH_HOLDS_YES,
};

/* Whether the browser was known when the session began. */
enum gh_device {
    GH_DEVICE_UNTOLD = 0, /* that is not known; nobody is signed in */
    GH_DEVICE_NEW,        /* it was not */
    GH_DEVICE_KNOWN,      /* it was, for some time */
};

/* When, from where, and how sure it is that it is them: what somebody asks
 * with. The zero value knows nothing. */
struct gh_circumstances {
    int64_t now_us;              /* database's time, since 1970; 0: not known */
    int64_t authenticated_us;    /* when they last proved who they are; 0: not
                                    known, or nobody did */
    struct gh_address client;    /* who asks; none: not known */
    struct gh_location location; /* where that is */
    int level;                   /* authentication level; 0: not known */
    enum gh_device device;       /* whether the browser was known */
    int64_t device_s;            /* of a known one: for so long, seconds */
};

/* What a condition asks for. Sets look at other conditions; one without parts
 * holds never. */
enum gh_condition_kind {
    GH_CONDITION_ALL = 0, /* all parts hold */
    GH_CONDITION_ANY,     /* one of them does */
    GH_CONDITION_NONE,    /* none of them does */
    GH_CONDITION_HOURS,   /* the clock of a time zone shows these hours */
    GH_CONDITION_DATES,   /* its calendar shows one of these days */
    GH_CONDITION_NETWORK, /* the client is in one of these networks */
    GH_CONDITION_AGE,     /* they have signed in no longer ago */
    GH_CONDITION_COUNTRY, /* the client is in one of these countries */
    GH_CONDITION_ASN,     /* it is in one of these autonomous systems */
    GH_CONDITION_LEVEL,   /* they have signed in at this level, or higher */
    GH_CONDITION_DEVICE,  /* in a browser that was known for so long */
};

/* One condition, as it is added. A plain value; texts are copied. What its
 * kind does not ask for is zero. */
struct gh_condition {
    int64_t id;                  /* of its row; above 0 */
    enum gh_condition_kind kind; /* what it asks for */
    struct gh_text name;         /* for people */
    struct gh_text meaning;      /* in their words; may be empty */
    struct gh_text time_zone;    /* IANA name: of hours and dates */
    unsigned days;               /* of the week on which the hours begin */
    int64_t begins_s;            /* of the day; the hours begin */
    int64_t ends_s;              /* and are over; not later than they begin:
                                    on the next day */
    int64_t first_day;           /* days since 1970: the first one */
    int64_t last_day;            /* and the last one on which they begin */
    struct gh_text list;         /* networks, days since 1970, countries, or
                                    numbers of autonomous systems, one space
                                    between; or the seconds of an age, a level,
                                    or the seconds of a known browser */
};

/* All conditions of a snapshot. Embedded in it. */
struct gh_conditions {
    struct gh_arena *arena; /* everything below lives here */
    struct gh_term *terms;  /* by id; number 0 is none */
    size_t n_terms;         /* with number 0; 0: none yet */
    size_t cap_terms;       /* room for so many */
    struct gh_zone *zones;  /* as they were added */
    size_t n_zones;         /* how many */
    size_t cap_zones;       /* room for so many */
    size_t n_turns;         /* of all zones */
    bool asks_age;          /* some condition asks when they signed in */
    bool asks_location;     /* some condition asks where the client is */
};

/* No conditions; their memory is arena's. */
void gh_conditions_init(struct gh_conditions *conditions,
                        struct gh_arena *arena);

/* From at_us on the clocks of a time zone are offset_s seconds ahead of UTC;
 * not known any more when is_known is false. One zone after the other, instants
 * in their order, all before the first condition. GH_MALFORMED,
 * GH_LIMIT, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_conditions_add_turn(struct gh_conditions *conditions, struct gh_text name,
                       int64_t at_us, bool is_known, int64_t offset_s);

/* A condition; they come in the order of their ids. GH_MALFORMED: out of
 * order, or what its kind needs is missing or not in its form; GH_LIMIT;
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_conditions_add(struct gh_conditions *conditions,
                  const struct gh_condition *condition);

/* A part of a set; both are there. GH_MALFORMED, GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_conditions_add_part(struct gh_conditions *conditions, int64_t id,
                       int64_t part_id);

/* Nothing is added any more. GH_LIMIT: one is a part of itself or has too many
 * parts, or all together have. */
GH_MUST_CHECK enum gh_status
gh_conditions_seal(struct gh_conditions *conditions);

/* Number of a condition; 0 when there is none of that id. */
uint32_t gh_conditions_find(const struct gh_conditions *conditions, int64_t id);

/* Whether the condition of that number holds; number 0 always does. Of a
 * snapshot that was sealed. */
enum gh_holds gh_condition_holds(const struct gh_conditions *conditions,
                                 uint32_t number,
                                 const struct gh_circumstances *circumstances);

/* Name and meaning of the condition of that number, which is not 0; live as
 * long as the snapshot. */
struct gh_text gh_condition_name(const struct gh_conditions *conditions,
                                 uint32_t number);
struct gh_text gh_condition_meaning(const struct gh_conditions *conditions,
                                    uint32_t number);

#endif
