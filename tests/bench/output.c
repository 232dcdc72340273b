// SPDX-License-Identifier: GPL-2.0-only
/* The CSV (docs/performance.md describes the columns) and the plain table. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "peers.h"
#include "team.h"

#define CSV_BEGIN	"=== BEGIN winsync bench ==="
#define CSV_END		"=== END winsync bench ==="

static const char *time_unit(void)
{
	return opt.icount ? "insn" : "ns";
}

static const char *ntsync_server(void)
{
	if (!peer_available(PEER_NTSYNC))
		return "none";
	return access("/sys/module/ntsync", F_OK) ? "winsync" : "ntsync";
}

void output_begin(void)
{
	struct utsname uts;

	uname(&uts);
	if (opt.csv)
		dprintf(opt.out, CSV_BEGIN "\n");
	dprintf(opt.out,
		"# kernel=%s machine=%s cpus=%d unit=%s rounds=%d round_ms=%g quick=%d /dev/winsync=%s /dev/ntsync=%s\n",
		uts.release, uts.machine, cpus(), time_unit(), opt.rounds, opt.round_ms,
		opt.quick, ws_dev >= 0 ? "yes" : "no", ntsync_server());
	if (opt.csv)
		dprintf(opt.out,
			"row,param,peer,metric,unit,iterations,rounds,median,q1,q3,min,max,ratio,ratio_q1,ratio_q3\n");
	else
		dprintf(opt.out, "%-26s %6s %-9s %12s %24s %8s %s\n", "row", "param",
			"peer", "median", "quartiles", "ratio",
			"(winsync/peer, front/ntsync)");
}

/* Ours by theirs, round by round. */
static bool ratio_of(const struct run *ours, const struct run *theirs, int metric,
		     int rounds, struct summary *ratio)
{
	double values[MAX_ROUNDS];

	if (!ours || !theirs || ours->skipped[0] || theirs->skipped[0] ||
	    ours == theirs)
		return false;
	for (int i = 0; i < rounds; i++) {
		if (theirs->samples[metric][i] == 0)
			return false;
		values[i] = ours->samples[metric][i] / theirs->samples[metric][i];
	}
	*ratio = summarize(values, rounds);
	return true;
}

static void output_metric(const struct row *row, const char *name, int metric,
			  const struct run *run, struct run **by_peer, int rounds)
{
	const struct run *ntsync = by_peer[PEER_NTSYNC];
	const char *metric_name = row->metrics[metric] ? row->metrics[metric] : "time";
	const char *unit = row->units[metric] ? row->units[metric] : time_unit();
	struct summary s = summarize(run->samples[metric], rounds), r;
	bool has_ratio = run->shown == PEER_FRONT ?
		ratio_of(run, ntsync, metric, rounds, &r) :
		ratio_of(by_peer[PEER_WINSYNC], run, metric, rounds, &r);

	if (opt.csv) {
		dprintf(opt.out, "%s,%d,%s,%s,%s,%llu,%d,%.6g,%.6g,%.6g,%.6g,%.6g,",
			name, run->param, peer_names[run->shown], metric_name, unit,
			(unsigned long long)run->iterations, rounds,
			s.median, s.q1, s.q3, s.min, s.max);
		if (has_ratio)
			dprintf(opt.out, "%.4f,%.4f,%.4f\n", r.median, r.q1, r.q3);
		else
			dprintf(opt.out, ",,\n");
		return;
	}
	dprintf(opt.out, "%-26s %6d %-9s %12.4g %11.4g ..%11.4g %s", name, run->param,
		peer_names[run->shown], s.median, s.q1, s.q3, unit);
	if (has_ratio)
		dprintf(opt.out, " %8.3f [%.3f..%.3f]", r.median, r.q1, r.q3);
	dprintf(opt.out, "%s%s\n", row->metrics[metric] ? " " : "",
		row->metrics[metric] ? row->metrics[metric] : "");
}

void output_runs(const struct row *row, int param, const char *suffix,
		 struct run **runs, int count, int rounds)
{
	struct run *by_peer[PEERS] = { };
	char name[64];

	snprintf(name, sizeof(name), "%s%s", row->name, suffix);
	for (int i = 0; i < count; i++)
		by_peer[runs[i]->shown] = runs[i];
	for (int i = 0; i < count; i++) {
		if (runs[i]->skipped[0]) {
			dprintf(opt.out, "# skipped: %s,%d,%s: %s\n", name, param,
				peer_names[runs[i]->shown], runs[i]->skipped);
			continue;
		}
		for (int m = 0; m < MAX_METRICS && (!m || row->metrics[m]); m++)
			output_metric(row, name, m, runs[i], by_peer, rounds);
	}
}

void output_reference(const double *samples, int count)
{
	struct summary s = summarize(samples, count);

	dprintf(opt.out,
		"# reference: getppid() before each row, %d times: median %.4g %s, quartiles %.4g..%.4g, extremes %.4g..%.4g, spread %.1f %%\n",
		count, s.median, time_unit(), s.q1, s.q3, s.min, s.max,
		100 * (s.q3 - s.q1) / s.median);
}

void output_end(void)
{
	if (opt.csv)
		dprintf(opt.out, CSV_END "\n");
}
