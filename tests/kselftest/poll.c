// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll, select, epoll and io_uring: an object is readable while a thread that
 * owns nothing could acquire it, and looking takes nothing.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

#define PATIENCE	((int)WS_PATIENCE_MS)

static int polled(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int ret = poll(&pollfd, 1, timeout);

	return ret < 0 ? -errno : ret ? pollfd.revents : 0;
}

static int selected(int fd)
{
	struct timeval now = { };
	fd_set set;
	int ret;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	ret = select(fd + 1, &set, NULL, NULL, &now);
	return ret < 0 ? -errno : FD_ISSET(fd, &set) ? POLLIN : 0;
}

static int epoll_of(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	return epoll;
}

/* The events it reports, 0 if none in time. */
static int epolled(int epoll, int timeout)
{
	struct epoll_event event = { };
	int ret = epoll_wait(epoll, &event, 1, timeout);

	return ret < 0 ? -errno : ret ? (int)event.events : 0;
}

/* --- every type ---------------------------------------------------------- */

FIXTURE(type) {
	int fd;
};

FIXTURE_VARIANT(type) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(type, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(type, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(type, semaphore) { WINSYNC_TYPE_SEMAPHORE };
FIXTURE_VARIANT_ADD(type, timer) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(type)
{
	self->fd = ws_unsignaled(variant->type);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(type)
{
	close(self->fd);
}

#define SIGNAL()	ws_signal(self->fd, variant->type)

/* A mutex is not readable for its owner either, who could acquire it. */
TEST_F(type, poll_and_select)
{
	int i;

	EXPECT_EQ(0, polled(self->fd, 0));
	EXPECT_EQ(0, selected(self->fd));
	ASSERT_LE(0, SIGNAL());
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLIN, polled(self->fd, -1));
		EXPECT_EQ(POLLIN, selected(self->fd));
	}
	/* Nothing was consumed: one acquisition is there, and one only. */
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, polled(self->fd, 0));
	EXPECT_EQ(0, selected(self->fd));
}

TEST_F(type, only_what_was_asked_for)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLOUT | POLLPRI };

	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	pollfd.events = POLLRDNORM;
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLRDNORM, pollfd.revents);
}

struct poller {
	int fd;
	int timeout;
	int result;
	pid_t tid;
	pthread_t thread;
};

static void *poll_main(void *data)
{
	struct poller *poller = data;
	uint64_t limit = ws_after(poller->timeout);

	__atomic_store_n(&poller->tid, ws_gettid(), __ATOMIC_RELEASE);
	poller->result = polled(poller->fd, poller->timeout);
	/* With its time over it looks once more, and finds what woke nobody. */
	if (poller->timeout > 0 && ws_clock(CLOCK_MONOTONIC) >= limit)
		poller->result = -ETIMEDOUT;
	return NULL;
}

static bool sleeps_in_poll(void *data)
{
	struct poller *poller = data;
	pid_t tid = __atomic_load_n(&poller->tid, __ATOMIC_ACQUIRE);
	char path[64], line[64] = "";
	long number = -1;
	FILE *file;

	if (!tid)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file) && sscanf(line, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number > 0;
}

static bool start_poller(struct poller *poller)
{
	poller->tid = 0;
	poller->result = -1;
	return !pthread_create(&poller->thread, NULL, poll_main, poller) &&
	       ws_await(sleeps_in_poll, poller);
}

TEST_F(type, sleeping_poller_is_woken)
{
	struct poller poller = { .fd = self->fd, .timeout = PATIENCE };

	ASSERT_TRUE(start_poller(&poller));
	if (variant->type == WINSYNC_TYPE_TIMER) {
		ASSERT_EQ(0, ws_timer_set(self->fd, 20 * WS_NSEC_PER_MSEC, 0));
	} else {
		ASSERT_LE(0, SIGNAL());
	}
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLIN, poller.result);
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(type, epoll_level)
{
	int epoll = epoll_of(self->fd, EPOLLIN);
	int i;

	ASSERT_LE(0, epoll);
	EXPECT_EQ(0, epolled(epoll, 0));
	ASSERT_LE(0, SIGNAL());
	for (i = 0; i < 3; i++)
		EXPECT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, epolled(epoll, 0));
}

/* Who asks for nothing but POLLRDNORM is woken, too. */
TEST_F(type, epoll_of_one_name)
{
	int epoll = epoll_of(self->fd, EPOLLRDNORM);

	ASSERT_LE(0, epoll);
	EXPECT_EQ(0, epolled(epoll, 0));
	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(EPOLLRDNORM, epolled(epoll, PATIENCE));
}

TEST_F(type, epoll_edge)
{
	int epoll = epoll_of(self->fd, EPOLLIN | EPOLLET);
	int i;

	ASSERT_LE(0, epoll);
	EXPECT_EQ(0, epolled(epoll, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_LE(0, SIGNAL());
		EXPECT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
		/* The same edge is not told again. */
		EXPECT_EQ(0, epolled(epoll, 0));
		EXPECT_EQ(0, ws_try(self->fd));
		EXPECT_EQ(0, epolled(epoll, 0));
	}
}

TEST_F(type, epoll_edge_when_added)
{
	int epoll;

	ASSERT_LE(0, SIGNAL());
	epoll = epoll_of(self->fd, EPOLLIN | EPOLLET);
	ASSERT_LE(0, epoll);
	EXPECT_EQ(EPOLLIN, epolled(epoll, 0));
	EXPECT_EQ(0, epolled(epoll, 0));
}

TEST_F(type, epoll_oneshot)
{
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };
	int epoll = epoll_of(self->fd, EPOLLIN | EPOLLONESHOT);

	ASSERT_LE(0, epoll);
	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
	EXPECT_EQ(0, epolled(epoll, 0));
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_MOD, self->fd, &again));
	EXPECT_EQ(EPOLLIN, epolled(epoll, 0));
}

struct epoller {
	int epoll;
	int ready;
	int result;
	pthread_t thread;
};

static void *epoll_main(void *data)
{
	struct epoller *epoller = data;

	ws_gate_open(epoller->ready);
	epoller->result = epolled(epoller->epoll, PATIENCE);
	return NULL;
}

/* One of several sets with EPOLLEXCLUSIVE at least is told of each signal. */
TEST_F(type, epoll_exclusive)
{
	struct epoller epollers[2];
	int i;

	for (i = 0; i < 2; i++) {
		epollers[i].epoll = epoll_of(self->fd, EPOLLIN | EPOLLEXCLUSIVE);
		ASSERT_LE(0, epollers[i].epoll);
		epollers[i].ready = ws_gate();
		ASSERT_EQ(0, pthread_create(&epollers[i].thread, NULL, epoll_main,
					    &epollers[i]));
		ASSERT_EQ(0, ws_gate_pass(epollers[i].ready));
	}
	ws_sleep_ms(WS_GLANCE_MS);
	ASSERT_LE(0, SIGNAL());
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_EQ(POLLIN, polled(self->fd, 0));
	for (i = 0; i < 2; i++) {
		if (pthread_tryjoin_np(epollers[i].thread, NULL)) {
			/* The sleeping one is told of the next. */
			EXPECT_EQ(0, ws_try(self->fd));
			ASSERT_LE(0, SIGNAL());
			pthread_join(epollers[i].thread, NULL);
		}
		EXPECT_EQ(EPOLLIN, epollers[i].result);
	}
}

static void hold(struct ws_sleeper *sleeper)
{
	ws_gate_pass(*(int *)sleeper->data);
}

/* What a sleeping waiter is given was never there for a poller to see. */
TEST_F(type, waiters_come_first)
{
	int epoll = epoll_of(self->fd, EPOLLIN | EPOLLET), gate = ws_gate();
	/* Alive until the end: a mutex would be signaled again with its death. */
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd, .after = hold,
					       .data = &gate);

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(0, polled(self->fd, 0));
	EXPECT_EQ(0, epolled(epoll, 0));
	ws_gate_open(gate);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(type, error_without_synchronize)
{
	int narrow = ws_duplicate(self->fd, WS_QUERY | WS_MODIFY, 0);
	int epoll;

	ASSERT_LE(0, narrow);
	EXPECT_EQ(POLLERR, polled(narrow, PATIENCE));
	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(POLLERR, polled(narrow, 0));
	epoll = epoll_of(narrow, EPOLLIN);
	ASSERT_LE(0, epoll);
	EXPECT_EQ(EPOLLERR, epolled(epoll, PATIENCE));
	/* The handle that may wait is not touched by it. */
	EXPECT_EQ(POLLIN, polled(self->fd, 0));
}

TEST_F(type, closed_in_epoll)
{
	int other = ws_duplicate(self->fd, 0, 0);
	int fd = ws_duplicate(self->fd, 0, 0);
	int epoll = epoll_of(fd, EPOLLIN);
	int copy;

	ASSERT_LE(0, other);
	ASSERT_LE(0, epoll);
	copy = dup(fd);
	ASSERT_EQ(0, close(fd));
	ASSERT_LE(0, SIGNAL());
	/* As with every file: it stays in there as long as it is open. */
	EXPECT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
	ASSERT_EQ(0, close(copy));
	EXPECT_EQ(0, epolled(epoll, 0));
	EXPECT_EQ(2, ws_handles(other));
	/* And a last handle in there goes like any other. */
	close(other);
	epoll = epoll_of(self->fd, EPOLLIN);
	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, epolled(epoll, 0));
	close(epoll);
}

/*
 * The fd is closed while its poller sleeps: another handle still wakes it, and
 * as with every file the kernel then finds that the number is gone.
 */
TEST_F(type, closed_under_a_poller)
{
	int fd = ws_duplicate(self->fd, 0, 0);
	struct poller poller = { .fd = fd, .timeout = PATIENCE };

	ASSERT_LE(0, fd);
	ASSERT_TRUE(start_poller(&poller));
	ASSERT_EQ(0, close(fd));
	ASSERT_LE(0, SIGNAL());
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLNVAL, poller.result);
}

/* --- io_uring ------------------------------------------------------------ */

/* As little of it as a poll needs: one request at a time. */
struct ring {
	int fd;
	struct io_uring_sqe *requests;
	char *submission, *completion;
	struct io_uring_params params;
};

static int ring_open(struct ring *ring)
{
	struct io_uring_params *params = &ring->params;
	size_t size;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 4, params);
	if (ring->fd < 0)
		return -errno;
	size = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	ring->submission = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				ring->fd, IORING_OFF_SQ_RING);
	size = params->cq_off.cqes +
	       params->cq_entries * sizeof(struct io_uring_cqe);
	ring->completion = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				ring->fd, IORING_OFF_CQ_RING);
	size = params->sq_entries * sizeof(struct io_uring_sqe);
	ring->requests = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      ring->fd, IORING_OFF_SQES);
	return ring->submission == MAP_FAILED || ring->completion == MAP_FAILED ||
	       (void *)ring->requests == MAP_FAILED ? -ENOMEM : 0;
}

static int ring_request(struct ring *ring, unsigned int opcode, int fd)
{
	const struct io_sqring_offsets *offsets = &ring->params.sq_off;
	uint32_t *tail = (uint32_t *)(ring->submission + offsets->tail);
	uint32_t mask = *(uint32_t *)(ring->submission + offsets->ring_mask);
	uint32_t *array = (uint32_t *)(ring->submission + offsets->array);
	struct io_uring_sqe *request = &ring->requests[*tail & mask];

	memset(request, 0, sizeof(*request));
	request->opcode = opcode;
	request->fd = fd;
	if (opcode == IORING_OP_POLL_ADD)
		request->poll32_events = POLLIN;
	if (opcode == IORING_OP_URING_CMD)
		request->cmd_op = WINSYNC_IOC_EVENT_SET;
	array[*tail & mask] = *tail & mask;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) == 1 ?
	       0 : -errno;
}

static int ring_poll(struct ring *ring, int fd)
{
	return ring_request(ring, IORING_OP_POLL_ADD, fd);
}

/* The result of the next request that is complete, 0 if there is none. */
static int ring_result(struct ring *ring)
{
	const struct io_cqring_offsets *offsets = &ring->params.cq_off;
	uint32_t *head = (uint32_t *)(ring->completion + offsets->head);
	uint32_t *tail = (uint32_t *)(ring->completion + offsets->tail);
	uint32_t mask = *(uint32_t *)(ring->completion + offsets->ring_mask);
	struct io_uring_cqe *done =
		(struct io_uring_cqe *)(ring->completion + offsets->cqes);
	int result;

	if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		return 0;
	result = done[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int ring_await(struct ring *ring)
{
	/* The ring is a file that can be polled itself. */
	if (polled(ring->fd, PATIENCE) != POLLIN)
		return -ETIME;
	return ring_result(ring);
}

/* Threads of the kernel work for io_uring: they wait for nobody, and own nothing. */
TEST(io_uring_runs_no_command)
{
	int event = ws_event(0, 0), device = ws_device();
	struct ring ring;
	int error = ring_open(&ring);

	if (error == -ENOSYS || error == -EPERM)
		SKIP(return, "this kernel has no io_uring");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, ring_request(&ring, IORING_OP_URING_CMD, event));
	EXPECT_EQ(-EOPNOTSUPP, ring_await(&ring));
	EXPECT_EQ(0, ws_event_signaled(event));
	ASSERT_EQ(0, ring_request(&ring, IORING_OP_URING_CMD, device));
	EXPECT_EQ(-EOPNOTSUPP, ring_await(&ring));
	close(ring.fd);
}

TEST_F(type, io_uring)
{
	struct ring ring;
	int error = ring_open(&ring);

	if (error == -ENOSYS || error == -EPERM)
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, ring_poll(&ring, self->fd));
	ws_sleep_ms(WS_GLANCE_MS);
	EXPECT_EQ(0, ring_result(&ring));
	ASSERT_LE(0, SIGNAL());
	EXPECT_EQ(POLLIN, ring_await(&ring));
	/* Ready at once, and still nothing is consumed. */
	ASSERT_EQ(0, ring_poll(&ring, self->fd));
	EXPECT_EQ(POLLIN, ring_await(&ring));
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(0, polled(self->fd, 0));
	/* A request that is never completed goes with the ring. */
	ASSERT_EQ(0, ring_poll(&ring, self->fd));
	close(ring.fd);
}

/* --- what only some types do ----------------------------------------------- */

static pid_t own_and_sleep(int fd)
{
	int ready = ws_gate();
	pid_t pid = ws_fork();

	if (!pid) {
		if (ws_try(fd))
			_exit(1);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	return ws_gate_pass(ready) ? -1 : pid;
}

TEST(owner_death_wakes_pollers)
{
	int fd = ws_mutex(0), level, edge;
	struct poller poller = { .fd = fd, .timeout = PATIENCE };
	struct ring ring;
	bool has_ring = ring_open(&ring) == 0;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = own_and_sleep(fd);
	ASSERT_LT(0, pid);
	level = epoll_of(fd, EPOLLIN);
	edge = epoll_of(fd, EPOLLIN | EPOLLET);
	ASSERT_LE(0, edge);
	EXPECT_EQ(0, epolled(level, 0));
	EXPECT_EQ(0, epolled(edge, 0));
	if (has_ring) {
		ASSERT_EQ(0, ring_poll(&ring, fd));
	}
	ASSERT_TRUE(start_poller(&poller));
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLIN, poller.result);
	EXPECT_EQ(EPOLLIN, epolled(level, PATIENCE));
	EXPECT_EQ(EPOLLIN, epolled(edge, PATIENCE));
	if (has_ring) {
		EXPECT_EQ(POLLIN, ring_await(&ring));
	}
	/* The polls took nothing, the abandonment neither [MX-17]. */
	EXPECT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fd));
}

/* More than an exit looks after itself: a worker finds the owner of the rest gone. */
TEST(mx16_owner_of_many_wakes_pollers)
{
	enum { MUTEXES = 100 };
	int fds[MUTEXES], epolls[MUTEXES], i, ready = ws_gate();
	pid_t pid;

	for (i = 0; i < MUTEXES; i++) {
		fds[i] = ws_mutex(0);
		ASSERT_LE(0, fds[i]);
	}
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (i = 0; i < MUTEXES; i++)
			if (ws_try(fds[i]))
				_exit(1);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, ws_gate_pass(ready));
	for (i = 0; i < MUTEXES; i++) {
		epolls[i] = epoll_of(fds[i], EPOLLIN);
		ASSERT_LE(0, epolls[i]);
		ASSERT_EQ(0, epolled(epolls[i], 0));
	}
	EXPECT_EQ(256 + SIGKILL, ws_kill_and_reap(pid));
	for (i = 0; i < MUTEXES; i++) {
		ASSERT_EQ(EPOLLIN, epolled(epolls[i], PATIENCE)) {
			TH_LOG("mutex %d", i);
		}
		ASSERT_EQ(WINSYNC_WAIT_ABANDONED, ws_try(fds[i]));
		close(epolls[i]);
	}
}

/*
 * A process gives back its memory before its threads' mutexes are looked after: all the
 * while it has ended for everybody who asks, and who does that abandons the mutex.
 */
static pid_t own_with_much_memory(int fd)
{
	int ready = ws_gate();
	pid_t pid = ws_fork();

	if (!pid) {
		if (mmap(NULL, 100 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED ||
		    ws_try(fd))
			_exit(1);
		ws_gate_open(ready);
		for (;;)
			pause();
	}
	return ws_gate_pass(ready) ? -1 : pid;
}

static bool still_running(pid_t pid)
{
	siginfo_t info = { };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       !info.si_pid;
}

TEST(mx16_found_by_a_query_wakes_pollers)
{
	const unsigned int wanted = 3;
	unsigned int early = 0, rounds;

	/* Early is who asks while the process is there; that may need luck. */
	for (rounds = 0; early < wanted && rounds < 10 * wanted; rounds++) {
		struct winsync_mutex_state state;
		int fd = ws_mutex(0), epoll;
		uint64_t limit;
		pid_t pid;

		ASSERT_LE(0, fd);
		pid = own_with_much_memory(fd);
		ASSERT_LT(0, pid);
		epoll = epoll_of(fd, EPOLLIN);
		ASSERT_LE(0, epoll);
		ASSERT_EQ(0, epolled(epoll, 0));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		limit = ws_after(WS_PATIENCE_MS);
		do {
			ASSERT_EQ(0, ws_mutex_query(fd, &state));
		} while (!state.abandoned && ws_clock(CLOCK_MONOTONIC) < limit);
		EXPECT_EQ(1, state.abandoned);
		early += still_running(pid);
		ASSERT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
		EXPECT_EQ(256 + SIGKILL, ws_reap(pid));
		close(epoll);
		close(fd);
	}
	TH_LOG("queries that were first: %u of %u", early, rounds);
	EXPECT_EQ(wanted, early);
}

TEST(periodic_timer_in_epoll)
{
	int fd = ws_timer(0), epoll = epoll_of(fd, EPOLLIN | EPOLLET), i;

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, ws_timer_set(fd, WS_NSEC_PER_MSEC, 5 * WS_NSEC_PER_MSEC));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(EPOLLIN, epolled(epoll, PATIENCE));
		ASSERT_EQ(0, ws_try(fd));
	}
}

TEST(semaphore_stays_readable_while_it_counts)
{
	int fd = ws_semaphore(3, 3), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(POLLIN, polled(fd, 0));
		EXPECT_EQ(0, ws_try(fd));
	}
	EXPECT_EQ(0, polled(fd, 0));
}

/* A thread waits and another polls; one signal is enough for both. */
FIXTURE(handed) {
	int fd;
};

FIXTURE_VARIANT(handed) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(handed, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(handed, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(handed, semaphore) { WINSYNC_TYPE_SEMAPHORE };

FIXTURE_SETUP(handed)
{
	self->fd = ws_unsignaled(variant->type);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(handed)
{
	close(self->fd);
}

/* The signal half of signal-and-wait is a signal for pollers, too [WT-32]. */
TEST_F(handed, signal_and_wait_wakes_pollers)
{
	struct poller poller = { .fd = self->fd, .timeout = PATIENCE };
	int ready = ws_event(1, 1);

	ASSERT_TRUE(start_poller(&poller));
	EXPECT_EQ(0, ws_signal_and_wait(self->fd, ready, 0, -1));
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLIN, poller.result);
	EXPECT_EQ(0, ws_try(self->fd));
	close(ready);
}

/* More than are woken in one hold of the lock, and than an interrupt wakes. */
#define CROWD	200

FIXTURE(crowd) {
	int fd;
	struct ws_sleeper sleepers[CROWD];
};

FIXTURE_VARIANT(crowd) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(crowd, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(crowd, timer) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(crowd)
{
	int i;

	self->fd = variant->type == WINSYNC_TYPE_EVENT ? ws_event(1, 0) : ws_timer(1);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < CROWD; i++) {
		self->sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_start(&self->sleepers[i]));
	}
	ASSERT_EQ(0, ws_await_waiters(self->fd, CROWD));
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, ws_await_asleep(self->sleepers[i].tid));
}

FIXTURE_TEARDOWN(crowd)
{
	close(self->fd);
}

/* Who signals is done with the poller and all who wait, without more commands. */
TEST_F(crowd, and_the_poller_are_woken)
{
	struct poller poller = { .fd = self->fd, .timeout = PATIENCE };
	int ready = ws_event(1, 1), i;

	ASSERT_TRUE(start_poller(&poller));
	if (variant->type == WINSYNC_TYPE_EVENT) {
		ASSERT_EQ(0, ws_signal_and_wait(self->fd, ready, 0, -1));
	} else {
		ASSERT_EQ(0, ws_timer_set(self->fd, 20 * WS_NSEC_PER_MSEC, 0));
	}
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, ws_sleeper_join(&self->sleepers[i]));
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLIN, poller.result);
}

FIXTURE(left) { };
FIXTURE_VARIANT(left) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(left, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(left, semaphore) { WINSYNC_TYPE_SEMAPHORE };
FIXTURE_VARIANT_ADD(left, timer) { WINSYNC_TYPE_TIMER };

FIXTURE_SETUP(left) { }
FIXTURE_TEARDOWN(left) { }

TEST_F(left, by_waiters_wakes_pollers)
{
	int fd = variant->type == WINSYNC_TYPE_EVENT ? ws_event(1, 0) :
		 variant->type == WINSYNC_TYPE_TIMER ? ws_timer(1) :
		 ws_semaphore(0, 2);
	struct poller poller = { .fd = fd, .timeout = PATIENCE };
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = fd);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fd, 1));
	ASSERT_TRUE(start_poller(&poller));
	if (variant->type == WINSYNC_TYPE_EVENT) {
		ASSERT_EQ(0, ws_event_set(fd));
	} else if (variant->type == WINSYNC_TYPE_TIMER) {
		ASSERT_EQ(0, ws_timer_set(fd, 20 * WS_NSEC_PER_MSEC, 0));
	} else {
		ASSERT_EQ(0, ws_semaphore_release(fd, 2));
	}
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	pthread_join(poller.thread, NULL);
	EXPECT_EQ(POLLIN, poller.result);
	EXPECT_EQ(0, ws_try(fd));
	close(fd);
}

/* EV-25: a pulse is never seen by those who look. */
struct pulser {
	int fd;
	int stop;
	unsigned long pulses;
};

static void *pulse_main(void *data)
{
	struct pulser *pulser = data;

	while (!__atomic_load_n(&pulser->stop, __ATOMIC_ACQUIRE)) {
		ws_event_pulse(pulser->fd);
		pulser->pulses++;
	}
	return NULL;
}

FIXTURE(pulse) {
	struct pulser pulser;
	pthread_t thread;
};

FIXTURE_VARIANT(pulse) {
	int manual;
};

FIXTURE_VARIANT_ADD(pulse, automatic) { 0 };
FIXTURE_VARIANT_ADD(pulse, manual) { 1 };

FIXTURE_SETUP(pulse)
{
	self->pulser = (struct pulser){ .fd = ws_event(variant->manual, 0) };
	ASSERT_LE(0, self->pulser.fd);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, pulse_main,
				    &self->pulser));
}

FIXTURE_TEARDOWN(pulse)
{
	__atomic_store_n(&self->pulser.stop, 1, __ATOMIC_RELEASE);
	pthread_join(self->thread, NULL);
	EXPECT_LT(0, self->pulser.pulses);
	close(self->pulser.fd);
}

TEST_F(pulse, ev25_never_visible)
{
	int fd = self->pulser.fd;
	int level = epoll_of(fd, EPOLLIN), edge = epoll_of(fd, EPOLLIN | EPOLLET);
	unsigned int i;

	ASSERT_LE(0, edge);
	for (i = 0; i < ws_scale(2000); i++) {
		ASSERT_EQ(0, polled(fd, 0));
		ASSERT_EQ(0, selected(fd));
		ASSERT_EQ(0, epolled(level, 0));
		ASSERT_EQ(0, epolled(edge, 0));
	}
	/* Also asleep. */
	EXPECT_EQ(0, polled(fd, 200));
	EXPECT_EQ(0, epolled(level, 200));
	EXPECT_EQ(0, epolled(edge, 200));
}

/* Polls beside producers and consumers change no balance [WT-2]. */
struct consumers {
	int fd;
	int stop;
	unsigned int taken;
};

static void *consume(void *data)
{
	struct consumers *consumers = data;
	int epoll = epoll_of(consumers->fd, EPOLLIN | EPOLLET);

	while (!__atomic_load_n(&consumers->stop, __ATOMIC_ACQUIRE)) {
		epolled(epoll, 10);
		while (ws_try(consumers->fd) == 0)
			__atomic_fetch_add(&consumers->taken, 1, __ATOMIC_RELAXED);
	}
	close(epoll);
	return NULL;
}

TEST(polling_consumes_nothing)
{
	enum { THREADS = 3 };
	unsigned int rounds = ws_scale(3000), i;
	struct consumers consumers = { .fd = ws_semaphore(0, rounds) };
	uint64_t limit = ws_after(WS_PATIENCE_MS);
	pthread_t threads[THREADS];

	ASSERT_LE(0, consumers.fd);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, consume, &consumers));
	for (i = 0; i < rounds; i++)
		ASSERT_LE(0, ws_semaphore_release(consumers.fd, 1));
	while (__atomic_load_n(&consumers.taken, __ATOMIC_RELAXED) < rounds &&
	       ws_clock(CLOCK_MONOTONIC) < limit)
		ws_sleep_ms(1);
	__atomic_store_n(&consumers.stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(rounds, consumers.taken);
	EXPECT_EQ(0, ws_semaphore_count(consumers.fd));
}

TEST_HARNESS_MAIN
