// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module must not give away: kernel addresses, memory that nobody
 * wrote, and room in the log. docs/security.md has the list.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sys/ioctl.h>

#define POISON	0x5a

/* Everything there is: one of each, named, with a waiter. */
FIXTURE(secrets) {
	int ns;
	int event, mutex, semaphore, timer;
	struct ws_sleeper sleeper;
};

FIXTURE_SETUP(secrets)
{
	self->ns = ws_private_ns();
	self->event = ws_named(self->ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	self->mutex = ws_named(self->ns, WINSYNC_TYPE_MUTEX, "m", 0, NULL);
	self->semaphore = ws_named(self->ns, WINSYNC_TYPE_SEMAPHORE,
				   "semaphore", 0, NULL);
	self->timer = ws_named(self->ns, WINSYNC_TYPE_TIMER, "timer", 0, NULL);
	ASSERT_LE(0, self->timer);
	ASSERT_EQ(0, ws_try(self->mutex));
	ASSERT_EQ(0, ws_timer_set(self->timer, 3600 * WS_NSEC_PER_SEC, 0));
	self->sleeper = WS_SLEEPER(.fd = self->event);
	ASSERT_EQ(0, ws_sleeper_queue(&self->sleeper, self->event, 1));
}

FIXTURE_TEARDOWN(secrets)
{
	ws_event_set(self->event);
	ws_sleeper_join(&self->sleeper);
}

/* In the upper half of the address space, but no small negative number. */
static bool looks_like_an_address(uint64_t word)
{
	return word >> 47 == 0x1ffff && word < -4096ULL;
}

static unsigned int addresses_in(const void *data, size_t size)
{
	unsigned int found = 0;
	uint64_t word;
	size_t at;

	for (at = 0; at + sizeof(word) <= size; at += sizeof(word)) {
		memcpy(&word, (const char *)data + at, sizeof(word));
		found += looks_like_an_address(word);
	}
	return found;
}

static bool has_poison(const void *data, size_t size)
{
	static const char poison[4] = { POISON, POISON, POISON, POISON };

	return memmem(data, size, poison, sizeof(poison));
}

/* Every command that only reports, and the fd that it is for. */
TEST_F(secrets, results_are_written_whole_and_hold_no_address)
{
	const struct {
		int fd;
		unsigned long command;
	} calls[] = {
		{ ws_device(), WINSYNC_IOC_GET_INFO },
		{ self->event, WINSYNC_IOC_STAT },
		{ self->ns, WINSYNC_IOC_STAT },
		{ self->event, WINSYNC_IOC_EVENT_QUERY },
		{ self->mutex, WINSYNC_IOC_MUTEX_QUERY },
		{ self->semaphore, WINSYNC_IOC_SEMAPHORE_QUERY },
		{ self->timer, WINSYNC_IOC_TIMER_QUERY },
	};
	unsigned int i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		size_t size = _IOC_SIZE(calls[i].command), longer = size + 48;
		char result[512];

		memset(result, POISON, sizeof(result));
		ASSERT_EQ(0, ws_ioctl(calls[i].fd, calls[i].command, result));
		EXPECT_FALSE(has_poison(result, size)) TH_LOG("command %u", i);
		EXPECT_EQ(0, addresses_in(result, size)) TH_LOG("command %u", i);
		EXPECT_EQ(POISON, result[size]);

		/* A later version's is cleared behind what is known. */
		memset(result, POISON, sizeof(result));
		ASSERT_EQ(0, ws_ioctl(calls[i].fd,
				      _IOC(_IOC_READ, WINSYNC_IOC_MAGIC,
					   _IOC_NR(calls[i].command), longer),
				      result));
		EXPECT_FALSE(has_poison(result, longer)) TH_LOG("command %u", i);
		EXPECT_EQ(POISON, result[longer]);
	}
}

TEST_F(secrets, lists_are_written_whole_and_hold_no_address)
{
	char buffer[4096] __attribute__((aligned(8)));
	struct winsync_waiter waiters[4];
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)waiters, .count = 4,
	};
	uint64_t cursor = 0;
	int size;

	memset(buffer, POISON, sizeof(buffer));
	size = ws_list(self->ns, &cursor, buffer, sizeof(buffer));
	ASSERT_LT(0, size);
	EXPECT_FALSE(has_poison(buffer, size));
	EXPECT_EQ(0, addresses_in(buffer, size));
	EXPECT_EQ(POISON, buffer[size]);

	cursor = 0;
	memset(buffer, POISON, sizeof(buffer));
	size = ws_list(ws_device(), &cursor, buffer, sizeof(buffer));
	ASSERT_LT(0, size);
	EXPECT_FALSE(has_poison(buffer, size));
	EXPECT_EQ(POISON, buffer[size]);

	memset(waiters, POISON, sizeof(waiters));
	ASSERT_EQ(0, ws_ioctl(self->event, WINSYNC_IOC_WAITERS, &args));
	ASSERT_EQ(1, args.count);
	EXPECT_FALSE(has_poison(waiters, sizeof(waiters[0])));
	EXPECT_EQ(0, addresses_in(waiters, sizeof(waiters[0])));
	EXPECT_TRUE(has_poison(&waiters[1], sizeof(waiters[1])));
}

TEST_F(secrets, fdinfo_holds_no_address)
{
	const int fds[] = {
		self->ns, self->event, self->mutex, self->semaphore, self->timer,
	};
	char path[64], text[2048] = "";
	unsigned int i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[i]);
		file = fopen(path, "re");
		ASSERT_NE(NULL, file);
		while (fgets(text, sizeof(text), file)) {
			EXPECT_EQ(NULL, strstr(text, "ffff")) TH_LOG("%s", text);
		}
		fclose(file);
	}
}

/* Lines of the kernel's log that are about us, from now on. */
static int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static unsigned int log_lines(int fd)
{
	char record[8192];
	unsigned int lines = 0;
	ssize_t size;

	while ((size = read(fd, record, sizeof(record) - 1)) > 0) {
		record[size] = '\0';
		lines += strstr(record, "winsync:") || strstr(record, "ntsync");
	}
	return lines;
}

/* Whatever is called with whatever: nothing is said about it. */
TEST_F(secrets, no_command_writes_to_the_log)
{
	const int fds[] = {
		ws_device(), self->ns, self->event, self->mutex,
		self->semaphore, self->timer,
	};
	int log = log_open();
	char data[512];
	unsigned int nr, size, i;

	ASSERT_LE(0, log);
	memset(data, POISON, sizeof(data));
	for (nr = 0; nr < 0x80; nr++) {
		for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
			for (size = 0; size <= 64; size += 8) {
				/* None of these is valid. */
				ioctl(fds[i], _IOC(_IOC_READ | _IOC_WRITE,
						   WINSYNC_IOC_MAGIC, nr, size),
				      data);
				ioctl(fds[i], _IOC(_IOC_WRITE, WINSYNC_IOC_MAGIC,
						   nr, size), data);
				ioctl(fds[i], _IOC(_IOC_WRITE, WINSYNC_IOC_MAGIC,
						   nr, size), NULL);
			}
		}
	}
	EXPECT_EQ(0, log_lines(log));
	close(log);
}

TEST_HARNESS_MAIN
