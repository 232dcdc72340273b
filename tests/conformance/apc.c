// SPDX-License-Identifier: GPL-2.0-only
/* Section 10 of docs/windows-semantics.md: queued calls and alertable waits. */
#include "harness.h"

#include <stdlib.h>

/* What was called, in order. */
static char trace[64];

static VOID CALLBACK note(ULONG_PTR letter)
{
	size_t length = strlen(trace);

	if (length + 1 < sizeof(trace))
		trace[length] = (char)letter;
}

static void queue(HANDLE thread, char letter)
{
	MUST(QueueUserAPC(note, thread, (ULONG_PTR)letter));
}

static void queue_here(char letter)
{
	queue(GetCurrentThread(), letter);
}

#define EXPECT_TRACE(text) EXPECT(strcmp(trace, text) == 0)

static void first_in_first_out(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();

	queue_here('a');
	queue_here('b');
	queue_here('c');
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, 10));
	Sleep(10);
	EXPECT_TRACE("");
	/* Another thread's alertable wait does not run them. */
	begin_sleep(actor);
	EXPECT(is_busy(actor));
	EXPECT_TRACE("");
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(0, TRUE));
	EXPECT_TRACE("abc");
	queue(thread_of(actor), 'd');
	EXPECT_EQ(WAIT_IO_COMPLETION, finish(actor));
	EXPECT_TRACE("abcd");
}

static void alertable_calls(void)
{
	HANDLE clear = new_event(FALSE, FALSE), event = new_event(FALSE, FALSE);
	HANDLE two[] = { clear, new_event(FALSE, FALSE) };

	queue_here('a');
	EXPECT_EQ(0, SleepEx(5, FALSE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObjectEx(clear, 5, FALSE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjectsEx(2, two, FALSE, 5, FALSE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjectsEx(2, two, TRUE, 5, FALSE));
	EXPECT_EQ(WAIT_TIMEOUT, SignalObjectAndWait(event, clear, 5, FALSE));
	EXPECT_TRACE("");
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(INFINITE, TRUE));
	queue_here('b');
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(clear, INFINITE, TRUE));
	queue_here('c');
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForMultipleObjectsEx(2, two, FALSE, INFINITE, TRUE));
	queue_here('d');
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForMultipleObjectsEx(2, two, TRUE, INFINITE, TRUE));
	queue_here('e');
	EXPECT_EQ(WAIT_IO_COMPLETION, SignalObjectAndWait(event, clear, INFINITE, TRUE));
	EXPECT_TRACE("abcde");
}

static void arrival_ends_the_wait(void)
{
	HANDLE event = new_event(FALSE, FALSE);
	struct actor *actor = hire();

	begin_alertable(actor, event);
	queue(thread_of(actor), 'a');
	EXPECT_EQ(WAIT_IO_COMPLETION, finish(actor));
	EXPECT_TRACE("a");
	/* Two calls, one return. */
	queue(thread_of(actor), 'b');
	queue(thread_of(actor), 'c');
	begin_alertable(actor, event);
	EXPECT_EQ(WAIT_IO_COMPLETION, finish(actor));
	EXPECT_TRACE("abc");
	begin_alertable(actor, event);
	EXPECT(is_busy(actor));
}

static void queued_before(void)
{
	HANDLE event = new_event(FALSE, FALSE);

	queue_here('a');
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(event, 0, TRUE));
	EXPECT_TRACE("a");
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObjectEx(event, 0, TRUE));
}

static void the_object_wins(void)
{
	HANDLE event = new_event(FALSE, TRUE), two[] = { new_event(FALSE, FALSE), event };

	queue_here('a');
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(event, INFINITE, TRUE));
	EXPECT_TRACE("");
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjectsEx(2, two, FALSE, INFINITE, TRUE));
	EXPECT_TRACE("");
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(event, INFINITE, TRUE));
	EXPECT_TRACE("a");
}

static HANDLE set_by_call;

static VOID CALLBACK set_event(ULONG_PTR argument)
{
	(void)argument;
	SetEvent(set_by_call);
}

static void nothing_was_acquired(void)
{
	set_by_call = new_event(FALSE, FALSE);
	MUST(QueueUserAPC(set_event, GetCurrentThread(), 0));
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(set_by_call, INFINITE, TRUE));
	EXPECT_EQ(1, event_state(set_by_call));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(set_by_call, INFINITE, TRUE));
}

static void signal_was_given(void)
{
	HANDLE event = new_event(FALSE, FALSE);

	queue_here('a');
	EXPECT_EQ(WAIT_IO_COMPLETION,
		  SignalObjectAndWait(event, new_event(FALSE, FALSE), INFINITE, TRUE));
	EXPECT_EQ(1, event_state(event));
}

static VOID CALLBACK queue_another(ULONG_PTR letter)
{
	note(letter);
	if (letter < 'e')
		QueueUserAPC(queue_another, GetCurrentThread(), letter + 1);
}

static void calls_that_queue_calls(void)
{
	MUST(QueueUserAPC(queue_another, GetCurrentThread(), 'a'));
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(INFINITE, TRUE));
	EXPECT_TRACE("abcde");
	EXPECT_EQ(0, SleepEx(0, TRUE));
}

static HANDLE nested_event;
static DWORD nested_plain, nested_alertable;

static VOID CALLBACK wait_inside(ULONG_PTR unused)
{
	(void)unused;
	note('(');
	nested_plain = WaitForSingleObject(nested_event, 0);
	queue_here('x');
	nested_alertable = WaitForSingleObjectEx(nested_event, INFINITE, TRUE);
	note(')');
}

static void waits_inside_calls(void)
{
	nested_event = new_event(FALSE, TRUE);
	MUST(QueueUserAPC(wait_inside, GetCurrentThread(), 0));
	queue_here('b');
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(INFINITE, TRUE));
	EXPECT_EQ(WAIT_OBJECT_0, nested_plain);
	EXPECT_EQ(WAIT_IO_COMPLETION, nested_alertable);
	/* The inner wait ran what was queued by then. */
	EXPECT_TRACE("(bx)");
}

static VOID CALLBACK release_semaphore(ULONG_PTR semaphore)
{
	ReleaseSemaphore((HANDLE)semaphore, 1, NULL);
}

static void what_a_call_released(void)
{
	HANDLE semaphore = new_semaphore(0, 2);

	MUST(QueueUserAPC(release_semaphore, GetCurrentThread(), (ULONG_PTR)semaphore));
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(semaphore, 1000, TRUE));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObjectEx(semaphore, 1000, TRUE));
	EXPECT_EQ(0, semaphore_count(semaphore));
}

static void alertable_sleep(void)
{
	int64_t since = milliseconds(CLOCK_MONOTONIC);

	EXPECT_EQ(0, SleepEx(30, TRUE));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 29);
	EXPECT_EQ(0, SleepEx(0, TRUE));
	queue_here('a');
	queue_here('b');
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(0, TRUE));
	EXPECT_TRACE("ab");
	EXPECT_EQ(0, SleepEx(0, TRUE));
}

static void test_alert(void)
{
	EXPECT_EQ(STATUS_SUCCESS, NtTestAlert());
	queue_here('a');
	queue_here('b');
	EXPECT_EQ(STATUS_SUCCESS, NtTestAlert());
	EXPECT_TRACE("ab");
	EXPECT_EQ(0, SleepEx(0, TRUE));
}

static void bad_threads(void)
{
	struct actor *actor = hire();
	HANDLE thread = thread_of(actor);

	dismiss(actor);
	EXPECT_ERROR(ERROR_GEN_FAILURE, QueueUserAPC(note, thread, 'a'));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, QueueUserAPC(note, NULL, 'a'));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, QueueUserAPC(note, (HANDLE)(uintptr_t)0xdeadbee0, 'a'));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, QueueUserAPC(note, new_event(TRUE, TRUE), 'a'));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, QueueUserAPC(note, GetCurrentProcess(), 'a'));
	/* The handle itself is still good: the thread has ended. */
	EXPECT_EQ(WAIT_OBJECT_0, try(thread));
}

static void the_end_discards(void)
{
	struct actor *actor = hire();

	queue(thread_of(actor), 'a');
	dismiss(actor);
	EXPECT_TRACE("");
}

static VOID CALLBACK timer_note(LPVOID letter, DWORD low, DWORD high)
{
	(void)low;
	(void)high;
	note(*(const char *)letter);
}

static void one_queue(void)
{
	HANDLE first = new_timer(TRUE), second = new_timer(TRUE);
	LARGE_INTEGER due = in_ms(0);

	queue_here('a');
	Sleep(2);
	MUST(SetWaitableTimer(first, &due, 0, timer_note, "b", FALSE));
	MUST(WaitForSingleObject(first, PATIENCE_MS) == WAIT_OBJECT_0);
	Sleep(2);
	queue_here('c');
	Sleep(2);
	MUST(SetWaitableTimer(second, &due, 0, timer_note, "d", FALSE));
	MUST(WaitForSingleObject(second, PATIENCE_MS) == WAIT_OBJECT_0);
	Sleep(2);
	queue_here('e');
	EXPECT_EQ(WAIT_IO_COMPLETION, SleepEx(0, TRUE));
	EXPECT_TRACE("abcde");
}

static void no_routine(void)
{
	EXPECT(QueueUserAPC(NULL, GetCurrentThread(), 0));
	EXPECT_EQ(0, SleepEx(10, TRUE));
}

static void mixed_waits(void)
{
	HANDLE handles[] = { new_event(FALSE, FALSE), NULL };

	MUST(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(),
			     &handles[1], 0, FALSE, DUPLICATE_SAME_ACCESS));
	queue_here('a');
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjectsEx(2, handles, FALSE, 10, FALSE));
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForMultipleObjectsEx(2, handles, FALSE, INFINITE, TRUE));
	EXPECT_TRACE("a");
	queue_here('b');
	EXPECT(SetEvent(handles[0]));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjectsEx(2, handles, FALSE, INFINITE, TRUE));
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(handles[1], INFINITE, TRUE));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObjectEx(handles[1], 10, TRUE));
	EXPECT_TRACE("ab");
}

static const struct check checks[] = {
	{ "APC-1", "first in, first out, in their thread's alertable waits", first_in_first_out },
	{ "APC-2", "which waits are alertable", alertable_calls },
	{ "APC-3", "arriving calls end the wait once", arrival_ends_the_wait },
	{ "APC-4", "calls queued before the wait", queued_before },
	{ "APC-5", "the object wins over queued calls", the_object_wins },
	{ "APC-6", "nothing was acquired", nothing_was_acquired },
	{ "APC-7", "the signal was given", signal_was_given },
	{ "APC-8", "calls that queue calls", calls_that_queue_calls },
	{ "APC-9", "waits inside calls", waits_inside_calls },
	{ "APC-10", "what a call released can be had", what_a_call_released },
	{ "APC-11", "SleepEx", alertable_sleep },
	{ "APC-12", "NtTestAlert", test_alert },
	{ "APC-13", "threads that ended, and what is no thread", bad_threads },
	{ "APC-14", "the end of the thread discards its queue", the_end_discards },
	{ "APC-16", "timers share the queue", one_queue },
	{ "APC-17", "no routine", no_routine },
	{ "", "beyond Windows: alertable waits for processes", mixed_waits },
};

const struct section apc = { "apc", checks, count_of(checks), NULL, 0 };
