// SPDX-License-Identifier: MIT
/* Access masks, security descriptors, and what they mean on Linux. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define QUERY_STATE 0x1u
#define MODIFY_STATE 0x2u
#define OWNER_RIGHTS (DELETE | WRITE_DAC | WRITE_OWNER)

static DWORD all_access(uint32_t type)
{
	return STANDARD_RIGHTS_ALL | QUERY_STATE | (type == WSYNC_TYPE_MUTEX ? 0 : MODIFY_STATE);
}

/* Replaces the generic rights in @mask by those they stand for. */
static DWORD expand_generic(uint32_t type, DWORD mask)
{
	DWORD modify = all_access(type) & MODIFY_STATE;

	if (mask & GENERIC_READ)
		mask |= READ_CONTROL | QUERY_STATE;
	if (mask & GENERIC_WRITE)
		mask |= READ_CONTROL | modify;
	if (mask & GENERIC_EXECUTE)
		mask |= READ_CONTROL | SYNCHRONIZE;
	if (mask & GENERIC_ALL)
		mask |= all_access(type);
	return mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

DWORD w32_access(uint32_t type, DWORD mask, uint32_t *access)
{
	uint32_t rights = 0;

	if (mask & ACCESS_SYSTEM_SECURITY)
		return ERROR_PRIVILEGE_NOT_HELD;
	mask = expand_generic(type, mask);
	if (mask & ~(all_access(type) | MAXIMUM_ALLOWED))
		return ERROR_ACCESS_DENIED;
	if (mask & QUERY_STATE)
		rights |= WSYNC_ACCESS_QUERY;
	if (mask & MODIFY_STATE)
		rights |= WSYNC_ACCESS_MODIFY;
	if (mask & SYNCHRONIZE)
		rights |= WSYNC_ACCESS_SYNCHRONIZE;
	if (mask & READ_CONTROL)
		rights |= WSYNC_ACCESS_READ_CONTROL;
	/*
	 * "All access" is what is asked for by those who don't care. It must
	 * not fail for want of the owner's rights, with which nothing
	 * can be done here anyway.
	 */
	if ((mask & OWNER_RIGHTS) && (mask & all_access(type)) != all_access(type))
		rights |= WSYNC_ACCESS_WRITE_CONTROL;
	if (mask & MAXIMUM_ALLOWED)
		rights |= WSYNC_ACCESS_MAXIMUM;
	*access = rights ? rights : WSYNC_ACCESS_NONE;
	return ERROR_SUCCESS;
}

/* ---- identifiers of users and groups ---- */

W32_API BOOL WINAPI IsValidSid(PSID pSid)
{
	const SID *sid = pSid;

	return sid && sid->Revision == SID_REVISION &&
	       sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

static DWORD sid_length(unsigned int count)
{
	return (DWORD)(offsetof(SID, SubAuthority) + count * sizeof(DWORD));
}

W32_API DWORD WINAPI GetLengthSid(PSID pSid)
{
	return sid_length(((const SID *)pSid)->SubAuthorityCount);
}

W32_API BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2)
{
	if (!IsValidSid(pSid1) || !IsValidSid(pSid2))
		return w32_fail(ERROR_INVALID_SID);
	return GetLengthSid(pSid1) == GetLengthSid(pSid2) &&
	       memcmp(pSid1, pSid2, GetLengthSid(pSid1)) == 0;
}

W32_API BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority,
					     BYTE nSubAuthorityCount,
					     DWORD nSubAuthority0, DWORD nSubAuthority1,
					     DWORD nSubAuthority2, DWORD nSubAuthority3,
					     DWORD nSubAuthority4, DWORD nSubAuthority5,
					     DWORD nSubAuthority6, DWORD nSubAuthority7,
					     PSID *pSid)
{
	DWORD parts[] = { nSubAuthority0, nSubAuthority1, nSubAuthority2, nSubAuthority3,
			  nSubAuthority4, nSubAuthority5, nSubAuthority6, nSubAuthority7 };
	SID *sid;

	if (!pIdentifierAuthority || !pSid)
		return w32_fail(ERROR_INVALID_PARAMETER);
	if (nSubAuthorityCount > 8)
		return w32_fail(ERROR_INVALID_SID);
	sid = malloc(sid_length(8));
	if (!sid)
		return w32_fail(ERROR_NOT_ENOUGH_MEMORY);
	sid->Revision = SID_REVISION;
	sid->SubAuthorityCount = nSubAuthorityCount;
	sid->IdentifierAuthority = *pIdentifierAuthority;
	memcpy((char *)sid + offsetof(SID, SubAuthority), parts,
	       nSubAuthorityCount * sizeof(DWORD));
	*pSid = sid;
	return TRUE;
}

W32_API PVOID WINAPI FreeSid(PSID pSid)
{
	free(pSid);
	return NULL;
}

W32_API BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid,
				       PSID pSid, DWORD *cbSid)
{
	SID sid = { .Revision = SID_REVISION, .SubAuthorityCount = 1 };

	if (DomainSid || !cbSid)
		return w32_fail(ERROR_INVALID_PARAMETER);
	switch (WellKnownSidType) {
	case WinWorldSid:
		sid.IdentifierAuthority.Value[5] = 1;
		sid.SubAuthority[0] = SECURITY_WORLD_RID;
		break;
	case WinCreatorOwnerSid:
		sid.IdentifierAuthority.Value[5] = 3;
		sid.SubAuthority[0] = SECURITY_CREATOR_OWNER_RID;
		break;
	case WinCreatorGroupSid:
		sid.IdentifierAuthority.Value[5] = 3;
		sid.SubAuthority[0] = SECURITY_CREATOR_GROUP_RID;
		break;
	default:
		return w32_fail(ERROR_NOT_SUPPORTED);
	}
	if (!pSid || *cbSid < sizeof(sid)) {
		*cbSid = sizeof(sid);
		return w32_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	*cbSid = sizeof(sid);
	memcpy(pSid, &sid, sizeof(sid));
	return TRUE;
}

static DWORD part(PSID sid, unsigned int index)
{
	DWORD value;

	memcpy(&value, (char *)sid + sid_length(index), sizeof(value));
	return value;
}

void w32_sid_text(PSID psid, char text[W32_SID_TEXT_MAX])
{
	const SID *sid = psid;
	uint64_t authority = 0;
	int length;

	for (int i = 0; i < 6; i++)
		authority = authority << 8 | sid->IdentifierAuthority.Value[i];
	length = snprintf(text, W32_SID_TEXT_MAX, "S-1-%llu", (unsigned long long)authority);
	for (unsigned int i = 0; i < sid->SubAuthorityCount; i++)
		length += snprintf(text + length, W32_SID_TEXT_MAX - (size_t)length, "-%u",
				   part(psid, i));
}

/* Whether @sid is S-1-@authority-@first, or S-1-@authority-@first-anything. */
static bool sid_is(PSID psid, BYTE authority, DWORD first, unsigned int parts)
{
	const SID *sid = psid;
	static const BYTE zero[5];

	return sid->SubAuthorityCount == parts && part(psid, 0) == first &&
	       sid->IdentifierAuthority.Value[5] == authority &&
	       memcmp(sid->IdentifierAuthority.Value, zero, sizeof(zero)) == 0;
}

static bool is_everyone(PSID sid)
{
	return sid_is(sid, 1, SECURITY_WORLD_RID, 1);
}

static bool is_user(PSID sid, uid_t uid)
{
	return sid_is(sid, 22, WSYNC_UNIX_USER_RID, 2) && part(sid, 1) == uid;
}

static bool is_group(PSID sid, gid_t gid)
{
	return sid_is(sid, 22, WSYNC_UNIX_GROUP_RID, 2) && part(sid, 1) == gid;
}

bool w32_sid_holds(PSID sid)
{
	gid_t *groups;
	int count;
	bool holds;

	if (is_everyone(sid) || is_user(sid, geteuid()) || is_group(sid, getegid()))
		return true;
	count = getgroups(0, NULL);
	groups = count > 0 ? calloc((size_t)count, sizeof(*groups)) : NULL;
	if (!groups)
		return false;
	count = getgroups(count, groups);
	holds = false;
	for (int i = 0; i < count; i++)
		holds = holds || is_group(sid, groups[i]);
	free(groups);
	return holds;
}

/* ---- security descriptors ---- */

W32_API BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor,
						 DWORD dwRevision)
{
	SECURITY_DESCRIPTOR *descriptor = pSecurityDescriptor;

	if (dwRevision != SECURITY_DESCRIPTOR_REVISION)
		return w32_fail(ERROR_UNKNOWN_REVISION);
	*descriptor = (SECURITY_DESCRIPTOR){ .Revision = SECURITY_DESCRIPTOR_REVISION };
	return TRUE;
}

W32_API BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
					      BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted)
{
	SECURITY_DESCRIPTOR *descriptor = pSecurityDescriptor;

	(void)bDaclDefaulted;
	if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
		return w32_fail(ERROR_UNKNOWN_REVISION);
	descriptor->Control &= (WORD)~SE_DACL_PRESENT;
	if (bDaclPresent)
		descriptor->Control |= SE_DACL_PRESENT;
	descriptor->Dacl = bDaclPresent ? pDacl : NULL;
	return TRUE;
}

W32_API BOOL WINAPI InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision)
{
	if (dwAclRevision != ACL_REVISION || nAclLength > UINT16_MAX)
		return w32_fail(ERROR_INVALID_PARAMETER);
	if (nAclLength < sizeof(*pAcl))
		return w32_fail(ERROR_INSUFFICIENT_BUFFER);
	*pAcl = (ACL){ .AclRevision = ACL_REVISION, .AclSize = (WORD)(nAclLength & ~3u) };
	return TRUE;
}

/* The entry behind @at bytes of @acl, copied; its size, 0 if it is none. */
static size_t read_entry(const ACL *acl, size_t at, ACE_HEADER *header)
{
	if (at + sizeof(*header) > acl->AclSize)
		return 0;
	memcpy(header, (const char *)acl + at, sizeof(*header));
	if (header->AceSize < sizeof(ACCESS_ALLOWED_ACE) || at + header->AceSize > acl->AclSize)
		return 0;
	return header->AceSize;
}

W32_API BOOL WINAPI AddAccessAllowedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid)
{
	ACE_HEADER header;
	size_t at = sizeof(*pAcl), size;
	char *entry;

	if (!IsValidSid(pSid))
		return w32_fail(ERROR_INVALID_SID);
	if (dwAceRevision != ACL_REVISION || pAcl->AclRevision != ACL_REVISION)
		return w32_fail(ERROR_REVISION_MISMATCH);
	for (WORD i = 0; i < pAcl->AceCount; i++) {
		size = read_entry(pAcl, at, &header);
		if (!size)
			return w32_fail(ERROR_INVALID_ACL);
		at += size;
	}
	size = offsetof(ACCESS_ALLOWED_ACE, SidStart) + GetLengthSid(pSid);
	if (at + size > pAcl->AclSize)
		return w32_fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
	entry = (char *)pAcl + at;
	header = (ACE_HEADER){ .AceType = ACCESS_ALLOWED_ACE_TYPE, .AceSize = (WORD)size };
	memcpy(entry, &header, sizeof(header));
	memcpy(entry + offsetof(ACCESS_ALLOWED_ACE, Mask), &AccessMask, sizeof(AccessMask));
	memcpy(entry + offsetof(ACCESS_ALLOWED_ACE, SidStart), pSid, GetLengthSid(pSid));
	pAcl->AceCount++;
	return TRUE;
}

/* Permission bits of one class, 0 to 7. */
static uint32_t class_mode(uint32_t type, DWORD mask)
{
	/* Rights of directories: query, traverse, create. */
	if (type == WSYNC_TYPE_NAMESPACE) {
		return (mask & (GENERIC_READ | GENERIC_ALL | 0x1) ? 4 : 0) |
		       (mask & (GENERIC_WRITE | GENERIC_ALL | 0xc) ? 2 : 0) |
		       (mask & (GENERIC_READ | GENERIC_EXECUTE | GENERIC_ALL | 0x2) ? 1 : 0);
	}
	mask = expand_generic(type, mask);
	return (mask & QUERY_STATE ? 4 : 0) | (mask & MODIFY_STATE ? 2 : 0) |
	       (mask & SYNCHRONIZE ? 1 : 0);
}

static DWORD entry_mode(uint32_t type, const char *entry, size_t size, uint32_t *mode)
{
	char buffer[SECURITY_MAX_SID_SIZE] = { 0 };
	uint32_t bits;
	DWORD mask;

	size -= offsetof(ACCESS_ALLOWED_ACE, SidStart);
	if (size > sizeof(buffer))
		return ERROR_INVALID_ACL;
	memcpy(&mask, entry + offsetof(ACCESS_ALLOWED_ACE, Mask), sizeof(mask));
	memcpy(buffer, entry + offsetof(ACCESS_ALLOWED_ACE, SidStart), size);
	if (!IsValidSid(buffer) || GetLengthSid(buffer) > size)
		return ERROR_INVALID_SID;
	bits = class_mode(type, mask);
	if (is_everyone(buffer))
		*mode |= bits << 6 | bits << 3 | bits;
	else if (is_user(buffer, geteuid()) || sid_is(buffer, 3, SECURITY_CREATOR_OWNER_RID, 1))
		*mode |= bits << 6;
	else if (is_group(buffer, getegid()) || sid_is(buffer, 3, SECURITY_CREATOR_GROUP_RID, 1))
		*mode |= bits << 6 | bits << 3;
	else
		return ERROR_INVALID_ACL;
	return ERROR_SUCCESS;
}

static DWORD acl_mode(uint32_t type, const ACL *acl, uint32_t *mode)
{
	size_t at = sizeof(*acl);

	*mode = 0;
	for (WORD i = 0; i < acl->AceCount; i++) {
		ACE_HEADER header;
		size_t size = read_entry(acl, at, &header);
		DWORD code;

		/* Nine bits can't deny, nor audit. */
		if (!size || header.AceType != ACCESS_ALLOWED_ACE_TYPE)
			return ERROR_INVALID_ACL;
		code = entry_mode(type, (const char *)acl + at, size, mode);
		if (code)
			return code;
		at += size;
	}
	if (!*mode)
		*mode = WSYNC_MODE_NONE;
	return ERROR_SUCCESS;
}

DWORD w32_mode(uint32_t type, const SECURITY_ATTRIBUTES *sa, uint32_t *mode)
{
	const SECURITY_DESCRIPTOR *descriptor = sa ? sa->lpSecurityDescriptor : NULL;

	*mode = WSYNC_MODE_DEFAULT;
	if (!descriptor)
		return ERROR_SUCCESS;
	if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION || descriptor->Owner ||
	    descriptor->Group || descriptor->Sacl ||
	    (descriptor->Control & ~SE_DACL_PRESENT))
		return ERROR_INVALID_SECURITY_DESCR;
	if (!(descriptor->Control & SE_DACL_PRESENT))
		return ERROR_SUCCESS;
	if (descriptor->Dacl)
		return acl_mode(type, descriptor->Dacl, mode);
	*mode = 0777;
	return ERROR_SUCCESS;
}
