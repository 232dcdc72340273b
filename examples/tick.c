// SPDX-License-Identifier: MIT
/*
 * Does something periodically: tick COUNT MILLISECONDS. The period does not drift, and
 * expiries that passed while the program was busy are counted, not queued.
 */
#include <stdio.h>
#include <stdlib.h>

#include <wsync/wsync.h>

#define MILLISECOND INT64_C(1000000)

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "tick: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

int main(int argc, char *argv[])
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
	int64_t period = (argc > 2 ? strtol(argv[2], NULL, 10) : 100) * MILLISECOND;
	struct wsync_timer_state state;
	uint64_t last = 0;
	int timer;

	check(wsync_timer_create(NULL, NULL, 0, NULL, &timer, NULL), "create");
	check(wsync_timer_set(timer, period, period, NULL, NULL), "set");
	for (unsigned long tick = 1; tick <= count; tick++) {
		check(wsync_wait(timer, WSYNC_FOREVER, NULL, NULL), "wait");
		check(wsync_timer_query(timer, &state), "query");
		if (state.expirations > last + 1)
			fprintf(stderr, "tick: %llu missed\n",
				(unsigned long long)(state.expirations - last - 1));
		last = state.expirations;
		printf("tick %lu\n", tick);
	}
	return 0;
}
