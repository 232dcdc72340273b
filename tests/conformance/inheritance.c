// SPDX-License-Identifier: GPL-2.0-only
/* Section 7 of docs/windows-semantics.md: inheritance. */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };
static SECURITY_ATTRIBUTES not_inheritable = { sizeof(not_inheritable), NULL, FALSE };

static DWORD flags_of(HANDLE handle)
{
	DWORD flags = 77;

	MUST(GetHandleInformation(handle, &flags));
	return flags;
}

/* 0: the value is a valid handle of an event here, 1: it is not. */
static int is_valid(int argc, char **argv)
{
	EVENT_BASIC_INFORMATION info;

	if (argc != 2)
		return 2;
	return NtQueryEvent(handle_argument(argv[1]), EventBasicInformation, &info, sizeof(info),
			    NULL) ? 1 : 0;
}

static void default_is_not_inherited(void)
{
	for (int type = 0; type < TYPES; type++) {
		EXPECT_EQ(0, flags_of(create_any(type, NULL, NULL)));
		EXPECT_EQ(0, flags_of(create_any(type, &not_inheritable, NULL)));
		EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(create_any(type, &inheritable, NULL)));
		MUST(create_any(type, &inheritable, type_names[type]) != NULL);
		EXPECT_EQ(0, flags_of(open_any(type, SYNCHRONIZE, FALSE, type_names[type])));
	}
	EXPECT_EQ(1, run_program("is-valid", 1, value_of(CreateEventA(NULL, TRUE, FALSE, NULL))));
	EXPECT_EQ(0, run_program("is-valid", 1,
				 value_of(CreateEventA(&inheritable, TRUE, FALSE, NULL))));
}

static void the_flag_is_the_handles(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;

	MUST(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, TRUE,
			     DUPLICATE_SAME_ACCESS));
	EXPECT_EQ(0, flags_of(event));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(copy));
	EXPECT(CompareObjectHandles(event, copy));
	EXPECT_EQ(1, run_program("is-valid", 1, value_of(event)));
	EXPECT_EQ(0, run_program("is-valid", 1, value_of(copy)));
}

/* Its argument is a handle for waiting only. */
static int wait_only(int argc, char **argv)
{
	HANDLE event;

	if (argc != 2)
		return 2;
	event = handle_argument(argv[1]);
	if (try(event) != WAIT_OBJECT_0)
		return 3;
	if (SetEvent(event) || GetLastError() != ERROR_ACCESS_DENIED)
		return 4;
	return 0;
}

static void same_value_object_and_access(void)
{
	HANDLE event = new_event(FALSE, TRUE), weak = NULL;
	char number[24];
	char *argv[] = { "conformance", "--program", "is-valid", number, NULL };
	pid_t pid = -1;

	MUST(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, SYNCHRONIZE,
			     TRUE, 0));
	EXPECT_EQ(0, run_program("wait-only", 1, value_of(weak)));
	/* The child's wait took it. */
	EXPECT_EQ(0, event_state(event));
	/* Without inheritance: nothing. */
	snprintf(number, sizeof(number), "%lu", value_of(weak));
	MUST(wsync_spawn("/proc/self/exe", argv, NULL, NULL, 0, &pid) == 0);
	EXPECT_EQ(1, end_of(pid));
}

static void others_are_invalid(void)
{
	EXPECT_EQ(1, run_program("is-valid", 1, value_of(new_event(TRUE, FALSE))));
}

/* Hands its inherited handle on to a child of its own. */
static int hand_on(int argc, char **argv)
{
	if (argc != 2 || flags_of(handle_argument(argv[1])) != HANDLE_FLAG_INHERIT)
		return 2;
	return run_program("is-valid", 1, value_of(handle_argument(argv[1])));
}

static void copies_are_inheritable(void)
{
	EXPECT_EQ(0, run_program("hand-on", 1,
				 value_of(CreateEventA(&inheritable, TRUE, FALSE, NULL))));
}

static int hold_until(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	return WaitForSingleObject(handle_argument(argv[1]), PATIENCE_MS) == WAIT_OBJECT_0 ? 0 : 1;
}

static void inherited_handles_keep_the_name(void)
{
	HANDLE event = CreateEventA(&inheritable, FALSE, FALSE, "kept by a child"), again;
	pid_t pid = start_program("hold-until", 1, value_of(event));

	while (waiters_of(event) == 0)
		Sleep(1);
	EXPECT(CloseHandle(event));
	again = OpenEventA(EVENT_ALL_ACCESS, FALSE, "kept by a child");
	MUST(again != NULL);
	EXPECT(SetEvent(again));
	EXPECT(CloseHandle(again));
	EXPECT_EQ(0, end_of(pid));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "kept by a child"));
}

/* 0: gets it as abandoned, after not having owned it. */
static int outlive_the_parent(int argc, char **argv)
{
	HANDLE mutex, tried;

	if (argc != 3)
		return 2;
	mutex = handle_argument(argv[1]);
	tried = handle_argument(argv[2]);
	if (ReleaseMutex(mutex) || GetLastError() != ERROR_NOT_OWNER || try(mutex) != WAIT_TIMEOUT)
		return 3;
	SetEvent(tried);
	return WaitForSingleObject(mutex, PATIENCE_MS) == WAIT_ABANDONED ? 0 : 4;
}

/* As above; the third argument is the event that tells success. */
static int survivor(int argc, char **argv)
{
	int status = argc == 4 ? outlive_the_parent(3, argv) : 2;

	if (status == 0)
		SetEvent(handle_argument(argv[3]));
	return status;
}

static HANDLE survived;

/* Owns a mutex, starts a child that inherits it, and dies when that one has tried. */
static void own_and_die(void)
{
	HANDLE mutex = CreateMutexA(&inheritable, TRUE, NULL);
	HANDLE tried = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	char numbers[3][24];
	char *argv[] = { "conformance", "--program", "survivor", numbers[0], numbers[1],
			 numbers[2], NULL };
	const int fds[] = { wsync_win32_fd(mutex), wsync_win32_fd(tried),
			    wsync_win32_fd(survived) };
	pid_t pid;

	MUST(mutex && tried);
	snprintf(numbers[0], sizeof(numbers[0]), "%lu", value_of(mutex));
	snprintf(numbers[1], sizeof(numbers[1]), "%lu", value_of(tried));
	snprintf(numbers[2], sizeof(numbers[2]), "%lu", value_of(survived));
	/* Not with start_program(), whose children die with their parents. */
	MUST(wsync_spawn("/proc/self/exe", argv, NULL, fds, count_of(fds), &pid) == 0);
	MUST(WaitForSingleObject(tried, PATIENCE_MS) == WAIT_OBJECT_0);
	raise(SIGKILL);
}

static int fork_is_another_thread(HANDLE mutex)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(ReleaseMutex(mutex) ? 1 : try(mutex) == WAIT_TIMEOUT ? 0 : 2);
	return end_of(pid);
}

static void ownership_is_not_inherited(void)
{
	HANDLE mutex = CreateMutexA(&inheritable, TRUE, NULL);
	HANDLE tried = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	pid_t pid;

	MUST(mutex && tried);
	survived = CreateEventA(&inheritable, TRUE, FALSE, NULL);
	MUST(survived != NULL);
	EXPECT_EQ(0, fork_is_another_thread(mutex));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
	/* A child that waits gets it when its owner releases it. */
	pid = start_program("waiter", 2, value_of(mutex), value_of(tried));
	MUST(WaitForSingleObject(tried, PATIENCE_MS) == WAIT_OBJECT_0);
	EXPECT(ReleaseMutex(mutex));
	EXPECT_EQ(0, end_of(pid));
	/* And as abandoned when its owner dies. */
	EXPECT_EQ(256 + SIGKILL, end_of(start_as(0, own_and_die)));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(survived, PATIENCE_MS));
}

static int waiter(int argc, char **argv)
{
	HANDLE mutex;

	if (argc != 3)
		return 2;
	mutex = handle_argument(argv[1]);
	if (ReleaseMutex(mutex) || try(mutex) != WAIT_TIMEOUT)
		return 3;
	SetEvent(handle_argument(argv[2]));
	return WaitForSingleObject(mutex, PATIENCE_MS) == WAIT_OBJECT_0 && ReleaseMutex(mutex) ?
		       0 : 4;
}

static void handle_information(void)
{
	HANDLE event = new_event(TRUE, FALSE);

	EXPECT_EQ(0, flags_of(event));
	EXPECT(SetHandleInformation(event, HANDLE_FLAG_INHERIT, ~0u));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(event));
	EXPECT(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, ~0u));
	EXPECT_EQ(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE, flags_of(event));
	EXPECT(SetHandleInformation(event, HANDLE_FLAG_INHERIT, 0));
	EXPECT_EQ(HANDLE_FLAG_PROTECT_FROM_CLOSE, flags_of(event));
	EXPECT(SetHandleInformation(event, 0, ~0u));
	EXPECT_EQ(HANDLE_FLAG_PROTECT_FROM_CLOSE, flags_of(event));
	EXPECT(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	EXPECT_EQ(0, flags_of(event));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, SetHandleInformation(event, 0x4, 0));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, SetHandleInformation(NULL, HANDLE_FLAG_INHERIT, 0));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, GetHandleInformation(NULL, &(DWORD){ 0 }));
	EXPECT(SetHandleInformation(event, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	EXPECT_EQ(0, run_program("is-valid", 1, value_of(event)));
}

static void protection(void)
{
	HANDLE event = new_event(TRUE, TRUE), copy = NULL, self = GetCurrentProcess();

	MUST(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE,
				  HANDLE_FLAG_PROTECT_FROM_CLOSE));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CloseHandle(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT(DuplicateHandle(self, event, self, &copy, 0, FALSE,
			       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
	EXPECT(copy != NULL && copy != event);
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT(CompareObjectHandles(event, copy));
	EXPECT_EQ(0, flags_of(copy));
	MUST(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	EXPECT(CloseHandle(event));
	EXPECT(CloseHandle(copy));
	/* It is gone with the handle: the next one of that value is not protected. */
	EXPECT_EQ(0, flags_of(new_event(TRUE, TRUE)));
}

static void new_handles_only(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "opened"), opened, copy = NULL;
	HANDLE self = GetCurrentProcess();

	MUST(event != NULL);
	for (int type = 0; type < TYPES; type++) {
		MUST(create_any(type, NULL, type_names[type]) != NULL);
		EXPECT_EQ(HANDLE_FLAG_INHERIT,
			  flags_of(open_any(type, SYNCHRONIZE, TRUE, type_names[type])));
	}
	opened = OpenEventA(SYNCHRONIZE, TRUE, "opened");
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(opened));
	EXPECT_EQ(0, flags_of(event));
	MUST(DuplicateHandle(self, opened, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_EQ(0, flags_of(copy));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(opened));
}

static void handle_list(void)
{
	HANDLE listed = CreateEventA(&inheritable, TRUE, FALSE, NULL);
	HANDLE other = CreateEventA(&inheritable, TRUE, FALSE, NULL);
	char number[24];
	char *argv[] = { "conformance", "--program", "is-valid", number, NULL };
	int fd = wsync_win32_fd(listed);
	pid_t pid = -1;

	MUST(listed && other);
	snprintf(number, sizeof(number), "%lu", value_of(listed));
	MUST(wsync_spawn("/proc/self/exe", argv, NULL, &fd, 1, &pid) == 0);
	EXPECT_EQ(0, end_of(pid));
	snprintf(number, sizeof(number), "%lu", value_of(other));
	MUST(wsync_spawn("/proc/self/exe", argv, NULL, &fd, 1, &pid) == 0);
	EXPECT_EQ(1, end_of(pid));
}

static const struct check checks[] = {
	{ "IN-1", "the default is not inherited", default_is_not_inherited },
	{ "IN-2", "the flag belongs to the handle", the_flag_is_the_handles },
	{ "IN-3, IN-12", "the same value, object and access", same_value_object_and_access },
	{ "IN-4", "values of others are invalid", others_are_invalid },
	{ "IN-5", "copies are inheritable", copies_are_inheritable },
	{ "IN-6", "inherited handles keep the name", inherited_handles_keep_the_name },
	{ "IN-7", "ownership is not inherited", ownership_is_not_inherited },
	{ "IN-8", "SetHandleInformation", handle_information },
	{ "IN-9", "protection from being closed", protection },
	{ "IN-10", "the flag of a new handle only", new_handles_only },
	{ "IN-11", "a list of handles", handle_list },
};

static const struct program programs[] = {
	{ "is-valid", is_valid },
	{ "wait-only", wait_only },
	{ "hand-on", hand_on },
	{ "hold-until", hold_until },
	{ "survivor", survivor },
	{ "waiter", waiter },
};

const struct section inheritance = {
	"inheritance", checks, count_of(checks), programs, count_of(programs),
};
