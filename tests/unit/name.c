// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes, backslashes and lengths of names. */
#include "fake.h"

static void assert_name(const char *name, uint32_t scope, const char *rest)
{
	const char *found = "untouched";
	uint32_t in = 99;

	assert_int_equal(wsync_name_parse(name, &in, &found), 0);
	assert_int_equal(in, scope);
	if (rest)
		assert_string_equal(found, rest);
}

static void assert_bad(const char *name, int error)
{
	const char *found = NULL;
	uint32_t in = 99;

	assert_error(wsync_name_parse(name, &in, &found), error);
	assert_int_equal(in, 99);
	assert_null(found);
}

/* [NM-14], [NM-15] */
static void knows_the_prefixes(void **state)
{
	(void)state;
	assert_name("Global\\x", WSYNC_SCOPE_GLOBAL, "x");
	assert_name("Local\\x", WSYNC_SCOPE_LOCAL, "x");
	assert_name("x", WSYNC_SCOPE_LOCAL, "x");
	assert_name("Global", WSYNC_SCOPE_LOCAL, "Global");
	assert_name("Localx", WSYNC_SCOPE_LOCAL, "Localx");
}

/* [NM-18] */
static void empty_is_unnamed(void **state)
{
	(void)state;
	assert_name(NULL, WSYNC_SCOPE_UNNAMED, NULL);
	assert_name("", WSYNC_SCOPE_UNNAMED, "");
}

/* [NM-16] */
static void everything_else_is_ordinary(void **state)
{
	(void)state;
	assert_name("Local\\a/b", WSYNC_SCOPE_LOCAL, "a/b");
	assert_name("..", WSYNC_SCOPE_LOCAL, "..");
	assert_name(".", WSYNC_SCOPE_LOCAL, ".");
	assert_name("/", WSYNC_SCOPE_LOCAL, "/");
	assert_name(" a:b\n\x1b[2J", WSYNC_SCOPE_LOCAL, " a:b\n\x1b[2J");
	assert_name("\xff\xfe", WSYNC_SCOPE_LOCAL, "\xff\xfe");
}

/* [NM-17] */
static void backslash_errors_differ(void **state)
{
	(void)state;
	assert_bad("\\x", EINVAL);
	assert_bad("\\", EINVAL);
	assert_bad("foo\\bar", ENOTDIR);
	assert_bad("foo\\", ENOTDIR);
	assert_bad("GLOBAL\\x", ENOTDIR);
	assert_bad("local\\x", ENOTDIR);
	assert_bad("Session\\1", ENOTDIR);
	assert_bad("Global\\foo\\bar", ENOTDIR);
	assert_bad("Global\\", EISDIR);
	assert_bad("Local\\", EISDIR);
	assert_bad("Global\\\\x", EISDIR);
}

static void fill(char *name, const char *unit, size_t times)
{
	size_t length = strlen(unit);

	for (size_t i = 0; i < times; i++)
		memcpy(name + i * length, unit, length);
	name[times * length] = '\0';
}

/* [NM-13]: 260 UTF-16 units */
static void length_is_counted_in_utf16(void **state)
{
	static const struct { const char *unit; size_t most; } cases[] = {
		{ "a", 260 },
		{ "\xc3\xa9", 260 },		/* two bytes */
		{ "\xe2\x82\xac", 260 },	/* three */
		{ "\xed\x9f\xbf", 260 },	/* the last before the surrogates */
		{ "\xf0\x9f\x98\x80", 130 },	/* four, two units */
		{ "\xf4\x8f\xbf\xbf", 130 },	/* the last one of all */
		{ "\xff", 260 },		/* not UTF-8: one each */
		{ "\xc0\x80", 130 },		/* overlong */
		{ "\xe0\x80\x80", 86 },
		{ "\xed\xa0\x80", 260 },	/* half a surrogate pair */
		{ "\xf0\x80\x80\x80", 65 },
		{ "\xf4\x90\x80\x80", 65 },	/* beyond the last one */
		{ "\xe2\x82", 130 },		/* cut off */
		{ "\xf0\x9f\x98", 86 },
	};
	char name[16 + 4 * 262];

	(void)state;
	for (size_t i = 0; i < count_of(cases); i++) {
		fill(name, cases[i].unit, cases[i].most);
		assert_name(name, WSYNC_SCOPE_LOCAL, name);
		fill(name, cases[i].unit, cases[i].most + 1);
		assert_bad(name, ENAMETOOLONG);
		/* The prefix does not count. */
		memcpy(name, "Global\\", 7);
		fill(name + 7, cases[i].unit, cases[i].most);
		assert_name(name, WSYNC_SCOPE_GLOBAL, name + 7);
	}
}

static void wants_somewhere_to_answer(void **state)
{
	const char *rest;
	uint32_t scope;

	(void)state;
	assert_error(wsync_name_parse("x", NULL, &rest), EINVAL);
	assert_error(wsync_name_parse("x", &scope, NULL), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_prefixes),
		cmocka_unit_test(empty_is_unnamed),
		cmocka_unit_test(everything_else_is_ordinary),
		cmocka_unit_test(backslash_errors_differ),
		cmocka_unit_test(length_is_counted_in_utf16),
		cmocka_unit_test(wants_somewhere_to_answer),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
