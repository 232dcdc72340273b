// SPDX-License-Identifier: MIT
/*
 * Waits for objects through io_uring: a poll request completes once the object is
 * signaled. As always with poll nothing was acquired by that, so a wait that does not
 * sleep follows; then the request is made again.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <liburing.h>
#include <wsync/wsync.h>

#define MILLISECOND INT64_C(1000000)

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "io_uring_poll: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

static void request(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	io_uring_prep_poll_add(entry, fd, POLLIN);
	io_uring_sqe_set_data64(entry, (unsigned int)fd);
	check(io_uring_submit(ring), "submit");
}

int main(void)
{
	struct io_uring ring;
	int event, timer, ticks = 0;
	bool done = false;

	check(io_uring_queue_init(8, &ring, 0), "ring");
	check(wsync_event_create(NULL, NULL, 0, NULL, &event, NULL), "event");
	check(wsync_timer_create(NULL, NULL, 0, NULL, &timer, NULL), "timer");
	check(wsync_timer_set(timer, 20 * MILLISECOND, 20 * MILLISECOND, NULL, NULL), "timer");
	request(&ring, event);
	request(&ring, timer);
	while (!done) {
		struct io_uring_cqe *completion;
		int fd, error;

		check(io_uring_wait_cqe(&ring, &completion), "wait");
		check(completion->res, "poll");
		fd = (int)io_uring_cqe_get_data64(completion);
		io_uring_cqe_seen(&ring, completion);
		error = wsync_wait(fd, 0, NULL, NULL);
		if (error != -ETIMEDOUT)
			check(error, "acquire");
		if (!error && fd == timer) {
			printf("tick %d\n", ++ticks);
			if (ticks == 3)
				check(wsync_event_set(event, NULL), "set");
		} else if (!error) {
			puts("the event");
			done = true;
		}
		if (!done)
			request(&ring, fd);
	}
	io_uring_queue_exit(&ring);
	return 0;
}
