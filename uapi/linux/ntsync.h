/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The interface of /dev/ntsync, as Linux has it since 6.14.
 *
 * Written for winsync, which offers the same device on kernels that have none,
 * and for building programs (Wine) on systems whose kernel headers are older.
 * Names, numbers and layouts are those of Linux; docs/wine.md tells how to use
 * this file without disturbing the system's headers.
 */
#ifndef __LINUX_NTSYNC_H
#define __LINUX_NTSYNC_H

#include <linux/types.h>
#include <linux/ioctl.h>

/**
 * struct ntsync_sem_args - a semaphore's state
 * @count: current count, at most @max
 * @max: maximum
 */
struct ntsync_sem_args {
	__u32 count;
	__u32 max;
};

/**
 * struct ntsync_mutex_args - a mutex' state, or who releases it
 * @owner: a number that the program chooses; 0 is nobody
 * @count: recursion depth; 0 exactly if @owner is 0
 */
struct ntsync_mutex_args {
	__u32 owner;
	__u32 count;
};

/**
 * struct ntsync_event_args - an event's state
 * @manual: whether it stays signaled until it is reset
 * @signaled: whether it is signaled
 */
struct ntsync_event_args {
	__u32 manual;
	__u32 signaled;
};

/* Flag: the timeout is on CLOCK_REALTIME instead of CLOCK_MONOTONIC. */
#define NTSYNC_WAIT_REALTIME	0x1

/* Most objects in one wait, not counting the alert. */
#define NTSYNC_MAX_WAIT_COUNT	64

/**
 * struct ntsync_wait_args - a wait
 * @timeout: absolute, in nanoseconds; all ones is never
 * @objs: address of an array of @count fds of objects
 * @count: how many
 * @index: set to the index of the object that ended the wait; @count if it was
 *	the alert
 * @flags: NTSYNC_WAIT_*
 * @owner: who acquires mutexes; not 0
 * @alert: fd of an object that ends the wait besides; 0 is none
 * @pad: 0
 */
struct ntsync_wait_args {
	__u64 timeout;
	__u64 objs;
	__u32 count;
	__u32 index;
	__u32 flags;
	__u32 owner;
	__u32 alert;
	__u32 pad;
};

/* On the device; those that create return an fd. */
#define NTSYNC_IOC_CREATE_SEM	_IOW('N', 0x80, struct ntsync_sem_args)
#define NTSYNC_IOC_WAIT_ANY	_IOWR('N', 0x82, struct ntsync_wait_args)
#define NTSYNC_IOC_WAIT_ALL	_IOWR('N', 0x83, struct ntsync_wait_args)
#define NTSYNC_IOC_CREATE_MUTEX	_IOW('N', 0x84, struct ntsync_mutex_args)
#define NTSYNC_IOC_CREATE_EVENT	_IOW('N', 0x87, struct ntsync_event_args)

/* On an object. */
#define NTSYNC_IOC_SEM_RELEASE	_IOWR('N', 0x81, __u32)
#define NTSYNC_IOC_MUTEX_UNLOCK	_IOWR('N', 0x85, struct ntsync_mutex_args)
#define NTSYNC_IOC_MUTEX_KILL	_IOW('N', 0x86, __u32)
#define NTSYNC_IOC_EVENT_SET	_IOR('N', 0x88, __u32)
#define NTSYNC_IOC_EVENT_RESET	_IOR('N', 0x89, __u32)
#define NTSYNC_IOC_EVENT_PULSE	_IOR('N', 0x8a, __u32)
#define NTSYNC_IOC_SEM_READ	_IOR('N', 0x8b, struct ntsync_sem_args)
#define NTSYNC_IOC_MUTEX_READ	_IOR('N', 0x8c, struct ntsync_mutex_args)
#define NTSYNC_IOC_EVENT_READ	_IOR('N', 0x8d, struct ntsync_event_args)

#endif /* __LINUX_NTSYNC_H */
