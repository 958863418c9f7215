/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target once over every file of the folders named on the command
 * line, and over the empty input. Owns each input while it runs, in memory of
 * exactly its size, so that a read past its end is caught by the sanitizers.
 * Refuses a folder that is missing or empty: a corpus that nobody reads is no
 * test. Called by ctest in every build without libFuzzer.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

#include "base/banned.h"

/* Gives one open file to the target. False when it cannot be read. */
static bool
run_stream(FILE *stream)
{
    struct stat info;
    uint8_t *bytes;
    size_t size;
    bool is_read;

    if (fstat(fileno(stream), &info) != 0 || info.st_size < 0)
        return false;
    size = (size_t)info.st_size;
    bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL)
        return false;
    is_read = fread(bytes, 1, size, stream) == size;
    if (is_read)
        (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return is_read;
}

static bool
run_file(const char *folder, const char *name)
{
    char path[4096];
    FILE *stream;
    bool is_run;
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (len < 0 || (size_t)len >= sizeof(path))
        return false;
    stream = fopen(path, "rb");
    if (stream == NULL)
        return false;
    /* When the target aborts, this is the line that says on what. */
    printf("%s\n", path);
    fflush(stdout);
    is_run = run_stream(stream);
    fclose(stream);
    return is_run;
}

/* Number of files run; -1 when the folder or one of them cannot be read. */
static int
run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;

    if (dir == NULL)
        return -1;
    while (n >= 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        n = run_file(folder, entry->d_name) ? n + 1 : -1;
    }
    closedir(dir);
    return n;
}

int
main(int argc, char **argv)
{
    static const uint8_t nothing[1];

    (void)LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        int n = run_folder(argv[i]);

        if (n <= 0) {
            fprintf(stderr, "replay: %s: nothing to run, or not readable\n",
                    argv[i]);
            return 1;
        }
        printf("%s: %d inputs\n", argv[i], n);
    }
    return argc > 1 ? 0 : 2;
}
