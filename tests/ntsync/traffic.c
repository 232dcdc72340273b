// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the traffic that a busy Wine prefix makes on /dev/ntsync, and watches
 * for wake-ups that get lost.
 *
 * usage: traffic [-n NODE] [-m MINUTES] [-c PASSES] [-f HERTZ] [-l MILLISECONDS]
 *	[-p PROCESSES] [-t THREADS] [-o OBJECTS] [-s SEED]
 *
 * One open of the device, shared by all processes, and thousands of objects.
 * Every thread has a mailbox (a semaphore) and sleeps in waits of many shapes
 * that its mailbox is part of: any of 64, all of 64, any of few, with alerts and
 * timeouts. A few tokens go from mailbox to mailbox; who has one plays with the
 * other objects and passes it on. Now and then a thread ends while it owns a
 * mutex, and its process kills the mutex on its behalf, as wineserver does.
 *
 * Tokens go as fast as they can, or with -f as in a game: who is done with one
 * sleeps for the rest of the frame, in an alertable wait for nothing.
 *
 * What has to hold: a token in the mailbox of somebody who sleeps is a lost
 * wake-up, as is any signaled object in a wait that goes on, and a deadline that
 * has passed; tokens are neither lost nor made; no alert without a cause; one
 * owner of a mutex at a time; every mutex that was killed is found abandoned
 * once. Something else may end a wait whose wake-up was lost, so each wait for
 * the mailbox is also timed: from the token, or from its own beginning if that
 * was later, to its end it may not take longer than -l says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ntsync.h>

enum { WIDE = NTSYNC_MAX_WAIT_COUNT, MAX_OBJECTS = 16384, MAX_WORKERS = 256,
       MAX_FDS = 65536,
       /* Seconds in which something that is due must have happened. */
       PATIENCE = 20 };

enum type { SEMAPHORE, MUTEX, EVENT, MANUAL };

struct object {
	int fd;
	enum type type;
	/* Of a mutex: who thinks to own it. */
	atomic_uint holder;
};

struct worker {
	int mailbox;
	int alert;
	/* Odd while it is in a wait, which then does not change. */
	atomic_ulong generation;
	unsigned long command;
	uint32_t owner;
	uint32_t count;
	int fds[WIDE];
	uint64_t timeout;
	bool alertable;
	/* When the mailbox got a token that is still there, 0 if not known. */
	atomic_ullong posted;
	/* Causes of alerts, begun before the event is set; and alerts. */
	atomic_ulong causes;
	atomic_ulong alerts;
	/* Has ended; owning a mutex if it died. */
	atomic_bool ended;
	bool died;
	bool joined;
	pthread_t thread;
};

/* What all processes see. */
static struct shared {
	atomic_bool stop;
	atomic_ulong passes, waits, timeouts, played, killed, abandoned, deaths;
	atomic_ulong errors, intruders, late;
	atomic_ullong longest;
	int device;
	int gate;
	int floor[WIDE];
	unsigned int objects;
	struct object object[MAX_OBJECTS];
	uint16_t object_of_fd[MAX_FDS];
	struct worker worker[MAX_WORKERS];
} *shared;

static unsigned int processes = 4, threads = 8, workers, frames;
static uint64_t limit = PATIENCE * 1000000000ULL;
static __thread uint64_t random_state;

static uint64_t next_random(void)
{
	/* xorshift64* */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(uint32_t bound)
{
	return (next_random() >> 33) % bound;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void nap_us(unsigned int us)
{
	struct timespec time = { .tv_nsec = us * 1000L };

	nanosleep(&time, NULL);
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A call that may end with @allowed, but with no other error. */
static int call(int fd, unsigned long command, void *args, int allowed)
{
	int ret = ioctl(fd, command, args) < 0 ? errno : 0;

	if (ret && ret != allowed && ret != EOWNERDEAD) {
		atomic_fetch_add(&shared->errors, 1);
		printf("# %#lx: %s\n", command, strerror(ret));
	}
	return ret;
}

static int create(unsigned long command, uint32_t first, uint32_t second)
{
	uint32_t args[2] = { first, second };
	int fd = ioctl(shared->device, command, args);

	if (fd < 0)
		die("create");
	return fd;
}

static int new_event(bool manual, bool signaled)
{
	return create(NTSYNC_IOC_CREATE_EVENT, manual, signaled);
}

/* --- what a thread does with a token -------------------------------------- */

/* The object that a wait has acquired, if it is a mutex. */
static struct object *mutex_of(int fd)
{
	struct object *object = &shared->object[shared->object_of_fd[fd]];

	return object->type == MUTEX ? object : NULL;
}

static void take(struct object *mutex, const struct worker *worker,
		 bool abandoned)
{
	unsigned int before = atomic_exchange(&mutex->holder, worker->owner);

	/* Who died still is in there. */
	if (before && !abandoned)
		atomic_fetch_add(&shared->intruders, 1);
	if (abandoned)
		atomic_fetch_add(&shared->abandoned, 1);
}

static void release(struct object *mutex, const struct worker *worker)
{
	struct ntsync_mutex_args args = { .owner = worker->owner };
	unsigned int before = atomic_exchange(&mutex->holder, 0);

	if (before != worker->owner)
		atomic_fetch_add(&shared->intruders, 1);
	call(mutex->fd, NTSYNC_IOC_MUTEX_UNLOCK, &args, 0);
}

/* The wait of the worker. Returns the index, @count for alert, or -1. */
static int wait_for(struct worker *worker, uint64_t timeout, bool alert,
		    bool *abandoned)
{
	struct ntsync_wait_args args = {
		.timeout = timeout,
		.objs = (uintptr_t)worker->fds,
		.count = worker->count,
		.owner = worker->owner,
		.alert = alert ? worker->alert : 0,
	};
	int error;

	worker->timeout = timeout;
	worker->alertable = alert;
	atomic_fetch_add(&worker->generation, 1);
	error = call(shared->device, worker->command, &args, ETIMEDOUT);
	atomic_fetch_add(&worker->generation, 1);
	atomic_fetch_add(&shared->waits, 1);
	*abandoned = error == EOWNERDEAD;
	if (error && !*abandoned) {
		atomic_fetch_add(&shared->timeouts, error == ETIMEDOUT);
		return -1;
	}
	if (alert && args.index == args.count) {
		unsigned long alerts =
			atomic_fetch_add(&worker->alerts, 1) + 1;

		if (alerts > atomic_load(&worker->causes)) {
			printf("# an alert without a cause\n");
			atomic_fetch_add(&shared->errors, 1);
		}
	}
	return args.index;
}

/* Sleeps for a mutex alone, without alert, as long as it takes. */
static struct object *acquire_some_mutex(struct worker *worker)
{
	struct object *mutex;
	bool abandoned;

	do
		mutex = &shared->object[below(shared->objects)];
	while (mutex->type != MUTEX);
	worker->command = NTSYNC_IOC_WAIT_ANY;
	worker->fds[0] = mutex->fd;
	worker->count = 1;
	if (wait_for(worker, UINT64_MAX, false, &abandoned))
		return NULL;
	take(mutex, worker, abandoned);
	return mutex;
}

static void acquire_two_mutexes(struct worker *worker)
{
	struct object *mutex[2];
	bool abandoned;
	int i;

	do
		for (i = 0; i < 2; i++)
			mutex[i] = &shared->object[below(shared->objects)];
	while (mutex[0]->type != MUTEX || mutex[1]->type != MUTEX ||
	       mutex[0] == mutex[1]);
	worker->command = NTSYNC_IOC_WAIT_ALL;
	worker->fds[0] = mutex[0]->fd;
	worker->fds[1] = mutex[1]->fd;
	worker->count = 2;
	if (wait_for(worker, now() + 1000 * below(20000), false, &abandoned))
		return;
	for (i = 0; i < 2; i++) {
		/* Which of them was abandoned is not told. */
		unsigned int before = atomic_load(&mutex[i]->holder);

		take(mutex[i], worker, abandoned && before);
	}
	for (i = 0; i < 2; i++)
		release(mutex[i], worker);
}

static struct worker *somebody(void)
{
	return &shared->worker[below(workers)];
}

static void alert_somebody(void)
{
	struct worker *worker = somebody();
	uint32_t previous;

	atomic_fetch_add(&worker->causes, 1);
	call(worker->alert, NTSYNC_IOC_EVENT_SET, &previous, 0);
}

static void play(struct worker *worker)
{
	static const unsigned long changes[] = { NTSYNC_IOC_EVENT_SET,
		NTSYNC_IOC_EVENT_RESET, NTSYNC_IOC_EVENT_PULSE };
	struct object *object = &shared->object[below(shared->objects)];
	uint32_t words[2] = { 1, 0 };

	atomic_fetch_add(&shared->played, 1);
	switch (object->type) {
	case SEMAPHORE:
		call(object->fd, one_in(3) ? NTSYNC_IOC_SEM_READ :
		     NTSYNC_IOC_SEM_RELEASE, words, EOVERFLOW);
		break;
	case MUTEX:
		if (one_in(4)) {
			acquire_two_mutexes(worker);
			break;
		}
		object = acquire_some_mutex(worker);
		if (object)
			release(object, worker);
		break;
	default:
		call(object->fd, one_in(5) ? NTSYNC_IOC_EVENT_READ :
		     changes[below(3)], words, 0);
	}
	if (one_in(10))
		alert_somebody();
	/* Objects that live for one use. */
	if (one_in(10)) {
		int fd = new_event(true, false);

		call(fd, NTSYNC_IOC_EVENT_SET, words, 0);
		close(fd);
	}
}

static void pass(struct worker *to)
{
	unsigned long long never = 0;
	uint32_t count = 1;

	atomic_compare_exchange_strong(&to->posted, &never, now());
	call(to->mailbox, NTSYNC_IOC_SEM_RELEASE, &count, 0);
	atomic_fetch_add(&shared->passes, 1);
}

/* A wait for the mailbox has ended, with a token or not. */
static void time_wake_up(struct worker *worker, uint64_t begin, bool token)
{
	uint64_t posted = atomic_load(&worker->posted), end = now(), took;
	unsigned long long longest;
	uint32_t words[2];

	if (posted) {
		took = end - (posted > begin ? posted : begin);
		longest = atomic_load(&shared->longest);
		while (took > longest &&
		       !atomic_compare_exchange_weak(&shared->longest, &longest,
						     took))
			;
		if (took > limit) {
			atomic_fetch_add(&shared->late, 1);
			printf("# a token was %s %lu us after it came, in a wait for %s of %u\n",
			       token ? "found" : "not found",
			       (unsigned long)(took / 1000),
			       worker->command == NTSYNC_IOC_WAIT_ALL ? "all" :
			       "any", worker->count);
		}
	}
	if (!token)
		return;
	/* Nobody else takes from it: what is left is for the next wait. */
	atomic_store(&worker->posted, 0);
	if (!ioctl(worker->mailbox, NTSYNC_IOC_SEM_READ, words) && words[0])
		atomic_store(&worker->posted, end);
}

static uint64_t next_frame(void)
{
	uint64_t length = 1000000000 / frames;

	return (now() / length + 1) * length;
}

/* An alertable sleep, as Wine's: a wait for nothing. */
static void rest(struct worker *worker)
{
	uint64_t end = next_frame();
	bool abandoned;

	worker->command = NTSYNC_IOC_WAIT_ANY;
	worker->count = 0;
	while (!wait_for(worker, end, true, &abandoned))
		;
}

/* --- how a thread waits ------------------------------------------------------ */

/* Puts the mailbox somewhere among others; where. */
static unsigned int compose(struct worker *worker)
{
	unsigned int i, place;

	switch (below(4)) {
	case 0:
		/* The gate opens and closes; the others always are signaled. */
		worker->command = NTSYNC_IOC_WAIT_ALL;
		worker->count = one_in(4) ? WIDE : 2 + below(4);
		worker->fds[0] = shared->gate;
		for (i = 1; i < worker->count; i++)
			worker->fds[i] = shared->floor[i];
		break;
	case 1:
		worker->command = NTSYNC_IOC_WAIT_ANY;
		worker->count = 1;
		break;
	default:
		worker->command = NTSYNC_IOC_WAIT_ANY;
		worker->count = one_in(2) ? WIDE : 2 + below(4);
		for (i = 0; i < worker->count; i++) {
			const struct object *object;

			do
				object = &shared->object[below(shared->objects)];
			while (object->type == MANUAL);
			worker->fds[i] = object->fd;
		}
	}
	place = below(worker->count);
	worker->fds[place] = worker->mailbox;
	return place;
}

/* Waits once. Whether it got a token. */
static bool get_token(struct worker *worker)
{
	unsigned int place = compose(worker);
	uint64_t timeout = one_in(4) ? now() + 1000ULL * below(30000) :
				       UINT64_MAX;
	uint64_t begin = now();
	bool abandoned, token;
	int index = wait_for(worker, timeout, true, &abandoned);
	struct object *mutex;

	token = index >= 0 && index != (int)worker->count &&
		(worker->command == NTSYNC_IOC_WAIT_ALL || index == (int)place);
	time_wake_up(worker, begin, token);
	if (token)
		return true;
	if (index < 0 || index == (int)worker->count)
		return false;
	mutex = mutex_of(worker->fds[index]);
	if (mutex) {
		take(mutex, worker, abandoned);
		release(mutex, worker);
	}
	return false;
}

static void *work(void *data)
{
	struct worker *worker = data;
	unsigned int i;

	random_state = 0x9e3779b97f4a7c15ULL * (worker->owner + 1) + getpid();
	while (!atomic_load(&shared->stop)) {
		if (!get_token(worker))
			continue;
		for (i = below(4); i; i--)
			play(worker);
		if (frames)
			rest(worker);
		if (one_in(300)) {
			struct object *mutex = acquire_some_mutex(worker);

			pass(somebody());
			if (mutex) {
				worker->died = true;
				break;
			}
			continue;
		}
		pass(somebody());
	}
	atomic_store(&worker->ended, true);
	return NULL;
}

/* --- processes --------------------------------------------------------------- */

static void start(struct worker *worker)
{
	/* A new thread has a number that nobody had. */
	worker->owner += MAX_WORKERS;
	atomic_store(&worker->ended, false);
	worker->died = false;
	worker->joined = false;
	if (pthread_create(&worker->thread, NULL, work, worker))
		die("pthread_create");
}

/* wineserver's way: who is dead may own any of them. */
static void kill_mutexes(const struct worker *worker)
{
	unsigned int i;

	for (i = 0; i < shared->objects; i++) {
		uint32_t owner = worker->owner;

		if (shared->object[i].type == MUTEX &&
		    !call(shared->object[i].fd, NTSYNC_IOC_MUTEX_KILL, &owner,
			  EPERM))
			atomic_fetch_add(&shared->killed, 1);
	}
}

/* Looks after threads that have ended. How many of them still run. */
static unsigned int look_after(struct worker *mine)
{
	unsigned int i, running = 0;

	for (i = 0; i < threads; i++) {
		if (mine[i].joined)
			continue;
		if (!atomic_load(&mine[i].ended)) {
			running++;
			continue;
		}
		pthread_join(mine[i].thread, NULL);
		mine[i].joined = true;
		if (!mine[i].died)
			continue;
		atomic_fetch_add(&shared->deaths, 1);
		kill_mutexes(&mine[i]);
		if (atomic_load(&shared->stop))
			continue;
		start(&mine[i]);
		running++;
	}
	return running;
}

static void run_process(unsigned int process)
{
	struct worker *mine = &shared->worker[process * threads];
	uint32_t previous;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	random_state = 88172645463325252ULL + process;
	for (i = 0; i < threads; i++)
		start(&mine[i]);
	while (look_after(mine)) {
		nap_us(frames ? 1000000 / frames : 1000 + below(4000));
		/* The first one keeps the gate. */
		if (!process) {
			call(shared->gate, NTSYNC_IOC_EVENT_RESET, &previous,
			     0);
			nap_us(below(2000));
			call(shared->gate, NTSYNC_IOC_EVENT_SET, &previous, 0);
		}
	}
	_exit(0);
}

/* --- the watchdog ------------------------------------------------------------ */

static bool signaled(int fd, const struct worker *worker)
{
	uint32_t words[2];

	if (!ioctl(fd, NTSYNC_IOC_SEM_READ, words))
		return words[0];
	if (!ioctl(fd, NTSYNC_IOC_EVENT_READ, words))
		return words[1];
	/* Also where it is abandoned. */
	ioctl(fd, NTSYNC_IOC_MUTEX_READ, words);
	return !words[0] || words[0] == worker->owner;
}

/* Whether the wait that the worker sleeps in should be over. */
static bool due(const struct worker *worker)
{
	uint32_t i;

	if (now() > worker->timeout ||
	    (worker->alertable && signaled(worker->alert, worker)))
		return true;
	if (worker->command == NTSYNC_IOC_WAIT_ALL) {
		for (i = 0; i < worker->count; i++)
			if (!signaled(worker->fds[i], worker))
				return false;
		return true;
	}
	for (i = 0; i < worker->count; i++)
		if (signaled(worker->fds[i], worker))
			return true;
	return false;
}

/* How many waits are overdue. Looks once; to be called every second. */
static unsigned int overdue(void)
{
	static unsigned long seen[MAX_WORKERS];
	static unsigned int times[MAX_WORKERS];
	unsigned int i, found = 0;

	for (i = 0; i < workers; i++) {
		struct worker *worker = &shared->worker[i];
		unsigned long generation = atomic_load(&worker->generation);

		if (!(generation & 1) || generation != seen[i]) {
			seen[i] = generation;
			times[i] = 0;
			continue;
		}
		times[i] = due(worker) ? times[i] + 1 : 0;
		if (times[i] < PATIENCE ||
		    atomic_load(&worker->generation) != generation)
			continue;
		found++;
		printf("# thread %u sleeps in a wait for %s of %u that is due\n",
		       i, worker->command == NTSYNC_IOC_WAIT_ALL ? "all" :
		       "any", worker->count);
	}
	return found;
}

/* --- begin and end ------------------------------------------------------------ */

static void prepare(const char *node, unsigned int objects)
{
	struct rlimit limit = { MAX_FDS, MAX_FDS };
	unsigned int i;

	setrlimit(RLIMIT_NOFILE, &limit);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	shared->device = open(node, O_RDONLY | O_CLOEXEC);
	if (shared->device < 0)
		die(node);
	shared->objects = objects;
	for (i = 0; i < objects; i++) {
		struct object *object = &shared->object[i];

		object->type = i % 10 < 4 ? EVENT : i % 10 < 7 ? SEMAPHORE :
			       i % 10 < 9 ? MUTEX : MANUAL;
		if (object->type == SEMAPHORE)
			object->fd = create(NTSYNC_IOC_CREATE_SEM, 0, 3);
		else if (object->type == MUTEX)
			object->fd = create(NTSYNC_IOC_CREATE_MUTEX, 0, 0);
		else
			object->fd = new_event(object->type == MANUAL, false);
		shared->object_of_fd[object->fd] = i;
	}
	shared->gate = new_event(true, true);
	for (i = 0; i < WIDE; i++)
		shared->floor[i] = new_event(true, true);
	for (i = 0; i < workers; i++) {
		shared->worker[i].owner = 1 + i;
		shared->worker[i].mailbox = create(NTSYNC_IOC_CREATE_SEM, 0,
						   UINT32_MAX);
		shared->worker[i].alert = new_event(false, false);
	}
}

static unsigned int test_number, failed;

static void result(bool good, const char *what, unsigned long number)
{
	failed += !good;
	printf("%sok %u - %s (%lu)\n", good ? "" : "not ", ++test_number, what,
	       number);
}

/* Everybody who sleeps is alerted until the last one is gone. */
static bool finish(pid_t *children)
{
	uint64_t end = now() + 3 * PATIENCE * 1000000000ULL;
	unsigned int running = processes, i;
	bool good = true;
	uint32_t previous;
	int status;

	atomic_store(&shared->stop, true);
	while (running) {
		for (i = 0; i < workers; i++) {
			atomic_fetch_add(&shared->worker[i].causes, 1);
			ioctl(shared->worker[i].alert, NTSYNC_IOC_EVENT_SET,
			      &previous);
		}
		nap_us(20000);
		for (i = 0; i < processes; i++) {
			if (!children[i] ||
			    waitpid(children[i], &status, WNOHANG) <= 0)
				continue;
			children[i] = 0;
			running--;
			good &= !status;
		}
		if (now() > end) {
			for (i = 0; i < processes; i++)
				if (children[i])
					kill(children[i], SIGKILL);
			return false;
		}
	}
	return good;
}

/* In the end: what is in the mailboxes, and mutexes nobody found abandoned. */
static void count_rest(unsigned long *tokens, unsigned long *abandoned)
{
	uint32_t words[2];
	unsigned int i;

	for (i = 0; i < workers; i++)
		if (!ioctl(shared->worker[i].mailbox, NTSYNC_IOC_SEM_READ,
			   words))
			*tokens += words[0];
	for (i = 0; i < shared->objects; i++)
		if (shared->object[i].type == MUTEX &&
		    ioctl(shared->object[i].fd, NTSYNC_IOC_MUTEX_READ, words) &&
		    errno == EOWNERDEAD)
			++*abandoned;
}

int main(int argc, char **argv)
{
	unsigned long passes = 0, seconds = 0, last = 0, stalled = 0, lost = 0;
	unsigned long tokens = 0, abandoned, given;
	unsigned int objects = 4000, i;
	const char *node = "/dev/ntsync";
	pid_t children[MAX_WORKERS];
	uint64_t begin, seed = 1;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "n:m:c:f:l:p:t:o:s:")) != -1) {
		unsigned long number = strtoul(optarg ?: "", NULL, 0);

		switch (option) {
		case 'n':
			node = optarg;
			break;
		case 'm':
			seconds = 60 * number;
			break;
		case 'c':
			passes = number;
			break;
		case 'f':
			frames = number;
			break;
		case 'l':
			limit = number * 1000000;
			break;
		case 'p':
			processes = number;
			break;
		case 't':
			threads = number;
			break;
		case 'o':
			objects = number;
			break;
		case 's':
			seed = number;
			break;
		default:
			return 2;
		}
	}
	workers = processes * threads;
	if (optind != argc || !workers || workers > MAX_WORKERS ||
	    objects < 100 || objects > MAX_OBJECTS || (!passes && !seconds) ||
	    frames > 1000 || !limit) {
		fprintf(stderr, "usage: traffic [-n NODE] [-m MINUTES] [-c PASSES] [-f HERTZ] [-l MILLISECONDS] [-p PROCESSES] [-t THREADS] [-o OBJECTS] [-s SEED]\n");
		return 2;
	}
	prepare(node, objects);
	printf("TAP version 13\n# %s: %u processes of %u threads, %u objects, seed %lu\n",
	       node, processes, threads, objects, (unsigned long)seed);
	for (i = 0; i < workers; i++)
		shared->worker[i].owner += seed * 1000003 * MAX_WORKERS;
	fflush(stdout);
	for (i = 0; i < processes; i++) {
		children[i] = fork();
		if (!children[i])
			run_process(i);
		if (children[i] < 0)
			die("fork");
	}
	given = workers / 4 ? workers / 4 : 1;
	for (i = 0; i < given; i++)
		pass(&shared->worker[i * workers / given]);

	begin = now();
	do {
		sleep(1);
		lost = overdue();
		i = atomic_load(&shared->passes);
		stalled = i == last ? stalled + 1 : 0;
		last = i;
	} while (!lost && stalled < 3 * PATIENCE &&
		 !atomic_load(&shared->late) &&
		 !atomic_load(&shared->errors) &&
		 !atomic_load(&shared->intruders) &&
		 (passes ? atomic_load(&shared->passes) < passes :
		  now() - begin < seconds * 1000000000ULL));
	begin = now() - begin;
	result(!lost, "waits that were due and went on", lost);
	result(!atomic_load(&shared->late), "wake-ups that came late; the latest, in us, was",
	       atomic_load(&shared->longest) / 1000);
	result(stalled < 3 * PATIENCE, "seconds without any progress", stalled);
	result(finish(children), "processes end when they are told to",
	       processes);
	abandoned = atomic_load(&shared->abandoned);
	count_rest(&tokens, &abandoned);
	result(tokens == given, "tokens in the end", tokens);
	result(!atomic_load(&shared->errors), "errors, alerts without cause",
	       atomic_load(&shared->errors));
	result(!atomic_load(&shared->intruders), "mutexes with two owners",
	       atomic_load(&shared->intruders));
	result(atomic_load(&shared->killed) == atomic_load(&shared->deaths),
	       "mutexes killed, one for each dead thread",
	       atomic_load(&shared->killed));
	result(abandoned == atomic_load(&shared->killed),
	       "mutexes found abandoned", abandoned);
	printf("1..%u\n# %lu s, %lu passes, %lu waits, %lu of them timed out, %lu other calls, %lu threads died\n",
	       test_number, (unsigned long)(begin / 1000000000),
	       atomic_load(&shared->passes), atomic_load(&shared->waits),
	       atomic_load(&shared->timeouts), atomic_load(&shared->played),
	       atomic_load(&shared->deaths));
	return failed;
}
