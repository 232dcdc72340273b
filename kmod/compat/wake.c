// SPDX-License-Identifier: GPL-2.0-only
/*
 * An alarm does nothing but be there: when the system suspends, the kernel has
 * the RTC wake it for the earliest alarm, and then the winsync timer's own
 * hrtimer expires. So nothing here is needed for a timer to be right, and
 * an alarm may be a moment behind what its timer was set to.
 */
#include <linux/alarmtimer.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "wake.h"

enum { WAKE_REALTIME, WAKE_BOOTTIME, WAKE_ALARMS };

/**
 * struct winsync_wake - alarms of a timer
 * @lock: serialises setting and canceling
 * @period: read by the callback while an alarm runs
 * @alarms: one for each clock; at most one runs
 */
struct winsync_wake {
	struct mutex lock;
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

struct winsync_wake *winsync_wake_alloc(void)
{
	struct winsync_wake *wake = kzalloc(sizeof(*wake), GFP_KERNEL_ACCOUNT);

	if (wake) {
		mutex_init(&wake->lock);
		alarm_init(&wake->alarms[WAKE_REALTIME], ALARM_REALTIME,
			   realtime_callback);
		alarm_init(&wake->alarms[WAKE_BOOTTIME], ALARM_BOOTTIME,
			   boottime_callback);
	}
	return wake;
}

static void wake_stop(struct winsync_wake *wake)
{
	alarm_cancel(&wake->alarms[WAKE_REALTIME]);
	alarm_cancel(&wake->alarms[WAKE_BOOTTIME]);
}

void winsync_wake_set(struct winsync_wake *wake, bool realtime, ktime_t due,
		      u64 period)
{
	mutex_lock(&wake->lock);
	wake_stop(wake);
	wake->period = ns_to_ktime(period);
	wake_start(&wake->alarms[realtime ? WAKE_REALTIME : WAKE_BOOTTIME],
		   due);
	mutex_unlock(&wake->lock);
}

void winsync_wake_cancel(struct winsync_wake *wake)
{
	mutex_lock(&wake->lock);
	wake_stop(wake);
	mutex_unlock(&wake->lock);
}

void winsync_wake_free(struct winsync_wake *wake)
{
	if (!wake)
		return;
	wake_stop(wake);
	kfree(wake);
}

#else

bool winsync_wake_supported(void)
{
	return false;
}

struct winsync_wake *winsync_wake_alloc(void)
{
	return NULL;
}

void winsync_wake_set(struct winsync_wake *wake, bool realtime, ktime_t due,
		      u64 period)
{
}

void winsync_wake_cancel(struct winsync_wake *wake)
{
}

void winsync_wake_free(struct winsync_wake *wake)
{
}

#endif
