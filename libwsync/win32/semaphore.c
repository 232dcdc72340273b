// SPDX-License-Identifier: MIT
/* Semaphores. */
#include "internal.h"

static HANDLE create_semaphore(const SECURITY_ATTRIBUTES *sa, LONG initial, LONG max,
			       const char *name, DWORD flags, DWORD access)
{
	struct w32_create create;

	/* Before the name is looked up, and whether or not it exists [SM-2]. */
	if (initial < 0 || max <= 0 || initial > max || flags) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!w32_create_begin(&create, WSYNC_TYPE_SEMAPHORE, sa, name, access))
		return NULL;
	return w32_create_end(&create, wsync_semaphore_create(NULL, create.name,
							      (uint32_t)initial, (uint32_t)max,
							      create.flags, &create.opts,
							      &create.fd, &create.existed));
}

W32_API HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
				       LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName)
{
	return create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName, 0,
				SEMAPHORE_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
				       LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount,
				w32_utf8(lpName, name), 0, SEMAPHORE_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
					 LONG lInitialCount, LONG lMaximumCount,
					 LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess)
{
	return create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName,
				dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes,
					 LONG lInitialCount, LONG lMaximumCount,
					 LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess)
{
	char name[W32_NAME_SIZE];

	return create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount,
				w32_utf8(lpName, name), dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	return w32_open(WSYNC_TYPE_SEMAPHORE, dwDesiredAccess, bInheritHandle, lpName);
}

W32_API HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return w32_open(WSYNC_TYPE_SEMAPHORE, dwDesiredAccess, bInheritHandle,
			w32_utf8(lpName, name));
}

W32_API BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount,
				     LPLONG lpPreviousCount)
{
	uint32_t previous;
	int error;

	if (lReleaseCount <= 0)
		return w32_fail(ERROR_INVALID_PARAMETER);
	error = wsync_semaphore_release(wsync_win32_fd(hSemaphore), (uint32_t)lReleaseCount,
					&previous);
	if (error == -EOVERFLOW)
		return w32_fail(ERROR_TOO_MANY_POSTS);
	if (error)
		return w32_result(error);
	if (lpPreviousCount)
		*lpPreviousCount = (LONG)previous;
	return TRUE;
}
