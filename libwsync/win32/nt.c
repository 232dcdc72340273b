// SPDX-License-Identifier: MIT
/* Native functions: queries, and results that Win32 does not hand out. */
#include <stdlib.h>

#include "internal.h"

static NTSTATUS status_of(int error)
{
	switch (-error) {
	case 0:
		return STATUS_SUCCESS;
	case EBADF:
		return STATUS_INVALID_HANDLE;
	case EBADFD:
		return STATUS_OBJECT_TYPE_MISMATCH;
	case EACCES:
		return STATUS_ACCESS_DENIED;
	case EINVAL:
		return STATUS_INVALID_PARAMETER;
	case EFAULT:
		return STATUS_ACCESS_VIOLATION;
	case ENOMEM:
		return STATUS_NO_MEMORY;
	case ETIMEDOUT:
		return STATUS_TIMEOUT;
	default:
		return STATUS_UNSUCCESSFUL;
	}
}

static NTSTATUS check_query(int class, const void *info, ULONG length, size_t size)
{
	if (class != 0)
		return STATUS_INVALID_INFO_CLASS;
	if (length != size)
		return STATUS_INFO_LENGTH_MISMATCH;
	return info ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

static NTSTATUS filled(PULONG length, size_t size)
{
	if (length)
		*length = (ULONG)size;
	return STATUS_SUCCESS;
}

W32_API NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle,
				    EVENT_INFORMATION_CLASS EventInformationClass,
				    PVOID EventInformation, ULONG EventInformationLength,
				    PULONG ReturnLength)
{
	EVENT_BASIC_INFORMATION *info = EventInformation;
	NTSTATUS status = check_query(EventInformationClass, info, EventInformationLength,
				      sizeof(*info));
	int fd = wsync_win32_fd(EventHandle);
	struct wsync_event_state state;

	if (status)
		return status;
	status = status_of(w32_event_error(fd, wsync_event_query(fd, &state)));
	if (status)
		return status;
	info->EventType = state.manual_reset ? NotificationEvent : SynchronizationEvent;
	info->EventState = state.signaled;
	return filled(ReturnLength, sizeof(*info));
}

W32_API NTSTATUS NTAPI NtQueryMutant(HANDLE MutantHandle,
				     MUTANT_INFORMATION_CLASS MutantInformationClass,
				     PVOID MutantInformation, ULONG MutantInformationLength,
				     PULONG ReturnLength)
{
	MUTANT_BASIC_INFORMATION *info = MutantInformation;
	NTSTATUS status = check_query(MutantInformationClass, info, MutantInformationLength,
				      sizeof(*info));
	struct wsync_mutex_state state;

	if (status)
		return status;
	status = status_of(wsync_mutex_query(wsync_win32_fd(MutantHandle), &state));
	if (status)
		return status;
	info->CurrentCount = (LONG)(1 - (int64_t)state.depth);
	info->OwnedByCaller = state.owned_by_caller;
	info->AbandonedState = state.abandoned;
	return filled(ReturnLength, sizeof(*info));
}

W32_API NTSTATUS NTAPI NtQuerySemaphore(HANDLE SemaphoreHandle,
					SEMAPHORE_INFORMATION_CLASS SemaphoreInformationClass,
					PVOID SemaphoreInformation,
					ULONG SemaphoreInformationLength, PULONG ReturnLength)
{
	SEMAPHORE_BASIC_INFORMATION *info = SemaphoreInformation;
	NTSTATUS status = check_query(SemaphoreInformationClass, info, SemaphoreInformationLength,
				      sizeof(*info));
	struct wsync_semaphore_state state;

	if (status)
		return status;
	status = status_of(wsync_semaphore_query(wsync_win32_fd(SemaphoreHandle), &state));
	if (status)
		return status;
	info->CurrentCount = state.count;
	info->MaximumCount = state.max;
	return filled(ReturnLength, sizeof(*info));
}

W32_API NTSTATUS NTAPI NtQueryTimer(HANDLE TimerHandle,
				    TIMER_INFORMATION_CLASS TimerInformationClass,
				    PVOID TimerInformation, ULONG TimerInformationLength,
				    PULONG ReturnLength)
{
	TIMER_BASIC_INFORMATION *info = TimerInformation;
	NTSTATUS status = check_query(TimerInformationClass, info, TimerInformationLength,
				      sizeof(*info));
	struct wsync_timer_state state;

	if (status)
		return status;
	status = status_of(wsync_timer_query(wsync_win32_fd(TimerHandle), &state));
	if (status)
		return status;
	info->RemainingTime.QuadPart = state.remaining / W32_NSEC_PER_UNIT;
	info->TimerState = state.signaled;
	return filled(ReturnLength, sizeof(*info));
}

static NTSTATUS change_event(HANDLE event, int (*command)(int fd, bool *previous), PLONG previous)
{
	int fd = wsync_win32_fd(event);
	bool was = false;
	int error = command(fd, &was);

	if (!error && previous)
		*previous = was;
	return status_of(w32_event_error(fd, error));
}

W32_API NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return change_event(EventHandle, wsync_event_set, PreviousState);
}

W32_API NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return change_event(EventHandle, wsync_event_reset, PreviousState);
}

W32_API NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return change_event(EventHandle, wsync_event_pulse, PreviousState);
}

W32_API NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
	return NtResetEvent(EventHandle, NULL);
}

W32_API NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount)
{
	uint32_t depth;
	int error = wsync_mutex_release(wsync_win32_fd(MutantHandle), &depth);

	if (error == -EPERM)
		return STATUS_MUTANT_NOT_OWNED;
	if (!error && PreviousCount)
		*PreviousCount = (LONG)(1 - (int64_t)depth);
	return status_of(error);
}

W32_API NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount,
					  PLONG PreviousCount)
{
	uint32_t previous;
	int error;

	if (ReleaseCount <= 0)
		return STATUS_INVALID_PARAMETER;
	error = wsync_semaphore_release(wsync_win32_fd(SemaphoreHandle), (uint32_t)ReleaseCount,
					&previous);
	if (error == -EOVERFLOW)
		return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
	if (!error && PreviousCount)
		*PreviousCount = (LONG)previous;
	return status_of(error);
}

W32_API NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState)
{
	bool signaled;
	int error = wsync_timer_cancel(wsync_win32_fd(TimerHandle), &signaled);

	if (!error && CurrentState)
		*CurrentState = signaled;
	return status_of(error);
}

/* NULL: forever; negative: from now; otherwise a point since 1601 [WT-4]. */
static int64_t wait_time(const LARGE_INTEGER *timeout, struct wsync_wait_opts *opts)
{
	int64_t units = timeout ? timeout->QuadPart : INT64_MAX;
	bool relative = units < 0;

	if (units == INT64_MAX)
		return WSYNC_FOREVER;
	if (relative) {
		units = units == INT64_MIN ? INT64_MAX : -units;
	} else if (units <= W32_EPOCH) {
		return 0;
	} else {
		opts->flags |= WSYNC_WAIT_ABSOLUTE | WSYNC_CLOCK_REALTIME;
		units -= W32_EPOCH;
	}
	if (units > WSYNC_NEVER / W32_NSEC_PER_UNIT)
		return WSYNC_FOREVER;
	return units * W32_NSEC_PER_UNIT;
}

W32_API NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable,
					     PLARGE_INTEGER Timeout)
{
	struct wsync_wait_opts opts = { .sz = sizeof(opts) };
	struct wsync_wait_result result;
	int64_t timeout = wait_time(Timeout, &opts);
	int error;

	if (timeout == WSYNC_FOREVER)
		opts.flags = 0;
	if (Alertable)
		opts.flags |= WSYNC_WAIT_ALERTABLE;
	error = wsync_wait(wsync_win32_fd(Handle), timeout, &opts, &result);
	if (error == -EOVERFLOW)
		return STATUS_MUTANT_LIMIT_EXCEEDED;
	if (error)
		return status_of(error);
	if (result.called)
		return STATUS_USER_APC;
	return result.abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0;
}

W32_API NTSTATUS NTAPI NtTestAlert(void)
{
	return status_of(wsync_sleep(0, &w32_alertable, NULL));
}
