// SPDX-License-Identifier: GPL-2.0-only
/* Many threads: contention, producers and consumers, broadcast, scaling. */
#include <stdlib.h>

#include "peers.h"
#include "team.h"

/* ---- contended mutex ---- */

#define MUTEX_THREADS	16
#define MUTEX_MIN_MS	20

struct contest {
	bool over;
	uint64_t shared;
	struct {
		uint64_t count;
		uint64_t longest;
	} thread[MUTEX_THREADS];
};

static void contend(struct run *run, int index, uint64_t n)
{
	const struct sem_ops *mutex = &mutex_ops[run->peer];
	struct contest *contest = run->priv;
	uint64_t count = 0, longest = 0;

	(void)n;
	while (!__atomic_load_n(&contest->over, __ATOMIC_RELAXED)) {
		uint64_t start = ticks(), took;

		mutex->acquire(&run->o[0]);
		took = ticks() - start;
		contest->shared++;
		mutex->release(&run->o[0], 1);
		if (took > longest)
			longest = took;
		count++;
	}
	contest->thread[index].count = count;
	contest->thread[index].longest = longest;
}

/* One more member than there are contenders keeps the time. */
static void contest_work(struct run *run, int index, uint64_t n)
{
	struct contest *contest = run->priv;
	double ms = opt.round_ms > MUTEX_MIN_MS ? opt.round_ms : MUTEX_MIN_MS;

	if (index < run->param) {
		contend(run, index, n);
		return;
	}
	usleep(ms * 1000);
	__atomic_store_n(&contest->over, true, __ATOMIC_SEQ_CST);
}

static int setup_contest(struct run *run)
{
	if (mutex_ops[run->peer].open(run, &run->o[0], 0))
		return -1;
	run->priv = shared_alloc(sizeof(struct contest));
	run->team = team_start(run, run->param + 1, contest_work);
	return 0;
}

static void loop_contest(struct run *run, uint64_t n)
{
	struct contest *contest = run->priv;
	double sum = 0, squares = 0, longest = 0;
	uint64_t start = ticks();
	double took;

	contest->over = false;
	contest->shared = 0;
	team_run(run->team, n);
	took = (ticks() - start) * ns_per_tick;
	for (int i = 0; i < run->param; i++) {
		double count = contest->thread[i].count;
		double wait = contest->thread[i].longest * ns_per_tick;

		sum += count;
		squares += count * count;
		if (wait > longest)
			longest = wait;
	}
	if (contest->shared != (uint64_t)sum)
		die("the mutex does not exclude");
	run->value[0] = took / sum;
	run->value[1] = sum * sum / (run->param * squares);
	run->value[2] = longest / 1000;
}

static void teardown_team(struct run *run)
{
	if (run->team)
		team_stop(run->team);
	run_close_objects(run);
}

/* ---- producers and consumers: a bounded buffer, of which only the counts exist ---- */

#define BUFFER		16
#define BLOCK		16
#define MANY		4

struct market {
	int producers, consumers, batch;
};

static void trade(struct run *run, int index, uint64_t n)
{
	const struct sem_ops *sem = &sem_ops[run->peer];
	const struct market *m = run->priv;
	struct obj *slots = &run->o[0], *items = &run->o[1];
	/* n blocks of BLOCK items, which every number of threads divides. */
	uint64_t share = n * BLOCK / (index < m->producers ? m->producers : m->consumers);

	if (index >= m->producers) {
		while (share--) {
			sem->acquire(items);
			sem->release(slots, 1);
		}
		return;
	}
	for (; share; share -= m->batch) {
		for (int i = 0; i < m->batch; i++)
			sem->acquire(slots);
		sem->release(items, m->batch);
	}
}

static int setup_market(struct run *run, int producers, int consumers, int batch)
{
	struct market *m = shared_alloc(sizeof(*m));

	*m = (struct market) { producers, consumers, batch };
	run->priv = m;
	run->ops = BLOCK;
	if (sem_ops[run->peer].open(run, &run->o[0], BUFFER) ||
	    sem_ops[run->peer].open(run, &run->o[1], 0))
		return -1;
	run->team = team_start(run, producers + consumers, trade);
	return 0;
}

static int setup_one_to_one(struct run *run)
{
	return setup_market(run, 1, 1, 1);
}

static int setup_one_to_many(struct run *run)
{
	return setup_market(run, 1, MANY, 1);
}

static int setup_many_to_one(struct run *run)
{
	return setup_market(run, MANY, 1, 1);
}

static int setup_batch(struct run *run)
{
	return setup_market(run, 1, 1, 8);
}

static void loop_team(struct run *run, uint64_t n)
{
	team_run(run->team, n);
}

/* ---- broadcast: two manual events in turn, so that nobody passes twice ---- */

struct broadcast {
	struct countdown sleepers;
};

static void listen(struct run *run, int index)
{
	struct broadcast *b = run->priv;

	(void)index;
	for (int turn = 0;; turn ^= 1) {
		event_ops[run->peer].wait(&run->o[turn]);
		if (__atomic_load_n(run->stop, __ATOMIC_SEQ_CST))
			return;
		countdown_hit(&b->sleepers);
	}
}

static int setup_broadcast(struct run *run)
{
	for (int i = 0; i < 2; i++)
		if (event_ops[run->peer].open(run, &run->o[i], true, false))
			return -1;
	run->priv = shared_alloc(sizeof(struct broadcast));
	run->ops = 2;
	helpers_start(run, run->param, listen);
	usleep(20000);
	return 0;
}

static void loop_broadcast(struct run *run, uint64_t n)
{
	struct broadcast *b = run->priv;

	while (n--) {
		for (int turn = 0; turn < 2; turn++) {
			countdown_set(&b->sleepers, run->param);
			event_ops[run->peer].set(&run->o[turn]);
			countdown_wait(&b->sleepers);
			event_ops[run->peer].reset(&run->o[turn]);
		}
	}
}

static void teardown_broadcast(struct run *run)
{
	if (run->helper_count) {
		__atomic_store_n(run->stop, true, __ATOMIC_SEQ_CST);
		for (int i = 0; i < 2; i++)
			event_ops[run->peer].set(&run->o[i]);
		helpers_join(run);
	}
	run_close_objects(run);
}

/* ---- scaling ---- */

/* Thread 2i and 2i+1 are a pair; pairs share nothing but the device. */
static void pair_work(struct run *run, int index, uint64_t n)
{
	const struct event_ops *ops = &event_ops[run->peer];
	struct obj *mine = &run->o[index], *other = &run->o[index ^ 1];

	if (index & 1) {
		while (n--) {
			ops->wait(mine);
			ops->set(other);
		}
		return;
	}
	while (n--) {
		ops->set(other);
		ops->wait(mine);
	}
}

/* Both threads of a pair on one processor, pair after pair. */
static void pair_member(struct run *run, int index, uint64_t n)
{
	place(run, index / 2);
	pair_work(run, index, n);
}

static void alone_member(struct run *run, int index, uint64_t n)
{
	const struct event_ops *ops = &event_ops[run->peer];

	while (n--) {
		ops->set(&run->o[index]);
		ops->wait(&run->o[index]);
	}
}

static int setup_members(struct run *run, int count, team_work work)
{
	for (int i = 0; i < count; i++)
		if (event_ops[run->peer].open(run, &run->o[i], false, false))
			return -1;
	run->ops = run->param;
	run->team = team_start(run, count, work);
	return 0;
}

static int setup_pairs(struct run *run)
{
	return setup_members(run, 2 * run->param, pair_member);
}

static int setup_alone(struct run *run)
{
	return setup_members(run, run->param, alone_member);
}

#define SEM_PEERS	(BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_EVENTFD) | \
			 BIT(PEER_FUTEX) | BIT(PEER_SEM))
#define EVENT_PEERS	(SEM_PEERS | BIT(PEER_PTHREAD))
#define MUTEX_PEERS	(BIT(PEER_WINSYNC) | BIT(PEER_NTSYNC) | BIT(PEER_FUTEX) |   \
			 BIT(PEER_PTHREAD))
#define TEAM(setup_name, loop_name)	{ setup_name, loop_name, teardown_team }

const struct row crowd_rows[] = {
	{
		.name = "mutex-contended",
		.what = "PARAM threads lock, count, unlock: time, Jain fairness, longest wait",
		.flags = ROW_SAMPLED,
		.params = { 2, 4, 8, 16 },
		.quick_params = { 2, 8 },
		.metrics = { "time", "jain", "longest" },
		.units = { "ns", "1", "us" },
		.peers = MUTEX_PEERS,
		.common = TEAM(setup_contest, loop_contest),
	},
	{
		.name = "prodcons-1:1",
		.what = "an item through a buffer of 16 guarded by two semaphores",
		.peers = SEM_PEERS,
		.common = TEAM(setup_one_to_one, loop_team),
	},
	{
		.name = "prodcons-1:N",
		.what = "the same, 1 producer, 4 consumers",
		.peers = SEM_PEERS,
		.common = TEAM(setup_one_to_many, loop_team),
	},
	{
		.name = "prodcons-N:1",
		.what = "the same, 4 producers, 1 consumer",
		.peers = SEM_PEERS,
		.common = TEAM(setup_many_to_one, loop_team),
	},
	{
		.name = "prodcons-batch",
		.what = "1:1, the producer releases 8 items at once",
		.peers = SEM_PEERS,
		.common = TEAM(setup_batch, loop_team),
	},
	{
		.name = "broadcast",
		.what = "set a manual event PARAM threads sleep on, until the last one ran",
		.flags = ROW_COUNTED,
		.placement = PLACE_SAME,
		.params = { 1, 4, 16, 64, 256 },
		.quick_params = { 1, 16, 64 },
		.peers = EVENT_PEERS & ~BIT(PEER_SEM),
		.common = { setup_broadcast, loop_broadcast, teardown_broadcast },
	},
	{
		.name = "broadcast-smp",
		.what = "the same on all processors",
		.flags = ROW_SMP,
		.params = { 1, 4, 16, 64, 256 },
		.quick_params = { 1, 64 },
		.peers = EVENT_PEERS & ~BIT(PEER_SEM),
		.common = { setup_broadcast, loop_broadcast, teardown_broadcast },
	},
	{
		.name = "scale-alone",
		.what = "PARAM threads, each on a processor: set, wait of an own event",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.params = { 1, 2 },
		.peers = EVENT_PEERS,
		.common = TEAM(setup_alone, loop_team),
	},
	{
		.name = "scale-pairs",
		.what = "PARAM pairs of threads, each pair on a processor: ping-pong",
		.flags = ROW_SMP,
		.placement = PLACE_SPLIT,
		.params = { 1, 2 },
		.peers = EVENT_PEERS,
		.common = TEAM(setup_pairs, loop_team),
	},
};

const int crowd_row_count = ARRAY_SIZE(crowd_rows);
