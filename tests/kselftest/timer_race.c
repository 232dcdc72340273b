// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that expire while they are set, canceled or closed on another
 * processor, and thousands of them at once.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>

#define MS(n)	((n) * WS_NSEC_PER_MSEC)

/* Dues around the time that a command takes, so that both come first at times. */
static uint64_t soon(uint64_t *random)
{
	return ws_random(random) % 120000;
}

static void spin(uint64_t *random)
{
	uint64_t end = ws_clock(CLOCK_MONOTONIC) + ws_random(random) % 120000;

	while (ws_clock(CLOCK_MONOTONIC) < end)
		;
}

/* Every clock has a mechanism of its own behind it. */
FIXTURE(race) {
	int fd;
	uint64_t random;
};

FIXTURE_VARIANT(race) {
	uint32_t flags;
	uint64_t period;
};

FIXTURE_VARIANT_ADD(race, monotonic) { WINSYNC_CLOCK_MONOTONIC, 0 };
FIXTURE_VARIANT_ADD(race, boottime) { WINSYNC_CLOCK_BOOTTIME, 0 };
FIXTURE_VARIANT_ADD(race, realtime_absolute) {
	WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE, 0 };
FIXTURE_VARIANT_ADD(race, waking) {
	WINSYNC_CLOCK_BOOTTIME | WINSYNC_TIMER_WAKE, 0 };
FIXTURE_VARIANT_ADD(race, periodic) { WINSYNC_CLOCK_MONOTONIC, 100000 };
FIXTURE_VARIANT_ADD(race, periodic_realtime) {
	WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE, 100000 };
FIXTURE_VARIANT_ADD(race, periodic_waking) {
	WINSYNC_CLOCK_BOOTTIME | WINSYNC_TIMER_WAKE, 100000 };

FIXTURE_SETUP(race)
{
	self->random = ws_seed();
	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)self->random);
	self->fd = ws_timer(1);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(race)
{
	close(self->fd);
}

static int set_from_now(int fd, uint64_t due, uint64_t period, uint32_t flags,
			int alert)
{
	if (flags & WINSYNC_TIMER_ABSOLUTE)
		due += ws_clock(CLOCK_REALTIME);
	return ws_timer_set_full(fd, due, period, 0, flags, alert);
}

/* TM-15: after a cancel nothing comes any more. */
TEST_F(race, canceled_is_quiet)
{
	unsigned int rounds = ws_scale(400), expired = 0, i;

	for (i = 0; i < rounds; i++) {
		struct winsync_timer_state before, after;
		int signaled;

		ASSERT_LE(0, set_from_now(self->fd, soon(&self->random),
					  variant->period, variant->flags, -1));
		spin(&self->random);
		signaled = ws_timer_cancel(self->fd);
		ASSERT_LE(0, signaled);
		ASSERT_EQ(0, ws_timer_query(self->fd, &before));
		ASSERT_EQ(signaled, before.signaled);
		ASSERT_EQ(0, before.set);
		ASSERT_EQ(0, before.remaining);
		ASSERT_EQ(signaled, before.expirations > 0);
		spin(&self->random);
		ASSERT_EQ(0, ws_timer_query(self->fd, &after));
		ASSERT_EQ(before.signaled, after.signaled);
		ASSERT_EQ(before.expirations, after.expirations);
		ASSERT_EQ(before.expired_at, after.expired_at);
		expired += signaled;
	}
	TH_LOG("expired before the cancel: %u of %u", expired, rounds);
}

/* TM-7: after a set nothing comes of the old setting. */
TEST_F(race, set_again_forgets_the_old)
{
	unsigned int rounds = ws_scale(400), i;

	for (i = 0; i < rounds; i++) {
		struct winsync_timer_state state;

		ASSERT_LE(0, set_from_now(self->fd, soon(&self->random),
					  variant->period, variant->flags, -1));
		spin(&self->random);
		ASSERT_LE(0, ws_timer_set(self->fd, MS(1000000), 0));
		spin(&self->random);
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		ASSERT_EQ(0, state.signaled);
		ASSERT_EQ(0, state.expirations);
		ASSERT_EQ(1, state.set);
		ASSERT_LT(MS(900000), state.remaining);
		ASSERT_EQ(-ETIMEDOUT, ws_try(self->fd));
	}
}

TEST_F(race, closed_around_its_expiry)
{
	unsigned int rounds = ws_scale(400), i;
	int alert = ws_event(0, 0);

	ASSERT_LE(0, alert);
	for (i = 0; i < rounds; i++) {
		int fd = ws_timer(i & 1);

		ASSERT_LE(0, fd);
		ASSERT_LE(0, set_from_now(fd, soon(&self->random), variant->period,
					  variant->flags, i & 2 ? alert : -1));
		spin(&self->random);
		ASSERT_EQ(0, close(fd));
	}
	/* Nothing comes of those that are gone. */
	ws_event_reset(alert);
	ws_sleep_ms(2);
	EXPECT_EQ(0, ws_event_signaled(alert));
}

/* Setters, cancelers, closers and waiters, all on the same few timers. */
enum { TIMERS = 4, THREADS = 4 };

struct mob {
	int fds[TIMERS];
	int alert;
	int stop;
	uint32_t flags;
	uint64_t period;
	uint64_t random;
	unsigned int failed;
	int error;
};

static int one_command(struct mob *mob, uint64_t *random)
{
	uint32_t dice = ws_random(random);
	int fd = mob->fds[dice % TIMERS], other, ret;
	struct winsync_timer_state state;

	switch (dice / TIMERS % 8) {
	case 0:
	case 1:
		ret = set_from_now(fd, soon(random), mob->period, mob->flags, -1);
		break;
	case 2:
		ret = set_from_now(fd, soon(random), mob->period, mob->flags,
				   mob->alert);
		break;
	case 3:
		ret = ws_timer_cancel(fd);
		break;
	case 4:
		ret = ws_timer_query(fd, &state);
		if (!ret && state.signaled && !state.expirations)
			ret = -EPROTO;
		break;
	case 5:
		other = ws_duplicate(fd, 0, 0);
		ret = other < 0 ? other : ws_timer_set(other, soon(random), 0);
		close(other);
		break;
	case 6:
		ret = ws_wait_alert(fd, ws_clock(CLOCK_MONOTONIC) + soon(random),
				    mob->alert);
		break;
	default:
		ret = ws_wait_any(mob->fds, TIMERS, ws_clock(CLOCK_MONOTONIC) +
						    soon(random));
	}
	return ret == -ETIMEDOUT ? 0 : ret;
}

static void *riot(void *data)
{
	struct mob *mob = data;
	uint64_t random = __atomic_add_fetch(&mob->random, 7919, __ATOMIC_RELAXED);

	while (!__atomic_load_n(&mob->stop, __ATOMIC_ACQUIRE)) {
		int ret = one_command(mob, &random);

		if (ret < 0) {
			__atomic_store_n(&mob->error, ret, __ATOMIC_RELAXED);
			__atomic_fetch_add(&mob->failed, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

TEST_F(race, all_commands_at_once)
{
	struct mob mob = {
		.alert = ws_event(0, 0), .flags = variant->flags,
		.period = variant->period, .random = self->random,
	};
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < TIMERS; i++) {
		mob.fds[i] = ws_timer(i & 1);
		ASSERT_LE(0, mob.fds[i]);
	}
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, riot, &mob));
	ws_sleep_ms(ws_scale(1500));
	__atomic_store_n(&mob.stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, mob.failed);
	EXPECT_EQ(0, mob.error);
	for (i = 0; i < TIMERS; i++) {
		struct winsync_timer_state state;

		/* They are as good as new. */
		ASSERT_EQ(0, ws_waiters(mob.fds[i]));
		ASSERT_LE(0, ws_timer_set(mob.fds[i], MS(1), 0));
		ASSERT_EQ(0, ws_wait(mob.fds[i], ws_after(WS_PATIENCE_MS)));
		ASSERT_EQ(0, ws_timer_query(mob.fds[i], &state));
		EXPECT_EQ(1, state.expirations);
	}
}

/* TM-17 while the timer expires: the end of its thread cancels it. */
static void *set_and_end(void *data)
{
	struct mob *mob = data;

	mob->error = set_from_now(mob->fds[0], soon(&mob->random), mob->period,
				  mob->flags, mob->alert);
	return NULL;
}

TEST_F(race, tm17_thread_ends_around_the_expiry)
{
	struct mob mob = {
		.fds = { self->fd }, .alert = ws_event(0, 0),
		.flags = variant->flags, .period = variant->period,
		.random = self->random,
	};
	unsigned int rounds = ws_scale(200), i;
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	if (!(info.features & WINSYNC_FEATURE_THREAD_EXIT))
		SKIP(return, "a thread's end is not noticed");
	for (i = 0; i < rounds; i++) {
		struct winsync_timer_state before, after;
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, set_and_end, &mob));
		pthread_join(thread, NULL);
		ASSERT_LE(0, mob.error);
		ASSERT_EQ(0, ws_timer_query(self->fd, &before));
		ASSERT_EQ(0, before.set);
		spin(&self->random);
		ASSERT_EQ(0, ws_timer_query(self->fd, &after));
		ASSERT_EQ(before.signaled, after.signaled);
		ASSERT_EQ(before.expirations, after.expirations);
	}
}

/* WT-9: an expiry and a deadline at the same moment have one outcome. */
TEST(wt9_expiry_at_the_deadline)
{
	unsigned int rounds = ws_scale(500), taken = 0, i;
	int fd = ws_timer(0);

	ASSERT_LE(0, fd);
	for (i = 0; i < rounds; i++) {
		uint64_t at = ws_clock(CLOCK_MONOTONIC) + 200000;
		int ret;

		ASSERT_LE(0, ws_timer_set_full(fd, at, 0, 0, WINSYNC_TIMER_ABSOLUTE,
					       -1));
		ret = ws_wait(fd, at);
		if (ret == 0) {
			/* It has been consumed. */
			ASSERT_EQ(-ETIMEDOUT, ws_try(fd));
			taken++;
		} else {
			ASSERT_EQ(-ETIMEDOUT, ret);
			ASSERT_EQ(0, ws_wait(fd, ws_after(WS_PATIENCE_MS)));
		}
	}
	TH_LOG("the expiry was first: %u of %u", taken, rounds);
}

/* --- thousands -------------------------------------------------------------- */

FIXTURE(thousands) {
	unsigned int count;
	int *fds;
};

FIXTURE_SETUP(thousands)
{
	unsigned int i;

	self->count = ws_scale(5000);
	if (ws_raise_nofile(self->count + 50) < self->count + 50)
		SKIP(return, "not enough fds");
	self->fds = calloc(self->count, sizeof(*self->fds));
	ASSERT_NE(NULL, self->fds);
	for (i = 0; i < self->count; i++) {
		self->fds[i] = ws_timer(1);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(thousands)
{
	unsigned int i;

	for (i = 0; i < self->count; i++)
		close(self->fds[i]);
	free(self->fds);
}

/* Each expires once, none early. */
TEST_F(thousands, all_expire)
{
	uint64_t random = ws_seed(), begin = ws_after(100);
	unsigned int i;

	for (i = 0; i < self->count; i++) {
		uint64_t due = begin + ws_random(&random) % MS(500);

		ASSERT_EQ(0, ws_timer_set_full(self->fds[i], due, 0, 0,
					       WINSYNC_TIMER_ABSOLUTE, -1));
	}
	for (i = 0; i < self->count; i++) {
		struct winsync_timer_state state;

		ASSERT_EQ(0, ws_wait(self->fds[i], ws_after(WS_PATIENCE_MS)));
		ASSERT_LE(begin, ws_clock(CLOCK_MONOTONIC));
		ASSERT_EQ(0, ws_timer_query(self->fds[i], &state));
		ASSERT_EQ(1, state.expirations);
		ASSERT_EQ(0, state.set);
	}
}

/* All in one moment, which is a burst of expiries in interrupts. */
TEST_F(thousands, all_in_one_moment)
{
	uint64_t due = ws_after(300);
	unsigned int i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, ws_timer_set_full(self->fds[i], due, 0, 0,
					       WINSYNC_TIMER_ABSOLUTE, -1));
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, ws_wait(self->fds[i], ws_after(WS_PATIENCE_MS)));
}

/* Closed while they are set, some of them about to expire. */
TEST_F(thousands, closed_while_set)
{
	uint64_t random = ws_seed();
	unsigned int i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, ws_timer_set(self->fds[i], ws_random(&random) % MS(50),
					  i & 1 ? MS(1) : 0));
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, close(self->fds[i]));
	self->count = 0;
}

/* Periods that nobody consumes cost nothing; what passed is counted. */
TEST_F(thousands, periodic_and_unattended)
{
	struct winsync_timer_state state;
	unsigned int i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, ws_timer_set(self->fds[i], MS(1), MS(1)));
	ws_sleep_ms(100);
	for (i = 0; i < self->count; i++) {
		ASSERT_EQ(0, ws_timer_query(self->fds[i], &state));
		ASSERT_EQ(1, state.signaled);
		ASSERT_LE(50, state.expirations);
		ASSERT_EQ(1, state.set);
	}
}

TEST_HARNESS_MAIN
