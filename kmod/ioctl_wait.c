// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waits: looking up what to wait for, and keeping it over the sleep.
 *
 * While a wait is tried the files stay looked up; before it sleeps it takes
 * references of the objects and lets the files go, so that a sleeping wait
 * keeps objects, but no names [NM-12]. The file that the ioctl was called
 * upon can't be let go: such a sleeper is counted, see object_flush().
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/winsync.h>

#include "command.h"
#include "compat/compat.h"
#include "mutex.h"
#include "object.h"
#include "owner.h"
#include "wait.h"

/**
 * winsync_read_clock() - the clock of a WINSYNC_CLOCK_* flag
 * @flags: nothing else may be in it
 * @clock: set
 *
 * Return: 0 or -EINVAL.
 */
int winsync_read_clock(u32 flags, clockid_t *clock)
{
	switch (flags) {
	case WINSYNC_CLOCK_MONOTONIC:
		*clock = CLOCK_MONOTONIC;
		return 0;
	case WINSYNC_CLOCK_REALTIME:
		*clock = CLOCK_REALTIME;
		return 0;
	case WINSYNC_CLOCK_BOOTTIME:
		*clock = CLOCK_BOOTTIME;
		return 0;
	default:
		return -EINVAL;
	}
}

static int check_deadline(u64 deadline, u32 flags)
{
	clockid_t clock;

	if (deadline > KTIME_MAX && deadline != WINSYNC_FOREVER)
		return -EINVAL;
	return winsync_read_clock(flags, &clock);
}

static int read_deadline(struct winsync_request *request, u64 deadline,
			 u32 flags)
{
	int error = check_deadline(deadline, flags);

	if (error)
		return error;
	winsync_read_clock(flags, &request->clock);
	request->poll = !deadline;
	request->deadline = deadline == WINSYNC_FOREVER ? KTIME_MAX :
			    winsync_to_host_time(request->clock, deadline);
	return 0;
}

static bool deadline_passed(const struct winsync_request *request)
{
	ktime_t now;

	if (request->poll || request->deadline == KTIME_MAX)
		return request->poll;
	switch (request->clock) {
	case CLOCK_REALTIME:
		now = ktime_get_real();
		break;
	case CLOCK_BOOTTIME:
		now = ktime_get_boottime();
		break;
	default:
		now = ktime_get();
	}
	return !ktime_before(now, request->deadline);
}

/* A mutex needs to know who waits, and has a limit. */
static int prepare_mutex(struct winsync_owner **owner,
			 const struct winsync_object *object)
{
	if (object->type != &winsync_mutex_type)
		return 0;
	if (!*owner) {
		*owner = winsync_owner_current();
		if (!*owner)
			return -ENOMEM;
	}
	return winsync_mutex_is_full(object, *owner) ? -EOVERFLOW : 0;
}

/**
 * winsync_no_file() - why a fd has no file that can be used
 * @fd: the fd
 *
 * Return: -EBADF, or -EBADFD if it is open, but only as a path.
 */
int winsync_no_file(int fd)
{
	struct file *file = fget_raw(fd);

	if (!file)
		return -EBADF;
	fput(file);
	return -EBADFD;
}

/* A handle that may be waited for. */
static int look_up(int fd, struct fd *looked_up,
		   struct winsync_object **object)
{
	const struct winsync_handle *handle;
	int error;

	*looked_up = fdget(fd);
	if (!fd_file(*looked_up))
		return winsync_no_file(fd);
	if (!winsync_is_handle(fd_file(*looked_up))) {
		error = -EBADFD;
	} else {
		handle = winsync_handle(fd_file(*looked_up));
		if (handle->access & WINSYNC_ACCESS_SYNCHRONIZE) {
			*object = handle->object;
			return 0;
		}
		error = -EACCES;
	}
	fdput(*looked_up);
	return error;
}

static int look_up_alert(int fd, struct fd *looked_up,
			 struct winsync_object **alert)
{
	int error;

	*alert = NULL;
	if (fd == -1)
		return 0;
	error = look_up(fd, looked_up, alert);
	if (!error && (*alert)->type != &winsync_event_type) {
		fdput(*looked_up);
		error = -EBADFD;
	}
	return error;
}

/*
 * Sleeps, counted at the handle whose file the kernel keeps for this call. It
 * keeps one only if the table of fds is shared; should the other threads
 * have gone just now, the handle only counts as open for longer.
 */
static long sleep_counted(struct winsync_handle *handle,
			  struct winsync_object *signal,
			  const struct winsync_request *request)
{
	bool counted = handle &&
		       atomic_read(&current->files->count) > 1;
	long result;

	if (counted)
		winsync_handle_sleep(handle);
	result = signal ? winsync_signal_and_wait(signal, request) :
			  winsync_wait_sleep(request);
	if (counted)
		winsync_handle_wake(handle);
	return result;
}

/* What is left to do if the object could not be had at once. */
static noinline long wait_or_sleep(struct winsync_handle *handle,
				   const struct winsync_wait_args *args,
				   struct winsync_owner *owner)
{
	struct winsync_object *object = handle->object;
	struct winsync_request request __uninitialized;
	struct fd alert;
	bool passed;
	long result;

	result = look_up_alert(args->alert, &alert, &request.alert);
	if (result)
		return result;
	request.objects = &object;
	request.count = 1;
	request.all = false;
	request.owner = owner;
	request.opaque_owner = 0;
	read_deadline(&request, args->deadline, args->flags);
	result = request.alert ? winsync_wait_try(&request) : -ETIMEDOUT;
	passed = result == -ETIMEDOUT && deadline_passed(&request);
	if (passed)
		result = winsync_wait_give_up(&request);
	if (passed || result != -ETIMEDOUT) {
		if (request.alert)
			fdput(alert);
		return result;
	}
	if (request.alert) {
		winsync_object_get(request.alert);
		fdput(alert);
	}
	result = sleep_counted(handle, NULL, &request);
	if (request.alert)
		winsync_object_put(request.alert);
	return result;
}

/**
 * winsync_wait_object() - WINSYNC_IOC_WAIT
 * @handle: of the object, which its file keeps
 * @args: arguments
 *
 * Return: as the command.
 */
long winsync_wait_object(struct winsync_handle *handle,
			 const struct winsync_wait_args *args)
{
	struct winsync_owner *owner = NULL;
	long result;

	result = check_deadline(args->deadline, args->flags);
	if (result)
		return result;
	if (!(handle->access & WINSYNC_ACCESS_SYNCHRONIZE))
		return -EACCES;
	result = prepare_mutex(&owner, handle->object);
	if (result)
		return result;
	if (args->alert == -1) {
		result = winsync_wait_try_one(handle->object, owner, 0);
		if (result != -ETIMEDOUT || !args->deadline)
			return result;
	}
	return wait_or_sleep(handle, args, owner);
}

/**
 * struct lookup - the objects of a wait for several
 * @count: looked up so far
 * @objects: the objects; a wait for all sorts them
 * @files: their files
 */
struct lookup {
	u32 count;
	struct winsync_object **objects;
	struct fd *files;
};

static void lookup_put(struct lookup *lookup)
{
	while (lookup->count)
		fdput(lookup->files[--lookup->count]);
}

static int lookup_all(struct lookup *lookup, const s32 *fds, u32 count,
		      struct winsync_request *request)
{
	int error = 0;

	for (lookup->count = 0; lookup->count < count && !error; ) {
		u32 i = lookup->count;

		error = look_up(fds[i], &lookup->files[i],
				&lookup->objects[i]);
		if (!error) {
			lookup->count++;
			error = prepare_mutex(&request->owner,
					      lookup->objects[i]);
		}
	}
	if (error)
		lookup_put(lookup);
	return error;
}

/* Tries, and if that is not enough lets the files go and sleeps. */
static long wait_multiple(struct winsync_call *call, struct lookup *lookup,
			  struct winsync_request *request)
{
	const struct winsync_wait_multiple_args *args =
		&call->args.wait_multiple;
	struct fd alert;
	bool passed;
	long result;
	u32 i;

	result = look_up_alert(args->alert, &alert, &request->alert);
	if (result) {
		lookup_put(lookup);
		return result;
	}
	request->objects = lookup->objects;
	result = winsync_wait_try(request);
	passed = result == -ETIMEDOUT && deadline_passed(request);
	if (passed)
		result = winsync_wait_give_up(request);
	if (passed || result != -ETIMEDOUT) {
		lookup_put(lookup);
		if (request->alert)
			fdput(alert);
		return result;
	}
	for (i = 0; i < request->count; i++)
		winsync_object_get(request->objects[i]);
	if (request->alert) {
		winsync_object_get(request->alert);
		fdput(alert);
	}
	lookup_put(lookup);
	result = sleep_counted(call->handle, NULL, request);
	for (i = 0; i < request->count; i++)
		winsync_object_put(request->objects[i]);
	if (request->alert)
		winsync_object_put(request->alert);
	return result;
}

static long wait_few(struct winsync_call *call, struct winsync_request *request)
{
	struct winsync_object *objects[WINSYNC_MAX_WAIT_ALL] __uninitialized;
	struct fd files[WINSYNC_MAX_WAIT_ALL] __uninitialized;
	s32 fds[WINSYNC_MAX_WAIT_ALL] __uninitialized;
	struct lookup lookup = { .objects = objects, .files = files };
	int error;

	if (copy_from_user(fds, u64_to_user_ptr(call->args.wait_multiple.fds),
			   array_size(request->count, sizeof(*fds))))
		return -EFAULT;
	error = lookup_all(&lookup, fds, request->count, request);
	return error ?: wait_multiple(call, &lookup, request);
}

static long wait_many(struct winsync_call *call,
		      struct winsync_request *request)
{
	struct lookup lookup;
	s32 *fds;
	long result = -ENOMEM;

	fds = kvmalloc_array(request->count, sizeof(*fds), GFP_KERNEL_ACCOUNT);
	lookup.objects = kvmalloc_array(request->count,
					sizeof(*lookup.objects),
					GFP_KERNEL_ACCOUNT);
	lookup.files = kvmalloc_array(request->count, sizeof(*lookup.files),
				      GFP_KERNEL_ACCOUNT);
	if (!fds || !lookup.objects || !lookup.files)
		goto out;
	result = -EFAULT;
	if (copy_from_user(fds, u64_to_user_ptr(call->args.wait_multiple.fds),
			   array_size(request->count, sizeof(*fds))))
		goto out;
	result = lookup_all(&lookup, fds, request->count, request);
	if (!result)
		result = wait_multiple(call, &lookup, request);
out:
	kvfree(lookup.files);
	kvfree(lookup.objects);
	kvfree(fds);
	return result;
}

static long do_wait_multiple(struct winsync_call *call, bool all, u32 most)
{
	const struct winsync_wait_multiple_args *args =
		&call->args.wait_multiple;
	struct winsync_request request = {
		.count = args->count,
		.all = all,
	};
	int error;

	if (args->reserved || !args->count || args->count > most)
		return -EINVAL;
	error = read_deadline(&request, args->deadline, args->flags);
	if (error)
		return error;
	return args->count <= WINSYNC_MAX_WAIT_ALL ? wait_few(call, &request) :
						     wait_many(call, &request);
}

long winsync_do_wait_any(struct winsync_call *call)
{
	return do_wait_multiple(call, false, WINSYNC_MAX_WAIT_ANY);
}

long winsync_do_wait_all(struct winsync_call *call)
{
	return do_wait_multiple(call, true, WINSYNC_MAX_WAIT_ALL);
}

long winsync_do_signal_and_wait(struct winsync_call *call)
{
	const struct winsync_signal_and_wait_args *args =
		&call->args.signal_and_wait;
	struct winsync_object *awaited;
	struct winsync_request request = {
		.objects = &awaited,
		.count = 1,
	};
	struct fd file, alert;
	long result;

	if (args->reserved)
		return -EINVAL;
	result = read_deadline(&request, args->deadline, args->flags);
	if (result)
		return result;
	request.poll = deadline_passed(&request);
	if (call->object->type != &winsync_mutex_type &&
	    !(call->handle->access & WINSYNC_ACCESS_MODIFY))
		return -EACCES;
	if (call->object->type == &winsync_mutex_type) {
		request.owner = winsync_owner_current();
		if (!request.owner)
			return -ENOMEM;
	}
	result = look_up(args->fd, &file, &awaited);
	if (result)
		return result;
	/* Releasing the mutex that is then waited for makes room. */
	if (awaited != call->object)
		result = prepare_mutex(&request.owner, awaited);
	if (!result)
		result = look_up_alert(args->alert, &alert, &request.alert);
	if (result) {
		fdput(file);
		return result;
	}
	winsync_object_get(awaited);
	fdput(file);
	if (request.alert) {
		winsync_object_get(request.alert);
		fdput(alert);
	}
	result = sleep_counted(call->handle, call->object, &request);
	winsync_object_put(awaited);
	if (request.alert)
		winsync_object_put(request.alert);
	return result;
}
