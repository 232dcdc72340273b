/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads and processes that a run needs besides the main thread. */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

#include <pthread.h>
#include <sys/types.h>

#include "bench.h"

/* Puts the calling thread where the run wants its index-th thread. */
void place(const struct run *run, int index);
void place_free(void);
int cpus(void);

/*
 * Helpers run a body that loops until *run->stop is set; whoever sets it sees to
 * it that they wake up.
 */
struct helper {
	bool process;
	pthread_t thread;
	pid_t pid;
};

typedef void (*helper_body)(struct run *run, int index);

/* Their indices are 1 to count; the main thread is 0. */
void helpers_start(struct run *run, int count, helper_body body);
void helpers_join(struct run *run);

/*
 * A team works in step: each team_run() has every member do its share and
 * returns when the last one is done.
 */
typedef void (*team_work)(struct run *run, int index, uint64_t n);

struct team *team_start(struct run *run, int count, team_work work);
void team_run(struct team *team, uint64_t n);
void team_stop(struct team *team);

/* A counter that one thread sleeps on until others brought it to zero. */
struct countdown {
	uint32_t left;
	uint32_t done;
};

void countdown_set(struct countdown *c, uint32_t left);
void countdown_hit(struct countdown *c);
void countdown_wait(struct countdown *c);

/* A thread that only exists, so that the fd table is shared. */
void idle_thread_start(void);
void idle_thread_stop(void);

#endif /* BENCH_TEAM_H */
