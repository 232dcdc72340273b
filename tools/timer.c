// SPDX-License-Identifier: MIT
/* wsync timer NAME: a timer that runs for others to wait for. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

struct timer {
	struct arguments arguments;
	int64_t every, after;
	uint32_t count, mode, flags;
};

static const struct argp_option options[] = {
	{ "every", OPTION_EVERY, "TIME", 0, "Expire at this interval (5s, 100ms)", 0 },
	{ "after", OPTION_AFTER, "TIME", 0, "Expire first after this time, instead of the interval", 0 },
	{ "count", 'c', "N", 0, "End after N expiries", 0 },
	{ "manual-reset", 'm', NULL, 0, "Once expired it stays signaled", 0 },
	{ "mode", OPTION_MODE, "MODE", 0, "Permissions, octal (700)", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct timer *timer = state->input;

	switch (key) {
	case OPTION_EVERY:
		timer->every = parse_duration(state, argument);
		if (!timer->every)
			argp_error(state, "the interval is 0");
		return 0;
	case OPTION_AFTER:
		timer->after = parse_duration(state, argument);
		return 0;
	case 'c':
		timer->count = parse_number(state, argument, 1, UINT32_MAX);
		return 0;
	case 'm':
		timer->flags |= WSYNC_MANUAL_RESET;
		return 0;
	case OPTION_MODE:
		timer->mode = parse_mode(state, argument);
		return 0;
	case ARGP_KEY_END:
		if (!timer->every && timer->after < 0)
			argp_error(state, "--every or --after is missing");
		if (timer->count && timer->arguments.command)
			argp_error(state, "--count and a command exclude each other");
		return 0;
	default:
		return take_argument(&timer->arguments, key, argument, state, 1, true);
	}
}

static const struct argp argp = {
	options, parser, "NAME [[--] COMMAND...]",
	"Creates a timer, or takes the one that exists, starts it, and keeps it while COMMAND "
	"runs, or until a signal ends it.\v"
	"Each expiry lets one 'wsync wait NAME' go on. The status is COMMAND's.",
	NULL, NULL, NULL
};

/* Those that passed while nobody waited count, too. */
static void wait_for_expiries(int fd, uint32_t count)
{
	struct wsync_timer_state state;
	int error;

	while ((error = wsync_timer_query(fd, &state)) == 0 && state.expirations < count &&
	       (state.set || state.period)) {
		int64_t time = state.remaining + NSEC_PER_MSEC;
		struct timespec pause = { time / NSEC_PER_SEC, time % NSEC_PER_SEC };

		nanosleep(&pause, NULL);
	}
	if (error)
		fail("%s", wsync_strerror(error));
}

int run_timer(int argc, char **argv)
{
	static struct timer timer = { .after = -1 };
	struct name name;
	const char *text;
	int error, fd, status = 0;

	parse(&argp, argc, argv, &timer);
	text = timer.arguments.names[0];
	error = name_resolve(text, true, &name);
	if (error)
		fail_name(text, error);
	name.opts.mode = timer.mode;
	name.opts.access = WSYNC_ACCESS_QUERY | WSYNC_ACCESS_MODIFY;
	error = wsync_timer_create(NULL, name.object, name.flags | timer.flags, &name.opts,
				   &fd, NULL);
	if (!error)
		error = wsync_timer_set(fd, timer.after < 0 ? timer.every : timer.after,
					timer.every, NULL, NULL);
	if (error)
		fail_name(text, error);
	if (timer.arguments.command)
		status = command_run(timer.arguments.command);
	else if (timer.count)
		wait_for_expiries(fd, timer.count);
	else
		wait_for_end();
	wsync_close(fd);
	name_done(&name);
	return status;
}
