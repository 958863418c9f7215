/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns functions that overrun, lose the error, share hidden state or depend
 * on the locale into compile errors. Owns nothing. Every .c file includes it
 * last, after the system's headers.
 */
#ifndef GH_BASE_BANNED_H
#define GH_BASE_BANNED_H

/* clang-format off */
/* Some of these are macros in the system's headers, and only a name can be
 * poisoned. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf
#undef alloca
#pragma GCC poison strcpy strcat strncpy strncat stpcpy
#pragma GCC poison sprintf vsprintf gets sscanf
#pragma GCC poison strtok atoi atol atoll atof
#pragma GCC poison alloca
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison rand srand random srandom
#pragma GCC poison system popen
/* clang-format on */

#endif
