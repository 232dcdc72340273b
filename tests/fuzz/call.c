// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bytes of a call stand for, and making the call.
 *
 * A structure is described by a string, a character for each field in its order:
 *
 *	64 bits: N name, D deadline, T time from now, P period, O any number,
 *		 W array of objects, X array of ntsync's, B buffer
 *	32 bits: l length of the name, f flags of creating, n of a namespace,
 *		 a rights, m mode, b 0 or 1, c count, u user id, y type,
 *		 k clock, t flags of a timer, p what of SET_PERM,
 *		 i number of objects, s size of the buffer, 0 nothing,
 *		 w alert or -1, h object, e owner, not 0, v ntsync's alert or 0
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define PAGE		4096
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

typedef long (*special_t)(struct worker *worker, const struct call *call, int fd);

/**
 * struct operation - a command, or something else that is done with fds
 * @name: for the output
 * @command: number, if it is an ioctl
 * @kind: of the fds that it is meant for
 * @fields: description of its structure
 * @makes: kind of the fd that it returns, KINDS if none
 * @special: if it is none
 */
struct operation {
	const char *name;
	unsigned int command;
	enum kind kind;
	const char *fields;
	enum kind makes;
	special_t special;
};

/* --- fds ---------------------------------------------------------------- */

/* The slots of each kind lie together. */
static const struct {
	unsigned int first, count;
} ranges[KINDS] = {
	[DEVICE] = { 0, 3 }, [NAMESPACE] = { 3, 9 }, [EVENT] = { 12, 20 },
	[MUTEX] = { 32, 16 }, [SEMAPHORE] = { 48, 10 }, [TIMER] = { 58, 10 },
	[NT_DEVICE] = { 68, 3 }, [NT_OBJECT] = { 71, 15 }, [OTHER] = { 86, 10 },
};

static int slots[SLOTS];
static int post[2];	/* fds on their way between processes */

static unsigned int slot_of(enum kind kind, uint8_t choice)
{
	/* One of sixteen is of any kind. */
	if (choice % 16 == 15)
		return choice / 16 * 31 % SLOTS;
	return ranges[kind].first + choice % ranges[kind].count;
}

static int fd_at(unsigned int slot)
{
	return __atomic_load_n(&slots[slot], __ATOMIC_RELAXED);
}

static int fd_of(enum kind kind, uint8_t choice)
{
	return fd_at(slot_of(kind, choice));
}

/* Another thread may just be using what is closed here: so it should be. */
static void put_fd(unsigned int slot, int fd)
{
	int old = __atomic_exchange_n(&slots[slot], fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

/* --- memory ------------------------------------------------------------- */

/* Two pages, the second of which is not there. */
static char *edge, *read_only, *forbidden, *common;

static char *map(int protection)
{
	char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		abort();
	mprotect(at + PAGE, PAGE, PROT_NONE);
	mprotect(at, PAGE, protection);
	return at;
}

/* Where so many bytes lie; those of the place @own are good. */
static uint64_t place(uint8_t choice, char *own, size_t size)
{
	if (choice < 160)
		return (uintptr_t)own;
	switch (choice % 16) {
	case 0: case 1:
		return (uintptr_t)edge + PAGE - size;
	case 2: case 3:
		return (uintptr_t)edge + PAGE - size / 2;
	case 4:
		return (uintptr_t)edge + PAGE - 1;
	case 5:
		return (uintptr_t)read_only;
	case 6:
		return (uintptr_t)forbidden;
	case 7:
		return 0;
	case 8:
		return 0xffffffff81000000;
	case 9:
		return 0x8000000000000000;
	case 10:
		return (uintptr_t)own + 1;
	case 11:
		return ~(uint64_t)0;
	case 12:
		return 0x00007fffffffffff;
	default:
		/* Other threads write there all the time. */
		return (uintptr_t)common;
	}
}

static bool lies_in(uint64_t at, size_t size, const char *page)
{
	return at - (uintptr_t)page <= PAGE - size;
}

/* Whether we may write the arguments there. */
static bool is_writable(uint64_t at, size_t size, const char *own)
{
	return lies_in(at, size, own) || lies_in(at, size, edge) ||
	       lies_in(at, size, common);
}

/* --- values ------------------------------------------------------------- */

static const struct {
	const char *bytes;
	uint32_t length;
} names[] = {
	{ "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 }, { "Local", 5 },
	{ "with space/and\tmore", 19 }, { "\xff\xfe\x80", 3 }, { "", 0 },
	{ NULL, WINSYNC_NAME_MAX }, { NULL, WINSYNC_NAME_MAX - 1 },
	{ NULL, WINSYNC_NAME_MAX + 1 }, { "nul\0inside", 10 }, { "back\\slash", 10 },
};

static char long_name[WINSYNC_NAME_MAX + 2];

static const uint32_t corners[] = {
	0, 1, 2, 3, 7, 8, 16, 31, 64, 65, 255, 256, 257, 4096, 4097, 0x7fffffff,
	0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x10000, 0x20000,
};

static uint32_t corner(uint8_t choice)
{
	return corners[choice % ARRAY_SIZE(corners)];
}

static uint64_t deadline(uint8_t choice)
{
	uint64_t now = ws_clock(choice & 16 ? CLOCK_REALTIME : CLOCK_MONOTONIC);

	if (choice >= 160)
		return (uint64_t)corner(choice) << (choice & 1 ? 32 : 0);
	switch (choice % 8) {
	case 0: case 1: case 2:
		return 0;
	case 3:
		return WINSYNC_FOREVER;
	case 4:
		return now - 1;
	case 5:
		return now + 100000;
	default:
		return now + 1000000;
	}
}

static const uint32_t create_flags[] = {
	0, WINSYNC_CREATE_EXCL, WINSYNC_INHERIT, 0,
};
static const uint32_t ns_flags[] = {
	0, WINSYNC_NS_CREATE, WINSYNC_NS_CREATE | WINSYNC_NS_PER_USER,
	WINSYNC_NS_CREATE | WINSYNC_NS_OWNED, WINSYNC_NS_PER_USER,
	WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL, WINSYNC_NS_CREATE,
	WINSYNC_NS_CREATE | WINSYNC_NS_OWNED | WINSYNC_INHERIT,
};
static const uint32_t rights[] = {
	WS_ALL, WS_ALL, WINSYNC_ACCESS_MAXIMUM, WS_QUERY, WS_MODIFY | WS_SYNC,
	WS_SYNC, WS_READ_ONLY, 0, WS_ALL, WINSYNC_ACCESS_MAXIMUM | WS_MODIFY,
};
static const uint32_t modes[] = { 0777, 0700, 0, 0644, 0111, 0750, 01777 };
static const uint32_t users[] = { 0, WINSYNC_UID_SELF, 1000, 1001, 65534 };
static const uint32_t timer_flags[] = {
	WINSYNC_CLOCK_MONOTONIC, WINSYNC_CLOCK_REALTIME, WINSYNC_CLOCK_BOOTTIME,
	WINSYNC_TIMER_ABSOLUTE, WINSYNC_TIMER_ABSOLUTE | WINSYNC_CLOCK_REALTIME,
	WINSYNC_TIMER_WAKE, WINSYNC_TIMER_WAKE | WINSYNC_CLOCK_BOOTTIME,
};
static const uint64_t times[] = {
	0, 0, 1000, 100000, 1000000, 10000000, 3600 * WS_NSEC_PER_SEC,
	INT64_MAX, INT64_MAX + 1ULL,
};
static const uint64_t periods[] = { 0, 0, 100000, 1000000, 99999, INT64_MAX, 1 };

#define PICK(array, choice)	((array)[(choice) % ARRAY_SIZE(array)])

/* The memory of a call: structure, array of fds, buffer. */
#define ARRAY_AT	1024
#define BUFFER_AT	2048
#define BUFFER_SIZE	(PAGE - BUFFER_AT)
#define ARRAY_MAX	((BUFFER_AT - ARRAY_AT) / 4)

/* Fills the array with objects, mostly different ones. */
static uint64_t fd_array(const struct call *call, uint8_t choice, char *own,
			 bool ntsync)
{
	uint64_t at = place(choice, own + ARRAY_AT, ARRAY_MAX * sizeof(int));
	int *fds = (int *)(own + ARRAY_AT);
	unsigned int i;

	for (i = 0; i < ARRAY_MAX; i++) {
		uint8_t mixed = call->fields[i % FIELDS_MAX] + 37 * i +
				i / FIELDS_MAX;
		enum kind kind = EVENT + mixed / 8 % 4;

		fds[i] = fd_of(ntsync ? NT_OBJECT : kind, mixed % 128 & ~15);
		if (mixed % 8)
			fds[i] = fd_at((ntsync ? ranges[NT_OBJECT].first :
					ranges[EVENT].first) + (choice + i) %
				       (ntsync ? ranges[NT_OBJECT].count : 56));
	}
	if (at != (uintptr_t)fds && is_writable(at, ARRAY_MAX * sizeof(int), own))
		memcpy((void *)(uintptr_t)at, fds, ARRAY_MAX * sizeof(int));
	return at;
}

static uint64_t name_pointer(uint8_t choice, char *own)
{
	unsigned int index = choice % ARRAY_SIZE(names);

	if (choice >= 240)
		return place(choice, own, 16);
	return (uintptr_t)(names[index].bytes ? names[index].bytes : long_name);
}

static uint64_t value(const struct call *call, char field, unsigned int index,
		      char *own)
{
	uint8_t choice = call->fields[index % FIELDS_MAX];

	switch (field) {
	case 'N':
		return name_pointer(choice, own);
	case 'D':
		return deadline(choice);
	case 'T':
		return PICK(times, choice);
	case 'P':
		return PICK(periods, choice);
	case 'O':
		return choice < 128 ? 0 : corner(choice);
	case 'W':
	case 'X':
		return fd_array(call, choice, own, field == 'X');
	case 'B':
		return place(choice, own + BUFFER_AT, BUFFER_SIZE);
	}
	/* Of 32 bits: some of them are anything. */
	if (choice >= 232)
		return corner(choice);
	switch (field) {
	case 'l':
		/* That of the name, which is the field before. */
		if (choice >= 200)
			return corner(choice);
		return names[call->fields[index - 1] % ARRAY_SIZE(names)].length;
	case 'f':
		return PICK(create_flags, choice);
	case 'n':
		return PICK(ns_flags, choice);
	case 'a':
		return PICK(rights, choice);
	case 'm':
		return PICK(modes, choice);
	case 'b':
		return choice % 2;
	case 'c':
		return choice % 4;
	case 'u':
		return PICK(users, choice);
	case 'y':
		return choice % 6;
	case 'k':
		return choice % 3;
	case 't':
		return PICK(timer_flags, choice);
	case 'p':
		return choice % 8;
	case 'i':
		return 1 + (choice < 128 ? choice % 8 : choice % 80);
	case 's':
		return choice % 2 ? BUFFER_SIZE : choice;
	case 'w':
		return choice % 4 ? -1 : fd_of(EVENT, choice / 4);
	case 'h':
		return fd_of(EVENT + choice % 4, choice / 4);
	case 'e':
		return 1 + choice % 3;
	case 'v':
		return choice % 4 ? 0 : fd_of(NT_OBJECT, choice / 4);
	default:
		return 0;
	}
}

static size_t fill(const struct call *call, const char *fields, char *to,
		   char *own)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; fields[i]; i++) {
		uint64_t number = value(call, fields[i], i, own);
		size_t bytes = fields[i] >= 'A' && fields[i] <= 'Z' ? 8 : 4;

		memcpy(to + size, &number, bytes);
		size += bytes;
	}
	return size;
}

/* --- what is no command -------------------------------------------------- */

static long do_close(struct worker *worker, const struct call *call, int fd)
{
	(void)worker;
	(void)fd;
	put_fd(slot_of(EVENT + call->slot % 4, call->fields[0]), -1);
	return 0;
}

static long do_dup(struct worker *worker, const struct call *call, int fd)
{
	unsigned int slot = slot_of(EVENT + call->fields[1] % 4, call->fields[0]);
	int old = fd_at(slot), ret;

	(void)worker;
	/* Over one that is open, or a new one. */
	if (call->fields[2] % 2 && old >= 0 && fd >= 0 && old != fd)
		return dup3(fd, old, O_CLOEXEC);
	ret = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ret >= 0)
		put_fd(slot, ret);
	return ret;
}

static long do_poll(struct worker *worker, const struct call *call, int fd)
{
	struct pollfd fds[3] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = fd_of(TIMER, call->fields[0]), .events = POLLIN },
		{ .fd = fd_of(MUTEX, call->fields[1]), .events = POLLIN },
	};

	(void)worker;
	return poll(fds, 1 + call->fields[2] % 3, call->fields[3] % 2);
}

static long do_epoll(struct worker *worker, const struct call *call, int fd)
{
	struct epoll_event event = {
		.events = EPOLLIN | (call->fields[0] % 4 ? 0 : EPOLLET) |
			  (call->fields[0] % 8 ? 0 : EPOLLONESHOT),
	};
	int epoll = fd_at(ranges[OTHER].first + call->fields[2] % 2);

	(void)worker;
	if (call->fields[1] % 4 == 3)
		return epoll_wait(epoll, &event, 1, 0);
	return epoll_ctl(epoll, call->fields[1] % 4 ? EPOLL_CTL_ADD :
			 EPOLL_CTL_DEL, fd, &event);
}

static long do_fdinfo(struct worker *worker, const struct call *call, int fd)
{
	char path[48], text[1024];
	int info;
	long ret;

	(void)worker;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -1;
	ret = read(info, text, 1 + call->fields[0] * 3);
	close(info);
	return ret;
}

static long do_send(struct worker *worker, const struct call *call, int fd)
{
	(void)worker;
	(void)call;
	return fd < 0 ? -1 : ws_send_fds(post[0], &fd, 1);
}

static long do_receive(struct worker *worker, const struct call *call, int fd)
{
	long ret = ws_receive_fds(post[1], &fd, 1);

	(void)worker;
	if (!ret)
		put_fd(slot_of(EVENT + call->fields[1] % 4, call->fields[0]), fd);
	return ret;
}

static long do_plain(struct worker *worker, const struct call *call, int fd)
{
	char byte = 0;
	void *at;

	(void)worker;
	switch (call->fields[0] % 6) {
	case 0:
		at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		if (at != MAP_FAILED)
			munmap(at, PAGE);
		return at == MAP_FAILED ? -1 : 0;
	case 1:
		return read(fd, &byte, fd > 2 && call->fields[1] % 2 ? 1 : 0);
	case 2:
		return lseek(fd, call->fields[1], SEEK_SET);
	case 3:
		return fcntl(fd, F_SETFL, call->fields[1] % 2 ? O_NONBLOCK : 0);
	case 4:
		return fcntl(fd, F_GETFL);
	default:
		return fsync(fd);
	}
}

static long do_open(struct worker *worker, const struct call *call, int fd)
{
	static const char *const paths[] = {
		WS_DEVICE, "/dev/ntsync", WS_DEVICE, "/dev/null",
	};
	static const int flags[] = { O_RDWR, O_RDONLY, O_WRONLY, O_PATH };
	const char *path = PICK(paths, call->fields[0]);

	(void)worker;
	fd = open(path, O_CLOEXEC | PICK(flags, call->fields[1]));
	if (fd >= 0)
		put_fd(slot_of(!strcmp(path, "/dev/ntsync") ? NT_DEVICE : DEVICE,
			       call->fields[2]), fd);
	return fd;
}

static long do_fork(struct worker *worker, const struct call *call, int fd)
{
	struct itimerval limit = { .it_value.tv_usec = 200000 };
	pid_t pid;

	(void)fd;
	/* Not too often: it is slow. */
	if (worker->child || call->fields[0] % 16)
		return 0;
	pid = fork();
	if (pid)
		return pid < 0 ? -1 : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &limit, NULL);
	worker->child = true;
	worker->fail_nth = -1;
	return 0;
}

static long do_end(struct worker *worker, const struct call *call, int fd)
{
	(void)fd;
	if (worker->child && call->fields[0] % 2)
		raise(SIGKILL);
	if (call->fields[0] % 8 == 0)
		worker->leave = true;
	/* The whole process, once in a long while. */
	if (call->fields[0] == 77 && call->fields[1] % 16 == 0)
		raise(SIGKILL);
	return 0;
}

static long do_fail(struct worker *worker, const struct call *call, int fd)
{
	char number[8];

	(void)fd;
	snprintf(number, sizeof(number), "%u", call->fields[0] % 24);
	return pwrite(worker->fail_nth, number, strlen(number), 0);
}

static long do_yield(struct worker *worker, const struct call *call, int fd)
{
	struct timespec moment = { 0, call->fields[0] * 1000 };

	(void)worker;
	(void)fd;
	return call->fields[1] % 2 ? sched_yield() : nanosleep(&moment, NULL);
}

static long do_scribble(struct worker *worker, const struct call *call, int fd)
{
	unsigned int i;

	(void)worker;
	(void)fd;
	for (i = 0; i < FIELDS_MAX; i++)
		__atomic_store_n(&((uint32_t *)common)[call->fields[i] % 16],
				 corner(call->fields[(i + 1) % FIELDS_MAX]),
				 __ATOMIC_RELAXED);
	return 0;
}

/* --- the table ---------------------------------------------------------- */

#define WS(name, kind, fields, makes) \
	{ #name, WINSYNC_IOC_##name, kind, fields, makes, NULL }
#define NT(name, kind, fields, makes) \
	{ "ntsync " #name, NTSYNC_IOC_##name, kind, fields, makes, NULL }
#define SPECIAL(name, kind, function) \
	{ name, 0, kind, "", KINDS, function }
#define NAMED	"Nlfam0"

static const struct operation operations[] = {
	WS(GET_INFO, DEVICE, "", KINDS),
	WS(NS_OPEN, DEVICE, "Nlnamu0", NAMESPACE),
	WS(NS_OPEN, DEVICE, "Nlnamu0", NAMESPACE),
	WS(NS_DESTROY, NAMESPACE, "", KINDS),
	WS(LIST, NAMESPACE, "OBs0", KINDS),
	WS(LIST, DEVICE, "OBs0", KINDS),
	WS(EVENT_CREATE, NAMESPACE, NAMED "0bb", EVENT),
	WS(MUTEX_CREATE, NAMESPACE, NAMED "0b0", MUTEX),
	WS(SEMAPHORE_CREATE, NAMESPACE, NAMED "0cc", SEMAPHORE),
	WS(TIMER_CREATE, NAMESPACE, NAMED "0b0", TIMER),
	WS(EVENT_CREATE, DEVICE, "O0fam00bb", EVENT),
	WS(MUTEX_CREATE, DEVICE, "O0fam00b0", MUTEX),
	WS(SEMAPHORE_CREATE, DEVICE, "O0fam00cc", SEMAPHORE),
	WS(TIMER_CREATE, DEVICE, "O0fam00b0", TIMER),
	WS(OPEN, NAMESPACE, "Nlfay", EVENT),
	WS(OPEN, NAMESPACE, "Nlfay", MUTEX),
	WS(DUPLICATE, EVENT, "af", EVENT),
	WS(DUPLICATE, MUTEX, "af", MUTEX),
	WS(DUPLICATE, NAMESPACE, "af", NAMESPACE),
	WS(SAME, EVENT, "h0", KINDS),
	WS(SAME, NAMESPACE, "h0", KINDS),
	WS(STAT, TIMER, "", KINDS),
	WS(STAT, NAMESPACE, "", KINDS),
	WS(SET_PERM, EVENT, "pmuu", KINDS),
	WS(SET_PERM, NAMESPACE, "pmuu", KINDS),
	WS(WAITERS, EVENT, "Bs0", KINDS),
	WS(WAITERS, MUTEX, "Bs0", KINDS),
	WS(EVENT_QUERY, EVENT, "", KINDS),
	WS(EVENT_SET, EVENT, "", KINDS),
	WS(EVENT_SET, EVENT, "", KINDS),
	WS(EVENT_RESET, EVENT, "", KINDS),
	WS(EVENT_PULSE, EVENT, "", KINDS),
	WS(MUTEX_QUERY, MUTEX, "", KINDS),
	WS(MUTEX_RELEASE, MUTEX, "", KINDS),
	WS(MUTEX_RELEASE, MUTEX, "", KINDS),
	WS(SEMAPHORE_QUERY, SEMAPHORE, "", KINDS),
	WS(SEMAPHORE_RELEASE, SEMAPHORE, "c0", KINDS),
	WS(SEMAPHORE_RELEASE, SEMAPHORE, "c0", KINDS),
	WS(TIMER_QUERY, TIMER, "", KINDS),
	WS(TIMER_SET, TIMER, "TPOtw", KINDS),
	WS(TIMER_SET, TIMER, "TPOtw", KINDS),
	WS(TIMER_CANCEL, TIMER, "", KINDS),
	WS(WAIT, EVENT, "Dkw", KINDS),
	WS(WAIT, MUTEX, "Dkw", KINDS),
	WS(WAIT, SEMAPHORE, "Dkw", KINDS),
	WS(WAIT, TIMER, "Dkw", KINDS),
	WS(WAIT_ANY, DEVICE, "DWikw0", KINDS),
	WS(WAIT_ANY, EVENT, "DWikw0", KINDS),
	WS(WAIT_ALL, DEVICE, "DWikw0", KINDS),
	WS(WAIT_ALL, MUTEX, "DWikw0", KINDS),
	WS(SIGNAL_AND_WAIT, EVENT, "Dkwh0", KINDS),
	WS(SIGNAL_AND_WAIT, MUTEX, "Dkwh0", KINDS),
	WS(SIGNAL_AND_WAIT, SEMAPHORE, "Dkwh0", KINDS),
	NT(CREATE_SEM, NT_DEVICE, "cc", NT_OBJECT),
	NT(CREATE_MUTEX, NT_DEVICE, "ec", NT_OBJECT),
	NT(CREATE_EVENT, NT_DEVICE, "bb", NT_OBJECT),
	NT(WAIT_ANY, NT_DEVICE, "DXi0bev0", KINDS),
	NT(WAIT_ANY, NT_DEVICE, "DXi0bev0", KINDS),
	NT(WAIT_ALL, NT_DEVICE, "DXi0bev0", KINDS),
	NT(WAIT_ALL, NT_DEVICE, "DXi0bev0", KINDS),
	NT(SEM_RELEASE, NT_OBJECT, "c", KINDS),
	NT(MUTEX_UNLOCK, NT_OBJECT, "e0", KINDS),
	NT(MUTEX_KILL, NT_OBJECT, "e", KINDS),
	NT(EVENT_SET, NT_OBJECT, "0", KINDS),
	NT(EVENT_RESET, NT_OBJECT, "0", KINDS),
	NT(EVENT_PULSE, NT_OBJECT, "0", KINDS),
	NT(SEM_READ, NT_OBJECT, "00", KINDS),
	NT(MUTEX_READ, NT_OBJECT, "00", KINDS),
	NT(EVENT_READ, NT_OBJECT, "00", KINDS),
	SPECIAL("close", EVENT, do_close),
	SPECIAL("close", EVENT, do_close),
	SPECIAL("dup", EVENT, do_dup),
	SPECIAL("dup", NAMESPACE, do_dup),
	SPECIAL("poll", EVENT, do_poll),
	SPECIAL("epoll", TIMER, do_epoll),
	SPECIAL("fdinfo", MUTEX, do_fdinfo),
	SPECIAL("fdinfo", NAMESPACE, do_fdinfo),
	SPECIAL("send", EVENT, do_send),
	SPECIAL("receive", EVENT, do_receive),
	SPECIAL("mmap, read, ...", EVENT, do_plain),
	SPECIAL("open", DEVICE, do_open),
	SPECIAL("fork", DEVICE, do_fork),
	SPECIAL("end", DEVICE, do_end),
	SPECIAL("fail", DEVICE, do_fail),
	SPECIAL("fail", DEVICE, do_fail),
	SPECIAL("yield", DEVICE, do_yield),
	SPECIAL("scribble", DEVICE, do_scribble),
};

const unsigned int operations_count = ARRAY_SIZE(operations);

const char *operation_name(unsigned int operation)
{
	return operations[operation].name;
}

/* --- making calls -------------------------------------------------------- */

/* The command, or mostly what nearly is one. */
static unsigned int shape(unsigned int command, uint8_t choice)
{
	unsigned int size = _IOC_SIZE(command);

	if (choice < 160)
		return command;
	switch (choice % 12) {
	case 0: case 1: case 2:
		size += 8 << choice / 12 % 4;
		break;
	case 3:
		size = size > 8 ? size - 8 : 0;
		break;
	case 4:
		size = corner(choice) & _IOC_SIZEMASK;
		break;
	case 5:
		return command ^ 1U << choice % 32;
	case 6:
		return command + 1;
	case 7:
		return _IOC(_IOC_DIR(command) ^ 1 << choice % 2,
			    _IOC_TYPE(command), _IOC_NR(command), size);
	default:
		return command;
	}
	return _IOC(_IOC_DIR(command), _IOC_TYPE(command), _IOC_NR(command), size);
}

/* What the headers name, of both interfaces. */
static bool is_documented(int number)
{
	switch (number) {
	case EBADF: case EBADFD: case ENOTTY: case E2BIG: case EINVAL:
	case EFAULT: case EACCES: case EPERM: case ENOENT: case EEXIST:
	case EPROTOTYPE: case ENAMETOOLONG: case EOVERFLOW: case ENOTUNIQ:
	case ETIMEDOUT: case EINTR: case EDQUOT: case EMFILE: case ENFILE:
	case ENOMEM: case EOWNERDEAD:
		return true;
	}
	return false;
}

static void check(const struct call *call, unsigned int operation, int number)
{
	if (is_documented(number))
		return;
	if (!__atomic_fetch_add(&shared->undocumented, 1, __ATOMIC_RELAXED))
		shared->first = (struct error){ operation, number, *call };
}

static long command(struct worker *worker, const struct call *call,
		    const struct operation *operation, int fd)
{
	unsigned int number = shape(operation->command, call->shape);
	char *own = worker->own;
	size_t size;
	uint64_t at;
	long ret;

	/* What lies behind a structure is zero, or not. */
	memset(own, call->shape % 32 == 31, 512);
	size = fill(call, operation->fields, own, own);
	if (size < _IOC_SIZE(operation->command))
		size = _IOC_SIZE(operation->command);
	at = place(call->memory, own, size);
	if (!_IOC_SIZE(operation->command) && call->memory < 160)
		at = 0;
	if (at && at != (uintptr_t)own && is_writable(at, size, own))
		memmove((void *)(uintptr_t)at, own, size);
	ret = ioctl(fd, number, at);
	if (ret < 0)
		check(call, operation - operations, errno);
	/* What is no ioctl of ours may return something else. */
	if (ret > 2 && operation->makes != KINDS &&
	    _IOC_NR(number) == _IOC_NR(operation->command) &&
	    _IOC_TYPE(number) == _IOC_TYPE(operation->command))
		put_fd(slot_of(operation->makes, call->fields[FIELDS_MAX - 1] & ~15),
		       ret);
	return ret;
}

void calls_run(struct worker *worker, const struct sequence *sequence)
{
	uint32_t i;

	for (i = 0; i < sequence->length; i++) {
		const struct call *call = &sequence->calls[i];
		unsigned int index = call->operation % ARRAY_SIZE(operations);
		const struct operation *operation = &operations[index];
		int fd = fd_of(operation->kind, call->slot);
		long ret;

		ret = operation->special ?
		      operation->special(worker, call, fd) :
		      command(worker, call, operation, fd);
		__atomic_fetch_add(&shared->made[index], 1, __ATOMIC_RELAXED);
		if (ret >= 0)
			__atomic_fetch_add(&shared->succeeded[index], 1,
					   __ATOMIC_RELAXED);
		__atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&worker->progress, 1, __ATOMIC_RELAXED);
	}
	/* A fault that nobody met is none of the next sequence's. */
	if (worker->fail_nth >= 0)
		pwrite(worker->fail_nth, "0", 1, 0);
	if (worker->child)
		_exit(0);
}

int calls_init(void)
{
	unsigned int i, first = ranges[OTHER].first;
	int pipes[2];

	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	memset(long_name, 'x', sizeof(long_name));
	edge = map(PROT_READ | PROT_WRITE);
	read_only = map(PROT_READ);
	forbidden = map(PROT_NONE);
	common = map(PROT_READ | PROT_WRITE);
	for (i = 0; i < ranges[DEVICE].count; i++)
		slots[ranges[DEVICE].first + i] = ws_open_device();
	for (i = 0; i < ranges[NT_DEVICE].count; i++)
		slots[ranges[NT_DEVICE].first + i] =
			open("/dev/ntsync", O_RDWR | O_CLOEXEC);
	slots[first] = epoll_create1(EPOLL_CLOEXEC);
	slots[first + 1] = epoll_create1(EPOLL_CLOEXEC);
	slots[first + 2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!pipe2(pipes, O_CLOEXEC | O_NONBLOCK)) {
		slots[first + 3] = pipes[0];
		slots[first + 4] = pipes[1];
	}
	slots[first + 5] = open(WS_DEVICE, O_PATH | O_CLOEXEC);
	slots[first + 6] = open("/dev/null", O_RDWR | O_CLOEXEC);
	slots[first + 7] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	slots[first + 8] = INT32_MAX;
	return slots[0] < 0 || slots[ranges[NT_DEVICE].first] < 0 ? -ENODEV : 0;
}

int calls_share(void)
{
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			  post) ? -errno : 0;
}

void calls_unshare(void)
{
	close(post[0]);
	close(post[1]);
}
