// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

#include <pthread.h>
#include <time.h>

#include "fake.h"

#define FIRST (FAKE_FD + 100)
#define MOST 64

struct object {
	unsigned int handles;
	uint32_t type;
	uint64_t id;
	bool manual, signaled;
	struct object *alert;
	pthread_t setter;
	uint64_t period, expirations, expired_at;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct object objects[MOST];
static struct object *handles[MOST];
static uint64_t last_id;
static unsigned int sleepers;
static unsigned long failing_request;
static int failing_error;

static struct object *find(int fd)
{
	return fd >= FIRST && fd < FIRST + MOST ? handles[fd - FIRST] : NULL;
}

static int make_handle(struct object *object)
{
	for (int i = 0; i < MOST; i++) {
		if (handles[i])
			continue;
		handles[i] = object;
		object->handles++;
		return FIRST + i;
	}
	return -EMFILE;
}

static int close_handle(int fd)
{
	struct object *object = find(fd);

	if (!object)
		return -EBADF;
	object->handles--;
	handles[fd - FIRST] = NULL;
	return 0;
}

static int create(uint32_t type, bool manual, bool signaled)
{
	for (int i = 0; i < MOST; i++) {
		if (objects[i].handles)
			continue;
		objects[i] = (struct object){
			.type = type, .id = ++last_id, .manual = manual, .signaled = signaled,
		};
		return make_handle(&objects[i]);
	}
	return -EMFILE;
}

static void signal_object(struct object *object)
{
	object->signaled = true;
	pthread_cond_broadcast(&changed);
}

static bool acquire(struct object *object)
{
	if (!object || !object->signaled)
		return false;
	if (!object->manual)
		object->signaled = false;
	return true;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int wait_for(struct object *const *list, uint32_t count, int alert_fd, uint64_t deadline)
{
	struct object *alert = find(alert_fd);

	if (alert_fd >= 0 && !alert)
		return -EBADF;
	for (;;) {
		struct timespec until = {
			.tv_sec = (time_t)(deadline / 1000000000),
			.tv_nsec = (long)(deadline % 1000000000),
		};

		for (uint32_t i = 0; i < count; i++) {
			if (acquire(list[i]))
				return (int)i;
		}
		if (acquire(alert))
			return (int)count | WINSYNC_WAIT_ALERTED;
		if (deadline != WINSYNC_FOREVER && deadline <= now())
			return -ETIMEDOUT;
		sleepers++;
		pthread_cond_broadcast(&changed);
		if (deadline == WINSYNC_FOREVER)
			pthread_cond_wait(&changed, &lock);
		else
			pthread_cond_timedwait(&changed, &lock, &until);
		sleepers--;
	}
}

static int wait_any(const struct winsync_wait_multiple_args *args)
{
	const __s32 *fds = (const void *)(uintptr_t)args->fds;
	struct object *list[8];

	if (args->count > count_of(list))
		return -EINVAL;
	for (uint32_t i = 0; i < args->count; i++) {
		list[i] = find(fds[i]);
		if (!list[i])
			return -EBADF;
	}
	return wait_for(list, args->count, args->alert, args->deadline);
}

static int signal_and_wait(struct object *object, const struct winsync_signal_and_wait_args *args)
{
	struct object *other = find(args->fd);

	if (!other)
		return -EBADF;
	signal_object(object);
	return wait_for(&other, 1, args->alert, args->deadline);
}

static int set_timer(struct object *timer, const struct winsync_timer_set_args *args)
{
	int was = timer->signaled;

	if (args->alert >= 0 && !find(args->alert))
		return -EBADF;
	timer->signaled = false;
	timer->alert = find(args->alert);
	timer->setter = pthread_self();
	timer->period = args->period;
	timer->expirations = 0;
	timer->expired_at = 0;
	return was;
}

static int query_timer(const struct object *timer, struct winsync_timer_state *state)
{
	*state = (struct winsync_timer_state){
		.period = timer->period, .expirations = timer->expirations,
		.expired_at = timer->expired_at, .manual = timer->manual,
		.signaled = timer->signaled,
		.alerts_caller = timer->alert && pthread_equal(timer->setter, pthread_self()),
	};
	return 0;
}

static int object_command(struct object *object, unsigned long request, void *argument)
{
	struct winsync_wait_args *wait = argument;
	int was = object->signaled;

	switch (request) {
	case WINSYNC_IOC_GET_INFO:
		return 0;
	case WINSYNC_IOC_DUPLICATE:
		return make_handle(object);
	case WINSYNC_IOC_STAT:
		*(struct winsync_stat *)argument = (struct winsync_stat){
			.id = object->id, .type = object->type, .access = WINSYNC_ACCESS_ALL,
		};
		return 0;
	case WINSYNC_IOC_EVENT_SET:
		signal_object(object);
		return was;
	case WINSYNC_IOC_EVENT_RESET:
		object->signaled = false;
		return was;
	case WINSYNC_IOC_TIMER_SET:
		return set_timer(object, argument);
	case WINSYNC_IOC_TIMER_CANCEL:
		object->alert = NULL;
		return was;
	case WINSYNC_IOC_TIMER_QUERY:
		return query_timer(object, argument);
	case WINSYNC_IOC_WAIT:
		return wait_for(&object, 1, wait->alert, wait->deadline);
	case WINSYNC_IOC_WAIT_ANY:
		return wait_any(argument);
	case WINSYNC_IOC_SIGNAL_AND_WAIT:
		return signal_and_wait(object, argument);
	}
	return -ENOTTY;
}

static int device_command(unsigned long request, void *argument)
{
	const struct winsync_event_create_args *event = argument;
	const struct winsync_timer_create_args *timer = argument;

	switch (request) {
	case WINSYNC_IOC_GET_INFO:
		return 0;
	case WINSYNC_IOC_STAT:
		return -EBADFD;
	case WINSYNC_IOC_EVENT_CREATE:
		return create(WINSYNC_TYPE_EVENT, event->manual, event->signaled);
	case WINSYNC_IOC_TIMER_CREATE:
		return create(WINSYNC_TYPE_TIMER, timer->manual, false);
	}
	return -ENOTTY;
}

static int command(int fd, unsigned long request, void *argument)
{
	struct object *object;
	int result;

	pthread_mutex_lock(&lock);
	object = find(fd);
	if (failing_error && request == failing_request) {
		result = -failing_error;
		failing_error = 0;
	} else if (request == 0) {
		result = close_handle(fd);
	} else if (object) {
		result = object_command(object, request, argument);
	} else {
		result = fd == DEVICE ? device_command(request, argument) : -EBADF;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void sim_start(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attributes);
	memset(objects, 0, sizeof(objects));
	memset(handles, 0, sizeof(handles));
	fake_module = command;
}

void sim_stop(void)
{
	fake_module = NULL;
}

void sim_expire(int fd, unsigned int times, int64_t when)
{
	struct object *timer;

	pthread_mutex_lock(&lock);
	timer = find(fd);
	timer->expirations += times;
	timer->expired_at = (uint64_t)when;
	signal_object(timer);
	if (timer->alert)
		signal_object(timer->alert);
	pthread_mutex_unlock(&lock);
}

unsigned int sim_open_objects(void)
{
	unsigned int count = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MOST; i++)
		count += handles[i] != NULL;
	pthread_mutex_unlock(&lock);
	return count;
}

void sim_await_sleepers(unsigned int count)
{
	pthread_mutex_lock(&lock);
	while (sleepers < count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void sim_fail(unsigned long request, int error)
{
	pthread_mutex_lock(&lock);
	failing_request = request;
	failing_error = error;
	pthread_mutex_unlock(&lock);
}
