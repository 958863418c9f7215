/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 1, second half: whether the address is ours, which cookies are ours,
 * which fields may go on. Owns nothing. Refuses cookies of ours given twice,
 * protocol upgrades that FastCGI cannot carry, odd spellings of our own
 * addresses, and to authorizers fields that may not go on. Called by
 * step_parse.
 */
#include "parse_int.h"

#include "core/application.h"
#include "web/cookie.h"

#include "base/banned.h"

/* The value of the one field of that name, or the empty text. */
static struct gh_text
value_of(const struct gh_request *request, struct gh_text name)
{
    const struct gh_field *field = gh_fields_find(&request->fields, name);

    return field == NULL ? (struct gh_text){0} : field->value;
}

void
gh_parse_manners(struct gh_request *request)
{
    struct gh_text mode = value_of(request, GH_TEXT("Sec-Fetch-Mode"));
    struct gh_text accept = value_of(request, GH_TEXT("Accept"));
    struct gh_text with = value_of(request, GH_TEXT("X-Requested-With"));
    bool is_html = gh_list_has(accept, GH_TEXT("text/html"));

    if (mode.len > 0)
        request->is_navigation = gh_text_equal(mode, GH_TEXT("navigate"));
    else
        request->is_navigation = is_html && with.len == 0;
    request->wants_json =
        !request->is_navigation &&
        (mode.len > 0 || with.len > 0 ||
         (!is_html && gh_list_has(accept, GH_TEXT("application/json"))));
}

/* Ours is what lies below base_path, and one address that others have chosen,
 * where there are passwords to change. */
static bool
is_ours(const struct gh_context *context, struct gh_text path)
{
    if (gh_application_covers(context->settings->gateway.base_path, path))
        return true;
    return context->worker->database != NULL &&
           context->settings->ring != NULL &&
           context->entry->kind != GH_ENTRY_OPERATIONS &&
           gh_text_equal(path, GH_TEXT(GH_WELL_KNOWN_PASSWORD));
}

enum gh_status
gh_parse_place(struct gh_context *context, struct gh_request *request)
{
    request->is_ours = is_ours(context, request->target.path);
    if (request->is_ours && request->target.traits != 0)
        return gh_parse_refuse(request, 400, "ambiguous path");
    if (!request->is_ours && context->entry->kind == GH_ENTRY_OPERATIONS)
        return gh_parse_refuse(request, 404, "nothing is mounted there");
    return GH_OK;
}

/* Reads ours, keeps the others for the application. */
static enum gh_status
take_cookies(struct gh_context *context, struct gh_request *request)
{
    const struct gh_cookie_names *names = &context->settings->cookies;
    struct gh_text all;
    enum gh_status status;

    /* Nobody is anybody there, and nothing goes on to an application. */
    if (context->entry->kind == GH_ENTRY_OPERATIONS)
        return GH_OK;
    status = gh_fields_join(context->arena, &request->fields, GH_TEXT("Cookie"),
                            GH_TEXT("; "), &all);

    if (status != GH_OK)
        return status;
    if (gh_cookie_find(all, names->session, &request->token) == GH_CONFLICT ||
        gh_cookie_find(all, gh_cookie_pre, &request->pre) == GH_CONFLICT ||
        gh_cookie_find(all, gh_cookie_device, &request->device) == GH_CONFLICT)
        return gh_parse_refuse(request, 400, "cookie given twice");
    return gh_cookie_strip(context->arena, names, all, &request->cookies);
}

/* WebSocket cannot be carried through a FastCGI responder; other upgrades
 * are an offer, which is declined by not mentioning it. */
static bool
wants_websocket(const struct gh_request *request)
{
    return gh_list_has(value_of(request, GH_TEXT("Upgrade")),
                       GH_TEXT("websocket"));
}

/* True for a field that would tell an application something that only we may
 * say. From where a request comes, a listed proxy may say, too, and many say it
 * whom nobody listed; some clients name another method. nginx was told the
 * names for that, lighttpd cannot be. */
static bool
is_claim(const struct gh_context *context, const struct gh_request *request,
         struct gh_text name)
{
    switch (gh_field_rule_request(name)) {
    case GH_FIELD_IDENTITY:
    case GH_FIELD_COMMAND:
        return true;
    case GH_FIELD_REWRITE:
        return request->is_authorizer;
    case GH_FIELD_FORWARDED:
        return request->is_authorizer && context->entry->n_proxies == 0;
    case GH_FIELD_PASSES:
    case GH_FIELD_HOP:
    case GH_FIELD_FRAMING:
    case GH_FIELD_CREDENTIAL:
    case GH_FIELD_OURS:
        break;
    }
    return false;
}

/* Where the web server carries the request, nobody can take a field out of it
 * for certain: lighttpd hands all of them on, under any spelling (Remote.User
 * is HTTP_REMOTE_USER to the application), and nginx drops the names that it
 * was told, but no families of names. */
static bool
has_claim(const struct gh_context *context, const struct gh_request *request)
{
    for (size_t i = 0; i < request->fields.n; i++) {
        if (is_claim(context, request, request->fields.at[i].name))
            return true;
    }
    return false;
}

enum gh_status
gh_parse_fields(struct gh_context *context, struct gh_text content_type,
                struct gh_request *request)
{
    enum gh_status status = take_cookies(context, request);
    struct gh_fields *fields = &request->fields;

    if (status != GH_OK)
        return status;
    /* Where the web server carries the traffic, it can. */
    if (!request->is_verdict && wants_websocket(request))
        return gh_parse_refuse(request, 501, "websocket");
    if ((request->is_verdict || request->is_told) &&
        has_claim(context, request))
        return gh_parse_refuse(
            request, request->is_verdict && !request->is_authorizer ? 403 : 400,
            "field that only we may set");
    request->authorization = value_of(request, GH_TEXT("Authorization"));
    (void)gh_fields_scrub(fields, gh_field_rule_request);

    if (!gh_text_all(content_type, GH_CLASS_FIELD))
        return gh_parse_refuse(request, 400, "content type");
    if (content_type.len > 0)
        status = gh_fields_add(fields, GH_TEXT("Content-Type"),
                               gh_text_trim(content_type));
    if (status == GH_LIMIT)
        return gh_parse_refuse(request, 431, "too many fields");
    return status;
}
