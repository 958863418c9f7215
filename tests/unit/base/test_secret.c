/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/secret: random bytes, comparing, wiping, base64url. Each test
 * owns what it makes.
 */
#include "base/secret.h"

#include <string.h>

#include "check.h"
#include "random.h"

#include "base/banned.h"

/* RFC 4648 10, without padding. */
static const struct {
    const char *bytes_z;   /* decoded */
    const char *encoded_z; /* and encoded */
} vectors[] = {
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xef\xfe", "_-_-"},
};

static struct gh_text
encode(char *at, size_t cap, const void *bytes, size_t n)
{
    struct gh_buf buf = gh_buf_over(at, cap);

    gh_base64url_write(&buf, bytes, n);
    check(!buf.is_failed);
    return gh_buf_text(&buf);
}

static void
base64url_has_the_vectors_of_the_rfc(void)
{
    char at[16];

    for (size_t i = 0; i < GH_COUNT(vectors); i++) {
        size_t n = strlen(vectors[i].bytes_z);
        char out[8] = {0};

        check_text(gh_text_of_z(vectors[i].encoded_z),
                   encode(at, sizeof(at), vectors[i].bytes_z, n));
        check_status(GH_OK, gh_base64url_parse(
                                gh_text_of_z(vectors[i].encoded_z), out, n));
        check(memcmp(out, vectors[i].bytes_z, n) == 0);
    }
}

static void
base64url_of_any_length_reads_back(void)
{
    unsigned char bytes[150];
    unsigned char again[150];
    char at[200];

    check_status(GH_OK, gh_random(bytes, sizeof(bytes)));
    for (size_t n = 1; n <= sizeof(bytes); n++) {
        struct gh_text text = encode(at, sizeof(at), bytes, n);

        check_number(GH_BASE64URL_LEN(n), text.len);
        check(gh_text_all(text, GH_CLASS_BASE64URL));
        check_status(GH_OK, gh_base64url_parse(text, again, n));
        check(memcmp(bytes, again, n) == 0);
    }
}

static void
cookie_019_a_token_has_one_spelling(void)
{
    static const char *const refused[] = {
        "Zg==", "Zh", "Zm",  "Z",   "",     "Zg ",      " Zg",
        "Z+",   "Z/", "Zg=", "Zgg", "zg\n", "\xc3\xa9", "Z\0",
    };
    unsigned char byte = 7;
    unsigned char two[2];

    /* One byte has four spellings, of which the first is canonical. */
    check_status(GH_OK, gh_base64url_parse(GH_TEXT("Zg"), &byte, 1));
    for (size_t i = 0; i < GH_COUNT(refused); i++)
        check_status(GH_MALFORMED,
                     gh_base64url_parse(gh_text_of_z(refused[i]), &byte, 1));
    check_status(GH_MALFORMED, gh_base64url_parse(GH_TEXT("Z\0"), &byte, 1));
    check_status(GH_MALFORMED, gh_base64url_parse(GH_TEXT("Zgh"), two, 2));
    check_number('f', byte);
}

static void
every_other_byte_is_refused_in_every_place(void)
{
    unsigned char bytes[3];
    size_t n_taken = 0;

    for (size_t place = 0; place < 4; place++) {
        for (int c = 0; c < 256; c++) {
            char at[4] = {'A', 'A', 'A', 'A'};
            enum gh_status status;

            at[place] = (char)c;
            status = gh_base64url_parse((struct gh_text){.at = at, .len = 4},
                                        bytes, sizeof(bytes));
            check((status == GH_OK) ==
                  gh_class_has((unsigned char)c, GH_CLASS_BASE64URL));
            n_taken += status == GH_OK;
        }
    }
    check_number(4 * 64, n_taken);
}

static void
a_full_buffer_fails_and_says_so(void)
{
    char at[5];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));

    gh_base64url_write(&buf, "foobar", 6);
    check(buf.is_failed);
    check_number(0, buf.len);
}

static void
random_bytes_differ(void)
{
    unsigned char a[32] = {0};
    unsigned char b[32] = {0};

    check_status(GH_OK, gh_secret_setup());
    check_status(GH_OK, gh_random(a, sizeof(a)));
    check_status(GH_OK, gh_random(b, sizeof(b)));
    check(!gh_secret_equal(a, b, sizeof(a)));
    check_status(GH_OK, gh_random(NULL, 0));
}

static void
DISK_007_without_random_bytes_there_is_a_fault(void)
{
    unsigned char bytes[] = {1, 2, 3};

    fake_random_fail(true);
    check_status(GH_FAULT_CRYPTO, gh_random(bytes, sizeof(bytes)));
    check_status(GH_FAULT_CRYPTO, gh_secret_setup());
    fake_random_fail(false);
    for (size_t i = 0; i < sizeof(bytes); i++)
        check_number(0, bytes[i]);
    check_status(GH_OK, gh_secret_setup());
}

static void
secrets_are_equal_by_all_their_bytes(void)
{
    check(gh_secret_equal("abc", "abc", 3));
    check(!gh_secret_equal("abc", "abd", 3));
    check(!gh_secret_equal("xbc", "abc", 3));
    check(gh_secret_equal("abc", "abd", 2));
    check(gh_secret_equal(NULL, NULL, 0));
}

static void
wiping_leaves_zeros(void)
{
    char at[4] = "abc";

    gh_secret_wipe(at, 3);
    check_number(0, at[0] | at[1] | at[2]);
    gh_secret_wipe(NULL, 0);
}

const struct check_case secret_cases[] = {
    CHECK_CASE(base64url_has_the_vectors_of_the_rfc),
    CHECK_CASE(base64url_of_any_length_reads_back),
    CHECK_CASE(cookie_019_a_token_has_one_spelling),
    CHECK_CASE(every_other_byte_is_refused_in_every_place),
    CHECK_CASE(a_full_buffer_fails_and_says_so),
    CHECK_CASE(random_bytes_differ),
    CHECK_CASE(DISK_007_without_random_bytes_there_is_a_fault),
    CHECK_CASE(secrets_are_equal_by_all_their_bytes),
    CHECK_CASE(wiping_leaves_zeros),
    {0},
};
