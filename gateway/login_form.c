/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sign-in form says, and under which keys a guess is counted. Owns
 * the table of the form's inputs. Refuses forms with other inputs, or inputs
 * that come twice. Called by the acts that check a password.
 */
#include "login_int.h"

#include "base/clock.h"
#include "base/precis.h"
#include "core/csrf.h"
#include "web/form.h"
#include "web/local.h"

#include "base/banned.h"

enum input {
    INPUT_USERNAME,
    INPUT_PASSWORD,
    INPUT_CSRF,
    INPUT_RETURN_TO,
    N_INPUTS,
};

static const struct gh_form_input inputs[N_INPUTS] = {
    [INPUT_USERNAME] = {GH_TEXT_INIT("username"), GH_INPUT_TEXT, 1024, true},
    [INPUT_PASSWORD] = {GH_TEXT_INIT("password"), GH_INPUT_SECRET, 4096, true},
    [INPUT_CSRF] = {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
    [INPUT_RETURN_TO] = {GH_TEXT_INIT("return_to"), GH_INPUT_SECRET,
                         GH_LOCAL_MAX, false},
};

enum gh_status
gh_login_read_form(struct gh_context *context, struct gh_text form,
                   struct gh_login *login, struct gh_text *csrf)
{
    struct gh_text values[N_INPUTS];
    enum gh_status status =
        gh_form_parse(context->arena, form, inputs, N_INPUTS, values);

    if (status != GH_OK)
        return status;
    login->username = values[INPUT_USERNAME];
    login->password = values[INPUT_PASSWORD];
    *csrf = values[INPUT_CSRF];
    return gh_local_parse(context->arena, values[INPUT_RETURN_TO],
                          context->settings->gateway.base_path,
                          &login->return_to);
}

/* Names and passwords in the one form in which they are compared. What has
 * none cannot match; it goes the same way all the same. */
static enum gh_status
normalise(struct gh_context *context, struct gh_login *login)
{
    struct gh_text password;
    enum gh_status status =
        gh_precis_account(context->arena, login->username, &login->name);

    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        login->name = (struct gh_text){0};
    status = gh_precis_password(context->arena, login->password, &password);
    if (gh_is_fault(status))
        return status;
    if (status == GH_OK)
        login->password = password;
    /* Who changes a password has a name, whatever they typed. */
    else if (login->new_password.len == 0)
        login->name = (struct gh_text){0};
    return GH_OK;
}

/* A MAC under the log key as a parameter. */
static enum gh_status
make_key(struct gh_context *context, struct gh_text what, struct gh_text value,
         struct gh_param *out)
{
    unsigned char *key = gh_arena_new(context->arena, GH_DIGEST_LEN);
    const struct gh_text current = {0};
    const struct gh_text parts[] = {what, value};

    if (key == NULL)
        return GH_FAULT_MEMORY;
    *out = gh_param_bytea(
        (struct gh_text){.at = (const char *)key, .len = GH_DIGEST_LEN});
    return gh_keys_mac(context->settings->ring, GH_KEY_LOG, current, parts,
                       GH_COUNT(parts), key);
}

/* The lanes that this guess is counted in. */
static enum gh_status
make_keys(struct gh_context *context, const struct gh_request *request,
          struct gh_login *login)
{
    struct gh_text name = login->name.len > 0 ? login->name : login->username;
    struct gh_text client = {.at = (const char *)request->client.bytes,
                             .len = sizeof(request->client.bytes)};
    struct gh_marker marker = {.at_us = 0};
    /* A form without a name has a lane for each client: one for all would be
     * a lock that everybody waits for. */
    enum gh_status status =
        login->is_malformed
            ? make_key(context, GH_TEXT("form"), client, &login->name_key)
            : make_key(context, GH_TEXT("name"), name, &login->name_key);

    login->device_key = gh_param_null(GH_SQL_BYTEA);
    login->device_at = gh_param_null(GH_SQL_TIMESTAMPTZ);
    login->device_since = gh_param_null(GH_SQL_TIMESTAMPTZ);
    if (status == GH_OK)
        status = gh_visit_sources(context, request, &login->sources);
    if (status != GH_OK || login->name.len == 0 || request->device.len == 0)
        return status;
    status = gh_device_check(context->settings->ring, login->name,
                             request->device, &marker);
    if (status == GH_MALFORMED)
        return GH_OK;
    if (status != GH_OK)
        return status;
    login->device_at = gh_param_timestamptz(marker.at_us);
    login->device_since = gh_param_timestamptz(marker.since_s * GH_SECOND_US);
    return make_key(context, GH_TEXT("device"), request->device,
                    &login->device_key);
}

enum gh_status
gh_login_prepare(struct gh_context *context, const struct gh_request *request,
                 struct gh_login *login)
{
    enum gh_status status = normalise(context, login);

    login->host = request->origin->host.name;
    if (status == GH_OK)
        status = make_keys(context, request, login);
    if (status == GH_OK)
        status = gh_visit_of(context, request, &login->visit);
    return status;
}
