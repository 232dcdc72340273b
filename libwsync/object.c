// SPDX-License-Identifier: MIT
/* What creating and opening objects of all types has in common. */
#include <unistd.h>

#include "internal.h"

/* Where a command about a named or unnamed object goes, and under which name. */
struct target {
	int ns;			/* -1: the device */
	bool opened;		/* the namespace was opened for this call */
	const char *name;
	size_t length;
};

static int resolve(struct wsync_context *context, const char *name, uint32_t flags,
		   const struct wsync_opts *opts, bool create, struct target *target)
{
	uint32_t scope;
	int result;

	*target = (struct target){ .ns = -1 };
	if (flags & WSYNC_IN_NAMESPACE) {
		if (opts->ns < 0)
			return wsync_error(EBADF);
		target->ns = opts->ns;
		target->name = name;
		return name ? wsync_name_check(name, &target->length) : 0;
	}
	if (opts->ns)
		return wsync_error(EINVAL);
	result = wsync_name_parse(name, &scope, &target->name);
	if (result || scope == WSYNC_SCOPE_UNNAMED)
		return result;
	result = wsync_name_check(target->name, &target->length);
	if (result)
		return result;
	result = wsync_scope_open(context, scope,
				  create ? WSYNC_ACCESS_MODIFY | WSYNC_ACCESS_SYNCHRONIZE :
					   WSYNC_ACCESS_SYNCHRONIZE,
				  WINSYNC_UID_SELF, create ? WSYNC_NS_CREATE : 0);
	if (result < 0)
		return result;
	target->ns = result;
	target->opened = true;
	return 0;
}

static int command(struct wsync_context *context, const struct target *target,
		   unsigned long request, void *argument)
{
	int result;

	if (target->ns < 0)
		return wsync_context_ioctl(context, request, argument);
	result = wsync_ioctl(target->ns, request, argument);
	if (target->opened)
		wsync_close_quietly(target->ns);
	return result;
}

int wsync_create(const struct wsync_create_call *call, int *fd, bool *existed)
{
	struct winsync_create *create = call->create;
	struct wsync_opts known;
	struct target target;
	int result;

	result = wsync_copy_opts(&known, sizeof(known), sizeof(known), call->opts);
	if (result)
		return result;
	if (!fd || known.reserved || (!call->opts && (call->flags & WSYNC_IN_NAMESPACE)) ||
	    (call->flags & ~(WSYNC_INHERIT | WSYNC_EXCL | WSYNC_IN_NAMESPACE | call->allowed)))
		return wsync_error(EINVAL);
	result = wsync_mode(known.mode, &create->mode);
	if (!result)
		result = resolve(call->context, call->name, call->flags, &known, true, &target);
	if (result)
		return result;
	create->name = (uintptr_t)target.name;
	create->name_len = (uint32_t)target.length;
	create->flags = (call->flags & WSYNC_INHERIT ? WINSYNC_INHERIT : 0) |
			(call->flags & WSYNC_EXCL ? WINSYNC_CREATE_EXCL : 0);
	create->access = wsync_access(known.access);
	result = command(call->context, &target, call->request, create);
	if (result < 0)
		return result;
	*fd = result;
	if (existed)
		*existed = create->existed;
	return 0;
}

WSYNC_API int wsync_open(struct wsync_context *context, const char *name, uint32_t type,
			 uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	struct winsync_open_args args = { 0 };
	struct wsync_opts known;
	struct target target;
	int result;

	result = wsync_copy_opts(&known, sizeof(known), sizeof(known), opts);
	if (result)
		return result;
	if (!fd || !name || known.reserved || known.mode || type > WSYNC_TYPE_TIMER ||
	    (!opts && (flags & WSYNC_IN_NAMESPACE)) ||
	    (flags & ~(WSYNC_INHERIT | WSYNC_IN_NAMESPACE)))
		return wsync_error(EINVAL);
	/* An empty name would be the namespace itself [NM-18]. */
	if (!*name)
		return wsync_error(EPROTOTYPE);
	result = resolve(context, name, flags, &known, false, &target);
	if (result)
		return result;
	args.name = (uintptr_t)target.name;
	args.name_len = (uint32_t)target.length;
	args.flags = flags & WSYNC_INHERIT ? WINSYNC_INHERIT : 0;
	args.access = wsync_access(known.access);
	args.type = type;
	result = command(context, &target, WINSYNC_IOC_OPEN, &args);
	if (result < 0)
		return result;
	*fd = result;
	return 0;
}
