/* SPDX-License-Identifier: GPL-2.0-only */
/* Named namespaces, the names in them, and who may use either. */
#ifndef WINSYNC_NAMESPACE_H
#define WINSYNC_NAMESPACE_H

#include <linux/fs.h>
#include <linux/types.h>

#include "object.h"

struct seq_file;
struct winsync_name;
struct winsync_namespace;

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

struct winsync_ns_args;
struct file *winsync_ns_open(const struct winsync_ns_args *args,
			     const struct winsync_bytes *name, bool *existed,
			     bool *unpublished);
int winsync_ns_publish(struct winsync_namespace *ns);
int winsync_ns_destroy(struct winsync_namespace *ns);
struct file *winsync_ns_duplicate(struct winsync_namespace *ns, u32 access);
bool winsync_is_ns_handle(const struct file *file);
void winsync_ns_stat(struct winsync_namespace *ns, struct winsync_stat *stat);
struct winsync_perm *winsync_ns_perm(struct winsync_namespace *ns);

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

void winsync_perm_init(struct winsync_perm *perm, kuid_t uid, kgid_t gid,
		       umode_t mode);
struct winsync_perm_ids winsync_perm_read(struct winsync_perm *perm);
int winsync_access(struct winsync_perm *perm, struct user_namespace *user_ns,
		   u32 wanted, u32 *granted);
struct user_namespace *winsync_object_user_ns(const struct winsync_object *object);
struct user_namespace *winsync_ns_user_ns(const struct winsync_namespace *ns);
int winsync_set_perm(struct winsync_perm *perm, struct user_namespace *user_ns,
		     const struct winsync_perm_args *args);

/* How a list grows: returns -ENOSPC when the buffer is full. */
struct winsync_list {
	u64 cursor;
	char *buffer;
	u32 size;
	u32 used;
};

int winsync_list_namespaces(struct winsync_list *list);
int winsync_list_objects(struct winsync_namespace *ns,
			 struct winsync_list *list);

#endif /* WINSYNC_NAMESPACE_H */
