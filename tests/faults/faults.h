/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fail-nth sweep: every operation is done again and again, and each time
 * another of the allocations and copies that it needs fails.
 *
 * Before each attempt a new world is made, which is always the same; its whole
 * visible state is written down as text (state.c) before and after. The
 * operations are a table (operations.c), the sweep is in main.c.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <linux/ntsync.h>
#include "winsync_test.h"

#define MANY	70	/* objects: too many for the stack, in waits for any */
#define SOME	20	/* likewise for the entries of a wait that sleeps */

/**
 * struct world - what an operation finds
 *
 * All mutexes are free, all other objects are not signaled, unless the
 * operation's prepare() changes that.
 */
struct world {
	int device;
	int ns;			/* private, with the four named objects */
	int event;		/* "event", auto-reset */
	int mutex;		/* "mutex" */
	int semaphore;		/* "semaphore", 0 of 10 */
	int timer;		/* "timer", auto-reset */
	int alert;		/* unnamed event */
	int soon;		/* unnamed timer, for waits that end by themselves */
	int events[MANY];	/* unnamed, manual-reset, if prepare() made them */
	int epoll;
	int socket[2];
	int fdinfo;		/* of an object, if prepare() opened it */
	int ntsync;		/* an instance, and objects of it */
	int nt_event, nt_mutex, nt_semaphore;
	int spare;		/* makes room for looking at all the others */
};

/**
 * struct operation - a row of the table
 * @name: what it is called in the output
 * @run: one system call; returns its result or the negative error number
 * @prepare: changes the world before, or NULL
 * @argument: of both
 * @expect: what it returns if nothing fails, or SUCCESS
 * @least: faults that there are at least, to see that they are injected; copies of
 *	single words (unsafe_get_user()) are none, the kernel cannot make them fail
 * @stranger: run by a user whom the module does not know yet
 */
struct operation {
	const char *name;
	long (*run)(struct world *world, long argument);
	void (*prepare)(struct world *world, long argument);
	long argument;
	long expect;
	unsigned int least;
	bool stranger;
};

#define SUCCESS		1000000	/* anything that is not negative */

extern const struct operation operations[];
extern const unsigned int operations_count;

#define NS_NAME		"faults"

/* A user that has nothing in the world. */
#define STRANGER	65001
/* Changes the effective user of the calling thread. */
void become(uid_t uid);

/* The visible state as text, into a buffer of STATE_SIZE bytes. */
#define STATE_SIZE	65536
void state_write(const struct world *world, char *text);

#endif
