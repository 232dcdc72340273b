// SPDX-License-Identifier: GPL-2.0-only
/*
 * What wakes the machine from suspend [TM-26]: the alarm behind a timer is there
 * while the timer is set to wake, and no longer. The kernel lists its timers to
 * root, by the functions that they call.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>

#define MS(n)	((n) * WS_NSEC_PER_MSEC)
#define HOUR	(3600 * WS_NSEC_PER_SEC)
#define WAKE	WINSYNC_TIMER_WAKE

#define ANY_CLOCK	-1

/*
 * How many of the kernel's running timers call that function, on that clock. Those that
 * expire in softirqs have a list of their own, CLOCKS further.
 */
static int running_on(int clock, const char *function)
{
	enum { CLOCKS = 4 };
	FILE *list = fopen("/proc/timer_list", "r");
	int found = 0, at = ANY_CLOCK;
	char line[256];

	if (!list)
		return -1;
	while (fgets(line, sizeof(line), list)) {
		sscanf(line, " clock %d:", &at);
		found += line[0] == ' ' && strstr(line, function) &&
			 (clock == ANY_CLOCK || at % CLOCKS == clock);
	}
	fclose(list);
	return found;
}

static int running(const char *function)
{
	return running_on(ANY_CLOCK, function);
}

#define ALARM		", alarmtimer_fired"

static int alarms(void)
{
	return running(ALARM);
}

/* A timer that the kernel lists. */
struct listed {
	int64_t soft, hard;	/* when it expires, on CLOCK_MONOTONIC */
};

/* The last of the kernel's running timers that call that function. */
static bool find_running(const char *function, struct listed *timer)
{
	FILE *list = fopen("/proc/timer_list", "r");
	unsigned long long offset = 0, soft, hard;
	bool named = false, found = false;
	char line[256];

	while (list && fgets(line, sizeof(line), list)) {
		/* What the clock of the timers below is ahead. */
		if (sscanf(line, " .offset: %llu", &offset) == 1)
			continue;
		if (named && sscanf(line, " # expires at %llu-%llu", &soft,
				    &hard) == 2) {
			timer->soft = soft - offset;
			timer->hard = hard - offset;
			found = true;
		}
		named = line[0] == ' ' && strstr(line, function);
	}
	if (list)
		fclose(list);
	return found;
}

/* What an exiting thread leaves to a worker takes a moment. */
static bool no_alarm(void *data)
{
	return alarms() == *(int *)data;
}

FIXTURE(wake) {
	int fd;
	int alert;
	int before;
};

FIXTURE_VARIANT(wake) {
	uint32_t flags;
	uint64_t period;
};

FIXTURE_VARIANT_ADD(wake, relative) { WAKE, 0 };
FIXTURE_VARIANT_ADD(wake, boottime) { WAKE | WINSYNC_CLOCK_BOOTTIME, 0 };
FIXTURE_VARIANT_ADD(wake, periodic) { WAKE, HOUR };
FIXTURE_VARIANT_ADD(wake, absolute) { WAKE | WINSYNC_TIMER_ABSOLUTE, 0 };
FIXTURE_VARIANT_ADD(wake, realtime) {
	WAKE | WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE, 0 };
FIXTURE_VARIANT_ADD(wake, realtime_periodic) {
	WAKE | WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE, HOUR };

FIXTURE_SETUP(wake)
{
	struct winsync_info info;

	self->before = alarms();
	if (self->before < 0)
		WS_SKIP_SETUP("only root is told of the kernel's timers");
	ASSERT_EQ(0, ws_info(&info));
	if (!(info.features & WINSYNC_FEATURE_WAKE))
		WS_SKIP_SETUP("nothing can wake this machine");
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
	self->alert = ws_event(0, 0);
	ASSERT_LE(0, self->alert);
}

FIXTURE_TEARDOWN(wake)
{
}

static int set_for_an_hour(int fd, uint32_t flags, uint64_t period, int alert)
{
	uint64_t due = HOUR;

	if (flags & WINSYNC_TIMER_ABSOLUTE)
		due += ws_clock(flags & WINSYNC_CLOCK_REALTIME ? CLOCK_REALTIME :
								 CLOCK_MONOTONIC);
	return ws_timer_set_full(fd, due, period, 0, flags, alert);
}

TEST_F(wake, canceled)
{
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	EXPECT_EQ(self->before + 1, alarms());
	ASSERT_EQ(0, ws_timer_cancel(self->fd));
	EXPECT_EQ(self->before, alarms());
}

/* Whatever clock stands behind it. */
TEST_F(wake, expires_in_an_hour)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_GE(HOUR, state.remaining);
	EXPECT_LT(HOUR - 60 * WS_NSEC_PER_SEC, state.remaining);
}

/* And so does the alarm: on its own clock it is as far away. */
TEST_F(wake, alarm_expires_in_an_hour)
{
	int64_t now = ws_clock(CLOCK_MONOTONIC);
	struct listed alarm;

	if (self->before)
		SKIP(return, "somebody else has an alarm");
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	ASSERT_TRUE(find_running(", alarmtimer_fired", &alarm));
	EXPECT_LE(now + (int64_t)(HOUR - WS_NSEC_PER_SEC), alarm.soft);
	EXPECT_GE((int64_t)(ws_clock(CLOCK_MONOTONIC) + HOUR + WS_NSEC_PER_SEC),
		  alarm.soft);
}

static bool alarm_is_far(void *data)
{
	struct listed alarm;

	(void)data;
	return find_running(", alarmtimer_fired", &alarm) &&
	       alarm.soft > (int64_t)(ws_clock(CLOCK_MONOTONIC) + HOUR / 2);
}

/* Each period of a timer may find the machine asleep, not only the first. */
TEST_F(wake, periods_go_on)
{
	uint64_t due = MS(50);

	if (self->before)
		SKIP(return, "somebody else has an alarm");
	if (!variant->period)
		return;
	if (variant->flags & WINSYNC_TIMER_ABSOLUTE)
		due += ws_clock(CLOCK_REALTIME);
	ASSERT_EQ(0, ws_timer_set_full(self->fd, due, variant->period, 0,
				       variant->flags, -1));
	ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_TRUE(ws_await(alarm_is_far, NULL));
	EXPECT_EQ(1, alarms());
	ASSERT_EQ(0, ws_timer_cancel(self->fd));
	EXPECT_EQ(0, alarms());
}

TEST_F(wake, set_again)
{
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, 0, -1));
	EXPECT_EQ(self->before + 1, alarms());
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags & ~WAKE,
				     variant->period, -1));
	EXPECT_EQ(self->before, alarms());
}

TEST_F(wake, closed)
{
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	EXPECT_EQ(self->before + 1, alarms());
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(self->before, alarms());
}

/* Another process without the right sets it: it wakes nobody any more. */
TEST_F(wake, set_again_by_who_may_not_wake)
{
	pid_t pid;

	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_become(1001, 1001))
			_exit(1);
		_exit(set_for_an_hour(self->fd, variant->flags, variant->period,
				      -1) != WINSYNC_TIMER_NO_WAKE);
	}
	ASSERT_EQ(0, ws_reap(pid));
	EXPECT_EQ(self->before, alarms());
}

/* TM-26: the machine is not that of a container, whose root is nobody here. */
TEST_F(wake, tm26_root_of_a_container_may_not_wake)
{
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_become(1001, 1001) || unshare(CLONE_NEWUSER))
			_exit(1);
		_exit(set_for_an_hour(self->fd, variant->flags, variant->period,
				      -1) == WINSYNC_TIMER_NO_WAKE ? 0 : 2);
	}
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(self->before, alarms());
}

struct setter {
	FIXTURE_DATA(wake) *self;
	const FIXTURE_VARIANT(wake) *variant;
	int alert;
	int alarms;
	int result;
};

static void *set_and_end(void *data)
{
	struct setter *setter = data;

	setter->result = set_for_an_hour(setter->self->fd, setter->variant->flags,
					 setter->variant->period, setter->alert);
	setter->alarms = alarms();
	return NULL;
}

/* TM-17: the end of who set it cancels a timer with alert, so nobody is woken. */
TEST_F(wake, tm17_setter_ends)
{
	struct setter setter = { .self = self, .variant = variant,
				 .alert = self->alert };
	struct winsync_timer_state state;
	struct winsync_info info;
	pthread_t thread;

	ASSERT_EQ(0, ws_info(&info));
	if (!(info.features & WINSYNC_FEATURE_THREAD_EXIT))
		SKIP(return, "a thread's end is not noticed");
	ASSERT_EQ(0, pthread_create(&thread, NULL, set_and_end, &setter));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, setter.result);
	EXPECT_EQ(self->before + 1, setter.alarms);
	EXPECT_TRUE(ws_await(no_alarm, &self->before));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(0, state.set);
	/* It is as good as new. */
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	EXPECT_EQ(self->before + 1, alarms());
}

/* A timer without alert is not its setter's. */
TEST_F(wake, tm17_without_alert_the_setter_does_not_matter)
{
	struct setter setter = { .self = self, .variant = variant, .alert = -1 };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, set_and_end, &setter));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, setter.result);
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_EQ(self->before + 1, alarms());
}

/* Setting and canceling by two threads at a time: the alarm follows the last. */
static void *set_often(void *data)
{
	struct setter *setter = data;
	unsigned int i;

	for (i = 0; i < ws_scale(300); i++)
		setter->result |= set_for_an_hour(setter->self->fd,
						  setter->variant->flags,
						  setter->variant->period, -1);
	return NULL;
}

TEST_F(wake, raced)
{
	struct setter setter = { .self = self, .variant = variant };
	struct winsync_timer_state state;
	pthread_t thread;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, set_often, &setter));
	for (i = 0; i < ws_scale(300); i++)
		ASSERT_EQ(0, ws_timer_cancel(self->fd));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, setter.result);
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(self->before + state.set, alarms());
}

/*
 * What is to wake the machine has to come while it sleeps, so its clock goes on
 * then; the clock of a timer that is not, stands still [TM-25].
 */
TEST_F(wake, tm25_clock_goes_on_in_suspend)
{
	bool realtime = variant->flags & WINSYNC_CLOCK_REALTIME;
	int boottime = running(", timer_boottime");
	int monotonic = running(", timer_monotonic");

	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	EXPECT_EQ(boottime + !realtime, running(", timer_boottime"));
	EXPECT_EQ(monotonic, running(", timer_monotonic"));
	ASSERT_EQ(0, ws_timer_cancel(self->fd));
	if (!realtime || !variant->period)
		return;
	/* After a due time on a clock that is set come periods on one that is not. */
	ASSERT_EQ(0, ws_timer_set_full(self->fd, ws_clock(CLOCK_REALTIME) + MS(1),
				       HOUR, 0, variant->flags, -1));
	ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_EQ(boottime + 1, running(", timer_boottime"));
	EXPECT_EQ(monotonic, running(", timer_monotonic"));
	ASSERT_EQ(0, ws_timer_set_full(self->fd, ws_clock(CLOCK_REALTIME) + MS(1),
				       HOUR, 0, variant->flags & ~WAKE, -1));
	ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_EQ(boottime, running(", timer_boottime"));
	EXPECT_EQ(monotonic + 1, running(", timer_monotonic"));
}

/* The kernel's numbers of its lists. */
enum { LIST_REALTIME = 1, LIST_BOOTTIME };

static bool alarm_counts_time(void *data)
{
	return running_on(LIST_BOOTTIME, ALARM) == *(int *)data;
}

/* Nor does the alarm follow the clock any more, once the periods have begun [TM-24]. */
TEST_F(wake, tm24_alarm_of_periods)
{
	bool realtime = variant->flags & WINSYNC_CLOCK_REALTIME;
	int of_day = running_on(LIST_REALTIME, ALARM);
	int of_time = running_on(LIST_BOOTTIME, ALARM);
	int more = of_time + 1;

	/* Where it is until then; also that these are the lists to look at. */
	ASSERT_EQ(0, set_for_an_hour(self->fd, variant->flags, variant->period, -1));
	EXPECT_EQ(of_day + realtime, running_on(LIST_REALTIME, ALARM));
	EXPECT_EQ(of_time + !realtime, running_on(LIST_BOOTTIME, ALARM));
	if (!realtime || !variant->period)
		return;
	ASSERT_EQ(0, ws_timer_set_full(self->fd, ws_clock(CLOCK_REALTIME) + MS(1),
				       HOUR, 0, variant->flags, -1));
	ASSERT_EQ(0, ws_wait(self->fd, ws_after(WS_PATIENCE_MS)));
	/* A worker does it, in a moment. */
	EXPECT_TRUE(ws_await(alarm_counts_time, &more));
	EXPECT_EQ(of_day, running_on(LIST_REALTIME, ALARM));
	ASSERT_EQ(0, ws_timer_cancel(self->fd));
	EXPECT_EQ(self->before, alarms());
}

/* --- without an alarm --------------------------------------------------- */

/* Which clock it is makes a difference when the system suspends [TM-25]. */
TEST(tm25_each_clock_is_its_own)
{
	static const struct {
		uint32_t flags;
		const char *function;
	} rows[] = {
		{ WINSYNC_CLOCK_MONOTONIC, ", timer_monotonic" },
		{ WINSYNC_CLOCK_BOOTTIME, ", timer_boottime" },
		{ WINSYNC_CLOCK_BOOTTIME | WINSYNC_TIMER_ABSOLUTE, ", timer_boottime" },
		{ WINSYNC_CLOCK_REALTIME, ", timer_monotonic" },
		{ WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE, ", timer_realtime" },
	};
	int fd = ws_timer(0), before;
	unsigned int i;

	if (alarms() < 0)
		SKIP(return, "only root is told of the kernel's timers");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		before = running(rows[i].function);
		ASSERT_EQ(0, set_for_an_hour(fd, rows[i].flags, 0, -1));
		EXPECT_EQ(before + 1, running(rows[i].function));
		ASSERT_EQ(0, ws_timer_cancel(fd));
	}
}

/* TM-27: the kernel is told how late it may be, to combine what it has to do. */
TEST(tm27_tolerance_is_left_to_the_kernel)
{
	static const uint64_t tolerances[] = { 0, 123456, 7 * WS_NSEC_PER_SEC };
	int64_t begin = ws_clock(CLOCK_MONOTONIC);
	struct listed timer;
	int fd = ws_timer(0);
	unsigned int i;

	if (alarms() < 0)
		SKIP(return, "only root is told of the kernel's timers");
	if (running(", timer_monotonic"))
		SKIP(return, "somebody else has a timer");
	for (i = 0; i < ARRAY_SIZE(tolerances); i++) {
		ASSERT_EQ(0, ws_timer_set_full(fd, HOUR, 0, tolerances[i], 0, -1));
		ASSERT_TRUE(find_running(", timer_monotonic", &timer));
		EXPECT_LE(begin + (int64_t)HOUR, timer.soft);
		EXPECT_EQ((int64_t)tolerances[i], timer.hard - timer.soft);
	}
}

TEST_HARNESS_MAIN
