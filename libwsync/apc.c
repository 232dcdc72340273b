// SPDX-License-Identifier: MIT
/*
 * Queued calls (Windows: APCs): a queue per thread, and one auto-reset event
 * that ends the alertable waits of the thread.
 *
 * Who queues a call sets the event; the module sets it when a timer with a routine
 * expires. The event only says "look": the queue, and the timers themselves, are
 * the truth, so an event too many costs a look and nothing else. An event
 * too few would be a lost call: it is reset by an alertable wait only, which then
 * looks until nothing is left. The exception is a wait inside a call, while the
 * outer one has not looked at everything yet: wsync_apc_begin().
 *
 * The queue is shared and locked. The list of timers belongs to its thread alone.
 * Which of its timers expired, how often and when, a thread asks the module. A
 * timer that was set or canceled meanwhile, by whomever, says so (alerts_caller).
 *
 * A timer's call counts as queued at the first expiry that was not delivered
 * [TM-19], [TM-20]; user calls when they were queued; both in CLOCK_REALTIME, the
 * clock in which timers report. Setting that clock can disturb the order of
 * calls which are queued at that moment.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

struct call {
	struct call *next;
	wsync_apc_fn fn;
	void *arg;
	int64_t queued;
};

struct wsync_apc_timer {
	struct wsync_apc_timer *next;
	int fd;
	uint64_t id;
	/* NULL: discarded, to be freed by the next who may. */
	wsync_timer_fn _Atomic fn;
	void *arg;
	uint64_t delivered;	/* expiries for which the routine was called */
	int64_t since;		/* first one for which it was not, if due */
	bool due;
};

struct wsync_thread {
	_Atomic unsigned int references;
	uint32_t process;
	int event;
	uint64_t event_id;

	pthread_mutex_t lock;	/* of the next three */
	bool ended;
	struct call *first;
	struct call **last;

	/* Only for the thread itself. */
	struct wsync_apc_timer *timers;
	int64_t scanned;	/* expiries up to then are known */
	unsigned int depth;	/* calls that run */
};

/* What is to be called next. */
struct ready {
	wsync_apc_fn call;
	wsync_timer_fn timer;
	void *arg;
	int64_t expired;
};

/* Key + 1 of the calling thread's struct wsync_thread, 0 before the first use. */
static _Atomic unsigned int thread_key;

static void put_thread(struct wsync_thread *thread)
{
	if (atomic_fetch_sub(&thread->references, 1) == 1) {
		pthread_mutex_destroy(&thread->lock);
		free(thread);
	}
}

/* The number may belong to something else by now, if somebody closed all fds. */
static void close_event(struct wsync_thread *thread)
{
	struct winsync_stat stat;

	if (ioctl(thread->event, WINSYNC_IOC_STAT, &stat) == 0 && stat.id == thread->event_id)
		wsync_close_quietly(thread->event);
	thread->event = -1;
}

static void free_timers(struct wsync_thread *thread)
{
	while (thread->timers) {
		struct wsync_apc_timer *timer = thread->timers;

		thread->timers = timer->next;
		free(timer);
	}
}

/* Whether it is of this process, and not of one that forked it. */
static bool is_ours(const struct wsync_thread *thread)
{
	uint32_t process;

	return wsync_process(&process) == 0 && thread->process == process;
}

static void free_calls(struct call *call)
{
	while (call) {
		struct call *next = call->next;

		free(call);
		call = next;
	}
}

/* Destructor of the key: the thread ends [APC-14]. The module cancels its timers. */
static void end_thread(void *value)
{
	struct wsync_thread *thread = value;
	struct call *call;

	/* A child of fork never had anything of this but the memory. */
	if (is_ours(thread)) {
		pthread_mutex_lock(&thread->lock);
		thread->ended = true;
		call = thread->first;
		thread->first = NULL;
		close_event(thread);
		pthread_mutex_unlock(&thread->lock);
		free_calls(call);
	}
	free_timers(thread);
	put_thread(thread);
}

static int get_key(pthread_key_t *key)
{
	unsigned int known = atomic_load(&thread_key);
	int error;

	if (known == 0) {
		error = pthread_key_create(key, end_thread);
		if (error)
			return wsync_error(error);
		if (atomic_compare_exchange_strong(&thread_key, &known, *key + 1))
			return 0;
		pthread_key_delete(*key);
	}
	*key = known - 1;
	return 0;
}

static int make_event(struct wsync_thread *thread)
{
	struct winsync_stat stat;
	int result;

	result = wsync_event_create(NULL, NULL, 0, NULL, &thread->event, NULL);
	if (result)
		return result;
	result = wsync_above_stdio(thread->event);
	if (result < 0)
		return result;
	thread->event = result;
	result = wsync_ioctl(thread->event, WINSYNC_IOC_STAT, &stat);
	if (result < 0) {
		wsync_close_quietly(thread->event);
		return result;
	}
	thread->event_id = stat.id;
	return 0;
}

static int make_thread(pthread_key_t key, struct wsync_thread **made)
{
	struct wsync_thread *thread = calloc(1, sizeof(*thread));
	int result;

	if (!thread)
		return wsync_error(ENOMEM);
	atomic_init(&thread->references, 1);
	thread->last = &thread->first;
	thread->scanned = INT64_MIN;
	result = wsync_process(&thread->process);
	if (!result)
		result = make_event(thread);
	if (result) {
		free(thread);
		return wsync_error(-result);
	}
	pthread_mutex_init(&thread->lock, NULL);
	result = pthread_setspecific(key, thread);
	if (result) {
		wsync_close_quietly(thread->event);
		put_thread(thread);
		return wsync_error(result);
	}
	*made = thread;
	return 0;
}

/*
 * A child of fork has its parent's record. The event is the parent's too: waiting for
 * it would steal from the parent. Should the lock be held, then by a thread that
 * does not exist here, in the middle of a change of the queue, which is left alone.
 */
static void leave_parent(pthread_key_t key, struct wsync_thread *thread)
{
	pthread_setspecific(key, NULL);
	close_event(thread);
	free_timers(thread);
	if (pthread_mutex_trylock(&thread->lock) == 0) {
		free_calls(thread->first);
		thread->first = NULL;
		pthread_mutex_unlock(&thread->lock);
	}
	if (atomic_fetch_sub(&thread->references, 1) == 1)
		free(thread);
}

static int current_thread(struct wsync_thread **found)
{
	struct wsync_thread *thread;
	pthread_key_t key;
	int result;

	result = get_key(&key);
	if (result)
		return result;
	thread = pthread_getspecific(key);
	if (thread && !is_ours(thread)) {
		leave_parent(key, thread);
		thread = NULL;
	}
	if (!thread)
		return make_thread(key, found);
	*found = thread;
	return 0;
}

WSYNC_API int wsync_thread_self(struct wsync_thread **thread)
{
	struct wsync_thread *self;
	int result;

	if (!thread)
		return wsync_error(EINVAL);
	result = current_thread(&self);
	if (result)
		return result;
	*thread = wsync_thread_ref(self);
	return 0;
}

WSYNC_API struct wsync_thread *wsync_thread_ref(struct wsync_thread *thread)
{
	if (thread)
		atomic_fetch_add(&thread->references, 1);
	return thread;
}

WSYNC_API void wsync_thread_unref(struct wsync_thread *thread)
{
	if (thread)
		put_thread(thread);
}

WSYNC_API int wsync_apc_queue(struct wsync_thread *thread, wsync_apc_fn fn, void *arg)
{
	struct call *call;
	int result = 0;

	if (!thread || !fn)
		return wsync_error(EINVAL);
	if (!is_ours(thread))
		return wsync_error(ESRCH);
	call = malloc(sizeof(*call));
	if (!call)
		return wsync_error(ENOMEM);
	call->next = NULL;
	call->fn = fn;
	call->arg = arg;
	pthread_mutex_lock(&thread->lock);
	call->queued = wsync_now(WSYNC_CLOCK_REALTIME);
	if (thread->ended)
		result = -ESRCH;
	else if (!thread->first)
		result = wsync_ioctl(thread->event, WINSYNC_IOC_EVENT_SET, NULL);
	if (result >= 0) {
		if (!thread->first)
			thread->last = &thread->first;
		*thread->last = call;
		thread->last = &call->next;
	}
	pthread_mutex_unlock(&thread->lock);
	if (result < 0) {
		free(call);
		return wsync_error(-result);
	}
	return 0;
}

/* Nobody but the thread itself takes calls away, so what this finds stays. */
static struct call *first_call(struct wsync_thread *thread)
{
	struct call *call;

	pthread_mutex_lock(&thread->lock);
	call = thread->first;
	pthread_mutex_unlock(&thread->lock);
	return call;
}

static void take_call(struct wsync_thread *thread, struct ready *ready)
{
	struct call *call;

	pthread_mutex_lock(&thread->lock);
	call = thread->first;
	thread->first = call->next;
	pthread_mutex_unlock(&thread->lock);
	*ready = (struct ready){ .call = call->fn, .arg = call->arg };
	free(call);
}

static void remove_timer(struct wsync_thread *thread, struct wsync_apc_timer *timer)
{
	struct wsync_apc_timer **link = &thread->timers;

	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	/* A signal handler that walks the list must not find it any more. */
	atomic_signal_fence(memory_order_seq_cst);
	free(timer);
}

/*
 * Asks for the state of a timer. The routine, NULL if it is not to be called any more. By
 * now the fd may be a handle of another timer, which alerts this thread, too.
 */
static wsync_timer_fn query_timer(const struct wsync_apc_timer *timer,
				  struct winsync_timer_state *state)
{
	struct winsync_stat stat;

	if (ioctl(timer->fd, WINSYNC_IOC_TIMER_QUERY, state) != 0 || !state->alerts_caller ||
	    state->expirations < timer->delivered ||
	    ioctl(timer->fd, WINSYNC_IOC_STAT, &stat) != 0 || stat.id != timer->id)
		return NULL;
	/* Last: a signal handler may discard it until here. */
	return atomic_load(&timer->fn);
}

static void scan_timers(struct wsync_thread *thread)
{
	struct wsync_apc_timer *timer, *next;
	struct winsync_timer_state state;

	thread->scanned = wsync_now(WSYNC_CLOCK_REALTIME);
	for (timer = thread->timers; timer; timer = next) {
		uint64_t missed;

		next = timer->next;
		if (!query_timer(timer, &state)) {
			remove_timer(thread, timer);
			continue;
		}
		missed = state.expirations - timer->delivered;
		if (timer->due || !missed)
			continue;
		timer->due = true;
		timer->since = (int64_t)(state.expired_at - (missed - 1) * state.period);
	}
}

static struct wsync_apc_timer *first_due(const struct wsync_thread *thread)
{
	struct wsync_apc_timer *timer, *first = NULL;

	for (timer = thread->timers; timer; timer = timer->next) {
		if (timer->due && (!first || timer->since < first->since))
			first = timer;
	}
	return first;
}

/* Expiries up to now are covered by this call: at most one is outstanding [TM-19]. */
static bool take_timer(struct wsync_thread *thread, struct wsync_apc_timer *timer,
		       struct ready *ready)
{
	struct winsync_timer_state state;
	wsync_timer_fn routine = query_timer(timer, &state);

	if (!routine) {
		remove_timer(thread, timer);
		return false;
	}
	*ready = (struct ready){
		.timer = routine,
		.arg = timer->arg,
		.expired = timer->since,
	};
	timer->due = false;
	timer->delivered = state.expirations;
	if (!state.period)
		remove_timer(thread, timer);
	return true;
}

/* The oldest of all queued calls. */
static bool take_next(struct wsync_thread *thread, struct ready *ready)
{
	bool fresh = false;

	for (;;) {
		struct call *call = first_call(thread);
		struct wsync_apc_timer *timer = first_due(thread);

		if (timer && (!call || timer->since <= call->queued)) {
			if (take_timer(thread, timer, ready))
				return true;
			continue;
		}
		if (thread->timers && !fresh && (!call || call->queued >= thread->scanned)) {
			scan_timers(thread);
			fresh = true;
			continue;
		}
		if (!call)
			return false;
		take_call(thread, ready);
		return true;
	}
}

/* Also when an exception, or the end of the thread, leaves the call. */
static void leave_call(struct wsync_thread **thread)
{
	(*thread)->depth--;
	put_thread(*thread);
}

static void run_call(struct wsync_thread *thread, const struct ready *ready)
{
	/* A child of fork that comes to the end of the call may have left it. */
	struct wsync_thread *in __attribute__((cleanup(leave_call))) = wsync_thread_ref(thread);

	in->depth++;
	if (ready->call)
		ready->call(ready->arg);
	else
		ready->timer(ready->arg, ready->expired);
}

unsigned long wsync_apc_run(void)
{
	struct wsync_thread *thread;
	struct ready ready;
	unsigned long count = 0;

	/* A call may fork, and the child come back here: it is another thread. */
	while (current_thread(&thread) == 0 && take_next(thread, &ready)) {
		run_call(thread, &ready);
		count++;
	}
	return count;
}

/* Sets the event if there may be something to run. */
static int announce(const struct wsync_thread *thread, bool calls)
{
	if (!calls && !thread->timers)
		return 0;
	return wsync_ioctl(thread->event, WINSYNC_IOC_EVENT_SET, NULL);
}

int wsync_apc_begin(int *event)
{
	struct wsync_thread *thread;
	int result = current_thread(&thread);

	if (result)
		return result;
	if (thread->depth) {
		result = announce(thread, first_call(thread) != NULL);
		if (result < 0)
			return result;
	}
	*event = thread->event;
	return 0;
}

WSYNC_API int wsync_apc_fd(int *fd)
{
	return fd ? wsync_apc_begin(fd) : wsync_error(EINVAL);
}

int wsync_apc_timer_prepare(int fd, const struct wsync_timer_opts *opts,
			    struct wsync_apc_timer **timer, int *event)
{
	struct winsync_stat stat;
	struct wsync_thread *thread;
	struct wsync_apc_timer *made;
	int result;

	result = wsync_ioctl(fd, WINSYNC_IOC_STAT, &stat);
	if (result < 0)
		return result;
	if (stat.type != WINSYNC_TYPE_TIMER)
		return wsync_error(EBADFD);
	/* To see whether it expired. */
	if (!(stat.access & WINSYNC_ACCESS_QUERY))
		return wsync_error(EACCES);
	result = current_thread(&thread);
	if (result)
		return result;
	made = calloc(1, sizeof(*made));
	if (!made)
		return wsync_error(ENOMEM);
	made->fd = fd;
	made->id = stat.id;
	atomic_init(&made->fn, opts->routine);
	made->arg = opts->arg;
	*timer = made;
	*event = thread->event;
	return 0;
}

void wsync_apc_timer_commit(struct wsync_apc_timer *made)
{
	struct wsync_thread *thread = pthread_getspecific(atomic_load(&thread_key) - 1);
	struct wsync_apc_timer *timer, *next;

	/* The same timer, set before; or one whose fd was closed. */
	for (timer = thread->timers; timer; timer = next) {
		next = timer->next;
		if (timer->id == made->id || timer->fd == made->fd || !atomic_load(&timer->fn))
			remove_timer(thread, timer);
	}
	made->next = thread->timers;
	/* A signal handler that walks the list must find it whole. */
	atomic_signal_fence(memory_order_seq_cst);
	thread->timers = made;
}

void wsync_apc_timer_free(struct wsync_apc_timer *timer)
{
	free(timer);
}

/*
 * May run in a signal handler in the middle of anything above: the list is
 * always whole, and nothing is freed here.
 */
void wsync_apc_timer_discard(int fd)
{
	unsigned int key = atomic_load(&thread_key);
	struct wsync_thread *thread = key ? pthread_getspecific(key - 1) : NULL;
	struct winsync_stat stat;
	struct wsync_apc_timer *timer;

	if (!thread || !thread->timers || ioctl(fd, WINSYNC_IOC_STAT, &stat) != 0)
		return;
	for (timer = thread->timers; timer; timer = timer->next) {
		if (timer->id == stat.id || timer->fd == fd)
			atomic_store(&timer->fn, NULL);
	}
}
