// SPDX-License-Identifier: GPL-2.0-only
/* Section 6 of docs/windows-semantics.md: names. */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static bool exists(const char *name)
{
	HANDLE handle = OpenEventA(SYNCHRONIZE, FALSE, name);

	if (handle)
		CloseHandle(handle);
	return handle != NULL;
}

static void case_matters(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE lower = create_any(type, NULL, "WineTestMutex"), upper;

		MUST(lower != NULL);
		EXPECT_ERROR(ERROR_FILE_NOT_FOUND,
			     open_any(type, SYNCHRONIZE, FALSE, "WINETESTMUTEX"));
		upper = create_any(type, NULL, "WINETESTMUTEX");
		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(lower, upper));
		CloseHandle(lower);
		CloseHandle(upper);
	}
}

static void one_space_for_all_types(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "shared");

		MUST(handle != NULL);
		for (int other = 0; other < TYPES; other++) {
			if (other == type)
				continue;
			EXPECT_ERROR(ERROR_INVALID_HANDLE, create_any(other, NULL, "shared"));
		}
		CloseHandle(handle);
	}
}

static void creating_another_type(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, "an event");

	MUST(event != NULL);
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateMutexA(NULL, TRUE, "an event"));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     CreateMutexExA(NULL, "an event", 0, MUTEX_ALL_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateSemaphoreA(NULL, 1, 1, "an event"));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateWaitableTimerA(NULL, TRUE, "an event"));
	EXPECT_EQ(1, event_state(event));
}

static void opening_another_type(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "of a type");

		MUST(handle != NULL);
		for (int other = 0; other < TYPES; other++) {
			if (other != type)
				EXPECT_ERROR(ERROR_INVALID_HANDLE,
					     open_any(other, SYNCHRONIZE, FALSE, "of a type"));
		}
		CloseHandle(handle);
	}
}

static void creating_the_same_type(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };

	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "again"), again;
		struct wsync_stat before = { .sz = sizeof(before) };
		struct wsync_stat after = { .sz = sizeof(after) };
		DWORD flags = 0;

		MUST(handle != NULL);
		MUST(wsync_get_stat(wsync_win32_fd(handle), &before) == 0);
		again = create_any(type, &inherit, "again");
		EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
		MUST(again != NULL);
		EXPECT(CompareObjectHandles(handle, again));
		EXPECT(GetHandleInformation(again, &flags));
		EXPECT_EQ(HANDLE_FLAG_INHERIT, flags);
		EXPECT(GetHandleInformation(handle, &flags));
		EXPECT_EQ(0, flags);
		MUST(wsync_get_stat(wsync_win32_fd(handle), &after) == 0);
		EXPECT_EQ(before.mode, after.mode);
		CloseHandle(handle);
		CloseHandle(again);
	}
}

/* Win32 can only open-or-create; the library below can also only create. */
static void create_new_only(void)
{
	int fd = -1, again = -1;
	bool existed = true;

	MUST(wsync_event_create(NULL, "once", WSYNC_EXCL, NULL, &fd, &existed) == 0);
	EXPECT(!existed);
	EXPECT_EQ(-EEXIST, wsync_event_create(NULL, "once", WSYNC_EXCL, NULL, &again, NULL));
	EXPECT_EQ(-1, again);
	EXPECT_EQ(0, wsync_event_create(NULL, "once", 0, NULL, &again, &existed));
	EXPECT(existed);
	EXPECT(again >= 0);
}

static void opening_what_is_not_there(void)
{
	for (int type = 0; type < TYPES; type++) {
		EXPECT_ERROR(ERROR_FILE_NOT_FOUND, open_any(type, SYNCHRONIZE, FALSE, "missing"));
		EXPECT_ERROR(ERROR_INVALID_PARAMETER, open_any(type, SYNCHRONIZE, FALSE, NULL));
	}
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, OpenMutexW(SYNCHRONIZE, FALSE, NULL));
}

static void opening_without_rights(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "there");

		MUST(handle != NULL);
		EXPECT_ERROR(ERROR_ACCESS_DENIED, open_any(type, 0, FALSE, "there"));
		EXPECT_ERROR(ERROR_FILE_NOT_FOUND, open_any(type, 0, FALSE, "not there"));
		CloseHandle(handle);
	}
}

static void bob_is_refused(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\private %s", type_names[type]);
		EXPECT_ERROR(ERROR_ACCESS_DENIED, create_any(type, NULL, name));
	}
}

static void existing_wants_all_access(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\private %s", type_names[type]);
		MUST(create_any(type, NULL, name) != NULL);
	}
	EXPECT_EQ(0, as_user(BOB, bob_is_refused));
}

#define CREATORS 8

static pthread_barrier_t barrier;
static HANDLE created[CREATORS];

static DWORD create_at_once(void *at)
{
	pthread_barrier_wait(&barrier);
	*(HANDLE *)at = CreateEventA(NULL, TRUE, FALSE, "contested");
	return GetLastError();
}

static void one_creator(void)
{
	struct actor *actors[CREATORS];

	pthread_barrier_init(&barrier, NULL, CREATORS);
	for (int i = 0; i < CREATORS; i++)
		actors[i] = hire();
	for (int round = 0; round < 30; round++) {
		int news = 0;

		for (int i = 0; i < CREATORS; i++)
			begin(actors[i], create_at_once, &created[i]);
		for (int i = 0; i < CREATORS; i++) {
			DWORD code = finish(actors[i]);

			EXPECT(code == ERROR_SUCCESS || code == ERROR_ALREADY_EXISTS);
			news += code == ERROR_SUCCESS;
		}
		EXPECT_EQ(1, news);
		for (int i = 0; i < CREATORS; i++) {
			EXPECT(CompareObjectHandles(created[0], created[i]));
			if (i > 0)
				CloseHandle(created[i]);
		}
		CloseHandle(created[0]);
	}
}

static void name_dies_with_the_last_handle(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, "mortal");
		HANDLE other = open_any(type, SYNCHRONIZE, FALSE, "mortal"), last;

		MUST(handle && other);
		last = duplicate_of(other, READ_CONTROL);
		CloseHandle(handle);
		CloseHandle(other);
		other = open_any(type, SYNCHRONIZE, FALSE, "mortal");
		EXPECT(other != NULL);
		CloseHandle(other);
		CloseHandle(last);
		EXPECT_ERROR(ERROR_FILE_NOT_FOUND, open_any(type, SYNCHRONIZE, FALSE, "mortal"));
	}
}

static void sleepers_do_not_keep_the_name(void)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, "slept upon"), fresh;
	HANDLE many[] = { new_event(FALSE, FALSE), NULL };
	struct actor *one = hire(), *any = hire();

	MUST(event != NULL);
	many[1] = OpenEventA(SYNCHRONIZE, FALSE, "slept upon");
	begin_wait(one, event);
	begin_wait_many(any, 2, many, FALSE);
	EXPECT(CloseHandle(event));
	EXPECT(exists("slept upon"));
	EXPECT(CloseHandle(many[1]));
	EXPECT(!exists("slept upon"));
	fresh = CreateEventA(NULL, FALSE, TRUE, "slept upon");
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	MUST(fresh != NULL);
	EXPECT(SetEvent(fresh));
	EXPECT(is_busy(one));
	EXPECT(is_busy(any));
}

static void lengths(void)
{
	char name[800];
	WCHAR wide[300];
	HANDLE handle;

	memset(name, 'x', sizeof(name));
	name[260] = '\0';
	handle = CreateEventA(NULL, TRUE, FALSE, name);
	EXPECT(handle != NULL);
	EXPECT(exists(name));
	name[260] = 'x';
	name[261] = '\0';
	EXPECT_ERROR(ERROR_FILENAME_EXCED_RANGE, CreateEventA(NULL, TRUE, FALSE, name));
	EXPECT_ERROR(ERROR_FILENAME_EXCED_RANGE, OpenEventA(SYNCHRONIZE, FALSE, name));
	/* 260 units that are three bytes each as UTF-8. */
	for (int i = 0; i < 260; i++)
		wide[i] = 0x20ac;
	wide[260] = 0;
	handle = CreateEventW(NULL, TRUE, FALSE, wide);
	MUST(handle != NULL);
	for (int i = 0; i < 260; i++)
		memcpy(name + 3 * i, "\xe2\x82\xac", 3);
	name[780] = '\0';
	EXPECT(exists(name));
	wide[260] = 0x20ac;
	wide[261] = 0;
	EXPECT_ERROR(ERROR_FILENAME_EXCED_RANGE, CreateEventW(NULL, TRUE, FALSE, wide));
	/* The prefix does not count. */
	memcpy(name, "Global\\", 7);
	memset(name + 7, 'y', 260);
	name[267] = '\0';
	EXPECT(CreateEventA(NULL, TRUE, FALSE, name) != NULL);
}

static void prefixes(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE global = create_any(type, NULL, "Global\\prefixed");
		HANDLE local = create_any(type, NULL, "Local\\prefixed");

		EXPECT(global && local);
		EXPECT(CloseHandle(open_any(type, SYNCHRONIZE, FALSE, "Global\\prefixed")));
		EXPECT(CloseHandle(open_any(type, SYNCHRONIZE, FALSE, "Local\\prefixed")));
		EXPECT_ERROR(ERROR_PATH_NOT_FOUND,
			     open_any(type, SYNCHRONIZE, FALSE, "global\\prefixed"));
		EXPECT_ERROR(ERROR_PATH_NOT_FOUND, create_any(type, NULL, "LOCAL\\prefixed"));
		EXPECT_ERROR(ERROR_PATH_NOT_FOUND, create_any(type, NULL, "Session\\1\\prefixed"));
		CloseHandle(global);
		CloseHandle(local);
	}
}

static void no_prefix_is_local(void)
{
	HANDLE plain = CreateEventA(NULL, TRUE, FALSE, "where"), local, global;

	MUST(plain != NULL);
	local = CreateEventA(NULL, TRUE, FALSE, "Local\\where");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	EXPECT(CompareObjectHandles(plain, local));
	global = CreateEventA(NULL, TRUE, FALSE, "Global\\where");
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(plain, global));
}

static void ordinary_characters(void)
{
	static const char *const names[] = {
		"/", "a/b", ".", "..", "../..", " ", "a b", "C:", "a:b", "*?<>|\"", "\t", "%s",
		"\xc3\xa4\xe2\x82\xac",
	};

	for (size_t i = 0; i < count_of(names); i++) {
		HANDLE handle = CreateEventA(NULL, TRUE, FALSE, names[i]);

		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		MUST(handle != NULL);
		EXPECT(exists(names[i]));
		for (size_t j = 0; j < i; j++)
			EXPECT(!exists(names[j]));
		CloseHandle(handle);
	}
}

static void wrong_backslashes(void)
{
	static const struct {
		const char *name;
		DWORD code;
	} cases[] = {
		{ "\\foo", ERROR_BAD_PATHNAME },
		{ "\\", ERROR_BAD_PATHNAME },
		{ "\\BaseNamedObjects\\foo", ERROR_BAD_PATHNAME },
		{ "foo\\bar", ERROR_PATH_NOT_FOUND },
		{ "foo\\", ERROR_PATH_NOT_FOUND },
		{ "GLOBAL\\foo", ERROR_PATH_NOT_FOUND },
		{ "Global\\foo\\bar", ERROR_PATH_NOT_FOUND },
		{ "Global\\", ERROR_INVALID_NAME },
		{ "Local\\", ERROR_INVALID_NAME },
		{ "Global\\\\foo", ERROR_INVALID_NAME },
	};

	for (size_t i = 0; i < count_of(cases); i++) {
		SetLastError(POISON);
		EXPECT(CreateEventA(NULL, TRUE, FALSE, cases[i].name) == NULL);
		if (!EXPECT_EQ(cases[i].code, GetLastError()))
			printf("# creating %s\n", cases[i].name);
		SetLastError(POISON);
		EXPECT(OpenEventA(SYNCHRONIZE, FALSE, cases[i].name) == NULL);
		if (!EXPECT_EQ(cases[i].code, GetLastError()))
			printf("# opening %s\n", cases[i].name);
	}
}

static void empty_name(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, NULL, ""), other;
		struct wsync_stat stat = { .sz = sizeof(stat) };

		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		MUST(handle != NULL);
		MUST(wsync_get_stat(wsync_win32_fd(handle), &stat) == 0);
		EXPECT_EQ(0, stat.name_len);
		other = create_any(type, NULL, "");
		EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(handle, other));
		EXPECT_ERROR(ERROR_INVALID_HANDLE, open_any(type, SYNCHRONIZE, FALSE, ""));
	}
}

static void unnamed_stays_unnamed(void)
{
	for (int type = 0; type < TYPES; type++) {
		HANDLE first = create_any(type, NULL, NULL), second = create_any(type, NULL, NULL);

		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		MUST(first && second);
		EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(first, second));
		EXPECT_ERROR(ERROR_INVALID_PARAMETER, open_any(type, SYNCHRONIZE, FALSE, NULL));
	}
}

static void alice_creates_global(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\of alice %s", type_names[type]);
		EXPECT(create_any(type, NULL, name) != NULL);
		EXPECT(open_any(type, SYNCHRONIZE, FALSE, name) != NULL);
	}
}

static void global_needs_no_privilege(void)
{
	EXPECT_EQ(0, as_user(ALICE, alice_creates_global));
}

static void only_one_instance(void)
{
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreateMutexA(NULL, TRUE, "Global\\single instance"));
}

static HANDLE squatted;

static void alice_squats_and_waits(void)
{
	MUST(CreateMutexA(NULL, TRUE, "Global\\single instance") != NULL);
	SetEvent(squatted);
	Sleep(INFINITE);
}

static void squatting(void)
{
	squatted = new_event(FALSE, FALSE);
	start_as(ALICE, alice_squats_and_waits);
	MUST(WaitForSingleObject(squatted, PATIENCE_MS) == WAIT_OBJECT_0);
	EXPECT_EQ(0, as_user(BOB, only_one_instance));
}

static void wide_names(void)
{
	/* An umlaut, a euro sign, a character beyond 16 bits, and half of one. */
	static const WCHAR name[] = { 'n', 0xe4, 0x20ac, 0xd83d, 0xde00, 0xd83d, 'x', 0 };
	static const WCHAR global[] = { 'G', 'l', 'o', 'b', 'a', 'l', '\\', 'w', 0 };
	HANDLE handles[] = {
		CreateEventW(NULL, TRUE, FALSE, name),
		CreateEventExW(NULL, name, 0, EVENT_ALL_ACCESS),
		OpenEventW(SYNCHRONIZE, FALSE, name),
		OpenEventA(SYNCHRONIZE, FALSE,
			   "n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\xbdx"),
	};

	for (size_t i = 0; i < count_of(handles); i++) {
		MUST(handles[i] != NULL);
		EXPECT(CompareObjectHandles(handles[0], handles[i]));
	}
	EXPECT(CreateMutexW(NULL, FALSE, global) && OpenMutexW(SYNCHRONIZE, FALSE, global));
	EXPECT(CreateMutexExW(NULL, global, 0, MUTEX_ALL_ACCESS) != NULL);
	EXPECT(OpenMutexA(SYNCHRONIZE, FALSE, "Global\\w") != NULL);
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateSemaphoreW(NULL, 0, 1, global));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     CreateSemaphoreExW(NULL, 0, 1, global, 0, SEMAPHORE_ALL_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, OpenSemaphoreW(SYNCHRONIZE, FALSE, global));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateWaitableTimerW(NULL, FALSE, global));
	EXPECT_ERROR(ERROR_INVALID_HANDLE,
		     CreateWaitableTimerExW(NULL, global, 0, TIMER_ALL_ACCESS));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, OpenWaitableTimerW(SYNCHRONIZE, FALSE, global));
}

static const struct check checks[] = {
	{ "NM-1", "case matters", case_matters },
	{ "NM-2", "one space for all types", one_space_for_all_types },
	{ "NM-3", "creating with the name of another type", creating_another_type },
	{ "NM-4", "opening with the name of another type", opening_another_type },
	{ "NM-5", "creating with the name of the same type", creating_the_same_type },
	{ "NM-6", "creating only what is new", create_new_only },
	{ "NM-7", "opening what is not there", opening_what_is_not_there },
	{ "NM-8", "opening with no right at all", opening_without_rights },
	{ "NM-9", "creating what exists wants all access", existing_wants_all_access },
	{ "NM-10", "of concurrent creators one is first", one_creator },
	{ "NM-11", "the name dies with the last handle", name_dies_with_the_last_handle },
	{ "NM-12", "sleepers do not keep the name", sleepers_do_not_keep_the_name },
	{ "NM-13", "lengths", lengths },
	{ "NM-14", "prefixes", prefixes },
	{ "NM-15", "no prefix is Local", no_prefix_is_local },
	{ "NM-16", "ordinary characters", ordinary_characters },
	{ "NM-17", "wrong backslashes", wrong_backslashes },
	{ "NM-18", "the empty name", empty_name },
	{ "NM-19", "unnamed objects stay unnamed", unnamed_stays_unnamed },
	{ "NM-20", "Global\\ needs no privilege", global_needs_no_privilege },
	{ "NM-21", "whoever is first has the name", squatting },
	{ "", "names in UTF-16 and UTF-8", wide_names },
};

const struct section names = { "names", checks, count_of(checks), NULL, 0 };
