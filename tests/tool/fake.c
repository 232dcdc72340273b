// SPDX-License-Identifier: GPL-2.0-only
/*
 * libwsync as far as the tool needs it, without the module: what there is, and what
 * goes wrong, says FAKE in the environment, the name of a scene below. What commands
 * do to objects is appended to the file FAKE_LOG.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <wsync/wsync.h>

#define OBJECTS_MAX 2000
#define WAITERS_MAX 100
#define FDS_MAX 256
#define SECOND 1000000000ull

struct object {
	struct wsync_list_entry entry;
	struct wsync_waiter waiters[WAITERS_MAX];
	int open_error;
	uint64_t opened_id;	/* if another object is there by then */
};

static struct object objects[OBJECTS_MAX];
static size_t object_count;
static struct object *handles[FDS_MAX];
static struct object made;	/* what commands create */
static unsigned int pictures;	/* how often everything was listed */

static uint64_t begin;		/* some time ago */

static bool scene(const char *name)
{
	const char *wanted = getenv("FAKE");

	return wanted && strcmp(wanted, name) == 0;
}

static void note(const char *what)
{
	const char *path = getenv("FAKE_LOG");
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	fprintf(file, "%s\n", what);
	fclose(file);
}

static struct object *add(uint32_t type, const char *name)
{
	struct object *object = &objects[object_count];

	memset(object, 0, sizeof(*object));
	object->entry.sz = sizeof(object->entry);
	object->entry.id = ++object_count;
	object->entry.type = type;
	object->entry.handles = 1;
	object->entry.mode = 0700;
	object->entry.uid = geteuid();
	object->entry.name = name;
	object->entry.name_len = (uint16_t)strlen(name);
	object->opened_id = object->entry.id;
	return object;
}

static void wait_for(struct object *object, uint32_t tid, uint64_t since, uint32_t flags,
		     uint32_t count)
{
	object->waiters[object->entry.waiters++] = (struct wsync_waiter){
		.since = since, .tid = tid, .pid = tid, .flags = flags, .count = count,
	};
}

static struct object *owned(const char *name, uint32_t owner)
{
	struct object *object = add(WSYNC_TYPE_MUTEX, name);

	object->entry.value = 1;
	object->entry.extra = owner;
	return object;
}

/* Thread ids that no process has. */
enum { ANN = 99999001, BOB, CLEO, DAN };

static void prepare(void)
{
	struct timespec time;
	struct object *object;

	clock_gettime(CLOCK_MONOTONIC, &time);
	if (!begin)
		begin = (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec - SECOND / 2;
	object_count = 0;
	pictures++;
	if (scene("names")) {
		add(WSYNC_TYPE_EVENT, "a\033[31mred\007");
		add(WSYNC_TYPE_EVENT, "filled\343\205\244");	/* U+3164 */
		add(WSYNC_TYPE_EVENT, "varied\357\270\217");	/* U+FE0F */
		add(WSYNC_TYPE_EVENT, "\343\201\202");		/* a letter */
		add(WSYNC_TYPE_EVENT, "two words");
	} else if (scene("process")) {
		prctl(PR_SET_NAME, "caf\351");
		object = owned("held", (uint32_t)getpid());
		wait_for(object, (uint32_t)getpid(), begin, 0, 1);
	} else if (scene("hidden")) {
		add(WSYNC_TYPE_EVENT, "event")->open_error = -EACCES;
		add(WSYNC_TYPE_SEMAPHORE, "semaphore")->open_error = -EACCES;
		add(WSYNC_TYPE_EVENT, "mine");
	} else if (scene("replaced")) {
		object = owned("held", ANN);
		wait_for(object, BOB, begin, 0, 1);
		object->opened_id = 1000;
	} else if (scene("vanished")) {
		object = owned("held", ANN);
		wait_for(object, BOB, begin, 0, 1);
		object->open_error = -ENOENT;
	} else if (scene("begun")) {
		/* Since the listing began. */
		wait_for(owned("new", ANN), BOB, begin + 3600 * SECOND, 0, 1);
		wait_for(owned("old", ANN), CLEO, begin, 0, 1);
		objects[0].entry.created = UINT64_MAX / 2;
	} else if (scene("cycle") || scene("flicker") || scene("passed-on")) {
		/* The second picture has another wait of Bob's, or another owner. */
		uint64_t since = scene("flicker") ? begin + pictures : begin;

		wait_for(owned("B", BOB), ANN, begin, 0, 1);
		wait_for(owned("A", scene("passed-on") && pictures == 1 ? CLEO : ANN), BOB,
			 since, 0, 1);
		if (scene("passed-on"))
			wait_for(owned("D", DAN), CLEO, begin, 0, 1);
	} else if (scene("crowd") || scene("ring")) {
		/*
		 * Each owner waits for the next one, and many others for each. The last goes
		 * on, or waits for the first.
		 */
		const unsigned int count = scene("ring") ? 100 : OBJECTS_MAX;
		static char names[OBJECTS_MAX][12];

		for (unsigned int i = 0; i < count; i++) {
			snprintf(names[i], sizeof(names[i]), "%u", i);
			object = owned(names[i], ANN + OBJECTS_MAX - i);
			wait_for(object, ANN + OBJECTS_MAX + 1 -
				 (i || scene("crowd") ? i : count), begin, 0, 1);
			for (unsigned int j = 1; j < WAITERS_MAX; j++)
				wait_for(object, ANN + OBJECTS_MAX + i * WAITERS_MAX + j + 2, begin,
					 0, 1);
		}
	} else if (scene("all")) {
		/* One of each type. */
		add(WSYNC_TYPE_EVENT, "event")->entry.value = 1;
		wait_for(owned("mutex", (uint32_t)getpid()), BOB, begin, 0, 1);
		add(WSYNC_TYPE_SEMAPHORE, "semaphore")->entry.extra = 1;
		add(WSYNC_TYPE_TIMER, "timer");
		add(WSYNC_TYPE_EVENT, "bytes\377");
	} else if (scene("cycles")) {
		/* Cleo is stuck for all of what she wants, Dan has a chance. */
		wait_for(owned("B", BOB), ANN, begin, 0, 1);
		object = owned("A", ANN);
		wait_for(object, BOB, begin, 0, 1);
		object = owned("C", CLEO);
		wait_for(object, DAN, begin, 0, 1);
		object = owned("D", DAN);
		wait_for(object, CLEO, begin, WSYNC_WAITER_ALL, 2);
		wait_for(add(WSYNC_TYPE_EVENT, "E"), CLEO, begin, WSYNC_WAITER_ALL, 2);
	}
}

const char *wsync_strerror(int error)
{
	return strerror(error < 0 ? -error : error);
}

const char *wsync_version(void)
{
	return "fake";
}

int wsync_context_device(struct wsync_context *context, int *fd)
{
	(void)context;
	*fd = -1;
	return 0;
}

int wsync_get_info(struct wsync_context *context, struct wsync_info *info)
{
	(void)context;
	memset((char *)info + sizeof(info->sz), 0, sizeof(*info) - sizeof(info->sz));
	return 0;
}

static int handle(struct object *object, int *fd)
{
	*fd = eventfd(0, EFD_CLOEXEC);
	if (*fd < 0 || *fd >= FDS_MAX)
		return -EMFILE;
	handles[*fd] = object;
	return 0;
}

int wsync_close(int fd)
{
	return close(fd) ? -errno : 0;
}

int wsync_namespace_open(struct wsync_context *context, const char *name, uint32_t flags,
			 const struct wsync_namespace_opts *opts, int *fd, bool *existed)
{
	(void)context;
	(void)flags;
	(void)opts;
	(void)existed;
	if (strcmp(name, "gone") == 0)
		return -ENOENT;
	if (strcmp(name, "locked") == 0)
		return -EACCES;
	return handle(NULL, fd);
}

int wsync_namespace_scope(struct wsync_context *context, uint32_t scope, uint32_t session,
			  const struct wsync_namespace_opts *opts, int *fd)
{
	(void)context;
	(void)scope;
	(void)session;
	(void)opts;
	return handle(NULL, fd);
}

int wsync_list_namespaces(struct wsync_context *context, wsync_list_fn fn, void *arg)
{
	static const char *const names[] = { "Local", "gone", "locked" };

	(void)context;
	prepare();
	for (size_t i = 0; i < (scene("locked") ? 3 : 2); i++) {
		struct wsync_list_entry entry = {
			.sz = sizeof(entry), .name = names[i],
			.name_len = (uint16_t)strlen(names[i]), .ns_per_user = true,
			.ns_uid = geteuid(),
		};
		int result = fn(&entry, arg);

		if (result)
			return result;
	}
	return 0;
}

int wsync_list(int ns, wsync_list_fn fn, void *arg)
{
	(void)ns;
	for (size_t i = 0; i < object_count; i++) {
		int result = fn(&objects[i].entry, arg);

		if (result)
			return result;
	}
	return 0;
}

int wsync_open(struct wsync_context *context, const char *name, uint32_t type, uint32_t flags,
	       const struct wsync_opts *opts, int *fd)
{
	(void)context;
	(void)type;
	(void)flags;
	(void)opts;
	for (size_t i = 0; i < object_count; i++) {
		if (strcmp(objects[i].entry.name, name) == 0)
			return objects[i].open_error ? objects[i].open_error :
						       handle(&objects[i], fd);
	}
	return strcmp(name, "nothing") ? handle(&made, fd) : -ENOENT;
}

int wsync_take(pid_t pid, int remote, uint32_t type, uint32_t flags, int *fd)
{
	(void)pid;
	(void)remote;
	(void)type;
	(void)flags;
	(void)fd;
	return -EPERM;
}

int wsync_get_stat(int fd, struct wsync_stat *stat)
{
	const struct object *object = handles[fd];

	memset(stat, 0, sizeof(*stat));
	stat->sz = sizeof(*stat);
	stat->id = object->opened_id;
	stat->type = object == &made ? WSYNC_TYPE_EVENT : object->entry.type;
	stat->handles = 2;
	/* Somebody changes it all the time. */
	if (scene("busy"))
		stat->signals = ++made.entry.signals;
	return 0;
}

int wsync_get_waiters(int fd, struct wsync_waiter *waiters, size_t room, size_t *count,
		      size_t *total)
{
	const struct object *object = handles[fd];

	*count = object->entry.waiters < room ? object->entry.waiters : room;
	memcpy(waiters, object->waiters, *count * sizeof(*waiters));
	if (total)
		*total = object->entry.waiters;
	return 0;
}

/* States: the list has them already. */
#define QUERY(kind) \
	int wsync_##kind##_query(int fd, struct wsync_##kind##_state *state) \
	{ \
		(void)fd; \
		memset(state, 0, sizeof(*state)); \
		return 0; \
	}
QUERY(event)
QUERY(mutex)
QUERY(semaphore)
QUERY(timer)

#define CREATE(kind) \
	int wsync_##kind##_create(struct wsync_context *context, const char *name, \
				  uint32_t flags, const struct wsync_opts *opts, int *fd, \
				  bool *existed) \
	{ \
		(void)context; \
		(void)name; \
		(void)flags; \
		(void)opts; \
		(void)existed; \
		return handle(&made, fd); \
	}
CREATE(event)
CREATE(mutex)
CREATE(timer)

int wsync_semaphore_create(struct wsync_context *context, const char *name, uint32_t initial,
			   uint32_t max, uint32_t flags, const struct wsync_opts *opts, int *fd,
			   bool *existed)
{
	(void)context;
	(void)name;
	(void)initial;
	(void)max;
	(void)flags;
	(void)opts;
	(void)existed;
	return handle(&made, fd);
}

#define CHANGE(kind) \
	int wsync_event_##kind(int fd, bool *previous) \
	{ \
		(void)fd; \
		*previous = false; \
		return 0; \
	}
CHANGE(set)
CHANGE(reset)
CHANGE(pulse)

int wsync_semaphore_release(int fd, uint32_t count, uint32_t *previous)
{
	(void)fd;
	(void)count;
	if (previous)
		*previous = 0;
	return 0;
}

int wsync_mutex_release(int fd, uint32_t *previous)
{
	(void)fd;
	(void)previous;
	/* Somebody wants us to end just before. */
	if (scene("late"))
		raise(SIGTERM);
	note("released");
	return 0;
}

int wsync_timer_set(int fd, int64_t due, int64_t period, const struct wsync_timer_opts *opts,
		    uint32_t *was_set)
{
	char text[64];

	(void)fd;
	(void)opts;
	(void)was_set;
	snprintf(text, sizeof(text), "due %lld every %lld", (long long)due, (long long)period);
	note(text);
	return 0;
}

int wsync_wait(int fd, int64_t timeout, const struct wsync_wait_opts *opts,
	       struct wsync_wait_result *result)
{
	char text[64];

	(void)fd;
	(void)opts;
	snprintf(text, sizeof(text), "wait %lld", (long long)timeout);
	note(text);
	if (result)
		memset(result, 0, sizeof(*result));
	return scene("taken") ? -ETIMEDOUT : 0;
}

int wsync_wait_any(const int *fds, size_t count, int64_t timeout,
		   const struct wsync_wait_opts *opts, struct wsync_wait_result *result)
{
	(void)count;
	return wsync_wait(fds[0], timeout, opts, result);
}

int wsync_wait_all(const int *fds, size_t count, int64_t timeout,
		   const struct wsync_wait_opts *opts, struct wsync_wait_result *result)
{
	(void)count;
	return wsync_wait(fds[0], timeout, opts, result);
}
