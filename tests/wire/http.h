/* SPDX-License-Identifier: Apache-2.0
 *
 * Just enough of HTTP/1.1 to know where a request ends and what its body is:
 * Content-Length and chunks. Pure. Trusts its input, which the gateway under
 * test wrote; app.c and the tests use it.
 */
#ifndef GH_TESTS_WIRE_HTTP_H
#define GH_TESTS_WIRE_HTTP_H

#include "bytes.h"

/* Length of the head with its empty line, or 0 when that has not come. */
size_t http_head_len(struct gh_text in);

/* The first value of a field in the head of a message; false without one. */
bool http_field(struct gh_text in, const char *name_z, struct gh_text *out);

/* Length of the first whole request, or 0 when it is not whole. */
size_t http_request_len(struct gh_text in);

/* Appends the body of a whole request to *out, without chunk framing. */
void http_body(struct gh_text request, struct bytes *out);

#endif
