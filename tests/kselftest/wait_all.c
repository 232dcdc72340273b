// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for all of several objects: all or nothing [WT-21]..[WT-28]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

FIXTURE(all_types) {
	int fds[4];
};

/* Which one comes last. */
FIXTURE_VARIANT(all_types) {
	uint32_t last;
};

FIXTURE_VARIANT_ADD(all_types, event_last) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(all_types, mutex_last) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(all_types, semaphore_last) { WINSYNC_TYPE_SEMAPHORE };
FIXTURE_VARIANT_ADD(all_types, timer_last) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(all_types)
{
	int i;

	for (i = 0; i < 4; i++) {
		self->fds[i] = ws_unsignaled(WINSYNC_TYPE_EVENT + i);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(all_types)
{
	int i;

	for (i = 0; i < 4; i++)
		close(self->fds[i]);
}

static void check_and_release(struct ws_sleeper *sleeper)
{
	/* It got exactly one acquisition of the mutex. */
	*(int *)sleeper->data = ws_mutex_release(sleeper->fds[1]);
}

TEST_F(all_types, wt21_last_one_completes)
{
	int released = 0;
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = self->fds, .count = 4,
					       .after = check_and_release,
					       .data = &released);
	struct winsync_timer_state timer;
	uint32_t type;
	int i;

	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, ws_await_waiters(self->fds[i], 1));
	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_TIMER; type++)
		if (type != variant->last)
			ASSERT_LE(0, ws_signal(self->fds[type - 1], type));
	EXPECT_FALSE(ws_sleeper_done(&sleeper));
	/* Nothing is taken meanwhile. */
	if (variant->last != WINSYNC_TYPE_EVENT)
		EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
	if (variant->last != WINSYNC_TYPE_MUTEX)
		EXPECT_EQ(0, ws_mutex_depth(self->fds[1]));
	if (variant->last != WINSYNC_TYPE_SEMAPHORE)
		EXPECT_EQ(1, ws_semaphore_count(self->fds[2]));
	ASSERT_LE(0, ws_signal(self->fds[variant->last - 1], variant->last));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(1, released);
	EXPECT_EQ(0, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(0, ws_mutex_depth(self->fds[1]));
	EXPECT_EQ(0, ws_semaphore_count(self->fds[2]));
	ASSERT_EQ(0, ws_timer_query(self->fds[3], &timer));
	EXPECT_EQ(0, timer.signaled);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, ws_waiters(self->fds[i]));
}

TEST_F(all_types, wt23_timeout_leaves_everything)
{
	struct winsync_timer_state timer;
	uint32_t type;
	int other = ws_event(0, 0);
	int fds[5] = { self->fds[0], self->fds[1], self->fds[2], self->fds[3], other };

	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_TIMER; type++)
		ASSERT_LE(0, ws_signal(self->fds[type - 1], type));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 5, 0));
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 5, ws_after(10)));
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(0, ws_mutex_depth(self->fds[1]));
	EXPECT_EQ(1, ws_semaphore_count(self->fds[2]));
	ASSERT_EQ(0, ws_timer_query(self->fds[3], &timer));
	EXPECT_EQ(1, timer.signaled);
	EXPECT_EQ(0, ws_wait_all(fds, 4, 0));
	EXPECT_EQ(0, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(1, ws_mutex_depth(self->fds[1]));
	EXPECT_EQ(0, ws_semaphore_count(self->fds[2]));
}

/* While a wait for all lacks one, others may take the rest. */
TEST_F(all_types, wt21_others_may_take)
{
	int released = 0;
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = self->fds, .count = 4,
					       .after = check_and_release,
					       .data = &released);
	uint32_t type;

	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_waiters(self->fds[3], 1));
	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_TIMER; type++) {
		if (type == variant->last)
			continue;
		ASSERT_LE(0, ws_signal(self->fds[type - 1], type));
		EXPECT_EQ(0, ws_try(self->fds[type - 1]));
	}
	ASSERT_LE(0, ws_signal(self->fds[variant->last - 1], variant->last));
	EXPECT_FALSE(ws_sleeper_done(&sleeper));
	for (type = WINSYNC_TYPE_EVENT; type <= WINSYNC_TYPE_TIMER; type++)
		if (type != variant->last)
			ASSERT_LE(0, ws_signal(self->fds[type - 1], type));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(1, released);
}

FIXTURE(wait_all) {
	int fds[64];
};

FIXTURE_SETUP(wait_all)
{
	int i;

	for (i = 0; i < 64; i++) {
		self->fds[i] = ws_event(0, 0);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(wait_all)
{
	int i;

	for (i = 0; i < 64; i++)
		close(self->fds[i]);
}

TEST_F(wait_all, wt21_sixty_four)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = self->fds, .count = 64);
	int i;

	for (i = 0; i < 64; i++)
		ws_event_set(self->fds[i]);
	EXPECT_EQ(0, ws_wait_all(self->fds, 64, 0));
	for (i = 0; i < 64; i++)
		ASSERT_EQ(0, ws_event_signaled(self->fds[i]));
	ASSERT_EQ(0, ws_sleeper_start(&sleeper));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	for (i = 63; i >= 0; i--) {
		ASSERT_FALSE(ws_sleeper_done(&sleeper));
		ws_event_set(self->fds[i]);
	}
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, ws_event_signaled(self->fds[i]));
		ASSERT_EQ(0, ws_waiters(self->fds[i]));
	}
}

TEST_F(wait_all, wt24_same_object_twice)
{
	int fds[] = { self->fds[0], self->fds[1], self->fds[0] };
	int other = ws_duplicate(self->fds[0], 0, 0);
	int handles[] = { self->fds[0], other };
	int copy = dup(self->fds[0]);
	int copies[] = { copy, self->fds[1], self->fds[0] };

	ws_event_set(self->fds[0]);
	ws_event_set(self->fds[1]);
	EXPECT_EQ(-ENOTUNIQ, ws_wait_all(fds, 3, 0));
	EXPECT_EQ(-ENOTUNIQ, ws_wait_all(fds, 3, WINSYNC_FOREVER));
	EXPECT_EQ(-ENOTUNIQ, ws_wait_all(handles, 2, WINSYNC_FOREVER));
	EXPECT_EQ(-ENOTUNIQ, ws_wait_all(copies, 3, WINSYNC_FOREVER));
	EXPECT_EQ(1, ws_event_signaled(self->fds[0]));
	EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
}

TEST_F(wait_all, wt24_same_name_twice)
{
	int ns = ws_private_ns();
	int fds[2], i;

	ASSERT_LE(0, ns);
	for (i = 0; i < 2; i++) {
		fds[i] = ws_named(ns, WINSYNC_TYPE_SEMAPHORE, "wt24", 0, NULL);
		ASSERT_LE(0, fds[i]);
	}
	ws_semaphore_release(fds[0], 1);
	EXPECT_EQ(-ENOTUNIQ, ws_wait_all(fds, 2, WINSYNC_FOREVER));
	EXPECT_EQ(1, ws_semaphore_count(fds[0]));
}

TEST_F(wait_all, wt25_own_mutex_counts_as_signaled)
{
	int mutex = ws_mutex(1);
	int fds[] = { self->fds[0], mutex };

	ASSERT_LE(0, mutex);
	EXPECT_EQ(-ETIMEDOUT, ws_wait_all(fds, 2, 0));
	EXPECT_EQ(1, ws_mutex_depth(mutex));
	ws_event_set(self->fds[0]);
	EXPECT_EQ(0, ws_wait_all(fds, 2, 0));
	EXPECT_EQ(2, ws_mutex_depth(mutex));
}

static void own_first(struct ws_sleeper *sleeper)
{
	*(int *)sleeper->data = ws_mutex_depth(sleeper->fds[1]);
	ws_mutex_release(sleeper->fds[1]);
	ws_mutex_release(sleeper->fds[1]);
}

static void *own_then_wait(void *data)
{
	struct ws_sleeper *sleeper = data;

	sleeper->result = ws_try(sleeper->fds[1]);
	if (!sleeper->result)
		sleeper->result = ws_wait_all(sleeper->fds, 2, WINSYNC_FOREVER);
	own_first(sleeper);
	return NULL;
}

TEST_F(wait_all, wt25_own_mutex_while_asleep)
{
	int depth = 0;
	int fds[] = { self->fds[0], ws_mutex(0) };
	struct ws_sleeper sleeper = WS_SLEEPER(.fds = fds, .data = &depth);

	ASSERT_LE(0, fds[1]);
	ASSERT_EQ(0, pthread_create(&sleeper.thread, NULL, own_then_wait, &sleeper));
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	ws_event_set(self->fds[0]);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_EQ(2, depth);
	EXPECT_EQ(0, ws_mutex_depth(fds[1]));
}

TEST_F(wait_all, manual_events_stay)
{
	int fds[] = { ws_event(1, 1), ws_event(1, 0) };
	struct ws_sleeper first = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					     .fds = fds, .count = 2);
	struct ws_sleeper second = first;

	ASSERT_EQ(0, ws_sleeper_queue(&first, fds[1], 1));
	ASSERT_EQ(0, ws_sleeper_queue(&second, fds[1], 2));
	ws_event_set(fds[1]);
	EXPECT_EQ(0, ws_sleeper_join(&first));
	EXPECT_EQ(0, ws_sleeper_join(&second));
	EXPECT_EQ(1, ws_event_signaled(fds[0]));
	EXPECT_EQ(1, ws_event_signaled(fds[1]));
}

TEST_F(wait_all, order_of_waiters)
{
	struct ws_sleeper first = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					     .fds = self->fds, .count = 2);
	struct ws_sleeper second = WS_SLEEPER(.fd = self->fds[0]);

	ASSERT_EQ(0, ws_sleeper_queue(&first, self->fds[0], 1));
	ASSERT_EQ(0, ws_sleeper_queue(&second, self->fds[0], 2));
	ws_event_set(self->fds[1]);
	EXPECT_EQ(1, ws_event_signaled(self->fds[1]));
	ws_event_set(self->fds[0]);
	/* It was the first in the queue and could go. */
	EXPECT_EQ(0, ws_sleeper_join(&first));
	EXPECT_FALSE(ws_sleeper_done(&second));
	ws_event_set(self->fds[0]);
	EXPECT_EQ(0, ws_sleeper_join(&second));
}

TEST_F(wait_all, semaphore_serves_several)
{
	enum { SLEEPERS = 3 };
	int semaphore = ws_semaphore(0, 10);
	int gate = ws_event(1, 1);
	int fds[] = { gate, semaphore };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL, .fds = fds,
					 .count = 2);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], semaphore, i + 1));
	}
	EXPECT_EQ(0, ws_semaphore_release(semaphore, 2));
	ASSERT_EQ(0, ws_await_waiters(semaphore, 1));
	EXPECT_EQ(0, ws_semaphore_count(semaphore));
	EXPECT_EQ(0, ws_semaphore_release(semaphore, 5));
	for (i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	EXPECT_EQ(4, ws_semaphore_count(semaphore));
}

/* WT-28: opposite orders never deadlock; a ring of mutexes, dining style. */
struct diner {
	int fds[2];
	unsigned int rounds;
	volatile unsigned int *plates[2];
	int failed;
};

static void *dine(void *data)
{
	struct diner *diner = data;
	unsigned int i;

	for (i = 0; i < diner->rounds && !diner->failed; i++) {
		diner->failed = ws_wait_all(diner->fds, 2, ws_after(WS_PATIENCE_MS));
		if (diner->failed)
			break;
		*diner->plates[0] = *diner->plates[0] + 1;
		*diner->plates[1] = *diner->plates[1] + 1;
		diner->failed = ws_mutex_release(diner->fds[i & 1]) != 1 ||
				ws_mutex_release(diner->fds[~i & 1]) != 1;
	}
	return NULL;
}

TEST_F(wait_all, wt28_no_deadlock)
{
	enum { DINERS = 5 };
	volatile unsigned int plates[DINERS] = { 0 };
	struct diner diners[DINERS];
	pthread_t threads[DINERS];
	int forks[DINERS];
	unsigned int rounds = ws_scale(400);
	int i;

	for (i = 0; i < DINERS; i++) {
		forks[i] = ws_mutex(0);
		ASSERT_LE(0, forks[i]);
	}
	for (i = 0; i < DINERS; i++) {
		int left = i, right = (i + 1) % DINERS;

		if (i & 1) {
			left = right;
			right = i;
		}
		diners[i] = (struct diner){
			.fds = { forks[left], forks[right] }, .rounds = rounds,
			.plates = { &plates[left], &plates[right] },
		};
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, dine, &diners[i]));
	}
	for (i = 0; i < DINERS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, diners[i].failed);
	}
	/* A plate is only touched by who holds its mutex. */
	for (i = 0; i < DINERS; i++)
		EXPECT_EQ(2 * rounds, plates[i]);
}

/* I3: an observer that holds neither never sees half of a transfer. */
struct mover {
	int pair[2];
	int free[2];
	unsigned int rounds;
	int failed;
};

static void *take_pairs(void *data)
{
	struct mover *mover = data;
	unsigned int i;

	for (i = 0; i < mover->rounds && !mover->failed; i++)
		mover->failed = ws_wait_all(mover->pair, 2,
					    ws_after(2 * WS_PATIENCE_MS));
	return NULL;
}

TEST_F(wait_all, i3_pairs_are_taken_whole)
{
	enum { TAKERS = 3 };
	struct mover mover = {
		.pair = { ws_semaphore(0, WINSYNC_SEMAPHORE_MAX),
			  ws_semaphore(0, WINSYNC_SEMAPHORE_MAX) },
		.rounds = ws_scale(400),
	};
	unsigned int i, n = mover.rounds * TAKERS;
	pthread_t threads[TAKERS];

	for (i = 0; i < TAKERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, take_pairs, &mover));
	for (i = 0; i < n; i++) {
		ASSERT_LE(0, ws_semaphore_release(mover.pair[i & 1], 1));
		ASSERT_LE(0, ws_semaphore_release(mover.pair[~i & 1], 1));
	}
	for (i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, mover.failed);
	EXPECT_EQ(0, ws_semaphore_count(mover.pair[0]));
	EXPECT_EQ(0, ws_semaphore_count(mover.pair[1]));
}

/* Two semaphores of which one unit each is taken at a time, and who looks. */
struct units {
	int fds[2];
	unsigned int count, apart;
};

static void *take_both(void *data)
{
	struct units *units = data;
	unsigned int i;

	for (i = 0; i < units->count; i++)
		if (ws_wait_all(units->fds, 2, 0))
			return units;
	return NULL;
}

/* Who looks at one later than at the other never finds more units there. */
static void *compare(void *data)
{
	struct units *units = data;
	int first = 1, counts[2] = { 1, 1 };

	while (counts[first]) {
		first = !first;
		counts[first] = ws_semaphore_count(units->fds[first]);
		counts[!first] = ws_semaphore_count(units->fds[!first]);
		units->apart += counts[!first] > counts[first];
	}
	return NULL;
}

TEST_F(wait_all, i3_no_part_is_seen)
{
	struct units units = { .count = ws_scale(30000) };
	pthread_t taker, looker;
	void *failed;
	int i;

	for (i = 0; i < 2; i++) {
		units.fds[i] = ws_semaphore(units.count, units.count);
		ASSERT_LE(0, units.fds[i]);
	}
	ASSERT_EQ(0, pthread_create(&looker, NULL, compare, &units));
	ASSERT_EQ(0, pthread_create(&taker, NULL, take_both, &units));
	pthread_join(taker, &failed);
	pthread_join(looker, NULL);
	EXPECT_EQ(NULL, failed);
	EXPECT_EQ(0, units.apart);
}

TEST_HARNESS_MAIN
