// SPDX-License-Identifier: GPL-2.0-only
/*
 * A periodic timer with a long queue: serving it takes several holds of the
 * lock, and what an interrupt does not get done is left to a worker. The next
 * expiry may come in between, right after the last one was consumed, and must
 * not be lost: an expiry that nobody is told of is the last one, because who
 * consumes it re-arms the timer [TM-9], [TM-10].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

/*
 * Waits for all of the timer and another one that is never set. They can't be
 * satisfied, and looking at one costs one or two of a hold's budget, whichever
 * of its two timers comes first in memory.
 */
#define OTHERS		16
/* Enough for all that is served in an interrupt, whatever they cost. */
#define MOST		520
/* With fewer of them the queue is always served in one go. */
#define LEAST		190

FIXTURE(pass) {
	int timer;
	int others[OTHERS];
	uint64_t random;
	unsigned int consumed;
	unsigned int failed;
};

FIXTURE_SETUP(pass)
{
	int i;

	self->random = ws_seed();
	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)self->random);
	for (i = 0; i < OTHERS; i++) {
		/* Some before and some behind it in memory. */
		if (i == OTHERS / 2)
			self->timer = ws_timer(0);
		self->others[i] = ws_timer(0);
		ASSERT_LE(0, self->others[i]);
	}
	ASSERT_LE(0, self->timer);
}

FIXTURE_TEARDOWN(pass)
{
}

static int wait_all_with(FIXTURE_DATA(pass) *self, unsigned int other,
			 uint64_t deadline)
{
	int fds[] = { self->timer, self->others[other % OTHERS] };

	return ws_wait_all(fds, ARRAY_SIZE(fds), deadline);
}

/* In the queue for good. */
struct obstacle {
	FIXTURE_DATA(pass) *self;
	unsigned int other;
};

static void *stand_in_line(void *data)
{
	struct obstacle *obstacle = data;

	if (wait_all_with(obstacle->self, obstacle->other, WINSYNC_FOREVER))
		__atomic_fetch_add(&obstacle->self->failed, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Now before and now behind those who consume. */
static void *come_and_go(void *data)
{
	FIXTURE_DATA(pass) *self = data;
	uint64_t random = self->random + 1;

	while (!__atomic_load_n(&self->failed, __ATOMIC_SEQ_CST)) {
		uint64_t deadline = ws_clock(CLOCK_MONOTONIC) +
				    ws_random(&random) % (3 * WS_NSEC_PER_MSEC);

		if (wait_all_with(self, ws_random(&random), deadline) !=
		    -ETIMEDOUT)
			__atomic_fetch_add(&self->failed, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void *consume(void *data)
{
	FIXTURE_DATA(pass) *self = data;

	while (!__atomic_load_n(&self->failed, __ATOMIC_SEQ_CST)) {
		if (ws_wait(self->timer, WINSYNC_FOREVER))
			__atomic_fetch_add(&self->failed, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&self->consumed, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static int start_thread(void *(*body)(void *), void *data)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	error = pthread_create(&thread, &attr, body, data);
	pthread_attr_destroy(&attr);
	return error;
}

struct progress {
	FIXTURE_DATA(pass) *self;
	unsigned int wanted;
};

static bool progressed(void *data)
{
	struct progress *progress = data;

	return (int)(__atomic_load_n(&progress->self->consumed,
				     __ATOMIC_SEQ_CST) - progress->wanted) >= 0;
}

TEST_F(pass, tm9_periods_go_on_whatever_the_queue)
{
	static struct obstacle obstacles[MOST];
	unsigned int n, expiries = ws_scale(6);
	struct progress progress = { .self = self };
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	/* Threads that never end; the process ends with them. */
	for (n = 0; n < MOST; n++) {
		obstacles[n].self = self;
		obstacles[n].other = ws_random(&self->random);
		ASSERT_EQ(0, start_thread(stand_in_line, &obstacles[n]));
		if (n < LEAST)
			continue;
		if (n == LEAST) {
			ASSERT_EQ(0, ws_await_waiters(self->timer, n + 1)) {
				TH_LOG("%d wait, %u failed",
				       ws_waiters(self->timer), self->failed);
			}
			ASSERT_EQ(0, start_thread(consume, self));
			ASSERT_EQ(0, start_thread(consume, self));
			ASSERT_EQ(0, start_thread(come_and_go, self));
			ASSERT_EQ(0, ws_timer_set(self->timer, 1, info.min_period));
		}
		progress.wanted = __atomic_load_n(&self->consumed,
						  __ATOMIC_SEQ_CST) + expiries;
		ASSERT_TRUE(ws_await(progressed, &progress)) {
			TH_LOG("the timer stopped behind %u waits", n + 1);
		}
	}
	EXPECT_EQ(0, self->failed);
}

TEST_HARNESS_MAIN
