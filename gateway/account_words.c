/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to an account, in its owner's words. Owns two tables. Called
 * by the page about one's own account.
 */
#include "account_int.h"

#include "base/banned.h"

/* Which events are meant, and how they are called. Empty texts fit any; the
 * first row that fits counts. */
struct wording {
    struct gh_account_event event; /* which */
    struct gh_text words;          /* said so */
};

#define EVENT(name, reason, cause)                                             \
    {                                                                          \
        GH_TEXT_INIT(name), GH_TEXT_INIT(reason), GH_TEXT_INIT(cause)          \
    }

static const struct wording wordings[] = {
    {EVENT("authn_login_success", "", ""), GH_TEXT_INIT("Signed in")},
    {EVENT("authn_login_successafterfail", "", ""),
     GH_TEXT_INIT("Signed in, after failed attempts")},
    {EVENT("authn_impossible_travel", "", ""),
     GH_TEXT_INIT("Signed in from another country than shortly before")},
    {EVENT("authn_login_fail", "wrong", ""),
     GH_TEXT_INIT("Sign-in failed: wrong password")},
    {EVENT("authn_login_fail", "throttled", ""),
     GH_TEXT_INIT("Sign-in refused: too many attempts")},
    {EVENT("authn_login_fail", "closed", ""),
     GH_TEXT_INIT("Sign-in refused: too many attempts")},
    {EVENT("authn_login_fail", "", ""), GH_TEXT_INIT("Sign-in failed")},
    {EVENT("authn_login_lock", "maxretries", ""),
     GH_TEXT_INIT("Closed to unknown browsers: too many failures")},
    {EVENT("authn_login_lock", "", ""), GH_TEXT_INIT("Account locked")},
    {EVENT("authn_password_change", "own", ""),
     GH_TEXT_INIT("Password changed")},
    {EVENT("authn_password_change", "", ""),
     GH_TEXT_INIT("Password set by the people who run this site")},
    {EVENT("authn_password_change_fail", "wrong", ""),
     GH_TEXT_INIT("Password not changed: wrong current password")},
    {EVENT("authn_password_change_fail", "throttled", ""),
     GH_TEXT_INIT("Password not changed: too many attempts")},
    {EVENT("authn_password_change_fail", "closed", ""),
     GH_TEXT_INIT("Password not changed: too many attempts")},
    {EVENT("authn_password_change_fail", "", ""),
     GH_TEXT_INIT("Password not changed")},
    {EVENT("account_reported", "", ""),
     GH_TEXT_INIT("You said: this was not me")},
    {EVENT("session_logout", "", ""), GH_TEXT_INIT("Signed out")},
    {EVENT("session_place_changed", "network", ""),
     GH_TEXT_INIT("Session used from another network")},
    {EVENT("session_place_changed", "device", ""),
     GH_TEXT_INIT("Session used with another browser")},
    {EVENT("session_place_changed", "", ""),
     GH_TEXT_INIT("Session used with another browser, from another network")},
    {EVENT("session_expired", "idle", ""),
     GH_TEXT_INIT("Session ended: not used for a while")},
    {EVENT("session_expired", "absolute", ""),
     GH_TEXT_INIT("Session ended: no session lasts longer")},
    {EVENT("session_expired", "limit", ""),
     GH_TEXT_INIT("Session ended: too many at once")},
    {EVENT("session_expired", "replaced", ""),
     GH_TEXT_INIT("Session ended: a new one began in its browser")},
    {EVENT("session_expired", "disabled", ""),
     GH_TEXT_INIT("Session ended: account locked or disabled")},
    {EVENT("session_expired", "roles_changed", ""),
     GH_TEXT_INIT("Session ended: what you may do has changed")},
    {EVENT("session_expired", "failover", ""),
     GH_TEXT_INIT("Session ended: the sign-in service was moved to another "
                  "server")},
    {EVENT("session_expired", "moved", ""),
     GH_TEXT_INIT("Session ended: it was used from elsewhere")},
    {EVENT("session_expired", "reused", ""),
     GH_TEXT_INIT("Session ended: somebody used an old copy of it")},
    {EVENT("session_expired", "revoked", "own"),
     GH_TEXT_INIT("Session ended by you")},
    {EVENT("session_expired", "revoked", "not_me"),
     GH_TEXT_INIT("Session ended: you said it was not you")},
    {EVENT("session_expired", "revoked", "credential"),
     GH_TEXT_INIT("Session ended: new password")},
    {EVENT("session_expired", "revoked", "administration"),
     GH_TEXT_INIT("Session ended by the people who run this site")},
    {EVENT("session_expired", "", ""), GH_TEXT_INIT("Session ended")},
};

/* A code in the address, and what it says. */
struct notice {
    struct gh_text code; /* as it stands there */
    struct gh_text text; /* one or two sentences */
};

static const struct notice notices[] = {
    {GH_TEXT_INIT("ended"),
     GH_TEXT_INIT("That session has ended. Whoever used it has to sign in "
                  "again.")},
    {GH_TEXT_INIT("password"),
     GH_TEXT_INIT("Your password is changed. All other sessions have ended; "
                  "this one goes on.")},
    {GH_TEXT_INIT("over"), GH_TEXT_INIT("That session had ended already.")},
    {GH_TEXT_INIT("saved"), GH_TEXT_INIT("Saved.")},
    {GH_TEXT_INIT("all"),
     GH_TEXT_INIT("You are no longer signed in anywhere else.")},
};

static bool
fits(struct gh_text value, struct gh_text wanted)
{
    return wanted.len == 0 || gh_text_equal(value, wanted);
}

struct gh_text
gh_account_words(const struct gh_account_event *event)
{
    for (size_t i = 0; i < GH_COUNT(wordings); i++) {
        const struct gh_account_event *wanted = &wordings[i].event;

        if (gh_text_equal(event->event, wanted->event) &&
            fits(event->reason, wanted->reason) &&
            fits(event->cause, wanted->cause))
            return wordings[i].words;
    }
    return GH_TEXT("Something else");
}

struct gh_text
gh_account_notice(struct gh_text code)
{
    for (size_t i = 0; i < GH_COUNT(notices); i++) {
        if (gh_text_equal(code, notices[i].code))
            return notices[i].text;
    }
    return (struct gh_text){0};
}
