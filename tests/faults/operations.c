// SPDX-License-Identifier: GPL-2.0-only
/* What is done while something fails. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"

#define EVENT		WINSYNC_TYPE_EVENT
#define MUTEX		WINSYNC_TYPE_MUTEX
#define SEMAPHORE	WINSYNC_TYPE_SEMAPHORE
#define TIMER		WINSYNC_TYPE_TIMER
#define NAMESPACE	WINSYNC_TYPE_NAMESPACE
#define SOON_NS		(5 * WS_NSEC_PER_MSEC)

static long result_of(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int fd_of(const struct world *world, long type)
{
	switch (type) {
	case EVENT:
		return world->event;
	case MUTEX:
		return world->mutex;
	case SEMAPHORE:
		return world->semaphore;
	case TIMER:
		return world->timer;
	default:
		return world->ns;
	}
}

/* --- the device and namespaces ----------------------------------------- */

static long open_device(struct world *world, long argument)
{
	(void)world;
	return result_of(open(argument ? "/dev/ntsync" : WS_DEVICE,
			      O_RDWR | O_CLOEXEC));
}

static long get_info(struct world *world, long argument)
{
	struct winsync_info info = { 0 };

	(void)argument;
	return ws_ioctl(world->device, WINSYNC_IOC_GET_INFO, &info);
}

/* A later version's structure: the tail behind ours is cleared. */
static long get_more_info(struct world *world, long argument)
{
	char info[sizeof(struct winsync_info) + 64] = "";

	(void)argument;
	return ws_ioctl(world->device, _IOC(_IOC_READ, WINSYNC_IOC_MAGIC, 0,
					    sizeof(info)), info);
}

static long ns_open(struct world *world, const char *name, uint32_t flags)
{
	struct winsync_ns_args args = {
		.name = (uintptr_t)name, .name_len = strlen(name),
		.flags = flags, .access = WS_ALL, .mode = 0700,
		.uid = flags & WINSYNC_NS_PER_USER ? WINSYNC_UID_SELF : 0,
	};

	return ws_ioctl(world->device, WINSYNC_IOC_NS_OPEN, &args);
}

static long ns_open_new(struct world *world, long flags)
{
	return ns_open(world, "faults.new", WINSYNC_NS_CREATE | flags);
}

static long ns_open_existing(struct world *world, long flags)
{
	return ns_open(world, NS_NAME, flags);
}

static long ns_open_default(struct world *world, long argument)
{
	(void)argument;
	return ns_open(world, "", 0);
}

static long ns_destroy(struct world *world, long argument)
{
	(void)argument;
	return ws_ioctl_value(world->ns, WINSYNC_IOC_NS_DESTROY, 0);
}

static long list(struct world *world, long of_device)
{
	char buffer[4096] __attribute__((aligned(8)));
	struct winsync_list_args args = {
		.buffer = (uintptr_t)buffer, .size = sizeof(buffer),
	};

	return ws_ioctl(of_device ? world->device : world->ns, WINSYNC_IOC_LIST,
			&args);
}

/* --- creating and opening ---------------------------------------------- */

static long create(int base, long type, const char *name, int first)
{
	struct ws_new what = {
		.name = name, .first = type == SEMAPHORE ? 0 : first,
		.second = type == SEMAPHORE, .mode = 0600,
	};

	return ws_create(base, type, &what);
}

static long create_unnamed(struct world *world, long type)
{
	return create(world->device, type, NULL, 1);
}

static long create_named(struct world *world, long type)
{
	return create(world->ns, type, "new", 1);
}

static const char *const names[] = {
	[EVENT] = "event", [MUTEX] = "mutex", [SEMAPHORE] = "semaphore",
	[TIMER] = "timer",
};

static long create_existing(struct world *world, long type)
{
	return create(world->ns, type, names[type], 1);
}

/* As many fds as there is room for in the table: for another it has to grow. */
static void fill_fds(struct world *world, long argument)
{
	char status[4096] = "", *found;
	int fd = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
	int room;

	(void)argument;
	if (read(fd, status, sizeof(status) - 1) < 0)
		abort();
	close(fd);
	found = strstr(status, "FDSize:");
	room = found ? atoi(found + 7) : 0;
	do {
		fd = dup(world->epoll);
		if (fd < 0)
			abort();
	} while (fd < room - 1);
}

static long open_named(struct world *world, long type)
{
	return ws_open(world->ns, names[type], type, WS_ALL);
}

/* --- handles ------------------------------------------------------------ */

static long duplicate(struct world *world, long type)
{
	return ws_duplicate(fd_of(world, type), WS_QUERY, 0);
}

static long same(struct world *world, long type)
{
	return ws_same(fd_of(world, type), world->alert);
}

static long stat_it(struct world *world, long type)
{
	struct winsync_stat stat;

	return ws_stat(fd_of(world, type), &stat);
}

static long set_perm(struct world *world, long type)
{
	struct winsync_perm_args args = {
		.mask = WINSYNC_PERM_MODE | WINSYNC_PERM_UID | WINSYNC_PERM_GID,
		.mode = 0644, .uid = 1, .gid = 2,
	};

	return ws_ioctl(fd_of(world, type), WINSYNC_IOC_SET_PERM, &args);
}

static long waiters(struct world *world, long type)
{
	struct winsync_waiter buffer[WINSYNC_WAITERS_MAX];
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)buffer, .count = WINSYNC_WAITERS_MAX,
	};

	return ws_ioctl(fd_of(world, type), WINSYNC_IOC_WAITERS, &args);
}

static long close_it(struct world *world, long type)
{
	return result_of(close(fd_of(world, type)));
}

static long dup_it(struct world *world, long type)
{
	return result_of(dup(fd_of(world, type)));
}

static long send_it(struct world *world, long type)
{
	int fd = fd_of(world, type);

	return ws_send_fds(world->socket[0], &fd, 1);
}

static void send_first(struct world *world, long type)
{
	send_it(world, type);
}

static long receive(struct world *world, long type)
{
	int fd;

	(void)type;
	return ws_receive_fds(world->socket[1], &fd, 1);
}

static long poll_it(struct world *world, long type)
{
	struct pollfd pollfd = { .fd = fd_of(world, type), .events = POLLIN };

	return result_of(poll(&pollfd, 1, 0));
}

static long epoll_add(struct world *world, long type)
{
	struct epoll_event event = { .events = EPOLLIN };

	return result_of(epoll_ctl(world->epoll, EPOLL_CTL_ADD,
				   fd_of(world, type), &event));
}

static void open_fdinfo(struct world *world, long type)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d",
		 fd_of(world, type));
	world->fdinfo = open(path, O_RDONLY | O_CLOEXEC);
}

static long read_fdinfo(struct world *world, long type)
{
	char buffer[1024];

	(void)type;
	return result_of(pread(world->fdinfo, buffer, sizeof(buffer), 0));
}

static long map(struct world *world, long type)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd_of(world, type), 0);

	return at == MAP_FAILED ? -errno : 0;
}

/* --- changing ----------------------------------------------------------- */

static long query(struct world *world, long type)
{
	union {
		struct winsync_event_state event;
		struct winsync_mutex_state mutex;
		struct winsync_semaphore_state semaphore;
		struct winsync_timer_state timer;
	} state;
	int fd = fd_of(world, type);

	switch (type) {
	case EVENT:
		return ws_event_query(fd, &state.event);
	case MUTEX:
		return ws_mutex_query(fd, &state.mutex);
	case SEMAPHORE:
		return ws_semaphore_query(fd, &state.semaphore);
	default:
		return ws_timer_query(fd, &state.timer);
	}
}

static long change_event(struct world *world, long command)
{
	return ws_ioctl_value(world->event, command, 0);
}

static void acquire_mutex(struct world *world, long argument)
{
	(void)argument;
	if (ws_try(world->mutex))
		abort();
}

static long release_mutex(struct world *world, long argument)
{
	(void)argument;
	return ws_mutex_release(world->mutex);
}

static long release_semaphore(struct world *world, long count)
{
	return ws_semaphore_release(world->semaphore, count);
}

static long set_timer(struct world *world, long flags)
{
	return ws_timer_set_full(world->timer, 3600 * WS_NSEC_PER_SEC,
				 WS_NSEC_PER_SEC, 0, flags, -1);
}

static long set_timer_with_alert(struct world *world, long flags)
{
	return ws_timer_set_full(world->timer, 3600 * WS_NSEC_PER_SEC, 0, 0,
				 flags, world->alert);
}

static void set_before(struct world *world, long flags)
{
	set_timer_with_alert(world, flags);
}

static long cancel_timer(struct world *world, long flags)
{
	(void)flags;
	return ws_timer_cancel(world->timer);
}

/* --- waiting ------------------------------------------------------------ */

static uint64_t a_moment(void)
{
	return ws_clock(CLOCK_MONOTONIC) + SOON_NS;
}

static void set_soon(struct world *world, long argument)
{
	(void)argument;
	ws_timer_set(world->soon, SOON_NS, 0);
}

static long try_wait(struct world *world, long type)
{
	return ws_try(fd_of(world, type));
}

static long wait_in_vain(struct world *world, long type)
{
	return ws_wait(fd_of(world, type), a_moment());
}

static long wait_with_alert(struct world *world, long type)
{
	return ws_wait_alert(fd_of(world, type), a_moment(), world->alert);
}

static long wait_until_soon(struct world *world, long argument)
{
	(void)argument;
	return ws_wait(world->soon, WINSYNC_FOREVER);
}

/* So many events in an array, the last one replaced; all of them reset or not. */
static const int *array(struct world *world, long count, int last, int *fds)
{
	memcpy(fds, world->events, count * sizeof(*fds));
	fds[count - 1] = last;
	return fds;
}

/* Only here: looking at so many objects takes its time. */
static void make_events(struct world *world, long argument)
{
	int i;

	(void)argument;
	for (i = 0; i < MANY; i++) {
		struct ws_new what = { .first = 1, .second = 1 };

		world->events[i] = ws_create(world->device, EVENT, &what);
		if (world->events[i] < 0)
			abort();
	}
}

static void make_events_and_soon(struct world *world, long argument)
{
	make_events(world, argument);
	set_soon(world, 0);
}

static void reset_events(struct world *world, long argument)
{
	int i;

	make_events(world, argument);
	for (i = 0; i < MANY; i++)
		ws_event_reset(world->events[i]);
	set_soon(world, 0);
}

static long wait_any(struct world *world, const int *fds, long count,
		     uint64_t deadline, int alert)
{
	struct winsync_wait_multiple_args args = {
		.deadline = deadline, .fds = (uintptr_t)fds, .count = count,
		.alert = alert,
	};

	return ws_ioctl(world->device, WINSYNC_IOC_WAIT_ANY, &args);
}

static long wait_all(struct world *world, const int *fds, long count,
		     uint64_t deadline, int alert)
{
	struct winsync_wait_multiple_args args = {
		.deadline = deadline, .fds = (uintptr_t)fds, .count = count,
		.alert = alert,
	};

	return ws_ioctl(world->device, WINSYNC_IOC_WAIT_ALL, &args);
}

static long any_at_once(struct world *world, long count)
{
	return wait_any(world, world->events, count, 0, -1);
}

static long any_mutex(struct world *world, long count)
{
	int fds[MANY];

	array(world, count, world->mutex, fds);
	return wait_any(world, fds, count, 0, -1);
}

static long any_in_vain(struct world *world, long count)
{
	return wait_any(world, world->events, count, a_moment(), world->alert);
}

static long any_until_soon(struct world *world, long count)
{
	int fds[MANY];

	array(world, count, world->soon, fds);
	return wait_any(world, fds, count, WINSYNC_FOREVER, -1);
}

static long all_at_once(struct world *world, long count)
{
	int fds[MANY];

	array(world, count, world->mutex, fds);
	return wait_all(world, fds, count, 0, -1);
}

static long all_in_vain(struct world *world, long count)
{
	int fds[MANY];

	array(world, count, world->event, fds);
	fds[0] = world->mutex;
	return wait_all(world, fds, count, a_moment(), world->alert);
}

static long all_until_soon(struct world *world, long count)
{
	int fds[MANY];

	array(world, count, world->soon, fds);
	fds[0] = world->mutex;
	return wait_all(world, fds, count, WINSYNC_FOREVER, -1);
}

static long signal_and_wait(struct world *world, long type)
{
	return ws_signal_and_wait(fd_of(world, type), world->soon,
				  WINSYNC_FOREVER, world->alert);
}

static void acquire_and_soon(struct world *world, long type)
{
	acquire_mutex(world, type);
	set_soon(world, type);
}

/* Nothing to release: EPERM, whatever fails. */
static long signal_anothers(struct world *world, long type)
{
	(void)type;
	return ws_signal_and_wait(world->mutex, world->event, 0, -1);
}

/* --- ntsync ------------------------------------------------------------- */

static long nt_create_event(struct world *world, long argument)
{
	struct ntsync_event_args args = { 1, 0 };

	(void)argument;
	return ws_ioctl(world->ntsync, NTSYNC_IOC_CREATE_EVENT, &args);
}

static long nt_create_mutex(struct world *world, long argument)
{
	struct ntsync_mutex_args args = { 7, 1 };

	(void)argument;
	return ws_ioctl(world->ntsync, NTSYNC_IOC_CREATE_MUTEX, &args);
}

static long nt_create_semaphore(struct world *world, long argument)
{
	struct ntsync_sem_args args = { 1, 2 };

	(void)argument;
	return ws_ioctl(world->ntsync, NTSYNC_IOC_CREATE_SEM, &args);
}

static long nt_change_event(struct world *world, long command)
{
	uint32_t previous = 0;

	return ws_ioctl(world->nt_event, command, &previous);
}

static long nt_read(struct world *world, long type)
{
	struct ntsync_sem_args args = { 0 };

	return type == EVENT ?
	       ws_ioctl(world->nt_event, NTSYNC_IOC_EVENT_READ, &args) :
	       type == MUTEX ?
	       ws_ioctl(world->nt_mutex, NTSYNC_IOC_MUTEX_READ, &args) :
	       ws_ioctl(world->nt_semaphore, NTSYNC_IOC_SEM_READ, &args);
}

static long nt_release(struct world *world, long argument)
{
	uint32_t count = 1;

	(void)argument;
	return ws_ioctl(world->nt_semaphore, NTSYNC_IOC_SEM_RELEASE, &count);
}

static long nt_unlock(struct world *world, long argument)
{
	struct ntsync_mutex_args args = { .owner = 5 };

	(void)argument;
	return ws_ioctl(world->nt_mutex, NTSYNC_IOC_MUTEX_UNLOCK, &args);
}

static long nt_kill(struct world *world, long argument)
{
	uint32_t owner = 5;

	(void)argument;
	return ws_ioctl(world->nt_mutex, NTSYNC_IOC_MUTEX_KILL, &owner);
}

/* For the mutex, which owner 5 has, and others. */
static long nt_wait(struct world *world, unsigned long command, uint64_t timeout,
		    uint32_t owner)
{
	const int fds[] = { world->nt_mutex, world->nt_semaphore };
	struct ntsync_wait_args args = {
		.timeout = timeout, .objs = (uintptr_t)fds, .count = 2,
		.owner = owner, .alert = world->nt_event,
	};

	return ws_ioctl(world->ntsync, command, &args);
}

static long nt_any(struct world *world, long owner)
{
	return nt_wait(world, NTSYNC_IOC_WAIT_ANY, a_moment(), owner);
}

static long nt_all(struct world *world, long owner)
{
	return nt_wait(world, NTSYNC_IOC_WAIT_ALL, a_moment(), owner);
}

/* More entries than there are on the stack. */
static long nt_any_of_many(struct world *world, long count)
{
	int fds[NTSYNC_MAX_WAIT_COUNT];
	struct ntsync_wait_args args = {
		.timeout = a_moment(), .objs = (uintptr_t)fds, .count = count,
		.owner = 6,
	};
	long i;

	for (i = 0; i < count; i++)
		fds[i] = world->nt_event;
	return ws_ioctl(world->ntsync, NTSYNC_IOC_WAIT_ANY, &args);
}

/* --- the table ---------------------------------------------------------- */

#define OP(text, function, arg, result, faults, ...) { \
	.name = text, .run = function, .argument = arg, .expect = result, \
	.least = faults, __VA_ARGS__ }
#define PREPARED	.prepare =
#define EACH_TYPE(text, function, result, faults, ...) \
	OP(text " event", function, EVENT, result, faults, __VA_ARGS__), \
	OP(text " mutex", function, MUTEX, result, faults, __VA_ARGS__), \
	OP(text " semaphore", function, SEMAPHORE, result, faults, __VA_ARGS__), \
	OP(text " timer", function, TIMER, result, faults, __VA_ARGS__)

const struct operation operations[] = {
	OP("open the device", open_device, 0, SUCCESS, 2),
	OP("open the device, for a new user", open_device, 0, SUCCESS, 3,
	   .stranger = true),
	OP("GET_INFO", get_info, 0, 0, 0),
	OP("GET_INFO of a later version", get_more_info, 0, 0, 1),
	OP("NS_OPEN new", ns_open_new, 0, SUCCESS, 6),
	OP("NS_OPEN new, for a new user", ns_open_new, 0, SUCCESS, 7,
	   .stranger = true),
	OP("NS_OPEN new, per user and owned", ns_open_new,
	   WINSYNC_NS_PER_USER | WINSYNC_NS_OWNED, SUCCESS, 6),
	OP("NS_OPEN existing", ns_open_existing, 0, SUCCESS, 4),
	OP("NS_OPEN existing, exclusively", ns_open_existing,
	   WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL, -EEXIST, 1),
	OP("NS_OPEN the default one", ns_open_default, 0, SUCCESS, 5),
	OP("NS_DESTROY", ns_destroy, 0, 0, 0),
	OP("LIST of a namespace", list, 0, 0, 2),
	OP("LIST of the device", list, 1, 0, 2),

	EACH_TYPE("create unnamed", create_unnamed, SUCCESS, 4),
	EACH_TYPE("create named", create_named, SUCCESS, 6),
	EACH_TYPE("create existing", create_existing, SUCCESS, 5),
	OP("create unnamed, for a new user", create_unnamed, EVENT, SUCCESS, 5,
	   .stranger = true),
	OP("create named mutex, in a full table of fds", create_named, MUTEX,
	   SUCCESS, 8, PREPARED fill_fds),
	EACH_TYPE("OPEN", open_named, SUCCESS, 4),

	EACH_TYPE("DUPLICATE", duplicate, SUCCESS, 3),
	OP("DUPLICATE namespace", duplicate, NAMESPACE, SUCCESS, 3),
	EACH_TYPE("SAME", same, 0, 0),
	EACH_TYPE("STAT", stat_it, 0, 0),
	OP("STAT namespace", stat_it, NAMESPACE, 0, 0),
	EACH_TYPE("SET_PERM", set_perm, 0, 0),
	OP("SET_PERM namespace", set_perm, NAMESPACE, 0, 0),
	EACH_TYPE("WAITERS", waiters, 0, 2),

	EACH_TYPE("close", close_it, 0, 0),
	OP("close namespace", close_it, NAMESPACE, 0, 0),
	EACH_TYPE("dup", dup_it, SUCCESS, 0),
	EACH_TYPE("dup in a full table of fds", dup_it, SUCCESS, 2,
		  PREPARED fill_fds),
	EACH_TYPE("send", send_it, 0, 1),
	EACH_TYPE("receive", receive, 0, 1, PREPARED send_first),
	EACH_TYPE("poll", poll_it, SUCCESS, 0),
	EACH_TYPE("add to epoll", epoll_add, 0, 1),
	EACH_TYPE("read fdinfo", read_fdinfo, SUCCESS, 2, PREPARED open_fdinfo),
	OP("read fdinfo namespace", read_fdinfo, NAMESPACE, SUCCESS, 2,
	   PREPARED open_fdinfo),
	EACH_TYPE("mmap", map, -ENODEV, 0),

	EACH_TYPE("QUERY", query, 0, 0),
	OP("EVENT_SET", change_event, WINSYNC_IOC_EVENT_SET, 0, 0),
	OP("EVENT_RESET", change_event, WINSYNC_IOC_EVENT_RESET, 0, 0),
	OP("EVENT_PULSE", change_event, WINSYNC_IOC_EVENT_PULSE, 0, 0),
	OP("MUTEX_RELEASE", release_mutex, 0, 1, 0, PREPARED acquire_mutex),
	OP("MUTEX_RELEASE of a stranger", release_mutex, 0, -EPERM, 0),
	OP("SEMAPHORE_RELEASE", release_semaphore, 2, 0, 0),
	OP("SEMAPHORE_RELEASE too much", release_semaphore, 11, -EOVERFLOW, 0),
	OP("TIMER_SET", set_timer, WINSYNC_CLOCK_MONOTONIC, 0, 0),
	OP("TIMER_SET on the wall clock", set_timer, WINSYNC_CLOCK_REALTIME, 0, 0),
	OP("TIMER_SET to wake the machine", set_timer,
	   WINSYNC_CLOCK_BOOTTIME | WINSYNC_TIMER_WAKE, SUCCESS, 0),
	OP("TIMER_SET with an alert", set_timer_with_alert, 0, 0, 1),
	OP("TIMER_CANCEL", cancel_timer, 0, 0, 0, PREPARED set_before),

	OP("WAIT, at once, mutex", try_wait, MUTEX, 0, 1),
	OP("WAIT, at once, in vain", try_wait, SEMAPHORE, -ETIMEDOUT, 0),
	OP("WAIT with an alert, mutex", wait_with_alert, MUTEX, 0, 1),
	OP("WAIT with an alert, in vain", wait_with_alert, EVENT, -ETIMEDOUT, 0),
	OP("WAIT, in vain", wait_in_vain, EVENT, -ETIMEDOUT, 0),
	OP("WAIT until it comes", wait_until_soon, 0, 0, 0, PREPARED set_soon),
	OP("WAIT_ANY, at once", any_at_once, 2, 0, 1,
	   PREPARED make_events),
	OP("WAIT_ANY, at once, of many", any_at_once, MANY, 0, 4,
	   PREPARED make_events),
	OP("WAIT_ANY, at once, with a mutex", any_mutex, 1, 0, 2,
	   PREPARED make_events),
	OP("WAIT_ANY, in vain, of two", any_in_vain, 2, -ETIMEDOUT, 1,
	   PREPARED reset_events),
	OP("WAIT_ANY, in vain, of some", any_in_vain, SOME, -ETIMEDOUT, 2,
	   PREPARED reset_events),
	OP("WAIT_ANY, in vain, of many", any_in_vain, MANY, -ETIMEDOUT, 5,
	   PREPARED reset_events),
	OP("WAIT_ANY until one comes, of two", any_until_soon, 2, 1, 1,
	   PREPARED reset_events),
	OP("WAIT_ANY until one comes, of many", any_until_soon, MANY, MANY - 1, 5,
	   PREPARED reset_events),
	OP("WAIT_ALL, at once", all_at_once, 2, 0, 2,
	   PREPARED make_events),
	OP("WAIT_ALL, at once, of 64", all_at_once, 64, 0, 2,
	   PREPARED make_events),
	OP("WAIT_ALL, in vain, of two", all_in_vain, 2, -ETIMEDOUT, 2,
	   PREPARED make_events),
	OP("WAIT_ALL, in vain, of 64", all_in_vain, 64, -ETIMEDOUT, 3,
	   PREPARED make_events),
	OP("WAIT_ALL until the last comes, of three", all_until_soon, 3, 0, 2,
	   PREPARED make_events_and_soon),
	OP("WAIT_ALL until the last comes, of 64", all_until_soon, 64, 0, 3,
	   PREPARED make_events_and_soon),
	OP("SIGNAL_AND_WAIT event", signal_and_wait, EVENT, 0, 0,
	   PREPARED set_soon),
	OP("SIGNAL_AND_WAIT mutex", signal_and_wait, MUTEX, 0, 0,
	   PREPARED acquire_and_soon),
	OP("SIGNAL_AND_WAIT semaphore", signal_and_wait, SEMAPHORE, 0, 0,
	   PREPARED set_soon),
	OP("SIGNAL_AND_WAIT mutex of a stranger", signal_anothers, 0, -EPERM, 1),

	OP("open ntsync", open_device, 1, SUCCESS, 2),
	OP("open ntsync, for a new user", open_device, 1, SUCCESS, 3,
	   .stranger = true),
	OP("CREATE_EVENT", nt_create_event, 0, SUCCESS, 5),
	OP("CREATE_MUTEX", nt_create_mutex, 0, SUCCESS, 5),
	OP("CREATE_SEM", nt_create_semaphore, 0, SUCCESS, 5),
	OP("CREATE_SEM, in a full table of fds", nt_create_semaphore, 0, SUCCESS,
	   7, PREPARED fill_fds),
	OP("ntsync EVENT_SET", nt_change_event, NTSYNC_IOC_EVENT_SET, 0, 0),
	OP("ntsync EVENT_RESET", nt_change_event, NTSYNC_IOC_EVENT_RESET, 0, 0),
	OP("ntsync EVENT_PULSE", nt_change_event, NTSYNC_IOC_EVENT_PULSE, 0, 0),
	OP("EVENT_READ", nt_read, EVENT, 0, 0),
	OP("MUTEX_READ", nt_read, MUTEX, 0, 0),
	OP("SEM_READ", nt_read, SEMAPHORE, 0, 0),
	OP("SEM_RELEASE", nt_release, 0, 0, 0),
	OP("MUTEX_UNLOCK", nt_unlock, 0, 0, 0),
	OP("MUTEX_KILL", nt_kill, 0, 0, 0),
	OP("ntsync WAIT_ANY, at once", nt_any, 5, 0, 1),
	OP("ntsync WAIT_ANY, in vain", nt_any, 6, -ETIMEDOUT, 1),
	OP("ntsync WAIT_ANY, in vain, of 64", nt_any_of_many, 64, -ETIMEDOUT, 3),
	OP("ntsync WAIT_ALL, in vain", nt_all, 5, -ETIMEDOUT, 1),
};

const unsigned int operations_count =
	sizeof(operations) / sizeof(operations[0]);
