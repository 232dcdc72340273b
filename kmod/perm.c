// SPDX-License-Identifier: GPL-2.0-only
/* Owner, group and mode of objects and namespaces, and the rights they give. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/winsync.h>

#include "perm.h"

static u32 mode_access(umode_t bits)
{
	return (bits & 4 ? WINSYNC_ACCESS_QUERY : 0) |
	       (bits & 2 ? WINSYNC_ACCESS_MODIFY : 0) |
	       (bits & 1 ? WINSYNC_ACCESS_SYNCHRONIZE : 0) |
	       (bits & 7 ? WINSYNC_ACCESS_READ_CONTROL : 0);
}

/**
 * winsync_perm_read() - owner, group and mode as they are together
 * @perm: to read
 */
struct winsync_perm_ids winsync_perm_read(struct winsync_perm *perm)
{
	struct winsync_perm_ids ids;

	spin_lock(&perm->lock);
	ids = perm->ids;
	spin_unlock(&perm->lock);
	return ids;
}

/**
 * winsync_access() - which rights a new handle gets
 * @perm: of the object or namespace
 * @user_ns: user namespace in which CAP_IPC_OWNER overrides @perm
 * @wanted: WINSYNC_ACCESS_*, perhaps WINSYNC_ACCESS_MAXIMUM
 * @granted: set to the rights
 *
 * Return: 0, or -EACCES if a right is not to be had, or if none is asked for.
 */
int winsync_access(struct winsync_perm *perm, struct user_namespace *user_ns,
		   u32 wanted, u32 *granted)
{
	const struct winsync_perm_ids now = winsync_perm_read(perm);
	u32 allowed;

	if (uid_eq(current_euid(), now.uid))
		allowed = mode_access(now.mode >> 6) |
			  WINSYNC_ACCESS_READ_CONTROL |
			  WINSYNC_ACCESS_WRITE_CONTROL;
	else if (in_egroup_p(now.gid))
		allowed = mode_access(now.mode >> 3);
	else
		allowed = mode_access(now.mode);

	/* Ask for the capability only where it is needed: it leaves a trace. */
	if (((wanted & ~allowed) & WINSYNC_ACCESS_ALL ||
	     (wanted & WINSYNC_ACCESS_MAXIMUM &&
	      allowed != WINSYNC_ACCESS_ALL)) &&
	    ns_capable(user_ns, CAP_IPC_OWNER))
		allowed = WINSYNC_ACCESS_ALL;
	if ((wanted & ~allowed) & WINSYNC_ACCESS_ALL)
		return -EACCES;
	*granted = wanted & WINSYNC_ACCESS_MAXIMUM ? allowed : wanted;
	return *granted ? 0 : -EACCES;
}

/**
 * winsync_set_perm() - changes owner, group and mode
 * @perm: to change
 * @user_ns: user namespace in which CAP_CHOWN counts
 * @args: what to; its masks and mode are valid
 *
 * Return: 0; -EINVAL for an id that does not exist here; -EPERM.
 */
int winsync_set_perm(struct winsync_perm *perm, struct user_namespace *user_ns,
		     const struct winsync_perm_args *args)
{
	kuid_t uid = make_kuid(current_user_ns(), args->uid);
	kgid_t gid = make_kgid(current_user_ns(), args->gid);
	bool privileged;
	int error = 0;

	if ((args->mask & WINSYNC_PERM_UID && !uid_valid(uid)) ||
	    (args->mask & WINSYNC_PERM_GID && !gid_valid(gid)))
		return -EINVAL;
	privileged = args->mask & (WINSYNC_PERM_UID | WINSYNC_PERM_GID) &&
		     ns_capable(user_ns, CAP_CHOWN);
	spin_lock(&perm->lock);
	if (!privileged) {
		if (args->mask & WINSYNC_PERM_UID && !uid_eq(uid, perm->ids.uid))
			error = -EPERM;
		if (args->mask & WINSYNC_PERM_GID && !gid_eq(gid, perm->ids.gid) &&
		    !in_egroup_p(gid))
			error = -EPERM;
	}
	if (!error) {
		if (args->mask & WINSYNC_PERM_MODE)
			perm->ids.mode = args->mode;
		if (args->mask & WINSYNC_PERM_UID)
			perm->ids.uid = uid;
		if (args->mask & WINSYNC_PERM_GID)
			perm->ids.gid = gid;
	}
	spin_unlock(&perm->lock);
	return error;
}
