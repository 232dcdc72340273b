// SPDX-License-Identifier: GPL-2.0-only
/* Section 0.2 of docs/windows-semantics.md: the last error. */
#include "harness.h"

static void new_objects_clear_it(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle;

		SetLastError(POISON);
		handle = create_any(type, NULL, "a new one");
		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		MUST(handle != NULL);
		CloseHandle(handle);
	}
}

static void existing_objects_set_it(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "an old one"), again;

		MUST(handle != NULL);
		SetLastError(POISON);
		again = create_any(type, NULL, "an old one");
		EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
		EXPECT(again != NULL);
		CloseHandle(handle);
		CloseHandle(again);
	}
}

static VOID CALLBACK nothing(ULONG_PTR argument)
{
	(void)argument;
}

static void waits_that_end_keep_it(void)
{
	HANDLE event = new_event(TRUE, TRUE), clear = new_event(TRUE, FALSE);
	HANDLE mutex = new_mutex(FALSE), both[] = { clear, event };
	struct actor *owner = hire();

	MUST(ask(owner, act_try, mutex) == WAIT_OBJECT_0);
	dismiss(owner);
	SetLastError(POISON);
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(WAIT_TIMEOUT, try(clear));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(clear, 10));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(2, both, FALSE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, both, TRUE, 0));
	EXPECT_EQ(WAIT_ABANDONED, try(mutex));
	EXPECT_EQ(WAIT_TIMEOUT, SignalObjectAndWait(event, clear, 0, FALSE));
	EXPECT_EQ(POISON, GetLastError());
	MUST(QueueUserAPC(nothing, GetCurrentThread(), 0));
	SetLastError(POISON);
	EXPECT_EQ(WAIT_IO_COMPLETION, WaitForSingleObjectEx(clear, 0, TRUE));
	EXPECT_EQ(POISON, GetLastError());
}

static void sleeps_keep_it(void)
{
	SetLastError(POISON);
	Sleep(0);
	Sleep(1);
	EXPECT_EQ(0, SleepEx(0, FALSE));
	EXPECT_EQ(0, SleepEx(1, TRUE));
	EXPECT_EQ(0, SleepEx(0, TRUE));
	EXPECT_EQ(POISON, GetLastError());
}

static DWORD fail_and_look(void *unused)
{
	(void)unused;
	try(NULL);
	return GetLastError();
}

static void only_failures_set_it(void)
{
	HANDLE event = new_event(TRUE, TRUE);

	SetLastError(POISON);
	EXPECT_EQ(WAIT_FAILED, try(NULL));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_EQ(ERROR_INVALID_HANDLE, GetLastError());
	/* Each thread has its own. */
	SetLastError(POISON);
	EXPECT_EQ(ERROR_INVALID_HANDLE, ask(hire(), fail_and_look, NULL));
	EXPECT_EQ(POISON, GetLastError());
}

static const struct check checks[] = {
	{ "LE-1", "a new named object sets it to 0", new_objects_clear_it },
	{ "LE-2", "an existing object sets it to ERROR_ALREADY_EXISTS", existing_objects_set_it },
	{ "LE-3", "waits that end leave it alone", waits_that_end_keep_it },
	{ "LE-4", "sleeps leave it alone", sleeps_keep_it },
	{ "LE-5", "only WAIT_FAILED sets it", only_failures_set_it },
};

const struct section last_error = { "last_error", checks, count_of(checks), NULL, 0 };
