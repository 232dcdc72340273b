// SPDX-License-Identifier: GPL-2.0-only
/* Creating, opening, and the commands of each type: what the module is asked, and errors. */
#include "w32.h"

static const WCHAR wide[] = { 'G', 'l', 'o', 'b', 'a', 'l', '\\', 'n', 0x20ac, 0 };
#define NARROW "Global\\n\xe2\x82\xac"
#define BARE "n\xe2\x82\xac"

static SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };

/* Each function that creates, with everything that can be asked for. */
#define CREATES(function, call) \
	static HANDLE function(LPSECURITY_ATTRIBUTES sa, const char *name) \
	{ \
		return call; \
	}

CREATES(event_a, CreateEventA(sa, TRUE, TRUE, name))
CREATES(event_w, CreateEventW(sa, TRUE, TRUE, name ? wide : NULL))
CREATES(event_ex_a, CreateEventExA(sa, name, 3, EVENT_ALL_ACCESS))
CREATES(event_ex_w, CreateEventExW(sa, name ? wide : NULL, 3, EVENT_ALL_ACCESS))
CREATES(mutex_a, CreateMutexA(sa, TRUE, name))
CREATES(mutex_w, CreateMutexW(sa, TRUE, name ? wide : NULL))
CREATES(mutex_ex_a, CreateMutexExA(sa, name, 1, MUTEX_ALL_ACCESS))
CREATES(mutex_ex_w, CreateMutexExW(sa, name ? wide : NULL, 1, MUTEX_ALL_ACCESS))
CREATES(semaphore_a, CreateSemaphoreA(sa, 2, 3, name))
CREATES(semaphore_w, CreateSemaphoreW(sa, 2, 3, name ? wide : NULL))
CREATES(semaphore_ex_a, CreateSemaphoreExA(sa, 2, 3, name, 0, SEMAPHORE_ALL_ACCESS))
CREATES(semaphore_ex_w, CreateSemaphoreExW(sa, 2, 3, name ? wide : NULL, 0, SEMAPHORE_ALL_ACCESS))
CREATES(timer_a, CreateWaitableTimerA(sa, TRUE, name))
CREATES(timer_w, CreateWaitableTimerW(sa, TRUE, name ? wide : NULL))
CREATES(timer_ex_a, CreateWaitableTimerExA(sa, name, 3, TIMER_ALL_ACCESS))
CREATES(timer_ex_w, CreateWaitableTimerExW(sa, name ? wide : NULL, 3, TIMER_ALL_ACCESS))

static const struct creator {
	HANDLE (*create)(LPSECURITY_ATTRIBUTES sa, const char *name);
	unsigned long request;
	uint32_t access;	/* MUTEX_ALL_ACCESS has no right to modify */
	uint32_t first, second;	/* what follows the common part */
} creators[] = {
#define REST (WINSYNC_ACCESS_QUERY | WINSYNC_ACCESS_SYNCHRONIZE | WINSYNC_ACCESS_READ_CONTROL)
	{ event_a, WINSYNC_IOC_EVENT_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 1 },
	{ event_w, WINSYNC_IOC_EVENT_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 1 },
	{ event_ex_a, WINSYNC_IOC_EVENT_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 1 },
	{ event_ex_w, WINSYNC_IOC_EVENT_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 1 },
	{ mutex_a, WINSYNC_IOC_MUTEX_CREATE, REST, 1, 0 },
	{ mutex_w, WINSYNC_IOC_MUTEX_CREATE, REST, 1, 0 },
	{ mutex_ex_a, WINSYNC_IOC_MUTEX_CREATE, REST, 1, 0 },
	{ mutex_ex_w, WINSYNC_IOC_MUTEX_CREATE, REST, 1, 0 },
	{ semaphore_a, WINSYNC_IOC_SEMAPHORE_CREATE, REST | WINSYNC_ACCESS_MODIFY, 2, 3 },
	{ semaphore_w, WINSYNC_IOC_SEMAPHORE_CREATE, REST | WINSYNC_ACCESS_MODIFY, 2, 3 },
	{ semaphore_ex_a, WINSYNC_IOC_SEMAPHORE_CREATE, REST | WINSYNC_ACCESS_MODIFY, 2, 3 },
	{ semaphore_ex_w, WINSYNC_IOC_SEMAPHORE_CREATE, REST | WINSYNC_ACCESS_MODIFY, 2, 3 },
	{ timer_a, WINSYNC_IOC_TIMER_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 0 },
	{ timer_w, WINSYNC_IOC_TIMER_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 0 },
	{ timer_ex_a, WINSYNC_IOC_TIMER_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 0 },
	{ timer_ex_w, WINSYNC_IOC_TIMER_CREATE, REST | WINSYNC_ACCESS_MODIFY, 1, 0 },
};

static void creates(void **state)
{
	for (size_t i = 0; i < count_of(creators); i++) {
		const struct creator *creator = &creators[i];
		const struct winsync_create *create;
		const uint32_t *rest;

		w32_setup(state);
		SetLastError(POISON);
		assert_ptr_equal(creator->create(NULL, NULL), H(MADE));
		assert_int_equal(GetLastError(), ERROR_SUCCESS);
		create = w32_argument(creator->request);
		rest = (const uint32_t *)(create + 1);
		assert_int_equal(w32_fd_of(creator->request), DEVICE);
		assert_int_equal(create->name_len, 0);
		assert_int_equal(create->flags, 0);
		assert_int_equal(create->access, creator->access);
		assert_int_equal(create->mode, 0700);
		assert_int_equal(rest[0], creator->first);
		assert_int_equal(rest[1], creator->second);
		/* With a name, and inheritable. */
		assert_ptr_equal(creator->create(&inheritable, NARROW), H(MADE));
		assert_int_equal(w32_fd_of(creator->request), NAMESPACE);
		assert_string_equal(w32_name, BARE);
		assert_int_equal(create->flags, WINSYNC_INHERIT);
	}
}

static void creates_what_exists(void **state)
{
	struct winsync_create existing = { .existed = 1 };

	for (size_t i = 0; i < count_of(creators); i++) {
		w32_setup(state);
		w32_object(MADE, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
		w32_answer_with(creators[i].request, MADE, &existing, sizeof(existing));
		assert_ptr_equal(creators[i].create(NULL, NARROW), H(MADE));
		assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
	}
}

static const struct w32_pair create_errors[] = {
	{ EPROTOTYPE, ERROR_INVALID_HANDLE, 0 },
	{ EACCES, ERROR_ACCESS_DENIED, 0 },
	{ ENOENT, ERROR_FILE_NOT_FOUND, 0 },
	{ EDQUOT, ERROR_NOT_ENOUGH_QUOTA, 0 },
	{ EMFILE, ERROR_TOO_MANY_OPEN_FILES, 0 },
	{ ENFILE, ERROR_NO_SYSTEM_RESOURCES, 0 },
	{ ENOMEM, ERROR_NOT_ENOUGH_MEMORY, 0 },
	{ EEXIST, ERROR_ALREADY_EXISTS, 0 },
	{ ENAMETOOLONG, ERROR_FILENAME_EXCED_RANGE, 0 },
	{ EPERM, ERROR_ACCESS_DENIED, 0 },
	{ ENOSYS, ERROR_NOT_SUPPORTED, 0 },
	{ EIO, ERROR_GEN_FAILURE, 0 },
};

static void create_fails(void **state)
{
	for (size_t i = 0; i < count_of(creators); i++) {
		for (size_t j = 0; j < count_of(create_errors); j++) {
			w32_setup(state);
			w32_answer(creators[i].request, -create_errors[j].error);
			assert_fails(create_errors[j].code, creators[i].create(NULL, NARROW));
		}
	}
}

static void create_checks_arguments(void **state)
{
	(void)state;
	assert_fails(ERROR_INVALID_PARAMETER, CreateEventExA(NULL, NULL, 4, EVENT_ALL_ACCESS));
	assert_fails(ERROR_INVALID_PARAMETER, CreateMutexExA(NULL, NULL, 2, MUTEX_ALL_ACCESS));
	assert_fails(ERROR_INVALID_PARAMETER,
		     CreateWaitableTimerExA(NULL, NULL, 4, TIMER_ALL_ACCESS));
	assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreA(NULL, -1, 1, NULL));
	assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreA(NULL, 2, 1, NULL));
	assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreA(NULL, 0, 0, NULL));
	assert_fails(ERROR_INVALID_PARAMETER,
		     CreateSemaphoreExA(NULL, 0, 1, NULL, 1, SEMAPHORE_ALL_ACCESS));
	assert_fails(ERROR_ACCESS_DENIED, CreateEventExA(NULL, NULL, 0, 0x4));
	assert_fails(ERROR_PRIVILEGE_NOT_HELD,
		     CreateEventExA(NULL, NULL, 0, ACCESS_SYSTEM_SECURITY));
	for (size_t i = 0; i < count_of(creators); i++)
		assert_int_equal(w32_calls(creators[i].request), 0);
}

#define OPENS_WIDE(function, open) \
	static HANDLE function(DWORD access, BOOL inherit, const char *name) \
	{ \
		return open(access, inherit, name ? wide : NULL); \
	}

OPENS_WIDE(open_event_w, OpenEventW)
OPENS_WIDE(open_mutex_w, OpenMutexW)
OPENS_WIDE(open_semaphore_w, OpenSemaphoreW)
OPENS_WIDE(open_timer_w, OpenWaitableTimerW)

static const struct opener {
	HANDLE (*open)(DWORD access, BOOL inherit, const char *name);
	uint32_t type;
} openers[] = {
	{ OpenEventA, WINSYNC_TYPE_EVENT }, { open_event_w, WINSYNC_TYPE_EVENT },
	{ OpenMutexA, WINSYNC_TYPE_MUTEX }, { open_mutex_w, WINSYNC_TYPE_MUTEX },
	{ OpenSemaphoreA, WINSYNC_TYPE_SEMAPHORE }, { open_semaphore_w, WINSYNC_TYPE_SEMAPHORE },
	{ OpenWaitableTimerA, WINSYNC_TYPE_TIMER }, { open_timer_w, WINSYNC_TYPE_TIMER },
};

static void opens(void **state)
{
	const struct winsync_open_args *args;

	for (size_t i = 0; i < count_of(openers); i++) {
		w32_setup(state);
		SetLastError(POISON);
		assert_ptr_equal(openers[i].open(SYNCHRONIZE, FALSE, NARROW), H(MADE));
		assert_int_equal(GetLastError(), POISON);
		args = w32_argument(WINSYNC_IOC_OPEN);
		assert_int_equal(args->type, openers[i].type);
		assert_int_equal(args->access, WINSYNC_ACCESS_SYNCHRONIZE);
		assert_int_equal(args->flags, 0);
		assert_string_equal(w32_name, BARE);
		assert_ptr_equal(openers[i].open(GENERIC_READ, TRUE, NARROW), H(MADE));
		assert_int_equal(args->access, WINSYNC_ACCESS_QUERY | WINSYNC_ACCESS_READ_CONTROL);
		assert_int_equal(args->flags, WINSYNC_INHERIT);
		assert_fails(ERROR_INVALID_PARAMETER, openers[i].open(SYNCHRONIZE, FALSE, NULL));
		for (size_t j = 0; j < count_of(create_errors); j++) {
			w32_answer(WINSYNC_IOC_OPEN, -create_errors[j].error);
			assert_fails(create_errors[j].code,
				     openers[i].open(SYNCHRONIZE, FALSE, NARROW));
		}
	}
}

/* Rights that do not exist are refused only if the name does [NM-8], [SEC-2]. */
static void opens_with_impossible_rights(void **state)
{
	(void)state;
	w32_answer(WINSYNC_IOC_OPEN, -EACCES);
	assert_fails(ERROR_ACCESS_DENIED, OpenMutexA(0x2, FALSE, "name"));
	assert_fails(ERROR_ACCESS_DENIED, OpenMutexA(0, FALSE, "name"));
	assert_fails(ERROR_PRIVILEGE_NOT_HELD, OpenMutexA(ACCESS_SYSTEM_SECURITY, FALSE, "name"));
	w32_answer(WINSYNC_IOC_OPEN, -ENOENT);
	assert_fails(ERROR_FILE_NOT_FOUND, OpenMutexA(0x2, FALSE, "name"));
	assert_fails(ERROR_FILE_NOT_FOUND, OpenMutexA(ACCESS_SYSTEM_SECURITY, FALSE, "name"));
}

static void rights(void **state)
{
	static const struct {
		DWORD mask;
		uint32_t access;
	} cases[] = {
		{ EVENT_QUERY_STATE, WINSYNC_ACCESS_QUERY },
		{ EVENT_MODIFY_STATE, WINSYNC_ACCESS_MODIFY },
		{ SYNCHRONIZE, WINSYNC_ACCESS_SYNCHRONIZE },
		{ READ_CONTROL, WINSYNC_ACCESS_READ_CONTROL },
		{ DELETE, WINSYNC_ACCESS_WRITE_CONTROL },
		{ WRITE_DAC, WINSYNC_ACCESS_WRITE_CONTROL },
		{ WRITE_OWNER, WINSYNC_ACCESS_WRITE_CONTROL },
		{ GENERIC_WRITE, WINSYNC_ACCESS_MODIFY | WINSYNC_ACCESS_READ_CONTROL },
		{ GENERIC_EXECUTE, WINSYNC_ACCESS_SYNCHRONIZE | WINSYNC_ACCESS_READ_CONTROL },
		{ GENERIC_ALL, REST | WINSYNC_ACCESS_MODIFY },
		{ EVENT_ALL_ACCESS, REST | WINSYNC_ACCESS_MODIFY },
		{ MAXIMUM_ALLOWED, WINSYNC_ACCESS_MAXIMUM },
		{ MAXIMUM_ALLOWED | SYNCHRONIZE, WINSYNC_ACCESS_MAXIMUM |
						 WINSYNC_ACCESS_SYNCHRONIZE },
	};
	const struct winsync_open_args *args;

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		assert_non_null(OpenEventA(cases[i].mask, FALSE, "name"));
		args = w32_argument(WINSYNC_IOC_OPEN);
		assert_int_equal(args->access, cases[i].access);
	}
	assert_non_null(OpenMutexA(GENERIC_WRITE, FALSE, "name"));
	assert_int_equal(args->access, WINSYNC_ACCESS_READ_CONTROL);
}

/* ---- commands ---- */

static BOOL release_one(HANDLE semaphore)
{
	return ReleaseSemaphore(semaphore, 1, NULL);
}

static BOOL set_timer(HANDLE timer)
{
	LARGE_INTEGER due = { .QuadPart = -1 };

	return SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
}

static BOOL set_timer_ex(HANDLE timer)
{
	LARGE_INTEGER due = { .QuadPart = -1 };

	return SetWaitableTimerEx(timer, &due, 0, NULL, NULL, NULL, 0);
}

static const struct {
	BOOL (*call)(HANDLE handle);
	unsigned long request;
} calls[] = {
	{ SetEvent, WINSYNC_IOC_EVENT_SET }, { ResetEvent, WINSYNC_IOC_EVENT_RESET },
	{ PulseEvent, WINSYNC_IOC_EVENT_PULSE }, { ReleaseMutex, WINSYNC_IOC_MUTEX_RELEASE },
	{ release_one, WINSYNC_IOC_SEMAPHORE_RELEASE }, { set_timer, WINSYNC_IOC_TIMER_SET },
	{ set_timer_ex, WINSYNC_IOC_TIMER_SET }, { CancelWaitableTimer, WINSYNC_IOC_TIMER_CANCEL },
};

static void commands(void **state)
{
	for (size_t i = 0; i < count_of(calls); i++) {
		w32_setup(state);
		SetLastError(POISON);
		w32_answer(calls[i].request, 1);
		assert_int_equal(calls[i].call(H(OBJECT)), TRUE);
		assert_int_equal(w32_fd_of(calls[i].request), OBJECT);
		assert_int_equal(GetLastError(), POISON);
		assert_fails(ERROR_INVALID_HANDLE, calls[i].call(NULL));
		assert_fails(ERROR_INVALID_HANDLE, calls[i].call(INVALID_HANDLE_VALUE));
		assert_fails(ERROR_INVALID_HANDLE, calls[i].call(H(CLOSED)));
		assert_fails(ERROR_INVALID_HANDLE, calls[i].call(H(FOREIGN)));
		for (size_t j = 0; j < w32_pair_count; j++) {
			w32_answer(calls[i].request, -w32_pairs[j].error);
			assert_fails(w32_pairs[j].code, calls[i].call(H(OBJECT)));
		}
	}
	w32_answer(WINSYNC_IOC_MUTEX_RELEASE, -EPERM);
	assert_fails(ERROR_NOT_OWNER, ReleaseMutex(H(OBJECT)));
}

static void releases_semaphores(void **state)
{
	const struct winsync_semaphore_release_args *args;
	LONG previous = 77;

	(void)state;
	w32_answer(WINSYNC_IOC_SEMAPHORE_RELEASE, 5);
	assert_true(ReleaseSemaphore(H(OBJECT), 3, &previous));
	assert_int_equal(previous, 5);
	args = w32_argument(WINSYNC_IOC_SEMAPHORE_RELEASE);
	assert_int_equal(args->count, 3);
	assert_true(ReleaseSemaphore(H(OBJECT), 1, NULL));
	w32_answer(WINSYNC_IOC_SEMAPHORE_RELEASE, -EOVERFLOW);
	assert_fails(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(H(OBJECT), 1, &previous));
	assert_fails(ERROR_INVALID_PARAMETER, ReleaseSemaphore(H(OBJECT), 0, &previous));
	assert_fails(ERROR_INVALID_PARAMETER, ReleaseSemaphore(H(OBJECT), INT32_MIN, &previous));
	assert_int_equal(previous, 5);
	assert_int_equal(w32_calls(WINSYNC_IOC_SEMAPHORE_RELEASE), 3);
}

/* 100 ns from 1601 to 1970. */
#define EPOCH INT64_C(116444736000000000)

static void due_times(void **state)
{
	static const struct {
		LONGLONG due;
		uint64_t ns;
		uint32_t flags;
	} cases[] = {
		{ -1, 100, WINSYNC_CLOCK_MONOTONIC },
		{ -10000000, 1000000000, WINSYNC_CLOCK_MONOTONIC },
		{ INT64_MIN, INT64_MAX, WINSYNC_CLOCK_MONOTONIC },
		{ 0, 0, WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE },
		{ EPOCH - 1, 0, WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE },
		{ EPOCH + 5, 500, WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE },
		{ INT64_MAX, INT64_MAX, WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE },
	};
	const struct winsync_timer_set_args *args = w32_argument(WINSYNC_IOC_TIMER_SET);
	LARGE_INTEGER due;

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		due.QuadPart = cases[i].due;
		assert_true(SetWaitableTimer(H(OBJECT), &due, 0, NULL, NULL, FALSE));
		assert_true(args->due == cases[i].ns);
		assert_int_equal(args->flags, cases[i].flags);
		assert_int_equal(args->period, 0);
	}
	due.QuadPart = -1;
	assert_true(SetWaitableTimerEx(H(OBJECT), &due, INT32_MAX, NULL, NULL, NULL, 7));
	assert_true(args->period == INT32_MAX * UINT64_C(1000000));
	assert_int_equal(args->tolerance, 7000000);
	assert_fails(ERROR_INVALID_PARAMETER,
		     SetWaitableTimer(H(OBJECT), NULL, 0, NULL, NULL, FALSE));
	assert_fails(ERROR_INVALID_PARAMETER,
		     SetWaitableTimer(H(OBJECT), &due, -1, NULL, NULL, FALSE));
}

static void resumes(void **state)
{
	const struct winsync_timer_set_args *args = w32_argument(WINSYNC_IOC_TIMER_SET);
	LARGE_INTEGER due = { .QuadPart = -1 };

	(void)state;
	SetLastError(POISON);
	assert_true(SetWaitableTimer(H(OBJECT), &due, 0, NULL, NULL, TRUE));
	assert_int_equal(GetLastError(), ERROR_SUCCESS);
	assert_int_equal(args->flags, WINSYNC_CLOCK_MONOTONIC | WINSYNC_TIMER_WAKE);
	w32_answer(WINSYNC_IOC_TIMER_SET, WINSYNC_TIMER_NO_WAKE);
	assert_true(SetWaitableTimer(H(OBJECT), &due, 0, NULL, NULL, TRUE));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

/* ---- native functions ---- */

static NTSTATUS query_event(HANDLE handle)
{
	EVENT_BASIC_INFORMATION info;

	return NtQueryEvent(handle, EventBasicInformation, &info, sizeof(info), NULL);
}

static NTSTATUS query_mutant(HANDLE handle)
{
	MUTANT_BASIC_INFORMATION info;

	return NtQueryMutant(handle, MutantBasicInformation, &info, sizeof(info), NULL);
}

static NTSTATUS query_semaphore(HANDLE handle)
{
	SEMAPHORE_BASIC_INFORMATION info;

	return NtQuerySemaphore(handle, SemaphoreBasicInformation, &info, sizeof(info), NULL);
}

static NTSTATUS query_timer(HANDLE handle)
{
	TIMER_BASIC_INFORMATION info;

	return NtQueryTimer(handle, TimerBasicInformation, &info, sizeof(info), NULL);
}

#define NATIVE(function, call) \
	static NTSTATUS function(HANDLE handle) \
	{ \
		return call; \
	}

NATIVE(nt_set, NtSetEvent(handle, NULL))
NATIVE(nt_reset, NtResetEvent(handle, NULL))
NATIVE(nt_pulse, NtPulseEvent(handle, NULL))
NATIVE(nt_release_mutant, NtReleaseMutant(handle, NULL))
NATIVE(nt_release_semaphore, NtReleaseSemaphore(handle, 1, NULL))
NATIVE(nt_cancel, NtCancelTimer(handle, NULL))

static const struct {
	NTSTATUS (*call)(HANDLE handle);
	unsigned long request;
} native[] = {
	{ query_event, WINSYNC_IOC_EVENT_QUERY }, { query_mutant, WINSYNC_IOC_MUTEX_QUERY },
	{ query_semaphore, WINSYNC_IOC_SEMAPHORE_QUERY }, { query_timer, WINSYNC_IOC_TIMER_QUERY },
	{ nt_set, WINSYNC_IOC_EVENT_SET }, { nt_reset, WINSYNC_IOC_EVENT_RESET },
	{ NtClearEvent, WINSYNC_IOC_EVENT_RESET }, { nt_pulse, WINSYNC_IOC_EVENT_PULSE },
	{ nt_release_mutant, WINSYNC_IOC_MUTEX_RELEASE },
	{ nt_release_semaphore, WINSYNC_IOC_SEMAPHORE_RELEASE },
	{ nt_cancel, WINSYNC_IOC_TIMER_CANCEL },
};

static void statuses(void **state)
{
	for (size_t i = 0; i < count_of(native); i++) {
		w32_setup(state);
		assert_int_equal(native[i].call(H(OBJECT)), STATUS_SUCCESS);
		assert_int_equal(w32_fd_of(native[i].request), OBJECT);
		assert_status(native[i].call(NULL), STATUS_INVALID_HANDLE);
		assert_status(native[i].call(H(FOREIGN)), STATUS_OBJECT_TYPE_MISMATCH);
		for (size_t j = 0; j < w32_pair_count; j++) {
			w32_answer(native[i].request, -w32_pairs[j].error);
			assert_status(native[i].call(H(OBJECT)), w32_pairs[j].status);
		}
	}
	w32_answer(WINSYNC_IOC_MUTEX_RELEASE, -EPERM);
	assert_status(nt_release_mutant(H(OBJECT)), STATUS_MUTANT_NOT_OWNED);
	w32_answer(WINSYNC_IOC_SEMAPHORE_RELEASE, -EOVERFLOW);
	assert_status(nt_release_semaphore(H(OBJECT)), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
	assert_status(NtReleaseSemaphore(H(OBJECT), 0, NULL), STATUS_INVALID_PARAMETER);
	assert_status(NtReleaseSemaphore(H(OBJECT), -1, NULL), STATUS_INVALID_PARAMETER);
}

static void previous_values(void **state)
{
	LONG previous = 77;
	BOOLEAN signaled = 77;

	(void)state;
	w32_answer(WINSYNC_IOC_EVENT_SET, 1);
	assert_int_equal(NtSetEvent(H(OBJECT), &previous), STATUS_SUCCESS);
	assert_int_equal(previous, 1);
	assert_int_equal(NtResetEvent(H(OBJECT), &previous), STATUS_SUCCESS);
	assert_int_equal(previous, 0);
	w32_answer(WINSYNC_IOC_EVENT_PULSE, 1);
	assert_int_equal(NtPulseEvent(H(OBJECT), &previous), STATUS_SUCCESS);
	assert_int_equal(previous, 1);
	w32_answer(WINSYNC_IOC_MUTEX_RELEASE, 2);
	assert_int_equal(NtReleaseMutant(H(OBJECT), &previous), STATUS_SUCCESS);
	assert_int_equal(previous, -1);
	w32_answer(WINSYNC_IOC_SEMAPHORE_RELEASE, 4);
	assert_int_equal(NtReleaseSemaphore(H(OBJECT), 1, &previous), STATUS_SUCCESS);
	assert_int_equal(previous, 4);
	w32_answer(WINSYNC_IOC_TIMER_CANCEL, 1);
	assert_int_equal(NtCancelTimer(H(OBJECT), &signaled), STATUS_SUCCESS);
	assert_int_equal(signaled, TRUE);
	w32_answer(WINSYNC_IOC_EVENT_SET, -EACCES);
	assert_status(NtSetEvent(H(OBJECT), &previous), STATUS_ACCESS_DENIED);
	assert_int_equal(previous, 4);
}

static void queried_values(void **state)
{
	struct winsync_event_state event = { .manual = 1, .signaled = 1 };
	struct winsync_mutex_state mutex = { .depth = 0x80000001u, .owned_by_caller = 1,
					     .abandoned = 1 };
	struct winsync_semaphore_state semaphore = { .count = 3, .max = 4 };
	struct winsync_timer_state timer = { .remaining = 1700, .signaled = 1 };
	EVENT_BASIC_INFORMATION event_info;
	MUTANT_BASIC_INFORMATION mutex_info;
	SEMAPHORE_BASIC_INFORMATION semaphore_info;
	TIMER_BASIC_INFORMATION timer_info;
	ULONG length = 77;

	(void)state;
	w32_answer_with(WINSYNC_IOC_EVENT_QUERY, 0, &event, sizeof(event));
	w32_answer_with(WINSYNC_IOC_MUTEX_QUERY, 0, &mutex, sizeof(mutex));
	w32_answer_with(WINSYNC_IOC_SEMAPHORE_QUERY, 0, &semaphore, sizeof(semaphore));
	w32_answer_with(WINSYNC_IOC_TIMER_QUERY, 0, &timer, sizeof(timer));
	assert_int_equal(NtQueryEvent(H(OBJECT), EventBasicInformation, &event_info,
				      sizeof(event_info), &length), STATUS_SUCCESS);
	assert_int_equal(length, sizeof(event_info));
	assert_int_equal(event_info.EventType, NotificationEvent);
	assert_int_equal(event_info.EventState, 1);
	assert_int_equal(NtQueryMutant(H(OBJECT), MutantBasicInformation, &mutex_info,
				       sizeof(mutex_info), &length), STATUS_SUCCESS);
	assert_int_equal(mutex_info.CurrentCount, INT32_MIN);
	assert_int_equal(mutex_info.OwnedByCaller, TRUE);
	assert_int_equal(mutex_info.AbandonedState, TRUE);
	assert_int_equal(NtQuerySemaphore(H(OBJECT), SemaphoreBasicInformation, &semaphore_info,
					  sizeof(semaphore_info), &length), STATUS_SUCCESS);
	assert_int_equal(semaphore_info.CurrentCount, 3);
	assert_int_equal(semaphore_info.MaximumCount, 4);
	assert_int_equal(NtQueryTimer(H(OBJECT), TimerBasicInformation, &timer_info,
				      sizeof(timer_info), &length), STATUS_SUCCESS);
	assert_int_equal(timer_info.RemainingTime.QuadPart, 17);
	assert_int_equal(timer_info.TimerState, TRUE);
}

static void queries_check_arguments(void **state)
{
	char info[64];

	(void)state;
#define CHECK(function, class_type, size) \
	do { \
		assert_status(function(H(OBJECT), (class_type)0, info, 0, NULL), \
				 STATUS_INFO_LENGTH_MISMATCH); \
		assert_status(function(H(OBJECT), (class_type)0, info, size + 1, NULL), \
				 STATUS_INFO_LENGTH_MISMATCH); \
		assert_status(function(H(OBJECT), (class_type)1, info, size, NULL), \
				 STATUS_INVALID_INFO_CLASS); \
		assert_status(function(H(OBJECT), (class_type)0, NULL, size, NULL), \
				 STATUS_ACCESS_VIOLATION); \
	} while (0)
	CHECK(NtQueryEvent, EVENT_INFORMATION_CLASS, sizeof(EVENT_BASIC_INFORMATION));
	CHECK(NtQueryMutant, MUTANT_INFORMATION_CLASS, sizeof(MUTANT_BASIC_INFORMATION));
	CHECK(NtQuerySemaphore, SEMAPHORE_INFORMATION_CLASS, sizeof(SEMAPHORE_BASIC_INFORMATION));
	CHECK(NtQueryTimer, TIMER_INFORMATION_CLASS, sizeof(TIMER_BASIC_INFORMATION));
	assert_int_equal(w32_calls(WINSYNC_IOC_EVENT_QUERY), 0);
}

/* ---- names ---- */

static void places(void **state)
{
	static const struct {
		const char *name;
		DWORD code;
	} cases[] = {
		{ "\\foo", ERROR_BAD_PATHNAME }, { "foo\\bar", ERROR_PATH_NOT_FOUND },
		{ "foo\\", ERROR_PATH_NOT_FOUND }, { "GLOBAL\\x", ERROR_PATH_NOT_FOUND },
		{ "Global\\", ERROR_INVALID_NAME }, { "Local\\\\x", ERROR_INVALID_NAME },
		{ "Global\\a\\b", ERROR_PATH_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		assert_fails(cases[i].code, CreateEventA(NULL, FALSE, FALSE, cases[i].name));
		assert_fails(cases[i].code, OpenEventA(SYNCHRONIZE, FALSE, cases[i].name));
	}
	assert_fails(ERROR_INVALID_HANDLE, OpenEventA(SYNCHRONIZE, FALSE, ""));
	assert_int_equal(w32_calls(WINSYNC_IOC_NS_OPEN), 0);
}

static void utf16(void **state)
{
	static const WCHAR odd[] = { 'a', 0x7ff, 0xd83d, 0xde00, 0xde00, 0xd83d, 0 };
	WCHAR longest[1000];

	(void)state;
	assert_non_null(CreateEventW(NULL, FALSE, FALSE, odd));
	assert_string_equal(w32_name, "a\xdf\xbf\xf0\x9f\x98\x80\xed\xb8\x80\xed\xa0\xbd");
	for (size_t i = 0; i < count_of(longest); i++)
		longest[i] = 0x20ac;
	longest[260] = 0;
	assert_non_null(CreateEventW(NULL, FALSE, FALSE, longest));
	assert_int_equal(strlen(w32_name), 780);
	longest[260] = 0x20ac;
	longest[261] = 0;
	assert_fails(ERROR_FILENAME_EXCED_RANGE, CreateEventW(NULL, FALSE, FALSE, longest));
	/* A half of a pair is a unit like any other. */
	for (size_t i = 0; i < 260; i++)
		longest[i] = 0xd83d;
	longest[260] = 0;
	assert_non_null(CreateEventW(NULL, FALSE, FALSE, longest));
	assert_int_equal(strlen(w32_name), 780);
	for (size_t i = 0; i < count_of(longest); i++)
		longest[i] = 0x20ac;
	longest[999] = 0;
	assert_fails(ERROR_FILENAME_EXCED_RANGE, CreateEventW(NULL, FALSE, FALSE, longest));
	assert_fails(ERROR_FILENAME_EXCED_RANGE, OpenEventW(SYNCHRONIZE, FALSE, longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(creates, w32_setup),
		cmocka_unit_test_setup(creates_what_exists, w32_setup),
		cmocka_unit_test_setup(create_fails, w32_setup),
		cmocka_unit_test_setup(create_checks_arguments, w32_setup),
		cmocka_unit_test_setup(opens, w32_setup),
		cmocka_unit_test_setup(opens_with_impossible_rights, w32_setup),
		cmocka_unit_test_setup(rights, w32_setup),
		cmocka_unit_test_setup(commands, w32_setup),
		cmocka_unit_test_setup(releases_semaphores, w32_setup),
		cmocka_unit_test_setup(due_times, w32_setup),
		cmocka_unit_test_setup(resumes, w32_setup),
		cmocka_unit_test_setup(statuses, w32_setup),
		cmocka_unit_test_setup(previous_values, w32_setup),
		cmocka_unit_test_setup(queried_values, w32_setup),
		cmocka_unit_test_setup(queries_check_arguments, w32_setup),
		cmocka_unit_test_setup(places, w32_setup),
		cmocka_unit_test_setup(utf16, w32_setup),
	};

	return cmocka_run_group_tests_name("win32_objects", tests, NULL, NULL);
}
