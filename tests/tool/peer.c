// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer SCRIPT...: a process with a thread for each script, for the tests of the
 * tool. A script is a list of steps, separated by commas:
 *
 *	own:NAME	acquires the mutex, which is created if there is none
 *	unnamed		the same with one that has no name
 *	any:A+B, all:A+B, alert:A+B	waits for any, for all, for A with alert B
 *	sync		waits until all threads are here
 *
 * A thread that is through sleeps for ever.
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsync/wsync.h>

#define HANDLES_MAX 8

static pthread_barrier_t barrier;

static void check(int error, const char *what)
{
	if (error)
		errx(1, "%s: %s", what, wsync_strerror(error));
}

static size_t open_all(char *names, int *fds)
{
	size_t count = 0;
	char *rest;

	for (char *name = strtok_r(names, "+", &rest); name; name = strtok_r(NULL, "+", &rest)) {
		if (count == HANDLES_MAX)
			errx(1, "too many names");
		check(wsync_open(NULL, name, WSYNC_TYPE_ANY, 0, NULL, &fds[count++]), name);
	}
	return count;
}

static void step(char *text)
{
	char *names = strchr(text, ':');
	int fds[HANDLES_MAX];
	size_t count;
	WSYNC_OPTS(wsync_wait_opts, opts);

	if (names)
		*names++ = '\0';
	if (strcmp(text, "sync") == 0) {
		pthread_barrier_wait(&barrier);
		return;
	}
	if (strcmp(text, "own") == 0 || strcmp(text, "unnamed") == 0) {
		check(wsync_mutex_create(NULL, names, 0, NULL, &fds[0], NULL), text);
		check(wsync_wait(fds[0], WSYNC_FOREVER, NULL, NULL), text);
		return;
	}
	if (!names)
		errx(1, "no step: %s", text);
	count = open_all(names, fds);
	if (strcmp(text, "any") == 0) {
		check(wsync_wait_any(fds, count, WSYNC_FOREVER, NULL, NULL), text);
	} else if (strcmp(text, "all") == 0) {
		check(wsync_wait_all(fds, count, WSYNC_FOREVER, NULL, NULL), text);
	} else if (strcmp(text, "alert") == 0 && count == 2) {
		opts.flags = WSYNC_WAIT_ALERT;
		opts.alert = fds[1];
		check(wsync_wait(fds[0], WSYNC_FOREVER, &opts, NULL), text);
	} else {
		errx(1, "no step: %s", text);
	}
}

static void *run(void *script)
{
	char *rest;

	for (char *text = strtok_r(script, ",", &rest); text; text = strtok_r(NULL, ",", &rest))
		step(text);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 2)
		errx(2, "usage: peer SCRIPT...");
	pthread_barrier_init(&barrier, NULL, (unsigned int)argc - 1);
	for (int i = 2; i < argc; i++) {
		if (pthread_create(&thread, NULL, run, argv[i]))
			errx(1, "no thread");
	}
	run(argv[1]);
	return 0;
}
