// SPDX-License-Identifier: GPL-2.0-only
/* Section 9 of docs/windows-semantics.md: rights and security descriptors. */
#include "harness.h"

#include <stdlib.h>

static SECURITY_DESCRIPTOR descriptor;
static SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &descriptor, FALSE };
static union {
	ACL acl;
	BYTE bytes[512];
} acl;

static void begin_acl(void)
{
	MUST(InitializeAcl(&acl.acl, sizeof(acl), ACL_REVISION));
	MUST(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	MUST(SetSecurityDescriptorDacl(&descriptor, TRUE, &acl.acl, FALSE));
}

static void no_acl(void)
{
	MUST(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	MUST(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
}

static void allow(WELL_KNOWN_SID_TYPE who, DWORD mask)
{
	BYTE sid[SECURITY_MAX_SID_SIZE];
	DWORD length = sizeof(sid);

	MUST(CreateWellKnownSid(who, NULL, sid, &length));
	MUST(AddAccessAllowedAce(&acl.acl, ACL_REVISION, mask, sid));
}

static DWORD all_access(int type)
{
	return type == MUTEX ? MUTEX_ALL_ACCESS : EVENT_ALL_ACCESS;
}

static void generic_rights(void)
{
	for (int type = 0; type < TYPES; type++) {
		const char *name = type_names[type];
		HANDLE opened;

		MUST(create_any(type, NULL, name) != NULL);
		opened = open_any(type, GENERIC_READ | GENERIC_WRITE, FALSE, name);
		MUST(opened != NULL);
		EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(opened));
		opened = open_any(type, GENERIC_EXECUTE, FALSE, name);
		MUST(opened != NULL);
		EXPECT(try(opened) != WAIT_FAILED);
		opened = open_any(type, GENERIC_ALL, FALSE, name);
		MUST(opened != NULL);
		EXPECT(try(opened) != WAIT_FAILED);
	}
}

static void generic_rights_of_an_event(void)
{
	EVENT_BASIC_INFORMATION info;
	HANDLE opened;

	MUST(CreateEventA(NULL, TRUE, FALSE, "generic") != NULL);
	opened = OpenEventA(GENERIC_READ, FALSE, "generic");
	EXPECT_EQ(0, event_state(opened));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(opened));
	opened = OpenEventA(GENERIC_WRITE, FALSE, "generic");
	EXPECT(SetEvent(opened));
	EXPECT_EQ(STATUS_ACCESS_DENIED,
		  NtQueryEvent(opened, EventBasicInformation, &info, sizeof(info), NULL));
}

static void single_bits_of_a_mutex(void)
{
	const DWORD failing = 0x0de0fffe;

	MUST(CreateMutexA(NULL, FALSE, "single bits") != NULL);
	for (int bit = 0; bit < 32; bit++) {
		DWORD mask = 1u << bit, code;
		HANDLE opened;

		SetLastError(POISON);
		opened = OpenMutexA(mask, FALSE, "single bits");
		code = GetLastError();
		if (!EXPECT_EQ(!(failing & mask), opened != NULL))
			printf("# mask 0x%x\n", mask);
		if (failing & mask)
			EXPECT_EQ(mask == ACCESS_SYSTEM_SECURITY ? ERROR_PRIVILEGE_NOT_HELD :
								   ERROR_ACCESS_DENIED, code);
	}
}

static void creator_gets_what_it_asks_for(void)
{
	HANDLE event;

	begin_acl();
	for (int type = 0; type < TYPES; type++) {
		HANDLE handle = create_any(type, &attributes, "closed");

		EXPECT_EQ(ERROR_SUCCESS, GetLastError());
		MUST(handle != NULL);
		EXPECT(try(handle) != WAIT_FAILED);
		CloseHandle(handle);
	}
	event = CreateEventExA(&attributes, "an event", 0, SYNCHRONIZE);
	MUST(event != NULL);
	EXPECT_EQ(WAIT_TIMEOUT, try(event));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(event));
}

static void everybody_may(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\open %s", type_names[type]);
		EXPECT(open_any(type, all_access(type), FALSE, name) != NULL);
		EXPECT(create_any(type, NULL, name) != NULL);
	}
}

static void nobody_may(bool owner)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\closed %s", type_names[type]);
		EXPECT_ERROR(ERROR_ACCESS_DENIED, open_any(type, SYNCHRONIZE, FALSE, name));
		EXPECT_ERROR(ERROR_ACCESS_DENIED, create_any(type, NULL, name));
		/* Which is the owner's in any case [SEC-8]. */
		if (!owner)
			EXPECT_ERROR(ERROR_ACCESS_DENIED,
				     open_any(type, READ_CONTROL, FALSE, name));
	}
}

static void bob_may_wait(void)
{
	EXPECT(OpenEventA(SYNCHRONIZE, FALSE, "Global\\partly open") != NULL);
	EXPECT(OpenEventA(READ_CONTROL, FALSE, "Global\\partly open") != NULL);
	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     OpenEventA(EVENT_MODIFY_STATE, FALSE, "Global\\partly open"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     OpenEventA(SYNCHRONIZE | EVENT_QUERY_STATE, FALSE, "Global\\partly open"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CreateEventA(NULL, FALSE, FALSE, "Global\\partly open"));
}

/* Alice, because root overrides permissions. */
static void alice_and_her_descriptors(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		no_acl();
		snprintf(name, sizeof(name), "Global\\open %s", type_names[type]);
		MUST(create_any(type, &attributes, name) != NULL);
		begin_acl();
		snprintf(name, sizeof(name), "Global\\closed %s", type_names[type]);
		MUST(create_any(type, &attributes, name) != NULL);
	}
	everybody_may();
	/* Not even the creator. */
	nobody_may(true);
	begin_acl();
	allow(WinWorldSid, SYNCHRONIZE);
	allow(WinCreatorOwnerSid, EVENT_ALL_ACCESS);
	MUST(CreateEventA(&attributes, FALSE, FALSE, "Global\\partly open") != NULL);
	EXPECT(OpenEventA(EVENT_ALL_ACCESS, FALSE, "Global\\partly open") != NULL);
}

static HANDLE told, finished;

static void alice_for_bob(void)
{
	alice_and_her_descriptors();
	SetEvent(told);
	WaitForSingleObject(finished, PATIENCE_MS);
}

static void bob_and_alices_descriptors(void)
{
	everybody_may();
	nobody_may(false);
	bob_may_wait();
}

static void opening_looks_at_the_descriptor(void)
{
	pid_t pid;

	told = new_event(TRUE, FALSE);
	finished = new_event(TRUE, FALSE);
	pid = start_as(ALICE, alice_for_bob);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(told, PATIENCE_MS));
	EXPECT_EQ(0, as_user(BOB, bob_and_alices_descriptors));
	SetEvent(finished);
	EXPECT_EQ(0, end_of(pid));
}

static void bob_opens_maximum(void)
{
	HANDLE handle = OpenEventA(MAXIMUM_ALLOWED, FALSE, "Global\\some");

	MUST(handle != NULL);
	EXPECT_EQ(0, event_state(handle));
	EXPECT_EQ(WAIT_TIMEOUT, try(handle));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(handle));
	EXPECT(OpenEventA(MAXIMUM_ALLOWED | SYNCHRONIZE, FALSE, "Global\\some") != NULL);
	EXPECT_ERROR(ERROR_ACCESS_DENIED,
		     OpenEventA(MAXIMUM_ALLOWED | EVENT_MODIFY_STATE, FALSE, "Global\\some"));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenEventA(MAXIMUM_ALLOWED, FALSE, "Global\\none"));
}

static void maximum_allowed(void)
{
	HANDLE handle;

	begin_acl();
	allow(WinWorldSid, SYNCHRONIZE | EVENT_QUERY_STATE);
	MUST(CreateEventA(&attributes, TRUE, FALSE, "Global\\some") != NULL);
	MUST(CreateEventA(NULL, TRUE, FALSE, "Global\\none") != NULL);
	EXPECT_EQ(0, as_user(BOB, bob_opens_maximum));
	handle = OpenEventA(MAXIMUM_ALLOWED, FALSE, "Global\\none");
	EXPECT(SetEvent(handle));
}

static void close_it_to_all(void)
{
	HANDLE event = CreateEventA(&attributes, TRUE, FALSE, "Global\\changing"), owner;

	MUST(event != NULL);
	MUST(OpenEventA(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, "Global\\changing"));
	owner = OpenEventA(WRITE_DAC, FALSE, "Global\\changing");
	MUST(owner != NULL);
	MUST(wsync_set_perm(wsync_win32_fd(owner), WSYNC_PERM_MODE, 0, 0, 0) == 0);
	/* The handle that exists keeps its rights; a new one gets none. */
	EXPECT(SetEvent(event));
	EXPECT_EQ(WAIT_OBJECT_0, try(event));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenEventA(SYNCHRONIZE, FALSE, "Global\\changing"));
}

static void rights_stay(void)
{
	no_acl();
	EXPECT_EQ(0, as_user(ALICE, close_it_to_all));
}

static void bob_sees_defaults(void)
{
	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\default %s", type_names[type]);
		EXPECT_ERROR(ERROR_ACCESS_DENIED, open_any(type, SYNCHRONIZE, FALSE, name));
		EXPECT_ERROR(ERROR_ACCESS_DENIED, open_any(type, MAXIMUM_ALLOWED, FALSE, name));
	}
}

static void alice_creates_defaults(void)
{
	SECURITY_ATTRIBUTES empty = { sizeof(empty), NULL, FALSE };

	for (int type = 0; type < TYPES; type++) {
		char name[40];

		snprintf(name, sizeof(name), "Global\\default %s", type_names[type]);
		MUST(create_any(type, type % 2 ? NULL : &empty, name) != NULL);
		EXPECT(open_any(type, all_access(type), FALSE, name) != NULL);
	}
	SetEvent(told);
	WaitForSingleObject(finished, PATIENCE_MS);
}

static void the_default(void)
{
	pid_t pid;

	told = new_event(TRUE, FALSE);
	finished = new_event(TRUE, FALSE);
	pid = start_as(ALICE, alice_creates_defaults);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(told, PATIENCE_MS));
	EXPECT_EQ(0, as_user(BOB, bob_sees_defaults));
	SetEvent(finished);
	EXPECT_EQ(0, end_of(pid));
}

static void owner_reads_and_changes(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "Global\\owned");

	MUST(event != NULL);
	EXPECT(OpenEventA(READ_CONTROL, FALSE, "Global\\owned") != NULL);
	EXPECT(OpenEventA(WRITE_DAC, FALSE, "Global\\owned") != NULL);
	EXPECT(OpenEventA(READ_CONTROL | WRITE_DAC, FALSE, "Global\\owned") != NULL);
}

static void the_owner_may_change(void)
{
	EXPECT_EQ(0, as_user(ALICE, owner_reads_and_changes));
}

static void bob_is_still_out(void)
{
	EXPECT_ERROR(ERROR_ACCESS_DENIED, OpenEventA(SYNCHRONIZE, FALSE, "Global\\first"));
}

static void the_first_descriptor_counts(void)
{
	HANDLE first = CreateEventA(NULL, TRUE, FALSE, "Global\\first"), again;

	MUST(first != NULL);
	no_acl();
	again = CreateEventA(&attributes, TRUE, FALSE, "Global\\first");
	EXPECT_EQ(ERROR_ALREADY_EXISTS, GetLastError());
	EXPECT(again != NULL);
	EXPECT_EQ(0, as_user(BOB, bob_is_still_out));
}

static void each_operation_checks(void)
{
	HANDLE event = new_event(FALSE, TRUE), semaphore = new_semaphore(1, 2);
	HANDLE timer = new_timer(TRUE), mutex = new_mutex(TRUE);
	HANDLE nothing[] = { duplicate_of(event, READ_CONTROL),
			     duplicate_of(semaphore, READ_CONTROL),
			     duplicate_of(timer, READ_CONTROL) };
	LARGE_INTEGER due = in_ms(0);

	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetEvent(nothing[0]));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, ResetEvent(nothing[0]));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, PulseEvent(nothing[0]));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(nothing[0]));
	EXPECT_EQ(1, event_state(event));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, ReleaseSemaphore(nothing[1], 1, NULL));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED, try(nothing[1]));
	EXPECT_EQ(1, semaphore_count(semaphore));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, SetWaitableTimer(nothing[2], &due, 0, NULL, NULL, FALSE));
	EXPECT_ERROR(ERROR_ACCESS_DENIED, CancelWaitableTimer(nothing[2]));
	EXPECT(!timer_signaled(timer));
	EXPECT_WAIT_ERROR(ERROR_ACCESS_DENIED,
			  SignalObjectAndWait(mutex, nothing[0], 0, FALSE));
	EXPECT_MUTEX(0, TRUE, FALSE, mutex);
}

static void descriptors_that_are_refused(void)
{
	struct {
		ACE_HEADER header;
		ACCESS_MASK mask;
		SID sid;
	} deny = { { 1, 0, sizeof(deny) }, SYNCHRONIZE,
		   { SID_REVISION, 1, SECURITY_WORLD_SID_AUTHORITY, { SECURITY_WORLD_RID } } };
	SID stranger = { SID_REVISION, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } };

	/* Nine bits can't deny, and don't know strangers. */
	begin_acl();
	memcpy(acl.bytes + sizeof(ACL), &deny, sizeof(deny));
	acl.acl.AceCount = 1;
	EXPECT_ERROR(ERROR_INVALID_ACL, CreateEventA(&attributes, TRUE, FALSE, "denied"));
	begin_acl();
	MUST(AddAccessAllowedAce(&acl.acl, ACL_REVISION, GENERIC_ALL, &stranger));
	EXPECT_ERROR(ERROR_INVALID_ACL, CreateEventA(&attributes, TRUE, FALSE, "denied"));
	begin_acl();
	descriptor.Owner = &stranger;
	EXPECT_ERROR(ERROR_INVALID_SECURITY_DESCR,
		     CreateEventA(&attributes, TRUE, FALSE, "denied"));
	EXPECT_ERROR(ERROR_FILE_NOT_FOUND, OpenEventA(SYNCHRONIZE, FALSE, "denied"));
}

static const struct check checks[] = {
	{ "SEC-1", "generic rights and waits", generic_rights },
	{ "SEC-1", "generic rights of an event", generic_rights_of_an_event },
	{ "SEC-2", "single bits of a mutex", single_bits_of_a_mutex },
	{ "SEC-3", "the creator gets what it asks for", creator_gets_what_it_asks_for },
	{ "SEC-4", "opening looks at the descriptor", opening_looks_at_the_descriptor },
	{ "SEC-5", "MAXIMUM_ALLOWED", maximum_allowed },
	{ "SEC-6", "handles keep their rights", rights_stay },
	{ "SEC-7", "by default other users are denied", the_default },
	{ "SEC-8", "the owner may read and change the descriptor", the_owner_may_change },
	{ "SEC-9", "a later descriptor does not matter", the_first_descriptor_counts },
	{ "SEC-11", "each operation checks its own right", each_operation_checks },
	{ "", "differs, SEC-4: descriptors that are refused", descriptors_that_are_refused },
};

const struct section security = { "security", checks, count_of(checks), NULL, 0 };
