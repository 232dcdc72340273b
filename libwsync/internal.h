/* SPDX-License-Identifier: MIT */
/* What the files of libwsync share. Not installed. */
#ifndef WSYNC_INTERNAL_H
#define WSYNC_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <linux/winsync.h>
#include <wsync/wsync.h>

#define WSYNC_API __attribute__((visibility("default")))

#define NSEC_PER_SEC INT64_C(1000000000)

/* Every failure of the library ends here: the errno is returned and set. */
static inline int wsync_error(int error)
{
	errno = error;
	return -error;
}

/*
 * The one place that talks to the module. Returns what the command returns, or
 * a negative errno (also set). A fd that is not winsync's is -EBADFD, a command the
 * module does not know -EOPNOTSUPP.
 */
int wsync_ioctl(int fd, unsigned long request, void *argument);

/*
 * No function of the library is a cancellation point: this, at the beginning of
 * a function that calls one, puts a request to cancel the thread off to its end.
 */
static inline int wsync_defer_cancel(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state;
}

static inline void wsync_restore_cancel(const int *state)
{
	int ignored;

	pthread_setcancelstate(*state, &ignored);
}

#define WSYNC_NO_CANCEL() \
	__attribute__((cleanup(wsync_restore_cancel), unused)) const int cancel_state = \
		wsync_defer_cancel()

/* close(2) that keeps errno. */
void wsync_close_quietly(int fd);
/* Moves a fd that was just made out of the range of standard input and output. */
int wsync_above_stdio(int fd);

/*
 * Copies caller's options of any version to @known, which is all zero where
 * they are shorter. @first is the size of the first version published.
 */
int wsync_copy_opts(void *known, size_t size, size_t first, const void *opts);
/* The reverse: hands @known to a caller whose structure may be of any version. */
void wsync_return_struct(void *out, const void *known, size_t size);

/* A command on the device of a context (NULL: the default one). */
int wsync_context_ioctl(struct wsync_context *context, unsigned long request, void *argument);

/* Defaults of the options access and mode; -EINVAL for an impossible mode. */
uint32_t wsync_access(uint32_t access);
int wsync_mode(uint32_t mode, uint32_t *bits);

/* Checks a name without prefix, and tells its length in bytes. */
int wsync_name_check(const char *name, size_t *length);

/* The namespace of a scope; @access as in the interface of the module. */
int wsync_scope_open(struct wsync_context *context, uint32_t scope, uint32_t access,
		     uint32_t uid, uint32_t flags);

/*
 * The part all create functions share. @create is the beginning of the argument of
 * @request; @allowed are the flags that this type knows beyond the common ones.
 */
struct wsync_create_call {
	struct wsync_context *context;
	const char *name;
	uint32_t flags;
	uint32_t allowed;
	const struct wsync_opts *opts;
	unsigned long request;
	struct winsync_create *create;
};

int wsync_create(const struct wsync_create_call *call, int *fd, bool *existed);

clockid_t wsync_clockid(uint32_t clock);

/* Nanoseconds on a WSYNC_CLOCK_* now, or a negative errno. */
int64_t wsync_now(uint32_t clock);

/* Whether @fd is an object (or namespace) of @type, WSYNC_TYPE_ANY: any. */
int wsync_check_type(int fd, uint32_t type);

/* A number that no process has from which this one was forked. */
int wsync_process(uint32_t *number);

/* Queued calls: apc.c. */
struct wsync_apc_timer;

/*
 * The event that ends alertable waits of the calling thread. Sets it if calls
 * are queued that it does not announce any more, which is so inside a call.
 */
int wsync_apc_begin(int *event);
/* Runs all queued calls of the calling thread, returns how many. */
unsigned long wsync_apc_run(void);

/*
 * A timer is set with a routine in two steps, so that nothing is left to fail
 * once the timer is set: prepare checks, allocates, and tells the event; commit
 * makes the routine known. Without a commit, wsync_apc_timer_free().
 */
int wsync_apc_timer_prepare(int fd, const struct wsync_timer_opts *opts,
			    struct wsync_apc_timer **timer, int *event);
void wsync_apc_timer_commit(struct wsync_apc_timer *timer);
void wsync_apc_timer_free(struct wsync_apc_timer *timer);
/*
 * The calling thread set this timer with an alert of its own. In all other cases
 * of setting and canceling the module tells that the routine is not wanted any more.
 */
void wsync_apc_timer_discard(int fd);

#endif /* WSYNC_INTERNAL_H */
