/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests that run libwsync against the real module, in a guest. Children and
 * threads must not use cmocka's assertions; they report by their result.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <wsync/wsync.h>

#define MILLISECOND INT64_C(1000000)
/* Far longer than anything takes on a slow machine: only a failure waits it out. */
#define LONG (60000 * MILLISECOND)

#define assert_ok(result) assert_int_equal(result, 0)

/* Asserts that @result is -@error and errno is @error. */
#define assert_error(result, error) \
	do { \
		errno = 0; \
		int got_ = (result); \
		int errno_ = errno; \
		assert_int_equal(got_, -(error)); \
		assert_int_equal(errno_, (error)); \
	} while (0)

static inline int64_t now_on(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int new_event(uint32_t flags)
{
	int fd = -1;

	assert_ok(wsync_event_create(NULL, NULL, flags, NULL, &fd, NULL));
	return fd;
}

static inline int new_mutex(uint32_t flags)
{
	int fd = -1;

	assert_ok(wsync_mutex_create(NULL, NULL, flags, NULL, &fd, NULL));
	return fd;
}

static inline int new_semaphore(uint32_t count, uint32_t max)
{
	int fd = -1;

	assert_ok(wsync_semaphore_create(NULL, NULL, count, max, 0, NULL, &fd, NULL));
	return fd;
}

static inline int new_timer(uint32_t flags)
{
	int fd = -1;

	assert_ok(wsync_timer_create(NULL, NULL, flags, NULL, &fd, NULL));
	return fd;
}

/* Whether the object could be acquired at once, which it then was. */
static inline bool acquired(int fd)
{
	int result = wsync_wait(fd, 0, NULL, NULL);

	assert_true(result == 0 || result == -ETIMEDOUT);
	return result == 0;
}

/* Runs @body in a child of fork and returns its result, -1 if it crashed. */
static inline int in_child(int (*body)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits until @count waits take part in the object. */
static inline void await_waiters(int fd, uint32_t count)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int64_t end = now_on(CLOCK_MONOTONIC) + LONG;

	do {
		assert_ok(wsync_get_stat(fd, &stat));
		assert_true(now_on(CLOCK_MONOTONIC) < end);
		assert_ok(wsync_sleep(MILLISECOND, NULL, NULL));
	} while (stat.waiters != count);
}

#endif /* LIBRARY_H */
