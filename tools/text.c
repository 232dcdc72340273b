// SPDX-License-Identifier: MIT
/*
 * Names come from whoever may create objects. Nothing of them reaches a
 * terminal or a log but letters: no control characters, no invisible ones that
 * turn the text around, no bytes that are no characters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "tool.h"

/* Characters that iswprint() lets pass but that print nothing of their own. */
static bool is_invisible(wchar_t c)
{
	static const struct {
		unsigned int first, last;
	} ranges[] = {
		{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if ((unsigned int)c >= ranges[i].first && (unsigned int)c <= ranges[i].last)
			return true;
	}
	return false;
}

char *escape(const char *text, size_t length)
{
	/* A byte becomes at most four: \xNN. */
	char *escaped = allocate(length * 4 + 1), *to = escaped;
	mbstate_t state;

	memset(&state, 0, sizeof(state));
	while (length) {
		wchar_t c;
		size_t bytes = mbrtowc(&c, text, length, &state);

		if (bytes - 1 < length && iswprint((wint_t)c) && !is_invisible(c)) {
			memcpy(to, text, bytes);
			to += bytes;
		} else {
			if (bytes - 1 >= length) {
				bytes = 1;
				memset(&state, 0, sizeof(state));
			}
			for (size_t i = 0; i < bytes; i++)
				to += sprintf(to, "\\x%02x", (unsigned char)text[i]);
		}
		text += bytes;
		length -= bytes;
	}
	*to = '\0';
	return escaped;
}

/* Whether escape() leaves it as it is. */
bool is_plain(const char *text, size_t length)
{
	char *escaped = escape(text, length);
	bool same = strlen(escaped) == length && memcmp(escaped, text, length) == 0;

	free(escaped);
	return same;
}

char *duration_text(int64_t nanoseconds)
{
	int64_t seconds = nanoseconds / NSEC_PER_SEC;

	if (nanoseconds < 0)
		return format_text("0");
	if (nanoseconds < NSEC_PER_MSEC)
		return format_text("%.0fus", (double)nanoseconds / 1e3);
	if (seconds < 1)
		return format_text("%.0fms", (double)nanoseconds / 1e6);
	if (seconds < 100)
		return format_text("%.1fs", (double)nanoseconds / 1e9);
	if (seconds < 3600)
		return format_text("%dmin", (int)(seconds / 60));
	if (seconds < 86400)
		return format_text("%dh%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	return format_text("%dd%02dh", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
}

const char *type_text(uint32_t type)
{
	switch (type) {
	case WSYNC_TYPE_EVENT:
		return "event";
	case WSYNC_TYPE_MUTEX:
		return "mutex";
	case WSYNC_TYPE_SEMAPHORE:
		return "semaphore";
	case WSYNC_TYPE_TIMER:
		return "timer";
	default:
		return "unknown";
	}
}
