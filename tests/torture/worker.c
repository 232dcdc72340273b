// SPDX-License-Identifier: GPL-2.0-only
/* The processes of a round and their threads. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "torture.h"

#define STACK	(128 * 1024)

/* How many operations a thread takes from the round's budget at a time. */
#define PORTION	16

uint64_t draw(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (x * 0x2545f4914f6cdd1dULL) >> 33;
}

uint64_t seed_of(uint64_t seed, uint64_t a, uint64_t b)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL + a * 0xbf58476d1ce4e5b9ULL +
			 b * 0x94d049bb133111ebULL + 1;

	for (int i = 0; i < 8; i++)
		draw(&state);
	return state;
}

bool is_ending(int slot)
{
	return load(shared->slot[slot].ending) ||
	       load(shared->process[shared->slot[slot].process].doomed);
}

static bool start_thread(int process);

static enum operation draw_operation(struct worker *me)
{
	const unsigned int *weight = shared->profile.weight;
	unsigned int total = 0, luck;
	int i;

	for (i = 0; i < OPERATIONS; i++)
		total += weight[i];
	luck = below(me, total);
	for (i = 0; luck >= weight[i]; i++)
		luck -= weight[i];
	return i;
}

static void operate(struct worker *me)
{
	enum operation operation = draw_operation(me);

	/* Who holds something mostly lets go of it soon. */
	if (me->held_count && chance(me, 40))
		operation = OP_UNLOCK;
	me->slot->operations[operation]++;
	switch (operation) {
	case OP_SIGNAL:
		signal_once(me);
		break;
	case OP_TRY:
		wait_once(me, false);
		break;
	case OP_SLEEP:
		wait_once(me, true);
		break;
	case OP_SIGNAL_AND_WAIT:
		signal_and_wait_once(me);
		break;
	case OP_UNLOCK:
		if (me->held_count)
			unlock_one(me, below(me, me->held_count));
		break;
	case OP_QUERY:
		query_once(me);
		break;
	case OP_POLL:
		poll_once(me);
		break;
	case OP_HANDLE:
		handle_once(me);
		break;
	case OP_CREATE:
		create_once(me);
		break;
	case OP_NAME:
		name_once(me);
		break;
	case OP_BAD:
		bad_once(me);
		break;
	case OP_THREAD_EXIT:
		/* Another one takes its place; what it owns is abandoned. */
		me->leave = start_thread(me->slot->process);
		break;
	case OP_FORK:
		fork_once(me);
		break;
	case OP_EXEC:
		exec_once(me);
		break;
	default:
		limit_once(me);
	}
	add(me->slot->sequence, 1);
}

static bool take_portion(void)
{
	uint64_t left;

	do {
		left = load(shared->budget);
		if (!left)
			return false;
	} while (!replace(shared->budget, left,
			  left > PORTION ? left - PORTION : 0));
	return true;
}

static void *thread_main(void *data)
{
	struct slot *slot = data;
	int index = slot - shared->slot;
	struct worker me = {
		.slot = slot, .index = index,
		.random = seed_of(shared->seed, shared->round, index + 1),
	};

	for (int i = 0; i < 4; i++)
		me.names[i].fd = -1;
	slot->pid = getpid();
	store(slot->tid, ws_gettid());
	while (!me.leave && !load(shared->stop) && take_portion())
		for (int i = 0; i < PORTION && !me.leave && !load(shared->stop); i++)
			operate(&me);
	names_close(&me);
	store(slot->ending, true);
	store(slot->done, true);
	add(shared->process[slot->process].threads, -1);
	return NULL;
}

/* Returns whether there is a thread more now. */
static bool start_thread(int process)
{
	int index = add(shared->slots, 1);
	struct slot *slot;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (index >= MAX_SLOTS)
		return false;
	slot = &shared->slot[index];
	slot->process = process;
	add(shared->process[process].threads, 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, thread_main, slot);
	pthread_attr_destroy(&attr);
	if (!error)
		return true;
	store(slot->done, true);
	add(shared->process[process].threads, -1);
	return false;
}

static void on_signal(int number)
{
	(void)number;
}

/* Handles of its own instead of those it shares with its parent. */
static void reopen_objects(void)
{
	for (int i = 0; i < shared->objects; i++) {
		int fd = ws_duplicate(shared->object[i].fd, WS_ALL, 0);

		if (fd < 0 || dup3(fd, shared->object[i].fd, O_CLOEXEC) < 0)
			fail(RESULTS, "object %d can't be opened again: %d", i,
			     fd);
		close(fd);
	}
}

void process_main(int process)
{
	struct sigaction action = { .sa_handler = on_signal };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	if (process % 2)
		reopen_objects();
	for (int i = 0; i < shared->threads; i++)
		start_thread(process);
	/* The first thread only looks after the others, who come and go. */
	while (load(shared->process[process].threads))
		ws_sleep_ms(2);
	_exit(0);
}
