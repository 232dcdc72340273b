/* SPDX-License-Identifier: MIT */
/* What the files of libwsync-win32 share. Not installed. */
#ifndef WSYNC_WIN32_INTERNAL_H
#define WSYNC_WIN32_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <wsync/win32.h>
#include <wsync/wsync.h>

#define W32_API __attribute__((visibility("default")))

/* 100 ns from 1601 to 1970. */
#define W32_EPOCH INT64_C(116444736000000000)
#define W32_NSEC_PER_UNIT 100
#define W32_NSEC_PER_MSEC INT64_C(1000000)

/* ---- error.c ---- */

/* The last-error code of an errno, positive or negative. */
DWORD w32_code(int error);
/* Set the last error and return FALSE; the second if @error is not 0. */
BOOL w32_fail(DWORD code);
BOOL w32_result(int error);

/* ---- handle.c ---- */

#define W32_THIS_PROCESS	((HANDLE)(LONG_PTR)-1)
#define W32_THIS_THREAD		((HANDLE)(LONG_PTR)-2)

/* The handle of a fd this library just made. */
HANDLE w32_new_handle(int fd);
/* Closes a fd that is a handle, with all that is kept for it. */
int w32_close(int fd);
/* Makes @fd, an event that thread's end sets, a handle of the thread; takes the reference. */
int w32_mark_thread(int fd, struct wsync_thread *thread);
/* A reference to the thread that @fd is a handle of, or NULL. */
struct wsync_thread *w32_marked_thread(int fd);
/* @error of a command for events; a handle of a thread is refused as one of another type. */
int w32_event_error(int fd, int error);
/* The lock of everything that the process keeps for its handles. */
void w32_lock(void);
void w32_unlock(void);
/* What tells the object, or namespace, behind @fd from all others; 0 if it is not winsync's. */
uint64_t w32_object_id(int fd);

/* ---- process.c ---- */

int w32_pidfd_open(pid_t pid, bool inherit);
/* The process a pidfd stands for; a negative errno if it is none. */
pid_t w32_pidfd_pid(int fd);

/* ---- security.c ---- */

/*
 * Rights of Windows for an object of @type (WSYNC_TYPE_*) as rights of
 * libwsync. Returns a last-error code.
 */
DWORD w32_access(uint32_t type, DWORD mask, uint32_t *access);
/* The mode that the descriptor of @sa (may be NULL) means for an object of @type. */
DWORD w32_mode(uint32_t type, const SECURITY_ATTRIBUTES *sa, uint32_t *mode);
#define W32_SID_TEXT_MAX 200
/* "S-1-22-1-1000". */
void w32_sid_text(PSID sid, char text[W32_SID_TEXT_MAX]);
/* Whether the caller is the user, or in the group, that @sid names. */
bool w32_sid_holds(PSID sid);

/* ---- string.c ---- */

/* A name with prefix, or with an alias, as UTF-8, and room for a character too many. */
#define W32_NAME_SIZE (2 * WSYNC_NAME_BYTES_MAX + 6)
/*
 * UTF-16 to UTF-8; returns @buffer, or NULL for NULL. A name that does not fit
 * makes a string longer than all names, so that the functions refuse it.
 */
const char *w32_utf8(const WCHAR *text, char buffer[W32_NAME_SIZE]);

/* Where a name of Windows lies. */
struct w32_place {
	const char *name;
	uint32_t flags;		/* WSYNC_IN_NAMESPACE or 0 */
	int ns;
};

/* Returns a last-error code. */
DWORD w32_find_place(const char *name, struct w32_place *place);

/* ---- namespace.c ---- */

/* The namespace of an alias of @length bytes, or -1. */
int w32_alias(const char *alias, size_t length);

/* ---- object.c ---- */

/* What all create functions do before and after the call to libwsync. */
struct w32_create {
	const char *name;
	uint32_t flags;
	struct wsync_opts opts;
	int fd;
	bool existed;
};

/* FALSE: the last error is set. */
BOOL w32_create_begin(struct w32_create *create, uint32_t type, const SECURITY_ATTRIBUTES *sa,
		      const char *name, DWORD access);
HANDLE w32_create_end(const struct w32_create *create, int error);
HANDLE w32_open(uint32_t type, DWORD access, BOOL inherit, const char *name);

/* ---- apc.c ---- */

/* A routine of a timer and its argument, for wsync_timer_set(). */
struct w32_call;
struct w32_call *w32_call_new(PTIMERAPCROUTINE routine, LPVOID arg);
void w32_call_free(struct w32_call *call);
void w32_call_run(void *call, int64_t expired_at);
/* Keeps the call that the calling thread just set for the timer @fd, and frees the one before. */
void w32_call_keep(int fd, struct w32_call *call);
/* A new fd that is a handle of the calling thread, or a negative errno. */
int w32_thread_fd(bool inherit);

/* ---- wait.c, mixed.c ---- */

extern const struct wsync_wait_opts w32_alertable;

int64_t w32_timeout(DWORD milliseconds);
/* The return value of a wait function; sets the last error if it failed. */
DWORD w32_waited(int error, const struct wsync_wait_result *result);
DWORD w32_wait_failed(DWORD code);
/* A wait for any of some fds, at least one of which is not winsync's. */
DWORD w32_wait_mixed(const int *fds, size_t count, int64_t timeout, BOOL alertable);
/* A wait for all of them; those that are not winsync's must be processes. */
DWORD w32_wait_mixed_all(const int *fds, size_t count, int64_t timeout, BOOL alertable);

#endif /* WSYNC_WIN32_INTERNAL_H */
