// SPDX-License-Identifier: GPL-2.0-only
/* Names: creating, opening, what is a name, how long it lives [NM-*]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <ctype.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

static const uint32_t all_types[] = {
	WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE,
	WINSYNC_TYPE_TIMER,
};

static uint64_t object_id(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.id;
}

static uint32_t object_type(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.type;
}

static int create_len(int ns, const void *name, uint32_t len)
{
	return ws_create(ns, WINSYNC_TYPE_EVENT, &(struct ws_new){
			.name = name, .name_len = len });
}

/* --- each type -------------------------------------------------------- */

FIXTURE(name_of) {
	int ns;
	int fd;
};

FIXTURE_VARIANT(name_of) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(name_of, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(name_of, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(name_of, semaphore) { WINSYNC_TYPE_SEMAPHORE };
FIXTURE_VARIANT_ADD(name_of, timer) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(name_of)
{
	uint32_t existed = 7;

	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	self->fd = ws_named(self->ns, variant->type, "name", 0, &existed);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, existed);
}

FIXTURE_TEARDOWN(name_of)
{
	close(self->fd);
	close(self->ns);
}

TEST_F(name_of, nm5_create_opens_what_exists)
{
	uint32_t existed = 7;
	int fd = ws_named(self->ns, variant->type, "name", 0, &existed);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, existed);
	EXPECT_EQ(1, ws_same(self->fd, fd));
	EXPECT_EQ(2, ws_handles(fd));
	close(fd);
	EXPECT_EQ(1, ws_handles(self->fd));
}

TEST_F(name_of, nm6_create_new_only)
{
	uint32_t existed = 7;
	int next = ws_next_fd();
	int fd;

	EXPECT_EQ(-EEXIST, ws_named(self->ns, variant->type, "name",
				    WINSYNC_CREATE_EXCL, NULL));
	EXPECT_EQ(1, ws_handles(self->fd));
	EXPECT_EQ(next, ws_next_fd());
	fd = ws_named(self->ns, variant->type, "new", WINSYNC_CREATE_EXCL,
		      &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_same(self->fd, fd));
	close(fd);
}

TEST_F(name_of, nm7_open_only)
{
	int fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	int next = ws_next_fd();

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ws_same(self->fd, fd));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "nam", variant->type, WS_ALL));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "name ", variant->type, WS_ALL));
	EXPECT_EQ(-EINVAL, ws_open(self->ns, "", variant->type, WS_ALL));
	EXPECT_EQ(next, ws_next_fd());
	EXPECT_EQ(2, ws_handles(fd));
	close(fd);
}

TEST_F(name_of, nm7_open_of_any_type)
{
	int fd = ws_open(self->ns, "name", 0, WS_ALL);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ws_same(self->fd, fd));
	EXPECT_EQ(-EINVAL, ws_open(self->ns, "name", WINSYNC_TYPE_TIMER + 1, WS_ALL));
	EXPECT_EQ(-EINVAL, ws_open(self->ns, "name", WINSYNC_TYPE_NAMESPACE, WS_ALL));
	close(fd);
}

/* The three answers for what cannot be opened are told apart. */
TEST_F(name_of, nm2_nm3_nm4_other_type)
{
	unsigned int i;
	int next = ws_next_fd();

	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		uint32_t type = all_types[i];

		if (type == variant->type)
			continue;
		EXPECT_EQ(-EPROTOTYPE, ws_open(self->ns, "name", type, WS_ALL));
		EXPECT_EQ(-EPROTOTYPE, ws_named(self->ns, type, "name", 0, NULL));
		EXPECT_EQ(-EEXIST, ws_named(self->ns, type, "name",
					    WINSYNC_CREATE_EXCL, NULL));
		EXPECT_EQ(-ENOENT, ws_open(self->ns, "none", type, WS_ALL));
	}
	EXPECT_EQ(next, ws_next_fd());
	EXPECT_EQ(1, ws_handles(self->fd));
	EXPECT_EQ(variant->type, object_type(self->fd));
}

TEST_F(name_of, wrong_kind_of_fd)
{
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, other);
	EXPECT_EQ(-EBADFD, ws_open(self->fd, "name", variant->type, WS_ALL));
	EXPECT_EQ(-EBADFD, ws_open(ws_device(), "name", variant->type, WS_ALL));
	EXPECT_EQ(-EBADFD, ws_named(self->fd, variant->type, "name", 0, NULL));
	/* The device makes only unnamed objects. */
	EXPECT_EQ(-EINVAL, ws_named(ws_device(), variant->type, "name", 0, NULL));
	EXPECT_EQ(-ENOTTY, ws_open(other, "name", variant->type, WS_ALL));
	close(other);
	EXPECT_EQ(-EBADF, ws_open(other, "name", variant->type, WS_ALL));
	EXPECT_EQ(-EBADF, ws_named(other, variant->type, "name", 0, NULL));
}

TEST_F(name_of, nm18_nm19_empty_name_is_no_name)
{
	struct ws_new what = {
		.name = "ignored",
		.second = variant->type == WINSYNC_TYPE_SEMAPHORE,
	};
	struct winsync_list_entry entry;
	struct winsync_stat stat;
	int one, two;

	what.name = "";
	one = ws_create(self->ns, variant->type, &what);
	ASSERT_LE(0, one);
	EXPECT_EQ(0, what.existed);
	what.flags = WINSYNC_CREATE_EXCL;
	two = ws_create(self->ns, variant->type, &what);
	ASSERT_LE(0, two);
	EXPECT_EQ(0, what.existed);
	EXPECT_EQ(0, ws_same(one, two));
	ASSERT_EQ(0, ws_stat(one, &stat));
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, ws_list_find(self->ns, "", 0, &entry));
	EXPECT_EQ(-EINVAL, ws_open(self->ns, "", 0, WS_ALL));
	close(one);
	close(two);
}

TEST_F(name_of, inherit_flag_is_the_new_fds_own)
{
	struct ws_new what = {
		.name = "name", .flags = WINSYNC_INHERIT,
		.second = variant->type == WINSYNC_TYPE_SEMAPHORE,
	};
	int fd = ws_create(self->ns, variant->type, &what);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, what.existed);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	close(fd);
	fd = ws_open(self->ns, "name", 0, WS_ALL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
}

/* --- how long a name lives -------------------------------------------- */

TEST_F(name_of, nm11_gone_with_the_last_handle)
{
	uint64_t old = object_id(self->fd);
	int other = ws_open(self->ns, "name", variant->type, WS_SYNC);
	int third = ws_duplicate(self->fd, WS_QUERY, 0);
	int shared = dup(self->fd);
	uint32_t existed = 7;

	ASSERT_LE(0, other);
	ASSERT_LE(0, third);
	ASSERT_LE(0, shared);
	EXPECT_EQ(3, ws_handles(self->fd));
	close(self->fd);
	close(other);
	close(shared);
	EXPECT_EQ(-EEXIST, ws_named(self->ns, variant->type, "name",
				    WINSYNC_CREATE_EXCL, NULL));
	close(third);
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "name", 0, WS_ALL));
	self->fd = ws_named(self->ns, variant->type, "name", 0, &existed);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, existed);
	EXPECT_NE(old, object_id(self->fd));
}

/* NM-11: the next object of that name may be of another type. */
TEST_F(name_of, nm11_type_goes_with_the_object)
{
	unsigned int i;

	close(self->fd);
	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		uint32_t existed = 7;
		int fd = ws_named(self->ns, all_types[i], "name", 0, &existed);

		ASSERT_LE(0, fd);
		EXPECT_EQ(0, existed);
		close(fd);
	}
	self->fd = -1;
}

TEST_F(name_of, nm11_du10_handles_of_all_processes_count)
{
	int gate = ws_gate();
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_gate_pass(gate) ? 1 : 0);
	close(self->fd);
	self->fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	EXPECT_LE(0, self->fd);
	close(self->fd);
	ws_gate_open(gate);
	EXPECT_EQ(0, ws_reap(pid));
	self->fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	EXPECT_EQ(-ENOENT, self->fd);
}

TEST_F(name_of, nm11_killed_holder)
{
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		pause();
		_exit(1);
	}
	close(self->fd);
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	self->fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	EXPECT_EQ(-ENOENT, self->fd);
}

TEST_F(name_of, name_lives_in_flight)
{
	int sockets[2], received;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	ASSERT_EQ(0, ws_send_fds(sockets[0], &self->fd, 1));
	close(self->fd);
	self->fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ws_receive_fds(sockets[1], &received, 1));
	EXPECT_EQ(1, ws_same(self->fd, received));
	ASSERT_EQ(0, ws_send_fds(sockets[0], &received, 1));
	close(self->fd);
	close(received);
	/* Nobody will ever receive it. */
	close(sockets[0]);
	close(sockets[1]);
	self->fd = ws_open(self->ns, "name", variant->type, WS_ALL);
	EXPECT_EQ(-ENOENT, self->fd);
}

/* Makes the fixture's object one that nobody could acquire. */
static int make_unsignaled(int fd, uint32_t type)
{
	if (type == WINSYNC_TYPE_MUTEX)
		return ws_try(fd);
	if (type == WINSYNC_TYPE_SEMAPHORE)
		return ws_semaphore_count(fd) ? -EINVAL : 0;
	return 0;
}

static void check_name_gone(struct __test_metadata *_metadata, int ns,
			    uint32_t type, struct ws_sleeper *sleeper)
{
	uint32_t existed = 7;
	struct winsync_list_entry entry;
	int fd;

	EXPECT_EQ(-ENOENT, ws_open(ns, "name", type, WS_ALL));
	EXPECT_EQ(0, ws_list_find(ns, "name", 0, &entry));
	fd = ws_named(ns, type, "name", WINSYNC_CREATE_EXCL, &existed);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, existed);
	EXPECT_EQ(0, ws_waiters(fd));
	/* What happens to the new object means nothing to who waits on the old. */
	if (type == WINSYNC_TYPE_MUTEX)
		EXPECT_EQ(0, ws_try(fd));
	EXPECT_LE(0, ws_signal(fd, type));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(ws_sleeper_done(sleeper));
	close(fd);
	EXPECT_EQ(-ENOENT, ws_open(ns, "name", type, WS_ALL));
}

TEST_F(name_of, nm12_a_waiter_does_not_keep_the_name)
{
	int alert = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd, .alert = alert);

	ASSERT_LE(0, alert);
	ASSERT_EQ(0, make_unsignaled(self->fd, variant->type));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	close(self->fd);
	self->fd = -1;
	check_name_gone(_metadata, self->ns, variant->type, &sleeper);
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_sleeper_join(&sleeper));
	close(alert);
}

TEST_F(name_of, nm12_nor_does_one_who_waits_for_several)
{
	int alert = ws_event(0, 0), other = ws_event(0, 0);
	int fds[] = { other, self->fd };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
			.fds = fds, .count = 2, .alert = alert);

	ASSERT_LE(0, alert);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, make_unsignaled(self->fd, variant->type));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	close(self->fd);
	self->fd = -1;
	check_name_gone(_metadata, self->ns, variant->type, &sleeper);
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 2, ws_sleeper_join(&sleeper));
	close(alert);
	close(other);
}

/* --- state and mode of what exists ------------------------------------ */

FIXTURE(names) {
	int ns;
};

FIXTURE_SETUP(names)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(names)
{
	close(self->ns);
}

TEST_F(names, nm5_sec9_existing_state_and_mode_untouched)
{
	struct ws_new made[] = {
		{ .name = "e", .mode = 0740, .first = 1, .second = 1 },
		{ .name = "m", .mode = 0604, .first = 1 },
		{ .name = "s", .mode = 0777, .first = 3, .second = 5 },
		{ .name = "t", .mode = 0, .first = 1 },
	};
	struct ws_new again[] = {
		{ .name = "e", .mode = 0111, .first = 0, .second = 0 },
		{ .name = "m", .mode = 0222, .first = 0 },
		{ .name = "s", .mode = 0333, .first = 1, .second = 1 },
		{ .name = "t", .mode = 0444, .first = 0 },
	};
	struct winsync_semaphore_state semaphore;
	struct winsync_event_state event;
	struct winsync_mutex_state mutex;
	struct winsync_timer_state timer;
	struct winsync_stat before, after;
	int first[4], second[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		first[i] = ws_create(self->ns, all_types[i], &made[i]);
		ASSERT_LE(0, first[i]);
		ASSERT_EQ(0, ws_stat(first[i], &before));
		EXPECT_EQ(made[i].mode, before.mode);
		second[i] = ws_create(self->ns, all_types[i], &again[i]);
		ASSERT_LE(0, second[i]);
		EXPECT_EQ(1, again[i].existed);
		ASSERT_EQ(0, ws_stat(second[i], &after));
		EXPECT_EQ(before.id, after.id);
		EXPECT_EQ(before.mode, after.mode);
		EXPECT_EQ(before.uid, after.uid);
		EXPECT_EQ(before.gid, after.gid);
		EXPECT_EQ(before.created, after.created);
		EXPECT_EQ(1, after.name_len);
	}
	ASSERT_EQ(0, ws_event_query(second[0], &event));
	EXPECT_EQ(1, event.manual);
	EXPECT_EQ(1, event.signaled);
	ASSERT_EQ(0, ws_mutex_query(second[1], &mutex));
	EXPECT_EQ(1, mutex.depth);
	ASSERT_EQ(0, ws_semaphore_query(second[2], &semaphore));
	EXPECT_EQ(3, semaphore.count);
	EXPECT_EQ(5, semaphore.max);
	ASSERT_EQ(0, ws_timer_query(second[3], &timer));
	EXPECT_EQ(1, timer.manual);
}

TEST_F(names, sm2_counts_are_checked_before_the_name)
{
	struct ws_new bad = { .first = 2, .second = 1 };
	int event = ws_named(self->ns, WINSYNC_TYPE_EVENT, "e", 0, NULL);
	int semaphore = ws_named(self->ns, WINSYNC_TYPE_SEMAPHORE, "s", 0, NULL);
	static const char *const names[] = { "s", "e", "none", "back\\slash" };
	unsigned int i;

	ASSERT_LE(0, event);
	ASSERT_LE(0, semaphore);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		bad.name = names[i];
		EXPECT_EQ(-EINVAL, ws_create(self->ns, WINSYNC_TYPE_SEMAPHORE, &bad));
	}
	EXPECT_EQ(1, ws_handles(semaphore));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "none", 0, WS_ALL));
}

/* --- what is a name --------------------------------------------------- */

TEST_F(names, nm1_case_counts)
{
	static const char *const names[] = {
		"WineTestName", "WINETESTNAME", "winetestname", "\303\204", "\303\244",
	};
	int fds[ARRAY_SIZE(names)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t existed = 7;

		EXPECT_EQ(-ENOENT, ws_open(self->ns, names[i], 0, WS_ALL));
		fds[i] = ws_named(self->ns, all_types[i % 4], names[i], 0, &existed);
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(0, existed);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = ws_open(self->ns, names[i], all_types[i % 4], WS_ALL);

		ASSERT_LE(0, fd);
		EXPECT_EQ(1, ws_same(fds[i], fd));
	}
}

TEST_F(names, nm16_no_separator_no_directory)
{
	static const char *const names[] = {
		"/", ".", "..", "a", "a/", "/a", "a/b", "a//b", "./a", "../a", "a/..",
		" ", " a", "a ", "C:", "a:b", "*", "?", "a.b", "\"", "'", "~", "%s%n",
		"Global", "Local", "NUL", "\t",
	};
	int fds[ARRAY_SIZE(names)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fds[i] = ws_named(self->ns, WINSYNC_TYPE_EVENT, names[i],
				  WINSYNC_CREATE_EXCL, NULL);
		ASSERT_LE(0, fds[i])
			TH_LOG("\"%s\"", names[i]);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = ws_open(self->ns, names[i], WINSYNC_TYPE_EVENT, WS_ALL);

		ASSERT_LE(0, fd);
		EXPECT_EQ(1, ws_same(fds[i], fd));
		close(fd);
	}
}

TEST_F(names, nm17_backslash_and_nul_are_not_for_names)
{
	static const struct { const char *name; uint32_t len; } bad[] = {
		{ "\\", 1 }, { "\\a", 2 }, { "a\\", 2 }, { "a\\b", 3 },
		{ "Global\\a", 8 }, { "\0", 1 }, { "a\0", 2 }, { "\0a", 2 },
		{ "a\0b", 3 },
	};
	int a = ws_named(self->ns, WINSYNC_TYPE_EVENT, "a", 0, NULL);
	int next = ws_next_fd();
	unsigned int i;

	ASSERT_LE(0, a);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, create_len(self->ns, bad[i].name, bad[i].len));
		EXPECT_EQ(-EINVAL, ws_open_len(self->ns, bad[i].name, bad[i].len,
					       0, WS_ALL));
	}
	EXPECT_EQ(next, ws_next_fd());
}

TEST_F(names, nm16_every_other_byte_is_a_name)
{
	uint64_t ids[256] = { 0 };
	unsigned int byte, other;
	char name;

	for (byte = 1; byte < 256; byte++) {
		int fd;

		name = byte;
		fd = create_len(self->ns, &name, 1);
		if (name == '\\') {
			EXPECT_EQ(-EINVAL, fd);
			continue;
		}
		ASSERT_LE(0, fd);
		ids[byte] = object_id(fd);
		for (other = 1; other < byte; other++)
			EXPECT_NE(ids[other], ids[byte]);
	}
	for (byte = 1; byte < 256; byte++) {
		int fd;

		name = byte;
		fd = ws_open_len(self->ns, &name, 1, 0, WS_ALL);
		if (name == '\\')
			continue;
		ASSERT_LE(0, fd);
		EXPECT_EQ(ids[byte], object_id(fd));
		close(fd);
	}
}

TEST_F(names, nm13_260_utf16_units_fit)
{
	char name[WINSYNC_NAME_MAX + 1];
	struct winsync_stat stat;
	struct winsync_info info;
	unsigned int i;
	int fd, shorter;

	/* U+20AC is one UTF-16 unit and three bytes. */
	for (i = 0; i < 260; i++)
		memcpy(name + 3 * i, "\342\202\254", 3);
	name[780] = 'x';
	fd = create_len(self->ns, name, 780);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ws_stat(fd, &stat));
	EXPECT_EQ(780, stat.name_len);
	EXPECT_EQ(-ENAMETOOLONG, create_len(self->ns, name, 781));
	EXPECT_EQ(-ENAMETOOLONG, ws_open_len(self->ns, name, 781, 0, WS_ALL));
	EXPECT_EQ(-ENAMETOOLONG, create_len(self->ns, name, 0xffffffff));
	EXPECT_EQ(-ENAMETOOLONG, ws_open_len(self->ns, name, 0x80000000, 0, WS_ALL));
	/* Every byte counts, the last one too. */
	shorter = create_len(self->ns, name, 779);
	ASSERT_LE(0, shorter);
	EXPECT_EQ(0, ws_same(fd, shorter));
	name[779] = 'y';
	EXPECT_EQ(-ENOENT, ws_open_len(self->ns, name, 780, 0, WS_ALL));
	ASSERT_EQ(0, ws_info(&info));
	EXPECT_EQ(WINSYNC_NAME_MAX, info.name_max);
}

TEST_F(names, unreadable_name_is_a_clear_error)
{
	long page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int next, fd;

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + page, page));
	memset(pages, 'n', page);
	next = ws_next_fd();
	EXPECT_EQ(-EFAULT, create_len(self->ns, pages + page - 10, 11));
	EXPECT_EQ(-EFAULT, ws_open_len(self->ns, pages + page - 10, 11, 0, WS_ALL));
	EXPECT_EQ(-EFAULT, create_len(self->ns, (void *)8, 1));
	EXPECT_EQ(next, ws_next_fd());
	EXPECT_EQ(-ENOENT, ws_open_len(self->ns, "nnnnnnnnnn", 10, 0, WS_ALL));
	/* What ends where the page ends is not read beyond. */
	fd = create_len(self->ns, pages + page - 10, 10);
	ASSERT_LE(0, fd);
	/* An empty name is not read at all. */
	fd = create_len(self->ns, NULL, 0);
	EXPECT_LE(0, fd);
}

/* --- names are hostile text ------------------------------------------- */

static const char *const hostile[] = {
	"line\nwinsync-type:\tsemaphore", "\033[2J\033]0;title\a", "\r\v\f\b", "\x7f",
	"\x9b" "31m", "\xff\xfe", "\xc3(", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\xe2\x80\xae", "caf\xc3\xa9", "\xc2\xa0", "plain text", "\x01\x02", "%s%n%p",
};

/* The value of a line of fdinfo; the number of lines that begin like it. */
static unsigned int fdinfo(int fd, const char *key, char *value, size_t size)
{
	unsigned int found = 0;
	char path[64], line[8192];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		found++;
		line[strcspn(line, "\n")] = 0;
		snprintf(value, size, "%s", line + strlen(key));
	}
	fclose(file);
	return found;
}

static bool harmless(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* Undoes C's escapes, in place. */
static size_t unescape(char *text)
{
	static const char letters[] = "n\nt\tr\rv\vf\fa\ab\be\033\"\"\\\\";
	char *from = text, *to = text;

	while (*from) {
		const char *letter = letters;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++;
		if (isdigit((unsigned char)*from)) {
			char digits[4] = { 0 };

			strncpy(digits, from, 3);
			*to++ = strtoul(digits, NULL, 8);
			from += 3;
			continue;
		}
		while (letter[0] && letter[0] != *from)
			letter += 2;
		*to++ = letter[1];
		from++;
	}
	*to = 0;
	return to - text;
}

TEST_F(names, fdinfo_escapes_object_names)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hostile); i++) {
		char value[8192], type[64];
		int fd = ws_named(self->ns, WINSYNC_TYPE_EVENT, hostile[i], 0, NULL);

		ASSERT_LE(0, fd);
		EXPECT_EQ(1, fdinfo(fd, "winsync-type:\t", type, sizeof(type)));
		EXPECT_STREQ("event", type);
		ASSERT_EQ(1, fdinfo(fd, "winsync-name:\t", value, sizeof(value)));
		EXPECT_TRUE(harmless(value))
			TH_LOG("name %u is shown raw", i);
		EXPECT_EQ(strlen(hostile[i]), unescape(value));
		EXPECT_EQ(0, memcmp(hostile[i], value, strlen(hostile[i])));
	}
}

TEST_F(names, fdinfo_escapes_namespace_names)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hostile); i++) {
		char name[128], value[8192], type[64];
		int fd;

		snprintf(name, sizeof(name), "%s%d", hostile[i], getpid());
		fd = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(1, fdinfo(fd, "winsync-type:\t", type, sizeof(type)));
		EXPECT_STREQ("namespace", type);
		ASSERT_EQ(1, fdinfo(fd, "winsync-name:\t", value, sizeof(value)));
		EXPECT_TRUE(harmless(value))
			TH_LOG("name %u is shown raw", i);
		EXPECT_EQ(strlen(name), unescape(value));
		EXPECT_STREQ(name, value);
		close(fd);
	}
}

/* The longest name, each byte of which is escaped. */
TEST_F(names, fdinfo_shows_the_longest_name)
{
	char name[WINSYNC_NAME_MAX], value[8192];
	int fd;

	memset(name, 0xff, sizeof(name));
	fd = create_len(self->ns, name, sizeof(name));
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, fdinfo(fd, "winsync-name:\t", value, sizeof(value)));
	EXPECT_TRUE(harmless(value));
	EXPECT_EQ(sizeof(name), unescape(value));
	EXPECT_EQ(0, memcmp(name, value, sizeof(name)));
}

TEST_F(names, lists_give_names_as_they_are)
{
	struct winsync_list_entry entry;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hostile); i++) {
		int fd = ws_named(self->ns, all_types[i % 4], hostile[i], 0, NULL);

		ASSERT_LE(0, fd);
		ASSERT_EQ(1, ws_list_find(self->ns, hostile[i], all_types[i % 4],
					  &entry));
		EXPECT_EQ(object_id(fd), entry.id);
		EXPECT_EQ(strlen(hostile[i]), entry.name_len);
	}
}

TEST_HARNESS_MAIN
