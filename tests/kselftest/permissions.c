// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights: who gets which, as several real users, and what each command asks
 * for [SEC-*, DU-3, DU-4, NM-8, NM-9].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <linux/capability.h>

#define READ_CONTROL	WINSYNC_ACCESS_READ_CONTROL
#define WRITE_CONTROL	WINSYNC_ACCESS_WRITE_CONTROL
#define MAXIMUM		WINSYNC_ACCESS_MAXIMUM

/* The objects of the matrix belong to alice and to the group 2000. */
#define OWNER_UID	1000
#define GROUP_GID	2000

static uint32_t access_of(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0xffffffff : stat.access;
}

static int set_perm(int fd, uint32_t mask, uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct winsync_perm_args args = {
		.mask = mask, .mode = mode, .uid = uid, .gid = gid,
	};

	return ws_ioctl(fd, WINSYNC_IOC_SET_PERM, &args);
}

/* --- the matrix ------------------------------------------------------- */

enum class { OWNER, GROUP, OTHER, EVERYTHING };

/*
 * Every value of one class' bits, while the other classes have just the other bits:
 * only the first class that fits counts.
 */
static uint32_t matrix_mode(unsigned int i)
{
	const unsigned int shift = i / 8 * 3;
	const uint32_t bits = i % 8, others = (~bits & 7) * 0111;

	return (others & ~(7 << shift)) | bits << shift;
}

#define MATRIX_MODES	24

/* Where every check takes its time: some of each class. */
static unsigned int matrix_step(void)
{
	return ws_scale(100) < 100 ? 4 : 1;
}

static uint32_t granted_by(enum class class, uint32_t mode)
{
	static const unsigned int shift[] = { [OWNER] = 6, [GROUP] = 3, [OTHER] = 0 };
	uint32_t bits, rights;

	if (class == EVERYTHING)
		return WS_ALL;
	bits = mode >> shift[class] & 7;
	rights = (bits & 4 ? WS_QUERY : 0) | (bits & 2 ? WS_MODIFY : 0) |
		 (bits & 1 ? WS_SYNC : 0);
	if (class == OWNER)
		return rights | READ_CONTROL | WRITE_CONTROL;
	return rights ? rights | READ_CONTROL : 0;
}

/* What asking for @wanted must bring, 0 if EACCES. */
static uint32_t expected(uint32_t granted, uint32_t wanted)
{
	if (wanted & WS_ALL & ~granted)
		return 0;
	return wanted & MAXIMUM ? granted : wanted;
}

enum way { OPEN, CREATE, WAYS };

static int ask(int ns, const char *name, uint32_t access, enum way way)
{
	struct winsync_event_create_args create = {
		.create = {
			.name = (uintptr_t)name, .name_len = strlen(name),
			.access = access, .mode = 0777,
		},
	};

	return way == OPEN ? ws_open(ns, name, 0, access) :
			     ws_ioctl(ns, WINSYNC_IOC_EVENT_CREATE, &create);
}

/* Handles that a matrix object has already, to be widened. */
static const uint32_t have[] = {
	READ_CONTROL, WS_SYNC, WS_QUERY | WS_MODIFY, WS_ALL,
};

struct matrix {
	int ns;
	enum class class;
	int fds[MATRIX_MODES];
	int narrow[MATRIX_MODES][ARRAY_SIZE(have)];
	/* Shared: the first row that was not as expected. */
	struct {
		uint32_t mode, access, have, way;
		int got;
		uint32_t want;
		unsigned int asked, wrong;
	} *report;
};

static void note(const struct matrix *matrix, uint32_t mode, uint32_t access,
		 uint32_t have, uint32_t way, int fd, uint32_t want)
{
	int got = fd < 0 ? fd : (int)access_of(fd);

	if (fd >= 0)
		close(fd);
	matrix->report->asked++;
	if (got == (want ? (int)want : -EACCES))
		return;
	if (matrix->report->wrong++)
		return;
	matrix->report->mode = mode;
	matrix->report->access = access;
	matrix->report->have = have;
	matrix->report->way = way;
	matrix->report->got = got;
	matrix->report->want = want;
}

static int walk_matrix(void *data)
{
	const struct matrix *matrix = data;
	unsigned int i, h, way;
	uint32_t access;
	char name[16];

	for (i = 0; i < MATRIX_MODES; i += matrix_step()) {
		const uint32_t mode = matrix_mode(i);
		const uint32_t granted = granted_by(matrix->class, mode);

		snprintf(name, sizeof(name), "mode %u", i);
		for (access = 0; access <= (MAXIMUM | WS_ALL); access++) {
			if (access & ~(MAXIMUM | WS_ALL))
				continue;
			for (way = 0; way < WAYS; way++)
				note(matrix, mode, access, 0, way,
				     ask(matrix->ns, name, access, way),
				     expected(granted, access));
			for (h = 0; access && h < ARRAY_SIZE(have); h++)
				note(matrix, mode, access, have[h], WAYS,
				     ws_duplicate(matrix->narrow[i][h], access, 0),
				     expected(granted | have[h], access));
		}
		/* 0 stands for the rights that the handle has [DU-2]. */
		for (h = 0; h < ARRAY_SIZE(have); h++)
			note(matrix, mode, 0, have[h], WAYS,
			     ws_duplicate(matrix->narrow[i][h], 0, 0), have[h]);
	}
	return 0;
}

FIXTURE(matrix) {
	struct matrix matrix;
};

FIXTURE_VARIANT(matrix) {
	struct ws_user user;
	enum class class;
};

FIXTURE_VARIANT_ADD(matrix, owner) { { OWNER_UID, 1000, 0 }, OWNER };
/* Being in the group as well does not help an owner, nor harm. */
FIXTURE_VARIANT_ADD(matrix, owner_in_group) { { OWNER_UID, GROUP_GID, 0 }, OWNER };
FIXTURE_VARIANT_ADD(matrix, group) { { 1001, GROUP_GID, 0 }, GROUP };
FIXTURE_VARIANT_ADD(matrix, supplementary_group) { { 1001, 1001, GROUP_GID }, GROUP };
FIXTURE_VARIANT_ADD(matrix, other) { { 1002, 1002, 1000 }, OTHER };
FIXTURE_VARIANT_ADD(matrix, root) { { 0, 0, 0 }, EVERYTHING };

FIXTURE_SETUP(matrix)
{
	struct matrix *matrix = &self->matrix;
	unsigned int i, h;
	char name[16];

	matrix->ns = ws_private_ns();
	ASSERT_LE(0, matrix->ns);
	matrix->class = variant->class;
	matrix->report = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, matrix->report);
	for (i = 0; i < MATRIX_MODES; i++) {
		struct ws_new what = { .name = name, .mode = matrix_mode(i) };

		snprintf(name, sizeof(name), "mode %u", i);
		matrix->fds[i] = ws_create(matrix->ns, WINSYNC_TYPE_EVENT, &what);
		ASSERT_LE(0, matrix->fds[i]);
		ASSERT_EQ(0, set_perm(matrix->fds[i],
				      WINSYNC_PERM_UID | WINSYNC_PERM_GID, 0,
				      OWNER_UID, GROUP_GID));
		for (h = 0; h < ARRAY_SIZE(have); h++) {
			matrix->narrow[i][h] = ws_duplicate(matrix->fds[i], have[h], 0);
			ASSERT_LE(0, matrix->narrow[i][h]);
		}
	}
}

FIXTURE_TEARDOWN(matrix)
{
	close(self->matrix.ns);
}

TEST_F(matrix, sec4_sec5_du3_du4_nm8_nm9)
{
	struct matrix *matrix = &self->matrix;
	unsigned int i;

	ASSERT_EQ(0, ws_as(&variant->user, walk_matrix, matrix));
	EXPECT_EQ(MATRIX_MODES / matrix_step() * (64 * WAYS + 63 * ARRAY_SIZE(have) +
				  ARRAY_SIZE(have)), matrix->report->asked);
	EXPECT_EQ(0, matrix->report->wrong)
		TH_LOG("mode %03o, asked %#x, have %#x, way %u: got %#x, wanted %#x",
		       matrix->report->mode, matrix->report->access,
		       matrix->report->have, matrix->report->way,
		       matrix->report->got, matrix->report->want);
	for (i = 0; i < MATRIX_MODES; i++)
		EXPECT_EQ(1 + (int)ARRAY_SIZE(have), ws_handles(matrix->fds[i]));
}

/* --- the override ----------------------------------------------------- */

static int set_capabilities(uint32_t effective)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = effective, .permitted = effective },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

struct override {
	uint32_t capabilities;
	int ns;
};

static int open_with_capabilities(void *data)
{
	const struct override *override = data;
	int ret = set_capabilities(override->capabilities);

	if (!ret)
		ret = ws_open(override->ns, "object", 0, WS_ALL);
	return ret < 0 ? ret : 0;
}

FIXTURE(rights) {
	int ns;
	int fd;
};

FIXTURE_SETUP(rights)
{
	struct ws_new what = { .name = "object", .mode = 0 };

	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	self->fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(rights)
{
	close(self->fd);
	close(self->ns);
}

TEST_F(rights, only_cap_ipc_owner_overrides)
{
	struct override override = { .ns = self->ns };

	ASSERT_EQ(0, set_perm(self->fd, WINSYNC_PERM_UID, 0, OWNER_UID, 0));
	override.capabilities = ~(1U << CAP_IPC_OWNER);
	EXPECT_EQ(-EACCES, ws_in_child(open_with_capabilities, &override));
	override.capabilities = 1U << CAP_IPC_OWNER;
	EXPECT_EQ(0, ws_in_child(open_with_capabilities, &override));
	override.capabilities = 1U << CAP_DAC_OVERRIDE | 1U << CAP_SYS_ADMIN;
	EXPECT_EQ(-EACCES, ws_in_child(open_with_capabilities, &override));
}

/* SEC-3: who creates gets what was asked for, whatever the mode says. */
TEST_F(rights, sec3_creator_gets_what_it_asks_for)
{
	uint32_t access;

	EXPECT_EQ(WS_ALL, access_of(self->fd));
	for (access = 1; access <= WS_ALL; access++) {
		struct ws_new what = { .access = access };
		int fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);

		ASSERT_LE(0, fd);
		EXPECT_EQ(access, access_of(fd));
		close(fd);
		what.name = "another";
		fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, what.existed);
		EXPECT_EQ(access, access_of(fd));
		close(fd);
	}
	EXPECT_EQ(WS_ALL, access_of(ws_create(self->ns, WINSYNC_TYPE_EVENT,
			&(struct ws_new){ .access = MAXIMUM })));
}

TEST_F(rights, nm8_asking_for_nothing)
{
	struct winsync_event_create_args create = { 0 };
	int next = ws_next_fd();

	EXPECT_EQ(-EACCES, ws_open(self->ns, "object", 0, 0));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "none", 0, 0));
	EXPECT_EQ(-EACCES, ws_ioctl(ws_device(), WINSYNC_IOC_EVENT_CREATE, &create));
	create.create.name = (uintptr_t)"none";
	create.create.name_len = 4;
	EXPECT_EQ(-EACCES, ws_ioctl(self->ns, WINSYNC_IOC_EVENT_CREATE, &create));
	EXPECT_EQ(-ENOENT, ws_open(self->ns, "none", 0, WS_ALL));
	EXPECT_EQ(next, ws_next_fd());
}

TEST_F(rights, unknown_rights_are_invalid)
{
	uint32_t bit;

	for (bit = 1; bit; bit <<= 1) {
		if (bit & (WS_ALL | MAXIMUM))
			continue;
		EXPECT_EQ(-EINVAL, ws_open(self->ns, "object", 0, bit));
		EXPECT_EQ(-EINVAL, ws_open(self->ns, "object", 0, bit | WS_SYNC));
		EXPECT_EQ(-EINVAL, ws_duplicate(self->fd, bit, 0));
		EXPECT_EQ(-EINVAL, ws_create(self->ns, WINSYNC_TYPE_EVENT,
				&(struct ws_new){ .access = bit }));
	}
	EXPECT_EQ(1, ws_handles(self->fd));
}

/* --- whose rights ------------------------------------------------------ */

struct set_uid {
	int ns;
	char name[64];
};

/* A program of bob's, set-uid and set-gid, that alice runs: it is bob's. */
static int set_uid_program(void *data)
{
	const struct set_uid *program = data;
	struct ws_new what = { .mode = 0 };
	struct winsync_ns_args per_user = {
		.name = (uintptr_t)program->name, .name_len = strlen(program->name),
		.flags = WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER, .access = WS_ALL,
		.mode = 0700, .uid = WINSYNC_UID_SELF,
	};
	struct winsync_list_entry entry;
	struct winsync_stat stat;
	struct winsync_info info;

	if (setgroups(0, NULL) || syscall(SYS_setresgid, 1000, 1001, 1001) ||
	    syscall(SYS_setresuid, 1000, 1001, 1001))
		return 1;
	if (ws_stat(ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what), &stat) ||
	    stat.uid != 1001 || stat.gid != 1001)
		return 2;
	if (ws_open(program->ns, "alice's", 0, WS_SYNC) != -EACCES ||
	    ws_open(program->ns, "bob's", 0, WS_ALL) < 0)
		return 3;
	if (ws_stat(ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &per_user), &stat) ||
	    stat.uid != 1001 || stat.gid != 1001 ||
	    ws_list_find(ws_device(), program->name, 0, &entry) != 1 ||
	    entry.ns_uid != 1001)
		return 4;
	per_user.uid = 1001;
	if (ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &per_user) < 0)
		return 5;
	per_user.uid = 1000;
	if (ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &per_user) != -EACCES)
		return 6;
	/* Bob is charged: it is so whoever runs it. */
	if (syscall(SYS_setresuid, 1001, 1001, 1001) || ws_info(&info))
		return 7;
	return info.objects == 1 && info.namespaces == 1 ? 0 : 8;
}

TEST(effective_ids_count)
{
	static const struct {
		const char *name;
		uint32_t id;
	} owners[] = { { "alice's", 1000 }, { "bob's", 1001 } };
	struct set_uid program = { .ns = ws_private_ns() };
	unsigned int i;

	ASSERT_LE(0, program.ns);
	ws_unique_name(program.name, sizeof(program.name), "set-uid");
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		int fd = ws_create(program.ns, WINSYNC_TYPE_EVENT, &(struct ws_new){
				.name = owners[i].name, .mode = 0700 });

		ASSERT_EQ(0, set_perm(fd, WINSYNC_PERM_UID | WINSYNC_PERM_GID, 0,
				      owners[i].id, owners[i].id));
	}
	EXPECT_EQ(0, ws_in_child(set_uid_program, &program));
}

/* --- changing permissions --------------------------------------------- */

struct change {
	int fd;
	uint32_t mask, mode, uid, gid;
};

static int change(void *data)
{
	const struct change *change = data;

	return set_perm(change->fd, change->mask, change->mode, change->uid,
			change->gid);
}

TEST_F(rights, set_perm_needs_write_control)
{
	struct winsync_stat stat;
	int fd = ws_duplicate(self->fd, WS_ALL & ~WRITE_CONTROL, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EACCES, ws_set_mode(fd, 0777));
	ASSERT_EQ(0, ws_stat(fd, &stat));
	EXPECT_EQ(0, stat.mode);
	fd = ws_duplicate(self->fd, WRITE_CONTROL, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ws_set_mode(fd, 0751));
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(0751, stat.mode);
	/* SEC-9: creating it again changes nothing. */
	EXPECT_LE(0, ws_create(self->ns, WINSYNC_TYPE_EVENT, &(struct ws_new){
			.name = "object", .mode = 0123 }));
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(0751, stat.mode);
}

TEST_F(rights, set_perm_bad_arguments)
{
	struct winsync_stat stat;

	EXPECT_EQ(-EINVAL, set_perm(self->fd, 8, 0, 0, 0));
	EXPECT_EQ(-EINVAL, set_perm(self->fd, WINSYNC_PERM_MODE, 01000, 0, 0));
	EXPECT_EQ(-EINVAL, set_perm(self->fd, WINSYNC_PERM_MODE | WINSYNC_PERM_UID,
				    0777, -1, 0));
	EXPECT_EQ(-EINVAL, set_perm(self->fd, WINSYNC_PERM_MODE | WINSYNC_PERM_GID,
				    0777, 0, -1));
	/* What is not in the mask does not count. */
	EXPECT_EQ(0, set_perm(self->fd, 0, 0777, 5, 5));
	EXPECT_EQ(0, set_perm(self->fd, WINSYNC_PERM_UID, 0777, 0, -1));
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.mode);
	EXPECT_EQ(0, stat.uid);
	EXPECT_EQ(0, stat.gid);
}

/* Who is not privileged keeps the owner and may give it to an own group. */
TEST_F(rights, owner_and_group)
{
	static const struct ws_user alice = { OWNER_UID, 1000, GROUP_GID };
	struct change wanted = { .fd = self->fd };
	struct winsync_stat stat;

	ASSERT_EQ(0, set_perm(self->fd, WINSYNC_PERM_UID | WINSYNC_PERM_GID, 0,
			      OWNER_UID, 1000));
	wanted.mask = WINSYNC_PERM_UID | WINSYNC_PERM_MODE;
	wanted.mode = 0777;
	wanted.uid = 1001;
	EXPECT_EQ(-EPERM, ws_as(&alice, change, &wanted));
	wanted.mask = WINSYNC_PERM_GID | WINSYNC_PERM_MODE;
	wanted.gid = 1001;
	EXPECT_EQ(-EPERM, ws_as(&alice, change, &wanted));
	/* One refused part: nothing has changed. */
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.mode);
	EXPECT_EQ(OWNER_UID, stat.uid);
	EXPECT_EQ(1000, stat.gid);
	wanted.mask = WINSYNC_PERM_UID | WINSYNC_PERM_GID | WINSYNC_PERM_MODE;
	wanted.uid = OWNER_UID;
	wanted.gid = GROUP_GID;
	EXPECT_EQ(0, ws_as(&alice, change, &wanted));
	ASSERT_EQ(0, ws_stat(self->fd, &stat));
	EXPECT_EQ(0777, stat.mode);
	EXPECT_EQ(OWNER_UID, stat.uid);
	EXPECT_EQ(GROUP_GID, stat.gid);
}

static int open_all(void *data)
{
	int fd = ws_open(*(int *)data, "object", 0, WS_ALL);

	return fd < 0 ? fd : 0;
}

TEST_F(rights, new_owner_is_the_owner)
{
	static const struct ws_user alice = { OWNER_UID, 1000, 0 };
	static const struct ws_user bob = { 1001, 1001, 0 };

	ASSERT_EQ(0, set_perm(self->fd, WINSYNC_PERM_UID | WINSYNC_PERM_MODE, 0700,
			      OWNER_UID, 0));
	EXPECT_EQ(0, ws_as(&alice, open_all, &self->ns));
	EXPECT_EQ(-EACCES, ws_as(&bob, open_all, &self->ns));
	ASSERT_EQ(0, set_perm(self->fd, WINSYNC_PERM_UID, 0, 1001, 0));
	EXPECT_EQ(-EACCES, ws_as(&alice, open_all, &self->ns));
	EXPECT_EQ(0, ws_as(&bob, open_all, &self->ns));
}

/* SEC-6: what a handle may is decided when it is made, for good. */
static int keeps_its_rights(void *data)
{
	int *fds = data;
	int fd = ws_open(fds[0], "object", 0, WS_MODIFY | WS_SYNC);

	if (fd < 0)
		return fd;
	ws_gate_open(fds[1]);
	if (ws_gate_pass(fds[2]))
		return 1;
	/* The mode is 0 now. */
	if (ws_open(fds[0], "object", 0, WS_SYNC) != -EACCES)
		return 2;
	if (ws_event_set(fd) || ws_try(fd))
		return 3;
	if (access_of(fd) != (WS_MODIFY | WS_SYNC))
		return 4;
	/* Another handle of the same rights may be had, one of more not. */
	if (ws_event_set(ws_duplicate(fd, WS_MODIFY, 0)) < 0)
		return 5;
	return ws_duplicate(fd, WS_QUERY, 0) == -EACCES ? 0 : 6;
}

TEST_F(rights, sec6_handles_keep_their_rights)
{
	int fds[] = { self->ns, ws_gate(), ws_gate() };
	pid_t pid;

	ASSERT_EQ(0, ws_set_mode(self->fd, 0007));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_become(OWNER_UID, 1000))
			_exit(255);
		_exit(keeps_its_rights(fds));
	}
	ASSERT_EQ(0, ws_gate_pass(fds[1]));
	ASSERT_EQ(0, ws_set_mode(self->fd, 0));
	ws_gate_open(fds[2]);
	EXPECT_EQ(0, ws_reap(pid));
}

/* --- what each command asks for --------------------------------------- */

static union {
	struct winsync_event_state event;
	struct winsync_mutex_state mutex;
	struct winsync_semaphore_state semaphore;
	struct winsync_timer_state timer;
	struct winsync_stat stat;
	struct winsync_info info;
} output;
static struct winsync_waiters_args waiters;
static struct winsync_semaphore_release_args one = { .count = 1 };
static struct winsync_timer_set_args soon = { .due = 3600 * WS_NSEC_PER_SEC, .alert = -1 };
static struct winsync_wait_args now = { .alert = -1 };

/* With the right the command returns @result, and EACCES without. */
static const struct command {
	const char *name;
	uint32_t type;
	unsigned long cmd;
	void *args;
	uint32_t right;		/* 0: none */
	int result;
} commands[] = {
#define ROW(type, name, args, right, result) \
	{ #name, WINSYNC_TYPE_##type, WINSYNC_IOC_##name, args, right, result }
	ROW(EVENT, EVENT_QUERY, &output, WS_QUERY, 0),
	ROW(EVENT, EVENT_SET, NULL, WS_MODIFY, 0),
	ROW(EVENT, EVENT_RESET, NULL, WS_MODIFY, 0),
	ROW(EVENT, EVENT_PULSE, NULL, WS_MODIFY, 0),
	ROW(EVENT, WAIT, &now, WS_SYNC, -ETIMEDOUT),
	ROW(EVENT, WAITERS, &waiters, WS_QUERY, 0),
	ROW(EVENT, STAT, &output, 0, 0),
	ROW(EVENT, GET_INFO, &output, 0, 0),
	ROW(MUTEX, MUTEX_QUERY, &output, WS_QUERY, 0),
	/* Owned once when it begins, so a release leaves it free [MX-10]. */
	ROW(MUTEX, MUTEX_RELEASE, NULL, 0, 1),
	ROW(MUTEX, WAIT, &now, WS_SYNC, 0),
	ROW(MUTEX, WAITERS, &waiters, WS_QUERY, 0),
	ROW(MUTEX, STAT, &output, 0, 0),
	ROW(SEMAPHORE, SEMAPHORE_QUERY, &output, WS_QUERY, 0),
	ROW(SEMAPHORE, SEMAPHORE_RELEASE, &one, WS_MODIFY, 0),
	ROW(SEMAPHORE, WAIT, &now, WS_SYNC, -ETIMEDOUT),
	ROW(SEMAPHORE, WAITERS, &waiters, WS_QUERY, 0),
	ROW(SEMAPHORE, STAT, &output, 0, 0),
	ROW(TIMER, TIMER_QUERY, &output, WS_QUERY, 0),
	ROW(TIMER, TIMER_SET, &soon, WS_MODIFY, 0),
	ROW(TIMER, TIMER_CANCEL, NULL, WS_MODIFY, 0),
	ROW(TIMER, WAIT, &now, WS_SYNC, -ETIMEDOUT),
	ROW(TIMER, WAITERS, &waiters, WS_QUERY, 0),
	ROW(TIMER, STAT, &output, 0, 0),
#undef ROW
};

static int call(int fd, const struct command *command)
{
	return ws_ioctl(fd, command->cmd, command->args);
}

/* What can be seen of an object, to see that nothing has happened to it. */
struct state {
	union {
		struct winsync_event_state event;
		struct winsync_mutex_state mutex;
		struct winsync_semaphore_state semaphore;
		struct winsync_timer_state timer;
	};
};

static int state_of(int fd, uint32_t type, struct state *state)
{
	memset(state, 0, sizeof(*state));
	switch (type) {
	case WINSYNC_TYPE_EVENT:
		return ws_event_query(fd, &state->event);
	case WINSYNC_TYPE_MUTEX:
		return ws_mutex_query(fd, &state->mutex);
	case WINSYNC_TYPE_SEMAPHORE:
		return ws_semaphore_query(fd, &state->semaphore);
	default:
		return ws_timer_query(fd, &state->timer);
	}
}

TEST(sec11_each_command_asks_for_its_right)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];
		const uint32_t right = command->right;
		int fd = ws_unsignaled(command->type);
		struct state before, after;
		int with, without;

		ASSERT_LE(0, fd);
		/* The one right is enough; a handle without any has READ_CONTROL. */
		with = ws_duplicate(fd, right ? right : READ_CONTROL, 0);
		ASSERT_LE(0, with);
		if (right) {
			without = ws_duplicate(fd, WS_ALL & ~right, 0);
			ASSERT_LE(0, without);
			ASSERT_EQ(0, state_of(fd, command->type, &before));
			EXPECT_EQ(-EACCES, call(without, command))
				TH_LOG("%s without its right", command->name);
			ASSERT_EQ(0, state_of(fd, command->type, &after));
			EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)))
				TH_LOG("%s without its right did something",
				       command->name);
			close(without);
		}
		EXPECT_EQ(command->result, call(with, command))
			TH_LOG("%s with its right alone", command->name);
		close(with);
		close(fd);
	}
}

/* The right is looked at before the state is: no hint of what it is. */
TEST(sec11_signaled_objects_too)
{
	static const uint32_t types[] = {
		WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE,
		WINSYNC_TYPE_TIMER,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		int fd = ws_unsignaled(types[i]);
		int blind = ws_duplicate(fd, WS_ALL & ~WS_SYNC, 0);
		int any[2], other = ws_event(1, 1);

		ASSERT_LE(0, blind);
		ASSERT_LE(0, ws_signal(fd, types[i]));
		any[0] = other;
		any[1] = blind;
		EXPECT_EQ(-EACCES, ws_try(blind));
		EXPECT_EQ(-EACCES, ws_wait(blind, WINSYNC_FOREVER));
		EXPECT_EQ(-EACCES, ws_wait_any(any, 2, 0));
		EXPECT_EQ(-EACCES, ws_wait_all(any, 2, 0));
		EXPECT_EQ(-EACCES, ws_wait_all(any, 2, WINSYNC_FOREVER));
		/* Still there to be taken. */
		EXPECT_EQ(0, ws_try(fd));
		close(fd);
		close(blind);
		close(other);
	}
}

TEST(sec11_wait_takes_nothing_if_one_is_refused)
{
	int semaphore = ws_semaphore(3, 3), event = ws_event(0, 1);
	int blind = ws_duplicate(event, WS_ALL & ~WS_SYNC, 0);
	int fds[] = { semaphore, blind };

	ASSERT_LE(0, blind);
	EXPECT_EQ(-EACCES, ws_wait_any(fds, 2, 0));
	EXPECT_EQ(-EACCES, ws_wait_all(fds, 2, 0));
	EXPECT_EQ(-EACCES, ws_wait_alert(semaphore, 0, blind));
	EXPECT_EQ(3, ws_semaphore_count(semaphore));
	EXPECT_EQ(1, ws_event_signaled(event));
}

TEST(sec11_signal_and_wait_asks_for_both)
{
	int event = ws_event(0, 0), semaphore = ws_semaphore(0, 5);
	int mutex = ws_mutex(1), ready = ws_semaphore(5, 5);
	int blind = ws_duplicate(ready, WS_ALL & ~WS_SYNC, 0);
	int fd;

	ASSERT_LE(0, blind);
	fd = ws_duplicate(event, WS_ALL & ~WS_MODIFY, 0);
	EXPECT_EQ(-EACCES, ws_signal_and_wait(fd, ready, 0, -1));
	EXPECT_EQ(-EACCES, ws_signal_and_wait(event, blind, 0, -1));
	EXPECT_EQ(0, ws_event_signaled(event));
	EXPECT_EQ(0, ws_signal_and_wait(ws_duplicate(event, WS_MODIFY, 0), ready, 0, -1));
	EXPECT_EQ(1, ws_event_signaled(event));

	fd = ws_duplicate(semaphore, WS_ALL & ~WS_MODIFY, 0);
	EXPECT_EQ(-EACCES, ws_signal_and_wait(fd, ready, 0, -1));
	EXPECT_EQ(-EACCES, ws_signal_and_wait(semaphore, blind, 0, -1));
	EXPECT_EQ(0, ws_semaphore_count(semaphore));

	EXPECT_EQ(-EACCES, ws_signal_and_wait(mutex, blind, 0, -1));
	EXPECT_EQ(1, ws_mutex_depth(mutex));
	/* A mutex is released without any right [MX-10]. */
	fd = ws_duplicate(mutex, READ_CONTROL, 0);
	EXPECT_EQ(0, ws_signal_and_wait(fd, ready, 0, -1));
	EXPECT_EQ(0, ws_mutex_depth(mutex));
	EXPECT_EQ(3, ws_semaphore_count(ready));
}

TEST(sec11_timer_alert_needs_modify)
{
	int timer = ws_timer(0), event = ws_event(0, 0);
	int fd = ws_duplicate(event, WS_ALL & ~WS_MODIFY, 0);
	struct winsync_timer_state state;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EACCES, ws_timer_set_full(timer, 0, 0, 0, 0, fd));
	ASSERT_EQ(0, ws_timer_query(timer, &state));
	EXPECT_EQ(0, state.set);
	EXPECT_EQ(0, state.signaled);
	EXPECT_EQ(0, ws_event_signaled(event));
	fd = ws_duplicate(event, WS_MODIFY, 0);
	EXPECT_EQ(0, ws_timer_set_full(timer, 3600 * WS_NSEC_PER_SEC, 0, 0, 0, fd));
}

TEST(poll_needs_synchronize)
{
	int event = ws_event(1, 1);
	struct pollfd with = { .fd = event, .events = POLLIN };
	struct pollfd without = {
		.fd = ws_duplicate(event, WS_ALL & ~WS_SYNC, 0), .events = POLLIN,
	};

	ASSERT_LE(0, without.fd);
	EXPECT_EQ(1, poll(&with, 1, 0));
	EXPECT_EQ(POLLIN, with.revents);
	EXPECT_EQ(1, poll(&without, 1, 0));
	EXPECT_EQ(POLLERR, without.revents);
}

/* DU-3: narrower handles, the first one is not affected. */
TEST(du3_narrower)
{
	int event = ws_event(0, 1), narrow = ws_duplicate(event, WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	EXPECT_EQ(WS_SYNC, access_of(narrow));
	EXPECT_EQ(0, ws_try(narrow));
	EXPECT_EQ(-EACCES, ws_event_set(narrow));
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(WS_ALL, access_of(event));
	/* DU-12 asks for no right at all. */
	EXPECT_EQ(1, ws_same(ws_duplicate(event, READ_CONTROL, 0), narrow));
}

/* DU-4 for unnamed objects: the owner and the mode count there too. */
static int widen_unnamed(void *data)
{
	int narrow = *(int *)data;

	if (ws_duplicate(narrow, WS_ALL, 0) != -EACCES)
		return 1;
	if (access_of(ws_duplicate(narrow, WS_QUERY, 0)) != WS_QUERY)
		return 2;
	return 0;
}

TEST(du4_unnamed)
{
	static const struct ws_user alice = { OWNER_UID, 1000, 0 };
	struct ws_new what = { .mode = 0704 };
	int fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);
	int narrow = ws_duplicate(fd, WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	EXPECT_EQ(0, ws_as(&alice, widen_unnamed, &narrow));
	EXPECT_EQ(WS_ALL, access_of(ws_duplicate(narrow, MAXIMUM, 0)));
}

TEST_HARNESS_MAIN
