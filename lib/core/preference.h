/* SPDX-License-Identifier: Apache-2.0
 *
 * What people choose about the gateway's own pages, and among what. Owns
 * constants only. Called by identify, by the pages, and by the act that takes
 * a choice.
 */
#ifndef GH_CORE_PREFERENCE_H
#define GH_CORE_PREFERENCE_H

#include "base/text.h"

/* How pages look. The zero value: nobody has said. */
enum gh_appearance {
    GH_APPEARANCE_DEVICE = 0, /* as the device says */
    GH_APPEARANCE_LIGHT,      /* always */
    GH_APPEARANCE_DARK,       /* always */
};

enum {
    GH_WARN_MINUTES = 5, /* before its end, for who has not chosen */
};

/* What one person has chosen. A plain value; the text lives as long as the
 * exchange. */
struct gh_preference {
    struct gh_text time_zone;      /* by whose clocks; empty: UTC */
    int64_t utc_offset_s;          /* how far those are ahead of UTC now */
    enum gh_appearance appearance; /* of pages */
    int64_t warn_minutes; /* so long before its end a session's page warns of
                             it; 0: it does not */
};

/* One thing that can be chosen. Static memory. */
struct gh_choice {
    int64_t value;        /* of enum gh_appearance, or minutes */
    struct gh_text word;  /* in forms, and in the database */
    struct gh_text words; /* for people */
};

/* All that can be, in the order in which people are shown it. */
struct gh_choices {
    const struct gh_choice *at; /* the first */
    size_t n;                   /* how many */
};

extern const struct gh_choices gh_appearances; /* how pages look */
extern const struct gh_choices gh_warnings;    /* when they warn */

/* The choice of that word; NULL: there is none. */
const struct gh_choice *gh_choice_find(const struct gh_choices *among,
                                       struct gh_text word);

/* The choice that stands for that value; the first, when none does. */
const struct gh_choice *gh_choice_of(const struct gh_choices *among,
                                     int64_t value);

#endif
