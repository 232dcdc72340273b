// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints' code, and what they compute when they are on. */
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "object.h"
#include "owner.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * winsync_trace_owner() - who owns a mutex
 * @object: any object, perhaps not locked
 *
 * Return: its thread id, 0 if there is none.
 */
pid_t winsync_trace_owner(const struct winsync_object *object)
{
	const struct winsync_owner *owner;
	pid_t tid = 0;

	/* The owner of a timer is whom its alert is for. */
	if (object->type != &winsync_mutex_type)
		return 0;
	rcu_read_lock(); /* keeps the owner's record, and that its task */
	owner = READ_ONCE(object->owner);
	if (owner)
		tid = owner->task->pid;
	rcu_read_unlock();
	return tid;
}

/**
 * winsync_trace_outcome() - what a wait that is over means for one object
 * @entry: the object's part in the wait
 * @result: of the wait
 *
 * Return: WINSYNC_OUTCOME_*.
 */
u32 winsync_trace_outcome(const struct winsync_entry *entry, int result)
{
	bool alerted = result >= 0 && result & WINSYNC_WAIT_ALERTED;

	if (result == -ETIMEDOUT)
		return WINSYNC_OUTCOME_TIMEOUT;
	if (result < 0)
		return WINSYNC_OUTCOME_INTERRUPTED;
	if (entry == entry->wait->alert)
		return alerted ? WINSYNC_OUTCOME_ACQUIRED :
				 WINSYNC_OUTCOME_OTHER;
	if (alerted)
		return WINSYNC_OUTCOME_ALERTED;
	return entry->all || entry->index == WINSYNC_WAIT_INDEX(result) ?
	       WINSYNC_OUTCOME_ACQUIRED : WINSYNC_OUTCOME_OTHER;
}
