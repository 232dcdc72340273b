// SPDX-License-Identifier: GPL-2.0-only
/* Section 4 of docs/windows-semantics.md: waitable timers. */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include <linux/winsync.h>

/* A point that no test lives to see. */
#define LATER_MS 3600000

static LONGLONG remaining(HANDLE timer)
{
	TIMER_BASIC_INFORMATION info;

	MUST(NtQueryTimer(timer, TimerBasicInformation, &info, sizeof(info), NULL) == 0);
	return info.RemainingTime.QuadPart;
}

static DWORD await_timer(HANDLE timer)
{
	return WaitForSingleObject(timer, PATIENCE_MS);
}

static void set_at(HANDLE timer, LONGLONG when)
{
	LARGE_INTEGER due = { .QuadPart = when };

	MUST(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
}

/* Completion routines: how often one ran, and with what. */
static unsigned int calls;
static LONGLONG called_with;
static void *called_argument;

static VOID CALLBACK count_call(LPVOID argument, DWORD low, DWORD high)
{
	calls++;
	called_argument = argument;
	called_with = (LONGLONG)((uint64_t)high << 32 | low);
}

static void set_routine_ms(HANDLE timer, LONGLONG ms, LONG period)
{
	LARGE_INTEGER due = in_ms(ms);

	MUST(SetWaitableTimer(timer, &due, period, count_call, timer, FALSE));
}

static void new_timers_are_inactive(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		HANDLE timer = CreateWaitableTimerA(NULL, manual, NULL);

		MUST(timer != NULL);
		EXPECT(!timer_signaled(timer));
		EXPECT_EQ(0, remaining(timer));
		EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 20));
		set_timer_ms(timer, 0, 0);
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
		EXPECT_EQ(manual ? WAIT_OBJECT_0 : WAIT_TIMEOUT, try(timer));
		/* Periodic, either. */
		set_timer_ms(timer, 1, 5);
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	}
}

static void create_flags(void)
{
	struct winsync_timer_create_args args = {
		.create.access = WINSYNC_ACCESS_ALL, .create.mode = 0700, .manual = 2,
	};
	int device;

	for (DWORD flags = 0; flags <= 3; flags++) {
		HANDLE timer = CreateWaitableTimerExA(NULL, NULL, flags, TIMER_ALL_ACCESS);

		MUST(timer != NULL);
		set_timer_ms(timer, 1, 0);
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
		EXPECT_EQ(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? WAIT_OBJECT_0 :
								       WAIT_TIMEOUT, try(timer));
	}
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     CreateWaitableTimerExA(NULL, NULL, 0x4, TIMER_ALL_ACCESS));
	/* Win32 has no way to ask for an unknown type; the interface of the module has. */
	MUST(wsync_context_device(NULL, &device) == 0);
	errno = 0;
	EXPECT(ioctl(device, WINSYNC_IOC_TIMER_CREATE, &args) == -1 && errno == EINVAL);
}

static void never_early(void)
{
	for (DWORD flags = 0; flags <= CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;
	     flags += CREATE_WAITABLE_TIMER_HIGH_RESOLUTION) {
		HANDLE timer = CreateWaitableTimerExA(NULL, NULL, flags, TIMER_ALL_ACCESS);
		LARGE_INTEGER due = { .QuadPart = -15000 };

		MUST(timer != NULL);
		for (int i = 0; i < 20; i++) {
			struct timespec before, after;

			clock_gettime(CLOCK_MONOTONIC, &before);
			MUST(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
			EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
			clock_gettime(CLOCK_MONOTONIC, &after);
			EXPECT((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
			       before.tv_nsec >= 1500000);
		}
	}
}

static void relative_and_absolute(void)
{
	HANDLE timer = new_timer(FALSE);
	int64_t since = milliseconds(CLOCK_MONOTONIC);
	LONGLONG due;

	set_timer_ms(timer, 50, 0);
	EXPECT_EQ(WAIT_TIMEOUT, try(timer));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 49);
	due = file_time() + 50 * 10000;
	set_at(timer, due);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(file_time() >= due);
	set_timer_ms(timer, LATER_MS, 0);
	EXPECT(remaining(timer) > (LATER_MS - 60000) * 10000LL);
	EXPECT(remaining(timer) <= LATER_MS * 10000LL);
	set_at(timer, file_time() + LATER_MS * 10000LL);
	EXPECT(remaining(timer) > (LATER_MS - 60000) * 10000LL);
	EXPECT(remaining(timer) <= LATER_MS * 10000LL);
}

static void past_fires_at_once(void)
{
	HANDLE timer = new_timer(FALSE);
	const LONGLONG past[] = { 0, 1, 116444736000000000, file_time() - 1 };

	for (size_t i = 0; i < count_of(past); i++) {
		set_at(timer, past[i]);
		EXPECT_EQ(WAIT_OBJECT_0, try(timer));
	}
}

static void negative_period(void)
{
	HANDLE timer = new_timer(FALSE);
	LARGE_INTEGER due = in_ms(1);

	set_timer_ms(timer, 50, 0);
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     SetWaitableTimerEx(timer, &due, INT32_MIN, NULL, NULL, NULL, 0));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
}

static void set_starts_anew(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		HANDLE timer = new_timer(manual);
		struct actor *actor = hire();

		/* Signaled: not any more. */
		set_at(timer, 0);
		EXPECT(timer_signaled(timer));
		set_timer_ms(timer, LATER_MS, 0);
		EXPECT_EQ(WAIT_TIMEOUT, try(timer));
		/* Active: not at the old time. */
		set_timer_ms(timer, 40, 0);
		set_timer_ms(timer, LATER_MS, 0);
		EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 80));
		/* Who waits goes on to wait. */
		begin_wait(actor, timer);
		set_timer_ms(timer, LATER_MS - 1, 0);
		EXPECT(is_busy(actor));
		set_timer_ms(timer, 1, 0);
		EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	}
}

static void set_tells_previous_state(void)
{
	HANDLE timer = new_timer(FALSE);
	int fd = wsync_win32_fd(timer);
	uint32_t result;

	MUST(wsync_timer_set(fd, 0, 0, NULL, &result) == 0);
	EXPECT_EQ(0, result & WSYNC_TIMER_WAS_SIGNALED);
	while (!timer_signaled(timer))
		Sleep(1);
	MUST(wsync_timer_set(fd, WSYNC_NEVER, 0, NULL, &result) == 0);
	EXPECT_EQ(WSYNC_TIMER_WAS_SIGNALED, result & WSYNC_TIMER_WAS_SIGNALED);
}

static void one_shot_and_periodic(void)
{
	HANDLE timer = new_timer(FALSE);

	set_timer_ms(timer, 1, 0);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT_EQ(0, remaining(timer));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 20));
	set_timer_ms(timer, 1, 5);
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(CancelWaitableTimer(timer));
	try(timer);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 20));
}

static void missed_periods_are_lost(void)
{
	HANDLE timer = new_timer(FALSE);

	set_timer_ms(timer, 1, 10);
	Sleep(120);
	EXPECT(CancelWaitableTimer(timer));
	EXPECT_EQ(WAIT_OBJECT_0, try(timer));
	EXPECT_EQ(WAIT_TIMEOUT, try(timer));
}

static void periodic_manual_stays_signaled(void)
{
	HANDLE timer = new_timer(TRUE);

	set_routine_ms(timer, 1, 20);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT(calls >= 2);
	EXPECT(timer_signaled(timer));
	set_timer_ms(timer, LATER_MS, 0);
	EXPECT(!timer_signaled(timer));
}

#define PERIOD_NS 40000000LL

/* When in its period the timer expires; -1 if this thread is never long enough on a processor. */
static int64_t phase_of(HANDLE timer)
{
	for (int i = 0; i < 100; i++) {
		struct timespec before, after;
		LONGLONG left;
		int64_t took;

		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
		clock_gettime(CLOCK_MONOTONIC, &before);
		left = remaining(timer) * 100;
		clock_gettime(CLOCK_MONOTONIC, &after);
		took = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec -
		       before.tv_nsec;
		if (left > 0 && took < 2000000)
			return (before.tv_sec * 1000000000LL + before.tv_nsec + left) % PERIOD_NS;
	}
	return -1;
}

static void periods_do_not_drift(void)
{
	HANDLE timer = new_timer(FALSE);
	int64_t first, last, apart;

	set_timer_ms(timer, 1, PERIOD_NS / 1000000);
	first = phase_of(timer);
	/* Who wakes up late does not put off the next one. */
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
		Sleep(53);
	}
	last = phase_of(timer);
	if (first < 0 || last < 0)
		skip("the machine is too busy to measure");
	apart = (last - first + PERIOD_NS) % PERIOD_NS;
	if (!EXPECT(apart < 4000000 || apart > PERIOD_NS - 4000000))
		printf("# from %lld to %lld ns\n", (long long)first, (long long)last);
}

static void no_burst_after_a_past_start(void)
{
	HANDLE timer = new_timer(FALSE);
	LARGE_INTEGER due = { .QuadPart = file_time() - 10000000 };
	int64_t since = milliseconds(CLOCK_MONOTONIC);

	MUST(SetWaitableTimer(timer, &due, 1000, NULL, NULL, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, try(timer));
	EXPECT_EQ(WAIT_TIMEOUT, try(timer));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 999);
}

static void expiry_releases(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		HANDLE timer = new_timer(manual);
		struct actor *actors[] = { hire(), hire(), hire() };
		int released = 0;

		for (size_t i = 0; i < count_of(actors); i++)
			begin_wait(actors[i], timer);
		set_timer_ms(timer, 1, 0);
		while (waiters_of(timer) == count_of(actors))
			Sleep(1);
		for (size_t i = 0; i < count_of(actors); i++)
			released += !is_busy(actors[i]);
		EXPECT_EQ(manual ? 3 : 1, released);
		EXPECT_EQ(manual, timer_signaled(timer));
	}
}

static void cancel_keeps_the_state(void)
{
	HANDLE timer = new_timer(FALSE);
	struct actor *actor = hire();

	EXPECT(CancelWaitableTimer(timer));
	set_at(timer, 0);
	EXPECT(CancelWaitableTimer(timer));
	EXPECT_EQ(WAIT_OBJECT_0, try(timer));
	set_timer_ms(timer, 500, 0);
	begin_wait(actor, timer);
	EXPECT(CancelWaitableTimer(timer));
	Sleep(600);
	EXPECT(is_busy(actor));
	EXPECT_EQ(0, remaining(timer));
	/* A routine that was to run does not. */
	set_routine_ms(timer, 0, 0);
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	EXPECT(CancelWaitableTimer(timer));
	EXPECT_EQ(0, SleepEx(20, TRUE));
	EXPECT_EQ(0, calls);
}

static void cancel_tells_the_state(void)
{
	HANDLE timer = new_timer(FALSE);
	BOOLEAN signaled = 77;

	EXPECT_EQ(STATUS_SUCCESS, NtCancelTimer(timer, &signaled));
	EXPECT_EQ(FALSE, signaled);
	set_at(timer, 0);
	EXPECT_EQ(STATUS_SUCCESS, NtCancelTimer(timer, &signaled));
	EXPECT_EQ(TRUE, signaled);
	EXPECT_EQ(STATUS_SUCCESS, NtCancelTimer(timer, NULL));
}

static DWORD set_with_routine(void *timer)
{
	set_routine_ms(timer, 500, 0);
	return 0;
}

static DWORD set_without_routine(void *timer)
{
	set_timer_ms(timer, 500, 0);
	return 0;
}

static void end_of_the_setting_thread(void)
{
	HANDLE with = new_timer(FALSE), without = new_timer(FALSE), fired = new_timer(TRUE);
	struct actor *actor = hire();

	ask(actor, set_with_routine, with);
	ask(actor, set_without_routine, without);
	ask(actor, set_with_routine, fired);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(fired));
	ask(actor, set_with_routine, with);
	dismiss(actor);
	EXPECT_EQ(0, remaining(with));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(without));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(with, 600));
	/* What was signaled stays so. */
	EXPECT(timer_signaled(fired));
	EXPECT_EQ(0, calls);
}

static void closing_stops(void)
{
	HANDLE timer = new_timer(FALSE);
	struct actor *actor = hire();

	set_timer_ms(timer, 500, 0);
	begin_wait(actor, timer);
	EXPECT(CloseHandle(timer));
	Sleep(600);
	EXPECT(is_busy(actor));
}

static void routine_is_queued_to_the_setter(void)
{
	HANDLE timer = new_timer(TRUE);
	struct actor *actor = hire();

	/* Many expiries, one call. */
	set_routine_ms(timer, 1, 2);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	Sleep(40);
	EXPECT_EQ(0, calls);
	EXPECT(CancelWaitableTimer(timer));
	set_routine_ms(timer, 1, 0);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	/* The thread that set it, no other one. */
	begin_sleep(actor);
	EXPECT(is_busy(actor));
	EXPECT_EQ(0, calls);
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(1, calls);
	EXPECT_EQ(0, SleepEx(0, TRUE));
}

static void one_call_outstanding(void)
{
	HANDLE timer = new_timer(FALSE);

	set_routine_ms(timer, 1, 200);
	Sleep(700);
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(0, TRUE));
	EXPECT(CancelWaitableTimer(timer));
	/* The next expiry may come while the call runs. */
	EXPECT(calls == 1 || calls == 2);
}

static void routine_arguments(void)
{
	HANDLE timer = new_timer(FALSE);
	LONGLONG since = file_time();

	set_routine_ms(timer, 30, 0);
	Sleep(60);
	EXPECT_EQ(0, calls);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT_EQ(0, calls);
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(INFINITE, TRUE));
	EXPECT_EQ(1, calls);
	EXPECT(called_argument == timer);
	EXPECT(called_with >= since + 29 * 10000);
	EXPECT(called_with < file_time());
}

static void set_or_cancel_discards_the_call(void)
{
	HANDLE timer = new_timer(TRUE);

	set_routine_ms(timer, 0, 0);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	set_timer_ms(timer, LATER_MS, 0);
	EXPECT_EQ(0, SleepEx(10, TRUE));
	set_routine_ms(timer, 0, 0);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(CancelWaitableTimer(timer));
	EXPECT_EQ(0, SleepEx(10, TRUE));
	EXPECT_EQ(0, calls);
}

static void own_timer_satisfies_first(void)
{
	HANDLE timer = new_timer(FALSE);

	set_routine_ms(timer, 20, 0);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(timer, PATIENCE_MS, TRUE));
	EXPECT_EQ(0, calls);
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(1, calls);
}

static VOID CALLBACK slow_call(LPVOID timer, DWORD low, DWORD high)
{
	(void)low;
	(void)high;
	Sleep(5);
	if (++calls == 10)
		CancelWaitableTimer(timer);
}

static void slow_routine(void)
{
	HANDLE timer = new_timer(FALSE);
	LARGE_INTEGER due = in_ms(1);

	/* One alertable sleep, that ends because the tenth call stops the timer. */
	MUST(SetWaitableTimer(timer, &due, 1, slow_call, timer, FALSE));
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(10, calls);
}

static void clock_changes(void)
{
	HANDLE absolute = new_timer(TRUE), relative = new_timer(TRUE), later = new_timer(TRUE);
	HANDLE periodic = new_timer(FALSE);
	LARGE_INTEGER due = { .QuadPart = file_time() + 100 * 10000 };

	set_at(absolute, file_time() + 1800 * 10000000LL);
	set_at(later, file_time() + 7200 * 10000000LL);
	set_timer_ms(relative, 1800 * 1000, 0);
	MUST(SetWaitableTimer(periodic, &due, 200, NULL, NULL, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(periodic));
	jump_seconds(3600);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(absolute));
	EXPECT(!timer_signaled(relative));
	EXPECT(remaining(relative) > 1700 * 10000000LL);
	EXPECT(!timer_signaled(later));
	EXPECT(remaining(later) < 3700 * 10000000LL);
	/* Periods stay as long as they are, in both directions. */
	jump_seconds(-3600);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(periodic, 10000));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(periodic, 10000));
	EXPECT(remaining(later) > 7000 * 10000000LL);
}

static void without_the_right_to_wake(void)
{
	HANDLE timer = new_timer(FALSE);
	LARGE_INTEGER due = in_ms(20);

	SetLastError(POISON);
	EXPECT(SetWaitableTimer(timer, &due, 0, NULL, NULL, TRUE));
	EXPECT_EQ(ERROR_NOT_SUPPORTED, GetLastError());
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
}

static void resume(void)
{
	/* Waking the machine needs a capability that ordinary users don't have. */
	EXPECT_EQ(0, as_user(ALICE, without_the_right_to_wake));
}

static void tolerable_delay(void)
{
	HANDLE timer = new_timer(FALSE);
	LARGE_INTEGER due = in_ms(30);
	REASON_CONTEXT reason = { 0 };
	int64_t since = milliseconds(CLOCK_MONOTONIC);

	MUST(SetWaitableTimerEx(timer, &due, 0, NULL, NULL, &reason, 50));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(timer));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 29);
	MUST(SetWaitableTimerEx(timer, &due, 0, count_call, NULL, NULL, 0));
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(PATIENCE_MS, TRUE));
	EXPECT_EQ(1, calls);
}

static void never(void)
{
	HANDLE timer = new_timer(FALSE);

	set_at(timer, INT64_MAX);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 50));
	set_at(timer, INT64_MIN);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(timer, 50));
}

static void query(void)
{
	HANDLE timer = new_timer(FALSE);
	TIMER_BASIC_INFORMATION info;
	ULONG length = 77;

	set_timer_ms(timer, LATER_MS, 0);
	EXPECT_EQ(STATUS_SUCCESS,
		  NtQueryTimer(timer, TimerBasicInformation, &info, sizeof(info), &length));
	EXPECT_EQ(sizeof(info), length);
	EXPECT(info.RemainingTime.QuadPart > 0);
	EXPECT_EQ(FALSE, info.TimerState);
	set_at(timer, 0);
	EXPECT(remaining(timer) <= 0);
	EXPECT(timer_signaled(timer));
	EXPECT_EQ(STATUS_INFO_LENGTH_MISMATCH,
		  NtQueryTimer(timer, TimerBasicInformation, &info, sizeof(info) + 8, NULL));
	EXPECT_EQ(STATUS_INVALID_INFO_CLASS,
		  NtQueryTimer(timer, (TIMER_INFORMATION_CLASS)1, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_INVALID_HANDLE,
		  NtQueryTimer(NULL, TimerBasicInformation, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_ACCESS_DENIED,
		  NtQueryTimer(duplicate_of(timer, SYNCHRONIZE | TIMER_MODIFY_STATE),
			       TimerBasicInformation, &info, sizeof(info), NULL));
}

static void rights(void)
{
	HANDLE timer = new_timer(FALSE);
	HANDLE wait_only = duplicate_of(timer, SYNCHRONIZE);
	HANDLE set_only = duplicate_of(timer, TIMER_MODIFY_STATE);
	LARGE_INTEGER due = in_ms(0);

	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetWaitableTimer(wait_only, &due, 0, NULL, NULL, FALSE));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CancelWaitableTimer(wait_only));
	EXPECT(SetWaitableTimer(set_only, &due, 0, NULL, NULL, FALSE));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(set_only));
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(wait_only));
	EXPECT(CancelWaitableTimer(set_only));
	EXPECT(!SetWaitableTimer(timer, NULL, 0, NULL, NULL, FALSE));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, SetWaitableTimer(NULL, &due, 0, NULL, NULL, FALSE));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     SetWaitableTimer(new_event(TRUE, TRUE), &due, 0, count_call, NULL, FALSE));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CancelWaitableTimer(new_mutex(TRUE)));
}

static void existing_timer_stays(void)
{
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, "existing"), again;

	MUST(timer != NULL);
	set_timer_ms(timer, 100, 0);
	again = CreateWaitableTimerA(NULL, TRUE, "existing");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	MUST(again != NULL);
	EXPECT_EQ(WAIT_OBJECT_0, await_timer(again));
	EXPECT_EQ(WAIT_TIMEOUT, try(again));
	set_at(timer, 0);
	again = CreateWaitableTimerA(NULL, TRUE, "existing");
	EXPECT_EQ(WAIT_OBJECT_0, try(again));
}

static void timers_are_not_to_be_signaled(void)
{
	HANDLE timer = new_timer(FALSE), event = new_event(TRUE, TRUE);

	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(timer, event, 0, FALSE));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, SetEvent(timer));
	EXPECT(!timer_signaled(timer));
}

static const struct check checks[] = {
	{ "TM-1", "new timers are inactive", new_timers_are_inactive },
	{ "TM-2", "flags of CreateWaitableTimerEx", create_flags },
	{ "TM-3", "never early, high resolution or not", never_early },
	{ "TM-4", "relative and absolute times", relative_and_absolute },
	{ "TM-5", "the past fires at once", past_fires_at_once },
	{ "TM-6", "a negative period changes nothing", negative_period },
	{ "TM-7", "setting starts anew", set_starts_anew },
	{ "TM-8", "setting tells the previous state", set_tells_previous_state },
	{ "TM-9", "one-shot and periodic", one_shot_and_periodic },
	{ "TM-10", "missed periods are lost", missed_periods_are_lost },
	{ "TM-11", "a periodic manual-reset timer stays signaled", periodic_manual_stays_signaled },
	{ "TM-12", "periods do not drift", periods_do_not_drift },
	{ "TM-13", "no burst after a start in the past", no_burst_after_a_past_start },
	{ "TM-14", "an expiry releases one, or all", expiry_releases },
	{ "TM-15", "canceling keeps the state", cancel_keeps_the_state },
	{ "TM-16", "NtCancelTimer tells the state", cancel_tells_the_state },
	{ "TM-17", "the end of the thread that set it", end_of_the_setting_thread },
	{ "TM-18", "closing the last handle stops it", closing_stops },
	{ "TM-19", "the routine is queued to the thread that set it",
	  routine_is_queued_to_the_setter },
	{ "TM-19", "at most one call is outstanding", one_call_outstanding },
	{ "TM-20", "arguments of the routine", routine_arguments },
	{ "TM-21", "setting and canceling discard the call", set_or_cancel_discards_the_call },
	{ "TM-22", "waiting for one's own timer", own_timer_satisfies_first },
	{ "TM-23", "a routine slower than the period", slow_routine },
	{ "TM-24", "changes of the clock", clock_changes },
	{ "TM-26", "fResume without support", resume },
	{ "TM-27", "tolerable delay", tolerable_delay },
	{ "TM-28", "a due time that never comes", never },
	{ "TM-29", "NtQueryTimer", query },
	{ "TM-30", "rights and wrong handles", rights },
	{ "TM-31", "creating an existing timer leaves it as it is", existing_timer_stays },
	{ "TM-32", "a timer is not to be signaled", timers_are_not_to_be_signaled },
};

const struct section timers = { "timers", checks, count_of(checks), NULL, 0 };
