/* SPDX-License-Identifier: GPL-2.0-only */
/* The wait engine; how it works stands at the top of wait.c. */
#ifndef WINSYNC_WAIT_H
#define WINSYNC_WAIT_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "limits.h"
#include "object.h"
#include "owner.h"

/**
 * struct winsync_entry - one object's part in a wait
 * @node: in the object's queue, empty if not linked; protected by its lock
 * @object: the object; the wait holds a reference
 * @wait: the wait
 * @seq: the object's sequence number, valid while linked
 * @index: the caller's index of the object
 * @all: whether it is granted only together with the others
 */
struct winsync_entry {
	struct list_head node;
	struct winsync_object *object;
	struct winsync_wait *wait;
	u64 seq;
	u16 index;
	bool all;
};

/* Values of winsync_wait.state; WINSYNC_GRANTED is or'ed with the result. */
#define WINSYNC_PENDING		0
#define WINSYNC_CLAIMED		1
#define WINSYNC_CANCELED	2
#define WINSYNC_GRANTED		0x40000000

/**
 * struct winsync_wait - one thread's wait
 * @state: see above; written by compare-and-exchange from WINSYNC_PENDING
 * @pins: others that look at a wait for all without holding a lock of it
 * @asleep: the thread has to be woken; see spin()
 * @task: the thread
 * @owner: its record, NULL if the wait has no mutex
 * @opaque_owner: owner number, for the mutexes of the ntsync front end
 * @count: entries, without the alert's
 * @all: whether it waits for all of them
 * @alert: the alert's entry, NULL if none
 * @entries: for waits for all in address order
 * @since: CLOCK_MONOTONIC nanoseconds at which it began to sleep
 */
struct winsync_wait {
	atomic_t state;
	atomic_t pins;
	bool asleep;
	struct task_struct *task;
	struct winsync_owner *owner;
	u32 opaque_owner;
	u16 count;
	bool all;
	struct winsync_entry *alert;
	struct winsync_entry *entries;
	u64 since;
};

/**
 * struct winsync_request - what a caller wants to wait for
 * @objects: @count objects that the caller keeps alive
 * @alert: an object that ends the wait, NULL if none
 * @count: how many
 * @all: wait for all
 * @poll: do not sleep
 * @clock: clock of @deadline
 * @deadline: absolute, in the clock of the initial time namespace; KTIME_MAX
 *	is never
 * @owner: the calling thread's record, needed if there is a mutex
 * @opaque_owner: see struct winsync_wait
 */
struct winsync_request {
	struct winsync_object **objects;
	struct winsync_object *alert;
	u32 count;
	bool all;
	bool poll;
	clockid_t clock;
	ktime_t deadline;
	struct winsync_owner *owner;
	u32 opaque_owner;
};

/**
 * struct winsync_op - an operation on one object, from lock to unlock
 *
 * What is not inline gets it by value, so that it can be in registers.
 *
 * @flags: saved interrupt state
 * @atomic: the caller can't sleep and should not stay long
 * @sync: the caller is about to sleep: tasks may be woken on this processor
 */
struct winsync_op {
	unsigned long flags;
	bool atomic;
	bool sync;
};

unsigned long winsync_finish_pass(struct winsync_object *object,
				  struct winsync_op op);
void winsync_serve_unlock(struct winsync_object *object, struct winsync_op op);
void winsync_queue_unlock(struct winsync_object *object, struct winsync_op op);

/*
 * A mutex whose owner is on its way out becomes signaled by nobody's command:
 * who looks first does what the exit hook is about to do.
 */
static inline bool winsync_is_stale(const struct winsync_object *object)
{
	const struct winsync_owner *owner = READ_ONCE(object->owner);

	return owner && unlikely(winsync_owner_ended(owner));
}

/**
 * winsync_lock() - locks an object for an operation
 * @object: the object, which the caller keeps alive
 * @op: saved state; op->atomic and op->sync are the caller's to set
 *
 * Finishes the pass under way, except in atomic context, where the caller has
 * to cope with object->cursor being set.
 */
static inline void winsync_lock(struct winsync_object *object,
				struct winsync_op *op)
{
	winsync_lock_irqsave(object, &op->flags);
	if (unlikely(object->cursor || winsync_is_stale(object)) && !op->atomic)
		op->flags = winsync_finish_pass(object, *op);
}

/*
 * States that are read without the lock. An operation writes its last one only, but
 * if it signals an object with a queue, which may take that at once: then @changes
 * tells as a seqcount does.
 */

static inline void winsync_states_begin(struct winsync_object *object)
{
	winsync_assert_locked(object);
	if (!(object->changes & 1))
		WRITE_ONCE(object->changes, object->changes + 1);
	smp_wmb(); /* before the states; pairs with winsync_peek_end() */
}

static inline void winsync_states_end(struct winsync_object *object)
{
	winsync_assert_locked(object);
	if (!(object->changes & 1))
		return;
	smp_wmb(); /* after the states; pairs with winsync_peek_begin() */
	WRITE_ONCE(object->changes, object->changes + 1);
}

/* A state follows that the queue, if there is one, may take. */
static inline void winsync_signal_begin(struct winsync_object *object)
{
	if (!list_empty(&object->queue))
		winsync_states_begin(object);
}

static inline u32 winsync_peek_begin(const struct winsync_object *object)
{
	u32 changes = READ_ONCE(object->changes);

	smp_rmb(); /* pairs with winsync_states_end() */
	return changes;
}

/**
 * winsync_peek_end() - whether a state that was read without the lock counts
 * @object: the object, which the caller keeps alive
 * @changes: what winsync_peek_begin() returned before it was read
 *
 * Who has the lock may have written this state, but not yet those of the other
 * objects of a wait for all: it has to be waited for.
 *
 * Return: false if the lock is needed.
 */
static inline bool winsync_peek_end(struct winsync_object *object, u32 changes)
{
	/* Pairs with winsync_states_begin(), and with trylock_all() in wait.c. */
	smp_rmb();
	return !raw_spin_is_locked(&object->lock) && !(changes & 1) &&
	       READ_ONCE(object->changes) == changes;
}

/**
 * winsync_unlock() - ends an operation that made nothing signaled
 * @object: the object
 * @op: as for winsync_lock()
 */
static inline void winsync_unlock(struct winsync_object *object,
				  struct winsync_op *op)
{
	winsync_unlock_irqrestore(object, op->flags);
}

/**
 * winsync_signal_unlock() - serves the queue and ends the operation
 * @object: locked by winsync_lock(), perhaps signaled now
 * @op: as for winsync_lock()
 *
 * When it returns, who was to be granted has been granted and woken; in
 * atomic context a worker may have to do the rest of a long queue.
 */
static inline void winsync_signal_unlock(struct winsync_object *object,
					 struct winsync_op *op)
{
	if (list_empty(&object->queue) && !object->polled)
		winsync_unlock(object, op);
	else
		winsync_queue_unlock(object, *op);
}

void winsync_object_work(struct work_struct *work);

int winsync_wait_try_one(struct winsync_object *object,
			 struct winsync_owner *owner, u32 opaque_owner);
int winsync_wait_try(const struct winsync_request *request);
int winsync_wait_give_up(const struct winsync_request *request);
int winsync_wait_sleep(const struct winsync_request *request);
int winsync_signal_and_wait(struct winsync_object *signaled,
			    const struct winsync_request *request);

/* A waiter's thread and its process. */
struct winsync_waiter_pids {
	struct pid *thread;
	struct pid *process;
};

u32 winsync_wait_list(struct winsync_object *object,
		      struct winsync_waiter *waiters,
		      struct winsync_waiter_pids *pids, u32 room, u32 *total);

#endif /* WINSYNC_WAIT_H */
