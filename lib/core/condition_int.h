/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of conditions, for the file that builds them and the one that asks
 * whether one holds. Not for anybody else.
 */
#ifndef GH_CORE_CONDITION_INT_H
#define GH_CORE_CONDITION_INT_H

#include "core/condition.h"

/* A country as a number, in the order of the alphabet; 0: not known. */
static inline int64_t
gh_country_number(const char country[GH_COUNTRY_LEN])
{
    return (unsigned char)country[0] * 256 + (unsigned char)country[1];
}

/* A time zone's clocks from one instant to the next. */
struct gh_turn {
    int64_t at_us;    /* from then on */
    int64_t offset_s; /* ahead of UTC */
    bool is_known;    /* false: the database has not said */
};

/* A time zone. */
struct gh_zone {
    struct gh_text name;   /* IANA's */
    struct gh_turn *turns; /* by their instants */
    size_t n_turns;        /* how many */
    size_t cap_turns;      /* room for so many */
};

/* A condition, as it is asked. */
struct gh_term {
    struct gh_condition row;     /* as it was added, copied */
    uint32_t zone;               /* index of its time zone */
    struct gh_network *networks; /* of its list */
    int64_t *numbers;            /* of its list, rising: days since 1970,
                                    countries, or autonomous systems */
    size_t n_list;               /* of either */
    int64_t limit;               /* of its list: the most seconds of an age,
                                    the least level, or the fewest seconds of a
                                    known browser */
    uint32_t *parts;             /* numbers */
    size_t n_parts;              /* how many */
    size_t cap_parts;            /* room for so many */
    unsigned looks;              /* for one answer; 0: not counted yet */
};

#endif
