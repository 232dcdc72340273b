// SPDX-License-Identifier: GPL-2.0-only
/* Queued calls and routines of timers, with real timers, threads and forks. */
#include "library.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

static const struct wsync_wait_opts alertable = {
	.sz = sizeof(alertable), .flags = WSYNC_WAIT_ALERTABLE,
};

/* What was called, in order. */
static char trace[64];
static unsigned int expiries;
static int64_t last_expired;

static void add(void *arg)
{
	strncat(trace, arg, sizeof(trace) - strlen(trace) - 1);
}

static void expire(void *arg, int64_t expired_at)
{
	(void)arg;
	expiries++;
	last_expired = expired_at;
}

static int setup(void **state)
{
	(void)state;
	trace[0] = '\0';
	expiries = 0;
	last_expired = 0;
	return 0;
}

static struct wsync_thread *self(void)
{
	struct wsync_thread *thread = NULL;

	assert_ok(wsync_thread_self(&thread));
	return thread;
}

static void queue(struct wsync_thread *thread, const char *name)
{
	assert_ok(wsync_apc_queue(thread, add, (void *)(uintptr_t)name));
}

/* One alertable sleep: whether something was called. */
static bool called_within(int64_t time)
{
	struct wsync_wait_result result;

	assert_ok(wsync_sleep(time, &alertable, &result));
	return result.called;
}

/* [APC-3], [APC-4], [APC-5] */
static void calls_run_in_alertable_waits(void **state)
{
	struct wsync_thread *thread = self();
	struct wsync_wait_result result;
	int event = new_event(WSYNC_SIGNALED);

	(void)state;
	queue(thread, "a");
	queue(thread, "b");
	assert_ok(wsync_wait(event, 0, &alertable, &result));
	assert_false(result.called);
	assert_string_equal(trace, "");
	assert_ok(wsync_wait(event, WSYNC_FOREVER, &alertable, &result));
	assert_true(result.called);
	assert_int_equal(result.index, 1);
	assert_string_equal(trace, "ab");
	assert_error(wsync_wait(event, 0, &alertable, &result), ETIMEDOUT);
	wsync_thread_unref(thread);
	wsync_close(event);
}

static void *queue_to(void *arg)
{
	/* When the other one sleeps, most likely; it works in any case. */
	wsync_sleep(50 * MILLISECOND, NULL, NULL);
	return (void *)(intptr_t)wsync_apc_queue(arg, add, (void *)(uintptr_t)"x");
}

static void calls_wake_the_thread(void **state)
{
	struct wsync_thread *thread = self();
	struct wsync_wait_result result;
	int fds[2] = { new_event(0), new_event(0) };
	pthread_t other;
	void *queued;

	(void)state;
	for (int all = 0; all < 2; all++) {
		assert_ok(pthread_create(&other, NULL, queue_to, thread));
		assert_ok((all ? wsync_wait_all : wsync_wait_any)(fds, 2, LONG, &alertable,
								   &result));
		assert_true(result.called);
		assert_int_equal(result.index, 2);
		assert_ok(pthread_join(other, &queued));
		assert_null(queued);
	}
	assert_string_equal(trace, "xx");
	wsync_thread_unref(thread);
	wsync_close(fds[0]);
	wsync_close(fds[1]);
}

/* [TM-19], [TM-20] */
static void routines_run(void **state)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .routine = expire };
	int timer = new_timer(0);
	int64_t before = now_on(CLOCK_REALTIME);

	(void)state;
	assert_ok(wsync_timer_set(timer, 20 * MILLISECOND, 0, &opts, NULL));
	assert_true(called_within(LONG));
	assert_int_equal(expiries, 1);
	/* As exact as two clocks can be compared on a busy machine. */
	assert_in_range(last_expired, before + 10 * MILLISECOND, now_on(CLOCK_REALTIME));
	assert_false(called_within(50 * MILLISECOND));
	/* The timer itself is signaled, too. */
	assert_true(acquired(timer));
	wsync_close(timer);
}

/* A thread that does not keep up gets one call for all the expiries it missed. */
static void periodic_routines_run_on(void **state)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .routine = expire };
	struct wsync_timer_state timer_state;
	int timer = new_timer(0);

	(void)state;
	assert_ok(wsync_timer_set(timer, 0, 20 * MILLISECOND, &opts, NULL));
	for (unsigned int i = 1; i <= 10; i++) {
		assert_true(called_within(LONG));
		assert_true(expiries >= i);
	}
	expiries = 0;
	assert_ok(wsync_sleep(1000 * MILLISECOND, NULL, NULL));
	assert_true(called_within(0));
	/* More expire while the call runs, if it takes so long. */
	assert_in_range(expiries, 1, 5);
	assert_ok(wsync_timer_query(timer, &timer_state));
	assert_true(timer_state.expirations >= 50);
	assert_ok(wsync_timer_cancel(timer, NULL));
	assert_false(called_within(50 * MILLISECOND));
	wsync_close(timer);
}

static void setting_and_canceling_discard_the_call(void **state)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .routine = expire };
	int timer = new_timer(WSYNC_MANUAL_RESET);

	(void)state;
	assert_ok(wsync_timer_set(timer, 0, 0, &opts, NULL));
	assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_ok(wsync_timer_cancel(timer, NULL));
	assert_false(called_within(0));
	assert_ok(wsync_timer_set(timer, 0, 0, &opts, NULL));
	assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_ok(wsync_timer_set(timer, 0, 0, NULL, NULL));
	assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_false(called_within(0));
	assert_int_equal(expiries, 0);
	wsync_close(timer);
}

static void *set_timer(void *arg)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .routine = expire };

	return (void *)(intptr_t)wsync_timer_set(*(int *)arg, LONG, 0, &opts, NULL);
}

/* [TM-17] */
static void timers_with_routines_end_with_their_thread(void **state)
{
	struct wsync_timer_state timer_state;
	int timer = new_timer(0);
	pthread_t thread;
	void *error;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, set_timer, &timer));
	assert_ok(pthread_join(thread, &error));
	assert_null(error);
	assert_ok(wsync_timer_query(timer, &timer_state));
	assert_false(timer_state.set);
	assert_int_equal(timer_state.remaining, 0);
	assert_int_equal(timer_state.expirations, 0);
	wsync_close(timer);
}

static void *give_self(void *arg)
{
	return (void *)(intptr_t)wsync_thread_self(arg);
}

/* [APC-14] */
static void threads_that_ended_take_no_calls(void **state)
{
	struct wsync_thread *ended = NULL;
	pthread_t thread;
	void *error;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, give_self, &ended));
	assert_ok(pthread_join(thread, &error));
	assert_null(error);
	assert_error(wsync_apc_queue(ended, add, NULL), ESRCH);
	wsync_thread_unref(ended);
}

static void the_fd_can_be_polled(void **state)
{
	struct wsync_thread *thread = self();
	struct pollfd fd = { .events = POLLIN };
	pthread_t other;
	void *queued;

	(void)state;
	assert_ok(wsync_apc_fd(&fd.fd));
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_ok(pthread_create(&other, NULL, queue_to, thread));
	assert_int_equal(poll(&fd, 1, 60000), 1);
	assert_true(called_within(0));
	assert_string_equal(trace, "x");
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_ok(pthread_join(other, &queued));
	assert_null(queued);
	wsync_thread_unref(thread);
}

static int use_queue_in_child(void *arg)
{
	struct wsync_thread *parent = arg, *child;
	struct wsync_wait_result result;

	if (wsync_apc_queue(parent, add, (void *)(uintptr_t)"p") != -ESRCH)
		return 1;
	/* The parent's calls and timers are the parent's. */
	if (wsync_sleep(0, &alertable, &result) || result.called)
		return 2;
	if (wsync_thread_self(&child) || wsync_apc_queue(child, add, (void *)(uintptr_t)"c"))
		return 3;
	if (wsync_sleep(0, &alertable, &result) || !result.called || strcmp(trace, "c") != 0)
		return 4;
	return 0;
}

static void children_begin_anew(void **state)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .routine = expire };
	struct wsync_thread *thread = self();
	int timer = new_timer(WSYNC_MANUAL_RESET);

	(void)state;
	queue(thread, "p");
	assert_ok(wsync_timer_set(timer, 0, 0, &opts, NULL));
	assert_ok(wsync_wait(timer, LONG, NULL, NULL));
	assert_int_equal(in_child(use_queue_in_child, thread), 0);
	assert_true(called_within(0));
	assert_string_equal(trace, "p");
	assert_int_equal(expiries, 1);
	wsync_thread_unref(thread);
	wsync_close(timer);
}

/* Number 1 of a pid namespace forks number 1 of another one. */
static int nest(void *thread)
{
	struct wsync_thread *own;

	if (getpid() != 1)
		return 10;
	if (thread)
		return use_queue_in_child(thread);
	if (wsync_thread_self(&own) || wsync_apc_queue(own, add, (void *)(uintptr_t)"p") ||
	    unshare(CLONE_NEWPID))
		return 11;
	return in_child(nest, own);
}

static int enter_namespace(void *arg)
{
	return unshare(CLONE_NEWPID) ? 12 : in_child(nest, arg);
}

static void children_with_their_parents_number_begin_anew(void **state)
{
	(void)state;
	assert_int_equal(in_child(enter_namespace, NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(calls_run_in_alertable_waits),
		CASE(calls_wake_the_thread),
		CASE(routines_run),
		CASE(periodic_routines_run_on),
		CASE(setting_and_canceling_discard_the_call),
		CASE(timers_with_routines_end_with_their_thread),
		CASE(threads_that_ended_take_no_calls),
		CASE(the_fd_can_be_polled),
		CASE(children_begin_anew),
		CASE(children_with_their_parents_number_begin_anew),
	};

	return cmocka_run_group_tests_name("apc", tests, NULL, NULL);
}
