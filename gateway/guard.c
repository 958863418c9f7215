/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge of forms, in this order: the token; then Sec-Fetch-Site, which a
 * page cannot forge; then Origin; then Referer. A browser sends at least one
 * of them; what sends none is no browser and has no business with a form.
 * Owns nothing. Called by the acts that take forms and
 * by the one that scripts write through.
 */
#include "guard.h"

#include "core/csrf.h"
#include "visit.h"

#include "base/banned.h"

/* True when a Referer lies on our own origin. */
static bool
is_referer_ours(const struct gh_request *request, struct gh_text referer)
{
    struct gh_text own = request->origin->text;
    struct gh_text rest = gh_text_from(referer, own.len);

    return gh_text_starts(referer, own) && rest.len > 0 && rest.at[0] == '/';
}

bool
gh_guard_is_same_origin(const struct gh_request *request)
{
    struct gh_text site = gh_request_field(request, GH_TEXT("Sec-Fetch-Site"));
    struct gh_text origin = gh_request_field(request, GH_TEXT("Origin"));
    struct gh_text referer = gh_request_field(request, GH_TEXT("Referer"));

    /* Beside Sec-Fetch-Site, Origin may be "null" (Referrer-Policy:
     * no-referrer), but never another site's. */
    if (site.len > 0)
        return gh_text_equal(site, GH_TEXT("same-origin")) &&
               (origin.len == 0 || gh_text_equal(origin, GH_TEXT("null")) ||
                gh_text_equal(origin, request->origin->text));
    if (origin.len > 0)
        return gh_text_equal(origin, request->origin->text);
    return is_referer_ours(request, referer);
}

bool
gh_guard_is_own_script(const struct gh_request *request)
{
    return (gh_request_field(request, GH_TEXT("Sec-Fetch-Site")).len > 0 ||
            gh_request_field(request, GH_TEXT("Origin")).len > 0) &&
           gh_guard_is_same_origin(request);
}

enum gh_status
gh_guard_form(struct gh_context *context, const struct gh_request *request,
              const struct gh_guard *guard)
{
    enum gh_status status = gh_csrf_check(
        context->settings->ring, guard->purpose, guard->subject, guard->token);

    if (status != GH_OK)
        return status;
    return gh_guard_is_same_origin(request) ? GH_OK : GH_MALFORMED;
}

enum gh_status
gh_guard_own_form(struct gh_context *context, const struct gh_exchange *so_far,
                  const struct gh_own_form *form, struct gh_text *values)
{
    const struct gh_request *request = &so_far->request;
    struct gh_guard guard = {.purpose = form->purpose,
                             .subject = so_far->principal.reference};
    enum gh_status status = GH_MALFORMED;

    if (gh_form_is_type(gh_request_field(request, GH_TEXT("Content-Type"))))
        status = gh_form_parse(context->arena,
                               gh_body_whole(&so_far->body, request->length),
                               form->inputs, form->n, values);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_MALFORMED;
    guard.token = values[0];
    return gh_guard_form(context, request, &guard);
}
