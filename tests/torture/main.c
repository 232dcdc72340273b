// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

/* Objects that a user may have during the run: few, for OP_LIMIT. */
#define OBJECTS_ALLOWED	"500"

struct shared *shared;

const struct profile profiles[] = {
	{
		.name = "mixed",
		.weight = {
			[OP_SIGNAL] = 400, [OP_TRY] = 120, [OP_SLEEP] = 220,
			[OP_SIGNAL_AND_WAIT] = 60, [OP_QUERY] = 60,
			[OP_POLL] = 30, [OP_HANDLE] = 20, [OP_CREATE] = 5,
			[OP_NAME] = 80, [OP_BAD] = 10, [OP_THREAD_EXIT] = 3,
			[OP_FORK] = 2, [OP_EXEC] = 1, [OP_LIMIT] = 1,
		},
		.all = 25, .several = 50, .forever = 20, .kills = true,
	},
	{
		/* One object after the other, and the order of who waits. */
		.name = "queue",
		.weight = {
			[OP_SIGNAL] = 400, [OP_SLEEP] = 300, [OP_TRY] = 60,
			[OP_SIGNAL_AND_WAIT] = 60,
		},
		.all = 0, .several = 25, .forever = 60,
	},
	{
		.name = "all",
		.weight = {
			[OP_SIGNAL] = 500, [OP_SLEEP] = 300, [OP_TRY] = 80,
			[OP_SIGNAL_AND_WAIT] = 40,
		},
		.all = 80, .several = 50, .forever = 60,
	},
	{
		/* Threads and processes that end with what they own. */
		.name = "ends",
		.weight = {
			[OP_SIGNAL] = 200, [OP_SLEEP] = 250, [OP_TRY] = 120,
			[OP_SIGNAL_AND_WAIT] = 40, [OP_QUERY] = 20,
			[OP_THREAD_EXIT] = 30, [OP_FORK] = 8, [OP_EXEC] = 4,
			[OP_NAME] = 20,
		},
		.all = 25, .several = 40, .forever = 20, .kills = true,
	},
	{
		.name = "names",
		.weight = {
			[OP_NAME] = 700, [OP_HANDLE] = 60, [OP_CREATE] = 60,
			[OP_SIGNAL] = 60, [OP_SLEEP] = 30, [OP_LIMIT] = 2,
			[OP_QUERY] = 30,
		},
		.all = 25, .several = 40, .forever = 0, .kills = true,
	},
	{ 0 },
};

static uint64_t total_calls, total_operations[OPERATIONS];

/* The main process draws and counts too, outside of all rounds. */
static struct slot main_slot;
static struct worker main_thread = { .slot = &main_slot, .index = -1 };

static void collect(struct slot *slot)
{
	total_calls += slot->calls;
	for (int i = 0; i < OPERATIONS; i++)
		total_operations[i] += slot->operations[i];
	for (int i = 0; i < CHECKS; i++)
		shared->checked[i] += slot->checked[i];
	memset(slot, 0, sizeof(*slot));
}

static uint64_t operations_done(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < OPERATIONS; i++)
		sum += total_operations[i];
	return sum;
}

static uint64_t failures(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < CHECKS; i++)
		sum += shared->failures[i];
	return sum;
}

/* What was charged for the objects of a round comes back soon after it. */
static void check_quota(const struct winsync_info *before)
{
	uint64_t limit = ws_after(WS_PATIENCE_MS);
	struct winsync_info now;

	passed(&main_thread, QUOTA);
	do {
		ws_info(&now);
		if (now.objects == before->objects &&
		    now.namespaces == before->namespaces)
			return;
		ws_sleep_ms(5);
	} while (ws_clock(CLOCK_MONOTONIC) < limit);
	fail(QUOTA, "%u objects and %u namespaces are charged, %u and %u before",
	     now.objects, now.namespaces, before->objects, before->namespaces);
}

static void start_processes(void)
{
	for (int i = 0; i < shared->processes; i++) {
		struct process *process = &shared->process[i];
		pid_t pid;

		/* Every fourth, at least one, may be killed or run something else. */
		process->victim = shared->profile.kills &&
				  i >= shared->processes * 3 / 4 &&
				  shared->processes > 1;
		pid = fork();
		if (!pid)
			process_main(i);
		process->pid = pid;
		if (pid < 0) {
			fail(RESULTS, "fork: %d", errno);
			process->reaped = true;
		}
	}
}

static void run_round(uint64_t operations)
{
	struct winsync_info before;

	ws_info(&before);
	main_thread.random = seed_of(shared->seed, shared->round, 0);
	memset(shared->name, 0, sizeof(shared->name));
	memset(shared->process, 0, sizeof(shared->process));
	shared->slots = 0;
	shared->budget = operations;
	shared->limiter = 0;
	shared->forks = shared->forks_done = 0;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       shared->sockets))
		fail(RESULTS, "socketpair: %d", errno);
	make_objects(&main_thread);
	start_processes();
	watch(&main_thread);
	/* Fds on their way through the sockets are handles as well. */
	close(shared->sockets[0]);
	close(shared->sockets[1]);
	check_books(&main_thread);
	close_objects();
	check_quota(&before);
	for (int i = 0; i < slot_count(); i++)
		collect(&shared->slot[i]);
	collect(&main_slot);
}

static uint64_t round_size(uint64_t left)
{
	static const unsigned int sizes[] = { 400, 3000, 20000 };
	uint64_t state = seed_of(shared->seed, shared->round, UINT32_MAX);
	uint64_t size = sizes[draw(&state) % 3];

	return size < left ? size : left;
}

static bool write_parameter(const char *value)
{
	FILE *file = fopen("/sys/module/winsync/parameters/max_objects", "we");

	return file && fputs(value, file) >= 0 && !fclose(file);
}

static void read_parameter(char *value, int size)
{
	FILE *file = fopen("/sys/module/winsync/parameters/max_objects", "re");

	if (!file || !fgets(value, size, file))
		*value = 0;
	if (file)
		fclose(file);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *rest;
	unsigned long long value = strtoull(text, &rest, 10);

	if (!*text || *rest || value < least || value > most) {
		fprintf(stderr, "torture: '%s' is no number from %llu to %llu\n",
			text, (unsigned long long)least,
			(unsigned long long)most);
		exit(2);
	}
	return value;
}

static const struct profile *find_profile(const char *name)
{
	const struct profile *profile;

	for (profile = profiles; profile->name; profile++)
		if (!strcmp(profile->name, name))
			return profile;
	fprintf(stderr, "torture: there is no profile '%s'; there are:", name);
	for (profile = profiles; profile->name; profile++)
		fprintf(stderr, " %s", profile->name);
	fprintf(stderr, "\n");
	exit(2);
}

static _Noreturn void usage(void)
{
	fprintf(stderr,
		"usage: torture [option]...\n"
		"  --seed N           of all random numbers (default: drawn)\n"
		"  --operations N     to do in all (default: 100000)\n"
		"  --processes N      at a time (default: 4)\n"
		"  --threads N        in each (default: 5)\n"
		"  --profile NAME     which operations: mixed, queue, all, ends, names\n"
		"  --failures N       after so many violations stop (default: 50)\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "operations", required_argument, NULL, 'o' },
		{ "processes", required_argument, NULL, 'p' },
		{ "threads", required_argument, NULL, 't' },
		{ "profile", required_argument, NULL, 'P' },
		{ "failures", required_argument, NULL, 'f' },
		/* What a thread becomes that runs another program. */
		{ "nothing", no_argument, NULL, 'n' },
		{ 0 },
	};
	uint64_t operations = 100000, done, enough = 50;
	const struct profile *profile = profiles;
	char allowed[16];
	int option;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("torture: mmap");
		return 1;
	}
	shared->seed = ws_clock(CLOCK_REALTIME) % 1000000000;
	shared->processes = 4;
	shared->threads = 5;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			shared->seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'o':
			operations = number(optarg, 1, UINT64_MAX);
			break;
		case 'p':
			shared->processes = number(optarg, 1, MAX_PROCESSES);
			break;
		case 't':
			shared->threads = number(optarg, 1,
						 MAX_SLOTS / MAX_PROCESSES);
			break;
		case 'P':
			profile = find_profile(optarg);
			break;
		case 'f':
			enough = number(optarg, 1, UINT64_MAX);
			break;
		case 'n':
			return 0;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	shared->profile = *profile;
	if (ws_device() < 0) {
		fprintf(stderr, "torture: " WS_DEVICE ": %s\n",
			strerror(-ws_device()));
		return 1;
	}
	read_parameter(allowed, sizeof(allowed));
	if (!write_parameter(OBJECTS_ALLOWED)) {
		perror("torture: the module's parameter max_objects");
		return 1;
	}
	printf("TAP version 13\n# profile %s, seed %llu, %d processes, %d threads each\n",
	       profile->name, (unsigned long long)shared->seed,
	       shared->processes, shared->threads);
	fflush(stdout);
	for (done = 0; done < operations && failures() < enough;
	     done = operations_done()) {
		run_round(round_size(operations - done));
		shared->round++;
	}
	write_parameter(allowed);
	return report(total_calls, total_operations);
}
