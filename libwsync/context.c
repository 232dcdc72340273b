// SPDX-License-Identifier: MIT
/*
 * Contexts: the open device.
 *
 * The fd of a context can disappear under it: daemons close all fds they do not
 * know. Then the number is invalid, or belongs to some other file. Our commands
 * do nothing to other files, and what they answer tells, so the device is opened
 * again when, and only when, a command was refused for that reason.
 *
 * The slot holds the fd together with a number that changes at each exchange, so
 * that of several threads that find the fd lost, one forgets it, once.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

#define DEFAULT_DEVICE "/dev/winsync"

struct wsync_context {
	_Atomic uint64_t slot;		/* generation << 32 | fd + 1 */
	_Atomic unsigned int references;
	const char *device;
	char path[];
};

static struct wsync_context default_context = { .device = DEFAULT_DEVICE };

static int slot_fd(uint64_t slot)
{
	return (int)(uint32_t)slot - 1;
}

static uint64_t slot_next(uint64_t slot, int fd)
{
	return (((slot >> 32) + 1) << 32) | (uint32_t)(fd + 1);
}

/* The answer 0 cannot come from another file; a namespace or object answers STAT too. */
static bool is_device(int fd)
{
	struct winsync_info info;
	struct winsync_stat stat;

	return ioctl(fd, WINSYNC_IOC_GET_INFO, &info) == 0 &&
	       ioctl(fd, WINSYNC_IOC_STAT, &stat) != 0;
}

static int open_device(const char *path)
{
	WSYNC_NO_CANCEL();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		if (errno == ENOENT || errno == ENXIO)
			errno = ENODEV;
		return -errno;
	}
	fd = wsync_above_stdio(fd);
	if (fd >= 0 && !is_device(fd)) {
		wsync_close_quietly(fd);
		return wsync_error(ENODEV);
	}
	return fd;
}

/* The slot with an open device, or 0 with errno set. */
static uint64_t get_slot(struct wsync_context *context)
{
	uint64_t slot = atomic_load(&context->slot);

	while (slot_fd(slot) < 0) {
		int fd = open_device(context->device);
		uint64_t next;

		if (fd < 0)
			return 0;
		next = slot_next(slot, fd);
		if (atomic_compare_exchange_strong(&context->slot, &slot, next))
			return next;
		wsync_close_quietly(fd);
	}
	return slot;
}

static void forget(struct wsync_context *context, uint64_t slot)
{
	atomic_compare_exchange_strong(&context->slot, &slot, slot_next(slot, -1));
}

int wsync_context_ioctl(struct wsync_context *context, unsigned long request, void *argument)
{
	int result = -EBADF;

	if (!context)
		context = &default_context;
	for (int attempt = 0; attempt < 2; attempt++) {
		uint64_t slot = get_slot(context);

		if (!slot)
			return -errno;
		result = wsync_ioctl(slot_fd(slot), request, argument);
		if (result != -EBADF && result != -EBADFD)
			return result;
		forget(context, slot);
	}
	return result;
}

WSYNC_API int wsync_context_new(const struct wsync_context_opts *opts,
				struct wsync_context **context)
{
	struct wsync_context_opts known;
	struct wsync_context *made;
	const char *device;
	int error;

	if (!context)
		return wsync_error(EINVAL);
	error = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (error)
		return error;
	device = known.device ? known.device : DEFAULT_DEVICE;
	made = malloc(sizeof(*made) + strlen(device) + 1);
	if (!made)
		return wsync_error(ENOMEM);
	strcpy(made->path, device);
	made->device = made->path;
	atomic_init(&made->references, 1);
	atomic_init(&made->slot, 0);
	if (!get_slot(made)) {
		error = errno;
		free(made);
		return wsync_error(error);
	}
	*context = made;
	return 0;
}

WSYNC_API struct wsync_context *wsync_context_ref(struct wsync_context *context)
{
	if (context)
		atomic_fetch_add(&context->references, 1);
	return context;
}

WSYNC_API void wsync_context_unref(struct wsync_context *context)
{
	int fd;

	if (!context || atomic_fetch_sub(&context->references, 1) != 1)
		return;
	fd = slot_fd(atomic_load(&context->slot));
	if (fd >= 0 && is_device(fd))
		wsync_close_quietly(fd);
	free(context);
}

WSYNC_API int wsync_context_device(struct wsync_context *context, int *fd)
{
	uint64_t slot;

	if (!fd)
		return wsync_error(EINVAL);
	if (!context)
		context = &default_context;
	slot = get_slot(context);
	if (slot && !is_device(slot_fd(slot))) {
		forget(context, slot);
		slot = get_slot(context);
	}
	if (!slot)
		return -errno;
	*fd = slot_fd(slot);
	return 0;
}
