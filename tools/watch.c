// SPDX-License-Identifier: MIT
/*
 * wsync watch NAME: what happens to an object. The kernel wakes us when it becomes
 * signaled; what else there is to see is seen by looking, every --interval. What came
 * and went between two looks the module has counted: every signal, acquisition and
 * abandonment is either an event of its own or in such a count.
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
/* How often a look is taken anew because the object changed meanwhile. */
#define LOOKS_MAX 16

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
	struct wsync_stat stat;
};

/* What happened between two looks and was not told yet. */
struct news {
	uint64_t signals, acquisitions, abandonments;
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
	"What comes and goes between two looks is only counted. The object lives while it is "
	"watched.", NULL, NULL, NULL
};

static bool complete(const struct watch *watch)
{
	return watch->count && watch->printed >= watch->count;
}

/* Prints an event; @tid 0: of no thread; @times: it stands for several. */
static void event_times(struct watch *watch, const char *what, uint32_t tid, uint32_t pid,
			uint64_t times, const char *detail)
{
	char clock[32];
	struct timespec time;
	struct tm fields;
	char *thread;

	if (complete(watch))
		return;
	watch->printed++;
	clock_gettime(CLOCK_REALTIME, &time);
	if (watch->json) {
		json_t *json = json_pack("{sIsssIss}", "time_ns",
					 (json_int_t)time.tv_sec * NSEC_PER_SEC + time.tv_nsec,
					 "event", what, "times", (json_int_t)times, "detail",
					 detail);

		if (tid) {
			char *name = process_name((pid_t)tid);

			json_object_set_new(json, "tid", json_integer(tid));
			json_object_set_new(json, "pid", json_integer(pid));
			json_object_set_new(json, "command", json_visible(name));
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

static void event(struct watch *watch, const char *what, uint32_t tid, uint32_t pid,
		  const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void event(struct watch *watch, const char *what, uint32_t tid, uint32_t pid,
		  const char *format, ...)
{
	char detail[128];
	va_list values;

	va_start(values, format);
	vsnprintf(detail, sizeof(detail), format, values);
	va_end(values);
	event_times(watch, what, tid, pid, 1, detail);
}

/* What happened but was not to be seen. */
static void tell_rest(struct watch *watch, const char *what, uint64_t times)
{
	char detail[64] = "between two looks";

	if (times > 1)
		snprintf(detail, sizeof(detail), "%" PRIu64 " times between two looks", times);
	if (times)
		event_times(watch, what, 0, 0, times, detail);
}

static void check(const struct watch *watch, int error)
{
	if (error)
		fail_name(watch->arguments.names[0], error);
}

static bool same_moment(const struct wsync_stat *one, const struct wsync_stat *other)
{
	return one->signals == other->signals && one->acquisitions == other->acquisitions &&
	       one->abandonments == other->abandonments;
}

static void take_once(const struct watch *watch, struct look *look)
{
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
	look->stat.sz = sizeof(look->stat);
	check(watch, wsync_get_stat(watch->fd, &look->stat));
}

/* State and counts of one moment, unless the object changes all the time. */
static void take(const struct watch *watch, struct look *look)
{
	struct wsync_stat before = { .sz = sizeof(before) };

	for (unsigned int i = 0; i < LOOKS_MAX; i++) {
		check(watch, wsync_get_stat(watch->fd, &before));
		take_once(watch, look);
		if (same_moment(&before, &look->stat))
			break;
	}
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

/* Each of these prints what is to be seen in the states, and leaves the rest in @news. */

static void compare_event(struct watch *watch, const struct look *old, const struct look *new,
			  struct news *news)
{
	if (old->event.signaled == new->event.signaled)
		return;
	event(watch, new->event.signaled ? "set" : "reset", 0, 0, "%s", "");
	if (new->event.signaled && news->signals)
		news->signals--;
}

static void compare_mutex(struct watch *watch, const struct wsync_mutex_state *old,
			  const struct wsync_mutex_state *new, struct news *news)
{
	bool changed = old->owner != new->owner || !old->depth != !new->depth;
	uint32_t deeper = new->depth;

	if (changed && old->depth) {
		bool abandoned = news->abandonments &&
				 (!news->signals || (new->abandoned && !new->depth));
		uint64_t *count = abandoned ? &news->abandonments : &news->signals;

		event(watch, abandoned ? "abandoned" : "released", old->owner,
		      process_of((pid_t)old->owner), "%s", "");
		if (*count)
			--*count;
	}
	if (changed && new->depth) {
		event(watch, "acquired", new->owner, process_of((pid_t)new->owner), "%s", "");
		if (new->depth > 1)
			event(watch, "depth", new->owner, process_of((pid_t)new->owner), "%u",
			      new->depth);
	} else if (!changed) {
		deeper = new->depth > old->depth ? new->depth - old->depth : 0;
		if (new->depth != old->depth)
			event(watch, "depth", new->owner, process_of((pid_t)new->owner),
			      "%u, was %u", new->depth, old->depth);
	}
	news->acquisitions -= deeper < news->acquisitions ? deeper : news->acquisitions;
}

static void compare_semaphore(struct watch *watch, uint32_t old, uint32_t new, struct news *news)
{
	uint64_t acquired = old > new ? old - new : 0;

	if (old == new)
		return;
	event(watch, new > old ? "released" : "acquired", 0, 0, "count %u, was %u", new, old);
	if (new > old && news->signals)
		news->signals--;
	news->acquisitions -= acquired < news->acquisitions ? acquired : news->acquisitions;
}

static void compare_timer(struct watch *watch, const struct wsync_timer_state *old,
			  const struct wsync_timer_state *new, struct news *news)
{
	if (new->expirations > old->expirations) {
		event(watch, "expired", 0, 0, "%" PRIu64 " times since it was set",
		      new->expirations);
		/* Those that passed while it stayed signaled were no signals. */
		news->signals = 0;
	}
	if (new->set != old->set && !new->expirations)
		event(watch, new->set ? "started" : "canceled", 0, 0, "%s", "");
	else if (new->expirations < old->expirations)
		event(watch, "started", 0, 0, "anew");
}

static void compare(struct watch *watch, const struct look *old, const struct look *new)
{
	struct news news = {
		.signals = new->stat.signals - old->stat.signals,
		.acquisitions = new->stat.acquisitions - old->stat.acquisitions,
		.abandonments = new->stat.abandonments - old->stat.abandonments,
	};

	switch (watch->type) {
	case WSYNC_TYPE_EVENT:
		compare_event(watch, old, new, &news);
		break;
	case WSYNC_TYPE_MUTEX:
		compare_mutex(watch, &old->mutex, &new->mutex, &news);
		break;
	case WSYNC_TYPE_SEMAPHORE:
		compare_semaphore(watch, old->semaphore.count, new->semaphore.count, &news);
		break;
	default:
		compare_timer(watch, &old->timer, &new->timer, &news);
		break;
	}
	tell_rest(watch, watch->type == WSYNC_TYPE_MUTEX ? "released" : "signaled", news.signals);
	tell_rest(watch, "acquired", news.acquisitions);
	tell_rest(watch, "abandoned", news.abandonments);
	compare_waiters(watch, old, new);
	if (new->stat.handles == 1 && old->stat.handles != 1)
		event(watch, "unused", 0, 0, "no other handle is left");
}

int run_watch(int argc, char **argv)
{
	static struct watch watch = { .interval = 20 * NSEC_PER_MSEC, .timeout = WSYNC_FOREVER };
	static struct look looks[2];
	struct wsync_stat stat = { .sz = sizeof(stat) };
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET }, got;
	int64_t end;
	int epoll;

	parse(&argp, argc, argv, &watch);
	watch.fd = name_open(watch.arguments.names[0], WSYNC_TYPE_ANY,
			     WSYNC_ACCESS_QUERY | WSYNC_ACCESS_SYNCHRONIZE);
	check(&watch, wsync_get_stat(watch.fd, &stat));
	watch.type = stat.type;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, watch.fd, &wanted))
		fail("epoll: %s", strerror(errno));
	end = watch.timeout < 0 ? INT64_MAX : (int64_t)now(CLOCK_MONOTONIC) + watch.timeout;

	take(&watch, &looks[0]);
	/* The state that we begin with is no news. */
	epoll_wait(epoll, &got, 1, 0);
	for (unsigned int round = 1; !complete(&watch); round++) {
		struct look *old = &looks[(round - 1) % 2], *new = &looks[round % 2];

		int64_t left = end - (int64_t)now(CLOCK_MONOTONIC);

		if (left <= 0)
			return watch.count ? STATUS_TIMEOUT : 0;
		epoll_wait(epoll, &got, 1,
			   milliseconds(left < watch.interval ? left : watch.interval));
		take(&watch, new);
		compare(&watch, old, new);
		check_output();
	}
	return 0;
}
