// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and deadlines over long times [TM-*]: for a guest whose time is counted
 * instructions and whose idle time passes at once. Nothing else takes time there,
 * so what is due comes within TARDY, and everything can be told exactly.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sys/epoll.h>

/* For each test, in seconds of the guest. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 100000

#define MS(n)	((n) * WS_NSEC_PER_MSEC)
#define SECOND	WS_NSEC_PER_SEC
#define MINUTE	(60 * SECOND)
#define LONG	(12 * MINUTE)
#define TARDY	MS(3)

#define EXPECT_ON_TIME(due, now) do { \
	EXPECT_LE(due, now); \
	EXPECT_GE((due) + TARDY, now); \
} while (0)

static uint64_t now(void)
{
	return ws_clock(CLOCK_MONOTONIC);
}

static void sleep_until(uint64_t time)
{
	struct timespec until = { time / SECOND, time % SECOND };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

static int set_absolute(int fd, clockid_t clock, uint64_t due, uint64_t period,
			uint64_t tolerance)
{
	uint32_t flag = clock == CLOCK_REALTIME ? WINSYNC_CLOCK_REALTIME :
			clock == CLOCK_BOOTTIME ? WINSYNC_CLOCK_BOOTTIME :
						  WINSYNC_CLOCK_MONOTONIC;

	return ws_timer_set_full(fd, due, period, tolerance,
				 flag | WINSYNC_TIMER_ABSOLUTE, -1);
}

FIXTURE(timer) {
	int fd;
};

FIXTURE_VARIANT(timer) {
	clockid_t clock;
};

FIXTURE_VARIANT_ADD(timer, monotonic) { CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(timer, realtime) { CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(timer, boottime) { CLOCK_BOOTTIME };

FIXTURE_SETUP(timer)
{
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timer)
{
	close(self->fd);
}

/* Each of hundreds of expiries comes once, when it is due, as the first did. */
TEST_F(timer, tm9_tm12_no_drift)
{
	const uint64_t period = SECOND + 123456789;
	struct winsync_timer_state state;
	uint64_t due, offset, i;

	offset = ws_clock(variant->clock) - now();
	due = ws_clock(variant->clock) + SECOND;
	ASSERT_EQ(0, set_absolute(self->fd, variant->clock, due, period, 0));
	for (i = 1; i * period < LONG; i++) {
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		EXPECT_ON_TIME(due + (i - 1) * period, now() + offset);
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		ASSERT_EQ(i, state.expirations);
		ASSERT_EQ(0, state.signaled);
		ASSERT_EQ(-ETIMEDOUT, ws_try(self->fd));
	}
	EXPECT_LT(600, i);
}

/* What nobody came for, for however long, is one signal; the grid stays. */
TEST_F(timer, tm10_tm11_no_burst)
{
	const uint64_t period = 2 * SECOND;
	struct winsync_timer_state state;
	uint64_t begin = now();
	int i;

	ASSERT_EQ(0, ws_timer_set(self->fd, period, period));
	sleep_until(begin + LONG + period / 2);
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(360, state.expirations);
	EXPECT_ON_TIME(begin + LONG + period / 2 + state.remaining,
		       begin + LONG + period);
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		EXPECT_ON_TIME(begin + LONG + i * period, now());
		EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	}
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(365, state.expirations);
}

/* With tolerance it comes late at most, by no more than that [TM-27]. */
TEST_F(timer, tm27_tolerance)
{
	uint64_t due = ws_clock(variant->clock) + LONG;

	ASSERT_EQ(0, set_absolute(self->fd, variant->clock, due, 0, MINUTE));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(due, ws_clock(variant->clock));
	EXPECT_GE(due + MINUTE + TARDY, ws_clock(variant->clock));
}

TEST_F(timer, wait_ends_at_its_deadline)
{
	struct winsync_wait_args args = {
		.deadline = ws_clock(variant->clock) + LONG, .alert = -1,
		.flags = variant->clock == CLOCK_REALTIME ? WINSYNC_CLOCK_REALTIME :
			 variant->clock == CLOCK_BOOTTIME ? WINSYNC_CLOCK_BOOTTIME :
			 WINSYNC_CLOCK_MONOTONIC,
	};

	ASSERT_EQ(-ETIMEDOUT, ws_ioctl(self->fd, WINSYNC_IOC_WAIT, &args));
	EXPECT_ON_TIME(args.deadline, ws_clock(variant->clock));
}

/* The clock is set while a timer waits for it: it comes at the new time [TM-24]. */
static int step_clock(int64_t ns)
{
	uint64_t target = ws_clock(CLOCK_REALTIME) + ns;
	struct timespec time = { target / SECOND, target % SECOND };

	return clock_settime(CLOCK_REALTIME, &time);
}

static void *step_in_between(void *data)
{
	sleep_until(now() + LONG / 2);
	step_clock(*(int64_t *)data);
	return NULL;
}

FIXTURE(step) {
	int fd;
};

FIXTURE_VARIANT(step) {
	int64_t by;
};

FIXTURE_VARIANT_ADD(step, forward) { LONG };
FIXTURE_VARIANT_ADD(step, back) { -(int64_t)LONG };

FIXTURE_SETUP(step)
{
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(step)
{
	step_clock(-variant->by);
	close(self->fd);
}

TEST_F(step, tm24_absolute_follows_the_clock)
{
	uint64_t begin = now(), due = ws_clock(CLOCK_REALTIME) + 2 * LONG;
	int64_t by = variant->by;
	pthread_t thread;

	ASSERT_EQ(0, set_absolute(self->fd, CLOCK_REALTIME, due, 0, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, step_in_between, &by));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_ON_TIME(due, ws_clock(CLOCK_REALTIME));
	EXPECT_LE(begin + 2 * LONG - by - TARDY, now());
	EXPECT_GE(begin + 2 * LONG - by + TARDY, now());
	pthread_join(thread, NULL);
}

TEST_F(step, tm24_relative_and_periods_do_not)
{
	uint64_t begin = now();
	int64_t by = variant->by;
	pthread_t thread;
	int i;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, LONG / 3, LONG / 4, 0,
				       WINSYNC_CLOCK_REALTIME, -1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, step_in_between, &by));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		EXPECT_ON_TIME(begin + LONG / 3 + i * LONG / 4, now());
	}
	pthread_join(thread, NULL);
}

/* Thousands, on all clocks, set in random order: they come in that of their dues. */
enum { THOUSANDS = 3000 };

struct one {
	int fd;
	clockid_t clock;
	uint64_t due;
};

TEST(thousands_in_order)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME,
					    CLOCK_BOOTTIME };
	static struct one timers[THOUSANDS];
	uint64_t random = ws_seed(), begin = now() + MINUTE;
	int epoll = epoll_create1(0);
	unsigned int i, place[THOUSANDS];

	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)random);
	ASSERT_LE(THOUSANDS + 50, ws_raise_nofile(THOUSANDS + 50));
	for (i = 0; i < THOUSANDS; i++)
		place[i] = i;
	for (i = THOUSANDS - 1; i; i--) {
		unsigned int other = ws_random(&random) % (i + 1);
		unsigned int was = place[i];

		place[i] = place[other];
		place[other] = was;
	}
	/* The i-th due is that of timers[i], which is set as the place[i]-th. */
	for (i = 0; i < THOUSANDS; i++) {
		timers[i].clock = clocks[ws_random(&random) % 3];
		timers[i].due = begin + MS(10) * i + ws_random(&random) % MS(5);
	}
	for (i = 0; i < THOUSANDS; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = place[i] };
		struct one *one = &timers[place[i]];

		one->fd = ws_timer(0);
		ASSERT_LE(0, one->fd);
		ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &event));
		ASSERT_EQ(0, set_absolute(one->fd, one->clock, one->due +
					  ws_clock(one->clock) - now(), 0, 0));
	}
	ASSERT_GT(begin, now());
	for (i = 0; i < THOUSANDS; i++) {
		struct winsync_timer_state state;
		struct epoll_event event;

		ASSERT_EQ(1, epoll_wait(epoll, &event, 1, -1));
		ASSERT_EQ(i, event.data.u32);
		EXPECT_ON_TIME(timers[i].due, now() + TARDY / 2);
		ASSERT_EQ(0, ws_try(timers[i].fd));
		ASSERT_EQ(0, ws_timer_query(timers[i].fd, &state));
		ASSERT_EQ(1, state.expirations);
		ASSERT_EQ(0, state.set);
	}
	for (i = 0; i < THOUSANDS; i++)
		close(timers[i].fd);
}

/* Many periods at a time; each timer comes as often as it has to. */
TEST(many_periods)
{
	enum { TIMERS = 60 };
	uint64_t begin = now(), end = begin + LONG + SECOND / 2;
	unsigned int came[TIMERS] = { };
	int fds[TIMERS], i;

	for (i = 0; i < TIMERS; i++) {
		fds[i] = ws_timer(0);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, set_absolute(fds[i], CLOCK_MONOTONIC, begin + SECOND,
					  (10 + i) * SECOND, 0));
	}
	while ((i = ws_wait_any(fds, TIMERS, end)) >= 0) {
		EXPECT_ON_TIME(begin + SECOND + came[i] * (10 + i) * SECOND, now());
		came[i]++;
	}
	EXPECT_EQ(-ETIMEDOUT, i);
	EXPECT_ON_TIME(end, now());
	for (i = 0; i < TIMERS; i++)
		EXPECT_EQ((LONG / SECOND - 1) / (10 + i) + 1, came[i]);
}

TEST_HARNESS_MAIN
