// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wait engine: who gets a signal, and who sleeps for it.
 *
 * An object has one queue of entries in order of arrival; a wait has an entry
 * in the queue of each of its objects. Everything here is decided under the
 * locks of the objects concerned and nothing wider. docs/design.md, section 2,
 * names the invariants I1 to I8 that the comments refer to.
 *
 * States of a wait (struct winsync_wait.state)
 *
 *	PENDING --> CLAIMED --> GRANTED|result		by a granter
 *	PENDING --> CANCELED				by the waiter itself
 *
 * The step out of PENDING is a compare-and-exchange, so that one party wins
 * (I2). A granter has interrupts off from CLAIMED to GRANTED. The store of
 * GRANTED is a release (R) and the last time the granter touches the wait, which
 * lives on the waiter's stack; the waiter's acquire is in wait_result(). A waiter
 * that wants to leave and finds CLAIMED spins: what it waits for takes a few
 * instructions on another processor.
 *
 * Lifetime (I5). A wait may be looked at while holding the lock of an object
 * in whose queue one of its entries is linked: to leave, the waiter takes
 * that lock. It skips an entry only if the granter told, by GRANTED, that it
 * has unlinked it. Waits for all can also be pinned, see below; the waiter
 * leaves only when the last pin is gone. It spins until then, so who has pinned
 * one is not preempted.
 *
 * Passes. Whoever makes an object signaled walks its queue: object->cursor is
 * the next entry to look at, NULL outside of a pass. A pass may have to drop
 * the lock (its budget is used up (I8), or a lock could not be had);
 * whoever takes the lock in between, through winsync_lock(), first
 * finishes the pass. So nobody sees the middle of one: no newcomer overtakes
 * a queued wait (I4), and a pulse, which ends with its pass, is never
 * seen (I6). Queries take no lock outside of passes: winsync_peek_end().
 *
 * Waits for all. An entry of such a wait is looked at in its turn. The other
 * members are peeked at without their locks; if one is not signaled the pass
 * goes on. Nothing is lost by that (I1), because signallers do
 *
 *	CPU 0: object X of the wait	CPU 1: object Y of the wait
 *	lock(X)				lock(Y)
 *	X becomes signaled		Y becomes signaled
 *	smp_mb()		(A)	smp_mb()		(A)
 *	Y signaled?			X signaled?
 *
 * and it can't be that both say no. If all members look signaled their locks
 * are tried; with all of them held the answer is exact. If a lock is not to
 * be had the wait is pinned, the object's lock dropped with the cursor
 * standing at the entry, and all locks are taken in order of address.
 *
 * A member may be in the middle of a pass of its own. The wait may take it if
 * that pass has already been where the wait's entry is; otherwise that pass will come to
 * the entry and find the state that made us look. One of two passes that
 * meet in a wait is always the second one: they decide under all locks.
 *
 * Waking. A waiter looks for a while before it sleeps, see spin(), and says in
 * wait->asleep that it does:
 *
 *	waiter				granter
 *	asleep = true			claim: a full barrier	(B)
 *	set_current_state(): smp_mb()	asleep?
 *	still PENDING?
 *
 * Either the granter sees that it has to wake, or the waiter sees the claim.
 * Tasks are noted under the lock and woken after it was dropped. They
 * need no reference: a task that was alive under the lock (its wait was not
 * GRANTED) is freed after a grace period at the earliest, and RCU is held
 * from before GRANTED until after the wake-up.
 */
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "object.h"
#include "observe.h"
#include "wait.h"

/*
 * Tasks to wake, and at most one wait that could not be decided because a lock
 * was not to be had; it is pinned.
 */
struct batch {
	unsigned int count;
	struct winsync_wait *contended;
	struct task_struct *tasks[WINSYNC_BATCH];
};

static unsigned int spin_us = WINSYNC_SPIN_MAX_US;
module_param(spin_us, uint, 0644);
MODULE_PARM_DESC(spin_us,
		 "longest time in microseconds that a wait looks before it sleeps, 0 for never (default: 50)");

static u64 spin_max_ns(void)
{
	return (u64)READ_ONCE(spin_us) * NSEC_PER_USEC;
}

/* Value of winsync_entry.seq; only the waiter itself links entries. */
#define NEVER_LINKED	U64_MAX

/*
 * Where waits for all go first (winsync_object.all_first) the sequence numbers
 * of the others have this bit, so that they still ascend along the queue.
 */
#define SEQ_BEHIND_ALL	BIT_ULL(63)

static bool signaled(const struct winsync_object *object,
		     const struct winsync_wait *wait)
{
	return READ_ONCE(object->signaled) ||
	       (object->type->owned_by && object->type->owned_by(object, wait));
}

static bool exhausted(const struct winsync_object *object)
{
	return object->type->exhausted ? object->type->exhausted(object) :
					 !object->signaled;
}

/*
 * For a queued wait if @granted, otherwise for the caller's own. Returns whether
 * it was an abandoned mutex.
 */
static bool acquire(struct winsync_object *object,
		    const struct winsync_wait *wait, bool granted)
{
	bool abandoned = object->type->acquire(object, wait);

	winsync_note_acquisition(object, wait, granted, abandoned);
	return abandoned;
}

/* The queue and the cursor. */

static void cursor_set(struct winsync_object *object,
		       struct winsync_entry *entry)
{
	winsync_assert_locked(object);
	object->cursor = entry;
	if (entry)
		return;
	if (object->type->pass_end)
		object->type->pass_end(object);
	winsync_states_end(object);
}

static void cursor_advance(struct winsync_object *object)
{
	struct winsync_entry *entry = object->cursor;

	cursor_set(object, list_is_last(&entry->node, &object->queue) ?
			   NULL : list_next_entry(entry, node));
}

static void pass_begin(struct winsync_object *object)
{
	cursor_set(object, list_first_entry_or_null(&object->queue,
						    struct winsync_entry,
						    node));
}

static void entry_link(struct winsync_entry *entry)
{
	struct winsync_object *object = entry->object;

	winsync_assert_locked(object);
	entry->seq = object->next_seq++;
	WRITE_ONCE(object->waiters, object->waiters + 1);
	if (object->all_first && entry->all) {
		list_add(&entry->node, object->last_all);
		object->last_all = &entry->node;
		return;
	}
	if (object->all_first)
		entry->seq |= SEQ_BEHIND_ALL;
	list_add_tail(&entry->node, &object->queue);
}

static void entry_unlink(struct winsync_entry *entry)
{
	struct winsync_object *object = entry->object;

	winsync_assert_locked(object);
	if (list_empty(&entry->node))
		return;
	if (object->cursor == entry)
		cursor_advance(object);
	if (object->all_first && object->last_all == &entry->node)
		object->last_all = entry->node.prev;
	list_del_init(&entry->node);
	WRITE_ONCE(object->waiters, object->waiters - 1);
}

/* Granting. */

static bool claim(struct winsync_wait *wait)
{
	return atomic_cmpxchg(&wait->state, WINSYNC_PENDING,
			      WINSYNC_CLAIMED) == WINSYNC_PENDING;
}

/* The last access to the wait: (R), pairs with wait_result(). */
static void publish(struct winsync_wait *wait, int result)
{
	atomic_set_release(&wait->state, WINSYNC_GRANTED | result);
}

/*
 * The claim was a full barrier (B): either we see that the thread sleeps, or it
 * sees the claim before it does; pairs with wait_sleep().
 */
static bool must_wake(const struct winsync_wait *wait)
{
	return READ_ONCE(wait->asleep);
}

static void note_task(const struct winsync_wait *wait, struct batch *batch)
{
	if (must_wake(wait))
		batch->tasks[batch->count++] = wait->task;
}

static int entry_result(const struct winsync_entry *entry, bool abandoned)
{
	int result = entry->index;

	if (entry == entry->wait->alert)
		result |= WINSYNC_WAIT_ALERTED;
	if (abandoned)
		result |= WINSYNC_WAIT_ABANDONED;
	return result;
}

/*
 * Whether the thread was killed while it waited: it takes nothing any more, so
 * that no signal is lost with it [WT-10], and will leave the queue by itself.
 */
static bool killed(const struct winsync_wait *wait)
{
	/*
	 * The kernel writes the set of signals under a lock that is not ours; a
	 * kill at this moment may be seen or not.
	 */
	return unlikely(data_race(fatal_signal_pending(wait->task)));
}

static void serve_any(struct winsync_object *object,
		      struct winsync_entry *entry, struct batch *batch)
{
	struct winsync_wait *wait = entry->wait;
	bool abandoned;

	if (!signaled(object, wait) || killed(wait)) {
		cursor_advance(object);
		return;
	}
	if (!claim(wait)) {
		/* It is over for another reason; its thread comes for the lock. */
		entry_unlink(entry);
		return;
	}
	entry_unlink(entry);
	abandoned = acquire(object, wait, true);
	note_task(wait, batch);
	publish(wait, entry_result(entry, abandoned));
}

/*
 * With the locks of all members held: grants the wait if all are signaled.
 * Returns 0 if not, otherwise GRANTED or'ed with the result, which the
 * caller publishes after it has dropped the locks that it does not own a
 * reference for.
 */
static int commit_all(struct winsync_wait *wait)
{
	struct winsync_entry *entry;
	bool abandoned = false;
	unsigned int i;

	for (i = 0; i < wait->count; i++) {
		const struct winsync_object *member;

		entry = &wait->entries[i];
		member = entry->object;
		winsync_assert_locked(member);
		/* Unlinked here means that the wait is over. */
		if (list_empty(&entry->node) || !signaled(member, wait))
			return 0;
		if (member->cursor && entry->seq > member->cursor->seq)
			return 0;
	}
	/* The claim is a barrier: all locks before any state, see winsync_peek_end(). */
	if (killed(wait) || !claim(wait))
		return 0;
	for (i = 0; i < wait->count; i++) {
		entry = &wait->entries[i];
		entry_unlink(entry);
		abandoned |= acquire(entry->object, wait, true);
	}
	return WINSYNC_GRANTED | (abandoned ? WINSYNC_WAIT_ABANDONED : 0);
}

static void unlock_members(struct winsync_wait *wait, unsigned int count,
			   const struct winsync_object *keep,
			   const struct winsync_object *held)
{
	while (count--) {
		struct winsync_object *member = wait->entries[count].object;

		if (member != keep && member != held)
			winsync_raw_unlock(member);
	}
}

/*
 * The cursor stands at @entry of a wait for all. @held: another object whose
 * lock the caller holds, or NULL. Returns what to charge to the budget.
 */
static unsigned int serve_all(struct winsync_object *object,
			      struct winsync_entry *entry,
			      const struct winsync_object *held,
			      struct batch *batch)
{
	struct winsync_wait *wait = entry->wait;
	unsigned int i;
	int result;

	if (atomic_read(&wait->state) != WINSYNC_PENDING) {
		entry_unlink(entry);
		return 1;
	}
	smp_mb(); /* (A): our object's state before the others' */
	for (i = 0; i < wait->count; i++) {
		if (!signaled(wait->entries[i].object, wait)) {
			cursor_advance(object);
			return 1 + i;
		}
	}
	for (i = 0; i < wait->count; i++) {
		struct winsync_object *member = wait->entries[i].object;

		if (member == object || member == held)
			continue;
		if (!winsync_raw_trylock(member)) {
			unlock_members(wait, i, object, held);
			preempt_disable(); /* until unpin() */
			atomic_inc(&wait->pins);
			batch->contended = wait;
			return 1 + 2 * i;
		}
	}
	result = commit_all(wait);
	/* While the wait is not published its thread keeps the members alive. */
	unlock_members(wait, wait->count, object, held);
	if (result) {
		note_task(wait, batch);
		publish(wait, result);
	} else if (object->cursor == entry) {
		cursor_advance(object);
	}
	return 1 + 2 * i;
}

/* One hold of the lock's worth of the pass under way. */
static void serve(struct winsync_object *object,
		  const struct winsync_object *held, struct batch *batch)
{
	int budget = WINSYNC_SERVE_BUDGET;
	struct winsync_entry *entry;

	winsync_assert_locked(object);
	while ((entry = object->cursor) && budget > 0 && !batch->contended &&
	       batch->count < WINSYNC_BATCH) {
		if (exhausted(object)) {
			cursor_set(object, NULL);
		} else if (entry->all) {
			budget -= serve_all(object, entry, held, batch);
		} else {
			serve_any(object, entry, batch);
			budget--;
		}
	}
}

/* The waiter leaves when it sees this; pairs with wait_leave(). */
static void unpin(struct winsync_wait *wait)
{
	atomic_dec_return_release(&wait->pins);
	preempt_enable();
}

/* Decides a pinned wait under all its locks, in order of address. */
static void decide_contended(struct winsync_object *object,
			     struct winsync_wait *wait)
{
	struct task_struct *task = NULL;
	unsigned long flags;
	unsigned int i;
	int result;

	local_irq_save(flags);
	winsync_nest_acquire();
	for (i = 0; i < wait->count; i++)
		winsync_raw_lock(wait->entries[i].object);
	result = commit_all(wait);
	for (i = 0; !result && i < wait->count; i++) {
		struct winsync_entry *entry = &wait->entries[i];

		if (entry->object == object && object->cursor == entry)
			cursor_advance(object);
	}
	unlock_members(wait, wait->count, NULL, NULL);
	winsync_nest_release();
	if (result) {
		if (must_wake(wait))
			task = wait->task;
		publish(wait, result);
	}
	local_irq_restore(flags);
	unpin(wait);
	if (task)
		wake_up_process(task);
}

/*
 * Wakes a task on this processor if that is as good as any: the caller is
 * about to sleep. The scheduler offers that only through a wait queue.
 */
static void wake_sync(struct task_struct *task)
{
	struct wait_queue_head head;
	struct wait_queue_entry entry;

	init_waitqueue_head(&head);
	init_waitqueue_func_entry(&entry, default_wake_function);
	entry.private = task;
	__add_wait_queue(&head, &entry);
	__wake_up_sync_key(&head, TASK_NORMAL, NULL);
}

/*
 * Drops the lock, wakes who was granted, and decides what could not be decided
 * under the lock.
 */
static void unlock_and_wake(struct winsync_object *object,
			    struct winsync_op *op, struct batch *batch)
{
	unsigned int i;

	rcu_read_lock();
	winsync_unlock_irqrestore(object, op->flags);
	if (batch->contended)
		decide_contended(object, batch->contended);
	if (op->sync && batch->count == 1)
		wake_sync(batch->tasks[0]);
	else
		for (i = 0; i < batch->count; i++)
			wake_up_process(batch->tasks[i]);
	rcu_read_unlock();
}

static void queue_object_work(struct winsync_object *object)
{
	winsync_object_get(object);
	if (!queue_work(winsync_workqueue, &object->work))
		winsync_object_put_atomic(object);
}

/**
 * winsync_finish_pass() - what has to be done before an object may be used
 * @object: locked; the lock may be dropped on the way
 * @op: as for winsync_lock()
 *
 * Return: the interrupt state to go on with.
 */
unsigned long winsync_finish_pass(struct winsync_object *object,
				  struct winsync_op op)
{
	for (;;) {
		struct batch batch __uninitialized;

		if (winsync_is_stale(object)) {
			object->type->owner_exit(object);
			pass_begin(object);
			/* The exit hook will find nothing to tell the pollers of. */
			if (object->polled)
				queue_object_work(object);
		}
		if (!object->cursor)
			return op.flags;
		batch.count = 0;
		batch.contended = NULL;
		serve(object, NULL, &batch);
		unlock_and_wake(object, &op, &batch);
		winsync_lock_irqsave(object, &op.flags);
	}
}

static bool must_wake_pollers(const struct winsync_object *object)
{
	return object->polled && !object->cursor && object->signaled;
}

static void wake_pollers(struct winsync_object *object)
{
	wake_up_poll(&object->poll_wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * winsync_object_work() - does what an atomic context left over
 * @work: the object's, with a reference
 */
void winsync_object_work(struct work_struct *work)
{
	struct winsync_object *object =
		container_of(work, struct winsync_object, work);
	struct winsync_op op = { };
	bool poll;

	winsync_lock(object, &op);
	poll = must_wake_pollers(object);
	winsync_unlock(object, &op);
	if (poll)
		wake_pollers(object);
	winsync_object_put(object);
}

/*
 * Whether a pass would find nobody to grant, because the only one in the queue is
 * a wait for all that lacks another object. Looked at as in serve_all().
 */
static bool lacks_another(const struct winsync_object *object)
{
	const struct winsync_entry *entry;
	const struct winsync_wait *wait;
	unsigned int i;

	if (object->cursor || !list_is_singular(&object->queue))
		return false;
	entry = list_first_entry(&object->queue, struct winsync_entry, node);
	if (!entry->all)
		return false;
	wait = entry->wait;
	smp_mb(); /* (A) */
	for (i = 0; i < wait->count; i++)
		if (!signaled(wait->entries[i].object, wait))
			return true;
	return false;
}

/**
 * winsync_queue_unlock() - winsync_signal_unlock() for who has a queue or pollers
 * @object: locked
 * @op: as for winsync_lock()
 */
void winsync_queue_unlock(struct winsync_object *object, struct winsync_op op)
{
	if (!object->polled && lacks_another(object)) {
		winsync_states_end(object);
		winsync_unlock(object, &op);
	} else {
		winsync_serve_unlock(object, op);
	}
}

/**
 * winsync_serve_unlock() - serves the queue in a pass and ends the operation
 * @object: locked
 * @op: as for winsync_lock()
 */
void winsync_serve_unlock(struct winsync_object *object, struct winsync_op op)
{
	unsigned int passes = 0;
	bool poll;

	pass_begin(object);
	while (object->cursor) {
		struct batch batch __uninitialized;

		if (op.atomic && passes++ == WINSYNC_ATOMIC_PASSES) {
			winsync_unlock(object, &op);
			queue_object_work(object);
			return;
		}
		batch.count = 0;
		batch.contended = NULL;
		serve(object, NULL, &batch);
		poll = must_wake_pollers(object);
		if (!object->cursor) {
			unlock_and_wake(object, &op, &batch);
			goto pollers;
		}
		unlock_and_wake(object, &op, &batch);
		winsync_lock_irqsave(object, &op.flags);
	}
	poll = must_wake_pollers(object);
	winsync_unlock(object, &op);
pollers:
	if (!poll)
		return;
	/* On PREEMPT_RT the lock of a wait queue head sleeps. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && op.atomic)
		queue_object_work(object);
	else
		wake_pollers(object);
}

/* Locking several objects; none is left in a pass. */

static bool is_busy(const struct winsync_object *object)
{
	return unlikely(object->cursor || winsync_is_stale(object));
}

static void unlock_all(struct winsync_object **objects, unsigned int count,
		       struct winsync_op *op)
{
	while (count--)
		winsync_raw_unlock(objects[count]);
	winsync_nest_release();
	local_irq_restore(op->flags);
}

/*
 * In whatever order they come, which saves sorting them. Fails if a lock is not
 * free, also because the same object comes twice.
 */
static bool trylock_all(struct winsync_object **objects, unsigned int count,
			struct winsync_op *op)
{
	unsigned int i;

	/* Without processors to exclude there is nothing to see a lock by. */
	if (!IS_ENABLED(CONFIG_SMP))
		return false;
	local_irq_save(op->flags);
	winsync_nest_acquire();
	for (i = 0; i < count && winsync_raw_trylock(objects[i]); i++) {
		if (is_busy(objects[i])) {
			i++;
			goto fail;
		}
	}
	if (i == count) {
		smp_wmb(); /* all locks before any state: winsync_peek_end() */
		return true;
	}
fail:
	unlock_all(objects, i, op);
	return false;
}

/* In order of address, however long it takes. */

static void lock_all(struct winsync_object **objects, unsigned int count,
		     struct winsync_op *op)
{
	unsigned int i, busy;

	for (;;) {
		local_irq_save(op->flags);
		winsync_nest_acquire();
		busy = count;
		for (i = 0; i < count; i++) {
			winsync_raw_lock(objects[i]);
			if (is_busy(objects[i]))
				busy = i;
		}
		if (busy == count) {
			smp_wmb(); /* as in trylock_all() */
			return;
		}
		unlock_all(objects, count, op);
		winsync_lock(objects[busy], op);
		winsync_unlock(objects[busy], op);
	}
}

/*
 * Puts @object into the sorted @objects, of which there are @count; returns how
 * many there are now. Few and often sorted already: objects made in a row tend to
 * be neighbours.
 */
static unsigned int insert_object(struct winsync_object **objects,
				  unsigned int count,
				  struct winsync_object *object)
{
	unsigned int i, at = count;

	while (at && objects[at - 1] > object)
		at--;
	if (at && objects[at - 1] == object)
		return count;
	for (i = count; i > at; i--)
		objects[i] = objects[i - 1];
	objects[at] = object;
	return count + 1;
}

static int sort_objects(struct winsync_object **objects, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++)
		if (insert_object(objects, i, objects[i]) == i)
			return -ENOTUNIQ;
	return 0;
}

/* Trying: waits that need not sleep. */

static void wait_init(struct winsync_wait *wait,
		      const struct winsync_request *request)
{
	atomic_set(&wait->state, WINSYNC_PENDING);
	atomic_set(&wait->pins, 0);
	wait->asleep = false;
	wait->task = current;
	wait->owner = request->owner;
	wait->opaque_owner = request->opaque_owner;
	wait->count = request->count;
	/* For one object it is the same, unless the place in its queue differs. */
	wait->all = request->all && (request->count > 1 ||
				     request->objects[0]->all_first);
	wait->alert = NULL;
}

static bool looks_owned(const struct winsync_object *object,
			const struct winsync_wait *wait)
{
	bool owned;

	/*
	 * Whoever was read not to be free has an owner: set_owner() in mutex.c is the
	 * caller's own, set_state() in ntsync_mutex.c pairs.
	 */
	smp_rmb();
	rcu_read_lock(); /* keeps the owner's record */
	owned = winsync_is_stale(object) || object->type->owned_by(object, wait);
	rcu_read_unlock();
	/*
	 * The owner may have ended and been taken off since @object->signaled was
	 * read; its joiner must not find neither. Pairs with set_free() in mutex.c.
	 */
	smp_rmb();
	return owned || READ_ONCE(object->signaled);
}

/* Whether it looks, without the lock, as if @wait could acquire the object. */
static bool looks_signaled(const struct winsync_object *object,
			   const struct winsync_wait *wait)
{
	return READ_ONCE(object->signaled) ||
	       (object->type->owned_by && looks_owned(object, wait));
}

/* The alert counts as the one behind the last. */
static struct winsync_object *object_at(const struct winsync_request *request,
					unsigned int i)
{
	return i < request->count ? request->objects[i] : request->alert;
}

static unsigned int objects_of(const struct winsync_request *request)
{
	return request->count + !!request->alert;
}

/*
 * The index of the first object in [@from, @to) that looks signaled; @to if
 * none does.
 */
static unsigned int peek(const struct winsync_request *request,
			 const struct winsync_wait *wait, unsigned int from,
			 unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++)
		if (looks_signaled(object_at(request, i), wait))
			break;
	return i;
}

static bool peek_all(const struct winsync_request *request,
		     const struct winsync_wait *wait)
{
	unsigned int i;

	for (i = 0; i < request->count; i++)
		if (!looks_signaled(request->objects[i], wait))
			return false;
	return true;
}

/* With all locks held. A thread that began to end since then is an owner still. */
static bool acquire_all(const struct winsync_request *request,
			const struct winsync_wait *wait, int *result)
{
	bool abandoned = false;
	unsigned int i;

	for (i = 0; i < request->count; i++)
		if (!signaled(request->objects[i], wait))
			return false;
	for (i = 0; i < request->count; i++)
		abandoned |= acquire(request->objects[i], wait, false);
	*result = abandoned ? WINSYNC_WAIT_ABANDONED : 0;
	return true;
}

static int acquire_result(struct winsync_object *object,
			  const struct winsync_wait *wait, unsigned int index)
{
	int result = index;

	if (acquire(object, wait, false))
		result |= WINSYNC_WAIT_ABANDONED;
	if (index == wait->count)
		result |= WINSYNC_WAIT_ALERTED;
	return result;
}

/*
 * Takes the first object that is signaled, under its lock only. That no
 * earlier one is signaled is checked again under that lock, which orders
 * the answer after all signals that came before that of the object taken.
 * Where that were too many for one hold of a lock, which are more than
 * Windows waits for at all, no order is promised.
 */
static int try_any(const struct winsync_request *request,
		   const struct winsync_wait *wait, unsigned int from)
{
	unsigned int end = objects_of(request);
	unsigned int tries = 2 * end;
	unsigned int i = from, earlier;

	for (;;) {
		struct winsync_object *object;
		struct winsync_op op = { };

		i = peek(request, wait, i, end);
		if (i == end)
			return -ETIMEDOUT;
		object = object_at(request, i);
		winsync_lock(object, &op);
		if (!signaled(object, wait)) {
			winsync_unlock(object, &op);
			i++;
			continue;
		}
		earlier = i - from > WINSYNC_SERVE_BUDGET ? i :
			  peek(request, wait, from, i);
		/* Others could keep us busy; no order is due among them. */
		if (earlier == i || !tries--) {
			int result = acquire_result(object, wait, i);

			winsync_unlock(object, &op);
			return result;
		}
		winsync_unlock(object, &op);
		i = earlier;
	}
}

static int try_all(const struct winsync_request *request,
		   const struct winsync_wait *wait)
{
	struct winsync_op op = { };
	bool possible = peek_all(request, wait);
	int result = -ETIMEDOUT;
	int error;

	if (possible && trylock_all(request->objects, request->count, &op)) {
		possible = acquire_all(request, wait, &result);
		unlock_all(request->objects, request->count, &op);
		if (possible)
			return result;
	}
	error = sort_objects(request->objects, request->count);
	if (error)
		return error;
	if (possible) {
		lock_all(request->objects, request->count, &op);
		possible = acquire_all(request, wait, &result);
		unlock_all(request->objects, request->count, &op);
	}
	if (!possible && request->alert)
		result = try_any(request, wait, request->count);
	return result;
}

/* How often something was signaled or abandoned, all objects together. */
static u64 signals_so_far(const struct winsync_request *request)
{
	unsigned int end = objects_of(request), i;
	u64 sum = 0;

	for (i = 0; i < end; i++) {
		const struct winsync_object *object = object_at(request, i);

		sum += READ_ONCE(object->signals) +
		       READ_ONCE(object->abandonments);
	}
	return sum;
}

/* Looks at all objects, and the alert, under all their locks. */
static noinline int try_at_once(const struct winsync_request *request,
				const struct winsync_wait *wait)
{
	struct winsync_object *objects[WINSYNC_MAX_WAIT_ALL + 1] __uninitialized;
	unsigned int end = objects_of(request), count = 0, i;
	struct winsync_op op = { };
	int result = -ETIMEDOUT;

	for (i = 0; i < end; i++)
		count = insert_object(objects, count, object_at(request, i));
	lock_all(objects, count, &op);
	if (!wait->all || !acquire_all(request, wait, &result)) {
		for (i = wait->all ? request->count : 0; i < end; i++) {
			if (signaled(object_at(request, i), wait)) {
				result = acquire_result(object_at(request, i),
							wait, i);
				break;
			}
		}
	}
	unlock_all(objects, count, &op);
	return result;
}

static int try_once(const struct winsync_request *request,
		    const struct winsync_wait *wait)
{
	return wait->all ? try_all(request, wait) : try_any(request, wait, 0);
}

/**
 * winsync_wait_try() - acquires what can be had without sleeping
 * @request: what to wait for; the objects of a wait for all get sorted if it
 *	has to sleep
 *
 * Return: the result of the wait; -ETIMEDOUT if it would have to sleep;
 * -ENOTUNIQ for an object that is twice in a wait for all.
 */
int winsync_wait_try(const struct winsync_request *request)
{
	struct winsync_wait wait __uninitialized;

	wait_init(&wait, request);
	/* Waits are barriers [WT-6], also those that find nothing. */
	smp_mb();
	return try_once(request, &wait);
}

/**
 * winsync_wait_give_up() - the last look of a wait that has no time to sleep
 * @request: as winsync_wait_try() left it
 *
 * That looked at one object after the other and found nothing. It counts as a
 * test [WT-1] if there was a moment in which there was nothing: which is so if
 * nothing was signaled between the first look and the last. Where others don't let
 * that happen the objects are locked; no such moment is promised for more objects
 * than can be.
 *
 * Return: the result of the wait; -ETIMEDOUT if there was nothing to be had.
 */
int winsync_wait_give_up(const struct winsync_request *request)
{
	struct winsync_wait wait __uninitialized;
	unsigned int tries;

	wait_init(&wait, request);
	/* One look is at one moment, and of all, one that lacks is enough. */
	if (wait.all ? !request->alert : objects_of(request) == 1)
		return -ETIMEDOUT;
	for (tries = 0; tries < WINSYNC_UNLOCKED_LOOKS; tries++) {
		u64 before = signals_so_far(request);
		int result;

		smp_rmb(); /* before the states, and those before it again */
		result = try_once(request, &wait);
		if (result != -ETIMEDOUT)
			return result;
		smp_rmb(); /* after the states */
		if (signals_so_far(request) == before)
			return -ETIMEDOUT;
	}
	if (request->count > WINSYNC_MAX_WAIT_ALL)
		return -ETIMEDOUT;
	return try_at_once(request, &wait);
}

/**
 * winsync_wait_try_one() - the same for one object without an alert
 * @object: what to wait for
 * @owner: the calling thread's record, needed if it is a mutex
 * @opaque_owner: of a mutex of ntsync
 *
 * Return: the result of the wait; -ETIMEDOUT if it would have to sleep.
 */
int winsync_wait_try_one(struct winsync_object *object,
			 struct winsync_owner *owner, u32 opaque_owner)
{
	struct winsync_wait wait __uninitialized;
	struct winsync_op op = { };
	int result = -ETIMEDOUT;

	/* All that acquiring asks for. */
	wait.owner = owner;
	wait.opaque_owner = opaque_owner;
	wait.count = 1;
	smp_mb(); /* as in winsync_wait_try() */
	if (!looks_signaled(object, &wait))
		return -ETIMEDOUT;
	winsync_lock(object, &op);
	if (signaled(object, &wait))
		result = acquire_result(object, &wait, 0);
	winsync_unlock(object, &op);
	return result;
}

/* Sleeping. */

static void entry_init(struct winsync_entry *entry, struct winsync_wait *wait,
		       struct winsync_object *object, unsigned int index,
		       bool all)
{
	INIT_LIST_HEAD(&entry->node);
	entry->object = object;
	entry->wait = wait;
	entry->index = index;
	entry->all = all;
	entry->seq = NEVER_LINKED;
}

/*
 * Acquires the object of an any entry for its own wait, or links the entry.
 * Returns the result, or -EAGAIN if the wait goes on (or was granted). The
 * object's lock is held.
 */
static int acquire_or_link(struct winsync_entry *entry)
{
	struct winsync_wait *wait = entry->wait;
	struct winsync_object *object = entry->object;

	if (atomic_read(&wait->state) != WINSYNC_PENDING)
		return -EAGAIN;
	/* In a pass only as the object of a signal-and-wait: queue behind it. */
	if (object->cursor || !signaled(object, wait)) {
		entry_link(entry);
		return -EAGAIN;
	}
	if (atomic_cmpxchg(&wait->state, WINSYNC_PENDING,
			   WINSYNC_CANCELED) != WINSYNC_PENDING)
		return -EAGAIN;
	return acquire_result(object, wait, entry->index);
}

static int begin_entries(struct winsync_entry *entries, unsigned int count)
{
	unsigned int i;
	int result = -EAGAIN;

	for (i = 0; i < count && result == -EAGAIN; i++) {
		struct winsync_op op = { };

		if (atomic_read(&entries[i].wait->state) != WINSYNC_PENDING)
			break;
		winsync_lock(entries[i].object, &op);
		result = acquire_or_link(&entries[i]);
		winsync_unlock(entries[i].object, &op);
	}
	return result;
}

static int begin_all(struct winsync_wait *wait,
		     const struct winsync_request *request)
{
	struct winsync_op op = { };
	unsigned int i;
	int result = -EAGAIN;

	lock_all(request->objects, request->count, &op);
	if (acquire_all(request, wait, &result))
		/* Nothing is linked yet: nobody else can have claimed it. */
		atomic_set(&wait->state, WINSYNC_CANCELED);
	else
		for (i = 0; i < request->count; i++)
			entry_link(&wait->entries[i]);
	unlock_all(request->objects, request->count, &op);
	return result;
}

/* What a granter decided; pairs with publish(). */
static int wait_result(struct winsync_wait *wait)
{
	int state;

	while ((state = atomic_read_acquire(&wait->state)) == WINSYNC_CLAIMED)
		cpu_relax();
	return state & ~WINSYNC_GRANTED;
}

/* Whose spin_ns counts; NULL if the wait is for nothing but its deadline. */
static struct winsync_object *spin_object(const struct winsync_wait *wait)
{
	return wait->count ? wait->entries[0].object : NULL;
}

/* Whether there is time to look for so long before the deadline. */
static bool may_spin(const struct winsync_request *request, u64 now, u64 limit)
{
	return request->deadline == KTIME_MAX ||
	       (request->clock == CLOCK_MONOTONIC &&
		request->deadline > now + limit);
}

/*
 * Threads that hand work to each other get it back within microseconds, less
 * than it takes to put a thread to sleep and to wake it. So a waiter looks for
 * a while before it sleeps, if that pays off with the first of its objects:
 * object->spin_ns is how long. The time appears when a thread slept for less
 * than the longest time allowed, grows while looking succeeds late, and
 * is halved when it was in vain. Only an otherwise idle processor is used, and the
 * granter need not wake who is not asleep.
 *
 * Returns whether the wait is over.
 */
static bool spin(struct winsync_wait *wait,
		 const struct winsync_request *request)
{
	struct winsync_object *object = spin_object(wait);
	u64 limit, begin, now;

	if (!object || num_online_cpus() == 1)
		return false;
	limit = min_t(u64, READ_ONCE(object->spin_ns), spin_max_ns());
	if (!limit)
		return false;
	begin = ktime_get_ns();
	if (!may_spin(request, begin, limit))
		return false;
	for (now = begin; atomic_read(&wait->state) == WINSYNC_PENDING;
	     now = ktime_get_ns()) {
		if (now - begin >= limit || need_resched() ||
		    !single_task_running() || signal_pending(current)) {
			limit /= 2;
			WRITE_ONCE(object->spin_ns,
				   limit < WINSYNC_SPIN_MIN_NS ? 0 : limit);
			return false;
		}
		cpu_relax();
	}
	if (now - begin > limit / 2)
		WRITE_ONCE(object->spin_ns, 2 * limit);
	return true;
}

/* After a sleep: whether it would have been better to look for longer. */
static void learn_to_spin(const struct winsync_wait *wait)
{
	struct winsync_object *object = spin_object(wait);
	u64 max = spin_max_ns();
	u64 limit;

	if (!object || num_online_cpus() == 1)
		return;
	limit = READ_ONCE(object->spin_ns);
	if (limit < max && ktime_get_ns() - wait->since < max)
		WRITE_ONCE(object->spin_ns,
			   max_t(u64, 2 * limit, WINSYNC_SPIN_MIN_NS));
}

static int wait_sleep(struct winsync_wait *wait,
		      const struct winsync_request *request)
{
	ktime_t deadline = request->deadline;
	int error = 0;

	if (!request->poll && spin(wait, request))
		return wait_result(wait);
	/* Before the barrier that follows: pairs with must_wake(), (B). */
	WRITE_ONCE(wait->asleep, true);
	for (;;) {
		/* A barrier; pairs with the one in wake_up_process(). */
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		if (atomic_read(&wait->state) != WINSYNC_PENDING)
			break;
		if (request->poll) {
			error = -ETIMEDOUT;
			break;
		}
		if (signal_pending(current)) {
			error = -ERESTARTSYS;
			break;
		}
		if (!schedule_hrtimeout_range_clock(deadline == KTIME_MAX ?
						    NULL : &deadline, 0,
						    HRTIMER_MODE_ABS,
						    request->clock)) {
			error = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	/* Success beats a timeout or signal that came at the same time. */
	if (error && atomic_cmpxchg(&wait->state, WINSYNC_PENDING,
				    WINSYNC_CANCELED) == WINSYNC_PENDING)
		return error;
	learn_to_spin(wait);
	return wait_result(wait);
}

/* What is traced of a wait that queues: each object's part in it. */

static void trace_begin(const struct winsync_wait *wait)
{
	unsigned int total = wait->count + !!wait->alert;
	unsigned int i;

	for (i = 0; i < total; i++)
		trace_winsync_wait_begin(&wait->entries[i]);
}

static void trace_end(const struct winsync_wait *wait, int result)
{
	unsigned int total = wait->count + !!wait->alert;
	unsigned int i;

	for (i = 0; i < total; i++)
		trace_winsync_wait_end(&wait->entries[i], result);
}

/* Unlinks what the granter has not; afterwards nobody knows the wait. */
static void wait_leave(struct winsync_wait *wait)
{
	int state = atomic_read(&wait->state);
	unsigned int total = wait->count + !!wait->alert;
	unsigned int i;

	for (i = 0; i < total; i++) {
		struct winsync_entry *entry = &wait->entries[i];
		unsigned long flags;

		if (state & WINSYNC_GRANTED) {
			bool alerted = state & WINSYNC_WAIT_ALERTED;

			if (entry->all ? !alerted :
			    entry->index == WINSYNC_WAIT_INDEX(state))
				continue;
		}
		if (entry->seq == NEVER_LINKED)
			continue;
		winsync_lock_irqsave(entry->object, &flags);
		entry_unlink(entry);
		winsync_unlock_irqrestore(entry->object, flags);
	}
	if (wait->all)
		while (atomic_read_acquire(&wait->pins))
			cpu_relax();
}

/**
 * winsync_wait_sleep() - the wait of a request that could not be had at once
 * @request: as winsync_wait_try() left it, with references of its own
 *
 * Return: the result; -ETIMEDOUT, -ERESTARTSYS, -ENOMEM.
 */
int winsync_wait_sleep(const struct winsync_request *request)
{
	struct winsync_entry on_stack[WINSYNC_STACK_ENTRIES] __uninitialized;
	unsigned int total = objects_of(request);
	struct winsync_wait wait __uninitialized;
	unsigned int i;
	int result;

	wait_init(&wait, request);
	wait.since = ktime_get_ns();
	wait.entries = on_stack;
	if (total > WINSYNC_STACK_ENTRIES) {
		wait.entries = kvmalloc_array(total, sizeof(*wait.entries),
					      GFP_KERNEL_ACCOUNT);
		if (!wait.entries)
			return -ENOMEM;
	}
	for (i = 0; i < request->count; i++)
		entry_init(&wait.entries[i], &wait, request->objects[i], i,
			   wait.all);
	if (request->alert) {
		wait.alert = &wait.entries[request->count];
		entry_init(wait.alert, &wait, request->alert, request->count,
			   false);
	}
	if (trace_winsync_wait_begin_enabled())
		trace_begin(&wait);

	if (wait.all) {
		result = begin_all(&wait, request);
		if (result == -EAGAIN && wait.alert)
			result = begin_entries(wait.alert, 1);
	} else {
		result = begin_entries(wait.entries, total);
	}
	if (result == -EAGAIN)
		result = wait_sleep(&wait, request);
	wait_leave(&wait);
	if (trace_winsync_wait_end_enabled())
		trace_end(&wait, result);
	if (wait.entries != on_stack)
		kvfree(wait.entries);
	return result;
}

/**
 * winsync_signal_and_wait() - signals one object and waits for another, in one
 * @object: to signal; its type has a signal operation
 * @request: one object, which may be the same, and perhaps an alert, with
 *	references of its own
 *
 * The signal and the beginning of the wait happen under both locks. Who waits for @object
 * is served first, as if the signal had come from somebody else, unless
 * that takes more than one hold of the lock.
 *
 * Return: the result of the wait; -ETIMEDOUT or -EINTR, then the signal was
 * given; or the error of the signal, then nothing was done.
 */
int winsync_signal_and_wait(struct winsync_object *object,
			    const struct winsync_request *request)
{
	struct winsync_object *awaited = request->objects[0];
	struct winsync_object *both[2] = { min(object, awaited),
					   max(object, awaited) };
	unsigned int count = object == awaited ? 1 : 2;
	struct winsync_entry entries[2] __uninitialized;
	struct winsync_wait wait __uninitialized;
	struct winsync_op op = { };
	struct batch batch __uninitialized;
	bool poll, unfinished, queued;
	int result;

	wait_init(&wait, request);
	wait.since = ktime_get_ns();
	wait.entries = entries;
	entry_init(&entries[0], &wait, awaited, 0, false);
	if (request->alert) {
		wait.alert = &entries[1];
		entry_init(wait.alert, &wait, request->alert, 1, false);
	}

	lock_all(both, count, &op);
	result = object->type->signal(object, &wait);
	if (result) {
		unlock_all(both, count, &op);
		return result;
	}
	batch.count = 0;
	batch.contended = NULL;
	pass_begin(object);
	serve(object, awaited, &batch);
	/* Who does not sleep is in no queue where a pulse finds it [EV-25]. */
	queued = !request->poll || awaited->cursor || signaled(awaited, &wait);
	if (queued && trace_winsync_wait_begin_enabled())
		trace_begin(&wait);
	result = queued ? acquire_or_link(&entries[0]) : -ETIMEDOUT;
	unfinished = object->cursor;
	poll = must_wake_pollers(object);
	if (count == 2)
		winsync_raw_unlock(awaited);
	op.sync = result == -EAGAIN;
	unlock_and_wake(object, &op, &batch);
	if (unfinished) {
		winsync_lock(object, &op);
		poll = must_wake_pollers(object);
		winsync_unlock(object, &op);
	}
	if (poll)
		wake_pollers(object);

	if (result == -ETIMEDOUT && request->alert)
		result = try_any(request, &wait, request->count);
	if (result == -EAGAIN && wait.alert)
		result = begin_entries(wait.alert, 1);
	if (result == -EAGAIN)
		result = wait_sleep(&wait, request);
	wait_leave(&wait);
	if (queued && trace_winsync_wait_end_enabled())
		trace_end(&wait, result);
	return result == -ERESTARTSYS ? -EINTR : result;
}

/**
 * winsync_wait_list() - reports who waits for an object
 * @object: the object
 * @waiters: filled, in the order of the queue
 * @pids: room for as many, to be used here only
 * @room: entries in @waiters, at most WINSYNC_WAITERS_MAX
 * @total: set to how many there are
 *
 * Return: how many were filled.
 */
u32 winsync_wait_list(struct winsync_object *object,
		      struct winsync_waiter *waiters,
		      struct winsync_waiter_pids *pids, u32 room, u32 *total)
{
	struct winsync_entry *entry;
	struct winsync_op op = { };
	u32 filled = 0, i;

	winsync_lock(object, &op);
	*total = object->waiters;
	list_for_each_entry(entry, &object->queue, node) {
		const struct winsync_wait *wait = entry->wait;
		struct winsync_waiter *waiter = &waiters[filled];

		if (filled == room)
			break;
		waiter->since = wait->since;
		/* What they are called here takes longer to find out. */
		pids[filled].thread = get_pid(task_pid(wait->task));
		pids[filled].process = get_pid(task_tgid(wait->task));
		waiter->flags = entry == wait->alert ? WINSYNC_WAITER_ALERT :
				wait->all ? WINSYNC_WAITER_ALL : 0;
		waiter->count = wait->count;
		filled++;
	}
	winsync_unlock(object, &op);
	for (i = 0; i < filled; i++) {
		waiters[i].since = winsync_from_host_time(CLOCK_MONOTONIC,
							  waiters[i].since);
		waiters[i].tid = pid_vnr(pids[i].thread);
		waiters[i].pid = pid_vnr(pids[i].process);
		put_pid(pids[i].thread);
		put_pid(pids[i].process);
	}
	return filled;
}
