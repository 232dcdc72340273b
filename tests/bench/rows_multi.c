// SPDX-License-Identifier: GPL-2.0-only
/* Waits for several objects, and what they do to others. */
#include <string.h>

#include "peers.h"
#include "team.h"

static int open_events(struct run *run, int count)
{
	for (int i = 0; i < count; i++) {
		if (event_ops[run->peer].open(run, &run->o[i], true, false))
			return -1;
		run->fds[i] = run->o[i].fd;
	}
	run->count = count;
	return 0;
}

static int check_width(struct run *run)
{
	if (run->peer == PEER_NTSYNC && run->param > NT_MAX_WAIT)
		return skip(run, "ntsync waits for %d objects at most", NT_MAX_WAIT);
	if (run->peer == PEER_FUTEX && run->param > FUTEX_WAITV_MAX)
		return skip(run, "futex_waitv takes %d at most", FUTEX_WAITV_MAX);
	return 0;
}

static int setup_first(struct run *run)
{
	if (check_width(run) || open_events(run, run->param))
		return -1;
	event_ops[run->peer].set(&run->o[0]);
	return 0;
}

static int setup_last(struct run *run)
{
	if (check_width(run) || open_events(run, run->param))
		return -1;
	event_ops[run->peer].set(&run->o[run->param - 1]);
	return 0;
}

static int setup_all(struct run *run)
{
	if (check_width(run) || open_events(run, run->param))
		return -1;
	for (int i = 0; i < run->param; i++)
		event_ops[run->peer].set(&run->o[i]);
	return 0;
}

static void ws_any(struct run *run, uint64_t n)
{
	while (n--)
		ws_multiple(WINSYNC_IOC_WAIT_ANY, run->fds, run->count, WINSYNC_FOREVER);
}

static void ws_all(struct run *run, uint64_t n)
{
	while (n--)
		ws_multiple(WINSYNC_IOC_WAIT_ALL, run->fds, run->count, WINSYNC_FOREVER);
}

static void nt_loop(struct run *run, uint64_t n, unsigned long cmd)
{
	while (n--)
		if (nt_multiple(cmd, run->fds, run->count, UINT64_MAX, 0) < 0)
			die_errno("ntsync wait for several");
}

static void nt_any(struct run *run, uint64_t n)
{
	nt_loop(run, n, NT_WAIT_ANY);
}

static void nt_all(struct run *run, uint64_t n)
{
	nt_loop(run, n, NT_WAIT_ALL);
}

static void efd_any(struct run *run, uint64_t n)
{
	struct pollfd p[MAX_OBJECTS];

	for (int i = 0; i < run->count; i++)
		p[i] = (struct pollfd) { .fd = run->fds[i], .events = POLLIN };
	while (n--)
		if (poll(p, run->count, -1) < 1)
			die_errno("poll");
}

/* A word that is not 0 any more makes futex_waitv return at once. */
static void fx_any(struct run *run, uint64_t n)
{
	struct futex_waitv v[FUTEX_WAITV_MAX];

	memset(v, 0, sizeof(v));
	for (int i = 0; i < run->count; i++) {
		v[i].uaddr = (uintptr_t)run->o[i].mem;
		v[i].flags = FUTEX_32;
	}
	while (n--)
		if (syscall(SYS_futex_waitv, v, run->count, 0, NULL, 0) >= 0 ||
		    errno != EAGAIN)
			die_errno("futex_waitv");
}

/* ---- the cross-effect ---- */

#define CROSS_WAITERS	8

/*
 * o[0] is operated on. The waiters wait for all of o[0] and o[1]; undisturbed
 * (parameter 1) means that the one waiter there is waits for o[1] and o[2].
 */
static void cross_waiter(struct run *run, int index)
{
	const int *fds = run->fds + (run->param == 1);

	(void)index;
	if (run->peer == PEER_WINSYNC)
		ws_multiple(WINSYNC_IOC_WAIT_ALL, fds, 2, WINSYNC_FOREVER);
	else if (nt_multiple(NT_WAIT_ALL, fds, 2, UINT64_MAX, 0) < 0)
		die_errno("ntsync wait for all");
}

static int setup_cross(struct run *run)
{
	if (open_events(run, 3))
		return -1;
	helpers_start(run, run->param == 1 ? 1 : run->param - 1, cross_waiter);
	usleep(20000);
	return 0;
}

static void teardown_cross(struct run *run)
{
	for (int i = 0; i < 3; i++)
		event_ops[run->peer].set(&run->o[i]);
	helpers_join(run);
	run_close_objects(run);
}

static void ws_cross_set(struct run *run, uint64_t n)
{
	int fd = run->o[0].fd;

	while (n--) {
		ws_set(fd);
		ws_reset(fd);
	}
}

static void nt_cross_set(struct run *run, uint64_t n)
{
	int fd = run->o[0].fd;

	while (n--) {
		nt_set(fd);
		nt_reset(fd);
	}
}

static void ws_cross_fail(struct run *run, uint64_t n)
{
	while (n--)
		if (ws_try(run->o[0].fd, 0, -1) >= 0)
			die("the event was signaled");
}

static void nt_cross_fail(struct run *run, uint64_t n)
{
	while (n--)
		if (nt_try(run->o[0].fd, 0, 0) >= 0)
			die("the event was signaled");
}

static void ws_cross_query(struct run *run, uint64_t n)
{
	struct winsync_event_state state;

	while (n--)
		if (ioctl(run->o[0].fd, WINSYNC_IOC_EVENT_QUERY, &state) < 0)
			die_errno("query");
}

static void nt_cross_query(struct run *run, uint64_t n)
{
	struct nt_event_args state;

	while (n--)
		if (ioctl(run->o[0].fd, NT_EVENT_READ, &state) < 0)
			die_errno("query");
}

#define IMPL(setup_name, loop_name)	\
	{ .setup = (setup_name), .loop = (loop_name), .teardown = run_close_objects }
#define CROSS(loop_name)		{ setup_cross, loop_name, teardown_cross }
#define WIDTHS_ANY			{ 1, 2, 8, 32, 64, 256 }
#define WIDTHS_ALL			{ 2, 8, 64 }
#define CROSS_PARAMS			{ 1, 2, 1 + CROSS_WAITERS }

const struct row multi_rows[] = {
	{
		.name = "wait-any-first",
		.what = "wait for any of PARAM manual events, the first is signaled",
		.flags = ROW_MT | ROW_COUNTED,
		.params = WIDTHS_ANY,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_first, ws_any),
			[PEER_NTSYNC] = IMPL(setup_first, nt_any),
			[PEER_EVENTFD] = IMPL(setup_first, efd_any),
			[PEER_FUTEX] = IMPL(setup_first, fx_any),
		},
	},
	{
		.name = "wait-any-last",
		.what = "wait for any of PARAM manual events, the last is signaled",
		.flags = ROW_MT | ROW_COUNTED,
		.params = WIDTHS_ANY,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_last, ws_any),
			[PEER_NTSYNC] = IMPL(setup_last, nt_any),
			[PEER_EVENTFD] = IMPL(setup_last, efd_any),
			[PEER_FUTEX] = IMPL(setup_last, fx_any),
		},
	},
	{
		.name = "wait-all",
		.what = "wait for all of PARAM manual events, all are signaled",
		.flags = ROW_MT | ROW_COUNTED,
		.params = WIDTHS_ALL,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_all, ws_all),
			[PEER_NTSYNC] = IMPL(setup_all, nt_all),
		},
	},
	{
		.name = "cross-set-reset",
		.what = "set, reset of an event; PARAM-1 threads wait for all of it and one more",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = CROSS_PARAMS,
		.impl = {
			[PEER_WINSYNC] = CROSS(ws_cross_set),
			[PEER_NTSYNC] = CROSS(nt_cross_set),
		},
	},
	{
		.name = "cross-wait-fail",
		.what = "failing zero wait, likewise",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = CROSS_PARAMS,
		.impl = {
			[PEER_WINSYNC] = CROSS(ws_cross_fail),
			[PEER_NTSYNC] = CROSS(nt_cross_fail),
		},
	},
	{
		.name = "cross-query",
		.what = "query, likewise",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = CROSS_PARAMS,
		.impl = {
			[PEER_WINSYNC] = CROSS(ws_cross_query),
			[PEER_NTSYNC] = CROSS(nt_cross_query),
		},
	},
};

const int multi_row_count = ARRAY_SIZE(multi_rows);
