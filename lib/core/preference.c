/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of what people can choose among. Owns constants only; the
 * database has the same words and minutes as CHECKs of account_preference.
 */
#include "core/preference.h"

#include "base/banned.h"

static const struct gh_choice appearances[] = {
    {GH_APPEARANCE_DEVICE, GH_TEXT_INIT("device"),
     GH_TEXT_INIT("As this device says")},
    {GH_APPEARANCE_LIGHT, GH_TEXT_INIT("light"), GH_TEXT_INIT("Light")},
    {GH_APPEARANCE_DARK, GH_TEXT_INIT("dark"), GH_TEXT_INIT("Dark")},
};
const struct gh_choices gh_appearances = {appearances, GH_COUNT(appearances)};

static const struct gh_choice warnings[] = {
    {0, GH_TEXT_INIT("0"), GH_TEXT_INIT("Not at all")},
    {2, GH_TEXT_INIT("2"), GH_TEXT_INIT("2 minutes before")},
    {GH_WARN_MINUTES, GH_TEXT_INIT("5"), GH_TEXT_INIT("5 minutes before")},
    {10, GH_TEXT_INIT("10"), GH_TEXT_INIT("10 minutes before")},
};
const struct gh_choices gh_warnings = {warnings, GH_COUNT(warnings)};

const struct gh_choice *
gh_choice_find(const struct gh_choices *among, struct gh_text word)
{
    for (size_t i = 0; i < among->n; i++) {
        if (gh_text_equal(among->at[i].word, word))
            return &among->at[i];
    }
    return NULL;
}

const struct gh_choice *
gh_choice_of(const struct gh_choices *among, int64_t value)
{
    for (size_t i = 0; i < among->n; i++) {
        if (among->at[i].value == value)
            return &among->at[i];
    }
    return &among->at[0];
}
