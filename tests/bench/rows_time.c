// SPDX-License-Identifier: GPL-2.0-only
/* Timers and timeouts. */
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#include "peers.h"
#include "team.h"

#define HOUR_S		3600
#define SHORT_NS	200000
#define EXPIRIES	25

static void expect(bool ok, const char *what)
{
	if (!ok)
		die_errno(what);
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec) { ns / 1000000000, ns % 1000000000 };
}

/* ---- set and cancel ---- */

static int new_timer(const struct run *run)
{
	return run->peer == PEER_WINSYNC ? ws_timer(false) :
	       timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

static int setup_timer(struct run *run)
{
	run->o[0].fd = new_timer(run);
	return run->o[0].fd < 0 ? skip(run, "creation failed, errno %d", errno) : 0;
}

static void ws_set_timer(int fd, uint64_t due, uint32_t flags)
{
	struct winsync_timer_set_args args = { .due = due, .flags = flags, .alert = -1 };

	expect(ioctl(fd, WINSYNC_IOC_TIMER_SET, &args) >= 0, "timer set");
}

static void ws_set_cancel(struct run *run, uint64_t n)
{
	while (n--) {
		ws_set_timer(run->o[0].fd, HOUR_S * 1000000000ULL, 0);
		ws_void(run->o[0].fd, WINSYNC_IOC_TIMER_CANCEL);
	}
}

static void tfd_set_cancel(struct run *run, uint64_t n)
{
	struct itimerspec hour = { .it_value.tv_sec = HOUR_S }, never = { };

	while (n--) {
		expect(timerfd_settime(run->o[0].fd, 0, &hour, NULL) == 0, "timerfd");
		expect(timerfd_settime(run->o[0].fd, 0, &never, NULL) == 0, "timerfd");
	}
}

/* ---- many ---- */

static void arm(const struct run *run, int fd, uint64_t due)
{
	struct itimerspec value = { .it_value = to_timespec(due) };

	if (run->peer == PEER_WINSYNC)
		ws_set_timer(fd, due, WINSYNC_TIMER_ABSOLUTE);
	else
		expect(timerfd_settime(fd, TFD_TIMER_ABSTIME, &value, NULL) == 0,
		       "timerfd");
}

/* PARAM timers besides the one of setup_timer(). */
static int setup_many(struct run *run)
{
	int *fds = calloc(run->param, sizeof(*fds));

	if (!fds)
		die("out of memory");
	run->priv = fds;
	for (run->count = 0; run->count < run->param; run->count++) {
		fds[run->count] = new_timer(run);
		if (fds[run->count] < 0)
			return skip(run, "creation failed, errno %d", errno);
	}
	return setup_timer(run);
}

static void teardown_many(struct run *run)
{
	int *fds = run->priv;

	for (int i = 0; i < run->count; i++)
		close(fds[i]);
	free(fds);
	run->priv = NULL;
	run_close_objects(run);
}

/* They are due around what setting and canceling is for. */
static int setup_among(struct run *run)
{
	int *fds;

	if (setup_many(run))
		return -1;
	fds = run->priv;
	for (int i = 0; i < run->count; i++)
		arm(run, fds[i], monotonic_ns() + HOUR_S * 1000000000ULL / run->count *
					      (2 * i));
	return 0;
}

/*
 * All expire in one interrupt, in which the clock stands still for us: the first
 * look at it that is past the due time tells how long that was.
 */
static void loop_expire(struct run *run, uint64_t n)
{
	static uint64_t ahead = 20000000;
	int *fds = run->priv;
	uint64_t due, now;

	(void)n;
	for (;;) {
		due = monotonic_ns() + ahead;
		for (int i = 0; i < run->count; i++)
			arm(run, fds[i], due);
		if (monotonic_ns() + ahead / 4 < due)
			break;
		ahead *= 2;
	}
	do {
		now = monotonic_ns();
	} while (now < due);
	run->value[0] = (double)(now - due) / run->count;
}

/* ---- how late ---- */

typedef void (*sleep_until)(struct run *run, uint64_t deadline);

static void sample_lateness(struct run *run, sleep_until sleep)
{
	double late[EXPIRIES];

	for (int i = 0; i < EXPIRIES; i++) {
		uint64_t deadline = monotonic_ns() + SHORT_NS;

		sleep(run, deadline);
		late[i] = (double)(int64_t)(monotonic_ns() - deadline);
		if (late[i] < 0)
			die("woken %g ns early", -late[i]);
	}
	run->value[0] = summarize(late, EXPIRIES).median;
}

static void ws_timer_sleep(struct run *run, uint64_t deadline)
{
	ws_set_timer(run->o[0].fd, deadline, WINSYNC_TIMER_ABSOLUTE);
	ws_wait(run->o[0].fd);
}

static void tfd_timer_sleep(struct run *run, uint64_t deadline)
{
	struct itimerspec due = { .it_value = to_timespec(deadline) };

	expect(timerfd_settime(run->o[0].fd, TFD_TIMER_ABSTIME, &due, NULL) == 0,
	       "timerfd");
	efd_take(run->o[0].fd);
}

static void loop_timer_late(struct run *run, uint64_t n)
{
	(void)n;
	sample_lateness(run, run->peer == PEER_WINSYNC ? ws_timer_sleep
						       : tfd_timer_sleep);
}

static int setup_event(struct run *run)
{
	return event_ops[run->peer].open(run, &run->o[0], false, false);
}

static void timeout_sleep(struct run *run, uint64_t deadline)
{
	struct timespec ts = to_timespec(deadline);
	struct pt_event *e = run->o[0].mem;
	struct pollfd p = { .fd = run->o[0].fd, .events = POLLIN };

	switch (run->peer) {
	case PEER_WINSYNC:
		expect(ws_try(run->o[0].fd, deadline, -1) < 0 && errno == ETIMEDOUT,
		       "wait");
		break;
	case PEER_NTSYNC:
		expect(nt_try(run->o[0].fd, deadline, 0) < 0 && errno == ETIMEDOUT,
		       "wait");
		break;
	case PEER_EVENTFD:
		ts = to_timespec(SHORT_NS);
		expect(ppoll(&p, 1, &ts, NULL) == 0, "ppoll");
		break;
	case PEER_FUTEX:
		expect(syscall(SYS_futex, run->o[0].mem, FUTEX_WAIT_BITSET, 0, &ts,
			       NULL, FUTEX_BITSET_MATCH_ANY) < 0 && errno == ETIMEDOUT,
		       "futex");
		break;
	case PEER_SEM:
		expect(sem_clockwait(run->o[0].mem, CLOCK_MONOTONIC, &ts) < 0 &&
		       errno == ETIMEDOUT, "sem_clockwait");
		break;
	default:
		pt_lock(&e->mutex);
		expect(pthread_cond_clockwait(&e->cond, &e->mutex, CLOCK_MONOTONIC,
					      &ts) == ETIMEDOUT, "condition");
		pt_unlock(&e->mutex);
	}
}

static void loop_timeout_late(struct run *run, uint64_t n)
{
	(void)n;
	sample_lateness(run, timeout_sleep);
}

#define IMPL(setup_name, loop_name)	\
	{ .setup = (setup_name), .loop = (loop_name), .teardown = run_close_objects }

const struct row time_rows[] = {
	{
		.name = "timer-set-cancel",
		.what = "set a timer to an hour from now, cancel it",
		.flags = ROW_MT | ROW_COUNTED,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_timer, ws_set_cancel),
			[PEER_TIMERFD] = IMPL(setup_timer, tfd_set_cancel),
		},
	},
	{
		.name = "timer-set-among",
		.what = "the same while PARAM others are set",
		.flags = ROW_COUNTED,
		.params = { 1000, 10000 },
		.quick_params = { 1000 },
		.impl = {
			[PEER_WINSYNC] = { setup_among, ws_set_cancel, teardown_many },
			[PEER_TIMERFD] = { setup_among, tfd_set_cancel, teardown_many },
		},
	},
	{
		.name = "timer-expire",
		.what = "PARAM timers expire at one moment: the interrupt's time for each",
		.flags = ROW_SAMPLED | ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = { 1, 100, 1000 },
		.metrics = { "each" },
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_TIMERFD),
		.common = { setup_many, loop_expire, teardown_many },
	},
	{
		.name = "timer-late",
		.what = "a timer in 200 us: from its due time to the return of the wait",
		.flags = ROW_SAMPLED,
		.placement = PLACE_SAME,
		.metrics = { "late" },
		.units = { "ns" },
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_TIMERFD),
		.common = IMPL(setup_timer, loop_timer_late),
	},
	{
		.name = "timeout-late",
		.what = "a timeout missed after 200 us: from the deadline to the return",
		.flags = ROW_SAMPLED,
		.placement = PLACE_SAME,
		.metrics = { "late" },
		.units = { "ns" },
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD) |
			 BIT(PEER_FUTEX) | BIT(PEER_SEM) | BIT(PEER_PTHREAD),
		.common = IMPL(setup_event, loop_timeout_late),
	},
};

const int time_row_count = ARRAY_SIZE(time_rows);
