/* SPDX-License-Identifier: Apache-2.0
 *
 * The one door to CSV: texts from people and clients, for programs and for
 * spreadsheets, which run what looks like a formula. Called by sheet.
 */
#ifndef GH_GATEWAY_CTL_CSV_H
#define GH_GATEWAY_CTL_CSV_H

#include <stdio.h>

#include "base/text.h"

/* Writes text as one field of CSV (RFC 4180), in quotes where it needs them.
 * Control characters and bytes that are not UTF-8 are written as "?", so a
 * field is always within one line. A text that a spreadsheet would calculate,
 * because it begins with "=", "+", "-" or "@", also behind spaces or in full
 * width, has an apostrophe before it. A failure is the stream's. */
void csv_write(FILE *stream, struct gh_text text);

#endif
