// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending, receiving and taking handles: sockets and processes are real, the fds are
 * ends of pipes, and the module says of them what the test wants.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fake.h"

#define MOST 253
#define PASS_PIDFD 76		/* SO_PASSPIDFD */

static int answer_type;		/* < 0: not winsync's */

static int answer(int fd, unsigned long request, void *argument)
{
	if (request == 0)
		return close(fd);
	if (answer_type < 0 || fcntl(fd, F_GETFD) < 0)
		return fcntl(fd, F_GETFD) < 0 ? -EBADF : -ENOTTY;
	if (request == WINSYNC_IOC_STAT)
		*(struct winsync_stat *)argument = (struct winsync_stat){
			.type = (uint32_t)answer_type,
		};
	return 0;
}

static int sockets[2];
static int pipes[2];

static int setup(void **state)
{
	(void)state;
	fake_module = answer;
	answer_type = WINSYNC_TYPE_MUTEX;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
		return -1;
	return pipe2(pipes, O_CLOEXEC);
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		close(sockets[i]);
		close(pipes[i]);
	}
	fake_module = NULL;
	return 0;
}

static int open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < FAKE_FD; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static bool same_file(int a, int b)
{
	struct stat first, second;

	assert_int_equal(fstat(a, &first), 0);
	assert_int_equal(fstat(b, &second), 0);
	return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

static void sends_and_receives(void **state)
{
	static const uint32_t types[] = { WSYNC_TYPE_MUTEX, WSYNC_TYPE_ANY };
	int fds[2] = { -1, -1 };
	int before = open_fds();

	(void)state;
	assert_int_equal(wsync_send(sockets[0], pipes, 2), 0);
	assert_int_equal(wsync_receive(sockets[1], types, 2, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_not_equal(fds[i], pipes[i]);
		assert_true(same_file(fds[i], pipes[i]));
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	assert_int_equal(wsync_send(sockets[0], pipes, 1), 0);
	assert_int_equal(wsync_receive(sockets[1], NULL, 1, WSYNC_INHERIT, fds), 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), 0);
	close(fds[0]);
	assert_int_equal(open_fds(), before);
}

static void sends_up_to_the_limit(void **state)
{
	int many[MOST + 1], fds[MOST];
	int before = open_fds();

	(void)state;
	for (int i = 0; i <= MOST; i++)
		many[i] = pipes[0];
	assert_error(wsync_send(sockets[0], many, MOST + 1), EINVAL);
	assert_int_equal(wsync_send(sockets[0], many, MOST), 0);
	assert_int_equal(wsync_receive(sockets[1], NULL, MOST, 0, fds), 0);
	assert_int_equal(open_fds(), before + MOST);
	for (int i = 0; i < MOST; i++)
		close(fds[i]);
}

/* Whatever else the receiver ordered has room beside them, and stays nowhere. */
static void ignores_other_ancillary_data(void **state)
{
	static const int on = 1;
	int many[MOST], fds[MOST];
	int before = open_fds();

	(void)state;
	for (int i = 0; i < MOST; i++)
		many[i] = pipes[0];
	assert_int_equal(setsockopt(sockets[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	/* Linux 6.5 and newer. */
	if (setsockopt(sockets[1], SOL_SOCKET, PASS_PIDFD, &on, sizeof(on)) != 0)
		assert_int_equal(errno, ENOPROTOOPT);
	assert_int_equal(wsync_send(sockets[0], many, MOST), 0);
	assert_int_equal(wsync_receive(sockets[1], NULL, MOST, 0, fds), 0);
	for (int i = 0; i < MOST; i++) {
		assert_true(same_file(fds[i], pipes[0]));
		close(fds[i]);
	}
	assert_int_equal(open_fds(), before);
}

static void messages_keep_apart(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(wsync_send(sockets[0], pipes, 1), 0);
	assert_int_equal(wsync_send(sockets[0], pipes + 1, 1), 0);
	assert_int_equal(wsync_receive(sockets[1], NULL, 1, 0, fds), 0);
	assert_int_equal(wsync_receive(sockets[1], NULL, 1, 0, fds + 1), 0);
	assert_true(same_file(fds[0], pipes[0]));
	close(fds[0]);
	close(fds[1]);
}

static void rejects_what_it_did_not_want(void **state)
{
	static const uint32_t event = WSYNC_TYPE_EVENT;
	int fds[3] = { -7, -7, -7 };
	int before = open_fds();

	(void)state;
	/* Another type. */
	assert_int_equal(wsync_send(sockets[0], pipes, 1), 0);
	assert_error(wsync_receive(sockets[1], &event, 1, 0, fds), EBADFD);
	/* Another number. */
	assert_int_equal(wsync_send(sockets[0], pipes, 2), 0);
	assert_error(wsync_receive(sockets[1], NULL, 1, 0, fds), EBADMSG);
	assert_int_equal(wsync_send(sockets[0], pipes, 2), 0);
	assert_error(wsync_receive(sockets[1], NULL, 3, 0, fds), EBADMSG);
	/* Not ours at all. */
	assert_int_equal(wsync_send(sockets[0], pipes, 1), 0);
	answer_type = -1;
	assert_error(wsync_receive(sockets[1], NULL, 1, 0, fds), EBADFD);
	assert_error(wsync_send(sockets[0], pipes, 1), EBADFD);
	answer_type = WINSYNC_TYPE_MUTEX;
	/* Other data. */
	assert_int_equal(write(sockets[0], "x", 1), 1);
	assert_error(wsync_receive(sockets[1], NULL, 1, 0, fds), EBADMSG);
	assert_int_equal(write(sockets[0], "w", 1), 1);
	assert_error(wsync_receive(sockets[1], NULL, 1, 0, fds), EBADMSG);
	/* The end. */
	close(sockets[0]);
	assert_error(wsync_receive(sockets[1], NULL, 1, 0, fds), EPIPE);
	assert_error(wsync_send(sockets[1], pipes, 1), EPIPE);
	assert_int_equal(fds[0], -7);
	sockets[0] = dup(sockets[1]);
	assert_int_equal(open_fds(), before);
}

static void checks_arguments(void **state)
{
	int bad[] = { pipes[0], 900 };
	int fds[1];

	(void)state;
	assert_error(wsync_send(sockets[0], NULL, 1), EINVAL);
	assert_error(wsync_send(sockets[0], pipes, 0), EINVAL);
	assert_error(wsync_send(sockets[0], bad, 2), EBADF);
	assert_error(wsync_send(pipes[1], pipes, 1), ENOTSOCK);
	assert_error(wsync_receive(sockets[0], NULL, 0, 0, fds), EINVAL);
	assert_error(wsync_receive(sockets[0], NULL, MOST + 1, 0, fds), EINVAL);
	assert_error(wsync_receive(sockets[0], NULL, 1, 0, NULL), EINVAL);
	assert_error(wsync_receive(sockets[0], NULL, 1, WSYNC_EXCL, fds), EINVAL);
	assert_error(wsync_receive(900, NULL, 1, 0, fds), EBADF);
}

static pid_t start_holder(int *remote)
{
	pid_t pid;

	*remote = pipes[0];
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return pid;
}

static void takes(void **state)
{
	int remote, fd = (int)syscall(SYS_pidfd_open, getpid(), 0), before;
	pid_t pid;

	(void)state;
	/* Valgrind 3.19 does not know it. */
	if (fd < 0 && errno == ENOSYS)
		skip();
	close(fd);
	fd = -1;
	pid = start_holder(&remote);
	before = open_fds();
	assert_int_equal(wsync_take(pid, remote, WSYNC_TYPE_MUTEX, 0, &fd), 0);
	assert_true(same_file(fd, pipes[0]));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(wsync_take(pid, remote, WSYNC_TYPE_ANY, WSYNC_INHERIT, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	close(fd);
	fd = -1;
	assert_error(wsync_take(pid, remote, WSYNC_TYPE_EVENT, 0, &fd), EBADFD);
	assert_error(wsync_take(pid, 900, WSYNC_TYPE_MUTEX, 0, &fd), EBADF);
	assert_error(wsync_take(pid, remote, WSYNC_TYPE_MUTEX, 0, NULL), EINVAL);
	assert_error(wsync_take(pid, remote, WSYNC_TYPE_MUTEX, WSYNC_EXCL, &fd), EINVAL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_error(wsync_take(pid, remote, WSYNC_TYPE_MUTEX, 0, &fd), ESRCH);
	assert_error(wsync_take_pidfd(900, remote, WSYNC_TYPE_MUTEX, 0, &fd), EBADF);
	assert_int_equal(fd, -1);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends_and_receives, setup, teardown),
		cmocka_unit_test_setup_teardown(sends_up_to_the_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(ignores_other_ancillary_data, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_keep_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(rejects_what_it_did_not_want, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(takes, setup, teardown),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
