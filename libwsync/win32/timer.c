// SPDX-License-Identifier: MIT
/* Waitable timers. */
#include "internal.h"

static HANDLE create_timer(const SECURITY_ATTRIBUTES *sa, const char *name, DWORD flags,
			   DWORD access)
{
	struct w32_create create;

	if (flags & ~(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION)) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!w32_create_begin(&create, WSYNC_TYPE_TIMER, sa, name, access))
		return NULL;
	if (flags & CREATE_WAITABLE_TIMER_MANUAL_RESET)
		create.flags |= WSYNC_MANUAL_RESET;
	return w32_create_end(&create, wsync_timer_create(NULL, create.name, create.flags,
							  &create.opts, &create.fd,
							  &create.existed));
}

W32_API HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes,
					   BOOL bManualReset, LPCSTR lpTimerName)
{
	return create_timer(lpTimerAttributes, lpTimerName,
			    bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
			    TIMER_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes,
					   BOOL bManualReset, LPCWSTR lpTimerName)
{
	char name[W32_NAME_SIZE];

	return create_timer(lpTimerAttributes, w32_utf8(lpTimerName, name),
			    bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
			    TIMER_ALL_ACCESS);
}

W32_API HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes,
					     LPCSTR lpTimerName, DWORD dwFlags,
					     DWORD dwDesiredAccess)
{
	return create_timer(lpTimerAttributes, lpTimerName, dwFlags, dwDesiredAccess);
}

W32_API HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes,
					     LPCWSTR lpTimerName, DWORD dwFlags,
					     DWORD dwDesiredAccess)
{
	char name[W32_NAME_SIZE];

	return create_timer(lpTimerAttributes, w32_utf8(lpTimerName, name), dwFlags,
			    dwDesiredAccess);
}

W32_API HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle,
					 LPCSTR lpTimerName)
{
	return w32_open(WSYNC_TYPE_TIMER, dwDesiredAccess, bInheritHandle, lpTimerName);
}

W32_API HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle,
					 LPCWSTR lpTimerName)
{
	char name[W32_NAME_SIZE];

	return w32_open(WSYNC_TYPE_TIMER, dwDesiredAccess, bInheritHandle,
			w32_utf8(lpTimerName, name));
}

/* Units of 100 ns, >= 0, as nanoseconds; what is too far away never comes. */
static int64_t nanoseconds(int64_t units)
{
	return units > WSYNC_NEVER / W32_NSEC_PER_UNIT ? WSYNC_NEVER : units * W32_NSEC_PER_UNIT;
}

/* Negative is from now, anything else a point since 1601 [TM-4]. */
static int64_t due_time(int64_t due, uint32_t *flags)
{
	if (due < 0) {
		*flags = WSYNC_CLOCK_MONOTONIC;
		return nanoseconds(due == INT64_MIN ? INT64_MAX : -due);
	}
	*flags = WSYNC_CLOCK_REALTIME | WSYNC_TIMER_ABSOLUTE;
	return due < W32_EPOCH ? 0 : nanoseconds(due - W32_EPOCH);
}

static BOOL set_timer(int fd, const LARGE_INTEGER *due, LONG period, PTIMERAPCROUTINE routine,
		      LPVOID arg, BOOL resume, ULONG tolerance)
{
	struct wsync_timer_opts opts = {
		.sz = sizeof(opts),
		.tolerance = (uint64_t)tolerance * W32_NSEC_PER_MSEC,
	};
	struct w32_call *call = NULL;
	int64_t start;
	uint32_t result;
	int error;

	if (!due || period < 0)
		return w32_fail(ERROR_INVALID_PARAMETER);
	start = due_time(due->QuadPart, &opts.flags);
	if (resume)
		opts.flags |= WSYNC_TIMER_WAKE;
	if (routine) {
		call = w32_call_new(routine, arg);
		if (!call)
			return w32_fail(ERROR_NOT_ENOUGH_MEMORY);
		opts.routine = w32_call_run;
		opts.arg = call;
	}
	error = wsync_timer_set(fd, start, period * W32_NSEC_PER_MSEC, &opts, &result);
	if (error) {
		w32_call_free(call);
		return w32_result(error);
	}
	if (call)
		w32_call_keep(fd, call);
	if (resume)
		SetLastError(result & WSYNC_TIMER_NO_WAKE ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS);
	return TRUE;
}

W32_API BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
				     PTIMERAPCROUTINE pfnCompletionRoutine,
				     LPVOID lpArgToCompletionRoutine, BOOL fResume)
{
	return set_timer(wsync_win32_fd(hTimer), lpDueTime, lPeriod, pfnCompletionRoutine,
			 lpArgToCompletionRoutine, fResume, 0);
}

W32_API BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime,
				       LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine,
				       LPVOID lpArgToCompletionRoutine,
				       PREASON_CONTEXT WakeContext, ULONG TolerableDelay)
{
	(void)WakeContext;
	return set_timer(wsync_win32_fd(hTimer), lpDueTime, lPeriod, pfnCompletionRoutine,
			 lpArgToCompletionRoutine, FALSE, TolerableDelay);
}

W32_API BOOL WINAPI CancelWaitableTimer(HANDLE hTimer)
{
	return w32_result(wsync_timer_cancel(wsync_win32_fd(hTimer), NULL));
}
