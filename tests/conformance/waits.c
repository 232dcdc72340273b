// SPDX-License-Identifier: GPL-2.0-only
/* Section 5 of docs/windows-semantics.md: waits. */
#include "harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void tests_and_acquires(void)
{
	HANDLE event = new_event(FALSE, TRUE), semaphore = new_semaphore(1, 1);
	struct actor *actor = hire();

	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(event, INFINITE));
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(semaphore));
	EXPECT_EQ(0, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
	begin_wait(actor, event);
	EXPECT(is_busy(actor));
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	EXPECT_EQ(0, event_state(event));
}

static void side_effects(void)
{
	HANDLE set_auto = new_event(FALSE, TRUE), set_manual = new_event(TRUE, TRUE);
	HANDLE semaphore = new_semaphore(2, 2), mutex = new_mutex(FALSE);
	HANDLE one_shot = new_timer(FALSE), manual_timer = new_timer(TRUE);
	HANDLE handles[] = { set_manual, set_auto, semaphore, mutex, one_shot, manual_timer };

	set_timer_ms(one_shot, 0, 0);
	set_timer_ms(manual_timer, 0, 0);
	while (!timer_signaled(one_shot) || !timer_signaled(manual_timer))
		Sleep(1);
	/* Each in its turn, and nothing else is touched. */
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(6, handles, FALSE, 0));
	EXPECT_EQ(1, event_state(set_manual));
	EXPECT_EQ(1, event_state(set_auto));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(5, handles + 1, FALSE, 0));
	EXPECT_EQ(0, event_state(set_auto));
	EXPECT_EQ(2, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(5, handles + 1, FALSE, 0));
	EXPECT_EQ(1, semaphore_count(semaphore));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(3, handles + 3, FALSE, 0));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	EXPECT(timer_signaled(one_shot));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, handles + 4, FALSE, 0));
	EXPECT(!timer_signaled(one_shot));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(2, handles + 4, FALSE, 0));
	EXPECT(timer_signaled(manual_timer));
	EXPECT_EQ(1, semaphore_count(semaphore));
}

static void timeouts(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	int64_t since = milliseconds(CLOCK_MONOTONIC);
	struct actor *actor = hire();

	EXPECT_EQ(0xffffffff, INFINITE);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, 50));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 49);
	since = milliseconds(CLOCK_MONOTONIC);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(1, &event, TRUE, 50));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 49);
	begin_wait(actor, event);
	EXPECT(is_busy(actor));
}

static NTSTATUS nt_wait(HANDLE handle, LONGLONG timeout)
{
	LARGE_INTEGER value = { .QuadPart = timeout };

	return NtWaitForSingleObject(handle, FALSE, &value);
}

static DWORD act_nt_forever(void *event)
{
	return (DWORD)NtWaitForSingleObject(event, FALSE, NULL);
}

static DWORD act_nt_latest(void *event)
{
	return (DWORD)nt_wait(event, INT64_MAX);
}

static void native_timeouts(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *forever = hire(), *latest = hire();
	int64_t since = milliseconds(CLOCK_MONOTONIC);
	LONGLONG until;

	EXPECT_EQ(STATUS_TIMEOUT, nt_wait(event, -50 * 10000));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 49);
	until = file_time() + 100 * 10000;
	EXPECT_EQ(STATUS_TIMEOUT, nt_wait(event, until));
	EXPECT(file_time() >= until);
	EXPECT_EQ(STATUS_TIMEOUT, nt_wait(event, 0));
	EXPECT_EQ(STATUS_TIMEOUT, nt_wait(event, 1));
	EXPECT_EQ(STATUS_TIMEOUT, nt_wait(event, file_time() - 1));
	begin(forever, act_nt_forever, event);
	begin(latest, act_nt_latest, event);
	EXPECT(is_busy(forever));
	EXPECT(is_busy(latest));
	EXPECT(SetEvent(event));
	EXPECT(SetEvent(event));
	while (waiters_of(event))
		SetEvent(event);
	EXPECT_EQ(STATUS_WAIT_0, finish(forever));
	EXPECT_EQ(STATUS_WAIT_0, finish(latest));
	EXPECT_EQ(STATUS_INVALID_HANDLE, nt_wait(NULL, 0));
}

static DWORD act_nt_in_an_hour(void *event)
{
	return (DWORD)nt_wait(event, file_time() + 3600 * 10000000LL);
}

static DWORD act_an_hour(void *event)
{
	return WaitForSingleObject(event, 3600 * 1000);
}

static void await_waiters(HANDLE handle, unsigned int count)
{
	while (waiters_of(handle) != count)
		Sleep(1);
}

static void clock_changes(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *absolute = hire(), *relative = hire();

	begin(absolute, act_nt_in_an_hour, event);
	begin(relative, act_an_hour, event);
	await_waiters(event, 2);
	EXPECT(is_busy(absolute));
	jump_seconds(7200);
	EXPECT_EQ(STATUS_TIMEOUT, finish(absolute));
	EXPECT(is_busy(relative));
	jump_seconds(-7200);
}

/* Plain variables, which only the waits and signals order. */
static struct {
	HANDLE ping, pong;
	int x, y, saw_x, saw_y;
} shared;

#define ROUNDS 2000

static int relaxed(const int *variable)
{
	return __atomic_load_n(variable, __ATOMIC_RELAXED);
}

static void write_relaxed(int *variable, int value)
{
	__atomic_store_n(variable, value, __ATOMIC_RELAXED);
}

/* Message passing: what was written before a signal is seen after the wait. */
static void *answer(void *unused)
{
	(void)unused;
	for (int i = 1; i <= ROUNDS; i++) {
		WaitForSingleObject(shared.ping, INFINITE);
		write_relaxed(&shared.saw_x, relaxed(&shared.x));
		SetEvent(shared.pong);
	}
	return NULL;
}

static void messages_pass(void)
{
	pthread_t thread;

	shared.ping = new_event(FALSE, FALSE);
	shared.pong = new_event(FALSE, FALSE);
	MUST(pthread_create(&thread, NULL, answer, NULL) == 0);
	for (int i = 1; i <= ROUNDS; i++) {
		write_relaxed(&shared.x, i);
		SetEvent(shared.ping);
		MUST(WaitForSingleObject(shared.pong, PATIENCE_MS) == WAIT_OBJECT_0);
		if (!EXPECT_EQ(i, relaxed(&shared.saw_x)))
			break;
	}
	pthread_join(thread, NULL);
}

/* Store buffering: of two threads that write, wait in vain, and read, one sees the other. */
static void *second(void *event)
{
	for (int i = 1; i <= ROUNDS; i++) {
		write_relaxed(&shared.y, i);
		try(event);
		write_relaxed(&shared.saw_x, relaxed(&shared.x));
		SetEvent(shared.pong);
		WaitForSingleObject(shared.ping, INFINITE);
	}
	return NULL;
}

static void waits_in_vain_are_barriers(void)
{
	HANDLE never = new_event(FALSE, FALSE);
	pthread_t thread;

	shared.ping = new_event(FALSE, FALSE);
	shared.pong = new_event(FALSE, FALSE);
	MUST(pthread_create(&thread, NULL, second, never) == 0);
	for (int i = 1; i <= ROUNDS; i++) {
		write_relaxed(&shared.x, i);
		try(never);
		write_relaxed(&shared.saw_y, relaxed(&shared.y));
		MUST(WaitForSingleObject(shared.pong, PATIENCE_MS) == WAIT_OBJECT_0);
		EXPECT(relaxed(&shared.saw_x) == i || relaxed(&shared.saw_y) == i);
		SetEvent(shared.ping);
	}
	pthread_join(thread, NULL);
}

static void interrupt(int number)
{
	(void)number;
}

static void no_spurious_returns(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();
	sigset_t mask;

	sigaction(SIGUSR1, &action, NULL);
	begin_wait(actor, event);
	/* All go to the one that waits. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	for (int i = 0; i < 20; i++) {
		kill(getpid(), SIGUSR1);
		Sleep(1);
	}
	EXPECT(is_busy(actor));
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
}

static DWORD wait_a_quarter(void *event)
{
	int64_t since = milliseconds(CLOCK_MONOTONIC);
	DWORD result = WaitForSingleObject(event, 250);

	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 249);
	return result;
}

/* Interruptions neither shorten the wait nor, by beginning it anew, make it endless. */
static void interruptions_keep_the_deadline(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct actor *actor = hire();
	sigset_t mask;

	sigaction(SIGUSR1, &action, NULL);
	begin(actor, wait_a_quarter, new_event(FALSE, FALSE));
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	while (is_busy(actor))
		kill(getpid(), SIGUSR1);
	EXPECT_EQ(WAIT_TIMEOUT, finish(actor));
}

static void never_early(void)
{
	HANDLE event = new_event(FALSE, FALSE);

	for (DWORD ms = 1; ms <= 10; ms++) {
		struct timespec before, after;

		clock_gettime(CLOCK_MONOTONIC, &before);
		EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, ms));
		clock_gettime(CLOCK_MONOTONIC, &after);
		EXPECT((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
		       before.tv_nsec >= (int64_t)ms * 1000000);
	}
}

static DWORD wait_a_little(void *event)
{
	return WaitForSingleObject(event, 2);
}

static void one_outcome_of_a_race(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();

	for (int i = 0; i < 100; i++) {
		DWORD result;

		begin(actor, wait_a_little, event);
		Sleep(2);
		EXPECT(SetEvent(event));
		result = finish(actor);
		EXPECT(result == WAIT_OBJECT_0 || result == WAIT_TIMEOUT);
		EXPECT_EQ(result == WAIT_OBJECT_0 ? WAIT_TIMEOUT : WAIT_OBJECT_0, try(event));
	}
}

static int wait_to_be_killed(int argc, char **argv)
{
	if (argc != 3 || !SetEvent(handle_argument(argv[2])))
		return 1;
	WaitForSingleObject(handle_argument(argv[1]), INFINITE);
	return 2;
}

static void the_killed_swallow_nothing(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE event = CreateEventA(&inherit, FALSE, FALSE, NULL);
	HANDLE ready = CreateEventA(&inherit, FALSE, FALSE, NULL);
	struct actor *actor = hire();
	pid_t pid;

	MUST(event && ready);
	pid = start_program("wait-to-be-killed", 2, value_of(event), value_of(ready));
	MUST(WaitForSingleObject(ready, PATIENCE_MS) == WAIT_OBJECT_0);
	await_waiters(event, 1);
	begin_wait(actor, event);
	kill(pid, SIGKILL);
	end_of(pid);
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
}

static void counts(void)
{
	HANDLE handles[MAXIMUM_WAIT_OBJECTS + 1];

	for (size_t i = 0; i < count_of(handles); i++)
		handles[i] = new_event(FALSE, FALSE);
	EXPECT_EQ(64, MAXIMUM_WAIT_OBJECTS);
	for (BOOL all = FALSE; all <= TRUE; all++) {
		EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(0, handles, all, 0));
		EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(0, NULL, all, 0));
		EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(65, handles, all, 0));
		EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjects(0xffffffff, NULL, all, 0));
		EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(64, handles, all, 20));
	}
}

static void bad_handle_fails_everything(void)
{
	HANDLE set = new_event(FALSE, TRUE), closed = new_event(FALSE, FALSE);
	const HANDLE bad[] = { NULL, INVALID_HANDLE_VALUE, (HANDLE)(uintptr_t)0xdeadbee0, closed };

	MUST(CloseHandle(closed));
	for (size_t i = 0; i < count_of(bad); i++) {
		HANDLE handles[] = { set, bad[i] };

		EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
				  WaitForMultipleObjects(2, handles, FALSE, 0));
		EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
				  WaitForMultipleObjects(2, handles, TRUE, 0));
	}
	EXPECT_EQ(1, event_state(set));
}

static void every_handle_needs_synchronize(void)
{
	HANDLE set = new_event(FALSE, TRUE);
	HANDLE handles[] = { set, duplicate_of(new_event(FALSE, TRUE), EVENT_ALL_ACCESS &
								      ~SYNCHRONIZE) };

	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, WaitForMultipleObjects(2, handles, FALSE, 0));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, WaitForMultipleObjects(2, handles, TRUE, 0));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(handles[1]));
	EXPECT_EQ(1, event_state(set));
	EXPECT_EQ(1, event_state(handles[1]));
}

static void pseudo_handles(void)
{
	HANDLE self[] = { GetCurrentProcess(), GetCurrentThread() };

	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, try(NULL));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, try((HANDLE)(uintptr_t)0xdeadbee0));
	for (size_t i = 0; i < count_of(self); i++) {
		EXPECT_EQ(WAIT_TIMEOUT, try(self[i]));
		EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(self[i], 20));
		EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
				  WaitForMultipleObjects(1, &self[i], FALSE, 0));
		EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
				  WaitForMultipleObjects(2, self, TRUE, 0));
	}
}

static void the_first_wins(void)
{
	HANDLE handles[64];

	for (size_t i = 0; i < 64; i++)
		handles[i] = new_event(i == 0, TRUE);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(64, handles, FALSE, 0));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(64, handles, FALSE, 0));
	EXPECT(ResetEvent(handles[0]));
	for (DWORD i = 1; i < 64; i++)
		EXPECT_EQ(WAIT_OBJECT_0 + i, WaitForMultipleObjects(64, handles, FALSE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(64, handles, FALSE, 0));
}

static void a_low_index_starves_others(void)
{
	HANDLE handles[] = { new_event(TRUE, TRUE), new_event(FALSE, TRUE) };

	for (int i = 0; i < 100; i++)
		EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, handles, FALSE, INFINITE));
	EXPECT_EQ(1, event_state(handles[1]));
}

static void the_index_is_what_was_taken(void)
{
	HANDLE handles[] = { new_event(FALSE, FALSE), new_event(FALSE, FALSE) };
	struct actor *actor = hire();

	for (int i = 0; i < 100; i++) {
		DWORD taken;

		begin_wait_many(actor, 2, handles, FALSE);
		EXPECT(SetEvent(handles[1]));
		EXPECT(SetEvent(handles[0]));
		taken = finish(actor);
		MUST(taken <= WAIT_OBJECT_0 + 1);
		EXPECT_EQ(0, event_state(handles[taken]));
		EXPECT_EQ(1, event_state(handles[1 - taken]));
		EXPECT(ResetEvent(handles[0]));
		EXPECT(ResetEvent(handles[1]));
	}
}

static void duplicates_in_any(void)
{
	HANDLE event = new_event(FALSE, TRUE), semaphore = new_semaphore(1, 3);
	HANDLE handles[] = { semaphore, event, event, semaphore };
	struct actor *actor = hire();

	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(4, handles, FALSE, 0));
	EXPECT_EQ(0, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(4, handles, FALSE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(4, handles, FALSE, 10));
	begin_wait_many(actor, 4, handles, FALSE);
	EXPECT(ReleaseSemaphore(semaphore, 2, NULL));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	EXPECT_EQ(1, semaphore_count(semaphore));
}

static void all_or_nothing(void)
{
	HANDLE handles[] = { new_event(FALSE, TRUE), new_semaphore(1, 1), new_mutex(FALSE),
			     new_event(FALSE, FALSE) };
	struct actor *actor = hire();

	begin_wait_many(actor, 4, handles, TRUE);
	EXPECT_EQ(1, event_state(handles[0]));
	EXPECT_EQ(1, semaphore_count(handles[1]));
	EXPECT_MUTEX(1, FALSE, FALSE, handles[2]);
	/* Others may take them meanwhile. */
	EXPECT_EQ(WAIT_OBJECT_0, try(handles[1]));
	EXPECT(SetEvent(handles[3]));
	EXPECT(is_busy(actor));
	EXPECT_EQ(1, event_state(handles[0]));
	EXPECT(ReleaseSemaphore(handles[1], 1, NULL));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	EXPECT_EQ(0, event_state(handles[0]));
	EXPECT_EQ(0, semaphore_count(handles[1]));
	EXPECT_EQ(TRUE, ask(actor, act_mutex_owned, handles[2]));
	EXPECT_EQ(0, event_state(handles[3]));
}

static void all_returns_zero(void)
{
	HANDLE handles[64];

	for (size_t i = 0; i < 64; i++)
		handles[i] = new_event(FALSE, TRUE);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(64, handles, TRUE, 0));
	for (size_t i = 0; i < 64; i++)
		EXPECT_EQ(0, event_state(handles[i]));
}

static void all_that_times_out(void)
{
	HANDLE handles[] = { new_event(FALSE, TRUE), new_semaphore(2, 2), new_mutex(FALSE),
			     new_event(TRUE, FALSE) };

	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(4, handles, TRUE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(4, handles, TRUE, 30));
	EXPECT_EQ(1, event_state(handles[0]));
	EXPECT_EQ(2, semaphore_count(handles[1]));
	EXPECT_MUTEX(1, FALSE, FALSE, handles[2]);
}

static void duplicates_in_all(void)
{
	HANDLE event = CreateEventA(NULL, FALSE, TRUE, "twice"), other = new_event(FALSE, TRUE);
	HANDLE same[] = { event, other, event };
	HANDLE again[] = { event, other, CreateEventA(NULL, FALSE, FALSE, "twice") };

	EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(3, same, TRUE, 0));
	EXPECT_WAIT_ERROR(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(3, again, TRUE, 0));
	EXPECT_EQ(1, event_state(event));
	EXPECT_EQ(1, event_state(other));
}

static void own_mutex_in_all(void)
{
	HANDLE mutex = new_mutex(TRUE);
	HANDLE handles[] = { mutex, new_event(FALSE, TRUE) };

	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, handles, TRUE, 0));
	EXPECT_MUTEX(-1, TRUE, FALSE, mutex);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, handles, TRUE, 10));
	EXPECT_MUTEX(-1, TRUE, FALSE, mutex);
}

static void all_of_one(void)
{
	HANDLE event = new_event(FALSE, TRUE), self = NULL;

	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(1, &event, TRUE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(1, &event, TRUE, 10));
	MUST(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &self,
			     0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(1, &self, TRUE, 10));
}

static void *lock_both(void *handles)
{
	for (int i = 0; i < 500; i++) {
		if (WaitForMultipleObjects(2, handles, TRUE, PATIENCE_MS) != WAIT_OBJECT_0)
			return handles;
		ReleaseMutex(((HANDLE *)handles)[0]);
		ReleaseMutex(((HANDLE *)handles)[1]);
	}
	return NULL;
}

static void no_deadlock(void)
{
	HANDLE forth[] = { new_mutex(FALSE), new_mutex(FALSE) };
	HANDLE back[] = { forth[1], forth[0] };
	pthread_t thread;
	void *hung;

	MUST(pthread_create(&thread, NULL, lock_both, back) == 0);
	EXPECT(lock_both(forth) == NULL);
	MUST(pthread_join(thread, &hung) == 0);
	EXPECT(hung == NULL);
}

static void first_come_first_served(void)
{
	HANDLE semaphore = new_semaphore(0, 8);
	struct actor *actors[6];

	for (size_t i = 0; i < count_of(actors); i++) {
		actors[i] = hire();
		begin_wait(actors[i], semaphore);
	}
	for (size_t i = 0; i < count_of(actors); i++) {
		EXPECT(ReleaseSemaphore(semaphore, 1, NULL));
		EXPECT_EQ(WAIT_OBJECT_0, finish(actors[i]));
		EXPECT_EQ(count_of(actors) - 1 - i, waiters_of(semaphore));
	}
}

static void wait_outlives_the_handle(void)
{
	HANDLE event = new_event(FALSE, FALSE), other = duplicate_of(event, EVENT_ALL_ACCESS);
	HANDLE many[] = { new_event(FALSE, FALSE), duplicate_of(event, SYNCHRONIZE) };
	struct actor *one = hire(), *any = hire();

	begin_wait(one, event);
	begin_wait_many(any, 2, many, FALSE);
	EXPECT(CloseHandle(event));
	EXPECT(CloseHandle(many[0]));
	EXPECT(CloseHandle(many[1]));
	EXPECT(is_busy(one));
	EXPECT(is_busy(any));
	EXPECT(SetEvent(other));
	EXPECT_EQ(WAIT_OBJECT_0, finish(one));
	EXPECT(SetEvent(other));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, finish(any));
}

/* ---- beyond Windows: anything that can be polled ---- */

static int sleep_and_exit(int argc, char **argv)
{
	if (argc == 2)
		WaitForSingleObject(handle_argument(argv[1]), PATIENCE_MS);
	return 7;
}

static void processes(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE go = CreateEventA(&inherit, TRUE, FALSE, NULL), process;
	HANDLE handles[] = { new_event(FALSE, FALSE), NULL };
	pid_t pid = start_program("sleep-and-exit", 1, value_of(go));

	process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid);
	MUST(process != NULL);
	handles[1] = process;
	EXPECT_EQ(pid, GetProcessId(process));
	EXPECT_EQ(WAIT_TIMEOUT, try(process));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, handles, FALSE, 20));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, handles, TRUE, 20));
	/* The object comes first if both are ready, and is taken. */
	EXPECT(SetEvent(handles[0]));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, handles, FALSE, 20));
	EXPECT_EQ(0, event_state(handles[0]));
	EXPECT(SetEvent(go));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(2, handles, FALSE, PATIENCE_MS));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(process, INFINITE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, handles, TRUE, 20));
	EXPECT(SetEvent(handles[0]));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, handles, TRUE, 20));
	EXPECT_EQ(0, event_state(handles[0]));
	EXPECT_EQ(7, end_of(pid));
}

static void sockets(void)
{
	HANDLE handles[3] = { new_semaphore(0, 2), NULL, new_event(FALSE, FALSE) };
	struct actor *actor = hire();
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	handles[1] = wsync_win32_handle(pair[0]);
	EXPECT_WAIT_ERROR(ERROR_NOT_SUPPORTED, WaitForMultipleObjects(3, handles, TRUE, 0));
	begin_wait_many(actor, 3, handles, FALSE);
	MUST(write(pair[1], "x", 1) == 1);
	EXPECT_EQ(WAIT_OBJECT_0 + 1, finish(actor));
	MUST(read(pair[0], (char[1]){ 0 }, 1) == 1);
	begin_wait_many(actor, 3, handles, FALSE);
	EXPECT(is_busy(actor));
	EXPECT(SetEvent(handles[2]));
	EXPECT_EQ(WAIT_OBJECT_0 + 2, finish(actor));
	EXPECT_EQ(0, event_state(handles[2]));
	EXPECT(SetEvent(handles[2]));
	EXPECT(ReleaseSemaphore(handles[0], 1, NULL));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(3, handles, FALSE, 0));
	EXPECT_EQ(0, semaphore_count(handles[0]));
	EXPECT_EQ(1, event_state(handles[2]));
	EXPECT_EQ(WAIT_TIMEOUT,
		  SignalObjectAndWait(handles[0], wsync_win32_handle(pair[1]), 0, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, try(handles[0]));
	EXPECT(CloseHandle(handles[1]));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, WaitForMultipleObjects(3, handles, FALSE, 0));
	EXPECT_EQ(1, event_state(handles[2]));
}

static void handle_values(void)
{
	EXPECT(wsync_win32_handle(-1) == NULL);
	EXPECT_EQ(-1, wsync_win32_fd(NULL));
	EXPECT_EQ(-1, wsync_win32_fd(INVALID_HANDLE_VALUE));
	for (int fd = 0; fd < 5000; fd++) {
		HANDLE handle = wsync_win32_handle(fd);

		MUST(handle != NULL && handle != INVALID_HANDLE_VALUE);
		EXPECT_EQ(0, value_of(handle) % 4);
		EXPECT_EQ(fd, wsync_win32_fd(handle));
		EXPECT_EQ(-1, wsync_win32_fd((HANDLE)((uintptr_t)handle + 1)));
	}
}

static const struct check checks[] = {
	{ "WT-1", "a wait tests and acquires, or blocks", tests_and_acquires },
	{ "WT-2", "side effects only on what satisfied the wait", side_effects },
	{ "WT-3", "timeouts are relative milliseconds", timeouts },
	{ "WT-4", "native timeouts", native_timeouts },
	{ "WT-5", "changes of the clock move absolute timeouts only", clock_changes },
	{ "WT-6", "signals and waits order memory", messages_pass },
	{ "WT-6", "waits in vain are barriers", waits_in_vain_are_barriers },
	{ "WT-7", "no spurious returns", no_spurious_returns },
	{ "WT-7", "interruptions keep the deadline", interruptions_keep_the_deadline },
	{ "WT-8", "never early", never_early },
	{ "WT-9", "a race of signal and timeout has one outcome", one_outcome_of_a_race },
	{ "WT-10", "the killed swallow nothing", the_killed_swallow_nothing },
	{ "WT-11", "counts", counts },
	{ "WT-13", "a bad handle fails everything", bad_handle_fails_everything },
	{ "WT-14", "every handle needs SYNCHRONIZE", every_handle_needs_synchronize },
	{ "WT-16", "invalid and pseudo handles", pseudo_handles },
	{ "WT-17", "the first of the signaled wins", the_first_wins },
	{ "WT-18", "a low index starves others", a_low_index_starves_others },
	{ "WT-19", "the index is that of what was taken", the_index_is_what_was_taken },
	{ "WT-20", "duplicates in a wait for any", duplicates_in_any },
	{ "WT-21", "all or nothing", all_or_nothing },
	{ "WT-22", "a wait for all returns 0", all_returns_zero },
	{ "WT-23", "a wait for all that times out changes nothing", all_that_times_out },
	{ "WT-24", "duplicates in a wait for all", duplicates_in_all },
	{ "WT-25", "a mutex of one's own in a wait for all", own_mutex_in_all },
	{ "WT-26", "all of one", all_of_one },
	{ "WT-28", "waits for all never deadlock", no_deadlock },
	{ "WT-29", "first come, first served", first_come_first_served },
	{ "WT-31", "a wait outlives its handles", wait_outlives_the_handle },
	{ "", "beyond Windows: objects and child processes", processes },
	{ "", "beyond Windows: an object or a socket", sockets },
	{ "", "values of handles", handle_values },
};

static const struct program programs[] = {
	{ "wait-to-be-killed", wait_to_be_killed },
	{ "sleep-and-exit", sleep_and_exit },
};

const struct section waits = { "waits", checks, count_of(checks), programs, count_of(programs) };
