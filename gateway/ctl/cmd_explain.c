/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl explain and review: what the gateway would decide, or would
 * have; who may, and what somebody may; and reviews, in which somebody confirms
 * grants. The URL takes the same way through lib/web as a request, so that what
 * is asked of the database is what the gateway would ask itself. Owns the
 * connection of its call. Its tables are read by command.c.
 */
#include "ctl/command.h"
#include "settings.h"
#include "store/stmt_admin.h"
#include "web/host.h"
#include "web/path.h"

#include "base/banned.h"

/* From where, and how they signed in. */
#define WHERE                                                                  \
    (OPTION_BIT(CLIENT) | OPTION_BIT(COUNTRY) | OPTION_BIT(ASN) |              \
     OPTION_BIT(LEVEL) | OPTION_BIT(DEVICE_KNOWN))

enum {
    MAX_PATH = 4096, /* bytes: the default of [limits] path */
};

/* Who asks, when, and what is known of them. */
enum who {
    WHO_ACCOUNT,
    WHO_CLIENT,
    WHO_COUNTRY,
    WHO_ASN,
    WHO_LEVEL,
    WHO_DEVICE_KNOWN,
    WHO_AGE,
    WHO_AT,
    N_WHO,
};

static const struct ctl_value who_options[N_WHO] = {
    [WHO_ACCOUNT] = {VALUE_ACCOUNT, OPTION_ACCOUNT},
    [WHO_CLIENT] = {VALUE_TEXT, OPTION_CLIENT},
    [WHO_COUNTRY] = {VALUE_TEXT, OPTION_COUNTRY},
    [WHO_ASN] = {VALUE_TEXT, OPTION_ASN},
    [WHO_LEVEL] = {VALUE_TEXT, OPTION_LEVEL},
    [WHO_DEVICE_KNOWN] = {VALUE_TEXT, OPTION_DEVICE_KNOWN},
    [WHO_AGE] = {VALUE_TEXT, OPTION_AGE},
    [WHO_AT] = {VALUE_TEXT, OPTION_AT},
};

/* What is asked. Texts live in the arena. */
struct question {
    struct gh_param who[N_WHO]; /* null: not known; of the instant: now */
    struct gh_text host;        /* lower case; empty: any */
    struct gh_target target;    /* the path in its one form */
    struct gh_text base_path;   /* of the gateway's own pages */
    size_t max_path;            /* bytes of the path as written */
};

/* What the configuration says, or its defaults. */
static int
take_limits(struct ctl *ctl, struct question *question)
{
    struct gh_settings *settings = ctl_settings(ctl);
    enum gh_status status = GH_OK;

    question->base_path = GH_TEXT("/auth");
    question->max_path = MAX_PATH;
    if (settings == NULL)
        return CTL_DONE;
    question->max_path = settings->limits.path;
    status = gh_arena_copy(&ctl->arena, settings->gateway.base_path,
                           &question->base_path);
    gh_settings_release(settings);
    return status == GH_OK ? CTL_DONE : CTL_FAILED;
}

/* --- refused before anybody is asked ---------------------------------------
 */

/* One row that says so. */
static int
print_refusal(struct ctl *ctl, const char *verdict_z, const char *note_z)
{
    struct gh_text cells[] = {gh_text_of_z(verdict_z), gh_text_of_z(note_z)};
    const struct sheet sheet = {
        .n_columns = GH_COUNT(cells),
        .names = {GH_TEXT_INIT("verdict"), GH_TEXT_INIT("note")},
        .n_rows = 1,
        .cells = cells};

    sheet_print(&sheet, ctl->output, true);
    return CTL_DONE;
}

/* What applications read in different ways. */
static const struct {
    unsigned trait;       /* enum gh_path_trait */
    const char *column_z; /* of application_show() */
    const char *note_z;   /* what to say */
} traits[] = {
    {GH_PATH_ENCODED_SLASH, "encoded_slash",
     "400: ambiguous, the path has %2F, and encoded_slash is refuse"},
    {GH_PATH_SEMICOLON, "semicolon",
     "400: ambiguous, the path has \";\", and semicolon is refuse"},
    {GH_PATH_EMPTY_SEGMENT, "empty_segments",
     "400: ambiguous, the path has \"//\", and empty_segments is refuse"},
};

/* Why an application refuses the path; NULL when it does not. app is the row
 * of application_show(), or has no row where nothing is mounted. */
static const char *
ambiguity_of(const struct sheet *app, unsigned found)
{
    for (size_t i = 0; i < GH_COUNT(traits); i++) {
        size_t column = sheet_column(app, gh_text_of_z(traits[i].column_z));

        if ((found & traits[i].trait) == 0)
            continue;
        if (app->n_rows == 0 || column == app->n_columns ||
            !gh_text_equal(sheet_cell(app, 0, column), GH_TEXT("keep")))
            return traits[i].note_z;
    }
    return NULL;
}

/* --- the URL ---------------------------------------------------------------
 */

static int
refuse_url(struct gh_text url)
{
    ctl_say("not a URL: %.*s", GH_TEXT_ARG(url));
    ctl_hint("write https://HOST/PATH, or /PATH for what serves every host");
    return CTL_USAGE;
}

/* Takes the host off; what is left is what a browser sends as target. */
static int
take_host(struct ctl *ctl, struct gh_text url, struct gh_text *host,
          struct gh_text *target)
{
    struct gh_text rest = url;
    struct gh_host parsed;
    size_t end = 0;

    *host = (struct gh_text){0};
    *target = url;
    if (gh_text_starts(url, GH_TEXT("/")))
        return CTL_DONE;
    if (!gh_text_starts_nocase(url, GH_TEXT("https://")) &&
        !gh_text_starts_nocase(url, GH_TEXT("http://")))
        return refuse_url(url);
    rest = gh_text_from(url, gh_text_find(url, ':') + 3);
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
        end++;
    if (gh_host_parse(&ctl->arena, gh_text_first(rest, end), &parsed) != GH_OK)
        return refuse_url(url);
    *host = parsed.name;
    *target = gh_text_from(rest, end);
    return CTL_DONE;
}

/* The target with the slash that browsers add to a bare host. */
static enum gh_status
parse_target(struct ctl *ctl, struct gh_text text, struct question *question)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(&ctl->arena, text.len + 1, &buf);

    if (status != GH_OK)
        return status;
    if (!gh_text_starts(text, GH_TEXT("/")))
        gh_buf_lit(&buf, "/");
    gh_buf_checked(&buf, text); /* by the parser below */
    return gh_target_parse(&ctl->arena, gh_buf_text(&buf), question->max_path,
                           &question->target);
}

/* --- asking ----------------------------------------------------------------
 */

/* The application that the explanation begins with; no row without one. */
static int
find_app(struct ctl *ctl, struct gh_db *db, const struct sheet *sheet,
         struct sheet *out)
{
    size_t column = sheet_column(sheet, GH_TEXT("application"));
    struct gh_param name;

    *out = (struct sheet){0};
    for (size_t row = 0; row < sheet->n_rows; row++) {
        if (column == sheet->n_columns ||
            sheet_cell(sheet, row, column).len == 0)
            continue;
        name = gh_param_text(sheet_cell(sheet, row, column));
        return call_sheet(ctl, db, &gh_stmt_application_show, &name, out);
    }
    return CTL_DONE;
}

static int
ask_explain(struct ctl *ctl, struct gh_db *db, const struct question *question,
            struct sheet *out)
{
    const struct gh_param params[] = {
        question->who[WHO_ACCOUNT],
        gh_param_text(question->host),
        gh_param_text(gh_text_of_z(ctl_value_z(ctl, WORD_FIRST))),
        gh_param_text(question->target.path),
        question->who[WHO_AT],
        question->who[WHO_CLIENT],
        question->who[WHO_AGE],
        question->who[WHO_COUNTRY],
        question->who[WHO_ASN],
        question->who[WHO_LEVEL],
        question->who[WHO_DEVICE_KNOWN]};

    return call_sheet(ctl, db, &gh_stmt_explain, params, out);
}

static int
ask_who(struct ctl *ctl, struct gh_db *db, const struct question *question,
        struct sheet *out)
{
    const struct gh_param params[] = {
        gh_param_text(question->host),
        gh_param_text(gh_text_of_z(ctl_value_z(ctl, WORD_FIRST))),
        gh_param_text(question->target.path),
        question->who[WHO_AT],
        question->who[WHO_CLIENT],
        question->who[WHO_COUNTRY],
        question->who[WHO_ASN],
        question->who[WHO_LEVEL],
        question->who[WHO_DEVICE_KNOWN]};

    return call_sheet(ctl, db, &gh_stmt_who_can, params, out);
}

/* Why the application that is mounted there now refuses the path, whoever
 * asks; NULL when it does not. */
static int
find_ambiguity(struct ctl *ctl, struct gh_db *db,
               const struct question *question, const char **ambiguity_z)
{
    struct sheet sheet;
    struct sheet app;
    int status = CTL_DONE;

    *ambiguity_z = NULL;
    if (question->target.traits == 0)
        return CTL_DONE;
    status = ask_explain(ctl, db, question, &sheet);
    if (status == CTL_DONE)
        status = find_app(ctl, db, &sheet, &app);
    if (status == CTL_DONE)
        *ambiguity_z = ambiguity_of(&app, question->target.traits);
    return status;
}

static int
ask(struct ctl *ctl, const struct question *question,
    int (*about)(struct ctl *ctl, struct gh_db *db,
                 const struct question *question, struct sheet *out))
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    const char *ambiguity_z = NULL;
    struct sheet sheet;
    int status = call_connect(ctl, &db);

    if (status == CTL_DONE)
        status = find_ambiguity(ctl, db, question, &ambiguity_z);
    if (status == CTL_DONE && ambiguity_z != NULL)
        return print_refusal(ctl, "refused", ambiguity_z);
    if (status == CTL_DONE)
        status = about(ctl, db, question, &sheet);
    if (status == CTL_DONE)
        sheet_print(&sheet, ctl->output, false);
    return status;
}

/* What the gateway says before it looks for an application; CTL_DONE with
 * *is_over when that is all. */
static int
ask_parser(struct ctl *ctl, struct gh_text target, struct question *question,
           bool *is_over)
{
    enum gh_status status = parse_target(ctl, target, question);

    *is_over = true;
    if (status == GH_MALFORMED)
        return print_refusal(ctl, "refused",
                             "400: ambiguous or malformed, whoever asks");
    if (status == GH_LIMIT)
        return print_refusal(ctl, "refused", "414: the path is too long");
    if (status != GH_OK)
        return CTL_FAILED;
    if (gh_application_covers(question->base_path, question->target.path))
        return print_refusal(ctl, "own",
                             "the gateway answers this path itself");
    *is_over = false;
    return CTL_DONE;
}

/* Reads the command line; CTL_DONE with *is_over when that is all. */
static int
read_question(struct ctl *ctl, struct question *question, bool *is_over)
{
    struct gh_text url = gh_text_of_z(ctl_value_z(ctl, WORD_SECOND));
    struct gh_text target;
    int status = CTL_DONE;

    for (size_t i = 0; i < N_WHO && status == CTL_DONE; i++)
        status =
            call_param(ctl, &who_options[i], GH_SQL_TEXT, &question->who[i]);

    /* What is behind "#" stays in the browser. */
    url = gh_text_first(url, gh_text_find(url, '#'));
    if (status == CTL_DONE)
        status = take_host(ctl, url, &question->host, &target);
    if (status == CTL_DONE)
        status = take_limits(ctl, question);
    if (status == CTL_DONE)
        status = ask_parser(ctl, target, question, is_over);
    return status;
}

static int
explain(struct ctl *ctl)
{
    struct question question = {.max_path = 0};
    bool is_over = false;
    int status = read_question(ctl, &question, &is_over);

    return status == CTL_DONE && !is_over ? ask(ctl, &question, ask_explain)
                                          : status;
}

static int
review_who(struct ctl *ctl)
{
    struct question question = {.max_path = 0};
    bool is_over = false;
    int status = read_question(ctl, &question, &is_over);

    return status == CTL_DONE && !is_over ? ask(ctl, &question, ask_who)
                                          : status;
}

const struct ctl_command explain_commands[] = {
    {.verb_z = "",
     .words_z = "METHOD URL",
     .least = 2,
     .most = 2,
     .takes = OPTION_BIT(ACCOUNT) | WHERE | OPTION_BIT(AGE) | OPTION_BIT(AT),
     .help_z = "show what would be decided, and by which rule",
     .run = explain},
    {0},
};

const struct ctl_command review_commands[] = {
    {.verb_z = "who",
     .words_z = "METHOD URL",
     .least = 2,
     .most = 2,
     .takes = WHERE | OPTION_BIT(AT),
     .help_z = "show who may do that, by which grant, given by whom",
     .run = review_who},
    {.verb_z = "what",
     ROW_WORD("ACCOUNT"),
     .takes = WHERE | OPTION_BIT(AT),
     .help_z = "show what an account may do, and by which grants",
     .call = {.stmt = &gh_stmt_what_can,
              .values = {{VALUE_ACCOUNT, WORD_FIRST},
                         ROW_TEXT(AT),
                         ROW_TEXT(CLIENT),
                         ROW_TEXT(COUNTRY),
                         ROW_TEXT(ASN),
                         ROW_TEXT(LEVEL),
                         ROW_TEXT(DEVICE_KNOWN)},
              .answer = ANSWER_TABLE}},
    {.verb_z = "exchange",
     ROW_WORD("ID"),
     .help_z = "show what decided one request, then and now",
     .call = {.stmt = &gh_stmt_explain_exchange,
              .values = {ROW_FIRST},
              .answer = ANSWER_TABLE}},
    {.verb_z = "open",
     .words_z = "NAME REVIEWER",
     .least = 2,
     .most = 2,
     .needs = OPTION_BIT(UNTIL) | OPTION_BIT(UNCONFIRMED),
     .takes = OPTION_BIT(ROLE) | OPTION_BIT(APPLICATION) | OPTION_BIT(ACCOUNT) |
              OPTION_BIT(REASON) | OPTION_BIT(CONFIRM),
     .help_z = "ask somebody to confirm grants of roles",
     .call = {.stmt = &gh_stmt_review_open,
              .values = {ROW_FIRST,
                         {VALUE_ACCOUNT, WORD_SECOND},
                         ROW_TEXT(UNTIL),
                         ROW_TEXT(UNCONFIRMED),
                         ROW_TEXT(ROLE),
                         ROW_TEXT(APPLICATION),
                         {VALUE_ACCOUNT, OPTION_ACCOUNT},
                         ROW_TEXT(REASON),
                         ROW_ACTOR,
                         ROW_CONFIRM},
              .answer = ANSWER_RECORD}},
    {.verb_z = "list",
     .help_z = "show what is asked of whom, and how far it is",
     .call = {.stmt = &gh_stmt_review_list, .answer = ANSWER_TABLE}},
    {.verb_z = "show",
     ROW_WORD("NAME"),
     .help_z = "show its grants, and who answered what",
     .call = {.stmt = &gh_stmt_review_show,
              .values = {ROW_FIRST},
              .answer = ANSWER_TABLE}},
    {.verb_z = "confirm",
     .words_z = "NAME GRANT",
     .least = 2,
     .most = 2,
     .takes = OPTION_BIT(REASON),
     .help_z = "say that a grant is still right",
     .call = {.stmt = &gh_stmt_review_confirm,
              .values = {ROW_FIRST,
                         {VALUE_TEXT, WORD_SECOND},
                         ROW_TEXT(REASON),
                         ROW_ACTOR}}},
    {.verb_z = "refuse",
     .words_z = "NAME GRANT",
     .least = 2,
     .most = 2,
     .takes = OPTION_BIT(REASON) | OPTION_BIT(CONFIRM),
     .help_z = "say that it is not, and end it",
     .call = {.stmt = &gh_stmt_review_refuse,
              .values = {ROW_FIRST,
                         {VALUE_TEXT, WORD_SECOND},
                         ROW_TEXT(REASON),
                         ROW_ACTOR,
                         ROW_CONFIRM}}},
    {.verb_z = "close",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .help_z = "ask no longer, and end nothing",
     .call = {.stmt = &gh_stmt_review_close,
              .values = {ROW_FIRST, ROW_TEXT(REASON), ROW_ACTOR}}},
    {0},
};
