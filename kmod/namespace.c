// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces and names.
 *
 * A namespace is known by its IPC namespace, its user (or none) and its name,
 * and lives while it has handles or named objects. Each has a lock of
 * its own for its names. A name is there while its object has handles: the
 * step of object->handles to zero and the lookup of a name are made under the
 * namespace's lock, so that a name is never found without a handle, and
 * never replaced while it has one [NM-10, NM-11].
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/timekeeping.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "compat/ipc_ns.h"
#include "ioctl.h"
#include "namespace.h"
#include "user.h"
#include "wait.h"

#define NS_HASH_BITS	10

/**
 * struct winsync_namespace - a namespace
 * @node: in ns_table while it can be opened, protected by ns_lock
 * @by_id: in ns_by_id, likewise
 * @linked: whether it is in these, likewise
 * @ref: handles and named objects
 * @ipc_ns: referenced
 * @uid: the user it is private to, INVALID_UID if none
 * @user: who is charged, NULL for a default namespace
 * @perm: protected by winsync_perm_lock
 * @id: unique among namespaces
 * @created: CLOCK_BOOTTIME nanoseconds
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
 * @ns: referenced
 * @object: named; not referenced: has a handle while the name is in the table
 * @len: bytes
 * @bytes: not terminated
 */
struct winsync_name {
	struct rhash_head node;
	struct rb_node by_id;
	struct winsync_namespace *ns;
	struct winsync_object *object;
	u32 len;
	char bytes[];
};

static DEFINE_MUTEX(ns_lock);
static struct hlist_head ns_table[1 << NS_HASH_BITS];
static struct rb_root ns_by_id = RB_ROOT;
static u64 ns_next_id = 1;
static DEFINE_SPINLOCK(winsync_perm_lock);
static const struct file_operations ns_fops;

/* Permissions. */

static u32 mode_access(umode_t bits)
{
	return (bits & 4 ? WINSYNC_ACCESS_QUERY : 0) |
	       (bits & 2 ? WINSYNC_ACCESS_MODIFY : 0) |
	       (bits & 1 ? WINSYNC_ACCESS_SYNCHRONIZE : 0) |
	       (bits & 7 ? WINSYNC_ACCESS_READ_CONTROL : 0);
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
int winsync_access(const struct winsync_perm *perm,
		   struct user_namespace *user_ns, u32 wanted, u32 *granted)
{
	struct winsync_perm now;
	u32 allowed;

	spin_lock(&winsync_perm_lock);
	now = *perm;
	spin_unlock(&winsync_perm_lock);
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
	spin_lock(&winsync_perm_lock);
	if (!privileged) {
		if (args->mask & WINSYNC_PERM_UID && !uid_eq(uid, perm->uid))
			error = -EPERM;
		if (args->mask & WINSYNC_PERM_GID && !gid_eq(gid, perm->gid) &&
		    !in_egroup_p(gid))
			error = -EPERM;
	}
	if (!error) {
		if (args->mask & WINSYNC_PERM_MODE)
			perm->mode = args->mode;
		if (args->mask & WINSYNC_PERM_UID)
			perm->uid = uid;
		if (args->mask & WINSYNC_PERM_GID)
			perm->gid = gid;
	}
	spin_unlock(&winsync_perm_lock);
	return error;
}

struct user_namespace *winsync_ns_user_ns(const struct winsync_namespace *ns)
{
	return winsync_ipc_ns_user(ns->ipc_ns);
}

/* Unnamed objects belong to no IPC namespace. */
struct user_namespace *
winsync_object_user_ns(const struct winsync_object *object)
{
	return object->name ? winsync_ns_user_ns(object->name->ns) :
			      &init_user_ns;
}

/* The table of names. */

static u32 bytes_hash(const void *data, u32 len, u32 seed)
{
	const struct winsync_bytes *bytes = data;

	return jhash(bytes->bytes, bytes->len, seed);
}

static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const struct winsync_name *name = data;

	return jhash(name->bytes, name->len, seed);
}

static int name_compare(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct winsync_bytes *bytes = arg->key;
	const struct winsync_name *name = data;

	return bytes->len != name->len ||
	       memcmp(bytes->bytes, name->bytes, name->len);
}

static const struct rhashtable_params name_params = {
	.head_offset		= offsetof(struct winsync_name, node),
	.hashfn			= bytes_hash,
	.obj_hashfn		= name_hash,
	.obj_cmpfn		= name_compare,
	.automatic_shrinking	= true,
};

static bool id_less(struct rb_node *node, const struct rb_node *other)
{
	return rb_entry(node, struct winsync_name, by_id)->object->id <
	       rb_entry(other, struct winsync_name, by_id)->object->id;
}

static void ns_put(struct winsync_namespace *ns);

static struct winsync_object *name_find(struct winsync_namespace *ns,
					const struct winsync_bytes *bytes)
{
	struct winsync_name *name;

	lockdep_assert_held(&ns->lock);
	name = rhashtable_lookup_fast(&ns->names, bytes, name_params);
	if (!name)
		return NULL;
	atomic_inc(&name->object->handles);
	return winsync_object_get(name->object);
}

/**
 * winsync_name_open() - finds an object by name
 * @ns: the namespace
 * @name: its name
 *
 * Return: the object with a reference and a handle counted, or NULL.
 */
struct winsync_object *winsync_name_open(struct winsync_namespace *ns,
					 const struct winsync_bytes *name)
{
	struct winsync_object *object;

	spin_lock(&ns->lock);
	object = name_find(ns, name);
	spin_unlock(&ns->lock);
	return object;
}

/**
 * winsync_name_insert() - gives a new object its name
 * @ns: the namespace
 * @bytes: the name
 * @object: the object, with a handle counted
 *
 * Return: @object; or the object that has got the name meanwhile, with a
 * reference and a handle counted; or an ERR_PTR.
 */
struct winsync_object *winsync_name_insert(struct winsync_namespace *ns,
					   const struct winsync_bytes *bytes,
					   struct winsync_object *object)
{
	struct winsync_object *existing;
	struct winsync_name *name;
	int error = 0;

	name = kmalloc(struct_size(name, bytes, bytes->len),
		       GFP_KERNEL_ACCOUNT);
	if (!name)
		return ERR_PTR(-ENOMEM);
	name->object = object;
	name->len = bytes->len;
	memcpy(name->bytes, bytes->bytes, bytes->len);

	spin_lock(&ns->lock);
	existing = name_find(ns, bytes);
	if (!existing)
		error = rhashtable_insert_fast(&ns->names, &name->node,
					       name_params);
	if (!existing && !error) {
		rb_add(&name->by_id, &ns->names_by_id, id_less);
		ns->count++;
		refcount_inc(&ns->ref);
		name->ns = ns;
		object->name = name;
	}
	spin_unlock(&ns->lock);
	if (!existing && !error)
		return object;
	kfree(name);
	return existing ?: ERR_PTR(-ENOMEM);
}

/**
 * winsync_name_drop_handle() - a handle of an object was closed
 * @object: the object
 *
 * Return: whether it was the last one; then the name is gone.
 */
bool winsync_name_drop_handle(struct winsync_object *object)
{
	struct winsync_name *name = object->name;
	bool last;

	if (!name)
		return atomic_dec_and_test(&object->handles);
	if (!atomic_dec_and_lock(&object->handles, &name->ns->lock))
		return false;
	rhashtable_remove_fast(&name->ns->names, &name->node, name_params);
	rb_erase(&name->by_id, &name->ns->names_by_id);
	name->ns->count--;
	last = true;
	spin_unlock(&name->ns->lock);
	return last;
}

/**
 * winsync_name_free() - frees the name of an object that is being freed
 * @name: the name, or NULL
 */
void winsync_name_free(struct winsync_name *name)
{
	if (name) {
		ns_put(name->ns);
		kfree(name);
	}
}

u32 winsync_name_len(const struct winsync_name *name)
{
	return name ? name->len : 0;
}

/*
 * Names are hostile text: only printable ASCII is shown as it is. To the kernel
 * much that is not ASCII is printable, so that has to be said.
 */
static void show_name(struct seq_file *seq, const char *bytes, u32 len)
{
	seq_puts(seq, "winsync-name:\t");
	seq_escape_mem(seq, bytes, len, ESCAPE_ANY | ESCAPE_NAP, NULL);
	seq_putc(seq, '\n');
}

void winsync_name_show(const struct winsync_name *name, struct seq_file *seq)
{
	if (name)
		show_name(seq, name->bytes, name->len);
}

/* The table of namespaces. */

static struct hlist_head *ns_bucket(const struct ns_common *ipc_ns, kuid_t uid,
				    const struct winsync_bytes *name)
{
	u32 hash = jhash(name->bytes, name->len,
			 hash_ptr((void *)ipc_ns, 32) ^ __kuid_val(uid));

	return &ns_table[hash_32(hash, NS_HASH_BITS)];
}

static struct winsync_namespace *ns_find(const struct ns_common *ipc_ns,
					 kuid_t uid,
					 const struct winsync_bytes *name)
{
	struct winsync_namespace *ns;

	lockdep_assert_held(&ns_lock);
	hlist_for_each_entry(ns, ns_bucket(ipc_ns, uid, name), node)
		if (ns->ipc_ns == ipc_ns && uid_eq(ns->uid, uid) &&
		    ns->name.len == name->len &&
		    !memcmp(ns->name.bytes, name->bytes, name->len) &&
		    refcount_inc_not_zero(&ns->ref))
			return ns;
	return NULL;
}

static bool ns_id_less(struct rb_node *node, const struct rb_node *other)
{
	return rb_entry(node, struct winsync_namespace, by_id)->id <
	       rb_entry(other, struct winsync_namespace, by_id)->id;
}

static void ns_unlink(struct winsync_namespace *ns)
{
	lockdep_assert_held(&ns_lock);
	if (!ns->linked)
		return;
	ns->linked = false;
	hlist_del(&ns->node);
	rb_erase(&ns->by_id, &ns_by_id);
}

static void ns_free(struct winsync_namespace *ns)
{
	rhashtable_destroy(&ns->names);
	winsync_ipc_ns_put(ns->ipc_ns);
	if (ns->user)
		winsync_user_uncharge(ns->user, WINSYNC_QUOTA_NAMESPACES);
	kfree(ns);
}

static void ns_put(struct winsync_namespace *ns)
{
	if (!refcount_dec_and_test(&ns->ref))
		return;
	/* Nobody can get a reference any more; the table may still show it. */
	mutex_lock(&ns_lock);
	ns_unlink(ns);
	mutex_unlock(&ns_lock);
	ns_free(ns);
}

static bool is_default(const struct winsync_namespace *ns)
{
	return !ns->name.len && !uid_valid(ns->uid);
}

/* Makes a namespace that is in no table yet; takes over @ipc_ns. */
static struct winsync_namespace *ns_alloc(struct ns_common *ipc_ns, kuid_t uid,
					  const struct winsync_bytes *name,
					  umode_t mode)
{
	struct winsync_namespace *ns;
	int error = -ENOMEM;

	ns = kzalloc(sizeof(*ns), GFP_KERNEL_ACCOUNT);
	if (!ns)
		goto fail;
	ns->ipc_ns = ipc_ns;
	ns->uid = uid;
	ns->name.len = name->len;
	memcpy(ns->name.bytes, name->bytes, name->len);
	refcount_set(&ns->ref, 1);
	spin_lock_init(&ns->lock);
	ns->names_by_id = RB_ROOT;
	ns->created = ktime_get_boottime_ns();
	if (is_default(ns)) {
		ns->perm.uid = make_kuid(winsync_ipc_ns_user(ipc_ns), 0);
		ns->perm.gid = make_kgid(winsync_ipc_ns_user(ipc_ns), 0);
		ns->perm.mode = 0777;
	} else {
		ns->perm.uid = current_euid();
		ns->perm.gid = current_egid();
		ns->perm.mode = mode;
		ns->user = winsync_user_charge(WINSYNC_QUOTA_NAMESPACES);
		if (IS_ERR(ns->user)) {
			error = PTR_ERR(ns->user);
			goto fail;
		}
	}
	error = rhashtable_init(&ns->names, &name_params);
	if (error) {
		if (ns->user)
			winsync_user_uncharge(ns->user,
					      WINSYNC_QUOTA_NAMESPACES);
		goto fail;
	}
	return ns;
fail:
	kfree(ns);
	winsync_ipc_ns_put(ipc_ns);
	return ERR_PTR(error);
}

static struct file *ns_file(struct winsync_namespace *ns, u32 access,
			    bool destroys)
{
	struct winsync_ns_handle *handle;
	struct file *file;

	handle = kmalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return ERR_PTR(-ENOMEM);
	handle->ns = ns;
	handle->access = access;
	handle->destroys = destroys;
	file = anon_inode_getfile("[winsync-namespace]", &ns_fops, handle,
				  O_RDWR);
	if (IS_ERR(file))
		kfree(handle);
	return file;
}

/* Finds or makes the namespace, with a reference. */
static struct winsync_namespace *ns_get(const struct winsync_ns_args *args,
					const struct winsync_bytes *name,
					kuid_t uid, bool *existed)
{
	struct winsync_namespace *ns;
	struct ns_common *ipc_ns;

	mutex_lock(&ns_lock);
	ns = ns_find(winsync_ipc_ns_current(), uid, name);
	*existed = ns;
	if (ns)
		goto out;
	if (!(args->flags & WINSYNC_NS_CREATE) &&
	    (name->len || uid_valid(uid))) {
		ns = ERR_PTR(-ENOENT);
		goto out;
	}
	ipc_ns = winsync_ipc_ns_get();
	ns = ipc_ns ? ns_alloc(ipc_ns, uid, name, args->mode) :
		      ERR_PTR(-ENOENT);
	if (IS_ERR(ns))
		goto out;
	ns->id = ns_next_id++;
	ns->linked = true;
	hlist_add_head(&ns->node, ns_bucket(ipc_ns, uid, name));
	rb_add(&ns->by_id, &ns_by_id, ns_id_less);
	*existed = is_default(ns);
out:
	mutex_unlock(&ns_lock);
	return ns;
}

/**
 * winsync_ns_open() - opens or makes a namespace
 * @args: flags, access, mode and uid, checked for what is not allowed
 * @name: its name
 * @existed: set to whether it existed
 *
 * Return: the file, or an ERR_PTR of the errors of WINSYNC_IOC_NS_OPEN.
 */
struct file *winsync_ns_open(const struct winsync_ns_args *args,
			     const struct winsync_bytes *name, bool *existed)
{
	struct winsync_namespace *ns;
	kuid_t uid = INVALID_UID;
	struct file *file;
	u32 access;
	int error;

	if (args->flags & WINSYNC_NS_PER_USER) {
		uid = args->uid == WINSYNC_UID_SELF ? current_euid() :
			make_kuid(current_user_ns(), args->uid);
		if (!uid_valid(uid))
			return ERR_PTR(-EINVAL);
		if (!uid_eq(uid, current_euid()) &&
		    !ns_capable(winsync_ipc_ns_user(winsync_ipc_ns_current()),
				CAP_IPC_OWNER))
			return ERR_PTR(-EACCES);
	}
	if (!(args->access & (WINSYNC_ACCESS_ALL | WINSYNC_ACCESS_MAXIMUM)) &&
	    args->flags & WINSYNC_NS_CREATE)
		return ERR_PTR(-EACCES);
	ns = ns_get(args, name, uid, existed);
	if (IS_ERR(ns))
		return ERR_CAST(ns);
	error = 0;
	access = args->access & WINSYNC_ACCESS_MAXIMUM ? WINSYNC_ACCESS_ALL :
							 args->access;
	if (*existed && args->flags & WINSYNC_CREATE_EXCL)
		error = -EEXIST;
	else if (*existed)
		error = winsync_access(&ns->perm, winsync_ns_user_ns(ns),
				       args->access, &access);
	file = error ? ERR_PTR(error) :
	       ns_file(ns, access, !*existed &&
				   args->flags & WINSYNC_NS_OWNED);
	if (IS_ERR(file))
		ns_put(ns);
	return file;
}

/**
 * winsync_ns_duplicate() - another handle of a namespace
 * @ns: the namespace
 * @access: rights
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *winsync_ns_duplicate(struct winsync_namespace *ns, u32 access)
{
	struct file *file;

	refcount_inc(&ns->ref);
	file = ns_file(ns, access, false);
	if (IS_ERR(file))
		ns_put(ns);
	return file;
}

/**
 * winsync_ns_destroy() - takes a namespace its name [NS-8, NS-9]
 * @ns: the namespace
 *
 * Return: 0, -EINVAL for a default namespace, -ENOENT if it was destroyed.
 */
int winsync_ns_destroy(struct winsync_namespace *ns)
{
	int error = 0;

	if (is_default(ns))
		return -EINVAL;
	mutex_lock(&ns_lock);
	if (ns->linked)
		ns_unlink(ns);
	else
		error = -ENOENT;
	mutex_unlock(&ns_lock);
	return error;
}

static int ns_release(struct inode *inode, struct file *file)
{
	struct winsync_ns_handle *handle = winsync_ns_handle(file);

	if (handle->destroys)
		winsync_ns_destroy(handle->ns);
	ns_put(handle->ns);
	kfree(handle);
	return 0;
}

static void ns_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct winsync_ns_handle *handle = winsync_ns_handle(file);
	struct winsync_namespace *ns = handle->ns;

	seq_printf(seq,
		   "winsync-type:\tnamespace\nwinsync-id:\t%llu\nwinsync-access:\t%#x\nwinsync-objects:\t%u\n",
		   ns->id, handle->access, READ_ONCE(ns->count));
	show_name(seq, ns->name.bytes, ns->name.len);
}

static const struct file_operations ns_fops = {
	.owner		= THIS_MODULE,
	.release	= ns_release,
	.unlocked_ioctl	= winsync_ns_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= ns_show_fdinfo,
};

/**
 * winsync_is_ns_handle() - whether a file is a handle to a namespace
 * @file: any file
 */
bool winsync_is_ns_handle(const struct file *file)
{
	return file->f_op == &ns_fops;
}

struct winsync_perm *winsync_ns_perm(struct winsync_namespace *ns)
{
	return &ns->perm;
}

/**
 * winsync_ns_stat() - fills what is a namespace's own of a struct winsync_stat
 * @ns: the namespace
 * @stat: its id, creation time, handles and name are filled
 */
void winsync_ns_stat(struct winsync_namespace *ns, struct winsync_stat *stat)
{
	stat->id = ns->id;
	stat->created = ns->created;
	stat->handles = refcount_read(&ns->ref) - READ_ONCE(ns->count);
	stat->name_len = ns->name.len;
}

/* Listing. */

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
		      const struct winsync_perm *perm)
{
	struct winsync_perm now;

	spin_lock(&winsync_perm_lock);
	now = *perm;
	spin_unlock(&winsync_perm_lock);
	entry->uid = from_kuid_munged(current_user_ns(), now.uid);
	entry->gid = from_kgid_munged(current_user_ns(), now.gid);
	entry->mode = now.mode;
}

static int list_object(struct winsync_list *list,
		       struct winsync_object *object)
{
	struct winsync_list_entry *entry;
	struct winsync_snapshot snapshot = { };
	struct winsync_op op = { };
	u32 granted;

	entry = list_next(list, object->name->bytes, object->name->len);
	if (!entry)
		return -ENOSPC;
	entry->type = object->type->id;
	entry->id = object->id;
	entry->created = object->created;
	entry->handles = atomic_read(&object->handles);
	entry->ns_uid = WINSYNC_UID_SELF;
	list_perm(entry, &object->perm);
	if (winsync_access(&object->perm, winsync_object_user_ns(object),
			   WINSYNC_ACCESS_QUERY, &granted))
		return 0;
	winsync_lock(object, &op);
	object->type->describe(object, &snapshot);
	entry->waiters = object->waiters;
	winsync_unlock(object, &op);
	entry->signaled = snapshot.signaled;
	entry->value = snapshot.value;
	entry->extra = snapshot.extra;
	return 0;
}

/* The first object of an id above @id, with a reference. */
static struct winsync_object *object_after(struct winsync_namespace *ns, u64 id)
{
	struct winsync_object *found = NULL;
	struct rb_node *node;

	spin_lock(&ns->lock);
	for (node = ns->names_by_id.rb_node; node; ) {
		struct winsync_object *object =
			rb_entry(node, struct winsync_name, by_id)->object;

		if (object->id > id) {
			found = object;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (found)
		winsync_object_get(found);
	spin_unlock(&ns->lock);
	return found;
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

	while (!error && (object = object_after(ns, list->cursor))) {
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
	entry->created = ns->created;
	entry->value = READ_ONCE(ns->count);
	entry->handles = refcount_read(&ns->ref) - entry->value;
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
	struct rb_node *node;
	int error = 0;

	mutex_lock(&ns_lock);
	for (node = rb_first(&ns_by_id); node && !error; node = rb_next(node)) {
		struct winsync_namespace *ns =
			rb_entry(node, struct winsync_namespace, by_id);

		cond_resched();
		if (ns->id <= list->cursor ||
		    ns->ipc_ns != winsync_ipc_ns_current())
			continue;
		error = list_namespace(list, ns);
		if (!error)
			list->cursor = ns->id;
	}
	mutex_unlock(&ns_lock);
	return error;
}
