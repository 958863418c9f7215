/* SPDX-License-Identifier: Apache-2.0
 *
 * The two bindings as lists of parts. Owns nothing. The first part names the
 * kind of row, so that a MAC of one kind never fits the other; core/keys puts
 * every part behind its length. Called by the gateway and by gatehousectl.
 */
#include "core/binding.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    MAX_PARTS = 5,
    NUMBER = 24, /* characters of a decimal int64_t and its NUL */
};

/* The parts of one row, and the memory of its numbers. */
struct parts {
    size_t n;                        /* of at */
    struct gh_text at[MAX_PARTS];    /* in the order of the contract */
    char numbers[MAX_PARTS][NUMBER]; /* what some of them point to */
};

static void
add(struct parts *parts, struct gh_text text)
{
    gh_assert(parts->n < MAX_PARTS);
    parts->at[parts->n++] = text;
}

static void
add_number(struct parts *parts, int64_t value)
{
    char *at = parts->numbers[parts->n];

    snprintf(at, NUMBER, "%" PRId64, value);
    add(parts, gh_text_of_z(at));
}

static void
list_credential(const struct gh_credential *credential, struct parts *out)
{
    out->n = 0;
    add(out, GH_TEXT("credential"));
    add_number(out, credential->account_id);
    add(out, credential->phc);
    add(out, credential->pepper_kid);
}

static void
list_session(const struct gh_session_row *session, struct parts *out)
{
    out->n = 0;
    add(out, GH_TEXT("session"));
    add(out, session->token_hash);
    add(out, session->reference);
    add_number(out, session->account_id);
    add_number(out, session->level);
}

static enum gh_status
make(const struct gh_keys *keys, struct gh_text kid, const struct parts *parts,
     unsigned char out[GH_DIGEST_LEN])
{
    enum gh_status status =
        gh_keys_mac(keys, GH_KEY_BINDING, kid, parts->at, parts->n, out);

    /* A ring has a key of each name, and the ids come from the ring. */
    return status == GH_NONE ? GH_FAULT_BUG : status;
}

/* Tries every binding key: a row does not say which one it was made with, and
 * there are few. */
static enum gh_status
verify(const struct gh_keys *keys, const struct parts *parts,
       struct gh_text mac, bool *is_bound)
{
    unsigned char made[GH_DIGEST_LEN];
    struct gh_key_info info;
    bool found = false;

    for (size_t i = 0; gh_keys_at(keys, i, &info); i++) {
        enum gh_status status;

        if (info.name != GH_KEY_BINDING || mac.len != sizeof(made))
            continue;
        status = make(keys, info.kid, parts, made);
        if (status != GH_OK)
            return status;
        found = gh_secret_equal(made, mac.at, sizeof(made)) || found;
    }
    *is_bound = found;
    return GH_OK;
}

enum gh_status
gh_credential_mac(const struct gh_keys *keys,
                  const struct gh_credential *credential,
                  unsigned char out[GH_DIGEST_LEN])
{
    struct parts parts;

    list_credential(credential, &parts);
    return make(keys, GH_TEXT(""), &parts, out);
}

enum gh_status
gh_credential_is_bound(const struct gh_keys *keys,
                       const struct gh_credential *credential,
                       struct gh_text mac, bool *is_bound)
{
    struct parts parts;

    list_credential(credential, &parts);
    return verify(keys, &parts, mac, is_bound);
}

enum gh_status
gh_session_mac(const struct gh_keys *keys, const struct gh_session_row *session,
               unsigned char out[GH_DIGEST_LEN])
{
    struct parts parts;

    list_session(session, &parts);
    return make(keys, GH_TEXT(""), &parts, out);
}

enum gh_status
gh_session_is_bound(const struct gh_keys *keys,
                    const struct gh_session_row *session, struct gh_text mac,
                    bool *is_bound)
{
    struct parts parts;

    list_session(session, &parts);
    return verify(keys, &parts, mac, is_bound);
}
