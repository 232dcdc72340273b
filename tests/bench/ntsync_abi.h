/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of /dev/ntsync as Linux 6.14 and later have them, spelled here so
 * that the benchmark builds with headers of any age.
 */
#ifndef BENCH_NTSYNC_ABI_H
#define BENCH_NTSYNC_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct nt_sem_args {
	__u32 count;
	__u32 max;
};

struct nt_mutex_args {
	__u32 owner;
	__u32 count;
};

struct nt_event_args {
	__u32 manual;
	__u32 signaled;
};

struct nt_wait_args {
	__u64 timeout;
	__u64 objs;
	__u32 count;
	__u32 index;
	__u32 flags;
	__u32 owner;
	__u32 alert;
	__u32 pad;
};

#define NT_MAX_WAIT		64

#define NT_CREATE_SEM		_IOW('N', 0x80, struct nt_sem_args)
#define NT_SEM_RELEASE		_IOWR('N', 0x81, __u32)
#define NT_WAIT_ANY		_IOWR('N', 0x82, struct nt_wait_args)
#define NT_WAIT_ALL		_IOWR('N', 0x83, struct nt_wait_args)
#define NT_CREATE_MUTEX		_IOW('N', 0x84, struct nt_mutex_args)
#define NT_MUTEX_UNLOCK		_IOWR('N', 0x85, struct nt_mutex_args)
#define NT_MUTEX_KILL		_IOW('N', 0x86, __u32)
#define NT_CREATE_EVENT		_IOW('N', 0x87, struct nt_event_args)
#define NT_EVENT_SET		_IOR('N', 0x88, __u32)
#define NT_EVENT_RESET		_IOR('N', 0x89, __u32)
#define NT_EVENT_PULSE		_IOR('N', 0x8a, __u32)
#define NT_SEM_READ		_IOR('N', 0x8b, struct nt_sem_args)
#define NT_MUTEX_READ		_IOR('N', 0x8c, struct nt_mutex_args)
#define NT_EVENT_READ		_IOR('N', 0x8d, struct nt_event_args)

#endif /* BENCH_NTSYNC_ABI_H */
