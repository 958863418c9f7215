/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns functions that overrun, lose the error, share hidden state or depend
 * on the locale into compile errors. Owns nothing. Every .c file includes it
 * last, after the system's headers.
 */
#ifndef GH_BASE_BANNED_H
#define GH_BASE_BANNED_H

/* clang-format off */
#pragma GCC poison strcpy strcat strncpy strncat stpcpy
#pragma GCC poison sprintf vsprintf gets sscanf
#pragma GCC poison strtok atoi atol atoll atof
#undef alloca /* a macro of the system's: only a name can be poisoned */
#pragma GCC poison alloca
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison rand srand random srandom
#pragma GCC poison system popen
/* clang-format on */

#endif
