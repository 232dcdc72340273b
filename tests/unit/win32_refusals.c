// SPDX-License-Identifier: GPL-2.0-only
/*
 * Last errors and statuses that many functions share: each of them, for each function, in
 * both forms. tests/unit/errors wants all that the manual states.
 */
#include "w32.h"

static SECURITY_DESCRIPTOR descriptor;
static ACL list;
static SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &descriptor, FALSE };

/* ASCII as UTF-16; one at a time. */
static const WCHAR *wide(const char *name)
{
	static WCHAR text[400];
	size_t i = 0;

	if (!name)
		return NULL;
	do {
		text[i] = (WCHAR)name[i];
	} while (name[i++]);
	return text;
}

static const char *longest(void)
{
	static char name[WSYNC_NAME_UNITS_MAX + 2];

	memset(name, 'x', sizeof(name) - 1);
	return name;
}

/* ---- names ---- */

#define CREATES(function, call) \
	static HANDLE function(LPSECURITY_ATTRIBUTES sa, const char *name, DWORD flags, \
			       DWORD access) \
	{ \
		(void)flags; \
		(void)access; \
		return call; \
	}

CREATES(event_a, CreateEventA(sa, TRUE, TRUE, name))
CREATES(event_w, CreateEventW(sa, TRUE, TRUE, wide(name)))
CREATES(event_ex_a, CreateEventExA(sa, name, flags, access))
CREATES(event_ex_w, CreateEventExW(sa, wide(name), flags, access))
CREATES(mutex_a, CreateMutexA(sa, TRUE, name))
CREATES(mutex_w, CreateMutexW(sa, TRUE, wide(name)))
CREATES(mutex_ex_a, CreateMutexExA(sa, name, flags, access))
CREATES(mutex_ex_w, CreateMutexExW(sa, wide(name), flags, access))
CREATES(semaphore_a, CreateSemaphoreA(sa, 2, 3, name))
CREATES(semaphore_w, CreateSemaphoreW(sa, 2, 3, wide(name)))
CREATES(semaphore_ex_a, CreateSemaphoreExA(sa, 2, 3, name, flags, access))
CREATES(semaphore_ex_w, CreateSemaphoreExW(sa, 2, 3, wide(name), flags, access))
CREATES(timer_a, CreateWaitableTimerA(sa, TRUE, name))
CREATES(timer_w, CreateWaitableTimerW(sa, TRUE, wide(name)))
CREATES(timer_ex_a, CreateWaitableTimerExA(sa, name, flags, access))
CREATES(timer_ex_w, CreateWaitableTimerExW(sa, wide(name), flags, access))

#define NO_FLAGS 0x80000000u
static const struct {
	HANDLE (*create)(LPSECURITY_ATTRIBUTES sa, const char *name, DWORD flags, DWORD access);
	unsigned long request;
	bool ex;	/* takes flags and rights */
} creators[] = {
	{ event_a, WINSYNC_IOC_EVENT_CREATE, false }, { event_w, WINSYNC_IOC_EVENT_CREATE, false },
	{ event_ex_a, WINSYNC_IOC_EVENT_CREATE, true },
	{ event_ex_w, WINSYNC_IOC_EVENT_CREATE, true },
	{ mutex_a, WINSYNC_IOC_MUTEX_CREATE, false }, { mutex_w, WINSYNC_IOC_MUTEX_CREATE, false },
	{ mutex_ex_a, WINSYNC_IOC_MUTEX_CREATE, true },
	{ mutex_ex_w, WINSYNC_IOC_MUTEX_CREATE, true },
	{ semaphore_a, WINSYNC_IOC_SEMAPHORE_CREATE, false },
	{ semaphore_w, WINSYNC_IOC_SEMAPHORE_CREATE, false },
	{ semaphore_ex_a, WINSYNC_IOC_SEMAPHORE_CREATE, true },
	{ semaphore_ex_w, WINSYNC_IOC_SEMAPHORE_CREATE, true },
	{ timer_a, WINSYNC_IOC_TIMER_CREATE, false }, { timer_w, WINSYNC_IOC_TIMER_CREATE, false },
	{ timer_ex_a, WINSYNC_IOC_TIMER_CREATE, true },
	{ timer_ex_w, WINSYNC_IOC_TIMER_CREATE, true },
};

#define OPENS(function, open) \
	static HANDLE function(DWORD access, const char *name) \
	{ \
		return open; \
	}

OPENS(open_event_a, OpenEventA(access, FALSE, name))
OPENS(open_event_w, OpenEventW(access, FALSE, wide(name)))
OPENS(open_mutex_a, OpenMutexA(access, FALSE, name))
OPENS(open_mutex_w, OpenMutexW(access, FALSE, wide(name)))
OPENS(open_semaphore_a, OpenSemaphoreA(access, FALSE, name))
OPENS(open_semaphore_w, OpenSemaphoreW(access, FALSE, wide(name)))
OPENS(open_timer_a, OpenWaitableTimerA(access, FALSE, name))
OPENS(open_timer_w, OpenWaitableTimerW(access, FALSE, wide(name)))

static HANDLE (*const openers[])(DWORD access, const char *name) = {
	open_event_a, open_event_w, open_mutex_a, open_mutex_w,
	open_semaphore_a, open_semaphore_w, open_timer_a, open_timer_w,
};

static void names(void **state)
{
	static const struct {
		const char *name;
		DWORD code;
	} bad[] = {
		{ "\\x", ERROR_BAD_PATHNAME }, { "x\\y", ERROR_PATH_NOT_FOUND },
		{ "Global\\", ERROR_INVALID_NAME }, { NULL, ERROR_FILENAME_EXCED_RANGE },
	};

	(void)state;
	for (size_t k = 0; k < count_of(bad); k++) {
		const char *name = bad[k].name ? bad[k].name : longest();

		for (size_t i = 0; i < count_of(creators); i++)
			assert_fails(bad[k].code,
				     creators[i].create(NULL, name, 0, SYNCHRONIZE));
		for (size_t i = 0; i < count_of(openers); i++)
			assert_fails(bad[k].code, openers[i](SYNCHRONIZE, name));
	}
	assert_int_equal(w32_calls(WINSYNC_IOC_NS_OPEN), 0);
}

static void no_device(void **state)
{
	(void)state;
	w32_answer(WINSYNC_IOC_NS_OPEN, -ENODEV);
	for (size_t i = 0; i < count_of(creators); i++)
		assert_fails(ERROR_DEV_NOT_EXIST, creators[i].create(NULL, "x", 0, SYNCHRONIZE));
	for (size_t i = 0; i < count_of(openers); i++)
		assert_fails(ERROR_DEV_NOT_EXIST, openers[i](SYNCHRONIZE, "x"));
}

static void descriptors_and_lists(void **state)
{
	HANDLE boundary;
	PSID sid;
	SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;

	(void)state;
	boundary = CreateBoundaryDescriptorA("b", 0);
	assert_true(AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
	assert_true(AddSIDToBoundaryDescriptor(&boundary, sid));
	FreeSid(sid);
	assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	descriptor.Owner = &list;
	for (size_t i = 0; i < count_of(creators); i++)
		assert_fails(ERROR_INVALID_SECURITY_DESCR,
			     creators[i].create(&attributes, NULL, 0, SYNCHRONIZE));
	assert_fails(ERROR_INVALID_SECURITY_DESCR,
		     CreatePrivateNamespaceA(&attributes, boundary, "a"));
	assert_fails(ERROR_INVALID_SECURITY_DESCR,
		     CreatePrivateNamespaceW(&attributes, boundary, wide("a")));
	descriptor.Owner = NULL;
	/* An entry, and no room for one. */
	list = (ACL){ .AclRevision = ACL_REVISION, .AclSize = sizeof(list), .AceCount = 1 };
	assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, &list, FALSE));
	for (size_t i = 0; i < count_of(creators); i++)
		assert_fails(ERROR_INVALID_ACL,
			     creators[i].create(&attributes, NULL, 0, SYNCHRONIZE));
	assert_fails(ERROR_INVALID_ACL, CreatePrivateNamespaceA(&attributes, boundary, "a"));
	assert_fails(ERROR_INVALID_ACL, CreatePrivateNamespaceW(&attributes, boundary, wide("a")));
	for (size_t i = 0; i < count_of(creators); i++)
		assert_int_equal(w32_calls(creators[i].request), 0);
	DeleteBoundaryDescriptor(boundary);
}

static void flags_and_rights(void **state)
{
	(void)state;
	for (size_t i = 0; i < count_of(creators); i++) {
		if (!creators[i].ex)
			continue;
		assert_fails(ERROR_INVALID_PARAMETER,
			     creators[i].create(NULL, NULL, NO_FLAGS, SYNCHRONIZE));
		assert_fails(ERROR_PRIVILEGE_NOT_HELD,
			     creators[i].create(NULL, NULL, 0, ACCESS_SYSTEM_SECURITY));
		assert_int_equal(w32_calls(creators[i].request), 0);
	}
	for (size_t i = 0; i < count_of(openers); i++) {
		w32_answer(WINSYNC_IOC_OPEN, -EACCES);
		assert_fails(ERROR_PRIVILEGE_NOT_HELD, openers[i](ACCESS_SYSTEM_SECURITY, "x"));
	}
	assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreA(NULL, 2, 1, NULL));
	assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreW(NULL, 2, 1, NULL));
	assert_fails(ERROR_NOT_SUPPORTED, CreateBoundaryDescriptorW(wide("b"), 1));
}

/* ---- private namespaces ---- */

#define PRIVATE(function, call) \
	static HANDLE function(HANDLE boundary, const char *alias) \
	{ \
		return call; \
	}

PRIVATE(create_private_a, CreatePrivateNamespaceA(NULL, boundary, alias))
PRIVATE(create_private_w, CreatePrivateNamespaceW(NULL, boundary, wide(alias)))
PRIVATE(open_private_a, OpenPrivateNamespaceA(boundary, alias))
PRIVATE(open_private_w, OpenPrivateNamespaceW(boundary, wide(alias)))

static void private_namespaces(void **state)
{
	static const struct {
		int error;
		DWORD code;
	} cases[] = {
		{ ENOENT, ERROR_PATH_NOT_FOUND }, { EACCES, ERROR_ACCESS_DENIED },
		{ EDQUOT, ERROR_NOT_ENOUGH_QUOTA }, { ENODEV, ERROR_DEV_NOT_EXIST },
		{ EEXIST, ERROR_ALREADY_EXISTS },
	};
	static HANDLE (*const calls[])(HANDLE boundary, const char *alias) = {
		create_private_a, create_private_w, open_private_a, open_private_w,
	};
	SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;
	HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
	HANDLE too_long = CreateBoundaryDescriptorA(longest(), 0);
	PSID sid;

	(void)state;
	assert_true(AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
	assert_true(AddSIDToBoundaryDescriptor(&boundary, sid));
	assert_true(AddSIDToBoundaryDescriptor(&too_long, sid));
	FreeSid(sid);
	for (size_t i = 0; i < count_of(calls); i++) {
		assert_fails(ERROR_INVALID_PARAMETER, calls[i](NULL, "a"));
		assert_fails(ERROR_INVALID_PARAMETER, calls[i](boundary, "a\\b"));
		assert_fails(ERROR_FILENAME_EXCED_RANGE, calls[i](too_long, "a"));
		for (size_t k = 0; k < count_of(cases); k++) {
			w32_answer(WINSYNC_IOC_NS_OPEN, -cases[k].error);
			assert_fails(cases[k].code, calls[i](boundary, "a"));
		}
	}
	DeleteBoundaryDescriptor(boundary);
	DeleteBoundaryDescriptor(too_long);
}

/* ---- waits ---- */

#define WAITS(function, call) \
	static DWORD function(HANDLE handle) \
	{ \
		return call; \
	}

WAITS(single, WaitForSingleObject(handle, 0))
WAITS(single_ex, WaitForSingleObjectEx(handle, 0, FALSE))
WAITS(several, WaitForMultipleObjects(1, &handle, FALSE, 0))
WAITS(several_ex, WaitForMultipleObjectsEx(1, &handle, FALSE, 0, FALSE))
WAITS(signal, SignalObjectAndWait(handle, H(OTHER), 0, FALSE))

static void waits(void **state)
{
	static const struct {
		DWORD (*call)(HANDLE handle);
		unsigned long request;
	} calls[] = {
		{ single, WINSYNC_IOC_WAIT }, { single_ex, WINSYNC_IOC_WAIT },
		{ several, WINSYNC_IOC_WAIT_ANY }, { several_ex, WINSYNC_IOC_WAIT_ANY },
		{ signal, WINSYNC_IOC_SIGNAL_AND_WAIT },
	};

	for (size_t i = 0; i < count_of(calls); i++) {
		w32_setup(state);
		assert_wait_fails(ERROR_INVALID_HANDLE, calls[i].call(NULL));
		assert_wait_fails(ERROR_INVALID_HANDLE, calls[i].call(H(CLOSED)));
		w32_answer(calls[i].request, -EACCES);
		assert_wait_fails(ERROR_ACCESS_DENIED, calls[i].call(H(OBJECT)));
		w32_answer(calls[i].request, -ENOMEM);
		assert_wait_fails(ERROR_NOT_ENOUGH_MEMORY, calls[i].call(H(OBJECT)));
		if (calls[i].call == signal)
			continue;
		w32_answer(calls[i].request, -EOVERFLOW);
		assert_wait_fails(ERROR_MUTANT_LIMIT_EXCEEDED, calls[i].call(H(OBJECT)));
	}
}

static void arrays_of_handles(void **state)
{
	HANDLE handles[] = { H(OBJECT), H(FOREIGN) };

	(void)state;
	w32_answer(WINSYNC_IOC_WAIT_ALL, -EBADFD);
	for (BOOL all = FALSE; all <= TRUE; all++) {
		assert_wait_fails(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjectsEx(0, handles, all, 0, TRUE));
		assert_wait_fails(ERROR_INVALID_PARAMETER,
				  WaitForMultipleObjectsEx(65, handles, all, 0, TRUE));
		assert_wait_fails(ERROR_NOACCESS, WaitForMultipleObjectsEx(2, NULL, all, 0, TRUE));
	}
	assert_wait_fails(ERROR_NOT_SUPPORTED, WaitForMultipleObjects(2, handles, TRUE, 0));
	assert_wait_fails(ERROR_NOT_SUPPORTED,
			  WaitForMultipleObjectsEx(2, handles, TRUE, 0, FALSE));
}

static void native_wait(void **state)
{
	(void)state;
	assert_status(NtWaitForSingleObject(NULL, FALSE, NULL), STATUS_INVALID_HANDLE);
	assert_status(NtWaitForSingleObject(H(CLOSED), FALSE, NULL), STATUS_INVALID_HANDLE);
	assert_status(NtWaitForSingleObject(H(FOREIGN), FALSE, NULL),
		      STATUS_OBJECT_TYPE_MISMATCH);
	for (size_t i = 0; i < w32_pair_count; i++) {
		w32_answer(WINSYNC_IOC_WAIT, -w32_pairs[i].error);
		assert_status(NtWaitForSingleObject(H(OBJECT), FALSE, NULL), w32_pairs[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names, w32_setup),
		cmocka_unit_test_setup(no_device, w32_setup),
		cmocka_unit_test_setup(descriptors_and_lists, w32_setup),
		cmocka_unit_test_setup(flags_and_rights, w32_setup),
		cmocka_unit_test_setup(private_namespaces, w32_setup),
		cmocka_unit_test_setup(waits, w32_setup),
		cmocka_unit_test_setup(arrays_of_handles, w32_setup),
		cmocka_unit_test_setup(native_wait, w32_setup),
	};

	return cmocka_run_group_tests_name("win32_refusals", tests, NULL, NULL);
}
