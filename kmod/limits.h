/* SPDX-License-Identifier: GPL-2.0-only */
/* Every limit of the module, with its reason. */
#ifndef WINSYNC_LIMITS_H
#define WINSYNC_LIMITS_H

#include <linux/time64.h>
#include <linux/winsync.h>

/*
 * A wait for all commits under the locks of all its members: 64 raw locks are
 * a few microseconds, and as many as Windows allows.
 */
#define WINSYNC_MAX_WAIT_ALL	64

/*
 * A wait for any takes one lock at a time; what bounds it is the memory of the
 * entries (about 56 bytes each) and the 16 bits of the index in the result.
 */
#define WINSYNC_MAX_WAIT_ANY	4096

/* Waits of up to this many objects and alert need no allocation to sleep. */
#define WINSYNC_STACK_ENTRIES	8

/*
 * Entries looked at, members of a wait for all counted one by one, before a
 * pass drops the object's lock and lets interrupts in: some microseconds.
 */
#define WINSYNC_SERVE_BUDGET	128

/* Looks of a wait without time that others may disturb before it takes locks. */
#define WINSYNC_UNLOCKED_LOOKS	4

/* Tasks granted in one hold of the lock; they are noted on the stack. */
#define WINSYNC_BATCH		32

/*
 * Holds of the lock in which a timer expiry or a thread's exit serves a queue
 * itself before it leaves the rest to a worker. Waking the tasks of one takes
 * longer than all else in an interrupt: docs/security.md.
 */
#define WINSYNC_ATOMIC_PASSES	1

/*
 * Default of the module parameter: the longest time that a wait looks before it
 * sleeps. A sleep and a wake-up across processors take as long. The shortest one
 * is worth looking at the clock for.
 */
#define WINSYNC_SPIN_MAX_US	50
#define WINSYNC_SPIN_MIN_NS	(3 * NSEC_PER_USEC)

/* Objects that a thread's exit looks after itself; a worker does the rest. */
#define WINSYNC_EXIT_OBJECTS	16

/*
 * Shortest period of a timer. A timer that nobody consumes is not re-armed,
 * so that this bounds only what one consumer can cause.
 */
#define WINSYNC_MIN_PERIOD_NS	(100 * NSEC_PER_USEC)

/* Defaults of the module parameters of the same names, for each user. */
#define WINSYNC_MAX_OBJECTS	262144
#define WINSYNC_MAX_NAMESPACES	1024

/*
 * Nested acquisitions of a mutex. A test that wants to see the last one within
 * its lifetime builds the module with a lower one.
 */
#ifndef WINSYNC_MUTEX_DEPTH_LIMIT
#define WINSYNC_MUTEX_DEPTH_LIMIT WINSYNC_MUTEX_DEPTH_MAX
#endif

/* Bytes that one WINSYNC_IOC_LIST call prepares in kernel memory. */
#define WINSYNC_LIST_CHUNK	16384

#endif /* WINSYNC_LIMITS_H */
