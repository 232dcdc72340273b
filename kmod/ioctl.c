// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command table.
 *
 * The files ioctl*.c are the only ones of winsync's own interface that copy from
 * and to user space and look up fds. A command's function finds its arguments
 * copied and its file of the right kind; it checks the values, everything
 * before any change, and calls the typed functions of the other files. A
 * command that makes a fd reserves it first; the dispatcher makes it visible
 * after the last step that can fail. What gets a name gets it then, too: nobody
 * finds by name what a call made that failed.
 *
 * The commands that make a fd are in ioctl_create.c; the waits, which look up
 * many fds, in ioctl_wait.c.
 */
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/winsync.h>

#include "command.h"
#include "compat/compat.h"
#include "compat/wake.h"
#include "event.h"
#include "ioctl.h"
#include "list.h"
#include "mutex.h"
#include "namespace.h"
#include "ntsync.h"
#include "object.h"
#include "owner.h"
#include "perm.h"
#include "semaphore.h"
#include "timer.h"
#include "user.h"
#include "wait.h"

/* Device and namespaces. */

static long do_get_info(struct winsync_call *call)
{
	struct winsync_info *info = &call->args.info;

	info->abi_version = WINSYNC_ABI_VERSION;
	info->features = winsync_owner_features() | winsync_ntsync_features();
	if (winsync_wake_supported())
		info->features |= WINSYNC_FEATURE_WAKE;
	info->types = BIT(WINSYNC_TYPE_EVENT) | BIT(WINSYNC_TYPE_MUTEX) |
		      BIT(WINSYNC_TYPE_SEMAPHORE) | BIT(WINSYNC_TYPE_TIMER);
	info->max_wait_any = WINSYNC_MAX_WAIT_ANY;
	info->max_wait_all = WINSYNC_MAX_WAIT_ALL;
	info->name_max = WINSYNC_NAME_MAX;
	info->min_period = WINSYNC_MIN_PERIOD_NS;
	winsync_user_info(info);
	return 0;
}

static long do_ns_destroy(struct winsync_call *call)
{
	if (!(call->ns->access & WINSYNC_ACCESS_WRITE_CONTROL))
		return -EACCES;
	return winsync_ns_destroy(call->ns->ns);
}

static long do_list(struct winsync_call *call)
{
	struct winsync_list_args *args = &call->args.list;
	struct winsync_list list = {
		.cursor = args->cursor,
		.size = min_t(u32, args->size, WINSYNC_LIST_CHUNK),
	};
	int error;

	if (args->reserved)
		return -EINVAL;
	if (call->ns && !(call->ns->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	list.buffer = kvmalloc(max_t(u32, list.size, 1), GFP_KERNEL_ACCOUNT);
	if (!list.buffer)
		return -ENOMEM;
	error = call->ns ? winsync_list_objects(call->ns->ns, &list) :
			   winsync_list_namespaces(&list);
	if (error == -ENOSPC)
		error = list.used ? 0 : -EINVAL;
	if (!error && copy_to_user(u64_to_user_ptr(args->buffer), list.buffer,
				   list.used))
		error = -EFAULT;
	kvfree(list.buffer);
	args->cursor = list.cursor;
	args->size = list.used;
	return error;
}

/* Handles. */

static long do_same(struct winsync_call *call)
{
	const struct winsync_same_args *args = &call->args.same;
	struct fd other;
	long result;

	if (args->reserved)
		return -EINVAL;
	other = fdget(args->fd);
	if (!fd_file(other))
		return winsync_no_file(args->fd);
	if (winsync_is_handle(fd_file(other)))
		result = winsync_handle(fd_file(other))->object == call->object;
	else if (winsync_is_ns_handle(fd_file(other)))
		result = call->ns &&
			 winsync_ns_handle(fd_file(other))->ns == call->ns->ns;
	else
		result = -EBADFD;
	fdput(other);
	return result;
}

static struct winsync_perm *call_perm(struct winsync_call *call)
{
	return call->ns ? &call->ns->ns->perm : &call->object->perm;
}

static long do_object_stat(struct winsync_call *call)
{
	struct winsync_stat *stat = &call->args.stat;
	const struct winsync_perm_ids perm = winsync_perm_read(call_perm(call));

	if (call->ns) {
		winsync_ns_stat(call->ns->ns, stat);
		stat->type = WINSYNC_TYPE_NAMESPACE;
		stat->access = call->ns->access;
	} else {
		struct winsync_object *object = call->object;

		stat->id = object->id;
		stat->created = winsync_from_host_time(CLOCK_BOOTTIME,
						       object->created);
		stat->type = object->type->id;
		stat->access = call->handle->access;
		stat->handles = atomic_read(&object->handles);
		stat->waiters = READ_ONCE(object->waiters);
		stat->name_len = winsync_name_len(object->name);
		if (call->handle->access & WINSYNC_ACCESS_QUERY)
			winsync_object_counters(object, &stat->counters);
	}
	stat->uid = from_kuid_munged(current_user_ns(), perm.uid);
	stat->gid = from_kgid_munged(current_user_ns(), perm.gid);
	stat->mode = perm.mode;
	return 0;
}

static long do_set_perm(struct winsync_call *call)
{
	const struct winsync_perm_args *args = &call->args.perm;
	u32 access = call->ns ? call->ns->access : call->handle->access;

	if (args->mask & ~(WINSYNC_PERM_MODE | WINSYNC_PERM_UID |
			   WINSYNC_PERM_GID) || args->mode & ~0777)
		return -EINVAL;
	if (!(access & WINSYNC_ACCESS_WRITE_CONTROL))
		return -EACCES;
	return winsync_set_perm(call_perm(call),
				call->ns ? winsync_ns_user_ns(call->ns->ns) :
				winsync_object_user_ns(call->object), args);
}

static long do_waiters(struct winsync_call *call)
{
	struct winsync_waiters_args *args = &call->args.waiters;
	struct winsync_waiter_pids *pids;
	struct winsync_waiter *waiters;
	long error = -ENOMEM;

	if (args->count > WINSYNC_WAITERS_MAX)
		return -EINVAL;
	if (!(call->handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	waiters = kvcalloc(max_t(u32, args->count, 1), sizeof(*waiters),
			   GFP_KERNEL_ACCOUNT);
	pids = kvmalloc_array(max_t(u32, args->count, 1), sizeof(*pids),
			      GFP_KERNEL_ACCOUNT);
	if (!waiters || !pids)
		goto out;
	args->count = winsync_wait_list(call->object, waiters, pids,
					args->count, &args->total);
	error = copy_to_user(u64_to_user_ptr(args->buffer), waiters,
			     array_size(args->count, sizeof(*waiters))) ?
		-EFAULT : 0;
out:
	kvfree(pids);
	kvfree(waiters);
	return error;
}

/* Events, mutexes, semaphores, timers. */

static long do_event_query(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	call->args.event_state = winsync_event_query(call->object);
	return 0;
}

static inline long do_event_set(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	return winsync_event_set(call->object, false);
}

static inline long do_event_reset(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	return winsync_event_reset(call->object);
}

static long do_event_pulse(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	return winsync_event_pulse(call->object);
}

static long do_mutex_query(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	winsync_mutex_query(call->object, &call->args.mutex_state);
	return 0;
}

/* Needs no right: who owns it has waited for it [MX-11]. */
static inline long do_mutex_release(struct winsync_call *call)
{
	return winsync_mutex_release(call->object, winsync_owner_find());
}

static long do_semaphore_query(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	call->args.semaphore_state = winsync_semaphore_query(call->object);
	return 0;
}

static long release_semaphore(const struct winsync_handle *handle,
			      struct winsync_semaphore_release_args args)
{
	if (!args.count || args.count > WINSYNC_SEMAPHORE_MAX || args.reserved)
		return -EINVAL;
	if (!(handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	return winsync_semaphore_release(handle->object, args.count);
}

static long do_semaphore_release(struct winsync_call *call)
{
	return release_semaphore(call->handle, call->args.semaphore_release);
}

static long do_timer_query(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	winsync_timer_query(call->object, &call->args.timer_state);
	return 0;
}

static int timer_alert(struct winsync_timer_setting *setting, int fd)
{
	struct fd alert = fdget(fd);
	int error = 0;

	if (!fd_file(alert))
		return winsync_no_file(fd);
	if (!winsync_is_handle(fd_file(alert)) ||
	    winsync_handle(fd_file(alert))->object->type != &winsync_event_type)
		error = -EBADFD;
	else if (!(winsync_handle(fd_file(alert))->access &
		   WINSYNC_ACCESS_MODIFY))
		error = -EACCES;
	if (!error) {
		setting->owner = winsync_owner_current();
		if (!setting->owner)
			error = -ENOMEM;
	}
	if (!error) {
		setting->alert = winsync_handle(fd_file(alert))->object;
		winsync_object_get(setting->alert);
	}
	fdput(alert);
	return error;
}

static long do_timer_set(struct winsync_call *call)
{
	const struct winsync_timer_set_args *args = &call->args.timer_set;
	struct winsync_timer_setting setting = {
		.absolute = args->flags & WINSYNC_TIMER_ABSOLUTE,
		.wake = args->flags & WINSYNC_TIMER_WAKE,
		.due = args->due,
		.period = args->period,
		.tolerance = args->tolerance,
	};
	int error;

	error = winsync_read_clock(args->flags & ~(WINSYNC_TIMER_ABSOLUTE |
						   WINSYNC_TIMER_WAKE),
				   &setting.clock);
	if (error)
		return error;
	if (args->due > KTIME_MAX || args->period > KTIME_MAX ||
	    args->tolerance > KTIME_MAX ||
	    (args->period && args->period < WINSYNC_MIN_PERIOD_NS))
		return -EINVAL;
	if (!(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	if (setting.absolute)
		setting.due = winsync_to_host_time(setting.clock, setting.due);
	if (args->alert != -1) {
		error = timer_alert(&setting, args->alert);
		if (error)
			return error;
	}
	error = winsync_timer_set(call->object, &setting);
	if (setting.alert)
		winsync_object_put(setting.alert);
	return error;
}

static long do_timer_cancel(struct winsync_call *call)
{
	if (!(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	return winsync_timer_cancel(call->object);
}

static long do_wait(struct winsync_call *call)
{
	return winsync_wait_object(call->handle, &call->args.wait);
}

/* The table. */

enum {
	DEVICE = 1, NS = 2, EVENT = 4, MUTEX = 8, SEMAPHORE = 16, TIMER = 32,
	OBJECT = EVENT | MUTEX | SEMAPHORE | TIMER
};

/**
 * struct command - a row of the table
 * @cmd: the whole number, with direction and size
 * @min_size: size of the structure's first version
 * @kinds: files it works on
 * @function: does it
 */
struct command {
	unsigned int cmd;
	u16 min_size;
	u16 kinds;
	long (*function)(struct winsync_call *call);
};

#define COMMAND(name, struct_size, on, fn) \
	[_IOC_NR(WINSYNC_IOC_##name)] = { WINSYNC_IOC_##name, struct_size, on, fn }

static const struct command commands[] = {
	COMMAND(GET_INFO, 4, DEVICE | NS | OBJECT, do_get_info),
	COMMAND(NS_OPEN, 32, DEVICE, winsync_do_ns_open),
	COMMAND(NS_DESTROY, 0, NS, do_ns_destroy),
	COMMAND(LIST, 24, DEVICE | NS, do_list),

	COMMAND(EVENT_CREATE, 40, DEVICE | NS, winsync_do_event_create),
	COMMAND(MUTEX_CREATE, 40, DEVICE | NS, winsync_do_mutex_create),
	COMMAND(SEMAPHORE_CREATE, 40, DEVICE | NS, winsync_do_semaphore_create),
	COMMAND(TIMER_CREATE, 40, DEVICE | NS, winsync_do_timer_create),
	COMMAND(OPEN, 24, NS, winsync_do_object_open),

	COMMAND(DUPLICATE, 8, NS | OBJECT, winsync_do_duplicate),
	COMMAND(SAME, 8, NS | OBJECT, do_same),
	COMMAND(STAT, 72, NS | OBJECT, do_object_stat),
	COMMAND(SET_PERM, 16, NS | OBJECT, do_set_perm),
	COMMAND(WAITERS, 16, OBJECT, do_waiters),

	COMMAND(EVENT_QUERY, 8, EVENT, do_event_query),
	COMMAND(EVENT_SET, 0, EVENT, do_event_set),
	COMMAND(EVENT_RESET, 0, EVENT, do_event_reset),
	COMMAND(EVENT_PULSE, 0, EVENT, do_event_pulse),

	COMMAND(MUTEX_QUERY, 16, MUTEX, do_mutex_query),
	COMMAND(MUTEX_RELEASE, 0, MUTEX, do_mutex_release),

	COMMAND(SEMAPHORE_QUERY, 8, SEMAPHORE, do_semaphore_query),
	COMMAND(SEMAPHORE_RELEASE, 8, SEMAPHORE, do_semaphore_release),

	COMMAND(TIMER_QUERY, 48, TIMER, do_timer_query),
	COMMAND(TIMER_SET, 32, TIMER, do_timer_set),
	COMMAND(TIMER_CANCEL, 0, TIMER, do_timer_cancel),

	COMMAND(WAIT, 16, OBJECT, do_wait),
	COMMAND(WAIT_ANY, 32, DEVICE | NS | OBJECT, winsync_do_wait_any),
	COMMAND(WAIT_ALL, 32, DEVICE | NS | OBJECT, winsync_do_wait_all),
	COMMAND(SIGNAL_AND_WAIT, 24, EVENT | MUTEX | SEMAPHORE,
		winsync_do_signal_and_wait),
};

/* What no published version of the interface may change. */
void winsync_ioctl_check_abi(void)
{
	BUILD_BUG_ON(sizeof(struct winsync_info) != 56);
	BUILD_BUG_ON(sizeof(struct winsync_ns_args) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_list_args) != 24);
	BUILD_BUG_ON(sizeof(struct winsync_list_entry) != 88);
	BUILD_BUG_ON(sizeof(struct winsync_create) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_new_args) != 40);
	BUILD_BUG_ON(sizeof(struct winsync_event_create_args) != 40);
	BUILD_BUG_ON(offsetof(struct winsync_event_create_args, manual) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_mutex_create_args) != 40);
	BUILD_BUG_ON(offsetof(struct winsync_mutex_create_args, owned) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_semaphore_create_args) != 40);
	BUILD_BUG_ON(offsetof(struct winsync_semaphore_create_args, count) !=
		     32);
	BUILD_BUG_ON(sizeof(struct winsync_timer_create_args) != 40);
	BUILD_BUG_ON(offsetof(struct winsync_timer_create_args, manual) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_open_args) != 24);
	BUILD_BUG_ON(sizeof(struct winsync_duplicate_args) != 8);
	BUILD_BUG_ON(sizeof(struct winsync_same_args) != 8);
	BUILD_BUG_ON(sizeof(struct winsync_counters) != 24);
	BUILD_BUG_ON(sizeof(struct winsync_stat) != 72);
	BUILD_BUG_ON(sizeof(struct winsync_perm_args) != 16);
	BUILD_BUG_ON(sizeof(struct winsync_waiters_args) != 16);
	BUILD_BUG_ON(sizeof(struct winsync_waiter) != 24);
	BUILD_BUG_ON(sizeof(struct winsync_event_state) != 8);
	BUILD_BUG_ON(sizeof(struct winsync_mutex_state) != 16);
	BUILD_BUG_ON(sizeof(struct winsync_semaphore_state) != 8);
	BUILD_BUG_ON(sizeof(struct winsync_semaphore_release_args) != 8);
	BUILD_BUG_ON(sizeof(struct winsync_timer_state) != 48);
	BUILD_BUG_ON(sizeof(struct winsync_timer_set_args) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_wait_args) != 16);
	BUILD_BUG_ON(sizeof(struct winsync_wait_multiple_args) != 32);
	BUILD_BUG_ON(sizeof(struct winsync_signal_and_wait_args) != 24);
	/* They are copied as words. */
	BUILD_BUG_ON(sizeof(struct winsync_args) % sizeof(u64));
}

/*
 * Arguments of the size that the module knows, which are few words, all of them
 * copied inline.
 */
static int read_args(u64 *args, const u64 __user *from, size_t size)
{
	size_t i;

	if (!user_access_begin(from, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(*args); i++)
		unsafe_get_user(args[i], &from[i], fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

static __always_inline int write_args(u64 __user *to, const u64 *args,
				      size_t size)
{
	size_t i;

	if (!user_access_begin(to, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(*args); i++)
		unsafe_put_user(args[i], &to[i], fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

/* The same for arguments of another version. */
static noinline int write_version(void __user *to, const void *args,
				  size_t size, size_t known)
{
	if (copy_to_user(to, args, min(size, known)) ||
	    (size > known && clear_user(to + known, size - known)))
		return -EFAULT;
	return 0;
}

/* -EAGAIN: another has got the name meanwhile. */
static int publish(const struct winsync_call *call)
{
	struct file *file = call->new_file;

	if (winsync_is_ns_handle(file))
		return winsync_ns_publish(winsync_ns_handle(file)->ns);
	return winsync_name_publish(call->ns->ns, winsync_handle(file)->object);
}

/* Makes the name, and then the fd, of what was made visible, or takes it back. */
static long install(const struct winsync_call *call, long result)
{
	if (result >= 0 && call->unpublished)
		result = publish(call);
	if (result < 0) {
		if (call->new_file)
			fput(call->new_file);
		put_unused_fd(call->fd);
		return result;
	}
	fd_install(call->fd, call->new_file);
	return call->fd;
}

/* Whether @cmd is a command in another of its versions. */
static bool is_version(const struct command *command, unsigned int cmd)
{
	return command->function && _IOC_TYPE(cmd) == WINSYNC_IOC_MAGIC &&
	       _IOC_DIR(cmd) == _IOC_DIR(command->cmd) &&
	       _IOC_SIZE(cmd) >= command->min_size && _IOC_SIZE(command->cmd);
}

static __always_inline long dispatch(struct winsync_call *call,
				     unsigned int kind, unsigned int cmd,
				     unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd);
	size_t size = _IOC_SIZE(cmd);
	const struct command *command;
	void __user *pointer = (void __user *)arg;
	size_t known;
	long result;
	int error;

	if (nr >= ARRAY_SIZE(commands))
		return -ENOTTY;
	command = &commands[array_index_nospec(nr, ARRAY_SIZE(commands))];
	known = _IOC_SIZE(command->cmd);
	if (unlikely(cmd != command->cmd) && !is_version(command, cmd))
		return -ENOTTY;
	if (!(command->kinds & kind))
		return -EBADFD;
	call->fd = -1;
	if (!known) {
		if (arg)
			return -EINVAL;
		return command->function(call);
	}
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (_IOC_DIR(cmd) & _IOC_WRITE) {
		if (likely(size == known))
			error = read_args(call->args.words, pointer, size);
		else
			error = copy_struct_from_user(&call->args, known,
						      pointer, size);
		if (error)
			return error;
	} else {
		memset64(call->args.words, 0, known / sizeof(u64));
	}
	/* Again where a name that was free is not any more. */
	do {
		call->fd = -1;
		call->new_file = NULL;
		call->unpublished = false;
		result = command->function(call);
		if (result >= 0 && _IOC_DIR(cmd) & _IOC_READ) {
			if (likely(size == known))
				error = write_args(pointer, call->args.words,
						   size);
			else
				error = write_version(pointer, &call->args,
						      size, known);
			if (error)
				result = error;
		}
		if (call->fd < 0)
			return result;
		result = install(call, result);
	} while (result == -EAGAIN);
	return result;
}

static noinline long device_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	struct winsync_call call __uninitialized;

	call.handle = NULL;
	call.object = NULL;
	call.ns = NULL;
	call.user = file->private_data;
	return dispatch(&call, DEVICE, cmd, arg);
}

static noinline long object_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	struct winsync_handle *handle = winsync_handle(file);
	struct winsync_call call __uninitialized;

	call.handle = handle;
	call.object = handle->object;
	call.ns = NULL;
	call.user = NULL;
	return dispatch(&call, EVENT << (handle->object->type->id - 1), cmd,
			arg);
}

long winsync_ns_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct winsync_call call __uninitialized;

	call.handle = NULL;
	call.object = NULL;
	call.ns = winsync_ns_handle(file);
	call.user = call.ns->user;
	return dispatch(&call, NS, cmd, arg);
}

/*
 * What programs do all the time is not looked up in the table: a command with
 * the number of this version, upon the right kind of object. The rest goes there,
 * and so does every error that the table decides.
 */

/* For commands without arguments, which look at nothing else of the call. */
static __always_inline long
quick_call(long (*function)(struct winsync_call *call),
	   struct winsync_handle *handle)
{
	struct winsync_call call __uninitialized;

	call.handle = handle;
	call.object = handle->object;
	return function(&call);
}

static noinline long quick_wait(struct winsync_handle *handle,
				const struct winsync_wait_args __user *arg)
{
	struct winsync_wait_args args __uninitialized;

	if (!user_read_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_get_user(args.deadline, &arg->deadline, fault);
	unsafe_get_user(args.flags, &arg->flags, fault);
	unsafe_get_user(args.alert, &arg->alert, fault);
	user_read_access_end();
	return winsync_wait_object(handle, &args);
fault:
	user_read_access_end();
	return -EFAULT;
}

static long quick_semaphore_release(const struct winsync_handle *handle,
				    const struct winsync_semaphore_release_args __user *arg)
{
	struct winsync_semaphore_release_args args __uninitialized;

	if (!user_read_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_get_user(args.count, &arg->count, fault);
	unsafe_get_user(args.reserved, &arg->reserved, fault);
	user_read_access_end();
	return release_semaphore(handle, args);
fault:
	user_read_access_end();
	return -EFAULT;
}

static long quick_event_query(const struct winsync_handle *handle,
			      struct winsync_event_state __user *arg)
{
	struct winsync_event_state state;

	if (!(handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	state = winsync_event_query(handle->object);
	if (!user_write_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_put_user(state.manual, &arg->manual, fault);
	unsafe_put_user(state.signaled, &arg->signaled, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static long quick_semaphore_query(const struct winsync_handle *handle,
				  struct winsync_semaphore_state __user *arg)
{
	struct winsync_semaphore_state state;

	if (!(handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	state = winsync_semaphore_query(handle->object);
	if (!user_write_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_put_user(state.count, &arg->count, fault);
	unsafe_put_user(state.max, &arg->max, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static long quick_mutex_query(const struct winsync_handle *handle,
			      u64 __user *arg)
{
	union {
		struct winsync_mutex_state state;
		u64 words[sizeof(struct winsync_mutex_state) / sizeof(u64)];
	} args __uninitialized;

	if (!(handle->access & WINSYNC_ACCESS_QUERY))
		return -EACCES;
	winsync_mutex_query(handle->object, &args.state);
	return write_args(arg, args.words, sizeof(args));
}

long winsync_device_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct winsync_user *user = file->private_data;
	void __user *pointer = (void __user *)arg;

	switch (cmd) {
	case WINSYNC_IOC_EVENT_CREATE:
		return winsync_create_unnamed(user, WINSYNC_TYPE_EVENT, pointer);
	case WINSYNC_IOC_MUTEX_CREATE:
		return winsync_create_unnamed(user, WINSYNC_TYPE_MUTEX, pointer);
	case WINSYNC_IOC_SEMAPHORE_CREATE:
		return winsync_create_unnamed(user, WINSYNC_TYPE_SEMAPHORE, pointer);
	}
	return device_ioctl(file, cmd, arg);
}

long winsync_object_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct winsync_handle *handle = winsync_handle(file);
	const struct winsync_type *type = handle->object->type;
	void __user *pointer = (void __user *)arg;

	switch (cmd) {
	case WINSYNC_IOC_WAIT:
		return quick_wait(handle, pointer);
	case WINSYNC_IOC_EVENT_SET:
		if (type == &winsync_event_type && !arg)
			return quick_call(do_event_set, handle);
		break;
	case WINSYNC_IOC_EVENT_RESET:
		if (type == &winsync_event_type && !arg)
			return quick_call(do_event_reset, handle);
		break;
	case WINSYNC_IOC_EVENT_QUERY:
		if (type == &winsync_event_type)
			return quick_event_query(handle, pointer);
		break;
	case WINSYNC_IOC_MUTEX_RELEASE:
		if (type == &winsync_mutex_type && !arg)
			return quick_call(do_mutex_release, handle);
		break;
	case WINSYNC_IOC_MUTEX_QUERY:
		if (type == &winsync_mutex_type)
			return quick_mutex_query(handle, pointer);
		break;
	case WINSYNC_IOC_SEMAPHORE_RELEASE:
		if (type == &winsync_semaphore_type)
			return quick_semaphore_release(handle, pointer);
		break;
	case WINSYNC_IOC_SEMAPHORE_QUERY:
		if (type == &winsync_semaphore_type)
			return quick_semaphore_query(handle, pointer);
		break;
	}
	return object_ioctl(file, cmd, arg);
}
