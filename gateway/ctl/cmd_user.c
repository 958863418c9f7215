/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl user: accounts and their passwords. Owns the connection and
 * the key ring of its call. Every change is one SQL function; adding an
 * account with its password and roles is several in one transaction. Its
 * table is read by command.c.
 */
#include "core/keys.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/link.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

enum {
    QUERY_MS = 10000,
};

/* Whom a change is about, and who makes it. */
struct subject {
    struct gh_param who;   /* the account's name in its one form */
    struct gh_param actor; /* who uses the tool */
};

/* The name, the configuration, and a connection. */
static int
prepare(struct ctl *ctl, bool needs_keys, struct subject *subject,
        struct gh_db **db)
{
    const struct ctl_value who = {VALUE_ACCOUNT, WORD_FIRST};
    int status = call_param(ctl, &who, GH_SQL_TEXT, &subject->who);

    subject->actor = gh_param_text(link_actor());
    if (status == CTL_DONE)
        status = ctl_configure(ctl, true, needs_keys);
    return status == CTL_DONE ? link_open(ctl, QUERY_MS, db) : status;
}

/* --- passwords -------------------------------------------------------------
 */

/* What account_password() stores, but for the MAC. */
struct secret {
    struct gh_keys *keys;        /* the ring */
    char phc_z[GH_PASSWORD_MAX]; /* the hash */
};

static int
read_ring(struct ctl *ctl, struct gh_keys **out)
{
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));

    if (gh_keys_read(ctl->keys_z, &why, out) == GH_OK)
        return CTL_DONE;
    ctl_say("%s: %.*s", ctl->keys_z, (int)why.len, why.at);
    return CTL_CONFIGURATION;
}

/* Asks for the password and hashes it, before anything is changed. */
static int
make_secret(struct ctl *ctl, const struct subject *subject,
            struct secret *secret)
{
    struct gh_text password;
    int status = read_ring(ctl, &secret->keys);

    if (status == CTL_DONE)
        status =
            ask_new_password(ctl, gh_param_bytes(&subject->who), &password);
    if (status != CTL_DONE)
        return status;
    if (!gh_password_cost_is_fit(&ctl->cost)) {
        ctl_say("memory and passes of section [password] are too weak");
        return CTL_CONFIGURATION;
    }
    if (gh_password_hash(secret->keys, &ctl->cost, password, secret->phc_z) !=
        GH_OK) {
        ctl_say("the password cannot be hashed; is there memory enough?");
        return CTL_FAILED;
    }
    return CTL_DONE;
}

/* The number that a statement returned. */
static int
number_of(const struct gh_rows *rows, int64_t *out)
{
    if (gh_row_int8(rows, 0, 0, out) == GH_OK)
        return CTL_DONE;
    ctl_say("the schema does not fit this version");
    return CTL_FAILED;
}

static int
store_secret(struct gh_db *db, const struct subject *subject,
             const struct secret *secret, int64_t account_id)
{
    const struct gh_credential credential = {
        .account_id = account_id,
        .phc = gh_text_of_z(secret->phc_z),
        .pepper_kid = gh_keys_current(secret->keys, GH_KEY_PEPPER)};
    unsigned char mac[GH_DIGEST_LEN];
    struct gh_param params[5];

    if (gh_credential_mac(secret->keys, &credential, mac) != GH_OK) {
        ctl_say("the credential cannot be bound to the account");
        return CTL_FAILED;
    }
    params[0] = subject->who;
    params[1] = gh_param_text(credential.phc);
    params[2] = gh_param_text(credential.pepper_kid);
    params[3] = gh_param_bytea(
        (struct gh_text){.at = (const char *)mac, .len = sizeof(mac)});
    params[4] = subject->actor;
    return link_do(db, &gh_stmt_account_password, params);
}

/* --- commands --------------------------------------------------------------
 */

/* Runs a statement that gives the account's number. */
static int
run_for_id(struct gh_db *db, const struct gh_stmt *stmt,
           const struct gh_param *params, int64_t *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    int status = link_run(db, stmt, params, &query, &rows);

    return status == CTL_DONE ? number_of(rows, out) : status;
}

static int
add_account(const struct ctl *ctl, struct gh_db *db,
            const struct subject *subject, int64_t *out)
{
    const struct gh_param params[] = {
        subject->who,
        gh_param_text(gh_text_of_z(ctl_value_z(ctl, OPTION_DISPLAY_NAME))),
        gh_param_text(gh_text_of_z(ctl_value_z(ctl, OPTION_EMAIL))),
        subject->actor};

    return run_for_id(db, &gh_stmt_account_add, params, out);
}

/* Every --role, without an end. */
static int
grant_roles(const struct ctl *ctl, struct gh_db *db,
            const struct subject *subject)
{
    const struct ctl_values *roles = &ctl->line.places[OPTION_ROLE];
    const char *reason_z = ctl_value_z(ctl, OPTION_REASON);
    int status = CTL_DONE;

    for (size_t i = 0; i < roles->n && status == CTL_DONE; i++) {
        const struct gh_param params[] = {
            gh_param_text(gh_text_of_z(roles->at_z[i])),
            subject->who,
            gh_param_null(GH_SQL_TEXT),
            gh_param_null(GH_SQL_TEXT),
            reason_z == NULL ? gh_param_null(GH_SQL_TEXT)
                             : gh_param_text(gh_text_of_z(reason_z)),
            subject->actor,
            gh_param_null(GH_SQL_INT4),
            gh_param_null(GH_SQL_TEXT)};

        status = link_do(db, &gh_stmt_role_grant_account, params);
    }
    return status;
}

static int
add(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct secret secret = {0};
    struct subject subject = {0};
    bool has_password = !ctl_has(ctl, OPTION_NO_PASSWORD);
    int64_t account_id = 0;
    int status = prepare(ctl, has_password, &subject, &db);

    if (status == CTL_DONE && has_password)
        status = make_secret(ctl, &subject, &secret);
    if (status == CTL_DONE)
        status = link_script(db, "begin", NULL);
    if (status == CTL_DONE)
        status = add_account(ctl, db, &subject, &account_id);
    if (status == CTL_DONE && has_password)
        status = store_secret(db, &subject, &secret, account_id);
    if (status == CTL_DONE)
        status = grant_roles(ctl, db, &subject);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    gh_keys_free(secret.keys);
    return status;
}

static int
set_password(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct secret secret = {0};
    struct subject subject = {0};
    int64_t account_id = 0;
    int status = prepare(ctl, true, &subject, &db);

    /* Nobody types a password twice for an account that is not there. */
    if (status == CTL_DONE)
        status =
            run_for_id(db, &gh_stmt_account_id_of, &subject.who, &account_id);
    if (status == CTL_DONE)
        status = make_secret(ctl, &subject, &secret);
    if (status == CTL_DONE)
        status = store_secret(db, &subject, &secret, account_id);
    gh_keys_free(secret.keys);
    return status;
}

/* Whom the rows below are about, where a password may be, and what `user
 * change` changes. */
#define WHO                                                                    \
    {                                                                          \
        VALUE_ACCOUNT, WORD_FIRST                                              \
    }
#define PASSWORD (OPTION_BIT(PASSWORD_STDIN) | OPTION_BIT(PASSWORD_FILE))
#define CHANGES (OPTION_BIT(DISPLAY_NAME) | OPTION_BIT(EMAIL))

const struct ctl_command user_commands[] = {
    {.verb_z = "add",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(DISPLAY_NAME) | OPTION_BIT(EMAIL) | OPTION_BIT(ROLE) |
              OPTION_BIT(REASON) | PASSWORD | OPTION_BIT(NO_PASSWORD),
     .help_z = "add an account, with its password and roles",
     .run = add},
    {.verb_z = "list",
     .help_z = "show all accounts",
     .call = {.stmt = &gh_stmt_account_list, .answer = ANSWER_TABLE}},
    {.verb_z = "show",
     ROW_WORD("NAME"),
     .help_z = "show one account",
     .call = {.stmt = &gh_stmt_account_show,
              .values = {WHO},
              .answer = ANSWER_RECORD}},
    {.verb_z = "change",
     ROW_WORD("NAME"),
     .takes = CHANGES,
     .changes = CHANGES,
     .help_z = "change its display name or e-mail address; '' empties one",
     .call = {.stmt = &gh_stmt_account_change,
              .values = {WHO, ROW_TEXT(DISPLAY_NAME), ROW_TEXT(EMAIL),
                         ROW_ACTOR}}},
    {.verb_z = "passwd",
     ROW_WORD("NAME"),
     .takes = PASSWORD,
     .help_z = "set its password; its sessions end",
     .run = set_password},
    {.verb_z = "disable",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .help_z = "end its sessions, let it in no more",
     .call = {.stmt = &gh_stmt_account_disable,
              .values = {WHO, ROW_TEXT(REASON), ROW_ACTOR}}},
    {.verb_z = "enable",
     ROW_WORD("NAME"),
     .help_z = "let it in again",
     .call = {.stmt = &gh_stmt_account_enable, .values = {WHO, ROW_ACTOR}}},
    {.verb_z = "lock",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .help_z = "lock it after something suspicious",
     .call = {.stmt = &gh_stmt_account_lock,
              .values = {WHO, ROW_TEXT(REASON), ROW_ACTOR}}},
    {.verb_z = "unlock",
     ROW_WORD("NAME"),
     .help_z = "unlock it, forget its failures",
     .call = {.stmt = &gh_stmt_account_unlock, .values = {WHO, ROW_ACTOR}}},
    {.verb_z = "remove",
     ROW_WORD("NAME"),
     .takes = OPTION_BIT(REASON),
     .help_z = "remove it with its sessions and roles",
     .call = {.stmt = &gh_stmt_account_remove,
              .values = {WHO, ROW_TEXT(REASON), ROW_ACTOR},
              .answer = ANSWER_RECORD}},
    {0},
};
