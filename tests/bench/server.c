// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer "unix": a process that keeps the state of a few objects and serves
 * requests from a Unix socket one after another, which is how synchronization
 * looks where a server owns the objects. It does nothing but that.
 */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "peers.h"

__thread int ux_client;

struct ux_object {
	bool manual;
	uint32_t value;
	/* Clients that sleep on it; with two clients order does not matter. */
	uint32_t waiting;
};

static void reply(int fd, uint32_t result)
{
	struct ux_message m = { .result = result };

	if (write(fd, &m, sizeof(m)) != sizeof(m))
		_exit(0);
}

static bool take(struct ux_object *o)
{
	if (!o->value)
		return false;
	if (!o->manual)
		o->value--;
	return true;
}

static void serve(struct ux_object *objects, const int *fds, int client)
{
	struct ux_message m;
	struct ux_object *o;
	uint32_t result = 0;

	if (read(fds[client], &m, sizeof(m)) != sizeof(m) || m.object >= UX_OBJECTS)
		_exit(0);
	o = &objects[m.object];
	switch (m.op) {
	case UX_GIVE:
		o->value = 1;
		for (int i = 0; i < UX_CLIENTS; i++) {
			if ((o->waiting & BIT(i)) && take(o)) {
				o->waiting &= ~BIT(i);
				reply(fds[i], 1);
			}
		}
		break;
	case UX_CLEAR:
		o->value = 0;
		break;
	case UX_TAKE:
		if (!take(o)) {
			o->waiting |= BIT(client);
			return;
		}
		result = 1;
		break;
	case UX_TRY:
		result = take(o);
		break;
	case UX_PEEK:
		result = o->value;
		break;
	}
	reply(fds[client], result);
}

static void run_server(const int *fds, unsigned int manual, unsigned int signaled)
{
	struct ux_object objects[UX_OBJECTS];
	struct epoll_event events[UX_CLIENTS];
	int ep = epoll_create1(0);

	memset(objects, 0, sizeof(objects));
	for (int i = 0; i < UX_OBJECTS; i++) {
		objects[i].manual = manual & BIT(i);
		objects[i].value = !!(signaled & BIT(i));
	}
	for (int i = 0; i < UX_CLIENTS; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };

		if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e) < 0)
			_exit(1);
	}
	for (;;) {
		int count = epoll_wait(ep, events, UX_CLIENTS, -1);

		for (int i = 0; i < count; i++)
			serve(objects, fds, events[i].data.u32);
	}
}

struct ux_server *ux_start(unsigned int manual, unsigned int signaled)
{
	struct ux_server *server = shared_alloc(sizeof(*server));
	int pair[UX_CLIENTS][2];
	int fds[UX_CLIENTS];
	pid_t pid;

	for (int i = 0; i < UX_CLIENTS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair[i]) < 0)
			die_errno("socketpair");
		server->client[i] = pair[i][0];
		fds[i] = pair[i][1];
	}
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_server(fds, manual, signaled);
		_exit(0);
	}
	server->pid = pid;
	for (int i = 0; i < UX_CLIENTS; i++)
		close(fds[i]);
	return server;
}

void ux_stop(struct ux_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	for (int i = 0; i < UX_CLIENTS; i++)
		close(server->client[i]);
}
