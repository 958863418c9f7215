/* SPDX-License-Identifier: Apache-2.0
 *
 * Finished answers of our own: messages as a page or as JSON, the style
 * sheet; always with the same protective header fields. Called by the acts,
 * and by respond when an application fails before it has begun to answer.
 */
#ifndef GH_GATEWAY_REPLY_H
#define GH_GATEWAY_REPLY_H

#include "cards.h"
#include "context.h"
#include "web/page.h"

/* The names that templates may use, for gh_page_check(). */
extern const struct gh_text gh_reply_names[];
extern const size_t gh_n_reply_names;

/* The message for an HTTP status, in the form the request asks for. `request`
 * may be one that was refused half-way. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_message(struct gh_context *context,
                                              const struct gh_request *request,
                                              unsigned status,
                                              struct gh_reply *out);

/* A page of ours. Plain value for one call. */
struct gh_reply_page {
    unsigned status;                    /* HTTP status */
    struct gh_text layout;              /* template, checked */
    const struct gh_page_value *values; /* besides those of every page */
    size_t n_values;                    /* how many, GH_REPLY_VALUES at most */
    const struct gh_page_list *lists;   /* rows; NULL: none */
    size_t n_lists;                     /* how many lists */
    struct gh_text fields;              /* further field lines, each with its
                                           CRLF */
    unsigned retry_after_s;             /* with 503 and 429, when to come back;
                                           0: in a few seconds */
};

enum {
    GH_REPLY_VALUES = 16,  /* values of one page, besides the common ones */
    GH_MOMENT_MAX = 40,    /* bytes of a moment in words */
    GH_OWN_PATH_MAX = 128, /* bytes of a path of ours */
};

/* "2026-11-23 08:41:07 UTC" from microseconds since 1970; empty for 0. By
 * clocks that are ahead of it, "2026-11-23 09:41:07 UTC+1". The bytes are in
 * at. */
struct gh_text gh_moment(int64_t at_us, int64_t utc_offset_s,
                         char at[GH_MOMENT_MAX]);

/* base_path and a path of ours behind it; the bytes are in at. */
struct gh_text gh_own_path(const struct gh_context *context,
                           struct gh_text rest, char at[GH_OWN_PATH_MAX]);

/* A page. GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_reply_page(struct gh_context *context,
                                           const struct gh_request *request,
                                           const struct gh_reply_page *page,
                                           struct gh_reply *out);

/* 303 to a path and query of ours, with further field lines.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_reply_see_other(struct gh_context *context, const struct gh_request *request,
                   struct gh_text location, struct gh_text fields,
                   struct gh_reply *out);

/* 307 to where the request came from: the same once more, as it was, with the
 * cookie of fields. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_again(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_text location,
                                            struct gh_text fields,
                                            struct gh_reply *out);

/* 302 to a path of ours, which is another name of it. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_found(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_text location,
                                            struct gh_reply *out);

/* JSON for scripts. body lives as long as the exchange. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_json(struct gh_context *context,
                                           const struct gh_request *request,
                                           unsigned status, struct gh_text body,
                                           struct gh_reply *out);

/* What somebody stored, of its media type: to be read by scripts, never to run
 * as a page (CSP sandbox). body lives as long as the exchange.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_reply_stored(struct gh_context *context, const struct gh_request *request,
                struct gh_text type, struct gh_text body, struct gh_reply *out);

/* Plain text for machines, in Prometheus' text format where it has lines of
 * it. body lives as long as the exchange. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_reply_plain(struct gh_context *context, const struct gh_request *request,
               unsigned status, struct gh_text body, struct gh_reply *out);

/* A status and further field lines, without a body, for a web server that
 * asked for a verdict. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_verdict(struct gh_context *context,
                                              unsigned status,
                                              struct gh_text fields,
                                              struct gh_reply *out);

/* The style sheet. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_style(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_reply *out);

#endif
