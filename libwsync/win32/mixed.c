// SPDX-License-Identifier: MIT
/*
 * Waits for objects together with processes, sockets, and whatever else can be
 * polled. The objects are polled as well, which consumes nothing, and then acquired if
 * they still can be; so such a wait stands in no object's queue, and a pulse does
 * not end it.
 */
#include <poll.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC INT64_C(1000000000)

struct mixed {
	const int *fds;
	size_t count;
	bool ours[MAXIMUM_WAIT_OBJECTS];
	struct pollfd polls[MAXIMUM_WAIT_OBJECTS + 1];
};

/* Looks at all handles before anything is acquired [WT-13, WT-14]. */
static DWORD check(struct mixed *mixed)
{
	for (size_t i = 0; i < mixed->count; i++) {
		struct wsync_stat stat = { .sz = sizeof(stat) };
		int error = wsync_get_stat(mixed->fds[i], &stat);

		if (error && error != -EBADFD)
			return w32_code(error);
		mixed->ours[i] = !error;
		mixed->polls[i] = (struct pollfd){ .fd = mixed->fds[i], .events = POLLIN };
		if (!error && stat.type == WSYNC_TYPE_NAMESPACE)
			return ERROR_INVALID_HANDLE;
		if (!error && !(stat.access & WSYNC_ACCESS_SYNCHRONIZE))
			return ERROR_ACCESS_DENIED;
	}
	return ERROR_SUCCESS;
}

/* One look at each, in order; -ETIMEDOUT if none is ready. */
static int scan(const struct mixed *mixed, struct wsync_wait_result *result)
{
	for (size_t i = 0; i < mixed->count; i++) {
		struct pollfd one = mixed->polls[i];
		int error;

		*result = (struct wsync_wait_result){ .index = (uint32_t)i };
		if (mixed->ours[i]) {
			struct wsync_wait_result single;

			error = wsync_wait(one.fd, 0, NULL, &single);
			if (!error)
				result->abandoned = single.abandoned;
			if (error != -ETIMEDOUT)
				return error;
		} else if (poll(&one, 1, 0) > 0) {
			return one.revents & POLLNVAL ? -EBADF : 0;
		}
	}
	return -ETIMEDOUT;
}

/* Sleeps until something may be ready; -ETIMEDOUT after the deadline. */
static int sleep_until(struct mixed *mixed, nfds_t polled, int64_t deadline)
{
	struct timespec left = { 0 };
	int64_t now;

	if (deadline != WSYNC_FOREVER) {
		int error = wsync_deadline(WSYNC_CLOCK_MONOTONIC, 0, &now);

		if (error)
			return error;
		if (now >= deadline)
			return -ETIMEDOUT;
		left.tv_sec = (time_t)((deadline - now) / NSEC_PER_SEC);
		left.tv_nsec = (long)((deadline - now) % NSEC_PER_SEC);
	}
	if (ppoll(mixed->polls, polled, deadline == WSYNC_FOREVER ? NULL : &left, NULL) < 0 &&
	    errno != EINTR)
		return -errno;
	return 0;
}

DWORD w32_wait_mixed(const int *fds, size_t count, int64_t timeout, BOOL alertable)
{
	struct mixed mixed = { .fds = fds, .count = count };
	struct wsync_wait_result result, calls = { 0 };
	int64_t deadline = WSYNC_FOREVER;
	nfds_t polled = count;
	DWORD code = check(&mixed);
	int error = 0;

	if (code)
		return w32_wait_failed(code);
	if (timeout != WSYNC_FOREVER)
		error = wsync_deadline(WSYNC_CLOCK_MONOTONIC, timeout, &deadline);
	while (!error) {
		error = scan(&mixed, &result);
		if (error != -ETIMEDOUT)
			break;
		error = 0;
		if (alertable) {
			error = wsync_sleep(0, &w32_alertable, &calls);
			if (error || calls.called)
				return w32_waited(error, &calls);
			error = wsync_apc_fd(&mixed.polls[count].fd);
			mixed.polls[count].events = POLLIN;
			polled = count + 1;
		}
		if (!error)
			error = sleep_until(&mixed, polled, deadline);
	}
	return w32_waited(error, &result);
}
