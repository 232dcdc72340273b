// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worst that a user can do to those who want the processor: the commands
 * with the longest work under locks, as far as the limits allow. What they cost is
 * counted outside, see sections.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mailbox.h"
#include "winsync_test.h"

#define WAITERS		320	/* more than a pass serves in one hold */
#define OBJECTS		64
#define MANY		4096
#define MUTEXES		1000
#define NAMES		500

static volatile uint64_t *mailbox;
static int objects[MANY];

static void fail(const char *what, int error)
{
	printf("Bail out! %s: %s\n", what, strerror(-error));
	exit(1);
}

static int must(const char *what, int result)
{
	if (result < 0)
		fail(what, result);
	return result;
}

/* --- where things are ----------------------------------------------------- */

static const char *const entries[] = {
	"asm_sysvec_apic_timer_interrupt", "asm_common_interrupt",
	"asm_sysvec_reschedule_ipi", "asm_sysvec_call_function",
	"asm_sysvec_call_function_single", "asm_sysvec_irq_work",
};

static void tell_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address, preempt = 0, hot = 0, begin = ~0ULL, end = 0;
	unsigned int entry = 0, i;
	char line[256], type, name[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %127s", &address, &type, name) != 3)
			continue;
		if (strstr(line, "[winsync]") && (type == 't' || type == 'T')) {
			begin = address < begin ? address : begin;
			end = address > end ? address : end;
		}
		if (!strcmp(name, "__preempt_count"))
			preempt = address;
		if (!strcmp(name, "pcpu_hot"))
			hot = address;
		for (i = 0; i < sizeof(entries) / sizeof(*entries); i++)
			if (!strcmp(name, entries[i]))
				mailbox[MAILBOX_ENTRIES + entry++] = address;
	}
	if (file)
		fclose(file);
	/* Linux 6.2 to 6.14 keep it behind the pointer to the task. */
	if (!preempt && hot)
		preempt = hot + sizeof(uint64_t);
	if (!preempt || !end || !entry)
		fail("/proc/kallsyms does not tell", -ENOENT);
	mailbox[MAILBOX_PREEMPT] = preempt;
	mailbox[MAILBOX_BEGIN] = begin;
	/* The last function ends within a page. */
	mailbox[MAILBOX_END] = end + 4096;
}

/* --- threads -------------------------------------------------------------- */

struct waiter {
	const int *fds;
	unsigned int count;
	unsigned long command;
	pthread_t thread;
};

static struct waiter waiters[WAITERS];

static void *wait_main(void *data)
{
	const struct waiter *waiter = data;

	ws_wait_multiple(waiter->command, waiter->fds, waiter->count,
			 WINSYNC_FOREVER, 0, -1);
	return NULL;
}

static void start(unsigned int count, unsigned long command, const int *fds,
		  unsigned int objects_each, int watch)
{
	pthread_attr_t attr;
	unsigned int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 0; i < count; i++) {
		waiters[i] = (struct waiter){ fds, objects_each, command, 0 };
		must("a thread", -pthread_create(&waiters[i].thread, &attr,
						 wait_main, &waiters[i]));
	}
	must("waiters", ws_await_waiters(watch, count));
}

static void join(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		pthread_join(waiters[i].thread, NULL);
}

/* --- scenarios ------------------------------------------------------------ */

static void close_all(unsigned int count)
{
	while (count--)
		close(objects[count]);
}

static void events(unsigned int count, int manual, int signaled)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		objects[i] = must("an event", ws_event(manual, signaled));
}

static void broadcast(void)
{
	events(1, 1, 0);
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_event_set(objects[0]);
	join(WAITERS);
	close_all(1);
}

static void pulse(void)
{
	events(1, 1, 0);
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_event_pulse(objects[0]);
	join(WAITERS);
	close_all(1);
}

static void release_many(void)
{
	objects[0] = must("a semaphore", ws_semaphore(0, WAITERS));
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_semaphore_release(objects[0], WAITERS);
	join(WAITERS);
	close_all(1);
}

/* All of them look at 64 members, and take them. */
static void commit_all(void)
{
	events(OBJECTS, 1, 1);
	ws_event_reset(objects[0]);
	start(WAITERS, WINSYNC_IOC_WAIT_ALL, objects, OBJECTS, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_event_set(objects[0]);
	join(WAITERS);
	close_all(OBJECTS);
}

/* All of them look at 64 members, in vain: the last is missing. */
static void peek_all(void)
{
	int i;

	events(OBJECTS, 1, 1);
	ws_event_reset(objects[OBJECTS - 1]);
	start(WAITERS, WINSYNC_IOC_WAIT_ALL, objects, OBJECTS, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	for (i = 0; i < OBJECTS - 1; i++)
		ws_event_set(objects[i]);
	ws_event_set(objects[OBJECTS - 1]);
	join(WAITERS);
	close_all(OBJECTS);
}

static void wait_all_alone(void)
{
	events(OBJECTS, 0, 1);
	mailbox[MAILBOX_RESET] = 1;
	ws_wait_all(objects, OBJECTS, 0);
	/* And under all locks into all queues, and out of them. */
	ws_wait_all(objects, OBJECTS, ws_after(1));
	close_all(OBJECTS);
}

static void wait_any_widest(void)
{
	events(MANY, 0, 0);
	mailbox[MAILBOX_RESET] = 1;
	ws_wait_any(objects, MANY, ws_after(1));
	ws_event_set(objects[MANY - 1]);
	ws_wait_any(objects, MANY, 0);
	close_all(MANY);
}

static void ask_who_waits(void)
{
	static struct winsync_waiter list[WINSYNC_WAITERS_MAX];
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)list, .count = WINSYNC_WAITERS_MAX,
	};

	events(1, 1, 0);
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_ioctl(objects[0], WINSYNC_IOC_WAITERS, &args);
	ws_event_set(objects[0]);
	join(WAITERS);
	close_all(1);
}

static void *own_all(void *data)
{
	unsigned int i;

	(void)data;
	for (i = 0; i < MUTEXES; i++)
		ws_try(objects[i]);
	return NULL;
}

/* A thread ends with mutexes; others wait for all of these, 64 at a time. */
static void abandon(void)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < MUTEXES; i++)
		objects[i] = must("a mutex", ws_mutex(0));
	mailbox[MAILBOX_RESET] = 1;
	pthread_create(&thread, NULL, own_all, NULL);
	pthread_join(thread, NULL);
	for (i = 0; i < MUTEXES; i++)
		ws_try(objects[i]);
	close_all(MUTEXES);
}

static void *own_some(void *data)
{
	const int *gates = data;
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		ws_try(objects[i]);
	ws_gate_open(gates[0]);
	/* Until they wait. */
	ws_gate_pass(gates[1]);
	return NULL;
}

static void abandon_with_waiters(void)
{
	int gates[2] = { ws_gate(), ws_gate() };
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = must("a mutex", ws_mutex(0));
	pthread_create(&thread, NULL, own_some, gates);
	ws_gate_pass(gates[0]);
	mailbox[MAILBOX_RESET] = 1;
	start(32, WINSYNC_IOC_WAIT_ALL, objects, OBJECTS, objects[0]);
	ws_gate_open(gates[1]);
	pthread_join(thread, NULL);
	join(32);
	close_all(OBJECTS);
	close(gates[0]);
	close(gates[1]);
}

static void timer(void)
{
	objects[0] = must("a timer", ws_timer(1));
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_timer_set(objects[0], 1000000, 0);
	join(WAITERS);
	close_all(1);
}

static void signal_and_wait(void)
{
	events(2, 1, 0);
	start(WAITERS, WINSYNC_IOC_WAIT_ANY, objects, 1, objects[0]);
	mailbox[MAILBOX_RESET] = 1;
	ws_signal_and_wait(objects[0], objects[1], ws_after(1), -1);
	join(WAITERS);
	close_all(2);
}

static void list_names(void)
{
	static char buffer[16384] __attribute__((aligned(8)));
	int ns = must("a namespace", ws_private_ns());
	uint64_t cursor = 0;
	char name[16];
	unsigned int i;

	mailbox[MAILBOX_RESET] = 1;
	for (i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "name %u", i);
		objects[i] = must("a name", ws_named(ns, WINSYNC_TYPE_EVENT,
						     name, 0, NULL));
	}
	while (ws_list(ns, &cursor, buffer, sizeof(buffer)) > 0)
		;
	close_all(NAMES);
	close(ns);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "set an event that 320 threads wait for", broadcast },
	{ "pulse it", pulse },
	{ "release a semaphore 320 times at once", release_many },
	{ "set the event that 320 waits for all of 64 lack", commit_all },
	{ "set those that they have already", peek_all },
	{ "wait for all of 64", wait_all_alone },
	{ "wait for any of 4096", wait_any_widest },
	{ "ask who waits, 256 of 320", ask_who_waits },
	{ "end with 1000 mutexes", abandon },
	{ "end with 64 mutexes, which 32 threads wait for all of",
	  abandon_with_waiters },
	{ "a timer expires that 320 threads wait for", timer },
	{ "set that event and wait, in one step", signal_and_wait },
	{ "make, list and close 500 names", list_names },
};

int main(void)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mailbox = mmap((void *)(uintptr_t)MAILBOX, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (mailbox == MAP_FAILED)
		fail("the mailbox", -errno);
	ws_raise_nofile(MANY + 100);
	tell_symbols();
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		scenarios[i].run();
		mailbox[MAILBOX_REPORT] = i + 1;
		printf("%u %s\n", i + 1, scenarios[i].name);
	}
	return 0;
}
