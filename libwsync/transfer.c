// SPDX-License-Identifier: MIT
/* Handles on their way from process to process. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* The kernel's limit, SCM_MAX_FD. */
#define HANDLES_MAX 253

/* A message needs a byte of data to carry fds over a stream. */
#define MARK 'w'

/* What a receiver can have ordered besides, with SO_PASSCRED and the like. */
#define ANCILLARY_EXTRA 1024

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(HANDLES_MAX * sizeof(int)) + ANCILLARY_EXTRA];
};

#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

WSYNC_API int wsync_send(int socket, const int *fds, size_t count)
{
	WSYNC_NO_CANCEL();
	union control control;
	char mark = MARK;
	struct iovec data = { .iov_base = &mark, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
	};
	struct cmsghdr *header = &control.align;
	ssize_t sent;

	if (!fds || count < 1 || count > HANDLES_MAX)
		return wsync_error(EINVAL);
	for (size_t i = 0; i < count; i++) {
		int error = wsync_check_type(fds[i], WSYNC_TYPE_ANY);

		if (error)
			return error;
	}
	memset(&control, 0, sizeof(control));
	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Moves what came with a message to @fds, @room of them, and says how many came. */
static size_t take_fds(struct msghdr *message, int *fds, size_t room)
{
	size_t total = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		size_t count;

		if (header->cmsg_level != SOL_SOCKET ||
		    (header->cmsg_type != SCM_RIGHTS && header->cmsg_type != SCM_PIDFD))
			continue;
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
			if (header->cmsg_type == SCM_RIGHTS && total < room)
				fds[total++] = fd;
			else
				wsync_close_quietly(fd);
		}
	}
	return total;
}

static int check_received(const int *fds, const uint32_t *types, size_t count, uint32_t flags)
{
	for (size_t i = 0; i < count; i++) {
		int error = wsync_check_type(fds[i], types ? types[i] : WSYNC_TYPE_ANY);

		if (!error && (flags & WSYNC_INHERIT))
			error = wsync_set_inherit(fds[i], true);
		if (error)
			return error;
	}
	return 0;
}

WSYNC_API int wsync_receive(int socket, const uint32_t *types, size_t count,
			    uint32_t flags, int *fds)
{
	WSYNC_NO_CANCEL();
	int received[HANDLES_MAX];
	union control control;
	char mark = 0;
	struct iovec data = { .iov_base = &mark, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t bytes;
	size_t came;
	int error;

	if (!fds || count < 1 || count > HANDLES_MAX || (flags & ~WSYNC_INHERIT))
		return wsync_error(EINVAL);
	do {
		bytes = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		return -errno;
	came = take_fds(&message, received, HANDLES_MAX);
	if (bytes == 0)
		error = -EPIPE;
	else if (mark != MARK || came != count || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		error = -EBADMSG;
	else
		error = check_received(received, types, count, flags);
	if (error) {
		for (size_t i = 0; i < came; i++)
			wsync_close_quietly(received[i]);
		return wsync_error(-error);
	}
	memcpy(fds, received, count * sizeof(int));
	return 0;
}

WSYNC_API int wsync_take_pidfd(int pidfd, int remote, uint32_t type, uint32_t flags, int *fd)
{
	int error, taken;

	if (!fd || (flags & ~WSYNC_INHERIT))
		return wsync_error(EINVAL);
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, remote, 0);
	if (taken < 0)
		return -errno;
	error = check_received(&taken, &type, 1, flags);
	if (error) {
		wsync_close_quietly(taken);
		return error;
	}
	*fd = taken;
	return 0;
}

WSYNC_API int wsync_take(pid_t pid, int remote, uint32_t type, uint32_t flags, int *fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int error;

	if (pidfd < 0)
		return -errno;
	error = wsync_take_pidfd(pidfd, remote, type, flags, fd);
	wsync_close_quietly(pidfd);
	return error;
}
