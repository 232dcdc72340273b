/* SPDX-License-Identifier: GPL-2.0-only */
/* The front end that offers the interface of Linux' own /dev/ntsync. */
#ifndef WINSYNC_NTSYNC_H
#define WINSYNC_NTSYNC_H

#include <linux/types.h>

struct device;
struct file_operations;
struct winsync_object;
struct winsync_user;

extern const struct file_operations winsync_ntsync_fops;

struct winsync_object *winsync_ntsync_mutex_create(struct winsync_user *likely_user,
						   u32 owner, u32 count);
void winsync_ntsync_mutex_query(struct winsync_object *object, u32 *owner,
				u32 *count, bool *abandoned);
int winsync_ntsync_mutex_unlock(struct winsync_object *object, u32 owner,
				u32 *previous);
int winsync_ntsync_mutex_kill(struct winsync_object *object, u32 owner);

u32 winsync_ntsync_features(void);
int winsync_ntsync_prepare(void);
int winsync_ntsync_init(struct device *misc);
void winsync_ntsync_exit(void);

#endif /* WINSYNC_NTSYNC_H */
