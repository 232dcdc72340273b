// SPDX-License-Identifier: GPL-2.0-only
/* Boundaries, private namespaces, and names in them. */
#include "w32.h"

static PSID make_sid(BYTE authority, BYTE count, DWORD first, DWORD second)
{
	SID_IDENTIFIER_AUTHORITY identifier = { { 0, 0, 0, 0, 0, authority } };
	PSID sid = NULL;

	assert_true(AllocateAndInitializeSid(&identifier, count, first, second, 0, 0, 0, 0, 0, 0,
					     &sid));
	return sid;
}

static void add(HANDLE *descriptor, PSID sid)
{
	assert_true(AddSIDToBoundaryDescriptor(descriptor, sid));
	FreeSid(sid);
}

static HANDLE boundary(const char *name)
{
	HANDLE descriptor = CreateBoundaryDescriptorA(name, 0);

	assert_non_null(descriptor);
	add(&descriptor, make_sid(1, 1, 0, 0));
	return descriptor;
}

static const struct winsync_ns_args *asked(void)
{
	return w32_argument(WINSYNC_IOC_NS_OPEN);
}

static void boundaries(void **state)
{
	static const WCHAR wide[] = { 'b', 0xe4, 0 };
	PSID sid = make_sid(1, 1, 0, 0);
	HANDLE descriptor;
	BYTE broken[12] = { 0 };

	(void)state;
	assert_fails(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorA(NULL, 0));
	assert_fails(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorA("", 0));
	assert_fails(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorA("b", 2));
	assert_fails(ERROR_NOT_SUPPORTED, CreateBoundaryDescriptorA("b", 1));
	assert_fails(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorW(NULL, 0));
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, CreateBoundaryDescriptorA("b", 0));
	fake_failing_allocation = 2;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, CreateBoundaryDescriptorA("b", 0));
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, CreateBoundaryDescriptorW(wide, 0));
	descriptor = CreateBoundaryDescriptorW(wide, 0);
	assert_non_null(descriptor);
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, AddSIDToBoundaryDescriptor(&descriptor, sid));
	assert_true(AddSIDToBoundaryDescriptor(&descriptor, sid));
	assert_true(AddSIDToBoundaryDescriptor(&descriptor, sid));
	assert_fails(ERROR_INVALID_SID, AddSIDToBoundaryDescriptor(&descriptor, broken));
	assert_fails(ERROR_INVALID_PARAMETER, AddSIDToBoundaryDescriptor(NULL, sid));
	assert_fails(ERROR_NOT_SUPPORTED, AddIntegrityLabelToBoundaryDescriptor(&descriptor, sid));
	assert_fails(ERROR_INVALID_SID, AddIntegrityLabelToBoundaryDescriptor(&descriptor, broken));
	assert_fails(ERROR_INVALID_PARAMETER, AddIntegrityLabelToBoundaryDescriptor(NULL, sid));
	/* As many as there is room for. */
	for (DWORD i = 1; i < 16; i++)
		add(&descriptor, make_sid(22, 2, 2, i));
	FreeSid(sid);
	sid = make_sid(22, 2, 2, 77);
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, AddSIDToBoundaryDescriptor(&descriptor, sid));
	FreeSid(sid);
	DeleteBoundaryDescriptor(descriptor);
	DeleteBoundaryDescriptor(NULL);
}

static void creates(void **state)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE descriptor = boundary("a:b\\c%"), space;

	(void)state;
	add(&descriptor, make_sid(22, 2, 1, geteuid()));
	space = CreatePrivateNamespaceA(NULL, descriptor, "alias");
	assert_ptr_equal(space, H(NAMESPACE));
	assert_int_equal(GetLastError(), ERROR_SUCCESS);
	assert_true(strncmp(w32_name, "Boundary:S-1-1-0:S-1-22-1-", 26) == 0);
	/* A name can't look like another one with more identifiers. */
	assert_string_equal(strchr(w32_name + 26, ':'), ":a%3Ab%5Cc%25");
	assert_int_equal(asked()->flags,
			 WINSYNC_NS_CREATE | WINSYNC_CREATE_EXCL | WINSYNC_NS_OWNED);
	assert_int_equal(asked()->access, WINSYNC_ACCESS_ALL);
	assert_int_equal(asked()->mode, 0700);
	/* Names behind the alias go there, bare. */
	assert_non_null(CreateEventA(NULL, FALSE, FALSE, "alias\\event"));
	assert_int_equal(w32_fd_of(WINSYNC_IOC_EVENT_CREATE), NAMESPACE);
	assert_string_equal(w32_name, "event");
	assert_non_null(OpenMutexA(SYNCHRONIZE, FALSE, "alias\\mutex"));
	assert_int_equal(w32_fd_of(WINSYNC_IOC_OPEN), NAMESPACE);
	assert_string_equal(w32_name, "mutex");
	assert_fails(ERROR_PATH_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "other\\mutex"));
	assert_fails(ERROR_PATH_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "alia\\mutex"));
	assert_fails(ERROR_PATH_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "alias\\a\\b"));
	assert_fails(ERROR_INVALID_NAME, OpenMutexA(SYNCHRONIZE, FALSE, "alias\\"));
	assert_fails(ERROR_INVALID_NAME, OpenMutexA(SYNCHRONIZE, FALSE, "alias\\\\b"));
	assert_true(ClosePrivateNamespace(space, 0));
	assert_false(w32_is_open(NAMESPACE));
	assert_int_equal(w32_calls(WINSYNC_IOC_NS_DESTROY), 0);
	assert_fails(ERROR_PATH_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "alias\\mutex"));
	assert_non_null(CreatePrivateNamespaceA(&inherit, descriptor, "alias"));
	assert_true(asked()->flags & WINSYNC_INHERIT);
	/* Closed with CloseHandle(), its alias is no use either. */
	assert_true(CloseHandle(H(NAMESPACE)));
	assert_fails(ERROR_PATH_NOT_FOUND, OpenMutexA(SYNCHRONIZE, FALSE, "alias\\mutex"));
	DeleteBoundaryDescriptor(descriptor);
}

static void opens(void **state)
{
	static const WCHAR alias[] = { 'w', 0xe4, 0 };
	HANDLE descriptor = boundary("b");

	(void)state;
	/* Who opens it need not be inside. */
	add(&descriptor, make_sid(22, 2, 1, geteuid() + 1));
	assert_ptr_equal(OpenPrivateNamespaceW(descriptor, alias), H(NAMESPACE));
	assert_int_equal(asked()->flags, 0);
	assert_int_equal(asked()->access,
			 WINSYNC_ACCESS_MAXIMUM | WINSYNC_ACCESS_SYNCHRONIZE);
	assert_non_null(OpenMutexA(SYNCHRONIZE, FALSE, "w\xc3\xa4\\mutex"));
	assert_true(ClosePrivateNamespace(H(NAMESPACE), PRIVATE_NAMESPACE_FLAG_DESTROY));
	assert_int_equal(w32_calls(WINSYNC_IOC_NS_DESTROY), 1);
	assert_fails(ERROR_ACCESS_DENIED, CreatePrivateNamespaceW(NULL, descriptor, alias));
	DeleteBoundaryDescriptor(descriptor);
}

/* Made by somebody whom the boundary does not name: a trap [NS-6]. */
static void made_by_others(void **state)
{
	struct winsync_stat stat = { .type = WINSYNC_TYPE_NAMESPACE, .uid = geteuid() + 1 };
	HANDLE descriptor = boundary("b");

	(void)state;
	add(&descriptor, make_sid(22, 2, WSYNC_UNIX_USER_RID, geteuid() + 2));
	w32_answer_with(WINSYNC_IOC_STAT, 0, &stat, sizeof(stat));
	assert_fails(ERROR_ACCESS_DENIED, OpenPrivateNamespaceA(descriptor, "a"));
	assert_false(w32_is_open(NAMESPACE));
	stat.uid++;
	w32_answer_with(WINSYNC_IOC_STAT, 0, &stat, sizeof(stat));
	assert_non_null(OpenPrivateNamespaceA(descriptor, "a"));
	assert_true(ClosePrivateNamespace(H(NAMESPACE), 0));
	DeleteBoundaryDescriptor(descriptor);
}

/* The group of a process is one it is inside of, and so are the others it is in. */
static void groups(void **state)
{
	const gid_t others[] = { getegid() + 7, getegid() + 8 };
	const DWORD inside[] = { getegid(), others[0], others[1] };
	HANDLE descriptor;

	(void)state;
	w32_groups(others, count_of(others));
	for (size_t i = 0; i < count_of(inside); i++) {
		descriptor = boundary("b");
		add(&descriptor, make_sid(22, 2, WSYNC_UNIX_GROUP_RID, inside[i]));
		assert_non_null(CreatePrivateNamespaceA(NULL, descriptor, "a"));
		assert_true(ClosePrivateNamespace(H(NAMESPACE), 0));
		DeleteBoundaryDescriptor(descriptor);
	}
	descriptor = boundary("b");
	add(&descriptor, make_sid(22, 2, WSYNC_UNIX_GROUP_RID, getegid() + 9));
	assert_fails(ERROR_ACCESS_DENIED, CreatePrivateNamespaceA(NULL, descriptor, "a"));
	DeleteBoundaryDescriptor(descriptor);
	w32_groups(NULL, 0);
}

/* Rights of directories: query, traverse, create an object or a directory. */
static void modes(void **state)
{
	static const struct {
		DWORD mask;
		uint32_t mode;
	} cases[] = {
		{ 0x1, 0444 }, { 0x2, 0111 }, { 0x4, 0222 }, { 0x8, 0222 }, { 0xf, 0777 },
		{ GENERIC_READ, 0555 }, { GENERIC_WRITE, 0222 }, { GENERIC_EXECUTE, 0111 },
		{ GENERIC_ALL, 0777 }, { SYNCHRONIZE, 0 },
	};
	union {
		ACL acl;
		char bytes[100];
	} list;
	SECURITY_DESCRIPTOR security;
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &security, FALSE };
	HANDLE descriptor = boundary("b");

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		PSID everyone = make_sid(1, 1, 0, 0);

		assert_true(InitializeAcl(&list.acl, sizeof(list), ACL_REVISION));
		assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, cases[i].mask, everyone));
		FreeSid(everyone);
		assert_true(InitializeSecurityDescriptor(&security,
							 SECURITY_DESCRIPTOR_REVISION));
		assert_true(SetSecurityDescriptorDacl(&security, TRUE, &list.acl, FALSE));
		assert_non_null(CreatePrivateNamespaceA(&attributes, descriptor, "a"));
		assert_int_equal(asked()->mode, cases[i].mode);
		assert_true(ClosePrivateNamespace(H(NAMESPACE), 0));
	}
	DeleteBoundaryDescriptor(descriptor);
}

static void errors(void **state)
{
	static const struct w32_pair cases[] = {
		{ EEXIST, ERROR_ALREADY_EXISTS, 0 }, { EACCES, ERROR_ACCESS_DENIED, 0 },
		{ ENOENT, ERROR_PATH_NOT_FOUND, 0 }, { EDQUOT, ERROR_NOT_ENOUGH_QUOTA, 0 },
		{ ENOMEM, ERROR_NOT_ENOUGH_MEMORY, 0 },
	};
	static const char *const aliases[] = { NULL, "", "a\\b", "Global", "Local" };
	SECURITY_DESCRIPTOR bad = { .Revision = 9 };
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &bad, FALSE };
	HANDLE descriptor = boundary("b"), empty = CreateBoundaryDescriptorA("b", 0), too_long;
	char name[900];

	(void)state;
	for (size_t i = 0; i < count_of(aliases); i++) {
		assert_fails(ERROR_INVALID_PARAMETER,
			     CreatePrivateNamespaceA(NULL, descriptor, aliases[i]));
		assert_fails(ERROR_INVALID_PARAMETER,
			     OpenPrivateNamespaceA(descriptor, aliases[i]));
	}
	assert_fails(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, NULL, "a"));
	assert_fails(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, empty, "a"));
	assert_fails(ERROR_INVALID_SECURITY_DESCR,
		     CreatePrivateNamespaceA(&attributes, descriptor, "a"));
	memset(name, 'x', sizeof(name));
	name[899] = '\0';
	assert_fails(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, descriptor, name));
	too_long = boundary(name);
	assert_fails(ERROR_FILENAME_EXCED_RANGE, CreatePrivateNamespaceA(NULL, too_long, "a"));
	DeleteBoundaryDescriptor(too_long);
	/* So many identifiers that they are too long themselves. */
	too_long = boundary("b");
	for (DWORD i = 0; i < 15; i++) {
		SID_IDENTIFIER_AUTHORITY authority = { { 0, 0, 0, 0, 0, 5 } };
		PSID sid;

		assert_true(AllocateAndInitializeSid(&authority, 8, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u,
						     ~0u, i, &sid));
		add(&too_long, sid);
	}
	assert_fails(ERROR_FILENAME_EXCED_RANGE, OpenPrivateNamespaceA(too_long, "a"));
	DeleteBoundaryDescriptor(too_long);
	assert_int_equal(w32_calls(WINSYNC_IOC_NS_OPEN), 0);
	for (size_t i = 0; i < count_of(cases); i++) {
		w32_answer(WINSYNC_IOC_NS_OPEN, -cases[i].error);
		assert_fails(cases[i].code, CreatePrivateNamespaceA(NULL, descriptor, "a"));
		assert_fails(cases[i].code, OpenPrivateNamespaceA(descriptor, "a"));
	}
	DeleteBoundaryDescriptor(descriptor);
	DeleteBoundaryDescriptor(empty);
}

static void out_of_memory(void **state)
{
	HANDLE descriptor = boundary("b");

	(void)state;
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY, CreatePrivateNamespaceA(NULL, descriptor, "a"));
	assert_false(w32_is_open(NAMESPACE));
	DeleteBoundaryDescriptor(descriptor);
}

/* Nothing of the longest name behind the longest alias is cut off. */
static void longest_names(void **state)
{
	HANDLE descriptor = boundary("b");
	WCHAR name[2 * 260 + 2];

	(void)state;
	for (size_t i = 0; i < count_of(name); i++)
		name[i] = 0x20ac;
	name[260] = 0;
	assert_non_null(CreatePrivateNamespaceW(NULL, descriptor, name));
	name[260] = '\\';
	name[count_of(name) - 1] = 0;
	assert_non_null(CreateEventW(NULL, FALSE, FALSE, name));
	assert_int_equal(strlen(w32_name), 780);
	assert_true(ClosePrivateNamespace(H(NAMESPACE), 0));
	DeleteBoundaryDescriptor(descriptor);
}

static void closing(void **state)
{
	HANDLE descriptor = boundary("b");

	(void)state;
	assert_fails(ERROR_INVALID_HANDLE, ClosePrivateNamespace(NULL, 0));
	assert_fails(ERROR_INVALID_HANDLE, ClosePrivateNamespace(H(OBJECT), 0));
	assert_fails(ERROR_INVALID_HANDLE, ClosePrivateNamespace(H(FOREIGN), 0));
	assert_non_null(CreatePrivateNamespaceA(NULL, descriptor, "a"));
	assert_fails(ERROR_INVALID_PARAMETER, ClosePrivateNamespace(H(NAMESPACE), 2));
	w32_answer(WINSYNC_IOC_NS_DESTROY, -EACCES);
	assert_fails(ERROR_ACCESS_DENIED, ClosePrivateNamespace(H(NAMESPACE), 1));
	assert_true(w32_is_open(NAMESPACE));
	/* Somebody else was first. */
	w32_answer(WINSYNC_IOC_NS_DESTROY, -ENOENT);
	assert_true(ClosePrivateNamespace(H(NAMESPACE), 1));
	assert_false(w32_is_open(NAMESPACE));
	DeleteBoundaryDescriptor(descriptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(boundaries, w32_setup),
		cmocka_unit_test_setup(creates, w32_setup),
		cmocka_unit_test_setup(opens, w32_setup),
		cmocka_unit_test_setup(made_by_others, w32_setup),
		cmocka_unit_test_setup(groups, w32_setup),
		cmocka_unit_test_setup(modes, w32_setup),
		cmocka_unit_test_setup(errors, w32_setup),
		cmocka_unit_test_setup(out_of_memory, w32_setup),
		cmocka_unit_test_setup(longest_names, w32_setup),
		cmocka_unit_test_setup(closing, w32_setup),
	};

	return cmocka_run_group_tests_name("win32_namespace", tests, NULL, NULL);
}
