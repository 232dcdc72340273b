// SPDX-License-Identifier: GPL-2.0-only
/* Listings of namespaces and of the objects in one, a buffer at a time. */
#include <linux/align.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "compat/ipc_ns.h"
#include "list.h"
#include "namespace.h"
#include "object.h"
#include "perm.h"
#include "wait.h"

static struct winsync_list_entry *list_next(struct winsync_list *list,
					    const char *name, u32 len)
{
	u32 size = ALIGN(sizeof(struct winsync_list_entry) + len, 8);
	struct winsync_list_entry *entry;

	if (size > list->size - list->used)
		return NULL;
	entry = (void *)(list->buffer + list->used);
	memset(entry, 0, size);
	entry->size = size;
	entry->name_len = len;
	memcpy(entry->name, name, len);
	list->used += size;
	return entry;
}

static void list_perm(struct winsync_list_entry *entry,
		      struct winsync_perm *perm)
{
	const struct winsync_perm_ids now = winsync_perm_read(perm);

	entry->uid = from_kuid_munged(current_user_ns(), now.uid);
	entry->gid = from_kgid_munged(current_user_ns(), now.gid);
	entry->mode = now.mode;
}

static int list_object(struct winsync_list *list,
		       struct winsync_object *object)
{
	struct winsync_list_entry *entry;
	struct winsync_snapshot snapshot = { };
	int handles = atomic_read(&object->handles);
	struct winsync_op op = { };
	u32 granted;

	/* The name has gone since it was found. */
	if (!handles)
		return 0;
	entry = list_next(list, object->name->bytes, object->name->len);
	if (!entry)
		return -ENOSPC;
	entry->type = object->type->id;
	entry->id = object->id;
	entry->created = winsync_from_host_time(CLOCK_BOOTTIME, object->created);
	entry->handles = handles;
	entry->ns_uid = WINSYNC_UID_SELF;
	list_perm(entry, &object->perm);
	if (winsync_access(&object->perm, winsync_object_user_ns(object),
			   WINSYNC_ACCESS_QUERY, &granted))
		return 0;
	winsync_lock(object, &op);
	object->type->describe(object, &snapshot);
	entry->signaled = object->signaled;
	entry->waiters = object->waiters;
	entry->counters.signals = object->signals;
	entry->counters.acquisitions = object->acquisitions;
	entry->counters.abandonments = object->abandonments;
	winsync_unlock(object, &op);
	entry->value = snapshot.value;
	entry->extra = snapshot.extra;
	return 0;
}

/**
 * winsync_list_objects() - fills the list with a namespace's objects
 * @ns: the namespace
 * @list: goes on from its cursor
 *
 * Return: 0 at the end, -ENOSPC if there are more.
 */
int winsync_list_objects(struct winsync_namespace *ns,
			 struct winsync_list *list)
{
	struct winsync_object *object;
	int error = 0;

	while (!error && (object = winsync_name_after(ns, list->cursor))) {
		error = list_object(list, object);
		if (!error)
			list->cursor = object->id;
		winsync_object_put(object);
		cond_resched();
	}
	return error;
}

static int list_namespace(struct winsync_list *list,
			  struct winsync_namespace *ns)
{
	struct winsync_list_entry *entry;
	u32 granted;

	if (winsync_access(&ns->perm, winsync_ns_user_ns(ns),
			   WINSYNC_ACCESS_QUERY, &granted))
		return 0;
	entry = list_next(list, ns->name.bytes, ns->name.len);
	if (!entry)
		return -ENOSPC;
	entry->type = WINSYNC_TYPE_NAMESPACE;
	entry->id = ns->id;
	entry->created = winsync_from_host_time(CLOCK_BOOTTIME, ns->created);
	entry->value = READ_ONCE(ns->count);
	entry->handles = atomic_read(&ns->handles);
	entry->ns_uid = uid_valid(ns->uid) ?
			from_kuid_munged(current_user_ns(), ns->uid) :
			WINSYNC_UID_SELF;
	list_perm(entry, &ns->perm);
	return 0;
}

/**
 * winsync_list_namespaces() - fills the list with the caller's namespaces
 * @list: goes on from its cursor
 *
 * Return: 0 at the end, -ENOSPC if there are more.
 */
int winsync_list_namespaces(struct winsync_list *list)
{
	const struct ns_common *ipc_ns = winsync_ipc_ns_current();
	struct winsync_namespace *ns;
	int error = 0;

	while (!error && (ns = winsync_ns_after(list->cursor))) {
		if (ns->ipc_ns == ipc_ns)
			error = list_namespace(list, ns);
		if (!error)
			list->cursor = ns->id;
		winsync_ns_put(ns);
		cond_resched();
	}
	return error;
}
