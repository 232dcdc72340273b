// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module must not give away: kernel addresses, memory that nobody
 * wrote, and room in the log. docs/security.md has the list.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sys/ioctl.h>
#include <linux/ntsync.h>

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

/* --- /dev/ntsync ------------------------------------------------------------ */

/* Its device and one of each of its objects; -1 where that is not served. */
struct nt {
	int device, semaphore, mutex, event;
};

static int nt_create(int device, unsigned long command, uint32_t first,
		     uint32_t second)
{
	uint32_t args[2] = { first, second };

	return ws_ioctl(device, command, args);
}

static struct nt nt_all(void)
{
	struct nt nt = {
		.device = open("/dev/ntsync", O_RDONLY | O_CLOEXEC),
	};

	nt.semaphore = nt_create(nt.device, NTSYNC_IOC_CREATE_SEM, 1, 3);
	nt.mutex = nt_create(nt.device, NTSYNC_IOC_CREATE_MUTEX, 7, 1);
	nt.event = nt_create(nt.device, NTSYNC_IOC_CREATE_EVENT, 0, 1);
	return nt;
}

/* --- fdinfo ----------------------------------------------------------------- */

/*
 * Whether some digits can be an address, or what %p makes of one. Numbers that the
 * module shows are decimal, and far from there.
 */
static bool number_looks_like_an_address(const char *digits, size_t count)
{
	char text[32];

	if (count < 12)
		return false;
	if (count >= sizeof(text) || *digits == '0')
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)count, digits);
	return strspn(text, "0123456789") < count ||
	       looks_like_an_address(strtoull(text, NULL, 10));
}

static bool text_holds_an_address(const char *text)
{
	while (*text) {
		size_t count = strspn(text, "0123456789abcdefABCDEF");

		if (number_looks_like_an_address(text, count))
			return true;
		text += count ? count : 1;
	}
	return false;
}

TEST(addresses_are_recognized)
{
	EXPECT_TRUE(text_holds_an_address("pos:\t0xffff888003c1e000\n"));
	EXPECT_TRUE(text_holds_an_address("FF11000043458C00"));
	EXPECT_TRUE(text_holds_an_address("at 888003c1e000"));
	EXPECT_TRUE(text_holds_an_address("00000000d0f3a14b"));
	EXPECT_TRUE(text_holds_an_address("18446612682086146048"));
	EXPECT_FALSE(text_holds_an_address("remaining:\t3599999999999"));
	EXPECT_FALSE(text_holds_an_address("expired:\t1764462497000000000"));
	EXPECT_FALSE(text_holds_an_address("flags:\t02000002, deadbeef"));
}

TEST_F(secrets, fdinfo_holds_no_address)
{
	const struct nt nt = nt_all();
	const int fds[] = {
		ws_device(), ws_default_ns(WS_QUERY), self->ns, self->event, self->mutex,
		self->semaphore, self->timer, ws_duplicate(self->event, WS_QUERY, 0),
		nt.device, nt.semaphore, nt.mutex, nt.event,
	};
	char path[64], text[2048];
	unsigned int i, lines;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		FILE *file;

		if (fds[i] < 0 && nt.device < 0)
			continue;
		ASSERT_LE(0, fds[i]) TH_LOG("file %u", i);
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[i]);
		file = fopen(path, "re");
		ASSERT_NE(NULL, file);
		for (lines = 0; fgets(text, sizeof(text), file); lines++) {
			EXPECT_FALSE(text_holds_an_address(text)) TH_LOG("%s", text);
		}
		EXPECT_LE(3, lines);
		fclose(file);
	}
}

/* --- the log ---------------------------------------------------------------- */

/* Lines of the kernel's log that are about us, from now on. */
static int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static unsigned int log_lines(int fd)
{
	char record[8192];
	unsigned int lines = 0;
	ssize_t size;

	/* EPIPE: others have written so much that some of it is gone. */
	while ((size = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (size < 0 && errno == EPIPE)) {
		record[size < 0 ? 0 : size] = '\0';
		lines += strstr(record, "winsync") || strstr(record, "ntsync");
	}
	return lines;
}

/* Whatever is called with whatever: nothing is said about it. */
TEST_F(secrets, no_command_writes_to_the_log)
{
	const struct nt nt = nt_all();
	const int fds[] = {
		ws_device(), self->ns, self->event, self->mutex,
		self->semaphore, self->timer,
		nt.device, nt.semaphore, nt.mutex, nt.event,
	};
	const unsigned int magics[] = { WINSYNC_IOC_MAGIC, 'N' };
	unsigned int nr, size, i, m;
	int log = log_open();
	char data[512];

	ASSERT_LE(0, log);
	memset(data, POISON, sizeof(data));
	for (nr = 0; nr < 0x100; nr++) {
		for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
			for (size = 0; size <= 64; size += 4) {
				/* Next to none of these is valid. */
				for (m = 0; m < 2; m++) {
					ioctl(fds[i], _IOC(_IOC_READ | _IOC_WRITE,
							   magics[m], nr, size), data);
					ioctl(fds[i], _IOC(_IOC_WRITE, magics[m],
							   nr, size), data);
					ioctl(fds[i], _IOC(_IOC_WRITE, magics[m],
							   nr, size), NULL);
					memset(data, POISON, sizeof(data));
				}
			}
		}
	}
	EXPECT_EQ(0, log_lines(log));
	close(log);
}

/* The commands that succeed, one after the other; the line of one that does not. */
#define CHECK(condition) do { \
	if (!(condition)) \
		return __LINE__; \
} while (0)

static int use_winsync(int ns)
{
	struct winsync_waiter waiter;
	struct winsync_waiters_args waiters = {
		.buffer = (uintptr_t)&waiter, .count = 1,
	};
	struct winsync_semaphore_state semaphore_state;
	struct winsync_event_state event_state;
	struct winsync_mutex_state mutex_state;
	struct winsync_timer_state timer_state;
	struct winsync_info info;
	struct winsync_stat stat;
	struct ws_sleeper sleeper;
	int event = ws_named(ns, WINSYNC_TYPE_EVENT, "used", 0, NULL);
	int mutex = ws_mutex(1), semaphore = ws_semaphore(0, 2), timer = ws_timer(1);
	int all[] = { event, semaphore }, other = ws_private_ns(), opened, copy;
	uint64_t cursor = 0;
	char list[4096];

	CHECK(event >= 0 && mutex >= 0 && semaphore >= 0 && timer >= 0 && other >= 0);
	CHECK(!ws_info(&info) && !ws_stat(event, &stat) && !ws_stat(ns, &stat));
	CHECK(ws_list(ns, &cursor, list, sizeof(list)) > 0);
	CHECK(!ws_ioctl_value(other, WINSYNC_IOC_NS_DESTROY, 0));
	opened = ws_open(ns, "used", WINSYNC_TYPE_EVENT, WS_ALL);
	copy = ws_duplicate(opened, WS_QUERY, 0);
	CHECK(opened >= 0 && copy >= 0 && ws_same(opened, copy) == 1);
	CHECK(!ws_set_mode(opened, 0700));
	CHECK(!ws_event_query(event, &event_state));
	CHECK(!ws_event_set(event) && ws_event_reset(event) == 1);
	CHECK(!ws_event_pulse(event));
	CHECK(!ws_mutex_query(mutex, &mutex_state) && ws_mutex_release(mutex) == 1);
	CHECK(!ws_semaphore_query(semaphore, &semaphore_state));
	CHECK(!ws_semaphore_release(semaphore, 1));
	CHECK(!ws_timer_set(timer, 1, 0) && !ws_timer_query(timer, &timer_state));
	CHECK(!ws_wait(timer, WINSYNC_FOREVER) && ws_timer_cancel(timer) == 1);
	CHECK(ws_wait_any(all, 2, 0) == 1);
	CHECK(ws_wait_any(all, 2, 0) == -ETIMEDOUT);
	CHECK(!ws_event_set(event) && !ws_semaphore_release(semaphore, 1));
	CHECK(!ws_wait_all(all, 2, WINSYNC_FOREVER));
	CHECK(!ws_signal_and_wait(event, event, WINSYNC_FOREVER, -1));
	CHECK(ws_wait(event, ws_after(1)) == -ETIMEDOUT);
	sleeper = WS_SLEEPER(.fd = event);
	CHECK(!ws_sleeper_queue(&sleeper, event, 1));
	CHECK(!ws_ioctl(event, WINSYNC_IOC_WAITERS, &waiters) && waiters.count == 1);
	CHECK(!ws_event_set(event) && !ws_sleeper_join(&sleeper));
	/* One is abandoned, too, and a timer goes while it runs. */
	CHECK(ws_timer_set(timer, 3600 * WS_NSEC_PER_SEC, 0) >= 0);
	sleeper = WS_SLEEPER(.fd = mutex);
	CHECK(!ws_sleeper_start(&sleeper) && !ws_sleeper_join(&sleeper));
	CHECK(ws_wait(mutex, WINSYNC_FOREVER) >= 0);
	close(event);
	close(opened);
	close(copy);
	close(mutex);
	close(semaphore);
	close(timer);
	close(other);
	return 0;
}

static int use_ntsync(void)
{
	const struct nt nt = nt_all();
	const uint32_t fds[] = { nt.event, nt.semaphore };
	struct ntsync_wait_args wait = {
		.timeout = UINT64_MAX, .objs = (uintptr_t)fds, .count = 2, .owner = 5,
	};
	struct ntsync_mutex_args unlock = { .owner = 7 };
	uint32_t words[2], owner = 5;

	CHECK(nt.semaphore >= 0 && nt.mutex >= 0 && nt.event >= 0);
	CHECK(!ws_ioctl(nt.semaphore, NTSYNC_IOC_SEM_READ, words));
	CHECK(!ws_ioctl(nt.mutex, NTSYNC_IOC_MUTEX_READ, words));
	CHECK(!ws_ioctl(nt.event, NTSYNC_IOC_EVENT_READ, words));
	CHECK(!ws_ioctl(nt.device, NTSYNC_IOC_WAIT_ALL, &wait));
	words[0] = 1;
	CHECK(!ws_ioctl(nt.semaphore, NTSYNC_IOC_SEM_RELEASE, words));
	CHECK(!ws_ioctl(nt.device, NTSYNC_IOC_WAIT_ANY, &wait) && wait.index == 1);
	wait.timeout = 0;
	CHECK(ws_ioctl(nt.device, NTSYNC_IOC_WAIT_ANY, &wait) == -ETIMEDOUT);
	CHECK(!ws_ioctl(nt.event, NTSYNC_IOC_EVENT_SET, words));
	CHECK(!ws_ioctl(nt.event, NTSYNC_IOC_EVENT_RESET, words));
	CHECK(!ws_ioctl(nt.event, NTSYNC_IOC_EVENT_PULSE, words));
	CHECK(!ws_ioctl(nt.mutex, NTSYNC_IOC_MUTEX_UNLOCK, &unlock));
	wait.objs = (uintptr_t)&nt.mutex;
	wait.count = 1;
	CHECK(!ws_ioctl(nt.device, NTSYNC_IOC_WAIT_ANY, &wait));
	CHECK(!ws_ioctl(nt.mutex, NTSYNC_IOC_MUTEX_KILL, &owner));
	CHECK(ws_ioctl(nt.device, NTSYNC_IOC_WAIT_ANY, &wait) == -EOWNERDEAD);
	close(nt.semaphore);
	close(nt.mutex);
	close(nt.event);
	close(nt.device);
	return 0;
}

TEST_F(secrets, nor_does_one_that_succeeds)
{
	int log = log_open(), round;

	ASSERT_LE(0, log);
	for (round = 0; round < 10; round++) {
		EXPECT_EQ(0, use_winsync(self->ns));
		if (!access("/dev/ntsync", F_OK)) {
			EXPECT_EQ(0, use_ntsync());
		}
	}
	EXPECT_EQ(0, log_lines(log));
	/* It would have been seen. */
	ASSERT_EQ(18, write(log, "winsync: selftest\n", 18));
	EXPECT_EQ(1, log_lines(log));
	close(log);
}

TEST_HARNESS_MAIN
