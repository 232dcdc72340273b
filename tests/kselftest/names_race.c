// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names under fire: many processes create, open and close the same few.
 *
 * What holds at any moment: a name is there exactly while somebody has a
 * handle of its object [NM-11], and there is one object of a name [NM-10].
 * Storms are random; the seed is printed, WINSYNC_SEED sets it.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PROCESSES	6

static const uint32_t all_types[] = {
	WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE,
	WINSYNC_TYPE_TIMER,
};

static unsigned int storm_seed(void)
{
	const char *given = getenv("WINSYNC_SEED");

	return given ? strtoul(given, NULL, 0) : ws_clock(CLOCK_MONOTONIC) / 1000;
}

static void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* All processes of a test, which share this. */
struct crew {
	pthread_barrier_t barrier;
	unsigned int rounds;
	unsigned int seed;
	int ns;
	/* The first thing that was not as it must be: the line, and a value. */
	int failed_line;
	int failed_value;
	/* What each process got in this round. */
	struct {
		int result;
		uint32_t existed;
		uint32_t type;
		uint64_t id;
	} got[PROCESSES];
	/* Of a name that is a lock: how many hold it. */
	unsigned int holders[4];
	bool stop;
};

static struct crew *crew_new(int ns, unsigned int rounds)
{
	struct crew *crew = shared_memory(sizeof(*crew));
	pthread_barrierattr_t attr;

	if (!crew)
		return NULL;
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&crew->barrier, &attr, PROCESSES);
	crew->rounds = rounds;
	crew->seed = storm_seed();
	crew->ns = ns;
	return crew;
}

static void crew_fail(struct crew *crew, int line, int value)
{
	int none = 0;

	if (__atomic_compare_exchange_n(&crew->failed_line, &none, line, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		crew->failed_value = value;
}

/* In a process of a crew: notes what does not hold. */
#define CHECK(crew, condition, value) do { \
	if (!(condition)) \
		crew_fail(crew, __LINE__, value); \
} while (0)

#define EXPECT_CREW(crew) \
	EXPECT_EQ(0, (crew)->failed_line) \
		TH_LOG("seed %u: line %d does not hold: %d", (crew)->seed, \
		       (crew)->failed_line, (crew)->failed_value)

typedef void (*crew_body)(struct crew *crew, int index);

/* Runs body in all processes but one, and in ours with the index 0. */
static int crew_run(struct crew *crew, crew_body body)
{
	pid_t pids[PROCESSES];
	int i, failed = 0;

	for (i = 1; i < PROCESSES; i++) {
		pids[i] = ws_fork();
		if (!pids[i]) {
			body(crew, i);
			_exit(0);
		}
		if (pids[i] < 0)
			return pids[i];
	}
	body(crew, 0);
	for (i = 1; i < PROCESSES; i++)
		if (ws_reap(pids[i]))
			failed = -ECHILD;
	return failed;
}

FIXTURE(race) {
	int ns;
	struct winsync_info before;
};

FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, ws_info(&self->before));
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

/* Whatever the storm did, nothing of it is left. */
FIXTURE_TEARDOWN(race)
{
	struct winsync_info after;
	uint64_t cursor = 0;
	char buffer[1024];

	EXPECT_EQ(0, ws_list(self->ns, &cursor, buffer, sizeof(buffer)));
	EXPECT_EQ(1, ws_handles(self->ns));
	close(self->ns);
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(self->before.objects, after.objects);
	EXPECT_EQ(self->before.namespaces, after.namespaces);
}

static uint64_t object_id(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.id;
}

/* --- one of many creators creates ------------------------------------- */

static void creator(struct crew *crew, int index, uint32_t flags, bool mixed)
{
	unsigned int round, i;

	for (round = 0; round < crew->rounds; round++) {
		uint32_t type = all_types[mixed ? (index + round) % 4 : round % 4];
		unsigned int creators = 0, opened = 0;
		uint32_t existed = 7;
		uint64_t id = 0;
		uint32_t made = 0;
		int fd;

		pthread_barrier_wait(&crew->barrier);
		fd = ws_named(crew->ns, type, "contested", flags, &existed);
		crew->got[index].result = fd;
		crew->got[index].existed = existed;
		crew->got[index].type = type;
		crew->got[index].id = fd < 0 ? 0 : object_id(fd);
		pthread_barrier_wait(&crew->barrier);
		if (index == 0) {
			for (i = 0; i < PROCESSES; i++) {
				if (crew->got[i].result < 0 || crew->got[i].existed)
					continue;
				creators++;
				id = crew->got[i].id;
				made = crew->got[i].type;
			}
			CHECK(crew, creators == 1, creators);
			for (i = 0; i < PROCESSES; i++) {
				int result = crew->got[i].result;

				if (result >= 0) {
					CHECK(crew, crew->got[i].id == id, i);
					CHECK(crew, crew->got[i].type == made, i);
					opened++;
				} else if (flags & WINSYNC_CREATE_EXCL) {
					CHECK(crew, result == -EEXIST, result);
				} else {
					CHECK(crew, result == -EPROTOTYPE, result);
					CHECK(crew, crew->got[i].type != made, i);
				}
			}
			CHECK(crew, mixed || flags || opened == PROCESSES, opened);
		}
		pthread_barrier_wait(&crew->barrier);
		/* All close at once, and the next round finds nothing. */
		if (fd >= 0)
			close(fd);
		pthread_barrier_wait(&crew->barrier);
		if (index == 0) {
			fd = ws_open(crew->ns, "contested", 0, WS_ALL);
			CHECK(crew, fd == -ENOENT, fd);
			if (fd >= 0)
				close(fd);
		}
	}
}

static void creator_same(struct crew *crew, int index)
{
	creator(crew, index, 0, false);
}

static void creator_mixed(struct crew *crew, int index)
{
	creator(crew, index, 0, true);
}

static void creator_exclusive(struct crew *crew, int index)
{
	creator(crew, index, WINSYNC_CREATE_EXCL, true);
}

FIXTURE(one_creator) {
	int ns;
};

FIXTURE_VARIANT(one_creator) {
	crew_body body;
};

FIXTURE_VARIANT_ADD(one_creator, same_type) { creator_same };
FIXTURE_VARIANT_ADD(one_creator, mixed_types) { creator_mixed };
FIXTURE_VARIANT_ADD(one_creator, exclusive) { creator_exclusive };

FIXTURE_SETUP(one_creator)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(one_creator)
{
	close(self->ns);
}

TEST_F(one_creator, nm10_processes)
{
	struct crew *crew = crew_new(self->ns, ws_scale(200));

	ASSERT_NE(NULL, crew);
	EXPECT_EQ(0, crew_run(crew, variant->body));
	EXPECT_CREW(crew);
}

struct creator_thread {
	struct crew *crew;
	crew_body body;
	int index;
	pthread_t thread;
};

static void *creator_thread(void *data)
{
	struct creator_thread *creator = data;

	creator->body(creator->crew, creator->index);
	return NULL;
}

TEST_F(one_creator, nm10_threads)
{
	struct crew *crew = crew_new(self->ns, ws_scale(200));
	struct creator_thread threads[PROCESSES];
	int i;

	ASSERT_NE(NULL, crew);
	for (i = 0; i < PROCESSES; i++) {
		threads[i] = (struct creator_thread){ crew, variant->body, i, 0 };
		ASSERT_EQ(0, pthread_create(&threads[i].thread, NULL,
					    creator_thread, &threads[i]));
	}
	for (i = 0; i < PROCESSES; i++)
		ASSERT_EQ(0, pthread_join(threads[i].thread, NULL));
	EXPECT_CREW(crew);
}

/* --- the name is a lock ----------------------------------------------- */

/* Who made it alone has the only handle, until it is closed. */
static void lock_by_name(struct crew *crew, int index)
{
	static const char *const names[] = { "lock", "second lock" };
	unsigned int seed = crew->seed + index, i, got = 0;

	for (i = 0; i < crew->rounds; i++) {
		unsigned int which = rand_r(&seed) % 2;
		int fd = ws_named(crew->ns, all_types[rand_r(&seed) % 4],
				  names[which], WINSYNC_CREATE_EXCL, NULL);
		unsigned int others;

		if (fd < 0) {
			CHECK(crew, fd == -EEXIST, fd);
			sched_yield();
			continue;
		}
		got++;
		others = __atomic_fetch_add(&crew->holders[which], 1, __ATOMIC_SEQ_CST);
		CHECK(crew, others == 0, others);
		if (rand_r(&seed) % 4 == 0)
			sched_yield();
		others = __atomic_sub_fetch(&crew->holders[which], 1, __ATOMIC_SEQ_CST);
		CHECK(crew, others == 0, others);
		close(fd);
	}
	CHECK(crew, got, index);
}

TEST_F(race, nm6_nm11_exclusive_creation_excludes)
{
	struct crew *crew = crew_new(self->ns, ws_scale(3000));

	ASSERT_NE(NULL, crew);
	EXPECT_EQ(0, crew_run(crew, lock_by_name));
	EXPECT_CREW(crew);
}

/* --- anything goes ---------------------------------------------------- */

#define NAMES	3
#define SLOTS	5

struct slot {
	int fd;
	unsigned int name;
	uint32_t type;
};

static bool holds(const struct slot *slots, unsigned int name)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].fd >= 0 && slots[i].name == name)
			return true;
	return false;
}

/* A fd that was just made must agree with all that we hold by that name. */
static void check_same(struct crew *crew, const struct slot *slots,
		       const struct slot *new)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		int same;

		if (slots[i].fd < 0 || slots[i].name != new->name)
			continue;
		same = ws_same(slots[i].fd, new->fd);
		CHECK(crew, same == 1, same);
		CHECK(crew, slots[i].type == new->type, new->type);
	}
}

static uint32_t type_of(int fd)
{
	struct winsync_stat stat;

	return ws_stat(fd, &stat) ? 0 : stat.type;
}

static void storm(struct crew *crew, int index)
{
	unsigned int seed = crew->seed + index, round;
	struct slot slots[SLOTS];
	char buffer[1024];
	int i;

	for (i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
	for (round = 0; round < crew->rounds && !crew->stop; round++) {
		struct slot new = { -1, rand_r(&seed) % NAMES, 0 };
		uint32_t type = all_types[rand_r(&seed) % 4], existed = 0;
		struct slot *slot = &slots[rand_r(&seed) % SLOTS];
		bool held = holds(slots, new.name);
		char name[2] = { 'a' + new.name, 0 };
		uint64_t cursor = 0;
		int ret;

		switch (rand_r(&seed) % 8) {
		case 0:
		case 1:
			new.fd = ws_named(crew->ns, type, name, 0, &existed);
			if (new.fd < 0)
				CHECK(crew, new.fd == -EPROTOTYPE, new.fd);
			else
				CHECK(crew, existed || !held, existed);
			break;
		case 2:
			new.fd = ws_named(crew->ns, type, name,
					  WINSYNC_CREATE_EXCL, NULL);
			if (new.fd < 0)
				CHECK(crew, new.fd == -EEXIST, new.fd);
			else
				CHECK(crew, !held, new.fd);
			break;
		case 3:
			new.fd = ws_open(crew->ns, name, 0, WS_ALL);
			CHECK(crew, new.fd >= 0 || (new.fd == -ENOENT && !held),
			      new.fd);
			break;
		case 4:
			new.fd = ws_open(crew->ns, name, type, WS_ALL);
			CHECK(crew, new.fd >= 0 || new.fd == -EPROTOTYPE ||
			      (new.fd == -ENOENT && !held), new.fd);
			break;
		case 5:
			if (slot->fd < 0)
				break;
			new = *slot;
			new.fd = ws_duplicate(slot->fd, 0, 0);
			CHECK(crew, new.fd >= 0, new.fd);
			break;
		case 6:
			ret = ws_list(crew->ns, &cursor, buffer, sizeof(buffer));
			CHECK(crew, ret >= 0, ret);
			continue;
		default:
			if (slot->fd < 0)
				break;
			/* Acquired or not: it must be able to tell. */
			ret = ws_try(slot->fd);
			CHECK(crew, ret >= 0 || ret == -ETIMEDOUT, ret);
			if (ret >= 0 && slot->type == WINSYNC_TYPE_MUTEX)
				ws_mutex_release(slot->fd);
			break;
		}
		if (new.fd >= 0) {
			new.type = type_of(new.fd);
			check_same(crew, slots, &new);
		}
		if (slot->fd >= 0)
			close(slot->fd);
		*slot = new;
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].fd >= 0)
			close(slots[i].fd);
}

TEST_F(race, nm10_nm11_storm)
{
	struct crew *crew = crew_new(self->ns, ws_scale(3000));
	char name[] = "a";

	ASSERT_NE(NULL, crew);
	EXPECT_EQ(0, crew_run(crew, storm));
	EXPECT_CREW(crew);
	for (; *name < 'a' + NAMES; ++*name)
		EXPECT_EQ(-ENOENT, ws_open(self->ns, name, 0, WS_ALL));
}

/* Holders are killed wherever they are. */
TEST_F(race, nm11_storm_of_the_killed)
{
	struct crew *crew = crew_new(self->ns, ~0U);
	unsigned int victims = ws_scale(60), i;
	char name[] = "a";
	pid_t pids[PROCESSES];

	ASSERT_NE(NULL, crew);
	for (i = 0; i < victims + PROCESSES; i++) {
		pid_t *pid = &pids[i % PROCESSES];

		if (i >= PROCESSES)
			EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(*pid));
		*pid = ws_fork();
		ASSERT_LE(0, *pid);
		if (!*pid) {
			storm(crew, i);
			_exit(0);
		}
		ws_sleep_ms(crew->seed % 7 + i % 5);
	}
	for (i = 0; i < PROCESSES; i++)
		EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pids[i]));
	EXPECT_CREW(crew);
	for (; *name < 'a' + NAMES; ++*name)
		EXPECT_EQ(-ENOENT, ws_open(self->ns, name, 0, WS_ALL));
}

/* --- who is refused holds nothing ------------------------------------- */

/*
 * A call that fails has changed nothing, not for a moment: otherwise strangers
 * could keep a name alive whose object is gone, simply by asking.
 */
static int ask_without_right(void *data)
{
	struct crew *crew = data;

	while (!__atomic_load_n(&crew->stop, __ATOMIC_RELAXED)) {
		int fd = ws_open(crew->ns, "mine", 0, WS_ALL);

		CHECK(crew, fd == -EACCES || fd == -ENOENT, fd);
	}
	return 0;
}

static int ask_for_other_type(void *data)
{
	struct crew *crew = data;

	while (!__atomic_load_n(&crew->stop, __ATOMIC_RELAXED)) {
		int fd = ws_open(crew->ns, "mine", WINSYNC_TYPE_TIMER, WS_ALL);

		CHECK(crew, fd == -EPROTOTYPE || fd == -ENOENT, fd);
	}
	return 0;
}

static int ask_exclusively(void *data)
{
	struct crew *crew = data;

	while (!__atomic_load_n(&crew->stop, __ATOMIC_RELAXED)) {
		int fd = ws_named(crew->ns, WINSYNC_TYPE_EVENT, "mine",
				  WINSYNC_CREATE_EXCL, NULL);

		CHECK(crew, fd == -EEXIST || fd == -EACCES, fd);
	}
	return 0;
}

FIXTURE(refused) {
	int ns;
};

FIXTURE_VARIANT(refused) {
	int (*ask)(void *data);
	struct ws_user user;
};

FIXTURE_VARIANT_ADD(refused, without_right) { ask_without_right, { 1000, 1000, 0 } };
FIXTURE_VARIANT_ADD(refused, other_type) { ask_for_other_type, { 0, 0, 0 } };
FIXTURE_VARIANT_ADD(refused, exclusively) { ask_exclusively, { 0, 0, 0 } };

FIXTURE_SETUP(refused)
{
	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
}

FIXTURE_TEARDOWN(refused)
{
	close(self->ns);
}

TEST_F(refused, keeps_no_name_alive)
{
	/* Theirs: it can't create. */
	int ns = ws_duplicate(self->ns, WS_SYNC, 0);
	struct crew *crew = crew_new(ns, ws_scale(3000));
	struct ws_new what = { .name = "mine", .flags = WINSYNC_CREATE_EXCL };
	unsigned int i, stale = 0;
	pid_t pids[2];

	ASSERT_NE(NULL, crew);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = ws_fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i]) {
			if (ws_become(variant->user.uid, variant->user.gid))
				_exit(1);
			_exit(variant->ask(crew));
		}
	}
	for (i = 0; i < crew->rounds; i++) {
		int fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);

		if (fd < 0) {
			EXPECT_EQ(-EEXIST, fd);
			stale++;
			continue;
		}
		if (ws_handles(fd) != 1)
			stale++;
		close(fd);
	}
	crew->stop = true;
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, ws_reap(pids[i]));
	EXPECT_EQ(0, stale);
	EXPECT_CREW(crew);
}

/* --- sleepers --------------------------------------------------------- */

struct opener {
	int ns;
	bool stop;
	unsigned int wrong;
	pthread_t thread;
};

static void *open_and_close(void *data)
{
	struct opener *opener = data;

	while (!__atomic_load_n(&opener->stop, __ATOMIC_RELAXED)) {
		int fd = ws_open(opener->ns, "slept on", 0, WS_ALL);

		if (fd >= 0)
			close(fd);
		else if (fd != -ENOENT)
			opener->wrong++;
	}
	return NULL;
}

/* The last close races with opens, while somebody sleeps on the object. */
TEST_F(race, nm12_last_close_under_a_sleeper)
{
	struct opener opener = { .ns = self->ns };
	unsigned int rounds = ws_scale(200), i;
	int alert = ws_event(0, 0);

	ASSERT_LE(0, alert);
	ASSERT_EQ(0, pthread_create(&opener.thread, NULL, open_and_close, &opener));
	for (i = 0; i < rounds; i++) {
		struct ws_sleeper sleeper = WS_SLEEPER(.alert = alert);
		uint64_t old;
		int fd;

		sleeper.fd = ws_named(self->ns, WINSYNC_TYPE_EVENT, "slept on",
				      0, NULL);
		ASSERT_LE(0, sleeper.fd);
		old = object_id(sleeper.fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, sleeper.fd, 1));
		ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
		close(sleeper.fd);
		/* The opener may have had it open: not for long. */
		do {
			fd = ws_open(self->ns, "slept on", 0, WS_ALL);
			if (fd >= 0) {
				EXPECT_EQ(old, object_id(fd));
				close(fd);
			}
		} while (fd >= 0);
		EXPECT_EQ(-ENOENT, fd);
		EXPECT_FALSE(ws_sleeper_done(&sleeper));
		EXPECT_EQ(0, ws_event_set(alert));
		EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_sleeper_join(&sleeper));
	}
	opener.stop = true;
	pthread_join(opener.thread, NULL);
	EXPECT_EQ(0, opener.wrong);
	close(alert);
}

/* --- namespaces ------------------------------------------------------- */

static void ns_creator(struct crew *crew, int index)
{
	char name[64];
	unsigned int round, i;

	snprintf(name, sizeof(name), "kselftest.race.%u", crew->seed);
	for (round = 0; round < crew->rounds; round++) {
		uint32_t exclusive = round % 2 ? WINSYNC_CREATE_EXCL : 0;
		struct winsync_ns_args args = {
			.name = (uintptr_t)name, .name_len = strlen(name),
			.flags = WINSYNC_NS_CREATE | exclusive,
			.access = WS_ALL, .mode = 0700, .existed = 7,
		};
		unsigned int creators = 0;
		int fd;

		pthread_barrier_wait(&crew->barrier);
		fd = ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &args);
		crew->got[index].result = fd;
		crew->got[index].existed = args.existed;
		crew->got[index].id = fd < 0 ? 0 : object_id(fd);
		pthread_barrier_wait(&crew->barrier);
		for (i = 0; index == 0 && i < PROCESSES; i++) {
			int result = crew->got[i].result;

			if (result < 0)
				CHECK(crew, exclusive && result == -EEXIST, result);
			else if (!crew->got[i].existed)
				creators++;
			if (result >= 0 && !exclusive)
				CHECK(crew, crew->got[i].id == crew->got[0].id, i);
		}
		CHECK(crew, index || creators == 1, creators);
		pthread_barrier_wait(&crew->barrier);
		if (fd >= 0)
			close(fd);
		pthread_barrier_wait(&crew->barrier);
		fd = ws_ns(name, 0, WS_ALL, 0);
		CHECK(crew, fd == -ENOENT, fd);
		if (fd >= 0)
			close(fd);
	}
}

TEST_F(race, one_of_many_creates_the_namespace)
{
	struct crew *crew = crew_new(self->ns, ws_scale(200));

	ASSERT_NE(NULL, crew);
	EXPECT_EQ(0, crew_run(crew, ns_creator));
	EXPECT_CREW(crew);
}

/* Create, open, fill, destroy, list and close, all at once. */
static void ns_storm(struct crew *crew, int index)
{
	unsigned int seed = crew->seed + index, round;
	int slots[SLOTS], objects[SLOTS], i;
	char buffer[4096];

	for (i = 0; i < SLOTS; i++)
		slots[i] = objects[i] = -1;
	for (round = 0; round < crew->rounds; round++) {
		unsigned int at = rand_r(&seed) % SLOTS;
		int *slot = &slots[at], *object = &objects[at];
		uint32_t flags = WINSYNC_NS_CREATE;
		struct winsync_stat stat;
		uint64_t cursor = 0;
		char name[64];
		int ret;

		snprintf(name, sizeof(name), "kselftest.storm.%u.%u", crew->seed,
			 rand_r(&seed) % NAMES);
		switch (rand_r(&seed) % 6) {
		case 0:
			flags |= rand_r(&seed) % 2 ? WINSYNC_NS_OWNED : 0;
			flags |= rand_r(&seed) % 2 ? WINSYNC_CREATE_EXCL : 0;
			ret = ws_ns(name, flags, WS_ALL, 0700);
			CHECK(crew, ret >= 0 || ret == -EEXIST, ret);
			break;
		case 1:
			ret = ws_ns(name, 0, WS_ALL, 0700);
			CHECK(crew, ret >= 0 || ret == -ENOENT, ret);
			break;
		case 2:
			if (*slot < 0)
				continue;
			ret = ws_ioctl_value(*slot, WINSYNC_IOC_NS_DESTROY, 0);
			CHECK(crew, ret == 0 || ret == -ENOENT, ret);
			continue;
		case 3:
			if (*slot < 0)
				continue;
			/* Destroyed or not, it takes objects. */
			ret = ws_named(*slot, WINSYNC_TYPE_EVENT, "x", 0, NULL);
			CHECK(crew, ret >= 0, ret);
			if (*object >= 0)
				close(*object);
			*object = ret;
			continue;
		case 4:
			ret = ws_list(ws_device(), &cursor, buffer, sizeof(buffer));
			CHECK(crew, ret >= 0, ret);
			if (*slot < 0 || ws_stat(*slot, &stat))
				continue;
			/* At least ours, and not more than all could have. */
			CHECK(crew, stat.handles >= 1 &&
			      stat.handles <= PROCESSES * SLOTS, stat.handles);
			continue;
		default:
			ret = -1;
		}
		if (*slot >= 0)
			close(*slot);
		*slot = ret;
	}
	for (i = 0; i < SLOTS; i++) {
		if (slots[i] >= 0)
			close(slots[i]);
		if (objects[i] >= 0)
			close(objects[i]);
	}
}

TEST_F(race, storm_of_namespaces)
{
	struct crew *crew = crew_new(self->ns, ws_scale(3000));
	unsigned int i;
	char name[64];

	ASSERT_NE(NULL, crew);
	EXPECT_EQ(0, crew_run(crew, ns_storm));
	EXPECT_CREW(crew);
	for (i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "kselftest.storm.%u.%u", crew->seed, i);
		EXPECT_EQ(-ENOENT, ws_ns(name, 0, WS_ALL, 0));
	}
}

TEST_HARNESS_MAIN
