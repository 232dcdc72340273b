// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call that fails has changed nothing, for nobody and at no moment: a name is
 * known only when nothing can fail any more.
 *
 * The calls here can read their arguments but not write them back: the page is
 * write-protected with userfaultfd(2). A call therefore stops where it writes, and
 * the test looks around; then the page goes, and the call fails.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE	4096

FIXTURE(publish) {
	int uffd;
	void *page;
	int ns;
	struct caller {
		int fd;
		unsigned long cmd;
		void *argument;
		int result;
		pthread_t thread;
	} caller;
};

FIXTURE_SETUP(publish)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};

	self->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (self->uffd < 0 || ioctl(self->uffd, UFFDIO_API, &api))
		WS_SKIP_SETUP("the kernel has no write protection by userfaultfd");
	self->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(publish)
{
	close(self->ns);
	close(self->uffd);
}

static void *call(void *data)
{
	struct caller *caller = data;

	caller->result = ws_ioctl(caller->fd, caller->cmd, caller->argument);
	return NULL;
}

/* Puts the arguments on the page, calls, and returns when it is to be written. */
static int call_and_stop(FIXTURE_DATA(publish) *self, int fd,
			 unsigned long cmd, const void *args, size_t size)
{
	struct uffdio_register range = {
		.range = { (uintptr_t)self->page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = range.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	struct pollfd pollfd = { .fd = self->uffd, .events = POLLIN };
	struct uffd_msg message;

	memcpy(self->page, args, size);
	if (ioctl(self->uffd, UFFDIO_REGISTER, &range) ||
	    ioctl(self->uffd, UFFDIO_WRITEPROTECT, &protect))
		return -errno;
	self->caller = (struct caller){
		.fd = fd, .cmd = cmd, .argument = self->page,
	};
	if (pthread_create(&self->caller.thread, NULL, call, &self->caller))
		return -EAGAIN;
	if (poll(&pollfd, 1, WS_PATIENCE_MS) != 1 ||
	    read(self->uffd, &message, sizeof(message)) != sizeof(message))
		return -ETIME;
	return message.event == UFFD_EVENT_PAGEFAULT &&
	       message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP ? 0 : -EPROTO;
}

/* The page goes; what the call then returns. */
static int fail_call(FIXTURE_DATA(publish) *self)
{
	struct uffdio_range range = { (uintptr_t)self->page, PAGE };

	mprotect(self->page, PAGE, PROT_READ);
	ioctl(self->uffd, UFFDIO_UNREGISTER, &range);
	ioctl(self->uffd, UFFDIO_WAKE, &range);
	pthread_join(self->caller.thread, NULL);
	return self->caller.result;
}

/* The page can be written; what the call then returns. */
static int finish_call(FIXTURE_DATA(publish) *self)
{
	struct uffdio_range range = { (uintptr_t)self->page, PAGE };

	ioctl(self->uffd, UFFDIO_UNREGISTER, &range);
	ioctl(self->uffd, UFFDIO_WAKE, &range);
	pthread_join(self->caller.thread, NULL);
	return self->caller.result;
}

static struct winsync_mutex_create_args owned_mutex(const char *name)
{
	return (struct winsync_mutex_create_args){
		.create = {
			.name = (uintptr_t)name, .name_len = strlen(name),
			.access = WS_ALL, .mode = 0777,
		},
		.owned = 1,
	};
}

/*
 * Nobody finds a mutex that is owned by a thread whose call to create it is
 * about to fail.
 */
TEST_F(publish, object_of_a_call_that_fails_is_never_found)
{
	struct winsync_mutex_create_args args = owned_mutex("mutex");
	struct winsync_list_entry entry;

	ASSERT_EQ(0, call_and_stop(self, self->ns, WINSYNC_IOC_MUTEX_CREATE,
				   &args, sizeof(args)));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "mutex", 0, WS_ALL));
	EXPECT_EQ(0, ws_list_find(self->ns, "mutex", 0, &entry));
	EXPECT_EQ(-EFAULT, fail_call(self));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "mutex", 0, WS_ALL));
}

/* Somebody else takes the name while the call is about to: it opens that. */
TEST_F(publish, name_taken_meanwhile_is_opened)
{
	struct winsync_mutex_create_args args = owned_mutex("mutex");
	uint32_t existed = 2;
	int fd, other;

	ASSERT_EQ(0, call_and_stop(self, self->ns, WINSYNC_IOC_MUTEX_CREATE,
				   &args, sizeof(args)));
	other = ws_named(self->ns, WINSYNC_TYPE_MUTEX, "mutex", 0, &existed);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, existed);
	fd = finish_call(self);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ((struct winsync_create *)self->page)->existed);
	EXPECT_EQ(1, ws_same(fd, other));
	/* Without effect on an existing one [MX-3]. */
	EXPECT_EQ(0, ws_mutex_depth(fd));
	EXPECT_EQ(2, ws_handles(fd));
	close(fd);
	EXPECT_EQ(1, ws_handles(other));
	close(other);
}

/* Likewise, of another type; or when it has to be a new one. */
TEST_F(publish, name_taken_meanwhile_may_not_fit)
{
	struct winsync_mutex_create_args args = owned_mutex("other type");
	int other;

	ASSERT_EQ(0, call_and_stop(self, self->ns, WINSYNC_IOC_MUTEX_CREATE,
				   &args, sizeof(args)));
	other = ws_named(self->ns, WINSYNC_TYPE_EVENT, "other type", 0, NULL);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EPROTOTYPE, finish_call(self));

	close(other);

	args = owned_mutex("new one");
	args.create.flags = WINSYNC_CREATE_EXCL;
	ASSERT_EQ(0, call_and_stop(self, self->ns, WINSYNC_IOC_MUTEX_CREATE,
				   &args, sizeof(args)));
	other = ws_named(self->ns, WINSYNC_TYPE_MUTEX, "new one", 0, NULL);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EEXIST, finish_call(self));
	EXPECT_EQ(1, ws_handles(other));
	close(other);
}

static struct winsync_ns_args owned_namespace(const char *name)
{
	return (struct winsync_ns_args){
		.name = (uintptr_t)name, .name_len = strlen(name),
		.flags = WINSYNC_NS_CREATE | WINSYNC_NS_OWNED,
		.access = WS_ALL, .mode = 0777,
	};
}

/* Nor a namespace, which that call would destroy again. */
TEST_F(publish, namespace_of_a_call_that_fails_is_never_found)
{
	struct winsync_ns_args args;
	char name[64];

	ws_unique_name(name, sizeof(name), "publish");
	args = owned_namespace(name);
	ASSERT_EQ(0, call_and_stop(self, ws_device(), WINSYNC_IOC_NS_OPEN,
				   &args, sizeof(args)));
	EXPECT_EQ(-ENOENT, ws_ns(name, 0, WS_ALL, 0));
	EXPECT_EQ(-EFAULT, fail_call(self));
	EXPECT_EQ(-ENOENT, ws_ns(name, 0, WS_ALL, 0));
}

TEST_F(publish, namespace_taken_meanwhile_is_opened)
{
	struct winsync_ns_args args;
	char name[64];
	int fd, other;

	ws_unique_name(name, sizeof(name), "publish");
	args = owned_namespace(name);
	ASSERT_EQ(0, call_and_stop(self, ws_device(), WINSYNC_IOC_NS_OPEN,
				   &args, sizeof(args)));
	other = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	ASSERT_LE(0, other);
	fd = finish_call(self);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ((struct winsync_ns_args *)self->page)->existed);
	EXPECT_EQ(1, ws_same(fd, other));
	/* It is not the creator's: closing it destroys nothing. */
	close(fd);
	fd = ws_ns(name, 0, WS_ALL, 0);
	EXPECT_LE(0, fd);
	close(fd);
	close(other);
}

TEST_HARNESS_MAIN
