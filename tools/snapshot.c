// SPDX-License-Identifier: MIT
/*
 * All objects that the caller may see, at one moment, as far as there is such a
 * thing: namespace by namespace, then what is found in processes.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

/* Most waiters that the module reports of an object. */
#define WAITERS_MAX 256

uint64_t now(int clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
}

/* What has begun while we looked has lasted for no time, not for less. */
uint64_t elapsed(uint64_t since, uint64_t until)
{
	return until > since ? until - since : 0;
}

static struct object *add(struct snapshot *snapshot)
{
	struct object *object;

	if (snapshot->count == snapshot->room) {
		snapshot->room = snapshot->room ? snapshot->room * 2 : 64;
		snapshot->objects = realloc(snapshot->objects,
					    snapshot->room * sizeof(*snapshot->objects));
		if (!snapshot->objects)
			fail("out of memory");
	}
	object = &snapshot->objects[snapshot->count++];
	memset(object, 0, sizeof(*object));
	return object;
}

/* The list has only zeros for the state of an object that we may not query. */
static bool shows_nothing(const struct object *object)
{
	return !object->waiter_count && !object->value && !object->extra && !object->signaled &&
	       !object->signals && !object->acquisitions;
}

/* What a handle tells beyond the list. */
static void look(struct object *object, int fd)
{
	struct wsync_mutex_state mutex;

	if (object->waiter_count) {
		object->waiters = allocate(WAITERS_MAX * sizeof(*object->waiters));
		if (wsync_get_waiters(fd, object->waiters, WAITERS_MAX, &object->waiters_known,
				      NULL))
			object->waiters_known = 0;
	}
	if (object->type == WSYNC_TYPE_MUTEX && wsync_mutex_query(fd, &mutex) == 0)
		object->abandoned = mutex.abandoned;
	if (object->type == WSYNC_TYPE_TIMER && wsync_timer_query(fd, &object->timer))
		memset(&object->timer, 0, sizeof(object->timer));
}

/* What there is to see only through a handle: also, whether we may see anything. */
static bool worth_a_look(const struct object *object)
{
	return object->waiter_count || object->type == WSYNC_TYPE_TIMER ||
	       (object->type == WSYNC_TYPE_MUTEX && !object->value) || shows_nothing(object);
}

struct listing {
	struct snapshot *snapshot;
	const char *namespace;
	uint32_t flags;
	int fd;
};

static int list_object(const struct wsync_list_entry *entry, void *arg)
{
	struct listing *listing = arg;
	struct object *object = add(listing->snapshot);
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int error, fd;
	WSYNC_OPTS(wsync_opts, opts);

	object->id = entry->id;
	object->created = entry->created;
	object->signals = entry->signals;
	object->acquisitions = entry->acquisitions;
	object->abandonments = entry->abandonments;
	object->type = entry->type;
	object->uid = entry->uid;
	object->mode = entry->mode;
	object->has_stat = true;
	object->handles = entry->handles;
	object->waiter_count = entry->waiters;
	object->value = entry->value;
	object->extra = entry->extra;
	object->signaled = entry->signaled;
	object->namespace = format_text("%s", listing->namespace);
	object->name = format_text("%s", entry->name);
	object->name_length = entry->name_len;
	if ((listing->flags & SNAPSHOT_NAMES_ONLY) || !worth_a_look(object))
		return 0;
	opts.ns = listing->fd;
	opts.access = WSYNC_ACCESS_QUERY;
	error = wsync_open(NULL, entry->name, entry->type, WSYNC_IN_NAMESPACE, &opts, &fd);
	/* It may be gone; then the list is all we know. */
	object->hidden = error == -EACCES && shows_nothing(object);
	if (error)
		return 0;
	/* The name may be another object's by now. */
	if (wsync_get_stat(fd, &stat) == 0 && stat.id == object->id)
		look(object, fd);
	wsync_close(fd);
	return 0;
}

static char *namespace_text(const struct wsync_list_entry *entry)
{
	bool at = memchr(entry->name, '@', entry->name_len) != NULL;

	if (!entry->name_len)
		return format_text("Global");
	if (!entry->ns_per_user)
		return format_text("[%s%s]", entry->name, at ? "@" : "");
	if (strcmp(entry->name, "Local") == 0 && entry->ns_uid == geteuid())
		return format_text("Local");
	return format_text("[%s@%u]", entry->name, entry->ns_uid);
}

static int open_listed(const struct wsync_list_entry *entry, uint32_t access, int *fd)
{
	WSYNC_OPTS(wsync_namespace_opts, opts);

	opts.access = access;
	if (!entry->name_len)
		return wsync_namespace_scope(NULL, WSYNC_SCOPE_GLOBAL, 0, &opts, fd);
	opts.uid = entry->ns_uid;
	opts.other_user = entry->ns_per_user;
	return wsync_namespace_open(NULL, entry->name,
				    entry->ns_per_user ? WSYNC_NS_PER_USER : 0, &opts, fd, NULL);
}

static int list_namespace(const struct wsync_list_entry *entry, void *arg)
{
	struct listing *listing = arg;
	char *text;
	int error;

	error = open_listed(entry, WSYNC_ACCESS_QUERY | WSYNC_ACCESS_SYNCHRONIZE, &listing->fd);
	if (error)
		error = open_listed(entry, WSYNC_ACCESS_QUERY, &listing->fd);
	if (error) {
		/* One that is gone by now is none. */
		listing->snapshot->unreadable += error != -ENOENT;
		return 0;
	}
	text = namespace_text(entry);
	listing->namespace = text;
	if (wsync_list(listing->fd, list_object, listing))
		listing->snapshot->unreadable++;
	wsync_close(listing->fd);
	free(text);
	return 0;
}

/* What the fdinfo of a handle says: its object, and its name, escaped. */
static uint64_t read_fdinfo(pid_t pid, int fd, char *name, size_t room)
{
	unsigned long long id = 0;
	char path[64], line[8192];
	FILE *file;

	*name = '\0';
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		static const char key[] = "winsync-name:\t";

		sscanf(line, "winsync-id: %llu", &id);
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			snprintf(name, room, "%.*s", (int)strcspn(line + sizeof(key) - 1, "\n"),
				 line + sizeof(key) - 1);
	}
	fclose(file);
	return id;
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

struct search {
	struct snapshot *snapshot;
	void *seen;
};

static bool is_new(struct search *search, uint64_t id)
{
	uint64_t *copy = allocate(sizeof(*copy));
	uint64_t **found;

	*copy = id;
	found = tsearch(copy, &search->seen, compare_ids);
	if (!found)
		fail("out of memory");
	if (*found != copy) {
		free(copy);
		return false;
	}
	return true;
}

static void query_state(struct object *object, int fd)
{
	struct wsync_event_state event;
	struct wsync_mutex_state mutex;
	struct wsync_semaphore_state semaphore;

	switch (object->type) {
	case WSYNC_TYPE_EVENT:
		if (wsync_event_query(fd, &event))
			return;
		object->value = event.manual_reset;
		object->signaled = event.signaled;
		break;
	case WSYNC_TYPE_MUTEX:
		if (wsync_mutex_query(fd, &mutex))
			return;
		object->value = mutex.depth;
		object->extra = mutex.owner;
		object->signaled = !mutex.depth;
		break;
	case WSYNC_TYPE_SEMAPHORE:
		if (wsync_semaphore_query(fd, &semaphore))
			return;
		object->value = semaphore.count;
		object->extra = semaphore.max;
		object->signaled = semaphore.count > 0;
		break;
	case WSYNC_TYPE_TIMER:
		if (wsync_timer_query(fd, &object->timer))
			return;
		object->value = object->timer.manual_reset;
		object->extra = object->timer.set;
		object->signaled = object->timer.signaled;
		break;
	}
}

static bool find_handle(pid_t pid, int fd, const char *link, void *arg)
{
	static const char objects[] = "anon_inode:[winsync-";
	struct search *search = arg;
	struct wsync_stat stat = { .sz = sizeof(stat) };
	struct object *object;
	char name[4096];
	uint64_t id;
	int taken;

	if (strncmp(link, objects, sizeof(objects) - 1) || strstr(link, "namespace"))
		return true;
	id = read_fdinfo(pid, fd, name, sizeof(name));
	if (!id || !is_new(search, id))
		return true;
	if (wsync_take(pid, fd, WSYNC_TYPE_ANY, 0, &taken))
		return true;
	/* The number may be another object's by now. */
	if (wsync_get_stat(taken, &stat) == 0 && stat.id == id) {
		object = add(search->snapshot);
		object->id = id;
		object->created = stat.created;
		object->signals = stat.signals;
		object->acquisitions = stat.acquisitions;
		object->abandonments = stat.abandonments;
		object->type = stat.type;
		object->uid = stat.uid;
		object->mode = stat.mode;
		object->has_stat = true;
		/* It is the same handle that we have, not another one. */
		object->handles = stat.handles;
		object->waiter_count = stat.waiters;
		object->holder = pid;
		if (*name) {
			/* In a namespace that is not to be listed from here. */
			object->namespace = format_text("[?]");
			object->name = format_text("%s", name);
			object->name_length = strlen(name);
		}
		object->hidden = !(stat.access & WSYNC_ACCESS_QUERY);
		query_state(object, taken);
		look(object, taken);
	}
	wsync_close(taken);
	return true;
}

void snapshot_take(struct snapshot *snapshot, uint32_t flags)
{
	struct listing listing = { .snapshot = snapshot, .flags = flags };
	struct search search = { .snapshot = snapshot };
	int error;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->boottime = now(CLOCK_BOOTTIME);
	snapshot->monotonic = now(CLOCK_MONOTONIC);
	error = wsync_list_namespaces(NULL, list_namespace, &listing);
	if (error)
		fail("%s", wsync_strerror(error));
	if (!(flags & SNAPSHOT_UNNAMED))
		return;
	for (size_t i = 0; i < snapshot->count; i++)
		is_new(&search, snapshot->objects[i].id);
	each_fd(find_handle, &search);
	tdestroy(search.seen, free);
}

void snapshot_free(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		free(snapshot->objects[i].namespace);
		free(snapshot->objects[i].name);
		free(snapshot->objects[i].waiters);
	}
	free(snapshot->objects);
	memset(snapshot, 0, sizeof(*snapshot));
}

static int compare_objects(const void *a, const void *b)
{
	const struct object *left = *(const struct object *const *)a;
	const struct object *right = *(const struct object *const *)b;

	return left->id < right->id ? -1 : left->id > right->id;
}

void snapshot_compare(struct snapshot *snapshot, const struct snapshot *before)
{
	const struct object **known = allocate(before->count * sizeof(*known));

	for (size_t i = 0; i < before->count; i++)
		known[i] = &before->objects[i];
	qsort(known, before->count, sizeof(*known), compare_objects);
	snapshot->interval = snapshot->monotonic - before->monotonic;
	for (size_t i = 0; i < snapshot->count; i++) {
		struct object *object = &snapshot->objects[i];
		const struct object *key = object;
		const struct object **found = bsearch(&key, known, before->count, sizeof(*known),
						      compare_objects);

		if (!found && object->created < before->boottime)
			continue;
		object->new_signals = object->signals - (found ? (*found)->signals : 0);
		object->new_acquisitions =
			object->acquisitions - (found ? (*found)->acquisitions : 0);
	}
	free(known);
}

char *object_name(const struct object *object)
{
	char *namespace, *name, *text;

	if (!object->name) {
		name = process_name(object->holder);
		text = format_text("- of %d (%s)", object->holder, name);
		free(name);
		return text;
	}
	namespace = escape(object->namespace, strlen(object->namespace));
	/* What /proc has shown is escaped already. */
	name = object->holder ? format_text("%s", object->name) :
				escape(object->name, object->name_length);
	text = format_text("%s\\%s", namespace, name);
	free(namespace);
	free(name);
	return text;
}

char *object_state(const struct object *object)
{
	char *text, *remaining;

	if (object->hidden)
		return format_text("%s", "");
	switch (object->type) {
	case WSYNC_TYPE_EVENT:
		return format_text("%s%s", object->signaled ? "set" : "reset",
				   object->value ? ", manual" : "");
	case WSYNC_TYPE_MUTEX:
		if (object->value > 1)
			return format_text("owned %u times", object->value);
		return format_text("%s", object->value ? "owned" :
					 object->abandoned ? "abandoned" : "free");
	case WSYNC_TYPE_SEMAPHORE:
		return format_text("%u of %u", object->value, object->extra);
	default:
		if (!object->timer.set)
			return format_text("%s", object->signaled ? "expired" :
						 object->extra ? "running" : "idle");
		remaining = duration_text(object->timer.remaining);
		text = format_text("%sin %s", object->signaled ? "expired, " : "", remaining);
		free(remaining);
		return text;
	}
}

char *object_owner(const struct object *object)
{
	if (object->type != WSYNC_TYPE_MUTEX || !object->value)
		return format_text("%s", "");
	return thread_text((pid_t)object->extra,
			   object->extra ? process_of((pid_t)object->extra) : 0);
}

static json_t *waiters_json(const struct snapshot *snapshot, const struct object *object)
{
	json_t *array = json_array();

	for (size_t i = 0; i < object->waiters_known; i++) {
		const struct wsync_waiter *waiter = &object->waiters[i];
		char *name = process_name((pid_t)waiter->tid);
		json_t *entry = json_pack("{sisisosIsisbsb}", "tid", (int)waiter->tid, "pid",
					  (int)waiter->pid, "command", json_visible(name), "waiting_ns",
					  (json_int_t)elapsed(waiter->since, snapshot->monotonic),
					  "objects", (int)waiter->count, "all",
					  !!(waiter->flags & WSYNC_WAITER_ALL), "alert",
					  !!(waiter->flags & WSYNC_WAITER_ALERT));

		json_array_append_new(array, entry);
		free(name);
	}
	return array;
}

/* What only those may see who may query it. */
static void state_json(json_t *json, const struct snapshot *snapshot, const struct object *object)
{
	pid_t owner = object->type == WSYNC_TYPE_MUTEX ? (pid_t)object->extra : 0;
	char *text;

	json_object_set_new(json, "signaled", json_boolean(object->signaled));
	switch (object->type) {
	case WSYNC_TYPE_EVENT:
		json_object_set_new(json, "manual_reset", json_boolean(object->value));
		break;
	case WSYNC_TYPE_MUTEX:
		json_object_set_new(json, "depth", json_integer(object->value));
		json_object_set_new(json, "abandoned", json_boolean(object->abandoned));
		json_object_set_new(json, "owner", owner ? json_integer(owner) : json_null());
		if (owner) {
			text = process_name(owner);
			json_object_set_new(json, "owner_pid", json_integer(process_of(owner)));
			json_object_set_new(json, "owner_command", json_visible(text));
			free(text);
		}
		break;
	case WSYNC_TYPE_SEMAPHORE:
		json_object_set_new(json, "count", json_integer(object->value));
		json_object_set_new(json, "max", json_integer(object->extra));
		break;
	case WSYNC_TYPE_TIMER:
		json_object_set_new(json, "manual_reset", json_boolean(object->value));
		json_object_set_new(json, "set", json_boolean(object->extra));
		json_object_set_new(json, "remaining_ns", json_integer(object->timer.remaining));
		json_object_set_new(json, "period_ns", json_integer(object->timer.period));
		break;
	}
	json_object_set_new(json, "signals", json_integer((json_int_t)object->signals));
	json_object_set_new(json, "acquisitions", json_integer((json_int_t)object->acquisitions));
	json_object_set_new(json, "abandonments", json_integer((json_int_t)object->abandonments));
	if (snapshot->interval) {
		json_object_set_new(json, "new_signals",
				    json_integer((json_int_t)object->new_signals));
		json_object_set_new(json, "new_acquisitions",
				    json_integer((json_int_t)object->new_acquisitions));
	}
	json_object_set_new(json, "waiter_count", json_integer(object->waiter_count));
	json_object_set_new(json, "waiters", waiters_json(snapshot, object));
}

json_t *object_json(const struct snapshot *snapshot, const struct object *object)
{
	json_t *json = json_object();
	char *text = object_name(object);

	json_object_set_new(json, "id", json_integer((json_int_t)object->id));
	json_object_set_new(json, "type", json_string(type_text(object->type)));
	json_object_set_new(json, "display", json_visible(text));
	free(text);
	if (object->name) {
		json_set_text(json, "namespace", object->namespace, strlen(object->namespace));
		json_set_text(json, "name", object->name, object->name_length);
	} else {
		json_object_set_new(json, "holder", json_integer(object->holder));
	}
	json_object_set_new(json, "queryable", json_boolean(!object->hidden));
	if (!object->hidden)
		state_json(json, snapshot, object);
	json_object_set_new(json, "handles", json_integer(object->handles));
	if (object->has_stat) {
		text = format_text("%04o", object->mode);
		json_object_set_new(json, "uid", json_integer(object->uid));
		json_object_set_new(json, "mode", json_string(text));
		json_object_set_new(json, "age_ns",
				    json_integer((json_int_t)elapsed(object->created,
								     snapshot->boottime)));
		free(text);
	}
	return json;
}
