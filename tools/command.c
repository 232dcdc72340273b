// SPDX-License-Identifier: MIT
/* Running a command for which we hold something. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

/* Signals that ask a program to end, or say something to it. */
static const int forwarded[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };

static void wanted(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(set, forwarded[i]);
	sigaddset(set, SIGCHLD);
}

static void child(char *const *argv, const sigset_t *mask, pid_t parent, int report)
{
	int error;

	/*
	 * Should we be killed without being able to do anything about it, what we
	 * hold is gone, and the command must not go on without it.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_COMMAND_FAILURE);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(STATUS_COMMAND_FAILURE);
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

int command_run(char *const *argv)
{
	pid_t self = getpid(), pid;
	int report[2], error = 0, status;
	sigset_t set, mask;

	/* We own something: ending at once would leave it abandoned. */
	if (pipe2(report, O_CLOEXEC)) {
		complain("pipe: %s", strerror(errno));
		return failure_status;
	}
	wanted(&set);
	/* Inherited, it would let children vanish without a status. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, &mask);
	pid = fork();
	if (pid < 0) {
		complain("fork: %s", strerror(errno));
		return failure_status;
	}
	if (pid == 0)
		child(argv, &mask, self, report[1]);
	close(report[1]);
	if (read(report[0], &error, sizeof(error)) == sizeof(error))
		complain("%s: %s", escape(argv[0], strlen(argv[0])), strerror(error));
	close(report[0]);

	while (waitpid(pid, &status, WNOHANG) == 0) {
		siginfo_t info;
		int number = sigwaitinfo(&set, &info);

		/* The terminal has sent its signals to the command, too, unless that left us. */
		if (number > 0 && number != SIGCHLD &&
		    (info.si_code <= 0 || getpgid(pid) != getpgrp()))
			kill(pid, number);
	}
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

void wait_for_end(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (sigwaitinfo(&set, NULL) < 0)
		;
}
