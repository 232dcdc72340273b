// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that come and go.
 *
 * Each name has a word in shared memory: how many handles are known to be
 * open, counted after the open and before the close, and a generation that
 * grows when the first of them comes. Whoever finds that the name was held by
 * others all the time must have got the same object; whoever finds that
 * nobody else was about and no handle is left must have got a new one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "torture.h"

static const uint32_t types[] = {
	WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX, WINSYNC_TYPE_SEMAPHORE,
	WINSYNC_TYPE_TIMER,
};

static uint32_t count_of(uint64_t word)
{
	return word;
}

static uint32_t generation_of(uint64_t word)
{
	return word >> 32;
}

/* What an operation on a name finds around it. */
struct view {
	struct name *name;
	uint64_t before;
	uint32_t activity, forks;
	bool alone;
};

static void view_begin(struct view *view, int index)
{
	view->name = &shared->name[index];
	view->forks = load(shared->forks);
	view->activity = add(view->name->activity, 1);
	view->alone = !add(view->name->busy, 1) &&
		      view->forks == load(shared->forks_done);
	view->before = load(view->name->word);
}

static void view_end(struct view *view)
{
	add(view->name->busy, -1);
}

static bool held_throughout(const struct view *view)
{
	uint64_t now = load(view->name->word);

	return count_of(view->before) && count_of(now) &&
	       generation_of(view->before) == generation_of(now);
}

/* Children of fork() keep handles open that their parents closed. */
static bool unused_throughout(const struct view *view)
{
	return view->alone && !count_of(view->before) &&
	       load(view->name->activity) == view->activity + 1 &&
	       load(shared->forks) == view->forks;
}

static void count_handle(struct name *name, uint64_t id)
{
	uint64_t word, next;

	do {
		word = load(name->word);
		next = word + 1;
		if (!count_of(word))
			next += 1ULL << 32;
	} while (!replace(name->word, word, next));
	if (!count_of(word)) {
		store(name->id, id);
		store(name->id_generation, generation_of(next));
	}
}

static void check_same(struct worker *me, struct view *view, int index,
		       uint64_t id)
{
	uint64_t generation = generation_of(view->before);
	uint64_t known_generation = load(view->name->id_generation);
	uint64_t known = load(view->name->id);

	if (!held_throughout(view) || known_generation != generation ||
	    load(view->name->id_generation) != generation)
		return;
	passed(me, NAME_UNIQUE);
	if (id != known)
		fail(NAME_UNIQUE, "name %d stands for objects %llu and %llu",
		     index, (unsigned long long)known, (unsigned long long)id);
}

static void name_of(char *buffer, size_t size, int index)
{
	snprintf(buffer, size, "name %d", index);
}

static void name_open(struct worker *me, struct name_handle *handle, bool create)
{
	int index = below(me, MAX_NAMES), fd;
	uint32_t type = types[index % 4], existed = 0;
	bool exclusive = create && chance(me, 20);
	struct winsync_stat stat;
	struct view view;
	char name[32];

	name_of(name, sizeof(name), index);
	view_begin(&view, index);
	if (create)
		fd = CALL(me, ws_named(shared->namespace_fd, type, name,
				       exclusive ? WINSYNC_CREATE_EXCL : 0,
				       &existed));
	else
		fd = CALL(me, ws_open(shared->namespace_fd, name,
				      chance(me, 50) ? type : 0, WS_ALL));
	if (held_throughout(&view)) {
		passed(me, NAME_UNIQUE);
		if (exclusive ? fd != -EEXIST : fd < 0 || (create && !existed))
			fail(NAME_UNIQUE, "name %d is held: %d, existed %u",
			     index, fd, existed);
	}
	if (unused_throughout(&view)) {
		passed(me, NAME_STALE);
		if (create ? fd < 0 || existed : fd != -ENOENT)
			fail(NAME_STALE, "name %d has no handle: %d, existed %u",
			     index, fd, existed);
	}
	passed(me, RESULTS);
	if (fd < 0) {
		if (create ? !exclusive || fd != -EEXIST : fd != -ENOENT)
			fail(RESULTS, "opening name %d: %d", index, fd);
		view_end(&view);
		return;
	}
	CALL(me, ws_stat(fd, &stat));
	if (stat.type != type)
		fail(NAME_UNIQUE, "name %d has type %u", index, stat.type);
	check_same(me, &view, index, stat.id);
	count_handle(view.name, stat.id);
	view_end(&view);
	*handle = (struct name_handle){ fd, index, stat.id };
}

static void name_close(struct worker *me, struct name_handle *handle)
{
	struct view view;

	view_begin(&view, handle->name);
	add(view.name->word, -1);
	CALL(me, close(handle->fd));
	view_end(&view);
	handle->fd = -1;
}

/* While a handle is open its name must lead to the same object. */
static void name_reopen(struct worker *me, const struct name_handle *handle)
{
	char name[32];
	int fd, same;

	name_of(name, sizeof(name), handle->name);
	if (chance(me, 50)) {
		fd = CALL(me, ws_duplicate(handle->fd, 0, 0));
	} else {
		fd = CALL(me, ws_open(shared->namespace_fd, name, 0, WS_ALL));
	}
	same = fd < 0 ? fd : CALL(me, ws_same(handle->fd, fd));
	passed(me, NAME_UNIQUE);
	if (same != 1)
		fail(NAME_UNIQUE, "name %d, opened twice: fd %d, same %d",
		     handle->name, fd, same);
	if (fd >= 0)
		CALL(me, close(fd));
}

/* A victim has names of its own: nothing is left of them when it is dead. */
void victim_name(char *buffer, size_t size, int process)
{
	snprintf(buffer, size, "victim %d", process);
}

static void victim_name_once(struct worker *me, struct name_handle *handle)
{
	char name[32];

	if (handle->fd >= 0) {
		CALL(me, close(handle->fd));
		handle->fd = -1;
		return;
	}
	victim_name(name, sizeof(name), me->slot->process);
	handle->fd = CALL(me, ws_named(shared->namespace_fd, WINSYNC_TYPE_EVENT,
				       name, 0, NULL));
	passed(me, RESULTS);
	if (handle->fd < 0)
		fail(RESULTS, "name of victim %d: %d", me->slot->process,
		     handle->fd);
}

void check_victim_name(struct worker *main_thread, int process)
{
	char name[32];
	int fd;

	victim_name(name, sizeof(name), process);
	fd = CALL(main_thread, ws_open(shared->namespace_fd, name, 0, WS_ALL));
	passed(main_thread, LEFT_BEHIND);
	if (fd != -ENOENT)
		fail(LEFT_BEHIND, "the name of killed process %d: %d", process,
		     fd);
	if (fd >= 0)
		close(fd);
}

void name_once(struct worker *me)
{
	struct name_handle *handle = &me->names[below(me, 4)];

	if (shared->process[me->slot->process].victim)
		victim_name_once(me, handle);
	else if (handle->fd < 0)
		name_open(me, handle, chance(me, 60));
	else if (chance(me, 30))
		name_reopen(me, handle);
	else
		name_close(me, handle);
}

void names_close(struct worker *me)
{
	for (int i = 0; i < 4; i++)
		if (me->names[i].fd >= 0 &&
		    !shared->process[me->slot->process].victim)
			name_close(me, &me->names[i]);
}
