/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of web/agent: common browsers in words, and anything else without
 * harm.
 */
#include "web/agent.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

#define MOZILLA "Mozilla/5.0 "

/* What an agent is called must be this. */
static void
check_words(struct gh_text agent, struct gh_text expected)
{
    char at[GH_AGENT_MAX];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));

    gh_agent_write(&buf, agent);
    check(!buf.is_failed);
    check_text(expected, gh_buf_text(&buf));
}

static void
common_browsers_are_known(void)
{
    check_words(GH_TEXT(MOZILLA "(X11; Linux x86_64; rv:128.0) "
                                "Gecko/20100101 Firefox/128.0"),
                GH_TEXT("Firefox on Linux"));
    check_words(GH_TEXT(MOZILLA "(Windows NT 10.0; Win64; x64) "
                                "AppleWebKit/537.36 (KHTML, like Gecko) "
                                "Chrome/126.0.0.0 Safari/537.36"),
                GH_TEXT("Chrome on Windows"));
    check_words(GH_TEXT(MOZILLA "(Macintosh; Intel Mac OS X 10_15_7) "
                                "AppleWebKit/605.1.15 (KHTML, like Gecko) "
                                "Version/17.5 Safari/605.1.15"),
                GH_TEXT("Safari on macOS"));
    check_words(GH_TEXT("curl/8.8.0"), GH_TEXT("curl"));
}

/* Each claims to be two or three others. */
static void
claims_of_others_do_not_count(void)
{
    check_words(GH_TEXT(MOZILLA "(Windows NT 10.0) Chrome/126.0 "
                                "Safari/537.36 Edg/126.0"),
                GH_TEXT("Edge on Windows"));
    check_words(GH_TEXT(MOZILLA "(Linux; Android 14; Pixel 8) Chrome/126.0 "
                                "Mobile Safari/537.36"),
                GH_TEXT("Chrome on Android"));
    check_words(GH_TEXT(MOZILLA "(iPhone; CPU iPhone OS 17_5 like Mac OS X) "
                                "Version/17.5 Mobile/15E148 Safari/604.1"),
                GH_TEXT("Safari on iPhone"));
    check_words(GH_TEXT(MOZILLA "(iPad; CPU OS 17_5 like Mac OS X) "
                                "CriOS/126.0 Mobile/15E148 Safari/604.1"),
                GH_TEXT("Chrome on iPad"));
}

static void
half_of_it_is_better_than_nothing(void)
{
    check_words(GH_TEXT("Firefox/1"), GH_TEXT("Firefox"));
    check_words(GH_TEXT("Something (OpenBSD)"), GH_TEXT("OpenBSD"));
}

static void
what_is_unknown_is_cut(void)
{
    char at[200];

    check_words(GH_TEXT("suite/1"), GH_TEXT("suite/1"));
    check_words(GH_TEXT("<b>&"), GH_TEXT("<b>&"));
    memset(at, 'x', sizeof(at));
    check_words((struct gh_text){at, sizeof(at)},
                (struct gh_text){at, GH_AGENT_MAX});
    /* A character is cut off as a whole. */
    memcpy(at + GH_AGENT_MAX - 1, "\xc3\xbc", 2);
    check_words((struct gh_text){at, sizeof(at)},
                (struct gh_text){at, GH_AGENT_MAX - 1});
}

static void
what_nobody_can_read_ends_it(void)
{
    check_words(GH_TEXT("abc\ndef"), GH_TEXT("abc"));
    check_words(GH_TEXT("abc\xff"), GH_TEXT("abc"));
    check_words(GH_TEXT(" abc \0x"), GH_TEXT("abc"));
    check_words(GH_TEXT(""), GH_TEXT("A browser without a name"));
    check_words(GH_TEXT("\x01"), GH_TEXT("A browser without a name"));
}

const struct check_case agent_cases[] = {
    CHECK_CASE(common_browsers_are_known),
    CHECK_CASE(claims_of_others_do_not_count),
    CHECK_CASE(half_of_it_is_better_than_nothing),
    CHECK_CASE(what_is_unknown_is_cut),
    CHECK_CASE(what_nobody_can_read_ends_it),
    {0},
};
