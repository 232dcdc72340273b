// SPDX-License-Identifier: GPL-2.0-only
/* Mutexes: ownership, recursion, handles [MX-*]; dying owners: owner_death.c. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <limits.h>

#define EXPECT_MUTEX(fd, want_depth, want_mine, want_abandoned) do { \
	struct winsync_mutex_state __state; \
	ASSERT_EQ(0, ws_mutex_query(fd, &__state)); \
	EXPECT_EQ(want_depth, __state.depth); \
	EXPECT_EQ(want_mine, __state.owned_by_caller); \
	EXPECT_EQ(want_abandoned, __state.abandoned); \
} while (0)

FIXTURE(mutex) {
	int fd;
};

FIXTURE_SETUP(mutex)
{
	self->fd = ws_mutex(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(mutex)
{
	close(self->fd);
}

TEST_F(mutex, mx1_created_free)
{
	struct winsync_mutex_state state;

	EXPECT_MUTEX(self->fd, 0, 0, 0);
	ASSERT_EQ(0, ws_mutex_query(self->fd, &state));
	EXPECT_EQ(0, state.owner);
}

TEST_F(mutex, mx2_initial_owner)
{
	struct winsync_mutex_state state;
	int fd = ws_mutex(1);

	ASSERT_LE(0, fd);
	EXPECT_MUTEX(fd, 1, 1, 0);
	ASSERT_EQ(0, ws_mutex_query(fd, &state));
	EXPECT_EQ(ws_gettid(), state.owner);
	EXPECT_EQ(1, ws_mutex_release(fd));
	EXPECT_MUTEX(fd, 0, 0, 0);
	close(fd);
}

TEST_F(mutex, mx3_initial_owner_of_existing_is_ignored)
{
	struct ws_new what = { .name = "mx3" };
	int ns = ws_private_ns();
	int fd, again;

	ASSERT_LE(0, ns);
	fd = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
	ASSERT_LE(0, fd);
	what.first = 1;
	again = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
	ASSERT_LE(0, again);
	EXPECT_EQ(1, what.existed);
	EXPECT_MUTEX(fd, 0, 0, 0);
	EXPECT_EQ(-EPERM, ws_mutex_release(again));
}

TEST_F(mutex, mx2_owned_out_of_range)
{
	struct ws_new what = { .first = 2 };

	EXPECT_EQ(-EINVAL, ws_create(ws_device(), WINSYNC_TYPE_MUTEX, &what));
}

TEST_F(mutex, mx8_release_reports_depth_before)
{
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_MUTEX(self->fd, 2, 1, 0);
	EXPECT_EQ(2, ws_mutex_release(self->fd));
	EXPECT_EQ(1, ws_mutex_release(self->fd));
	EXPECT_MUTEX(self->fd, 0, 0, 0);
	EXPECT_EQ(-EPERM, ws_mutex_release(self->fd));
}

/* MX-6, MX-7: every way to acquire counts one, by its owner at once. */
TEST_F(mutex, mx7_every_acquisition_counts)
{
	int event = ws_event(1, 1);
	int pair[] = { self->fd, event };
	int i;

	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_EQ(0, ws_wait_any(pair, 2, 0));
	EXPECT_EQ(0, ws_wait_any(pair, 2, WINSYNC_FOREVER));
	EXPECT_EQ(0, ws_wait_all(pair, 2, 0));
	EXPECT_EQ(0, ws_wait_all(pair, 2, WINSYNC_FOREVER));
	EXPECT_EQ(0, ws_wait_all(pair, 1, WINSYNC_FOREVER));
	EXPECT_EQ(0, ws_signal_and_wait(event, self->fd, 0, -1));
	EXPECT_EQ(0, ws_wait_alert(self->fd, 0, event));
	EXPECT_MUTEX(self->fd, 9, 1, 0);
	for (i = 9; i; i--)
		EXPECT_EQ(i, ws_mutex_release(self->fd));
	EXPECT_MUTEX(self->fd, 0, 0, 0);
}

TEST_F(mutex, mx9_release_through_another_handle)
{
	int other = ws_duplicate(self->fd, 0, 0);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, ws_try(other));
	EXPECT_EQ(2, ws_mutex_release(other));
	EXPECT_EQ(1, ws_mutex_release(other));
	EXPECT_MUTEX(self->fd, 0, 0, 0);
	close(other);
}

static void release_it(struct ws_sleeper *sleeper)
{
	*(int *)sleeper->data = ws_mutex_release(sleeper->fd);
}

static void *try_it(void *data)
{
	return (void *)(intptr_t)ws_try(*(int *)data);
}

static void *release_main(void *data)
{
	return (void *)(intptr_t)ws_mutex_release(*(int *)data);
}

static int in_thread(void *(*main)(void *), int fd)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, main, &fd))
		return -EAGAIN;
	pthread_join(thread, &result);
	return (int)(intptr_t)result;
}

TEST_F(mutex, mx11_mx12_only_the_owner_releases)
{
	EXPECT_EQ(-EPERM, ws_mutex_release(self->fd));
	EXPECT_EQ(-EPERM, in_thread(release_main, self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(-EPERM, in_thread(release_main, self->fd));
	EXPECT_EQ(-ETIMEDOUT, in_thread(try_it, self->fd));
	EXPECT_MUTEX(self->fd, 1, 1, 0);
	EXPECT_EQ(1, ws_mutex_release(self->fd));
}

TEST_F(mutex, mx12_owner_is_shown_to_others)
{
	struct winsync_mutex_state state;
	int status;
	pid_t pid;

	EXPECT_EQ(0, ws_try(self->fd));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		ws_mutex_query(self->fd, &state);
		_exit(state.depth == 1 && !state.owned_by_caller &&
		      (pid_t)state.owner == getppid() ? 0 : 1);
	}
	status = ws_reap(pid);
	EXPECT_EQ(0, status);
}

TEST_F(mutex, mx13_release_hands_over)
{
	int released = 0;
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd,
					       .after = release_it,
					       .data = &released);

	EXPECT_EQ(0, ws_try(self->fd));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	EXPECT_EQ(1, ws_mutex_release(self->fd));
	EXPECT_EQ(0, ws_waiters(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(1, released);
	EXPECT_MUTEX(self->fd, 0, 0, 0);
}

static void hold(struct ws_sleeper *sleeper)
{
	int *gates = sleeper->data;

	ws_gate_open(gates[0]);
	ws_gate_pass(gates[1]);
	ws_mutex_release(sleeper->fd);
}

TEST_F(mutex, mx13_no_barging)
{
	int gates[] = { ws_gate(), ws_gate() };
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd, .after = hold,
					       .data = gates);
	struct winsync_mutex_state state;

	EXPECT_EQ(0, ws_try(self->fd));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	EXPECT_EQ(1, ws_mutex_release(self->fd));
	/* Whether it has run yet or not: it is the owner now. */
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	ASSERT_EQ(0, ws_mutex_query(self->fd, &state));
	EXPECT_EQ(sleeper.tid, (pid_t)state.owner);
	EXPECT_EQ(1, state.depth);
	EXPECT_EQ(0, ws_gate_pass(gates[0]));
	ws_gate_open(gates[1]);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(mutex, mx6_recursion_blocks_until_fully_released)
{
	int released = 0;
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd,
					       .after = release_it,
					       .data = &released);
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_try(self->fd));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	for (i = 3; i > 1; i--) {
		EXPECT_EQ(i, ws_mutex_release(self->fd));
		EXPECT_EQ(1, ws_waiters(self->fd));
	}
	EXPECT_EQ(1, ws_mutex_release(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(1, released);
}

TEST_F(mutex, wt29_fifo)
{
	enum { SLEEPERS = 5 };
	struct ws_sleeper sleepers[SLEEPERS];
	struct winsync_mutex_state state;
	int gates[SLEEPERS][2];
	int i;

	EXPECT_EQ(0, ws_try(self->fd));
	for (i = 0; i < SLEEPERS; i++) {
		gates[i][0] = ws_gate();
		gates[i][1] = ws_gate();
		sleepers[i] = WS_SLEEPER(.fd = self->fd, .after = hold,
					 .data = gates[i]);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	ws_mutex_release(self->fd);
	for (i = 0; i < SLEEPERS; i++) {
		ASSERT_EQ(0, ws_gate_pass(gates[i][0]));
		ASSERT_EQ(0, ws_mutex_query(self->fd, &state));
		EXPECT_EQ(sleepers[i].tid, (pid_t)state.owner);
		EXPECT_EQ(SLEEPERS - 1 - i, ws_waiters(self->fd));
		ws_gate_open(gates[i][1]);
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
}

/* MX-10: any handle will do to release, none but SYNCHRONIZE to wait [MX-15]. */
FIXTURE(mutex_rights) {
	int fd;
	int narrow;
};

FIXTURE_VARIANT(mutex_rights) {
	uint32_t access;
};

FIXTURE_VARIANT_ADD(mutex_rights, query) { WS_QUERY };
FIXTURE_VARIANT_ADD(mutex_rights, modify) { WS_MODIFY };
FIXTURE_VARIANT_ADD(mutex_rights, read_control) { WS_READ_ONLY };
FIXTURE_VARIANT_ADD(mutex_rights, write_control) { WINSYNC_ACCESS_WRITE_CONTROL };
FIXTURE_VARIANT_ADD(mutex_rights, query_modify) { WS_QUERY | WS_MODIFY };

FIXTURE_SETUP(mutex_rights)
{
	self->fd = ws_mutex(1);
	ASSERT_LE(0, self->fd);
	self->narrow = ws_duplicate(self->fd, variant->access, 0);
	ASSERT_LE(0, self->narrow);
}

FIXTURE_TEARDOWN(mutex_rights)
{
	close(self->narrow);
	close(self->fd);
}

TEST_F(mutex_rights, mx10_release_needs_no_right)
{
	EXPECT_EQ(1, ws_mutex_release(self->narrow));
	EXPECT_MUTEX(self->fd, 0, 0, 0);
	EXPECT_EQ(-EPERM, ws_mutex_release(self->narrow));
}

TEST_F(mutex_rights, mx15_owner_needs_synchronize_to_wait)
{
	EXPECT_EQ(-EACCES, ws_try(self->narrow));
	EXPECT_EQ(-EACCES, ws_wait_any(&self->narrow, 1, 0));
	EXPECT_EQ(-EACCES, ws_wait_all(&self->narrow, 1, 0));
	EXPECT_MUTEX(self->fd, 1, 1, 0);
}

TEST_F(mutex_rights, mx31_query_needs_query)
{
	struct winsync_mutex_state state;

	EXPECT_EQ(variant->access & WS_QUERY ? 0 : -EACCES,
		  ws_mutex_query(self->narrow, &state));
}

/* MX-28, MX-29: closing neither releases nor abandons. */
TEST_F(mutex, mx28_close_by_owner_keeps_ownership)
{
	int other = ws_duplicate(self->fd, 0, 0);
	int fd;

	EXPECT_EQ(0, ws_try(self->fd));
	close(self->fd);
	EXPECT_MUTEX(other, 1, 1, 0);
	EXPECT_EQ(-ETIMEDOUT, in_thread(try_it, other));
	EXPECT_EQ(1, ws_mutex_release(other));
	fd = other;
	self->fd = fd;
}

TEST_F(mutex, mx29_last_close_while_owned)
{
	struct ws_new what = { .name = "mx29", .first = 1 };
	int ns = ws_private_ns();
	int fd;

	ASSERT_LE(0, ns);
	fd = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-ENOENT, ws_open(ns, "mx29", 0, WS_ALL));
	what.first = 0;
	fd = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, what.existed);
	EXPECT_MUTEX(fd, 0, 0, 0);
	EXPECT_EQ(-EPERM, ws_mutex_release(fd));
}

/* A recursion deep enough to leave any narrow counter; the limit itself is out of reach. */
TEST_F(mutex, mx14_deep_recursion)
{
	unsigned int i, n = ws_scale(70000);

	for (i = 0; i < n; i++)
		if (ws_try(self->fd))
			break;
	ASSERT_EQ(n, i);
	EXPECT_EQ((int)n, ws_mutex_depth(self->fd));
	for (i = n; i; i--)
		if (ws_mutex_release(self->fd) != (int)i)
			break;
	EXPECT_EQ(0, i);
	EXPECT_MUTEX(self->fd, 0, 0, 0);
}

/* Mutual exclusion itself, by threads and by processes. */
struct shared_counter {
	int fd;
	unsigned int rounds;
	volatile unsigned long value;
};

static void *count_up(void *data)
{
	struct shared_counter *counter = data;
	unsigned int i;

	for (i = 0; i < counter->rounds; i++) {
		if (ws_wait(counter->fd, WINSYNC_FOREVER))
			return data;
		counter->value = counter->value + 1;
		if (ws_mutex_release(counter->fd) != 1)
			return data;
	}
	return NULL;
}

TEST_F(mutex, mutual_exclusion)
{
	enum { THREADS = 3, CHILDREN = 2 };
	struct shared_counter *counter;
	pthread_t threads[THREADS];
	pid_t children[CHILDREN];
	void *failed;
	int i;

	counter = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)counter);
	counter->fd = self->fd;
	counter->rounds = ws_scale(1500);
	for (i = 0; i < CHILDREN; i++) {
		children[i] = ws_fork();
		ASSERT_LE(0, children[i]);
		if (!children[i])
			_exit(count_up(counter) != NULL);
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, count_up, counter));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, ws_reap(children[i]));
	EXPECT_EQ((unsigned long)counter->rounds * (THREADS + CHILDREN),
		  counter->value);
	EXPECT_MUTEX(self->fd, 0, 0, 0);
}

TEST_HARNESS_MAIN
