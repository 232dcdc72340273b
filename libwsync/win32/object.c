// SPDX-License-Identifier: MIT
/* Creating and opening, whatever the type. */
#include "internal.h"

BOOL w32_create_begin(struct w32_create *create, uint32_t type, const SECURITY_ATTRIBUTES *sa,
		      const char *name, DWORD access)
{
	struct w32_place place;
	DWORD code;

	*create = (struct w32_create){ .opts.sz = sizeof(create->opts), .fd = -1 };
	code = w32_find_place(name, &place);
	if (!code)
		code = w32_access(type, access, &create->opts.access);
	if (!code)
		code = w32_mode(type, sa, &create->opts.mode);
	if (code)
		return w32_fail(code);
	create->name = place.name;
	create->flags = place.flags | (sa && sa->bInheritHandle ? WSYNC_INHERIT : 0);
	if (place.flags & WSYNC_IN_NAMESPACE)
		create->opts.ns = place.ns;
	return TRUE;
}

HANDLE w32_create_end(const struct w32_create *create, int error)
{
	if (error) {
		SetLastError(w32_code(error));
		return NULL;
	}
	/* Code that wants to know reads it without having cleared it [LE-1]. */
	SetLastError(create->existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
	return w32_new_handle(create->fd);
}

HANDLE w32_open(uint32_t type, DWORD access, BOOL inherit, const char *name)
{
	struct wsync_opts opts = { .sz = sizeof(opts) };
	struct w32_place place;
	DWORD refused;
	DWORD code;
	int error, fd;

	if (!name) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	code = w32_find_place(name, &place);
	if (code) {
		SetLastError(code);
		return NULL;
	}
	/* Rights that do not exist are refused only if the name does [NM-8]. */
	refused = w32_access(type, access, &opts.access);
	if (refused)
		opts.access = WSYNC_ACCESS_NONE;
	if (place.flags & WSYNC_IN_NAMESPACE)
		opts.ns = place.ns;
	error = wsync_open(NULL, place.name, type, place.flags | (inherit ? WSYNC_INHERIT : 0),
			   &opts, &fd);
	if (error) {
		SetLastError(refused && error == -EACCES ? refused : w32_code(error));
		return NULL;
	}
	return w32_new_handle(fd);
}
