/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer: sequences of calls are drawn at random, and those that reach code
 * no other has reached are kept, changed a little, and tried again.
 *
 * A sequence (sequence.c) is bytes, each of which chooses: what is called, on
 * which fd, with which values. What a byte stands for is in call.c, which also
 * makes the calls. main.c runs processes with threads, which share
 * their fds and make calls at the same time.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/ntsync.h>
#include "winsync_test.h"

#define CALLS_MAX	16	/* in a sequence */
#define FIELDS_MAX	12	/* in a structure */
#define CORPUS_MAX	16384
#define THREADS_MAX	8
#define PROCESSES_MAX	8
#define COVER_BITS	20	/* the module's code is smaller than this */

/**
 * struct call - one call; every byte has a meaning whatever its value
 * @operation: index into operations
 * @slot: on which fd
 * @memory: where the structure lies
 * @shape: what becomes of the command's number and size
 * @fields: of the structure
 */
struct call {
	uint8_t operation;
	uint8_t slot;
	uint8_t memory;
	uint8_t shape;
	uint8_t fields[FIELDS_MAX];
};

struct sequence {
	uint32_t length;
	struct call calls[CALLS_MAX];
};

void sequence_draw(struct sequence *sequence, uint64_t *random);
void sequence_mutate(struct sequence *sequence, const struct sequence *other,
		     uint64_t *random);

/* fds: a slot holds one, mostly of its own kind. */
enum kind {
	DEVICE, NAMESPACE, EVENT, MUTEX, SEMAPHORE, TIMER, NT_DEVICE, NT_OBJECT,
	OTHER, KINDS
};

#define SLOTS		96

struct error {
	uint32_t operation;
	int32_t number;
	struct call call;
};

/**
 * struct shared - what all processes share
 * @calls: made so far
 * @wanted: how many there are to be
 * @sequences: run so far
 * @points: different places of the module's code that were reached
 * @corpus_count: sequences in @corpus
 * @undocumented: results that no documented error is
 * @first: the first of these
 * @seen: for each place whether it was reached
 */
struct shared {
	uint64_t seed;
	uint64_t calls;
	uint64_t wanted;
	uint64_t sequences;
	uint32_t points;
	uint32_t corpus_count;
	uint32_t undocumented;
	struct error first;
	uint32_t succeeded[256], made[256];
	uint8_t seen[1 << COVER_BITS];
	struct sequence corpus[CORPUS_MAX];
};

extern struct shared *shared;

/**
 * struct worker - a thread that makes calls
 * @random: its random numbers
 * @progress: grows with each call, for who looks whether it hangs
 * @fail_nth: to make allocations fail, or -1
 * @own: memory for structures
 * @ended: the thread has ended, by a call or at the end of the run
 * @child: it runs in a child that ends with the sequence
 * @leave: it is to end
 * @kcov: its coverage, -1 without
 * @cover: the places it reached, the first element counts them
 */
struct worker {
	uint64_t random;
	unsigned long progress;
	int fail_nth;
	char *own;
	bool ended;
	bool child;
	bool leave;
	pthread_t thread;
	int kcov;
	uint64_t *cover;
};

/* The sockets over which the processes give each other fds. */
int calls_share(void);
void calls_unshare(void);
/* A process' part: its fds and its memory, good and bad. */
int calls_init(void);
void calls_run(struct worker *worker, const struct sequence *sequence);
const char *operation_name(unsigned int operation);
extern const unsigned int operations_count;

#endif
