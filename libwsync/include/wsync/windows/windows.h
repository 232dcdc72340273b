/* SPDX-License-Identifier: MIT */
/*
 * For sources that include <windows.h> and are to be compiled as they are: with the directory
 * of this file in the include path (pkg-config --variable=windowsdir libwsync-win32) they get
 * what <wsync/win32.h> has.
 */
#include <wsync/win32.h>
