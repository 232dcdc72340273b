// SPDX-License-Identifier: MIT
/*
 * Starting a program with a list of handles.
 *
 * posix_spawn(3) cannot say "no other fds" of an arbitrary set, so this does what
 * it does itself: a child that shares the memory until it executes, while the caller
 * waits and all signals are blocked. In the child everything is marked close-on-exec
 * at once, and the listed handles are not.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

extern char **environ;

struct spawn {
	const char *path;
	char *const *argv;
	char *const *envp;
	const int *fds;
	size_t count;
	sigset_t mask;
	volatile int error;	/* written by the child, on a way that never returns */
};

/* A handler must not run in the child: its memory is the parent's. */
static void default_handlers(void)
{
	struct sigaction action;

	for (int number = 1; number < NSIG; number++) {
		if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN ||
		    action.sa_handler == SIG_DFL)
			continue;
		action.sa_handler = SIG_DFL;
		action.sa_flags = 0;
		sigaction(number, &action, NULL);
	}
}

static int keep_listed(const struct spawn *spawn)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		return -errno;
	for (size_t i = 0; i < spawn->count; i++) {
		int error = wsync_set_inherit(spawn->fds[i], true);

		if (error)
			return error;
	}
	return 0;
}

static void run_child(struct spawn *spawn)
{
	int error;

	default_handlers();
	error = keep_listed(spawn);
	if (!error) {
		sigprocmask(SIG_SETMASK, &spawn->mask, NULL);
		execve(spawn->path, spawn->argv, spawn->envp);
		error = -errno;
	}
	spawn->error = -error;
	_exit(127);
}

/* Apart, so that no variable of the caller lives in a register that vfork clobbers. */
static __attribute__((noinline)) pid_t start_child(struct spawn *spawn)
{
	pid_t pid = vfork();

	if (pid == 0)
		run_child(spawn);
	return pid;
}

WSYNC_API int wsync_spawn(const char *path, char *const argv[], char *const envp[],
			  const int *fds, size_t count, pid_t *pid)
{
	WSYNC_NO_CANCEL();
	struct spawn spawn = {
		.path = path,
		.argv = argv,
		.envp = envp ? envp : environ,
		.fds = fds,
		.count = count,
	};
	sigset_t all;
	pid_t child;
	int error;

	if (!path || !argv || !pid || (!fds && count))
		return wsync_error(EINVAL);
	for (size_t i = 0; i < count; i++) {
		error = wsync_check_type(fds[i], WSYNC_TYPE_ANY);
		if (error)
			return error;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &spawn.mask);
	child = start_child(&spawn);
	error = child < 0 ? errno : spawn.error;
	if (child > 0 && error)
		waitpid(child, NULL, 0);
	pthread_sigmask(SIG_SETMASK, &spawn.mask, NULL);
	if (error)
		return wsync_error(error);
	*pid = child;
	return 0;
}
