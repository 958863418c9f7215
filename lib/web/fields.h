/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP fields (headers): a list in wire order, and the tables that say which
 * names may cross the gateway in which direction. Pure. Called by parse (what
 * a client sent), by the back-end client (what an application sent) and by
 * forward (what goes on).
 */
#ifndef GH_WEB_FIELDS_H
#define GH_WEB_FIELDS_H

#include "base/arena.h"
#include "base/text.h"

/* One field; both texts live as long as the list's owner says. */
struct gh_field {
    struct gh_text name;  /* a token, as sent; matched without case */
    struct gh_text value; /* without white space at its ends */
};

/* Fields in wire order. The array lives in the arena given to _init(). */
struct gh_fields {
    struct gh_field *at; /* the first of them */
    size_t n;            /* how many are used */
    size_t cap;          /* how many there may be */
};

/* Room for cap fields in arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_fields_init(struct gh_arena *arena, size_t cap,
                                            struct gh_fields *out);

/* Appends one field; the texts are not copied. GH_LIMIT when full. */
GH_MUST_CHECK enum gh_status gh_fields_add(struct gh_fields *fields,
                                           struct gh_text name,
                                           struct gh_text value);

/* The first field of that name (without case), or NULL. */
const struct gh_field *gh_fields_find(const struct gh_fields *fields,
                                      struct gh_text name);

/* How many fields have that name. */
size_t gh_fields_count(const struct gh_fields *fields, struct gh_text name);

/* The values of all fields of that name joined with separator in wire order,
 * in arena; the empty text when there are none. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_fields_join(struct gh_arena *arena,
                                            const struct gh_fields *fields,
                                            struct gh_text name,
                                            struct gh_text separator,
                                            struct gh_text *out);

/* True when list ("a, b;q=1, c") has member (without case, parameters after
 * ";" ignored, quoted strings respected). RFC 9110 5.6.1. */
bool gh_list_has(struct gh_text list, struct gh_text member);

/* The field name of a CGI variable: HTTP_ACCEPT_LANGUAGE gives
 * "Accept-Language", in arena. GH_MALFORMED when what follows HTTP_ is empty
 * or has a byte that is not a letter, digit or "_" (RFC 3875 4.1.18);
 * GH_NONE when variable does not begin with HTTP_; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_field_of_variable(struct gh_arena *arena,
                                                  struct gh_text variable,
                                                  struct gh_text *out);

/* Why a field does not cross. */
enum gh_field_rule {
    GH_FIELD_PASSES = 0, /* end to end, not ours */
    GH_FIELD_HOP,        /* hop by hop, RFC 9110 7.6.1 */
    GH_FIELD_FRAMING,    /* length and coding: written anew by us */
    GH_FIELD_IDENTITY,   /* says who the person is: only we may */
    GH_FIELD_FORWARDED,  /* says where the request came from: only we may */
    GH_FIELD_REWRITE,    /* another URL, method or proxy for an application */
    GH_FIELD_CREDENTIAL, /* Authorization and the like: not for applications */
    GH_FIELD_COMMAND,    /* an order to the web server, or its part of one */
    GH_FIELD_OURS,       /* written by us: Host, Content-Type, Cookie */
};

/* Rule for a name that a client sent. Names are compared after folding:
 * lower case, every byte that is not a letter or digit taken as "-", so that
 * X_Remote.User is X-Remote-User. What passes or is dropped by choice of an
 * application (Authorization) is the caller's to look at before scrubbing. */
enum gh_field_rule gh_field_rule_request(struct gh_text name);

/* Rule for a name that an application sent; folded in the same way. */
enum gh_field_rule gh_field_rule_response(struct gh_text name);

/* Removes the fields whose rule is not GH_FIELD_PASSES, and those that a
 * Connection field among them names (RFC 9110 7.6.1; the first 64 names; only
 * ones that would pass anyway, so nothing of ours can be dropped by it). `rule`
 * is one of the two functions above. Returns how many identity fields were
 * removed. */
size_t gh_fields_scrub(struct gh_fields *fields,
                       enum gh_field_rule (*rule)(struct gh_text name));

#endif
