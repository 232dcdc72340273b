// SPDX-License-Identifier: GPL-2.0-only
/* Uncontended operations: one thread, nobody waits. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "peers.h"

#define FLAGS	(ROW_MT | ROW_COUNTED)

/* fd and mem are the run's only object. */
#define LOOP(name, body)						\
	static void name(struct run *run, uint64_t n)			\
	{								\
		const int fd __attribute__((unused)) = run->o[0].fd;	\
		void *const mem __attribute__((unused)) = run->o[0].mem;	\
									\
		while (n--) {						\
			body;						\
		}							\
	}

static uint64_t far_future(void)
{
	return monotonic_ns() + 3600ULL * 1000000000;
}

static void expect(bool ok, const char *what)
{
	if (!ok)
		die_errno(what);
}

static int open_event(struct run *run, bool manual, bool signaled)
{
	if (run->peer == PEER_UNIX) {
		run->priv = ux_start(manual, signaled);
		run->o[0].mem = run->priv;
		return 0;
	}
	return event_ops[run->peer].open(run, &run->o[0], manual, signaled);
}

static int setup_auto(struct run *run)
{
	return open_event(run, false, false);
}

static int setup_manual(struct run *run)
{
	return open_event(run, true, false);
}

static int setup_ready(struct run *run)
{
	return open_event(run, true, true);
}

static int setup_mutex(struct run *run)
{
	if (run->peer == PEER_UNIX)
		return open_event(run, false, true);
	return mutex_ops[run->peer].open(run, &run->o[0], 0);
}

static int setup_owned(struct run *run)
{
	if (setup_mutex(run))
		return -1;
	mutex_ops[run->peer].acquire(&run->o[0]);
	return 0;
}

static int setup_sem(struct run *run)
{
	if (run->peer == PEER_UNIX)
		return setup_auto(run);
	return sem_ops[run->peer].open(run, &run->o[0], 0);
}

static int setup_nonblocking(struct run *run)
{
	if (setup_auto(run))
		return -1;
	return fcntl(run->o[0].fd, F_SETFL, O_NONBLOCK);
}

/* event-set-reset */
LOOP(ws_set_reset, ws_set(fd); ws_reset(fd))
LOOP(nt_set_reset, nt_set(fd); nt_reset(fd))
LOOP(efd_set_reset, efd_add(fd, 1); efd_take(fd))
LOOP(fx_set_reset, fx_set(mem); fx_reset(mem))
LOOP(pt_set_reset, pt_set(mem); pt_reset(mem))
LOOP(ux_set_reset, ux_call(mem, UX_GIVE, 0); ux_call(mem, UX_CLEAR, 0))

/* event-set-wait */
LOOP(ws_set_wait, ws_set(fd); ws_wait(fd))
LOOP(nt_set_wait, nt_set(fd); nt_wait(fd))
LOOP(fx_set_wait, fx_set(mem); fx_wait(mem))
LOOP(pt_set_wait, pt_set(mem); pt_wait(mem))
LOOP(ux_set_wait, ux_call(mem, UX_GIVE, 0); ux_call(mem, UX_TAKE, 0))

/* mutex-lock-unlock, mutex-recursive */
LOOP(ws_lock_unlock, ws_wait(fd); ws_unlock(fd))
LOOP(nt_lock_unlock, nt_wait(fd); nt_unlock(fd))
LOOP(fx_lock_unlock, fx_lock(mem); fx_unlock(mem))
LOOP(pt_lock_unlock, pt_lock(mem); pt_unlock(mem))
LOOP(ux_lock_unlock, ux_call(mem, UX_TAKE, 0); ux_call(mem, UX_GIVE, 0))

/* sem-release-wait */
LOOP(ws_release_wait, ws_release(fd, 1); ws_wait(fd))
LOOP(nt_release_wait, nt_release(fd, 1); nt_wait(fd))
LOOP(sem_release_wait, sem_post(mem); sem_wait(mem))
LOOP(fx_release_wait, fx_release(mem, 1); fx_wait(mem))

/* queries */
static void query(int fd, unsigned long cmd, void *state)
{
	expect(ioctl(fd, cmd, state) == 0, "query");
}

LOOP(ws_event_query,
     struct winsync_event_state s; query(fd, WINSYNC_IOC_EVENT_QUERY, &s))
LOOP(ws_mutex_query,
     struct winsync_mutex_state s; query(fd, WINSYNC_IOC_MUTEX_QUERY, &s))
LOOP(ws_sem_query,
     struct winsync_semaphore_state s; query(fd, WINSYNC_IOC_SEMAPHORE_QUERY, &s))
LOOP(nt_event_query, struct nt_event_args s; query(fd, NT_EVENT_READ, &s))
LOOP(nt_mutex_query, struct nt_mutex_args s; query(fd, NT_MUTEX_READ, &s))
LOOP(nt_sem_query, struct nt_sem_args s; query(fd, NT_SEM_READ, &s))
LOOP(sem_query, int value; sem_getvalue(mem, &value))
LOOP(ux_query, ux_call(mem, UX_PEEK, 0))

/* waits that succeed at once, and leave the object as it is */
LOOP(ws_ready, ws_wait(fd))
LOOP(nt_ready, nt_wait(fd))
LOOP(efd_ready, efd_poll(fd))
LOOP(ux_ready, ux_call(mem, UX_TAKE, 0))
LOOP(ws_ready_poll, expect(ws_try(fd, 0, -1) == 0, "wait"))
LOOP(nt_ready_poll, expect(nt_try(fd, 0, 0) == 0, "wait"))

static void ws_ready_timeout(struct run *run, uint64_t n)
{
	uint64_t deadline = far_future();

	while (n--)
		expect(ws_try(run->o[0].fd, deadline, -1) == 0, "wait");
}

static void nt_ready_timeout(struct run *run, uint64_t n)
{
	uint64_t deadline = far_future();

	while (n--)
		expect(nt_try(run->o[0].fd, deadline, 0) == 0, "wait");
}

static void efd_ready_timeout(struct run *run, uint64_t n)
{
	struct pollfd p = { .fd = run->o[0].fd, .events = POLLIN };

	while (n--)
		expect(poll(&p, 1, 3600 * 1000) == 1, "poll");
}

/* waits that fail at once */
LOOP(ws_fail, expect(ws_try(fd, 0, -1) < 0 && errno == ETIMEDOUT, "wait"))
LOOP(nt_fail, expect(nt_try(fd, 0, 0) < 0 && errno == ETIMEDOUT, "wait"))
LOOP(efd_fail, uint64_t v; expect(read(fd, &v, sizeof(v)) < 0 && errno == EAGAIN, "read"))
LOOP(sem_fail, expect(sem_trywait(mem) < 0, "sem_trywait"))
LOOP(fx_fail, expect(!fx_try_take(mem), "futex"))
LOOP(ux_fail, expect(!ux_call(mem, UX_TRY, 0), "server"))
LOOP(ws_fail_past, expect(ws_try(fd, 1, -1) < 0 && errno == ETIMEDOUT, "wait"))
LOOP(nt_fail_past, expect(nt_try(fd, 1, 0) < 0 && errno == ETIMEDOUT, "wait"))

/* create-close */
static void make_close(int fd)
{
	expect(fd >= 0, "creation");
	close(fd);
}

LOOP(ws_create_event, make_close(ws_event(false, false)))
LOOP(ws_create_mutex, make_close(ws_mutex()))
LOOP(ws_create_sem, make_close(ws_semaphore(0, 1)))
LOOP(ws_create_timer, make_close(ws_timer(false)))
LOOP(nt_create_event, make_close(nt_event(false, false)))
LOOP(nt_create_mutex, make_close(nt_mutex()))
LOOP(nt_create_sem, make_close(nt_semaphore(0, 1)))
LOOP(efd_create, make_close(eventfd(0, EFD_CLOEXEC)))
LOOP(efd_create_sem, make_close(eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE)))
LOOP(tfd_create, make_close(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)))

/* epoll-self: signal, learn of it from epoll, consume */
static int setup_epoll(struct run *run)
{
	struct epoll_event e = { .events = EPOLLIN };

	if (setup_auto(run))
		return -1;
	run->epfd[0] = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(run->epfd[0], EPOLL_CTL_ADD, run->o[0].fd, &e) < 0)
		return skip(run, "not pollable");
	return 0;
}

static void epoll_expect(struct run *run)
{
	struct epoll_event e;

	expect(epoll_wait(run->epfd[0], &e, 1, -1) == 1, "epoll_wait");
}

LOOP(ws_epoll, ws_set(fd); epoll_expect(run); ws_wait(fd))
LOOP(efd_epoll, efd_add(fd, 1); epoll_expect(run); efd_take(fd))

static void teardown_epoll(struct run *run)
{
	if (run->epfd[0] >= 0)
		close(run->epfd[0]);
	run_close_objects(run);
}

#define IMPL(setup_name, loop_name)	\
	{ .setup = (setup_name), .loop = (loop_name), .teardown = run_close_objects }
#define BARE(loop_name)			{ .loop = (loop_name) }

const struct row basic_rows[] = {
	{
		.name = "event-set-reset",
		.what = "manual event: set, reset",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_manual, ws_set_reset),
			[PEER_NTSYNC] = IMPL(setup_manual, nt_set_reset),
			[PEER_EVENTFD] = IMPL(setup_auto, efd_set_reset),
			[PEER_FUTEX] = IMPL(setup_manual, fx_set_reset),
			[PEER_PTHREAD] = IMPL(setup_manual, pt_set_reset),
			[PEER_UNIX] = IMPL(setup_manual, ux_set_reset),
		},
	},
	{
		.name = "event-set-wait",
		.what = "auto event: set, then the wait that consumes it",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_auto, ws_set_wait),
			[PEER_NTSYNC] = IMPL(setup_auto, nt_set_wait),
			[PEER_EVENTFD] = IMPL(setup_auto, efd_set_reset),
			[PEER_FUTEX] = IMPL(setup_auto, fx_set_wait),
			[PEER_SEM] = IMPL(setup_sem, sem_release_wait),
			[PEER_PTHREAD] = IMPL(setup_auto, pt_set_wait),
			[PEER_UNIX] = IMPL(setup_auto, ux_set_wait),
		},
	},
	{
		.name = "mutex-lock-unlock",
		.what = "free mutex: lock, unlock",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_mutex, ws_lock_unlock),
			[PEER_NTSYNC] = IMPL(setup_mutex, nt_lock_unlock),
			[PEER_FUTEX] = IMPL(setup_mutex, fx_lock_unlock),
			[PEER_PTHREAD] = IMPL(setup_mutex, pt_lock_unlock),
			[PEER_UNIX] = IMPL(setup_mutex, ux_lock_unlock),
		},
	},
	{
		.name = "mutex-recursive",
		.what = "mutex owned already: lock, unlock once more",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_owned, ws_lock_unlock),
			[PEER_NTSYNC] = IMPL(setup_owned, nt_lock_unlock),
			[PEER_PTHREAD] = IMPL(setup_owned, pt_lock_unlock),
		},
	},
	{
		.name = "sem-release-wait",
		.what = "semaphore at 0: release 1, acquire 1",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_sem, ws_release_wait),
			[PEER_NTSYNC] = IMPL(setup_sem, nt_release_wait),
			[PEER_EVENTFD] = IMPL(setup_sem, efd_set_reset),
			[PEER_FUTEX] = IMPL(setup_sem, fx_release_wait),
			[PEER_SEM] = IMPL(setup_sem, sem_release_wait),
			[PEER_UNIX] = IMPL(setup_sem, ux_set_wait),
		},
	},
	{
		.name = "event-query",
		.what = "query of an event",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_auto, ws_event_query),
			[PEER_NTSYNC] = IMPL(setup_auto, nt_event_query),
			[PEER_UNIX] = IMPL(setup_auto, ux_query),
		},
	},
	{
		.name = "mutex-query",
		.what = "query of a mutex one owns",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_owned, ws_mutex_query),
			[PEER_NTSYNC] = IMPL(setup_owned, nt_mutex_query),
		},
	},
	{
		.name = "sem-query",
		.what = "query of a semaphore",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_sem, ws_sem_query),
			[PEER_NTSYNC] = IMPL(setup_sem, nt_sem_query),
			[PEER_SEM] = IMPL(setup_sem, sem_query),
		},
	},
	{
		.name = "wait-ready",
		.what = "wait for one signaled manual event, without timeout",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_ready, ws_ready),
			[PEER_NTSYNC] = IMPL(setup_ready, nt_ready),
			[PEER_EVENTFD] = IMPL(setup_ready, efd_ready),
			[PEER_UNIX] = IMPL(setup_ready, ux_ready),
		},
	},
	{
		.name = "wait-ready-poll",
		.what = "the same with zero timeout",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_ready, ws_ready_poll),
			[PEER_NTSYNC] = IMPL(setup_ready, nt_ready_poll),
		},
	},
	{
		.name = "wait-ready-timeout",
		.what = "the same with a deadline in an hour (a timeout met)",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_ready, ws_ready_timeout),
			[PEER_NTSYNC] = IMPL(setup_ready, nt_ready_timeout),
			[PEER_EVENTFD] = IMPL(setup_ready, efd_ready_timeout),
		},
	},
	{
		.name = "wait-fail",
		.what = "wait for one unsignaled event with zero timeout",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_auto, ws_fail),
			[PEER_NTSYNC] = IMPL(setup_auto, nt_fail),
			[PEER_EVENTFD] = IMPL(setup_nonblocking, efd_fail),
			[PEER_FUTEX] = IMPL(setup_auto, fx_fail),
			[PEER_SEM] = IMPL(setup_sem, sem_fail),
			[PEER_UNIX] = IMPL(setup_auto, ux_fail),
		},
	},
	{
		.name = "wait-fail-past",
		.what = "the same with a deadline that has passed",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = IMPL(setup_auto, ws_fail_past),
			[PEER_NTSYNC] = IMPL(setup_auto, nt_fail_past),
		},
	},
	{
		.name = "create-close-event",
		.what = "create and close an unnamed event",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = BARE(ws_create_event),
			[PEER_NTSYNC] = BARE(nt_create_event),
			[PEER_EVENTFD] = BARE(efd_create),
		},
	},
	{
		.name = "create-close-mutex",
		.what = "create and close an unnamed mutex",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = BARE(ws_create_mutex),
			[PEER_NTSYNC] = BARE(nt_create_mutex),
		},
	},
	{
		.name = "create-close-sem",
		.what = "create and close an unnamed semaphore",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = BARE(ws_create_sem),
			[PEER_NTSYNC] = BARE(nt_create_sem),
			[PEER_EVENTFD] = BARE(efd_create_sem),
		},
	},
	{
		.name = "create-close-timer",
		.what = "create and close an unnamed timer",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = BARE(ws_create_timer),
			[PEER_TIMERFD] = BARE(tfd_create),
		},
	},
	{
		.name = "epoll-self",
		.what = "set, epoll_wait, consume, in one thread",
		.flags = FLAGS,
		.placement = PLACE_SAME,
		.impl = {
			[PEER_WINSYNC] = { setup_epoll, ws_epoll, teardown_epoll },
			[PEER_EVENTFD] = { setup_epoll, efd_epoll, teardown_epoll },
		},
	},
};

const int basic_row_count = ARRAY_SIZE(basic_rows);
