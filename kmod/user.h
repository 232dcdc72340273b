/* SPDX-License-Identifier: GPL-2.0-only */
/* What each user has, and may have. */
#ifndef WINSYNC_USER_H
#define WINSYNC_USER_H

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/minmax.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct user_namespace;
struct winsync_info;

enum winsync_quota { WINSYNC_QUOTA_OBJECTS, WINSYNC_QUOTA_NAMESPACES,
		     WINSYNC_QUOTAS };

/**
 * struct winsync_user - a user who has something charged
 * @node: in the table; changed under its lock, read under RCU, so that charges
 *	take no lock that all users share
 * @users: charges of its own and of child records; at zero only under the
 *	table's lock
 * @ns: user namespace, referenced
 * @uid: uid of the user
 * @parent: the creator of @ns, NULL for the initial namespace
 * @count: what is charged
 * @rcu: delays freeing, for those who look it up
 */
struct winsync_user {
	struct hlist_node node;
	refcount_t users;
	struct user_namespace *ns;
	kuid_t uid;
	struct winsync_user *parent;
	atomic_t count[WINSYNC_QUOTAS];
	struct rcu_head rcu;
};

extern unsigned int winsync_quotas[WINSYNC_QUOTAS];

struct winsync_user *winsync_user_get(void);
void winsync_user_put(struct winsync_user *user);
void winsync_user_info(struct winsync_info *info);

static inline unsigned int winsync_quota_max(enum winsync_quota quota)
{
	return min_t(unsigned int, INT_MAX, READ_ONCE(winsync_quotas[quota]));
}

static inline bool winsync_is_user(const struct winsync_user *user,
				   const struct user_namespace *ns, kuid_t uid)
{
	return user->ns == ns && uid_eq(user->uid, uid);
}

/* One level of a charge; changes nothing if it would be too much. */
static __always_inline bool winsync_user_count(struct winsync_user *user,
					       enum winsync_quota quota)
{
	if (likely(atomic_inc_return(&user->count[quota]) <=
		   winsync_quota_max(quota)))
		return true;
	atomic_dec(&user->count[quota]);
	return false;
}

struct winsync_user *winsync_user_charge_all(enum winsync_quota quota);
void winsync_user_uncharge_all(struct winsync_user *user,
			       enum winsync_quota quota);

/**
 * winsync_user_charge() - charges the calling user and those above
 * @likely_user: a record that is likely the caller's and that somebody keeps, or NULL
 * @quota: what
 *
 * Inline, for most users have nobody above, and create objects all the time.
 *
 * Return: the user, to be uncharged; ERR_PTR of -EDQUOT or -ENOMEM.
 */
static __always_inline struct winsync_user *
winsync_user_charge(struct winsync_user *likely_user, enum winsync_quota quota)
{
	if (likely_user && !likely_user->parent &&
	    winsync_is_user(likely_user, current_user_ns(), current_euid()) &&
	    winsync_user_count(likely_user, quota)) {
		/* Until here it is the reference of who keeps it. */
		refcount_inc(&likely_user->users);
		return likely_user;
	}
	return winsync_user_charge_all(quota);
}

/**
 * winsync_user_uncharge() - takes a charge back
 * @user: as winsync_user_charge() returned it
 * @quota: what
 */
static __always_inline void winsync_user_uncharge(struct winsync_user *user,
						  enum winsync_quota quota)
{
	if (unlikely(user->parent)) {
		winsync_user_uncharge_all(user, quota);
		return;
	}
	atomic_dec(&user->count[quota]);
	/* Mostly somebody else has a reference, too. */
	if (!refcount_dec_not_one(&user->users))
		winsync_user_put(user);
}

#endif /* WINSYNC_USER_H */
