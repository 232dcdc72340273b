// SPDX-License-Identifier: MIT
/* Handles, whatever the type of their object. */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

WSYNC_API int wsync_close(int fd)
{
	WSYNC_NO_CANCEL();

	/* After EINTR the fd is closed, too. */
	if (close(fd) != 0 && errno != EINTR)
		return -errno;
	return 0;
}

WSYNC_API int wsync_duplicate(int fd, uint32_t access, uint32_t flags, int *duplicate)
{
	struct winsync_duplicate_args args = {
		.access = access,
		.flags = flags & WSYNC_INHERIT ? WINSYNC_INHERIT : 0,
	};
	int result;

	if (!duplicate || (flags & ~WSYNC_INHERIT))
		return wsync_error(EINVAL);
	/* For the module 0 means the old rights, and no rights are never granted. */
	if (access == WSYNC_ACCESS_NONE)
		return wsync_error(EACCES);
	result = wsync_ioctl(fd, WINSYNC_IOC_DUPLICATE, &args);
	if (result < 0)
		return result;
	*duplicate = result;
	return 0;
}

WSYNC_API int wsync_same(int fd, int other, bool *same)
{
	struct winsync_same_args args = { .fd = other };
	int result;

	if (!same)
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_SAME, &args);
	if (result < 0)
		return result;
	*same = result;
	return 0;
}

WSYNC_API int wsync_get_inherit(int fd, bool *inherit)
{
	int flags;

	if (!inherit)
		return wsync_error(EINVAL);
	flags = fcntl(fd, F_GETFD);
	if (flags < 0)
		return -errno;
	*inherit = !(flags & FD_CLOEXEC);
	return 0;
}

WSYNC_API int wsync_set_inherit(int fd, bool inherit)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0)
		return -errno;
	flags = inherit ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
	return fcntl(fd, F_SETFD, flags) < 0 ? -errno : 0;
}

WSYNC_API int wsync_get_stat(int fd, struct wsync_stat *stat)
{
	struct winsync_stat module;
	struct wsync_stat known = { 0 };
	int result;

	if (!stat || stat->sz < sizeof(known))
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_STAT, &module);
	if (result < 0)
		return result;
	known.id = module.id;
	known.created = module.created;
	known.signals = module.counters.signals;
	known.acquisitions = module.counters.acquisitions;
	known.abandonments = module.counters.abandonments;
	known.type = module.type;
	known.access = module.access;
	known.uid = module.uid;
	known.gid = module.gid;
	known.mode = module.mode;
	known.handles = module.handles;
	known.waiters = module.waiters;
	known.name_len = module.name_len;
	wsync_return_struct(stat, &known, sizeof(known));
	return 0;
}

int wsync_check_type(int fd, uint32_t type)
{
	struct winsync_stat stat;
	int result = wsync_ioctl(fd, WINSYNC_IOC_STAT, &stat);

	if (result < 0)
		return result;
	if (type != WSYNC_TYPE_ANY && stat.type != type)
		return wsync_error(EBADFD);
	return 0;
}

_Static_assert(WSYNC_PERM_MODE == WINSYNC_PERM_MODE && WSYNC_PERM_UID == WINSYNC_PERM_UID &&
	       WSYNC_PERM_GID == WINSYNC_PERM_GID, "as the module");

WSYNC_API int wsync_set_perm(int fd, uint32_t mask, uint32_t mode, uid_t uid, gid_t gid)
{
	struct winsync_perm_args args = {
		.mask = mask,
		.mode = mask & WSYNC_PERM_MODE ? mode : 0,
		.uid = mask & WSYNC_PERM_UID ? uid : 0,
		.gid = mask & WSYNC_PERM_GID ? gid : 0,
	};

	return wsync_ioctl(fd, WINSYNC_IOC_SET_PERM, &args);
}

_Static_assert(sizeof(struct wsync_waiter) == sizeof(struct winsync_waiter) &&
	       offsetof(struct wsync_waiter, tid) == offsetof(struct winsync_waiter, tid) &&
	       offsetof(struct wsync_waiter, pid) == offsetof(struct winsync_waiter, pid) &&
	       offsetof(struct wsync_waiter, flags) == offsetof(struct winsync_waiter, flags) &&
	       offsetof(struct wsync_waiter, count) == offsetof(struct winsync_waiter, count) &&
	       WSYNC_WAITER_ALL == WINSYNC_WAITER_ALL &&
	       WSYNC_WAITER_ALERT == WINSYNC_WAITER_ALERT,
	       "the caller's buffer goes to the module as it is");

WSYNC_API int wsync_get_waiters(int fd, struct wsync_waiter *waiters, size_t room,
				size_t *count, size_t *total)
{
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)waiters,
		.count = room < WINSYNC_WAITERS_MAX ? (uint32_t)room : WINSYNC_WAITERS_MAX,
	};
	int result;

	if (!count || (!waiters && room))
		return wsync_error(EINVAL);
	result = wsync_ioctl(fd, WINSYNC_IOC_WAITERS, &args);
	if (result < 0)
		return result;
	*count = args.count;
	if (total)
		*total = args.total;
	return 0;
}
