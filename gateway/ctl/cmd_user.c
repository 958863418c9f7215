/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl user: accounts and their passwords. Owns the connection and
 * the key ring of its call. Every change is one SQL function; adding an
 * account with its password is two of them in one transaction. Called by
 * main.c.
 */
#include <inttypes.h>

#include "base/precis.h"
#include "core/keys.h"
#include "ctl/ask.h"
#include "ctl/link.h"
#include "ctl/sheet.h"

#include "base/banned.h"

enum {
    QUERY_MS = 10000,
};

/* What a change needs: the account's name in its one form, and who asks. */
struct subject {
    struct gh_text name;   /* in the arena */
    struct gh_param who;   /* the name as a parameter */
    struct gh_param actor; /* who uses the tool */
};

/* The configuration, the name, and a connection. */
static int
prepare(struct ctl *ctl, bool needs_keys, struct subject *subject,
        struct gh_db **db)
{
    int status = ctl_configure(ctl, true, needs_keys);

    if (status != CTL_DONE)
        return status;
    subject->actor = gh_param_text(link_actor());
    if (ctl->name_z != NULL) {
        if (gh_precis_account(&ctl->arena, gh_text_of_z(ctl->name_z),
                              &subject->name) != GH_OK) {
            ctl_say("not an account name: 1 to 64 of a-z 0-9 . _ @ + -, "
                    "beginning with a letter or digit");
            return CTL_USAGE;
        }
        subject->who = gh_param_text(subject->name);
    }
    return link_open(ctl, QUERY_MS, db);
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
make_secret(struct ctl *ctl, struct secret *secret)
{
    struct gh_text password;
    int status = read_ring(ctl, &secret->keys);

    if (status == CTL_DONE)
        status = ask_new_password(ctl, &password);
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
find_id(struct gh_db *db, const struct subject *subject, int64_t *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    int status =
        link_run(db, &gh_stmt_account_id_of, &subject->who, &query, &rows);

    return status == CTL_DONE ? number_of(rows, out) : status;
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

static int
add_account(const struct ctl *ctl, struct gh_db *db,
            const struct subject *subject, int64_t *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    const struct gh_param params[] = {
        subject->who, gh_param_text(gh_text_of_z(ctl->display_name_z)),
        gh_param_text(gh_text_of_z(ctl->email_z)), subject->actor};
    int status = link_run(db, &gh_stmt_account_add, params, &query, &rows);

    return status == CTL_DONE ? number_of(rows, out) : status;
}

int
cmd_user_add(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct secret secret = {0};
    struct subject subject = {0};
    bool has_password = !ctl->is_without_password;
    int64_t account_id = 0;
    int status = prepare(ctl, has_password, &subject, &db);

    if (status == CTL_DONE && has_password)
        status = make_secret(ctl, &secret);
    if (status == CTL_DONE)
        status = link_script(db, "begin", NULL);
    if (status == CTL_DONE)
        status = add_account(ctl, db, &subject, &account_id);
    if (status == CTL_DONE && has_password)
        status = store_secret(db, &subject, &secret, account_id);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    gh_keys_free(secret.keys);
    return status;
}

int
cmd_user_passwd(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct secret secret = {0};
    struct subject subject = {0};
    int64_t account_id = 0;
    int status = prepare(ctl, true, &subject, &db);

    /* Nobody types a password twice for an account that is not there. */
    if (status == CTL_DONE)
        status = find_id(db, &subject, &account_id);
    if (status == CTL_DONE)
        status = make_secret(ctl, &secret);
    if (status == CTL_DONE)
        status = store_secret(db, &subject, &secret, account_id);
    gh_keys_free(secret.keys);
    return status;
}

/* Runs a shown statement and prints its rows. */
static int
show(struct ctl *ctl, const struct gh_stmt *stmt, bool is_record)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    struct subject subject = {0};
    struct sheet sheet;
    int status = prepare(ctl, false, &subject, &db);

    if (status == CTL_DONE)
        status = link_run(db, stmt, &subject.who, &query, &rows);
    if (status != CTL_DONE)
        return status;
    if (sheet_of_rows(&ctl->arena, rows, &sheet) != GH_OK) {
        ctl_say("the result is too large");
        return CTL_FAILED;
    }
    if (is_record && sheet.n_rows == 0) {
        ctl_say("no account %.*s", GH_TEXT_ARG(subject.name));
        return CTL_NOT_FOUND;
    }
    sheet_print(&sheet, ctl->output, is_record);
    return CTL_DONE;
}

int
cmd_user_list(struct ctl *ctl)
{
    return show(ctl, &gh_stmt_account_list, false);
}

int
cmd_user_show(struct ctl *ctl)
{
    return show(ctl, &gh_stmt_account_show, true);
}

/* A change of an account's state; has_reason for those that take one. */
static int
change(struct ctl *ctl, const struct gh_stmt *stmt, bool has_reason)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct subject subject = {0};
    struct gh_param params[3];
    size_t n = 0;
    int status = prepare(ctl, false, &subject, &db);

    if (status != CTL_DONE)
        return status;
    params[n++] = subject.who;
    if (has_reason)
        params[n++] = ctl->reason_z == NULL
                          ? gh_param_null(GH_SQL_TEXT)
                          : gh_param_text(gh_text_of_z(ctl->reason_z));
    params[n] = subject.actor;
    return link_do(db, stmt, params);
}

int
cmd_user_disable(struct ctl *ctl)
{
    return change(ctl, &gh_stmt_account_disable, true);
}

int
cmd_user_enable(struct ctl *ctl)
{
    return change(ctl, &gh_stmt_account_enable, false);
}

int
cmd_user_lock(struct ctl *ctl)
{
    return change(ctl, &gh_stmt_account_lock, true);
}

int
cmd_user_unlock(struct ctl *ctl)
{
    return change(ctl, &gh_stmt_account_unlock, false);
}
