// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects and handles: lifetimes, files, polling, fdinfo.
 *
 * An object lives while object->ref says so, and has its name while
 * object->handles does; docs/design.md, section 1, tells why these are two and how a
 * handle counts as closed while its file is still pinned by a sleeping ioctl.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "ioctl.h"
#include "namespace.h"
#include "object.h"
#include "owner.h"
#include "trace.h"
#include "user.h"
#include "wait.h"

struct workqueue_struct *winsync_workqueue;

#ifdef CONFIG_LOCKDEP
static struct lock_class_key nest_key;
struct winsync_nest winsync_nest = {
	.dep_map = STATIC_LOCKDEP_MAP_INIT("winsync_nest", &nest_key),
};
#endif

static struct winsync_type *const types[] = {
	&winsync_event_type,
	&winsync_mutex_type,
	&winsync_ntsync_mutex_type,
	&winsync_semaphore_type,
	&winsync_timer_type,
};

static struct kmem_cache *handle_cache;
atomic64_t winsync_last_id = ATOMIC64_INIT(0);

/* What an object has again when it is freed. */
static void object_construct(void *memory)
{
	struct winsync_object *object = memory;

	INIT_LIST_HEAD(&object->queue);
	object->cursor = NULL;
	object->next_seq = 0;
	object->owner = NULL;
	object->waiters = 0;
	init_waitqueue_head(&object->poll_wait);
}

static __always_inline void object_free(struct winsync_object *object)
{
	winsync_user_uncharge(object->user, WINSYNC_QUOTA_OBJECTS);
	if (object->name)
		winsync_name_free(object->name);
	kmem_cache_free(object->type->cache, object);
}

/* Whether the last reference went; then nobody knows the object any more. */
static __always_inline bool object_unref(struct winsync_object *object)
{
	bool last;

	if (!object->type->owner_exit)
		return refcount_dec_and_test(&object->ref);
	/*
	 * RCU keeps the owner's record while we look at it: the end of the
	 * thread passes an object over only after its last reference went.
	 */
	rcu_read_lock();
	last = refcount_dec_and_test(&object->ref);
	if (last && object->owner) {
		unsigned long flags;

		local_irq_save(flags);
		winsync_owner_unlink(object);
		local_irq_restore(flags);
	}
	rcu_read_unlock();
	return last;
}

static __always_inline void object_put(struct winsync_object *object)
{
	if (object_unref(object))
		object_free(object);
}

/**
 * winsync_object_put() - drops a reference
 * @object: the object
 */
void winsync_object_put(struct winsync_object *object)
{
	object_put(object);
}

/**
 * winsync_object_put_atomic() - drops a reference in any context
 * @object: the object
 */
void winsync_object_put_atomic(struct winsync_object *object)
{
	/* If it is the last, the work is not under way, and takes it over. */
	if (!refcount_dec_not_one(&object->ref))
		queue_work(winsync_workqueue, &object->work);
}

/**
 * winsync_object_alloc() - makes the common part of an object
 * @type: its type
 * @likely_user: see winsync_user_charge()
 * @signaled: its initial state
 *
 * The type's own fields are not initialised: the memory has what the last
 * object left.
 *
 * Return: the object with one reference and no handle, or an ERR_PTR of
 * -ENOMEM or -EDQUOT.
 */
struct winsync_object *winsync_object_alloc(struct winsync_type *type,
					    struct winsync_user *likely_user,
					    bool signaled)
{
	struct winsync_object *object;
	struct winsync_user *user;

	user = winsync_user_charge(likely_user, WINSYNC_QUOTA_OBJECTS);
	if (IS_ERR(user))
		return ERR_CAST(user);
	object = kmem_cache_alloc(type->cache, GFP_KERNEL_ACCOUNT);
	if (!object) {
		winsync_user_uncharge(user, WINSYNC_QUOTA_OBJECTS);
		return ERR_PTR(-ENOMEM);
	}
	raw_spin_lock_init(&object->lock);
	object->signaled = signaled;
	object->changes = 0;
	object->spin_ns = 0;
	object->signals = 0;
	object->acquisitions = 0;
	object->abandonments = 0;
	object->type = type;
	INIT_LIST_HEAD(&object->owned);
	object->polled = false;
	object->all_first = false;
	refcount_set(&object->ref, 1);
	atomic_set(&object->handles, 0);
	object->first.object = NULL;
	object->user = user;
	object->name = NULL;
	object->id = winsync_new_id();
	INIT_WORK(&object->work, winsync_object_work);
	return object;
}

/**
 * winsync_object_counters() - what happened to an object so far
 * @object: the object
 * @counters: filled, all at one moment
 */
void winsync_object_counters(struct winsync_object *object,
			     struct winsync_counters *counters)
{
	struct winsync_op op = { };

	winsync_lock(object, &op);
	counters->signals = object->signals;
	counters->acquisitions = object->acquisitions;
	counters->abandonments = object->abandonments;
	winsync_unlock(object, &op);
}

/* Handles. */

static __always_inline void drop_handle(struct winsync_object *object)
{
	bool last = object->name ? winsync_name_drop_handle(object) :
				   atomic_dec_and_test(&object->handles);

	if (last && object->type->last_close)
		object->type->last_close(object);
}

static __always_inline void handle_close(struct winsync_handle *handle)
{
	if (atomic_xchg(&handle->closed, 1))
		return;
	drop_handle(handle->object);
	trace_winsync_close(handle->object);
}

/**
 * winsync_object_abandon() - gives up an object that was to get a handle
 * @object: with a reference and a handle counted, both of which go
 */
void winsync_object_abandon(struct winsync_object *object)
{
	drop_handle(object);
	winsync_object_put(object);
}

#define SLEEPER_BEGINS	((1LL << 32) + 1)

/*
 * Whether all references of the file, but so many of the caller's, are those of
 * sleepers: then no fd is left, nor can one come back. Sleepers have their
 * reference before they are counted and after; so while none comes or goes, the
 * two numbers can be compared.
 */
static bool only_sleepers(struct winsync_handle *handle, long callers)
{
	s64 before, after = atomic64_read(&handle->sleepers);
	long references;

	/* Mostly nobody sleeps upon it. */
	if (likely(!lower_32_bits(after)))
		return false;
	do {
		before = after;
		smp_rmb(); /* references after sleepers */
		references = file_count(handle->file) - callers;
		smp_rmb(); /* and sleepers again after references */
		after = atomic64_read(&handle->sleepers);
	} while (after != before);
	return lower_32_bits(before) && references <= lower_32_bits(before);
}

/**
 * winsync_handle_sleep() - the caller is about to sleep in an ioctl on a handle
 * @handle: for whose file the kernel holds a reference because of that
 */
void winsync_handle_sleep(struct winsync_handle *handle)
{
	/* A full barrier: counted after it got its reference. */
	atomic64_add_return(SLEEPER_BEGINS, &handle->sleepers);
	/* Who closed the last fd since it was looked up did not see us. */
	if (only_sleepers(handle, 0))
		handle_close(handle);
}

/**
 * winsync_handle_wake() - the caller sleeps no more
 * @handle: the handle
 */
void winsync_handle_wake(struct winsync_handle *handle)
{
	/* The reference goes later, with the end of the ioctl. */
	atomic64_dec(&handle->sleepers);
}

static int object_flush(struct file *file, fl_owner_t id)
{
	struct winsync_handle *handle = winsync_handle(file);

	winsync_owner_flush();
	/* One reference is the closing fd's. */
	if (only_sleepers(handle, 1))
		handle_close(handle);
	return 0;
}

static int object_release(struct inode *inode, struct file *file)
{
	struct winsync_handle *handle = winsync_handle(file);
	struct winsync_object *object = handle->object;

	handle_close(handle);
	if (handle != &object->first)
		kmem_cache_free(handle_cache, handle);
	object_put(object);
	return 0;
}

static __poll_t object_poll(struct file *file, poll_table *table)
{
	struct winsync_handle *handle = winsync_handle(file);
	struct winsync_object *object = handle->object;
	struct winsync_op op = { };
	bool signaled;

	if (!(handle->access & WINSYNC_ACCESS_SYNCHRONIZE))
		return EPOLLERR;
	poll_wait(file, &object->poll_wait, table);
	/* Under the lock: who signals after this sees that we poll. */
	winsync_lock(object, &op);
	object->polled = true;
	signaled = object->signaled;
	winsync_unlock(object, &op);
	return signaled ? EPOLLIN | EPOLLRDNORM : 0;
}

static void object_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct winsync_handle *handle = winsync_handle(file);
	struct winsync_object *object = handle->object;
	struct winsync_counters counters;

	seq_printf(seq, "winsync-type:\t%s\nwinsync-id:\t%llu\n",
		   object->type->name, object->id);
	seq_printf(seq, "winsync-access:\t%#x\nwinsync-handles:\t%d\n",
		   handle->access, atomic_read(&object->handles));
	seq_printf(seq, "winsync-waiters:\t%u\n", READ_ONCE(object->waiters));
	winsync_name_show(object->name, seq);
	/* Who may not query it learns nothing of its state here either. */
	if (!(handle->access & WINSYNC_ACCESS_QUERY))
		return;
	winsync_object_counters(object, &counters);
	seq_printf(seq,
		   "winsync-signals:\t%llu\nwinsync-acquisitions:\t%llu\nwinsync-abandonments:\t%llu\n",
		   counters.signals, counters.acquisitions,
		   counters.abandonments);
	object->type->show(object, seq);
}

static const struct file_operations object_fops = {
	.owner		= THIS_MODULE,
	.flush		= object_flush,
	.release	= object_release,
	.poll		= object_poll,
	.unlocked_ioctl	= winsync_object_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= object_show_fdinfo,
};

/**
 * winsync_is_handle() - whether a file is a handle to an object
 * @file: any file
 */
bool winsync_is_handle(const struct file *file)
{
	return file->f_op == &object_fops;
}

static struct file *handle_file(struct winsync_handle *handle,
				struct winsync_object *object, u32 access)
{
	struct file *file;

	handle->object = object;
	handle->access = access;
	atomic_set(&handle->closed, 0);
	atomic64_set(&handle->sleepers, 0);
	file = anon_inode_getfile(object->type->file_name, &object_fops, handle,
				  O_RDWR);
	if (!IS_ERR(file))
		handle->file = file;
	return file;
}

/**
 * winsync_trace_created() - traces a new object
 * @object: that somebody can use from now on
 */
void winsync_trace_created(struct winsync_object *object)
{
	struct winsync_snapshot snapshot = { };
	struct winsync_op op = { };

	winsync_lock(object, &op);
	object->type->describe(object, &snapshot);
	winsync_unlock(object, &op);
	trace_winsync_create(object, &snapshot);
}

/**
 * winsync_object_file() - the first handle of a new object
 * @object: an object with one reference and one handle counted, which are the
 *	file's now; on error they stay the caller's
 * @access: rights
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *winsync_object_file(struct winsync_object *object, u32 access)
{
	struct file *file = handle_file(&object->first, object, access);

	if (!IS_ERR(file) && trace_winsync_create_enabled())
		winsync_trace_created(object);
	return file;
}

/**
 * winsync_handle_file() - another handle of an object
 * @object: likewise
 * @access: rights
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *winsync_handle_file(struct winsync_object *object, u32 access)
{
	struct winsync_handle *handle;
	struct file *file;

	handle = kmem_cache_alloc(handle_cache, GFP_KERNEL_ACCOUNT);
	if (!handle)
		return ERR_PTR(-ENOMEM);
	file = handle_file(handle, object, access);
	if (IS_ERR(file))
		kmem_cache_free(handle_cache, handle);
	else
		trace_winsync_open(object, access);
	return file;
}

int winsync_object_init(void)
{
	unsigned int i;

	winsync_workqueue = alloc_workqueue("winsync", WQ_UNBOUND, 0);
	handle_cache = KMEM_CACHE(winsync_handle, SLAB_ACCOUNT);
	if (!winsync_workqueue || !handle_cache)
		goto fail;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		types[i]->cache = kmem_cache_create(types[i]->file_name,
						    types[i]->size, 0,
						    SLAB_HWCACHE_ALIGN |
						    SLAB_ACCOUNT,
						    object_construct);
		if (!types[i]->cache)
			goto fail;
	}
	return 0;
fail:
	winsync_object_exit();
	return -ENOMEM;
}

void winsync_object_exit(void)
{
	unsigned int i;

	if (winsync_workqueue)
		destroy_workqueue(winsync_workqueue);
	rcu_barrier();
	for (i = 0; i < ARRAY_SIZE(types); i++)
		kmem_cache_destroy(types[i]->cache);
	kmem_cache_destroy(handle_cache);
}
