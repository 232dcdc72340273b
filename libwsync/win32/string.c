// SPDX-License-Identifier: MIT
/* UTF-16, and where a name lies [NM-14..NM-18]. */
#include <string.h>

#include "internal.h"

/*
 * One character of @text, which ends with 0. A surrogate without partner is
 * taken as it is, so that different names stay different.
 */
static uint32_t next_character(const WCHAR **text)
{
	uint32_t unit = (uint16_t)*(*text)++;
	uint32_t partner = unit ? (uint16_t)**text : 0;

	if (unit >= 0xd800 && unit <= 0xdbff && partner >= 0xdc00 && partner <= 0xdfff) {
		(*text)++;
		return 0x10000 + ((unit - 0xd800) << 10) + (partner - 0xdc00);
	}
	return unit;
}

static size_t put_character(char *at, uint32_t character)
{
	size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i > 0; i--) {
		at[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	at[0] = (char)(first[more] | character);
	return more + 1;
}

const char *w32_utf8(const WCHAR *text, char buffer[W32_NAME_SIZE])
{
	size_t length = 0;

	if (!text)
		return NULL;
	while (*text) {
		uint32_t character = next_character(&text);

		/* What is cut off here was too long before. */
		if (length + 4 >= W32_NAME_SIZE)
			break;
		length += put_character(buffer + length, character);
	}
	buffer[length] = 0;
	return buffer;
}

static bool has_keyword(const char *name)
{
	return strncmp(name, "Global\\", 7) == 0 || strncmp(name, "Local\\", 6) == 0;
}

DWORD w32_find_place(const char *name, struct w32_place *place)
{
	uint32_t scope;
	const char *rest, *slash;
	int error;

	*place = (struct w32_place){ .name = name, .ns = -1 };
	error = wsync_name_parse(name, &scope, &rest);
	if (error == -EINVAL)
		return ERROR_BAD_PATHNAME;
	if (error != -ENOTDIR || has_keyword(name))
		return w32_code(error);
	slash = strchr(name, '\\');
	place->ns = w32_alias(name, (size_t)(slash - name));
	if (place->ns < 0)
		return ERROR_PATH_NOT_FOUND;
	place->name = slash + 1;
	place->flags = WSYNC_IN_NAMESPACE;
	if (!slash[1] || slash[1] == '\\')
		return ERROR_INVALID_NAME;
	return strchr(slash + 1, '\\') ? ERROR_PATH_NOT_FOUND : ERROR_SUCCESS;
}
