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
	bool all, alert;
	bool stuck, reported;
};

/* A thread waits for a mutex that another thread owns. */
struct edge {
	size_t thread;
	uint32_t owner;
	uint32_t behind;	/* who stands for the owner: itself, or a descendant */
	const struct object *mutex;
};

struct graph {
	struct thread *threads;
	struct edge *edges;
	size_t thread_count, edge_count;
};

static struct thread *find(const struct graph *graph, uint32_t tid)
{
	for (size_t i = 0; i < graph->thread_count; i++) {
		if (graph->threads[i].tid == tid)
			return &graph->threads[i];
	}
	return NULL;
}

static struct thread *find_or_add(struct graph *graph, const struct wsync_waiter *waiter)
{
	struct thread *thread = find(graph, waiter->tid);

	if (thread)
		return thread;
	thread = &graph->threads[graph->thread_count++];
	thread->tid = waiter->tid;
	thread->pid = waiter->pid;
	thread->since = waiter->since;
	thread->wants = waiter->count;
	thread->all = waiter->flags & WSYNC_WAITER_ALL;
	return thread;
}

/* The thread on whose wait depends that the owner of a mutex goes on. */
static uint32_t stands_for(const struct graph *graph, uint32_t owner)
{
	char *name = process_name((pid_t)owner);
	bool runs_command = strcmp(name, "wsync") == 0;
	pid_t pid = (pid_t)owner;

	free(name);
	if (find(graph, owner) || !runs_command)
		return owner;
	while ((pid = only_child(pid)) != 0) {
		if (find(graph, (uint32_t)pid))
			return (uint32_t)pid;
	}
	return owner;
}

static void build(struct graph *graph, const struct snapshot *snapshot)
{
	size_t waiters = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		waiters += snapshot->objects[i].waiters_known;
	memset(graph, 0, sizeof(*graph));
	graph->threads = allocate(waiters * sizeof(*graph->threads));
	graph->edges = allocate(waiters * sizeof(*graph->edges));
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct object *object = &snapshot->objects[i];

		for (size_t j = 0; j < object->waiters_known; j++) {
			const struct wsync_waiter *waiter = &object->waiters[j];
			struct thread *thread;

			if (!waiter->tid)
				continue;
			thread = find_or_add(graph, waiter);
			if (waiter->flags & WSYNC_WAITER_ALERT) {
				thread->alert = true;
				continue;
			}
			if (object->type != WSYNC_TYPE_MUTEX || !object->value || !object->extra)
				continue;
			graph->edges[graph->edge_count++] = (struct edge){
				.thread = (size_t)(thread - graph->threads),
				.owner = object->extra,
				.mutex = object,
			};
			thread->known++;
		}
	}
	for (size_t i = 0; i < graph->edge_count; i++)
		graph->edges[i].behind = stands_for(graph, graph->edges[i].owner);
}

/* How many of the mutexes a thread waits for are held by stuck ones. */
static uint32_t stuck_edges(const struct graph *graph, size_t thread)
{
	uint32_t count = 0;

	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct thread *owner;

		if (graph->edges[i].thread != thread)
			continue;
		owner = find(graph, graph->edges[i].behind);
		count += owner && owner->stuck;
	}
	return count;
}

/* Whether an edge was there before: the thread waits, the other owns. */
static bool had_edge(const struct graph *graph, const struct graph *before,
		     const struct edge *edge)
{
	const struct thread *old = find(before, graph->threads[edge->thread].tid);

	for (size_t i = 0; old && i < before->edge_count; i++) {
		if (&before->threads[before->edges[i].thread] == old &&
		    before->edges[i].owner == edge->owner &&
		    before->edges[i].mutex->id == edge->mutex->id)
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
		thread->known = 0;
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		if (!had_edge(graph, before, &graph->edges[i]))
			continue;
		graph->threads[graph->edges[i].thread].known++;
		graph->edges[kept++] = graph->edges[i];
	}
	graph->edge_count = kept;
}

/* @before: the picture before, or NULL. */
static void let_go(struct graph *graph, const struct graph *before)
{
	bool changed = true;

	for (size_t i = 0; i < graph->thread_count; i++)
		graph->threads[i].stuck = true;
	if (before)
		keep_lasting(graph, before);
	/* An alert can end a wait whoever owns what. */
	for (size_t i = 0; i < graph->thread_count; i++)
		graph->threads[i].stuck &= graph->threads[i].known && !graph->threads[i].alert;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < graph->thread_count; i++) {
			struct thread *thread = &graph->threads[i];
			uint32_t stuck;

			if (!thread->stuck)
				continue;
			stuck = stuck_edges(graph, i);
			if (thread->all ? stuck > 0 : stuck >= thread->wants)
				continue;
			thread->stuck = false;
			changed = true;
		}
	}
}

/* The mutex for which a stuck thread cannot go on, and its owner. */
static const struct edge *blocking_edge(const struct graph *graph, size_t thread)
{
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct thread *owner = find(graph, graph->edges[i].behind);

		if (graph->edges[i].thread == thread && owner && owner->stuck)
			return &graph->edges[i];
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
			    json_boolean(edge->behind != edge->owner));
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
	if (edge->behind != edge->owner)
		printf(", which waits for its command");
	putchar('\n');
	free(self);
	free(time);
	free(name);
	free(owner);
}

/*
 * Follows the mutexes from a thread until it comes back to where it has been: the
 * cycle. @cycle receives its threads; returns how many.
 */
static size_t follow(const struct graph *graph, size_t from, size_t *cycle)
{
	size_t *path = allocate((graph->thread_count + 1) * sizeof(*path));
	size_t length = 0, begin;

	for (;;) {
		const struct edge *edge = blocking_edge(graph, from);

		for (begin = 0; begin < length && path[begin] != from; begin++)
			;
		if (begin < length || !edge)
			break;
		path[length++] = from;
		from = (size_t)(find(graph, edge->behind) - graph->threads);
	}
	length = begin < length ? length - begin : 0;
	memcpy(cycle, path + begin, length * sizeof(*cycle));
	free(path);
	return length;
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

		if (!length || graph->threads[cycle[0]].reported)
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
	free(first.threads);
	free(first.edges);
	free(second.threads);
	free(second.edges);
	snapshot_free(&before);
	snapshot_free(&after);
	return cycles ? STATUS_FOUND : 0;
}
