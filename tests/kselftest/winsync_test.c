// SPDX-License-Identifier: GPL-2.0-only
#include "winsync_test.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <grp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int ws_ioctl(int fd, unsigned long cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int ws_ioctl_value(int fd, unsigned long cmd, unsigned long value)
{
	int ret = ioctl(fd, cmd, value);

	return ret < 0 ? -errno : ret;
}

int ws_open_device(void)
{
	int fd = open(WS_DEVICE, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int ws_device(void)
{
	static int device = -1;

	if (device < 0)
		device = ws_open_device();
	return device;
}

int ws_info(struct winsync_info *info)
{
	memset(info, 0, sizeof(*info));
	return ws_ioctl(ws_device(), WINSYNC_IOC_GET_INFO, info);
}

static void fill_common(struct winsync_create *create, const struct ws_new *what)
{
	memset(create, 0, sizeof(*create));
	create->name = (uintptr_t)what->name;
	create->name_len = what->name_len;
	if (what->name && !what->name_len)
		create->name_len = strlen(what->name);
	create->flags = what->flags;
	create->access = what->access ? what->access : WS_ALL;
	create->mode = what->mode;
}

int ws_create(int base, uint32_t type, struct ws_new *what)
{
	union {
		struct winsync_create create;
		struct winsync_event_create_args event;
		struct winsync_mutex_create_args mutex;
		struct winsync_semaphore_create_args semaphore;
		struct winsync_timer_create_args timer;
	} args;
	unsigned long cmd;
	int ret;

	memset(&args, 0, sizeof(args));
	fill_common(&args.create, what);
	switch (type) {
	case WINSYNC_TYPE_EVENT:
		cmd = WINSYNC_IOC_EVENT_CREATE;
		args.event.manual = what->first;
		args.event.signaled = what->second;
		break;
	case WINSYNC_TYPE_MUTEX:
		cmd = WINSYNC_IOC_MUTEX_CREATE;
		args.mutex.owned = what->first;
		break;
	case WINSYNC_TYPE_SEMAPHORE:
		cmd = WINSYNC_IOC_SEMAPHORE_CREATE;
		args.semaphore.count = what->first;
		args.semaphore.max = what->second;
		break;
	default:
		cmd = WINSYNC_IOC_TIMER_CREATE;
		args.timer.manual = what->first;
		break;
	}
	ret = ws_ioctl(base, cmd, &args);
	if (ret >= 0)
		what->existed = args.create.existed;
	return ret;
}

int ws_event(int manual, int signaled)
{
	return ws_create(ws_device(), WINSYNC_TYPE_EVENT, &(struct ws_new){
			.first = manual, .second = signaled });
}

int ws_mutex(int owned)
{
	return ws_create(ws_device(), WINSYNC_TYPE_MUTEX,
			 &(struct ws_new){ .first = owned });
}

int ws_semaphore(uint32_t count, uint32_t max)
{
	return ws_create(ws_device(), WINSYNC_TYPE_SEMAPHORE, &(struct ws_new){
			.first = count, .second = max });
}

int ws_timer(int manual)
{
	return ws_create(ws_device(), WINSYNC_TYPE_TIMER,
			 &(struct ws_new){ .first = manual });
}


int ws_unsignaled(uint32_t type)
{
	switch (type) {
	case WINSYNC_TYPE_EVENT:
		return ws_event(0, 0);
	case WINSYNC_TYPE_MUTEX:
		return ws_mutex(1);
	case WINSYNC_TYPE_SEMAPHORE:
		return ws_semaphore(0, 100);
	default:
		return ws_timer(0);
	}
}

int ws_signal(int fd, uint32_t type)
{
	switch (type) {
	case WINSYNC_TYPE_EVENT:
		return ws_event_set(fd);
	case WINSYNC_TYPE_MUTEX:
		return ws_mutex_release(fd);
	case WINSYNC_TYPE_SEMAPHORE:
		return ws_semaphore_release(fd, 1);
	default:
		return ws_timer_set(fd, 0, 0);
	}
}

int ws_named(int ns, uint32_t type, const char *name, uint32_t flags,
	     uint32_t *existed)
{
	struct ws_new what = {
		.name = name, .flags = flags, .mode = 0777,
		.second = type == WINSYNC_TYPE_SEMAPHORE,
	};
	int ret = ws_create(ns, type, &what);

	if (ret >= 0 && existed)
		*existed = what.existed;
	return ret;
}

int ws_open_len(int ns, const void *name, uint32_t len, uint32_t type,
		uint32_t access)
{
	struct winsync_open_args args = {
		.name = (uintptr_t)name, .name_len = len,
		.access = access, .type = type,
	};

	return ws_ioctl(ns, WINSYNC_IOC_OPEN, &args);
}

int ws_open(int ns, const char *name, uint32_t type, uint32_t access)
{
	return ws_open_len(ns, name, strlen(name), type, access);
}

int ws_ns(const char *name, uint32_t flags, uint32_t access, uint32_t mode)
{
	struct winsync_ns_args args = {
		.name = (uintptr_t)name, .name_len = strlen(name),
		.flags = flags, .access = access, .mode = mode,
		.uid = flags & WINSYNC_NS_PER_USER ? WINSYNC_UID_SELF : 0,
	};

	return ws_ioctl(ws_device(), WINSYNC_IOC_NS_OPEN, &args);
}

int ws_default_ns(uint32_t access)
{
	return ws_ns("", 0, access, 0);
}

void ws_unique_name(char *buffer, size_t size, const char *topic)
{
	static unsigned int serial;

	snprintf(buffer, size, "kselftest.%s.%d.%u", topic, (int)getpid(),
		 __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
}

int ws_private_ns(void)
{
	char name[64];

	ws_unique_name(name, sizeof(name), "private");
	return ws_ns(name, WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL, WS_ALL, 0700);
}

int ws_event_set(int fd)
{
	return ws_ioctl_value(fd, WINSYNC_IOC_EVENT_SET, 0);
}

int ws_event_reset(int fd)
{
	return ws_ioctl_value(fd, WINSYNC_IOC_EVENT_RESET, 0);
}

int ws_event_pulse(int fd)
{
	return ws_ioctl_value(fd, WINSYNC_IOC_EVENT_PULSE, 0);
}

int ws_event_query(int fd, struct winsync_event_state *state)
{
	memset(state, 0, sizeof(*state));
	return ws_ioctl(fd, WINSYNC_IOC_EVENT_QUERY, state);
}

int ws_event_signaled(int fd)
{
	struct winsync_event_state state;
	int ret = ws_event_query(fd, &state);

	return ret < 0 ? ret : (int)state.signaled;
}

int ws_mutex_release(int fd)
{
	return ws_ioctl_value(fd, WINSYNC_IOC_MUTEX_RELEASE, 0);
}

int ws_mutex_query(int fd, struct winsync_mutex_state *state)
{
	memset(state, 0, sizeof(*state));
	return ws_ioctl(fd, WINSYNC_IOC_MUTEX_QUERY, state);
}

int ws_mutex_depth(int fd)
{
	struct winsync_mutex_state state;
	int ret = ws_mutex_query(fd, &state);

	return ret < 0 ? ret : (int)state.depth;
}

int ws_semaphore_release(int fd, uint32_t count)
{
	struct winsync_semaphore_release_args args = { .count = count };

	return ws_ioctl(fd, WINSYNC_IOC_SEMAPHORE_RELEASE, &args);
}

int ws_semaphore_query(int fd, struct winsync_semaphore_state *state)
{
	memset(state, 0, sizeof(*state));
	return ws_ioctl(fd, WINSYNC_IOC_SEMAPHORE_QUERY, state);
}

int ws_semaphore_count(int fd)
{
	struct winsync_semaphore_state state;
	int ret = ws_semaphore_query(fd, &state);

	return ret < 0 ? ret : (int)state.count;
}

int ws_timer_set_full(int fd, uint64_t due, uint64_t period, uint64_t tolerance,
		      uint32_t flags, int alert)
{
	struct winsync_timer_set_args args = {
		.due = due, .period = period, .tolerance = tolerance,
		.flags = flags, .alert = alert,
	};

	return ws_ioctl(fd, WINSYNC_IOC_TIMER_SET, &args);
}

int ws_timer_set(int fd, uint64_t due, uint64_t period)
{
	return ws_timer_set_full(fd, due, period, 0, WINSYNC_CLOCK_MONOTONIC, -1);
}

int ws_timer_cancel(int fd)
{
	return ws_ioctl_value(fd, WINSYNC_IOC_TIMER_CANCEL, 0);
}

int ws_timer_query(int fd, struct winsync_timer_state *state)
{
	memset(state, 0, sizeof(*state));
	return ws_ioctl(fd, WINSYNC_IOC_TIMER_QUERY, state);
}

int ws_stat(int fd, struct winsync_stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	return ws_ioctl(fd, WINSYNC_IOC_STAT, stat);
}

int ws_waiters(int fd)
{
	struct winsync_stat stat;
	int ret = ws_stat(fd, &stat);

	return ret < 0 ? ret : (int)stat.waiters;
}

int ws_handles(int fd)
{
	struct winsync_stat stat;
	int ret = ws_stat(fd, &stat);

	return ret < 0 ? ret : (int)stat.handles;
}

int ws_same(int fd, int other)
{
	struct winsync_same_args args = { .fd = other };

	return ws_ioctl(fd, WINSYNC_IOC_SAME, &args);
}

int ws_duplicate(int fd, uint32_t access, uint32_t flags)
{
	struct winsync_duplicate_args args = { .access = access, .flags = flags };

	return ws_ioctl(fd, WINSYNC_IOC_DUPLICATE, &args);
}

int ws_set_mode(int fd, uint32_t mode)
{
	struct winsync_perm_args args = { .mask = WINSYNC_PERM_MODE, .mode = mode };

	return ws_ioctl(fd, WINSYNC_IOC_SET_PERM, &args);
}

int ws_list(int fd, uint64_t *cursor, void *buffer, uint32_t size)
{
	struct winsync_list_args args = {
		.cursor = *cursor, .buffer = (uintptr_t)buffer, .size = size,
	};
	int ret = ws_ioctl(fd, WINSYNC_IOC_LIST, &args);

	if (ret < 0)
		return ret;
	*cursor = args.cursor;
	return args.size;
}

int ws_list_find(int fd, const char *name, uint32_t type,
		 struct winsync_list_entry *found)
{
	char buffer[8192] __attribute__((aligned(8)));
	const size_t len = strlen(name);
	uint64_t cursor = 0;
	int size, at;

	while ((size = ws_list(fd, &cursor, buffer, sizeof(buffer))) > 0) {
		const struct winsync_list_entry *entry;

		for (at = 0; at < size; at += entry->size) {
			entry = (const void *)(buffer + at);
			if (entry->name_len != len ||
			    memcmp(entry->name, name, len) ||
			    (type && entry->type != type))
				continue;
			memcpy(found, entry, sizeof(*found));
			return 1;
		}
	}
	return size;
}

uint64_t ws_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * WS_NSEC_PER_SEC + now.tv_nsec;
}

uint64_t ws_after(uint64_t ms)
{
	return ws_clock(CLOCK_MONOTONIC) + ms * WS_NSEC_PER_MSEC;
}

int ws_wait_alert(int fd, uint64_t deadline, int alert)
{
	struct winsync_wait_args args = {
		.deadline = deadline, .flags = WINSYNC_CLOCK_MONOTONIC,
		.alert = alert,
	};

	return ws_ioctl(fd, WINSYNC_IOC_WAIT, &args);
}

int ws_wait(int fd, uint64_t deadline)
{
	return ws_wait_alert(fd, deadline, -1);
}

int ws_try(int fd)
{
	return ws_wait_alert(fd, 0, -1);
}

int ws_wait_multiple(unsigned long cmd, const int *fds, uint32_t count,
		     uint64_t deadline, uint32_t flags, int alert)
{
	struct winsync_wait_multiple_args args = {
		.deadline = deadline, .fds = (uintptr_t)fds, .count = count,
		.flags = flags, .alert = alert,
	};

	return ws_ioctl(ws_device(), cmd, &args);
}

int ws_wait_any(const int *fds, uint32_t count, uint64_t deadline)
{
	return ws_wait_multiple(WINSYNC_IOC_WAIT_ANY, fds, count, deadline, 0, -1);
}

int ws_wait_all(const int *fds, uint32_t count, uint64_t deadline)
{
	return ws_wait_multiple(WINSYNC_IOC_WAIT_ALL, fds, count, deadline, 0, -1);
}

int ws_signal_and_wait(int signal, int fd, uint64_t deadline, int alert)
{
	struct winsync_signal_and_wait_args args = {
		.deadline = deadline, .flags = WINSYNC_CLOCK_MONOTONIC,
		.alert = alert, .fd = fd,
	};

	return ws_ioctl(signal, WINSYNC_IOC_SIGNAL_AND_WAIT, &args);
}

pid_t ws_gettid(void)
{
	return syscall(SYS_gettid);
}

bool ws_has_two_processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) >= 2;
}

int ws_move_to(unsigned int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void ws_sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000L };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static void *sleeper_main(void *data)
{
	struct ws_sleeper *sleeper = data;

	__atomic_store_n(&sleeper->tid, ws_gettid(), __ATOMIC_RELEASE);
	switch (sleeper->cmd) {
	case WINSYNC_IOC_WAIT:
		sleeper->result = ws_wait_alert(sleeper->fd, sleeper->deadline,
						sleeper->alert);
		break;
	case WINSYNC_IOC_SIGNAL_AND_WAIT:
		sleeper->result = ws_signal_and_wait(sleeper->signal, sleeper->fd,
						     sleeper->deadline,
						     sleeper->alert);
		break;
	default:
		sleeper->result = ws_wait_multiple(sleeper->cmd, sleeper->fds,
						   sleeper->count,
						   sleeper->deadline, 0,
						   sleeper->alert);
	}
	if (sleeper->after)
		sleeper->after(sleeper);
	__atomic_store_n(&sleeper->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

int ws_sleeper_start(struct ws_sleeper *sleeper)
{
	pthread_attr_t attr;
	int ret;

	/* The device fd is opened here, not by two threads at once. */
	ws_device();
	sleeper->tid = 0;
	sleeper->done = 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	ret = pthread_create(&sleeper->thread, &attr, sleeper_main, sleeper);
	pthread_attr_destroy(&attr);
	if (ret)
		return -ret;
	while (!__atomic_load_n(&sleeper->tid, __ATOMIC_ACQUIRE))
		ws_sleep_ms(1);
	return 0;
}

bool ws_sleeper_done(const struct ws_sleeper *sleeper)
{
	return __atomic_load_n(&sleeper->done, __ATOMIC_ACQUIRE);
}

int ws_sleeper_join(struct ws_sleeper *sleeper)
{
	struct timespec limit;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += WS_PATIENCE_MS / 1000;
	if (pthread_clockjoin_np(sleeper->thread, NULL, CLOCK_MONOTONIC, &limit))
		return -EBUSY;
	return sleeper->result;
}

int ws_sleeper_queue(struct ws_sleeper *sleeper, int fd, uint32_t waiters)
{
	int ret = ws_sleeper_start(sleeper);

	return ret ? ret : ws_await_waiters(fd, waiters);
}

bool ws_await(bool (*condition)(void *data), void *data)
{
	uint64_t limit = ws_after(WS_PATIENCE_MS);

	do {
		if (condition(data))
			return true;
		ws_sleep_ms(1);
	} while (ws_clock(CLOCK_MONOTONIC) < limit);
	return condition(data);
}

struct waiters_wanted {
	int fd;
	uint32_t waiters;
};

static bool has_waiters(void *data)
{
	const struct waiters_wanted *wanted = data;

	return ws_waiters(wanted->fd) == (int)wanted->waiters;
}

int ws_await_waiters(int fd, uint32_t waiters)
{
	struct waiters_wanted wanted = { fd, waiters };

	return ws_await(has_waiters, &wanted) ? 0 : -ETIME;
}

static bool is_asleep(void *data)
{
	char path[64], line[128];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", *(pid_t *)data);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* "running", or the number of the system call it sleeps in. */
	if (fgets(line, sizeof(line), file) && sscanf(line, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number == SYS_ioctl;
}

int ws_await_asleep(pid_t tid)
{
	return ws_await(is_asleep, &tid) ? 0 : -ETIME;
}

pid_t ws_fork(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent && getppid() != 0)
		_exit(255);
	return 0;
}

int ws_reap(pid_t pid)
{
	uint64_t limit = ws_after(2 * WS_PATIENCE_MS);
	int status;
	pid_t ret;

	for (;;) {
		ret = waitpid(pid, &status, WNOHANG);
		if (ret < 0)
			return -errno;
		if (ret)
			break;
		if (ws_clock(CLOCK_MONOTONIC) > limit) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIME;
		}
		ws_sleep_ms(1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int ws_kill_and_reap(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int ws_gate(void)
{
	int fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int ws_gate_open(int gate)
{
	uint64_t one = 1;

	return write(gate, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
}

int ws_gate_pass(int gate)
{
	struct pollfd pollfd = { .fd = gate, .events = POLLIN };
	uint64_t value;

	for (;;) {
		int ret = poll(&pollfd, 1, WS_PATIENCE_MS);

		if (!ret)
			return -ETIME;
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret > 0 && read(gate, &value, sizeof(value)) > 0)
			return 0;
	}
}

/* Without the number the calls of i386 have ids of 16 bits, where they exist. */
#ifdef SYS_setgroups32
#define ID_CALL(name)	SYS_##name##32
#else
#define ID_CALL(name)	SYS_##name
#endif

static int become(const struct ws_user *user)
{
	/* Raw calls: the C library's would change all threads of a parent. */
	if (syscall(ID_CALL(setgroups), !!user->group, &user->group) ||
	    syscall(ID_CALL(setresgid), user->gid, user->gid, user->gid) ||
	    syscall(ID_CALL(setresuid), user->uid, user->uid, user->uid))
		return -errno;
	return 0;
}

int ws_become(uid_t uid, gid_t gid)
{
	return become(&(struct ws_user){ uid, gid, 0 });
}

static int in_child(const struct ws_user *user, int (*action)(void *data),
		    void *data)
{
	int *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret, status;
	pid_t pid;

	if (result == MAP_FAILED)
		return -errno;
	pid = ws_fork();
	if (!pid) {
		*result = user ? become(user) : 0;
		if (!*result)
			*result = action(data);
		_exit(0);
	}
	status = pid < 0 ? pid : ws_reap(pid);
	ret = status ? -ECHILD : *result;
	munmap(result, sizeof(*result));
	return ret;
}

int ws_as(const struct ws_user *user, int (*action)(void *data), void *data)
{
	return in_child(user, action, data);
}

int ws_in_child(int (*action)(void *data), void *data)
{
	return in_child(NULL, action, data);
}

int ws_send_fds(int socket, const int *fds, unsigned int count)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -errno;
}

int ws_receive_fds(int socket, int *fds, unsigned int count)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(count * sizeof(int)))
		return -EPROTO;
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return 0;
}

unsigned int ws_scale(unsigned int count)
{
	const char *percent = getenv("WINSYNC_SCALE");
	unsigned long scaled = count;

	if (percent && *percent)
		scaled = (unsigned long long)count * strtoul(percent, NULL, 10) / 100;
	return scaled ? scaled : 1;
}

uint64_t ws_seed(void)
{
	const char *seed = getenv("WINSYNC_SEED");

	return seed && *seed ? strtoull(seed, NULL, 0) :
	       ws_clock(CLOCK_REALTIME) % 1000000000;
}

uint32_t ws_random(uint64_t *state)
{
	/* Knuth's multiplier; the low bits of such numbers are poor. */
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

unsigned int ws_raise_nofile(unsigned int wanted)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < wanted) {
		struct rlimit more = { wanted, wanted };

		if (!setrlimit(RLIMIT_NOFILE, &more))
			return wanted;
	}
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

int ws_next_fd(void)
{
	int fd = dup(0);

	if (fd >= 0)
		close(fd);
	return fd;
}
