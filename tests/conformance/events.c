// SPDX-License-Identifier: GPL-2.0-only
/* Section 1 of docs/windows-semantics.md: events. */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/winsync.h>

static LONG event_type(HANDLE event)
{
	EVENT_BASIC_INFORMATION info;

	MUST(NtQueryEvent(event, EventBasicInformation, &info, sizeof(info), NULL) == 0);
	return (LONG)info.EventType;
}

static void plain_create(void)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
	DWORD flags = 77;

	MUST(event != NULL);
	EXPECT_EQ(SynchronizationEvent, event_type(event));
	EXPECT_EQ(0, event_state(event));
	EXPECT(GetHandleInformation(event, &flags));
	EXPECT_EQ(0, flags);
	MUST(wsync_get_stat(wsync_win32_fd(event), &stat) == 0);
	EXPECT_EQ(0, stat.name_len);
	EXPECT(SetEvent(event));
	EXPECT_EQ(1, event_state(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT(ResetEvent(event));
	EXPECT(PulseEvent(event));
	EXPECT(CloseHandle(event));
}

static void types_and_initial_states(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		for (int set = 0; set <= 1; set++) {
			HANDLE event = new_event(manual, set);

			EXPECT_EQ(manual ? NotificationEvent : SynchronizationEvent,
				  event_type(event));
			EXPECT_EQ(set, event_state(event));
			SetEvent(event);
			ResetEvent(event);
			EXPECT_EQ(manual ? NotificationEvent : SynchronizationEvent,
				  event_type(event));
		}
	}
}

static void create_flags(void)
{
	for (DWORD flags = 0; flags <= 3; flags++) {
		HANDLE event = CreateEventExA(NULL, NULL, flags, EVENT_ALL_ACCESS);

		MUST(event != NULL);
		EXPECT_EQ(flags & CREATE_EVENT_MANUAL_RESET ? NotificationEvent :
							      SynchronizationEvent,
			  event_type(event));
		EXPECT_EQ(flags & CREATE_EVENT_INITIAL_SET ? 1 : 0, event_state(event));
	}
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreateEventExA(NULL, NULL, 0x4, EVENT_ALL_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     CreateEventExA(NULL, NULL, 0x80000000u, EVENT_ALL_ACCESS));
}

static void rights_of_a_new_event(void)
{
	HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_INITIAL_SET, SYNCHRONIZE);

	MUST(event != NULL);
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(event));
	event = CreateEventExA(NULL, NULL, 0, EVENT_MODIFY_STATE);
	MUST(event != NULL);
	EXPECT(SetEvent(event));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(event));
}

/* Win32 has no way to say it; the interface of the module has. */
static void unknown_type(void)
{
	struct winsync_event_create_args args = {
		.create.access = WINSYNC_ACCESS_ALL, .create.mode = 0700,
	};
	struct wsync_info before = { .sz = sizeof(before) }, after = { .sz = sizeof(after) };
	int device;

	MUST(wsync_context_device(NULL, &device) == 0);
	MUST(wsync_get_info(NULL, &before) == 0);
	for (args.manual = 2; args.manual; args.manual <<= 1) {
		errno = 0;
		EXPECT(ioctl(device, WINSYNC_IOC_EVENT_CREATE, &args) == -1 && errno == EINVAL);
	}
	MUST(wsync_get_info(NULL, &after) == 0);
	EXPECT_EQ(before.objects, after.objects);
}

static void existing_event_stays(void)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, "existing"), again;

	MUST(event != NULL);
	again = CreateEventA(NULL, TRUE, TRUE, "existing");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	MUST(again != NULL);
	EXPECT_EQ(SynchronizationEvent, event_type(again));
	EXPECT_EQ(0, event_state(again));
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
}

static void manual_reset_stays_set(void)
{
	HANDLE event = new_event(TRUE, TRUE);

	for (int i = 0; i < 100; i++)
		EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(1, event_state(event));
}

static void auto_reset_is_taken(void)
{
	HANDLE event = new_event(FALSE, TRUE);

	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
}

static void events_do_not_count(void)
{
	HANDLE event = new_event(FALSE, FALSE);

	EXPECT(SetEvent(event));
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
}

static void reset_is_idempotent(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		HANDLE event = new_event(manual, FALSE);

		EXPECT(ResetEvent(event));
		EXPECT(SetEvent(event));
		EXPECT(SetEvent(event));
		EXPECT(ResetEvent(event));
		EXPECT(ResetEvent(event));
		EXPECT_EQ(WAIT_TIMEOUT, try(event));
	}
}

#define CROWD 4

/* Lets a crowd wait for the event. */
static void gather(struct actor *actors[CROWD], HANDLE event)
{
	for (int i = 0; i < CROWD; i++) {
		actors[i] = hire();
		begin_wait(actors[i], event);
	}
}

static int released(struct actor *actors[CROWD])
{
	int count = 0;

	for (int i = 0; i < CROWD; i++)
		count += !is_busy(actors[i]);
	return count;
}

static void auto_reset_releases_one(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actors[CROWD];

	gather(actors, event);
	for (int i = 1; i <= CROWD; i++) {
		EXPECT(SetEvent(event));
		EXPECT_EQ(0, event_state(event));
		EXPECT_EQ(CROWD - i, waiters_of(event));
		EXPECT_EQ(i, released(actors));
	}
	for (int i = 0; i < CROWD; i++)
		EXPECT_EQ(WAIT_OBJECT_0, finish(actors[i]));
}

static void hand_off_is_immediate(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();

	for (int i = 0; i < 50; i++) {
		begin_wait(actor, event);
		EXPECT(SetEvent(event));
		EXPECT_EQ(WAIT_TIMEOUT, try(event));
		EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	}
}

static void manual_reset_releases_all(void)
{
	HANDLE event = new_event(TRUE, FALSE);
	struct actor *actors[CROWD];

	gather(actors, event);
	EXPECT(SetEvent(event));
	for (int i = 0; i < CROWD; i++)
		EXPECT_EQ(WAIT_OBJECT_0, finish(actors[i]));
	EXPECT_EQ(1, event_state(event));
}

static void set_twice_releases_one(void)
{
	HANDLE event = new_event(FALSE, TRUE);
	struct actor *actors[CROWD];

	EXPECT(SetEvent(event));
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	gather(actors, event);
	EXPECT_EQ(0, released(actors));
}

static int set_and_die(int argc, char **argv)
{
	if (argc != 2 || !SetEvent(handle_argument(argv[1])))
		return 1;
	raise(SIGKILL);
	return 2;
}

static void nobody_owns_an_event(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE event = CreateEventA(&inherit, TRUE, FALSE, NULL);
	struct actor *actor = hire();

	MUST(event != NULL);
	EXPECT_EQ(256 + SIGKILL, run_program("set-and-die", 1, value_of(event)));
	EXPECT_EQ(1, event_state(event));
	EXPECT(ResetEvent(event));
	EXPECT_EQ(WAIT_TIMEOUT, ask(actor, act_try, event));
	dismiss(actor);
	EXPECT_EQ(0, event_state(event));
}

static void previous_states(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	LONG previous = 77;

	EXPECT_EQ(STATUS_SUCCESS, NtSetEvent(event, &previous));
	EXPECT_EQ(0, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtSetEvent(event, &previous));
	EXPECT_EQ(1, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtResetEvent(event, &previous));
	EXPECT_EQ(1, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtResetEvent(event, &previous));
	EXPECT_EQ(0, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtPulseEvent(event, &previous));
	EXPECT_EQ(0, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtSetEvent(event, NULL));
	EXPECT_EQ(STATUS_SUCCESS, NtPulseEvent(event, &previous));
	EXPECT_EQ(1, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtPulseEvent(event, NULL));
	EXPECT_EQ(STATUS_SUCCESS, NtResetEvent(event, NULL));
	EXPECT_EQ(0, event_state(event));
}

static void clear_event(void)
{
	HANDLE event = new_event(TRUE, TRUE);

	EXPECT_EQ(STATUS_SUCCESS, NtClearEvent(event));
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(STATUS_SUCCESS, NtClearEvent(event));
}

static void query(void)
{
	HANDLE event = new_event(FALSE, TRUE), blind;
	EVENT_BASIC_INFORMATION info = { 77, 77 };
	ULONG length = 77;

	for (int i = 0; i < 3; i++)
		EXPECT_EQ(1, event_state(event));
	EXPECT_EQ(STATUS_SUCCESS,
		  NtQueryEvent(event, EventBasicInformation, &info, sizeof(info), &length));
	EXPECT_EQ(sizeof(info), length);
	EXPECT_EQ(SynchronizationEvent, info.EventType);
	EXPECT_EQ(1, info.EventState);
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(STATUS_INFO_LENGTH_MISMATCH,
		  NtQueryEvent(event, EventBasicInformation, &info, sizeof(info) - 1, NULL));
	EXPECT_EQ(STATUS_INFO_LENGTH_MISMATCH,
		  NtQueryEvent(event, EventBasicInformation, NULL, 0, NULL));
	EXPECT_EQ(STATUS_INVALID_INFO_CLASS,
		  NtQueryEvent(event, (EVENT_INFORMATION_CLASS)1, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_INVALID_HANDLE,
		  NtQueryEvent(NULL, EventBasicInformation, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_OBJECT_TYPE_MISMATCH,
		  NtQueryEvent(new_mutex(FALSE), EventBasicInformation, &info, sizeof(info), NULL));
	blind = duplicate_of(event, EVENT_MODIFY_STATE | SYNCHRONIZE);
	EXPECT_EQ(STATUS_ACCESS_DENIED,
		  NtQueryEvent(blind, EventBasicInformation, &info, sizeof(info), NULL));
}

static void query_by_name(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "seen twice");
	HANDLE other = OpenEventA(EVENT_QUERY_STATE, FALSE, "seen twice");

	MUST(event && other);
	EXPECT_EQ(0, event_state(other));
	EXPECT(SetEvent(event));
	EXPECT_EQ(1, event_state(other));
	EXPECT_EQ(NotificationEvent, event_type(other));
}

static void pulse_manual(void)
{
	HANDLE event = new_event(TRUE, FALSE);
	struct actor *actors[CROWD];

	gather(actors, event);
	EXPECT(PulseEvent(event));
	EXPECT_EQ(0, event_state(event));
	for (int i = 0; i < CROWD; i++)
		EXPECT_EQ(WAIT_OBJECT_0, finish(actors[i]));
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
}

static void pulse_auto(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actors[CROWD];

	gather(actors, event);
	EXPECT(PulseEvent(event));
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(CROWD - 1, waiters_of(event));
	EXPECT_EQ(1, released(actors));
}

static void pulse_without_waiters(void)
{
	for (int manual = 0; manual <= 1; manual++) {
		HANDLE event = new_event(manual, FALSE);
		struct actor *actor = hire();

		EXPECT(PulseEvent(event));
		EXPECT_EQ(WAIT_TIMEOUT, try(event));
		begin_wait(actor, event);
		EXPECT(is_busy(actor));
		EXPECT(SetEvent(event));
		EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
		EXPECT(SetEvent(event));
		EXPECT(PulseEvent(event));
		EXPECT_EQ(0, event_state(event));
	}
}

static void pulse_and_wait_all(void)
{
	HANDLE both[] = { new_event(TRUE, FALSE), new_event(TRUE, FALSE) };
	struct actor *actor = hire();

	begin_wait_many(actor, 2, both, TRUE);
	EXPECT(PulseEvent(both[0]));
	EXPECT(is_busy(actor));
	EXPECT(SetEvent(both[1]));
	EXPECT(is_busy(actor));
	EXPECT(PulseEvent(both[0]));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
}

static bool stop;

static void *pulse_on(void *event)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		PulseEvent(event);
	return NULL;
}

static void nobody_sees_a_pulse(void)
{
	HANDLE event = new_event(TRUE, FALSE);
	struct pollfd poll_it = { .fd = wsync_win32_fd(event), .events = POLLIN };
	struct actor *actor = hire();
	pthread_t thread;

	/* With somebody to release the pulse is more work. */
	begin_wait_many(actor, 2, (HANDLE[]){ event, new_event(FALSE, FALSE) }, TRUE);
	MUST(pthread_create(&thread, NULL, pulse_on, event) == 0);
	for (int i = 0; i < 3000; i++) {
		EXPECT_EQ(0, event_state(event));
		EXPECT_EQ(WAIT_TIMEOUT, try(event));
		EXPECT_EQ(0, poll(&poll_it, 1, 0));
		if (has_failed())
			break;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

static void ignore(int number)
{
	(void)number;
}

/* A signal handler may take the thread out of its wait, but for no longer than it runs. */
static void pulse_after_interruption(void)
{
	struct sigaction action = { .sa_handler = ignore };
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();

	sigset_t mask;

	sigaction(SIGUSR1, &action, NULL);
	/* Only the one that waits takes it. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	for (int i = 0; i < 20; i++) {
		int pulses = 0;

		begin_wait(actor, event);
		kill(getpid(), SIGUSR1);
		do
			EXPECT(PulseEvent(event));
		while (is_busy(actor) && ++pulses < 100);
		EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	}
}

static void pulse_needs_modify(void)
{
	HANDLE event = new_event(TRUE, FALSE);

	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     PulseEvent(duplicate_of(event, SYNCHRONIZE | EVENT_QUERY_STATE)));
	EXPECT(PulseEvent(duplicate_of(event, EVENT_MODIFY_STATE)));
}

static void wrong_handles(void)
{
	BOOL (*calls[])(HANDLE) = { SetEvent, ResetEvent, PulseEvent };
	HANDLE others[] = { new_mutex(TRUE), new_semaphore(0, 1), new_timer(TRUE) };
	HANDLE closed = new_event(FALSE, FALSE);
	HANDLE weak = duplicate_of(new_event(FALSE, FALSE), EVENT_QUERY_STATE | SYNCHRONIZE);
	LONG previous = 77;

	MUST(CloseHandle(closed));
	for (size_t i = 0; i < count_of(calls); i++) {
		EXPECT_ERROR(ERROR_INVALID_HANDLE, calls[i](NULL));
		EXPECT_ERROR(ERROR_INVALID_HANDLE, calls[i](INVALID_HANDLE_VALUE));
		EXPECT_ERROR(ERROR_INVALID_HANDLE, calls[i]((HANDLE)(uintptr_t)0xdeadbee0));
		EXPECT_ERROR(ERROR_INVALID_HANDLE, calls[i](closed));
		for (size_t j = 0; j < count_of(others); j++)
			EXPECT_ERROR(ERROR_INVALID_HANDLE, calls[i](others[j]));
		EXPECT_ERROR(ERROR_ACCESS_DENIED, calls[i](weak));
	}
	EXPECT_EQ(STATUS_OBJECT_TYPE_MISMATCH, NtPulseEvent(others[0], &previous));
	EXPECT_EQ(STATUS_INVALID_HANDLE, NtSetEvent(closed, &previous));
	EXPECT_EQ(STATUS_ACCESS_DENIED, NtResetEvent(weak, &previous));
	EXPECT_EQ(77, previous);
}

static void wait_all_swallows_nothing(void)
{
	HANDLE both[] = { new_event(FALSE, FALSE), new_event(FALSE, FALSE) };
	struct actor *all = hire(), *any = hire();

	begin_wait_many(all, 2, both, TRUE);
	begin_wait(any, both[0]);
	EXPECT(SetEvent(both[0]));
	EXPECT_EQ(WAIT_OBJECT_0, finish(any));
	EXPECT(is_busy(all));
	EXPECT_EQ(0, event_state(both[0]));
}

static const struct check checks[] = {
	{ "EV-1", "CreateEvent(NULL, FALSE, FALSE, NULL)", plain_create },
	{ "EV-2", "type and initial state", types_and_initial_states },
	{ "EV-3", "flags of CreateEventEx", create_flags },
	{ "EV-4", "rights asked for a new event", rights_of_a_new_event },
	{ "EV-5", "an unknown type of event creates nothing", unknown_type },
	{ "EV-6", "creating an existing event leaves it as it is", existing_event_stays },
	{ "EV-7", "manual-reset stays set over 100 waits", manual_reset_stays_set },
	{ "EV-8", "auto-reset is taken by one wait", auto_reset_is_taken },
	{ "EV-9", "two sets are one signal", events_do_not_count },
	{ "EV-10", "reset is idempotent", reset_is_idempotent },
	{ "EV-11", "a set auto-reset event releases exactly one", auto_reset_releases_one },
	{ "EV-12", "hand-off to a waiter is immediate", hand_off_is_immediate },
	{ "EV-13", "a set manual-reset event releases all", manual_reset_releases_all },
	{ "EV-14", "setting a set event is not remembered", set_twice_releases_one },
	{ "EV-15", "an event has no owner", nobody_owns_an_event },
	{ "EV-16", "previous states of the native functions", previous_states },
	{ "EV-18", "NtClearEvent", clear_event },
	{ "EV-19", "NtQueryEvent", query },
	{ "EV-20", "query through a second handle", query_by_name },
	{ "EV-21", "a pulse of a manual-reset event releases all", pulse_manual },
	{ "EV-22", "a pulse of an auto-reset event releases one", pulse_auto },
	{ "EV-23", "a pulse without waiters clears", pulse_without_waiters },
	{ "EV-24", "a pulse does not release a wait for all that lacks something",
	  pulse_and_wait_all },
	{ "EV-25", "nobody sees a pulse", nobody_sees_a_pulse },
	{ "EV-26", "a waiter that a signal interrupted sees later pulses",
	  pulse_after_interruption },
	{ "EV-27", "a pulse needs EVENT_MODIFY_STATE", pulse_needs_modify },
	{ "EV-28", "wrong handles", wrong_handles },
	{ "EV-29", "a wait for all does not swallow a signal", wait_all_swallows_nothing },
};

static const struct program programs[] = {
	{ "set-and-die", set_and_die },
};

const struct section events = {
	"events", checks, count_of(checks), programs, count_of(programs),
};
