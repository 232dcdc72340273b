/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads as owners: which objects depend on a thread, and how it ends. */
#ifndef WINSYNC_OWNER_H
#define WINSYNC_OWNER_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct winsync_object;

/**
 * struct winsync_owner - a thread that owns objects, or may come to
 * @node: in the table of owners, by @task; protected by the bucket's lock
 * @task: the thread, pinned, so that its address can't come to mean another
 * @lock: protects @objects; nests inside an object's lock
 * @objects: the objects that depend on the thread
 * @dead: the exit hook has begun
 * @work: looks after objects that the exit hook left over
 * @rcu: delays freeing, for those who read an object's owner without lock
 */
struct winsync_owner {
	struct hlist_node node;
	struct task_struct *task;
	raw_spinlock_t lock;
	struct list_head objects;
	bool dead;
	struct work_struct work;
	struct rcu_head rcu;
};

struct winsync_owner *winsync_owner_find(void);
struct winsync_owner *winsync_owner_current(void);
void winsync_owner_link(struct winsync_owner *owner,
			struct winsync_object *object);
void winsync_owner_unlink(struct winsync_object *object);
void winsync_owner_flush_all(void);

extern bool winsync_have_exit_hook;

/**
 * winsync_owner_flush() - a file was closed
 *
 * Where there is no exit hook, what the threads of a process own is abandoned
 * when the process, ending, closes its files.
 */
static inline void winsync_owner_flush(void)
{
	if (unlikely(!winsync_have_exit_hook))
		winsync_owner_flush_all();
}

/* Whether the thread is on its way out: it will never run user code again. */
static inline bool winsync_owner_ended(const struct winsync_owner *owner)
{
	if (READ_ONCE(owner->dead))
		return true;
	/* It alone writes its flags, other ones too, and as plain variables. */
	return data_race(READ_ONCE(owner->task->flags)) & PF_EXITING;
}

u32 winsync_owner_features(void);
int winsync_owner_init(void);
void winsync_owner_exit(void);

#endif /* WINSYNC_OWNER_H */
