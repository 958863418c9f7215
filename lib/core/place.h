/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an address is: its country and its autonomous system, by databases of
 * the operator's in MaxMind's format. A snapshot of both is opened whole, then
 * only read, on any thread; who uses it holds it. What a database does not
 * have, or has in another form, is not known. Called by the gateway's locate.
 */
#ifndef GH_CORE_PLACE_H
#define GH_CORE_PLACE_H

#include <stdint.h>

#include "base/address.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/status.h"

enum {
    GH_COUNTRY_LEN = 2,                    /* letters, A to Z */
    GH_PLACES_FILE_MAX = 512 * 1024 * 1024 /* bytes of one database */
};

/* Where an address is. A plain value; zero is not known. */
struct gh_location {
    char country[GH_COUNTRY_LEN]; /* ISO 3166-1 alpha-2; NULs: not known */
    uint32_t asn;                 /* autonomous system; 0: not known */
};

/* Which files; the paths end in NUL. The same one may have both. */
struct gh_place_files {
    struct gh_text country; /* of countries; empty: none */
    struct gh_text asn;     /* of autonomous systems; empty: none */
};

/* What was opened. */
struct gh_places;

/* Reads the files; what becomes of them later changes nothing. Has one holder.
 * GH_MALFORMED with words in why: one cannot be read, or is no such database.
 * GH_FAULT_IO, GH_FAULT_MEMORY: it is not the files' fault. */
GH_MUST_CHECK enum gh_status gh_places_open(const struct gh_place_files *files,
                                            struct gh_buf *why,
                                            struct gh_places **out);

/* One holder more, and one less; the last one closes. NULL is fine. */
void gh_places_hold(struct gh_places *places);
void gh_places_release(struct gh_places *places);

/* Where an address is; nowhere without places, and for no address. */
struct gh_location gh_places_find(const struct gh_places *places,
                                  const struct gh_address *address);

/* When the older one of the databases was made, seconds since 1970; 0: it does
 * not say, or there is none. */
int64_t gh_places_made_s(const struct gh_places *places);

/* The country as text; empty when it is not known. Lives as long as the
 * location. */
struct gh_text gh_location_country(const struct gh_location *location);

/* Two letters, A to Z. GH_MALFORMED. */
GH_MUST_CHECK enum gh_status gh_country_parse(struct gh_text text,
                                              char out[GH_COUNTRY_LEN]);

#endif
