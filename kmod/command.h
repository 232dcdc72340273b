/* SPDX-License-Identifier: GPL-2.0-only */
/* What the functions of the command table share. */
#ifndef WINSYNC_COMMAND_H
#define WINSYNC_COMMAND_H

#include <linux/types.h>
#include <linux/winsync.h>

#include "namespace.h"
#include "object.h"

/**
 * struct winsync_new_args - what the arguments of all creating commands are
 * @create: common part
 * @values: the type's own, in the order of its structure
 */
struct winsync_new_args {
	struct winsync_create create;
	u32 values[2];
};

/**
 * struct winsync_args - the arguments of a command, copied in and out
 *
 * One of these; which one the command decides.
 */
struct winsync_args {
	union {
		struct winsync_info info;
		struct winsync_ns_args ns;
		struct winsync_list_args list;
		struct winsync_new_args new;
		struct winsync_open_args open;
		struct winsync_duplicate_args duplicate;
		struct winsync_same_args same;
		struct winsync_stat stat;
		struct winsync_perm_args perm;
		struct winsync_waiters_args waiters;
		struct winsync_event_state event_state;
		struct winsync_mutex_state mutex_state;
		struct winsync_semaphore_state semaphore_state;
		struct winsync_semaphore_release_args semaphore_release;
		struct winsync_timer_state timer_state;
		struct winsync_timer_set_args timer_set;
		struct winsync_wait_args wait;
		struct winsync_wait_multiple_args wait_multiple;
		struct winsync_signal_and_wait_args signal_and_wait;
		u64 words[9];
	};
};

/**
 * struct winsync_call - one call of a command
 * @handle: of the object's file it was called upon, or NULL
 * @object: its object, or NULL
 * @ns: of the namespace's file it was called upon, or NULL
 * @user: whose record the device's or namespace's file keeps, or NULL
 * @args: its arguments
 * @fd: reserved for the file to be made, -1 if none
 * @new_file: the file, to become visible at the end
 * @unpublished: what the file is a handle of has a name that is not in its table
 *	yet
 */
struct winsync_call {
	struct winsync_handle *handle;
	struct winsync_object *object;
	struct winsync_ns_handle *ns;
	struct winsync_user *user;
	struct winsync_args args;
	int fd;
	struct file *new_file;
	bool unpublished;
};

int winsync_no_file(int fd);
int winsync_read_clock(u32 flags, clockid_t *clock);
long winsync_do_ns_open(struct winsync_call *call);
long winsync_create_unnamed(struct winsync_user *user, u32 type,
			    struct winsync_new_args __user *arg);
long winsync_do_event_create(struct winsync_call *call);
long winsync_do_mutex_create(struct winsync_call *call);
long winsync_do_semaphore_create(struct winsync_call *call);
long winsync_do_timer_create(struct winsync_call *call);
long winsync_do_object_open(struct winsync_call *call);
long winsync_do_duplicate(struct winsync_call *call);
long winsync_wait_object(struct winsync_handle *handle,
			 const struct winsync_wait_args *args);
long winsync_do_wait_any(struct winsync_call *call);
long winsync_do_wait_all(struct winsync_call *call);
long winsync_do_signal_and_wait(struct winsync_call *call);

#endif /* WINSYNC_COMMAND_H */
