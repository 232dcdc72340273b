// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits and Unix signals: EINTR and restarts [WT-7], storms, processes that are
 * stopped, frozen or killed while they wait [EV-26], [WT-10].
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static volatile unsigned int handled;

static void count_signal(int number)
{
	(void)number;
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	sigaction(number, &action, NULL);
}

static bool was_handled(void *data)
{
	return __atomic_load_n(&handled, __ATOMIC_RELAXED) >= *(unsigned int *)data;
}

static bool await_handled(unsigned int count)
{
	return ws_await(was_handled, &count);
}

/* --- one waiter, in every form ------------------------------------------- */

FIXTURE(waiter) {
	int fds[2];		/* semaphore, event */
	struct ws_sleeper sleeper;
};

FIXTURE_VARIANT(waiter) {
	unsigned long cmd;
};

FIXTURE_VARIANT_ADD(waiter, single) { WINSYNC_IOC_WAIT };
FIXTURE_VARIANT_ADD(waiter, any) { WINSYNC_IOC_WAIT_ANY };
FIXTURE_VARIANT_ADD(waiter, all) { WINSYNC_IOC_WAIT_ALL };

FIXTURE_SETUP(waiter)
{
	self->fds[0] = ws_semaphore(0, 10);
	self->fds[1] = ws_event(1, 0);
	ASSERT_LE(0, self->fds[0]);
	ASSERT_LE(0, self->fds[1]);
	/* For a wait for all the semaphore alone decides. */
	if (variant->cmd == WINSYNC_IOC_WAIT_ALL)
		ws_event_set(self->fds[1]);
	self->sleeper = WS_SLEEPER(.cmd = variant->cmd, .fd = self->fds[0],
				   .fds = self->fds, .count = 2);
	handled = 0;
}

FIXTURE_TEARDOWN(waiter)
{
	close(self->fds[0]);
	close(self->fds[1]);
}

TEST_F(waiter, handler_without_restart_ends_it)
{
	handle(SIGUSR1, 0);
	ASSERT_EQ(0, ws_sleeper_queue(&self->sleeper, self->fds[0], 1));
	ASSERT_EQ(0, ws_await_asleep(self->sleeper.tid));
	ASSERT_EQ(0, pthread_kill(self->sleeper.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, ws_sleeper_join(&self->sleeper));
	EXPECT_EQ(1, handled);
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
	/* What comes later is not lost with it. */
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	EXPECT_EQ(1, ws_semaphore_count(self->fds[0]));
}

TEST_F(waiter, wt7_restart_keeps_the_deadline)
{
	struct ws_sleeper *sleeper = &self->sleeper;
	unsigned int i;

	handle(SIGUSR1, SA_RESTART);
	sleeper->deadline = ws_after(600);
	ASSERT_EQ(0, ws_sleeper_queue(sleeper, self->fds[0], 1));
	for (i = 0; i < 10; i++) {
		pthread_kill(sleeper->thread, SIGUSR1);
		ws_sleep_ms(20);
	}
	EXPECT_EQ(-ETIMEDOUT, ws_sleeper_join(sleeper));
	EXPECT_LE(sleeper->deadline, ws_clock(CLOCK_MONOTONIC));
	/* Had each restart begun the time anew, it were seconds. */
	EXPECT_GT(sleeper->deadline + 20 * WS_NSEC_PER_SEC,
		  ws_clock(CLOCK_MONOTONIC));
	EXPECT_LT(0, handled);
}

TEST_F(waiter, wt7_restarted_wait_succeeds)
{
	handle(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, ws_sleeper_queue(&self->sleeper, self->fds[0], 1));
	ASSERT_EQ(0, ws_await_asleep(self->sleeper.tid));
	ASSERT_EQ(0, pthread_kill(self->sleeper.thread, SIGUSR1));
	ASSERT_TRUE(await_handled(1));
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	EXPECT_FALSE(ws_sleeper_done(&self->sleeper));
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	EXPECT_EQ(0, ws_sleeper_join(&self->sleeper));
	EXPECT_EQ(0, ws_semaphore_count(self->fds[0]));
}

TEST_F(waiter, ignored_and_blocked_signals_do_not_disturb)
{
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	handle(SIGUSR2, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	/* Inherited by the sleeper. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	ASSERT_EQ(0, ws_sleeper_queue(&self->sleeper, self->fds[0], 1));
	ASSERT_EQ(0, ws_await_asleep(self->sleeper.tid));
	ASSERT_EQ(0, pthread_kill(self->sleeper.thread, SIGUSR1));
	ASSERT_EQ(0, pthread_kill(self->sleeper.thread, SIGUSR2));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(ws_sleeper_done(&self->sleeper));
	EXPECT_EQ(0, handled);
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	EXPECT_EQ(0, ws_sleeper_join(&self->sleeper));
}

/* A signal that is pending already: what can be had is had. */
TEST_F(waiter, success_beats_a_pending_signal)
{
	sigset_t set, old;
	int ret;

	handle(SIGUSR1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, ws_semaphore_release(self->fds[0], 2));
	pthread_sigmask(SIG_BLOCK, &set, &old);
	pthread_kill(pthread_self(), SIGUSR1);
	ret = ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, self->fds, 1,
			       WINSYNC_FOREVER, 0, -1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(1, ws_semaphore_count(self->fds[0]));
	EXPECT_EQ(1, handled);
}

/* --- stopped, frozen and killed processes --------------------------------- */

static int wait_form(unsigned long cmd, const int *fds, uint64_t deadline)
{
	return cmd == WINSYNC_IOC_WAIT ? ws_wait(fds[0], deadline) :
	       ws_wait_multiple(cmd, fds, 2, deadline, 0, -1);
}

/* Exits with 0, or the error number of its wait. */
static pid_t waiting_child(unsigned long cmd, const int *fds, uint64_t deadline)
{
	pid_t pid = ws_fork();

	if (!pid)
		_exit(-wait_form(cmd, fds, deadline));
	return pid;
}

#define FREEZER	"/sys/fs/cgroup/winsync-frozen"

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return written;
}

static bool read_word(const char *path, const char *word)
{
	char text[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	return got > 0 && strstr(text, word);
}

static bool is_frozen(void *data)
{
	(void)data;
	return read_word(FREEZER "/cgroup.events", "frozen 1");
}

static bool freeze(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return (mkdir(FREEZER, 0755) == 0 || errno == EEXIST) &&
	       write_file(FREEZER "/cgroup.procs", text) &&
	       write_file(FREEZER "/cgroup.freeze", "1") &&
	       ws_await(is_frozen, NULL);
}

static bool thaw(pid_t pid)
{
	(void)pid;
	return write_file(FREEZER "/cgroup.freeze", "0");
}

static bool stop(pid_t pid)
{
	int status;

	return kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, WUNTRACED) == pid &&
	       WIFSTOPPED(status);
}

static bool go_on(pid_t pid)
{
	return kill(pid, SIGCONT) == 0;
}

FIXTURE(paused) {
	int fds[2];
};

FIXTURE_VARIANT(paused) {
	unsigned long cmd;
	bool (*pause)(pid_t pid);
	bool (*resume)(pid_t pid);
};

#define PAUSED(name, cmd) \
	FIXTURE_VARIANT_ADD(paused, name##_stopped) { \
		WINSYNC_IOC_##cmd, stop, go_on }; \
	FIXTURE_VARIANT_ADD(paused, name##_frozen) { \
		WINSYNC_IOC_##cmd, freeze, thaw }

PAUSED(single, WAIT);
PAUSED(any, WAIT_ANY);
PAUSED(all, WAIT_ALL);

FIXTURE_SETUP(paused)
{
	self->fds[0] = ws_semaphore(0, 10);
	self->fds[1] = ws_event(1, 0);
	ASSERT_LE(0, self->fds[0]);
	ASSERT_LE(0, self->fds[1]);
	if (variant->cmd == WINSYNC_IOC_WAIT_ALL)
		ws_event_set(self->fds[1]);
	if (variant->pause == freeze && access("/sys/fs/cgroup/cgroup.procs", W_OK))
		SKIP(return, "no control groups");
}

FIXTURE_TEARDOWN(paused)
{
	rmdir(FREEZER);
	close(self->fds[0]);
	close(self->fds[1]);
}

/* The pause is no reason to come back, and it waits again afterwards. */
TEST_F(paused, waits_on_afterwards)
{
	pid_t pid = waiting_child(variant->cmd, self->fds, WINSYNC_FOREVER);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	ASSERT_TRUE(variant->pause(pid));
	ASSERT_TRUE(variant->resume(pid));
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_semaphore_count(self->fds[0]));
}

/* What is signaled meanwhile is for it, or for somebody who is awake. */
TEST_F(paused, signal_during_the_pause)
{
	pid_t pid = waiting_child(variant->cmd, self->fds, WINSYNC_FOREVER);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	ASSERT_TRUE(variant->pause(pid));
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	ASSERT_TRUE(variant->resume(pid));
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_EQ(0, ws_semaphore_count(self->fds[0]));
}

TEST_F(paused, wt7_deadline_during_the_pause)
{
	uint64_t deadline = ws_after(500);
	pid_t pid = waiting_child(variant->cmd, self->fds, deadline);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	ASSERT_TRUE(variant->pause(pid));
	while (ws_clock(CLOCK_MONOTONIC) < deadline)
		ws_sleep_ms(10);
	ASSERT_TRUE(variant->resume(pid));
	EXPECT_EQ(ETIMEDOUT, ws_reap(pid));
}

TEST_F(paused, killed_during_the_pause)
{
	pid_t pid = waiting_child(variant->cmd, self->fds, WINSYNC_FOREVER);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ws_await_waiters(self->fds[0], 1));
	ASSERT_TRUE(variant->pause(pid));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(0, ws_waiters(self->fds[0]));
	EXPECT_EQ(0, ws_semaphore_release(self->fds[0], 1));
	EXPECT_EQ(1, ws_semaphore_count(self->fds[0]));
}

/*
 * Signal-and-wait cannot be begun anew by the kernel: the signal would be given
 * twice. Whatever interrupted it, it is given once.
 */
TEST(stopped_in_signal_and_wait)
{
	int s = ws_semaphore(0, 10), w = ws_event(0, 0), status;
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		int ret = ws_signal_and_wait(s, w, WINSYNC_FOREVER, -1);

		if (ret == -EINTR)
			ret = ws_wait(w, WINSYNC_FOREVER);
		_exit(-ret);
	}
	ASSERT_EQ(0, ws_await_waiters(w, 1));
	ASSERT_TRUE(stop(pid));
	ASSERT_TRUE(go_on(pid));
	ASSERT_EQ(0, ws_await_waiters(w, 1));
	EXPECT_EQ(0, ws_event_set(w));
	status = ws_reap(pid);
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, ws_semaphore_count(s));
}

/* --- storms ---------------------------------------------------------------- */

enum { WORKERS = 3 };

struct storm {
	unsigned long cmd;
	int fds[2];
	int stop;
	unsigned int taken;
	unsigned int interrupted;
	pthread_t workers[WORKERS];
};

static void *work(void *data)
{
	struct storm *storm = data;

	while (!__atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE)) {
		int ret = wait_form(storm->cmd, storm->fds, ws_after(50));

		if (ret == 0)
			__atomic_fetch_add(&storm->taken, 1, __ATOMIC_RELAXED);
		else if (ret == -EINTR)
			__atomic_fetch_add(&storm->interrupted, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *bombard(void *data)
{
	struct storm *storm = data;
	unsigned int i = 0;

	while (!__atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE)) {
		pthread_kill(storm->workers[i++ % WORKERS], SIGUSR1);
		if (!(i % 8))
			sched_yield();
	}
	return NULL;
}

FIXTURE(storm) {
	struct storm storm;
};

FIXTURE_VARIANT(storm) {
	unsigned long cmd;
	int flags;
};

FIXTURE_VARIANT_ADD(storm, single) { WINSYNC_IOC_WAIT, 0 };
FIXTURE_VARIANT_ADD(storm, single_restart) { WINSYNC_IOC_WAIT, SA_RESTART };
FIXTURE_VARIANT_ADD(storm, any) { WINSYNC_IOC_WAIT_ANY, 0 };
FIXTURE_VARIANT_ADD(storm, all) { WINSYNC_IOC_WAIT_ALL, 0 };
FIXTURE_VARIANT_ADD(storm, all_restart) { WINSYNC_IOC_WAIT_ALL, SA_RESTART };

FIXTURE_SETUP(storm)
{
	struct storm *storm = &self->storm;

	memset(storm, 0, sizeof(*storm));
	storm->cmd = variant->cmd;
	storm->fds[0] = ws_semaphore(0, WINSYNC_SEMAPHORE_MAX);
	storm->fds[1] = ws_event(1, variant->cmd == WINSYNC_IOC_WAIT_ALL);
	ASSERT_LE(0, storm->fds[0]);
	ASSERT_LE(0, storm->fds[1]);
	handled = 0;
	handle(SIGUSR1, variant->flags);
}

FIXTURE_TEARDOWN(storm)
{
	close(self->storm.fds[0]);
	close(self->storm.fds[1]);
}

TEST_F(storm, nothing_is_lost)
{
	struct storm *storm = &self->storm;
	unsigned int rounds = ws_scale(2000), i;
	uint64_t limit;
	pthread_t bomber;

	for (i = 0; i < WORKERS; i++)
		ASSERT_EQ(0, pthread_create(&storm->workers[i], NULL, work, storm));
	ASSERT_EQ(0, pthread_create(&bomber, NULL, bombard, storm));
	ASSERT_TRUE(await_handled(1));
	for (i = 0; i < rounds; i++) {
		ASSERT_LE(0, ws_semaphore_release(storm->fds[0], 1));
		if (!(i % 16))
			sched_yield();
	}
	limit = ws_after(WS_PATIENCE_MS);
	while (__atomic_load_n(&storm->taken, __ATOMIC_RELAXED) < rounds &&
	       ws_clock(CLOCK_MONOTONIC) < limit)
		ws_sleep_ms(1);
	__atomic_store_n(&storm->stop, 1, __ATOMIC_RELEASE);
	pthread_join(bomber, NULL);
	for (i = 0; i < WORKERS; i++)
		pthread_join(storm->workers[i], NULL);
	EXPECT_EQ(rounds, storm->taken);
	EXPECT_EQ(0, ws_semaphore_count(storm->fds[0]));
	EXPECT_EQ(0, ws_waiters(storm->fds[0]));
	EXPECT_LT(0, handled);
	if (variant->flags & SA_RESTART) {
		EXPECT_EQ(0, storm->interrupted);
	}
}

/* A mutex under fire: held by one at a time, and free in the end. */
struct guarded {
	int fd;
	int stop;
	unsigned int rounds;
	volatile unsigned long value;
	pthread_t threads[WORKERS];
};

static void *guard(void *data)
{
	struct guarded *guarded = data;
	unsigned int i;

	for (i = 0; i < guarded->rounds; ) {
		int ret = ws_wait(guarded->fd, WINSYNC_FOREVER);

		if (ret == -EINTR)
			continue;
		if (ret)
			return data;
		guarded->value = guarded->value + 1;
		if (ws_mutex_release(guarded->fd) != 1)
			return data;
		i++;
	}
	return NULL;
}

static void *bombard_guards(void *data)
{
	struct guarded *guarded = data;
	unsigned int i = 0;

	/* They end by themselves, and are joined after this. */
	while (!__atomic_load_n(&guarded->stop, __ATOMIC_ACQUIRE)) {
		kill(getpid(), SIGUSR1);
		if (!(++i % 8))
			sched_yield();
	}
	return NULL;
}

TEST(mutex_under_fire)
{
	struct guarded guarded = { .fd = ws_mutex(0), .rounds = ws_scale(700) };
	pthread_t bomber;
	void *failed;
	unsigned int i;

	ASSERT_LE(0, guarded.fd);
	handle(SIGUSR1, 0);
	for (i = 0; i < WORKERS; i++)
		ASSERT_EQ(0, pthread_create(&guarded.threads[i], NULL, guard,
					    &guarded));
	ASSERT_EQ(0, pthread_create(&bomber, NULL, bombard_guards, &guarded));
	for (i = 0; i < WORKERS; i++) {
		pthread_join(guarded.threads[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
	__atomic_store_n(&guarded.stop, 1, __ATOMIC_RELEASE);
	pthread_join(bomber, NULL);
	EXPECT_EQ((unsigned long)guarded.rounds * WORKERS, guarded.value);
	EXPECT_EQ(0, ws_mutex_depth(guarded.fd));
	EXPECT_EQ(0, ws_try(guarded.fd));
}

TEST_HARNESS_MAIN
