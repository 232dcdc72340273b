/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels, as named capabilities. Kbuild probes the kernel's
 * headers and defines WINSYNC_HAVE_*; nothing else looks at kernel versions.
 */
#ifndef WINSYNC_COMPAT_H
#define WINSYNC_COMPAT_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/nsproxy.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#undef pr_fmt
#define pr_fmt(fmt) "winsync: " fmt

/* Newer kernels hide the fields of struct fd. */
#ifndef fd_file
#define fd_file(fd)	((fd).file)
#endif

#ifdef WINSYNC_HAVE_HRTIMER_SETUP
#define winsync_hrtimer_setup	hrtimer_setup
#else
static inline void
winsync_hrtimer_setup(struct hrtimer *timer,
		      enum hrtimer_restart (*function)(struct hrtimer *),
		      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* What the caller's clock is ahead of that of the initial time namespace. */
static inline ktime_t winsync_time_offset(clockid_t clock)
{
#ifdef CONFIG_TIME_NS
	const struct timens_offsets *offsets = &current->nsproxy->time_ns->offsets;

	if (clock == CLOCK_BOOTTIME)
		return timespec64_to_ktime(offsets->boottime);
	if (clock == CLOCK_MONOTONIC)
		return timespec64_to_ktime(offsets->monotonic);
#endif
	return 0;
}

/*
 * A point on the caller's clock, in the initial time namespace;
 * do_timens_ktime_to_host() is not exported everywhere.
 */
static inline ktime_t winsync_to_host_time(clockid_t clock, ktime_t time)
{
	ktime_t offset = winsync_time_offset(clock), host;

	if (!offset)
		return time;
	if (time < offset)
		return 0;
	return check_sub_overflow(time, offset, &host) ? KTIME_MAX : host;
}

/* A point in the past, on the caller's clock: 0 if it is before that began. */
static inline u64 winsync_from_host_time(clockid_t clock, u64 time)
{
	return max_t(s64, time + winsync_time_offset(clock), 0);
}

#endif /* WINSYNC_COMPAT_H */
