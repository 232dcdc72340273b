// SPDX-License-Identifier: MIT
/* Mutexes. */
#include "internal.h"

_Static_assert(WSYNC_MUTEX_DEPTH_MAX == WINSYNC_MUTEX_DEPTH_MAX, "as the module");

WSYNC_API int wsync_mutex_create(struct wsync_context *context, const char *name,
				 uint32_t flags, const struct wsync_opts *opts,
				 int *fd, bool *existed)
{
	struct winsync_mutex_create_args args = {
		.owned = !!(flags & WSYNC_OWNED),
	};
	struct wsync_create_call call = {
		.context = context,
		.name = name,
		.flags = flags,
		.allowed = WSYNC_OWNED,
		.opts = opts,
		.request = WINSYNC_IOC_MUTEX_CREATE,
		.create = &args.create,
	};

	return wsync_create(&call, fd, existed);
}

WSYNC_API int wsync_mutex_open(struct wsync_context *context, const char *name,
			       uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	return wsync_open(context, name, WSYNC_TYPE_MUTEX, flags, opts, fd);
}

WSYNC_API int wsync_mutex_query(int fd, struct wsync_mutex_state *state)
{
	struct winsync_mutex_state module;
	int result;

	if (!state)
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_MUTEX_QUERY, &module);
	if (result < 0)
		return result;
	state->depth = module.depth;
	state->owner = module.owner;
	state->owned_by_caller = module.owned_by_caller;
	state->abandoned = module.abandoned;
	return 0;
}

WSYNC_API int wsync_mutex_release(int fd, uint32_t *depth)
{
	int result = wsync_ioctl(fd, WINSYNC_IOC_MUTEX_RELEASE, NULL);

	if (result < 0)
		return result;
	if (depth)
		*depth = (uint32_t)result;
	return 0;
}
