// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners that are killed at random moments, in great numbers: no mutex is lost,
 * no waiter is left asleep, each abandonment is told once [MX-16]..[MX-18],
 * [MX-22], [WT-10]. WINSYNC_SEED repeats a run.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

static bool has_feature(uint32_t feature)
{
	struct winsync_info info;

	return ws_info(&info) == 0 && (info.features & feature) == feature;
}

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void sleep_us(unsigned int us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000L };

	nanosleep(&time, NULL);
}

/* --- one owner at a time -------------------------------------------------- */

static void acquire_and_release(int fd)
{
	for (;;) {
		if (ws_wait(fd, WINSYNC_FOREVER) < 0)
			_exit(1);
		ws_mutex_release(fd);
	}
}

/* A heir that tells what it was told, and who comes after it. */
TEST(each_abandonment_is_told_once)
{
	unsigned int rounds = ws_scale(500), abandoned = 0, i;
	uint64_t seed = ws_seed(), random = seed;

	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)seed);
	for (i = 0; i < rounds; i++) {
		struct winsync_mutex_state state;
		int fd = ws_mutex(0);
		struct ws_sleeper heirs[2];
		int results[2];
		pid_t pid;

		ASSERT_LE(0, fd);
		pid = ws_fork();
		ASSERT_LE(0, pid);
		if (!pid)
			acquire_and_release(fd);
		sleep_us(ws_random(&random) % 3000);
		if (i & 1) {
			/* Heirs that are queued when it happens, or come along. */
			heirs[0] = WS_SLEEPER(.fd = fd);
			heirs[1] = WS_SLEEPER(.fd = fd);
			ASSERT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
			ASSERT_EQ(0, ws_mutex_query(fd, &state));
			ASSERT_EQ(0, state.depth);
			abandoned += state.abandoned;
			ASSERT_EQ(0, ws_sleeper_start(&heirs[0]));
			results[0] = ws_sleeper_join(&heirs[0]);
			ASSERT_EQ(state.abandoned ? WINSYNC_WAIT_ABANDONED : 0,
				  results[0]);
			/* It ended without releasing it: that is told as well. */
			if (has_feature(WINSYNC_FEATURE_THREAD_EXIT)) {
				ASSERT_EQ(0, ws_sleeper_start(&heirs[1]));
				results[1] = ws_sleeper_join(&heirs[1]);
				ASSERT_EQ(WINSYNC_WAIT_ABANDONED, results[1]);
				ASSERT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fd));
			}
		} else {
			ASSERT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
			ASSERT_EQ(0, ws_mutex_query(fd, &state));
			ASSERT_EQ(0, state.depth);
			abandoned += state.abandoned;
			ASSERT_EQ(state.abandoned ? WINSYNC_WAIT_ABANDONED : 0,
				  ws_try(fd));
			ASSERT_EQ(0, ws_try(fd));
			ASSERT_EQ(2, ws_mutex_release(fd));
			ASSERT_EQ(1, ws_mutex_release(fd));
			ASSERT_EQ(0, ws_try(fd));
		}
		close(fd);
	}
	TH_LOG("died owning it: %u of %u", abandoned, rounds);
}

/* --- owners that end while somebody takes locks ---------------------------- */

/* One member is a mutex; the others are there to take time. */
#define MANY	64

struct ending {
	int fd;
	uint64_t end;		/* when it is to end */
	uint64_t ended;		/* when it was about to */
	int owns;
	int failed;
};

static void *own_until(void *data)
{
	struct ending *ending = data;

	ending->failed = ws_move_to(1) || ws_try(ending->fd) < 0;
	__atomic_store_n(&ending->owns, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&ending->end, __ATOMIC_ACQUIRE))
		;
	while ((ending->ended = ws_clock(CLOCK_MONOTONIC)) < ending->end)
		;
	/* Without the C library, which has much to do at a thread's end. */
	syscall(SYS_exit, 0);
	return NULL;
}

/* What a wait for all of them takes that need not sleep. */
static uint64_t cost_of_all(const int *fds)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ws_wait_all(fds, MANY, 0);
		ws_mutex_release(fds[0]);
	}
	return (ws_clock(CLOCK_MONOTONIC) - begin) / 20;
}

/* Whoever is told that it acquired all of them owns the mutex, once [MX-20]. */
TEST(mx20_owner_ends_while_locks_are_taken)
{
	unsigned int rounds = ws_scale(8000), before = 0, after = 0, i;
	uint64_t seed = ws_seed(), random = seed, cost;
	int fds[MANY];

	if (!has_feature(WINSYNC_FEATURE_THREAD_EXIT))
		SKIP(return, "a thread's end is not noticed");
	if (!ws_has_two_processors())
		SKIP(return, "needs two processors");
	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)seed);
	ASSERT_EQ(0, ws_move_to(0));
	fds[0] = ws_mutex(0);
	for (i = 1; i < MANY; i++)
		fds[i] = ws_event(1, 1);
	ASSERT_LE(0, fds[MANY - 1]);
	cost = cost_of_all(fds);
	for (i = 0; i < rounds; i++) {
		struct ending ending = { .fd = fds[0] };
		struct winsync_mutex_state state;
		pthread_t thread;
		uint64_t begin;
		int result;

		ASSERT_EQ(0, pthread_create(&thread, NULL, own_until, &ending));
		while (!__atomic_load_n(&ending.owns, __ATOMIC_ACQUIRE))
			;
		/* Enough for both to be there; then one or the other comes first. */
		begin = ws_clock(CLOCK_MONOTONIC) + 2 * cost;
		__atomic_store_n(&ending.end, begin - cost +
				 ws_random(&random) % (2 * cost), __ATOMIC_RELEASE);
		while (ws_clock(CLOCK_MONOTONIC) < begin)
			;
		result = ws_wait_all(fds, MANY, ws_after(WS_PATIENCE_MS));
		ASSERT_EQ(0, ws_mutex_query(fds[0], &state));
		pthread_join(thread, NULL);
		ASSERT_EQ(0, ending.failed);
		ASSERT_EQ(WINSYNC_WAIT_ABANDONED, result);
		ASSERT_EQ(1, state.owned_by_caller);
		ASSERT_EQ(1, state.depth);
		ASSERT_EQ(0, state.abandoned);
		ASSERT_EQ(1, ws_mutex_release(fds[0]));
		before += ending.ended < begin;
		after += ending.ended >= begin;
	}
	TH_LOG("owners that began to end before the wait: %u, after: %u", before, after);
	EXPECT_LT(0, before);
	EXPECT_LT(0, after);
}

/* --- many owners, many mutexes --------------------------------------------- */

enum { MUTEXES = 6, WORKERS = 8 };

struct arena {
	int fds[MUTEXES];
	int stop;
	/* Per mutex, written only by who owns it: who that is, 0 when it lets go. */
	volatile pid_t holder[MUTEXES];
	unsigned int acquired;
	unsigned int abandoned;
	/* Violations. */
	unsigned int untold;	/* the holder vanished, the next was not told */
	unsigned int failed;	/* a wait or release failed */
};

static void count(unsigned int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void enter(struct arena *arena, int i, bool told)
{
	count(&arena->acquired);
	/* Whoever let go properly has cleared this before. */
	if (arena->holder[i] && !told)
		count(&arena->untold);
	arena->holder[i] = getpid();
}

static void leave(struct arena *arena, int i)
{
	if (arena->holder[i] != getpid())
		count(&arena->untold);
	arena->holder[i] = 0;
	if (ws_mutex_release(arena->fds[i]) < 1)
		count(&arena->failed);
}

/* Owns what it gets for a moment; never ends by itself before it is told to. */
static void live(struct arena *arena, uint64_t random)
{
	uint64_t limit = ws_after(10 * WS_PATIENCE_MS);

	while (!__atomic_load_n(&arena->stop, __ATOMIC_ACQUIRE)) {
		uint32_t dice = ws_random(&random);
		int i = dice % MUTEXES, ret, k;

		switch (dice / MUTEXES % 4) {
		case 0:
			ret = ws_wait_any(arena->fds, MUTEXES, limit);
			i = ret < 0 ? 0 : (int)WINSYNC_WAIT_INDEX(ret);
			break;
		case 1: {
			/* Two at once, then both go. */
			int other = (i + 1 + dice / 64 % (MUTEXES - 1)) % MUTEXES;
			int both[] = { arena->fds[i], arena->fds[other] };

			ret = ws_wait_all(both, 2, limit);
			if (ret < 0)
				break;
			/* Which of them was abandoned is not told [MX-20]. */
			enter(arena, other, ret & WINSYNC_WAIT_ABANDONED);
			leave(arena, other);
			break;
		}
		default:
			ret = ws_wait(arena->fds[i], limit);
		}
		if (ret < 0) {
			count(&arena->failed);
			_exit(1);
		}
		if (ret & WINSYNC_WAIT_ABANDONED)
			count(&arena->abandoned);
		enter(arena, i, ret & WINSYNC_WAIT_ABANDONED);
		for (k = dice / 256 % 4; k; k--)
			sched_yield();
		leave(arena, i);
	}
	_exit(0);
}

static pid_t new_worker(struct arena *arena, uint64_t random)
{
	pid_t pid = ws_fork();

	if (!pid)
		live(arena, random);
	return pid;
}

TEST(kill_storm)
{
	struct arena *arena = shared(sizeof(*arena));
	unsigned int kills = ws_scale(1000), i;
	uint64_t seed = ws_seed(), random = seed;
	struct winsync_mutex_state state;
	pid_t workers[WORKERS];

	ASSERT_NE(NULL, arena);
	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)seed);
	for (i = 0; i < MUTEXES; i++) {
		arena->fds[i] = ws_mutex(0);
		ASSERT_LE(0, arena->fds[i]);
	}
	for (i = 0; i < WORKERS; i++) {
		workers[i] = new_worker(arena, ws_random(&random));
		ASSERT_LT(0, workers[i]);
	}
	for (i = 0; i < kills; i++) {
		unsigned int victim = ws_random(&random) % WORKERS;

		sleep_us(ws_random(&random) % 2000);
		ASSERT_EQ(256 + SIGKILL, ws_kill_and_reap(workers[victim]));
		workers[victim] = new_worker(arena, ws_random(&random));
		ASSERT_LT(0, workers[victim]);
	}
	/* Nobody is left asleep: all others come to their end. */
	__atomic_store_n(&arena->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, ws_reap(workers[i]));
	EXPECT_EQ(0, arena->untold);
	EXPECT_EQ(0, arena->failed);
	EXPECT_LT(0, arena->acquired);
	/* Each death leaves two mutexes at the most. */
	EXPECT_GE(2 * kills, arena->abandoned);
	for (i = 0; i < MUTEXES; i++) {
		ASSERT_EQ(0, ws_mutex_query(arena->fds[i], &state));
		EXPECT_EQ(0, state.depth);
		EXPECT_EQ(0, ws_waiters(arena->fds[i]));
		EXPECT_EQ(1, ws_handles(arena->fds[i]));
		EXPECT_EQ(state.abandoned ? WINSYNC_WAIT_ABANDONED : 0,
			  ws_try(arena->fds[i]));
	}
	TH_LOG("%u kills, %u acquisitions, %u of them abandoned", kills,
	       arena->acquired, arena->abandoned);
}

/* --- threads that end one after the other ----------------------------------- */

struct relay {
	int fd;
	unsigned int abandoned;
	unsigned int plain;
};

static void *run_leg(void *data)
{
	struct relay *relay = data;
	int ret = ws_wait(relay->fd, ws_after(2 * WS_PATIENCE_MS));

	if (ret >= 0)
		count(ret & WINSYNC_WAIT_ABANDONED ? &relay->abandoned :
						     &relay->plain);
	return NULL;
}

/* Each wakes the next by nothing but its end. */
TEST(relay_of_ending_threads)
{
	enum { MOST = 400 };
	unsigned int legs = ws_scale(MOST), i;
	struct relay relay = { .fd = ws_mutex(1) };
	pthread_t threads[MOST];
	pthread_attr_t attr;

	if (!has_feature(WINSYNC_FEATURE_THREAD_EXIT))
		SKIP(return, "a thread's end is not noticed");
	ASSERT_LE(0, relay.fd);
	if (legs > MOST)
		legs = MOST;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 0; i < legs; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], &attr, run_leg, &relay));
	ASSERT_EQ(0, ws_await_waiters(relay.fd, legs));
	ASSERT_EQ(1, ws_mutex_release(relay.fd));
	for (i = 0; i < legs; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(1, relay.plain);
	EXPECT_EQ(legs - 1, relay.abandoned);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(relay.fd));
}

/* --- programs that execute each other ----------------------------------------- */

#define CHAIN	"exec-chain"

static int execute_next(int fd, unsigned int left)
{
	char fd_text[16], left_text[16];
	char *argv[] = { CHAIN, fd_text, left_text, NULL };

	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	snprintf(left_text, sizeof(left_text), "%u", left);
	execv("/proc/self/exe", argv);
	return 100;
}

struct link {
	int fd;
	unsigned int left;
};

static void *execute_in_thread(void *data)
{
	struct link *link = data;

	_exit(execute_next(link->fd, link->left));
}

/* A link of the chain: finds what the one before left, leaves it the same way. */
static void __attribute__((constructor)) chain_link(int argc, char **argv)
{
	struct link link;
	pthread_t thread;
	bool told = true;

	if (argc != 3 || strcmp(argv[0], CHAIN))
		return;
	link.fd = atoi(argv[1]);
	link.left = atoi(argv[2]) - 1;
	told = has_feature(WINSYNC_FEATURE_EXEC);
	if (ws_wait(link.fd, ws_after(WS_PATIENCE_MS)) !=
	    (told ? WINSYNC_WAIT_ABANDONED : 0))
		_exit(1);
	if (told && ws_mutex_depth(link.fd) != 1)
		_exit(2);
	if (!link.left)
		_exit(0);
	/* By the thread that owns it, or by another. */
	if (link.left & 1)
		_exit(execute_next(link.fd, link.left));
	if (pthread_create(&thread, NULL, execute_in_thread, &link))
		_exit(3);
	for (;;)
		pause();
}

TEST(exec_chains)
{
	enum { CHAINS = 3 };
	unsigned int links = ws_scale(60) + 1, i;
	int fds[CHAINS];
	pid_t pids[CHAINS];

	for (i = 0; i < CHAINS; i++) {
		fds[i] = ws_mutex(0);
		ASSERT_LE(0, fds[i]);
		fcntl(fds[i], F_SETFD, 0);
		pids[i] = ws_fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(ws_try(fds[i]) ? 50 : execute_next(fds[i], links));
	}
	for (i = 0; i < CHAINS; i++) {
		EXPECT_EQ(0, ws_reap(pids[i]));
		EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fds[i]));
	}
}

/* Killed anywhere on its way from one program to the next. */
TEST(exec_chains_killed)
{
	unsigned int rounds = ws_scale(100), i;
	uint64_t seed = ws_seed(), random = seed;
	int fd = ws_mutex(0);

	ASSERT_LE(0, fd);
	TH_LOG("WINSYNC_SEED=%llu", (unsigned long long)seed);
	fcntl(fd, F_SETFD, 0);
	for (i = 0; i < rounds; i++) {
		struct winsync_mutex_state state;
		pid_t pid = ws_fork();
		int status;

		ASSERT_LE(0, pid);
		if (!pid)
			_exit(ws_wait(fd, 0) ? 50 : execute_next(fd, 1000));
		sleep_us(ws_random(&random) % 30000);
		kill(pid, SIGKILL);
		status = ws_reap(pid);
		ASSERT_EQ(256 + SIGKILL, status);
		ASSERT_EQ(0, ws_mutex_query(fd, &state));
		ASSERT_EQ(0, state.depth);
		ASSERT_EQ(state.abandoned ? WINSYNC_WAIT_ABANDONED : 0, ws_try(fd));
		ASSERT_EQ(1, ws_mutex_release(fd));
	}
}

TEST_HARNESS_MAIN
