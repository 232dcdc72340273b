/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects, handles, and the table of types. */
#ifndef WINSYNC_OBJECT_H
#define WINSYNC_OBJECT_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "perm.h"

struct seq_file;
struct winsync_counters;
struct winsync_entry;
struct winsync_name;
struct winsync_ntsync;
struct winsync_object;
struct winsync_owner;
struct winsync_user;
struct winsync_wait;

/**
 * struct winsync_snapshot - an object's state as queries and listings show it
 * @value: see struct winsync_list_entry
 * @extra: likewise; for a mutex filled in by the reader from @owner
 */
struct winsync_snapshot {
	u32 value;
	u32 extra;
};

/**
 * struct winsync_type - what the rest of the module knows of an object type
 * @id: WINSYNC_TYPE_*
 * @name: for fdinfo and traces
 * @file_name: name of the anonymous inode's file
 * @size: of the structure that embeds the struct winsync_object
 * @cache: made at load time
 * @owned_by: whether @wait could acquire an object that is not signaled, because
 *	its thread owns it. Called with the lock held, or as a peek without it
 *	(its answer then only a hint); NULL if there are no owners
 * @exhausted: whether no wait at all can acquire it; NULL: when it is not signaled
 * @acquire: the side effect of a satisfied wait [WT-2]; returns whether the
 *	mutex was abandoned
 * @signal: the signal half of signal-and-wait on behalf of @wait, NULL if the
 *	type has none [WT-32]; 0 or the error of that command
 * @pass_end: the queue was served to its end (ends a pulse); may be NULL
 * @owner_exit: the thread that @owner stands for has ended
 * @last_close: the last handle was closed; may sleep; may be NULL
 * @describe: fills a snapshot
 * @show: the type's own lines of fdinfo; NULL if its files have none
 *
 * All but @last_close and @show are called with the object's lock held.
 */
struct winsync_type {
	u32 id;
	const char *name;
	const char *file_name;
	size_t size;
	struct kmem_cache *cache;

	bool (*owned_by)(const struct winsync_object *object,
			 const struct winsync_wait *wait);
	bool (*exhausted)(const struct winsync_object *object);
	bool (*acquire)(struct winsync_object *object,
			const struct winsync_wait *wait);
	int (*signal)(struct winsync_object *object,
		      const struct winsync_wait *wait);
	void (*pass_end)(struct winsync_object *object);
	void (*owner_exit)(struct winsync_object *object);
	void (*last_close)(struct winsync_object *object);
	void (*describe)(const struct winsync_object *object,
			 struct winsync_snapshot *snapshot);
	void (*show)(struct winsync_object *object, struct seq_file *seq);
};

extern struct winsync_type winsync_event_type;
extern struct winsync_type winsync_mutex_type;
extern struct winsync_type winsync_ntsync_mutex_type;
extern struct winsync_type winsync_semaphore_type;
extern struct winsync_type winsync_timer_type;

/**
 * struct winsync_handle - private data of an object's file
 * @object: counted in its handles (until closed) and its ref
 * @access: WINSYNC_ACCESS_*, never changes
 * @closed: 1 once no fd of the file is left, see object_flush()
 * @file: whose private data this is
 * @sleepers: lower half: waits that sleep in an ioctl on this very file and for
 *	which the kernel holds a reference of it; upper half: how many began to
 */
struct winsync_handle {
	struct winsync_object *object;
	u32 access;
	atomic_t closed;
	struct file *file;
	atomic64_t sleepers;
};

/**
 * struct winsync_object - what all types share
 * @lock: protects the state of the type, @signaled, @queue, @cursor, @next_seq,
 *	@waiters, @owner, @polled and the counters. Taken with interrupts off;
 *	see docs/design.md 2.6
 * @signaled: whether a thread that owns nothing would acquire it; written by the
 *	type, read without the lock as a hint, see also winsync_peek_end()
 * @queue: struct winsync_entry in order of arrival
 * @cursor: next entry of the pass that is under way, NULL if none is
 * @next_seq: sequence number of the next entry
 * @waiters: entries in @queue
 * @changes: of events and semaphores, odd from before a state that is not its
 *	operation's last to the end of the pass; read without the lock, see
 *	winsync_peek_end()
 * @spin_ns: how long a wait looks before it sleeps, see spin() in wait.c; a hint,
 *	read and written without the lock
 * @signals: how often it was signaled, see struct winsync_counters
 * @acquisitions: likewise, how often a wait acquired it
 * @abandonments: likewise, how often its owner ended
 * @polled: somebody polled it once, so that signals wake @poll_wait
 * @type: never changes
 * @ref: lifetime of the memory
 * @handles: handles that are not closed; with it the name goes
 * @owner: the thread the object depends on (owner of a mutex), NULL if none
 * @owned: in @owner's list, protected by that owner's lock
 * @last_all: end of the part of @queue that is for waits for all, if @all_first;
 *	such an object has no @owner and so no use for @owned
 * @ntsync: likewise, the instance that the object belongs to; never changes
 * @all_first: @queue holds the waits for all before all others, as the ntsync
 *	front end has them served; never changes
 * @work: with a reference, does what an atomic context left over: serving,
 *	waking, and the final put
 * @user: who is charged
 * @name: NULL if unnamed; never changes
 * @perm: who owns it, and may do what; the creating command sets it, and
 *	@created, which objects of the ntsync front end have no use for
 * @id: unique
 * @created: CLOCK_BOOTTIME nanoseconds of the initial time namespace
 * @first: the creator's handle
 * @poll_wait: pollers
 */
struct winsync_object {
	raw_spinlock_t lock;
	bool signaled;
	bool polled;
	bool all_first;
	struct list_head queue;
	struct winsync_entry *cursor;
	u64 next_seq;
	const struct winsync_type *type;
	struct winsync_owner *owner;
	union {
		struct list_head owned;
		struct {
			struct list_head *last_all;
			struct winsync_ntsync *ntsync;
		};
	};
	u32 waiters;
	u32 changes;
	u32 spin_ns;
	u64 signals;
	u64 acquisitions;
	u64 abandonments;
	refcount_t ref;
	atomic_t handles;
	/* Up to here it is in two cache lines, which is all that most commands use. */
	struct winsync_handle first;
	wait_queue_head_t poll_wait;

	struct winsync_user *user;
	struct winsync_name *name;
	struct winsync_perm perm;
	u64 id;
	u64 created;
	struct work_struct work;
};

extern struct workqueue_struct *winsync_workqueue;
extern atomic64_t winsync_last_id;

/* Of an object or namespace: no two have the same, ever. */
static inline u64 winsync_new_id(void)
{
	return atomic64_inc_return(&winsync_last_id);
}

/*
 * Several objects' locks are held at once under this map, so that lockdep
 * counts them as one; address order (or trylock) excludes deadlocks.
 */
#ifdef CONFIG_LOCKDEP
struct winsync_nest { struct lockdep_map dep_map; };
extern struct winsync_nest winsync_nest;
#define winsync_nest_acquire()	lock_map_acquire(&winsync_nest.dep_map)
#define winsync_nest_release()	lock_map_release(&winsync_nest.dep_map)
#else
#define winsync_nest_acquire()	do { } while (0)
#define winsync_nest_release()	do { } while (0)
#endif

/* Takes one more lock; the caller has interrupts off and the map acquired. */
static inline void winsync_raw_lock(struct winsync_object *object)
{
#ifdef CONFIG_LOCKDEP
	raw_spin_lock_nest_lock(&object->lock, &winsync_nest);
#else
	raw_spin_lock(&object->lock);
#endif
}

static inline bool winsync_raw_trylock(struct winsync_object *object)
{
	if (!raw_spin_trylock(&object->lock))
		return false;
#ifdef CONFIG_LOCKDEP
	/* It counted as a lock by itself, of which there may not be 64. */
	lock_release(&object->lock.dep_map, _RET_IP_);
	lock_acquire(&object->lock.dep_map, 0, 1, 0, 1, &winsync_nest.dep_map,
		     _RET_IP_);
#endif
	return true;
}

static inline void winsync_raw_unlock(struct winsync_object *object)
{
	raw_spin_unlock(&object->lock);
}

/* The only lock. */
static inline void winsync_lock_irqsave(struct winsync_object *object,
					unsigned long *flags)
{
#ifdef CONFIG_LOCKDEP
	local_irq_save(*flags);
	winsync_nest_acquire();
	winsync_raw_lock(object);
#else
	raw_spin_lock_irqsave(&object->lock, *flags);
#endif
}

static inline void winsync_unlock_irqrestore(struct winsync_object *object,
					     unsigned long flags)
{
#ifdef CONFIG_LOCKDEP
	winsync_raw_unlock(object);
	winsync_nest_release();
	local_irq_restore(flags);
#else
	raw_spin_unlock_irqrestore(&object->lock, flags);
#endif
}

static inline void winsync_assert_locked(const struct winsync_object *object)
{
	lockdep_assert_held(&object->lock);
}

static inline void winsync_set_signaled(struct winsync_object *object,
					bool signaled)
{
	winsync_assert_locked(object);
	WRITE_ONCE(object->signaled, signaled);
}

struct winsync_object *winsync_object_alloc(struct winsync_type *type,
					    struct winsync_user *likely_user,
					    bool signaled);
void winsync_object_put(struct winsync_object *object);
void winsync_object_put_atomic(struct winsync_object *object);

static inline struct winsync_object *
winsync_object_get(struct winsync_object *object)
{
	refcount_inc(&object->ref);
	return object;
}

/**
 * winsync_object_open() - counts one more handle
 * @object: referenced
 *
 * Return: false if the last handle was closed, and the name gone.
 */
static inline bool winsync_object_open(struct winsync_object *object)
{
	return atomic_inc_not_zero(&object->handles);
}

void winsync_object_counters(struct winsync_object *object,
			     struct winsync_counters *counters);
void winsync_trace_created(struct winsync_object *object);
void winsync_object_abandon(struct winsync_object *object);
void winsync_handle_sleep(struct winsync_handle *handle);
void winsync_handle_wake(struct winsync_handle *handle);
struct file *winsync_object_file(struct winsync_object *object, u32 access);
struct file *winsync_handle_file(struct winsync_object *object, u32 access);
bool winsync_is_handle(const struct file *file);

static inline struct winsync_handle *winsync_handle(const struct file *file)
{
	return file->private_data;
}

int winsync_object_init(void);
void winsync_object_exit(void);

#endif /* WINSYNC_OBJECT_H */
