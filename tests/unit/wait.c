// SPDX-License-Identifier: GPL-2.0-only
/* Waits without queued calls. */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "fake.h"

#define FIRST (FAKE_FD + 10)
#define SECOND (FAKE_FD + 11)
#define ALERT (FAKE_FD + 12)

static const int both[] = { FIRST, SECOND };

static struct winsync_wait_args seen;
static struct winsync_wait_multiple_args seen_multiple;
static struct winsync_signal_and_wait_args seen_signal;

static void see(void *argument)
{
	seen = *(struct winsync_wait_args *)argument;
}

static void see_multiple(void *argument)
{
	seen_multiple = *(struct winsync_wait_multiple_args *)argument;
}

static void see_signal(void *argument)
{
	seen_signal = *(struct winsync_signal_and_wait_args *)argument;
}

/* What a sleep asks its alert first. */
static void is_event(void *argument)
{
	*(struct winsync_stat *)argument = (struct winsync_stat){ .type = WINSYNC_TYPE_EVENT };
}

static void is_mutex(void *argument)
{
	*(struct winsync_stat *)argument = (struct winsync_stat){ .type = WINSYNC_TYPE_MUTEX };
}

static void assert_result(const struct wsync_wait_result *result, uint32_t index,
			  bool abandoned, bool alerted)
{
	assert_int_equal(result->index, index);
	assert_int_equal(result->abandoned, abandoned);
	assert_int_equal(result->alerted, alerted);
	assert_false(result->called);
	assert_false(result->reserved);
}

static void waits_for_one(void **state)
{
	struct wsync_wait_result result;

	(void)state;
	memset(&result, 0xff, sizeof(result));
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, WSYNC_FOREVER, NULL, &result), 0);
	assert_result(&result, 0, false, false);
	assert_true(seen.deadline == WINSYNC_FOREVER);
	assert_int_equal(seen.flags, WINSYNC_CLOCK_MONOTONIC);
	assert_int_equal(seen.alert, -1);
	/* [MX-17] */
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED, see);
	assert_int_equal(wsync_wait(FIRST, 0, NULL, &result), 0);
	assert_result(&result, 0, true, false);
	assert_true(seen.deadline == 0);
	expect_ioctl(FIRST, WINSYNC_IOC_WAIT, 0);
	assert_int_equal(wsync_wait(FIRST, 0, NULL, NULL), 0);
}

static void waits_for_several(void **state)
{
	struct wsync_wait_result result;

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ANY, 1 | WINSYNC_WAIT_ABANDONED, see_multiple);
	assert_int_equal(wsync_wait_any(both, 2, WSYNC_FOREVER, NULL, &result), 0);
	assert_result(&result, 1, true, false);
	assert_ptr_equal((void *)(uintptr_t)seen_multiple.fds, both);
	assert_int_equal(seen_multiple.count, 2);
	assert_int_equal(seen_multiple.alert, -1);
	assert_int_equal(seen_multiple.reserved, 0);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ALL, WINSYNC_WAIT_ABANDONED, see_multiple);
	assert_int_equal(wsync_wait_all(both, 2, 0, NULL, &result), 0);
	assert_result(&result, 0, true, false);
	assert_true(seen_multiple.deadline == 0);
	assert_error(wsync_wait_any(both, 0, 0, NULL, &result), EINVAL);
	assert_error(wsync_wait_any(NULL, 2, 0, NULL, &result), EINVAL);
	assert_error(wsync_wait_all(both, 0, 0, NULL, &result), EINVAL);
	assert_error(wsync_wait_all(NULL, 2, 0, NULL, &result), EINVAL);
	if (sizeof(size_t) > sizeof(uint32_t)) {
		assert_error(wsync_wait_any(both, (size_t)1 << 31 << 1, 0, NULL, &result), EINVAL);
		assert_error(wsync_wait_any(both, ((size_t)1 << 31 << 1) + 1, 0, NULL, &result),
			     EINVAL);
	}
}

static void signals_and_waits(void **state)
{
	struct wsync_wait_result result;

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_WAIT_ABANDONED, see_signal);
	assert_int_equal(wsync_signal_and_wait(FIRST, SECOND, WSYNC_FOREVER, NULL, &result), 0);
	assert_result(&result, 0, true, false);
	assert_int_equal(seen_signal.fd, SECOND);
	assert_int_equal(seen_signal.alert, -1);
	assert_int_equal(seen_signal.reserved, 0);
	assert_error(wsync_signal_and_wait(FIRST, -1, 0, NULL, &result), EBADF);
}

static void reports_failures(void **state)
{
	static const int errors[] = { ETIMEDOUT, EACCES, EOVERFLOW, EBADF, EBADFD };
	struct wsync_wait_result result, untouched;

	(void)state;
	memset(&untouched, 0x55, sizeof(untouched));
	result = untouched;
	for (size_t i = 0; i < count_of(errors); i++) {
		expect_ioctl(FIRST, WINSYNC_IOC_WAIT, -errors[i]);
		assert_error(wsync_wait(FIRST, 0, NULL, &result), errors[i]);
		expect_ioctl(FIRST, WINSYNC_IOC_WAIT_ANY, -errors[i]);
		assert_error(wsync_wait_any(both, 2, 0, NULL, &result), errors[i]);
		expect_ioctl(FIRST, WINSYNC_IOC_WAIT_ALL, -errors[i]);
		assert_error(wsync_wait_all(both, 2, 0, NULL, &result), errors[i]);
		expect_ioctl(FIRST, WINSYNC_IOC_SIGNAL_AND_WAIT, -errors[i]);
		assert_error(wsync_signal_and_wait(FIRST, SECOND, 0, NULL, &result), errors[i]);
	}
	assert_memory_equal(&result, &untouched, sizeof(result));
	/* The first fd is not ours at all. */
	expect_ioctl(FIRST, WINSYNC_IOC_WAIT_ANY, -ENOTTY);
	expect_ioctl(FIRST, WINSYNC_IOC_GET_INFO, -ENOTTY);
	assert_error(wsync_wait_any(both, 2, 0, NULL, &result), EBADFD);
}

static void alert_ends_waits(void **state)
{
	struct wsync_wait_opts opts = {
		.sz = sizeof(opts), .flags = WSYNC_WAIT_ALERT, .alert = ALERT,
	};
	struct wsync_wait_result result;

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 1 | WINSYNC_WAIT_ALERTED, see);
	assert_int_equal(wsync_wait(FIRST, WSYNC_FOREVER, &opts, &result), 0);
	assert_result(&result, 1, false, true);
	assert_int_equal(seen.alert, ALERT);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ANY, 2 | WINSYNC_WAIT_ALERTED, see_multiple);
	assert_int_equal(wsync_wait_any(both, 2, WSYNC_FOREVER, &opts, &result), 0);
	assert_result(&result, 2, false, true);
	assert_int_equal(seen_multiple.alert, ALERT);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ALL, 2 | WINSYNC_WAIT_ALERTED, see_multiple);
	assert_int_equal(wsync_wait_all(both, 2, WSYNC_FOREVER, &opts, &result), 0);
	assert_result(&result, 2, false, true);
	expect_ioctl_do(FIRST, WINSYNC_IOC_SIGNAL_AND_WAIT, 1 | WINSYNC_WAIT_ALERTED, see_signal);
	assert_int_equal(wsync_signal_and_wait(FIRST, SECOND, WSYNC_FOREVER, &opts, &result), 0);
	assert_result(&result, 1, false, true);
	assert_int_equal(seen_signal.alert, ALERT);
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_event);
	expect_ioctl_do(ALERT, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_sleep(WSYNC_FOREVER, &opts, &result), 0);
	assert_result(&result, 0, false, true);
	assert_int_equal(seen.alert, -1);
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_event);
	expect_ioctl(ALERT, WINSYNC_IOC_WAIT, -ETIMEDOUT);
	assert_int_equal(wsync_sleep(0, &opts, &result), 0);
	assert_result(&result, 0, false, false);
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_event);
	expect_ioctl(ALERT, WINSYNC_IOC_WAIT, -EACCES);
	assert_error(wsync_sleep(0, &opts, &result), EACCES);
	/* It would be acquired. */
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_mutex);
	assert_error(wsync_sleep(0, &opts, &result), EBADFD);
}

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void timeouts_become_deadlines(void **state)
{
	struct wsync_wait_opts opts = { .sz = sizeof(opts), .flags = WSYNC_CLOCK_BOOTTIME };
	int64_t before = now(CLOCK_MONOTONIC);

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, 1000000, NULL, NULL), 0);
	assert_in_range(seen.deadline, before + 1000000, now(CLOCK_MONOTONIC) + 1000000);
	before = now(CLOCK_BOOTTIME);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, 1, &opts, NULL), 0);
	assert_in_range(seen.deadline, before + 1, now(CLOCK_BOOTTIME) + 1);
	assert_int_equal(seen.flags, WINSYNC_CLOCK_BOOTTIME);
	/* Too far away to be said. */
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, INT64_MAX, NULL, NULL), 0);
	assert_true(seen.deadline == INT64_MAX);
	/* Absolute ones go through as they are. */
	opts.flags = WSYNC_CLOCK_REALTIME | WSYNC_WAIT_ABSOLUTE;
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, 12345, &opts, NULL), 0);
	assert_int_equal(seen.deadline, 12345);
	assert_int_equal(seen.flags, WINSYNC_CLOCK_REALTIME);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, WSYNC_FOREVER, &opts, NULL), 0);
	assert_true(seen.deadline == WINSYNC_FOREVER);
}

static void assert_all_refuse(int64_t timeout, const struct wsync_wait_opts *opts, int error)
{
	assert_error(wsync_wait(FIRST, timeout, opts, NULL), error);
	assert_error(wsync_wait_any(both, 2, timeout, opts, NULL), error);
	assert_error(wsync_wait_all(both, 2, timeout, opts, NULL), error);
	assert_error(wsync_signal_and_wait(FIRST, SECOND, timeout, opts, NULL), error);
	assert_error(wsync_sleep(timeout, opts, NULL), error);
}

static void checks_options(void **state)
{
	static const uint32_t flags[] = {
		0x3, 0x4, 0x8, 0x100, WSYNC_CLOCK_REALTIME,
		WSYNC_WAIT_ALERT | WSYNC_WAIT_ALERTABLE,
	};
	struct wsync_wait_opts opts = { .sz = sizeof(opts) };

	(void)state;
	assert_all_refuse(-2, NULL, EINVAL);
	assert_all_refuse(INT64_MIN, NULL, EINVAL);
	for (size_t i = 0; i < count_of(flags); i++) {
		opts.flags = flags[i];
		assert_all_refuse(0, &opts, EINVAL);
	}
	opts.flags = 0;
	opts.alert = ALERT;
	assert_all_refuse(0, &opts, EINVAL);
	opts.flags = WSYNC_WAIT_ALERT;
	opts.alert = -1;
	assert_all_refuse(0, &opts, EBADF);
	opts.sz = sizeof(opts) - 1;
	assert_all_refuse(0, &opts, EINVAL);
}

static uint64_t first_deadline;

static void see_first(void *argument)
{
	first_deadline = *(__aligned_u64 *)argument;
}

/* [WT-7]: against the old deadline */
static void goes_on_after_signal_handlers(void **state)
{
	struct wsync_wait_result result;

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, -EINTR, see_first);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, -EINTR, see);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT, 0, see);
	assert_int_equal(wsync_wait(FIRST, 1000, NULL, &result), 0);
	assert_true(first_deadline == seen.deadline);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ANY, -EINTR, see_first);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ANY, -ETIMEDOUT, see_multiple);
	assert_error(wsync_wait_any(both, 2, 1000, NULL, &result), ETIMEDOUT);
	assert_true(first_deadline == seen_multiple.deadline);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ALL, -EINTR, see_first);
	expect_ioctl_do(FIRST, WINSYNC_IOC_WAIT_ALL, 0, see_multiple);
	assert_int_equal(wsync_wait_all(both, 2, 1000, NULL, &result), 0);
	assert_true(first_deadline == seen_multiple.deadline);
}

/* The signal is given once. */
static void signal_and_wait_goes_on_with_the_wait(void **state)
{
	struct wsync_wait_opts opts = {
		.sz = sizeof(opts), .flags = WSYNC_WAIT_ALERT | WSYNC_CLOCK_BOOTTIME,
		.alert = ALERT,
	};
	struct wsync_wait_result result;

	(void)state;
	expect_ioctl_do(FIRST, WINSYNC_IOC_SIGNAL_AND_WAIT, -EINTR, see_first);
	expect_ioctl(SECOND, WINSYNC_IOC_WAIT, -EINTR);
	expect_ioctl_do(SECOND, WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED, see);
	assert_int_equal(wsync_signal_and_wait(FIRST, SECOND, 1000, &opts, &result), 0);
	assert_result(&result, 0, true, false);
	assert_true(first_deadline == seen.deadline);
	assert_int_equal(seen.flags, WINSYNC_CLOCK_BOOTTIME);
	assert_int_equal(seen.alert, ALERT);
}

static void ends_with_eintr_if_wanted(void **state)
{
	struct wsync_wait_opts opts = { .sz = sizeof(opts), .flags = WSYNC_WAIT_EINTR };

	(void)state;
	expect_ioctl(FIRST, WINSYNC_IOC_WAIT, -EINTR);
	assert_error(wsync_wait(FIRST, 1000, &opts, NULL), EINTR);
	expect_ioctl(FIRST, WINSYNC_IOC_WAIT_ANY, -EINTR);
	assert_error(wsync_wait_any(both, 2, 1000, &opts, NULL), EINTR);
	expect_ioctl(FIRST, WINSYNC_IOC_WAIT_ALL, -EINTR);
	assert_error(wsync_wait_all(both, 2, 1000, &opts, NULL), EINTR);
	expect_ioctl(FIRST, WINSYNC_IOC_SIGNAL_AND_WAIT, -EINTR);
	assert_error(wsync_signal_and_wait(FIRST, SECOND, 1000, &opts, NULL), EINTR);
	opts.flags |= WSYNC_WAIT_ALERT;
	opts.alert = ALERT;
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_event);
	expect_ioctl(ALERT, WINSYNC_IOC_WAIT, -EINTR);
	assert_error(wsync_sleep(1000, &opts, NULL), EINTR);
	opts.flags = WSYNC_WAIT_ALERT;
	expect_ioctl_do(ALERT, WINSYNC_IOC_STAT, 0, is_event);
	expect_ioctl(ALERT, WINSYNC_IOC_WAIT, -EINTR);
	expect_ioctl(ALERT, WINSYNC_IOC_WAIT, 0);
	assert_int_equal(wsync_sleep(1000, &opts, NULL), 0);
}

static void handler(int number)
{
	(void)number;
}

static void start_alarms(long microseconds)
{
	struct sigaction action = { .sa_handler = handler };
	struct itimerval interval = {
		.it_interval.tv_usec = microseconds, .it_value.tv_usec = microseconds,
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
}

static void sleeps(void **state)
{
	struct wsync_wait_opts opts = { .sz = sizeof(opts) };
	struct wsync_wait_result result;
	int64_t before;

	(void)state;
	memset(&result, 0xff, sizeof(result));
	assert_int_equal(wsync_sleep(0, NULL, &result), 0);
	assert_result(&result, 0, false, false);
	/* Handlers do not shorten it ... */
	start_alarms(2000);
	before = now(CLOCK_MONOTONIC);
	assert_int_equal(wsync_sleep(20000000, NULL, &result), 0);
	assert_true(now(CLOCK_MONOTONIC) - before >= 20000000);
	opts.flags = WSYNC_CLOCK_REALTIME | WSYNC_WAIT_ABSOLUTE;
	assert_int_equal(wsync_sleep(1, &opts, &result), 0);
	before = now(CLOCK_REALTIME);
	assert_int_equal(wsync_sleep(before + 5000000, &opts, &result), 0);
	assert_true(now(CLOCK_REALTIME) - before >= 5000000);
	/* ... but where it is wanted, also forever. */
	opts.flags = WSYNC_WAIT_EINTR;
	assert_error(wsync_sleep(WSYNC_FOREVER, &opts, &result), EINTR);
	assert_error(wsync_sleep(INT64_MAX, &opts, &result), EINTR);
	start_alarms(0);
}

static void *sleep_until_canceled(void *arg)
{
	bool *slept = arg;

	/* The request is there already. */
	pthread_cancel(pthread_self());
	*slept = wsync_sleep(1000000, NULL, NULL) == 0;
	pthread_testcancel();
	*slept = false;
	return NULL;
}

static void is_no_cancellation_point(void **state)
{
	void *result = NULL;
	bool slept = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sleep_until_canceled, &slept), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_true(slept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_one),
		cmocka_unit_test(waits_for_several),
		cmocka_unit_test(signals_and_waits),
		cmocka_unit_test(reports_failures),
		cmocka_unit_test(alert_ends_waits),
		cmocka_unit_test(timeouts_become_deadlines),
		cmocka_unit_test(checks_options),
		cmocka_unit_test(goes_on_after_signal_handlers),
		cmocka_unit_test(signal_and_wait_goes_on_with_the_wait),
		cmocka_unit_test(ends_with_eintr_if_wanted),
		cmocka_unit_test(sleeps),
		cmocka_unit_test(is_no_cancellation_point),
	};

	return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
