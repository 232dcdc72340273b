// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads as owners.
 *
 * The module hears of the end of a thread, and of exec, through the kernel's
 * tracepoints sched_process_exit and sched_process_exec, which exist on every
 * kernel with tracing and are looked up by name because they are not
 * exported. The exit probe runs in the context of the thread, with PF_EXITING
 * set, before its files are closed; up to Linux 6.12 with preemption off, and
 * after the thread's memory is gone, which is when pthread_join() may already
 * have returned. That gap does not show: an owner with PF_EXITING counts as
 * ended for everybody who looks (winsync_owner_ended()).
 *
 * A record is found by the address of the task and pins it, so that an
 * address never stands for two threads. The exit probe removes it: no object
 * refers to it once the list is empty, because object->owner is set and cleared
 * together with the membership in the list. Readers without the object's lock
 * rely on RCU.
 *
 * Without tracepoints there is only process granularity: the files of a
 * process that ends are flushed, and what its threads own is abandoned then. Their
 * records go with that, or when another thread's comes into the same bucket.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "compat/exit_hook.h"
#include "object.h"
#include "owner.h"
#include "wait.h"

static bool exit_hook = true;
module_param(exit_hook, bool, 0444);
MODULE_PARM_DESC(exit_hook,
		 "abandon mutexes when their thread ends; 0: when the process ends (default: 1)");

#define OWNER_HASH_BITS	10

struct owner_bucket {
	raw_spinlock_t lock;
	struct hlist_head owners;
};

static struct owner_bucket owner_table[1 << OWNER_HASH_BITS];
static struct kmem_cache *owner_cache;
bool winsync_have_exit_hook __ro_after_init;
static bool have_exec_hook;

static struct owner_bucket *owner_bucket(const struct task_struct *task)
{
	return &owner_table[hash_ptr((void *)task, OWNER_HASH_BITS)];
}

static struct winsync_owner *owner_find(const struct task_struct *task)
{
	struct winsync_owner *owner;

	hlist_for_each_entry_rcu(owner, &owner_bucket(task)->owners, node)
		if (owner->task == task)
			return owner;
	return NULL;
}

static void owner_free_rcu(struct rcu_head *rcu)
{
	struct winsync_owner *owner =
		container_of(rcu, struct winsync_owner, rcu);

	put_task_struct(owner->task);
	kmem_cache_free(owner_cache, owner);
}

static void owner_remove(struct winsync_owner *owner)
{
	struct owner_bucket *bucket = owner_bucket(owner->task);
	unsigned long flags;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	hlist_del_rcu(&owner->node);
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
}

/* The first object of the list, with a reference. */
static struct winsync_object *owner_first(struct winsync_owner *owner)
{
	struct winsync_object *object;
	unsigned long flags;

	raw_spin_lock_irqsave(&owner->lock, flags);
	while ((object = list_first_entry_or_null(&owner->objects,
						  struct winsync_object,
						  owned))) {
		if (refcount_inc_not_zero(&object->ref))
			break;
		/* Its last reference is just gone: winsync_object_put(). */
		list_del_init(&object->owned);
	}
	raw_spin_unlock_irqrestore(&owner->lock, flags);
	return object;
}

/*
 * Takes the thread off up to @most of its objects. Returns whether that were
 * all.
 */
static bool owner_sweep(struct winsync_owner *owner, unsigned int most,
			bool atomic)
{
	struct winsync_object *object;

	while (most-- && (object = owner_first(owner))) {
		struct winsync_op op = { .atomic = atomic };

		winsync_lock(object, &op);
		if (object->owner == owner) {
			object->type->owner_exit(object);
			winsync_signal_unlock(object, &op);
		} else {
			winsync_unlock(object, &op);
		}
		if (atomic)
			winsync_object_put_atomic(object);
		else
			winsync_object_put(object);
	}
	return list_empty_careful(&owner->objects);
}

static void owner_work(struct work_struct *work)
{
	struct winsync_owner *owner =
		container_of(work, struct winsync_owner, work);

	while (!owner_sweep(owner, WINSYNC_EXIT_OBJECTS, false))
		cond_resched();
	call_rcu(&owner->rcu, owner_free_rcu);
}

/* @owner's thread will not run user code again; the caller found it first. */
static void owner_end(struct winsync_owner *owner)
{
	WRITE_ONCE(owner->dead, true);
	owner_remove(owner);
	if (owner_sweep(owner, WINSYNC_EXIT_OBJECTS, true))
		call_rcu(&owner->rcu, owner_free_rcu);
	else
		queue_work(winsync_workqueue, &owner->work);
}

static void on_exit(struct task_struct *task)
{
	struct winsync_owner *owner = winsync_owner_find();

	if (owner)
		owner_end(owner);
}

/*
 * The thread goes on as another program and owns nothing any more. Its record
 * is taken away from it, so that the new program can't own through it while a
 * worker may still be busy with it.
 */
static void on_exec(struct task_struct *task)
{
	on_exit(task);
}

/*
 * Removes a record of a thread that ends from the table: one that will not come back
 * into the module but to close files.
 */
static struct winsync_owner *owner_take_ended(struct owner_bucket *bucket)
{
	struct winsync_owner *owner;
	unsigned long flags;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	hlist_for_each_entry(owner, &bucket->owners, node) {
		if (winsync_owner_ended(owner)) {
			hlist_del_rcu(&owner->node);
			break;
		}
	}
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
	return owner;
}

/* Where no hook does it: the threads that have ended own nothing any more. */
static void owner_end_ended(struct owner_bucket *bucket)
{
	struct winsync_owner *owner;

	while ((owner = owner_take_ended(bucket))) {
		WRITE_ONCE(owner->dead, true);
		while (!owner_sweep(owner, WINSYNC_EXIT_OBJECTS, false))
			cond_resched();
		call_rcu(&owner->rcu, owner_free_rcu);
	}
}

/**
 * winsync_owner_find() - the calling thread's record, if it has one
 *
 * Return: the record, which stays until the thread ends, or NULL.
 */
struct winsync_owner *winsync_owner_find(void)
{
	struct winsync_owner *owner;

	rcu_read_lock();
	owner = owner_find(current);
	rcu_read_unlock();
	/* Nobody but us removes our record. */
	return owner;
}

/**
 * winsync_owner_current() - the calling thread's record
 *
 * Made on first use. It stays until the thread ends.
 *
 * Return: the record, or NULL if there is no memory.
 */
struct winsync_owner *winsync_owner_current(void)
{
	struct winsync_owner *owner = winsync_owner_find();
	struct owner_bucket *bucket = owner_bucket(current);
	unsigned long flags;

	if (likely(owner))
		return owner;

	/* A process whose threads come and go does not leave their records behind. */
	if (!winsync_have_exit_hook)
		owner_end_ended(bucket);
	owner = kmem_cache_zalloc(owner_cache, GFP_KERNEL_ACCOUNT);
	if (!owner)
		return NULL;
	owner->task = get_task_struct(current);
	raw_spin_lock_init(&owner->lock);
	INIT_LIST_HEAD(&owner->objects);
	INIT_WORK(&owner->work, owner_work);
	raw_spin_lock_irqsave(&bucket->lock, flags);
	hlist_add_head_rcu(&owner->node, &bucket->owners);
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
	return owner;
}

/**
 * winsync_owner_link() - makes an object depend on a thread
 * @owner: the thread's record
 * @object: locked, without owner
 */
void winsync_owner_link(struct winsync_owner *owner,
			struct winsync_object *object)
{
	winsync_assert_locked(object);
	raw_spin_lock(&owner->lock);
	list_add(&object->owned, &owner->objects);
	WRITE_ONCE(object->owner, owner);
	raw_spin_unlock(&owner->lock);
}

/**
 * winsync_owner_unlink() - ends that
 * @object: locked or without any reference left, with an owner
 */
void winsync_owner_unlink(struct winsync_object *object)
{
	struct winsync_owner *owner = object->owner;

	raw_spin_lock(&owner->lock);
	list_del_init(&object->owned);
	WRITE_ONCE(object->owner, NULL);
	raw_spin_unlock(&owner->lock);
}

/**
 * winsync_owner_flush_all() - winsync_owner_flush() where there is no exit hook
 */
void winsync_owner_flush_all(void)
{
	unsigned int i;

	if (!(current->flags & PF_EXITING) ||
	    !(current->signal->flags & SIGNAL_GROUP_EXIT ||
	      thread_group_empty(current)))
		return;
	for (i = 0; i < ARRAY_SIZE(owner_table); i++)
		owner_end_ended(&owner_table[i]);
}

/**
 * winsync_owner_features() - what the running kernel allows
 *
 * Return: WINSYNC_FEATURE_THREAD_EXIT and WINSYNC_FEATURE_EXEC.
 */
u32 winsync_owner_features(void)
{
	return (winsync_have_exit_hook ? WINSYNC_FEATURE_THREAD_EXIT : 0) |
	       (have_exec_hook ? WINSYNC_FEATURE_EXEC : 0);
}

int winsync_owner_init(void)
{
	unsigned int i;

	owner_cache = KMEM_CACHE(winsync_owner, SLAB_ACCOUNT);
	if (!owner_cache)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(owner_table); i++)
		raw_spin_lock_init(&owner_table[i].lock);

	if (exit_hook) {
		winsync_have_exit_hook = !winsync_hook_exit(on_exit);
		have_exec_hook = winsync_have_exit_hook &&
				 !winsync_hook_exec(on_exec);
	}
	if (!winsync_have_exit_hook)
		pr_warn("no thread exit hook: mutexes are abandoned when their process ends\n");
	else if (!have_exec_hook)
		pr_warn("no exec hook: mutexes stay owned across exec\n");
	return 0;
}

void winsync_owner_exit(void)
{
	unsigned int i;

	winsync_unhook();
	/* Who ended just before may have left objects, and a record, to a worker. */
	drain_workqueue(winsync_workqueue);
	/* Threads that live on keep empty records. */
	for (i = 0; i < ARRAY_SIZE(owner_table); i++) {
		struct winsync_owner *owner;
		struct hlist_node *next;

		hlist_for_each_entry_safe(owner, next, &owner_table[i].owners,
					  node) {
			hlist_del_rcu(&owner->node);
			call_rcu(&owner->rcu, owner_free_rcu);
		}
	}
	rcu_barrier();
	kmem_cache_destroy(owner_cache);
}
