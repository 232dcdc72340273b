// SPDX-License-Identifier: GPL-2.0-only
/* Queued calls and completion routines, over the little module of sim.h. */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "fake.h"
#include "sim.h"

static const struct wsync_wait_opts alertable = {
	.sz = sizeof(alertable), .flags = WSYNC_WAIT_ALERTABLE,
};

/* What was called, in order. */
static char trace[64];

static void add(void *arg)
{
	strncat(trace, arg, sizeof(trace) - strlen(trace) - 1);
}

static int64_t last_expired;

static void add_timer(void *arg, int64_t expired)
{
	last_expired = expired;
	add(arg);
}

static int setup(void **state)
{
	(void)state;
	trace[0] = '\0';
	last_expired = 0;
	return 0;
}

static struct wsync_thread *self(void)
{
	struct wsync_thread *thread = NULL;

	assert_int_equal(wsync_thread_self(&thread), 0);
	return thread;
}

static void queue(struct wsync_thread *thread, const char *name)
{
	assert_int_equal(wsync_apc_queue(thread, add, (void *)(uintptr_t)name), 0);
}

static int new_event(uint32_t flags)
{
	int fd = -1;

	assert_int_equal(wsync_event_create(NULL, NULL, flags, NULL, &fd, NULL), 0);
	return fd;
}

static int new_timer(void)
{
	int fd = -1;

	assert_int_equal(wsync_timer_create(NULL, NULL, 0, NULL, &fd, NULL), 0);
	return fd;
}

static int set_routine(int timer, int64_t period, const char *name)
{
	struct wsync_timer_opts opts = {
		.sz = sizeof(opts), .routine = add_timer, .arg = (void *)(uintptr_t)name,
	};

	return wsync_timer_set(timer, 0, period, &opts, NULL);
}

/* Lets the thread look: whether something was called. */
static bool look(void)
{
	struct wsync_wait_result result;

	assert_int_equal(wsync_sleep(0, &alertable, &result), 0);
	assert_false(result.alerted);
	assert_false(result.abandoned);
	assert_int_equal(result.index, 0);
	return result.called;
}

static int64_t realtime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* [APC-1], [APC-2], [APC-11] */
static void runs_only_in_alertable_waits(void **state)
{
	struct wsync_thread *thread = self();
	int event = new_event(WSYNC_SIGNALED | WSYNC_MANUAL_RESET);

	(void)state;
	assert_false(look());
	queue(thread, "a");
	assert_string_equal(trace, "");
	assert_int_equal(wsync_sleep(0, NULL, NULL), 0);
	assert_int_equal(wsync_wait(event, 0, NULL, NULL), 0);
	assert_string_equal(trace, "");
	assert_true(look());
	assert_string_equal(trace, "a");
	assert_false(look());
	wsync_close(event);
	wsync_thread_unref(thread);
}

/* [APC-3] */
static void runs_all_in_order(void **state)
{
	struct wsync_thread *thread = self();

	(void)state;
	queue(thread, "a");
	queue(thread, "b");
	queue(thread, "c");
	assert_true(look());
	assert_string_equal(trace, "abc");
	assert_false(look());
	wsync_thread_unref(thread);
}

/* [APC-4], [APC-5], [APC-6] */
static void objects_come_first(void **state)
{
	struct wsync_thread *thread = self();
	struct wsync_wait_result result;
	int event = new_event(WSYNC_SIGNALED);

	(void)state;
	queue(thread, "a");
	assert_int_equal(wsync_wait(event, 0, &alertable, &result), 0);
	assert_false(result.called);
	assert_string_equal(trace, "");
	assert_int_equal(wsync_wait(event, 0, &alertable, &result), 0);
	assert_true(result.called);
	assert_int_equal(result.index, 1);
	assert_string_equal(trace, "a");
	assert_error(wsync_wait(event, 0, &alertable, &result), ETIMEDOUT);
	wsync_close(event);
	wsync_thread_unref(thread);
}

static void queue_more(void *arg)
{
	add((void *)(uintptr_t)"(");
	queue(arg, "more");
	add((void *)(uintptr_t)")");
}

/* [APC-8] */
static void calls_queued_by_calls_run_too(void **state)
{
	struct wsync_thread *thread = self();

	(void)state;
	assert_int_equal(wsync_apc_queue(thread, queue_more, thread), 0);
	assert_true(look());
	assert_string_equal(trace, "()more");
	assert_false(look());
	wsync_thread_unref(thread);
}

static void wait_inside(void *arg)
{
	add((void *)(uintptr_t)"(");
	add((void *)(uintptr_t)(look() ? "+" : "-"));
	add((void *)(uintptr_t)")");
	(void)arg;
}

/* [APC-9]: the rest of the queue is the inner wait's, though the event was reset. */
static void waits_inside_calls_nest(void **state)
{
	struct wsync_thread *thread = self();
	int timer = new_timer();

	(void)state;
	assert_int_equal(wsync_apc_queue(thread, wait_inside, NULL), 0);
	queue(thread, "b");
	assert_true(look());
	assert_string_equal(trace, "(b+)");
	assert_int_equal(wsync_apc_queue(thread, wait_inside, NULL), 0);
	trace[0] = '\0';
	assert_true(look());
	assert_string_equal(trace, "(-)");
	/* A timer that expired is found there, too. */
	assert_int_equal(set_routine(timer, 0, "t"), 0);
	assert_int_equal(wsync_apc_queue(thread, wait_inside, NULL), 0);
	sim_expire(timer, 1, realtime());
	trace[0] = '\0';
	assert_true(look());
	assert_string_equal(trace, "(t+)");
	wsync_close(timer);
	wsync_thread_unref(thread);
}

struct sleeper {
	pthread_t thread;
	int event, other;
	struct wsync_thread *self;
	struct wsync_wait_result result;
	int error;
};

static void *wait_alertably(void *arg)
{
	struct sleeper *sleeper = arg;
	const int fds[] = { sleeper->event, sleeper->other };

	sleeper->error = wsync_wait_any(fds, 2, WSYNC_FOREVER, &alertable, &sleeper->result);
	return NULL;
}

static pthread_barrier_t ready;

static void *wait_after_telling(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->self = self();
	pthread_barrier_wait(&ready);
	return wait_alertably(arg);
}

static void start(struct sleeper *sleeper)
{
	sleeper->event = new_event(0);
	sleeper->other = new_event(0);
	pthread_barrier_init(&ready, NULL, 2);
	pthread_create(&sleeper->thread, NULL, wait_after_telling, sleeper);
	pthread_barrier_wait(&ready);
	sim_await_sleepers(1);
}

static void finish(struct sleeper *sleeper)
{
	pthread_join(sleeper->thread, NULL);
	pthread_barrier_destroy(&ready);
	wsync_close(sleeper->event);
	wsync_close(sleeper->other);
	wsync_thread_unref(sleeper->self);
}

static void other_threads_wake(void **state)
{
	struct sleeper sleeper;

	(void)state;
	start(&sleeper);
	queue(sleeper.self, "a");
	pthread_join(sleeper.thread, NULL);
	assert_int_equal(sleeper.error, 0);
	assert_true(sleeper.result.called);
	assert_int_equal(sleeper.result.index, 2);
	assert_string_equal(trace, "a");
	pthread_create(&sleeper.thread, NULL, wait_alertably, &sleeper);
	wsync_event_set(sleeper.other, NULL);
	pthread_join(sleeper.thread, NULL);
	assert_false(sleeper.result.called);
	assert_int_equal(sleeper.result.index, 1);
	pthread_create(&sleeper.thread, NULL, wait_alertably, &sleeper);
	wsync_event_set(sleeper.event, NULL);
	finish(&sleeper);
}

/* [APC-13], [APC-14] */
static void the_end_of_a_thread_discards_its_queue(void **state)
{
	struct sleeper sleeper;
	unsigned int before = sim_open_objects();

	(void)state;
	start(&sleeper);
	assert_int_equal(sim_open_objects(), before + 3);
	wsync_event_set(sleeper.event, NULL);
	pthread_join(sleeper.thread, NULL);
	assert_int_equal(sim_open_objects(), before + 2);
	assert_error(wsync_apc_queue(sleeper.self, add, NULL), ESRCH);
	wsync_close(sleeper.event);
	wsync_close(sleeper.other);
	wsync_thread_unref(sleeper.self);
	pthread_barrier_destroy(&ready);
	assert_string_equal(trace, "");
	assert_int_equal(sim_open_objects(), before);
}

static void *leave_a_queue(void *arg)
{
	struct wsync_thread *thread = self();
	int timer = new_timer();

	queue(thread, "x");
	queue(thread, "y");
	assert_int_equal(set_routine(timer, 0, "t"), 0);
	wsync_close(timer);
	wsync_thread_unref(thread);
	return arg;
}

static void a_queue_that_nobody_runs_is_freed(void **state)
{
	unsigned int before = sim_open_objects();
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, leave_a_queue, NULL);
	pthread_join(thread, NULL);
	assert_string_equal(trace, "");
	assert_int_equal(sim_open_objects(), before);
}

/* A fork has an event and an empty queue of its own, and cannot reach its parent. */
static void forks_begin_anew(void **state)
{
	struct wsync_thread *thread = self();
	int fd = -1, status;
	pid_t pid;

	(void)state;
	queue(thread, "parent");
	assert_int_equal(wsync_apc_fd(&fd), 0);
	pid = fork();
	if (pid == 0) {
		bool ok = wsync_apc_queue(thread, add, NULL) == -ESRCH && !look() &&
			  trace[0] == '\0';
		struct wsync_thread *child = self();

		queue(child, "child");
		ok = ok && look() && strcmp(trace, "child") == 0;
		wsync_thread_unref(thread);
		wsync_thread_unref(child);
		leave(ok);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(look());
	assert_string_equal(trace, "parent");
	wsync_thread_unref(thread);
}

/* Nor does the record of its parent stay, when nobody else knows of it. */
static void forks_free_their_parents_record(void **state)
{
	struct wsync_thread *thread = self();
	int status;
	pid_t pid;

	(void)state;
	queue(thread, "parent");
	wsync_thread_unref(thread);
	pid = fork();
	if (pid == 0) {
		thread = self();
		leave(!look() && trace[0] == '\0');
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(look());
	assert_string_equal(trace, "parent");
}

static void fork_and_queue(void *arg)
{
	pid_t *child = arg;

	*child = fork();
	if (*child == 0) {
		struct wsync_thread *thread = self();

		/* This leaves the record of the parent, in which this call runs. */
		queue(thread, "child");
		wsync_thread_unref(thread);
	}
}

/* The call comes to its end in the child too, as another thread's. */
static void calls_may_fork(void **state)
{
	struct wsync_thread *thread = self();
	pid_t child = -1;
	int status;

	(void)state;
	assert_int_equal(wsync_apc_queue(thread, fork_and_queue, &child), 0);
	queue(thread, "parent");
	wsync_thread_unref(thread);
	assert_true(look());
	if (child == 0)
		leave(strcmp(trace, "child") == 0 && !look());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(trace, "parent");
}

/* [TM-19], [TM-20] */
static void routines_of_timers_run(void **state)
{
	int timer = new_timer();

	(void)state;
	assert_int_equal(set_routine(timer, 0, "t"), 0);
	assert_false(look());
	sim_expire(timer, 1, 12345);
	assert_string_equal(trace, "");
	assert_true(look());
	assert_string_equal(trace, "t");
	assert_int_equal(last_expired, 12345);
	assert_false(look());
	wsync_close(timer);
}

static void at_most_one_call_is_outstanding(void **state)
{
	int timer = new_timer();

	(void)state;
	assert_int_equal(set_routine(timer, 100, "t"), 0);
	sim_expire(timer, 3, 5000);
	assert_true(look());
	assert_string_equal(trace, "t");
	/* The first of the three queued it. */
	assert_int_equal(last_expired, 4800);
	assert_false(look());
	sim_expire(timer, 1, 5100);
	assert_true(look());
	assert_string_equal(trace, "tt");
	assert_int_equal(last_expired, 5100);
	wsync_close(timer);
}

/* [APC-16] */
static void timers_join_the_queue_by_time(void **state)
{
	struct wsync_thread *thread = self();
	int first = new_timer(), second = new_timer();
	int64_t before = realtime();

	(void)state;
	assert_int_equal(set_routine(first, 0, "1"), 0);
	assert_int_equal(set_routine(second, 0, "2"), 0);
	queue(thread, "a");
	queue(thread, "b");
	sim_expire(second, 1, before - 1);
	sim_expire(first, 1, realtime() + 1000000000);
	queue(thread, "c");
	assert_true(look());
	assert_string_equal(trace, "2abc1");
	wsync_close(first);
	wsync_close(second);
	wsync_thread_unref(thread);
}

static void *cancel_timer(void *arg)
{
	assert_int_equal(wsync_timer_cancel(*(int *)arg, NULL), 0);
	return NULL;
}

static void *set_again(void *arg)
{
	assert_int_equal(wsync_timer_set(*(int *)arg, 0, 0, NULL, NULL), 0);
	sim_expire(*(int *)arg, 5, 1);
	return NULL;
}

static void in_another_thread(void *(*function)(void *), int *timer)
{
	pthread_t thread;

	pthread_create(&thread, NULL, function, timer);
	pthread_join(thread, NULL);
}

/* [TM-21] */
static void setting_and_canceling_discard_the_call(void **state)
{
	struct wsync_timer_opts opts = { .sz = sizeof(opts), .flags = WSYNC_TIMER_ALERT };
	int timer = new_timer();

	(void)state;
	opts.alert = new_event(0);
	for (int way = 0; way < 5; way++) {
		assert_int_equal(set_routine(timer, 0, "t"), 0);
		sim_expire(timer, 1, 1);
		switch (way) {
		case 0:
			assert_int_equal(wsync_timer_cancel(timer, NULL), 0);
			break;
		case 1:
			assert_int_equal(wsync_timer_set(timer, 0, 0, NULL, NULL), 0);
			break;
		case 2:
			assert_int_equal(wsync_timer_set(timer, 0, 0, &opts, NULL), 0);
			sim_expire(timer, 1, 1);
			break;
		case 3:
			in_another_thread(cancel_timer, &timer);
			break;
		case 4:
			in_another_thread(set_again, &timer);
			break;
		}
		assert_false(look());
		assert_string_equal(trace, "");
	}
	/* With another routine: that one. */
	assert_int_equal(set_routine(timer, 0, "old"), 0);
	sim_expire(timer, 1, 1);
	assert_int_equal(set_routine(timer, 0, "new"), 0);
	assert_false(look());
	sim_expire(timer, 1, 1);
	assert_true(look());
	assert_string_equal(trace, "new");
	wsync_close(opts.alert);
	wsync_close(timer);
}

/* Nothing changes on error: the old routine stays. */
static void a_set_that_fails_changes_nothing(void **state)
{
	int timer = new_timer();

	(void)state;
	assert_int_equal(set_routine(timer, 0, "old"), 0);
	sim_fail(WINSYNC_IOC_TIMER_SET, EINVAL);
	assert_error(set_routine(timer, 0, "new"), EINVAL);
	sim_fail(WINSYNC_IOC_STAT, EBADFD);
	assert_error(set_routine(timer, 0, "new"), EBADFD);
	fake_failing_allocation = 1;
	assert_error(set_routine(timer, 0, "new"), ENOMEM);
	assert_error(set_routine(-1, 0, "new"), EBADF);
	sim_expire(timer, 1, 1);
	assert_true(look());
	assert_string_equal(trace, "old");
	wsync_close(timer);
}

static void only_timers_have_routines(void **state)
{
	int event = new_event(0);

	(void)state;
	assert_error(set_routine(event, 0, "t"), EBADFD);
	wsync_close(event);
}

/* The number may be another timer's, by then. */
static void closing_the_fd_discards_the_call(void **state)
{
	int timer = new_timer(), next;

	(void)state;
	assert_int_equal(set_routine(timer, 0, "old"), 0);
	sim_expire(timer, 1, 1);
	wsync_close(timer);
	assert_false(look());
	timer = new_timer();
	assert_int_equal(set_routine(timer, 0, "old"), 0);
	sim_expire(timer, 1, 1);
	wsync_close(timer);
	next = new_timer();
	assert_int_equal(next, timer);
	assert_int_equal(set_routine(next, 0, "new"), 0);
	assert_false(look());
	sim_expire(next, 1, 1);
	assert_true(look());
	assert_string_equal(trace, "new");
	wsync_close(next);
}

/* Even if the other timer has a routine of this thread itself, set through another fd. */
static void a_number_that_became_another_timers(void **state)
{
	int first = new_timer(), second = new_timer(), copy = -1;

	(void)state;
	assert_int_equal(set_routine(first, 0, "1"), 0);
	assert_int_equal(set_routine(second, 0, "2"), 0);
	wsync_close(first);
	assert_int_equal(wsync_duplicate(second, 0, 0, &copy), 0);
	assert_int_equal(copy, first);
	sim_expire(second, 1, 1);
	assert_true(look());
	assert_string_equal(trace, "2");
	wsync_close(copy);
	wsync_close(second);
}

static void set_own_timer_again(void *arg, int64_t expired)
{
	(void)expired;
	add((void *)(uintptr_t)"r");
	if (strlen(trace) < 3) {
		struct wsync_timer_opts opts = {
			.sz = sizeof(opts), .routine = set_own_timer_again, .arg = arg,
		};

		assert_int_equal(wsync_timer_set(*(int *)arg, 0, 0, &opts, NULL), 0);
		sim_expire(*(int *)arg, 1, 1);
	}
}

static void routines_may_set_their_timer(void **state)
{
	int timer = new_timer();
	struct wsync_timer_opts opts = {
		.sz = sizeof(opts), .routine = set_own_timer_again, .arg = &timer,
	};

	(void)state;
	assert_int_equal(wsync_timer_set(timer, 0, 10, &opts, NULL), 0);
	sim_expire(timer, 1, 1);
	assert_true(look());
	assert_string_equal(trace, "rrr");
	wsync_close(timer);
}

/* The event says "look"; where nothing is to be found the wait goes on. */
static int (*module_behind)(int fd, unsigned long request, void *argument);
static unsigned int queries_until_handler;

/* As if a signal handler ran right behind a query of the timer. */
static int set_behind_query(int fd, unsigned long request, void *argument)
{
	int result = module_behind(fd, request, argument);

	if (request == WINSYNC_IOC_TIMER_QUERY && --queries_until_handler == 0) {
		struct wsync_timer_opts opts = { .sz = sizeof(opts), .flags = WSYNC_TIMER_ALERT };

		fake_module = module_behind;
		assert_int_equal(wsync_apc_fd(&opts.alert), 0);
		assert_int_equal(wsync_timer_set(fd, 0, 0, &opts, NULL), 0);
	}
	return result;
}

static int deny_query(int fd, unsigned long request, void *argument)
{
	int result = module_behind(fd, request, argument);

	if (request == WINSYNC_IOC_STAT)
		((struct winsync_stat *)argument)->access &= ~(uint32_t)WINSYNC_ACCESS_QUERY;
	return result;
}

/* The library has to ask a timer whether it expired. */
static void routines_need_the_right_to_query(void **state)
{
	int timer = new_timer();

	(void)state;
	module_behind = fake_module;
	fake_module = deny_query;
	assert_error(set_routine(timer, 0, "t"), EACCES);
	fake_module = module_behind;
	wsync_close(timer);
}

static void canceled_timers_leave_the_others_alone(void **state)
{
	int first = new_timer(), second = new_timer();

	(void)state;
	assert_int_equal(set_routine(first, 0, "1"), 0);
	assert_int_equal(set_routine(second, 0, "2"), 0);
	assert_int_equal(wsync_timer_cancel(first, NULL), 0);
	sim_expire(second, 1, 12345);
	assert_true(look());
	assert_string_equal(trace, "2");
	wsync_close(first);
	wsync_close(second);
}

static void signal_handlers_may_discard_a_call(void **state)
{
	(void)state;
	for (unsigned int query = 1; query <= 2; query++) {
		int timer = new_timer();

		assert_int_equal(set_routine(timer, 0, "t"), 0);
		sim_expire(timer, 1, 12345);
		module_behind = fake_module;
		queries_until_handler = query;
		fake_module = set_behind_query;
		assert_false(look());
		assert_ptr_equal(fake_module, module_behind);
		assert_string_equal(trace, "");
		wsync_close(timer);
	}
}

static void an_event_too_many_is_harmless(void **state)
{
	struct wsync_wait_result result;
	int object = new_event(0), signal = new_event(0), fd = -1;
	struct timespec before, after;

	(void)state;
	assert_int_equal(wsync_apc_fd(&fd), 0);
	assert_int_equal(wsync_event_set(fd, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_error(wsync_wait(object, 5000000, &alertable, &result), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
		    before.tv_nsec >= 5000000);
	/* The signal is given once. */
	assert_int_equal(wsync_event_set(fd, NULL), 0);
	assert_error(wsync_signal_and_wait(signal, object, 0, &alertable, &result), ETIMEDOUT);
	assert_int_equal(wsync_wait(signal, 0, NULL, NULL), 0);
	wsync_close(object);
	wsync_close(signal);
}

/* [APC-7] */
static void signal_and_wait_is_alertable(void **state)
{
	struct wsync_thread *thread = self();
	struct wsync_wait_result result;
	int object = new_event(0), signal = new_event(0);

	(void)state;
	queue(thread, "a");
	assert_int_equal(wsync_signal_and_wait(signal, object, 0, &alertable, &result), 0);
	assert_true(result.called);
	assert_int_equal(wsync_wait(signal, 0, NULL, NULL), 0);
	wsync_close(object);
	wsync_close(signal);
	wsync_thread_unref(thread);
}

static void the_fd_is_set_while_calls_wait(void **state)
{
	struct wsync_thread *thread = self();
	int fd = -1;

	(void)state;
	assert_int_equal(wsync_apc_fd(&fd), 0);
	assert_error(wsync_wait(fd, 0, NULL, NULL), ETIMEDOUT);
	queue(thread, "a");
	assert_int_equal(wsync_wait(fd, 0, NULL, NULL), 0);
	assert_int_equal(wsync_event_set(fd, NULL), 0);
	assert_true(look());
	assert_error(wsync_apc_fd(NULL), EINVAL);
	wsync_thread_unref(thread);
}

static void *fail_to_begin(void *arg)
{
	struct wsync_thread *thread;
	unsigned int before = sim_open_objects();
	int fd;

	sim_fail(WINSYNC_IOC_EVENT_CREATE, EDQUOT);
	assert_error(wsync_thread_self(&thread), EDQUOT);
	sim_fail(WINSYNC_IOC_STAT, EIO);
	assert_error(wsync_thread_self(&thread), EIO);
	fake_failing_allocation = 1;
	assert_error(wsync_thread_self(&thread), ENOMEM);
	sim_fail(WINSYNC_IOC_EVENT_CREATE, EMFILE);
	assert_error(wsync_sleep(0, &alertable, NULL), EMFILE);
	sim_fail(WINSYNC_IOC_EVENT_CREATE, EMFILE);
	assert_error(wsync_apc_fd(&fd), EMFILE);
	assert_int_equal(sim_open_objects(), before);
	return arg;
}

static void failures_leave_nothing_behind(void **state)
{
	struct wsync_thread *thread = self();
	pthread_t fresh;

	(void)state;
	pthread_create(&fresh, NULL, fail_to_begin, NULL);
	pthread_join(fresh, NULL);
	fake_failing_allocation = 1;
	assert_error(wsync_apc_queue(thread, add, NULL), ENOMEM);
	sim_fail(WINSYNC_IOC_EVENT_SET, EBADF);
	assert_error(wsync_apc_queue(thread, add, NULL), EBADF);
	assert_false(look());
	assert_error(wsync_apc_queue(NULL, add, NULL), EINVAL);
	assert_error(wsync_apc_queue(thread, NULL, NULL), EINVAL);
	assert_error(wsync_thread_self(NULL), EINVAL);
	assert_ptr_equal(wsync_thread_ref(thread), thread);
	wsync_thread_unref(thread);
	assert_null(wsync_thread_ref(NULL));
	wsync_thread_unref(NULL);
	wsync_thread_unref(thread);
}

#define SENDERS 4
#define CALLS 2000

static unsigned int counted;

static void count(void *arg)
{
	(void)arg;
	counted++;
}

static void *send_many(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		assert_int_equal(wsync_apc_queue(arg, count, NULL), 0);
	return NULL;
}

static void none_is_lost(void **state)
{
	struct wsync_thread *thread = self();
	pthread_t senders[SENDERS];

	(void)state;
	counted = 0;
	for (int i = 0; i < SENDERS; i++)
		pthread_create(&senders[i], NULL, send_many, thread);
	while (counted < SENDERS * CALLS)
		assert_int_equal(wsync_sleep(WSYNC_FOREVER, &alertable, NULL), 0);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i], NULL);
	assert_int_equal(counted, SENDERS * CALLS);
	assert_false(look());
	wsync_thread_unref(thread);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

static int start_module(void **state)
{
	(void)state;
	sim_start();
	return 0;
}

static int stop_module(void **state)
{
	(void)state;
	sim_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(runs_only_in_alertable_waits),
		CASE(runs_all_in_order),
		CASE(objects_come_first),
		CASE(calls_queued_by_calls_run_too),
		CASE(waits_inside_calls_nest),
		CASE(other_threads_wake),
		CASE(the_end_of_a_thread_discards_its_queue),
		CASE(a_queue_that_nobody_runs_is_freed),
		CASE(forks_begin_anew),
		CASE(forks_free_their_parents_record),
		CASE(calls_may_fork),
		CASE(routines_of_timers_run),
		CASE(at_most_one_call_is_outstanding),
		CASE(timers_join_the_queue_by_time),
		CASE(setting_and_canceling_discard_the_call),
		CASE(a_set_that_fails_changes_nothing),
		CASE(only_timers_have_routines),
		CASE(closing_the_fd_discards_the_call),
		CASE(a_number_that_became_another_timers),
		CASE(routines_may_set_their_timer),
		CASE(routines_need_the_right_to_query),
		CASE(canceled_timers_leave_the_others_alone),
		CASE(signal_handlers_may_discard_a_call),
		CASE(an_event_too_many_is_harmless),
		CASE(signal_and_wait_is_alertable),
		CASE(the_fd_is_set_while_calls_wait),
		CASE(failures_leave_nothing_behind),
		CASE(none_is_lost),
	};

	return cmocka_run_group_tests_name("apc", tests, start_module, stop_module);
}
