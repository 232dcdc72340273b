// SPDX-License-Identifier: GPL-2.0-only
/* Timers on the monotonic clock [TM-*]; other clocks: timer_clock.c. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <poll.h>

#define MS(n)	((n) * WS_NSEC_PER_MSEC)
#define NEVER	0x7fffffffffffffffULL

FIXTURE(timer) {
	int fd;
};

FIXTURE_VARIANT(timer) {
	int manual;
};

FIXTURE_VARIANT_ADD(timer, synchronization) { .manual = 0 };
FIXTURE_VARIANT_ADD(timer, manual) { .manual = 1 };

FIXTURE_SETUP(timer)
{
	self->fd = ws_timer(variant->manual);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timer)
{
	close(self->fd);
}

static bool timer_signaled(void *data)
{
	struct winsync_timer_state state;

	return ws_timer_query(*(int *)data, &state) == 0 && state.signaled;
}

TEST_F(timer, tm1_created_inactive)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(variant->manual, state.manual);
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, state.remaining);
	EXPECT_EQ(0, state.period);
	EXPECT_EQ(0, state.expirations);
	EXPECT_EQ(0, state.expired_at);
	EXPECT_EQ(0, state.alerts_caller);
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
}

TEST_F(timer, tm5_zero_due_is_signaled_before_return)
{
	struct winsync_timer_state state;
	uint64_t before = ws_clock(CLOCK_REALTIME);

	EXPECT_EQ(0, ws_timer_set(self->fd, 0, 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.signaled);
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(1, state.expirations);
	EXPECT_LE(before - MS(1), state.expired_at);
	EXPECT_GE(ws_clock(CLOCK_REALTIME) + MS(1), state.expired_at);
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, ws_try(self->fd));
}

TEST_F(timer, tm5_past_absolute_is_signaled_before_return)
{
	EXPECT_EQ(0, ws_timer_set_full(self->fd, 1, 0, 0, WINSYNC_CLOCK_MONOTONIC |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, ws_timer_set_full(self->fd, 0, 0, 0, WINSYNC_CLOCK_MONOTONIC |
				       WINSYNC_TIMER_ABSOLUTE, -1) &
		     ~WINSYNC_TIMER_WAS_SIGNALED);
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(timer, tm4_relative_never_early)
{
	static const uint64_t dues[] = { 1, 1000, MS(1), MS(7), MS(30) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dues); i++) {
		uint64_t begin = ws_clock(CLOCK_MONOTONIC);

		ASSERT_LE(0, ws_timer_set(self->fd, dues[i], 0));
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		EXPECT_LE(begin + dues[i], ws_clock(CLOCK_MONOTONIC));
	}
}

TEST_F(timer, tm4_absolute_never_early)
{
	uint64_t due = ws_after(30);

	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, 0, 0,
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(due, ws_clock(CLOCK_MONOTONIC));
}

TEST_F(timer, tm7_set_makes_unsignaled)
{
	struct winsync_timer_state state;

	EXPECT_EQ(0, ws_timer_set(self->fd, 0, 0));
	EXPECT_EQ(WINSYNC_TIMER_WAS_SIGNALED,
		  ws_timer_set(self->fd, MS(100000), 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(0, state.expirations);
	EXPECT_LT(MS(100000 - WS_PATIENCE_MS), state.remaining);
	EXPECT_GE(MS(100000), state.remaining);
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	EXPECT_EQ(0, ws_timer_set(self->fd, NEVER, 0));
}

TEST_F(timer, tm7_waiters_stay_when_set_again)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd);

	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), 0));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(200000), 0));
	EXPECT_EQ(1, ws_waiters(self->fd));
	ASSERT_EQ(0, ws_timer_set(self->fd, 1, 0));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(timer, tm6_bad_period_keeps_the_old_setting)
{
	struct winsync_timer_state state;
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	ASSERT_LT(1, info.min_period);
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), MS(500)));
	EXPECT_EQ(-EINVAL, ws_timer_set(self->fd, 0, 1));
	EXPECT_EQ(-EINVAL, ws_timer_set(self->fd, 0, info.min_period - 1));
	EXPECT_EQ(-EINVAL, ws_timer_set(self->fd, 0, 1ULL << 63));
	EXPECT_EQ(-EINVAL, ws_timer_set(self->fd, 1ULL << 63, 0));
	EXPECT_EQ(-EINVAL, ws_timer_set(self->fd, ~0ULL, 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(MS(500), state.period);
	EXPECT_EQ(0, ws_timer_set(self->fd, MS(100000), info.min_period));
	EXPECT_EQ(0, ws_timer_set(self->fd, MS(100000), NEVER));
}

TEST_F(timer, tm8_was_signaled)
{
	EXPECT_EQ(0, ws_timer_set(self->fd, 0, 0));
	EXPECT_EQ(WINSYNC_TIMER_WAS_SIGNALED, ws_timer_set(self->fd, 0, 0));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(variant->manual ? WINSYNC_TIMER_WAS_SIGNALED : 0,
		  ws_timer_set(self->fd, NEVER, 0));
	EXPECT_EQ(0, ws_timer_set(self->fd, NEVER, 0));
}

TEST_F(timer, tm9_one_shot_fires_once)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set(self->fd, MS(2), 0));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, state.remaining);
	EXPECT_EQ(1, state.expirations);
	ws_timer_cancel(self->fd);
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, ws_wait(self->fd, ws_after(20)));
}

TEST_F(timer, tm9_tm12_periods_without_drift)
{
	enum { PERIOD = 20, ROUNDS = 10 };
	struct winsync_timer_state state;
	uint64_t begin = ws_clock(CLOCK_MONOTONIC), first = 0;
	uint64_t last = 0;
	/* The last look already saw an expiry that was yet to be taken. */
	bool ahead = false;
	int i;

	ASSERT_EQ(0, ws_timer_set(self->fd, MS(PERIOD), MS(PERIOD)));
	for (i = 1; i <= ROUNDS; i++) {
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		/* So many periods must have passed, at least. */
		EXPECT_LE(begin + MS(PERIOD) * state.expirations,
			  ws_clock(CLOCK_MONOTONIC));
		EXPECT_LE(last, state.expirations);
		if (!variant->manual) {
			EXPECT_LE(i, state.expirations);
			EXPECT_LT(last, state.expirations + ahead);
		}
		last = state.expirations;
		ahead = state.signaled;
		if (i == 1)
			first = state.expired_at - MS(PERIOD) * (last - 1);
		else
			/* Due times stand on one grid, to what clocks differ. */
			EXPECT_GE(MS(1), llabs((long long)(state.expired_at - first -
				  MS(PERIOD) * (last - 1))));
		EXPECT_EQ(1, state.set);
		EXPECT_EQ(MS(PERIOD), state.period);
		EXPECT_GE(MS(PERIOD), state.remaining);
	}
}

TEST_F(timer, tm10_tm11_missed_expiries)
{
	enum { PERIOD = 300 };
	struct winsync_timer_state before, after;
	int first, second, i;

	ASSERT_EQ(0, ws_timer_set(self->fd, MS(10), MS(PERIOD)));
	ws_sleep_ms(10 + 2 * PERIOD + 50);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, ws_timer_query(self->fd, &before));
		first = ws_try(self->fd);
		second = ws_try(self->fd);
		ASSERT_EQ(0, ws_timer_query(self->fd, &after));
		/* An expiry in between proves nothing. */
		if (before.signaled && before.expirations == after.expirations)
			break;
		ws_sleep_ms(PERIOD + 30);
	}
	ASSERT_GT(20, i);
	EXPECT_LE(3, before.expirations);
	EXPECT_EQ(0, first);
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, second);
	EXPECT_EQ(variant->manual, after.signaled);
}

/* TM-12: also those that nobody saw expire stand on the grid, and the next one. */
TEST_F(timer, tm12_tm20_missed_expiries_stay_on_the_grid)
{
	enum { FIRST = 10, PERIOD = 50 };
	uint64_t begin[2], end[2], asked, answered, grid;
	struct winsync_timer_state state;

	begin[0] = ws_clock(CLOCK_MONOTONIC);
	begin[1] = ws_clock(CLOCK_REALTIME);
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(FIRST), MS(PERIOD)));
	end[0] = ws_clock(CLOCK_MONOTONIC);
	end[1] = ws_clock(CLOCK_REALTIME);
	/* In the middle of a period. */
	ws_sleep_ms(FIRST + 2 * PERIOD + PERIOD / 2);
	asked = ws_clock(CLOCK_MONOTONIC);
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	answered = ws_clock(CLOCK_MONOTONIC);
	ASSERT_LE(3, state.expirations);
	/* The last one was due then, a moment more or less: of two clocks. */
	grid = MS(FIRST) + MS(PERIOD) * (state.expirations - 1);
	EXPECT_LE(begin[1] + grid - MS(10), state.expired_at);
	EXPECT_GE(end[1] + grid + MS(10), state.expired_at);
	/* And the next one is due a period after it, not a period from now. */
	grid += MS(PERIOD);
	EXPECT_LE(begin[0] + grid, answered + state.remaining);
	EXPECT_GE(end[0] + grid, asked + state.remaining);
}

/* TM-20: when it was due, not when the kernel came to it within the tolerance. */
TEST_F(timer, tm20_due_and_not_when_it_came)
{
	struct winsync_timer_state state;
	uint64_t before, after;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		before = ws_clock(CLOCK_REALTIME);
		ASSERT_LE(0, ws_timer_set_full(self->fd, MS(20), 0, MS(300), 0, -1));
		after = ws_clock(CLOCK_REALTIME);
		ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		/* It is counted back from two clocks, a moment apart. */
		EXPECT_LE(before + MS(20) - MS(10), state.expired_at);
		EXPECT_GE(after + MS(20) + MS(10), state.expired_at);
	}
}

/* TM-20: what there was before it was set does not count any more. */
TEST_F(timer, tm20_set_again_has_not_expired)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set(self->fd, 0, 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_NE(0, state.expired_at);
	ASSERT_LE(0, ws_timer_set(self->fd, MS(100000), 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.expired_at);
	EXPECT_EQ(0, state.expirations);
}

TEST_F(timer, tm13_past_due_with_period)
{
	enum { PERIOD = 500 };
	struct winsync_timer_state state;
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);

	ASSERT_EQ(0, ws_timer_set_full(self->fd, 1, MS(PERIOD), 0,
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.signaled);
	EXPECT_EQ(1, state.set);
	/* No burst for what passed since the epoch. */
	EXPECT_GE((ws_clock(CLOCK_MONOTONIC) - begin) / MS(PERIOD) + 1,
		  state.expirations);
	EXPECT_EQ(0, ws_try(self->fd));
	if (variant->manual)
		return;
	EXPECT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(begin + MS(PERIOD), ws_clock(CLOCK_MONOTONIC));
}

TEST_F(timer, tm14_releases_one_or_all)
{
	enum { SLEEPERS = 3 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	EXPECT_EQ(0, ws_timer_set(self->fd, 0, 0));
	EXPECT_EQ(variant->manual ? 0 : SLEEPERS - 1, ws_waiters(self->fd));
	for (i = 0; i < SLEEPERS; i++) {
		if (!variant->manual && i) {
			EXPECT_FALSE(ws_sleeper_done(&sleepers[i]));
			EXPECT_EQ(0, ws_timer_set(self->fd, MS(1), 0));
		}
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, ws_try(self->fd));
}

TEST_F(timer, tm14_period_serves_one_after_the_other)
{
	enum { SLEEPERS = 4 };
	struct ws_sleeper sleepers[SLEEPERS];
	uint64_t begin;
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	begin = ws_clock(CLOCK_MONOTONIC);
	EXPECT_EQ(0, ws_timer_set(self->fd, MS(5), MS(10)));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
		EXPECT_LE(begin + MS(5) + (variant->manual ? 0 : MS(10) * i),
			  ws_clock(CLOCK_MONOTONIC));
	}
}

TEST_F(timer, tm15_tm16_cancel_keeps_the_state)
{
	struct winsync_timer_state state;

	EXPECT_EQ(0, ws_timer_cancel(self->fd));
	ASSERT_EQ(0, ws_timer_set(self->fd, 0, MS(100000)));
	EXPECT_EQ(1, ws_timer_cancel(self->fd));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.signaled);
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, state.remaining);
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(variant->manual, ws_timer_cancel(self->fd));
}

TEST_F(timer, tm15_canceled_never_fires)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(WS_GLANCE_MS), 0));
	if (ws_timer_cancel(self->fd) == 0 && ws_waiters(self->fd) == 1) {
		ws_sleep_ms(3 * WS_GLANCE_MS);
		EXPECT_FALSE(ws_sleeper_done(&sleeper));
		EXPECT_EQ(1, ws_waiters(self->fd));
	}
	ASSERT_LE(0, ws_timer_set(self->fd, 0, 0));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(timer, tm27_tolerance_is_late_never_early)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);

	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(10), 0, MS(20), 0, -1));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(begin + MS(10), ws_clock(CLOCK_MONOTONIC));
	begin = ws_clock(CLOCK_MONOTONIC);
	/* More tolerance than there is time must not overflow. */
	ASSERT_LE(0, ws_timer_set_full(self->fd, MS(10), 0, NEVER, 0, -1));
	ASSERT_LE(0, ws_timer_cancel(self->fd));
}

TEST_F(timer, tm28_never)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set(self->fd, NEVER, 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(0, state.signaled);
	EXPECT_LT(NEVER / 2, state.remaining);
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(10)));
	ASSERT_EQ(0, ws_timer_set_full(self->fd, NEVER, 0, 0,
				       WINSYNC_TIMER_ABSOLUTE, -1));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(10)));
	/* Now plus a due just below the end of time must not wrap to the past. */
	ASSERT_EQ(0, ws_timer_set(self->fd, NEVER - 1, MS(1)));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
}

TEST_F(timer, tm29_remaining_falls)
{
	struct winsync_timer_state first, second;

	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &first));
	ws_sleep_ms(5);
	ASSERT_EQ(0, ws_timer_query(self->fd, &second));
	EXPECT_LE(second.remaining + MS(5), first.remaining);
	EXPECT_EQ(0, second.period);
	EXPECT_EQ(0, second.expired_at);
}

TEST_F(timer, tm31_existing_is_left_alone)
{
	struct ws_new what = { .name = "tm31", .first = variant->manual };
	struct winsync_timer_state state;
	int ns = ws_private_ns();
	int fd, again;

	ASSERT_LE(0, ns);
	fd = ws_create(ns, WINSYNC_TYPE_TIMER, &what);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ws_timer_set(fd, MS(100000), MS(1000)));
	what.first = !variant->manual;
	again = ws_create(ns, WINSYNC_TYPE_TIMER, &what);
	ASSERT_LE(0, again);
	EXPECT_EQ(1, what.existed);
	ASSERT_EQ(0, ws_timer_query(again, &state));
	EXPECT_EQ(variant->manual, state.manual);
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(MS(1000), state.period);
}

TEST_F(timer, poll_follows_the_state)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(5), 0));
	EXPECT_EQ(1, poll(&pollfd, 1, WS_PATIENCE_MS));
	EXPECT_EQ(POLLIN, pollfd.revents & POLLIN);
	EXPECT_TRUE(timer_signaled(&self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(variant->manual, poll(&pollfd, 1, 0));
}

/* Alerts: the event a timer sets with each expiry [TM-17]..[TM-22]. */
FIXTURE(timer_alert) {
	int fd;
	int alert;
};

FIXTURE_SETUP(timer_alert)
{
	self->fd = ws_timer(0);
	self->alert = ws_event(0, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->alert);
}

FIXTURE_TEARDOWN(timer_alert)
{
	close(self->fd);
	close(self->alert);
}

TEST_F(timer_alert, tm19_expiry_sets_both)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, 0, 0, 0, 0, self->alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.signaled);
	EXPECT_EQ(1, state.alerts_caller);
	EXPECT_EQ(1, ws_event_signaled(self->alert));
	EXPECT_EQ(0, ws_try(self->alert));
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(timer_alert, tm21_tm15_alerts_caller)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(100000), 0, 0, 0, self->alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.alerts_caller);
	ASSERT_EQ(0, ws_timer_cancel(self->fd));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.alerts_caller);
	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(100000), 0, 0, 0, self->alert));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), 0));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.alerts_caller);
	EXPECT_EQ(0, ws_event_signaled(self->alert));
}

static void *query_main(void *data)
{
	struct winsync_timer_state state;

	if (ws_timer_query(*(int *)data, &state))
		return (void *)-1L;
	return (void *)(intptr_t)state.alerts_caller;
}

TEST_F(timer_alert, tm21_alerts_only_who_set_it)
{
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(100000), 0, 0, 0, self->alert));
	ASSERT_EQ(0, pthread_create(&thread, NULL, query_main, &self->fd));
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);
}

TEST_F(timer_alert, tm19_one_alert_until_queried)
{
	struct winsync_timer_state state;
	int i;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(1), MS(10), 0, 0, self->alert));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, ws_wait(self->alert, WINSYNC_FOREVER));
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		EXPECT_LE(i, state.expirations);
		EXPECT_EQ(1, state.signaled);
		EXPECT_EQ(1, state.set);
	}
	/* However many pass unnoticed, the alert is one event. */
	ws_sleep_ms(60);
	ASSERT_EQ(0, ws_wait(self->alert, WINSYNC_FOREVER));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LE(6, state.expirations);
	ASSERT_LE(0, ws_timer_cancel(self->fd));
}

TEST_F(timer_alert, tm22_object_beats_alert)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd,
					       .alert = self->alert);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_EQ(0, ws_await_waiters(self->alert, 1));
	ASSERT_EQ(0, ws_timer_set_full(self->fd, 0, 0, 0, 0, self->alert));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(1, ws_event_signaled(self->alert));
}

TEST_F(timer_alert, tm20_alert_ends_a_wait)
{
	int other = ws_event(0, 0);
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(10), 0, 0, 0, self->alert));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1,
		  ws_wait_alert(other, WINSYNC_FOREVER, self->alert));
	EXPECT_LE(begin + MS(10), ws_clock(CLOCK_MONOTONIC));
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(timer_alert, alert_outlives_its_fd)
{
	int keep = ws_duplicate(self->alert, 0, 0);

	ASSERT_LE(0, keep);
	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(5), 0, 0, 0, self->alert));
	close(self->alert);
	EXPECT_EQ(0, ws_wait(keep, ws_after(WS_PATIENCE_MS)));
	self->alert = keep;
	/* And even with its last handle: nobody is left to notice. */
	ASSERT_LE(0, ws_timer_set_full(self->fd, MS(5), 0, 0, 0, self->alert));
	close(self->alert);
	self->alert = -1;
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
}

FIXTURE(timer_alert_args) {
	int fd;
};

FIXTURE_VARIANT(timer_alert_args) {
	uint32_t type;
	uint32_t access;
	int error;
};

FIXTURE_VARIANT_ADD(timer_alert_args, mutex) { WINSYNC_TYPE_MUTEX, WS_ALL, EBADFD };
FIXTURE_VARIANT_ADD(timer_alert_args, semaphore) {
	WINSYNC_TYPE_SEMAPHORE, WS_ALL, EBADFD };
FIXTURE_VARIANT_ADD(timer_alert_args, timer) { WINSYNC_TYPE_TIMER, WS_ALL, EBADFD };
FIXTURE_VARIANT_ADD(timer_alert_args, no_modify) {
	WINSYNC_TYPE_EVENT, WS_ALL & ~WS_MODIFY, EACCES };
FIXTURE_VARIANT_ADD(timer_alert_args, modify_only) {
	WINSYNC_TYPE_EVENT, WS_MODIFY, 0 };

FIXTURE_SETUP(timer_alert_args)
{
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timer_alert_args)
{
	close(self->fd);
}

TEST_F(timer_alert_args, needs_an_event_with_modify)
{
	struct winsync_timer_state state;
	int object = ws_unsignaled(variant->type);
	int alert = ws_duplicate(object, variant->access, 0);

	ASSERT_LE(0, alert);
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), MS(77)));
	EXPECT_EQ(-variant->error, ws_timer_set_full(self->fd, MS(200000), 0, 0, 0,
						     alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(variant->error ? MS(77) : 0, state.period);
	EXPECT_EQ(!variant->error, state.alerts_caller);
}

/* Many timers at once; each fires, none early. */
FIXTURE(timer_many) {
	int unused;
};

FIXTURE_SETUP(timer_many)
{
}

FIXTURE_TEARDOWN(timer_many)
{
}

TEST_F(timer_many, thousands_armed)
{
	unsigned int i, n = ws_scale(2000);
	unsigned int early = 0, failed = 0;
	uint64_t begin;
	int *fds;

	n = ws_raise_nofile(n + 100) - 100;
	fds = calloc(n, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (i = 0; i < n; i++) {
		fds[i] = ws_timer(i & 1);
		ASSERT_LE(0, fds[i]);
	}
	begin = ws_clock(CLOCK_MONOTONIC);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, ws_timer_set(fds[i], MS(50 + i % 100), 0));
	for (i = 0; i < n; i++) {
		failed += ws_wait(fds[i], ws_after(WS_PATIENCE_MS)) != 0;
		early += ws_clock(CLOCK_MONOTONIC) < begin + MS(50 + i % 100);
	}
	EXPECT_EQ(0, failed);
	EXPECT_EQ(0, early);
	free(fds);
}

struct race {
	int fd;
	int stop;
	int failed;
};

static void *set_and_cancel(void *data)
{
	struct race *race = data;
	unsigned int i = 0;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		race->failed |= ws_timer_set(race->fd, i++ % 50 * 1000, 0) < 0;
		if (i % 3 == 0)
			race->failed |= ws_timer_cancel(race->fd) < 0;
	}
	return NULL;
}

/* Set, canceled, waited for and expiring at the same time. */
TEST_F(timer_many, set_races_with_expiry)
{
	struct race race = { .fd = ws_timer(0) };
	unsigned int i, n = ws_scale(1500);
	pthread_t threads[2];
	int ret;

	ASSERT_LE(0, race.fd);
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, set_and_cancel, &race));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, set_and_cancel, &race));
	for (i = 0; i < n; i++) {
		ret = ws_wait(race.fd, ws_after(1));
		if (ret && ret != -ETIMEDOUT)
			break;
	}
	__atomic_store_n(&race.stop, 1, __ATOMIC_RELEASE);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EXPECT_EQ(n, i);
	EXPECT_EQ(0, race.failed);
	ws_timer_set(race.fd, 0, 0);
	EXPECT_EQ(0, ws_try(race.fd));
}

TEST_HARNESS_MAIN
