// SPDX-License-Identifier: GPL-2.0-only
/* Signal-and-wait: every type, every error, and in one step [WT-32]..[WT-40]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <sched.h>
#include <signal.h>

/* A manual-reset event, to tell it from the auto-reset one in variants. */
#define MANUAL_EVENT	100

/* --- what is signaled, what is awaited ---------------------------------- */

/* An object that can be signaled, and is not; a mutex is owned twice. */
static int signalable(uint32_t type)
{
	int fd = type == MANUAL_EVENT ? ws_event(1, 0) : ws_unsignaled(type);

	if (type == WINSYNC_TYPE_MUTEX && ws_try(fd))
		return -1;
	return fd;
}

/* How often it was signaled. */
static int signals(int fd, uint32_t type)
{
	switch (type) {
	case WINSYNC_TYPE_MUTEX:
		return 2 - ws_mutex_depth(fd);
	case WINSYNC_TYPE_SEMAPHORE:
		return ws_semaphore_count(fd);
	default:
		return ws_event_signaled(fd);
	}
}

FIXTURE(pair) {
	int s;
	int w;
};

FIXTURE_VARIANT(pair) {
	uint32_t s;
	uint32_t w;
};

#define PAIR(name, s_type, w_type) \
	FIXTURE_VARIANT_ADD(pair, name) { s_type, WINSYNC_TYPE_##w_type }
#define PAIRS(name, s_type) \
	PAIR(name##_event, s_type, EVENT); \
	PAIR(name##_mutex, s_type, MUTEX); \
	PAIR(name##_semaphore, s_type, SEMAPHORE); \
	PAIR(name##_timer, s_type, TIMER)

PAIRS(event, WINSYNC_TYPE_EVENT);
PAIRS(manual, MANUAL_EVENT);
PAIRS(mutex, WINSYNC_TYPE_MUTEX);
PAIRS(semaphore, WINSYNC_TYPE_SEMAPHORE);

FIXTURE_SETUP(pair)
{
	self->s = signalable(variant->s);
	ASSERT_LE(0, self->s);
	/* The tests' thread owns nothing that it waits for. */
	self->w = variant->w == WINSYNC_TYPE_MUTEX ? ws_mutex(0) :
		  ws_unsignaled(variant->w);
	ASSERT_LE(0, self->w);
}

FIXTURE_TEARDOWN(pair)
{
	close(self->s);
	close(self->w);
}

TEST_F(pair, wt32_awaited_is_signaled)
{
	if (variant->w != WINSYNC_TYPE_MUTEX) {
		ASSERT_LE(0, ws_signal(self->w, variant->w));
	}
	EXPECT_EQ(0, ws_signal_and_wait(self->s, self->w, 0, -1));
	EXPECT_EQ(1, signals(self->s, variant->s));
	/* It was acquired. */
	if (variant->w == WINSYNC_TYPE_MUTEX) {
		EXPECT_EQ(1, ws_mutex_release(self->w));
	} else {
		EXPECT_EQ(-ETIMEDOUT, ws_try(self->w));
	}
}

/* Somebody else has the mutex that is to be waited for. */
static void *hold_mutex(void *data)
{
	int *words = data;	/* mutex, gates: held, release */

	ws_wait(words[0], WINSYNC_FOREVER);
	ws_gate_open(words[1]);
	ws_gate_pass(words[2]);
	ws_mutex_release(words[0]);
	return NULL;
}

struct holder {
	pthread_t thread;
	int words[3];
};

static int hold(struct holder *holder, int fd)
{
	holder->words[0] = fd;
	holder->words[1] = ws_gate();
	holder->words[2] = ws_gate();
	if (pthread_create(&holder->thread, NULL, hold_mutex, holder->words))
		return -EAGAIN;
	return ws_gate_pass(holder->words[1]);
}

static void let_go(struct holder *holder)
{
	ws_gate_open(holder->words[2]);
	pthread_join(holder->thread, NULL);
}

TEST_F(pair, wt38_timeout_leaves_the_signal)
{
	struct holder holder;

	if (variant->w == WINSYNC_TYPE_MUTEX) {
		ASSERT_EQ(0, hold(&holder, self->w));
	}
	EXPECT_EQ(-ETIMEDOUT, ws_signal_and_wait(self->s, self->w, 0, -1));
	EXPECT_EQ(1, signals(self->s, variant->s));
	if (variant->s == MANUAL_EVENT) {
		ASSERT_EQ(1, ws_event_reset(self->s));
	}
	if (variant->s == WINSYNC_TYPE_EVENT) {
		ASSERT_EQ(0, ws_try(self->s));
	}
	EXPECT_EQ(-ETIMEDOUT, ws_signal_and_wait(self->s, self->w, ws_after(20), -1));
	EXPECT_EQ(variant->s == WINSYNC_TYPE_MUTEX ||
		  variant->s == WINSYNC_TYPE_SEMAPHORE ? 2 : 1,
		  signals(self->s, variant->s));
	EXPECT_EQ(0, ws_waiters(self->w));
	if (variant->w == WINSYNC_TYPE_MUTEX) {
		let_go(&holder);
	}
}

/* The sleeper's thread has to own the mutex it signals. */
struct pair_thread {
	int s;
	int w;
	uint32_t type;
	int ready;
	int result;
	int left;		/* depth that is left of the mutex */
};

static void *pair_main(void *data)
{
	struct pair_thread *pair = data;

	if (pair->type == WINSYNC_TYPE_MUTEX && (ws_try(pair->s) || ws_try(pair->s)))
		return NULL;
	ws_gate_open(pair->ready);
	pair->result = ws_signal_and_wait(pair->s, pair->w, WINSYNC_FOREVER, -1);
	pair->left = pair->type == WINSYNC_TYPE_MUTEX ? ws_mutex_release(pair->s) : 0;
	ws_mutex_release(pair->w);
	return NULL;
}

TEST_F(pair, wt32_awaited_is_signaled_later)
{
	struct pair_thread pair = {
		.s = self->s, .w = self->w, .type = variant->s,
		.ready = ws_gate(), .result = -1,
	};
	struct holder holder;
	pthread_t thread;

	if (variant->s == WINSYNC_TYPE_MUTEX) {
		pair.s = ws_mutex(0);
	}
	if (variant->w == WINSYNC_TYPE_MUTEX) {
		ASSERT_EQ(0, hold(&holder, self->w));
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, pair_main, &pair));
	ASSERT_EQ(0, ws_gate_pass(pair.ready));
	ASSERT_EQ(0, ws_await_waiters(self->w, 1));
	EXPECT_EQ(1, variant->s == WINSYNC_TYPE_MUTEX ?
		     2 - ws_mutex_depth(pair.s) : signals(self->s, variant->s));
	if (variant->w == WINSYNC_TYPE_MUTEX) {
		let_go(&holder);
	} else {
		EXPECT_LE(0, ws_signal(self->w, variant->w));
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, pair.result);
	/* WT-40: one level was given, one is left. */
	EXPECT_EQ(variant->s == WINSYNC_TYPE_MUTEX ? 1 : 0, pair.left);
}

/* --- errors: nothing half done ------------------------------------------ */

/* Fails, leaves the signaled object as it was, and the awaited one too. */
#define EXPECT_NOTHING_DONE(error, call) do { \
	EXPECT_EQ(error, call); \
	EXPECT_EQ(0, signals(self->s, variant->s)); \
	EXPECT_EQ(0, ws_waiters(self->s)); \
} while (0)

FIXTURE(error) {
	int s;
	int w;			/* an auto-reset event that is set */
};

FIXTURE_VARIANT(error) {
	uint32_t s;
};

FIXTURE_VARIANT_ADD(error, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(error, manual) { MANUAL_EVENT };
FIXTURE_VARIANT_ADD(error, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(error, semaphore) { WINSYNC_TYPE_SEMAPHORE };

FIXTURE_SETUP(error)
{
	self->s = signalable(variant->s);
	self->w = ws_event(0, 1);
	ASSERT_LE(0, self->s);
	ASSERT_LE(0, self->w);
}

FIXTURE_TEARDOWN(error)
{
	EXPECT_EQ(0, ws_try(self->w));
	close(self->s);
	close(self->w);
}

TEST_F(error, wt34_awaited_is_no_object)
{
	int plain = ws_gate(), ns = ws_private_ns(), closed = dup(0);

	close(closed);
	EXPECT_NOTHING_DONE(-EBADF, ws_signal_and_wait(self->s, -1, 0, -1));
	EXPECT_NOTHING_DONE(-EBADF, ws_signal_and_wait(self->s, closed, 0, -1));
	EXPECT_NOTHING_DONE(-EBADFD, ws_signal_and_wait(self->s, plain, 0, -1));
	EXPECT_NOTHING_DONE(-EBADFD, ws_signal_and_wait(self->s, ns, 0, -1));
	EXPECT_NOTHING_DONE(-EBADFD, ws_signal_and_wait(self->s, ws_device(), 0, -1));
}

TEST_F(error, wt33_awaited_without_synchronize)
{
	int narrow = ws_duplicate(self->w, WS_QUERY | WS_MODIFY, 0);

	ASSERT_LE(0, narrow);
	EXPECT_NOTHING_DONE(-EACCES, ws_signal_and_wait(self->s, narrow, 0, -1));
}

TEST_F(error, wt33_signaled_without_right)
{
	int narrow = ws_duplicate(self->s, WS_QUERY | WS_SYNC, 0);

	ASSERT_LE(0, narrow);
	/* Releasing a mutex needs none [MX-10]. */
	if (variant->s == WINSYNC_TYPE_MUTEX) {
		EXPECT_EQ(0, ws_signal_and_wait(narrow, self->w, 0, -1));
		EXPECT_EQ(1, signals(self->s, variant->s));
		ws_event_set(self->w);
	} else {
		EXPECT_NOTHING_DONE(-EACCES,
				    ws_signal_and_wait(narrow, self->w, 0, -1));
	}
}

TEST_F(error, wt33_signaled_needs_no_more_than_its_right)
{
	int narrow = ws_duplicate(self->s, WS_MODIFY, 0);

	ASSERT_LE(0, narrow);
	EXPECT_EQ(0, ws_signal_and_wait(narrow, self->w, 0, -1));
	EXPECT_EQ(1, signals(self->s, variant->s));
	ws_event_set(self->w);
}

TEST_F(error, bad_alert)
{
	int plain = ws_gate(), mutex = ws_mutex(0), alert = ws_event(0, 1);
	int narrow = ws_duplicate(alert, WS_QUERY | WS_MODIFY, 0);

	ASSERT_LE(0, narrow);
	EXPECT_NOTHING_DONE(-EBADF, ws_signal_and_wait(self->s, self->w, 0, 1000));
	EXPECT_NOTHING_DONE(-EBADF, ws_signal_and_wait(self->s, self->w, 0, -2));
	EXPECT_NOTHING_DONE(-EBADFD, ws_signal_and_wait(self->s, self->w, 0, plain));
	EXPECT_NOTHING_DONE(-EBADFD, ws_signal_and_wait(self->s, self->w, 0, mutex));
	EXPECT_NOTHING_DONE(-EACCES, ws_signal_and_wait(self->s, self->w, 0, narrow));
	EXPECT_EQ(1, ws_event_signaled(alert));
}

TEST_F(error, bad_arguments)
{
	struct winsync_signal_and_wait_args good = { .alert = -1, .fd = self->w };
	struct winsync_signal_and_wait_args bad;

	bad = good;
	bad.flags = 0x40;
	EXPECT_NOTHING_DONE(-EINVAL, ws_ioctl(self->s, WINSYNC_IOC_SIGNAL_AND_WAIT,
					      &bad));
	bad.flags = WINSYNC_CLOCK_MASK;
	EXPECT_NOTHING_DONE(-EINVAL, ws_ioctl(self->s, WINSYNC_IOC_SIGNAL_AND_WAIT,
					      &bad));
	bad = good;
	bad.reserved = 1;
	EXPECT_NOTHING_DONE(-EINVAL, ws_ioctl(self->s, WINSYNC_IOC_SIGNAL_AND_WAIT,
					      &bad));
	bad = good;
	bad.deadline = 1ULL << 63;
	EXPECT_NOTHING_DONE(-EINVAL, ws_ioctl(self->s, WINSYNC_IOC_SIGNAL_AND_WAIT,
					      &bad));
	EXPECT_NOTHING_DONE(-EFAULT, ws_ioctl(self->s, WINSYNC_IOC_SIGNAL_AND_WAIT,
					      (void *)8));
}

TEST(wt32_timer_cannot_be_signaled)
{
	int timer = ws_timer(1), w = ws_event(0, 1);

	ASSERT_LE(0, timer);
	EXPECT_EQ(-EBADFD, ws_signal_and_wait(timer, w, 0, -1));
	EXPECT_EQ(-ETIMEDOUT, ws_try(timer));
	EXPECT_EQ(0, ws_try(w));
}

TEST(wt35_full_semaphore)
{
	int s = ws_semaphore(3, 3), w = ws_semaphore(1, 1);

	ASSERT_LE(0, s);
	EXPECT_EQ(-EOVERFLOW, ws_signal_and_wait(s, w, 0, -1));
	EXPECT_EQ(3, ws_semaphore_count(s));
	EXPECT_EQ(1, ws_semaphore_count(w));
	/* Also where the wait would make room. */
	EXPECT_EQ(-EOVERFLOW, ws_signal_and_wait(s, s, 0, -1));
	EXPECT_EQ(3, ws_semaphore_count(s));
}

static void *release_by_signal_and_wait(void *data)
{
	int *fds = data;

	return (void *)(intptr_t)ws_signal_and_wait(fds[0], fds[1], 0, -1);
}

TEST(wt36_mutex_of_another)
{
	int fds[] = { ws_mutex(0), ws_event(0, 1) };
	pthread_t thread;
	void *result;

	ASSERT_LE(0, fds[0]);
	EXPECT_EQ(-EPERM, ws_signal_and_wait(fds[0], fds[1], 0, -1));
	EXPECT_EQ(0, ws_try(fds[0]));
	ASSERT_EQ(0, pthread_create(&thread, NULL, release_by_signal_and_wait, fds));
	pthread_join(thread, &result);
	EXPECT_EQ(-EPERM, (intptr_t)result);
	EXPECT_EQ(1, ws_mutex_depth(fds[0]));
	EXPECT_EQ(0, ws_try(fds[1]));
}

/* --- one object for both ------------------------------------------------ */

TEST(wt37_same_auto_event)
{
	unsigned int i, rounds = ws_scale(10000);
	int fd = ws_event(0, 0);

	ASSERT_LE(0, fd);
	for (i = 0; i < rounds; i++)
		if (ws_signal_and_wait(fd, fd, 0, -1))
			break;
	EXPECT_EQ(rounds, i);
	EXPECT_EQ(0, ws_event_signaled(fd));
}

TEST(wt37_same_through_another_handle)
{
	int fd = ws_event(0, 0), other = ws_duplicate(fd, WS_SYNC, 0);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, ws_signal_and_wait(fd, other, 0, -1));
	EXPECT_EQ(0, ws_event_signaled(fd));
}

TEST(wt37_same_manual_event_semaphore_mutex)
{
	int manual = ws_event(1, 0), semaphore = ws_semaphore(2, 5);
	int mutex = ws_mutex(1);

	ASSERT_LE(0, mutex);
	EXPECT_EQ(0, ws_signal_and_wait(manual, manual, 0, -1));
	EXPECT_EQ(1, ws_event_signaled(manual));
	EXPECT_EQ(0, ws_signal_and_wait(semaphore, semaphore, 0, -1));
	EXPECT_EQ(2, ws_semaphore_count(semaphore));
	EXPECT_EQ(0, ws_signal_and_wait(mutex, mutex, 0, -1));
	EXPECT_EQ(1, ws_mutex_depth(mutex));
	EXPECT_EQ(0, ws_try(mutex));
	EXPECT_EQ(0, ws_signal_and_wait(mutex, mutex, 0, -1));
	EXPECT_EQ(2, ws_mutex_depth(mutex));
}

static void signal_again(struct ws_sleeper *sleeper)
{
	ws_signal(sleeper->fd, *(uint32_t *)sleeper->data);
}

/* Who waits already comes first, for what the caller gives. */
TEST(wt37_same_with_a_waiter)
{
	uint32_t types[] = { WINSYNC_TYPE_EVENT, WINSYNC_TYPE_MUTEX,
			     WINSYNC_TYPE_SEMAPHORE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		int fd = ws_unsignaled(types[i]);
		struct ws_sleeper sleeper = WS_SLEEPER(.fd = fd, .data = &types[i],
						       .after = signal_again);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fd, 1));
		EXPECT_EQ(0, ws_signal_and_wait(fd, fd, ws_after(WS_PATIENCE_MS), -1));
		/* It comes back only after the other was done. */
		EXPECT_EQ(0, ws_sleeper_join(&sleeper));
		close(fd);
	}
}

/* --- in one step [WT-39] ------------------------------------------------ */

struct watcher {
	int s;
	int w;
	uint32_t type;
	unsigned int rounds;
	unsigned int begun;	/* rounds that the caller has begun */
	pid_t caller;
	unsigned int seen;	/* rounds in which the caller was in the queue */
	int error;
};

static int first_waiter(int fd)
{
	struct winsync_waiter waiter = { };
	struct winsync_waiters_args args = {
		.buffer = (uintptr_t)&waiter, .count = 1,
	};
	int ret = ws_ioctl(fd, WINSYNC_IOC_WAITERS, &args);

	return ret < 0 ? ret : args.total == 1 ? (int)waiter.tid : 0;
}

/* Gets the signal, asleep or by trying, and looks who waits. */
static void *watch(void *data)
{
	struct watcher *watcher = data;
	unsigned int i;

	for (i = 0; i < watcher->rounds; i++) {
		int ret;

		/* A mutex is the caller's again, before it can be given. */
		while (__atomic_load_n(&watcher->begun, __ATOMIC_ACQUIRE) <= i)
			sched_yield();
		if (i & 1) {
			ret = ws_wait(watcher->s, WINSYNC_FOREVER);
		} else {
			do
				ret = ws_try(watcher->s);
			while (ret == -ETIMEDOUT);
		}
		if (ret) {
			watcher->error = ret;
			break;
		}
		watcher->seen += first_waiter(watcher->w) == watcher->caller;
		if (watcher->type == MANUAL_EVENT)
			ws_event_reset(watcher->s);
		if (watcher->type == WINSYNC_TYPE_MUTEX)
			ws_mutex_release(watcher->s);
		ws_event_set(watcher->w);
	}
	/* Whatever went wrong: the caller must not wait for it. */
	ws_event_set(watcher->w);
	return NULL;
}

FIXTURE(atomic) {
	struct watcher watcher;
};

FIXTURE_VARIANT(atomic) {
	uint32_t s;
};

FIXTURE_VARIANT_ADD(atomic, event) { WINSYNC_TYPE_EVENT };
FIXTURE_VARIANT_ADD(atomic, manual) { MANUAL_EVENT };
FIXTURE_VARIANT_ADD(atomic, mutex) { WINSYNC_TYPE_MUTEX };
FIXTURE_VARIANT_ADD(atomic, semaphore) { WINSYNC_TYPE_SEMAPHORE };

FIXTURE_SETUP(atomic)
{
	self->watcher = (struct watcher){
		.s = variant->s == MANUAL_EVENT ? ws_event(1, 0) :
		     ws_unsignaled(variant->s),
		.w = ws_event(0, 0), .type = variant->s,
		.rounds = ws_scale(1000), .caller = ws_gettid(),
	};
	ASSERT_LE(0, self->watcher.s);
	ASSERT_LE(0, self->watcher.w);
}

FIXTURE_TEARDOWN(atomic)
{
	close(self->watcher.s);
	close(self->watcher.w);
}

TEST_F(atomic, wt39_nobody_sees_the_signal_before_the_wait)
{
	struct watcher *watcher = &self->watcher;
	unsigned int i;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, watch, watcher));
	for (i = 0; i < watcher->rounds; i++) {
		__atomic_store_n(&watcher->begun, i + 1, __ATOMIC_RELEASE);
		if (ws_signal_and_wait(watcher->s, watcher->w,
				       ws_after(WS_PATIENCE_MS), -1))
			break;
		if (variant->s == WINSYNC_TYPE_MUTEX &&
		    ws_wait(watcher->s, ws_after(WS_PATIENCE_MS)))
			break;
	}
	EXPECT_EQ(watcher->rounds, i);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, watcher->error);
	EXPECT_EQ(watcher->rounds, watcher->seen);
}

/* Two threads that hand over to each other by it lose no step. */
struct player {
	int mine;
	int theirs;
	unsigned int rounds;
	unsigned int done;
};

static void *play(void *data)
{
	struct player *player = data;

	while (player->done < player->rounds &&
	       ws_signal_and_wait(player->theirs, player->mine,
				  ws_after(WS_PATIENCE_MS), -1) == 0)
		player->done++;
	return NULL;
}

TEST(wt39_ping_pong)
{
	int events[] = { ws_event(0, 0), ws_event(0, 0) };
	unsigned int rounds = ws_scale(3000);
	struct player ping = { events[0], events[1], rounds, 0 };
	struct player pong = { events[1], events[0], rounds, 0 };
	pthread_t thread;

	ASSERT_LE(0, events[1]);
	ASSERT_EQ(0, pthread_create(&thread, NULL, play, &pong));
	play(&ping);
	/* Who plays the last step waits for an answer. */
	ws_event_set(events[1]);
	pthread_join(thread, NULL);
	EXPECT_EQ(rounds, ping.done);
	EXPECT_EQ(rounds, pong.done);
}

/* A pulse right after the signal was seen finds the caller waiting. */
static void *pulse_after_signal(void *data)
{
	struct watcher *watcher = data;
	unsigned int i;

	for (i = 0; i < watcher->rounds; i++) {
		if (ws_wait(watcher->s, ws_after(WS_PATIENCE_MS)))
			break;
		ws_event_pulse(watcher->w);
	}
	watcher->seen = i;
	return NULL;
}

TEST(wt39_pulse_is_not_missed)
{
	struct watcher watcher = {
		.s = ws_event(0, 0), .w = ws_event(1, 0),
		.rounds = ws_scale(1000),
	};
	unsigned int i;
	pthread_t thread;

	ASSERT_LE(0, watcher.w);
	ASSERT_EQ(0, pthread_create(&thread, NULL, pulse_after_signal, &watcher));
	for (i = 0; i < watcher.rounds; i++)
		if (ws_signal_and_wait(watcher.s, watcher.w,
				       ws_after(WS_PATIENCE_MS), -1))
			break;
	EXPECT_EQ(watcher.rounds, i);
	pthread_join(thread, NULL);
	EXPECT_EQ(watcher.rounds, watcher.seen);
}

/* --- signals and alerts ------------------------------------------------- */

static int handled;

static void count_signal(int number)
{
	(void)number;
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
}

static bool was_handled(void *data)
{
	(void)data;
	return __atomic_load_n(&handled, __ATOMIC_RELAXED);
}

static void go_on(struct ws_sleeper *sleeper)
{
	/* As the ABI says: the signal is given, only the wait is missing. */
	if (sleeper->result == -EINTR)
		*(int *)sleeper->data = ws_wait(sleeper->fd, sleeper->deadline);
}

FIXTURE(interrupted) {
	int s;
	int w;
};

FIXTURE_VARIANT(interrupted) {
	int flags;
};

FIXTURE_VARIANT_ADD(interrupted, plain) { 0 };
FIXTURE_VARIANT_ADD(interrupted, restart) { SA_RESTART };

FIXTURE_SETUP(interrupted)
{
	self->s = ws_semaphore(0, 10);
	self->w = ws_event(0, 0);
	ASSERT_LE(0, self->w);
}

FIXTURE_TEARDOWN(interrupted)
{
	close(self->s);
	close(self->w);
}

TEST_F(interrupted, handler_ends_the_wait_and_the_signal_stays)
{
	struct sigaction action = { .sa_handler = count_signal,
				    .sa_flags = variant->flags };
	int second = -1;
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_SIGNAL_AND_WAIT, .signal = self->s,
		.fd = self->w, .after = go_on, .data = &second);

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->w, 1));
	ASSERT_EQ(0, ws_await_asleep(sleeper.tid));
	EXPECT_EQ(1, ws_semaphore_count(self->s));
	ASSERT_EQ(0, pthread_kill(sleeper.thread, SIGUSR1));
	ASSERT_TRUE(ws_await(was_handled, NULL));
	/* It waits again, in its second wait. */
	ASSERT_EQ(0, ws_await_waiters(self->w, 1));
	EXPECT_EQ(0, ws_event_set(self->w));
	EXPECT_EQ(-EINTR, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, second);
	/* Not given twice. */
	EXPECT_EQ(1, ws_semaphore_count(self->s));
}

TEST(apc7_alert_ends_the_wait_and_the_signal_stays)
{
	int s = ws_event(0, 0), w = ws_event(0, 0), alert = ws_event(0, 1);

	ASSERT_LE(0, alert);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_signal_and_wait(s, w, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(s));
	EXPECT_EQ(0, ws_event_signaled(alert));
	/* APC-5: the object wins, the alert stays. */
	ws_event_set(w);
	ws_event_set(alert);
	EXPECT_EQ(0, ws_signal_and_wait(s, w, 0, alert));
	EXPECT_EQ(1, ws_event_signaled(alert));
	EXPECT_EQ(0, ws_event_signaled(w));
}

TEST(apc3_alert_while_asleep)
{
	int s = ws_semaphore(0, 1), w = ws_event(0, 0), alert = ws_event(0, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(
		.cmd = WINSYNC_IOC_SIGNAL_AND_WAIT, .signal = s, .fd = w,
		.alert = alert);

	ASSERT_LE(0, alert);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, alert, 1));
	EXPECT_EQ(1, ws_semaphore_count(s));
	EXPECT_EQ(0, ws_event_set(alert));
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1, ws_sleeper_join(&sleeper));
	EXPECT_EQ(0, ws_event_signaled(alert));
	EXPECT_EQ(0, ws_waiters(w));
}

/* The signaled object may be the alert. */
TEST(signals_its_own_alert)
{
	int alert = ws_event(0, 0), w = ws_event(0, 0);

	ASSERT_LE(0, w);
	EXPECT_EQ(WINSYNC_WAIT_ALERTED | 1,
		  ws_signal_and_wait(alert, w, ws_after(WS_PATIENCE_MS), alert));
	EXPECT_EQ(0, ws_event_signaled(alert));
}

TEST_HARNESS_MAIN
