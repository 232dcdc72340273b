// SPDX-License-Identifier: MIT
#include "pool.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void check(int result, const char *what)
{
	if (result)
		errx(1, "%s: %s", what, wsync_strerror(result));
}

/* Local\NAME.WHAT: Local is the namespace that belongs to this user alone. */
static const char *object_name(const struct pool *pool, const char *what)
{
	static char name[WSYNC_NAME_BYTES_MAX];

	snprintf(name, sizeof(name), "Local\\%s.%s", pool->name, what);
	return name;
}

static void map_table(struct pool *pool, int flags, size_t size)
{
	struct stat stat;
	char name[80];
	int fd;

	snprintf(name, sizeof(name), "/%s", pool->name);
	fd = shm_open(name, O_RDWR | flags, 0600);
	if (fd < 0 || (size && ftruncate(fd, size)) || fstat(fd, &stat))
		err(1, "shared memory %s", name);
	pool->table_size = stat.st_size;
	pool->table = mmap(NULL, pool->table_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pool->table == MAP_FAILED)
		err(1, "shared memory %s", name);
	close(fd);
}

void pool_create(struct pool *pool, const char *name, uint32_t jobs)
{
	/* Ours or nobody's: a pool of this name that exists is an error. */
	const uint32_t flags = WSYNC_EXCL;

	snprintf(pool->name, sizeof(pool->name), "%s", name);
	pool->self = 0;
	map_table(pool, O_CREAT | O_EXCL, sizeof(struct table) + jobs * sizeof(struct job));

	/* Workers may wait for all of these before there is anything to do. */
	check(wsync_semaphore_create(NULL, object_name(pool, "work"), 0, jobs, flags, NULL,
				     &pool->work, NULL), "semaphore");
	check(wsync_mutex_create(NULL, object_name(pool, "result"), flags, NULL,
				 &pool->result, NULL), "mutex");
	check(wsync_event_create(NULL, object_name(pool, "start"), flags | WSYNC_MANUAL_RESET,
				 NULL, &pool->start, NULL), "start event");
	check(wsync_event_create(NULL, object_name(pool, "stop"), flags | WSYNC_MANUAL_RESET,
				 NULL, &pool->stop, NULL), "stop event");
	check(wsync_timer_create(NULL, object_name(pool, "tick"), flags, NULL,
				 &pool->tick, NULL), "timer");
}

/* The objects go with their last handle; only the memory has to be removed. */
void pool_remove(struct pool *pool)
{
	char name[80];

	snprintf(name, sizeof(name), "/%s", pool->name);
	shm_unlink(name);
}

void pool_open(struct pool *pool, const char *name, uint32_t self)
{
	snprintf(pool->name, sizeof(pool->name), "%s", name);
	pool->self = self;
	map_table(pool, 0, 0);
	check(wsync_semaphore_open(NULL, object_name(pool, "work"), 0, NULL, &pool->work),
	      "semaphore");
	check(wsync_mutex_open(NULL, object_name(pool, "result"), 0, NULL, &pool->result),
	      "mutex");
	check(wsync_event_open(NULL, object_name(pool, "start"), 0, NULL, &pool->start),
	      "start event");
	check(wsync_event_open(NULL, object_name(pool, "stop"), 0, NULL, &pool->stop),
	      "stop event");
	pool->tick = -1;
}

/*
 * Whoever owned the mutex died with it, maybe in the middle of a change. Of the
 * table only the states of the jobs can be relied on, because a job's state is
 * what a change writes last; the sums are made anew from them.
 */
static void repair(struct pool *pool)
{
	struct table *table = pool->table;
	uint32_t dead = table->writer;

	pool_bury(pool, dead);
	table->done = 0;
	table->bytes = 0;
	memset(table->done_by, 0, sizeof(table->done_by));
	for (uint32_t i = 0; i < table->jobs; i++) {
		if (table->job[i].state != JOB_DONE)
			continue;
		table->done++;
		table->done_by[table->job[i].worker]++;
		table->bytes += table->job[i].bytes;
	}
	printf("%s %u: the mutex was abandoned by worker %u; repaired: %u of %u files done\n",
	       pool->self ? "worker" : "parent", pool->self, dead, table->done, table->jobs);
}

bool pool_lock(struct pool *pool, int64_t timeout)
{
	struct wsync_wait_result result;
	int error = wsync_wait(pool->result, timeout, NULL, &result);

	if (error == -ETIMEDOUT)
		return false;
	check(error, "lock");
	if (result.abandoned)
		repair(pool);
	pool->table->writer = pool->self;
	return true;
}

void pool_unlock(struct pool *pool)
{
	struct table *table = pool->table;

	if (table->jobs && table->done == table->jobs)
		check(wsync_event_set(pool->stop, NULL), "stop");
	table->writer = 0;
	check(wsync_mutex_release(pool->result, NULL), "unlock");
}

/*
 * A unit of work and the mutex are acquired in one step, or neither. So nobody
 * can die with a unit but without the mutex, and whoever has the mutex knows
 * that there are as many units as free jobs. The stop event is the
 * wait's alert: it ends the wait when there is nothing left to wait for.
 */
struct job *pool_take(struct pool *pool)
{
	const int both[] = { pool->work, pool->result };
	struct wsync_wait_result result;
	struct table *table = pool->table;
	WSYNC_OPTS(wsync_wait_opts, opts);

	opts.flags = WSYNC_WAIT_ALERT;
	opts.alert = pool->stop;
	check(wsync_wait_all(both, 2, WSYNC_FOREVER, &opts, &result), "wait for work");
	if (result.alerted)
		return NULL;
	if (result.abandoned) {
		/* Repairing counts the units, ours among them. */
		check(wsync_semaphore_release(pool->work, 1, NULL), "units");
		repair(pool);
		pool_unlock(pool);
		return pool_take(pool);
	}
	table->writer = pool->self;
	for (; table->next < table->jobs; table->next++) {
		struct job *job = &table->job[table->next];

		if (job->state != JOB_FREE)
			continue;
		job->worker = pool->self;
		__atomic_store_n(&job->state, JOB_TAKEN, __ATOMIC_RELEASE);
		pool_unlock(pool);
		return job;
	}
	errx(1, "a unit of work without a free job");
}

void pool_bury(struct pool *pool, uint32_t worker)
{
	struct wsync_semaphore_state units;
	struct table *table = pool->table;
	uint32_t jobs_free = 0;

	for (uint32_t i = 0; i < table->jobs; i++) {
		struct job *job = &table->job[i];

		if (job->state == JOB_TAKEN && job->worker == worker) {
			printf("worker %u has died: %s is to be done again\n", worker, job->path);
			job->state = JOB_FREE;
		}
		jobs_free += job->state == JOB_FREE;
	}
	table->next = 0;
	/* One of the units may have died with the worker, before it took its job. */
	check(wsync_semaphore_query(pool->work, &units), "units");
	if (units.count < jobs_free)
		check(wsync_semaphore_release(pool->work, jobs_free - units.count, NULL),
		      "units");
}
