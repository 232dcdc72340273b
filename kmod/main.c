// SPDX-License-Identifier: GPL-2.0-only
/* The module: its device, loading and unloading. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "compat/compat.h"
#include "ioctl.h"
#include "ntsync.h"
#include "object.h"
#include "owner.h"
#include "user.h"

/* An open device keeps the record of its user, which is to be charged often. */
static int device_open(struct inode *inode, struct file *file)
{
	file->private_data = winsync_user_get();
	return file->private_data ? nonseekable_open(inode, file) : -ENOMEM;
}

static int device_release(struct inode *inode, struct file *file)
{
	winsync_user_put(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.open		= device_open,
	.release	= device_release,
	.unlocked_ioctl	= winsync_device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/*
 * Everybody may open it: an unprivileged user can only make objects of its own,
 * within quotas and charged to it, and reach those that their owners let
 * it reach.
 */
static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "winsync",
	.mode	= 0666,
};

static int __init winsync_init(void)
{
	int error;

	winsync_ioctl_check_abi();
	error = winsync_object_init();
	if (error)
		return error;
	error = winsync_owner_init();
	if (error)
		goto owner;
	error = winsync_ntsync_prepare();
	if (error)
		goto prepare;
	error = misc_register(&device);
	if (error)
		goto device;
	error = winsync_ntsync_init(device.this_device);
	if (error)
		goto ntsync;
	/*
	 * A module that does not load is freed, whoever has a file of it. So until
	 * nothing can fail any more there is nothing to open: that ends with ENODEV.
	 */
	WRITE_ONCE(device.fops, &device_fops);
	return 0;

ntsync:
	misc_deregister(&device);
device:
	winsync_ntsync_exit();
prepare:
	winsync_owner_exit();
owner:
	winsync_object_exit();
	return error;
}

static void __exit winsync_exit(void)
{
	winsync_ntsync_exit();
	misc_deregister(&device);
	winsync_owner_exit();
	winsync_object_exit();
}

module_init(winsync_init);
module_exit(winsync_exit);

MODULE_DESCRIPTION("Windows synchronization objects");
MODULE_AUTHOR("The winsync developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(WINSYNC_VERSION);
