// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quotas of objects and namespaces.
 *
 * A user is a pair of user namespace and effective uid in it. Each charge is also one
 * to the creator of that user namespace in its parent, up to the initial one,
 * so that making user namespaces, and uids in them, gains nothing; the
 * kernel's own ucounts, which modules can't use, work the same way.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "limits.h"
#include "user.h"

unsigned int winsync_quotas[WINSYNC_QUOTAS] = {
	[WINSYNC_QUOTA_OBJECTS] = WINSYNC_MAX_OBJECTS,
	[WINSYNC_QUOTA_NAMESPACES] = WINSYNC_MAX_NAMESPACES,
};

module_param_named(max_objects, winsync_quotas[WINSYNC_QUOTA_OBJECTS], uint, 0644);
MODULE_PARM_DESC(max_objects,
		 "objects that a user may have (default: 262144)");

module_param_named(max_namespaces, winsync_quotas[WINSYNC_QUOTA_NAMESPACES], uint,
		   0644);
MODULE_PARM_DESC(max_namespaces,
		 "namespaces that a user may have (default: 1024)");

#define USER_HASH_BITS	8

static DEFINE_SPINLOCK(users_lock);
static struct hlist_head users[1 << USER_HASH_BITS];

static struct hlist_head *user_bucket(struct user_namespace *ns, kuid_t uid)
{
	return &users[hash_long((unsigned long)ns + __kuid_val(uid),
				USER_HASH_BITS)];
}

/* With a reference; under RCU. */
static struct winsync_user *user_find(struct user_namespace *ns, kuid_t uid)
{
	struct winsync_user *user;

	hlist_for_each_entry_rcu(user, user_bucket(ns, uid), node,
				 lockdep_is_held(&users_lock))
		if (winsync_is_user(user, ns, uid) &&
		    refcount_inc_not_zero(&user->users))
			return user;
	return NULL;
}

/**
 * winsync_user_put() - drops a reference
 * @user: the record, or NULL
 */
void winsync_user_put(struct winsync_user *user)
{
	while (user) {
		struct winsync_user *parent = user->parent;

		if (!refcount_dec_and_lock(&user->users, &users_lock))
			return;
		hlist_del_rcu(&user->node);
		spin_unlock(&users_lock);
		put_user_ns(user->ns);
		kfree_rcu(user, rcu);
		user = parent;
	}
}

/* The record of a user, with a reference, made if need be. */
static struct winsync_user *user_get_one(struct user_namespace *ns, kuid_t uid,
					 struct winsync_user *parent)
{
	struct winsync_user *user, *new;

	rcu_read_lock();
	user = user_find(ns, uid);
	rcu_read_unlock();
	if (user)
		goto found;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		winsync_user_put(parent);
		return NULL;
	}
	refcount_set(&new->users, 1);
	new->uid = uid;
	spin_lock(&users_lock);
	user = user_find(ns, uid);
	if (!user) {
		new->ns = get_user_ns(ns);
		new->parent = parent;
		hlist_add_head_rcu(&new->node, user_bucket(ns, uid));
	}
	spin_unlock(&users_lock);
	if (!user)
		return new;
	kfree(new);
found:
	/* The record has its own reference of its parent. */
	winsync_user_put(parent);
	return user;
}

/* The record of the caller, and those of the ancestors on the way to it. */
static noinline struct winsync_user *user_make(void)
{
	struct user_namespace *own = current_user_ns(), *ns, *below;
	struct winsync_user *user = NULL;
	int level;

	/* From the initial one down; of each who made the one below is charged. */
	for (level = 0; level <= own->level; level++) {
		below = NULL;
		for (ns = own; ns->level > level; ns = ns->parent)
			below = ns;
		user = user_get_one(ns, below ? below->owner : current_euid(),
				    user);
		if (!user)
			return NULL;
	}
	return user;
}

/**
 * winsync_user_get() - the record of the caller
 *
 * Who keeps a reference saves others making it again and again.
 *
 * Return: the record with a reference, or NULL if there is no memory.
 */
struct winsync_user *winsync_user_get(void)
{
	struct winsync_user *user;

	rcu_read_lock();
	user = user_find(current_user_ns(), current_euid());
	rcu_read_unlock();
	return user ?: user_make();
}

/**
 * winsync_user_charge_all() - winsync_user_charge() for any caller
 * @quota: what
 *
 * Return: likewise.
 */
struct winsync_user *winsync_user_charge_all(enum winsync_quota quota)
{
	struct winsync_user *user = winsync_user_get();
	struct winsync_user *level, *undo;

	if (!user)
		return ERR_PTR(-ENOMEM);
	for (level = user; level; level = level->parent) {
		if (winsync_user_count(level, quota))
			continue;
		for (undo = user; undo != level; undo = undo->parent)
			atomic_dec(&undo->count[quota]);
		winsync_user_put(user);
		return ERR_PTR(-EDQUOT);
	}
	return user;
}

/**
 * winsync_user_uncharge_all() - winsync_user_uncharge() of any charge
 * @user: likewise
 * @quota: what
 */
void winsync_user_uncharge_all(struct winsync_user *user,
			       enum winsync_quota quota)
{
	struct winsync_user *level;

	for (level = user; level; level = level->parent)
		atomic_dec(&level->count[quota]);
	winsync_user_put(user);
}

/**
 * winsync_user_info() - fills in the quotas and what the caller has
 * @info: whose quota fields are filled
 */
void winsync_user_info(struct winsync_info *info)
{
	struct winsync_user *user;

	info->max_objects = winsync_quota_max(WINSYNC_QUOTA_OBJECTS);
	info->max_namespaces = winsync_quota_max(WINSYNC_QUOTA_NAMESPACES);
	rcu_read_lock();
	user = user_find(current_user_ns(), current_euid());
	rcu_read_unlock();
	if (user) {
		info->objects =
			atomic_read(&user->count[WINSYNC_QUOTA_OBJECTS]);
		info->namespaces =
			atomic_read(&user->count[WINSYNC_QUOTA_NAMESPACES]);
		winsync_user_put(user);
	}
}
