// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for any of several objects [WT-1]..[WT-20]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <signal.h>

/* Every type can be the one that is acquired, asleep and not. */
FIXTURE(any_type) {
	int fds[3];
};

FIXTURE_VARIANT(any_type) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(any_type, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(any_type, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(any_type, semaphore) { WINSYNC_TYPE_SEMAPHORE };
FIXTURE_VARIANT_ADD(any_type, timer) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(any_type)
{
	self->fds[0] = ws_event(0, 0);
	self->fds[1] = ws_unsignaled(variant->type);
	self->fds[2] = ws_event(0, 0);
	ASSERT_LE(0, self->fds[0]);
	ASSERT_LE(0, self->fds[1]);
	ASSERT_LE(0, self->fds[2]);
}

FIXTURE_TEARDOWN(any_type)
{
	int i;

	for (i = 0; i < 3; i++)
		close(self->fds[i]);
}

static void release_mutex(struct ws_sleeper *sleeper)
{
	/* Leave nothing abandoned behind; fails for other types. */
	ws_mutex_release(sleeper->fds[1]);
}

TEST_F(any_type, wt1_test_and_acquire)
{
	ASSERT_LE(0, ws_signal(self->fds[1], variant->type));
	EXPECT_EQ(1, ws_wait_any(self->fds, 3, 0));
	/* The thread owns the mutex now, which counts as signaled for it. */
	EXPECT_EQ(variant->type == WINSYNC_TYPE_MUTEX ? 1 : -ETIMEDOUT,
		  ws_wait_any(self->fds, 3, 0));
}

TEST_F(any_type, wt19_signaled_while_asleep)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					       .fds = self->fds, .count = 3,
					       .after = release_mutex);
	int i;

	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_waiters(self->fds[2], 1));
	EXPECT_EQ(1, ws_waiters(self->fds[0]));
	EXPECT_EQ(1, ws_waiters(self->fds[1]));
	ASSERT_LE(0, ws_signal(self->fds[1], variant->type));
	EXPECT_EQ(1, ws_sleeper_join(&sleeper));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_waiters(self->fds[i]));
}

TEST_F(any_type, wt29_fifo_among_any_and_single)
{
	struct ws_sleeper first = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					     .fds = self->fds, .count = 3,
					     .after = release_mutex);
	struct ws_sleeper second = WS_SLEEPER(.fd = self->fds[1]);

	ASSERT_EQ(0, ws_sleeper_start(&first));
	ASSERT_EQ(0, ws_await_waiters(self->fds[2], 1));
	ASSERT_EQ(0, ws_sleeper_queue(&second, self->fds[1], 2));
	ASSERT_LE(0, ws_signal(self->fds[1], variant->type));
	EXPECT_EQ(1, ws_sleeper_join(&first));
	if (variant->type != WINSYNC_TYPE_MUTEX) {
		EXPECT_FALSE(ws_sleeper_done(&second));
		EXPECT_EQ(1, ws_waiters(self->fds[1]));
		ASSERT_LE(0, ws_signal(self->fds[1], variant->type));
	}
	EXPECT_EQ(0, ws_sleeper_join(&second));
}

TEST_F(any_type, timed_out_wait_leaves_nothing)
{
	/* In another thread: the mutex is this thread's, signaled for it. */
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					       .fds = self->fds, .count = 3,
					       .deadline = ws_after(5));
	int i;

	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(&sleeper));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_waiters(self->fds[i]));
	ASSERT_LE(0, ws_signal(self->fds[1], variant->type));
	EXPECT_EQ(0, ws_try(self->fds[1]));
}

FIXTURE(wait_any) {
	int fds[64];
};

FIXTURE_SETUP(wait_any)
{
	int i;

	for (i = 0; i < 64; i++) {
		self->fds[i] = ws_event(i == 0, 1);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(wait_any)
{
	int i;

	for (i = 0; i < 64; i++)
		close(self->fds[i]);
}

TEST_F(wait_any, wt17_wt18_lowest_index_wins)
{
	int i;

	EXPECT_EQ(0, ws_wait_any(self->fds, 64, 0));
	EXPECT_EQ(0, ws_wait_any(self->fds, 64, WINSYNC_FOREVER));
	for (i = 1; i < 64; i++)
		ASSERT_EQ(1, ws_event_signaled(self->fds[i]));
	ws_event_reset(self->fds[0]);
	for (i = 1; i < 64; i++)
		ASSERT_EQ(i, ws_wait_any(self->fds, 64, 0));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_any(self->fds, 64, 0));
}

TEST_F(wait_any, wt2_only_one_is_consumed)
{
	ws_event_reset(self->fds[0]);
	EXPECT_EQ(0, ws_wait_any(self->fds + 1, 63, 0));
	EXPECT_EQ(0, ws_event_signaled(self->fds[1]));
	EXPECT_EQ(1, ws_event_signaled(self->fds[2]));
	EXPECT_EQ(1, ws_event_signaled(self->fds[63]));
}

TEST_F(wait_any, wt19_each_index_wakes)
{
	int i, j;

	for (i = 0; i < 64; i++)
		ws_event_reset(self->fds[i]);
	for (i = 0; i < 64; i += 9) {
		struct ws_sleeper sleeper = WS_SLEEPER(
			.cmd = WINSYNC_IOC_WAIT_ANY, .fds = self->fds, .count = 64);

		ASSERT_EQ(0, ws_sleeper_start(&sleeper));
		ASSERT_EQ(0, ws_await_waiters(self->fds[63], 1));
		ws_event_set(self->fds[i]);
		EXPECT_EQ(i, ws_sleeper_join(&sleeper));
		ws_event_reset(self->fds[i]);
		for (j = 0; j < 64; j++)
			ASSERT_EQ(0, ws_waiters(self->fds[j]));
	}
}

TEST_F(wait_any, wt19_exactly_one_is_consumed)
{
	unsigned int i, n = ws_scale(150);

	for (i = 0; i < 64; i++)
		ws_event_reset(self->fds[i]);
	for (i = 0; i < n; i++) {
		int pair[] = { self->fds[1], self->fds[2] };
		struct ws_sleeper sleeper = WS_SLEEPER(
			.cmd = WINSYNC_IOC_WAIT_ANY, .fds = pair, .count = 2);
		int got, other;

		ASSERT_EQ(0, ws_sleeper_start(&sleeper));
		if (i & 1)
			ASSERT_EQ(0, ws_await_waiters(pair[1], 1));
		ws_event_set(pair[1]);
		ws_event_set(pair[0]);
		got = ws_sleeper_join(&sleeper);
		ASSERT_TRUE(got == 0 || got == 1);
		other = !got;
		/* What it reports it took, and nothing else. */
		ASSERT_EQ(0, ws_event_signaled(pair[got]));
		ASSERT_EQ(1, ws_event_signaled(pair[other]));
		/* Asleep at the first set, it got the first. */
		if (i & 1)
			ASSERT_EQ(1, got);
		ws_event_reset(pair[other]);
	}
}

TEST_F(wait_any, wt20_duplicates)
{
	int fds[] = { self->fds[1], self->fds[1], self->fds[2] };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					       .fds = fds, .count = 3);

	EXPECT_EQ(0, ws_wait_any(fds, 3, 0));
	EXPECT_EQ(2, ws_wait_any(fds, 3, 0));
	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_waiters(fds[2], 1));
	ws_event_set(fds[0]);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(fds[0]));
	EXPECT_EQ(0, ws_waiters(fds[0]));
}

TEST_F(wait_any, any_kind_of_fd_is_called_upon)
{
	struct winsync_wait_multiple_args args = {
		.fds = (uintptr_t)(self->fds), .count = 2, .alert = -1,
	};
	int ns = ws_private_ns();
	int semaphore = ws_semaphore(0, 1);
	int narrow = ws_duplicate(semaphore, WS_READ_ONLY, 0);

	ASSERT_LE(0, ns);
	EXPECT_EQ(0, ws_ioctl(ns, WINSYNC_IOC_WAIT_ANY, &args));
	EXPECT_EQ(0, ws_ioctl(semaphore, WINSYNC_IOC_WAIT_ANY, &args));
	/* It is not waited for, and its rights do not matter. */
	EXPECT_EQ(0, ws_ioctl(narrow, WINSYNC_IOC_WAIT_ANY, &args));
	EXPECT_EQ(0, ws_ioctl(self->fds[5], WINSYNC_IOC_WAIT_ANY, &args));
	EXPECT_EQ(1, ws_event_signaled(self->fds[5]));
}

/*
 * Of these objects one is set at every moment, now the first, now the last. A wait
 * without time that looks at one after the other must not find neither [WT-1]. Waits
 * for all have a member that is never set, and one of the two as their alert.
 */
FIXTURE(moving) {
	int fds[64];
	int alert;
	int first, last;
	int stop;
	unsigned int moves;
	pthread_t thread;
};

FIXTURE_VARIANT(moving) {
	unsigned long cmd;
	uint32_t count;
	bool alert;		/* the last is the alert */
	uint64_t deadline;	/* 0: does not sleep; 1: has passed */
};

#define MOVING(name, way, number, ...) \
	FIXTURE_VARIANT_ADD(moving, name) { \
		.cmd = WINSYNC_IOC_WAIT_##way, .count = number, ##__VA_ARGS__ }; \
	FIXTURE_VARIANT_ADD(moving, name##_past) { \
		.cmd = WINSYNC_IOC_WAIT_##way, .count = number, .deadline = 1, \
		##__VA_ARGS__ }

MOVING(any_of_two, ANY, 2);
MOVING(any_of_many, ANY, 64);
MOVING(any_or_alert, ANY, 63, .alert = true);
MOVING(all_or_alert, ALL, 64, .alert = true);

static void *move_main(void *data)
{
	FIXTURE_DATA(moving) *self = data;

	ws_move_to(1);
	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE)) {
		ws_event_set(self->first);
		ws_event_reset(self->last);
		__atomic_add_fetch(&self->moves, 1, __ATOMIC_RELEASE);
		ws_event_set(self->last);
		ws_event_reset(self->first);
		__atomic_add_fetch(&self->moves, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

FIXTURE_SETUP(moving)
{
	bool all = variant->cmd == WINSYNC_IOC_WAIT_ALL;
	unsigned int i;

	if (!ws_has_two_processors())
		WS_SKIP_SETUP("needs two processors");
	for (i = 0; i < variant->count; i++) {
		self->fds[i] = ws_event(1, all);
		ASSERT_LE(0, self->fds[i]);
	}
	self->alert = variant->alert ? ws_event(1, 0) : -1;
	self->first = self->fds[0];
	self->last = variant->alert ? self->alert : self->fds[variant->count - 1];
	ws_event_reset(self->first);
	ASSERT_EQ(0, ws_event_set(self->last));
	ASSERT_EQ(0, ws_move_to(0));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, move_main, self));
}

FIXTURE_TEARDOWN(moving)
{
	unsigned int i;

	__atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
	pthread_join(self->thread, NULL);
	for (i = 0; i < variant->count; i++)
		close(self->fds[i]);
	close(self->alert);
}

TEST_F(moving, wt1_one_is_found)
{
	unsigned int rounds = ws_scale(30000), moved = 0, found[2] = { }, i;
	int last = variant->alert ? (int)(WINSYNC_WAIT_ALERTED | variant->count) :
				    (int)variant->count - 1;

	for (i = 0; i < rounds; i++) {
		unsigned int before = __atomic_load_n(&self->moves, __ATOMIC_ACQUIRE);
		int ret = ws_wait_multiple(variant->cmd, self->fds, variant->count,
					   variant->deadline, 0, self->alert);

		ASSERT_TRUE(ret == 0 || ret == last) {
			TH_LOG("round %u: %d", i, ret);
		}
		found[ret == last]++;
		moved += __atomic_load_n(&self->moves, __ATOMIC_ACQUIRE) != before;
	}
	TH_LOG("found the first: %u, the last: %u; it moved meanwhile: %u of %u",
	       found[0], found[1], moved, rounds);
	EXPECT_LT(0, found[0]);
	EXPECT_LT(0, found[1]);
	EXPECT_LT(0, moved);
}

/* WT-11..WT-14: refused calls touch nothing, though the first is signaled. */
FIXTURE(any_refused) {
	int fds[3];
};

FIXTURE_VARIANT(any_refused) {
	unsigned long cmd;
	int bad;
	int error;
};

enum { BAD_CLOSED, BAD_PIPE, BAD_DEVICE, BAD_NAMESPACE, BAD_NO_SYNC, BAD_NEGATIVE };

FIXTURE_VARIANT_ADD(any_refused, any_closed) {
	WINSYNC_IOC_WAIT_ANY, BAD_CLOSED, EBADF };
FIXTURE_VARIANT_ADD(any_refused, any_negative) {
	WINSYNC_IOC_WAIT_ANY, BAD_NEGATIVE, EBADF };
FIXTURE_VARIANT_ADD(any_refused, any_pipe) {
	WINSYNC_IOC_WAIT_ANY, BAD_PIPE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, any_device) {
	WINSYNC_IOC_WAIT_ANY, BAD_DEVICE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, any_namespace) {
	WINSYNC_IOC_WAIT_ANY, BAD_NAMESPACE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, any_no_synchronize) {
	WINSYNC_IOC_WAIT_ANY, BAD_NO_SYNC, EACCES };
FIXTURE_VARIANT_ADD(any_refused, all_closed) {
	WINSYNC_IOC_WAIT_ALL, BAD_CLOSED, EBADF };
FIXTURE_VARIANT_ADD(any_refused, all_negative) {
	WINSYNC_IOC_WAIT_ALL, BAD_NEGATIVE, EBADF };
FIXTURE_VARIANT_ADD(any_refused, all_pipe) {
	WINSYNC_IOC_WAIT_ALL, BAD_PIPE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, all_device) {
	WINSYNC_IOC_WAIT_ALL, BAD_DEVICE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, all_namespace) {
	WINSYNC_IOC_WAIT_ALL, BAD_NAMESPACE, EBADFD };
FIXTURE_VARIANT_ADD(any_refused, all_no_synchronize) {
	WINSYNC_IOC_WAIT_ALL, BAD_NO_SYNC, EACCES };

FIXTURE_SETUP(any_refused)
{
	int ends[2], i;

	for (i = 0; i < 3; i++) {
		self->fds[i] = ws_event(0, 1);
		ASSERT_LE(0, self->fds[i]);
	}
	switch (variant->bad) {
	case BAD_CLOSED:
		close(self->fds[2]);
		break;
	case BAD_NEGATIVE:
		self->fds[2] = -1;
		break;
	case BAD_PIPE:
		ASSERT_EQ(0, pipe(ends));
		self->fds[2] = ends[0];
		break;
	case BAD_DEVICE:
		self->fds[2] = ws_device();
		break;
	case BAD_NAMESPACE:
		self->fds[2] = ws_private_ns();
		break;
	case BAD_NO_SYNC:
		self->fds[2] = ws_duplicate(self->fds[2], WS_QUERY | WS_MODIFY, 0);
		break;
	}
}

FIXTURE_TEARDOWN(any_refused)
{
}

TEST_F(any_refused, wt13_wt14_nothing_is_consumed)
{
	EXPECT_EQ(-variant->error,
		  ws_wait_multiple(variant->cmd, self->fds, 3, 0, 0, -1));
	EXPECT_EQ(-variant->error, ws_wait_multiple(variant->cmd, self->fds, 3,
						    WINSYNC_FOREVER, 0, -1));
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
}

TEST_F(any_refused, bad_alert_consumes_nothing)
{
	EXPECT_EQ(variant->bad == BAD_NEGATIVE ? 0 : -variant->error,
		  ws_wait_multiple(variant->cmd, self->fds, 2, 0, 0,
				   self->fds[2]));
	EXPECT_EQ(variant->bad == BAD_NEGATIVE ? 0 : 1,
		  ws_event_signaled(self->fds[0]));
}

FIXTURE(any_count) {
	int fd;
};

FIXTURE_VARIANT(any_count) {
	unsigned long cmd;
};

FIXTURE_VARIANT_ADD(any_count, any) { WINSYNC_IOC_WAIT_ANY };
FIXTURE_VARIANT_ADD(any_count, all) { WINSYNC_IOC_WAIT_ALL };

FIXTURE_SETUP(any_count)
{
	self->fd = ws_event(0, 1);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(any_count)
{
	close(self->fd);
}

TEST_F(any_count, wt11_out_of_range)
{
	struct winsync_info info;
	uint32_t max;
	int *fds;
	uint32_t i;

	ASSERT_EQ(0, ws_info(&info));
	max = variant->cmd == WINSYNC_IOC_WAIT_ANY ? info.max_wait_any :
		info.max_wait_all;
	EXPECT_LE(64, info.max_wait_all);
	EXPECT_LT(64, info.max_wait_any);
	fds = calloc(max + 1, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (i = 0; i <= max; i++)
		fds[i] = self->fd;
	EXPECT_EQ(-EINVAL, ws_wait_multiple(variant->cmd, fds, 0, 0, 0, -1));
	EXPECT_EQ(-EINVAL, ws_wait_multiple(variant->cmd, fds, max + 1, 0, 0, -1));
	EXPECT_EQ(-EINVAL, ws_wait_multiple(variant->cmd, fds, 0xffffffff, 0, 0, -1));
	/* The count is looked at before the array is. */
	EXPECT_EQ(-EINVAL, ws_wait_multiple(variant->cmd, NULL, max + 1, 0, 0, -1));
	EXPECT_EQ(-EINVAL, ws_wait_multiple(variant->cmd, NULL, 0, 0, 0, -1));
	EXPECT_EQ(1, ws_event_signaled(self->fd));
	free(fds);
}

TEST_F(any_count, wt12_unreadable_array)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int *fds = (int *)(page + 4096) - 1;

	ASSERT_NE(MAP_FAILED, (void *)page);
	*fds = self->fd;
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	EXPECT_EQ(-EFAULT, ws_wait_multiple(variant->cmd, NULL, 1, 0, 0, -1));
	EXPECT_EQ(-EFAULT, ws_wait_multiple(variant->cmd, fds, 2, 0, 0, -1));
	EXPECT_EQ(1, ws_event_signaled(self->fd));
	EXPECT_EQ(0, ws_wait_multiple(variant->cmd, fds, 1, 0, 0, -1));
}

TEST_F(any_count, wt26_one_is_like_a_single_wait)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = variant->cmd,
					       .fds = &self->fd, .count = 1);

	EXPECT_EQ(0, ws_wait_multiple(variant->cmd, &self->fd, 1, 0, 0, -1));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_multiple(variant->cmd, &self->fd, 1, 0, 0, -1));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ws_event_set(self->fd);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
}

/* A waiter that dies in its sleep swallows nothing [WT-10]. */
TEST_F(any_count, wt10_killed_waiter)
{
	int other = ws_event(0, 0);
	int fds[] = { self->fd, other };
	pid_t pid;

	ws_event_reset(self->fd);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		ws_wait_multiple(variant->cmd, fds, 2, WINSYNC_FOREVER, 0, -1);
		_exit(0);
	}
	ASSERT_EQ(0, ws_await_waiters(other, 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(0, ws_waiters(self->fd));
	EXPECT_EQ(0, ws_waiters(other));
	ws_event_set(self->fd);
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_HARNESS_MAIN
