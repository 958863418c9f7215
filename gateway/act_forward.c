/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that hands a request to its application: writes the request line
 * and the header fields. Owns nothing. What is decided on is what is sent:
 * the canonical path goes out byte for byte. Identity fields are always
 * written, empty when nobody is signed in, so an application never sees one
 * that did not come from here. Called by step_act.
 */
#include "act.h"

#include "backend.h"
#include "estate.h"
#include "identity.h"
#include "web/fields.h"

#include "base/banned.h"

enum {
    OURS_MAX = 1024, /* bytes of the fields that we write ourselves, without
                        the values counted apart */
};

static void
put_field(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_header(buf, name);
    gh_buf_lit(buf, ": ");
    gh_buf_header(buf, value);
    gh_buf_lit(buf, "\r\n");
}

/* "GET /path?query HTTP/1.1"; the version is ours, whatever the client
 * spoke. Method and target were checked by parse. */
static void
put_request_line(struct gh_buf *buf, const struct gh_request *request)
{
    gh_buf_checked(buf, request->method);
    gh_buf_lit(buf, " ");
    gh_buf_checked(buf, request->target.path);
    gh_buf_checked(buf, request->target.query);
    gh_buf_lit(buf, " HTTP/1.1\r\n");
}

/* How the body is framed. The connection is not used again after one, see
 * finish() in relay.c, and the application may know. */
static void
put_framing(struct gh_buf *buf, const struct gh_request *request)
{
    switch (request->body) {
    case GH_REQUEST_NO_BODY:
        break;
    case GH_REQUEST_LENGTH:
        gh_buf_lit(buf, "Content-Length: ");
        gh_buf_number(buf, request->length);
        gh_buf_lit(buf, "\r\n");
        break;
    case GH_REQUEST_STREAM:
        gh_buf_lit(buf, "Transfer-Encoding: chunked\r\n");
        break;
    }
    if (request->body != GH_REQUEST_NO_BODY)
        gh_buf_lit(buf, "Connection: close\r\n");
}

/* From where, and under which id. */
static void
put_origin(struct gh_buf *buf, const struct gh_context *context,
           const struct gh_request *request)
{
    put_field(buf, GH_TEXT("X-Request-Id"), gh_text_of_z(context->id));
    put_field(buf, GH_TEXT("X-Forwarded-For"), request->client_text);
    put_field(buf, GH_TEXT("X-Forwarded-Proto"), GH_TEXT("https"));
    put_field(buf, GH_TEXT("X-Forwarded-Host"), request->authority);
}

/* Upper bound of the head without identity, in bytes. */
static size_t
head_size(const struct gh_request *request)
{
    size_t size = OURS_MAX + request->method.len + request->target.path.len +
                  request->target.query.len + request->cookies.len +
                  request->authorization.len + 2 * request->authority.len;

    for (size_t i = 0; i < request->fields.n; i++)
        size += request->fields.at[i].name.len +
                request->fields.at[i].value.len + 4;
    return size;
}

/* The client's fields, as far as the application is to have them. */
static void
put_fields(struct gh_buf *buf, const struct gh_request *request,
           const struct gh_application *application)
{
    for (size_t i = 0; i < request->fields.n; i++)
        put_field(buf, request->fields.at[i].name, request->fields.at[i].value);
    if (request->authorization.len > 0 && application->passes_authorization)
        put_field(buf, GH_TEXT("Authorization"), request->authorization);
    if (request->cookies.len > 0)
        put_field(buf, GH_TEXT("Cookie"), request->cookies);
}

enum gh_status
act_forward(struct gh_context *context, const struct gh_request *request,
            const struct gh_principal *principal,
            const struct gh_decision *decision, struct gh_outcome *out)
{
    struct gh_identity identity;
    struct gh_buf buf;
    enum gh_status status = gh_identity_of(context, principal, &identity);

    if (status == GH_OK)
        status =
            gh_buf_in(context->arena, head_size(request) + identity.size, &buf);
    if (status != GH_OK)
        return status;
    put_request_line(&buf, request);
    put_field(&buf, GH_TEXT("Host"), request->authority);
    put_fields(&buf, request, decision->application);
    put_framing(&buf, request);
    gh_identity_write(&buf, &identity, decision->application->identity);
    put_origin(&buf, context, request);
    gh_buf_lit(&buf, "\r\n");
    if (buf.is_failed)
        return gh_fault_note(context, GH_FAULT_BUG, "head does not fit", 0);

    out->kind = GH_OUTCOME_FORWARD;
    out->forward_head = gh_buf_text(&buf);
    out->backend = context->estate->pools[decision->place];
    return GH_OK;
}
