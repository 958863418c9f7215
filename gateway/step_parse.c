/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 1: from parameters to a request. Owns nothing: texts are in the
 * exchange's arena. Refuses what is malformed, doubled, too large, not TLS,
 * or meant for another host; drops what only the gateway may say. After this
 * step nobody looks at a parameter again. Called by the pipeline.
 *
 * Neither "first wins" nor "last wins" is safe: nginx writes its own
 * parameters before the client's, lighttpd after them. So a parameter that
 * matters and comes twice is refused.
 */
#include "step.h"

#include "parse_int.h"
#include "web/client.h"

#include "base/banned.h"

enum {
    FIELDS_BESIDES = 2, /* Content-Type and Authorization come back later */
};

/* Parameters that are read by themselves; every other HTTP_ one is a field,
 * and every other one is the web server's own business. */
enum slot {
    SLOT_METHOD,
    SLOT_TARGET,
    SLOT_CLIENT,
    SLOT_HTTPS,
    SLOT_LENGTH,
    SLOT_TYPE,
    SLOT_HOST,
    SLOT_ASK,
    N_SLOTS,
    SLOT_DROPPED, /* known and not needed: CONTENT_* says it better */
};

static const struct {
    struct gh_text name; /* of the parameter */
    enum slot slot;      /* where it goes */
} variables[] = {
    {GH_TEXT_INIT("REQUEST_METHOD"), SLOT_METHOD},
    {GH_TEXT_INIT("REQUEST_URI"), SLOT_TARGET},
    {GH_TEXT_INIT("REMOTE_ADDR"), SLOT_CLIENT},
    {GH_TEXT_INIT("HTTPS"), SLOT_HTTPS},
    {GH_TEXT_INIT("CONTENT_LENGTH"), SLOT_LENGTH},
    {GH_TEXT_INIT("CONTENT_TYPE"), SLOT_TYPE},
    {GH_TEXT_INIT("HTTP_HOST"), SLOT_HOST},
    {GH_TEXT_INIT("GATEHOUSE_ASK"), SLOT_ASK},
    {GH_TEXT_INIT("HTTP_CONTENT_LENGTH"), SLOT_DROPPED},
    {GH_TEXT_INIT("HTTP_CONTENT_TYPE"), SLOT_DROPPED},
};

/* Fields that say who or from where: two of them are one too many. */
static const struct gh_text single_fields[] = {
    GH_TEXT_INIT("Authorization"),  GH_TEXT_INIT("Origin"),
    GH_TEXT_INIT("Sec-Fetch-Site"), GH_TEXT_INIT("Sec-Fetch-Mode"),
    GH_TEXT_INIT("Upgrade"),        GH_TEXT_INIT("Range"),
};

/* Methods that may be sent again (RFC 9110 9.2.2, RFC 4918, RFC 3253). */
static const struct gh_text idempotent[] = {
    GH_TEXT_INIT("GET"),    GH_TEXT_INIT("HEAD"),    GH_TEXT_INIT("PUT"),
    GH_TEXT_INIT("DELETE"), GH_TEXT_INIT("OPTIONS"), GH_TEXT_INIT("PROPFIND"),
    GH_TEXT_INIT("REPORT"), GH_TEXT_INIT("SEARCH"),
};

enum gh_status
gh_parse_refuse(struct gh_request *request, unsigned status, const char *why_z)
{
    request->stop = (struct gh_stop){.status = status, .why_z = why_z};
    return GH_STOP;
}

static enum slot
slot_of(struct gh_text name)
{
    for (size_t i = 0; i < GH_COUNT(variables); i++) {
        if (gh_text_equal(name, variables[i].name))
            return variables[i].slot;
    }
    return N_SLOTS;
}

bool
step_parse_reads(struct gh_text name)
{
    enum slot slot = slot_of(name);

    if (slot == N_SLOTS)
        return gh_text_starts(name, GH_TEXT("HTTP_"));
    return slot != SLOT_DROPPED;
}

/* Adds one HTTP_ parameter to the fields. */
static enum gh_status
take_field(struct gh_context *context, const struct gh_field *param,
           struct gh_request *out)
{
    const struct gh_settings_limits *limits = &context->settings->limits;
    struct gh_text name;
    enum gh_status status =
        gh_field_of_variable(context->arena, param->name, &name);

    if (status == GH_NONE)
        return GH_OK;
    if (status == GH_MALFORMED)
        return gh_parse_refuse(out, 400, "field name");
    if (status != GH_OK)
        return status;
    if (param->value.len > limits->field)
        return gh_parse_refuse(out, 431, "field too long");
    if (!gh_text_all(param->value, GH_CLASS_FIELD))
        return gh_parse_refuse(out, 400, "field value");
    if (out->fields.n >= limits->fields ||
        gh_fields_add(&out->fields, name, gh_text_trim(param->value)) != GH_OK)
        return gh_parse_refuse(out, 431, "too many fields");
    return GH_OK;
}

/* Sorts all parameters into slots and fields. */
static enum gh_status
sort_params(struct gh_context *context, const struct gh_fields *params,
            struct gh_text slots[N_SLOTS], struct gh_request *out)
{
    enum gh_status status = gh_fields_init(
        context->arena, params->n + FIELDS_BESIDES, &out->fields);

    for (size_t i = 0; i < params->n && status == GH_OK; i++) {
        const struct gh_field *param = &params->at[i];
        enum slot slot = slot_of(param->name);

        if (slot == SLOT_DROPPED)
            continue;
        if (slot == N_SLOTS) {
            status = take_field(context, param, out);
            continue;
        }
        if (slots[slot].at != NULL)
            return gh_parse_refuse(out, 400, "parameter given twice");
        slots[slot] = param->value;
    }
    for (size_t i = 0; i < GH_COUNT(single_fields) && status == GH_OK; i++) {
        if (gh_fields_count(&out->fields, single_fields[i]) > 1)
            return gh_parse_refuse(out, 400, "field given twice");
    }
    return status;
}

/* Methods are upper-case tokens; what an application makes of one is its
 * business, except for two that speak to proxies. */
static enum gh_status
take_method(struct gh_text method, struct gh_request *out)
{
    if (method.len == 0 || method.len > 32 || method.at[0] == '-')
        return gh_parse_refuse(out, 400, "method");
    for (size_t i = 0; i < method.len; i++) {
        if (!gh_class_has((unsigned char)method.at[i], GH_CLASS_UPPER) &&
            method.at[i] != '-')
            return gh_parse_refuse(out, 400, "method");
    }
    out->method = method;
    out->is_head = gh_text_equal(method, GH_TEXT("HEAD"));
    for (size_t i = 0; i < GH_COUNT(idempotent); i++)
        out->is_idempotent |= gh_text_equal(method, idempotent[i]);
    if (gh_text_equal(method, GH_TEXT("TRACE")) ||
        gh_text_equal(method, GH_TEXT("TRACK")) ||
        gh_text_equal(method, GH_TEXT("CONNECT")))
        return gh_parse_refuse(out, 405, "method not offered");
    return GH_OK;
}

/* The Host must be one of the entry's origins, byte for byte after case. */
static enum gh_status
take_host(struct gh_context *context, struct gh_text raw,
          struct gh_request *out)
{
    const struct gh_settings_entry *entry = context->entry;
    struct gh_host host;
    enum gh_status status = gh_host_parse(context->arena, raw, &host);

    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        return gh_parse_refuse(out, 400, "host");
    for (size_t i = 0; i < entry->n_origins; i++) {
        if (gh_origin_is_host(&entry->origins[i], &host)) {
            out->origin = &entry->origins[i];
            out->entry = entry->name;
            out->authority = entry->origins[i].authority;
            return GH_OK;
        }
    }
    return gh_parse_refuse(out, 421, "host not served here");
}

static enum gh_status
take_target(struct gh_context *context, struct gh_text raw,
            struct gh_request *out)
{
    enum gh_status status = gh_target_parse(
        context->arena, raw, context->settings->limits.path, &out->target);

    if (status == GH_LIMIT)
        return gh_parse_refuse(out, 414, "path too long");
    if (status == GH_MALFORMED)
        return gh_parse_refuse(out, 400, "target");
    return status;
}

/* The client's address: what the web server saw, or what a listed proxy says
 * in X-Forwarded-For. */
static enum gh_status
take_client(struct gh_context *context, struct gh_text raw,
            struct gh_request *out)
{
    const struct gh_settings_entry *entry = context->entry;
    struct gh_text forwarded;
    struct gh_buf text;
    bool is_usable = false;
    enum gh_status status;

    if (gh_address_parse(raw, &out->client) != GH_OK)
        return gh_parse_refuse(out, 400, "client address");
    status =
        gh_fields_join(context->arena, &out->fields, GH_TEXT("X-Forwarded-For"),
                       GH_TEXT(","), &forwarded);
    if (status == GH_OK)
        status = gh_buf_in(context->arena, 46, &text);
    if (status != GH_OK)
        return status;
    out->client = gh_address_of_client(out->client, forwarded, entry->proxies,
                                       entry->n_proxies, &is_usable);
    out->is_client_unsure = !is_usable;
    text.len = gh_address_write(&out->client, text.at);
    out->client_text = gh_buf_text(&text);
    return GH_OK;
}

/* How long the body is, or that only its end will tell. */
static enum gh_status
take_length(struct gh_context *context, struct gh_text raw,
            struct gh_request *out)
{
    uint64_t limit = context->settings->limits.body;
    enum gh_status status;

    if (raw.len == 0) {
        out->body = GH_REQUEST_STREAM;
        return GH_OK;
    }
    status = gh_text_number(raw, UINT64_MAX / 2, &out->length);
    if (status == GH_MALFORMED)
        return gh_parse_refuse(out, 400, "content length");
    if (status == GH_LIMIT || out->length > limit)
        return gh_parse_refuse(out, 413, "body too large");
    out->body = out->length > 0 ? GH_REQUEST_LENGTH : GH_REQUEST_NO_BODY;
    return GH_OK;
}

/* What the web server asks for: to carry the request, or, with "verdict",
 * only whether it may; then the body stays with the web server. With "refusal"
 * it comes back with what it asked about before. */
static enum gh_status
take_ask(struct gh_text raw, struct gh_request *out)
{
    if (raw.at == NULL)
        return GH_OK;
    if (out->is_authorizer)
        return gh_parse_refuse(out, 400, "GATEHOUSE_ASK of an authorizer");
    out->is_verdict = gh_text_equal(raw, GH_TEXT("verdict"));
    out->is_told = gh_text_equal(raw, GH_TEXT("refusal"));
    if (!out->is_verdict && !out->is_told)
        return gh_parse_refuse(out, 400, "unknown GATEHOUSE_ASK");
    return GH_OK;
}

/* The web server hands on what it was sent, not what was decided on. So both
 * must be the same bytes; and our own pages are not for it to carry. An
 * authorizer's refusal is what the client is shown; nginx knows 401 and 403
 * only. */
static enum gh_status
check_verdict(struct gh_text raw, struct gh_request *out)
{
    struct gh_text path = gh_text_first(raw, gh_text_find(raw, '?'));
    unsigned status = out->is_authorizer ? 400 : 403;

    if (!out->is_verdict)
        return GH_OK;
    if (!gh_text_equal(path, out->target.path))
        return gh_parse_refuse(out, status, "path is not canonical");
    if (out->is_ours)
        return gh_parse_refuse(out, status, "own page");
    out->body = GH_REQUEST_NO_BODY;
    out->length = 0;
    return GH_OK;
}

/* Everything but the body. The order matters only for which of several
 * mistakes is named, and for what the refusing page knows. */
static enum gh_status
parse_all(struct gh_context *context, const struct gh_input *input,
          struct gh_request *out)
{
    struct gh_text slots[N_SLOTS] = {{0}};
    enum gh_status status;

    out->is_authorizer = input->is_authorizer;
    out->is_verdict = input->is_authorizer;
    /* It could not even begin (DISK-007). */
    if (context->fault.status != GH_OK)
        return context->fault.status;
    if (input->refused != 0)
        return gh_parse_refuse(out, input->refused, input->why_z);
    status = sort_params(context, &input->params, slots, out);
    if (status != GH_OK)
        return status;
    gh_parse_manners(out);

    status = take_ask(slots[SLOT_ASK], out);
    if (status == GH_OK)
        status = take_client(context, slots[SLOT_CLIENT], out);
    if (status == GH_OK)
        status = take_method(slots[SLOT_METHOD], out);
    if (status == GH_OK)
        status = take_host(context, slots[SLOT_HOST], out);
    if (status == GH_OK && context->entry->kind != GH_ENTRY_OPERATIONS &&
        !gh_text_equal(slots[SLOT_HTTPS], GH_TEXT("on")))
        return gh_parse_refuse(out, 426, "not TLS");
    if (status == GH_OK)
        status = take_target(context, slots[SLOT_TARGET], out);
    if (status == GH_OK)
        status = take_length(context, slots[SLOT_LENGTH], out);
    if (status == GH_OK)
        status = gh_parse_place(context, out);
    if (status == GH_OK)
        status = check_verdict(slots[SLOT_TARGET], out);
    if (status == GH_OK)
        status = gh_parse_fields(context, slots[SLOT_TYPE], out);
    return status;
}

/* Waits until it is known whether a body comes, and until a small one is
 * complete: an application never hears of a request that breaks off. */
static enum gh_status
await_body(struct gh_context *context, const struct gh_body *body,
           struct gh_request *out)
{
    uint64_t needed = 1;

    if (out->body == GH_REQUEST_NO_BODY)
        return GH_OK;
    if (out->body == GH_REQUEST_LENGTH)
        needed = out->length <= GH_BODY_BUFFER ? out->length : 1;
    if (body->n_come >= needed)
        return GH_OK;
    if (body->is_ended) {
        if (body->is_broken || out->body == GH_REQUEST_LENGTH)
            return gh_parse_refuse(out, 400, "body too short");
        out->body = GH_REQUEST_NO_BODY;
        return GH_OK;
    }
    if (context->is_late)
        return gh_parse_refuse(out, 408, "body too slow");
    gh_deadline_set(context->worker->loop, context->deadline,
                    (int64_t)context->settings->timeouts.body);
    return GH_WAIT;
}

enum gh_status
step_parse(struct gh_context *context, const struct gh_input *input,
           const struct gh_body *body, struct gh_request *out)
{
    enum gh_status status = GH_OK;

    if (!out->is_parsed) {
        status = parse_all(context, input, out);
        if (status != GH_OK)
            return status;
        out->is_parsed = true;
    }
    status = await_body(context, body, out);
    if (status != GH_OK)
        return status;
    /* What is waited for next has a time of its own. */
    gh_deadline_clear(context->deadline);
    context->is_late = false;
    return GH_OK;
}
