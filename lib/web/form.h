/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML forms: application/x-www-form-urlencoded against a declared table of
 * inputs. A form says which inputs it has, of what kind and how long; anything
 * else is refused. Pure. Called by the acts that show and take forms.
 */
#ifndef GH_WEB_FORM_H
#define GH_WEB_FORM_H

#include "base/arena.h"
#include "base/text.h"

/* What bytes an input may hold once decoded. */
enum gh_input_kind {
    GH_INPUT_TEXT,   /* UTF-8 without control characters */
    GH_INPUT_SECRET, /* any UTF-8; a NUL byte is kept and counted */
    GH_INPUT_TOKEN,  /* GH_CLASS_BASE64URL only */
};

/* One declared input; static memory. */
struct gh_form_input {
    struct gh_text name;     /* as in the form */
    enum gh_input_kind kind; /* what it may hold */
    size_t max_len;          /* bytes once decoded */
    bool is_required;        /* missing is GH_MALFORMED */
};

/* Parses body. values has one text for each of the n inputs, in their order;
 * an optional input that is missing gives the zero text (at == NULL). Values
 * live in arena. GH_MALFORMED: an input that is not declared, one that comes
 * twice, a required one missing, an empty pair ("a=1&&b=2"), a bad triplet,
 * bytes its kind forbids. A pair without "=" has the empty value.
 * GH_LIMIT: more than GH_FORM_MAX_PAIRS pairs, or a value over its length.
 * GH_FAULT_MEMORY. On anything but GH_OK values are not to be used. */
GH_MUST_CHECK enum gh_status gh_form_parse(struct gh_arena *arena,
                                           struct gh_text body,
                                           const struct gh_form_input *inputs,
                                           size_t n, struct gh_text *values);

/* True when a Content-Type value is application/x-www-form-urlencoded, with
 * no parameter or with charset=utf-8. */
bool gh_form_is_type(struct gh_text content_type);

enum {
    GH_FORM_MAX_PAIRS = 20, /* inputs of one form */
};

#endif
