// SPDX-License-Identifier: GPL-2.0-only
/* Timers without routines, and times. */
#include <time.h>

#include "fake.h"

#define TIMER (FAKE_FD + 11)
#define EVENT (FAKE_FD + 12)

static struct winsync_timer_set_args seen;

static void see(void *argument)
{
	seen = *(struct winsync_timer_set_args *)argument;
}

static void answer_state(void *argument)
{
	*(struct winsync_timer_state *)argument = (struct winsync_timer_state){
		.remaining = 1, .period = 2, .expirations = 3, .expired_at = 4,
		.manual = 1, .signaled = 0, .set = 1,
	};
}

static void queries(void **state)
{
	struct wsync_timer_state timer;

	(void)state;
	expect_ioctl_do(TIMER, WINSYNC_IOC_TIMER_QUERY, 0, answer_state);
	assert_int_equal(wsync_timer_query(TIMER, &timer), 0);
	assert_int_equal(timer.remaining, 1);
	assert_int_equal(timer.period, 2);
	assert_int_equal(timer.expirations, 3);
	assert_int_equal(timer.expired_at, 4);
	assert_true(timer.manual_reset);
	assert_false(timer.signaled);
	assert_true(timer.set);
	expect_ioctl(TIMER, WINSYNC_IOC_TIMER_QUERY, -EACCES);
	assert_error(wsync_timer_query(TIMER, &timer), EACCES);
	assert_error(wsync_timer_query(TIMER, NULL), EINVAL);
}

static void sets(void **state)
{
	struct wsync_timer_opts opts = {
		.sz = sizeof(opts), .tolerance = 5,
		.flags = WSYNC_CLOCK_REALTIME | WSYNC_TIMER_ABSOLUTE | WSYNC_TIMER_WAKE,
	};
	uint32_t result = 77;

	(void)state;
	expect_ioctl_do(TIMER, WINSYNC_IOC_TIMER_SET, 0, see);
	assert_int_equal(wsync_timer_set(TIMER, 10, 20, NULL, &result), 0);
	assert_int_equal(result, 0);
	assert_int_equal(seen.due, 10);
	assert_int_equal(seen.period, 20);
	assert_int_equal(seen.tolerance, 0);
	assert_int_equal(seen.flags, WINSYNC_CLOCK_MONOTONIC);
	assert_int_equal(seen.alert, -1);
	expect_ioctl_do(TIMER, WINSYNC_IOC_TIMER_SET,
			WINSYNC_TIMER_WAS_SIGNALED | WINSYNC_TIMER_NO_WAKE, see);
	assert_int_equal(wsync_timer_set(TIMER, INT64_MAX, 0, &opts, &result), 0);
	assert_int_equal(result, WSYNC_TIMER_WAS_SIGNALED | WSYNC_TIMER_NO_WAKE);
	assert_int_equal(seen.tolerance, 5);
	assert_int_equal(seen.flags,
			 WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE | WINSYNC_TIMER_WAKE);
	opts.flags = WSYNC_TIMER_ALERT;
	opts.alert = EVENT;
	expect_ioctl_do(TIMER, WINSYNC_IOC_TIMER_SET, 0, see);
	assert_int_equal(wsync_timer_set(TIMER, 1, 0, &opts, NULL), 0);
	assert_int_equal(seen.alert, EVENT);
	assert_int_equal(seen.flags, 0);
	expect_ioctl(TIMER, WINSYNC_IOC_TIMER_SET, -EACCES);
	result = 77;
	assert_error(wsync_timer_set(TIMER, 1, 0, &opts, &result), EACCES);
	assert_int_equal(result, 77);
}

static void routine(void *arg, int64_t expired)
{
	(void)arg;
	(void)expired;
}

static void checks_arguments(void **state)
{
	static const uint32_t flags[] = { 0x3, 0x4, 0x8, 0x80, 0x80000000u };
	struct wsync_timer_opts opts = { .sz = sizeof(opts) };

	(void)state;
	assert_error(wsync_timer_set(TIMER, -1, 0, NULL, NULL), EINVAL);
	assert_error(wsync_timer_set(TIMER, 0, -1, NULL, NULL), EINVAL);
	for (size_t i = 0; i < count_of(flags); i++) {
		opts.flags = flags[i];
		assert_error(wsync_timer_set(TIMER, 0, 0, &opts, NULL), EINVAL);
	}
	opts.flags = 0;
	opts.alert = EVENT;
	assert_error(wsync_timer_set(TIMER, 0, 0, &opts, NULL), EINVAL);
	opts.flags = WSYNC_TIMER_ALERT;
	opts.alert = -1;
	assert_error(wsync_timer_set(TIMER, 0, 0, &opts, NULL), EBADF);
	opts.alert = EVENT;
	opts.routine = routine;
	assert_error(wsync_timer_set(TIMER, 0, 0, &opts, NULL), EINVAL);
	opts.sz = 0;
	assert_error(wsync_timer_set(TIMER, 0, 0, &opts, NULL), EINVAL);
}

static void cancels(void **state)
{
	bool signaled = false;

	(void)state;
	expect_ioctl(TIMER, WINSYNC_IOC_TIMER_CANCEL, 1);
	assert_int_equal(wsync_timer_cancel(TIMER, &signaled), 0);
	assert_true(signaled);
	expect_ioctl(TIMER, WINSYNC_IOC_TIMER_CANCEL, 0);
	assert_int_equal(wsync_timer_cancel(TIMER, NULL), 0);
	expect_ioctl(TIMER, WINSYNC_IOC_TIMER_CANCEL, -EBADFD);
	assert_error(wsync_timer_cancel(TIMER, &signaled), EBADFD);
	assert_true(signaled);
}

static void adds_up_nanoseconds(void **state)
{
	int64_t time = 77;

	(void)state;
	assert_int_equal(wsync_nanoseconds(0, 0, &time), 0);
	assert_int_equal(time, 0);
	assert_int_equal(wsync_nanoseconds(9223372036, 854775807, &time), 0);
	assert_true(time == INT64_MAX);
	assert_int_equal(wsync_nanoseconds(-1, 999999999, &time), 0);
	assert_int_equal(time, -1);
	assert_error(wsync_nanoseconds(9223372036, 854775808, &time), EOVERFLOW);
	assert_error(wsync_nanoseconds(9223372037, 0, &time), EOVERFLOW);
	assert_error(wsync_nanoseconds(INT64_MAX, 0, &time), EOVERFLOW);
	assert_error(wsync_nanoseconds(0, -1, &time), EINVAL);
	assert_error(wsync_nanoseconds(0, 1000000000, &time), EINVAL);
	assert_error(wsync_nanoseconds(0, 0, NULL), EINVAL);
	assert_int_equal(time, -1);
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void deadlines(void **state)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };
	int64_t deadline;

	(void)state;
	for (uint32_t clock = 0; clock < count_of(clocks); clock++) {
		int64_t before = read_clock(clocks[clock]);

		assert_int_equal(wsync_deadline(clock, 1000, &deadline), 0);
		assert_in_range(deadline, before + 1000, read_clock(clocks[clock]) + 1000);
	}
	assert_int_equal(wsync_deadline(0, INT64_MAX, &deadline), 0);
	assert_true(deadline == INT64_MAX);
	assert_int_equal(wsync_deadline(0, WSYNC_FOREVER, &deadline), 0);
	assert_true(deadline == WSYNC_FOREVER);
	assert_error(wsync_deadline(3, 0, &deadline), EINVAL);
	assert_error(wsync_deadline(0, -2, &deadline), EINVAL);
	assert_error(wsync_deadline(0, 0, NULL), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries),
		cmocka_unit_test(sets),
		cmocka_unit_test(checks_arguments),
		cmocka_unit_test(cancels),
		cmocka_unit_test(adds_up_nanoseconds),
		cmocka_unit_test(deadlines),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
