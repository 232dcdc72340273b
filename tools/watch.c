// SPDX-License-Identifier: MIT
/*
 * wsync watch NAME: what happens to an object. The kernel wakes us when it becomes
 * signaled; what else there is to see is seen by looking, every --interval.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "tool.h"

#define WAITERS_MAX 256

struct watch {
	struct arguments arguments;
	int64_t interval, timeout;
	uint32_t count;
	bool json;

	int fd;
	uint32_t type;
	uint32_t printed;
};

/* One look at the object. */
struct look {
	struct wsync_event_state event;
	struct wsync_mutex_state mutex;
	struct wsync_semaphore_state semaphore;
	struct wsync_timer_state timer;
	struct wsync_waiter waiters[WAITERS_MAX];
	size_t waiter_count;
	uint32_t handles;
};

static const struct argp_option options[] = {
	{ "count", 'c', "N", 0, "End after N events", 0 },
	{ "interval", 'i', "TIME", 0, "How often to look (20ms)", 0 },
	{ "json", OPTION_JSON, NULL, 0, "Print each event as a line of JSON", 0 },
	{ "timeout", 't', "TIME", 0, "End after this time, with status 124 if --count is not complete",
	  0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct watch *watch = state->input;

	switch (key) {
	case 'c':
		watch->count = parse_number(state, argument, 1, UINT32_MAX);
		return 0;
	case 'i':
		watch->interval = parse_duration(state, argument);
		return 0;
	case OPTION_JSON:
		watch->json = true;
		return 0;
	case 't':
		watch->timeout = parse_duration(state, argument);
		return 0;
	default:
		return take_argument(&watch->arguments, key, argument, state, 1, false);
	}
}

static const struct argp argp = {
	options, parser, "NAME",
	"Prints what happens to an object, as it happens.\v"
	"What begins and ends between two looks is missing. The object lives while it is "
	"watched.", NULL, NULL, NULL
};

static bool complete(const struct watch *watch)
{
	return watch->count && watch->printed >= watch->count;
}

/* Prints an event; @tid 0: of no thread. */
static void event(struct watch *watch, const char *what, uint32_t tid, uint32_t pid,
		  const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void event(struct watch *watch, const char *what, uint32_t tid, uint32_t pid,
		  const char *format, ...)
{
	char clock[32], detail[128];
	struct timespec time;
	struct tm fields;
	va_list values;
	char *thread;

	if (complete(watch))
		return;
	watch->printed++;
	va_start(values, format);
	vsnprintf(detail, sizeof(detail), format, values);
	va_end(values);
	clock_gettime(CLOCK_REALTIME, &time);
	if (watch->json) {
		json_t *json = json_pack("{sIssss}", "time_ns",
					 (json_int_t)time.tv_sec * NSEC_PER_SEC + time.tv_nsec,
					 "event", what, "detail", detail);

		if (tid) {
			char *name = process_name((pid_t)tid);

			json_object_set_new(json, "tid", json_integer(tid));
			json_object_set_new(json, "pid", json_integer(pid));
			json_object_set_new(json, "command", json_string(name));
			free(name);
		}
		print_json_line(json);
		return;
	}
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&time.tv_sec, &fields));
	thread = tid ? thread_text((pid_t)tid, (pid_t)pid) : format_text("%s", "");
	printf("%s.%03d %s%s%s%s%s\n", clock, (int)(time.tv_nsec / NSEC_PER_MSEC), what,
	       *detail ? " " : "", detail, *thread ? " by " : "", thread);
	free(thread);
}

static void check(const struct watch *watch, int error)
{
	if (error)
		fail_name(watch->arguments.names[0], error);
}

static void take(const struct watch *watch, struct look *look)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };

	memset(look, 0, sizeof(*look));
	switch (watch->type) {
	case WSYNC_TYPE_EVENT:
		check(watch, wsync_event_query(watch->fd, &look->event));
		break;
	case WSYNC_TYPE_MUTEX:
		check(watch, wsync_mutex_query(watch->fd, &look->mutex));
		break;
	case WSYNC_TYPE_SEMAPHORE:
		check(watch, wsync_semaphore_query(watch->fd, &look->semaphore));
		break;
	default:
		check(watch, wsync_timer_query(watch->fd, &look->timer));
		break;
	}
	check(watch, wsync_get_waiters(watch->fd, look->waiters, WAITERS_MAX,
				       &look->waiter_count, NULL));
	check(watch, wsync_get_stat(watch->fd, &stat));
	look->handles = stat.handles;
}

static bool waits(const struct look *look, const struct wsync_waiter *waiter)
{
	for (size_t i = 0; i < look->waiter_count; i++) {
		if (look->waiters[i].tid == waiter->tid && look->waiters[i].since == waiter->since)
			return true;
	}
	return false;
}

static void compare_waiters(struct watch *watch, const struct look *old, const struct look *new)
{
	for (size_t i = 0; i < new->waiter_count; i++) {
		if (!waits(old, &new->waiters[i]))
			event(watch, "wait begun", new->waiters[i].tid, new->waiters[i].pid, "%s",
			      "");
	}
	for (size_t i = 0; i < old->waiter_count; i++) {
		char *time;

		if (waits(new, &old->waiters[i]))
			continue;
		time = duration_text((int64_t)(now(CLOCK_MONOTONIC) - old->waiters[i].since));
		event(watch, "wait over", old->waiters[i].tid, old->waiters[i].pid, "after %s", time);
		free(time);
	}
}

static void compare_mutex(struct watch *watch, const struct wsync_mutex_state *old,
			  const struct wsync_mutex_state *new)
{
	if (old->depth && (!new->depth || old->owner != new->owner))
		event(watch, new->abandoned && !new->depth ? "abandoned" : "released", old->owner,
		      process_of((pid_t)old->owner), "%s", "");
	if (new->depth && (!old->depth || old->owner != new->owner))
		event(watch, "acquired", new->owner, process_of((pid_t)new->owner), "%s", "");
	else if (new->depth && old->depth != new->depth)
		event(watch, "depth", new->owner, process_of((pid_t)new->owner), "%u, was %u",
		      new->depth, old->depth);
}

/* @woken: it was signaled in between, whatever it is now. */
static void compare(struct watch *watch, const struct look *old, const struct look *new, bool woken)
{
	switch (watch->type) {
	case WSYNC_TYPE_EVENT:
		if (old->event.signaled != new->event.signaled)
			event(watch, new->event.signaled ? "set" : "reset", 0, 0, "%s", "");
		else if (woken && !new->event.signaled)
			event(watch, "set", 0, 0, "and reset since");
		break;
	case WSYNC_TYPE_MUTEX:
		compare_mutex(watch, &old->mutex, &new->mutex);
		break;
	case WSYNC_TYPE_SEMAPHORE:
		if (old->semaphore.count != new->semaphore.count)
			event(watch, new->semaphore.count > old->semaphore.count ? "released" :
										   "acquired",
			      0, 0, "count %u, was %u", new->semaphore.count, old->semaphore.count);
		else if (woken && !new->semaphore.count)
			event(watch, "released", 0, 0, "and acquired since");
		break;
	default:
		if (new->timer.expirations > old->timer.expirations)
			event(watch, "expired", 0, 0, "%" PRIu64 " times since it was set",
			      new->timer.expirations);
		if (new->timer.set != old->timer.set && !new->timer.expirations)
			event(watch, new->timer.set ? "started" : "canceled", 0, 0, "%s", "");
		else if (new->timer.expirations < old->timer.expirations)
			event(watch, "started", 0, 0, "anew");
		break;
	}
	compare_waiters(watch, old, new);
	if (new->handles == 1 && old->handles != 1)
		event(watch, "unused", 0, 0, "no other handle is left");
}

int run_watch(int argc, char **argv)
{
	static struct watch watch = { .interval = 20 * NSEC_PER_MSEC, .timeout = WSYNC_FOREVER };
	static struct look looks[2];
	struct wsync_stat stat = { .sz = sizeof(stat) };
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET }, got;
	int64_t end, pause;
	int epoll;

	parse(&argp, argc, argv, &watch);
	watch.fd = name_open(watch.arguments.names[0], WSYNC_TYPE_ANY,
			     WSYNC_ACCESS_QUERY | WSYNC_ACCESS_SYNCHRONIZE);
	check(&watch, wsync_get_stat(watch.fd, &stat));
	watch.type = stat.type;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, watch.fd, &wanted))
		fail("epoll: %s", strerror(errno));
	pause = watch.interval / NSEC_PER_MSEC;
	end = watch.timeout < 0 ? INT64_MAX : (int64_t)now(CLOCK_MONOTONIC) + watch.timeout;

	take(&watch, &looks[0]);
	/* The state that we begin with is no news. */
	epoll_wait(epoll, &got, 1, 0);
	for (unsigned int round = 1; !complete(&watch); round++) {
		struct look *old = &looks[(round - 1) % 2], *new = &looks[round % 2];
		bool woken;

		if ((int64_t)now(CLOCK_MONOTONIC) >= end)
			return watch.count ? STATUS_TIMEOUT : 0;
		woken = epoll_wait(epoll, &got, 1, (int)(pause > 0 ? pause : 1)) > 0;
		take(&watch, new);
		compare(&watch, old, new, woken);
	}
	return 0;
}
