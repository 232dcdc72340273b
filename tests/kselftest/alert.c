// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alerts: the event that ends a wait when no object can be had, and that a
 * timer sets when it expires [APC-3]..[APC-7], [TM-17], [TM-19]..[TM-22].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>

#define MS(n)	((n) * WS_NSEC_PER_MSEC)

/* --- waits with an alert ------------------------------------------------ */

/* Two auto-reset events to wait for, in each form, and an alert. */
FIXTURE(alert) {
	int fds[2];
	int alert;
};

FIXTURE_VARIANT(alert) {
	unsigned long cmd;
	int manual;
	int count;		/* objects that the wait has */
};

#define FORM(name, cmd, count) \
	FIXTURE_VARIANT_ADD(alert, name) { WINSYNC_IOC_##cmd, 0, count }; \
	FIXTURE_VARIANT_ADD(alert, name##_manual) { WINSYNC_IOC_##cmd, 1, count }

FORM(single, WAIT, 1);
FORM(any, WAIT_ANY, 2);
FORM(any_of_one, WAIT_ANY, 1);
FORM(all, WAIT_ALL, 2);
FORM(all_of_one, WAIT_ALL, 1);

FIXTURE_SETUP(alert)
{
	self->fds[0] = ws_event(0, 0);
	self->fds[1] = ws_event(0, 0);
	self->alert = ws_event(variant->manual, 0);
	ASSERT_LE(0, self->alert);
}

FIXTURE_TEARDOWN(alert)
{
	close(self->fds[0]);
	close(self->fds[1]);
	close(self->alert);
}

static int wait_form(unsigned long cmd, const int *fds, int count,
		     uint64_t deadline, int alert)
{
	if (cmd == WINSYNC_IOC_WAIT)
		return ws_wait_alert(fds[0], deadline, alert);
	return ws_wait_multiple(cmd, fds, count, deadline, 0, alert);
}

#define WAIT(deadline) \
	wait_form(variant->cmd, self->fds, variant->count, deadline, self->alert)
#define ALERTED		(WINSYNC_WAIT_ALERTED | variant->count)
#define SLEEPER		WS_SLEEPER(.cmd = variant->cmd, .fd = self->fds[0], \
				   .fds = self->fds, .count = variant->count, \
				   .alert = self->alert)

TEST_F(alert, apc4_set_before_the_wait)
{
	ASSERT_EQ(0, ws_event_set(self->alert));
	EXPECT_EQ(ALERTED, WAIT(0));
	EXPECT_EQ(variant->manual, ws_event_signaled(self->alert));
	ws_event_set(self->alert);
	EXPECT_EQ(ALERTED, WAIT(WINSYNC_FOREVER));
	EXPECT_EQ(variant->manual, ws_event_signaled(self->alert));
}

TEST_F(alert, apc3_set_during_the_wait)
{
	struct ws_sleeper sleeper = SLEEPER;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->alert, 1));
	ASSERT_EQ(0, ws_event_set(self->alert));
	EXPECT_EQ(ALERTED, ws_sleeper_join(&sleeper));
	EXPECT_EQ(variant->manual, ws_event_signaled(self->alert));
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
	EXPECT_EQ(0, ws_waiters(self->alert));
}

/* APC-5: what can be acquired is, and the alert stays for the next wait. */
TEST_F(alert, apc5_object_wins)
{
	int i;

	for (i = 0; i < variant->count; i++)
		ws_event_set(self->fds[i]);
	ws_event_set(self->alert);
	EXPECT_EQ(0, WAIT(0));
	EXPECT_EQ(1, ws_event_signaled(self->alert));
	EXPECT_EQ(0, ws_event_signaled(self->fds[0]));
	for (i = 0; i < variant->count; i++)
		ws_event_set(self->fds[i]);
	EXPECT_EQ(0, WAIT(WINSYNC_FOREVER));
	EXPECT_EQ(1, ws_event_signaled(self->alert));
}

TEST_F(alert, object_while_asleep)
{
	struct ws_sleeper sleeper = SLEEPER;
	int i;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->alert, 1));
	for (i = 0; i < variant->count; i++)
		ws_event_set(self->fds[i]);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_waiters(self->alert));
	/* It comes too late to be taken. */
	ws_event_set(self->alert);
	EXPECT_EQ(1, ws_event_signaled(self->alert));
}

TEST_F(alert, no_spurious_alert)
{
	uint64_t deadline = ws_after(WS_GLANCE_MS);

	/* Set and taken back before the wait. */
	ws_event_set(self->alert);
	ws_event_reset(self->alert);
	EXPECT_EQ(-ETIMEDOUT, WAIT(0));
	EXPECT_EQ(-ETIMEDOUT, WAIT(deadline));
	EXPECT_LE(deadline, ws_clock(CLOCK_MONOTONIC));
	EXPECT_EQ(0, ws_waiters(self->alert));
}

TEST_F(alert, pulse_alerts_who_waits)
{
	struct ws_sleeper sleeper = SLEEPER;

	ASSERT_EQ(0, ws_event_pulse(self->alert));
	EXPECT_EQ(-ETIMEDOUT, WAIT(0));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->alert, 1));
	ASSERT_EQ(0, ws_event_pulse(self->alert));
	EXPECT_EQ(ALERTED, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(self->alert));
}

TEST_F(alert, one_or_all_are_alerted)
{
	enum { SLEEPERS = 3 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = SLEEPER;
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->alert, i + 1));
	}
	for (i = 0; i < SLEEPERS; i++) {
		if (!i || !variant->manual) {
			ASSERT_EQ(0, ws_event_set(self->alert));
		}
		EXPECT_EQ(ALERTED, ws_sleeper_join(&sleepers[i]));
		EXPECT_EQ(variant->manual ? 0 : SLEEPERS - 1 - i,
			  ws_waiters(self->alert));
	}
}

TEST_F(alert, is_shown_as_alert)
{
	struct ws_sleeper sleeper = SLEEPER;
	struct winsync_waiter waiter = { };
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)&waiter, .count = 1,
	};

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->alert, 1));
	ASSERT_EQ(0, ws_ioctl(self->alert, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(1, args.count);
	EXPECT_EQ(sleeper.tid, (pid_t)waiter.tid);
	EXPECT_EQ(WINSYNC_WAITER_ALERT, waiter.flags);
	EXPECT_EQ(variant->count, waiter.count);
	ws_event_set(self->alert);
	EXPECT_EQ(ALERTED, ws_sleeper_join(&sleeper));
}

TEST_F(alert, bad_alert)
{
	int plain = ws_gate(), mutex = ws_mutex(0), semaphore = ws_semaphore(1, 1);
	int timer = ws_timer(0), closed = dup(0);
	int narrow = ws_duplicate(self->alert, WS_QUERY | WS_MODIFY, 0);

	ASSERT_LE(0, narrow);
	close(closed);
	ws_event_set(self->alert);
	ws_event_set(self->fds[0]);
	ws_event_set(self->fds[1]);
#define WITH(fd) wait_form(variant->cmd, self->fds, variant->count, 0, fd)
	EXPECT_EQ(-EBADF, WITH(closed));
	EXPECT_EQ(-EBADF, WITH(-2));
	EXPECT_EQ(-EBADFD, WITH(plain));
	EXPECT_EQ(-EBADFD, WITH(ws_device()));
	EXPECT_EQ(-EBADFD, WITH(mutex));
	EXPECT_EQ(-EBADFD, WITH(semaphore));
	EXPECT_EQ(-EBADFD, WITH(timer));
	EXPECT_EQ(-EACCES, WITH(narrow));
	/* Nothing was taken, though all could have been. */
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
	EXPECT_EQ(1, ws_event_signaled(self->alert));
	EXPECT_EQ(1, ws_semaphore_count(semaphore));
	EXPECT_EQ(0, ws_mutex_depth(mutex));
}

/* Exactly one of the two is used up, whichever comes first. */
struct setter {
	int fd;
	int awake;
	int go;
};

static void *set_at_start(void *data)
{
	struct setter *setter = data;

	__atomic_store_n(&setter->awake, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&setter->go, __ATOMIC_ACQUIRE))
		;
	ws_event_set(setter->fd);
	return NULL;
}

TEST_F(alert, object_and_alert_at_once)
{
	unsigned int i, rounds = ws_scale(60), alerted = 0;
	volatile unsigned int delay;

	if (variant->count == 2 && variant->cmd == WINSYNC_IOC_WAIT_ALL)
		ws_event_set(self->fds[1]);
	for (i = 0; i < rounds; i++) {
		struct ws_sleeper sleeper = SLEEPER;
		struct setter setter = { .fd = self->alert };
		pthread_t thread;
		int result;

		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->alert, 1));
		ASSERT_EQ(0, pthread_create(&thread, NULL, set_at_start, &setter));
		while (!__atomic_load_n(&setter.awake, __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(&setter.go, 1, __ATOMIC_RELEASE);
		for (delay = i % 60 * 100; delay; delay = delay - 1)
			;
		ws_event_set(self->fds[0]);
		pthread_join(thread, NULL);
		result = ws_sleeper_join(&sleeper);
		if (result == 0) {
			ASSERT_EQ(0, ws_event_signaled(self->fds[0]));
			ASSERT_EQ(1, ws_event_signaled(self->alert));
			if (variant->count == 2 &&
			    variant->cmd == WINSYNC_IOC_WAIT_ALL)
				ws_event_set(self->fds[1]);
		} else {
			ASSERT_EQ(ALERTED, result);
			ASSERT_EQ(1, ws_event_signaled(self->fds[0]));
			ASSERT_EQ(variant->manual, ws_event_signaled(self->alert));
			alerted++;
		}
		ws_event_reset(self->fds[0]);
		ws_event_reset(self->alert);
	}
	TH_LOG("alerted: %u of %u", alerted, rounds);
}

/* APC-6: an alert acquires nothing, not even what could be had in part. */
TEST(apc6_nothing_is_acquired)
{
	int fds[] = { ws_event(0, 0), ws_event(0, 1) }, alert = ws_event(0, 1);

	ASSERT_LE(0, alert);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 2,
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, 2, 0, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(fds[1]));
	EXPECT_EQ(-ETIMEDOUT,
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, 2, 0, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(fds[1]));
}

/* The index tells the alert from 64 objects. */
TEST(index_is_the_count)
{
	int fds[64], alert = ws_event(0, 1), i;

	for (i = 0; i < 64; i++)
		fds[i] = ws_event(0, 0);
	ASSERT_LE(0, fds[63]);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 64,
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, 64, 0, 0, alert));
	ws_event_set(alert);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 64,
		  ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, 64, 0, 0, alert));
	ws_event_set(alert);
	ws_event_set(fds[63]);
	EXPECT_EQ(63, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, 64, 0, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(alert));
}

/* The object itself as the alert: it is acquired as an object. */
TEST(object_is_its_own_alert)
{
	int fd = ws_event(0, 1), other = ws_event(0, 0);
	int fds[] = { other, fd };
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = fd, .alert = fd);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, ws_wait_alert(fd, 0, fd));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_alert(fd, 0, fd));
	ws_event_set(fd);
	EXPECT_EQ(1, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, 2, 0, 0, fd));
	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	ws_event_set(fd);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(fd));
}

TEST(recursion_beats_the_alert)
{
	int mutex = ws_mutex(1), alert = ws_event(0, 1);

	ASSERT_LE(0, mutex);
	EXPECT_EQ(0, ws_wait_alert(mutex, WINSYNC_FOREVER, alert));
	EXPECT_EQ(2, ws_mutex_depth(mutex));
	EXPECT_EQ(1, ws_event_signaled(alert));
}

/* --- timers with an alert ------------------------------------------------ */

FIXTURE(timer) {
	int fd;
	int alert;
};

FIXTURE_VARIANT(timer) {
	int manual;
};

FIXTURE_VARIANT_ADD(timer, synchronization) { 0 };
FIXTURE_VARIANT_ADD(timer, manual) { 1 };

FIXTURE_SETUP(timer)
{
	self->fd = ws_timer(variant->manual);
	self->alert = ws_event(0, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->alert);
}

FIXTURE_TEARDOWN(timer)
{
	close(self->fd);
	close(self->alert);
}

static int set_with_alert(int fd, uint64_t due, uint64_t period, int alert)
{
	return ws_timer_set_full(fd, due, period, 0, WINSYNC_CLOCK_MONOTONIC, alert);
}

TEST_F(timer, tm19_expiry_alerts)
{
	struct winsync_timer_state state;
	int nothing = ws_event(0, 0);

	ASSERT_EQ(0, set_with_alert(self->fd, MS(10), 0, self->alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.alerts_caller);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1,
		  ws_wait_alert(nothing, ws_after(WS_PATIENCE_MS), self->alert));
	/* First the state, then the alert. */
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.signaled);
	EXPECT_EQ(1, state.expirations);
	EXPECT_EQ(1, state.alerts_caller);
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, ws_event_signaled(self->alert));
}

TEST_F(timer, tm19_due_already)
{
	ASSERT_EQ(0, set_with_alert(self->fd, 0, 0, self->alert));
	EXPECT_EQ(1, ws_event_signaled(self->alert));
	EXPECT_EQ(0, ws_try(self->fd));
}

/* TM-22: who waits for the timer itself gets the timer. */
TEST_F(timer, tm22_timer_wins)
{
	ASSERT_EQ(0, set_with_alert(self->fd, MS(20), 0, self->alert));
	EXPECT_EQ(0, ws_wait_alert(self->fd, ws_after(WS_PATIENCE_MS), self->alert));
	EXPECT_EQ(0, ws_wait(self->alert, ws_after(WS_PATIENCE_MS)));
}

TEST_F(timer, tm19_one_outstanding)
{
	struct winsync_timer_state state;
	unsigned int tries = 0;
	uint64_t begin, passed;

	/* Who is so late that a second expiry came takes both alerts as one. */
	do {
		begin = ws_clock(CLOCK_MONOTONIC);
		ASSERT_LE(0, set_with_alert(self->fd, MS(2), MS(20), self->alert));
		ASSERT_EQ(0, ws_wait(self->alert, ws_after(WS_PATIENCE_MS)));
	} while (ws_clock(CLOCK_MONOTONIC) >= begin + MS(2 + 20) && ++tries < 100);
	ASSERT_GT(100, tries);
	/* More expiries pass, of which the first alerts, and no other. */
	ws_sleep_ms(600);
	EXPECT_EQ(0, ws_try(self->alert));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->alert, ws_after(20)));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LE(20, state.expirations);
	EXPECT_EQ(1, state.alerts_caller);
	EXPECT_EQ(1, state.set);
	passed = state.expirations;
	/* With the query it goes on, from its period. */
	ASSERT_EQ(0, ws_wait(self->alert, ws_after(WS_PATIENCE_MS)));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LT(passed, state.expirations);
	EXPECT_EQ(0, ws_timer_cancel(self->fd) & ~1);
}

TEST_F(timer, tm19_alert_that_is_still_set)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, set_with_alert(self->fd, MS(2), MS(2), self->alert));
	ws_sleep_ms(60);
	/* Many expiries, one alert. */
	EXPECT_EQ(0, ws_try(self->alert));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_LE(20, state.expirations);
	EXPECT_EQ(0, ws_wait(self->alert, ws_after(WS_PATIENCE_MS)));
}

static void *set_in_thread(void *data)
{
	int *words = data;	/* timer, alert, result */

	words[2] = set_with_alert(words[0], MS(50), MS(50), words[1]);
	return NULL;
}

static int run_setter(int timer, int alert)
{
	int words[] = { timer, alert, -1 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, set_in_thread, words))
		return -EAGAIN;
	pthread_join(thread, NULL);
	return words[2];
}

static bool knows_threads(void)
{
	struct winsync_info info;

	return ws_info(&info) == 0 && info.features & WINSYNC_FEATURE_THREAD_EXIT;
}

TEST_F(timer, tm17_thread_exit_cancels)
{
	struct winsync_timer_state state;

	if (!knows_threads())
		SKIP(return, "a thread's end is not noticed");
	ASSERT_EQ(0, run_setter(self->fd, self->alert));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(0, state.expirations);
	EXPECT_EQ(0, state.alerts_caller);
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(120)));
	EXPECT_EQ(0, ws_event_signaled(self->alert));
}

TEST_F(timer, tm17_without_alert_thread_exit_has_no_effect)
{
	ASSERT_EQ(0, run_setter(self->fd, -1));
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
}

TEST_F(timer, tm17_process_exit_cancels)
{
	struct winsync_timer_state state;
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(set_with_alert(self->fd, MS(50), 0, self->alert));
	ASSERT_EQ(0, ws_reap(pid));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->fd, ws_after(120)));
}

/* The signaled state survives the thread [TM-17]. */
static void *set_due_in_thread(void *data)
{
	int *words = data;

	words[2] = set_with_alert(words[0], 0, 0, words[1]);
	return NULL;
}

TEST_F(timer, tm17_state_is_unchanged)
{
	int words[] = { self->fd, self->alert, -1 };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, set_due_in_thread, words));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, words[2]);
	EXPECT_EQ(0, ws_try(self->fd));
}

/* Whose alert it is: the thread's that set it last, until somebody cancels. */
static void *query_in_thread(void *data)
{
	struct winsync_timer_state state;
	int *words = data;

	words[1] = ws_timer_query(words[0], &state) ? -1 : (int)state.alerts_caller;
	return NULL;
}

static int alerts_other_thread(int fd)
{
	int words[] = { fd, -1 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, query_in_thread, words))
		return -1;
	pthread_join(thread, NULL);
	return words[1];
}

static int alerts_caller(int fd)
{
	struct winsync_timer_state state;

	return ws_timer_query(fd, &state) ? -1 : (int)state.alerts_caller;
}

static void *cancel_in_thread(void *data)
{
	ws_timer_cancel(*(int *)data);
	return NULL;
}

TEST_F(timer, tm21_alerts_caller)
{
	pthread_t thread;

	EXPECT_EQ(0, alerts_caller(self->fd));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), 0));
	EXPECT_EQ(0, alerts_caller(self->fd));
	ASSERT_EQ(0, set_with_alert(self->fd, MS(100000), 0, self->alert));
	EXPECT_EQ(1, alerts_caller(self->fd));
	EXPECT_EQ(0, alerts_other_thread(self->fd));
	/* A cancel by anybody ends it. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, cancel_in_thread, &self->fd));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, alerts_caller(self->fd));
	/* So does setting it without an alert. */
	ASSERT_EQ(0, set_with_alert(self->fd, MS(100000), 0, self->alert));
	EXPECT_EQ(1, alerts_caller(self->fd));
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), 0));
	EXPECT_EQ(0, alerts_caller(self->fd));
	/* And it stays after the expiry. */
	ASSERT_EQ(0, set_with_alert(self->fd, 0, 0, self->alert));
	EXPECT_EQ(1, alerts_caller(self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(1, alerts_caller(self->fd));
	EXPECT_LE(0, ws_timer_cancel(self->fd));
	EXPECT_EQ(0, alerts_caller(self->fd));
}

TEST_F(timer, canceled_does_not_alert)
{
	ASSERT_EQ(0, set_with_alert(self->fd, MS(300), MS(300), self->alert));
	EXPECT_EQ(0, ws_timer_cancel(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->alert, ws_after(400)));
}

/* Another alert takes the place of the first. */
TEST_F(timer, set_again_with_another_alert)
{
	int other = ws_event(0, 0);

	ASSERT_EQ(0, set_with_alert(self->fd, MS(20), 0, self->alert));
	ASSERT_EQ(0, set_with_alert(self->fd, MS(20), 0, other));
	EXPECT_EQ(0, ws_wait(other, ws_after(WS_PATIENCE_MS)));
	EXPECT_EQ(0, ws_event_signaled(self->alert));
}

TEST_F(timer, bad_alert_changes_nothing)
{
	struct winsync_timer_state state;
	int plain = ws_gate(), mutex = ws_mutex(0), closed = dup(0);
	int narrow = ws_duplicate(self->alert, WS_QUERY | WS_SYNC, 0);

	close(closed);
	ASSERT_LE(0, narrow);
	ASSERT_EQ(0, ws_timer_set(self->fd, MS(100000), MS(7)));
	EXPECT_EQ(-EBADF, set_with_alert(self->fd, 0, 0, closed));
	EXPECT_EQ(-EBADF, set_with_alert(self->fd, 0, 0, -2));
	EXPECT_EQ(-EBADFD, set_with_alert(self->fd, 0, 0, plain));
	EXPECT_EQ(-EBADFD, set_with_alert(self->fd, 0, 0, mutex));
	EXPECT_EQ(-EBADFD, set_with_alert(self->fd, 0, 0, self->fd));
	EXPECT_EQ(-EACCES, set_with_alert(self->fd, 0, 0, narrow));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.set);
	EXPECT_EQ(MS(7), state.period);
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(0, state.alerts_caller);
}

/* TM-15, TM-18: the alert's last fd may go before, and so may the timer's. */
TEST_F(timer, alert_is_closed)
{
	int alert = ws_event(0, 0);

	ASSERT_EQ(0, set_with_alert(self->fd, MS(20), 0, alert));
	close(alert);
	EXPECT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
}

TEST_F(timer, tm18_timer_is_closed)
{
	int timer = ws_timer(variant->manual);

	ASSERT_EQ(0, set_with_alert(timer, MS(20), MS(20), self->alert));
	close(timer);
	EXPECT_EQ(-ETIMEDOUT, ws_wait(self->alert, ws_after(60)));
}

/* Several timers, one alert: who is alerted asks each [APC-16]. */
TEST(timers_share_an_alert)
{
	enum { TIMERS = 20 };
	int timers[TIMERS], alert = ws_event(0, 0), nothing = ws_event(0, 0);
	int left = TIMERS, i;

	for (i = 0; i < TIMERS; i++) {
		timers[i] = ws_timer(0);
		ASSERT_LE(0, timers[i]);
		ASSERT_EQ(0, set_with_alert(timers[i], MS(5 * (i + 1)), 0, alert));
	}
	while (left) {
		ASSERT_EQ(WINSYNC_WAIT_ALERTED | 1,
			  ws_wait_alert(nothing, ws_after(WS_PATIENCE_MS), alert));
		for (i = 0; i < TIMERS; i++)
			if (ws_try(timers[i]) == 0)
				left--;
	}
	EXPECT_EQ(-ETIMEDOUT, ws_try(nothing));
}

TEST_HARNESS_MAIN
