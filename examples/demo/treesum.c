// SPDX-License-Identifier: MIT
/*
 * treesum: the SHA-256 sums of all files of a directory tree, by a pool of
 * processes.
 *
 *	treesum [-j WORKERS] [-o SUMS] [--hang WORKER] DIRECTORY
 *
 * The parent (this file) creates the pool's objects, starts workers as programs
 * of their own, which are told the pool's name and nothing else, fills the table,
 * and from then on sits in one epoll loop: a timer asks for reports, an
 * event tells that all is done, pidfds tell which workers have ended. Workers
 * (worker.c) may be killed at any moment; what they had is done again
 * (pool.c). SUMS is what sha256sum prints, sorted by name.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"
#include "worker.h"

#define SECOND		1000000000ll
#define TICK		(SECOND / 5)
/* Ticks without any progress, the mutex owned, after which its owner hangs. */
#define PATIENCE	10
/* The result at which a worker hangs that is to hang. */
#define HANG_AT		150

struct child {
	pid_t pid;
	int pidfd;	/* -1: it has ended */
	bool killed;
};

struct parent {
	struct pool pool;
	struct child child[POOL_WORKERS_MAX + 1];	/* by number, from 1 */
	uint32_t workers;
	uint32_t alive;
	uint32_t progress;	/* files done at the last tick that found the mutex owned */
	uint32_t stalled;	/* ticks since then */
	bool done;
	bool failed;		/* a worker has found something wrong */
};

/* nftw() has no argument for its callback. */
static char **paths;
static uint32_t path_count;

static int add_path(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_DNR || type == FTW_NS)
		errx(1, "cannot read %s", path);
	if (type != FTW_F || !S_ISREG(stat->st_mode))
		return 0;
	if (strlen(path) >= POOL_PATH_MAX)
		errx(1, "a path is too long: %s", path);
	if (path_count % 1024 == 0) {
		paths = realloc(paths, (path_count + 1024) * sizeof(*paths));
		if (!paths)
			err(1, "paths");
	}
	paths[path_count] = strdup(path);
	if (!paths[path_count++])
		err(1, "paths");
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_files(const char *directory)
{
	if (nftw(directory, add_path, 32, FTW_PHYS))
		err(1, "%s", directory);
	if (!path_count)
		errx(1, "%s: no files", directory);
	qsort(paths, path_count, sizeof(*paths), compare_paths);
}

/* Nothing is inherited but the terminal: the worker finds the pool by its name. */
static void start_worker(struct parent *parent, uint32_t number, bool hang)
{
	struct child *child = &parent->child[number];
	char number_text[16], hang_text[16];
	char *argv[] = { "treesum", "--worker", number_text, "--hang-at", hang_text,
			 parent->pool.name, NULL };

	snprintf(number_text, sizeof(number_text), "%u", number);
	snprintf(hang_text, sizeof(hang_text), "%u", hang ? HANG_AT : 0);
	check(wsync_spawn("/proc/self/exe", argv, NULL, NULL, 0, &child->pid), "worker");
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0)
		err(1, "pidfd");
	parent->alive++;
}

static void watch(int epoll, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		err(1, "epoll");
}

/* With the mutex. */
static void report(struct parent *parent)
{
	const struct table *table = parent->pool.table;
	char bar[] = "........................................";
	uint32_t length = sizeof(bar) - 1;

	memset(bar, '#', (uint64_t)table->done * length / table->jobs);
	printf("[%s] %u of %u files, %.1f MB; by worker:", bar, table->done, table->jobs,
	       table->bytes / 1e6);
	for (uint32_t i = 1; i <= parent->workers; i++)
		printf(" %u%s", table->done_by[i], parent->child[i].killed ? " (dead)" : "");
	printf("\n");
}

/*
 * The mutex says who owns it. An owner that lets nobody in for so long will never
 * release it; killing it does.
 */
static void kill_owner(struct parent *parent)
{
	struct wsync_mutex_state mutex;

	check(wsync_mutex_query(parent->pool.result, &mutex), "mutex");
	for (uint32_t i = 1; i <= parent->workers; i++) {
		struct child *child = &parent->child[i];

		if (child->pidfd < 0 || (uint32_t)child->pid != mutex.owner)
			continue;
		printf("parent: worker %u has owned the mutex for too long: SIGKILL\n", i);
		if (pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0))
			err(1, "kill");
	}
}

static void tick(struct parent *parent)
{
	struct pool *pool = &parent->pool;
	int error = wsync_wait(pool->tick, 0, NULL, NULL);
	uint32_t done;

	/* An auto-reset timer is acquired to be ready for its next expiry. */
	if (error == -ETIMEDOUT)
		return;
	check(error, "timer");
	/* Not longer: this loop has other things to do as well. */
	if (pool_lock(pool, TICK / 4)) {
		parent->stalled = 0;
		report(parent);
		pool_unlock(pool);
		return;
	}
	done = __atomic_load_n(&pool->table->done, __ATOMIC_RELAXED);
	parent->stalled = done == parent->progress ? parent->stalled + 1 : 0;
	parent->progress = done;
	if (parent->stalled == PATIENCE / 2)
		printf("parent: no progress, and the mutex is owned\n");
	if (parent->stalled >= PATIENCE) {
		kill_owner(parent);
		parent->stalled = 0;
	}
}

static void worker_ended(struct parent *parent, uint32_t number)
{
	struct child *child = &parent->child[number];
	int status;

	if (waitpid(child->pid, &status, 0) < 0)
		err(1, "wait for worker %u", number);
	close(child->pidfd);
	child->pidfd = -1;
	parent->alive--;
	if (WIFEXITED(status)) {
		parent->failed |= WEXITSTATUS(status) != 0;
		return;
	}
	child->killed = true;
	printf("parent: worker %u was killed by signal %d\n", number, WTERMSIG(status));
	/*
	 * Whoever got the mutex has done this already if the worker owned it. If it did
	 * not, nothing was abandoned, and only we know.
	 */
	pool_lock(&parent->pool, WSYNC_FOREVER);
	pool_bury(&parent->pool, number);
	pool_unlock(&parent->pool);
}

/* What is watched; a worker by its number. */
enum { WATCH_STOP = POOL_WORKERS_MAX + 1, WATCH_TICK };

static void run(struct parent *parent)
{
	struct pool *pool = &parent->pool;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		err(1, "epoll");
	watch(epoll, pool->stop, WATCH_STOP);
	watch(epoll, pool->tick, WATCH_TICK);
	for (uint32_t i = 1; i <= parent->workers; i++)
		watch(epoll, parent->child[i].pidfd, i);

	check(wsync_timer_set(pool->tick, TICK, TICK, NULL, NULL), "timer");
	check(wsync_event_set(pool->start, NULL), "start");
	while (parent->alive) {
		struct epoll_event event;
		int count = epoll_wait(epoll, &event, 1, -1);

		if (count < 0 && errno != EINTR)
			err(1, "epoll");
		if (count < 1)
			continue;
		switch (event.data.u32) {
		case WATCH_STOP:
			/* It stays set, for the workers to see: that is enough of it for us. */
			parent->done = true;
			epoll_ctl(epoll, EPOLL_CTL_DEL, pool->stop, NULL);
			break;
		case WATCH_TICK:
			tick(parent);
			break;
		default:
			worker_ended(parent, event.data.u32);
			break;
		}
	}
	close(epoll);
}

/* Returns whether every file was read. */
static bool write_sums(const struct table *table, const char *path)
{
	FILE *file = path ? fopen(path, "w") : stdout;
	bool complete = true;

	if (!file)
		err(1, "%s", path);
	for (uint32_t i = 0; i < table->jobs; i++) {
		const struct job *job = &table->job[i];

		if (job->error) {
			warnx("%s: %s", job->path, strerror(job->error));
			complete = false;
		} else {
			fprintf(file, "%s  %s\n", job->digest, job->path);
		}
	}
	if (fflush(file) || ferror(file) || (path && fclose(file)))
		err(1, "%s", path ? path : "output");
	return complete;
}

static uint32_t number(const char *text, uint32_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || value > max)
		errx(2, "not a number from 0 to %u: %s", max, text);
	return value;
}

static void usage(void)
{
	fprintf(stderr, "usage: treesum [-j WORKERS] [-o SUMS] [--hang WORKER] DIRECTORY\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "hang", required_argument, NULL, 'H' },
		{ "worker", required_argument, NULL, 'w' },
		{ "hang-at", required_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct parent parent;
	struct pool *pool = &parent.pool;
	uint32_t self = 0, hang_at = 0, hang = 0;
	const char *sums = NULL;
	char name[32];
	bool complete;
	int option;

	parent.workers = 4;
	while ((option = getopt_long(argc, argv, "j:o:", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			parent.workers = number(optarg, POOL_WORKERS_MAX);
			break;
		case 'o':
			sums = optarg;
			break;
		case 'H':
			hang = number(optarg, POOL_WORKERS_MAX);
			break;
		case 'w':
			self = number(optarg, POOL_WORKERS_MAX);
			break;
		case 'h':
			hang_at = number(optarg, UINT32_MAX);
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 1 || !parent.workers)
		usage();
	if (self) {
		worker(argv[optind], self, hang_at);
		return 0;
	}

	setvbuf(stdout, NULL, _IOLBF, 0);
	find_files(argv[optind]);
	snprintf(name, sizeof(name), "treesum-%d", getpid());
	pool_create(pool, name, path_count);
	for (uint32_t i = 1; i <= parent.workers; i++)
		start_worker(&parent, i, i == hang);

	pool_lock(pool, WSYNC_FOREVER);
	for (uint32_t i = 0; i < path_count; i++)
		strcpy(pool->table->job[i].path, paths[i]);
	pool->table->jobs = path_count;
	check(wsync_semaphore_release(pool->work, path_count, NULL), "units");
	pool_unlock(pool);

	run(&parent);
	pool_remove(pool);
	if (!parent.done)
		errx(1, "no worker is left, and not everything is done");
	report(&parent);
	complete = write_sums(pool->table, sums);
	return complete && !parent.failed ? 0 : 1;
}
