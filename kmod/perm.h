/* SPDX-License-Identifier: GPL-2.0-only */
/* Owner, group and mode of objects and namespaces. */
#ifndef WINSYNC_PERM_H
#define WINSYNC_PERM_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct user_namespace;
struct winsync_perm_args;

struct winsync_perm_ids {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/**
 * struct winsync_perm - owner and mode of an object or namespace
 * @lock: protects @ids once published; each has its own, so that opening the
 *	one object is nothing to who opens another
 * @ids: what is protected
 */
struct winsync_perm {
	spinlock_t lock;
	struct winsync_perm_ids ids;
};

/**
 * winsync_perm_init() - sets owner, group and mode of something new
 * @perm: to set
 * @uid: owner
 * @gid: group
 * @mode: permission bits
 */
static inline void winsync_perm_init(struct winsync_perm *perm, kuid_t uid,
				     kgid_t gid, umode_t mode)
{
	spin_lock_init(&perm->lock);
	perm->ids.uid = uid;
	perm->ids.gid = gid;
	perm->ids.mode = mode;
}

struct winsync_perm_ids winsync_perm_read(struct winsync_perm *perm);
int winsync_access(struct winsync_perm *perm, struct user_namespace *user_ns,
		   u32 wanted, u32 *granted);
int winsync_set_perm(struct winsync_perm *perm, struct user_namespace *user_ns,
		     const struct winsync_perm_args *args);

#endif /* WINSYNC_PERM_H */
