// SPDX-License-Identifier: GPL-2.0-only
/* The table of objects, and whether its books balance. */
#include <stdio.h>
#include <unistd.h>

#include "torture.h"

static void make_object(struct worker *main_thread, uint32_t type, bool manual,
			bool any_only, bool pulse_only)
{
	struct object *object = &shared->object[shared->objects];
	struct ws_new what = { .mode = 0777 };
	struct winsync_stat stat;
	char name[16];

	*object = (struct object){
		.type = type, .manual = manual, .any_only = any_only,
		.pulse_only = pulse_only,
	};
	if (type == WINSYNC_TYPE_SEMAPHORE) {
		object->max = 1 + below(main_thread, 12);
		object->initial = below(main_thread, object->max + 1);
		what.first = object->initial;
		what.second = object->max;
	} else {
		what.first = type == WINSYNC_TYPE_MUTEX ? 0 : manual;
	}
	snprintf(name, sizeof(name), "object %d", shared->objects);
	what.name = name;
	object->fd = CALL(main_thread, ws_create(shared->namespace_fd, type,
						 &what));
	if (object->fd < 0 || CALL(main_thread, ws_stat(object->fd, &stat))) {
		fail(RESULTS, "object %d could not be made: %d", shared->objects,
		     object->fd);
		return;
	}
	object->id = stat.id;
	shared->objects++;
}

/* A few of each: the fewer there are, the more they meet. */
void make_objects(struct worker *main_thread)
{
	char name[32];

	snprintf(name, sizeof(name), "torture.%d", (int)getpid());
	shared->objects = 0;
	shared->namespace_fd = CALL(main_thread, ws_ns(name, WINSYNC_NS_CREATE |
				WINSYNC_CREATE_EXCL, WS_ALL, 0700));
	if (shared->namespace_fd < 0) {
		fail(RESULTS, "no namespace: %d", shared->namespace_fd);
		return;
	}
	for (int any_only = 0; any_only < 2; any_only++) {
		unsigned int more = any_only ? 1 : 2;

		for (unsigned int i = 0; i < 1 + below(main_thread, more + 1); i++)
			make_object(main_thread, WINSYNC_TYPE_MUTEX, false,
				    any_only, false);
		for (unsigned int i = 0; i < 1 + below(main_thread, more + 1); i++)
			make_object(main_thread, WINSYNC_TYPE_SEMAPHORE, false,
				    any_only, false);
		for (unsigned int i = 0; i < 1 + below(main_thread, more + 1); i++)
			make_object(main_thread, WINSYNC_TYPE_EVENT, false,
				    any_only, false);
		make_object(main_thread, WINSYNC_TYPE_EVENT, true, any_only, false);
		make_object(main_thread, WINSYNC_TYPE_EVENT, false, any_only, true);
		make_object(main_thread, WINSYNC_TYPE_EVENT, true, any_only, true);
		make_object(main_thread, WINSYNC_TYPE_TIMER, false, any_only, false);
		make_object(main_thread, WINSYNC_TYPE_TIMER, true, any_only, false);
	}
	/* The alert of timers, see timer_set(). */
	make_object(main_thread, WINSYNC_TYPE_EVENT, false, false, false);
	shared->object[shared->objects - 1].wild = true;
}

void close_objects(void)
{
	for (int i = 0; i < shared->objects; i++)
		close(shared->object[i].fd);
	close(shared->namespace_fd);
}

int is_signaled(struct object *object)
{
	struct winsync_timer_state timer;
	int state;

	switch (object->type) {
	case WINSYNC_TYPE_EVENT:
		return ws_event_signaled(object->fd) == 1;
	case WINSYNC_TYPE_MUTEX:
		return ws_mutex_depth(object->fd) == 0;
	case WINSYNC_TYPE_SEMAPHORE:
		return ws_semaphore_count(object->fd) > 0;
	default:
		state = ws_timer_query(object->fd, &timer);
		return !state && timer.signaled;
	}
}

/* Killed in the middle of something that is in no book yet. */
bool uncertain(const struct slot *slot)
{
	return slot->activity != IDLE && shared->process[slot->process].doomed;
}

/* What killed threads may have given or taken without telling. */
static void killed_accounts(int index, uint64_t *given, uint64_t *taken)
{
	struct object *object = &shared->object[index];

	*given = *taken = 0;
	for (int i = 0; i < slot_count(); i++) {
		struct slot *slot = &shared->slot[i];
		bool member = slot->alert == index;

		if (!uncertain(slot) || slot->activity == POLLING)
			continue;
		if (slot->activity == GIVING) {
			if (slot->giving != index)
				continue;
			*given += slot->amount;
			/* A reset or a pulse takes. */
			if (object->type == WINSYNC_TYPE_EVENT)
				*taken += 1;
			continue;
		}
		for (int k = 0; k < slot->count; k++)
			member |= slot->members[k] == index;
		*taken += member;
	}
}

static void check_counts(struct worker *main_thread, int index)
{
	struct object *object = &shared->object[index];
	uint64_t killed_given, killed_taken;
	int64_t low, high, state;

	killed_accounts(index, &killed_given, &killed_taken);
	low = (int64_t)(object->initial + object->given - object->taken) -
	      (int64_t)killed_taken;
	high = (int64_t)(object->initial + object->given - object->taken +
			 object->maybe + killed_given);
	state = object->type == WINSYNC_TYPE_SEMAPHORE ?
		ws_semaphore_count(object->fd) : ws_event_signaled(object->fd);
	passed(main_thread, CONSERVATION);
	if (state < low || state > high)
		fail(CONSERVATION,
		     "object %d, a %s: %u at first, %llu given (%llu more perhaps), %llu taken; it is %lld, not %lld to %lld",
		     index, object->type == WINSYNC_TYPE_SEMAPHORE ?
		     "semaphore" : "auto-reset event", object->initial,
		     (unsigned long long)object->given,
		     (unsigned long long)object->maybe,
		     (unsigned long long)object->taken, (long long)state,
		     (long long)low, (long long)high);
}

/* All threads have ended: what they owned is abandoned, and only that. */
static void check_mutex(struct worker *main_thread, int index)
{
	struct object *object = &shared->object[index];
	struct winsync_mutex_state state;
	bool killed = false;

	ws_mutex_query(object->fd, &state);
	for (int i = 0; i < slot_count() && !killed; i++) {
		struct slot *slot = &shared->slot[i];

		if (!uncertain(slot))
			continue;
		killed = slot->giving == index;
		for (int k = 0; k < slot->count; k++)
			killed |= slot->members[k] == index;
	}
	passed(main_thread, ABANDONED_ONCE);
	if (state.depth)
		fail(ABANDONED_ONCE, "mutex %d has an owner, all have ended",
		     index);
	if (!killed && state.abandoned != !!object->holder)
		fail(ABANDONED_ONCE,
		     "mutex %d: abandoned is %u, its last owner was slot %d",
		     index, state.abandoned, object->holder - 1);
}

void check_books(struct worker *main_thread)
{
	for (int i = 0; i < shared->objects; i++) {
		struct object *object = &shared->object[i];
		struct winsync_stat stat;

		if (object->type == WINSYNC_TYPE_MUTEX)
			check_mutex(main_thread, i);
		if (object->type == WINSYNC_TYPE_SEMAPHORE ||
		    (object->type == WINSYNC_TYPE_EVENT && !object->manual &&
		     !object->pulse_only && !object->wild))
			check_counts(main_thread, i);
		CALL(main_thread, ws_stat(object->fd, &stat));
		passed(main_thread, LEFT_BEHIND);
		if (stat.waiters || stat.handles != 1)
			fail(LEFT_BEHIND, "object %d: %u waiters, %u handles", i,
			     stat.waiters, stat.handles);
	}
}
