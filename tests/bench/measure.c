// SPDX-License-Identifier: GPL-2.0-only
/* Calibrating, repeating and summarizing. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "peers.h"
#include "team.h"

/* A row that takes longer than this in total hangs. */
#define WATCHDOG_SECONDS	180
#define SLOW_ROUNDS		3
#define MAX_REFERENCE		1024
#define REFERENCE_CALLS		2000
#define QUIET_CALLS		50

const char *current_row = "";

static double reference[MAX_REFERENCE];
static int reference_count;

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, int count, double q)
{
	double at = q * (count - 1);
	int below = at;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

struct summary summarize(const double *values, int count)
{
	double sorted[MAX_REFERENCE];

	memcpy(sorted, values, count * sizeof(sorted[0]));
	qsort(sorted, count, sizeof(sorted[0]), compare_doubles);
	return (struct summary) {
		.median = quantile(sorted, count, 0.5),
		.q1 = quantile(sorted, count, 0.25),
		.q3 = quantile(sorted, count, 0.75),
		.min = sorted[0],
		.max = sorted[count - 1],
	};
}

/*
 * The same cheap system call before every row: its spread over the run is the
 * machine's, not any peer's.
 */
static double reference_sample(int calls)
{
	uint64_t start = ticks();

	for (int i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return (double)(ticks() - start) * ns_per_tick / calls;
}

/*
 * Now and then the kernel has everybody do more for a while, at each end of a
 * read-side section for instance. Counted instructions are taken when it has
 * not, which the reference shows.
 */
#define QUIET_TRIES	200
#define QUIET_MARGIN	1.05

static bool quiet(void)
{
	static double least;
	double now = reference_sample(QUIET_CALLS);

	if (!least || now < least)
		least = now;
	return now <= least * QUIET_MARGIN;
}

static void settle(void)
{
	for (int i = 0; i < QUIET_TRIES && !quiet(); i++)
		usleep(5000);
}

static double timed(struct run *run, uint64_t n)
{
	uint64_t start;

	peer_use(run->shown);
	start = ticks();
	run->impl->loop(run, n);
	return (double)(ticks() - start) * ns_per_tick;
}

static void calibrate(struct run *run)
{
	double target = opt.round_ms * 1e6;
	uint64_t n = 1;
	double took;

	if (run->row->flags & ROW_SAMPLED) {
		run->iterations = 1;
		return;
	}
	timed(run, 1);
	for (;;) {
		took = timed(run, n);
		if (took >= target / 4)
			break;
		n *= took * 16 < target ? 8 : 2;
	}
	run->iterations = n * target / took;
	if (!run->iterations)
		run->iterations = 1;
}

static void measure_round(struct run *run, int round)
{
	int tries = 0;
	double took;

	if (run->row->flags & ROW_SAMPLED) {
		peer_use(run->shown);
		run->impl->loop(run, 1);
		for (int m = 0; m < MAX_METRICS; m++)
			run->samples[m][round] = run->value[m];
		return;
	}
	do {
		if (opt.icount)
			settle();
		took = timed(run, run->iterations);
	} while (opt.icount && !quiet() && ++tries < QUIET_TRIES);
	run->samples[0][round] = took / ((double)run->iterations * run->ops);
}

static bool peer_wanted(enum peer peer)
{
	char list[128];

	if (!opt.peers)
		return true;
	snprintf(list, sizeof(list), ",%s,", opt.peers);
	for (char *at = list; (at = strstr(at, peer_names[peer])); at++)
		if (at[-1] == ',' && at[strlen(peer_names[peer])] == ',')
			return true;
	return false;
}

static const struct impl *find_impl(const struct row *row, enum peer peer)
{
	if (row->impl[peer].loop)
		return &row->impl[peer];
	return row->peers & BIT(peer) ? &row->common : NULL;
}

static struct run *run_new(const struct row *row, int param, enum peer shown)
{
	enum peer peer = shown == PEER_FRONT ? PEER_NTSYNC : shown;
	const struct impl *impl = find_impl(row, peer);
	struct run *run;

	if (!impl || !peer_available(shown) || !peer_wanted(shown))
		return NULL;
	run = calloc(1, sizeof(*run));
	if (!run)
		die("out of memory");
	run->row = row;
	run->impl = impl;
	run->peer = peer;
	run->shown = shown;
	run->param = param;
	run->ops = row->ops ? row->ops : 1;
	run->stop = shared_alloc(sizeof(*run->stop));
	run->epfd[0] = run->epfd[1] = -1;
	for (int i = 0; i < MAX_OBJECTS; i++)
		run->o[i].fd = -1;
	place(run, 0);
	peer_use(shown);
	if (impl->setup && impl->setup(run) && !run->skipped[0])
		die("%s with %s: setup failed", row->name, peer_names[shown]);
	return run;
}

static void measure_one(const struct row *row, int param, bool mt)
{
	int rounds = row->flags & ROW_SLOW ? SLOW_ROUNDS : opt.rounds;
	struct run *runs[PEERS], *active[PEERS];
	int count = 0, live = 0;

	alarm(WATCHDOG_SECONDS);
	if (reference_count < MAX_REFERENCE)
		reference[reference_count++] = reference_sample(REFERENCE_CALLS);
	if (mt)
		idle_thread_start();
	for (int peer = 0; peer < PEERS; peer++) {
		struct run *run = run_new(row, param, peer);

		if (!run)
			continue;
		runs[count++] = run;
		if (!run->skipped[0])
			active[live++] = run;
	}
	for (int i = 0; i < live; i++)
		calibrate(active[i]);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < live; i++)
			measure_round(active[(i + round) % live], round);
	for (int i = 0; i < count; i++) {
		peer_use(runs[i]->shown);
		if (runs[i]->impl->teardown)
			runs[i]->impl->teardown(runs[i]);
	}
	if (mt)
		idle_thread_stop();
	place_free();
	if (count)
		output_runs(row, param, mt ? "+mt" : "", runs, count, rounds);
	for (int i = 0; i < count; i++)
		free(runs[i]);
	shared_reset();
	alarm(0);
}

static void measure_row(const struct row *row)
{
	const int *params = opt.quick && row->quick_params[0] ? row->quick_params
							      : row->params;

	if (opt.filter && fnmatch(opt.filter, row->name, 0))
		return;
	if ((opt.quick && (row->flags & ROW_FULL)) ||
	    (opt.icount && !(row->flags & ROW_COUNTED)) ||
	    (cpus() < 2 && (row->flags & ROW_SMP)))
		return;
	current_row = row->name;
	for (int i = 0; i == 0 || (i < MAX_PARAMS && params[i]); i++) {
		if (opt.param && params[i] != opt.param)
			continue;
		measure_one(row, params[i], false);
		if (row->flags & ROW_MT)
			measure_one(row, params[i], true);
	}
}

void measure_rows(const struct row *rows, int count)
{
	for (int i = 0; i < count; i++)
		measure_row(&rows[i]);
}

void measure_end(void)
{
	if (reference_count)
		output_reference(reference, reference_count);
}
