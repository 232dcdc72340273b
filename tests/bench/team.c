// SPDX-License-Identifier: GPL-2.0-only
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.h"
#include "team.h"

/* Deep enough for all that helpers do; 256 of them must fit small guests. */
#define STACK_SIZE	(64 << 10)

struct member {
	struct team *team;
	int index;
	pthread_t thread;
};

struct team {
	struct run *run;
	team_work work;
	int count;
	uint64_t n;
	bool stopping;
	uint32_t round;
	struct countdown busy;
	struct member members[];
};

int cpus(void)
{
	static int count;

	if (!count)
		count = sysconf(_SC_NPROCESSORS_ONLN);
	return count;
}

static void place_on(int first, int count)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < count; i++)
		CPU_SET(first + i, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die_errno("sched_setaffinity");
}

void place_free(void)
{
	place_on(0, cpus());
}

void place(const struct run *run, int index)
{
	enum placement where = opt.place_given ? opt.place : run->row->placement;

	if (where == PLACE_SAME)
		place_on(0, 1);
	else if (where == PLACE_SPLIT)
		place_on(index % cpus(), 1);
	else
		place_free();
}

static void thread_create(pthread_t *thread, void *(*start)(void *), void *arg)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	err = pthread_create(thread, &attr, start, arg);
	if (err)
		die("pthread_create: %s", strerror(err));
	pthread_attr_destroy(&attr);
}

/* ---- helpers ---- */

struct helper_start {
	struct run *run;
	int index;
	helper_body body;
};

static void *helper_main(void *arg)
{
	struct helper_start start = *(struct helper_start *)arg;

	free(arg);
	place(start.run, start.index);
	peer_use(start.run->shown);
	ux_client = start.index % UX_CLIENTS;
	start.body(start.run, start.index);
	return NULL;
}

static void helper_start(struct helper *helper, struct run *run, int index,
			 helper_body body)
{
	struct helper_start *start = malloc(sizeof(*start));

	if (!start)
		die("out of memory");
	*start = (struct helper_start) { run, index, body };
	helper->process = run->processes;
	if (!run->processes) {
		thread_create(&helper->thread, helper_main, start);
		return;
	}
	helper->pid = fork();
	if (helper->pid < 0)
		die_errno("fork");
	if (!helper->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		nt_owner = 0;
		helper_main(start);
		_exit(0);
	}
	free(start);
}

static void helper_join(struct helper *helper)
{
	int status;

	if (!helper->process)
		pthread_join(helper->thread, NULL);
	else if (waitpid(helper->pid, &status, 0) < 0 || status)
		die("a helper process failed");
}

void helpers_start(struct run *run, int count, helper_body body)
{
	run->helpers = calloc(count, sizeof(run->helpers[0]));
	if (!run->helpers)
		die("out of memory");
	run->helper_count = count;
	for (int i = 0; i < count; i++)
		helper_start(&run->helpers[i], run, i + 1, body);
}

void helpers_join(struct run *run)
{
	for (int i = 0; i < run->helper_count; i++)
		helper_join(&run->helpers[i]);
	free(run->helpers);
	run->helpers = NULL;
	run->helper_count = 0;
}

/* ---- countdowns ---- */

void countdown_set(struct countdown *c, uint32_t left)
{
	__atomic_store_n(&c->done, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&c->left, left, __ATOMIC_SEQ_CST);
}

void countdown_hit(struct countdown *c)
{
	if (__atomic_sub_fetch(&c->left, 1, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&c->done, 1, __ATOMIC_SEQ_CST);
	fx_call(&c->done, FUTEX_WAKE, 1);
}

void countdown_wait(struct countdown *c)
{
	while (!__atomic_load_n(&c->done, __ATOMIC_SEQ_CST))
		fx_call(&c->done, FUTEX_WAIT, 0);
}

/* ---- teams ---- */

static void *member_main(void *arg)
{
	struct member *member = arg;
	struct team *team = member->team;
	uint32_t seen = 0;

	place(team->run, member->index);
	peer_use(team->run->shown);
	for (;;) {
		while (__atomic_load_n(&team->round, __ATOMIC_SEQ_CST) == seen)
			fx_call(&team->round, FUTEX_WAIT, seen);
		seen++;
		if (team->stopping)
			return NULL;
		team->work(team->run, member->index, team->n);
		countdown_hit(&team->busy);
	}
}

struct team *team_start(struct run *run, int count, team_work work)
{
	struct team *team = calloc(1, sizeof(*team) + count * sizeof(team->members[0]));

	if (!team)
		die("out of memory");
	team->run = run;
	team->work = work;
	team->count = count;
	for (int i = 0; i < count; i++) {
		team->members[i].team = team;
		team->members[i].index = i;
		thread_create(&team->members[i].thread, member_main, &team->members[i]);
	}
	return team;
}

static void team_release(struct team *team)
{
	__atomic_add_fetch(&team->round, 1, __ATOMIC_SEQ_CST);
	fx_call(&team->round, FUTEX_WAKE, INT_MAX);
}

void team_run(struct team *team, uint64_t n)
{
	team->n = n;
	countdown_set(&team->busy, team->count);
	team_release(team);
	countdown_wait(&team->busy);
}

void team_stop(struct team *team)
{
	team->stopping = true;
	team_release(team);
	for (int i = 0; i < team->count; i++)
		pthread_join(team->members[i].thread, NULL);
	free(team);
}

/* ---- the idle thread ---- */

static pthread_t idle_thread;
static uint32_t idle_word;

static void *idle_main(void *arg)
{
	while (!__atomic_load_n(&idle_word, __ATOMIC_SEQ_CST))
		fx_call(&idle_word, FUTEX_WAIT, 0);
	return arg;
}

void idle_thread_start(void)
{
	idle_word = 0;
	thread_create(&idle_thread, idle_main, NULL);
}

void idle_thread_stop(void)
{
	__atomic_store_n(&idle_word, 1, __ATOMIC_SEQ_CST);
	fx_call(&idle_word, FUTEX_WAKE, 1);
	pthread_join(idle_thread, NULL);
}
