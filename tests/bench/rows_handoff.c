// SPDX-License-Identifier: GPL-2.0-only
/* Two threads or processes that wake each other; an iteration is a round trip. */
#include <sys/epoll.h>

#include "peers.h"
#include "team.h"

static const struct event_ops *ops(const struct run *run)
{
	return &event_ops[run->peer];
}

static bool stopping(const struct run *run)
{
	return __atomic_load_n(run->stop, __ATOMIC_SEQ_CST);
}

/* The partner sleeps on o[0]. */
static void stop_partner(struct run *run)
{
	if (run->helper_count) {
		__atomic_store_n(run->stop, true, __ATOMIC_SEQ_CST);
		ops(run)->set(&run->o[0]);
		helpers_join(run);
	}
	for (int i = 0; i < 2; i++)
		if (run->epfd[i] >= 0)
			close(run->epfd[i]);
	run_close_objects(run);
}

static int open_autos(struct run *run, int count)
{
	for (int i = 0; i < count; i++)
		if (ops(run)->open(run, &run->o[i], false, false))
			return -1;
	return 0;
}

/* ---- ping-pong ---- */

static void pong(struct run *run, int index)
{
	(void)index;
	for (;;) {
		ops(run)->wait(&run->o[0]);
		if (stopping(run))
			return;
		ops(run)->set(&run->o[1]);
	}
}

static int setup_threads(struct run *run)
{
	if (open_autos(run, 2))
		return -1;
	helpers_start(run, 1, pong);
	return 0;
}

static int setup_processes(struct run *run)
{
	run->processes = true;
	return setup_threads(run);
}

static void ping(struct run *run, uint64_t n)
{
	while (n--) {
		ops(run)->set(&run->o[0]);
		ops(run)->wait(&run->o[1]);
	}
}

/* ---- ping-pong by signal-and-wait ---- */

static void saw_pong(struct run *run, int index)
{
	(void)index;
	ops(run)->wait(&run->o[0]);
	while (!stopping(run))
		ops(run)->signal_and_wait(&run->o[1], &run->o[0]);
}

static int setup_saw(struct run *run)
{
	if (open_autos(run, 2))
		return -1;
	helpers_start(run, 1, saw_pong);
	return 0;
}

static int setup_saw_processes(struct run *run)
{
	run->processes = true;
	return setup_saw(run);
}

static void saw_ping(struct run *run, uint64_t n)
{
	while (n--)
		ops(run)->signal_and_wait(&run->o[0], &run->o[1]);
}

/* ---- ping-pong, the answer is the last of many objects ---- */

static void later_pong(struct run *run, int index)
{
	(void)index;
	for (;;) {
		ops(run)->wait(&run->o[0]);
		if (stopping(run))
			return;
		ops(run)->set(&run->o[run->count]);
	}
}

/* fds[] are o[1] to o[count]; the last is auto-reset, the others manual. */
static int setup_later(struct run *run, bool signaled)
{
	int width = run->param;

	if (run->peer == PEER_NTSYNC && width > NT_MAX_WAIT)
		return skip(run, "ntsync waits for %d objects at most", NT_MAX_WAIT);
	if (ops(run)->open(run, &run->o[0], false, false))
		return -1;
	for (int i = 1; i <= width; i++) {
		bool last = i == width;

		if (ops(run)->open(run, &run->o[i], !last, signaled && !last))
			return -1;
		run->fds[i - 1] = run->o[i].fd;
	}
	run->count = width;
	helpers_start(run, 1, later_pong);
	return 0;
}

static int setup_later_any(struct run *run)
{
	return setup_later(run, false);
}

static int setup_later_all(struct run *run)
{
	return setup_later(run, true);
}

static void ws_later(struct run *run, uint64_t n, unsigned long cmd)
{
	while (n--) {
		ws_set(run->o[0].fd);
		ws_multiple(cmd, run->fds, run->count, WINSYNC_FOREVER);
	}
}

static void ws_later_any(struct run *run, uint64_t n)
{
	ws_later(run, n, WINSYNC_IOC_WAIT_ANY);
}

static void ws_later_all(struct run *run, uint64_t n)
{
	ws_later(run, n, WINSYNC_IOC_WAIT_ALL);
}

static void nt_later(struct run *run, uint64_t n, unsigned long cmd)
{
	while (n--) {
		nt_set(run->o[0].fd);
		if (nt_multiple(cmd, run->fds, run->count, UINT64_MAX, 0) < 0)
			die_errno("ntsync wait for several");
	}
}

static void nt_later_any(struct run *run, uint64_t n)
{
	nt_later(run, n, NT_WAIT_ANY);
}

static void nt_later_all(struct run *run, uint64_t n)
{
	nt_later(run, n, NT_WAIT_ALL);
}

static void efd_later_any(struct run *run, uint64_t n)
{
	struct pollfd p[MAX_OBJECTS];

	for (int i = 0; i < run->count; i++)
		p[i] = (struct pollfd) { .fd = run->fds[i], .events = POLLIN };
	while (n--) {
		efd_add(run->o[0].fd, 1);
		if (poll(p, run->count, -1) < 1)
			die_errno("poll");
		efd_take(run->fds[run->count - 1]);
	}
}

/* ---- alert ---- */

/* o[0] is the alert, o[1] the answer, o[2] is never set. */
static void alert_pong(struct run *run, int index)
{
	struct pollfd p[2] = {
		{ .fd = run->o[2].fd, .events = POLLIN },
		{ .fd = run->o[0].fd, .events = POLLIN },
	};

	(void)index;
	for (;;) {
		if (run->peer == PEER_WINSYNC) {
			if (ws_try(run->o[2].fd, WINSYNC_FOREVER, run->o[0].fd) !=
			    (1 | WINSYNC_WAIT_ALERTED))
				die("not alerted");
		} else if (run->peer == PEER_NTSYNC) {
			if (nt_try(run->o[2].fd, UINT64_MAX, run->o[0].fd) != 1)
				die("not alerted");
		} else {
			if (poll(p, 2, -1) != 1)
				die_errno("poll");
			efd_take(run->o[0].fd);
		}
		if (stopping(run))
			return;
		ops(run)->set(&run->o[1]);
	}
}

static int setup_alert(struct run *run)
{
	if (open_autos(run, 3))
		return -1;
	helpers_start(run, 1, alert_pong);
	return 0;
}

/* ---- ping-pong through epoll ---- */

static void epoll_take(struct run *run, int which)
{
	struct epoll_event e;

	if (epoll_wait(run->epfd[which], &e, 1, -1) != 1)
		die_errno("epoll_wait");
	ops(run)->wait(&run->o[which]);
}

static void epoll_pong(struct run *run, int index)
{
	(void)index;
	for (;;) {
		epoll_take(run, 0);
		if (stopping(run))
			return;
		ops(run)->set(&run->o[1]);
	}
}

static int setup_epoll(struct run *run)
{
	struct epoll_event e = { .events = EPOLLIN };

	if (open_autos(run, 2))
		return -1;
	for (int i = 0; i < 2; i++) {
		run->epfd[i] = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_ctl(run->epfd[i], EPOLL_CTL_ADD, run->o[i].fd, &e) < 0)
			return skip(run, "not pollable");
	}
	helpers_start(run, 1, epoll_pong);
	return 0;
}

static void epoll_ping(struct run *run, uint64_t n)
{
	while (n--) {
		ops(run)->set(&run->o[0]);
		epoll_take(run, 1);
	}
}

#define IMPL(setup_name, loop_name)	{ setup_name, loop_name, stop_partner }
#define ALL_PEERS	(BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD) | \
			 BIT(PEER_FUTEX) | BIT(PEER_SEM) | BIT(PEER_PTHREAD) |	    \
			 BIT(PEER_UNIX))

const struct row handoff_rows[] = {
	{
		.name = "pingpong-threads",
		.what = "two threads, two auto events, one processor",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = ALL_PEERS,
		.common = IMPL(setup_threads, ping),
	},
	{
		.name = "pingpong-threads-split",
		.what = "the same on two processors",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.peers = ALL_PEERS,
		.common = IMPL(setup_threads, ping),
	},
	{
		.name = "pingpong-processes",
		.what = "two processes, two auto events, one processor",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = ALL_PEERS,
		.common = IMPL(setup_processes, ping),
	},
	{
		.name = "pingpong-processes-split",
		.what = "the same on two processors",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.peers = ALL_PEERS,
		.common = IMPL(setup_processes, ping),
	},
	{
		.name = "saw-threads",
		.what = "two threads, signal-and-wait where a peer has it, one processor",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = ALL_PEERS,
		.common = IMPL(setup_saw, saw_ping),
	},
	{
		.name = "saw-threads-split",
		.what = "the same on two processors",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.peers = ALL_PEERS,
		.common = IMPL(setup_saw, saw_ping),
	},
	{
		.name = "saw-processes",
		.what = "two processes, signal-and-wait where a peer has it, one processor",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = ALL_PEERS,
		.common = IMPL(setup_saw_processes, saw_ping),
	},
	{
		.name = "wait-any-later",
		.what = "ping-pong, the answer is the last of PARAM awaited events",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = { 1, 2, 8, 32, 64, 256 },
		.quick_params = { 1, 8, 64 },
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_later_any, ws_later_any),
			[PEER_NTSYNC] = IMPL(setup_later_any, nt_later_any),
			[PEER_EVENTFD] = IMPL(setup_later_any, efd_later_any),
		},
	},
	{
		.name = "wait-all-later",
		.what = "ping-pong, the answer completes a wait for all of PARAM events",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = { 2, 8, 64 },
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_later_all, ws_later_all),
			[PEER_NTSYNC] = IMPL(setup_later_all, nt_later_all),
		},
	},
	{
		.name = "alert",
		.what = "ping-pong, one way is the alert of a wait",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD),
		.common = IMPL(setup_alert, ping),
	},
	{
		.name = "epoll-pingpong",
		.what = "ping-pong, both sides sleep in epoll_wait and then consume",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_EVENTFD),
		.common = IMPL(setup_epoll, epoll_ping),
	},
};

const int handoff_row_count = ARRAY_SIZE(handoff_rows);
