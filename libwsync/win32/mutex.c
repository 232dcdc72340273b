// SPDX-License-Identifier: MIT
/* Mutexes. */
#include "internal.h"

static HANDLE create_mutex(const SECURITY_ATTRIBUTES *sa, const char *name, DWORD flags,
			   DWORD access)
{
	struct w32_create create;

	if (flags & ~CREATE_MUTEX_INITIAL_OWNER) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!w32_create_begin(&create, WSYNC_TYPE_MUTEX, sa, name, access))
		return NULL;
	if (flags & CREATE_MUTEX_INITIAL_OWNER)
		create.flags |= WSYNC_OWNED;
	return w32_create_end(&create, wsync_mutex_create(NULL, create.name, create.flags,
							  &create.opts, &create.fd,
							  &create.existed));
}

W32_API HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
				   LPCSTR lpName)
{
	return create_mutex(lpMutexAttributes, lpName,
			    bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
				   LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return create_mutex(lpMutexAttributes, w32_utf8(lpName, name),
			    bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	return create_mutex(lpMutexAttributes, lpName, dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	char name[W32_NAME_SIZE];

	return create_mutex(lpMutexAttributes, w32_utf8(lpName, name), dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	return w32_open(WSYNC_TYPE_MUTEX, dwDesiredAccess, bInheritHandle, lpName);
}

W32_API HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return w32_open(WSYNC_TYPE_MUTEX, dwDesiredAccess, bInheritHandle,
			w32_utf8(lpName, name));
}

W32_API BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
	int error = wsync_mutex_release(wsync_win32_fd(hMutex), NULL);

	return error == -EPERM ? w32_fail(ERROR_NOT_OWNER) : w32_result(error);
}
