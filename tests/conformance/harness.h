/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the conformance checks share. A check is named by the rules of
 * docs/windows-semantics.md that it is about, and runs in a process of its own,
 * so that no check can disturb another one, and a crash is just a failure.
 *
 * A check goes on after an expectation that did not hold. What everything else
 * depends upon is a MUST().
 */
#ifndef CONFORMANCE_HARNESS_H
#define CONFORMANCE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <wsync/win32.h>
#include <wsync/wsync.h>

#define count_of(array) (sizeof(array) / sizeof((array)[0]))

struct check {
	const char *rules;	/* "EV-7, EV-8"; "" if there is no rule for it */
	const char *text;
	void (*run)(void);
};

/* A program that a check starts, by name, as another process. */
struct program {
	const char *name;
	int (*main)(int argc, char **argv);
};

struct section {
	const char *name;
	const struct check *checks;
	size_t count;
	const struct program *programs;
	size_t program_count;
};

extern const struct section events, mutexes, semaphores, timers, waits, signal_and_wait, names,
	namespaces, inheritance, duplication, security, apc, last_error, recursion, suspend;

/* ---- expectations ---- */

/* What the last error is before a call of which one wants to know whether it sets it. */
#define POISON 0xdeadbeefu

bool expect(bool holds, const char *file, int line, const char *text);
bool expect_equal(long long wanted, long long got, const char *file, int line, const char *text);
_Noreturn void fail_now(const char *file, int line, const char *text);
/* Ends the check: it can't run here, and why. */
_Noreturn void skip(const char *why);
/* Whether an expectation of this process failed. */
bool has_failed(void);

#define EXPECT(condition) expect((condition), __FILE__, __LINE__, #condition)
#define EXPECT_EQ(wanted, got) \
	expect_equal((long long)(wanted), (long long)(got), __FILE__, __LINE__, \
		     #got " is " #wanted)
#define MUST(condition) \
	((condition) ? (void)0 : fail_now(__FILE__, __LINE__, #condition))
/* The call returns FALSE, NULL or 0, with this last error. */
#define EXPECT_ERROR(code, call) \
	do { \
		SetLastError(POISON); \
		if (EXPECT(!(call))) \
			expect_equal((code), GetLastError(), __FILE__, __LINE__, \
				     #call ": " #code); \
	} while (0)
/* The wait fails with this last error. */
#define EXPECT_WAIT_ERROR(code, call) \
	do { \
		SetLastError(POISON); \
		if (EXPECT_EQ(WAIT_FAILED, call)) \
			expect_equal((code), GetLastError(), __FILE__, __LINE__, \
				     #call ": " #code); \
	} while (0)

/* ---- objects: these end the check if they fail ---- */

HANDLE new_event(BOOL manual, BOOL set);
HANDLE new_mutex(BOOL owned);
HANDLE new_semaphore(LONG count, LONG max);
HANDLE new_timer(BOOL manual);
/* One of each type, not signaled. */
enum { EVENT, MUTEX, SEMAPHORE, TIMER, TYPES };
HANDLE create_any(int type, LPSECURITY_ATTRIBUTES sa, const char *name);
HANDLE open_any(int type, DWORD access, BOOL inherit, const char *name);
extern const char *const type_names[TYPES];

HANDLE duplicate_of(HANDLE handle, DWORD access);

LONG event_state(HANDLE event);
LONG semaphore_count(HANDLE semaphore);
MUTANT_BASIC_INFORMATION mutex_state(HANDLE mutex);
bool timer_signaled(HANDLE timer);
#define EXPECT_MUTEX(count, owned, abandoned, mutex) \
	do { \
		MUTANT_BASIC_INFORMATION info_ = mutex_state(mutex); \
		EXPECT_EQ(count, info_.CurrentCount); \
		EXPECT_EQ(owned, info_.OwnedByCaller); \
		EXPECT_EQ(abandoned, info_.AbandonedState); \
	} while (0)

/* Waits without time: takes the object if it can be had. */
DWORD try(HANDLE handle);
unsigned int waiters_of(HANDLE handle);

/* ---- time ---- */

/* What must happen may take that long, the machine is busy; what must not is watched that long. */
#define PATIENCE_MS 30000u
#define GLANCE_MS 60u

int64_t milliseconds(clockid_t clock);
/* Now as Windows tells it: 100 ns since 1601. */
LONGLONG file_time(void);
/* A due time from now. */
LARGE_INTEGER in_ms(LONGLONG ms);
void set_timer_ms(HANDLE timer, LONGLONG ms, LONG period);
/* Sets CLOCK_REALTIME forward; skips the check where that is not allowed. */
void jump_seconds(long seconds);

/* ---- other threads ---- */

/* A thread that does what it is told, and lives until it is dismissed. */
struct actor;
typedef DWORD (*action)(void *arg);

struct actor *hire(void);
/* Tells it to begin; finish() is the result. */
void begin(struct actor *actor, action act, void *arg);
DWORD finish(struct actor *actor);
DWORD ask(struct actor *actor, action act, void *arg);
/* Still at it, after a glance. */
bool is_busy(struct actor *actor);
/* The last error that its last action left. */
DWORD error_of(const struct actor *actor);
/* The thread returns; it has ended when this returns. */
void dismiss(struct actor *actor);
/* A handle of the thread, for QueueUserAPC(). */
HANDLE thread_of(struct actor *actor);

/* Begin to wait, for ever, and return when the thread stands in all the queues. */
void begin_wait(struct actor *actor, HANDLE handle);
void begin_wait_many(struct actor *actor, DWORD count, const HANDLE *handles, BOOL all);
/* The same, alertable. */
void begin_alertable(struct actor *actor, HANDLE handle);
/* Also alertable, for nothing but calls. */
void begin_sleep(struct actor *actor);

/* Actions for ask(); the argument is the handle. */
DWORD act_try(void *handle);
DWORD act_release_mutex(void *mutex);
DWORD act_mutex_owned(void *mutex);

/* ---- other processes ---- */

#define ALICE 1000
#define BOB 1001

/*
 * Starts a program of ours as CreateProcess() with bInheritHandles does, with up to four
 * numbers as arguments.
 */
pid_t start_program(const char *name, unsigned int count, ...);
#define value_of(handle) ((unsigned long)(uintptr_t)(handle))
HANDLE handle_argument(const char *text);
/* The exit status, 256 + the signal that killed it. */
int end_of(pid_t pid);
int run_program(const char *name, unsigned int count, ...);
/* A copy of this process that runs the function as this user; its exit status. */
int as_user(unsigned int uid, void (*run)(void));
/* The same, without waiting for its end. */
pid_t start_as(unsigned int uid, void (*run)(void));

#endif /* CONFORMANCE_HARNESS_H */
