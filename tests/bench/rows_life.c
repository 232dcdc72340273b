// SPDX-License-Identifier: GPL-2.0-only
/* Threads that end, memory, great numbers, names. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include "peers.h"
#include "team.h"

static void expect(bool ok, const char *what)
{
	if (!ok)
		die_errno(what);
}

/* ---- threads that end ---- */

static void *empty_thread(void *arg)
{
	return arg;
}

static void run_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, arg) || pthread_join(thread, NULL))
		die("pthread_create or pthread_join failed");
}

static void loop_plain_thread(struct run *run, uint64_t n)
{
	while (n--)
		run_thread(empty_thread, run);
}

static int setup_touched(struct run *run)
{
	return mutex_ops[run->peer].open(run, &run->o[0], 0);
}

static void *touching_thread(void *arg)
{
	struct run *run = arg;

	peer_use(run->shown);
	mutex_ops[run->peer].acquire(&run->o[0]);
	mutex_ops[run->peer].release(&run->o[0], 1);
	return NULL;
}

static void loop_touched(struct run *run, uint64_t n)
{
	while (n--)
		run_thread(touching_thread, run);
}

static int setup_owned(struct run *run)
{
	run->priv = shared_alloc(sizeof(uint32_t));
	for (int i = 0; i < run->param; i++)
		if (mutex_ops[run->peer].open(run, &run->o[i], 0))
			return -1;
	return 0;
}

/* Those the last thread left are abandoned, and acquired all the same. */
static void *owning_thread(void *arg)
{
	struct run *run = arg;

	peer_use(run->shown);
	for (int i = 0; i < run->param; i++)
		mutex_ops[run->peer].acquire(&run->o[i]);
	*(uint32_t *)run->priv = nt_self();
	return NULL;
}

static void loop_owned(struct run *run, uint64_t n)
{
	while (n--) {
		run_thread(owning_thread, run);
		if (run->peer != PEER_NTSYNC)
			continue;
		/* ntsync leaves it to user space to say that a thread ended. */
		for (int i = 0; i < run->param; i++)
			expect(ioctl(run->o[i].fd, NT_MUTEX_KILL, run->priv) == 0, "kill");
	}
}

static void teardown_owned(struct run *run)
{
	run->priv = NULL;
	run_close_objects(run);
}

/* ---- memory and great numbers ---- */

enum object_type { TYPE_EVENT = 1, TYPE_MUTEX, TYPE_SEM, TYPE_TIMER };

static int create(enum peer peer, int type)
{
	if (peer == PEER_WINSYNC)
		return type == TYPE_EVENT ? ws_event(false, true) :
		       type == TYPE_MUTEX ? ws_mutex() :
		       type == TYPE_SEM ? ws_semaphore(0, 1) : ws_timer(false);
	if (peer == PEER_NTSYNC)
		return type == TYPE_EVENT ? nt_event(false, true) :
		       type == TYPE_MUTEX ? nt_mutex() : nt_semaphore(0, 1);
	if (peer == PEER_TIMERFD)
		return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return eventfd(1, EFD_CLOEXEC);
}

/* Room for so many fds, and an fd table that does not grow any more. */
static int reserve_fds(struct run *run, int count)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < (rlim_t)count + 1000)
		return skip(run, "only %llu files allowed",
			    (unsigned long long)limit.rlim_cur);
	if (dup2(run->peer == PEER_NTSYNC ? nt_dev : STDIN_FILENO, count + 900) < 0)
		return skip(run, "no room for %d files", count);
	close(count + 900);
	run->priv = malloc(count * sizeof(int));
	if (!run->priv)
		die("out of memory");
	run->count = count;
	return 0;
}

static int create_many(struct run *run, int type)
{
	int *fds = run->priv;

	for (int i = 0; i < run->count; i++) {
		fds[i] = create(run->peer, type);
		if (fds[i] < 0)
			return i;
	}
	return run->count;
}

static void close_many(struct run *run, int count)
{
	int *fds = run->priv;

	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static void teardown_many(struct run *run)
{
	free(run->priv);
}

/* All of the kernel's slab memory, in bytes. */
static double slab_bytes(void)
{
	FILE *refresh, *meminfo;
	char line[128];
	double kilobytes = 0;

	/* What each processor counted for itself is added up by a read. */
	refresh = fopen("/proc/sys/vm/stat_refresh", "r");
	if (refresh) {
		if (fgetc(refresh) == EOF)
			clearerr(refresh);
		fclose(refresh);
	}
	meminfo = fopen("/proc/meminfo", "r");
	if (!meminfo)
		die_errno("/proc/meminfo");
	while (fgets(line, sizeof(line), meminfo))
		if (sscanf(line, "Slab: %lf kB", &kilobytes) == 1)
			break;
	fclose(meminfo);
	return kilobytes * 1024;
}

#define MEMORY_OBJECTS	20000

static int setup_memory(struct run *run)
{
	return reserve_fds(run, MEMORY_OBJECTS);
}

static void loop_memory(struct run *run, uint64_t n)
{
	double before;

	(void)n;
	/* What was freed before has to be gone. */
	usleep(100000);
	before = slab_bytes();
	if (create_many(run, run->param) < run->count)
		die_errno("creation");
	run->value[0] = (slab_bytes() - before) / run->count;
	close_many(run, run->count);
}

#define MANY_OBJECTS	100000

static int setup_many(struct run *run)
{
	return reserve_fds(run, MANY_OBJECTS);
}

static void ready_wait(enum peer peer, int fd)
{
	if (peer == PEER_WINSYNC)
		ws_wait(fd);
	else if (peer == PEER_NTSYNC)
		nt_wait(fd);
	else
		efd_take(fd);
}

static void loop_many(struct run *run, uint64_t n)
{
	const double scale = ns_per_tick / MANY_OBJECTS;
	uint64_t start = ticks();

	(void)n;
	if (create_many(run, TYPE_EVENT) < run->count)
		die_errno("creation");
	run->value[0] = (ticks() - start) * scale;
	start = ticks();
	for (int i = 0; i < run->count; i++)
		ready_wait(run->peer, ((int *)run->priv)[i]);
	run->value[1] = (ticks() - start) * scale;
	start = ticks();
	close_many(run, run->count);
	run->value[2] = (ticks() - start) * scale;
}

/* ---- names ---- */

#define NAME_LENGTH	32

static int ws_namespace(int number)
{
	char name[NAME_LENGTH];
	struct winsync_ns_args args = {
		.name = (uintptr_t)name,
		.name_len = snprintf(name, sizeof(name), "bench %d", number),
		.flags = WINSYNC_NS_CREATE,
		.access = WINSYNC_ACCESS_ALL,
		.mode = 0700,
	};

	return ioctl(ws_dev, WINSYNC_IOC_NS_OPEN, &args);
}

static int ws_named(int namespace, const char *name)
{
	struct winsync_event_create_args args = {
		.create = {
			.name = (uintptr_t)name,
			.name_len = strlen(name),
			.access = WINSYNC_ACCESS_ALL,
			.mode = 0600,
		},
	};

	return ioctl(namespace, WINSYNC_IOC_EVENT_CREATE, &args);
}

static int ws_open_name(int namespace, const char *name)
{
	struct winsync_open_args args = {
		.name = (uintptr_t)name,
		.name_len = strlen(name),
		.access = WINSYNC_ACCESS_SYNCHRONIZE,
		.type = WINSYNC_TYPE_EVENT,
	};

	return ioctl(namespace, WINSYNC_IOC_OPEN, &args);
}

static void name_of(char *name, int i)
{
	snprintf(name, NAME_LENGTH, "/winsync-bench-%06d", i);
}

static int setup_names(struct run *run)
{
	char name[NAME_LENGTH];
	int *fds;

	if (run->peer == PEER_SEM && access("/dev/shm", W_OK))
		return skip(run, "no /dev/shm");
	if (reserve_fds(run, run->param))
		return -1;
	fds = run->priv;
	if (run->peer == PEER_WINSYNC)
		run->o[0].fd = ws_namespace(0);
	for (int i = 0; i < run->count; i++) {
		name_of(name, i);
		if (run->peer == PEER_WINSYNC) {
			fds[i] = ws_named(run->o[0].fd, name);
			expect(fds[i] >= 0, "named event");
		} else {
			sem_t *sem = sem_open(name, O_CREAT, 0600, 0);

			expect(sem != SEM_FAILED, "sem_open");
			sem_close(sem);
		}
	}
	return 0;
}

static void teardown_names(struct run *run)
{
	char name[NAME_LENGTH];

	for (int i = 0; i < run->count; i++) {
		name_of(name, i);
		if (run->peer == PEER_WINSYNC)
			close(((int *)run->priv)[i]);
		else
			sem_unlink(name);
	}
	free(run->priv);
	run->priv = NULL;
	run_close_objects(run);
}

static void loop_name_create(struct run *run, uint64_t n)
{
	static const char name[] = "/winsync-bench-new";

	while (n--) {
		if (run->peer == PEER_WINSYNC) {
			int fd = ws_named(run->o[0].fd, name);

			expect(fd >= 0, "named event");
			close(fd);
		} else {
			sem_t *sem = sem_open(name, O_CREAT | O_EXCL, 0600, 0);

			expect(sem != SEM_FAILED, "sem_open");
			sem_close(sem);
			sem_unlink(name);
		}
	}
}

static void loop_name_open(struct run *run, uint64_t n)
{
	char name[NAME_LENGTH];

	name_of(name, run->param / 2);
	while (n--) {
		if (run->peer == PEER_WINSYNC) {
			int fd = ws_open_name(run->o[0].fd, name);

			expect(fd >= 0, "open by name");
			close(fd);
		} else {
			sem_t *sem = sem_open(name, 0);

			expect(sem != SEM_FAILED, "sem_open");
			sem_close(sem);
		}
	}
}

static void loop_name_miss(struct run *run, uint64_t n)
{
	static const char name[] = "/winsync-bench-none";

	while (n--) {
		if (run->peer == PEER_WINSYNC)
			expect(ws_open_name(run->o[0].fd, name) < 0 && errno == ENOENT,
			       "open by name");
		else
			expect(sem_open(name, 0) == SEM_FAILED && errno == ENOENT,
			       "sem_open");
	}
}

/* ---- namespaces beside each other ---- */

/*
 * Each member has a namespace and a table of fds for itself: what it shares
 * with the others is the kernel's own, as it is for who makes eventfds.
 */
static void own_fds(void)
{
	static __thread bool own;

	if (!own && unshare(CLONE_FILES) < 0)
		die_errno("unshare");
	own = true;
}

static void work_names_open(struct run *run, int index, uint64_t n)
{
	own_fds();
	while (n--) {
		int fd;

		if (run->peer == PEER_WINSYNC)
			fd = ws_open_name(run->o[index].fd, "name");
		else
			fd = eventfd(0, EFD_CLOEXEC);
		expect(fd >= 0, "open");
		close(fd);
	}
}

static void work_names_miss(struct run *run, int index, uint64_t n)
{
	own_fds();
	while (n--)
		expect(ws_open_name(run->o[index].fd, "none") < 0 && errno == ENOENT,
		       "open by name");
}

static int setup_beside(struct run *run, team_work work)
{
	for (int i = 0; run->peer == PEER_WINSYNC && i < run->param; i++) {
		run->o[i].fd = ws_namespace(i);
		run->o[run->param + i].fd = ws_named(run->o[i].fd, "name");
		expect(run->o[run->param + i].fd >= 0, "named event");
	}
	run->ops = run->param;
	run->team = team_start(run, run->param, work);
	return 0;
}

static int setup_names_open(struct run *run)
{
	return setup_beside(run, work_names_open);
}

static int setup_names_miss(struct run *run)
{
	return setup_beside(run, work_names_miss);
}

static void loop_beside(struct run *run, uint64_t n)
{
	team_run(run->team, n);
}

static void teardown_beside(struct run *run)
{
	team_stop(run->team);
	run_close_objects(run);
}

#define MUTEX_PEERS	(BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_PTHREAD))
#define NAME_PEERS	(BIT(PEER_WINSYNC) | BIT(PEER_SEM))
#define NAMES(loop_name)	{ setup_names, loop_name, teardown_names }
#define NAME_PARAMS		{ 100, 100000 }

#define MEMORY(row_name, type, row_peers)				\
	{								\
		.name = row_name,					\
		.what = "slab memory of an object with its file",	\
		.flags = ROW_SAMPLED | ROW_SLOW,			\
		.params = { type },					\
		.metrics = { "memory" },				\
		.units = { "byte" },					\
		.peers = row_peers,					\
		.common = { setup_memory, loop_memory, teardown_many },	\
	}

const struct row life_rows[] = {
	{
		.name = "thread-exit-plain",
		.what = "create and join a thread that does nothing",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.impl = { [PEER_PLAIN] = { .loop = loop_plain_thread } },
	},
	{
		.name = "thread-exit-touched",
		.what = "the same, it locks and unlocks a mutex",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.peers = MUTEX_PEERS,
		.common = { setup_touched, loop_touched, run_close_objects },
	},
	{
		.name = "thread-exit-owned",
		.what = "the same, it owns PARAM mutexes and leaves them",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = { 1, 100 },
		.peers = MUTEX_PEERS,
		.common = { setup_owned, loop_owned, teardown_owned },
	},
	MEMORY("memory-event", TYPE_EVENT,
	       BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD)),
	MEMORY("memory-mutex", TYPE_MUTEX, BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC)),
	MEMORY("memory-sem", TYPE_SEM, BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC)),
	MEMORY("memory-timer", TYPE_TIMER, BIT(PEER_WINSYNC) | BIT(PEER_TIMERFD)),
	{
		.name = "many-objects",
		.what = "100,000 events: create, wait, close each",
		.flags = ROW_SAMPLED | ROW_SLOW | ROW_FULL,
		.metrics = { "create", "wait", "close" },
		.units = { "ns", "ns", "ns" },
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD),
		.common = { setup_many, loop_many, teardown_many },
	},
	{
		.name = "name-create",
		.what = "create and close a named event (sem_open, sem_unlink) beside PARAM others",
		.flags = ROW_COUNTED,
		.params = NAME_PARAMS,
		.quick_params = { 100 },
		.peers = NAME_PEERS,
		.common = NAMES(loop_name_create),
	},
	{
		.name = "name-open",
		.what = "open and close one of PARAM names",
		.flags = ROW_COUNTED,
		.params = NAME_PARAMS,
		.quick_params = { 100 },
		.peers = NAME_PEERS,
		.common = NAMES(loop_name_open),
	},
	{
		.name = "name-miss",
		.what = "open a name that is not among PARAM",
		.flags = ROW_COUNTED,
		.params = NAME_PARAMS,
		.quick_params = { 100 },
		.peers = NAME_PEERS,
		.common = NAMES(loop_name_miss),
	},
	{
		.name = "scale-names-open",
		.what = "PARAM threads, each on a processor: open, close a name in an own namespace (make an eventfd)",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.params = { 1, 2 },
		.peers = BIT(PEER_WINSYNC) | BIT(PEER_EVENTFD),
		.common = { setup_names_open, loop_beside, teardown_beside },
	},
	{
		.name = "scale-names-miss",
		.what = "the same, open a name that is not there",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.params = { 1, 2 },
		.peers = BIT(PEER_WINSYNC),
		.common = { setup_names_miss, loop_beside, teardown_beside },
	},
};

const int life_row_count = ARRAY_SIZE(life_rows);
