// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

/* More than any operation has, to end by itself if something goes on for ever. */
#define FAULTS_MAX	200

/* Of the documented errors those of what is made to fail; a socket has its own. */
static bool is_documented(long error)
{
	return error == -ENOMEM || error == -EFAULT || error == -ENFILE ||
	       error == -ENOBUFS;
}

void become(uid_t uid)
{
	/* The C library would change all threads. */
	if (syscall(SYS_setresuid, -1, uid, -1)) {
		perror("faults: setresuid");
		abort();
	}
}

static void write_knob(const char *knob, const char *value)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knob);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
}

/* Whatever may fail does, of any size, without a report in the log. */
static void prepare_kernel(void)
{
	write_knob("failslab/ignore-gfp-wait", "N");
	write_knob("failslab/verbose", "0");
	write_knob("fail_page_alloc/ignore-gfp-wait", "N");
	write_knob("fail_page_alloc/ignore-gfp-highmem", "N");
	write_knob("fail_page_alloc/min-order", "0");
	write_knob("fail_page_alloc/verbose", "0");
	write_knob("fail_usercopy/verbose", "0");
}

/* --- the world ---------------------------------------------------------- */

static int must(int fd)
{
	if (fd < 0) {
		printf("Bail out! no world: %s\n", strerror(-fd));
		exit(1);
	}
	return fd;
}

static int named(int ns, uint32_t type, const char *name, uint32_t second)
{
	struct ws_new what = {
		.name = name, .mode = 0600, .second = second,
	};

	return must(ws_create(ns, type, &what));
}

static int nt_create(int instance, unsigned long command, uint32_t first,
		     uint32_t second)
{
	uint32_t args[2] = { first, second };

	return must(ws_ioctl(instance, command, args));
}

static void make_world(struct world *world)
{
	struct winsync_ns_args ns = {
		.name = (uintptr_t)NS_NAME, .name_len = strlen(NS_NAME),
		.flags = WINSYNC_NS_CREATE, .access = WS_ALL, .mode = 0700,
	};
	struct ws_new alert = { 0 };

	world->device = must(ws_open_device());
	world->ns = must(ws_ioctl(world->device, WINSYNC_IOC_NS_OPEN, &ns));
	world->event = named(world->ns, WINSYNC_TYPE_EVENT, "event", 0);
	world->mutex = named(world->ns, WINSYNC_TYPE_MUTEX, "mutex", 0);
	world->semaphore = named(world->ns, WINSYNC_TYPE_SEMAPHORE, "semaphore",
				 10);
	world->timer = named(world->ns, WINSYNC_TYPE_TIMER, "timer", 0);
	world->alert = must(ws_create(world->device, WINSYNC_TYPE_EVENT, &alert));
	world->soon = must(ws_create(world->device, WINSYNC_TYPE_TIMER, &alert));
	world->epoll = must(epoll_create1(EPOLL_CLOEXEC));
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, world->socket));
	world->ntsync = must(open("/dev/ntsync", O_RDWR | O_CLOEXEC));
	world->nt_event = nt_create(world->ntsync, NTSYNC_IOC_CREATE_EVENT, 0, 0);
	world->nt_mutex = nt_create(world->ntsync, NTSYNC_IOC_CREATE_MUTEX, 5, 2);
	world->nt_semaphore = nt_create(world->ntsync, NTSYNC_IOC_CREATE_SEM, 0, 3);
	world->spare = must(dup(world->epoll));
}

/* --- one attempt -------------------------------------------------------- */

/**
 * struct attempt - an operation in a world of its own, in a thread of its own
 * @operation: which
 * @nth: the fault that is injected, 0 for none
 * @result: what it returned
 * @injected: whether there was that fault
 * @before: the state
 * @after: the state
 */
struct attempt {
	const struct operation *operation;
	unsigned int nth;
	long result;
	bool injected;
	char before[STATE_SIZE], after[STATE_SIZE];
};

/*
 * Reading and writing the number are copies, too, and fail if they are the ones
 * that the number stands for; then the operation had fewer.
 */
static void run_with_fault(struct attempt *attempt, struct world *world,
			   int fail_nth)
{
	const struct operation *operation = attempt->operation;
	char number[16];
	ssize_t length;

	snprintf(number, sizeof(number), "%u", attempt->nth);
	if (attempt->nth && pwrite(fail_nth, number, strlen(number), 0) < 0)
		must(-errno);
	attempt->result = operation->run(world, operation->argument);
	length = pread(fail_nth, number, sizeof(number) - 1, 0);
	/* Off; if this fails it is, too. */
	if (pwrite(fail_nth, "0", 1, 0) < 0 && errno != EFAULT)
		must(-errno);
	attempt->injected = attempt->nth && length > 0 && number[0] == '0';
}

static void *attempt_main(void *data)
{
	struct attempt *attempt = data;
	const struct operation *operation = attempt->operation;
	struct world world = { .fdinfo = -1 };
	int fail_nth, lowest;

	/* What another attempt did to the table of fds is none of this one's. */
	if (unshare(CLONE_FILES))
		must(-errno);
	lowest = ws_next_fd();
	fail_nth = must(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
	make_world(&world);
	if (operation->prepare)
		operation->prepare(&world, operation->argument);
	state_write(&world, attempt->before);
	if (operation->stranger)
		become(STRANGER);
	run_with_fault(attempt, &world, fail_nth);
	if (operation->stranger)
		become(0);
	state_write(&world, attempt->after);
	syscall(SYS_close_range, lowest, ~0U, 0);
	return NULL;
}

static void run_attempt(struct attempt *attempt, unsigned int nth)
{
	pthread_t thread;

	attempt->nth = nth;
	if (pthread_create(&thread, NULL, attempt_main, attempt) ||
	    pthread_join(thread, NULL)) {
		printf("Bail out! no thread\n");
		exit(1);
	}
}

/* --- the sweep ---------------------------------------------------------- */

/* The first lines in which two states differ, as a comment. */
static void show_difference(const char *what, const char *old, const char *new)
{
	while (*old && *old == *new)
		old++, new++;
	printf("# %s: ...%.100s... became ...%.100s...\n", what, old, new);
}

static bool succeeded(const struct operation *operation, long result)
{
	return operation->expect == SUCCESS ? result >= 0 :
	       result == operation->expect;
}

static void charged(uint32_t *objects, uint32_t *namespaces)
{
	struct winsync_info info = { 0 };

	ws_info(&info);
	*objects = info.objects;
	*namespaces = info.namespaces;
}

static struct attempt plain, faulty;

/* Whether everything about the attempt is as it has to be. */
static bool check_attempt(void)
{
	const struct operation *operation = faulty.operation;

	if (succeeded(operation, faulty.result)) {
		/* It went well without what failed, and then all of it. */
		if (!strcmp(plain.after, faulty.after))
			return true;
		printf("# fault %u: success without all of its effect\n",
		       faulty.nth);
		show_difference("should be", plain.after, faulty.after);
		return false;
	}
	if (!is_documented(faulty.result)) {
		printf("# fault %u: returned %ld (%s)\n", faulty.nth,
		       faulty.result, strerror(labs(faulty.result)));
		return false;
	}
	if (strcmp(faulty.before, faulty.after)) {
		printf("# fault %u: returned %ld (%s) and changed something\n",
		       faulty.nth, faulty.result, strerror(-faulty.result));
		show_difference("state", faulty.before, faulty.after);
		return false;
	}
	return true;
}

/* Returns whether all went well; counts the faults. */
static bool sweep(const struct operation *operation, unsigned int *faults)
{
	uint32_t objects, namespaces, objects_after, namespaces_after;
	unsigned int refused = 0;
	bool good = true;

	plain.operation = faulty.operation = operation;
	charged(&objects, &namespaces);
	*faults = 0;
	run_attempt(&plain, 0);
	if (!succeeded(operation, plain.result)) {
		printf("# without a fault: returned %ld (%s)\n", plain.result,
		       strerror(labs(plain.result)));
		return false;
	}
	for (; *faults < FAULTS_MAX; ++*faults) {
		run_attempt(&faulty, *faults + 1);
		if (!faulty.injected)
			break;
		good &= check_attempt();
		refused += !succeeded(operation, faulty.result);
	}
	if (!succeeded(operation, faulty.result) || *faults == FAULTS_MAX) {
		printf("# it never gets through\n");
		good = false;
	}
	if (*faults < operation->least) {
		printf("# %u faults, there should be %u at least\n", *faults,
		       operation->least);
		good = false;
	}
	charged(&objects_after, &namespaces_after);
	if (objects != objects_after || namespaces != namespaces_after) {
		printf("# charged: %u objects and %u namespaces before, %u and %u after\n",
		       objects, namespaces, objects_after, namespaces_after);
		good = false;
	}
	printf("# %s: %u faults, %u refusals\n", operation->name, *faults,
	       refused);
	return good;
}

int main(int argc, char **argv)
{
	unsigned int i, faults, total = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare_kernel();
	must(ws_device());
	printf("1..%u\n", operations_count);
	for (i = 0; i < operations_count; i++) {
		bool good;

		/* The arguments pick operations by a part of their names. */
		if (argc > 1 && !strstr(operations[i].name, argv[1])) {
			printf("ok %u - %s # SKIP\n", i + 1, operations[i].name);
			continue;
		}
		good = sweep(&operations[i], &faults);
		total += faults;
		failed += !good;
		printf("%sok %u - %s\n", good ? "" : "not ", i + 1,
		       operations[i].name);
	}
	printf("# %u operations, %u faults\n", operations_count, total);
	return failed != 0;
}
