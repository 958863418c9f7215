/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/digest with the vectors of FIPS 180 and RFC 4231. Each test
 * owns what it makes.
 */
#include "base/digest.h"

#include <string.h>

#include "base/buf.h"
#include "check.h"

#include "base/banned.h"

/* RFC 4231 4.2 to 4.8 but for 4.6, which is truncated. A repeated byte stands
 * for keys and data of that kind. */
static const struct {
    struct gh_text key;  /* or empty: key_n times key_byte */
    struct gh_text data; /* or empty: data_n times data_byte */
    size_t key_n;        /* length of a repeated key */
    size_t data_n;       /* length of repeated data */
    char key_byte;       /* what is repeated */
    char data_byte;      /* what is repeated */
    const char *mac_z;   /* expected, in hexadecimal */
} vectors[] = {
    {.key_n = 20,
     .key_byte = 0x0b,
     .data = GH_TEXT_INIT("Hi There"),
     .mac_z =
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {.key = GH_TEXT_INIT("Jefe"),
     .data = GH_TEXT_INIT("what do ya want for nothing?"),
     .mac_z =
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {.key_n = 20,
     .key_byte = (char)0xaa,
     .data_n = 50,
     .data_byte = (char)0xdd,
     .mac_z =
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {.key = GH_TEXT_INIT("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                         "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"),
     .data_n = 50,
     .data_byte = (char)0xcd,
     .mac_z =
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {.key_n = 131,
     .key_byte = (char)0xaa,
     .data = GH_TEXT_INIT("Test Using Larger Than Block-Size Key - "
                          "Hash Key First"),
     .mac_z =
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {.key_n = 131,
     .key_byte = (char)0xaa,
     .data = GH_TEXT_INIT(
         "This is a test using a larger than block-size key and a larger "
         "than block-size data. The key needs to be hashed before being used "
         "by the HMAC algorithm."),
     .mac_z =
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void
check_hex(const char *expected_z, const unsigned char *bytes)
{
    char at[2 * GH_DIGEST_LEN];
    struct gh_buf hex = gh_buf_over(at, sizeof(at));

    gh_buf_hex(&hex, bytes, GH_DIGEST_LEN);
    check_text(gh_text_of_z(expected_z), gh_buf_text(&hex));
}

static struct gh_text
repeated(struct gh_text text, char *at, char byte, size_t n)
{
    if (text.len > 0)
        return text;
    memset(at, byte, n);
    return (struct gh_text){.at = at, .len = n};
}

static void
sha256_has_the_vectors_of_fips_180(void)
{
    struct gh_digest *digest GH_CLEAN(gh_digest_free_at) = NULL;
    const struct gh_text abc[] = {GH_TEXT("a"), GH_TEXT(""), GH_TEXT("bc")};
    unsigned char out[GH_DIGEST_LEN];

    if (!check_status(GH_OK, gh_digest_new(&digest)))
        return;
    check_status(GH_OK, gh_digest_sha256(digest, NULL, 0, out));
    check_hex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        out);
    check_status(GH_OK, gh_digest_sha256(digest, abc, GH_COUNT(abc), out));
    check_hex(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        out);
}

static void
hmac_has_the_vectors_of_rfc_4231(void)
{
    struct gh_digest *digest GH_CLEAN(gh_digest_free_at) = NULL;
    unsigned char out[GH_DIGEST_LEN];
    char key_at[131];
    char data_at[50];

    if (!check_status(GH_OK, gh_digest_new(&digest)))
        return;
    for (size_t i = 0; i < GH_COUNT(vectors); i++) {
        struct gh_text key = repeated(vectors[i].key, key_at,
                                      vectors[i].key_byte, vectors[i].key_n);
        struct gh_text data = repeated(vectors[i].data, data_at,
                                       vectors[i].data_byte, vectors[i].data_n);

        check_status(GH_OK, gh_digest_hmac(digest, key, &data, 1, out));
        check_hex(vectors[i].mac_z, out);
    }
}

static void
hmac_of_parts_is_that_of_the_whole(void)
{
    struct gh_digest *digest GH_CLEAN(gh_digest_free_at) = NULL;
    const struct gh_text parts[] = {GH_TEXT("what do ya"), GH_TEXT(""),
                                    GH_TEXT(" want for nothing?")};
    unsigned char out[GH_DIGEST_LEN];

    if (!check_status(GH_OK, gh_digest_new(&digest)))
        return;
    check_status(GH_OK, gh_digest_hmac(digest, GH_TEXT("Jefe"), parts,
                                       GH_COUNT(parts), out));
    check_hex(vectors[1].mac_z, out);
}

const struct check_case digest_cases[] = {
    CHECK_CASE(sha256_has_the_vectors_of_fips_180),
    CHECK_CASE(hmac_has_the_vectors_of_rfc_4231),
    CHECK_CASE(hmac_of_parts_is_that_of_the_whole),
    {0},
};
