// SPDX-License-Identifier: GPL-2.0-only
/*
 * Points in time are those of the caller's time namespace: due times of timers
 * [TM-4] and deadlines of waits [WT-5] on the clocks that namespaces shift, and when
 * objects were made, and waits began.
 * Only root can make one.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

#define MS(n)	((n) * WS_NSEC_PER_MSEC)

FIXTURE(time_namespace) {
	int fd;
};

FIXTURE_VARIANT(time_namespace) {
	clockid_t clock;
	uint32_t flag;
	/* How the clock inside is ahead, in seconds. */
	int ahead;
};

FIXTURE_VARIANT_ADD(time_namespace, monotonic_ahead) {
	CLOCK_MONOTONIC, WINSYNC_CLOCK_MONOTONIC, 100000 };
FIXTURE_VARIANT_ADD(time_namespace, monotonic_behind) {
	CLOCK_MONOTONIC, WINSYNC_CLOCK_MONOTONIC, -1 };
FIXTURE_VARIANT_ADD(time_namespace, boottime_ahead) {
	CLOCK_BOOTTIME, WINSYNC_CLOCK_BOOTTIME, 100000 };
FIXTURE_VARIANT_ADD(time_namespace, boottime_behind) {
	CLOCK_BOOTTIME, WINSYNC_CLOCK_BOOTTIME, -1 };

FIXTURE_SETUP(time_namespace)
{
	if (getuid() || access("/proc/self/timens_offsets", F_OK))
		WS_SKIP_SETUP("no time namespaces, or not root");
	/* Clocks inside can't be set below zero. */
	while (ws_clock(CLOCK_MONOTONIC) < 3 * WS_NSEC_PER_SEC)
		ws_sleep_ms(100);
	self->fd = ws_timer(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(time_namespace)
{
}

struct born;

/* What is done inside; all say 0 or in which line it went wrong. */
struct inside {
	int (*action)(const struct inside *inside);
	int fd;
	clockid_t clock;
	uint32_t flag;
	int ahead;
	uint64_t begin;
	const struct born *born;	/* made outside */
};

#define CHECK(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "# line %d: %s\n", __LINE__, #condition); \
		return 1; \
	} \
} while (0)

static int enter(const struct inside *inside)
{
	const char *name = inside->clock == CLOCK_MONOTONIC ? "monotonic" :
							      "boottime";
	FILE *offsets;
	pid_t pid;

	if (unshare(CLONE_NEWTIME))
		return 2;
	offsets = fopen("/proc/self/timens_offsets", "w");
	if (!offsets || fprintf(offsets, "%s %d 0\n", name, inside->ahead) < 0 ||
	    fclose(offsets))
		return 3;
	/* Children are in it. */
	pid = ws_fork();
	if (!pid)
		_exit(inside->action(inside));
	return pid < 0 ? 4 : ws_reap(pid);
}

static int run_inside(struct inside *inside)
{
	pid_t pid;

	inside->begin = ws_clock(inside->clock);
	pid = ws_fork();
	if (!pid)
		_exit(enter(inside));
	return pid < 0 ? -errno : ws_reap(pid);
}

#define INSIDE(what) (&(struct inside) { \
	.action = (what), .fd = self->fd, .clock = variant->clock, \
	.flag = variant->flag, .ahead = variant->ahead })

static int clock_is_shifted(const struct inside *inside)
{
	int64_t passed = ws_clock(inside->clock) - inside->begin;

	CHECK(passed >= inside->ahead * (int64_t)WS_NSEC_PER_SEC);
	CHECK(passed < inside->ahead * (int64_t)WS_NSEC_PER_SEC +
		       60 * (int64_t)WS_NSEC_PER_SEC);
	return 0;
}

TEST_F(time_namespace, is_one)
{
	EXPECT_EQ(0, run_inside(INSIDE(clock_is_shifted)));
}

static int timer_absolute(const struct inside *inside)
{
	struct winsync_timer_state state;
	uint64_t due = ws_clock(inside->clock) + MS(200);

	CHECK(ws_timer_set_full(inside->fd, due, 0, 0, inside->flag |
				WINSYNC_TIMER_ABSOLUTE, -1) == 0);
	CHECK(ws_timer_query(inside->fd, &state) == 0);
	CHECK(state.remaining <= MS(200));
	CHECK(ws_wait(inside->fd, WINSYNC_FOREVER) == 0);
	CHECK(due <= ws_clock(inside->clock));
	/* A minute would be another mistake than that of the host. */
	CHECK(ws_clock(inside->clock) < due + 60 * WS_NSEC_PER_SEC);
	/* Just past. */
	CHECK(ws_timer_set_full(inside->fd, ws_clock(inside->clock) - 1, 0, 0,
				inside->flag | WINSYNC_TIMER_ABSOLUTE, -1) == 0);
	CHECK(ws_try(inside->fd) == 0);
	return 0;
}

TEST_F(time_namespace, tm4_absolute_is_on_the_clock_inside)
{
	EXPECT_EQ(0, run_inside(INSIDE(timer_absolute)));
}

/* The same timer, looked at from outside. */
static int timer_in_an_hour(const struct inside *inside)
{
	uint64_t due = ws_clock(inside->clock) + 3600 * WS_NSEC_PER_SEC;

	CHECK(ws_timer_set_full(inside->fd, due, 0, 0, inside->flag |
				WINSYNC_TIMER_ABSOLUTE, -1) == 0);
	return 0;
}

TEST_F(time_namespace, tm29_remaining_is_the_same_outside)
{
	struct winsync_timer_state state;

	ASSERT_EQ(0, run_inside(INSIDE(timer_in_an_hour)));
	ASSERT_EQ(0, ws_timer_query(self->fd, &state));
	EXPECT_EQ(1, state.set);
	EXPECT_GE(3600 * WS_NSEC_PER_SEC, state.remaining);
	EXPECT_LT(3500 * WS_NSEC_PER_SEC, state.remaining);
}

static int others_are_not_shifted(const struct inside *inside)
{
	uint64_t begin = ws_clock(CLOCK_REALTIME);

	/* Relative, and on the clock that namespaces do not shift. */
	CHECK(ws_timer_set_full(inside->fd, MS(30), 0, 0, inside->flag, -1) == 0);
	CHECK(ws_wait(inside->fd, WINSYNC_FOREVER) == 0);
	CHECK(begin + MS(30) <= ws_clock(CLOCK_REALTIME));
	CHECK(ws_timer_set_full(inside->fd, ws_clock(CLOCK_REALTIME) + MS(30), 0, 0,
				WINSYNC_CLOCK_REALTIME | WINSYNC_TIMER_ABSOLUTE,
				-1) == 0);
	CHECK(ws_wait(inside->fd, WINSYNC_FOREVER) == 0);
	CHECK(begin + MS(60) <= ws_clock(CLOCK_REALTIME));
	CHECK(ws_clock(CLOCK_REALTIME) < begin + 60 * WS_NSEC_PER_SEC);
	return 0;
}

TEST_F(time_namespace, relative_and_realtime_are_not_shifted)
{
	EXPECT_EQ(0, run_inside(INSIDE(others_are_not_shifted)));
}

static int wait_deadline(const struct inside *inside)
{
	struct winsync_wait_args args = {
		.deadline = ws_clock(inside->clock) + MS(200), .flags = inside->flag,
		.alert = -1,
	};
	int fds[2] = { inside->fd, ws_event(0, 0) };
	struct winsync_wait_multiple_args several = {
		.fds = (uintptr_t)fds, .count = 2, .flags = inside->flag,
		.alert = -1,
	};
	unsigned int i;

	CHECK(ws_ioctl(inside->fd, WINSYNC_IOC_WAIT, &args) == -ETIMEDOUT);
	CHECK(args.deadline <= ws_clock(inside->clock));
	CHECK(ws_clock(inside->clock) < args.deadline + 60 * WS_NSEC_PER_SEC);
	args.deadline = ws_clock(inside->clock) - 1;
	CHECK(ws_ioctl(inside->fd, WINSYNC_IOC_WAIT, &args) == -ETIMEDOUT);
	for (i = 0; i < 2; i++) {
		several.deadline = ws_clock(inside->clock) + MS(100);
		CHECK(ws_ioctl(ws_device(), i ? WINSYNC_IOC_WAIT_ALL :
						WINSYNC_IOC_WAIT_ANY,
			       &several) == -ETIMEDOUT);
		CHECK(several.deadline <= ws_clock(inside->clock));
		CHECK(ws_clock(inside->clock) <
		      several.deadline + 60 * WS_NSEC_PER_SEC);
	}
	return 0;
}

TEST_F(time_namespace, wt5_deadlines_are_on_the_clock_inside)
{
	EXPECT_EQ(0, run_inside(INSIDE(wait_deadline)));
}

/* --- what is told about the past --------------------------------------- */

/* A namespace, an object in it, who waits for that, and between when they came. */
struct born {
	char name[64];
	int ns;
	int event;
	struct ws_sleeper sleeper;
	uint64_t made[2];	/* on CLOCK_BOOTTIME */
	uint64_t slept[2];	/* on CLOCK_MONOTONIC */
};

/*
 * The earliest point on CLOCK_BOOTTIME that may be noted of what is done now: the
 * module looks at the clock that only moves with the kernel's ticks.
 */
static uint64_t last_tick(void)
{
	uint64_t tick = ws_clock(CLOCK_MONOTONIC_COARSE);
	uint64_t now = ws_clock(CLOCK_BOOTTIME);

	return now - (ws_clock(CLOCK_MONOTONIC) - tick);
}

static int make(struct born *born)
{
	ws_unique_name(born->name, sizeof(born->name), "born");
	born->made[0] = last_tick();
	born->ns = ws_ns(born->name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	born->event = ws_named(born->ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	born->made[1] = ws_clock(CLOCK_BOOTTIME);
	CHECK(born->ns >= 0 && born->event >= 0);
	born->sleeper = WS_SLEEPER(.fd = born->event);
	born->slept[0] = ws_clock(CLOCK_MONOTONIC);
	CHECK(ws_sleeper_queue(&born->sleeper, born->event, 1) == 0);
	born->slept[1] = ws_clock(CLOCK_MONOTONIC);
	return 0;
}

static int unmake(struct born *born)
{
	CHECK(ws_event_set(born->event) == 0);
	CHECK(ws_sleeper_join(&born->sleeper) == 0);
	close(born->event);
	close(born->ns);
	return 0;
}

/* A time on a clock that is ahead of another; nothing was before it began. */
static uint64_t shifted(uint64_t time, int64_t by)
{
	return (int64_t)time + by < 0 ? 0 : time + by;
}

static bool between(uint64_t time, const uint64_t *ends, int64_t by)
{
	return time >= shifted(ends[0], by) && time <= shifted(ends[1], by);
}

/* All that is told of it, on clocks that are ahead of those it was made by. */
static int is_told(const struct born *born, int64_t boottime, int64_t monotonic)
{
	struct winsync_waiter waiter = { 0 };
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)&waiter, .count = 1,
	};
	struct winsync_list_entry entry;
	struct winsync_stat stat;

	CHECK(ws_stat(born->event, &stat) == 0);
	CHECK(between(stat.created, born->made, boottime));
	CHECK(ws_stat(born->ns, &stat) == 0);
	CHECK(between(stat.created, born->made, boottime));
	CHECK(ws_list_find(born->ns, "event", 0, &entry) == 1);
	CHECK(between(entry.created, born->made, boottime));
	CHECK(ws_list_find(ws_device(), born->name, WINSYNC_TYPE_NAMESPACE,
			   &entry) == 1);
	CHECK(between(entry.created, born->made, boottime));
	CHECK(ws_ioctl(born->event, WINSYNC_IOC_WAITERS, &args) == 0);
	CHECK(args.count == 1);
	CHECK(between(waiter.since, born->slept, monotonic));
	return 0;
}

static int64_t ahead_on(const struct inside *inside, clockid_t clock)
{
	return inside->clock == clock ? inside->ahead * (int64_t)WS_NSEC_PER_SEC : 0;
}

/* What was made before, outside, and what is made now. */
static int is_told_inside(const struct inside *inside)
{
	struct born born;

	CHECK(is_told(inside->born, ahead_on(inside, CLOCK_BOOTTIME),
		      ahead_on(inside, CLOCK_MONOTONIC)) == 0);
	CHECK(make(&born) == 0);
	CHECK(is_told(&born, 0, 0) == 0);
	CHECK(unmake(&born) == 0);
	return 0;
}

TEST_F(time_namespace, created_and_since_are_on_the_clocks_inside)
{
	struct inside inside = *INSIDE(is_told_inside);
	struct born born;

	ASSERT_EQ(0, make(&born));
	inside.born = &born;
	EXPECT_EQ(0, is_told(&born, 0, 0));
	EXPECT_EQ(0, run_inside(&inside));
	EXPECT_EQ(0, unmake(&born));
}

/* Inside, the clock begins when the object has been there for some time: it shows 0. */
TEST_F(time_namespace, what_is_older_than_the_clock_is_of_its_beginning)
{
	struct inside inside = *INSIDE(is_told_inside);
	struct born born;
	uint64_t now;

	ASSERT_EQ(0, make(&born));
	inside.born = &born;
	do {
		ws_sleep_ms(10);
		now = ws_clock(variant->clock) / WS_NSEC_PER_SEC;
	} while (now <= born.made[1] / WS_NSEC_PER_SEC ||
		 now <= born.slept[1] / WS_NSEC_PER_SEC);
	inside.ahead = -(int)now;
	EXPECT_EQ(0, run_inside(&inside));
	EXPECT_EQ(0, unmake(&born));
}

/* Forever, and never, are so in every namespace. */
static int never(const struct inside *inside)
{
	CHECK(ws_timer_set_full(inside->fd, INT64_MAX, 0, 0, inside->flag |
				WINSYNC_TIMER_ABSOLUTE, -1) == 0);
	ws_sleep_ms(WS_GLANCE_MS);
	CHECK(ws_try(inside->fd) == -ETIMEDOUT);
	return 0;
}

TEST_F(time_namespace, tm28_never)
{
	EXPECT_EQ(0, run_inside(INSIDE(never)));
}

TEST_HARNESS_MAIN
