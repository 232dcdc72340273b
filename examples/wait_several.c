// SPDX-License-Identifier: MIT
/* Waits for whatever comes first, and for several things together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <wsync/wsync.h>

#define MILLISECOND INT64_C(1000000)

enum { STOP, WORK, TIME, COUNT };

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "wait_several: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

int main(void)
{
	struct wsync_wait_result result;
	int fds[COUNT], error;

	check(wsync_event_create(NULL, NULL, WSYNC_MANUAL_RESET, NULL, &fds[STOP], NULL), "event");
	check(wsync_semaphore_create(NULL, NULL, 2, 10, 0, NULL, &fds[WORK], NULL), "semaphore");
	check(wsync_timer_create(NULL, NULL, 0, NULL, &fds[TIME], NULL), "timer");
	check(wsync_timer_set(fds[TIME], 50 * MILLISECOND, 0, NULL, NULL), "timer");

	/* The order in the list is the order of preference. */
	do {
		check(wsync_wait_any(fds, COUNT, WSYNC_FOREVER, NULL, &result), "wait");
		switch (result.index) {
		case WORK:
			puts("a piece of work");
			break;
		case TIME:
			puts("nothing to do for 50 ms: stop");
			check(wsync_event_set(fds[STOP], NULL), "set");
			break;
		}
	} while (result.index != STOP);
	puts("stopped");

	/* All or nothing: the event is signaled, but there is no work any more. */
	error = wsync_wait_all(fds, 2, 10 * MILLISECOND, NULL, NULL);
	if (error != -ETIMEDOUT)
		check(error, "wait");
	puts(error ? "no work" : "work");
	check(wsync_semaphore_release(fds[WORK], 1, NULL), "release");
	check(wsync_wait_all(fds, 2, WSYNC_FOREVER, NULL, NULL), "wait");
	puts("work, and stopped");
	return 0;
}
