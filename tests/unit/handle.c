// SPDX-License-Identifier: GPL-2.0-only
/* Handles: duplicates, inheritance, facts, permissions, waiters. */
#include "fake.h"

#define OBJECT (FAKE_FD + 11)
#define OTHER (FAKE_FD + 12)

static void closes(void **state)
{
	(void)state;
	expect_close(OBJECT, 0);
	assert_int_equal(wsync_close(OBJECT), 0);
	/* The fd is gone then, too. */
	expect_close(OBJECT, -EINTR);
	assert_int_equal(wsync_close(OBJECT), 0);
	expect_close(OBJECT, -EBADF);
	assert_error(wsync_close(OBJECT), EBADF);
}

static struct winsync_duplicate_args seen_duplicate;

static void see_duplicate(void *argument)
{
	seen_duplicate = *(struct winsync_duplicate_args *)argument;
}

static void duplicates(void **state)
{
	int fd = -1;

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_DUPLICATE, OTHER, see_duplicate);
	assert_int_equal(wsync_duplicate(OBJECT, 0, 0, &fd), 0);
	assert_int_equal(fd, OTHER);
	assert_int_equal(seen_duplicate.access, 0);
	assert_int_equal(seen_duplicate.flags, 0);
	expect_ioctl_do(OBJECT, WINSYNC_IOC_DUPLICATE, OTHER, see_duplicate);
	assert_int_equal(wsync_duplicate(OBJECT, WSYNC_ACCESS_SYNCHRONIZE, WSYNC_INHERIT, &fd), 0);
	assert_int_equal(seen_duplicate.access, WINSYNC_ACCESS_SYNCHRONIZE);
	assert_int_equal(seen_duplicate.flags, WINSYNC_INHERIT);
	fd = -1;
	expect_ioctl(OBJECT, WINSYNC_IOC_DUPLICATE, -EACCES);
	assert_error(wsync_duplicate(OBJECT, WSYNC_ACCESS_ALL, 0, &fd), EACCES);
	assert_error(wsync_duplicate(OBJECT, WSYNC_ACCESS_NONE, 0, &fd), EACCES);
	assert_error(wsync_duplicate(OBJECT, 0, WSYNC_EXCL, &fd), EINVAL);
	assert_error(wsync_duplicate(OBJECT, 0, 0, NULL), EINVAL);
	assert_int_equal(fd, -1);
}

static int seen_other;

static void see_same(void *argument)
{
	const struct winsync_same_args *args = argument;

	seen_other = args->fd;
	assert_int_equal(args->reserved, 0);
}

static void compares(void **state)
{
	bool same = false;

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_SAME, 1, see_same);
	assert_int_equal(wsync_same(OBJECT, OTHER, &same), 0);
	assert_true(same);
	assert_int_equal(seen_other, OTHER);
	expect_ioctl(OBJECT, WINSYNC_IOC_SAME, 0);
	assert_int_equal(wsync_same(OBJECT, OTHER, &same), 0);
	assert_false(same);
	expect_ioctl(OBJECT, WINSYNC_IOC_SAME, -EBADFD);
	assert_error(wsync_same(OBJECT, OTHER, &same), EBADFD);
	assert_error(wsync_same(OBJECT, OTHER, NULL), EINVAL);
}

static void inherits(void **state)
{
	bool inherit = false;
	int fd = dup(0);

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(wsync_get_inherit(fd, &inherit), 0);
	assert_true(inherit);
	assert_int_equal(wsync_set_inherit(fd, false), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(wsync_get_inherit(fd, &inherit), 0);
	assert_false(inherit);
	assert_int_equal(wsync_set_inherit(fd, true), 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	close(fd);
	assert_error(wsync_get_inherit(fd, &inherit), EBADF);
	assert_error(wsync_set_inherit(fd, true), EBADF);
	assert_error(wsync_get_inherit(0, NULL), EINVAL);
	expect_fcntl(OBJECT, F_GETFD, 0, 0);
	expect_fcntl(OBJECT, F_SETFD, FD_CLOEXEC, -EBADF);
	assert_error(wsync_set_inherit(OBJECT, false), EBADF);
}

static void answer_stat(void *argument)
{
	*(struct winsync_stat *)argument = (struct winsync_stat){
		.id = 1, .created = 2, .type = WINSYNC_TYPE_TIMER, .access = 4, .uid = 5,
		.gid = 6, .mode = 7, .handles = 8, .waiters = 9, .name_len = 10,
		.counters = { .signals = 11, .acquisitions = 12, .abandonments = 13 },
	};
}

static void assert_stat(const struct wsync_stat *stat)
{
	assert_int_equal(stat->id, 1);
	assert_int_equal(stat->created, 2);
	assert_int_equal(stat->type, WSYNC_TYPE_TIMER);
	assert_int_equal(stat->access, 4);
	assert_int_equal(stat->uid, 5);
	assert_int_equal(stat->gid, 6);
	assert_int_equal(stat->mode, 7);
	assert_int_equal(stat->handles, 8);
	assert_int_equal(stat->waiters, 9);
	assert_int_equal(stat->name_len, 10);
	assert_int_equal(stat->signals, 11);
	assert_int_equal(stat->acquisitions, 12);
	assert_int_equal(stat->abandonments, 13);
}

static void tells_facts(void **state)
{
	struct { struct wsync_stat stat; unsigned char more[16]; } longer;

	(void)state;
	memset(&longer, 0xff, sizeof(longer));
	longer.stat.sz = sizeof(longer.stat);
	expect_ioctl_do(OBJECT, WINSYNC_IOC_STAT, 0, answer_stat);
	assert_int_equal(wsync_get_stat(OBJECT, &longer.stat), 0);
	assert_stat(&longer.stat);
	assert_int_equal(longer.stat.sz, sizeof(longer.stat));
	assert_int_equal(longer.more[0], 0xff);
	/* A program built for a later library. */
	longer.stat.sz = sizeof(longer);
	expect_ioctl_do(OBJECT, WINSYNC_IOC_STAT, 0, answer_stat);
	assert_int_equal(wsync_get_stat(OBJECT, &longer.stat), 0);
	assert_stat(&longer.stat);
	for (size_t i = 0; i < sizeof(longer.more); i++)
		assert_int_equal(longer.more[i], 0);
	longer.stat.sz = sizeof(longer.stat) - 1;
	assert_error(wsync_get_stat(OBJECT, &longer.stat), EINVAL);
	assert_error(wsync_get_stat(OBJECT, NULL), EINVAL);
	longer.stat.sz = sizeof(longer.stat);
	expect_ioctl(OBJECT, WINSYNC_IOC_STAT, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
	assert_error(wsync_get_stat(OBJECT, &longer.stat), EBADFD);
}

static struct winsync_perm_args seen_perm;

static void see_perm(void *argument)
{
	seen_perm = *(struct winsync_perm_args *)argument;
}

static void changes_permissions(void **state)
{
	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_SET_PERM, 0, see_perm);
	assert_int_equal(wsync_set_perm(OBJECT, WSYNC_PERM_MODE | WSYNC_PERM_UID | WSYNC_PERM_GID,
					0640, 1, 2), 0);
	assert_int_equal(seen_perm.mask, 7);
	assert_int_equal(seen_perm.mode, 0640);
	assert_int_equal(seen_perm.uid, 1);
	assert_int_equal(seen_perm.gid, 2);
	/* What is not to change is not handed over. */
	expect_ioctl_do(OBJECT, WINSYNC_IOC_SET_PERM, 0, see_perm);
	assert_int_equal(wsync_set_perm(OBJECT, WSYNC_PERM_GID, 0640, 1, 2), 0);
	assert_int_equal(seen_perm.mode, 0);
	assert_int_equal(seen_perm.uid, 0);
	assert_int_equal(seen_perm.gid, 2);
	expect_ioctl(OBJECT, WINSYNC_IOC_SET_PERM, -EPERM);
	assert_error(wsync_set_perm(OBJECT, WSYNC_PERM_MODE, 0, 0, 0), EPERM);
}

static uint32_t seen_room;

static void answer_waiters(void *argument)
{
	struct winsync_waiters_args *args = argument;
	struct winsync_waiter *waiters = (void *)(uintptr_t)args->buffer;

	seen_room = args->count;
	args->total = 5;
	args->count = seen_room ? 1 : 0;
	if (seen_room)
		waiters[0] = (struct winsync_waiter){
			.since = 1, .tid = 2, .pid = 3, .flags = WINSYNC_WAITER_ALL, .count = 4,
		};
}

static void tells_waiters(void **state)
{
	struct wsync_waiter waiters[300];
	size_t count = 99, total = 99;

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_WAITERS, 0, answer_waiters);
	assert_int_equal(wsync_get_waiters(OBJECT, waiters, 2, &count, &total), 0);
	assert_int_equal(seen_room, 2);
	assert_int_equal(count, 1);
	assert_int_equal(total, 5);
	assert_int_equal(waiters[0].since, 1);
	assert_int_equal(waiters[0].tid, 2);
	assert_int_equal(waiters[0].pid, 3);
	assert_int_equal(waiters[0].flags, WSYNC_WAITER_ALL);
	assert_int_equal(waiters[0].count, 4);
	expect_ioctl_do(OBJECT, WINSYNC_IOC_WAITERS, 0, answer_waiters);
	assert_int_equal(wsync_get_waiters(OBJECT, waiters, 300, &count, NULL), 0);
	assert_int_equal(seen_room, WINSYNC_WAITERS_MAX);
	expect_ioctl_do(OBJECT, WINSYNC_IOC_WAITERS, 0, answer_waiters);
	assert_int_equal(wsync_get_waiters(OBJECT, NULL, 0, &count, &total), 0);
	assert_int_equal(count, 0);
	assert_int_equal(total, 5);
	expect_ioctl(OBJECT, WINSYNC_IOC_WAITERS, -EACCES);
	assert_error(wsync_get_waiters(OBJECT, waiters, 2, &count, &total), EACCES);
	assert_error(wsync_get_waiters(OBJECT, NULL, 2, &count, &total), EINVAL);
	assert_error(wsync_get_waiters(OBJECT, waiters, 2, NULL, &total), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(compares),
		cmocka_unit_test(inherits),
		cmocka_unit_test(tells_facts),
		cmocka_unit_test(changes_permissions),
		cmocka_unit_test(tells_waiters),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
