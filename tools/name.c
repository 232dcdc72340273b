// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/*
 * "[x]" is a namespace all users share, "[x@1000]" one that is private to that user.
 * A shared one with an @ in its name has another one at the end.
 */
static int open_namespace(const char *begin, size_t length, bool create, int *fd)
{
	const char *at = memrchr(begin, '@', length);
	size_t bare_length = at ? (size_t)(at - begin) : length;
	uint32_t flags = create ? WSYNC_NS_CREATE : 0;
	char *bare = strndup(begin, bare_length);
	int error;
	WSYNC_OPTS(wsync_namespace_opts, opts);

	if (!bare)
		return -ENOMEM;
	if (at && at + 1 < begin + length) {
		char *uid = strndup(at + 1, length - bare_length - 1);
		char *end = uid;
		unsigned long value = uid ? strtoul(uid, &end, 10) : 0;

		if (!uid || end == uid || *end || value >= UINT32_MAX || *uid == '-') {
			free(uid);
			free(bare);
			return -EINVAL;
		}
		free(uid);
		flags |= WSYNC_NS_PER_USER;
		opts.uid = (uint32_t)value;
		opts.other_user = 1;
	}
	error = wsync_namespace_open(NULL, bare, flags, &opts, fd, NULL);
	/* What the caller can do there is what matters, not all that there is. */
	if (error == -EACCES) {
		opts.access = WSYNC_ACCESS_MAXIMUM;
		error = wsync_namespace_open(NULL, bare, flags, &opts, fd, NULL);
	}
	free(bare);
	return error;
}

int name_resolve(const char *text, bool create, struct name *name)
{
	const char *end = *text == '[' ? strstr(text, "]\\") : NULL;
	int error;

	memset(name, 0, sizeof(*name));
	name->opts.sz = sizeof(name->opts);
	if (!end) {
		name->object = text;
		/* Unnamed objects are no use to another process. */
		return *text ? 0 : -EINVAL;
	}
	error = open_namespace(text + 1, (size_t)(end - text - 1), create, &name->opts.ns);
	if (error)
		return error;
	name->object = end + 2;
	name->flags = WSYNC_IN_NAMESPACE;
	return 0;
}

void name_done(struct name *name)
{
	if (name->flags)
		wsync_close(name->opts.ns);
	name->flags = 0;
}

int name_open(const char *text, uint32_t type, uint32_t access)
{
	struct name name;
	int fd = -1, error = name_resolve(text, false, &name);

	if (!error) {
		name.opts.access = access;
		error = wsync_open(NULL, name.object, type, name.flags, &name.opts, &fd);
		name_done(&name);
	}
	if (error)
		fail_name(text, error);
	return fd;
}
