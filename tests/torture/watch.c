// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the main process does during a round: kill, send signals, and look for
 * somebody who sleeps although it should not.
 *
 * That nobody was forgotten can be proved in two ways. An object that takes
 * part in no wait for all is never signaled while it has a waiter; a listing
 * shows both in one moment. And when all threads sleep in waits without
 * end, nothing changes any more, and each of them can be looked at in peace.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

#define TICK_MS		3
/* Ticks without any progress, after which it is worth a closer look. */
#define STILL_TICKS	3
/* A finding must stay so often, so far apart. */
#define CONFIRMATIONS	10
#define CONFIRMATION_MS	50
/* How late a timeout may come on a machine under load. */
#define LATE_MS		20000
/* How long nothing at all may happen. */
#define HANG_MS		120000

static int signaled_for(struct object *object, const struct slot *slot)
{
	struct winsync_mutex_state state;

	if (is_signaled(object))
		return true;
	return object->type == WINSYNC_TYPE_MUTEX &&
	       !ws_mutex_query(object->fd, &state) &&
	       state.owner == (uint32_t)slot->tid;
}

static bool is_queued(const struct object *object, const struct slot *slot)
{
	static struct winsync_waiter waiters[WINSYNC_WAITERS_MAX];
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)waiters, .count = WINSYNC_WAITERS_MAX,
	};

	if (ws_ioctl(object->fd, WINSYNC_IOC_WAITERS, &args) ||
	    args.total > WINSYNC_WAITERS_MAX)
		return true;
	for (uint32_t i = 0; i < args.count; i++)
		if (waiters[i].tid == (uint32_t)slot->tid)
			return true;
	return false;
}

/* What is wrong with a thread that sleeps without end; CHECKS if nothing is. */
static enum check find_fault(const struct slot *slot, int *index)
{
	int signaled = 0;

	for (int i = 0; i < slot->count; i++) {
		struct object *object = &shared->object[slot->members[i]];

		*index = slot->members[i];
		if (signaled_for(object, slot)) {
			signaled++;
			if (slot->activity == POLLING)
				return POLL_WAKEUP;
			if (!slot->all)
				return LOST_WAKEUP;
		}
		if (slot->activity == WAITING && !is_queued(object, slot))
			return MISSED_WAKE;
	}
	if (slot->activity == WAITING && signaled == slot->count)
		return LOST_WAKEUP;
	if (slot->activity == WAITING && slot->alert != NO_OBJECT) {
		*index = slot->alert;
		if (is_signaled(&shared->object[slot->alert]))
			return LOST_WAKEUP;
		if (!is_queued(&shared->object[slot->alert], slot))
			return MISSED_WAKE;
	}
	return CHECKS;
}

static bool is_live(const struct slot *slot)
{
	return load(slot->tid) && !load(slot->done) &&
	       !load(shared->process[slot->process].doomed);
}

static bool is_asleep(const struct slot *slot)
{
	char path[64], text[256], *state;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", slot->pid,
		 slot->tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = 0;
	/* Behind the name, in parentheses. */
	state = strrchr(text, ')');
	return state && state[1] && state[2] == 'S';
}

static void check_sleeper(struct worker *main_thread, const struct slot *slot)
{
	uint64_t sequence = load(slot->sequence);
	enum check fault = CHECKS;
	int index = 0;

	passed(main_thread, slot->activity == POLLING ? POLL_WAKEUP : MISSED_WAKE);
	for (int i = 0; i < CONFIRMATIONS; i++) {
		fault = find_fault(slot, &index);
		if (fault == CHECKS || load(slot->sequence) != sequence ||
		    !is_asleep(slot))
			return;
		ws_sleep_ms(CONFIRMATION_MS);
	}
	fail(fault, "slot %d sleeps %s %d objects, object %d (type %u) %s",
	     (int)(slot - shared->slot), slot->activity == POLLING ? "polling" :
	     slot->all ? "for all of" : "for any of", slot->count, index,
	     shared->object[index].type, fault == MISSED_WAKE ?
	     "has it not in its queue" : "is signaled");
}

static void send_signal(const struct slot *slot, int number)
{
	syscall(SYS_tgkill, slot->pid, slot->tid, number);
}

/* A timeout that does not come, seen by a thread that does nothing else. */
static void check_late(const struct slot *slot)
{
	uint64_t deadline = slot->deadline;

	if (load(slot->activity) == IDLE || slot->forever ||
	    ws_clock(CLOCK_MONOTONIC) < deadline + LATE_MS * WS_NSEC_PER_MSEC)
		return;
	fail(TIMEOUT_LATE, "slot %d sleeps %u s after its deadline",
	     (int)(slot - shared->slot), LATE_MS / 1000);
	send_signal(slot, SIGUSR1);
}

/* Whether all threads sleep without end; then they are looked at and woken. */
static bool check_stillness(struct worker *main_thread)
{
	int live = 0;

	for (int i = 0; i < slot_count(); i++) {
		struct slot *slot = &shared->slot[i];

		if (!is_live(slot))
			continue;
		live++;
		if (load(slot->activity) == IDLE || load(slot->activity) == GIVING ||
		    !slot->forever || !is_asleep(slot)) {
			check_late(slot);
			return false;
		}
	}
	for (int i = 0; i < slot_count(); i++)
		if (is_live(&shared->slot[i]))
			check_sleeper(main_thread, &shared->slot[i]);
	for (int i = 0; i < slot_count(); i++)
		if (is_live(&shared->slot[i]) && chance(main_thread, 60))
			send_signal(&shared->slot[i], SIGUSR1);
	return live;
}

/* Whether threads may be in queues that have been killed. */
static bool somebody_dies(void)
{
	for (int i = 0; i < shared->processes; i++)
		if (load(shared->process[i].doomed) && !shared->process[i].reaped)
			return true;
	return load(shared->forks) != load(shared->forks_done);
}

static void check_listing(struct worker *main_thread)
{
	static char buffer[16384] __attribute__((aligned(8)));
	struct winsync_list_args args = {
		.buffer = (uintptr_t)buffer, .size = sizeof(buffer),
	};
	uint32_t forks = load(shared->forks);
	bool well = !somebody_dies();

	if (CALL(main_thread, ws_ioctl(shared->namespace_fd, WINSYNC_IOC_LIST,
				       &args)))
		return;
	well = well && !somebody_dies() && forks == load(shared->forks);
	for (uint32_t at = 0; at < args.size; ) {
		struct winsync_list_entry *entry = (void *)(buffer + at);
		struct object *object;
		char name[32] = "";
		int index;

		at += entry->size;
		memcpy(name, entry->name, entry->name_len < sizeof(name) ?
		       entry->name_len : sizeof(name) - 1);
		if (sscanf(name, "object %d", &index) != 1)
			continue;
		object = &shared->object[index];
		if (well && object->any_only && !object->pulse_only) {
			passed(main_thread, LOST_WAKEUP);
			if (entry->signaled && entry->waiters)
				fail(LOST_WAKEUP,
				     "object %d (type %u) is signaled and has %u waiters",
				     index, entry->type, entry->waiters);
		}
		if (object->pulse_only) {
			passed(main_thread, PULSE_UNSEEN);
			if (entry->signaled)
				fail(PULSE_UNSEEN, "a listing saw pulsed event %d",
				     index);
		}
	}
}

static void disturb(struct worker *main_thread)
{
	struct slot *slot = &shared->slot[below(main_thread, slot_count())];

	if (is_live(slot))
		send_signal(slot, chance(main_thread, 50) ? SIGUSR1 : SIGUSR2);
}

static void kill_one(struct worker *main_thread)
{
	struct process *process =
		&shared->process[below(main_thread, shared->processes)];

	if (!process->victim || process->doomed)
		return;
	store(process->doomed, true);
	kill(process->pid, SIGKILL);
}

static void reap(struct worker *main_thread)
{
	for (int i = 0; i < shared->processes; i++) {
		struct process *process = &shared->process[i];
		int status;

		if (process->reaped ||
		    waitpid(process->pid, &status, WNOHANG) != process->pid)
			continue;
		process->reaped = true;
		passed(main_thread, RESULTS);
		if (status && !(process->doomed && WIFSIGNALED(status) &&
				WTERMSIG(status) == SIGKILL))
			fail(RESULTS, "process %d ended with status %#x", i,
			     status);
		if (process->victim)
			check_victim_name(main_thread, i);
	}
}

static bool all_reaped(void)
{
	for (int i = 0; i < shared->processes; i++)
		if (!shared->process[i].reaped)
			return false;
	return true;
}

static uint64_t progress(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < slot_count(); i++)
		sum += load(shared->slot[i].sequence) + shared->slot[i].done;
	return sum;
}

/* Returns when no process of the round is left. */
void watch(struct worker *main_thread)
{
	uint64_t before = 0, now, limit = ws_after(HANG_MS);
	int still = 0;

	while (!all_reaped()) {
		ws_sleep_ms(TICK_MS);
		check_listing(main_thread);
		if (shared->profile.kills && chance(main_thread, 4))
			kill_one(main_thread);
		if (slot_count() && chance(main_thread, 40))
			disturb(main_thread);
		reap(main_thread);
		now = progress();
		still = now == before ? still + 1 : 0;
		if (now != before)
			limit = ws_after(HANG_MS);
		before = now;
		if (still >= STILL_TICKS && check_stillness(main_thread))
			still = 0;
		if (ws_clock(CLOCK_MONOTONIC) < limit)
			continue;
		fail(MISSED_WAKE, "nothing happens any more");
		for (int i = 0; i < shared->processes; i++) {
			shared->process[i].doomed = true;
			kill(shared->process[i].pid, SIGKILL);
		}
		limit = ws_after(HANG_MS);
	}
}
