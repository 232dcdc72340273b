// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits for all whose members' locks are hard to get: another processor acquires
 * one of them without pause. No signal is lost by that [WT-21], and nobody
 * looks at a wait that is over.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>

/* The last member is set for good, and kept busy. */
#define MEMBERS	10

FIXTURE(contended) {
	int fds[MEMBERS];
	int stop;
	unsigned int waits, taken, late, failed;
	pthread_t busy;
};

static void *busy_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE))
		ws_try(self->fds[MEMBERS - 1]);
	return NULL;
}

FIXTURE_SETUP(contended)
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		self->fds[i] = ws_event(i > 0, i > 0);
		ASSERT_LE(0, self->fds[i]);
	}
	ASSERT_EQ(0, pthread_create(&self->busy, NULL, busy_main, self));
}

FIXTURE_TEARDOWN(contended)
{
	int i;

	__atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
	pthread_join(self->busy, NULL);
	for (i = 0; i < MEMBERS; i++)
		close(self->fds[i]);
}

/* Waits for one signal after the other; each has to come through. */
static void *patient_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (self->waits--)
		if (ws_wait_all(self->fds, MEMBERS, ws_after(WS_PATIENCE_MS)))
			__atomic_add_fetch(&self->failed, 1, __ATOMIC_SEQ_CST);
		else
			__atomic_add_fetch(&self->taken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

TEST_F(contended, wt21_no_signal_is_lost)
{
	unsigned int i, n = ws_scale(300);
	pthread_t thread;

	self->waits = n;
	ASSERT_EQ(0, pthread_create(&thread, NULL, patient_main, self));
	for (i = 0; i < n; i++) {
		if (ws_await_waiters(self->fds[0], 1))
			break;
		ws_event_set(self->fds[0]);
		while (__atomic_load_n(&self->taken, __ATOMIC_SEQ_CST) == i &&
		       !__atomic_load_n(&self->failed, __ATOMIC_SEQ_CST))
			ws_sleep_ms(1);
		if (self->failed)
			break;
	}
	EXPECT_EQ(n, i);
	EXPECT_EQ(n, self->taken);
	if (i < n) {
		/* The thread still has waits to do; the process ends with it. */
		return;
	}
	pthread_join(thread, NULL);
}

/* How long a wait takes that need not sleep. */
static uint64_t cost_of_a_wait(FIXTURE_DATA(contended) *self)
{
	uint64_t begin = ws_clock(CLOCK_MONOTONIC);
	unsigned int i;

	for (i = 0; i < 20; i++)
		self->taken += !ws_wait_all(self->fds, MEMBERS, 1);
	return (ws_clock(CLOCK_MONOTONIC) - begin) / 20;
}

/* Waits that end by themselves just when they could be granted. */
static void *hasty_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;
	const uint64_t range = 8 * cost_of_a_wait(self);
	unsigned int i, n = self->waits;

	for (i = 0; i < n; i++) {
		uint64_t deadline = ws_clock(CLOCK_MONOTONIC) + i * 7919 % range;
		int ret = ws_wait_all(self->fds, MEMBERS, deadline);

		self->failed += ret && ret != -ETIMEDOUT;
		self->late += ret == -ETIMEDOUT;
		self->taken += !ret;
	}
	__atomic_store_n(&self->waits, 0, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(contended, wt9_timeouts_race_with_signals)
{
	unsigned int sets = 0;
	pthread_t thread;

	self->waits = ws_scale(4000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, hasty_main, self));
	while (__atomic_load_n(&self->waits, __ATOMIC_ACQUIRE))
		sets += !ws_event_set(self->fds[0]);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, self->failed);
	/* Each set is taken once, the last one perhaps not. */
	EXPECT_EQ(sets, self->taken + ws_event_signaled(self->fds[0]));
}

/* Many that one signal wakes, before it can look at the wait for all again. */
#define CROWD	24

static void *crowd_main(void *data)
{
	FIXTURE_DATA(contended) *self = data;

	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE))
		ws_wait(self->fds[0], ws_after(100));
	return NULL;
}

TEST_F(contended, wt9_timeouts_while_others_are_woken)
{
	pthread_t thread, crowd[CROWD];
	int i;

	close(self->fds[0]);
	self->fds[0] = ws_event(1, 0);
	ASSERT_LE(0, self->fds[0]);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, pthread_create(&crowd[i], NULL, crowd_main, self));
	self->waits = ws_scale(4000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, hasty_main, self));
	while (__atomic_load_n(&self->waits, __ATOMIC_ACQUIRE))
		ws_event_pulse(self->fds[0]);
	pthread_join(thread, NULL);
	__atomic_store_n(&self->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < CROWD; i++)
		pthread_join(crowd[i], NULL);
	EXPECT_EQ(0, self->failed);
	/* Some were in time, some not. */
	EXPECT_LT(0, self->taken);
	EXPECT_LT(0, self->late);
}

/*
 * The timeout of a waiter that goes first preempts, on its processor, the thread that is
 * about to decide its wait. A waiter that spun until that thread got on would do so
 * forever; the scheduler's guard against this, a twentieth of the time for others, is
 * off here, so that it shows however slow the machine is.
 */
struct urgent {
	int fds[2];		/* rarely set; set, and its lock is busy */
	int locked[64];		/* whose first is that one */
	int stop;
	unsigned int rounds;
	unsigned int taken, late, failed;
	pid_t tid;
	pthread_t threads[3];
};

static bool write_setting(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

static int set_priority(pid_t tid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(tid, policy, &param) ? -errno : 0;
}

static void *grant_main(void *data)
{
	struct urgent *urgent = data;
	uint64_t random = 1;
	volatile unsigned int i;

	ws_move_to(0);
	while (!__atomic_load_n(&urgent->stop, __ATOMIC_ACQUIRE)) {
		ws_event_set(urgent->fds[0]);
		for (i = ws_random(&random) % 40000; i; i = i - 1)
			;
	}
	return NULL;
}

static void *lock_main(void *data)
{
	struct urgent *urgent = data;

	ws_move_to(1);
	while (!__atomic_load_n(&urgent->stop, __ATOMIC_ACQUIRE))
		ws_wait_all(urgent->locked, 64, 0);
	return NULL;
}

static void *urgent_main(void *data)
{
	struct urgent *urgent = data;
	uint64_t random = 7;

	ws_move_to(0);
	if (set_priority(0, SCHED_FIFO, 10)) {
		urgent->failed++;
		return NULL;
	}
	__atomic_store_n(&urgent->tid, ws_gettid(), __ATOMIC_RELEASE);
	while (__atomic_load_n(&urgent->rounds, __ATOMIC_ACQUIRE)) {
		uint64_t deadline = ws_clock(CLOCK_MONOTONIC) + 200000 +
				    ws_random(&random) % 800000;
		int ret = ws_wait_all(urgent->fds, 2, deadline);

		urgent->failed += ret && ret != -ETIMEDOUT;
		urgent->late += ret == -ETIMEDOUT;
		urgent->taken += !ret;
		__atomic_sub_fetch(&urgent->rounds, 1, __ATOMIC_RELEASE);
	}
	set_priority(0, SCHED_OTHER, 0);
	return NULL;
}

#define THROTTLE	"/proc/sys/kernel/sched_rt_runtime_us"
/* Less than what the kernel complains of by itself. */
#define STUCK_MS	(WS_PATIENCE_MS / 3)

TEST(wt9_timeout_preempts_the_granter)
{
	void *(*const mains[])(void *) = { grant_main, lock_main, urgent_main };
	struct urgent urgent = { .rounds = ws_scale(10000) };
	unsigned int left = urgent.rounds, i;
	uint64_t limit = ws_after(STUCK_MS);
	bool stuck = false;

	if (!ws_has_two_processors())
		SKIP(return, "needs two processors");
	if (set_priority(0, SCHED_FIFO, 1) || set_priority(0, SCHED_OTHER, 0) ||
	    !write_setting(THROTTLE, "-1"))
		SKIP(return, "only root may go first");
	for (i = 0; i < 64; i++) {
		urgent.locked[i] = ws_event(1, 1);
		ASSERT_LE(0, urgent.locked[i]);
	}
	urgent.fds[0] = ws_event(0, 0);
	urgent.fds[1] = urgent.locked[0];
	ASSERT_EQ(0, ws_move_to(1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&urgent.threads[i], NULL, mains[i],
					    &urgent));
	}
	while (left && !urgent.failed) {
		unsigned int now;

		ws_sleep_ms(10);
		now = __atomic_load_n(&urgent.rounds, __ATOMIC_ACQUIRE);
		if (now != left) {
			left = now;
			limit = ws_after(STUCK_MS);
		} else if (ws_clock(CLOCK_MONOTONIC) > limit) {
			stuck = true;
			break;
		}
	}
	if (stuck) {
		/* Lets the granter go on, and the waiter with it. */
		set_priority(urgent.tid, SCHED_OTHER, 0);
		__atomic_store_n(&urgent.rounds, 1, __ATOMIC_RELEASE);
	}
	pthread_join(urgent.threads[2], NULL);
	__atomic_store_n(&urgent.stop, 1, __ATOMIC_RELEASE);
	pthread_join(urgent.threads[0], NULL);
	pthread_join(urgent.threads[1], NULL);
	write_setting(THROTTLE, "950000");
	TH_LOG("granted: %u, timed out: %u", urgent.taken, urgent.late);
	EXPECT_FALSE(stuck) {
		TH_LOG("a wait was not over %u ms after its deadline", STUCK_MS);
	}
	EXPECT_EQ(0, urgent.failed);
	EXPECT_LT(0, urgent.taken);
	EXPECT_LT(0, urgent.late);
}

TEST_HARNESS_MAIN
