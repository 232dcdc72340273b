// SPDX-License-Identifier: MIT
/* wsync top: which objects are used most, and who waits for what, again and again. */
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

enum order { BY_EVENTS, BY_WAITERS, BY_LONGEST, BY_NAME };

struct top {
	struct arguments arguments;
	int64_t delay;
	uint32_t rounds;
	bool batch, json, unnamed;
};

/* qsort() has no argument for its callback. */
static enum order order;
static uint64_t moment;

static const struct argp_option options[] = {
	{ "batch", 'b', NULL, 0, "Print one table after the other", 0 },
	{ "delay", 'd', "TIME", 0, "Time between two looks (1s)", 0 },
	{ "iterations", 'n', "N", 0, "End after N looks", 0 },
	{ "json", OPTION_JSON, NULL, 0, "Print each look as a line of JSON", 0 },
	{ "unnamed", 'u', NULL, 0,
	  "Also objects without names, in processes that you may trace", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case 'b':
		top->batch = true;
		return 0;
	case 'd':
		top->delay = parse_duration(state, argument);
		if (!top->delay)
			argp_error(state, "no time between two looks");
		return 0;
	case 'n':
		top->rounds = parse_number(state, argument, 1, UINT32_MAX);
		return 0;
	case OPTION_JSON:
		top->json = true;
		return 0;
	case 'u':
		top->unnamed = true;
		return 0;
	default:
		return take_argument(&top->arguments, key, argument, state, 0, false);
	}
}

static const struct argp argp = {
	options, parser, NULL,
	"Shows the objects that are signaled and acquired most, their waiters and longest "
	"waits, live.\v"
	"Keys: h, w, l, n: in the order of what happens (hottest), waiters, longest wait, name; "
	"u: also those without names; q: end. Without a terminal it is as with --batch.", NULL,
	NULL, NULL
};

static const struct column *const columns[] = {
	&column_type, &column_name, &column_state, &column_rate, &column_waiters,
	&column_longest,
	&column_owner, &column_waiting,
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static uint64_t longest(const struct object *object)
{
	uint64_t time = 0;

	for (size_t i = 0; i < object->waiters_known; i++) {
		uint64_t this = elapsed(object->waiters[i].since, moment);

		if (this > time)
			time = this;
	}
	return time;
}

static int descending(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare(const void *a, const void *b)
{
	const struct object *left = *(const struct object *const *)a;
	const struct object *right = *(const struct object *const *)b;
	int by_events = descending(left->new_signals + left->new_acquisitions,
				   right->new_signals + right->new_acquisitions);
	int by_waiters = descending(left->waiter_count, right->waiter_count);
	int by_longest = descending(longest(left), longest(right));
	int by_id = -descending(left->id, right->id);

	if (order == BY_EVENTS && by_events)
		return by_events;
	if (order == BY_EVENTS || order == BY_WAITERS)
		return by_waiters ? by_waiters : by_longest ? by_longest : by_id;
	if (order == BY_LONGEST)
		return by_longest ? by_longest : by_waiters ? by_waiters : by_id;
	if (!left->name || !right->name)
		return left->name ? -1 : right->name ? 1 : by_id;
	return strcmp(left->name, right->name);
}

static const struct object **sorted(const struct snapshot *snapshot)
{
	const struct object **objects = allocate(snapshot->count * sizeof(*objects));

	for (size_t i = 0; i < snapshot->count; i++)
		objects[i] = &snapshot->objects[i];
	moment = snapshot->monotonic;
	qsort(objects, snapshot->count, sizeof(*objects), compare);
	return objects;
}

static char *summary(const struct snapshot *snapshot)
{
	unsigned long waits = 0;
	char clock[16];
	time_t seconds = time(NULL);
	struct tm fields;

	for (size_t i = 0; i < snapshot->count; i++)
		waits += snapshot->objects[i].waiter_count;
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&seconds, &fields));
	return format_text("%s  %zu objects, %lu waits", clock, snapshot->count, waits);
}

static void print_round(const struct top *top, const struct snapshot *snapshot,
			const struct object **objects)
{
	json_t *array;
	char *text;

	if (!top->json) {
		text = summary(snapshot);
		puts(text);
		free(text);
		print_table(snapshot, objects, snapshot->count, columns, COLUMN_COUNT, true);
		return;
	}
	array = json_array();
	for (size_t i = 0; i < snapshot->count; i++)
		json_array_append_new(array, object_json(snapshot, objects[i]));
	print_json_line(json_pack("{sIso}", "interval_ns", (json_int_t)snapshot->interval,
				  "objects", array));
}

/* Takes the next one, and forgets the one before, which is in @snapshot unless @first. */
static void next_round(const struct top *top, struct snapshot *snapshot, bool first)
{
	struct snapshot before = *snapshot;

	snapshot_take(snapshot, top->unnamed ? SNAPSHOT_UNNAMED : 0);
	if (first)
		return;
	snapshot_compare(snapshot, &before);
	snapshot_free(&before);
}

static void batch(const struct top *top)
{
	const struct timespec pause = { top->delay / NSEC_PER_SEC, top->delay % NSEC_PER_SEC };
	struct snapshot snapshot = { 0 };

	for (uint32_t i = 0; !top->rounds || i < top->rounds; i++) {
		const struct object **objects;

		if (i)
			nanosleep(&pause, NULL);
		next_round(top, &snapshot, !i);
		objects = sorted(&snapshot);
		print_round(top, &snapshot, objects);
		free(objects);
		check_output();
	}
	snapshot_free(&snapshot);
}

static void draw(const struct snapshot *snapshot, const struct object **objects)
{
	char *text = summary(snapshot);
	char *table = table_text(snapshot, objects, snapshot->count, columns, COLUMN_COUNT,
				 (size_t)COLS);
	char *next = table;
	int row = 2;

	erase();
	mvaddstr(0, 0, text);
	/* All of it was escaped where the cells were made. */
	for (char *line; row < LINES && (line = strsep(&next, "\n")) != NULL; row++) {
		if (row == 2)
			attron(A_REVERSE);
		mvaddnstr(row, 0, line, -1);
		if (row == 2)
			attroff(A_REVERSE);
	}
	refresh();
	free(text);
	free(table);
}

/* Whether to go on. */
static bool handle_key(struct top *top, int key)
{
	switch (key) {
	case 'q':
		return false;
	case 'h':
		order = BY_EVENTS;
		break;
	case 'w':
		order = BY_WAITERS;
		break;
	case 'l':
		order = BY_LONGEST;
		break;
	case 'n':
		order = BY_NAME;
		break;
	case 'u':
		top->unnamed = !top->unnamed;
		break;
	}
	return true;
}

static void end_curses(void)
{
	if (!isendwin())
		endwin();
}

static void interactive(struct top *top)
{
	struct snapshot snapshot = { 0 };
	bool going = true;

	if (!initscr())
		fail("this terminal cannot be used; try --batch");
	/* Whatever ends the program, the terminal is as it was. */
	atexit(end_curses);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	timeout(milliseconds(top->delay));
	for (uint32_t i = 0; going && (!top->rounds || i < top->rounds); i++) {
		const struct object **objects;

		next_round(top, &snapshot, !i);
		objects = sorted(&snapshot);
		draw(&snapshot, objects);
		free(objects);
		going = handle_key(top, getch());
	}
	snapshot_free(&snapshot);
}

int run_top(int argc, char **argv)
{
	static struct top top = { .delay = NSEC_PER_SEC };
	int device;
	int error;

	parse(&argp, argc, argv, &top);
	/* Before the screen is another one. */
	error = wsync_context_device(NULL, &device);
	if (error)
		fail("%s", wsync_strerror(error));
	if (top.batch || top.json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		batch(&top);
	else
		interactive(&top);
	return 0;
}
