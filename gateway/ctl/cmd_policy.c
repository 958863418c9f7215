/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl policy: what is permitted, whether that makes sense, and what
 * becomes of sessions when more is given. Owns
 * the connection of its call. What the database cannot know is added here:
 * whether a web server can ask for an application's host at all. Its table is
 * read by command.c.
 */
#include "ctl/command.h"
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

static int
check(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct sheet findings;
    int status = call_connect(ctl, &db);

    if (status == CTL_DONE)
        status = call_sheet(ctl, db, &gh_stmt_policy_check, NULL, &findings);
    if (status == CTL_DONE)
        status = check_hosts(ctl, db, &findings);
    if (status != CTL_DONE)
        return status;
    if (findings.n_rows == 0 && ctl->output == CTL_TABLE)
        ctl_tell(ctl, "nothing to say against it");
    else
        sheet_print(&findings, ctl->output, false);
    return has_error(&findings) ? CTL_FAILED : CTL_DONE;
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
     .help_z = "look for what cannot be meant so",
     .run = check},
    {0},
};
