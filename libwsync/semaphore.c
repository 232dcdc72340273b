// SPDX-License-Identifier: MIT
/* Semaphores. */
#include "internal.h"

_Static_assert(WSYNC_SEMAPHORE_MAX == WINSYNC_SEMAPHORE_MAX, "as the module");

WSYNC_API int wsync_semaphore_create(struct wsync_context *context, const char *name,
				     uint32_t count, uint32_t max, uint32_t flags,
				     const struct wsync_opts *opts, int *fd, bool *existed)
{
	struct winsync_semaphore_create_args args = { .count = count, .max = max };
	struct wsync_create_call call = {
		.context = context,
		.name = name,
		.flags = flags,
		.opts = opts,
		.request = WINSYNC_IOC_SEMAPHORE_CREATE,
		.create = &args.create,
	};

	/* Before the name is looked at [SM-2]. */
	if (max < 1 || max > WSYNC_SEMAPHORE_MAX || count > max)
		return wsync_error(EINVAL);
	return wsync_create(&call, fd, existed);
}

WSYNC_API int wsync_semaphore_open(struct wsync_context *context, const char *name,
				   uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	return wsync_open(context, name, WSYNC_TYPE_SEMAPHORE, flags, opts, fd);
}

WSYNC_API int wsync_semaphore_query(int fd, struct wsync_semaphore_state *state)
{
	struct winsync_semaphore_state module;
	int result;

	if (!state)
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_SEMAPHORE_QUERY, &module);
	if (result < 0)
		return result;
	state->count = module.count;
	state->max = module.max;
	return 0;
}

WSYNC_API int wsync_semaphore_release(int fd, uint32_t count, uint32_t *previous)
{
	struct winsync_semaphore_release_args args = { .count = count };
	int result = wsync_ioctl(fd, WINSYNC_IOC_SEMAPHORE_RELEASE, &args);

	if (result < 0)
		return result;
	if (previous)
		*previous = (uint32_t)result;
	return 0;
}
