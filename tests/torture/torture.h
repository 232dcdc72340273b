/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture: threads and processes that use the module at random, and an oracle
 * that knows what must hold all the same.
 *
 * A run is a series of rounds. In each round the main process makes a table
 * of objects (objects.c) and forks processes, whose threads draw operations
 * (worker.c, names.c, life.c). They account in shared memory for everything
 * that they do to an object, and note what they are about to do before
 * they do it, so that the books can be balanced even if they are killed in
 * the middle. Meanwhile the main process kills, sends signals, and watches
 * (watch.c) for objects that are signaled while somebody sleeps for them. When
 * everybody is gone, what the objects say has to agree with the books.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "winsync_test.h"

#define MAX_OBJECTS	48
#define MAX_PROCESSES	32
#define MAX_SLOTS	2048
#define MAX_NAMES	8
/* Members of one wait; more than fit the kernel's stack. */
#define MAX_MEMBERS	24
#define MAX_HELD	8
#define NO_OBJECT	(-1)

#define load(variable)		__atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define store(variable, value)	\
	__atomic_store_n(&(variable), value, __ATOMIC_SEQ_CST)
#define add(variable, value)	\
	__atomic_fetch_add(&(variable), value, __ATOMIC_SEQ_CST)
#define exchange(variable, value) \
	__atomic_exchange_n(&(variable), value, __ATOMIC_SEQ_CST)
#define replace(variable, old, new)					\
	__extension__ ({						\
		__typeof__(variable) expected_ = (old);			\
		__atomic_compare_exchange_n(&(variable), &expected_, new, \
					    false, __ATOMIC_SEQ_CST,	\
					    __ATOMIC_SEQ_CST);		\
	})

/* --- the oracle ---------------------------------------------------------- */

enum check {
	LOST_WAKEUP,	/* nobody sleeps for what it could acquire */
	MISSED_WAKE,	/* who was granted something does not go on sleeping */
	MUTUAL_EXCLUSION,
	ABANDONED_ONCE,
	CONSERVATION,	/* of semaphore counts and of auto-reset events' sets */
	FIFO_ORDER,
	PULSE_UNSEEN,
	TIMER_EARLY,
	TIMER_TWICE,
	TIMEOUT_EARLY,
	TIMEOUT_LATE,
	NAME_UNIQUE,
	NAME_STALE,
	QUOTA,
	POLL_WAKEUP,
	OWNERSHIP,	/* only the owner releases; children own nothing */
	LEFT_BEHIND,	/* no waiter, handle or name stays when its user is gone */
	RESULTS,	/* calls return what the ABI lets them return */
	CHECKS
};

enum operation {
	OP_SIGNAL, OP_TRY, OP_SLEEP, OP_SIGNAL_AND_WAIT, OP_UNLOCK, OP_QUERY,
	OP_POLL, OP_HANDLE, OP_CREATE, OP_NAME, OP_BAD, OP_THREAD_EXIT,
	OP_FORK, OP_EXEC, OP_LIMIT,
	OPERATIONS
};

extern const char *const check_names[CHECKS];
extern const char *const operation_names[OPERATIONS];

struct profile {
	const char *name;
	unsigned int weight[OPERATIONS];
	/* In percent of waits: for all, with several members, without end. */
	unsigned int all, several, forever;
	bool kills;
};

extern const struct profile profiles[];

/* --- what everybody shares ----------------------------------------------- */

struct object {
	/* Set by the main process before anybody else is there. */
	uint32_t type;
	bool manual;
	bool pulse_only;	/* nothing but pulses signals it */
	bool any_only;		/* takes part in no wait for all */
	bool wild;		/* set by timers: not accounted for */
	uint32_t initial, max;
	int fd;
	uint64_t id;
	/*
	 * What was put in and taken out; @maybe may have been put in. For a
	 * semaphore it is counted, for an auto-reset event the steps from and to
	 * signaled.
	 */
	uint64_t given, taken, maybe;
	/* Mutex: slot + 1 of the owner. */
	int holder;
	/*
	 * Timer: slot + 1 of who sets it now; grows with each setting, odd while
	 * it is being set; earliest expiry; period; setting << 32 | signals
	 * consumed.
	 */
	int setter;
	uint32_t setting;
	uint64_t due, period, consumed;
};

enum activity { IDLE, WAITING, POLLING, GIVING };

/* One thread, and what it is about to do. */
struct slot {
	int process;
	pid_t pid, tid;
	bool ending;		/* what it owns will be abandoned */
	bool done;
	uint64_t sequence;	/* grows with everything it does */
	/* What it is in; valid while @activity says so. */
	enum activity activity;
	bool all, forever;
	int count, alert, giving;
	uint32_t amount;
	int8_t members[MAX_MEMBERS];
	uint64_t deadline;	/* in CLOCK_MONOTONIC */
	/* Statistics. */
	uint64_t calls;
	uint64_t operations[OPERATIONS];
	uint64_t checked[CHECKS];
};

struct process {
	pid_t pid;
	bool doomed;		/* marked before it is killed, or becomes another program */
	bool victim;		/* may be killed at any moment */
	bool reaped;
	int threads;
};

/* A name; see names.c. */
struct name {
	uint64_t word;
	uint64_t id, id_generation;
	uint32_t busy, activity;
};

struct shared {
	struct profile profile;
	uint64_t seed;
	unsigned int round;
	bool verbose;
	bool stop;
	int objects, processes, threads;
	int namespace_fd;
	int sockets[2];
	int slots;
	uint32_t forks, forks_done;
	int limiter;
	uint64_t budget;	/* operations left in this round */
	uint64_t failures[CHECKS];
	uint64_t checked[CHECKS];
	struct object object[MAX_OBJECTS];
	struct slot slot[MAX_SLOTS];
	struct process process[MAX_PROCESSES];
	struct name name[MAX_NAMES];
};

extern struct shared *shared;

/* Slots in use; more may have been asked for than there are. */
static inline int slot_count(void)
{
	int count = load(shared->slots);

	return count < MAX_SLOTS ? count : MAX_SLOTS;
}

/* oracle.c */
void fail(enum check check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int report(uint64_t calls, const uint64_t *operations);

/* --- threads --------------------------------------------------------------- */

struct held {
	int object;
	uint32_t depth;
};

struct name_handle {
	int fd;
	int name;
	uint64_t id;
};

struct worker {
	struct slot *slot;
	int index;
	uint64_t random;
	struct held held[MAX_HELD];
	int held_count;
	struct name_handle names[4];
	bool leave;
};

uint64_t draw(uint64_t *state);
uint64_t seed_of(uint64_t seed, uint64_t a, uint64_t b);

static inline unsigned int below(struct worker *me, unsigned int limit)
{
	return draw(&me->random) % limit;
}

static inline bool chance(struct worker *me, unsigned int percent)
{
	return below(me, 100) < percent;
}

static inline void passed(struct worker *me, enum check check)
{
	me->slot->checked[check]++;
}

/* Counts a call of the module. */
#define CALL(me, call)	((me)->slot->calls++, (call))

bool is_ending(int slot);
/* Notes what the thread is about to do, and that it is done. */
void begin(struct worker *me, enum activity activity);
void end(struct worker *me);

/* worker.c */
_Noreturn void process_main(int process);

/* objects.c */
void make_objects(struct worker *main_thread);
void close_objects(void);
void check_books(struct worker *main_thread);
/* Whether somebody who owns nothing would acquire it now. */
int is_signaled(struct object *object);
bool uncertain(const struct slot *slot);

/* waits.c */
enum wait_kind { WAIT_ONE, WAIT_SEVERAL, WAIT_FOR_ALL };
void wait_once(struct worker *me, bool sleep);
void signal_and_wait_once(struct worker *me);
void poll_once(struct worker *me);
void signal_once(struct worker *me);
void unlock_one(struct worker *me, int held);
void query_once(struct worker *me);

/* names.c */
void name_once(struct worker *me);
void names_close(struct worker *me);
void victim_name(char *buffer, size_t size, int process);
void check_victim_name(struct worker *main_thread, int process);

/* life.c */
void handle_once(struct worker *me);
void create_once(struct worker *me);
void bad_once(struct worker *me);
void fork_once(struct worker *me);
void exec_once(struct worker *me);
void limit_once(struct worker *me);

/* watch.c */
void watch(struct worker *main_thread);

#endif
