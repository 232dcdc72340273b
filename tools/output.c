// SPDX-License-Identifier: MIT
/* Tables with libsmartcols, JSON with jansson. */
#include <libsmartcols.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

void json_set_text(json_t *object, const char *key, const char *text, size_t length)
{
	json_t *value = json_stringn(text, length);
	char *hex_key, *hex;

	if (value) {
		json_object_set_new(object, key, value);
		return;
	}
	hex = allocate(length * 2 + 1);
	for (size_t i = 0; i < length; i++)
		sprintf(hex + i * 2, "%02x", (unsigned char)text[i]);
	hex_key = format_text("%s_hex", key);
	json_object_set_new(object, hex_key, json_string(hex));
	free(hex_key);
	free(hex);
}

/* Text of escape(), which has the characters of the locale: JSON only knows UTF-8. */
json_t *json_visible(const char *text)
{
	json_t *value = json_string(text);
	char *ascii, *to;

	if (value)
		return value;
	ascii = allocate(strlen(text) * 4 + 1);
	to = ascii;
	for (; *text; text++)
		to += sprintf(to, (unsigned char)*text < 0x80 ? "%c" : "\\x%02x",
			      (unsigned char)*text);
	value = json_string(ascii);
	free(ascii);
	return value;
}

/* ASCII only: what is in a name must not reach the terminal this way, either. */
void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(json);
}

void print_json_line(json_t *json)
{
	json_dumpf(json, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(json);
}

static struct libscols_table *make_table(const struct snapshot *snapshot,
					 const struct object *const *objects, size_t count,
					 const struct column *const *columns,
					 size_t column_count, bool headings)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		fail("out of memory");
	scols_table_enable_noheadings(table, !headings);
	/* A cell is escaped already, and stays as it is. */
	scols_table_enable_noencoding(table, 1);
	for (size_t i = 0; i < column_count; i++) {
		int flags = (columns[i]->right ? SCOLS_FL_RIGHT : 0) |
			    (columns[i]->shrinks ? SCOLS_FL_TRUNC : 0);

		if (!scols_table_new_column(table, columns[i]->heading, 0, flags))
			fail("out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line)
			fail("out of memory");
		for (size_t j = 0; j < column_count; j++) {
			char *cell = columns[j]->cell(snapshot, objects[i]);

			if (scols_line_refer_data(line, j, cell))
				fail("out of memory");
		}
	}
	return table;
}

void print_table(const struct snapshot *snapshot, const struct object *const *objects,
		 size_t count, const struct column *const *columns, size_t column_count,
		 bool headings)
{
	struct libscols_table *table = make_table(snapshot, objects, count, columns,
						  column_count, headings);

	scols_print_table(table);
	scols_unref_table(table);
}

char *table_text(const struct snapshot *snapshot, const struct object *const *objects,
		 size_t count, const struct column *const *columns, size_t column_count,
		 size_t width)
{
	struct libscols_table *table = make_table(snapshot, objects, count, columns,
						  column_count, true);
	char *text = NULL;

	scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table, width);
	if (scols_print_table_to_string(table, &text) || !text)
		text = format_text("%s", "");
	scols_unref_table(table);
	return text;
}

static char *cell_type(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return format_text("%s", type_text(object->type));
}

static char *cell_name(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return object_name(object);
}

static char *cell_state(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return object_state(object);
}

static char *cell_owner(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return object_owner(object);
}

static char *cell_waiters(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return object->hidden ? format_text("%s", "") : format_text("%u", object->waiter_count);
}

static char *cell_waiting(const struct snapshot *snapshot, const struct object *object)
{
	char *text = format_text("%s", "");

	(void)snapshot;
	for (size_t i = 0; i < object->waiters_known; i++) {
		const struct wsync_waiter *waiter = &object->waiters[i];
		char *thread = thread_text((pid_t)waiter->tid, (pid_t)waiter->pid);
		char *longer = format_text("%s%s%s", text, i ? ", " : "", thread);

		free(thread);
		free(text);
		text = longer;
	}
	return text;
}

static char *cell_longest(const struct snapshot *snapshot, const struct object *object)
{
	int64_t longest = 0;

	for (size_t i = 0; i < object->waiters_known; i++) {
		int64_t time = (int64_t)elapsed(object->waiters[i].since, snapshot->monotonic);

		if (time > longest)
			longest = time;
	}
	return longest ? duration_text(longest) : format_text("%s", "");
}

static char *cell_handles(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return format_text("%u", object->handles);
}

static char *cell_age(const struct snapshot *snapshot, const struct object *object)
{
	if (!object->has_stat)
		return format_text("%s", "");
	return duration_text((int64_t)elapsed(object->created, snapshot->boottime));
}

static char *cell_user(const struct snapshot *snapshot, const struct object *object)
{
	struct passwd *user = object->has_stat ? getpwuid(object->uid) : NULL;

	(void)snapshot;
	if (!object->has_stat)
		return format_text("%s", "");
	return user ? escape(user->pw_name, strlen(user->pw_name)) :
		      format_text("%u", object->uid);
}

static char *cell_mode(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return object->has_stat ? format_text("%04o", object->mode) : format_text("%s", "");
}

static char *cell_id(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return format_text("%llu", (unsigned long long)object->id);
}

static char *number_text(uint64_t number)
{
	return format_text("%llu", (unsigned long long)number);
}

static char *cell_signals(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return number_text(object->signals);
}

static char *cell_acquired(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return number_text(object->acquisitions);
}

static char *cell_abandoned(const struct snapshot *snapshot, const struct object *object)
{
	(void)snapshot;
	return number_text(object->abandonments);
}

/* Signals and acquisitions in a second. */
static char *cell_rate(const struct snapshot *snapshot, const struct object *object)
{
	double rate;

	if (!snapshot->interval)
		return format_text("%s", "");
	rate = (double)(object->new_signals + object->new_acquisitions) * NSEC_PER_SEC /
	       (double)snapshot->interval;
	return format_text(rate > 0 && rate < 10 ? "%.1f" : "%.0f", rate);
}


const struct column column_type = { "TYPE", false, false, cell_type };
const struct column column_name = { "NAME", false, true, cell_name };
const struct column column_state = { "STATE", false, false, cell_state };
const struct column column_owner = { "OWNER", false, true, cell_owner };
const struct column column_waiters = { "WAITERS", true, false, cell_waiters };
const struct column column_waiting = { "WAITING", false, true, cell_waiting };
const struct column column_longest = { "LONGEST", true, false, cell_longest };
const struct column column_handles = { "HANDLES", true, false, cell_handles };
const struct column column_age = { "AGE", true, false, cell_age };
const struct column column_user = { "USER", false, false, cell_user };
const struct column column_mode = { "MODE", false, false, cell_mode };
const struct column column_id = { "ID", true, false, cell_id };
const struct column column_signals = { "SIGNALS", true, false, cell_signals };
const struct column column_acquired = { "ACQUIRED", true, false, cell_acquired };
const struct column column_abandoned = { "ABANDONED", true, false, cell_abandoned };
const struct column column_rate = { "RATE", true, false, cell_rate };

const struct column *const all_columns[] = {
	&column_id, &column_type, &column_name, &column_state, &column_owner, &column_waiters,
	&column_waiting, &column_longest, &column_handles, &column_age, &column_user,
	&column_mode, &column_signals, &column_acquired, &column_abandoned, NULL,
};
