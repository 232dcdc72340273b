// SPDX-License-Identifier: GPL-2.0-only
/* Identifiers, lists and descriptors, and the mode an object gets of them. */
#include "w32.h"

static union {
	ACL acl;
	BYTE bytes[600];
} list;
static SECURITY_DESCRIPTOR descriptor;
static SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &descriptor, FALSE };

static PSID make_sid(BYTE authority, BYTE count, DWORD first, DWORD second)
{
	SID_IDENTIFIER_AUTHORITY identifier = { { 0, 0, 0, 0, 0, authority } };
	PSID sid = NULL;

	assert_true(AllocateAndInitializeSid(&identifier, count, first, second, 0, 0, 0, 0, 0, 0,
					     &sid));
	return sid;
}

static void identifiers(void **state)
{
	SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;
	BYTE buffer[SECURITY_MAX_SID_SIZE];
	DWORD length = sizeof(buffer);
	PSID everyone = make_sid(1, 1, 0, 0), user = make_sid(22, 2, 1, 1000), sid;
	SID broken = { .Revision = 2, .SubAuthorityCount = 1 };

	(void)state;
	assert_true(IsValidSid(everyone));
	assert_false(IsValidSid(NULL));
	assert_false(IsValidSid(&broken));
	broken.Revision = SID_REVISION;
	broken.SubAuthorityCount = 16;
	assert_false(IsValidSid(&broken));
	assert_int_equal(GetLengthSid(everyone), 12);
	assert_int_equal(GetLengthSid(user), 16);
	assert_true(CreateWellKnownSid(WinWorldSid, NULL, buffer, &length));
	assert_int_equal(length, 12);
	assert_true(EqualSid(everyone, buffer));
	assert_false(EqualSid(everyone, user));
	assert_fails(ERROR_INVALID_SID, EqualSid(everyone, &broken));
	assert_fails(ERROR_INVALID_SID, EqualSid(&broken, everyone));
	length = 4;
	assert_fails(ERROR_INSUFFICIENT_BUFFER,
		     CreateWellKnownSid(WinCreatorOwnerSid, NULL, buffer, &length));
	assert_int_equal(length, 12);
	assert_true(CreateWellKnownSid(WinCreatorOwnerSid, NULL, buffer, &length));
	assert_true(CreateWellKnownSid(WinCreatorGroupSid, NULL, buffer, &length));
	assert_fails(ERROR_INSUFFICIENT_BUFFER,
		     CreateWellKnownSid(WinWorldSid, NULL, NULL, &length));
	assert_fails(ERROR_INVALID_PARAMETER,
		     CreateWellKnownSid(WinWorldSid, everyone, buffer, &length));
	assert_fails(ERROR_INVALID_PARAMETER, CreateWellKnownSid(WinWorldSid, NULL, buffer, NULL));
	assert_fails(ERROR_NOT_SUPPORTED,
		     CreateWellKnownSid((WELL_KNOWN_SID_TYPE)77, NULL, buffer, &length));
	assert_fails(ERROR_INVALID_SID,
		     AllocateAndInitializeSid(&world, 9, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
	assert_fails(ERROR_INVALID_PARAMETER,
		     AllocateAndInitializeSid(NULL, 1, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
	assert_fails(ERROR_INVALID_PARAMETER,
		     AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, NULL));
	fake_failing_allocation = 1;
	assert_fails(ERROR_NOT_ENOUGH_MEMORY,
		     AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
	assert_null(FreeSid(everyone));
	assert_null(FreeSid(user));
}

static void lists(void **state)
{
	PSID everyone = make_sid(1, 1, 0, 0);
	BYTE broken[12] = { 0 };

	(void)state;
	assert_fails(ERROR_INSUFFICIENT_BUFFER, InitializeAcl(&list.acl, 7, ACL_REVISION));
	assert_fails(ERROR_INVALID_PARAMETER, InitializeAcl(&list.acl, 100, 1));
	assert_fails(ERROR_INVALID_PARAMETER, InitializeAcl(&list.acl, 65536, ACL_REVISION));
	assert_true(InitializeAcl(&list.acl, 50, ACL_REVISION));
	assert_int_equal(list.acl.AclSize, 48);
	assert_int_equal(list.acl.AceCount, 0);
	assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, SYNCHRONIZE, everyone));
	assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, SYNCHRONIZE, everyone));
	assert_int_equal(list.acl.AceCount, 2);
	assert_fails(ERROR_ALLOTTED_SPACE_EXCEEDED,
		     AddAccessAllowedAce(&list.acl, ACL_REVISION, SYNCHRONIZE, everyone));
	assert_int_equal(list.acl.AceCount, 2);
	assert_fails(ERROR_INVALID_SID,
		     AddAccessAllowedAce(&list.acl, ACL_REVISION, SYNCHRONIZE, broken));
	assert_fails(ERROR_REVISION_MISMATCH,
		     AddAccessAllowedAce(&list.acl, 4, SYNCHRONIZE, everyone));
	list.acl.AceCount = 9;
	assert_fails(ERROR_INVALID_ACL,
		     AddAccessAllowedAce(&list.acl, ACL_REVISION, SYNCHRONIZE, everyone));
	FreeSid(everyone);
}

static void begin_list(void)
{
	assert_true(InitializeAcl(&list.acl, sizeof(list), ACL_REVISION));
	assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, &list.acl, FALSE));
}

static void allow(DWORD mask, BYTE authority, BYTE count, DWORD first, DWORD second)
{
	PSID sid = make_sid(authority, count, first, second);

	assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, mask, sid));
	FreeSid(sid);
}

/* The mode with which the module is asked to create an event. */
static uint32_t mode(void)
{
	const struct winsync_create *create = w32_argument(WINSYNC_IOC_EVENT_CREATE);

	assert_non_null(CreateEventA(&attributes, FALSE, FALSE, NULL));
	return create->mode;
}

static void modes(void **state)
{
	(void)state;
	assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	assert_int_equal(mode(), 0700);
	attributes.lpSecurityDescriptor = NULL;
	assert_int_equal(mode(), 0700);
	attributes.lpSecurityDescriptor = &descriptor;
	assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
	assert_int_equal(mode(), 0777);
	assert_true(SetSecurityDescriptorDacl(&descriptor, FALSE, &list.acl, FALSE));
	assert_int_equal(mode(), 0700);
	begin_list();
	assert_int_equal(mode(), 0);
	allow(SYNCHRONIZE, 1, 1, 0, 0);
	assert_int_equal(mode(), 0111);
	allow(EVENT_QUERY_STATE, 3, 1, 1, 0);
	assert_int_equal(mode(), 0551);
	allow(GENERIC_ALL, 3, 1, 0, 0);
	assert_int_equal(mode(), 0751);
	begin_list();
	allow(EVENT_MODIFY_STATE, 22, 2, WSYNC_UNIX_USER_RID, geteuid());
	assert_int_equal(mode(), 0200);
	allow(GENERIC_EXECUTE, 22, 2, WSYNC_UNIX_GROUP_RID, getegid());
	assert_int_equal(mode(), 0310);
	begin_list();
	allow(READ_CONTROL, 1, 1, 0, 0);
	assert_int_equal(mode(), 0);
	/* The rights of mutexes have nothing to modify. */
	begin_list();
	allow(GENERIC_ALL, 1, 1, 0, 0);
	assert_non_null(CreateMutexA(&attributes, FALSE, NULL));
	assert_int_equal(((const struct winsync_create *)w32_argument(WINSYNC_IOC_MUTEX_CREATE))
				 ->mode, 0555);
}

static void refused(DWORD code)
{
	assert_fails(code, CreateEventA(&attributes, FALSE, FALSE, NULL));
	assert_int_equal(w32_calls(WINSYNC_IOC_EVENT_CREATE), 0);
}

static void refused_descriptors(void **state)
{
	ACE_HEADER *entry = (ACE_HEADER *)(list.bytes + sizeof(ACL));
	SID *sid = (SID *)(list.bytes + sizeof(ACL) + offsetof(ACCESS_ALLOWED_ACE, SidStart));

	(void)state;
	assert_fails(ERROR_UNKNOWN_REVISION, InitializeSecurityDescriptor(&descriptor, 2));
	begin_list();
	descriptor.Owner = &list;
	refused(ERROR_INVALID_SECURITY_DESCR);
	begin_list();
	descriptor.Group = &list;
	refused(ERROR_INVALID_SECURITY_DESCR);
	begin_list();
	descriptor.Sacl = &list.acl;
	refused(ERROR_INVALID_SECURITY_DESCR);
	begin_list();
	descriptor.Control |= 0x8000;
	refused(ERROR_INVALID_SECURITY_DESCR);
	begin_list();
	descriptor.Revision = 7;
	refused(ERROR_INVALID_SECURITY_DESCR);
	assert_fails(ERROR_UNKNOWN_REVISION,
		     SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
	/* Other users, other entries, broken ones. */
	begin_list();
	allow(SYNCHRONIZE, 22, 2, WSYNC_UNIX_USER_RID, geteuid() + 1);
	refused(ERROR_INVALID_ACL);
	begin_list();
	allow(SYNCHRONIZE, 5, 1, 18, 0);
	refused(ERROR_INVALID_ACL);
	begin_list();
	allow(SYNCHRONIZE, 1, 1, 0, 0);
	entry->AceType = 1;
	refused(ERROR_INVALID_ACL);
	entry->AceType = ACCESS_ALLOWED_ACE_TYPE;
	entry->AceSize = 4;
	refused(ERROR_INVALID_ACL);
	entry->AceSize = 20;
	sid->Revision = 7;
	refused(ERROR_INVALID_SID);
	sid->Revision = SID_REVISION;
	sid->SubAuthorityCount = 2;
	refused(ERROR_INVALID_SID);
	entry->AceSize = 200;
	refused(ERROR_INVALID_ACL);
	begin_list();
	list.acl.AclSize = 10;
	list.acl.AceCount = 1;
	refused(ERROR_INVALID_ACL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(identifiers, w32_setup),
		cmocka_unit_test_setup(lists, w32_setup),
		cmocka_unit_test_setup(modes, w32_setup),
		cmocka_unit_test_setup(refused_descriptors, w32_setup),
	};

	return cmocka_run_group_tests_name("win32_security", tests, NULL, NULL);
}
