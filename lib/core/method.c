/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of methods; a method's place in it is its bit. Owns a constant
 * table, with the common ones first. Refuses names that are not on it.
 * Called by rules and policy. The same list is a CHECK of the permissions in
 * the database.
 */
#include "core/method.h"

#include "base/banned.h"

static const struct gh_text methods[] = {
    GH_TEXT_INIT("GET"),
    GH_TEXT_INIT("POST"),
    GH_TEXT_INIT("HEAD"),
    GH_TEXT_INIT("PUT"),
    GH_TEXT_INIT("DELETE"),
    GH_TEXT_INIT("PATCH"),
    GH_TEXT_INIT("OPTIONS"),
    GH_TEXT_INIT("QUERY"),
    GH_TEXT_INIT("PROPFIND"),
    GH_TEXT_INIT("REPORT"),
    GH_TEXT_INIT("ACL"),
    GH_TEXT_INIT("BASELINE-CONTROL"),
    GH_TEXT_INIT("BIND"),
    GH_TEXT_INIT("CHECKIN"),
    GH_TEXT_INIT("CHECKOUT"),
    GH_TEXT_INIT("COPY"),
    GH_TEXT_INIT("LABEL"),
    GH_TEXT_INIT("LINK"),
    GH_TEXT_INIT("LOCK"),
    GH_TEXT_INIT("MERGE"),
    GH_TEXT_INIT("MKACTIVITY"),
    GH_TEXT_INIT("MKCALENDAR"),
    GH_TEXT_INIT("MKCOL"),
    GH_TEXT_INIT("MKREDIRECTREF"),
    GH_TEXT_INIT("MKWORKSPACE"),
    GH_TEXT_INIT("MOVE"),
    GH_TEXT_INIT("ORDERPATCH"),
    GH_TEXT_INIT("PROPPATCH"),
    GH_TEXT_INIT("PURGE"),
    GH_TEXT_INIT("REBIND"),
    GH_TEXT_INIT("SEARCH"),
    GH_TEXT_INIT("UNBIND"),
    GH_TEXT_INIT("UNCHECKOUT"),
    GH_TEXT_INIT("UNLINK"),
    GH_TEXT_INIT("UNLOCK"),
    GH_TEXT_INIT("UPDATE"),
    GH_TEXT_INIT("UPDATEREDIRECTREF"),
    GH_TEXT_INIT("VERSION-CONTROL"),
};

enum {
    OTHER = 63, /* the place of methods on no list */
};

_Static_assert(GH_COUNT(methods) <= OTHER, "one place a method");

uint64_t
gh_method_bit(struct gh_text method)
{
    for (size_t i = 0; i < GH_COUNT(methods); i++) {
        if (gh_text_equal(method, methods[i]))
            return UINT64_C(1) << i;
    }
    return UINT64_C(1) << OTHER;
}

enum gh_status
gh_methods_parse(struct gh_text list, uint64_t *out)
{
    uint64_t set = 0;
    struct gh_text name;

    if (gh_text_equal(list, GH_TEXT("*"))) {
        *out = GH_METHODS_ALL;
        return GH_OK;
    }
    if (list.len == 0)
        return GH_MALFORMED;
    while (gh_text_cut(&list, ',', &name)) {
        uint64_t bit = gh_method_bit(name);

        if (bit == UINT64_C(1) << OTHER)
            return GH_MALFORMED;
        set |= bit;
    }
    *out = set;
    return GH_OK;
}
