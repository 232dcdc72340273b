// SPDX-License-Identifier: GPL-2.0-only
/* What can be enumerated: objects, namespaces, and who waits. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

static const struct ws_user alice = { 1000, 1000, 0 };

#define BUFFER	16384

/* A whole list, entry by entry. Several calls make it, each with @size bytes. */
struct list {
	int fd;
	uint32_t size;
	uint64_t cursor;
	char buffer[BUFFER] __attribute__((aligned(8)));
	int filled, at;
	int error;
	unsigned int calls;
};

static const struct winsync_list_entry *next_entry(struct list *list)
{
	const struct winsync_list_entry *entry;

	if (list->at >= list->filled) {
		list->calls++;
		list->at = 0;
		list->filled = ws_list(list->fd, &list->cursor, list->buffer,
				       list->size ? list->size : BUFFER);
		if (list->filled < 0)
			list->error = list->filled;
		if (list->filled <= 0)
			return NULL;
	}
	entry = (const void *)(list->buffer + list->at);
	list->at += entry->size;
	return entry;
}

static uint32_t entry_size(uint32_t name_len)
{
	return (sizeof(struct winsync_list_entry) + name_len + 7) / 8 * 8;
}

FIXTURE(listing) {
	int ns;
};

FIXTURE_SETUP(listing)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(listing)
{
	close(self->ns);
}

/* --- what an entry says ----------------------------------------------- */

TEST_F(listing, nothing)
{
	struct winsync_list_args args = { .size = BUFFER };
	char buffer[BUFFER];

	args.buffer = (uintptr_t)buffer;
	EXPECT_EQ(0, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(0, args.size);
	/* Nor is there a buffer needed. */
	args = (struct winsync_list_args){ 0 };
	EXPECT_EQ(0, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(0, args.size);
}

TEST_F(listing, state_of_each_type)
{
	struct ws_new what[] = {
		{ .name = "manual event", .mode = 0640, .first = 1, .second = 1 },
		{ .name = "auto event", .mode = 0604, .first = 0, .second = 0 },
		{ .name = "owned mutex", .mode = 0700, .first = 1 },
		{ .name = "free mutex", .mode = 0777 },
		{ .name = "semaphore", .mode = 0444, .first = 3, .second = 7 },
		{ .name = "empty", .mode = 0, .first = 0, .second = 1 },
		{ .name = "set timer", .mode = 0111, .first = 1 },
		{ .name = "idle timer", .mode = 0222 },
	};
	static const uint32_t types[] = {
		WINSYNC_TYPE_EVENT, WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX,
		WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE, WINSYNC_TYPE_SEMAPHORE,
		WINSYNC_TYPE_TIMER, WINSYNC_TYPE_TIMER,
	};
	const struct { uint32_t signaled, value, extra; } expected[] = {
		{ 1, 1, 0 }, { 0, 0, 0 }, { 0, 1, ws_gettid() }, { 1, 0, 0 },
		{ 1, 3, 7 }, { 0, 0, 1 }, { 0, 1, 1 }, { 0, 0, 0 },
	};
	struct list list = { .fd = self->ns };
	const struct winsync_list_entry *entry;
	int fds[ARRAY_SIZE(what)];
	struct winsync_stat stat;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		fds[i] = ws_create(self->ns, types[i], &what[i]);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_LE(0, ws_timer_set(fds[6], 3600 * WS_NSEC_PER_SEC, 0));
	ASSERT_LE(0, ws_duplicate(fds[3], WS_SYNC, 0));
	/* Unnamed objects, though made through the namespace, are not in it. */
	ASSERT_LE(0, ws_named(self->ns, WINSYNC_TYPE_EVENT, "", 0, NULL));

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		entry = next_entry(&list);
		ASSERT_NE(NULL, entry);
		ASSERT_EQ(0, ws_stat(fds[i], &stat));
		EXPECT_EQ(entry_size(strlen(what[i].name)), entry->size);
		EXPECT_EQ(strlen(what[i].name), entry->name_len);
		EXPECT_EQ(0, memcmp(what[i].name, entry->name, entry->name_len));
		EXPECT_EQ(types[i], entry->type);
		EXPECT_EQ(what[i].mode, entry->mode);
		EXPECT_EQ(expected[i].signaled, entry->signaled);
		EXPECT_EQ(expected[i].value, entry->value);
		EXPECT_EQ(expected[i].extra, entry->extra);
		EXPECT_EQ(WINSYNC_UID_SELF, entry->ns_uid);
		/* And it agrees with what a handle tells. */
		EXPECT_EQ(stat.id, entry->id);
		EXPECT_EQ(stat.type, entry->type);
		EXPECT_EQ(stat.created, entry->created);
		EXPECT_EQ(stat.uid, entry->uid);
		EXPECT_EQ(stat.gid, entry->gid);
		EXPECT_EQ(stat.mode, entry->mode);
		EXPECT_EQ(stat.handles, entry->handles);
		EXPECT_EQ(stat.waiters, entry->waiters);
		EXPECT_EQ(stat.name_len, entry->name_len);
		EXPECT_EQ(0, memcmp(&stat.counters, &entry->counters,
				    sizeof(stat.counters)));
	}
	EXPECT_EQ(NULL, next_entry(&list));
	EXPECT_EQ(0, list.error);
}

TEST_F(listing, waiters_are_counted)
{
	int event = ws_named(self->ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	struct ws_sleeper sleepers[3];
	struct winsync_list_entry entry;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		sleepers[i] = WS_SLEEPER(.fd = event);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], event, i + 1));
		ASSERT_EQ(1, ws_list_find(self->ns, "event", 0, &entry));
		EXPECT_EQ(i + 1, entry.waiters);
		/* Threads don't make handles. */
		EXPECT_EQ(1, entry.handles);
	}
	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		EXPECT_LE(0, ws_event_set(event));
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
	ASSERT_EQ(1, ws_list_find(self->ns, "event", 0, &entry));
	EXPECT_EQ(0, entry.waiters);
	EXPECT_EQ(0, entry.signaled);
}

/* Listing is not waiting: an auto-reset event stays signaled. */
TEST_F(listing, consumes_nothing)
{
	struct winsync_list_entry entry;
	int event = ws_named(self->ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);

	ASSERT_EQ(0, ws_event_set(event));
	ASSERT_EQ(1, ws_list_find(self->ns, "event", 0, &entry));
	EXPECT_EQ(1, entry.signaled);
	EXPECT_EQ(0, ws_try(event));
}

/* --- buffers ---------------------------------------------------------- */

TEST_F(listing, bad_arguments)
{
	struct winsync_list_args args = { .size = BUFFER, .reserved = 1 };
	int blind = ws_duplicate(self->ns, WS_ALL & ~WS_QUERY, 0);
	char buffer[BUFFER];

	ASSERT_LE(0, ws_named(self->ns, WINSYNC_TYPE_EVENT, "event", 0, NULL));
	args.buffer = (uintptr_t)buffer;
	EXPECT_EQ(-EINVAL, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	args.reserved = 0;
	EXPECT_EQ(-EACCES, ws_ioctl(blind, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(-EBADFD, ws_ioctl(ws_event(0, 0), WINSYNC_IOC_LIST, &args));
	args.buffer = 8;
	EXPECT_EQ(-EFAULT, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	/* A failed call leaves the arguments: the caller may go on. */
	EXPECT_EQ(0, args.cursor);
	EXPECT_EQ(BUFFER, args.size);
	args.buffer = (uintptr_t)buffer;
	EXPECT_EQ(0, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(entry_size(5), args.size);
	/* Any size may be claimed; what is not needed is not touched. */
	args = (struct winsync_list_args){
		.buffer = (uintptr_t)buffer, .size = 0xffffffff };
	memset(buffer, 0x55, sizeof(buffer));
	EXPECT_EQ(0, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(entry_size(5), args.size);
	EXPECT_EQ(0x55, buffer[args.size]);
	/* Beyond the last. */
	args = (struct winsync_list_args){
		.cursor = ~0ULL, .buffer = (uintptr_t)buffer, .size = BUFFER };
	EXPECT_EQ(0, ws_ioctl(self->ns, WINSYNC_IOC_LIST, &args));
	EXPECT_EQ(0, args.size);
}

/* EINVAL exactly where the next entry does not fit, and nothing is lost. */
TEST_F(listing, small_buffers)
{
	static const uint32_t lengths[] = { 1, 8, 9, 255, WINSYNC_NAME_MAX, 1 };
	char name[WINSYNC_NAME_MAX], buffer[1024];
	uint64_t cursor = 0, before;
	unsigned int i;

	memset(name, 'n', sizeof(name));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		name[0] = 'a' + i;
		ASSERT_LE(0, ws_create(self->ns, WINSYNC_TYPE_EVENT, &(struct ws_new){
				.name = name, .name_len = lengths[i] }));
	}
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		const uint32_t needed = entry_size(lengths[i]);
		const struct winsync_list_entry *entry = (const void *)buffer;

		before = cursor;
		EXPECT_EQ(-EINVAL, ws_list(self->ns, &cursor, buffer, 0));
		EXPECT_EQ(-EINVAL, ws_list(self->ns, &cursor, buffer, 8));
		EXPECT_EQ(-EINVAL, ws_list(self->ns, &cursor, buffer, needed - 1));
		EXPECT_EQ(before, cursor);
		memset(buffer, 0x55, sizeof(buffer));
		ASSERT_EQ((int)needed, ws_list(self->ns, &cursor, buffer, needed));
		EXPECT_EQ(0x55, buffer[needed]);
		EXPECT_EQ(lengths[i], entry->name_len);
		EXPECT_EQ('a' + i, entry->name[0]);
		/* Padding is not somebody's memory. */
		for (uint32_t at = sizeof(*entry) + lengths[i]; at < needed; at++)
			EXPECT_EQ(0, buffer[at]);
	}
	EXPECT_EQ(0, ws_list(self->ns, &cursor, buffer, sizeof(buffer)));
	EXPECT_EQ(0, ws_list(self->ns, &cursor, buffer, 0));
}

FIXTURE(paging) {
	int ns;
	unsigned int count;
	int *fds;
};

FIXTURE_VARIANT(paging) {
	uint32_t size;
};

FIXTURE_VARIANT_ADD(paging, one_at_a_time) {
	sizeof(struct winsync_list_entry) + 16
};
FIXTURE_VARIANT_ADD(paging, odd) { 1001 };
FIXTURE_VARIANT_ADD(paging, large) { BUFFER };

FIXTURE_SETUP(paging)
{
	unsigned int i;
	char name[32];

	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	self->count = ws_scale(500);
	ws_raise_nofile(self->count + 100);
	self->fds = calloc(self->count, sizeof(int));
	for (i = 0; i < self->count; i++) {
		snprintf(name, sizeof(name), "object %u", i);
		self->fds[i] = ws_named(self->ns, 1 + i % 4, name, 0, NULL);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(paging)
{
	close(self->ns);
}

/* Each once, in order of creation, however many calls it takes. */
TEST_F(paging, each_once)
{
	struct list list = { .fd = self->ns, .size = variant->size };
	const struct winsync_list_entry *entry;
	unsigned int i = 0;
	char name[32];

	while ((entry = next_entry(&list))) {
		snprintf(name, sizeof(name), "object %u", i++);
		ASSERT_EQ(strlen(name), entry->name_len);
		EXPECT_EQ(0, memcmp(name, entry->name, entry->name_len));
	}
	EXPECT_EQ(0, list.error);
	EXPECT_EQ(self->count, i);
	if (variant->size == 80)
		EXPECT_EQ(self->count + 1, list.calls);
}

/* What is there all the time is listed once; what comes behind the cursor too. */
TEST_F(paging, while_objects_come_and_go)
{
	struct list list = { .fd = self->ns, .size = variant->size };
	const struct winsync_list_entry *entry;
	unsigned int i, even = 0, odd = 0, late = 0, number;
	char name[32];

	while ((entry = next_entry(&list))) {
		snprintf(name, sizeof(name), "%.*s", (int)entry->name_len, entry->name);
		if (sscanf(name, "object %u", &number) != 1) {
			late++;
			continue;
		}
		if (number % 2)
			odd++;
		else
			even++;
		if (number)
			continue;
		/* While the first call's entries are read, all odd ones go. */
		for (i = 1; i < self->count; i += 2)
			close(self->fds[i]);
		ASSERT_LE(0, ws_named(self->ns, WINSYNC_TYPE_EVENT, "late", 0, NULL));
	}
	EXPECT_EQ(0, list.error);
	EXPECT_EQ((self->count + 1) / 2, even);
	/* At most those that the first call had seen. */
	EXPECT_GE(variant->size / entry_size(8), odd);
	EXPECT_EQ(1, late);
}

static int churn(void *data)
{
	const int ns = *(int *)data;
	unsigned int i;
	char name[16];

	for (i = 0;; i++) {
		int fds[3], j;

		for (j = 0; j < 3; j++) {
			snprintf(name, sizeof(name), "churn %u", (i + j) % 50);
			fds[j] = ws_named(ns, WINSYNC_TYPE_EVENT, name, 0, NULL);
		}
		for (j = 0; j < 3; j++)
			close(fds[j]);
	}
	return 0;
}

TEST_F(paging, under_a_storm)
{
	const unsigned int rounds = ws_scale(20);
	unsigned int round, i;
	pid_t pids[2];

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = ws_fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(churn(&self->ns));
	}
	for (round = 0; round < rounds; round++) {
		struct list list = { .fd = self->ns, .size = variant->size };
		const struct winsync_list_entry *entry;
		unsigned int steady = 0;
		uint64_t last = 0;

		/* New objects have new ids, so that this may not end: stop it. */
		while (steady < self->count && (entry = next_entry(&list))) {
			EXPECT_LT(last, entry->id);
			last = entry->id;
			EXPECT_LE(1, entry->handles);
			EXPECT_EQ(entry_size(entry->name_len), entry->size);
			if (!memcmp(entry->name, "object ", 7))
				steady++;
			else
				EXPECT_EQ(0, memcmp(entry->name, "churn ", 6));
		}
		EXPECT_EQ(0, list.error);
		EXPECT_EQ(self->count, steady);
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pids[i]));
}

/* --- what is hidden --------------------------------------------------- */

TEST_F(listing, ids_are_never_equal)
{
	struct winsync_stat before, object, after;
	int fd = ws_event(0, 0), ns;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ws_stat(fd, &object));
	ns = ws_private_ns();
	ASSERT_LE(0, ns);
	ASSERT_EQ(0, ws_stat(self->ns, &before));
	ASSERT_EQ(0, ws_stat(ns, &after));
	/* Whatever it is the id of, the later is the larger. */
	EXPECT_LT(before.id, object.id);
	EXPECT_LT(object.id, after.id);
	close(ns);
	close(fd);
}

/* Times of creation are on the clock that goes on in suspend, from boot on. */
TEST_F(listing, created_when_it_was)
{
	/* For objects it is read from the kernel's last tick, which may come late. */
	uint64_t before = ws_clock(CLOCK_BOOTTIME) - WS_NSEC_PER_SEC, after;
	int ns = ws_private_ns(), fds[2], i;
	struct winsync_stat stat;

	fds[0] = ws_named(ns, WINSYNC_TYPE_EVENT, "event", 0, NULL);
	fds[1] = ws_event(0, 0);
	after = ws_clock(CLOCK_BOOTTIME);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, ws_stat(fds[i], &stat));
		EXPECT_LE(before, stat.created);
		EXPECT_GE(after, stat.created);
	}
	ASSERT_EQ(0, ws_stat(ns, &stat));
	EXPECT_LE(before, stat.created);
	EXPECT_GE(after, stat.created);
}

/* Of threads that have no number where the caller lives, none is told. */
static int lists_owners(void *data)
{
	const int ns = *(int *)data;
	struct winsync_list_entry entry;
	struct ws_new what = { .name = "inside", .first = 1 };

	if (ws_list_find(ns, "outside", 0, &entry) != 1 || entry.value != 1 ||
	    entry.extra)
		return 1;
	if (ws_create(ns, WINSYNC_TYPE_MUTEX, &what) < 0 ||
	    ws_list_find(ns, "inside", 0, &entry) != 1)
		return 2;
	return entry.value == 1 && entry.extra == 1 && ws_gettid() == 1 ? 0 : 3;
}

TEST_F(listing, owners_have_the_callers_numbers)
{
	struct ws_new what = { .name = "outside", .first = 1 };
	struct winsync_list_entry entry;

	ASSERT_LE(0, ws_create(self->ns, WINSYNC_TYPE_MUTEX, &what));
	ASSERT_EQ(1, ws_list_find(self->ns, "outside", 0, &entry));
	EXPECT_EQ(ws_gettid(), (pid_t)entry.extra);
	if (unshare(CLONE_NEWPID))
		SKIP(return, "no pid namespace");
	EXPECT_EQ(0, ws_in_child(lists_owners, &self->ns));
}

struct look {
	int ns;
	struct winsync_list_entry *found;
};

static int look_at_object(void *data)
{
	struct look *look = data;

	return ws_list_find(look->ns, "object", 0, look->found);
}

TEST_F(listing, state_is_for_those_who_may_query)
{
	struct ws_new what = { .name = "object", .mode = 0773, .first = 3, .second = 7 };
	int fd = ws_create(self->ns, WINSYNC_TYPE_SEMAPHORE, &what);
	struct ws_sleeper sleeper;
	struct look look = { self->ns, NULL };
	int event;

	ASSERT_LE(0, fd);
	look.found = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(1, ws_as(&alice, look_at_object, &look));
	/* That it is there, and whose it is. */
	EXPECT_EQ(WINSYNC_TYPE_SEMAPHORE, look.found->type);
	EXPECT_EQ(0773, look.found->mode);
	EXPECT_EQ(0, look.found->uid);
	EXPECT_EQ(1, look.found->handles);
	EXPECT_EQ(0, look.found->signaled);
	EXPECT_EQ(0, look.found->value);
	EXPECT_EQ(0, look.found->extra);
	ASSERT_EQ(0, ws_set_mode(fd, 0774));
	ASSERT_EQ(1, ws_as(&alice, look_at_object, &look));
	EXPECT_EQ(1, look.found->signaled);
	EXPECT_EQ(3, look.found->value);
	EXPECT_EQ(7, look.found->extra);
	close(fd);

	what = (struct ws_new){ .name = "object", .mode = 0700 };
	event = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);
	sleeper = WS_SLEEPER(.fd = event);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	ASSERT_EQ(1, ws_as(&alice, look_at_object, &look));
	EXPECT_EQ(0, look.found->waiters);
	ASSERT_EQ(0, ws_set_mode(event, 0704));
	ASSERT_EQ(1, ws_as(&alice, look_at_object, &look));
	EXPECT_EQ(1, look.found->waiters);
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

static int list_namespace(void *data)
{
	struct winsync_list_entry entry;

	return ws_list_find(ws_device(), data, WINSYNC_TYPE_NAMESPACE, &entry);
}

TEST_F(listing, namespaces_are_for_those_who_may_query)
{
	struct winsync_list_entry entry;
	struct winsync_stat stat;
	char name[64];
	int ns;

	ws_unique_name(name, sizeof(name), "listed");
	ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0773);
	ASSERT_LE(0, ns);
	EXPECT_EQ(0, ws_as(&alice, list_namespace, name));
	ASSERT_EQ(0, ws_set_mode(ns, 0704));
	EXPECT_EQ(1, ws_as(&alice, list_namespace, name));
	ASSERT_LE(0, ws_named(ns, WINSYNC_TYPE_EVENT, "1", 0, NULL));
	ASSERT_LE(0, ws_named(ns, WINSYNC_TYPE_MUTEX, "2", 0, NULL));
	ASSERT_LE(0, ws_duplicate(ns, WS_SYNC, 0));
	ASSERT_EQ(1, ws_list_find(ws_device(), name, 0, &entry));
	ASSERT_EQ(0, ws_stat(ns, &stat));
	EXPECT_EQ(WINSYNC_TYPE_NAMESPACE, entry.type);
	EXPECT_EQ(2, entry.value);
	EXPECT_EQ(0, entry.extra);
	EXPECT_EQ(0, entry.signaled);
	EXPECT_EQ(0, entry.waiters);
	EXPECT_EQ(2, entry.handles);
	EXPECT_EQ(stat.handles, entry.handles);
	EXPECT_EQ(stat.id, entry.id);
	EXPECT_EQ(stat.created, entry.created);
	EXPECT_EQ(stat.uid, entry.uid);
	EXPECT_EQ(stat.gid, entry.gid);
	EXPECT_EQ(0704, entry.mode);
}

TEST_F(listing, many_namespaces_in_pages)
{
	struct list list = { .fd = ws_device(), .size = 500 };
	const struct winsync_list_entry *entry;
	unsigned int count = ws_scale(200), i, seen = 0;
	char name[80], prefix[64];

	ws_unique_name(prefix, sizeof(prefix), "pages");
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s.%u", prefix, i);
		ASSERT_LE(0, ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700));
	}
	while ((entry = next_entry(&list))) {
		if (entry->name_len < strlen(prefix) ||
		    memcmp(entry->name, prefix, strlen(prefix)))
			continue;
		snprintf(name, sizeof(name), "%s.%u", prefix, seen++);
		ASSERT_EQ(strlen(name), entry->name_len);
		EXPECT_EQ(0, memcmp(name, entry->name, entry->name_len));
	}
	EXPECT_EQ(0, list.error);
	EXPECT_EQ(count, seen);
}

/* --- who waits -------------------------------------------------------- */

static int list_waiters(int fd, struct winsync_waiter *waiters, uint32_t *count,
			uint32_t *total)
{
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)waiters, .count = *count,
	};
	int ret = ws_ioctl(fd, WINSYNC_IOC_WAITERS, &args);

	*count = args.count;
	*total = args.total;
	return ret;
}

TEST_F(listing, waiters_in_their_order)
{
	enum { SLEEPERS = 5 };
	struct winsync_waiter waiters[8];
	struct ws_sleeper sleepers[SLEEPERS];
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	uint32_t count = 8, total = 7;
	int event = ws_event(0, 0), other = ws_event(0, 0), third = ws_event(0, 0), i;
	int fds[] = { other, event };

	EXPECT_EQ(0, list_waiters(event, waiters, &count, &total));
	EXPECT_EQ(0, count);
	EXPECT_EQ(0, total);
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = event);
		if (i == 1) {
			sleepers[i].cmd = WINSYNC_IOC_WAIT_ANY;
			sleepers[i].fds = fds;
			sleepers[i].count = 2;
		} else if (i == 2) {
			sleepers[i].cmd = WINSYNC_IOC_WAIT_ALL;
			sleepers[i].fds = fds;
			sleepers[i].count = 2;
		} else if (i == 3) {
			sleepers[i].fd = third;
			sleepers[i].alert = event;
		}
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], event, i + 1));
	}
	count = 8;
	ASSERT_EQ(0, list_waiters(event, waiters, &count, &total));
	EXPECT_EQ(SLEEPERS, total);
	ASSERT_EQ(SLEEPERS, count);
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(sleepers[i].tid, (pid_t)waiters[i].tid);
		EXPECT_EQ(getpid(), (pid_t)waiters[i].pid);
		EXPECT_LE(i ? waiters[i - 1].since : begin, waiters[i].since);
		EXPECT_GE(ws_clock(CLOCK_MONOTONIC), waiters[i].since);
		EXPECT_EQ(i == 2 ? WINSYNC_WAITER_ALL :
			  i == 3 ? WINSYNC_WAITER_ALERT : 0, waiters[i].flags);
	}
	EXPECT_EQ(1, waiters[0].count);
	EXPECT_EQ(2, waiters[1].count);
	EXPECT_EQ(2, waiters[2].count);
	EXPECT_EQ(1, waiters[4].count);

	/* Room for fewer: the first ones, and how many there are. */
	count = 2;
	memset(waiters, 0x55, sizeof(waiters));
	ASSERT_EQ(0, list_waiters(event, waiters, &count, &total));
	EXPECT_EQ(2, count);
	EXPECT_EQ(SLEEPERS, total);
	EXPECT_EQ(sleepers[1].tid, (pid_t)waiters[1].tid);
	EXPECT_EQ(0x55555555, waiters[2].tid);
	count = 0;
	ASSERT_EQ(0, list_waiters(event, NULL, &count, &total));
	EXPECT_EQ(0, count);
	EXPECT_EQ(SLEEPERS, total);

	for (i = 0; i < SLEEPERS; i++) {
		if (i == 2)
			EXPECT_LE(0, ws_event_set(other));
		EXPECT_LE(0, ws_event_set(event));
		EXPECT_LE(0, ws_sleeper_join(&sleepers[i]));
	}
	count = 8;
	ASSERT_EQ(0, list_waiters(event, waiters, &count, &total));
	EXPECT_EQ(0, total);
}

/* Who gave a signal first waits like any other. */
TEST_F(listing, waiters_by_signal_and_wait)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	int event = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_SIGNAL_AND_WAIT,
					       .signal = ws_event(0, 0), .fd = event);
	struct winsync_waiter waiter;
	uint32_t count = 1, total;

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	ASSERT_EQ(0, list_waiters(event, &waiter, &count, &total));
	ASSERT_EQ(1, count);
	EXPECT_EQ(sleeper.tid, (pid_t)waiter.tid);
	EXPECT_EQ(1, waiter.count);
	EXPECT_EQ(0, waiter.flags);
	EXPECT_LE(begin, waiter.since);
	EXPECT_GE(ws_clock(CLOCK_MONOTONIC), waiter.since);
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(listing, waiters_bad_arguments)
{
	struct winsync_waiter waiters[1];
	struct winsync_waiters_args args = { .count = WINSYNC_WAITERS_MAX + 1 };
	int event = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = event);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	EXPECT_EQ(-EINVAL, ws_ioctl(event, WINSYNC_IOC_WAITERS, &args));
	args.count = 1;
	args.buffer = 8;
	EXPECT_EQ(-EFAULT, ws_ioctl(event, WINSYNC_IOC_WAITERS, &args));
	args.buffer = (uintptr_t)waiters;
	EXPECT_EQ(-EACCES, ws_ioctl(ws_duplicate(event, WS_ALL & ~WS_QUERY, 0),
				    WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(-EBADFD, ws_ioctl(self->ns, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(0, ws_ioctl(event, WINSYNC_IOC_WAITERS, &args));
	EXPECT_EQ(0, ws_event_set(event));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_HARNESS_MAIN
