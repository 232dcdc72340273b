/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of libwsync-win32: a module that answers what it was told to, and remembers
 * what it was asked; polls likewise.
 */
#ifndef W32_H
#define W32_H

#include "fake.h"

#include <wsync/win32.h>

#define OBJECT (FAKE_FD + 20)
#define OTHER (FAKE_FD + 21)
#define FOREIGN (FAKE_FD + 22)
#define NAMESPACE (FAKE_FD + 23)
#define CLOSED (FAKE_FD + 24)
#define CHILD (FAKE_FD + 25)
#define OWN (FAKE_FD + 26)
#define OWN_TOO (FAKE_FD + 27)
/* What creating, opening and duplicating make. */
#define MADE (FAKE_FD + 30)

#define H(fd) wsync_win32_handle(fd)
#define POISON 0xdeadbeefu

/* Everything is forgotten; all fds are closed. A setup function of cmocka's. */
int w32_setup(void **state);

/* An open object; TYPE_FOREIGN is some other file. */
#define TYPE_FOREIGN 99
void w32_object(int fd, uint32_t type, uint32_t access);
/* A pidfd of that process, -1 for one that was waited for. */
void w32_process(int fd, pid_t pid);
/* Its identity; otherwise each has its own. */
void w32_identity(int fd, uint64_t id);
bool w32_is_open(int fd);

/* From now on the command gives this result, and fills in its argument (if @size is not 0). */
void w32_answer(unsigned long request, int result);
void w32_answer_with(unsigned long request, int result, const void *out, size_t size);

unsigned int w32_calls(unsigned long request);
/* The last argument of that command as it was, and the fd. */
const void *w32_argument(unsigned long request);
int w32_fd_of(unsigned long request);
/* The name in the last create, open or namespace command. */
extern char w32_name[1000];
/* Its fcntl() fails with this. */
extern int w32_fcntl_error;

/* getgroups() gives these. */
void w32_groups(const gid_t *groups, int count);
/* poll() finds this fd ready, with these events. */
void w32_ready(int fd, short events);
/* ppoll() fails with this, or makes the fd ready. */
extern int w32_ppoll_error;
extern int w32_ppoll_readies;
extern unsigned int w32_ppolls;

/* @failed, which has a call in it, is true, and the last error is this. */
#define assert_last_error(code, failed) \
	do { \
		SetLastError(POISON); \
		unsigned int outer_ = tried_begin(); \
		bool failed_ = (failed); \
		const void *function_ = tried_end(outer_); \
		assert_true(failed_); \
		assert_int_equal(GetLastError(), (code)); \
		tried(function_, TRIED_LAST_ERROR, GetLastError()); \
	} while (0)
#define assert_fails(code, call) assert_last_error(code, !(call))
#define assert_wait_fails(code, call) assert_last_error(code, (call) == WAIT_FAILED)
/* The call returns this status, which is none of success. */
#define assert_status(call, status) \
	do { \
		unsigned int outer_ = tried_begin(); \
		NTSTATUS got_ = (call); \
		const void *function_ = tried_end(outer_); \
		assert_int_equal(got_, (status)); \
		tried(function_, TRIED_STATUS, (unsigned int)got_); \
	} while (0)

/* What each errno of the module is called on Windows. */
struct w32_pair {
	int error;
	DWORD code;
	NTSTATUS status;
};
extern const struct w32_pair w32_pairs[];
extern const size_t w32_pair_count;

#endif /* W32_H */
