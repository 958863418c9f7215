/* SPDX-License-Identifier: Apache-2.0
 *
 * FastCGI name-value pairs (FastCGI 1.0, 3.4): a checking decoder and a plain
 * encoder. Pure. Called by the edge, before libfcgi sees anything.
 */
#ifndef GH_GATEWAY_PARAMS_H
#define GH_GATEWAY_PARAMS_H

#include "base/buf.h"
#include "web/fields.h"

/* Decodes the pairs of stream into out, which has room for as many as may
 * come; the texts point into stream. Pairs with an empty value are checked and
 * left out: to CGI that is the same as missing (RFC 3875 4.1), and web servers
 * send many. GH_MALFORMED: a length that reaches past
 * the end, an empty name, a byte in a name that is not visible ASCII or is
 * "=", a NUL in a value. GH_LIMIT: more pairs than out has room for. */
GH_MUST_CHECK enum gh_status gh_params_decode(struct gh_text stream,
                                              struct gh_fields *out);

/* Bytes that gh_params_encode() will write, at most. */
size_t gh_params_size(const struct gh_fields *params);

/* Appends one whole request with these parameters for a responder: BEGIN,
 * PARAMS records, the empty PARAMS record. This is what libfcgi is shown. */
void gh_params_encode(struct gh_buf *buf, unsigned id,
                      const struct gh_fields *params);

/* Appends the GET_VALUES_RESULT for the content of a GET_VALUES record: the
 * limits that were asked for and that we know, each once, however often they
 * were asked for. */
void gh_params_answer_values(struct gh_buf *buf, struct gh_text asked,
                             size_t max_connections);

#endif
