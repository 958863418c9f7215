/* SPDX-License-Identifier: Apache-2.0
 *
 * The desk. Owns one static struct desk; the exchange and the configuration
 * on it are made anew for every test. Called by tests of steps and acts.
 */
#include "desk.h"

#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "estate.h"
#include "pipeline.h"
#include "step.h"

#include "base/banned.h"

/* As a worker does when its loop is woken. */
static void
wake(void *ctx)
{
    struct desk *desk = ctx;

    if (desk->gateway.hashing != NULL)
        gh_hashing_collect(desk->gateway.hashing, &desk->worker.hashed);
}

void
desk_add(struct desk *desk, struct gh_text name, struct gh_text value)
{
    check_status(GH_OK,
                 gh_fields_add(&desk->exchange->input.params, name, value));
}

void
desk_drop(struct desk *desk, const char *name_z)
{
    struct gh_fields *params = &desk->exchange->input.params;
    size_t n = 0;

    for (size_t i = 0; i < params->n; i++) {
        if (!gh_text_equal_nocase(params->at[i].name, gh_text_of_z(name_z)))
            params->at[n++] = params->at[i];
    }
    params->n = n;
}

void
desk_set(struct desk *desk, const char *name_z, struct gh_text value)
{
    desk_drop(desk, name_z);
    desk_add(desk, gh_text_of_z(name_z), value);
}

struct desk *
desk_begin(const char *settings_z)
{
    static struct desk desk;
    struct gh_settings *settings = NULL;

    desk = (struct desk){.gateway.sink.fd = -1};
    atomic_flag_clear(&desk.gateway.sink.is_busy);
    atomic_init(&desk.gateway.sink.level, GH_LOG_ERROR);
    desk.worker.gateway = &desk.gateway;
    check_status(GH_OK, config_read(config_text(NULL, settings_z), &settings));
    check_status(GH_OK, gh_log_new(&desk.gateway.sink, &desk.worker.log));
    check_status(GH_OK, gh_loop_new(wake, &desk, &desk.worker.loop));
    desk.worker.hashed.loop = desk.worker.loop;
    gh_list_init(&desk.worker.hashed.done);
    gh_list_init(&desk.worker.policy_waiters);
    gh_list_init(&desk.worker.look_waiters);
    check_status(GH_OK, gh_site_new(settings, &desk.worker.site));
    check_status(GH_OK,
                 gh_estate_install(&desk.worker, settings->mounts, false));
    desk.exchange = gh_exchange_new(gh_pipeline_task);
    gh_exchange_begin(desk.exchange, &desk.worker, &settings->entries[0]);
    desk.exchange->input.params =
        (struct gh_fields){.at = desk.params, .cap = GH_COUNT(desk.params)};
    desk_set(&desk, "REQUEST_METHOD", GH_TEXT("GET"));
    desk_set(&desk, "REQUEST_URI", GH_TEXT("/public/x"));
    desk_set(&desk, "REMOTE_ADDR", GH_TEXT("192.0.2.7"));
    desk_set(&desk, "HTTPS", GH_TEXT("on"));
    desk_set(&desk, "HTTP_HOST", GH_TEXT("localhost:8443"));
    desk_set(&desk, "CONTENT_LENGTH", GH_TEXT("0"));
    return &desk;
}

void
desk_end(struct desk *desk)
{
    gh_exchange_end(desk->exchange);
    gh_exchange_free(desk->exchange);
    /* In the order of gh_workers_stop(). */
    if (desk->gateway.hashing != NULL) {
        gh_hashing_stop(desk->gateway.hashing);
        gh_hashing_collect(desk->gateway.hashing, &desk->worker.hashed);
        gh_hashing_free(desk->gateway.hashing);
    }
    gh_estate_release(desk->worker.estate);
    gh_site_release(desk->worker.site);
    gh_loop_free(desk->worker.loop);
    gh_log_free(desk->worker.log);
}

unsigned
desk_parse(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    enum gh_status status =
        step_parse(&x->context, &x->input, &x->body, &x->request);

    switch ((int)status) {
    case GH_OK:
        check_number(0, x->request.stop.status);
        return 0;
    case GH_WAIT:
        return 1;
    case GH_STOP:
        check(x->request.stop.why_z != NULL);
        return x->request.stop.status;
    }
    check_status(GH_OK, status);
    return 503;
}

void
desk_rule(struct desk *desk, struct gh_rules *rules)
{
    struct gh_mounts *mounts;

    check_status(GH_OK, gh_rules_seal(rules));
    mounts = gh_mounts_new(rules, NULL);
    gh_rules_release(rules);
    if (check(mounts != NULL))
        check_status(GH_OK, gh_estate_install(&desk->worker, mounts, false));
    gh_mounts_release(mounts);
}

/* An application of the policy, which is the desk's own. */
static struct gh_application *
application(const struct gh_rules *rules, size_t i)
{
    uintptr_t at = (uintptr_t)gh_rules_application(rules, i);

    return (struct gh_application *)at;
}

void
desk_keep_paths(struct desk *desk)
{
    const struct gh_rules *rules = desk->worker.estate->mounts->rules;

    for (size_t i = 0; i < gh_rules_n_applications(rules); i++) {
        application(rules, i)->keeps_encoded_slash = true;
        application(rules, i)->keeps_empty_segments = true;
        application(rules, i)->keeps_semicolon = true;
    }
}

enum gh_verdict
desk_decide(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;
    struct gh_principal *principal = &x->principal;
    struct gh_circumstances circumstances =
        gh_circumstances_of(&x->request, principal);
    const struct gh_rules *rules;

    if (x->context.estate == NULL)
        check_status(GH_OK, gh_estate_await(&x->context, 0));
    rules = gh_context_rules(&x->context);
    check_status(GH_OK, gh_rules_roles(x->context.arena, rules,
                                       principal->kind == GH_PRINCIPAL_ACCOUNT,
                                       &principal->held, &circumstances,
                                       &principal->roles));
    check_status(GH_OK,
                 step_decide(rules, &x->request, principal, &x->decision));
    return x->decision.verdict;
}

struct gh_text
desk_field(const struct desk *desk, struct gh_text name)
{
    const struct gh_field *field =
        gh_fields_find(&desk->exchange->request.fields, name);

    return field == NULL ? (struct gh_text){0} : field->value;
}
