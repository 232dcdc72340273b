// SPDX-License-Identifier: GPL-2.0-only
/* Events: manual-reset and auto-reset, set, reset and pulsed [EV-*]. */
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/winsync.h>

#include "event.h"
#include "object.h"
#include "observe.h"
#include "wait.h"

/**
 * struct winsync_event - an event
 * @object: common part, whose lock protects @pulsing
 * @manual: manual-reset; never changes
 * @pulsing: it is signaled until the end of the pass under way [EV-21]
 */
struct winsync_event {
	struct winsync_object object;
	bool manual;
	bool pulsing;
};

static struct winsync_event *to_event(const struct winsync_object *object)
{
	return container_of(object, struct winsync_event, object);
}

static bool event_acquire(struct winsync_object *object,
			  const struct winsync_wait *wait)
{
	if (!to_event(object)->manual)
		winsync_set_signaled(object, false);
	return false;
}

static void event_set(struct winsync_object *object)
{
	winsync_note_signal(object, WINSYNC_OP_SET, 1);
	winsync_signal_begin(object);
	winsync_set_signaled(object, true);
	winsync_count_signal(object);
}

static int event_signal(struct winsync_object *object,
			const struct winsync_wait *wait)
{
	event_set(object);
	return 0;
}

static void event_pass_end(struct winsync_object *object)
{
	struct winsync_event *event = to_event(object);

	if (event->pulsing)
		winsync_set_signaled(object, false);
	event->pulsing = false;
}

static void event_describe(const struct winsync_object *object,
			   struct winsync_snapshot *snapshot)
{
	winsync_assert_locked(object);
	snapshot->value = to_event(object)->manual;
}

static void event_show(struct winsync_object *object, struct seq_file *seq)
{
	const struct winsync_event_state state = winsync_event_query(object);

	seq_printf(seq, "winsync-manual:\t%u\nwinsync-signaled:\t%u\n",
		   state.manual, state.signaled);
}

struct winsync_type winsync_event_type = {
	.id		= WINSYNC_TYPE_EVENT,
	.name		= "event",
	.file_name	= "[winsync-event]",
	.size		= sizeof(struct winsync_event),
	.acquire	= event_acquire,
	.signal		= event_signal,
	.pass_end	= event_pass_end,
	.describe	= event_describe,
	.show		= event_show,
};

/**
 * winsync_event_create() - makes an event
 * @likely_user: see winsync_user_charge()
 * @manual: manual-reset
 * @signaled: initial state
 *
 * Return: the event with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_event_create(struct winsync_user *likely_user,
					    bool manual, bool signaled)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_event_type, likely_user,
				     signaled);

	if (!IS_ERR(object)) {
		to_event(object)->manual = manual;
		to_event(object)->pulsing = false;
	}
	return object;
}

/**
 * winsync_event_query() - reads an event's type and state [EV-19]
 * @object: the event
 */
struct winsync_event_state winsync_event_query(struct winsync_object *object)
{
	const struct winsync_event *event = to_event(object);
	struct winsync_event_state state = { .manual = event->manual };
	u32 changes = winsync_peek_begin(object);
	struct winsync_op op = { };

	state.signaled = READ_ONCE(object->signaled);
	if (winsync_peek_end(object, changes))
		return state;
	winsync_lock(object, &op);
	state.signaled = object->signaled;
	winsync_unlock(object, &op);
	return state;
}

/**
 * winsync_event_set() - sets an event [EV-11, EV-13]
 * @object: the event
 * @atomic: the caller can't sleep
 *
 * Return: whether it was set before.
 */
bool winsync_event_set(struct winsync_object *object, bool atomic)
{
	struct winsync_event *event = to_event(object);
	struct winsync_op op = { .atomic = atomic };
	bool previous;

	winsync_lock(object, &op);
	previous = object->signaled;
	event_set(object);
	/* Only in atomic context is a pass still under way here. */
	event->pulsing = false;
	winsync_signal_unlock(object, &op);
	return previous;
}

/**
 * winsync_event_reset() - resets an event [EV-10]
 * @object: the event
 *
 * Return: whether it was set before.
 */
bool winsync_event_reset(struct winsync_object *object)
{
	struct winsync_op op = { };
	bool previous;

	winsync_lock(object, &op);
	previous = object->signaled;
	winsync_set_signaled(object, false);
	winsync_unlock(object, &op);
	return previous;
}

/**
 * winsync_event_pulse() - releases who waits now, and leaves the event reset
 * @object: the event
 *
 * Return: whether it was set before [EV-16].
 */
bool winsync_event_pulse(struct winsync_object *object)
{
	struct winsync_event *event = to_event(object);
	struct winsync_op op = { };
	bool previous;

	winsync_lock(object, &op);
	previous = object->signaled;
	winsync_note_signal(object, WINSYNC_OP_PULSE, 1);
	winsync_states_begin(object);
	event->pulsing = true;
	winsync_set_signaled(object, true);
	winsync_count_signal(object);
	/* Its end is the end of a pass, so there has to be one. */
	winsync_serve_unlock(object, op);
	return previous;
}
