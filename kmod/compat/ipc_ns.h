/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPC namespaces as something a module can hold. put_ipc_ns() is not exported;
 * the namespace's own operations, which setns() and /proc use, do the same.
 */
#ifndef WINSYNC_COMPAT_IPC_NS_H
#define WINSYNC_COMPAT_IPC_NS_H

#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/ns_common.h>
#include <linux/proc_ns.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

#ifdef CONFIG_IPC_NS

/* The caller's, not referenced: good for comparing. */
static inline struct ns_common *winsync_ipc_ns_current(void)
{
	return &current->nsproxy->ipc_ns->ns;
}

/* The caller's, with a reference; NULL if the task is on its way out. */
static inline struct ns_common *winsync_ipc_ns_get(void)
{
	return winsync_ipc_ns_current()->ops->get(current);
}

static inline void winsync_ipc_ns_put(struct ns_common *ns)
{
	ns->ops->put(ns);
}

static inline struct user_namespace *winsync_ipc_ns_user(struct ns_common *ns)
{
	return container_of(ns, struct ipc_namespace, ns)->user_ns;
}

#else

/* There is one: any address that is not NULL stands for it. */
static inline struct ns_common *winsync_ipc_ns_current(void)
{
	return (struct ns_common *)&init_user_ns;
}

static inline struct ns_common *winsync_ipc_ns_get(void)
{
	return winsync_ipc_ns_current();
}

static inline void winsync_ipc_ns_put(struct ns_common *ns)
{
}

static inline struct user_namespace *winsync_ipc_ns_user(struct ns_common *ns)
{
	return &init_user_ns;
}

#endif

#endif /* WINSYNC_COMPAT_IPC_NS_H */
