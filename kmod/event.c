// SPDX-License-Identifier: GPL-2.0-only
/* Events: manual-reset and auto-reset, set, reset and pulsed [EV-*]. */
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/winsync.h>

#include "event.h"
#include "object.h"
#include "wait.h"

/**
 * struct winsync_event - an event
 * @object: common part, whose lock protects @signaled and @pulsing
 * @manual: manual-reset; never changes
 * @signaled: the state
 * @pulsing: @signaled ends with the pass under way [EV-21]
 */
struct winsync_event {
	struct winsync_object object;
	bool manual;
	bool signaled;
	bool pulsing;
};

static struct winsync_event *to_event(const struct winsync_object *object)
{
	return container_of(object, struct winsync_event, object);
}

static bool event_signaled(const struct winsync_object *object,
			   const struct winsync_wait *wait)
{
	return READ_ONCE(to_event(object)->signaled);
}

static bool event_acquire(struct winsync_object *object,
			  const struct winsync_wait *wait)
{
	struct winsync_event *event = to_event(object);

	winsync_assert_locked(object);
	if (!event->manual)
		WRITE_ONCE(event->signaled, false);
	return false;
}

static int event_signal(struct winsync_object *object,
			const struct winsync_wait *wait)
{
	winsync_assert_locked(object);
	WRITE_ONCE(to_event(object)->signaled, true);
	return 0;
}

static void event_pass_end(struct winsync_object *object)
{
	struct winsync_event *event = to_event(object);

	if (event->pulsing) {
		event->pulsing = false;
		WRITE_ONCE(event->signaled, false);
	}
}

static void event_describe(const struct winsync_object *object,
			   struct winsync_snapshot *snapshot)
{
	const struct winsync_event *event = to_event(object);

	winsync_assert_locked(object);
	snapshot->signaled = event->signaled;
	snapshot->value = event->manual;
}

static void event_show(struct winsync_object *object, struct seq_file *seq)
{
	struct winsync_event_state state;

	winsync_event_query(object, &state);
	seq_printf(seq, "winsync-manual:\t%u\nwinsync-signaled:\t%u\n",
		   state.manual, state.signaled);
}

struct winsync_type winsync_event_type = {
	.id		= WINSYNC_TYPE_EVENT,
	.name		= "event",
	.file_name	= "[winsync-event]",
	.size		= sizeof(struct winsync_event),
	.signaled	= event_signaled,
	.acquire	= event_acquire,
	.signal		= event_signal,
	.pass_end	= event_pass_end,
	.describe	= event_describe,
	.show		= event_show,
};

/**
 * winsync_event_create() - makes an event
 * @manual: manual-reset
 * @signaled: initial state
 * @mode: permission bits
 *
 * Return: the event with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_event_create(bool manual, bool signaled,
					    umode_t mode)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_event_type, mode);

	if (!IS_ERR(object)) {
		to_event(object)->manual = manual;
		to_event(object)->signaled = signaled;
		to_event(object)->pulsing = false;
	}
	return object;
}

/**
 * winsync_event_query() - reads an event's type and state [EV-19]
 * @object: the event
 * @state: filled
 */
void winsync_event_query(struct winsync_object *object,
			 struct winsync_event_state *state)
{
	struct winsync_event *event = to_event(object);
	struct winsync_op op = { };

	winsync_lock(object, &op);
	state->manual = event->manual;
	state->signaled = event->signaled;
	winsync_unlock(object, &op);
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
	previous = event->signaled;
	/* Only in atomic context is a pass still under way here. */
	event->pulsing = false;
	WRITE_ONCE(event->signaled, true);
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
	struct winsync_event *event = to_event(object);
	struct winsync_op op = { };
	bool previous;

	winsync_lock(object, &op);
	previous = event->signaled;
	WRITE_ONCE(event->signaled, false);
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
	previous = event->signaled;
	event->pulsing = true;
	WRITE_ONCE(event->signaled, true);
	winsync_signal_unlock(object, &op);
	return previous;
}
