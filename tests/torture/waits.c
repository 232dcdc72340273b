// SPDX-License-Identifier: GPL-2.0-only
/* Waiting, signaling, asking: whatever is done to the objects of the table. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "torture.h"

#define MSEC	WS_NSEC_PER_MSEC
/* The due time of a timer that is not to fire any more. */
#define NEVER	UINT64_MAX

/* A wait as it is drawn, and what was known before it began. */
struct attempt {
	bool all, sleep;
	int count;
	int members[MAX_MEMBERS];
	int alert;		/* an object, or NO_OBJECT */
	int signal;		/* of a signal-and-wait, likewise */
	uint32_t clock;
	uint64_t deadline;	/* on its clock */
	uint32_t settings[MAX_MEMBERS];
};

static const clockid_t clock_ids[] = {
	CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME,
};

static struct object *object_of(int index)
{
	return &shared->object[index];
}

static int draw_object(struct worker *me)
{
	return below(me, shared->objects);
}

/* An object with a property; NO_OBJECT if luck did not find one. */
static int draw_such(struct worker *me, bool (*such)(const struct object *))
{
	for (int tries = 0; tries < 20; tries++) {
		int index = draw_object(me);

		if (such(object_of(index)))
			return index;
	}
	return NO_OBJECT;
}

static bool is_event(const struct object *object)
{
	return object->type == WINSYNC_TYPE_EVENT;
}

static bool may_be_in_all(const struct object *object)
{
	return !object->any_only;
}

static struct held *find_held(struct worker *me, int object)
{
	for (int i = 0; i < me->held_count; i++)
		if (me->held[i].object == object)
			return &me->held[i];
	return NULL;
}

/* --- the books ------------------------------------------------------------- */

void begin(struct worker *me, enum activity activity)
{
	add(me->slot->sequence, 1);
	store(me->slot->activity, activity);
}

void end(struct worker *me)
{
	store(me->slot->activity, IDLE);
	add(me->slot->sequence, 1);
}

static void begin_attempt(struct worker *me, const struct attempt *attempt,
			  enum activity activity)
{
	struct slot *slot = me->slot;

	slot->all = attempt->all;
	slot->count = attempt->count;
	slot->alert = attempt->alert;
	slot->giving = attempt->signal;
	slot->amount = 1;
	slot->forever = attempt->deadline == WINSYNC_FOREVER;
	/* Long enough after it the wait is late, whatever its clock. */
	slot->deadline = slot->forever ? WINSYNC_FOREVER : ws_after(100);
	for (int i = 0; i < attempt->count; i++)
		slot->members[i] = attempt->members[i];
	begin(me, activity);
}

/* A thread that was or is being killed with this object in its hands. */
static bool killed_with(int object)
{
	int slots = slot_count();

	for (int i = 0; i < slots; i++) {
		struct slot *slot = &shared->slot[i];

		if (!load(shared->process[slot->process].doomed))
			continue;
		switch (load(slot->activity)) {
		case GIVING:
			if (slot->giving == object)
				return true;
			break;
		case WAITING:
			if (slot->giving == object)
				return true;
			for (int k = 0; k < slot->count; k++)
				if (slot->members[k] == object)
					return true;
			break;
		default:
			break;
		}
	}
	return false;
}

/* Returns whether the owner before is dead. */
static bool took_mutex(struct worker *me, int index)
{
	struct object *object = object_of(index);
	struct held *held = find_held(me, index);
	int before = exchange(object->holder, me->index + 1);

	passed(me, MUTUAL_EXCLUSION);
	if (held) {
		if (before != me->index + 1)
			fail(MUTUAL_EXCLUSION,
			     "mutex %d of slot %d was taken by slot %d", index,
			     me->index, before - 1);
		held->depth++;
		return false;
	}
	me->held[me->held_count++] = (struct held){ index, 1 };
	if (!before)
		return false;
	if (before != me->index + 1 && is_ending(before - 1))
		return true;
	fail(MUTUAL_EXCLUSION,
	     "mutex %d granted to slot %d while slot %d owns it", index,
	     me->index, before - 1);
	return false;
}

static void took_timer(struct worker *me, int index, uint32_t setting)
{
	struct object *timer = object_of(index);
	uint64_t now = ws_clock(CLOCK_MONOTONIC);
	uint64_t due = load(timer->due), period = load(timer->period);
	uint64_t consumed, allowed;

	/* Only if all of the wait was within one setting is this its expiry. */
	if (setting & 1 || load(timer->setting) != setting)
		return;
	passed(me, TIMER_EARLY);
	if (now < due)
		fail(TIMER_EARLY, "timer %d: %lld ns early", index,
		     due == NEVER ? -1LL : (long long)(due - now));
	if (timer->manual || due == NEVER)
		return;
	do {
		consumed = load(timer->consumed);
		if (consumed >> 32 != setting)
			return;
	} while (!replace(timer->consumed, consumed, consumed + 1));
	now = ws_clock(CLOCK_MONOTONIC);
	allowed = 1 + (period ? (now - due) / period : 0);
	passed(me, TIMER_TWICE);
	if ((uint32_t)consumed + 1 > allowed)
		fail(TIMER_TWICE, "timer %d: %u signals in %llu expiries", index,
		     (uint32_t)consumed + 1, (unsigned long long)allowed);
}

/* Enters in the books what a wait took. Returns whether a mutex had a dead owner. */
static bool took(struct worker *me, const struct attempt *attempt, int index,
		 uint32_t setting)
{
	struct object *object = object_of(index);

	switch (object->type) {
	case WINSYNC_TYPE_MUTEX:
		return took_mutex(me, index);
	case WINSYNC_TYPE_TIMER:
		took_timer(me, index, setting);
		break;
	case WINSYNC_TYPE_EVENT:
		if (object->pulse_only) {
			passed(me, PULSE_UNSEEN);
			if (!attempt->sleep)
				fail(PULSE_UNSEEN,
				     "a wait that did not sleep got pulsed event %d",
				     index);
		} else if (!object->manual) {
			add(object->taken, 1);
		}
		break;
	default:
		add(object->taken, 1);
	}
	return false;
}

static void got(struct worker *me, const struct attempt *attempt, int result)
{
	bool abandoned = result & WINSYNC_WAIT_ABANDONED, dead = false;
	bool killed = false;
	int index = WINSYNC_WAIT_INDEX(result), from, to;

	if (result & WINSYNC_WAIT_ALERTED) {
		if (abandoned || index != attempt->count ||
		    attempt->alert == NO_OBJECT) {
			fail(RESULTS, "alerted, result %#x of %d", result,
			     attempt->count);
			return;
		}
		took(me, attempt, attempt->alert, 0);
		return;
	}
	if (attempt->all ? index : index >= attempt->count) {
		fail(RESULTS, "result %#x of a wait for %d", result,
		     attempt->count);
		return;
	}
	from = attempt->all ? 0 : index;
	to = attempt->all ? attempt->count : index + 1;
	/* Before our own entries: they may hide that somebody was killed. */
	for (int i = from; abandoned && i < to; i++)
		if (object_of(attempt->members[i])->type == WINSYNC_TYPE_MUTEX &&
		    killed_with(attempt->members[i]))
			killed = true;
	for (int i = from; i < to; i++)
		if (took(me, attempt, attempt->members[i], attempt->settings[i]))
			dead = true;
	if (abandoned || dead)
		passed(me, ABANDONED_ONCE);
	if (dead && !abandoned)
		fail(ABANDONED_ONCE,
		     "mutex %d: its owner ended, the wait was not told",
		     attempt->members[from]);
	if (abandoned && !dead && !killed)
		fail(ABANDONED_ONCE,
		     "mutex %d: abandoned, but its last owner released it",
		     attempt->members[from]);
}

static void got_nothing(struct worker *me, const struct attempt *attempt,
			int result)
{
	if (result == -ETIMEDOUT) {
		passed(me, TIMEOUT_EARLY);
		if (attempt->deadline == WINSYNC_FOREVER)
			fail(RESULTS, "a wait without end timed out");
		else if (ws_clock(clock_ids[attempt->clock]) < attempt->deadline)
			fail(TIMEOUT_EARLY, "timed out too early");
	} else if (result != -EINTR) {
		fail(RESULTS, "a wait for %d failed: %d", attempt->count, result);
		return;
	}
	if (!chance(me, 10))
		return;
	for (int i = 0; i < attempt->count; i++) {
		struct winsync_mutex_state state;
		int index = attempt->members[i];

		if (object_of(index)->type != WINSYNC_TYPE_MUTEX ||
		    find_held(me, index))
			continue;
		CALL(me, ws_mutex_query(object_of(index)->fd, &state));
		passed(me, OWNERSHIP);
		if (state.owned_by_caller)
			fail(OWNERSHIP, "mutex %d is owned after a wait that failed",
			     index);
	}
}

/* --- waits ----------------------------------------------------------------- */

static void draw_deadline(struct worker *me, struct attempt *attempt)
{
	uint64_t now;

	attempt->clock = chance(me, 70) ? WINSYNC_CLOCK_MONOTONIC : below(me, 3);
	now = ws_clock(clock_ids[attempt->clock]);
	if (!attempt->sleep)
		attempt->deadline = chance(me, 80) ? 0 : now - below(me, MSEC);
	else if (chance(me, shared->profile.forever) &&
		 (!me->held_count || chance(me, 20)))
		attempt->deadline = WINSYNC_FOREVER;
	else if (chance(me, 50))
		attempt->deadline = now + below(me, MSEC);
	else
		attempt->deadline = now + below(me, 10 * MSEC);
}

static bool has_member(const struct attempt *attempt, int object)
{
	for (int i = 0; i < attempt->count; i++)
		if (attempt->members[i] == object)
			return true;
	return false;
}

static void draw_members(struct worker *me, struct attempt *attempt)
{
	int wanted = 1;

	attempt->all = chance(me, shared->profile.all);
	attempt->count = 0;
	if (attempt->all)
		wanted = 2 + below(me, chance(me, 20) ? 10 : 2);
	else if (chance(me, shared->profile.several))
		wanted = 2 + below(me, chance(me, 20) ? MAX_MEMBERS - 1 : 3);
	for (int tries = 0; attempt->count < wanted && tries < 60; tries++) {
		int index = attempt->all ? draw_such(me, may_be_in_all) :
					   draw_object(me);

		/*
		 * A wait for any may have an object twice. Where queues are
		 * watched it would be there once more after it was granted.
		 */
		if (index == NO_OBJECT ||
		    (has_member(attempt, index) &&
		     (attempt->all || object_of(index)->any_only ||
		      chance(me, 90))))
			continue;
		attempt->members[attempt->count++] = index;
	}
}

static void draw_alert(struct worker *me, struct attempt *attempt)
{
	attempt->alert = chance(me, 25) ? draw_such(me, is_event) : NO_OBJECT;
	if (attempt->alert != NO_OBJECT && has_member(attempt, attempt->alert) &&
	    object_of(attempt->alert)->any_only)
		attempt->alert = NO_OBJECT;
}

static void note_settings(struct attempt *attempt)
{
	for (int i = 0; i < attempt->count; i++)
		attempt->settings[i] =
			load(object_of(attempt->members[i])->setting);
}

static int alert_fd(const struct attempt *attempt)
{
	return attempt->alert == NO_OBJECT ? -1 : object_of(attempt->alert)->fd;
}

static void finish(struct worker *me, const struct attempt *attempt, int result)
{
	passed(me, RESULTS);
	if (result >= 0)
		got(me, attempt, result);
	else
		got_nothing(me, attempt, result);
	end(me);
}

void wait_once(struct worker *me, bool sleep)
{
	struct attempt attempt = { .sleep = sleep, .signal = NO_OBJECT };
	int fds[MAX_MEMBERS], result;

	draw_members(me, &attempt);
	if (!attempt.count)
		return;
	draw_alert(me, &attempt);
	for (int i = 0; i < attempt.count; i++)
		fds[i] = object_of(attempt.members[i])->fd;
	draw_deadline(me, &attempt);
	note_settings(&attempt);
	begin_attempt(me, &attempt, WAITING);
	if (attempt.count == 1 && !attempt.all && chance(me, 80)) {
		struct winsync_wait_args args = {
			.deadline = attempt.deadline, .flags = attempt.clock,
			.alert = alert_fd(&attempt),
		};

		result = CALL(me, ws_ioctl(fds[0], WINSYNC_IOC_WAIT, &args));
	} else {
		result = CALL(me, ws_wait_multiple(attempt.all ?
						   WINSYNC_IOC_WAIT_ALL :
						   WINSYNC_IOC_WAIT_ANY,
						   fds, attempt.count,
						   attempt.deadline,
						   attempt.clock,
						   alert_fd(&attempt)));
	}
	finish(me, &attempt, result);
}

static bool can_signal_and_wait(const struct object *object)
{
	return !object->pulse_only && object->type != WINSYNC_TYPE_TIMER &&
	       object->type != WINSYNC_TYPE_MUTEX;
}

static void drop_held(struct worker *me, struct held *held)
{
	if (--held->depth)
		return;
	*held = me->held[--me->held_count];
}

void signal_and_wait_once(struct worker *me)
{
	struct attempt attempt = { .sleep = chance(me, 70), .count = 1 };
	struct held *held = NULL;
	struct winsync_signal_and_wait_args args = { 0 };
	struct object *object;
	int signal, result;

	if (me->held_count && chance(me, 50)) {
		held = &me->held[below(me, me->held_count)];
		signal = held->object;
	} else {
		signal = draw_such(me, can_signal_and_wait);
		if (signal == NO_OBJECT)
			return;
	}
	object = object_of(signal);
	attempt.members[0] = draw_object(me);
	draw_alert(me, &attempt);
	draw_deadline(me, &attempt);
	note_settings(&attempt);
	args.deadline = attempt.deadline;
	args.flags = attempt.clock;
	args.alert = alert_fd(&attempt);
	args.fd = object_of(attempt.members[0])->fd;

	/* Killed in the middle, it counts as waiting; the signal may be given. */
	attempt.signal = signal;
	if (held && held->depth == 1)
		store(object->holder, 0);
	add(object->maybe, 1);
	begin_attempt(me, &attempt, WAITING);
	result = CALL(me, ws_ioctl(object->fd, WINSYNC_IOC_SIGNAL_AND_WAIT,
				   &args));
	if (result == -EOVERFLOW && object->type == WINSYNC_TYPE_SEMAPHORE) {
		add(object->maybe, -1);
		end(me);
		return;
	}
	if (object->type == WINSYNC_TYPE_SEMAPHORE) {
		add(object->given, 1);
		add(object->maybe, -1);
	}
	if (held)
		drop_held(me, held);
	finish(me, &attempt, result);
}

void poll_once(struct worker *me)
{
	struct attempt attempt = {
		.sleep = true, .alert = NO_OBJECT, .signal = NO_OBJECT,
	};
	int timeout, ready, wanted = 1 + below(me, 4), epoll = -1;
	struct pollfd fds[4];
	struct epoll_event events[4];

	for (attempt.count = 0; attempt.count < wanted; attempt.count++) {
		int index = draw_object(me);

		if (has_member(&attempt, index))
			break;
		attempt.members[attempt.count] = index;
		fds[attempt.count] = (struct pollfd){
			.fd = object_of(index)->fd, .events = POLLIN,
		};
	}
	timeout = chance(me, 50) ? 0 :
		  !me->held_count && chance(me, shared->profile.forever) ? -1 :
		  (int)below(me, 10);
	attempt.deadline = timeout < 0 ? WINSYNC_FOREVER : ws_after(timeout);
	if (chance(me, 50)) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		for (int i = 0; i < attempt.count; i++) {
			struct epoll_event event = {
				.events = EPOLLIN | (chance(me, 50) ? EPOLLET : 0),
				.data.u32 = i,
			};

			epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i].fd, &event);
		}
	}
	begin_attempt(me, &attempt, POLLING);
	if (epoll < 0) {
		ready = CALL(me, poll(fds, attempt.count, timeout));
	} else {
		ready = CALL(me, epoll_wait(epoll, events, 4, timeout));
		for (int i = 0; i < ready; i++)
			fds[events[i].data.u32].revents = events[i].events;
		close(epoll);
	}
	end(me);
	for (int i = 0; ready > 0 && i < attempt.count; i++) {
		int index = attempt.members[i];

		passed(me, RESULTS);
		if (fds[i].revents & ~(POLLIN | POLLRDNORM))
			fail(RESULTS, "poll of object %d says %#x", index,
			     fds[i].revents);
		if (!fds[i].revents)
			continue;
		if (object_of(index)->pulse_only)
			fail(PULSE_UNSEEN, "poll saw pulsed event %d", index);
		if (find_held(me, index))
			fail(MUTUAL_EXCLUSION, "mutex %d is ours and readable",
			     index);
	}
	for (int i = 0; i < attempt.count; i++)
		if (object_of(attempt.members[i])->pulse_only)
			passed(me, PULSE_UNSEEN);
}

/* --- signals --------------------------------------------------------------- */

/*
 * Killed threads are in the queue until they are gone, and take nothing any
 * more; so are the children of fork_once().
 */
static bool is_known_and_well(uint32_t tid)
{
	for (int i = 0; i < slot_count(); i++)
		if (shared->slot[i].tid == (pid_t)tid)
			return !load(shared->process[shared->slot[i].process].doomed);
	return false;
}

/*
 * Who is first in the queue of an object that is in no wait for all has to be
 * gone when a signal for so many returns: granted, or over before.
 */
struct queue {
	int object;
	int count;
	struct winsync_waiter waiters[32];
};

static void queue_read(struct worker *me, int object, struct queue *queue)
{
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)queue->waiters, .count = 32,
	};

	queue->object = object;
	queue->count = CALL(me, ws_ioctl(object_of(object)->fd,
					 WINSYNC_IOC_WAITERS, &args)) ?
		       0 : (int)args.count;
}

static bool queue_watched(struct worker *me, int object, struct queue *queue)
{
	queue->count = 0;
	if (object_of(object)->any_only && chance(me, 35))
		queue_read(me, object, queue);
	return queue->count;
}

static void queue_check(struct worker *me, const struct queue *before,
			int served, const char *signal)
{
	struct queue after;

	queue_read(me, before->object, &after);
	if (served > before->count)
		served = before->count;
	passed(me, FIFO_ORDER);
	for (int i = 0; i < served; i++)
		for (int k = 0; k < after.count; k++)
			if (before->waiters[i].tid == after.waiters[k].tid &&
			    before->waiters[i].since == after.waiters[k].since &&
			    is_known_and_well(before->waiters[i].tid))
				fail(FIFO_ORDER,
				     "object %d: %s passed over the %d. of %d waiters",
				     before->object, signal, i + 1,
				     before->count);
}

static void begin_giving(struct worker *me, int object, uint32_t amount)
{
	me->slot->giving = object;
	me->slot->amount = amount;
	begin(me, GIVING);
}

static void signal_event(struct worker *me, int index)
{
	struct object *event = object_of(index);
	bool counted = !event->manual && !event->pulse_only && !event->wild;
	int everybody = event->manual ? 32 : 1;
	unsigned int luck = below(me, 100);
	struct queue queue;
	bool watched;
	int before;

	if (event->pulse_only || (luck < 15 && (!counted || event->any_only))) {
		watched = queue_watched(me, index, &queue);
		begin_giving(me, index, 1);
		before = CALL(me, ws_event_pulse(event->fd));
		if (counted)
			add(*(before ? &event->taken : &event->maybe), 1);
		end(me);
		if (event->pulse_only) {
			passed(me, PULSE_UNSEEN);
			if (before)
				fail(PULSE_UNSEEN, "event %d was pulsed and is set",
				     index);
		}
		if (watched)
			queue_check(me, &queue, everybody, "pulse");
	} else if (luck < 75) {
		watched = queue_watched(me, index, &queue);
		begin_giving(me, index, 1);
		before = CALL(me, ws_event_set(event->fd));
		if (counted && !before)
			add(event->given, 1);
		end(me);
		if (watched)
			queue_check(me, &queue, everybody, "set");
	} else {
		begin_giving(me, index, 1);
		before = CALL(me, ws_event_reset(event->fd));
		if (counted && before)
			add(event->taken, 1);
		end(me);
	}
	passed(me, RESULTS);
	if (before != 0 && before != 1)
		fail(RESULTS, "event %d: previous state %d", index, before);
}

static void signal_semaphore(struct worker *me, int index)
{
	struct object *semaphore = object_of(index);
	uint32_t amount = chance(me, 70) ? 1 : 1 + below(me, 4);
	struct queue queue;
	bool watched = queue_watched(me, index, &queue);
	int before;

	begin_giving(me, index, amount);
	before = CALL(me, ws_semaphore_release(semaphore->fd, amount));
	if (before >= 0)
		add(semaphore->given, amount);
	end(me);
	passed(me, RESULTS);
	if (before == -EOVERFLOW)
		return;
	if (before < 0 || before + amount > semaphore->max)
		fail(RESULTS, "semaphore %d of %u: %d before release of %u",
		     index, semaphore->max, before, amount);
	if (watched)
		queue_check(me, &queue, amount, "release");
}

static int timer_set(struct worker *me, struct object *timer, uint64_t wanted)
{
	uint32_t flags = below(me, 3);
	uint64_t due = wanted, tolerance = chance(me, 20) ? MSEC : 0;
	int alert = -1;

	if (chance(me, 30)) {
		flags |= WINSYNC_TIMER_ABSOLUTE;
		due += ws_clock(clock_ids[flags & WINSYNC_CLOCK_MASK]);
	}
	if (chance(me, 30)) {
		/* The last of the table is the event that such timers set. */
		alert = object_of(shared->objects - 1)->fd;
	}
	return CALL(me, ws_timer_set_full(timer->fd, due, timer->period,
					  tolerance, flags, alert));
}

static void signal_timer(struct worker *me, int index)
{
	struct object *timer = object_of(index);
	uint32_t setting;
	uint64_t due;
	struct queue queue;
	bool watched = false;
	int result;

	if (!replace(timer->setter, 0, me->index + 1))
		return;
	setting = add(timer->setting, 1) + 2;
	due = ws_clock(CLOCK_MONOTONIC);
	if (chance(me, 20)) {
		/* What is signaled stays so; nothing else comes. */
		result = CALL(me, ws_timer_cancel(timer->fd));
		store(timer->due, result ? 0 : NEVER);
	} else {
		uint64_t wanted = chance(me, 30) ? 0 :
				  chance(me, 80) ? below(me, 3 * MSEC) :
						   100000 * MSEC;

		store(timer->period, chance(me, 30) ?
		      200000 + below(me, 2 * MSEC) : 0);
		if (!wanted)
			watched = queue_watched(me, index, &queue);
		store(timer->due, due + wanted);
		result = timer_set(me, timer, wanted);
	}
	store(timer->consumed, (uint64_t)setting << 32);
	store(timer->setting, setting);
	store(timer->setter, 0);
	passed(me, RESULTS);
	if (result < 0)
		fail(RESULTS, "timer %d: %d", index, result);
	if (watched)
		queue_check(me, &queue, timer->manual ? 32 : 1, "expiry");
}

void signal_once(struct worker *me)
{
	int index = draw_object(me);

	switch (object_of(index)->type) {
	case WINSYNC_TYPE_EVENT:
		signal_event(me, index);
		break;
	case WINSYNC_TYPE_SEMAPHORE:
		signal_semaphore(me, index);
		break;
	case WINSYNC_TYPE_TIMER:
		signal_timer(me, index);
		break;
	default:
		if (find_held(me, index))
			unlock_one(me, find_held(me, index) - me->held);
	}
}

void unlock_one(struct worker *me, int number)
{
	struct held *held = &me->held[number];
	uint32_t depth = held->depth;
	int index = held->object, before;
	struct object *mutex = object_of(index);
	struct queue queue;
	bool watched = depth == 1 && queue_watched(me, index, &queue);

	begin_giving(me, index, 1);
	if (depth == 1)
		store(mutex->holder, 0);
	before = CALL(me, ws_mutex_release(mutex->fd));
	drop_held(me, held);
	end(me);
	passed(me, OWNERSHIP);
	if (before != (int)depth)
		fail(OWNERSHIP, "mutex %d: released from depth %u, it was %d",
		     index, depth, before);
	if (watched)
		queue_check(me, &queue, 1, "release");
}

/* --- questions ------------------------------------------------------------- */

static void query_state(struct worker *me, int index)
{
	struct object *object = object_of(index);
	struct winsync_mutex_state mutex;
	struct winsync_semaphore_state semaphore;
	struct winsync_timer_state timer;
	struct held *held = find_held(me, index);
	int result;

	switch (object->type) {
	case WINSYNC_TYPE_EVENT:
		result = CALL(me, ws_event_signaled(object->fd));
		if (object->pulse_only) {
			passed(me, PULSE_UNSEEN);
			if (result)
				fail(PULSE_UNSEEN, "a query saw pulsed event %d",
				     index);
		}
		break;
	case WINSYNC_TYPE_MUTEX:
		result = CALL(me, ws_mutex_query(object->fd, &mutex));
		passed(me, OWNERSHIP);
		if (!!mutex.owned_by_caller != !!held ||
		    (held && (mutex.depth != held->depth ||
			      mutex.owner != (uint32_t)me->slot->tid)))
			fail(OWNERSHIP,
			     "mutex %d: owned %u, depth %u, owner %u; we hold it %u times",
			     index, mutex.owned_by_caller, mutex.depth,
			     mutex.owner, held ? held->depth : 0);
		break;
	case WINSYNC_TYPE_SEMAPHORE:
		result = CALL(me, ws_semaphore_query(object->fd, &semaphore));
		if (semaphore.count > object->max || semaphore.max != object->max)
			fail(RESULTS, "semaphore %d: %u of %u", index,
			     semaphore.count, semaphore.max);
		break;
	default:
		result = CALL(me, ws_timer_query(object->fd, &timer));
		if (timer.manual != object->manual)
			fail(RESULTS, "timer %d is of the other kind", index);
	}
	passed(me, RESULTS);
	if (result < 0)
		fail(RESULTS, "query of object %d: %d", index, result);
}

static void read_fdinfo(struct worker *me, int index)
{
	char path[64], text[1024];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 object_of(index)->fd);
	file = fopen(path, "re");
	if (!file)
		return;
	me->slot->calls++;
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	passed(me, RESULTS);
	if (!strstr(text, "winsync-id:"))
		fail(RESULTS, "fdinfo of object %d: %s", index, text);
}

void query_once(struct worker *me)
{
	int index = draw_object(me), other = draw_object(me);
	struct winsync_stat stat;
	struct winsync_info info;
	struct queue queue;
	int result;

	switch (below(me, 12)) {
	case 0:
		result = CALL(me, ws_stat(object_of(index)->fd, &stat));
		passed(me, RESULTS);
		if (result || stat.id != object_of(index)->id || !stat.handles)
			fail(RESULTS, "stat of object %d: %d", index, result);
		break;
	case 1:
		result = CALL(me, ws_same(object_of(index)->fd,
					  object_of(other)->fd));
		passed(me, RESULTS);
		if (result != (index == other))
			fail(RESULTS, "objects %d and %d: same is %d", index,
			     other, result);
		break;
	case 2:
		queue_read(me, index, &queue);
		break;
	case 3:
		CALL(me, ws_info(&info));
		break;
	case 4:
		read_fdinfo(me, index);
		break;
	default:
		query_state(me, index);
	}
}
