/* SPDX-License-Identifier: GPL-2.0-only */
/* Mutexes. */
#ifndef WINSYNC_MUTEX_H
#define WINSYNC_MUTEX_H

#include <linux/types.h>

struct winsync_mutex_state;
struct winsync_object;
struct winsync_user;
struct winsync_owner;

struct winsync_object *winsync_mutex_create(struct winsync_user *likely_user,
					    struct winsync_owner *owner);
void winsync_mutex_query(struct winsync_object *object,
			 struct winsync_mutex_state *state);
int winsync_mutex_release(struct winsync_object *object,
			  struct winsync_owner *owner);
bool winsync_mutex_is_full(const struct winsync_object *object,
			   const struct winsync_owner *owner);

#endif /* WINSYNC_MUTEX_H */
