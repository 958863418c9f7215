/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/aead: the vectors for 256-bit keys of the GCM specification
 * (McGrew and Viega, test cases 13 to 16), and every bit of every part
 * changed. Each test owns its cipher.
 */
#include "core/aead.h"

#include <string.h>

#include "base/buf.h"
#include "check.h"

#include "base/banned.h"

enum {
    TEXT_MAX = 64, /* bytes of a vector's text */
};

#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define TEXT                                                                   \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95" \
    "956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED                                                                 \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48" \
    "590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

/* One vector, in hexadecimal. */
static const struct vector {
    const char *key_z;        /* 32 bytes */
    const char *nonce_z;      /* 12 bytes */
    const char *associated_z; /* bound */
    const char *plain_z;      /* hidden */
    const char *sealed_z;     /* with the tag */
} vectors[] = {
    {ZEROS, "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {ZEROS, "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {KEY, "cafebabefacedbaddecaf888", "", TEXT "1aafd255",
     SEALED "898015adb094dac5d93471bdec1a502270e3cc6c"},
    {KEY, "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", TEXT,
     SEALED "76fc6ece0f4e1768cddf8853bb2d551b"},
};

/* A vector as bytes. */
struct bytes {
    unsigned char key[GH_AEAD_KEY_LEN];               /* secret */
    unsigned char nonce[GH_AEAD_NONCE_LEN];           /* once */
    unsigned char associated[32];                     /* bound */
    unsigned char plain[TEXT_MAX];                    /* hidden */
    unsigned char sealed[TEXT_MAX + GH_AEAD_TAG_LEN]; /* with the tag */
    size_t n_associated;                              /* of associated */
    size_t n_sealed;                                  /* of sealed */
};

static size_t
unhex(const char *hex_z, unsigned char *out)
{
    size_t n = strlen(hex_z) / 2;

    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(gh_hex_digit(hex_z[2 * i]) << 4 |
                                 gh_hex_digit(hex_z[2 * i + 1]));
    return n;
}

static struct bytes
read_vector(const struct vector *vector)
{
    struct bytes bytes = {.n_sealed = 0};

    check_number(GH_AEAD_KEY_LEN, unhex(vector->key_z, bytes.key));
    check_number(GH_AEAD_NONCE_LEN, unhex(vector->nonce_z, bytes.nonce));
    bytes.n_associated = unhex(vector->associated_z, bytes.associated);
    bytes.n_sealed = unhex(vector->sealed_z, bytes.sealed);
    check_number(bytes.n_sealed - GH_AEAD_TAG_LEN,
                 unhex(vector->plain_z, bytes.plain));
    return bytes;
}

static struct gh_text
text(const unsigned char *at, size_t len)
{
    return (struct gh_text){(const char *)at, len};
}

static struct gh_aead_seal
seal_of(const struct bytes *bytes)
{
    return (struct gh_aead_seal){
        .key = bytes->key,
        .nonce = bytes->nonce,
        .associated = text(bytes->associated, bytes->n_associated)};
}

/* The cipher of a test. */
struct bench {
    struct gh_arena arena; /* of it */
    struct gh_aead *aead;  /* NULL: there is none */
};

/* Opens; what came of it, which is nothing when it did not open. */
static enum gh_status
open_bytes(const struct gh_aead *aead, const struct bytes *bytes)
{
    static const unsigned char zeros[TEXT_MAX];
    struct gh_aead_seal seal = seal_of(bytes);
    unsigned char out[TEXT_MAX] = {0};
    size_t len = bytes->n_sealed - GH_AEAD_TAG_LEN;
    enum gh_status status =
        gh_aead_open(aead, &seal, text(bytes->sealed, bytes->n_sealed), out);

    check(memcmp(out, status == GH_OK ? bytes->plain : zeros, len) == 0);
    return status;
}

static struct bench
begin(void)
{
    struct bench bench = {.aead = NULL};

    gh_arena_init(&bench.arena, 1 << 20);
    check_status(GH_OK, gh_aead_new(&bench.arena, &bench.aead));
    return bench;
}

static void
end(struct bench *bench)
{
    gh_aead_free(bench->aead);
    gh_arena_done(&bench->arena);
}

static void
published_vectors_come_out(void)
{
    struct bench bench GH_CLEAN(end) = begin();
    const struct gh_aead *aead = bench.aead;

    for (size_t i = 0; i < GH_COUNT(vectors) && aead != NULL; i++) {
        struct bytes bytes = read_vector(&vectors[i]);
        struct gh_aead_seal seal = seal_of(&bytes);
        unsigned char out[TEXT_MAX + GH_AEAD_TAG_LEN];
        size_t len = bytes.n_sealed - GH_AEAD_TAG_LEN;

        check_status(GH_OK,
                     gh_aead_seal(aead, &seal, text(bytes.plain, len), out));
        check(memcmp(bytes.sealed, out, bytes.n_sealed) == 0);
        check_status(GH_OK, open_bytes(aead, &bytes));
    }
}

/* Every bit of a part, one at a time. */
static void
flip_all(const struct gh_aead *aead, struct bytes *bytes, unsigned char *part,
         size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        unsigned char mask = (unsigned char)(1 << bit % 8);

        part[bit / 8] ^= mask;
        check_status(GH_MALFORMED, open_bytes(aead, bytes));
        part[bit / 8] ^= mask;
    }
    check_status(GH_OK, open_bytes(aead, bytes));
}

static void
no_bit_of_anything_can_be_changed(void)
{
    struct bench bench GH_CLEAN(end) = begin();
    const struct gh_aead *aead = bench.aead;
    struct bytes bytes = read_vector(&vectors[3]);

    if (aead == NULL)
        return;
    flip_all(aead, &bytes, bytes.key, sizeof(bytes.key));
    flip_all(aead, &bytes, bytes.nonce, sizeof(bytes.nonce));
    flip_all(aead, &bytes, bytes.associated, bytes.n_associated);
    flip_all(aead, &bytes, bytes.sealed, bytes.n_sealed);
}

static void
nothing_can_be_cut_off_or_added(void)
{
    struct bench bench GH_CLEAN(end) = begin();
    const struct gh_aead *aead = bench.aead;
    const struct bytes whole = read_vector(&vectors[3]);
    struct bytes bytes = whole;
    struct gh_aead_seal seal = seal_of(&whole);
    unsigned char out[TEXT_MAX];

    if (aead == NULL)
        return;
    for (size_t len = 0; len < whole.n_sealed; len++)
        check_status(GH_MALFORMED,
                     gh_aead_open(aead, &seal, text(whole.sealed, len), out));
    bytes.n_sealed++;
    check_status(GH_MALFORMED, open_bytes(aead, &bytes));
    bytes = whole;
    bytes.n_associated++;
    check_status(GH_MALFORMED, open_bytes(aead, &bytes));
    bytes.n_associated -= 2;
    check_status(GH_MALFORMED, open_bytes(aead, &bytes));
}

static void
texts_over_the_limit_are_refused(void)
{
    struct bench bench GH_CLEAN(end) = begin();
    const struct gh_aead *aead = bench.aead;
    const struct bytes bytes = read_vector(&vectors[0]);
    struct gh_aead_seal seal = seal_of(&bytes);
    unsigned char out[GH_AEAD_TAG_LEN];
    /* Neither is looked at. */
    struct gh_text large = text(bytes.plain, (size_t)GH_AEAD_MAX + 1);

    if (aead == NULL)
        return;
    check_status(GH_LIMIT, gh_aead_seal(aead, &seal, large, out));
    check_status(GH_LIMIT, gh_aead_open(aead, &seal, large, out));
    seal.associated = large;
    check_status(GH_LIMIT, gh_aead_seal(aead, &seal, text(NULL, 0), out));
    check_status(GH_LIMIT,
                 gh_aead_open(aead, &seal, text(bytes.sealed, 16), out));
    gh_aead_free(NULL);
}

const struct check_case aead_cases[] = {
    CHECK_CASE(published_vectors_come_out),
    CHECK_CASE(no_bit_of_anything_can_be_changed),
    CHECK_CASE(nothing_can_be_cut_off_or_added),
    CHECK_CASE(texts_over_the_limit_are_refused),
    {0},
};
