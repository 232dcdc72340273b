// SPDX-License-Identifier: GPL-2.0-only
/* Queued calls, routines of timers, handles of threads, over the little module of sim.h. */
#include "w32.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#include "sim.h"

#define EPOCH INT64_C(116444736000000000)

static char trace[64];
static LONGLONG expired;

static int answer_fcntl(int fd, int command, long argument)
{
	(void)fd;
	(void)argument;
	return command == F_GETFD ? FD_CLOEXEC : 0;
}

/* Real fds are open, and not winsync's. */
static int (*sim_module)(int fd, unsigned long request, void *argument);

static int with_real_fds(int fd, unsigned long request, void *argument)
{
	return fd < FAKE_FD ? -EBADFD : sim_module(fd, request, argument);
}

/* Once: the main thread's queue lives as long as the thread. */
static int start(void **state)
{
	(void)state;
	sim_start();
	sim_module = fake_module;
	fake_module = with_real_fds;
	fake_fcntl = answer_fcntl;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	trace[0] = '\0';
	expired = 0;
	return 0;
}

static VOID CALLBACK note(ULONG_PTR letter)
{
	size_t length = strlen(trace);

	trace[length] = (char)letter;
	trace[length + 1] = '\0';
}

static VOID CALLBACK note_timer(LPVOID letter, DWORD low, DWORD high)
{
	note(*(const char *)letter);
	expired = (LONGLONG)((uint64_t)high << 32 | low);
}

static void queue_here(char letter)
{
	assert_int_equal(QueueUserAPC(note, GetCurrentThread(), (ULONG_PTR)letter), 1);
}

static HANDLE own_thread(void)
{
	HANDLE handle = NULL;

	assert_true(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
				    &handle, 0, FALSE, DUPLICATE_SAME_ACCESS));
	return handle;
}

static void alertable_calls(void **state)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE two[] = { event, CreateEventA(NULL, FALSE, FALSE, NULL) };

	(void)state;
	assert_int_equal(SleepEx(0, TRUE), 0);
	queue_here('a');
	queue_here('b');
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	assert_string_equal(trace, "");
	assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	queue_here('c');
	assert_int_equal(WaitForSingleObjectEx(event, 0, TRUE), WAIT_IO_COMPLETION);
	queue_here('d');
	assert_int_equal(WaitForMultipleObjectsEx(2, two, FALSE, 0, TRUE), WAIT_IO_COMPLETION);
	queue_here('e');
	assert_int_equal(SignalObjectAndWait(event, two[1], 0, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	queue_here('f');
	assert_int_equal(NtWaitForSingleObject(event, TRUE, NULL), STATUS_USER_APC);
	queue_here('g');
	assert_int_equal(NtTestAlert(), STATUS_SUCCESS);
	queue_here('h');
	assert_int_equal(WaitForSingleObjectEx(GetCurrentThread(), INFINITE, TRUE),
			 WAIT_IO_COMPLETION);
	assert_string_equal(trace, "abcdefgh");
	assert_int_equal(QueueUserAPC(NULL, GetCurrentThread(), 0), 1);
	assert_int_equal(SleepEx(1, TRUE), 0);
	assert_true(CloseHandle(event));
	assert_true(CloseHandle(two[1]));
}

static void bad_threads(void **state)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

	(void)state;
	assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, NULL, 'a'));
	assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, event, 'a'));
	assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, GetCurrentProcess(), 'a'));
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, QueueUserAPC(note, GetCurrentThread(), 'a'));
	assert_true(CloseHandle(event));
}

static HANDLE published;

static void *publish_and_sleep(void *unused)
{
	HANDLE handle = own_thread();

	__atomic_store_n(&published, handle, __ATOMIC_RELEASE);
	SleepEx(INFINITE, TRUE);
	return unused;
}

static void other_threads(void **state)
{
	HANDLE thread;
	pthread_t id;

	(void)state;
	published = NULL;
	assert_int_equal(pthread_create(&id, NULL, publish_and_sleep, NULL), 0);
	sim_await_sleepers(1);
	thread = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
	assert_non_null(thread);
	assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
	/* The handle of the other one is none of this one. */
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(thread, GetCurrentThread()));
	assert_int_equal(QueueUserAPC(note, thread, 'a'), 1);
	pthread_join(id, NULL);
	assert_string_equal(trace, "a");
	assert_int_equal(WaitForSingleObject(thread, 0), WAIT_OBJECT_0);
	assert_fails(ERROR_GEN_FAILURE, QueueUserAPC(note, thread, 'b'));
	assert_true(CloseHandle(thread));
	assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, thread, 'b'));
}

static void duplicates_of_threads(void **state)
{
	HANDLE self = GetCurrentProcess(), thread = own_thread(), copy = NULL;
	unsigned int before = sim_open_objects();

	(void)state;
	assert_true(CompareObjectHandles(thread, GetCurrentThread()));
	assert_true(DuplicateHandle(self, thread, self, &copy, SYNCHRONIZE, FALSE, 0));
	assert_true(CompareObjectHandles(thread, copy));
	assert_true(CompareObjectHandles(GetCurrentThread(), copy));
	assert_true(CloseHandle(thread));
	assert_int_equal(QueueUserAPC(note, copy, 'a'), 1);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_string_equal(trace, "a");
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY,
		     DuplicateHandle(self, copy, self, &thread, 0, FALSE, 2));
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY,
		     DuplicateHandle(self, GetCurrentThread(), self, &thread, 0, FALSE, 2));
	sim_fail(WINSYNC_IOC_DUPLICATE, EMFILE);
	assert_fails(ERROR_TOO_MANY_OPEN_FILES,
		     DuplicateHandle(self, copy, self, &thread, 0, FALSE, 2));
	sim_fail(WINSYNC_IOC_DUPLICATE, EMFILE);
	assert_fails(ERROR_TOO_MANY_OPEN_FILES,
		     DuplicateHandle(self, GetCurrentThread(), self, &thread, 0, FALSE, 2));
	assert_int_equal(sim_open_objects(), before);
	assert_true(CloseHandle(copy));
}

static void *make_a_handle_in_vain(void *unused)
{
	HANDLE self = GetCurrentProcess(), handle = NULL;

	sim_fail(WINSYNC_IOC_EVENT_CREATE, EDQUOT);
	assert_fails(ERROR_NOT_ENOUGH_QUOTA,
		     DuplicateHandle(self, GetCurrentThread(), self, &handle, 0, FALSE, 2));
	return unused;
}

static void threads_without_handles(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, make_a_handle_in_vain, NULL), 0);
	pthread_join(thread, NULL);
}

/* The child of fork is another thread: the event of its end is another one. */
static void threads_of_a_child(void **state)
{
	HANDLE thread = own_thread();
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		HANDLE mine = own_thread();

		leave(!CompareObjectHandles(thread, mine) &&
		      !QueueUserAPC(note, thread, 'x') && QueueUserAPC(note, mine, 'y'));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(CloseHandle(thread));
}

static void waits_with_other_fds(void **state)
{
	HANDLE handles[] = { CreateEventA(NULL, FALSE, FALSE, NULL), NULL };
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	handles[1] = H(pipes[0]);
	sim_fail(WINSYNC_IOC_WAIT_ANY, EBADFD);
	queue_here('a');
	assert_int_equal(WaitForMultipleObjectsEx(2, handles, FALSE, INFINITE, TRUE),
			 WAIT_IO_COMPLETION);
	assert_string_equal(trace, "a");
	sim_fail(WINSYNC_IOC_WAIT_ANY, EBADFD);
	w32_ppoll_readies = pipes[0];
	assert_int_equal(WaitForMultipleObjectsEx(2, handles, FALSE, INFINITE, TRUE),
			 WAIT_OBJECT_0 + 1);
	w32_ppoll_readies = 0;
	assert_true(CloseHandle(handles[0]));
	assert_true(CloseHandle(handles[1]));
	close(pipes[1]);
}

static void timers(void **state)
{
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
	LARGE_INTEGER due = { .QuadPart = -1 };

	(void)state;
	assert_true(SetWaitableTimer(timer, &due, 0, note_timer, "a", FALSE));
	assert_int_equal(SleepEx(0, TRUE), 0);
	sim_expire(wsync_win32_fd(timer), 1, 1000);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_string_equal(trace, "a");
	assert_true(expired == EPOCH + 10);
	/* Set again, the first call is forgotten. */
	assert_true(SetWaitableTimer(timer, &due, 0, note_timer, "b", FALSE));
	assert_true(SetWaitableTimerEx(timer, &due, 0, note_timer, "c", NULL, 0));
	sim_expire(wsync_win32_fd(timer), 1, 1000);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_true(SetWaitableTimer(timer, &due, 0, note_timer, "d", FALSE));
	assert_true(CancelWaitableTimer(timer));
	assert_true(SetWaitableTimer(timer, &due, 0, note_timer, "e", FALSE));
	assert_true(CloseHandle(timer));
	assert_int_equal(SleepEx(0, TRUE), 0);
	assert_string_equal(trace, "ac");
}

static void *set_and_end(void *timer)
{
	LARGE_INTEGER due = { .QuadPart = -1 };

	SetWaitableTimer(timer, &due, 0, note_timer, "x", FALSE);
	return NULL;
}

static void timers_of_a_thread_that_ends(void **state)
{
	unsigned int before = sim_open_objects();
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, set_and_end, timer), 0);
	pthread_join(thread, NULL);
	assert_true(CloseHandle(timer));
	assert_int_equal(sim_open_objects(), before);
}

static void *set_in_vain(void *timer)
{
	LARGE_INTEGER due = { .QuadPart = -1 };

	for (int i = 1; i <= 2; i++) {
		fake_failing_allocation = i;
		assert_fails(ERROR_NOT_ENOUGH_MEMORY,
			     SetWaitableTimer(timer, &due, 0, note_timer, "x", FALSE));
	}
	fake_failing_allocation = 0;
	sim_fail(WINSYNC_IOC_TIMER_SET, EACCES);
	assert_fails(ERROR_ACCESS_DENIED,
		     SetWaitableTimer(timer, &due, 0, note_timer, "x", FALSE));
	return NULL;
}

static void timers_in_vain(void **state)
{
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, set_in_vain, timer), 0);
	pthread_join(thread, NULL);
	assert_true(CloseHandle(timer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(alertable_calls, setup),
		cmocka_unit_test_setup(bad_threads, setup),
		cmocka_unit_test_setup(other_threads, setup),
		cmocka_unit_test_setup(duplicates_of_threads, setup),
		cmocka_unit_test_setup(threads_without_handles, setup),
		cmocka_unit_test_setup(threads_of_a_child, setup),
		cmocka_unit_test_setup(waits_with_other_fds, setup),
		cmocka_unit_test_setup(timers, setup),
		cmocka_unit_test_setup(timers_of_a_thread_that_ends, setup),
		cmocka_unit_test_setup(timers_in_vain, setup),
	};

	return cmocka_run_group_tests_name("win32_apc", tests, start, NULL);
}
