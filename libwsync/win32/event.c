// SPDX-License-Identifier: MIT
/* Events. */
#include "internal.h"

static HANDLE create_event(const SECURITY_ATTRIBUTES *sa, const char *name, DWORD flags,
			   DWORD access)
{
	struct w32_create create;

	if (flags & ~(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET)) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!w32_create_begin(&create, WSYNC_TYPE_EVENT, sa, name, access))
		return NULL;
	if (flags & CREATE_EVENT_MANUAL_RESET)
		create.flags |= WSYNC_MANUAL_RESET;
	if (flags & CREATE_EVENT_INITIAL_SET)
		create.flags |= WSYNC_SIGNALED;
	return w32_create_end(&create, wsync_event_create(NULL, create.name, create.flags,
							  &create.opts, &create.fd,
							  &create.existed));
}

static DWORD create_flags(BOOL manual, BOOL initial)
{
	return (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (initial ? CREATE_EVENT_INITIAL_SET : 0);
}

W32_API HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				   BOOL bInitialState, LPCSTR lpName)
{
	return create_event(lpEventAttributes, lpName, create_flags(bManualReset, bInitialState),
			    EVENT_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
				   BOOL bInitialState, LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return create_event(lpEventAttributes, w32_utf8(lpName, name),
			    create_flags(bManualReset, bInitialState), EVENT_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	return create_event(lpEventAttributes, lpName, dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	char name[W32_NAME_SIZE];

	return create_event(lpEventAttributes, w32_utf8(lpName, name), dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	return w32_open(WSYNC_TYPE_EVENT, dwDesiredAccess, bInheritHandle, lpName);
}

W32_API HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	char name[W32_NAME_SIZE];

	return w32_open(WSYNC_TYPE_EVENT, dwDesiredAccess, bInheritHandle,
			w32_utf8(lpName, name));
}

static BOOL change(HANDLE event, int (*command)(int fd, bool *previous))
{
	int fd = wsync_win32_fd(event);

	return w32_result(w32_event_error(fd, command(fd, NULL)));
}

W32_API BOOL WINAPI SetEvent(HANDLE hEvent)
{
	return change(hEvent, wsync_event_set);
}

W32_API BOOL WINAPI ResetEvent(HANDLE hEvent)
{
	return change(hEvent, wsync_event_reset);
}

W32_API BOOL WINAPI PulseEvent(HANDLE hEvent)
{
	return change(hEvent, wsync_event_pulse);
}
