// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way in which the owner of a mutex can end, and who hears of it
 * [MX-16]..[MX-30], [IN-7].
 *
 * Where the module knows only the end of processes (WINSYNC_FEATURE_THREAD_EXIT
 * or WINSYNC_FEATURE_EXEC missing), the same must hold when the process has
 * ended; the tests ask, and expect it then.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define DEPTH	3	/* times the owner acquires it */

#define EXPECT_MUTEX(fd, want_depth, want_mine, want_abandoned) do { \
	struct winsync_mutex_state __state; \
	ASSERT_EQ(0, ws_mutex_query(fd, &__state)); \
	EXPECT_EQ(want_depth, __state.depth); \
	EXPECT_EQ(want_mine, __state.owned_by_caller); \
	EXPECT_EQ(want_abandoned, __state.abandoned); \
} while (0)

static bool has_feature(uint32_t feature)
{
	struct winsync_info info;

	return ws_info(&info) == 0 && (info.features & feature) == feature;
}

/* --- the victim: a child process --------------------------------------- */

struct victim {
	int fd;			/* the mutex it owns and leaves */
	int ready;		/* gate: it owns the mutex */
	int go;			/* gate: it may end */
	int ended;		/* gate: its owner has ended, it lives on */
	int finish;		/* gate: it may end as a whole */
	/* What it saw of the mutex right after its owner had ended. */
	struct winsync_mutex_state *seen;
};

/* Exit statuses of victims. */
#define ALL_WELL	0
#define CANT_OWN	50
#define CANT_DIE	51
#define STILL_OWNER	52
#define NOT_OWNER	53

static void own(struct victim *victim)
{
	int i;

	for (i = 0; i < DEPTH; i++)
		if (ws_try(victim->fd))
			_exit(CANT_OWN);
	ws_gate_open(victim->ready);
}

/* Runs the thread that owns the mutex to its end, and tells. */
static void outlive(struct victim *victim, void *(*owner)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner, victim) ||
	    pthread_join(thread, NULL))
		_exit(CANT_DIE);
	ws_mutex_query(victim->fd, victim->seen);
	ws_gate_open(victim->ended);
	ws_gate_pass(victim->finish);
	_exit(ALL_WELL);
}

static void *owner_returns(void *data)
{
	struct victim *victim = data;

	own(victim);
	ws_gate_pass(victim->go);
	return NULL;
}

static void thread_returns(struct victim *victim)
{
	outlive(victim, owner_returns);
}

static void *owner_calls_pthread_exit(void *data)
{
	owner_returns(data);
	pthread_exit(NULL);
}

static void thread_calls_pthread_exit(struct victim *victim)
{
	outlive(victim, owner_calls_pthread_exit);
}

static void *owner_calls_exit(void *data)
{
	owner_returns(data);
	syscall(SYS_exit, 0);
	return NULL;
}

static void thread_calls_exit(struct victim *victim)
{
	outlive(victim, owner_calls_exit);
}

static void *owner_sleeps(void *data)
{
	own(data);
	for (;;)
		pause();
	return NULL;
}

static void thread_is_canceled(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_sleeps, victim))
		_exit(CANT_DIE);
	ws_gate_pass(victim->go);
	if (pthread_cancel(thread) || pthread_join(thread, NULL))
		_exit(CANT_DIE);
	ws_mutex_query(victim->fd, victim->seen);
	ws_gate_open(victim->ended);
	ws_gate_pass(victim->finish);
	_exit(ALL_WELL);
}

/* The first thread ends; its process goes on in another. */
static void *outlive_leader(void *data)
{
	void **words = data;
	struct victim *victim = words[0];

	if (pthread_join(*(pthread_t *)words[1], NULL))
		_exit(CANT_DIE);
	ws_mutex_query(victim->fd, victim->seen);
	ws_gate_open(victim->ended);
	ws_gate_pass(victim->finish);
	_exit(ALL_WELL);
}

static void leader_ends_early(struct victim *victim)
{
	static pthread_t leader, thread;
	static void *words[2];

	leader = pthread_self();
	words[0] = victim;
	words[1] = &leader;
	own(victim);
	if (pthread_create(&thread, NULL, outlive_leader, words))
		_exit(CANT_DIE);
	ws_gate_pass(victim->go);
	pthread_exit(NULL);
}

static void process_calls_exit(struct victim *victim)
{
	own(victim);
	ws_gate_pass(victim->go);
	exit(ALL_WELL);
}

static void process_calls_exit_group(struct victim *victim)
{
	own(victim);
	ws_gate_pass(victim->go);
	_exit(ALL_WELL);
}

/* Without exit_group(2): the last thread takes the process along. */
static void process_ends_thread_by_thread(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_calls_exit, victim))
		_exit(CANT_DIE);
	syscall(SYS_exit, ALL_WELL);
}

static void sibling_calls_exit_group(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_sleeps, victim))
		_exit(CANT_DIE);
	ws_gate_pass(victim->go);
	_exit(ALL_WELL);
}

static void no_core(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
}

static void process_segfaults(struct victim *victim)
{
	no_core();
	own(victim);
	ws_gate_pass(victim->go);
	syscall(SYS_tgkill, getpid(), ws_gettid(), SIGSEGV);
	_exit(CANT_DIE);
}

static void process_aborts(struct victim *victim)
{
	no_core();
	own(victim);
	ws_gate_pass(victim->go);
	abort();
}

/* Killed by a signal that its parent sends. */
static void process_sleeps(struct victim *victim)
{
	own(victim);
	for (;;)
		pause();
}

static void process_sleeps_while_thread_owns(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_sleeps, victim))
		_exit(CANT_DIE);
	for (;;)
		pause();
}

static bool write_file(const char *directory, const char *name, const char *text)
{
	char path[128];
	bool written;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

#define CGROUPS		"/sys/fs/cgroup"
#define SMALL_CGROUP	CGROUPS "/winsync-small"

static bool make_small_cgroup(void)
{
	return write_file(CGROUPS, "cgroup.subtree_control", "+memory") &&
	       (mkdir(SMALL_CGROUP, 0755) == 0 || errno == EEXIST) &&
	       write_file(SMALL_CGROUP, "memory.max", "16M");
}

static void process_runs_out_of_memory(struct victim *victim)
{
	size_t size = 256 << 20, i;
	char *memory;

	own(victim);
	ws_gate_pass(victim->go);
	if (!write_file(SMALL_CGROUP, "cgroup.procs", "0"))
		_exit(CANT_DIE);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(CANT_DIE);
	for (i = 0; i < size; i += 4096)
		memory[i] = 1;
	_exit(CANT_DIE);
}

/* --- the program that a victim becomes ---------------------------------- */

#define AFTER_EXEC	"after-exec"

static void become_program(struct victim *victim)
{
	char fd[16], ended[16], finish[16];
	char *argv[] = { AFTER_EXEC, fd, ended, finish, NULL };

	snprintf(fd, sizeof(fd), "%d", victim->fd);
	snprintf(ended, sizeof(ended), "%d", victim->ended);
	snprintf(finish, sizeof(finish), "%d", victim->finish);
	fcntl(victim->fd, F_SETFD, 0);
	execv("/proc/self/exe", argv);
	_exit(CANT_DIE);
}

/* Runs before main(), which belongs to the harness. */
static void __attribute__((constructor)) program(int argc, char **argv)
{
	struct winsync_mutex_state state;
	int status = ALL_WELL;
	int fd;

	if (argc != 4 || strcmp(argv[0], AFTER_EXEC))
		return;
	fd = atoi(argv[1]);
	if (ws_mutex_query(fd, &state))
		_exit(CANT_OWN);
	if (has_feature(WINSYNC_FEATURE_EXEC) &&
	    (state.owned_by_caller || ws_mutex_release(fd) != -EPERM))
		status = STILL_OWNER;
	ws_gate_open(atoi(argv[2]));
	ws_gate_pass(atoi(argv[3]));
	_exit(status);
}

static void process_executes(struct victim *victim)
{
	own(victim);
	ws_gate_pass(victim->go);
	become_program(victim);
}

static void leader_executes_while_thread_owns(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_sleeps, victim))
		_exit(CANT_DIE);
	ws_gate_pass(victim->go);
	become_program(victim);
}

static void *owner_executes(void *data)
{
	process_executes(data);
	return NULL;
}

/* The thread keeps its task, but gets the number of the leader. */
static void owning_thread_executes(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, owner_executes, victim))
		_exit(CANT_DIE);
	for (;;)
		pause();
}

static void *other_executes(void *data)
{
	struct victim *victim = data;

	ws_gate_pass(victim->go);
	become_program(victim);
	return NULL;
}

/* The owner's number lives on with another task. */
static void thread_executes_while_leader_owns(struct victim *victim)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other_executes, victim))
		_exit(CANT_DIE);
	process_sleeps(victim);
}

/* --- every way, with waiters and without -------------------------------- */

FIXTURE(death) {
	struct victim victim;
	pid_t pid;
	int status;
};

FIXTURE_VARIANT(death) {
	void (*run)(struct victim *victim);
	int signal;		/* that the parent sends when it may end */
	uint32_t lives_on;	/* the feature that makes the end visible */
	bool needs_cgroup;
	int status;
};

#define WAY(name, ...) \
	FIXTURE_VARIANT_ADD(death, name) { .run = name, __VA_ARGS__ }
#define KILLED(way, number) \
	FIXTURE_VARIANT_ADD(death, way##_##number) { \
		.run = way, .signal = number, .status = 256 + number }

WAY(thread_returns, .lives_on = WINSYNC_FEATURE_THREAD_EXIT);
WAY(thread_calls_pthread_exit, .lives_on = WINSYNC_FEATURE_THREAD_EXIT);
WAY(thread_calls_exit, .lives_on = WINSYNC_FEATURE_THREAD_EXIT);
WAY(thread_is_canceled, .lives_on = WINSYNC_FEATURE_THREAD_EXIT);
WAY(leader_ends_early, .lives_on = WINSYNC_FEATURE_THREAD_EXIT);
WAY(process_calls_exit);
WAY(process_calls_exit_group);
WAY(process_ends_thread_by_thread);
WAY(sibling_calls_exit_group);
WAY(process_segfaults, .status = 256 + SIGSEGV);
WAY(process_aborts, .status = 256 + SIGABRT);
KILLED(process_sleeps, SIGKILL);
KILLED(process_sleeps, SIGTERM);
KILLED(process_sleeps_while_thread_owns, SIGKILL);
WAY(process_runs_out_of_memory, .needs_cgroup = true, .status = 256 + SIGKILL);
WAY(process_executes, .lives_on = WINSYNC_FEATURE_EXEC);
WAY(leader_executes_while_thread_owns, .lives_on = WINSYNC_FEATURE_EXEC);
WAY(owning_thread_executes, .lives_on = WINSYNC_FEATURE_EXEC);
WAY(thread_executes_while_leader_owns, .lives_on = WINSYNC_FEATURE_EXEC);

FIXTURE_SETUP(death)
{
	struct victim *victim = &self->victim;

	if (variant->needs_cgroup && !make_small_cgroup())
		SKIP(return, "no memory controller");
	victim->fd = ws_mutex(0);
	ASSERT_LE(0, victim->fd);
	victim->ready = ws_gate();
	victim->go = ws_gate();
	victim->ended = ws_gate();
	victim->finish = ws_gate();
	victim->seen = mmap(NULL, sizeof(*victim->seen), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)victim->seen);
	self->pid = ws_fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		variant->run(victim);
		_exit(CANT_DIE);
	}
	ASSERT_EQ(0, ws_gate_pass(victim->ready));
	EXPECT_MUTEX(victim->fd, DEPTH, 0, 0);
}

FIXTURE_TEARDOWN(death)
{
	if (variant->needs_cgroup)
		rmdir(SMALL_CGROUP);
}

/* Returns when the owner has ended as far as the module can know. */
static int await_end(struct victim *victim, pid_t pid, int signal,
		     uint32_t lives_on, int *status)
{
	ws_gate_open(victim->go);
	if (signal && kill(pid, signal))
		return -errno;
	*status = -1;
	if (lives_on && has_feature(lives_on))
		return ws_gate_pass(victim->ended);
	ws_gate_open(victim->finish);
	*status = ws_reap(pid);
	return *status < 0 ? *status : 0;
}

static int await_exit(struct victim *victim, pid_t pid, int status)
{
	if (status >= 0)
		return status;
	ws_gate_open(victim->finish);
	return ws_reap(pid);
}

TEST_F(death, mx25_visible_at_once)
{
	struct victim *victim = &self->victim;
	int status;

	ASSERT_EQ(0, await_end(victim, self->pid, variant->signal,
			       variant->lives_on, &status));
	EXPECT_MUTEX(victim->fd, 0, 0, 1);
	if (variant->lives_on == WINSYNC_FEATURE_THREAD_EXIT &&
	    has_feature(WINSYNC_FEATURE_THREAD_EXIT)) {
		EXPECT_EQ(0, victim->seen->depth);
		EXPECT_EQ(1, victim->seen->abandoned);
		EXPECT_EQ(0, victim->seen->owner);
	}
	EXPECT_EQ(-EPERM, ws_mutex_release(victim->fd));
	EXPECT_MUTEX(victim->fd, 0, 0, 1);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(victim->fd));
	EXPECT_MUTEX(victim->fd, 1, 1, 0);
	EXPECT_EQ(0, ws_try(victim->fd));
	EXPECT_EQ(2, ws_mutex_release(victim->fd));
	EXPECT_EQ(1, ws_mutex_release(victim->fd));
	EXPECT_EQ(0, ws_try(victim->fd));
	EXPECT_EQ(variant->status, await_exit(victim, self->pid, status));
}

struct heir {
	struct winsync_mutex_state state;
	int released;
	int order;
};

static int heirs_order;

static void inherit(struct ws_sleeper *sleeper)
{
	struct heir *heir = sleeper->data;

	ws_mutex_query(sleeper->fd, &heir->state);
	heir->order = ++heirs_order;
	heir->released = ws_mutex_release(sleeper->fd);
}

TEST_F(death, mx18_next_owner_is_told_once)
{
	struct victim *victim = &self->victim;
	struct heir heirs[2] = { };
	struct ws_sleeper sleepers[2];
	int status, i;

	for (i = 0; i < 2; i++) {
		sleepers[i] = WS_SLEEPER(.fd = victim->fd, .after = inherit,
					 .data = &heirs[i]);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], victim->fd, i + 1));
	}
	ASSERT_EQ(0, await_end(victim, self->pid, variant->signal,
			       variant->lives_on, &status));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleepers[0]));
	EXPECT_EQ(0, ws_sleeper_join(&sleepers[1]));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(i + 1, heirs[i].order);
		EXPECT_EQ(1, heirs[i].state.depth);
		EXPECT_EQ(1, heirs[i].state.owned_by_caller);
		EXPECT_EQ(0, heirs[i].state.abandoned);
		EXPECT_EQ(1, heirs[i].released);
	}
	EXPECT_MUTEX(victim->fd, 0, 0, 0);
	EXPECT_EQ(variant->status, await_exit(victim, self->pid, status));
}

/* An exec that fails has ended nothing. */
TEST(failed_exec_keeps_ownership)
{
	int fd = ws_mutex(1);
	char *argv[] = { "nothing", NULL };

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, execv("/nonexistent/program", argv));
	EXPECT_MUTEX(fd, 1, 1, 0);
	EXPECT_EQ(1, ws_mutex_release(fd));
}

/* --- forms of waiting --------------------------------------------------- */

/* A child that owns mutexes and dies of SIGKILL when asked to. */
static pid_t own_and_sleep(const int *fds, unsigned int count)
{
	int ready = ws_gate();
	pid_t pid = ws_fork();
	unsigned int i;

	if (!pid) {
		for (i = 0; i < count; i++)
			if (ws_try(fds[i]))
				_exit(CANT_OWN);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	if (pid > 0 && ws_gate_pass(ready))
		pid = -ETIME;
	close(ready);
	return pid;
}

FIXTURE(form) {
	int mutexes[2];
	int event;
	pid_t pid;
};

FIXTURE_SETUP(form)
{
	self->mutexes[0] = ws_mutex(0);
	self->mutexes[1] = ws_mutex(0);
	self->event = ws_event(0, 0);
	ASSERT_LE(0, self->event);
	self->pid = own_and_sleep(self->mutexes, 2);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(form)
{
}

TEST_F(form, mx19_any_reports_the_index)
{
	int fds[] = { self->event, self->mutexes[1], self->mutexes[0] };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ANY,
					       .fds = &fds[0], .count = 2);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->mutexes[1], 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED | 1, ws_sleeper_join(&sleeper));
	/* Its thread has ended meanwhile, owning it. */
	if (has_feature(WINSYNC_FEATURE_THREAD_EXIT)) {
		EXPECT_EQ(WINSYNC_WAIT_ABANDONED | 1, ws_wait_any(fds, 3, 0));
	}
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(self->mutexes[0]));
}

TEST_F(form, mx20_all_asleep)
{
	int fds[] = { self->mutexes[0], self->event, self->mutexes[1] };
	int released[2] = { 0 };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = fds, .count = 3,
					       .data = released);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->event, 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	/* Abandoned, but nothing is acquired before all can be. */
	EXPECT_MUTEX(self->mutexes[0], 0, 0, 1);
	EXPECT_MUTEX(self->mutexes[1], 0, 0, 1);
	EXPECT_EQ(1, ws_waiters(self->mutexes[0]));
	EXPECT_EQ(0, ws_event_set(self->event));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(self->event));
}

TEST_F(form, mx20_all_woken_by_the_death)
{
	int fds[] = { self->mutexes[0], self->event, self->mutexes[1] };
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = fds, .count = 3);

	EXPECT_EQ(0, ws_event_set(self->event));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->event, 1));
	EXPECT_EQ(1, ws_event_signaled(self->event));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(self->event));
}

TEST_F(form, mx20_all_at_once)
{
	int fds[] = { self->mutexes[0], self->mutexes[1] };

	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_wait_all(fds, 2, 0));
	EXPECT_MUTEX(self->mutexes[0], 1, 1, 0);
	EXPECT_MUTEX(self->mutexes[1], 1, 1, 0);
	EXPECT_EQ(0, ws_wait_all(fds, 2, 0));
	EXPECT_MUTEX(self->mutexes[0], 2, 1, 0);
}

TEST_F(form, mx20_one_of_them_abandoned)
{
	int fds[] = { ws_mutex(0), self->mutexes[1] };

	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_wait_all(fds, 2, 0));
	EXPECT_MUTEX(fds[0], 1, 1, 0);
	EXPECT_MUTEX(fds[1], 1, 1, 0);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(self->mutexes[0]));
}

TEST_F(form, mx21_signal_and_wait)
{
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_SIGNAL_AND_WAIT, .signal = self->event,
		.fd = self->mutexes[0]);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->mutexes[0], 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleeper));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED,
		  ws_signal_and_wait(self->event, self->mutexes[1], 0, -1));
	EXPECT_EQ(1, ws_event_signaled(self->event));
}

/* Another waiter's death leaves the queue as it would be without it. */
TEST_F(form, wt10_dead_waiter_leaves_the_queue)
{
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ws_wait_all(self->mutexes, 2, WINSYNC_FOREVER) != 0);
	ASSERT_EQ(0, ws_await_waiters(self->mutexes[1], 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(0, ws_waiters(self->mutexes[0]));
	EXPECT_EQ(0, ws_waiters(self->mutexes[1]));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(self->pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(self->mutexes[0]));
}

/* --- a waiter killed in the instant of the grant ------------------------ */

struct killer {
	pid_t pid;
	int awake;
	int start;
};

static void *kill_at_start(void *data)
{
	struct killer *killer = data;

	__atomic_store_n(&killer->awake, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&killer->start, __ATOMIC_ACQUIRE))
		;
	kill(killer->pid, SIGKILL);
	return NULL;
}

/* Either it left before, or it owned it for a moment and abandoned it. */
TEST(wt10_mutex_granted_while_killed)
{
	unsigned int rounds = ws_scale(300), granted = 0, i;
	volatile unsigned int delay;

	for (i = 0; i < rounds; i++) {
		struct killer killer = { };
		struct winsync_mutex_state state;
		int fd = ws_mutex(1);
		pthread_t thread;

		ASSERT_LE(0, fd);
		killer.pid = ws_fork();
		ASSERT_LE(0, killer.pid);
		if (!killer.pid) {
			ws_wait(fd, WINSYNC_FOREVER);
			for (;;)
				pause();
		}
		ASSERT_EQ(0, ws_await_waiters(fd, 1));
		ASSERT_EQ(0, pthread_create(&thread, NULL, kill_at_start, &killer));
		while (!__atomic_load_n(&killer.awake, __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_store_n(&killer.start, 1, __ATOMIC_RELEASE);
		/* Now the one is first, now the other. */
		for (delay = i % 60 * 200; delay; delay = delay - 1)
			;
		ASSERT_EQ(1, ws_mutex_release(fd));
		pthread_join(thread, NULL);
		ASSERT_EQ(256 + SIGKILL, ws_reap(killer.pid));
		ASSERT_EQ(0, ws_waiters(fd));
		ASSERT_EQ(0, ws_mutex_query(fd, &state));
		ASSERT_EQ(0, state.depth);
		ASSERT_EQ(state.abandoned ? WINSYNC_WAIT_ABANDONED : 0, ws_try(fd));
		ASSERT_EQ(1, ws_mutex_release(fd));
		granted += state.abandoned;
		close(fd);
	}
	TH_LOG("granted before the kill: %u of %u", granted, rounds);
}

/* A signal that comes after the kill must go to somebody else. */
FIXTURE(killed_waiter) {
	int fd;
};

FIXTURE_VARIANT(killed_waiter) {
	uint32_t type;
	unsigned long cmd;
};

FIXTURE_VARIANT_ADD(killed_waiter, event) {
	WINSYNC_TYPE_EVENT, WINSYNC_IOC_WAIT };
FIXTURE_VARIANT_ADD(killed_waiter, event_any) {
	WINSYNC_TYPE_EVENT, WINSYNC_IOC_WAIT_ANY };
FIXTURE_VARIANT_ADD(killed_waiter, event_all) {
	WINSYNC_TYPE_EVENT, WINSYNC_IOC_WAIT_ALL };
FIXTURE_VARIANT_ADD(killed_waiter, mutex) {
	WINSYNC_TYPE_MUTEX, WINSYNC_IOC_WAIT };
FIXTURE_VARIANT_ADD(killed_waiter, semaphore) {
	WINSYNC_TYPE_SEMAPHORE, WINSYNC_IOC_WAIT };
FIXTURE_VARIANT_ADD(killed_waiter, semaphore_all) {
	WINSYNC_TYPE_SEMAPHORE, WINSYNC_IOC_WAIT_ALL };
FIXTURE_VARIANT_ADD(killed_waiter, timer) {
	WINSYNC_TYPE_TIMER, WINSYNC_IOC_WAIT };

FIXTURE_SETUP(killed_waiter)
{
	self->fd = ws_unsignaled(variant->type);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(killed_waiter)
{
	close(self->fd);
}

static void release_again(struct ws_sleeper *sleeper)
{
	/* A mutex goes back to where it came from; fails for others. */
	ws_mutex_release(sleeper->fd);
}

TEST_F(killed_waiter, wt10_swallows_nothing)
{
	unsigned int rounds = ws_scale(100), i;
	int fds[2] = { self->fd, ws_event(1, 1) };

	for (i = 0; i < rounds; i++) {
		struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd,
						       .after = release_again);
		pid_t pid = ws_fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			if (variant->cmd == WINSYNC_IOC_WAIT)
				ws_wait(self->fd, WINSYNC_FOREVER);
			else
				ws_wait_multiple(variant->cmd, fds,
						 variant->cmd == WINSYNC_IOC_WAIT_ALL ? 2 : 1,
						 WINSYNC_FOREVER, 0, -1);
			_exit(1);
		}
		ASSERT_EQ(0, ws_await_waiters(self->fd, 1));
		if (i & 1) {
			ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 2));
		}
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_LE(0, ws_signal(self->fd, variant->type));
		/* The one who waits behind it, or who comes next, has it. */
		ASSERT_EQ(0, i & 1 ? ws_sleeper_join(&sleeper) : ws_try(self->fd));
		ASSERT_EQ(256 + SIGKILL, ws_reap(pid));
		if (variant->type != WINSYNC_TYPE_MUTEX) {
			ASSERT_EQ(-ETIMEDOUT, ws_try(self->fd));
		} else if (i & 1) {
			ASSERT_EQ(0, ws_try(self->fd));
		}
	}
}

/* --- children own nothing [IN-7] ---------------------------------------- */

/* What a child that was just made sees of its parent's mutex. */
static int check_not_owner(int fd)
{
	struct winsync_mutex_state state;

	if (ws_mutex_query(fd, &state) || state.owned_by_caller || state.depth != 1)
		return STILL_OWNER;
	return ws_mutex_release(fd) == -EPERM && ws_try(fd) == -ETIMEDOUT ?
	       ALL_WELL : STILL_OWNER;
}

TEST(in7_fork)
{
	int fd = ws_mutex(1);
	pid_t pid = ws_fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(check_not_owner(fd));
	EXPECT_EQ(ALL_WELL, ws_reap(pid));
	EXPECT_MUTEX(fd, 1, 1, 0);
	EXPECT_EQ(1, ws_mutex_release(fd));
}

/* The parent, which owns it, dies; its child must not hang. */
TEST(in7_parent_dies)
{
	int fd = ws_mutex(0), ready = ws_gate(), done = ws_gate();
	pid_t pid;
	int *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)result);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_try(fd))
			_exit(CANT_OWN);
		/* An orphan to be: it must not die with its parent. */
		if (!fork()) {
			ws_gate_open(ready);
			*result = ws_wait(fd, ws_after(WS_PATIENCE_MS));
			ws_gate_open(done);
			_exit(0);
		}
		for (;;)
			pause();
	}
	ASSERT_EQ(0, ws_gate_pass(ready));
	ASSERT_EQ(0, ws_await_waiters(fd, 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	ASSERT_EQ(0, ws_gate_pass(done));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, *result);
}

TEST(in7_vfork_exits)
{
	int fd = ws_mutex(1), own_fd = ws_mutex(0);
	volatile int seen;
	pid_t pid;

	ASSERT_LE(0, own_fd);
	pid = vfork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* In the parent's memory, with the parent's thread stopped. */
		seen = check_not_owner(fd);
		_exit(seen ? seen : ws_try(own_fd));
	}
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_MUTEX(fd, 1, 1, 0);
	EXPECT_MUTEX(own_fd, 0, 0, 1);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(own_fd));
}

TEST(in7_vfork_executes)
{
	struct victim victim = {
		.fd = ws_mutex(0), .ended = ws_gate(), .finish = ws_gate(),
	};
	int fd = ws_mutex(1);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = vfork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_try(victim.fd))
			_exit(CANT_OWN);
		become_program(&victim);
	}
	ASSERT_EQ(0, ws_gate_pass(victim.ended));
	EXPECT_MUTEX(fd, 1, 1, 0);
	if (has_feature(WINSYNC_FEATURE_EXEC)) {
		EXPECT_MUTEX(victim.fd, 0, 0, 1);
	}
	ws_gate_open(victim.finish);
	EXPECT_EQ(ALL_WELL, ws_reap(pid));
	EXPECT_MUTEX(victim.fd, 0, 0, 1);
	EXPECT_MUTEX(fd, 1, 1, 0);
	EXPECT_EQ(1, ws_mutex_release(fd));
}

TEST(in7_posix_spawn)
{
	char fd_text[16], ended_text[16], finish_text[16];
	char *argv[] = { AFTER_EXEC, fd_text, ended_text, finish_text, NULL };
	int fd = ws_mutex(1), ended = ws_gate(), finish = ws_gate();
	pid_t pid;

	ASSERT_LE(0, fd);
	fcntl(fd, F_SETFD, 0);
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	snprintf(ended_text, sizeof(ended_text), "%d", ended);
	snprintf(finish_text, sizeof(finish_text), "%d", finish);
	ASSERT_EQ(0, posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ));
	ASSERT_EQ(0, ws_gate_pass(ended));
	EXPECT_MUTEX(fd, 1, 1, 0);
	ws_gate_open(finish);
	EXPECT_EQ(ALL_WELL, ws_reap(pid));
	EXPECT_MUTEX(fd, 1, 1, 0);
	EXPECT_EQ(1, ws_mutex_release(fd));
}

/* --- threads are not numbers -------------------------------------------- */

struct nested {
	struct winsync_mutex_state owned;	/* by a thread in the namespace */
	struct winsync_mutex_state outside;	/* by one outside of it */
	struct winsync_waiter waiter;		/* one outside */
	pid_t tid;
};

static int read_waiter(int fd, struct winsync_waiter *waiter)
{
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)waiter, .count = 1,
	};
	int ret = ws_ioctl(fd, WINSYNC_IOC_WAITERS, &args);

	return ret ? ret : (int)args.count;
}

TEST(owner_in_nested_pid_namespace)
{
	int fd = ws_mutex(0), outside = ws_mutex(1), event = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = event);
	struct winsync_mutex_state state;
	struct winsync_waiter waiter;
	struct nested *nested;
	int ready = ws_gate();
	pid_t pid;

	ASSERT_LE(0, event);
	nested = mmap(NULL, sizeof(*nested), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)nested);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, event, 1));
	if (unshare(CLONE_NEWPID))
		SKIP(return, "no pid namespace: %s", strerror(errno));
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		nested->tid = ws_gettid();
		if (ws_try(fd) || ws_mutex_query(fd, &nested->owned) ||
		    ws_mutex_query(outside, &nested->outside) ||
		    read_waiter(event, &nested->waiter) != 1)
			_exit(CANT_OWN);
		ws_gate_open(ready);
		/* Sleeps as a waiter, to be seen from outside. */
		ws_wait(outside, WINSYNC_FOREVER);
		_exit(CANT_DIE);
	}
	ASSERT_EQ(0, ws_gate_pass(ready));
	EXPECT_EQ(1, nested->tid);
	EXPECT_EQ(1, nested->owned.owner);
	EXPECT_EQ(1, nested->owned.owned_by_caller);
	/* Owned by somebody who has no number in there. */
	EXPECT_EQ(1, nested->outside.depth);
	EXPECT_EQ(0, nested->outside.owner);
	EXPECT_EQ(0, nested->outside.owned_by_caller);
	EXPECT_EQ(0, nested->waiter.tid);
	EXPECT_EQ(0, nested->waiter.pid);
	/* From outside the nested thread has an ordinary number. */
	ASSERT_EQ(0, ws_mutex_query(fd, &state));
	EXPECT_EQ(pid, (pid_t)state.owner);
	ASSERT_EQ(0, ws_await_waiters(outside, 1));
	ASSERT_EQ(1, read_waiter(outside, &waiter));
	EXPECT_EQ(pid, (pid_t)waiter.tid);
	EXPECT_EQ(pid, (pid_t)waiter.pid);
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_MUTEX(fd, 0, 0, 1);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fd));
	EXPECT_EQ(1, ws_mutex_release(outside));
	ws_event_set(event);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

struct reuse {
	int fd;
	pid_t wanted;
	pid_t tid;
	struct winsync_mutex_state state;
	int released;
};

static void *own_once(void *data)
{
	struct reuse *reuse = data;

	reuse->tid = ws_try(reuse->fd) ? -1 : ws_gettid();
	return NULL;
}

static void *look_if_same(void *data)
{
	struct reuse *reuse = data;

	reuse->tid = ws_gettid();
	if (reuse->tid == reuse->wanted) {
		ws_mutex_query(reuse->fd, &reuse->state);
		reuse->released = ws_mutex_release(reuse->fd);
	}
	return NULL;
}

static bool run_thread(void *(*main)(void *), void *data)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, main, data) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

static long read_pid_max(void)
{
	FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	long value = -1;

	if (file) {
		if (fscanf(file, "%ld", &value) != 1)
			value = -1;
		fclose(file);
	}
	return value;
}

static bool write_pid_max(long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld\n", value);
	return write_file("/proc/sys/kernel", "pid_max", text);
}

/* MX-26: the number of the owner comes back with another thread. */
TEST(mx26_tid_reuse)
{
	struct reuse reuse = { .fd = ws_mutex(0) };
	long pid_max = read_pid_max();
	unsigned int i;

	ASSERT_LE(0, reuse.fd);
	/* Numbers come round sooner when there are few. */
	if (pid_max < 0 || !write_pid_max(400))
		SKIP(return, "cannot set pid_max");
	ASSERT_TRUE(run_thread(own_once, &reuse));
	ASSERT_LT(0, reuse.tid);
	reuse.wanted = reuse.tid;
	for (i = 0; i < 20000; i++) {
		ASSERT_TRUE(run_thread(look_if_same, &reuse));
		if (reuse.tid == reuse.wanted)
			break;
	}
	write_pid_max(pid_max);
	ASSERT_EQ(reuse.wanted, reuse.tid);
	EXPECT_EQ(0, reuse.state.owned_by_caller);
	EXPECT_EQ(-EPERM, reuse.released);
	if (has_feature(WINSYNC_FEATURE_THREAD_EXIT)) {
		EXPECT_EQ(0, reuse.state.depth);
		EXPECT_EQ(1, reuse.state.abandoned);
		EXPECT_EQ(0, reuse.state.owner);
		EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(reuse.fd));
	}
}

/* --- threads whose process tells of them -------------------------------- */

/* The most that one wait can have. */
#define BUSY_FDS	4096

static int busy_fds[BUSY_FDS];

/* Inside of a long command most of the time, as an owner. */
static void *always_busy(void *data)
{
	int ready = *(int *)data;
	unsigned int turn;

	for (turn = 0;; turn++) {
		int result = ws_wait_any(busy_fds, BUSY_FDS, 0);

		if (result == 0 || result == WINSYNC_WAIT_ABANDONED)
			ws_mutex_release(busy_fds[0]);
		if (turn == 3)
			ws_gate_open(ready);
	}
	return NULL;
}

/*
 * Without a hook it is the files of a process that ends which tell. A thread that has
 * others than its sibling may still be inside of a command when those go: its record
 * is needed until its own end.
 */
TEST(sibling_ends_with_files_of_its_own)
{
	unsigned int rounds = 20 + ws_scale(60), abandoned = 0, i;
	int mutex = ws_mutex(0), event = ws_event(1, 0), ready = ws_gate();
	uint64_t seed = ws_seed();

	ASSERT_LE(0, event);
	busy_fds[0] = mutex;
	for (i = 1; i < BUSY_FDS; i++)
		busy_fds[i] = event;
	TH_LOG("seed %llu", (unsigned long long)seed);
	for (i = 0; i < rounds; i++) {
		struct winsync_mutex_state state;
		unsigned int pause = ws_random(&seed) % 10000;
		pid_t pid = ws_fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, always_busy, &ready) ||
			    ws_gate_pass(ready) || unshare(CLONE_FILES))
				_exit(CANT_DIE);
			usleep(pause);
			_exit(ALL_WELL);
		}
		ASSERT_EQ(ALL_WELL, ws_reap(pid)) TH_LOG("round %u", i);
		ASSERT_EQ(0, ws_mutex_query(mutex, &state));
		ASSERT_EQ(0, state.depth) TH_LOG("round %u", i);
		abandoned += state.abandoned;
	}
	TH_LOG("%u of %u ended as owners", abandoned, rounds);
	EXPECT_LE(0, ws_try(mutex));
	EXPECT_EQ(1, ws_mutex_release(mutex));
}

/* The module's records of threads, as near as the kernel counts; -1 if it does not. */
static long count_records(void)
{
	FILE *file = fopen("/sys/kernel/slab/winsync_owner/objects", "re");
	long count = -1;

	if (file) {
		if (fscanf(file, "%ld", &count) != 1)
			count = -1;
		fclose(file);
	}
	return count;
}

/* KASAN keeps what was freed for a while. */
static bool keeps_freed_memory(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " kasan_quarantine_reduce");
	if (file)
		fclose(file);
	return found;
}

/*
 * As many as the module's table has buckets may stay until their process ends: of each
 * bucket, the last to come. As many again for what the kernel counts too much.
 */
#define RECORDS_THAT_MAY_STAY	2048

static bool few_records(void *data)
{
	return count_records() - *(long *)data <= RECORDS_THAT_MAY_STAY;
}

static void *own_and_release(void *data)
{
	int fd = *(int *)data;
	intptr_t result = ws_try(fd);

	return (void *)(result ? result : ws_mutex_release(fd) - 1);
}

/* A server with a thread for each request lives for years. */
TEST(threads_that_came_and_went_leave_no_records)
{
	unsigned int threads = 2 * RECORDS_THAT_MAY_STAY + ws_scale(2000), i;
	long before = count_records();
	int fd = ws_mutex(0);

	if (before < 0)
		SKIP(return, "the kernel does not count");
	if (keeps_freed_memory())
		SKIP(return, "the kernel keeps what is freed");
	ASSERT_LE(0, fd);
	for (i = 0; i < threads; i++) {
		pthread_t thread;
		void *result;

		ASSERT_EQ(0, pthread_create(&thread, NULL, own_and_release, &fd));
		ASSERT_EQ(0, pthread_join(thread, &result));
		ASSERT_EQ(NULL, result);
	}
	EXPECT_TRUE(ws_await(few_records, &before));
	TH_LOG("%u threads, %ld records", threads, count_records() - before);
}

/* --- many mutexes, and handles that go ---------------------------------- */

/* More than an exit looks after by itself. */
TEST(many_mutexes)
{
	enum { MUTEXES = 300, WAITERS = 5, STEP = MUTEXES / WAITERS };
	struct ws_sleeper sleepers[WAITERS];
	int fds[MUTEXES], i;
	pid_t pid;

	for (i = 0; i < MUTEXES; i++) {
		fds[i] = ws_mutex(0);
		ASSERT_LE(0, fds[i]);
	}
	pid = own_and_sleep(fds, MUTEXES);
	ASSERT_LT(0, pid);
	for (i = 0; i < WAITERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = fds[i * STEP],
					 .after = release_again);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], fds[i * STEP], 1));
	}
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	/* Nobody waits for these: they must be free at once all the same. */
	for (i = MUTEXES - 1; i >= 0; i--) {
		if (i % STEP)
			EXPECT_MUTEX(fds[i], 0, 0, 1);
	}
	for (i = 0; i < WAITERS; i++)
		EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleepers[i]));
	for (i = 0; i < MUTEXES; i++) {
		/* The waiters were told of theirs. */
		ASSERT_EQ(i % STEP ? WINSYNC_WAIT_ABANDONED : 0, ws_try(fds[i]));
		ASSERT_EQ(1, ws_mutex_release(fds[i]));
	}
}

/* MX-27: all of one thread's, by one who waits for all of them. */
TEST(mx27_all_of_many)
{
	enum { MUTEXES = 64 };
	int fds[MUTEXES], i;
	struct ws_sleeper sleeper = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					       .fds = fds, .count = MUTEXES);
	pid_t pid;

	for (i = 0; i < MUTEXES; i++) {
		fds[i] = ws_mutex(0);
		ASSERT_LE(0, fds[i]);
	}
	pid = own_and_sleep(fds, MUTEXES);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fds[0], 1));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_sleeper_join(&sleeper));
}

/* MX-29: closed by its owner for good; nobody hears of the later death. */
TEST(mx29_closed_before_death)
{
	int ns = ws_private_ns();
	struct ws_new what = { .name = "mx29", .first = 1 };
	int fd, gates[2] = { ws_gate(), ws_gate() };
	pid_t pid;

	ASSERT_LE(0, ns);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
		if (fd < 0 || close(fd))
			_exit(CANT_OWN);
		ws_gate_open(gates[0]);
		ws_gate_pass(gates[1]);
		_exit(0);
	}
	ASSERT_EQ(0, ws_gate_pass(gates[0]));
	EXPECT_EQ(-ENOENT, ws_open(ns, "mx29", 0, WS_ALL));
	what.first = 0;
	fd = ws_create(ns, WINSYNC_TYPE_MUTEX, &what);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, what.existed);
	EXPECT_MUTEX(fd, 0, 0, 0);
	ws_gate_open(gates[1]);
	EXPECT_EQ(0, ws_reap(pid));
	EXPECT_MUTEX(fd, 0, 0, 0);
	EXPECT_EQ(0, ws_try(fd));
}

/* MX-30: the handle is closed under a waiter; it hears of the death. */
FIXTURE(closed_handle) {
	int fds[2];
};

FIXTURE_VARIANT(closed_handle) {
	unsigned long cmd;
	int result;
};

FIXTURE_VARIANT_ADD(closed_handle, single) {
	WINSYNC_IOC_WAIT, WINSYNC_WAIT_ABANDONED };
FIXTURE_VARIANT_ADD(closed_handle, any) {
	WINSYNC_IOC_WAIT_ANY, WINSYNC_WAIT_ABANDONED };
FIXTURE_VARIANT_ADD(closed_handle, all) {
	WINSYNC_IOC_WAIT_ALL, WINSYNC_WAIT_ABANDONED };
FIXTURE_VARIANT_ADD(closed_handle, signal_and_wait) {
	WINSYNC_IOC_SIGNAL_AND_WAIT, WINSYNC_WAIT_ABANDONED };

FIXTURE_SETUP(closed_handle)
{
	self->fds[0] = ws_mutex(0);
	self->fds[1] = ws_event(1, 1);
	ASSERT_LE(0, self->fds[1]);
}

FIXTURE_TEARDOWN(closed_handle)
{
}

struct owning_thread {
	int fd;
	int ready;
	int go;
};

static void *own_until_told(void *data)
{
	struct owning_thread *owner = data;

	if (ws_try(owner->fd) == 0)
		ws_gate_open(owner->ready);
	ws_gate_pass(owner->go);
	return NULL;
}

TEST_F(closed_handle, mx30_waiter_hears_of_the_death)
{
	struct owning_thread owner = {
		.fd = self->fds[0], .ready = ws_gate(), .go = ws_gate(),
	};
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = variant->cmd, .fds = self->fds,
		.count = variant->cmd == WINSYNC_IOC_WAIT_ALL ? 2 : 1,
		.fd = self->fds[0], .signal = self->fds[1]);
	pthread_t thread;

	if (!has_feature(WINSYNC_FEATURE_THREAD_EXIT))
		SKIP(return, "a thread's end is not noticed");
	ASSERT_EQ(0, pthread_create(&thread, NULL, own_until_told, &owner));
	ASSERT_EQ(0, ws_gate_pass(owner.ready));
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fds[0], 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	ASSERT_EQ(0, close(self->fds[0]));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_FALSE(ws_sleeper_done(&sleeper));
	ws_gate_open(owner.go);
	pthread_join(thread, NULL);
	EXPECT_EQ(variant->result, ws_sleeper_join(&sleeper));
}

/* MX-23: another process' handle sees it abandoned, never destroyed. */
TEST(mx23_dies_with_the_first_handle)
{
	int ns = ws_private_ns();
	struct ws_new what = { .name = "mx23", .first = 1 };
	int ready = ws_gate();
	int fd;
	pid_t pid;

	ASSERT_LE(0, ns);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_create(ns, WINSYNC_TYPE_MUTEX, &what) < 0)
			_exit(CANT_OWN);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, ws_gate_pass(ready));
	fd = ws_open(ns, "mx23", WINSYNC_TYPE_MUTEX, WS_ALL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, ws_handles(fd));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	EXPECT_EQ(1, ws_handles(fd));
	EXPECT_MUTEX(fd, 0, 0, 1);
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fd));
}

TEST_HARNESS_MAIN
