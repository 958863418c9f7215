/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl policy: what is permitted, whether that makes sense, what
 * becomes of sessions when more is given, and all of it as a file, which the
 * database writes, compares and applies. Owns the connection of its call. What
 * the database cannot know is added here: whether a web server can ask for an
 * application's host at all. Its table is read by command.c.
 */
#include "ctl/command.h"
#include "ctl/link.h"
#include "settings.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

/* --- check -----------------------------------------------------------------
 */

/* The columns of a finding. */
enum {
    SEVERITY,
    CODE,
    SUBJECT,
    FINDING,
    REMEDY,
    N_FINDING,
};

static const char *const finding_names[N_FINDING] = {
    "severity", "code", "subject", "finding", "remedy"};

static bool
is_served(const struct gh_settings *settings, struct gh_text host)
{
    for (size_t i = 0; i < settings->n_entries; i++) {
        const struct gh_settings_entry *entry = &settings->entries[i];

        if (entry->kind != GH_ENTRY_PUBLIC)
            continue;
        for (size_t j = 0; j < entry->n_origins; j++) {
            if (gh_text_equal(entry->origins[j].host.name, host))
                return true;
        }
    }
    return host.len == 0;
}

/* Adds a finding for each application whose host no entry serves. There is
 * room for one row an application. */
static int
add_unserved(const struct gh_settings *settings, const struct sheet *apps,
             struct sheet *findings)
{
    const struct gh_text words[N_FINDING] = {
        [SEVERITY] = GH_TEXT("warning"),
        [CODE] = GH_TEXT("host_unserved"),
        [FINDING] = GH_TEXT("no entry of the configuration has this host "
                            "among its origins"),
        [REMEDY] = GH_TEXT("add https://HOST to origins of an entry, or: "
                           "gatehousectl app change NAME --host HOST")};
    size_t name = sheet_column(apps, GH_TEXT("name"));
    size_t host = sheet_column(apps, GH_TEXT("host"));

    if (name == apps->n_columns || host == apps->n_columns)
        return CTL_FAILED;
    for (size_t row = 0; row < apps->n_rows; row++) {
        struct gh_text *cells =
            findings->cells + findings->n_rows * findings->n_columns;

        if (is_served(settings, sheet_cell(apps, row, host)))
            continue;
        for (size_t i = 0; i < N_FINDING; i++) {
            size_t column =
                sheet_column(findings, gh_text_of_z(finding_names[i]));

            if (column == findings->n_columns)
                return CTL_FAILED;
            cells[column] =
                i == SUBJECT ? sheet_cell(apps, row, name) : words[i];
        }
        findings->n_rows++;
    }
    return CTL_DONE;
}

/* Compares the applications' hosts with the configuration, when there is
 * one. */
static int
check_hosts(struct ctl *ctl, struct gh_db *db, struct sheet *findings)
{
    struct gh_settings *settings = ctl_settings(ctl);
    struct sheet apps;
    int status;

    if (settings == NULL) {
        ctl_say("%s cannot be read: hosts are not compared with its origins",
                ctl_config_z(ctl));
        return CTL_DONE;
    }
    status = call_sheet(ctl, db, &gh_stmt_application_list, NULL, &apps);
    if (status == CTL_DONE && !sheet_grow(&ctl->arena, findings, apps.n_rows))
        status = CTL_FAILED;
    if (status == CTL_DONE)
        status = add_unserved(settings, &apps, findings);
    gh_settings_release(settings);
    if (status == CTL_FAILED)
        ctl_say("the schema does not fit this version");
    return status;
}

static bool
has_error(const struct sheet *findings)
{
    size_t column = sheet_column(findings, GH_TEXT("severity"));

    for (size_t row = 0; row < findings->n_rows; row++) {
        if (column < findings->n_columns &&
            gh_text_equal(sheet_cell(findings, row, column), GH_TEXT("error")))
            return true;
    }
    return false;
}

/* Shows findings; CTL_FAILED when one is an error. */
static int
print_findings(struct ctl *ctl, const struct sheet *findings)
{
    if (findings->n_rows == 0 && ctl->output == CTL_TABLE)
        ctl_tell(ctl, "nothing to say against it");
    else
        sheet_print(findings, ctl->output, false);
    return has_error(findings) ? CTL_FAILED : CTL_DONE;
}

/* Whether that which is there makes sense. */
static int
check_database(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct sheet findings;
    int status = call_connect(ctl, &db);

    if (status == CTL_DONE)
        status = call_sheet(ctl, db, &gh_stmt_policy_check, NULL, &findings);
    if (status == CTL_DONE)
        status = check_hosts(ctl, db, &findings);
    return status == CTL_DONE ? print_findings(ctl, &findings) : status;
}

/* --- files -----------------------------------------------------------------
 */

enum {
    FILE_MS = 600000, /* a whole policy is many changes */
};

static int
run_sheet(struct ctl *ctl, const struct ctl_call *call, struct sheet *out)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_param params[CTL_PARAMS_MAX];
    int status = call_params(ctl, call, params);

    if (status == CTL_DONE)
        status = ctl_configure(ctl, true, false);
    if (status == CTL_DONE)
        status = link_open(ctl, FILE_MS, &db);
    return status == CTL_DONE ? call_sheet(ctl, db, call->stmt, params, out)
                              : status;
}

static int
check(struct ctl *ctl)
{
    static const struct ctl_call call = {
        .stmt = &gh_stmt_policy_check_file,
        .values = {{VALUE_FILE, WORD_FIRST}, ROW_ACTOR}};
    struct sheet findings;
    int status;

    if (!ctl_has(ctl, WORD_FIRST))
        return check_database(ctl);
    status = run_sheet(ctl, &call, &findings);
    return status == CTL_DONE ? print_findings(ctl, &findings) : status;
}

/* The policy on standard output, its version beside it, so that the file is
 * the same whenever the policy is. */
static int
print_policy(struct ctl *ctl, const struct gh_rows *rows)
{
    struct gh_text policy;
    int64_t version;

    if (rows->n != 1) {
        ctl_say("there is no policy");
        return CTL_NOT_FOUND;
    }
    if (gh_row_int8(rows, 0, GH_EXPORT_VERSION, &version) != GH_OK ||
        gh_row_text(&ctl->arena, rows, 0, GH_EXPORT_POLICY, &policy) != GH_OK) {
        ctl_say("the result is too large");
        return CTL_FAILED;
    }
    fwrite(policy.at, 1, policy.len, stdout);
    ctl_say("this is version %lld", (long long)version);
    return CTL_DONE;
}

static int
write_policy(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    struct gh_param has_accounts = gh_param_bool(ctl_has(ctl, WORD_FIRST));
    const struct gh_rows *rows;
    const char *word_z = ctl_value_z(ctl, WORD_FIRST);
    int status;

    if (word_z != NULL &&
        !gh_text_equal(gh_text_of_z(word_z), GH_TEXT("accounts"))) {
        ctl_say("policy export takes no word but accounts");
        return CTL_USAGE;
    }
    status = call_connect(ctl, &db);
    if (status == CTL_DONE)
        status =
            link_run(db, &gh_stmt_policy_export, &has_accounts, &query, &rows);
    return status == CTL_DONE ? print_policy(ctl, rows) : status;
}

/* As diff(1): CTL_FAILED when there is a difference. */
static int
diff(struct ctl *ctl)
{
    static const struct ctl_call call = {.stmt = &gh_stmt_policy_diff,
                                         .values = {{VALUE_FILE, WORD_FIRST}}};
    struct sheet changes;
    int status = run_sheet(ctl, &call, &changes);

    if (status != CTL_DONE)
        return status;
    if (changes.n_rows == 0 && ctl->output == CTL_TABLE)
        ctl_tell(ctl, "nothing to change");
    else
        sheet_print(&changes, ctl->output, false);
    return changes.n_rows == 0 ? CTL_DONE : CTL_FAILED;
}

static int
apply(struct ctl *ctl)
{
    static const struct ctl_call call = {
        .stmt = &gh_stmt_policy_apply,
        .values = {{VALUE_FILE, WORD_FIRST},
                   ROW_ACTOR,
                   ROW_TEXT(REASON),
                   ROW_CONFIRM,
                   {VALUE_NUMBER, OPTION_EXPECT},
                   {VALUE_FLAG, OPTION_DRY_RUN}}};
    struct sheet changes;
    int status = run_sheet(ctl, &call, &changes);

    if (status != CTL_DONE)
        return status;
    if (changes.n_rows == 0 && ctl->output == CTL_TABLE)
        ctl_tell(ctl, "nothing to change");
    else
        sheet_print(&changes, ctl->output, false);
    if (ctl_has(ctl, OPTION_DRY_RUN) && changes.n_rows > 0)
        ctl_tell(ctl, "nothing was changed: this was a dry run");
    return CTL_DONE;
}

static int
shadow(struct ctl *ctl)
{
    static const struct ctl_call call = {.stmt = &gh_stmt_policy_shadow,
                                         .values = {{VALUE_FILE, WORD_FIRST},
                                                    {VALUE_NUMBER, OPTION_DAYS},
                                                    ROW_ACTOR}};
    struct sheet changes;
    int status = run_sheet(ctl, &call, &changes);

    if (status == CTL_DONE)
        sheet_print(&changes, ctl->output, false);
    return status;
}

const struct ctl_command policy_commands[] = {
    {.verb_z = "show",
     .help_z = "show everything that is permitted",
     .call = {.stmt = &gh_stmt_policy_show, .answer = ANSWER_TABLE}},
    {.verb_z = "given",
     .words_z = "[end|renew]",
     .most = 1,
     .help_z = "show or set what a change that only gives does to sessions",
     .call = {.stmt = &gh_stmt_policy_given,
              .values = {ROW_ACTOR, ROW_FIRST},
              .answer = ANSWER_RECORD}},
    {.verb_z = "check",
     .words_z = "[FILE]",
     .most = 1,
     .help_z = "look for what cannot be meant so, there or in a file",
     .run = check},
    {.verb_z = "export",
     .words_z = "[accounts]",
     .most = 1,
     .help_z = "write all of it as a file, with who has which role",
     .run = write_policy},
    {.verb_z = "diff",
     ROW_WORD("FILE"),
     .help_z = "show what applying a file would change",
     .run = diff},
    {.verb_z = "apply",
     ROW_WORD("FILE"),
     .takes = OPTION_BIT(DRY_RUN) | OPTION_BIT(EXPECT) | OPTION_BIT(CONFIRM) |
              OPTION_BIT(REASON),
     .help_z = "make it as a file has it, whole or not at all",
     .run = apply},
    {.verb_z = "shadow",
     ROW_WORD("FILE"),
     .takes = OPTION_BIT(DAYS),
     .help_z = "show whose recorded requests a file would change",
     .run = shadow},
    {0},
};
