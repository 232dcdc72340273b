/* SPDX-License-Identifier: GPL-2.0-only */
/* Waking the machine from suspend: the kernel's alarm timers. */
#ifndef WINSYNC_COMPAT_WAKE_H
#define WINSYNC_COMPAT_WAKE_H

#include <linux/ktime.h>
#include <linux/types.h>

struct winsync_object;
struct winsync_wake;

/**
 * struct winsync_alarm - what an alarm has to be
 * @on: whether there is to be one; the rest counts only then
 * @realtime: its clock is CLOCK_REALTIME, otherwise CLOCK_BOOTTIME
 * @due: when
 * @period: nanoseconds, 0 if none
 */
struct winsync_alarm {
	bool on;
	bool realtime;
	ktime_t due;
	u64 period;
};

/* Tells what the alarm of a timer has to be now. */
typedef void winsync_alarm_read(struct winsync_object *timer,
				struct winsync_alarm *alarm);

bool winsync_wake_supported(void);
struct winsync_wake *winsync_wake_alloc(struct winsync_object *timer,
					winsync_alarm_read *read);
void winsync_wake_follow(struct winsync_wake *wake);
void winsync_wake_follow_later(struct winsync_wake *wake);
void winsync_wake_free(struct winsync_wake *wake);

#endif /* WINSYNC_COMPAT_WAKE_H */
