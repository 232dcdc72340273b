// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ntsync: what Linux' own selftest of it leaves out. Each error with its
 * place in the order of checks, what has happened by then, owners, alerts,
 * instances, timeouts, and what the files do not do.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ntsync.h>

/* <sys/wait.h> has another one. */
#undef WAIT_ANY

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x80
#endif

#define NODE		"/dev/ntsync"
#define FOREVER		UINT64_MAX
#define MAX_OBJECTS	"/sys/module/winsync/parameters/max_objects"

/* --- calls ---------------------------------------------------------------- */

static int nt_open(void)
{
	int fd = open(NODE, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int nt_create(int device, unsigned long cmd, uint32_t first,
		     uint32_t second)
{
	uint32_t args[2] = { first, second };

	return ws_ioctl(device, cmd, args);
}

static int nt_semaphore(int device, uint32_t count, uint32_t max)
{
	return nt_create(device, NTSYNC_IOC_CREATE_SEM, count, max);
}

static int nt_mutex(int device, uint32_t owner, uint32_t count)
{
	return nt_create(device, NTSYNC_IOC_CREATE_MUTEX, owner, count);
}

static int nt_event(int device, uint32_t manual, uint32_t signaled)
{
	return nt_create(device, NTSYNC_IOC_CREATE_EVENT, manual, signaled);
}

static int nt_release(int fd, uint32_t count)
{
	uint32_t value = count;
	int ret = ws_ioctl(fd, NTSYNC_IOC_SEM_RELEASE, &value);

	return ret ? ret : (int)value;
}

static int nt_unlock(int fd, uint32_t owner)
{
	struct ntsync_mutex_args args = { .owner = owner, .count = 0xdeadbeef };
	int ret = ws_ioctl(fd, NTSYNC_IOC_MUTEX_UNLOCK, &args);

	return ret ? ret : (int)args.count;
}

static int nt_kill(int fd, uint32_t owner)
{
	return ws_ioctl(fd, NTSYNC_IOC_MUTEX_KILL, &owner);
}

/* Set, reset or pulse: the state before. */
static int nt_change(int fd, unsigned long cmd)
{
	uint32_t previous = 0xdeadbeef;
	int ret = ws_ioctl(fd, cmd, &previous);

	return ret ? ret : (int)previous;
}

static int nt_set(int fd)
{
	return nt_change(fd, NTSYNC_IOC_EVENT_SET);
}

/* The first and second word of any READ, as one number. */
static uint64_t nt_read(int fd, unsigned long cmd)
{
	uint32_t words[2] = { 0xdeadbeef, 0xdeadbeef };
	int ret = ws_ioctl(fd, cmd, words);

	if (ret && ret != -EOWNERDEAD)
		return UINT64_MAX;
	return (uint64_t)words[0] << 32 | words[1];
}

#define PAIR(first, second)	((uint64_t)(first) << 32 | (uint32_t)(second))

static int nt_count(int semaphore)
{
	return nt_read(semaphore, NTSYNC_IOC_SEM_READ) >> 32;
}

static int nt_signaled(int event)
{
	return (uint32_t)nt_read(event, NTSYNC_IOC_EVENT_READ);
}

static uint64_t nt_owner(int mutex)
{
	return nt_read(mutex, NTSYNC_IOC_MUTEX_READ);
}

/* A wait, and what became of it. */
struct nt_wait {
	int device;
	unsigned long cmd;
	const int *fds;
	uint32_t count;
	uint32_t owner;
	uint32_t alert;
	uint32_t flags;
	uint64_t timeout;
	/* Output. */
	uint32_t index;
	int result;
	/* Of a thread that does it. */
	pthread_t thread;
	pid_t tid;
	atomic_bool done;
};

#define NT_ANY(...) ((struct nt_wait){ .cmd = NTSYNC_IOC_WAIT_ANY, \
				       .owner = 1, __VA_ARGS__ })
#define NT_ALL(...) ((struct nt_wait){ .cmd = NTSYNC_IOC_WAIT_ALL, \
				       .owner = 1, __VA_ARGS__ })

static int nt_do(struct nt_wait *wait)
{
	struct ntsync_wait_args args = {
		.timeout = wait->timeout,
		.objs = (uintptr_t)wait->fds,
		.count = wait->count,
		.owner = wait->owner,
		.alert = wait->alert,
		.flags = wait->flags,
		.index = 0xdeadbeef,
	};

	wait->result = ws_ioctl(wait->device, wait->cmd, &args);
	wait->index = args.index;
	return wait->result;
}

static void *nt_thread(void *data)
{
	struct nt_wait *wait = data;

	__atomic_store_n(&wait->tid, ws_gettid(), __ATOMIC_RELEASE);
	nt_do(wait);
	atomic_store(&wait->done, true);
	return NULL;
}

/* Returns when the thread sleeps in its wait. */
static int nt_start(struct nt_wait *wait)
{
	int error;

	wait->tid = 0;
	atomic_store(&wait->done, false);
	error = pthread_create(&wait->thread, NULL, nt_thread, wait);
	if (error)
		return -error;
	while (!__atomic_load_n(&wait->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	return ws_await_asleep(wait->tid);
}

static int nt_join(struct nt_wait *wait)
{
	uint64_t end = ws_clock(CLOCK_MONOTONIC) +
		       WS_PATIENCE_MS * WS_NSEC_PER_MSEC;

	while (!atomic_load(&wait->done)) {
		if (ws_clock(CLOCK_MONOTONIC) > end)
			return -EBUSY;
		ws_sleep_ms(1);
	}
	pthread_join(wait->thread, NULL);
	return wait->result;
}

/* A wait for one object that does not sleep. */
static int nt_try(int device, int fd, uint32_t owner)
{
	return nt_do(&NT_ANY(.device = device, .fds = &fd, .count = 1,
			     .owner = owner));
}

/* Memory that can be read but not written. */
static void *read_only(const void *data, size_t size)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	memcpy(page, data, size);
	mprotect(page, 4096, PROT_READ);
	return page;
}

FIXTURE(ntsync) {
	int device;
	int semaphore;		/* 1 of 3 */
	int mutex;		/* owner 7, twice */
	int event;		/* auto-reset, not set */
	int alert;		/* manual-reset, not set */
};

FIXTURE_SETUP(ntsync)
{
	self->device = nt_open();
	ASSERT_LE(0, self->device) {
		TH_LOG("winsync has to serve " NODE " here");
	}
	self->semaphore = nt_semaphore(self->device, 1, 3);
	self->mutex = nt_mutex(self->device, 7, 2);
	self->event = nt_event(self->device, 0, 0);
	self->alert = nt_event(self->device, 1, 0);
	ASSERT_LE(0, self->semaphore);
	ASSERT_LE(0, self->mutex);
	ASSERT_LE(0, self->event);
	ASSERT_LE(0, self->alert);
}

FIXTURE_TEARDOWN(ntsync)
{
	close(self->alert);
	close(self->event);
	close(self->mutex);
	close(self->semaphore);
	close(self->device);
}

/* Nothing that was there has changed. */
#define EXPECT_UNCHANGED() do { \
	EXPECT_EQ(PAIR(1, 3), nt_read(self->semaphore, NTSYNC_IOC_SEM_READ)); \
	EXPECT_EQ(PAIR(7, 2), nt_owner(self->mutex)); \
	EXPECT_EQ(0, nt_signaled(self->event)); \
	EXPECT_EQ(0, nt_signaled(self->alert)); \
	EXPECT_EQ(next, ws_next_fd()); \
} while (0)

/* --- the interface in numbers ------------------------------------------------ */

TEST(numbers_and_sizes)
{
	EXPECT_EQ(0x40084e80, NTSYNC_IOC_CREATE_SEM);
	EXPECT_EQ(0xc0044e81, NTSYNC_IOC_SEM_RELEASE);
	EXPECT_EQ(0xc0284e82, NTSYNC_IOC_WAIT_ANY);
	EXPECT_EQ(0xc0284e83, NTSYNC_IOC_WAIT_ALL);
	EXPECT_EQ(0x40084e84, NTSYNC_IOC_CREATE_MUTEX);
	EXPECT_EQ(0xc0084e85, NTSYNC_IOC_MUTEX_UNLOCK);
	EXPECT_EQ(0x40044e86, NTSYNC_IOC_MUTEX_KILL);
	EXPECT_EQ(0x40084e87, NTSYNC_IOC_CREATE_EVENT);
	EXPECT_EQ(0x80044e88, NTSYNC_IOC_EVENT_SET);
	EXPECT_EQ(0x80044e89, NTSYNC_IOC_EVENT_RESET);
	EXPECT_EQ(0x80044e8a, NTSYNC_IOC_EVENT_PULSE);
	EXPECT_EQ(0x80084e8b, NTSYNC_IOC_SEM_READ);
	EXPECT_EQ(0x80084e8c, NTSYNC_IOC_MUTEX_READ);
	EXPECT_EQ(0x80084e8d, NTSYNC_IOC_EVENT_READ);
	EXPECT_EQ(40, sizeof(struct ntsync_wait_args));
	EXPECT_EQ(8, offsetof(struct ntsync_wait_args, objs));
	EXPECT_EQ(16, offsetof(struct ntsync_wait_args, count));
	EXPECT_EQ(20, offsetof(struct ntsync_wait_args, index));
	EXPECT_EQ(24, offsetof(struct ntsync_wait_args, flags));
	EXPECT_EQ(28, offsetof(struct ntsync_wait_args, owner));
	EXPECT_EQ(32, offsetof(struct ntsync_wait_args, alert));
	EXPECT_EQ(36, offsetof(struct ntsync_wait_args, pad));
}

TEST(node_is_everybodys)
{
	struct stat node;
	int device, event;

	ASSERT_EQ(0, stat(NODE, &node));
	EXPECT_TRUE(S_ISCHR(node.st_mode));
	EXPECT_EQ(0666, node.st_mode & 07777);
	ASSERT_EQ(0, ws_become(1000, 1000));
	device = nt_open();
	ASSERT_LE(0, device);
	event = nt_event(device, 0, 1);
	ASSERT_LE(0, event);
	EXPECT_EQ(0, nt_try(device, event, 1));
}

TEST_F(ntsync, unknown_commands_are_enotty)
{
	static const unsigned long of_device[] = { NTSYNC_IOC_CREATE_SEM,
		NTSYNC_IOC_CREATE_MUTEX, NTSYNC_IOC_CREATE_EVENT,
		NTSYNC_IOC_WAIT_ANY, NTSYNC_IOC_WAIT_ALL };
	static const unsigned long of_object[] = { NTSYNC_IOC_SEM_RELEASE,
		NTSYNC_IOC_MUTEX_UNLOCK, NTSYNC_IOC_MUTEX_KILL,
		NTSYNC_IOC_EVENT_SET, NTSYNC_IOC_EVENT_RESET,
		NTSYNC_IOC_EVENT_PULSE, NTSYNC_IOC_SEM_READ,
		NTSYNC_IOC_MUTEX_READ, NTSYNC_IOC_EVENT_READ };
	const int objects[] = { self->semaphore, self->mutex, self->event };
	static char zeros[64];
	int next = ws_next_fd();
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(of_object); i++)
		EXPECT_EQ(-ENOTTY, ws_ioctl(self->device, of_object[i], zeros));
	for (k = 0; k < ARRAY_SIZE(objects); k++) {
		for (i = 0; i < ARRAY_SIZE(of_device); i++)
			EXPECT_EQ(-ENOTTY, ws_ioctl(objects[k], of_device[i],
						    zeros));
		/* winsync's own are none of these files. */
		EXPECT_EQ(-ENOTTY, ws_ioctl_value(objects[k],
						  WINSYNC_IOC_EVENT_SET, 0));
		EXPECT_EQ(-ENOTTY, ws_ioctl(objects[k], WINSYNC_IOC_STAT,
					    zeros));
	}
	/* The whole number counts: with another size, or direction. */
	for (i = 0; i < ARRAY_SIZE(of_object); i++) {
		EXPECT_EQ(-ENOTTY, ws_ioctl(self->semaphore,
					    of_object[i] ^ 1 << 18, zeros));
		EXPECT_EQ(-ENOTTY, ws_ioctl(self->semaphore,
					    of_object[i] ^ 1UL << 29, zeros));
	}
	/* The interface of Linux 6.10 to 6.13. */
	EXPECT_EQ(-ENOTTY, ws_ioctl(self->device, 0xc00c4e80, zeros));
	EXPECT_EQ(-ENOTTY, ws_ioctl(self->device, WINSYNC_IOC_GET_INFO, zeros));
	EXPECT_UNCHANGED();
}

/* --- errors and their order -------------------------------------------------- */

TEST_F(ntsync, create_semaphore)
{
	int next = ws_next_fd();

	EXPECT_EQ(-EFAULT, ws_ioctl(self->device, NTSYNC_IOC_CREATE_SEM, NULL));
	EXPECT_EQ(-EINVAL, nt_semaphore(self->device, 1, 0));
	EXPECT_EQ(-EINVAL, nt_semaphore(self->device, UINT32_MAX,
					UINT32_MAX - 1));
	EXPECT_UNCHANGED();
	/* Of nothing, and of all there is. */
	EXPECT_EQ(PAIR(0, 0), nt_read(nt_semaphore(self->device, 0, 0),
				      NTSYNC_IOC_SEM_READ));
	EXPECT_EQ(PAIR(UINT32_MAX, UINT32_MAX),
		  nt_read(nt_semaphore(self->device, UINT32_MAX, UINT32_MAX),
			  NTSYNC_IOC_SEM_READ));
}

TEST_F(ntsync, create_mutex)
{
	int next = ws_next_fd();

	EXPECT_EQ(-EFAULT, ws_ioctl(self->device, NTSYNC_IOC_CREATE_MUTEX,
				    NULL));
	EXPECT_EQ(-EINVAL, nt_mutex(self->device, 0, 1));
	EXPECT_EQ(-EINVAL, nt_mutex(self->device, 1, 0));
	EXPECT_UNCHANGED();
	EXPECT_EQ(PAIR(0, 0), nt_owner(nt_mutex(self->device, 0, 0)));
	EXPECT_EQ(PAIR(UINT32_MAX, UINT32_MAX),
		  nt_owner(nt_mutex(self->device, UINT32_MAX, UINT32_MAX)));
}

TEST_F(ntsync, create_event)
{
	int next = ws_next_fd();

	EXPECT_EQ(-EFAULT, ws_ioctl(self->device, NTSYNC_IOC_CREATE_EVENT,
				    NULL));
	EXPECT_UNCHANGED();
	/* All that is not 0 is true. */
	EXPECT_EQ(PAIR(1, 1), nt_read(nt_event(self->device, 0x80000000, 256),
				      NTSYNC_IOC_EVENT_READ));
	EXPECT_EQ(PAIR(0, 0), nt_read(nt_event(self->device, 0, 0),
				      NTSYNC_IOC_EVENT_READ));
}

TEST_F(ntsync, new_files)
{
	char path[64], link[64] = "";
	int fd = nt_event(self->device, 0, 0);

	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(path, link, sizeof(link) - 1));
	EXPECT_STREQ("anon_inode:ntsync", link);
}

TEST_F(ntsync, release)
{
	uint32_t three = 3, one = 1, word = 0xffffffff;
	int full = nt_semaphore(self->device, 2, UINT32_MAX);
	int next = ws_next_fd();

	/* The pointer comes before the type, that before the limit. */
	EXPECT_EQ(-EFAULT, ws_ioctl(self->mutex, NTSYNC_IOC_SEM_RELEASE, NULL));
	EXPECT_EQ(-EINVAL, nt_release(self->mutex, 3));
	EXPECT_EQ(-EINVAL, nt_release(self->event, UINT32_MAX));
	EXPECT_EQ(-EOVERFLOW, nt_release(self->semaphore, 3));
	EXPECT_EQ(-EOVERFLOW, ws_ioctl(self->semaphore, NTSYNC_IOC_SEM_RELEASE,
				       read_only(&three, 4)));
	/* More than 32 bits, and what was asked for stays there. */
	EXPECT_EQ(-EOVERFLOW, ws_ioctl(full, NTSYNC_IOC_SEM_RELEASE, &word));
	EXPECT_EQ(0xffffffff, word);
	EXPECT_EQ(2, nt_count(full));
	EXPECT_UNCHANGED();
	EXPECT_EQ(1, nt_release(self->semaphore, 0));
	EXPECT_UNCHANGED();
	/* What can't be reported has happened. */
	EXPECT_EQ(-EFAULT, ws_ioctl(self->semaphore, NTSYNC_IOC_SEM_RELEASE,
				    read_only(&one, 4)));
	EXPECT_EQ(2, nt_count(self->semaphore));
	EXPECT_EQ(2, nt_release(self->semaphore, 1));
	EXPECT_EQ(-EOVERFLOW, nt_release(self->semaphore, 1));
	EXPECT_EQ(3, nt_release(self->semaphore, 0));
}

TEST_F(ntsync, unlock)
{
	struct ntsync_mutex_args args = { 7, 0 };
	int free = nt_mutex(self->device, 0, 0);
	int next = ws_next_fd();

	EXPECT_EQ(-EFAULT, ws_ioctl(self->event, NTSYNC_IOC_MUTEX_UNLOCK,
				    NULL));
	EXPECT_EQ(-EINVAL, nt_unlock(self->event, 0));
	EXPECT_EQ(-EINVAL, nt_unlock(self->mutex, 0));
	EXPECT_EQ(-EINVAL, nt_unlock(free, 0));
	EXPECT_EQ(-EINVAL, nt_unlock(self->semaphore, 7));
	EXPECT_EQ(-EPERM, nt_unlock(self->mutex, 8));
	EXPECT_EQ(-EPERM, nt_unlock(free, 7));
	EXPECT_UNCHANGED();
	EXPECT_EQ(-EFAULT, ws_ioctl(self->mutex, NTSYNC_IOC_MUTEX_UNLOCK,
				    read_only(&args, sizeof(args))));
	EXPECT_EQ(PAIR(7, 1), nt_owner(self->mutex));
	EXPECT_EQ(1, nt_unlock(self->mutex, 7));
	EXPECT_EQ(PAIR(0, 0), nt_owner(self->mutex));
	EXPECT_EQ(-EPERM, nt_unlock(self->mutex, 7));
}

TEST_F(ntsync, kill)
{
	int free = nt_mutex(self->device, 0, 0);
	int next = ws_next_fd();

	EXPECT_EQ(-EFAULT, ws_ioctl(self->event, NTSYNC_IOC_MUTEX_KILL, NULL));
	EXPECT_EQ(-EINVAL, nt_kill(self->event, 0));
	EXPECT_EQ(-EINVAL, nt_kill(self->mutex, 0));
	EXPECT_EQ(-EINVAL, nt_kill(self->semaphore, 7));
	EXPECT_EQ(-EPERM, nt_kill(self->mutex, 8));
	EXPECT_EQ(-EPERM, nt_kill(free, 7));
	EXPECT_UNCHANGED();
	EXPECT_EQ(0, nt_kill(self->mutex, 7));
	EXPECT_EQ(-EPERM, nt_kill(self->mutex, 7));
	EXPECT_EQ(-EPERM, nt_unlock(self->mutex, 7));
}

TEST_F(ntsync, change_event)
{
	static const unsigned long commands[] = { NTSYNC_IOC_EVENT_SET,
		NTSYNC_IOC_EVENT_RESET, NTSYNC_IOC_EVENT_PULSE };
	int next = ws_next_fd();
	unsigned int i;

	/* The type comes before the pointer. */
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(-EINVAL, ws_ioctl(self->mutex, commands[i], NULL));
		EXPECT_EQ(-EINVAL, nt_change(self->semaphore, commands[i]));
	}
	EXPECT_UNCHANGED();
	EXPECT_EQ(-EFAULT, ws_ioctl(self->event, NTSYNC_IOC_EVENT_SET, NULL));
	EXPECT_EQ(1, nt_signaled(self->event));
	EXPECT_EQ(-EFAULT, ws_ioctl(self->event, NTSYNC_IOC_EVENT_RESET, NULL));
	EXPECT_EQ(0, nt_signaled(self->event));
	EXPECT_EQ(0, nt_set(self->event));
	EXPECT_EQ(1, nt_set(self->event));
	EXPECT_EQ(-EFAULT, ws_ioctl(self->event, NTSYNC_IOC_EVENT_PULSE, NULL));
	EXPECT_EQ(0, nt_signaled(self->event));
}

TEST_F(ntsync, read)
{
	static const unsigned long commands[] = { NTSYNC_IOC_SEM_READ,
		NTSYNC_IOC_MUTEX_READ, NTSYNC_IOC_EVENT_READ };
	const int objects[] = { self->semaphore, self->mutex, self->event };
	char nothing[8] = "";
	int next = ws_next_fd();
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		for (k = 0; k < ARRAY_SIZE(commands); k++) {
			/* The type comes before the pointer. */
			int error = i == k ? -EFAULT : -EINVAL;

			EXPECT_EQ(error, ws_ioctl(objects[i], commands[k],
						  NULL));
			EXPECT_EQ(error, ws_ioctl(objects[i], commands[k],
						  read_only(nothing, 8)));
		}
	EXPECT_UNCHANGED();
}

/*
 * On x86 what there is of the memory is filled, even if it is a part of a word; how
 * the kernel copies elsewhere may leave the end of it as it was.
 */
TEST_F(ntsync, read_into_too_little_memory)
{
	const struct ntsync_sem_args state = { .count = 1, .max = 3 };
	char *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t room, filled;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	for (room = 1; room < sizeof(state); room++) {
		char *to = page + 4096 - room;

		memset(to, 0x5a, room);
		EXPECT_EQ(-EFAULT, ws_ioctl(self->semaphore, NTSYNC_IOC_SEM_READ, to));
#if defined(__x86_64__) || defined(__i386__)
		filled = room;
#else
		for (filled = 0; filled < room && to[filled] != 0x5a; filled++)
			;
#endif
		EXPECT_EQ(0, memcmp(to, &state, filled));
		for (; filled < room; filled++)
			EXPECT_EQ(0x5a, to[filled]);
	}
	munmap(page, 2 * 4096);
}

TEST_F(ntsync, read_abandoned)
{
	struct ntsync_mutex_args args = { 0xdeadbeef, 0xdeadbeef };

	EXPECT_EQ(0, nt_kill(self->mutex, 7));
	/* That it can't be told comes first. */
	EXPECT_EQ(-EFAULT, ws_ioctl(self->mutex, NTSYNC_IOC_MUTEX_READ, NULL));
	EXPECT_EQ(-EOWNERDEAD, ws_ioctl(self->mutex, NTSYNC_IOC_MUTEX_READ,
					&args));
	EXPECT_EQ(0, args.owner);
	EXPECT_EQ(0, args.count);
}

FIXTURE(waits) {
	int device, other;
	int set, semaphore;
};

FIXTURE_VARIANT(waits) {
	unsigned long cmd;
};

FIXTURE_VARIANT_ADD(waits, any) { NTSYNC_IOC_WAIT_ANY };
FIXTURE_VARIANT_ADD(waits, all) { NTSYNC_IOC_WAIT_ALL };

FIXTURE_SETUP(waits)
{
	self->device = nt_open();
	self->other = nt_open();
	ASSERT_LE(0, self->device);
	ASSERT_LE(0, self->other);
	self->set = nt_event(self->device, 0, 1);
	self->semaphore = nt_semaphore(self->device, 5, 5);
	ASSERT_LE(0, self->set);
	ASSERT_LE(0, self->semaphore);
}

FIXTURE_TEARDOWN(waits)
{
	close(self->semaphore);
	close(self->set);
	close(self->other);
	close(self->device);
}

TEST_F(waits, errors_in_order)
{
	int good[2] = { self->set, self->semaphore };
	int bad[2] = { self->set, -1 };
	const struct ntsync_wait_args right = { .objs = (uintptr_t)good,
						.count = 2, .owner = 1 };
	struct ntsync_wait_args args;
	unsigned int bit;

#define EXPECT_REFUSED(error, ...) do { \
	args = right; \
	__VA_ARGS__; \
	EXPECT_EQ(-(error), ws_ioctl(self->device, variant->cmd, &args)); \
	EXPECT_EQ(1, nt_signaled(self->set)); \
	EXPECT_EQ(5, nt_count(self->semaphore)); \
} while (0)
	EXPECT_EQ(-EFAULT, ws_ioctl(self->device, variant->cmd, NULL));
	/* Before it looks where the fds are. */
	for (bit = 0; bit < 32; bit++) {
		EXPECT_REFUSED(EINVAL, args.pad = 1u << bit, args.objs = 0);
		if (bit)
			EXPECT_REFUSED(EINVAL, args.flags = 1u << bit,
				       args.objs = 0);
	}
	EXPECT_REFUSED(EINVAL, args.owner = 0, args.objs = 0);
	EXPECT_REFUSED(EINVAL, args.count = 65, args.objs = 0);
	EXPECT_REFUSED(EINVAL, args.count = UINT32_MAX, args.objs = 0);
	EXPECT_REFUSED(EINVAL, args.count = 1u << 30, args.objs = 0);
	/* Before it looks at the fds. */
	EXPECT_REFUSED(EFAULT, args.objs = 0);
	EXPECT_REFUSED(EFAULT, args.objs = 0, args.alert = self->other);
	EXPECT_REFUSED(EFAULT, args.objs |= 1ULL << 63);
	EXPECT_REFUSED(EINVAL, args.objs = (uintptr_t)bad);
	EXPECT_REFUSED(EINVAL, args.alert = self->device);
	EXPECT_REFUSED(EINVAL, args.alert = INT_MAX);
	EXPECT_REFUSED(EINVAL, args.alert = UINT32_MAX);
	/* And nothing was wrong with the rest. */
	args = right;
	EXPECT_EQ(0, ws_ioctl(self->device, variant->cmd, &args));
}

TEST_F(waits, fds_of_other_kinds_are_einval)
{
	char path[64];
	int others[] = { -1, INT_MAX, INT_MIN, 999, self->device, self->other,
		nt_event(self->other, 0, 1), open("/dev/null", O_RDWR),
		socket(AF_UNIX, SOCK_STREAM, 0), ws_event(0, 1), 0 };
	unsigned int i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->set);
	others[ARRAY_SIZE(others) - 1] = open(path, O_PATH | O_NOFOLLOW);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		int fds[] = { self->set, others[i] };
		struct nt_wait wait = { .device = self->device,
			.cmd = variant->cmd, .fds = fds, .count = 2,
			.owner = 1 };

		EXPECT_EQ(-EINVAL, nt_do(&wait));
		EXPECT_EQ(0xdeadbeef, wait.index);
		wait.count = 1;
		wait.alert = others[i];
		EXPECT_EQ(-EINVAL, nt_do(&wait));
		EXPECT_EQ(1, nt_signaled(self->set));
	}
}

TEST_F(waits, result_without_room_is_efault_after_the_effect)
{
	int fds[] = { self->set };
	struct ntsync_wait_args args = { .objs = (uintptr_t)fds, .count = 1,
					 .owner = 1 };

	EXPECT_EQ(-EFAULT, ws_ioctl(self->device, variant->cmd,
				    read_only(&args, sizeof(args))));
	EXPECT_EQ(0, nt_signaled(self->set));
	/* Without a result there is nothing to write. */
	EXPECT_EQ(-ETIMEDOUT, ws_ioctl(self->device, variant->cmd,
				       read_only(&args, sizeof(args))));
}

TEST_F(waits, sixty_four_objects)
{
	int fds[65];
	struct nt_wait wait = { .device = self->device, .cmd = variant->cmd,
		.fds = fds, .count = 64, .owner = 1 };
	unsigned int i;

	for (i = 0; i < 65; i++) {
		fds[i] = nt_event(self->device, 0,
				  variant->cmd == NTSYNC_IOC_WAIT_ALL ||
				  i == 63);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(variant->cmd == NTSYNC_IOC_WAIT_ALL ? 0 : 63, wait.index);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0, nt_signaled(fds[i]));
	/* The alert is not counted. */
	nt_set(fds[64]);
	wait.alert = fds[64];
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(64, wait.index);
}

TEST_F(ntsync, the_same_twice)
{
	int fds[] = { self->event, self->semaphore, self->event };
	struct nt_wait any = NT_ANY(.device = self->device, .fds = fds,
				    .count = 3);
	struct nt_wait all = NT_ALL(.device = self->device, .fds = fds,
				    .count = 3);
	int duplicate = dup(self->event);

	nt_set(self->event);
	EXPECT_EQ(-EINVAL, nt_do(&all));
	fds[2] = duplicate;
	EXPECT_EQ(-EINVAL, nt_do(&all));
	/* The alert is one of them. */
	all.count = 2;
	all.alert = self->event;
	EXPECT_EQ(-EINVAL, nt_do(&all));
	all.count = 1;
	EXPECT_EQ(-EINVAL, nt_do(&all));
	EXPECT_EQ(1, nt_signaled(self->event));
	/* For any it is just as good, and the lowest index counts. */
	EXPECT_EQ(0, nt_do(&any));
	EXPECT_EQ(0, any.index);
	nt_set(self->event);
	any.fds = &self->event;
	any.count = 1;
	any.alert = self->event;
	EXPECT_EQ(0, nt_do(&any));
	EXPECT_EQ(0, any.index);
	EXPECT_EQ(-ETIMEDOUT, nt_do(&any));
}

/* --- owners ----------------------------------------------------------------- */

TEST_F(ntsync, owners_are_numbers)
{
	pid_t pid;

	EXPECT_EQ(0, nt_try(self->device, self->mutex, 7));
	EXPECT_EQ(PAIR(7, 3), nt_owner(self->mutex));
	EXPECT_EQ(-ETIMEDOUT, nt_try(self->device, self->mutex, 8));
	pid = ws_fork();
	if (!pid)
		_exit(nt_unlock(self->mutex, 7));
	EXPECT_EQ(3, ws_reap(pid));
	EXPECT_EQ(PAIR(7, 2), nt_owner(self->mutex));
}

static void *acquire_and_end(void *data)
{
	int *fds = data;

	nt_try(fds[0], fds[1], 9);
	return NULL;
}

TEST_F(ntsync, nobodys_end_abandons)
{
	int mutex = nt_mutex(self->device, 0, 0);
	int fds[] = { self->device, mutex };
	pthread_t thread;
	pid_t pid;

	ASSERT_EQ(0, pthread_create(&thread, NULL, acquire_and_end, fds));
	pthread_join(thread, NULL);
	EXPECT_EQ(PAIR(9, 1), nt_owner(mutex));
	EXPECT_EQ(-ETIMEDOUT, nt_try(self->device, mutex, 1));
	pid = ws_fork();
	if (!pid) {
		nt_try(self->device, mutex, 9);
		raise(SIGKILL);
	}
	EXPECT_EQ(256 + SIGKILL, ws_reap(pid));
	EXPECT_EQ(PAIR(9, 2), nt_owner(mutex));
	EXPECT_EQ(-ETIMEDOUT, nt_try(self->device, mutex, 1));
}

TEST_F(ntsync, abandoned_is_said_once)
{
	int fds[] = { self->semaphore, self->mutex };
	struct nt_wait any = NT_ANY(.device = self->device, .fds = &self->mutex,
				    .count = 1, .owner = 3);
	struct nt_wait all = NT_ALL(.device = self->device, .fds = fds,
				    .count = 2, .owner = 3);

	EXPECT_EQ(0, nt_kill(self->mutex, 7));
	EXPECT_EQ(-EOWNERDEAD, nt_do(&any));
	EXPECT_EQ(0, any.index);
	EXPECT_EQ(PAIR(3, 1), nt_owner(self->mutex));
	EXPECT_EQ(0, nt_do(&any));
	EXPECT_EQ(0, nt_kill(self->mutex, 3));
	EXPECT_EQ(-EOWNERDEAD, nt_do(&all));
	EXPECT_EQ(0, all.index);
	EXPECT_EQ(0, nt_count(self->semaphore));
	EXPECT_EQ(1, nt_unlock(self->mutex, 3));
	/* Free again, but not abandoned. */
	EXPECT_EQ(0, nt_do(&any));
}

TEST_F(ntsync, killing_wakes_who_waits)
{
	struct nt_wait wait = NT_ANY(.device = self->device,
		.fds = &self->mutex, .count = 1, .owner = 3,
		.timeout = FOREVER);

	ASSERT_EQ(0, nt_start(&wait));
	EXPECT_EQ(0, nt_kill(self->mutex, 7));
	EXPECT_EQ(PAIR(3, 1), nt_owner(self->mutex));
	EXPECT_EQ(-EOWNERDEAD, nt_join(&wait));
	EXPECT_EQ(0, wait.index);
}

TEST_F(ntsync, deepest_mutex_is_not_signaled)
{
	int mutex = nt_mutex(self->device, 5, UINT32_MAX - 1);
	struct nt_wait same = NT_ANY(.device = self->device, .fds = &mutex,
				     .count = 1, .owner = 5,
				     .timeout = FOREVER);

	EXPECT_EQ(0, nt_try(self->device, mutex, 5));
	EXPECT_EQ(-ETIMEDOUT, nt_try(self->device, mutex, 5));
	EXPECT_EQ(PAIR(5, UINT32_MAX), nt_owner(mutex));
	/* A release that leaves it owned lets its owner have it. */
	ASSERT_EQ(0, nt_start(&same));
	EXPECT_EQ((int)UINT32_MAX, nt_unlock(mutex, 5));
	EXPECT_EQ(0, nt_join(&same));
	EXPECT_EQ(PAIR(5, UINT32_MAX), nt_owner(mutex));
}

/* --- alerts ----------------------------------------------------------------- */

TEST_F(ntsync, objects_before_alert)
{
	int fds[] = { self->event, self->semaphore };
	struct nt_wait wait = NT_ANY(.device = self->device, .fds = fds,
				     .count = 2, .alert = self->alert);

	nt_set(self->alert);
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(1, wait.index);
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(2, wait.index);
	/* Of any type, and acquired as anything else is. */
	nt_release(self->semaphore, 1);
	wait.count = 1;
	wait.alert = self->semaphore;
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(1, wait.index);
	EXPECT_EQ(0, nt_count(self->semaphore));
	wait.alert = self->mutex;
	wait.owner = 7;
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(PAIR(7, 3), nt_owner(self->mutex));
}

TEST_F(ntsync, alert_of_a_wait_for_all)
{
	int fds[] = { self->event, self->semaphore };
	struct nt_wait wait = NT_ALL(.device = self->device, .fds = fds,
		.count = 2, .alert = self->alert, .timeout = FOREVER);

	ASSERT_EQ(0, nt_start(&wait));
	EXPECT_EQ(0, nt_set(self->alert));
	EXPECT_EQ(0, nt_join(&wait));
	EXPECT_EQ(2, wait.index);
	EXPECT_EQ(1, nt_count(self->semaphore));
	nt_set(self->event);
	EXPECT_EQ(0, nt_do(&wait));
	EXPECT_EQ(0, wait.index);
}

/* fd 0 can't be an alert: it is none. */
TEST_F(ntsync, fd_0_is_no_alert)
{
	struct nt_wait wait = NT_ANY(.device = self->device,
				     .fds = &self->event, .count = 1);

	nt_set(self->alert);
	ASSERT_EQ(0, dup2(self->alert, 0));
	EXPECT_EQ(-ETIMEDOUT, nt_do(&wait));
}

/*
 * Every return with "alert" has taken one unit of the alert, a semaphore; and
 * every unit that is gone was such a return.
 */
struct alerted {
	int device, object, alert;
	unsigned int rounds, alerts, objects, wrong;
};

static void *count_alerts(void *data)
{
	struct alerted *alerted = data;

	while (alerted->alerts + alerted->objects < alerted->rounds) {
		struct nt_wait wait = NT_ANY(.device = alerted->device,
			.fds = &alerted->object, .count = 1,
			.alert = alerted->alert,
			.timeout = ws_after(WS_PATIENCE_MS));

		if (nt_do(&wait) || wait.index > 1) {
			alerted->wrong = 1 - wait.result;
			return NULL;
		}
		if (wait.index)
			alerted->alerts++;
		else
			alerted->objects++;
	}
	return NULL;
}

TEST_F(ntsync, no_alert_without_cause)
{
	enum { THREADS = 3 };
	unsigned int rounds = ws_scale(500), i, alerts = 0, objects = 0;
	int semaphore = nt_semaphore(self->device, 0, UINT32_MAX);
	int alert = nt_semaphore(self->device, 0, UINT32_MAX);
	struct alerted alerted[THREADS];
	pthread_t threads[THREADS];

	for (i = 0; i < THREADS; i++) {
		alerted[i] = (struct alerted){ self->device, semaphore, alert,
					       rounds, 0, 0, 0 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, count_alerts,
					    &alerted[i]));
	}
	for (i = 0; i < rounds * THREADS; i++)
		ASSERT_LE(0, nt_release(i % 3 ? semaphore : alert, 1));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, alerted[i].wrong);
		alerts += alerted[i].alerts;
		objects += alerted[i].objects;
	}
	EXPECT_EQ(0, nt_count(semaphore));
	EXPECT_EQ(0, nt_count(alert));
	EXPECT_EQ((rounds * THREADS + 2) / 3, alerts);
	EXPECT_EQ(rounds * THREADS, alerts + objects);
}

/* --- instances ---------------------------------------------------------------- */

TEST_F(ntsync, every_open_is_a_world)
{
	int other = nt_open(), same = dup(self->device);
	pid_t pid;

	nt_set(self->event);
	EXPECT_EQ(-EINVAL, nt_try(other, self->event, 1));
	EXPECT_EQ(1, nt_signaled(self->event));
	EXPECT_EQ(0, nt_try(same, self->event, 1));
	/* The open, not the process, is what counts. */
	nt_set(self->event);
	pid = ws_fork();
	if (!pid) {
		int device = nt_open();

		if (nt_try(device, self->event, 1) != -EINVAL)
			_exit(1);
		_exit(-nt_try(self->device, self->event, 1));
	}
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, nt_signaled(self->event));
}

TEST_F(ntsync, fds_can_be_sent)
{
	int pair[2], sent[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = ws_fork();
	if (!pid) {
		int device = nt_open();
		int event = nt_event(device, 0, 1);

		_exit(ws_send_fds(pair[1], (int[]){ device, event }, 2) < 0);
	}
	ASSERT_LE(0, ws_receive_fds(pair[0], sent, 2));
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, nt_try(sent[0], sent[1], 1));
	EXPECT_EQ(-ETIMEDOUT, nt_try(sent[0], sent[1], 1));
	EXPECT_EQ(-EINVAL, nt_try(self->device, sent[1], 1));
}

TEST_F(ntsync, objects_outlive_the_device)
{
	int device = nt_open(), event = nt_event(device, 0, 0);

	close(device);
	EXPECT_EQ(0, nt_set(event));
	EXPECT_EQ(1, nt_signaled(event));
	/* A new open may lie at the same address; it still is another one. */
	device = nt_open();
	EXPECT_EQ(-EINVAL, nt_try(device, event, 1));
}

TEST_F(ntsync, closing_wakes_nobody)
{
	int event = nt_event(self->device, 1, 0);
	struct nt_wait wait = NT_ANY(.device = self->device, .fds = &event,
		.count = 1, .alert = self->alert, .timeout = FOREVER);

	ASSERT_EQ(0, nt_start(&wait));
	close(event);
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(atomic_load(&wait.done));
	nt_set(self->alert);
	EXPECT_EQ(0, nt_join(&wait));
	EXPECT_EQ(1, wait.index);
}

/* --- counts and timeouts -------------------------------------------------------- */

TEST_F(ntsync, waits_for_nothing)
{
	struct nt_wait any = NT_ANY(.device = self->device);
	struct nt_wait all = NT_ALL(.device = self->device);
	uint64_t begin;

	/* All of none are signaled, whatever the alert is; none of none is. */
	EXPECT_EQ(0, nt_do(&all));
	all.alert = self->alert;
	all.timeout = FOREVER;
	EXPECT_EQ(0, nt_do(&all));
	EXPECT_EQ(-ETIMEDOUT, nt_do(&any));
	begin = ws_clock(CLOCK_MONOTONIC);
	any.timeout = ws_after(20);
	EXPECT_EQ(-ETIMEDOUT, nt_do(&any));
	EXPECT_LE(begin + 20 * WS_NSEC_PER_MSEC, ws_clock(CLOCK_MONOTONIC));
	any.timeout = FOREVER;
	any.alert = self->alert;
	ASSERT_EQ(0, nt_start(&any));
	nt_set(self->alert);
	EXPECT_EQ(0, nt_join(&any));
	EXPECT_EQ(0, any.index);
	/* The pointer is not looked at. */
	any.fds = (void *)1;
	EXPECT_EQ(0, nt_do(&any));
}

TEST_F(waits, timeouts_that_have_passed)
{
	static const uint64_t past[] = { 0, 1, WS_NSEC_PER_MSEC };
	int unset = nt_event(self->device, 0, 0);
	unsigned int i, flags;

	for (flags = 0; flags <= NTSYNC_WAIT_REALTIME; flags++)
		for (i = 0; i < ARRAY_SIZE(past); i++) {
			struct nt_wait wait = { .device = self->device,
				.cmd = variant->cmd, .fds = &unset, .count = 1,
				.owner = 1, .flags = flags,
				.timeout = past[i] };

			EXPECT_EQ(-ETIMEDOUT, nt_do(&wait));
			EXPECT_EQ(0xdeadbeef, wait.index);
			/* What is signaled is acquired even so. */
			wait.fds = &self->set;
			EXPECT_EQ(0, nt_do(&wait));
			nt_set(self->set);
		}
}

/*
 * Of two events one is set at every moment: the first object or the last, which for
 * waits for all is the alert, beside a first without which they fail. A wait that
 * may not sleep must not find neither.
 */
struct moving {
	int first, last;
	int stop;
	unsigned int moves;
};

static void *move_main(void *data)
{
	struct moving *moving = data;

	ws_move_to(1);
	while (!__atomic_load_n(&moving->stop, __ATOMIC_ACQUIRE)) {
		nt_set(moving->first);
		nt_change(moving->last, NTSYNC_IOC_EVENT_RESET);
		nt_set(moving->last);
		nt_change(moving->first, NTSYNC_IOC_EVENT_RESET);
		__atomic_add_fetch(&moving->moves, 2, __ATOMIC_RELEASE);
	}
	return NULL;
}

TEST_F(waits, one_moment_without_time)
{
	enum { OBJECTS = 64 };
	bool all = variant->cmd == NTSYNC_IOC_WAIT_ALL;
	unsigned int rounds = ws_scale(30000), moved = 0, found[2] = { }, i;
	struct moving moving = { };
	int fds[OBJECTS];
	struct nt_wait wait = { .device = self->device, .cmd = variant->cmd,
				.fds = fds, .count = OBJECTS, .owner = 1 };
	pthread_t thread;

	if (!ws_has_two_processors())
		SKIP(return, "needs two processors");
	for (i = 0; i < OBJECTS; i++) {
		fds[i] = nt_event(self->device, 1, all && i);
		ASSERT_LE(0, fds[i]);
	}
	moving.first = fds[0];
	moving.last = fds[OBJECTS - 1];
	if (all)
		moving.last = wait.alert = nt_event(self->device, 1, 0);
	ASSERT_EQ(0, nt_set(moving.last));
	ASSERT_EQ(0, ws_move_to(0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, move_main, &moving));
	for (i = 0; i < rounds; i++) {
		unsigned int before = __atomic_load_n(&moving.moves, __ATOMIC_ACQUIRE);

		/* Not at all, and until a moment that has passed. */
		wait.timeout = i % 2;
		ASSERT_EQ(0, nt_do(&wait)) {
			TH_LOG("round %u", i);
		}
		ASSERT_TRUE(wait.index == 0 || wait.index == (all ? OBJECTS : OBJECTS - 1));
		found[wait.index > 0]++;
		moved += __atomic_load_n(&moving.moves, __ATOMIC_ACQUIRE) != before;
	}
	__atomic_store_n(&moving.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	TH_LOG("found the first: %u, the last: %u; it moved meanwhile: %u of %u",
	       found[0], found[1], moved, rounds);
	EXPECT_LT(0, found[0]);
	EXPECT_LT(0, found[1]);
	EXPECT_LT(0, moved);
}

TEST_F(waits, timeouts_to_come)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };
	int unset = nt_event(self->device, 0, 0);
	unsigned int flags;

	for (flags = 0; flags <= NTSYNC_WAIT_REALTIME; flags++) {
		uint64_t deadline = ws_clock(clocks[flags]) +
				    30 * WS_NSEC_PER_MSEC;
		struct nt_wait wait = { .device = self->device,
			.cmd = variant->cmd, .fds = &unset, .count = 1,
			.owner = 1, .flags = flags, .timeout = deadline };

		EXPECT_EQ(-ETIMEDOUT, nt_do(&wait));
		EXPECT_LE(deadline, ws_clock(clocks[flags]));
	}
}

/* The largest time there is, and all that would be negative. */
TEST_F(waits, timeouts_that_never_come)
{
	static const uint64_t never[] = { UINT64_MAX, INT64_MAX, 1ULL << 63,
		(1ULL << 63) + 1, 3ULL << 62, UINT64_MAX - 1 };
	int event = nt_event(self->device, 0, 0);
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(never); i++) {
		struct nt_wait wait = { .device = self->device,
			.cmd = variant->cmd, .fds = &event, .count = 1,
			.owner = 1, .timeout = never[i / 2],
			.flags = i % 2 ? NTSYNC_WAIT_REALTIME : 0 };

		ASSERT_EQ(0, nt_start(&wait));
		ws_sleep_ms(WS_GLANCE_MS);
		EXPECT_FALSE(atomic_load(&wait.done));
		EXPECT_EQ(0, nt_set(event));
		EXPECT_EQ(0, nt_join(&wait));
	}
}

/* Deadlines are on the clock that the caller sees. */
TEST_F(waits, time_namespaces)
{
	int unset = nt_event(self->device, 0, 0), status = -1;
	static const char offset[] = "monotonic 100000 0";
	int offsets;
	pid_t pid;

	if (unshare(CLONE_NEWTIME))
		SKIP(return, "no time namespaces");
	offsets = open("/proc/self/timens_offsets", O_WRONLY);
	ASSERT_LE(0, offsets);
	ASSERT_EQ((ssize_t)strlen(offset), write(offsets, offset,
						 strlen(offset)));
	pid = ws_fork();
	if (!pid) {
		uint64_t begin = ws_clock(CLOCK_MONOTONIC), took;
		struct nt_wait wait = { .device = self->device,
			.cmd = variant->cmd, .fds = &unset, .count = 1,
			.owner = 1, .timeout = ws_after(50) };

		if (begin < 100000 * WS_NSEC_PER_SEC)
			_exit(2);
		alarm(WS_PATIENCE_MS / 1000);
		if (nt_do(&wait) != -ETIMEDOUT)
			_exit(3);
		took = ws_clock(CLOCK_MONOTONIC) - begin;
		_exit(took < 50 * WS_NSEC_PER_MSEC ? 4 : 0);
	}
	ASSERT_LE(0, pid);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

/* --- waking ----------------------------------------------------------------- */

/* Who waits for all is served first, then who waits for any, in order. */
TEST_F(ntsync, order_of_service)
{
	int other = nt_event(self->device, 1, 1);
	int fds[] = { self->event, other };
	struct nt_wait first = NT_ANY(.device = self->device, .fds = fds,
				      .count = 1, .timeout = FOREVER);
	struct nt_wait second = first;
	struct nt_wait all = NT_ALL(.device = self->device, .fds = fds,
				    .count = 2, .timeout = FOREVER);

	ASSERT_EQ(0, nt_start(&first));
	ASSERT_EQ(0, nt_start(&second));
	ASSERT_EQ(0, nt_start(&all));
	nt_set(self->event);
	EXPECT_EQ(0, nt_signaled(self->event));
	EXPECT_EQ(0, nt_join(&all));
	EXPECT_FALSE(atomic_load(&first.done));
	nt_set(self->event);
	EXPECT_EQ(0, nt_join(&first));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(atomic_load(&second.done));
	nt_set(self->event);
	EXPECT_EQ(0, nt_join(&second));
}

/* A wait for all of one object is one for all: it comes first. */
TEST_F(ntsync, all_of_one_comes_first)
{
	struct nt_wait any = NT_ANY(.device = self->device, .fds = &self->event,
				    .count = 1, .timeout = FOREVER);
	struct nt_wait all = NT_ALL(.device = self->device, .fds = &self->event,
				    .count = 1, .timeout = FOREVER);

	ASSERT_EQ(0, nt_start(&any));
	ASSERT_EQ(0, nt_start(&all));
	nt_set(self->event);
	EXPECT_EQ(0, nt_join(&all));
	EXPECT_FALSE(atomic_load(&any.done));
	nt_set(self->event);
	EXPECT_EQ(0, nt_join(&any));
}

TEST_F(ntsync, pulse)
{
	int manual = nt_event(self->device, 1, 0);
	struct nt_wait waits[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		waits[i] = NT_ANY(.device = self->device, .count = 1,
				  .fds = i < 2 ? &manual : &self->event,
				  .timeout = FOREVER);
		ASSERT_EQ(0, nt_start(&waits[i]));
	}
	EXPECT_EQ(0, nt_change(manual, NTSYNC_IOC_EVENT_PULSE));
	EXPECT_EQ(0, nt_join(&waits[0]));
	EXPECT_EQ(0, nt_join(&waits[1]));
	EXPECT_EQ(0, nt_signaled(manual));
	EXPECT_EQ(0, nt_change(self->event, NTSYNC_IOC_EVENT_PULSE));
	EXPECT_EQ(0, nt_join(&waits[2]));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(atomic_load(&waits[3].done));
	nt_set(self->event);
	EXPECT_EQ(0, nt_join(&waits[3]));
}

static atomic_int signals;

static void count_signal(int number)
{
	(void)number;
	atomic_fetch_add(&signals, 1);
}

TEST_F(waits, signals)
{
	int event = nt_event(self->device, 0, 0);
	struct nt_wait wait = { .device = self->device, .cmd = variant->cmd,
		.fds = &event, .count = 1, .owner = 1, .timeout = FOREVER };
	struct sigaction action = { .sa_handler = count_signal };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, nt_start(&wait));
	pthread_kill(wait.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, nt_join(&wait));
	action.sa_flags = SA_RESTART;
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, nt_start(&wait));
	pthread_kill(wait.thread, SIGUSR1);
	while (atomic_load(&signals) < 2)
		sched_yield();
	EXPECT_EQ(0, ws_await_asleep(wait.tid));
	EXPECT_FALSE(atomic_load(&wait.done));
	nt_set(event);
	EXPECT_EQ(0, nt_join(&wait));
}

/* --- limits, and what the files do not do ------------------------------------- */

static bool set_quota(unsigned int value)
{
	FILE *file = fopen(MAX_OBJECTS, "w");
	bool good = file && fprintf(file, "%u", value) > 0;

	return file && !fclose(file) && good;
}

/* Programs know of too many files, not of quotas. */
TEST_F(ntsync, no_quota_is_emfile)
{
	int next = ws_next_fd(), results[3];
	struct winsync_info info;
	unsigned int i;

	ASSERT_EQ(0, ws_info(&info));
	next = ws_next_fd();
	ASSERT_TRUE(set_quota(info.objects));
	results[0] = nt_semaphore(self->device, 1, 1);
	results[1] = nt_mutex(self->device, 0, 0);
	results[2] = nt_event(self->device, 0, 0);
	ASSERT_TRUE(set_quota(info.max_objects));
	for (i = 0; i < ARRAY_SIZE(results); i++)
		EXPECT_EQ(-EMFILE, results[i]);
	EXPECT_UNCHANGED();
	EXPECT_EQ(next, nt_event(self->device, 0, 0));
}

static void *wait_at_gate(void *gate)
{
	ws_gate_pass(*(int *)gate);
	return NULL;
}

/*
 * Where the table of fds is shared, so that the kernel counts who uses a file:
 * what a wait looked up goes when it is closed, however the wait ended.
 */
TEST_F(ntsync, waits_that_fail_keep_no_file)
{
	int stranger = nt_open(), gate = ws_gate(), fds[2];
	struct winsync_info before, after;
	pthread_t thread;

	ASSERT_LE(0, stranger);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_at_gate, &gate));
	ASSERT_EQ(0, ws_info(&before));
	/* One of another instance, alone and among others. */
	fds[0] = nt_event(stranger, 0, 0);
	EXPECT_EQ(-EINVAL, nt_try(self->device, fds[0], 1));
	close(fds[0]);
	fds[0] = nt_event(self->device, 0, 1);
	fds[1] = nt_event(stranger, 0, 0);
	EXPECT_EQ(-EINVAL, nt_do(&NT_ANY(.device = self->device, .fds = fds,
					 .count = 2)));
	EXPECT_EQ(-EINVAL, nt_do(&NT_ALL(.device = self->device, .fds = fds,
					 .count = 2)));
	EXPECT_EQ(-EINVAL, nt_do(&NT_ANY(.device = self->device, .fds = fds,
					 .count = 1, .alert = fds[1])));
	EXPECT_EQ(1, nt_signaled(fds[0]));
	close(fds[0]);
	close(fds[1]);
	/* Some that are over at once, or soon. */
	fds[0] = nt_event(self->device, 0, 0);
	fds[1] = nt_event(self->device, 0, 0);
	EXPECT_EQ(-ETIMEDOUT, nt_try(self->device, fds[0], 1));
	EXPECT_EQ(-ETIMEDOUT, nt_do(&NT_ANY(.device = self->device, .fds = fds,
					    .count = 2, .timeout = ws_after(5))));
	EXPECT_EQ(-ETIMEDOUT, nt_do(&NT_ALL(.device = self->device, .fds = fds,
					    .count = 1, .alert = fds[1],
					    .timeout = ws_after(5))));
	EXPECT_EQ(-EINVAL, nt_do(&NT_ALL(.device = self->device, .fds = fds,
					 .count = 1, .alert = fds[0])));
	close(fds[0]);
	close(fds[1]);
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(before.objects, after.objects);
	ws_gate_open(gate);
	pthread_join(thread, NULL);
}

TEST_F(ntsync, no_fd_is_emfile)
{
	struct winsync_info before, after;
	struct rlimit limit, none;
	int next;

	ASSERT_EQ(0, ws_info(&before));
	next = ws_next_fd();
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, nt_semaphore(self->device, 1, 1));
	EXPECT_EQ(-EMFILE, nt_mutex(self->device, 0, 0));
	EXPECT_EQ(-EMFILE, nt_event(self->device, 0, 0));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(before.objects, after.objects);
	EXPECT_UNCHANGED();
}

TEST_F(ntsync, files_do_nothing_else)
{
	const int fds[] = { self->device, self->semaphore, self->mutex,
			    self->event };
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), next = ws_next_fd();
	char bytes[8] = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		struct pollfd poll_fd = { fds[i], POLLIN | POLLOUT, 0 };

		/* Always ready, and so nothing for epoll. */
		EXPECT_EQ(1, poll(&poll_fd, 1, 0));
		EXPECT_EQ(POLLIN | POLLOUT, poll_fd.revents);
		EXPECT_EQ(-1, epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, read(fds[i], bytes, sizeof(bytes)));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED,
					   fds[i], 0));
		EXPECT_EQ(ENODEV, errno);
		EXPECT_EQ(-1, lseek(fds[i], 0, SEEK_SET));
		EXPECT_EQ(ESPIPE, errno);
		if (fds[i] == self->device)
			continue;
		EXPECT_EQ(-1, write(fds[i], bytes, sizeof(bytes)));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_UNCHANGED();
}

TEST_HARNESS_MAIN
