// SPDX-License-Identifier: MIT
/* Names: prefixes, backslashes, lengths [NM-13..NM-18]. */
#include <string.h>

#include "internal.h"

/* Length of the UTF-8 sequence at @text, 0 if it is none. @text ends with NUL. */
static unsigned int sequence_length(const unsigned char *text)
{
	unsigned int length, low = 0x80, high = 0xbf;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		length = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		length = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		length = 4;
	else
		return 0;
	/*
	 * Overlong forms, beyond U+10FFFF. Half a surrogate pair is no UTF-8 either, but what the
	 * Win32 functions make of the one unit that it is in UTF-16.
	 */
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (unsigned int i = 2; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

int wsync_name_check(const char *name, size_t *length)
{
	const unsigned char *at = (const unsigned char *)name;
	size_t units = 0;

	if (*at == '\\')
		return wsync_error(EINVAL);
	while (*at) {
		unsigned int bytes = sequence_length(at);

		if (*at == '\\')
			return wsync_error(ENOTDIR);
		/* A byte that is not UTF-8 would become one replacement character. */
		units += bytes == 4 ? 2 : 1;
		at += bytes ? bytes : 1;
	}
	if (units > WSYNC_NAME_UNITS_MAX)
		return wsync_error(ENAMETOOLONG);
	if (length)
		*length = (size_t)(at - (const unsigned char *)name);
	return 0;
}

WSYNC_API int wsync_name_parse(const char *name, uint32_t *scope, const char **rest)
{
	static const struct {
		const char *prefix;
		uint32_t scope;
	} prefixes[] = {
		{ "Global\\", WSYNC_SCOPE_GLOBAL },
		{ "Local\\", WSYNC_SCOPE_LOCAL },
	};
	uint32_t found = WSYNC_SCOPE_LOCAL;
	const char *bare = name;
	int error;

	if (!scope || !rest)
		return wsync_error(EINVAL);
	if (!name || !*name) {
		*scope = WSYNC_SCOPE_UNNAMED;
		*rest = name;
		return 0;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i].prefix);

		if (strncmp(name, prefixes[i].prefix, length) == 0) {
			found = prefixes[i].scope;
			bare = name + length;
			break;
		}
	}
	if (bare != name && (!*bare || *bare == '\\'))
		return wsync_error(EISDIR);
	error = wsync_name_check(bare, NULL);
	if (error)
		return error;
	*scope = found;
	*rest = bare;
	return 0;
}
