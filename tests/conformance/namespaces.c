// SPDX-License-Identifier: GPL-2.0-only
/* Section 6b of docs/windows-semantics.md: private namespaces. */
#include "harness.h"

#include <stdlib.h>

static PSID everyone(void)
{
	static SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;
	PSID sid = NULL;

	MUST(AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &sid));
	return sid;
}

static PSID unix_user(DWORD uid)
{
	static SID_IDENTIFIER_AUTHORITY authority = WSYNC_UNIX_SID_AUTHORITY;
	PSID sid = NULL;

	MUST(AllocateAndInitializeSid(&authority, 2, WSYNC_UNIX_USER_RID, uid, 0, 0, 0, 0, 0, 0,
				      &sid));
	return sid;
}

static HANDLE boundary(const char *name, PSID sid)
{
	HANDLE descriptor = CreateBoundaryDescriptorA(name, 0);

	MUST(descriptor != NULL);
	if (sid)
		MUST(AddSIDToBoundaryDescriptor(&descriptor, sid));
	return descriptor;
}

static bool exists(const char *name)
{
	HANDLE handle = OpenEventA(SYNCHRONIZE, FALSE, name);

	if (handle)
		CloseHandle(handle);
	return handle != NULL;
}

static void boundaries(void)
{
	HANDLE empty = boundary("b", NULL), descriptor = boundary("b", everyone());

	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, empty, "alias"));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, OpenPrivateNamespaceA(empty, "alias"));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, NULL, "alias"));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, descriptor, NULL));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreatePrivateNamespaceA(NULL, descriptor, "a\\b"));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorA(NULL, 0));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, CreateBoundaryDescriptorA("b", 2));
	EXPECT(CreatePrivateNamespaceA(NULL, descriptor, "alias") != NULL);
	DeleteBoundaryDescriptor(empty);
	DeleteBoundaryDescriptor(descriptor);
	/* The descriptor is not needed any more. */
	EXPECT(CreateEventA(NULL, TRUE, FALSE, "alias\\event") != NULL);
}

static void elements(void)
{
	HANDLE descriptor = CreateBoundaryDescriptorA("b", 0), before = descriptor;
	PSID sid = everyone();
	BYTE broken[SECURITY_MAX_SID_SIZE] = { 0 };

	EXPECT(AddSIDToBoundaryDescriptor(&descriptor, sid));
	EXPECT(AddSIDToBoundaryDescriptor(&descriptor, sid));
	EXPECT(descriptor != NULL && before != NULL);
	EXPECT_ERROR(ERROR_INVALID_SID, AddSIDToBoundaryDescriptor(&descriptor, broken));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, AddSIDToBoundaryDescriptor(NULL, sid));
	/* Linux has no integrity levels. */
	EXPECT_ERROR(ERROR_NOT_SUPPORTED, AddIntegrityLabelToBoundaryDescriptor(&descriptor, sid));
	FreeSid(sid);
	DeleteBoundaryDescriptor(descriptor);
}

static void bob_is_outside(void)
{
	HANDLE descriptor = boundary("walled", unix_user(ALICE));

	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreatePrivateNamespaceA(NULL, descriptor, "a"));
	MUST(AddSIDToBoundaryDescriptor(&descriptor, everyone()));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreatePrivateNamespaceA(NULL, descriptor, "a"));
}

static void alice_is_inside(void)
{
	HANDLE descriptor = boundary("walled", unix_user(ALICE));

	MUST(AddSIDToBoundaryDescriptor(&descriptor, everyone()));
	EXPECT(CreatePrivateNamespaceA(NULL, descriptor, "a") != NULL);
}

static void creator_must_be_inside(void)
{
	EXPECT_EQ(0, as_user(BOB, bob_is_outside));
	EXPECT_EQ(0, as_user(ALICE, alice_is_inside));
}

static HANDLE impostor_stands;

/*
 * The module knows nothing of boundaries: bob can make a namespace of just the name that
 * one of alice's would have.
 */
static void bob_builds_for_alice(void)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts),
		.access = WSYNC_ACCESS_ALL,
		.mode = 0777,
	};
	struct wsync_opts trap = { .sz = sizeof(trap), .mode = 0777 };
	int event;

	MUST(!wsync_namespace_open(NULL, "Boundary:S-1-22-1-1000:hers", WSYNC_NS_CREATE | WSYNC_EXCL,
				   &opts, &trap.ns, NULL));
	MUST(!wsync_event_create(NULL, "trap", WSYNC_IN_NAMESPACE, &trap, &event, NULL));
	SetEvent(impostor_stands);
	Sleep(INFINITE);
}

static void nobody_enters(void)
{
	HANDLE hers = boundary("hers", unix_user(ALICE));

	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenPrivateNamespaceA(hers, "alias"));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "alias\\trap"));
}

static void alice_is_told(void)
{
	nobody_enters();
	EXPECT_ERROR(ERROR_ALREADY_EXISTS,
		     CreatePrivateNamespaceA(NULL, boundary("hers", unix_user(ALICE)), "alias"));
}

static void root_builds_for_alice(void)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts),
		.access = WSYNC_ACCESS_ALL,
		.mode = 0777,
	};
	int fd;

	MUST(!wsync_namespace_open(NULL, "Boundary:S-1-22-1-1000:given", WSYNC_NS_CREATE, &opts, &fd,
				   NULL));
}

static void alice_enters_what_is_given(void)
{
	EXPECT(OpenPrivateNamespaceA(boundary("given", unix_user(ALICE)), "alias") != NULL);
}

static void opener_is_not_fooled(void)
{
	impostor_stands = new_event(FALSE, FALSE);
	start_as(BOB, bob_builds_for_alice);
	MUST(WaitForSingleObject(impostor_stands, PATIENCE_MS) == WAIT_OBJECT_0);
	EXPECT_EQ(0, as_user(ALICE, alice_is_told));
	EXPECT_EQ(0, as_user(BOB, nobody_enters));
	EXPECT_EQ(0, as_user(0, nobody_enters));
	/* The administrator may be anybody. */
	root_builds_for_alice();
	EXPECT_EQ(0, as_user(ALICE, alice_enters_what_is_given));
}

static void created_once(void)
{
	HANDLE descriptor = boundary("once", everyone());

	MUST(CreatePrivateNamespaceA(NULL, descriptor, "first") != NULL);
	EXPECT_ERROR(ERROR_ALREADY_EXISTS, CreatePrivateNamespaceA(NULL, descriptor, "first"));
	EXPECT_ERROR(ERROR_ALREADY_EXISTS, CreatePrivateNamespaceA(NULL, descriptor, "second"));
	EXPECT(OpenPrivateNamespaceA(descriptor, "first") != NULL);
}

static int open_and_look(int argc, char **argv)
{
	HANDLE descriptor = boundary("shared", everyone());

	(void)argv;
	if (argc != 1)
		return 2;
	if (!OpenPrivateNamespaceA(descriptor, "alias"))
		return 3;
	return exists("alias\\inside") ? 0 : 1;
}

static void identity(void)
{
	HANDLE shared = boundary("shared", everyone()), other = boundary("other", everyone());
	HANDLE two_sids = boundary("shared", everyone()), space;

	space = CreatePrivateNamespaceA(NULL, shared, "alias");
	MUST(space != NULL);
	MUST(CreateEventA(NULL, TRUE, FALSE, "alias\\inside") != NULL);
	/* The same boundary and alias in another process: the same namespace. */
	EXPECT_EQ(0, run_program("open-and-look", 0));
	/* Another boundary, by name or by identifiers: another one. */
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceA(other, "other"));
	MUST(AddSIDToBoundaryDescriptor(&two_sids, unix_user(0)));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceA(two_sids, "other"));
	EXPECT(CreatePrivateNamespaceA(NULL, other, "other") != NULL);
	EXPECT(!exists("other\\inside"));
}

/* The order in which identifiers were added does not matter, nor do odd names. */
static void identity_in_any_order(void)
{
	HANDLE one = boundary("a:b\\c%25", everyone());
	HANDLE two = boundary("a:b\\c%25", unix_user(0));

	MUST(AddSIDToBoundaryDescriptor(&one, unix_user(0)));
	MUST(AddSIDToBoundaryDescriptor(&two, everyone()));
	MUST(CreatePrivateNamespaceA(NULL, one, "alias") != NULL);
	EXPECT_ERROR(ERROR_ALREADY_EXISTS, CreatePrivateNamespaceA(NULL, two, "alias"));
	EXPECT(CreatePrivateNamespaceA(NULL, boundary("a:b%5Cc%25", everyone()), "b") != NULL);
}

static SECURITY_ATTRIBUTES *open_to_all(void)
{
	static SECURITY_DESCRIPTOR descriptor;
	static SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &descriptor, FALSE };

	MUST(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	MUST(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
	return &attributes;
}

static void bob_may_open(void)
{
	HANDLE space = OpenPrivateNamespaceA(boundary("roots", unix_user(0)), "alias");

	EXPECT(space != NULL);
	EXPECT(exists("alias\\open"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenEventA(SYNCHRONIZE, FALSE, "alias\\closed"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenPrivateNamespaceA(boundary("closed", unix_user(0)),
								"other"));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND,
		     OpenPrivateNamespaceA(boundary("missing", unix_user(0)), "other"));
}

static void opener_may_be_outside(void)
{
	MUST(CreatePrivateNamespaceA(open_to_all(), boundary("roots", unix_user(0)), "alias"));
	MUST(CreatePrivateNamespaceA(NULL, boundary("closed", unix_user(0)), "closed"));
	MUST(CreateEventA(open_to_all(), TRUE, FALSE, "alias\\open"));
	MUST(CreateEventA(NULL, TRUE, FALSE, "alias\\closed"));
	EXPECT_EQ(0, as_user(BOB, bob_may_open));
}

static void names_inside(void)
{
	HANDLE event, again;

	MUST(CreatePrivateNamespaceA(NULL, boundary("rules", everyone()), "alias"));
	event = CreateEventA(NULL, TRUE, FALSE, "alias\\event");
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	MUST(event != NULL);
	again = CreateEventA(NULL, FALSE, TRUE, "alias\\event");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	EXPECT(CompareObjectHandles(event, again));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, CreateMutexA(NULL, FALSE, "alias\\event"));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "alias\\EVENT"));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "event"));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "Global\\event"));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "stranger\\event"));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "Alias\\event"));
	EXPECT_ERROR(ERROR_INVALID_NAME, OpenEventA(SYNCHRONIZE, FALSE, "alias\\"));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "alias\\event\\x"));
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "alias\\a %s", type_names[type]);
		EXPECT(create_any(type, NULL, name) && open_any(type, SYNCHRONIZE, FALSE, name));
	}
}

static void closing(void)
{
	HANDLE descriptor = boundary("closing", everyone());
	HANDLE creator = CreatePrivateNamespaceA(NULL, descriptor, "creator");
	HANDLE opener = OpenPrivateNamespaceA(descriptor, "opener"), event;

	MUST(creator && opener);
	event = CreateEventA(NULL, TRUE, FALSE, "creator\\event");
	MUST(event != NULL);
	/* Closing another handle than the creator's is nothing special. */
	EXPECT(ClosePrivateNamespace(opener, 0));
	EXPECT(!exists("opener\\event"));
	opener = OpenPrivateNamespaceA(descriptor, "opener");
	MUST(opener != NULL);
	EXPECT(ClosePrivateNamespace(creator, 0));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceA(descriptor, "late"));
	EXPECT(SetEvent(event));
	EXPECT(exists("opener\\event"));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ClosePrivateNamespace(creator, 0));
	EXPECT_ERROR(ERROR_INVALID_HANDLE, ClosePrivateNamespace(event, 0));
	EXPECT_ERROR(ERROR_INVALID_PARAMETER, ClosePrivateNamespace(opener, 2));
	EXPECT(ClosePrivateNamespace(opener, 0));
}

static int create_and_exit(int argc, char **argv)
{
	(void)argv;
	return argc == 1 && CreatePrivateNamespaceA(NULL, boundary("exiting", everyone()), "a") ?
		       0 : 1;
}

static void destroying(void)
{
	HANDLE descriptor = boundary("destroyed", everyone());
	HANDLE creator = CreatePrivateNamespaceA(NULL, descriptor, "creator");
	HANDLE opener = OpenPrivateNamespaceA(descriptor, "opener"), event, fresh, fresh_event;

	MUST(creator && opener);
	event = CreateEventA(NULL, TRUE, FALSE, "creator\\event");
	EXPECT(ClosePrivateNamespace(creator, PRIVATE_NAMESPACE_FLAG_DESTROY));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceA(descriptor, "late"));
	EXPECT(SetEvent(event));
	EXPECT(exists("opener\\event"));
	/* What is made now is independent of what survives. */
	fresh = CreatePrivateNamespaceA(NULL, descriptor, "fresh");
	MUST(fresh != NULL);
	EXPECT(!exists("fresh\\event"));
	fresh_event = CreateEventA(NULL, TRUE, FALSE, "fresh\\event");
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	EXPECT_ERROR(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(event, fresh_event));
	EXPECT_EQ(0, event_state(fresh_event));
}

static void creator_exits(void)
{
	HANDLE descriptor = boundary("exiting", everyone());

	EXPECT_EQ(0, run_program("create-and-exit", 0));
	EXPECT_ERROR(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceA(descriptor, "late"));
	EXPECT(CreatePrivateNamespaceA(NULL, descriptor, "again") != NULL);
}

static void bob_wide(void)
{
	static const WCHAR name[] = { 'r', 'o', 'o', 't', 's', 0 };
	static const WCHAR alias[] = { 'w', 0xe4, 0 };
	HANDLE descriptor = CreateBoundaryDescriptorW(name, 0);

	MUST(descriptor != NULL);
	MUST(AddSIDToBoundaryDescriptor(&descriptor, unix_user(0)));
	EXPECT(OpenPrivateNamespaceW(descriptor, alias) != NULL);
	EXPECT(exists("w\xc3\xa4\\open"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreatePrivateNamespaceW(NULL, descriptor, alias));
}

static void wide_names(void)
{
	MUST(CreatePrivateNamespaceA(open_to_all(), boundary("roots", unix_user(0)), "alias"));
	MUST(CreateEventA(open_to_all(), TRUE, FALSE, "alias\\open"));
	EXPECT_EQ(0, as_user(BOB, bob_wide));
}

static const struct check checks[] = {
	{ "NS-1", "boundary descriptors", boundaries },
	{ "NS-2", "elements of boundaries", elements },
	{ "NS-3", "the creator must be inside", creator_must_be_inside },
	{ "NS-3", "the opener is not fooled by one who was not", opener_is_not_fooled },
	{ "NS-4", "an existing one can't be created", created_once },
	{ "NS-5", "the boundary is the identity", identity },
	{ "NS-5", "whatever the order of its elements", identity_in_any_order },
	{ "NS-6, NS-10", "the descriptor says who may open, inside or not", opener_may_be_outside },
	{ "NS-7", "names inside", names_inside },
	{ "NS-8", "closing", closing },
	{ "NS-8, NS-9", "destroying", destroying },
	{ "NS-8", "the creator exits", creator_exits },
	{ "", "namespaces through UTF-16", wide_names },
};

static const struct program programs[] = {
	{ "open-and-look", open_and_look },
	{ "create-and-exit", create_and_exit },
};

const struct section namespaces = {
	"namespaces", checks, count_of(checks), programs, count_of(programs),
};
