/* SPDX-License-Identifier: Apache-2.0
 *
 * The page about one's own account: who, the sign-in before, the sessions
 * with the form that ends them, and what happened lately. Owns nothing. Limits
 * its lists to what account_read gives, 100 and 20 rows. Called by the account
 * act.
 */
#include "account_int.h"

#include "core/csrf.h"
#include "core/session.h"
#include "reply.h"
#include "store/stmt.h"
#include "web/agent.h"

#include "base/banned.h"

enum {
    SESSION_COLUMNS = 6,  /* values of a session */
    ACTIVITY_COLUMNS = 4, /* values of an event */
    WORDS_MAX = 128,      /* bytes of an event in words */
    NUMBER_MAX = 24,      /* bytes of a number */
};

/* One row of account_read, whichever relation it is of. */
struct look {
    bool is_session;               /* or an event */
    struct gh_text session;        /* reference, 16 bytes, or empty */
    int64_t at_us;                 /* when it began or happened */
    int64_t at_offset_s;           /* how far the person's clocks were ahead of
                                      UTC then */
    int64_t seen_us;               /* last activity of a session */
    int64_t seen_offset_s;         /* likewise, then */
    struct gh_text client;         /* address, or empty */
    struct gh_text agent;          /* what the browser calls itself */
    struct gh_text device;         /* the same in words, when only they are
                                      known */
    struct gh_account_event event; /* what happened */
    int64_t repeats;               /* how often */
};

/* The lists as they are filled. */
struct lists {
    struct gh_page_value *sessions; /* SESSION_COLUMNS each */
    size_t n_sessions;              /* rows filled */
    struct gh_page_value *activity; /* ACTIVITY_COLUMNS each */
    size_t n_activity;              /* rows filled */
};

/* Null is nothing. */
static enum gh_status
forgive(enum gh_status status)
{
    return status == GH_NONE ? GH_OK : status;
}

/* The texts of a row; those that are null stay empty. */
static enum gh_status
read_texts(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
           struct look *out)
{
    const struct {
        size_t column;       /* of the row */
        struct gh_text *out; /* where it goes */
    } texts[] = {{GH_OWN_USER_AGENT, &out->agent},
                 {GH_OWN_EVENT, &out->event.event},
                 {GH_OWN_REASON, &out->event.reason},
                 {GH_OWN_CAUSE, &out->event.cause},
                 {GH_OWN_DEVICE, &out->device}};
    enum gh_status status =
        forgive(gh_row_bytea(arena, rows, row, GH_OWN_SESSION, &out->session));

    if (status == GH_OK)
        status =
            forgive(gh_row_inet(arena, rows, row, GH_OWN_CLIENT, &out->client));
    for (size_t i = 0; i < GH_COUNT(texts) && status == GH_OK; i++)
        status = forgive(
            gh_row_text(arena, rows, row, texts[i].column, texts[i].out));
    return status;
}

static enum gh_status
read_look(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
          struct look *out)
{
    int64_t relation = 0;
    enum gh_status status;

    *out = (struct look){.repeats = 1};
    status = gh_row_int8(rows, row, GH_OWN_RELATION, &relation);
    if (status == GH_OK)
        status = gh_row_time(rows, row, GH_OWN_AT, &out->at_us);
    if (status == GH_OK)
        status = forgive(gh_row_time(rows, row, GH_OWN_SEEN_AT, &out->seen_us));
    if (status == GH_OK)
        status = forgive(gh_row_int8(rows, row, GH_OWN_REPEATS, &out->repeats));
    if (status == GH_OK)
        status = forgive(
            gh_row_int8(rows, row, GH_OWN_AT_OFFSET, &out->at_offset_s));
    if (status == GH_OK)
        status = forgive(
            gh_row_int8(rows, row, GH_OWN_SEEN_OFFSET, &out->seen_offset_s));
    if (status == GH_OK)
        status = read_texts(arena, rows, row, out);
    out->is_session = relation == 0;
    return status;
}

/* A moment in words that lives in the arena. */
static enum gh_status
write_moment(struct gh_arena *arena, int64_t at_us, int64_t utc_offset_s,
             struct gh_text *out)
{
    char at[GH_MOMENT_MAX];

    return gh_arena_copy(arena, gh_moment(at_us, utc_offset_s, at), out);
}

/* "Sign-in failed: wrong password (3 times)". */
static enum gh_status
write_event(struct gh_arena *arena, const struct look *look,
            struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(arena, WORDS_MAX, &buf);

    if (status != GH_OK)
        return status;
    /* From the table of words. */
    gh_buf_checked(&buf, gh_account_words(&look->event));
    if (look->repeats > 1) {
        gh_buf_lit(&buf, " (");
        gh_buf_number(&buf, (uint64_t)look->repeats);
        gh_buf_lit(&buf, " times)");
    }
    gh_assert(!buf.is_failed);
    *out = gh_buf_text(&buf);
    return GH_OK;
}

static enum gh_status
add_session(struct gh_arena *arena, const struct look *look,
            struct gh_text own_reference, struct lists *lists)
{
    struct gh_page_value *row =
        lists->sessions + lists->n_sessions * SESSION_COLUMNS;
    enum gh_status status;

    row[0].name = GH_TEXT("session");
    row[1].name = GH_TEXT("device");
    row[2] = (struct gh_page_value){GH_TEXT("client"), look->client};
    row[3].name = GH_TEXT("began");
    row[4].name = GH_TEXT("seen");
    row[5].name = GH_TEXT("own");
    status = gh_reference_write(arena, look->session, &row[0].value);
    if (status == GH_OK)
        status = gh_agent_words(arena, look->agent, &row[1].value);
    if (status == GH_OK)
        status =
            write_moment(arena, look->at_us, look->at_offset_s, &row[3].value);
    if (status == GH_OK)
        status = write_moment(arena, look->seen_us, look->seen_offset_s,
                              &row[4].value);
    if (gh_text_equal(row[0].value, own_reference))
        row[5].value = GH_TEXT("yes");
    lists->n_sessions++;
    return status;
}

static enum gh_status
add_event(struct gh_arena *arena, const struct look *look, struct lists *lists)
{
    struct gh_page_value *row =
        lists->activity + lists->n_activity * ACTIVITY_COLUMNS;
    enum gh_status status;

    row[0].name = GH_TEXT("what");
    row[1].name = GH_TEXT("when");
    row[2] = (struct gh_page_value){GH_TEXT("device"), look->device};
    row[3] = (struct gh_page_value){GH_TEXT("client"), look->client};
    status = write_event(arena, look, &row[0].value);
    if (status == GH_OK)
        status =
            write_moment(arena, look->at_us, look->at_offset_s, &row[1].value);
    /* What nobody's browser did has none. */
    if (status == GH_OK && look->agent.len > 0)
        status = gh_agent_words(arena, look->agent, &row[2].value);
    lists->n_activity++;
    return status;
}

static enum gh_status
fill(struct gh_arena *arena, const struct gh_rows *rows,
     struct gh_text own_reference, struct lists *lists)
{
    lists->sessions = gh_arena_array(arena, SESSION_COLUMNS * (rows->n + 1),
                                     sizeof(*lists->sessions));
    lists->activity = gh_arena_array(arena, ACTIVITY_COLUMNS * (rows->n + 1),
                                     sizeof(*lists->activity));
    if (lists->sessions == NULL || lists->activity == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < rows->n; i++) {
        struct look look;
        enum gh_status status = read_look(arena, rows, i, &look);

        if (status == GH_OK)
            status = look.is_session
                         ? add_session(arena, &look, own_reference, lists)
                         : add_event(arena, &look, lists);
        if (status != GH_OK)
            return gh_is_fault(status) ? status : GH_FAULT_DB;
    }
    return GH_OK;
}

/* A number, or nothing for none. The bytes are in at. */
static struct gh_text
write_count(int64_t count, char at[NUMBER_MAX])
{
    struct gh_buf buf = gh_buf_over(at, NUMBER_MAX);

    if (count > 0)
        gh_buf_number(&buf, (uint64_t)count);
    return gh_buf_text(&buf);
}

enum gh_status
gh_account_page(struct gh_context *context, const struct gh_exchange *so_far,
                const struct gh_rows *rows, struct gh_text notice,
                struct gh_reply *out)
{
    const struct gh_principal *principal = &so_far->principal;
    struct lists lists = {0};
    char at[6][GH_OWN_PATH_MAX];
    char left[GH_SESSION_LEFT_MAX];
    char when[GH_MOMENT_MAX];
    char digits[NUMBER_MAX];
    char token[GH_CSRF_LEN];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status =
        fill(context->arena, rows, principal->reference, &lists);

    if (status == GH_OK)
        status = gh_csrf_make(context->settings->ring, gh_account_form.purpose,
                              principal->reference, &csrf);
    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("username"), principal->account},
        {GH_TEXT("name"), principal->display_name},
        {GH_TEXT("previous"), gh_moment(principal->previous_at_us,
                                        principal->previous_offset_s, when)},
        {GH_TEXT("client"), principal->previous_client},
        {GH_TEXT("failures"), write_count(principal->failures_before, digits)},
        {GH_TEXT("notice"), notice},
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("others"),
         lists.n_sessions > 1 ? GH_TEXT("yes") : (struct gh_text){0}},
        {GH_TEXT("account"), gh_own_path(context, GH_TEXT("/account"), at[0])},
        {GH_TEXT("not_me"),
         gh_own_path(context, GH_TEXT("/account/not-me"), at[1])},
        {GH_TEXT("password"),
         gh_own_path(context, GH_TEXT("/account/password"), at[2])},
        {GH_TEXT("action"), gh_own_path(context, GH_TEXT("/logout"), at[3])},
        {GH_TEXT("timing"), gh_own_path(context, GH_TEXT("/session"), at[4])},
        {GH_TEXT("left"), gh_session_left(principal, left)},
        {GH_TEXT("preferences"),
         gh_own_path(context, GH_TEXT("/account/preferences"), at[5])},
    };
    const struct gh_page_list rows_of[] = {
        {GH_TEXT("sessions"), lists.sessions, lists.n_sessions,
         SESSION_COLUMNS},
        {GH_TEXT("activity"), lists.activity, lists.n_activity,
         ACTIVITY_COLUMNS},
    };

    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->account,
                                .values = values,
                                .n_values = GH_COUNT(values),
                                .lists = rows_of,
                                .n_lists = GH_COUNT(rows_of)},
        out);
}
