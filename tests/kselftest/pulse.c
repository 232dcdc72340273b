// SPDX-License-Identifier: GPL-2.0-only
/* Pulse: who is released, who never sees it [EV-21]..[EV-27]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <poll.h>
#include <signal.h>

FIXTURE(pulse) {
	int fd;
	int other;
};

FIXTURE_VARIANT(pulse) {
	int manual;
};

FIXTURE_VARIANT_ADD(pulse, automatic) { .manual = 0 };
FIXTURE_VARIANT_ADD(pulse, manual) { .manual = 1 };

FIXTURE_SETUP(pulse)
{
	self->fd = ws_event(variant->manual, 0);
	self->other = ws_event(0, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(pulse)
{
	close(self->fd);
	close(self->other);
}

TEST_F(pulse, ev21_ev22_releases_all_or_one)
{
	enum { SLEEPERS = 4 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
	EXPECT_EQ(variant->manual ? 0 : SLEEPERS - 1, ws_waiters(self->fd));
	for (i = 0; i < SLEEPERS; i++) {
		if (!variant->manual && i) {
			EXPECT_FALSE(ws_sleeper_done(&sleepers[i]));
			EXPECT_EQ(0, ws_event_pulse(self->fd));
		}
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
	EXPECT_EQ(0, ws_event_signaled(self->fd));
}

TEST_F(pulse, ev23_nobody_waits)
{
	struct ws_sleeper late = WS_SLEEPER(.fd = self->fd);

	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	ASSERT_EQ(0, ws_sleeper_queue(&late, self->fd, 1));
	EXPECT_FALSE(ws_sleeper_done(&late));
	ws_event_set(self->fd);
	EXPECT_EQ(0, ws_sleeper_join(&late));
}

TEST_F(pulse, ev23_clears_what_was_set)
{
	ws_event_set(self->fd);
	EXPECT_EQ(1, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
}

TEST_F(pulse, ev24_wait_all_that_lacks_another_stays)
{
	int fds[] = { self->fd, self->other };
	struct ws_sleeper all = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					   .fds = fds, .count = 2);

	ASSERT_EQ(0, ws_sleeper_queue(&all, self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(1, ws_waiters(self->fd));
	/* The pulse was not kept for when the other comes. */
	ws_event_set(self->other);
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(ws_sleeper_done(&all));
	EXPECT_EQ(1, ws_event_signaled(self->other));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&all));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
	EXPECT_EQ(0, ws_event_signaled(self->other));
}

TEST_F(pulse, ev21_wait_any_and_wait_all)
{
	int fds[] = { self->other, self->fd };
	int both[] = { self->fd, ws_event(1, 1) };
	struct ws_sleeper any = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					   .fds = fds, .count = 2);
	struct ws_sleeper all = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					   .fds = both, .count = 2);

	ASSERT_LE(0, both[1]);
	ASSERT_EQ(0, ws_sleeper_queue(&any, self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(1, ws_sleeper_join(&any));
	ASSERT_EQ(0, ws_sleeper_queue(&all, self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&all));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
}

TEST_F(pulse, ev21_alert_is_pulsed)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->other,
					       .alert = self->fd);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->other, 1));
	ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
}

/* Watches an event from all sides while somebody pulses it. */
struct watch {
	int fd;
	int never;
	int stop;
	unsigned int seen;
	unsigned int released;
};

static void *watch_main(void *data)
{
	struct watch *watch = data;
	struct pollfd pollfd = { .fd = watch->fd, .events = POLLIN };

	while (!__atomic_load_n(&watch->stop, __ATOMIC_ACQUIRE)) {
		watch->seen += ws_event_signaled(watch->fd) != 0;
		watch->seen += ws_try(watch->fd) != -ETIMEDOUT;
		watch->seen += poll(&pollfd, 1, 0) != 0;
	}
	return NULL;
}

TEST_F(pulse, ev25_nobody_sees_it)
{
	struct watch watch = { .fd = self->fd };
	unsigned int i, n = ws_scale(3000);
	unsigned int seen = 0;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, watch_main, &watch));
	for (i = 0; i < n; i++)
		seen += ws_event_pulse(self->fd) != 0;
	__atomic_store_n(&watch.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, seen);
	EXPECT_EQ(0, watch.seen);
}

static void *come_and_go(void *data)
{
	struct watch *watch = data;

	while (!__atomic_load_n(&watch->stop, __ATOMIC_ACQUIRE))
		if (!ws_wait(watch->fd, ws_after(1)))
			__atomic_add_fetch(&watch->released, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Neither does it look signaled when those it releases leave. */
TEST_F(pulse, ev25_nobody_sees_it_among_waiters)
{
	struct watch watch = { .fd = self->fd };
	uint64_t limit = ws_after(WS_PATIENCE_MS);
	unsigned int i, n = ws_scale(10000);
	pthread_t threads[3];

	ASSERT_EQ(0, pthread_create(&threads[0], NULL, watch_main, &watch));
	for (i = 1; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, come_and_go,
					    &watch));
	/* However few are asked for: until there was somebody to release. */
	for (i = 0; i < n || (!__atomic_load_n(&watch.released, __ATOMIC_RELAXED) &&
			      ws_clock(CLOCK_MONOTONIC) < limit); i++)
		ws_event_pulse(self->fd);
	__atomic_store_n(&watch.stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, watch.seen);
	EXPECT_LT(0, watch.released);
}

/* Signal-and-wait without time to wait is a wait like any other. */
static void *signal_and_watch_main(void *data)
{
	struct watch *watch = data;
	int signal = ws_event(1, 0);

	while (!__atomic_load_n(&watch->stop, __ATOMIC_ACQUIRE)) {
		watch->seen += ws_signal_and_wait(signal, watch->fd, 0, -1) >= 0;
		watch->seen += ws_signal_and_wait(signal, watch->never, 0,
						  watch->fd) >= 0;
	}
	close(signal);
	return NULL;
}

TEST_F(pulse, ev25_invisible_to_signal_and_wait)
{
	struct watch watch = { .fd = self->fd, .never = self->other };
	unsigned int i, n = ws_scale(10000);
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, signal_and_watch_main, &watch));
	for (i = 0; i < n; i++)
		ws_event_pulse(self->fd);
	__atomic_store_n(&watch.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, watch.seen);
}

static void poll_once(struct ws_sleeper *sleeper)
{
	struct pollfd pollfd = { .fd = sleeper->fd, .events = POLLIN };

	*(int *)sleeper->data = poll(&pollfd, 1, 0);
}

TEST_F(pulse, ev25_invisible_to_poll_with_waiter)
{
	int polled = -1;
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd,
					       .after = poll_once,
					       .data = &polled);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, polled);
}

static void nothing(int signal)
{
	(void)signal;
}

/* EV-26, stronger: a waiter disturbed by restarting signals misses no pulse. */
TEST_F(pulse, ev26_signals_do_not_lose_it)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	unsigned int i, n = ws_scale(100);

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < n; i++) {
		struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd);
		int j;

		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
		for (j = 0; j < 3; j++)
			pthread_kill(sleeper.thread, SIGUSR1);
		/*
		 * While the handler runs nobody waits, and a pulse just then
		 * releases nobody; it is the last ones that count.
		 */
		while (!ws_sleeper_done(&sleeper)) {
			ws_event_pulse(self->fd);
			sched_yield();
		}
		ASSERT_EQ(0, ws_sleeper_join(&sleeper));
		ASSERT_EQ(0, ws_event_signaled(self->fd));
	}
}

/* A stopped and continued waiter is in the queue again. */
TEST_F(pulse, ev26_stop_and_continue)
{
	int status;
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_wait(self->fd, WINSYNC_FOREVER) == 0 ? 0 : 1);
	ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_reap(pid));
}

/* A pulse goes past a queued wait-all to those who can take it. */
TEST_F(pulse, ev24_wait_all_in_front_does_not_swallow)
{
	int fds[] = { self->fd, self->other };
	struct ws_sleeper all = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					   .fds = fds, .count = 2);
	struct ws_sleeper one = WS_SLEEPER(.fd = self->fd);

	ASSERT_EQ(0, ws_sleeper_queue(&all, self->fd, 1));
	ASSERT_EQ(0, ws_sleeper_queue(&one, self->fd, 2));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&one));
	EXPECT_EQ(1, ws_waiters(self->fd));
	ws_event_set(self->other);
	ws_event_set(self->fd);
	EXPECT_EQ(0, ws_sleeper_join(&all));
}

TEST_HARNESS_MAIN
