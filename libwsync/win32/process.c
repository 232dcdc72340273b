// SPDX-License-Identifier: MIT
/* Processes, which are pidfds, and the calling thread. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int w32_pidfd_open(pid_t pid, bool inherit)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return -errno;
	if (inherit)
		wsync_set_inherit(fd, true);
	return fd;
}

pid_t w32_pidfd_pid(int fd)
{
	char path[40], line[80];
	pid_t pid = -EBADFD;
	FILE *info;

	if (fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	if (!info)
		return -EBADF;
	while (fgets(line, sizeof(line), info)) {
		int found;

		if (sscanf(line, "Pid: %d", &found) == 1)
			pid = found;
	}
	fclose(info);
	return pid;
}

W32_API HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
	int fd;

	(void)dwDesiredAccess;
	fd = w32_pidfd_open((pid_t)dwProcessId, bInheritHandle);
	if (fd < 0) {
		/*
		 * Windows has no error of its own for a process that is not there. ENOENT is what
		 * newer kernels say of the id of a thread.
		 */
		SetLastError(fd == -ESRCH || fd == -ENOENT ? ERROR_INVALID_PARAMETER : w32_code(fd));
		return NULL;
	}
	return w32_new_handle(fd);
}

W32_API DWORD WINAPI GetProcessId(HANDLE Process)
{
	pid_t pid;

	if (Process == W32_THIS_PROCESS)
		return (DWORD)getpid();
	pid = w32_pidfd_pid(wsync_win32_fd(Process));
	/* 0: outside of our pid namespace; -1: it was waited for. */
	if (pid <= 0) {
		SetLastError(ERROR_INVALID_HANDLE);
		return 0;
	}
	return (DWORD)pid;
}

W32_API HANDLE WINAPI GetCurrentProcess(void)
{
	return W32_THIS_PROCESS;
}

W32_API HANDLE WINAPI GetCurrentThread(void)
{
	return W32_THIS_THREAD;
}

W32_API DWORD WINAPI GetCurrentProcessId(void)
{
	return (DWORD)getpid();
}

W32_API DWORD WINAPI GetCurrentThreadId(void)
{
	return (DWORD)syscall(SYS_gettid);
}
