# SPDX-License-Identifier: Apache-2.0
"""Starts a program for which getrandom(2) fails when it is asked for FROM to
TO bytes: noentropy.py FROM TO PROGRAM ARGS…

Run by itself, under `unshare --mount` where /dev shall be empty, too.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, JUMP_GREATER, JUMP_LEAST, RETURN = (
    0x20, 0x15, 0x25, 0x35, 0x06)
NUMBER, SIZE = 0, 24      # struct seccomp_data: which call, and how much
ALLOW, REFUSE = 0x7fff0000, 0x00050000
GETRANDOM = {"x86_64": 318, "aarch64": 278}


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("n", ctypes.c_ushort), ("at", ctypes.c_char_p)]


def refuse(number, least, most):
    """This system call fails with ENOSYS from now on, for such sizes."""
    steps = ((LOAD, 0, 0, NUMBER), (JUMP_EQUAL, 0, 4, number),
             (LOAD, 0, 0, SIZE), (JUMP_GREATER, 2, 0, most),
             (JUMP_LEAST, 0, 1, least),
             (RETURN, 0, 0, REFUSE | errno.ENOSYS), (RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                  (PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program))):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse(GETRANDOM[platform.machine()], int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])
