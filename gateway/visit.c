/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request comes from, for the database. Owns nothing. Limits what a
 * client says of itself to 512 bytes of clean UTF-8. Called by identify and
 * the acts.
 */
#include "visit.h"

#include <string.h>

#include "core/keys.h"
#include "web/agent.h"

#include "base/banned.h"

enum {
    USER_AGENT_MAX = 512, /* bytes kept of what a client calls itself */
};

struct gh_text
gh_request_field(const struct gh_request *request, struct gh_text name)
{
    const struct gh_field *field = gh_fields_find(&request->fields, name);

    return field == NULL ? (struct gh_text){0} : field->value;
}

/* Bytes of an address as the database takes them. */
static size_t
address_len(const struct gh_address *address)
{
    return address->family == 4 ? 4 : 16;
}

enum gh_status
gh_visit_of(struct gh_context *context, const struct gh_request *request,
            struct gh_visit *out)
{
    struct gh_text agent = gh_request_field(request, GH_TEXT("User-Agent"));
    struct gh_text device = {0};
    enum gh_status status = gh_agent_words(context->arena, agent, &device);

    out->client =
        gh_param_inet(request->client.bytes, address_len(&request->client));
    out->user_agent = gh_param_null(GH_SQL_TEXT);
    out->device = gh_param_text(device);
    out->entry = gh_param_text(context->entry->name);
    out->exchange = gh_param_uuid(context->id_bytes);
    out->node = gh_param_text(gh_text_of_z(context->worker->gateway->node));
    if (status == GH_OK && agent.len > 0)
        status = gh_param_clean_text(context->arena, agent, USER_AGENT_MAX,
                                     &out->user_agent);
    return status;
}

/* The MAC of the first `bits` bits of an address. */
static enum gh_status
source_key(struct gh_context *context, const struct gh_address *address,
           unsigned bits, struct gh_param *out)
{
    unsigned char *key = gh_arena_new(context->arena, GH_DIGEST_LEN);
    const struct gh_text current = {0};
    struct gh_text parts[] = {
        GH_TEXT("source"),
        {.at = (const char *)&address->family, .len = 1},
        {.at = (const char *)address->bytes, .len = bits / 8}};
    enum gh_status status;

    if (key == NULL)
        return GH_FAULT_MEMORY;
    status = gh_keys_mac(context->settings->ring, GH_KEY_LOG, current, parts,
                         GH_COUNT(parts), key);
    *out = gh_param_bytea(
        (struct gh_text){.at = (const char *)key, .len = GH_DIGEST_LEN});
    return status;
}

enum gh_status
gh_visit_sources(struct gh_context *context, const struct gh_request *request,
                 struct gh_param *out)
{
    static const unsigned v4[] = {32};
    static const unsigned v6[] = {64, 56, 48};
    bool is_v4 = request->client.family == 4;
    const unsigned *bits = is_v4 ? v4 : v6;
    size_t n = is_v4 ? GH_COUNT(v4) : GH_COUNT(v6);
    struct gh_param keys[GH_SOURCE_KEYS];

    for (size_t i = 0; i < n; i++) {
        enum gh_status status =
            source_key(context, &request->client, bits[i], &keys[i]);

        if (status != GH_OK)
            return status;
    }
    return gh_param_array(context->arena, GH_SQL_BYTEA, keys, n, out);
}
