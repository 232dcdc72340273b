// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces: who makes, finds, destroys them, and whose they are [NS-*].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OWNED	(WINSYNC_NS_CREATE | WINSYNC_NS_OWNED)
#define CREATE	WINSYNC_NS_CREATE
#define EXCL	(WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL)

static const struct ws_user alice = { 1000, 1000, 0 };
static const struct ws_user bob = { 1001, 1001, 0 };

static int open_ns(const char *name, uint32_t flags, uint32_t access,
		   uint32_t uid, uint32_t *existed)
{
	struct winsync_ns_args args = {
		.name = (uintptr_t)name, .name_len = strlen(name),
		.flags = flags, .access = access, .mode = 0700, .uid = uid,
		.existed = 7,
	};
	int ret = ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &args);

	if (ret >= 0 && existed)
		*existed = args.existed;
	return ret;
}

static int destroy(int ns)
{
	return ws_ioctl_value(ns, WINSYNC_IOC_NS_DESTROY, 0);
}

static int event_in(int ns, const char *name)
{
	return ws_named(ns, WINSYNC_TYPE_EVENT, name, 0, NULL);
}

static int listed(const char *name)
{
	struct winsync_list_entry entry;

	return ws_list_find(ws_device(), name, WINSYNC_TYPE_NAMESPACE, &entry);
}

FIXTURE(namespace) {
	char name[64];
	int fd;
};

FIXTURE_SETUP(namespace)
{
	ws_unique_name(self->name, sizeof(self->name), "namespace");
	self->fd = ws_ns(self->name, CREATE, WS_ALL, 0700);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(namespace)
{
	close(self->fd);
}

/* --- creating and opening --------------------------------------------- */

TEST_F(namespace, create_open_exclusive)
{
	char other[80];
	uint32_t existed = 7;
	int fd = open_ns(self->name, CREATE, WS_ALL, 0, &existed);
	int next;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, existed);
	EXPECT_EQ(1, ws_same(self->fd, fd));
	close(fd);
	fd = open_ns(self->name, 0, WS_ALL, 0, &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, existed);
	EXPECT_EQ(1, ws_same(self->fd, fd));
	next = ws_next_fd();
	EXPECT_EQ(-EEXIST, open_ns(self->name, EXCL, WS_ALL, 0, NULL));
	snprintf(other, sizeof(other), "%s.other", self->name);
	EXPECT_EQ(-ENOENT, open_ns(other, 0, WS_ALL, 0, NULL));
	EXPECT_EQ(-ENOENT, open_ns(other, 0, 0, 0, NULL));
	EXPECT_EQ(next, ws_next_fd());
	EXPECT_EQ(2, ws_handles(fd));
	fd = open_ns(other, EXCL, WS_ALL, 0, &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_same(self->fd, fd));
}

TEST_F(namespace, bad_arguments)
{
	struct winsync_ns_args good = {
		.name = (uintptr_t)self->name, .name_len = strlen(self->name),
		.flags = CREATE, .access = WS_ALL, .mode = 0700,
	}, bad;
	int next = ws_next_fd();
	struct winsync_info before, after;

	ASSERT_EQ(0, ws_info(&before));
#define BAD(expected, assignment) do { \
		bad = good; \
		bad.assignment; \
		EXPECT_EQ(expected, ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &bad)); \
	} while (0)
	BAD(-EINVAL, flags |= 0x80);
	BAD(-EINVAL, flags |= 0x80000000);
	BAD(-EINVAL, access |= 0x20);
	BAD(-EINVAL, access |= 0x200);
	BAD(-EINVAL, mode = 01000);
	BAD(-EINVAL, uid = 1);
	/* Without creating there is nothing to be exclusive about, or to own. */
	BAD(-EINVAL, flags = WINSYNC_CREATE_EXCL);
	BAD(-EINVAL, flags = WINSYNC_NS_OWNED);
	BAD(-EACCES, access = 0);
	BAD(-ENAMETOOLONG, name_len = WINSYNC_NAME_MAX + 1);
	BAD(-EFAULT, name = 8);
	BAD(-EINVAL, name = (uintptr_t)"back\\slash");
	bad = good;
	bad.name = (uintptr_t)"a\0b";
	bad.name_len = 3;
	EXPECT_EQ(-EINVAL, ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &bad));
	EXPECT_EQ(-EBADFD, ws_ioctl(self->fd, WINSYNC_IOC_NS_OPEN, &good));
	EXPECT_EQ(next, ws_next_fd());
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(before.namespaces, after.namespaces);
	EXPECT_EQ(1, ws_handles(self->fd));
}

TEST_F(namespace, names_of_namespaces_are_like_those_of_objects)
{
	char name[WINSYNC_NAME_MAX + 1];
	static const char *const flat[] = { "/", ".", "..", "a/b", "A", "a" };
	int fds[ARRAY_SIZE(flat)];
	struct winsync_stat stat;
	unsigned int i;

	memset(name, 'n', sizeof(name));
	name[WINSYNC_NAME_MAX] = 0;
	fds[0] = ws_ns(name, EXCL, WS_ALL, 0700);
	ASSERT_LE(0, fds[0]);
	ASSERT_EQ(0, ws_stat(fds[0], &stat));
	EXPECT_EQ(WINSYNC_NAME_MAX, stat.name_len);
	EXPECT_EQ(1, listed(name));
	close(fds[0]);
	for (i = 0; i < ARRAY_SIZE(flat); i++) {
		fds[i] = ws_ns(flat[i], EXCL, WS_ALL, 0700);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 0; i < ARRAY_SIZE(flat); i++)
		close(fds[i]);
}

TEST_F(namespace, stat_tells_owner_group_mode)
{
	struct winsync_stat stat;
	int fd = ws_duplicate(self->fd, WS_QUERY, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ws_stat(fd, &stat));
	EXPECT_EQ(WINSYNC_TYPE_NAMESPACE, stat.type);
	EXPECT_EQ(WS_QUERY, stat.access);
	EXPECT_EQ(geteuid(), stat.uid);
	EXPECT_EQ(getegid(), stat.gid);
	EXPECT_EQ(0700, stat.mode);
	EXPECT_EQ(2, stat.handles);
	EXPECT_EQ(0, stat.waiters);
	EXPECT_EQ(strlen(self->name), stat.name_len);
}

/* SEC-3, SEC-5: who creates has all there is if it asks for all there is. */
TEST_F(namespace, sec5_creator_gets_the_maximum)
{
	static const uint32_t wanted[] = {
		WINSYNC_ACCESS_MAXIMUM, WINSYNC_ACCESS_MAXIMUM | WS_SYNC,
	};
	struct winsync_stat stat;
	char name[80];
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(name, sizeof(name), "%s.maximum%u", self->name, i);
		fd = ws_ns(name, EXCL, wanted[i], 0);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ws_stat(fd, &stat));
		EXPECT_EQ(WS_ALL, stat.access);
		EXPECT_LE(0, event_in(fd, "object"));
		close(fd);
	}
}

TEST_F(namespace, inherit_flag)
{
	int fd = ws_ns(self->name, WINSYNC_INHERIT, WS_ALL, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
}

TEST_F(namespace, nm2_same_name_in_two_namespaces)
{
	int other = ws_private_ns();
	int one, two;

	ASSERT_LE(0, other);
	one = event_in(self->fd, "object");
	ASSERT_LE(0, one);
	EXPECT_EQ(-ENOENT, ws_open(other, "object", 0, WS_ALL));
	two = ws_named(other, WINSYNC_TYPE_MUTEX, "object", WINSYNC_CREATE_EXCL, NULL);
	ASSERT_LE(0, two);
	EXPECT_EQ(0, ws_same(one, two));
}

/* --- the default namespace -------------------------------------------- */

TEST_F(namespace, default_namespace)
{
	struct winsync_stat stat;
	uint32_t existed = 7;
	int fd = open_ns("", 0, WS_ALL, 0, &existed);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, existed);
	ASSERT_EQ(0, ws_stat(fd, &stat));
	EXPECT_EQ(0, stat.uid);
	EXPECT_EQ(0, stat.gid);
	EXPECT_EQ(0777, stat.mode);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(-EEXIST, open_ns("", EXCL, WS_ALL, 0, NULL));
	EXPECT_EQ(-EINVAL, destroy(fd));
	close(fd);
	/* Opening it with NS_OWNED does not make it the caller's. */
	fd = open_ns("", OWNED, WS_ALL, 0, &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, existed);
	close(fd);
	fd = open_ns("", 0, WS_ALL, 0, NULL);
	EXPECT_LE(0, fd);
}

static int use_default(void *data)
{
	int fd = ws_default_ns(WS_QUERY | WS_MODIFY | WS_SYNC), ret;

	if (fd < 0)
		return fd;
	ret = ws_default_ns(WS_ALL);
	if (ret != -EACCES)
		return -EBADE;
	ret = event_in(fd, data);
	if (ret < 0)
		return ret;
	return ws_open(fd, data, WINSYNC_TYPE_EVENT, WS_ALL) < 0;
}

TEST_F(namespace, nm20_anybody_may_create_in_the_default_namespace)
{
	EXPECT_EQ(0, ws_as(&alice, use_default, self->name));
	EXPECT_EQ(0, ws_as(&bob, use_default, self->name));
}

/* --- rights on a namespace -------------------------------------------- */

/* What each command needs; other rights don't help. */
TEST_F(namespace, sec11_rights_of_the_handle)
{
	int object = event_in(self->fd, "object");
	struct winsync_list_args list = { 0 };
	uint32_t access;

	ASSERT_LE(0, object);
	for (access = 1; access <= WS_ALL; access++) {
		int fd = ws_duplicate(self->fd, access, 0), ret;

		ASSERT_LE(0, fd);
		ret = ws_open(fd, "object", 0, WS_ALL);
		EXPECT_EQ(!!(access & WS_SYNC), ret >= 0);
		EXPECT_TRUE(ret >= 0 || ret == -EACCES);
		if (ret >= 0)
			close(ret);
		ret = event_in(fd, "object");
		EXPECT_EQ(!!(access & WS_SYNC), ret >= 0);
		EXPECT_TRUE(ret >= 0 || ret == -EACCES);
		if (ret >= 0)
			close(ret);
		ret = event_in(fd, "new");
		EXPECT_EQ(!!(access & WS_MODIFY), ret >= 0);
		EXPECT_TRUE(ret >= 0 || ret == -EACCES);
		if (ret >= 0)
			close(ret);
		ret = ws_ioctl(fd, WINSYNC_IOC_LIST, &list);
		EXPECT_EQ(access & WS_QUERY ? -EINVAL : -EACCES, ret);
		if (!(access & WINSYNC_ACCESS_WRITE_CONTROL)) {
			EXPECT_EQ(-EACCES, destroy(fd));
			EXPECT_EQ(-EACCES, ws_set_mode(fd, 0777));
		}
		close(fd);
	}
	EXPECT_EQ(1, ws_handles(object));
	EXPECT_EQ(1, listed(self->name));
	/* Without any right beyond looking, an unnamed object can be made. */
	access = WINSYNC_ACCESS_READ_CONTROL;
	EXPECT_LE(0, event_in(ws_duplicate(self->fd, access, 0), ""));
}

/* Who may neither open nor create is not told by an error which names exist. */
TEST_F(namespace, sec11_names_cannot_be_probed)
{
	int object = event_in(self->fd, "object"), next;
	uint32_t access, flags;

	ASSERT_LE(0, object);
	for (access = 1; access <= WS_ALL; access++) {
		int fd = ws_duplicate(self->fd, access, 0);

		ASSERT_LE(0, fd);
		next = ws_next_fd();
		for (flags = 0; flags <= WINSYNC_CREATE_EXCL;
		     flags += WINSYNC_CREATE_EXCL) {
			if (access & (WS_MODIFY | WS_SYNC))
				continue;
			EXPECT_EQ(-EACCES, ws_named(fd, WINSYNC_TYPE_EVENT, "object",
						    flags, NULL));
			EXPECT_EQ(-EACCES, ws_named(fd, WINSYNC_TYPE_MUTEX, "object",
						    flags, NULL));
			EXPECT_EQ(-EACCES, ws_named(fd, WINSYNC_TYPE_EVENT, "other",
						    flags, NULL));
		}
		/* Either right is enough to be told. */
		if (access & (WS_MODIFY | WS_SYNC)) {
			EXPECT_EQ(-EEXIST, ws_named(fd, WINSYNC_TYPE_EVENT, "object",
						    WINSYNC_CREATE_EXCL, NULL));
		}
		EXPECT_EQ(next, ws_next_fd());
		close(fd);
	}
	EXPECT_EQ(-ENOENT, ws_open(self->fd, "other", 0, WS_ALL));
	EXPECT_EQ(1, ws_handles(object));
}

struct wanted {
	const char *name;
	uint32_t access;
};

static int open_as(void *data)
{
	const struct wanted *wanted = data;
	int fd = ws_ns(wanted->name, 0, wanted->access, 0);

	return fd < 0 ? fd : 0;
}

static int open_or_create_as(void *data)
{
	const struct wanted *wanted = data;
	int fd = ws_ns(wanted->name, CREATE, wanted->access, 0777);

	return fd < 0 ? fd : 0;
}

TEST_F(namespace, ns10_mode_says_who_may_open)
{
	static const struct { uint32_t mode, bit; } rows[] = {
		{ 0004, WS_QUERY }, { 0002, WS_MODIFY }, { 0001, WS_SYNC },
	};
	struct wanted wanted = { .name = self->name };
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(0, ws_set_mode(self->fd, 0770 | rows[i].mode));
		for (bit = 1; bit <= WS_SYNC; bit <<= 1) {
			wanted.access = bit;
			EXPECT_EQ(bit == rows[i].bit ? 0 : -EACCES,
				  ws_as(&alice, open_as, &wanted));
			/* Creating does not get around it. */
			EXPECT_EQ(bit == rows[i].bit ? 0 : -EACCES,
				  ws_as(&alice, open_or_create_as, &wanted));
		}
	}
	ASSERT_EQ(0, ws_set_mode(self->fd, 0770));
	wanted.access = WINSYNC_ACCESS_MAXIMUM;
	EXPECT_EQ(-EACCES, ws_as(&alice, open_as, &wanted));
	wanted.access = 0;
	EXPECT_EQ(-EACCES, ws_as(&alice, open_as, &wanted));
}

static int open_object(void *data)
{
	int fd = ws_open(*(int *)data, "object", 0, WS_SYNC);

	return fd < 0 ? fd : 0;
}

/* NS-10: objects keep their own owners and modes, in whatever namespace. */
TEST_F(namespace, ns10_objects_have_their_own_mode)
{
	struct ws_new what = { .name = "object", .mode = 0700 };
	int object = ws_create(self->fd, WINSYNC_TYPE_EVENT, &what);

	ASSERT_LE(0, object);
	ASSERT_EQ(0, ws_set_mode(self->fd, 0777));
	EXPECT_EQ(-EACCES, ws_as(&alice, open_object, &self->fd));
	ASSERT_EQ(0, ws_set_mode(object, 0701));
	EXPECT_EQ(0, ws_as(&alice, open_object, &self->fd));
}

/* --- how long a namespace lives --------------------------------------- */

TEST_F(namespace, gone_with_the_last_handle)
{
	int fd = ws_duplicate(self->fd, WS_QUERY, 0);

	ASSERT_LE(0, fd);
	close(self->fd);
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	ASSERT_LE(0, self->fd);
	close(self->fd);
	close(fd);
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	EXPECT_EQ(-ENOENT, self->fd);
	EXPECT_EQ(0, listed(self->name));
}

TEST_F(namespace, named_objects_keep_it)
{
	int object = event_in(self->fd, "object"), other;

	ASSERT_LE(0, object);
	close(self->fd);
	EXPECT_EQ(1, listed(self->name));
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, ws_handles(self->fd));
	other = ws_open(self->fd, "object", 0, WS_ALL);
	ASSERT_LE(0, other);
	EXPECT_EQ(1, ws_same(object, other));
	close(other);
	close(self->fd);
	close(object);
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	EXPECT_EQ(-ENOENT, self->fd);
	EXPECT_EQ(0, listed(self->name));
}

TEST_F(namespace, unnamed_objects_do_not)
{
	int object = event_in(self->fd, "");

	ASSERT_LE(0, object);
	close(self->fd);
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	EXPECT_EQ(-ENOENT, self->fd);
	EXPECT_EQ(0, ws_event_set(object));
}

/* NM-12: nor does an object whose name has gone while somebody waits for it. */
TEST_F(namespace, nm12_nor_do_waiters)
{
	int alert = ws_event(0, 0), object = event_in(self->fd, "object");
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = object, .alert = alert);

	ASSERT_LE(0, object);
	ASSERT_LE(0, alert);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, object, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	close(object);
	EXPECT_EQ(1, ws_handles(self->fd));
	close(self->fd);
	EXPECT_EQ(0, listed(self->name));
	self->fd = ws_ns(self->name, 0, WS_ALL, 0);
	EXPECT_EQ(-ENOENT, self->fd);
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_sleeper_join(&sleeper));
}

/* --- destroying ------------------------------------------------------- */

TEST_F(namespace, ns8_destroyed_but_at_work)
{
	int object = event_in(self->fd, "object");
	int second = ws_duplicate(self->fd, 0, 0), other;
	uint32_t existed = 7;

	ASSERT_LE(0, object);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, destroy(self->fd));
	EXPECT_EQ(-ENOENT, ws_ns(self->name, 0, WS_ALL, 0));
	EXPECT_EQ(0, listed(self->name));
	/* Existing objects and handles keep working, names in it too. */
	EXPECT_EQ(0, ws_event_set(object));
	other = ws_open(second, "object", 0, WS_ALL);
	ASSERT_LE(0, other);
	EXPECT_EQ(1, ws_same(object, other));
	EXPECT_EQ(1, ws_event_signaled(other));
	close(other);
	other = ws_named(self->fd, WINSYNC_TYPE_EVENT, "object", 0, &existed);
	ASSERT_LE(0, other);
	EXPECT_EQ(1, existed);
	other = ws_named(self->fd, WINSYNC_TYPE_EVENT, "new", 0, &existed);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(2, ws_handles(self->fd));
	/* Once is enough, through whatever handle. */
	EXPECT_EQ(-ENOENT, destroy(self->fd));
	EXPECT_EQ(-ENOENT, destroy(second));
}

TEST_F(namespace, ns9_the_next_of_that_name_is_independent)
{
	int object = event_in(self->fd, "object"), other, next;
	uint32_t existed = 7;

	ASSERT_LE(0, object);
	ASSERT_EQ(0, destroy(self->fd));
	next = open_ns(self->name, EXCL, WS_ALL, 0, &existed);
	ASSERT_LE(0, next);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_same(self->fd, next));
	EXPECT_EQ(-ENOENT, ws_open(next, "object", 0, WS_ALL));
	other = ws_named(next, WINSYNC_TYPE_MUTEX, "object", 0, &existed);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_same(object, other));
	/* The end of the first leaves the second alone. */
	close(object);
	close(self->fd);
	EXPECT_EQ(1, listed(self->name));
	self->fd = open_ns(self->name, 0, WS_ALL, 0, NULL);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, ws_same(self->fd, next));
}

TEST_F(namespace, ns8_owned_is_destroyed_with_the_creators_handle)
{
	char name[80];
	int owned, other, copy;
	uint32_t existed = 7;

	snprintf(name, sizeof(name), "%s.owned", self->name);
	owned = open_ns(name, OWNED, WS_ALL, 0, &existed);
	ASSERT_LE(0, owned);
	EXPECT_EQ(0, existed);
	/* Others don't own it, whatever they say. */
	other = open_ns(name, OWNED, WS_ALL, 0, &existed);
	ASSERT_LE(0, other);
	EXPECT_EQ(1, existed);
	close(other);
	other = ws_duplicate(owned, 0, 0);
	ASSERT_LE(0, other);
	close(other);
	other = open_ns(name, 0, WS_ALL, 0, NULL);
	ASSERT_LE(0, other);
	/* Handle, not fd: a copy of the fd is the same handle. */
	copy = dup(owned);
	close(owned);
	EXPECT_EQ(1, listed(name));
	close(copy);
	EXPECT_EQ(0, listed(name));
	EXPECT_EQ(-ENOENT, open_ns(name, 0, WS_ALL, 0, NULL));
	EXPECT_LE(0, event_in(other, "object"));
	EXPECT_EQ(-ENOENT, destroy(other));
}

/* A destroyed one does not take a new one of its name along. */
TEST_F(namespace, ns8_ns9_owner_of_a_destroyed_namespace)
{
	char name[80];
	int owned, next;

	snprintf(name, sizeof(name), "%s.owned", self->name);
	owned = open_ns(name, OWNED, WS_ALL, 0, NULL);
	ASSERT_LE(0, owned);
	ASSERT_EQ(0, destroy(owned));
	next = open_ns(name, EXCL, WS_ALL, 0, NULL);
	ASSERT_LE(0, next);
	close(owned);
	EXPECT_EQ(1, listed(name));
}

static int own_and_wait(void *data)
{
	return ws_ns(data, OWNED, WS_ALL, 0700) < 0;
}

TEST_F(namespace, ns8_owned_is_destroyed_with_its_process)
{
	char name[80];

	snprintf(name, sizeof(name), "%s.owned", self->name);
	EXPECT_EQ(0, ws_in_child(own_and_wait, name));
	EXPECT_EQ(-ENOENT, open_ns(name, 0, WS_ALL, 0, NULL));
}

/* --- namespaces of a user --------------------------------------------- */

#define PER_USER	(WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER)

struct per_user {
	const char *name;
	uint32_t uid;
	uint32_t existed;
	int gate, stay;
};

static int make_per_user(void *data)
{
	struct per_user *wanted = data;
	int fd = open_ns(wanted->name, PER_USER, WS_ALL, wanted->uid,
			 &wanted->existed);

	if (fd < 0)
		return fd;
	/* An object keeps it for whoever comes next. */
	fd = event_in(fd, "object");
	if (fd < 0)
		return fd;
	ws_gate_open(wanted->gate);
	if (wanted->stay >= 0)
		ws_gate_pass(wanted->stay);
	return wanted->existed;
}

static int open_others(void *data)
{
	struct per_user *wanted = data;

	return open_ns(wanted->name, WINSYNC_NS_PER_USER, WS_ALL, wanted->uid, NULL);
}

TEST_F(namespace, per_user_names_are_apart)
{
	struct per_user wanted = {
		.name = self->name, .uid = WINSYNC_UID_SELF,
		.gate = ws_gate(), .stay = ws_gate(),
	};
	int stay = wanted.stay;
	pid_t pid = ws_fork();
	int fd, object;

	ASSERT_LE(0, pid);
	if (!pid) {
		ws_become(1000, 1000);
		_exit(make_per_user(&wanted));
	}
	ASSERT_EQ(0, ws_gate_pass(wanted.gate));
	/* Another user of the same name makes its own. */
	wanted.stay = -1;
	EXPECT_EQ(0, ws_as(&bob, make_per_user, &wanted));
	/* By naming oneself one gets one's own. */
	wanted.uid = 1000;
	EXPECT_EQ(1, ws_as(&alice, make_per_user, &wanted));
	EXPECT_EQ(-EACCES, ws_as(&bob, open_others, &wanted));
	EXPECT_EQ(-EACCES, ws_as(&bob, make_per_user, &wanted));
	/* Nor does it matter whether it exists. */
	wanted.uid = 1002;
	EXPECT_EQ(-EACCES, ws_as(&bob, open_others, &wanted));
	/* It is none of the namespaces that are everybody's. */
	EXPECT_EQ(-ENOENT, ws_open(self->fd, "object", 0, WS_ALL));
	/* Root may look into it. */
	fd = open_ns(self->name, WINSYNC_NS_PER_USER, WS_ALL, 1000, NULL);
	ASSERT_LE(0, fd);
	object = ws_open(fd, "object", 0, WS_ALL);
	EXPECT_LE(0, object);
	EXPECT_EQ(0, ws_same(self->fd, fd));
	EXPECT_EQ(-ENOENT, open_ns(self->name, WINSYNC_NS_PER_USER, WS_ALL,
				   WINSYNC_UID_SELF, NULL));
	close(fd);
	close(object);
	ws_gate_open(stay);
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(-ENOENT, open_ns(self->name, WINSYNC_NS_PER_USER, WS_ALL, 1000, NULL));
}

TEST_F(namespace, per_user_in_lists)
{
	struct winsync_list_entry entry;
	char name[80];
	int fd;

	ASSERT_EQ(1, ws_list_find(ws_device(), self->name, 0, &entry));
	EXPECT_EQ(WINSYNC_UID_SELF, entry.ns_uid);
	snprintf(name, sizeof(name), "%s.user", self->name);
	fd = open_ns(name, PER_USER, WS_ALL, 1001, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, ws_list_find(ws_device(), name, 0, &entry));
	EXPECT_EQ(1001, entry.ns_uid);
	/* Whoever makes it owns it, also for another. */
	EXPECT_EQ(0, entry.uid);
	EXPECT_EQ(0700, entry.mode);
}

TEST_F(namespace, per_user_of_the_empty_name)
{
	uint32_t existed = 7;
	int fd, common = ws_default_ns(WS_ALL);

	EXPECT_EQ(-ENOENT, open_ns("", WINSYNC_NS_PER_USER, WS_ALL,
				   WINSYNC_UID_SELF, NULL));
	fd = open_ns("", PER_USER, WS_ALL, WINSYNC_UID_SELF, &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_same(fd, common));
	EXPECT_EQ(0, destroy(fd));
}

/* NM-21: nobody can take a name before its user in a namespace of the user. */
static int squat(void *data)
{
	struct per_user *wanted = data;
	int everybodys = ws_default_ns(WS_MODIFY | WS_SYNC);
	int fd = open_ns("Local", PER_USER, WS_ALL, WINSYNC_UID_SELF, NULL);

	/* It tries both where everybody is and as close to alice as it gets. */
	if (everybodys < 0 || event_in(everybodys, wanted->name) < 0 ||
	    fd < 0 || event_in(fd, wanted->name) < 0)
		return 1;
	if (open_ns("Local", PER_USER, WS_ALL, 1000, NULL) != -EACCES)
		return 2;
	ws_gate_open(wanted->gate);
	return ws_gate_pass(wanted->stay);
}

static int single_instance(void *data)
{
	struct per_user *wanted = data;
	uint32_t existed = 7;
	int fd, ret;

	/* Where everybody may create, the squatter came first. */
	fd = ws_default_ns(WS_MODIFY | WS_SYNC);
	ret = ws_named(fd, WINSYNC_TYPE_MUTEX, wanted->name, 0, NULL);
	if (ret != -EPROTOTYPE)
		return -EBADE;
	fd = open_ns("Local", PER_USER, WS_ALL, WINSYNC_UID_SELF, NULL);
	if (fd < 0)
		return fd;
	ret = ws_named(fd, WINSYNC_TYPE_MUTEX, wanted->name, WINSYNC_CREATE_EXCL,
		       &existed);
	return ret < 0 ? ret : (int)existed;
}

TEST_F(namespace, nm21_no_squatting_in_a_users_namespace)
{
	struct per_user wanted = {
		.name = self->name, .gate = ws_gate(), .stay = ws_gate(),
	};
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		ws_become(1001, 1001);
		_exit(squat(&wanted));
	}
	ASSERT_EQ(0, ws_gate_pass(wanted.gate));
	EXPECT_EQ(0, ws_as(&alice, single_instance, &wanted));
	ws_gate_open(wanted.stay);
	EXPECT_EQ(0, ws_reap(pid));
}

/* --- IPC namespaces --------------------------------------------------- */

static int other_container(void *data)
{
	const char *name = data;
	uint32_t existed = 7;
	int outer = ws_ns(name, 0, WS_ALL, 0), outer_default = ws_default_ns(WS_ALL);
	int outside = ws_open(outer, "object", 0, WS_ALL);
	int inner, inside;

	if (outer < 0 || outside < 0)
		return 1;
	if (unshare(CLONE_NEWIPC))
		return -errno;
	if (listed(name) || listed("") == 1)
		return 2;
	if (ws_ns(name, 0, WS_ALL, 0) != -ENOENT)
		return 3;
	inner = open_ns(name, EXCL, WS_ALL, 0, &existed);
	if (inner < 0 || existed || ws_same(inner, outer))
		return 4;
	if (ws_open(inner, "object", 0, WS_ALL) != -ENOENT)
		return 5;
	inside = ws_named(inner, WINSYNC_TYPE_EVENT, "object", WINSYNC_CREATE_EXCL,
			  &existed);
	if (inside < 0 || existed || ws_same(inside, outside))
		return 6;
	if (ws_event_set(inside) || ws_event_signaled(outside) != 0)
		return 7;
	inner = ws_default_ns(WS_ALL);
	if (inner < 0 || ws_same(inner, outer_default))
		return 8;
	if (ws_open(inner, name, 0, WS_ALL) != -ENOENT)
		return 9;
	if (listed(name) != 1 || listed("") != 1)
		return 10;
	/* A handle from outside goes on to lead there: it was handed in. */
	inside = ws_open(outer, "object", 0, WS_ALL);
	if (inside < 0 || ws_same(inside, outside) != 1)
		return 11;
	return 0;
}

TEST_F(namespace, ipc_namespaces_are_apart)
{
	int object = event_in(self->fd, "object");
	int common = ws_default_ns(WS_ALL);
	struct winsync_stat stat;

	ASSERT_LE(0, object);
	ASSERT_LE(0, common);
	/* The same name in the default namespace, to be looked for. */
	ASSERT_LE(0, event_in(common, self->name));
	EXPECT_EQ(0, ws_in_child(other_container, self->name));
	EXPECT_EQ(1, ws_handles(object));
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.handles);
}

/* A handle keeps its IPC namespace; entering that finds the names again. */
static int come_back(void *data)
{
	const char *name = data;
	int ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	int outside = ws_ns(name, 0, WS_ALL, 0), inside;

	if (unshare(CLONE_NEWIPC))
		return -errno;
	inside = ws_ns(name, CREATE, WS_ALL, 0700);
	if (inside < 0 || setns(ipc, CLONE_NEWIPC))
		return 1;
	if (ws_same(ws_ns(name, 0, WS_ALL, 0), outside) != 1)
		return 2;
	/* Nobody is in the other one any more; what is held works. */
	if (event_in(inside, "object") < 0)
		return 3;
	return listed(name) != 1;
}

TEST_F(namespace, ipc_namespace_left_and_entered)
{
	EXPECT_EQ(0, ws_in_child(come_back, self->name));
}

/* --- user namespaces -------------------------------------------------- */

/*
 * A child in a new user namespace, whose ids 0 and 1 are alice's and bob's. Only
 * the parent may map bob's.
 */
static int map_ids(pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	static const char map[] = "0 1000 1\n1 1001 1\n";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		char path[64];
		int fd, ok;

		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ok = write(fd, map, sizeof(map) - 1) == sizeof(map) - 1;
		close(fd);
		if (!ok)
			return -errno;
	}
	return 0;
}

/* Ends with the test's own timeout at the latest. */
static int reap_slow(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* What inside(data) returned, 0..255, or a negative errno. */
static int in_user_ns(int flags, int (*inside)(void *data), void *data)
{
	int unshared = ws_gate(), mapped = ws_gate(), ret;
	pid_t pid = ws_fork();

	if (!pid) {
		/* As an ordinary user: root's are no test of anything. */
		if (ws_become(1000, 1000) || unshare(CLONE_NEWUSER | flags))
			_exit(255);
		ws_gate_open(unshared);
		if (ws_gate_pass(mapped) || syscall(SYS_setresgid, 0, 0, 0) ||
		    syscall(SYS_setresuid, 0, 0, 0))
			_exit(254);
		_exit(inside(data));
	}
	if (pid < 0)
		return pid;
	ret = ws_gate_pass(unshared);
	if (!ret)
		ret = map_ids(pid);
	if (!ret)
		ret = ws_gate_open(mapped);
	close(unshared);
	close(mapped);
	return ret ? ret : reap_slow(pid);
}

/* Root of a container without an IPC namespace of its own is nobody outside. */
static int root_without_power(void *data)
{
	const char *name = data;
	struct winsync_stat stat;
	int fd;

	if (ws_ns(name, 0, WS_SYNC, 0) != -EACCES)
		return 1;
	fd = ws_default_ns(WS_SYNC | WS_MODIFY);
	if (fd < 0)
		return 2;
	if (ws_open(fd, "bobs", 0, WS_SYNC) != -EACCES)
		return 3;
	if (open_ns("Local", WINSYNC_NS_PER_USER | CREATE, WS_ALL, 1, NULL) != -EACCES)
		return 4;
	/* Its user's own things are its own. */
	fd = ws_open(fd, "alices", 0, WS_ALL);
	if (fd < 0)
		return 5;
	/* It sees the owner as the ids are mapped. */
	if (ws_stat(fd, &stat) || stat.uid != 0 || stat.gid != 0)
		return 6;
	return 0;
}

static int make_in_default(void *data)
{
	struct ws_new what = { .name = data, .mode = 0700 };
	int fd = ws_default_ns(WS_SYNC | WS_MODIFY);

	return ws_create(fd, WINSYNC_TYPE_EVENT, &what);
}

/* A child that makes an object and keeps it until it is killed. */
static pid_t keeper(const struct ws_user *user, char *name)
{
	int gate = ws_gate();
	pid_t pid = ws_fork();

	if (!pid) {
		if (ws_become(user->uid, user->gid) || make_in_default(name) < 0)
			_exit(1);
		ws_gate_open(gate);
		pause();
		_exit(0);
	}
	if (pid > 0 && ws_gate_pass(gate))
		pid = -ETIME;
	close(gate);
	return pid;
}

TEST_F(namespace, capability_counts_where_the_ipc_namespace_belongs)
{
	char alices[] = "alices", bobs[] = "bobs";
	pid_t first = keeper(&alice, alices), second = keeper(&bob, bobs);

	ASSERT_LT(0, first);
	ASSERT_LT(0, second);
	EXPECT_EQ(0, in_user_ns(0, root_without_power, self->name));
	ws_kill_and_reap(first);
	ws_kill_and_reap(second);
}

/* With an IPC namespace of its own it is the one who overrides in it. */
static int root_with_power(void *data)
{
	struct ws_new what = { .name = "closed", .mode = 0 };
	struct winsync_stat stat;
	int fd = ws_default_ns(WS_ALL), object, other;

	(void)data;
	if (fd < 0 || ws_stat(fd, &stat) || stat.uid != 0)
		return 1;
	/* As the user 1, keeping the capabilities for later. */
	if (syscall(SYS_setresuid, 1, 1, 0))
		return 2;
	object = ws_create(fd, WINSYNC_TYPE_EVENT, &what);
	if (object < 0)
		return 3;
	other = open_ns("Local", PER_USER, WS_ALL, WINSYNC_UID_SELF, NULL);
	if (other < 0 || event_in(other, "object") < 0)
		return 4;
	if (ws_open(fd, "closed", 0, WS_SYNC) != -EACCES)
		return 5;
	if (syscall(SYS_setresuid, 0, 0, 0))
		return 6;
	other = ws_open(fd, "closed", 0, WS_ALL);
	if (other < 0 || ws_same(object, other) != 1)
		return 7;
	if (ws_stat(other, &stat) || stat.uid != 1)
		return 8;
	other = open_ns("Local", WINSYNC_NS_PER_USER, WS_ALL, 1, NULL);
	if (other < 0 || ws_open(other, "object", 0, WS_ALL) < 0)
		return 9;
	/* It may give things to the ids it has, and to no others. */
	if (ws_ioctl(object, WINSYNC_IOC_SET_PERM, &(struct winsync_perm_args){
			.mask = WINSYNC_PERM_UID, .uid = 0 }) ||
	    ws_ioctl(object, WINSYNC_IOC_SET_PERM, &(struct winsync_perm_args){
			.mask = WINSYNC_PERM_UID, .uid = 5 }) != -EINVAL)
		return 10;
	return 0;
}

TEST_F(namespace, root_of_a_container_overrides_in_it)
{
	EXPECT_EQ(0, in_user_ns(CLONE_NEWIPC, root_with_power, NULL));
}

/* So it does where a handle is widened, and of the namespaces in it. */
static int root_over_namespaces(void *data)
{
	struct winsync_perm_args gift = { .mask = WINSYNC_PERM_UID, .uid = 0 };
	struct winsync_stat stat;
	int fd, narrow;

	(void)data;
	if (syscall(SYS_setresuid, 1, 1, 0))
		return 1;
	fd = ws_ns("theirs", EXCL, WS_ALL, 0);
	narrow = ws_duplicate(fd, WS_SYNC, 0);
	if (narrow < 0)
		return 2;
	/* The owner without a right of the mode, and without capabilities. */
	if (ws_duplicate(narrow, WS_ALL, 0) != -EACCES)
		return 3;
	if (ws_ioctl(fd, WINSYNC_IOC_SET_PERM, &gift) != -EPERM)
		return 4;
	if (syscall(SYS_setresuid, 0, 0, 0))
		return 5;
	fd = ws_duplicate(narrow, WS_ALL, 0);
	if (fd < 0)
		return 6;
	if (ws_ioctl(fd, WINSYNC_IOC_SET_PERM, &gift) || ws_stat(fd, &stat))
		return 7;
	return stat.uid == 0 ? 0 : 8;
}

TEST_F(namespace, root_of_a_container_overrides_for_namespaces)
{
	EXPECT_EQ(0, in_user_ns(CLONE_NEWIPC, root_over_namespaces, NULL));
}

/* What has no name belongs to no IPC namespace, so to no container either. */
static int overrides_nothing_unnamed(void *data)
{
	struct winsync_perm_args gift = { .mask = WINSYNC_PERM_UID, .uid = 1 };
	struct ws_new what = { .mode = 0 };
	const int narrow = *(int *)data;
	int own = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);

	if (own < 0)
		return 1;
	/* A handle that was handed in stays as it is. */
	if (ws_duplicate(narrow, WS_ALL, 0) != -EACCES ||
	    ws_duplicate(narrow, WS_QUERY, 0) != -EACCES)
		return 2;
	/* And what is its own can't be made that of another. */
	if (ws_ioctl(own, WINSYNC_IOC_SET_PERM, &gift) != -EPERM)
		return 3;
	gift = (struct winsync_perm_args){ .mask = WINSYNC_PERM_GID, .gid = 1 };
	return ws_ioctl(own, WINSYNC_IOC_SET_PERM, &gift) == -EPERM ? 0 : 4;
}

TEST_F(namespace, root_of_a_container_does_not_override_for_the_unnamed)
{
	struct ws_new what = { .mode = 0 };
	int fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);
	int narrow = ws_duplicate(fd, WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	EXPECT_EQ(0, in_user_ns(0, overrides_nothing_unnamed, &narrow));
	EXPECT_EQ(0, in_user_ns(CLONE_NEWIPC, overrides_nothing_unnamed, &narrow));
}

/* Nor may it give away what is its own where it has no power. */
static int gives_nothing_away(void *data)
{
	struct winsync_perm_args gift = { .mask = WINSYNC_PERM_UID, .uid = 1 };
	int fd = ws_ns(data, EXCL, WS_ALL, 0700);
	int object = event_in(fd, "object");

	if (object < 0)
		return 1;
	if (ws_ioctl(fd, WINSYNC_IOC_SET_PERM, &gift) != -EPERM)
		return 2;
	return ws_ioctl(object, WINSYNC_IOC_SET_PERM, &gift) == -EPERM ? 0 : 3;
}

TEST_F(namespace, root_of_a_container_gives_nothing_away_outside)
{
	char name[80];

	snprintf(name, sizeof(name), "%s.kept", self->name);
	EXPECT_EQ(0, in_user_ns(0, gives_nothing_away, name));
}

/* From outside, ids that are not mapped are shown as the overflow id. */
static int sees_strangers(void *data)
{
	const int *fd = data;
	struct winsync_stat stat;

	if (ws_stat(*fd, &stat))
		return 1;
	return stat.uid == 65534 && stat.gid == 65534 ? 0 : 2;
}

TEST_F(namespace, ids_that_are_not_mapped)
{
	EXPECT_EQ(0, in_user_ns(0, sees_strangers, &self->fd));
}

/* Lists show ids as those who ask know them, as stat does. */
struct lists {
	int ns;
	const char *strangers;
	char own[80];
};

static int lists_strangers(void *data)
{
	struct lists *lists = data;
	struct winsync_list_entry entry;

	/* An object of the real root, whose ids have no number in here. */
	if (ws_list_find(lists->ns, "object", 0, &entry) != 1 ||
	    entry.uid != 65534 || entry.gid != 65534)
		return 1;
	if (ws_list_find(ws_device(), lists->strangers, 0, &entry) != 1 ||
	    entry.uid != 65534 || entry.gid != 65534 ||
	    entry.ns_uid != WINSYNC_UID_SELF)
		return 2;
	/* Alice is root in here, and so are her namespace and its user. */
	if (open_ns(lists->own, PER_USER, WS_ALL, WINSYNC_UID_SELF, NULL) < 0 ||
	    ws_list_find(ws_device(), lists->own, 0, &entry) != 1)
		return 3;
	return entry.uid || entry.gid || entry.ns_uid ? 4 : 0;
}

TEST_F(namespace, lists_have_ids_as_they_are_mapped)
{
	struct lists lists = { .ns = self->fd, .strangers = self->name };

	snprintf(lists.own, sizeof(lists.own), "%s.own", self->name);
	ASSERT_LE(0, event_in(self->fd, "object"));
	ASSERT_EQ(0, ws_set_mode(self->fd, 0704));
	EXPECT_EQ(0, in_user_ns(0, lists_strangers, &lists));
}

/* --- nothing keeps what nobody uses ----------------------------------- */

#define IPC_NAMESPACES	10000
/* So many may exist at a time: if any leaked, the kernel would refuse soon. */
#define IPC_NAMESPACES_AT_A_TIME	200

static int write_number(const char *path, int number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", number);
	int ret = write(fd, text, len) == len ? 0 : -errno;

	close(fd);
	return ret;
}

static bool new_ipc_namespace(void *data)
{
	int *error = data;

	*error = unshare(CLONE_NEWIPC) ? errno : 0;
	/* The kernel frees them later, in the background. */
	return *error != ENOSPC;
}

static int many_ipc_namespaces(void *data)
{
	unsigned int i;
	int ns = -1, object = -1;
	int error;

	(void)data;
	if (write_number("/proc/sys/user/max_ipc_namespaces",
			 IPC_NAMESPACES_AT_A_TIME))
		return 1;
	for (i = 0; i < ws_scale(IPC_NAMESPACES); i++) {
		int common;

		if (!ws_await(new_ipc_namespace, &error) || error)
			return 2;
		/* Those of the namespace before are held, and keep it, until now. */
		close(ns);
		close(object);
		common = ws_default_ns(WS_ALL);
		ns = ws_ns("container", EXCL, WS_ALL, 0700);
		object = ws_named(common, WINSYNC_TYPE_EVENT, "object",
				  WINSYNC_CREATE_EXCL, NULL);
		if (common < 0 || ns < 0 || object < 0)
			return 3;
		close(common);
	}
	return 0;
}

TEST_F_TIMEOUT(namespace, ipc_namespaces_do_not_leak, 600)
{
	/* The kernel frees them one by one, with a grace period for each. */
	ASSERT_EQ(0, write_number("/sys/kernel/rcu_expedited", 1));
	EXPECT_EQ(0, in_user_ns(CLONE_NEWIPC, many_ipc_namespaces, NULL));
	EXPECT_EQ(0, write_number("/sys/kernel/rcu_expedited", 0));
}

TEST_HARNESS_MAIN
