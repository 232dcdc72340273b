// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module comes and goes, fails to come, and lives through what happens to
 * a machine: processors that go offline, clocks that jump, freezing.
 *
 * For a guest in which the module is loaded; it is loaded again at the end.
 * LIFECYCLE_ROUNDS is how often it is loaded and unloaded (default: 100).
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <dirent.h>
#include <libkmod.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define MSEC		WS_NSEC_PER_MSEC
#define SEC		WS_NSEC_PER_SEC
#define PARAMETERS	"/sys/module/winsync/parameters/"
#define CPU1		"/sys/devices/system/cpu/cpu1/online"

/* --- loading and unloading ------------------------------------------------- */

static const char *module_path(void)
{
	static char path[256];
	struct utsname kernel;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/winsync.ko",
		 kernel.release);
	return path;
}

/* NULL if there is no such file. What the machine configures is not asked. */
static struct kmod_module *kmod_winsync(void)
{
	static const char *const no_config[] = { NULL };
	static struct kmod_module *module;
	struct kmod_ctx *context;

	if (module)
		return module;
	context = kmod_new(NULL, no_config);
	if (!context)
		return NULL;
	/* Being refused is what many tests want. */
	kmod_set_log_priority(context, -1);
	if (kmod_module_new_from_path(context, module_path(), &module))
		module = NULL;
	return module;
}

static int load_with(const char *parameters)
{
	struct kmod_module *module = kmod_winsync();

	return module ? kmod_module_insert_module(module, 0, parameters) :
			-ENOENT;
}

static int load(void)
{
	return load_with("");
}

static int unload(void)
{
	struct kmod_module *module = kmod_winsync();

	return module ? kmod_module_remove_module(module, KMOD_REMOVE_NOWAIT) :
			-ENOENT;
}

static bool is_loaded(void)
{
	return kmod_module_get_initstate(kmod_winsync()) >= 0;
}

static bool is_unloaded(void *data)
{
	(void)data;
	return unload() == 0;
}

/* What a process leaves may hold the module for a moment after its end. */
static bool unload_soon(void)
{
	return ws_await(is_unloaded, NULL);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Lines of a file that have this in them. */
static unsigned int count_lines(const char *path, const char *part)
{
	FILE *file = fopen(path, "re");
	char line[512];
	unsigned int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, part) != NULL;
	if (file)
		fclose(file);
	return count;
}

/* How much of the module is there though it is not loaded. */
static unsigned int remains(void)
{
	return is_loaded() + exists("/sys/module/winsync") + exists(WS_DEVICE) +
	       exists("/sys/class/misc/winsync") +
	       exists("/sys/class/misc/winsync-ntsync") +
	       count_lines("/proc/slabinfo", "winsync") +
	       count_lines("/proc/misc", "winsync") +
	       count_lines("/proc/kallsyms", "[winsync]");
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/*
 * Each test finds the module loaded, and leaves it so. There is no device fd of
 * ws_device(): it would hold the module.
 */
FIXTURE(module) { };

FIXTURE_SETUP(module)
{
	int ret = load();

	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
}

FIXTURE_TEARDOWN(module)
{
	int ret = load();

	EXPECT_TRUE(ret == 0 || ret == -EEXIST);
}

/* --- use ------------------------------------------------------------------- */

static void *own_and_end(void *data)
{
	ws_try(*(int *)data);
	return NULL;
}

/*
 * One of everything, and all of it given up in different ways. In a child of
 * its own, so that the device fd of ws_device() goes with it.
 */
static int use(void)
{
	int fds[6], named, ns, pair[2], i;
	pthread_t thread;
	pid_t pid = ws_fork();

	if (pid)
		return pid < 0 ? (int)pid : ws_reap(pid);
	ns = ws_ns("lifecycle", WINSYNC_NS_CREATE, WS_ALL, 0700);
	named = ws_named(ns, WINSYNC_TYPE_MUTEX, "named", 0, NULL);
	fds[0] = ws_event(0, 0);
	fds[1] = ws_mutex(1);
	fds[2] = ws_semaphore(2, 2);
	fds[3] = ws_timer(0);
	fds[4] = ws_mutex(0);
	fds[5] = ws_duplicate(fds[0], WS_QUERY, 0);
	for (i = 0; i < 6; i++)
		if (fds[i] < 0)
			_exit(1);
	if (ns < 0 || named < 0 ||
	    pthread_create(&thread, NULL, own_and_end, &fds[4]) ||
	    pthread_join(thread, NULL))
		_exit(2);
	/* The mutex of the thread is abandoned, another stays ours. */
	if (ws_try(fds[4]) != WINSYNC_WAIT_ABANDONED || ws_try(named) ||
	    ws_event_set(fds[0]) || ws_wait_all(fds, 3, ws_after(10000)) ||
	    ws_wait_any(&fds[3], 1, ws_after(1)) != -ETIMEDOUT)
		_exit(3);
	/* A timer that runs, and a fd that is on its way. */
	if (ws_timer_set_full(fds[3], 50 * MSEC, MSEC, 0,
			      WINSYNC_CLOCK_REALTIME, fds[0]) ||
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    ws_send_fds(pair[0], fds, 1))
		_exit(4);
	close(fds[1]);
	_exit(0);
}

/* --- slabs ----------------------------------------------------------------- */

#define CACHES	512

struct cache {
	char name[64];
	long objects;
	long in_slab;
};

struct slabs {
	unsigned int count;
	struct cache caches[CACHES];
	long vmalloc;
};

/* As exact as the kernel can be: nothing that only waits to be reclaimed. */
static void settle(void)
{
	DIR *directory;
	struct dirent *entry;
	char path[320];

	sync();
	syscall(SYS_membarrier, 1 /* global: a grace period */, 0, 0);
	ws_sleep_ms(500);
	write_text("/proc/sys/vm/drop_caches", "3");
	directory = opendir("/sys/kernel/slab");
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 entry->d_name);
		write_text(path, "1");
	}
	if (directory)
		closedir(directory);
}

static void read_slabs(struct slabs *slabs)
{
	FILE *file;
	char line[512];

	settle();
	slabs->count = 0;
	file = fopen("/proc/slabinfo", "re");
	while (file && slabs->count < CACHES && fgets(line, sizeof(line), file)) {
		struct cache *cache = &slabs->caches[slabs->count];

		if (sscanf(line, "%63s %ld %*d %*d %ld", cache->name,
			   &cache->objects, &cache->in_slab) == 3)
			slabs->count++;
	}
	if (file)
		fclose(file);
	slabs->vmalloc = count_lines("/proc/vmallocinfo", "0x");
}

static long objects_of(const struct slabs *slabs, const char *name)
{
	unsigned int i;

	for (i = 0; i < slabs->count; i++)
		if (!strcmp(slabs->caches[i].name, name))
			return slabs->caches[i].objects;
	return 0;
}

/* KASAN keeps what was freed for a while; kmemleak looks on such kernels. */
static bool keeps_freed_memory(void)
{
	return count_lines("/proc/kallsyms", " kasan_quarantine_reduce") > 0;
}

static unsigned int rounds_wanted(void)
{
	const char *rounds = getenv("LIFECYCLE_ROUNDS");

	return rounds && *rounds ? strtoul(rounds, NULL, 10) : 100;
}

TEST_F_TIMEOUT(module, rounds_leave_nothing, 7200)
{
	static struct slabs before, after;
	unsigned int i, rounds = rounds_wanted();
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	ASSERT_TRUE(unload_soon());
	for (i = 0; i < rounds + 10; i++) {
		/* The first ones fill what the kernel keeps for itself. */
		if (i == 10)
			read_slabs(&before);
		ASSERT_EQ(0, load());
		ASSERT_EQ(0, use()) TH_LOG("round %u", i);
		ASSERT_TRUE(unload_soon()) TH_LOG("round %u", i);
		ASSERT_EQ(0, remains()) TH_LOG("round %u", i);
	}
	read_slabs(&after);
	TH_LOG("%u rounds, %ld vmalloc areas before, %ld after", rounds,
	       before.vmalloc, after.vmalloc);
	if (keeps_freed_memory())
		return;
	/*
	 * One object, or area, lost in every second round would show. The slab
	 * that a processor allocates from counts as full.
	 */
	for (i = 0; i < after.count; i++) {
		const struct cache *cache = &after.caches[i];
		long grown = cache->objects - objects_of(&before, cache->name);

		EXPECT_GT((long)rounds / 2 + cache->in_slab * processors, grown)
			TH_LOG("slab %s grew by %ld", cache->name, grown);
	}
	EXPECT_GT((long)rounds / 2, after.vmalloc - before.vmalloc);
}

/* A thread that the module knows lives on while the module goes and comes. */
TEST_F(module, unload_while_known_threads_live)
{
	int device, fd, i;

	for (i = 0; i < 5; i++) {
		struct winsync_mutex_create_args args = {
			.create.access = WS_ALL, .owned = 1,
		};

		device = ws_open_device();
		ASSERT_LE(0, device);
		fd = ws_ioctl(device, WINSYNC_IOC_MUTEX_CREATE, &args);
		ASSERT_LE(0, fd);
		EXPECT_EQ(1, ws_mutex_depth(fd));
		close(fd);
		close(device);
		ASSERT_TRUE(unload_soon());
		EXPECT_EQ(0, remains());
		ASSERT_EQ(0, load());
	}
}

/* --- in use ---------------------------------------------------------------- */

/* Each makes fds, or a thread, that hold the module, and says how to let go. */
FIXTURE(in_use) {
	int fds[2];
	struct ws_sleeper sleeper;
};

FIXTURE_VARIANT(in_use) {
	enum { BY_DEVICE, BY_NAMESPACE, BY_OBJECT, BY_NTSYNC, BY_MESSAGE,
	       BY_SLEEPER, BY_CHILD } by;
};

FIXTURE_VARIANT_ADD(in_use, device) { .by = BY_DEVICE };
FIXTURE_VARIANT_ADD(in_use, namespace) { .by = BY_NAMESPACE };
FIXTURE_VARIANT_ADD(in_use, object) { .by = BY_OBJECT };
FIXTURE_VARIANT_ADD(in_use, ntsync) { .by = BY_NTSYNC };
FIXTURE_VARIANT_ADD(in_use, message) { .by = BY_MESSAGE };
FIXTURE_VARIANT_ADD(in_use, sleeper) { .by = BY_SLEEPER };
FIXTURE_VARIANT_ADD(in_use, child) { .by = BY_CHILD };

FIXTURE_SETUP(in_use)
{
	int ret = load();

	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
	self->fds[0] = self->fds[1] = -1;
}

FIXTURE_TEARDOWN(in_use)
{
	int ret = load();

	EXPECT_TRUE(ret == 0 || ret == -EEXIST);
}

static void *sleep_on(void *data)
{
	ws_wait(*(int *)data, WINSYNC_FOREVER);
	return NULL;
}

TEST_F(in_use, unload_is_refused)
{
	struct winsync_event_create_args event = { .create.access = WS_ALL };
	struct winsync_ns_args ns = {
		.flags = WINSYNC_NS_CREATE, .access = WS_ALL,
	};
	int device = ws_open_device(), fd = -1, other = -1, pair[2], i;
	pthread_t thread;
	pid_t pid = 0;

	ASSERT_LE(0, device);
	if (variant->by == BY_NAMESPACE)
		fd = ws_ioctl(device, WINSYNC_IOC_NS_OPEN, &ns);
	else if (variant->by == BY_NTSYNC)
		fd = open("/dev/ntsync", O_RDWR | O_CLOEXEC);
	else if (variant->by != BY_DEVICE)
		fd = ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &event);
	if (variant->by == BY_NTSYNC && fd < 0) {
		close(device);
		SKIP(return, "the kernel has a driver of its own");
	}
	if (variant->by == BY_DEVICE)
		fd = dup(device);
	ASSERT_LE(0, fd);
	close(device);

	switch (variant->by) {
	case BY_MESSAGE:
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
		ASSERT_EQ(0, ws_send_fds(pair[0], &fd, 1));
		close(fd);
		break;
	case BY_SLEEPER:
		other = dup(fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_on, &fd));
		ASSERT_EQ(0, ws_await_waiters(other, 1));
		/* The thread sleeps on; it has no fd any more. */
		close(fd);
		break;
	case BY_CHILD:
		pid = ws_fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			pause();
			_exit(0);
		}
		close(fd);
		break;
	default:
		break;
	}
	for (i = 0; i < 20; i++)
		EXPECT_EQ(-EAGAIN, unload());
	EXPECT_TRUE(is_loaded());
	EXPECT_LT(0, kmod_module_get_refcnt(kmod_winsync()));
	EXPECT_TRUE(exists(WS_DEVICE));

	switch (variant->by) {
	case BY_MESSAGE:
		close(pair[0]);
		close(pair[1]);
		break;
	case BY_SLEEPER:
		EXPECT_EQ(0, ws_event_set(other));
		pthread_join(thread, NULL);
		close(other);
		break;
	case BY_CHILD:
		EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
		break;
	default:
		close(fd);
	}
	EXPECT_TRUE(unload_soon());
	EXPECT_EQ(0, remains());
}

/* --- failing to load ------------------------------------------------------- */

FIXTURE(refused) { };
FIXTURE_VARIANT(refused) {
	const char *parameters;
	int error;
};

FIXTURE_VARIANT_ADD(refused, negative) { "max_objects=-1", -EINVAL };
FIXTURE_VARIANT_ADD(refused, word) { "max_objects=many", -EINVAL };
FIXTURE_VARIANT_ADD(refused, empty) { "max_namespaces=", -EINVAL };
FIXTURE_VARIANT_ADD(refused, too_large) { "max_namespaces=4294967296", -ERANGE };
FIXTURE_VARIANT_ADD(refused, no_bool) { "exit_hook=perhaps", -EINVAL };
/* Found by the last step of all: everything before is undone. */
FIXTURE_VARIANT_ADD(refused, late) { "ntsync=perhaps", -EINVAL };
FIXTURE_VARIANT_ADD(refused, late_name) { "ntsync_name=../null", -EINVAL };

FIXTURE_SETUP(refused)
{
	int ret = load();

	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
	ASSERT_TRUE(unload_soon());
}

FIXTURE_TEARDOWN(refused)
{
	EXPECT_EQ(0, load());
}

TEST_F(refused, leaves_nothing)
{
	int i;

	for (i = 0; i < 5; i++) {
		EXPECT_EQ(variant->error, load_with(variant->parameters));
		EXPECT_EQ(0, remains());
	}
}

/* A node that only this module would have. */
#define NTSYNC_NODE	"/dev/lifecycle"

/* What a process finds that opens the nodes again and again. */
struct opener {
	unsigned int failed;		/* there was nothing to open */
	unsigned int refused;		/* a node, but nobody behind it yet, or any more */
	unsigned int opened[2];		/* the device, and the node of ntsync */
	int error;			/* any other error */
	unsigned int seen;		/* what who loads has seen of @failed */
};

static void open_for_ever(struct opener *opener)
{
	static const char *const nodes[] = { WS_DEVICE, NTSYNC_NODE };
	unsigned int i;

	for (i = 0;; i = !i) {
		int fd = open(nodes[i], O_RDWR | O_CLOEXEC);

		if (fd >= 0) {
			__atomic_fetch_add(&opener->opened[i], 1, __ATOMIC_RELEASE);
			close(fd);
			continue;
		}
		/* The node comes after the device, and goes before it. */
		if (errno == ENODEV || errno == ENXIO)
			__atomic_fetch_add(&opener->refused, 1, __ATOMIC_RELAXED);
		else if (errno != ENOENT)
			opener->error = errno;
		__atomic_fetch_add(&opener->failed, 1, __ATOMIC_RELEASE);
	}
}

static unsigned int failed_so_far(const struct opener *opener)
{
	return __atomic_load_n(&opener->failed, __ATOMIC_ACQUIRE);
}

static unsigned int opened_so_far(const struct opener *opener, unsigned int node)
{
	return __atomic_load_n(&opener->opened[node], __ATOMIC_ACQUIRE);
}

static bool has_failed_again(void *data)
{
	struct opener *opener = data;
	unsigned int failed = failed_so_far(opener);
	bool again = failed != opener->seen;

	opener->seen = failed;
	return again;
}

static bool has_opened_both(void *data)
{
	return opened_so_far(data, 0) && opened_so_far(data, 1);
}

FIXTURE(opened) {
	struct opener *opener;
	pid_t pid;
};

FIXTURE_VARIANT(opened) {
	const char *parameters;
	int error;
};

FIXTURE_VARIANT_ADD(opened, bad_word) {
	"ntsync=bogus ntsync_name=lifecycle", -EINVAL };
FIXTURE_VARIANT_ADD(opened, bad_name) { "ntsync_name=/", -EINVAL };
/* Known only when there are devices; these exist, one of the kernel and our own. */
FIXTURE_VARIANT_ADD(opened, name_of_another) {
	"ntsync=on ntsync_name=userfaultfd", -EEXIST };
FIXTURE_VARIANT_ADD(opened, name_of_our_own) {
	"ntsync=on ntsync_name=winsync", -EEXIST };

FIXTURE_SETUP(opened)
{
	int ret = load();

	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
	ASSERT_TRUE(unload_soon());
	self->opener = mmap(NULL, sizeof(*self->opener), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->opener);
	self->pid = ws_fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid)
		open_for_ever(self->opener);
}

FIXTURE_TEARDOWN(opened)
{
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	/* It was loaded with parameters, if at all, and others want none. */
	if (is_loaded())
		EXPECT_TRUE(unload_soon());
	EXPECT_EQ(0, load());
}

/*
 * A module whose loading fails is freed, whoever has a file of it: somebody who tries
 * all the time must never get one.
 */
TEST_F_TIMEOUT(opened, no_file_of_a_module_that_does_not_load, 1800)
{
	unsigned int loads = 20 + rounds_wanted() / 5, i;

	if (strstr(variant->parameters, "userfaultfd") &&
	    !count_lines("/proc/misc", "userfaultfd"))
		SKIP(return, "no such device");
	for (i = 0; i < loads; i++) {
		ASSERT_EQ(variant->error, load_with(variant->parameters));
		/* It has run meanwhile, or at least before the next. */
		ASSERT_TRUE(ws_await(has_failed_again, self->opener));
		ASSERT_EQ(0, opened_so_far(self->opener, 0) +
			     opened_so_far(self->opener, 1)) TH_LOG("load %u", i);
	}
	EXPECT_EQ(0, remains());
	EXPECT_LE(loads, failed_so_far(self->opener));
	TH_LOG("%u loads, %u times nothing to open, %u times refused", loads,
	       failed_so_far(self->opener), self->opener->refused);
	/* One that does load can be had, by the same who tries. */
	ASSERT_EQ(0, load_with("ntsync=on ntsync_name=lifecycle"));
	EXPECT_TRUE(ws_await(has_opened_both, self->opener));
	EXPECT_EQ(0, self->opener->error);
	/* Also while it comes and goes. */
	for (i = 0; i < loads / 10; i++) {
		ASSERT_TRUE(unload_soon());
		ASSERT_EQ(0, load_with("ntsync=on ntsync_name=lifecycle"));
	}
	EXPECT_EQ(0, self->opener->error);
}

TEST_F(module, limits_are_those_of_the_parameters)
{
	struct winsync_info info = { 0 };
	struct winsync_event_create_args event = { .create.access = WS_ALL };
	int device, fd;

	ASSERT_TRUE(unload_soon());
	ASSERT_EQ(0, load_with("max_objects=0 max_namespaces=4294967295 exit_hook=0"));
	device = ws_open_device();
	ASSERT_LE(0, device);
	EXPECT_EQ(0, ws_ioctl(device, WINSYNC_IOC_GET_INFO, &info));
	EXPECT_EQ(0, info.max_objects);
	EXPECT_EQ(INT32_MAX, info.max_namespaces);
	EXPECT_EQ(0, info.features & (WINSYNC_FEATURE_THREAD_EXIT |
				      WINSYNC_FEATURE_EXEC));
	EXPECT_EQ(-EDQUOT, ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &event));

	/* Changed while it runs, if to something that makes sense. */
	EXPECT_EQ(-EINVAL, write_text(PARAMETERS "max_objects", "-1"));
	EXPECT_EQ(-EINVAL, write_text(PARAMETERS "max_objects", "many"));
	EXPECT_EQ(-EDQUOT, ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &event));
	EXPECT_EQ(0, write_text(PARAMETERS "max_objects", "1"));
	fd = ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &event);
	EXPECT_LE(0, fd);
	EXPECT_EQ(-EDQUOT, ws_ioctl(device, WINSYNC_IOC_EVENT_CREATE, &event));
	close(fd);
	close(device);
	ASSERT_TRUE(unload_soon());
}

/* Every allocation of loading fails once; so each step of it does. */
TEST_F_TIMEOUT(module, load_fails_at_every_step, 3600)
{
	static const char *const attributes[] = {
		"failslab/ignore-gfp-wait", "fail_page_alloc/ignore-gfp-wait",
		"failslab/verbose", "fail_page_alloc/verbose",
		"fail_page_alloc/min-order", "fail_usercopy/verbose",
	};
	char path[128], left[32];
	unsigned int nth, failed = 0, late = 0, i;
	int fail_nth, ret;

	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", ws_gettid());
	fail_nth = open(path, O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		SKIP(return, "the kernel injects no faults");
	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s",
			 attributes[i]);
		write_text(path, "0");
	}
	ASSERT_TRUE(unload_soon());
	for (nth = 1; ; nth++) {
		int module = open(module_path(), O_RDONLY | O_CLOEXEC);

		/* Not with libkmod: the nth fault must not be one of its own. */
		ASSERT_LE(0, module);
		snprintf(left, sizeof(left), "%u", nth);
		ASSERT_LT(0, pwrite(fail_nth, left, strlen(left), 0));
		ret = syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
		memset(left, 0, sizeof(left));
		ASSERT_LT(0, pread(fail_nth, left, sizeof(left) - 1, 0));
		ASSERT_LT(0, pwrite(fail_nth, "0", 1, 0));
		close(module);
		/* Not used up: there was nothing left to fail. */
		if (strtoul(left, NULL, 10)) {
			EXPECT_EQ(0, ret);
			break;
		}
		if (ret) {
			failed++;
			EXPECT_EQ(0, remains()) TH_LOG("step %u", nth);
		} else {
			/* It went well without what failed. */
			late++;
			EXPECT_EQ(0, use()) TH_LOG("step %u", nth);
			ASSERT_TRUE(unload_soon()) TH_LOG("step %u", nth);
		}
	}
	TH_LOG("%u steps: %u times it did not load, %u times it did all the same",
	       nth - 1, failed, late);
	EXPECT_LT(20, failed);
	EXPECT_EQ(0, use());
	close(fail_nth);
}

/* --- processors ------------------------------------------------------------ */

static int move_to(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int set_processor(bool online)
{
	return write_text(CPU1, online ? "1" : "0");
}

#define NEEDS_SECOND_PROCESSOR() do {					\
	if (set_processor(true))					\
		SKIP(return, "no second processor that goes offline");	\
} while (0)

FIXTURE(hotplug) { };

FIXTURE_SETUP(hotplug)
{
	int ret = load();

	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
}

FIXTURE_TEARDOWN(hotplug)
{
	set_processor(true);
}

static const uint32_t clocks[] = {
	WINSYNC_CLOCK_MONOTONIC, WINSYNC_CLOCK_REALTIME, WINSYNC_CLOCK_BOOTTIME,
};

/* Set on a processor that is gone when they are due. */
TEST_F(hotplug, timers_survive_their_processor)
{
	enum { TIMERS = 12, TIMES = 3 };
	int fds[TIMERS], round, i;

	NEEDS_SECOND_PROCESSOR();
	for (round = 0; round < TIMES; round++) {
		uint64_t due;

		ASSERT_EQ(0, move_to(1));
		due = ws_after(400);
		for (i = 0; i < TIMERS; i++) {
			fds[i] = ws_timer(i % 2);
			ASSERT_LE(0, fds[i]);
			ASSERT_EQ(0, ws_timer_set_full(fds[i], 400 * MSEC,
						       i < 6 ? 0 : 10 * MSEC, 0,
						       clocks[i % 3], -1));
		}
		ASSERT_EQ(0, move_to(0));
		ASSERT_EQ(0, set_processor(false));
		EXPECT_EQ(0, ws_wait_all(fds, TIMERS, ws_after(WS_PATIENCE_MS)));
		EXPECT_LE(due, ws_clock(CLOCK_MONOTONIC));
		/* The periodic ones go on. */
		EXPECT_EQ(0, ws_wait_all(&fds[6], TIMERS - 6,
					 ws_after(WS_PATIENCE_MS)));
		ASSERT_EQ(0, set_processor(true));
		for (i = 0; i < TIMERS; i++)
			close(fds[i]);
	}
}

/* Waits, with and without end, of threads whose processor goes. */
TEST_F(hotplug, waits_survive_their_processor)
{
	enum { SLEEPERS = 8, TIMES = 3 };
	int fd = ws_event(1, 0), never = ws_event(1, 0), round, i;

	NEEDS_SECOND_PROCESSOR();
	for (round = 0; round < TIMES; round++) {
		struct ws_sleeper sleepers[SLEEPERS];
		uint64_t due = ws_after(500);

		ASSERT_EQ(0, move_to(1));
		for (i = 0; i < SLEEPERS; i++) {
			sleepers[i] = WS_SLEEPER(.fd = i % 2 ? fd : never);
			if (!(i % 2))
				sleepers[i].deadline = due;
			ASSERT_EQ(0, ws_sleeper_start(&sleepers[i]));
		}
		ASSERT_EQ(0, ws_await_waiters(fd, SLEEPERS / 2));
		/* Their processor goes, and so they are allowed on the others. */
		ASSERT_EQ(0, set_processor(false));
		ASSERT_EQ(0, move_to(0));
		ASSERT_EQ(0, ws_event_set(fd));
		for (i = 0; i < SLEEPERS; i++)
			EXPECT_EQ(i % 2 ? 0 : -ETIMEDOUT,
				  ws_sleeper_join(&sleepers[i]));
		EXPECT_LE(due, ws_clock(CLOCK_MONOTONIC));
		ASSERT_EQ(1, ws_event_reset(fd));
		ASSERT_EQ(0, set_processor(true));
	}
}

/* Random operations all the while. */
TEST_F_TIMEOUT(hotplug, torture, 1800)
{
	const char *operations = getenv("LIFECYCLE_OPERATIONS");
	int status = 0, flips = 0;
	pid_t pid;

	NEEDS_SECOND_PROCESSOR();
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Its results are not ours; violations it tells on stderr. */
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execl("./torture", "torture", "--operations",
		      operations ? operations : "20000", (char *)NULL);
		_exit(127);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		ASSERT_EQ(0, set_processor(flips++ % 2));
		ws_sleep_ms(200);
	}
	ASSERT_EQ(0, set_processor(true));
	EXPECT_EQ(0, status);
	EXPECT_LT(4, flips);
}

/* --- clocks ---------------------------------------------------------------- */

static int step_realtime(int64_t by)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += by;
	return clock_settime(CLOCK_REALTIME, &now) ? -errno : 0;
}

/* The wall clock jumps about while threads wait on all clocks. */
TEST_F(module, waits_survive_clock_jumps)
{
	enum { DUE_MS = 1500, JUMPS = 20 };
	int never = ws_event(1, 0), timers[3], i;
	uint64_t due = ws_after(DUE_MS);
	struct ws_sleeper sleepers[4];

	for (i = 0; i < 3; i++) {
		timers[i] = ws_timer(1);
		/* From now: no clock that is set changes these. */
		ASSERT_EQ(0, ws_timer_set_full(timers[i], DUE_MS * MSEC, 0, 0,
					       clocks[i], -1));
		sleepers[i] = WS_SLEEPER(.fd = timers[i]);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], timers[i], 1));
	}
	sleepers[3] = WS_SLEEPER(.fd = never, .deadline = due);
	ASSERT_EQ(0, ws_sleeper_queue(&sleepers[3], never, 1));
	for (i = 0; i < JUMPS; i++) {
		ASSERT_EQ(0, step_realtime(i % 2 ? -7200 : 7200));
		ws_sleep_ms(10);
	}
	for (i = 0; i < 4; i++) {
		bool done = ws_sleeper_done(&sleepers[i]);

		if (ws_clock(CLOCK_MONOTONIC) < due)
			EXPECT_FALSE(done);
	}
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(&sleepers[3]));
	EXPECT_LE(due, ws_clock(CLOCK_MONOTONIC));
	for (i = 0; i < 3; i++)
		close(timers[i]);
	close(never);
}

#define CGROUP	"/sys/fs/cgroup/lifecycle/"

static bool is_frozen(void *data)
{
	return count_lines(CGROUP "cgroup.events", "frozen 1") ==
	       *(unsigned int *)data;
}

static int freeze(unsigned int frozen)
{
	int ret = write_text(CGROUP "cgroup.freeze", frozen ? "1" : "0");

	return ret ? ret : ws_await(is_frozen, &frozen) ? 0 : -ETIME;
}

/*
 * A process is frozen while it waits. What comes meanwhile it finds afterwards:
 * a signal, a timer, the end of its time.
 */
TEST_F(module, waits_survive_freezing)
{
	int event = ws_event(0, 0), timer = ws_timer(0), never = ws_event(0, 0);
	uint64_t due = ws_after(1000);
	char pid_text[16];
	pid_t pids[3];
	int i;

	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		SKIP(return, "no cgroups");
	ASSERT_EQ(0, ws_timer_set(timer, SEC, 0));
	for (i = 0; i < 3; i++) {
		pids[i] = ws_fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i] && i == 0)
			_exit(ws_wait(event, WINSYNC_FOREVER) != 0);
		if (!pids[i] && i == 1)
			_exit(ws_wait(timer, WINSYNC_FOREVER) != 0);
		if (!pids[i])
			_exit(ws_wait(never, due) != -ETIMEDOUT);
		snprintf(pid_text, sizeof(pid_text), "%d", (int)pids[i]);
		ASSERT_EQ(0, write_text(CGROUP "cgroup.procs", pid_text));
	}
	ASSERT_EQ(0, ws_await_waiters(event, 1));
	ASSERT_EQ(0, freeze(1));
	ASSERT_EQ(0, ws_event_set(event));
	while (ws_clock(CLOCK_MONOTONIC) < due)
		ws_sleep_ms(10);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, waitpid(pids[i], NULL, WNOHANG));
	ASSERT_EQ(0, freeze(0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ws_reap(pids[i]));
	EXPECT_EQ(0, ws_event_signaled(event));
	close(event);
	close(timer);
	close(never);
	rmdir(CGROUP);
}

TEST_HARNESS_MAIN
