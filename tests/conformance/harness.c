// SPDX-License-Identifier: GPL-2.0-only
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SKIPPED 77
/* A check that takes longer hangs. */
#define CHECK_LIMIT_MS 120000

static const struct section *const sections[] = {
	&events, &mutexes, &semaphores, &timers, &waits, &signal_and_wait, &names, &namespaces,
	&inheritance, &duplication, &security, &apc, &last_error, &recursion, &suspend,
};

static bool failed;

/* ---- expectations ---- */

/* In one piece: threads and processes share the output. */
static void report(const char *file, int line, const char *text, const char *more)
{
	const char *slash = strrchr(file, '/');
	char buffer[600];
	int length;

	failed = true;
	length = snprintf(buffer, sizeof(buffer), "# %s:%d: %s%s\n", slash ? slash + 1 : file,
			  line, text, more);
	if (length > 0 && write(STDOUT_FILENO, buffer, (size_t)length) < 0)
		_exit(1);
}

bool expect(bool holds, const char *file, int line, const char *text)
{
	DWORD code = GetLastError();
	char more[60];

	if (holds)
		return true;
	snprintf(more, sizeof(more), " (last error %u)", code);
	report(file, line, text, more);
	SetLastError(code);
	return false;
}

bool expect_equal(long long wanted, long long got, const char *file, int line, const char *text)
{
	char more[100];

	if (wanted == got)
		return true;
	snprintf(more, sizeof(more), ": wanted %lld, got %lld (0x%llx)", wanted, got,
		 (unsigned long long)got);
	report(file, line, text, more);
	return false;
}

_Noreturn void fail_now(const char *file, int line, const char *text)
{
	expect(false, file, line, text);
	_exit(1);
}

_Noreturn void skip(const char *why)
{
	dprintf(STDOUT_FILENO, "# skipped: %s\n", why);
	_exit(failed ? 1 : EXIT_SKIPPED);
}

bool has_failed(void)
{
	return failed;
}

/* ---- objects ---- */

const char *const type_names[TYPES] = { "event", "mutex", "semaphore", "timer" };

HANDLE create_any(int type, LPSECURITY_ATTRIBUTES sa, const char *name)
{
	switch (type) {
	case EVENT:
		return CreateEventA(sa, FALSE, FALSE, name);
	case MUTEX:
		return CreateMutexA(sa, FALSE, name);
	case SEMAPHORE:
		return CreateSemaphoreA(sa, 0, 1, name);
	default:
		return CreateWaitableTimerA(sa, FALSE, name);
	}
}

HANDLE open_any(int type, DWORD access, BOOL inherit, const char *name)
{
	switch (type) {
	case EVENT:
		return OpenEventA(access, inherit, name);
	case MUTEX:
		return OpenMutexA(access, inherit, name);
	case SEMAPHORE:
		return OpenSemaphoreA(access, inherit, name);
	default:
		return OpenWaitableTimerA(access, inherit, name);
	}
}

static HANDLE made(HANDLE handle)
{
	MUST(handle != NULL);
	return handle;
}

HANDLE new_event(BOOL manual, BOOL set)
{
	return made(CreateEventA(NULL, manual, set, NULL));
}

HANDLE new_mutex(BOOL owned)
{
	return made(CreateMutexA(NULL, owned, NULL));
}

HANDLE new_semaphore(LONG count, LONG max)
{
	return made(CreateSemaphoreA(NULL, count, max, NULL));
}

HANDLE new_timer(BOOL manual)
{
	return made(CreateWaitableTimerA(NULL, manual, NULL));
}

HANDLE duplicate_of(HANDLE handle, DWORD access)
{
	HANDLE copy = NULL;

	MUST(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, access,
			     FALSE, 0));
	return made(copy);
}

LONG event_state(HANDLE event)
{
	EVENT_BASIC_INFORMATION info;

	MUST(NtQueryEvent(event, EventBasicInformation, &info, sizeof(info), NULL) == 0);
	return info.EventState;
}

LONG semaphore_count(HANDLE semaphore)
{
	SEMAPHORE_BASIC_INFORMATION info;

	MUST(NtQuerySemaphore(semaphore, SemaphoreBasicInformation, &info, sizeof(info),
			      NULL) == 0);
	return (LONG)info.CurrentCount;
}

MUTANT_BASIC_INFORMATION mutex_state(HANDLE mutex)
{
	MUTANT_BASIC_INFORMATION info;

	MUST(NtQueryMutant(mutex, MutantBasicInformation, &info, sizeof(info), NULL) == 0);
	return info;
}

bool timer_signaled(HANDLE timer)
{
	TIMER_BASIC_INFORMATION info;

	MUST(NtQueryTimer(timer, TimerBasicInformation, &info, sizeof(info), NULL) == 0);
	return info.TimerState;
}

DWORD try(HANDLE handle)
{
	return WaitForSingleObject(handle, 0);
}

unsigned int waiters_of(HANDLE handle)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };

	MUST(wsync_get_stat(wsync_win32_fd(handle), &stat) == 0);
	return stat.waiters;
}

/* ---- time ---- */

int64_t milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

LONGLONG file_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((LONGLONG)now.tv_sec + 11644473600) * 10000000 + now.tv_nsec / 100;
}

LARGE_INTEGER in_ms(LONGLONG ms)
{
	LARGE_INTEGER due = { .QuadPart = -ms * 10000 };

	return due;
}

void set_timer_ms(HANDLE timer, LONGLONG ms, LONG period)
{
	LARGE_INTEGER due = in_ms(ms);

	MUST(SetWaitableTimer(timer, &due, period, NULL, NULL, FALSE));
}

void jump_seconds(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &now) != 0)
		skip("the clock can't be set");
}

/* ---- other threads ---- */

struct actor {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { IDLE, TOLD, DONE, DISMISSED } state;
	action act;
	void *arg;
	DWORD result, error;
	HANDLE handle;
	/* For the waits. */
	HANDLE handles[MAXIMUM_WAIT_OBJECTS];
	DWORD count;
	BOOL all, alertable;
};

static void *play(void *data)
{
	struct actor *actor = data;
	HANDLE self = GetCurrentProcess();

	MUST(DuplicateHandle(self, GetCurrentThread(), self, &actor->handle, 0, FALSE,
			     DUPLICATE_SAME_ACCESS));
	pthread_mutex_lock(&actor->lock);
	actor->state = DONE;
	pthread_cond_broadcast(&actor->changed);
	for (;;) {
		while (actor->state != TOLD && actor->state != DISMISSED)
			pthread_cond_wait(&actor->changed, &actor->lock);
		if (actor->state == DISMISSED)
			break;
		pthread_mutex_unlock(&actor->lock);
		actor->result = actor->act(actor->arg);
		actor->error = GetLastError();
		pthread_mutex_lock(&actor->lock);
		actor->state = DONE;
		pthread_cond_broadcast(&actor->changed);
	}
	pthread_mutex_unlock(&actor->lock);
	return NULL;
}

/* Whether it is done within the time. */
static bool await_done(struct actor *actor, unsigned int ms)
{
	struct timespec limit;
	bool done;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += ms / 1000;
	limit.tv_nsec += (long)(ms % 1000) * 1000000;
	if (limit.tv_nsec >= 1000000000) {
		limit.tv_sec++;
		limit.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&actor->lock);
	while (actor->state != DONE &&
	       pthread_cond_timedwait(&actor->changed, &actor->lock, &limit) == 0)
		;
	done = actor->state == DONE;
	pthread_mutex_unlock(&actor->lock);
	return done;
}

struct actor *hire(void)
{
	struct actor *actor = calloc(1, sizeof(*actor));
	pthread_condattr_t attributes;
	pthread_attr_t small;

	MUST(actor != NULL);
	pthread_mutex_init(&actor->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&actor->changed, &attributes);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 * 1024);
	MUST(pthread_create(&actor->thread, &small, play, actor) == 0);
	MUST(await_done(actor, PATIENCE_MS));
	return actor;
}

void begin(struct actor *actor, action act, void *arg)
{
	pthread_mutex_lock(&actor->lock);
	MUST(actor->state == DONE);
	actor->act = act;
	actor->arg = arg;
	actor->state = TOLD;
	pthread_cond_broadcast(&actor->changed);
	pthread_mutex_unlock(&actor->lock);
}

DWORD finish(struct actor *actor)
{
	MUST(await_done(actor, PATIENCE_MS));
	return actor->result;
}

DWORD ask(struct actor *actor, action act, void *arg)
{
	begin(actor, act, arg);
	return finish(actor);
}

bool is_busy(struct actor *actor)
{
	return !await_done(actor, GLANCE_MS);
}

DWORD error_of(const struct actor *actor)
{
	return actor->error;
}

void dismiss(struct actor *actor)
{
	MUST(await_done(actor, PATIENCE_MS));
	pthread_mutex_lock(&actor->lock);
	actor->state = DISMISSED;
	pthread_cond_broadcast(&actor->changed);
	pthread_mutex_unlock(&actor->lock);
	pthread_join(actor->thread, NULL);
}

HANDLE thread_of(struct actor *actor)
{
	return actor->handle;
}

static DWORD act_wait(void *arg)
{
	struct actor *actor = arg;

	if (actor->count == 0)
		return SleepEx(INFINITE, TRUE);
	if (actor->count == 1)
		return WaitForSingleObjectEx(actor->handles[0], INFINITE, actor->alertable);
	return WaitForMultipleObjectsEx(actor->count, actor->handles, actor->all, INFINITE,
					actor->alertable);
}

/* The system call that a thread sleeps in, -1 if it runs. */
static long sleeps_in(pid_t tid)
{
	char path[64], line[128];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fgets(line, sizeof(line), file) && sscanf(line, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static DWORD act_thread_id(void *arg)
{
	(void)arg;
	return GetCurrentThreadId();
}

static void begin_waiting(struct actor *actor)
{
	pid_t tid = (pid_t)ask(actor, act_thread_id, NULL);
	int64_t limit = milliseconds(CLOCK_MONOTONIC) + PATIENCE_MS;
	unsigned int before = actor->count ? waiters_of(actor->handles[actor->count - 1]) : 0;

	begin(actor, act_wait, actor);
	while (!await_done(actor, 1) && milliseconds(CLOCK_MONOTONIC) < limit) {
		bool queued = !actor->count ||
			      waiters_of(actor->handles[actor->count - 1]) > before;
		long call = sleeps_in(tid);

		/* Waits for processes and sockets stand in no queue. */
		if ((queued && call == SYS_ioctl) || call == SYS_ppoll)
			return;
	}
}

void begin_wait_many(struct actor *actor, DWORD count, const HANDLE *handles, BOOL all)
{
	memcpy(actor->handles, handles, count * sizeof(*handles));
	actor->count = count;
	actor->all = all;
	actor->alertable = FALSE;
	begin_waiting(actor);
}

void begin_wait(struct actor *actor, HANDLE handle)
{
	begin_wait_many(actor, 1, &handle, FALSE);
}

void begin_alertable(struct actor *actor, HANDLE handle)
{
	actor->handles[0] = handle;
	actor->count = 1;
	actor->alertable = TRUE;
	begin_waiting(actor);
}

void begin_sleep(struct actor *actor)
{
	actor->count = 0;
	begin_waiting(actor);
}

DWORD act_try(void *handle)
{
	return try(handle);
}

DWORD act_release_mutex(void *mutex)
{
	return (DWORD)ReleaseMutex(mutex);
}

DWORD act_mutex_owned(void *mutex)
{
	return mutex_state(mutex).OwnedByCaller;
}

/* ---- other processes ---- */

static void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static pid_t start_with(const char *name, unsigned int count, va_list list)
{
	char numbers[4][24];
	char *argv[8] = { "conformance", "--program", (char *)(uintptr_t)name };
	pid_t parent = getpid(), pid;

	MUST(count <= count_of(numbers));
	for (unsigned int i = 0; i < count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lu", va_arg(list, unsigned long));
		argv[3 + i] = numbers[i];
	}
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		die_with_parent(parent);
		execv("/proc/self/exe", argv);
		_exit(126);
	}
	return pid;
}

pid_t start_program(const char *name, unsigned int count, ...)
{
	va_list list;
	pid_t pid;

	va_start(list, count);
	pid = start_with(name, count, list);
	va_end(list);
	return pid;
}

HANDLE handle_argument(const char *text)
{
	return (HANDLE)(uintptr_t)strtoul(text, NULL, 10);
}

static int status_number(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int end_of(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	return status_number(status);
}

int run_program(const char *name, unsigned int count, ...)
{
	va_list list;
	pid_t pid;

	va_start(list, count);
	pid = start_with(name, count, list);
	va_end(list);
	return end_of(pid);
}

pid_t start_as(unsigned int uid, void (*run)(void))
{
	pid_t parent = getpid(), pid = fork();

	MUST(pid >= 0);
	if (pid)
		return pid;
	die_with_parent(parent);
	/* The raw calls: only this thread matters, and the child has no other. */
	if (uid != 0 && (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, uid, uid, uid) ||
			 syscall(SYS_setresuid, uid, uid, uid)))
		skip("can't become another user");
	/* Changing the user forgets it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	failed = false;
	run();
	_exit(failed ? 1 : 0);
}

int as_user(unsigned int uid, void (*run)(void))
{
	int status = end_of(start_as(uid, run));

	if (status == EXIT_SKIPPED)
		skip("can't become another user");
	return status;
}

/* ---- the runner ---- */

static const struct program *find_program(const char *name)
{
	for (size_t i = 0; i < count_of(sections); i++) {
		for (size_t j = 0; j < sections[i]->program_count; j++) {
			if (strcmp(sections[i]->programs[j].name, name) == 0)
				return &sections[i]->programs[j];
		}
	}
	return NULL;
}

static int run_check(const struct check *check)
{
	int64_t limit = milliseconds(CLOCK_MONOTONIC) + CHECK_LIMIT_MS;
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		die_with_parent(parent);
		check->run();
		_exit(failed ? 1 : 0);
	}
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		struct timespec moment = { .tv_nsec = 2000000 };

		if (milliseconds(CLOCK_MONOTONIC) > limit) {
			printf("# still running after %d s\n", CHECK_LIMIT_MS / 1000);
			kill(pid, SIGKILL);
		}
		nanosleep(&moment, NULL);
	}
	if (pid < 0)
		return 1;
	if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	return status_number(status);
}

/* Whether the command line asks for this check: a section, or a rule. */
static bool is_wanted(const struct section *section, const struct check *check, int argc,
		      char **argv)
{
	/* Only with a module and a time of its own. */
	if (argc < 2)
		return section != &recursion;
	for (int i = 1; i < argc; i++) {
		size_t length = strlen(argv[i]);
		const char *at = check->rules;

		if (strcmp(section->name, argv[i]) == 0)
			return true;
		for (; (at = strstr(at, argv[i])) != NULL; at += length) {
			if (!at[length] || at[length] == ',')
				return true;
		}
	}
	return false;
}

static int run_all(int argc, char **argv)
{
	unsigned int planned = 0, number = 0, failures = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < count_of(sections); i++) {
		for (size_t j = 0; j < sections[i]->count; j++)
			planned += is_wanted(sections[i], &sections[i]->checks[j], argc, argv);
	}
	printf("TAP version 13\n1..%u\n", planned);
	for (size_t i = 0; i < count_of(sections); i++) {
		for (size_t j = 0; j < sections[i]->count; j++) {
			const struct check *check = &sections[i]->checks[j];
			int status;

			if (!is_wanted(sections[i], check, argc, argv))
				continue;
			status = run_check(check);
			printf("%sok %u - %s%s%s%s\n",
			       status && status != EXIT_SKIPPED ? "not " : "", ++number,
			       check->rules, *check->rules ? " " : "", check->text,
			       status == EXIT_SKIPPED ? " # SKIP" : "");
			failures += status && status != EXIT_SKIPPED;
		}
	}
	return failures || !planned;
}

/* conformance [SECTION | RULE]...: checks. conformance --program NAME ...: a child of one. */
int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--program") == 0) {
		const struct program *program = find_program(argv[2]);

		return program ? program->main(argc - 2, argv + 2) : 125;
	}
	return run_all(argc, argv);
}
