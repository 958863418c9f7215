/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts of our own pages and the reason phrases, as two tables. Owns
 * nothing that changes. Texts are short, calm and without terms of the trade;
 * none promises more than the gateway knows: an application that failed in
 * the middle may have done its work. Called by the acts and by respond.
 */
#include "message.h"

#include "base/attr.h"

#include "base/banned.h"

/* Statuses that can end an exchange; 1xx never does. */
#define STATUS_FIRST 200
#define STATUS_LAST 599

static const struct gh_message general = {
    .status = 0,
    .title = GH_TEXT_INIT("Request not completed"),
    .heading = GH_TEXT_INIT("This request could not be completed"),
    .text = GH_TEXT_INIT("Something kept this page from being shown."),
    .hint = GH_TEXT_INIT(
        "Go back and try again. If it happens again, tell the people who run "
        "this site and give them the reference below."),
};

static const struct gh_message denied = {
    .status = 403,
    .title = GH_TEXT_INIT("No access"),
    .heading = GH_TEXT_INIT("You do not have access to this page"),
    .text = GH_TEXT_INIT(
        "What you asked for is not open to you. Nothing was done."),
    .hint = GH_TEXT_INIT(
        "If you have another account that may do this, sign in with it. If "
        "you think you should have access, tell the people who run this site "
        "and give them the reference below."),
};

static const struct gh_message closed = {
    .status = 403,
    .title = GH_TEXT_INIT("Not open now"),
    .heading = GH_TEXT_INIT("This page is not open to you at the moment"),
    .text = GH_TEXT_INIT(
        "You have access to it at other times, or from another place. Nothing "
        "was done."),
    .hint = GH_TEXT_INIT(
        "Nothing is wrong with your account. If you think it should be open, "
        "tell the people who run this site and give them the reference below."),
};

static const struct gh_message messages[] = {
    {
        .status = 400,
        .title = GH_TEXT_INIT("Request not understood"),
        .heading = GH_TEXT_INIT("This request could not be understood"),
        .text = GH_TEXT_INIT(
            "The address, or something that your browser sent with it, is "
            "not in a form that this site accepts. Nothing was done."),
        .hint = GH_TEXT_INIT(
            "Check the address for typing errors, or go back and follow the "
            "link again. If it happens every time, delete this site's cookies "
            "in your browser."),
    },
    {
        .status = 401,
        .title = GH_TEXT_INIT("Sign-in needed"),
        .heading = GH_TEXT_INIT("This page is only for people who are "
                                "signed in"),
        .text = GH_TEXT_INIT(
            "You are not signed in, and signing in is not possible here at "
            "the moment."),
        .hint = GH_TEXT_INIT(
            "Ask the people who run this site how to get to this page."),
    },
    {
        /* Rights that are missing, or a form that is not ours (CSRF-015). */
        .status = 403,
        .title = GH_TEXT_INIT("Not allowed"),
        .heading = GH_TEXT_INIT("This is not allowed"),
        .text = GH_TEXT_INIT(
            "You do not have access to this page; or you sent a form that is "
            "out of date or came from somewhere else. Nothing was done."),
        .hint = GH_TEXT_INIT(
            "If you sent a form, go back, reload the page and try again; your "
            "browser must accept this site's cookies. If you think you should "
            "have access, tell the people who run this site and give them the "
            "reference below."),
    },
    {
        .status = 404,
        .title = GH_TEXT_INIT("Page not found"),
        .heading = GH_TEXT_INIT("There is no page at this address"),
        .text = GH_TEXT_INIT(
            "The link may be out of date, or the address may be mistyped."),
        .hint = GH_TEXT_INIT(
            "Check the address for typing errors, or go back to the page you "
            "came from."),
    },
    {
        .status = 405,
        .title = GH_TEXT_INIT("Not possible here"),
        .heading = GH_TEXT_INIT("This is not possible at this address"),
        .text = GH_TEXT_INIT(
            "What your browser or program tried to do does not work here. "
            "Nothing was changed."),
        .hint = GH_TEXT_INIT(
            "Go back and start again from the page you came from."),
    },
    {
        .status = 411,
        .title = GH_TEXT_INIT("Size not given"),
        .heading = GH_TEXT_INIT("The size of what you sent is missing"),
        .text = GH_TEXT_INIT(
            "The program you used did not say how much it was going to send, "
            "so it was not accepted."),
        .hint = GH_TEXT_INIT(
            "Send it again from an up-to-date browser, or with another "
            "program."),
    },
    {
        .status = 413,
        .title = GH_TEXT_INIT("Too large"),
        .heading = GH_TEXT_INIT("What you sent is too large"),
        .text = GH_TEXT_INIT(
            "It is larger than this site accepts, so it was not accepted."),
        .hint = GH_TEXT_INIT(
            "Send a smaller file, or send it in parts. The people who run "
            "this site can tell you how large it may be."),
    },
    {
        .status = 414,
        .title = GH_TEXT_INIT("Address too long"),
        .heading = GH_TEXT_INIT("This address is too long"),
        .text = GH_TEXT_INIT(
            "The address that your browser asked for is longer than this "
            "site accepts."),
        .hint = GH_TEXT_INIT(
            "Go back and follow the link again. If a form led you here, try "
            "it with less text."),
    },
    {
        .status = 415,
        .title = GH_TEXT_INIT("Format not accepted"),
        .heading = GH_TEXT_INIT("This format is not accepted here"),
        .text = GH_TEXT_INIT(
            "What you sent is in a format that this address cannot read, so "
            "it was not accepted."),
        .hint =
            GH_TEXT_INIT("Go back and send it again from the site's own form."),
    },
    {
        .status = 421,
        .title = GH_TEXT_INIT("Site not known"),
        .heading = GH_TEXT_INIT("This server does not have that site"),
        .text = GH_TEXT_INIT(
            "Your browser came to this server with the name of a site that "
            "it does not serve."),
        .hint = GH_TEXT_INIT(
            "Check the address for typing errors. If you followed a link, "
            "tell the people who gave it to you."),
    },
    {
        .status = 426,
        .title = GH_TEXT_INIT("Secure connection needed"),
        .heading = GH_TEXT_INIT("This site needs a secure connection"),
        .text = GH_TEXT_INIT(
            "Others could have read along on this connection, so nothing was "
            "done."),
        .hint = GH_TEXT_INIT(
            "Write https:// at the start of the address instead of http:// "
            "and open it again."),
    },
    {
        .status = 429,
        .is_worth_again = true,
        .title = GH_TEXT_INIT("Too many requests"),
        .heading = GH_TEXT_INIT("Too many requests in a short time"),
        .text = GH_TEXT_INIT(
            "So that the site keeps working for everyone, it is making you "
            "wait for a moment."),
        .hint = GH_TEXT_INIT("Wait a minute, then try again."),
    },
    {
        .status = 431,
        .title = GH_TEXT_INIT("Too much sent along"),
        .heading = GH_TEXT_INIT("Your browser sent too much along"),
        .text = GH_TEXT_INIT(
            "Most often the reason is cookies: small notes that a site keeps "
            "in your browser. There are too many of them, or they are too "
            "large."),
        .hint = GH_TEXT_INIT(
            "Delete this site's cookies in your browser, then open the page "
            "again."),
    },
    {
        .status = 500,
        .is_worth_again = true,
        .title = GH_TEXT_INIT("Something went wrong"),
        .heading = GH_TEXT_INIT("Something went wrong here"),
        .text = GH_TEXT_INIT(
            "The site could not finish your request. You did nothing wrong."),
        .hint = GH_TEXT_INIT(
            "Try again in a few minutes. If it happens again, tell the people "
            "who run this site and give them the reference below."),
    },
    {
        .status = 501,
        .title = GH_TEXT_INIT("Not offered here"),
        .heading = GH_TEXT_INIT("This site does not offer that"),
        .text = GH_TEXT_INIT(
            "The page or program asked for a kind of connection that this "
            "site does not have."),
        .hint = GH_TEXT_INIT(
            "If a page does not work as it should, tell the people who run "
            "this site and give them the reference below."),
    },
    {
        .status = 502,
        .is_worth_again = true,
        .title = GH_TEXT_INIT("Page not working"),
        .heading = GH_TEXT_INIT("This page is not working at the moment"),
        .text = GH_TEXT_INIT(
            "The part of the site that makes this page cannot be reached, or "
            "did not give a usable answer."),
        .hint = GH_TEXT_INIT(
            "Try again in a few minutes. If you were sending something, check "
            "first whether it has arrived."),
    },
    {
        .status = 503,
        .is_worth_again = true,
        .title = GH_TEXT_INIT("Not available just now"),
        .heading = GH_TEXT_INIT("This page is not available just now"),
        .text = GH_TEXT_INIT(
            "The site is very busy or is being worked on. It should be back "
            "soon."),
        .hint = GH_TEXT_INIT("Wait a minute, then try again."),
    },
    {
        .status = 504,
        .is_worth_again = true,
        .title = GH_TEXT_INIT("No answer in time"),
        .heading = GH_TEXT_INIT("This page took too long to answer"),
        .text = GH_TEXT_INIT(
            "The part of the site that makes this page did not answer in "
            "time."),
        .hint = GH_TEXT_INIT(
            "Try again in a few minutes. If you were sending something, check "
            "first whether it has arrived."),
    },
};

/* An entry of the table below, at its place. */
#define REASON(code, phrase) [(code)-STATUS_FIRST] = GH_TEXT_INIT(phrase)

/* RFC 9110 section 15 and, where it is silent, the registry's other RFCs.
 * Sparse, because this is looked up once for every answer. */
static const struct gh_text reasons[STATUS_LAST - STATUS_FIRST + 1] = {
    REASON(200, "OK"),
    REASON(201, "Created"),
    REASON(202, "Accepted"),
    REASON(203, "Non-Authoritative Information"),
    REASON(204, "No Content"),
    REASON(205, "Reset Content"),
    REASON(206, "Partial Content"),
    REASON(207, "Multi-Status"),
    REASON(208, "Already Reported"),
    REASON(226, "IM Used"),
    REASON(300, "Multiple Choices"),
    REASON(301, "Moved Permanently"),
    REASON(302, "Found"),
    REASON(303, "See Other"),
    REASON(304, "Not Modified"),
    REASON(305, "Use Proxy"),
    REASON(307, "Temporary Redirect"),
    REASON(308, "Permanent Redirect"),
    REASON(400, "Bad Request"),
    REASON(401, "Unauthorized"),
    REASON(402, "Payment Required"),
    REASON(403, "Forbidden"),
    REASON(404, "Not Found"),
    REASON(405, "Method Not Allowed"),
    REASON(406, "Not Acceptable"),
    REASON(407, "Proxy Authentication Required"),
    REASON(408, "Request Timeout"),
    REASON(409, "Conflict"),
    REASON(410, "Gone"),
    REASON(411, "Length Required"),
    REASON(412, "Precondition Failed"),
    REASON(413, "Content Too Large"),
    REASON(414, "URI Too Long"),
    REASON(415, "Unsupported Media Type"),
    REASON(416, "Range Not Satisfiable"),
    REASON(417, "Expectation Failed"),
    REASON(421, "Misdirected Request"),
    REASON(422, "Unprocessable Content"),
    REASON(423, "Locked"),
    REASON(424, "Failed Dependency"),
    REASON(425, "Too Early"),
    REASON(426, "Upgrade Required"),
    REASON(428, "Precondition Required"),
    REASON(429, "Too Many Requests"),
    REASON(431, "Request Header Fields Too Large"),
    REASON(451, "Unavailable For Legal Reasons"),
    REASON(500, "Internal Server Error"),
    REASON(501, "Not Implemented"),
    REASON(502, "Bad Gateway"),
    REASON(503, "Service Unavailable"),
    REASON(504, "Gateway Timeout"),
    REASON(505, "HTTP Version Not Supported"),
    REASON(506, "Variant Also Negotiates"),
    REASON(507, "Insufficient Storage"),
    REASON(508, "Loop Detected"),
    REASON(510, "Not Extended"),
    REASON(511, "Network Authentication Required"),
};

/* For a status without a phrase of its own; indexed by its first digit. */
static const struct gh_text classes[] = {
    [2] = GH_TEXT_INIT("Success"),
    [3] = GH_TEXT_INIT("Redirection"),
    [4] = GH_TEXT_INIT("Client Error"),
    [5] = GH_TEXT_INIT("Server Error"),
};

const struct gh_message *
gh_message_denied(void)
{
    return &denied;
}

const struct gh_message *
gh_message_closed(void)
{
    return &closed;
}

const struct gh_message *
gh_message_of(unsigned status)
{
    for (size_t i = 0; i < GH_COUNT(messages); i++) {
        if (messages[i].status == status)
            return &messages[i];
    }
    return &general;
}

struct gh_text
gh_reason_of(unsigned status)
{
    struct gh_text reason;

    if (status < STATUS_FIRST || status > STATUS_LAST)
        return GH_TEXT("Unknown");

    reason = reasons[status - STATUS_FIRST];
    return reason.len > 0 ? reason : classes[status / 100];
}
