// SPDX-License-Identifier: GPL-2.0-only
/* Deadlines: never early, never forgotten [WT-3]..[WT-9]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sys/ioctl.h>

#define MS(n)	((n) * WS_NSEC_PER_MSEC)

FIXTURE(deadline) {
	int fds[2];
};

FIXTURE_VARIANT(deadline) {
	unsigned long cmd;
	uint32_t flag;
	clockid_t clock;
};

FIXTURE_VARIANT_ADD(deadline, wait_monotonic) {
	WINSYNC_IOC_WAIT, WINSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(deadline, wait_realtime) {
	WINSYNC_IOC_WAIT, WINSYNC_CLOCK_REALTIME, CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(deadline, wait_boottime) {
	WINSYNC_IOC_WAIT, WINSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME };
FIXTURE_VARIANT_ADD(deadline, any_monotonic) {
	WINSYNC_IOC_WAIT_ANY, WINSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(deadline, any_realtime) {
	WINSYNC_IOC_WAIT_ANY, WINSYNC_CLOCK_REALTIME, CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(deadline, any_boottime) {
	WINSYNC_IOC_WAIT_ANY, WINSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME };
FIXTURE_VARIANT_ADD(deadline, all_monotonic) {
	WINSYNC_IOC_WAIT_ALL, WINSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(deadline, all_realtime) {
	WINSYNC_IOC_WAIT_ALL, WINSYNC_CLOCK_REALTIME, CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(deadline, all_boottime) {
	WINSYNC_IOC_WAIT_ALL, WINSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME };
FIXTURE_VARIANT_ADD(deadline, signal_and_wait_monotonic) {
	WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(deadline, signal_and_wait_realtime) {
	WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_CLOCK_REALTIME, CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(deadline, signal_and_wait_boottime) {
	WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME };

FIXTURE_SETUP(deadline)
{
	self->fds[0] = ws_event(0, 0);
	self->fds[1] = ws_event(0, 0);
	ASSERT_LE(0, self->fds[0]);
	ASSERT_LE(0, self->fds[1]);
}

FIXTURE_TEARDOWN(deadline)
{
	close(self->fds[0]);
	close(self->fds[1]);
}

/* The wait of the variant, for the second event. */
static int wait_until(const FIXTURE_DATA(deadline) *self,
		      const FIXTURE_VARIANT(deadline) *variant,
		      uint64_t deadline, uint32_t flags)
{
	struct winsync_wait_args wait = {
		.deadline = deadline, .flags = flags, .alert = -1,
	};
	struct winsync_signal_and_wait_args both = {
		.deadline = deadline, .flags = flags, .alert = -1,
		.fd = self->fds[1],
	};

	switch (variant->cmd) {
	case WINSYNC_IOC_WAIT:
		return ws_ioctl(self->fds[1], variant->cmd, &wait);
	case WINSYNC_IOC_SIGNAL_AND_WAIT:
		return ws_ioctl(self->fds[0], variant->cmd, &both);
	case WINSYNC_IOC_WAIT_ANY:
		return ws_wait_multiple(variant->cmd, self->fds, 2, deadline,
					flags, -1);
	default:
		/* The first is set, so it hangs on the second. */
		ws_event_set(self->fds[0]);
		return ws_wait_multiple(variant->cmd, self->fds, 2, deadline,
					flags, -1);
	}
}

TEST_F(deadline, wt8_never_early)
{
	static const uint64_t spans[] = { 1, 1000, 100 * 1000, MS(1), MS(3), MS(25) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		uint64_t deadline = ws_clock(variant->clock) + spans[i];

		ASSERT_EQ(-ETIMEDOUT,
			  wait_until(self, variant, deadline, variant->flag));
		ASSERT_LE(deadline, ws_clock(variant->clock));
		ws_event_reset(self->fds[0]);
	}
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
	EXPECT_EQ(0, ws_waiters(self->fds[1]));
}

TEST_F(deadline, wt4_zero_and_past_do_not_sleep)
{
	static const uint64_t past[] = { 0, 1, WS_NSEC_PER_SEC };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(past); i++) {
		ASSERT_EQ(-ETIMEDOUT,
			  wait_until(self, variant, past[i], variant->flag));
		ws_event_reset(self->fds[0]);
		/* They acquire what is there [WT-1]. */
		ws_event_set(self->fds[1]);
		ASSERT_LE(0, wait_until(self, variant, past[i], variant->flag));
		ASSERT_EQ(0, ws_event_signaled(self->fds[1]));
		ws_event_reset(self->fds[0]);
	}
}

TEST_F(deadline, wt3_far_deadlines)
{
	static const uint64_t far[] = {
		0x7fffffffffffffffULL, 0x7ffffffffffffffeULL, WINSYNC_FOREVER,
		9000000000000000000ULL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		ws_event_set(self->fds[1]);
		EXPECT_LE(0, wait_until(self, variant, far[i], variant->flag));
		ws_event_reset(self->fds[0]);
	}
}

TEST_F(deadline, wt3_out_of_range)
{
	static const uint64_t bad[] = { 0x8000000000000000ULL, WINSYNC_FOREVER - 1 };
	unsigned int i;

	ws_event_set(self->fds[1]);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, wait_until(self, variant, bad[i], variant->flag));
		EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
		if (variant->cmd == WINSYNC_IOC_SIGNAL_AND_WAIT) {
			EXPECT_EQ(0, ws_event_signaled(self->fds[0]));
		}
	}
	EXPECT_EQ(-EINVAL, wait_until(self, variant, 0, WINSYNC_CLOCK_MASK));
	EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
}

struct far_wait {
	const FIXTURE_DATA(deadline) *self;
	const FIXTURE_VARIANT(deadline) *variant;
	uint64_t deadline;
	int result;
};

static void *far_wait_main(void *data)
{
	struct far_wait *wait = data;

	wait->result = wait_until(wait->self, wait->variant, wait->deadline,
				  wait->variant->flag);
	return NULL;
}

/* 2^63-1 and forever really sleep, and wake up. */
TEST_F(deadline, wt3_never_sleeps_until_signaled)
{
	static const uint64_t far[] = { 0x7fffffffffffffffULL, WINSYNC_FOREVER };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		struct far_wait wait = { self, variant, far[i], -1 };
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, far_wait_main, &wait));
		ASSERT_EQ(0, ws_await_waiters(self->fds[1], 1));
		ws_sleep_ms(WS_GLANCE_MS / 2);
		ASSERT_EQ(1, ws_waiters(self->fds[1]));
		ws_event_set(self->fds[1]);
		pthread_join(thread, NULL);
		EXPECT_EQ(variant->cmd == WINSYNC_IOC_WAIT_ANY, wait.result);
		ws_event_reset(self->fds[0]);
	}
}

FIXTURE(timeout_race) {
	int fd;
};

FIXTURE_SETUP(timeout_race)
{
	self->fd = ws_semaphore(0, WINSYNC_SEMAPHORE_MAX);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timeout_race)
{
	close(self->fd);
}

struct racer {
	int fd;
	unsigned int rounds;
	unsigned int acquired;
	unsigned int strange;
};

static void *race_main(void *data)
{
	struct racer *racer = data;
	unsigned int i;

	for (i = 0; i < racer->rounds; i++) {
		uint64_t deadline = ws_clock(CLOCK_MONOTONIC) + i % 64 * 4000;
		int ret = ws_wait(racer->fd, deadline);

		if (!ret)
			racer->acquired++;
		else if (ret != -ETIMEDOUT || ws_clock(CLOCK_MONOTONIC) < deadline)
			racer->strange++;
	}
	return NULL;
}

/* WT-9: a signal at the very deadline is taken or left, never both or neither. */
TEST_F(timeout_race, wt9_one_outcome)
{
	enum { RACERS = 2 };
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	unsigned int i, released = 0, acquired = 0;

	for (i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .fd = self->fd, .rounds = ws_scale(1000) };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, race_main, &racers[i]));
	}
	for (i = 0; i < ws_scale(1200); i++) {
		released += ws_semaphore_release(self->fd, 1) >= 0;
		if (i % 4 == 0)
			ws_clock(CLOCK_MONOTONIC);
		else
			nanosleep(&(struct timespec){ 0, 1000 * (i % 50) }, NULL);
	}
	for (i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		acquired += racers[i].acquired;
		EXPECT_EQ(0, racers[i].strange);
	}
	EXPECT_EQ((int)(released - acquired), ws_semaphore_count(self->fd));
	EXPECT_EQ(0, ws_waiters(self->fd));
}

TEST_HARNESS_MAIN
