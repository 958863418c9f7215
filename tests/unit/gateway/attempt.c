/* SPDX-License-Identifier: Apache-2.0
 *
 * Attempts to sign in. Owns the static text of one form and of its cookies.
 * Called by the tests of act_login and its insides.
 */
#include "attempt.h"

#include <stdio.h>

#include "check.h"

#include "base/banned.h"

enum {
    FORM_MAX = 4096, /* bytes of a form made here */
};

const struct fake_value attempt_made[ATTEMPT_N_SUCCEED] = {
    {FAKE_NUMBER, {0}, 1},
    {0},
    {0},
    {FAKE_NUMBER, {0}, 0},
    {FAKE_TIME, {0}, ATTEMPT_BEGAN_US},
    {FAKE_NUMBER, {0}, 2},
    {FAKE_TIME, {0}, ATTEMPT_SINCE_US}};

struct desk *
attempt_lay(const struct attempt *attempt, const struct fake_step *steps,
            size_t n)
{
    static char form[FORM_MAX];
    static char cookies[512];
    struct desk *desk = signing_begin(steps, n, attempt->has_no_room ? 0 : 4);
    struct gh_text pre = signing_pre(attempt->pre_ago_s);
    struct gh_text token = signing_token(
        gh_text_of_z(attempt->purpose_z == NULL ? "login" : attempt->purpose_z),
        pre);
    const char *name_z = attempt->username_z;
    const char *password_z = attempt->password_z;
    int len;

    if (attempt->token_z != NULL)
        token = gh_text_of_z(attempt->token_z);
    len = snprintf(form, sizeof(form), "username=%s&password=%s&csrf=%.*s%s",
                   name_z == NULL ? "alice" : name_z,
                   password_z == NULL ? SIGNING_PASSWORD : password_z,
                   GH_TEXT_ARG(token),
                   attempt->more_z == NULL ? "" : attempt->more_z);
    snprintf(cookies, sizeof(cookies), "a=b%s%.*s%s%s%s%.*s",
             attempt->has_no_pre ? "" : "; __Host-pre=",
             attempt->has_no_pre ? 0 : (int)pre.len, pre.at,
             attempt->session_z == NULL ? "" : "; __Host-id=",
             attempt->session_z == NULL ? "" : attempt->session_z,
             attempt->device.len == 0 ? "" : "; __Host-device=",
             GH_TEXT_ARG(attempt->device));
    signing_post(desk, "/auth/login", cookies,
                 (struct gh_text){form, (size_t)len});
    if (attempt->header_z != NULL && attempt->value_z == NULL)
        desk_drop(desk, attempt->header_z);
    else if (attempt->header_z != NULL)
        desk_set(desk, attempt->header_z, gh_text_of_z(attempt->value_z));
    return desk;
}

struct desk *
attempt_try(const struct attempt *attempt, const struct fake_step *steps,
            size_t n)
{
    struct desk *desk = attempt_lay(attempt, steps, n);

    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

struct gh_text
attempt_bytes(const void *at, size_t n)
{
    return (struct gh_text){.at = at, .len = n};
}

int64_t
attempt_number(size_t i, size_t k)
{
    struct gh_text bytes = fake_database_bytes(i, k);
    uint64_t value = 0;

    for (size_t at = 0; at < bytes.len; at++)
        value = value << 8 | (unsigned char)bytes.at[at];
    return (int64_t)value;
}
