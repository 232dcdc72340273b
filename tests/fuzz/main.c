// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "fuzz.h"

/* What a thread's sequence may reach, in places. */
#define COVER_SIZE	(64 * 1024)
/* So many sequences, and a process makes room for another one. */
#define SEQUENCES	2000
/* A thread without progress for so long gets a signal. */
#define LOOK_MS		20
/* Few, so that they run out. */
#define OBJECTS		"400"
#define NAMESPACES	"20"
#define FDS		220
/* Places of the module that even a short run reaches; less means that nothing guided. */
#define POINTS_LEAST	500

struct shared *shared;

static unsigned int processes = 3, threads = 3;
static bool blind;

/* --- coverage ----------------------------------------------------------- */

static int cover_open(struct worker *worker)
{
	worker->kcov = -1;
	if (blind)
		return 0;
	worker->kcov = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (worker->kcov < 0)
		return -errno;
	if (ioctl(worker->kcov, KCOV_INIT_TRACE, COVER_SIZE))
		return -errno;
	worker->cover = mmap(NULL, COVER_SIZE * sizeof(uint64_t),
			     PROT_READ | PROT_WRITE, MAP_SHARED, worker->kcov, 0);
	return worker->cover == MAP_FAILED ? -errno : 0;
}

static void cover_begin(struct worker *worker)
{
	if (worker->kcov >= 0)
		__atomic_store_n(&worker->cover[0], 0, __ATOMIC_RELAXED);
}

/* How many places were reached that nobody had been to. */
static unsigned int cover_end(struct worker *worker)
{
	unsigned int found = 0;
	uint64_t count, i;

	if (worker->kcov < 0)
		return 0;
	count = __atomic_load_n(&worker->cover[0], __ATOMIC_RELAXED);
	for (i = 1; i <= count && i < COVER_SIZE; i++) {
		uint32_t at = worker->cover[i] & ((1 << COVER_BITS) - 1);

		if (__atomic_load_n(&shared->seen[at], __ATOMIC_RELAXED) ||
		    __atomic_exchange_n(&shared->seen[at], 1, __ATOMIC_RELAXED))
			continue;
		__atomic_fetch_add(&shared->points, 1, __ATOMIC_RELAXED);
		found++;
	}
	return found;
}

static void corpus_add(const struct sequence *sequence)
{
	uint32_t at = __atomic_fetch_add(&shared->corpus_count, 1,
					 __ATOMIC_RELAXED);

	/* Full: the newest in the place of some old one. */
	shared->corpus[at % CORPUS_MAX] = *sequence;
}

/* Another thread may be writing it: then it is a mixture, and just as good. */
static void corpus_pick(struct sequence *sequence, uint64_t *random)
{
	uint32_t count = __atomic_load_n(&shared->corpus_count, __ATOMIC_RELAXED);

	*sequence = shared->corpus[ws_random(random) %
				   (count < CORPUS_MAX ? count : CORPUS_MAX)];
	if (!sequence->length || sequence->length > CALLS_MAX)
		sequence_draw(sequence, random);
}

/* --- threads ------------------------------------------------------------ */

static bool enough(void)
{
	return __atomic_load_n(&shared->calls, __ATOMIC_RELAXED) >= shared->wanted;
}

static void next_sequence(struct sequence *sequence, uint64_t *random)
{
	struct sequence other;

	if (!__atomic_load_n(&shared->corpus_count, __ATOMIC_RELAXED) ||
	    ws_random(random) % 4 == 0) {
		sequence_draw(sequence, random);
		return;
	}
	corpus_pick(sequence, random);
	corpus_pick(&other, random);
	sequence_mutate(sequence, &other, random);
}

static unsigned int sequences_left;

static void *thread_main(void *data)
{
	struct worker *worker = data;
	struct sequence sequence;

	worker->fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (worker->kcov >= 0 && ioctl(worker->kcov, KCOV_ENABLE, KCOV_TRACE_PC))
		perror("fuzz: KCOV_ENABLE");
	while (!worker->leave && !enough() &&
	       __atomic_load_n(&sequences_left, __ATOMIC_RELAXED)) {
		__atomic_fetch_sub(&sequences_left, 1, __ATOMIC_RELAXED);
		next_sequence(&sequence, &worker->random);
		cover_begin(worker);
		calls_run(worker, &sequence);
		if (cover_end(worker))
			corpus_add(&sequence);
		__atomic_fetch_add(&shared->sequences, 1, __ATOMIC_RELAXED);
	}
	close(worker->fail_nth);
	/* It may end with mutexes, and with coverage switched on. */
	__atomic_store_n(&worker->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

static void thread_start(struct worker *worker)
{
	worker->leave = worker->ended = false;
	if (pthread_create(&worker->thread, NULL, thread_main, worker))
		_exit(3);
}

static void on_signal(int number)
{
	(void)number;
}

/* --- processes ---------------------------------------------------------- */

/* Some are ordinary users, or root of a user namespace. */
static void become_somebody(unsigned int number)
{
	if (number % 3 == 1)
		ws_become(1000, 1000);
	else if (number % 3 == 2)
		unshare(CLONE_NEWUSER | CLONE_NEWIPC);
}

static void process_main(unsigned int number)
{
	static struct worker workers[THREADS_MAX];
	struct sigaction action = { .sa_handler = on_signal };
	struct rlimit limit = { FDS, FDS };
	unsigned long last[THREADS_MAX] = { 0 };
	unsigned int i, running = threads;

	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < threads; i++) {
		workers[i].random = shared->seed * 1000003 + number * 101 + i;
		/* Numbers of neighbouring states are alike at first. */
		ws_random(&workers[i].random);
		workers[i].own = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (cover_open(&workers[i]) || workers[i].own == MAP_FAILED)
			_exit(2);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
	become_somebody(number);
	if (calls_init())
		_exit(2);
	sequences_left = SEQUENCES;
	for (i = 0; i < threads; i++)
		thread_start(&workers[i]);
	while (running) {
		ws_sleep_ms(LOOK_MS);
		for (i = 0; i < threads; i++) {
			struct worker *worker = &workers[i];
			unsigned long now = __atomic_load_n(&worker->progress,
							    __ATOMIC_RELAXED);

			if (!worker->thread)
				continue;
			if (__atomic_load_n(&worker->ended, __ATOMIC_ACQUIRE)) {
				pthread_join(worker->thread, NULL);
				worker->thread = 0;
				if (worker->leave && !enough())
					thread_start(worker);
				else
					running--;
			} else if (now == last[i]) {
				pthread_kill(worker->thread, SIGUSR1);
			}
			last[i] = now;
		}
	}
	_exit(0);
}

static pid_t process_start(unsigned int number)
{
	pid_t pid = ws_fork();

	if (!pid)
		process_main(number);
	return pid;
}

/* --- the run ------------------------------------------------------------ */

static void progress(uint64_t begin)
{
	static uint64_t next = 30;
	uint64_t seconds = (ws_clock(CLOCK_MONOTONIC) - begin) / WS_NSEC_PER_SEC;

	if (seconds < next)
		return;
	next += 30;
	printf("# %llu s: %llu calls, %u places, %u sequences kept\n",
	       (unsigned long long)seconds, (unsigned long long)shared->calls,
	       shared->points, shared->corpus_count);
}

/* Returns how many processes could not even begin. */
static unsigned int run(void)
{
	pid_t pids[PROCESSES_MAX];
	unsigned int number = 0, running = 0, failed = 0, crashed = 0, i;
	uint64_t begin = ws_clock(CLOCK_MONOTONIC), kill_at = 0, random;

	random = shared->seed;
	for (i = 0; i < processes; i++, running++)
		pids[i] = process_start(number++);
	while (running) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		progress(begin);
		if (pid <= 0) {
			ws_sleep_ms(LOOK_MS);
			/* Now and then one is killed, whatever it is doing. */
			if (shared->calls > kill_at && !enough()) {
				kill_at = shared->calls + 20000 +
					  ws_random(&random) % 20000;
				pid = pids[ws_random(&random) % processes];
				if (pid > 0)
					kill(pid, SIGKILL);
			}
			continue;
		}
		for (i = 0; i < processes && pids[i] != pid; i++)
			;
		if (i == processes)
			continue;
		/* A fault while a signal is delivered looks like that, too. */
		crashed += WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
		if (WIFEXITED(status) && WEXITSTATUS(status)) {
			failed++;
			running--;
			pids[i] = -1;
		} else if (enough()) {
			running--;
			pids[i] = -1;
		} else {
			pids[i] = process_start(number++);
		}
	}
	calls_unshare();
	printf("# %u processes, %u of them ended with SIGSEGV\n", number, crashed);
	return failed;
}

static void write_parameter(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/module/winsync/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0) {
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
}

static void write_knob(const char *knob, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knob);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* There are none where nothing is made to fail. */
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	close(fd);
}

static bool is_given_back(void *data)
{
	struct winsync_info *before = data, now;

	ws_info(&now);
	return now.objects == before->objects &&
	       now.namespaces == before->namespaces;
}

static void result(bool good, unsigned int number, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", number, what);
}

static void summary(void)
{
	unsigned int i;

	for (i = 0; i < operations_count; i++)
		printf("# %-28s %9u calls, %9u succeeded\n", operation_name(i),
		       shared->made[i], shared->succeeded[i]);
	printf("# seed %llu: %llu calls in %llu sequences, %u distinct places, %u sequences in the corpus\n",
	       (unsigned long long)shared->seed,
	       (unsigned long long)shared->calls,
	       (unsigned long long)shared->sequences, shared->points,
	       shared->corpus_count < CORPUS_MAX ? shared->corpus_count :
	       CORPUS_MAX);
}

static unsigned int number_of(const char *text, unsigned int most)
{
	char *end;
	unsigned long number = strtoul(text, &end, 0);

	if (*end || !number || number > most) {
		fprintf(stderr, "fuzz: no number from 1 to %u: %s\n", most, text);
		exit(2);
	}
	return number;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "calls", required_argument, NULL, 'c' },
		{ "processes", required_argument, NULL, 'p' },
		{ "threads", required_argument, NULL, 't' },
		{ "blind", no_argument, NULL, 'b' },
		{ 0 },
	};
	struct winsync_info before;
	unsigned int failed;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	shared->seed = ws_seed();
	shared->wanted = 10000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			shared->seed = number_of(optarg, UINT32_MAX);
			break;
		case 'c':
			shared->wanted = number_of(optarg, UINT32_MAX);
			break;
		case 'p':
			processes = number_of(optarg, PROCESSES_MAX);
			break;
		case 't':
			threads = number_of(optarg, THREADS_MAX);
			break;
		case 'b':
			blind = true;
			break;
		default:
			fprintf(stderr, "usage: fuzz [--seed N] [--calls N] [--processes N] [--threads N] [--blind]\n");
			return 2;
		}
	}
	write_parameter("max_objects", OBJECTS);
	write_parameter("max_namespaces", NAMESPACES);
	write_knob("failslab/ignore-gfp-wait", "N");
	write_knob("failslab/verbose", "0");
	write_knob("fail_page_alloc/ignore-gfp-wait", "N");
	write_knob("fail_page_alloc/verbose", "0");
	write_knob("fail_usercopy/verbose", "0");
	if (ws_info(&before) || calls_share())
		return 1;
	printf("TAP version 13\n1..%u\n# seed %llu\n", blind ? 3 : 4,
	       (unsigned long long)shared->seed);
	failed = run();
	summary();
	result(!failed && enough(), 1, "all calls were made");
	result(!shared->undocumented, 2, "no undocumented error");
	if (shared->undocumented)
		printf("# %u, the first of %s: %s\n", shared->undocumented,
		       operation_name(shared->first.operation),
		       strerror(shared->first.number));
	result(ws_await(is_given_back, &before), 3,
	       "everything that was charged was given back");
	if (!blind)
		result(shared->points >= POINTS_LEAST, 4,
		       "coverage guided the calls");
	return 0;
}
