// SPDX-License-Identifier: MIT
/*
 * A lock that survives its owner. A process is killed in the middle of moving money
 * between two accounts; the next owner of the mutex is told, and repairs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wsync/wsync.h>

struct accounts {
	int first, second;
	int old_first, old_second;	/* as they were before the change under way */
};

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "crash_safe_lock: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

static void show(const char *when, const struct accounts *accounts)
{
	printf("%s: %d + %d = %d\n", when, accounts->first, accounts->second,
	       accounts->first + accounts->second);
	fflush(stdout);
}

/* To be called by the owner: what the last one left half done is undone. */
static void move(struct accounts *accounts, int amount, bool abandoned, bool crash)
{
	if (abandoned) {
		accounts->first = accounts->old_first;
		accounts->second = accounts->old_second;
		show("The lock was abandoned; repaired", accounts);
	}
	accounts->old_first = accounts->first;
	accounts->old_second = accounts->second;
	accounts->first -= amount;
	if (crash)
		raise(SIGKILL);
	accounts->second += amount;
}

static void lock_and_move(int lock, struct accounts *accounts, int amount, bool crash)
{
	struct wsync_wait_result result;

	check(wsync_wait(lock, WSYNC_FOREVER, NULL, &result), "wait");
	move(accounts, amount, result.abandoned, crash);
	check(wsync_mutex_release(lock, NULL), "release");
}

int main(void)
{
	struct accounts *accounts;
	int lock;

	accounts = mmap(NULL, sizeof(*accounts), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (accounts == MAP_FAILED) {
		perror("crash_safe_lock");
		return 1;
	}
	accounts->first = 100;
	check(wsync_mutex_create(NULL, NULL, 0, NULL, &lock, NULL), "create");
	if (fork() == 0) {
		lock_and_move(lock, accounts, 30, true);
		_exit(0);
	}
	wait(NULL);
	show("Killed while it owned the lock", accounts);
	lock_and_move(lock, accounts, 30, false);
	show("Moved", accounts);
	return 0;
}
