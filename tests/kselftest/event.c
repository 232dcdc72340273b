// SPDX-License-Identifier: GPL-2.0-only
/* Events: creation, set, reset, query, who is released [EV-*]. */
#include "kselftest_harness.h"
#include "winsync_test.h"

FIXTURE(event) {
	int fd;
};

FIXTURE_VARIANT(event) {
	int manual;
	int signaled;
};

FIXTURE_VARIANT_ADD(event, auto_clear) { .manual = 0, .signaled = 0 };
FIXTURE_VARIANT_ADD(event, auto_set) { .manual = 0, .signaled = 1 };
FIXTURE_VARIANT_ADD(event, manual_clear) { .manual = 1, .signaled = 0 };
FIXTURE_VARIANT_ADD(event, manual_set) { .manual = 1, .signaled = 1 };

FIXTURE_SETUP(event)
{
	self->fd = ws_event(variant->manual, variant->signaled);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(event)
{
	close(self->fd);
}

TEST_F(event, ev2_initial_state_is_as_asked)
{
	struct winsync_event_state state;

	ASSERT_EQ(0, ws_event_query(self->fd, &state));
	EXPECT_EQ(variant->manual, state.manual);
	EXPECT_EQ(variant->signaled, state.signaled);
}

TEST_F(event, ev1_close_on_exec_unless_inherit)
{
	struct ws_new what = { .flags = WINSYNC_INHERIT, .first = variant->manual };
	int fd;

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	fd = ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, what.existed);
	close(fd);
}

TEST_F(event, ev7_ev8_wait_consumes_auto_only)
{
	int i;

	if (!variant->signaled)
		EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
	ASSERT_LE(0, ws_event_set(self->fd));
	if (variant->manual) {
		for (i = 0; i < 100; i++)
			ASSERT_EQ(0, ws_try(self->fd));
		EXPECT_EQ(1, ws_event_signaled(self->fd));
	} else {
		EXPECT_EQ(0, ws_try(self->fd));
		EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
		EXPECT_EQ(0, ws_event_signaled(self->fd));
	}
}

TEST_F(event, ev16_previous_state)
{
	EXPECT_EQ(variant->signaled, ws_event_set(self->fd));
	EXPECT_EQ(1, ws_event_set(self->fd));
	EXPECT_EQ(1, ws_event_reset(self->fd));
	EXPECT_EQ(0, ws_event_reset(self->fd));
	EXPECT_EQ(0, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_event_set(self->fd));
	EXPECT_EQ(1, ws_event_pulse(self->fd));
	EXPECT_EQ(0, ws_event_signaled(self->fd));
}

TEST_F(event, ev9_events_do_not_count)
{
	ws_event_set(self->fd);
	ws_event_set(self->fd);
	EXPECT_EQ(0, ws_try(self->fd));
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, ws_try(self->fd));
}

TEST_F(event, ev10_reset_is_idempotent)
{
	EXPECT_LE(0, ws_event_set(self->fd));
	EXPECT_LE(0, ws_event_set(self->fd));
	EXPECT_EQ(1, ws_event_reset(self->fd));
	EXPECT_EQ(0, ws_event_reset(self->fd));
	EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
}

TEST_F(event, ev19_query_alters_nothing)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(variant->signaled, ws_event_signaled(self->fd));
	EXPECT_EQ(variant->signaled ? 0 : -ETIMEDOUT, ws_try(self->fd));
}

TEST_F(event, ev11_ev13_set_releases_one_or_all)
{
	enum { SLEEPERS = 4 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i, released = 0;

	ws_event_reset(self->fd);
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	EXPECT_EQ(0, ws_event_set(self->fd));
	/* The hand-over is done when the call returns. */
	EXPECT_EQ(variant->manual, ws_event_signaled(self->fd));
	EXPECT_EQ(variant->manual ? 0 : SLEEPERS - 1, ws_waiters(self->fd));
	if (!variant->manual) {
		/* FIFO among those who wait [WT-29]. */
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[0]));
		for (i = 1; i < SLEEPERS; i++) {
			EXPECT_FALSE(ws_sleeper_done(&sleepers[i]));
			EXPECT_EQ(0, ws_event_set(self->fd));
			EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
		}
		EXPECT_EQ(-ETIMEDOUT, ws_try(self->fd));
		return;
	}
	for (i = 0; i < SLEEPERS; i++)
		released += ws_sleeper_join(&sleepers[i]) == 0;
	EXPECT_EQ(SLEEPERS, released);
}

TEST_F(event, ev12_handoff_is_immediate)
{
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = self->fd);

	ws_event_reset(self->fd);
	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, self->fd, 1));
	EXPECT_EQ(0, ws_event_set(self->fd));
	EXPECT_EQ(variant->manual ? 0 : -ETIMEDOUT, ws_try(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
}

TEST_F(event, ev13_set_then_reset_releases_all_who_waited)
{
	enum { SLEEPERS = 6 };
	struct ws_sleeper sleepers[SLEEPERS];
	int i;

	ws_event_reset(self->fd);
	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i] = WS_SLEEPER(.fd = self->fd);
		ASSERT_EQ(0, ws_sleeper_queue(&sleepers[i], self->fd, i + 1));
	}
	ws_event_set(self->fd);
	ws_event_reset(self->fd);
	EXPECT_EQ(variant->manual ? 0 : SLEEPERS - 1, ws_waiters(self->fd));
	for (i = 0; i < SLEEPERS; i++) {
		if (!variant->manual && i)
			ws_event_set(self->fd);
		EXPECT_EQ(0, ws_sleeper_join(&sleepers[i]));
	}
}

TEST_F(event, ev14_second_set_is_not_remembered)
{
	struct ws_sleeper first = WS_SLEEPER(.fd = self->fd);
	struct ws_sleeper second = WS_SLEEPER(.fd = self->fd);

	if (variant->manual)
		SKIP(return, "auto-reset events only");
	ws_event_set(self->fd);
	ws_event_set(self->fd);
	ASSERT_EQ(0, ws_sleeper_start(&first));
	EXPECT_EQ(0, ws_sleeper_join(&first));
	ASSERT_EQ(0, ws_sleeper_queue(&second, self->fd, 1));
	EXPECT_EQ(0, ws_event_set(self->fd));
	EXPECT_EQ(0, ws_sleeper_join(&second));
}

TEST_F(event, ev15_no_owner)
{
	int before, status;
	pid_t pid;

	before = ws_event_reset(self->fd);
	EXPECT_EQ(variant->signaled, before);
	pid = ws_fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ws_event_set(self->fd) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	status = ws_reap(pid);
	EXPECT_EQ(256 + SIGKILL, status);
	/* The dead child's event stays as it left it. */
	EXPECT_EQ(1, ws_event_signaled(self->fd));
	EXPECT_EQ(0, ws_try(self->fd));
}

TEST_F(event, ev20_second_handle_shows_the_same)
{
	int other = ws_duplicate(self->fd, 0, 0);

	ASSERT_LE(0, other);
	EXPECT_EQ(variant->signaled, ws_event_signaled(other));
	ws_event_set(other);
	EXPECT_EQ(1, ws_event_signaled(self->fd));
	ws_event_reset(self->fd);
	EXPECT_EQ(0, ws_event_signaled(other));
	EXPECT_EQ(1, ws_same(self->fd, other));
	close(other);
}

FIXTURE(event_args) {
	int next;
};

FIXTURE_VARIANT(event_args) {
	uint32_t manual;
	uint32_t signaled;
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(event_args, manual_2) { .manual = 2 };
FIXTURE_VARIANT_ADD(event_args, manual_all) { .manual = 0xffffffff };
FIXTURE_VARIANT_ADD(event_args, signaled_2) { .signaled = 2 };
FIXTURE_VARIANT_ADD(event_args, signaled_high) { .signaled = 0x80000000 };
FIXTURE_VARIANT_ADD(event_args, mode_01000) { .mode = 01000 };
FIXTURE_VARIANT_ADD(event_args, mode_all) { .mode = 0xffffffff };

FIXTURE_SETUP(event_args)
{
	ASSERT_LE(0, ws_device());
	self->next = ws_next_fd();
}

FIXTURE_TEARDOWN(event_args)
{
}

TEST_F(event_args, ev5_out_of_range_creates_nothing)
{
	struct winsync_info before, after;
	struct ws_new what = {
		.first = variant->manual, .second = variant->signaled,
		.mode = variant->mode,
	};

	ASSERT_EQ(0, ws_info(&before));
	EXPECT_EQ(-EINVAL, ws_create(ws_device(), WINSYNC_TYPE_EVENT, &what));
	ASSERT_EQ(0, ws_info(&after));
	EXPECT_EQ(before.objects, after.objects);
	EXPECT_EQ(self->next, ws_next_fd());
}

/* EV-6: what a second create says about the state is ignored. */
FIXTURE(event_existing) {
	int ns;
	int fd;
};

FIXTURE_VARIANT(event_existing) {
	int manual;
	int signaled;
};

FIXTURE_VARIANT_ADD(event_existing, auto_clear) { 0, 0 };
FIXTURE_VARIANT_ADD(event_existing, auto_set) { 0, 1 };
FIXTURE_VARIANT_ADD(event_existing, manual_clear) { 1, 0 };
FIXTURE_VARIANT_ADD(event_existing, manual_set) { 1, 1 };

FIXTURE_SETUP(event_existing)
{
	struct ws_new what = {
		.name = "ev6", .first = variant->manual,
		.second = variant->signaled,
	};

	self->ns = ws_private_ns();
	ASSERT_LE(0, self->ns);
	self->fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, what.existed);
}

FIXTURE_TEARDOWN(event_existing)
{
	close(self->fd);
	close(self->ns);
}

TEST_F(event_existing, ev6_arguments_are_ignored)
{
	struct winsync_event_state state;
	struct ws_new what = {
		.name = "ev6", .first = !variant->manual,
		.second = !variant->signaled, .mode = 0777,
	};
	struct winsync_stat stat;
	int fd = ws_create(self->ns, WINSYNC_TYPE_EVENT, &what);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, what.existed);
	EXPECT_EQ(1, ws_same(fd, self->fd));
	ASSERT_EQ(0, ws_event_query(fd, &state));
	EXPECT_EQ(variant->manual, state.manual);
	EXPECT_EQ(variant->signaled, state.signaled);
	ASSERT_EQ(0, ws_stat(fd, &stat));
	EXPECT_EQ(0, stat.mode);
	close(fd);
}

TEST_F(event_existing, ev6_out_of_range_is_refused_all_the_same)
{
	struct ws_new what = { .name = "ev6", .first = 2 };

	EXPECT_EQ(-EINVAL, ws_create(self->ns, WINSYNC_TYPE_EVENT, &what));
	EXPECT_EQ(1, ws_handles(self->fd));
}

/* EV-29: who waits for more than the event must not swallow its signal. */
FIXTURE(event_mixed) {
	int event;
	int other;
};

FIXTURE_SETUP(event_mixed)
{
	self->event = ws_event(0, 0);
	self->other = ws_event(0, 0);
	ASSERT_LE(0, self->event);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(event_mixed)
{
	close(self->event);
	close(self->other);
}

TEST_F(event_mixed, ev29_wait_all_does_not_swallow)
{
	int fds[] = { self->event, self->other };
	struct ws_sleeper all = WS_SLEEPER(.cmd = WINSYNC_IOC_WAIT_ALL,
					   .fds = fds, .count = 2);
	struct ws_sleeper any = WS_SLEEPER(.fd = self->event);

	ASSERT_EQ(0, ws_sleeper_queue(&all, self->event, 1));
	ASSERT_EQ(0, ws_sleeper_queue(&any, self->event, 2));
	EXPECT_EQ(0, ws_event_set(self->event));
	EXPECT_EQ(0, ws_event_signaled(self->event));
	EXPECT_EQ(0, ws_sleeper_join(&any));
	EXPECT_FALSE(ws_sleeper_done(&all));
	EXPECT_EQ(1, ws_waiters(self->event));
	ws_event_set(self->other);
	ws_event_set(self->event);
	EXPECT_EQ(0, ws_sleeper_join(&all));
	EXPECT_EQ(0, ws_event_signaled(self->event));
	EXPECT_EQ(0, ws_event_signaled(self->other));
}

TEST_HARNESS_MAIN
