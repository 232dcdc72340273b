/* SPDX-License-Identifier: MIT */
#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

/*
 * The life of worker number @self. With @hang_at not 0 it hangs while it enters
 * its result number @hang_at, for somebody else to deal with.
 */
void worker(const char *pool_name, uint32_t self, uint32_t hang_at);

#endif
