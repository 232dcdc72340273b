// SPDX-License-Identifier: MIT
/* Facts about module and library, the one ioctl wrapper, and errors in words. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

int wsync_ioctl(int fd, unsigned long request, void *argument)
{
	struct winsync_info info;
	int result = ioctl(fd, request, argument);
	int error;

	if (result >= 0)
		return result;
	error = errno;
	/* What other files answer to commands they do not know. */
	if (error == ENOTTY || error == EINVAL) {
		if (ioctl(fd, WINSYNC_IOC_GET_INFO, &info) != 0)
			error = EBADFD;
		else if (error == ENOTTY)
			error = EOPNOTSUPP;
	}
	return wsync_error(error);
}

void wsync_close_quietly(int fd)
{
	WSYNC_NO_CANCEL();
	int error = errno;

	close(fd);
	errno = error;
}

int wsync_above_stdio(int fd)
{
	int moved;

	if (fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	wsync_close_quietly(fd);
	return moved < 0 ? -errno : moved;
}

int wsync_copy_opts(void *known, size_t size, size_t first, const void *opts)
{
	const unsigned char *bytes = opts;
	size_t given;

	memset(known, 0, size);
	if (!opts)
		return 0;
	memcpy(&given, opts, sizeof(given));
	if (given < first)
		return wsync_error(EINVAL);
	for (size_t i = size; i < given; i++) {
		if (bytes[i])
			return wsync_error(E2BIG);
	}
	memcpy(known, opts, given < size ? given : size);
	return 0;
}

void wsync_return_struct(void *out, const void *known, size_t size)
{
	unsigned char *bytes = out;
	size_t given;

	memcpy(&given, out, sizeof(given));
	if (given > size)
		memset(bytes + size, 0, given - size);
	else
		size = given;
	memcpy(bytes + sizeof(given), (const unsigned char *)known + sizeof(given),
	       size - sizeof(given));
}

WSYNC_API int wsync_get_info(struct wsync_context *context, struct wsync_info *info)
{
	struct winsync_info module = { 0 };
	struct wsync_info known = { 0 };
	int result;

	if (!info || info->sz < sizeof(known))
		return wsync_error(EINVAL);
	result = wsync_context_ioctl(context, WINSYNC_IOC_GET_INFO, &module);
	if (result < 0)
		return result;
	known.min_period = module.min_period;
	known.abi_version = module.abi_version;
	known.features = module.features;
	known.types = module.types;
	known.errata = module.errata;
	known.max_wait_any = module.max_wait_any;
	known.max_wait_all = module.max_wait_all;
	known.name_max = module.name_max;
	known.max_objects = module.max_objects;
	known.max_namespaces = module.max_namespaces;
	known.objects = module.objects;
	known.namespaces = module.namespaces;
	wsync_return_struct(info, &known, sizeof(known));
	return 0;
}

WSYNC_API const char *wsync_version(void)
{
	return WSYNC_VERSION;
}

WSYNC_API const char *wsync_strerror(int error)
{
	const char *text;

	/* Not abs(), which INT_MIN would overflow. */
	switch (error < 0 ? -(unsigned int)error : (unsigned int)error) {
	case 0:
		return "Success";
	case E2BIG:
		return "A structure is larger than the library or the module knows";
	case EACCES:
		return "The handle or the object's permissions do not allow this";
	case EBADF:
		return "The file descriptor is not open";
	case EBADFD:
		return "The file descriptor is not a handle of winsync, or one of another type";
	case EBADMSG:
		return "The message does not bring the expected number of handles";
	case EDQUOT:
		return "The user has as many objects or namespaces as are allowed";
	case EEXIST:
		return "The name exists";
	case EINTR:
		return "A signal handler ended the wait";
	case EISDIR:
		return "Nothing stands behind the prefix of the name";
	case ENAMETOOLONG:
		return "The name is too long";
	case ENODEV:
		return "There is no winsync device; the module is not loaded";
	case ENOENT:
		return "There is no object or namespace of this name";
	case ENOTDIR:
		return "The prefix of the name is neither Global\\ nor Local\\";
	case ENOTUNIQ:
		return "The same object takes part twice in a wait for all";
	case EOPNOTSUPP:
		return "The module does not know this command; it is older than the library";
	case EOVERFLOW:
		return "A semaphore's maximum, a mutex' recursion limit, or the range of a number would be exceeded";
	case EPERM:
		return "The calling thread does not own the mutex, or the user not the object";
	case EPROTOTYPE:
		return "The name belongs to an object of another type";
	case ESRCH:
		return "The thread or process has ended";
	case ETIMEDOUT:
		return "The time is over";
	}
	text = strerrordesc_np((int)(error < 0 ? -(unsigned int)error : (unsigned int)error));
	return text ? text : "Unknown error";
}
