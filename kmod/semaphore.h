/* SPDX-License-Identifier: GPL-2.0-only */
/* Semaphores. */
#ifndef WINSYNC_SEMAPHORE_H
#define WINSYNC_SEMAPHORE_H

#include <linux/types.h>

struct winsync_object;
struct winsync_user;
struct winsync_semaphore_state;

struct winsync_object *winsync_semaphore_create(struct winsync_user *likely_user,
						u32 count, u32 max);
struct winsync_semaphore_state
winsync_semaphore_query(struct winsync_object *object);
s64 winsync_semaphore_release(struct winsync_object *object, u32 count);

#endif /* WINSYNC_SEMAPHORE_H */
