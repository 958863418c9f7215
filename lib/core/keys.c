/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading, checking and using the key ring. Owns the secrets, in an arena of
 * its own that is wiped at its end, the digest algorithms and the cipher.
 * Refuses files that others can read, over 64 KiB, with anything but the
 * documented lines, with a key id twice under one name, or without a key of
 * each name. Called by the gateway and by gatehousectl.
 */
#include "core/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "core/aead.h"
#include "core/keys_int.h"

#include "base/banned.h"

#define HEAD "gatehouse-keys 1" /* the first line */

enum {
    ARENA_CAP = 32 * 1024,
    KID_BYTES = 4, /* random bytes of a new key's id, in hexadecimal */
};

struct key {
    enum gh_key_name name;            /* purpose */
    struct gh_text kid;               /* in the arena */
    struct gh_text created;           /* in the arena */
    unsigned char secret[GH_KEY_LEN]; /* wiped with the arena */
};

struct gh_keys {
    struct gh_arena arena;    /* everything, this struct too */
    struct gh_digest *digest; /* how MACs are made */
    struct gh_aead *aead;     /* how values are sealed */
    size_t n;                 /* of keys */
    struct key keys[GH_KEYS_MAX];
};

static const char *const words[GH_KEY_NAMES] = {
    [GH_KEY_SESSION] = "session", [GH_KEY_BINDING] = "binding",
    [GH_KEY_CSRF] = "csrf",       [GH_KEY_DEVICE] = "device",
    [GH_KEY_PEPPER] = "pepper",   [GH_KEY_LOG] = "log",
    [GH_KEY_DATA] = "data",
};

const char *
gh_key_name_word(enum gh_key_name name)
{
    return words[name];
}

/* --- one line ------------------------------------------------------------ */

bool
gh_key_name_find(struct gh_text word, enum gh_key_name *out)
{
    for (size_t i = 0; i < GH_KEY_NAMES; i++) {
        if (gh_text_equal(word, gh_text_of_z(words[i]))) {
            *out = (enum gh_key_name)i;
            return true;
        }
    }
    return false;
}

static bool
is_kid(struct gh_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
    }
    return text.len >= 1 && text.len <= GH_KEY_KID_MAX;
}

/* YYYY-MM-DD. The days of a month are not counted: the date is shown, never
 * calculated with. */
static bool
is_date(struct gh_text text)
{
    uint64_t year;
    uint64_t month;
    uint64_t day;

    return text.len == 10 && text.at[4] == '-' && text.at[7] == '-' &&
           gh_text_number(gh_text_first(text, 4), 9999, &year) == GH_OK &&
           gh_text_number(gh_text_first(gh_text_from(text, 5), 2), 12,
                          &month) == GH_OK &&
           gh_text_number(gh_text_from(text, 8), 31, &day) == GH_OK &&
           month > 0 && day > 0;
}

/* The key kid of that name, the current one when kid is empty, or NULL. */
static const struct key *
look_up(const struct gh_keys *keys, enum gh_key_name name, struct gh_text kid)
{
    for (size_t i = 0; i < keys->n; i++) {
        const struct key *key = &keys->keys[i];

        if (key->name == name && (kid.len == 0 || gh_text_equal(key->kid, kid)))
            return key;
    }
    return NULL;
}

/* What is wrong with a key's line, or NULL when it was taken into the ring.
 * The words are all that is ever said: no byte of a line that might hold a
 * secret is repeated. */
static const char *
take_line(struct gh_keys *keys, struct gh_text line)
{
    struct key *key = &keys->keys[keys->n];
    struct gh_text word;
    struct gh_text kid;
    struct gh_text created;

    if (keys->n == GH_KEYS_MAX)
        return "more than 64 keys";
    if (!gh_text_cut(&line, ' ', &word) || !gh_text_cut(&line, ' ', &kid) ||
        !gh_text_cut(&line, ' ', &created) || line.at == NULL)
        return "not NAME KID CREATED SECRET";
    if (!gh_key_name_find(word, &key->name))
        return "no such key name";
    if (!is_kid(kid))
        return "the key id is not [a-z0-9]{1,16}";
    if (look_up(keys, key->name, kid) != NULL)
        return "the same key id twice";
    if (!is_date(created))
        return "the date is not YYYY-MM-DD";
    if (gh_base64url_parse(line, key->secret, sizeof(key->secret)) != GH_OK)
        return "the secret is not 43 characters of base64url";
    if (gh_arena_copy(&keys->arena, kid, &key->kid) != GH_OK ||
        gh_arena_copy(&keys->arena, created, &key->created) != GH_OK)
        return "out of memory";
    keys->n++;
    return NULL;
}

/* --- the file ------------------------------------------------------------ */

static void
say(struct gh_buf *why, size_t line, const char *what)
{
    if (line > 0) {
        gh_buf_lit(why, "line ");
        gh_buf_number(why, line);
        gh_buf_lit(why, ": ");
    }
    gh_buf_checked(why, gh_text_of_z(what)); /* a literal */
}

/* True when there is a key of each name; else says which is missing. */
static bool
is_complete(const struct gh_keys *keys, struct gh_buf *why)
{
    for (size_t i = 0; i < GH_KEY_NAMES; i++) {
        if (look_up(keys, (enum gh_key_name)i, GH_TEXT("")) != NULL)
            continue;
        say(why, 0, "there is no key with the name ");
        say(why, 0, words[i]);
        say(why, 0, "; gatehousectl key rotate adds one");
        return false;
    }
    return true;
}

/* The lines of a file into an empty ring. GH_MALFORMED with why. */
static enum gh_status
take_lines(struct gh_keys *keys, struct gh_text bytes, struct gh_buf *why)
{
    struct gh_text line;
    const char *what;

    if (!gh_text_cut(&bytes, '\n', &line) ||
        !gh_text_equal(line, GH_TEXT(HEAD))) {
        say(why, 1, "not \"" HEAD "\"");
        return GH_MALFORMED;
    }
    /* The part behind the last newline is empty in a whole file. */
    for (size_t n = 2; gh_text_cut(&bytes, '\n', &line); n++) {
        if (bytes.at == NULL && line.len == 0)
            break;
        what = take_line(keys, line);
        if (what != NULL) {
            say(why, n, what);
            return GH_MALFORMED;
        }
    }
    return GH_OK;
}

/* A ring of whatever lines a file has, a key of each name or not. */
static enum gh_status
parse(struct gh_text bytes, struct gh_buf *why, struct gh_keys **out)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = NULL;
    struct gh_arena arena;
    enum gh_status status;

    gh_arena_init(&arena, ARENA_CAP);
    keys = gh_arena_new(&arena, sizeof(*keys));
    if (keys == NULL)
        return GH_FAULT_MEMORY;
    /* The ring lies in its own arena, which moves into the ring. */
    keys->arena = arena;
    status = gh_digest_new(&keys->digest);
    if (status == GH_OK)
        status = gh_aead_new(&keys->arena, &keys->aead);
    if (status == GH_OK)
        status = take_lines(keys, bytes, why);
    if (status == GH_OK) {
        *out = keys;
        keys = NULL;
    }
    return status;
}

enum gh_status
gh_keys_parse(struct gh_text bytes, struct gh_buf *why, struct gh_keys **out)
{
    struct gh_keys *keys GH_CLEAN(gh_keys_free_at) = NULL;
    enum gh_status status = parse(bytes, why, &keys);

    if (status != GH_OK)
        return status;
    if (!is_complete(keys, why))
        return GH_MALFORMED;
    *out = keys;
    keys = NULL;
    return GH_OK;
}

void
gh_keys_free(struct gh_keys *keys)
{
    struct gh_arena arena;

    if (keys == NULL)
        return;
    gh_digest_free(keys->digest);
    gh_aead_free(keys->aead);
    arena = keys->arena;
    gh_arena_done(&arena);
}

void
gh_keys_free_at(struct gh_keys **keys)
{
    gh_keys_free(*keys);
}

/* What is wrong with the file itself, or NULL. */
static const char *
judge_file(const struct stat *info)
{
    mode_t others = info->st_mode & 077;

    if (!S_ISREG(info->st_mode))
        return "not a regular file";
    if (others != 0 && (info->st_mode & 07777) != 0440)
        return "others can read or write it; its mode must be 0400, 0600 or "
               "0440";
    if (info->st_uid != 0 && info->st_uid != geteuid() && geteuid() != 0)
        return "it belongs to another account";
    if (info->st_size > GH_KEY_FILE_MAX)
        return "over 64 KiB";
    return NULL;
}

static void
close_at(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum gh_status
gh_keys_load(const char *file, struct gh_buf *why, struct gh_buf *out)
{
    int fd GH_CLEAN(close_at) = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t begin = out->len;
    struct stat info;
    const char *what;
    ssize_t got;

    /* One byte more than a file may have shows that it grew. */
    gh_assert(out->cap - out->len > GH_KEY_FILE_MAX);
    if (fd < 0 || fstat(fd, &info) != 0) {
        say(why, 0, strerrordesc_np(errno));
        return GH_FAULT_IO;
    }
    what = judge_file(&info);
    if (what != NULL) {
        say(why, 0, what);
        return GH_MALFORMED;
    }
    while ((got = read(fd, out->at + out->len, out->cap - out->len)) > 0)
        out->len += (size_t)got;
    if (got < 0 || out->len - begin > GH_KEY_FILE_MAX) {
        say(why, 0, "cannot be read");
        return GH_FAULT_IO;
    }
    return GH_OK;
}

/* A buffer for the file's bytes, wiped when it leaves scope. */
struct bytes {
    char at[GH_KEY_FILE_MAX + 1]; /* the file */
};

static void
wipe_bytes(struct bytes *bytes)
{
    gh_secret_wipe(bytes, sizeof(*bytes));
}

enum gh_status
gh_keys_read(const char *file, struct gh_buf *why, struct gh_keys **out)
{
    struct bytes bytes GH_CLEAN(wipe_bytes);
    struct gh_buf buf = gh_buf_over(bytes.at, sizeof(bytes.at));
    enum gh_status status = gh_keys_load(file, why, &buf);

    if (status != GH_OK)
        return status;
    return gh_keys_parse(gh_buf_text(&buf), why, out);
}

/* --- writing ------------------------------------------------------------- */

/* The line of a new random key. */
static enum gh_status
write_key(enum gh_key_name name, struct gh_text created, struct gh_buf *out)
{
    unsigned char fresh[KID_BYTES + GH_KEY_LEN];
    enum gh_status status = gh_random(fresh, sizeof(fresh));

    gh_assert(is_date(created));
    if (status != GH_OK)
        return status;
    gh_buf_checked(out, gh_text_of_z(words[name])); /* ours */
    gh_buf_lit(out, " ");
    gh_buf_hex(out, fresh, KID_BYTES);
    gh_buf_lit(out, " ");
    gh_buf_checked(out, created); /* digits and dashes, asserted above */
    gh_buf_lit(out, " ");
    gh_base64url_write(out, fresh + KID_BYTES, GH_KEY_LEN);
    gh_buf_lit(out, "\n");
    gh_secret_wipe(fresh, sizeof(fresh));
    return GH_OK;
}

enum gh_status
gh_keys_write_new(struct gh_text created, struct gh_buf *out)
{
    enum gh_status status = GH_OK;

    gh_buf_lit(out, HEAD "\n");
    for (size_t i = 0; i < GH_KEY_NAMES && status == GH_OK; i++)
        status = write_key((enum gh_key_name)i, created, out);
    return status;
}

enum gh_status
gh_keys_write_rotated(struct gh_text bytes, enum gh_key_name name,
                      struct gh_text created, struct gh_buf *why,
                      struct gh_buf *out)
{
    struct gh_keys *old GH_CLEAN(gh_keys_free_at) = NULL;
    struct gh_keys *made GH_CLEAN(gh_keys_free_at) = NULL;
    size_t begin = out->len;
    enum gh_status status = parse(bytes, why, &old);

    if (status != GH_OK)
        return status;
    /* In front of all others, so also of those of its name. */
    gh_buf_lit(out, HEAD "\n");
    status = write_key(name, created, out);
    /* Lines that were read as such a moment ago. */
    gh_buf_checked(out, gh_text_from(bytes, sizeof(HEAD)));
    if (status != GH_OK)
        return status;
    if (out->is_failed) {
        say(why, 0, "it would be too long");
        return GH_MALFORMED;
    }
    return parse(gh_text_from(gh_buf_text(out), begin), why, &made);
}

/* --- use ----------------------------------------------------------------- */

enum gh_status
gh_keys_mac(const struct gh_keys *keys, enum gh_key_name name,
            struct gh_text kid, const struct gh_text *parts, size_t n,
            unsigned char out[GH_DIGEST_LEN])
{
    const struct key *key = look_up(keys, name, kid);
    unsigned char lengths[GH_KEY_PARTS_MAX][8];
    struct gh_text pieces[GH_KEY_PARTS_MAX * 2];

    gh_assert(n <= GH_KEY_PARTS_MAX);
    if (key == NULL)
        return GH_NONE;
    for (size_t i = 0; i < n; i++) {
        for (size_t byte = 0; byte < 8; byte++)
            lengths[i][byte] =
                (unsigned char)((uint64_t)parts[i].len >> (56 - 8 * byte));
        pieces[2 * i] =
            (struct gh_text){.at = (const char *)lengths[i], .len = 8};
        pieces[2 * i + 1] = parts[i];
    }
    return gh_digest_hmac(keys->digest,
                          (struct gh_text){.at = (const char *)key->secret,
                                           .len = sizeof(key->secret)},
                          pieces, 2 * n, out);
}

const struct gh_aead *
gh_keys_aead(const struct gh_keys *keys)
{
    return keys->aead;
}

struct gh_text
gh_keys_current(const struct gh_keys *keys, enum gh_key_name name)
{
    const struct key *key = look_up(keys, name, GH_TEXT(""));

    gh_assert(key != NULL);
    return key->kid;
}

bool
gh_keys_at(const struct gh_keys *keys, size_t i, struct gh_key_info *out)
{
    const struct key *key = &keys->keys[i < keys->n ? i : 0];

    if (i >= keys->n)
        return false;
    *out = (struct gh_key_info){
        .name = key->name,
        .kid = key->kid,
        .created = key->created,
        .is_current = look_up(keys, key->name, GH_TEXT("")) == key};
    return true;
}
