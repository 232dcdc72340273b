// SPDX-License-Identifier: GPL-2.0-only
/* Mutexes: owned by a thread, recursive, abandoned when it ends [MX-*]. */
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/seq_file.h>
#include <linux/winsync.h>

#include "mutex.h"
#include "object.h"
#include "observe.h"
#include "owner.h"
#include "wait.h"

/**
 * struct winsync_mutex - a mutex
 * @object: common part, whose lock protects the rest; its owner is the mutex'
 * @depth: acquisitions that were not released, 0 if free
 * @abandoned: the last owner ended without releasing it
 */
struct winsync_mutex {
	struct winsync_object object;
	u32 depth;
	bool abandoned;
};

static struct winsync_mutex *to_mutex(const struct winsync_object *object)
{
	return container_of(object, struct winsync_mutex, object);
}

static bool mutex_owned_by(const struct winsync_object *object,
			   const struct winsync_wait *wait)
{
	const struct winsync_owner *owner = READ_ONCE(object->owner);

	return owner && owner == wait->owner;
}

static void set_owner(struct winsync_object *object,
		      struct winsync_owner *owner)
{
	winsync_owner_link(owner, object);
	winsync_set_signaled(object, false);
}

static void set_free(struct winsync_object *object)
{
	winsync_set_signaled(object, true);
	smp_wmb(); /* who sees no owner sees it signaled: looks_owned() */
	winsync_owner_unlink(object);
}

static bool mutex_take(struct winsync_object *object,
		       const struct winsync_wait *wait)
{
	struct winsync_mutex *mutex = to_mutex(object);
	bool abandoned = mutex->abandoned;

	winsync_assert_locked(object);
	if (!object->owner)
		set_owner(object, wait->owner);
	lockdep_assert(object->owner == wait->owner);
	mutex->depth++;
	mutex->abandoned = false;
	return abandoned;
}

static int mutex_drop(struct winsync_object *object,
		      const struct winsync_owner *owner)
{
	struct winsync_mutex *mutex = to_mutex(object);

	winsync_assert_locked(object);
	if (!owner || object->owner != owner)
		return -EPERM;
	if (!--mutex->depth) {
		winsync_note_signal(object, WINSYNC_OP_RELEASE, 1);
		set_free(object);
		winsync_count_signal(object);
	}
	return 0;
}

static int mutex_signal(struct winsync_object *object,
			const struct winsync_wait *wait)
{
	return mutex_drop(object, wait->owner);
}

static void mutex_owner_exit(struct winsync_object *object)
{
	struct winsync_mutex *mutex = to_mutex(object);
	/* The owner's record stays until after the lock is dropped. */
	const struct task_struct *task = object->owner->task;

	set_free(object);
	winsync_note_abandonment(object, task, mutex->depth);
	mutex->depth = 0;
	mutex->abandoned = true;
}

static void mutex_describe(const struct winsync_object *object,
			   struct winsync_snapshot *snapshot)
{
	winsync_assert_locked(object);
	snapshot->value = to_mutex(object)->depth;
	snapshot->extra = object->owner ? task_pid_vnr(object->owner->task) : 0;
}

static void mutex_show(struct winsync_object *object, struct seq_file *seq)
{
	struct winsync_mutex_state state;

	winsync_mutex_query(object, &state);
	seq_printf(seq,
		   "winsync-depth:\t%u\nwinsync-owner:\t%u\nwinsync-abandoned:\t%u\n",
		   state.depth, state.owner, state.abandoned);
}

struct winsync_type winsync_mutex_type = {
	.id		= WINSYNC_TYPE_MUTEX,
	.name		= "mutex",
	.file_name	= "[winsync-mutex]",
	.size		= sizeof(struct winsync_mutex),
	.owned_by	= mutex_owned_by,
	.acquire	= mutex_take,
	.signal		= mutex_signal,
	.owner_exit	= mutex_owner_exit,
	.describe	= mutex_describe,
	.show		= mutex_show,
};

/**
 * winsync_mutex_create() - makes a mutex
 * @likely_user: see winsync_user_charge()
 * @owner: its first owner, or NULL
 *
 * Return: the mutex with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_mutex_create(struct winsync_user *likely_user,
					    struct winsync_owner *owner)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_mutex_type, likely_user, true);
	struct winsync_op op = { };

	if (IS_ERR(object))
		return object;
	to_mutex(object)->depth = 0;
	to_mutex(object)->abandoned = false;
	if (owner) {
		winsync_lock(object, &op);
		set_owner(object, owner);
		to_mutex(object)->depth = 1;
		winsync_unlock(object, &op);
	}
	return object;
}

/* Of the calling thread in its own pid namespace, as task_pid_vnr() finds out. */
static u32 current_tid(void)
{
	const struct pid *pid = task_pid(current);

	return pid->numbers[pid->level].nr;
}

/**
 * winsync_mutex_query() - reads a mutex' state as the calling thread sees it
 * @object: the mutex
 * @state: filled
 */
void winsync_mutex_query(struct winsync_object *object,
			 struct winsync_mutex_state *state)
{
	const struct winsync_mutex *mutex = to_mutex(object);
	const struct winsync_owner *owner;
	struct winsync_op op = { };

	winsync_lock(object, &op);
	owner = object->owner;
	state->depth = mutex->depth;
	state->abandoned = mutex->abandoned;
	state->owned_by_caller = owner && owner->task == current;
	if (state->owned_by_caller)
		state->owner = current_tid();
	else
		state->owner = owner ? task_pid_vnr(owner->task) : 0;
	winsync_unlock(object, &op);
}

/**
 * winsync_mutex_release() - releases once [MX-8]
 * @object: the mutex
 * @owner: the calling thread's record, NULL if it has none
 *
 * Return: the depth before, INT_MAX if it is more; or -EPERM if the thread does
 * not own the mutex [MX-11].
 */
int winsync_mutex_release(struct winsync_object *object,
			  struct winsync_owner *owner)
{
	struct winsync_op op = { };
	u32 before;
	int error;

	winsync_lock(object, &op);
	before = to_mutex(object)->depth;
	error = mutex_drop(object, owner);
	if (error || before > 1)
		winsync_unlock(object, &op);
	else
		winsync_signal_unlock(object, &op);
	return error ?: min_t(u32, before, INT_MAX);
}

/**
 * winsync_mutex_is_full() - whether one more acquisition is too much [MX-14]
 * @object: the mutex
 * @owner: the calling thread's record
 *
 * Needs no lock: what a thread owns only that thread itself changes.
 */
bool winsync_mutex_is_full(const struct winsync_object *object,
			   const struct winsync_owner *owner)
{
	return READ_ONCE(object->owner) == owner &&
	       READ_ONCE(to_mutex(object)->depth) >= WINSYNC_MUTEX_DEPTH_LIMIT;
}
