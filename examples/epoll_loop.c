// SPDX-License-Identifier: MIT
/*
 * An event loop. Objects are file descriptors: they stand beside pipes, sockets and
 * child processes. That one is readable only tells that it could be acquired; to
 * acquire it is another step, in which somebody else may have been faster.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <wsync/wsync.h>

#define MILLISECOND INT64_C(1000000)

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "epoll_loop: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

static void watch(int loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) {
		perror("epoll_loop: epoll_ctl");
		exit(1);
	}
}

static bool acquire(int fd)
{
	int error = wsync_wait(fd, 0, NULL, NULL);

	if (error != -ETIMEDOUT)
		check(error, "wait");
	return error == 0;
}

int main(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC), timer, jobs, pipes[2];
	bool done = false;
	char byte;

	if (loop < 0 || pipe(pipes) != 0) {
		perror("epoll_loop");
		return 1;
	}
	check(wsync_semaphore_create(NULL, NULL, 2, 2, 0, NULL, &jobs, NULL), "semaphore");
	check(wsync_timer_create(NULL, NULL, 0, NULL, &timer, NULL), "timer");
	check(wsync_timer_set(timer, 100 * MILLISECOND, 0, NULL, NULL), "timer");
	watch(loop, jobs);
	watch(loop, timer);
	watch(loop, pipes[0]);
	while (!done) {
		struct epoll_event event;

		if (epoll_wait(loop, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == jobs && acquire(jobs)) {
			puts("a job");
		} else if (event.data.fd == timer && acquire(timer)) {
			puts("the timer");
			if (write(pipes[1], "x", 1) != 1)
				return 1;
		} else if (event.data.fd == pipes[0] && read(pipes[0], &byte, 1) == 1) {
			puts("the pipe");
			done = true;
		}
	}
	return 0;
}
