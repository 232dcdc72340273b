/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's own terms. A *row* is one thing that is measured, for each
 * of its parameters (a width, a number of threads). A *peer* is a way of doing
 * it: winsync, ntsync, eventfd... A *run* is one row and parameter with one
 * peer: set up, calibrated, measured once per round, torn down. The peers of a
 * row take turns within a round, so that a slow phase of the machine hits all.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1U << (n))

/* Most objects in one run that are not its only subject (wait widths). */
#define MAX_OBJECTS	260
#define MAX_METRICS	3
#define MAX_ROUNDS	64
#define MAX_PARAMS	8

enum peer {
	PEER_WINSYNC,
	PEER_NTSYNC,
	PEER_FRONT,	/* winsync's own /dev/ntsync: the same calls */
	PEER_EVENTFD,
	PEER_TIMERFD,
	PEER_FUTEX,
	PEER_SEM,
	PEER_PTHREAD,
	PEER_UNIX,
	PEER_PLAIN,
	PEERS
};

extern const char *const peer_names[PEERS];

/* Where the threads of a run are put. */
enum placement {
	PLACE_FREE,
	PLACE_SAME,	/* all on one processor */
	PLACE_SPLIT,	/* the n-th on the n-th, modulo their number */
};

/* The row is measured once more while the fd table is shared with a thread. */
#define ROW_MT		BIT(0)
/* Counting instructions makes sense: never idle, one processor is enough. */
#define ROW_COUNTED	BIT(1)
/* The loop fills run->value itself; the number of iterations is fixed. */
#define ROW_SAMPLED	BIT(2)
/* Too slow to be repeated: three rounds. */
#define ROW_SLOW	BIT(3)
/* Left out of quick runs. */
#define ROW_FULL	BIT(4)
/* Needs two processors. */
#define ROW_SMP		BIT(5)

struct run;

struct impl {
	/* Returns 0, or -1 after skip(): the peer can't do this here. */
	int (*setup)(struct run *run);
	void (*loop)(struct run *run, uint64_t n);
	void (*teardown)(struct run *run);
};

struct row {
	const char *name;
	const char *what;
	unsigned int flags;
	enum placement placement;
	/* Ended by 0; a row without parameters has none. */
	int params[MAX_PARAMS];
	int quick_params[MAX_PARAMS];
	/* Operations in an iteration, 1 if not given. */
	double ops;
	/* ROW_SAMPLED: name and unit of each value. */
	const char *metrics[MAX_METRICS];
	const char *units[MAX_METRICS];
	/* Peers that use the common functions, and these. */
	unsigned int peers;
	struct impl common;
	struct impl impl[PEERS];
};

/* An object of whatever peer; mem is memory that all processes share. */
struct obj {
	int fd;
	int type;
	void *mem;
};

struct team;
struct helper;

struct run {
	const struct row *row;
	const struct impl *impl;
	/* The way it is done, and the peer that it is shown as. */
	enum peer peer;
	enum peer shown;
	int param;
	bool processes;
	/* In shared memory: helpers leave when it is set. */
	bool *stop;
	double ops;
	uint64_t iterations;
	struct obj o[MAX_OBJECTS];
	int count;
	int fds[MAX_OBJECTS];
	int epfd[2];
	struct team *team;
	struct helper *helpers;
	int helper_count;
	void *priv;
	double value[MAX_METRICS];
	double samples[MAX_METRICS][MAX_ROUNDS];
	char skipped[120];
};

struct options {
	int rounds;
	double round_ms;
	bool quick;
	bool icount;
	bool csv;
	int out;
	const char *filter;
	int param;
	const char *peers;
	const char *ntsync;
	const char *front;
	bool place_given;
	enum placement place;
};

extern struct options opt;

/* main.c */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void die_errno(const char *what) __attribute__((noreturn));
int skip(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* clock.c: ticks are TSC ticks where there is one, otherwise nanoseconds. */
extern double ns_per_tick;
void clock_calibrate(void);
uint64_t monotonic_ns(void);

static inline uint64_t ticks(void)
{
#ifdef __x86_64__
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a" (lo), "=d" (hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
#else
	return monotonic_ns();
#endif
}

/* measure.c */
struct summary {
	double median, q1, q3, min, max;
};

struct summary summarize(const double *values, int count);
extern const char *current_row;
void measure_rows(const struct row *rows, int count);
void measure_end(void);

/* output.c */
void output_begin(void);
void output_runs(const struct row *row, int param, const char *suffix,
		 struct run **runs, int count, int rounds);
void output_reference(const double *samples, int count);
void output_end(void);

/* The tables of rows. */
extern const struct row basic_rows[], multi_rows[], handoff_rows[],
	crowd_rows[], time_rows[], life_rows[];
extern const int basic_row_count, multi_row_count, handoff_row_count,
	crowd_row_count, time_row_count, life_row_count;

#endif /* BENCH_BENCH_H */
