// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints, through tracefs: each comes when winsync(4) says so, with the
 * values that it promises. No test sees the records of another.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/ntsync.h>

#define INSTANCE	"/sys/kernel/tracing/instances/winsync-test"
#define TEXT_SIZE	(256 * 1024)

static const char *const points[] = {
	"create", "open", "close", "wait_begin", "wait_end", "signal", "grant",
	"abandon",
};

FIXTURE(trace) {
	char *text;
};

static int write_file(const char *file, const char *text)
{
	char path[256];
	int fd, error;

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return -errno;
	error = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return error;
}

static void read_file(const char *file, char *text)
{
	char path[256];
	size_t length = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	fd = open(path, O_RDONLY);
	while (fd >= 0 && length < TEXT_SIZE - 1 &&
	       (got = read(fd, text + length, TEXT_SIZE - 1 - length)) > 0)
		length += got;
	close(fd);
	text[length] = 0;
}

FIXTURE_SETUP(trace)
{
	self->text = malloc(TEXT_SIZE);
	ASSERT_NE(NULL, self->text);
	/* Once for all tests, for it takes seconds on kernels that check much. */
	if (mkdir(INSTANCE, 0700))
		ASSERT_EQ(EEXIST, errno);
	ASSERT_EQ(0, write_file("events/winsync/filter", "0"));
	ASSERT_EQ(0, write_file("trace", ""));
	ASSERT_EQ(0, write_file("events/winsync/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	write_file("events/winsync/enable", "0");
	free(self->text);
}

/* The tests are processes that end without this. */
static void __attribute__((destructor)) remove_instance(void)
{
	rmdir(INSTANCE);
}

static uint64_t id_of(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.id;
}

/*
 * The record number @number (from 0) of a tracepoint for the object, "" if there
 * is none; it begins with the object's type.
 */
static const char *record(FIXTURE_DATA(trace) *self, const char *point,
			  int fd, int number)
{
	static char line[8192];
	char wanted[64], *at, *rest;
	unsigned long long id;

	read_file("trace", self->text);
	snprintf(wanted, sizeof(wanted), ": winsync_%s: ", point);
	for (at = self->text; (at = strstr(at, wanted)); ) {
		at += strlen(wanted);
		rest = strchr(at, ' ');
		if (!rest || sscanf(rest, " id=%llu", &id) != 1 || id != id_of(fd) ||
		    number--)
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		return line;
	}
	return "";
}

static int records(FIXTURE_DATA(trace) *self, const char *point, int fd)
{
	int number = 0;

	while (*record(self, point, fd, number))
		number++;
	return number;
}

/* A field of a record. */
static const char *text_of(const char *line, const char *field)
{
	static char value[64];
	char wanted[64];
	const char *at;

	snprintf(wanted, sizeof(wanted), " %s=", field);
	at = strstr(line, wanted);
	if (!at)
		return "missing";
	at += strlen(wanted);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, " "), at);
	return value;
}

static long long number_of(const char *line, const char *field)
{
	return strtoll(text_of(line, field), NULL, 0);
}

#define EXPECT_BEGINS(expected, line)					\
	EXPECT_EQ(0, strncmp(expected, line, strlen(expected)))		\
	{								\
		TH_LOG("%s", line);					\
	}

/* Whether the record is about this thread. */
static bool is_ours(const char *line)
{
	return number_of(line, "pid") == getpid() &&
	       number_of(line, "tid") == ws_gettid();
}

TEST_F(trace, create_tells_the_initial_state)
{
	int fds[] = { ws_event(1, 0), ws_event(0, 1), ws_mutex(1),
		      ws_semaphore(3, 7), ws_timer(1) };
	const struct { const char *type; long long value, extra; } expected[] = {
		{ "type=event ", 1, 0 }, { "type=event ", 0, 0 },
		{ "type=mutex ", 1, ws_gettid() }, { "type=semaphore ", 3, 7 },
		{ "type=timer ", 1, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		const char *line = record(self, "create", fds[i], 0);

		EXPECT_BEGINS(expected[i].type, line);
		EXPECT_EQ(0, number_of(line, "ns"));
		EXPECT_EQ(0, strcmp(" name=", strrchr(line, ' ')));
		EXPECT_TRUE(is_ours(line));
		EXPECT_EQ(expected[i].value, number_of(line, "value"));
		EXPECT_EQ(expected[i].extra, number_of(line, "extra"));
		EXPECT_EQ(1, records(self, "create", fds[i]));
	}
}

TEST_F(trace, names_and_namespaces)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "a name", 0, NULL);
	const char *line;

	ASSERT_LE(0, fd);
	line = record(self, "create", fd, 0);
	EXPECT_EQ(id_of(ns), number_of(line, "ns"));
	EXPECT_EQ(0, strcmp(" name=a name", strstr(line, " name=")));
}

TEST_F(trace, open_and_close_tell_the_handles)
{
	int ns = ws_private_ns(), duplicate, opened;
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	const char *line;

	duplicate = ws_duplicate(fd, WS_SYNC, 0);
	opened = ws_open(ns, "event", 0, WS_QUERY | WS_MODIFY);
	ASSERT_LE(0, opened);
	line = record(self, "open", fd, 0);
	EXPECT_TRUE(is_ours(line));
	EXPECT_EQ(WS_SYNC, number_of(line, "access"));
	EXPECT_EQ(2, number_of(line, "handles"));
	line = record(self, "open", fd, 1);
	EXPECT_EQ(WS_QUERY | WS_MODIFY, number_of(line, "access"));
	EXPECT_EQ(3, number_of(line, "handles"));
	close(duplicate);
	EXPECT_EQ(2, number_of(record(self, "close", fd, 0), "handles"));
	EXPECT_TRUE(is_ours(record(self, "close", fd, 0)));
	close(opened);
	EXPECT_EQ(1, number_of(record(self, "close", fd, 1), "handles"));
	EXPECT_EQ(1, records(self, "create", fd));
	EXPECT_EQ(2, records(self, "open", fd));
	EXPECT_EQ(2, records(self, "close", fd));
	/* A fd more is no handle more. */
	close(dup(fd));
	EXPECT_EQ(2, records(self, "close", fd));
	EXPECT_EQ(-EACCES, ws_open(ns, "event", 0, 0));
	EXPECT_EQ(2, records(self, "open", fd));
}

TEST_F(trace, signal_tells_what_was_done)
{
	int event = ws_event(1, 0), semaphore = ws_semaphore(1, 9);
	int mutex = ws_mutex(1);
	const char *line;

	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(1, ws_event_pulse(event));
	line = record(self, "signal", event, 0);
	EXPECT_TRUE(is_ours(line));
	EXPECT_STREQ("set", text_of(line, "op"));
	EXPECT_EQ(1, number_of(line, "count"));
	EXPECT_EQ(0, number_of(line, "signaled"));
	EXPECT_EQ(0, number_of(line, "waiters"));
	line = record(self, "signal", event, 1);
	EXPECT_STREQ("pulse", text_of(line, "op"));
	EXPECT_EQ(1, number_of(line, "signaled"));

	EXPECT_EQ(1, ws_semaphore_release(semaphore, 5));
	EXPECT_EQ(-EOVERFLOW, ws_semaphore_release(semaphore, 5));
	line = record(self, "signal", semaphore, 0);
	EXPECT_STREQ("release", text_of(line, "op"));
	EXPECT_EQ(5, number_of(line, "count"));
	EXPECT_EQ(1, number_of(line, "signaled"));
	EXPECT_EQ(1, records(self, "signal", semaphore));

	EXPECT_EQ(0, ws_try(mutex));
	EXPECT_EQ(2, ws_mutex_release(mutex));
	EXPECT_EQ(0, records(self, "signal", mutex));
	EXPECT_EQ(1, ws_mutex_release(mutex));
	line = record(self, "signal", mutex, 0);
	EXPECT_STREQ("release", text_of(line, "op"));
	EXPECT_EQ(0, number_of(line, "signaled"));
}

TEST_F(trace, an_expiry_is_of_no_thread)
{
	int timer = ws_timer(0);
	const char *line;

	ASSERT_EQ(0, ws_timer_set(timer, 20 * WS_NSEC_PER_MSEC, 0));
	EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
	line = record(self, "signal", timer, 0);
	EXPECT_STREQ("expire", text_of(line, "op"));
	EXPECT_EQ(0, number_of(line, "pid"));
	EXPECT_EQ(0, number_of(line, "tid"));
	/* Unless it is due when it is set. */
	ASSERT_EQ(0, ws_timer_set(timer, 0, 0));
	EXPECT_TRUE(is_ours(record(self, "signal", timer, 1)));
}

/*
 * Nor of the one that the interrupt finds at work: this thread has the processor
 * on which the timer was set, and does not give it away before the expiry.
 */
TEST_F(trace, an_expiry_is_not_of_the_thread_it_interrupts)
{
	int timer = ws_timer(0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = timer);
	const char *line;
	uint64_t end;
	cpu_set_t one;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, timer, 1));
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	end = ws_after(100);
	ASSERT_EQ(0, ws_timer_set(timer, 20 * WS_NSEC_PER_MSEC, 0));
	while (ws_clock(CLOCK_MONOTONIC) < end)
		;
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	line = record(self, "signal", timer, 0);
	EXPECT_EQ(0, number_of(line, "pid"));
	EXPECT_EQ(0, number_of(line, "tid"));
	line = record(self, "grant", timer, 0);
	EXPECT_EQ(sleeper.tid, number_of(line, "tid"));
	EXPECT_EQ(0, number_of(line, "by"));
}

TEST_F(trace, grant_at_once)
{
	int mutex = ws_mutex(0);
	const char *line;

	EXPECT_EQ(0, ws_try(mutex));
	line = record(self, "grant", mutex, 0);
	EXPECT_TRUE(is_ours(line));
	EXPECT_EQ(ws_gettid(), number_of(line, "by"));
	EXPECT_EQ(0, number_of(line, "waited"));
	EXPECT_EQ(0, number_of(line, "abandoned"));
	/* Who need not wait does not begin to. */
	EXPECT_EQ(0, records(self, "wait_begin", mutex));
	EXPECT_EQ(0, records(self, "wait_end", mutex));
	EXPECT_EQ(-ETIMEDOUT, ws_try(ws_event(0, 0)));
}

TEST_F(trace, wait_for_a_mutex)
{
	int mutex = ws_mutex(1);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = mutex);
	const char *line;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, mutex, 1));
	line = record(self, "wait_begin", mutex, 0);
	EXPECT_EQ(getpid(), number_of(line, "pid"));
	EXPECT_EQ(sleeper.tid, number_of(line, "tid"));
	EXPECT_EQ(0, number_of(line, "index"));
	EXPECT_EQ(1, number_of(line, "count"));
	EXPECT_EQ(0, number_of(line, "all"));
	EXPECT_EQ(0, number_of(line, "waiters"));
	EXPECT_EQ(ws_gettid(), number_of(line, "owner"));
	EXPECT_EQ(0, records(self, "wait_end", mutex));
	ws_sleep_ms(20);
	EXPECT_EQ(1, ws_mutex_release(mutex));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));

	EXPECT_EQ(1, number_of(record(self, "signal", mutex, 0), "waiters"));
	line = record(self, "grant", mutex, 0);
	EXPECT_EQ(sleeper.tid, number_of(line, "tid"));
	EXPECT_EQ(ws_gettid(), number_of(line, "by"));
	EXPECT_LE(20LL * WS_NSEC_PER_MSEC, number_of(line, "waited"));
	EXPECT_EQ(0, number_of(line, "abandoned"));
	line = record(self, "wait_end", mutex, 0);
	EXPECT_EQ(sleeper.tid, number_of(line, "tid"));
	EXPECT_STREQ("acquired", text_of(line, "outcome"));
	EXPECT_EQ(0, number_of(line, "result"));
	EXPECT_LE(20LL * WS_NSEC_PER_MSEC, number_of(line, "latency"));
	EXPECT_GE(WS_PATIENCE_MS * WS_NSEC_PER_MSEC,
		  (unsigned long long)number_of(line, "latency"));
	EXPECT_EQ(1, records(self, "wait_begin", mutex));
	EXPECT_EQ(1, records(self, "wait_end", mutex));
}

/* How many there were already, or are: numbers, also above one. */
TEST_F(trace, waiters_are_counted)
{
	struct ws_sleeper sleepers[3];
	int event = ws_event(1, 0), i;

	for (i = 0; i < 3; i++) {
		sleepers[i] = WS_SLEEPER(.fd = event);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], event, i + 1));
		EXPECT_EQ(i, number_of(record(self, "wait_begin", event, i),
				       "waiters"));
	}
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(3, number_of(record(self, "signal", event, 0), "waiters"));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
}

/* Whom the alert of a timer is for does not own the timer. */
TEST_F(trace, timers_have_no_owner)
{
	int timer = ws_timer(0);

	ASSERT_EQ(0, ws_timer_set_full(timer, 3600 * WS_NSEC_PER_SEC, 0, 0, 0,
				       ws_event(0, 0)));
	EXPECT_EQ(-ETIMEDOUT, ws_wait(timer, ws_after(5)));
	EXPECT_EQ(0, number_of(record(self, "wait_begin", timer, 0), "owner"));
}

static void *own_twice(void *fd)
{
	ws_try(*(int *)fd);
	ws_try(*(int *)fd);
	return (void *)(long)ws_gettid();
}

TEST_F(trace, abandon)
{
	int mutex = ws_mutex(0);
	pthread_t thread;
	const char *line;
	void *tid;

	ASSERT_EQ(0, pthread_create(&thread, NULL, own_twice, &mutex));
	pthread_join(thread, &tid);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(mutex));
	line = record(self, "abandon", mutex, 0);
	EXPECT_BEGINS("type=mutex ", line);
	EXPECT_EQ(getpid(), number_of(line, "pid"));
	EXPECT_EQ((long)tid, number_of(line, "tid"));
	EXPECT_EQ(2, number_of(line, "depth"));
	EXPECT_EQ(0, number_of(line, "waiters"));
	EXPECT_EQ(1, records(self, "abandon", mutex));
	EXPECT_EQ(0, records(self, "signal", mutex));
	EXPECT_EQ(0, number_of(record(self, "grant", mutex, 0), "abandoned"));
	EXPECT_EQ(1, number_of(record(self, "grant", mutex, 2), "abandoned"));
}

static void *own_until_told(void *data)
{
	const int *fds = data;

	ws_try(fds[0]);
	ws_gate_open(fds[1]);
	ws_gate_pass(fds[2]);
	return NULL;
}

TEST_F(trace, abandon_tells_who_waits)
{
	int fds[] = { ws_mutex(0), ws_gate(), ws_gate() }, i;
	struct ws_sleeper sleepers[2];
	pthread_t thread;
	const char *line;

	ASSERT_EQ(0, pthread_create(&thread, NULL, own_until_told, fds));
	ASSERT_EQ(0, ws_gate_pass(fds[1]));
	for (i = 0; i < 2; i++) {
		sleepers[i] = WS_SLEEPER(.fd = fds[0]);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], fds[0], i + 1));
	}
	ws_gate_open(fds[2]);
	pthread_join(thread, NULL);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleepers[i]));
	line = record(self, "abandon", fds[0], 0);
	EXPECT_EQ(1, number_of(line, "depth"));
	EXPECT_EQ(2, number_of(line, "waiters"));
	/* Of the one who got it, and ended with it. */
	EXPECT_EQ(1, number_of(record(self, "abandon", fds[0], 1), "waiters"));
}

TEST_F(trace, outcomes_of_a_wait_for_any)
{
	int fds[] = { ws_event(0, 0), ws_event(0, 0) }, alert = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_WAIT_ANY, .fds = fds, .count = 2,
		.alert = alert);
	struct ws_sleeper alerted = sleeper;
	const char *line;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[1], 1));
	ASSERT_EQ(0, ws_await_waiters(alert, 1));
	EXPECT_EQ(0, ws_event_set(fds[1]));
	EXPECT_EQ(1, ws_sleeper_join(&sleeper));
	line = record(self, "wait_end", fds[0], 0);
	EXPECT_STREQ("other", text_of(line, "outcome"));
	EXPECT_EQ(1, number_of(line, "result"));
	EXPECT_EQ(0, number_of(line, "index"));
	EXPECT_EQ(2, number_of(line, "count"));
	line = record(self, "wait_end", fds[1], 0);
	EXPECT_STREQ("acquired", text_of(line, "outcome"));
	EXPECT_EQ(1, number_of(line, "index"));
	EXPECT_EQ(1, number_of(record(self, "wait_begin", fds[1], 0), "index"));
	line = record(self, "wait_end", alert, 0);
	EXPECT_STREQ("other", text_of(line, "outcome"));
	EXPECT_EQ(2, number_of(line, "index"));

	ASSERT_EQ(0, ws_sleeper_queue(&alerted, fds[1], 1));
	ASSERT_EQ(0, ws_await_waiters(alert, 1));
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(2 | WINSYNC_WAIT_ALERTED, ws_sleeper_join(&alerted));
	line = record(self, "wait_end", fds[0], 1);
	EXPECT_STREQ("alerted", text_of(line, "outcome"));
	EXPECT_EQ(2 | WINSYNC_WAIT_ALERTED, number_of(line, "result"));
	EXPECT_STREQ("alerted", text_of(record(self, "wait_end", fds[1], 1),
					"outcome"));
	EXPECT_STREQ("acquired", text_of(record(self, "wait_end", alert, 1),
					 "outcome"));
}

TEST_F(trace, wait_for_all)
{
	int fds[] = { ws_event(0, 0), ws_semaphore(0, 1) };
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_WAIT_ALL, .fds = fds, .count = 2);
	unsigned int i;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[1], 1));
	EXPECT_EQ(0, ws_event_set(fds[0]));
	EXPECT_EQ(0, records(self, "grant", fds[0]));
	EXPECT_EQ(0, ws_semaphore_release(fds[1], 1));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		const char *line = record(self, "grant", fds[i], 0);

		EXPECT_EQ(sleeper.tid, number_of(line, "tid"));
		EXPECT_EQ(ws_gettid(), number_of(line, "by"));
		EXPECT_LT(0, number_of(line, "waited"));
		line = record(self, "wait_begin", fds[i], 0);
		EXPECT_EQ(1, number_of(line, "all"));
		EXPECT_EQ(2, number_of(line, "count"));
		line = record(self, "wait_end", fds[i], 0);
		EXPECT_STREQ("acquired", text_of(line, "outcome"));
		EXPECT_EQ(1, number_of(line, "all"));
		EXPECT_EQ(1, records(self, "grant", fds[i]));
	}
}

static void on_signal(int number)
{
	(void)number;
}

TEST_F(trace, outcomes_of_waits_that_fail)
{
	struct sigaction action = { .sa_handler = on_signal };
	int event = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = event);
	const char *line;

	EXPECT_EQ(-ETIMEDOUT, ws_wait(event, ws_after(20)));
	line = record(self, "wait_end", event, 0);
	EXPECT_TRUE(is_ours(line));
	EXPECT_STREQ("timeout", text_of(line, "outcome"));
	EXPECT_EQ(-ETIMEDOUT, number_of(line, "result"));

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	pthread_kill(sleeper.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, ws_sleeper_join(&sleeper));
	line = record(self, "wait_end", event, 1);
	EXPECT_STREQ("interrupted", text_of(line, "outcome"));
	EXPECT_GT(0, number_of(line, "result"));
	EXPECT_EQ(2, records(self, "wait_begin", event));
	EXPECT_EQ(0, records(self, "grant", event));
}

/* Who would not sleep, whatever comes, does not begin to: on no clock. */
TEST_F(trace, past_deadlines_begin_no_wait)
{
	static const uint32_t clocks[] = {
		WINSYNC_CLOCK_MONOTONIC, WINSYNC_CLOCK_REALTIME,
		WINSYNC_CLOCK_BOOTTIME,
	};
	int fds[] = { ws_event(0, 0), ws_event(0, 0) }, signal = ws_event(0, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct winsync_wait_args one = {
			.deadline = 1, .flags = clocks[i], .alert = -1,
		};
		struct winsync_signal_and_wait_args two = {
			.deadline = 1, .flags = clocks[i], .alert = -1,
			.fd = fds[0],
		};

		EXPECT_EQ(-ETIMEDOUT, ws_ioctl(fds[0], WINSYNC_IOC_WAIT, &one));
		EXPECT_EQ(-ETIMEDOUT, ws_ioctl(signal, WINSYNC_IOC_SIGNAL_AND_WAIT,
					       &two));
		EXPECT_EQ(-ETIMEDOUT, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, 2,
						       1, clocks[i], -1));
		EXPECT_EQ(-ETIMEDOUT, ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, 2,
						       1, clocks[i], -1));
	}
	EXPECT_EQ(0, records(self, "wait_begin", fds[0]));
	EXPECT_EQ(0, records(self, "wait_end", fds[0]));
	EXPECT_EQ(0, records(self, "wait_begin", fds[1]));
}

TEST_F(trace, signal_and_wait)
{
	int event = ws_event(0, 0), semaphore = ws_semaphore(0, 1);
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_SIGNAL_AND_WAIT, .signal = event,
		.fd = semaphore);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, semaphore, 1));
	EXPECT_EQ(sleeper.tid, number_of(record(self, "signal", event, 0), "tid"));
	EXPECT_EQ(sleeper.tid, number_of(record(self, "wait_begin", semaphore, 0),
					 "tid"));
	EXPECT_EQ(0, ws_semaphore_release(semaphore, 1));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_STREQ("acquired", text_of(record(self, "wait_end", semaphore, 0),
					 "outcome"));
	/* Who would not wait, whatever comes, does not begin to. */
	EXPECT_EQ(-ETIMEDOUT, ws_signal_and_wait(event, semaphore, 0, -1));
	EXPECT_EQ(1, records(self, "wait_begin", semaphore));
	EXPECT_EQ(1, records(self, "wait_end", semaphore));
}

/* --- for readers ------------------------------------------------------- */

TEST_F(trace, filters_by_name)
{
	int ns = ws_private_ns();
	int wanted = ws_named(ns, WINSYNC_TYPE_EVENT, "wanted", 0, NULL);
	int other = ws_named(ns, WINSYNC_TYPE_EVENT, "unwanted", 0, NULL);
	char file[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		snprintf(file, sizeof(file), "events/winsync/winsync_%s/filter",
			 points[i]);
		ASSERT_EQ(0, write_file(file, "name == \"wanted\""));
	}
	EXPECT_EQ(0, ws_event_set(wanted));
	EXPECT_EQ(0, ws_event_set(other));
	EXPECT_EQ(0, ws_try(wanted));
	EXPECT_EQ(0, ws_try(other));
	EXPECT_EQ(1, records(self, "signal", wanted));
	EXPECT_EQ(1, records(self, "grant", wanted));
	EXPECT_EQ(0, records(self, "signal", other));
	EXPECT_EQ(0, records(self, "grant", other));
}

TEST_F(trace, filters_by_id)
{
	int wanted = ws_event(0, 0), other = ws_event(0, 0);
	char filter[64];

	snprintf(filter, sizeof(filter), "id == %llu",
		 (unsigned long long)id_of(wanted));
	ASSERT_EQ(0, write_file("events/winsync/winsync_signal/filter", filter));
	EXPECT_EQ(0, ws_event_set(wanted));
	EXPECT_EQ(0, ws_event_set(other));
	EXPECT_EQ(1, records(self, "signal", wanted));
	EXPECT_EQ(0, records(self, "signal", other));
}

/* A trace is text that ends up on terminals. */
TEST_F(trace, names_can_do_no_harm)
{
	static const char name[] = "x\n\033[2J\"$";
	struct ws_new what = { .name = name };
	int fd = ws_create(ws_private_ns(), WINSYNC_TYPE_EVENT, &what);
	const char *at;

	ASSERT_LE(0, fd);
	EXPECT_NE(NULL, strstr(record(self, "create", fd, 0), "x\\n\\e[2J"));
	read_file("trace", self->text);
	for (at = self->text; *at; at++)
		EXPECT_TRUE(*at == '\n' || *at == '\t' || (*at >= ' ' && *at <= '~'));
}

TEST_F(trace, the_longest_name_is_whole)
{
	unsigned char name[WINSYNC_NAME_MAX];
	struct ws_new what = { .name = (char *)name, .name_len = sizeof(name) };
	const char *line;
	int fd, i;

	memset(name, 0xff, sizeof(name));
	fd = ws_create(ws_private_ns(), WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, fd);
	line = strstr(record(self, "create", fd, 0), " name=");
	ASSERT_NE(NULL, line);
	for (i = 0, line += strlen(" name="); i < WINSYNC_NAME_MAX; i++, line += 4)
		ASSERT_EQ(0, strncmp(line, "\\377", 4));
	EXPECT_EQ('\0', *line);
}

/* Nothing that tells where the kernel's memory is. */
TEST_F(trace, formats_have_no_addresses)
{
	char file[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		snprintf(file, sizeof(file), "events/winsync/winsync_%s/format",
			 points[i]);
		read_file(file, self->text);
		EXPECT_NE(NULL, strstr(self->text, "field:u64 id;"));
		EXPECT_NE(NULL, strstr(self->text, "field:u64 ns;"));
		EXPECT_NE(NULL, strstr(self->text, "field:u32 type;"));
		EXPECT_NE(NULL, strstr(self->text, "field:pid_t tid;"));
		EXPECT_NE(NULL, strstr(self->text, "field:__data_loc char[] name;"));
		EXPECT_EQ(NULL, strchr(self->text, '*'));
		EXPECT_EQ(NULL, strstr(self->text, "%p"));
	}
}

/* Counters and traces are made at the same places. */
TEST_F(trace, agrees_with_the_counters)
{
	int i, semaphore = ws_semaphore(0, 100);
	struct ws_sleeper sleepers[3];
	struct winsync_stat stat;

	for (i = 0; i < 3; i++) {
		sleepers[i] = WS_SLEEPER(.fd = semaphore);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], semaphore, i + 1));
	}
	EXPECT_EQ(0, ws_semaphore_release(semaphore, 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, ws_semaphore_release(semaphore, 1));
		EXPECT_EQ(0, ws_try(semaphore));
	}
	ASSERT_EQ(0, ws_stat(semaphore, &stat));
	EXPECT_EQ(6, stat.counters.signals);
	EXPECT_EQ(8, stat.counters.acquisitions);
	EXPECT_EQ(6, records(self, "signal", semaphore));
	EXPECT_EQ(8, records(self, "grant", semaphore));
}

/* The objects of /dev/ntsync are to be seen like any others. */
TEST_F(trace, ntsync)
{
	struct ntsync_event_args args = { .signaled = 0, .manual = 1 };
	struct ntsync_mutex_args owned = { .owner = 7, .count = 2 };
	struct winsync_info info;
	int device, event, mutex;
	__u32 previous;

	ASSERT_EQ(0, ws_info(&info));
	if (!(info.features & WINSYNC_FEATURE_NTSYNC))
		SKIP(return, "/dev/ntsync is not ours");
	device = open("/dev/ntsync", O_RDWR);
	ASSERT_LE(0, device);
	event = ioctl(device, NTSYNC_IOC_CREATE_EVENT, &args);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, ioctl(event, NTSYNC_IOC_EVENT_SET, &previous));
	close(event);
	mutex = ioctl(device, NTSYNC_IOC_CREATE_MUTEX, &owned);
	ASSERT_LE(0, mutex);
	ASSERT_EQ(0, ioctl(mutex, NTSYNC_IOC_MUTEX_UNLOCK, &owned));
	read_file("trace", self->text);
	/* As with our own, only the last release is one. */
	EXPECT_EQ(NULL, strstr(self->text, " op=release "));
	ASSERT_EQ(0, ioctl(mutex, NTSYNC_IOC_MUTEX_UNLOCK, &owned));
	close(mutex);
	owned.count = 3;
	mutex = ioctl(device, NTSYNC_IOC_CREATE_MUTEX, &owned);
	ASSERT_LE(0, mutex);
	ASSERT_EQ(0, ioctl(mutex, NTSYNC_IOC_MUTEX_KILL, &owned.owner));
	close(mutex);
	read_file("trace", self->text);
	EXPECT_NE(NULL, strstr(self->text, ": winsync_create: type=event "));
	EXPECT_NE(NULL, strstr(self->text, ": winsync_create: type=mutex "));
	EXPECT_NE(NULL, strstr(self->text, " value=2 extra=7 name="));
	EXPECT_NE(NULL, strstr(self->text, " op=set count=1 signaled=0 "));
	EXPECT_NE(NULL, strstr(self->text, ": winsync_close: type=event "));
	EXPECT_NE(NULL, strstr(self->text, " op=release count=1 signaled=0 "));
	EXPECT_NE(NULL, strstr(self->text, ": winsync_abandon: type=mutex "));
	EXPECT_NE(NULL, strstr(self->text, " depth=3 waiters=0 name="));
}

TEST_HARNESS_MAIN
