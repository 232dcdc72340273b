/* SPDX-License-Identifier: GPL-2.0-only */
/* Events. */
#ifndef WINSYNC_EVENT_H
#define WINSYNC_EVENT_H

#include <linux/types.h>

struct winsync_event_state;
struct winsync_object;
struct winsync_user;

struct winsync_object *winsync_event_create(struct winsync_user *likely_user,
					    bool manual, bool signaled);
struct winsync_event_state winsync_event_query(struct winsync_object *object);
bool winsync_event_set(struct winsync_object *object, bool atomic);
bool winsync_event_reset(struct winsync_object *object);
bool winsync_event_pulse(struct winsync_object *object);

#endif /* WINSYNC_EVENT_H */
