/* SPDX-License-Identifier: Apache-2.0
 *
 * The cards of one exchange: what each step found out, written by that step
 * alone and read by the later ones. Plain values; their texts live in the
 * exchange's arena or in the configuration. Zeroed cards refuse.
 */
#ifndef GH_GATEWAY_CARDS_H
#define GH_GATEWAY_CARDS_H

#include "core/policy.h"
#include "gateway.h"
#include "web/fields.h"
#include "web/host.h"
#include "web/path.h"

/* What the front hands in. Written by the edge. */
struct gh_input {
    struct gh_fields params; /* decoded FastCGI parameters, in wire order */
    unsigned refused;        /* HTTP status the checker refuses with, or 0 */
    const char *why_z;       /* the reason, for the log */
    bool is_authorizer;      /* the web server asks in that role */
};

/* The one address of ours that is not below base_path. */
#define GH_WELL_KNOWN_PASSWORD "/.well-known/change-password"

/* Why an exchange ends early. The zero value: it does not. */
struct gh_stop {
    unsigned status;   /* HTTP status; 0: go on */
    const char *why_z; /* one short phrase for the log; static memory */
};

/* How the request's body is framed. */
enum gh_request_body {
    GH_REQUEST_NO_BODY = 0, /* none */
    GH_REQUEST_LENGTH,      /* Content-Length bytes */
    GH_REQUEST_STREAM,      /* until the web server says so */
};

/* Written by parse. */
struct gh_request {
    struct gh_stop stop;            /* refused here */
    bool is_parsed;                 /* all but the body is here */
    struct gh_text method;          /* upper case */
    bool is_head;                   /* HEAD */
    bool is_idempotent;             /* RFC 9110 9.2.2 */
    struct gh_target target;        /* the canonical path and the query */
    struct gh_text entry;           /* through which it came, by name */
    const struct gh_origin *origin; /* which of the entry's was asked for */
    struct gh_text authority;       /* host[:port] as it goes to applications */
    struct gh_address client;       /* who asks */
    struct gh_text client_text;     /* the same, written out */
    struct gh_fields fields;      /* the client's, scrubbed: these may go on */
    struct gh_text cookies;       /* Cookie without ours; empty: none */
    struct gh_text token;         /* value of the session cookie; empty: none */
    struct gh_text pre;           /* value of __Host-pre; empty: none */
    struct gh_text device;        /* value of __Host-device; empty: none */
    enum gh_request_body body;    /* how the body is framed */
    uint64_t length;              /* of the body, when body is LENGTH */
    bool is_client_unsure;        /* a listed proxy did not say who it is:
                                     client is that proxy */
    bool is_navigation;           /* a person follows a link or sends a form */
    bool wants_json;              /* a script asks */
    bool is_ours;                 /* under base_path: never forwarded */
    bool is_verdict;              /* a web server asks what it may do itself */
    bool is_authorizer;           /* … in that role: 200 lets the request in,
                                     any other answer is the client's */
    bool is_told;                 /* its refusal is in the trail already */
    struct gh_text authorization; /* of the client; empty: none */
};

/* A finished answer of our own. */
struct gh_reply {
    unsigned status;     /* HTTP status */
    struct gh_text head; /* CGI head, with its empty line */
    struct gh_text body; /* empty for HEAD */
};

/* What act decided to do. */
enum gh_outcome_kind {
    GH_OUTCOME_REPLY = 0, /* we answer ourselves */
    GH_OUTCOME_FORWARD,   /* an application answers */
};

/* Written by act. */
struct gh_outcome {
    enum gh_outcome_kind kind;   /* what will happen */
    struct gh_reply reply;       /* when we answer ourselves */
    struct gh_text forward_head; /* request line and fields, when not */
    struct gh_text cookie;       /* a Set-Cookie line for the browser, with the
                                    application's answer; empty: none */
    const struct gh_principal *cookie_of; /* whose, with a cookie: card 2 */
    struct gh_backend *backend;           /* the application's pool */
};

/* Written by record, closed by respond. */
struct gh_receipt {
    bool is_recorded;  /* what must be durable is */
    unsigned status;   /* that the web server was given; 0: none */
    uint64_t n_in;     /* body bytes taken */
    uint64_t n_out;    /* body bytes given */
    bool is_cut;       /* the answer broke off: close, do not end */
    const char *why_z; /* what went wrong, for the log; NULL: nothing */
};

/* Where the client is, for conditions; no address when that is not known. */
static inline struct gh_address
gh_request_whence(const struct gh_request *request)
{
    return request->is_client_unsure ? (struct gh_address){.family = 0}
                                     : request->client;
}

/* When and from where somebody asks, and how sure it is that it is them: for
 * decisions. */
static inline struct gh_circumstances
gh_circumstances_of(const struct gh_request *request,
                    const struct gh_principal *principal)
{
    return (struct gh_circumstances){.now_us = principal->now_us,
                                     .authenticated_us =
                                         principal->authenticated_us,
                                     .client = gh_request_whence(request),
                                     .location = principal->location,
                                     .level = principal->level,
                                     .device = principal->browser,
                                     .device_s = principal->browser_s};
}

#endif
