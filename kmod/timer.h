/* SPDX-License-Identifier: GPL-2.0-only */
/* Waitable timers. */
#ifndef WINSYNC_TIMER_H
#define WINSYNC_TIMER_H

#include <linux/ktime.h>
#include <linux/types.h>

struct winsync_object;
struct winsync_user;
struct winsync_owner;
struct winsync_timer_state;

/**
 * struct winsync_timer_setting - what WINSYNC_IOC_TIMER_SET asks for
 * @clock: CLOCK_MONOTONIC, CLOCK_REALTIME or CLOCK_BOOTTIME
 * @absolute: @due is a point on @clock (of the initial time namespace)
 * @wake: wake the machine from suspend
 * @due: when, or from now in how long
 * @period: nanoseconds, 0 for none
 * @tolerance: nanoseconds it may come late
 * @alert: event to set at each expiry, or NULL; a reference is taken
 * @owner: the calling thread's record, if there is an alert
 */
struct winsync_timer_setting {
	clockid_t clock;
	bool absolute;
	bool wake;
	ktime_t due;
	u64 period;
	u64 tolerance;
	struct winsync_object *alert;
	struct winsync_owner *owner;
};

struct winsync_object *winsync_timer_create(struct winsync_user *likely_user,
					    bool manual);
void winsync_timer_query(struct winsync_object *object,
			 struct winsync_timer_state *state);
int winsync_timer_set(struct winsync_object *object,
		      const struct winsync_timer_setting *setting);
bool winsync_timer_cancel(struct winsync_object *object);

#endif /* WINSYNC_TIMER_H */
