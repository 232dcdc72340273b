// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct winsync_counters: every operation counts exactly once, and one that
 * fails counts nothing.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct ws_user alice = { 1000, 1000, 0 };

/* "SIGNALS ACQUISITIONS ABANDONMENTS" of a handle's object. */
static const char *counters(int fd)
{
	static char text[80];
	struct winsync_stat stat;

	if (ws_stat(fd, &stat))
		return "no handle";
	snprintf(text, sizeof(text), "%llu %llu %llu",
		 (unsigned long long)stat.counters.signals,
		 (unsigned long long)stat.counters.acquisitions,
		 (unsigned long long)stat.counters.abandonments);
	return text;
}

#define EXPECT_COUNTERS(expected, fd)	EXPECT_STREQ(expected, counters(fd))

TEST(nothing_has_happened_to_a_new_object)
{
	int fds[] = {
		ws_event(0, 0), ws_event(1, 1), ws_mutex(0), ws_mutex(1),
		ws_semaphore(0, 1), ws_semaphore(3, 7), ws_timer(0),
		ws_private_ns(),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_COUNTERS("0 0 0", fds[i]);
}

/* --- signals ---------------------------------------------------------- */

TEST(each_set_is_a_signal)
{
	int manual;

	for (manual = 0; manual < 2; manual++) {
		int event = ws_event(manual, 0);

		EXPECT_EQ(0, ws_event_set(event));
		EXPECT_COUNTERS("1 0 0", event);
		/* Though it was set already. */
		EXPECT_EQ(1, ws_event_set(event));
		EXPECT_COUNTERS("2 0 0", event);
	}
}

TEST(reset_query_and_poll_count_nothing)
{
	int event = ws_event(1, 1);
	struct winsync_event_state state;
	struct pollfd poll_event = { .fd = event, .events = POLLIN };

	EXPECT_EQ(1, poll(&poll_event, 1, 0));
	EXPECT_EQ(0, ws_event_query(event, &state));
	EXPECT_EQ(1, ws_event_reset(event));
	EXPECT_COUNTERS("0 0 0", event);
}

TEST(pulse_that_nobody_sees_is_a_signal)
{
	int event = ws_event(1, 0);

	EXPECT_EQ(0, ws_event_pulse(event));
	EXPECT_COUNTERS("1 0 0", event);
}

TEST(pulse_is_one_signal_for_all_it_releases)
{
	struct ws_sleeper sleepers[3];
	int event = ws_event(1, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		sleepers[i] = WS_SLEEPER(.fd = event);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], event, i + 1));
	}
	EXPECT_EQ(0, ws_event_pulse(event));
	for (i = 0; i < ARRAY_SIZE(sleepers); i++)
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	EXPECT_COUNTERS("1 3 0", event);
}

TEST(a_release_of_a_semaphore_is_one_signal_whatever_its_count)
{
	int semaphore = ws_semaphore(0, 5);

	EXPECT_EQ(0, ws_semaphore_release(semaphore, 5));
	EXPECT_COUNTERS("1 0 0", semaphore);
	EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(semaphore, 1));
	EXPECT_EQ(-EINVAL, ws_semaphore_release(semaphore, 0));
	EXPECT_COUNTERS("1 0 0", semaphore);
}

TEST(the_last_release_of_a_mutex_is_a_signal)
{
	int mutex = ws_mutex(0);

	EXPECT_EQ(-EPERM, ws_mutex_release(mutex));
	EXPECT_EQ(0, ws_try(mutex));
	EXPECT_EQ(0, ws_try(mutex));
	EXPECT_EQ(0, ws_try(mutex));
	EXPECT_COUNTERS("0 3 0", mutex);
	EXPECT_EQ(3, ws_mutex_release(mutex));
	EXPECT_EQ(2, ws_mutex_release(mutex));
	EXPECT_COUNTERS("0 3 0", mutex);
	EXPECT_EQ(1, ws_mutex_release(mutex));
	EXPECT_COUNTERS("1 3 0", mutex);
	EXPECT_EQ(-EPERM, ws_mutex_release(mutex));
	EXPECT_COUNTERS("1 3 0", mutex);
}

TEST(who_creates_an_owned_mutex_has_not_waited)
{
	int mutex = ws_mutex(1);

	EXPECT_EQ(1, ws_mutex_release(mutex));
	EXPECT_COUNTERS("1 0 0", mutex);
}

TEST(an_expiry_is_a_signal)
{
	int timer = ws_timer(1);

	ASSERT_EQ(0, ws_timer_set(timer, WS_NSEC_PER_SEC / 100, 0));
	EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	EXPECT_COUNTERS("1 1 0", timer);
	/* A due time that is past is an expiry, too. */
	EXPECT_EQ(WINSYNC_TIMER_WAS_SIGNALED, ws_timer_set(timer, 0, 0));
	EXPECT_COUNTERS("2 1 0", timer);
	EXPECT_EQ(1, ws_timer_cancel(timer));
	EXPECT_COUNTERS("2 1 0", timer);
}

TEST(expiries_while_it_stays_signaled_are_none)
{
	struct winsync_timer_state state;
	int timer = ws_timer(1);

	ASSERT_EQ(0, ws_timer_set(timer, 0, WS_NSEC_PER_MSEC));
	ws_sleep_ms(30);
	ASSERT_EQ(0, ws_timer_query(timer, &state));
	EXPECT_LT(1, state.expirations);
	EXPECT_COUNTERS("1 0 0", timer);
}

TEST(each_consumed_expiry_is_a_signal)
{
	int i, timer = ws_timer(0);

	ASSERT_EQ(0, ws_timer_set(timer, 0, WS_NSEC_PER_MSEC));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	EXPECT_LE(0, ws_timer_cancel(timer));
	/* The eleventh may have come before it was canceled. */
	EXPECT_STREQ(ws_try(timer) == 0 ? "11 11 0" : "10 10 0",
		     counters(timer));
}

TEST(an_expiry_signals_the_alert)
{
	int timer = ws_timer(0), alert = ws_event(0, 0);

	ASSERT_EQ(0, ws_timer_set_full(timer, WS_NSEC_PER_MSEC, 0, 0, 0, alert));
	EXPECT_EQ(0, ws_wait(alert, ws_after(WS_PATIENCE_MS)));
	EXPECT_COUNTERS("1 1 0", alert);
	EXPECT_COUNTERS("1 0 0", timer);
}

/* --- acquisitions ----------------------------------------------------- */

TEST(acquired_at_once_or_granted_is_one_acquisition)
{
	uint32_t type;

	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_SEMAPHORE; type++) {
		int fd = ws_unsignaled(type);
		struct ws_sleeper sleeper = WS_SLEEPER(.fd = fd);
		struct winsync_stat before, after;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fd, 1));
		ASSERT_EQ(0, ws_stat(fd, &before));
		ASSERT_LE(0, ws_signal(fd, type));
		EXPECT_EQ(0, ws_sleeper_join(&sleeper));
		ASSERT_EQ(0, ws_stat(fd, &after));
		EXPECT_EQ(before.counters.signals + 1, after.counters.signals);
		EXPECT_EQ(before.counters.acquisitions + 1,
			  after.counters.acquisitions);
	}
	EXPECT_EQ(WINSYNC_TYPE_TIMER, type);
}

TEST(each_wait_of_a_manual_reset_event_is_an_acquisition)
{
	int event = ws_event(1, 1);

	EXPECT_EQ(0, ws_try(event));
	EXPECT_EQ(0, ws_wait(event, WINSYNC_FOREVER));
	EXPECT_COUNTERS("0 2 0", event);
}

static void on_signal(int number)
{
	(void)number;
}

static void interrupt(int tid)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	ws_await_asleep(tid);
	tgkill(getpid(), tid, SIGUSR1);
}

TEST(waits_that_fail_acquire_nothing)
{
	int event = ws_event(0, 0);
	int weak = ws_duplicate(event, WS_QUERY | WS_MODIFY, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = event);

	EXPECT_EQ(-ETIMEDOUT, ws_try(event));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(event, ws_after(WS_GLANCE_MS)));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	interrupt(sleeper.tid);
	EXPECT_EQ(-EINTR, ws_sleeper_join(&sleeper));
	ASSERT_EQ(0, ws_event_set(event));
	EXPECT_EQ(-EACCES, ws_try(weak));
	EXPECT_COUNTERS("1 0 0", event);
}

TEST(a_wait_for_any_acquires_one)
{
	int fds[] = { ws_event(0, 0), ws_event(0, 1), ws_event(0, 1) };
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_WAIT_ANY, .fds = fds, .count = 3);

	EXPECT_EQ(1, ws_wait_any(fds, 3, 0));
	EXPECT_COUNTERS("0 0 0", fds[0]);
	EXPECT_COUNTERS("0 1 0", fds[1]);
	EXPECT_COUNTERS("0 0 0", fds[2]);
	EXPECT_EQ(2, ws_wait_any(fds, 3, 0));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_any(fds, 3, 0));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[2], 1));
	ASSERT_EQ(0, ws_event_set(fds[0]));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_COUNTERS("1 1 0", fds[0]);
	EXPECT_COUNTERS("0 1 0", fds[1]);
	EXPECT_COUNTERS("0 1 0", fds[2]);
}

TEST(a_wait_for_all_acquires_each_once)
{
	int fds[] = { ws_event(0, 1), ws_mutex(0), ws_semaphore(1, 1) };
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_WAIT_ALL, .fds = fds, .count = 3);
	unsigned int i;

	EXPECT_EQ(0, ws_wait_all(fds, 3, 0));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_COUNTERS("0 1 0", fds[i]);
	EXPECT_EQ(1, ws_mutex_release(fds[1]));
	/* Nothing of it while one is missing. */
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 3, ws_after(WS_GLANCE_MS)));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[0], 1));
	EXPECT_EQ(0, ws_event_set(fds[0]));
	EXPECT_COUNTERS("1 1 0", fds[0]);
	EXPECT_COUNTERS("1 1 0", fds[1]);
	EXPECT_COUNTERS("0 1 0", fds[2]);
	EXPECT_EQ(0, ws_semaphore_release(fds[2], 1));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_COUNTERS("1 2 0", fds[0]);
	EXPECT_COUNTERS("1 2 1", fds[1]); /* with the thread */
	EXPECT_COUNTERS("1 2 0", fds[2]);
}

TEST(the_alert_that_ends_a_wait_is_acquired)
{
	int event = ws_event(0, 0), alert = ws_event(0, 1);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = event, .alert = alert);

	EXPECT_EQ(1 | WINSYNC_WAIT_ALERTED, ws_wait_alert(event, 0, alert));
	EXPECT_COUNTERS("0 0 0", event);
	EXPECT_COUNTERS("0 1 0", alert);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	ASSERT_EQ(0, ws_await_waiters(alert, 1));
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(1 | WINSYNC_WAIT_ALERTED, ws_sleeper_join(&sleeper));
	EXPECT_COUNTERS("0 0 0", event);
	EXPECT_COUNTERS("1 2 0", alert);
}

TEST(signal_and_wait_is_both)
{
	int event = ws_event(0, 0), semaphore = ws_semaphore(1, 1);

	EXPECT_EQ(0, ws_signal_and_wait(event, semaphore, 0, -1));
	EXPECT_COUNTERS("1 0 0", event);
	EXPECT_COUNTERS("0 1 0", semaphore);
	/* The signal stands after a timeout. */
	EXPECT_EQ(-ETIMEDOUT, ws_signal_and_wait(event, semaphore, 0, -1));
	EXPECT_COUNTERS("2 0 0", event);
	EXPECT_COUNTERS("0 1 0", semaphore);
}

TEST(signal_and_wait_that_fails_is_neither)
{
	int event = ws_event(0, 1), semaphore = ws_semaphore(1, 1);
	int mutex = ws_mutex(0);

	EXPECT_EQ(-EOVERFLOW, ws_signal_and_wait(semaphore, event, 0, -1));
	EXPECT_EQ(-EPERM, ws_signal_and_wait(mutex, event, 0, -1));
	EXPECT_COUNTERS("0 0 0", semaphore);
	EXPECT_COUNTERS("0 0 0", mutex);
	EXPECT_COUNTERS("0 0 0", event);
}

/* --- abandonments ----------------------------------------------------- */

static void *own_twice(void *fd)
{
	ws_try(*(int *)fd);
	ws_try(*(int *)fd);
	return NULL;
}

TEST(the_end_of_an_owner_is_an_abandonment_and_no_signal)
{
	int i, mutex = ws_mutex(0);
	pthread_t thread;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, own_twice, &mutex));
		pthread_join(thread, NULL);
	}
	EXPECT_COUNTERS("0 4 2", mutex);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(mutex));
	EXPECT_EQ(1, ws_mutex_release(mutex));
	EXPECT_COUNTERS("1 5 2", mutex);
}

TEST(a_killed_process_abandons_once)
{
	int mutex = ws_mutex(0), gate = ws_gate();
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = mutex);
	pid_t child = ws_fork();

	if (!child) {
		ws_try(mutex);
		ws_gate_open(gate);
		for (;;)
			pause();
	}
	ASSERT_LT(0, child);
	ASSERT_EQ(0, ws_gate_pass(gate));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, mutex, 1));
	ws_kill_and_reap(child);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleeper));
	/* The second one is that of our thread. */
	EXPECT_COUNTERS("0 2 2", mutex);
}

/* --- who is told ------------------------------------------------------ */

TEST(every_handle_tells_the_same)
{
	int event = ws_event(1, 0), other = ws_duplicate(event, 0, 0);

	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(1, ws_event_set(other));
	EXPECT_EQ(0, ws_try(other));
	EXPECT_COUNTERS("2 1 0", event);
	EXPECT_COUNTERS("2 1 0", other);
}

TEST(no_counters_without_query)
{
	int event = ws_event(1, 0);
	int weak = ws_duplicate(event, WS_MODIFY | WS_SYNC, 0);

	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(0, ws_try(event));
	EXPECT_COUNTERS("1 1 0", event);
	EXPECT_COUNTERS("0 0 0", weak);
}

struct listed {
	int ns;
	struct winsync_list_entry *entry;
};

static int look(void *data)
{
	struct listed *listed = data;

	return ws_list_find(listed->ns, "object", 0, listed->entry);
}

TEST(a_list_tells_who_may_query)
{
	struct ws_new what = { .name = "object", .mode = 0700 };
	struct listed listed = { .ns = ws_private_ns() };
	int event;

	listed.entry = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, listed.entry);
	event = ws_create(listed.ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, event);
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(1, ws_event_set(event));
	EXPECT_EQ(0, ws_try(event));
	ASSERT_EQ(1, look(&listed));
	EXPECT_EQ(2, listed.entry->counters.signals);
	EXPECT_EQ(1, listed.entry->counters.acquisitions);
	EXPECT_EQ(0, listed.entry->counters.abandonments);
	ASSERT_EQ(1, ws_as(&alice, look, &listed));
	EXPECT_EQ(0, listed.entry->counters.signals);
	EXPECT_EQ(0, listed.entry->counters.acquisitions);
	ASSERT_EQ(0, ws_set_mode(event, 0704));
	ASSERT_EQ(1, ws_as(&alice, look, &listed));
	EXPECT_EQ(2, listed.entry->counters.signals);
	EXPECT_EQ(1, listed.entry->counters.acquisitions);
}

TEST(of_a_namespace_there_is_nothing_to_count)
{
	struct winsync_list_entry entry;
	char name[64];
	int ns, event;

	ws_unique_name(name, sizeof(name), "counters");
	ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	event = ws_named(ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	ASSERT_LE(0, event);
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_COUNTERS("0 0 0", ns);
	ASSERT_EQ(1, ws_list_find(ws_device(), name, 0, &entry));
	EXPECT_EQ(0, entry.counters.signals);
	EXPECT_EQ(0, entry.counters.acquisitions);
	EXPECT_EQ(0, entry.counters.abandonments);
}

/* --- exact when many are at it ----------------------------------------- */

#define ROUNDS	2000

struct crowd {
	int semaphore;
	unsigned int rounds;
};

static void *release(void *data)
{
	const struct crowd *crowd = data;
	unsigned int i;

	for (i = 0; i < crowd->rounds; i++)
		ws_semaphore_release(crowd->semaphore, 1);
	return NULL;
}

static void *take(void *data)
{
	const struct crowd *crowd = data;
	unsigned int i;

	for (i = 0; i < crowd->rounds; i++)
		ws_wait(crowd->semaphore, WINSYNC_FOREVER);
	return NULL;
}

TEST(none_is_lost_in_a_crowd)
{
	struct crowd crowd = {
		.semaphore = ws_semaphore(0, WINSYNC_SEMAPHORE_MAX),
		.rounds = ws_scale(ROUNDS),
	};
	pthread_t threads[6];
	char expected[80];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i % 2 ? take : release, &crowd));
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	snprintf(expected, sizeof(expected), "%u %u 0", 3 * crowd.rounds,
		 3 * crowd.rounds);
	EXPECT_COUNTERS(expected, crowd.semaphore);
}

TEST_HARNESS_MAIN
