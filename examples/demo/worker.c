// SPDX-License-Identifier: MIT
#include "worker.h"

#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"

/* The checksum of a file; 0 or the error. */
static int checksum(const char *path, char *digest, uint64_t *bytes)
{
	struct stat stat_buffer;

	if (stat(path, &stat_buffer) || !SHA256File(path, digest))
		return errno;
	*bytes = stat_buffer.st_size;
	return 0;
}

void worker(const char *pool_name, uint32_t self, uint32_t hang_at)
{
	struct pool pool;
	struct job *job;
	uint32_t count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pool_open(&pool, pool_name, self);
	/* A manual-reset event stays set: who comes late does not wait at all. */
	check(wsync_wait(pool.start, WSYNC_FOREVER, NULL, NULL), "wait for the start");

	while ((job = pool_take(&pool)) != NULL) {
		struct table *table = pool.table;
		char digest[POOL_DIGEST_SIZE] = "";
		uint64_t bytes = 0;
		/* The job is ours: reading the file needs no lock. */
		int error = checksum(job->path, digest, &bytes);

		pool_lock(&pool, WSYNC_FOREVER);
		table->done++;
		table->done_by[self]++;
		table->bytes += bytes;
		if (++count == hang_at) {
			/* The sums are ahead of the jobs now. */
			printf("worker %u: hangs in the middle of a change, owning the mutex\n",
			       self);
			for (;;)
				pause();
		}
		job->error = error;
		job->bytes = bytes;
		memcpy(job->digest, digest, sizeof(digest));
		/* Last of all, see repair(). */
		__atomic_store_n(&job->state, JOB_DONE, __ATOMIC_RELEASE);
		pool_unlock(&pool);
	}
}
