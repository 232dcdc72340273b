/* SPDX-License-Identifier: MIT */
/*
 * The pool: what its processes share. They are unrelated programs that know
 * nothing but the pool's name, from which the names of everything else follow.
 */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <wsync/wsync.h>

#define POOL_PATH_MAX 1024
#define POOL_WORKERS_MAX 64
#define POOL_DIGEST_SIZE 65	/* as text, with its NUL */

enum job_state {
	JOB_FREE,	/* nobody works on it: a unit of the semaphore */
	JOB_TAKEN,	/* a worker has it */
	JOB_DONE,
};

/* A file to be checksummed. */
struct job {
	enum job_state state;
	uint32_t worker;	/* who has it or did it, from 1 */
	int error;		/* why its file could not be read, or 0 */
	uint64_t bytes;
	char digest[POOL_DIGEST_SIZE];
	char path[POOL_PATH_MAX];
};

/* Shared memory, guarded by the mutex. */
struct table {
	uint32_t jobs;
	uint32_t done;
	uint32_t next;		/* no job before this one is free */
	uint32_t writer;	/* which worker is changing things, 0: the parent */
	uint32_t done_by[POOL_WORKERS_MAX + 1];
	uint64_t bytes;
	struct job job[];
};

struct pool {
	/* The objects: file descriptors, like everything that can be waited for. */
	int work;		/* semaphore: as many units as there are free jobs */
	int result;		/* mutex: guards the table */
	int start;		/* manual-reset event: work may begin */
	int stop;		/* manual-reset event: everything is done */
	int tick;		/* periodic timer: time to report */

	struct table *table;
	size_t table_size;
	uint32_t self;		/* number of this worker, 0: the parent */
	char name[64];
};

/* The parent's part: creates everything, for at most @jobs jobs. */
void pool_create(struct pool *pool, const char *name, uint32_t jobs);
void pool_remove(struct pool *pool);
/* A worker's part: opens what the parent has created. */
void pool_open(struct pool *pool, const char *name, uint32_t self);

/* Acquires the mutex; false if that took longer than @timeout. */
bool pool_lock(struct pool *pool, int64_t timeout);
/* Releases it; if everything is done by now, it sets the stop event first. */
void pool_unlock(struct pool *pool);

/*
 * Takes a free job and leaves with the mutex unlocked; NULL if everything is
 * done.
 */
struct job *pool_take(struct pool *pool);

/* With the mutex: what a worker had that is no more becomes free again. */
void pool_bury(struct pool *pool, uint32_t worker);

/* Ends the program if a function of libwsync failed. */
void check(int result, const char *what);

#endif
