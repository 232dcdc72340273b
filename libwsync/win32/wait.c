// SPDX-License-Identifier: MIT
/* Waits and sleeps. */
#include <sched.h>

#include "internal.h"

const struct wsync_wait_opts w32_alertable = {
	.sz = sizeof(w32_alertable),
	.flags = WSYNC_WAIT_ALERTABLE,
};

static const struct wsync_wait_opts *options(BOOL alertable)
{
	return alertable ? &w32_alertable : NULL;
}

int64_t w32_timeout(DWORD milliseconds)
{
	return milliseconds == INFINITE ? WSYNC_FOREVER : milliseconds * W32_NSEC_PER_MSEC;
}

DWORD w32_wait_failed(DWORD code)
{
	SetLastError(code);
	return WAIT_FAILED;
}

DWORD w32_waited(int error, const struct wsync_wait_result *result)
{
	if (error == -ETIMEDOUT)
		return WAIT_TIMEOUT;
	if (error == -EOVERFLOW)
		return w32_wait_failed(ERROR_MUTANT_LIMIT_EXCEEDED);
	if (error)
		return w32_wait_failed(w32_code(error));
	if (result->called)
		return WAIT_IO_COMPLETION;
	return (result->abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + result->index;
}

W32_API DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
	int64_t timeout = w32_timeout(dwMilliseconds);
	struct wsync_wait_result result = { 0 };

	if (dwMilliseconds == 0 && !bAlertable)
		sched_yield();
	/* A thread that can't have a queue, for want of memory or fds, has no calls: it sleeps. */
	else if (wsync_sleep(timeout, options(bAlertable), &result) != 0)
		wsync_sleep(timeout, NULL, NULL);
	return result.called ? WAIT_IO_COMPLETION : 0;
}

W32_API VOID WINAPI Sleep(DWORD dwMilliseconds)
{
	SleepEx(dwMilliseconds, FALSE);
}

/* A running process or thread waits for its own end. */
static DWORD wait_for_self(int64_t timeout, BOOL alertable)
{
	struct wsync_wait_result result;
	int error = wsync_sleep(timeout, options(alertable), &result);

	if (!error && !result.called)
		return WAIT_TIMEOUT;
	return w32_waited(error, &result);
}

W32_API DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
	int64_t timeout = w32_timeout(dwMilliseconds);
	int fd = wsync_win32_fd(hHandle);
	struct wsync_wait_result result;
	int error;

	if (hHandle == W32_THIS_PROCESS || hHandle == W32_THIS_THREAD)
		return wait_for_self(timeout, bAlertable);
	error = wsync_wait(fd, timeout, options(bAlertable), &result);
	if (error == -EBADFD)
		return w32_wait_mixed(&fd, 1, timeout, bAlertable);
	return w32_waited(error, &result);
}

W32_API DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

W32_API DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles,
					      BOOL bWaitAll, DWORD dwMilliseconds,
					      BOOL bAlertable)
{
	int64_t timeout = w32_timeout(dwMilliseconds);
	int fds[MAXIMUM_WAIT_OBJECTS];
	struct wsync_wait_result result;
	int error;

	if (nCount < 1 || nCount > MAXIMUM_WAIT_OBJECTS)
		return w32_wait_failed(ERROR_INVALID_PARAMETER);
	if (!lpHandles)
		return w32_wait_failed(ERROR_NOACCESS);
	for (DWORD i = 0; i < nCount; i++) {
		fds[i] = wsync_win32_fd(lpHandles[i]);
		if (fds[i] < 0)
			return w32_wait_failed(ERROR_INVALID_HANDLE);
	}
	/* For one object there is no difference, and any fd will do. */
	if (bWaitAll && nCount > 1) {
		error = wsync_wait_all(fds, nCount, timeout, options(bAlertable), &result);
		if (error == -EBADFD)
			return w32_wait_mixed_all(fds, nCount, timeout, bAlertable);
	} else {
		error = wsync_wait_any(fds, nCount, timeout, options(bAlertable), &result);
		if (error == -EBADFD)
			return w32_wait_mixed(fds, nCount, timeout, bAlertable);
	}
	return w32_waited(error, &result);
}

W32_API DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
					    DWORD dwMilliseconds)
{
	return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

/* Signals an object of any type that can be signaled. */
static int signal_object(int fd, uint32_t type)
{
	switch (type) {
	case WSYNC_TYPE_EVENT:
		return wsync_event_set(fd, NULL);
	case WSYNC_TYPE_MUTEX:
		return wsync_mutex_release(fd, NULL);
	case WSYNC_TYPE_SEMAPHORE:
		return wsync_semaphore_release(fd, 1, NULL);
	default:
		return -EBADFD;
	}
}

/* Whether one more is too many; assumed where the handle can't tell. */
static bool is_full(int semaphore)
{
	struct wsync_semaphore_state state;

	return wsync_semaphore_query(semaphore, &state) != 0 || state.count == state.max;
}

static DWORD signal_failed(int error, int signal, uint32_t type)
{
	if (error == -EPERM && type == WSYNC_TYPE_MUTEX)
		return w32_wait_failed(ERROR_NOT_OWNER);
	/* Otherwise it was the awaited mutex that is acquired too often. */
	if (error == -EOVERFLOW && type == WSYNC_TYPE_SEMAPHORE && is_full(signal))
		return w32_wait_failed(ERROR_TOO_MANY_POSTS);
	return w32_waited(w32_event_error(signal, error), NULL);
}

/* What is awaited is not winsync's: two steps, which is all that Windows promises [WT-39]. */
static DWORD signal_and_wait_mixed(int signal, uint32_t type, HANDLE awaited, DWORD milliseconds,
				   BOOL alertable)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	bool inherit;
	int error;

	if (awaited != W32_THIS_PROCESS && awaited != W32_THIS_THREAD) {
		int fd = wsync_win32_fd(awaited);

		if (wsync_get_stat(fd, &stat) != -EBADFD ||
		    wsync_get_inherit(fd, &inherit) != 0)
			return w32_wait_failed(ERROR_INVALID_HANDLE);
	}
	error = signal_object(signal, type);
	if (error)
		return signal_failed(error, signal, type);
	return WaitForSingleObjectEx(awaited, milliseconds, alertable);
}

W32_API DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
					 DWORD dwMilliseconds, BOOL bAlertable)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int signal = wsync_win32_fd(hObjectToSignal);
	int fd = wsync_win32_fd(hObjectToWaitOn);
	bool pseudo = hObjectToWaitOn == W32_THIS_PROCESS || hObjectToWaitOn == W32_THIS_THREAD;
	struct wsync_wait_result result;
	int error;

	error = pseudo ? -EBADFD :
			 wsync_signal_and_wait(signal, fd, w32_timeout(dwMilliseconds),
					       options(bAlertable), &result);
	if (!error || error == -ETIMEDOUT)
		return w32_waited(error, &result);
	if (wsync_get_stat(signal, &stat) != 0)
		return w32_wait_failed(ERROR_INVALID_HANDLE);
	if (error == -EBADFD)
		return signal_and_wait_mixed(signal, stat.type, hObjectToWaitOn, dwMilliseconds,
					     bAlertable);
	return signal_failed(error, signal, stat.type);
}
