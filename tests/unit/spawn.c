// SPDX-License-Identifier: GPL-2.0-only
/* Spawning, with real processes: a shell reports what it received. */
#include <signal.h>
#include <sys/wait.h>

#include "fake.h"

static int answer(int fd, unsigned long request, void *argument)
{
	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	if (request == WINSYNC_IOC_STAT)
		*(struct winsync_stat *)argument = (struct winsync_stat){
			.type = WINSYNC_TYPE_EVENT,
		};
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fake_module = answer;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_module = NULL;
	return 0;
}

static int run_shell(const char *script, char *const envp[], const int *fds, size_t count)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	pid_t pid = 0;
	int status;

	assert_int_equal(wsync_spawn("/bin/sh", argv, envp, fds, count, &pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void tell_open_fds(char *script, size_t size, const int *fds, int count)
{
	size_t length = (size_t)snprintf(script, size, "n=0");

	for (int i = 0; i < count; i++)
		length += (size_t)snprintf(script + length, size - length,
					   "; [ -e /proc/$$/fd/%d ] && n=$((n + %d))",
					   fds[i], 1 << i);
	snprintf(script + length, size - length, "; exit $n");
}

/* [IN-11]: only the listed ones, inheritable or not, under their numbers */
static void only_listed_handles_arrive(void **state)
{
	char script[400];
	int fds[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		fds[i] = fcntl(0, i % 2 ? F_DUPFD : F_DUPFD_CLOEXEC, 20 + 20 * i);
		assert_true(fds[i] >= 20);
	}
	tell_open_fds(script, sizeof(script), fds, 4);
	assert_int_equal(run_shell(script, NULL, NULL, 0), 0);
	assert_int_equal(run_shell(script, NULL, fds, 2), 3);
	assert_int_equal(run_shell(script, NULL, fds + 2, 1), 4);
	assert_int_equal(run_shell(script, NULL, fds, 4), 15);
	/* Nothing changed here. */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD), i % 2 ? 0 : FD_CLOEXEC);
		close(fds[i]);
	}
}

static void environment(void **state)
{
	char *const given[] = { (char *)"WSYNC_TEST=given", NULL };

	(void)state;
	setenv("WSYNC_TEST", "own", 1);
	assert_int_equal(run_shell("[ \"$WSYNC_TEST\" = own ]", NULL, NULL, 0), 0);
	assert_int_equal(run_shell("[ \"$WSYNC_TEST\" = given ]", given, NULL, 0), 0);
}

static void handler(int number)
{
	(void)number;
}

/* SIGUSR1 has a handler here, SIGUSR2 is ignored, SIGHUP is blocked: /proc tells. */
static void signals(void **state)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t mask, before, after;

	(void)state;
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(run_shell("set -- $(grep SigIgn: /proc/self/status);"
				   "[ $((0x$2 & 0xa00)) = $((0x800)) ]", NULL, NULL, 0), 0);
	assert_int_equal(run_shell("set -- $(grep SigBlk: /proc/self/status);"
				   "[ $((0x$2 & 0x7fffffff)) = 1 ]", NULL, NULL, 0), 0);
	sigprocmask(SIG_SETMASK, NULL, &after);
	/* What the kernel knows of a set; the rest of it is not defined. */
	assert_memory_equal(&before, &after, NSIG / 8);
	sigaction(SIGUSR1, NULL, &action);
	assert_ptr_equal(action.sa_handler, handler);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	action.sa_handler = SIG_DFL;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}

static void reports_errors(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	int closed[] = { 0, 900 };
	pid_t pid = -7;

	(void)state;
	assert_error(wsync_spawn("/bin/sh", argv, NULL, closed, 2, &pid), EBADF);
	assert_error(wsync_spawn(NULL, argv, NULL, NULL, 0, &pid), EINVAL);
	assert_error(wsync_spawn("/bin/sh", NULL, NULL, NULL, 0, &pid), EINVAL);
	assert_error(wsync_spawn("/bin/sh", argv, NULL, NULL, 1, &pid), EINVAL);
	assert_error(wsync_spawn("/bin/sh", argv, NULL, NULL, 0, NULL), EINVAL);
	assert_int_equal(pid, -7);
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static bool vfork_shares_memory(void)
{
	static volatile bool shared;
	pid_t pid = vfork();

	if (pid == 0) {
		shared = true;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return shared;
}

/* Tools that watch memory make a fork of it: then the status of the child tells. */
static void reports_errors_of_exec(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	pid_t pid = -7;
	int status;

	(void)state;
	if (!vfork_shares_memory()) {
		assert_int_equal(wsync_spawn("/nonexistent/x", argv, NULL, NULL, 0, &pid), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 127);
		return;
	}
	assert_error(wsync_spawn("/nonexistent/x", argv, NULL, NULL, 0, &pid), ENOENT);
	assert_error(wsync_spawn("/", argv, NULL, NULL, 0, &pid), EACCES);
	assert_int_equal(pid, -7);
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_listed_handles_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(environment, setup, teardown),
		cmocka_unit_test_setup_teardown(signals, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_errors_of_exec, setup, teardown),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
