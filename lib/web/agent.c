/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of browsers and systems by the words that stand in their User-Agent.
 * Owns two tables. Limits what is unknown to 64 bytes. Called by the page
 * about oneself and for access records and sign-ins.
 *
 * Every browser claims to be several others, so the order of the tables says
 * which claim counts: the first one found.
 */
#include "web/agent.h"

#include <string.h>

#include "base/banned.h"

/* A word in a User-Agent, and what it stands for. */
struct mark {
    struct gh_text word; /* as it is sent */
    struct gh_text name; /* as people know it */
};

static const struct mark browsers[] = {
    {GH_TEXT_INIT("Edg/"), GH_TEXT_INIT("Edge")},
    {GH_TEXT_INIT("EdgA/"), GH_TEXT_INIT("Edge")},
    {GH_TEXT_INIT("EdgiOS/"), GH_TEXT_INIT("Edge")},
    {GH_TEXT_INIT("OPR/"), GH_TEXT_INIT("Opera")},
    {GH_TEXT_INIT("Vivaldi/"), GH_TEXT_INIT("Vivaldi")},
    {GH_TEXT_INIT("YaBrowser/"), GH_TEXT_INIT("Yandex Browser")},
    {GH_TEXT_INIT("SamsungBrowser/"), GH_TEXT_INIT("Samsung Internet")},
    {GH_TEXT_INIT("DuckDuckGo/"), GH_TEXT_INIT("DuckDuckGo")},
    {GH_TEXT_INIT("Ddg/"), GH_TEXT_INIT("DuckDuckGo")},
    {GH_TEXT_INIT("FxiOS/"), GH_TEXT_INIT("Firefox")},
    {GH_TEXT_INIT("Firefox/"), GH_TEXT_INIT("Firefox")},
    {GH_TEXT_INIT("CriOS/"), GH_TEXT_INIT("Chrome")},
    {GH_TEXT_INIT("Chromium/"), GH_TEXT_INIT("Chromium")},
    {GH_TEXT_INIT("HeadlessChrome/"), GH_TEXT_INIT("Chrome")},
    {GH_TEXT_INIT("Chrome/"), GH_TEXT_INIT("Chrome")},
    {GH_TEXT_INIT("Safari/"), GH_TEXT_INIT("Safari")},
    {GH_TEXT_INIT("Lynx/"), GH_TEXT_INIT("Lynx")},
    {GH_TEXT_INIT("Links "), GH_TEXT_INIT("Links")},
    {GH_TEXT_INIT("w3m/"), GH_TEXT_INIT("w3m")},
    {GH_TEXT_INIT("curl/"), GH_TEXT_INIT("curl")},
    {GH_TEXT_INIT("Wget/"), GH_TEXT_INIT("Wget")},
};

static const struct mark systems[] = {
    {GH_TEXT_INIT("iPhone"), GH_TEXT_INIT("iPhone")},
    {GH_TEXT_INIT("iPad"), GH_TEXT_INIT("iPad")},
    {GH_TEXT_INIT("Android"), GH_TEXT_INIT("Android")},
    {GH_TEXT_INIT("CrOS"), GH_TEXT_INIT("ChromeOS")},
    {GH_TEXT_INIT("Windows"), GH_TEXT_INIT("Windows")},
    {GH_TEXT_INIT("Mac OS X"), GH_TEXT_INIT("macOS")},
    {GH_TEXT_INIT("FreeBSD"), GH_TEXT_INIT("FreeBSD")},
    {GH_TEXT_INIT("OpenBSD"), GH_TEXT_INIT("OpenBSD")},
    {GH_TEXT_INIT("Linux"), GH_TEXT_INIT("Linux")},
};

/* The name of the first mark that is there; empty for none. Whoever accesses
 * something passes here, hence memmem(). */
static struct gh_text
find(struct gh_text agent, const struct mark *marks, size_t n)
{
    for (size_t i = 0; i < n && agent.len > 0; i++) {
        if (memmem(agent.at, agent.len, marks[i].word.at, marks[i].word.len) !=
            NULL)
            return marks[i].name;
    }
    return (struct gh_text){0};
}

/* The beginning, before the first byte that nobody could read. */
static struct gh_text
beginning(struct gh_text agent)
{
    size_t used = 0;

    while (used < agent.len) {
        struct gh_text rest = gh_text_from(agent, used);
        size_t len = gh_utf8_first(rest);

        if (len == 0 || gh_text_is_control(rest) || used + len > GH_AGENT_MAX)
            break;
        used += len;
    }
    return gh_text_trim(gh_text_first(agent, used));
}

void
gh_agent_write(struct gh_buf *buf, struct gh_text agent)
{
    struct gh_text browser = find(agent, browsers, GH_COUNT(browsers));
    struct gh_text platform = find(agent, systems, GH_COUNT(systems));
    struct gh_text start = beginning(agent);

    /* From the tables above, or checked by beginning(). */
    if (browser.len > 0 && platform.len > 0) {
        gh_buf_checked(buf, browser);
        gh_buf_lit(buf, " on ");
        gh_buf_checked(buf, platform);
    } else if (browser.len > 0 || platform.len > 0) {
        gh_buf_checked(buf, browser.len > 0 ? browser : platform);
    } else if (start.len > 0) {
        gh_buf_checked(buf, start);
    } else {
        gh_buf_lit(buf, "A browser without a name");
    }
}

enum gh_status
gh_agent_words(struct gh_arena *arena, struct gh_text agent,
               struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(arena, GH_AGENT_MAX, &buf);

    if (status != GH_OK)
        return status;
    gh_agent_write(&buf, agent);
    *out = gh_buf_text(&buf);
    return GH_OK;
}
