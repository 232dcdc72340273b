/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted and traced of an object. Every place where one is signaled,
 * acquired or abandoned says so here, with the object's lock held.
 */
#ifndef WINSYNC_OBSERVE_H
#define WINSYNC_OBSERVE_H

#include "object.h"
#include "trace.h"

/* A command or a timer's expiry is about to signal @object: WINSYNC_OP_*. */
static inline void winsync_note_signal(struct winsync_object *object, u32 op,
				       u32 count)
{
	winsync_assert_locked(object);
	trace_winsync_signal(object, op, count);
}

/* It has: who finds it counted finds it signaled, see winsync_wait_give_up(). */
static inline void winsync_count_signal(struct winsync_object *object)
{
	winsync_assert_locked(object);
	smp_wmb(); /* after the state */
	WRITE_ONCE(object->signals, object->signals + 1);
}

/*
 * @wait acquired @object, or was ended by it as its alert. @granted: another
 * thread did that for it, after it had queued.
 */
static inline void winsync_note_acquisition(struct winsync_object *object,
					    const struct winsync_wait *wait,
					    bool granted, bool abandoned)
{
	winsync_assert_locked(object);
	object->acquisitions++;
	trace_winsync_grant(object, wait, granted, abandoned);
}

/*
 * @owner of @object, NULL if not known, has ended without releasing it; that is free
 * already, as in winsync_count_signal().
 */
static inline void winsync_note_abandonment(struct winsync_object *object,
					    const struct task_struct *owner,
					    u32 depth)
{
	winsync_assert_locked(object);
	smp_wmb(); /* after the state */
	WRITE_ONCE(object->abandonments, object->abandonments + 1);
	trace_winsync_abandon(object, owner, depth);
}

#endif /* WINSYNC_OBSERVE_H */
