// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether and when there is a device for the ntsync front end.
 *
 * Linux has a driver of its own since 6.14. By default it has precedence: it
 * is loaded if there is one, and should one be loaded later our device makes
 * room for it, and comes back when that is unloaded. Files that are open then
 * go on to work: a file belongs to the driver that it was opened of.
 *
 * Our device has another name in sysfs, and only its node is called ntsync, so
 * that registering a misc device "ntsync" never fails because of us.
 */
#include <linux/device.h>
#include <linux/device/class.h>
#include <linux/kmod.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/winsync.h>

#include "compat/compat.h"
#include "ntsync.h"

#define OTHER_DRIVER	"ntsync"

static char *ntsync = "auto";
module_param(ntsync, charp, 0444);
MODULE_PARM_DESC(ntsync,
		 "offer /dev/ntsync: auto (where the kernel does not), on, off (default: auto)");

static char *ntsync_name = "ntsync";
module_param(ntsync_name, charp, 0444);
MODULE_PARM_DESC(ntsync_name,
		 "name of that device's node in /dev (default: ntsync)");

/* Everybody may open it: it gives access to nothing but what its user makes. */
static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "winsync-ntsync",
	.fops	= &winsync_ntsync_fops,
	.mode	= 0666,
};

/*
 * @lock: protects the others, and registering
 * @registered: our device exists
 * @watches: it is told when modules come and go; not protected
 * @yields: it exists only while there is no other driver
 * @other: the other driver's module is loaded, or about to be
 */
static struct {
	struct mutex lock;
	bool registered;
	bool watches;
	bool yields;
	bool other;
} state = {
	.lock = __MUTEX_INITIALIZER(state.lock),
};

/* Whether a misc device of that name exists; @misc is any misc device. */
static bool misc_exists(const struct device *misc, const char *name)
{
	struct device *found = class_find_device_by_name(misc->class, name);

	put_device(found);
	return found;
}

static int appear(void)
{
	int error;

	lockdep_assert_held(&state.lock);
	error = misc_register(&device);
	WRITE_ONCE(state.registered, !error);
	if (error)
		pr_err("ntsync: no /dev/%s: error %d\n", ntsync_name, -error);
	else
		pr_info("ntsync: /dev/%s is served by winsync\n", ntsync_name);
	return error;
}

static void disappear(void)
{
	lockdep_assert_held(&state.lock);
	if (state.registered)
		misc_deregister(&device);
	WRITE_ONCE(state.registered, false);
}

static int module_event(struct notifier_block *block, unsigned long event,
			void *data)
{
	const struct module *module = data;

	if (strcmp(module->name, OTHER_DRIVER))
		return NOTIFY_DONE;
	mutex_lock(&state.lock);
	if (event == MODULE_STATE_COMING) {
		state.other = true;
		if (state.yields && state.registered) {
			disappear();
			pr_info("ntsync: /dev/%s is left to the kernel's own driver, which is being loaded\n",
				ntsync_name);
		}
	} else if (event == MODULE_STATE_GOING) {
		state.other = false;
		if (state.yields && !state.registered)
			appear();
	}
	mutex_unlock(&state.lock);
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
};

static bool valid_name(const char *name)
{
	return *name && *name != '.' && !strpbrk(name, "/!");
}

static int init_auto(const struct device *misc)
{
	int error = 0;

	mutex_lock(&state.lock);
	state.yields = true;
	/* @other: it may be on its way, without a device yet. */
	if (state.other || misc_exists(misc, OTHER_DRIVER))
		pr_info("ntsync: /dev/%s is left to the kernel's own driver\n",
			OTHER_DRIVER);
	else
		error = appear();
	mutex_unlock(&state.lock);
	return error;
}

static int init_on(const struct device *misc)
{
	int error;

	if (misc_exists(misc, ntsync_name)) {
		pr_err("ntsync: another driver has /dev/%s\n", ntsync_name);
		return -EEXIST;
	}
	mutex_lock(&state.lock);
	error = appear();
	mutex_unlock(&state.lock);
	return error;
}

/**
 * winsync_ntsync_prepare() - what can be done before there is any device
 *
 * Return: 0, -EINVAL for a bad parameter, or -ENOMEM.
 */
int winsync_ntsync_prepare(void)
{
	int error;

	if (!valid_name(ntsync_name)) {
		pr_err("ntsync_name: not a name: \"%s\"\n", ntsync_name);
		return -EINVAL;
	}
	device.nodename = ntsync_name;
	if (!strcmp(ntsync, "on"))
		return 0;
	if (!strcmp(ntsync, "off")) {
		pr_info("ntsync: off\n");
		return 0;
	}
	if (strcmp(ntsync, "auto")) {
		pr_err("ntsync: not auto, on or off: \"%s\"\n", ntsync);
		return -EINVAL;
	}
	/* A kernel that has a driver may not have loaded it yet. */
	request_module(OTHER_DRIVER);
	error = register_module_notifier(&module_notifier);
	state.watches = !error;
	return error;
}

/**
 * winsync_ntsync_init() - registers the device as the parameters say
 * @misc: any misc device
 *
 * Return: 0, -EEXIST if the device must be but another driver has it, or another
 * error of registering.
 */
int winsync_ntsync_init(struct device *misc)
{
	if (state.watches)
		return init_auto(misc);
	return strcmp(ntsync, "on") ? 0 : init_on(misc);
}

/**
 * winsync_ntsync_exit() - takes back what the two have done, also one alone
 */
void winsync_ntsync_exit(void)
{
	if (state.watches)
		unregister_module_notifier(&module_notifier);
	mutex_lock(&state.lock);
	disappear();
	mutex_unlock(&state.lock);
}

/**
 * winsync_ntsync_features() - WINSYNC_FEATURE_NTSYNC while there is a device
 */
u32 winsync_ntsync_features(void)
{
	return READ_ONCE(state.registered) ? WINSYNC_FEATURE_NTSYNC : 0;
}
