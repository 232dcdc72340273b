// SPDX-License-Identifier: MIT
/*
 * wsync run --jobs N NAME [--] COMMAND...: at most N commands at a time, in all
 * processes that use this name.
 *
 * A runner owns one of N mutexes, "NAME slot K": that of one that is killed is
 * abandoned, and the next one's. All wait for any of them, so that each of their
 * queues has the same order. The semaphore NAME is there for its maximum, which
 * tells N, and is never acquired.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define JOBS_MAX 64

struct run {
	struct arguments arguments;
	uint32_t jobs, mode;
	int64_t timeout;
	int conflict;

	int slots[JOBS_MAX];
};

static const struct argp_option options[] = {
	{ "jobs", 'j', "N", 0, "How many may run (number of processors)", 0 },
	{ "nonblock", 'n', NULL, 0, "Fail rather than wait", 0 },
	{ "timeout", 't', "TIME", 0, "Fail after this time (5, 100ms, 2min)", 0 },
	{ "conflict-exit-code", 'E', "STATUS", 0, "Status of that failure, instead of 124", 0 },
	{ "mode", OPTION_MODE, "MODE", 0, "Permissions of new objects, octal (700)", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case 'j':
		run->jobs = parse_number(state, argument, 1, JOBS_MAX);
		return 0;
	case 'n':
		run->timeout = 0;
		return 0;
	case 't':
		run->timeout = parse_duration(state, argument);
		return 0;
	case 'E':
		run->conflict = (int)parse_number(state, argument, 0, 255);
		return 0;
	case OPTION_MODE:
		run->mode = parse_mode(state, argument);
		return 0;
	case ARGP_KEY_END:
		if (!run->arguments.command)
			argp_error(state, "a command is missing");
		return 0;
	default:
		return take_argument(&run->arguments, key, argument, state, 1, true);
	}
}

static const struct argp argp = {
	options, parser, "NAME [--] COMMAND...",
	"Runs COMMAND when less than N others run under the same NAME, and waits for that.\v"
	"The first one decides what N is. The status is COMMAND's.", NULL, NULL, NULL
};

static void check(const struct run *run, int error)
{
	if (error)
		fail_name(run->arguments.names[0], error);
}

static void open_objects(struct run *run)
{
	struct wsync_semaphore_state state;
	struct name name;
	int semaphore;

	check(run, name_resolve(run->arguments.names[0], true, &name));
	name.opts.mode = run->mode;
	check(run, wsync_semaphore_create(NULL, name.object, run->jobs, run->jobs, name.flags,
					  &name.opts, &semaphore, NULL));
	check(run, wsync_semaphore_query(semaphore, &state));
	if (state.max > JOBS_MAX)
		fail("%s is a semaphore for something else: its maximum is %u",
		     escape(run->arguments.names[0], strlen(run->arguments.names[0])), state.max);
	if (state.max != run->jobs)
		complain("%u jobs at a time, as those say who are there already", state.max);
	run->jobs = state.max;
	for (uint32_t i = 0; i < run->jobs; i++) {
		char *slot = format_text("%s slot %u", name.object, i + 1);

		check(run, wsync_mutex_create(NULL, slot, name.flags, &name.opts, &run->slots[i],
					      NULL));
		free(slot);
	}
	name_done(&name);
}

/* Waits in the order of arrival; false if the time is over. */
static bool begin(const struct run *run, int *slot)
{
	struct wsync_wait_result result;
	int error = wsync_wait_any(run->slots, run->jobs, run->timeout, NULL, &result);

	if (error == -ETIMEDOUT)
		return false;
	check(run, error);
	*slot = run->slots[result.index];
	return true;
}

int run_run(int argc, char **argv)
{
	static struct run run = { .timeout = WSYNC_FOREVER, .conflict = STATUS_TIMEOUT };
	int slot, status;

	parse(&argp, argc, argv, &run);
	if (!run.jobs) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);

		run.jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX :
									(uint32_t)processors;
	}
	open_objects(&run);
	if (!begin(&run, &slot))
		return run.conflict;
	status = command_run(run.arguments.command);
	check(&run, wsync_mutex_release(slot, NULL));
	return status;
}
