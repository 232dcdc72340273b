// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that make a fd: namespaces and objects made and opened, handles
 * duplicated.
 *
 * Each checks its values, reserves the fd, and makes the file, in this order;
 * the dispatcher in ioctl.c makes name and fd visible, or takes all of it back.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/winsync.h>

#include "command.h"
#include "event.h"
#include "mutex.h"
#include "namespace.h"
#include "object.h"
#include "owner.h"
#include "perm.h"
#include "semaphore.h"
#include "timer.h"

/* What the arguments must have in common. */

static int read_bytes(struct winsync_bytes *name, u64 pointer, u32 len)
{
	if (len > WINSYNC_NAME_MAX)
		return -ENAMETOOLONG;
	if (copy_from_user(name->bytes, u64_to_user_ptr(pointer), len))
		return -EFAULT;
	if (memchr(name->bytes, '\0', len) || memchr(name->bytes, '\\', len))
		return -EINVAL;
	return 0;
}

static int read_name(struct winsync_bytes *name, u64 pointer, u32 len)
{
	name->len = len;
	return len ? read_bytes(name, pointer, len) : 0;
}

static bool valid_access(u32 access)
{
	return !(access & ~(WINSYNC_ACCESS_ALL | WINSYNC_ACCESS_MAXIMUM));
}

static __always_inline int unused_fd(u32 flags)
{
	return get_unused_fd_flags(flags & WINSYNC_INHERIT ? 0 : O_CLOEXEC);
}

static int reserve_fd(struct winsync_call *call, u32 flags)
{
	call->fd = unused_fd(flags);
	if (call->fd < 0)
		return call->fd;
	return 0;
}

static int give_file(struct winsync_call *call, struct file *file)
{
	if (IS_ERR(file))
		return PTR_ERR(file);
	call->new_file = file;
	return 0;
}

long winsync_do_ns_open(struct winsync_call *call)
{
	struct winsync_ns_args *args = &call->args.ns;
	struct winsync_bytes name __uninitialized;
	bool existed = false;
	int error;

	if (args->flags & ~(WINSYNC_INHERIT | WINSYNC_CREATE_EXCL |
			    WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER |
			    WINSYNC_NS_OWNED) ||
	    !valid_access(args->access) || args->mode & ~0777 ||
	    (!(args->flags & WINSYNC_NS_CREATE) &&
	     args->flags & (WINSYNC_CREATE_EXCL | WINSYNC_NS_OWNED)) ||
	    (!(args->flags & WINSYNC_NS_PER_USER) && args->uid))
		return -EINVAL;
	error = read_name(&name, args->name, args->name_len);
	if (!error)
		error = reserve_fd(call, args->flags);
	if (!error)
		error = give_file(call, winsync_ns_open(args, &name, &existed,
							&call->unpublished));
	args->existed = existed;
	return error;
}

/* Creating and opening objects. */

/* Takes over the reference of @object; -ENOENT: its name has gone meanwhile. */
static int open_existing(struct winsync_call *call,
			 struct winsync_object *object, u32 type, u32 access)
{
	u32 granted;
	int error;

	if (type && object->type->id != type)
		error = -EPROTOTYPE;
	else
		error = winsync_access(&object->perm,
				       winsync_object_user_ns(object), access,
				       &granted);
	if (!error && !winsync_object_open(object))
		error = -ENOENT;
	if (error) {
		winsync_object_put(object);
		return error;
	}
	error = give_file(call, winsync_handle_file(object, granted));
	if (error)
		winsync_object_abandon(object);
	return error;
}

/* Whether the values that only the type knows are valid. */
static __always_inline bool valid_values(u32 type, u32 first, u32 second)
{
	switch (type) {
	case WINSYNC_TYPE_EVENT: /* manual, signaled */
		return first <= 1 && second <= 1;
	case WINSYNC_TYPE_SEMAPHORE: /* count, max */
		return second && second <= WINSYNC_SEMAPHORE_MAX &&
		       first <= second;
	default: /* owned or manual, reserved */
		return first <= 1 && !second;
	}
}

/* With one reference and one handle, whose file is to be made. */
static __always_inline struct winsync_object *
make_object(struct winsync_user *user, u32 type, u32 mode, u32 first,
	    u32 second)
{
	struct winsync_owner *owner = NULL;
	struct winsync_object *object;

	switch (type) {
	case WINSYNC_TYPE_EVENT:
		object = winsync_event_create(user, first, second);
		break;
	case WINSYNC_TYPE_MUTEX:
		if (first) {
			owner = winsync_owner_current();
			if (!owner)
				return ERR_PTR(-ENOMEM);
		}
		object = winsync_mutex_create(user, owner);
		break;
	case WINSYNC_TYPE_SEMAPHORE:
		object = winsync_semaphore_create(user, first, second);
		break;
	default:
		object = winsync_timer_create(user, first);
	}
	if (IS_ERR(object))
		return object;
	winsync_perm_init(&object->perm, current_euid(), current_egid(), mode);
	object->created = ktime_get_coarse_boottime_ns();
	atomic_set(&object->handles, 1);
	return object;
}

/* Of a new object, there is nobody to refuse a right. */
static __always_inline u32 creator_access(u32 access)
{
	return access & WINSYNC_ACCESS_MAXIMUM ? WINSYNC_ACCESS_ALL : access;
}

/* The object and its file; install() makes the name known, if there is one. */
static int create_new(struct winsync_call *call, u32 type,
		      const struct winsync_bytes *name)
{
	const struct winsync_new_args *new = &call->args.new;
	u32 access = creator_access(new->create.access);
	struct winsync_object *object;
	int error;

	if (!access)
		return -EACCES;
	object = make_object(call->user, type, new->create.mode,
			     new->values[0], new->values[1]);
	if (IS_ERR(object))
		return PTR_ERR(object);
	error = name ? winsync_name_prepare(call->ns->ns, name, object) : 0;
	if (!error)
		error = give_file(call, winsync_object_file(object, access));
	if (error)
		winsync_object_abandon(object);
	else
		call->unpublished = name;
	return error;
}

/* All values were checked; may find it exists. */
static int create_named(struct winsync_call *call, u32 type)
{
	struct winsync_create *create = &call->args.new.create;
	struct winsync_bytes name __uninitialized;
	struct winsync_object *object;
	int error;

	error = read_name(&name, create->name, create->name_len);
	if (!error)
		error = reserve_fd(call, create->flags);
	if (error)
		return error;
	/* Who may neither create nor open learns nothing of names. */
	if (!(call->ns->access &
	      (WINSYNC_ACCESS_MODIFY | WINSYNC_ACCESS_SYNCHRONIZE)))
		return -EACCES;
	do {
		object = winsync_name_find(call->ns->ns, &name);
		if (!object)
			return call->ns->access & WINSYNC_ACCESS_MODIFY ?
			       create_new(call, type, &name) : -EACCES;
		if (create->flags & WINSYNC_CREATE_EXCL)
			error = -EEXIST;
		else if (!(call->ns->access & WINSYNC_ACCESS_SYNCHRONIZE))
			error = -EACCES;
		else
			error = 0;
		if (error) {
			winsync_object_put(object);
			return error;
		}
		error = open_existing(call, object, type, create->access);
	} while (error == -ENOENT);
	create->existed = !error;
	return error;
}

static __always_inline bool valid_create(u32 type, u32 flags, u32 access,
					 u32 mode, u32 reserved, u32 first,
					 u32 second)
{
	return !(flags & ~(WINSYNC_INHERIT | WINSYNC_CREATE_EXCL)) &&
	       valid_access(access) && !(mode & ~0777) && !reserved &&
	       valid_values(type, first, second);
}

static long create(struct winsync_call *call, u32 type)
{
	struct winsync_new_args *new = &call->args.new;
	struct winsync_create *create = &new->create;
	int error;

	if (!valid_create(type, create->flags, create->access, create->mode,
			  create->reserved, new->values[0], new->values[1]) ||
	    (create->name_len && !call->ns))
		return -EINVAL;
	create->existed = 0;
	if (create->name_len)
		return create_named(call, type);
	error = reserve_fd(call, create->flags);
	return error ?: create_new(call, type, NULL);
}

long winsync_do_event_create(struct winsync_call *call)
{
	return create(call, WINSYNC_TYPE_EVENT);
}

long winsync_do_mutex_create(struct winsync_call *call)
{
	return create(call, WINSYNC_TYPE_MUTEX);
}

long winsync_do_semaphore_create(struct winsync_call *call)
{
	return create(call, WINSYNC_TYPE_SEMAPHORE);
}

long winsync_do_timer_create(struct winsync_call *call)
{
	return create(call, WINSYNC_TYPE_TIMER);
}

/**
 * winsync_create_unnamed() - a creating command upon the device
 * @user: whose record the device's file keeps
 * @type: of the object
 * @arg: where the arguments are
 *
 * Programs do this all the time: it does what the dispatcher and create() do for
 * any command, without what only names and other versions need, and with each
 * argument in a register.
 *
 * Return: the fd, or the error.
 */
long winsync_create_unnamed(struct winsync_user *user, u32 type,
			    struct winsync_new_args __user *arg)
{
	u32 name_len, flags, access, mode, reserved, first, second;
	struct winsync_object *object;
	struct file *file;
	int fd, error;

	if (!user_read_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_get_user(name_len, &arg->create.name_len, read_fault);
	unsafe_get_user(flags, &arg->create.flags, read_fault);
	unsafe_get_user(access, &arg->create.access, read_fault);
	unsafe_get_user(mode, &arg->create.mode, read_fault);
	unsafe_get_user(reserved, &arg->create.reserved, read_fault);
	unsafe_get_user(first, &arg->values[0], read_fault);
	unsafe_get_user(second, &arg->values[1], read_fault);
	user_read_access_end();

	if (!valid_create(type, flags, access, mode, reserved, first, second) ||
	    name_len)
		return -EINVAL;
	fd = unused_fd(flags);
	if (fd < 0)
		return fd;
	access = creator_access(access);
	if (!access) {
		error = -EACCES;
		goto no_object;
	}
	object = make_object(user, type, mode, first, second);
	if (IS_ERR(object)) {
		error = PTR_ERR(object);
		goto no_object;
	}
	file = winsync_object_file(object, access);
	if (IS_ERR(file)) {
		error = PTR_ERR(file);
		goto no_file;
	}
	if (!user_write_access_begin(&arg->create.existed, sizeof(u32)))
		goto no_access;
	unsafe_put_user(0, &arg->create.existed, write_fault);
	user_write_access_end();
	fd_install(fd, file);
	return fd;

read_fault:
	user_read_access_end();
	return -EFAULT;
write_fault:
	user_write_access_end();
no_access:
	fput(file);
	error = -EFAULT;
	goto no_object;
no_file:
	winsync_object_abandon(object);
no_object:
	put_unused_fd(fd);
	return error;
}

long winsync_do_object_open(struct winsync_call *call)
{
	const struct winsync_open_args *args = &call->args.open;
	struct winsync_object *object;
	struct winsync_bytes name __uninitialized;
	int error;

	if (args->flags & ~WINSYNC_INHERIT || !valid_access(args->access) ||
	    args->type > WINSYNC_TYPE_TIMER || !args->name_len)
		return -EINVAL;
	error = read_name(&name, args->name, args->name_len);
	if (error)
		return error;
	if (!(call->ns->access & WINSYNC_ACCESS_SYNCHRONIZE))
		return -EACCES;
	error = reserve_fd(call, args->flags);
	if (error)
		return error;
	object = winsync_name_find(call->ns->ns, &name);
	if (!object)
		return -ENOENT;
	return open_existing(call, object, args->type, args->access);
}

/* Duplicating handles. */

static int widen(struct winsync_perm *perm, struct user_namespace *user_ns,
		 u32 have, u32 wanted, u32 *granted)
{
	u32 fresh;
	int error;

	*granted = wanted ?: have;
	if (!(*granted & ~have))
		return 0;
	error = winsync_access(perm, user_ns, *granted & ~have, &fresh);
	if (wanted & WINSYNC_ACCESS_MAXIMUM) {
		/* What the handle has already may be all there is. */
		if (error && wanted & WINSYNC_ACCESS_ALL & ~have)
			return error;
		*granted = error ? have : have | fresh;
		return 0;
	}
	return error;
}

long winsync_do_duplicate(struct winsync_call *call)
{
	const struct winsync_duplicate_args *args = &call->args.duplicate;
	struct winsync_object *object;
	u32 access;
	int error;

	if (args->flags & ~WINSYNC_INHERIT || !valid_access(args->access))
		return -EINVAL;
	if (call->ns)
		error = widen(&call->ns->ns->perm,
			      winsync_ns_user_ns(call->ns->ns),
			      call->ns->access, args->access, &access);
	else
		error = widen(&call->object->perm,
			      winsync_object_user_ns(call->object),
			      call->handle->access, args->access, &access);
	if (!error)
		error = reserve_fd(call, args->flags);
	if (error)
		return error;
	if (call->ns)
		return give_file(call, winsync_ns_duplicate(call->ns->ns,
							    access));
	/* Zero only if our fd was closed while we are in here. */
	object = call->object;
	if (!winsync_object_open(object))
		return -EBADF;
	winsync_object_get(object);
	error = give_file(call, winsync_handle_file(object, access));
	if (error)
		winsync_object_abandon(object);
	return error;
}
