// SPDX-License-Identifier: GPL-2.0-only
/* Section 3 of docs/windows-semantics.md: semaphores. */
#include "harness.h"

#include <signal.h>

static const LONG impossible[][2] = { { 2, 1 }, { 0, 0 }, { -1, 1 }, { 1, -1 }, { 0, INT32_MIN } };

static void counts_are_checked(void)
{
	for (size_t i = 0; i < count_of(impossible); i++)
		EXPECT_ERROR(ERROR_INVALID_PARAMETER,
			     CreateSemaphoreA(NULL, impossible[i][0], impossible[i][1], NULL));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     CreateSemaphoreExA(NULL, 0, 1, NULL, 1, SEMAPHORE_ALL_ACCESS));
	EXPECT_EQ(0x7fffffff, semaphore_count(new_semaphore(0x7fffffff, 0x7fffffff)));
}

static void checked_before_the_name(void)
{
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, "existing");

	MUST(semaphore != NULL);
	for (size_t i = 0; i < count_of(impossible); i++)
		EXPECT_ERROR(ERROR_INVALID_PARAMETER,
			     CreateSemaphoreA(NULL, impossible[i][0], impossible[i][1],
					      "existing"));
	EXPECT_EQ(1, semaphore_count(semaphore));
}

static void existing_counts_stay(void)
{
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, "existing"), again;
	SEMAPHORE_BASIC_INFORMATION info;

	MUST(semaphore != NULL);
	again = CreateSemaphoreA(NULL, 7, 9, "existing");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	MUST(again != NULL);
	EXPECT_EQ(STATUS_SUCCESS, NtQuerySemaphore(again, SemaphoreBasicInformation, &info,
						   sizeof(info), NULL));
	EXPECT_EQ(1, info.CurrentCount);
	EXPECT_EQ(2, info.MaximumCount);
}

static void each_wait_takes_one(void)
{
	HANDLE semaphore = new_semaphore(3, 10);

	EXPECT(ReleaseSemaphore(semaphore, 1, NULL));
	for (int i = 3; i >= 0; i--) {
		EXPECT_EQ(WAIT_OBJECT_0, try(semaphore));
		EXPECT_EQ(i, semaphore_count(semaphore));
	}
	EXPECT_EQ(WAIT_TIMEOUT, try(semaphore));
}

static void previous_counts(void)
{
	HANDLE semaphore = new_semaphore(0, 5);
	LONG previous = 77;

	EXPECT(ReleaseSemaphore(semaphore, 1, &previous));
	EXPECT_EQ(0, previous);
	EXPECT(ReleaseSemaphore(semaphore, 1, &previous));
	EXPECT_EQ(1, previous);
	EXPECT_ERROR(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 5, &previous));
	EXPECT(ReleaseSemaphore(semaphore, 2, &previous));
	EXPECT_EQ(2, previous);
	EXPECT(ReleaseSemaphore(semaphore, 1, &previous));
	EXPECT_EQ(4, previous);
	EXPECT_EQ(5, semaphore_count(semaphore));
}

static void too_many_posts(void)
{
	HANDLE semaphore = new_semaphore(2, 3);
	LONG previous = 77;

	EXPECT_ERROR(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 2, &previous));
	EXPECT_EQ(77, previous);
	EXPECT_EQ(2, semaphore_count(semaphore));
	EXPECT_EQ(STATUS_SEMAPHORE_LIMIT_EXCEEDED, NtReleaseSemaphore(semaphore, 2, &previous));
	EXPECT_EQ(77, previous);
	EXPECT_EQ(STATUS_SUCCESS, NtReleaseSemaphore(semaphore, 1, &previous));
	EXPECT_EQ(2, previous);
}

static void limit_ignores_waiters(void)
{
	HANDLE semaphore = new_semaphore(0, 1);
	struct actor *actors[5];

	for (size_t i = 0; i < count_of(actors); i++) {
		actors[i] = hire();
		begin_wait(actors[i], semaphore);
	}
	EXPECT_ERROR(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 2, NULL));
	EXPECT_EQ(count_of(actors), waiters_of(semaphore));
	EXPECT_EQ(0, semaphore_count(semaphore));
}

static void count_must_be_positive(void)
{
	HANDLE semaphore = new_semaphore(1, 3);
	LONG previous = 77;

	EXPECT_ERROR(ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, 0, &previous));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, -1, &previous));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, INT32_MIN, &previous));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, NtReleaseSemaphore(semaphore, 0, &previous));
	EXPECT_EQ(77, previous);
	EXPECT_EQ(1, semaphore_count(semaphore));
}

static void no_wrap(void)
{
	HANDLE semaphore = new_semaphore(1, 0x7fffffff);

	EXPECT_ERROR(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 0x7fffffff, NULL));
	EXPECT(ReleaseSemaphore(semaphore, 0x7ffffffe, NULL));
	EXPECT_EQ(0x7fffffff, semaphore_count(semaphore));
}

static void release_many(void)
{
	HANDLE semaphore = new_semaphore(0, 10);
	struct actor *actors[4];
	int released = 0;
	LONG previous = 77;

	for (size_t i = 0; i < count_of(actors); i++) {
		actors[i] = hire();
		begin_wait(actors[i], semaphore);
	}
	EXPECT(ReleaseSemaphore(semaphore, 3, &previous));
	EXPECT_EQ(0, previous);
	EXPECT_EQ(0, semaphore_count(semaphore));
	for (size_t i = 0; i < count_of(actors); i++)
		released += !is_busy(actors[i]);
	EXPECT_EQ(3, released);
	EXPECT(ReleaseSemaphore(semaphore, 5, NULL));
	for (size_t i = 0; i < count_of(actors); i++)
		EXPECT_EQ(WAIT_OBJECT_0, finish(actors[i]));
	EXPECT_EQ(4, semaphore_count(semaphore));
}

static int take_and_die(int argc, char **argv)
{
	if (argc != 2 || try(handle_argument(argv[1])) != WAIT_OBJECT_0)
		return 1;
	raise(SIGKILL);
	return 2;
}

static DWORD release_one(void *semaphore)
{
	return (DWORD)ReleaseSemaphore(semaphore, 1, NULL);
}

static void nobody_owns_a_count(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE semaphore = CreateSemaphoreA(&inherit, 2, 2, NULL);
	struct actor *actor = hire();

	MUST(semaphore != NULL);
	EXPECT_EQ(256 + SIGKILL, run_program("take-and-die", 1, value_of(semaphore)));
	EXPECT_EQ(1, semaphore_count(semaphore));
	EXPECT_EQ(WAIT_OBJECT_0, ask(actor, act_try, semaphore));
	dismiss(actor);
	EXPECT_EQ(0, semaphore_count(semaphore));
	actor = hire();
	EXPECT_EQ(TRUE, ask(actor, release_one, semaphore));
	EXPECT_EQ(1, semaphore_count(semaphore));
}

static void several_handles_in_one_wait(void)
{
	HANDLE semaphore = new_semaphore(3, 3);
	HANDLE handles[] = { semaphore, duplicate_of(semaphore, SYNCHRONIZE), semaphore };

	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(3, handles, FALSE, 0));
	EXPECT_EQ(2, semaphore_count(semaphore));
}

static void query(void)
{
	HANDLE semaphore = new_semaphore(2, 5);
	SEMAPHORE_BASIC_INFORMATION info = { 77, 77 };
	ULONG length = 77;

	EXPECT_EQ(STATUS_SUCCESS, NtQuerySemaphore(semaphore, SemaphoreBasicInformation, &info,
						   sizeof(info), &length));
	EXPECT_EQ(2, info.CurrentCount);
	EXPECT_EQ(5, info.MaximumCount);
	EXPECT_EQ(sizeof(info), length);
	EXPECT_EQ(STATUS_INFO_LENGTH_MISMATCH,
		  NtQuerySemaphore(semaphore, SemaphoreBasicInformation, NULL, 0, NULL));
	EXPECT_EQ(STATUS_INVALID_INFO_CLASS,
		  NtQuerySemaphore(semaphore, (SEMAPHORE_INFORMATION_CLASS)1, &info, sizeof(info),
				   NULL));
	EXPECT_EQ(STATUS_INVALID_HANDLE,
		  NtQuerySemaphore(NULL, SemaphoreBasicInformation, &info, sizeof(info), NULL));
	EXPECT_EQ(STATUS_ACCESS_DENIED,
		  NtQuerySemaphore(duplicate_of(semaphore, SYNCHRONIZE | SEMAPHORE_MODIFY_STATE),
				   SemaphoreBasicInformation, &info, sizeof(info), NULL));
	EXPECT_EQ(2, semaphore_count(semaphore));
}

static void release_rights(void)
{
	HANDLE semaphore = new_semaphore(0, 5);

	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     ReleaseSemaphore(duplicate_of(semaphore, SYNCHRONIZE | SEMAPHORE_QUERY_STATE),
				      1, NULL));
	EXPECT(ReleaseSemaphore(duplicate_of(semaphore, SEMAPHORE_MODIFY_STATE), 1, NULL));
	EXPECT_EQ(1, semaphore_count(semaphore));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ReleaseSemaphore(new_event(FALSE, FALSE), 1, NULL));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ReleaseSemaphore(NULL, 1, NULL));
}

static void wait_all_takes_nothing(void)
{
	HANDLE both[] = { new_semaphore(1, 1), new_semaphore(0, 1) };

	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, both, TRUE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, both, TRUE, 20));
	EXPECT_EQ(1, semaphore_count(both[0]));
	EXPECT(ReleaseSemaphore(both[1], 1, NULL));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, both, TRUE, 0));
	EXPECT_EQ(0, semaphore_count(both[0]));
	EXPECT_EQ(0, semaphore_count(both[1]));
}

static const struct check checks[] = {
	{ "SM-1", "counts are checked", counts_are_checked },
	{ "SM-2", "counts are checked before the name is looked up", checked_before_the_name },
	{ "SM-3", "counts of an existing semaphore stay", existing_counts_stay },
	{ "SM-4", "each wait takes one", each_wait_takes_one },
	{ "SM-5", "previous counts", previous_counts },
	{ "SM-6", "beyond the maximum nothing changes", too_many_posts },
	{ "SM-7", "waiters do not count against the maximum", limit_ignores_waiters },
	{ "SM-8", "the count must be positive", count_must_be_positive },
	{ "SM-9", "no arithmetic wrap", no_wrap },
	{ "SM-10", "a release of n wakes n, the rest is kept", release_many },
	{ "SM-11", "nobody owns a count", nobody_owns_a_count },
	{ "SM-12", "several handles in one wait take one", several_handles_in_one_wait },
	{ "SM-13", "NtQuerySemaphore", query },
	{ "SM-14", "right to release", release_rights },
	{ "SM-15", "a wait for all that times out takes nothing", wait_all_takes_nothing },
};

static const struct program programs[] = {
	{ "take-and-die", take_and_die },
};

const struct section semaphores = {
	"semaphores", checks, count_of(checks), programs, count_of(programs),
};
