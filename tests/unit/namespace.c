// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces and lists. */
#include <pthread.h>

#include "fake.h"

#define NS (FAKE_FD + 10)

static struct winsync_ns_args seen;
static char seen_name[WINSYNC_NAME_MAX + 1];
static uint32_t answer_existed;

static void see_ns(void *argument)
{
	struct winsync_ns_args *args = argument;

	seen = *args;
	assert_true(args->name_len <= WINSYNC_NAME_MAX);
	if (args->name_len)
		memcpy(seen_name, (const void *)(uintptr_t)args->name, args->name_len);
	seen_name[args->name_len] = '\0';
	args->existed = answer_existed;
}

static void opens_scopes(void **state)
{
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
	assert_int_equal(wsync_namespace_scope(context, WSYNC_SCOPE_GLOBAL,
					       WSYNC_NS_CREATE, NULL, &fd), 0);
	assert_int_equal(fd, NS);
	assert_int_equal(seen.name_len, 0);
	assert_int_equal(seen.flags, 0);
	assert_int_equal(seen.access, WSYNC_ACCESS_DEFAULT);
	assert_int_equal(seen.mode, 0);
	assert_int_equal(seen.uid, 0);

	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
	assert_int_equal(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL,
					       WSYNC_NS_CREATE | WSYNC_INHERIT, NULL, &fd), 0);
	assert_string_equal(seen_name, "Local");
	assert_int_equal(seen.flags,
			 WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER | WINSYNC_INHERIT);
	assert_int_equal(seen.mode, 0700);
	assert_int_equal(seen.uid, WINSYNC_UID_SELF);
	fake_context_drop(context);
}

static void opens_another_users_local(void **state)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts), .uid = 0, .other_user = 1, .access = WSYNC_ACCESS_QUERY,
	};
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
	assert_int_equal(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts, &fd), 0);
	assert_int_equal(seen.uid, 0);
	assert_int_equal(seen.access, WSYNC_ACCESS_QUERY);
	assert_int_equal(seen.flags, WINSYNC_NS_PER_USER);
	opts.uid = 1000;
	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
	assert_int_equal(wsync_namespace_open(context, "mine", WSYNC_NS_PER_USER, &opts,
					      &fd, NULL), 0);
	assert_int_equal(seen.uid, 1000);
	fake_context_drop(context);
}

static void opens_by_name(void **state)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts), .access = WSYNC_ACCESS_ALL, .mode = 0750,
	};
	struct wsync_context *context = fake_context();
	bool existed = false;
	int fd = -1;

	(void)state;
	answer_existed = 1;
	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
	assert_int_equal(wsync_namespace_open(context, "private", WSYNC_NS_CREATE |
					      WSYNC_EXCL | WSYNC_NS_OWNED, &opts, &fd,
					      &existed), 0);
	assert_int_equal(fd, NS);
	assert_true(existed);
	assert_string_equal(seen_name, "private");
	assert_int_equal(seen.flags,
			 WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL | WINSYNC_NS_OWNED);
	assert_int_equal(seen.access, WSYNC_ACCESS_ALL);
	assert_int_equal(seen.mode, 0750);
	assert_int_equal(seen.uid, 0);
	answer_existed = 0;
	opts.mode = WSYNC_MODE_NONE;
	opts.access = WSYNC_ACCESS_NONE;
	expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, -EACCES, see_ns);
	fd = -1;
	assert_error(wsync_namespace_open(context, "p", WSYNC_NS_CREATE, &opts, &fd, &existed),
		     EACCES);
	assert_int_equal(seen.mode, 0);
	assert_int_equal(seen.access, 0);
	assert_int_equal(fd, -1);
	assert_true(existed);
	fake_context_drop(context);
}

static void checks_arguments(void **state)
{
	struct wsync_namespace_opts opts = { .sz = sizeof(opts) };
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	assert_error(wsync_namespace_open(context, NULL, 0, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "", 0, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "x", 0, NULL, NULL, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "x", WSYNC_OWNED, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "x", WSYNC_EXCL, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "\\x", 0, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_open(context, "Global\\x", 0, NULL, &fd, NULL), ENOTDIR);
	opts.mode = 01000;
	assert_error(wsync_namespace_open(context, "x", 0, &opts, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts, &fd), EINVAL);
	opts.mode = 0;
	opts.uid = 5;
	assert_error(wsync_namespace_open(context, "x", WSYNC_NS_PER_USER, &opts, &fd, NULL),
		     EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts, &fd), EINVAL);
	opts.other_user = 1;
	assert_error(wsync_namespace_open(context, "x", 0, &opts, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_GLOBAL, 0, &opts, &fd), EINVAL);
	opts.other_user = 2;
	assert_error(wsync_namespace_open(context, "x", WSYNC_NS_PER_USER, &opts, &fd, NULL),
		     EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts, &fd), EINVAL);
	opts.sz = 3;
	assert_error(wsync_namespace_open(context, "x", 0, &opts, &fd, NULL), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts, &fd), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_UNNAMED, 0, NULL, &fd), EINVAL);
	assert_error(wsync_namespace_scope(context, 3, 0, NULL, &fd), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, NULL, NULL), EINVAL);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, WSYNC_EXCL, NULL, &fd),
		     EINVAL);
	assert_int_equal(fd, -1);
	expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, -ENOENT);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, NULL, &fd), ENOENT);
	assert_int_equal(fd, -1);
	fake_context_drop(context);
}

static void destroys(void **state)
{
	(void)state;
	expect_ioctl(NS, WINSYNC_IOC_NS_DESTROY, 0);
	assert_int_equal(wsync_namespace_destroy(NS), 0);
	expect_ioctl(NS, WINSYNC_IOC_NS_DESTROY, -EACCES);
	assert_error(wsync_namespace_destroy(NS), EACCES);
}

/* Two calls: a mutex and a per-user namespace, then the end. */
static void list_first(void *argument)
{
	struct winsync_list_args *args = argument;
	struct winsync_list_entry *entry = (void *)(uintptr_t)args->buffer;

	assert_int_equal(args->cursor, 0);
	assert_true(args->size >= 4096);
	memset(entry, 0, 2 * sizeof(*entry) + 8);
	entry->size = sizeof(*entry) + 8;
	entry->type = WINSYNC_TYPE_MUTEX;
	entry->id = 7;
	entry->created = 8;
	entry->counters.signals = 21;
	entry->counters.acquisitions = 22;
	entry->counters.abandonments = 23;
	entry->uid = 9;
	entry->gid = 10;
	entry->mode = 0644;
	entry->handles = 2;
	entry->waiters = 3;
	entry->signaled = 1;
	entry->value = 4;
	entry->extra = 5;
	entry->ns_uid = WINSYNC_UID_SELF;
	entry->name_len = 3;
	memcpy(entry->name, "a\nb", 3);
	entry = (void *)((char *)entry + entry->size);
	entry->size = sizeof(*entry);
	entry->type = WINSYNC_TYPE_NAMESPACE;
	entry->ns_uid = 1000;
	args->size = (uint32_t)(2 * sizeof(*entry) + 8);
	args->cursor = 42;
}

static void list_end(void *argument)
{
	struct winsync_list_args *args = argument;

	assert_int_equal(args->cursor, 42);
	args->size = 0;
}

static unsigned int entries;

static int see_entry(const struct wsync_list_entry *entry, void *arg)
{
	int *end = arg;

	entries++;
	assert_int_equal(entry->sz, sizeof(*entry));
	if (entry->type == WSYNC_TYPE_NAMESPACE) {
		assert_true(entry->ns_per_user);
		assert_int_equal(entry->ns_uid, 1000);
		assert_string_equal(entry->name, "");
		return 0;
	}
	assert_int_equal(entry->type, WSYNC_TYPE_MUTEX);
	assert_int_equal(entry->id, 7);
	assert_int_equal(entry->created, 8);
	assert_int_equal(entry->signals, 21);
	assert_int_equal(entry->acquisitions, 22);
	assert_int_equal(entry->abandonments, 23);
	assert_int_equal(entry->uid, 9);
	assert_int_equal(entry->gid, 10);
	assert_int_equal(entry->mode, 0644);
	assert_int_equal(entry->handles, 2);
	assert_int_equal(entry->waiters, 3);
	assert_true(entry->signaled);
	assert_int_equal(entry->value, 4);
	assert_int_equal(entry->extra, 5);
	assert_false(entry->ns_per_user);
	assert_int_equal(entry->name_len, 3);
	assert_string_equal(entry->name, "a\nb");
	return *end;
}

static void lists(void **state)
{
	struct wsync_context *context = fake_context();
	int go_on = 0, stop = 17;

	(void)state;
	entries = 0;
	expect_ioctl_do(NS, WINSYNC_IOC_LIST, 0, list_first);
	expect_ioctl_do(NS, WINSYNC_IOC_LIST, 0, list_end);
	assert_int_equal(wsync_list(NS, see_entry, &go_on), 0);
	assert_int_equal(entries, 2);
	entries = 0;
	expect_ioctl_do(NS, WINSYNC_IOC_LIST, 0, list_first);
	assert_int_equal(wsync_list(NS, see_entry, &stop), 17);
	assert_int_equal(entries, 1);
	expect_ioctl_do(DEVICE, WINSYNC_IOC_LIST, 0, list_first);
	expect_ioctl_do(DEVICE, WINSYNC_IOC_LIST, 0, list_end);
	assert_int_equal(wsync_list_namespaces(context, see_entry, &go_on), 0);
	expect_ioctl(NS, WINSYNC_IOC_LIST, -EACCES);
	assert_error(wsync_list(NS, see_entry, &go_on), EACCES);
	assert_error(wsync_list(-1, see_entry, &go_on), EBADF);
	assert_error(wsync_list(NS, NULL, NULL), EINVAL);
	assert_error(wsync_list_namespaces(context, NULL, NULL), EINVAL);
	fake_failing_allocation = 1;
	assert_error(wsync_list(NS, see_entry, &go_on), ENOMEM);
	fake_context_drop(context);
}

static int answer_list(int fd, unsigned long request, void *argument)
{
	(void)fd;
	assert_int_equal(request, WINSYNC_IOC_LIST);
	list_first(argument);
	return 0;
}

static int end_thread(const struct wsync_list_entry *entry, void *arg)
{
	(void)entry;
	pthread_exit(arg);
}

static void *list_and_end(void *arg)
{
	wsync_list(NS, end_thread, arg);
	return NULL;
}

/* Nothing stays behind: whoever looks for leaks would see the buffer. */
static void callbacks_may_end_the_thread(void **state)
{
	pthread_t thread;
	void *result = NULL;
	int mark;

	(void)state;
	fake_module = answer_list;
	assert_int_equal(pthread_create(&thread, NULL, list_and_end, &mark), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &mark);
	fake_module = NULL;
}

static struct winsync_list_entry broken;
static uint32_t broken_size;

static void list_broken(void *argument)
{
	struct winsync_list_args *args = argument;

	memcpy((void *)(uintptr_t)args->buffer, &broken, sizeof(broken));
	args->size = broken_size;
}

static void does_not_trust_entries(void **state)
{
	static const struct { uint32_t total, size, name; } cases[] = {
		{ 8, 88, 0 },		/* less than an entry */
		{ 88, 0, 0 },
		{ 88, 96, 0 },		/* beyond the end */
		{ 96, 89, 0 },		/* not a multiple of 8 */
		{ 88, 88, 1 },		/* a name beyond the entry */
		{ 16384, 16384, 781 },	/* a name longer than any */
	};
	int zero = 0;

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		broken = (struct winsync_list_entry){
			.size = cases[i].size, .name_len = cases[i].name,
			.type = WINSYNC_TYPE_EVENT,
		};
		broken_size = cases[i].total;
		expect_ioctl_do(NS, WINSYNC_IOC_LIST, 0, list_broken);
		assert_error(wsync_list(NS, see_entry, &zero), EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_scopes),
		cmocka_unit_test(opens_another_users_local),
		cmocka_unit_test(opens_by_name),
		cmocka_unit_test(checks_arguments),
		cmocka_unit_test(destroys),
		cmocka_unit_test(lists),
		cmocka_unit_test(callbacks_may_end_the_thread),
		cmocka_unit_test(does_not_trust_entries),
	};

	return cmocka_run_group_tests_name("namespace", tests, NULL, NULL);
}
