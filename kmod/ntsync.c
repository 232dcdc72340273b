// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface of Linux' /dev/ntsync (>= 6.14) over winsync's objects.
 *
 * Every open of the device is an instance, a world of its own: its objects are
 * files that can be waited for only through it, never together with winsync's
 * own. Which errors there are, the order in which arguments are checked, and
 * what has already happened when writing a result back fails, are those of
 * Linux' driver; programs were written against it.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "event.h"
#include "ntsync.h"
#include "object.h"
#include "semaphore.h"
#include "trace.h"
#include "user.h"
#include "wait.h"
/* Not <linux/ntsync.h>: some kernels still have an earlier, other interface. */
#include "../uapi/linux/ntsync.h"

/**
 * struct winsync_ntsync - an instance
 * @ref: the device's file, and each object's
 * @user: who opened it; the record is kept because it is charged often
 */
struct winsync_ntsync {
	refcount_t ref;
	struct winsync_user *user;
};

static void instance_put(struct winsync_ntsync *instance)
{
	if (!refcount_dec_and_test(&instance->ref))
		return;
	winsync_user_put(instance->user);
	kfree(instance);
}

/*
 * Arguments are few words. Copied as such, they cost half of what
 * copy_from_user() and copy_to_user() take.
 */
static __always_inline int get_pair(u32 *first, u32 *second, const u32 __user *from)
{
	if (!user_read_access_begin(from, 2 * sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(*first, from, fault);
	unsafe_get_user(*second, from + 1, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* All but the index, which is only written. */
static int get_wait(struct ntsync_wait_args *args,
		    const struct ntsync_wait_args __user *from)
{
	if (!user_read_access_begin(from, sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(args->timeout, &from->timeout, fault);
	unsafe_get_user(args->objs, &from->objs, fault);
	unsafe_get_user(args->count, &from->count, fault);
	unsafe_get_user(args->flags, &from->flags, fault);
	unsafe_get_user(args->owner, &from->owner, fault);
	unsafe_get_user(args->alert, &from->alert, fault);
	unsafe_get_user(args->pad, &from->pad, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* Linux' driver fills what there is of the memory, byte by byte. */
static noinline int put_what_fits(u32 first, u32 second, u32 __user *to)
{
	const u32 pair[] = { first, second };

	return copy_to_user(to, pair, sizeof(pair)) ? -EFAULT : 0;
}

static int put_pair(u32 first, u32 second, u32 __user *to)
{
	if (!user_write_access_begin(to, 2 * sizeof(*to)))
		return -EFAULT;
	unsafe_put_user(first, to, fault);
	unsafe_put_user(second, to + 1, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return put_what_fits(first, second, to);
}

/* Objects. */

static bool is_semaphore(const struct winsync_object *object)
{
	return object->type == &winsync_semaphore_type;
}

static bool is_mutex(const struct winsync_object *object)
{
	return object->type == &winsync_ntsync_mutex_type;
}

static bool is_event(const struct winsync_object *object)
{
	return object->type == &winsync_event_type;
}

static long semaphore_release(struct winsync_object *object,
			      u32 __user *argument)
{
	s64 previous;
	u32 count;

	if (get_user(count, argument))
		return -EFAULT;
	if (!is_semaphore(object))
		return -EINVAL;
	previous = winsync_semaphore_release(object, count);
	if (previous < 0)
		return previous;
	return put_user((u32)previous, argument);
}

static long mutex_unlock_once(struct winsync_object *object,
			      struct ntsync_mutex_args __user *argument)
{
	struct ntsync_mutex_args args;
	u32 previous;
	int error;

	if (get_pair(&args.owner, &args.count, &argument->owner))
		return -EFAULT;
	if (!args.owner || !is_mutex(object))
		return -EINVAL;
	error = winsync_ntsync_mutex_unlock(object, args.owner, &previous);
	if (error)
		return error;
	return put_user(previous, &argument->count);
}

static long mutex_kill(struct winsync_object *object, u32 __user *argument)
{
	u32 owner;

	if (get_user(owner, argument))
		return -EFAULT;
	if (!owner || !is_mutex(object))
		return -EINVAL;
	return winsync_ntsync_mutex_kill(object, owner);
}

static long event_change(struct winsync_object *object, unsigned int cmd,
			 u32 __user *argument)
{
	u32 previous;

	if (!is_event(object))
		return -EINVAL;
	if (cmd == NTSYNC_IOC_EVENT_SET)
		previous = winsync_event_set(object, false);
	else if (cmd == NTSYNC_IOC_EVENT_RESET)
		previous = winsync_event_reset(object);
	else
		previous = winsync_event_pulse(object);
	return put_user(previous, argument);
}

static long semaphore_read(struct winsync_object *object,
			   struct ntsync_sem_args __user *argument)
{
	struct winsync_semaphore_state state;

	if (!is_semaphore(object))
		return -EINVAL;
	state = winsync_semaphore_query(object);
	return put_pair(state.count, state.max, &argument->count);
}

static long mutex_read(struct winsync_object *object,
		       struct ntsync_mutex_args __user *argument)
{
	u32 owner, count;
	bool abandoned;

	if (!is_mutex(object))
		return -EINVAL;
	winsync_ntsync_mutex_query(object, &owner, &count, &abandoned);
	if (put_pair(owner, count, &argument->owner))
		return -EFAULT;
	return abandoned ? -EOWNERDEAD : 0;
}

static long event_read(struct winsync_object *object,
		       struct ntsync_event_args __user *argument)
{
	struct winsync_event_state state;

	if (!is_event(object))
		return -EINVAL;
	state = winsync_event_query(object);
	return put_pair(state.manual, state.signaled, &argument->manual);
}

static long object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct winsync_object *object = file->private_data;
	void __user *argument = (void __user *)arg;

	switch (cmd) {
	case NTSYNC_IOC_SEM_RELEASE:
		return semaphore_release(object, argument);
	case NTSYNC_IOC_SEM_READ:
		return semaphore_read(object, argument);
	case NTSYNC_IOC_MUTEX_UNLOCK:
		return mutex_unlock_once(object, argument);
	case NTSYNC_IOC_MUTEX_KILL:
		return mutex_kill(object, argument);
	case NTSYNC_IOC_MUTEX_READ:
		return mutex_read(object, argument);
	case NTSYNC_IOC_EVENT_SET:
	case NTSYNC_IOC_EVENT_RESET:
	case NTSYNC_IOC_EVENT_PULSE:
		return event_change(object, cmd, argument);
	case NTSYNC_IOC_EVENT_READ:
		return event_read(object, argument);
	default:
		return -ENOTTY;
	}
}

static int object_release(struct inode *inode, struct file *file)
{
	struct winsync_object *object = file->private_data;

	trace_winsync_close(object);
	instance_put(object->ntsync);
	winsync_object_put(object);
	return 0;
}

static const struct file_operations object_fops = {
	.owner		= THIS_MODULE,
	.release	= object_release,
	.unlocked_ioctl	= object_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* Makes a new object the instance's, and a file. */
static long object_fd(struct winsync_ntsync *instance,
		      struct winsync_object *object)
{
	struct file *file;
	int fd;

	if (IS_ERR(object))
		/* Programs know of no quotas, but of too many objects. */
		return object == ERR_PTR(-EDQUOT) ? -EMFILE : PTR_ERR(object);
	object->all_first = true;
	object->last_all = &object->queue;
	object->ntsync = instance;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		winsync_object_put(object);
		return fd;
	}
	file = anon_inode_getfile("ntsync", &object_fops, object, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		winsync_object_put(object);
		return PTR_ERR(file);
	}
	if (trace_winsync_create_enabled())
		winsync_trace_created(object);
	refcount_inc(&instance->ref);
	fd_install(fd, file);
	return fd;
}

static long create_semaphore(struct winsync_ntsync *instance,
			     const struct ntsync_sem_args __user *argument)
{
	struct ntsync_sem_args args;

	if (get_pair(&args.count, &args.max, &argument->count))
		return -EFAULT;
	if (args.count > args.max)
		return -EINVAL;
	return object_fd(instance,
			 winsync_semaphore_create(instance->user, args.count,
						  args.max));
}

static long create_mutex(struct winsync_ntsync *instance,
			 const struct ntsync_mutex_args __user *argument)
{
	struct ntsync_mutex_args args;

	if (get_pair(&args.owner, &args.count, &argument->owner))
		return -EFAULT;
	if (!args.owner != !args.count)
		return -EINVAL;
	return object_fd(instance,
			 winsync_ntsync_mutex_create(instance->user, args.owner,
						     args.count));
}

static long create_event(struct winsync_ntsync *instance,
			 const struct ntsync_event_args __user *argument)
{
	struct ntsync_event_args args;

	if (get_pair(&args.manual, &args.signaled, &argument->manual))
		return -EFAULT;
	return object_fd(instance,
			 winsync_event_create(instance->user, args.manual,
					      args.signaled));
}

/* Waits. */

/**
 * struct lookup - what a wait is for
 * @count: looked up so far; the last may be the alert
 * @objects: the objects; a wait for all sorts them
 * @files: their files
 */
struct lookup {
	u32 count;
	struct winsync_object *objects[NTSYNC_MAX_WAIT_COUNT + 1];
	struct fd files[NTSYNC_MAX_WAIT_COUNT + 1];
};

static void lookup_put(struct lookup *lookup)
{
	while (lookup->count)
		fdput(lookup->files[--lookup->count]);
}

/* NULL if the fd is none of the instance's objects. */
static struct winsync_object *
instance_object(struct fd file, const struct winsync_ntsync *instance)
{
	struct winsync_object *object;

	if (!fd_file(file) || fd_file(file)->f_op != &object_fops)
		return NULL;
	object = fd_file(file)->private_data;
	return object->ntsync == instance ? object : NULL;
}

static int lookup_add(struct lookup *lookup, int fd,
		      const struct winsync_ntsync *instance)
{
	struct fd file = fdget(fd);
	struct winsync_object *object = instance_object(file, instance);

	if (!object) {
		fdput(file);
		return -EINVAL;
	}
	lookup->objects[lookup->count] = object;
	lookup->files[lookup->count++] = file;
	return 0;
}

static int lookup_all(struct lookup *lookup,
		      const struct ntsync_wait_args *args,
		      const struct winsync_ntsync *instance)
{
	int fds[NTSYNC_MAX_WAIT_COUNT] __uninitialized;
	int error = 0;

	lookup->count = 0;
	if (copy_from_user(fds, u64_to_user_ptr(args->objs),
			   array_size(args->count, sizeof(*fds))))
		return -EFAULT;
	while (lookup->count < args->count && !error)
		error = lookup_add(lookup, fds[lookup->count], instance);
	if (!error && args->alert)
		error = lookup_add(lookup, args->alert, instance);
	if (error)
		lookup_put(lookup);
	return error;
}

static void read_timeout(struct winsync_request *request,
			 const struct ntsync_wait_args *args)
{
	request->clock = args->flags & NTSYNC_WAIT_REALTIME ?
			 CLOCK_REALTIME : CLOCK_MONOTONIC;
	request->poll = !args->timeout;
	request->deadline = args->timeout == U64_MAX ? KTIME_MAX :
			    winsync_to_host_time(request->clock, args->timeout);
	/* What Linux' driver does with it is of no use: docs/wine.md. */
	if (request->deadline < 0)
		request->deadline = KTIME_MAX;
}

static bool timed_out(const struct winsync_request *request)
{
	ktime_t now;

	if (request->poll || request->deadline == KTIME_MAX)
		return request->poll;
	now = request->clock == CLOCK_REALTIME ? ktime_get_real() : ktime_get();
	return !ktime_before(now, request->deadline);
}

static bool contains(const struct winsync_request *request,
		     const struct winsync_object *object)
{
	u32 i;

	for (i = 0; i < request->count; i++)
		if (request->objects[i] == object)
			return true;
	return false;
}

/*
 * While a wait sleeps the files keep its objects: here nobody cares when a file's
 * last user goes.
 */

static noinline int wait_multiple(const struct winsync_ntsync *instance,
				  const struct ntsync_wait_args *args, bool all)
{
	struct winsync_request request = {
		.count = args->count,
		.all = all,
		.opaque_owner = args->owner,
	};
	struct lookup lookup __uninitialized;
	int result;

	result = lookup_all(&lookup, args, instance);
	if (result)
		return result;
	request.objects = lookup.objects;
	if (args->alert)
		request.alert = lookup.objects[args->count];
	read_timeout(&request, args);
	if (all && contains(&request, request.alert))
		result = -ENOTUNIQ;
	else if (all && !args->count)
		result = 0; /* All of none are signaled. */
	else
		result = winsync_wait_try(&request);
	if (result == -ETIMEDOUT)
		result = timed_out(&request) ? winsync_wait_give_up(&request) :
					       winsync_wait_sleep(&request);
	lookup_put(&lookup);
	return result;
}

/* What is left to do if the object could not be had at once. */
static noinline int sleep_one(struct winsync_object *object,
			      const struct ntsync_wait_args *args)
{
	struct winsync_request request = {
		.objects = &object,
		.count = 1,
		.opaque_owner = args->owner,
	};

	read_timeout(&request, args);
	return timed_out(&request) ? -ETIMEDOUT : winsync_wait_sleep(&request);
}

/* Most waits are for one object, without alert. */
static int wait_one(const struct winsync_ntsync *instance,
		    const struct ntsync_wait_args *args)
{
	struct winsync_object *object;
	struct fd file;
	int fd, result;

	if (get_user(fd, (int __user *)u64_to_user_ptr(args->objs)))
		return -EFAULT;
	file = fdget(fd);
	object = instance_object(file, instance);
	result = -EINVAL;
	if (object) {
		result = winsync_wait_try_one(object, NULL, args->owner);
		if (result == -ETIMEDOUT && args->timeout)
			result = sleep_one(object, args);
	}
	fdput(file);
	return result;
}

static long do_wait(const struct winsync_ntsync *instance,
		    struct ntsync_wait_args __user *argument, bool all)
{
	struct ntsync_wait_args args __uninitialized;
	int result;

	if (get_wait(&args, argument))
		return -EFAULT;
	if (args.pad || args.flags & ~NTSYNC_WAIT_REALTIME || !args.owner ||
	    args.count > NTSYNC_MAX_WAIT_COUNT)
		return -EINVAL;
	result = args.count == 1 && !args.alert && !all ?
		 wait_one(instance, &args) :
		 wait_multiple(instance, &args, all);
	if (result == -ENOTUNIQ)
		return -EINVAL;
	if (result < 0)
		return result;
	if (put_user(WINSYNC_WAIT_INDEX(result), &argument->index))
		return -EFAULT;
	return result & WINSYNC_WAIT_ABANDONED ? -EOWNERDEAD : 0;
}

/* The device. */

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct winsync_ntsync *instance = file->private_data;
	void __user *argument = (void __user *)arg;

	switch (cmd) {
	case NTSYNC_IOC_CREATE_SEM:
		return create_semaphore(instance, argument);
	case NTSYNC_IOC_CREATE_MUTEX:
		return create_mutex(instance, argument);
	case NTSYNC_IOC_CREATE_EVENT:
		return create_event(instance, argument);
	case NTSYNC_IOC_WAIT_ANY:
		return do_wait(instance, argument, false);
	case NTSYNC_IOC_WAIT_ALL:
		return do_wait(instance, argument, true);
	default:
		return -ENOTTY;
	}
}

static int device_open(struct inode *inode, struct file *file)
{
	struct winsync_ntsync *instance;

	instance = kmalloc(sizeof(*instance), GFP_KERNEL_ACCOUNT);
	if (!instance)
		return -ENOMEM;
	refcount_set(&instance->ref, 1);
	instance->user = winsync_user_get();
	if (!instance->user) {
		kfree(instance);
		return -ENOMEM;
	}
	file->private_data = instance;
	return nonseekable_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	instance_put(file->private_data);
	return 0;
}

const struct file_operations winsync_ntsync_fops = {
	.owner		= THIS_MODULE,
	.open		= device_open,
	.release	= device_release,
	.unlocked_ioctl	= device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
