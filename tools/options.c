// SPDX-License-Identifier: MIT
/* Command lines: what argp leaves to do. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

error_t take_argument(struct arguments *arguments, int key, char *argument,
		      struct argp_state *state, size_t names, bool command)
{
	switch (key) {
	case ARGP_KEY_ARG:
		if (arguments->name_count < names) {
			if (!arguments->names)
				arguments->names = allocate((size_t)state->argc * sizeof(char *));
			arguments->names[arguments->name_count++] = argument;
			return 0;
		}
		if (!command)
			argp_error(state, "one argument too many: %s",
				   escape(argument, strlen(argument)));
		/* All of the rest, its options included, is COMMAND's. */
		arguments->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (names)
			argp_error(state, "a name is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int64_t parse_duration(const struct argp_state *state, const char *text)
{
	static const struct {
		const char *name;
		double nanoseconds;
	} units[] = {
		{ "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 },
		{ "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 },
	};
	const char *unit = text + strspn(text, "0123456789.");
	char *end;
	double value;

	/* strtod() knows more kinds of numbers (0x1p3) than people use for times. */
	value = strtod(text, &end);
	if (unit != text && end == unit) {
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (strcmp(unit, units[i].name))
				continue;
			value *= units[i].nanoseconds;
			if (value > 0x1p62)
				argp_error(state, "too long: %s", text);
			return (int64_t)value;
		}
	}
	argp_error(state, "not a time like 5, 1.5s, 100ms, 2min: %s", escape(text, strlen(text)));
	return 0;
}

int milliseconds(int64_t nanoseconds)
{
	int64_t time = nanoseconds / NSEC_PER_MSEC + (nanoseconds % NSEC_PER_MSEC != 0);

	return time > INT_MAX ? INT_MAX : time < 1 ? 1 : (int)time;
}

static unsigned long parse_integer(const struct argp_state *state, const char *text, int base,
				   unsigned long min, unsigned long max, const char *what)
{
	unsigned long value = 0;
	char *end = NULL;

	if (*text >= '0' && *text <= '9') {
		errno = 0;
		value = strtoul(text, &end, base);
	}
	if (!end || *end || errno || value < min || value > max)
		argp_error(state, "%s: %s", what, escape(text, strlen(text)));
	return value;
}

uint32_t parse_number(const struct argp_state *state, const char *text, uint32_t min, uint32_t max)
{
	char what[64];

	snprintf(what, sizeof(what), "not a number from %u to %u", min, max);
	return (uint32_t)parse_integer(state, text, 10, min, max, what);
}

uint32_t parse_mode(const struct argp_state *state, const char *text)
{
	uint32_t mode = (uint32_t)parse_integer(state, text, 8, 0, 0777,
						"not an octal mode from 0 to 777");

	return mode ? mode : WSYNC_MODE_NONE;
}

void parse(const struct argp *argp, int argc, char **argv, void *input)
{
	char *name = format_text("wsync %s", argv[0]);

	/* argp calls the program what argv[0] says. */
	argv[0] = name;
	argp_parse(argp, argc, argv, ARGP_IN_ORDER, NULL, input);
}
