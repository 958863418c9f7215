/* SPDX-License-Identifier: Apache-2.0
 *
 * libfcgi, kept where it can do no harm: it parses one clean request at a
 * time out of a pipe of ours, and writes the answer's records to the web
 * server's connection, never more than that connection is known to take. The
 * only file that knows libfcgi.
 */
#ifndef GH_GATEWAY_FCGI_H
#define GH_GATEWAY_FCGI_H

#include "base/buf.h"
#include "web/fields.h"

/* The pipe of one loop. */
struct gh_fcgi;

/* One request as libfcgi sees it; reusable. */
struct gh_fcgi_request;

/* Prepares the library; once, before threads exist, before signal handlers
 * are installed. GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_fcgi_setup(void);

/* A loop's pipe with room for max_bytes of one request. GH_FAULT_MEMORY,
 * GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_fcgi_new(size_t max_bytes,
                                         struct gh_fcgi **out);
void gh_fcgi_free(struct gh_fcgi *fcgi);

/* A request that nothing was read into. NULL without memory. */
struct gh_fcgi_request *gh_fcgi_request_new(void);
void gh_fcgi_request_free(struct gh_fcgi_request *request);

/* Has libfcgi read the clean bytes of one request (gh_params_encode()); the
 * parameters are copied into arena and out. The answer will go to fd.
 * GH_FAULT_MEMORY, GH_FAULT_IO, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_fcgi_accept(struct gh_fcgi *fcgi,
                                            struct gh_fcgi_request *request,
                                            struct gh_text clean, int fd,
                                            struct gh_arena *arena,
                                            struct gh_fields *out);

/* Appends bytes to the answer; whole records are sent as they fill up. The
 * caller has made sure that fd takes them. GH_CLOSED. */
GH_MUST_CHECK enum gh_status gh_fcgi_write(struct gh_fcgi_request *request,
                                           struct gh_text bytes);

/* Sends what was appended. GH_CLOSED. */
GH_MUST_CHECK enum gh_status gh_fcgi_flush(struct gh_fcgi_request *request);

/* Ends the answer: END_REQUEST, request complete. GH_CLOSED. */
GH_MUST_CHECK enum gh_status gh_fcgi_finish(struct gh_fcgi_request *request);

/* Forgets the request without a word to the web server. */
void gh_fcgi_drop(struct gh_fcgi_request *request);

#endif
