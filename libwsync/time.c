// SPDX-License-Identifier: MIT
/* Clocks and nanoseconds. */
#include <time.h>

#include "internal.h"

clockid_t wsync_clockid(uint32_t clock)
{
	static const clockid_t clocks[] = {
		[WSYNC_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
		[WSYNC_CLOCK_REALTIME] = CLOCK_REALTIME,
		[WSYNC_CLOCK_BOOTTIME] = CLOCK_BOOTTIME,
	};

	return clocks[clock];
}

int64_t wsync_now(uint32_t clock)
{
	struct timespec now;

	if (clock > WSYNC_CLOCK_BOOTTIME)
		return wsync_error(EINVAL);
	if (clock_gettime(wsync_clockid(clock), &now) != 0)
		return -errno;
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

WSYNC_API int wsync_nanoseconds(int64_t seconds, int64_t nanoseconds, int64_t *time)
{
	int64_t sum;

	if (!time || nanoseconds < 0 || nanoseconds >= NSEC_PER_SEC)
		return wsync_error(EINVAL);
	if (__builtin_mul_overflow(seconds, NSEC_PER_SEC, &sum) ||
	    __builtin_add_overflow(sum, nanoseconds, &sum))
		return wsync_error(EOVERFLOW);
	*time = sum;
	return 0;
}

WSYNC_API int wsync_deadline(uint32_t clock, int64_t timeout, int64_t *deadline)
{
	int64_t now;

	if (!deadline || timeout < WSYNC_FOREVER)
		return wsync_error(EINVAL);
	now = wsync_now(clock);
	if (now < 0)
		return (int)now;
	if (timeout == WSYNC_FOREVER)
		*deadline = WSYNC_FOREVER;
	else if (__builtin_add_overflow(now, timeout, deadline))
		*deadline = INT64_MAX;
	return 0;
}
