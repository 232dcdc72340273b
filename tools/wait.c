// SPDX-License-Identifier: MIT
/* wsync wait NAME...: until one of the objects, or all, can be acquired. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

struct wait {
	struct arguments arguments;
	int64_t timeout;
	bool all, json, quiet;
};

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "Wait for all of them at once, instead of any", 0 },
	{ "json", OPTION_JSON, NULL, 0, "Print JSON", 0 },
	{ "quiet", 'q', NULL, 0, "Do not print which one it was", 0 },
	{ "timeout", 't', "TIME", 0, "Fail after this time (5, 100ms, 2min), with status 124", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct wait *wait = state->input;

	switch (key) {
	case 'a':
		wait->all = true;
		return 0;
	case OPTION_JSON:
		wait->json = true;
		return 0;
	case 'q':
		wait->quiet = true;
		return 0;
	case 't':
		wait->timeout = parse_duration(state, argument);
		return 0;
	default:
		return take_argument(&wait->arguments, key, argument, state, SIZE_MAX, false);
	}
}

static const struct argp argp = {
	options, parser, "NAME...",
	"Waits until one of the objects can be acquired, and acquires it.\v"
	"An auto-reset event or timer is reset by that, a semaphore's count goes down by one. A "
	"mutex is released again at once. Of several objects the one acquired is printed.",
	NULL, NULL, NULL
};

static void release_if_mutex(int fd)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };

	if (wsync_get_stat(fd, &stat) == 0 && stat.type == WSYNC_TYPE_MUTEX)
		wsync_mutex_release(fd, NULL);
}

int run_wait(int argc, char **argv)
{
	static struct wait wait = { .timeout = WSYNC_FOREVER };
	struct wsync_wait_result result;
	size_t count;
	char **names;
	int error, *fds;

	parse(&argp, argc, argv, &wait);
	count = wait.arguments.name_count;
	names = wait.arguments.names;
	fds = allocate(count * sizeof(*fds));
	for (size_t i = 0; i < count; i++)
		fds[i] = name_open(names[i], WSYNC_TYPE_ANY, WSYNC_ACCESS_SYNCHRONIZE);

	error = wait.all ? wsync_wait_all(fds, count, wait.timeout, NULL, &result) :
			   wsync_wait_any(fds, count, wait.timeout, NULL, &result);
	if (error == -ETIMEDOUT) {
		if (wait.json)
			print_json(json_pack("{sb}", "timeout", 1));
		return STATUS_TIMEOUT;
	}
	if (error)
		fail_name(names[0], error);
	for (size_t i = 0; i < count; i++) {
		if (wait.all || i == result.index)
			release_if_mutex(fds[i]);
	}
	if (wait.json) {
		json_t *json = json_pack("{sbsb}", "timeout", 0, "abandoned", result.abandoned);

		if (!wait.all) {
			json_set_text(json, "name", names[result.index],
				      strlen(names[result.index]));
			json_object_set_new(json, "index", json_integer(result.index));
		}
		print_json(json);
		return 0;
	}
	if (result.abandoned)
		complain("%s: its last owner died without releasing it",
			 wait.all ? "a mutex" : escape(names[result.index],
						       strlen(names[result.index])));
	if (!wait.all && count > 1 && !wait.quiet)
		puts(escape(names[result.index], strlen(names[result.index])));
	return 0;
}
