// SPDX-License-Identifier: MIT
/* wsync: named events, mutexes, semaphores and timers for shell scripts and eyes. */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

const char *argp_program_version = "wsync " WSYNC_TOOL_VERSION;
int failure_status = STATUS_FAILURE;

const struct command commands[] = {
	{ "lock", "run a command while owning a mutex", run_lock, true },
	{ "run", "run a command, at most N at a time", run_run, true },
	{ "create", "create an object for as long as a command runs", run_create, true },
	{ "timer", "create a timer and let it run", run_timer, true },
	{ "wait", "wait for objects", run_wait, false },
	{ "set", "set an event", run_signal, false },
	{ "reset", "reset an event", run_signal, false },
	{ "pulse", "release those who wait for an event now", run_signal, false },
	{ "release", "add to a semaphore", run_signal, false },
	{ "post", "the same", run_signal, false },
	{ "ls", "list objects", run_ls, false },
	{ "top", "show who waits for what, live", run_top, false },
	{ "watch", "print what happens to an object", run_watch, false },
	{ "deadlock", "find threads that wait for each other's mutexes", run_deadlock, false },
	{ "info", "versions, limits and features", run_info, false },
	{ NULL, NULL, NULL, false },
};

/* The first error known: the library does not keep those that came while it printed. */
static int output_error;

static bool flush_output(void)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout))
		failed = true;
	if (!output_error)
		output_error = errno;
	return failed;
}

static void vcomplain(const char *format, va_list values)
{
	flush_output();
	fputs("wsync: ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
}

void complain(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vcomplain(format, values);
	va_end(values);
}

void fail(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vcomplain(format, values);
	va_end(values);
	exit(failure_status);
}

void fail_name(const char *name, int error)
{
	char *escaped = escape(name, strlen(name));

	fail("%s: %s", escaped, wsync_strerror(error));
}

/*
 * At the end, however it comes: what could not be written is a failure. A reader that
 * has seen enough has not to be told so.
 */
static void end_output(void)
{
	if (!flush_output())
		return;
	if (output_error != EPIPE)
		fprintf(stderr, "wsync: output: %s\n",
			output_error ? strerror(output_error) : "not complete");
	_exit(failure_status);
}

void check_output(void)
{
	if (flush_output())
		exit(failure_status);
}

void *allocate(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		fail("out of memory");
	return memory;
}

char *format_text(const char *format, ...)
{
	va_list values;
	char *text;

	va_start(values, format);
	if (vasprintf(&text, format, values) < 0)
		fail("out of memory");
	va_end(values);
	return text;
}

static void help(FILE *to)
{
	fputs("Usage: wsync COMMAND [OPTION...] [ARGUMENT...]\n"
	      "Named events, mutexes, semaphores and timers of Windows' kind.\n\n", to);
	for (const struct command *command = commands; command->name; command++)
		fprintf(to, "  %-10s %s\n", command->name, command->summary);
	fputs("\nNames: x or Local\\x (yours), Global\\x (everybody's), [NAMESPACE]\\x.\n"
	      "wsync COMMAND --help tells about one of them; see wsync(1).\n", to);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	/* Times are written and read with a point, as in the manual, wherever one is. */
	setlocale(LC_NUMERIC, "C");
	atexit(end_output);
	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(argp_program_version);
		return 0;
	}
	for (const struct command *command = commands; command->name; command++) {
		if (strcmp(argv[1], command->name))
			continue;
		if (command->runs_command)
			failure_status = STATUS_COMMAND_FAILURE;
		argp_err_exit_status = command->runs_command ? STATUS_COMMAND_FAILURE :
							       STATUS_USAGE;
		return command->run(argc - 1, argv + 1);
	}
	complain("there is no command '%s'; try: wsync --help", escape(argv[1], strlen(argv[1])));
	return STATUS_USAGE;
}
