// SPDX-License-Identifier: GPL-2.0-only
/* Handles in other processes: fork, spawn, send and receive, take. */
#include "library.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/*
 * This program as a spawned child: "processes child EVENT OTHER": sets the event, whose
 * number it was told; the other handle must not have arrived.
 */
static int be_child(char *const argv[])
{
	int event = atoi(argv[2]), other = atoi(argv[3]);

	if (fcntl(other, F_GETFD) >= 0)
		return 1;
	return wsync_event_set(event, NULL) ? 2 : 0;
}

/* [IN-11], [IN-12] */
static void spawned_programs_get_the_listed_handles(void **state)
{
	int event = new_event(0), other = new_event(WSYNC_INHERIT), status = -1;
	char numbers[2][12];
	char *const argv[] = {
		(char *)"processes", (char *)"child", numbers[0], numbers[1], NULL,
	};
	pid_t pid = -1;

	(void)state;
	snprintf(numbers[0], sizeof(numbers[0]), "%d", event);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", other);
	assert_ok(wsync_spawn(getenv("WSYNC_TEST_SELF"), argv, NULL, &event, 1, &pid));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(acquired(event));
	/* Nothing but handles of winsync is listed. */
	status = STDERR_FILENO;
	assert_error(wsync_spawn("/bin/true", argv, NULL, &status, 1, &pid), EBADFD);
	assert_error(wsync_spawn("/none", argv, NULL, &event, 1, &pid), ENOENT);
	wsync_close(event);
	wsync_close(other);
}

static int release_in_child(void *arg)
{
	int mutex = *(int *)arg;

	/* Not the owner, and cannot become it. */
	if (wsync_mutex_release(mutex, NULL) != -EPERM)
		return 1;
	if (wsync_wait(mutex, 0, NULL, NULL) != -ETIMEDOUT)
		return 2;
	/* The parent's context works here. */
	return wsync_event_create(NULL, NULL, 0, NULL, &mutex, NULL) ? 3 : 0;
}

static void forks_own_nothing(void **state)
{
	struct wsync_mutex_state owner;
	int mutex = new_mutex(WSYNC_OWNED);

	(void)state;
	assert_int_equal(in_child(release_in_child, &mutex), 0);
	assert_ok(wsync_mutex_query(mutex, &owner));
	assert_true(owner.owned_by_caller);
	assert_false(owner.abandoned);
	assert_ok(wsync_mutex_release(mutex, NULL));
	wsync_close(mutex);
}

static int receive_and_set(void *arg)
{
	static const uint32_t types[] = { WSYNC_TYPE_EVENT, WSYNC_TYPE_SEMAPHORE };
	int fds[2];

	if (wsync_receive(*(int *)arg, types, 2, 0, fds))
		return 1;
	return wsync_event_set(fds[0], NULL) || wsync_semaphore_release(fds[1], 2, NULL);
}

static void sent_handles_arrive(void **state)
{
	struct wsync_semaphore_state counts;
	int fds[2] = { new_event(0), new_semaphore(0, 5) };
	int sockets[2];

	(void)state;
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	assert_ok(wsync_send(sockets[0], fds, 2));
	assert_int_equal(in_child(receive_and_set, &sockets[1]), 0);
	assert_true(acquired(fds[0]));
	assert_ok(wsync_semaphore_query(fds[1], &counts));
	assert_int_equal(counts.count, 2);
	/* Another type than is expected. */
	assert_ok(wsync_send(sockets[0], &fds[1], 1));
	{
		static const uint32_t mutex = WSYNC_TYPE_MUTEX;
		int none = -1;

		assert_error(wsync_receive(sockets[1], &mutex, 1, 0, &none), EBADFD);
	}
	/* A handle in flight keeps the name alive. */
	wsync_close(fds[0]);
	assert_ok(wsync_event_create(NULL, "flight", WSYNC_EXCL, NULL, &fds[0], NULL));
	assert_ok(wsync_send(sockets[0], fds, 1));
	wsync_close(fds[0]);
	assert_ok(wsync_event_open(NULL, "flight", 0, NULL, &fds[0]));
	wsync_close(fds[0]);
	wsync_close(sockets[0]);
	wsync_close(sockets[1]);
	assert_error(wsync_event_open(NULL, "flight", 0, NULL, &fds[0]), ENOENT);
	wsync_close(fds[1]);
}

static void handles_are_taken(void **state)
{
	int event = new_event(0), taken = -1;
	bool same = false;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_ok(wsync_take(pid, event, WSYNC_TYPE_EVENT, 0, &taken));
	assert_ok(wsync_same(event, taken, &same));
	assert_true(same);
	wsync_close(taken);
	assert_error(wsync_take(pid, event, WSYNC_TYPE_TIMER, 0, &taken), EBADFD);
	assert_error(wsync_take(pid, STDERR_FILENO, WSYNC_TYPE_ANY, 0, &taken), EBADFD);
	assert_error(wsync_take(pid, 900, WSYNC_TYPE_ANY, 0, &taken), EBADF);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	wsync_close(event);
}

/* Somebody closes everything; the default context opens its device again. */
static int close_all_and_create(void *arg)
{
	int fd = -1;

	(void)arg;
	if (wsync_context_device(NULL, &fd) || close_range(3, ~0U, 0))
		return 1;
	if (wsync_event_create(NULL, NULL, 0, NULL, &fd, NULL) || wsync_event_set(fd, NULL))
		return 2;
	/* Another file in its place. */
	if (close_range(3, ~0U, 0) || open("/dev/null", O_RDWR) != 3)
		return 3;
	if (wsync_event_create(NULL, NULL, 0, NULL, &fd, NULL))
		return 4;
	return fcntl(3, F_GETFD) < 0;
}

static void lost_devices_are_opened_again(void **state)
{
	(void)state;
	assert_int_equal(in_child(close_all_and_create, NULL), 0);
}

static void devices_can_be_chosen(void **state)
{
	struct wsync_context_opts opts = { .sz = sizeof(opts), .device = "/dev/null" };
	struct wsync_context *context = NULL;
	int fd = -1;

	(void)state;
	assert_error(wsync_context_new(&opts, &context), ENODEV);
	opts.device = "/dev/winsync";
	assert_ok(wsync_context_new(&opts, &context));
	assert_ok(wsync_event_create(context, NULL, WSYNC_SIGNALED, NULL, &fd, NULL));
	wsync_context_unref(context);
	assert_true(acquired(fd));
	wsync_close(fd);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spawned_programs_get_the_listed_handles),
		cmocka_unit_test(forks_own_nothing),
		cmocka_unit_test(sent_handles_arrive),
		cmocka_unit_test(handles_are_taken),
		cmocka_unit_test(lost_devices_are_opened_again),
		cmocka_unit_test(devices_can_be_chosen),
	};

	if (argc == 4)
		return be_child(argv);
	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
