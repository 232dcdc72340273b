// SPDX-License-Identifier: GPL-2.0-only
/* Names, scopes, namespaces, rights, lists. */
#include "library.h"

#include <grp.h>

/* [NM-14], [NM-15] */
static void scopes_are_apart(void **state)
{
	int local = -1, global = -1, plain = -1;
	bool existed = true, same = true;

	(void)state;
	assert_ok(wsync_event_create(NULL, "Local\\apart", 0, NULL, &local, &existed));
	assert_false(existed);
	assert_ok(wsync_event_create(NULL, "Global\\apart", 0, NULL, &global, &existed));
	assert_false(existed);
	assert_ok(wsync_event_create(NULL, "apart", 0, NULL, &plain, &existed));
	assert_true(existed);
	assert_ok(wsync_same(plain, local, &same));
	assert_true(same);
	assert_ok(wsync_same(plain, global, &same));
	assert_false(same);
	assert_ok(wsync_close(plain));
	assert_ok(wsync_open(NULL, "Global\\apart", WSYNC_TYPE_ANY, 0, NULL, &plain));
	assert_ok(wsync_same(plain, global, &same));
	assert_true(same);
	wsync_close(plain);
	wsync_close(global);
	wsync_close(local);
}

static int become(uid_t uid)
{
	return setgroups(0, NULL) || setgid(uid) || setuid(uid);
}

/* What user 1000 finds of what root made. */
static int see_as_alice(void *arg)
{
	struct wsync_opts sync = {
		.sz = sizeof(sync), .access = WSYNC_ACCESS_SYNCHRONIZE,
	};
	int fd;

	(void)arg;
	if (become(1000))
		return 1;
	if (wsync_event_open(NULL, "Local\\mine", 0, NULL, &fd) != -ENOENT)
		return 2;
	if (wsync_event_open(NULL, "Global\\private", 0, NULL, &fd) != -EACCES)
		return 3;
	if (wsync_event_open(NULL, "Global\\shared", 0, &sync, &fd) != 0)
		return 4;
	if (wsync_event_set(fd, NULL) != -EACCES || wsync_wait(fd, 0, NULL, NULL) != 0)
		return 5;
	if (wsync_event_open(NULL, "Global\\shared", 0, NULL, &fd) != -EACCES)
		return 6;
	/* The name is taken, whoever asks. */
	if (wsync_mutex_create(NULL, "Global\\shared", 0, NULL, &fd, NULL) != -EPROTOTYPE)
		return 7;
	if (wsync_event_create(NULL, "Local\\mine", 0, NULL, &fd, NULL) != 0)
		return 8;
	return 0;
}

static void users_are_kept_apart(void **state)
{
	struct wsync_opts opts = { .sz = sizeof(opts), .mode = 0711 };
	int mine = -1, private = -1, shared = -1;

	(void)state;
	assert_ok(wsync_event_create(NULL, "Local\\mine", 0, NULL, &mine, NULL));
	assert_ok(wsync_event_create(NULL, "Global\\private", 0, NULL, &private, NULL));
	assert_ok(wsync_event_create(NULL, "Global\\shared", WSYNC_SIGNALED, &opts, &shared,
				     NULL));
	assert_int_equal(in_child(see_as_alice, NULL), 0);
	wsync_close(mine);
	wsync_close(private);
	wsync_close(shared);
}

/* [NM-5], [NM-11], [NM-18] */
static void creates_and_opens(void **state)
{
	struct wsync_semaphore_state counts;
	int first = -1, second = -1;
	bool existed = true;

	(void)state;
	assert_error(wsync_semaphore_open(NULL, "counts", 0, NULL, &first), ENOENT);
	assert_ok(wsync_semaphore_create(NULL, "counts", 1, 5, 0, NULL, &first, &existed));
	assert_false(existed);
	assert_ok(wsync_semaphore_create(NULL, "counts", 2, 3, 0, NULL, &second, &existed));
	assert_true(existed);
	assert_ok(wsync_semaphore_query(second, &counts));
	assert_int_equal(counts.count, 1);
	assert_int_equal(counts.max, 5);
	wsync_close(second);
	assert_error(wsync_semaphore_create(NULL, "counts", 0, 1, WSYNC_EXCL, NULL, &second, NULL),
		     EEXIST);
	assert_error(wsync_timer_create(NULL, "counts", 0, NULL, &second, NULL), EPROTOTYPE);
	assert_error(wsync_mutex_open(NULL, "counts", 0, NULL, &second), EPROTOTYPE);
	assert_error(wsync_open(NULL, "", WSYNC_TYPE_ANY, 0, NULL, &second), EPROTOTYPE);
	wsync_close(first);
	assert_error(wsync_semaphore_open(NULL, "counts", 0, NULL, &first), ENOENT);
}

/* [NM-13], [NM-16], [NM-17] */
static void names_are_text(void **state)
{
	char longest[WSYNC_NAME_BYTES_MAX + 2];
	int fd = -1;

	(void)state;
	assert_ok(wsync_event_create(NULL, "a/../b: .\n", WSYNC_EXCL, NULL, &fd, NULL));
	wsync_close(fd);
	/* Three bytes, one UTF-16 unit. */
	longest[0] = '\0';
	for (unsigned int i = 0; i < WSYNC_NAME_UNITS_MAX; i++)
		strcat(longest, "\u20ac");
	assert_ok(wsync_event_create(NULL, longest, WSYNC_EXCL, NULL, &fd, NULL));
	wsync_close(fd);
	strcat(longest, "x");
	assert_error(wsync_event_create(NULL, longest, 0, NULL, &fd, NULL), ENAMETOOLONG);
	assert_error(wsync_event_create(NULL, "\\x", 0, NULL, &fd, NULL), EINVAL);
	assert_error(wsync_event_create(NULL, "x\\y", 0, NULL, &fd, NULL), ENOTDIR);
	assert_error(wsync_event_create(NULL, "Global\\", 0, NULL, &fd, NULL), EISDIR);
}

static int count_entries(const struct wsync_list_entry *entry, void *arg)
{
	unsigned int *counts = arg;

	if (entry->type <= WSYNC_TYPE_TIMER)
		counts[entry->type]++;
	return 0;
}

static int find_team(const struct wsync_list_entry *entry, void *arg)
{
	(void)arg;
	return entry->type == WSYNC_TYPE_NAMESPACE && strcmp(entry->name, "team") == 0;
}

static void namespaces(void **state)
{
	struct wsync_opts in = { .sz = sizeof(in) };
	unsigned int counts[WSYNC_TYPE_TIMER + 1] = { 0 };
	int ns = -1, again = -1, event = -1, mutex = -1, other = -1;
	bool existed = true, same = false;

	(void)state;
	assert_error(wsync_namespace_open(NULL, "team", 0, NULL, &ns, NULL), ENOENT);
	assert_ok(wsync_namespace_open(NULL, "team", WSYNC_NS_CREATE, NULL, &ns, &existed));
	assert_false(existed);
	assert_error(wsync_namespace_open(NULL, "team", WSYNC_NS_CREATE | WSYNC_EXCL, NULL,
					  &again, NULL), EEXIST);
	assert_ok(wsync_namespace_open(NULL, "team", WSYNC_NS_CREATE, NULL, &again, &existed));
	assert_true(existed);
	assert_ok(wsync_same(ns, again, &same));
	assert_true(same);
	in.ns = ns;
	assert_ok(wsync_event_create(NULL, "e", WSYNC_IN_NAMESPACE, &in, &event, NULL));
	assert_ok(wsync_mutex_create(NULL, "m", WSYNC_IN_NAMESPACE, &in, &mutex, NULL));
	assert_error(wsync_event_open(NULL, "e", 0, NULL, &other), ENOENT);
	in.ns = again;
	assert_ok(wsync_event_open(NULL, "e", WSYNC_IN_NAMESPACE, &in, &other));
	assert_ok(wsync_same(event, other, &same));
	assert_true(same);
	assert_ok(wsync_list(ns, count_entries, counts));
	assert_int_equal(counts[WSYNC_TYPE_EVENT], 1);
	assert_int_equal(counts[WSYNC_TYPE_MUTEX], 1);
	assert_int_equal(wsync_list_namespaces(NULL, find_team, NULL), 1);
	/* The name is free, what is inside lives on. */
	wsync_close(again);
	{
		struct wsync_namespace_opts opts = {
			.sz = sizeof(opts), .access = WSYNC_ACCESS_ALL,
		};

		assert_ok(wsync_namespace_open(NULL, "team", 0, &opts, &again, NULL));
	}
	assert_error(wsync_namespace_destroy(ns), EACCES);
	assert_ok(wsync_namespace_destroy(again));
	assert_error(wsync_namespace_destroy(again), ENOENT);
	assert_int_equal(wsync_list_namespaces(NULL, find_team, NULL), 0);
	assert_error(wsync_namespace_open(NULL, "team", 0, NULL, &other, NULL), ENOENT);
	in.ns = ns;
	wsync_close(other);
	assert_ok(wsync_event_open(NULL, "e", WSYNC_IN_NAMESPACE, &in, &other));
	wsync_close(other);
	wsync_close(event);
	wsync_close(mutex);
	wsync_close(ns);
	wsync_close(again);
}

static void scopes_are_namespaces(void **state)
{
	struct wsync_opts in = { .sz = sizeof(in) };
	int named = -1, found = -1;
	bool same = false;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_ok(wsync_event_create(NULL, i ? "Global\\s" : "Local\\s", 0, NULL, &named,
					     NULL));
		assert_ok(wsync_namespace_scope(NULL, i ? WSYNC_SCOPE_GLOBAL : WSYNC_SCOPE_LOCAL,
						0, NULL, &in.ns));
		assert_ok(wsync_event_open(NULL, "s", WSYNC_IN_NAMESPACE, &in, &found));
		assert_ok(wsync_same(named, found, &same));
		assert_true(same);
		wsync_close(named);
		wsync_close(found);
		wsync_close(in.ns);
	}
}

/* [DU-1], [DU-3], [DU-4] */
static void handles_have_rights(void **state)
{
	struct wsync_event_state event_state;
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int event = new_event(0), wait_only = -1, wider = -1;

	(void)state;
	assert_ok(wsync_duplicate(event, WSYNC_ACCESS_SYNCHRONIZE, 0, &wait_only));
	assert_ok(wsync_get_stat(wait_only, &stat));
	assert_int_equal(stat.access, WSYNC_ACCESS_SYNCHRONIZE);
	assert_int_equal(stat.handles, 2);
	assert_int_equal(stat.type, WSYNC_TYPE_EVENT);
	assert_error(wsync_event_set(wait_only, NULL), EACCES);
	assert_error(wsync_event_query(wait_only, &event_state), EACCES);
	assert_ok(wsync_event_set(event, NULL));
	assert_true(acquired(wait_only));
	/* The mode gives the owner everything. */
	assert_ok(wsync_duplicate(wait_only, WSYNC_ACCESS_ALL, 0, &wider));
	assert_ok(wsync_event_set(wider, NULL));
	assert_ok(wsync_set_perm(wider, WSYNC_PERM_MODE, 0640, 0, 0));
	assert_ok(wsync_get_stat(event, &stat));
	assert_int_equal(stat.mode, 0640);
	assert_error(wsync_set_perm(event, WSYNC_PERM_MODE, 0600, 0, 0), EACCES);
	assert_error(wsync_duplicate(event, WSYNC_ACCESS_NONE, 0, &wider), EACCES);
	wsync_close(event);
	wsync_close(wait_only);
	wsync_close(wider);
}

static void info(void **state)
{
	struct wsync_info before = { .sz = sizeof(before) }, after = { .sz = sizeof(after) };
	int event;

	(void)state;
	assert_ok(wsync_get_info(NULL, &before));
	assert_int_equal(before.abi_version, 1);
	assert_true(before.max_wait_all >= 64 && before.max_wait_any >= 64);
	assert_int_equal(before.name_max, WSYNC_NAME_BYTES_MAX);
	event = new_event(0);
	assert_ok(wsync_get_info(NULL, &after));
	assert_int_equal(after.objects, before.objects + 1);
	wsync_close(event);
	assert_error(wsync_event_set(0, NULL), EBADFD);
	assert_error(wsync_event_set(999, NULL), EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scopes_are_apart),
		cmocka_unit_test(users_are_kept_apart),
		cmocka_unit_test(creates_and_opens),
		cmocka_unit_test(names_are_text),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(scopes_are_namespaces),
		cmocka_unit_test(handles_have_rights),
		cmocka_unit_test(info),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
