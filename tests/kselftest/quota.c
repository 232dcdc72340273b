// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user may have: quotas of objects and namespaces, fds, and memory.
 * Running out is a clear error, changes nothing, and is nobody else's problem.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const struct ws_user alice = { 1000, 1000, 0 };
static const struct ws_user bob = { 1001, 1001, 0 };

static const uint32_t all_types[] = {
	WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE,
	WINSYNC_TYPE_TIMER,
};

/* --- files with a number ---------------------------------------------- */

#define PARAMETERS	"/sys/module/winsync/parameters"

__attribute__((format(printf, 3, 4)))
static int write_file(const char *directory, const char *file, const char *format, ...)
{
	char path[256], text[64];
	va_list args;
	int fd, len, ret;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, len) == len ? 0 : -errno;
	close(fd);
	return ret;
}

static long long read_number(const char *directory, const char *file)
{
	char path[256];
	long long number = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	stream = fopen(path, "re");
	if (!stream)
		return -errno;
	if (fscanf(stream, "%lld", &number) != 1)
		number = -EIO;
	fclose(stream);
	return number;
}

/* What the module was loaded with; whatever a test did before the next one. */
static long long loaded_objects, loaded_namespaces;

__attribute__((constructor)) static void remember_parameters(void)
{
	loaded_objects = read_number(PARAMETERS, "max_objects");
	loaded_namespaces = read_number(PARAMETERS, "max_namespaces");
}

static int set_limits(long long objects, long long namespaces)
{
	int ret = write_file(PARAMETERS, "max_objects", "%lld", objects);

	return ret ? ret : write_file(PARAMETERS, "max_namespaces", "%lld", namespaces);
}

/* --- quotas ----------------------------------------------------------- */

#define OBJECTS		12
#define NAMESPACES	3

FIXTURE(quota) {
	int ns;
	int gates[2];
};

FIXTURE_SETUP(quota)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	self->gates[0] = ws_gate();
	self->gates[1] = ws_gate();
	ASSERT_EQ(0, set_limits(OBJECTS, NAMESPACES));
}

FIXTURE_TEARDOWN(quota)
{
	EXPECT_EQ(0, set_limits(loaded_objects, loaded_namespaces));
	close(self->ns);
}

static int objects_now(void)
{
	struct winsync_info info;

	return ws_info(&info) ? -1 : (int)info.objects;
}

static int namespaces_now(void)
{
	struct winsync_info info;

	return ws_info(&info) ? -1 : (int)info.namespaces;
}

/* A number of objects of all types; the first @named of them have names. */
static int create_objects(int ns, int *fds, int count, int named)
{
	char name[32] = "";
	int i;

	for (i = 0; i < count; i++) {
		if (i < named)
			snprintf(name, sizeof(name), "%d.%d", getpid(), i);
		fds[i] = ws_named(i < named ? ns : ws_device(), all_types[i % 4],
				  i < named ? name : "", 0, NULL);
		if (fds[i] < 0)
			return fds[i];
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

/* The line of what went wrong, as the child's result. */
#define CHECK(condition) do { \
	if (!(condition)) \
		return __LINE__; \
} while (0)

static int use_up_objects(void *data)
{
	const int ns = *(int *)data;
	int fds[OBJECTS], next, fd;
	struct winsync_info info;
	unsigned int i;
	char first[32];

	CHECK(!ws_info(&info));
	CHECK(info.max_objects == OBJECTS && info.objects == 0);
	CHECK(!create_objects(ns, fds, OBJECTS, OBJECTS / 2));
	CHECK(objects_now() == OBJECTS);
	next = ws_next_fd();
	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		CHECK(ws_named(ws_device(), all_types[i], "", 0, NULL) == -EDQUOT);
		CHECK(ws_named(ns, all_types[i], "", 0, NULL) == -EDQUOT);
		CHECK(ws_named(ns, all_types[i], "new", 0, NULL) == -EDQUOT);
		CHECK(ws_named(ns, all_types[i], "new", WINSYNC_CREATE_EXCL, NULL) ==
		      -EDQUOT);
	}
	/* Nothing has changed. */
	CHECK(ws_next_fd() == next);
	CHECK(objects_now() == OBJECTS);
	CHECK(ws_open(ns, "new", 0, WS_ALL) == -ENOENT);
	/* What exists can be opened, created again, and duplicated. */
	snprintf(first, sizeof(first), "%d.0", getpid());
	fd = ws_open(ns, first, 0, WS_ALL);
	CHECK(fd >= 0 && ws_same(fd, fds[0]) == 1);
	close(fd);
	fd = ws_named(ns, all_types[0], first, 0, NULL);
	CHECK(fd >= 0 && ws_same(fd, fds[0]) == 1);
	close(fd);
	CHECK(ws_named(ns, all_types[0], first, WINSYNC_CREATE_EXCL, NULL) == -EEXIST);
	CHECK(ws_named(ns, all_types[1], first, 0, NULL) == -EPROTOTYPE);
	fd = ws_duplicate(fds[0], 0, 0);
	CHECK(fd >= 0);
	/* And what is there works. */
	CHECK(!ws_event_set(fds[0]) && !ws_try(fds[0]));
	/* It is the object that counts, not the handle. */
	close(fds[0]);
	CHECK(ws_named(ns, WINSYNC_TYPE_EVENT, "new", 0, NULL) == -EDQUOT);
	close(fd);
	CHECK(objects_now() == OBJECTS - 1);
	fds[0] = ws_named(ns, WINSYNC_TYPE_EVENT, "new", WINSYNC_CREATE_EXCL, NULL);
	CHECK(fds[0] >= 0);
	CHECK(ws_named(ws_device(), WINSYNC_TYPE_EVENT, "", 0, NULL) == -EDQUOT);
	for (i = 0; i < OBJECTS; i++)
		close(fds[i]);
	CHECK(objects_now() == 0);
	return 0;
}

TEST_F(quota, objects)
{
	ASSERT_EQ(0, ws_set_mode(self->ns, 0777));
	EXPECT_EQ(0, ws_as(&alice, use_up_objects, &self->ns));
	/* Ended processes have nothing: the next one can do the same. */
	EXPECT_EQ(0, ws_as(&alice, use_up_objects, &self->ns));
	EXPECT_EQ(0, ws_as(&bob, use_up_objects, &self->ns));
}

static int use_up_namespaces(void *data)
{
	int fds[NAMESPACES], next, i;
	struct winsync_info info;
	char name[64];

	(void)data;
	CHECK(!ws_info(&info));
	CHECK(info.max_namespaces == NAMESPACES && info.namespaces == 0);
	for (i = 0; i < NAMESPACES; i++) {
		snprintf(name, sizeof(name), "quota.%d.%d", getpid(), i);
		fds[i] = ws_ns(name, WINSYNC_NS_CREATE |
			       (i ? WINSYNC_NS_PER_USER : 0), WS_ALL, 0777);
		CHECK(fds[i] >= 0);
	}
	CHECK(namespaces_now() == NAMESPACES);
	next = ws_next_fd();
	snprintf(name, sizeof(name), "quota.%d.new", getpid());
	CHECK(ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777) == -EDQUOT);
	CHECK(ws_ns(name, WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER, WS_ALL, 0777) ==
	      -EDQUOT);
	CHECK(ws_ns(name, 0, WS_ALL, 0777) == -ENOENT);
	CHECK(ws_next_fd() == next && namespaces_now() == NAMESPACES);
	/* What exists, and the default namespace, can be had. */
	snprintf(name, sizeof(name), "quota.%d.0", getpid());
	CHECK(ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777) >= 0);
	CHECK(ws_ns(name, WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL, WS_ALL, 0777) ==
	      -EEXIST);
	CHECK(ws_default_ns(WS_SYNC) >= 0);
	CHECK(ws_duplicate(fds[1], 0, 0) >= 0);
	/* Destroying takes the name; what remains open is still there. */
	CHECK(!ws_ioctl_value(fds[2], WINSYNC_IOC_NS_DESTROY, 0));
	CHECK(namespaces_now() == NAMESPACES);
	snprintf(name, sizeof(name), "quota.%d.new", getpid());
	CHECK(ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777) == -EDQUOT);
	close(fds[2]);
	CHECK(namespaces_now() == NAMESPACES - 1);
	CHECK(ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777) >= 0);
	return 0;
}

TEST_F(quota, namespaces)
{
	EXPECT_EQ(0, ws_as(&alice, use_up_namespaces, NULL));
	EXPECT_EQ(0, ws_as(&alice, use_up_namespaces, NULL));
	EXPECT_EQ(0, ws_as(&bob, use_up_namespaces, NULL));
}

/* Alice has all she may have, until the gate is opened. */
static pid_t greedy_alice(const int *gates)
{
	pid_t pid = ws_fork();
	int fds[OBJECTS], i;
	char name[64];

	if (pid)
		return pid < 0 || !ws_gate_pass(gates[0]) ? pid : -ETIME;
	if (ws_become(alice.uid, alice.gid) ||
	    create_objects(-1, fds, OBJECTS, 0))
		_exit(1);
	for (i = 0; i < NAMESPACES; i++) {
		snprintf(name, sizeof(name), "greedy.%d.%d", getpid(), i);
		if (ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0777) < 0)
			_exit(2);
	}
	ws_gate_open(gates[0]);
	_exit(ws_gate_pass(gates[1]) ? 3 : 0);
}

static int is_refused(void *data)
{
	(void)data;
	CHECK(objects_now() == OBJECTS);
	CHECK(ws_event(0, 0) == -EDQUOT);
	CHECK(ws_ns("refused", WINSYNC_NS_CREATE, WS_ALL, 0700) == -EDQUOT);
	return 0;
}

TEST_F(quota, all_processes_of_a_user_share_it_and_others_do_not)
{
	pid_t pid = greedy_alice(self->gates);

	ASSERT_LT(0, pid);
	EXPECT_EQ(0, ws_as(&alice, is_refused, NULL));
	/* Another group does not make another user, nor does the real uid. */
	EXPECT_EQ(0, ws_as(&(struct ws_user){ 1000, 7, 8 }, is_refused, NULL));
	EXPECT_EQ(0, ws_as(&bob, use_up_objects, &(int){
			ws_duplicate(self->ns, 0, 0) }));
	EXPECT_EQ(0, ws_as(&bob, use_up_namespaces, NULL));
	/* The machine's administrator is a user like others. */
	EXPECT_LE(0, ws_event(0, 0));
	ws_gate_open(self->gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_as(&alice, use_up_namespaces, NULL));
}

static int has_one_left(void *data)
{
	(void)data;
	CHECK(ws_event(0, 0) >= 0);
	CHECK(ws_event(0, 0) == -EDQUOT);
	CHECK(ws_ns("one left", WINSYNC_NS_CREATE, WS_ALL, 0700) >= 0);
	CHECK(ws_ns("none left", WINSYNC_NS_CREATE, WS_ALL, 0700) == -EDQUOT);
	return 0;
}

TEST_F(quota, limits_can_be_changed_at_run_time)
{
	pid_t pid = greedy_alice(self->gates);

	ASSERT_LT(0, pid);
	/* Nothing is taken away from who has more than the new limit. */
	ASSERT_EQ(0, set_limits(OBJECTS / 2, 0));
	EXPECT_EQ(0, ws_as(&alice, is_refused, NULL));
	ASSERT_EQ(0, set_limits(OBJECTS + 1, NAMESPACES + 1));
	EXPECT_EQ(0, ws_as(&alice, has_one_left, NULL));
	ws_gate_open(self->gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
	ASSERT_EQ(0, set_limits(0, 0));
	EXPECT_EQ(-EDQUOT, ws_event(0, 0));
	EXPECT_EQ(-EDQUOT, ws_ns("none", WINSYNC_NS_CREATE, WS_ALL, 0700));
	EXPECT_LE(0, ws_default_ns(WS_ALL));
	ASSERT_EQ(0, set_limits(0xffffffffLL, 0xffffffffLL));
	EXPECT_LE(0, ws_event(0, 0));
	EXPECT_GT(0, set_limits(-1, 0));
}

/* --- user namespaces are no way around -------------------------------- */

/*
 * Makes alice, or the root of the user namespace she is in, root of one in it. Refused
 * with @ends if there can't be more.
 */
static int enter_user_namespace(int depth, bool *ends)
{
	uid_t uid = depth ? 0 : alice.uid;

	/* Else its files in /proc are root's, after what ws_become() did. */
	CHECK(!prctl(PR_SET_DUMPABLE, 1));
	if (unshare(CLONE_NEWUSER)) {
		/* No deeper, rather than not allowed or out of memory. */
		CHECK(ends && (errno == ENOSPC || errno == EUSERS));
		*ends = true;
		return 0;
	}
	CHECK(!write_file("/proc/self", "uid_map", "0 %u 1\n", uid));
	/* Who may not set groups may map its own. */
	CHECK(!write_file("/proc/self", "setgroups", "deny"));
	CHECK(!write_file("/proc/self", "gid_map", "0 %u 1\n", uid));
	return 0;
}

/* In @most of them, or as many as the kernel allows, which are more than @least. */
static int evade(int most, int least)
{
	bool ends = false;
	int depth;

	for (depth = 0; depth < most; depth++) {
		int ret = enter_user_namespace(depth, &ends);

		if (ret)
			return ret;
		if (ends)
			break;
		CHECK(ws_event(0, 0) == -EDQUOT);
		CHECK(ws_named(ws_device(), WINSYNC_TYPE_TIMER, "", 0, NULL) == -EDQUOT);
		CHECK(ws_ns("evade", WINSYNC_NS_CREATE, WS_ALL, 0700) == -EDQUOT);
	}
	CHECK(depth > least);
	return 0;
}

static int evade_once(void *data)
{
	(void)data;
	return evade(1, 0);
}

/* Linux nests 33 in the initial one: whoever counts to 32 loses that one. */
static int evade_as_deep_as_can_be(void *data)
{
	(void)data;
	return evade(INT_MAX, 32);
}

TEST_F(quota, user_namespaces_are_charged_to_their_creator)
{
	pid_t pid = greedy_alice(self->gates);

	ASSERT_LT(0, pid);
	EXPECT_EQ(0, ws_as(&alice, evade_once, NULL));
	EXPECT_EQ(0, ws_as(&alice, evade_as_deep_as_can_be, NULL));
	ws_gate_open(self->gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
}

static int map_ids(pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char directory[32];
	unsigned int i;
	int ret = 0;

	snprintf(directory, sizeof(directory), "/proc/%d", pid);
	for (i = 0; !ret && i < ARRAY_SIZE(files); i++)
		ret = write_file(directory, files[i], "0 1000 1\n1 1001 1\n");
	return ret;
}

/* Half as root of the container, the other half as another user of it. */
static int share_the_creators_quota(const int *gates)
{
	int fds[OBJECTS];

	CHECK(!ws_gate_pass(gates[1]));
	CHECK(!syscall(SYS_setresuid, 0, 0, 0));
	CHECK(!create_objects(-1, fds, OBJECTS / 2, 0));
	CHECK(objects_now() == OBJECTS / 2);
	CHECK(!syscall(SYS_setresuid, 1, 1, 1));
	CHECK(objects_now() == 0);
	CHECK(!create_objects(-1, fds, OBJECTS / 2, 0));
	CHECK(objects_now() == OBJECTS / 2);
	CHECK(ws_event(0, 0) == -EDQUOT);
	ws_gate_open(gates[0]);
	CHECK(!ws_gate_pass(gates[1]));
	return 0;
}

static int has_nothing_left(void *data)
{
	(void)data;
	CHECK(objects_now() == OBJECTS);
	CHECK(ws_event(0, 0) == -EDQUOT);
	return 0;
}

static int has_everything_left(void *data)
{
	int fds[OBJECTS];

	(void)data;
	CHECK(objects_now() == 0);
	CHECK(!create_objects(-1, fds, OBJECTS, 0));
	return 0;
}

TEST_F(quota, users_of_a_container_share_its_creators)
{
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_become(1000, 1000) || unshare(CLONE_NEWUSER))
			_exit(1);
		ws_gate_open(self->gates[0]);
		_exit(share_the_creators_quota(self->gates) ? 2 : 0);
	}
	ASSERT_EQ(0, ws_gate_pass(self->gates[0]));
	ASSERT_EQ(0, map_ids(pid));
	ws_gate_open(self->gates[1]);
	ASSERT_EQ(0, ws_gate_pass(self->gates[0]));
	/* Outside, alice has it all on her account, and bob nothing. */
	EXPECT_EQ(0, ws_as(&alice, has_nothing_left, NULL));
	EXPECT_EQ(0, ws_as(&bob, has_everything_left, NULL));
	ws_gate_open(self->gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_as(&alice, has_everything_left, NULL));
}

/* --- who is charged, and for how long --------------------------------- */

static int make_and_send(void *data)
{
	int fd = ws_event(0, 0);

	CHECK(fd >= 0);
	return ws_send_fds(*(int *)data, &fd, 1);
}

static int has_one(void *data)
{
	(void)data;
	return objects_now() == 1 ? 0 : 1 + objects_now();
}

TEST_F(quota, the_creator_is_charged_until_the_object_is_gone)
{
	int sockets[2], fd, before = objects_now();

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	ASSERT_EQ(0, ws_as(&alice, make_and_send, &sockets[0]));
	ASSERT_EQ(0, ws_receive_fds(sockets[1], &fd, 1));
	EXPECT_EQ(before, objects_now());
	EXPECT_EQ(0, ws_as(&alice, has_one, NULL));
	close(fd);
	EXPECT_EQ(0, ws_as(&alice, has_everything_left, NULL));
}

static int unreadable_answer(int base, uint32_t name_len)
{
	struct winsync_event_create_args *args;
	int ret;

	/* The existed field can't be written: that is known only at the end. */
	args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (args == MAP_FAILED)
		return -errno;
	args->create.name = (uintptr_t)"late failure";
	args->create.name_len = name_len;
	args->create.access = WS_ALL;
	mprotect(args, 4096, PROT_READ);
	ret = ws_ioctl(base, WINSYNC_IOC_EVENT_CREATE, args);
	munmap(args, 4096);
	return ret;
}

static int fail_often(void *data)
{
	const int ns = *(int *)data;
	unsigned int i, next;
	int event = ws_named(ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);

	CHECK(event >= 0);
	next = ws_next_fd();
	for (i = 0; i < 5 * OBJECTS; i++) {
		CHECK(ws_named(ns, WINSYNC_TYPE_MUTEX, "event", 0, NULL) == -EPROTOTYPE);
		CHECK(ws_named(ns, WINSYNC_TYPE_EVENT, "event", WINSYNC_CREATE_EXCL,
			       NULL) == -EEXIST);
		CHECK(ws_named(ns, WINSYNC_TYPE_EVENT, "a\\b", 0, NULL) == -EINVAL);
		CHECK(ws_semaphore(2, 1) == -EINVAL);
		CHECK(unreadable_answer(ws_device(), 0) == -EFAULT);
		CHECK(unreadable_answer(ns, 12) == -EFAULT);
		CHECK(ws_open(ns, "late failure", 0, WS_ALL) == -ENOENT);
		CHECK(ws_ns("a\\b", WINSYNC_NS_CREATE, WS_ALL, 0) == -EINVAL);
		CHECK(ws_ns("failing", WINSYNC_NS_CREATE, 0, 0) == -EACCES);
	}
	CHECK(ws_next_fd() == (int)next);
	CHECK(objects_now() == 1);
	CHECK(namespaces_now() == 0);
	return 0;
}

TEST_F(quota, what_fails_is_not_charged)
{
	ASSERT_EQ(0, ws_set_mode(self->ns, 0777));
	EXPECT_EQ(0, ws_as(&alice, fail_often, &self->ns));
}

/*
 * A user namespace is kept by what is charged in it, and by each open device and
 * handle of a namespace, but no longer: if only one way out of all that
 * forgot it, the kernel would soon refuse to make another.
 */
#define AT_A_TIME	3

static bool new_user_namespace(void *data)
{
	int *error = data;

	/* The kernel frees them later, in the background. */
	*error = unshare(CLONE_NEWUSER | CLONE_NEWIPC) ? errno : 0;
	return *error != ENOSPC;
}

static int use_up_in_user_namespace(void *data)
{
	int fds[OBJECTS], error, i;
	char name[32];

	(void)data;
	CHECK(ws_await(new_user_namespace, &error) && !error);
	CHECK(ws_open_device() >= 0);
	CHECK(objects_now() == 0);
	CHECK(!create_objects(-1, fds, OBJECTS, 0));
	for (i = 0; i < NAMESPACES; i++) {
		snprintf(name, sizeof(name), "kept.%d", i);
		fds[i] = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
		CHECK(fds[i] >= 0);
	}
	CHECK(ws_duplicate(fds[0], 0, 0) >= 0);
	CHECK(ws_event(0, 0) == -EDQUOT);
	CHECK(ws_ns("refused", WINSYNC_NS_CREATE, WS_ALL, 0700) == -EDQUOT);
	CHECK(objects_now() == OBJECTS);
	return 0;
}

static int many_user_namespaces(void)
{
	int ret = enter_user_namespace(0, NULL);
	unsigned int i;

	CHECK(!ret);
	CHECK(!write_file("/proc/sys/user", "max_user_namespaces", "%d", AT_A_TIME));
	for (i = 0; i < 10 * AT_A_TIME; i++) {
		ret = ws_in_child(use_up_in_user_namespace, NULL);
		if (ret)
			return ret;
	}
	return 0;
}

TEST_F(quota, user_namespaces_do_not_leak)
{
	/* The line of what went wrong, for an exit status it is too large. */
	int *line = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_NE(MAP_FAILED, (void *)line);
	ASSERT_EQ(0, write_file("/sys/kernel", "rcu_expedited", "1"));
	pid = ws_fork();
	if (!pid) {
		*line = ws_become(alice.uid, alice.gid);
		if (!*line)
			*line = many_user_namespaces();
		_exit(0);
	}
	EXPECT_LT(0, pid);
	EXPECT_EQ(0, reap_slow(pid));
	EXPECT_EQ(0, *line);
	EXPECT_EQ(0, write_file("/sys/kernel", "rcu_expedited", "0"));
}

/* --- fds -------------------------------------------------------------- */

static int run_out_of_fds(void *data)
{
	const int ns = *(int *)data;
	struct rlimit limit = { ws_next_fd() + 8, ws_next_fd() + 8 };
	int fds[16], count = 0, i, fd;

	CHECK(ws_device() >= 0);
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = ws_event(0, 0)) >= 0)
		fds[count++] = fd;
	CHECK(fd == -EMFILE);
	CHECK(objects_now() == count);
	for (i = 0; i < 3; i++) {
		CHECK(ws_named(ns, WINSYNC_TYPE_EVENT, "new", 0, NULL) == -EMFILE);
		CHECK(ws_ns("new", WINSYNC_NS_CREATE, WS_ALL, 0700) == -EMFILE);
		CHECK(ws_duplicate(fds[0], 0, 0) == -EMFILE);
	}
	CHECK(objects_now() == count);
	CHECK(namespaces_now() == 0);
	CHECK(ws_handles(fds[0]) == 1);
	close(fds[--count]);
	CHECK(ws_open(ns, "new", 0, WS_ALL) == -ENOENT);
	fds[count++] = ws_named(ns, WINSYNC_TYPE_EVENT, "new", WINSYNC_CREATE_EXCL,
				NULL);
	CHECK(fds[count - 1] >= 0);
	CHECK(ws_open(ns, "new", 0, WS_ALL) == -EMFILE);
	CHECK(ws_handles(fds[count - 1]) == 1);
	return 0;
}

TEST_F(quota, fds_run_out)
{
	ASSERT_EQ(0, set_limits(loaded_objects, loaded_namespaces));
	ASSERT_EQ(0, ws_set_mode(self->ns, 0777));
	EXPECT_EQ(0, ws_as(&alice, run_out_of_fds, &self->ns));
}

/* --- memory ----------------------------------------------------------- */

#define CGROUPS		"/sys/fs/cgroup"
#define CGROUP		CGROUPS "/winsync-quota"

FIXTURE(memory) {
	int ns;
};

FIXTURE_SETUP(memory)
{
	ASSERT_EQ(0, set_limits(loaded_objects, loaded_namespaces));
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	ASSERT_EQ(0, write_file(CGROUPS, "cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0755));
}

static bool cgroup_is_gone(void *data)
{
	(void)data;
	return !rmdir(CGROUP);
}

FIXTURE_TEARDOWN(memory)
{
	close(self->ns);
	EXPECT_EQ(0, set_limits(loaded_objects, loaded_namespaces));
	EXPECT_TRUE(ws_await(cgroup_is_gone, NULL));
}

/*
 * What the cgroup is charged for memory of slabs, which all that stays of the module is:
 * exactly, but for some bytes that the processor has not told yet, less than @UNTOLD.
 */
#define UNTOLD	(6 * 4096)

static long long slabs_charged(void)
{
	/* The kernel adds up what its processors count when that are some pages. */
	const size_t size = sysconf(_SC_NPROCESSORS_CONF) * 256 * 4096UL;
	long long charged = -EIO;
	char line[128], *pages;
	FILE *file;

	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (pages == MAP_FAILED)
		return -errno;
	memset(pages, 1, size);
	munmap(pages, size);
	file = fopen(CGROUP "/memory.stat", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "slab %lld", &charged) == 1)
			break;
	if (file)
		fclose(file);
	return charged;
}

/* What an object of one of the kernel's caches takes; a negative errno if unknown. */
static long long size_in(const char *cache)
{
	char directory[128];

	snprintf(directory, sizeof(directory), "/sys/kernel/slab/%s", cache);
	return read_number(directory, "slab_size");
}

/* An open file that is in no directory. */
static long long size_of_file(void)
{
	return size_in("filp") + size_in("dentry");
}

struct charged {
	int fd;		/* a namespace, or what is duplicated */
	uint32_t type;
	/* Makes one more, whose number is given; 0 or a negative errno. */
	int (*make)(const struct charged *charged, unsigned int number);
	unsigned int count;
	long long grown;
	int result;
};

/* On one processor: the others then have nothing that they have not told yet. */
static int enter_cgroup(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	return write_file(CGROUP, "cgroup.procs", "0");
}

/* What an action returned in a child, which may take its time. */
static int run_in_child(int (*action)(struct charged *charged), struct charged *charged)
{
	int status;
	pid_t pid;

	charged->result = -ECHILD;
	pid = ws_fork();
	if (!pid) {
		charged->result = action(charged);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -ECHILD :
	       charged->result;
}

static int make_in_cgroup(struct charged *charged)
{
	long long before;
	unsigned int i;
	int ret;

	ret = enter_cgroup();
	if (ret)
		return ret;
	if (ws_raise_nofile(charged->count + 100) < charged->count + 100)
		return -EMFILE;
	/* What the process itself takes, its table of fds for one, is there before. */
	if (dup2(0, charged->count + 50) < 0)
		return -errno;
	ret = charged->make(charged, charged->count);
	before = slabs_charged();
	for (i = 0; i < charged->count && !ret; i++)
		ret = charged->make(charged, i);
	charged->grown = slabs_charged() - before;
	return ret;
}

/*
 * How many bytes each of those is charged, at most. The kernel adds a pointer for each
 * allocation; so what is needed at least is the sizes alone.
 */
static long long bytes_each(int fd, uint32_t type,
			    int (*make)(const struct charged *charged,
					unsigned int number))
{
	struct charged *charged = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long bytes;

	if (charged == MAP_FAILED)
		return -errno;
	/* A new one: what was charged before is given back only little by little. */
	if (!ws_await(cgroup_is_gone, NULL) || mkdir(CGROUP, 0755))
		return -EBUSY;
	*charged = (struct charged){
		.fd = fd, .type = type, .make = make,
		.count = 500 + ws_scale(2500),
	};
	bytes = run_in_child(make_in_cgroup, charged);
	if (!bytes)
		bytes = (charged->grown + UNTOLD) / charged->count;
	munmap(charged, 4096);
	return bytes;
}

static int make_object(const struct charged *charged, unsigned int number)
{
	int fd = ws_named(ws_device(), charged->type, "", 0, NULL);

	(void)number;
	return fd < 0 ? fd : 0;
}

static int make_named(const struct charged *charged, unsigned int number)
{
	char name[WINSYNC_NAME_MAX + 1];
	int fd;

	memset(name, 'n', sizeof(name));
	snprintf(name, sizeof(name), "%u", number);
	name[strlen(name)] = 'n';
	fd = ws_create(charged->fd, charged->type, &(struct ws_new){
			.name = name, .name_len = WINSYNC_NAME_MAX, .mode = 0777,
			.second = 1 });
	return fd < 0 ? fd : 0;
}

static const struct {
	uint32_t type;
	const char *cache;
} caches[] = {
	{ WINSYNC_TYPE_EVENT, "[winsync-event]" },
	{ WINSYNC_TYPE_MUTEX, "[winsync-mutex]" },
	{ WINSYNC_TYPE_SEMAPHORE, "[winsync-semaphore]" },
	{ WINSYNC_TYPE_TIMER, "[winsync-timer]" },
};

#define NEEDS_SIZES() do {						\
	if (size_of_file() < 0 || size_in("winsync_handle") < 0)	\
		SKIP(return, "the kernel does not tell sizes");		\
} while (0)

TEST_F_TIMEOUT(memory, objects_and_names_are_charged, 1200)
{
	unsigned int i;

	NEEDS_SIZES();
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		long long object = size_in(caches[i].cache), unnamed, named;

		ASSERT_LT(0, object);
		object += size_of_file();
		unnamed = bytes_each(self->ns, caches[i].type, make_object);
		EXPECT_LE(object, unnamed);
		named = bytes_each(self->ns, caches[i].type, make_named);
		EXPECT_LE(object + WINSYNC_NAME_MAX, named);
		TH_LOG("%s: %lld bytes, %lld with a name, of %lld and %d",
		       caches[i].cache, unnamed, named, object, WINSYNC_NAME_MAX);
	}
}

static int make_handle(const struct charged *charged, unsigned int number)
{
	int fd = ws_duplicate(charged->fd, WS_QUERY, 0);

	(void)number;
	return fd < 0 ? fd : 0;
}

TEST_F(memory, handles_are_charged)
{
	long long bytes, least;

	NEEDS_SIZES();
	least = size_of_file() + size_in("winsync_handle");
	bytes = bytes_each(ws_event(0, 0), 0, make_handle);
	EXPECT_LE(least, bytes);
	TH_LOG("%lld bytes a handle, of %lld", bytes, least);
}

/* The namespace itself, which has room for its name, and the handle to it. */
#define BYTES_OF_A_NAMESPACE	(2048 + 32)

static int make_namespace(const struct charged *charged, unsigned int number)
{
	char name[64];
	int fd;

	(void)charged;
	snprintf(name, sizeof(name), "charged.%d.%u", getpid(), number);
	fd = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	return fd < 0 ? fd : 0;
}

TEST_F(memory, namespaces_are_charged)
{
	long long bytes, least;

	NEEDS_SIZES();
	ASSERT_EQ(0, set_limits(loaded_objects, 100000));
	least = size_of_file() + BYTES_OF_A_NAMESPACE;
	bytes = bytes_each(self->ns, 0, make_namespace);
	EXPECT_LE(least, bytes);
	TH_LOG("%lld bytes a namespace, of %lld", bytes, least);
}

/* The record of who is charged for objects, which an open device keeps. */
#define BYTES_OF_A_USER	96

static int make_user(const struct charged *charged, unsigned int number)
{
	const uid_t uid = 100000 + number;
	int fd;

	(void)charged;
	/* Of this thread only, and not for long. */
	if (syscall(SYS_setresuid, -1, uid, -1))
		return -errno;
	fd = ws_open_device();
	if (syscall(SYS_setresuid, -1, 0, -1))
		return -errno;
	return fd < 0 ? fd : 0;
}

TEST_F(memory, users_are_charged)
{
	long long bytes, least;

	NEEDS_SIZES();
	/* A file has its opener's credentials. */
	least = size_in("filp") + size_in("cred_jar") + BYTES_OF_A_USER;
	bytes = bytes_each(self->ns, 0, make_user);
	EXPECT_LE(least, bytes);
	TH_LOG("%lld bytes a user, of %lld", bytes, least);
}

/* Threads that take part when all are there, and stay until all have. */
struct owners {
	pthread_barrier_t barriers[3];
	int mutex;
	int failed;
};

static void *become_owner(void *data)
{
	struct owners *owners = data;
	int result;

	pthread_barrier_wait(&owners->barriers[0]);
	/* Whoever tries to own something has a record. */
	result = ws_try(owners->mutex);
	if (result == 0 ? ws_mutex_release(owners->mutex) != 1 : result != -ETIMEDOUT)
		__atomic_store_n(&owners->failed, 1, __ATOMIC_RELAXED);
	pthread_barrier_wait(&owners->barriers[1]);
	pthread_barrier_wait(&owners->barriers[2]);
	return NULL;
}

static int make_owners(struct charged *charged)
{
	struct owners owners = { .mutex = ws_mutex(0) };
	pthread_attr_t attributes;
	pthread_t thread;
	long long before;
	unsigned int i;
	int ret;

	ret = enter_cgroup();
	if (ret)
		return ret;
	for (i = 0; i < 3; i++)
		pthread_barrier_init(&owners.barriers[i], NULL, charged->count + 1);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (i = 0; i < charged->count; i++)
		if (pthread_create(&thread, &attributes, become_owner, &owners))
			return -EAGAIN;
	before = slabs_charged();
	pthread_barrier_wait(&owners.barriers[0]);
	pthread_barrier_wait(&owners.barriers[1]);
	charged->grown = slabs_charged() - before;
	pthread_barrier_wait(&owners.barriers[2]);
	return owners.failed ? -EIO : 0;
}

TEST_F(memory, owners_are_charged)
{
	struct charged *charged = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long size = size_in("winsync_owner"), bytes;

	if (size < 0)
		SKIP(return, "the kernel does not tell sizes");
	ASSERT_NE(MAP_FAILED, charged);
	charged->count = 100 + ws_scale(1900);
	ASSERT_EQ(0, run_in_child(make_owners, charged));
	bytes = (charged->grown + UNTOLD) / charged->count;
	EXPECT_LE(size, bytes);
	TH_LOG("%lld bytes an owner, of %lld", bytes, size);
}

/* Creates until it can't. */
static int create_without_end(int ns)
{
	unsigned int i;

	if (write_file(CGROUP, "cgroup.procs", "0"))
		return 1;
	ws_raise_nofile(200000);
	for (i = 0;; i++) {
		int ret = make_named(&(struct charged){
				.fd = ns, .type = WINSYNC_TYPE_EVENT }, i);

		if (ret)
			return ret == -ENOMEM ? 0 : 2;
	}
}

static unsigned long long oom_kills(void)
{
	unsigned long long count = 0;
	char line[128];
	FILE *file = fopen(CGROUP "/memory.events", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "oom_kill %llu", &count) == 1)
			break;
	if (file)
		fclose(file);
	return count;
}

/* Only who has used it up ends, and leaves nothing. */
TEST_F(memory, limit_hits_only_who_creates)
{
	int bystander = ws_named(self->ns, WINSYNC_TYPE_EVENT, "bystander", 0, NULL);
	int before = objects_now(), status;
	uint64_t cursor = 0;
	char buffer[4096];
	pid_t pid;

	ASSERT_LE(0, bystander);
	ASSERT_EQ(0, write_file(CGROUP, "memory.max", "%u",
				(8 + ws_scale(16)) << 20));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(create_without_end(self->ns));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	if (WIFSIGNALED(status)) {
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
		EXPECT_LE(1, oom_kills());
	} else {
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
	EXPECT_EQ(before, objects_now());
	EXPECT_EQ(0, ws_event_set(bystander));
	EXPECT_LE(0, ws_named(self->ns, WINSYNC_TYPE_EVENT, "after", 0, NULL));
	/* The names went with it. */
	EXPECT_LT(0, ws_list(self->ns, &cursor, buffer, sizeof(buffer)));
	EXPECT_EQ(0, ws_list(self->ns, &cursor, buffer, sizeof(buffer)));
}

TEST_HARNESS_MAIN
