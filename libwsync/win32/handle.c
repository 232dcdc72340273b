// SPDX-License-Identifier: MIT
/*
 * Handles. Nearly all that there is to know about one the kernel knows; what it
 * doesn't, protection from being closed and the thread a handle stands for, is
 * in a list of marks that is empty in most programs.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

struct mark {
	struct mark *next;
	int fd;
	uint64_t id;		/* notices fds that were closed behind our back */
	bool protect;
	struct wsync_thread *thread;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct mark *marks;
static atomic_uint mark_count;

void w32_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void lock_before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void prepare_fork(void)
{
	pthread_atfork(lock_before_fork, w32_unlock, w32_unlock);
}

void w32_lock(void)
{
	pthread_once(&fork_once, prepare_fork);
	pthread_mutex_lock(&lock);
}

W32_API HANDLE wsync_win32_handle(int fd)
{
	if (fd < 0 || fd > INT_MAX / 4 - 1)
		return NULL;
	return (HANDLE)(((uintptr_t)fd + 1) * 4);
}

W32_API int wsync_win32_fd(HANDLE handle)
{
	uintptr_t value = (uintptr_t)handle;

	if (value == 0 || value % 4 || value / 4 > INT_MAX / 4)
		return -1;
	return (int)(value / 4 - 1);
}

uint64_t w32_object_id(int fd)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };

	return wsync_get_stat(fd, &stat) ? 0 : stat.id;
}

/* Under the lock: the link to the mark of @fd, or to NULL. */
static struct mark **find_mark(int fd)
{
	struct mark **link = &marks;

	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	return link;
}

static void drop_mark(struct mark **link)
{
	struct mark *mark = *link;

	if (!mark)
		return;
	*link = mark->next;
	wsync_thread_unref(mark->thread);
	free(mark);
	atomic_fetch_sub(&mark_count, 1);
}

/* The mark of @fd as it is now. */
static struct mark *valid_mark(int fd)
{
	struct mark **link = find_mark(fd);

	if (*link && (*link)->id != w32_object_id(fd))
		drop_mark(link);
	return *link;
}

static struct mark *make_mark(int fd)
{
	struct mark *mark = valid_mark(fd);

	if (mark)
		return mark;
	mark = calloc(1, sizeof(*mark));
	if (!mark)
		return NULL;
	mark->fd = fd;
	mark->id = w32_object_id(fd);
	mark->next = marks;
	marks = mark;
	atomic_fetch_add(&mark_count, 1);
	return mark;
}

static void forget(int fd)
{
	if (!atomic_load_explicit(&mark_count, memory_order_relaxed))
		return;
	w32_lock();
	drop_mark(find_mark(fd));
	w32_unlock();
}

static bool is_protected(int fd)
{
	struct mark *mark;
	bool protect;

	if (!atomic_load_explicit(&mark_count, memory_order_relaxed))
		return false;
	w32_lock();
	mark = valid_mark(fd);
	protect = mark && mark->protect;
	w32_unlock();
	return protect;
}

HANDLE w32_new_handle(int fd)
{
	forget(fd);
	return wsync_win32_handle(fd);
}

int w32_mark_thread(int fd, struct wsync_thread *thread)
{
	struct mark *mark;

	forget(fd);
	w32_lock();
	mark = make_mark(fd);
	if (mark)
		mark->thread = thread;
	w32_unlock();
	return mark ? 0 : -ENOMEM;
}

struct wsync_thread *w32_marked_thread(int fd)
{
	struct wsync_thread *thread = NULL;
	struct mark *mark;

	if (!atomic_load_explicit(&mark_count, memory_order_relaxed))
		return NULL;
	w32_lock();
	mark = valid_mark(fd);
	if (mark && mark->thread)
		thread = wsync_thread_ref(mark->thread);
	w32_unlock();
	return thread;
}

int w32_event_error(int fd, int error)
{
	struct wsync_thread *thread = error == -EACCES ? w32_marked_thread(fd) : NULL;

	if (!thread)
		return error;
	wsync_thread_unref(thread);
	return -EBADFD;
}

int w32_close(int fd)
{
	if (fd < 0)
		return -EBADF;
	/* First, because another thread may be given the number at once. */
	forget(fd);
	return wsync_close(fd);
}

static bool is_pseudo(HANDLE handle)
{
	return handle == W32_THIS_PROCESS || handle == W32_THIS_THREAD;
}

W32_API BOOL WINAPI CloseHandle(HANDLE hObject)
{
	int fd = wsync_win32_fd(hObject);

	if (is_pseudo(hObject))
		return TRUE;
	if (is_protected(fd))
		return w32_fail(ERROR_INVALID_HANDLE);
	return w32_result(w32_close(fd));
}

W32_API BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags)
{
	int fd = wsync_win32_fd(hObject);
	bool inherit;
	int error;

	if (!lpdwFlags)
		return w32_fail(ERROR_INVALID_PARAMETER);
	error = wsync_get_inherit(fd, &inherit);
	if (error)
		return w32_result(error);
	*lpdwFlags = (inherit ? HANDLE_FLAG_INHERIT : 0) |
		     (is_protected(fd) ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
	return TRUE;
}

static int set_protect(int fd, bool protect)
{
	struct mark *mark;

	if (!protect && !is_protected(fd))
		return 0;
	w32_lock();
	mark = make_mark(fd);
	if (mark)
		mark->protect = protect;
	if (mark && !protect && !mark->thread)
		drop_mark(find_mark(fd));
	w32_unlock();
	return mark ? 0 : -ENOMEM;
}

W32_API BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags)
{
	int fd = wsync_win32_fd(hObject);
	bool inherit;
	int error;

	if (dwMask & ~(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE))
		return w32_fail(ERROR_INVALID_PARAMETER);
	error = wsync_get_inherit(fd, &inherit);
	if (!error && (dwMask & HANDLE_FLAG_PROTECT_FROM_CLOSE))
		error = set_protect(fd, dwFlags & HANDLE_FLAG_PROTECT_FROM_CLOSE);
	if (!error && (dwMask & HANDLE_FLAG_INHERIT))
		error = wsync_set_inherit(fd, dwFlags & HANDLE_FLAG_INHERIT);
	return w32_result(error);
}

/* Whether @process is the calling process; a last-error code if it is no process. */
static DWORD is_self(HANDLE process, bool *self)
{
	pid_t pid;

	*self = process == W32_THIS_PROCESS;
	if (*self)
		return ERROR_SUCCESS;
	pid = w32_pidfd_pid(wsync_win32_fd(process));
	if (pid < 0)
		return ERROR_INVALID_HANDLE;
	*self = pid == getpid();
	return ERROR_SUCCESS;
}

/* A handle of another process, which keeps it. */
static DWORD take(HANDLE process, HANDLE source, DWORD access, bool same_access, bool inherit,
		  int *fd)
{
	uint32_t flags = inherit ? WSYNC_INHERIT : 0, rights;
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int error, taken;
	DWORD code;

	error = wsync_take_pidfd(wsync_win32_fd(process), wsync_win32_fd(source), WSYNC_TYPE_ANY,
				 same_access ? flags : 0, &taken);
	if (error)
		return error == -EPERM ? ERROR_ACCESS_DENIED : w32_code(error);
	*fd = taken;
	forget(taken);
	if (same_access)
		return ERROR_SUCCESS;
	error = wsync_get_stat(taken, &stat);
	code = error ? w32_code(error) : w32_access(stat.type, access, &rights);
	if (!code)
		code = w32_code(wsync_duplicate(taken, rights, flags, fd));
	if (!code)
		forget(*fd);
	wsync_close(taken);
	return code;
}

/* Another fd for what is not winsync's: a process, a socket. */
static DWORD duplicate_foreign(int source, bool inherit, int *fd)
{
	*fd = fcntl(source, inherit ? F_DUPFD : F_DUPFD_CLOEXEC, 3);
	if (*fd < 0)
		return w32_code(errno);
	forget(*fd);
	return ERROR_SUCCESS;
}

static DWORD duplicate_pseudo(HANDLE source, bool inherit, int *fd)
{
	if (source == W32_THIS_THREAD) {
		*fd = w32_thread_fd(inherit);
		return *fd < 0 ? w32_code(*fd) : ERROR_SUCCESS;
	}
	*fd = w32_pidfd_open(getpid(), inherit);
	if (*fd < 0)
		return w32_code(*fd);
	forget(*fd);
	return ERROR_SUCCESS;
}

/* A handle of this process. */
static DWORD duplicate(int source, DWORD access, bool same_access, bool inherit, int *fd)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	struct wsync_thread *thread;
	uint32_t rights = 0;
	DWORD code = ERROR_SUCCESS;
	int error = source < 0 ? -EBADF : wsync_get_stat(source, &stat);

	if (error == -EBADFD)
		return duplicate_foreign(source, inherit, fd);
	if (error)
		return w32_code(error);
	thread = w32_marked_thread(source);
	/* The rights of threads are others, and none of them matters here. */
	if (!same_access && !thread)
		code = w32_access(stat.type, access, &rights);
	if (!code)
		code = w32_code(wsync_duplicate(source, rights, inherit ? WSYNC_INHERIT : 0, fd));
	if (!code)
		forget(*fd);
	if (thread && (code || w32_mark_thread(*fd, thread))) {
		wsync_thread_unref(thread);
		if (code)
			return code;
		wsync_close(*fd);
		return ERROR_NOT_ENOUGH_MEMORY;
	}
	return code;
}

/*
 * Closes the source, whatever became of the duplicate. With the same rights the
 * source simply lives on under its number [DU-6].
 */
static DWORD move(int source, DWORD access, bool same_access, bool inherit, int *fd)
{
	bool locked = is_protected(source);
	DWORD code;

	if (same_access && !locked) {
		*fd = source;
		return w32_code(source < 0 ? -EBADF : wsync_set_inherit(source, inherit));
	}
	code = duplicate(source, access, same_access, inherit, fd);
	if (!locked)
		w32_close(source);
	return code;
}

W32_API BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
				    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
				    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
	bool same_access = dwOptions & DUPLICATE_SAME_ACCESS;
	bool close_source = dwOptions & DUPLICATE_CLOSE_SOURCE;
	int source = wsync_win32_fd(hSourceHandle), fd;
	bool from_self, to_self;
	DWORD code;

	if (dwOptions & ~(DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
		return w32_fail(ERROR_INVALID_PARAMETER);
	code = is_self(hSourceProcessHandle, &from_self);
	if (code)
		return w32_fail(code);
	/* Who only closes needs no target [DU-8]. */
	to_self = close_source && !lpTargetHandle && !hTargetProcessHandle;
	if (!to_self)
		code = is_self(hTargetProcessHandle, &to_self);
	if (code) {
		/* Closed, whatever became of the duplicate [DU-6]. */
		if (from_self && close_source)
			CloseHandle(hSourceHandle);
		return w32_fail(code);
	}
	if ((!from_self && close_source) || !to_self)
		return w32_fail(ERROR_NOT_SUPPORTED);
	if (!from_self)
		code = take(hSourceProcessHandle, hSourceHandle, dwDesiredAccess, same_access,
			    bInheritHandle, &fd);
	else if (is_pseudo(hSourceHandle))
		code = duplicate_pseudo(hSourceHandle, bInheritHandle, &fd);
	else if (close_source && !lpTargetHandle)
		return CloseHandle(hSourceHandle);
	else if (close_source)
		code = move(source, dwDesiredAccess, same_access, bInheritHandle, &fd);
	else
		code = duplicate(source, dwDesiredAccess, same_access, bInheritHandle, &fd);
	if (code)
		return w32_fail(code);
	/* Nobody could ever close a handle whose value is lost. */
	if (!lpTargetHandle)
		return w32_result(w32_close(fd));
	*lpTargetHandle = wsync_win32_handle(fd);
	return TRUE;
}

/* Whether two fds that are not winsync's are the same. */
static DWORD same_foreign(int first, int second, bool *same)
{
	pid_t a = w32_pidfd_pid(first), b = w32_pidfd_pid(second);
	long result;

	if (a > 0 && b > 0) {
		*same = a == b;
		return ERROR_SUCCESS;
	}
	result = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, first, second);
	if (result < 0)
		return w32_code(errno);
	*same = result == 0;
	return ERROR_SUCCESS;
}

/* The pseudo handle @pseudo, and another one. */
static bool same_as_pseudo(HANDLE pseudo, HANDLE other)
{
	struct wsync_thread *self = NULL, *thread;
	int fd = wsync_win32_fd(other);
	bool same;

	if (is_pseudo(other))
		return pseudo == other;
	if (pseudo == W32_THIS_PROCESS)
		return w32_pidfd_pid(fd) == getpid();
	thread = w32_marked_thread(fd);
	same = thread && wsync_thread_self(&self) == 0 && thread == self;
	wsync_thread_unref(thread);
	wsync_thread_unref(self);
	return same;
}

static DWORD compare(HANDLE first, HANDLE second, bool *same)
{
	int a = wsync_win32_fd(first), b = wsync_win32_fd(second);
	uint64_t a_id = w32_object_id(a), b_id = w32_object_id(b);
	bool inherit;

	*same = false;
	if (!is_pseudo(first) && wsync_get_inherit(a, &inherit) != 0)
		return ERROR_INVALID_HANDLE;
	if (!is_pseudo(second) && wsync_get_inherit(b, &inherit) != 0)
		return ERROR_INVALID_HANDLE;
	if (is_pseudo(first))
		*same = same_as_pseudo(first, second);
	else if (is_pseudo(second))
		*same = same_as_pseudo(second, first);
	else if (a_id || b_id)
		*same = a_id == b_id;
	else
		return same_foreign(a, b, same);
	return ERROR_SUCCESS;
}

W32_API BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle)
{
	bool same;
	DWORD code = compare(hFirstObjectHandle, hSecondObjectHandle, &same);

	if (code)
		return w32_fail(code);
	return same ? TRUE : w32_fail(ERROR_NOT_SAME_OBJECT);
}
