// SPDX-License-Identifier: GPL-2.0-only
/* Handles, processes, threads: values, flags, duplicates, comparisons. */
#include "w32.h"

#include <limits.h>
#include <pthread.h>
#include <sys/syscall.h>

static HANDLE self;

static int setup(void **state)
{
	self = GetCurrentProcess();
	return w32_setup(state);
}

static void values(void **state)
{
	(void)state;
	assert_null(wsync_win32_handle(-1));
	assert_null(wsync_win32_handle(INT_MAX));
	assert_ptr_equal(wsync_win32_handle(0), (HANDLE)4);
	assert_int_equal(wsync_win32_fd(wsync_win32_handle(77)), 77);
	assert_int_equal(wsync_win32_fd(wsync_win32_handle(INT_MAX / 4 - 1)), INT_MAX / 4 - 1);
	assert_int_equal(wsync_win32_fd(NULL), -1);
	assert_int_equal(wsync_win32_fd(INVALID_HANDLE_VALUE), -1);
	assert_int_equal(wsync_win32_fd(GetCurrentThread()), -1);
	for (uintptr_t odd = 1; odd < 4; odd++)
		assert_int_equal(wsync_win32_fd((HANDLE)(4 + odd)), -1);
	assert_int_equal(wsync_win32_fd((HANDLE)(UINTPTR_MAX & ~(uintptr_t)3)), -1);
}

static void closes(void **state)
{
	(void)state;
	assert_true(CloseHandle(H(OBJECT)));
	assert_false(w32_is_open(OBJECT));
	assert_fails(ERROR_INVALID_HANDLE, CloseHandle(H(OBJECT)));
	assert_fails(ERROR_INVALID_HANDLE, CloseHandle(NULL));
	assert_true(CloseHandle(GetCurrentProcess()));
	assert_true(CloseHandle(GetCurrentThread()));
	assert_true(CloseHandle(H(FOREIGN)));
}

static DWORD flags_of(int fd)
{
	DWORD flags = 77;

	assert_true(GetHandleInformation(H(fd), &flags));
	return flags;
}

static void information(void **state)
{
	const DWORD both = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;
	DWORD flags = 77;

	(void)state;
	assert_int_equal(flags_of(OBJECT), 0);
	assert_true(SetHandleInformation(H(OBJECT), both, both));
	assert_int_equal(flags_of(OBJECT), both);
	assert_int_equal(flags_of(OTHER), 0);
	assert_fails(ERROR_INVALID_HANDLE, CloseHandle(H(OBJECT)));
	assert_true(w32_is_open(OBJECT));
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_INHERIT, 0));
	assert_int_equal(flags_of(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE);
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	assert_int_equal(flags_of(OBJECT), 0);
	assert_true(CloseHandle(H(OBJECT)));
	assert_fails(ERROR_INVALID_PARAMETER, SetHandleInformation(H(OTHER), 4, 0));
	assert_fails(ERROR_INVALID_PARAMETER, GetHandleInformation(H(OTHER), NULL));
	assert_fails(ERROR_INVALID_HANDLE, GetHandleInformation(H(CLOSED), &flags));
	assert_fails(ERROR_INVALID_HANDLE, SetHandleInformation(H(CLOSED), both, both));
	assert_fails(ERROR_INVALID_HANDLE, SetHandleInformation(NULL, both, both));
	assert_int_equal(flags, 77);
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, SetHandleInformation(H(OTHER), both, both));
	assert_int_equal(flags_of(OTHER), 0);
}

/* A mark does not outlive its object, even if somebody closed the fd behind our back. */
static void protection_of_another_object(void **state)
{
	(void)state;
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE, 2));
	w32_object(OBJECT, WINSYNC_TYPE_MUTEX, WINSYNC_ACCESS_ALL);
	assert_int_equal(flags_of(OBJECT), 0);
	assert_true(CloseHandle(H(OBJECT)));
}

/* Marks that were left behind are not those of a new handle, even of the same object. */
static void protect_and_lose(int fd)
{
	assert_true(SetHandleInformation(H(fd), HANDLE_FLAG_PROTECT_FROM_CLOSE, 2));
	wsync_close(fd);
}

static void duplicates_of_what_was_protected(void **state)
{
	HANDLE child = H(CHILD), copy = NULL;
	DWORD access = SYNCHRONIZE;

	(void)state;
	w32_process(CHILD, 4711);
	w32_identity(OBJECT, 1000);
	w32_object(MADE, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	w32_identity(MADE, 1000);
	protect_and_lose(MADE);
	assert_true(DuplicateHandle(self, H(OBJECT), self, &copy, access, FALSE, 0));
	assert_ptr_equal(copy, H(MADE));
	assert_int_equal(flags_of(MADE), 0);
	protect_and_lose(MADE);
	fake_syscall(SYS_pidfd_getfd, OBJECT);
	assert_true(DuplicateHandle(child, H(7), self, &copy, access, FALSE, 0));
	assert_ptr_equal(copy, H(MADE));
	assert_int_equal(flags_of(MADE), 0);
	w32_object(OBJECT, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	w32_identity(OBJECT, 1000);
	protect_and_lose(OBJECT);
	w32_object(OBJECT, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	w32_identity(OBJECT, 1000);
	assert_true(DuplicateHandle(child, H(7), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_ptr_equal(copy, H(OBJECT));
	assert_int_equal(flags_of(OBJECT), 0);
	w32_object(MADE, TYPE_FOREIGN, 0);
	protect_and_lose(MADE);
	assert_true(DuplicateHandle(self, H(FOREIGN), self, &copy, 0, FALSE, 2));
	assert_ptr_equal(copy, H(MADE));
	assert_int_equal(flags_of(MADE), 0);
	w32_process(OWN, getpid());
	protect_and_lose(OWN);
	w32_process(OWN, getpid());
	fake_syscall(SYS_pidfd_open, OWN);
	assert_true(DuplicateHandle(self, self, self, &copy, 0, FALSE, 2));
	assert_ptr_equal(copy, H(OWN));
	assert_int_equal(flags_of(OWN), 0);
}

static BOOL duplicate(int fd, HANDLE *copy, DWORD access, BOOL inherit, DWORD options)
{
	return DuplicateHandle(self, H(fd), self, copy, access, inherit, options);
}

static void duplicates(void **state)
{
	const struct winsync_duplicate_args *args = w32_argument(WINSYNC_IOC_DUPLICATE);
	HANDLE copy = NULL;

	(void)state;
	assert_true(duplicate(OBJECT, &copy, SYNCHRONIZE, FALSE, 0));
	assert_ptr_equal(copy, H(MADE));
	assert_int_equal(args->access, WINSYNC_ACCESS_SYNCHRONIZE);
	assert_int_equal(args->flags, 0);
	assert_true(duplicate(OBJECT, &copy, 0xffffffff, TRUE, DUPLICATE_SAME_ACCESS));
	assert_int_equal(args->access, 0);
	assert_int_equal(args->flags, WINSYNC_INHERIT);
	assert_true(w32_is_open(OBJECT));
	/* A value that nobody wants: it is closed. */
	assert_true(duplicate(OBJECT, NULL, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_false(w32_is_open(MADE));
	copy = NULL;
	assert_fails(ERROR_ACCESS_DENIED, duplicate(OBJECT, &copy, 0x8000, FALSE, 0));
	assert_fails(ERROR_INVALID_PARAMETER, duplicate(OBJECT, &copy, 0, FALSE, 4));
	assert_fails(ERROR_INVALID_HANDLE, duplicate(CLOSED, &copy, 0, FALSE, 2));
	assert_fails(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, NULL, self, &copy, 0, FALSE, 2));
	for (size_t i = 0; i < w32_pair_count; i++) {
		w32_answer(WINSYNC_IOC_DUPLICATE, -w32_pairs[i].error);
		assert_fails(w32_pairs[i].code, duplicate(OBJECT, &copy, 0, FALSE, 2));
	}
	assert_null(copy);
}

static void duplicates_foreign(void **state)
{
	HANDLE copy = NULL;

	(void)state;
	assert_true(duplicate(FOREIGN, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS));
	assert_ptr_equal(copy, H(MADE));
	assert_int_equal(flags_of(MADE), HANDLE_FLAG_INHERIT);
	assert_true(duplicate(FOREIGN, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_int_equal(flags_of(MADE), 0);
	w32_fcntl_error = EMFILE;
	assert_fails(ERROR_TOO_MANY_OPEN_FILES, duplicate(FOREIGN, &copy, 0, FALSE, 2));
}

static void moves(void **state)
{
	const DWORD same = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;
	HANDLE copy = NULL;

	(void)state;
	assert_true(duplicate(OBJECT, &copy, 0, TRUE, same));
	assert_ptr_equal(copy, H(OBJECT));
	assert_int_equal(flags_of(OBJECT), HANDLE_FLAG_INHERIT);
	assert_true(duplicate(OBJECT, &copy, SYNCHRONIZE, FALSE, DUPLICATE_CLOSE_SOURCE));
	assert_ptr_equal(copy, H(MADE));
	assert_false(w32_is_open(OBJECT));
	/* The source is closed, whatever became of it. */
	assert_fails(ERROR_ACCESS_DENIED,
		     duplicate(OTHER, &copy, 0x8000, FALSE, DUPLICATE_CLOSE_SOURCE));
	assert_false(w32_is_open(OTHER));
	assert_fails(ERROR_INVALID_HANDLE, duplicate(OTHER, &copy, 0, FALSE, same));
	assert_true(duplicate(MADE, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	assert_false(w32_is_open(MADE));
	/* To close needs no target, and is done even if there ought to be one. */
	w32_setup(state);
	assert_true(DuplicateHandle(self, H(OBJECT), NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	assert_false(w32_is_open(OBJECT));
	assert_fails(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, H(OTHER), NULL, &copy, 0, FALSE, same));
	assert_false(w32_is_open(OTHER));
}

static void moves_protected(void **state)
{
	HANDLE copy = NULL;

	(void)state;
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE, 2));
	assert_true(duplicate(OBJECT, &copy, 0, FALSE,
			      DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
	assert_ptr_equal(copy, H(MADE));
	assert_true(w32_is_open(OBJECT));
	assert_fails(ERROR_INVALID_HANDLE,
		     duplicate(OBJECT, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	assert_true(SetHandleInformation(H(OBJECT), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
}

/* ---- processes ---- */

#define CHILD_PID 4711

static void processes(void **state)
{
	HANDLE child, copy = NULL;

	(void)state;
	w32_process(CHILD, CHILD_PID);
	fake_syscall(SYS_pidfd_open, CHILD);
	child = OpenProcess(PROCESS_ALL_ACCESS, FALSE, CHILD_PID);
	assert_ptr_equal(child, H(CHILD));
	assert_int_equal(flags_of(CHILD), 0);
	assert_int_equal(GetProcessId(child), CHILD_PID);
	assert_int_equal(GetProcessId(self), getpid());
	assert_int_equal(GetCurrentProcessId(), getpid());
	assert_int_equal(GetCurrentThreadId(), gettid());
	assert_fails(ERROR_INVALID_HANDLE, GetProcessId(NULL));
	assert_fails(ERROR_INVALID_HANDLE, GetProcessId(H(FOREIGN)));
	assert_fails(ERROR_INVALID_HANDLE, GetProcessId(H(CLOSED)));
	/* Into another process nothing can be put, and nothing closed there. */
	assert_fails(ERROR_NOT_SUPPORTED,
		     DuplicateHandle(self, H(OBJECT), child, &copy, 0, FALSE, 2));
	assert_fails(ERROR_NOT_SUPPORTED,
		     DuplicateHandle(child, H(OBJECT), self, &copy, 0, FALSE, 3));
	assert_fails(ERROR_INVALID_HANDLE,
		     DuplicateHandle(NULL, H(OBJECT), self, &copy, 0, FALSE, 2));
	assert_fails(ERROR_INVALID_HANDLE,
		     DuplicateHandle(self, H(OBJECT), H(FOREIGN), &copy, 0, FALSE, 2));
	assert_fails(ERROR_NOT_SUPPORTED, DuplicateHandle(self, H(OBJECT), child, &copy, 0, FALSE,
							  DUPLICATE_CLOSE_SOURCE));
	assert_fails(ERROR_NOT_SUPPORTED, DuplicateHandle(child, H(OBJECT), NULL, NULL, 0, FALSE,
							  DUPLICATE_CLOSE_SOURCE));
	assert_true(w32_is_open(OBJECT));
	/* It was waited for. */
	w32_process(CHILD, -1);
	assert_fails(ERROR_INVALID_HANDLE, GetProcessId(child));
	assert_true(CloseHandle(child));
	fake_syscall(SYS_pidfd_open, -ESRCH);
	assert_fails(ERROR_INVALID_PARAMETER, OpenProcess(SYNCHRONIZE, FALSE, 1));
	fake_syscall(SYS_pidfd_open, -ENOENT);
	assert_fails(ERROR_INVALID_PARAMETER, OpenProcess(SYNCHRONIZE, FALSE, 1));
	fake_syscall(SYS_pidfd_open, -EMFILE);
	assert_fails(ERROR_TOO_MANY_OPEN_FILES, OpenProcess(SYNCHRONIZE, FALSE, 1));
	assert_fails(ERROR_TOO_MANY_OPEN_FILES,
		     DuplicateHandle(self, self, self, &copy, 0, FALSE, 2));
	fake_syscall(SYS_pidfd_open, -ENOSYS);
	assert_fails(ERROR_NOT_SUPPORTED, OpenProcess(SYNCHRONIZE, TRUE, 1));
}

static void inheritable_process(void **state)
{
	HANDLE own, copy = NULL;

	(void)state;
	w32_process(OWN, getpid());
	fake_syscall(SYS_pidfd_open, OWN);
	own = OpenProcess(SYNCHRONIZE, TRUE, GetCurrentProcessId());
	assert_ptr_equal(own, H(OWN));
	assert_int_equal(flags_of(OWN), HANDLE_FLAG_INHERIT);
	/* The own process by another handle is the own process. */
	assert_true(DuplicateHandle(own, H(OBJECT), own, &copy, 0, FALSE, 2));
	assert_ptr_equal(copy, H(MADE));
	assert_true(DuplicateHandle(self, self, self, &copy, 0, FALSE, 2));
	assert_ptr_equal(copy, H(OWN));
}

static void takes_from_another_process(void **state)
{
	HANDLE child = H(CHILD), copy = NULL;

	(void)state;
	w32_process(CHILD, CHILD_PID);
	/* What is number 7 there becomes OTHER here. */
	fake_syscall(SYS_pidfd_getfd, OTHER);
	assert_true(DuplicateHandle(child, H(7), self, &copy, 0, FALSE, 2));
	assert_ptr_equal(copy, H(OTHER));
	assert_true(DuplicateHandle(child, H(7), self, &copy, SYNCHRONIZE, TRUE, 0));
	assert_ptr_equal(copy, H(MADE));
	assert_false(w32_is_open(OTHER));
	w32_object(OTHER, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	assert_fails(ERROR_ACCESS_DENIED,
		     DuplicateHandle(child, H(7), self, &copy, 0x8000, FALSE, 0));
	assert_false(w32_is_open(OTHER));
	fake_syscall(SYS_pidfd_getfd, FOREIGN);
	assert_fails(ERROR_INVALID_HANDLE, DuplicateHandle(child, H(7), self, &copy, 0, FALSE, 2));
	assert_false(w32_is_open(FOREIGN));
	fake_syscall(SYS_pidfd_getfd, -EPERM);
	assert_fails(ERROR_ACCESS_DENIED, DuplicateHandle(child, H(7), self, &copy, 0, FALSE, 2));
	fake_syscall(SYS_pidfd_getfd, -EBADF);
	assert_fails(ERROR_INVALID_HANDLE, DuplicateHandle(child, H(7), self, &copy, 0, FALSE, 2));
}

static void compares(void **state)
{
	HANDLE own = H(OWN), again = H(OWN_TOO);

	(void)state;
	w32_process(OWN, getpid());
	w32_process(OWN_TOO, getpid());
	w32_process(CHILD, CHILD_PID);
	assert_true(CompareObjectHandles(H(OBJECT), H(OBJECT)));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(OBJECT), H(OTHER)));
	w32_identity(OTHER, 1000);
	w32_identity(OBJECT, 1000);
	assert_true(CompareObjectHandles(H(OBJECT), H(OTHER)));
	w32_object(NAMESPACE, WINSYNC_TYPE_NAMESPACE, WINSYNC_ACCESS_ALL);
	w32_identity(NAMESPACE, 1001);
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(OBJECT), H(NAMESPACE)));
	assert_true(CompareObjectHandles(H(NAMESPACE), H(NAMESPACE)));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(OBJECT), H(FOREIGN)));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(FOREIGN), H(OBJECT)));
	assert_fails(ERROR_INVALID_HANDLE, CompareObjectHandles(H(OBJECT), H(CLOSED)));
	assert_fails(ERROR_INVALID_HANDLE, CompareObjectHandles(NULL, H(OBJECT)));
	assert_fails(ERROR_INVALID_HANDLE, CompareObjectHandles(self, NULL));
	assert_true(CompareObjectHandles(self, self));
	assert_true(CompareObjectHandles(self, own));
	assert_true(CompareObjectHandles(own, self));
	assert_true(CompareObjectHandles(own, again));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(own, H(CHILD)));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(CHILD), self));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(self, GetCurrentThread()));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(GetCurrentThread(), H(OBJECT)));
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(self, H(OBJECT)));
	fake_syscall(SYS_kcmp, 0);
	assert_true(CompareObjectHandles(H(FOREIGN), H(FOREIGN)));
	fake_syscall(SYS_kcmp, 1);
	assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(H(FOREIGN), H(FOREIGN)));
	fake_syscall(SYS_kcmp, -EPERM);
	assert_fails(ERROR_ACCESS_DENIED, CompareObjectHandles(H(FOREIGN), H(FOREIGN)));
}

static void *other_thread(void *unused)
{
	assert_int_equal(GetLastError(), 0);
	SetLastError(7);
	return unused;
}

static void last_errors(void **state)
{
	pthread_t thread;

	(void)state;
	SetLastError(POISON);
	assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(GetLastError(), POISON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values, setup),
		cmocka_unit_test_setup(closes, setup),
		cmocka_unit_test_setup(information, setup),
		cmocka_unit_test_setup(protection_of_another_object, setup),
		cmocka_unit_test_setup(duplicates_of_what_was_protected, setup),
		cmocka_unit_test_setup(duplicates, setup),
		cmocka_unit_test_setup(duplicates_foreign, setup),
		cmocka_unit_test_setup(moves, setup),
		cmocka_unit_test_setup(moves_protected, setup),
		cmocka_unit_test_setup(processes, setup),
		cmocka_unit_test_setup(inheritable_process, setup),
		cmocka_unit_test_setup(takes_from_another_process, setup),
		cmocka_unit_test_setup(compares, setup),
		cmocka_unit_test_setup(last_errors, setup),
	};

	return cmocka_run_group_tests_name("win32_handle", tests, NULL, NULL);
}
