// SPDX-License-Identifier: MIT
/* wsync ls [NAME...]: the objects there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define COLUMNS_MAX 16

struct ls {
	struct arguments arguments;
	const struct column *columns[COLUMNS_MAX];
	size_t column_count;
	bool json, plain, unnamed, no_headings;
};

static const struct argp_option options[] = {
	{ "json", OPTION_JSON, NULL, 0, "Print JSON", 0 },
	{ "no-headings", 'n', NULL, 0, "Print no headings", 0 },
	{ "noheadings", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0 },
	{ "output", 'o', "COLUMN,...", 0,
	  "Print these columns: ID, TYPE, NAME, STATE, OWNER, WAITERS, WAITING, LONGEST, "
	  "HANDLES, AGE, USER, MODE, SIGNALS, ACQUIRED, ABANDONED", 0 },
	{ "plain", OPTION_PLAIN, NULL, 0,
	  "Print nothing but the names, one a line, and only those a shell can take as they are",
	  0 },
	{ "unnamed", 'u', NULL, 0,
	  "Also those without names, in processes that you may trace", 0 },
	{ "waiting", 'w', NULL, 0, "Also who waits, and how long", 0 },
	{ 0 },
};

static void add_column(struct ls *ls, const struct column *column)
{
	if (ls->column_count < COLUMNS_MAX)
		ls->columns[ls->column_count++] = column;
}

static void set_columns(struct ls *ls, char *list, const struct argp_state *state)
{
	ls->column_count = 0;
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		size_t i = 0;

		while (all_columns[i] && strcasecmp(all_columns[i]->heading, word))
			i++;
		if (!all_columns[i])
			argp_error(state, "there is no column %s", escape(word, strlen(word)));
		add_column(ls, all_columns[i]);
	}
}

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct ls *ls = state->input;

	switch (key) {
	case OPTION_JSON:
		ls->json = true;
		return 0;
	case OPTION_PLAIN:
		ls->plain = true;
		return 0;
	case 'n':
		ls->no_headings = true;
		return 0;
	case 'o':
		set_columns(ls, argument, state);
		return 0;
	case 'u':
		ls->unnamed = true;
		return 0;
	case 'w':
		add_column(ls, &column_longest);
		add_column(ls, &column_waiting);
		return 0;
	case ARGP_KEY_NO_ARGS:
		return 0;
	default:
		return take_argument(&ls->arguments, key, argument, state, SIZE_MAX, false);
	}
}

static const struct argp argp = {
	options, parser, "[NAME...]",
	"Lists the objects you may see, or those named.", NULL, NULL, NULL
};

static int compare(const void *a, const void *b)
{
	const struct object *left = *(const struct object *const *)a;
	const struct object *right = *(const struct object *const *)b;
	int result;

	/* Those with names first, in the order of the alphabet. */
	if (!left->name || !right->name)
		return left->name ? -1 : right->name ? 1 : (left->id > right->id) - (left->id < right->id);
	result = strcmp(left->namespace, right->namespace);
	return result ? result : strcmp(left->name, right->name);
}

/* Whether @text, on the command line, means this object. */
static bool is_named(const struct object *object, const char *text)
{
	char *full;
	bool same;

	if (!object->name)
		return false;
	if (!strchr(text, '\\'))
		return strcmp(object->namespace, "Local") == 0 && strcmp(object->name, text) == 0;
	full = format_text("%s\\%s", object->namespace, object->name);
	same = strcmp(full, text) == 0;
	free(full);
	return same;
}

static bool wanted(const struct object *object, const struct ls *ls, bool *found)
{
	if (!ls->arguments.name_count)
		return true;
	for (size_t i = 0; i < ls->arguments.name_count; i++) {
		if (is_named(object, ls->arguments.names[i])) {
			found[i] = true;
			return true;
		}
	}
	return false;
}

static void print_plain(const struct object *const *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (objects[i]->name && !objects[i]->holder &&
		    is_plain(objects[i]->name, objects[i]->name_length) &&
		    is_plain(objects[i]->namespace, strlen(objects[i]->namespace)))
			printf("%s\\%s\n", objects[i]->namespace, objects[i]->name);
	}
}

int run_ls(int argc, char **argv)
{
	static struct ls ls;
	struct snapshot snapshot;
	const struct object **objects;
	size_t count = 0;
	int status = 0;
	bool *found;

	add_column(&ls, &column_type);
	add_column(&ls, &column_name);
	add_column(&ls, &column_state);
	add_column(&ls, &column_owner);
	add_column(&ls, &column_waiters);
	add_column(&ls, &column_handles);
	add_column(&ls, &column_age);
	add_column(&ls, &column_user);
	add_column(&ls, &column_mode);
	parse(&argp, argc, argv, &ls);

	snapshot_take(&snapshot, (ls.unnamed ? SNAPSHOT_UNNAMED : 0) |
				 (ls.plain ? SNAPSHOT_NAMES_ONLY : 0));
	objects = allocate(snapshot.count * sizeof(*objects));
	found = allocate(ls.arguments.name_count * sizeof(*found));
	for (size_t i = 0; i < snapshot.count; i++) {
		if (wanted(&snapshot.objects[i], &ls, found))
			objects[count++] = &snapshot.objects[i];
	}
	qsort(objects, count, sizeof(*objects), compare);

	if (ls.json) {
		json_t *array = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(array, object_json(&snapshot, objects[i]));
		print_json(json_pack("{so}", "objects", array));
	} else if (ls.plain) {
		print_plain(objects, count);
	} else {
		print_table(&snapshot, objects, count, ls.columns, ls.column_count,
			    !ls.no_headings);
	}
	if (snapshot.unreadable)
		complain("%zu namespace%s could not be read", snapshot.unreadable,
			 snapshot.unreadable == 1 ? "" : "s");
	for (size_t i = 0; i < ls.arguments.name_count; i++) {
		if (!found[i]) {
			complain("%s: no such object", escape(ls.arguments.names[i],
							      strlen(ls.arguments.names[i])));
			status = STATUS_FAILURE;
		}
	}
	snapshot_free(&snapshot);
	free(objects);
	free(found);
	return status;
}
