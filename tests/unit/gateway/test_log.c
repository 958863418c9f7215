/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/log: levels, the form of a line, what is cut and escaped,
 * and a sink that nobody reads. Every test has a pipe of its own as the sink.
 */
#include "log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

/* A log over a pipe. */
struct bench {
    int fds[2]; /* read end, write end */
    struct gh_log_sink sink;
    struct gh_log *log;
    char memory[256 * 1024]; /* what was read back */
    size_t len;              /* bytes of it */
};

static struct bench *
begin(enum gh_log_level level)
{
    static struct bench bench;

    bench = (struct bench){.fds = {-1, -1}};
    check(pipe2(bench.fds, O_CLOEXEC | O_NONBLOCK) == 0);
    bench.sink.fd = bench.fds[1];
    atomic_flag_clear(&bench.sink.is_busy);
    atomic_init(&bench.sink.level, (int)level);
    check_status(GH_OK, gh_log_new(&bench.sink, &bench.log));
    return &bench;
}

static void
end(struct bench *bench)
{
    gh_log_free(bench->log);
    close(bench->fds[0]);
    close(bench->fds[1]);
}

/* Reads what is in the pipe behind what was read before. */
static struct gh_text
drain(struct bench *bench)
{
    ssize_t n;

    while ((n = read(bench->fds[0], bench->memory + bench->len,
                     sizeof(bench->memory) - bench->len)) > 0)
        bench->len += (size_t)n;
    return (struct gh_text){bench->memory, bench->len};
}

/* What is in the log once everything is flushed. */
static struct gh_text
written(struct bench *bench)
{
    for (int i = 0; i < 1000 && gh_log_flush(bench->log); i++)
        drain(bench);
    return drain(bench);
}

static bool
contains(struct gh_text text, struct gh_text part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (gh_text_starts(gh_text_from(text, i), part))
            return true;
    }
    return false;
}

static size_t
count_lines(struct gh_text text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == '\n' ? 1 : 0;
    return n;
}

static void
line_has_time_level_event_and_values(void)
{
    struct bench *bench = begin(GH_LOG_INFO);
    struct gh_log_line line;
    struct gh_text text;

    gh_log_begin(&line, bench->log, GH_LOG_WARNING, "something");
    gh_log_text(&line, "who", GH_TEXT("alice"));
    gh_log_number(&line, "count", UINT64_MAX);
    gh_log_end(&line);
    text = written(bench);
    check(gh_text_starts(text, GH_TEXT("time=20")));
    check(contains(text, GH_TEXT("Z level=warning event=something who=alice "
                                 "count=18446744073709551615\n")));
    check_number(29, gh_text_find(text, ' '));
    check_number(1, count_lines(text));
    end(bench);
}

static void
lines_above_the_level_are_not_made(void)
{
    for (int level = GH_LOG_ERROR; level <= GH_LOG_DEBUG; level++) {
        struct bench *bench = begin((enum gh_log_level)level);

        gh_log_say(bench->log, GH_LOG_ERROR, "a", "1");
        gh_log_say(bench->log, GH_LOG_WARNING, "b", "2");
        gh_log_say(bench->log, GH_LOG_INFO, "c", "3");
        gh_log_say(bench->log, GH_LOG_DEBUG, "d", "4");
        check_number(level + 1, count_lines(written(bench)));
        end(bench);
    }
}

static void
level_can_be_changed_at_any_time(void)
{
    struct bench *bench = begin(GH_LOG_ERROR);

    gh_log_say(bench->log, GH_LOG_INFO, "hidden", "1");
    atomic_store(&bench->sink.level, GH_LOG_INFO);
    gh_log_say(bench->log, GH_LOG_INFO, "shown", "2");
    check_number(1, count_lines(written(bench)));
    check(contains(written(bench), GH_TEXT("event=shown")));
    end(bench);
}

static void
LOGIN_029_line_ends_in_a_value_are_escaped(void)
{
    struct bench *bench = begin(GH_LOG_INFO);

    gh_log_say(bench->log, GH_LOG_INFO, "e", "a\r\ntime=x level=error\nb\x1b");
    check_number(1, count_lines(written(bench)));
    check(contains(
        written(bench),
        GH_TEXT("text=\"a\\x0d\\x0atime=x level=error\\x0ab\\x1b\"\n")));
    end(bench);
}

static void
long_value_is_cut(void)
{
    static char value[2000];
    struct bench *bench = begin(GH_LOG_INFO);
    struct gh_log_line line;
    struct gh_text text;

    memset(value, 'v', sizeof(value));
    gh_log_begin(&line, bench->log, GH_LOG_INFO, "e");
    gh_log_text(&line, "a", (struct gh_text){value, sizeof(value)});
    gh_log_text(&line, "b", GH_TEXT("kept"));
    gh_log_end(&line);
    text = written(bench);
    check(contains(text, GH_TEXT("v b=kept\n")));
    check(text.len > 512 && text.len < 600);
    end(bench);
}

static void
line_that_is_full_still_ends_with_its_newline(void)
{
    static char value[512];
    struct bench *bench = begin(GH_LOG_INFO);
    struct gh_log_line line;
    struct gh_text text;

    memset(value, '\n', sizeof(value));
    gh_log_begin(&line, bench->log, GH_LOG_INFO, "e");
    for (int i = 0; i < 5; i++)
        gh_log_text(&line, "a", (struct gh_text){value, sizeof(value)});
    gh_log_end(&line);
    gh_log_say(bench->log, GH_LOG_INFO, "next", "1");
    text = written(bench);
    check_number(2, count_lines(text));
    check(gh_text_find(text, '\n') <= 4095);
    check(contains(text, GH_TEXT("event=next text=1\n")));
    end(bench);
}

/* Fills the queue until lines must be dropped; how many were given in. */
static size_t
overfill(struct bench *bench)
{
    static const char text[] = "0123456789012345678901234567890123456789";
    size_t n;

    for (n = 0; n < 4000; n++)
        gh_log_say(bench->log, GH_LOG_INFO, "flood", text);
    return n;
}

static void
sink_that_nobody_reads_costs_lines_and_no_time(void)
{
    struct bench *bench = begin(GH_LOG_INFO);
    size_t n = overfill(bench);
    size_t kept;

    check(gh_log_flush(bench->log));
    check(gh_log_flush(bench->log));
    kept = count_lines(written(bench));
    check(kept > 500 && kept < n);
    end(bench);
}

static void
first_line_after_a_loss_says_how_many_were_lost(void)
{
    struct bench *bench = begin(GH_LOG_INFO);
    size_t n = overfill(bench);
    size_t kept = count_lines(written(bench));
    char words[64];
    struct gh_buf expected = gh_buf_over(words, sizeof(words));

    gh_log_say(bench->log, GH_LOG_INFO, "after", "1");
    gh_log_say(bench->log, GH_LOG_INFO, "later", "2");
    gh_buf_lit(&expected, "event=after text=1 dropped_before=");
    gh_buf_number(&expected, n - kept);
    gh_buf_lit(&expected, "\n");
    check(contains(written(bench), gh_buf_text(&expected)));
    check(contains(written(bench), GH_TEXT("event=later text=2\n")));
    end(bench);
}

static void
loss_is_not_forgotten_when_the_next_line_is_full(void)
{
    static char value[512];
    struct bench *bench = begin(GH_LOG_INFO);
    struct gh_log_line line;

    overfill(bench);
    written(bench);
    memset(value, '\n', sizeof(value));
    gh_log_begin(&line, bench->log, GH_LOG_INFO, "full");
    for (int i = 0; i < 5; i++)
        gh_log_text(&line, "a", (struct gh_text){value, sizeof(value)});
    gh_log_end(&line);
    gh_log_say(bench->log, GH_LOG_INFO, "after", "1");
    check(contains(written(bench), GH_TEXT("dropped_before=")));
    end(bench);
}

static void
busy_sink_is_left_alone_until_later(void)
{
    struct bench *bench = begin(GH_LOG_INFO);

    gh_log_say(bench->log, GH_LOG_INFO, "e", "1");
    check(!atomic_flag_test_and_set(&bench->sink.is_busy));
    check(gh_log_flush(bench->log));
    check_number(0, drain(bench).len);
    atomic_flag_clear(&bench->sink.is_busy);
    check(!gh_log_flush(bench->log));
    check_number(1, count_lines(drain(bench)));
    end(bench);
}

static void
sink_that_is_gone_harms_nobody(void)
{
    struct bench *bench = begin(GH_LOG_INFO);

    close(bench->fds[1]);
    bench->sink.fd = -1;
    gh_log_say(bench->log, GH_LOG_INFO, "e", "1");
    check(gh_log_flush(bench->log));
    bench->fds[1] = dup(bench->fds[0]);
    end(bench);
    gh_log_free(NULL);
}

const struct check_case log_cases[] = {
    CHECK_CASE(line_has_time_level_event_and_values),
    CHECK_CASE(lines_above_the_level_are_not_made),
    CHECK_CASE(level_can_be_changed_at_any_time),
    CHECK_CASE(LOGIN_029_line_ends_in_a_value_are_escaped),
    CHECK_CASE(long_value_is_cut),
    CHECK_CASE(line_that_is_full_still_ends_with_its_newline),
    CHECK_CASE(sink_that_nobody_reads_costs_lines_and_no_time),
    CHECK_CASE(first_line_after_a_loss_says_how_many_were_lost),
    CHECK_CASE(loss_is_not_forgotten_when_the_next_line_is_full),
    CHECK_CASE(busy_sink_is_left_alone_until_later),
    CHECK_CASE(sink_that_is_gone_harms_nobody),
    {0},
};
