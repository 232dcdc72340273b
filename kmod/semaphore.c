// SPDX-License-Identifier: GPL-2.0-only
/* Semaphores: a count and its maximum [SM-*]. */
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/winsync.h>

#include "object.h"
#include "observe.h"
#include "semaphore.h"
#include "wait.h"

/**
 * struct winsync_semaphore - a semaphore
 * @object: common part, whose lock protects @count
 * @count: how many waits it will satisfy; read without the lock,
 *	see winsync_peek_end()
 * @max: never changes
 */
struct winsync_semaphore {
	struct winsync_object object;
	u32 count;
	u32 max;
};

static struct winsync_semaphore *
to_semaphore(const struct winsync_object *object)
{
	return container_of(object, struct winsync_semaphore, object);
}

static void set_count(struct winsync_semaphore *semaphore, u32 count)
{
	WRITE_ONCE(semaphore->count, count);
	winsync_set_signaled(&semaphore->object, count);
}

static bool semaphore_acquire(struct winsync_object *object,
			      const struct winsync_wait *wait)
{
	struct winsync_semaphore *semaphore = to_semaphore(object);

	set_count(semaphore, semaphore->count - 1);
	return false;
}

/* The maximum counts against the count alone, not the waiters [SM-7]. */
static int semaphore_add(struct winsync_semaphore *semaphore, u32 count)
{
	winsync_assert_locked(&semaphore->object);
	if (count > semaphore->max - semaphore->count)
		return -EOVERFLOW;
	winsync_note_signal(&semaphore->object, WINSYNC_OP_RELEASE, count);
	winsync_signal_begin(&semaphore->object);
	set_count(semaphore, semaphore->count + count);
	winsync_count_signal(&semaphore->object);
	return 0;
}

static int semaphore_signal(struct winsync_object *object,
			    const struct winsync_wait *wait)
{
	return semaphore_add(to_semaphore(object), 1);
}

static void semaphore_describe(const struct winsync_object *object,
			       struct winsync_snapshot *snapshot)
{
	const struct winsync_semaphore *semaphore = to_semaphore(object);

	winsync_assert_locked(object);
	snapshot->value = semaphore->count;
	snapshot->extra = semaphore->max;
}

static void semaphore_show(struct winsync_object *object, struct seq_file *seq)
{
	const struct winsync_semaphore_state state =
		winsync_semaphore_query(object);

	seq_printf(seq, "winsync-count:\t%u\nwinsync-max:\t%u\n", state.count,
		   state.max);
}

struct winsync_type winsync_semaphore_type = {
	.id		= WINSYNC_TYPE_SEMAPHORE,
	.name		= "semaphore",
	.file_name	= "[winsync-semaphore]",
	.size		= sizeof(struct winsync_semaphore),
	.acquire	= semaphore_acquire,
	.signal		= semaphore_signal,
	.describe	= semaphore_describe,
	.show		= semaphore_show,
};

/**
 * winsync_semaphore_create() - makes a semaphore
 * @likely_user: see winsync_user_charge()
 * @count: initial count, at most @max
 * @max: maximum
 *
 * Return: the semaphore with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_semaphore_create(struct winsync_user *likely_user,
						u32 count, u32 max)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_semaphore_type, likely_user,
				     count);

	if (!IS_ERR(object)) {
		to_semaphore(object)->count = count;
		to_semaphore(object)->max = max;
	}
	return object;
}

/**
 * winsync_semaphore_query() - reads count and maximum [SM-13]
 * @object: the semaphore
 */
struct winsync_semaphore_state
winsync_semaphore_query(struct winsync_object *object)
{
	const struct winsync_semaphore *semaphore = to_semaphore(object);
	struct winsync_semaphore_state state = { .max = semaphore->max };
	u32 changes = winsync_peek_begin(object);
	struct winsync_op op = { };

	state.count = READ_ONCE(semaphore->count);
	if (winsync_peek_end(object, changes))
		return state;
	winsync_lock(object, &op);
	state.count = semaphore->count;
	winsync_unlock(object, &op);
	return state;
}

/**
 * winsync_semaphore_release() - adds to the count [SM-5, SM-10]
 * @object: the semaphore
 * @count: how much
 *
 * Return: the count before, or -EOVERFLOW if the maximum would be exceeded.
 */
s64 winsync_semaphore_release(struct winsync_object *object, u32 count)
{
	struct winsync_semaphore *semaphore = to_semaphore(object);
	struct winsync_op op = { };
	int error;
	u32 before;

	winsync_lock(object, &op);
	before = semaphore->count;
	error = semaphore_add(semaphore, count);
	if (error) {
		winsync_unlock(object, &op);
		return error;
	}
	winsync_signal_unlock(object, &op);
	return before;
}
