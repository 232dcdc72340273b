// SPDX-License-Identifier: MIT
/*
 * wsync lock NAME [--] COMMAND...: flock's successor. The mutex is ours while the
 * command runs; if we die it is free again, and the next one is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

struct lock {
	struct arguments arguments;
	int64_t timeout;
	uint32_t mode;
	int conflict;
	bool quiet;
};

static const struct argp_option options[] = {
	{ "nonblock", 'n', NULL, 0, "Fail rather than wait", 0 },
	{ "timeout", 't', "TIME", 0, "Fail after this time (5, 100ms, 2min)", 0 },
	{ "conflict-exit-code", 'E', "STATUS", 0, "Status of that failure, instead of 124", 0 },
	{ "mode", OPTION_MODE, "MODE", 0, "Permissions of a new mutex, octal (700)", 0 },
	{ "quiet", 'q', NULL, 0, "Say nothing about abandonment", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct lock *lock = state->input;

	switch (key) {
	case 'n':
		lock->timeout = 0;
		return 0;
	case 't':
		lock->timeout = parse_duration(state, argument);
		return 0;
	case 'E':
		lock->conflict = (int)parse_number(state, argument, 0, 255);
		return 0;
	case OPTION_MODE:
		lock->mode = parse_mode(state, argument);
		return 0;
	case 'q':
		lock->quiet = true;
		return 0;
	case ARGP_KEY_END:
		if (!lock->arguments.command)
			argp_error(state, "a command is missing");
		return 0;
	default:
		return take_argument(&lock->arguments, key, argument, state, 1, true);
	}
}

static const struct argp argp = {
	options, parser, "NAME [--] COMMAND...",
	"Runs COMMAND while owning the mutex NAME, which is created if there is none.\v"
	"If the last owner died without releasing the mutex, what it protects may be half "
	"done: that is said on stderr, and WSYNC_ABANDONED is 1 in COMMAND's environment. The "
	"status is COMMAND's.", NULL, NULL, NULL
};

int run_lock(int argc, char **argv)
{
	static struct lock lock = { .timeout = WSYNC_FOREVER, .conflict = STATUS_TIMEOUT };
	struct wsync_wait_result result;
	const char *text;
	struct name name;
	int error, fd, status;

	parse(&argp, argc, argv, &lock);
	text = lock.arguments.names[0];
	error = name_resolve(text, true, &name);
	if (error)
		fail_name(text, error);
	name.opts.mode = lock.mode;
	/* Waiting and releasing is all we do; others may have granted no more. */
	name.opts.access = WSYNC_ACCESS_SYNCHRONIZE;
	error = wsync_mutex_create(NULL, name.object, name.flags, &name.opts, &fd, NULL);
	if (!error)
		error = wsync_wait(fd, lock.timeout, NULL, &result);
	if (error == -ETIMEDOUT)
		return lock.conflict;
	if (error)
		fail_name(text, error);
	if (result.abandoned && !lock.quiet)
		complain("%s: its last owner died without releasing it",
			 escape(text, strlen(text)));
	setenv("WSYNC_ABANDONED", result.abandoned ? "1" : "0", 1);

	status = command_run(lock.arguments.command);
	error = wsync_mutex_release(fd, NULL);
	if (error)
		fail_name(text, error);
	wsync_close(fd);
	name_done(&name);
	return status;
}
