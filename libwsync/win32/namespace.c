// SPDX-License-Identifier: MIT
/*
 * Private namespaces. One is a namespace of winsync whose name is made of the
 * boundary: its name and identifiers [NS-5]. The alias is only this process'
 * way to name it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define BOUNDARY_SIDS 16

struct boundary {
	char *name;
	unsigned int count;
	char *sids[BOUNDARY_SIDS];	/* as text, sorted */
	bool inside;			/* the caller is within it */
};

struct alias {
	struct alias *next;
	int fd;
	uint64_t id;
	char name[];
};

static struct alias *aliases;

int w32_alias(const char *name, size_t length)
{
	const struct alias *alias;
	int fd = -1;

	w32_lock();
	for (alias = aliases; alias; alias = alias->next) {
		if (strncmp(alias->name, name, length) == 0 && !alias->name[length] &&
		    alias->id == w32_object_id(alias->fd)) {
			fd = alias->fd;
			break;
		}
	}
	w32_unlock();
	return fd;
}

W32_API HANDLE WINAPI CreateBoundaryDescriptorA(LPCSTR Name, ULONG Flags)
{
	struct boundary *boundary;

	/* Flag 1 adds the identifier of an application container. */
	if (!Name || !*Name || (Flags & ~1u)) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (Flags) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	boundary = calloc(1, sizeof(*boundary));
	if (boundary)
		boundary->name = strdup(Name);
	if (!boundary || !boundary->name) {
		free(boundary);
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	boundary->inside = true;
	return boundary;
}

W32_API HANDLE WINAPI CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags)
{
	char name[W32_NAME_SIZE];

	return CreateBoundaryDescriptorA(w32_utf8(Name, name), Flags);
}

W32_API BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *BoundaryDescriptor, PSID RequiredSid)
{
	struct boundary *boundary = BoundaryDescriptor ? *BoundaryDescriptor : NULL;
	char text[W32_SID_TEXT_MAX], *copy;
	unsigned int at;

	if (!boundary)
		return w32_fail(ERROR_INVALID_PARAMETER);
	if (!IsValidSid(RequiredSid))
		return w32_fail(ERROR_INVALID_SID);
	w32_sid_text(RequiredSid, text);
	for (at = 0; at < boundary->count && strcmp(boundary->sids[at], text) < 0; at++)
		;
	if (at < boundary->count && strcmp(boundary->sids[at], text) == 0)
		return TRUE;
	copy = boundary->count < BOUNDARY_SIDS ? strdup(text) : NULL;
	if (!copy)
		return w32_fail(ERROR_NOT_ENOUGH_MEMORY);
	memmove(boundary->sids + at + 1, boundary->sids + at,
		(boundary->count - at) * sizeof(boundary->sids[0]));
	boundary->sids[at] = copy;
	boundary->count++;
	boundary->inside = boundary->inside && w32_sid_holds(RequiredSid);
	return TRUE;
}

W32_API BOOL WINAPI AddIntegrityLabelToBoundaryDescriptor(HANDLE *BoundaryDescriptor,
							  PSID IntegrityLabel)
{
	if (!BoundaryDescriptor || !*BoundaryDescriptor)
		return w32_fail(ERROR_INVALID_PARAMETER);
	if (!IsValidSid(IntegrityLabel))
		return w32_fail(ERROR_INVALID_SID);
	return w32_fail(ERROR_NOT_SUPPORTED);
}

W32_API VOID WINAPI DeleteBoundaryDescriptor(HANDLE BoundaryDescriptor)
{
	struct boundary *boundary = BoundaryDescriptor;

	if (!boundary)
		return;
	for (unsigned int i = 0; i < boundary->count; i++)
		free(boundary->sids[i]);
	free(boundary->name);
	free(boundary);
}

/* The three characters that would make it ambiguous or no name [NS-5], or NULL. */
static const char *escape(char character)
{
	switch (character) {
	case '%':
		return "%25";
	case ':':
		return "%3A";
	case '\\':
		return "%5C";
	default:
		return NULL;
	}
}

/* "Boundary:S-1-1-0:S-1-22-1-1000:name". Returns a last-error code. */
static DWORD namespace_name(const struct boundary *boundary, char *text, size_t size)
{
	static const char prefix[] = "Boundary";
	size_t length = sizeof(prefix) - 1;

	memcpy(text, prefix, length);
	for (unsigned int i = 0; i < boundary->count; i++) {
		size_t sid = strlen(boundary->sids[i]);

		if (length + sid + 2 > size)
			return ERROR_FILENAME_EXCED_RANGE;
		text[length++] = ':';
		memcpy(text + length, boundary->sids[i], sid);
		length += sid;
	}
	text[length++] = ':';
	for (const char *from = boundary->name; *from; from++) {
		const char *escaped = escape(*from);

		if (length + 4 > size)
			return ERROR_FILENAME_EXCED_RANGE;
		if (!escaped) {
			text[length++] = *from;
			continue;
		}
		memcpy(text + length, escaped, 3);
		length += 3;
	}
	text[length] = 0;
	return ERROR_SUCCESS;
}

static DWORD check_alias(const char *alias)
{
	if (!alias || !*alias || strlen(alias) > WSYNC_NAME_BYTES_MAX)
		return ERROR_INVALID_PARAMETER;
	if (strchr(alias, '\\') || strcmp(alias, "Global") == 0 || strcmp(alias, "Local") == 0)
		return ERROR_INVALID_PARAMETER;
	return ERROR_SUCCESS;
}

static HANDLE add_alias(const char *name, int fd)
{
	struct alias *alias = malloc(sizeof(*alias) + strlen(name) + 1);

	if (!alias) {
		wsync_close(fd);
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	strcpy(alias->name, name);
	alias->fd = fd;
	alias->id = w32_object_id(fd);
	w32_lock();
	alias->next = aliases;
	aliases = alias;
	w32_unlock();
	SetLastError(ERROR_SUCCESS);
	return w32_new_handle(fd);
}

/*
 * The module knows nothing of boundaries, and anybody can make a namespace of that
 * name. But it tells who did: somebody else than the user whom the
 * boundary names was not within it. (root may be anybody.)
 */
static bool made_within(const struct boundary *boundary, int fd)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	unsigned int uid;

	if (wsync_get_stat(fd, &stat))
		return false;
	for (unsigned int i = 0; i < boundary->count; i++)
		if (sscanf(boundary->sids[i], "S-1-22-1-%u", &uid) == 1 &&
		    stat.uid != uid && stat.uid != 0)
			return false;
	return true;
}

static HANDLE open_namespace(const struct boundary *boundary, const char *alias, uint32_t flags,
			     struct wsync_namespace_opts *opts)
{
	char name[WSYNC_NAME_BYTES_MAX + 1];
	DWORD code = check_alias(alias);
	int error, fd;

	if (!code && (!boundary || !boundary->count))
		code = ERROR_INVALID_PARAMETER;
	/* Who opens it need not be inside [NS-6]. */
	if (!code && (flags & WSYNC_NS_CREATE) && !boundary->inside)
		code = ERROR_ACCESS_DENIED;
	if (!code)
		code = namespace_name(boundary, name, sizeof(name));
	if (!code) {
		error = wsync_namespace_open(NULL, name, flags, opts, &fd, NULL);
		code = error == -ENOENT ? ERROR_PATH_NOT_FOUND : w32_code(error);
	}
	if (!code && !made_within(boundary, fd)) {
		w32_close(fd);
		code = ERROR_ACCESS_DENIED;
	}
	if (code) {
		SetLastError(code);
		return NULL;
	}
	return add_alias(alias, fd);
}

W32_API HANDLE WINAPI CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes,
					      LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts),
		.access = WSYNC_ACCESS_ALL,
	};
	uint32_t flags = WSYNC_NS_CREATE | WSYNC_EXCL | WSYNC_NS_OWNED;
	DWORD code = w32_mode(WSYNC_TYPE_NAMESPACE, lpPrivateNamespaceAttributes, &opts.mode);

	if (code) {
		SetLastError(code);
		return NULL;
	}
	if (lpPrivateNamespaceAttributes && lpPrivateNamespaceAttributes->bInheritHandle)
		flags |= WSYNC_INHERIT;
	return open_namespace(lpBoundaryDescriptor, lpAliasPrefix, flags, &opts);
}

W32_API HANDLE WINAPI CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes,
					      LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix)
{
	char alias[W32_NAME_SIZE];

	return CreatePrivateNamespaceA(lpPrivateNamespaceAttributes, lpBoundaryDescriptor,
				       w32_utf8(lpAliasPrefix, alias));
}

W32_API HANDLE WINAPI OpenPrivateNamespaceA(LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix)
{
	struct wsync_namespace_opts opts = {
		.sz = sizeof(opts),
		.access = WSYNC_ACCESS_MAXIMUM | WSYNC_ACCESS_SYNCHRONIZE,
	};

	return open_namespace(lpBoundaryDescriptor, lpAliasPrefix, 0, &opts);
}

W32_API HANDLE WINAPI OpenPrivateNamespaceW(LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix)
{
	char alias[W32_NAME_SIZE];

	return OpenPrivateNamespaceA(lpBoundaryDescriptor, w32_utf8(lpAliasPrefix, alias));
}

/* Takes the alias of @fd out of the list. */
static bool remove_alias(int fd)
{
	struct alias **link, *found;

	w32_lock();
	for (link = &aliases; *link && (*link)->fd != fd; link = &(*link)->next)
		;
	found = *link;
	if (found)
		*link = found->next;
	w32_unlock();
	free(found);
	return found != NULL;
}

W32_API BOOLEAN WINAPI ClosePrivateNamespace(HANDLE Handle, ULONG Flags)
{
	struct wsync_stat stat = { .sz = sizeof(stat) };
	int fd = wsync_win32_fd(Handle);
	int error;

	if (Flags & ~PRIVATE_NAMESPACE_FLAG_DESTROY)
		return (BOOLEAN)w32_fail(ERROR_INVALID_PARAMETER);
	error = wsync_get_stat(fd, &stat);
	if (error || stat.type != WSYNC_TYPE_NAMESPACE)
		return (BOOLEAN)w32_fail(ERROR_INVALID_HANDLE);
	if (Flags & PRIVATE_NAMESPACE_FLAG_DESTROY) {
		error = wsync_namespace_destroy(fd);
		/* Somebody else was first: it is gone, as wanted. */
		if (error && error != -ENOENT)
			return (BOOLEAN)w32_result(error);
	}
	remove_alias(fd);
	return (BOOLEAN)w32_result(w32_close(fd));
}
