// SPDX-License-Identifier: GPL-2.0-only
/* Queued calls, routines of timers, handles of threads, over the little module of sim.h. */
#include "w32.h"

#include <poll.h>
#include <sched.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

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

/* If set, is called before an event is set. */
static void (*before_set)(void);

/* Rights of the last duplicate. */
static uint32_t duplicate_access;

static int with_real_fds(int fd, unsigned long request, void *argument)
{
	const struct winsync_duplicate_args *duplicate = argument;

	if (request == WINSYNC_IOC_DUPLICATE)
		duplicate_access = duplicate->access;
	if (request == WINSYNC_IOC_EVENT_SET && before_set)
		before_set();
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

static BOOL try_native(HANDLE handle, NTSTATUS (*call)(HANDLE handle, PLONG previous))
{
	NTSTATUS status = call(handle, NULL);

	if (status == STATUS_OBJECT_TYPE_MISMATCH)
		SetLastError(ERROR_INVALID_HANDLE);
	if (status == STATUS_ACCESS_DENIED)
		SetLastError(ERROR_ACCESS_DENIED);
	return NT_SUCCESS(status);
}

/* The event behind a handle of a thread is no event for its users [EV-28]. */
static void threads_are_no_events(void **state)
{
	HANDLE thread = own_thread(), event = CreateEventA(NULL, FALSE, FALSE, NULL);
	const struct {
		HANDLE handle;
		DWORD code;
	} cases[] = {
		{ event, ERROR_ACCESS_DENIED }, { thread, ERROR_INVALID_HANDLE },
	};

	(void)state;
	assert_int_equal(duplicate_access, WINSYNC_ACCESS_SYNCHRONIZE);
	for (size_t i = 0; i < count_of(cases); i++) {
		sim_fail(WINSYNC_IOC_EVENT_SET, EACCES);
		assert_fails(cases[i].code, SetEvent(cases[i].handle));
		sim_fail(WINSYNC_IOC_EVENT_RESET, EACCES);
		assert_fails(cases[i].code, ResetEvent(cases[i].handle));
		sim_fail(WINSYNC_IOC_EVENT_PULSE, EACCES);
		assert_fails(cases[i].code, PulseEvent(cases[i].handle));
		sim_fail(WINSYNC_IOC_EVENT_SET, EACCES);
		assert_fails(cases[i].code, try_native(cases[i].handle, NtSetEvent));
		sim_fail(WINSYNC_IOC_EVENT_RESET, EACCES);
		assert_fails(cases[i].code, try_native(cases[i].handle, NtResetEvent));
		sim_fail(WINSYNC_IOC_EVENT_PULSE, EACCES);
		assert_fails(cases[i].code, try_native(cases[i].handle, NtPulseEvent));
		sim_fail(WINSYNC_IOC_SIGNAL_AND_WAIT, EACCES);
		assert_wait_fails(cases[i].code,
				  SignalObjectAndWait(cases[i].handle, event, 0, FALSE));
	}
	assert_true(CloseHandle(thread));
	assert_true(CloseHandle(event));
}

static void query_of_a_thread(void **state)
{
	EVENT_BASIC_INFORMATION info;
	HANDLE thread = own_thread();

	(void)state;
	sim_fail(WINSYNC_IOC_EVENT_QUERY, EACCES);
	assert_int_equal(NtQueryEvent(thread, EventBasicInformation, &info, sizeof(info), NULL),
			 STATUS_OBJECT_TYPE_MISMATCH);
	assert_true(CloseHandle(thread));
}

static DWORD queued_at_end, error_at_end;

/* What others find who see that the thread has ended. */
static void queue_at_end(void)
{
	before_set = NULL;
	queued_at_end = QueueUserAPC(note, published, 'x');
	error_at_end = GetLastError();
}

static void *publish_and_end(void *unused)
{
	published = own_thread();
	before_set = queue_at_end;
	return unused;
}

/* [APC-13]; the first test, so that no other one has settled the order of the destructors. */
static void no_calls_for_who_has_ended(void **state)
{
	pthread_t id;

	(void)state;
	queued_at_end = 77;
	assert_int_equal(pthread_create(&id, NULL, publish_and_end, NULL), 0);
	pthread_join(id, NULL);
	assert_null(before_set);
	assert_int_equal(queued_at_end, 0);
	assert_int_equal(error_at_end, ERROR_GEN_FAILURE);
	assert_int_equal(WaitForSingleObject(published, 0), WAIT_OBJECT_0);
	assert_true(CloseHandle(published));
}

static HANDLE innocent;

/* A daemon closes all fds, and the number of the event becomes another one's. */
static void *lose_the_event(void *unused)
{
	HANDLE handle, again;

	innocent = CreateEventA(NULL, TRUE, FALSE, NULL);
	assert_true(CloseHandle(innocent));
	handle = own_thread();
	assert_ptr_not_equal(handle, innocent);
	wsync_close(wsync_win32_fd(innocent));
	assert_ptr_equal(CreateEventA(NULL, TRUE, FALSE, NULL), innocent);
	again = own_thread();
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(again, innocent));
	assert_true(CloseHandle(again));
	assert_true(CloseHandle(handle));
	return unused;
}

static void *lose_the_event_and_end(void *unused)
{
	innocent = CreateEventA(NULL, TRUE, FALSE, NULL);
	assert_true(CloseHandle(innocent));
	assert_true(CloseHandle(own_thread()));
	wsync_close(wsync_win32_fd(innocent));
	assert_ptr_equal(CreateEventA(NULL, TRUE, FALSE, NULL), innocent);
	return unused;
}

static void events_of_threads_that_were_lost(void **state)
{
	void *(*const ways[])(void *) = { lose_the_event, lose_the_event_and_end };

	(void)state;
	for (size_t i = 0; i < count_of(ways); i++) {
		pthread_t id;

		assert_int_equal(pthread_create(&id, NULL, ways[i], NULL), 0);
		pthread_join(id, NULL);
		assert_int_equal(WaitForSingleObject(innocent, 0), WAIT_TIMEOUT);
		assert_true(CloseHandle(innocent));
	}
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

static void *sleep_without_a_queue(void *unused)
{
	struct timespec begin, end;

	sim_fail(WINSYNC_IOC_EVENT_CREATE, EMFILE);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(SleepEx(20, TRUE), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true((end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec >=
		    20000000);
	return unused;
}

static void sleeps_without_a_queue(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sleep_without_a_queue, NULL), 0);
	pthread_join(thread, NULL);
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

/* In a child, which is number 1 in a pid namespace of its own; 77: that can't be had. */
static int in_namespace(int (*function)(void))
{
	int status = -1;
	pid_t pid;

	if (unshare(CLONE_NEWPID) != 0)
		return 77;
	pid = fork();
	if (pid == 0)
		_exit(getpid() == 1 ? function() : 2);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static HANDLE thread_of_one;

static int is_another_one(void)
{
	return CompareObjectHandles(thread_of_one, own_thread()) ? 4 : 0;
}

static int be_one_and_make_another(void)
{
	thread_of_one = own_thread();
	return in_namespace(is_another_one);
}

static void threads_of_a_child_of_the_same_number(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(in_namespace(be_one_and_make_another));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
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

static void waits_for_all_with_a_process(void **state)
{
	HANDLE self = GetCurrentProcess();
	HANDLE handles[] = { NULL, CreateEventA(NULL, TRUE, TRUE, NULL) };

	(void)state;
	/* valgrind may not know pidfd_open(). */
	if (!DuplicateHandle(self, self, self, &handles[0], 0, FALSE, 2) &&
	    GetLastError() == ERROR_NOT_SUPPORTED) {
		assert_true(CloseHandle(handles[1]));
		skip();
	}
	assert_non_null(handles[0]);
	/* The number may be that of the pipe. */
	w32_ready(wsync_win32_fd(handles[0]), 0);
	queue_here('a');
	assert_int_equal(WaitForMultipleObjectsEx(2, handles, TRUE, INFINITE, TRUE),
			 WAIT_IO_COMPLETION);
	assert_string_equal(trace, "a");
	assert_int_equal(WaitForMultipleObjectsEx(2, handles, TRUE, 0, TRUE), WAIT_TIMEOUT);
	assert_true(CloseHandle(handles[0]));
	assert_true(CloseHandle(handles[1]));
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

/* The routine lives as long as its timer, if a duplicate has the number of the handle. */
static void timers_with_the_number_of_their_handle(void **state)
{
	HANDLE self = GetCurrentProcess(), copy = NULL, again = NULL;
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
	HANDLE other = CreateWaitableTimerA(NULL, FALSE, NULL);
	LARGE_INTEGER due = { .QuadPart = -1 };

	(void)state;
	assert_true(SetWaitableTimer(timer, &due, 0, note_timer, "a", FALSE));
	assert_true(DuplicateHandle(self, timer, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_true(CloseHandle(timer));
	assert_true(DuplicateHandle(self, copy, self, &again, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_ptr_equal(again, timer);
	/* Takes memory that was freed too early. */
	assert_true(SetWaitableTimer(other, &due, 0, note_timer, "b", FALSE));
	sim_expire(wsync_win32_fd(copy), 1, 1000);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_string_equal(trace, "a");
	assert_true(CloseHandle(copy));
	assert_true(CloseHandle(again));
	assert_true(CloseHandle(other));
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
		cmocka_unit_test_setup(no_calls_for_who_has_ended, setup),
		cmocka_unit_test_setup(alertable_calls, setup),
		cmocka_unit_test_setup(bad_threads, setup),
		cmocka_unit_test_setup(other_threads, setup),
		cmocka_unit_test_setup(duplicates_of_threads, setup),
		cmocka_unit_test_setup(threads_are_no_events, setup),
		cmocka_unit_test_setup(query_of_a_thread, setup),
		cmocka_unit_test_setup(events_of_threads_that_were_lost, setup),
		cmocka_unit_test_setup(sleeps_without_a_queue, setup),
		cmocka_unit_test_setup(threads_without_handles, setup),
		cmocka_unit_test_setup(threads_of_a_child, setup),
		cmocka_unit_test_setup(threads_of_a_child_of_the_same_number, setup),
		cmocka_unit_test_setup(waits_with_other_fds, setup),
		cmocka_unit_test_setup(waits_for_all_with_a_process, setup),
		cmocka_unit_test_setup(timers, setup),
		cmocka_unit_test_setup(timers_with_the_number_of_their_handle, setup),
		cmocka_unit_test_setup(timers_of_a_thread_that_ends, setup),
		cmocka_unit_test_setup(timers_in_vain, setup),
	};

	return cmocka_run_group_tests_name("win32_apc", tests, start, NULL);
}
