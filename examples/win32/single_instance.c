// SPDX-License-Identifier: MIT
/*
 * A program of which only one instance runs at a time:
 *
 *	single_instance [MILLISECONDS]	how long it runs
 *
 * The name belongs to whoever has it open, so it is free again when the program
 * ends, however it ends.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	DWORD time = argc > 1 ? (DWORD)atoi(argv[1]) : 0;
	HANDLE mutex = CreateMutex(NULL, FALSE, TEXT("Local\\winsync example"));

	if (!mutex) {
		fprintf(stderr, "CreateMutex: error %u\n", (unsigned int)GetLastError());
		return 2;
	}
	if (GetLastError() == ERROR_ALREADY_EXISTS) {
		puts("already running");
		CloseHandle(mutex);
		return 1;
	}
	puts("the only one");
	fflush(stdout);
	Sleep(time);
	CloseHandle(mutex);
	return 0;
}
