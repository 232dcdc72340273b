// SPDX-License-Identifier: GPL-2.0-only
/* Creating and opening: what all types have in common. */
#include "fake.h"

#define NS (FAKE_FD + 10)
#define OBJECT (FAKE_FD + 11)

static union {
	struct winsync_create common;
	struct winsync_event_create_args event;
	struct winsync_mutex_create_args mutex;
	struct winsync_semaphore_create_args semaphore;
	struct winsync_timer_create_args timer;
	struct winsync_open_args open;
	struct winsync_ns_args ns;
} seen;
static struct winsync_ns_args seen_ns;
static char seen_name[WINSYNC_NAME_MAX + 1];
static size_t seen_size;
static uint32_t answer_existed;

static void see_name(uint64_t name, uint32_t length)
{
	assert_true(length <= WINSYNC_NAME_MAX);
	if (length)
		memcpy(seen_name, (const void *)(uintptr_t)name, length);
	seen_name[length] = '\0';
}

static void see_create(void *argument)
{
	struct winsync_create *create = argument;

	memcpy(&seen, argument, seen_size);
	see_name(create->name, create->name_len);
	assert_int_equal(create->reserved, 0);
	create->existed = answer_existed;
}

static void see_open(void *argument)
{
	memcpy(&seen.open, argument, sizeof(seen.open));
	see_name(seen.open.name, seen.open.name_len);
}

static void see_ns(void *argument)
{
	seen_ns = *(struct winsync_ns_args *)argument;
}

static const struct {
	uint32_t type;
	uint32_t flags;
	unsigned long request;
	size_t size;
} types[] = {
	{ WSYNC_TYPE_EVENT, WSYNC_MANUAL_RESET | WSYNC_SIGNALED, WINSYNC_IOC_EVENT_CREATE,
	  sizeof(struct winsync_event_create_args) },
	{ WSYNC_TYPE_MUTEX, WSYNC_OWNED, WINSYNC_IOC_MUTEX_CREATE,
	  sizeof(struct winsync_mutex_create_args) },
	{ WSYNC_TYPE_SEMAPHORE, 0, WINSYNC_IOC_SEMAPHORE_CREATE,
	  sizeof(struct winsync_semaphore_create_args) },
	{ WSYNC_TYPE_TIMER, WSYNC_MANUAL_RESET, WINSYNC_IOC_TIMER_CREATE,
	  sizeof(struct winsync_timer_create_args) },
};

static int create(size_t index, struct wsync_context *context, const char *name, uint32_t flags,
		  const struct wsync_opts *opts, int *fd, bool *existed)
{
	seen_size = types[index].size;
	switch (types[index].type) {
	case WSYNC_TYPE_EVENT:
		return wsync_event_create(context, name, flags, opts, fd, existed);
	case WSYNC_TYPE_MUTEX:
		return wsync_mutex_create(context, name, flags, opts, fd, existed);
	case WSYNC_TYPE_SEMAPHORE:
		return wsync_semaphore_create(context, name, 1, 2, flags, opts, fd, existed);
	default:
		return wsync_timer_create(context, name, flags, opts, fd, existed);
	}
}

static int open_typed(size_t index, struct wsync_context *context, const char *name,
		      uint32_t flags, const struct wsync_opts *opts, int *fd)
{
	switch (types[index].type) {
	case WSYNC_TYPE_EVENT:
		return wsync_event_open(context, name, flags, opts, fd);
	case WSYNC_TYPE_MUTEX:
		return wsync_mutex_open(context, name, flags, opts, fd);
	case WSYNC_TYPE_SEMAPHORE:
		return wsync_semaphore_open(context, name, flags, opts, fd);
	default:
		return wsync_timer_open(context, name, flags, opts, fd);
	}
}

static void creates_unnamed(void **state)
{
	struct wsync_context *context = fake_context();

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		bool existed = true;
		int fd = -1;

		answer_existed = 0;
		expect_ioctl_do(DEVICE, types[i].request, OBJECT, see_create);
		assert_int_equal(create(i, context, i % 2 ? "" : NULL, 0, NULL, &fd, &existed), 0);
		assert_int_equal(fd, OBJECT);
		assert_false(existed);
		assert_int_equal(seen.common.name_len, 0);
		assert_int_equal(seen.common.flags, 0);
		assert_int_equal(seen.common.access, WSYNC_ACCESS_DEFAULT);
		assert_int_equal(seen.common.mode, 0700);
		/* Flags of the type. */
		expect_ioctl_do(DEVICE, types[i].request, OBJECT, see_create);
		assert_int_equal(create(i, context, NULL, types[i].flags | WSYNC_INHERIT, NULL,
					&fd, NULL), 0);
		assert_int_equal(seen.common.flags, WINSYNC_INHERIT);
		/* ... and no others. */
		assert_error(create(i, context, NULL, WSYNC_NS_OWNED, NULL, &fd, NULL), EINVAL);
		if (types[i].type != WSYNC_TYPE_MUTEX)
			assert_error(create(i, context, NULL, WSYNC_OWNED, NULL, &fd, NULL),
				     EINVAL);
		if (types[i].type != WSYNC_TYPE_EVENT)
			assert_error(create(i, context, NULL, WSYNC_SIGNALED, NULL, &fd, NULL),
				     EINVAL);
	}
	fake_context_drop(context);
}

static void creates_in_scopes(void **state)
{
	struct wsync_context *context = fake_context();

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		bool existed = false;
		int fd = -1;

		answer_existed = 1;
		expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
		expect_ioctl_do(NS, types[i].request, OBJECT, see_create);
		expect_close(NS, 0);
		assert_int_equal(create(i, context, "Global\\name", WSYNC_EXCL, NULL, &fd,
					&existed), 0);
		assert_int_equal(fd, OBJECT);
		assert_true(existed);
		assert_string_equal(seen_name, "name");
		assert_int_equal(seen.common.flags, WINSYNC_CREATE_EXCL);
		assert_int_equal(seen_ns.name_len, 0);
		assert_int_equal(seen_ns.access, WSYNC_ACCESS_MODIFY | WSYNC_ACCESS_SYNCHRONIZE);
		assert_int_equal(seen_ns.flags, 0);

		expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
		expect_ioctl_do(NS, types[i].request, OBJECT, see_create);
		expect_close(NS, 0);
		assert_int_equal(create(i, context, "name", 0, NULL, &fd, &existed), 0);
		assert_int_equal(seen_ns.flags, WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER);
		assert_int_equal(seen_ns.uid, WINSYNC_UID_SELF);
	}
	fake_context_drop(context);
}

static void creates_in_a_namespace(void **state)
{
	struct wsync_opts opts = {
		.sz = sizeof(opts), .access = WSYNC_ACCESS_SYNCHRONIZE, .mode = 0777, .ns = NS,
	};
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		expect_ioctl_do(NS, types[i].request, OBJECT, see_create);
		assert_int_equal(create(i, NULL, "Global", WSYNC_IN_NAMESPACE, &opts, &fd, NULL),
				 0);
		assert_string_equal(seen_name, "Global");
		assert_int_equal(seen.common.access, WSYNC_ACCESS_SYNCHRONIZE);
		assert_int_equal(seen.common.mode, 0777);
		expect_ioctl_do(NS, types[i].request, OBJECT, see_create);
		assert_int_equal(create(i, NULL, NULL, WSYNC_IN_NAMESPACE, &opts, &fd, NULL), 0);
		assert_int_equal(seen.common.name_len, 0);
		assert_error(create(i, NULL, "Global\\x", WSYNC_IN_NAMESPACE, &opts, &fd, NULL),
			     ENOTDIR);
	}
}

static void create_fails_cleanly(void **state)
{
	static const int errors[] = { EEXIST, EPROTOTYPE, EACCES, EDQUOT, EMFILE, ENOMEM };
	struct wsync_context *context = fake_context();

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		bool existed = true;
		int fd = -1;

		for (size_t k = 0; k < count_of(errors); k++) {
			expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, NS);
			expect_ioctl(NS, types[i].request, -errors[k]);
			expect_close(NS, -EIO);
			assert_error(create(i, context, "x", 0, NULL, &fd, &existed), errors[k]);
		}
		expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, -EDQUOT);
		assert_error(create(i, context, "x", 0, NULL, &fd, &existed), EDQUOT);
		expect_ioctl(DEVICE, types[i].request, -ENOMEM);
		assert_error(create(i, context, NULL, 0, NULL, &fd, &existed), ENOMEM);
		assert_error(create(i, context, "a\\b", 0, NULL, &fd, &existed), ENOTDIR);
		assert_error(create(i, context, "x", 0, NULL, NULL, NULL), EINVAL);
		assert_int_equal(fd, -1);
		assert_true(existed);
	}
	fake_context_drop(context);
}

static void checks_options(void **state)
{
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		struct wsync_opts opts = { .sz = sizeof(opts), .mode = 01000 };

		assert_error(create(i, context, NULL, 0, &opts, &fd, NULL), EINVAL);
		opts.mode = 0;
		opts.reserved = 1;
		assert_error(create(i, context, NULL, 0, &opts, &fd, NULL), EINVAL);
		assert_error(open_typed(i, context, "x", 0, &opts, &fd), EINVAL);
		opts.reserved = 0;
		opts.sz--;
		assert_error(create(i, context, NULL, 0, &opts, &fd, NULL), EINVAL);
		assert_error(open_typed(i, context, "x", 0, &opts, &fd), EINVAL);
		opts.sz++;
		opts.ns = NS;
		assert_error(create(i, context, "x", 0, &opts, &fd, NULL), EINVAL);
		assert_error(open_typed(i, context, "x", 0, &opts, &fd), EINVAL);
		opts.ns = -1;
		assert_error(create(i, context, "x", WSYNC_IN_NAMESPACE, &opts, &fd, NULL), EBADF);
		assert_error(open_typed(i, context, "x", WSYNC_IN_NAMESPACE, &opts, &fd), EBADF);
		assert_error(create(i, context, "x", WSYNC_IN_NAMESPACE, NULL, &fd, NULL), EINVAL);
		assert_error(open_typed(i, context, "x", WSYNC_IN_NAMESPACE, NULL, &fd), EINVAL);
		opts.ns = 0;
		opts.mode = 0600;
		assert_error(open_typed(i, context, "x", 0, &opts, &fd), EINVAL);
		opts.mode = WSYNC_MODE_NONE;
		opts.access = WSYNC_ACCESS_MAXIMUM;
		expect_ioctl_do(DEVICE, types[i].request, OBJECT, see_create);
		assert_int_equal(create(i, context, NULL, 0, &opts, &fd, NULL), 0);
		assert_int_equal(seen.common.mode, 0);
		assert_int_equal(seen.common.access, WSYNC_ACCESS_MAXIMUM);
	}
	fake_context_drop(context);
}

static void flags_reach_the_module(void **state)
{
	struct wsync_context *context = fake_context();
	int fd;

	(void)state;
	for (unsigned int bits = 0; bits < 4; bits++) {
		uint32_t flags = (bits & 1 ? WSYNC_MANUAL_RESET : 0) |
				 (bits & 2 ? WSYNC_SIGNALED : 0);

		seen_size = sizeof(seen.event);
		expect_ioctl_do(DEVICE, WINSYNC_IOC_EVENT_CREATE, OBJECT, see_create);
		assert_int_equal(wsync_event_create(context, NULL, flags, NULL, &fd, NULL), 0);
		assert_int_equal(seen.event.manual, bits & 1);
		assert_int_equal(seen.event.signaled, bits >> 1);
		seen_size = sizeof(seen.timer);
		expect_ioctl_do(DEVICE, WINSYNC_IOC_TIMER_CREATE, OBJECT, see_create);
		assert_int_equal(wsync_timer_create(context, NULL, flags & WSYNC_MANUAL_RESET,
						    NULL, &fd, NULL), 0);
		assert_int_equal(seen.timer.manual, bits & 1);
		assert_int_equal(seen.timer.reserved, 0);
		seen_size = sizeof(seen.mutex);
		expect_ioctl_do(DEVICE, WINSYNC_IOC_MUTEX_CREATE, OBJECT, see_create);
		assert_int_equal(wsync_mutex_create(context, NULL, bits & 1 ? WSYNC_OWNED : 0,
						    NULL, &fd, NULL), 0);
		assert_int_equal(seen.mutex.owned, bits & 1);
		assert_int_equal(seen.mutex.reserved, 0);
	}
	fake_context_drop(context);
}

/* [SM-1], [SM-2]: before anything is opened */
static void semaphore_counts_are_checked(void **state)
{
	static const struct { uint32_t count, max; int error; } cases[] = {
		{ 2, 1, EINVAL }, { 0, 0, EINVAL }, { UINT32_MAX, 1, EINVAL },
		{ 1, UINT32_MAX, EINVAL }, { 0, 0x80000000u, EINVAL },
		{ 0, 1, 0 }, { 1, 1, 0 }, { 0x7fffffff, 0x7fffffff, 0 },
	};
	struct wsync_context *context = fake_context();
	int fd;

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		if (cases[i].error) {
			assert_error(wsync_semaphore_create(context, "x", cases[i].count,
							    cases[i].max, 0, NULL, &fd, NULL),
				     cases[i].error);
			continue;
		}
		seen_size = sizeof(seen.semaphore);
		expect_ioctl_do(DEVICE, WINSYNC_IOC_SEMAPHORE_CREATE, OBJECT, see_create);
		assert_int_equal(wsync_semaphore_create(context, NULL, cases[i].count,
							cases[i].max, 0, NULL, &fd, NULL), 0);
		assert_int_equal(seen.semaphore.count, cases[i].count);
		assert_int_equal(seen.semaphore.max, cases[i].max);
	}
	fake_context_drop(context);
}

static void opens(void **state)
{
	struct wsync_opts opts = { .sz = sizeof(opts), .ns = NS };
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		expect_ioctl_do(DEVICE, WINSYNC_IOC_NS_OPEN, NS, see_ns);
		expect_ioctl_do(NS, WINSYNC_IOC_OPEN, OBJECT, see_open);
		expect_close(NS, 0);
		assert_int_equal(open_typed(i, context, "Local\\x", WSYNC_INHERIT, NULL, &fd), 0);
		assert_int_equal(fd, OBJECT);
		assert_string_equal(seen_name, "x");
		assert_int_equal(seen.open.type, types[i].type);
		assert_int_equal(seen.open.flags, WINSYNC_INHERIT);
		assert_int_equal(seen.open.access, WSYNC_ACCESS_DEFAULT);
		/* To open creates nothing. */
		assert_int_equal(seen_ns.flags, WINSYNC_NS_PER_USER);
		assert_int_equal(seen_ns.access, WSYNC_ACCESS_SYNCHRONIZE);
		expect_ioctl_do(NS, WINSYNC_IOC_OPEN, OBJECT, see_open);
		assert_int_equal(open_typed(i, context, "Local", WSYNC_IN_NAMESPACE, &opts, &fd),
				 0);
		assert_string_equal(seen_name, "Local");
	}
	expect_ioctl_do(NS, WINSYNC_IOC_OPEN, OBJECT, see_open);
	assert_int_equal(wsync_open(context, "y", WSYNC_TYPE_ANY, WSYNC_IN_NAMESPACE, &opts, &fd),
			 0);
	assert_int_equal(seen.open.type, 0);
	fake_context_drop(context);
}

static void open_fails_cleanly(void **state)
{
	static const int errors[] = { ENOENT, EPROTOTYPE, EACCES, EMFILE };
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < count_of(types); i++) {
		for (size_t k = 0; k < count_of(errors); k++) {
			expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, NS);
			expect_ioctl(NS, WINSYNC_IOC_OPEN, -errors[k]);
			expect_close(NS, 0);
			assert_error(open_typed(i, context, "x", 0, NULL, &fd), errors[k]);
		}
		/* The user has no Local namespace yet: no such name. */
		expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, -ENOENT);
		assert_error(open_typed(i, context, "x", 0, NULL, &fd), ENOENT);
		assert_error(open_typed(i, context, NULL, 0, NULL, &fd), EINVAL);
		assert_error(open_typed(i, context, "", 0, NULL, &fd), EPROTOTYPE);
		assert_error(open_typed(i, context, "\\x", 0, NULL, &fd), EINVAL);
		assert_error(open_typed(i, context, "x", WSYNC_EXCL, NULL, &fd), EINVAL);
		assert_error(open_typed(i, context, "x", 0, NULL, NULL), EINVAL);
	}
	assert_error(wsync_open(context, "x", WSYNC_TYPE_NAMESPACE, 0, NULL, &fd), EINVAL);
	assert_int_equal(fd, -1);
	fake_context_drop(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creates_unnamed),
		cmocka_unit_test(creates_in_scopes),
		cmocka_unit_test(creates_in_a_namespace),
		cmocka_unit_test(create_fails_cleanly),
		cmocka_unit_test(checks_options),
		cmocka_unit_test(flags_reach_the_module),
		cmocka_unit_test(semaphore_counts_are_checked),
		cmocka_unit_test(opens),
		cmocka_unit_test(open_fails_cleanly),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
