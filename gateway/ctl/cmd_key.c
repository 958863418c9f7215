/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl key: making, listing and rotating key rings. Owns the new file
 * until it is whole: a failure leaves none. Refuses to overwrite a ring when it
 * makes one; a rotated one takes the old one's place in one step, with its
 * owner and mode. Its table is read by command.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/keys.h"
#include "ctl/command.h"

#include "base/banned.h"

enum {
    MAX_RING = 1024, /* bytes of a new ring */
};

static struct gh_text
today(char at[16])
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    return (struct gh_text){.at = at, .len = strftime(at, 16, "%F", &utc)};
}

static bool
write_all(int fd, struct gh_text bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = gh_text_from(bytes, (size_t)n);
    }
    return true;
}

/* A file of that name which is whole and on the disk, or none. It gets owner,
 * group and mode of another one; NULL: the caller's, for nobody else. */
static int
write_file(const char *file_z, struct gh_text bytes, const struct stat *like)
{
    int fd = open(file_z, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  0400);
    mode_t mode = like == NULL ? 0400 : like->st_mode & 07777;
    bool is_good;

    if (fd < 0) {
        ctl_say("%s: %s", file_z, strerrordesc_np(errno));
        return errno == EEXIST ? CTL_CONFLICT : CTL_FAILED;
    }
    /* Owner first: until then nobody else may read it. */
    is_good = (like == NULL || fchown(fd, like->st_uid, like->st_gid) == 0) &&
              fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
    if (close(fd) != 0 || !is_good) {
        ctl_say("%s: %s", file_z, strerrordesc_np(errno));
        unlink(file_z);
        return CTL_FAILED;
    }
    return CTL_DONE;
}

static int
generate(struct ctl *ctl)
{
    char date[16];
    struct gh_buf ring;

    /* The arena is wiped when the tool ends. */
    if (gh_buf_in(&ctl->arena, MAX_RING, &ring) != GH_OK ||
        gh_keys_write_new(today(date), &ring) != GH_OK || ring.is_failed) {
        ctl_say("no keys can be made");
        return CTL_FAILED;
    }
    return write_file(ctl_value_z(ctl, WORD_FIRST), gh_buf_text(&ring), NULL);
}

/* One row of the list. */
static enum gh_status
fill_row(struct gh_arena *arena, const struct gh_key_info *info,
         struct gh_text *cells)
{
    enum gh_status status = GH_OK;

    cells[0] = gh_text_of_z(gh_key_name_word(info->name));
    if (status == GH_OK)
        status = gh_arena_copy(arena, info->kid, &cells[1]);
    if (status == GH_OK)
        status = gh_arena_copy(arena, info->created, &cells[2]);
    cells[3] = info->is_current ? GH_TEXT("t") : GH_TEXT("f");
    return status;
}

static int
print_ring(struct ctl *ctl, const struct gh_keys *keys)
{
    struct sheet sheet = {.n_columns = 4,
                          .names = {GH_TEXT_INIT("name"), GH_TEXT_INIT("kid"),
                                    GH_TEXT_INIT("created"),
                                    GH_TEXT_INIT("is_current")},
                          .kinds = {[3] = GH_COLUMN_BOOL}};
    struct gh_key_info info;

    sheet.cells =
        gh_arena_array(&ctl->arena, GH_KEYS_MAX * 4, sizeof(*sheet.cells));
    if (sheet.cells == NULL)
        return CTL_FAILED;
    for (; gh_keys_at(keys, sheet.n_rows, &info); sheet.n_rows++) {
        if (fill_row(&ctl->arena, &info, sheet.cells + 4 * sheet.n_rows) !=
            GH_OK)
            return CTL_FAILED;
    }
    sheet_print(&sheet, ctl->output, false);
    return CTL_DONE;
}

/* The words for what is wrong with a ring. */
static int
say_why(const char *file_z, const struct gh_buf *why)
{
    ctl_say("%s: %.*s", file_z, (int)why->len, why->at);
    return access(file_z, F_OK) == 0 ? CTL_FAILED : CTL_NOT_FOUND;
}

static int
list(struct ctl *ctl)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    enum gh_status status =
        gh_keys_read(ctl_value_z(ctl, WORD_FIRST), &why, &keys);

    if (status == GH_OK)
        return print_ring(ctl, keys);
    return say_why(ctl_value_z(ctl, WORD_FIRST), &why);
}

/* Puts a whole new file in the place of the ring. */
static int
replace(struct ctl *ctl, const char *file_z, struct gh_text bytes)
{
    size_t size = strlen(file_z) + sizeof(".new");
    char *new_z = gh_arena_new(&ctl->arena, size);
    struct stat like;
    int status;

    if (new_z == NULL || stat(file_z, &like) != 0) {
        ctl_say("%s: %s", file_z, strerrordesc_np(errno));
        return CTL_FAILED;
    }
    snprintf(new_z, size, "%s.new", file_z);
    status = write_file(new_z, bytes, &like);
    if (status == CTL_DONE && rename(new_z, file_z) != 0) {
        ctl_say("%s: %s", file_z, strerrordesc_np(errno));
        unlink(new_z);
        status = CTL_FAILED;
    }
    return status;
}

/* A new current key of a name. */
static int
rotate(struct ctl *ctl)
{
    const char *file_z = ctl_value_z(ctl, WORD_FIRST);
    const char *name_z = ctl_value_z(ctl, WORD_SECOND);
    char date[16];
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    enum gh_key_name name;
    struct gh_buf old;
    struct gh_buf ring;

    if (!gh_key_name_find(gh_text_of_z(name_z), &name)) {
        ctl_say("%s: no such key name; gatehouse.conf(5) has them", name_z);
        return CTL_USAGE;
    }
    /* The arena is wiped when the tool ends. */
    if (gh_buf_in(&ctl->arena, GH_KEY_FILE_MAX + 1, &old) != GH_OK ||
        gh_buf_in(&ctl->arena, GH_KEY_FILE_MAX, &ring) != GH_OK) {
        ctl_say("out of memory");
        return CTL_FAILED;
    }
    if (gh_keys_load(file_z, &why, &old) != GH_OK ||
        gh_keys_write_rotated(gh_buf_text(&old), name, today(date), &why,
                              &ring) != GH_OK)
        return say_why(file_z, &why);
    return replace(ctl, file_z, gh_buf_text(&ring));
}

const struct ctl_command key_commands[] = {
    {.verb_z = "generate",
     ROW_WORD("FILE"),
     .help_z = "make a key ring (mode 0400)",
     .run = generate},
    {.verb_z = "list",
     ROW_WORD("FILE"),
     .help_z = "show its keys, never a secret",
     .run = list},
    {.verb_z = "rotate",
     .words_z = "FILE NAME",
     .least = 2,
     .most = 2,
     .help_z = "put a new key of a name into it, in front of the older ones",
     .run = rotate},
    {0},
};
