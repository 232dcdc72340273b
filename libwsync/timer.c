// SPDX-License-Identifier: MIT
/* Timers. Their completion routines are in apc.c. */
#include "internal.h"

WSYNC_API int wsync_timer_create(struct wsync_context *context, const char *name,
				 uint32_t flags, const struct wsync_opts *opts,
				 int *fd, bool *existed)
{
	struct winsync_timer_create_args args = {
		.manual = !!(flags & WSYNC_MANUAL_RESET),
	};
	struct wsync_create_call call = {
		.context = context,
		.name = name,
		.flags = flags,
		.allowed = WSYNC_MANUAL_RESET,
		.opts = opts,
		.request = WINSYNC_IOC_TIMER_CREATE,
		.create = &args.create,
	};

	return wsync_create(&call, fd, existed);
}

WSYNC_API int wsync_timer_open(struct wsync_context *context, const char *name,
			       uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	return wsync_open(context, name, WSYNC_TYPE_TIMER, flags, opts, fd);
}

WSYNC_API int wsync_timer_query(int fd, struct wsync_timer_state *state)
{
	struct winsync_timer_state module;
	int result;

	if (!state)
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_TIMER_QUERY, &module);
	if (result < 0)
		return result;
	state->remaining = (int64_t)module.remaining;
	state->period = (int64_t)module.period;
	state->expirations = module.expirations;
	state->expired_at = (int64_t)module.expired_at;
	state->manual_reset = module.manual;
	state->signaled = module.signaled;
	state->set = module.set;
	return 0;
}

_Static_assert(WSYNC_TIMER_ABSOLUTE == WINSYNC_TIMER_ABSOLUTE &&
	       WSYNC_TIMER_WAKE == WINSYNC_TIMER_WAKE &&
	       WSYNC_CLOCK_MONOTONIC == WINSYNC_CLOCK_MONOTONIC &&
	       WSYNC_CLOCK_REALTIME == WINSYNC_CLOCK_REALTIME &&
	       WSYNC_CLOCK_BOOTTIME == WINSYNC_CLOCK_BOOTTIME &&
	       WSYNC_TIMER_WAS_SIGNALED == WINSYNC_TIMER_WAS_SIGNALED &&
	       WSYNC_TIMER_NO_WAKE == WINSYNC_TIMER_NO_WAKE, "as the module");

WSYNC_API int wsync_timer_set(int fd, int64_t due, int64_t period,
			      const struct wsync_timer_opts *opts, uint32_t *result)
{
	struct wsync_timer_opts known;
	struct winsync_timer_set_args args = { .alert = -1 };
	struct wsync_apc_timer *routine = NULL;
	int set;

	set = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (set)
		return set;
	if (due < 0 || period < 0 ||
	    (known.flags & ~(WINSYNC_CLOCK_MASK | WSYNC_TIMER_ABSOLUTE | WSYNC_TIMER_WAKE |
			     WSYNC_TIMER_ALERT)) ||
	    (known.flags & WINSYNC_CLOCK_MASK) > WSYNC_CLOCK_BOOTTIME ||
	    ((known.flags & WSYNC_TIMER_ALERT) ? known.routine != NULL : known.alert != 0))
		return wsync_error(EINVAL);
	args.due = (uint64_t)due;
	args.period = (uint64_t)period;
	args.tolerance = known.tolerance;
	args.flags = known.flags & ~WSYNC_TIMER_ALERT;
	if (known.flags & WSYNC_TIMER_ALERT) {
		if (known.alert < 0)
			return wsync_error(EBADF);
		args.alert = known.alert;
	}
	if (known.routine) {
		set = wsync_apc_timer_prepare(fd, &known, &routine, &args.alert);
		if (set < 0)
			return set;
	}
	set = wsync_ioctl(fd, WINSYNC_IOC_TIMER_SET, &args);
	if (set < 0) {
		wsync_apc_timer_free(routine);
		return wsync_error(-set);
	}
	if (routine)
		wsync_apc_timer_commit(routine);
	else if (args.alert >= 0)
		wsync_apc_timer_discard(fd);
	if (result)
		*result = (uint32_t)set;
	return 0;
}

WSYNC_API int wsync_timer_cancel(int fd, bool *signaled)
{
	int result = wsync_ioctl(fd, WINSYNC_IOC_TIMER_CANCEL, NULL);

	if (result < 0)
		return result;
	if (signaled)
		*signaled = result;
	return 0;
}
