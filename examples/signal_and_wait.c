// SPDX-License-Identifier: MIT
/*
 * Two processes that take turns. Handing the turn over and waiting for it to come back
 * is one step, so nobody can slip in between, and one system call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wsync/wsync.h>

#define ROUNDS 3

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "signal_and_wait: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

int main(void)
{
	int mine, theirs, status = 1;
	pid_t child;

	/* Unnamed: the child gets the handles by fork. */
	check(wsync_event_create(NULL, NULL, 0, NULL, &mine, NULL), "create");
	check(wsync_event_create(NULL, NULL, 0, NULL, &theirs, NULL), "create");
	child = fork();
	if (child < 0) {
		perror("signal_and_wait: fork");
		return 1;
	}
	if (child == 0) {
		check(wsync_wait(theirs, WSYNC_FOREVER, NULL, NULL), "wait");
		for (int round = 1; round < ROUNDS; round++) {
			say("pong");
			check(wsync_signal_and_wait(mine, theirs, WSYNC_FOREVER, NULL, NULL),
			      "hand over");
		}
		say("pong");
		check(wsync_event_set(mine, NULL), "set");
		return 0;
	}
	for (int round = 0; round < ROUNDS; round++) {
		say("ping");
		check(wsync_signal_and_wait(theirs, mine, WSYNC_FOREVER, NULL, NULL), "hand over");
	}
	waitpid(child, &status, 0);
	return status ? 1 : 0;
}
