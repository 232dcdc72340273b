// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that many functions share: each of them, for each function. What is particular to
 * one is tested where the function is; tests/unit/errors wants all that the manual states.
 */
#include <sys/syscall.h>

#include "fake.h"

#define OBJECT (FAKE_FD + 11)
#define NS (FAKE_FD + 12)
#define PIDFD (FAKE_FD + 13)
#define CLOSED (FAKE_FD + 14)

/* Options of a later version, with something in them. */
#define LATER(type, name) \
	struct { \
		struct type known; \
		uint64_t more; \
	} name = { .known.sz = sizeof(name), .more = 1 }

static int never(const struct wsync_list_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	fail_msg("there is nothing to list");
	return 0;
}

/* ---- a handle ---- */

#define ON_HANDLE(function, call) \
	static int function(int fd) \
	{ \
		return call; \
	}

static union {
	struct wsync_event_state event;
	struct wsync_mutex_state mutex;
	struct wsync_semaphore_state semaphore;
	struct wsync_timer_state timer;
	struct wsync_stat stat;
	struct wsync_waiter waiter;
	size_t count;
	bool same;
	int fd;
} out;

static int get_stat(int fd)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };

	return wsync_get_stat(fd, &stat);
}

ON_HANDLE(event_query, wsync_event_query(fd, &out.event))
ON_HANDLE(event_set, wsync_event_set(fd, NULL))
ON_HANDLE(event_reset, wsync_event_reset(fd, NULL))
ON_HANDLE(event_pulse, wsync_event_pulse(fd, NULL))
ON_HANDLE(mutex_query, wsync_mutex_query(fd, &out.mutex))
ON_HANDLE(mutex_release, wsync_mutex_release(fd, NULL))
ON_HANDLE(semaphore_query, wsync_semaphore_query(fd, &out.semaphore))
ON_HANDLE(semaphore_release, wsync_semaphore_release(fd, 0, NULL))
ON_HANDLE(timer_query, wsync_timer_query(fd, &out.timer))
ON_HANDLE(timer_set, wsync_timer_set(fd, 1, 0, NULL, NULL))
ON_HANDLE(timer_cancel, wsync_timer_cancel(fd, NULL))
ON_HANDLE(duplicate, wsync_duplicate(fd, 0, 0, &out.fd))
ON_HANDLE(same, wsync_same(fd, OBJECT, &out.same))
ON_HANDLE(set_perm, wsync_set_perm(fd, WSYNC_PERM_MODE, 0700, 0, 0))
ON_HANDLE(get_waiters, wsync_get_waiters(fd, &out.waiter, 0, &out.count, NULL))
ON_HANDLE(namespace_destroy, wsync_namespace_destroy(fd))
ON_HANDLE(list, wsync_list(fd, never, NULL))
ON_HANDLE(wait_one, wsync_wait(fd, 0, NULL, NULL))
ON_HANDLE(wait_any, wsync_wait_any(&fd, 1, 0, NULL, NULL))
ON_HANDLE(wait_all, wsync_wait_all(&fd, 1, 0, NULL, NULL))
ON_HANDLE(signal_and_wait, wsync_signal_and_wait(fd, OBJECT, 0, NULL, NULL))

/* What the module answers beyond what it answers to all. */
#define MOST_ERRORS 8
static const struct {
	int (*call)(int fd);
	unsigned long request;
	int errors[MOST_ERRORS];
} on_handles[] = {
	{ event_query, WINSYNC_IOC_EVENT_QUERY, { EACCES } },
	{ event_set, WINSYNC_IOC_EVENT_SET, { EACCES } },
	{ event_reset, WINSYNC_IOC_EVENT_RESET, { EACCES } },
	{ event_pulse, WINSYNC_IOC_EVENT_PULSE, { EACCES } },
	{ mutex_query, WINSYNC_IOC_MUTEX_QUERY, { EACCES } },
	{ mutex_release, WINSYNC_IOC_MUTEX_RELEASE, { EPERM } },
	{ semaphore_query, WINSYNC_IOC_SEMAPHORE_QUERY, { EACCES } },
	{ semaphore_release, WINSYNC_IOC_SEMAPHORE_RELEASE, { EACCES, EOVERFLOW } },
	{ timer_query, WINSYNC_IOC_TIMER_QUERY, { EACCES } },
	{ timer_set, WINSYNC_IOC_TIMER_SET, { EACCES } },
	{ timer_cancel, WINSYNC_IOC_TIMER_CANCEL, { EACCES } },
	{ get_stat, WINSYNC_IOC_STAT, { 0 } },
	{ duplicate, WINSYNC_IOC_DUPLICATE, { EACCES, EMFILE, ENFILE, ENOMEM } },
	{ same, WINSYNC_IOC_SAME, { 0 } },
	{ set_perm, WINSYNC_IOC_SET_PERM, { EACCES, EPERM } },
	{ get_waiters, WINSYNC_IOC_WAITERS, { EACCES } },
	{ namespace_destroy, WINSYNC_IOC_NS_DESTROY, { EACCES, ENOENT } },
	{ list, WINSYNC_IOC_LIST, { EACCES } },
	{ wait_one, WINSYNC_IOC_WAIT, { ETIMEDOUT, EACCES, EOVERFLOW } },
	{ wait_any, WINSYNC_IOC_WAIT_ANY, { ETIMEDOUT, EACCES, EOVERFLOW } },
	{ wait_all, WINSYNC_IOC_WAIT_ALL, { ETIMEDOUT, EACCES, EOVERFLOW, ENOTUNIQ } },
	{ signal_and_wait, WINSYNC_IOC_SIGNAL_AND_WAIT, { ETIMEDOUT, EACCES, EOVERFLOW, EPERM } },
};

static void handles(void **state)
{
	(void)state;
	for (size_t i = 0; i < count_of(on_handles); i++) {
		unsigned long request = on_handles[i].request;

		expect_ioctl(CLOSED, request, -EBADF);
		assert_error(on_handles[i].call(CLOSED), EBADF);
		/* Some other file. */
		expect_ioctl(OBJECT, request, -ENOTTY);
		expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
		assert_error(on_handles[i].call(OBJECT), EBADFD);
		expect_ioctl(OBJECT, request, -EINVAL);
		expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
		assert_error(on_handles[i].call(OBJECT), EBADFD);
		/* An object of another type. */
		expect_ioctl(OBJECT, request, -EBADFD);
		assert_error(on_handles[i].call(OBJECT), EBADFD);
		/* A module that is older, and one that does not like a value. */
		expect_ioctl(OBJECT, request, -ENOTTY);
		expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, 0);
		assert_error(on_handles[i].call(OBJECT), EOPNOTSUPP);
		expect_ioctl(OBJECT, request, -EINVAL);
		expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, 0);
		assert_error(on_handles[i].call(OBJECT), EINVAL);
		for (size_t k = 0; k < MOST_ERRORS && on_handles[i].errors[k]; k++) {
			expect_ioctl(OBJECT, request, -on_handles[i].errors[k]);
			assert_error(on_handles[i].call(OBJECT), on_handles[i].errors[k]);
		}
	}
}

static void foreign_handles_to_pass_on(void **state)
{
	char *const argv[] = { (char *)"/nowhere", NULL };
	int fd = OBJECT;
	pid_t pid;

	(void)state;
	expect_ioctl(OBJECT, WINSYNC_IOC_STAT, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
	assert_error(wsync_spawn("/nowhere", argv, NULL, &fd, 1, &pid), EBADFD);
	expect_ioctl(OBJECT, WINSYNC_IOC_STAT, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
	assert_error(wsync_send(0, &fd, 1), EBADFD);
}

static void taking(void **state)
{
	static const int errors[] = { EBADF, EPERM, ESRCH, EMFILE };
	int fd = 77;

	(void)state;
	for (size_t i = 0; i < count_of(errors); i++) {
		fake_syscall(SYS_pidfd_getfd, -errors[i]);
		assert_error(wsync_take_pidfd(PIDFD, 5, WSYNC_TYPE_ANY, 0, &fd), errors[i]);
		fake_syscall(SYS_pidfd_open, PIDFD);
		expect_close(PIDFD, 0);
		assert_error(wsync_take(1, 5, WSYNC_TYPE_ANY, 0, &fd), errors[i]);
		fake_syscall(SYS_pidfd_open, -errors[i]);
		assert_error(wsync_take(1, 5, WSYNC_TYPE_ANY, 0, &fd), errors[i]);
	}
	fake_syscall(SYS_pidfd_getfd, OBJECT);
	expect_ioctl(OBJECT, WINSYNC_IOC_STAT, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
	expect_close(OBJECT, 0);
	assert_error(wsync_take_pidfd(PIDFD, 5, WSYNC_TYPE_ANY, 0, &fd), EBADFD);
	assert_error(wsync_take_pidfd(PIDFD, 5, WSYNC_TYPE_ANY, WSYNC_EXCL, &fd), EINVAL);
	assert_error(wsync_take_pidfd(PIDFD, 5, WSYNC_TYPE_ANY, 0, NULL), EINVAL);
	assert_int_equal(fd, 77);
	fake_syscalls_end();
}

/* ---- a context and a name ---- */

#define ON_NAME(function, call) \
	static int function(const char *name, const struct wsync_opts *opts) \
	{ \
		return call; \
	}

ON_NAME(event_create, wsync_event_create(NULL, name, 0, opts, &out.fd, NULL))
ON_NAME(mutex_create, wsync_mutex_create(NULL, name, 0, opts, &out.fd, NULL))
ON_NAME(semaphore_create, wsync_semaphore_create(NULL, name, 0, 1, 0, opts, &out.fd, NULL))
ON_NAME(timer_create, wsync_timer_create(NULL, name, 0, opts, &out.fd, NULL))
ON_NAME(event_open, wsync_event_open(NULL, name, 0, opts, &out.fd))
ON_NAME(mutex_open, wsync_mutex_open(NULL, name, 0, opts, &out.fd))
ON_NAME(semaphore_open, wsync_semaphore_open(NULL, name, 0, opts, &out.fd))
ON_NAME(timer_open, wsync_timer_open(NULL, name, 0, opts, &out.fd))
ON_NAME(any_open, wsync_open(NULL, name, WSYNC_TYPE_ANY, 0, opts, &out.fd))

static const struct {
	int (*call)(const char *name, const struct wsync_opts *opts);
	unsigned long request;
} on_names[] = {
	{ event_create, WINSYNC_IOC_EVENT_CREATE }, { mutex_create, WINSYNC_IOC_MUTEX_CREATE },
	{ semaphore_create, WINSYNC_IOC_SEMAPHORE_CREATE },
	{ timer_create, WINSYNC_IOC_TIMER_CREATE },
	{ event_open, WINSYNC_IOC_OPEN }, { mutex_open, WINSYNC_IOC_OPEN },
	{ semaphore_open, WINSYNC_IOC_OPEN }, { timer_open, WINSYNC_IOC_OPEN },
	{ any_open, WINSYNC_IOC_OPEN },
};

static void names(void **state)
{
	static const struct {
		const char *name;
		int error;
	} bad[] = {
		{ "\\x", EINVAL }, { "x\\y", ENOTDIR }, { "global\\x", ENOTDIR },
		{ "Global\\", EISDIR }, { "Local\\\\x", EISDIR },
	};
	char longest[WSYNC_NAME_UNITS_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	out.fd = 77;
	for (size_t i = 0; i < count_of(on_names); i++) {
		LATER(wsync_opts, opts);

		for (size_t k = 0; k < count_of(bad); k++)
			assert_error(on_names[i].call(bad[k].name, NULL), bad[k].error);
		assert_error(on_names[i].call(longest, NULL), ENAMETOOLONG);
		assert_error(on_names[i].call("x", &opts.known), E2BIG);
	}
	assert_int_equal(out.fd, 77);
}

static void no_device(void **state)
{
	struct wsync_info info = { .sz = sizeof(info) };

	(void)state;
	out.fd = 77;
	for (size_t i = 0; i < count_of(on_names); i++) {
		expect_open("/dev/winsync", -ENOENT);
		assert_error(on_names[i].call("x", NULL), ENODEV);
	}
	expect_open("/dev/winsync", -ENXIO);
	assert_error(wsync_get_info(NULL, &info), ENODEV);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_namespace_open(NULL, "x", 0, NULL, &out.fd, NULL), ENODEV);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_namespace_scope(NULL, WSYNC_SCOPE_GLOBAL, 0, NULL, &out.fd), ENODEV);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_list_namespaces(NULL, never, NULL), ENODEV);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_context_device(NULL, &out.fd), ENODEV);
	expect_open("/dev/winsync", -EACCES);
	assert_error(wsync_context_device(NULL, &out.fd), EACCES);
	expect_open("/dev/winsync", -ENFILE);
	assert_error(wsync_context_device(NULL, &out.fd), ENFILE);
	assert_int_equal(out.fd, 77);
}

static void opening_any(void **state)
{
	static const int errors[] = { ENOENT, EPROTOTYPE, EACCES, EMFILE };
	struct wsync_context *context = fake_context();

	(void)state;
	for (size_t i = 0; i < count_of(errors); i++) {
		expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, NS);
		expect_ioctl(NS, WINSYNC_IOC_OPEN, -errors[i]);
		expect_close(NS, 0);
		assert_error(wsync_open(context, "x", WSYNC_TYPE_ANY, 0, NULL, &out.fd), errors[i]);
	}
	fake_context_drop(context);
}

static void namespaces(void **state)
{
	static const int errors[] = { ENOENT, EEXIST, EACCES, EDQUOT, EMFILE, ENOMEM };
	char longest[WSYNC_NAME_UNITS_MAX + 2];
	struct wsync_context *context = fake_context();
	LATER(wsync_namespace_opts, opts);

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	out.fd = 77;
	for (size_t i = 0; i < count_of(errors); i++) {
		expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, -errors[i]);
		assert_error(wsync_namespace_open(context, "x", WSYNC_NS_CREATE | WSYNC_EXCL, NULL,
						  &out.fd, NULL), errors[i]);
		expect_ioctl(DEVICE, WINSYNC_IOC_NS_OPEN, -errors[i]);
		assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, NULL, &out.fd),
			     errors[i]);
	}
	assert_error(wsync_namespace_open(context, longest, 0, NULL, &out.fd, NULL), ENAMETOOLONG);
	assert_error(wsync_namespace_open(context, "x", 0, &opts.known, &out.fd, NULL), E2BIG);
	assert_error(wsync_namespace_scope(context, WSYNC_SCOPE_LOCAL, 0, &opts.known, &out.fd),
		     E2BIG);
	assert_int_equal(out.fd, 77);
	fake_failing_allocation = 1;
	assert_error(wsync_list_namespaces(context, never, NULL), ENOMEM);
	fake_failing_allocation = 0;
	fake_context_drop(context);
}

/* ---- options ---- */

static void options_of_later_versions(void **state)
{
	static const int fd = OBJECT;
	LATER(wsync_wait_opts, wait);
	LATER(wsync_timer_opts, timer);

	(void)state;
	assert_error(wsync_wait(fd, 0, &wait.known, NULL), E2BIG);
	assert_error(wsync_wait_any(&fd, 1, 0, &wait.known, NULL), E2BIG);
	assert_error(wsync_wait_all(&fd, 1, 0, &wait.known, NULL), E2BIG);
	assert_error(wsync_signal_and_wait(fd, fd, 0, &wait.known, NULL), E2BIG);
	assert_error(wsync_sleep(0, &wait.known, NULL), E2BIG);
	assert_error(wsync_timer_set(fd, 0, 0, &timer.known, NULL), E2BIG);
	/* What nobody filled in does not matter. */
	timer.more = 0;
	expect_ioctl(OBJECT, WINSYNC_IOC_TIMER_SET, 0);
	assert_int_equal(wsync_timer_set(fd, 0, 0, &timer.known, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles),
		cmocka_unit_test(foreign_handles_to_pass_on),
		cmocka_unit_test(taking),
		cmocka_unit_test(names),
		cmocka_unit_test(no_device),
		cmocka_unit_test(opening_any),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(options_of_later_versions),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
