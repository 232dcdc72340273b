/* SPDX-License-Identifier: GPL-2.0-only */
/* Semaphores. */
#ifndef WINSYNC_SEMAPHORE_H
#define WINSYNC_SEMAPHORE_H

#include <linux/types.h>

struct winsync_object;
struct winsync_semaphore_state;

struct winsync_object *winsync_semaphore_create(u32 count, u32 max,
						umode_t mode);
void winsync_semaphore_query(struct winsync_object *object,
			     struct winsync_semaphore_state *state);
int winsync_semaphore_release(struct winsync_object *object, u32 count,
			      u32 *previous);

#endif /* WINSYNC_SEMAPHORE_H */
