// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for any of more objects than Windows can: 65 to max_wait_any. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

FIXTURE(many) {
	int *fds;
	uint32_t count;
};

/* 0: as many as there may be. */
FIXTURE_VARIANT(many) {
	uint32_t count;
};

FIXTURE_VARIANT_ADD(many, sixty_five) { 65 };
FIXTURE_VARIANT_ADD(many, one_hundred_and_one) { 101 };
FIXTURE_VARIANT_ADD(many, most) { 0 };

FIXTURE_SETUP(many)
{
	struct winsync_info info;
	uint32_t i;

	ASSERT_EQ(0, ws_info(&info));
	self->count = variant->count ? variant->count : info.max_wait_any;
	ASSERT_GE(info.max_wait_any, self->count);
	ASSERT_LT(self->count + 32, ws_raise_nofile(self->count + 64));
	self->fds = calloc(self->count, sizeof(*self->fds));
	ASSERT_NE(NULL, self->fds);
	for (i = 0; i < self->count; i++) {
		self->fds[i] = ws_event(0, 0);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(many)
{
	free(self->fds);
}

TEST_F(many, wt17_lowest_index)
{
	uint32_t last = self->count - 1;

	EXPECT_EQ(-ETIMEDOUT, ws_wait_any(self->fds, self->count, 0));
	ws_event_set(self->fds[last]);
	ws_event_set(self->fds[64]);
	EXPECT_EQ(64, ws_wait_any(self->fds, self->count, 0));
	if (last != 64) {
		EXPECT_EQ((int)last, ws_wait_any(self->fds, self->count, 0));
	}
	EXPECT_EQ(-ETIMEDOUT, ws_wait_any(self->fds, self->count, 0));
}

TEST_F(many, each_end_wakes)
{
	const uint32_t indices[] = { 0, 1, 63, 64, self->count / 2, self->count - 1 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		struct ws_sleeper sleeper = WS_SLEEPER(
			.cmd = WINSYNC_IOC_WAIT_ANY, .fds = self->fds,
			.count = self->count);

		ASSERT_EQ(0, ws_sleeper_start(&sleeper));
		ASSERT_EQ(0, ws_await_waiters(self->fds[self->count - 1], 1));
		EXPECT_EQ(0, ws_event_set(self->fds[indices[i]]));
		EXPECT_EQ((int)indices[i],
			  WINSYNC_WAIT_INDEX(ws_sleeper_join(&sleeper)));
		for (j = 0; j < self->count; j++)
			ASSERT_EQ(0, ws_waiters(self->fds[j]));
	}
}

TEST_F(many, apc3_alert_reports_the_count)
{
	int alert = ws_event(0, 1);

	ASSERT_LE(0, alert);
	EXPECT_EQ((int)(WINSYNC_WAIT_ALERTED | self->count),
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, self->fds, self->count,
				   WINSYNC_FOREVER, 0, alert));
	ws_event_set(alert);
	ws_event_set(self->fds[self->count - 1]);
	EXPECT_EQ((int)self->count - 1,
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, self->fds, self->count,
				   WINSYNC_FOREVER, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(alert));
}

TEST_F(many, deadline)
{
	uint64_t deadline = ws_after(20);

	EXPECT_EQ(-ETIMEDOUT, ws_wait_any(self->fds, self->count, deadline));
	EXPECT_LE(deadline, ws_clock(CLOCK_MONOTONIC));
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
	EXPECT_EQ(0, ws_waiters(self->fds[self->count - 1]));
}

TEST_F(many, wt13_bad_last_fd)
{
	int keep = self->fds[self->count - 1];

	ws_event_set(self->fds[0]);
	self->fds[self->count - 1] = -1;
	EXPECT_EQ(-EBADF, ws_wait_any(self->fds, self->count, 0));
	self->fds[self->count - 1] = ws_device();
	EXPECT_EQ(-EBADFD, ws_wait_any(self->fds, self->count, 0));
	self->fds[self->count - 1] = ws_duplicate(keep, WS_QUERY, 0);
	EXPECT_EQ(-EACCES, ws_wait_any(self->fds, self->count, 0));
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
}

TEST_F(many, wt13_fds_that_are_not_there)
{
	size_t page = sysconf(_SC_PAGESIZE), size = 8 * page;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int *fds;

	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, munmap(memory + size - page, page));
	/* All but the last. */
	fds = (int *)(memory + size - page) - self->count + 1;
	memcpy(fds, self->fds, (self->count - 1) * sizeof(*fds));
	ws_event_set(self->fds[0]);
	EXPECT_EQ(-EFAULT, ws_wait_any(fds, self->count, 0));
	EXPECT_EQ(-EFAULT, ws_wait_any(NULL, self->count, 0));
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
}

/* One object so often in a list that only the first place may count. */
TEST_F(many, wt20_one_object_many_times)
{
	int semaphore = ws_semaphore(2, 2);
	uint32_t i;

	ASSERT_LE(0, semaphore);
	for (i = 1; i < self->count; i++)
		self->fds[i] = semaphore;
	EXPECT_EQ(1, ws_wait_any(self->fds, self->count, 0));
	EXPECT_EQ(1, ws_semaphore_count(semaphore));
	EXPECT_EQ(0, ws_try(semaphore));
	{
		struct ws_sleeper sleeper = WS_SLEEPER(
			.cmd = WINSYNC_IOC_WAIT_ANY, .fds = self->fds,
			.count = self->count);

		ASSERT_EQ(0, ws_sleeper_start(&sleeper));
		ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
		EXPECT_EQ(0, ws_semaphore_release(semaphore, 2));
		EXPECT_EQ(1, ws_sleeper_join(&sleeper));
		EXPECT_EQ(1, ws_semaphore_count(semaphore));
		EXPECT_EQ(0, ws_waiters(semaphore));
	}
}

/* A type mix across the boundary of what fits a stack. */
TEST_F(many, every_type_at_the_end)
{
	uint32_t type;

	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_TIMER; type++) {
		int fd = ws_unsignaled(type);
		int *last = &self->fds[self->count - 1];

		ASSERT_LE(0, fd);
		close(*last);
		*last = fd;
		ASSERT_LE(0, ws_signal(fd, type));
		EXPECT_EQ((int)self->count - 1,
			  ws_wait_any(self->fds, self->count, WINSYNC_FOREVER));
	}
}

FIXTURE(crowd) {
	int fd;
};

FIXTURE_SETUP(crowd)
{
	self->fd = ws_event(1, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(crowd)
{
	close(self->fd);
}

/* Threads that wait for the object, @n of them and all in its queue; or NULL. */
static struct ws_sleeper *start_crowd(int fd, unsigned int n)
{
	struct ws_sleeper *sleepers = calloc(n, sizeof(*sleepers));
	unsigned int i;

	for (i = 0; sleepers && i < n; i++) {
		sleepers[i] = WS_SLEEPER(.fd = fd);
		if (ws_sleeper_start(&sleepers[i]))
			return NULL;
	}
	return sleepers && !ws_await_waiters(fd, n) ? sleepers : NULL;
}

/* How many of them got the object. */
static unsigned int end_crowd(struct ws_sleeper *sleepers, unsigned int n)
{
	unsigned int i, released = 0;

	for (i = 0; i < n; i++)
		released += ws_sleeper_join(&sleepers[i]) == 0;
	free(sleepers);
	return released;
}

/* More waiters than one hold of a lock may serve: all are released by one set. */
TEST_F(crowd, ev13_three_hundred_waiters)
{
	unsigned int n = ws_scale(300);
	struct ws_sleeper *sleepers = start_crowd(self->fd, n);

	ASSERT_NE(NULL, sleepers);
	EXPECT_EQ(0, ws_event_set(self->fd));
	EXPECT_EQ(1, ws_event_reset(self->fd));
	EXPECT_EQ(n, end_crowd(sleepers, n));
	EXPECT_EQ(0, ws_waiters(self->fd));
}

TEST_F(crowd, sm10_semaphore_serves_exactly_so_many)
{
	unsigned int i, n = ws_scale(300);
	struct ws_sleeper *sleepers = calloc(n, sizeof(*sleepers));
	int semaphore = ws_semaphore(0, WINSYNC_SEMAPHORE_MAX);
	unsigned int half = n / 2;
	unsigned int released = 0;

	ASSERT_NE(NULL, sleepers);
	for (i = 0; i < n; i++) {
		sleepers[i] = WS_SLEEPER(.fd = semaphore);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], semaphore, i + 1));
	}
	EXPECT_EQ(0, ws_semaphore_release(semaphore, half));
	EXPECT_EQ((int)(n - half), ws_waiters(semaphore));
	EXPECT_EQ(0, ws_semaphore_count(semaphore));
	/* FIFO [WT-29]: the first half. */
	for (i = 0; i < half; i++)
		released += ws_sleeper_join(&sleepers[i]) == 0;
	EXPECT_EQ(half, released);
	EXPECT_EQ(0, ws_semaphore_release(semaphore, n));
	for (i = half; i < n; i++)
		released += ws_sleeper_join(&sleepers[i]) == 0;
	EXPECT_EQ(n, released);
	EXPECT_EQ((int)half, ws_semaphore_count(semaphore));
	free(sleepers);
}

TEST_F(crowd, ev21_pulse_releases_all_who_wait)
{
	unsigned int n = ws_scale(200);
	struct ws_sleeper *sleepers = start_crowd(self->fd, n);

	ASSERT_NE(NULL, sleepers);
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
	EXPECT_EQ(n, end_crowd(sleepers, n));
}

TEST_F(crowd, wt32_signal_and_wait_releases_all_who_wait)
{
	unsigned int n = ws_scale(200);
	struct ws_sleeper *sleepers = start_crowd(self->fd, n);

	ASSERT_NE(NULL, sleepers);
	EXPECT_EQ(0, ws_signal_and_wait(self->fd, ws_event(0, 1),
					WINSYNC_FOREVER, -1));
	EXPECT_EQ(n, end_crowd(sleepers, n));
	EXPECT_EQ(0, ws_waiters(self->fd));
}

/* Who is told: WINSYNC_IOC_WAITERS, in the order in which they wait. */
TEST_F(crowd, waiters_are_listed_in_order)
{
	enum { SLEEPERS = 5 };
	struct ws_sleeper sleepers[SLEEPERS];
	struct winsync_waiter list[SLEEPERS + 1] = { 0 };
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)list, .count = SLEEPERS + 1,
	};
	int other = ws_event(0, 0);
	int pair[] = { self->fd, other };
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		if (i == 1) {
			sleepers[i] = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
						 .fds = pair, .count = 2);
		} else if (i == 2) {
			sleepers[i] = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
						 .fds = pair, .count = 2);
		} else if (i == 3) {
			sleepers[i] = WS_SLEEPER(.fd = other, .alert = self->fd);
		}
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	ASSERT_EQ(0, ws_ioctl(self->fd, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(SLEEPERS, args.count);
	EXPECT_EQ(SLEEPERS, args.total);
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(sleepers[i].tid, (pid_t)list[i].tid);
		EXPECT_EQ(getpid(), (pid_t)list[i].pid);
		EXPECT_LE(begin, list[i].since);
		EXPECT_GE(ws_clock(CLOCK_MONOTONIC), list[i].since);
		EXPECT_EQ(i == 1 ? WINSYNC_WAITER_ALL : i == 3 ?
			  WINSYNC_WAITER_ALERT : 0, list[i].flags);
		EXPECT_EQ(i == 1 || i == 2 ? 2 : 1, list[i].count);
	}
	/* Less room: the first ones, and the total all the same. */
	memset(list, 0, sizeof(list));
	args.count = 2;
	ASSERT_EQ(0, ws_ioctl(self->fd, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(2, args.count);
	EXPECT_EQ(SLEEPERS, args.total);
	EXPECT_EQ(sleepers[1].tid, (pid_t)list[1].tid);
	EXPECT_EQ(0, list[2].tid);
	args.count = 0;
	EXPECT_EQ(0, ws_ioctl(self->fd, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(SLEEPERS, args.total);
	args.count = WINSYNC_WAITERS_MAX + 1;
	EXPECT_EQ(-EINVAL, ws_ioctl(self->fd, WINSYNC_IOC_WAITERS, &args));
	ws_event_set(other);
	ws_event_set(self->fd);
	for (i = 0; i < SLEEPERS; i++) {
		ws_event_set(other);
		EXPECT_NE(-EBUSY, ws_sleeper_join(&sleepers[i]));
	}
}

TEST_HARNESS_MAIN
