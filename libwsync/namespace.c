// SPDX-License-Identifier: MIT
/*
 * Namespaces, lists of them and of their objects.
 *
 * The namespaces behind Global\ and Local\ are looked up for each call, not
 * kept: which ones they are depends on the user and the IPC namespace of the
 * calling thread, and both can change.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Name of the per-user namespace behind Local\. */
#define LOCAL_NAME "Local"

#define LIST_BUFFER 16384

uint32_t wsync_access(uint32_t access)
{
	if (access == 0)
		return WSYNC_ACCESS_DEFAULT;
	return access == WSYNC_ACCESS_NONE ? 0 : access;
}

int wsync_mode(uint32_t mode, uint32_t *bits)
{
	if (mode == 0)
		*bits = WSYNC_MODE_DEFAULT;
	else if (mode == WSYNC_MODE_NONE)
		*bits = 0;
	else if (mode <= 0777)
		*bits = mode;
	else
		return wsync_error(EINVAL);
	return 0;
}

static uint32_t module_flags(uint32_t flags)
{
	return (flags & WSYNC_INHERIT ? WINSYNC_INHERIT : 0) |
	       (flags & WSYNC_EXCL ? WINSYNC_CREATE_EXCL : 0) |
	       (flags & WSYNC_NS_CREATE ? WINSYNC_NS_CREATE : 0) |
	       (flags & WSYNC_NS_PER_USER ? WINSYNC_NS_PER_USER : 0) |
	       (flags & WSYNC_NS_OWNED ? WINSYNC_NS_OWNED : 0);
}

int wsync_scope_open(struct wsync_context *context, uint32_t scope, uint32_t access,
		     uint32_t uid, uint32_t flags)
{
	struct winsync_ns_args args = {
		.flags = module_flags(flags & (WSYNC_INHERIT | WSYNC_NS_CREATE)),
		.access = access,
	};

	if (scope == WSYNC_SCOPE_LOCAL) {
		args.name = (uintptr_t)LOCAL_NAME;
		args.name_len = sizeof(LOCAL_NAME) - 1;
		args.flags |= WINSYNC_NS_PER_USER;
		args.uid = uid;
		args.mode = WSYNC_MODE_DEFAULT;
	} else {
		args.flags &= ~(uint32_t)WINSYNC_NS_CREATE;
	}
	return wsync_context_ioctl(context, WINSYNC_IOC_NS_OPEN, &args);
}

WSYNC_API int wsync_namespace_scope(struct wsync_context *context, uint32_t scope,
				    uint32_t flags,
				    const struct wsync_namespace_opts *opts, int *fd)
{
	struct wsync_namespace_opts known;
	int result;

	result = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (result)
		return result;
	if (!fd || (scope != WSYNC_SCOPE_GLOBAL && scope != WSYNC_SCOPE_LOCAL) ||
	    (flags & ~(WSYNC_INHERIT | WSYNC_NS_CREATE)) || known.mode || known.other_user > 1 ||
	    (known.uid && !known.other_user) ||
	    (known.other_user && scope != WSYNC_SCOPE_LOCAL))
		return wsync_error(EINVAL);
	result = wsync_scope_open(context, scope, wsync_access(known.access),
				  known.other_user ? known.uid : WINSYNC_UID_SELF, flags);
	if (result < 0)
		return result;
	*fd = result;
	return 0;
}

WSYNC_API int wsync_namespace_open(struct wsync_context *context, const char *name,
				   uint32_t flags,
				   const struct wsync_namespace_opts *opts,
				   int *fd, bool *existed)
{
	struct wsync_namespace_opts known;
	struct winsync_ns_args args = { 0 };
	size_t length;
	int result;

	result = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (result)
		return result;
	if (!fd || !name || !*name ||
	    (flags & ~(WSYNC_INHERIT | WSYNC_EXCL | WSYNC_NS_CREATE | WSYNC_NS_PER_USER |
		       WSYNC_NS_OWNED)) ||
	    ((flags & WSYNC_EXCL) && !(flags & WSYNC_NS_CREATE)) ||
	    known.other_user > 1 || (known.uid && !known.other_user) ||
	    (known.other_user && !(flags & WSYNC_NS_PER_USER)))
		return wsync_error(EINVAL);
	result = wsync_mode(known.mode, &args.mode);
	if (!result)
		result = wsync_name_check(name, &length);
	if (result)
		return result;
	args.name = (uintptr_t)name;
	args.name_len = (uint32_t)length;
	args.flags = module_flags(flags);
	args.access = wsync_access(known.access);
	if (flags & WSYNC_NS_PER_USER)
		args.uid = known.other_user ? known.uid : WINSYNC_UID_SELF;
	result = wsync_context_ioctl(context, WINSYNC_IOC_NS_OPEN, &args);
	if (result < 0)
		return result;
	*fd = result;
	if (existed)
		*existed = args.existed;
	return 0;
}

WSYNC_API int wsync_namespace_destroy(int ns)
{
	return wsync_ioctl(ns, WINSYNC_IOC_NS_DESTROY, NULL);
}

static int report(const struct winsync_list_entry *from, wsync_list_fn fn, void *arg)
{
	char name[WSYNC_NAME_BYTES_MAX + 1];
	struct wsync_list_entry entry = {
		.sz = sizeof(entry),
		.id = from->id,
		.created = from->created,
		.signals = from->counters.signals,
		.acquisitions = from->counters.acquisitions,
		.abandonments = from->counters.abandonments,
		.type = from->type,
		.uid = from->uid,
		.gid = from->gid,
		.mode = from->mode,
		.handles = from->handles,
		.waiters = from->waiters,
		.value = from->value,
		.extra = from->extra,
		.ns_uid = from->ns_uid == WINSYNC_UID_SELF ? 0 : from->ns_uid,
		.ns_per_user = from->ns_uid != WINSYNC_UID_SELF,
		.signaled = from->signaled,
		.name_len = (uint16_t)from->name_len,
		.name = name,
	};

	if (from->name_len > WSYNC_NAME_BYTES_MAX)
		return wsync_error(EPROTO);
	memcpy(name, from->name, from->name_len);
	name[from->name_len] = '\0';
	return fn(&entry, arg);
}

static int report_all(const unsigned char *buffer, uint32_t size, wsync_list_fn fn, void *arg)
{
	while (size) {
		const struct winsync_list_entry *entry = (const void *)buffer;
		int result;

		if (size < sizeof(*entry) || entry->size < sizeof(*entry) ||
		    entry->size > size || entry->size % 8 ||
		    entry->name_len > entry->size - sizeof(*entry))
			return wsync_error(EPROTO);
		result = report(entry, fn, arg);
		if (result)
			return result;
		buffer += entry->size;
		size -= entry->size;
	}
	return 0;
}

static void free_buffer(unsigned char **buffer)
{
	free(*buffer);
}

/* @ns -1: the namespaces, by the device of the context. */
static int list(struct wsync_context *context, int ns, wsync_list_fn fn, void *arg)
{
	struct winsync_list_args args = { 0 };
	/* Also when an exception, or the end of the thread, leaves the callback. */
	__attribute__((cleanup(free_buffer))) unsigned char *buffer = NULL;
	int result;

	if (!fn)
		return wsync_error(EINVAL);
	buffer = malloc(LIST_BUFFER);
	if (!buffer)
		return wsync_error(ENOMEM);
	do {
		args.buffer = (uintptr_t)buffer;
		args.size = LIST_BUFFER;
		result = ns < 0 ? wsync_context_ioctl(context, WINSYNC_IOC_LIST, &args) :
				  wsync_ioctl(ns, WINSYNC_IOC_LIST, &args);
		if (result >= 0)
			result = report_all(buffer, args.size, fn, arg);
	} while (result == 0 && args.size);
	return result;
}

WSYNC_API int wsync_list(int ns, wsync_list_fn fn, void *arg)
{
	if (ns < 0)
		return wsync_error(EBADF);
	return list(NULL, ns, fn, arg);
}

WSYNC_API int wsync_list_namespaces(struct wsync_context *context, wsync_list_fn fn, void *arg)
{
	return list(context, -1, fn, arg);
}
