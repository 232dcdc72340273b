// SPDX-License-Identifier: GPL-2.0-only
/* Section 5 of docs/windows-semantics.md: SignalObjectAndWait(). */
#include "harness.h"

static void what_can_be_signaled(void)
{
	HANDLE set = new_event(TRUE, TRUE), event = new_event(FALSE, FALSE);
	HANDLE mutex = new_mutex(TRUE), semaphore = new_semaphore(0, 5);
	HANDLE self = NULL;

	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(event, set, 0, FALSE));
	EXPECT_EQ(1, event_state(event));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(mutex, set, 0, FALSE));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(semaphore, set, 0, FALSE));
	EXPECT_EQ(1, semaphore_count(semaphore));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
			  SignalObjectAndWait(new_timer(FALSE), set, 0, FALSE));
	MUST(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &self,
			     0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(self, set, 0, FALSE));
	/* Standard input is a file. */
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
			  SignalObjectAndWait(wsync_win32_handle(0), set, 0, FALSE));
}

static void rights(void)
{
	HANDLE event = new_event(FALSE, FALSE), semaphore = new_semaphore(0, 5);
	HANDLE set = new_event(TRUE, TRUE), mutex = new_mutex(TRUE);

	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED,
			  SignalObjectAndWait(duplicate_of(event, SYNCHRONIZE), set, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED,
			  SignalObjectAndWait(duplicate_of(semaphore, SYNCHRONIZE), set, 0, FALSE));
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(0, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_OBJECT_0,
		  SignalObjectAndWait(duplicate_of(event, EVENT_MODIFY_STATE), set, 0, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(duplicate_of(semaphore,
								  SEMAPHORE_MODIFY_STATE),
						     set, 0, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0,
		  SignalObjectAndWait(duplicate_of(mutex, READ_CONTROL), set, 0, FALSE));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_EQ(WAIT_OBJECT_0,
		  SignalObjectAndWait(event, duplicate_of(set, SYNCHRONIZE), 0, FALSE));
}

static void resolved_before_signaling(void)
{
	HANDLE event = new_event(FALSE, FALSE), mutex = new_mutex(TRUE), set = new_event(TRUE, TRUE);
	HANDLE blind = duplicate_of(set, EVENT_QUERY_STATE | EVENT_MODIFY_STATE);

	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(event, NULL, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(NULL, event, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(NULL, NULL, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE,
			  SignalObjectAndWait(event, (HANDLE)(uintptr_t)0xdeadbee0, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, SignalObjectAndWait(event, blind, 0, FALSE));
	EXPECT_EQ(0, event_state(event));
	EXPECT_WAIT_ERROR(ERROR_INVALID_HANDLE, SignalObjectAndWait(mutex, NULL, 0, FALSE));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, SignalObjectAndWait(mutex, blind, 0, FALSE));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

static void full_semaphore(void)
{
	HANDLE full = new_semaphore(1, 1), event = new_event(FALSE, TRUE);
	HANDLE other = new_semaphore(1, 1);

	EXPECT_WAIT_ERROR(ERROR_TOO_MANY_POSTS, SignalObjectAndWait(full, event, 0, FALSE));
	EXPECT_EQ(1, event_state(event));
	EXPECT_WAIT_ERROR(ERROR_TOO_MANY_POSTS, SignalObjectAndWait(full, other, 0, FALSE));
	EXPECT_EQ(1, semaphore_count(other));
}

static void foreign_mutex(void)
{
	HANDLE mutex = new_mutex(FALSE), event = new_event(FALSE, TRUE);
	struct actor *owner = hire();

	EXPECT_WAIT_ERROR(ERROR_NOT_OWNER, SignalObjectAndWait(mutex, event, 0, FALSE));
	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	EXPECT_WAIT_ERROR(ERROR_NOT_OWNER, SignalObjectAndWait(mutex, event, 0, FALSE));
	EXPECT_EQ(1, event_state(event));
}

static void signal_what_is_awaited(void)
{
	HANDLE event = new_event(FALSE, FALSE), mutex = new_mutex(TRUE);
	HANDLE semaphore = new_semaphore(0, 1);

	for (int i = 0; i < 10000; i++) {
		if (!EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(event, event, 0, FALSE)))
			break;
	}
	EXPECT_EQ(0, event_state(event));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(semaphore, semaphore, 0, FALSE));
	EXPECT_EQ(0, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(mutex, mutex, 0, FALSE));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

static void timeout_keeps_the_signal(void)
{
	HANDLE event = new_event(FALSE, FALSE), other = new_event(FALSE, FALSE);

	EXPECT_EQ(WAIT_TIMEOUT, SignalObjectAndWait(event, other, 0, FALSE));
	EXPECT_EQ(1, event_state(event));
	EXPECT(ResetEvent(event));
	EXPECT_EQ(WAIT_TIMEOUT, SignalObjectAndWait(event, other, 30, FALSE));
	EXPECT_EQ(1, event_state(event));
}

static HANDLE signal_event, wait_event;

static DWORD signal_and_wait_for(void *unused)
{
	(void)unused;
	return SignalObjectAndWait(signal_event, wait_event, INFINITE, FALSE);
}

/* Windows promises less: who sees the signal knows that the other one waits. */
static void in_one_step(void)
{
	struct actor *actor = hire();

	signal_event = new_event(FALSE, FALSE);
	wait_event = new_event(FALSE, FALSE);
	for (int i = 0; i < 500; i++) {
		begin(actor, signal_and_wait_for, NULL);
		MUST(WaitForSingleObject(signal_event, PATIENCE_MS) == WAIT_OBJECT_0);
		/* A pulse is lost on whoever does not wait yet. */
		EXPECT(PulseEvent(wait_event));
		EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
	}
}

static void one_level(void)
{
	HANDLE mutex = new_mutex(TRUE), set = new_event(TRUE, TRUE);
	struct actor *actor = hire();

	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
	begin_wait(actor, mutex);
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(mutex, set, 0, FALSE));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	EXPECT(is_busy(actor));
	EXPECT_EQ(WAIT_OBJECT_0, SignalObjectAndWait(mutex, set, 0, FALSE));
	EXPECT_EQ(WAIT_OBJECT_0, finish(actor));
}

static const struct check checks[] = {
	{ "WT-32", "what can be signaled", what_can_be_signaled },
	{ "WT-33", "rights", rights },
	{ "WT-34", "both handles are looked at before the signal", resolved_before_signaling },
	{ "WT-35", "a full semaphore", full_semaphore },
	{ "WT-36", "a mutex of somebody else", foreign_mutex },
	{ "WT-37", "signaling what is awaited", signal_what_is_awaited },
	{ "WT-38", "a timeout keeps the signal", timeout_keeps_the_signal },
	{ "WT-39", "signal and wait are one step", in_one_step },
	{ "WT-40", "a mutex loses one level", one_level },
};

const struct section signal_and_wait = { "signal_and_wait", checks, count_of(checks), NULL, 0 };
