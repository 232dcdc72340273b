// SPDX-License-Identifier: MIT
/* Queued calls, completion routines of timers, and handles of threads. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/*
 * A routine of a timer. It runs in the thread that set the timer, and is kept
 * by that thread, so nobody else ever looks at it. It is kept until the thread sets a
 * routine through the same fd again, not only until the fd is closed: a duplicate of the handle
 * that gets the number revives what libwsync knows of the routine.
 */
struct w32_call {
	struct w32_call *next;
	int fd;
	PTIMERAPCROUTINE routine;
	LPVOID arg;
};

struct thread {
	pid_t pid;		/* the end of a thread of a forked child is another's */
	unsigned int forks;
	int ended;		/* the event behind handles of the thread, or -1 */
	uint64_t ended_id;
	bool ending;
	struct w32_call *calls;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;
/* Forks on the way to this process: where pid namespaces nest, parent and child can be number 1. */
static unsigned int forks;

/* The number may belong to something else by now, if somebody closed all fds. */
static bool has_event(const struct thread *thread)
{
	return thread->ended >= 0 && w32_object_id(thread->ended) == thread->ended_id;
}

static bool is_ours(const struct thread *thread)
{
	return thread->pid == getpid() && thread->forks == forks;
}

static void end_thread(void *data)
{
	struct thread *thread = data;
	struct w32_call *call, *next;

	/*
	 * Once more, after the destructors of everybody else: who sees that the thread has
	 * ended must find that it takes no calls any more [APC-13].
	 */
	if (!thread->ending) {
		thread->ending = true;
		if (pthread_setspecific(key, thread) == 0)
			return;
	}
	for (call = thread->calls; call; call = next) {
		next = call->next;
		free(call);
	}
	if (has_event(thread)) {
		if (is_ours(thread))
			wsync_event_set(thread->ended, NULL);
		wsync_close(thread->ended);
	}
	free(thread);
}

static void count_fork(void)
{
	forks++;
}

static void make_key(void)
{
	have_key = pthread_atfork(NULL, NULL, count_fork) == 0 &&
		   pthread_key_create(&key, end_thread) == 0;
}

/* NULL if there is no memory. */
static struct thread *this_thread(void)
{
	struct thread *thread;

	pthread_once(&once, make_key);
	if (!have_key)
		return NULL;
	thread = pthread_getspecific(key);
	if (thread)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return NULL;
	thread->pid = getpid();
	thread->forks = forks;
	thread->ended = -1;
	if (pthread_setspecific(key, thread) != 0) {
		free(thread);
		return NULL;
	}
	return thread;
}

struct w32_call *w32_call_new(PTIMERAPCROUTINE routine, LPVOID arg)
{
	struct w32_call *call;

	/* Made now, so that keeping the call can't fail. */
	if (!this_thread())
		return NULL;
	call = malloc(sizeof(*call));
	if (call)
		*call = (struct w32_call){ .fd = -1, .routine = routine, .arg = arg };
	return call;
}

void w32_call_free(struct w32_call *call)
{
	free(call);
}

void w32_call_run(void *data, int64_t expired_at)
{
	/* The routine may set the timer again, which frees this. */
	struct w32_call call = *(struct w32_call *)data;
	uint64_t units = (uint64_t)(expired_at / W32_NSEC_PER_UNIT + W32_EPOCH);

	call.routine(call.arg, (DWORD)units, (DWORD)(units >> 32));
}

void w32_call_keep(int fd, struct w32_call *call)
{
	struct thread *thread = this_thread();
	struct w32_call **link, *old;

	for (link = &thread->calls; *link && (*link)->fd != fd; link = &(*link)->next)
		;
	old = *link;
	if (old) {
		*link = old->next;
		free(old);
	}
	call->fd = fd;
	call->next = thread->calls;
	thread->calls = call;
}

/* The event that is set when the calling thread ends. */
static int ended_event(struct thread *thread)
{
	if (!has_event(thread)) {
		thread->ended = -1;
	} else if (!is_ours(thread)) {
		wsync_close(thread->ended);
		thread->ended = -1;
	}
	thread->pid = getpid();
	thread->forks = forks;
	if (thread->ended < 0) {
		int error = wsync_event_create(NULL, NULL, WSYNC_MANUAL_RESET, NULL,
					       &thread->ended, NULL);

		if (error) {
			thread->ended = -1;
			return error;
		}
		thread->ended_id = w32_object_id(thread->ended);
	}
	return thread->ended;
}

int w32_thread_fd(bool inherit)
{
	struct thread *thread = this_thread();
	struct wsync_thread *self;
	int event, error, fd;

	if (!thread)
		return -ENOMEM;
	event = ended_event(thread);
	if (event < 0)
		return event;
	/* That it is an event is nobody's business [EV-28]. */
	error = wsync_duplicate(event, WSYNC_ACCESS_SYNCHRONIZE, inherit ? WSYNC_INHERIT : 0, &fd);
	if (error)
		return error;
	error = wsync_thread_self(&self);
	if (!error) {
		error = w32_mark_thread(fd, self);
		if (error)
			wsync_thread_unref(self);
	}
	if (error) {
		wsync_close(fd);
		return error;
	}
	return fd;
}

W32_API DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
{
	struct wsync_thread *thread = NULL;
	int error = 0;

	if (hThread == W32_THIS_THREAD)
		error = wsync_thread_self(&thread);
	else
		thread = w32_marked_thread(wsync_win32_fd(hThread));
	if (!error && !thread)
		error = -EBADF;
	/* A call of nothing does not even end a wait [APC-17]. */
	if (!error && pfnAPC) {
		/* Integers and pointers are passed alike wherever Linux runs. */
		void (*fn)(void) = (void (*)(void))pfnAPC;

		error = wsync_apc_queue(thread, (wsync_apc_fn)fn, (void *)dwData);
	}
	wsync_thread_unref(thread);
	return w32_result(error) ? 1 : 0;
}
