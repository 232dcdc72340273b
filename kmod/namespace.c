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
#include "perm.h"
#include "user.h"
#include "wait.h"

#define NS_HASH_BITS	10

static DEFINE_MUTEX(ns_lock);
static struct hlist_head ns_table[1 << NS_HASH_BITS];
static struct rb_root ns_by_id = RB_ROOT;
static const struct file_operations ns_fops;

struct user_namespace *winsync_ns_user_ns(const struct winsync_namespace *ns)
{
	return winsync_ipc_ns_user(ns->ipc_ns);
}

/*
 * Unnamed objects belong to no IPC namespace. Who asks has a handle of @object
 * or of its namespace: one of them keeps the namespace.
 */
struct user_namespace *
winsync_object_user_ns(const struct winsync_object *object)
{
	return object->name ? winsync_ns_user_ns(object->name->ns) :
			      &init_user_ns;
}

/* The table of names. */

struct name_key {
	const char *bytes;
	u32 len;
};

static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct name_key *key = data;

	return jhash(key->bytes, key->len, seed);
}

static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const struct winsync_name *name = data;

	return jhash(name->bytes, name->len, seed);
}

static int name_compare(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct name_key *key = arg->key;
	const struct winsync_name *name = data;

	return key->len != name->len ||
	       memcmp(key->bytes, name->bytes, name->len);
}

static const struct rhashtable_params name_params = {
	.head_offset		= offsetof(struct winsync_name, node),
	.hashfn			= key_hash,
	.obj_hashfn		= name_hash,
	.obj_cmpfn		= name_compare,
	.automatic_shrinking	= true,
};

static bool id_less(struct rb_node *node, const struct rb_node *other)
{
	return rb_entry(node, struct winsync_name, by_id)->object->id <
	       rb_entry(other, struct winsync_name, by_id)->object->id;
}

static struct winsync_name *name_find(struct winsync_namespace *ns,
				      const char *bytes, u32 len)
{
	const struct name_key key = { bytes, len };

	lockdep_assert_held(&ns->lock);
	return rhashtable_lookup_fast(&ns->names, &key, name_params);
}

/**
 * winsync_name_find() - finds an object by name
 * @ns: the namespace
 * @name: its name
 *
 * A reference does not keep the name, so that who is refused a handle does not
 * either; winsync_object_open() makes it a handle.
 *
 * Return: the object with a reference, or NULL.
 */
struct winsync_object *winsync_name_find(struct winsync_namespace *ns,
					 const struct winsync_bytes *name)
{
	struct winsync_object *object = NULL;
	struct winsync_name *found;

	spin_lock(&ns->lock);
	found = name_find(ns, name->bytes, name->len);
	if (found)
		object = winsync_object_get(found->object);
	spin_unlock(&ns->lock);
	return object;
}

/**
 * winsync_name_prepare() - makes what a new object's name needs
 * @ns: the namespace
 * @bytes: the name
 * @object: the object; nobody finds it before winsync_name_publish()
 *
 * Return: 0 or -ENOMEM.
 */
int winsync_name_prepare(const struct winsync_namespace *ns,
			 const struct winsync_bytes *bytes,
			 struct winsync_object *object)
{
	struct winsync_name *name;

	name = kmalloc(struct_size(name, bytes, bytes->len),
		       GFP_KERNEL_ACCOUNT);
	if (!name)
		return -ENOMEM;
	name->ns = NULL;
	name->ns_id = ns->id;
	name->object = object;
	name->len = bytes->len;
	memcpy(name->bytes, bytes->bytes, bytes->len);
	object->name = name;
	return 0;
}

/**
 * winsync_name_publish() - makes a new object known by its name
 * @ns: the namespace
 * @object: the object, with a prepared name and a handle counted
 *
 * Return: 0; -EAGAIN if another object has got the name meanwhile; -ENOMEM.
 */
int winsync_name_publish(struct winsync_namespace *ns,
			 struct winsync_object *object)
{
	struct winsync_name *name = object->name;
	int error;

	spin_lock(&ns->lock);
	if (name_find(ns, name->bytes, name->len))
		error = -EAGAIN;
	else if (rhashtable_insert_fast(&ns->names, &name->node, name_params))
		error = -ENOMEM;
	else
		error = 0;
	if (!error) {
		rb_add(&name->by_id, &ns->names_by_id, id_less);
		WRITE_ONCE(ns->count, ns->count + 1);
		refcount_inc(&ns->ref);
		name->ns = ns;
	}
	spin_unlock(&ns->lock);
	return error;
}

/**
 * winsync_name_drop_handle() - a handle of a named object was closed
 * @object: the object
 *
 * Return: whether it was the last one; then the name is gone.
 */
bool winsync_name_drop_handle(struct winsync_object *object)
{
	struct winsync_name *name = object->name;
	struct winsync_namespace *ns = name->ns;

	if (!ns)
		return atomic_dec_and_test(&object->handles);
	if (!atomic_dec_and_lock(&object->handles, &ns->lock))
		return false;
	rhashtable_remove_fast(&ns->names, &name->node, name_params);
	rb_erase(&name->by_id, &ns->names_by_id);
	WRITE_ONCE(ns->count, ns->count - 1);
	spin_unlock(&ns->lock);
	winsync_ns_put(ns);
	return true;
}

/**
 * winsync_name_after() - finds the named objects one by one
 * @ns: the namespace
 * @id: of the one before; 0 for the first
 *
 * Return: the object with the next higher id, with a reference, or NULL.
 */
struct winsync_object *winsync_name_after(struct winsync_namespace *ns, u64 id)
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
 * winsync_name_free() - frees the name of an object that is being freed
 * @name: the name, or NULL
 */
void winsync_name_free(struct winsync_name *name)
{
	kfree(name);
}

u32 winsync_name_len(const struct winsync_name *name)
{
	return name ? name->len : 0;
}

/* The id of its namespace, 0 if there is no name. */
u64 winsync_name_ns(const struct winsync_name *name)
{
	return name ? name->ns_id : 0;
}

/*
 * Names are hostile text: only printable ASCII is shown as it is. To the kernel
 * much that is not ASCII is printable, so that has to be said.
 */
#define NAME_ESCAPES	(ESCAPE_ANY | ESCAPE_NAP)

static void show_name(struct seq_file *seq, const char *bytes, u32 len)
{
	seq_puts(seq, "winsync-name:\t");
	seq_escape_mem(seq, bytes, len, NAME_ESCAPES, NULL);
	seq_putc(seq, '\n');
}

void winsync_name_show(const struct winsync_name *name, struct seq_file *seq)
{
	if (name)
		show_name(seq, name->bytes, name->len);
}

/**
 * winsync_name_escape() - writes a name as fdinfo shows it
 * @name: the name, or NULL
 * @buffer: where to
 * @size: of @buffer
 *
 * Return: the bytes that it takes, with the NUL at its end.
 */
int winsync_name_escape(const struct winsync_name *name, char *buffer,
			size_t size)
{
	int length = name ? string_escape_mem(name->bytes, name->len, buffer,
					      size, NAME_ESCAPES, NULL) : 0;

	if ((size_t)length < size)
		buffer[length] = '\0';
	return length + 1;
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

/**
 * winsync_ns_put() - drops a reference
 * @ns: the namespace
 */
void winsync_ns_put(struct winsync_namespace *ns)
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
		winsync_perm_init(&ns->perm,
				  make_kuid(winsync_ipc_ns_user(ipc_ns), 0),
				  make_kgid(winsync_ipc_ns_user(ipc_ns), 0),
				  0777);
	} else {
		winsync_perm_init(&ns->perm, current_euid(), current_egid(),
				  mode);
		ns->user = winsync_user_charge(NULL, WINSYNC_QUOTA_NAMESPACES);
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
	struct winsync_user *user = winsync_user_get();
	struct winsync_ns_handle *handle;
	struct file *file;

	handle = kmalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle || !user) {
		kfree(handle);
		winsync_user_put(user);
		return ERR_PTR(-ENOMEM);
	}
	handle->ns = ns;
	handle->access = access;
	handle->destroys = destroys;
	handle->user = user;
	file = anon_inode_getfile("[winsync-namespace]", &ns_fops, handle,
				  O_RDWR);
	if (IS_ERR(file)) {
		kfree(handle);
		winsync_user_put(user);
	} else {
		atomic_inc(&ns->handles);
	}
	return file;
}

/* The namespace of that name, with a reference, or NULL. */
static struct winsync_namespace *ns_get(kuid_t uid,
					const struct winsync_bytes *name)
{
	struct winsync_namespace *ns;

	mutex_lock(&ns_lock);
	ns = ns_find(winsync_ipc_ns_current(), uid, name);
	mutex_unlock(&ns_lock);
	return ns;
}

static struct winsync_namespace *ns_new(kuid_t uid,
					const struct winsync_bytes *name,
					umode_t mode)
{
	struct ns_common *ipc_ns = winsync_ipc_ns_get();

	return ipc_ns ? ns_alloc(ipc_ns, uid, name, mode) : ERR_PTR(-ENOENT);
}

/**
 * winsync_ns_publish() - makes a new namespace known by its name
 * @ns: the namespace, as winsync_ns_open() made it
 *
 * Return: 0, or -EAGAIN if another one has got the name meanwhile.
 */
int winsync_ns_publish(struct winsync_namespace *ns)
{
	struct winsync_namespace *other;

	mutex_lock(&ns_lock);
	other = ns_find(ns->ipc_ns, ns->uid, &ns->name);
	if (!other) {
		ns->id = winsync_new_id();
		ns->linked = true;
		hlist_add_head(&ns->node,
			       ns_bucket(ns->ipc_ns, ns->uid, &ns->name));
		rb_add(&ns->by_id, &ns_by_id, ns_id_less);
	}
	mutex_unlock(&ns_lock);
	if (!other)
		return 0;
	winsync_ns_put(other);
	return -EAGAIN;
}

/**
 * winsync_ns_open() - opens or makes a namespace
 * @args: flags, access, mode and uid, checked for what is not allowed
 * @name: its name
 * @existed: set to whether it existed
 * @unpublished: set to whether winsync_ns_publish() is still to be called
 *
 * Return: the file, or an ERR_PTR of the errors of WINSYNC_IOC_NS_OPEN.
 */
struct file *winsync_ns_open(const struct winsync_ns_args *args,
			     const struct winsync_bytes *name, bool *existed,
			     bool *unpublished)
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
	ns = ns_get(uid, name);
	*unpublished = !ns;
	if (!ns && !(args->flags & WINSYNC_NS_CREATE) &&
	    (name->len || uid_valid(uid)))
		return ERR_PTR(-ENOENT);
	if (!ns)
		ns = ns_new(uid, name, args->mode);
	if (IS_ERR(ns))
		return ERR_CAST(ns);
	*existed = !*unpublished || is_default(ns);
	error = 0;
	access = args->access & WINSYNC_ACCESS_MAXIMUM ? WINSYNC_ACCESS_ALL :
							 args->access;
	if (*existed && args->flags & WINSYNC_CREATE_EXCL)
		error = -EEXIST;
	else if (*existed)
		error = winsync_access(&ns->perm, winsync_ns_user_ns(ns),
				       args->access, &access);
	if (error)
		file = ERR_PTR(error);
	else
		file = ns_file(ns, access, !*existed &&
			       args->flags & WINSYNC_NS_OWNED);
	if (IS_ERR(file))
		winsync_ns_put(ns);
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
		winsync_ns_put(ns);
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
	atomic_dec(&handle->ns->handles);
	winsync_ns_put(handle->ns);
	winsync_user_put(handle->user);
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

/**
 * winsync_ns_stat() - fills what is a namespace's own of a struct winsync_stat
 * @ns: the namespace
 * @stat: its id, creation time, handles and name are filled
 */
void winsync_ns_stat(struct winsync_namespace *ns, struct winsync_stat *stat)
{
	stat->id = ns->id;
	stat->created = winsync_from_host_time(CLOCK_BOOTTIME, ns->created);
	stat->handles = atomic_read(&ns->handles);
	stat->name_len = ns->name.len;
}

/**
 * winsync_ns_after() - finds the namespaces one by one
 * @id: of the one before; 0 for the first
 *
 * Return: the namespace with the next higher id, with a reference, or NULL.
 */
struct winsync_namespace *winsync_ns_after(u64 id)
{
	struct winsync_namespace *found = NULL;
	struct rb_node *node;

	mutex_lock(&ns_lock);
	for (node = ns_by_id.rb_node; node; ) {
		struct winsync_namespace *ns =
			rb_entry(node, struct winsync_namespace, by_id);

		if (ns->id > id) {
			found = ns;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	/* Some are on their way out. */
	while (found && !refcount_inc_not_zero(&found->ref))
		found = rb_entry_safe(rb_next(&found->by_id),
				      struct winsync_namespace, by_id);
	mutex_unlock(&ns_lock);
	return found;
}
