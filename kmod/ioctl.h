/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of the three kinds of files. */
#ifndef WINSYNC_IOCTL_H
#define WINSYNC_IOCTL_H

struct file;

long winsync_device_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg);
long winsync_ns_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long winsync_object_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg);
void winsync_ioctl_check_abi(void);

#endif /* WINSYNC_IOCTL_H */
