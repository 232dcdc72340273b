// SPDX-License-Identifier: GPL-2.0-only
/* Semaphores: counts, limits, who is released [SM-*]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <signal.h>

FIXTURE(semaphore) {
	int fd;
};

FIXTURE_VARIANT(semaphore) {
	uint32_t count;
	uint32_t max;
};

FIXTURE_VARIANT_ADD(semaphore, binary_empty) { 0, 1 };
FIXTURE_VARIANT_ADD(semaphore, binary_full) { 1, 1 };
FIXTURE_VARIANT_ADD(semaphore, half) { 3, 5 };
FIXTURE_VARIANT_ADD(semaphore, large_empty) { 0, WINSYNC_SEMAPHORE_MAX };
FIXTURE_VARIANT_ADD(semaphore, large_almost_full) {
	WINSYNC_SEMAPHORE_MAX - 1, WINSYNC_SEMAPHORE_MAX };
FIXTURE_VARIANT_ADD(semaphore, large_full) {
	WINSYNC_SEMAPHORE_MAX, WINSYNC_SEMAPHORE_MAX };

FIXTURE_SETUP(semaphore)
{
	self->fd = ws_semaphore(variant->count, variant->max);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(semaphore)
{
	close(self->fd);
}

TEST_F(semaphore, sm1_initial_state)
{
	struct winsync_semaphore_state state;

	ASSERT_EQ(0, ws_semaphore_query(self->fd, &state));
	EXPECT_EQ(variant->count, state.count);
	EXPECT_EQ(variant->max, state.max);
}

TEST_F(semaphore, sm4_signaled_iff_count)
{
	EXPECT_EQ(variant->count ? 0 : -ETIMEDOUT, ws_try(self->fd));
	EXPECT_EQ((int)(variant->count ? variant->count - 1 : 0),
		  ws_semaphore_count(self->fd));
}

TEST_F(semaphore, sm5_release_reports_count_before)
{
	uint32_t room = variant->max - variant->count;

	if (!room) {
		EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(self->fd, 1));
		EXPECT_EQ((int)variant->max, ws_semaphore_count(self->fd));
		return;
	}
	EXPECT_EQ((int)variant->count, ws_semaphore_release(self->fd, room));
	EXPECT_EQ((int)variant->max, ws_semaphore_count(self->fd));
}

TEST_F(semaphore, sm6_sm9_overflow_changes_nothing)
{
	uint32_t room = variant->max - variant->count;
	/* Beyond INT_MAX it is out of range, whatever there is room for [SM-8]. */
	const uint32_t tries[] = { room + 1, WINSYNC_SEMAPHORE_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		if (tries[i] <= room || tries[i] > WINSYNC_SEMAPHORE_MAX)
			continue;
		EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(self->fd, tries[i]));
		EXPECT_EQ((int)variant->count, ws_semaphore_count(self->fd));
	}
}

TEST_F(semaphore, sm8_out_of_range_changes_nothing)
{
	EXPECT_EQ(-EINVAL, ws_semaphore_release(self->fd, 0));
	EXPECT_EQ((int)variant->count, ws_semaphore_count(self->fd));
	EXPECT_GT(0, ws_semaphore_release(self->fd, 0x80000000));
	EXPECT_GT(0, ws_semaphore_release(self->fd, 0xffffffff));
	EXPECT_EQ((int)variant->count, ws_semaphore_count(self->fd));
}

FIXTURE(semaphore_args) {
	int ns;
};

FIXTURE_VARIANT(semaphore_args) {
	uint32_t count;
	uint32_t max;
};

FIXTURE_VARIANT_ADD(semaphore_args, count_above_max) { 2, 1 };
FIXTURE_VARIANT_ADD(semaphore_args, max_zero) { 0, 0 };
FIXTURE_VARIANT_ADD(semaphore_args, count_negative) { 0xffffffff, 1 };
FIXTURE_VARIANT_ADD(semaphore_args, max_negative) { 1, 0xffffffff };
FIXTURE_VARIANT_ADD(semaphore_args, max_one_too_much) { 0, 0x80000000 };
FIXTURE_VARIANT_ADD(semaphore_args, both_too_much) { 0x80000000, 0x80000000 };

FIXTURE_SETUP(semaphore_args)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(semaphore_args)
{
	close(self->ns);
}

TEST_F(semaphore_args, sm1_refused)
{
	int next = ws_next_fd();

	EXPECT_EQ(-EINVAL, ws_semaphore(variant->count, variant->max));
	EXPECT_EQ(next, ws_next_fd());
}

TEST_F(semaphore_args, sm2_refused_for_existing_too)
{
	struct ws_new what = { .name = "sm2", .first = 1, .second = 2 };
	int fd = ws_create(self->ns, WINSYNC_TYPE_SEMAPHORE, &what);

	ASSERT_LE(0, fd);
	what.first = variant->count;
	what.second = variant->max;
	EXPECT_EQ(-EINVAL, ws_create(self->ns, WINSYNC_TYPE_SEMAPHORE, &what));
	EXPECT_EQ(1, ws_handles(fd));
	EXPECT_EQ(1, ws_semaphore_count(fd));
}

FIXTURE(sem) {
	int fd;
};

FIXTURE_SETUP(sem)
{
	self->fd = ws_semaphore(0, 5);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sem)
{
	close(self->fd);
}

TEST_F(sem, sm3_existing_keeps_its_counts)
{
	struct ws_new what = { .name = "sm3", .first = 1, .second = 2 };
	struct winsync_semaphore_state state;
	int ns = ws_private_ns();

	ASSERT_LE(0, ns);
	ASSERT_LE(0, ws_create(ns, WINSYNC_TYPE_SEMAPHORE, &what));
	what.first = 7;
	what.second = 9;
	self->fd = ws_create(ns, WINSYNC_TYPE_SEMAPHORE, &what);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, what.existed);
	ASSERT_EQ(0, ws_semaphore_query(self->fd, &state));
	EXPECT_EQ(1, state.count);
	EXPECT_EQ(2, state.max);
}

TEST_F(sem, sm4_each_wait_takes_one)
{
	int i;

	EXPECT_EQ(0, ws_semaphore_release(self->fd, 3));
	EXPECT_EQ(3, ws_semaphore_release(self->fd, 1));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
}

TEST_F(sem, sm5_sequence)
{
	EXPECT_EQ(0, ws_semaphore_release(self->fd, 1));
	EXPECT_EQ(1, ws_semaphore_release(self->fd, 1));
	EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(self->fd, 5));
	EXPECT_EQ(2, ws_semaphore_release(self->fd, 2));
	EXPECT_EQ(4, ws_semaphore_release(self->fd, 1));
	EXPECT_EQ(5, ws_semaphore_count(self->fd));
}

TEST_F(sem, sm7_limit_ignores_waiters)
{
	enum { SLEEPERS = 5 };
	struct ws_sleeper sleepers[SLEEPERS];
	int binary = ws_semaphore(0, 1);
	int i;

	ASSERT_LE(0, binary);
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = binary);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], binary, i + 1));
	}
	EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(binary, 2));
	EXPECT_EQ(SLEEPERS, ws_waiters(binary));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, ws_semaphore_release(binary, 1));
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
	EXPECT_EQ(0, ws_semaphore_count(binary));
}

TEST_F(sem, sm10_releases_min_of_count_and_waiters)
{
	enum { SLEEPERS = 3 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	EXPECT_EQ(0, ws_semaphore_release(self->fd, 2));
	EXPECT_EQ(1, ws_waiters(self->fd));
	EXPECT_EQ(0, ws_semaphore_count(self->fd));
	/* FIFO: it is the third who still waits [WT-29]. */
	EXPECT_EQ(0, ws_sleeper_join(&sleepers[0]));
	EXPECT_EQ(0, ws_sleeper_join(&sleepers[1]));
	EXPECT_FALSE(ws_sleeper_done(&sleepers[2]));
	EXPECT_EQ(0, ws_semaphore_release(self->fd, 5));
	EXPECT_EQ(4, ws_semaphore_count(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&sleepers[2]));
}

TEST_F(sem, sm11_dying_returns_nothing)
{
	pid_t pid;

	EXPECT_EQ(0, ws_semaphore_release(self->fd, 3));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		ws_try(self->fd);
		ws_try(self->fd);
		raise(SIGKILL);
	}
	EXPECT_EQ(256 + SIGKILL, ws_reap(pid));
	EXPECT_EQ(1, ws_semaphore_count(self->fd));
}

TEST_F(sem, sm12_twice_in_wait_any_takes_one)
{
	int other = ws_duplicate(self->fd, 0, 0);
	int fds[] = { self->fd, other, self->fd };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					       .fds = fds, .count = 3);

	ASSERT_LE(0, other);
	ws_semaphore_release(self->fd, 3);
	EXPECT_EQ(0, ws_wait_any(fds, 3, 0));
	EXPECT_EQ(2, ws_semaphore_count(self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	EXPECT_EQ(0, ws_semaphore_release(self->fd, 3));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(2, ws_semaphore_count(self->fd));
}

TEST_F(sem, sm15_failed_wait_all_takes_nothing)
{
	int other = ws_semaphore(0, 1);
	int fds[] = { self->fd, other };

	ASSERT_LE(0, other);
	ws_semaphore_release(self->fd, 2);
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 2, 0));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 2, ws_after(20)));
	EXPECT_EQ(2, ws_semaphore_count(self->fd));
}

/* I7, conservation: what was released and not acquired is there in the end. */
struct pool {
	int fd;
	unsigned int rounds;
};

static void *take(void *data)
{
	struct pool *pool = data;
	unsigned int i;

	for (i = 0; i < pool->rounds; i++)
		if (ws_wait(pool->fd, WINSYNC_FOREVER))
			return data;
	return NULL;
}

TEST_F(sem, i7_counts_are_conserved)
{
	enum { TAKERS = 3, EXTRA = 7 };
	struct pool pool = { .rounds = ws_scale(1000) };
	unsigned int given = 0, total = pool.rounds * TAKERS + EXTRA;
	pthread_t threads[TAKERS];
	void *failed;
	int i;

	pool.fd = ws_semaphore(0, WINSYNC_SEMAPHORE_MAX);
	ASSERT_LE(0, pool.fd);
	for (i = 0; i < TAKERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, take, &pool));
	while (given < total) {
		unsigned int n = 1 + given % 5;

		if (n > total - given)
			n = total - given;
		ASSERT_LE(0, ws_semaphore_release(pool.fd, n));
		given += n;
	}
	for (i = 0; i < TAKERS; i++) {
		pthread_join(threads[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
	EXPECT_EQ(EXTRA, ws_semaphore_count(pool.fd));
	EXPECT_EQ(0, ws_waiters(pool.fd));
}

TEST_HARNESS_MAIN
