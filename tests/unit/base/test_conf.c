/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/conf: what is read, what is refused and on which line, and
 * that one run finds every error. Each test gives a file's bytes and the
 * lines that must come out of them.
 */
#include "base/conf.h"

#include <string.h>

#include "base/buf.h"
#include "check.h"

#include "base/banned.h"

/* Writes down everything the reader says, one line each:
 * "3 [section] key=value" or "3 ! what is wrong". */
struct transcript {
    char memory[8192];
    struct gh_buf buf;       /* over memory */
    struct gh_text refusing; /* key that on_line() refuses */
};

static bool
write_line(void *ctx, const struct gh_conf_line *line)
{
    struct transcript *said = ctx;

    check_text(GH_TEXT("test.conf"), gh_text_of_z(line->file));
    gh_buf_number(&said->buf, line->line);
    gh_buf_lit(&said->buf, " [");
    gh_buf_checked(&said->buf, line->section);
    gh_buf_lit(&said->buf, "] ");
    gh_buf_checked(&said->buf, line->key);
    gh_buf_lit(&said->buf, "=");
    gh_buf_checked(&said->buf, line->value);
    gh_buf_lit(&said->buf, "\n");
    return said->refusing.len == 0 || !gh_text_equal(line->key, said->refusing);
}

static void
write_error(void *ctx, const char *file, unsigned line, const char *text)
{
    struct transcript *said = ctx;

    check_text(GH_TEXT("test.conf"), gh_text_of_z(file));
    gh_buf_number(&said->buf, line);
    gh_buf_lit(&said->buf, " ! ");
    gh_buf_checked(&said->buf, gh_text_of_z(text));
    gh_buf_lit(&said->buf, "\n");
}

/* Reads bytes as a file. */
static enum gh_status
read_bytes(struct gh_text bytes, struct transcript *said)
{
    const struct gh_conf_handler handler = {
        .on_line = write_line, .on_error = write_error, .ctx = said};
    enum gh_status status;
    FILE *stream = tmpfile();

    if (stream == NULL)
        return GH_FAULT_IO;
    check_number(bytes.len, fwrite(bytes.at, 1, bytes.len, stream));
    rewind(stream);
    said->buf = gh_buf_over(said->memory, sizeof(said->memory));
    gh_conf_setup();
    status = gh_conf_read(stream, "test.conf", &handler);
    fclose(stream);
    return status;
}

/* Reads bytes and compares status and transcript. */
static void
check_conf(struct gh_text bytes, enum gh_status status, struct gh_text expected)
{
    struct transcript said = {.refusing = {0}};

    check_status(status, read_bytes(bytes, &said));
    check_text(expected, gh_buf_text(&said.buf));
}

static void
sections_keys_and_values_are_read(void)
{
    check_conf(GH_TEXT("# comment\n"
                       "[gateway]\n"
                       "workers = auto\n"
                       "\n"
                       "pages =\n"
                       "[entry public]  \n"
                       "kind=public\n"
                       "  ; comment\n"
                       "path\t=\t/x y/ \n"),
               GH_OK,
               GH_TEXT("3 [gateway] workers=auto\n"
                       "5 [gateway] pages=\n"
                       "7 [entry public] kind=public\n"
                       "9 [entry public] path=/x y/\n"));
}

static void
empty_file_is_fine(void)
{
    check_conf(GH_TEXT(""), GH_OK, GH_TEXT(""));
    check_conf(GH_TEXT("\n\n"), GH_OK, GH_TEXT(""));
    check_conf(GH_TEXT("\xef\xbb\xbf"), GH_OK, GH_TEXT(""));
}

static void
byte_order_mark_and_crlf_are_fine(void)
{
    check_conf(GH_TEXT("\xef\xbb\xbf[a]\r\nb = c\r\n\r\nd = e\r\n"), GH_OK,
               GH_TEXT("2 [a] b=c\n4 [a] d=e\n"));
}

static void
byte_order_mark_is_for_the_first_line_only(void)
{
    check_conf(GH_TEXT("[a]\n\xef\xbb\xbf"
                       "b = c\n"),
               GH_MALFORMED,
               GH_TEXT("2 ! the key has a blank or a special character in "
                       "it\n"));
}

static void
last_line_needs_no_end(void)
{
    check_conf(GH_TEXT("[a]\nb = c"), GH_OK, GH_TEXT("2 [a] b=c\n"));
}

static void
value_keeps_what_other_readers_cut(void)
{
    check_conf(GH_TEXT("[a]\n"
                       "b = c ; d # e\n"
                       "f = g = h : i\n"
                       "j = \"k\"\n"
                       "l = [m]\n"),
               GH_OK,
               GH_TEXT("2 [a] b=c ; d # e\n"
                       "3 [a] f=g = h : i\n"
                       "4 [a] j=\"k\"\n"
                       "5 [a] l=[m]\n"));
}

static void
key_before_the_first_section_is_refused(void)
{
    check_conf(GH_TEXT("b = c\n[a]\nd = e\n"), GH_MALFORMED,
               GH_TEXT("1 ! there is no [section] above this key\n"
                       "3 [a] d=e\n"));
}

static void
every_junk_line_is_reported_in_one_run(void)
{
    check_conf(GH_TEXT("[a]\njunk\n= x\nb: c\nb c = d\nb:c = d\ne = f\n"),
               GH_MALFORMED,
               GH_TEXT("2 ! the line is neither [section], key = value nor a "
                       "comment\n"
                       "3 ! there is no key in front of \"=\"\n"
                       "4 ! the line is neither [section], key = value nor a "
                       "comment\n"
                       "5 ! the key has a blank or a special character in it\n"
                       "6 ! the key has a blank or a special character in it\n"
                       "7 [a] e=f\n"));
}

static void
indented_line_is_no_continuation(void)
{
    check_conf(GH_TEXT("[a]\nb = c,\n   d\n\te = f\n"), GH_MALFORMED,
               GH_TEXT("2 [a] b=c,\n"
                       "3 ! the line is indented: a value is always one "
                       "line\n"
                       "4 ! the line is indented: a value is always one "
                       "line\n"));
}

static void
broken_section_lines_are_refused(void)
{
    check_conf(GH_TEXT("[a\n[]\n[ ]\n[b] c\n[d]]\n"), GH_MALFORMED,
               GH_TEXT("1 ! the section has no closing \"]\"\n"
                       "2 ! the section has no name\n"
                       "3 ! the section has no name\n"
                       "4 ! nothing may follow the \"]\" of a section\n"
                       "5 ! nothing may follow the \"]\" of a section\n"));
}

static void
keys_of_a_refused_section_belong_to_nobody(void)
{
    check_conf(GH_TEXT("[a]\nb = 1\n[c\nd = 2\nbad line\n[e]\nf = 3\n"),
               GH_MALFORMED,
               GH_TEXT("2 [a] b=1\n"
                       "3 ! the section has no closing \"]\"\n"
                       "5 ! the line is neither [section], key = value nor "
                       "a comment\n"
                       "7 [e] f=3\n"));
}

static void
section_name_has_at_most_49_bytes(void)
{
    check_conf(GH_TEXT("[1234567890123456789012345678901234567890123456789]\n"
                       "a = b\n"),
               GH_OK,
               GH_TEXT("2 [1234567890123456789012345678901234567890123456789]"
                       " a=b\n"));
    check_conf(GH_TEXT("[12345678901234567890123456789012345678901234567890]\n"
                       "a = b\n"),
               GH_MALFORMED,
               GH_TEXT("1 ! the section's name is longer than 49 bytes\n"));
}

static void
nul_and_control_bytes_are_refused_where_they_stand(void)
{
    check_conf(GH_TEXT("[a]\nb = c\0d\ne = f\x1bg\nh = i\rj\n# \0\nk = l\n"),
               GH_MALFORMED,
               GH_TEXT("2 ! the line has a NUL byte\n"
                       "3 ! the line has a control character\n"
                       "4 ! the line has a control character\n"
                       "5 ! the line has a NUL byte\n"
                       "6 [a] k=l\n"));
}

static void
bytes_that_are_not_utf8_are_refused(void)
{
    check_conf(GH_TEXT("[a]\nb = \xff\nc = \xc3\xbc\n"), GH_MALFORMED,
               GH_TEXT("2 ! the line is not UTF-8\n"
                       "3 [a] c=\xc3\xbc\n"));
}

static void
utf16_file_is_refused(void)
{
    struct transcript said = {.refusing = {0}};

    check_status(GH_MALFORMED,
                 read_bytes(GH_TEXT("\xff\xfe[\0a\0]\0\n\0"), &said));
}

/* "[a]", then a line of len bytes, then "c = d". */
static enum gh_status
read_long(size_t len, struct transcript *said)
{
    static char bytes[8192];
    struct gh_buf buf = gh_buf_over(bytes, sizeof(bytes));

    gh_buf_lit(&buf, "[a]\nb =");
    while (buf.len < len + 4)
        gh_buf_lit(&buf, "x");
    gh_buf_lit(&buf, "\nc = d\n");
    check(!buf.is_failed);
    return read_bytes(gh_buf_text(&buf), said);
}

static void
line_of_4096_bytes_is_read_whole(void)
{
    struct transcript said = {.refusing = {0}};
    struct gh_text text;

    check_status(GH_OK, read_long(4096, &said));
    text = gh_buf_text(&said.buf);
    check(gh_text_starts(text, GH_TEXT("2 [a] b=xxx")));
    check(gh_text_ends(text, GH_TEXT("xxx\n3 [a] c=d\n")));
    check_number(4096 - 3 + sizeof("2 [a] b=\n3 [a] c=d\n") - 1, text.len);
}

static void
line_over_4096_bytes_is_one_error_on_its_line(void)
{
    struct transcript said = {.refusing = {0}};

    check_status(GH_MALFORMED, read_long(4097, &said));
    check_text(GH_TEXT("2 ! the line is longer than 4096 bytes\n3 [a] c=d\n"),
               gh_buf_text(&said.buf));
    check_status(GH_MALFORMED, read_long(8100, &said));
    check_text(GH_TEXT("2 ! the line is longer than 4096 bytes\n3 [a] c=d\n"),
               gh_buf_text(&said.buf));
}

static void
long_section_line_takes_its_keys_with_it(void)
{
    static char bytes[5000];
    struct transcript said = {.refusing = {0}};
    struct gh_buf buf = gh_buf_over(bytes, sizeof(bytes));

    gh_buf_lit(&buf, "[a]\n[b");
    while (buf.len < 4900)
        gh_buf_lit(&buf, "x");
    gh_buf_lit(&buf, "]\nc = d\n");
    check_status(GH_MALFORMED, read_bytes(gh_buf_text(&buf), &said));
    check_text(GH_TEXT("2 ! the line is longer than 4096 bytes\n"),
               gh_buf_text(&said.buf));
}

/* "[a]", then comment lines of 1,000 bytes, then "b = c": len bytes in all. */
static enum gh_status
read_big(size_t len, struct transcript *said)
{
    static char bytes[1024 * 1024 + 1];
    struct gh_text tail = GH_TEXT("\nb = c\n");

    memset(bytes, '#', sizeof(bytes));
    for (size_t i = 0; i < len; i += 1000)
        bytes[i] = '\n';
    memcpy(bytes, "[a]\n", 4);
    memcpy(bytes + len - tail.len, tail.at, tail.len);
    return read_bytes((struct gh_text){bytes, len}, said);
}

static void
file_of_one_mebibyte_is_read(void)
{
    struct transcript said = {.refusing = {0}};

    check_status(GH_OK, read_big(1024 * 1024, &said));
    check_text(GH_TEXT("1051 [a] b=c\n"), gh_buf_text(&said.buf));
}

static void
file_over_one_mebibyte_is_refused_and_its_cut_line_not_taken(void)
{
    struct transcript said = {.refusing = {0}};

    check_status(GH_MALFORMED, read_big(1024 * 1024 + 1, &said));
    check_text(GH_TEXT("1051 ! the file is longer than 1 MiB\n"),
               gh_buf_text(&said.buf));
}

static void
endless_line_is_given_up_at_one_mebibyte(void)
{
    const struct gh_conf_handler handler = {
        .on_line = write_line,
        .on_error = write_error,
        .ctx = &(struct transcript){.refusing = {0}}};
    struct transcript *said = handler.ctx;
    FILE *stream = fopen("/dev/zero", "r");

    if (!check(stream != NULL))
        return;
    said->buf = gh_buf_over(said->memory, sizeof(said->memory));
    gh_conf_setup();
    check_status(GH_MALFORMED, gh_conf_read(stream, "test.conf", &handler));
    check_text(GH_TEXT("1 ! the file is longer than 1 MiB\n"),
               gh_buf_text(&said->buf));
    fclose(stream);
}

static void
line_refused_by_the_callee_makes_the_file_malformed(void)
{
    struct transcript said = {.refusing = GH_TEXT("b")};

    check_status(GH_MALFORMED,
                 read_bytes(GH_TEXT("[a]\nb = 1\nc = 2\n"), &said));
    check_text(GH_TEXT("2 [a] b=1\n3 [a] c=2\n"), gh_buf_text(&said.buf));
}

static void
unreadable_file_is_a_fault(void)
{
    struct transcript said = {.refusing = {0}};
    const struct gh_conf_handler handler = {
        .on_line = write_line, .on_error = write_error, .ctx = &said};
    FILE *stream = fopen("/", "r"); /* opens, and fails to be read */

    if (!check(stream != NULL))
        return;
    said.buf = gh_buf_over(said.memory, sizeof(said.memory));
    gh_conf_setup();
    check_status(GH_FAULT_IO, gh_conf_read(stream, "test.conf", &handler));
    check_number(0, said.buf.len);
    fclose(stream);
}

static void
nearest_name_is_suggested(void)
{
    static const char *const names[] = {"workers", "user", "base_path", "pages",
                                        "id"};
    const size_t n = GH_COUNT(names);

    check_text(GH_TEXT("workers"),
               gh_text_of_z(gh_conf_nearest(GH_TEXT("worker"), names, n)));
    check_text(GH_TEXT("user"),
               gh_text_of_z(gh_conf_nearest(GH_TEXT("usre"), names, n)));
    check_text(GH_TEXT("base_path"),
               gh_text_of_z(gh_conf_nearest(GH_TEXT("base-path"), names, n)));
    check_text(GH_TEXT("pages"),
               gh_text_of_z(gh_conf_nearest(GH_TEXT("paes"), names, n)));
}

static void
far_names_are_not_suggested(void)
{
    static const char *const names[] = {"workers", "user", "id"};
    char word[100];

    memset(word, 'w', sizeof(word));
    check(gh_conf_nearest(GH_TEXT("socket"), names, 3) == NULL);
    check(gh_conf_nearest(GH_TEXT("works_x"), names, 3) == NULL);
    check(gh_conf_nearest(GH_TEXT("xy"), names, 3) == NULL);
    check(gh_conf_nearest(GH_TEXT("x"), names, 0) == NULL);
    check(gh_conf_nearest((struct gh_text){word, sizeof(word)}, names, 3) ==
          NULL);
}

extern const struct check_case conf_cases[];

const struct check_case conf_cases[] = {
    CHECK_CASE(sections_keys_and_values_are_read),
    CHECK_CASE(empty_file_is_fine),
    CHECK_CASE(byte_order_mark_and_crlf_are_fine),
    CHECK_CASE(byte_order_mark_is_for_the_first_line_only),
    CHECK_CASE(last_line_needs_no_end),
    CHECK_CASE(value_keeps_what_other_readers_cut),
    CHECK_CASE(key_before_the_first_section_is_refused),
    CHECK_CASE(every_junk_line_is_reported_in_one_run),
    CHECK_CASE(indented_line_is_no_continuation),
    CHECK_CASE(broken_section_lines_are_refused),
    CHECK_CASE(keys_of_a_refused_section_belong_to_nobody),
    CHECK_CASE(section_name_has_at_most_49_bytes),
    CHECK_CASE(nul_and_control_bytes_are_refused_where_they_stand),
    CHECK_CASE(bytes_that_are_not_utf8_are_refused),
    CHECK_CASE(utf16_file_is_refused),
    CHECK_CASE(line_of_4096_bytes_is_read_whole),
    CHECK_CASE(line_over_4096_bytes_is_one_error_on_its_line),
    CHECK_CASE(long_section_line_takes_its_keys_with_it),
    CHECK_CASE(file_of_one_mebibyte_is_read),
    CHECK_CASE(file_over_one_mebibyte_is_refused_and_its_cut_line_not_taken),
    CHECK_CASE(endless_line_is_given_up_at_one_mebibyte),
    CHECK_CASE(line_refused_by_the_callee_makes_the_file_malformed),
    CHECK_CASE(unreadable_file_is_a_fault),
    CHECK_CASE(nearest_name_is_suggested),
    CHECK_CASE(far_names_are_not_suggested),
    {NULL, NULL},
};
