// SPDX-License-Identifier: GPL-2.0-only
/* Waits and sleeps: what the module is asked, results, errors, and waits with foreign fds. */
#include "w32.h"

#include <poll.h>
#include <time.h>

static void single(void **state)
{
	const struct winsync_wait_args *args = w32_argument(WINSYNC_IOC_WAIT);
	struct timespec now;

	(void)state;
	SetLastError(POISON);
	assert_int_equal(WaitForSingleObject(H(OBJECT), 0), WAIT_OBJECT_0);
	assert_int_equal(args->deadline, 0);
	assert_int_equal(args->alert, -1);
	assert_int_equal(WaitForSingleObject(H(OBJECT), INFINITE), WAIT_OBJECT_0);
	assert_true(args->deadline == WINSYNC_FOREVER);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_int_equal(WaitForSingleObject(H(OBJECT), 0xfffffffe), WAIT_OBJECT_0);
	assert_true(args->deadline >= (uint64_t)now.tv_sec * 1000000000 +
				      UINT64_C(0xfffffffe) * 1000000);
	w32_answer(WINSYNC_IOC_WAIT, -ETIMEDOUT);
	assert_int_equal(WaitForSingleObject(H(OBJECT), 5), WAIT_TIMEOUT);
	w32_answer(WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(WaitForSingleObject(H(OBJECT), 5), WAIT_ABANDONED);
	assert_int_equal(GetLastError(), POISON);
	w32_answer(WINSYNC_IOC_WAIT, -EOVERFLOW);
	assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED, WaitForSingleObject(H(OBJECT), 5));
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject(NULL, 5));
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject(H(CLOSED), 5));
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject((HANDLE)(uintptr_t)5, 5));
	for (size_t i = 0; i < w32_pair_count; i++) {
		w32_answer(WINSYNC_IOC_WAIT, -w32_pairs[i].error);
		if (w32_pairs[i].error != EBADFD)
			assert_wait_fails(w32_pairs[i].code, WaitForSingleObject(H(OBJECT), 5));
	}
}

static void pseudo(void **state)
{
	(void)state;
	assert_int_equal(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(GetCurrentThread(), 1), WAIT_TIMEOUT);
	assert_wait_fails(ERROR_INVALID_HANDLE,
			  WaitForMultipleObjects(1, (HANDLE[]){ GetCurrentProcess() }, FALSE, 0));
}


static void several(void **state)
{
	HANDLE handles[65];
	const struct winsync_wait_multiple_args *any = w32_argument(WINSYNC_IOC_WAIT_ANY);
	const struct winsync_wait_multiple_args *all;

	(void)state;
	for (size_t i = 0; i < count_of(handles); i++)
		handles[i] = i % 2 ? H(OTHER) : H(OBJECT);
	w32_answer(WINSYNC_IOC_WAIT_ANY, 63);
	assert_int_equal(WaitForMultipleObjects(64, handles, FALSE, INFINITE), WAIT_OBJECT_0 + 63);
	assert_int_equal(any->count, 64);
	assert_true(any->deadline == WINSYNC_FOREVER);
	w32_answer(WINSYNC_IOC_WAIT_ANY, 1 | WINSYNC_WAIT_ABANDONED);
	assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_ABANDONED_0 + 1);
	all = w32_argument(WINSYNC_IOC_WAIT_ALL);
	assert_int_equal(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_OBJECT_0);
	assert_int_equal(all->count, 2);
	w32_answer(WINSYNC_IOC_WAIT_ALL, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_ABANDONED_0);
	w32_answer(WINSYNC_IOC_WAIT_ALL, -ENOTUNIQ);
	assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(2, handles, TRUE, 0));
	w32_answer(WINSYNC_IOC_WAIT_ALL, -ETIMEDOUT);
	assert_int_equal(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_TIMEOUT);
	/* One of one: there is no difference, and any will do. */
	w32_answer(WINSYNC_IOC_WAIT_ANY, 0);
	assert_int_equal(WaitForMultipleObjects(1, handles, TRUE, 0), WAIT_OBJECT_0);
	assert_int_equal(w32_calls(WINSYNC_IOC_WAIT_ANY), 3);
	for (BOOL wait_all = FALSE; wait_all <= TRUE; wait_all++) {
		assert_wait_fails(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(0, handles, wait_all, 0));
		assert_wait_fails(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(65, handles, wait_all, 0));
		assert_wait_fails(ERROR_NOACCESS, WaitForMultipleObjects(2, NULL, wait_all, 0));
		assert_wait_fails(ERROR_INVALID_HANDLE,
				  WaitForMultipleObjects(2, (HANDLE[]){ H(OBJECT), NULL },
							 wait_all, 0));
	}
}

/* ---- with other fds ---- */

static HANDLE mixed[] = { NULL, NULL };

static int mixed_setup(void **state)
{
	w32_setup(state);
	w32_answer(WINSYNC_IOC_WAIT_ANY, -EBADFD);
	w32_answer(WINSYNC_IOC_WAIT_ALL, -EBADFD);
	w32_answer(WINSYNC_IOC_WAIT, -ETIMEDOUT);
	mixed[0] = H(OBJECT);
	mixed[1] = H(FOREIGN);
	return 0;
}

static void foreign_alone(void **state)
{
	(void)state;
	assert_int_equal(WaitForSingleObject(H(FOREIGN), 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(H(FOREIGN), 3), WAIT_TIMEOUT);
	w32_ready(FOREIGN, POLLIN);
	assert_int_equal(WaitForSingleObject(H(FOREIGN), INFINITE), WAIT_OBJECT_0);
	w32_ready(FOREIGN, POLLHUP);
	assert_int_equal(WaitForSingleObject(H(FOREIGN), 0), WAIT_OBJECT_0);
	w32_ready(FOREIGN, POLLNVAL);
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject(H(FOREIGN), 0));
}

static void foreign_with_objects(void **state)
{
	(void)state;
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, 3), WAIT_TIMEOUT);
	w32_ppoll_readies = FOREIGN;
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
	/* The object comes first, and is really taken. */
	w32_answer(WINSYNC_IOC_WAIT, 0);
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, INFINITE), WAIT_OBJECT_0);
	w32_answer(WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, INFINITE), WAIT_ABANDONED_0);
	w32_answer(WINSYNC_IOC_WAIT, -EOVERFLOW);
	assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED,
			  WaitForMultipleObjects(2, mixed, FALSE, INFINITE));
}

static void interrupted_polls_go_on(void **state)
{
	(void)state;
	w32_ppoll_error = EINTR;
	w32_ppoll_readies = FOREIGN;
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
	assert_int_equal(w32_ppolls, 2);
	mixed_setup(state);
	w32_ppoll_error = ENOMEM;
	assert_wait_fails(ERROR_NOT_ENOUGH_MEMORY, WaitForMultipleObjects(2, mixed, FALSE, INFINITE));
}

static void looked_at_before(void **state)
{
	(void)state;
	w32_object(OBJECT, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_MODIFY);
	w32_ready(FOREIGN, POLLIN);
	assert_wait_fails(ERROR_ACCESS_DENIED, WaitForMultipleObjects(2, mixed, FALSE, 0));
	w32_object(OBJECT, WINSYNC_TYPE_NAMESPACE, WINSYNC_ACCESS_ALL);
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, mixed, FALSE, 0));
	mixed[0] = H(CLOSED);
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, mixed, FALSE, 0));
	assert_int_equal(w32_calls(WINSYNC_IOC_WAIT), 0);
}

static void no_wait_for_all(void **state)
{
	HANDLE both[] = { H(FOREIGN), H(CLOSED) };

	(void)state;
	/* The module minds the one, but the other is what the caller has to know. */
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, both, TRUE, 0));
	assert_wait_fails(ERROR_NOT_SUPPORTED, WaitForMultipleObjects(2, mixed, TRUE, 0));
	mixed[0] = H(CLOSED);
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, mixed, TRUE, 0));
}

/* ---- for all of some objects and processes ---- */

static HANDLE all_of[] = { NULL, NULL, NULL, NULL };
static int (*module)(int fd, unsigned long request, void *argument);

static int look_at_fds(int fd, unsigned long request, void *argument)
{
	const struct winsync_wait_multiple_args *args = argument;

	if (request == WINSYNC_IOC_WAIT_ALL && fd == OBJECT) {
		const __s32 *fds = (const void *)(uintptr_t)args->fds;

		assert_int_equal(args->count, 2);
		assert_int_equal(fds[0], OBJECT);
		assert_int_equal(fds[1], OTHER);
	}
	return module(fd, request, argument);
}

static int processes_setup(void **state)
{
	w32_setup(state);
	module = fake_module;
	fake_module = look_at_fds;
	w32_process(CHILD, 4711);
	w32_process(OWN, 4712);
	all_of[0] = H(CHILD);
	all_of[1] = H(OBJECT);
	all_of[2] = H(OWN);
	all_of[3] = H(OTHER);
	return 0;
}

static void processes_before_objects(void **state)
{
	const struct winsync_wait_multiple_args *args = w32_argument(WINSYNC_IOC_WAIT_ALL);
	struct timespec now;

	(void)state;
	/* Nothing is acquired while one of them runs. */
	w32_ready(CHILD, POLLIN);
	assert_int_equal(WaitForMultipleObjects(4, all_of, TRUE, 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForMultipleObjects(4, all_of, TRUE, 3), WAIT_TIMEOUT);
	assert_int_equal(w32_calls(WINSYNC_IOC_WAIT_ALL), 0);
	/* The one that has ended ends no more sleeps. */
	w32_ppolls = 0;
	w32_ppoll_readies = OWN;
	assert_int_equal(WaitForMultipleObjects(4, all_of, TRUE, INFINITE), WAIT_OBJECT_0);
	assert_int_equal(w32_ppolls, 1);
	assert_true(args->deadline == WINSYNC_FOREVER);
	clock_gettime(CLOCK_MONOTONIC, &now);
	w32_answer(WINSYNC_IOC_WAIT_ALL, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(WaitForMultipleObjects(4, all_of, TRUE, 1000), WAIT_ABANDONED_0);
	assert_true(args->deadline >= (uint64_t)now.tv_sec * 1000000000 + 1000000000);
	w32_answer(WINSYNC_IOC_WAIT_ALL, -ETIMEDOUT);
	assert_int_equal(WaitForMultipleObjects(4, all_of, TRUE, 0), WAIT_TIMEOUT);
	w32_answer(WINSYNC_IOC_WAIT_ALL, -EOVERFLOW);
	assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED, WaitForMultipleObjects(4, all_of, TRUE, 0));
	/* Processes alone, of which one was waited for. */
	w32_process(OWN, -1);
	all_of[1] = all_of[2];
	assert_int_equal(WaitForMultipleObjects(2, all_of, TRUE, 0), WAIT_OBJECT_0);
	assert_int_equal(w32_calls(WINSYNC_IOC_WAIT_ALL), 4);
	w32_ready(OWN, POLLNVAL);
	w32_ppoll_readies = 0;
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, all_of, TRUE, 0));
}

static void processes_and_bad_handles(void **state)
{
	HANDLE twice[] = { H(CHILD), H(CHILD) };

	(void)state;
	w32_ready(CHILD, POLLIN);
	w32_ready(OWN, POLLIN);
	assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(2, twice, TRUE, 0));
	w32_process(CHILD, 4712);
	assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(4, all_of, TRUE, 0));
	w32_process(CHILD, 4711);
	w32_identity(OTHER, 1000);
	w32_identity(OBJECT, 1000);
	assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(4, all_of, TRUE, 0));
	w32_object(OTHER, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_MODIFY);
	assert_wait_fails(ERROR_ACCESS_DENIED, WaitForMultipleObjects(4, all_of, TRUE, 0));
	all_of[3] = H(CLOSED);
	assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(4, all_of, TRUE, 0));
	all_of[3] = H(FOREIGN);
	assert_wait_fails(ERROR_NOT_SUPPORTED, WaitForMultipleObjects(4, all_of, TRUE, 0));
	assert_int_equal(w32_calls(WINSYNC_IOC_WAIT_ALL), 0);
}

/* ---- signal and wait ---- */

static DWORD signal_and_wait(int signal, int fd)
{
	return SignalObjectAndWait(H(signal), H(fd), 0, FALSE);
}

static void in_one_step(void **state)
{
	const struct winsync_signal_and_wait_args *args = w32_argument(WINSYNC_IOC_SIGNAL_AND_WAIT);

	(void)state;
	assert_int_equal(signal_and_wait(OBJECT, OTHER), WAIT_OBJECT_0);
	assert_int_equal(w32_fd_of(WINSYNC_IOC_SIGNAL_AND_WAIT), OBJECT);
	assert_int_equal(args->fd, OTHER);
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -ETIMEDOUT);
	assert_int_equal(signal_and_wait(OBJECT, OTHER), WAIT_TIMEOUT);
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(signal_and_wait(OBJECT, OTHER), WAIT_ABANDONED);
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EACCES);
	assert_wait_fails(ERROR_ACCESS_DENIED, signal_and_wait(OBJECT, OTHER));
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EBADF);
	assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(OBJECT, CLOSED));
	assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(CLOSED, OTHER));
	assert_wait_fails(ERROR_INVALID_HANDLE, SignalObjectAndWait(NULL, NULL, 0, FALSE));
}

static void what_can_not_be_signaled(void **state)
{
	struct winsync_semaphore_state full = { .count = 2, .max = 2 };
	struct winsync_semaphore_state room = { .count = 1, .max = 2 };

	(void)state;
	w32_object(OBJECT, WINSYNC_TYPE_MUTEX, WINSYNC_ACCESS_ALL);
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EPERM);
	assert_wait_fails(ERROR_NOT_OWNER, signal_and_wait(OBJECT, OTHER));
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EOVERFLOW);
	assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED, signal_and_wait(OBJECT, OTHER));
	w32_object(OBJECT, WINSYNC_TYPE_SEMAPHORE, WINSYNC_ACCESS_ALL);
	w32_answer_with(WINSYNC_IOC_SEMAPHORE_QUERY, 0, &full, sizeof(full));
	assert_wait_fails(ERROR_TOO_MANY_POSTS, signal_and_wait(OBJECT, OTHER));
	w32_answer_with(WINSYNC_IOC_SEMAPHORE_QUERY, 0, &room, sizeof(room));
	assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED, signal_and_wait(OBJECT, OTHER));
	w32_answer(WINSYNC_IOC_SEMAPHORE_QUERY, -EACCES);
	assert_wait_fails(ERROR_TOO_MANY_POSTS, signal_and_wait(OBJECT, OTHER));
	w32_object(OBJECT, WINSYNC_TYPE_TIMER, WINSYNC_ACCESS_ALL);
	w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EBADFD);
	assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(OBJECT, OTHER));
	assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(OBJECT, FOREIGN));
	assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(FOREIGN, OTHER));
}

static void in_two_steps(void **state)
{
	static const struct {
		uint32_t type;
		unsigned long request;
	} types[] = {
		{ WINSYNC_TYPE_EVENT, WINSYNC_IOC_EVENT_SET },
		{ WINSYNC_TYPE_MUTEX, WINSYNC_IOC_MUTEX_RELEASE },
		{ WINSYNC_TYPE_SEMAPHORE, WINSYNC_IOC_SEMAPHORE_RELEASE },
	};

	for (size_t i = 0; i < count_of(types); i++) {
		w32_setup(state);
		w32_answer(WINSYNC_IOC_SIGNAL_AND_WAIT, -EBADFD);
		w32_object(OBJECT, types[i].type, WINSYNC_ACCESS_ALL);
		w32_answer(types[i].request, 1);
		assert_int_equal(signal_and_wait(OBJECT, FOREIGN), WAIT_TIMEOUT);
		assert_int_equal(w32_calls(types[i].request), 1);
		w32_ready(FOREIGN, POLLIN);
		assert_int_equal(signal_and_wait(OBJECT, FOREIGN), WAIT_OBJECT_0);
		assert_int_equal(SignalObjectAndWait(H(OBJECT), GetCurrentProcess(), 0, FALSE),
				 WAIT_TIMEOUT);
		assert_int_equal(w32_calls(types[i].request), 3);
		w32_answer(types[i].request, -EACCES);
		assert_wait_fails(ERROR_ACCESS_DENIED, signal_and_wait(OBJECT, FOREIGN));
		/* Nothing is signaled before what is awaited was looked at. */
		assert_wait_fails(ERROR_INVALID_HANDLE, signal_and_wait(OBJECT, CLOSED));
		assert_int_equal(w32_calls(types[i].request), 4);
	}
	w32_answer(WINSYNC_IOC_SEMAPHORE_RELEASE, -EOVERFLOW);
	w32_answer(WINSYNC_IOC_SEMAPHORE_QUERY, -EACCES);
	assert_wait_fails(ERROR_TOO_MANY_POSTS, signal_and_wait(OBJECT, FOREIGN));
}

/* ---- native ---- */

#define EPOCH INT64_C(116444736000000000)

static void native_timeouts(void **state)
{
	static const struct {
		LONGLONG timeout;
		uint64_t deadline;
		uint32_t flags;
	} cases[] = {
		{ 0, 0, 0 }, { 1, 0, 0 }, { EPOCH, 0, 0 },
		{ EPOCH + 7, 700, WINSYNC_CLOCK_REALTIME },
		{ INT64_MAX, WINSYNC_FOREVER, 0 }, { INT64_MAX - 1, WINSYNC_FOREVER, 0 },
		{ INT64_MIN, WINSYNC_FOREVER, 0 },
	};
	const struct winsync_wait_args *args = w32_argument(WINSYNC_IOC_WAIT);
	LARGE_INTEGER timeout;

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		timeout.QuadPart = cases[i].timeout;
		assert_int_equal(NtWaitForSingleObject(H(OBJECT), FALSE, &timeout), STATUS_WAIT_0);
		assert_true(args->deadline == cases[i].deadline);
		assert_int_equal(args->flags, cases[i].flags);
	}
	assert_int_equal(NtWaitForSingleObject(H(OBJECT), FALSE, NULL), STATUS_WAIT_0);
	assert_true(args->deadline == WINSYNC_FOREVER);
	timeout.QuadPart = -1;
	w32_answer(WINSYNC_IOC_WAIT, -ETIMEDOUT);
	assert_int_equal(NtWaitForSingleObject(H(OBJECT), FALSE, &timeout), STATUS_TIMEOUT);
	w32_answer(WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED);
	assert_int_equal(NtWaitForSingleObject(H(OBJECT), FALSE, NULL), STATUS_ABANDONED_WAIT_0);
	w32_answer(WINSYNC_IOC_WAIT, -EOVERFLOW);
	assert_status(NtWaitForSingleObject(H(OBJECT), FALSE, NULL),
			 STATUS_MUTANT_LIMIT_EXCEEDED);
	for (size_t i = 0; i < w32_pair_count; i++) {
		w32_answer(WINSYNC_IOC_WAIT, -w32_pairs[i].error);
		assert_int_equal(NtWaitForSingleObject(H(OBJECT), FALSE, NULL),
				 w32_pairs[i].status);
	}
}

static void sleeps(void **state)
{
	(void)state;
	SetLastError(POISON);
	Sleep(0);
	Sleep(1);
	assert_int_equal(SleepEx(0, FALSE), 0);
	assert_int_equal(SleepEx(1, FALSE), 0);
	assert_int_equal(GetLastError(), POISON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(single, w32_setup),
		cmocka_unit_test_setup(pseudo, w32_setup),
		cmocka_unit_test_setup(several, w32_setup),
		cmocka_unit_test_setup(foreign_alone, mixed_setup),
		cmocka_unit_test_setup(foreign_with_objects, mixed_setup),
		cmocka_unit_test_setup(interrupted_polls_go_on, mixed_setup),
		cmocka_unit_test_setup(looked_at_before, mixed_setup),
		cmocka_unit_test_setup(no_wait_for_all, mixed_setup),
		cmocka_unit_test_setup(processes_before_objects, processes_setup),
		cmocka_unit_test_setup(processes_and_bad_handles, processes_setup),
		cmocka_unit_test_setup(in_one_step, w32_setup),
		cmocka_unit_test_setup(what_can_not_be_signaled, w32_setup),
		cmocka_unit_test_setup(in_two_steps, w32_setup),
		cmocka_unit_test_setup(native_timeouts, w32_setup),
		cmocka_unit_test_setup(sleeps, w32_setup),
	};

	return cmocka_run_group_tests_name("win32_wait", tests, NULL, NULL);
}
