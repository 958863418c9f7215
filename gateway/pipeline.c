/* SPDX-License-Identifier: Apache-2.0
 *
 * One request, six steps. Owns nothing. A stop or a fault jumps forward to
 * act, which then chooses the refusal; record and respond always run, so
 * every request leaves a record and gets an answer. Called by the exchange's
 * task.
 */
#include "pipeline.h"

#include "estate.h"
#include "step.h"

#include "base/banned.h"

/* True while the exchange has not come past this step. */
static bool
is_at(const struct gh_exchange *x, enum gh_step step)
{
    return x->next <= step;
}

/* Where a fault becomes an answer: 503, once, with a line in the log. */
static void
refuse_fault(struct gh_exchange *x, enum gh_status status)
{
    struct gh_fault *fault = &x->context.fault;
    struct gh_log_line line;

    if (fault->status == GH_OK)
        fault->what_z = gh_status_word(status);
    atomic_fetch_add_explicit(&x->context.worker->gateway->counters.faults, 1,
                              memory_order_relaxed);
    gh_log_begin(&line, x->context.worker->log, GH_LOG_ERROR, "fault");
    gh_log_text(&line, "exchange", gh_text_of_z(x->context.id));
    gh_log_text(&line, "status", gh_text_of_z(gh_status_word(status)));
    gh_log_text(&line, "what", gh_text_of_z(fault->what_z));
    gh_log_number(&line, "errno", (uint64_t)fault->error);
    gh_log_end(&line);
    x->stop = (struct gh_stop){.status = 503, .why_z = "fault"};
}

/* Draws the conclusion from a step's result. True: go on with the next step
 * that is at hand; false: wait. */
static bool
passed(struct gh_exchange *x, enum gh_step step, enum gh_status status)
{
    if (status == GH_WAIT) {
        x->next = step;
        return false;
    }
    x->next = step + 1;
    if (status == GH_OK)
        return true;

    if (gh_is_fault(status))
        refuse_fault(x, status);
    else if (x->request.stop.status != 0)
        x->stop = x->request.stop;
    else
        x->stop = (struct gh_stop){.status = 503, .why_z = "stopped"};
    if (x->next < GH_STEP_ACT)
        x->next = GH_STEP_ACT;
    return true;
}

void
gh_pipeline_run(struct gh_exchange *x)
{
    struct gh_context *context = &x->context;

    if (is_at(x, GH_STEP_PARSE) &&
        !passed(x, GH_STEP_PARSE,
                step_parse(context, &x->input, &x->body, &x->request)))
        return;
    if (is_at(x, GH_STEP_IDENTIFY) &&
        !passed(x, GH_STEP_IDENTIFY,
                step_identify(context, &x->request, &x->principal)))
        return;
    if (is_at(x, GH_STEP_DECIDE) &&
        !passed(x, GH_STEP_DECIDE,
                step_decide(gh_context_rules(context), &x->request,
                            &x->principal, &x->decision)))
        return;
    if (is_at(x, GH_STEP_ACT) &&
        !passed(x, GH_STEP_ACT, step_act(context, x, &x->outcome)))
        return;
    if (is_at(x, GH_STEP_RECORD) &&
        !passed(x, GH_STEP_RECORD, step_record(context, x, &x->receipt)))
        return;
    if (is_at(x, GH_STEP_RESPOND) &&
        !passed(x, GH_STEP_RESPOND, step_respond(x)))
        return;
}

void
gh_pipeline_leave(struct gh_exchange *x)
{
    enum gh_status status = GH_OK;

    x->is_left = true;
    if (x->next == GH_STEP_ACT)
        status = step_act_leave(&x->context, &x->request);
    if (status == GH_WAIT)
        return;
    if (gh_is_fault(status))
        refuse_fault(x, status);
    x->next = GH_STEP_DONE;
}

void
gh_pipeline_task(struct gh_task *task)
{
    struct gh_exchange *exchange = GH_CONTAINER(task, struct gh_exchange, task);

    if (exchange->is_left)
        gh_pipeline_leave(exchange);
    else
        gh_pipeline_run(exchange);
    if (exchange->next == GH_STEP_DONE)
        exchange->on_done(exchange);
}
