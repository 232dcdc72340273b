// SPDX-License-Identifier: MIT
/* Events. */
#include "internal.h"

WSYNC_API int wsync_event_create(struct wsync_context *context, const char *name,
				 uint32_t flags, const struct wsync_opts *opts,
				 int *fd, bool *existed)
{
	struct winsync_event_create_args args = {
		.manual = !!(flags & WSYNC_MANUAL_RESET),
		.signaled = !!(flags & WSYNC_SIGNALED),
	};
	struct wsync_create_call call = {
		.context = context,
		.name = name,
		.flags = flags,
		.allowed = WSYNC_MANUAL_RESET | WSYNC_SIGNALED,
		.opts = opts,
		.request = WINSYNC_IOC_EVENT_CREATE,
		.create = &args.create,
	};

	return wsync_create(&call, fd, existed);
}

WSYNC_API int wsync_event_open(struct wsync_context *context, const char *name,
			       uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	return wsync_open(context, name, WSYNC_TYPE_EVENT, flags, opts, fd);
}

WSYNC_API int wsync_event_query(int fd, struct wsync_event_state *state)
{
	struct winsync_event_state module;
	int result;

	if (!state)
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_EVENT_QUERY, &module);
	if (result < 0)
		return result;
	state->manual_reset = module.manual;
	state->signaled = module.signaled;
	return 0;
}

static int change(int fd, unsigned long request, bool *previous)
{
	int result = wsync_ioctl(fd, request, NULL);

	if (result < 0)
		return result;
	if (previous)
		*previous = result;
	return 0;
}

WSYNC_API int wsync_event_set(int fd, bool *previous)
{
	return change(fd, WINSYNC_IOC_EVENT_SET, previous);
}

WSYNC_API int wsync_event_reset(int fd, bool *previous)
{
	return change(fd, WINSYNC_IOC_EVENT_RESET, previous);
}

WSYNC_API int wsync_event_pulse(int fd, bool *previous)
{
	return change(fd, WINSYNC_IOC_EVENT_PULSE, previous);
}
