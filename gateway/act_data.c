/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of session data: gives, stores or deletes one small value that the
 * scripts of an application keep for a person, for one session or for the
 * account. Owns what struct gh_datum keeps between its runs. Refuses who is
 * not signed in, requests that none of our own pages sent, applications in
 * which the person may do nothing, and what is over the limits. A value that
 * does not open is told to the trail and is a fault, never an empty value.
 * Called by act_own until it is done.
 *
 * Values are sealed here (core/vault); the database has none in the clear. A
 * value of a session is sealed for the reference of its data, which is that of
 * the session, unless the data came from the session before it: then the
 * database names it, and the value is sealed again.
 */
#include "act.h"

#include "core/session.h"
#include "core/vault.h"
#include "database.h"
#include "estate.h"
#include "event.h"
#include "guard.h"
#include "locate.h"
#include "moved.h"
#include "reply.h"
#include "shorten.h"
#include "visit.h"
#include "web/data.h"

#include "base/banned.h"

enum {
    JSON_MAX = 512, /* bytes of an answer that is no value */
};

/* What is wanted. */
enum verb {
    VERB_GET,
    VERB_PUT,
    VERB_DELETE,
};

/* A refusal. The reasons are part of the interface (gatehouse(8)). */
struct refusal {
    unsigned status;      /* HTTP status; 0: none */
    const char *reason_z; /* one word for scripts; static memory */
};

/* What the act keeps between its runs; in the arena. */
struct gh_datum {
    enum verb verb;                           /* what is wanted */
    struct gh_data_address address;           /* of what */
    const struct gh_application *application; /* of it, once they may */
    struct gh_place place;  /* the same, once it is known to exist */
    bool is_asked;          /* for the value, or to record a refusal */
    struct refusal refusal; /* that is being recorded */
    bool is_sealed_again;   /* for another reference */
};

/* {"status":404,"reason":"no_value","exchange":"…"}. */
static enum gh_status
refuse(struct gh_context *context, const struct gh_request *request,
       struct refusal refusal, struct gh_outcome *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(context->arena, JSON_MAX, &buf);

    if (status != GH_OK)
        return status;
    gh_buf_lit(&buf, "{\"status\":");
    gh_buf_number(&buf, refusal.status);
    gh_buf_lit(&buf, ",\"reason\":\"");
    gh_buf_json(&buf, gh_text_of_z(refusal.reason_z));
    gh_buf_lit(&buf, "\",\"exchange\":\"");
    gh_buf_json(&buf, gh_text_of_z(context->id));
    gh_buf_lit(&buf, "\"}\n");
    gh_assert(!buf.is_failed);
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_json(context, request, refusal.status, gh_buf_text(&buf),
                         &out->reply);
}

/* A refusal that is recorded before it is told. */
static enum gh_status
ask_refuse(struct gh_context *context, const struct gh_exchange *so_far,
           const char *event_z, const char *words_z, struct refusal refusal)
{
    const struct gh_audit_event event = {.event_z = event_z,
                                         .reason_z = words_z,
                                         .principal = &so_far->principal};
    enum gh_status status = gh_event_ask(context, &so_far->request, &event);

    context->datum->refusal = refusal;
    context->datum->is_asked = true;
    return status == GH_OK ? GH_WAIT : status;
}

/* --- may they ------------------------------------------------------------- */

static bool
find_verb(const struct gh_request *request, enum verb *out)
{
    if (gh_text_equal(request->method, GH_TEXT("PUT")))
        *out = VERB_PUT;
    else if (gh_text_equal(request->method, GH_TEXT("DELETE")))
        *out = VERB_DELETE;
    else if (request->is_head || gh_text_equal(request->method, GH_TEXT("GET")))
        *out = VERB_GET;
    else
        return false;
    return true;
}

/* What can be said from the request alone. */
static struct refusal
check_form(struct gh_context *context, const struct gh_request *request,
           struct gh_datum *datum)
{
    const struct gh_text prefix = GH_TEXT("/data/");
    struct gh_text rest =
        gh_text_from(request->target.path,
                     context->settings->gateway.base_path.len + prefix.len);

    if (!find_verb(request, &datum->verb)) {
        context->allowed = GH_TEXT("GET, HEAD, PUT, DELETE");
        return (struct refusal){405, "method"};
    }
    if (gh_data_parse(rest, request->target.query, &datum->address) != GH_OK)
        return (struct refusal){400, "address"};
    if (datum->verb != VERB_PUT)
        return (struct refusal){0};
    if (request->body == GH_REQUEST_STREAM)
        return (struct refusal){411, "length"};
    if (request->length > GH_VAULT_VALUE_MAX)
        return (struct refusal){413, "too_large"};
    if (gh_data_type(gh_request_field(request, GH_TEXT("Content-Type")),
                     &datum->place.media_type) != GH_OK)
        return (struct refusal){415, "content_type"};
    return (struct refusal){0};
}

/* The application of that name on the host and through the entry that was asked
 * for: an origin keeps its data from other origins. NULL: none. */
static const struct gh_application *
find_application(const struct gh_rules *rules, struct gh_text name,
                 const struct gh_request *request)
{
    struct gh_text host = request->origin->host.name;

    for (size_t i = 0; i < gh_rules_n_applications(rules); i++) {
        const struct gh_application *application =
            gh_rules_application(rules, i);

        if (gh_text_equal(application->name, name) &&
            (application->host.len == 0 ||
             gh_text_equal(application->host, host)) &&
            gh_application_is_served(application, request->entry))
            return application;
    }
    return NULL;
}

/* Whether the person may do anything in the application. GH_NONE: no, or it
 * does not exist: nobody learns which. GH_LIMIT: the policy cannot be had, or
 * is newer than what is known of the session. GH_WAIT; GH_FAULT_MEMORY. */
static enum gh_status
judge(struct gh_context *context, const struct gh_request *request,
      const struct gh_principal *principal, const struct gh_application **out)
{
    const struct gh_application *application;
    const struct gh_rules *rules;
    struct gh_circumstances circumstances =
        gh_circumstances_of(request, principal);
    struct gh_address whence = gh_request_whence(request);
    struct gh_role_set roles;
    enum gh_status status = GH_OK;

    if (context->estate == NULL)
        status = gh_estate_await(context, principal->policy_version);
    rules = gh_context_rules(context);
    if (status != GH_OK || rules == NULL ||
        gh_estate_overtakes(context, principal))
        return status == GH_WAIT ? GH_WAIT : GH_LIMIT;
    circumstances.location = gh_locate_client(context->worker, rules, &whence);
    status = gh_rules_roles(context->arena, rules, true, &principal->held,
                            &circumstances, &roles);
    if (status != GH_OK)
        return status;
    application =
        find_application(rules, context->datum->address.application, request);
    if (application == NULL ||
        !gh_policy_reaches(rules, &principal->held, roles, application,
                           &circumstances))
        return GH_NONE;
    *out = application;
    return GH_OK;
}

/* --- asking --------------------------------------------------------------- */

static enum gh_status
ask_value(struct gh_context *context, const struct gh_stmt *stmt,
          const struct gh_principal *principal)
{
    const struct gh_place *place = &context->datum->place;
    const struct gh_param params[] = {
        gh_param_int8(principal->session_id), gh_param_int8(place->account_id),
        gh_param_bool(place->is_account), gh_param_int8(place->application_id),
        gh_param_text(place->key)};

    return gh_database_ask(context, stmt, params, GH_COUNT(params));
}

/* Seals the value for its place and has it stored. */
static enum gh_status
ask_put(struct gh_context *context, const struct gh_principal *principal,
        struct gh_text value)
{
    const struct gh_place *place = &context->datum->place;
    struct gh_sealed sealed;
    enum gh_status status = gh_vault_seal(
        context->arena, context->settings->ring, place, value, &sealed);

    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_BUG;
    const struct gh_param params[] = {gh_param_int8(principal->session_id),
                                      gh_param_int8(place->account_id),
                                      gh_param_bool(place->is_account),
                                      gh_param_int8(place->application_id),
                                      gh_param_text(place->key),
                                      place->is_account
                                          ? gh_param_null(GH_SQL_BYTEA)
                                          : gh_param_bytea(place->reference),
                                      gh_param_text(place->media_type),
                                      gh_param_text(sealed.kid),
                                      gh_param_bytea(sealed.nonce),
                                      gh_param_bytea(sealed.bytes)};

    return gh_database_ask(context, &gh_stmt_data_put, params,
                           GH_COUNT(params));
}

static enum gh_status
ask(struct gh_context *context, const struct gh_principal *principal,
    struct gh_text value)
{
    switch (context->datum->verb) {
    case VERB_GET:
        return ask_value(context, &gh_stmt_data_get, principal);
    case VERB_PUT:
        return ask_put(context, principal, value);
    case VERB_DELETE:
        return ask_value(context, &gh_stmt_data_delete, principal);
    }
    return GH_FAULT_BUG;
}

/* The place, as far as the session tells. */
static enum gh_status
fill_place(struct gh_context *context, const struct gh_principal *principal,
           struct gh_datum *datum, const struct gh_application *application)
{
    unsigned char *reference = gh_arena_new(context->arena, GH_REFERENCE_LEN);

    if (reference == NULL)
        return GH_FAULT_MEMORY;
    gh_reference_read(principal->reference, reference);
    datum->place.account_id = principal->account_id;
    datum->place.application_id = application->id;
    datum->place.is_account = datum->address.is_account;
    datum->place.key = datum->address.key;
    datum->place.reference =
        (struct gh_text){(const char *)reference, GH_REFERENCE_LEN};
    return GH_OK;
}

/* What the application's zone asks of a session that is used there. *anew: who
 * is to sign in first; NULL: the request may go on. */
static enum gh_status
check_zone(struct gh_context *context, const struct gh_request *request,
           const struct gh_principal *principal,
           const struct gh_application *application,
           const struct gh_principal **anew)
{
    struct gh_principal *found = gh_arena_new(context->arena, sizeof(*found));
    enum gh_status status;

    if (found == NULL)
        return GH_FAULT_MEMORY;
    *found = *principal;
    status = gh_moved_check(context, request, application, found);
    if (status == GH_OK && found->kind == GH_PRINCIPAL_ACCOUNT)
        return gh_shorten(context, request, principal, application, anew);
    *anew = found;
    return status;
}

/* The first run: refuses, or finds the application. */
static enum gh_status
begin(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    struct gh_datum *datum = context->datum;
    struct refusal refusal = check_form(context, request, datum);
    enum gh_status status;

    if (refusal.status != 0)
        return refuse(context, request, refusal, out);
    if (datum->verb != VERB_GET && !gh_guard_is_own_script(request))
        return ask_refuse(context, so_far, "malicious_csrf", "session data",
                          (struct refusal){403, "origin"});
    status = judge(context, request, &so_far->principal, &datum->application);
    if (status == GH_NONE)
        return ask_refuse(context, so_far, "authz_fail", "session data",
                          (struct refusal){404, "no_application"});
    if (status == GH_LIMIT)
        return refuse(context, request, (struct refusal){503, "unavailable"},
                      out);
    return status;
}

/* They may: asks, once the application's zone has what it wants. */
static enum gh_status
proceed(struct gh_context *context, const struct gh_exchange *so_far,
        struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    const struct gh_principal *principal = &so_far->principal;
    struct gh_datum *datum = context->datum;
    const struct gh_principal *anew = NULL;
    enum gh_status status =
        check_zone(context, request, principal, datum->application, &anew);

    if (status == GH_OK && anew != NULL)
        return act_sign_in(context, request, anew, out);
    if (status == GH_OK)
        status = fill_place(context, principal, datum, datum->application);
    if (status == GH_OK)
        status = ask(context, principal,
                     gh_body_whole(&so_far->body, request->length));
    datum->is_asked = status == GH_OK;
    return status == GH_OK ? GH_WAIT : status;
}

/* --- answering ------------------------------------------------------------ */

/* {"is_stored":true} and its like. */
static enum gh_status
say_done(struct gh_context *context, const struct gh_request *request,
         struct gh_text body, struct gh_outcome *out)
{
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_json(context, request, 200, body, &out->reply);
}

/* What a row has. GH_NONE: no value. */
static enum gh_status
read_row(struct gh_context *context, const struct gh_rows *rows,
         struct gh_place *place, struct gh_sealed *sealed)
{
    struct gh_arena *arena = context->arena;
    struct gh_text media_type;
    enum gh_status status = GH_OK;

    if (!place->is_account)
        status =
            gh_row_bytea(arena, rows, 0, GH_DATA_REFERENCE, &place->reference);
    if (status != GH_OK || place->reference.len != GH_VAULT_REFERENCE_LEN)
        return GH_FAULT_DB;
    status = gh_row_text(arena, rows, 0, GH_DATA_MEDIA_TYPE, &media_type);
    /* One that nothing was ever stored with is somebody's hand. */
    if (status == GH_OK &&
        gh_data_type(media_type, &place->media_type) != GH_OK)
        return GH_FAULT_DB;
    if (status == GH_OK)
        status = gh_row_text(arena, rows, 0, GH_DATA_KEY_ID, &sealed->kid);
    if (status == GH_OK)
        status = gh_row_bytea(arena, rows, 0, GH_DATA_NONCE, &sealed->nonce);
    if (status == GH_OK)
        status = gh_row_bytea(arena, rows, 0, GH_DATA_SEALED, &sealed->bytes);
    return status;
}

/* Opens the value and gives it. */
static enum gh_status
take_get(struct gh_context *context, const struct gh_exchange *so_far,
         const struct gh_rows *rows, struct gh_outcome *out)
{
    struct gh_place *place = &context->datum->place;
    struct gh_sealed sealed = {.kid = {0}};
    struct gh_text value;
    enum gh_status status = read_row(context, rows, place, &sealed);

    gh_database_done(context);
    if (status == GH_NONE)
        return refuse(context, &so_far->request,
                      (struct refusal){404, "no_value"}, out);
    if (status == GH_OK)
        status = gh_vault_open(context->arena, context->settings->ring, place,
                               &sealed, &value);
    if (status == GH_MALFORMED || status == GH_NONE)
        return ask_refuse(context, so_far, "crypt_decrypt_fail",
                          status == GH_NONE ? "session data, key not in ring"
                                            : "session data",
                          (struct refusal){503, "unreadable"});
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_stored(context, &so_far->request, place->media_type, value,
                           &out->reply);
}

/* The data of this session came from the one before it: seals for that. */
static enum gh_status
put_again(struct gh_context *context, const struct gh_exchange *so_far,
          struct gh_text reference)
{
    struct gh_datum *datum = context->datum;
    enum gh_status status;

    if (datum->is_sealed_again || reference.len != GH_VAULT_REFERENCE_LEN)
        return gh_fault_note(context, GH_FAULT_DB,
                             "the data of a session have no one place", 0);
    datum->is_sealed_again = true;
    datum->place.reference = reference;
    status = ask_put(context, &so_far->principal,
                     gh_body_whole(&so_far->body, so_far->request.length));
    return status == GH_OK ? GH_WAIT : status;
}

/* Whether it was stored. */
static enum gh_status
take_put(struct gh_context *context, const struct gh_exchange *so_far,
         const struct gh_rows *rows, struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    struct gh_text outcome;
    struct gh_text reference = {0};
    enum gh_status status =
        gh_row_text(context->arena, rows, 0, GH_PUT_OUTCOME, &outcome);
    bool is_elsewhere =
        status == GH_OK && gh_text_equal(outcome, GH_TEXT("elsewhere"));

    if (is_elsewhere)
        status =
            gh_row_bytea(context->arena, rows, 0, GH_PUT_REFERENCE, &reference);
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    if (is_elsewhere)
        return put_again(context, so_far, reference);
    if (gh_text_equal(outcome, GH_TEXT("keys")))
        return refuse(context, request, (struct refusal){409, "too_many_keys"},
                      out);
    if (gh_text_equal(outcome, GH_TEXT("full")))
        return refuse(context, request, (struct refusal){409, "full"}, out);
    return say_done(context, request, GH_TEXT("{\"is_stored\":true}\n"), out);
}

/* Whether there was anything to delete; afterwards there is nothing. */
static enum gh_status
take_delete(struct gh_context *context, const struct gh_exchange *so_far,
            const struct gh_rows *rows, struct gh_outcome *out)
{
    bool is_deleted = false;
    enum gh_status status = gh_row_bool(rows, 0, 0, &is_deleted);

    gh_database_done(context);
    if (status == GH_NONE)
        return refuse(context, &so_far->request, (struct refusal){401, "ended"},
                      out);
    if (status != GH_OK)
        return status;
    return say_done(context, &so_far->request,
                    is_deleted ? GH_TEXT("{\"is_deleted\":true}\n")
                               : GH_TEXT("{\"is_deleted\":false}\n"),
                    out);
}

/* What the database says. */
static enum gh_status
take(struct gh_context *context, const struct gh_exchange *so_far,
     const struct gh_rows *rows, struct gh_outcome *out)
{
    if (rows->n == 0) {
        gh_database_done(context);
        return refuse(context, &so_far->request, (struct refusal){401, "ended"},
                      out);
    }
    switch (context->datum->verb) {
    case VERB_GET:
        return take_get(context, so_far, rows, out);
    case VERB_PUT:
        return take_put(context, so_far, rows, out);
    case VERB_DELETE:
        return take_delete(context, so_far, rows, out);
    }
    return GH_FAULT_BUG;
}

/* An answer of the database, if there is one. */
static enum gh_status
go_on(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_outcome *out)
{
    struct refusal refusal = context->datum->refusal;
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status != GH_OK) {
        gh_database_done(context);
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    }
    if (refusal.status == 0)
        return take(context, so_far, rows, out);
    gh_database_done(context);
    return refuse(context, &so_far->request, refusal, out);
}

enum gh_status
act_data(struct gh_context *context, const struct gh_exchange *so_far,
         struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    const struct gh_principal *principal = &so_far->principal;
    enum gh_status status = GH_OK;

    if (principal->kind == GH_PRINCIPAL_UNKNOWN)
        return refuse(context, request, (struct refusal){503, "unavailable"},
                      out);
    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        return act_sign_in(context, request, principal, out);
    if (context->datum == NULL)
        context->datum = gh_arena_new(context->arena, sizeof(*context->datum));
    if (context->datum == NULL)
        return GH_FAULT_MEMORY;
    if (context->datum->is_asked)
        return go_on(context, so_far, out);
    if (context->datum->application == NULL)
        status = begin(context, so_far, out);
    if (status != GH_OK || context->datum->application == NULL)
        return status;
    return proceed(context, so_far, out);
}
