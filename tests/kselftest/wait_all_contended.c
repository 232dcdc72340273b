// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits for all whose members' locks are hard to get: another processor acquires
 * one of them without pause. No signal is lost by that [WT-21], and nobody
 * looks at a wait that is over.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

/* The last member is set for good, and kept busy. */
#define MEMBERS	10

FIXTURE(contended) {
	int fds[MEMBERS];
	int stop;
	unsigned int waits, taken, late, failed;
	pthread_t busy;
};

static void *busy_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE))
		ws_try(self->fds[MEMBERS - 1]);
	return NULL;
}

FIXTURE_SETUP(contended)
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		self->fds[i] = ws_event(i > 0, i > 0);
		ASSERT_LE(0, self->fds[i]);
	}
	ASSERT_EQ(0, pthread_create(&self->busy, NULL, busy_main, self));
}

FIXTURE_TEARDOWN(contended)
{
	int i;

	__atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
	pthread_join(self->busy, NULL);
	for (i = 0; i < MEMBERS; i++)
		close(self->fds[i]);
}

/* Waits for one signal after the other; each has to come through. */
static void *patient_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (self->waits--)
		if (ws_wait_all(self->fds, MEMBERS, ws_after(WS_PATIENCE_MS)))
			__atomic_add_fetch(&self->failed, 1, __ATOMIC_SEQ_CST);
		else
			__atomic_add_fetch(&self->taken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

TEST_F(contended, wt21_no_signal_is_lost)
{
	unsigned int i, n = ws_scale(300);
	pthread_t thread;

	self->waits = n;
	ASSERT_EQ(0, pthread_create(&thread, NULL, patient_main, self));
	for (i = 0; i < n; i++) {
		if (ws_await_waiters(self->fds[0], 1))
			break;
		ws_event_set(self->fds[0]);
		while (__atomic_load_n(&self->taken, __ATOMIC_SEQ_CST) == i &&
		       !__atomic_load_n(&self->failed, __ATOMIC_SEQ_CST))
			ws_sleep_ms(1);
		if (self->failed)
			break;
	}
	EXPECT_EQ(n, i);
	EXPECT_EQ(n, self->taken);
	if (i < n) {
		/* The thread still has waits to do; the process ends with it. */
		return;
	}
	pthread_join(thread, NULL);
}

/* How long a wait takes that need not sleep. */
static uint64_t cost_of_a_wait(FIXTURE_DATA(contended) *self)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	unsigned int i;

	for (i = 0; i < 20; i++)
		self->taken += !ws_wait_all(self->fds, MEMBERS, 1);
	return (ws_clock(CLOCK_MONOTONIC) - begin) / 20;
}

/* Waits that end by themselves just when they could be granted. */
static void *hasty_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;
	const uint64_t range = 8 * cost_of_a_wait(self);
	unsigned int i, n = self->waits;

	for (i = 0; i < n; i++) {
		uint64_t deadline = ws_clock(CLOCK_MONOTONIC) + i * 7919 % range;
		int ret = ws_wait_all(self->fds, MEMBERS, deadline);

		self->failed += ret && ret != -ETIMEDOUT;
		self->late += ret == -ETIMEDOUT;
		self->taken += !ret;
	}
	__atomic_store_n(&self->waits, 0, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(contended, wt9_timeouts_race_with_signals)
{
	unsigned int sets = 0;
	pthread_t thread;

	self->waits = ws_scale(4000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, hasty_main, self));
	while (__atomic_load_n(&self->waits, __ATOMIC_ACQUIRE))
		sets += !ws_event_set(self->fds[0]);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, self->failed);
	/* Each set is taken once, the last one perhaps not. */
	EXPECT_EQ(sets, self->taken + ws_event_signaled(self->fds[0]));
}

/* Many that one signal wakes, before it can look at the wait for all again. */
#define CROWD	24

static void *crowd_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE))
		ws_wait(self->fds[0], ws_after(100));
	return NULL;
}

TEST_F(contended, wt9_timeouts_while_others_are_woken)
{
	pthread_t thread, crowd[CROWD];
	int i;

	close(self->fds[0]);
	self->fds[0] = ws_event(1, 0);
	ASSERT_LE(0, self->fds[0]);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, pthread_create(&crowd[i], NULL, crowd_main, self));
	self->waits = ws_scale(4000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, hasty_main, self));
	while (__atomic_load_n(&self->waits, __ATOMIC_ACQUIRE))
		ws_event_pulse(self->fds[0]);
	pthread_join(thread, NULL);
	__atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < CROWD; i++)
		pthread_join(crowd[i], NULL);
	EXPECT_EQ(0, self->failed);
	/* Some were in time, some not. */
	EXPECT_LT(0, self->taken);
	EXPECT_LT(0, self->late);
}

TEST_HARNESS_MAIN
