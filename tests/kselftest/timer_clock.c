// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and waits on the real-time and boot-time clocks, and what steps of
 * the clock do to them [TM-24], [WT-5]. Steps the clock of the machine it runs
 * on, so it belongs into a guest; only root can do it.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#define MS(n)	((n) * WS_NSEC_PER_MSEC)
#define HOUR	(3600 * WS_NSEC_PER_SEC)

static int step_clock(int64_t ns)
{
	uint64_t target = ws_clock(CLOCK_REALTIME) + ns;
	struct timespec time = {
		.tv_sec = target / WS_NSEC_PER_SEC,
		.tv_nsec = target % WS_NSEC_PER_SEC,
	};

	return clock_settime(CLOCK_REALTIME, &time) ? -errno : 0;
}

/* Puts the clock back to where it would be without the steps. */
static uint64_t clock_offset;

static void restore_clock(void)
{
	step_clock(clock_offset - (ws_clock(CLOCK_REALTIME) -
				   ws_clock(CLOCK_MONOTONIC)));
}

FIXTURE(timer_clock) {
	int fd;
};

FIXTURE_VARIANT(timer_clock) {
	uint32_t flag;
	clockid_t clock;
};

FIXTURE_VARIANT_ADD(timer_clock, monotonic) {
	WINSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(timer_clock, realtime) {
	WINSYNC_CLOCK_REALTIME, CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(timer_clock, boottime) {
	WINSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME };

FIXTURE_SETUP(timer_clock)
{
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(timer_clock)
{
	close(self->fd);
}

TEST_F(timer_clock, tm4_absolute_never_early)
{
	uint64_t due = ws_clock(variant->clock) + MS(30);

	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, 0, 0, variant->flag |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(due, ws_clock(variant->clock));
}

TEST_F(timer_clock, tm4_relative_never_early)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);

	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(30), 0, 0, variant->flag, -1));
	ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
	EXPECT_LE(begin + MS(30), ws_clock(CLOCK_MONOTONIC));
}

TEST_F(timer_clock, tm5_past_is_signaled_before_return)
{
	static const uint64_t dues[] = { 0, 1, WS_NSEC_PER_SEC };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dues); i++) {
		ASSERT_LE(0, ws_timer_set_full(self->fd, dues[i], 0, 0,
					       variant->flag |
					       WINSYNC_TIMER_ABSOLUTE, -1));
		EXPECT_EQ(0, ws_try(self->fd));
	}
	ASSERT_LE(0, ws_timer_set_full(self->fd, ws_clock(variant->clock), 0, 0,
				       variant->flag | WINSYNC_TIMER_ABSOLUTE, -1));
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(timer_clock, tm9_periodic)
{
	uint64_t due = ws_clock(variant->clock) + MS(20);
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	struct winsync_timer_state state;
	int i;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, MS(15), 0, variant->flag |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		EXPECT_LE(begin + MS(15) * i, ws_clock(CLOCK_MONOTONIC));
	}
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LE(5, state.expirations);
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(MS(15), state.period);
}

/* The second expiry would be behind the end of time, however the first came. */
TEST_F(timer_clock, tm9_endless_period)
{
	static const uint32_t wake[] = { 0, WINSYNC_TIMER_WAKE };
	struct winsync_timer_state state;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(wake); i++) {
		uint32_t flags = variant->flag | wake[i / 2];
		uint64_t due = i % 2 ? 1 : MS(1);

		if (i % 2)
			flags |= WINSYNC_TIMER_ABSOLUTE;
		ASSERT_LE(0, ws_timer_set_full(self->fd, due, INT64_MAX, 0, flags, -1));
		ASSERT_EQ(0, ws_wait(self->fd, WINSYNC_FOREVER));
		ws_sleep_ms(30);
		ASSERT_EQ(0, ws_timer_query(self->fd, &state));
		EXPECT_EQ(1, state.set);
		EXPECT_EQ(0, state.signaled);
		EXPECT_EQ(1, state.expirations);
		EXPECT_LT(HOUR, state.remaining);
	}
}

TEST_F(timer_clock, tm29_remaining)
{
	uint64_t due = ws_clock(variant->clock) + MS(100000);
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, 0, 0, variant->flag |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_GE(MS(100000), state.remaining);
	EXPECT_LE(due - ws_clock(variant->clock), state.remaining);
}

TEST_F(timer_clock, wait_deadline_never_early)
{
	struct winsync_wait_args args = {
		.deadline = ws_clock(variant->clock) + MS(30),
		.flags = variant->flag, .alert = -1,
	};

	EXPECT_EQ(-ETIMEDOUT, ws_ioctl(self->fd, WINSYNC_IOC_WAIT, &args));
	EXPECT_LE(args.deadline, ws_clock(variant->clock));
}

/* TM-26: without the means to wake, the timer is set and the caller told. */
TEST_F(timer_clock, tm26_wake)
{
	struct winsync_info info;
	int status, ret;
	pid_t pid;

	ASSERT_EQ(0, ws_info(&info));
	ret = ws_timer_set_full(self->fd, MS(5), 0, 0, variant->flag |
				WINSYNC_TIMER_WAKE, -1);
	ASSERT_LE(0, ret);
	EXPECT_EQ(0, ret & ~WINSYNC_TIMER_NO_WAKE);
	if (!(info.features & WINSYNC_FEATURE_WAKE)) {
		EXPECT_EQ(WINSYNC_TIMER_NO_WAKE, ret);
	}
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_become(1001, 1001))
			_exit(1);
		if (ws_timer_set_full(self->fd, MS(5), MS(20), 0, variant->flag |
				      WINSYNC_TIMER_WAKE, -1) !=
		    WINSYNC_TIMER_NO_WAKE)
			_exit(2);
		_exit(ws_wait(self->fd, ws_after(WS_PATIENCE_MS)) ? 3 : 0);
	}
	status = ws_reap(pid);
	EXPECT_EQ(0, status);
}

/* Only the clocks that have a number. */
TEST_F(timer_clock, unknown_clock)
{
	struct winsync_wait_args args = {
		.deadline = 0, .flags = WINSYNC_CLOCK_MASK, .alert = -1,
	};

	EXPECT_EQ(-EINVAL, ws_timer_set_full(self->fd, 0, 0, 0,
					     WINSYNC_CLOCK_MASK, -1));
	EXPECT_EQ(-EINVAL, ws_ioctl(self->fd, WINSYNC_IOC_WAIT, &args));
}

FIXTURE(clock_step) {
	int fd;
};

FIXTURE_SETUP(clock_step)
{
	self->fd = ws_timer(1);
	ASSERT_LE(0, self->fd);
	clock_offset = ws_clock(CLOCK_REALTIME) - ws_clock(CLOCK_MONOTONIC);
}

FIXTURE_TEARDOWN(clock_step)
{
	if (!getuid())
		restore_clock();
	close(self->fd);
}

#define NEED_ROOT() do { \
	if (getuid()) \
		SKIP(return, "only root can step the clock"); \
} while (0)

TEST_F(clock_step, tm24_forward_past_due_fires)
{
	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(self->fd, ws_clock(CLOCK_REALTIME) + HOUR, 0,
				       0, WINSYNC_CLOCK_REALTIME |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(10)));
	ASSERT_EQ(0, step_clock(2 * HOUR));
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
}

/* TM-20: when it was due, however late the clock came to tell. */
TEST_F(clock_step, tm20_expired_when_it_was_due)
{
	uint64_t due = ws_clock(CLOCK_REALTIME) + HOUR;
	struct winsync_timer_state state;

	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, 0, 0, WINSYNC_CLOCK_REALTIME |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, step_clock(2 * HOUR));
	ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(due, state.expired_at);
}

TEST_F(clock_step, tm24_back_fires_later)
{
	struct winsync_timer_state state;
	uint64_t due = ws_clock(CLOCK_REALTIME) + MS(200);

	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, 0, 0, WINSYNC_CLOCK_REALTIME |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, step_clock(-(int64_t)HOUR));
	if (ws_try(self->fd) == 0)
		SKIP(return, "the guest needed longer than the timer");
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(400)));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LT(HOUR / 2, state.remaining);
	ASSERT_EQ(0, step_clock(HOUR));
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_LE(due, ws_clock(CLOCK_REALTIME));
}

TEST_F(clock_step, tm24_period_is_unaffected)
{
	uint64_t begin;
	int timer = ws_timer(0);
	int i;

	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(timer, ws_clock(CLOCK_REALTIME) + MS(5),
				       MS(25), 0, WINSYNC_CLOCK_REALTIME |
				       WINSYNC_TIMER_ABSOLUTE, -1));
	ASSERT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	begin = ws_clock(CLOCK_MONOTONIC);
	ASSERT_EQ(0, step_clock(-(int64_t)HOUR));
	for (i = 1; i <= 3; i++) {
		struct winsync_timer_state state;

		ASSERT_EQ(0, ws_timer_query(timer, &state));
		EXPECT_GE(MS(25), state.remaining);
		EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	}
	ASSERT_EQ(0, step_clock(2 * HOUR));
	/* An hour ahead: no burst, and the grid stays. */
	for (i = 4; i <= 6; i++)
		EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	/* The last one was the sixth after begin, less what begin came late. */
	EXPECT_LE(begin + MS(25) * 5 - MS(25), ws_clock(CLOCK_MONOTONIC));
}

/* Hours that nobody lived through are no periods that were missed [TM-13]. */
TEST_F(clock_step, tm13_jump_past_due_is_no_burst)
{
	static const uint32_t wake[] = { 0, WINSYNC_TIMER_WAKE };
	struct winsync_timer_state state;
	uint64_t begin, passed;
	unsigned int i;
	int timer = ws_timer(0);

	NEED_ROOT();
	for (i = 0; i < ARRAY_SIZE(wake); i++) {
		ASSERT_LE(0, ws_timer_set_full(timer, ws_clock(CLOCK_REALTIME) + HOUR,
					       MS(20), 0, WINSYNC_CLOCK_REALTIME |
					       WINSYNC_TIMER_ABSOLUTE | wake[i], -1));
		begin = ws_clock(CLOCK_BOOTTIME);
		ASSERT_EQ(0, step_clock(2 * HOUR));
		ASSERT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
		ASSERT_EQ(0, ws_timer_query(timer, &state));
		passed = ws_clock(CLOCK_BOOTTIME) - begin;
		/* As many as there were since the expiry, had it come at once. */
		EXPECT_LE(1, state.expirations);
		EXPECT_GE(1 + passed / MS(20), state.expirations);
		EXPECT_GE(MS(20), state.remaining);
		EXPECT_EQ(1, state.set);
		/* And they go on as they began. */
		ASSERT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
		EXPECT_LE(begin + MS(20), ws_clock(CLOCK_BOOTTIME));
	}
	close(timer);
}

/*
 * An expiry that has begun comes, whatever the clock says a moment later: there is
 * nothing any more to come when the clock gets there again. Many timers are due
 * at once on one processor, whose interrupt serves one after the other; the other
 * sets the clock back as soon as a certain one has come.
 */
TEST_F(clock_step, tm24_back_while_expiring)
{
	enum { TIMERS = 1000, WANTED = 4 };
	unsigned int rounds, i, cut = 0;
	int *fds = calloc(TIMERS, sizeof(*fds));

	NEED_ROOT();
	if (!ws_has_two_processors())
		SKIP(return, "needs two processors");
	ASSERT_NE(NULL, fds);
	ws_raise_nofile(TIMERS + 64);
	for (i = 0; i < TIMERS; i++) {
		fds[i] = ws_timer(1);
		ASSERT_LE(0, fds[i]);
	}
	for (rounds = 0; cut < WANTED && rounds < 10 * WANTED; rounds++) {
		int look = fds[rounds * 97 % (TIMERS / 2)];
		uint64_t due = ws_clock(CLOCK_REALTIME) + MS(300);
		bool all;

		ASSERT_EQ(0, ws_move_to(0));
		for (i = 0; i < TIMERS; i++) {
			ASSERT_LE(0, ws_timer_set_full(fds[i], due, 0, 0,
						       WINSYNC_CLOCK_REALTIME |
						       WINSYNC_TIMER_ABSOLUTE, -1));
		}
		ASSERT_EQ(0, ws_move_to(1));
		while (ws_try(look) && ws_clock(CLOCK_REALTIME) < due + MS(10000))
			;
		/* Those that follow are on their way, unless this comes late. */
		all = ws_try(fds[TIMERS - 1]) == 0;
		ASSERT_EQ(0, step_clock(-(int64_t)WS_NSEC_PER_SEC));
		cut += !all;
		for (i = 0; i < TIMERS; i++) {
			ASSERT_EQ(0, ws_wait(fds[i], ws_after(WS_PATIENCE_MS))) {
				TH_LOG("timer %u", i);
			}
		}
	}
	TH_LOG("steps between the first expiry and the last: %u of %u", cut, rounds);
	EXPECT_LT(0, cut);
	for (i = 0; i < TIMERS; i++)
		close(fds[i]);
	free(fds);
}

/* Flag of a relative due time: none of them follows the clock. */
FIXTURE(clock_step_relative) {
	int fd;
};

FIXTURE_VARIANT(clock_step_relative) {
	uint32_t flag;
};

FIXTURE_VARIANT_ADD(clock_step_relative, monotonic) { WINSYNC_CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(clock_step_relative, realtime) { WINSYNC_CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(clock_step_relative, boottime) { WINSYNC_CLOCK_BOOTTIME };

FIXTURE_SETUP(clock_step_relative)
{
	self->fd = ws_timer(1);
	ASSERT_LE(0, self->fd);
	clock_offset = ws_clock(CLOCK_REALTIME) - ws_clock(CLOCK_MONOTONIC);
}

FIXTURE_TEARDOWN(clock_step_relative)
{
	if (!getuid())
		restore_clock();
	close(self->fd);
}

TEST_F(clock_step_relative, tm24_forward_does_not_fire)
{
	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(self->fd, HOUR / 2, 0, 0, variant->flag, -1));
	ASSERT_EQ(0, step_clock(HOUR));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(50)));
}

TEST_F(clock_step_relative, tm24_back_does_not_delay)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);

	NEED_ROOT();
	ASSERT_EQ(0, ws_timer_set_full(self->fd, MS(100), 0, 0, variant->flag, -1));
	ASSERT_EQ(0, step_clock(-(int64_t)HOUR));
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_LE(begin + MS(100), ws_clock(CLOCK_MONOTONIC));
}

/* WT-5: deadlines on the real-time clock follow it, others don't. */
struct clock_wait {
	int fd;
	uint32_t flag;
	uint64_t deadline;
	pid_t tid;
	int result;
	int done;
};

static void *clock_wait_main(void *data)
{
	struct clock_wait *wait = data;
	struct winsync_wait_args args = {
		.deadline = wait->deadline, .flags = wait->flag, .alert = -1,
	};

	__atomic_store_n(&wait->tid, ws_gettid(), __ATOMIC_RELEASE);
	wait->result = ws_ioctl(wait->fd, WINSYNC_IOC_WAIT, &args);
	__atomic_store_n(&wait->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(clock_step, wt5_realtime_deadline_follows)
{
	struct clock_wait wait = {
		.fd = self->fd, .flag = WINSYNC_CLOCK_REALTIME,
		.deadline = ws_clock(CLOCK_REALTIME) + HOUR,
	};
	pthread_t thread;

	NEED_ROOT();
	ASSERT_EQ(0, pthread_create(&thread, NULL, clock_wait_main, &wait));
	ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
	ASSERT_EQ(0, step_clock(2 * HOUR));
	pthread_join(thread, NULL);
	EXPECT_EQ(-ETIMEDOUT, wait.result);
	EXPECT_LE(wait.deadline, ws_clock(CLOCK_REALTIME));
}

TEST_F(clock_step, wt5_monotonic_deadline_does_not)
{
	struct clock_wait wait = {
		.fd = self->fd, .flag = WINSYNC_CLOCK_MONOTONIC,
		.deadline = ws_after(1000 * 1000),
	};
	pthread_t thread;

	NEED_ROOT();
	ASSERT_EQ(0, pthread_create(&thread, NULL, clock_wait_main, &wait));
	ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
	ASSERT_EQ(0, step_clock(2 * HOUR));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_EQ(0, __atomic_load_n(&wait.done, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, ws_timer_set(self->fd, 0, 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, wait.result);
}

TEST_HARNESS_MAIN
