// SPDX-License-Identifier: GPL-2.0-only
/* Section 2 of docs/windows-semantics.md: mutexes. */
#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };

static void new_and_free(void)
{
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);

	MUST(mutex != NULL);
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
}

static void new_and_owned(void)
{
	HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
	struct actor *actor = hire();

	MUST(mutex != NULL);
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	EXPECT_EQ(FALSE, ask(actor, act_mutex_owned, mutex));
	EXPECT_EQ(WAIT_TIMEOUT, ask(actor, act_try, mutex));
}

static DWORD hold_existing(void *unused)
{
	(void)unused;
	return CreateMutexA(NULL, TRUE, "contended") != NULL;
}

static void existing_is_not_owned(void)
{
	struct actor *actor = hire();
	HANDLE mutex;

	MUST(ask(actor, hold_existing, NULL));
	mutex = CreateMutexA(NULL, TRUE, "contended");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	MUST(mutex != NULL);
	EXPECT_MUTEX(0, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_TIMEOUT, try(mutex));
	MUST(ask(actor, act_release_mutex, mutex));
	/* Also if it is free, and the caller could have had it. */
	mutex = CreateMutexA(NULL, TRUE, "contended");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
}

static void create_flags(void)
{
	HANDLE mutex = CreateMutexExA(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);

	MUST(mutex != NULL);
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	mutex = CreateMutexExA(NULL, NULL, 0, MUTEX_ALL_ACCESS);
	MUST(mutex != NULL);
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreateMutexExA(NULL, NULL, 0x2, MUTEX_ALL_ACCESS));
	mutex = CreateMutexExA(NULL, NULL, 0, SYNCHRONIZE);
	MUST(mutex != NULL);
	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
	EXPECT(ReleaseMutex(mutex));
	mutex = CreateMutexExA(NULL, NULL, 0, MUTANT_QUERY_STATE);
	MUST(mutex != NULL);
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(mutex));
}

static void bob_creates(void)
{
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreateMutexA(NULL, FALSE, "Global\\refused"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     OpenMutexA(MUTANT_QUERY_STATE, FALSE, "Global\\refused"));
}

static DWORD mode_for_others(PACL acl, size_t size, DWORD mask, SECURITY_DESCRIPTOR *descriptor)
{
	BYTE everyone[SECURITY_MAX_SID_SIZE];
	DWORD length = sizeof(everyone);

	return InitializeAcl(acl, (DWORD)size, ACL_REVISION) &&
	       CreateWellKnownSid(WinWorldSid, NULL, everyone, &length) &&
	       AddAccessAllowedAce(acl, ACL_REVISION, mask, everyone) &&
	       InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION) &&
	       SetSecurityDescriptorDacl(descriptor, TRUE, acl, FALSE);
}

static void bob_opens_with_less(void)
{
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreateMutexA(NULL, FALSE, "Global\\less"));
	EXPECT(OpenMutexA(SYNCHRONIZE, FALSE, "Global\\less") != NULL);
}

static void existing_wants_all_access(void)
{
	union {
		ACL acl;
		BYTE bytes[200];
	} buffer;
	SECURITY_DESCRIPTOR descriptor;
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &descriptor, FALSE };

	MUST(CreateMutexA(NULL, FALSE, "Global\\refused") != NULL);
	EXPECT_EQ(0, as_user(BOB, bob_creates));
	MUST(mode_for_others(&buffer.acl, sizeof(buffer), SYNCHRONIZE, &descriptor));
	MUST(CreateMutexA(&attributes, FALSE, "Global\\less") != NULL);
	EXPECT_EQ(0, as_user(BOB, bob_opens_with_less));
}

static void owner_waits_again(void)
{
	HANDLE mutex = new_mutex(FALSE);

	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(mutex, INFINITE));
	EXPECT_MUTEX(-1, TRUE, FALSE, mutex);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(1, &mutex, FALSE, 0));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(1, &mutex, TRUE, 100));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(mutex, 0, TRUE));
	EXPECT_MUTEX(-4, TRUE, FALSE, mutex);
}

static void each_acquisition_counts(void)
{
	HANDLE mutex = new_mutex(TRUE), event = new_event(TRUE, TRUE);
	HANDLE both[] = { mutex, event };
	struct actor *actor = hire();

	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, both, FALSE, 0));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, both, TRUE, 0));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(event, mutex, 0, FALSE));
	for (int i = 0; i < 5; i++) {
		EXPECT_MUTEX(i - 4, TRUE, FALSE, mutex);
		EXPECT_EQ(WAIT_TIMEOUT, ask(actor, act_try, mutex));
		EXPECT(ReleaseMutex(mutex));
	}
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_OBJECT_0, ask(actor, act_try, mutex));
}

static void previous_counts(void)
{
	HANDLE mutex = new_mutex(TRUE);
	LONG previous = 77;

	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
	EXPECT_EQ(STATUS_SUCCESS, NtReleaseMutant(mutex, &previous));
	EXPECT_EQ(-1, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtReleaseMutant(mutex, &previous));
	EXPECT_EQ(0, previous);
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	previous = 77;
	EXPECT_EQ(STATUS_MUTANT_NOT_OWNED, NtReleaseMutant(mutex, &previous));
	EXPECT_EQ(77, previous);
}

static void release_through_any_handle(void)
{
	HANDLE mutex = CreateMutexA(NULL, TRUE, "one of many"), other;

	MUST(mutex != NULL);
	other = OpenMutexA(SYNCHRONIZE, FALSE, "one of many");
	MUST(other != NULL);
	EXPECT(ReleaseMutex(other));
	EXPECT_EQ(WAIT_OBJECT_0, try(other));
	EXPECT(CloseHandle(other));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	EXPECT(ReleaseMutex(duplicate_of(mutex, READ_CONTROL)));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
}

static void release_needs_no_right(void)
{
	static const DWORD masks[] = {
		MUTANT_QUERY_STATE, DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER, SYNCHRONIZE,
		GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL,
	};
	HANDLE mutex = CreateMutexA(NULL, FALSE, "weak handles");

	MUST(mutex != NULL);
	for (size_t i = 0; i < count_of(masks); i++) {
		HANDLE weak = OpenMutexA(masks[i], FALSE, "weak handles");

		MUST(weak != NULL);
		EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
		EXPECT(ReleaseMutex(weak));
		EXPECT_MUTEX(1, FALSE, FALSE, mutex);
		CloseHandle(weak);
	}
}

static void only_the_owner_releases(void)
{
	HANDLE mutex = new_mutex(FALSE);
	struct actor *owner = hire();

	EXPECT_ERROR(ERROR_NOT_OWNER, ReleaseMutex(mutex));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	EXPECT_ERROR(ERROR_NOT_OWNER, ReleaseMutex(mutex));
	EXPECT_MUTEX(0, FALSE, FALSE, mutex);
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ReleaseMutex(new_event(TRUE, TRUE)));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ReleaseMutex(NULL));
	EXPECT(ask(owner, act_release_mutex, mutex));
}

static void not_another_thread(void)
{
	HANDLE mutex = new_mutex(TRUE);
	struct actor *actor = hire();

	EXPECT_EQ(FALSE, ask(actor, act_release_mutex, mutex));
	EXPECT_EQ(ERROR_NOT_OWNER, error_of(actor));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

static void no_barging(void)
{
	HANDLE mutex = new_mutex(TRUE);
	struct actor *actor = hire();

	begin_wait(actor, mutex);
	EXPECT(ReleaseMutex(mutex));
	EXPECT_EQ(WAIT_TIMEOUT, try(mutex));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	EXPECT_EQ(TRUE, ask(actor, act_mutex_owned, mutex));
}

static void waiting_needs_synchronize(void)
{
	HANDLE mutex = CreateMutexA(NULL, TRUE, "not for waiting"), weak;

	MUST(mutex != NULL);
	weak = OpenMutexA(GENERIC_READ | GENERIC_WRITE, FALSE, "not for waiting");
	MUST(weak != NULL);
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(weak));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, WaitForMultipleObjects(1, &weak, FALSE, 0));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

/* ---- abandonment ---- */

static void *take_and_return(void *mutex)
{
	try(mutex);
	try(mutex);
	return NULL;
}

static void *take_and_exit(void *mutex)
{
	try(mutex);
	pthread_exit(NULL);
}

static void *take_and_be_canceled(void *mutex)
{
	try(mutex);
	for (;;)
		pause();
	return NULL;
}

static void abandon(HANDLE mutex, void *(*how)(void *))
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, how, mutex) == 0);
	if (how == take_and_be_canceled) {
		while (mutex_state(mutex).CurrentCount == 1)
			usleep(1000);
		pthread_cancel(thread);
	}
	MUST(pthread_join(thread, NULL) == 0);
}

static HANDLE abandoned_mutex(void)
{
	HANDLE mutex = new_mutex(FALSE);

	abandon(mutex, take_and_return);
	return mutex;
}

static int take_and_end(int argc, char **argv)
{
	HANDLE mutex = handle_argument(argv[1]);

	if (argc != 3 || try(mutex) != WAIT_OBJECT_0 || try(mutex) != WAIT_OBJECT_0)
		return 1;
	switch (atoi(argv[2])) {
	case 0:
		return 0;
	case 1:
		_exit(0);
	case 2:
		abort();
	default:
		raise(atoi(argv[2]));
	}
	return 2;
}

static void any_end_abandons(void)
{
	static void *(*const ways[])(void *) = {
		take_and_return, take_and_exit, take_and_be_canceled,
	};
	static const int ends[] = { 0, 1, 2, SIGSEGV, SIGKILL };
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);

	MUST(mutex != NULL);
	for (size_t i = 0; i < count_of(ways); i++) {
		abandon(mutex, ways[i]);
		EXPECT_MUTEX(1, FALSE, TRUE, mutex);
		EXPECT_EQ(WAIT_ABANDONED, try(mutex));
		EXPECT(ReleaseMutex(mutex));
	}
	for (size_t i = 0; i < count_of(ends); i++) {
		run_program("take-and-end", 2, value_of(mutex), (unsigned long)ends[i]);
		EXPECT_MUTEX(1, FALSE, TRUE, mutex);
		EXPECT_EQ(WAIT_ABANDONED, try(mutex));
		EXPECT(ReleaseMutex(mutex));
	}
}

static void waiters_are_woken(void)
{
	HANDLE mutex = new_mutex(FALSE);
	struct actor *owner = hire(), *waiter = hire();

	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	begin_wait(waiter, mutex);
	dismiss(owner);
	EXPECT_EQ(WAIT_ABANDONED, finish(waiter));
	EXPECT_EQ(TRUE, ask(waiter, act_mutex_owned, mutex));
}

static void abandoned_once(void)
{
	HANDLE mutex = abandoned_mutex();

	EXPECT_EQ(WAIT_ABANDONED, try(mutex));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	EXPECT(ReleaseMutex(mutex));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
}

static void the_next_ones_get_it_plain(void)
{
	HANDLE mutex = new_mutex(FALSE);
	struct actor *owner = hire(), *a = hire(), *b = hire(), *c = hire();

	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	begin_wait(a, mutex);
	begin_wait(b, mutex);
	begin_wait(c, mutex);
	dismiss(owner);
	EXPECT_EQ(WAIT_ABANDONED, finish(a));
	EXPECT(is_busy(b));
	EXPECT(ask(a, act_release_mutex, mutex));
	EXPECT_EQ(WAIT_OBJECT_0, finish(b));
	/* Unless that one dies, too. */
	dismiss(b);
	EXPECT_EQ(WAIT_ABANDONED, finish(c));
}

static void wait_any_tells_which(void)
{
	for (DWORD at = 0; at < 3; at++) {
		HANDLE handles[] = { new_event(FALSE, FALSE), new_semaphore(0, 1),
				     new_timer(FALSE) };
		struct actor *owner = hire(), *waiter = hire();

		handles[at] = abandoned_mutex();
		EXPECT_EQ(WAIT_ABANDONED_0 + at, WaitForMultipleObjects(3, handles, FALSE, 0));
		EXPECT_MUTEX(0, TRUE, FALSE, handles[at]);
		EXPECT(ReleaseMutex(handles[at]));
		/* And of a wait that was there before. */
		MUST(ask(owner, act_try, handles[at]) == WAIT_OBJECT_0);
		begin_wait_many(waiter, 3, handles, FALSE);
		dismiss(owner);
		EXPECT_EQ(WAIT_ABANDONED_0 + at, finish(waiter));
	}
}

static void wait_all_does_not_tell(void)
{
	HANDLE handles[] = { new_event(FALSE, TRUE), new_mutex(FALSE), abandoned_mutex(),
			     abandoned_mutex() };
	DWORD result = WaitForMultipleObjects(4, handles, TRUE, 0);

	EXPECT(result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + 4);
	EXPECT_EQ(0, event_state(handles[0]));
	for (int i = 1; i < 4; i++)
		EXPECT_MUTEX(0, TRUE, FALSE, handles[i]);
}

static void signal_and_wait_abandoned(void)
{
	HANDLE event = new_event(FALSE, FALSE), mutex = abandoned_mutex();

	EXPECT_EQ(WAIT_ABANDONED, SignalObjectAndWait(event, mutex, 0, FALSE));
	EXPECT_EQ(1, event_state(event));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

static void process_death_abandons(void)
{
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, "survivors"), event;
	pid_t pid;

	MUST(mutex != NULL);
	event = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	MUST(event != NULL);
	pid = start_program("hold", 2, value_of(mutex), value_of(event));
	MUST(WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0);
	EXPECT_EQ(WAIT_TIMEOUT, try(mutex));
	kill(pid, SIGKILL);
	EXPECT_EQ(WAIT_ABANDONED, WaitForSingleObject(mutex, PATIENCE_MS));
	end_of(pid);
}

/* Several threads of it hold one each. */
static DWORD take_one(void *mutex)
{
	return try(mutex);
}

static int hold(int argc, char **argv)
{
	if (argc != 3 || ask(hire(), take_one, handle_argument(argv[1])) != WAIT_OBJECT_0)
		return 1;
	SetEvent(handle_argument(argv[2]));
	Sleep(INFINITE);
	return 2;
}

/* The survivor's handle is one that the dying process had, too: the order shows. */
static void abandoned_not_destroyed(void)
{
	for (int i = 0; i < 10; i++) {
		HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);

		MUST(mutex != NULL);
		run_program("take-and-end", 2, value_of(mutex), (unsigned long)SIGKILL);
		EXPECT_EQ(WAIT_ABANDONED, try(mutex));
	}
}

static void visible_after_join(void)
{
	for (int i = 0; i < 50; i++) {
		HANDLE mutex = abandoned_mutex();

		EXPECT_EQ(WAIT_ABANDONED, try(mutex));
		CloseHandle(mutex);
	}
}

static bool next_thread_gets(pid_t tid)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");
	bool written;

	if (!file)
		return false;
	written = fprintf(file, "%d", tid - 1) > 0;
	return fclose(file) == 0 && written;
}

static DWORD own_id(void *unused)
{
	(void)unused;
	return GetCurrentThreadId();
}

static void the_number_is_not_the_thread(void)
{
	HANDLE mutex = new_mutex(FALSE);

	for (int i = 0; i < 100; i++) {
		struct actor *first = hire(), *second;
		pid_t tid = (pid_t)ask(first, own_id, NULL);

		MUST(ask(first, act_try, mutex) != WAIT_TIMEOUT);
		dismiss(first);
		if (!next_thread_gets(tid))
			skip("the next thread id can't be set");
		second = hire();
		if ((pid_t)ask(second, own_id, NULL) != tid) {
			dismiss(second);
			continue;
		}
		EXPECT_EQ(FALSE, ask(second, act_mutex_owned, mutex));
		EXPECT_EQ(FALSE, ask(second, act_release_mutex, mutex));
		EXPECT_EQ(ERROR_NOT_OWNER, error_of(second));
		EXPECT_EQ(WAIT_ABANDONED, ask(second, act_try, mutex));
		return;
	}
	skip("no thread got the number of another one");
}

static DWORD take_both(void *mutexes)
{
	HANDLE *both = mutexes;

	return try(both[0]) | try(both[1]);
}

static void several_abandoned_at_once(void)
{
	HANDLE both[] = { new_mutex(FALSE), new_mutex(FALSE) };
	struct actor *owner = hire(), *waiter = hire();

	MUST(ask(owner, take_both, both) == WAIT_OBJECT_0);
	begin_wait_many(waiter, 2, both, TRUE);
	dismiss(owner);
	EXPECT_EQ(WAIT_ABANDONED, finish(waiter));
}

/* ---- handles ---- */

static DWORD take_and_close(void *mutex)
{
	DWORD result = try(mutex);

	return CloseHandle(mutex) ? result : WAIT_FAILED;
}

static void closing_does_not_release(void)
{
	HANDLE mutex = new_mutex(FALSE);
	struct actor *owner = hire();

	MUST(ask(owner, take_and_close, duplicate_of(mutex, SYNCHRONIZE)) == WAIT_OBJECT_0);
	EXPECT_MUTEX(0, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_TIMEOUT, try(mutex));
	EXPECT_EQ(TRUE, ask(owner, act_mutex_owned, mutex));
	dismiss(owner);
	EXPECT_EQ(WAIT_ABANDONED, try(mutex));
}

static void last_handle_destroys(void)
{
	HANDLE mutex = CreateMutexA(NULL, TRUE, "held to the end");

	MUST(mutex != NULL);
	EXPECT(CloseHandle(mutex));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "held to the end"));
	mutex = CreateMutexA(NULL, FALSE, "held to the end");
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	MUST(mutex != NULL);
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
}

static void wait_outlives_the_handle(void)
{
	HANDLE mutex = new_mutex(FALSE);
	struct actor *owner = hire(), *waiter = hire();

	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	begin_wait(waiter, mutex);
	EXPECT(CloseHandle(mutex));
	EXPECT(is_busy(waiter));
	dismiss(owner);
	EXPECT_EQ(WAIT_ABANDONED, finish(waiter));
}

static void query(void)
{
	HANDLE mutex = new_mutex(TRUE);
	MUTANT_BASIC_INFORMATION info = { 77, 77, 77 };
	ULONG length = 77;

	EXPECT_EQ(STATUS_SUCCESS,
		  NtQueryMutant(mutex, MutantBasicInformation, &info, sizeof(info), &length));
	EXPECT_EQ(0, info.CurrentCount);
	EXPECT_EQ(TRUE, info.OwnedByCaller);
	EXPECT_EQ(FALSE, info.AbandonedState);
	EXPECT_EQ(sizeof(info), length);
	EXPECT_EQ(STATUS_INFO_LENGTH_MISMATCH,
		  NtQueryMutant(mutex, MutantBasicInformation, NULL, 0, NULL));
	EXPECT_EQ(STATUS_INVALID_INFO_CLASS,
		  NtQueryMutant(mutex, (MUTANT_INFORMATION_CLASS)0x42, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_INVALID_HANDLE, NtQueryMutant((HANDLE)(uintptr_t)0xdeadbee0,
						       MutantBasicInformation, &info, sizeof(info),
						       NULL));
	EXPECT_EQ(STATUS_ACCESS_DENIED,
		  NtQueryMutant(duplicate_of(mutex, SYNCHRONIZE), MutantBasicInformation, &info,
				sizeof(info), NULL));
	EXPECT_EQ(STATUS_SUCCESS,
		  NtQueryMutant(duplicate_of(mutex, MUTANT_QUERY_STATE), MutantBasicInformation,
				&info, sizeof(info), NULL));
}

static void release_of_an_abandoned_one(void)
{
	HANDLE mutex = abandoned_mutex();

	EXPECT_ERROR(ERROR_NOT_OWNER, ReleaseMutex(mutex));
	EXPECT_MUTEX(1, FALSE, TRUE, mutex);
}

static const struct check checks[] = {
	{ "MX-1", "a new mutex is free", new_and_free },
	{ "MX-2", "initial owner", new_and_owned },
	{ "MX-3", "initial owner of an existing mutex", existing_is_not_owned },
	{ "MX-4", "flags and rights of CreateMutexEx", create_flags },
	{ "MX-5", "an existing mutex wants all access", existing_wants_all_access },
	{ "MX-6", "the owner waits again", owner_waits_again },
	{ "MX-7", "each acquisition needs one release", each_acquisition_counts },
	{ "MX-8", "NtReleaseMutant's previous count", previous_counts },
	{ "MX-9", "release through any handle", release_through_any_handle },
	{ "MX-10", "release needs no right", release_needs_no_right },
	{ "MX-11", "only the owner releases", only_the_owner_releases },
	{ "MX-12", "not another thread of the process", not_another_thread },
	{ "MX-13", "nobody barges in", no_barging },
	{ "MX-15", "waiting needs SYNCHRONIZE, also for the owner", waiting_needs_synchronize },
	{ "MX-16", "every way to end abandons", any_end_abandons },
	{ "MX-16", "the end of the owner wakes waiters", waiters_are_woken },
	{ "MX-17", "abandoned is told once, to the new owner", abandoned_once },
	{ "MX-18", "the next ones get it plain", the_next_ones_get_it_plain },
	{ "MX-19", "a wait for any tells which one", wait_any_tells_which },
	{ "MX-20", "a wait for all does not tell which one", wait_all_does_not_tell },
	{ "MX-21", "SignalObjectAndWait", signal_and_wait_abandoned },
	{ "MX-22", "process death is told to survivors", process_death_abandons },
	{ "MX-23", "abandoned before the handles are closed", abandoned_not_destroyed },
	{ "MX-25", "abandoned when the thread was joined", visible_after_join },
	{ "MX-26", "a thread is not its number", the_number_is_not_the_thread },
	{ "MX-27", "several abandoned by one thread", several_abandoned_at_once },
	{ "MX-28", "closing neither releases nor abandons", closing_does_not_release },
	{ "MX-29", "closing the last handle destroys", last_handle_destroys },
	{ "MX-30", "a wait outlives the last handle", wait_outlives_the_handle },
	{ "MX-31", "NtQueryMutant", query },
	{ "MX-32", "releasing an abandoned mutex", release_of_an_abandoned_one },
};

static const struct program programs[] = {
	{ "take-and-end", take_and_end },
	{ "hold", hold },
};

const struct section mutexes = {
	"mutexes", checks, count_of(checks), programs, count_of(programs),
};
