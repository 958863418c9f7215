/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/keys: the file's grammar and mode, MACs, key ids. Each test
 * owns its ring and its file.
 */
#include "core/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "core/keys_int.h"

#include "base/banned.h"

#define SECRET_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "__________________________________________8"

#define OTHERS                                                                 \
    "binding b1 2026-11-23 " SECRET_A "\ncsrf c1 2026-11-23 " SECRET_A         \
    "\ndevice d1 2026-11-23 " SECRET_A "\npepper p1 2026-11-23 " SECRET_A      \
    "\nlog l1 2026-11-23 " SECRET_A "\ndata a1 2026-11-23 " SECRET_A "\n"
#define HEAD "gatehouse-keys 1\n"
#define SESSION "session s1 2026-11-23 " SECRET_A "\n"
#define WHOLE HEAD SESSION OTHERS

/* Reads a ring and says what the reader said, up to 200 bytes. */
static enum gh_status
parse(struct gh_text bytes, struct gh_keys **out, char *why_z)
{
    struct gh_buf why = gh_buf_over(why_z, 199);
    enum gh_status status = gh_keys_parse(bytes, &why, out);

    why_z[why.len] = '\0';
    return status;
}

static struct gh_keys *
ring(struct gh_text bytes)
{
    struct gh_keys *keys = NULL;
    char why_z[200];

    if (!check_status(GH_OK, parse(bytes, &keys, why_z)))
        puts(why_z);
    return keys;
}

static void
check_mac(const struct gh_keys *keys, struct gh_text kid, const char *expected)
{
    const struct gh_text parts[] = {GH_TEXT("ab"), GH_TEXT(""), GH_TEXT("c")};
    unsigned char mac[GH_DIGEST_LEN];
    char at[2 * GH_DIGEST_LEN];
    struct gh_buf hex = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_keys_mac(keys, GH_KEY_SESSION, kid, parts,
                                    GH_COUNT(parts), mac));
    gh_buf_hex(&hex, mac, sizeof(mac));
    check_text(gh_text_of_z(expected), gh_buf_text(&hex));
}

/* Computed with Python's hmac over 0000000000000002 "ab" 0000000000000000
 * 0000000000000001 "c". */
#define MAC_A "2602c67dbb615282c1872641a631d8f2782de761cf7c1a6181c175e4cc07b069"
#define MAC_B "aab60955c8a46bac359f19f7194c20501f378ad90945f8622a5f9034726e00f1"

static void
a_mac_is_over_the_lengths_too(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(WHOLE));
    const struct gh_text moved[] = {GH_TEXT("a"), GH_TEXT("b"), GH_TEXT("c")};
    const struct gh_text same[] = {GH_TEXT("ab"), GH_TEXT(""), GH_TEXT("c")};
    unsigned char a[GH_DIGEST_LEN];
    unsigned char b[GH_DIGEST_LEN];

    if (keys == NULL)
        return;
    check_mac(keys, GH_TEXT(""), MAC_A);
    check_mac(keys, GH_TEXT("s1"), MAC_A);
    check_status(GH_OK,
                 gh_keys_mac(keys, GH_KEY_LOG, GH_TEXT(""), moved, 3, a));
    check_status(GH_OK, gh_keys_mac(keys, GH_KEY_LOG, GH_TEXT(""), same, 3, b));
    check(memcmp(a, b, sizeof(a)) != 0);
}

static void
the_first_key_of_a_name_is_current_and_the_others_verify(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(
        GH_TEXT(HEAD "session s2 2026-11-23 " SECRET_B "\n" SESSION OTHERS));
    struct gh_key_info info;

    if (keys == NULL)
        return;
    check_text(GH_TEXT("s2"), gh_keys_current(keys, GH_KEY_SESSION));
    check_mac(keys, GH_TEXT(""), MAC_B);
    check_mac(keys, GH_TEXT("s2"), MAC_B);
    check_mac(keys, GH_TEXT("s1"), MAC_A);
    check(gh_keys_at(keys, 0, &info) && info.is_current);
    check(gh_keys_at(keys, 1, &info) && !info.is_current);
    check_text(GH_TEXT("s1"), info.kid);
    check_text(GH_TEXT("2026-11-23"), info.created);
    check(gh_keys_at(keys, 7, &info) && info.name == GH_KEY_DATA);
    check(!gh_keys_at(keys, 8, &info));
}

static void
a_key_that_the_ring_does_not_have_makes_no_mac(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = ring(GH_TEXT(WHOLE));
    unsigned char mac[GH_DIGEST_LEN];

    if (keys == NULL)
        return;
    check_status(GH_NONE, gh_keys_mac(keys, GH_KEY_SESSION, GH_TEXT("s2"), NULL,
                                      0, mac));
    /* The id of another name's key is no id of this name. */
    check_status(GH_NONE, gh_keys_mac(keys, GH_KEY_SESSION, GH_TEXT("b1"), NULL,
                                      0, mac));
}

static void
lines_that_break_the_grammar_are_refused(void)
{
    static const struct {
        struct gh_text bytes; /* a file */
        const char *why_z;    /* what is said about it */
    } refused[] = {
        {GH_TEXT_INIT(""), "line 1: not \"gatehouse-keys 1\""},
        {GH_TEXT_INIT("gatehouse-keys 2\n" SESSION OTHERS),
         "line 1: not \"gatehouse-keys 1\""},
        {GH_TEXT_INIT(HEAD OTHERS),
         "there is no key with the name session; gatehousectl key rotate adds "
         "one"},
        {GH_TEXT_INIT(HEAD SESSION),
         "there is no key with the name binding; gatehousectl key rotate adds "
         "one"},
        {GH_TEXT_INIT(WHOLE "\n"), "line 9: not NAME KID CREATED SECRET"},
        {GH_TEXT_INIT(WHOLE "# note\n"), "line 9: not NAME KID CREATED SECRET"},
        {GH_TEXT_INIT(WHOLE "other a 2026-11-23 " SECRET_A "\n"),
         "line 9: no such key name"},
        {GH_TEXT_INIT(WHOLE "log A 2026-11-23 " SECRET_A "\n"),
         "line 9: the key id is not [a-z0-9]{1,16}"},
        {GH_TEXT_INIT(WHOLE "log  2026-11-23 " SECRET_A "\n"),
         "line 9: the key id is not [a-z0-9]{1,16}"},
        {GH_TEXT_INIT(WHOLE "log 12345678901234567 2026-11-23 " SECRET_A "\n"),
         "line 9: the key id is not [a-z0-9]{1,16}"},
        {GH_TEXT_INIT(WHOLE "log l1 2026-11-23 " SECRET_B "\n"),
         "line 9: the same key id twice"},
        {GH_TEXT_INIT(WHOLE "log l2 2026-13-23 " SECRET_A "\n"),
         "line 9: the date is not YYYY-MM-DD"},
        {GH_TEXT_INIT(WHOLE "log l2 26-11-23 " SECRET_A "\n"),
         "line 9: the date is not YYYY-MM-DD"},
        {GH_TEXT_INIT(WHOLE "log l2 2026-11-23 " SECRET_A " \n"),
         "line 9: the secret is not 43 characters of base64url"},
        {GH_TEXT_INIT(WHOLE "log l2 2026-11-23 " SECRET_A "\r\n"),
         "line 9: the secret is not 43 characters of base64url"},
        {GH_TEXT_INIT(WHOLE "log l2 2026-11-23 secret\n"),
         "line 9: the secret is not 43 characters of base64url"},
        {GH_TEXT_INIT(WHOLE "log l2 2026-11-23\n"),
         "line 9: not NAME KID CREATED SECRET"},
    };

    for (size_t i = 0; i < GH_COUNT(refused); i++) {
        struct gh_keys *keys = NULL;
        char why_z[200];

        check_status(GH_MALFORMED, parse(refused[i].bytes, &keys, why_z));
        check_text(gh_text_of_z(refused[i].why_z), gh_text_of_z(why_z));
        check(keys == NULL);
        gh_keys_free(keys);
    }
}

static void
a_file_may_end_without_a_newline(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) =
        ring(GH_TEXT(HEAD OTHERS "session s1 2026-11-23 " SECRET_A));

    check(keys != NULL);
}

static void
more_keys_than_the_limit_are_refused(void)
{
    char at[70 * 80];
    size_t len = sizeof(WHOLE) - 1;
    struct gh_keys *keys = NULL;
    char why_z[200];

    memcpy(at, WHOLE, len);
    for (int i = 0; i < 58; i++)
        len += (size_t)snprintf(at + len, sizeof(at) - len,
                                "log x%d 2026-11-23 " SECRET_A "\n", i);
    check_status(GH_MALFORMED,
                 parse((struct gh_text){.at = at, .len = len}, &keys, why_z));
    check_text(GH_TEXT("line 66: more than 64 keys"), gh_text_of_z(why_z));
    gh_keys_free(keys);
}

static void
what_is_generated_reads_back(void)
{
    char at[1024];
    struct gh_buf file = gh_buf_over(at, sizeof(at));
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = NULL;
    struct gh_key_info info;
    size_t n = 0;

    check_status(GH_OK, gh_keys_write_new(GH_TEXT("2026-11-23"), &file));
    check(!file.is_failed);
    keys = ring(gh_buf_text(&file));
    if (keys == NULL)
        return;
    for (; gh_keys_at(keys, n, &info); n++)
        check(info.is_current && info.name == (enum gh_key_name)n);
    check_number(GH_KEY_NAMES, n);
}

/* Rotates a name of a file, and reads what comes of it. */
static struct gh_keys *
rotate(struct gh_text bytes, enum gh_key_name name)
{
    char at[2048];
    char why_at[200];
    struct gh_buf why = gh_buf_over(why_at, sizeof(why_at));
    struct gh_buf file = gh_buf_over(at, sizeof(at));

    check_status(GH_OK, gh_keys_write_rotated(
                            bytes, name, GH_TEXT("2026-11-24"), &why, &file));
    check(!file.is_failed && why.len == 0);
    return ring(gh_buf_text(&file));
}

static void
rotation_adds_a_current_key_and_keeps_the_others(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) =
        rotate(GH_TEXT(WHOLE), GH_KEY_SESSION);
    struct gh_key_info info;
    size_t n = 0;

    if (keys == NULL)
        return;
    for (; gh_keys_at(keys, n, &info); n++)
        check(info.is_current == (n != 1));
    check_number(GH_KEY_NAMES + 1, n);
    check(gh_keys_at(keys, 0, &info) && info.name == GH_KEY_SESSION);
    check_text(GH_TEXT("2026-11-24"), info.created);
    check(gh_keys_at(keys, 1, &info) && info.name == GH_KEY_SESSION);
    check_text(GH_TEXT("s1"), info.kid);
    check_mac(keys, GH_TEXT("s1"), MAC_A);
}

static void
rotation_adds_a_name_that_is_missing(void)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) =
        rotate(GH_TEXT(HEAD OTHERS), GH_KEY_SESSION);
    struct gh_key_info info;

    check(keys != NULL && gh_keys_at(keys, 0, &info) && info.is_current &&
          info.name == GH_KEY_SESSION);
}

static void
rotation_of_what_is_no_ring_is_refused(void)
{
    char at[2048];
    char why_at[200];
    struct gh_buf why = gh_buf_over(why_at, sizeof(why_at));
    struct gh_buf file = gh_buf_over(at, sizeof(at));
    enum gh_key_name name;

    check_status(GH_MALFORMED,
                 gh_keys_write_rotated(GH_TEXT(WHOLE "x\n"), GH_KEY_LOG,
                                       GH_TEXT("2026-11-24"), &why, &file));
    check_text(GH_TEXT("line 9: not NAME KID CREATED SECRET"),
               gh_buf_text(&why));
    check_number(0, file.len);
    why.len = 0;
    file = gh_buf_over(at, sizeof(WHOLE));
    check_status(GH_MALFORMED,
                 gh_keys_write_rotated(GH_TEXT(WHOLE), GH_KEY_LOG,
                                       GH_TEXT("2026-11-24"), &why, &file));
    check_text(GH_TEXT("it would be too long"), gh_buf_text(&why));
    check(gh_key_name_find(GH_TEXT("data"), &name) && name == GH_KEY_DATA);
    check(!gh_key_name_find(GH_TEXT("Data"), &name));
}

/* Writes WHOLE with that mode and reads it as a key file. */
static enum gh_status
read_with_mode(mode_t mode, char *why_z)
{
    char file_z[] = "/tmp/gatehouse-keys.XXXXXX";
    struct gh_buf why = gh_buf_over(why_z, 199);
    struct gh_keys *keys = NULL;
    int fd = mkstemp(file_z);
    enum gh_status status;

    check(fd >= 0 && write(fd, WHOLE, sizeof(WHOLE) - 1) == sizeof(WHOLE) - 1 &&
          fchmod(fd, mode) == 0);
    close(fd);
    status = gh_keys_read(file_z, &why, &keys);
    why_z[why.len] = '\0';
    check((status == GH_OK) == (keys != NULL));
    gh_keys_free(keys);
    unlink(file_z);
    return status;
}

static void
files_that_others_can_read_are_refused(void)
{
    static const mode_t good[] = {0400, 0600, 0440};
    static const mode_t bad[] = {0404, 0444, 0640, 0660,
                                 0644, 0460, 0420, 0606};
    char why_z[200];

    for (size_t i = 0; i < GH_COUNT(good); i++)
        check_status(GH_OK, read_with_mode(good[i], why_z));
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        check_status(GH_MALFORMED, read_with_mode(bad[i], why_z));
        check(gh_text_starts(gh_text_of_z(why_z), GH_TEXT("others can read")));
    }
}

static void
files_that_are_no_files_are_refused(void)
{
    char why_at[200];
    struct gh_buf why = gh_buf_over(why_at, sizeof(why_at));
    struct gh_keys *keys = NULL;

    check_status(GH_FAULT_IO, gh_keys_read("/nowhere/keys", &why, &keys));
    check_text(GH_TEXT("No such file or directory"), gh_buf_text(&why));
    why.len = 0;
    check_status(GH_MALFORMED, gh_keys_read("/dev/zero", &why, &keys));
    check_text(GH_TEXT("not a regular file"), gh_buf_text(&why));
    check(keys == NULL);
    gh_keys_free(NULL);
}

const struct check_case keys_cases[] = {
    CHECK_CASE(a_mac_is_over_the_lengths_too),
    CHECK_CASE(the_first_key_of_a_name_is_current_and_the_others_verify),
    CHECK_CASE(a_key_that_the_ring_does_not_have_makes_no_mac),
    CHECK_CASE(lines_that_break_the_grammar_are_refused),
    CHECK_CASE(a_file_may_end_without_a_newline),
    CHECK_CASE(more_keys_than_the_limit_are_refused),
    CHECK_CASE(what_is_generated_reads_back),
    CHECK_CASE(rotation_adds_a_current_key_and_keeps_the_others),
    CHECK_CASE(rotation_adds_a_name_that_is_missing),
    CHECK_CASE(rotation_of_what_is_no_ring_is_refused),
    CHECK_CASE(files_that_others_can_read_are_refused),
    CHECK_CASE(files_that_are_no_files_are_refused),
    {0},
};
