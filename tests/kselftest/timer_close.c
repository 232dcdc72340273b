// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last close of a timer that is about to expire [TM-18]. The expiry comes on
 * the processor where the timer was set, the close from another one, so
 * that both meet; what goes wrong then the kernel's own checks tell.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

/* Sets timers on its processor as they are handed to it. */
struct setter {
	int processor;
	int fd;			/* the next one; -1: wait for it, -2: no more */
	uint64_t due;		/* when it is due, 0: not set yet */
	uint32_t flags;
	int alert;
};

static void *setter_main(void *data)
{
	struct setter *setter = data;
	int fd;

	ws_move_to(setter->processor);
	while ((fd = __atomic_load_n(&setter->fd, __ATOMIC_ACQUIRE)) != -2) {
		uint64_t due = ws_clock(CLOCK_MONOTONIC) + 60000;

		if (fd == -1)
			continue;
		__atomic_store_n(&setter->fd, -1, __ATOMIC_RELEASE);
		ws_timer_set_full(fd, 60000, 0, 0, setter->flags, setter->alert);
		__atomic_store_n(&setter->due, due, __ATOMIC_RELEASE);
	}
	return NULL;
}

FIXTURE(timer_close) { };
FIXTURE_VARIANT(timer_close) {
	uint32_t flags;
	bool alert;
};

FIXTURE_VARIANT_ADD(timer_close, monotonic) { 0 };
FIXTURE_VARIANT_ADD(timer_close, realtime) { .flags = WINSYNC_CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(timer_close, alert) { .alert = true };

FIXTURE_SETUP(timer_close) { }
FIXTURE_TEARDOWN(timer_close) { }

TEST_F(timer_close, tm18_races_with_expiry)
{
	unsigned int i, n = ws_scale(3000);
	struct setter setter = {
		.processor = 1, .fd = -1, .flags = variant->flags,
		.alert = variant->alert ? ws_event(0, 0) : -1,
	};
	pthread_t thread;

	if (!ws_has_two_processors())
		SKIP(return, "needs two processors");
	ASSERT_EQ(0, ws_move_to(0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, setter_main, &setter));
	for (i = 0; i < n; i++) {
		int fd = ws_timer(i % 2);
		uint64_t due;

		ASSERT_LE(0, fd);
		__atomic_store_n(&setter.due, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&setter.fd, fd, __ATOMIC_RELEASE);
		while (!(due = __atomic_load_n(&setter.due, __ATOMIC_ACQUIRE)))
			;
		/* Somewhat before or after it. */
		due += (i * 7919) % 100000;
		while (ws_clock(CLOCK_MONOTONIC) + 40000 < due)
			;
		close(fd);
	}
	__atomic_store_n(&setter.fd, -2, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	if (setter.alert >= 0)
		close(setter.alert);
}

TEST_HARNESS_MAIN
