// SPDX-License-Identifier: GPL-2.0-only
/* All that user space can see of the module, as text. */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3)))
static void line(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->at, text->left, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= text->left) {
		fprintf(stderr, "faults: STATE_SIZE is too small\n");
		abort();
	}
	text->at += length;
	text->left -= length;
}

/* What a query says; the time that is left of a timer changes by itself. */
static void describe_type(struct text *text, int fd, uint32_t type)
{
	struct winsync_event_state event;
	struct winsync_mutex_state mutex;
	struct winsync_semaphore_state semaphore;
	struct winsync_timer_state timer;
	int result;

	switch (type) {
	case WINSYNC_TYPE_EVENT:
		result = ws_event_query(fd, &event);
		line(text, " event %d: %u %u", result, event.manual,
		     event.signaled);
		break;
	case WINSYNC_TYPE_MUTEX:
		result = ws_mutex_query(fd, &mutex);
		line(text, " mutex %d: %u %u %u", result, mutex.depth,
		     mutex.owned_by_caller, mutex.abandoned);
		break;
	case WINSYNC_TYPE_SEMAPHORE:
		result = ws_semaphore_query(fd, &semaphore);
		line(text, " semaphore %d: %u of %u", result, semaphore.count,
		     semaphore.max);
		break;
	case WINSYNC_TYPE_TIMER:
		result = ws_timer_query(fd, &timer);
		line(text, " timer %d: %u %u %u %u %llu %llu", result,
		     timer.manual, timer.signaled, timer.set,
		     timer.alerts_caller, (unsigned long long)timer.period,
		     (unsigned long long)timer.expirations);
		break;
	}
}

static void describe_ntsync(struct text *text, int fd)
{
	struct ntsync_event_args event = { 0 };
	struct ntsync_mutex_args mutex = { 0 };
	struct ntsync_sem_args semaphore = { 0 };
	int result;

	result = ws_ioctl(fd, NTSYNC_IOC_EVENT_READ, &event);
	line(text, " %d: %u %u,", result, event.manual, event.signaled);
	result = ws_ioctl(fd, NTSYNC_IOC_MUTEX_READ, &mutex);
	line(text, " %d: %u %u,", result, mutex.owner, mutex.count);
	result = ws_ioctl(fd, NTSYNC_IOC_SEM_READ, &semaphore);
	line(text, " %d: %u of %u", result, semaphore.count, semaphore.max);
}

/* Ids are told from that of the world's first object on: worlds are alike. */
static void describe_fd(struct text *text, const struct world *world, int fd,
			uint64_t first)
{
	struct winsync_stat stat;
	char path[48], target[128];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	/* Sockets have numbers, and so have the threads' files in /proc. */
	target[strcspn(target, ":0123456789")] = '\0';
	line(text, "fd %d %s flags %d", fd, target, fcntl(fd, F_GETFD));
	if (!strncmp(target, "anon_inode", 10) && !ws_stat(fd, &stat)) {
		line(text, " type %u id %lld access %#x %u:%u %o handles %u waiters %u name %u",
		     stat.type, stat.type == WINSYNC_TYPE_NAMESPACE ? 0 :
		     (long long)(stat.id - first), stat.access, stat.uid,
		     stat.gid, stat.mode, stat.handles, stat.waiters,
		     stat.name_len);
		/* What comes soon comes when it wants to. */
		if (fd != world->soon) {
			line(text, " counters %llu %llu %llu",
			     (unsigned long long)stat.counters.signals,
			     (unsigned long long)stat.counters.acquisitions,
			     (unsigned long long)stat.counters.abandonments);
			describe_type(text, fd, stat.type);
		}
	}
	line(text, "\n");
}

static void describe_list(struct text *text, int fd, uint64_t first)
{
	static __thread char buffer[16384] __attribute__((aligned(8)));
	const struct winsync_list_entry *entry;
	uint64_t cursor = 0;
	int size, at;

	while ((size = ws_list(fd, &cursor, buffer, sizeof(buffer))) > 0) {
		for (at = 0; at < size; at += entry->size) {
			entry = (const void *)(buffer + at);
			line(text, "list %.*s type %u id %lld %u:%u %o handles %u waiters %u signaled %u value %u\n",
			     (int)entry->name_len, entry->name, entry->type,
			     entry->type == WINSYNC_TYPE_NAMESPACE ? 0 :
			     (long long)(entry->id - first), entry->uid,
			     entry->gid, entry->mode, entry->handles,
			     entry->waiters, entry->signaled, entry->value);
		}
	}
	line(text, "list ends with %d\n", size);
}

/* The fds of the thread, in their order. */
static void describe_fds(struct text *text, const struct world *world,
			 uint64_t first)
{
	bool open[1024] = { false };
	struct dirent *entry;
	DIR *directory;
	int fd;

	/* A table without room must not grow for our sake. */
	close(world->spare);
	directory = opendir("/proc/thread-self/fd");
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) < 1024)
			open[atoi(entry->d_name)] = true;
	if (directory)
		closedir(directory);
	if (dup3(world->epoll, world->spare, O_CLOEXEC) < 0)
		abort();
	for (fd = 0; fd < 1024; fd++)
		if (open[fd] && fd != world->spare)
			describe_fd(text, world, fd, first);
}

void state_write(const struct world *world, char *to)
{
	struct text text = { to, STATE_SIZE };
	struct winsync_info info = { 0 };
	struct winsync_stat stat;
	uint64_t first = ws_stat(world->event, &stat) ? 0 : stat.id;

	*to = '\0';
	ws_ioctl(world->device, WINSYNC_IOC_GET_INFO, &info);
	line(&text, "charged: %u objects, %u namespaces", info.objects,
	     info.namespaces);
	become(STRANGER);
	ws_ioctl(world->device, WINSYNC_IOC_GET_INFO, &info);
	become(0);
	line(&text, "; the stranger: %u, %u\n", info.objects, info.namespaces);
	describe_fds(&text, world, first);
	line(&text, "objects:\n");
	describe_list(&text, world->ns, first);
	line(&text, "namespaces:\n");
	describe_list(&text, world->device, first);
	line(&text, "ntsync:");
	describe_ntsync(&text, world->nt_event);
	line(&text, ";");
	describe_ntsync(&text, world->nt_mutex);
	line(&text, ";");
	describe_ntsync(&text, world->nt_semaphore);
	line(&text, "\n");
}
