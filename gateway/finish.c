/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of an exchange as others see it: numbers for the metrics, a note in
 * the journal and a line in the log. Owns nothing. Called by respond, and by
 * the edge when the web server went away first.
 */
#include "finish.h"

#include "journal.h"
#include "metrics.h"

#include "base/banned.h"

/* One line for people who run the gateway. */
static void
write_log(const struct gh_exchange *x)
{
    const struct gh_worker *worker = x->context.worker;
    const struct gh_request *request = &x->request;
    struct gh_log_line line;

    if (!x->context.settings->gateway.access_log)
        return;
    gh_log_begin(&line, worker->log, GH_LOG_INFO, "exchange");
    gh_log_text(&line, "exchange", gh_text_of_z(x->context.id));
    gh_log_text(&line, "entry", x->context.entry->name);
    gh_log_text(&line, "client", request->client_text);
    gh_log_text(&line, "method", request->method);
    gh_log_text(&line, "host", request->authority);
    gh_log_text(&line, "path", request->target.path);
    if (x->decision.application != NULL)
        gh_log_text(&line, "application", x->decision.application->name);
    if (x->decision.grant != NULL)
        gh_log_text(&line, "rule", x->decision.grant->name);
    if (x->request.is_verdict)
        gh_log_text(&line, "asked",
                    x->request.is_authorizer ? GH_TEXT("authorizer")
                                             : GH_TEXT("verdict"));
    gh_log_number(&line, "status", x->receipt.status);
    gh_log_number(&line, "bytes_in", x->body.n_come);
    gh_log_number(&line, "bytes_out", x->receipt.n_out);
    gh_log_number(&line, "ms",
                  (uint64_t)(gh_loop_now(worker->loop) - x->began_ms));
    if (x->principal.is_outage)
        gh_log_text(&line, "identified", GH_TEXT("outage"));
    if (x->receipt.is_cut)
        gh_log_text(&line, "cut", GH_TEXT("yes"));
    if (x->receipt.why_z != NULL)
        gh_log_text(&line, "reason", gh_text_of_z(x->receipt.why_z));
    gh_log_end(&line);
}

void
gh_finish(const struct gh_exchange *x)
{
    gh_metrics_count(x);
    gh_journal_note(x->context.worker->journal, x);
    write_log(x);
}
