/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The primitive operations of every peer, inline so that a loop over one of
 * them measures nothing else. Each checks its result: an operation that fails
 * ends the benchmark.
 *
 * The objects of all peers may be shared by processes, as winsync's may.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/winsync.h>

#include "bench.h"
#include "ntsync_abi.h"

extern int ws_dev;
/* Of the run that the thread is in: there are two devices with these calls. */
extern __thread int nt_dev;

void peers_open(void);
void peers_close(void);
bool peer_available(enum peer peer);
/* To be called by each thread of a run before it uses the peer. */
void peer_use(enum peer shown);

/* Memory all processes share; freed as a whole between rows. */
void *shared_alloc(size_t size);
void shared_reset(void);

/* ---- winsync ---- */

static inline void ws_void(int fd, unsigned long cmd)
{
	if (ioctl(fd, cmd, 0) < 0)
		die_errno("winsync");
}

static inline void ws_set(int fd)
{
	ws_void(fd, WINSYNC_IOC_EVENT_SET);
}

static inline void ws_reset(int fd)
{
	ws_void(fd, WINSYNC_IOC_EVENT_RESET);
}

static inline void ws_unlock(int fd)
{
	ws_void(fd, WINSYNC_IOC_MUTEX_RELEASE);
}

static inline void ws_release(int fd, unsigned int count)
{
	struct winsync_semaphore_release_args args = { .count = count };

	if (ioctl(fd, WINSYNC_IOC_SEMAPHORE_RELEASE, &args) < 0)
		die_errno("winsync semaphore release");
}

static inline int ws_try(int fd, uint64_t deadline, int alert)
{
	struct winsync_wait_args args = { .deadline = deadline, .alert = alert };

	return ioctl(fd, WINSYNC_IOC_WAIT, &args);
}

static inline void ws_wait(int fd)
{
	if (ws_try(fd, WINSYNC_FOREVER, -1) < 0)
		die_errno("winsync wait");
}

static inline int ws_multiple(unsigned long cmd, const int *fds, int count,
			      uint64_t deadline)
{
	struct winsync_wait_multiple_args args = {
		.deadline = deadline,
		.fds = (uintptr_t)fds,
		.count = count,
		.alert = -1,
	};
	int result = ioctl(ws_dev, cmd, &args);

	if (result < 0)
		die_errno("winsync wait for several");
	return WINSYNC_WAIT_INDEX(result);
}

static inline void ws_signal_and_wait(int signal, int wait)
{
	struct winsync_signal_and_wait_args args = {
		.deadline = WINSYNC_FOREVER,
		.alert = -1,
		.fd = wait,
	};

	if (ioctl(signal, WINSYNC_IOC_SIGNAL_AND_WAIT, &args) < 0)
		die_errno("winsync signal and wait");
}

int ws_event(bool manual, bool signaled);
int ws_mutex(void);
int ws_semaphore(unsigned int count, unsigned int max);
int ws_timer(bool manual);

/* ---- ntsync ---- */

extern __thread uint32_t nt_owner;

static inline uint32_t nt_self(void)
{
	if (!nt_owner)
		nt_owner = syscall(SYS_gettid);
	return nt_owner;
}

static inline void nt_event_op(int fd, unsigned long cmd)
{
	uint32_t previous;

	if (ioctl(fd, cmd, &previous) < 0)
		die_errno("ntsync event");
}

static inline void nt_set(int fd)
{
	nt_event_op(fd, NT_EVENT_SET);
}

static inline void nt_reset(int fd)
{
	nt_event_op(fd, NT_EVENT_RESET);
}

static inline void nt_unlock(int fd)
{
	struct nt_mutex_args args = { .owner = nt_self() };

	if (ioctl(fd, NT_MUTEX_UNLOCK, &args) < 0)
		die_errno("ntsync unlock");
}

static inline void nt_release(int fd, unsigned int count)
{
	uint32_t value = count;

	if (ioctl(fd, NT_SEM_RELEASE, &value) < 0)
		die_errno("ntsync release");
}

/* Returns the index, or -1 with errno. */
static inline int nt_multiple(unsigned long cmd, const int *fds, int count,
			      uint64_t timeout, int alert)
{
	struct nt_wait_args args = {
		.timeout = timeout,
		.objs = (uintptr_t)fds,
		.count = count,
		.owner = nt_self(),
		.alert = alert > 0 ? alert : 0,
	};

	if (ioctl(nt_dev, cmd, &args) < 0 && errno != EOWNERDEAD)
		return -1;
	return args.index;
}

static inline int nt_try(int fd, uint64_t timeout, int alert)
{
	return nt_multiple(NT_WAIT_ANY, &fd, 1, timeout, alert);
}

static inline void nt_wait(int fd)
{
	if (nt_try(fd, UINT64_MAX, 0) < 0)
		die_errno("ntsync wait");
}

int nt_event(bool manual, bool signaled);
int nt_mutex(void);
int nt_semaphore(unsigned int count, unsigned int max);

/* ---- eventfd: an auto-reset event is one that is read, a manual one polled ---- */

static inline void efd_add(int fd, uint64_t value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value))
		die_errno("eventfd write");
}

static inline void efd_take(int fd)
{
	uint64_t value;

	if (read(fd, &value, sizeof(value)) != sizeof(value))
		die_errno("eventfd read");
}

static inline void efd_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, -1) != 1)
		die_errno("eventfd poll");
}

/* ---- futex: what a careful program builds in shared memory ---- */

struct fx_word {
	uint32_t value;
	uint32_t waiters;
	uint32_t manual;
};

static inline long fx_call(uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static inline void fx_sleep(struct fx_word *w, uint32_t value)
{
	__atomic_add_fetch(&w->waiters, 1, __ATOMIC_SEQ_CST);
	if (fx_call(&w->value, FUTEX_WAIT, value) < 0 && errno != EAGAIN &&
	    errno != EINTR)
		die_errno("futex wait");
	__atomic_sub_fetch(&w->waiters, 1, __ATOMIC_SEQ_CST);
}

static inline void fx_set(struct fx_word *w)
{
	__atomic_store_n(&w->value, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&w->waiters, __ATOMIC_SEQ_CST))
		fx_call(&w->value, FUTEX_WAKE, w->manual ? INT_MAX : 1);
}

static inline void fx_reset(struct fx_word *w)
{
	__atomic_store_n(&w->value, 0, __ATOMIC_SEQ_CST);
}

/* A unit of a semaphore, or the state of an auto-reset event. */
static inline bool fx_try_take(struct fx_word *w)
{
	uint32_t value = __atomic_load_n(&w->value, __ATOMIC_SEQ_CST);

	while (value)
		if (__atomic_compare_exchange_n(&w->value, &value, value - 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static inline void fx_wait(struct fx_word *w)
{
	for (;;) {
		if (w->manual ? __atomic_load_n(&w->value, __ATOMIC_SEQ_CST)
			      : fx_try_take(w))
			return;
		fx_sleep(w, 0);
	}
}

static inline void fx_release(struct fx_word *w, uint32_t count)
{
	__atomic_add_fetch(&w->value, count, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&w->waiters, __ATOMIC_SEQ_CST))
		fx_call(&w->value, FUTEX_WAKE, count);
}

/* 0: free, 1: locked, 2: locked and somebody may sleep. */
static inline void fx_lock(struct fx_word *w)
{
	uint32_t value = 0;

	if (__atomic_compare_exchange_n(&w->value, &value, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&w->value, 2, __ATOMIC_ACQUIRE))
		fx_call(&w->value, FUTEX_WAIT, 2);
}

static inline void fx_unlock(struct fx_word *w)
{
	if (__atomic_exchange_n(&w->value, 0, __ATOMIC_RELEASE) == 2)
		fx_call(&w->value, FUTEX_WAKE, 1);
}

/* ---- pthread: robust process-shared mutex and condition variable ---- */

struct pt_event {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool manual;
	bool signaled;
};

static inline void pt_lock(pthread_mutex_t *mutex)
{
	int err = pthread_mutex_lock(mutex);

	if (err == EOWNERDEAD)
		pthread_mutex_consistent(mutex);
	else if (err)
		die("pthread_mutex_lock: error %d", err);
}

static inline void pt_unlock(pthread_mutex_t *mutex)
{
	if (pthread_mutex_unlock(mutex))
		die("pthread_mutex_unlock failed");
}

static inline void pt_set(struct pt_event *e)
{
	pt_lock(&e->mutex);
	e->signaled = true;
	if (e->manual)
		pthread_cond_broadcast(&e->cond);
	else
		pthread_cond_signal(&e->cond);
	pt_unlock(&e->mutex);
}

static inline void pt_reset(struct pt_event *e)
{
	pt_lock(&e->mutex);
	e->signaled = false;
	pt_unlock(&e->mutex);
}

static inline void pt_wait(struct pt_event *e)
{
	pt_lock(&e->mutex);
	while (!e->signaled)
		pthread_cond_wait(&e->cond, &e->mutex);
	if (!e->manual)
		e->signaled = false;
	pt_unlock(&e->mutex);
}

/* ---- a server on a Unix socket that keeps the state of all objects ---- */

enum ux_op { UX_GIVE, UX_CLEAR, UX_TAKE, UX_TRY, UX_PEEK };

/* As long as the requests and replies of such protocols are. */
struct ux_message {
	uint32_t op;
	uint32_t object;
	uint32_t result;
	uint32_t unused[13];
};

#define UX_CLIENTS	2
#define UX_OBJECTS	4

struct ux_server {
	int pid;
	int client[UX_CLIENTS];
};

/* Which connection the calling thread uses. */
extern __thread int ux_client;

struct ux_server *ux_start(unsigned int manual, unsigned int signaled);
void ux_stop(struct ux_server *server);

static inline uint32_t ux_call(struct ux_server *server, enum ux_op op, int object)
{
	struct ux_message m = { .op = op, .object = object };
	int fd = server->client[ux_client];

	if (write(fd, &m, sizeof(m)) != sizeof(m) ||
	    read(fd, &m, sizeof(m)) != sizeof(m))
		die_errno("request to the server");
	return m.result;
}

/* ---- the same by table, for rows whose cost is elsewhere ---- */

struct event_ops {
	int (*open)(struct run *run, struct obj *o, bool manual, bool signaled);
	void (*set)(struct obj *o);
	void (*reset)(struct obj *o);
	void (*wait)(struct obj *o);
	void (*signal_and_wait)(struct obj *signal, struct obj *wait);
};

/* Mutexes and semaphores: release(count) and acquire one. */
struct sem_ops {
	int (*open)(struct run *run, struct obj *o, unsigned int count);
	void (*release)(struct obj *o, unsigned int count);
	void (*acquire)(struct obj *o);
};

extern const struct event_ops event_ops[PEERS];
extern const struct sem_ops sem_ops[PEERS];
extern const struct sem_ops mutex_ops[PEERS];

void obj_close(struct obj *o);
void run_close_objects(struct run *run);

#endif /* BENCH_PEERS_H */
