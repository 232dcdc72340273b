// SPDX-License-Identifier: GPL-2.0-only
/* Making and closing the objects of every peer, and the tables of operations. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "peers.h"

#define SHARED_SIZE	(4 << 20)

int ws_dev = -1;
__thread int nt_dev = -1;
__thread uint32_t nt_owner;

static int ntsync_dev = -1, front_dev = -1;

static char *shared_base;
static size_t shared_used;

void *shared_alloc(size_t size)
{
	void *memory;

	if (!shared_base) {
		shared_base = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (shared_base == MAP_FAILED)
			die_errno("shared memory");
	}
	size = (size + 127) & ~(size_t)127;
	if (shared_used + size > SHARED_SIZE)
		die("out of shared memory");
	memory = shared_base + shared_used;
	shared_used += size;
	for (size_t i = 0; i < size; i++)
		((volatile char *)memory)[i] = 0;
	return memory;
}

void shared_reset(void)
{
	shared_used = 0;
}

void peers_open(void)
{
	ws_dev = open("/dev/winsync", O_RDONLY | O_CLOEXEC);
	ntsync_dev = open(opt.ntsync, O_RDONLY | O_CLOEXEC);
	front_dev = open(opt.front, O_RDONLY | O_CLOEXEC);
}

void peers_close(void)
{
	close(ws_dev);
	close(ntsync_dev);
	close(front_dev);
}

bool peer_available(enum peer peer)
{
	if (peer == PEER_WINSYNC)
		return ws_dev >= 0;
	if (peer == PEER_NTSYNC)
		return ntsync_dev >= 0;
	if (peer == PEER_FRONT)
		return front_dev >= 0;
	return true;
}

void peer_use(enum peer shown)
{
	nt_dev = shown == PEER_FRONT ? front_dev : ntsync_dev;
}

int ws_event(bool manual, bool signaled)
{
	struct winsync_event_create_args args = {
		.create = { .access = WINSYNC_ACCESS_ALL, .mode = 0600 },
		.manual = manual,
		.signaled = signaled,
	};

	return ioctl(ws_dev, WINSYNC_IOC_EVENT_CREATE, &args);
}

int ws_mutex(void)
{
	struct winsync_mutex_create_args args = {
		.create = { .access = WINSYNC_ACCESS_ALL, .mode = 0600 },
	};

	return ioctl(ws_dev, WINSYNC_IOC_MUTEX_CREATE, &args);
}

int ws_semaphore(unsigned int count, unsigned int max)
{
	struct winsync_semaphore_create_args args = {
		.create = { .access = WINSYNC_ACCESS_ALL, .mode = 0600 },
		.count = count,
		.max = max,
	};

	return ioctl(ws_dev, WINSYNC_IOC_SEMAPHORE_CREATE, &args);
}

int ws_timer(bool manual)
{
	struct winsync_timer_create_args args = {
		.create = { .access = WINSYNC_ACCESS_ALL, .mode = 0600 },
		.manual = manual,
	};

	return ioctl(ws_dev, WINSYNC_IOC_TIMER_CREATE, &args);
}

int nt_event(bool manual, bool signaled)
{
	struct nt_event_args args = { manual, signaled };

	return ioctl(nt_dev, NT_CREATE_EVENT, &args);
}

int nt_mutex(void)
{
	struct nt_mutex_args args = { 0, 0 };

	return ioctl(nt_dev, NT_CREATE_MUTEX, &args);
}

int nt_semaphore(unsigned int count, unsigned int max)
{
	struct nt_sem_args args = { count, max };

	return ioctl(nt_dev, NT_CREATE_SEM, &args);
}

/* ---- tables ---- */

static int opened(struct run *run, struct obj *o, int fd)
{
	o->fd = fd;
	return fd < 0 ? skip(run, "creation failed, errno %d", errno) : 0;
}

static int ws_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	return opened(run, o, ws_event(manual, signaled));
}

static int ws_open_sem(struct run *run, struct obj *o, unsigned int count)
{
	return opened(run, o, ws_semaphore(count, INT_MAX));
}

static int ws_open_mutex(struct run *run, struct obj *o, unsigned int count)
{
	(void)count;
	return opened(run, o, ws_mutex());
}

static void ws_op_set(struct obj *o)
{
	ws_set(o->fd);
}

static void ws_op_reset(struct obj *o)
{
	ws_reset(o->fd);
}

static void ws_op_wait(struct obj *o)
{
	ws_wait(o->fd);
}

static void ws_op_saw(struct obj *signal, struct obj *wait)
{
	ws_signal_and_wait(signal->fd, wait->fd);
}

static void ws_op_release(struct obj *o, unsigned int count)
{
	ws_release(o->fd, count);
}

static void ws_op_unlock(struct obj *o, unsigned int count)
{
	(void)count;
	ws_unlock(o->fd);
}

static int nt_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	return opened(run, o, nt_event(manual, signaled));
}

static int nt_open_sem(struct run *run, struct obj *o, unsigned int count)
{
	return opened(run, o, nt_semaphore(count, INT_MAX));
}

static int nt_open_mutex(struct run *run, struct obj *o, unsigned int count)
{
	(void)count;
	return opened(run, o, nt_mutex());
}

static void nt_op_set(struct obj *o)
{
	nt_set(o->fd);
}

static void nt_op_reset(struct obj *o)
{
	nt_reset(o->fd);
}

static void nt_op_wait(struct obj *o)
{
	nt_wait(o->fd);
}

/* Two calls and not atomic: there is nothing better. */
static void nt_op_saw(struct obj *signal, struct obj *wait)
{
	nt_set(signal->fd);
	nt_wait(wait->fd);
}

static void nt_op_release(struct obj *o, unsigned int count)
{
	nt_release(o->fd, count);
}

static void nt_op_unlock(struct obj *o, unsigned int count)
{
	(void)count;
	nt_unlock(o->fd);
}

static int efd_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	o->type = manual;
	return opened(run, o, eventfd(signaled, EFD_CLOEXEC));
}

static int efd_open_sem(struct run *run, struct obj *o, unsigned int count)
{
	return opened(run, o, eventfd(count, EFD_CLOEXEC | EFD_SEMAPHORE));
}

static void efd_op_set(struct obj *o)
{
	efd_add(o->fd, 1);
}

static void efd_op_take(struct obj *o)
{
	efd_take(o->fd);
}

static void efd_op_wait(struct obj *o)
{
	if (o->type)
		efd_poll(o->fd);
	else
		efd_take(o->fd);
}

static void efd_op_saw(struct obj *signal, struct obj *wait)
{
	efd_op_set(signal);
	efd_op_wait(wait);
}

static void efd_op_release(struct obj *o, unsigned int count)
{
	efd_add(o->fd, count);
}

static int fx_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	struct fx_word *w = shared_alloc(sizeof(*w));

	(void)run;
	w->manual = manual;
	w->value = signaled;
	o->mem = w;
	return 0;
}

static int fx_open_sem(struct run *run, struct obj *o, unsigned int count)
{
	fx_open_event(run, o, false, false);
	((struct fx_word *)o->mem)->value = count;
	return 0;
}

static int fx_open_mutex(struct run *run, struct obj *o, unsigned int count)
{
	(void)count;
	return fx_open_event(run, o, false, false);
}

static void fx_op_set(struct obj *o)
{
	fx_set(o->mem);
}

static void fx_op_reset(struct obj *o)
{
	fx_reset(o->mem);
}

static void fx_op_wait(struct obj *o)
{
	fx_wait(o->mem);
}

static void fx_op_saw(struct obj *signal, struct obj *wait)
{
	fx_set(signal->mem);
	fx_wait(wait->mem);
}

static void fx_op_release(struct obj *o, unsigned int count)
{
	fx_release(o->mem, count);
}

static void fx_op_lock(struct obj *o)
{
	fx_lock(o->mem);
}

static void fx_op_unlock(struct obj *o, unsigned int count)
{
	(void)count;
	fx_unlock(o->mem);
}

static int sem_op_open(struct run *run, struct obj *o, unsigned int count)
{
	(void)run;
	o->mem = shared_alloc(sizeof(sem_t));
	return sem_init(o->mem, 1, count);
}

static int sem_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	if (manual)
		return skip(run, "a semaphore is no manual-reset event");
	return sem_op_open(run, o, signaled);
}

static void sem_op_post(struct obj *o)
{
	sem_post(o->mem);
}

static void sem_op_release(struct obj *o, unsigned int count)
{
	while (count--)
		sem_post(o->mem);
}

static void sem_op_wait(struct obj *o)
{
	while (sem_wait(o->mem) < 0)
		if (errno != EINTR)
			die_errno("sem_wait");
}

static void sem_op_saw(struct obj *signal, struct obj *wait)
{
	sem_op_post(signal);
	sem_op_wait(wait);
}

static void pt_mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static int pt_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	struct pt_event *e = shared_alloc(sizeof(*e));
	pthread_condattr_t attr;

	(void)run;
	pt_mutex_init(&e->mutex);
	pthread_condattr_init(&attr);
	pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&e->cond, &attr);
	pthread_condattr_destroy(&attr);
	e->manual = manual;
	e->signaled = signaled;
	o->mem = e;
	return 0;
}

static int pt_open_mutex(struct run *run, struct obj *o, unsigned int count)
{
	(void)run;
	(void)count;
	o->mem = shared_alloc(sizeof(pthread_mutex_t));
	pt_mutex_init(o->mem);
	return 0;
}

static void pt_op_set(struct obj *o)
{
	pt_set(o->mem);
}

static void pt_op_reset(struct obj *o)
{
	pt_reset(o->mem);
}

static void pt_op_wait(struct obj *o)
{
	pt_wait(o->mem);
}

static void pt_op_saw(struct obj *signal, struct obj *wait)
{
	pt_set(signal->mem);
	pt_wait(wait->mem);
}

static void pt_op_lock(struct obj *o)
{
	pt_lock(o->mem);
}

static void pt_op_unlock(struct obj *o, unsigned int count)
{
	(void)count;
	pt_unlock(o->mem);
}

/* One server for a run, started with its first object: auto-reset and unset. */
static int ux_open_event(struct run *run, struct obj *o, bool manual, bool signaled)
{
	if (manual || signaled)
		return skip(run, "the server's events are auto-reset here");
	if (!run->priv)
		run->priv = ux_start(0, 0);
	o->type = o - run->o;
	o->mem = run->priv;
	return 0;
}

static void ux_op_set(struct obj *o)
{
	ux_call(o->mem, UX_GIVE, o->type);
}

static void ux_op_reset(struct obj *o)
{
	ux_call(o->mem, UX_CLEAR, o->type);
}

static void ux_op_wait(struct obj *o)
{
	ux_call(o->mem, UX_TAKE, o->type);
}

static void ux_op_saw(struct obj *signal, struct obj *wait)
{
	ux_op_set(signal);
	ux_op_wait(wait);
}

const struct event_ops event_ops[PEERS] = {
	[PEER_WINSYNC] = { ws_open_event, ws_op_set, ws_op_reset, ws_op_wait, ws_op_saw },
	[PEER_NTSYNC] = { nt_open_event, nt_op_set, nt_op_reset, nt_op_wait, nt_op_saw },
	[PEER_EVENTFD] = { efd_open_event, efd_op_set, efd_op_take, efd_op_wait, efd_op_saw },
	[PEER_FUTEX] = { fx_open_event, fx_op_set, fx_op_reset, fx_op_wait, fx_op_saw },
	[PEER_SEM] = { sem_open_event, sem_op_post, NULL, sem_op_wait, sem_op_saw },
	[PEER_PTHREAD] = { pt_open_event, pt_op_set, pt_op_reset, pt_op_wait, pt_op_saw },
	[PEER_UNIX] = { ux_open_event, ux_op_set, ux_op_reset, ux_op_wait, ux_op_saw },
};

const struct sem_ops sem_ops[PEERS] = {
	[PEER_WINSYNC] = { ws_open_sem, ws_op_release, ws_op_wait },
	[PEER_NTSYNC] = { nt_open_sem, nt_op_release, nt_op_wait },
	[PEER_EVENTFD] = { efd_open_sem, efd_op_release, efd_op_take },
	[PEER_FUTEX] = { fx_open_sem, fx_op_release, fx_op_wait },
	[PEER_SEM] = { sem_op_open, sem_op_release, sem_op_wait },
};

const struct sem_ops mutex_ops[PEERS] = {
	[PEER_WINSYNC] = { ws_open_mutex, ws_op_unlock, ws_op_wait },
	[PEER_NTSYNC] = { nt_open_mutex, nt_op_unlock, nt_op_wait },
	[PEER_FUTEX] = { fx_open_mutex, fx_op_unlock, fx_op_lock },
	[PEER_PTHREAD] = { pt_open_mutex, pt_op_unlock, pt_op_lock },
};

void obj_close(struct obj *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

void run_close_objects(struct run *run)
{
	for (int i = 0; i < MAX_OBJECTS; i++)
		obj_close(&run->o[i]);
	if (run->peer == PEER_UNIX && run->priv)
		ux_stop(run->priv);
	run->priv = NULL;
}
