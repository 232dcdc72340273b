// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waitable timers [TM-*].
 *
 * There is an hrtimer for each clock, so that one can be set under the object's
 * lock while the callback of another, or of itself, is on its way. A callback
 * that comes for a setting that is no longer does nothing: it finds under the lock
 * that none is armed, or that its hrtimer was queued again. The clock does not tell,
 * which may have been set back since. Only the last close waits for callbacks.
 *
 * A periodic timer is not re-armed while it stays signaled: another expiry
 * could change nothing [TM-10]. Whoever consumes the signal re-arms it for
 * the next multiple of the period. So the interrupts that a timer causes are
 * paid for by a thread that consumes. A timer with an alert is re-armed at
 * expiry if the alert had been consumed, and otherwise by the next query.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "compat/wake.h"
#include "event.h"
#include "object.h"
#include "observe.h"
#include "owner.h"
#include "timer.h"
#include "wait.h"

enum timer_clock { MONOTONIC, REALTIME, BOOTTIME, TIMER_CLOCKS };

/**
 * struct winsync_timer - a waitable timer
 * @object: common part, whose lock protects all but @manual, @hrtimers and @wake;
 *	its owner is the thread that set a timer with alert
 * @manual: manual-reset; never changes
 * @set: an expiry is to come
 * @armed: an hrtimer is running for it
 * @waking: an alarm is to wake the machine for it
 * @clock: the clock of @due
 * @wall: while that is REALTIME, what it was ahead of the clock of the periods
 * @due: the expiry to come, or the first one that was not accounted for
 * @period: nanoseconds, 0 if none
 * @tolerance: nanoseconds that expiries may be late
 * @expirations: since it was set
 * @expired_at: CLOCK_REALTIME at which the last was due
 * @alert: event to set at expiry, with a reference; NULL if none
 * @hrtimers: one for each clock; at most one of them runs
 * @wake: wakes the machine, made on first use
 */
struct winsync_timer {
	struct winsync_object object;
	bool manual;
	bool set;
	bool armed;
	bool waking;
	enum timer_clock clock;
	ktime_t wall;
	ktime_t due;
	u64 period;
	u64 tolerance;
	u64 expirations;
	u64 expired_at;
	struct winsync_object *alert;
	struct hrtimer hrtimers[TIMER_CLOCKS];
	struct winsync_wake *wake;
};

static struct winsync_timer *to_timer(const struct winsync_object *object)
{
	return container_of(object, struct winsync_timer, object);
}

static ktime_t clock_now(enum timer_clock clock)
{
	switch (clock) {
	case REALTIME:
		return ktime_get_real();
	case BOOTTIME:
		return ktime_get_boottime();
	default:
		return ktime_get();
	}
}

/* A period may be as long as time itself: what would be later, never comes. */
static ktime_t next_due(ktime_t due, u64 period)
{
	ktime_t next;

	return check_add_overflow(due, (s64)period, &next) ? KTIME_MAX : next;
}

/* Accounts for expiries of a periodic timer that nobody was told of. */
static void timer_catch_up(struct winsync_timer *timer)
{
	ktime_t now = clock_now(timer->clock);
	ktime_t last;
	u64 missed;

	winsync_assert_locked(&timer->object);
	if (!timer->set || timer->armed || ktime_before(now, timer->due))
		return;
	missed = div64_u64(ktime_sub(now, timer->due), timer->period) + 1;
	timer->expirations += missed;
	last = ktime_add_ns(timer->due, (missed - 1) * timer->period);
	timer->due = next_due(last, timer->period);
	timer->expired_at = ktime_get_real_ns() - ktime_sub(now, last);
}

static void timer_start(struct winsync_timer *timer)
{
	winsync_assert_locked(&timer->object);
	timer->armed = true;
	hrtimer_start_range_ns(&timer->hrtimers[timer->clock], timer->due,
			       timer->tolerance, HRTIMER_MODE_ABS);
}

/* Goes on with the periods of a timer that was left to stay signaled. */
static void timer_rearm(struct winsync_timer *timer)
{
	winsync_assert_locked(&timer->object);
	if (!timer->set || timer->armed)
		return;
	timer_catch_up(timer);
	timer_start(timer);
}

/* Does not wait for a callback: that will find that it is not due. */
static void timer_stop(struct winsync_timer *timer)
{
	winsync_assert_locked(&timer->object);
	if (timer->armed)
		hrtimer_try_to_cancel(&timer->hrtimers[timer->clock]);
	timer->armed = false;
	timer->set = false;
	timer->waking = false;
	if (timer->object.owner)
		winsync_owner_unlink(&timer->object);
	if (timer->alert)
		winsync_object_put_atomic(timer->alert);
	timer->alert = NULL;
}

/* A timer with alert ends with the thread that set it [TM-17]. */
static void timer_setter_ended(struct winsync_timer *timer)
{
	winsync_assert_locked(&timer->object);
	if (timer->waking)
		winsync_wake_follow_later(timer->wake);
	timer_stop(timer);
}

/* A thread on its way out has canceled its timer, before the exit hook does. */
static void timer_stop_if_setter_ended(struct winsync_timer *timer)
{
	winsync_assert_locked(&timer->object);
	if (timer->object.owner && winsync_owner_ended(timer->object.owner))
		timer_setter_ended(timer);
}

/* What counts the periods that begin at a time of day. */
static enum timer_clock period_clock(const struct winsync_timer *timer)
{
	return timer->waking ? BOOTTIME : MONOTONIC;
}

/* What CLOCK_REALTIME is ahead of that; changes only if one of them is set. */
static ktime_t wall_offset(const struct winsync_timer *timer)
{
	ktime_t offset = ktime_mono_to_any(0, TK_OFFS_REAL);

	return timer->waking ?
	       ktime_sub(offset, ktime_mono_to_any(0, TK_OFFS_BOOT)) : offset;
}

/*
 * Periods do not follow changes of the clock [TM-24]. Where that was changed on the
 * way to the due time nobody knows how late it is: they begin now [TM-13].
 */
static void timer_leave_wall(struct winsync_timer *timer)
{
	ktime_t late = wall_offset(timer) == timer->wall ?
		       ktime_sub(ktime_get_real(), timer->due) : 0;

	timer->clock = period_clock(timer);
	timer->due = ktime_sub(clock_now(timer->clock), late);
	/* The alarm is to wake for the next period, not for a time of day. */
	if (timer->waking)
		winsync_wake_follow_later(timer->wake);
}

/* The due time has come; the caller serves the queue. */
static void timer_expire(struct winsync_timer *timer)
{
	winsync_note_signal(&timer->object, WINSYNC_OP_EXPIRE, 1);
	timer->armed = false;
	timer->expirations++;
	timer->expired_at = timer->clock == REALTIME ? timer->due :
			    ktime_sub(ktime_get_real(),
				      ktime_sub(clock_now(timer->clock),
						timer->due));
	winsync_set_signaled(&timer->object, true);
	winsync_count_signal(&timer->object);
	if (!timer->period) {
		timer->set = false;
		return;
	}
	if (timer->clock == REALTIME)
		timer_leave_wall(timer);
	timer->due = next_due(timer->due, timer->period);
}

/* After an expiry, without the lock; @alert comes with a reference. */
static void timer_alert(struct winsync_timer *timer,
			struct winsync_object *alert, bool atomic)
{
	struct winsync_op op = { .atomic = true };

	if (!winsync_event_set(alert, atomic)) {
		winsync_lock(&timer->object, &op);
		if (timer->alert == alert)
			timer_rearm(timer);
		winsync_unlock(&timer->object, &op);
	}
	winsync_object_put_atomic(alert);
}

static void timer_expire_unlock(struct winsync_timer *timer,
				struct winsync_op *op)
{
	struct winsync_object *alert = timer->alert;

	if (alert)
		winsync_object_get(alert);
	/*
	 * Where the pass of an earlier expiry is still under way it begins
	 * anew: that expiry may have been consumed already.
	 */
	timer_expire(timer);
	winsync_signal_unlock(&timer->object, op);
	if (alert)
		timer_alert(timer, alert, op->atomic);
}

static enum hrtimer_restart timer_callback(struct hrtimer *hrtimer,
					   enum timer_clock clock)
{
	struct winsync_timer *timer =
		container_of(hrtimer, struct winsync_timer, hrtimers[clock]);
	struct winsync_op op = { .atomic = true };

	winsync_lock(&timer->object, &op);
	timer_stop_if_setter_ended(timer);
	if (timer->armed && timer->clock == clock &&
	    !hrtimer_is_queued(hrtimer))
		timer_expire_unlock(timer, &op);
	else
		winsync_unlock(&timer->object, &op);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart timer_monotonic(struct hrtimer *hrtimer)
{
	return timer_callback(hrtimer, MONOTONIC);
}

static enum hrtimer_restart timer_realtime(struct hrtimer *hrtimer)
{
	return timer_callback(hrtimer, REALTIME);
}

static enum hrtimer_restart timer_boottime(struct hrtimer *hrtimer)
{
	return timer_callback(hrtimer, BOOTTIME);
}

static bool timer_acquire(struct winsync_object *object,
			  const struct winsync_wait *wait)
{
	struct winsync_timer *timer = to_timer(object);

	if (!timer->manual) {
		winsync_set_signaled(object, false);
		timer_rearm(timer);
	}
	return false;
}

static void timer_owner_exit(struct winsync_object *object)
{
	timer_setter_ended(to_timer(object));
}

static void timer_last_close(struct winsync_object *object)
{
	struct winsync_timer *timer = to_timer(object);
	struct winsync_op op = { };
	unsigned int i;

	winsync_lock(object, &op);
	timer_stop(timer);
	winsync_unlock(object, &op);
	for (i = 0; i < TIMER_CLOCKS; i++)
		hrtimer_cancel(&timer->hrtimers[i]);
	winsync_wake_free(timer->wake);
	timer->wake = NULL;
}

static void timer_describe(const struct winsync_object *object,
			   struct winsync_snapshot *snapshot)
{
	const struct winsync_timer *timer = to_timer(object);

	winsync_assert_locked(object);
	snapshot->value = timer->manual;
	snapshot->extra = timer->set;
}

/* @consumer: of the alert, whom the next one may be for [TM-19] */
static void timer_read(struct winsync_object *object,
		       struct winsync_timer_state *state, bool consumer)
{
	struct winsync_timer *timer = to_timer(object);
	struct winsync_op op = { };
	ktime_t remaining;

	winsync_lock(object, &op);
	timer_catch_up(timer);
	if (timer->alert && consumer)
		timer_rearm(timer);
	remaining = ktime_sub(timer->due, clock_now(timer->clock));
	state->remaining = timer->set ? max_t(s64, remaining, 0) : 0;
	state->period = timer->period;
	state->expirations = timer->expirations;
	state->expired_at = timer->expired_at;
	state->manual = timer->manual;
	state->signaled = object->signaled;
	state->set = timer->set;
	state->alerts_caller = object->owner && object->owner->task == current;
	winsync_unlock(object, &op);
}

static void timer_show(struct winsync_object *object, struct seq_file *seq)
{
	struct winsync_timer_state state;

	timer_read(object, &state, false);
	seq_printf(seq,
		   "winsync-manual:\t%u\nwinsync-signaled:\t%u\nwinsync-set:\t%u\nwinsync-remaining:\t%llu\nwinsync-period:\t%llu\nwinsync-expirations:\t%llu\n",
		   state.manual, state.signaled, state.set, state.remaining,
		   state.period, state.expirations);
}

struct winsync_type winsync_timer_type = {
	.id		= WINSYNC_TYPE_TIMER,
	.name		= "timer",
	.file_name	= "[winsync-timer]",
	.size		= sizeof(struct winsync_timer),
	.acquire	= timer_acquire,
	.owner_exit	= timer_owner_exit,
	.last_close	= timer_last_close,
	.describe	= timer_describe,
	.show		= timer_show,
};

/**
 * winsync_timer_create() - makes a timer that is not set [TM-1]
 * @likely_user: see winsync_user_charge()
 * @manual: manual-reset
 *
 * Return: the timer with one reference, or an ERR_PTR.
 */
struct winsync_object *winsync_timer_create(struct winsync_user *likely_user,
					    bool manual)
{
	struct winsync_object *object =
		winsync_object_alloc(&winsync_timer_type, likely_user, false);
	struct winsync_timer *timer;

	if (IS_ERR(object))
		return object;
	timer = to_timer(object);
	timer->manual = manual;
	timer->set = false;
	timer->armed = false;
	timer->waking = false;
	timer->clock = MONOTONIC;
	timer->wall = 0;
	timer->due = 0;
	timer->period = 0;
	timer->tolerance = 0;
	timer->expirations = 0;
	timer->expired_at = 0;
	timer->alert = NULL;
	timer->wake = NULL;
	winsync_hrtimer_setup(&timer->hrtimers[MONOTONIC], timer_monotonic,
			      CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	winsync_hrtimer_setup(&timer->hrtimers[REALTIME], timer_realtime,
			      CLOCK_REALTIME, HRTIMER_MODE_ABS);
	winsync_hrtimer_setup(&timer->hrtimers[BOOTTIME], timer_boottime,
			      CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	return object;
}

/**
 * winsync_timer_query() - reads a timer's state and setting [TM-29]
 * @object: the timer
 * @state: filled
 */
void winsync_timer_query(struct winsync_object *object,
			 struct winsync_timer_state *state)
{
	timer_read(object, state, true);
}

static enum timer_clock
setting_clock(const struct winsync_timer_setting *setting, bool waking)
{
	/* From now on nothing but time passes: no clock is set [TM-24]. */
	bool relative = setting->clock == CLOCK_REALTIME && !setting->absolute;

	/* What is to wake from suspend has to count through it. */
	if (setting->clock == CLOCK_BOOTTIME ||
	    (waking && (setting->clock == CLOCK_MONOTONIC || relative)))
		return BOOTTIME;
	return setting->clock == CLOCK_REALTIME && !relative ? REALTIME :
							       MONOTONIC;
}

static void timer_alarm(struct winsync_object *object,
			struct winsync_alarm *alarm)
{
	const struct winsync_timer *timer = to_timer(object);
	struct winsync_op op = { };

	winsync_lock(object, &op);
	alarm->on = timer->waking && timer->set;
	alarm->realtime = timer->clock == REALTIME;
	alarm->due = timer->due;
	alarm->period = timer->period;
	winsync_unlock(object, &op);
}

/* Whether the caller can have the timer wake the machine. */
static bool timer_may_wake(struct winsync_timer *timer)
{
	struct winsync_wake *wake;

	if (!capable(CAP_WAKE_ALARM) || !winsync_wake_supported())
		return false;
	if (READ_ONCE(timer->wake))
		return true;
	wake = winsync_wake_alloc(&timer->object, timer_alarm);
	if (!wake)
		return false;
	if (cmpxchg(&timer->wake, NULL, wake))
		winsync_wake_free(wake);
	return true;
}

/* After the setting has changed. */
static void timer_follow(struct winsync_timer *timer)
{
	struct winsync_wake *wake = READ_ONCE(timer->wake);

	if (wake)
		winsync_wake_follow(wake);
}

/**
 * winsync_timer_set() - sets a timer anew [TM-4 to TM-9]
 * @object: the timer
 * @setting: how
 *
 * A due time that is past signals the timer before the call returns [TM-5].
 *
 * Return: bits WINSYNC_TIMER_WAS_SIGNALED and WINSYNC_TIMER_NO_WAKE.
 */
int winsync_timer_set(struct winsync_object *object,
		      const struct winsync_timer_setting *setting)
{
	struct winsync_timer *timer = to_timer(object);
	bool waking = setting->wake && timer_may_wake(timer);
	enum timer_clock clock = setting_clock(setting, waking);
	struct winsync_op op = { };
	int result;
	ktime_t now, due;

	winsync_lock(object, &op);
	result = object->signaled ? WINSYNC_TIMER_WAS_SIGNALED : 0;
	if (setting->wake && !waking)
		result |= WINSYNC_TIMER_NO_WAKE;
	timer_stop(timer);
	winsync_set_signaled(object, false);
	timer->expirations = 0;
	timer->expired_at = 0;
	now = clock_now(clock);
	due = setting->due;
	if (!setting->absolute)
		due = ktime_add_safe(now, due);
	else if (setting->clock == CLOCK_MONOTONIC && clock == BOOTTIME)
		/* No difference of two readings: one below 0 counts as overflow. */
		due = ktime_add_safe(due, ktime_mono_to_any(0, TK_OFFS_BOOT));
	timer->clock = clock;
	timer->due = due;
	timer->period = setting->period;
	timer->tolerance = setting->tolerance;
	timer->set = true;
	timer->waking = waking;
	if (clock == REALTIME)
		timer->wall = wall_offset(timer);
	if (setting->alert) {
		timer->alert = winsync_object_get(setting->alert);
		winsync_owner_link(setting->owner, object);
	}
	if (ktime_before(now, due)) {
		timer_start(timer);
		winsync_unlock(object, &op);
	} else {
		/* Missed periods are not made up for [TM-13]. */
		timer->due = now;
		timer_expire_unlock(timer, &op);
	}
	timer_follow(timer);
	return result;
}

/**
 * winsync_timer_cancel() - stops a timer [TM-15]
 * @object: the timer
 *
 * Return: whether it is signaled, which stays so.
 */
bool winsync_timer_cancel(struct winsync_object *object)
{
	struct winsync_timer *timer = to_timer(object);
	struct winsync_op op = { };
	bool signaled;

	winsync_lock(object, &op);
	timer_stop(timer);
	signaled = object->signaled;
	winsync_unlock(object, &op);
	timer_follow(timer);
	return signaled;
}
