// SPDX-License-Identifier: GPL-2.0-only
/* Waits: order, times, signals, alerts, abandonment, signal-and-wait, poll. */
#include "library.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

/* [WT-17] */
static void any_takes_the_first(void **state)
{
	struct wsync_wait_result result;
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		fds[i] = new_event(i ? WSYNC_SIGNALED : 0);
	assert_ok(wsync_wait_any(fds, 3, WSYNC_FOREVER, NULL, &result));
	assert_int_equal(result.index, 1);
	assert_ok(wsync_wait_any(fds, 3, 0, NULL, &result));
	assert_int_equal(result.index, 2);
	assert_error(wsync_wait_any(fds, 3, 0, NULL, &result), ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		wsync_close(fds[i]);
}

static void all_takes_all_or_nothing(void **state)
{
	int fds[2] = { new_event(WSYNC_SIGNALED), new_semaphore(0, 1) };
	int twice[2] = { fds[0], fds[0] };

	(void)state;
	assert_error(wsync_wait_all(fds, 2, 20 * MILLISECOND, NULL, NULL), ETIMEDOUT);
	assert_ok(wsync_semaphore_release(fds[1], 1, NULL));
	assert_ok(wsync_wait_all(fds, 2, 0, NULL, NULL));
	assert_false(acquired(fds[0]));
	assert_false(acquired(fds[1]));
	assert_error(wsync_wait_all(twice, 2, 0, NULL, NULL), ENOTUNIQ);
	wsync_close(fds[0]);
	wsync_close(fds[1]);
}

static void times_are_kept(void **state)
{
	static const struct {
		uint32_t flags;
		clockid_t clock;
	} clocks[] = {
		{ WSYNC_CLOCK_MONOTONIC, CLOCK_MONOTONIC },
		{ WSYNC_CLOCK_BOOTTIME, CLOCK_BOOTTIME },
		{ WSYNC_CLOCK_MONOTONIC | WSYNC_WAIT_ABSOLUTE, CLOCK_MONOTONIC },
		{ WSYNC_CLOCK_REALTIME | WSYNC_WAIT_ABSOLUTE, CLOCK_REALTIME },
	};
	const int64_t time = 30 * MILLISECOND;
	int event = new_event(0);

	(void)state;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct wsync_wait_opts opts = { .sz = sizeof(opts), .flags = clocks[i].flags };
		int64_t begin = now_on(clocks[i].clock);
		int64_t until = opts.flags & WSYNC_WAIT_ABSOLUTE ? begin + time : time;

		assert_error(wsync_wait(event, until, &opts, NULL), ETIMEDOUT);
		assert_true(now_on(clocks[i].clock) >= begin + time);
		begin = now_on(clocks[i].clock);
		until = opts.flags & WSYNC_WAIT_ABSOLUTE ? begin + time : time;
		assert_ok(wsync_sleep(until, &opts, NULL));
		assert_true(now_on(clocks[i].clock) >= begin + time);
	}
	wsync_close(event);
}

static void handler(int number)
{
	(void)number;
}

static void start_alarms(int flags, long microseconds)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	struct itimerval interval = {
		.it_interval.tv_usec = microseconds, .it_value.tv_usec = microseconds,
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
}

/* [WT-7] */
static void handlers_do_not_end_waits(void **state)
{
	struct wsync_wait_opts opts = { .sz = sizeof(opts), .flags = WSYNC_WAIT_EINTR };
	int event = new_event(0), mark = new_semaphore(0, 9);
	struct wsync_semaphore_state counts;
	int64_t begin;

	(void)state;
	start_alarms(0, 20000);
	begin = now_on(CLOCK_MONOTONIC);
	assert_error(wsync_wait(event, 150 * MILLISECOND, NULL, NULL), ETIMEDOUT);
	assert_true(now_on(CLOCK_MONOTONIC) >= begin + 150 * MILLISECOND);
	/* The signal of a signal-and-wait is given once. */
	assert_error(wsync_signal_and_wait(mark, event, 150 * MILLISECOND, NULL, NULL), ETIMEDOUT);
	assert_ok(wsync_semaphore_query(mark, &counts));
	assert_int_equal(counts.count, 1);
	assert_error(wsync_wait(event, LONG, &opts, NULL), EINTR);
	assert_error(wsync_signal_and_wait(mark, event, LONG, &opts, NULL), EINTR);
	assert_ok(wsync_semaphore_query(mark, &counts));
	assert_int_equal(counts.count, 2);
	start_alarms(SA_RESTART, 20000);
	assert_error(wsync_wait(event, 150 * MILLISECOND, &opts, NULL), ETIMEDOUT);
	start_alarms(0, 0);
	wsync_close(event);
	wsync_close(mark);
}

static void alerts_end_waits(void **state)
{
	int event = new_event(0), alert = new_event(WSYNC_SIGNALED), mutex = new_mutex(0);
	struct wsync_wait_opts opts = {
		.sz = sizeof(opts), .flags = WSYNC_WAIT_ALERT, .alert = alert,
	};
	struct wsync_wait_result result;
	struct wsync_mutex_state owned;

	(void)state;
	assert_ok(wsync_wait(event, LONG, &opts, &result));
	assert_true(result.alerted);
	assert_int_equal(result.index, 1);
	assert_false(acquired(alert));
	assert_ok(wsync_event_set(alert, NULL));
	/* What can be acquired comes first. */
	assert_ok(wsync_event_set(event, NULL));
	assert_ok(wsync_wait(event, LONG, &opts, &result));
	assert_false(result.alerted);
	assert_ok(wsync_sleep(LONG, &opts, &result));
	assert_true(result.alerted);
	assert_ok(wsync_sleep(0, &opts, &result));
	assert_false(result.alerted);
	/* Only events are alerts, and nothing else is acquired by the attempt. */
	opts.alert = mutex;
	assert_error(wsync_sleep(0, &opts, &result), EBADFD);
	assert_error(wsync_wait(event, 0, &opts, &result), EBADFD);
	assert_ok(wsync_mutex_query(mutex, &owned));
	assert_int_equal(owned.depth, 0);
	wsync_close(event);
	wsync_close(alert);
	wsync_close(mutex);
}

static void *own_and_end(void *arg)
{
	return (void *)(intptr_t)wsync_wait(*(int *)arg, WSYNC_FOREVER, NULL, NULL);
}

static int own_and_exit(void *arg)
{
	return -wsync_wait(*(int *)arg, WSYNC_FOREVER, NULL, NULL);
}

/* [MX-17], [MX-22] */
static void dead_owners_are_reported(void **state)
{
	struct wsync_wait_result result;
	struct wsync_mutex_state owner;
	int mutex = new_mutex(0);
	uint32_t depth = 0;
	pthread_t thread;
	void *ended;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, own_and_end, &mutex));
	assert_ok(pthread_join(thread, &ended));
	assert_null(ended);
	assert_ok(wsync_mutex_query(mutex, &owner));
	assert_true(owner.abandoned);
	assert_ok(wsync_wait(mutex, 0, NULL, &result));
	assert_true(result.abandoned);
	assert_ok(wsync_wait(mutex, 0, NULL, &result));
	assert_false(result.abandoned);
	assert_ok(wsync_mutex_query(mutex, &owner));
	assert_int_equal(owner.depth, 2);
	assert_int_equal(owner.owner, gettid());
	assert_true(owner.owned_by_caller);
	assert_ok(wsync_mutex_release(mutex, &depth));
	assert_int_equal(depth, 2);
	assert_ok(wsync_mutex_release(mutex, &depth));
	assert_error(wsync_mutex_release(mutex, &depth), EPERM);
	assert_int_equal(in_child(own_and_exit, &mutex), 0);
	assert_ok(wsync_wait_any(&mutex, 1, 0, NULL, &result));
	assert_true(result.abandoned);
	wsync_close(mutex);
}

static void *wait_long(void *arg)
{
	return (void *)(intptr_t)wsync_wait(*(int *)arg, LONG, NULL, NULL);
}

/* [EV-21]: a pulse releases who waits now, and stays invisible. */
static void waiters_are_seen_and_pulsed(void **state)
{
	struct wsync_waiter waiters[4];
	size_t count = 9, total = 9;
	int event = new_event(WSYNC_MANUAL_RESET);
	pthread_t threads[2];
	void *ended;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_ok(pthread_create(&threads[i], NULL, wait_long, &event));
	await_waiters(event, 2);
	assert_ok(wsync_get_waiters(event, waiters, 4, &count, &total));
	assert_int_equal(count, 2);
	assert_int_equal(total, 2);
	assert_int_equal(waiters[0].pid, getpid());
	assert_int_not_equal(waiters[0].tid, waiters[1].tid);
	assert_true(waiters[0].since <= waiters[1].since);
	assert_ok(wsync_get_waiters(event, NULL, 0, &count, &total));
	assert_int_equal(count, 0);
	assert_int_equal(total, 2);
	assert_ok(wsync_event_pulse(event, NULL));
	for (int i = 0; i < 2; i++) {
		assert_ok(pthread_join(threads[i], &ended));
		assert_null(ended);
	}
	assert_false(acquired(event));
	wsync_close(event);
}

struct pair {
	int ping, pong, rounds;
};

static void *answer(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < pair->rounds; i++) {
		int error = wsync_signal_and_wait(pair->pong, pair->ping, LONG, NULL, NULL);

		if (error)
			return pair;
	}
	return NULL;
}

static void signals_and_waits(void **state)
{
	struct pair pair = { new_event(0), new_event(0), 200 };
	pthread_t thread;
	void *ended;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, answer, &pair));
	assert_ok(wsync_wait(pair.pong, LONG, NULL, NULL));
	for (int i = 1; i < pair.rounds; i++)
		assert_ok(wsync_signal_and_wait(pair.ping, pair.pong, LONG, NULL, NULL));
	assert_ok(wsync_event_set(pair.ping, NULL));
	assert_ok(pthread_join(thread, &ended));
	assert_null(ended);
	wsync_close(pair.ping);
	wsync_close(pair.pong);
}

static void poll_tells_and_takes_nothing(void **state)
{
	struct pollfd fd = { .fd = new_semaphore(1, 1), .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&fd, 1, 0), 1);
	assert_int_equal(fd.revents, POLLIN);
	assert_true(acquired(fd.fd));
	assert_int_equal(poll(&fd, 1, 0), 0);
	wsync_close(fd.fd);
}

static void timers_expire(void **state)
{
	struct wsync_timer_opts opts = {
		.sz = sizeof(opts), .flags = WSYNC_CLOCK_REALTIME | WSYNC_TIMER_ABSOLUTE,
	};
	struct wsync_timer_state timer_state;
	int timer = new_timer(0);
	uint32_t result = 99;
	bool signaled = true;
	int64_t begin = now_on(CLOCK_MONOTONIC), due;

	(void)state;
	assert_ok(wsync_timer_set(timer, 20 * MILLISECOND, 10 * MILLISECOND, NULL, &result));
	assert_int_equal(result, 0);
	for (int i = 0; i < 3; i++)
		assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_true(now_on(CLOCK_MONOTONIC) >= begin + 40 * MILLISECOND);
	assert_ok(wsync_timer_query(timer, &timer_state));
	assert_true(timer_state.expirations >= 3);
	assert_int_equal(timer_state.period, 10 * MILLISECOND);
	assert_true(timer_state.set);
	assert_ok(wsync_timer_cancel(timer, &signaled));
	due = now_on(CLOCK_REALTIME) + 20 * MILLISECOND;
	assert_ok(wsync_timer_set(timer, due, 0, &opts, NULL));
	assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_true(now_on(CLOCK_REALTIME) >= due);
	assert_ok(wsync_timer_query(timer, &timer_state));
	assert_int_equal(timer_state.expired_at, due);
	assert_false(timer_state.set);
	wsync_close(timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_takes_the_first),
		cmocka_unit_test(all_takes_all_or_nothing),
		cmocka_unit_test(times_are_kept),
		cmocka_unit_test(handlers_do_not_end_waits),
		cmocka_unit_test(alerts_end_waits),
		cmocka_unit_test(dead_owners_are_reported),
		cmocka_unit_test(waiters_are_seen_and_pulsed),
		cmocka_unit_test(signals_and_waits),
		cmocka_unit_test(poll_tells_and_takes_nothing),
		cmocka_unit_test(timers_expire),
	};

	return cmocka_run_group_tests_name("waits", tests, NULL, NULL);
}
