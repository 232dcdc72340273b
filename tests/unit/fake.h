/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of the library under test, faked at link time (--wrap). Every ioctl
 * must have been announced by the test, in order, unless the little module of sim.h
 * answers. Files and fds from FAKE_FD on are faked likewise, others are real.
 */
#ifndef FAKE_H
#define FAKE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/winsync.h>
#include <wsync/wsync.h>

#include "tried.h"

#define FAKE_FD 1000
#define DEVICE (FAKE_FD + 1)

#define count_of(array) (sizeof(array) / sizeof((array)[0]))

/* Looks at the argument of an ioctl, and fills it in. */
typedef void (*fake_handler)(void *argument);

/* A result below 0 is a negative errno. */
void expect_ioctl(int fd, unsigned long request, int result);
void expect_ioctl_do(int fd, unsigned long request, int result, fake_handler handler);
void expect_open(const char *path, int result);
void expect_close(int fd, int result);
void expect_fcntl(int fd, int command, long argument, int result);

/* Results of syscall(), by number; without one it is the real one. */
void fake_syscall(long number, long result);
void fake_syscalls_end(void);

/* Several of these at once. */
void expect_device(const char *path, int fd);
struct wsync_context *fake_context(void);
void fake_context_drop(struct wsync_context *context);

/* Asserts that @result is -@error and errno is @error. */
#define assert_error(result, error) \
	do { \
		unsigned int outer_ = tried_begin(); \
		errno = 0; \
		int got_ = (result); \
		int errno_ = errno; \
		const void *function_ = tried_end(outer_); \
		assert_int_equal(got_, -(error)); \
		assert_int_equal(errno_, (error)); \
		tried(function_, TRIED_ERRNO, (unsigned int)errno_); \
	} while (0)

/* Ends a child of fork at once, but for what a coverage build has counted. */
void leave(bool ok) __attribute__((noreturn));

/* The nth allocation from now (from 1) fails; 0: none. */
extern int fake_failing_allocation;
/* Also fds 0, 1 and 2 are faked. */
extern bool fake_stdio;
/* If set, answers all ioctls instead. */
extern int (*fake_module)(int fd, unsigned long request, void *argument);
/* Likewise for fcntl on fake fds. */
extern int (*fake_fcntl)(int fd, int command, long argument);

#endif /* FAKE_H */
