/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kselftest programs share: thin calls of the winsync ABI, threads
 * that wait, children, clocks.
 *
 * Nothing here asserts. Calls return what the system call returned, or the
 * negative error number, so that a test states in one line what it expects:
 *
 *	EXPECT_EQ(-EPERM, ws_mutex_release(fd));
 */
#ifndef WINSYNC_TEST_H
#define WINSYNC_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <linux/winsync.h>

/* A guest is emulated in software: thirty seconds of the harness are few. */
#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300
#endif

/*
 * In FIXTURE_SETUP, where the test follows if it only returns: ends the test's
 * process as the harness does after SKIP.
 */
#define WS_SKIP_SETUP(...)	SKIP(_exit(255), __VA_ARGS__)

#define WS_DEVICE		"/dev/winsync"
#define WS_NSEC_PER_MSEC	1000000ULL
#define WS_NSEC_PER_SEC		1000000000ULL
/* How long something that must happen may take. */
#define WS_PATIENCE_MS		30000U
/* How long something that must not happen is watched. */
#define WS_GLANCE_MS		40U

#define WS_READ_ONLY		WINSYNC_ACCESS_READ_CONTROL
#define WS_QUERY		WINSYNC_ACCESS_QUERY
#define WS_MODIFY		WINSYNC_ACCESS_MODIFY
#define WS_SYNC			WINSYNC_ACCESS_SYNCHRONIZE
#define WS_ALL			WINSYNC_ACCESS_ALL

/* --- plain calls ------------------------------------------------------ */

int ws_ioctl(int fd, unsigned long cmd, const void *arg);
int ws_ioctl_value(int fd, unsigned long cmd, unsigned long value);

/* Opens the device anew; the caller closes it. */
int ws_open_device(void);
/* The device fd that the calls below use; opened on first use, never closed. */
int ws_device(void);
int ws_info(struct winsync_info *info);

/* --- creating --------------------------------------------------------- */

/* What to create. Everything left out means 0, except where said. */
struct ws_new {
	const char *name;
	uint32_t name_len;	/* 0 with a name: strlen(name) */
	uint32_t flags;
	uint32_t access;	/* 0: all rights */
	uint32_t mode;
	uint32_t first;		/* manual, owned or count */
	uint32_t second;	/* signaled or max */
	uint32_t existed;	/* output */
};

int ws_create(int base, uint32_t type, struct ws_new *what);
int ws_event(int manual, int signaled);
int ws_mutex(int owned);
int ws_semaphore(uint32_t count, uint32_t max);
int ws_timer(int manual);
/* An unnamed object of a type that nobody could acquire now. */
int ws_unsignaled(uint32_t type);
/* Makes an object from ws_unsignaled() one that somebody could acquire. */
int ws_signal(int fd, uint32_t type);
/* A named object, mode 0777, of a type that has defaults for its state. */
int ws_named(int ns, uint32_t type, const char *name, uint32_t flags,
	     uint32_t *existed);

int ws_open(int ns, const char *name, uint32_t type, uint32_t access);
int ws_open_len(int ns, const void *name, uint32_t len, uint32_t type,
		uint32_t access);
int ws_ns(const char *name, uint32_t flags, uint32_t access, uint32_t mode);
/* The default namespace of the IPC namespace. */
int ws_default_ns(uint32_t access);
/* A namespace no other test uses, created, mode 0700, all rights. */
int ws_private_ns(void);
/* Writes a name no other test or process uses. */
void ws_unique_name(char *buffer, size_t size, const char *topic);

/* --- objects ---------------------------------------------------------- */

int ws_event_set(int fd);
int ws_event_reset(int fd);
int ws_event_pulse(int fd);
int ws_event_query(int fd, struct winsync_event_state *state);
int ws_event_signaled(int fd);
int ws_mutex_release(int fd);
int ws_mutex_query(int fd, struct winsync_mutex_state *state);
int ws_mutex_depth(int fd);
int ws_semaphore_release(int fd, uint32_t count);
int ws_semaphore_query(int fd, struct winsync_semaphore_state *state);
int ws_semaphore_count(int fd);
/* Relative on CLOCK_MONOTONIC, in nanoseconds. */
int ws_timer_set(int fd, uint64_t due, uint64_t period);
int ws_timer_set_full(int fd, uint64_t due, uint64_t period, uint64_t tolerance,
		      uint32_t flags, int alert);
int ws_timer_cancel(int fd);
int ws_timer_query(int fd, struct winsync_timer_state *state);

int ws_stat(int fd, struct winsync_stat *stat);
int ws_waiters(int fd);
int ws_handles(int fd);
int ws_same(int fd, int other);
int ws_duplicate(int fd, uint32_t access, uint32_t flags);
int ws_set_mode(int fd, uint32_t mode);
/* One call of WINSYNC_IOC_LIST: the bytes written, or a negative errno. */
int ws_list(int fd, uint64_t *cursor, void *buffer, uint32_t size);
/* The entry of that name and type (0: any) in a whole list: 1 and a copy, or 0. */
int ws_list_find(int fd, const char *name, uint32_t type,
		 struct winsync_list_entry *entry);

/* --- waits ------------------------------------------------------------ */

uint64_t ws_clock(clockid_t clock);
/* The CLOCK_MONOTONIC time so many milliseconds from now. */
uint64_t ws_after(uint64_t ms);

int ws_wait(int fd, uint64_t deadline);
int ws_wait_alert(int fd, uint64_t deadline, int alert);
int ws_wait_multiple(unsigned long cmd, const int *fds, uint32_t count,
		     uint64_t deadline, uint32_t flags, int alert);
int ws_wait_any(const int *fds, uint32_t count, uint64_t deadline);
int ws_wait_all(const int *fds, uint32_t count, uint64_t deadline);
int ws_signal_and_wait(int signal, int fd, uint64_t deadline, int alert);
/* Does not sleep. */
int ws_try(int fd);

/* --- threads that wait ------------------------------------------------ */

struct ws_sleeper {
	/* What it does; set these, then start it. */
	unsigned long cmd;	/* WINSYNC_IOC_WAIT, _ANY, _ALL, _SIGNAL_AND_WAIT */
	const int *fds;		/* of _ANY and _ALL */
	uint32_t count;
	int fd;			/* of _WAIT and _SIGNAL_AND_WAIT */
	int signal;		/* of _SIGNAL_AND_WAIT */
	int alert;
	uint64_t deadline;
	/* Run in the thread after the wait, before it ends. */
	void (*after)(struct ws_sleeper *sleeper);
	void *data;
	/* What became of it. */
	pthread_t thread;
	pid_t tid;
	int result;
	int done;
};

#define WS_SLEEPER(...) ((struct ws_sleeper){ \
	.cmd = WINSYNC_IOC_WAIT, .alert = -1, .deadline = WINSYNC_FOREVER, \
	__VA_ARGS__ })

int ws_sleeper_start(struct ws_sleeper *sleeper);
bool ws_sleeper_done(const struct ws_sleeper *sleeper);
/* The result of its wait; -EBUSY if it did not come back in time. */
int ws_sleeper_join(struct ws_sleeper *sleeper);
/* Starts the thread and returns when so many wait on the object in all. */
int ws_sleeper_queue(struct ws_sleeper *sleeper, int fd, uint32_t waiters);

/* 0 when so many waits take part in the object; -ETIME if that never came. */
int ws_await_waiters(int fd, uint32_t waiters);
/* 0 when the thread sleeps in ioctl(2). */
int ws_await_asleep(pid_t tid);
/* Waits until a condition holds; false if it did not in time. */
bool ws_await(bool (*condition)(void *data), void *data);
void ws_sleep_ms(unsigned int ms);
pid_t ws_gettid(void);
/* Whether there are two processors, for threads that have to meet. */
bool ws_has_two_processors(void);
/* The calling thread stays on that processor from now on. */
int ws_move_to(unsigned int processor);

/* --- children --------------------------------------------------------- */

/* fork() of a child that dies with its parent. */
pid_t ws_fork(void);
/* Exit status 0..255, 256 + the signal that killed it, or a negative errno. */
int ws_reap(pid_t pid);
int ws_kill_and_reap(pid_t pid);

/* Gates let processes wait for each other: each open lets one through. */
int ws_gate(void);
int ws_gate_open(int gate);
int ws_gate_pass(int gate);

/* Becomes an ordinary user without groups; 0 or a negative errno. */
int ws_become(uid_t uid, gid_t gid);

/* A user, perhaps with one group besides the first. */
struct ws_user {
	uid_t uid;
	gid_t gid;
	gid_t group;
};

/* What action(data) returned in a child that had become the user. */
int ws_as(const struct ws_user *user, int (*action)(void *data), void *data);
/* Likewise, in a child of the same user. */
int ws_in_child(int (*action)(void *data), void *data);
/* Sends or receives fds over a socket. */
int ws_send_fds(int socket, const int *fds, unsigned int count);
int ws_receive_fds(int socket, int *fds, unsigned int count);

/* --- bounds ----------------------------------------------------------- */

/* Storm sizes: scaled by the percentage in WINSYNC_SCALE, at least 1. */
unsigned int ws_scale(unsigned int count);
/* Where a storm's random numbers begin: WINSYNC_SEED, or the clock; print it. */
uint64_t ws_seed(void);
/* The next random number. */
uint32_t ws_random(uint64_t *state);
/* Makes room for many fds; how many there may be now. */
unsigned int ws_raise_nofile(unsigned int wanted);
/* The fd the next open would get, to see that none leaked. */
int ws_next_fd(void);

#endif
