// SPDX-License-Identifier: GPL-2.0-only
/* Handles, children, other programs, and what happens at the limits. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

#define ALICE	1000

static void send_and_receive(struct worker *me)
{
	int fd = shared->object[below(me, shared->objects)].fd, got;
	struct winsync_stat stat;

	if (chance(me, 50)) {
		ws_send_fds(shared->sockets[0], &fd, 1);
		return;
	}
	if (ws_receive_fds(shared->sockets[1], &got, 1))
		return;
	CALL(me, ws_stat(got, &stat));
	passed(me, RESULTS);
	for (int i = 0; i < shared->objects; i++) {
		if (shared->object[i].id != stat.id)
			continue;
		if (CALL(me, ws_same(got, shared->object[i].fd)) != 1)
			fail(RESULTS, "object %d has changed on its way", i);
		CALL(me, close(got));
		return;
	}
	fail(RESULTS, "a fd was sent and is object %llu",
	     (unsigned long long)stat.id);
	close(got);
}

/* The rights of a duplicate are what was asked for, and no more. */
static void duplicate_narrow(struct worker *me, const struct object *object)
{
	int narrow = CALL(me, ws_duplicate(object->fd, WS_QUERY, 0));

	passed(me, RESULTS);
	if (narrow < 0) {
		fail(RESULTS, "duplicate: %d", narrow);
		return;
	}
	if (CALL(me, ws_try(narrow)) != -EACCES)
		fail(RESULTS, "a wait without SYNCHRONIZE");
	if (object->type == WINSYNC_TYPE_EVENT &&
	    CALL(me, ws_event_set(narrow)) != -EACCES)
		fail(RESULTS, "a set without MODIFY");
	CALL(me, close(narrow));
}

void handle_once(struct worker *me)
{
	struct object *object = &shared->object[below(me, shared->objects)];
	int other;

	switch (below(me, 4)) {
	case 0:
		send_and_receive(me);
		return;
	case 1:
		duplicate_narrow(me, object);
		return;
	case 2:
		other = dup(object->fd);
		break;
	default:
		other = CALL(me, ws_duplicate(object->fd, 0,
					      below(me, 2) * WINSYNC_INHERIT));
	}
	passed(me, RESULTS);
	if (other < 0 || CALL(me, ws_same(object->fd, other)) != 1)
		fail(RESULTS, "another fd of object %d: %d",
		     (int)(object - shared->object), other);
	CALL(me, close(other));
}

/* An object that nobody else knows does exactly what is asked of it. */
void create_once(struct worker *me)
{
	int fds[3] = {
		CALL(me, ws_event(below(me, 2), 1)), CALL(me, ws_mutex(1)),
		CALL(me, ws_semaphore(1, 1)),
	};
	struct winsync_stat stat;
	int result = CALL(me, ws_wait_all(fds, 3, WINSYNC_FOREVER));

	passed(me, RESULTS);
	if (result)
		fail(RESULTS, "new objects, all signaled: %d", result);
	result = CALL(me, ws_try(fds[2]));
	if (result != -ETIMEDOUT)
		fail(RESULTS, "a new semaphore, used up: %d", result);
	result = CALL(me, ws_mutex_release(fds[1]));
	if (result != 2)
		fail(RESULTS, "a new mutex, acquired twice: %d", result);
	result = CALL(me, ws_stat(fds[0], &stat));
	if (result || stat.handles != 1 || stat.waiters)
		fail(RESULTS, "a new event: %d, %u handles, %u waiters", result,
		     stat.handles, stat.waiters);
	for (int i = 0; i < 3; i++)
		CALL(me, close(fds[i]));
}

/* What is refused changes nothing: the books would show it. */
void bad_once(struct worker *me)
{
	struct object *object = &shared->object[below(me, shared->objects)];
	int wrong[2] = { object->fd, shared->sockets[0] };
	int twice[2] = { object->fd, object->fd };
	int result, expected;

	switch (below(me, 6)) {
	case 0:
		expected = -EBADFD;
		result = CALL(me, ws_wait_any(wrong, 2, 0));
		break;
	case 1:
		wrong[1] = 1000000;
		expected = -EBADF;
		result = CALL(me, ws_wait_all(wrong, 2, 0));
		break;
	case 2:
		expected = -ENOTUNIQ;
		result = CALL(me, ws_wait_all(twice, 2, 0));
		break;
	case 3:
		if (object->type == WINSYNC_TYPE_SEMAPHORE)
			return;
		expected = -EBADFD;
		result = CALL(me, ws_semaphore_release(object->fd, 1));
		break;
	case 4:
		expected = -EINVAL;
		result = CALL(me, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, wrong,
						   1, 0, 0x100, -1));
		break;
	default:
		expected = -EFAULT;
		result = CALL(me, ws_wait_multiple(WINSYNC_IOC_WAIT_ANY,
						   (int *)16, 2, 0, 0, -1));
	}
	passed(me, RESULTS);
	if (result != expected)
		fail(RESULTS, "a bad call: %d, not %d", result, expected);
}

/* --- children -------------------------------------------------------------- */

/* Only what is safe in the child of a process with threads. */
static pid_t fork_child(void)
{
	pid_t parent = getpid(), pid;

	add(shared->forks, 1);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	} else if (pid < 0) {
		add(shared->forks_done, 1);
	}
	return pid;
}

static void reap_child(struct worker *me, pid_t pid, int expected)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	add(shared->forks_done, 1);
	passed(me, RESULTS);
	if ((WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status)) !=
	    expected)
		fail(RESULTS, "a child ended with status %#x", status);
}

/* A child owns nothing of what its parent does, and its end takes nothing. */
static void owning_child(struct worker *me)
{
	const struct object *mutex = &shared->object[me->held[0].object];

	if (ws_mutex_release(mutex->fd) != -EPERM)
		fail(OWNERSHIP, "a child released a mutex of its parent");
	if (ws_try(mutex->fd) != -ETIMEDOUT)
		fail(OWNERSHIP, "a child acquired a mutex of its parent");
	_exit(0);
}

/* Killed while it sleeps, for what it cannot get, and perhaps for more. */
static void sleeping_child(struct worker *me)
{
	int fds[2] = { shared->object[me->held[0].object].fd,
		       shared->object[0].fd };
	bool more = me->held[0].object != 0;

	for (;;) {
		if (more && ws_wait_all(fds, 2, WINSYNC_FOREVER) != -EINTR)
			break;
		if (!more && ws_wait(fds[0], WINSYNC_FOREVER) != -EINTR)
			break;
	}
	fail(OWNERSHIP, "a child came back from a wait for its parent's mutex");
	_exit(1);
}

void fork_once(struct worker *me)
{
	bool sleeps = chance(me, 50);
	pid_t pid;

	if (!me->held_count || shared->process[me->slot->process].victim)
		return;
	pid = fork_child();
	if (pid < 0)
		return;
	if (!pid && sleeps)
		sleeping_child(me);
	if (!pid)
		owning_child(me);
	passed(me, OWNERSHIP);
	if (sleeps) {
		usleep(below(me, 2000));
		kill(pid, SIGKILL);
	}
	reap_child(me, pid, sleeps ? 256 + SIGKILL : 0);
}

/* Another program: what all its threads own is abandoned, their waits end. */
void exec_once(struct worker *me)
{
	struct process *process = &shared->process[me->slot->process];

	if (!process->victim || replace(process->doomed, true, true))
		return;
	store(process->doomed, true);
	execl("/proc/self/exe", "torture", "--nothing", (char *)NULL);
	fail(RESULTS, "exec: %d", errno);
	_exit(1);
}

/* --- limits ---------------------------------------------------------------- */

static uint32_t objects_of_user(struct winsync_info *info)
{
	ws_info(info);
	return info->objects;
}

/* As many objects as the quota lets alice have, and all of them back. */
static void quota_child(void)
{
	uint64_t limit = ws_after(WS_PATIENCE_MS);
	struct winsync_info info;
	uint32_t made = 0;
	int fd, last = -1;

	ws_raise_nofile(65536);
	if (ws_become(ALICE, ALICE))
		_exit(2);
	/* Objects of the child before may still be on their way out. */
	while (objects_of_user(&info) && ws_clock(CLOCK_MONOTONIC) < limit)
		ws_sleep_ms(1);
	while ((fd = ws_event(0, 0)) >= 0) {
		made++;
		last = fd;
	}
	if (fd != -EDQUOT || made != info.max_objects)
		fail(QUOTA, "%u objects made, %u allowed, %u before: %d", made,
		     info.max_objects, info.objects, fd);
	/* What was refused is not charged: there is room for one again. */
	close(last);
	fd = ws_event(0, 0);
	if (fd < 0)
		fail(QUOTA, "one object closed, and no room for another: %d", fd);
	_exit(0);
}

/* Without fds left nothing is made, and nothing stays charged. */
static void fd_child(void)
{
	int next = ws_next_fd(), fd, kept[8], made = 0;
	struct rlimit limit = { next + 4, next + 4 };

	setrlimit(RLIMIT_NOFILE, &limit);
	while ((fd = ws_event(0, 0)) >= 0 && made < 8)
		kept[made++] = fd;
	if (fd != -EMFILE || !made)
		fail(RESULTS, "%d objects made with few fds: %d", made, fd);
	fd = ws_named(shared->namespace_fd, WINSYNC_TYPE_EVENT, "no fd", 0, NULL);
	if (fd != -EMFILE)
		fail(RESULTS, "a name made without fds: %d", fd);
	if (made && ws_duplicate(kept[0], 0, 0) != -EMFILE)
		fail(RESULTS, "a duplicate made without fds");
	while (made)
		close(kept[--made]);
	fd = ws_open(shared->namespace_fd, "no fd", 0, WS_ALL);
	if (fd != -ENOENT)
		fail(LEFT_BEHIND, "a name that was never made: %d", fd);
	_exit(0);
}

void limit_once(struct worker *me)
{
	bool quota = chance(me, 50);
	pid_t pid;

	/* One at a time: they would take each other's room. */
	if (shared->process[me->slot->process].victim ||
	    !replace(shared->limiter, 0, 1))
		return;
	pid = fork_child();
	if (!pid && quota)
		quota_child();
	if (!pid)
		fd_child();
	if (pid > 0) {
		passed(me, quota ? QUOTA : LEFT_BEHIND);
		reap_child(me, pid, 0);
	}
	store(shared->limiter, 0);
}
