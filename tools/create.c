// SPDX-License-Identifier: MIT
/*
 * wsync create TYPE NAME [[--] COMMAND...]: an object lives as long as somebody has
 * a handle to it: here, us.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

struct create {
	struct arguments arguments;
	uint32_t count, max, mode, flags;
	bool event_options, semaphore_options;
};

static const struct argp_option options[] = {
	{ "manual-reset", 'm', NULL, 0, "event: stays set until it is reset", 0 },
	{ "signaled", 's', NULL, 0, "event: set from the beginning", 0 },
	{ "count", 'c', "N", 0, "semaphore: initial count (0)", 0 },
	{ "max", OPTION_MAX, "N", 0, "semaphore: highest count (2147483647)", 0 },
	{ "exclusive", 'x', NULL, 0, "Fail if it exists", 0 },
	{ "mode", OPTION_MODE, "MODE", 0, "Permissions, octal (700)", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct create *create = state->input;

	switch (key) {
	case 'm':
		create->flags |= WSYNC_MANUAL_RESET;
		create->event_options = true;
		return 0;
	case 's':
		create->flags |= WSYNC_SIGNALED;
		create->event_options = true;
		return 0;
	case 'c':
		create->count = parse_number(state, argument, 0, WSYNC_SEMAPHORE_MAX);
		create->semaphore_options = true;
		return 0;
	case OPTION_MAX:
		create->max = parse_number(state, argument, 1, WSYNC_SEMAPHORE_MAX);
		create->semaphore_options = true;
		return 0;
	case 'x':
		create->flags |= WSYNC_EXCL;
		return 0;
	case OPTION_MODE:
		create->mode = parse_mode(state, argument);
		return 0;
	case ARGP_KEY_END:
		if (create->arguments.name_count < 2)
			argp_error(state, "a type and a name are wanted");
		return 0;
	default:
		return take_argument(&create->arguments, key, argument, state, 2, true);
	}
}

static const struct argp argp = {
	options, parser, "event|mutex|semaphore NAME [[--] COMMAND...]",
	"Creates an object and keeps it while COMMAND runs, or until a signal ends it.\v"
	"If it exists it is opened, and stays as it is. The status is COMMAND's. Timers are "
	"made by wsync timer.", NULL, NULL, NULL
};

int run_create(int argc, char **argv)
{
	static struct create create = { .max = WSYNC_SEMAPHORE_MAX };
	const char *type, *text;
	struct name name;
	int error, fd, status = 0;

	parse(&argp, argc, argv, &create);
	type = create.arguments.names[0];
	text = create.arguments.names[1];
	if ((create.event_options && strcmp(type, "event")) ||
	    (create.semaphore_options && strcmp(type, "semaphore")))
		fail("an option is not for an object of this type");
	if (create.count > create.max)
		fail("the count is higher than the maximum");
	error = name_resolve(text, true, &name);
	if (error)
		fail_name(text, error);
	name.opts.mode = create.mode;
	/* Whatever we may: keeping it is all that matters. */
	name.opts.access = WSYNC_ACCESS_READ_CONTROL;
	create.flags |= name.flags;
	if (strcmp(type, "event") == 0)
		error = wsync_event_create(NULL, name.object, create.flags, &name.opts, &fd, NULL);
	else if (strcmp(type, "mutex") == 0)
		error = wsync_mutex_create(NULL, name.object, create.flags, &name.opts, &fd, NULL);
	else if (strcmp(type, "semaphore") == 0)
		error = wsync_semaphore_create(NULL, name.object, create.count, create.max,
					       create.flags, &name.opts, &fd, NULL);
	else
		fail("not a type: %s; there are event, mutex and semaphore",
		     escape(type, strlen(type)));
	if (error)
		fail_name(text, error);
	if (create.arguments.command)
		status = command_run(create.arguments.command);
	else
		wait_for_end();
	wsync_close(fd);
	name_done(&name);
	return status;
}
