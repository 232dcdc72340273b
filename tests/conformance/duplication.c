// SPDX-License-Identifier: GPL-2.0-only
/* Section 8 of docs/windows-semantics.md: duplication. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static HANDLE self;

static bool is_open(HANDLE handle)
{
	DWORD flags;

	return GetHandleInformation(handle, &flags);
}

static DWORD flags_of(HANDLE handle)
{
	DWORD flags = 77;

	MUST(GetHandleInformation(handle, &flags));
	return flags;
}

static HANDLE copy_of(HANDLE handle, DWORD access, BOOL inherit, DWORD options)
{
	HANDLE copy = NULL;

	self = GetCurrentProcess();
	MUST(DuplicateHandle(self, handle, self, &copy, access, inherit, options));
	MUST(copy != NULL);
	return copy;
}

static void two_handles(void)
{
	HANDLE event = new_event(TRUE, FALSE);
	HANDLE copy = copy_of(event, 0, FALSE, DUPLICATE_SAME_ACCESS);

	EXPECT(copy != event);
	EXPECT(SetEvent(copy));
	EXPECT_EQ(1, event_state(event));
	EXPECT(ResetEvent(event));
	EXPECT_EQ(WAIT_TIMEOUT, try(copy));
	EXPECT(CloseHandle(event));
	EXPECT(SetEvent(copy));
	EXPECT_EQ(WAIT_OBJECT_0, try(copy));
	EXPECT(!is_open(event));
}

static void same_access(void)
{
	HANDLE weak = copy_of(new_event(FALSE, FALSE), SYNCHRONIZE, FALSE, 0);
	HANDLE copy = copy_of(weak, EVENT_ALL_ACCESS, FALSE, DUPLICATE_SAME_ACCESS);

	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(copy));
	EXPECT_EQ(WAIT_TIMEOUT, try(copy));
	/* Even if that is no access that exists. */
	EXPECT(copy_of(weak, 0xffffffff, FALSE, DUPLICATE_SAME_ACCESS) != NULL);
}

static void narrower_access(void)
{
	HANDLE event = new_event(FALSE, TRUE);
	HANDLE wait_only = copy_of(event, SYNCHRONIZE, FALSE, 0);

	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(wait_only));
	EXPECT_EQ(WAIT_OBJECT_0, try(wait_only));
	EXPECT(SetEvent(event));
	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     DuplicateHandle(self, event, self, &wait_only, 0x8000, FALSE, 0));
}

static HANDLE not_ones_own;

static void widen_as_bob(void)
{
	HANDLE wider = NULL;

	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     DuplicateHandle(self, not_ones_own, self, &wider, EVENT_ALL_ACCESS, FALSE, 0));
	EXPECT(DuplicateHandle(self, not_ones_own, self, &wider, SYNCHRONIZE, FALSE, 0));
}

static void wider_access(void)
{
	HANDLE event = new_event(FALSE, FALSE), wider = NULL;

	not_ones_own = copy_of(event, SYNCHRONIZE, FALSE, 0);
	/* A fresh look at the permissions: the creator may, another user may not. */
	EXPECT(DuplicateHandle(self, not_ones_own, self, &wider, EVENT_ALL_ACCESS, FALSE, 0));
	EXPECT(SetEvent(wider));
	EXPECT_EQ(0, as_user(BOB, widen_as_bob));
}

static void inheritance_of_the_new_one(void)
{
	HANDLE event = new_event(TRUE, FALSE);
	HANDLE yes = copy_of(event, 0, TRUE, DUPLICATE_SAME_ACCESS);
	HANDLE no = copy_of(yes, 0, FALSE, DUPLICATE_SAME_ACCESS);

	EXPECT_EQ(0, flags_of(event));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(yes));
	EXPECT_EQ(0, flags_of(no));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(copy_of(event, SYNCHRONIZE, TRUE, 0)));
}

static void close_source(void)
{
	HANDLE event = new_event(TRUE, TRUE), copy;
	const DWORD both = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;

	EXPECT(copy_of(event, 0, TRUE, both) == event);
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(event));
	EXPECT(copy_of(event, 0, FALSE, both) == event);
	EXPECT_EQ(0, flags_of(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	copy = copy_of(event, SYNCHRONIZE, FALSE, DUPLICATE_CLOSE_SOURCE);
	EXPECT_EQ(WAIT_OBJECT_0, try(copy));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(copy));
	EXPECT(copy == event || !is_open(event));
	/* Also if nothing comes of it. */
	event = new_event(TRUE, TRUE);
	EXPECT_ERROR(ERROR_ACCESS_DENIED, DuplicateHandle(self, event, self, &copy, 0x8000, FALSE,
							  DUPLICATE_CLOSE_SOURCE));
	EXPECT(!is_open(event));
}

/* Between this process and a child, which has handles of its own. */
static struct exchange {
	HANDLE done;
	int values;		/* a pipe that tells handle values */
} exchange;

/* Has an event of its own, tells its value, and still has it at the end. */
static void have_an_event(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	MUST(write(exchange.values, &event, sizeof(event)) == sizeof(event));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(exchange.done, PATIENCE_MS));
	EXPECT_EQ(1, event_state(event));
}

static void take_from_another_process(void)
{
	HANDLE process, theirs = NULL, ours = NULL;
	int pipes[2];
	pid_t pid;

	self = GetCurrentProcess();
	exchange.done = new_event(TRUE, FALSE);
	MUST(pipe(pipes) == 0);
	exchange.values = pipes[1];
	pid = start_as(0, have_an_event);
	process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)pid);
	MUST(process != NULL);
	MUST(read(pipes[0], &theirs, sizeof(theirs)) == sizeof(theirs));
	/* Which is just a number here. */
	EXPECT(DuplicateHandle(process, theirs, self, &ours, EVENT_MODIFY_STATE | SYNCHRONIZE,
			       FALSE, 0));
	EXPECT(SetEvent(ours));
	EXPECT_EQ(0, flags_of(ours));
	EXPECT(CloseHandle(ours));
	EXPECT(DuplicateHandle(process, theirs, self, &ours, 0, TRUE, DUPLICATE_SAME_ACCESS));
	EXPECT_EQ(1, event_state(ours));
	EXPECT_EQ(HANDLE_FLAG_INHERIT, flags_of(ours));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     DuplicateHandle(process, (HANDLE)(uintptr_t)4000, self, &ours, 0, FALSE,
				     DUPLICATE_SAME_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     DuplicateHandle(NULL, theirs, self, &ours, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, exchange.done, ours, &ours, 0, FALSE,
				     DUPLICATE_SAME_ACCESS));
	/* Nothing can be put there, nor closed. */
	EXPECT_ERROR(ERROR_NOT_SUPPORTED, DuplicateHandle(self, exchange.done, process, &ours, 0,
							  FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT(is_open(exchange.done));
	EXPECT_ERROR(ERROR_NOT_SUPPORTED, DuplicateHandle(process, theirs, self, &ours, 0, FALSE,
							  DUPLICATE_SAME_ACCESS |
							  DUPLICATE_CLOSE_SOURCE));
	EXPECT_ERROR(ERROR_NOT_SUPPORTED, DuplicateHandle(process, theirs, self, NULL, 0, FALSE,
							  DUPLICATE_CLOSE_SOURCE));
	EXPECT(SetEvent(exchange.done));
	EXPECT_EQ(0, end_of(pid));
}

static HANDLE root_process;
static HANDLE root_event;

static void take_as_bob(void)
{
	HANDLE ours = NULL;

	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     DuplicateHandle(root_process, root_event, GetCurrentProcess(), &ours, 0,
				     FALSE, DUPLICATE_SAME_ACCESS));
}

static void taking_needs_permission(void)
{
	root_event = new_event(TRUE, FALSE);
	root_process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, GetCurrentProcessId());
	MUST(root_process != NULL);
	EXPECT_EQ(0, as_user(BOB, take_as_bob));
}

static void value_lost(void)
{
	HANDLE event = new_event(TRUE, FALSE);

	self = GetCurrentProcess();
	EXPECT(DuplicateHandle(self, event, self, NULL, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT(is_open(event));
	EXPECT(DuplicateHandle(self, event, self, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	EXPECT(!is_open(event));
	event = new_event(TRUE, FALSE);
	EXPECT(DuplicateHandle(self, event, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	EXPECT(!is_open(event));
}

static void bad_and_pseudo_sources(void)
{
	HANDLE copy = NULL, process, thread;

	self = GetCurrentProcess();
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, NULL, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, (HANDLE)(uintptr_t)0xdeadbee0, self, &copy, 0, FALSE,
				     DUPLICATE_SAME_ACCESS));
	EXPECT(copy == NULL);
	process = copy_of(GetCurrentProcess(), 0, FALSE, DUPLICATE_SAME_ACCESS);
	EXPECT(process != GetCurrentProcess());
	EXPECT_EQ(GetCurrentProcessId(), GetProcessId(process));
	EXPECT_EQ(WAIT_TIMEOUT, try(process));
	thread = copy_of(GetCurrentThread(), 0, FALSE, DUPLICATE_SAME_ACCESS);
	EXPECT(thread != GetCurrentThread());
	EXPECT_EQ(WAIT_TIMEOUT, try(thread));
	/* They are handles of the same things. */
	EXPECT(CompareObjectHandles(process, GetCurrentProcess()));
	EXPECT(CompareObjectHandles(GetCurrentThread(), thread));
	EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(process, thread));
	EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(process, GetCurrentThread()));
	EXPECT(CloseHandle(process));
	EXPECT(CloseHandle(thread));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER,
		     DuplicateHandle(self, new_event(TRUE, TRUE), self, &copy, 0, FALSE, 0x8));
}

static int hold_and_die(int argc, char **argv)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "of the dead");

	if (argc != 2 || !event || !SetEvent(handle_argument(argv[1])))
		return 2;
	Sleep(INFINITE);
	return 3;
}

static void handles_of_the_dead(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE ready = CreateEventA(&inherit, FALSE, FALSE, NULL), opened;
	siginfo_t info;
	pid_t pid;

	MUST(ready != NULL);
	pid = start_program("hold-and-die", 1, value_of(ready));
	MUST(WaitForSingleObject(ready, PATIENCE_MS) == WAIT_OBJECT_0);
	opened = OpenEventA(SYNCHRONIZE, FALSE, "of the dead");
	EXPECT(opened != NULL);
	EXPECT(CloseHandle(opened));
	kill(pid, SIGKILL);
	/* Dead, and not waited for. */
	MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "of the dead"));
	end_of(pid);
}

static void ownership_is_not_duplicated(void)
{
	HANDLE mutex = new_mutex(TRUE), copy = copy_of(mutex, 0, FALSE, DUPLICATE_SAME_ACCESS);
	struct actor *actor = hire();

	EXPECT_EQ(WAIT_TIMEOUT, ask(actor, act_try, copy));
	EXPECT_EQ(FALSE, ask(actor, act_release_mutex, copy));
	EXPECT_MUTEX(0, TRUE, FALSE, copy);
	EXPECT(CloseHandle(mutex));
	EXPECT(ReleaseMutex(copy));
	EXPECT_EQ(WAIT_OBJECT_0, ask(actor, act_try, copy));
}

static void comparing(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "compared");
	HANDLE same[] = {
		event, CreateEventA(NULL, TRUE, FALSE, "compared"),
		OpenEventA(READ_CONTROL, FALSE, "compared"), copy_of(event, SYNCHRONIZE, FALSE, 0),
	};
	HANDLE others[] = {
		new_event(TRUE, FALSE), new_mutex(FALSE), new_semaphore(0, 1), new_timer(FALSE),
		GetCurrentProcess(), GetCurrentThread(), wsync_win32_handle(0),
	};

	for (size_t i = 0; i < count_of(same); i++) {
		SetLastError(POISON);
		EXPECT(CompareObjectHandles(event, same[i]));
		EXPECT(CompareObjectHandles(same[i], event));
		EXPECT_EQ(POISON, GetLastError());
	}
	for (size_t i = 0; i < count_of(others); i++) {
		EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(event, others[i]));
		EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(others[i], event));
		EXPECT(CompareObjectHandles(others[i], others[i]));
	}
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CompareObjectHandles(event, NULL));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CompareObjectHandles(NULL, event));
}

static const struct check checks[] = {
	{ "DU-1", "two handles of one object", two_handles },
	{ "DU-2", "the same access", same_access },
	{ "DU-3", "narrower access", narrower_access },
	{ "DU-4", "wider access", wider_access },
	{ "DU-5", "inheritance of the new handle", inheritance_of_the_new_one },
	{ "DU-6", "closing the source", close_source },
	{ "", "differs, DU-7: handles of others can be taken, not given", take_from_another_process },
	{ "", "differs, DU-7: taking one needs permission", taking_needs_permission },
	{ "", "differs, DU-8: a value that is lost", value_lost },
	{ "DU-9", "bad sources, and pseudo handles", bad_and_pseudo_sources },
	{ "DU-10", "handles of the dead", handles_of_the_dead },
	{ "DU-11", "ownership is not duplicated", ownership_is_not_duplicated },
	{ "DU-12", "CompareObjectHandles", comparing },
};

static const struct program programs[] = {
	{ "hold-and-die", hold_and_die },
};

const struct section duplication = {
	"duplication", checks, count_of(checks), programs, count_of(programs),
};
