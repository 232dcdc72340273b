// SPDX-License-Identifier: MIT
/*
 * Waits for objects together with processes, sockets, and whatever else can be
 * polled.
 *
 * For any: the objects are polled as well, which consumes nothing, and then acquired if
 * they still can be; so such a wait stands in no object's queue, and a pulse does
 * not end it.
 *
 * For all: a process that has ended stays so. It does no harm to wait for the processes
 * first, and then for all of the objects in one step. Of a socket nothing stays.
 */
#include <poll.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC INT64_C(1000000000)

struct mixed {
	const int *fds;
	size_t count;
	bool ours[MAXIMUM_WAIT_OBJECTS];
	uint64_t ids[MAXIMUM_WAIT_OBJECTS];
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
		mixed->ids[i] = stat.id;
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

/* The same, or runs queued calls, which @result tells. */
static int sleep_alertably(struct mixed *mixed, BOOL alertable, int64_t deadline,
			   struct wsync_wait_result *result)
{
	nfds_t polled = mixed->count;

	if (alertable) {
		int error = wsync_sleep(0, &w32_alertable, result);

		if (!error && !result->called)
			error = wsync_apc_fd(&mixed->polls[polled].fd);
		if (error || result->called)
			return error;
		mixed->polls[polled++].events = POLLIN;
	}
	return sleep_until(mixed, polled, deadline);
}

DWORD w32_wait_mixed(const int *fds, size_t count, int64_t timeout, BOOL alertable)
{
	struct mixed mixed = { .fds = fds, .count = count };
	struct wsync_wait_result result = { 0 };
	int64_t deadline;
	DWORD code = check(&mixed);
	int error;

	if (code)
		return w32_wait_failed(code);
	error = wsync_deadline(WSYNC_CLOCK_MONOTONIC, timeout, &deadline);
	while (!error && !result.called) {
		error = scan(&mixed, &result);
		if (error != -ETIMEDOUT)
			break;
		error = sleep_alertably(&mixed, alertable, deadline, &result);
	}
	return w32_waited(error, &result);
}

/* Also that no two are of one object [WT-24], and that what is not ours is a process. */
static DWORD check_all(struct mixed *mixed)
{
	pid_t pids[MAXIMUM_WAIT_OBJECTS] = { 0 };
	DWORD code = check(mixed);

	for (size_t i = 0; i < mixed->count && !code; i++) {
		if (!mixed->ours[i])
			pids[i] = w32_pidfd_pid(mixed->fds[i]);
		/* -1: a process that was waited for. */
		if (pids[i] < -1)
			code = ERROR_NOT_SUPPORTED;
		for (size_t k = 0; k < i; k++) {
			if (mixed->fds[k] == mixed->fds[i] ||
			    (mixed->ours[i] ? mixed->ids[k] == mixed->ids[i] :
					      pids[i] > 0 && pids[k] == pids[i]))
				code = ERROR_INVALID_PARAMETER;
		}
	}
	return code;
}

/* How many processes have not ended, or a negative errno; the others are polled no more. */
static int count_running(struct mixed *mixed)
{
	int running = 0;

	for (size_t i = 0; i < mixed->count; i++) {
		struct pollfd *one = &mixed->polls[i];

		if (one->fd < 0)
			continue;
		if (poll(one, 1, 0) <= 0)
			running++;
		else if (one->revents & POLLNVAL)
			return -EBADF;
		else
			one->fd = -1;
	}
	return running;
}

DWORD w32_wait_mixed_all(const int *fds, size_t count, int64_t timeout, BOOL alertable)
{
	struct wsync_wait_opts opts = {
		.sz = sizeof(opts),
		.flags = WSYNC_WAIT_ABSOLUTE | (alertable ? WSYNC_WAIT_ALERTABLE : 0),
	};
	struct mixed mixed = { .fds = fds, .count = count };
	struct wsync_wait_result result = { 0 };
	int objects[MAXIMUM_WAIT_OBJECTS];
	size_t object_count = 0;
	int64_t deadline;
	DWORD code = check_all(&mixed);
	int error;

	if (code)
		return w32_wait_failed(code);
	for (size_t i = 0; i < count; i++) {
		if (mixed.ours[i]) {
			objects[object_count++] = fds[i];
			mixed.polls[i].fd = -1;
		}
	}
	error = wsync_deadline(WSYNC_CLOCK_MONOTONIC, timeout, &deadline);
	while (!error && !result.called) {
		error = count_running(&mixed);
		if (error <= 0)
			break;
		error = sleep_alertably(&mixed, alertable, deadline, &result);
	}
	if (!error && !result.called && object_count)
		error = wsync_wait_all(objects, object_count, deadline, &opts, &result);
	return w32_waited(error, &result);
}
