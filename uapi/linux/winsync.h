/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * winsync: Windows' synchronization objects as Linux kernel objects.
 *
 * This header is the whole contract between the module and user space. Rule
 * names in brackets ([MX-17]) are those of docs/windows-semantics.md.
 */
#ifndef _UAPI_LINUX_WINSYNC_H
#define _UAPI_LINUX_WINSYNC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: File descriptors
 *
 * Three kinds of fd exist. The *device* (open("/dev/winsync"), any access
 * mode) creates unnamed objects and opens namespaces. A *namespace* creates
 * and opens named objects. An *object* is an event, mutex, semaphore or timer;
 * the fd is a handle in the sense of Windows: it carries the rights it was
 * given when it was made, for good. dup(2), fork(2), SCM_RIGHTS and
 * pidfd_getfd(2) share the handle with its rights; WINSYNC_IOC_DUPLICATE makes
 * another handle with other rights.
 *
 * Every fd the module makes has O_CLOEXEC set unless WINSYNC_INHERIT is given.
 *
 * poll(2): an object is readable (EPOLLIN) while it is signaled, that is while
 * a wait by a thread that owns nothing would succeed at once. Polling never
 * consumes anything.
 */

/**
 * DOC: Commands
 *
 * All commands are ioctl(2) calls. Commands that take a structure follow one
 * rule of growth: the size is part of the command number, structures only
 * ever grow at their end, a size smaller than the first published one is
 * ENOTTY, and bytes that the module does not know must be zero. Commands
 * without a structure want 0 as the argument.
 *
 * A command that fails has changed nothing. What a command reports it reports
 * in its return value wherever that fits, so that nothing can fail after the
 * effect.
 */

/**
 * DOC: Errors, the same for all commands
 *
 * ========== =================================================================
 * EBADF      a fd (the one called upon, or one inside the arguments) is not
 *            open
 * EBADFD     a fd is open but of the wrong kind: not winsync's, or not of the
 *            type this command works on
 * ENOTTY     no such command, or a structure smaller than its first version
 * E2BIG      a structure is larger than the module knows and its tail is not
 *            zero, or larger than a page
 * EINVAL     an unknown flag, a reserved field that is not zero, or a value
 *            out of range; the argument of a command without structure not 0
 * EFAULT     a pointer cannot be read or written
 * EACCES     the handle lacks the right, or the object's or namespace's mode
 *            does not grant the rights asked for; also when 0 rights are asked
 * EPERM      the calling thread does not own the mutex; or it may not give an
 *            object or namespace to that owner or group
 * ENOENT     no object or namespace of that name
 * EEXIST     the name exists, and WINSYNC_CREATE_EXCL was given
 * EPROTOTYPE the name exists, with another type
 * ENAMETOOLONG a name of more than WINSYNC_NAME_MAX bytes
 * EOVERFLOW  a semaphore's maximum, or a mutex' recursion limit, would be
 *            exceeded
 * ENOTUNIQ   the same object twice in a wait for all
 * ETIMEDOUT  the deadline of a wait passed
 * EINTR      a signal handler ran (without SA_RESTART; with it the wait goes
 *            on against its old deadline, see WINSYNC_IOC_SIGNAL_AND_WAIT for
 *            the exception)
 * EDQUOT     the user's quota of objects or namespaces is used up
 * EMFILE, ENFILE, ENOMEM  as everywhere
 * ========== =================================================================
 *
 * An abandoned mutex is not an error: the wait succeeds and says so with
 * WINSYNC_WAIT_ABANDONED in its result [MX-17].
 */

/** WINSYNC_ABI_VERSION: grows when a command, flag or field is added. */
#define WINSYNC_ABI_VERSION		1

/* Object types. */
#define WINSYNC_TYPE_EVENT		1
#define WINSYNC_TYPE_MUTEX		2
#define WINSYNC_TYPE_SEMAPHORE		3
#define WINSYNC_TYPE_TIMER		4
/* Only reported, by WINSYNC_IOC_LIST and WINSYNC_IOC_STAT. */
#define WINSYNC_TYPE_NAMESPACE		16

/**
 * DOC: Rights
 *
 * A handle's rights are a mask. On objects QUERY allows the query commands,
 * MODIFY set, reset, pulse, semaphore release, timer set and cancel, and
 * SYNCHRONIZE waits and polls. Releasing a mutex needs no right [MX-10]. On
 * namespaces QUERY allows to list, MODIFY to create objects, and SYNCHRONIZE
 * to open them. READ_CONTROL is granted to whoever is granted anything; it
 * exists so that a handle with no other right can be asked for. WRITE_CONTROL
 * allows WINSYNC_IOC_SET_PERM and, on namespaces, WINSYNC_IOC_NS_DESTROY; it
 * is the owner's.
 *
 * The mode of an object or namespace has the familiar nine bits: read is
 * QUERY, write is MODIFY, execute is SYNCHRONIZE, for owner, group and
 * others. CAP_IPC_OWNER in the user namespace that owns the IPC namespace
 * overrides them. The mode is looked at when a handle is made, never later.
 * Whoever creates an object receives the rights asked for, whatever the mode
 * says.
 */
#define WINSYNC_ACCESS_QUERY		0x01
#define WINSYNC_ACCESS_MODIFY		0x02
#define WINSYNC_ACCESS_SYNCHRONIZE	0x04
#define WINSYNC_ACCESS_READ_CONTROL	0x08
#define WINSYNC_ACCESS_WRITE_CONTROL	0x10
#define WINSYNC_ACCESS_ALL		0x1f
/* All rights that the mode grants the caller; alone, or with rights that must be among them. */
#define WINSYNC_ACCESS_MAXIMUM		0x100

/** WINSYNC_NAME_MAX: bytes of a name; 260 UTF-16 units as UTF-8 fit. */
#define WINSYNC_NAME_MAX		780

/* Flags of all commands that make a fd. */
#define WINSYNC_INHERIT			0x0001	/* without O_CLOEXEC */
/* Flags of the create commands and WINSYNC_IOC_NS_OPEN. */
#define WINSYNC_CREATE_EXCL		0x0002	/* fail with EEXIST if it exists */
/* Flags of WINSYNC_IOC_NS_OPEN. */
#define WINSYNC_NS_CREATE		0x0010	/* create it if it does not exist */
#define WINSYNC_NS_PER_USER		0x0020	/* the name is private to a user */
#define WINSYNC_NS_OWNED		0x0040	/* destroyed with the creator's fd */

/**
 * struct winsync_info - argument of WINSYNC_IOC_GET_INFO, all output
 * @abi_version: WINSYNC_ABI_VERSION of the module
 * @features: WINSYNC_FEATURE_* that this module has on this kernel
 * @types: bit n set: WINSYNC_TYPE_ n exists
 * @errata: a bit for each fixed behaviour, documented in winsync(4); none yet
 * @max_wait_any: most objects in one WINSYNC_IOC_WAIT_ANY
 * @max_wait_all: most objects in one WINSYNC_IOC_WAIT_ALL
 * @name_max: WINSYNC_NAME_MAX of the module
 * @reserved: 0
 * @min_period: shortest timer period, in nanoseconds
 * @max_objects: objects a user may have, see the module parameter
 * @max_namespaces: namespaces a user may have
 * @objects: objects charged to the caller's user now
 * @namespaces: namespaces charged to the caller's user now
 *
 * Unlike the other structures a smaller size is filled as far as it goes, and
 * a larger one with zeros behind what the module knows.
 */
struct winsync_info {
	__u32 abi_version;
	__u32 features;
	__u32 types;
	__u32 errata;
	__u32 max_wait_any;
	__u32 max_wait_all;
	__u32 name_max;
	__u32 reserved;
	__aligned_u64 min_period;
	__u32 max_objects;
	__u32 max_namespaces;
	__u32 objects;
	__u32 namespaces;
};

/* A mutex is abandoned when its owner thread ends; without: when the process ends. */
#define WINSYNC_FEATURE_THREAD_EXIT	0x1
/* A mutex is abandoned when its owner executes another program. */
#define WINSYNC_FEATURE_EXEC		0x2
/* Timers can wake the machine from suspend. */
#define WINSYNC_FEATURE_WAKE		0x4
/* This module serves /dev/ntsync. */
#define WINSYNC_FEATURE_NTSYNC		0x8

/**
 * struct winsync_ns_args - argument of WINSYNC_IOC_NS_OPEN
 * @name: user pointer to the name, @name_len bytes, no NUL, no backslash
 * @name_len: 0 to WINSYNC_NAME_MAX; 0 is the IPC namespace's default
 *	namespace, which always exists, belongs to root and has mode 0777
 * @flags: WINSYNC_INHERIT, WINSYNC_CREATE_EXCL, WINSYNC_NS_*
 * @access: rights of the new handle
 * @mode: permission bits if it is created, 0 to 0777
 * @uid: with WINSYNC_NS_PER_USER, whose; WINSYNC_UID_SELF or a uid, for which
 *	CAP_IPC_OWNER is needed unless it is the caller's; otherwise 0
 * @existed: output: 1 if the namespace existed, 0 if the call created it
 *
 * Namespaces are flat and belong to the caller's IPC namespace. A namespace
 * lives while a handle to it, or a named object in it, exists.
 */
struct winsync_ns_args {
	__aligned_u64 name;
	__u32 name_len;
	__u32 flags;
	__u32 access;
	__u32 mode;
	__u32 uid;
	__u32 existed;
};

#define WINSYNC_UID_SELF		0xffffffffU

/**
 * struct winsync_create - the part all create commands share
 * @name: user pointer to the name, @name_len bytes, no NUL, no backslash
 * @name_len: 0 (unnamed, [NM-18]) to WINSYNC_NAME_MAX; a name needs a
 *	namespace fd to be called upon (EINVAL on the device)
 * @flags: WINSYNC_INHERIT, WINSYNC_CREATE_EXCL
 * @access: rights of the new handle
 * @mode: permission bits of a new object, 0 to 0777
 * @existed: output: 1 if an object of that name and type existed and was
 *	opened, its state and mode untouched [NM-5]; 0 if it was created
 * @reserved: 0
 */
struct winsync_create {
	__aligned_u64 name;
	__u32 name_len;
	__u32 flags;
	__u32 access;
	__u32 mode;
	__u32 existed;
	__u32 reserved;
};

/**
 * struct winsync_event_create_args - argument of WINSYNC_IOC_EVENT_CREATE
 * @create: common part
 * @manual: 1: manual-reset, 0: auto-reset
 * @signaled: initial state, 0 or 1
 */
struct winsync_event_create_args {
	struct winsync_create create;
	__u32 manual;
	__u32 signaled;
};

/**
 * struct winsync_mutex_create_args - argument of WINSYNC_IOC_MUTEX_CREATE
 * @create: common part
 * @owned: 1: the calling thread owns a newly created mutex; without effect
 *	on an existing one [MX-3]
 * @reserved: 0
 */
struct winsync_mutex_create_args {
	struct winsync_create create;
	__u32 owned;
	__u32 reserved;
};

/**
 * struct winsync_semaphore_create_args - argument of WINSYNC_IOC_SEMAPHORE_CREATE
 * @create: common part
 * @count: initial count, 0 to @max
 * @max: 1 to WINSYNC_SEMAPHORE_MAX
 *
 * The counts are checked even where an existing semaphore is opened [SM-2].
 */
struct winsync_semaphore_create_args {
	struct winsync_create create;
	__u32 count;
	__u32 max;
};

#define WINSYNC_SEMAPHORE_MAX		0x7fffffff

/**
 * struct winsync_timer_create_args - argument of WINSYNC_IOC_TIMER_CREATE
 * @create: common part
 * @manual: 1: manual-reset, 0: synchronization (auto-reset)
 * @reserved: 0
 */
struct winsync_timer_create_args {
	struct winsync_create create;
	__u32 manual;
	__u32 reserved;
};

/**
 * struct winsync_open_args - argument of WINSYNC_IOC_OPEN
 * @name: user pointer to the name
 * @name_len: 1 to WINSYNC_NAME_MAX
 * @flags: WINSYNC_INHERIT
 * @access: rights of the new handle
 * @type: WINSYNC_TYPE_* it must have, or 0 for any
 */
struct winsync_open_args {
	__aligned_u64 name;
	__u32 name_len;
	__u32 flags;
	__u32 access;
	__u32 type;
};

/**
 * struct winsync_duplicate_args - argument of WINSYNC_IOC_DUPLICATE
 * @access: rights of the new handle; rights that the old one lacks are
 *	checked afresh against the mode [DU-4]; 0 means those of the old one
 * @flags: WINSYNC_INHERIT
 */
struct winsync_duplicate_args {
	__u32 access;
	__u32 flags;
};

/**
 * struct winsync_same_args - argument of WINSYNC_IOC_SAME
 * @fd: another object
 * @reserved: 0
 */
struct winsync_same_args {
	__s32 fd;
	__u32 reserved;
};

/**
 * struct winsync_counters - what happened to an object since it was created
 * @signals: commands that signaled it, even if it was signaled or nobody
 *	waited: an event was set or pulsed, a mutex released for the last time,
 *	a semaphore released, whatever the count; and expiries of a timer that
 *	signaled it, without those that passed while it stayed signaled
 * @acquisitions: waits that acquired it, at once or later, each depth of a
 *	mutex included, or that it ended as their alert. Who creates a mutex
 *	that it owns has not waited
 * @abandonments: times that the owner of a mutex ended without releasing it,
 *	which counts as no signal
 *
 * A command that fails counts nothing. All three are of one moment.
 */
struct winsync_counters {
	__aligned_u64 signals;
	__aligned_u64 acquisitions;
	__aligned_u64 abandonments;
};

/**
 * struct winsync_stat - argument of WINSYNC_IOC_STAT, all output
 * @id: unique among objects and namespaces since the module was loaded, never reused
 * @created: CLOCK_BOOTTIME nanoseconds of its creation, in the caller's time
 *	namespace
 * @type: WINSYNC_TYPE_*
 * @access: rights of this handle
 * @uid: owner as seen from the caller's user namespace
 * @gid: group, likewise
 * @mode: permission bits
 * @handles: handles to the object (files, not fds), in all processes
 * @waiters: waits in which the object takes part now; 0 for a namespace
 * @name_len: bytes of its name, 0 if it has none
 * @counters: what happened to it; 0 for a namespace, and for a handle without
 *	QUERY
 */
struct winsync_stat {
	__aligned_u64 id;
	__aligned_u64 created;
	__u32 type;
	__u32 access;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 handles;
	__u32 waiters;
	__u32 name_len;
	struct winsync_counters counters;
};

/**
 * struct winsync_perm_args - argument of WINSYNC_IOC_SET_PERM
 * @mask: WINSYNC_PERM_* to change
 * @mode: permission bits, 0 to 0777
 * @uid: new owner; needs CAP_CHOWN unless it is the old one
 * @gid: new group; needs CAP_CHOWN unless the caller is a member
 *
 * Needs a handle with WRITE_CONTROL. Handles that exist keep their rights
 * [SEC-6].
 */
struct winsync_perm_args {
	__u32 mask;
	__u32 mode;
	__u32 uid;
	__u32 gid;
};

#define WINSYNC_PERM_MODE		0x1
#define WINSYNC_PERM_UID		0x2
#define WINSYNC_PERM_GID		0x4

/**
 * struct winsync_list_args - argument of WINSYNC_IOC_LIST
 * @cursor: 0 to begin, then as left by the last call
 * @buffer: user pointer, where struct winsync_list_entry are written
 * @size: bytes of @buffer; on return the bytes written, 0 at the end
 * @reserved: 0
 *
 * On a namespace: its objects (needs QUERY). On the device: the namespaces of
 * the caller's IPC namespace whose mode lets the caller QUERY. EINVAL if
 * @buffer can't hold the next entry.
 */
struct winsync_list_args {
	__aligned_u64 cursor;
	__aligned_u64 buffer;
	__u32 size;
	__u32 reserved;
};

/* C++ knows the array at its end only as an extension. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

/**
 * struct winsync_list_entry - what WINSYNC_IOC_LIST writes
 * @size: bytes of this entry with its name, a multiple of 8
 * @type: WINSYNC_TYPE_*
 * @id: as in struct winsync_stat
 * @created: as in struct winsync_stat
 * @uid: owner
 * @gid: group
 * @mode: permission bits
 * @handles: handles to it
 * @waiters: waits in which it takes part
 * @signaled: whether a thread that owns nothing would acquire it now
 * @value: event, timer: whether manual-reset; mutex: recursion depth;
 *	semaphore: count; namespace: named objects in it
 * @extra: mutex: thread id of the owner in the caller's pid namespace, 0 if
 *	none or not visible there; semaphore: maximum; timer: whether it is
 *	set; event, namespace: 0. For objects whose mode does not let the caller
 *	QUERY, @waiters, @signaled, @value, @extra and @counters are 0.
 * @ns_uid: for a per-user namespace the user, otherwise WINSYNC_UID_SELF
 * @name_len: bytes of @name
 * @counters: what happened to it; 0 for a namespace
 * @name: the name as it was given, without terminating NUL; hostile text
 */
struct winsync_list_entry {
	__u32 size;
	__u32 type;
	__aligned_u64 id;
	__aligned_u64 created;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 handles;
	__u32 waiters;
	__u32 signaled;
	__u32 value;
	__u32 extra;
	__u32 ns_uid;
	__u32 name_len;
	struct winsync_counters counters;
	char name[];
};

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/**
 * struct winsync_waiters_args - argument of WINSYNC_IOC_WAITERS
 * @buffer: user pointer, where struct winsync_waiter are written
 * @count: room in @buffer, at most WINSYNC_WAITERS_MAX; on return how many were written, in
 *	the order in which they wait
 * @total: output: waits in which the object takes part
 *
 * Needs QUERY.
 */
struct winsync_waiters_args {
	__aligned_u64 buffer;
	__u32 count;
	__u32 total;
};

/** WINSYNC_WAITERS_MAX: most entries WINSYNC_IOC_WAITERS reports. */
#define WINSYNC_WAITERS_MAX		256

/**
 * struct winsync_waiter - a thread that waits
 * @since: CLOCK_MONOTONIC nanoseconds at which it began to, in the caller's time
 *	namespace
 * @tid: thread id in the caller's pid namespace, 0 if not visible there
 * @pid: its process
 * @flags: WINSYNC_WAITER_*
 * @count: objects in its wait
 */
struct winsync_waiter {
	__aligned_u64 since;
	__u32 tid;
	__u32 pid;
	__u32 flags;
	__u32 count;
};

#define WINSYNC_WAITER_ALL		0x1	/* it waits for all its objects */
#define WINSYNC_WAITER_ALERT		0x2	/* this object is its alert */

/**
 * struct winsync_event_state - argument of WINSYNC_IOC_EVENT_QUERY, output
 * @manual: 1: manual-reset, 0: auto-reset
 * @signaled: 0 or 1
 */
struct winsync_event_state {
	__u32 manual;
	__u32 signaled;
};

/**
 * struct winsync_mutex_state - argument of WINSYNC_IOC_MUTEX_QUERY, output
 * @depth: times it was acquired and not released, 0 if free
 * @owned_by_caller: 1 if the calling thread owns it
 * @abandoned: 1 if its last owner ended without releasing it
 * @owner: thread id of the owner in the caller's pid namespace, 0 if there is
 *	none or it is not visible there
 *
 * Windows' "current count" is 1 - @depth [MX-1].
 */
struct winsync_mutex_state {
	__u32 depth;
	__u32 owned_by_caller;
	__u32 abandoned;
	__u32 owner;
};

/** WINSYNC_MUTEX_DEPTH_MAX: most nested acquisitions [MX-14]. */
#define WINSYNC_MUTEX_DEPTH_MAX		0x80000001U

/**
 * struct winsync_semaphore_state - argument of WINSYNC_IOC_SEMAPHORE_QUERY, output
 * @count: current count
 * @max: its maximum
 */
struct winsync_semaphore_state {
	__u32 count;
	__u32 max;
};

/**
 * struct winsync_semaphore_release_args - argument of WINSYNC_IOC_SEMAPHORE_RELEASE
 * @count: how much to add, at least 1 [SM-8]
 * @reserved: 0
 */
struct winsync_semaphore_release_args {
	__u32 count;
	__u32 reserved;
};

/**
 * struct winsync_timer_state - argument of WINSYNC_IOC_TIMER_QUERY, output
 * @remaining: nanoseconds to the next expiry, 0 if not set
 * @period: nanoseconds, 0 if not periodic
 * @expirations: expiries since it was last set, those that passed while it
 *	was signaled included
 * @expired_at: CLOCK_REALTIME nanoseconds at which the last expiry was due, 0
 *	if none [TM-20]
 * @manual: 1: manual-reset, 0: auto-reset
 * @signaled: 0 or 1
 * @set: 1 if an expiry is to come
 * @alerts_caller: 1 if the calling thread set it with an alert, and nobody has
 *	set or canceled it since; stays 1 after the expiry [TM-21]
 */
struct winsync_timer_state {
	__aligned_u64 remaining;
	__aligned_u64 period;
	__aligned_u64 expirations;
	__aligned_u64 expired_at;
	__u32 manual;
	__u32 signaled;
	__u32 set;
	__u32 alerts_caller;
};

/**
 * struct winsync_timer_set_args - argument of WINSYNC_IOC_TIMER_SET
 * @due: nanoseconds: from now, or with WINSYNC_TIMER_ABSOLUTE on the clock; at
 *	most 2^63-1, which is never. From now REALTIME is the same as MONOTONIC:
 *	setting the clock changes nothing [TM-24]
 * @period: nanoseconds from expiry to expiry, 0 for one expiry, otherwise at
 *	least the min_period of struct winsync_info and at most 2^63-1
 * @tolerance: nanoseconds that an expiry may come late, for the kernel to
 *	combine wake-ups [TM-27]; it never comes early
 * @flags: a WINSYNC_CLOCK_*, WINSYNC_TIMER_ABSOLUTE, WINSYNC_TIMER_WAKE
 * @alert: an event (with MODIFY) that each expiry sets after the timer itself
 *	was signaled, or -1. A timer with an alert is canceled when the calling
 *	thread ends [TM-17]. An expiry that finds the alert still set is the
 *	last until the alert's consumer queries the timer, which accounts for
 *	what passed: so many expiries, one alert [TM-19]
 */
struct winsync_timer_set_args {
	__aligned_u64 due;
	__aligned_u64 period;
	__aligned_u64 tolerance;
	__u32 flags;
	__s32 alert;
};

/* Clocks, of timers and waits. */
#define WINSYNC_CLOCK_MONOTONIC		0x0	/* stands still in suspend */
#define WINSYNC_CLOCK_REALTIME		0x1	/* follows changes of the clock */
#define WINSYNC_CLOCK_BOOTTIME		0x2	/* goes on in suspend */
#define WINSYNC_CLOCK_MASK		0x3

/* @due is a point on the clock; times before now expire at once. */
#define WINSYNC_TIMER_ABSOLUTE		0x10
/* Wake the machine from suspend. */
#define WINSYNC_TIMER_WAKE		0x20

/* Bits of the result of WINSYNC_IOC_TIMER_SET. */
#define WINSYNC_TIMER_WAS_SIGNALED	0x1	/* it was signaled before [TM-8] */
#define WINSYNC_TIMER_NO_WAKE		0x2	/* set, but waking is not possible [TM-26] */

/**
 * struct winsync_wait_args - argument of WINSYNC_IOC_WAIT
 * @deadline: nanoseconds on the clock; 0 or past: don't sleep;
 *	WINSYNC_FOREVER: none. Other values above 2^63-1 are EINVAL
 * @flags: a WINSYNC_CLOCK_*
 * @alert: an event (with SYNCHRONIZE) that ends the wait if the object can't
 *	be acquired, or -1
 */
struct winsync_wait_args {
	__aligned_u64 deadline;
	__u32 flags;
	__s32 alert;
};

#define WINSYNC_FOREVER			(~0ULL)

/**
 * struct winsync_wait_multiple_args - argument of WINSYNC_IOC_WAIT_ANY and _ALL
 * @deadline: as in struct winsync_wait_args
 * @fds: user pointer to @count __s32 with object fds
 * @count: 1 to max_wait_any or max_wait_all of struct winsync_info
 * @flags: a WINSYNC_CLOCK_*
 * @alert: as in struct winsync_wait_args
 * @reserved: 0
 */
struct winsync_wait_multiple_args {
	__aligned_u64 deadline;
	__aligned_u64 fds;
	__u32 count;
	__u32 flags;
	__s32 alert;
	__u32 reserved;
};

/**
 * struct winsync_signal_and_wait_args - argument of WINSYNC_IOC_SIGNAL_AND_WAIT
 * @deadline: as in struct winsync_wait_args
 * @flags: a WINSYNC_CLOCK_*
 * @alert: as in struct winsync_wait_args
 * @fd: the object to wait for (with SYNCHRONIZE); may be the one signaled
 * @reserved: 0
 */
struct winsync_signal_and_wait_args {
	__aligned_u64 deadline;
	__u32 flags;
	__s32 alert;
	__s32 fd;
	__u32 reserved;
};

/**
 * DOC: Result of a wait
 *
 * A wait that succeeds returns the index of the object it acquired (0 for
 * waits for all, and for one object) or'ed with flags.
 */
#define WINSYNC_WAIT_INDEX(result)	((result) & 0xffff)
/* The mutex acquired, or one of those, was abandoned. */
#define WINSYNC_WAIT_ABANDONED		0x10000
/* The alert ended the wait, no object was acquired; the index is the count. */
#define WINSYNC_WAIT_ALERTED		0x20000

/*
 * The commands. D: on the device, N: on a namespace, O: on an object, or on
 * the type named. Each line: what it returns, errors beyond the common ones.
 * Numbers are never reused.
 */
#define WINSYNC_IOC_MAGIC		0xd7

/* DNO; 0 */
#define WINSYNC_IOC_GET_INFO \
	_IOR(WINSYNC_IOC_MAGIC, 0x00, struct winsync_info)
/* D; the fd. ENOENT, EEXIST, EACCES, ENAMETOOLONG, EDQUOT */
#define WINSYNC_IOC_NS_OPEN \
	_IOWR(WINSYNC_IOC_MAGIC, 0x01, struct winsync_ns_args)
/*
 * N; 0. The name is free at once; objects in the namespace live on and can be
 * opened through its remaining handles. EACCES without WRITE_CONTROL, ENOENT
 * if it was destroyed before, EINVAL for a default namespace
 */
#define WINSYNC_IOC_NS_DESTROY \
	_IO(WINSYNC_IOC_MAGIC, 0x02)
/* DN; 0. EACCES */
#define WINSYNC_IOC_LIST \
	_IOWR(WINSYNC_IOC_MAGIC, 0x03, struct winsync_list_args)

/* D (unnamed only) N; the fd. EEXIST, EPROTOTYPE, EACCES, ENAMETOOLONG, EDQUOT */
#define WINSYNC_IOC_EVENT_CREATE \
	_IOWR(WINSYNC_IOC_MAGIC, 0x10, struct winsync_event_create_args)
#define WINSYNC_IOC_MUTEX_CREATE \
	_IOWR(WINSYNC_IOC_MAGIC, 0x11, struct winsync_mutex_create_args)
#define WINSYNC_IOC_SEMAPHORE_CREATE \
	_IOWR(WINSYNC_IOC_MAGIC, 0x12, struct winsync_semaphore_create_args)
#define WINSYNC_IOC_TIMER_CREATE \
	_IOWR(WINSYNC_IOC_MAGIC, 0x13, struct winsync_timer_create_args)
/* N; the fd. ENOENT, EPROTOTYPE, EACCES, ENAMETOOLONG */
#define WINSYNC_IOC_OPEN \
	_IOW(WINSYNC_IOC_MAGIC, 0x14, struct winsync_open_args)

/* NO; the fd. EACCES */
#define WINSYNC_IOC_DUPLICATE \
	_IOW(WINSYNC_IOC_MAGIC, 0x20, struct winsync_duplicate_args)
/* NO; 1 if both are handles to one object, otherwise 0 */
#define WINSYNC_IOC_SAME \
	_IOW(WINSYNC_IOC_MAGIC, 0x21, struct winsync_same_args)
/* NO; 0 */
#define WINSYNC_IOC_STAT \
	_IOR(WINSYNC_IOC_MAGIC, 0x22, struct winsync_stat)
/* NO; 0. EACCES without WRITE_CONTROL, EPERM */
#define WINSYNC_IOC_SET_PERM \
	_IOW(WINSYNC_IOC_MAGIC, 0x23, struct winsync_perm_args)
/* O; 0. EACCES without QUERY */
#define WINSYNC_IOC_WAITERS \
	_IOWR(WINSYNC_IOC_MAGIC, 0x24, struct winsync_waiters_args)

/* event; 0. EACCES without QUERY */
#define WINSYNC_IOC_EVENT_QUERY \
	_IOR(WINSYNC_IOC_MAGIC, 0x30, struct winsync_event_state)
/* event; the previous state, 0 or 1. EACCES without MODIFY */
#define WINSYNC_IOC_EVENT_SET		_IO(WINSYNC_IOC_MAGIC, 0x31)
#define WINSYNC_IOC_EVENT_RESET		_IO(WINSYNC_IOC_MAGIC, 0x32)
#define WINSYNC_IOC_EVENT_PULSE		_IO(WINSYNC_IOC_MAGIC, 0x33)

/* mutex; 0. EACCES without QUERY */
#define WINSYNC_IOC_MUTEX_QUERY \
	_IOR(WINSYNC_IOC_MAGIC, 0x40, struct winsync_mutex_state)
/*
 * mutex; the depth before the release, at least 1, and INT_MAX if it does not
 * fit an int. EPERM if the thread is not the owner
 */
#define WINSYNC_IOC_MUTEX_RELEASE	_IO(WINSYNC_IOC_MAGIC, 0x41)

/* semaphore; 0. EACCES without QUERY */
#define WINSYNC_IOC_SEMAPHORE_QUERY \
	_IOR(WINSYNC_IOC_MAGIC, 0x50, struct winsync_semaphore_state)
/* semaphore; the previous count. EACCES without MODIFY, EOVERFLOW */
#define WINSYNC_IOC_SEMAPHORE_RELEASE \
	_IOW(WINSYNC_IOC_MAGIC, 0x51, struct winsync_semaphore_release_args)

/* timer; 0. EACCES without QUERY */
#define WINSYNC_IOC_TIMER_QUERY \
	_IOR(WINSYNC_IOC_MAGIC, 0x60, struct winsync_timer_state)
/* timer; WINSYNC_TIMER_* result bits. EACCES without MODIFY */
#define WINSYNC_IOC_TIMER_SET \
	_IOW(WINSYNC_IOC_MAGIC, 0x61, struct winsync_timer_set_args)
/* timer; whether it is signaled, 0 or 1, which stays so. EACCES without MODIFY */
#define WINSYNC_IOC_TIMER_CANCEL	_IO(WINSYNC_IOC_MAGIC, 0x62)

/*
 * O; the result of the wait. EACCES without SYNCHRONIZE, here and below on every
 * object and on the alert, ETIMEDOUT, EINTR, EOVERFLOW
 */
#define WINSYNC_IOC_WAIT \
	_IOW(WINSYNC_IOC_MAGIC, 0x70, struct winsync_wait_args)
/*
 * DNO, the kind does not matter; the result of the wait. EACCES, ETIMEDOUT,
 * EINTR, EOVERFLOW
 */
#define WINSYNC_IOC_WAIT_ANY \
	_IOW(WINSYNC_IOC_MAGIC, 0x71, struct winsync_wait_multiple_args)
/* DNO, likewise; the result. EACCES, ETIMEDOUT, EINTR, EOVERFLOW, ENOTUNIQ */
#define WINSYNC_IOC_WAIT_ALL \
	_IOW(WINSYNC_IOC_MAGIC, 0x72, struct winsync_wait_multiple_args)
/*
 * event (sets it), mutex (releases it once), semaphore (adds 1), each with the
 * right and errors of that command (EACCES, EPERM, EOVERFLOW); then waits, in
 * one step: nobody sees the signal before the caller waits. The result of the
 * wait and its errors (EACCES, ETIMEDOUT, EINTR, EOVERFLOW). After ETIMEDOUT and EINTR
 * the signal has been given [WT-38]; because it must not be given twice, a
 * signal handler, or being stopped and continued, always ends this wait with
 * EINTR (so may work that the kernel has for the thread, as io_uring's), and the
 * caller goes on with WINSYNC_IOC_WAIT
 */
#define WINSYNC_IOC_SIGNAL_AND_WAIT \
	_IOW(WINSYNC_IOC_MAGIC, 0x73, struct winsync_signal_and_wait_args)

#endif /* _UAPI_LINUX_WINSYNC_H */
