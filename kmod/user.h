/* SPDX-License-Identifier: GPL-2.0-only */
/* What each user has, and may have. */
#ifndef WINSYNC_USER_H
#define WINSYNC_USER_H

#include <linux/types.h>

struct winsync_info;
struct winsync_user;

enum winsync_quota { WINSYNC_QUOTA_OBJECTS, WINSYNC_QUOTA_NAMESPACES,
		     WINSYNC_QUOTAS };

struct winsync_user *winsync_user_get(void);
void winsync_user_put(struct winsync_user *user);
struct winsync_user *winsync_user_charge(struct winsync_user *likely_user,
					 enum winsync_quota quota);
void winsync_user_uncharge(struct winsync_user *user, enum winsync_quota quota);
void winsync_user_info(struct winsync_info *info);

#endif /* WINSYNC_USER_H */
