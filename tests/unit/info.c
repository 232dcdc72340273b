// SPDX-License-Identifier: GPL-2.0-only
/* What the module and the library tell about themselves. */
#include <limits.h>

#include "fake.h"

static void answer_info(void *argument)
{
	*(struct winsync_info *)argument = (struct winsync_info){
		.abi_version = 1, .features = 2, .types = 3, .errata = 4, .max_wait_any = 5,
		.max_wait_all = 6, .name_max = 7, .min_period = 8, .max_objects = 9,
		.max_namespaces = 10, .objects = 11, .namespaces = 12,
	};
}

static void tells_about_the_module(void **state)
{
	struct wsync_context *context = fake_context();
	struct wsync_info info;

	(void)state;
	memset(&info, 0xff, sizeof(info));
	info.sz = sizeof(info);
	expect_ioctl_do(DEVICE, WINSYNC_IOC_GET_INFO, 0, answer_info);
	assert_int_equal(wsync_get_info(context, &info), 0);
	assert_int_equal(info.abi_version, 1);
	assert_int_equal(info.features, 2);
	assert_int_equal(info.types, 3);
	assert_int_equal(info.errata, 4);
	assert_int_equal(info.max_wait_any, 5);
	assert_int_equal(info.max_wait_all, 6);
	assert_int_equal(info.name_max, 7);
	assert_int_equal(info.min_period, 8);
	assert_int_equal(info.max_objects, 9);
	assert_int_equal(info.max_namespaces, 10);
	assert_int_equal(info.objects, 11);
	assert_int_equal(info.namespaces, 12);
	assert_int_equal(info.reserved, 0);
	info.sz--;
	assert_error(wsync_get_info(context, &info), EINVAL);
	assert_error(wsync_get_info(context, NULL), EINVAL);
	info.sz++;
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, -EFAULT);
	assert_error(wsync_get_info(context, &info), EFAULT);
	fake_context_drop(context);
}

static void tells_its_version(void **state)
{
	unsigned int major, minor, patch;
	char rest;

	(void)state;
	assert_int_equal(sscanf(wsync_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}

/* Each documented error has words of its own, the same for both signs. */
static void explains_errors(void **state)
{
	static const int errors[] = {
		0, E2BIG, EACCES, EBADF, EBADFD, EBADMSG, EDQUOT, EEXIST, EINTR, EINVAL, EISDIR,
		ENAMETOOLONG, ENODEV, ENOENT, ENOMEM, ENOTDIR, ENOTUNIQ, EOPNOTSUPP, EOVERFLOW,
		EPERM, EPIPE, EPROTOTYPE, ESRCH, ETIMEDOUT, EFAULT, EMFILE, ENFILE,
	};

	(void)state;
	for (size_t i = 0; i < count_of(errors); i++) {
		const char *text = wsync_strerror(-errors[i]);

		assert_non_null(text);
		assert_string_equal(text, wsync_strerror(errors[i]));
		assert_string_not_equal(text, "Unknown error");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(text, wsync_strerror(errors[k]));
	}
	assert_string_equal(wsync_strerror(99999), "Unknown error");
	assert_string_equal(wsync_strerror(INT_MIN), "Unknown error");
	assert_string_equal(wsync_strerror(INT_MAX), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_about_the_module),
		cmocka_unit_test(tells_its_version),
		cmocka_unit_test(explains_errors),
	};

	return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}
