/* SPDX-License-Identifier: GPL-2.0-only */
/* Waking the machine from suspend: the kernel's alarm timers. */
#ifndef WINSYNC_COMPAT_WAKE_H
#define WINSYNC_COMPAT_WAKE_H

#include <linux/ktime.h>
#include <linux/types.h>

struct winsync_wake;

bool winsync_wake_supported(void);
struct winsync_wake *winsync_wake_alloc(void);
void winsync_wake_set(struct winsync_wake *wake, bool realtime, ktime_t due,
		      u64 period);
void winsync_wake_cancel(struct winsync_wake *wake);
void winsync_wake_free(struct winsync_wake *wake);

#endif /* WINSYNC_COMPAT_WAKE_H */
