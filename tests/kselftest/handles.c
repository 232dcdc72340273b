// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: duplicating, inheriting, sending and closing them, and running out
 * of them [DU-*], [IN-*], [NM-11], [NM-12], [WT-31].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define USER	1000

/* --- every command that makes a fd -------------------------------------- */

struct makers {
	int ns;			/* a namespace to make things in */
	int existing;		/* "existing": an event in it */
	char unique[64];	/* a namespace that does not exist */
};

static int make_namespace(struct makers *makers, uint32_t flags)
{
	return ws_ns(makers->unique, flags | WINSYNC_NS_CREATE, WS_ALL, 0777);
}

static int make_object(struct makers *makers, uint32_t type, uint32_t flags)
{
	return ws_named(makers->ns, type, "made", flags, NULL);
}

static int make_event(struct makers *makers, uint32_t flags)
{
	return make_object(makers, WINSYNC_TYPE_EVENT, flags);
}

static int make_mutex(struct makers *makers, uint32_t flags)
{
	return make_object(makers, WINSYNC_TYPE_MUTEX, flags);
}

static int make_semaphore(struct makers *makers, uint32_t flags)
{
	return make_object(makers, WINSYNC_TYPE_SEMAPHORE, flags);
}

static int make_timer(struct makers *makers, uint32_t flags)
{
	return make_object(makers, WINSYNC_TYPE_TIMER, flags);
}

static int make_unnamed(struct makers *makers, uint32_t flags)
{
	struct ws_new what = { .flags = flags };

	(void)makers;
	return ws_create(ws_device(), WINSYNC_TYPE_MUTEX, &what);
}

/* What a mode can grant somebody who is not the owner. */
#define GRANTABLE	(WS_QUERY | WS_MODIFY | WS_SYNC)

static int make_by_create_of_existing(struct makers *makers, uint32_t flags)
{
	struct ws_new what = {
		.name = "existing", .flags = flags, .access = GRANTABLE,
	};

	return ws_create(makers->ns, WINSYNC_TYPE_EVENT, &what);
}

static int make_by_open(struct makers *makers, uint32_t flags)
{
	struct winsync_open_args args = {
		.name = (uintptr_t)"existing", .name_len = 8, .flags = flags,
		.access = GRANTABLE,
	};

	return ws_ioctl(makers->ns, WINSYNC_IOC_OPEN, &args);
}

static int make_by_duplicate(struct makers *makers, uint32_t flags)
{
	return ws_duplicate(makers->existing, 0, flags);
}

static int make_by_duplicate_of_namespace(struct makers *makers, uint32_t flags)
{
	return ws_duplicate(makers->ns, 0, flags);
}

FIXTURE(maker) {
	struct makers makers;
};

FIXTURE_VARIANT(maker) {
	int (*make)(struct makers *makers, uint32_t flags);
};

FIXTURE_VARIANT_ADD(maker, namespace) { make_namespace };
FIXTURE_VARIANT_ADD(maker, event) { make_event };
FIXTURE_VARIANT_ADD(maker, mutex) { make_mutex };
FIXTURE_VARIANT_ADD(maker, semaphore) { make_semaphore };
FIXTURE_VARIANT_ADD(maker, timer) { make_timer };
FIXTURE_VARIANT_ADD(maker, unnamed) { make_unnamed };
FIXTURE_VARIANT_ADD(maker, create_of_existing) { make_by_create_of_existing };
FIXTURE_VARIANT_ADD(maker, open) { make_by_open };
FIXTURE_VARIANT_ADD(maker, duplicate) { make_by_duplicate };
FIXTURE_VARIANT_ADD(maker, duplicate_of_namespace) {
	make_by_duplicate_of_namespace };

FIXTURE_SETUP(maker)
{
	struct makers *makers = &self->makers;
	char name[64];

	ws_unique_name(name, sizeof(name), "makers");
	makers->ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777);
	ASSERT_LE(0, makers->ns);
	makers->existing = ws_named(makers->ns, WINSYNC_TYPE_EVENT, "existing",
				    0, NULL);
	ASSERT_LE(0, makers->existing);
	ws_unique_name(makers->unique, sizeof(makers->unique), "made");
}

FIXTURE_TEARDOWN(maker)
{
	close(self->makers.existing);
	close(self->makers.ns);
}

/* IN-1, IN-10: the flag is that of the new fd alone. */
TEST_F(maker, in1_close_on_exec_is_the_default)
{
	int fd = variant->make(&self->makers, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
}

TEST_F(maker, in10_inherit)
{
	int fd = variant->make(&self->makers, WINSYNC_INHERIT);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->makers.existing, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->makers.ns, F_GETFD));
	close(fd);
}

TEST_F(maker, unknown_flag)
{
	int next = ws_next_fd();

	EXPECT_EQ(-EINVAL, variant->make(&self->makers, 0x8000));
	EXPECT_EQ(next, ws_next_fd());
}

/* What a failed command must not have changed. */
static bool nothing_made(struct makers *makers, const struct winsync_info *before)
{
	struct winsync_info after;

	return ws_info(&after) == 0 && after.objects == before->objects &&
	       after.namespaces == before->namespaces &&
	       ws_handles(makers->existing) == 1 &&
	       ws_handles(makers->ns) == 1 &&
	       ws_open(makers->ns, "made", 0, WS_ALL) == -ENOENT &&
	       ws_ns(makers->unique, 0, WS_ALL, 0) == -ENOENT;
}

TEST_F(maker, emfile)
{
	struct winsync_info before;
	struct rlimit old, full;
	int fd;

	ASSERT_EQ(0, ws_info(&before));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	full = old;
	full.rlim_cur = ws_next_fd();
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	fd = variant->make(&self->makers, 0);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(-EMFILE, fd);
	EXPECT_TRUE(nothing_made(&self->makers, &before));
	/* And nothing keeps it from working now. */
	fd = variant->make(&self->makers, 0);
	EXPECT_LE(0, fd);
	close(fd);
}

static bool write_file_max(const char *value)
{
	int fd = open("/proc/sys/fs/file-max", O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, value, strlen(value)) > 0;

	close(fd);
	return written;
}

/* The machine has no more files; which root does not feel. */
TEST_F(maker, enfile)
{
	char old[32] = "";
	int gates[2] = { ws_gate(), ws_gate() };
	int fd, file, status;
	pid_t pid;

	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct winsync_info before;

		if (ws_become(USER, USER) || ws_info(&before))
			_exit(2);
		ws_gate_open(gates[0]);
		ws_gate_pass(gates[1]);
		fd = variant->make(&self->makers, 0);
		ws_gate_open(gates[0]);
		ws_gate_pass(gates[1]);
		if (fd != -ENFILE)
			_exit(3);
		if (!nothing_made(&self->makers, &before))
			_exit(4);
		_exit(0);
	}
	ASSERT_EQ(0, ws_gate_pass(gates[0]));
	file = open("/proc/sys/fs/file-max", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, file);
	ASSERT_LT(0, read(file, old, sizeof(old) - 1));
	/* Not 1: the kernel's first look at the number of files is a rough one. */
	ASSERT_TRUE(write_file_max("0\n"));
	ws_gate_open(gates[1]);
	status = ws_gate_pass(gates[0]);
	ASSERT_TRUE(write_file_max(old));
	EXPECT_EQ(0, status);
	ws_gate_open(gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
}

/* --- duplicating -------------------------------------------------------- */

TEST(du1_dup_shares_the_handle)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
	int copy;

	ASSERT_LE(0, fd);
	copy = dup(fd);
	ASSERT_LE(0, copy);
	EXPECT_EQ(1, ws_handles(copy));
	EXPECT_EQ(1, ws_same(fd, copy));
	EXPECT_EQ(0, ws_event_set(fd));
	EXPECT_EQ(1, ws_event_signaled(copy));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, ws_try(copy));
	EXPECT_EQ(1, ws_handles(copy));
	fd = ws_open(ns, "x", 0, WS_ALL);
	EXPECT_LE(0, fd);
	EXPECT_EQ(2, ws_handles(copy));
	close(fd);
	close(copy);
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
}

TEST(du1_duplicate_is_another_handle)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_SEMAPHORE, "x", 0, NULL);
	int copy;

	ASSERT_LE(0, fd);
	copy = ws_duplicate(fd, 0, 0);
	ASSERT_LE(0, copy);
	EXPECT_EQ(2, ws_handles(fd));
	EXPECT_EQ(0, ws_semaphore_release(copy, 1));
	EXPECT_EQ(1, ws_semaphore_count(fd));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, ws_handles(copy));
	/* The name lives with the last handle [NM-11]. */
	fd = ws_open(ns, "x", 0, WS_ALL);
	EXPECT_LE(0, fd);
	close(fd);
	close(copy);
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
}

static uint32_t access_of(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.access;
}

TEST(du2_same_access)
{
	int fd = ws_event(0, 0);
	int narrow = ws_duplicate(fd, WS_SYNC | WS_QUERY, 0);
	int same = ws_duplicate(narrow, 0, 0);

	ASSERT_LE(0, same);
	EXPECT_EQ(WS_ALL, access_of(fd));
	EXPECT_EQ(access_of(narrow), access_of(same));
	EXPECT_EQ(-EACCES, ws_event_set(same));
}

TEST(du3_narrower)
{
	int fd = ws_event(1, 0);
	int wait = ws_duplicate(fd, WS_SYNC, 0);
	int modify = ws_duplicate(fd, WS_MODIFY, 0);
	int query = ws_duplicate(fd, WS_QUERY, 0);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, wait);
	ASSERT_LE(0, modify);
	ASSERT_LE(0, query);
	EXPECT_EQ(-EACCES, ws_event_set(wait));
	EXPECT_EQ(-EACCES, ws_event_reset(wait));
	EXPECT_EQ(-EACCES, ws_event_pulse(wait));
	EXPECT_EQ(-EACCES, ws_event_signaled(wait));
	EXPECT_EQ(-ETIMEDOUT, ws_try(wait));
	EXPECT_EQ(-EACCES, ws_try(modify));
	EXPECT_EQ(-EACCES, ws_event_signaled(modify));
	EXPECT_EQ(0, ws_event_set(modify));
	EXPECT_EQ(-EACCES, ws_try(query));
	EXPECT_EQ(-EACCES, ws_event_reset(query));
	EXPECT_EQ(1, ws_event_signaled(query));
	EXPECT_EQ(0, ws_try(wait));
	/* The handle they came from is what it was. */
	EXPECT_EQ(1, ws_event_reset(fd));
	EXPECT_EQ(WS_ALL, access_of(fd));
}

TEST(duplicate_bad_arguments)
{
	int fd = ws_event(0, 0);
	int plain = ws_gate(), next;

	ASSERT_LE(0, fd);
	next = ws_next_fd();
	EXPECT_EQ(-EINVAL, ws_duplicate(fd, 0x20, 0));
	EXPECT_EQ(-EINVAL, ws_duplicate(fd, WINSYNC_ACCESS_MAXIMUM << 1, 0));
	EXPECT_EQ(-EINVAL, ws_duplicate(fd, 0, WINSYNC_CREATE_EXCL));
	EXPECT_EQ(-ENOTTY, ws_duplicate(plain, 0, 0));
	EXPECT_EQ(-EBADF, ws_duplicate(next + 100, 0, 0));
	EXPECT_EQ(next, ws_next_fd());
	EXPECT_EQ(1, ws_handles(fd));
}

/* DU-4: more rights than the handle has: what the mode grants the caller. */
static int widen(int narrow, uint32_t wanted)
{
	int next = ws_next_fd();
	int fd = ws_duplicate(narrow, wanted, 0);

	if (fd < 0)
		return ws_next_fd() == next && ws_handles(narrow) == 2 ? fd : -EIO;
	close(fd);
	return 0;
}

/* A child that is an ordinary user; returns its exit status. */
#define AS_USER(...) ({ \
	pid_t __pid = ws_fork(); \
	if (!__pid) { \
		if (ws_become(USER, USER)) \
			_exit(100); \
		_exit(__VA_ARGS__); \
	} \
	ws_reap(__pid); \
})

TEST(du4_wider_needs_permission)
{
	struct ws_new what = { .mode = 0705 };
	int fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);
	int narrow = ws_duplicate(fd, WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	/* Others may read and execute: query and wait. */
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_SYNC)));
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_SYNC | WS_QUERY)));
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_QUERY)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WS_MODIFY)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WS_QUERY | WS_MODIFY)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WINSYNC_ACCESS_WRITE_CONTROL)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WS_ALL)));
	/* The owner, and nobody less so root, may have all. */
	EXPECT_EQ(0, widen(narrow, WS_ALL));
	/* The mode of now counts, and the rights one has stay [SEC-6]. */
	EXPECT_EQ(0, ws_set_mode(fd, 0702));
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_SYNC)));
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_SYNC | WS_MODIFY)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WS_SYNC | WS_QUERY)));
}

static int maximum(int narrow)
{
	int fd = ws_duplicate(narrow, WINSYNC_ACCESS_MAXIMUM, 0);
	int access = access_of(fd);

	close(fd);
	return access;
}

TEST(du4_maximum)
{
	struct ws_new what = { .mode = 0705 };
	int fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);
	int narrow = ws_duplicate(fd, WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	EXPECT_EQ(WS_ALL, maximum(narrow));
	EXPECT_EQ(WS_QUERY | WS_SYNC, AS_USER(maximum(narrow)) &
		  ~WINSYNC_ACCESS_READ_CONTROL);
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WINSYNC_ACCESS_MAXIMUM |
					 WS_MODIFY)));
}

/* The owner is bound by the mode like everybody else. */
static int widen_own(uint32_t mode, uint32_t wanted)
{
	struct ws_new what = { .mode = mode };
	int fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);

	return -widen(ws_duplicate(fd, WS_SYNC, 0), wanted);
}

TEST(du4_owner)
{
	EXPECT_EQ(0, AS_USER(widen_own(0700, WS_ALL)));
	EXPECT_EQ(EACCES, AS_USER(widen_own(0077, WS_QUERY)));
	EXPECT_EQ(EACCES, AS_USER(widen_own(0500, WS_MODIFY)));
	EXPECT_EQ(0, AS_USER(widen_own(0500, WINSYNC_ACCESS_WRITE_CONTROL)));
}

TEST(du4_namespace)
{
	char name[64];
	int ns, narrow, fd;

	ws_unique_name(name, sizeof(name), "du4");
	ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0705);
	ASSERT_LE(0, ns);
	narrow = ws_duplicate(ns, WS_QUERY, 0);
	ASSERT_LE(0, narrow);
	EXPECT_EQ(-EACCES, ws_named(narrow, WINSYNC_TYPE_EVENT, "x", 0, NULL));
	fd = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EACCES, ws_open(narrow, "x", 0, WS_ALL));
	EXPECT_EQ(0, AS_USER(-widen(narrow, WS_QUERY | WS_SYNC)));
	EXPECT_EQ(EACCES, AS_USER(-widen(narrow, WS_QUERY | WS_MODIFY)));
	EXPECT_EQ(1, ws_same(ns, narrow));
}

/* DU-11: ownership is the thread's, whatever the handle. */
TEST(du11_duplicate_shares_ownership)
{
	int fd = ws_mutex(1);
	int copy = ws_duplicate(fd, WS_READ_ONLY, 0);

	ASSERT_LE(0, copy);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(1, ws_mutex_release(copy));
	EXPECT_EQ(-EPERM, ws_mutex_release(copy));
}

TEST(du12_same)
{
	int ns = ws_private_ns();
	int a = ws_named(ns, WINSYNC_TYPE_EVENT, "a", 0, NULL);
	int again = ws_open(ns, "a", 0, WS_READ_ONLY);
	int b = ws_named(ns, WINSYNC_TYPE_MUTEX, "b", 0, NULL);
	int plain = ws_gate(), closed = dup(0);
	struct winsync_same_args reserved = { .fd = a, .reserved = 1 };

	ASSERT_LE(0, again);
	ASSERT_LE(0, b);
	close(closed);
	EXPECT_EQ(1, ws_same(a, a));
	EXPECT_EQ(1, ws_same(a, again));
	EXPECT_EQ(1, ws_same(again, a));
	EXPECT_EQ(0, ws_same(a, b));
	EXPECT_EQ(0, ws_same(b, a));
	EXPECT_EQ(0, ws_same(ns, a));
	EXPECT_EQ(0, ws_same(a, ns));
	EXPECT_EQ(1, ws_same(ns, ns));
	EXPECT_EQ(-EBADFD, ws_same(a, plain));
	EXPECT_EQ(-EBADFD, ws_same(a, ws_device()));
	EXPECT_EQ(-EBADF, ws_same(a, closed));
	EXPECT_EQ(-EBADF, ws_same(a, -1));
	EXPECT_EQ(-EINVAL, ws_ioctl(a, WINSYNC_IOC_SAME, &reserved));
}

/* --- what is looked up is let go ---------------------------------------- */

static void *wait_at_gate(void *gate)
{
	ws_gate_pass(*(int *)gate);
	return NULL;
}

/* What a call gets besides the fd that is to be let go: @other is -2 or good. */
struct lookup_args {
	int signal;		/* an event */
	int timer;
	int victim;
	int other;
};

static int wait_any_of_two(const struct lookup_args *args, unsigned long cmd)
{
	int fds[] = { args->victim, args->other };

	return ws_wait_multiple(cmd, fds, 2, 0, 0, -1);
}

static int lookup_wait_any(const struct lookup_args *args)
{
	return wait_any_of_two(args, WINSYNC_IOC_WAIT_ANY);
}

static int lookup_wait_all(const struct lookup_args *args)
{
	return wait_any_of_two(args, WINSYNC_IOC_WAIT_ALL);
}

static int lookup_before_alert(const struct lookup_args *args)
{
	return ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, &args->victim, 1, 0, 0,
				args->other);
}

static int lookup_alert(const struct lookup_args *args)
{
	return ws_wait_alert(args->signal, 0, args->victim);
}

static int lookup_alert_asleep(const struct lookup_args *args)
{
	return ws_wait_alert(args->signal, ws_after(5), args->victim);
}

static int lookup_alert_of_several(const struct lookup_args *args)
{
	return ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, &args->signal, 1, ws_after(5),
				0, args->victim);
}

static int lookup_awaited(const struct lookup_args *args)
{
	return ws_signal_and_wait(args->signal, args->victim, ws_after(5),
				  args->other);
}

static int lookup_same(const struct lookup_args *args)
{
	return ws_same(args->signal, args->victim);
}

static int lookup_timer_alert(const struct lookup_args *args)
{
	int ret = ws_timer_set_full(args->timer, 3600 * WS_NSEC_PER_SEC, 0, 0, 0,
				    args->victim);

	return ws_timer_cancel(args->timer) < 0 ? -EIO : ret;
}

FIXTURE(lookup) {
	int gate;
	pthread_t thread;
};

FIXTURE_VARIANT(lookup) {
	int (*call)(const struct lookup_args *args);
	/* For a handle without rights, of a mutex, and where @other is bad. */
	int refused, wrong, bad;
};

FIXTURE_VARIANT_ADD(lookup, wait_any) {
	lookup_wait_any, -EACCES, 0, -EBADF };
FIXTURE_VARIANT_ADD(lookup, wait_all) {
	lookup_wait_all, -EACCES, -ETIMEDOUT, -EBADF };
FIXTURE_VARIANT_ADD(lookup, before_alert) {
	lookup_before_alert, -EACCES, 0, -EBADF };
FIXTURE_VARIANT_ADD(lookup, alert) {
	lookup_alert, -EACCES, -EBADFD, -ETIMEDOUT };
FIXTURE_VARIANT_ADD(lookup, alert_asleep) {
	lookup_alert_asleep, -EACCES, -EBADFD, -ETIMEDOUT };
FIXTURE_VARIANT_ADD(lookup, alert_of_several) {
	lookup_alert_of_several, -EACCES, -EBADFD, -ETIMEDOUT };
FIXTURE_VARIANT_ADD(lookup, awaited) {
	lookup_awaited, -EACCES, 0, -EBADF };
FIXTURE_VARIANT_ADD(lookup, same) { lookup_same, 0, 0, 0 };
FIXTURE_VARIANT_ADD(lookup, timer_alert) {
	lookup_timer_alert, -EACCES, -EBADFD, 0 };

/* Only where the table of fds is shared does the kernel count who uses a file. */
FIXTURE_SETUP(lookup)
{
	self->gate = ws_gate();
	ASSERT_LE(0, self->gate);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, wait_at_gate, &self->gate));
}

FIXTURE_TEARDOWN(lookup)
{
	ws_gate_open(self->gate);
	pthread_join(self->thread, NULL);
}

TEST_F(lookup, keeps_no_file)
{
	int event = ws_event(0, 0), mutex = ws_mutex(0), ends[2];
	struct lookup_args args = { .signal = ws_event(0, 0), .timer = ws_timer(0),
				    .other = ws_event(0, 0) };
	struct pollfd pollfd = { .events = POLLOUT };

	ASSERT_LE(0, args.other);
	args.victim = ws_duplicate(event, WS_READ_ONLY, 0);
	EXPECT_EQ(variant->refused, variant->call(&args));
	close(args.victim);
	EXPECT_EQ(1, ws_handles(event));
	args.victim = ws_duplicate(mutex, 0, 0);
	args.other = variant->call == lookup_before_alert ||
		     variant->call == lookup_awaited ? -1 : args.other;
	EXPECT_EQ(variant->wrong, variant->call(&args));
	close(args.victim);
	EXPECT_EQ(1, ws_handles(mutex));
	/* A file of another kind: who writes into a pipe sees its end go. */
	ASSERT_EQ(0, pipe(ends));
	args.victim = ends[0];
	EXPECT_EQ(-EBADFD, variant->call(&args));
	close(ends[0]);
	pollfd.fd = ends[1];
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLERR, pollfd.revents & POLLERR);
	close(ends[1]);
	args.victim = ws_duplicate(event, 0, 0);
	args.other = -2;
	EXPECT_EQ(variant->bad, variant->call(&args));
	close(args.victim);
	EXPECT_EQ(1, ws_handles(event));
}

static bool as_many_objects(void *data)
{
	struct winsync_info info;

	return !ws_info(&info) && info.objects == *(uint32_t *)data;
}

/* What slept, and a timer that is over, keeps no object: it would stay charged. */
TEST(what_is_over_keeps_no_object)
{
	struct winsync_info before;
	int fds[2], alert, timer;
	unsigned int i;

	ASSERT_EQ(0, ws_info(&before));
	fds[0] = ws_event(0, 0);
	fds[1] = ws_semaphore(0, 5);
	alert = ws_event(0, 0);
	timer = ws_timer(0);
	ASSERT_LE(0, timer);
	EXPECT_EQ(-ETIMEDOUT, ws_wait_alert(fds[0], ws_after(5), alert));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, 2,
					       ws_after(5), 0, alert));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, 2,
					       ws_after(5), 0, alert));
	EXPECT_EQ(-ETIMEDOUT, ws_signal_and_wait(fds[1], fds[0], ws_after(5), alert));
	/* It expires at once, later, and not before it is set again or closed. */
	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, ws_timer_set_full(timer, i * WS_NSEC_PER_MSEC, 0, 0, 0,
					       alert));
		EXPECT_EQ(0, ws_wait(timer, ws_after(WS_PATIENCE_MS)));
		EXPECT_EQ(0, ws_wait(alert, ws_after(WS_PATIENCE_MS)));
	}
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, ws_timer_set_full(timer, 3600 * WS_NSEC_PER_SEC, 0, 0, 0,
					       alert));
	close(timer);
	close(alert);
	close(fds[0]);
	close(fds[1]);
	/* Of an expiry in an interrupt a worker frees what is left. */
	EXPECT_TRUE(ws_await(as_many_objects, &before.objects));
}

/* --- other processes ---------------------------------------------------- */

TEST(in3_fork)
{
	int fd = ws_event(0, 0);
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_event_set(fd) || close(fd));
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_try(fd));
	EXPECT_EQ(1, ws_handles(fd));
}

#define AFTER_EXEC	"after-exec"

/* The program that in3_exec executes: looks at two fds and a socket. */
static void __attribute__((constructor)) program(int argc, char **argv)
{
	int inherited, closed, other;

	if (argc != 4 || strcmp(argv[0], AFTER_EXEC))
		return;
	inherited = atoi(argv[1]);
	closed = atoi(argv[2]);
	if (fcntl(closed, F_GETFD) != -1 || errno != EBADF)
		_exit(10);
	/* IN-5: what was inherited will be again. */
	if (fcntl(inherited, F_GETFD) != 0)
		_exit(11);
	if (access_of(inherited) != (WS_SYNC | WS_QUERY) ||
	    ws_event_set(inherited) != -EACCES || ws_try(inherited) != 0)
		_exit(12);
	/* The same object, by another way. */
	if (ws_receive_fds(atoi(argv[3]), &other, 1) ||
	    ws_same(inherited, other) != 1)
		_exit(13);
	_exit(ws_event_set(other) ? 14 : 0);
}

TEST(in3_exec)
{
	char texts[3][16];
	char *argv[] = { AFTER_EXEC, texts[0], texts[1], texts[2], NULL };
	int fd = ws_event(0, 1), inherited, sockets[2];
	pid_t pid;

	ASSERT_LE(0, fd);
	inherited = ws_duplicate(fd, WS_SYNC | WS_QUERY, WINSYNC_INHERIT);
	ASSERT_LE(0, inherited);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	snprintf(texts[0], sizeof(texts[0]), "%d", inherited);
	snprintf(texts[1], sizeof(texts[1]), "%d", fd);
	snprintf(texts[2], sizeof(texts[2]), "%d", sockets[1]);
	ASSERT_EQ(0, ws_send_fds(sockets[0], &fd, 1));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_try(fd));
	EXPECT_EQ(2, ws_handles(fd));
}

/* IN-6: the inherited handle keeps the name. */
TEST(in6_name_lives_in_the_child)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_MUTEX, "x", 0, NULL);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid)
		for (;;)
			pause();
	close(fd);
	fd = ws_open(ns, "x", 0, WS_ALL);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
}

TEST(du10_sent_over_a_socket)
{
	int fd = ws_event(0, 0), sockets[2];
	int narrow = ws_duplicate(fd, WS_MODIFY, 0);
	pid_t pid;

	ASSERT_LE(0, narrow);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int got[2];

		close(narrow);
		if (ws_receive_fds(sockets[1], got, 2) || ws_same(got[0], fd) != 1)
			_exit(1);
		if (ws_same(got[0], got[1]) != 1 || access_of(got[1]) != WS_MODIFY)
			_exit(2);
		_exit(ws_try(got[1]) == -EACCES && ws_event_set(got[1]) == 0 ? 0 : 3);
	}
	ASSERT_EQ(0, ws_send_fds(sockets[0], (int[]){ fd, narrow }, 2));
	close(narrow);
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_try(fd));
	EXPECT_EQ(1, ws_handles(fd));
}

struct name_gone {
	int ns;
	const char *name;
};

static bool name_gone(void *data)
{
	struct name_gone *gone = data;
	int fd = ws_open(gone->ns, gone->name, 0, WS_ALL);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

/* A handle on its way pins the name until both ends are gone. */
TEST(in_flight_when_both_ends_die)
{
	struct name_gone gone = { ws_private_ns(), "x" };
	int sockets[2], ready = ws_gate(), fd;
	pid_t pid;

	ASSERT_LE(0, gone.ns);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = ws_named(gone.ns, WINSYNC_TYPE_MUTEX, "x", 0, NULL);
		if (fd < 0 || ws_try(fd) || ws_send_fds(sockets[0], &fd, 1))
			_exit(1);
		close(fd);
		/* Also a socket that holds itself: only the kernel can free it. */
		if (ws_send_fds(sockets[0], sockets, 2))
			_exit(2);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, ws_gate_pass(ready));
	close(sockets[0]);
	EXPECT_FALSE(name_gone(&gone));
	fd = ws_open(gone.ns, "x", 0, WS_ALL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, ws_handles(fd));
	close(fd);
	close(sockets[1]);
	EXPECT_FALSE(name_gone(&gone));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	/* The kernel collects such sockets when somebody makes or closes one. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_TRUE(ws_await(name_gone, &gone));
}

/* The owner dies while the only handle is on its way. */
TEST(in_flight_when_the_owner_dies)
{
	struct winsync_mutex_state state;
	int sockets[2], fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = ws_mutex(1);
		_exit(fd < 0 || ws_send_fds(sockets[0], &fd, 1));
	}
	EXPECT_EQ(0, ws_reap(pid));
	ASSERT_EQ(0, ws_receive_fds(sockets[1], &fd, 1));
	ASSERT_EQ(0, ws_mutex_query(fd, &state));
	EXPECT_EQ(0, state.depth);
	EXPECT_EQ(1, state.abandoned);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fd));
}

TEST(du7_pidfd_getfd)
{
	int ns = ws_private_ns(), gates[2] = { ws_gate(), ws_gate() };
	int *number = mmap(NULL, sizeof(*number), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pidfd, fd, own;
	pid_t pid;

	ASSERT_LE(0, ns);
	ASSERT_NE(MAP_FAILED, (void *)number);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		*number = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
		*number = ws_duplicate(*number, WS_MODIFY | WS_QUERY, 0);
		ws_gate_open(gates[0]);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, ws_gate_pass(gates[0]));
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	ASSERT_LE(0, pidfd);
	fd = syscall(SYS_pidfd_getfd, pidfd, *number, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(WS_MODIFY | WS_QUERY, access_of(fd));
	own = ws_open(ns, "x", 0, WS_ALL);
	ASSERT_LE(0, own);
	EXPECT_EQ(1, ws_same(own, fd));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	close(own);
	/* DU-10: it lives on in here, with its name. */
	EXPECT_EQ(0, ws_event_set(fd));
	own = ws_open(ns, "x", 0, WS_ALL);
	EXPECT_LE(0, own);
	EXPECT_EQ(0, ws_try(own));
}

/* --- closing under a sleeper -------------------------------------------- */

static int close_plainly(int fd)
{
	return close(fd);
}

static int close_by_dup2(int fd)
{
	return dup2(0, fd) == fd ? 0 : -1;
}

static int close_by_close_range(int fd)
{
	return syscall(SYS_close_range, fd, fd, 0);
}

/* The role that the closed fd has in the wait. */
enum role { SINGLE, IN_ANY, IN_ALL, AWAITED, SIGNALED, ALERT };

FIXTURE(sleeper) {
	int ns;
	int fd;			/* "x", nonsignaled, what gets closed */
	int event;		/* another, nonsignaled */
	int fds[2];
	struct ws_sleeper sleeper;
};

FIXTURE_VARIANT(sleeper) {
	enum role role;
	uint32_t type;
	int (*close)(int fd);
};

#define SLEEPER(name, role, type, how) \
	FIXTURE_VARIANT_ADD(sleeper, name) { \
		role, WINSYNC_TYPE_##type, close_##how }

SLEEPER(single, SINGLE, EVENT, plainly);
SLEEPER(single_dup2, SINGLE, EVENT, by_dup2);
SLEEPER(single_close_range, SINGLE, EVENT, by_close_range);
SLEEPER(single_mutex, SINGLE, MUTEX, plainly);
SLEEPER(single_semaphore, SINGLE, SEMAPHORE, plainly);
SLEEPER(single_timer, SINGLE, TIMER, plainly);
SLEEPER(any, IN_ANY, EVENT, plainly);
SLEEPER(any_timer, IN_ANY, TIMER, plainly);
SLEEPER(all, IN_ALL, SEMAPHORE, plainly);
SLEEPER(all_mutex, IN_ALL, MUTEX, plainly);
SLEEPER(awaited, AWAITED, EVENT, plainly);
SLEEPER(signaled, SIGNALED, EVENT, plainly);
SLEEPER(signaled_dup2, SIGNALED, SEMAPHORE, by_dup2);
SLEEPER(alert, ALERT, EVENT, plainly);

FIXTURE_SETUP(sleeper)
{
	struct ws_new what = { .name = "x" };
	struct ws_sleeper *sleeper = &self->sleeper;

	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	if (variant->type == WINSYNC_TYPE_SEMAPHORE)
		what.second = 10;
	self->fd = ws_create(self->ns, variant->type, &what);
	ASSERT_LE(0, self->fd);
	self->event = ws_event(0, 0);
	ASSERT_LE(0, self->event);
	self->fds[0] = self->event;
	self->fds[1] = self->fd;
	/* Nobody can have the mutex as long as this thread owns it. */
	if (variant->type == WINSYNC_TYPE_MUTEX) {
		ASSERT_EQ(0, ws_try(self->fd));
	}

	*sleeper = WS_SLEEPER(.fd = self->fd, .fds = self->fds, .count = 2,
			      .signal = self->event);
	switch (variant->role) {
	case SINGLE:
		break;
	case IN_ANY:
		sleeper->cmd = WINSYNC_IOC_WAIT_ANY;
		break;
	case IN_ALL:
		sleeper->cmd = WINSYNC_IOC_WAIT_ALL;
		break;
	case AWAITED:
		sleeper->cmd = WINSYNC_IOC_SIGNAL_AND_WAIT;
		break;
	case SIGNALED:
		sleeper->cmd = WINSYNC_IOC_SIGNAL_AND_WAIT;
		sleeper->signal = self->fd;
		sleeper->fd = self->event;
		break;
	case ALERT:
		sleeper->fd = self->event;
		sleeper->alert = self->fd;
		break;
	}
}

FIXTURE_TEARDOWN(sleeper)
{
}

static int queue_sleeper(struct ws_sleeper *sleeper, int fd, enum role role,
			 int event)
{
	int ret = ws_sleeper_queue(sleeper, role == SIGNALED ? event : fd, 1);

	return ret ? ret : ws_await_asleep(sleeper->tid);
}

/* WT-31: the wait goes on, and another handle still ends it. */
TEST_F(sleeper, wt31_wait_goes_on)
{
	bool signaled = variant->role == SIGNALED;
	int other = ws_duplicate(self->fd, 0, 0);
	int expected = variant->role == IN_ANY ? 1 :
		       variant->role == ALERT ? WINSYNC_WAIT_ALERTED | 1 : 0;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, queue_sleeper(&self->sleeper, self->fd, variant->role,
				   self->event));
	ASSERT_EQ(0, variant->close(self->fd));
	EXPECT_EQ(1, ws_handles(other));
	EXPECT_EQ(signaled ? 0 : 1, ws_waiters(other));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(ws_sleeper_done(&self->sleeper));
	if (variant->role == IN_ALL) {
		EXPECT_EQ(0, ws_event_set(self->event));
	}
	EXPECT_LE(0, ws_signal(signaled ? self->event : other,
			       signaled ? WINSYNC_TYPE_EVENT : variant->type));
	EXPECT_EQ(expected, ws_sleeper_join(&self->sleeper));
}

/* NM-12: the name dies with the last handle, whoever sleeps. */
TEST_F(sleeper, nm12_name_dies)
{
	struct ws_new what = { .name = "x", .second = 10 };
	bool timed = variant->type == WINSYNC_TYPE_TIMER;
	uint32_t type = timed ? WINSYNC_TYPE_EVENT : variant->type;
	int fd;

	if (type != WINSYNC_TYPE_SEMAPHORE)
		what.second = 0;
	self->sleeper.deadline = ws_after(500);
	/* TM-18: the timer stops then; it would end the wait otherwise. */
	if (timed) {
		ASSERT_EQ(0, ws_timer_set(self->fd, 300 * WS_NSEC_PER_MSEC, 0));
	}
	ASSERT_EQ(0, queue_sleeper(&self->sleeper, self->fd, variant->role,
				   self->event));
	ASSERT_EQ(0, variant->close(self->fd));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "x", 0, WS_ALL));
	/* What has the name now is another object; the sleeper does not care. */
	fd = ws_create(self->ns, type, &what);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, what.existed);
	EXPECT_EQ(0, ws_waiters(fd));
	if (type != WINSYNC_TYPE_MUTEX) {
		EXPECT_LE(0, ws_signal(fd, type));
	}
	EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(&self->sleeper));
	EXPECT_EQ(0, ws_try(fd));
	/* And the sleeper's leaving takes nothing from the newcomer. */
	EXPECT_EQ(1, ws_handles(fd));
	EXPECT_EQ(1, ws_same(fd, ws_open(self->ns, "x", 0, WS_ALL)));
}

/* Several sleepers, several fds of one file: the last fd decides. */
TEST(nm12_several_sleepers_and_fds)
{
	enum { SLEEPERS = 3 };
	int ns = ws_private_ns();
	struct ws_new what = { .name = "x" };
	struct ws_sleeper sleepers[SLEEPERS];
	int fds[SLEEPERS], i, fd;

	ASSERT_LE(0, ns);
	fds[0] = ws_create(ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, fds[0]);
	fds[1] = dup(fds[0]);
	fds[2] = ws_duplicate(fds[0], WS_SYNC, 0);
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = fds[i], .deadline = ws_after(800));
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], fds[0], i + 1));
		ASSERT_EQ(0, ws_await_asleep(sleepers[i].tid));
	}
	for (i = 0; i < SLEEPERS; i++) {
		fd = ws_open(ns, "x", 0, WS_ALL);
		EXPECT_LE(0, fd);
		EXPECT_EQ(SLEEPERS, ws_waiters(fd));
		close(fd);
		close(fds[i]);
	}
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
	for (i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(&sleepers[i]));
}

/* A page whose first reader is held until page_let_in(). */
struct page {
	void *address;
	size_t size;
	int fault_fd;
};

static int page_make(struct page *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register registration = {
		.mode = UFFDIO_REGISTER_MODE_MISSING };

	page->size = sysconf(_SC_PAGESIZE);
	/* One that may block cannot be polled. */
	page->fault_fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (page->fault_fd < 0)
		return -errno;
	page->address = mmap(NULL, page->size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	registration.range.start = (uintptr_t)page->address;
	registration.range.len = page->size;
	if (ioctl(page->fault_fd, UFFDIO_API, &api) ||
	    ioctl(page->fault_fd, UFFDIO_REGISTER, &registration))
		return -errno;
	return 0;
}

static int page_await_reader(const struct page *page)
{
	struct pollfd reader = { .fd = page->fault_fd, .events = POLLIN };

	return poll(&reader, 1, WS_PATIENCE_MS) == 1 &&
	       reader.revents == POLLIN ? 0 : -ETIME;
}

/* The page has these contents, and whoever reads it goes on. */
static int page_let_in(const struct page *page, const void *data, size_t size)
{
	void *contents = calloc(1, page->size);
	struct uffdio_copy copy = { .src = (uintptr_t)contents,
				    .dst = (uintptr_t)page->address,
				    .len = page->size };
	int result;

	memcpy(contents, data, size);
	result = ioctl(page->fault_fd, UFFDIO_COPY, &copy) ? -errno : 0;
	free(contents);
	return result;
}

struct late_sleeper {
	int fd;
	unsigned long cmd;
	void *args;
	int result;
};

static void *late_sleeper(void *data)
{
	struct late_sleeper *sleeper = data;

	sleeper->result = ws_ioctl(sleeper->fd, sleeper->cmd, sleeper->args);
	return NULL;
}

FIXTURE(late) {
	int ns, fd, event;
	struct page page;
};

FIXTURE_VARIANT(late) { bool signals; };
FIXTURE_VARIANT_ADD(late, wait) { false };
FIXTURE_VARIANT_ADD(late, signal_and_wait) { true };

FIXTURE_SETUP(late)
{
	self->ns = ws_private_ns();
	self->fd = ws_named(self->ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
	self->event = ws_event(0, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->event);
	ASSERT_EQ(0, page_make(&self->page));
}

FIXTURE_TEARDOWN(late)
{
}

/*
 * The fd is closed while the kernel has looked it up already, but before its caller
 * sleeps: what it finds in its arguments keeps it that long.
 */
TEST_F(late, nm12_closed_before_it_sleeps)
{
	struct winsync_wait_args wait = {
		.deadline = WINSYNC_FOREVER, .alert = self->event };
	struct winsync_signal_and_wait_args both = {
		.deadline = WINSYNC_FOREVER, .alert = -1, .fd = self->event };
	struct late_sleeper sleeper = {
		.fd = self->fd, .args = self->page.address,
		.cmd = variant->signals ? WINSYNC_IOC_SIGNAL_AND_WAIT :
					  WINSYNC_IOC_WAIT };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, late_sleeper, &sleeper));
	ASSERT_EQ(0, page_await_reader(&self->page));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, variant->signals ?
		  page_let_in(&self->page, &both, sizeof(both)) :
		  page_let_in(&self->page, &wait, sizeof(wait)));
	ASSERT_EQ(0, ws_await_waiters(self->event, 1));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "x", 0, WS_ALL));
	EXPECT_EQ(0, ws_event_set(self->event));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(variant->signals ? 0 : WINSYNC_WAIT_ALERTED | 1,
		  sleeper.result);
}

struct passer_by {
	int fd;
	bool stop;
	unsigned int wrong;
	pthread_t thread;
};

static void *sleep_and_leave(void *data)
{
	struct passer_by *passer = data;

	while (!__atomic_load_n(&passer->stop, __ATOMIC_RELAXED))
		if (ws_wait(passer->fd, ws_clock(CLOCK_MONOTONIC) + 20000) !=
		    -ETIMEDOUT)
			passer->wrong++;
	return NULL;
}

/* While there is a fd there is the name, however many come, sleep, leave and close others. */
TEST(nm12_an_open_fd_keeps_the_name)
{
	enum { PASSERS = 2 };
	unsigned int rounds = ws_scale(10000), i, lost = 0;
	struct passer_by passers[PASSERS];
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);

	ASSERT_LE(0, fd);
	for (i = 0; i < PASSERS; i++) {
		passers[i] = (struct passer_by){ .fd = fd };
		ASSERT_EQ(0, pthread_create(&passers[i].thread, NULL,
					    sleep_and_leave, &passers[i]));
	}
	for (i = 0; i < rounds && !lost; i++) {
		int other = ws_open(ns, "x", 0, WS_ALL);

		lost += other < 0;
		close(other);
		close(dup(fd));
	}
	EXPECT_EQ(0, lost)
		TH_LOG("in round %u", i);
	EXPECT_EQ(1, ws_handles(fd));
	for (i = 0; i < PASSERS; i++) {
		passers[i].stop = true;
		pthread_join(passers[i].thread, NULL);
		EXPECT_EQ(0, passers[i].wrong);
	}
}

/* A process of one thread sleeps with its fd: that counts as any other. */
TEST(nm12_sleeper_that_has_its_fd)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_wait(fd, WINSYNC_FOREVER) ? 1 : 0);
	ASSERT_EQ(0, ws_await_waiters(fd, 1));
	ASSERT_EQ(0, ws_await_asleep(pid));
	close(fd);
	fd = ws_open(ns, "x", 0, WS_ALL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ws_waiters(fd));
	EXPECT_EQ(0, ws_event_set(fd));
	EXPECT_EQ(0, ws_reap(pid));
	close(fd);
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
}

/* The same, and the sleeper is killed: the name goes with it. */
TEST(nm12_sleeper_is_killed)
{
	int ns = ws_private_ns();
	int fd = ws_named(ns, WINSYNC_TYPE_EVENT, "x", 0, NULL);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_wait(fd, WINSYNC_FOREVER) ? 1 : 0);
	ASSERT_EQ(0, ws_await_waiters(fd, 1));
	close(fd);
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
}

/* A sleeper whose fd is closed comes back by a signal and sleeps no more. */
TEST(closed_while_interrupted)
{
	int ns = ws_private_ns();
	struct ws_new what = { .name = "x" };
	struct ws_sleeper sleeper = WS_SLEEPER();
	struct sigaction action = { .sa_handler = SIG_IGN };

	ASSERT_LE(0, ns);
	sigaction(SIGUSR1, &action, NULL);
	sleeper.fd = ws_create(ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, sleeper.fd);
	sleeper.deadline = ws_after(300);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, sleeper.fd, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	/* An ignored signal disturbs nothing. */
	pthread_kill(sleeper.thread, SIGUSR1);
	close(sleeper.fd);
	EXPECT_EQ(-ENOENT, ws_open(ns, "x", 0, WS_ALL));
	EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(&sleeper));
}

TEST_HARNESS_MAIN
