// SPDX-License-Identifier: MIT
/* wsync set|reset|pulse|release|post NAME: what wakes those who wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

struct signal {
	struct arguments arguments;
	uint32_t count;
	bool semaphore, verbose;
};

static const struct argp_option options[] = {
	{ "count", 'c', "N", 0, "release, post: add N, instead of 1", 0 },
	{ "verbose", 'v', NULL, 0, "Print the previous state", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct signal *signal = state->input;

	switch (key) {
	case 'c':
		if (!signal->semaphore)
			argp_error(state, "only a semaphore has a count");
		signal->count = parse_number(state, argument, 1, WSYNC_SEMAPHORE_MAX);
		return 0;
	case 'v':
		signal->verbose = true;
		return 0;
	default:
		return take_argument(&signal->arguments, key, argument, state, 1, false);
	}
}

static const struct argp argp = {
	options, parser, "NAME",
	"set, reset, pulse: an event. release, post: a semaphore, whose count goes up.",
	NULL, NULL, NULL
};

int run_signal(int argc, char **argv)
{
	static struct signal signal = { .count = 1 };
	const char *command = argv[0], *name;
	bool set = false;
	uint32_t count = 0;
	int error, fd;

	signal.semaphore = strcmp(command, "release") == 0 || strcmp(command, "post") == 0;
	parse(&argp, argc, argv, &signal);
	name = signal.arguments.names[0];
	fd = name_open(name, signal.semaphore ? WSYNC_TYPE_SEMAPHORE : WSYNC_TYPE_EVENT,
		       WSYNC_ACCESS_MODIFY);
	if (signal.semaphore)
		error = wsync_semaphore_release(fd, signal.count, &count);
	else if (strcmp(command, "set") == 0)
		error = wsync_event_set(fd, &set);
	else if (strcmp(command, "reset") == 0)
		error = wsync_event_reset(fd, &set);
	else
		error = wsync_event_pulse(fd, &set);
	if (error)
		fail_name(name, error);
	if (signal.verbose && signal.semaphore)
		printf("%u\n", count);
	else if (signal.verbose)
		puts(set ? "set" : "reset");
	wsync_close(fd);
	return 0;
}
