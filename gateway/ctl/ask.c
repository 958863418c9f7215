/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking for a password. Owns the terminal while it asks. Limits a password
 * to one line of 4,096 bytes. Called by cmd_user.c.
 *
 * While the prompt is open the terminal sends no signals and edits no line:
 * Ctrl-C comes as a byte, so that no way out leaves the terminal without its
 * echo; rubbing out is done here.
 */
#include "ctl/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "core/new_password.h"

#include "base/banned.h"

enum {
    MAX_LINE = 4096,
    CTRL_C = 3,
    CTRL_D = 4,
    CTRL_U = 21,
    BACKSPACE = 8,
    RUBOUT = 127,
};

/* A line as it is read. */
struct line {
    size_t len;            /* of at */
    bool is_cut;           /* it was longer */
    bool is_broken_off;    /* Ctrl-C */
    char at[MAX_LINE + 1]; /* wiped by its owner */
};

static void
wipe_line(struct line *line)
{
    gh_secret_wipe(line, sizeof(*line));
}

static void
close_at(const int *fd)
{
    if (*fd > STDERR_FILENO)
        close(*fd);
}

/* Takes the last character off, all its bytes. */
static void
rub_out(struct line *line)
{
    while (line->len > 0 &&
           ((unsigned char)line->at[--line->len] & 0xc0) == 0x80)
        ;
}

/* A key that does something instead of being part of the password; *is_end
 * is set by those that end the line. */
static bool
take_key(struct line *line, char byte, bool *is_end)
{
    switch (byte) {
    case CTRL_C:
        line->is_broken_off = true;
        *is_end = true;
        return true;
    case CTRL_D:
        *is_end = true;
        return true;
    case CTRL_U:
        line->len = 0;
        return true;
    case BACKSPACE:
    case RUBOUT:
        rub_out(line);
        return true;
    default:
        return false;
    }
}

/* Takes one byte; false at the end of the line. */
static bool
take_byte(struct line *line, char byte, bool is_terminal)
{
    bool is_end = byte == '\n';

    if (is_end || (is_terminal && take_key(line, byte, &is_end)))
        return !is_end;
    if (line->len == MAX_LINE) {
        line->is_cut = true;
        return true;
    }
    line->at[line->len++] = byte;
    return true;
}

/* Reads to the end of the line, byte by byte, so that what follows it stays
 * for whoever reads next. False when reading fails. */
static bool
read_line(int fd, bool is_terminal, struct line *line)
{
    ssize_t got;
    char byte;

    line->len = 0;
    do {
        got = read(fd, &byte, 1);
    } while ((got < 0 && errno == EINTR) ||
             (got == 1 && take_byte(line, byte, is_terminal)));
    return got >= 0;
}

/* Asks at the terminal. */
static bool
prompt(int fd, const char *words_z, struct line *line)
{
    struct termios before;
    struct termios quiet;
    bool is_good;

    if (tcgetattr(fd, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ISIG | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
        return false;
    dprintf(fd, "%s", words_z);
    is_good = read_line(fd, true, line);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    return is_good && !line->is_broken_off;
}

static struct gh_text
text_of(const struct line *line)
{
    return (struct gh_text){.at = line->at, .len = line->len};
}

static int
ask_twice(struct line *line)
{
    struct line again GH_CLEAN(wipe_line) = {.len = 0};
    int fd GH_CLEAN(close_at) = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        ctl_say("there is no terminal to ask for the password");
        ctl_hint("use --password-stdin or --password-file");
        return CTL_USAGE;
    }
    if (!prompt(fd, "New password: ", line) ||
        !prompt(fd, "Once more: ", &again)) {
        ctl_say("no password");
        return CTL_FAILED;
    }
    if (line->len != again.len ||
        !gh_secret_equal(line->at, again.at, line->len)) {
        ctl_say("the two are not the same");
        return CTL_FAILED;
    }
    return CTL_DONE;
}

static int
read_from(const char *file_z, struct line *line)
{
    int fd GH_CLEAN(close_at) =
        file_z == NULL ? STDIN_FILENO : open(file_z, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || !read_line(fd, false, line)) {
        ctl_say("%s: %s", file_z == NULL ? "standard input" : file_z,
                strerrordesc_np(errno));
        return CTL_FAILED;
    }
    return CTL_DONE;
}

/* Why a password is refused. */
static const char *
why_not(enum gh_new_password verdict)
{
    switch (verdict) {
    case GH_NEW_PASSWORD_UNFIT:
        return "the password is empty, not UTF-8, or has a character that "
               "cannot be seen";
    case GH_NEW_PASSWORD_SHORT:
        return "the password has fewer than 15 characters";
    case GH_NEW_PASSWORD_LONG:
        return "the password is over 256 characters or 1,024 bytes";
    case GH_NEW_PASSWORD_COMMON:
        return "the password is common or breached: it is guessed first";
    case GH_NEW_PASSWORD_NAMES:
        return "the password is the account's name with digits or signs";
    case GH_NEW_PASSWORD_FIT:
        break;
    }
    return NULL;
}

/* The line in its one form. */
static int
enforce(struct ctl *ctl, const struct line *line, struct gh_text name,
        struct gh_text *out)
{
    const struct gh_new_password_case of = {
        .typed = text_of(line), .names = &name, .n_names = 1};
    enum gh_new_password verdict = GH_NEW_PASSWORD_LONG;
    const char *why_z;

    if (!line->is_cut &&
        gh_new_password_judge(&ctl->arena, &of, &verdict, out) != GH_OK) {
        ctl_say("out of memory");
        return CTL_FAILED;
    }
    why_z = why_not(verdict);
    if (why_z == NULL)
        return CTL_DONE;
    ctl_say("%s", why_z);
    return CTL_FAILED;
}

int
ask_new_password(struct ctl *ctl, struct gh_text name, struct gh_text *out)
{
    struct line line GH_CLEAN(wipe_line) = {.len = 0};
    int status;

    if (ctl_has(ctl, OPTION_PASSWORD_FILE))
        status = read_from(ctl_value_z(ctl, OPTION_PASSWORD_FILE), &line);
    else if (ctl_has(ctl, OPTION_PASSWORD_STDIN))
        status = read_from(NULL, &line);
    else
        status = ask_twice(&line);
    if (status != CTL_DONE)
        return status;
    return enforce(ctl, &line, name, out);
}
