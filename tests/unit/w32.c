// SPDX-License-Identifier: GPL-2.0-only
#include "w32.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>

#define MOST 40

struct file {
	bool open, inherit;
	uint32_t type, access;
	uint64_t id;
	pid_t pid;		/* of a pidfd */
};

struct command {
	unsigned long request;
	bool answered;
	int result;
	unsigned char out[128];
	size_t size;
	unsigned int calls;
	int fd;
	unsigned char argument[256];
};

static struct file files[MOST];
static struct command commands[MOST];
static struct pollfd ready[8];
static uint64_t last_id;

char w32_name[1000];
int w32_fcntl_error, w32_ppoll_error, w32_ppoll_readies;
unsigned int w32_ppolls;

const struct w32_pair w32_pairs[] = {
	{ EBADF, ERROR_INVALID_HANDLE, STATUS_INVALID_HANDLE },
	{ EBADFD, ERROR_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH },
	{ EACCES, ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED },
	{ EINVAL, ERROR_INVALID_PARAMETER, STATUS_INVALID_PARAMETER },
	{ EFAULT, ERROR_NOACCESS, STATUS_ACCESS_VIOLATION },
	{ ENOMEM, ERROR_NOT_ENOUGH_MEMORY, STATUS_NO_MEMORY },
	{ EIO, ERROR_GEN_FAILURE, STATUS_UNSUCCESSFUL },
};
const size_t w32_pair_count = count_of(w32_pairs);

static struct file *file_of(int fd)
{
	int at = fd - FAKE_FD;

	return at >= 0 && at < MOST && files[at].open ? &files[at] : NULL;
}

void w32_object(int fd, uint32_t type, uint32_t access)
{
	files[fd - FAKE_FD] = (struct file){
		.open = true, .type = type, .access = access, .id = ++last_id,
	};
}

void w32_process(int fd, pid_t pid)
{
	w32_object(fd, TYPE_FOREIGN, 0);
	file_of(fd)->pid = pid;
}

void w32_identity(int fd, uint64_t id)
{
	file_of(fd)->id = id;
}

bool w32_is_open(int fd)
{
	return file_of(fd) != NULL;
}

static struct command *command_of(unsigned long request)
{
	for (int i = 0; i < MOST; i++) {
		if (commands[i].request == request || !commands[i].request) {
			commands[i].request = request;
			return &commands[i];
		}
	}
	fail_msg("too many commands");
	return NULL;
}

void w32_answer_with(unsigned long request, int result, const void *out, size_t size)
{
	struct command *command = command_of(request);

	assert_true(size <= sizeof(command->out));
	command->answered = true;
	command->result = result;
	command->size = size;
	if (size)
		memcpy(command->out, out, size);
}

void w32_answer(unsigned long request, int result)
{
	w32_answer_with(request, result, NULL, 0);
}

unsigned int w32_calls(unsigned long request)
{
	return command_of(request)->calls;
}

const void *w32_argument(unsigned long request)
{
	return command_of(request)->argument;
}

int w32_fd_of(unsigned long request)
{
	return command_of(request)->fd;
}

static void remember_name(uint64_t name, uint32_t length)
{
	assert_true(length < sizeof(w32_name));
	if (length)
		memcpy(w32_name, (const void *)(uintptr_t)name, length);
	w32_name[length] = '\0';
}

/* What a command makes, and its type; 0: nothing. */
static uint32_t made_type(unsigned long request, const void *argument, const struct file *file)
{
	const struct winsync_create *create = argument;
	const struct winsync_open_args *open_args = argument;
	const struct winsync_ns_args *ns = argument;

	switch (request) {
	case WINSYNC_IOC_EVENT_CREATE:
	case WINSYNC_IOC_MUTEX_CREATE:
	case WINSYNC_IOC_SEMAPHORE_CREATE:
	case WINSYNC_IOC_TIMER_CREATE:
		remember_name(create->name, create->name_len);
		return _IOC_NR(request) - _IOC_NR(WINSYNC_IOC_EVENT_CREATE) + WINSYNC_TYPE_EVENT;
	case WINSYNC_IOC_OPEN:
		remember_name(open_args->name, open_args->name_len);
		return open_args->type;
	case WINSYNC_IOC_NS_OPEN:
		remember_name(ns->name, ns->name_len);
		return WINSYNC_TYPE_NAMESPACE;
	case WINSYNC_IOC_DUPLICATE:
		return file->type;
	}
	return 0;
}

static int stat_file(const struct file *file, struct winsync_stat *stat)
{
	*stat = (struct winsync_stat){
		.id = file->id, .type = file->type, .access = file->access,
	};
	return 0;
}

static int default_result(int fd, unsigned long request, void *argument, const struct file *file)
{
	uint32_t type = made_type(request, argument, file);
	int made = request == WINSYNC_IOC_NS_OPEN ? NAMESPACE : MADE;

	if (request == WINSYNC_IOC_STAT)
		return stat_file(file, argument);
	if (!type)
		return 0;
	(void)fd;
	w32_object(made, type, WINSYNC_ACCESS_ALL);
	if (request == WINSYNC_IOC_DUPLICATE)
		file_of(made)->id = file->id;
	return made;
}

static int answer(int fd, unsigned long request, void *argument)
{
	struct file *file = file_of(fd);
	struct command *command;

	if (request == 0) {
		if (!file)
			return -EBADF;
		file->open = false;
		return 0;
	}
	if (fd == DEVICE && request == WINSYNC_IOC_GET_INFO)
		return 0;
	if (fd == DEVICE && request == WINSYNC_IOC_STAT)
		return -EBADFD;
	if (fd != DEVICE && !file)
		return -EBADF;
	if (file && file->type == TYPE_FOREIGN)
		return -EBADFD;
	command = command_of(request);
	command->calls++;
	command->fd = fd;
	if (_IOC_SIZE(request))
		memcpy(command->argument, argument, _IOC_SIZE(request));
	if (!command->answered)
		return default_result(fd, request, argument, file);
	made_type(request, argument, file);
	if (command->size)
		memcpy(argument, command->out, command->size);
	return command->result;
}

static int answer_fcntl(int fd, int number, long argument)
{
	struct file *file = file_of(fd);

	if (w32_fcntl_error)
		return -w32_fcntl_error;
	if (!file)
		return -EBADF;
	if (number == F_SETFD)
		file->inherit = !(argument & FD_CLOEXEC);
	if (number == F_GETFD)
		return file->inherit ? 0 : FD_CLOEXEC;
	if (number == F_DUPFD || number == F_DUPFD_CLOEXEC) {
		w32_object(MADE, file->type, 0);
		file_of(MADE)->inherit = number == F_DUPFD;
		return MADE;
	}
	return 0;
}

int w32_setup(void **state)
{
	(void)state;
	memset(files, 0, sizeof(files));
	memset(commands, 0, sizeof(commands));
	memset(ready, 0, sizeof(ready));
	w32_fcntl_error = w32_ppoll_error = w32_ppoll_readies = 0;
	w32_ppolls = 0;
	w32_name[0] = '\0';
	fake_syscalls_end();
	fake_failing_allocation = 0;
	fake_module = answer;
	fake_fcntl = answer_fcntl;
	w32_object(OBJECT, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	w32_object(OTHER, WINSYNC_TYPE_EVENT, WINSYNC_ACCESS_ALL);
	w32_object(FOREIGN, TYPE_FOREIGN, 0);
	return 0;
}

/* ---- system calls ---- */

char *__wrap_strdup(const char *text);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		 const sigset_t *mask);
int __wrap_getgroups(int size, gid_t *list);

static const gid_t *groups;
static int group_count;

void w32_groups(const gid_t *list, int count)
{
	groups = list;
	group_count = count;
}

int __wrap_getgroups(int size, gid_t *list)
{
	if (size)
		assert_int_equal(size, group_count);
	for (int i = 0; i < size; i++)
		list[i] = groups[i];
	return group_count;
}

/* What the kernel tells of a fake fd. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char text[40];
	const struct file *file;
	int fd;

	if (sscanf(path, "/proc/self/fdinfo/%d", &fd) != 1 || fd < FAKE_FD)
		return __real_fopen(path, mode);
	file = file_of(fd);
	if (!file) {
		errno = ENOENT;
		return NULL;
	}
	snprintf(text, sizeof(text), file->pid ? "pos:\t0\nPid:\t%d\n" : "pos:\t0\n", file->pid);
	return fmemopen(text, strlen(text), "r");
}

/* Fails like the other allocations. */
char *__wrap_strdup(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

void w32_ready(int fd, short events)
{
	for (size_t i = 0; i < count_of(ready); i++) {
		if (!ready[i].fd || ready[i].fd == fd) {
			ready[i] = (struct pollfd){ .fd = fd, .revents = events };
			return;
		}
	}
}

static int look(struct pollfd *fds, nfds_t count)
{
	int found = 0;

	for (nfds_t i = 0; i < count; i++) {
		fds[i].revents = 0;
		for (size_t j = 0; j < count_of(ready); j++) {
			if (ready[j].fd && ready[j].fd == fds[i].fd)
				fds[i].revents = ready[j].revents;
		}
		found += fds[i].revents != 0;
	}
	return found;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	assert_int_equal(timeout, 0);
	return look(fds, count);
}

int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		 const sigset_t *mask)
{
	assert_null(mask);
	w32_ppolls++;
	if (w32_ppoll_error) {
		errno = w32_ppoll_error;
		w32_ppoll_error = 0;
		return -1;
	}
	if (w32_ppoll_readies)
		w32_ready(w32_ppoll_readies, POLLIN);
	else if (timeout)
		nanosleep(timeout, NULL);
	else
		fail_msg("would sleep for ever");
	return look(fds, count);
}
