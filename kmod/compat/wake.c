// SPDX-License-Identifier: GPL-2.0-only
/*
 * An alarm does nothing but be there: when the system suspends, the kernel has
 * the RTC wake it for the earliest alarm, and then the winsync timer's own
 * hrtimer expires. So nothing here is needed for a timer to be right, and
 * an alarm may be a moment behind what its timer was set to: whoever changed
 * the setting has the alarm follow it, and whoever comes last sees the last
 * setting.
 */
#include <linux/alarmtimer.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../object.h"
#include "wake.h"

enum { WAKE_REALTIME, WAKE_BOOTTIME, WAKE_ALARMS };

/**
 * struct winsync_wake - alarms of a timer
 * @timer: whose they are
 * @read: tells what the timer was set to
 * @lock: serialises reading that and following it
 * @work: follows for who can't sleep
 * @period: read by the callback while an alarm runs
 * @alarms: one for each clock; at most one runs
 */
struct winsync_wake {
	struct winsync_object *timer;
	winsync_alarm_read *read;
	struct mutex lock;
	struct work_struct work;
	ktime_t period;
	struct alarm alarms[WAKE_ALARMS];
};

#if defined(CONFIG_RTC_CLASS) && defined(CONFIG_POSIX_TIMERS)

static void next_period(struct winsync_wake *wake, struct alarm *alarm)
{
	alarm_forward_now(alarm, wake->period);
}

#ifdef WINSYNC_HAVE_ALARM_START_TIMER
static void wake_callback(struct alarm *alarm, unsigned int index)
{
	struct winsync_wake *wake =
		container_of(alarm, struct winsync_wake, alarms[index]);

	if (wake->period) {
		next_period(wake, alarm);
		alarm_start_timer(alarm, alarm->node.expires, false);
	}
}

static void realtime_callback(struct alarm *alarm, ktime_t now)
{
	wake_callback(alarm, WAKE_REALTIME);
}

static void boottime_callback(struct alarm *alarm, ktime_t now)
{
	wake_callback(alarm, WAKE_BOOTTIME);
}

static void wake_start(struct alarm *alarm, ktime_t due)
{
	alarm_start_timer(alarm, due, false);
}
#else
static enum alarmtimer_restart wake_callback(struct alarm *alarm,
					     unsigned int index)
{
	struct winsync_wake *wake =
		container_of(alarm, struct winsync_wake, alarms[index]);

	if (!wake->period)
		return ALARMTIMER_NORESTART;
	next_period(wake, alarm);
	return ALARMTIMER_RESTART;
}

static enum alarmtimer_restart realtime_callback(struct alarm *alarm,
						 ktime_t now)
{
	return wake_callback(alarm, WAKE_REALTIME);
}

static enum alarmtimer_restart boottime_callback(struct alarm *alarm,
						 ktime_t now)
{
	return wake_callback(alarm, WAKE_BOOTTIME);
}

static void wake_start(struct alarm *alarm, ktime_t due)
{
	alarm_start(alarm, due);
}
#endif

bool winsync_wake_supported(void)
{
	return alarmtimer_get_rtcdev();
}

static void wake_stop(struct winsync_wake *wake)
{
	alarm_cancel(&wake->alarms[WAKE_REALTIME]);
	alarm_cancel(&wake->alarms[WAKE_BOOTTIME]);
}

/**
 * winsync_wake_follow() - makes the alarm what the timer's setting asks for
 * @wake: the timer's
 */
void winsync_wake_follow(struct winsync_wake *wake)
{
	struct winsync_alarm alarm;

	mutex_lock(&wake->lock);
	wake_stop(wake);
	wake->read(wake->timer, &alarm);
	if (alarm.on) {
		wake->period = ns_to_ktime(alarm.period);
		wake_start(&wake->alarms[alarm.realtime ? WAKE_REALTIME :
							  WAKE_BOOTTIME],
			   alarm.due);
	}
	mutex_unlock(&wake->lock);
}

static void wake_work(struct work_struct *work)
{
	winsync_wake_follow(container_of(work, struct winsync_wake, work));
}

/**
 * winsync_wake_follow_later() - winsync_wake_follow() for any context
 * @wake: the timer's
 */
void winsync_wake_follow_later(struct winsync_wake *wake)
{
	queue_work(winsync_workqueue, &wake->work);
}

/**
 * winsync_wake_alloc() - alarms for a timer
 * @timer: the timer
 * @read: tells what its alarm has to be
 *
 * Return: the alarms, none of which runs, or NULL.
 */
struct winsync_wake *winsync_wake_alloc(struct winsync_object *timer,
					winsync_alarm_read *read)
{
	struct winsync_wake *wake = kzalloc(sizeof(*wake), GFP_KERNEL_ACCOUNT);

	if (wake) {
		wake->timer = timer;
		wake->read = read;
		mutex_init(&wake->lock);
		INIT_WORK(&wake->work, wake_work);
		alarm_init(&wake->alarms[WAKE_REALTIME], ALARM_REALTIME,
			   realtime_callback);
		alarm_init(&wake->alarms[WAKE_BOOTTIME], ALARM_BOOTTIME,
			   boottime_callback);
	}
	return wake;
}

/**
 * winsync_wake_free() - stops and frees alarms
 * @wake: of a timer that nobody can set any more, or NULL
 */
void winsync_wake_free(struct winsync_wake *wake)
{
	if (!wake)
		return;
	cancel_work_sync(&wake->work);
	wake_stop(wake);
	kfree(wake);
}

#else

bool winsync_wake_supported(void)
{
	return false;
}

struct winsync_wake *winsync_wake_alloc(struct winsync_object *timer,
					winsync_alarm_read *read)
{
	return NULL;
}

void winsync_wake_follow(struct winsync_wake *wake)
{
}

void winsync_wake_follow_later(struct winsync_wake *wake)
{
}

void winsync_wake_free(struct winsync_wake *wake)
{
}

#endif
