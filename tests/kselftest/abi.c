// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad input, for every command of <linux/winsync.h>: it has the error that the
 * header documents, and changes nothing.
 *
 * A trial has objects of its own and a call of a command on one of them that
 * is right in all. It makes the call with one defect after the other; each
 * must be refused, with everything that can be seen of the objects, the names, the
 * quotas, the table of fds and the call's own memory as before. In the end it makes
 * the call without a defect, which must succeed: so the defect was the one
 * reason why it failed.
 *
 * The last test wants every pair of a command and an error to have been tried.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

/* <sys/wait.h> has another one. */
#undef WAIT_ANY

#define PARAMETERS	"/sys/module/winsync/parameters/"

enum kind { DEVICE, NAMESPACE, EVENT, MUTEX, SEMAPHORE, TIMER, KINDS };

#define ON(kind)	(1u << (kind))
#define ON_OBJECTS	(ON(EVENT) | ON(MUTEX) | ON(SEMAPHORE) | ON(TIMER))
#define ON_ALL		(ON(DEVICE) | ON(NAMESPACE) | ON_OBJECTS)

static const char *const kind_names[KINDS] = { "the device", "a namespace",
	"an event", "a mutex", "a semaphore", "a timer" };

/* With room for the tail of a structure of a later version. */
union args {
	char bytes[96];
	struct winsync_info info;
	struct winsync_ns_args ns;
	struct winsync_list_args list;
	struct winsync_create create;
	struct winsync_event_create_args event;
	struct winsync_mutex_create_args mutex;
	struct winsync_semaphore_create_args semaphore;
	struct winsync_timer_create_args timer;
	struct winsync_open_args open;
	struct winsync_duplicate_args duplicate;
	struct winsync_same_args same;
	struct winsync_stat stat;
	struct winsync_perm_args perm;
	struct winsync_waiters_args waiters;
	struct winsync_semaphore_release_args release;
	struct winsync_timer_set_args set;
	struct winsync_wait_args wait;
	struct winsync_wait_multiple_args multiple;
	struct winsync_signal_and_wait_args signal_and_wait;
};

/* --- which pairs of command and error were tried --------------------------- */

enum { ERRORS = 200 };

/* Each test is a process of its own; they share this. */
static bool (*tried_pairs)[ERRORS];

static void __attribute__((constructor)) share_pairs(void)
{
	tried_pairs = mmap(NULL, 256 * sizeof(*tried_pairs),
			   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	if (tried_pairs == MAP_FAILED)
		abort();
}

/* What the command returned, and a test expects. */
static int pair(unsigned long cmd, int result)
{
	if (result < 0 && result > -ERRORS)
		tried_pairs[_IOC_NR(cmd)][-result] = true;
	return result;
}

/* --- memory that ends where a page does ---------------------------------- */

enum { MEMORY_PAGES = 5 };

struct memory {
	char *end;	/* the first byte that is not there */
	size_t size;
};

static size_t page_size;
static struct memory args_memory, data_memory;

static bool memory_make(struct memory *memory)
{
	char *base;

	page_size = sysconf(_SC_PAGESIZE);
	memory->size = MEMORY_PAGES * page_size;
	base = mmap(NULL, memory->size + page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return false;
	memory->end = base + memory->size;
	return !munmap(memory->end, page_size);
}

static char *memory_place(const struct memory *memory, const void *data,
			  size_t size)
{
	return memcpy(memory->end - size, data, size);
}

/* --- the objects of a trial ------------------------------------------------ */

enum { LISTED = 4 };

/**
 * struct world - what commands work on, each in a state in which it can be had
 * @fd: by kind, with all rights; the mutex is ours, the semaphore can take more
 * @named: an event called "existing" in the namespace
 * @alert: an event nobody sets
 * @closed: number of no file
 * @spare: whatever a defect needed
 * @sleeper: takes part in all four objects, if it was asked for
 * @never: what keeps it asleep
 * @stop: what ends that
 */
struct world {
	int fd[KINDS];
	int named;
	int alert;
	int closed;
	int spare;
	bool sleeps;
	struct ws_sleeper sleeper;
	int sleeper_fds[LISTED + 1];
	int stop;
};

static bool world_sleeper(struct world *world)
{
	int i;

	for (i = 0; i < LISTED; i++)
		world->sleeper_fds[i] = world->fd[EVENT + i];
	world->sleeper_fds[LISTED] = ws_event(0, 0);
	world->stop = ws_event(0, 0);
	world->sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
				    .fds = world->sleeper_fds,
				    .count = LISTED + 1, .alert = world->stop);
	world->sleeps = !ws_sleeper_queue(&world->sleeper, world->stop, 1);
	return world->sleeps && world->sleeper_fds[LISTED] >= 0;
}

static bool world_make(struct world *world, bool sleeper)
{
	int i;

	memset(world, 0, sizeof(*world));
	world->spare = -1;
	world->fd[DEVICE] = ws_open_device();
	world->fd[NAMESPACE] = ws_private_ns();
	world->fd[EVENT] = ws_event(1, 1);
	world->fd[MUTEX] = ws_mutex(1);
	world->fd[SEMAPHORE] = ws_semaphore(1, 3);
	world->fd[TIMER] = ws_timer(1);
	for (i = 0; i < KINDS; i++)
		if (world->fd[i] < 0)
			return false;
	world->named = ws_named(world->fd[NAMESPACE], WINSYNC_TYPE_EVENT,
				"existing", 0, NULL);
	world->alert = ws_event(0, 0);
	/* High enough not to be taken by a file opened later. */
	world->closed = fcntl(world->alert, F_DUPFD, 500);
	if (world->named < 0 || world->alert < 0 || world->closed < 0)
		return false;
	close(world->closed);
	if (ws_timer_set(world->fd[TIMER], 0, 0) ||
	    ws_wait(world->fd[TIMER], ws_after(WS_PATIENCE_MS)))
		return false;
	return !sleeper || world_sleeper(world);
}

static void world_end(struct world *world)
{
	int i;

	if (world->sleeps) {
		ws_event_set(world->stop);
		ws_sleeper_join(&world->sleeper);
		close(world->stop);
		close(world->sleeper_fds[LISTED]);
	}
	for (i = 0; i < KINDS; i++)
		close(world->fd[i]);
	close(world->named);
	close(world->alert);
	if (world->spare >= 0)
		close(world->spare);
}

/* All that a command could have changed. */
struct snapshot {
	struct winsync_event_state event, alert, named;
	struct winsync_mutex_state mutex;
	struct winsync_semaphore_state semaphore;
	struct winsync_timer_state timer;
	struct winsync_stat stat[KINDS];
	uint32_t objects, namespaces;
	int next_fd;
	int new_name;
};

static bool snapshot_take(const struct world *world, struct snapshot *snapshot)
{
	struct winsync_info info;
	bool good = true;
	int i;

	memset(snapshot, 0, sizeof(*snapshot));
	good &= !ws_event_query(world->fd[EVENT], &snapshot->event);
	good &= !ws_event_query(world->alert, &snapshot->alert);
	good &= !ws_event_query(world->named, &snapshot->named);
	good &= !ws_mutex_query(world->fd[MUTEX], &snapshot->mutex);
	good &= !ws_semaphore_query(world->fd[SEMAPHORE], &snapshot->semaphore);
	good &= !ws_timer_query(world->fd[TIMER], &snapshot->timer);
	for (i = NAMESPACE; i < KINDS; i++)
		good &= !ws_stat(world->fd[i], &snapshot->stat[i]);
	good &= !ws_info(&info);
	snapshot->objects = info.objects;
	snapshot->namespaces = info.namespaces;
	snapshot->next_fd = ws_next_fd();
	snapshot->new_name = ws_open(world->fd[NAMESPACE], "new", 0, WS_ALL);
	if (snapshot->new_name >= 0)
		close(snapshot->new_name);
	return good;
}

/* --- right calls -------------------------------------------------------- */

/**
 * struct command - a command and how to make it
 * @first_size: size of the structure's first version, 0 without structure
 * @kinds: what it works on
 * @right: that the handle called upon needs; for creating, in a namespace
 * @makes_fd: its result is one
 * @sleeper: it needs somebody who waits
 * @fill: makes right arguments
 */
struct command {
	const char *name;
	unsigned long cmd;
	unsigned int first_size;
	unsigned int kinds;
	uint32_t right;
	bool makes_fd;
	bool sleeper;
	void (*fill)(union args *args, const struct world *world,
		     enum kind kind);
};

static uint64_t place(const void *data, size_t size)
{
	return (uintptr_t)memory_place(&data_memory, data, size);
}

static void fill_nothing(union args *args, const struct world *world,
			 enum kind kind)
{
	(void)args;
	(void)world;
	(void)kind;
}

static void fill_ns_open(union args *args, const struct world *world,
			 enum kind kind)
{
	(void)world;
	(void)kind;
	args->ns.name = place("abi-new", 7);
	args->ns.name_len = 7;
	args->ns.flags = WINSYNC_NS_CREATE;
	args->ns.access = WS_ALL;
	args->ns.mode = 0700;
}

static void fill_list(union args *args, const struct world *world,
		      enum kind kind)
{
	(void)world;
	(void)kind;
	args->list.size = 2048;
	args->list.buffer = (uintptr_t)data_memory.end - args->list.size;
}

static void fill_create(union args *args, const struct world *world,
			enum kind kind)
{
	(void)world;
	if (kind == NAMESPACE) {
		args->create.name = place("new", 3);
		args->create.name_len = 3;
	}
	args->create.access = WS_ALL;
	args->create.mode = 0600;
}

static void fill_semaphore_create(union args *args, const struct world *world,
				  enum kind kind)
{
	fill_create(args, world, kind);
	args->semaphore.count = 1;
	args->semaphore.max = 2;
}

static void fill_open(union args *args, const struct world *world,
		      enum kind kind)
{
	(void)world;
	(void)kind;
	args->open.name = place("existing", 8);
	args->open.name_len = 8;
	args->open.access = WS_ALL;
	args->open.type = WINSYNC_TYPE_EVENT;
}

static void fill_same(union args *args, const struct world *world,
		      enum kind kind)
{
	args->same.fd = world->fd[kind == DEVICE ? EVENT : kind];
}

static void fill_perm(union args *args, const struct world *world,
		      enum kind kind)
{
	(void)world;
	(void)kind;
	args->perm.mask = WINSYNC_PERM_MODE | WINSYNC_PERM_UID |
			  WINSYNC_PERM_GID;
	args->perm.mode = 0750;
	args->perm.uid = getuid();
	args->perm.gid = getgid();
}

static void fill_waiters(union args *args, const struct world *world,
			 enum kind kind)
{
	(void)world;
	(void)kind;
	args->waiters.count = 2;
	args->waiters.buffer = (uintptr_t)data_memory.end -
			       2 * sizeof(struct winsync_waiter);
}

static void fill_release(union args *args, const struct world *world,
			 enum kind kind)
{
	(void)world;
	(void)kind;
	args->release.count = 2;
}

static void fill_set(union args *args, const struct world *world,
		     enum kind kind)
{
	(void)kind;
	args->set.due = 3600 * WS_NSEC_PER_SEC;
	args->set.period = WS_NSEC_PER_SEC;
	args->set.tolerance = 1;
	args->set.alert = world->alert;
}

static void fill_wait(union args *args, const struct world *world,
		      enum kind kind)
{
	(void)kind;
	args->wait.deadline = ws_after(1);
	args->wait.alert = world->alert;
}

static void fill_multiple(union args *args, const struct world *world,
			  enum kind kind)
{
	(void)kind;
	args->multiple.deadline = ws_after(1);
	args->multiple.fds = place(&world->fd[EVENT],
				   LISTED * sizeof(world->fd[0]));
	args->multiple.count = LISTED;
	args->multiple.alert = world->alert;
}

static void fill_signal_and_wait(union args *args, const struct world *world,
				 enum kind kind)
{
	(void)kind;
	args->signal_and_wait.deadline = ws_after(1);
	args->signal_and_wait.fd = world->fd[TIMER];
	args->signal_and_wait.alert = world->alert;
}

#define COMMAND(name, size, ...)	{ #name, WINSYNC_IOC_##name, size, __VA_ARGS__ }

static const struct command commands[] = {
	COMMAND(GET_INFO, 4, ON_ALL, 0, false, false, fill_nothing),
	COMMAND(NS_OPEN, 32, ON(DEVICE), 0, true, false, fill_ns_open),
	COMMAND(NS_DESTROY, 0, ON(NAMESPACE), WINSYNC_ACCESS_WRITE_CONTROL,
		false, false, NULL),
	COMMAND(LIST, 24, ON(DEVICE) | ON(NAMESPACE), WS_QUERY, false, false,
		fill_list),
	COMMAND(EVENT_CREATE, 40, ON(DEVICE) | ON(NAMESPACE), WS_MODIFY, true,
		false, fill_create),
	COMMAND(MUTEX_CREATE, 40, ON(DEVICE) | ON(NAMESPACE), WS_MODIFY, true,
		false, fill_create),
	COMMAND(SEMAPHORE_CREATE, 40, ON(DEVICE) | ON(NAMESPACE), WS_MODIFY,
		true, false, fill_semaphore_create),
	COMMAND(TIMER_CREATE, 40, ON(DEVICE) | ON(NAMESPACE), WS_MODIFY, true,
		false, fill_create),
	COMMAND(OPEN, 24, ON(NAMESPACE), WS_SYNC, true, false, fill_open),
	COMMAND(DUPLICATE, 8, ON(NAMESPACE) | ON_OBJECTS, 0, true, false,
		fill_nothing),
	COMMAND(SAME, 8, ON(NAMESPACE) | ON_OBJECTS, 0, false, false,
		fill_same),
	COMMAND(STAT, 72, ON(NAMESPACE) | ON_OBJECTS, 0, false, false,
		fill_nothing),
	COMMAND(SET_PERM, 16, ON(NAMESPACE) | ON_OBJECTS,
		WINSYNC_ACCESS_WRITE_CONTROL, false, false, fill_perm),
	COMMAND(WAITERS, 16, ON_OBJECTS, WS_QUERY, false, true, fill_waiters),
	COMMAND(EVENT_QUERY, 8, ON(EVENT), WS_QUERY, false, false,
		fill_nothing),
	COMMAND(EVENT_SET, 0, ON(EVENT), WS_MODIFY, false, false, NULL),
	COMMAND(EVENT_RESET, 0, ON(EVENT), WS_MODIFY, false, false, NULL),
	COMMAND(EVENT_PULSE, 0, ON(EVENT), WS_MODIFY, false, false, NULL),
	COMMAND(MUTEX_QUERY, 16, ON(MUTEX), WS_QUERY, false, false,
		fill_nothing),
	COMMAND(MUTEX_RELEASE, 0, ON(MUTEX), 0, false, false, NULL),
	COMMAND(SEMAPHORE_QUERY, 8, ON(SEMAPHORE), WS_QUERY, false, false,
		fill_nothing),
	COMMAND(SEMAPHORE_RELEASE, 8, ON(SEMAPHORE), WS_MODIFY, false, false,
		fill_release),
	COMMAND(TIMER_QUERY, 48, ON(TIMER), WS_QUERY, false, false,
		fill_nothing),
	COMMAND(TIMER_SET, 32, ON(TIMER), WS_MODIFY, false, false, fill_set),
	COMMAND(TIMER_CANCEL, 0, ON(TIMER), WS_MODIFY, false, false, NULL),
	COMMAND(WAIT, 16, ON_OBJECTS, WS_SYNC, false, false, fill_wait),
	COMMAND(WAIT_ANY, 32, ON_ALL, 0, false, false, fill_multiple),
	COMMAND(WAIT_ALL, 32, ON_ALL, 0, false, false, fill_multiple),
	COMMAND(SIGNAL_AND_WAIT, 24, ON(EVENT) | ON(SEMAPHORE), WS_MODIFY,
		false, false, fill_signal_and_wait),
	/* To release a mutex needs no right. */
	COMMAND(SIGNAL_AND_WAIT, 24, ON(MUTEX), 0, false, false,
		fill_signal_and_wait),
};

/* --- defects ------------------------------------------------------------- */

/* What takes the place of a right value. */
enum stand_in {
	VALUE,			/* .value itself */
	MORE_BITS,		/* the right value with those of .value */
	CLOSED_FD,
	NULL_DEVICE_FD,
	PIPE_FD,
	SOCKET_FD,
	EVENTFD_FD,
	EPOLL_FD,
	PATH_FD,		/* the device opened with O_PATH */
	DEVICE_FD,
	NAMESPACE_FD,
	TIMER_FD,		/* where an event must be */
	HANDLE_WITHOUT,		/* an event without the rights of .value */
	UNMAPPED,
	TAIL_UNMAPPED,		/* the first byte of the data is there */
	KERNEL_ADDRESS,
};

/**
 * struct defect - one thing that is wrong
 * @what: for people
 * @error: what has to come of it, negative
 * @in: what it is in
 * @offset: ARGS: of the value; LIST: its index
 * @size: of the value
 * @stand_in: what is there instead
 * @value: see there; ARGS_READ_ONLY: how much longer the structure is
 */
struct defect {
	const char *what;
	int error;
	enum { ARGS, LIST, FD, CMD, ARGUMENT, ARGS_READ_ONLY, NO_FDS,
	       NO_FILES, NO_QUOTA } in;
	size_t offset;
	size_t size;
	enum stand_in stand_in;
	uint64_t value;
};

/**
 * struct call - a call of ioctl(2)
 * @argument: if there is no structure, or @pointer says so
 * @size: of what is in @args, with a tail
 */
struct call {
	int fd;
	unsigned long cmd;
	bool pointer;
	unsigned long argument;
	union args args;
	size_t size;
};

static void call_prepare(struct call *call, const struct command *command,
			 enum kind kind, const struct world *world)
{
	memset(call, 0, sizeof(*call));
	call->fd = world->fd[kind];
	call->cmd = command->cmd;
	call->size = _IOC_SIZE(command->cmd);
	call->pointer = call->size;
	if (command->fill)
		command->fill(&call->args, world, kind);
}

static int call_make(const struct call *call)
{
	if (!call->pointer)
		return ws_ioctl_value(call->fd, call->cmd, call->argument);
	return ws_ioctl(call->fd, call->cmd,
			memory_place(&args_memory, &call->args, call->size));
}

static int path_fd(void)
{
	return open(WS_DEVICE, O_PATH);
}

/* What @defect puts in place of @right; a new fd is left in the world. */
static uint64_t stand_in(const struct defect *defect, struct world *world,
			 uint64_t right)
{
	int pair[2] = { -1, -1 };

	if (world->spare >= 0)
		close(world->spare);
	world->spare = -1;
	switch (defect->stand_in) {
	case VALUE:
		return defect->value;
	case MORE_BITS:
		return right | defect->value;
	case CLOSED_FD:
		return world->closed;
	case NULL_DEVICE_FD:
		return world->spare = open("/dev/null", O_RDWR);
	case PIPE_FD:
		if (!pipe(pair))
			close(pair[1]);
		return world->spare = pair[0];
	case SOCKET_FD:
		return world->spare = socket(AF_UNIX, SOCK_STREAM, 0);
	case EVENTFD_FD:
		return world->spare = eventfd(1, 0);
	case EPOLL_FD:
		return world->spare = epoll_create1(0);
	case PATH_FD:
		return world->spare = path_fd();
	case DEVICE_FD:
		return world->fd[DEVICE];
	case NAMESPACE_FD:
		return world->fd[NAMESPACE];
	case TIMER_FD:
		return world->fd[TIMER];
	case HANDLE_WITHOUT:
		return world->spare = ws_duplicate(world->fd[EVENT],
						   WS_ALL & ~defect->value, 0);
	case UNMAPPED:
		return (uintptr_t)data_memory.end;
	case TAIL_UNMAPPED:
		return (uintptr_t)data_memory.end - 1;
	default:
		/* None in any address space of a program. */
		return 0xffff888000000000ULL;
	}
}

static unsigned long other_size(unsigned long cmd, unsigned int size)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}

static void spoil(struct call *call, const struct defect *defect,
		  struct world *world)
{
	uint64_t value = 0;
	char *place = call->args.bytes + defect->offset;
	int *list;

	switch (defect->in) {
	case ARGS:
		memcpy(&value, place, defect->size);
		value = stand_in(defect, world, value);
		memcpy(place, &value, defect->size);
		break;
	case LIST:
		list = (int *)(uintptr_t)call->args.multiple.fds;
		list[defect->offset] = stand_in(defect, world, 0);
		break;
	case FD:
		call->fd = stand_in(defect, world, call->fd);
		break;
	case CMD:
		call->cmd = defect->value;
		break;
	case ARGUMENT:
		call->pointer = false;
		call->argument = defect->stand_in == TAIL_UNMAPPED ?
				 (uintptr_t)args_memory.end - call->size + 1 :
				 stand_in(defect, world, 0);
		break;
	case ARGS_READ_ONLY:
		call->size += defect->value;
		call->cmd = other_size(call->cmd, call->size);
		break;
	default:
		break;
	}
}

/* Limits that must not stay as they are, whatever happens. */
static void set_limit(bool on)
{
	static struct rlimit before;
	struct rlimit none;

	if (on) {
		getrlimit(RLIMIT_NOFILE, &before);
		none = before;
		none.rlim_cur = ws_next_fd();
		setrlimit(RLIMIT_NOFILE, &none);
	} else {
		setrlimit(RLIMIT_NOFILE, &before);
	}
}

static bool parameter(const char *name, char *value, size_t size, bool set)
{
	char path[128];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : PARAMETERS, name);
	fd = open(path, set ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		return false;
	done = set ? write(fd, value, strlen(value)) :
		     read(fd, value, size - 1);
	close(fd);
	if (!set && done >= 0)
		value[done] = 0;
	return done > 0;
}

/* CAP_SYS_ADMIN has files where there are none. */
static bool be_admin(bool on)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	if (on)
		data[0].effective |= 1u << CAP_SYS_ADMIN;
	else
		data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	return !syscall(SYS_capset, &header, data);
}

/* The machine has no more files. */
static bool set_files(bool on)
{
	static const char name[] = "/proc/sys/fs/file-max";
	static char before[32];

	if (on)
		return parameter(name, before, sizeof(before), false) &&
		       parameter(name, "0\n", 0, true) && be_admin(false);
	return be_admin(true) && parameter(name, before, 0, true);
}

static bool set_quota(bool on)
{
	static char before[2][32];
	static const char *const names[] = { "max_objects", "max_namespaces" };
	struct winsync_info info;
	char value[32];
	bool good = true;
	int i;

	ws_info(&info);
	for (i = 0; i < 2; i++) {
		if (on) {
			good &= parameter(names[i], before[i],
					  sizeof(before[i]), false);
			snprintf(value, sizeof(value), "%u",
				 i ? info.namespaces : info.objects);
			good &= parameter(names[i], value, 0, true);
		} else {
			good &= parameter(names[i], before[i], 0, true);
		}
	}
	return good;
}

static int call_spoiled(const struct call *call, const struct defect *defect)
{
	char *first_page = args_memory.end - args_memory.size;
	int result;

	switch (defect->in) {
	case ARGS_READ_ONLY:
		memory_place(&args_memory, &call->args, call->size);
		mprotect(first_page, args_memory.size, PROT_READ);
		result = ws_ioctl(call->fd, call->cmd,
				  args_memory.end - call->size);
		mprotect(first_page, args_memory.size, PROT_READ | PROT_WRITE);
		return result;
	case NO_FDS:
		set_limit(true);
		result = call_make(call);
		set_limit(false);
		return result;
	case NO_FILES:
		if (!set_files(true))
			result = -ENOENT;
		else
			result = call_make(call);
		if (!set_files(false))
			result = -ENOENT;
		return result;
	case NO_QUOTA:
		if (!set_quota(true))
			result = -ENOENT;
		else
			result = call_make(call);
		if (!set_quota(false))
			result = -ENOENT;
		return result;
	default:
		return call_make(call);
	}
}

/* --- trials -------------------------------------------------------------- */

/* @end_fd: what the right call is made upon, if not all rights are needed */
struct trial {
	const struct command *command;
	enum kind kind;
	struct world world;
	int end_fd;
	unsigned int tried, failed;
};

/* Of this test: so that one that tries nothing does not pass. */
static unsigned int all_tried;

static void complain(struct trial *trial, const char *what, const char *how,
		     int number)
{
	trial->failed++;
	fprintf(stderr, "# %s on %s, %s: %s (%d)\n", trial->command->name,
		kind_names[trial->kind], what, how, number);
}

static bool trial_begin(struct trial *trial, const struct command *command,
			enum kind kind)
{
	memset(trial, 0, sizeof(*trial));
	trial->command = command;
	trial->kind = kind;
	if (!args_memory.end &&
	    (!memory_make(&args_memory) || !memory_make(&data_memory)))
		return false;
	/* So that no test finds the device open that another would open. */
	if (ws_device() < 0)
		return false;
	return world_make(&trial->world, command->sleeper);
}

static void try(struct trial *trial, const struct defect *defect)
{
	struct snapshot before, after;
	struct call call;
	int result;

	trial->tried++;
	call_prepare(&call, trial->command, trial->kind, &trial->world);
	spoil(&call, defect, &trial->world);
	if (!snapshot_take(&trial->world, &before))
		complain(trial, defect->what, "can't look before", 0);
	result = pair(trial->command->cmd, call_spoiled(&call, defect));
	if (result != defect->error)
		complain(trial, defect->what, "other result", result);
	if (call.pointer &&
	    memcmp(args_memory.end - call.size, &call.args, call.size))
		complain(trial, defect->what, "it wrote its arguments", 0);
	if (!snapshot_take(&trial->world, &after) ||
	    memcmp(&before, &after, sizeof(before)))
		complain(trial, defect->what, "it changed something", result);
}

/* The call without a defect. Returns how many failures there were. */
static unsigned int trial_end(struct trial *trial)
{
	struct call call;
	int result;

	if (trial->tried) {
		call_prepare(&call, trial->command, trial->kind, &trial->world);
		if (trial->end_fd)
			call.fd = trial->end_fd;
		result = call_make(&call);
		if (result < 0)
			complain(trial, "all is right", "it fails", result);
		else if (trial->command->makes_fd)
			close(result);
	}
	if (trial->end_fd)
		close(trial->end_fd);
	world_end(&trial->world);
	all_tried += trial->tried;
	return trial->failed;
}

static unsigned int for_all(void (*defects)(struct trial *trial))
{
	unsigned int failed = 0;
	struct trial trial;
	size_t i;
	int kind;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		for (kind = 0; kind < KINDS; kind++) {
			if (!(commands[i].kinds & ON(kind)))
				continue;
			if (!trial_begin(&trial, &commands[i], kind)) {
				complain(&trial, "in the beginning",
					 "can't prepare it", errno);
				return failed + 1;
			}
			defects(&trial);
			failed += trial_end(&trial);
		}
	return failed;
}

static bool reads(const struct command *command)
{
	return _IOC_DIR(command->cmd) & _IOC_WRITE;
}

static bool writes(const struct command *command)
{
	return _IOC_DIR(command->cmd) & _IOC_READ;
}

/* --- sizes ----------------------------------------------------------------- */

static void smaller_sizes(struct trial *trial)
{
	unsigned int size;

	for (size = 0; size < trial->command->first_size; size++)
		try(trial, &(struct defect){ "a size too small", -ENOTTY, CMD,
			.value = other_size(trial->command->cmd, size) });
}

TEST(smaller_than_first_version_is_enotty)
{
	EXPECT_EQ(0, for_all(smaller_sizes));
	EXPECT_LT(0, all_tried);
}

/* The tail is in front of what was asked: the structure begins earlier. */
static int call_with_tail(struct trial *trial, size_t size, size_t at,
			  char byte)
{
	static char buffer[MEMORY_PAGES * 4096];
	struct call call;
	char *pointer;
	int result;

	call_prepare(&call, trial->command, trial->kind, &trial->world);
	memset(buffer, 0, sizeof(buffer));
	memcpy(buffer, &call.args, call.size);
	if (at < size)
		buffer[at] |= byte;
	pointer = memory_place(&args_memory, buffer, size);
	result = ws_ioctl(call.fd, other_size(call.cmd, size), pointer);
	if (result < 0 && memcmp(pointer, buffer, size))
		complain(trial, "a long structure", "it wrote to it", size);
	return result;
}

static void refuse_tail(struct trial *trial, size_t size, size_t at, char byte,
			const char *what)
{
	struct snapshot before, after;
	int result;

	trial->tried++;
	snapshot_take(&trial->world, &before);
	result = pair(trial->command->cmd,
		      call_with_tail(trial, size, at, byte));
	snapshot_take(&trial->world, &after);
	if (result != -E2BIG)
		complain(trial, what, "other result", result);
	if (memcmp(&before, &after, sizeof(before)))
		complain(trial, what, "it changed something", result);
}

static void non_zero_tails(struct trial *trial)
{
	size_t known = _IOC_SIZE(trial->command->cmd);
	const size_t sizes[] = { known + 1, known + 8, page_size };
	unsigned int i, bit;

	if (!reads(trial->command))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		refuse_tail(trial, sizes[i], known, 1, "first byte of the tail");
		refuse_tail(trial, sizes[i], sizes[i] - 1, 0x80,
			    "last byte of the tail");
	}
	for (bit = 0; bit < 8; bit++)
		refuse_tail(trial, known + 8, known + 3, 1 << bit,
			    "a byte of the tail");
}

TEST(non_zero_tail_is_e2big)
{
	EXPECT_EQ(0, for_all(non_zero_tails));
	EXPECT_LT(0, all_tried);
}

static void sizes_beyond_a_page(struct trial *trial)
{
	if (!trial->command->first_size)
		return;
	refuse_tail(trial, page_size + 1, SIZE_MAX, 0, "a page and a byte");
	refuse_tail(trial, 0x3fff, SIZE_MAX, 0, "the largest size");
}

TEST(larger_than_a_page_is_e2big)
{
	EXPECT_EQ(0, for_all(sizes_beyond_a_page));
	EXPECT_LT(0, all_tried);
}

/* A program newer than the module: what it does not use is zero. */
static unsigned int accepts_tail(const struct command *command, enum kind kind,
				 size_t size)
{
	struct trial trial;
	char *tail;
	size_t i;
	int result;

	if (!trial_begin(&trial, command, kind))
		return 1;
	all_tried++;
	result = call_with_tail(&trial, size, SIZE_MAX, 0);
	if (result < 0)
		complain(&trial, "a zero tail", "it fails", result);
	else if (command->makes_fd)
		close(result);
	tail = args_memory.end - size + _IOC_SIZE(command->cmd);
	for (i = 0; tail + i < args_memory.end; i++)
		if (tail[i]) {
			complain(&trial, "a zero tail", "it wrote there", i);
			break;
		}
	return trial_end(&trial);
}

TEST(zero_tail_is_fine)
{
	unsigned int failed = 0;
	size_t i;
	int kind;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		for (kind = 0; kind < KINDS; kind++) {
			size_t known = _IOC_SIZE(commands[i].cmd);

			if (!known || !(commands[i].kinds & ON(kind)))
				continue;
			failed += accepts_tail(&commands[i], kind, known + 1);
			failed += accepts_tail(&commands[i], kind, known + 8);
			failed += accepts_tail(&commands[i], kind,
					       sysconf(_SC_PAGESIZE));
		}
	EXPECT_EQ(0, failed);
	EXPECT_LT(0, all_tried);
}

/* --- numbers that are no commands ----------------------------------------- */

static bool is_command(unsigned long cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (_IOC_NR(cmd) == _IOC_NR(commands[i].cmd) &&
		    _IOC_DIR(cmd) == _IOC_DIR(commands[i].cmd) &&
		    (_IOC_DIR(cmd) == _IOC_NONE ? !_IOC_SIZE(cmd) :
		     _IOC_SIZE(cmd) >= commands[i].first_size))
			return true;
	return false;
}

TEST(unknown_commands_are_enotty)
{
	static const unsigned int sizes[] = { 0, 1, 4, 8, 16, 24, 32, 40, 48, 56,
					      0x3fff };
	static const unsigned int others[] = { WINSYNC_IOC_MAGIC ^ 1,
					       WINSYNC_IOC_MAGIC ^ 0x80 };
	unsigned int nr, dir, i, wrong = 0, tried = 0;
	struct snapshot before, after;
	static char zeros[0x4000];
	struct trial trial;
	int kind, result;

	ASSERT_TRUE(trial_begin(&trial, &commands[0], DEVICE));
	ASSERT_TRUE(snapshot_take(&trial.world, &before));
	for (kind = 0; kind < KINDS; kind++)
		for (nr = 0; nr < 256; nr++)
			for (dir = 0; dir < 4; dir++)
				for (i = 0; i < ARRAY_SIZE(sizes); i++) {
					unsigned long cmd =
						_IOC(dir, WINSYNC_IOC_MAGIC, nr,
						     sizes[i]);

					if (is_command(cmd))
						continue;
					tried++;
					result = dir ? ws_ioctl(trial.world.fd[kind],
								cmd, zeros) :
						 ws_ioctl_value(trial.world.fd[kind],
								cmd, 0);
					if (result == -ENOTTY)
						continue;
					wrong++;
					TH_LOG("%#lx on %s: %d", cmd,
					       kind_names[kind], result);
				}
	/* The same numbers with another letter. */
	for (kind = 0; kind < KINDS; kind++)
		for (i = 0; i < ARRAY_SIZE(commands); i++)
			for (nr = 0; nr < ARRAY_SIZE(others); nr++) {
				unsigned long cmd = commands[i].cmd;

				cmd = _IOC(_IOC_DIR(cmd), others[nr],
					   _IOC_NR(cmd), _IOC_SIZE(cmd));
				tried++;
				result = ws_ioctl(trial.world.fd[kind], cmd,
						  _IOC_DIR(cmd) ? zeros : NULL);
				wrong += result != -ENOTTY;
			}
	EXPECT_EQ(0, wrong);
	EXPECT_LT(10000, tried);
	ASSERT_TRUE(snapshot_take(&trial.world, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	trial_end(&trial);
}

/* --- pointers ------------------------------------------------------------ */

static void bad_structures(struct trial *trial)
{
	if (!trial->command->first_size) {
		try(trial, &(struct defect){ "an argument without need",
			-EINVAL, ARGUMENT, .value = 1 });
		try(trial, &(struct defect){ "a pointer without need",
			-EINVAL, ARGUMENT, .stand_in = UNMAPPED });
		return;
	}
	try(trial, &(struct defect){ "NULL", -EFAULT, ARGUMENT, .value = 0 });
	try(trial, &(struct defect){ "a structure that is not there", -EFAULT,
		ARGUMENT, .stand_in = UNMAPPED });
	try(trial, &(struct defect){ "a structure whose tail is not there",
		-EFAULT, ARGUMENT, .stand_in = TAIL_UNMAPPED });
	try(trial, &(struct defect){ "a structure of the kernel", -EFAULT,
		ARGUMENT, .stand_in = KERNEL_ADDRESS });
	if (!writes(trial->command))
		return;
	try(trial, &(struct defect){ "a read-only structure", -EFAULT,
		ARGS_READ_ONLY, .value = 0 });
	try(trial, &(struct defect){ "a read-only structure of a later version",
		-EFAULT, ARGS_READ_ONLY, .value = 8 });
}

TEST(bad_structures_change_nothing)
{
	EXPECT_EQ(0, for_all(bad_structures));
	EXPECT_LT(0, all_tried);
}

/* What only goes in may be read-only. */
TEST(read_only_input_is_fine)
{
	struct defect read_only = { "read-only", 0, ARGS_READ_ONLY,
				    .value = 0 };
	unsigned int tried = 0;
	struct trial trial;
	struct call call;
	int kind, result;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		for (kind = 0; kind < KINDS; kind++) {
			if (!(commands[i].kinds & ON(kind)) ||
			    !commands[i].first_size || writes(&commands[i]))
				continue;
			ASSERT_TRUE(trial_begin(&trial, &commands[i], kind));
			call_prepare(&call, trial.command, kind, &trial.world);
			result = call_spoiled(&call, &read_only);
			EXPECT_LE(0, result)
				TH_LOG("%s on %s", commands[i].name,
				       kind_names[kind]);
			if (result >= 0 && commands[i].makes_fd)
				close(result);
			trial_end(&trial);
			tried++;
		}
	EXPECT_LT(0, tried);
}

struct place {
	unsigned long cmd;
	unsigned int kinds;
	const char *what;
	size_t offset;
};

#define PLACE(cmd, on, type, member) \
	{ WINSYNC_IOC_##cmd, on, #member, offsetof(struct type, member) }

static const struct place pointers[] = {
	PLACE(NS_OPEN, ON_ALL, winsync_ns_args, name),
	PLACE(LIST, ON_ALL, winsync_list_args, buffer),
	PLACE(EVENT_CREATE, ON(NAMESPACE), winsync_create, name),
	PLACE(MUTEX_CREATE, ON(NAMESPACE), winsync_create, name),
	PLACE(SEMAPHORE_CREATE, ON(NAMESPACE), winsync_create, name),
	PLACE(TIMER_CREATE, ON(NAMESPACE), winsync_create, name),
	PLACE(OPEN, ON_ALL, winsync_open_args, name),
	PLACE(WAITERS, ON_ALL, winsync_waiters_args, buffer),
	PLACE(WAIT_ANY, ON_ALL, winsync_wait_multiple_args, fds),
	PLACE(WAIT_ALL, ON_ALL, winsync_wait_multiple_args, fds),
};

static void bad_pointers(struct trial *trial)
{
	static const struct {
		enum stand_in stand_in;
		uint64_t value;
	} bad[] = {
		{ VALUE, 0 }, { UNMAPPED, 0 }, { TAIL_UNMAPPED, 0 },
		{ KERNEL_ADDRESS, 0 },
		/* The lower half alone would do. */
		{ MORE_BITS, 1ULL << 63 }, { MORE_BITS, 1ULL << 55 },
		{ VALUE, UINT64_MAX },
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		if (pointers[i].cmd != trial->command->cmd ||
		    !(pointers[i].kinds & ON(trial->kind)))
			continue;
		for (k = 0; k < ARRAY_SIZE(bad); k++)
			try(trial, &(struct defect){ pointers[i].what, -EFAULT,
				ARGS, pointers[i].offset, 8, bad[k].stand_in,
				bad[k].value });
	}
}

TEST(bad_pointers_are_efault)
{
	EXPECT_EQ(0, for_all(bad_pointers));
	EXPECT_LT(0, all_tried);
}

/* --- bits ------------------------------------------------------------------ */

#define ACCESS_BITS	(WINSYNC_ACCESS_ALL | WINSYNC_ACCESS_MAXIMUM)

static const struct bits {
	unsigned long cmd;
	const char *what;
	size_t offset;
	uint32_t known;
} bits[] = {
#define BITS(cmd, type, member, known) \
	{ WINSYNC_IOC_##cmd, #member, offsetof(struct type, member), known }
#define CREATE_BITS(cmd) \
	BITS(cmd, winsync_create, flags, \
	     WINSYNC_INHERIT | WINSYNC_CREATE_EXCL), \
	BITS(cmd, winsync_create, access, ACCESS_BITS), \
	BITS(cmd, winsync_create, mode, 0777), \
	BITS(cmd, winsync_create, reserved, 0)
	BITS(NS_OPEN, winsync_ns_args, flags,
	     WINSYNC_INHERIT | WINSYNC_CREATE_EXCL | WINSYNC_NS_CREATE |
	     WINSYNC_NS_PER_USER | WINSYNC_NS_OWNED),
	BITS(NS_OPEN, winsync_ns_args, access, ACCESS_BITS),
	BITS(NS_OPEN, winsync_ns_args, mode, 0777),
	/* Without WINSYNC_NS_PER_USER. */
	BITS(NS_OPEN, winsync_ns_args, uid, 0),
	BITS(LIST, winsync_list_args, reserved, 0),
	CREATE_BITS(EVENT_CREATE),
	BITS(EVENT_CREATE, winsync_event_create_args, manual, 1),
	BITS(EVENT_CREATE, winsync_event_create_args, signaled, 1),
	CREATE_BITS(MUTEX_CREATE),
	BITS(MUTEX_CREATE, winsync_mutex_create_args, owned, 1),
	BITS(MUTEX_CREATE, winsync_mutex_create_args, reserved, 0),
	CREATE_BITS(SEMAPHORE_CREATE),
	CREATE_BITS(TIMER_CREATE),
	BITS(TIMER_CREATE, winsync_timer_create_args, manual, 1),
	BITS(TIMER_CREATE, winsync_timer_create_args, reserved, 0),
	BITS(OPEN, winsync_open_args, flags, WINSYNC_INHERIT),
	BITS(OPEN, winsync_open_args, access, ACCESS_BITS),
	BITS(DUPLICATE, winsync_duplicate_args, access, ACCESS_BITS),
	BITS(DUPLICATE, winsync_duplicate_args, flags, WINSYNC_INHERIT),
	BITS(SAME, winsync_same_args, reserved, 0),
	BITS(SET_PERM, winsync_perm_args, mask,
	     WINSYNC_PERM_MODE | WINSYNC_PERM_UID | WINSYNC_PERM_GID),
	BITS(SET_PERM, winsync_perm_args, mode, 0777),
	BITS(SEMAPHORE_RELEASE, winsync_semaphore_release_args, reserved, 0),
	BITS(TIMER_SET, winsync_timer_set_args, flags, WINSYNC_CLOCK_MASK |
	     WINSYNC_TIMER_ABSOLUTE | WINSYNC_TIMER_WAKE),
	BITS(WAIT, winsync_wait_args, flags, WINSYNC_CLOCK_MASK),
	BITS(WAIT_ANY, winsync_wait_multiple_args, flags, WINSYNC_CLOCK_MASK),
	BITS(WAIT_ANY, winsync_wait_multiple_args, reserved, 0),
	BITS(WAIT_ALL, winsync_wait_multiple_args, flags, WINSYNC_CLOCK_MASK),
	BITS(WAIT_ALL, winsync_wait_multiple_args, reserved, 0),
	BITS(SIGNAL_AND_WAIT, winsync_signal_and_wait_args, flags,
	     WINSYNC_CLOCK_MASK),
	BITS(SIGNAL_AND_WAIT, winsync_signal_and_wait_args, reserved, 0),
};

static void unknown_bits(struct trial *trial)
{
	unsigned int bit;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		for (bit = 0; bit < 32; bit++)
			if (bits[i].cmd == trial->command->cmd &&
			    !(bits[i].known & 1u << bit))
				try(trial, &(struct defect){ bits[i].what,
					-EINVAL, ARGS, bits[i].offset, 4,
					MORE_BITS, 1u << bit });
}

TEST(unknown_bits_are_einval)
{
	EXPECT_EQ(0, for_all(unknown_bits));
	EXPECT_LT(1000, all_tried);
}

/* --- values out of range --------------------------------------------------- */

#define KTIME_MAX	0x7fffffffffffffffULL

static const struct wrong_value {
	unsigned long cmd;
	unsigned int kinds;
	const char *what;
	size_t offset, size;
	int error;
	uint64_t value;
} wrong_values[] = {
#define WRONG_ON(cmd, on, type, member, error, value) \
	{ WINSYNC_IOC_##cmd, on, #member " " #value, \
	  offsetof(struct type, member), sizeof(((struct type *)0)->member), \
	  -(error), value }
#define WRONG(cmd, type, member, error, value) \
	WRONG_ON(cmd, ON_ALL, type, member, error, value)
#define WRONG_CREATE(cmd) \
	WRONG(cmd, winsync_create, access, EACCES, 0), \
	WRONG_ON(cmd, ON(DEVICE), winsync_create, name_len, EINVAL, 1), \
	WRONG_ON(cmd, ON(NAMESPACE), winsync_create, name_len, ENAMETOOLONG, \
		 WINSYNC_NAME_MAX + 1), \
	WRONG_ON(cmd, ON(NAMESPACE), winsync_create, name_len, ENAMETOOLONG, \
		 UINT32_MAX)
	WRONG(NS_OPEN, winsync_ns_args, name_len, ENAMETOOLONG,
	      WINSYNC_NAME_MAX + 1),
	WRONG(NS_OPEN, winsync_ns_args, name_len, ENAMETOOLONG, UINT32_MAX),
	WRONG(NS_OPEN, winsync_ns_args, access, EACCES, 0),
	WRONG(LIST, winsync_list_args, size, EINVAL, 0),
	WRONG(LIST, winsync_list_args, size, EINVAL, 63),
	WRONG_CREATE(EVENT_CREATE),
	WRONG_CREATE(MUTEX_CREATE),
	WRONG_CREATE(SEMAPHORE_CREATE),
	WRONG(SEMAPHORE_CREATE, winsync_semaphore_create_args, count, EINVAL,
	      3),
	WRONG(SEMAPHORE_CREATE, winsync_semaphore_create_args, count, EINVAL,
	      UINT32_MAX),
	WRONG(SEMAPHORE_CREATE, winsync_semaphore_create_args, max, EINVAL, 0),
	WRONG(SEMAPHORE_CREATE, winsync_semaphore_create_args, max, EINVAL,
	      0x80000000),
	WRONG(SEMAPHORE_CREATE, winsync_semaphore_create_args, max, EINVAL,
	      UINT32_MAX),
	WRONG_CREATE(TIMER_CREATE),
	WRONG(OPEN, winsync_open_args, name_len, EINVAL, 0),
	WRONG(OPEN, winsync_open_args, name_len, ENAMETOOLONG,
	      WINSYNC_NAME_MAX + 1),
	WRONG(OPEN, winsync_open_args, name_len, ENOENT, 7),
	WRONG(OPEN, winsync_open_args, access, EACCES, 0),
	WRONG(OPEN, winsync_open_args, type, EPROTOTYPE, WINSYNC_TYPE_MUTEX),
	WRONG(OPEN, winsync_open_args, type, EPROTOTYPE,
	      WINSYNC_TYPE_SEMAPHORE),
	WRONG(OPEN, winsync_open_args, type, EPROTOTYPE, WINSYNC_TYPE_TIMER),
	WRONG(OPEN, winsync_open_args, type, EINVAL, 5),
	WRONG(OPEN, winsync_open_args, type, EINVAL, WINSYNC_TYPE_NAMESPACE),
	WRONG(OPEN, winsync_open_args, type, EINVAL, UINT32_MAX),
	WRONG(SET_PERM, winsync_perm_args, uid, EINVAL, UINT32_MAX),
	WRONG(SET_PERM, winsync_perm_args, gid, EINVAL, UINT32_MAX),
	WRONG(WAITERS, winsync_waiters_args, count, EINVAL,
	      WINSYNC_WAITERS_MAX + 1),
	WRONG(WAITERS, winsync_waiters_args, count, EINVAL, UINT32_MAX),
	WRONG(SEMAPHORE_RELEASE, winsync_semaphore_release_args, count, EINVAL,
	      0),
	WRONG(SEMAPHORE_RELEASE, winsync_semaphore_release_args, count, EINVAL,
	      0x80000000),
	WRONG(SEMAPHORE_RELEASE, winsync_semaphore_release_args, count, EINVAL,
	      UINT32_MAX),
	WRONG(SEMAPHORE_RELEASE, winsync_semaphore_release_args, count,
	      EOVERFLOW, 3),
	WRONG(SEMAPHORE_RELEASE, winsync_semaphore_release_args, count,
	      EOVERFLOW, WINSYNC_SEMAPHORE_MAX),
	WRONG(TIMER_SET, winsync_timer_set_args, flags, EINVAL,
	      WINSYNC_CLOCK_MASK),
	WRONG(TIMER_SET, winsync_timer_set_args, due, EINVAL, KTIME_MAX + 1),
	WRONG(TIMER_SET, winsync_timer_set_args, due, EINVAL, UINT64_MAX),
	WRONG(TIMER_SET, winsync_timer_set_args, period, EINVAL, 1),
	WRONG(TIMER_SET, winsync_timer_set_args, period, EINVAL,
	      KTIME_MAX + 1),
	WRONG(TIMER_SET, winsync_timer_set_args, tolerance, EINVAL,
	      KTIME_MAX + 1),
#define WRONG_WAIT(cmd, type) \
	WRONG(cmd, type, flags, EINVAL, WINSYNC_CLOCK_MASK), \
	WRONG(cmd, type, deadline, EINVAL, KTIME_MAX + 1), \
	WRONG(cmd, type, deadline, EINVAL, WINSYNC_FOREVER - 1)
	WRONG_WAIT(WAIT, winsync_wait_args),
	WRONG_WAIT(WAIT_ANY, winsync_wait_multiple_args),
	WRONG(WAIT_ANY, winsync_wait_multiple_args, count, EINVAL, 0),
	WRONG(WAIT_ANY, winsync_wait_multiple_args, count, EINVAL, 65536),
	WRONG(WAIT_ANY, winsync_wait_multiple_args, count, EINVAL, UINT32_MAX),
	WRONG_WAIT(WAIT_ALL, winsync_wait_multiple_args),
	WRONG(WAIT_ALL, winsync_wait_multiple_args, count, EINVAL, 0),
	WRONG(WAIT_ALL, winsync_wait_multiple_args, count, EINVAL, 65536),
	WRONG(WAIT_ALL, winsync_wait_multiple_args, count, EINVAL, UINT32_MAX),
	WRONG_WAIT(SIGNAL_AND_WAIT, winsync_signal_and_wait_args),
};

static void values_out_of_range(struct trial *trial)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong_values); i++) {
		const struct wrong_value *wrong = &wrong_values[i];

		if (wrong->cmd == trial->command->cmd &&
		    wrong->kinds & ON(trial->kind))
			try(trial, &(struct defect){ wrong->what, wrong->error,
				ARGS, wrong->offset, wrong->size, VALUE,
				wrong->value });
	}
}

TEST(values_out_of_range_are_refused)
{
	EXPECT_EQ(0, for_all(values_out_of_range));
	EXPECT_LT(0, all_tried);
}

/* One less than what is refused. */
TEST(values_at_the_limit_are_fine)
{
	int event = ws_event(1, 1), timer = ws_timer(0);
	static int fds[4096];
	struct winsync_info info;
	char name[WINSYNC_NAME_MAX];
	int ns = ws_private_ns();
	unsigned int i;
	int fd;

	ASSERT_LE(0, event);
	ASSERT_LE(0, ns);
	ASSERT_EQ(0, ws_info(&info));
	memset(name, 'n', sizeof(name));
	EXPECT_EQ(-ENOENT, ws_open_len(ns, name, sizeof(name), 0, WS_ALL));
	fd = ws_create(ns, WINSYNC_TYPE_EVENT, &(struct ws_new){
			.name = name, .name_len = sizeof(name) });
	EXPECT_LE(0, fd);
	EXPECT_LE(0, ws_open_len(ns, name, sizeof(name), 0, WS_ALL));
	EXPECT_LE(0, ws_semaphore(WINSYNC_SEMAPHORE_MAX, WINSYNC_SEMAPHORE_MAX));
	EXPECT_EQ(0, ws_timer_set_full(timer, KTIME_MAX, KTIME_MAX, KTIME_MAX,
				       0, -1));
	EXPECT_EQ(0, ws_timer_set_full(timer, KTIME_MAX, info.min_period, 0,
				       WINSYNC_TIMER_ABSOLUTE, -1));
	EXPECT_EQ(-EINVAL, ws_timer_set_full(timer, 1, info.min_period - 1, 0,
					     0, -1));
	EXPECT_EQ(0, ws_wait(event, KTIME_MAX));
	EXPECT_EQ(0, ws_wait(event, WINSYNC_FOREVER));
	ASSERT_GE(ARRAY_SIZE(fds), info.max_wait_any);
	for (i = 0; i < info.max_wait_any; i++)
		fds[i] = event;
	EXPECT_EQ(0, ws_wait_any(fds, info.max_wait_any, 0));
	EXPECT_EQ(-EINVAL, ws_wait_any(fds, info.max_wait_any + 1, 0));
	ASSERT_LE(64, info.max_wait_all);
	for (i = 0; i < info.max_wait_all; i++)
		fds[i] = ws_event(1, 1);
	EXPECT_EQ(0, ws_wait_all(fds, info.max_wait_all, 0));
	fds[info.max_wait_all] = event;
	EXPECT_EQ(-EINVAL, ws_wait_all(fds, info.max_wait_all + 1, 0));
}

/* --- names ----------------------------------------------------------------- */

static void bad_names(struct trial *trial)
{
	/* By offset in the right name: "new", "existing", "abi-new". */
	static const char bad[] = { '\0', '\\' };
	size_t i, k;

	if (trial->kind == DEVICE ? trial->command->cmd != WINSYNC_IOC_NS_OPEN :
	    trial->kind != NAMESPACE || !trial->command->makes_fd ||
	    trial->command->cmd == WINSYNC_IOC_DUPLICATE)
		return;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		for (k = 0; k < 3; k++) {
			struct snapshot before, after;
			struct call call;
			int result;

			call_prepare(&call, trial->command, trial->kind,
				     &trial->world);
			((char *)(uintptr_t)call.args.create.name)[k] = bad[i];
			snapshot_take(&trial->world, &before);
			result = pair(call.cmd, call_make(&call));
			snapshot_take(&trial->world, &after);
			trial->tried++;
			if (result != -EINVAL)
				complain(trial, "a bad name", "other result",
					 result);
			if (memcmp(&before, &after, sizeof(before)))
				complain(trial, "a bad name",
					 "it changed something", result);
		}
}

TEST(names_with_nul_or_backslash_are_einval)
{
	EXPECT_EQ(0, for_all(bad_names));
	EXPECT_LT(0, all_tried);
}

static void existing_names(struct trial *trial)
{
	struct snapshot before, after;
	struct call call;
	int i, result, expected, mutex;

	if (trial->kind != NAMESPACE || !trial->command->makes_fd ||
	    trial->command->cmd == WINSYNC_IOC_DUPLICATE ||
	    trial->command->cmd == WINSYNC_IOC_OPEN)
		return;
	mutex = ws_named(trial->world.fd[NAMESPACE], WINSYNC_TYPE_MUTEX,
			 "a mutex", 0, NULL);
	for (i = 0; i < 2; i++) {
		bool exclusive = i;
		const char *name = "existing";

		/* That one is an event. */
		if (!exclusive && trial->command->cmd == WINSYNC_IOC_EVENT_CREATE)
			name = "a mutex";
		call_prepare(&call, trial->command, trial->kind, &trial->world);
		call.args.create.name = place(name, strlen(name));
		call.args.create.name_len = strlen(name);
		call.args.create.flags = exclusive ? WINSYNC_CREATE_EXCL : 0;
		expected = exclusive ? -EEXIST : -EPROTOTYPE;
		snapshot_take(&trial->world, &before);
		result = pair(call.cmd, call_make(&call));
		snapshot_take(&trial->world, &after);
		trial->tried++;
		if (result != expected)
			complain(trial, name, "other result", result);
		if (memcmp(&before, &after, sizeof(before)))
			complain(trial, name, "it changed something", result);
	}
	close(mutex);
}

TEST(existing_names_are_eexist_or_eprototype)
{
	EXPECT_EQ(0, for_all(existing_names));
	EXPECT_LT(0, all_tried);
}

static int destroy(int ns)
{
	return pair(WINSYNC_IOC_NS_DESTROY,
		    ws_ioctl_value(ns, WINSYNC_IOC_NS_DESTROY, 0));
}

TEST(namespaces_have_their_own_errors)
{
	char name[64];
	int ns, again;

	ws_unique_name(name, sizeof(name), "ns");
	EXPECT_EQ(-ENOENT, pair(WINSYNC_IOC_NS_OPEN, ws_ns(name, 0, WS_ALL, 0)));
	ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	ASSERT_LE(0, ns);
	EXPECT_EQ(-EEXIST, pair(WINSYNC_IOC_NS_OPEN,
				ws_ns(name, WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL,
				      WS_ALL, 0700)));
	EXPECT_EQ(1, ws_handles(ns));
	again = ws_ns(name, 0, WS_ALL, 0);
	EXPECT_LE(0, again);
	EXPECT_EQ(0, destroy(ns));
	EXPECT_EQ(-ENOENT, destroy(ns));
	EXPECT_EQ(-ENOENT, destroy(again));
	EXPECT_EQ(-ENOENT, ws_ns(name, 0, WS_ALL, 0));
}

TEST(default_namespace_can_not_be_destroyed)
{
	int ns = ws_ns("", 0, WS_ALL, 0);

	ASSERT_LE(0, ns);
	EXPECT_EQ(-EINVAL, destroy(ns));
	EXPECT_LE(0, ws_ns("", 0, WS_ALL, 0));
}

/* --- files ------------------------------------------------------------------ */

static const struct fd_place {
	unsigned long cmd;
	const char *what;
	bool listed;
	size_t offset;
	uint32_t right;		/* that is needed, 0: none */
	bool alert;
} fd_places[] = {
#define FD_PLACE(cmd, type, member, right, alert) \
	{ WINSYNC_IOC_##cmd, #member, false, offsetof(struct type, member), \
	  right, alert }
#define FDS_PLACE(cmd, index) \
	{ WINSYNC_IOC_##cmd, "fds", true, index, WS_SYNC, false }
	FD_PLACE(SAME, winsync_same_args, fd, 0, false),
	FD_PLACE(TIMER_SET, winsync_timer_set_args, alert, WS_MODIFY, true),
	FD_PLACE(WAIT, winsync_wait_args, alert, WS_SYNC, true),
	FDS_PLACE(WAIT_ANY, 0), FDS_PLACE(WAIT_ANY, 3),
	FD_PLACE(WAIT_ANY, winsync_wait_multiple_args, alert, WS_SYNC, true),
	FDS_PLACE(WAIT_ALL, 0), FDS_PLACE(WAIT_ALL, 3),
	FD_PLACE(WAIT_ALL, winsync_wait_multiple_args, alert, WS_SYNC, true),
	FD_PLACE(SIGNAL_AND_WAIT, winsync_signal_and_wait_args, fd, WS_SYNC,
		 false),
	FD_PLACE(SIGNAL_AND_WAIT, winsync_signal_and_wait_args, alert, WS_SYNC,
		 true),
};

static void try_fd(struct trial *trial, const struct fd_place *place, int error,
		   enum stand_in stand_in, uint64_t value)
{
	try(trial, &(struct defect){ place->what, error,
		place->listed ? LIST : ARGS, place->offset, 4, stand_in,
		value });
}

static void bad_fds(struct trial *trial)
{
	static const enum stand_in foreign[] = { NULL_DEVICE_FD, PIPE_FD,
		SOCKET_FD, EVENTFD_FD, EPOLL_FD, PATH_FD, DEVICE_FD };
	const struct fd_place *place;
	size_t i;

	for (place = fd_places; place < fd_places + ARRAY_SIZE(fd_places);
	     place++) {
		if (place->cmd != trial->command->cmd)
			continue;
		try_fd(trial, place, -EBADF, CLOSED_FD, 0);
		try_fd(trial, place, -EBADF, VALUE, INT_MAX);
		try_fd(trial, place, -EBADF, VALUE, (uint32_t)INT_MIN);
		try_fd(trial, place, -EBADF, VALUE, (uint32_t)-2);
		/* An alert of -1 is none. */
		if (!place->alert)
			try_fd(trial, place, -EBADF, VALUE, (uint32_t)-1);
		for (i = 0; i < ARRAY_SIZE(foreign); i++)
			try_fd(trial, place, -EBADFD, foreign[i], 0);
		/* A namespace can be compared, but not waited for. */
		if (place->right)
			try_fd(trial, place, -EBADFD, NAMESPACE_FD, 0);
		if (place->alert)
			try_fd(trial, place, -EBADFD, TIMER_FD, 0);
		if (place->right)
			try_fd(trial, place, -EACCES, HANDLE_WITHOUT,
			       place->right);
	}
}

TEST(bad_fds_in_arguments)
{
	EXPECT_EQ(0, for_all(bad_fds));
	EXPECT_LT(0, all_tried);
}

static void bad_files(struct trial *trial)
{
	int kind;

	try(trial, &(struct defect){ "a closed fd", -EBADF, FD,
		.stand_in = CLOSED_FD });
	try(trial, &(struct defect){ "no fd", -EBADF, FD, .stand_in = VALUE,
		.value = (uint32_t)-1 });
	/* An ioctl of the device opened with O_PATH does not even reach us. */
	try(trial, &(struct defect){ "an O_PATH fd", -EBADF, FD,
		.stand_in = PATH_FD });
	/* Other rows of the table may allow the other kinds. */
	if (trial->command->cmd == WINSYNC_IOC_SIGNAL_AND_WAIT) {
		try(trial, &(struct defect){ "a timer", -EBADFD, FD,
			.stand_in = TIMER_FD });
		try(trial, &(struct defect){ "a namespace", -EBADFD, FD,
			.stand_in = NAMESPACE_FD });
		try(trial, &(struct defect){ "the device", -EBADFD, FD,
			.stand_in = DEVICE_FD });
		return;
	}
	for (kind = 0; kind < KINDS; kind++)
		if (!(trial->command->kinds & ON(kind)))
			try(trial, &(struct defect){ kind_names[kind], -EBADFD,
				FD, .value = trial->world.fd[kind] });
}

TEST(bad_files_called_upon)
{
	EXPECT_EQ(0, for_all(bad_files));
	EXPECT_LT(0, all_tried);
}

/* --- rights ------------------------------------------------------------------ */

static void missing_rights(struct trial *trial)
{
	int have = trial->world.fd[trial->kind];
	uint32_t right = trial->command->right;
	int without;

	if (!right || trial->kind == DEVICE)
		return;
	without = ws_duplicate(have, WS_ALL & ~right, 0);
	try(trial, &(struct defect){ "without the right", -EACCES, FD,
		.value = without });
	close(without);
	/* And that right alone is enough. */
	trial->end_fd = ws_duplicate(have, right, 0);
}

TEST(missing_right_is_eacces)
{
	EXPECT_EQ(0, for_all(missing_rights));
	EXPECT_LT(0, all_tried);
}

static void no_rights(struct trial *trial)
{
	if (trial->command->right || trial->kind == DEVICE)
		return;
	trial->tried++;
	trial->end_fd = ws_duplicate(trial->world.fd[trial->kind],
				     WINSYNC_ACCESS_READ_CONTROL, 0);
}

TEST(commands_that_need_no_right)
{
	EXPECT_EQ(0, for_all(no_rights));
	EXPECT_LT(0, all_tried);
}

/* To open what exists is to synchronize with it, to create is to modify. */
TEST(creating_what_exists_needs_synchronize)
{
	struct ws_new what = { .name = "existing", .mode = 0777 };
	int ns = ws_private_ns(), create_only, open_only;

	ASSERT_LE(0, ns);
	create_only = ws_duplicate(ns, WS_MODIFY, 0);
	open_only = ws_duplicate(ns, WS_SYNC, 0);
	EXPECT_EQ(-EACCES, ws_create(open_only, WINSYNC_TYPE_EVENT, &what));
	EXPECT_EQ(-ENOENT, ws_open(ns, "existing", 0, WS_ALL));
	ASSERT_LE(0, ws_create(create_only, WINSYNC_TYPE_EVENT, &what));
	EXPECT_EQ(-EACCES, ws_create(create_only, WINSYNC_TYPE_EVENT, &what));
	EXPECT_EQ(-EACCES, ws_open(create_only, "existing", 0, WS_ALL));
	EXPECT_LE(0, ws_create(open_only, WINSYNC_TYPE_EVENT, &what));
	EXPECT_EQ(1, what.existed);
	EXPECT_LE(0, ws_open(open_only, "existing", 0, WS_ALL));
}

/* What the mode does not grant to somebody who is nobody special. */
FIXTURE(stranger) {
	int ns, open_ns, fd, control;
	struct winsync_stat stat;
};

FIXTURE_SETUP(stranger)
{
	struct ws_new what = { .name = "object", .mode = 0404 };

	self->ns = ws_ns("abi-closed", WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL,
			 WS_ALL, 0700);
	self->open_ns = ws_ns("abi-open",
			      WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL, WS_ALL,
			      0777);
	ASSERT_LE(0, self->ns);
	ASSERT_LE(0, self->open_ns);
	self->fd = ws_create(self->open_ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, self->fd);
	self->control = ws_duplicate(self->fd, WINSYNC_ACCESS_WRITE_CONTROL, 0);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, ws_stat(self->fd, &self->stat));
}

FIXTURE_TEARDOWN(stranger)
{
	struct winsync_stat stat;

	EXPECT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(self->stat.mode, stat.mode);
	EXPECT_EQ(self->stat.uid, stat.uid);
	EXPECT_EQ(self->stat.gid, stat.gid);
	EXPECT_EQ(self->stat.handles, stat.handles);
	close(self->control);
	close(self->fd);
	close(self->open_ns);
	close(self->ns);
}

/* The results of a stranger's calls, each the same way as the exit status. */
static int as_stranger(int (*call)(const FIXTURE_DATA(stranger) *self),
		       const FIXTURE_DATA(stranger) *self)
{
	pid_t pid = ws_fork();

	if (!pid) {
		int result = ws_become(1000, 1000) ? -255 : call(self);

		_exit(result < 0 ? -result : 0);
	}
	return -ws_reap(pid);
}

static int call_ns_open(const FIXTURE_DATA(stranger) *self)
{
	(void)self;
	return ws_ns("abi-closed", 0, WS_QUERY, 0);
}

static int call_open(const FIXTURE_DATA(stranger) *self)
{
	return ws_open(self->open_ns, "object", 0, WS_MODIFY);
}

static int call_open_query(const FIXTURE_DATA(stranger) *self)
{
	return ws_open(self->open_ns, "object", 0, WS_QUERY);
}

static int call_create(const FIXTURE_DATA(stranger) *self)
{
	return ws_create(self->open_ns, WINSYNC_TYPE_EVENT,
			 &(struct ws_new){ .name = "object" });
}

static int call_duplicate(const FIXTURE_DATA(stranger) *self)
{
	return ws_duplicate(self->control, WS_MODIFY, 0);
}

static int call_duplicate_query(const FIXTURE_DATA(stranger) *self)
{
	return ws_duplicate(self->control, WS_QUERY, 0);
}

static int call_duplicate_ns(const FIXTURE_DATA(stranger) *self)
{
	int weak = ws_duplicate(self->ns, WINSYNC_ACCESS_READ_CONTROL, 0);

	return weak < 0 ? 0 : ws_duplicate(weak, WS_QUERY, 0);
}

static int call_set(const FIXTURE_DATA(stranger) *self, uint32_t mask)
{
	struct winsync_perm_args args = { .mask = mask, .mode = 0404,
					  .uid = 1000, .gid = 4 };

	return ws_ioctl(self->control, WINSYNC_IOC_SET_PERM, &args);
}

static int call_set_mode(const FIXTURE_DATA(stranger) *self)
{
	return call_set(self, WINSYNC_PERM_MODE);
}

static int call_set_uid(const FIXTURE_DATA(stranger) *self)
{
	return call_set(self, WINSYNC_PERM_MODE | WINSYNC_PERM_UID);
}

static int call_set_gid(const FIXTURE_DATA(stranger) *self)
{
	return call_set(self, WINSYNC_PERM_MODE | WINSYNC_PERM_GID);
}

TEST_F(stranger, mode_is_eacces)
{
	EXPECT_EQ(-EACCES, pair(WINSYNC_IOC_NS_OPEN,
				as_stranger(call_ns_open, self)));
	EXPECT_EQ(-EACCES, pair(WINSYNC_IOC_OPEN, as_stranger(call_open, self)));
	EXPECT_EQ(0, as_stranger(call_open_query, self));
	EXPECT_EQ(-EACCES, as_stranger(call_create, self));
	EXPECT_EQ(-EACCES, pair(WINSYNC_IOC_DUPLICATE,
				as_stranger(call_duplicate, self)));
	EXPECT_EQ(0, as_stranger(call_duplicate_query, self));
	EXPECT_EQ(-EACCES, as_stranger(call_duplicate_ns, self));
}

/* The handle's right is enough for the mode; other owners are not so cheap. */
TEST_F(stranger, giving_away_is_eperm)
{
	EXPECT_EQ(-EPERM, pair(WINSYNC_IOC_SET_PERM,
			       as_stranger(call_set_uid, self)));
	EXPECT_EQ(-EPERM, pair(WINSYNC_IOC_SET_PERM,
			       as_stranger(call_set_gid, self)));
	EXPECT_EQ(0, as_stranger(call_set_mode, self));
}

/* --- what else can fail ------------------------------------------------------- */

TEST(mutexes_of_others_are_eperm)
{
	struct winsync_mutex_state before, after;
	int mutex = ws_mutex(0), event = ws_event(1, 1);

	ASSERT_EQ(0, ws_mutex_query(mutex, &before));
	EXPECT_EQ(-EPERM, pair(WINSYNC_IOC_MUTEX_RELEASE,
			       ws_mutex_release(mutex)));
	EXPECT_EQ(-EPERM, pair(WINSYNC_IOC_SIGNAL_AND_WAIT,
			       ws_signal_and_wait(mutex, event, 0, -1)));
	ASSERT_EQ(0, ws_mutex_query(mutex, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	ASSERT_EQ(0, ws_try(mutex));
	EXPECT_EQ(0, ws_signal_and_wait(mutex, event, 0, -1));
	ASSERT_EQ(0, ws_try(mutex));
	EXPECT_EQ(1, ws_mutex_release(mutex));
}

TEST(full_semaphore_is_eoverflow)
{
	int semaphore = ws_semaphore(2, 2), event = ws_event(0, 1);

	EXPECT_EQ(-EOVERFLOW, pair(WINSYNC_IOC_SEMAPHORE_RELEASE,
				   ws_semaphore_release(semaphore, 1)));
	EXPECT_EQ(-EOVERFLOW, pair(WINSYNC_IOC_SIGNAL_AND_WAIT,
				   ws_signal_and_wait(semaphore, event, 0, -1)));
	EXPECT_EQ(1, ws_event_signaled(event));
	EXPECT_EQ(2, ws_semaphore_count(semaphore));
	ASSERT_EQ(0, ws_try(semaphore));
	EXPECT_EQ(0, ws_signal_and_wait(semaphore, event, 0, -1));
	EXPECT_EQ(2, ws_semaphore_count(semaphore));
}

TEST(same_object_twice_is_enotuniq)
{
	int event = ws_event(0, 1), semaphore = ws_semaphore(1, 1);
	int again = ws_duplicate(event, 0, 0);
	int twice[] = { event, semaphore, event };
	int handles[] = { event, semaphore, again };

	EXPECT_EQ(-ENOTUNIQ, pair(WINSYNC_IOC_WAIT_ALL,
				  ws_wait_all(twice, 3, 0)));
	EXPECT_EQ(-ENOTUNIQ, pair(WINSYNC_IOC_WAIT_ALL,
				  ws_wait_all(handles, 3, WINSYNC_FOREVER)));
	EXPECT_EQ(1, ws_event_signaled(event));
	EXPECT_EQ(1, ws_semaphore_count(semaphore));
	EXPECT_EQ(0, ws_wait_any(twice, 3, 0));
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(0, ws_wait_all(twice, 2, 0));
}

static void nothing(int number)
{
	(void)number;
}

/* The pairs of the waits with the two errors that are none of the input. */
TEST(waits_end_with_etimedout_and_eintr)
{
	static const unsigned long waits[] = { WINSYNC_IOC_WAIT,
		WINSYNC_IOC_WAIT_ANY, WINSYNC_IOC_WAIT_ALL,
		WINSYNC_IOC_SIGNAL_AND_WAIT };
	struct sigaction action = { .sa_handler = nothing };
	int fds[] = { ws_event(0, 0), ws_event(0, 0) }, signal = ws_event(0, 0);
	size_t i;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		struct ws_sleeper sleeper = WS_SLEEPER(.cmd = waits[i],
			.fd = fds[0], .fds = fds, .count = 2,
			.signal = signal, .deadline = ws_after(1));

		ASSERT_EQ(0, ws_sleeper_start(&sleeper));
		EXPECT_EQ(-ETIMEDOUT, pair(waits[i], ws_sleeper_join(&sleeper)));
		sleeper.deadline = WINSYNC_FOREVER;
		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[0], 1));
		pthread_kill(sleeper.thread, SIGUSR1);
		EXPECT_EQ(-EINTR, pair(waits[i], ws_sleeper_join(&sleeper)));
		EXPECT_EQ(0, ws_event_signaled(fds[0]));
		EXPECT_EQ(0, ws_waiters(fds[0]));
	}
	EXPECT_EQ(1, ws_event_signaled(signal));
}

static void no_more_fds(struct trial *trial)
{
	if (trial->command->makes_fd)
		try(trial, &(struct defect){ "no fd left", -EMFILE, NO_FDS,
			.value = 0 });
}

TEST(no_fd_left_is_emfile)
{
	EXPECT_EQ(0, for_all(no_more_fds));
	EXPECT_LT(0, all_tried);
}

static void no_more_files(struct trial *trial)
{
	if (trial->command->makes_fd)
		try(trial, &(struct defect){ "no file left", -ENFILE, NO_FILES,
			.value = 0 });
}

TEST(no_file_left_is_enfile)
{
	EXPECT_EQ(0, for_all(no_more_files));
	EXPECT_LT(0, all_tried);
}

static void no_more_quota(struct trial *trial)
{
	/* Another handle is no other object. */
	if (trial->command->makes_fd &&
	    trial->command->cmd != WINSYNC_IOC_OPEN &&
	    trial->command->cmd != WINSYNC_IOC_DUPLICATE)
		try(trial, &(struct defect){ "no quota left", -EDQUOT,
			NO_QUOTA, .value = 0 });
}

TEST(no_quota_left_is_edquot)
{
	EXPECT_EQ(0, for_all(no_more_quota));
	EXPECT_LT(0, all_tried);
}

/* --- the device ------------------------------------------------------------- */

TEST(device_is_everybodys)
{
	struct stat stat_buffer;

	ASSERT_EQ(0, stat(WS_DEVICE, &stat_buffer));
	EXPECT_TRUE(S_ISCHR(stat_buffer.st_mode));
	EXPECT_EQ(0666, stat_buffer.st_mode & 07777);
}

TEST(open_mode_does_not_matter)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	struct winsync_event_create_args args = { .create.access = WS_ALL };
	size_t i;

	/* Not even to somebody who is nobody special. */
	ASSERT_EQ(0, ws_become(1000, 1000));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		int device = open(WS_DEVICE, modes[i] | O_CLOEXEC), fd;

		ASSERT_LE(0, device);
		fd = ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &args);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, ws_event_set(fd));
		EXPECT_EQ(0, ws_try(fd));
		EXPECT_EQ(0, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, &fd, 1, 0, 0,
					      -1) + ETIMEDOUT);
		close(fd);
		close(device);
	}
}

/* What files of ours do not do. */
TEST(files_do_nothing_else)
{
	struct trial trial;
	char byte = 0;
	int kind;

	ASSERT_TRUE(trial_begin(&trial, &commands[0], DEVICE));
	for (kind = 0; kind < KINDS; kind++) {
		int fd = trial.world.fd[kind];

		EXPECT_EQ(-1, read(fd, &byte, 1));
		EXPECT_EQ(-1, write(fd, &byte, 1));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, page_size, PROT_READ,
					   MAP_SHARED, fd, 0));
		EXPECT_EQ(-1, ftruncate(fd, 0));
	}
	trial_end(&trial);
}

/* --- all of them ------------------------------------------------------------- */

/*
 * What the header says beside each command; tests/suites/docs compares it. Its general
 * errors follow from what the command is.
 */
static const struct own_errors {
	const char *name;
	unsigned long cmd;
	int errors[8];
} own_errors[] = {
#define OWN(cmd, ...) { #cmd, WINSYNC_IOC_##cmd, { __VA_ARGS__ } }
	OWN(NS_OPEN, ENOENT, EEXIST, EACCES, ENAMETOOLONG, EDQUOT),
	OWN(NS_DESTROY, EACCES, ENOENT, EINVAL),
	OWN(LIST, EACCES),
	OWN(EVENT_CREATE, EEXIST, EPROTOTYPE, EACCES, ENAMETOOLONG, EDQUOT),
	OWN(MUTEX_CREATE, EEXIST, EPROTOTYPE, EACCES, ENAMETOOLONG, EDQUOT),
	OWN(SEMAPHORE_CREATE, EEXIST, EPROTOTYPE, EACCES, ENAMETOOLONG, EDQUOT),
	OWN(TIMER_CREATE, EEXIST, EPROTOTYPE, EACCES, ENAMETOOLONG, EDQUOT),
	OWN(OPEN, ENOENT, EPROTOTYPE, EACCES, ENAMETOOLONG),
	OWN(DUPLICATE, EACCES),
	OWN(SET_PERM, EACCES, EPERM),
	OWN(WAITERS, EACCES),
	OWN(EVENT_QUERY, EACCES),
	OWN(EVENT_SET, EACCES),
	OWN(EVENT_RESET, EACCES),
	OWN(EVENT_PULSE, EACCES),
	OWN(MUTEX_QUERY, EACCES),
	OWN(MUTEX_RELEASE, EPERM),
	OWN(SEMAPHORE_QUERY, EACCES),
	OWN(SEMAPHORE_RELEASE, EACCES, EOVERFLOW),
	OWN(TIMER_QUERY, EACCES),
	OWN(TIMER_SET, EACCES),
	OWN(TIMER_CANCEL, EACCES),
	OWN(WAIT, EACCES, ETIMEDOUT, EINTR, EOVERFLOW),
	OWN(WAIT_ANY, EACCES, ETIMEDOUT, EINTR, EOVERFLOW),
	OWN(WAIT_ALL, EACCES, ETIMEDOUT, EINTR, EOVERFLOW, ENOTUNIQ),
	OWN(SIGNAL_AND_WAIT, EACCES, EPERM, ETIMEDOUT, EINTR, EOVERFLOW),
#undef OWN
};

/*
 * A mutex cannot be acquired too often in any time a test has; the conformance check
 * MX-14 does that to a module with a lower limit.
 */
static bool is_out_of_reach(const struct own_errors *own, int error)
{
	return error == EOVERFLOW && own->cmd != WINSYNC_IOC_SEMAPHORE_RELEASE &&
	       own->cmd != WINSYNC_IOC_SIGNAL_AND_WAIT;
}

static unsigned int wanted, missing;

static void want(const char *name, unsigned long cmd, int error)
{
	wanted++;
	if (tried_pairs[_IOC_NR(cmd)][error])
		return;
	missing++;
	fprintf(stderr, "# nobody tried %s: %s\n", name, strerror(error));
}

static bool takes_fds(unsigned long cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fd_places); i++)
		if (fd_places[i].cmd == cmd)
			return true;
	return false;
}

static void want_general_errors(const struct command *command)
{
	unsigned long cmd = command->cmd;

	want(command->name, cmd, EBADF);
	if (command->kinds != ON_ALL || takes_fds(cmd))
		want(command->name, cmd, EBADFD);
	if (_IOC_SIZE(cmd)) {
		want(command->name, cmd, ENOTTY);
		want(command->name, cmd, E2BIG);
		want(command->name, cmd, EFAULT);
	}
	if (reads(command) || !_IOC_SIZE(cmd))
		want(command->name, cmd, EINVAL);
	if (command->makes_fd) {
		want(command->name, cmd, EMFILE);
		want(command->name, cmd, ENFILE);
	}
}

/* A fixture's tests come after those that have none. */
FIXTURE(pairs) { };
FIXTURE_SETUP(pairs) { }
FIXTURE_TEARDOWN(pairs) { }

/* Missing is only ENOMEM, for which the kernel has to be made to fail. */
TEST_F(pairs, each_has_been_tried)
{
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		want_general_errors(&commands[i]);
	for (i = 0; i < ARRAY_SIZE(own_errors); i++)
		for (k = 0; own_errors[i].errors[k]; k++)
			if (!is_out_of_reach(&own_errors[i],
					     own_errors[i].errors[k]))
				want(own_errors[i].name, own_errors[i].cmd,
				     own_errors[i].errors[k]);
	EXPECT_EQ(0, missing);
	EXPECT_LT(200, wanted);
}

TEST_HARNESS_MAIN
