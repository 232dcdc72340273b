// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock. In a guest the kernel may have no clock that user space reads
 * without a call, so the time-stamp counter is read directly. With -icount
 * shift=0 it counts instructions.
 */
#include <time.h>

#include "bench.h"

#define CALIBRATION_NS	50000000

double ns_per_tick = 1;

uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void clock_calibrate(void)
{
	uint64_t ns, start_ns, start;

	if (opt.icount)
		return;
	start_ns = monotonic_ns();
	start = ticks();
	do {
		ns = monotonic_ns();
	} while (ns - start_ns < CALIBRATION_NS);
	ns_per_tick = (double)(ns - start_ns) / (double)(ticks() - start);
}
