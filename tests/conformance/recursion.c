// SPDX-License-Identifier: GPL-2.0-only
/*
 * MX-14: 2^31 acquisitions take hours, so this runs with a module that was built with a lower
 * limit, which the environment names.
 */
#include "harness.h"

#include <stdlib.h>

static LONG limit;

static HANDLE full_mutex(void)
{
	HANDLE mutex = new_mutex(FALSE);
	const char *depth = getenv("MUTEX_DEPTH_LIMIT");

	if (!depth)
		skip("the limit of this module is out of reach");
	limit = atoi(depth);
	MUST(limit > 0);
	for (LONG i = 0; i < limit; i++)
		MUST(try(mutex) == WAIT_OBJECT_0);
	return mutex;
}

static void the_next_wait_fails(void)
{
	HANDLE mutex = full_mutex(), event = new_event(FALSE, TRUE), semaphore;
	LARGE_INTEGER none = { .QuadPart = 0 };

	EXPECT_MUTEX(1 - limit, TRUE, FALSE, mutex);
	EXPECT_WAIT_ERROR(ERROR_MUTANT_LIMIT_EXCEEDED, try(mutex));
	EXPECT_WAIT_ERROR(ERROR_MUTANT_LIMIT_EXCEEDED, WaitForSingleObject(mutex, INFINITE));
	EXPECT_EQ(STATUS_MUTANT_LIMIT_EXCEEDED, NtWaitForSingleObject(mutex, FALSE, &none));
	EXPECT_WAIT_ERROR(ERROR_MUTANT_LIMIT_EXCEEDED,
			  WaitForMultipleObjects(1, &mutex, FALSE, 0));
	semaphore = new_semaphore(0, 1);
	EXPECT_WAIT_ERROR(ERROR_MUTANT_LIMIT_EXCEEDED,
			  SignalObjectAndWait(semaphore, mutex, 0, FALSE));
	EXPECT_EQ(0, semaphore_count(semaphore));
	/* Nothing of a wait for all is acquired. */
	EXPECT_WAIT_ERROR(ERROR_MUTANT_LIMIT_EXCEEDED,
			  WaitForMultipleObjects(2, (HANDLE[]){ event, mutex }, TRUE, 0));
	EXPECT_EQ(1, event_state(event));
	EXPECT_MUTEX(1 - limit, TRUE, FALSE, mutex);
	EXPECT(ReleaseMutex(mutex));
	EXPECT_EQ(WAIT_OBJECT_0, try(mutex));
}

static void all_can_be_released(void)
{
	HANDLE mutex = full_mutex();

	for (LONG i = 0; i < limit; i++)
		MUST(ReleaseMutex(mutex));
	EXPECT_MUTEX(1, FALSE, FALSE, mutex);
	EXPECT_ERROR(ERROR_NOT_OWNER, ReleaseMutex(mutex));
}

static const struct check checks[] = {
	{ "MX-14", "one acquisition too many fails and changes nothing", the_next_wait_fails },
	{ "MX-14", "as many releases as acquisitions", all_can_be_released },
};

const struct section recursion = { "recursion", checks, count_of(checks), NULL, 0 };
