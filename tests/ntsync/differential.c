// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the same calls of two devices that offer the ntsync interface and
 * compares everything that comes back: return value, errno, and every byte of
 * the memory that was passed.
 *
 * usage: differential NODE NODE [-c CALLS] [-s SEED] [-t]
 *
 * -c is how many calls to make of each device, -t makes them in a time
 * namespace of its own. The first part is single-threaded and a third of it is
 * invalid in some way. In the second part threads sleep in waits; an
 * operation is only done when all those threads are known to sleep, and the next
 * one when each is known to have returned or to sleep still, so that the
 * outcome is determined: grants happen in the operation itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ntsync.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* In the slot ALWAYS is an event that is set and never changed. */
enum { WORLDS = 2, INSTANCES = 2, SLOTS = 24, ALWAYS = SLOTS, SLEEPERS = 6,
       MAX_REPORTS = 20, MAX_FDS = 66 };

/* One device under test: the same things at the same places in both. */
struct world {
	const char *node;
	int device[INSTANCES];
	int object[INSTANCES][SLOTS + 1];
};

/* What a call returned. */
struct outcome {
	long ret;
	int error;
};

static struct world worlds[WORLDS];
static const unsigned int all_commands[] = {
	NTSYNC_IOC_CREATE_SEM, NTSYNC_IOC_SEM_RELEASE, NTSYNC_IOC_WAIT_ANY,
	NTSYNC_IOC_WAIT_ALL, NTSYNC_IOC_CREATE_MUTEX, NTSYNC_IOC_MUTEX_UNLOCK,
	NTSYNC_IOC_MUTEX_KILL, NTSYNC_IOC_CREATE_EVENT, NTSYNC_IOC_EVENT_SET,
	NTSYNC_IOC_EVENT_RESET, NTSYNC_IOC_EVENT_PULSE, NTSYNC_IOC_SEM_READ,
	NTSYNC_IOC_MUTEX_READ, NTSYNC_IOC_EVENT_READ,
};
#define COMMANDS (sizeof(all_commands) / sizeof(all_commands[0]))

static uint64_t seed = 1;
static uint64_t calls, differences;
static int null_fd, closed_fd;
/* The same two pages: writable, and for calls read-only; then no memory. */
static char *shadow, *page;
static size_t page_size;

static uint64_t next_random(void)
{
	/* xorshift64* */
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(uint32_t bound)
{
	return (next_random() >> 33) % bound;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void report(const char *format, ...)
{
	va_list args;

	if (++differences > MAX_REPORTS)
		return;
	printf("# difference in call %llu: ", (unsigned long long)calls);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Values that lie at the edges of something more often than others. */
static uint32_t some_count(void)
{
	static const uint32_t edges[] = { 0, 1, 2, 3, 0x7fffffff, 0x80000000,
					  0xfffffffe, 0xffffffff };

	return one_in(2) ? below(4) : edges[below(8)];
}

static uint32_t some_owner(void)
{
	return one_in(12) ? 0 : one_in(20) ? 0xffffffff : 1 + below(4);
}

/* A file by what it is, so that it means the same in both worlds. */
struct ref {
	enum { OBJECT, DEVICE, NOTHING, CLOSED, OTHER_FILE, CONSTANT } kind;
	int instance;
	int slot;
	int number;
};

static int resolve(const struct world *world, const struct ref *ref)
{
	switch (ref->kind) {
	case OBJECT:
		return world->object[ref->instance][ref->slot];
	case DEVICE:
		return world->device[ref->instance];
	case NOTHING:
		return -1;
	case CLOSED:
		return closed_fd;
	case OTHER_FILE:
		return null_fd;
	default:
		return ref->number;
	}
}

static struct ref some_ref(int instance, unsigned int wrong)
{
	struct ref ref = { OBJECT, instance, below(SLOTS), 0 };

	if (wrong && one_in(wrong)) {
		ref.kind = below(6);
		ref.instance = below(INSTANCES);
		ref.number = one_in(2) ? -(int)below(1000) : 0x7fffffff;
	}
	return ref;
}

/* A call of ioctl with a structure. */
struct call {
	struct ref file;
	unsigned int command;
	size_t size;
	union {
		char bytes[40];
		uint32_t words[10];
		struct ntsync_wait_args wait;
	};
	struct ref fds[MAX_FDS];
	struct ref alert;
	uint32_t count;
	bool has_alert;
	enum { MEMORY, READ_ONLY, AT_END, NO_MEMORY } memory;
	bool bad_array;
};

/* The outcome of @call in a world; @seen gets what the memory holds then. */
static struct outcome perform(const struct world *world,
			      const struct call *call, char *seen)
{
	static int fds[MAX_FDS];
	struct outcome outcome;
	char args[sizeof(call->bytes) + 8];
	char *pointer = args, *written = args;
	size_t visible = sizeof(args);
	uint32_t i;

	memset(args, 0x5a, sizeof(args));
	memcpy(args, call->bytes, sizeof(call->bytes));
	if (call->command == NTSYNC_IOC_WAIT_ANY ||
	    call->command == NTSYNC_IOC_WAIT_ALL) {
		struct ntsync_wait_args wait = call->wait;

		for (i = 0; i < call->count; i++)
			fds[i] = resolve(world, &call->fds[i]);
		wait.objs = call->bad_array ? (uintptr_t)page + page_size - 2 :
					      (uintptr_t)fds;
		if (call->has_alert)
			wait.alert = resolve(world, &call->alert);
		memcpy(args, &wait, sizeof(wait));
	}
	if (call->memory == READ_ONLY) {
		memcpy(shadow, args, sizeof(args));
		pointer = page;
		written = shadow;
	} else if (call->memory == AT_END) {
		/* All but the last four bytes are there. */
		visible = call->size > 4 ? call->size - 4 : 2;
		written = shadow + 2 * page_size - visible;
		pointer = page + 2 * page_size - visible;
		memcpy(written, args, visible);
		mprotect(page, 2 * page_size, PROT_READ | PROT_WRITE);
	} else if (call->memory == NO_MEMORY) {
		pointer = NULL;
	}
	errno = 0;
	outcome.ret = ioctl(resolve(world, &call->file), call->command, pointer);
	outcome.error = errno;
	if (call->memory == AT_END)
		mprotect(page, 2 * page_size, PROT_READ);
	memset(seen, 0, sizeof(args));
	memcpy(seen, written, visible);
	/* The number of an alert's fd is not the same in both. */
	if (call->has_alert)
		memset(seen + offsetof(struct ntsync_wait_args, alert), 0, 4);
	return outcome;
}

static const char *name_of(unsigned int command)
{
	static const char *const names[COMMANDS] = {
		"CREATE_SEM", "SEM_RELEASE", "WAIT_ANY", "WAIT_ALL",
		"CREATE_MUTEX", "MUTEX_UNLOCK", "MUTEX_KILL", "CREATE_EVENT",
		"EVENT_SET", "EVENT_RESET", "EVENT_PULSE", "SEM_READ",
		"MUTEX_READ", "EVENT_READ",
	};
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (all_commands[i] == command)
			return names[i];
	return "unknown command";
}

static bool creates(unsigned int command)
{
	return command == NTSYNC_IOC_CREATE_SEM ||
	       command == NTSYNC_IOC_CREATE_MUTEX ||
	       command == NTSYNC_IOC_CREATE_EVENT;
}

/* Makes a call in both worlds. A new object goes to a slot of its own. */
static void compare(const struct call *call)
{
	char seen[WORLDS][sizeof(call->bytes) + 8];
	struct outcome outcome[WORLDS];
	int w, slot = below(SLOTS);

	calls++;
	for (w = 0; w < WORLDS; w++)
		outcome[w] = perform(&worlds[w], call, seen[w]);
	if (creates(call->command) && outcome[0].ret >= 0 &&
	    outcome[1].ret >= 0) {
		for (w = 0; w < WORLDS; w++) {
			int *fd = &worlds[w].object[call->file.instance][slot];

			close(*fd);
			*fd = outcome[w].ret;
			outcome[w].ret = 0;
			if (!(fcntl(*fd, F_GETFD) & FD_CLOEXEC))
				report("%s: not close-on-exec", worlds[w].node);
		}
	}
	if (outcome[0].ret != outcome[1].ret ||
	    outcome[0].error != outcome[1].error ||
	    memcmp(seen[0], seen[1], sizeof(seen[0])))
		report("%s (%#x) on %d, count %u, words %x %x: %ld/%s and %ld/%s, memory %s",
		       name_of(call->command), call->command, call->file.kind,
		       call->count, call->words[0], call->words[1],
		       outcome[0].ret, strerror(outcome[0].error),
		       outcome[1].ret, strerror(outcome[1].error),
		       memcmp(seen[0], seen[1], sizeof(seen[0])) ?
		       "differs" : "is equal");
}

/* Never in the future: a wait that finds nothing is to return. */
static uint64_t some_past(bool realtime)
{
	uint64_t time = now(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC);

	switch (below(6)) {
	case 0:
		return 1;
	case 1:
		return time - 1;
	case 2:
		return time / 2;
	default:
		return 0;
	}
}

/* As a time it would be negative. */
static uint64_t never(void)
{
	switch (below(5)) {
	case 0:
		return 1ULL << 63;
	case 1:
		return 1ULL << 63 | next_random() >> 2;
	case 2:
		return UINT64_MAX - 1;
	case 3:
		return INT64_MAX;
	default:
		return UINT64_MAX;
	}
}

static void make_wait(struct call *call, int instance)
{
	struct ntsync_wait_args *wait = &call->wait;
	uint32_t i;

	call->file = (struct ref){ DEVICE, instance, 0, 0 };
	call->command = one_in(2) ? NTSYNC_IOC_WAIT_ANY : NTSYNC_IOC_WAIT_ALL;
	call->size = sizeof(*wait);
	call->count = one_in(8) ? below(MAX_FDS) : below(5);
	for (i = 0; i < call->count; i++)
		call->fds[i] = some_ref(instance, 60);
	call->has_alert = one_in(3);
	call->alert = some_ref(instance, 40);
	wait->count = call->count;
	wait->flags = one_in(3) ? NTSYNC_WAIT_REALTIME : 0;
	wait->owner = some_owner();
	wait->timeout = some_past(wait->flags);
	wait->index = next_random();
	if (one_in(20))
		wait->pad = next_random();
	if (one_in(20))
		wait->flags |= 1u << below(32);
	if (one_in(30))
		wait->count = one_in(2) ? 64 + below(4) : next_random();
	call->bad_array = one_in(40);
	/* fds without memory behind them must not be read. */
	if (wait->count > call->count && wait->count <= 64)
		wait->count = call->count;
}

static void make_object_call(struct call *call, int instance)
{
	static const unsigned int commands[] = {
		NTSYNC_IOC_SEM_RELEASE, NTSYNC_IOC_MUTEX_UNLOCK,
		NTSYNC_IOC_MUTEX_KILL, NTSYNC_IOC_EVENT_SET,
		NTSYNC_IOC_EVENT_RESET, NTSYNC_IOC_EVENT_PULSE,
		NTSYNC_IOC_SEM_READ, NTSYNC_IOC_MUTEX_READ,
		NTSYNC_IOC_EVENT_READ,
	};

	call->file = some_ref(instance, 60);
	call->command = commands[below(9)];
	call->size = _IOC_SIZE(call->command);
	if (call->command == NTSYNC_IOC_SEM_RELEASE) {
		call->words[0] = some_count();
	} else {
		call->words[0] = some_owner();
		call->words[1] = some_count();
	}
}

static void make_create(struct call *call, int instance)
{
	static const unsigned int commands[] = {
		NTSYNC_IOC_CREATE_SEM, NTSYNC_IOC_CREATE_MUTEX,
		NTSYNC_IOC_CREATE_EVENT,
	};

	call->file = (struct ref){ DEVICE, instance, 0, 0 };
	call->command = commands[below(3)];
	call->size = 8;
	call->words[0] = call->command == NTSYNC_IOC_CREATE_MUTEX ?
			 some_owner() : some_count();
	call->words[1] = some_count();
	if (call->command == NTSYNC_IOC_CREATE_EVENT && !one_in(4)) {
		call->words[0] = below(2);
		call->words[1] = below(2);
	}
}

static void random_call(void)
{
	struct call call;
	int instance = below(INSTANCES);
	unsigned int kind = below(16);

	memset(&call, 0, sizeof(call));
	if (kind < 6)
		make_wait(&call, instance);
	else if (kind < 14)
		make_object_call(&call, instance);
	else
		make_create(&call, instance);
	if (one_in(20))
		call.memory = READ_ONLY + below(3);
	/* With a new object the old slot is gone, so creation stays whole. */
	if (!creates(call.command) && one_in(40)) {
		switch (below(3)) {
		case 0:
			call.file = some_ref(instance, 1);
			break;
		case 1:
			call.command ^= 1u << below(32);
			break;
		default:
			call.command = all_commands[below(COMMANDS)];
			if (creates(call.command))
				call.command = NTSYNC_IOC_SEM_READ;
		}
	}
	compare(&call);
}

/* What else can be done with a file. */
static void compare_file(void)
{
	static const char *const names[] = { "poll", "epoll_ctl", "read", "write",
		"mmap", "lseek", "fcntl", "readlink", "pread", "fstat", "fsync",
		"ftruncate", "ioctl" };
	struct ref ref = { one_in(3) ? DEVICE : OBJECT, below(INSTANCES),
			   below(SLOTS), 0 };
	unsigned int what = below(13);
	struct outcome outcome[WORLDS];
	char text[WORLDS][64] = { "", "" };
	int w;

	calls++;
	for (w = 0; w < WORLDS; w++) {
		int fd = resolve(&worlds[w], &ref), epoll;
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT };
		struct epoll_event event = { .events = EPOLLIN };
		struct stat stat;
		char path[64] = "";
		long ret = -1;

		errno = 0;
		switch (what) {
		case 0:
			ret = poll(&poll_fd, 1, 0);
			snprintf(text[w], 64, "%x", poll_fd.revents);
			break;
		case 1:
			epoll = epoll_create1(0);
			ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
			snprintf(text[w], 64, "%d", errno);
			close(epoll);
			errno = atoi(text[w]);
			break;
		case 2:
			ret = read(fd, path, 8);
			break;
		case 3:
			ret = write(fd, path, 8);
			break;
		case 4:
			ret = mmap(NULL, page_size, PROT_READ, MAP_SHARED, fd,
				   0) == MAP_FAILED ? -1 : 0;
			break;
		case 5:
			ret = lseek(fd, 1, SEEK_SET);
			break;
		case 6:
			ret = fcntl(fd, F_GETFL);
			break;
		case 7:
			if (ref.kind == DEVICE)
				break;
			snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
			ret = readlink(path, text[w], 63);
			break;
		case 8:
			ret = pread(fd, path, 8, 0);
			break;
		case 9:
			ret = fstat(fd, &stat);
			snprintf(text[w], 64, "%o", stat.st_mode);
			break;
		case 10:
			ret = fsync(fd);
			break;
		case 11:
			ret = ftruncate(fd, 0);
			break;
		default:
			ret = ioctl(fd, 0x5421 /* FIONBIO */, &(int){ 0 });
		}
		outcome[w].ret = ret;
		outcome[w].error = errno;
	}
	if (outcome[0].ret != outcome[1].ret ||
	    outcome[0].error != outcome[1].error ||
	    strcmp(text[0], text[1]))
		report("%s of a file of kind %d: %ld/%s/%s and %ld/%s/%s",
		       names[what], ref.kind, outcome[0].ret,
		       strerror(outcome[0].error), text[0], outcome[1].ret,
		       strerror(outcome[1].error), text[1]);
}

/* An infinite wait that an alert, or a timeout soon to come, ends. */
static void compare_bounded(void)
{
	struct call call = { .size = sizeof(call.wait) };
	int instance = below(INSTANCES);

	make_wait(&call, instance);
	call.bad_array = false;
	if (call.wait.count > call.count)
		call.wait.count = call.count;
	call.wait.flags &= NTSYNC_WAIT_REALTIME;
	if (one_in(2)) {
		call.has_alert = true;
		call.alert = (struct ref){ OBJECT, instance, ALWAYS, 0 };
		call.wait.timeout = never();
	} else {
		call.wait.timeout = now(call.wait.flags ? CLOCK_REALTIME :
					CLOCK_MONOTONIC) + 200000;
	}
	compare(&call);
}

/* Sleeping threads. */
struct sleeper {
	pthread_t thread;
	struct world *world;
	int pipe[2];
	int stat_fd;
	int syscall_fd;
	pid_t tid;
	struct call call;
	struct outcome outcome;
	uint32_t index;
	/* Busy from when a wait was asked for until its end was seen. */
	bool busy;
	atomic_int state;
};

enum { IDLE, CALLING, DONE };

static struct sleeper sleepers[WORLDS][SLEEPERS];

/* What one has that a thread waits for in each world, when they disagree. */
static void describe_wait(const struct sleeper *pair[WORLDS])
{
	static const unsigned int reads[] = { NTSYNC_IOC_SEM_READ,
		NTSYNC_IOC_MUTEX_READ, NTSYNC_IOC_EVENT_READ };
	const struct call *call = &pair[0]->call;
	uint32_t i, k, total = call->count + call->has_alert;
	int w;

	/* Should it only have been late after all, that shows here. */
	sleep(1);
	printf("# owner %u, timeout %#llx\n", call->wait.owner,
	       (unsigned long long)call->wait.timeout);
	for (w = 0; w < WORLDS; w++)
		if (atomic_load(&pair[w]->state) == DONE)
			printf("# %s: %ld/%s/%u\n", worlds[w].node,
			       pair[w]->outcome.ret,
			       strerror(pair[w]->outcome.error),
			       pair[w]->index);
	for (i = 0; i < total; i++) {
		const struct ref *ref = i < call->count ? &call->fds[i] :
							  &call->alert;

		printf("# %s slot %d:", i < call->count ? "object" : "alert",
		       ref->slot);
		for (w = 0; w < WORLDS; w++)
			for (k = 0; k < 3; k++) {
				uint32_t words[2] = { 0, 0 };
				int fd = resolve(&worlds[w], ref);

				if (!ioctl(fd, reads[k], words) ||
				    errno == EOWNERDEAD)
					printf("  %s %u %u", name_of(reads[k]),
					       words[0], words[1]);
			}
		printf("\n");
	}
}

static void *sleeper_main(void *data)
{
	struct sleeper *sleeper = data;
	struct ntsync_wait_args wait;
	int fds[MAX_FDS];
	uint32_t i;
	char byte;

	sleeper->tid = syscall(SYS_gettid);
	atomic_store(&sleeper->state, DONE);
	while (read(sleeper->pipe[0], &byte, 1) == 1) {
		wait = sleeper->call.wait;
		for (i = 0; i < sleeper->call.count; i++)
			fds[i] = resolve(sleeper->world, &sleeper->call.fds[i]);
		wait.objs = (uintptr_t)fds;
		if (sleeper->call.has_alert)
			wait.alert = resolve(sleeper->world,
					     &sleeper->call.alert);
		i = resolve(sleeper->world, &sleeper->call.file);
		errno = 0;
		atomic_store(&sleeper->state, CALLING);
		sleeper->outcome.ret = ioctl(i, sleeper->call.command, &wait);
		sleeper->outcome.error = errno;
		sleeper->index = wait.index;
		atomic_store(&sleeper->state, DONE);
	}
	return NULL;
}

static void read_file(int fd, char *text, size_t size)
{
	ssize_t length = pread(fd, text, size - 1, 0);

	if (length <= 0)
		die("/proc/self/task/TID");
	text[length] = 0;
}

/*
 * Whether the thread sleeps in its wait, and nobody has woken it. "S" is also
 * seen of one that was woken and is about to look why; it then is on the
 * processor, which the second file waits for and says ("running").
 */
static bool sleeps(const struct sleeper *sleeper)
{
	char text[512];
	const char *state;

	read_file(sleeper->stat_fd, text, sizeof(text));
	state = strrchr(text, ')');
	if (!state || state[2] != 'S')
		return false;
	read_file(sleeper->syscall_fd, text, sizeof(text));
	return strtol(text, NULL, 10) == SYS_ioctl;
}

/* Waits until a thread has returned (true) or is known to sleep (false). */
static bool settle(struct sleeper *sleeper)
{
	uint64_t deadline = now(CLOCK_MONOTONIC) + 60000000000ULL;

	for (;;) {
		int state = atomic_load(&sleeper->state);

		if (state == DONE)
			return true;
		if (state == CALLING && sleeps(sleeper))
			return atomic_load(&sleeper->state) == DONE;
		sched_yield();
		if (now(CLOCK_MONOTONIC) > deadline)
			die("a thread neither sleeps nor returns");
	}
}

/* After each operation: who has returned must be the same, and with what. */
static void compare_sleepers(const char *after)
{
	int i, w;

	for (i = 0; i < SLEEPERS; i++) {
		bool ended[WORLDS];
		struct sleeper *a = &sleepers[0][i], *b = &sleepers[1][i];

		if (!a->busy)
			continue;
		for (w = 0; w < WORLDS; w++)
			ended[w] = settle(&sleepers[w][i]);
		if (ended[0] != ended[1]) {
			report("after %s thread %d returned from %s only of %s",
			       after, i, name_of(a->call.command),
			       worlds[ended[1]].node);
			describe_wait((const struct sleeper *[]){ a, b });
			/* Not the same any more: nothing to compare after this. */
			exit(1);
		}
		if (!ended[0])
			continue;
		calls++;
		a->busy = b->busy = false;
		if (a->outcome.ret != b->outcome.ret ||
		    a->outcome.error != b->outcome.error ||
		    a->index != b->index)
			report("after %s thread %d got from %s %ld/%s/%u and %ld/%s/%u",
			       after, i, name_of(a->call.command),
			       a->outcome.ret, strerror(a->outcome.error),
			       a->index, b->outcome.ret,
			       strerror(b->outcome.error), b->index);
	}
}

static void begin_sleep(int i)
{
	struct call call = { .size = sizeof(call.wait) };
	uint32_t k;
	int w;

	make_wait(&call, 0);
	call.bad_array = false;
	call.wait.pad = 0;
	call.wait.flags = 0;
	call.wait.owner = 1 + below(4);
	/* Not never(): with some of that Linux' driver wakes up now and then. */
	call.wait.timeout = UINT64_MAX;
	call.count = one_in(10) ? below(65) : below(4);
	call.wait.count = call.count;
	call.file = (struct ref){ DEVICE, 0, 0, 0 };
	/* Few, so that they are shared. */
	for (k = 0; k < call.count; k++)
		call.fds[k] = (struct ref){ OBJECT, 0, 1 + below(8), 0 };
	if (call.command == NTSYNC_IOC_WAIT_ALL && call.count > 1)
		for (k = 0; k < call.count; k++)
			call.fds[k].slot = 1 + (call.fds[0].slot + k) % 8;
	call.alert = (struct ref){ OBJECT, 0, 1 + below(12), 0 };
	for (w = 0; w < WORLDS; w++) {
		struct sleeper *sleeper = &sleepers[w][i];

		sleeper->call = call;
		sleeper->busy = true;
		atomic_store(&sleeper->state, IDLE);
		if (write(sleeper->pipe[1], "", 1) != 1)
			die("write");
		/* It queues before the next one does. */
		settle(sleeper);
	}
	calls++;
	compare_sleepers("beginning to wait");
}

static void interrupt(int i)
{
	int w;

	for (w = 0; w < WORLDS; w++) {
		struct sleeper *sleeper = &sleepers[w][i];

		if (syscall(SYS_tgkill, getpid(), sleeper->tid, SIGUSR1))
			die("tgkill");
		while (atomic_load(&sleeper->state) != DONE)
			sched_yield();
	}
	compare_sleepers("a signal");
}

static void signal_something(void)
{
	struct call call;

	memset(&call, 0, sizeof(call));
	make_object_call(&call, 0);
	call.file = (struct ref){ OBJECT, 0, 1 + below(12), 0 };
	compare(&call);
	compare_sleepers(name_of(call.command));
}

/* Objects that threads wait for stay; their states begin anywhere. */
static void sleeping_step(void)
{
	int i = below(SLEEPERS);

	if (!sleepers[0][i].busy && one_in(3))
		begin_sleep(i);
	else if (sleepers[0][i].busy && one_in(40))
		interrupt(i);
	else
		signal_something();
}

static void make_always(struct world *world, int instance)
{
	struct ntsync_event_args set = { 1, 1 };
	int fd = ioctl(world->device[instance], NTSYNC_IOC_CREATE_EVENT, &set);

	if (fd < 0)
		die("create event");
	world->object[instance][ALWAYS] = fd;
}

/* New objects of every type, each type at a third of the slots. */
static void renew_objects(void)
{
	static const unsigned int commands[] = { NTSYNC_IOC_CREATE_SEM,
		NTSYNC_IOC_CREATE_MUTEX, NTSYNC_IOC_CREATE_EVENT };
	int w, i, slot;

	for (i = 0; i < INSTANCES; i++)
		for (slot = 0; slot < SLOTS; slot++) {
			unsigned int type = slot % 3;
			uint32_t args[2] = { below(3), 3 + below(3) };

			if (type == 1 && (args[0] = below(4)))
				args[1] = one_in(4) ? UINT32_MAX : 1 + below(3);
			else if (type == 1)
				args[1] = 0;
			else if (type == 2)
				args[1] = (args[0] = below(2), below(2));
			for (w = 0; w < WORLDS; w++) {
				int *fd = &worlds[w].object[i][slot];

				if (*fd)
					close(*fd);
				*fd = ioctl(worlds[w].device[i],
					    commands[type], args);
				if (*fd < 0)
					die("create");
			}
		}
}

static void nothing(int number)
{
	(void)number;
}

static int open_task(pid_t tid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	return fd;
}

static void start_sleepers(void)
{
	struct sigaction action = { .sa_handler = nothing };
	int i, w;

	sigaction(SIGUSR1, &action, NULL);
	for (w = 0; w < WORLDS; w++)
		for (i = 0; i < SLEEPERS; i++) {
			struct sleeper *sleeper = &sleepers[w][i];

			sleeper->world = &worlds[w];
			if (pipe(sleeper->pipe) ||
			    pthread_create(&sleeper->thread, NULL,
					   sleeper_main, sleeper))
				die("thread");
			while (atomic_load(&sleeper->state) != DONE)
				sched_yield();
			sleeper->stat_fd = open_task(sleeper->tid, "stat");
			sleeper->syscall_fd = open_task(sleeper->tid,
							"syscall");
		}
}

static void single_threaded(uint64_t upto)
{
	while (calls < upto && differences < MAX_REPORTS) {
		if (calls % 5000 == 0)
			renew_objects();
		if (one_in(100))
			compare_file();
		else if (one_in(100))
			compare_bounded();
		else
			random_call();
	}
}

static void multi_threaded(uint64_t upto)
{
	uint64_t steps = 0;
	int i;

	while (calls < upto && !differences) {
		if (steps++ % 3000 == 0) {
			for (i = 0; i < SLEEPERS; i++)
				if (sleepers[0][i].busy)
					interrupt(i);
			renew_objects();
		}
		sleeping_step();
	}
	for (i = 0; i < SLEEPERS; i++)
		if (sleepers[0][i].busy)
			interrupt(i);
}

static void enter_time_namespace(void)
{
	int fd, status;
	pid_t child;

	if (unshare(CLONE_NEWTIME))
		die("unshare");
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, "monotonic 86400 0", 17) != 17)
		die("timens_offsets");
	close(fd);
	child = fork();
	if (child < 0)
		die("fork");
	if (child) {
		waitpid(child, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}

static void prepare(char **nodes)
{
	int memory = memfd_create("page", 0);
	int w, i;

	page_size = sysconf(_SC_PAGESIZE);
	if (memory < 0 || ftruncate(memory, 2 * page_size))
		die("memfd");
	shadow = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      memory, 0);
	page = mmap(NULL, 3 * page_size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shadow == MAP_FAILED || page == MAP_FAILED ||
	    mmap(page, 2 * page_size, PROT_READ, MAP_SHARED | MAP_FIXED,
		 memory, 0) == MAP_FAILED)
		die("mmap");
	null_fd = open("/dev/null", O_RDWR);
	closed_fd = 900;
	for (w = 0; w < WORLDS; w++) {
		worlds[w].node = nodes[w];
		for (i = 0; i < INSTANCES; i++) {
			worlds[w].device[i] = open(nodes[w],
						   O_RDONLY | O_CLOEXEC);
			if (worlds[w].device[i] < 0)
				die(nodes[w]);
			make_always(&worlds[w], i);
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t wanted = 1000000, first_seed, before;
	bool time_namespace = false;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "c:s:t")) != -1) {
		switch (option) {
		case 'c':
			wanted = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0) ?: 1;
			break;
		case 't':
			time_namespace = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: differential NODE NODE [-c CALLS] [-s SEED] [-t]\n");
		return 2;
	}
	first_seed = seed;
	if (time_namespace)
		enter_time_namespace();
	prepare(argv + optind);
	printf("TAP version 13\n1..2\n# %s and %s, seed %llu, %u bits%s\n",
	       worlds[0].node, worlds[1].node, (unsigned long long)first_seed,
	       8 * (unsigned int)sizeof(void *),
	       time_namespace ? ", in a time namespace" : "");
	single_threaded(wanted - wanted / 5);
	printf("%sok 1 - %llu calls of one thread, %llu differences\n",
	       differences ? "not " : "", (unsigned long long)calls,
	       (unsigned long long)differences);
	before = calls;
	differences = 0;
	start_sleepers();
	multi_threaded(wanted);
	printf("%sok 2 - %llu calls among sleeping threads, %llu differences\n",
	       differences ? "not " : "",
	       (unsigned long long)(calls - before),
	       (unsigned long long)differences);
	return differences || before < wanted - wanted / 5;
}
