/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding and reading SQL files. Owns open folders and files while it reads.
 * Refuses files of schema/ that are not NNNN_name.sql with a number of their
 * own, or that do not say whether they are breaking. Called by cmd_db.c and
 * migrate.c.
 */
#include "ctl/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "paths.h"

#include "base/banned.h"

enum {
    MAX_FILES = 512,
    MAX_BYTES = 1024 * 1024, /* of one file */
    MAX_PATH = 4096,
};

static void
close_folder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

static void
close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static const char *
root_of(const struct ctl *ctl)
{
    const char *folder_z = ctl_value_z(ctl, OPTION_SQL);

    return folder_z != NULL ? folder_z : GH_SQL_DIR;
}

/* "<root>/<path>" in the arena, or NULL. */
static const char *
join(struct ctl *ctl, const char *path_z)
{
    struct gh_buf path;
    char *nul = gh_arena_new(&ctl->arena, MAX_PATH);

    if (nul == NULL)
        return NULL;
    path = gh_buf_over(nul, MAX_PATH - 1);
    /* Paths of the tool's own files, handed to open(2) and to people. */
    gh_buf_checked(&path, gh_text_of_z(root_of(ctl)));
    gh_buf_lit(&path, "/");
    gh_buf_checked(&path, gh_text_of_z(path_z));
    return path.is_failed ? NULL : path.at;
}

static int
fail(const char *path_z, const char *words_z)
{
    ctl_say("%s: %s", path_z, words_z);
    return CTL_FAILED;
}

/* --- one file --------------------------------------------------------------
 */

/* The bytes of a file, and a NUL behind them. */
static int
read_bytes(struct ctl *ctl, const char *full_z, struct gh_text *out)
{
    FILE *file GH_CLEAN(close_file) = fopen(full_z, "re");
    struct stat info;
    size_t size;
    char *at;

    if (file == NULL || fstat(fileno(file), &info) != 0)
        return fail(full_z, strerrordesc_np(errno));
    if (!S_ISREG(info.st_mode) || info.st_size > MAX_BYTES)
        return fail(full_z, "not a file, or over 1 MiB");
    size = (size_t)info.st_size;
    at = gh_arena_new(&ctl->arena, size + 1);
    if (at == NULL)
        return fail(full_z, "out of memory");
    if (fread(at, 1, size, file) != size)
        return fail(full_z, "cannot be read");
    if (memchr(at, '\0', size) != NULL)
        return fail(full_z, "has a NUL byte");
    *out = (struct gh_text){.at = at, .len = size};
    return CTL_DONE;
}

int
files_read_one(struct ctl *ctl, const char *path_z, struct sql_file *out)
{
    struct gh_digest *digest GH_CLEAN(gh_digest_free_at) = NULL;
    const char *full_z = join(ctl, path_z);
    struct gh_text bytes;
    int status;

    if (full_z == NULL || gh_digest_new(&digest) != GH_OK)
        return fail(path_z, "out of memory");
    status = read_bytes(ctl, full_z, &bytes);
    if (status != CTL_DONE)
        return status;
    if (gh_digest_sha256(digest, &bytes, 1, out->sha256) != GH_OK)
        return fail(path_z, "cannot be digested");
    out->path_z = path_z;
    out->name = gh_text_of_z(path_z);
    out->text_z = bytes.at;
    return CTL_DONE;
}

/* --- folders ---------------------------------------------------------------
 */

static int
by_name(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

/* "<folder>/<name>" for each *.sql file, sorted. */
static int
list_folder(struct ctl *ctl, const char *folder_z, const char **paths,
            size_t *n)
{
    const char *full_z = join(ctl, folder_z);
    DIR *folder GH_CLEAN(close_folder) =
        full_z == NULL ? NULL : opendir(full_z);
    const struct dirent *entry;

    if (folder == NULL) {
        ctl_say("%s/%s: %s", root_of(ctl), folder_z, strerrordesc_np(errno));
        ctl_hint("--sql names the folder of the SQL files");
        return CTL_FAILED;
    }
    for (*n = 0; (entry = readdir(folder)) != NULL;) {
        struct gh_text name = gh_text_of_z(entry->d_name);
        char path_z[MAX_PATH];
        struct gh_text copy;

        if (!gh_text_ends(name, GH_TEXT(".sql")) || name.at[0] == '.')
            continue;
        snprintf(path_z, sizeof(path_z), "%s/%s", folder_z, entry->d_name);
        if (*n == MAX_FILES ||
            gh_arena_copy(&ctl->arena, gh_text_of_z(path_z), &copy) != GH_OK)
            return fail(folder_z, "too many files");
        paths[(*n)++] = copy.at;
    }
    qsort(paths, *n, sizeof(*paths), by_name);
    return CTL_DONE;
}

/* Reads a folder's files behind those that are there. */
static int
read_folder(struct ctl *ctl, const char *folder_z, struct sql_file *files,
            size_t *n)
{
    const char *paths[MAX_FILES];
    size_t n_paths = 0;
    int status = list_folder(ctl, folder_z, paths, &n_paths);

    for (size_t i = 0; i < n_paths && status == CTL_DONE; i++) {
        struct sql_file *file = &files[*n];

        if (*n == MAX_FILES)
            return fail(folder_z, "too many files");
        status = files_read_one(ctl, paths[i], file);
        file->name = gh_text_from(file->name, strlen(folder_z) + 1);
        (*n)++;
    }
    return status;
}

/* --- what schema/ files say of themselves ----------------------------------
 */

/* The second line of a file. */
static struct gh_text
second_line(const char *text_z)
{
    struct gh_text rest = gh_text_of_z(text_z);
    struct gh_text line = {0};

    gh_text_cut(&rest, '\n', &line);
    gh_text_cut(&rest, '\n', &line);
    return line;
}

static int
read_version(struct sql_file *file, uint64_t before)
{
    struct gh_text digits = gh_text_first(file->name, 4);
    struct gh_text line = second_line(file->text_z);

    if (gh_text_number(digits, 9999, &file->version) != GH_OK ||
        gh_text_find(file->name, '_') != 4)
        return fail(file->path_z, "is not named NNNN_name.sql");
    if (file->version != before + 1)
        return fail(file->path_z, "does not follow the number before it");
    file->is_breaking = gh_text_equal(line, GH_TEXT("-- breaking: yes"));
    if (!file->is_breaking && !gh_text_equal(line, GH_TEXT("-- breaking: no")))
        return fail(file->path_z,
                    "does not say \"-- breaking: yes\" or \"no\" in line 2");
    return CTL_DONE;
}

/* One digest over names and contents of what runs again and again. */
static int
digest_again(struct sql_files *files)
{
    struct gh_digest *digest GH_CLEAN(gh_digest_free_at) = NULL;
    struct gh_buf hex = gh_buf_over(files->again_z, sizeof(files->again_z) - 1);
    struct gh_text parts[2 * MAX_FILES];
    unsigned char sha256[GH_DIGEST_LEN];

    for (size_t i = 0; i < files->n_again; i++) {
        /* With its NUL, so that name and content cannot run together. */
        parts[2 * i] = gh_text_of_z(files->again[i].path_z);
        parts[2 * i].len++;
        parts[2 * i + 1] = (struct gh_text){
            .at = (const char *)files->again[i].sha256, .len = GH_DIGEST_LEN};
    }
    if (gh_digest_new(&digest) != GH_OK ||
        gh_digest_sha256(digest, parts, 2 * files->n_again, sha256) != GH_OK)
        return fail("api", "cannot be digested");
    gh_buf_hex(&hex, sha256, sizeof(sha256));
    files->again_z[hex.len] = '\0';
    return CTL_DONE;
}

int
files_read(struct ctl *ctl, struct sql_files *out)
{
    int status;

    memset(out, 0, sizeof(*out));
    out->schema = gh_arena_array(&ctl->arena, MAX_FILES, sizeof(*out->schema));
    out->again = gh_arena_array(&ctl->arena, MAX_FILES, sizeof(*out->again));
    if (out->schema == NULL || out->again == NULL)
        return fail("schema", "out of memory");
    status = read_folder(ctl, "schema", out->schema, &out->n_schema);
    for (size_t i = 0; i < out->n_schema && status == CTL_DONE; i++)
        status = read_version(&out->schema[i],
                              i == 0 ? 0 : out->schema[i - 1].version);
    if (status == CTL_DONE)
        status = read_folder(ctl, "api", out->again, &out->n_again);
    if (status == CTL_DONE)
        status = read_folder(ctl, "views", out->again, &out->n_again);
    if (status == CTL_DONE && out->n_again == MAX_FILES)
        status = fail("api", "too many files");
    if (status == CTL_DONE)
        status = files_read_one(ctl, "grants.sql", &out->again[out->n_again++]);
    return status == CTL_DONE ? digest_again(out) : status;
}
