// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutexes of the ntsync front end. Their owner is a number that the program
 * chooses, so nobody's end abandons them, and they know no depth that is an
 * error: one that is as deep as it can be is not signaled for its owner.
 */
#include <linux/err.h>
#include <linux/winsync.h>

#include "ntsync.h"
#include "object.h"
#include "observe.h"
#include "wait.h"

/**
 * struct ntsync_mutex - a mutex with an opaque owner
 * @object: common part, whose lock protects the rest
 * @owner: 0 if free
 * @count: acquisitions that were not released, 0 if free
 * @abandoned: the last owner was declared dead
 */
struct ntsync_mutex {
	struct winsync_object object;
	u32 owner;
	u32 count;
	bool abandoned;
};

static struct ntsync_mutex *to_mutex(const struct winsync_object *object)
{
	return container_of(object, struct ntsync_mutex, object);
}

/*
 * In an order in which no look, see looks_signaled(), finds it neither free nor
 * owned: its owner could have had it all the time.
 */
static void set_state(struct ntsync_mutex *mutex, u32 owner, u32 count)
{
	if (!owner) {
		winsync_set_signaled(&mutex->object, true);
		smp_wmb(); /* free before nobody's */
	}
	WRITE_ONCE(mutex->owner, owner);
	WRITE_ONCE(mutex->count, count);
	if (owner) {
		smp_wmb(); /* somebody's before not free */
		winsync_set_signaled(&mutex->object, false);
	}
}

static bool ntsync_mutex_owned_by(const struct winsync_object *object,
				  const struct winsync_wait *wait)
{
	const struct ntsync_mutex *mutex = to_mutex(object);

	return READ_ONCE(mutex->owner) == wait->opaque_owner &&
	       READ_ONCE(mutex->count) < U32_MAX;
}

/* An owned one can still be had by its owner, who may wait on other threads. */
static bool ntsync_mutex_exhausted(const struct winsync_object *object)
{
	return to_mutex(object)->count == U32_MAX;
}

static bool ntsync_mutex_acquire(struct winsync_object *object,
				 const struct winsync_wait *wait)
{
	struct ntsync_mutex *mutex = to_mutex(object);
	bool abandoned = mutex->abandoned;

	set_state(mutex, wait->opaque_owner, mutex->count + 1);
	mutex->abandoned = false;
	return abandoned;
}

static void ntsync_mutex_describe(const struct winsync_object *object,
				  struct winsync_snapshot *snapshot)
{
	const struct ntsync_mutex *mutex = to_mutex(object);

	winsync_assert_locked(object);
	snapshot->value = mutex->count;
	snapshot->extra = mutex->owner;
}

struct winsync_type winsync_ntsync_mutex_type = {
	.id		= WINSYNC_TYPE_MUTEX,
	.name		= "mutex",
	.file_name	= "[winsync-ntsync-mutex]",
	.size		= sizeof(struct ntsync_mutex),
	.owned_by	= ntsync_mutex_owned_by,
	.exhausted	= ntsync_mutex_exhausted,
	.acquire	= ntsync_mutex_acquire,
	.describe	= ntsync_mutex_describe,
};

/**
 * winsync_ntsync_mutex_create() - makes a mutex with an opaque owner
 * @likely_user: see winsync_user_charge()
 * @owner: its first owner, or 0
 * @count: 0 exactly if @owner is
 *
 * Return: the mutex with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_ntsync_mutex_create(struct winsync_user *likely_user,
						   u32 owner, u32 count)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_ntsync_mutex_type, likely_user,
				     !owner);

	if (!IS_ERR(object)) {
		to_mutex(object)->owner = owner;
		to_mutex(object)->count = count;
		to_mutex(object)->abandoned = false;
	}
	return object;
}

/**
 * winsync_ntsync_mutex_query() - reads a mutex' state
 * @object: the mutex
 * @owner: set
 * @count: set
 * @abandoned: set
 */
void winsync_ntsync_mutex_query(struct winsync_object *object, u32 *owner,
				u32 *count, bool *abandoned)
{
	const struct ntsync_mutex *mutex = to_mutex(object);
	struct winsync_op op = { };

	winsync_lock(object, &op);
	*owner = mutex->owner;
	*count = mutex->count;
	*abandoned = mutex->abandoned;
	winsync_unlock(object, &op);
}

/**
 * winsync_ntsync_mutex_unlock() - releases once
 * @object: the mutex
 * @owner: who does, not 0
 * @previous: set to the count before; untouched on error
 *
 * The queue is served even if the mutex stays owned: the owner may wait for it
 * because it was as deep as it can be.
 *
 * Return: 0, or -EPERM if the mutex is not @owner's.
 */
int winsync_ntsync_mutex_unlock(struct winsync_object *object, u32 owner,
				u32 *previous)
{
	struct ntsync_mutex *mutex = to_mutex(object);
	struct winsync_op op = { };

	winsync_lock(object, &op);
	if (mutex->owner != owner) {
		winsync_unlock(object, &op);
		return -EPERM;
	}
	*previous = mutex->count;
	if (mutex->count <= 1)
		winsync_note_signal(object, WINSYNC_OP_RELEASE, 1);
	set_state(mutex, mutex->count > 1 ? owner : 0, mutex->count - 1);
	if (!mutex->count)
		winsync_count_signal(object);
	winsync_signal_unlock(object, &op);
	return 0;
}

/**
 * winsync_ntsync_mutex_kill() - abandons a mutex
 * @object: the mutex
 * @owner: who is dead, not 0
 *
 * Return: 0, or -EPERM if the mutex is not @owner's.
 */
int winsync_ntsync_mutex_kill(struct winsync_object *object, u32 owner)
{
	struct ntsync_mutex *mutex = to_mutex(object);
	struct winsync_op op = { };
	u32 depth;

	winsync_lock(object, &op);
	if (mutex->owner != owner) {
		winsync_unlock(object, &op);
		return -EPERM;
	}
	depth = mutex->count;
	set_state(mutex, 0, 0);
	winsync_note_abandonment(object, NULL, depth);
	mutex->abandoned = true;
	winsync_signal_unlock(object, &op);
	return 0;
}
