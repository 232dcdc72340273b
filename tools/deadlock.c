// SPDX-License-Identifier: MIT
/*
 * wsync deadlock: threads that wait for each other's mutexes.
 *
 * Threads that wait are taken for stuck, then those are let go who are not:
 * who waits for one of several objects and has a chance, who waits for something
 * that is no mutex, or for a mutex whose owner is not stuck. What remains
 * when nobody can be let go any more waits for itself. Because the pictures of
 * several objects are not of one moment, only waits and owners count that two pictures
 * in a row have, waits begun at the same time.
 *
 * The owner may also be one of us, wsync lock, that waits for its command. Then
 * its only child, or that one's, stands for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

struct thread {
	uint32_t tid, pid;
	uint64_t since;
	uint32_t wants;		/* objects in its wait */
	uint32_t known;		/* edges of ours */
	size_t edges;		/* where they begin */
	uint32_t blocked;	/* edges whose owner is stuck */
	size_t walk;		/* which one came by first, see follow() */
	bool all, alert;
	bool stuck, reported;
};

/* A thread waits for a mutex that another thread owns. */
struct edge {
	size_t thread;
	uint32_t owner;
	/* Who stands for the owner: itself, or a descendant; NOBODY: one who does not wait. */
	size_t behind;
	const struct object *mutex;
	bool other;		/* a descendant */
};

#define NOBODY SIZE_MAX

/*
 * Anybody can have many threads wait: threads are in the order of their ids, edges in
 * that of the threads, and @by_owner has them in the order of @behind.
 */
struct graph {
	struct thread *threads;
	struct edge *edges;
	const struct edge **by_owner;
	size_t thread_count, edge_count;
};

static int compare_threads(const void *a, const void *b)
{
	const struct thread *left = a, *right = b;

	return left->tid < right->tid ? -1 : left->tid > right->tid;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	return left->mutex->id < right->mutex->id ? -1 : left->mutex->id > right->mutex->id;
}

static int compare_behind(const void *a, const void *b)
{
	const struct edge *left = *(const struct edge *const *)a;
	const struct edge *right = *(const struct edge *const *)b;

	return left->behind < right->behind ? -1 : left->behind > right->behind;
}

static struct thread *find(const struct graph *graph, uint32_t tid)
{
	const struct thread key = { .tid = tid };

	return bsearch(&key, graph->threads, graph->thread_count, sizeof(key), compare_threads);
}

static void add_thread(struct graph *graph, const struct wsync_waiter *waiter)
{
	graph->threads[graph->thread_count++] = (struct thread){
		.tid = waiter->tid,
		.pid = waiter->pid,
		.since = waiter->since,
		.wants = waiter->count,
		.all = waiter->flags & WSYNC_WAITER_ALL,
		.alert = waiter->flags & WSYNC_WAITER_ALERT,
	};
}

/* One for each thread, whose wait was there once for each of its objects. */
static void sort_threads(struct graph *graph)
{
	size_t count = 0;

	qsort(graph->threads, graph->thread_count, sizeof(*graph->threads), compare_threads);
	for (size_t i = 0; i < graph->thread_count; i++) {
		const struct thread *thread = &graph->threads[i];
		struct thread *last = count ? &graph->threads[count - 1] : NULL;

		if (last && last->tid == thread->tid) {
			last->alert |= thread->alert;
			last->all |= thread->all;
		} else {
			graph->threads[count++] = *thread;
		}
	}
	graph->thread_count = count;
}

/* The thread on whose wait depends that the owner of a mutex goes on. */
static const struct thread *stands_for(const struct graph *graph, uint32_t owner)
{
	const struct thread *thread = find(graph, owner);
	bool runs_command;
	pid_t pid = (pid_t)owner;
	char *name;

	if (thread)
		return thread;
	name = process_name(pid);
	runs_command = strcmp(name, "wsync") == 0;
	free(name);
	while (runs_command && !thread && (pid = only_child(pid)) != 0)
		thread = find(graph, (uint32_t)pid);
	return thread;
}

static bool is_owned(const struct object *object)
{
	return object->type == WSYNC_TYPE_MUTEX && object->value && object->extra;
}

static void add_edges(struct graph *graph, const struct object *object)
{
	const struct thread *behind = stands_for(graph, object->extra);

	for (size_t i = 0; i < object->waiters_known; i++) {
		const struct wsync_waiter *waiter = &object->waiters[i];

		if (!waiter->tid || (waiter->flags & WSYNC_WAITER_ALERT))
			continue;
		graph->edges[graph->edge_count++] = (struct edge){
			.thread = (size_t)(find(graph, waiter->tid) - graph->threads),
			.owner = object->extra,
			.behind = behind ? (size_t)(behind - graph->threads) : NOBODY,
			.mutex = object,
			.other = behind && behind->tid != object->extra,
		};
	}
}

static void build(struct graph *graph, const struct snapshot *snapshot)
{
	size_t waiters = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		waiters += snapshot->objects[i].waiters_known;
	memset(graph, 0, sizeof(*graph));
	graph->threads = allocate(waiters * sizeof(*graph->threads));
	graph->edges = allocate(waiters * sizeof(*graph->edges));
	graph->by_owner = allocate(waiters * sizeof(*graph->by_owner));
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct object *object = &snapshot->objects[i];

		for (size_t j = 0; j < object->waiters_known; j++) {
			if (object->waiters[j].tid)
				add_thread(graph, &object->waiters[j]);
		}
	}
	sort_threads(graph);
	for (size_t i = 0; i < snapshot->count; i++) {
		if (is_owned(&snapshot->objects[i]))
			add_edges(graph, &snapshot->objects[i]);
	}
	qsort(graph->edges, graph->edge_count, sizeof(*graph->edges), compare_edges);
}

static void free_graph(struct graph *graph)
{
	free(graph->threads);
	free(graph->edges);
	free(graph->by_owner);
}

/* Whether an edge was there before: the thread waits, the other owns. */
static bool had_edge(const struct graph *graph, const struct graph *before,
		     const struct edge *edge)
{
	const struct thread *old = find(before, graph->threads[edge->thread].tid);

	for (uint32_t i = 0; old && i < old->known; i++) {
		const struct edge *other = &before->edges[old->edges + i];

		if (other->owner == edge->owner && other->mutex->id == edge->mutex->id)
			return true;
	}
	return false;
}

/*
 * Takes everything out that was not the same in the picture before: what is left was
 * there, all of it, at the moment between the two.
 */
static void keep_lasting(struct graph *graph, const struct graph *before)
{
	size_t kept = 0;

	for (size_t i = 0; i < graph->thread_count; i++) {
		struct thread *thread = &graph->threads[i];
		const struct thread *old = find(before, thread->tid);

		thread->stuck = old && old->stuck && old->since == thread->since;
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		if (had_edge(graph, before, &graph->edges[i]))
			graph->edges[kept++] = graph->edges[i];
	}
	graph->edge_count = kept;
}

/* Who is stuck as far as one can tell from its own wait. */
static bool cannot_go(const struct thread *thread)
{
	/* An alert can end a wait whoever owns what. */
	if (!thread->stuck || !thread->known || thread->alert)
		return false;
	return thread->all ? thread->blocked > 0 : thread->blocked >= thread->wants;
}

/* @before: the picture before, or NULL. */
static void let_go(struct graph *graph, const struct graph *before)
{
	size_t *gone = allocate(graph->thread_count * sizeof(*gone));
	size_t count = 0;

	for (size_t i = 0; i < graph->thread_count; i++)
		graph->threads[i].stuck = true;
	if (before)
		keep_lasting(graph, before);
	for (size_t i = 0; i < graph->edge_count; i++) {
		struct thread *thread = &graph->threads[graph->edges[i].thread];

		if (!thread->known++)
			thread->edges = i;
		thread->blocked += graph->edges[i].behind != NOBODY;
		graph->by_owner[i] = &graph->edges[i];
	}
	qsort(graph->by_owner, graph->edge_count, sizeof(*graph->by_owner), compare_behind);
	for (size_t i = 0; i < graph->thread_count; i++) {
		if (!cannot_go(&graph->threads[i])) {
			graph->threads[i].stuck = false;
			gone[count++] = i;
		}
	}
	/* Those who wait for one of these have one owner less to fear. */
	while (count) {
		const struct edge key = { .behind = gone[--count] }, *wanted = &key;
		const struct edge **edge = bsearch(&wanted, graph->by_owner, graph->edge_count,
						   sizeof(*edge), compare_behind);

		while (edge && edge > graph->by_owner && edge[-1]->behind == key.behind)
			edge--;
		for (; edge && edge < graph->by_owner + graph->edge_count &&
		       (*edge)->behind == key.behind; edge++) {
			struct thread *thread = &graph->threads[(*edge)->thread];

			thread->blocked--;
			if (thread->stuck && !cannot_go(thread)) {
				thread->stuck = false;
				gone[count++] = (*edge)->thread;
			}
		}
	}
	free(gone);
}

/* The mutex for which a stuck thread cannot go on, and its owner. */
static const struct edge *blocking_edge(const struct graph *graph, size_t thread)
{
	for (uint32_t i = 0; i < graph->threads[thread].known; i++) {
		const struct edge *edge = &graph->edges[graph->threads[thread].edges + i];

		if (edge->behind != NOBODY && graph->threads[edge->behind].stuck)
			return edge;
	}
	return NULL;
}

static json_t *thread_json(const struct snapshot *snapshot, const struct thread *thread,
			   const struct edge *edge)
{
	char *command = process_name((pid_t)thread->tid);
	json_t *json = json_pack("{sisisosI}", "tid", (int)thread->tid, "pid", (int)thread->pid,
				 "command", json_visible(command), "waiting_ns",
				 (json_int_t)elapsed(thread->since, snapshot->monotonic));

	json_object_set_new(json, "waits_for", object_json(snapshot, edge->mutex));
	json_object_set_new(json, "owner_waits_for_command",
			    json_boolean(edge->other));
	free(command);
	return json;
}

static void print_thread(const struct snapshot *snapshot, const struct thread *thread,
			 const struct edge *edge)
{
	char *self = thread_text((pid_t)thread->tid, (pid_t)thread->pid);
	char *time = duration_text((int64_t)elapsed(thread->since, snapshot->monotonic));
	char *name = object_name(edge->mutex), *owner = object_owner(edge->mutex);

	printf("  %s has waited %s for %s, owned by %s", self, time, name, owner);
	if (edge->other)
		printf(", which waits for its command");
	putchar('\n');
	free(self);
	free(time);
	free(name);
	free(owner);
}

/*
 * Follows the mutexes from a thread until it comes back to where it has been in this
 * walk: the cycle. @cycle receives its threads; returns how many, 0 if an earlier walk
 * was there, which found what there is to be found.
 */
static size_t follow(const struct graph *graph, size_t from, size_t *cycle)
{
	const size_t walk = from + 1;
	size_t length = 0, begin = 0;

	while (!graph->threads[from].walk) {
		const struct edge *edge = blocking_edge(graph, from);

		if (!edge)
			return 0;
		graph->threads[from].walk = walk;
		cycle[length++] = from;
		from = edge->behind;
	}
	if (graph->threads[from].walk != walk)
		return 0;
	while (cycle[begin] != from)
		begin++;
	memmove(cycle, cycle + begin, (length - begin) * sizeof(*cycle));
	return length - begin;
}

static size_t report(struct graph *graph, const struct snapshot *snapshot, json_t *deadlocks,
		     json_t *behind)
{
	size_t *cycle = allocate((graph->thread_count + 1) * sizeof(*cycle));
	size_t cycles = 0;
	bool headed = false;

	for (size_t i = 0; i < graph->thread_count; i++) {
		size_t length = graph->threads[i].stuck ? follow(graph, i, cycle) : 0;
		json_t *threads;

		if (!length)
			continue;
		cycles++;
		threads = json_array();
		if (!deadlocks)
			printf("Deadlock of %zu thread%s:\n", length, length > 1 ? "s" : "");
		for (size_t j = 0; j < length; j++) {
			struct thread *thread = &graph->threads[cycle[j]];
			const struct edge *edge = blocking_edge(graph, cycle[j]);

			thread->reported = true;
			if (deadlocks)
				json_array_append_new(threads, thread_json(snapshot, thread, edge));
			else
				print_thread(snapshot, thread, edge);
		}
		if (deadlocks)
			json_array_append_new(deadlocks, json_pack("{so}", "threads", threads));
		else
			json_decref(threads);
	}
	for (size_t i = 0; i < graph->thread_count; i++) {
		const struct edge *edge = blocking_edge(graph, i);

		if (!graph->threads[i].stuck || graph->threads[i].reported || !edge)
			continue;
		if (behind) {
			json_array_append_new(behind,
					      thread_json(snapshot, &graph->threads[i], edge));
			continue;
		}
		if (!headed)
			puts("Stuck behind that:");
		headed = true;
		print_thread(snapshot, &graph->threads[i], edge);
	}
	free(cycle);
	return cycles;
}

struct deadlock {
	struct arguments arguments;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", OPTION_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct deadlock *deadlock = state->input;

	if (key == OPTION_JSON) {
		deadlock->json = true;
		return 0;
	}
	return take_argument(&deadlock->arguments, key, argument, state, 0, false);
}

static const struct argp argp = {
	options, parser, NULL,
	"Finds threads that wait for each other's mutexes, among the objects you may see.\v"
	"The status is 3 if there are any, otherwise 0. A wait with a timeout counts until it "
	"is over.", NULL, NULL, NULL
};

int run_deadlock(int argc, char **argv)
{
	static struct deadlock deadlock;
	const struct timespec pause = { 0, 100 * NSEC_PER_MSEC };
	struct snapshot before, after;
	struct graph first, second;
	json_t *deadlocks = NULL, *behind = NULL;
	size_t cycles;

	parse(&argp, argc, argv, &deadlock);
	snapshot_take(&before, SNAPSHOT_UNNAMED);
	build(&first, &before);
	let_go(&first, NULL);
	nanosleep(&pause, NULL);
	snapshot_take(&after, SNAPSHOT_UNNAMED);
	build(&second, &after);
	let_go(&second, &first);

	if (deadlock.json) {
		deadlocks = json_array();
		behind = json_array();
	}
	cycles = report(&second, &after, deadlocks, behind);
	if (deadlock.json)
		print_json(json_pack("{soso}", "deadlocks", deadlocks, "stuck_behind", behind));
	else if (!cycles)
		puts("No deadlock.");
	free_graph(&first);
	free_graph(&second);
	snapshot_free(&before);
	snapshot_free(&after);
	return cycles ? STATUS_FOUND : 0;
}
