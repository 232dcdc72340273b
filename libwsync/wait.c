// SPDX-License-Identifier: MIT
/*
 * Waits. All become a loop around one command of the module: a wait goes on, against
 * the same deadline, when a signal handler ended it (unless the caller wants
 * to know), and when the alert of queued calls ended it but nothing was left to call.
 */
#include <time.h>

#include "internal.h"

_Static_assert(sizeof(int) == sizeof(__s32), "arrays of fds go to the module as they are");
_Static_assert(sizeof(struct wsync_wait_result) == 8, "part of the interface");

struct plan {
	uint64_t deadline;
	uint32_t clock;
	uint32_t flags;
	int alert;		/* -1: none */
};

static int make_plan(int64_t timeout, const struct wsync_wait_opts *opts, struct plan *plan)
{
	struct wsync_wait_opts known;
	int64_t deadline = timeout;
	int result;

	result = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (result)
		return result;
	plan->clock = known.flags & WINSYNC_CLOCK_MASK;
	plan->flags = known.flags & ~(uint32_t)WINSYNC_CLOCK_MASK;
	if (timeout < WSYNC_FOREVER || plan->clock > WSYNC_CLOCK_BOOTTIME ||
	    (plan->flags & ~(WSYNC_WAIT_ABSOLUTE | WSYNC_WAIT_ALERT | WSYNC_WAIT_ALERTABLE |
			     WSYNC_WAIT_EINTR)) ||
	    ((plan->flags & WSYNC_WAIT_ALERT) ? (plan->flags & WSYNC_WAIT_ALERTABLE) != 0 :
						known.alert != 0) ||
	    (plan->clock == WSYNC_CLOCK_REALTIME && !(plan->flags & WSYNC_WAIT_ABSOLUTE)))
		return wsync_error(EINVAL);
	plan->alert = -1;
	if (plan->flags & WSYNC_WAIT_ALERT) {
		if (known.alert < 0)
			return wsync_error(EBADF);
		plan->alert = known.alert;
	}
	/* 0 is past on every clock, and saves reading it. */
	if (timeout > 0 && !(plan->flags & WSYNC_WAIT_ABSOLUTE)) {
		result = wsync_deadline(plan->clock, timeout, &deadline);
		if (result)
			return result;
	}
	plan->deadline = timeout == WSYNC_FOREVER ? WINSYNC_FOREVER : (uint64_t)deadline;
	if (plan->flags & WSYNC_WAIT_ALERTABLE)
		return wsync_apc_begin(&plan->alert);
	return 0;
}

struct command {
	int fd;
	unsigned long request;
	void *argument;
};

/* A wait for one object; also what a signal-and-wait goes on with. */
static struct command plain_wait(int fd, const struct plan *plan, struct winsync_wait_args *args)
{
	*args = (struct winsync_wait_args){
		.deadline = plan->deadline,
		.flags = plan->clock,
		.alert = plan->alert,
	};
	return (struct command){ fd, WINSYNC_IOC_WAIT, args };
}

static void fill(struct wsync_wait_result *result, uint32_t index, bool abandoned, bool alerted,
		 bool called)
{
	if (result)
		*result = (struct wsync_wait_result){ index, abandoned, alerted, called, false };
}

/* @awaited: the object a signal-and-wait waits for, otherwise -1. */
static int run(struct command command, const struct plan *plan, int awaited, uint32_t count,
	       struct wsync_wait_result *result)
{
	struct winsync_wait_args rest;

	for (;;) {
		int ended = wsync_ioctl(command.fd, command.request, command.argument);

		if (ended < 0) {
			if (ended != -EINTR || (plan->flags & WSYNC_WAIT_EINTR))
				return ended;
		} else if (!(ended & WINSYNC_WAIT_ALERTED)) {
			fill(result, (uint32_t)WINSYNC_WAIT_INDEX(ended),
			     ended & WINSYNC_WAIT_ABANDONED, false, false);
			return 0;
		} else if (!(plan->flags & WSYNC_WAIT_ALERTABLE)) {
			fill(result, count, false, true, false);
			return 0;
		} else if (wsync_apc_run() > 0) {
			fill(result, count, false, false, true);
			return 0;
		}
		/* The signal must not be given twice. */
		if (awaited >= 0) {
			command = plain_wait(awaited, plan, &rest);
			awaited = -1;
		}
	}
}

WSYNC_API int wsync_wait(int fd, int64_t timeout, const struct wsync_wait_opts *opts,
			 struct wsync_wait_result *result)
{
	struct plan plan;
	struct winsync_wait_args args;
	int error = make_plan(timeout, opts, &plan);

	if (error)
		return error;
	return run(plain_wait(fd, &plan, &args), &plan, -1, 1, result);
}

static int wait_multiple(unsigned long request, const int *fds, size_t count, int64_t timeout,
			 const struct wsync_wait_opts *opts, struct wsync_wait_result *result)
{
	struct plan plan;
	struct winsync_wait_multiple_args args = { 0 };
	int error;

	/* The command is issued on the first handle, so there must be one. */
	if (!fds || count < 1 || count != (uint32_t)count)
		return wsync_error(EINVAL);
	error = make_plan(timeout, opts, &plan);
	if (error)
		return error;
	args.deadline = plan.deadline;
	args.fds = (uintptr_t)fds;
	args.count = (uint32_t)count;
	args.flags = plan.clock;
	args.alert = plan.alert;
	return run((struct command){ fds[0], request, &args }, &plan, -1, (uint32_t)count, result);
}

WSYNC_API int wsync_wait_any(const int *fds, size_t count, int64_t timeout,
			     const struct wsync_wait_opts *opts,
			     struct wsync_wait_result *result)
{
	return wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, count, timeout, opts, result);
}

WSYNC_API int wsync_wait_all(const int *fds, size_t count, int64_t timeout,
			     const struct wsync_wait_opts *opts,
			     struct wsync_wait_result *result)
{
	return wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, count, timeout, opts, result);
}

WSYNC_API int wsync_signal_and_wait(int signal, int fd, int64_t timeout,
				    const struct wsync_wait_opts *opts,
				    struct wsync_wait_result *result)
{
	struct plan plan;
	struct winsync_signal_and_wait_args args = { 0 };
	struct command command = { signal, WINSYNC_IOC_SIGNAL_AND_WAIT, &args };
	int error;

	if (fd < 0)
		return wsync_error(EBADF);
	error = make_plan(timeout, opts, &plan);
	if (error)
		return error;
	args.deadline = plan.deadline;
	args.flags = plan.clock;
	args.alert = plan.alert;
	args.fd = fd;
	return run(command, &plan, fd, 1, result);
}

/*
 * Sleeps on nothing. Forever, and what a time_t of 32 bits can't say, is an
 * uptime that no machine reaches.
 */
static int sleep_plainly(const struct plan *plan)
{
	WSYNC_NO_CANCEL();
	uint64_t seconds = plan->deadline / NSEC_PER_SEC;
	bool forever = plan->deadline == WINSYNC_FOREVER ||
		       (sizeof(time_t) < sizeof(seconds) && seconds > INT32_MAX);
	struct timespec until = {
		.tv_sec = forever ? (time_t)INT32_MAX : (time_t)seconds,
		.tv_nsec = forever ? 0 : (long)(plan->deadline % NSEC_PER_SEC),
	};
	clockid_t clock = forever ? CLOCK_MONOTONIC : wsync_clockid(plan->clock);
	int error;

	do {
		error = clock_nanosleep(clock, TIMER_ABSTIME, &until, NULL);
	} while ((!error && forever) || (error == EINTR && !(plan->flags & WSYNC_WAIT_EINTR)));
	return error ? wsync_error(error) : 0;
}

WSYNC_API int wsync_sleep(int64_t timeout, const struct wsync_wait_opts *opts,
			  struct wsync_wait_result *result)
{
	struct plan plan;
	int error = make_plan(timeout, opts, &plan);

	if (error)
		return error;
	if (plan.alert < 0) {
		error = plan.deadline ? sleep_plainly(&plan) : 0;
		if (!error)
			fill(result, 0, false, false, false);
		return error;
	}
	/* Waiting for it would acquire whatever it is. */
	if (plan.flags & WSYNC_WAIT_ALERT) {
		error = wsync_check_type(plan.alert, WSYNC_TYPE_EVENT);
		if (error)
			return error;
	}
	for (;;) {
		struct winsync_wait_args args = {
			.deadline = plan.deadline,
			.flags = plan.clock,
			.alert = -1,
		};
		int ended = wsync_ioctl(plan.alert, WINSYNC_IOC_WAIT, &args);

		if (ended == -ETIMEDOUT) {
			fill(result, 0, false, false, false);
			return 0;
		}
		if (ended < 0 && (ended != -EINTR || (plan.flags & WSYNC_WAIT_EINTR)))
			return ended;
		if (ended >= 0 && !(plan.flags & WSYNC_WAIT_ALERTABLE)) {
			fill(result, 0, false, true, false);
			return 0;
		}
		if (ended >= 0 && wsync_apc_run() > 0) {
			fill(result, 0, false, false, true);
			return 0;
		}
	}
}
