/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of choosing how the gateway's own pages treat one: by whose clocks
 * they show times, light or dark, and how early they warn of a session's end.
 * Owns nothing. Refuses forms that this session was not shown; whether there
 * is such a time zone is for the database to say. Called by step_act until it
 * is done.
 */
#include "act.h"

#include "account_int.h"
#include "core/csrf.h"
#include "database.h"
#include "event.h"
#include "fresh.h"
#include "guard.h"
#include "reply.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    CHOICES_MAX = 4,    /* of one kind */
    CHOICE_COLUMNS = 3, /* values of each */
};

enum input {
    INPUT_CSRF,
    INPUT_TIME_ZONE,
    INPUT_APPEARANCE,
    INPUT_WARNING,
    N_INPUTS,
};

static const struct gh_form_input inputs[N_INPUTS] = {
    [INPUT_CSRF] = {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
    /* Longer than any name, so that a long one is answered in words. */
    [INPUT_TIME_ZONE] = {GH_TEXT_INIT("time_zone"), GH_INPUT_TEXT, 1024, true},
    [INPUT_APPEARANCE] = {GH_TEXT_INIT("appearance"), GH_INPUT_TOKEN, 16, true},
    [INPUT_WARNING] = {GH_TEXT_INIT("warning"), GH_INPUT_TOKEN, 16, true},
};
static const struct gh_own_form form = {GH_TEXT_INIT("preferences"), inputs,
                                        N_INPUTS};

static const struct gh_form_input done = {GH_TEXT_INIT("done"), GH_INPUT_TOKEN,
                                          16, false};

/* What the page says this time. */
struct page {
    unsigned status;                    /* HTTP status */
    struct gh_text notice;              /* what was done */
    struct gh_text alert;               /* what went wrong */
    bool is_zone;                       /* with the time zone */
    struct gh_text time_zone;           /* in its field */
    const struct gh_choice *appearance; /* that is marked; NULL: none */
    const struct gh_choice *warning;    /* likewise */
};

/* The rows of a list of choices, with a mark on the one that is chosen. */
static struct gh_page_list
write_choices(struct gh_text name, const struct gh_choices *among,
              const struct gh_choice *chosen,
              struct gh_page_value at[CHOICES_MAX * CHOICE_COLUMNS])
{
    gh_assert(among->n <= CHOICES_MAX);
    for (size_t i = 0; i < among->n; i++) {
        const struct gh_choice *choice = &among->at[i];
        struct gh_page_value *row = at + i * CHOICE_COLUMNS;

        row[0] = (struct gh_page_value){GH_TEXT("word"), choice->word};
        row[1] = (struct gh_page_value){GH_TEXT("words"), choice->words};
        row[2] = (struct gh_page_value){GH_TEXT("chosen"),
                                        choice == chosen ? GH_TEXT("yes")
                                                         : (struct gh_text){0}};
    }
    return (struct gh_page_list){name, at, among->n, CHOICE_COLUMNS};
}

static enum gh_status
show(struct gh_context *context, const struct gh_exchange *so_far,
     const struct page *page, struct gh_outcome *out)
{
    struct gh_page_value rows[2][CHOICES_MAX * CHOICE_COLUMNS];
    char at[3][GH_OWN_PATH_MAX];
    char token[GH_CSRF_LEN];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status = gh_csrf_make(context->settings->ring, form.purpose,
                                         so_far->principal.reference, &csrf);

    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("notice"), page->notice},
        {GH_TEXT("alert"), page->alert},
        {GH_TEXT("wrong"),
         page->is_zone ? GH_TEXT("yes") : (struct gh_text){0}},
        {GH_TEXT("time_zone"), page->time_zone},
        {GH_TEXT("action"),
         gh_own_path(context, GH_TEXT("/account/preferences"), at[0])},
        {GH_TEXT("account"), gh_own_path(context, GH_TEXT("/account"), at[1])},
        {GH_TEXT("timing"), gh_own_path(context, GH_TEXT("/session"), at[2])},
    };
    const struct gh_page_list lists[] = {
        write_choices(GH_TEXT("appearances"), &gh_appearances, page->appearance,
                      rows[0]),
        write_choices(GH_TEXT("warnings"), &gh_warnings, page->warning,
                      rows[1]),
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = page->status,
                                .layout = context->settings->preferences,
                                .values = values,
                                .n_values = GH_COUNT(values),
                                .lists = lists,
                                .n_lists = GH_COUNT(lists)},
        &out->reply);
}

enum gh_status
act_preference_form(struct gh_context *context,
                    const struct gh_exchange *so_far, struct gh_outcome *out)
{
    const struct gh_preference *has = &so_far->principal.preference;
    struct gh_text code;
    enum gh_status status;

    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT)
        return gh_account_turn_away(context, so_far, out);
    status = gh_account_query(context, &so_far->request, &done, &code);
    if (status != GH_OK)
        return status;
    return show(context, so_far,
                &(struct page){
                    .status = 200,
                    .notice = gh_account_notice(code),
                    .time_zone = has->time_zone.len > 0 ? has->time_zone
                                                        : GH_TEXT("UTC"),
                    .appearance =
                        gh_choice_of(&gh_appearances, (int64_t)has->appearance),
                    .warning = gh_choice_of(&gh_warnings, has->warn_minutes)},
                out);
}

/* The form as it came, with what was typed and marked. GH_MALFORMED: it is not
 * ours. */
static enum gh_status
read_form(struct gh_context *context, const struct gh_exchange *so_far,
          struct page *out)
{
    struct gh_text values[N_INPUTS];
    enum gh_status status = gh_guard_own_form(context, so_far, &form, values);

    if (status != GH_OK)
        return status;
    *out = (struct page){
        .status = 422,
        .time_zone = gh_text_trim(values[INPUT_TIME_ZONE]),
        .appearance = gh_choice_find(&gh_appearances, values[INPUT_APPEARANCE]),
        .warning = gh_choice_find(&gh_warnings, values[INPUT_WARNING])};
    return GH_OK;
}

/* Has it kept. What everybody has is null. */
static enum gh_status
ask_prefer(struct gh_context *context, const struct gh_exchange *so_far,
           const struct page *page)
{
    struct gh_param params[] = {
        gh_param_null(GH_SQL_BYTEA), gh_param_null(GH_SQL_TEXT),
        gh_param_null(GH_SQL_TEXT), gh_param_null(GH_SQL_INT4)};
    enum gh_status status = gh_account_reference(context, so_far, &params[0]);

    if (status != GH_OK)
        return status;
    if (page->time_zone.len > 0)
        params[1] = gh_param_text(page->time_zone);
    if (page->appearance->value != GH_APPEARANCE_DEVICE)
        params[2] = gh_param_text(page->appearance->word);
    if (page->warning->value != GH_WARN_MINUTES)
        params[3] = gh_param_int4((int32_t)page->warning->value);
    status = gh_database_ask(context, &gh_stmt_account_prefer, params,
                             GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

/* The first run: the form. */
static enum gh_status
begin(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {
        .event_z = "malicious_csrf", .reason_z = "preferences form"};
    const struct gh_request *request = &so_far->request;
    struct page page;
    enum gh_status status;

    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    status = read_form(context, so_far, &page);
    if (status == GH_MALFORMED)
        return gh_event_ask_refusal(context, request, &not_ours, 403);
    if (status != GH_OK)
        return status;
    if (page.appearance != NULL && page.warning != NULL)
        return ask_prefer(context, so_far, &page);
    page.alert = GH_TEXT("Choose one of the ways that are offered.");
    return show(context, so_far, &page, out);
}

/* The database does not know the time zone: the form again, as it came. */
static enum gh_status
show_no_zone(struct gh_context *context, const struct gh_exchange *so_far,
             struct gh_outcome *out)
{
    struct page page;
    enum gh_status status = read_form(context, so_far, &page);

    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_BUG;
    page.is_zone = true;
    page.alert = GH_TEXT("There is no time zone of that name.");
    return show(context, so_far, &page, out);
}

/* One answer of the database. The appearance is remembered with sessions: here
 * it is asked for anew at once. */
static enum gh_status
take_answer(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_outcome *out)
{
    const struct gh_rows *rows;
    bool is_live = false;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK && context->refusal == 0)
        status = gh_row_bool(rows, 0, 0, &is_live);
    gh_database_done(context);
    if (context->refusal != 0 && status == GH_OK)
        return act_refuse(context, &so_far->request, context->refusal, out);
    if (status == GH_MALFORMED)
        return show_no_zone(context, so_far, out);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_ACCOUNT,
                   so_far->principal.account_id);
    /* Whose session is over is asked again who it is, and learns why. */
    return gh_account_lead_on(context, so_far,
                              is_live
                                  ? GH_TEXT("/account/preferences?done=saved")
                                  : GH_TEXT("/account/preferences"),
                              out);
}

enum gh_status
act_preference(struct gh_context *context, const struct gh_exchange *so_far,
               struct gh_outcome *out)
{
    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT)
        return gh_account_turn_away(context, so_far, out);
    if (context->query == NULL)
        return begin(context, so_far, out);
    return take_answer(context, so_far, out);
}
