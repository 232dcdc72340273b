// SPDX-License-Identifier: GPL-2.0-only
/* Operations of events, mutexes and semaphores. */
#include "fake.h"

#define OBJECT (FAKE_FD + 11)

static void event_state(void *argument)
{
	*(struct winsync_event_state *)argument = (struct winsync_event_state){ 1, 0 };
}

static void event_query(void **state)
{
	struct wsync_event_state event = { false, true };

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_EVENT_QUERY, 0, event_state);
	assert_int_equal(wsync_event_query(OBJECT, &event), 0);
	assert_true(event.manual_reset);
	assert_false(event.signaled);
	expect_ioctl(OBJECT, WINSYNC_IOC_EVENT_QUERY, -EACCES);
	assert_error(wsync_event_query(OBJECT, &event), EACCES);
	assert_true(event.manual_reset);
	assert_error(wsync_event_query(OBJECT, NULL), EINVAL);
}

/* [EV-16] */
static void event_changes(void **state)
{
	static const struct {
		int (*function)(int fd, bool *previous);
		unsigned long request;
	} changes[] = {
		{ wsync_event_set, WINSYNC_IOC_EVENT_SET },
		{ wsync_event_reset, WINSYNC_IOC_EVENT_RESET },
		{ wsync_event_pulse, WINSYNC_IOC_EVENT_PULSE },
	};

	(void)state;
	for (size_t i = 0; i < count_of(changes); i++) {
		bool previous;

		for (int was = 0; was < 2; was++) {
			previous = !was;
			expect_ioctl(OBJECT, changes[i].request, was);
			assert_int_equal(changes[i].function(OBJECT, &previous), 0);
			assert_int_equal(previous, was);
		}
		expect_ioctl(OBJECT, changes[i].request, 1);
		assert_int_equal(changes[i].function(OBJECT, NULL), 0);
		expect_ioctl(OBJECT, changes[i].request, -EACCES);
		assert_error(changes[i].function(OBJECT, &previous), EACCES);
		expect_ioctl(OBJECT, changes[i].request, -EBADFD);
		assert_error(changes[i].function(OBJECT, NULL), EBADFD);
	}
}

/* What a command on a fd of something else becomes. */
static void tells_foreign_fds(void **state)
{
	(void)state;
	expect_ioctl(OBJECT, WINSYNC_IOC_EVENT_SET, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -ENOTTY);
	assert_error(wsync_event_set(OBJECT, NULL), EBADFD);
	expect_ioctl(OBJECT, WINSYNC_IOC_EVENT_SET, -EINVAL);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, -EINVAL);
	assert_error(wsync_event_set(OBJECT, NULL), EBADFD);
	/* Ours, but the module is older than the command. */
	expect_ioctl(OBJECT, WINSYNC_IOC_EVENT_SET, -ENOTTY);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, 0);
	assert_error(wsync_event_set(OBJECT, NULL), EOPNOTSUPP);
	expect_ioctl(OBJECT, WINSYNC_IOC_EVENT_SET, -EINVAL);
	expect_ioctl(OBJECT, WINSYNC_IOC_GET_INFO, 0);
	assert_error(wsync_event_set(OBJECT, NULL), EINVAL);
}

static void mutex_state(void *argument)
{
	*(struct winsync_mutex_state *)argument = (struct winsync_mutex_state){
		.depth = 0x80000001u, .owned_by_caller = 1, .abandoned = 0, .owner = 1234,
	};
}

static void mutex_query(void **state)
{
	struct wsync_mutex_state mutex = { .abandoned = true };

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_MUTEX_QUERY, 0, mutex_state);
	assert_int_equal(wsync_mutex_query(OBJECT, &mutex), 0);
	assert_int_equal(mutex.depth, WSYNC_MUTEX_DEPTH_MAX);
	assert_int_equal(mutex.owner, 1234);
	assert_true(mutex.owned_by_caller);
	assert_false(mutex.abandoned);
	expect_ioctl(OBJECT, WINSYNC_IOC_MUTEX_QUERY, -EBADFD);
	assert_error(wsync_mutex_query(OBJECT, &mutex), EBADFD);
	assert_error(wsync_mutex_query(OBJECT, NULL), EINVAL);
}

static void mutex_release(void **state)
{
	uint32_t depth = 0;

	(void)state;
	expect_ioctl(OBJECT, WINSYNC_IOC_MUTEX_RELEASE, 2);
	assert_int_equal(wsync_mutex_release(OBJECT, &depth), 0);
	assert_int_equal(depth, 2);
	expect_ioctl(OBJECT, WINSYNC_IOC_MUTEX_RELEASE, INT32_MAX);
	assert_int_equal(wsync_mutex_release(OBJECT, &depth), 0);
	assert_int_equal(depth, INT32_MAX);
	expect_ioctl(OBJECT, WINSYNC_IOC_MUTEX_RELEASE, 1);
	assert_int_equal(wsync_mutex_release(OBJECT, NULL), 0);
	expect_ioctl(OBJECT, WINSYNC_IOC_MUTEX_RELEASE, -EPERM);
	assert_error(wsync_mutex_release(OBJECT, &depth), EPERM);
	assert_int_equal(depth, INT32_MAX);
}

static void semaphore_state(void *argument)
{
	*(struct winsync_semaphore_state *)argument = (struct winsync_semaphore_state){ 3, 9 };
}

static void semaphore_query(void **state)
{
	struct wsync_semaphore_state semaphore;

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_SEMAPHORE_QUERY, 0, semaphore_state);
	assert_int_equal(wsync_semaphore_query(OBJECT, &semaphore), 0);
	assert_int_equal(semaphore.count, 3);
	assert_int_equal(semaphore.max, 9);
	expect_ioctl(OBJECT, WINSYNC_IOC_SEMAPHORE_QUERY, -EACCES);
	assert_error(wsync_semaphore_query(OBJECT, &semaphore), EACCES);
	assert_error(wsync_semaphore_query(OBJECT, NULL), EINVAL);
}

static uint32_t released;

static void see_release(void *argument)
{
	const struct winsync_semaphore_release_args *args = argument;

	released = args->count;
	assert_int_equal(args->reserved, 0);
}

/* [SM-5], [SM-6] */
static void semaphore_release(void **state)
{
	uint32_t previous = 77;

	(void)state;
	expect_ioctl_do(OBJECT, WINSYNC_IOC_SEMAPHORE_RELEASE, 0, see_release);
	assert_int_equal(wsync_semaphore_release(OBJECT, 5, &previous), 0);
	assert_int_equal(released, 5);
	assert_int_equal(previous, 0);
	expect_ioctl(OBJECT, WINSYNC_IOC_SEMAPHORE_RELEASE, 5);
	assert_int_equal(wsync_semaphore_release(OBJECT, 1, NULL), 0);
	previous = 77;
	expect_ioctl(OBJECT, WINSYNC_IOC_SEMAPHORE_RELEASE, -EOVERFLOW);
	assert_error(wsync_semaphore_release(OBJECT, 1, &previous), EOVERFLOW);
	assert_int_equal(previous, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_query),
		cmocka_unit_test(event_changes),
		cmocka_unit_test(tells_foreign_fds),
		cmocka_unit_test(mutex_query),
		cmocka_unit_test(mutex_release),
		cmocka_unit_test(semaphore_query),
		cmocka_unit_test(semaphore_release),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
