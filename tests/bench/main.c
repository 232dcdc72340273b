// SPDX-License-Identifier: GPL-2.0-only
/* winsync-bench: measures winsync beside its peers, on one machine in one run. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "peers.h"
#include "team.h"

#define WANTED_FILES	(220 * 1000)

const char *const peer_names[PEERS] = {
	[PEER_WINSYNC] = "winsync",
	[PEER_NTSYNC] = "ntsync",
	[PEER_FRONT] = "front",
	[PEER_EVENTFD] = "eventfd",
	[PEER_TIMERFD] = "timerfd",
	[PEER_FUTEX] = "futex",
	[PEER_SEM] = "sem_t",
	[PEER_PTHREAD] = "pthread",
	[PEER_UNIX] = "unix",
	[PEER_PLAIN] = "plain",
};

struct options opt = {
	.rounds = 15,
	.round_ms = 20,
	.out = STDOUT_FILENO,
	.ntsync = "/dev/ntsync",
	.front = "/dev/ntsync-winsync",
};

static const struct {
	const struct row *rows;
	const int *count;
} tables[] = {
	{ basic_rows, &basic_row_count },
	{ multi_rows, &multi_row_count },
	{ handoff_rows, &handoff_row_count },
	{ crowd_rows, &crowd_row_count },
	{ time_rows, &time_row_count },
	{ life_rows, &life_row_count },
};

static pid_t main_pid;

static void __attribute__((noreturn)) give_up(void)
{
	/* A helper process that fails must not leave the others waiting. */
	if (getpid() != main_pid)
		kill(main_pid, SIGTERM);
	_exit(1);
}

void die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "winsync-bench: %s: ", current_row);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	give_up();
}

void die_errno(const char *what)
{
	die("%s: %s", what, strerror(errno));
}

int skip(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->skipped, sizeof(run->skipped), format, args);
	va_end(args);
	return -1;
}

static void hung(int signal)
{
	static const char text[] = ": no end in sight, giving up\n";

	(void)signal;
	if (write(STDERR_FILENO, current_row, strlen(current_row)) < 0 ||
	    write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static void usage(FILE *to)
{
	fputs("usage: winsync-bench [OPTION]...\n"
	      "  -c, --csv            print CSV only, between a begin and an end line\n"
	      "  -o, --output=FILE    write there instead of to the standard output\n"
	      "  -f, --filter=GLOB    only rows whose name matches\n"
	      "  -a, --param=N        only this parameter\n"
	      "  -p, --peers=LIST     only these, separated by commas\n"
	      "  -r, --rounds=N       rounds (15, quick 5; at most 64)\n"
	      "  -t, --round-ms=MS    length of a measurement (20, quick 6)\n"
	      "  -q, --quick          fewer rounds, and not the slowest rows\n"
	      "  -i, --icount         the counter counts instructions (QEMU's -icount shift=0)\n"
	      "  -P, --pin=WHERE      override where threads run: none, same, split\n"
	      "  -n, --ntsync=DEVICE  /dev/ntsync\n"
	      "  -w, --front=DEVICE   winsync's own of that kind (/dev/ntsync-winsync)\n"
	      "  -l, --list           print the rows\n"
	      "  -h, --help           print this\n", to);
}

static void list_rows(void)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (int i = 0; i < *tables[t].count; i++)
			printf("%-24s %s\n", tables[t].rows[i].name,
			       tables[t].rows[i].what);
}

static double number(const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= low && value <= high)) {
		fprintf(stderr, "winsync-bench: not between %g and %g: %s\n", low, high,
			text);
		exit(2);
	}
	return value;
}

static void set_pin(const char *where)
{
	static const char *const names[] = {
		[PLACE_FREE] = "none", [PLACE_SAME] = "same", [PLACE_SPLIT] = "split",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(where, names[i])) {
			opt.place = i;
			opt.place_given = true;
			return;
		}
	}
	fprintf(stderr, "winsync-bench: --pin is none, same or split\n");
	exit(2);
}

static void set_output(const char *file)
{
	opt.out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (opt.out < 0) {
		fprintf(stderr, "winsync-bench: %s: %s\n", file, strerror(errno));
		exit(2);
	}
}

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "csv", no_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ "filter", required_argument, NULL, 'f' },
		{ "param", required_argument, NULL, 'a' },
		{ "peers", required_argument, NULL, 'p' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "round-ms", required_argument, NULL, 't' },
		{ "quick", no_argument, NULL, 'q' },
		{ "icount", no_argument, NULL, 'i' },
		{ "pin", required_argument, NULL, 'P' },
		{ "ntsync", required_argument, NULL, 'n' },
		{ "front", required_argument, NULL, 'w' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int rounds = 0, c;
	double ms = 0;

	while ((c = getopt_long(argc, argv, "co:f:a:p:r:t:qiP:n:w:lh", longs, NULL)) != -1) {
		switch (c) {
		case 'c': opt.csv = true; break;
		case 'o': set_output(optarg); break;
		case 'f': opt.filter = optarg; break;
		case 'a': opt.param = number(optarg, 1, 1e6); break;
		case 'p': opt.peers = optarg; break;
		case 'r': rounds = number(optarg, 1, MAX_ROUNDS); break;
		case 't': ms = number(optarg, 0.01, 10000); break;
		case 'q': opt.quick = true; break;
		case 'i': opt.icount = true; break;
		case 'P': set_pin(optarg); break;
		case 'n': opt.ntsync = optarg; break;
		case 'w': opt.front = optarg; break;
		case 'l': list_rows(); exit(0);
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(2);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(2);
	}
	/* A millisecond of counted instructions lies between two timer ticks. */
	if (opt.icount) {
		opt.rounds = 7;
		opt.round_ms = 0.7;
	} else if (opt.quick) {
		opt.rounds = 5;
		opt.round_ms = 6;
	}
	if (rounds)
		opt.rounds = rounds;
	if (ms)
		opt.round_ms = ms;
}

int main(int argc, char **argv)
{
	struct rlimit files = { WANTED_FILES, WANTED_FILES };

	main_pid = getpid();
	parse(argc, argv);
	/* Rows that need more than they get say so. */
	if (setrlimit(RLIMIT_NOFILE, &files) < 0) {
		getrlimit(RLIMIT_NOFILE, &files);
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGALRM, hung);
	clock_calibrate();
	peers_open();
	output_begin();
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		measure_rows(tables[i].rows, *tables[i].count);
	measure_end();
	output_end();
	peers_close();
	return 0;
}
