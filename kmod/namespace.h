/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces, and the names in them. */
#ifndef WINSYNC_NAMESPACE_H
#define WINSYNC_NAMESPACE_H

#include <linux/fs.h>
#include <linux/rbtree.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/winsync.h>

#include "object.h"
#include "perm.h"

struct seq_file;

/**
 * struct winsync_ns_handle - private data of a namespace's file
 * @ns: the namespace, referenced
 * @access: WINSYNC_ACCESS_*, never changes
 * @destroys: closing it destroys the namespace
 * @user: who opened it, and is likely to be charged for objects in it
 */
struct winsync_ns_handle {
	struct winsync_namespace *ns;
	u32 access;
	bool destroys;
	struct winsync_user *user;
};

/**
 * struct winsync_bytes - a name as user space gave it
 * @len: 0 if there is none
 * @bytes: not terminated
 */
struct winsync_bytes {
	u32 len;
	char bytes[WINSYNC_NAME_MAX];
};

/**
 * struct winsync_namespace - a namespace
 * @node: in ns_table while it can be opened, protected by ns_lock
 * @by_id: in ns_by_id, likewise
 * @linked: whether it is in these, likewise
 * @ref: handles, named objects, and who is looking
 * @handles: files
 * @ipc_ns: referenced
 * @uid: the user it is private to, INVALID_UID if none
 * @user: who is charged, NULL for a default namespace
 * @perm: who owns it, and may do what
 * @id: unique among namespaces
 * @created: CLOCK_BOOTTIME nanoseconds of the initial time namespace
 * @lock: protects @names, @names_by_id, @count, and the end of object->handles
 * @names: struct winsync_name by name
 * @names_by_id: the same by their objects' ids
 * @count: how many
 * @name: how it is called
 */
struct winsync_namespace {
	struct hlist_node node;
	struct rb_node by_id;
	bool linked;
	refcount_t ref;
	atomic_t handles;
	struct ns_common *ipc_ns;
	kuid_t uid;
	struct winsync_user *user;
	struct winsync_perm perm;
	u64 id;
	u64 created;
	spinlock_t lock;
	struct rhashtable names;
	struct rb_root names_by_id;
	u32 count;
	struct winsync_bytes name;
};

/**
 * struct winsync_name - the name of an object
 * @node: in ns->names, protected by ns->lock
 * @by_id: in ns->names_by_id, likewise
 * @ns: NULL until the name is in its table, referenced while it is
 * @ns_id: its id, for when it has gone
 * @object: named; not referenced: has a handle while the name is in the table
 * @len: bytes
 * @bytes: not terminated
 */
struct winsync_name {
	struct rhash_head node;
	struct rb_node by_id;
	struct winsync_namespace *ns;
	u64 ns_id;
	struct winsync_object *object;
	u32 len;
	char bytes[];
};

struct winsync_ns_args;
struct file *winsync_ns_open(const struct winsync_ns_args *args,
			     const struct winsync_bytes *name, bool *existed,
			     bool *unpublished);
int winsync_ns_publish(struct winsync_namespace *ns);
int winsync_ns_destroy(struct winsync_namespace *ns);
struct file *winsync_ns_duplicate(struct winsync_namespace *ns, u32 access);
bool winsync_is_ns_handle(const struct file *file);
void winsync_ns_stat(struct winsync_namespace *ns, struct winsync_stat *stat);

static inline struct winsync_ns_handle *winsync_ns_handle(const struct file *file)
{
	return file->private_data;
}

struct winsync_object *winsync_name_find(struct winsync_namespace *ns,
					 const struct winsync_bytes *name);
int winsync_name_prepare(const struct winsync_namespace *ns,
			 const struct winsync_bytes *name,
			 struct winsync_object *object);
int winsync_name_publish(struct winsync_namespace *ns,
			 struct winsync_object *object);
bool winsync_name_drop_handle(struct winsync_object *object);
void winsync_name_free(struct winsync_name *name);
void winsync_name_show(const struct winsync_name *name, struct seq_file *seq);
u32 winsync_name_len(const struct winsync_name *name);
u64 winsync_name_ns(const struct winsync_name *name);
int winsync_name_escape(const struct winsync_name *name, char *buffer,
			size_t size);

struct user_namespace *winsync_object_user_ns(const struct winsync_object *object);
struct user_namespace *winsync_ns_user_ns(const struct winsync_namespace *ns);

struct winsync_object *winsync_name_after(struct winsync_namespace *ns, u64 id);
struct winsync_namespace *winsync_ns_after(u64 id);
void winsync_ns_put(struct winsync_namespace *ns);

#endif /* WINSYNC_NAMESPACE_H */
