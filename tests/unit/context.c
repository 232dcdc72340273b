// SPDX-License-Identifier: GPL-2.0-only
/* Contexts: opening, losing and closing the device. */
#include "fake.h"

static void opens_and_closes(void **state)
{
	(void)state;
	fake_context_drop(fake_context());
}

static void takes_a_device_path(void **state)
{
	struct wsync_context_opts opts = { .sz = sizeof(opts), .device = "/dev/winsync2" };
	struct wsync_context *context;

	(void)state;
	expect_device("/dev/winsync2", DEVICE);
	assert_int_equal(wsync_context_new(&opts, &context), 0);
	fake_context_drop(context);
}

static void counts_references(void **state)
{
	struct wsync_context *context = fake_context();

	(void)state;
	assert_ptr_equal(wsync_context_ref(context), context);
	wsync_context_unref(context);
	fake_context_drop(context);
	assert_null(wsync_context_ref(NULL));
	wsync_context_unref(NULL);
}

static void tells_that_there_is_no_device(void **state)
{
	static const int errors[][2] = {
		{ ENOENT, ENODEV }, { ENXIO, ENODEV }, { ENODEV, ENODEV },
		{ EACCES, EACCES }, { EMFILE, EMFILE },
	};
	struct wsync_context *context;

	(void)state;
	for (size_t i = 0; i < count_of(errors); i++) {
		expect_open("/dev/winsync", -errors[i][0]);
		assert_error(wsync_context_new(NULL, &context), errors[i][1]);
	}
}

static void rejects_other_devices(void **state)
{
	struct wsync_context *context;

	(void)state;
	expect_open("/dev/winsync", DEVICE);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -ENOTTY);
	expect_close(DEVICE, 0);
	assert_error(wsync_context_new(NULL, &context), ENODEV);
	/* An object is not the device. */
	expect_open("/dev/winsync", DEVICE);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_STAT, 0);
	expect_close(DEVICE, 0);
	assert_error(wsync_context_new(NULL, &context), ENODEV);
}

static void leaves_stdio_alone(void **state)
{
	struct wsync_context *context;

	(void)state;
	fake_stdio = true;
	expect_open("/dev/winsync", 0);
	expect_fcntl(0, F_DUPFD_CLOEXEC, 3, DEVICE);
	expect_close(0, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_STAT, -EBADFD);
	assert_int_equal(wsync_context_new(NULL, &context), 0);
	fake_context_drop(context);
	expect_open("/dev/winsync", 2);
	expect_fcntl(2, F_DUPFD_CLOEXEC, 3, -EMFILE);
	expect_close(2, 0);
	assert_error(wsync_context_new(NULL, &context), EMFILE);
	fake_stdio = false;
}

static void checks_arguments(void **state)
{
	struct { struct wsync_context_opts opts; char more[8]; } longer = { { 0 }, { 0 } };
	struct wsync_context *context;
	int fd;

	(void)state;
	longer.opts.sz = 1;
	assert_error(wsync_context_new(&longer.opts, &context), EINVAL);
	longer.opts.sz = sizeof(longer);
	longer.more[7] = 1;
	assert_error(wsync_context_new(&longer.opts, &context), E2BIG);
	longer.more[7] = 0;
	expect_device("/dev/winsync", DEVICE);
	assert_int_equal(wsync_context_new(&longer.opts, &context), 0);
	assert_error(wsync_context_device(context, NULL), EINVAL);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_STAT, -EBADFD);
	assert_int_equal(wsync_context_device(context, &fd), 0);
	assert_int_equal(fd, DEVICE);
	fake_context_drop(context);
	assert_error(wsync_context_new(NULL, NULL), EINVAL);
	fake_failing_allocation = 1;
	assert_error(wsync_context_new(NULL, &context), ENOMEM);
}

/* Somebody closed our fd: the number is free, or another file's. */
static void opens_a_lost_device_again(void **state)
{
	static const int answers[] = { EBADF, ENOTTY, EBADFD };
	struct wsync_context *context = fake_context();
	struct wsync_info info = { .sz = sizeof(info) };
	int device = DEVICE;

	(void)state;
	for (size_t i = 0; i < count_of(answers); i++) {
		expect_ioctl(device, WINSYNC_IOC_GET_INFO, -answers[i]);
		if (answers[i] == ENOTTY)
			expect_ioctl(device, WINSYNC_IOC_GET_INFO, -ENOTTY);
		device++;
		expect_device("/dev/winsync", device);
		expect_ioctl(device, WINSYNC_IOC_GET_INFO, 0);
		assert_int_equal(wsync_get_info(context, &info), 0);
	}
	/* Lost, and now gone. */
	expect_ioctl(device, WINSYNC_IOC_GET_INFO, -EBADF);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_get_info(context, &info), ENODEV);
	/* Nothing is open, nothing is closed. */
	wsync_context_unref(context);
}

static void gives_up_after_one_try(void **state)
{
	struct wsync_context *context = fake_context();
	struct wsync_info info = { .sz = sizeof(info) };

	(void)state;
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -EBADF);
	expect_device("/dev/winsync", DEVICE);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -EBADF);
	assert_error(wsync_get_info(context, &info), EBADF);
	wsync_context_unref(context);
}

static void does_not_close_what_took_its_place(void **state)
{
	struct wsync_context *context = fake_context();

	(void)state;
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -ENOTTY);
	wsync_context_unref(context);
}

static void device_is_verified(void **state)
{
	struct wsync_context *context = fake_context();
	int fd = -1;

	(void)state;
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -ENOTTY);
	expect_device("/dev/winsync", DEVICE + 1);
	assert_int_equal(wsync_context_device(context, &fd), 0);
	assert_int_equal(fd, DEVICE + 1);
	expect_ioctl(DEVICE + 1, WINSYNC_IOC_GET_INFO, -EBADF);
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_context_device(context, &fd), ENODEV);
	wsync_context_unref(context);
}

static void default_context_opens_once(void **state)
{
	struct wsync_info info = { .sz = sizeof(info) };
	int fd;

	(void)state;
	expect_open("/dev/winsync", -ENOENT);
	assert_error(wsync_get_info(NULL, &info), ENODEV);
	expect_device("/dev/winsync", DEVICE);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	assert_int_equal(wsync_get_info(NULL, &info), 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	assert_int_equal(wsync_get_info(NULL, &info), 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_STAT, -EBADFD);
	assert_int_equal(wsync_context_device(NULL, &fd), 0);
	assert_int_equal(fd, DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(takes_a_device_path),
		cmocka_unit_test(counts_references),
		cmocka_unit_test(tells_that_there_is_no_device),
		cmocka_unit_test(rejects_other_devices),
		cmocka_unit_test(leaves_stdio_alone),
		cmocka_unit_test(checks_arguments),
		cmocka_unit_test(opens_a_lost_device_again),
		cmocka_unit_test(gives_up_after_one_try),
		cmocka_unit_test(does_not_close_what_took_its_place),
		cmocka_unit_test(device_is_verified),
		cmocka_unit_test(default_context_opens_once),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
