// SPDX-License-Identifier: GPL-2.0-only
/* WINSYNC_IOC_GET_INFO: its sizes, and that what it says is so. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int info_of_size(int fd, void *buffer, unsigned int size)
{
	return ws_ioctl(fd, _IOC(_IOC_READ, WINSYNC_IOC_MAGIC,
				 _IOC_NR(WINSYNC_IOC_GET_INFO), size), buffer);
}

TEST(smaller_is_filled_as_far_as_it_goes)
{
	unsigned char whole[sizeof(struct winsync_info)];
	unsigned char part[sizeof(whole)];
	unsigned int size, i;

	ASSERT_EQ(0, info_of_size(ws_device(), whole, sizeof(whole)));
	for (size = 4; size < sizeof(whole); size++) {
		memset(part, 0x5a, sizeof(part));
		ASSERT_EQ(0, info_of_size(ws_device(), part, size));
		EXPECT_EQ(0, memcmp(part, whole, size));
		for (i = size; i < sizeof(part); i++)
			EXPECT_EQ(0x5a, part[i]);
	}
}

TEST(larger_has_zeros_behind)
{
	static unsigned char buffer[4096 + 1], expected[4096];
	static const unsigned int sizes[] = { sizeof(struct winsync_info) + 1,
		sizeof(struct winsync_info) + 8, 256, 4095, 4096 };
	unsigned int i;

	ASSERT_EQ(0, info_of_size(ws_device(), expected,
				  sizeof(struct winsync_info)));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(buffer, 0x5a, sizeof(buffer));
		ASSERT_EQ(0, info_of_size(ws_device(), buffer, sizes[i]));
		EXPECT_EQ(0, memcmp(buffer, expected, sizes[i]));
		EXPECT_EQ(0x5a, buffer[sizes[i]]);
	}
}

TEST(input_does_not_matter)
{
	struct winsync_info zero, ones;

	memset(&zero, 0, sizeof(zero));
	memset(&ones, 0xff, sizeof(ones));
	ASSERT_EQ(0, info_of_size(ws_device(), &zero, sizeof(zero)));
	ASSERT_EQ(0, info_of_size(ws_device(), &ones, sizeof(ones)));
	EXPECT_EQ(0, memcmp(&zero, &ones, sizeof(zero)));
}

TEST(same_on_every_file)
{
	struct winsync_info device, other;
	int fds[] = { ws_private_ns(), ws_event(0, 0), ws_mutex(0),
		      ws_semaphore(0, 1), ws_timer(0) };
	unsigned int i;

	ASSERT_EQ(0, ws_info(&device));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, info_of_size(fds[i], &other, sizeof(other)));
		EXPECT_EQ(0, memcmp(&device, &other, sizeof(other)));
	}
}

TEST(constants)
{
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	EXPECT_EQ(WINSYNC_ABI_VERSION, info.abi_version);
	EXPECT_EQ(1 << WINSYNC_TYPE_EVENT | 1 << WINSYNC_TYPE_MUTEX |
		  1 << WINSYNC_TYPE_SEMAPHORE | 1 << WINSYNC_TYPE_TIMER,
		  info.types);
	EXPECT_EQ(0, info.errata);
	EXPECT_EQ(0, info.reserved);
	EXPECT_EQ(WINSYNC_NAME_MAX, info.name_max);
	EXPECT_LE(64, info.max_wait_all);
	EXPECT_LE(info.max_wait_all, info.max_wait_any);
	/* The index must fit the result of a wait. */
	EXPECT_GE(0x10000, info.max_wait_any);
	EXPECT_EQ(0, info.features & ~(WINSYNC_FEATURE_THREAD_EXIT |
				       WINSYNC_FEATURE_EXEC |
				       WINSYNC_FEATURE_WAKE |
				       WINSYNC_FEATURE_NTSYNC));
}

TEST(ntsync_is_there_if_said)
{
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	if (info.features & WINSYNC_FEATURE_NTSYNC)
		EXPECT_EQ(0, access("/dev/ntsync", R_OK | W_OK));
}

TEST(max_wait_any_is_the_limit)
{
	struct winsync_info info;
	int *fds, event = ws_event(1, 1);
	unsigned int i;

	ASSERT_EQ(0, ws_info(&info));
	fds = calloc(info.max_wait_any + 1, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (i = 0; i <= info.max_wait_any; i++)
		fds[i] = event;
	EXPECT_EQ(0, ws_wait_any(fds, info.max_wait_any, 0));
	EXPECT_EQ(-EINVAL, ws_wait_any(fds, info.max_wait_any + 1, 0));
}

TEST(max_wait_all_is_the_limit)
{
	struct winsync_info info;
	unsigned int i;
	int *fds;

	ASSERT_EQ(0, ws_info(&info));
	fds = calloc(info.max_wait_all + 1, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (i = 0; i <= info.max_wait_all; i++) {
		fds[i] = ws_event(0, 1);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(-EINVAL, ws_wait_all(fds, info.max_wait_all + 1, 0));
	for (i = 0; i <= info.max_wait_all; i++)
		ASSERT_EQ(1, ws_event_signaled(fds[i]));
	EXPECT_EQ(0, ws_wait_all(fds, info.max_wait_all, 0));
}

TEST(min_period_is_the_limit)
{
	struct winsync_info info;
	int timer = ws_timer(0);

	ASSERT_EQ(0, ws_info(&info));
	ASSERT_LT(0, info.min_period);
	EXPECT_EQ(-EINVAL, ws_timer_set(timer, 1, info.min_period - 1));
	EXPECT_EQ(0, ws_timer_set(timer, 1, info.min_period));
	EXPECT_LE(0, ws_timer_cancel(timer));
}

static unsigned int read_parameter(const char *name)
{
	unsigned int value = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/winsync/parameters/%s", name);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%u", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

TEST(quotas_are_the_parameters)
{
	struct winsync_info info;

	ASSERT_EQ(0, ws_info(&info));
	EXPECT_EQ(read_parameter("max_objects"), info.max_objects);
	EXPECT_EQ(read_parameter("max_namespaces"), info.max_namespaces);
	EXPECT_LT(0, info.max_objects);
	EXPECT_LT(0, info.max_namespaces);
}

TEST(objects_and_namespaces_are_counted)
{
	struct winsync_info before, with, after;
	int ns, named, fds[5];
	unsigned int i;

	ASSERT_EQ(0, ws_info(&before));
	ns = ws_private_ns();
	ASSERT_LE(0, ns);
	named = ws_named(ns, WINSYNC_TYPE_EVENT, "counted", 0, NULL);
	ASSERT_LE(0, named);
	fds[0] = ws_event(0, 0);
	fds[1] = ws_mutex(0);
	fds[2] = ws_semaphore(0, 1);
	fds[3] = ws_timer(0);
	/* Another handle is no other object. */
	fds[4] = ws_duplicate(fds[0], 0, 0);
	ASSERT_EQ(0, ws_info(&with));
	EXPECT_EQ(before.objects + 5, with.objects);
	EXPECT_EQ(before.namespaces + 1, with.namespaces);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	close(named);
	close(ns);
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(before.objects, after.objects);
	EXPECT_EQ(before.namespaces, after.namespaces);
}

TEST(others_have_counts_of_their_own)
{
	struct winsync_info info;
	pid_t pid;

	ASSERT_LE(0, ws_event(0, 0));
	pid = ws_fork();
	if (!pid) {
		if (ws_become(1002, 1002) || ws_info(&info))
			_exit(99);
		_exit(info.objects);
	}
	EXPECT_EQ(0, ws_reap(pid));
}

TEST_HARNESS_MAIN
